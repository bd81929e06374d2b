//! The prompt line: digits asked for in words, drawn step by step, and the way there to scrub through.

use super::Instrument;
use crate::experiment::query::Manner;
use crate::experiment::{Answer, Failure, Picture, Query, Sheet};
use crate::lab::Lab;
use crate::tui::desk::{Desk, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write};
use crate::tui::width::wrapped;
use crossterm::event::{KeyCode, KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use tui_textarea::TextArea;

/// Steps of the reverse process that one can choose.
const STEPS: [usize; 11] = [1, 2, 5, 10, 20, 35, 50, 100, 200, 500, 1000];

/// What arrows change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    Moment,
    Seed,
    Steps,
    Guidance,
    Eta,
}

const SETTINGS: [Setting; 5] = [Setting::Moment, Setting::Seed, Setting::Steps, Setting::Guidance, Setting::Eta];

pub struct Prompt {
    line: TextArea<'static>,
    manner: Manner,
    chosen: usize,
    /// What was asked last.
    asked: String,
    /// What the pictures are of.
    shown: String,
    /// A picture of each digit at moments of the way, with the t of each moment.
    drawn: Vec<(usize, Vec<Picture>)>,
    moment: usize,
    asking: bool,
    /// Whether the person asked, not the screen.
    ordered: bool,
    failure: Option<Failure>,
    reached: Vec<&'static str>,
}

impl Default for Prompt {
    fn default() -> Self {
        Prompt {
            line: TextArea::default(),
            manner: Manner { seed: 1, steps: 50, guidance: 2.0, eta: 0.0 },
            chosen: 0,
            asked: "2026".to_owned(),
            shown: String::new(),
            drawn: Vec::new(),
            moment: 0,
            asking: false,
            ordered: false,
            failure: None,
            reached: Vec::new(),
        }
    }
}

impl Prompt {
    fn ask(&mut self, lab: &Lab, desk: &mut Desk) {
        self.asking = true;
        desk.ask(lab, "prompt/drawn", Query::Prompt { text: self.asked.clone(), manner: self.manner });
    }

    fn change(&mut self, up: bool, lab: &Lab, desk: &mut Desk) {
        let manner = &mut self.manner;
        match SETTINGS[self.chosen] {
            Setting::Moment => {
                let last = self.drawn.len().saturating_sub(1);
                self.moment = if up { (self.moment + 1).min(last) } else { self.moment.saturating_sub(1) };
                self.reached.push("prompt_scrubbed");
                return;
            }
            Setting::Seed => manner.seed = if up { manner.seed + 1 } else { manner.seed.saturating_sub(1) },
            Setting::Steps => {
                let place = STEPS.iter().position(|steps| *steps >= manner.steps).unwrap_or(0);
                let place = if up { place + 1 } else { place.saturating_sub(1) };
                manner.steps = STEPS[place.min(STEPS.len() - 1)];
            }
            Setting::Guidance => manner.guidance = (manner.guidance + if up { 0.5 } else { -0.5 }).clamp(0.0, 8.0),
            Setting::Eta => manner.eta = (manner.eta + if up { 0.25 } else { -0.25 }).clamp(0.0, 1.0),
        }
        self.ask(lab, desk);
    }
}

