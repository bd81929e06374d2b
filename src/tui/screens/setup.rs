//! What stands on the Train tab before a run: presets, seed and knobs.

use crate::experiment::{Knob, KnobValue, Knobs};
use crate::lab::Lab;
use crate::registry;
use crate::run::thread::{Start, default_threads};
use crate::tui::desk::Desk;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::tui::width::width;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::Style;

/// Choosing a run.
pub struct Setup {
    preset: usize,
    knobs: Knobs,
    seed: u64,
    /// The row under the cursor: presets, then the seed, then knobs.
    row: usize,
    /// A value being typed.
    typing: Option<String>,
    problem: Option<String>,
    rows: Vec<(Rect, usize)>,
}

/// The knobs of a lab with its ranges, and all that are declared.
fn knobs_of(lab: &Lab) -> (Vec<Knob>, Vec<Knob>) {
    let declared = registry::find(&lab.experiment).map(|experiment| (experiment.knobs)()).unwrap_or_default();
    (lab.shown_knobs(&declared), declared)
}

impl Setup {
    pub fn new(lab: &Lab) -> Self {
        let mut setup = Setup {
            preset: 0,
            knobs: Knobs::default(),
            seed: 1,
            row: 0,
            typing: None,
            problem: None,
            rows: Vec::new(),
        };
        setup.take_preset(0, lab);
        setup
    }

    fn take_preset(&mut self, index: usize, lab: &Lab) {
        self.preset = index;
        let (_, declared) = knobs_of(lab);
        if let Some((name, _)) = lab.presets.get(index) {
            match lab.knobs_of_preset(name, &declared) {
                Ok(knobs) => self.knobs = knobs,
                Err(error) => self.problem = Some(error),
            }
        }
    }

    pub fn in_text(&self) -> bool {
        self.typing.is_some()
    }

    /// The run that is chosen.
    pub fn start(&self, lab: &Lab, desk: &Desk) -> Start {
        Start {
            lab: lab.id.clone(),
            experiment: lab.experiment.clone(),
            preset: lab.presets.get(self.preset).map(|(name, _)| name.clone()),
            knobs: self.knobs.clone(),
            seed: self.seed,
            threads: default_threads(),
            data: desk.source.folder.clone(),
        }
    }

    fn seed_row(lab: &Lab) -> usize {
        lab.presets.len()
    }

    /// The knob under the cursor.
    fn knob(&self, lab: &Lab) -> Option<Knob> {
        let (shown, _) = knobs_of(lab);
        self.row.checked_sub(Self::seed_row(lab) + 1).and_then(|index| shown.into_iter().nth(index))
    }

    fn move_to(&mut self, row: usize, lab: &Lab) {
        self.row = row;
        self.typing = None;
        if row < lab.presets.len() {
            self.take_preset(row, lab);
        }
    }

    /// Does what a key means; `None` if it means nothing here, `Some(true)` to start.
    pub fn act(&mut self, action: Action, lab: &Lab) -> Option<bool> {
        let last = Self::seed_row(lab) + knobs_of(lab).0.len();
        match action {
            Action::Up => self.move_to(self.row.saturating_sub(1), lab),
            Action::Down => self.move_to((self.row + 1).min(last), lab),
            Action::KnobUp | Action::KnobDown => self.turn(action == Action::KnobUp, lab),
            Action::Confirm if self.typing.is_some() => self.take_typed(lab),
            Action::Confirm => return Some(true),
            Action::Back if self.typing.is_some() => self.typing = None,
            _ => return None,
        }
        Some(false)
    }

    fn turn(&mut self, up: bool, lab: &Lab) {
        self.typing = None;
        if self.row < lab.presets.len() {
            let count = lab.presets.len();
            let next = (self.row + if up { 1 } else { count - 1 }) % count;
            self.move_to(next, lab);
        } else if self.row == Self::seed_row(lab) {
            self.seed = if up { self.seed.saturating_add(1) } else { self.seed.saturating_sub(1) };
        } else if let Some(knob) = self.knob(lab) {
            let now = self.knobs.0.get(knob.name).cloned().unwrap_or(knob.default.clone());
            match knob.notch(&now, up) {
                Some(next) => {
                    self.knobs.0.insert(knob.name.to_owned(), next);
                }
                None => self.typing = Some(now.to_string()),
            }
        }
    }

    fn take_typed(&mut self, lab: &Lab) {
        let Some(typed) = self.typing.take() else { return };
        self.problem = None;
        if self.row == Self::seed_row(lab) {
            match typed.trim().parse() {
                Ok(seed) => self.seed = seed,
                Err(_) => self.problem = Some(format!("seed `{typed}`: expected a whole number from 0")),
            }
        } else if let Some(knob) = self.knob(lab) {
            match knob.parse(&typed) {
                Ok(value) => {
                    self.knobs.0.insert(knob.name.to_owned(), value);
                }
                Err(error) => self.problem = Some(error.to_string()),
            }
        }
    }

