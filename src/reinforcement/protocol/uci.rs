//! UCI (chess) and USI (shogi): a program tells what it is, is given positions, and answers `go` by `bestmove`.

use super::record::{Ending, Fault, Reading, Record, words};
use crate::reinforcement::games::{AnyGame, Game, Side};
use crate::reinforcement::search::{Agent, Budget, Spec, Thought};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Uci,
    Usi,
}

impl Dialect {
    pub fn game(self) -> &'static str {
        match self {
            Dialect::Uci => "chess",
            Dialect::Usi => "shogi",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Dialect::Uci => "uci",
            Dialect::Usi => "usi",
        }
    }
}

/// `position …` for moves from a start.
pub fn position_line(dialect: Dialect, start: &AnyGame, names: &[String]) -> String {
    let ordinary = AnyGame::start(dialect.game()).is_some_and(|ordinary| ordinary.diagram() == start.diagram());
    let place = if ordinary {
        "startpos".to_owned()
    } else {
        format!("{} {}", if dialect == Dialect::Uci { "fen" } else { "sfen" }, start.diagram())
    };
    if names.is_empty() { format!("position {place}") } else { format!("position {place} moves {}", names.join(" ")) }
}

/// Reads `position startpos moves …`, `fen …` or `sfen …`, with or without the word `position`. Where none of these tells the game it
/// is chess if `like` is, else shogi.
///
/// # Errors
/// Names the word that was not expected, or the move that cannot be played.
pub(super) fn read(text: &str, like: &AnyGame) -> Result<Record, Fault> {
    let fault = |at: usize, what: String| Fault::at(text, at, what);
    let mut words = words(text).peekable();
    words.next_if(|(_, word)| *word == "position");
    let (at, kind) = words.next().unwrap_or((text.len(), ""));
    let dialect = match (kind, like) {
        ("fen", _) | ("startpos", AnyGame::Chess(_)) => Dialect::Uci,
        ("sfen" | "startpos", _) => Dialect::Usi,
        (other, _) => return Err(fault(at, format!("expected startpos or a diagram, found `{other}`"))),
    };
    let mut start = AnyGame::start(dialect.game()).expect("a game there is");
    if kind != "startpos" {
        let mut parts = Vec::new();
        while let Some((_, part)) = words.next_if(|(_, word)| *word != "moves") {
            parts.push(part);
        }
        start = start.at(&parts.join(" ")).map_err(|why| fault(at, why.to_string()))?;
    }
    match words.next() {
        None | Some((_, "moves")) => {}
        Some((at, other)) => return Err(fault(at, format!("expected moves, found `{other}`"))),
    }
    let mut reading = Reading::from(start);
    for (at, name) in words {
        let chosen = reading.now.read(name).map_err(|why| fault(at, format!("move {}: {why}", reading.number())))?;
        reading.play(chosen);
    }
    Ok(reading.finish(Default::default(), None, Ending::default()))
}

/// A game as a line of the protocol of its game.
///
/// # Panics
/// If a move is not legal.
pub fn write(record: &Record) -> String {
    let dialect = if matches!(record.start, AnyGame::Chess(_)) { Dialect::Uci } else { Dialect::Usi };
    position_line(dialect, &record.start, &record.names())
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Print this.
    Say(String),
    /// Think about the position with a budget, and then tell the best move.
    Go(Budget),
    /// Stop thinking.
    Stop,
    Quit,
    Nothing,
}

/// A program that is spoken to line by line. What takes time, thinking, is left to the caller.
pub struct Server {
    dialect: Dialect,
    position: AnyGame,
    spec: Spec,
}

impl Server {
    pub fn new(dialect: Dialect, spec: Spec) -> Self {
        let position = AnyGame::start(dialect.game()).expect("a game there is");
        Server { dialect, position, spec }
    }

    pub fn position(&self) -> &AnyGame {
        &self.position
    }

