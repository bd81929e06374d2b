//! UCI (chess) and USI (shogi): a program tells what it is, is given positions, and answers `go` by `bestmove`.

use super::record::{Ending, Fault, Reading, Record, words};
use crate::reinforcement::games::{AnyGame, Chess, Game, Move, Outcome, Shogi, Side};
use crate::reinforcement::search::agent::Kind;
use crate::reinforcement::search::{Agent, Budget, Spec, Tell, Thought};
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
        let text = if dialect == Dialect::Uci { tolerant(&parts) } else { parts.join(" ") };
        start = start.at(&text).map_err(|why| fault(at, why.to_string()))?;
    }
    match words.next() {
        None | Some((_, "moves")) => {}
        Some((at, other)) => return Err(fault(at, format!("expected moves, found `{other}`"))),
    }
    let mut reading = Reading::from(start);
    for (at, name) in words {
        let chosen = match (reading.now.read(name), played_on(&reading.now)) {
            // The other program has not taken the draw that it might have.
            (Err(_), Some(on)) => on.read(name),
            (read, _) => read,
        };
        let chosen = chosen.map_err(|why| fault(at, format!("move {}: {why}", reading.number())))?;
        reading.play(chosen);
    }
    Ok(reading.finish(Default::default(), None, Ending::default()))
}

/// The position of a game that has ended by repetition or by counting moves, without what came before it; none where it goes on or
/// no move is left. These protocols leave it to the other side to end a game.
fn played_on(position: &AnyGame) -> Option<AnyGame> {
    position.outcome()?;
    let on: AnyGame = match position {
        AnyGame::Chess(game) => {
            let mut board = game.board().clone();
            board.set_halfmove_clock(0);
            Chess::of(board).into()
        }
        AnyGame::Shogi(game) => Shogi::of(game.board().clone()).into(),
        _ => return None,
    };
    on.outcome().is_none().then_some(on)
}

/// FEN as other programs write it: without its counters, or with more than a hundred half moves counted.
fn tolerant(parts: &[&str]) -> String {
    let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    let rest = ["w", "-", "-", "0", "1"];
    if (1..6).contains(&parts.len()) {
        let known = parts.len() - 1;
        parts.extend(rest[known..].iter().map(|part| (*part).to_owned()));
    }
    for (place, least, most) in [(4, 0, 100), (5, 1, 9999)] {
        if let Some(number) = parts.get(place).and_then(|part| part.parse::<u64>().ok()) {
            parts[place] = number.clamp(least, most).to_string();
        }
    }
    parts.join(" ")
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

/// When the best move may be told.
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
    /// Think about the position, and then tell the best move.
    Go(Go),
    /// Stop thinking.
    Stop,
    Quit,
    Nothing,
}

/// A program that is spoken to line by line. What takes time, thinking, is left to the caller.
pub struct Server {
    dialect: Dialect,
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
                Ok(position) => {
                    (self.position, self.refused) = (position, false);
                    Request::Nothing
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
                if self.dialect == Dialect::Usi && words.contains(&"mate") {
                    return Request::Say("checkmate notimplemented".to_owned());
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
            // Clocks that have run over are told as less than nothing.
            words.get(place + 1)?.parse::<i64>().ok().map(|number| number.max(0) as u64)
        };
        if words.contains(&"infinite") {
            return Budget::default();
        }
        if let Some(nodes) = number("nodes") {
            return Budget { playouts: Some(nodes), ..Budget::default() };
        }
        if let Some(depth) = number("depth") {
            // A tree search has no depth to be told: it keeps its own budget.
            let own = if self.spec.kind == Kind::Mcts { self.spec.budget } else { Budget::default() };
            return Budget { depth: Some(depth.clamp(1, 64) as u32), ..own };
        }
        if let Some(time) = number("movetime") {
            return Budget { time: Some(Duration::from_millis(time)), ..Budget::default() };
        }
        let first = self.position.turn() == Side::First;
        // In shogi the first side is black, in chess white.
        let own = if first == (self.dialect == Dialect::Uci) { ("wtime", "winc") } else { ("btime", "binc") };
        let moves = number("movestogo").filter(|moves| *moves > 0).map_or(30, |moves| (moves + 1).min(30));
        let (left, byoyomi) = (number(own.0), number("byoyomi"));
        let clock = left.map(|left| (left / moves + number(own.1).unwrap_or(0) * 3 / 4).min(left * 4 / 5));
        let given = byoyomi.or(clock).map(|_| byoyomi.unwrap_or(0) + clock.unwrap_or(0));
        match given {
            // Something is kept for the way there and back.
            Some(time) => Budget {
                time: Some(Duration::from_millis((time * 19 / 20).saturating_sub(20).max(1))),
                ends_when_decided: true,
                ..Budget::default()
            },
            None => self.spec.budget,
        }
    }

