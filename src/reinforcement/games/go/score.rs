//! The score of Go by area, as Tromp and Taylor have it.

use super::{CELLS, EDGE, FREE, Go, POINTS};
use crate::reinforcement::games::{Outcome, Side};

impl Go {
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

    pub(super) fn outcome_as_it_stands(&self) -> Outcome {
        match self.margin() {
            margin if margin > 0.0 => Outcome::Won(Side::First),
            margin if margin < 0.0 => Outcome::Won(Side::Second),
            _ => Outcome::Drawn,
        }
    }
}
