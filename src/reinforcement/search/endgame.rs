//! The end of Othello, solved: the difference of discs with best play.
//!
//! Alpha-beta with null windows; the move that leaves the other side the fewest answers comes first (fastest first), regions with an odd
//! number of free squares before even ones, a table where many squares are left.

use super::Limit;
use crate::reinforcement::games::othello::{self, PASS, SMALL, turned};
use crate::reinforcement::games::{Game, Move, Othello, mixed};

/// Up to so many free squares, squares are tried without looking at the answers.
const FEW: u32 = 6;
/// From so many on, positions are remembered.
const REMEMBERED: u32 = 8;
const LOOK_EVERY: u64 = 1 << 12;
/// Squares by how good they are to have, as classes: corners, then edges and the middle, then what gives corners away.
const CLASSES: [u64; 4] = [
    0x8100_0000_0000_0081,
    0x3c00_bd99_99bd_003c | 0x0000_3c3c_3c3c_0000,
    0x0081_8142_4281_8100 | 0x0018_4200_0042_1800,
    0x42c3_0000_0000_c342,
];
const SMALL_CLASSES: [u64; 4] = [0x2100_0000_0021, 0x0c00_2d2d_000c, 0x000c_1212_0c00, 0x1233_0000_3312];
/// Quarters of the boards.
const QUARTERS: [u64; 4] = [0x0f0f_0f0f, 0xf0f0_f0f0, 0x0f0f_0f0f << 32, 0xf0f0_f0f0 << 32];
const SMALL_QUARTERS: [u64; 4] = [0x0007_0707, 0x0038_3838, 0x0007_0707 << 24, 0x0038_3838 << 24];

/// The board that is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ground {
    squares: u64,
    classes: &'static [u64; 4],
    quarters: &'static [u64; 4],
}

impl Ground {
    const USUAL: Ground = Ground { squares: othello::squares(false), classes: &CLASSES, quarters: &QUARTERS };
    const SMALL: Ground =
        Ground { squares: othello::squares(true), classes: &SMALL_CLASSES, quarters: &SMALL_QUARTERS };

    #[inline]
    fn open(&self, own: u64, other: u64) -> u64 {
        othello::open(own, other) & self.squares
    }

    #[inline]
    fn empty(&self, own: u64, other: u64) -> u64 {
        self.squares & !(own | other)
    }

    /// Discs of a full board.
    #[inline]
    fn whole(&self) -> i32 {
        self.squares.count_ones() as i32
    }

    /// The end of a game: the free squares go to the winner.
    fn final_score(&self, own: u64, other: u64) -> i32 {
        let (own, other) = (own.count_ones() as i32, other.count_ones() as i32);
        match own.cmp(&other) {
            std::cmp::Ordering::Greater => self.whole() - 2 * other,
            std::cmp::Ordering::Less => 2 * own - self.whole(),
            std::cmp::Ordering::Equal => 0,
        }
    }

