//! Go on 9 × 9 or 13 × 13: area scoring as Tromp and Taylor have it (every stone on the board counts), positional superko, two passes end
//! the game.
//!
//! Chains are linked rings of stones. A chain keeps the number of its pseudo-liberties (a free point counts once for every stone beside
//! it) with the sum of their points and of the squares: it is in atari if and only if all are one point, that is if
//! count · squares = sum² (Lew's libego).

use super::grid::{self, Names};
use super::{Dice, Game, Illegal, Move, Outcome, Side, Style, below, keys, shapes};

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

    /// The points of a handicap of so many stones: 2 to 9 on a board whose lines allow it.
    pub fn handicap(&self, stones: usize) -> Option<Vec<usize>> {
        let size = self.size();
        let near = if size < 13 { 2 } else { 3 };
        if !(2..=9).contains(&stones) || size < 7 || stones > 4 && size.is_multiple_of(2) {
            return None;
        }
        let (far, middle) = (size - 1 - near, size / 2);
        let at = |column: usize, row: usize| row * size + column;
        let mut points = vec![at(near, far), at(far, near), at(far, far), at(near, near)];
        points.truncate(stones.min(4));
        if stones >= 6 {
            points.extend([at(near, middle), at(far, middle)]);
        }
        if stones >= 8 {
            points.extend([at(middle, near), at(middle, far)]);
        }
        if stones >= 5 && stones % 2 == 1 {
            points.push(at(middle, middle));
        }
        Some(points)
    }

    /// An empty board with stones of black's on it and white to move; none if a point is none or named twice.
    pub fn with_stones(&self, points: &[usize]) -> Option<Self> {
        let mut position = Go::new(self.size(), self.rules);
        for point in points {
            let cell = (*point < self.size() * self.size()).then(|| self.cell(*point))?;
            if position.cells[cell] != FREE || !position.effect(cell).0 {
                return None;
            }
            position.second = false;
            position.put(cell);
        }
        position.second = !points.is_empty();
        position.former = vec![position.stones_hash];
        position.filter = [0; FILTER];
        position.filter_add(position.stones_hash);
        Some(position)
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
        after.put(cell);
        !self.was(after.stones_hash)
    }

    /// Whether all four sides and enough corners of a free cell belong to a side: filling it would be a loss.
    #[inline]
    fn is_own_eye(&self, cell: usize) -> bool {
        let own = u8::from(self.second);
        let stride = self.stride();
        for beside in self.beside(cell) {
            let here = self.cells[beside];
            if here != own && here != EDGE {
                return false;
            }
        }
        let (mut strange, mut edge) = (0, 0);
        for corner in [cell - stride - 1, cell + 1 - stride, cell + stride - 1, cell + stride + 1] {
            strange += u32::from(self.cells[corner] == 1 - own);
            edge |= u32::from(self.cells[corner] == EDGE);
        }
        strange + edge < 2
    }

    /// Takes a chain off the board.
    fn remove(&mut self, chain: u8) -> u16 {
        let side = usize::from(self.cells[usize::from(chain)]);
        let (start, mut stone, mut count) = (usize::from(chain), usize::from(chain), 0);
        loop {
            self.cells[stone] = FREE;
            self.stones_hash ^= KEYS[2 * stone + side];
            self.set_free(stone);
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

    fn put(&mut self, cell: usize) {
        let own = u8::from(self.second);
        self.cells[cell] = own;
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
                taken += self.remove(self.chain[beside]);
            }
        }
        self.captured[usize::from(own)] += taken;
        self.ko = 0;
        let mine = self.chain[cell];
        if taken == 1 && !joined && self.chains[usize::from(mine)].in_atari() {
            self.ko = last_taken as u8;
        } else if self.chains[usize::from(mine)].count == 0 {
            let lost = self.remove(mine);
            self.captured[usize::from(1 - own)] += lost;
        }
    }

    #[inline]
    fn step(&mut self, cell: Option<usize>) {
        if let Some(cell) = cell {
            self.put(cell);
            self.passes = 0;
            self.last = cell as u8;
            self.former.push(self.stones_hash);
            self.filter_add(self.stones_hash);
        } else {
            self.passes += 1;
            self.ko = 0;
            self.last = 0;
        }
        self.second = !self.second;
    }

    /// Points of either side: its stones and the free points that reach only its stones. Komi is not in it.
    pub fn area(&self) -> [u32; 2] {
        let mut area = [0_u32; 2];
        let mut seen = [false; CELLS];
        for point in 0..self.size() * self.size() {
            let cell = self.cell(point);
            match self.cells[cell] {
                side @ (0 | 1) => area[usize::from(side)] += 1,
                _ if seen[cell] => {}
                _ => {
                    let (owners, count) = self.region(cell, &mut seen);
                    if owners == 1 || owners == 2 {
                        area[owners as usize - 1] += count;
                    }
                }
            }
        }
        area
    }

    /// Which sides a free region touches, a bit each, and how large it is.
    fn region(&self, cell: usize, seen: &mut [bool; CELLS]) -> (u32, u32) {
        let mut stack = [0_u8; POINTS];
        let (mut height, mut owners, mut count) = (1, 0, 0);
        stack[0] = cell as u8;
        seen[cell] = true;
        while height > 0 {
            height -= 1;
            count += 1;
            for beside in self.beside(usize::from(stack[height])) {
                match self.cells[beside] {
                    FREE if !seen[beside] => {
                        seen[beside] = true;
                        stack[height] = beside as u8;
                        height += 1;
                    }
                    FREE | EDGE => {}
                    side => owners |= 1 << side,
                }
            }
        }
        (owners, count)
    }

    /// Black's points less white's and komi.
    pub fn margin(&self) -> f32 {
        let [black, white] = self.area();
        black as f32 - white as f32 - self.rules.komi
    }

    fn outcome_as_it_stands(&self) -> Outcome {
        match self.margin() {
            margin if margin > 0.0 => Outcome::Won(Side::First),
            margin if margin < 0.0 => Outcome::Won(Side::Second),
            _ => Outcome::Drawn,
        }
    }

    /// What stands around a free cell, as the side to move sees it.
    #[inline]
    fn around(&self, cell: usize) -> shapes::Around {
        let (stride, own) = (self.stride(), u16::from(self.second));
        let beside = [
            cell - stride - 1,
            cell - stride,
            cell + 1 - stride,
            cell - 1,
            cell + 1,
            cell + stride - 1,
            cell + stride,
            cell + stride + 1,
        ];
        let mut around = 0;
        for (at, cell) in beside.into_iter().enumerate() {
            let state = u16::from(self.cells[cell]);
            around |= (if state < 2 { state ^ own } else { state }) << (2 * at);
        }
        around
    }

    /// Whether a stone here would stand in atari, taking nothing.
    #[inline]
    fn is_self_atari(&self, cell: usize) -> bool {
        let own = u8::from(self.second);
        let mut liberty = 0;
        for beside in self.beside(cell) {
            match self.cells[beside] {
                FREE if liberty != 0 && liberty != beside => return false,
                FREE => liberty = beside,
                EDGE => {}
                side => {
                    let chain = &self.chains[usize::from(self.chain[beside])];
                    if side != own {
                        if chain.in_atari() {
                            return false;
                        }
                    } else if !chain.in_atari() {
                        // Its liberties are this cell and others: one other at least, two unless all the rest are one point.
                        let rest = Chain {
                            count: chain.count - 1,
                            stones: 0,
                            sum: chain.sum - cell as u32,
                            squares: chain.squares - (cell * cell) as u32,
                        };
                        if !rest.in_atari() {
                            return false;
                        }
                        let other = (rest.sum / u32::from(rest.count)) as usize;
                        if other != cell && liberty != 0 && liberty != other {
                            return false;
                        }
                        liberty = other;
                    }
                }
            }
        }
        true
    }

    /// The last liberty of a chain in atari.
    #[inline]
    fn last_liberty(&self, chain: u8) -> usize {
        let chain = &self.chains[usize::from(chain)];
        (chain.sum / u32::from(chain.count)) as usize
    }

    /// An answer to the last move: take what it left in atari, save what it put into atari, or a good shape beside it.
    fn answer_point(&self, dice: &mut Dice) -> Option<usize> {
        let last = usize::from(self.last);
        if last == 0 || self.cells[last] >= EDGE {
            return None;
        }
        let own = u8::from(self.second);
        let chain = self.chain[last];
        if self.chains[usize::from(chain)].in_atari() {
            let cell = self.last_liberty(chain);
            if self.may_play(cell) {
                return Some(cell);
            }
        }
        for beside in self.beside(last) {
            if self.cells[beside] != own {
                continue;
            }
            let chain = self.chain[beside];
            if !self.chains[usize::from(chain)].in_atari() {
                continue;
            }
            // Taking a neighbour that is in atari itself saves too.
            let cell = self.taker(chain).unwrap_or_else(|| self.last_liberty(chain));
            if self.may_play(cell) && !self.is_self_atari(cell) {
                return Some(cell);
            }
        }
        let stride = self.stride();
        let near = [
            last - stride - 1,
            last - stride,
            last + 1 - stride,
            last - 1,
            last + 1,
            last + stride - 1,
            last + stride,
            last + stride + 1,
        ];
        let (mut fitting, mut count) = ([0_u8; 8], 0);
        for cell in near {
            if self.cells[cell] == FREE
                && shapes::fits(self.around(cell))
                && self.may_play(cell)
                && !self.is_self_atari(cell)
            {
                fitting[count] = cell as u8;
                count += 1;
            }
        }
        (count > 0).then(|| usize::from(fitting[below(dice, count)]))
    }

    /// Where a chain beside this one can be taken.
    fn taker(&self, chain: u8) -> Option<usize> {
        let own = self.cells[usize::from(chain)];
        let (start, mut stone) = (usize::from(chain), usize::from(chain));
        loop {
            for beside in self.beside(stone) {
                let other = self.chain[beside];
                if self.cells[beside] == 1 - own && self.chains[usize::from(other)].in_atari() {
                    return Some(self.last_liberty(other));
                }
            }
            stone = usize::from(self.next[stone]);
            if stone == start {
                return None;
            }
        }
    }

    /// A move of a light playout: an answer to the last move, else a random legal point outside one's own eyes, rather one that does not
    /// put itself into atari; none if there is no such point.
    #[inline]
    fn light_point(&self, dice: &mut Dice) -> Option<usize> {
        if let Some(cell) = self.answer_point(dice) {
            return Some(cell);
        }
        let free = usize::from(self.free);
        if free == 0 {
            return None;
        }
        let start = below(dice, free);
        let cells = &self.free_cells[..free];
        let mut poor = None;
        for cell in cells[start..].iter().chain(&cells[..start]) {
            let cell = usize::from(*cell);
            if self.is_own_eye(cell) || !self.may_play(cell) {
                continue;
            }
            if !self.is_self_atari(cell) {
                return Some(cell);
            }
            poor = poor.or(Some(cell));
        }
        poor
    }

    fn playout_length(&self) -> usize {
        2 * self.size() * self.size()
    }

    fn move_to(&self, cell: Option<usize>) -> Move {
        cell.map_or_else(|| self.pass(), |cell| Move(self.point(cell) as u16))
    }

    /// A uniformly random move among the legal ones, passing among them.
    fn any_move(&self, dice: &mut Dice) -> Option<usize> {
        let free = usize::from(self.free);
        // Most points are legal: one that is not is drawn again, which leaves the others equally likely.
        for _ in 0..64 {
            let at = below(dice, free + 1);
            if at == free {
                return None;
            }
            let cell = usize::from(self.free_cells[at]);
            if self.may_play(cell) {
                return Some(cell);
            }
        }
        let legal: Vec<u8> =
            self.free_cells[..free].iter().copied().filter(|cell| self.may_play(usize::from(*cell))).collect();
        legal.get(below(dice, legal.len() + 1)).map(|cell| usize::from(*cell))
    }
}

