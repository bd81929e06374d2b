//! What Explore is built from: generic instruments that a lab binds to its model.

mod board;
mod canvas;
mod distributions;
mod drawing_pad;
mod gallery;
mod guess;
pub mod latent_plane;
mod plane;
mod prompt;
mod repl;
mod samples;
mod word_map;

pub use canvas::Canvas;

use super::desk::{Desk, Reply};
use super::keys::{Action, Context};
use super::text;
use crate::experiment::{Failure, QueryKind};
use crate::lab::{self, Lab};
use crate::registry;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// One instrument of a lab.
pub trait Instrument {
    /// Its keys, the nearest first.
    fn contexts(&self) -> &'static [Context];

    /// The screen was opened, or the model has changed: ask anew.
    fn refresh(&mut self, lab: &Lab, desk: &mut Desk);

    /// Does what a key means; `false` if it means nothing here.
    fn act(&mut self, action: Action, lab: &Lab, desk: &mut Desk) -> bool;

    /// A mouse event within its area.
    fn mouse(&mut self, event: MouseEvent, lab: &Lab, desk: &mut Desk);

    /// An answer to one of its questions; `false` if it is not its own.
    fn answered(&mut self, reply: &Reply, lab: &Lab, desk: &mut Desk) -> bool;

    /// Whether printable keys belong to a line of text.
    fn in_text(&self) -> bool {
        false
    }

    /// A key for the line of text.
    fn typed(&mut self, _key: &KeyEvent, _lab: &Lab, _desk: &mut Desk) {}

    fn pasted(&mut self, _pasted: &str) {}

    /// Whether it wants all the room there is, the others behind it.
    fn fills(&self) -> bool {
        false
    }

    /// Whether time counts in it also when nobody presses a key.
    fn keeps_time(&self) -> bool {
        false
    }

    /// Moves what is in motion by one picture; `true` while it moves.
    fn tick(&mut self, _lab: &Lab, _desk: &mut Desk) -> bool {
        false
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, desk: &mut Desk, buffer: &mut Buffer);

    /// States reached since the last time, for exercises.
    fn reached(&mut self) -> Vec<&'static str>;
}

/// An instrument that a lab names, bound to what the lab's model answers.
pub fn build(lab: &Lab, use_: &lab::InstrumentUse) -> Box<dyn Instrument> {
    let view = use_.view.as_deref().unwrap_or_default();
    let experiment = registry::find(&lab.experiment);
    let answers = |kind| experiment.as_ref().is_ok_and(|experiment| experiment.answers.contains(&kind));
    let slides = |name| experiment.as_ref().is_ok_and(|experiment| experiment.sliders.contains(&name));
    match use_.instrument {
        lab::Instrument::Gallery => Box::new(gallery::Gallery::new(view, slides(view))),
        lab::Instrument::Sketch => Box::new(gallery::Gallery::with_pad(view, slides(view))),
        lab::Instrument::Plane => Box::new(plane::Plane::new(slides("plane"))),
        lab::Instrument::Guess => Box::<guess::Guess>::default(),
        lab::Instrument::Prompt => Box::<prompt::Prompt>::default(),
        lab::Instrument::Distributions => Box::<distributions::Distributions>::default(),
        lab::Instrument::Board => Box::<board::BoardTable>::default(),
        lab::Instrument::BoardPuzzle => Box::<board::Puzzle>::default(),
        lab::Instrument::Repl => Box::<repl::Repl>::default(),
        lab::Instrument::WordMap => Box::<word_map::WordMap>::default(),
        lab::Instrument::LatentPlane => Box::new(latent_plane::LatentPlane::new(answers(QueryKind::Encode))),
        lab::Instrument::DrawingPad => Box::<drawing_pad::DrawingPad>::default(),
        lab::Instrument::Samples => Box::<samples::Samples>::default(),
    }
}

/// What stands where there is nothing to show: what went wrong, else that the model is thinking.
fn said<'a>(failure: Option<&'a Failure>, desk: &Desk) -> &'a str {
    failure.map_or(desk.say(text::THINKING), |failure| failure.in_language(desk.language))
}