    /// Free squares in quarters of the board with an odd number of them: the last move there is likely one's own.
    fn odd_quarters(&self, empty: u64) -> u64 {
        self.quarters.iter().filter(|quarter| (empty & **quarter).count_ones() & 1 == 1).sum()
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    own: u64,
    other: u64,
    low: i8,
    high: i8,
    best: u8,
}

/// Solves ends, with a table that it keeps.
pub struct Endgame {
    table: Vec<Entry>,
    ground: Ground,
    nodes: u64,
    /// From so many nodes on one looks at the limit again.
    look_at: u64,
}

/// The search was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl Endgame {
    /// With a table of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let entries = (bytes / size_of::<Entry>()).next_power_of_two().max(1024);
        Endgame { table: vec![Entry::default(); entries], ground: Ground::USUAL, nodes: 0, look_at: LOOK_EVERY }
    }

    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    /// The difference of discs at the end for the side to move, free squares counted for the winner, and the move that gets it; none if the
    /// game has ended.
    ///
    /// # Errors
    /// If the limit is reached before the end.
    pub fn solve<'a>(
        &mut self,
        position: &Othello,
        limit: impl Into<Limit<'a>>,
    ) -> Result<(i32, Option<Move>), Stopped> {
        let limit = &limit.into();
        let ground = if position.size() == SMALL { Ground::SMALL } else { Ground::USUAL };
        if ground != self.ground {
            self.table.fill(Entry::default());
            self.ground = ground;
        }
        let (own, other) = position.discs();
        if position.outcome().is_some() {
            return Ok((ground.final_score(own, other), None));
        }
        if position.open() == 0 {
            let score = -self.search(other, own, -64, 64, true, limit)?;
            return Ok((score, Some(PASS)));
        }
        let (mut best, mut low) = (None, -65);
        // The winner first: a window about zero cuts more than the whole.
        let side = self.search(own, other, -1, 1, false, limit)?.signum();
        let (floor, high) = match side {
            1 => (1, 64),
            -1 => (-64, -1),
            _ => (-1, 1),
        };
        for (_, square) in self.ordered(own, other, position.open(), 64) {
            let place = 1 << square;
            let turned = turned(place, own, other);
            let (next_own, next_other) = (other & !turned, own | turned | place);
            let bound = low.max(floor - 1);
            let mut score = if best.is_none() {
                bound + 1
            } else {
                -self.search(next_own, next_other, -bound - 1, -bound, false, limit)?
            };
            if score > bound && bound < high {
                score = -self.search(next_own, next_other, -high, -bound, false, limit)?;
            }
            if score > low {
                (best, low) = (Some(Move(position.square_of(square.into()))), score);
            }
        }
        Ok((low, best))
    }

    /// Moves with the fewest answers first; `known` before all.
    fn ordered(&self, own: u64, other: u64, mut moves: u64, known: u8) -> impl Iterator<Item = (i32, u8)> + use<> {
        let odd = self.ground.odd_quarters(self.ground.empty(own, other));
        let classes = self.ground.classes;
        let mut list = [(0_i32, 0_u8); 34];
        let mut count = 0;
        while moves != 0 {
            let square = moves.trailing_zeros() as u8;
            let place = 1_u64 << square;
            moves &= moves - 1;
            let turned = turned(place, own, other);
            let answers = self.ground.open(other & !turned, own | turned | place);
            let class = classes.iter().position(|class| class & place != 0).unwrap_or(1) as i32;
            // A corner among the answers is worse than another.
            let rank = if square == known {
                i32::MIN
            } else {
                16 * (answers.count_ones() + (answers & classes[0]).count_ones()) as i32 + 4 * class
                    - if odd & place != 0 { 6 } else { 0 }
            };
            let mut at = count;
            while at > 0 && list[at - 1].0 > rank {
                list[at] = list[at - 1];
                at -= 1;
            }
            list[at] = (rank, square);
            count += 1;
        }
        list.into_iter().take(count)
    }

    fn search(
        &mut self,
        own: u64,
        other: u64,
        low: i32,
        high: i32,
        passed: bool,
        limit: &Limit,
    ) -> Result<i32, Stopped> {
        self.nodes += 1;
        // The last squares are counted too, so that a certain number may never be met here.
        if self.nodes >= self.look_at {
            self.look_at = self.nodes + LOOK_EVERY;
            if limit.is_reached() {
                return Err(Stopped);
            }
        }
        let empty = self.ground.empty(own, other);
        let left = empty.count_ones();
        if left <= FEW {
            return Ok(self.few(own, other, low, high, passed));
        }
        let moves = self.ground.open(own, other);
        if moves == 0 {
            if passed {
                return Ok(self.ground.final_score(own, other));
            }
            return Ok(-self.search(other, own, -high, -low, true, limit)?);
        }
        let (mut floor, mut ceiling, mut known) = (low, high, 64);
        let place = mixed(own ^ mixed(other)) as usize & (self.table.len() - 1);
        if left >= REMEMBERED {
            let entry = self.table[place];
            if entry.own == own && entry.other == other {
                known = entry.best;
                floor = floor.max(i32::from(entry.low));
                ceiling = ceiling.min(i32::from(entry.high));
                if floor >= ceiling {
                    return Ok(if i32::from(entry.low) >= high {
                        i32::from(entry.low)
                    } else {
                        i32::from(entry.high).min(floor.max(i32::from(entry.low)))
                    });
                }
            }
        }
        let start = floor;
        let (mut best, mut best_square) = (-65, 64);
        for (_, square) in self.ordered(own, other, moves, known) {
            let bit = 1 << square;
            let turned = turned(bit, own, other);
            let (next_own, next_other) = (other & !turned, own | turned | bit);
            let mut score;
            if best == -65 || ceiling - floor == 1 {
                score = -self.search(next_own, next_other, -ceiling, -floor, false, limit)?;
            } else {
                score = -self.search(next_own, next_other, -floor - 1, -floor, false, limit)?;
                if score > floor && score < ceiling {
                    score = -self.search(next_own, next_other, -ceiling, -floor, false, limit)?;
                }
            }
            if score > best {
                (best, best_square) = (score, square);
                floor = floor.max(score);
                if floor >= ceiling {
                    break;
                }
            }
        }
        if left >= REMEMBERED {
            let (least, most) = if best >= ceiling {
                (best, 64)
            } else if best > start {
                (best, best)
            } else {
                (-64, best)
            };
            self.table[place] = Entry { own, other, low: least as i8, high: most as i8, best: best_square };
        }
        Ok(best)
    }

    /// With few squares left: those of odd quarters first, without looking further.
    fn few(&mut self, own: u64, other: u64, mut low: i32, high: i32, passed: bool) -> i32 {
        let empty = self.ground.empty(own, other);
        if empty & (empty.wrapping_sub(1)) == 0 {
            return self.last(own, other, empty);
        }
        let odd = self.ground.odd_quarters(empty) & empty;
        let mut best = -65;
        for mut part in [odd, empty & !odd] {
            while part != 0 {
                let bit = part & part.wrapping_neg();
                part ^= bit;
                let turned = turned(bit, own, other);
                if turned == 0 {
                    continue;
                }
                self.nodes += 1;
                let score = -self.few(other & !turned, own | turned | bit, -high, -low, false);
                if score > best {
                    best = score;
                    low = low.max(score);
                    if low >= high {
                        return best;
                    }
                }
            }
        }
        if best > -65 {
            best
        } else if passed {
            self.ground.final_score(own, other)
        } else {
            -self.few(other, own, -high, -low, true)
        }
    }

    /// One free square or none: whoever can takes it.
    fn last(&mut self, own: u64, other: u64, empty: u64) -> i32 {
        if empty == 0 {
            return self.ground.final_score(own, other);
        }
        let gain = turned(empty, own, other);
        if gain != 0 {
            return 2 * (own.count_ones() + gain.count_ones() + 1) as i32 - self.ground.whole();
        }
        let loss = turned(empty, other, own);
        if loss != 0 {
            return self.ground.whole() - 2 * (other.count_ones() + loss.count_ones() + 1) as i32;
        }
        self.ground.final_score(own, other)
    }
}
