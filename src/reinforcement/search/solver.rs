//! Connect Four, solved: the value of any position with best play.
//!
//! Alpha-beta on bit boards with a null window that halves the range of scores, moves in the order of the threats they make, moves that
//! lose at once left out, and a table of bounds; positions that mirror each other are one. Known since 1988 (Allen, Allis): the first player wins,
//! on the 41st stone.

use super::Limit;
use crate::reinforcement::games::connect_four::{
    BOARD, BOTTOM, COLUMNS, ConnectFour, ROWS, column_cells, winning_cells,
};
use crate::reinforcement::games::{Game, Move};

const CELLS: i32 = (ROWS * COLUMNS) as i32;
/// Scores lie within ± this.
const MOST: i32 = CELLS / 2;
/// Columns from the middle outwards: most lines pass there.
const ORDER: [usize; COLUMNS] = [3, 2, 4, 1, 5, 0, 6];
/// With fewer free cells than this the answers to a move are not looked up before it.
const KNOWN_ABOVE: i32 = 10;
/// From so many stones on a table of 2 to the power of this is enough.
const LATE: u32 = 14;
const LATE_BITS: u32 = 18;
/// Nodes between two looks at the limit.
const LOOK_EVERY: u64 = 1 << 12;
/// Positions with fewer stones are looked up as their own mirror image too.
const MIRRORED_BELOW: u32 = 20;

/// A solver with its table.
pub struct Solver {
    /// Each entry a position's key (56 bits) and a bound (8 bits).
    table: Vec<u64>,
    /// Of the table so many bits of an index are used: late positions need few, and these stay in the cache.
    bits: u32,
    nodes: u64,
}

/// The search was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

#[derive(Clone, Copy)]
struct Board {
    own: u64,
    all: u64,
    stones: u32,
}

impl Board {
    /// Free cells that a stone can fall into.
    fn possible(self) -> u64 {
        (self.all + BOTTOM) & BOARD
    }

    fn wins_at_once(self) -> bool {
        winning_cells(self.own, self.all) & self.possible() != 0
    }

    /// Moves after which the other side cannot win at once; none if it always can.
    fn safe(self) -> u64 {
        let threats = winning_cells(self.own ^ self.all, self.all);
        let mut possible = self.possible();
        let forced = possible & threats;
        if forced != 0 {
            if forced & (forced - 1) != 0 {
                return 0;
            }
            possible = forced;
        }
        // Not below a cell where the other side would win.
        possible & !(threats >> 1)
    }

    fn after(self, cell: u64) -> Self {
        Board { own: self.own ^ self.all, all: self.all | cell, stones: self.stones + 1 }
    }

    fn key(self) -> u64 {
        let key = self.own + self.all + BOTTOM;
        if self.stones >= MIRRORED_BELOW {
            return key;
        }
        let column = |column: usize| 0x7f_u64 << (7 * column);
        let mirrored = key & column(3)
            | (key & column(0)) << 42
            | (key & column(1)) << 28
            | (key & column(2)) << 14
            | (key & column(4)) >> 14
            | (key & column(5)) >> 28
            | (key & column(6)) >> 42;
        key.min(mirrored)
    }
}

