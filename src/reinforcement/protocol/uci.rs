//! UCI (chess) and USI (shogi): a program says what it is, is given positions, and answers `go` by `bestmove`.

mod watch;

pub use watch::StopCondition;

use super::record::{Ending, Reading, Record, RecordError, words};
use crate::experiment::Bilingual;
use crate::reinforcement::agent::{Agent, Kind, Spec};
use crate::reinforcement::games::{AnyGame, Game, Move, Outcome, Side, at_move};
use crate::reinforcement::search::tsume::{self, Verdict};
use crate::reinforcement::search::{Budget, OnProgress, SearchResult};
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
pub(super) fn read(text: &str, like: &AnyGame) -> Result<Record, RecordError> {
    Ok(walk(text, like)?.0.finish(Default::default(), None, Ending::default()))
}

/// Goes through the moves of such a line; beside it what is odd about its diagram.
fn walk(text: &str, like: &AnyGame) -> Result<(Reading, Vec<Bilingual>), RecordError> {
    let fault = |at: usize, what: Bilingual| RecordError::at(text, at, what);
    let mut words = words(text).peekable();
    words.next_if(|(_, word)| *word == "position");
    let (at, kind) = words.next().unwrap_or((text.len(), ""));
    let dialect = match (kind, like) {
        ("fen", _) | ("startpos", AnyGame::Chess(_)) => Dialect::Uci,
        ("sfen" | "startpos", _) => Dialect::Usi,
        (other, _) => {
            let what = Bilingual::new(
                format!("expected startpos or a diagram, found `{other}`"),
                format!("startpos か局面(fen、sfen)があるはずの場所に `{other}` があります"),
            );
            return Err(fault(at, what));
        }
    };
    let mut start = AnyGame::start(dialect.game()).expect("a game there is");
    let mut notes = Vec::new();
    if kind != "startpos" {
        let mut parts = Vec::new();
        while let Some((_, part)) = words.next_if(|(_, word)| *word != "moves") {
            parts.push(part);
        }
        (start, notes) = start.at_with_notes(&parts.join(" ")).map_err(|why| fault(at, why.0))?;
    }
    match words.next() {
        None | Some((_, "moves")) => {}
        Some((at, other)) => {
            let what = Bilingual::new(
                format!("expected moves, found `{other}`"),
                format!("moves があるはずの場所に `{other}` があります"),
            );
            return Err(fault(at, what));
        }
    }
    let mut reading = Reading::from(start);
    reading.note_all(notes.iter().cloned());
    for (at, name) in words {
        let number = reading.number();
        reading.take(name).map_err(|why| fault(at, at_move(number, why)))?;
    }
    Ok((reading, notes))
}

/// A game as a line of the protocol of its game.
///
/// # Panics
/// If a move is not legal.
pub fn write(record: &Record) -> String {
    let dialect = if matches!(record.start, AnyGame::Chess(_)) { Dialect::Uci } else { Dialect::Usi };
    position_line(dialect, &record.start, &record.names())
}

/// How to think.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Go {
    pub budget: Budget,
    pub until: Until,
}

/// When the best move may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// When the budget is spent.
    Spent,
    /// Not before a `stop`.
    Stop,
    /// Not before a `stop`, or a `ponderhit` from which on the budget counts.
    Hit,
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Print this.
    Say(String),
    /// Think about the position, and then print the best move.
    Go(Go),
    /// Look for a mate by checks, for so long (none: without end), and then print it.
    Mate(Option<Duration>),
    /// Stop thinking.
    Stop,
    Quit,
    Nothing,
}

/// A program that is spoken to line by line. What takes time, thinking, is left to the caller.
pub struct Server {
    dialect: Dialect,
    /// One that goes on if there are moves.
    position: AnyGame,
    /// Whether the last `position` was none.
    refused: bool,
    spec: Spec,
}

