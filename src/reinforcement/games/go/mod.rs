//! Go on 9 × 9 or 13 × 13: area scoring as Tromp and Taylor have it (every stone on the board counts), positional superko, two passes end
//! the game.
//!
//! Chains are linked rings of stones. A chain keeps the number of its pseudo-liberties (a free point counts once for every stone beside
//! it) with the sum of their points and of the squares: it is in atari if and only if all are one point, that is if
//! count · squares = sum² (Lew's libego).

mod game;
mod playout;
mod score;
mod setup;
mod shapes;

use super::grid::Names;
use super::{Move, Side, keys};

/// The largest board; points lie in rows of one more, so that every side has an edge.
const LARGEST: usize = 13;
const CELLS: usize = (LARGEST + 2) * (LARGEST + 1) + 1;
const POINTS: usize = LARGEST * LARGEST;
const SIGNS: [char; 2] = ['x', 'o'];
static KEYS: [u64; 2 * CELLS + 2] = keys(0x2000);
/// Words of the filter of former positions.
const FILTER: usize = 64;

/// What is on a cell.
const EDGE: u8 = 2;
const FREE: u8 = 3;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Points that white gets for moving second.
    pub komi: f32,
    /// Whether a chain may take its own last liberty.
    pub suicide: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { komi: 7.0, suicide: false }
    }
}

/// Pseudo-liberties of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Chain {
    count: u16,
    stones: u16,
    sum: u32,
    squares: u32,
}

impl Chain {
    #[inline]
    fn gain(&mut self, cell: usize) {
        self.count += 1;
        self.sum += cell as u32;
        self.squares += (cell * cell) as u32;
    }

    #[inline]
    fn lose(&mut self, cell: usize) {
        self.count -= 1;
        self.sum -= cell as u32;
        self.squares -= (cell * cell) as u32;
    }

    /// Whether it has exactly one liberty.
    #[inline]
    fn in_atari(&self) -> bool {
        u32::from(self.count) * self.squares == self.sum * self.sum
    }
}

/// A position with the positions before it.
#[derive(Debug)]
pub struct Go {
    size: u8,
    rules: Rules,
    second: bool,
    /// Passes in a row, up to now.
    passes: u8,
    /// Where a single stone was taken by a single stone: taking it back at once would repeat; 0 if nowhere.
    ko: u8,
    /// The cell of the last move; 0 after a pass and at the start.
    last: u8,
    free: u8,
    cells: [u8; CELLS],
    /// The chain of a stone, named by one of its cells.
    chain: [u8; CELLS],
    /// The next stone of its chain.
    next: [u8; CELLS],
    chains: [Chain; CELLS],
    /// The free cells, and the place of each among them.
    free_cells: [u8; POINTS],
    place: [u8; CELLS],
    captured: [u16; 2],
    /// What is around every cell, two bits each, within a light playout.
    surroundings: [u16; CELLS],
    /// Zobrist hash of the stones alone.
    stones_hash: u64,
    /// Hashes of all positions so far, this one last.
    former: Vec<u64>,
    /// Bits that former positions set, so that few need to be looked for.
    filter: [u64; FILTER],
}

impl Clone for Go {
    fn clone(&self) -> Self {
        // Room for the moves of a playout, so that a copy grows once.
        let mut former = Vec::with_capacity(self.former.len() + 32);
        former.extend_from_slice(&self.former);
        Go { former, ..*self }
    }

    fn clone_from(&mut self, from: &Self) {
        let mut former = std::mem::take(&mut self.former);
        former.clone_from(&from.former);
        *self = Go { former, ..*from };
    }
}

impl Go {
    /// An empty board.
    ///
    /// # Panics
    /// If the size is not from 2 to 13.
    pub fn new(size: usize, rules: Rules) -> Self {
        assert!((2..=LARGEST).contains(&size), "a board of 2 to {LARGEST} lines");
        let mut position = Go {
            size: size as u8,
            rules,
            second: false,
            passes: 0,
            ko: 0,
            last: 0,
            free: 0,
            cells: [EDGE; CELLS],
            chain: [0; CELLS],
            next: [0; CELLS],
            chains: [Chain::default(); CELLS],
            free_cells: [0; POINTS],
            place: [0; CELLS],
            captured: [0; 2],
            surroundings: [0; CELLS],
            stones_hash: 0,
            former: vec![0],
            filter: [0; FILTER],
        };
        position.filter_add(0);
        for point in 0..size * size {
            let cell = position.cell(point);
            position.cells[cell] = FREE;
            position.set_free(cell);
        }
        position
    }

