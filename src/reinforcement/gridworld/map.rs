//! Maps of grid worlds, and the text in which they are written:
//!
//! ```text
//! ; a comment, to the end of the line
//! step -1           ; the reward of every move
//! goal 10           ; the reward of reaching a goal, which ends the episode
//! trap -100 back    ; the reward of a trap, and whether it leads `back` to the start or is the `end` of the episode
//! slip 0.2          ; the probability of moving to one side instead: half of it to the left, half to the right
//! wind 0 0 1 0      ; how many cells the wind carries the agent upwards, for each column
//! a 5               ; the reward of entering a cell that is marked with this letter
//! b 2 end           ; the same of a cell that is a goal: reaching it ends the episode, with this reward
//!
//! S..a              ; then the cells: . free  # wall  S start  G goal  X trap  a–z reward
//! .#XG
//! ```

use crate::experiment::panel::Ground;
use crate::experiment::{ExperimentError, TaskContext, Wording};
use crate::intake::{self, Purpose};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;

/// Rows and columns of a map at most.
pub const LARGEST: usize = 256;
/// Bytes of the text of a map at most.
const MAP: Purpose = Purpose::new(Wording::new("a text file with a map", "地図のテキストファイル"), 1 << 20);
/// The largest reward, in absolute value.
const LARGEST_REWARD: f64 = 1e6;
/// Different rewards of cells at most: each is a letter.
const LETTERS: usize = 26;
/// How many cells a wind carries at most.
const STRONGEST_WIND: u8 = 9;

/// Maps that are part of the program: name and text.
pub const MAPS: [(&str, &str); 6] = [
    ("cliff", include_str!("maps/cliff.txt")),
    ("lake", include_str!("maps/lake.txt")),
    ("windy", include_str!("maps/windy.txt")),
    ("rooms", include_str!("maps/rooms.txt")),
    ("loop", include_str!("maps/loop.txt")),
    ("goals", include_str!("maps/goals.txt")),
];

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    Free,
    Wall,
    Start,
    Goal,
    Trap,
}

/// Where a trap leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrapLeads {
    /// To the start; the episode goes on.
    Back,
    /// To the end of the episode.
    End,
}

/// A map. Cells are numbered row by row from the top left. In files it is its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Map {
    columns: usize,
    tiles: Vec<Tile>,
    /// The reward of entering each cell, beside that of the step; of a goal in place of that of all goals. 0 for none.
    rewards: Vec<f64>,
    /// Of each column.
    wind: Vec<u8>,
    pub step: f64,
    pub goal: f64,
    pub trap: f64,
    pub trap_leads: TrapLeads,
    pub slip: f64,
}

/// A change of one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Edit {
    /// Makes the cell this, or free if it is this already. A start moves there.
    Put(Tile),
    /// Adds to the reward of entering the cell.
    Reward(f64),
}

fn limited(reward: f64) -> f64 {
    reward.clamp(-LARGEST_REWARD, LARGEST_REWARD)
}

/// What is wrong with a line of a map, numbered from 1.
fn wrong(line: usize, message: impl fmt::Display) -> ExperimentError {
    ExperimentError::new(format!("line {line} of the map: {message}"))
}