impl Game for Go {
    fn id(&self) -> &'static str {
        if self.size == 9 { "go-9" } else { "go-13" }
    }

    #[inline]
    fn turn(&self) -> Side {
        if self.second { Side::Second } else { Side::First }
    }

    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if self.passes >= 2 {
            return;
        }
        for point in 0..self.size() * self.size() {
            let cell = self.cell(point);
            if self.cells[cell] == FREE && self.may_play(cell) {
                moves.push(Move(point as u16));
            }
        }
        moves.push(self.pass());
    }

    fn is_legal(&self, chosen: Move) -> bool {
        if self.passes >= 2 || chosen > self.pass() {
            return false;
        }
        let place = || self.cell(usize::from(chosen.0));
        chosen == self.pass() || self.cells[place()] == FREE && self.may_play(place())
    }

    fn play(&mut self, chosen: Move) {
        let cell = (chosen != self.pass()).then(|| self.cell(usize::from(chosen.0)));
        self.step(cell);
    }

    fn outcome(&self) -> Option<Outcome> {
        (self.passes >= 2).then(|| self.outcome_as_it_stands())
    }

    fn hash(&self) -> u64 {
        self.stones_hash
            ^ if self.second { KEYS[2 * CELLS] } else { 0 }
            ^ if self.passes == 1 { KEYS[2 * CELLS + 1] } else { 0 }
    }

    fn name(&self, of: Move) -> String {
        if of == self.pass() { "pass".to_owned() } else { self.names().write(usize::from(of.0)) }
    }

    fn read(&self, text: &str) -> Result<Move, Illegal> {
        let chosen =
            if text.eq_ignore_ascii_case("pass") { self.pass() } else { Move(self.names().read(text)? as u16) };
        if self.passes >= 2 {
            return Err(Illegal::new("the game has ended"));
        }
        if chosen == self.pass() {
            return Ok(chosen);
        }
        let cell = self.cell(usize::from(chosen.0));
        if self.cells[cell] != FREE {
            return Err(Illegal::new(format!("{text} is taken")));
        }
        if self.may_play(cell) {
            return Ok(chosen);
        }
        let (breathes, _, taken) = self.effect(cell);
        Err(Illegal::new(if taken > 0 {
            format!("{text} would bring back an earlier position (superko)")
        } else if breathes {
            format!("{text} takes back a ko at once")
        } else {
            format!("{text} would be suicide")
        }))
    }

    fn diagram(&self) -> String {
        grid::write((self.size(), self.size()), SIGNS, self.turn(), |point| self.stone(point))
    }

    fn from_diagram(&self, text: &str) -> Result<Self, Illegal> {
        let (stones, turn) = grid::read(text, (self.size(), self.size()), SIGNS)?;
        let mut position = Go::new(self.size(), self.rules);
        for (point, stone) in stones.iter().enumerate() {
            if let Some(side) = stone {
                position.second = *side == Side::Second;
                let cell = position.cell(point);
                if !position.effect(cell).0 && stones.iter().skip(point + 1).all(Option::is_none) {
                    return Err(Illegal::new("a chain has no liberty"));
                }
                position.put(cell);
            }
        }
        if (0..stones.len()).any(|point| position.stone(point) != stones[point]) {
            return Err(Illegal::new("a chain has no liberty"));
        }
        position.second = turn == Side::Second;
        (position.ko, position.last) = (0, 0);
        position.captured = [0; 2];
        position.former = vec![position.stones_hash];
        position.filter = [0; FILTER];
        position.filter_add(position.stones_hash);
        Ok(position)
    }

    /// What one sees at a glance: takes, escapes, answers to the last move, shapes, and that the first line, eyes and passes are poor.
    fn expectation(&self, chosen: Move) -> (u32, f32) {
        if chosen == self.pass() {
            return (20, 0.1);
        }
        let cell = self.cell(usize::from(chosen.0));
        let mut share: f32 = 0.5;
        let (_, _, taken) = self.effect(cell);
        if taken > 0 {
            share += 0.3;
        }
        let own = u8::from(self.second);
        let threatened = self
            .beside(cell)
            .into_iter()
            .any(|beside| self.cells[beside] == own && self.chains[usize::from(self.chain[beside])].in_atari());
        let poor = self.is_self_atari(cell);
        if threatened && !poor {
            share += 0.25;
        }
        if poor {
            share -= 0.3;
        }
        if self.is_own_eye(cell) {
            share -= 0.4;
        }
        if shapes::fits(self.around(cell)) {
            share += 0.1;
        }
        let size = self.size();
        let (row, column) = (usize::from(chosen.0) / size, usize::from(chosen.0) % size);
        let line = row.min(column).min(size - 1 - row).min(size - 1 - column);
        let lonely = self.around(cell) & 0x5555 == self.around(cell) >> 1 & 0x5555;
        share += match line {
            0 if lonely => -0.25,
            1 if lonely => -0.08,
            2 | 3 if lonely => 0.05,
            _ => 0.0,
        };
        if self.last != 0 {
            let stride = self.stride();
            let (last_row, last_column) = (usize::from(self.last) / stride - 1, usize::from(self.last) % stride - 1);
            let far = row.abs_diff(last_row) + column.abs_diff(last_column);
            share += [0.0, 0.08, 0.08, 0.04][..].get(far).copied().unwrap_or(0.0);
        }
        (30, share.clamp(0.05, 0.95))
    }

    fn symmetries(&self) -> usize {
        8
    }

    /// The board alone: what was before is not turned with it.
    fn image(&self, symmetry: usize) -> Self {
        if symmetry == 0 {
            return self.clone();
        }
        let mut position = Go::new(self.size(), self.rules);
        for point in 0..self.size() * self.size() {
            if let Some(side) = self.stone(point) {
                position.second = side == Side::Second;
                let cell = position.cell(grid::image(point, self.size(), symmetry));
                position.put(cell);
            }
        }
        let image = |cell: u8| position.cell(grid::image(self.point(usize::from(cell)), self.size(), symmetry)) as u8;
        let ko = if self.ko == 0 { 0 } else { image(self.ko) };
        let (passes, captured) = (self.passes, self.captured);
        let mut position = Go {
            second: self.second,
            passes,
            ko,
            captured,
            former: vec![position.stones_hash],
            filter: [0; FILTER],
            ..position
        };
        position.filter_add(position.stones_hash);
        position
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        if chosen == self.pass() {
            chosen
        } else {
            Move(grid::image(usize::from(chosen.0), self.size(), symmetry) as u16)
        }
    }

    /// Uniform playouts may pass and fill eyes; light ones do neither until nothing else is left. Both end after 2 size²
    /// moves, and are scored as they stand.
    fn playout(
        &mut self,
        style: Style,
        dice: &mut Dice,
        _: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        for _ in 0..self.playout_length() {
            if self.passes >= 2 {
                break;
            }
            let cell = match style {
                Style::Uniform => self.any_move(dice),
                Style::Light => self.light_point(dice),
            };
            if let Some(trace) = &mut trace {
                trace.push(self.move_to(cell));
            }
            self.step(cell);
        }
        self.outcome_as_it_stands()
    }
}
