//! GTP, version 2 (Farnebäck 2002): a command a line, each answered by `= …` or `? …` and an empty line.

use super::record::fresh;
use super::sgf;
use crate::data::records;
use crate::experiment::TaskContext;
use crate::reinforcement::agent::{Agent, AgentError, Spec};
use crate::reinforcement::games::{AnyGame, Game, Go, Move, Othello, Outcome, Side, othello};
use crate::reinforcement::search::{Budget, SearchResult};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const COMMANDS: [&str; 24] = [
    "boardsize",
    "clear_board",
    "final_score",
    "final_status_list",
    "genmove",
    "kata-analyze",
    "known_command",
    "komi",
    "list_commands",
    "loadsgf",
    "lz-analyze",
    "name",
    "play",
    "protocol_version",
    "quit",
    "reg_genmove",
    "showboard",
    "time_left",
    "time_settings",
    "undo",
    "version",
    "set_free_handicap",
    "fixed_handicap",
    "place_free_handicap",
];
/// Share of the time left that a move takes.
const SHARE: u32 = 20;

/// What is to be done about a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Nothing: an empty line or a remark.
    Nothing,
    /// Print this, with its empty line.
    Say(String),
    /// Print this and end.
    Quit(String),
    /// Print this (without its empty line), then what the search finds so often until a line comes, then the empty line.
    Analyze { head: String, every: Duration, kata: bool },
}

/// A clock as GTP has it.
#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    period: Duration,
    stones: u32,
    left: [Option<(Duration, u32)>; 2],
    set: bool,
}

/// A game that is played by commands.
pub struct Server {
    spec: Spec,
    seed: u64,
    agent: Agent,
    start: AnyGame,
    /// The positions so far, the present one last.
    positions: Vec<AnyGame>,
    clock: Clock,
    /// What an analysis is of.
    analyzed: Option<AnyGame>,
}

impl Server {
    /// # Errors
    /// If the agent does not play this game.
    pub fn new(start: AnyGame, spec: Spec, seed: u64) -> Result<Self, AgentError> {
        let agent = spec.agent(&start, seed)?;
        Ok(Server { spec, seed, agent, positions: vec![start.clone()], start, clock: Clock::default(), analyzed: None })
    }

    pub fn position(&self) -> &AnyGame {
        self.positions.last().expect("at least the start")
    }

    /// Takes a line of input.
    pub fn hear(&mut self, line: &str) -> Reply {
        // Control characters but tabs are as if they were not there; a remark begins with #.
        let clean: String = line.chars().filter(|sign| *sign == '\t' || !sign.is_control()).collect();
        let clean = clean.split('#').next().unwrap_or("");
        let mut words = clean.split_whitespace().peekable();
        let Some(first) = words.next() else { return Reply::Nothing };
        let (id, command) = match first.parse::<u64>() {
            Ok(_) => match words.next() {
                Some(command) => (first, command),
                None => return Reply::Nothing,
            },
            Err(_) => ("", first),
        };
        let arguments: Vec<&str> = words.collect();
        if command == "quit" {
            return Reply::Quit(format!("={id}\n\n"));
        }
        if matches!(command, "lz-analyze" | "kata-analyze") {
            return self.analyze(id, command, &arguments);
        }
        match self.carry_out(command, &arguments) {
            Ok(answer) if answer.is_empty() => Reply::Say(format!("={id}\n\n")),
            Ok(answer) => Reply::Say(format!("={id} {answer}\n\n")),
            Err(why) => Reply::Say(format!("?{id} {why}\n\n")),
        }
    }

    /// The side of a colour: white moves first in chess.
    fn side(&self, word: &str) -> Result<Side, String> {
        let black = if matches!(self.start, AnyGame::Chess(_)) { Side::Second } else { Side::First };
        match word.to_ascii_lowercase().as_str() {
            "b" | "black" => Ok(black),
            "w" | "white" => Ok(black.other()),
            _ => Err("invalid color".to_owned()),
        }
    }