impl Solver {
    /// With a table of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let bits = (bytes / 8).max(2).ilog2();
        Solver { table: vec![0; 1 << bits], bits, nodes: 0 }
    }

    /// Positions looked at so far.
    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    /// 22 less the stones that the winner will have played, positive if the side to move wins, 0 for a draw. Of a game that has
    /// ended: the score of its end.
    ///
    /// # Errors
    /// If the limit is reached before the end.
    pub fn solve<'a>(&mut self, position: &ConnectFour, limit: impl Into<Limit<'a>>) -> Result<i32, Stopped> {
        let limit = &limit.into();
        let (own, all) = position.bits();
        let board = Board { own, all, stones: all.count_ones() };
        if position.outcome().is_some() {
            let won = position.outcome() != Some(crate::reinforcement::games::Outcome::Drawn);
            return Ok(if won { -(MOST + 1 - (board.stones as i32 + 1) / 2) } else { 0 });
        }
        if board.wins_at_once() {
            return Ok((CELLS + 1 - board.stones as i32) / 2);
        }
        self.bits = self.table.len().ilog2().min(LATE_BITS + 2 * LATE.saturating_sub(board.stones));
        let (mut low, mut high) = (-(CELLS - board.stones as i32) / 2, (CELLS + 1 - board.stones as i32) / 2);
        while low < high {
            // Near zero first: who wins is cheaper to find than when.
            let mut middle = low + (high - low) / 2;
            if middle <= 0 && low / 2 < middle {
                middle = low / 2;
            } else if middle >= 0 && high / 2 > middle {
                middle = high / 2;
            }
            let found = self.search(board, middle, middle + 1, limit)?;
            if found <= middle {
                high = found;
            } else {
                low = found;
            }
        }
        Ok(low)
    }

    /// The score after each move, seen from the side that makes it.
    ///
    /// # Errors
    /// If the limit is reached before the end.
    pub fn moves<'a>(
        &mut self,
        position: &ConnectFour,
        limit: impl Into<Limit<'a>>,
    ) -> Result<Vec<(Move, i32)>, Stopped> {
        let limit = limit.into();
        let mut moves = Vec::new();
        position.legal(&mut moves);
        moves
            .into_iter()
            .map(|chosen| {
                let mut next = *position;
                next.play(chosen);
                Ok((chosen, -self.solve(&next, limit)?))
            })
            .collect()
    }

    #[inline]
    fn place(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - self.bits)) as usize
    }

    /// The score if it lies between the bounds, else a bound on its side. No side can win at once here.
    fn search(&mut self, board: Board, mut low: i32, mut high: i32, limit: &Limit) -> Result<i32, Stopped> {
        self.nodes += 1;
        if self.nodes.is_multiple_of(LOOK_EVERY) && limit.is_reached() {
            return Err(Stopped);
        }
        let left = CELLS - board.stones as i32;
        let safe = board.safe();
        if safe == 0 {
            return Ok(-left / 2);
        }
        if left <= 2 {
            return Ok(0);
        }
        // The other side cannot win by its next move, nor this one by the move after the next.
        low = low.max(-(left - 2) / 2);
        high = high.min((left - 1) / 2);
        if low >= high {
            return Ok(low);
        }
        let key = board.key();
        let place = self.place(key);
        let entry = self.table[place];
        if entry >> 8 == key {
            // Codes above 2 MOST + 1 are lower bounds, others upper bounds.
            let code = (entry & 0xff) as i32;
            if code > 2 * MOST + 1 {
                low = low.max(code - 3 * MOST - 2);
            } else {
                high = high.min(code - MOST - 1);
            }
            if low >= high {
                return Ok(if code > 2 * MOST + 1 { low } else { high });
            }
        }
        // Moves by the number of threats they make, those of the middle first among equals.
        let mut moves = [(0_u32, 0_u64); COLUMNS];
        let mut count = 0;
        for column in ORDER {
            let cell = safe & column_cells(column);
            if cell != 0 {
                let threats = winning_cells(board.own | cell, board.all | cell).count_ones();
                let mut at = count;
                while at > 0 && moves[at - 1].0 < threats {
                    moves[at] = moves[at - 1];
                    at -= 1;
                }
                moves[at] = (threats, cell);
                count += 1;
            }
        }
        // A move whose answer is known to be poor enough needs no search.
        if left > KNOWN_ABOVE {
            for (_, cell) in &moves[..count] {
                let after = board.after(*cell);
                let key = after.key();
                let entry = self.table[self.place(key)];
                let code = (entry & 0xff) as i32;
                if entry >> 8 == key && code <= 2 * MOST + 1 && MOST + 1 - code >= high {
                    return Ok(MOST + 1 - code);
                }
            }
        }
        for (_, cell) in &moves[..count] {
            let score = -self.search(board.after(*cell), -high, -low, limit)?;
            if score >= high {
                self.table[place] = key << 8 | (score + 3 * MOST + 2) as u64;
                return Ok(score);
            }
            low = low.max(score);
        }
        self.table[place] = key << 8 | (low + MOST + 1) as u64;
        Ok(low)
    }
}
