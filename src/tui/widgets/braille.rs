//! Dots on a grid of 2×4 per cell, written as braille characters. A cell has one colour: where lines of several colours pass
//! through the same cells, the colours take turns, so that none is hidden by another. What is drawn after [`Canvas::cover`] lies
//! above all that was drawn before it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

/// Dots of a cell across and down.
pub const DOTS: (u16, u16) = (2, 4);
/// The bits of a braille character by column and row of the dot.
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
/// Of a dashed line so many dots are drawn out of so many.
const DASH: (u64, u64) = (3, 5);

/// A line without gaps, or one of dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    Solid,
    Dashed,
}

/// The dots of one colour, cell by cell.
struct Layer {
    color: Color,
    dots: Vec<u8>,
}

/// An area of dots; x to the right and y downwards from its upper left corner.
pub struct Canvas {
    area: Rect,
    /// In the order in which their colours came.
    layers: Vec<Layer>,
    /// The first of the layers that lie above the others.
    upper: usize,
}

impl Canvas {
    pub fn new(area: Rect) -> Self {
        Canvas { area, layers: Vec::new(), upper: 0 }
    }

    /// Dots across and down.
    pub fn size(&self) -> [i64; 2] {
        [i64::from(self.area.width) * i64::from(DOTS.0), i64::from(self.area.height) * i64::from(DOTS.1)]
    }

    /// Lays what is drawn from now on above what was drawn until now: a cell that has dots of both shows the later ones.
    pub fn cover(&mut self) {
        self.upper = self.layers.len();
    }

    /// Sets a dot; one outside is left out.
    pub fn dot(&mut self, x: i64, y: i64, color: Color) {
        let [width, height] = self.size();
        if !(0..width).contains(&x) || !(0..height).contains(&y) {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let columns = usize::from(self.area.width);
        let cell = (y / 4) * columns + x / 2;
        if self.upper > 0 {
            self.layers[..self.upper].iter_mut().for_each(|layer| layer.dots[cell] = 0);
        }
        let own = self.layers[self.upper..].iter().position(|layer| layer.color == color);
        let own = own.map_or(self.layers.len(), |index| self.upper + index);
        if own == self.layers.len() {
            self.layers.push(Layer { color, dots: vec![0; columns * usize::from(self.area.height)] });
        }
        self.layers[own].dots[cell] |= BITS[x % 2][y % 4];
    }

    /// The dots between two heights.
    pub fn upright(&mut self, x: f64, from: f64, to: f64, color: Color) {
        let last = self.size()[1];
        let clip = |y: f64| (y.round() as i64).clamp(-1, last);
        let (a, b) = (clip(from.min(to)), clip(from.max(to)));
        (a..=b).for_each(|y| self.dot(x.round() as i64, y, color));
    }

    /// A straight line; nothing if an end is no number.
    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: Stroke, color: Color) {
        let size = self.size().map(|side| side as f64);
        let Some((from, to)) = clipped(from, to, size) else { return };
        let steps = (to[0] - from[0]).abs().max((to[1] - from[1]).abs()).ceil().max(1.0) as u64;
        for step in 0..=steps {
            if stroke == Stroke::Solid || step % DASH.1 < DASH.0 {
                let share = step as f64 / steps as f64;
                let [x, y] = [0, 1].map(|axis| (from[axis] + share * (to[axis] - from[axis])).round() as i64);
                self.dot(x, y, color);
            }
        }
    }

    /// Joins points that go to the right by straight lines; a point without a height breaks the line.
    pub fn path(&mut self, points: impl Iterator<Item = (f64, Option<f64>)>, stroke: Stroke, color: Color) {
        let [width, height] = self.size().map(|side| side as f64);
        let mut before: Option<(f64, f64)> = None;
        let mut drawn = 0_u64;
        for (x, y) in points {
            let Some(y) = y.filter(|y| y.is_finite()) else {
                before = None;
                continue;
            };
            let (from_x, from_y) = before.unwrap_or((x, y));
            // Only what is in sight costs anything, however far the ends lie apart.
            let (left, right) = (from_x.max(-1.0), x.min(width));
            let run = (right - left).max(0.0);
            let rise = (y - from_y).abs().min(height);
            let count = run.max(rise).ceil().max(1.0) as i64;
            for i in 0..=count {
                let at = left + run * i as f64 / count as f64;
                let share = if x > from_x { (at - from_x) / (x - from_x) } else { i as f64 / count as f64 };
                let level = from_y + share * (y - from_y);
                drawn += 1;
                if stroke == Stroke::Solid || drawn % DASH.1 < DASH.0 {
                    self.dot(at.round() as i64, level.round().clamp(-1e6, 1e6) as i64, color);
                }
            }
            before = Some((x, y));
        }
    }