    fn carry_out(&mut self, command: &str, arguments: &[&str]) -> Result<String, String> {
        match command {
            "protocol_version" => Ok("2".to_owned()),
            "name" => Ok("shinso".to_owned()),
            "version" => Ok(format!("{} {}", env!("CARGO_PKG_VERSION"), self.spec)),
            "known_command" => Ok(arguments.first().is_some_and(|name| COMMANDS.contains(name)).to_string()),
            "list_commands" => Ok(COMMANDS.join("\n")),
            "boardsize" => self.set_size(arguments),
            "clear_board" => {
                self.positions = vec![self.start.clone()];
                Ok(String::new())
            }
            "komi" => self.set_komi(arguments),
            "fixed_handicap" | "place_free_handicap" | "set_free_handicap" => self.set_handicap(command, arguments),
            "play" => {
                let [color, point] = arguments else { return Err("expected a colour and a point".to_owned()) };
                self.place(self.side(color)?, point)?;
                Ok(String::new())
            }
            "genmove" | "reg_genmove" => self.choose(arguments, command == "genmove"),
            "undo" => {
                if self.positions.len() < 2 {
                    return Err("cannot undo".to_owned());
                }
                self.positions.pop();
                Ok(String::new())
            }
            "showboard" => Ok(format!("\n{}", self.position().board().trim_end())),
            "time_settings" => self.set_clock(arguments),
            "time_left" => self.set_time_left(arguments),
            "final_score" => Ok(self.final_score()),
            "final_status_list" => self.status(arguments),
            "loadsgf" => self.load(arguments),
            _ => Err("unknown command".to_owned()),
        }
    }

    fn restart(&mut self, start: AnyGame) -> Result<String, String> {
        self.agent = self.spec.agent(&start, self.seed).map_err(|why| why.to_string())?;
        self.positions = vec![start.clone()];
        self.start = start;
        Ok(String::new())
    }

    fn set_size(&mut self, arguments: &[&str]) -> Result<String, String> {
        let size: usize = arguments.first().and_then(|word| word.parse().ok()).ok_or("boardsize not an integer")?;
        match &self.start {
            AnyGame::Go(game) if (2..=13).contains(&size) => {
                let rules = game.rules();
                self.restart(Go::new(size, rules).into())
            }
            AnyGame::Gomoku(game) if game.size() == size => self.restart(self.start.clone()),
            AnyGame::Othello(_) if [othello::SIZE, othello::SMALL].contains(&size) => {
                self.restart(Othello::new(size).into())
            }
            AnyGame::TicTacToe(_) if size == 3 => self.restart(self.start.clone()),
            _ => Err("unacceptable size".to_owned()),
        }
    }

    fn set_komi(&mut self, arguments: &[&str]) -> Result<String, String> {
        let komi: f32 = arguments.first().and_then(|word| word.parse().ok()).ok_or("komi not a float")?;
        if !komi.is_finite() {
            return Err("komi not a float".to_owned());
        }
        let with = |game: &mut AnyGame| {
            if let AnyGame::Go(go) = game {
                *go = go.clone().with_komi(komi);
            }
        };
        with(&mut self.start);
        self.positions.iter_mut().for_each(with);
        Ok(String::new())
    }

    fn set_handicap(&mut self, command: &str, arguments: &[&str]) -> Result<String, String> {
        let AnyGame::Go(game) = &self.start else { return Err("no handicap in this game".to_owned()) };
        if self.positions.len() > 1 || !matches!(self.position(), AnyGame::Go(now) if now.is_empty()) {
            return Err("board not empty".to_owned());
        }
        let points: Vec<usize> = if command == "set_free_handicap" {
            let read = |name: &&str| self.start.read(name).map(|chosen| usize::from(chosen.0));
            arguments.iter().map(read).collect::<Result<_, _>>().map_err(|_| "bad vertex list")?
        } else {
            let count: usize = arguments.first().and_then(|word| word.parse().ok()).ok_or("handicap not an integer")?;
            // Where it is free, fewer stones than asked for are allowed.
            let least = if command == "fixed_handicap" { count } else { 2 };
            (least..=count.min(9)).rev().find_map(|count| game.handicap(count)).ok_or("invalid number of stones")?
        };
        if points.len() < 2 {
            return Err("invalid number of stones".to_owned());
        }
        let placed = game.with_stones(&points).ok_or("bad vertex list")?;
        let names: Vec<String> = points.iter().map(|point| self.start.name(Move(*point as u16))).collect();
        self.positions = vec![placed.into()];
        Ok(names.join(" "))
    }

    /// The position with this side to move. In Go one side may move twice, and on after two passes: it is for the other program to say when
    /// a game has ended.
    fn with_turn(&self, side: Side) -> Result<AnyGame, String> {
        match self.position() {
            AnyGame::Go(game) if game.turn() != side || game.outcome().is_some() => Ok(game.turned_to(side).into()),
            other if other.outcome().is_some() => Err("the game has ended".to_owned()),
            other if other.turn() == side => Ok(other.clone()),
            other => {
                let mut position = other.clone();
                let pass = position.read("pass").map_err(|_| "not this side's turn".to_owned())?;
                position.play(pass);
                if position.outcome().is_some() { Err("the game has ended".to_owned()) } else { Ok(position) }
            }
        }
    }

