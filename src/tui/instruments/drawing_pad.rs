//! A canvas whose drawing the model encodes, scores, rebuilds and cleans.

use super::Instrument;
use super::canvas::Canvas;
use crate::experiment::query::Score;
use crate::experiment::{Answer, GrayImage, ImageGrid, Query};
use crate::lab::Lab;
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::{frame, write};
use crate::width::wrapped;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Block, Widget};

/// Rows that say how to draw.
const HINT_ROWS: u16 = 2;
/// Rows from which the hint has its own.
const HINT_FROM: u16 = 9;
/// Rows of the score: the bound and its two terms.
const SCORE_ROWS: u16 = 3;
/// Codes that a score is the mean over.
const DRAWS: usize = 64;
/// One move of the pen by keys.
const STEP: f32 = 1.0 / 28.0;
/// Deviation of the noise put on a drawing.
const NOISE: f32 = 0.35;

/// A canvas with a pen that keys and mouse move.
#[derive(Default)]
pub struct Pad {
    canvas: Canvas,
    pen: Option<[f32; 2]>,
    pen_down: bool,
    area: Rect,
}

/// What came of a key or the mouse on a pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PadDone {
    /// The drawing is another one now.
    Drawn,
    /// The pen moved, or a stroke goes on.
    Moved,
    NotMine,
}

impl Pad {
    pub fn new(canvas: Canvas) -> Self {
        Pad { canvas, ..Pad::default() }
    }

    /// The drawing in MNIST's form; `None` if there is no ink.
    pub fn digit(&self) -> Option<GrayImage> {
        self.canvas.digit()
    }

    /// Whether what is drawn is large enough to be a digit.
    pub fn has_strokes(&self) -> bool {
        self.canvas.has_strokes()
    }

    fn pen(&self) -> [f32; 2] {
        self.pen.unwrap_or([0.5, 0.3])
    }

    fn move_pen(&mut self, by: [f32; 2]) -> PadDone {
        let [x, y] = self.pen();
        let to = [(x + by[0]).clamp(0.0, 1.0), (y + by[1]).clamp(0.0, 1.0)];
        self.pen = Some(to);
        if self.pen_down {
            self.canvas.draw_to(to[0], to[1]);
        }
        PadDone::Moved
    }

    /// Does what a key means on a pad.
    pub fn handle_action(&mut self, action: Action) -> PadDone {
        match action {
            Action::Left => self.move_pen([-STEP, 0.0]),
            Action::Right => self.move_pen([STEP, 0.0]),
            Action::Up => self.move_pen([0.0, -STEP]),
            Action::Down => self.move_pen([0.0, STEP]),
            Action::Pen => {
                self.pen_down = !self.pen_down;
                let [x, y] = self.pen();
                self.pen = Some([x, y]);
                if self.pen_down {
                    self.canvas.draw_to(x, y);
                    PadDone::Moved
                } else {
                    self.canvas.lift();
                    PadDone::Drawn
                }
            }
            Action::Clear => {
                self.canvas.clear();
                self.pen_down = false;
                PadDone::Drawn
            }
            Action::Undo if self.canvas.undo() => PadDone::Drawn,
            Action::Redo if self.canvas.redo() => PadDone::Drawn,
            Action::Undo | Action::Redo => PadDone::Moved,
            _ => PadDone::NotMine,
        }
    }

    pub fn mouse(&mut self, event: MouseEvent) -> PadDone {
        let inside = self.area.contains(Position::new(event.column, event.row));
        let share =
            |at: u16, start: u16, length: u16| (f32::from(at.max(start) - start) + 0.5) / f32::from(length.max(1));
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) if inside => {
                let x = share(event.column, self.area.x, self.area.width);
                let y = share(event.row, self.area.y, self.area.height);
                self.pen = Some([x, y]);
                self.canvas.draw_to(x, y);
                PadDone::Moved
            }
            MouseEventKind::Up(MouseButton::Left) => {
                self.canvas.lift();
                PadDone::Drawn
            }
            _ => PadDone::NotMine,
        }
    }

    /// Draws the canvas in a frame of its own, with a line on how to use it.
    pub fn draw(&mut self, area: Rect, focused: bool, key: &str, app: &mut AppContext, buffer: &mut Buffer) {
        // Where there is little room the canvas has all of it.
        let hint_rows = if area.height < HINT_FROM { 0 } else { HINT_ROWS };
        let lines =
            [text::DRAW_HERE, text::DRAW_HERE_BRIEFLY].map(|hint| wrapped(app.say(hint), usize::from(area.width)));
        let [whole, brief] = lines;
        let lines = if whole.len() > usize::from(HINT_ROWS) { brief } else { whole };
        let [hint, room] = Layout::vertical([Constraint::Length(hint_rows), Constraint::Fill(1)]).areas(area);
        for (row, line) in lines.iter().enumerate() {
            write(buffer, hint, 0, row as u16, line, app.theme.quiet());
        }
        let images = ImageGrid::new(1, vec![self.canvas.picture()]);
        self.area = app.pictures.draw(key, &images, None, room.inner(Margin::new(1, 1)), buffer).grid.area;
        if !self.area.is_empty() {
            let style = if focused { app.theme.accented() } else { app.theme.rule() };
            Block::bordered().border_style(style).render(self.area.outer(Margin::new(1, 1)).intersection(area), buffer);
        }
        let [x, y] = self.pen();
        if !self.area.is_empty() && focused {
            let column = self.area.x + (x * f32::from(self.area.width - 1)).round() as u16;
            let row = self.area.y + (y * f32::from(self.area.height - 1)).round() as u16;
            let mark = if self.pen_down { "●" } else { "○" };
            let style = app.theme.accented().add_modifier(Modifier::BOLD);
            buffer[(column, row)].set_symbol(mark).set_style(style);
        }
    }
}

