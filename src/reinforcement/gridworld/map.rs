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

use crate::experiment::ExperimentError;
use crate::experiment::panel::Ground;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;

/// Rows and columns of a map at most.
pub const LARGEST: usize = 256;
/// Bytes of the text of a map at most.
pub const LARGEST_TEXT: u64 = 1 << 20;
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
        let failed = |error: &dyn fmt::Display| ExperimentError::new(format!("{}: {error}", path.display()));
        let about = std::fs::metadata(path).map_err(|error| failed(&error))?;
        if !about.is_file() {
            return Err(failed(&"expected a text file with a map"));
        }
        if about.len() > LARGEST_TEXT {
            return Err(failed(&format!("{} bytes: expected a map of at most {LARGEST_TEXT}", about.len())));
        }
        let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|error| failed(&format!("byte {} is not UTF-8", error.valid_up_to() + 1)))?;
        Map::parse(text).map_err(|error| failed(&error))
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn failure(text: &str) -> String {
        Map::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_maps_of_the_program_are_read_and_written() {
        for (name, _) in MAPS {
            let map = Map::named(name);
            assert_eq!(Map::parse(&map.to_string()).unwrap(), map, "{name}");
            // The wind keeps the agent from some.
            assert_eq!(map.unreachable(), if name == "windy" { 7 } else { 0 }, "{name}");
        }
        let cliff = Map::named("cliff");
        assert_eq!((cliff.rows(), cliff.columns(), cliff.start()), (4, 12, 36));
        assert_eq!((cliff.trap, cliff.trap_leads, cliff.goal), (-100.0, TrapLeads::Back, 0.0));
    }

    #[test]
    fn the_example_above_is_a_map() {
        let source = include_str!("map.rs");
        let (_, rest) = source.split_once("//! ```text\n").expect("an example");
        let (example, _) = rest.split_once("//! ```\n").expect("its end");
        let text: Vec<&str> = example.lines().map(|line| line.trim_start_matches("//!").trim_start()).collect();
        // Nothing in it is marked b.
        let map = Map::parse(&text.join("\n")).unwrap();
        assert_eq!((map.rows(), map.columns(), map.wind(2), map.reward_of(3)), (2, 4, 1, 5.0));
        assert_eq!((map.step, map.goal, map.trap, map.slip), (-1.0, 10.0, -100.0, 0.2));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert_eq!(failure(""), "the map has no cells");
        assert_eq!(Map::parse("; a map\nstep -2 ; a move\nS.G ; cells\n; more\n...\n").unwrap().step, -2.0);
        assert_eq!(failure("step -1\n\nS..\n..\n"), "line 4 of the map: 2 cells: expected 3, as in line 3");
        assert_eq!(failure("S..\n...\n"), "no goal: expected at least one G");
        assert_eq!(failure("...\n..G\n"), "the map has no start: expected one S");
        assert_eq!(failure("S.S\n..G\n"), "line 1 of the map: a second start: there is one in line 1");
        assert_eq!(failure("S#G\n"), "no way from the start (0, 0) to the goal (0, 2) (row, column)");
        let unknown = "line 1 of the map: column 2: `?`: expected one of . # S G X or a letter from a to z";
        assert_eq!(failure("S?G\n"), unknown);
        assert_eq!(failure("SaG\n"), "line 1 of the map: `a` has no reward: expected a line `a 1` before the cells");
        assert_eq!(failure("slip 2\nSG\n"), "line 1 of the map: `2`: expected a probability from 0 to 1");
        let unknown = "line 1 of the map: unknown setting `stp`: did you mean `step`?";
        assert_eq!(failure("stp 2\nSG\n"), unknown);
        assert_eq!(failure("trap -1 down\nSG\n"), "line 1 of the map: `down`: expected `back` or `end`");
        assert_eq!(failure("step inf\nSG\n"), "line 1 of the map: `inf`: expected a reward from -1000000 to 1000000");
        assert_eq!(failure("wind 1\nSG\n"), "line 1 of the map: 1 winds: expected 2, one a column");
        assert_eq!(failure("SG\n\nSG\n"), "line 3 of the map: more after the empty line that ends the cells");
        let wide = format!("S{}G\n", ".".repeat(9_998));
        let large = "line 1 of the map: 2 rows and 10000 columns: expected at most 256 of each";
        assert_eq!(failure(&wide.repeat(2)), large);
    }

    #[test]
    fn files_that_are_no_maps_are_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Map::open(&path)
        };
        assert_eq!(at("good", "\u{feff}step -2\r\n\r\nS.G\r\n".as_bytes()).unwrap().step, -2.0);
        assert!(at("bytes", b"S\xff\nG").unwrap_err().to_string().ends_with("bytes: byte 2 is not UTF-8"));
        let large = vec![b'.'; LARGEST_TEXT as usize + 1];
        assert!(at("large", &large).unwrap_err().to_string().ends_with("expected a map of at most 1048576"));
        assert!(Map::open(folder.path()).unwrap_err().to_string().ends_with("expected a text file with a map"));
        assert!(Map::open(&folder.path().join("none")).unwrap_err().to_string().contains("none: No such file"));
    }

    #[test]
    fn an_edit_that_closes_the_way_is_refused() {
        let map = Map::parse("S.G\n").unwrap();
        let refused = map.edited(1, Edit::Put(Tile::Wall)).unwrap_err();
        assert_eq!(refused.to_string(), "no way from the start (0, 0) to the goal (0, 2) (row, column)");
        assert!(map.edited(2, Edit::Put(Tile::Goal)).is_err(), "the last goal");
        assert!(map.edited(0, Edit::Put(Tile::Wall)).is_err() && map.edited(0, Edit::Reward(1.0)).is_err());
        let moved = map.edited(1, Edit::Put(Tile::Start)).unwrap();
        assert_eq!((moved.start(), moved.tile(0)), (1, Tile::Free));
        let rich = map.edited(1, Edit::Reward(2.0)).unwrap().edited(2, Edit::Reward(5.0)).unwrap();
        assert_eq!((rich.reward_of(1), rich.reward_of(2)), (2.0, 5.0));
    }

    #[test]
    fn wind_carries_upwards_from_the_column_that_is_left() {
        let windy = Map::named("windy");
        // From the column of wind 2 to the right: two cells up.
        assert_eq!(windy.landing(5 * 10 + 7, 1), 3 * 10 + 8);
        assert_eq!(windy.landing(6, 0), 6, "the edge stops it");
    }

    fn any_map() -> impl Strategy<Value = String> {
        let sign = prop::sample::select(vec!['.', '.', '#', 'X', 'a', 'b', 'c', 'G', 'S']);
        let cells = (1_usize..7, 1_usize..7).prop_flat_map(move |(rows, columns)| {
            prop::collection::vec(prop::collection::vec(sign.clone(), columns), rows)
        });
        (cells, -9.0..9.0_f64, 0.0..1.0_f64).prop_map(|(cells, reward, slip)| {
            let rows: Vec<String> = cells.into_iter().map(|row| row.into_iter().collect()).collect();
            format!("a {reward}\nb -2\nc -2 end\nslip {slip}\ntrap {reward} end\n\n{}\n", rows.join("\n"))
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}", lines in "[SGX.#a \n0-9-]{0,80}") {
            let _ = Map::parse(&text);
            let _ = Map::parse(&lines);
        }

        #[test]
        fn what_is_written_is_read_again(text in any_map(), cell: prop::sample::Index, by in -3..3) {
            if let Ok(map) = Map::parse(&text) {
                prop_assert_eq!(&Map::parse(&map.to_string()).unwrap(), &map);
                let cell = cell.index(map.cells());
                let reward = Edit::Reward(f64::from(by));
                for edit in [Edit::Put(Tile::Wall), Edit::Put(Tile::Trap), Edit::Put(Tile::Start), reward] {
                    if let Ok(edited) = map.edited(cell, edit) {
                        prop_assert_eq!(&Map::parse(&edited.to_string()).unwrap(), &edited);
                    }
                }
            }
        }
    }
}