    /// Plays for a side, whoever's turn it is.
    fn place(&mut self, side: Side, point: &str) -> Result<(), String> {
        let mut position = self.with_turn(side).map_err(|why| format!("illegal move: {why}"))?;
        // A program that passes with moves left in Othello, or plays on after the end, gets an error.
        let chosen = position.read(point).map_err(|why| format!("illegal move: {why}"))?;
        position.play(chosen);
        self.positions.push(position);
        Ok(())
    }

    fn choose(&mut self, arguments: &[&str], plays: bool) -> Result<String, String> {
        let side = self.side(arguments.first().copied().unwrap_or(""))?;
        if let AnyGame::Go(game) = self.position()
            && game.outcome().is_some()
        {
            let mut ended = game.clone();
            ended.play(game.pass());
            if plays {
                self.positions.push(ended.into());
            }
            return Ok("pass".to_owned());
        }
        let mut position = self.with_turn(side)?;
        let budget = self.budget(side);
        let result = self.agent.think_within(&position, budget, &AtomicBool::new(false));
        let best = result.best().ok_or("no move")?;
        let name = position.name(best);
        if plays {
            position.play(best);
            self.positions.push(position);
        }
        Ok(name)
    }

    fn budget(&self, side: Side) -> Budget {
        let own = self.spec.budget;
        let Some((left, stones)) = self.clock.left[side.index()].filter(|_| self.clock.set) else { return own };
        let share = if stones > 0 { left / stones } else { left / SHARE };
        let share = share.mul_f64(0.9).max(Duration::from_millis(10));
        Budget { time: Some(own.time.map_or(share, |time| time.min(share))), ..own }
    }

    fn set_clock(&mut self, arguments: &[&str]) -> Result<String, String> {
        let numbers: Option<Vec<u32>> = arguments.iter().map(|word| word.parse().ok()).collect();
        let Some([main, period, stones]) = numbers.as_deref() else { return Err("expected three integers".to_owned()) };
        let seconds = |count: &u32| Duration::from_secs(u64::from(*count));
        // A period without stones means no limit at all.
        let set = !(*period > 0 && *stones == 0);
        let first = if *main > 0 { (seconds(main), 0) } else { (seconds(period), *stones) };
        self.clock = Clock { period: seconds(period), stones: *stones, left: [Some(first); 2], set };
        Ok(String::new())
    }

    fn set_time_left(&mut self, arguments: &[&str]) -> Result<String, String> {
        let [color, time, stones] = arguments else { return Err("expected a colour and two integers".to_owned()) };
        let side = self.side(color)?;
        // Seconds of more than a century are a mistake.
        let time = time.parse::<u32>().map(u64::from).map_err(|_| "time not an integer")?;
        let stones: u32 = stones.parse().map_err(|_| "stones not an integer")?;
        let mut left = Duration::from_secs(time);
        if stones == 0 && self.clock.stones > 0 {
            // The periods after the main time may be counted on.
            left = left.saturating_add((self.clock.period / self.clock.stones).saturating_mul(SHARE));
        }
        self.clock.left[side.index()] = Some((left, stones));
        self.clock.set = true;
        Ok(String::new())
    }

    fn final_score(&self) -> String {
        let score = |margin: f32| match margin {
            margin if margin > 0.0 => format!("B+{margin}"),
            margin if margin < 0.0 => format!("W+{}", -margin),
            _ => "0".to_owned(),
        };
        match self.position() {
            AnyGame::Go(game) => score(game.margin()),
            AnyGame::Othello(game) => {
                let [black, white] = game.count();
                score(black as f32 - white as f32)
            }
            other => match other.outcome() {
                Some(Outcome::Won(side)) if self.side("b") == Ok(side) => "B+1".to_owned(),
                Some(Outcome::Won(_)) => "W+1".to_owned(),
                _ => "0".to_owned(),
            },
        }
    }

    /// By the rules of the area every stone on the board is alive.
    fn status(&self, arguments: &[&str]) -> Result<String, String> {
        let AnyGame::Go(game) = self.position() else { return Err("only in Go".to_owned()) };
        match arguments {
            ["alive"] => {
                let points = (0..game.size() * game.size()).filter(|point| game.stone(*point).is_some());
                let names: Vec<String> = points.map(|point| game.name(Move(point as u16))).collect();
                Ok(names.join(" "))
            }
            ["dead" | "seki"] => Ok(String::new()),
            _ => Err("expected alive, dead or seki".to_owned()),
        }
    }