#[derive(Default)]
pub struct DrawingPad {
    pad: Pad,
    /// What the model is given: the drawing in MNIST's form, perhaps spoilt.
    input: Option<GrayImage>,
    spoilt: bool,
    /// Whether the input is the drawing, spoilt or not, and not an example or noise alone.
    is_drawn: bool,
    /// Whether noise was added to the drawing.
    is_noisy: bool,
    rebuilt: Option<GrayImage>,
    score: Option<[f64; 3]>,
    noises: u64,
    awaiting_denoised: bool,
    examples: usize,
    reached: Vec<&'static str>,
}

impl DrawingPad {
    /// Brings the drawing to the model.
    fn submit(&mut self, lab: &Lab, app: &mut AppContext) {
        self.input = self.pad.digit();
        (self.spoilt, self.awaiting_denoised, self.rebuilt, self.score) = (false, false, None, None);
        (self.is_drawn, self.is_noisy) = (self.input.is_some(), false);
        if self.input.is_some() {
            if self.pad.has_strokes() {
                self.reached.push("digit_drawn");
            }
            self.ask(lab, app);
        }
    }

    fn ask(&mut self, lab: &Lab, app: &mut AppContext) {
        let Some(picture) = self.input.clone() else { return };
        app.ask(lab, "pad/score", Query::Score { pictures: vec![picture.clone()], draws: DRAWS, seed: 1 });
        app.ask(lab, "pad/code", Query::Encode { pictures: vec![picture] });
    }

    /// Changes what the model is given, but not the drawing.
    fn spoil(&mut self, change: impl FnOnce(&mut GrayImage)) {
        if self.input.is_none() {
            self.input = self.pad.digit();
            self.is_drawn = self.input.is_some();
        }
        if let Some(input) = &mut self.input {
            change(input);
            (self.spoilt, self.rebuilt, self.score) = (true, None, None);
        }
    }

    /// Gives the model nothing but noise.
    fn pure_noise(&mut self, lab: &Lab, app: &mut AppContext) {
        self.noises += 1;
        let mut random = ChaCha8Rng::seed_from_u64(self.noises);
        let values: Vec<f32> = (0..28 * 28).map(|_| random.random()).collect();
        self.input = Some(GrayImage::from_intensities(28, 28, &values));
        (self.spoilt, self.is_drawn, self.is_noisy, self.rebuilt, self.score) = (true, false, false, None, None);
        self.ask(lab, app);
    }

    fn add_noise(&mut self) {
        self.noises += 1;
        let mut random = ChaCha8Rng::seed_from_u64(self.noises);
        let normal = Normal::new(0.0, NOISE).expect("a positive deviation");
        self.spoil(|picture| {
            let noisy: Vec<f32> = picture.intensities().map(|ink| ink + normal.sample(&mut random)).collect();
            *picture = GrayImage::from_intensities(picture.width, picture.height, &noisy);
        });
        self.is_noisy = self.is_drawn && self.pad.has_strokes();
    }
}

