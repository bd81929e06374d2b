//! Pictures drawn from the model.

use super::Instrument;
use crate::experiment::{Answer, Failure, Picture, Query, Sheet};
use crate::lab::Lab;
use crate::tui::desk::{Desk, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write_middle};
use crossterm::event::MouseEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const COUNT: usize = 40;

#[derive(Default)]
pub struct Samples {
    seed: u64,
    pictures: Vec<Picture>,
    drawn: bool,
    failure: Option<Failure>,
}

impl Instrument for Samples {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Samples]
    }

    fn refresh(&mut self, lab: &Lab, desk: &mut Desk) {
        desk.ask(lab, "samples", Query::Sample { count: COUNT, seed: self.seed });
    }

    fn act(&mut self, action: Action, lab: &Lab, desk: &mut Desk) -> bool {
        if action != Action::RandomCode && action != Action::Confirm {
            return false;
        }
        self.seed += 1;
        self.drawn = true;
        self.refresh(lab, desk);
        true
    }

    fn mouse(&mut self, _event: MouseEvent, _lab: &Lab, _desk: &mut Desk) {}

    fn answered(&mut self, (key, answer): &Reply, _lab: &Lab, _desk: &mut Desk) -> bool {
        if key != "samples" {
            return false;
        }
        match answer {
            Ok(Answer::Pictures { pictures }) => (self.pictures, self.failure) = (pictures.clone(), None),
            Ok(_) => {}
            Err(failure) => (self.pictures, self.failure) = (Vec::new(), Some(failure.clone())),
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, desk: &mut Desk, buffer: &mut Buffer) {
        let note = format!("{} {}", desk.say(text::SEED), self.seed);
        let inner = frame(area, title, &note, focused, &desk.theme, buffer);
        if let Some(failure) = &self.failure {
            write_middle(buffer, inner, failure.in_language(desk.language), desk.theme.quiet());
            return;
        }
        let columns = if inner.width > 3 * inner.height {
            10
        } else if inner.width > inner.height {
            8
        } else {
            5
        };
        let sheet = Sheet::new(columns, self.pictures.clone());
        desk.pictures.draw("samples", &sheet, inner, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        if std::mem::take(&mut self.drawn) { vec!["samples_drawn"] } else { vec![] }
    }
}
