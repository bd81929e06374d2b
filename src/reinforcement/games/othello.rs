//! Othello (Reversi) on 8 × 8, and on 6 × 6, where it is known that the second side wins by 4 discs (Feinstein 1993). The upper left
//! square is a1; black, dark, moves first.
//!
//! Positions are bits of an 8 × 8 board; the small board is its upper left part. Squares and moves are numbered row by row on the board
//! that is played on.

use super::grid::{self, Names};
use super::{Game, Move, MoveError, Outcome, PlayoutRng, Side, Style, below, mixed};

/// A side that cannot move passes.
pub const PASS: Move = Move(64);
/// Lines of the usual board and of the small one.
pub const SIZE: usize = 8;
pub const SMALL: usize = 6;
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
    is_small: bool,
}

impl Default for Othello {
    fn default() -> Self {
        Othello::new(SIZE)
    }
}

/// The squares of a board, as bits.
#[inline(always)]
pub(crate) const fn squares(is_small: bool) -> u64 {
    if is_small { 0x0000_3f3f_3f3f_3f3f } else { u64::MAX }
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

/// Where a side with these discs may play, on a board that fills all bits.
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
    /// The start on a board of 8 or 6 lines.
    ///
    /// # Panics
    /// For any other number of lines.
    pub fn new(size: usize) -> Self {
        match size {
            SIZE => Othello::of(1 << 28 | 1 << 35, 1 << 27 | 1 << 36, false, false),
            SMALL => Othello::of(1 << 19 | 1 << 26, 1 << 18 | 1 << 27, false, true),
            other => panic!("Othello on {other} lines"),
        }
    }

    fn of(own: u64, other: u64, second: bool, is_small: bool) -> Self {
        let open_here = open(own, other) & squares(is_small);
        let ended = open_here == 0 && open(other, own) & squares(is_small) == 0;
        Othello { own, other, second, open: open_here, ended, is_small }
    }

    /// Lines of the board.
    pub fn size(&self) -> usize {
        if self.is_small { SMALL } else { SIZE }
    }

    /// The squares of the board, as bits.
    pub fn squares(&self) -> u64 {
        squares(self.is_small)
    }

    /// The number of the square of a bit.
    #[inline]
    pub(crate) fn square_of(&self, bit: u32) -> u16 {
        (if self.is_small { bit / 8 * SMALL as u32 + bit % 8 } else { bit }) as u16
    }

    /// The bit of a square.
    #[inline]
    pub(crate) fn bit_of(&self, square: u16) -> u32 {
        let square = u32::from(square);
        if self.is_small { square / SMALL as u32 * 8 + square % SMALL as u32 } else { square }
    }

    fn names(&self) -> Names {
        Names { size: self.size(), capital: false, skips_i: false, from_below: false }
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
        (self.squares() & !(self.own | self.other)).count_ones()
    }

    pub fn stone(&self, square: usize) -> Option<Side> {
        let bit = self.bit_of(square as u16);
        if self.own >> bit & 1 == 1 {
            Some(self.turn())
        } else if self.other >> bit & 1 == 1 {
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
        if let Some(bit) = place {
            let turned = turned(1 << bit, own, other);
            own |= turned | 1 << bit;
            other &= !turned;
        }
        let open_next = open(other, own) & self.squares();
        // A side that has just passed cannot move; else it is looked at only when the other cannot.
        let ended = open_next == 0 && (place.is_none() || open(own, other) & self.squares() == 0);
        *self = Othello { own: other, other: own, second: !self.second, open: open_next, ended, ..*self };
    }
}

impl Game for Othello {
    fn id(&self) -> &'static str {
        if self.is_small { "othello-6" } else { "othello" }
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
            moves.push(Move(self.square_of(open.trailing_zeros())));
            open &= open - 1;
        }
    }

    #[inline]
    fn is_legal(&self, chosen: Move) -> bool {
        match chosen {
            PASS => self.open == 0 && !self.ended,
            Move(square) => {
                usize::from(square) < self.size() * self.size() && self.open >> self.bit_of(square) & 1 == 1
            }
        }
    }

    #[inline]
    fn play(&mut self, chosen: Move) {
        self.step((chosen != PASS).then(|| self.bit_of(chosen.0)));
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
        if of == PASS { "pass".to_owned() } else { self.names().write(usize::from(of.0)) }
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        let chosen = if text.eq_ignore_ascii_case("pass") { PASS } else { Move(self.names().read(text)? as u16) };
        if self.is_legal(chosen) {
            Ok(chosen)
        } else if self.ended {
            Err(MoveError::ended())
        } else if chosen == PASS {
            Err(MoveError::new("there is a move: passing is not allowed", "打てるマスがあるため、パスはできません"))
        } else if self.open == 0 {
            Err(MoveError::new("there is no move: pass", "打てるマスがありません。パス(pass)してください"))
        } else {
            Err(MoveError::new(format!("{text} turns no disc"), format!("{text} に打っても返せる石がありません")))
        }
    }

    fn diagram(&self) -> String {
        grid::write((self.size(), self.size()), SIGNS, self.turn(), |square| self.stone(square))
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        let (stones, turn) = grid::read(text, (self.size(), self.size()), SIGNS)?;
        let of = |side| {
            let those = stones.iter().zip(0..).filter(|(stone, _)| **stone == Some(side));
            those.map(|(_, square)| 1 << self.bit_of(square)).sum()
        };
        Ok(Othello::of(of(turn), of(turn.other()), turn == Side::Second, self.is_small))
    }

    fn symmetries(&self) -> usize {
        8
    }

    fn image(&self, symmetry: usize) -> Self {
        let squares = 0..(self.size() * self.size()) as u16;
        let map = |bits: u64| {
            let taken = squares.clone().filter(|square| bits >> self.bit_of(*square) & 1 == 1);
            taken.map(|square| 1 << self.bit_of(self.image_of(Move(square), symmetry).0)).sum()
        };
        Othello { own: map(self.own), other: map(self.other), open: map(self.open), ..*self }
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        if chosen == PASS { PASS } else { Move(grid::image(usize::from(chosen.0), self.size(), symmetry) as u16) }
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
                trace.push(place.map_or(PASS, |bit| Move(self.square_of(bit))));
            }
        }
        self.outcome().unwrap_or(Outcome::Drawn)
    }
}