impl Instrument for DrawingPad {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::DrawingPad, Context::PadModel]
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        if !self.spoilt {
            self.ask(lab, app);
        }
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        match self.pad.handle_action(action) {
            PadDone::Drawn => {
                self.submit(lab, app);
                return true;
            }
            PadDone::Moved => return true,
            PadDone::NotMine => {}
        }
        match action {
            Action::NextExample => {
                app.ask(lab, "pad/example", Query::Examples { offset: self.examples, count: 1 });
                self.examples += 1;
            }
            Action::Noise => self.pure_noise(lab, app),
            Action::AddNoise => self.add_noise(),
            Action::MaskHalf => self.spoil(|picture| {
                let half = picture.pixels.len() / 2;
                picture.pixels[half..].fill(0);
            }),
            Action::Denoise | Action::Confirm => {
                self.awaiting_denoised = self.is_noisy;
                self.ask(lab, app);
            }
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        if self.pad.mouse(event) == PadDone::Drawn {
            self.submit(lab, app);
        }
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        match (key.as_str(), answer) {
            ("pad/score", Ok(Answer::Scores { scores })) => {
                if let Some(Score::Elbo { elbo, reconstruction, kl }) = scores.first() {
                    self.score = Some([*elbo, *reconstruction, *kl]);
                    self.reached.push("drawing_scored");
                }
            }
            ("pad/example", Ok(Answer::Examples { pictures, .. })) => {
                self.input = pictures.first().cloned();
                (self.spoilt, self.is_drawn, self.is_noisy, self.rebuilt, self.score) =
                    (true, false, false, None, None);
                self.ask(lab, app);
            }
            // Through the mean of the code and back.
            ("pad/code", Ok(Answer::Codes { codes })) => {
                let latents = codes.iter().map(|code| code.mean.clone()).collect();
                app.ask(lab, "pad/rebuilt", Query::Decode { latents });
            }
            ("pad/rebuilt", Ok(Answer::Pictures { pictures })) => {
                self.rebuilt = pictures.first().cloned();
                if std::mem::take(&mut self.awaiting_denoised) {
                    self.reached.push("drawing_denoised");
                }
            }
            (key, Err(failure)) if key.starts_with("pad/") => app.notify(failure.in_language(app.language)),
            _ => return false,
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        let inner = frame(area, title, "", focused, &app.theme, buffer);
        // Three pictures of one size: in a row, or the drawing above what the model is given and makes of it.
        let (columns, rows) = (inner.width / 2, inner.height.saturating_sub(1 + SCORE_ROWS));
        let in_a_row = (columns / 3).min(rows) >= (columns / 2).min(rows / 2);
        let [canvas_area, model_area] = if in_a_row {
            let [canvas, model] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(2)]).areas(inner);
            [Rect { height: canvas.height.saturating_sub(SCORE_ROWS), ..canvas }, model]
        } else {
            Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(inner)
        };
        self.pad.draw(canvas_area, focused, "pad/canvas", app, buffer);
        self.draw_model(model_area, app, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}

impl DrawingPad {
    /// What the model is given, what it makes of it, and how well it explains it.
    fn draw_model(&self, area: Rect, app: &mut AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(1, 0));
        let Some(input) = &self.input else { return };
        write(buffer, area, 0, 0, app.say(text::MODEL_INPUT), app.theme.quiet());
        write(buffer, area, area.width / 2 + 1, 0, app.say(text::REBUILT), app.theme.quiet());
        let mut pictures = vec![input.clone()];
        pictures.push(self.rebuilt.clone().unwrap_or_else(|| GrayImage::blank(28, 28)));
        // As high as the canvas within its frame.
        let above = HINT_ROWS + 1;
        let room = Rect { y: area.y + above, height: area.height.saturating_sub(SCORE_ROWS + above + 1), ..area };
        app.pictures.draw("pad/model", &ImageGrid::new(2, pictures), None, room, buffer);
        if let Some([elbo, reconstruction, kl]) = self.score {
            let row = area.height.saturating_sub(SCORE_ROWS);
            let lines = [("ELBO", elbo), (app.say(text::RECONSTRUCTION), reconstruction), ("KL", kl)];
            for (index, (name, value)) in lines.into_iter().enumerate() {
                let style = if index == 0 { app.theme.strong() } else { app.theme.quiet() };
                write(buffer, area, 0, row + index as u16, &format!("{name} {} nats", number(value)), style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;

    #[test]
    fn noise_counts_as_removed_only_from_a_drawing_of_some_size() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        // Draws a stroke of this length, presses keys, and the model answers.
        let mut denoised = |stroke: f32, keys: &[Action]| {
            let mut shown = DrawingPad::default();
            if stroke > 0.0 {
                shown.pad.canvas.draw_to(0.5, 0.2);
                shown.pad.canvas.draw_to(0.5, 0.2 + stroke);
                shown.pad.canvas.lift();
                shown.submit(&lab, &mut app);
            }
            for key in keys {
                shown.handle_action(*key, &lab, &mut app);
            }
            let pictures = vec![GrayImage::blank(28, 28)];
            shown.answered(&("pad/rebuilt".to_owned(), Ok(Answer::Pictures { pictures })), &lab, &mut app);
            shown.reached().contains(&"drawing_denoised")
        };
        assert!(denoised(0.6, &[Action::AddNoise, Action::Denoise]));
        assert!(denoised(0.6, &[Action::AddNoise, Action::MaskHalf, Action::Denoise]));
        assert!(!denoised(0.05, &[Action::AddNoise, Action::Denoise]), "a blot");
        assert!(!denoised(0.6, &[Action::Denoise]), "no noise");
        assert!(!denoised(0.6, &[Action::MaskHalf, Action::Denoise]), "another damage");
        assert!(!denoised(0.6, &[Action::AddNoise]), "not removed");
        assert!(!denoised(0.6, &[Action::Noise, Action::Denoise]), "noise without the drawing");
        assert!(!denoised(0.0, &[Action::Noise, Action::AddNoise, Action::Denoise]), "no drawing");
    }
}