impl Server {
    pub fn new(dialect: Dialect, spec: Spec) -> Self {
        let position = AnyGame::start(dialect.game()).expect("a game there is");
        Server { dialect, position, refused: false, spec }
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
                self.refused = false;
                Request::Nothing
            }
            Some("position") => match self.place(line) {
                Ok((position, notes)) => {
                    (self.position, self.refused) = (position, false);
                    let notes: Vec<String> = notes.iter().map(|note| format!("info string {note}")).collect();
                    if notes.is_empty() { Request::Nothing } else { Request::Say(notes.join("\n")) }
                }
                Err(why) => {
                    self.refused = true;
                    Request::Say(format!("info string position: {why}"))
                }
            },
            Some("go") if self.refused => {
                Request::Say(format!("info string the last position was none\nbestmove {}", self.no_move()))
            }
            Some("go") => {
                let words: Vec<&str> = words.collect();
                if self.dialect == Dialect::Usi
                    && let Some(place) = words.iter().position(|word| *word == "mate")
                {
                    let limit = words.get(place + 1).and_then(|word| word.parse().ok()).map(Duration::from_millis);
                    return Request::Mate(limit);
                }
                let until = match () {
                    () if words.contains(&"infinite") => Until::Stop,
                    () if words.contains(&"ponder") => Until::Hit,
                    () => Until::Spent,
                };
                Request::Go(Go { budget: self.budget(&words), until })
            }
            Some("stop") => Request::Stop,
            Some("quit") => Request::Quit,
            Some("setoption" | "debug" | "register" | "ponderhit" | "gameover") | None => Request::Nothing,
            Some(word) => Request::Say(format!("info string unknown command `{word}`")),
        }
    }

    /// The position of a line, in the game of this dialect, and what is odd about its diagram.
    fn place(&self, line: &str) -> Result<(AnyGame, Vec<String>), String> {
        let (reading, notes) = walk(line, &self.position).map_err(|fault| fault.what.en)?;
        let position = reading.open();
        if position.id() == self.dialect.game() {
            Ok((position, notes.into_iter().map(|note| note.en).collect()))
        } else {
            Err(format!("expected {}, found {}", self.dialect.game(), position.id()))
        }
    }

    /// The bounds that a `go` gives, or else the agent's own. Of a clock it takes a share, and never more than four fifths of what is
    /// left. A tree search has no depth to limit and keeps its own bounds then; `searchmoves` is not heard.
    fn budget(&self, words: &[&str]) -> Budget {
        let number = |name: &str| {
            let place = words.iter().position(|word| *word == name)?;
            // Clocks that have run over are sent as less than nothing.
            words.get(place + 1)?.parse::<i64>().ok().map(|number| number.max(0) as u64)
        };
        if words.contains(&"infinite") {
            return Budget::default();
        }
        let first = self.position.turn() == Side::First;
        // In shogi the first side is black, in chess white.
        let own = if first == (self.dialect == Dialect::Uci) { ("wtime", "winc") } else { ("btime", "binc") };
        let moves = number("movestogo").filter(|moves| *moves > 0).map_or(30, |moves| (moves + 1).min(30));
        let (left, byoyomi) = (number(own.0), number("byoyomi"));
        let clock = left.map(|left| (left / moves + number(own.1).unwrap_or(0) * 3 / 4).min(left * 4 / 5));
        let given = byoyomi.or(clock).map(|_| byoyomi.unwrap_or(0) + clock.unwrap_or(0));
        // Something is kept for the way there and back.
        let share = given.map(|time| (time * 19 / 20).saturating_sub(20).max(1));
        let mates = number("mate").map(|moves| moves.saturating_mul(2));
        let depth = number("depth").or(mates).filter(|_| self.spec.kind != Kind::Mcts);
        let limits = Budget {
            time: number("movetime").into_iter().chain(share).min().map(Duration::from_millis),
            playouts: number("nodes").map(|nodes| nodes.max(1)),
            depth: depth.map(|depth| depth.clamp(1, 64) as u32),
            ends_when_decided: given.is_some(),
            ..Budget::default()
        };
        if limits == Budget::default() { self.spec.budget } else { limits }
    }

    /// The end where it is proven and was counted: in UCI the winner's moves until then, in USI those of both sides (and a sign alone where they
    /// were not counted). Else hundredths of a pawn, taken from the share of points p that is expected as 400 log₁₀ (p / (1 − p)).
    fn score(&self, result: &SearchResult, line: &[Move]) -> String {
        if let Some(Outcome::Won(winner)) = result.proven {
            let mut end = self.position.clone();
            line.iter().for_each(|chosen| end.play(*chosen));
            let reached = matches!(end.outcome(), Some(Outcome::Won(_))).then_some(line.len() as u32);
            let sign = if winner == self.position.turn() { "" } else { "-" };
            match (result.ends_in.or(reached), self.dialect) {
                (Some(plies), Dialect::Uci) => return format!("mate {sign}{}", plies.div_ceil(2)),
                (Some(plies), Dialect::Usi) => return format!("mate {sign}{plies}"),
                (None, Dialect::Usi) => return format!("mate {}", if sign.is_empty() { "+" } else { "-" }),
                (None, Dialect::Uci) => {}
            }
        }
        let share = f64::from(result.value).clamp(1e-6, 1.0 - 1e-6);
        format!("cp {:.0}", 400.0 * (share / (1.0 - share)).log10())
    }

    /// What is believed so far, in a line.
    pub fn info(&self, result: &SearchResult) -> String {
        let line = self.line(result);
        // A tree has nodes of former searches too.
        let (nodes, seconds) = (result.simulations, result.took.as_secs_f64());
        let mut text = format!(
            "info depth {} nodes {nodes} nps {:.0} time {} score {}",
            result.depth,
            nodes as f64 / seconds.max(1e-3),
            result.took.as_millis(),
            self.score(result, &line)
        );
        if !line.is_empty() {
            let (mut position, mut names) = (self.position.clone(), Vec::new());
            for chosen in line {
                names.push(position.name(chosen));
                position.play(chosen);
            }
            text += &format!(" pv {}", names.join(" "));
        }
        text
    }

    fn no_move(&self) -> &'static str {
        if self.dialect == Dialect::Uci { "0000" } else { "resign" }
    }

    /// The lines that end a `go`.
    pub fn conclude(&self, result: &SearchResult) -> String {
        if let Some(best) = result.best() {
            return format!("{}\nbestmove {}", self.info(result), self.position.name(best));
        }
        let is_lost = matches!(self.position.outcome(), Some(Outcome::Won(_)));
        let score = if is_lost { "mate 0" } else { "cp 0" };
        format!("info depth 0 score {score}\nbestmove {}", self.no_move())
    }

    /// What `go mate` comes to: a mate by checks, by whoever is to move.
    pub fn mate(&self, time: Option<Duration>, stop: &AtomicBool) -> String {
        let AnyGame::Shogi(game) = &self.position else { return "checkmate notimplemented".to_owned() };
        match tsume::solve(game, tsume::LONGEST, time, stop) {
            Verdict::NoMate => "checkmate nomate".to_owned(),
            Verdict::Unknown => "checkmate timeout".to_owned(),
            Verdict::Mate(line) => {
                let names: Vec<String> = line.iter().map(|chosen| self.position.name(*chosen)).collect();
                format!("checkmate {}", names.join(" "))
            }
        }
    }

    /// The moves expected, as far as they are legal.
    fn line(&self, result: &SearchResult) -> Vec<Move> {
        let (mut position, mut line) = (self.position.clone(), Vec::new());
        for chosen in &result.line {
            if !crate::with_game!(&position, game => game.is_legal(*chosen)) {
                break;
            }
            line.push(*chosen);
            position.play(*chosen);
        }
        line
    }

    pub fn think(&self, agent: &mut Agent, budget: Budget, stop: &AtomicBool, on_progress: OnProgress) -> SearchResult {
        agent.think_with_progress(&self.position, budget, stop, on_progress)
    }
}

#[cfg(test)]
mod tests;
