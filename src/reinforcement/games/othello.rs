//! Othello (Reversi) on 8 × 8. The upper left square is a1; black, dark, moves first.

use super::grid::{self, Names};
use super::{Game, Move, MoveError, Outcome, PlayoutRng, Side, Style, below, mixed};

/// A side that cannot move passes.
pub const PASS: Move = Move(64);
const NAMES: Names = Names { size: 8, capital: false, skips_i: false, from_below: false };
const SIGNS: [char; 2] = ['x', 'o'];
const NOT_A: u64 = 0xfefe_fefe_fefe_fefe;
const NOT_H: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// A position: the discs of the side to move and of the other, and where the side to move may play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Othello {
    own: u64,
    other: u64,
    second: bool,
    open: u64,
    ended: bool,
}

impl Default for Othello {
    fn default() -> Self {
        Othello::of(1 << 28 | 1 << 35, 1 << 27 | 1 << 36, false)
    }
}

/// Moves all bits one square in one of eight ways: up or down by 0, 1, 7, 8 or 9 squares, without coming round the edge.
#[inline(always)]
fn shifted<const WAY: usize>(bits: u64) -> u64 {
    match WAY {
        0 => (bits << 1) & NOT_A,
        1 => (bits >> 1) & NOT_H,
        2 => bits << 8,
        3 => bits >> 8,
        4 => (bits << 9) & NOT_A,
        5 => (bits >> 9) & NOT_H,
        6 => (bits << 7) & NOT_H,
        _ => (bits >> 7) & NOT_A,
    }
}

/// The free squares behind a run of the other's discs from an own disc, one way.
#[inline(always)]
fn open_way<const WAY: usize>(own: u64, other: u64) -> u64 {
    let mut run = shifted::<WAY>(own) & other;
    for _ in 0..5 {
        run |= shifted::<WAY>(run) & other;
    }
    shifted::<WAY>(run)
}

/// Where a side with these discs may play.
#[inline(always)]
pub(crate) fn open(own: u64, other: u64) -> u64 {
    let ways = open_way::<0>(own, other)
        | open_way::<1>(own, other)
        | open_way::<2>(own, other)
        | open_way::<3>(own, other)
        | open_way::<4>(own, other)
        | open_way::<5>(own, other)
        | open_way::<6>(own, other)
        | open_way::<7>(own, other);
    ways & !(own | other)
}

#[inline(always)]
fn turned_way<const WAY: usize>(place: u64, own: u64, other: u64) -> u64 {
    let mut run = shifted::<WAY>(place) & other;
    for _ in 0..5 {
        run |= shifted::<WAY>(run) & other;
    }
    if shifted::<WAY>(run) & own != 0 { run } else { 0 }
}

/// The discs that a new one turns.
#[inline(always)]
pub(crate) fn turned(place: u64, own: u64, other: u64) -> u64 {
    turned_way::<0>(place, own, other)
        | turned_way::<1>(place, own, other)
        | turned_way::<2>(place, own, other)
        | turned_way::<3>(place, own, other)
        | turned_way::<4>(place, own, other)
        | turned_way::<5>(place, own, other)
        | turned_way::<6>(place, own, other)
        | turned_way::<7>(place, own, other)
}

impl Othello {
    fn of(own: u64, other: u64, second: bool) -> Self {
        let open_here = open(own, other);
        let ended = open_here == 0 && open(other, own) == 0;
        Othello { own, other, second, open: open_here, ended }
    }

    /// The discs of the side to move and of the other, as bits.
    pub fn discs(&self) -> (u64, u64) {
        (self.own, self.other)
    }

    /// Where the side to move may play, as bits.
    pub fn open(&self) -> u64 {
        self.open
    }

    pub fn empties(&self) -> u32 {
        64 - (self.own | self.other).count_ones()
    }

    pub fn stone(&self, square: usize) -> Option<Side> {
        if self.own >> square & 1 == 1 {
            Some(self.turn())
        } else if self.other >> square & 1 == 1 {
            Some(self.turn().other())
        } else {
            None
        }
    }

    /// Discs of either side.
    pub fn count(&self) -> [u32; 2] {
        let counts = [self.own.count_ones(), self.other.count_ones()];
        if self.second { [counts[1], counts[0]] } else { counts }
    }