    /// Takes a line. Faulty ones are answered by an `info string`, as these protocols have no other way.
    pub fn hear(&mut self, line: &str) -> Request {
        let mut words = line.split_whitespace();
        match words.next() {
            Some(word) if word == self.dialect.word() => {
                let version = env!("CARGO_PKG_VERSION");
                Request::Say(format!(
                    "id name shinso {version} {}\nid author the authors of shinso\n{}ok",
                    self.spec,
                    self.dialect.word()
                ))
            }
            Some("isready") => Request::Say("readyok".to_owned()),
            Some("ucinewgame" | "usinewgame") => {
                self.position = AnyGame::start(self.dialect.game()).expect("a game there is");
                Request::Nothing
            }
            Some("position") => match self.place(line) {
                Ok(position) => {
                    self.position = position;
                    Request::Nothing
                }
                Err(why) => Request::Say(format!("info string position: {why}")),
            },
            Some("go") => Request::Go(self.budget(&words.collect::<Vec<_>>())),
            Some("stop") => Request::Stop,
            Some("quit") => Request::Quit,
            Some("setoption" | "debug" | "register" | "ponderhit" | "gameover") | None => Request::Nothing,
            Some(word) => Request::Say(format!("info string unknown command `{word}`")),
        }
    }

    /// The position of a line, in the game of this dialect.
    fn place(&self, line: &str) -> Result<AnyGame, String> {
        let record = read(line, &self.position).map_err(|fault| fault.what)?;
        let position = record.last();
        if position.id() == self.dialect.game() {
            Ok(position)
        } else {
            Err(format!("expected {}, found {}", self.dialect.game(), position.id()))
        }
    }

    /// The time a `go` gives: its own, or a share of what the clock has left, never more than the agent's.
    fn budget(&self, words: &[&str]) -> Budget {
        let number = |name: &str| {
            let place = words.iter().position(|word| *word == name)?;
            words.get(place + 1)?.parse::<u64>().ok()
        };
        if words.contains(&"infinite") {
            return Budget::default();
        }
        if let Some(nodes) = number("nodes") {
            return Budget { playouts: Some(nodes), ..Budget::default() };
        }
        if let Some(time) = number("movetime") {
            return Budget { time: Some(Duration::from_millis(time)), ..Budget::default() };
        }
        let first = self.position.turn() == Side::First;
        // In shogi the first side is black, in chess white.
        let own = if first == (self.dialect == Dialect::Uci) { ("wtime", "winc") } else { ("btime", "binc") };
        let clock = number(own.0).map(|left| left / 30 + number(own.1).unwrap_or(0) * 3 / 4);
        let given = number("byoyomi").or(clock).map(|_| number("byoyomi").unwrap_or(0) + clock.unwrap_or(0));
        match given.filter(|time| *time > 0) {
            // Something is kept for the way there and back.
            Some(time) => Budget {
                time: Some(Duration::from_millis((time * 19 / 20).saturating_sub(20).max(1))),
                ..Budget::default()
            },
            None => self.spec.budget,
        }
    }

    /// The lines that end a `go`.
    pub fn conclude(&self, thought: &Thought) -> String {
        let name = |chosen| self.position.name(chosen);
        let line: Vec<String> = self.line(thought);
        let centipawns = (1000.0 * (thought.value.clamp(0.01, 0.99) - 0.5)) as i32;
        let info = format!(
            "info depth {} nodes {} time {} score cp {centipawns} pv {}",
            thought.depth,
            thought.nodes.max(thought.simulations),
            thought.took.as_millis(),
            line.join(" ")
        );
        let best = match (thought.best(), self.dialect) {
            (Some(best), _) => name(best),
            (None, Dialect::Uci) => "0000".to_owned(),
            (None, Dialect::Usi) => "resign".to_owned(),
        };
        format!("{info}\nbestmove {best}")
    }

    fn line(&self, thought: &Thought) -> Vec<String> {
        let (mut position, mut names) = (self.position.clone(), Vec::new());
        for chosen in &thought.line {
            let legal = crate::with_game!(&position, game => game.is_legal(*chosen));
            if !legal {
                break;
            }
            names.push(position.name(*chosen));
            position.play(*chosen);
        }
        names
    }

    pub fn think(&self, agent: &mut Agent, budget: Budget, stop: &AtomicBool) -> Thought {
        agent.think_within(&self.position, budget, stop)
    }
}
