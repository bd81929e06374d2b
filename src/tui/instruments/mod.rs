//! What Explore is built from: generic instruments that a lab binds to its model.

mod board;
mod canvas;
mod distributions;
mod drawing_pad;
mod guess;
pub mod latent_plane;
mod repl;
mod view;

pub use canvas::Canvas;

use super::context::{AppContext, Reply};
use super::keys::{Action, Context};
use super::text;
use crate::experiment::{ExperimentError, Knobs, Panel, QueryKind};
use crate::lab::{self, Lab};
use crate::registry;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Texts that a person has given inputs, by the name of the input and the letters that it takes at the most: inputs that have both are of
/// one text.
pub type Texts = BTreeMap<(&'static str, usize), String>;

/// One instrument of a lab.
pub trait Instrument {
    /// Its keys, the nearest first.
    fn contexts(&self) -> Vec<Context>;

    /// The screen was opened, or the model has changed: ask anew.
    fn refresh(&mut self, lab: &Lab, app: &mut AppContext);

    /// Does what a key means; `false` if it means nothing here.
    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool;

    /// A mouse event within its area.
    fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext);

    /// An answer to one of its questions; `false` if it is not its own.
    fn answered(&mut self, reply: &Reply, lab: &Lab, app: &mut AppContext) -> bool;

    /// Whether what it shows is the model's, so that it matters which one answers.
    fn shows_model(&self) -> bool {
        true
    }

    /// Gives the keys to the next part of it, or the one before; `false` when there is none.
    fn next_part(&mut self, _forward: bool) -> bool {
        false
    }

    /// Whether printable keys belong to a line of text.
    fn in_text(&self) -> bool {
        false
    }

    /// A key for the line of text.
    fn typed(&mut self, _key: &KeyEvent, _lab: &Lab, _app: &mut AppContext) {}

    fn pasted(&mut self, _pasted: &str) {}

    /// The texts that a person has given its inputs.
    fn given_texts(&self) -> Texts {
        Texts::new()
    }

    /// Takes texts that were given elsewhere for its own inputs.
    fn take_texts(&mut self, _texts: &Texts, _lab: &Lab, _app: &mut AppContext) {}

    /// The values of its inputs, to be taken up again when the lab is opened next.
    fn inputs(&self) -> Option<Knobs> {
        None
    }

    /// Takes them up, before anything is asked.
    fn take_inputs(&mut self, _inputs: &Knobs) {}

    /// Whether it wants all the room there is, the others behind it.
    fn fills(&self) -> bool {
        false
    }

    /// Whether time counts in it also when nobody presses a key.
    fn keeps_time(&self) -> bool {
        false
    }

    /// Moves what is in motion by one picture; `true` while it moves.
    fn tick(&mut self, _lab: &Lab, _app: &mut AppContext) -> bool {
        false
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer);

    /// What its picture shows, in letters, for those who read it in lines, and where the picture is drawn.
    fn in_letters(&self) -> Option<(String, Rect)> {
        None
    }

    /// What it shows as panels, for those who read it in lines; none where its page says it.
    fn panels(&self) -> Option<&[Panel]> {
        None
    }

    /// States reached since the last time, for exercises.
    fn reached(&mut self) -> Vec<&'static str>;

    /// States reached since the last time that count by what they were reached in, such as a position; each with it.
    fn reached_with(&mut self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Inputs of a view that were turned since the last time, and their answer seen, each with its value.
    fn inputs_turned(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Actions of the lab's that were sent to its run since the last time.
    fn actions_sent(&mut self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// The instruments that a lab names, bound to what the lab's model answers. A lab was checked when it was read: what it
/// binds is there.
pub fn build(lab: &Lab) -> Vec<Box<dyn Instrument>> {
    let Ok(experiment) = registry::find(&lab.experiment) else { return Vec::new() };
    let answers = |kind| experiment.answers.contains(&kind);
    let instrument = |(number, use_): (usize, &lab::InstrumentUse)| -> Option<Box<dyn Instrument>> {
        Some(match use_.instrument {
            lab::Instrument::View => Box::new(view::View::new(number, use_, experiment)?),
            lab::Instrument::Guess => Box::<guess::Guess>::default(),
            lab::Instrument::Distributions => Box::<distributions::Distributions>::default(),
            lab::Instrument::Board => Box::<board::BoardTable>::default(),
            lab::Instrument::BoardPuzzle => Box::<board::Puzzle>::default(),
            lab::Instrument::Repl => Box::<repl::Repl>::default(),
            lab::Instrument::LatentPlane => Box::new(latent_plane::LatentPlane::new(answers(QueryKind::Encode))),
            lab::Instrument::DrawingPad => Box::<drawing_pad::DrawingPad>::default(),
        })
    };
    lab.explore.iter().enumerate().filter_map(instrument).collect()
}

/// What stands where there is nothing to show: what went wrong, else that the model is thinking.
fn said<'a>(failure: Option<&'a ExperimentError>, app: &AppContext) -> &'a str {
    failure.map_or(app.say(text::THINKING), |failure| failure.in_language(app.language))
}