    fn load(&mut self, arguments: &[&str]) -> Result<String, String> {
        let (file, until) = match arguments {
            [file] => (*file, None),
            [file, number] => (*file, Some(number.parse::<usize>().map_err(|_| "move number not an integer")?)),
            _ => return Err("expected a file".to_owned()),
        };
        let read = records::read(Path::new(file), &TaskContext::default());
        let text = read.map_err(|why| format!("cannot load file: {why}"))?.text;
        let record = sgf::read(&text, &self.start).map_err(|why| format!("cannot load file: {why}"))?;
        if std::mem::discriminant(&record.start) != std::mem::discriminant(&self.start) {
            return Err(format!("cannot load file: it is of {}", record.start.id()));
        }
        let mut positions = record.positions();
        // A program that sends a file means all of it, or all up to a move.
        if let Some(why) = record.cut.filter(|_| until.is_none_or(|until| until > positions.len())) {
            return Err(format!("cannot load file: {why}"));
        }
        // The position before that move.
        if let Some(until) = until {
            positions.truncate(until.max(1));
        }
        let first = positions.first().cloned().ok_or("cannot load file: no position")?;
        // A board that is cleared afterwards has none of the stones that the file sets up.
        self.restart(fresh(&first))?;
        self.positions = positions;
        Ok(String::new())
    }

    fn analyze(&mut self, id: &str, command: &str, arguments: &[&str]) -> Reply {
        let mut arguments = arguments.iter().copied().peekable();
        let mut of = self.position().turn();
        if let Some(side) = arguments.peek().and_then(|word| self.side(word).ok()) {
            arguments.next();
            of = side;
        }
        self.analyzed = match self.with_turn(of) {
            Ok(position) => Some(position),
            Err(why) => return Reply::Say(format!("?{id} {why}\n\n")),
        };
        let every = match interval(arguments) {
            Ok(every) => every,
            Err(why) => return Reply::Say(format!("?{id} {why}\n\n")),
        };
        Reply::Analyze { head: format!("={id}\n"), every, kata: command == "kata-analyze" }
    }

    /// Thinks for a while and prints it on a line, as programs that show analyses read it.
    ///
    /// Empty if there is nothing to report.
    pub fn analysis(&mut self, every: Duration, kata: bool, stop: &AtomicBool) -> String {
        let position = self.analyzed.clone().unwrap_or_else(|| self.position().clone());
        let budget = Budget { time: Some(every), ..Budget::default() };
        let result = self.agent.think_within(&position, budget, stop);
        info_line(&position, &result, kata)
    }
}

/// How often an analysis is printed: hundredths of a second, alone or after `interval`. What else may be asked for is left out of the answer, but
/// not what would change it.
fn interval<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Duration, String> {
    let mut hundredths = 50;
    let number = |word: Option<&str>| word.and_then(|word| word.parse().ok()).ok_or("interval not an integer");
    while let Some(word) = words.next() {
        match word {
            "interval" => hundredths = number(words.next())?,
            "avoid" | "allow" => return Err(format!("{word} is not supported")),
            "minmoves"
            | "maxmoves"
            | "rootInfo"
            | "ownership"
            | "ownershipStdev"
            | "movesOwnership"
            | "movesOwnershipStdev"
            | "pvVisits"
            | "pvEdgeVisits"
            | "noResultValue" => {
                words.next();
            }
            other => hundredths = number(Some(other)).map_err(|_| "expected a colour and an interval")?,
        }
    }
    Ok(Duration::from_millis(10 * u64::clamp(hundredths, 1, 100_000)))
}

fn info_line(position: &AnyGame, result: &SearchResult, kata: bool) -> String {
    let mut line = String::new();
    for (order, candidate) in result.candidates.iter().filter(|candidate| candidate.visits > 0).take(20).enumerate() {
        let name = position.name(candidate.chosen);
        let space = if order == 0 { "" } else { " " };
        let written = if kata {
            write!(
                line,
                "{space}info move {name} visits {} winrate {:.4} order {order} pv ",
                candidate.visits, candidate.value
            )
        } else {
            let winrate = (10_000.0 * candidate.value) as u32;
            write!(line, "{space}info move {name} visits {} winrate {winrate} order {order} pv ", candidate.visits)
        };
        written.expect("a string");
        if order == 0 && result.line.first() == Some(&candidate.chosen) {
            let names: Vec<String> = result.line.iter().map(|chosen| position.name(*chosen)).collect();
            line += &names.join(" ");
        } else {
            line += &name;
        }
    }
    line
}