impl Map {
    /// A map that is part of the program.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn named(name: &str) -> Self {
        let (_, text) = MAPS.iter().find(|(own, _)| *own == name).expect("the choices are maps");
        Map::parse(text).expect("the maps of the program are right")
    }

    /// A map from a file.
    ///
    /// # Errors
    /// When it cannot be read, is too large, is not UTF-8, or is no map.
    pub fn open(path: &std::path::Path) -> Result<Self, ExperimentError> {
        let text = intake::text(path, &MAP, &TaskContext::default())?;
        Map::parse(&text).map_err(|error| error.in_file(path))
    }

    /// A map from its text.
    ///
    /// # Errors
    /// When it is not written as above; when rows differ in length; when there is not one start, or no goal that can be
    /// reached from it.
    pub fn parse(text: &str) -> Result<Self, ExperimentError> {
        let mut settings = Settings::default();
        let mut rows: Vec<(usize, &str)> = Vec::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let number = index + 1;
            if line.starts_with(';') {
                continue;
            }
            let line = line.split_once(';').map_or(line, |(before, _)| before).trim_end();
            if line.is_empty() && rows.is_empty() {
                continue;
            }
            // A setting has a space after its name; a row of cells has none.
            match line.split_once(' ') {
                Some((name, value)) if rows.is_empty() => settings.take(number, name, value.trim())?,
                Some(_) => {
                    return Err(wrong(number, "a space: settings stand before the cells, and rows have no spaces"));
                }
                None if line.is_empty() => {
                    let rest = text.lines().skip(number).position(|line| !line.trim().is_empty());
                    match rest {
                        Some(more) => {
                            return Err(wrong(number + more + 1, "more after the empty line that ends the cells"));
                        }
                        None => break,
                    }
                }
                None => rows.push((number, line)),
            }
        }
        settings.build(&rows)
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn rows(&self) -> usize {
        self.tiles.len() / self.columns
    }

    /// How many cells there are, walls included.
    pub fn cells(&self) -> usize {
        self.tiles.len()
    }

    pub fn tile(&self, cell: usize) -> Tile {
        self.tiles[cell]
    }

    /// The reward of entering a cell beside that of the step.
    pub fn reward_of(&self, cell: usize) -> f64 {
        match self.tiles[cell] {
            Tile::Goal if self.rewards[cell] == 0.0 => self.goal,
            Tile::Trap => self.trap,
            _ => self.rewards[cell],
        }
    }

    pub fn wind(&self, cell: usize) -> u8 {
        self.wind[cell % self.columns]
    }

    pub fn start(&self) -> usize {
        self.tiles.iter().position(|tile| *tile == Tile::Start).expect("a map has a start")
    }

    /// Whether an episode is over in this cell.
    pub fn is_terminal(&self, cell: usize) -> bool {
        match self.tiles[cell] {
            Tile::Goal => true,
            Tile::Trap => self.trap_leads == TrapLeads::End,
            _ => false,
        }
    }

    /// Whether an agent decides here: no wall, no end, no trap that it is taken away from.
    pub fn is_state(&self, cell: usize) -> bool {
        matches!(self.tiles[cell], Tile::Free | Tile::Start)
    }

    pub fn ground(&self, cell: usize) -> Ground {
        match self.tiles[cell] {
            Tile::Free => Ground::Free,
            Tile::Wall => Ground::Wall,
            Tile::Start => Ground::Start,
            Tile::Goal => Ground::Goal,
            Tile::Trap => Ground::Trap,
        }
    }

    /// Row and column of a cell, counted from 0, for people.
    pub fn place(&self, cell: usize) -> String {
        format!("({}, {})", cell / self.columns, cell % self.columns)
    }

    /// The cell after a move in a direction (up, right, down, left) from a cell, before any wind: itself at a wall or edge.
    pub fn neighbour(&self, cell: usize, direction: usize) -> usize {
        let (row, column) = (cell / self.columns, cell % self.columns);
        let to = match direction {
            0 if row > 0 => cell - self.columns,
            1 if column + 1 < self.columns => cell + 1,
            2 if row + 1 < self.rows() => cell + self.columns,
            3 if column > 0 => cell - 1,
            _ => cell,
        };
        if self.tiles[to] == Tile::Wall { cell } else { to }
    }

    /// Where a move in a direction ends, wind included: it blows as in the column that was left.
    pub fn landing(&self, cell: usize, direction: usize) -> usize {
        (0..self.wind(cell)).fold(self.neighbour(cell, direction), |at, _| self.neighbour(at, 0))
    }

    /// The map with a cell changed.
    ///
    /// # Errors
    /// When the cell does not take the change, or the map would have no goal that can be reached; the line says so.
    pub fn edited(&self, cell: usize, edit: Edit) -> Result<Self, ExperimentError> {
        let mut map = self.clone();
        match (edit, self.tiles[cell]) {
            (_, Tile::Start) => {
                return Err(ExperimentError::both(
                    "this is the start: it can be moved, not changed",
                    "ここはスタートです。動かせますが、変えられません",
                ));
            }
            (Edit::Put(Tile::Start), _) => {
                map.tiles[self.start()] = Tile::Free;
                map.tiles[cell] = Tile::Start;
                map.rewards[cell] = 0.0;
            }
            (Edit::Put(tile), own) => {
                map.tiles[cell] = if own == tile { Tile::Free } else { tile };
                map.rewards[cell] = 0.0;
            }
            (Edit::Reward(by), Tile::Free) => map.rewards[cell] = limited(self.rewards[cell] + by),
            (Edit::Reward(by), Tile::Goal) if self.rewards[cell] == 0.0 => map.goal = limited(self.goal + by),
            (Edit::Reward(by), Tile::Goal) => map.rewards[cell] = limited(self.rewards[cell] + by),
            (Edit::Reward(by), Tile::Trap) => map.trap = limited(self.trap + by),
            (Edit::Reward(_), Tile::Wall) => {
                return Err(ExperimentError::both("nobody enters a wall", "壁には入れません"));
            }
        }
        if map.letters().len() > LETTERS {
            return Err(ExperimentError::both(
                format!("{LETTERS} different rewards at most: there is a letter for each"),
                format!("報酬の種類は {LETTERS} までです(文字で表すため)"),
            ));
        }
        map.check()?;
        Ok(map)
    }

    /// The reward that a letter stands for in a cell, and whether it is a goal's.
    fn lettered(&self, cell: usize) -> Option<(f64, bool)> {
        (self.rewards[cell] != 0.0).then_some((self.rewards[cell], self.tiles[cell] == Tile::Goal))
    }

    /// What there are letters for, in the order of the cells.
    fn letters(&self) -> Vec<(f64, bool)> {
        let mut letters = Vec::new();
        for letter in (0..self.cells()).filter_map(|cell| self.lettered(cell)) {
            if !letters.contains(&letter) {
                letters.push(letter);
            }
        }
        letters
    }

    /// Cells that an agent can come to from the start.
    fn reached(&self) -> Vec<bool> {
        let start = self.start();
        let mut reached = vec![false; self.cells()];
        reached[start] = true;
        let mut waiting = VecDeque::from([start]);
        while let Some(cell) = waiting.pop_front() {
            if !self.is_state(cell) {
                continue;
            }
            for to in (0..4).map(|direction| self.landing(cell, direction)) {
                if !std::mem::replace(&mut reached[to], true) {
                    waiting.push_back(to);
                }
            }
        }
        reached
    }

    /// How many cells an agent would decide in but never comes to.
    pub fn unreachable(&self) -> usize {
        let reached = self.reached();
        (0..self.cells()).filter(|&cell| self.is_state(cell) && !reached[cell]).count()
    }

    fn check(&self) -> Result<(), ExperimentError> {
        let goals: Vec<usize> = (0..self.cells()).filter(|&cell| self.tiles[cell] == Tile::Goal).collect();
        if goals.is_empty() {
            return Err(ExperimentError::both(
                "no goal: expected at least one G",
                "ゴールがありません。G が一つ以上必要です",
            ));
        }
        let reached = self.reached();
        if !goals.iter().any(|&goal| reached[goal]) {
            let (start, goal) = (self.place(self.start()), self.place(goals[0]));
            return Err(ExperimentError::both(
                format!("no way from the start {start} to the goal {goal} (row, column)"),
                format!("スタート {start} からゴール {goal} への道がありません(行、列)"),
            ));
        }
        Ok(())
    }
}