    #[inline]
    fn step(&mut self, place: Option<u32>) {
        let (mut own, mut other) = (self.own, self.other);
        if let Some(square) = place {
            let turned = turned(1 << square, own, other);
            own |= turned | 1 << square;
            other &= !turned;
        }
        let open_next = open(other, own);
        // A side that has just passed cannot move; else it is looked at only when the other cannot.
        let ended = open_next == 0 && (place.is_none() || open(own, other) == 0);
        *self = Othello { own: other, other: own, second: !self.second, open: open_next, ended };
    }
}

impl Game for Othello {
    fn id(&self) -> &'static str {
        "othello"
    }

    #[inline]
    fn turn(&self) -> Side {
        if self.second { Side::Second } else { Side::First }
    }

    #[inline]
    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if self.ended {
            return;
        }
        if self.open == 0 {
            moves.push(PASS);
        }
        let mut open = self.open;
        while open != 0 {
            moves.push(Move(open.trailing_zeros() as u16));
            open &= open - 1;
        }
    }

    #[inline]
    fn is_legal(&self, chosen: Move) -> bool {
        if chosen == PASS { self.open == 0 && !self.ended } else { chosen.0 < 64 && self.open >> chosen.0 & 1 == 1 }
    }

    #[inline]
    fn play(&mut self, chosen: Move) {
        self.step((chosen != PASS).then_some(u32::from(chosen.0)));
    }

    #[inline]
    fn outcome(&self) -> Option<Outcome> {
        self.ended.then(|| match self.own.count_ones().cmp(&self.other.count_ones()) {
            std::cmp::Ordering::Greater => Outcome::Won(self.turn()),
            std::cmp::Ordering::Less => Outcome::Won(self.turn().other()),
            std::cmp::Ordering::Equal => Outcome::Drawn,
        })
    }

    #[inline]
    fn hash(&self) -> u64 {
        mixed(mixed(self.own) ^ self.other.rotate_left(17)) ^ u64::from(self.second)
    }

    fn name(&self, of: Move) -> String {
        if of == PASS { "pass".to_owned() } else { NAMES.write(usize::from(of.0)) }
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        let chosen = if text.eq_ignore_ascii_case("pass") { PASS } else { Move(NAMES.read(text)? as u16) };
        if self.is_legal(chosen) {
            Ok(chosen)
        } else if self.ended {
            Err(MoveError::new("the game has ended"))
        } else if chosen == PASS {
            Err(MoveError::new("there is a move: passing is not allowed"))
        } else if self.open == 0 {
            Err(MoveError::new("there is no move: pass"))
        } else {
            Err(MoveError::new(format!("{text} turns no disc")))
        }
    }

    fn diagram(&self) -> String {
        grid::write((8, 8), SIGNS, self.turn(), |square| self.stone(square))
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        let (stones, turn) = grid::read(text, (8, 8), SIGNS)?;
        let of =
            |side| stones.iter().enumerate().filter(|(_, stone)| **stone == Some(side)).map(|(at, _)| 1 << at).sum();
        Ok(Othello::of(of(turn), of(turn.other()), turn == Side::Second))
    }

    fn symmetries(&self) -> usize {
        8
    }

    fn image(&self, symmetry: usize) -> Self {
        let map =
            |bits: u64| (0..64).filter(|at| bits >> at & 1 == 1).map(|at| 1 << grid::image(at, 8, symmetry)).sum();
        Othello { own: map(self.own), other: map(self.other), open: map(self.open), ..*self }
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        if chosen == PASS { PASS } else { Move(grid::image(usize::from(chosen.0), 8, symmetry) as u16) }
    }

    fn playout(
        &mut self,
        _: Style,
        random: &mut PlayoutRng,
        _: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        while !self.ended {
            let mut open = self.open;
            let place = (open != 0).then(|| {
                for _ in 0..below(random, open.count_ones() as usize) {
                    open &= open - 1;
                }
                open.trailing_zeros()
            });
            self.step(place);
            if let Some(trace) = &mut trace {
                trace.push(place.map_or(PASS, |place| Move(place as u16)));
            }
        }
        self.outcome().unwrap_or(Outcome::Drawn)
    }
}