    /// Writes the cells that have dots.
    pub fn paint(&self, buffer: &mut Buffer) {
        let columns = usize::from(self.area.width);
        for index in 0..columns * usize::from(self.area.height) {
            let in_cell = || self.layers.iter().filter(|layer| layer.dots[index] != 0);
            let (column, row) = (index % columns, index / columns);
            // Two cells to a turn along a row, one along a column: as long to the eye.
            let turn = column / 2 + row;
            let Some(layer) = in_cell().nth(turn % in_cell().count().max(1)) else { continue };
            let symbol = char::from_u32(0x2800 + u32::from(layer.dots[index])).expect("the braille block is whole");
            let place = (self.area.x + column as u16, self.area.y + row as u16);
            buffer[place].set_char(symbol).set_fg(layer.color);
        }
    }
}

/// The part of a line within a dot of the canvas (Liang & Barsky, 1984), so that one to far away costs no more than one
/// across.
fn clipped(from: [f64; 2], to: [f64; 2], size: [f64; 2]) -> Option<([f64; 2], [f64; 2])> {
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let along = to[axis] - from[axis];
        if !along.is_finite() {
            return None;
        }
        let (low, high) = (-1.0 - from[axis], size[axis] + 1.0 - from[axis]);
        if along == 0.0 {
            if !(low <= 0.0 && high >= 0.0) {
                return None;
            }
        } else {
            let (a, b) = (low / along, high / along);
            (enters, leaves) = (enters.max(a.min(b)), leaves.min(a.max(b)));
        }
    }
    let at = |share: f64| [0, 1].map(|axis| from[axis] + share * (to[axis] - from[axis]));
    (enters <= leaves).then(|| (at(enters), at(leaves)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn painted(width: u16, height: u16, draw: impl FnOnce(&mut Canvas)) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut canvas = Canvas::new(area);
        draw(&mut canvas);
        let mut buffer = Buffer::empty(area);
        canvas.paint(&mut buffer);
        let rows = buffer.content.chunks(usize::from(width.max(1)));
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect()
    }

    #[test]
    fn every_dot_of_a_cell_has_its_place() {
        let columns: Vec<String> = (0..2)
            .flat_map(|x| (0..4).map(move |y| painted(1, 1, |canvas| canvas.dot(x, y, Color::Red)).concat()))
            .collect();
        assert_eq!(columns.concat(), "⠁⠂⠄⡀⠈⠐⠠⢀");
    }

    /// The symbol and the colour of each cell of the first row.
    fn first_row(width: u16, draw: impl FnOnce(&mut Canvas)) -> Vec<(String, Color)> {
        let area = Rect::new(0, 0, width, 1);
        let mut canvas = Canvas::new(area);
        draw(&mut canvas);
        let mut buffer = Buffer::empty(area);
        canvas.paint(&mut buffer);
        buffer.content.iter().map(|cell| (cell.symbol().to_owned(), cell.fg)).collect()
    }

    #[test]
    fn lines_in_the_same_cells_take_turns_and_no_dot_changes_its_colour() {
        let both = first_row(6, |canvas| {
            canvas.line([0.0, 0.0], [11.0, 0.0], Stroke::Solid, Color::Red);
            canvas.line([0.0, 3.0], [11.0, 3.0], Stroke::Solid, Color::Blue);
        });
        let (red, blue) = (("⠉".to_owned(), Color::Red), ("⣀".to_owned(), Color::Blue));
        assert_eq!(both, [&red, &red, &blue, &blue, &red, &red].map(Clone::clone));
    }

    #[test]
    fn what_covers_takes_the_cell() {
        let covered = first_row(2, |canvas| {
            canvas.line([0.0, 0.0], [3.0, 0.0], Stroke::Solid, Color::Red);
            canvas.cover();
            canvas.dot(3, 3, Color::Red);
        });
        assert_eq!(covered, [("⠉".to_owned(), Color::Red), ("⢀".to_owned(), Color::Red)]);
    }

    #[test]
    fn lines_run_from_end_to_end_and_are_clipped() {
        let diagonal = |to| painted(2, 1, |canvas| canvas.line([0.0, 0.0], to, Stroke::Solid, Color::Red));
        assert_eq!(diagonal([3.0, 3.0]), ["⠑⢄"]);
        assert_eq!(diagonal([3e9, 3e9]), ["⠑⢄"]);
        assert_eq!(diagonal([f64::NAN, 3.0]), ["  "]);
        let dashed = painted(5, 1, |canvas| canvas.line([0.0, 0.0], [9.0, 0.0], Stroke::Dashed, Color::Red));
        assert_eq!(dashed, ["⠉⠁⠈⠉ "]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(
            ends in prop::collection::vec(prop::num::f64::ANY, 4), width in 0_u16..20, height in 0_u16..9
        ) {
            painted(width, height, |canvas| {
                canvas.line([ends[0], ends[1]], [ends[2], ends[3]], Stroke::Dashed, Color::Red);
                canvas.upright(ends[0], ends[1], ends[2], Color::Red);
            });
        }
    }
}