/// What stands before the cells.
struct Settings {
    step: f64,
    goal: f64,
    trap: (f64, TrapLeads),
    slip: f64,
    wind: Option<(usize, Vec<u8>)>,
    /// The reward of each letter, and whether it ends the episode.
    letters: [Option<(f64, bool)>; LETTERS],
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            step: -1.0,
            goal: 0.0,
            trap: (-100.0, TrapLeads::Back),
            slip: 0.0,
            wind: None,
            letters: [None; LETTERS],
        }
    }
}

impl Settings {
    fn take(&mut self, line: usize, name: &str, value: &str) -> Result<(), ExperimentError> {
        let reward = |text: &str| match text.parse::<f64>() {
            Ok(number) if number.abs() <= LARGEST_REWARD => Ok(number),
            _ => Err(wrong(line, format!("`{text}`: expected a reward from -{LARGEST_REWARD} to {LARGEST_REWARD}"))),
        };
        match (name, name.as_bytes()) {
            ("step", _) => self.step = reward(value)?,
            ("goal", _) => self.goal = reward(value)?,
            ("trap", _) => {
                let (worth, leads) = value.split_once(' ').unwrap_or((value, "back"));
                let leads = match leads.trim() {
                    "back" => TrapLeads::Back,
                    "end" => TrapLeads::End,
                    other => return Err(wrong(line, format!("`{other}`: expected `back` or `end`"))),
                };
                self.trap = (reward(worth)?, leads);
            }
            ("slip", _) => match value.parse::<f64>() {
                Ok(slip) if (0.0..=1.0).contains(&slip) => self.slip = slip,
                _ => return Err(wrong(line, format!("`{value}`: expected a probability from 0 to 1"))),
            },
            ("wind", _) => {
                let strength = |word: &str| match word.parse::<u8>() {
                    Ok(strength) if strength <= STRONGEST_WIND => Ok(strength),
                    _ => Err(wrong(line, format!("`{word}`: expected a wind from 0 to {STRONGEST_WIND}"))),
                };
                self.wind = Some((line, value.split_whitespace().map(strength).collect::<Result<_, _>>()?));
            }
            (_, [letter @ b'a'..=b'z']) => {
                let (worth, ends) = match value.split_once(' ') {
                    Some((worth, "end")) => (worth, true),
                    Some((_, other)) => return Err(wrong(line, format!("`{other}`: expected `end` or nothing"))),
                    None => (value, false),
                };
                let worth = reward(worth)?;
                if worth == 0.0 && ends {
                    return Err(wrong(line, "a goal of its own needs a reward other than 0: write G for the others"));
                }
                self.letters[usize::from(letter - b'a')] = Some((worth, ends));
            }
            _ => {
                let known = ["step", "goal", "trap", "slip", "wind"];
                let meant = crate::experiment::knob::meant(name, known, "there is none");
                return Err(wrong(line, format!("unknown setting `{name}`: {meant}")));
            }
        }
        Ok(())
    }