impl Instrument for Prompt {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Prompt]
    }

    fn in_text(&self) -> bool {
        true
    }

    fn typed(&mut self, key: &KeyEvent, _lab: &Lab, _desk: &mut Desk) {
        // One line; Enter is an action of its own.
        if key.code != KeyCode::Enter {
            self.line.input(*key);
        }
    }

    fn pasted(&mut self, pasted: &str) {
        self.line.insert_str(pasted.replace(['\n', '\r'], " "));
    }

    fn refresh(&mut self, lab: &Lab, desk: &mut Desk) {
        self.ask(lab, desk);
    }

    fn act(&mut self, action: Action, lab: &Lab, desk: &mut Desk) -> bool {
        let count = SETTINGS.len();
        match action {
            Action::Confirm => {
                let typed = self.line.lines().join(" ");
                if !typed.trim().is_empty() {
                    self.asked = typed;
                    self.line = TextArea::default();
                }
                self.ordered = true;
                self.ask(lab, desk);
            }
            Action::Up => self.chosen = (self.chosen + count - 1) % count,
            Action::Down => self.chosen = (self.chosen + 1) % count,
            Action::Left => self.change(false, lab, desk),
            Action::Right => self.change(true, lab, desk),
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, _event: MouseEvent, _lab: &Lab, _desk: &mut Desk) {}

    fn answered(&mut self, (key, answer): &Reply, _lab: &Lab, _desk: &mut Desk) -> bool {
        if key != "prompt/drawn" {
            return false;
        }
        self.asking = false;
        match answer {
            Ok(Answer::Drawn { times, frames, .. }) => {
                self.drawn = times.iter().copied().zip(frames.iter().cloned()).collect();
                self.moment = self.drawn.len().saturating_sub(1);
                self.shown.clone_from(&self.asked);
                self.failure = None;
                if std::mem::take(&mut self.ordered) {
                    self.reached.push("prompt_drawn");
                }
            }
            Ok(_) => {}
            Err(failure) => self.failure = Some(failure.clone()),
        }
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, desk: &mut Desk, buffer: &mut Buffer) {
        let note = if self.asking { desk.say(text::DRAWING) } else { "" };
        let inner = frame(area, title, note, focused, &desk.theme, buffer);
        let line = self.line.lines().join(" ");
        let column = write(buffer, inner, 1, 0, "› ", desk.theme.accented());
        if line.is_empty() {
            write(buffer, inner, column, 0, desk.say(text::PROMPT_HOW), desk.theme.quiet());
        } else {
            let end = write(buffer, inner, column, 0, &line, desk.theme.strong());
            write(buffer, inner, end, 0, "▏", desk.theme.accented());
        }
        let settings = inner.height.saturating_sub(SETTINGS.len() as u16);
        let moments = self.drawn.len();
        for (index, setting) in SETTINGS.iter().enumerate() {
            let (name, value) = match setting {
                Setting::Moment => {
                    let time = self.drawn.get(self.moment).map_or(0, |(time, _)| *time);
                    let share = format!("{}/{}", (self.moment + 1).min(moments), moments);
                    (text::PROMPT_MOMENT, format!("{share}   {} = {time}", desk.say(text::PROMPT_TIME)))
                }
                Setting::Seed => (text::SEED, self.manner.seed.to_string()),
                Setting::Steps => (text::PROMPT_STEPS, self.manner.steps.to_string()),
                Setting::Guidance => (text::PROMPT_GUIDANCE, format!("{:.1}", self.manner.guidance)),
                Setting::Eta => (text::PROMPT_ETA, format!("{:.2}", self.manner.eta)),
            };
            let chosen = index == self.chosen && focused;
            let row = settings + index as u16;
            write(buffer, inner, 1, row, if chosen { "▸" } else { " " }, desk.theme.accented());
            let style = if chosen { desk.theme.selected() } else { desk.theme.quiet() };
            let end = write(buffer, inner, 3, row, desk.say(name), style);
            write(buffer, inner, end.max(22) + 1, row, &value, desk.theme.body());
        }
        // What the pictures are of, or what was wrong with what was asked.
        let (heading, style) = match &self.failure {
            Some(failure) => (failure.in_language(desk.language), Style::new().fg(desk.theme.bad)),
            None => (self.shown.as_str(), desk.theme.body()),
        };
        let heading = wrapped(heading, usize::from(inner.width.saturating_sub(2)));
        for (row, line) in heading.iter().enumerate() {
            write(buffer, inner, 1, row as u16 + 1, line, style);
        }
        let above = heading.len() as u16 + 1;
        let room = Rect { y: inner.y + above, height: settings.saturating_sub(above + 1), ..inner };
        let Some((_, pictures)) = self.drawn.get(self.moment) else { return };
        let fit = usize::from(room.width / (2 * room.height).max(1)).max(1);
        let columns =
            if pictures.len() <= fit.max(4) { pictures.len() } else { pictures.len().div_ceil(2).clamp(4, 16) };
        desk.pictures.draw("prompt/drawn", &Sheet::new(columns, pictures.clone()), room, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;

    #[test]
    fn the_heading_is_that_of_the_pictures() {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::for_tests(Language::En, folder.path());
        let lab = desk.catalogue.find("diffusion").unwrap().clone();
        let mut prompt = Prompt::default();
        let drawn: Reply = (
            "prompt/drawn".to_owned(),
            Ok(Answer::Drawn { digits: vec![2], times: vec![0], frames: vec![vec![Picture::blank(28, 28)]] }),
        );
        prompt.answered(&drawn, &lab, &mut desk);
        prompt.line.insert_str("seven");
        prompt.act(Action::Confirm, &lab, &mut desk);
        assert_eq!((prompt.asked.as_str(), prompt.shown.as_str()), ("seven", "2026"));
        prompt.answered(&drawn, &lab, &mut desk);
        assert_eq!(prompt.shown, "seven");
    }
}
