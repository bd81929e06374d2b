//! Playouts of Go: uniform ones, and light ones that answer the last move, know shapes, and fill no eyes of their own.

use super::{Chain, EDGE, FREE, Go, shapes};
use crate::reinforcement::games::{Move, Outcome, PlayoutRng, Style, below};

impl Go {
    /// Whether two sides of a free cell are free too: a stone here has two liberties, takes part in no ko and fills no eye.
    #[inline]
    fn has_room(&self, cell: usize) -> bool {
        self.beside(cell).into_iter().filter(|beside| self.cells[*beside] == FREE).count() >= 2
    }

    /// Whether a stone may be put on a free cell, by ko alone: earlier positions are not looked up within a light playout, which ends
    /// after so many moves in any case.
    #[inline]
    fn may_play_lightly(&self, cell: usize) -> bool {
        if cell == usize::from(self.ko) {
            return false;
        }
        let (breathes, _, taken) = self.effect(cell);
        breathes || taken > 0
    }

    /// Whether a stone on a free cell may be put there and does not stand in atari.
    #[inline]
    fn is_sound(&self, cell: usize) -> bool {
        self.has_room(cell) || self.may_play_lightly(cell) && !self.is_self_atari(cell)
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

    /// The eight cells around one, in reading order.
    #[inline]
    pub(super) fn around(&self, cell: usize) -> [usize; 8] {
        let stride = self.stride();
        [
            cell - stride - 1,
            cell - stride,
            cell + 1 - stride,
            cell - 1,
            cell + 1,
            cell + stride - 1,
            cell + stride,
            cell + stride + 1,
        ]
    }

    /// What stands around a cell, as black sees it.
    #[inline]
    fn look_around(&self, cell: usize) -> shapes::Around {
        let states = self.around(cell).into_iter().enumerate();
        states.fold(0, |around, (at, cell)| around | u16::from(self.cells[cell]) << (2 * at))
    }

    /// What stands around a cell, as the side to move sees it.
    #[inline]
    fn seen(&self, around: shapes::Around) -> shapes::Around {
        // Of a stone the upper bit is 0 and the lower one its side.
        if self.second { around ^ (!(around >> 1) & 0x5555) } else { around }
    }

    /// Notes what is around every cell; [`put`](Self::put) keeps it up to date if it is asked to.
    fn note_surroundings(&mut self) {
        for point in 0..self.size() * self.size() {
            let cell = self.cell(point);
            self.surroundings[cell] = self.look_around(cell);
        }
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
    fn answer_point(&self, random: &mut PlayoutRng) -> Option<usize> {
        let last = usize::from(self.last);
        if last == 0 || self.cells[last] >= EDGE {
            return None;
        }
        let own = u8::from(self.second);
        let chain = self.chain[last];
        if self.chains[usize::from(chain)].in_atari() {
            let cell = self.last_liberty(chain);
            if self.may_play_lightly(cell) {
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
            if self.is_sound(cell) {
                return Some(cell);
            }
        }
        let (mut fitting, mut count) = ([0_u8; 8], 0);
        for cell in self.around(last) {
            if self.cells[cell] == FREE && shapes::fits(self.seen(self.surroundings[cell])) && self.is_sound(cell) {
                fitting[count] = cell as u8;
                count += 1;
            }
        }
        (count > 0).then(|| usize::from(fitting[below(random, count)]))
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
    fn light_point(&self, random: &mut PlayoutRng) -> Option<usize> {
        if let Some(cell) = self.answer_point(random) {
            return Some(cell);
        }
        let free = usize::from(self.free);
        if free == 0 {
            return None;
        }
        let start = below(random, free);
        let cells = &self.free_cells[..free];
        let mut poor = None;
        for cell in cells[start..].iter().chain(&cells[..start]) {
            let cell = usize::from(*cell);
            if self.has_room(cell) {
                return Some(cell);
            }
            if self.is_own_eye(cell) || !self.may_play_lightly(cell) {
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
    fn any_move(&self, random: &mut PlayoutRng) -> Option<usize> {
        let free = usize::from(self.free);
        // Most points are legal: one that is not is drawn again, which leaves the others equally likely.
        for _ in 0..64 {
            let at = below(random, free + 1);
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
        legal.get(below(random, legal.len() + 1)).map(|cell| usize::from(*cell))
    }

    /// What one sees at a glance: takes, escapes, answers to the last move, shapes, and that the first line, eyes and passes are poor.
    pub(super) fn at_a_glance(&self, chosen: Move) -> (u32, f32) {
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
        let around = self.look_around(cell);
        if shapes::fits(self.seen(around)) {
            share += 0.1;
        }
        let size = self.size();
        let (row, column) = (usize::from(chosen.0) / size, usize::from(chosen.0) % size);
        let line = row.min(column).min(size - 1 - row).min(size - 1 - column);
        let lonely = self.seen(around) & 0x5555 == self.seen(around) >> 1 & 0x5555;
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

    /// Uniform playouts may pass and fill eyes; light ones do neither until nothing else is left. Both end after 2 size²
    /// moves, and are scored as they stand.
    pub(super) fn play_out(
        &mut self,
        style: Style,
        random: &mut PlayoutRng,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        if style == Style::Light {
            self.note_surroundings();
        }
        for _ in 0..self.playout_length() {
            if self.passes >= 2 {
                break;
            }
            let cell = match style {
                Style::Uniform => self.any_move(random),
                Style::Light => self.light_point(random),
            };
            if let Some(trace) = &mut trace {
                trace.push(self.move_to(cell));
            }
            match style {
                Style::Uniform => self.step(cell),
                Style::Light => self.step_lightly::<true>(cell),
            }
        }
        self.outcome_as_it_stands()
    }
}