    fn build(self, rows: &[(usize, &str)]) -> Result<Map, ExperimentError> {
        let Some(&(first, row)) = rows.first() else {
            return Err(ExperimentError::new("the map has no cells"));
        };
        let columns = row.chars().count();
        if columns > LARGEST || rows.len() > LARGEST {
            let found = format!("{} rows and {columns} columns", rows.len());
            return Err(wrong(first, format!("{found}: expected at most {LARGEST} of each")));
        }
        let (mut tiles, mut rewards, mut start) = (Vec::new(), Vec::new(), None);
        for &(line, row) in rows {
            let found = row.chars().count();
            if found != columns {
                return Err(wrong(line, format!("{found} cells: expected {columns}, as in line {first}")));
            }
            for (column, sign) in row.chars().enumerate() {
                let (tile, reward) = match sign {
                    '.' => (Tile::Free, 0.0),
                    '#' => (Tile::Wall, 0.0),
                    'S' => (Tile::Start, 0.0),
                    'G' => (Tile::Goal, 0.0),
                    'X' => (Tile::Trap, 0.0),
                    'a'..='z' => match self.letters[sign as usize - 'a' as usize] {
                        Some((reward, ends)) => (if ends { Tile::Goal } else { Tile::Free }, reward),
                        None => {
                            return Err(wrong(
                                line,
                                format!("`{sign}` has no reward: expected a line `{sign} 1` before the cells"),
                            ));
                        }
                    },
                    other => {
                        let message = format!(
                            "column {}: `{other}`: expected one of . # S G X or a letter from a to z",
                            column + 1
                        );
                        return Err(wrong(line, message));
                    }
                };
                if tile == Tile::Start
                    && let Some(before) = start.replace(line)
                {
                    return Err(wrong(line, format!("a second start: there is one in line {before}")));
                }
                tiles.push(tile);
                rewards.push(reward);
            }
        }
        if start.is_none() {
            return Err(ExperimentError::new("the map has no start: expected one S"));
        }
        let wind = match self.wind {
            Some((line, wind)) if wind.len() != columns => {
                return Err(wrong(line, format!("{} winds: expected {columns}, one a column", wind.len())));
            }
            Some((_, wind)) => wind,
            None => vec![0; columns],
        };
        let (step, goal, (trap, trap_leads), slip) = (self.step, self.goal, self.trap, self.slip);
        let map = Map { columns, tiles, rewards, wind, step, goal, trap, trap_leads, slip };
        map.check()?;
        Ok(map)
    }
}

impl TryFrom<String> for Map {
    type Error = ExperimentError;

    fn try_from(text: String) -> Result<Self, ExperimentError> {
        Map::parse(&text)
    }
}

impl From<Map> for String {
    fn from(map: Map) -> Self {
        map.to_string()
    }
}

/// The text that [`Map::parse`] reads.
impl fmt::Display for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leads = if self.trap_leads == TrapLeads::Back { "back" } else { "end" };
        writeln!(out, "step {}\ngoal {}\ntrap {} {leads}\nslip {}", self.step, self.goal, self.trap, self.slip)?;
        if self.wind.iter().any(|wind| *wind > 0) {
            let wind: Vec<String> = self.wind.iter().map(u8::to_string).collect();
            writeln!(out, "wind {}", wind.join(" "))?;
        }
        let letters = self.letters();
        for (letter, (reward, ends)) in ('a'..='z').zip(&letters) {
            writeln!(out, "{letter} {reward}{}", if *ends { " end" } else { "" })?;
        }
        for row in 0..self.rows() {
            writeln!(out)?;
            for cell in row * self.columns..(row + 1) * self.columns {
                let letter = letters.iter().position(|letter| Some(*letter) == self.lettered(cell));
                let sign = match (self.tiles[cell], letter) {
                    (_, Some(letter)) => (b'a' + letter as u8) as char,
                    (Tile::Free, None) => '.',
                    (Tile::Wall, _) => '#',
                    (Tile::Start, _) => 'S',
                    (Tile::Goal, _) => 'G',
                    (Tile::Trap, _) => 'X',
                };
                write!(out, "{sign}")?;
            }
        }
        writeln!(out)
    }
}

#[cfg(test)]
mod tests;
