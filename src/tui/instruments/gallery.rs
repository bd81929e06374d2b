//! A model's own view: labelled rows of pictures, another draw of them, and a slider.

use super::Instrument;
use super::canvas::Canvas;
use super::drawing_pad::{Pad, PadDone};
use crate::experiment::query::Row;
use crate::experiment::{Answer, Failure, Query, Sheet};
use crate::lab::Lab;
use crate::tui::desk::{Desk, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use crossterm::event::MouseEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

/// Stops of the slider.
const STOPS: u32 = 20;

/// Rows of pictures from a model's view.
pub struct Gallery {
    view: String,
    /// Whether the view reads the slider.
    slides: bool,
    /// A pad whose drawing the view begins with; without one it begins with test digits.
    pad: Option<Pad>,
    seed: u64,
    at: u32,
    rows: Vec<Row>,
    asking: bool,
    failure: Option<Failure>,
    reached: Vec<&'static str>,
}

impl Gallery {
    pub fn new(view: &str, slides: bool) -> Self {
        Gallery {
            view: view.to_owned(),
            slides,
            pad: None,
            seed: 0,
            at: STOPS / 2,
            rows: Vec::new(),
            asking: false,
            failure: None,
            reached: Vec::new(),
        }
    }

    /// The same, for the student's own drawing.
    pub fn with_pad(view: &str, slides: bool) -> Self {
        Gallery { pad: Some(Pad::new(Canvas::default())), ..Self::new(view, slides) }
    }

    fn key(&self) -> String {
        format!("gallery/{}", self.view)
    }

    fn slide(&mut self, by: i32, lab: &Lab, desk: &mut Desk) {
        self.at = self.at.saturating_add_signed(by).min(STOPS);
        self.reached.push("gallery_slid");
        self.refresh(lab, desk);
    }
}

impl Instrument for Gallery {
    fn contexts(&self) -> &'static [Context] {
        match (&self.pad, self.slides) {
            (Some(_), true) => &[Context::DrawingPad, Context::Sketch],
            (Some(_), false) => &[Context::DrawingPad],
            (None, true) => &[Context::Slider, Context::Gallery],
            (None, false) => &[Context::Gallery],
        }
    }

    fn refresh(&mut self, lab: &Lab, desk: &mut Desk) {
        let picture = match &self.pad {
            Some(pad) => match pad.digit() {
                Some(digit) => Some(digit),
                None => {
                    self.rows.clear();
                    return;
                }
            },
            None => None,
        };
        let at = self.at as f32 / STOPS as f32;
        self.asking = true;
        desk.ask(lab, &self.key(), Query::Show { view: self.view.clone(), seed: self.seed, at, picture });
    }

    fn act(&mut self, action: Action, lab: &Lab, desk: &mut Desk) -> bool {
        if let Some(pad) = &mut self.pad {
            match pad.act(action) {
                PadDone::Drawn => {
                    self.refresh(lab, desk);
                    return true;
                }
                PadDone::Moved => return true,
                PadDone::NotMine => {}
            }
        }
        match action {
            Action::Left | Action::SlideDown if self.slides => self.slide(-1, lab, desk),
            Action::Right if self.slides => self.slide(1, lab, desk),
            Action::SlideUp if self.slides => {
                // Round and round, for one key.
                self.at = if self.at + 3 > STOPS { 0 } else { self.at + 3 };
                self.slide(0, lab, desk);
            }
            Action::Home if self.slides => self.slide(-(STOPS as i32), lab, desk),
            Action::End if self.slides => self.slide(STOPS as i32, lab, desk),
            Action::RandomCode | Action::NextExample | Action::Confirm => {
                self.seed += 1;
                self.reached.push("gallery_turned");
                self.refresh(lab, desk);
            }
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, desk: &mut Desk) {
        if let Some(pad) = &mut self.pad
            && pad.mouse(event) == PadDone::Drawn
        {
            self.refresh(lab, desk);
        }
    }

    fn answered(&mut self, (key, answer): &Reply, _lab: &Lab, _desk: &mut Desk) -> bool {
        if *key != self.key() {
            return false;
        }
        self.asking = false;
        match answer {
            Ok(Answer::Gallery { rows }) => {
                self.rows.clone_from(rows);
                self.failure = None;
                if self.pad.is_some() {
                    self.reached.push("sketch_shown");
                }
            }
            Ok(_) => {}
            Err(failure) => self.failure = Some(failure.clone()),
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, desk: &mut Desk, buffer: &mut Buffer) {
        let share = f64::from(self.at) / f64::from(STOPS);
        let knob = (share * 10.0).round() as usize;
        let mut note = format!("{} {}", desk.say(text::DRAW_NUMBER), self.seed);
        if self.slides {
            note = format!("{}●{}  {note}", "─".repeat(knob), "─".repeat(10 - knob));
        }
        let inner = frame(area, title, &note, focused, &desk.theme, buffer);
        let mut body = inner;
        let key = self.key();
        if let Some(pad) = &mut self.pad {
            let side = (inner.height * 2).min(inner.width * 2 / 5);
            let [left, right] = Layout::horizontal([Constraint::Length(side), Constraint::Fill(1)]).areas(inner);
            pad.draw(left, focused, &format!("{key}/pad"), desk, buffer);
            body = right.inner(ratatui::layout::Margin::new(1, 0));
        }
        if let Some(failure) = &self.failure {
            write_middle(buffer, body, failure.in_language(desk.language), desk.theme.quiet());
            return;
        }
        if self.rows.is_empty() {
            if self.pad.is_none() {
                write(buffer, body, 0, body.height / 2, desk.say(text::THINKING), desk.theme.quiet());
            }
            return;
        }
        let with_pictures = self.rows.iter().filter(|row| !row.pictures.is_empty()).count().max(1) as u16;
        let labels = self.rows.len() as u16;
        let height = body.height.saturating_sub(labels) / with_pictures;
        let mut top = 0;
        for (index, row) in self.rows.iter().enumerate() {
            let label = if desk.language == crate::experiment::Language::Ja { &row.ja } else { &row.en };
            let style = if self.asking { desk.theme.quiet() } else { desk.theme.body() };
            write(buffer, body, 0, top, label, style);
            top += 1;
            if row.pictures.is_empty() {
                continue;
            }
            let room = Rect { y: body.y + top, height, ..body };
            if room.bottom() > body.bottom() {
                break;
            }
            let sheet = Sheet::new(row.pictures.len(), row.pictures.clone());
            desk.pictures.draw(&format!("{}/{index}", self.key()), &sheet, room, buffer);
            top += height;
        }
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}