    pub fn size(&self) -> usize {
        usize::from(self.size)
    }

    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// The same position with another komi.
    #[must_use]
    pub fn with_komi(mut self, komi: f32) -> Self {
        self.rules.komi = komi;
        self
    }

    pub fn pass(&self) -> Move {
        Move(u16::from(self.size) * u16::from(self.size))
    }

    /// Stones taken by either side.
    pub fn captured(&self) -> [u16; 2] {
        self.captured
    }

    pub fn passes(&self) -> usize {
        usize::from(self.passes)
    }

    #[inline]
    fn stride(&self) -> usize {
        self.size() + 1
    }

    #[inline]
    fn cell(&self, point: usize) -> usize {
        (point / self.size() + 1) * self.stride() + point % self.size() + 1
    }

    #[inline]
    fn point(&self, cell: usize) -> usize {
        (cell / self.stride() - 1) * self.size() + cell % self.stride() - 1
    }

    #[inline]
    fn beside(&self, cell: usize) -> [usize; 4] {
        [cell - self.stride(), cell - 1, cell + 1, cell + self.stride()]
    }

    pub fn stone(&self, point: usize) -> Option<Side> {
        match self.cells[self.cell(point)] {
            0 => Some(Side::First),
            1 => Some(Side::Second),
            _ => None,
        }
    }

    /// Whether the chain on a point has one liberty left.
    pub fn in_atari(&self, point: usize) -> bool {
        let cell = self.cell(point);
        self.cells[cell] < EDGE && self.chains[usize::from(self.chain[cell])].in_atari()
    }

    fn names(&self) -> Names {
        Names { size: self.size(), capital: true, skips_i: true, from_below: true }
    }

    fn set_free(&mut self, cell: usize) {
        self.free_cells[usize::from(self.free)] = cell as u8;
        self.place[cell] = self.free;
        self.free += 1;
    }

    fn set_taken(&mut self, cell: usize) {
        self.free -= 1;
        let (place, last) = (self.place[cell], self.free_cells[usize::from(self.free)]);
        self.free_cells[usize::from(place)] = last;
        self.place[usize::from(last)] = place;
    }

    #[inline]
    fn filter_add(&mut self, hash: u64) {
        self.filter[hash as usize >> 6 & (FILTER - 1)] |= 1 << (hash & 63);
    }

    #[inline]
    fn was(&self, hash: u64) -> bool {
        self.filter[hash as usize >> 6 & (FILTER - 1)] >> (hash & 63) & 1 == 1 && self.former.contains(&hash)
    }

    /// Whether a stone here would be taken at once, and the chains it would take.
    fn effect(&self, cell: usize) -> (bool, [u8; 4], usize) {
        let own = u8::from(self.second);
        let (mut breathes, mut taken, mut count) = (false, [0; 4], 0);
        for beside in self.beside(cell) {
            match self.cells[beside] {
                FREE => breathes = true,
                EDGE => {}
                side => {
                    let chain = self.chain[beside];
                    let atari = self.chains[usize::from(chain)].in_atari();
                    if side == own {
                        breathes |= !atari;
                    } else if atari && !taken[..count].contains(&chain) {
                        taken[count] = chain;
                        count += 1;
                    }
                }
            }
        }
        (breathes, taken, count)
    }

    /// The hash of the stones after a move here, which takes the chains named.
    fn hash_after(&self, cell: usize, taken: &[u8]) -> u64 {
        let own = usize::from(self.second);
        let mut hash = self.stones_hash ^ KEYS[2 * cell + own];
        for chain in taken {
            let (start, mut stone) = (usize::from(*chain), usize::from(*chain));
            loop {
                hash ^= KEYS[2 * stone + 1 - own];
                stone = usize::from(self.next[stone]);
                if stone == start {
                    break;
                }
            }
        }
        hash
    }

    /// Whether the side to move may play on a free cell.
    #[inline]
    fn may_play(&self, cell: usize) -> bool {
        if cell == usize::from(self.ko) {
            return false;
        }
        let (breathes, taken, count) = self.effect(cell);
        if breathes || count > 0 {
            return !self.was(self.hash_after(cell, &taken[..count]));
        }
        self.rules.suicide && self.suicide_differs(cell)
    }

    /// Whether taking one's own chain makes a position that was not there: a single stone never does.
    fn suicide_differs(&self, cell: usize) -> bool {
        let mut after = self.clone();
        after.put::<false>(cell);
        !self.was(after.stones_hash)
    }

