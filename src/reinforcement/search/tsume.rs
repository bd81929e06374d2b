//! Problems of shogi (tsume): does the side to move mate, giving check with every move? Each move of the attacker is a check, each of the
//! defender any way out of it. Searched deeper and deeper, so that the first mate found is a shortest one; what is known of a position is
//! kept: within how many moves it is mate, and within how many it is not.

use super::Limit;
use crate::reinforcement::games::{Game, Move, Shogi};
use haitaka::{Board, PieceMoves};
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// The longest mate that is looked for, in moves of both sides.
pub const LONGEST: u32 = 41;
/// Nodes between two looks at the clock and the stop sign.
const LOOK_EVERY: u64 = 1 << 10;
/// Positions that are remembered.
const ROOM: usize = 1 << 21;
/// In the place of a number of moves: at no depth at all.
const NEVER: u8 = u8::MAX;

/// What came of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Mate by these moves, of which the defender's last the longest.
    Mate(Vec<Move>),
    /// No mate by checks alone.
    NoMate,
    /// Neither was shown: it was stopped, or the mate is longer than what is looked for.
    Unknown,
}

/// Within how many moves a position is mate (0: not known), and within how many it is none.
#[derive(Clone, Copy, Default)]
struct Known {
    mate: u8,
    none: u8,
}

/// Whether a mate was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Mate,
    /// Not so deep.
    NotYet,
    /// Not at any depth.
    Never,
}

struct Stopped;

struct Solver<'a> {
    known: HashMap<u64, Known>,
    nodes: u64,
    limit: Limit<'a>,
}

/// Looks for a mate of at most so many moves, for so long if a time is given.
pub fn solve(position: &Shogi, longest: u32, time: Option<Duration>, stop: &AtomicBool) -> Verdict {
    let limit = Limit::new(stop, Instant::now(), time);
    let mut solver = Solver { known: HashMap::new(), nodes: 0, limit };
    let board = position.board();
    for depth in (1..=longest.min(LONGEST)).step_by(2) {
        match solver.attack(board, depth as u8) {
            Err(Stopped) => return Verdict::Unknown,
            Ok(Found::Never) => return Verdict::NoMate,
            Ok(Found::NotYet) => {}
            Ok(Found::Mate) => {
                return solver.line(position, depth as u8).map_or(Verdict::Unknown, Verdict::Mate);
            }
        }
    }
    Verdict::Unknown
}

/// The boards after the attacker's checks.
fn checks(board: &Board) -> Vec<(haitaka::Move, Board)> {
    let mut found = Vec::new();
    let in_check = !board.checkers().is_empty();
    board.generate_checks(|of_piece: PieceMoves| {
        for chosen in of_piece {
            // It looks at the other king alone.
            if in_check && !board.generate_moves(|legal| legal.has(chosen)) {
                continue;
            }
            let mut after = board.clone();
            after.play_unchecked(chosen);
            if !after.checkers().is_empty() && !found.iter().any(|(known, _)| *known == chosen) {
                found.push((chosen, after));
            }
        }
        false
    });
    found
}

/// The boards after the defender's ways out.
fn escapes(board: &Board) -> Vec<(haitaka::Move, Board)> {
    let mut found = Vec::new();
    board.generate_moves(|of_piece| {
        for chosen in of_piece {
            let mut after = board.clone();
            after.play_unchecked(chosen);
            found.push((chosen, after));
        }
        false
    });
    // To take the piece that gives check comes first.
    let takes =
        |chosen: &haitaka::Move| matches!(chosen, haitaka::Move::BoardMove { to, .. } if board.checkers().has(*to));
    found.sort_by_key(|(chosen, _)| !takes(chosen));
    found
}

