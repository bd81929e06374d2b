//! A canvas to draw on, apart from any screen.

use crate::data::drawing::to_mnist_form;
use crate::experiment::GrayImage;

/// Pixels a side; fine enough that strokes are smooth when they are brought to 28×28.
pub const SIDE: usize = 112;
/// Radius of the soft brush.
const BRUSH: f32 = 5.0;
/// Strokes that can be undone.
const DEEPEST: usize = 64;

/// Ink on a square ground.
#[derive(Debug, Clone, PartialEq)]
pub struct Canvas {
    ink: Vec<f32>,
    /// The canvases before each stroke.
    undo: Vec<Vec<f32>>,
    redo: Vec<Vec<f32>>,
    /// Where the stroke under way was last.
    last: Option<(f32, f32)>,
}

impl Default for Canvas {
    fn default() -> Self {
        Canvas { ink: vec![0.0; SIDE * SIDE], undo: Vec::new(), redo: Vec::new(), last: None }
    }
}

impl Canvas {
    pub fn is_blank(&self) -> bool {
        self.ink.iter().all(|ink| *ink == 0.0)
    }

    /// Draws to a point in [0, 1]²; the first point begins a stroke, the next ones are joined to it.
    pub fn draw_to(&mut self, x: f32, y: f32) {
        let scale = (SIDE - 1) as f32;
        let to = (x.clamp(0.0, 1.0) * scale, y.clamp(0.0, 1.0) * scale);
        if self.last.is_none() {
            self.remember();
        }
        let from = self.last.unwrap_or(to);
        let length = ((to.0 - from.0).powi(2) + (to.1 - from.1).powi(2)).sqrt();
        let stops = (length / 1.5).ceil().max(1.0);
        for stop in 0..=stops as usize {
            let share = stop as f32 / stops;
            self.dab(from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
        }
        self.last = Some(to);
    }

    /// Lifts the brush.
    pub fn lift(&mut self) {
        self.last = None;
    }

    fn remember(&mut self) {
        self.redo.clear();
        self.undo.push(self.ink.clone());
        if self.undo.len() > DEEPEST {
            self.undo.remove(0);
        }
    }

    /// A round dab, full inside and soft at its edge.
    fn dab(&mut self, x: f32, y: f32) {
        let reach = BRUSH.ceil() as i32 + 1;
        for row in (y as i32 - reach).max(0)..=(y as i32 + reach).min(SIDE as i32 - 1) {
            for column in (x as i32 - reach).max(0)..=(x as i32 + reach).min(SIDE as i32 - 1) {
                let distance = ((column as f32 - x).powi(2) + (row as f32 - y).powi(2)).sqrt();
                let ink = ((BRUSH - distance) / 2.0 + 0.5).clamp(0.0, 1.0);
                let place = &mut self.ink[row as usize * SIDE + column as usize];
                *place = place.max(ink);
            }
        }
    }

    pub fn clear(&mut self) {
        if !self.is_blank() {
            self.remember();
            self.ink.fill(0.0);
        }
        self.last = None;
    }

    /// Takes the last stroke back; `false` if there is none.
    pub fn undo(&mut self) -> bool {
        self.last = None;
        let Some(before) = self.undo.pop() else { return false };
        self.redo.push(std::mem::replace(&mut self.ink, before));
        true
    }

    /// Draws the last stroke taken back again.
    pub fn redo(&mut self) -> bool {
        self.last = None;
        let Some(after) = self.redo.pop() else { return false };
        self.undo.push(std::mem::replace(&mut self.ink, after));
        true
    }

    /// Whether the ink reaches over a third of the height or the width, as a digit does and a blot does not.
    pub fn has_strokes(&self) -> bool {
        let inked = |row: usize, column: usize| self.ink[row * SIDE + column] > 0.5;
        let reach = |is_inked: &dyn Fn(usize) -> bool| {
            let mut places = (0..SIDE).filter(|place| is_inked(*place));
            places.next().map_or(0, |first| places.next_back().unwrap_or(first) - first + 1)
        };
        let height = reach(&|row| (0..SIDE).any(|column| inked(row, column)));
        let width = reach(&|column| (0..SIDE).any(|row| inked(row, column)));
        3 * height.max(width) >= SIDE
    }

    /// The drawing in the form that models of MNIST know; `None` if there is no ink.
    pub fn digit(&self) -> Option<GrayImage> {
        to_mnist_form(&self.ink, SIDE, SIDE)
    }

    /// The canvas as it is, for the screen.
    pub fn picture(&self) -> GrayImage {
        GrayImage::from_intensities(SIDE, SIDE, &self.ink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fast_stroke_has_no_holes() {
        let mut canvas = Canvas::default();
        canvas.draw_to(0.2, 0.5);
        canvas.draw_to(0.8, 0.5);
        let row = SIDE / 2;
        let holes = (SIDE / 4..SIDE * 3 / 4).filter(|x| canvas.ink[row * SIDE + x] < 0.9).count();
        assert_eq!(holes, 0);
    }

    #[test]
    fn undo_and_redo_are_exact() {
        let mut canvas = Canvas::default();
        canvas.draw_to(0.2, 0.2);
        canvas.lift();
        let one = canvas.picture();
        canvas.draw_to(0.7, 0.7);
        canvas.lift();
        let two = canvas.picture();
        assert!(canvas.undo() && canvas.picture() == one);
        assert!(canvas.redo() && canvas.picture() == two);
        canvas.clear();
        assert!(canvas.is_blank() && canvas.undo() && canvas.picture() == two);
    }

    #[test]
    fn a_blot_is_no_drawing_and_a_stroke_is_one() {
        let mut canvas = Canvas::default();
        assert!(!canvas.has_strokes());
        // A press, and two cells beside each other on a canvas of 24 by 12 cells.
        canvas.draw_to(0.5, 0.5);
        assert!(!canvas.has_strokes());
        canvas.draw_to(0.54, 0.5);
        canvas.draw_to(0.5, 0.58);
        assert!(!canvas.has_strokes());
        // A narrow 1 and a flat dash.
        for (x, y) in [(0.5, 0.2), (0.2, 0.5)] {
            let mut canvas = Canvas::default();
            canvas.draw_to(x, y);
            canvas.draw_to(1.0 - x, 1.0 - y);
            assert!(canvas.has_strokes());
        }
    }

    proptest! {
        #[test]
        fn no_way_of_drawing_makes_it_panic(moves in prop::collection::vec((0..5, -0.5..1.5_f32, -0.5..1.5_f32), 0..30)) {
            let mut canvas = Canvas::default();
            for (kind, x, y) in moves {
                match kind {
                    0 | 1 => canvas.draw_to(x, y),
                    2 => canvas.lift(),
                    3 => { canvas.undo(); }
                    _ => { canvas.redo(); }
                }
            }
            prop_assert_eq!(canvas.digit().is_none(), canvas.is_blank());
        }
    }
}