    /// A cell has become free, or taken by this side: its neighbours see it.
    #[inline]
    fn note(&mut self, cell: usize, side: u8) {
        for (at, beside) in self.around(cell).into_iter().enumerate() {
            // The way back is the opposite one in reading order.
            self.surroundings[beside] ^= u16::from(FREE ^ side) << (2 * (7 - at));
        }
    }

    /// Takes a chain off the board.
    fn remove<const NOTED: bool>(&mut self, chain: u8) -> u16 {
        let side = usize::from(self.cells[usize::from(chain)]);
        let (start, mut stone, mut count) = (usize::from(chain), usize::from(chain), 0);
        loop {
            self.cells[stone] = FREE;
            self.stones_hash ^= KEYS[2 * stone + side];
            self.set_free(stone);
            if NOTED {
                self.note(stone, side as u8);
            }
            count += 1;
            stone = usize::from(self.next[stone]);
            if stone == start {
                break;
            }
        }
        loop {
            for beside in self.beside(stone) {
                if self.cells[beside] < EDGE {
                    self.chains[usize::from(self.chain[beside])].gain(stone);
                }
            }
            stone = usize::from(self.next[stone]);
            if stone == start {
                break;
            }
        }
        count
    }

    /// Joins the chain of a neighbour to that of a new stone.
    fn join(&mut self, kept: u8, gone: u8) {
        let Chain { count, stones, sum, squares } = self.chains[usize::from(gone)];
        let chain = &mut self.chains[usize::from(kept)];
        chain.count += count;
        chain.stones += stones;
        chain.sum += sum;
        chain.squares += squares;
        let mut stone = usize::from(gone);
        loop {
            self.chain[stone] = kept;
            stone = usize::from(self.next[stone]);
            if stone == usize::from(gone) {
                break;
            }
        }
        self.next.swap(usize::from(kept), usize::from(gone));
    }

    /// Puts a stone of the side to move; with `NOTED`, keeps up to date what is around cells.
    fn put<const NOTED: bool>(&mut self, cell: usize) {
        let own = u8::from(self.second);
        self.cells[cell] = own;
        if NOTED {
            self.note(cell, own);
        }
        self.set_taken(cell);
        self.stones_hash ^= KEYS[2 * cell + usize::from(own)];
        self.chain[cell] = cell as u8;
        self.next[cell] = cell as u8;
        let mut chain = Chain { stones: 1, ..Chain::default() };
        let around = self.beside(cell);
        for beside in around {
            match self.cells[beside] {
                FREE => chain.gain(beside),
                EDGE => {}
                _ => self.chains[usize::from(self.chain[beside])].lose(cell),
            }
        }
        self.chains[cell] = chain;
        let (mut taken, mut joined) = (0, false);
        let mut last_taken = 0;
        for beside in around {
            let side = self.cells[beside];
            if side == own {
                let (mine, other) = (self.chain[cell], self.chain[beside]);
                if mine != other {
                    // The longer chain keeps its name.
                    let longer = self.chains[usize::from(other)].stones > self.chains[usize::from(mine)].stones;
                    let (kept, gone) = if longer { (other, mine) } else { (mine, other) };
                    self.join(kept, gone);
                }
                joined = true;
            } else if side == 1 - own && self.chains[usize::from(self.chain[beside])].count == 0 {
                last_taken = beside;
                taken += self.remove::<NOTED>(self.chain[beside]);
            }
        }
        self.captured[usize::from(own)] += taken;
        self.ko = 0;
        let mine = self.chain[cell];
        if taken == 1 && !joined && self.chains[usize::from(mine)].in_atari() {
            self.ko = last_taken as u8;
        } else if self.chains[usize::from(mine)].count == 0 {
            let lost = self.remove::<NOTED>(mine);
            self.captured[usize::from(1 - own)] += lost;
        }
    }

    #[inline]
    fn step(&mut self, cell: Option<usize>) {
        self.step_lightly::<false>(cell);
        if cell.is_some() {
            self.former.push(self.stones_hash);
            self.filter_add(self.stones_hash);
        }
    }

    /// The same without a memory of positions.
    #[inline]
    fn step_lightly<const NOTED: bool>(&mut self, cell: Option<usize>) {
        if let Some(cell) = cell {
            self.put::<NOTED>(cell);
            self.passes = 0;
            self.last = cell as u8;
        } else {
            self.passes = self.passes.saturating_add(1);
            self.ko = 0;
            self.last = 0;
        }
        self.second = !self.second;
    }
}