impl Solver<'_> {
    fn look(&mut self) -> Result<(), Stopped> {
        self.nodes += 1;
        if self.nodes.is_multiple_of(LOOK_EVERY) && self.limit.is_reached() {
            return Err(Stopped);
        }
        Ok(())
    }

    /// Whether the side to move mates within so many moves, an odd number.
    fn attack(&mut self, board: &Board, depth: u8) -> Result<Found, Stopped> {
        self.look()?;
        let key = board.hash();
        let known = self.known.get(&key).copied().unwrap_or_default();
        if known.mate > 0 && known.mate <= depth {
            return Ok(Found::Mate);
        }
        if known.none == NEVER {
            return Ok(Found::Never);
        }
        if known.none >= depth {
            return Ok(Found::NotYet);
        }
        let mut best = Found::Never;
        for (_, after) in checks(board) {
            match self.defend(&after, depth - 1)? {
                Found::Mate => {
                    self.keep(key, Known { mate: depth, ..known });
                    return Ok(Found::Mate);
                }
                Found::NotYet => best = Found::NotYet,
                Found::Never => {}
            }
        }
        self.keep(key, Known { none: if best == Found::Never { NEVER } else { depth }, ..known });
        Ok(best)
    }

    /// Whether the side to move, in check, is mated within so many moves, an even number.
    fn defend(&mut self, board: &Board, depth: u8) -> Result<Found, Stopped> {
        self.look()?;
        let escapes = escapes(board);
        if escapes.is_empty() {
            return Ok(Found::Mate);
        }
        if depth == 0 {
            return Ok(Found::NotYet);
        }
        for (_, after) in escapes {
            match self.attack(&after, depth - 1)? {
                Found::Mate => {}
                other => return Ok(other),
            }
        }
        Ok(Found::Mate)
    }

    fn keep(&mut self, key: u64, known: Known) {
        if self.known.len() >= ROOM {
            self.known.clear();
        }
        self.known.insert(key, known);
    }

    /// The mate within so many moves, the defender holding out as long as it can.
    fn line(&mut self, from: &Shogi, mut depth: u8) -> Option<Vec<Move>> {
        let (mut position, mut line) = (from.clone(), Vec::new());
        loop {
            let mates = checks(position.board());
            let (chosen, _) =
                mates.into_iter().find(|(_, after)| matches!(self.defend(after, depth - 1), Ok(Found::Mate)))?;
            let chosen = position.read(&chosen.to_string()).ok()?;
            position.play(chosen);
            line.push(chosen);
            let mut longest: Option<(u8, haitaka::Move)> = None;
            for (answer, after) in escapes(position.board()) {
                let shortest =
                    (1..depth).step_by(2).find(|depth| matches!(self.attack(&after, *depth), Ok(Found::Mate)))?;
                if longest.is_none_or(|(length, _)| shortest > length) {
                    longest = Some((shortest, answer));
                }
            }
            let Some((rest, answer)) = longest else { return Some(line) };
            let answer = position.read(&answer.to_string()).ok()?;
            position.play(answer);
            line.push(answer);
            depth = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(sfen: &str) -> Option<String> {
        let position = Shogi::default().at(sfen).unwrap();
        match solve(&position, LONGEST, Some(Duration::from_secs(20)), &AtomicBool::new(false)) {
            Verdict::Mate(line) => {
                let mut position = position;
                let mut names = Vec::new();
                for chosen in line {
                    names.push(position.name(chosen));
                    position.play(chosen);
                }
                assert!(position.outcome().is_some() && !position.board().checkers().is_empty(), "{sfen}");
                Some(names.join(" "))
            }
            Verdict::NoMate => None,
            Verdict::Unknown => panic!("{sfen}: neither"),
        }
    }

    #[test]
    fn mates_in_one_and_three_are_found_with_one_king_and_with_two() {
        assert_eq!(solved("4k4/9/4P4/9/9/9/9/9/9 b G2r2b3g4s4n4l17p 1").as_deref(), Some("G*5b"));
        assert_eq!(solved("4k4/9/4P4/9/9/9/9/9/4K4 b G 1").as_deref(), Some("G*5b"));
        // A gold alone does not mate in the open; a pawn may not.
        assert_eq!(solved("4k4/9/9/9/9/9/9/9/9 b G 1"), None);
        assert_eq!(solved("8k/7R1/7GG/9/9/9/9/9/4K4 b P 1").map(|line| line.starts_with("P*")), Some(false));
        // The king is driven to the edge: the attacker gives up the silver first.
        let three = solved("7k1/9/7P1/9/9/9/9/9/9 b RGrb3g4s4n4l16p 1").unwrap();
        assert_eq!(three.split(' ').count() % 2, 1, "{three}");
    }

    #[test]
    fn a_search_that_is_stopped_knows_nothing() {
        let position = Shogi::default();
        assert_eq!(solve(&position, LONGEST, None, &AtomicBool::new(false)), Verdict::NoMate, "no check at all");
        let open = Shogi::default().at("4k4/9/9/9/9/9/9/9/4K4 b 2R2B4G4S4N4L9P 1").unwrap();
        assert_eq!(solve(&open, 1, None, &AtomicBool::new(false)), Verdict::Unknown, "no mate in one");
    }
}