    /// Points as these protocols count them: moves to mate where it is proven, else hundredths of a pawn, taken from the share of
    /// points p that is expected as 400 log₁₀ (p / (1 − p)).
    fn score(&self, thought: &Thought, line: &[Move]) -> String {
        let mut end = self.searched();
        line.iter().for_each(|chosen| end.play(*chosen));
        if let (Some(Outcome::Won(winner)), Some(Outcome::Won(_))) = (thought.proven, end.outcome()) {
            let moves = line.len().div_ceil(2) as i64;
            return format!("mate {}", if winner == self.position.turn() { moves } else { -moves });
        }
        let share = f64::from(thought.value).clamp(1e-6, 1.0 - 1e-6);
        format!("cp {:.0}", 400.0 * (share / (1.0 - share)).log10())
    }

    /// What is believed so far, in a line.
    pub fn info(&self, thought: &Thought) -> String {
        let line = self.line(thought);
        let (nodes, seconds) = (thought.nodes.max(thought.simulations), thought.took.as_secs_f64());
        let mut text = format!(
            "info depth {} nodes {nodes} nps {:.0} time {} score {}",
            thought.depth,
            nodes as f64 / seconds.max(1e-3),
            thought.took.as_millis(),
            self.score(thought, &line)
        );
        if !line.is_empty() {
            let (mut position, mut names) = (self.searched(), Vec::new());
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
    pub fn conclude(&self, thought: &Thought) -> String {
        let position = self.searched();
        if let Some(best) = thought.best() {
            return format!("{}\nbestmove {}", self.info(thought), position.name(best));
        }
        // The rules of our own play end a dead position; these protocols want a move while there is one.
        if let AnyGame::Chess(game) = &position {
            let mut any = None;
            game.board().generate_moves(|moves| {
                any = moves.into_iter().next();
                any.is_some()
            });
            if let Some(any) = any {
                let name = cozy_chess::util::display_uci_move(game.board(), any);
                return format!("info depth 0 score cp 0\nbestmove {name}");
            }
            let mated = !game.board().checkers().is_empty();
            let score = if mated { "mate 0" } else { "cp 0" };
            return format!("info depth 0 score {score}\nbestmove 0000");
        }
        format!("info depth 0 score mate 0\nbestmove {}", self.no_move())
    }

    /// The position to think about: one that our rules have ended is played on.
    fn searched(&self) -> AnyGame {
        played_on(&self.position).unwrap_or_else(|| self.position.clone())
    }

    /// The moves expected, as far as they are legal.
    fn line(&self, thought: &Thought) -> Vec<Move> {
        let (mut position, mut line) = (self.searched(), Vec::new());
        for chosen in &thought.line {
            if !crate::with_game!(&position, game => game.is_legal(*chosen)) {
                break;
            }
            line.push(*chosen);
            position.play(*chosen);
        }
        line
    }

    pub fn think(&self, agent: &mut Agent, budget: Budget, stop: &AtomicBool, tell: Tell) -> Thought {
        agent.think_aloud(&self.searched(), budget, stop, tell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(dialect: Dialect, agent: &str) -> (Server, Agent) {
        let spec: Spec = agent.parse().unwrap();
        let server = Server::new(dialect, spec.clone());
        let agent = spec.agent(server.position(), 1).unwrap();
        (server, agent)
    }

    /// What a `go` answers, without waiting for anything.
    fn answer(server: &mut Server, agent: &mut Agent, go: &str) -> String {
        match server.hear(go) {
            Request::Go(go) => {
                let thought = server.think(agent, go.budget, &AtomicBool::new(false), &|_, _| {});
                server.conclude(&thought)
            }
            Request::Say(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_draw_that_nobody_has_taken_is_played_on() {
        let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:depth=2");
        let to_and_fro = "g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8";
        for position in [
            format!("position startpos moves {to_and_fro}"),
            format!("position startpos moves {to_and_fro} e2e4"),
            "position fen 8/8/8/8/8/4k3/8/R3K3 w - - 149 80".to_owned(),
            "position fen 8/8/8/8/8/4k3/8/4K2B w".to_owned(),
        ] {
            assert_eq!(server.hear(&position), Request::Nothing, "{position}");
            let said = answer(&mut server, &mut agent, "go depth 2");
            assert!(!said.ends_with("0000") && said.contains("bestmove "), "{position}: {said}");
        }
        let (mut server, mut agent) = self::server(Dialect::Usi, "alphabeta:depth=1");
        let round = "4i4h 4a4b 4h4i 4b4a ".repeat(3);
        assert_eq!(server.hear(&format!("position startpos moves {round}")), Request::Nothing);
        assert!(!answer(&mut server, &mut agent, "go depth 1").contains("resign"));
    }

    #[test]
    fn mates_are_counted_in_moves_and_a_queen_is_no_mate() {
        let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:depth=4");
        let mut after = |position: &str| {
            server.hear(&format!("position fen {position}"));
            answer(&mut server, &mut agent, "go depth 4")
        };
        assert!(after("6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1").contains("score mate 1 pv a1a8"));
        assert!(after("R5k1/5ppp/8/8/8/8/8/4K3 b - - 0 1").contains("score mate 0\nbestmove 0000"));
        let queen = after("4k3/8/8/8/8/8/8/3QK3 w - - 0 1");
        let points: i32 = queen.split("cp ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!((200..2400).contains(&points), "{queen}");
    }

    #[test]
    fn a_depth_is_kept_and_a_clock_is_never_overdrawn() {
        let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:1s");
        assert!(answer(&mut server, &mut agent, "go depth 2").contains("info depth 2 "));
        let time = |server: &mut Server, go: &str| match server.hear(go) {
            Request::Go(go) => go.budget.time.unwrap().as_millis(),
            other => panic!("{other:?}"),
        };
        assert!(time(&mut server, "go wtime 100 btime 100 winc 3000 binc 3000") < 80);
        assert_eq!(time(&mut server, "go wtime -20 btime 0"), 1);
        assert!(time(&mut server, "go wtime 60000 btime 1 movestogo 2") > 15_000);
        assert!(time(&mut server, "go wtime 60000 btime 1") < 2_000);
    }

    #[test]
    fn what_is_refused_is_not_played_and_what_waits_says_for_what() {
        let (mut server, mut agent) = server(Dialect::Uci, "greedy");
        assert!(matches!(server.hear("position fen 9/8 w"), Request::Say(_)));
        assert!(answer(&mut server, &mut agent, "go").ends_with("bestmove 0000"));
        server.hear("position startpos");
        let until = |server: &mut Server, go: &str| match server.hear(go) {
            Request::Go(go) => go.until,
            other => panic!("{other:?}"),
        };
        assert_eq!(until(&mut server, "go infinite"), Until::Stop);
        assert_eq!(until(&mut server, "go ponder wtime 1000"), Until::Hit);
        assert_eq!(until(&mut server, "go wtime 1000"), Until::Spent);
        let mut usi = self::server(Dialect::Usi, "greedy").0;
        assert_eq!(usi.hear("go mate 1000"), Request::Say("checkmate notimplemented".to_owned()));
    }
}