    /// A key that the key map has no meaning for: digits begin a value.
    pub fn typed(&mut self, key: &KeyEvent, lab: &Lab) {
        match (key.code, &mut self.typing) {
            (KeyCode::Char(letter), Some(typing)) => typing.push(letter),
            (KeyCode::Backspace, Some(typing)) => {
                typing.pop();
            }
            (KeyCode::Char(digit @ '0'..='9'), None) if self.row >= lab.presets.len() => {
                self.typing = Some(digit.to_string());
            }
            _ => {}
        }
    }

    /// A click: on a preset that is chosen already, it starts.
    pub fn click(&mut self, position: Position, lab: &Lab) -> bool {
        let Some(&(_, row)) = self.rows.iter().find(|(place, _)| place.contains(position)) else { return false };
        let again = row == self.row && row < lab.presets.len();
        self.move_to(row, lab);
        again
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, desk: &Desk, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        self.rows.clear();
        let mut row = 0;
        let selected = self.row;
        let begin = |row: u16, index: usize, buffer: &mut Buffer| {
            let place = Rect { y: area.y + row.min(area.height), height: 1, ..area };
            let chosen = selected == index;
            let style = if chosen { desk.theme.selected() } else { desk.theme.body() };
            if row < area.height {
                buffer.set_style(place, style);
                write(buffer, place, 0, 0, if chosen { "▸" } else { " " }, desk.theme.accented());
            }
            (place, style)
        };
        write(buffer, area, 0, row, desk.say(text::PRESETS), desk.theme.quiet());
        row += 1;
        for (index, (name, preset)) in lab.presets.iter().enumerate() {
            let (place, style) = begin(row, index, buffer);
            let mark = if index == self.preset { "●" } else { "○" };
            write(buffer, area, 2, row, mark, desk.theme.accented());
            write(buffer, area, 4, row, name, style);
            let told = format!(
                "~{} {}  {}",
                preset.seconds,
                desk.say(text::SECONDS),
                preset.summary.in_language(desk.language)
            );
            write(buffer, area, 15, row, &told, if selected == index { style } else { desk.theme.quiet() });
            self.rows.push((place, index));
            row += 1;
        }
        row += 1;
        write(buffer, area, 0, row, desk.say(text::KNOBS), desk.theme.quiet());
        let live = desk.say(text::KNOBS_LIVE);
        write(buffer, area, area.width.saturating_sub(width(live) as u16), row, live, desk.theme.quiet());
        row += 1;
        let seed_row = Self::seed_row(lab);
        let (place, style) = begin(row, seed_row, buffer);
        write(buffer, area, 4, row, desk.say(text::SEED), style);
        self.value(&self.seed.to_string(), seed_row, area, row, style, desk, buffer);
        self.rows.push((place, seed_row));
        row += 1;
        let (shown, _) = knobs_of(lab);
        for (index, knob) in shown.iter().enumerate() {
            let index = seed_row + 1 + index;
            let (place, style) = begin(row, index, buffer);
            write(buffer, area, 2, row, if knob.live { "●" } else { " " }, desk.theme.accented());
            write(buffer, area, 4, row, knob.name, style);
            let value = self.knobs.0.get(knob.name).map(KnobValue::to_string).unwrap_or_default();
            self.value(&value, index, area, row, style, desk, buffer);
            write(
                buffer,
                area,
                34,
                row,
                desk.say(knob.help),
                if selected == index { style } else { desk.theme.quiet() },
            );
            self.rows.push((place, index));
            row += 1;
        }
        row += 1;
        let detail = match (&self.problem, lab.presets.get(self.row), self.knob(lab)) {
            (Some(problem), ..) => problem.clone(),
            (_, Some((_, preset)), _) => preset.summary.in_language(desk.language).to_owned(),
            (_, _, Some(knob)) => format!("{}: {} [{}]", knob.name, desk.say(knob.help), knob.kind),
            _ => String::new(),
        };
        let style = if self.problem.is_some() { Style::new().fg(desk.theme.bad) } else { desk.theme.body() };
        for line in render(&detail, usize::from(area.width), &desk.theme, desk.widths) {
            write(buffer, area, 0, row, &line.to_string(), style);
            row += 1;
        }
        write(buffer, area, 0, row, desk.say(text::PRESS_ENTER), desk.theme.accented());
    }

    #[expect(clippy::too_many_arguments, reason = "one cell of one table")]
    fn value(&self, value: &str, index: usize, area: Rect, row: u16, style: Style, desk: &Desk, buffer: &mut Buffer) {
        match &self.typing {
            Some(typing) if self.row == index => {
                let end = write(buffer, area, 20, row, typing, desk.theme.strong());
                write(buffer, area, end, row, "▏", desk.theme.accented());
            }
            _ => {
                write(buffer, area, 20, row, value, style);
            }
        }
    }
}
