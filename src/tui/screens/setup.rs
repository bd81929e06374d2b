//! What stands on the Train tab before a run: presets, seed and knobs.

use super::in_one_line;
use crate::experiment::{Bilingual, Knob, Knobs};
use crate::lab::Lab;
use crate::markdown::with_powers;
use crate::registry;
use crate::run::{Start, default_threads};
use crate::tui::choices;
use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::width::width;
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
    problem: Option<Bilingual>,
    /// The rows that are in sight, for clicks and for keys that move by a screen.
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
                Err(error) => self.problem = Some(Bilingual::same(error)),
            }
        }
    }

    pub fn in_text(&self) -> bool {
        self.typing.is_some()
    }

    /// The run that is chosen.
    pub fn start(&self, lab: &Lab, app: &AppContext) -> Start {
        Start {
            lab: lab.id.clone(),
            experiment: lab.experiment.clone(),
            preset: lab.presets.get(self.preset).map(|(name, _)| name.clone()),
            knobs: self.knobs.clone(),
            seed: self.seed,
            threads: default_threads(),
            data: app.source.folder.clone(),
            plan: Vec::new(),
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

    /// Chooses a preset, with all its knobs as it sets them.
    pub fn choose(&mut self, preset: usize, lab: &Lab) {
        let preset = preset.min(lab.presets.len().saturating_sub(1));
        self.move_to(preset, lab);
        self.take_preset(preset, lab);
    }

    /// Whether the cursor is below the presets: on the seed or on a knob.
    pub fn is_at_knobs(&self, lab: &Lab) -> bool {
        self.row >= Self::seed_row(lab)
    }

    /// Puts the cursor on a row. Another preset than the chosen one is taken with it; what was changed of the chosen one stays.
    fn move_to(&mut self, row: usize, lab: &Lab) {
        self.row = row;
        self.typing = None;
        if row < lab.presets.len() && row != self.preset {
            self.take_preset(row, lab);
        }
    }

    /// Does what a key means; `None` if it means nothing here, `Some(true)` to start.
    pub fn handle_action(&mut self, action: Action, lab: &Lab) -> Option<bool> {
        let seed = Self::seed_row(lab);
        let last = seed + knobs_of(lab).0.len();
        let page = self.rows.len().saturating_sub(1).max(1);
        let is_at_knobs = self.is_at_knobs(lab);
        // What is being typed is not thrown away by a key that moves in other lists.
        let moves = [Action::Home, Action::End, Action::PageUp, Action::PageDown];
        // What is typed is taken up by a key that goes to another row, as long as it is a value.
        if self.typing.as_ref().is_some_and(|typed| !typed.is_empty()) && matches!(action, Action::Up | Action::Down) {
            self.take_typed(lab);
            if self.problem.is_some() {
                return Some(false);
            }
        }
        match action {
            _ if self.typing.is_some() && moves.contains(&action) => {}
            Action::NextPane | Action::PreviousPane if self.typing.is_some() => self.take_typed(lab),
            // From the knobs back to the preset that they are of: no other is taken on the way.
            Action::Up | Action::PageUp if self.row == seed => self.move_to(self.preset, lab),
            Action::Up => self.move_to(self.row.saturating_sub(1), lab),
            Action::Down => self.move_to((self.row + 1).min(last), lab),
            Action::NextPane | Action::PreviousPane if is_at_knobs => self.move_to(self.preset, lab),
            Action::NextPane | Action::PreviousPane | Action::PageDown if !is_at_knobs => self.move_to(seed, lab),
            Action::PageDown => self.move_to((self.row + page).min(last), lab),
            Action::PageUp if is_at_knobs => self.move_to(self.row.saturating_sub(page).max(seed), lab),
            // Of the presets, or of what stands below them.
            Action::Home | Action::PageUp => self.move_to(if is_at_knobs { seed } else { 0 }, lab),
            Action::End => self.move_to(if is_at_knobs { last } else { seed.saturating_sub(1) }, lab),
            Action::KnobUp | Action::KnobDown => self.turn(action == Action::KnobUp, lab),
            Action::Confirm if self.typing.is_some() => self.take_typed(lab),
            Action::Confirm => return Some(true),
            Action::Back if self.typing.is_some() => self.typing = None,
            Action::TypeNumber if is_at_knobs => self.typing = Some(String::new()),
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
                Err(_) => {
                    self.problem = Some(Bilingual::new(
                        format!("seed `{typed}`: expected a whole number from 0"),
                        format!("シード `{typed}`: 0 以上の整数を指定してください"),
                    ));
                }
            }
        } else if let Some(knob) = self.knob(lab) {
            match knob.parse(&typed) {
                Ok(value) => {
                    self.knobs.0.insert(knob.name.to_owned(), value);
                }
                Err(error) => self.problem = Some(error.wording()),
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

    /// A click chooses what is under it; what starts is the line below, or Enter.
    pub fn click(&mut self, position: Position, lab: &Lab) {
        if let Some(&(_, row)) = self.rows.iter().find(|(place, _)| place.contains(position)) {
            self.move_to(row, lab);
        }
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        let (detail, style) = self.detail(lab, app);
        let detail = render(&detail, usize::from(area.width), &app.theme, app.widths);
        // The choices scroll above what is said of the chosen one, without a free row between where room is scarce.
        let rows = self.lines(lab, app);
        let gap = u16::from(rows.len() + detail.len() + 2 <= usize::from(area.height));
        let foot = (gap + detail.len() as u16 + 1).min(area.height);
        let list = Rect { height: (area.height - foot).min(rows.len() as u16), ..area };
        let foot = Rect { y: list.bottom(), height: area.height - list.height, ..area };
        let below = self.draw_lines(&rows, list, app, buffer);
        for (index, line) in detail.iter().enumerate() {
            write(buffer, foot, 0, gap + index as u16, &with_powers(&line.to_string()), style);
        }
        let last = gap + detail.len() as u16;
        let end = write(buffer, foot, 0, last, app.say(text::PRESS_ENTER), app.theme.accented());
        let place = Rect { y: foot.y + last, width: end, height: 1, ..foot };
        app.places.put(place, Destination::Action(Action::Confirm));
        if below > 0 {
            let more = format!("↓ {below}");
            write(buffer, foot, foot.width.saturating_sub(width(&more) as u16), last, &more, app.theme.quiet());
        }
    }

    /// What is wrong, else what is to be said of the chosen row.
    fn detail(&self, lab: &Lab, app: &AppContext) -> (String, Style) {
        let body = app.theme.body();
        match (&self.problem, lab.presets.get(self.row), self.knob(lab)) {
            (Some(problem), ..) => (problem.in_language(app.language).to_owned(), Style::new().fg(app.theme.bad)),
            (_, Some((_, preset)), _) => (preset.summary.in_language(app.language).to_owned(), body),
            (_, _, Some(knob)) => {
                let kind = choices::expected(&knob, app.language);
                (format!("{}: {} [{kind}]", knob.name, app.say(knob.help)), body)
            }
            _ => (String::new(), body),
        }
    }

    /// All that can be chosen, under headings.
    fn lines(&self, lab: &Lab, app: &AppContext) -> Vec<Line> {
        let heading = |name, about| Line { name, about, ..Line::default() };
        let mut lines = vec![heading(app.say(text::PRESETS).to_owned(), String::new())];
        // Their lengths stand one below another, so that what follows does too.
        let length = |seconds| format!("~{seconds} {}", app.say(text::SECONDS));
        let widest = lab.presets.iter().map(|(_, preset)| width(&length(preset.seconds))).max().unwrap_or(0);
        for (index, (name, preset)) in lab.presets.iter().enumerate() {
            let mark = if index == self.preset { "●" } else { "○" };
            let length = length(preset.seconds);
            let before = " ".repeat(widest - width(&length));
            let summary = in_one_line(preset.summary.in_language(app.language), app);
            let about = format!("{before}{length}  {summary}");
            lines.push(Line { choice: Some(index), mark, name: name.clone(), about, ..Line::default() });
        }
        lines.push(Line::default());
        lines.push(heading(app.say(text::KNOBS).to_owned(), app.say(text::KNOBS_LIVE).to_owned()));
        let (name, value) = (app.say(text::SEED).to_owned(), Some(self.seed.to_string()));
        let seed = Self::seed_row(lab);
        lines.push(Line { choice: Some(seed), name, value, ..Line::default() });
        for (index, knob) in knobs_of(lab).0.into_iter().enumerate() {
            let value = self.knobs.0.get(knob.name);
            let value = value.map(|value| choices::shown(&knob, value, app.language)).unwrap_or_default();
            lines.push(Line {
                choice: Some(seed + 1 + index),
                mark: if knob.live { "●" } else { " " },
                name: knob.name.to_owned(),
                value: Some(value),
                about: app.say(knob.help).to_owned(),
            });
        }
        lines
    }

    /// Lines in columns as wide as what stands in them, the chosen one in sight. How many are hidden below.
    fn draw_lines(&mut self, lines: &[Line], area: Rect, app: &AppContext, buffer: &mut Buffer) -> usize {
        let widest = |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| width(text)).max().unwrap_or(0) as u16;
        let presets = widest(&mut lines.iter().filter(|line| line.value.is_none()).map(|line| &line.name)).max(9);
        let names = widest(&mut lines.iter().filter(|line| line.value.is_some()).map(|line| &line.name)).max(14);
        let values = widest(&mut lines.iter().filter_map(|line| line.value.as_ref())).max(12);
        let chosen = lines.iter().position(|line| line.choice == Some(self.row)).unwrap_or(0);
        let fit = usize::from(area.height);
        let first = (chosen + 2).saturating_sub(fit).min(lines.len().saturating_sub(fit));
        self.rows.clear();
        for (row, line) in lines.iter().skip(first).take(fit).enumerate() {
            let place = Rect { y: area.y + row as u16, height: 1, ..area };
            let Some(choice) = line.choice else {
                write(buffer, place, 0, 0, &line.name, app.theme.quiet());
                let right = area.width.saturating_sub(width(&line.about) as u16);
                write(buffer, place, right, 0, &line.about, app.theme.quiet());
                continue;
            };
            let selected = choice == self.row;
            let style = if selected { app.theme.selected() } else { app.theme.body() };
            buffer.set_style(place, style);
            write(buffer, place, 0, 0, if selected { "▸" } else { " " }, app.theme.accented());
            write(buffer, place, 2, 0, line.mark, app.theme.accented());
            write(buffer, place, 4, 0, &line.name, style);
            let mut column = 4 + presets + 2;
            if let Some(value) = &line.value {
                let end = self.draw_value(value, selected, 4 + names + 2, place, style, app, buffer);
                column = (4 + names + 2 + values).max(end) + 2;
            }
            write(buffer, place, column, 0, &line.about, if selected { style } else { app.theme.quiet() });
            self.rows.push((place, choice));
        }
        lines.len().saturating_sub(first + fit)
    }

    /// A value, or what is typed in its place; the column after it.
    #[expect(clippy::too_many_arguments, reason = "one cell of one table")]
    fn draw_value(
        &self,
        value: &str,
        selected: bool,
        column: u16,
        place: Rect,
        style: Style,
        app: &AppContext,
        buffer: &mut Buffer,
    ) -> u16 {
        match &self.typing {
            Some(typing) if selected => {
                let end = write(buffer, place, column, 0, typing, app.theme.strong());
                write(buffer, place, end, 0, "▏", app.theme.accented())
            }
            _ => write(buffer, place, column, 0, value, style),
        }
    }
}

/// A line of the table: a heading, or something to choose.
#[derive(Default)]
struct Line {
    /// The row that it is.
    choice: Option<usize>,
    mark: &'static str,
    name: String,
    value: Option<String>,
    about: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{KnobKind, KnobValue, Language};
    use crate::tui::screens::snapshots::shown;

    /// The setup of a lab at 80×24 with a row chosen.
    fn drawn(lab: &str, row: usize) -> String {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find(lab).unwrap().clone();
        let mut setup = Setup::new(&lab);
        setup.move_to(row, &lab);
        let area = Rect::new(0, 0, 80, 22);
        let mut buffer = Buffer::empty(area);
        setup.draw(area, &lab, &app, &mut buffer);
        shown(&buffer)
    }

    /// Whatever their lengths are, in seconds of one digit to three.
    #[test]
    fn what_presets_are_about_begins_in_one_column() {
        for lab in ["walker", "word2vec", "transformer"] {
            let text = drawn(lab, 0);
            let ends: Vec<usize> = text
                .lines()
                .filter(|line| line.contains('~'))
                .filter_map(|line| line.find(" s  ").map(|at| line[..at].chars().count()))
                .collect();
            assert!(ends.len() > 2 && ends.iter().all(|end| *end == ends[0]), "{ends:?}\n{text}");
        }
    }

    /// What a summary marks as code, and its powers, are set as on a page.
    #[test]
    fn summaries_show_no_marks_of_markdown() {
        let powers: String = (0..12).map(|row| drawn("word2vec", row)).collect();
        assert!(powers.contains("10¹⁶") && !powers.contains("10^16"), "{powers}");
        let code: String = (0..12).map(|row| drawn("seq2seq", row)).collect();
        assert!(code.contains("quick without teacher forcing") && !code.contains('`'), "{code}");
    }

    /// A preset is taken with one knob changed, by keys and by the mouse: neither way passes over another preset, or starts.
    #[test]
    fn knobs_of_the_chosen_preset_are_reached_without_another() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        let seed = Setup::seed_row(&lab);
        let last = seed + knobs_of(&lab).0.len();
        for (there, back) in [
            (Action::NextPane, Action::PreviousPane),
            (Action::PageDown, Action::PageUp),
            (Action::NextPane, Action::Up),
        ] {
            let mut setup = Setup::new(&lab);
            let press = |setup: &mut Setup, action| assert_eq!(setup.handle_action(action, &lab), Some(false));
            press(&mut setup, Action::Down);
            let (chosen, begun) = (setup.preset, setup.knobs.clone());
            press(&mut setup, there);
            assert_eq!((setup.row, setup.preset), (seed, chosen));
            press(&mut setup, Action::Down);
            press(&mut setup, Action::KnobUp);
            assert_ne!(setup.knobs, begun);
            let changed = setup.knobs.clone();
            press(&mut setup, Action::End);
            assert_eq!(setup.row, last);
            press(&mut setup, Action::Home);
            assert_eq!(setup.row, seed);
            press(&mut setup, back);
            assert_eq!((setup.row, setup.preset, &setup.knobs), (chosen, chosen, &changed), "{back:?}");
            // Another preset and this one again: as it was at first.
            press(&mut setup, Action::Home);
            assert_eq!((setup.row, setup.preset), (0, 0));
            press(&mut setup, Action::Down);
            assert_eq!(setup.knobs, begun);
            press(&mut setup, Action::End);
            assert_eq!(setup.preset, seed - 1);
        }
        let mut setup = Setup::new(&lab);
        let area = Rect::new(0, 0, 80, 22);
        setup.draw(area, &lab, &app, &mut Buffer::empty(area));
        for row in [0, 0, 2, 2, 2, seed + 1] {
            let (place, _) = setup.rows[row];
            setup.click(Position::new(place.x + 5, place.y), &lab);
            assert_eq!((setup.row, setup.preset), (row, if row > seed { 2 } else { row }));
        }
        setup.choose(2, &lab);
        assert_eq!((setup.row, setup.preset), (2, 2));
    }

    /// A notch of any knob of a lab and of any input of its views is seen in its value, which stays a round number.
    #[test]
    fn notches_are_seen_and_round() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let mut count = 0;
        for lab in app.catalogue.labs() {
            let views = registry::find(&lab.experiment).map(|experiment| experiment.views).unwrap_or_default();
            let inputs = views.iter().flat_map(|view| (view.inputs)());
            for knob in knobs_of(lab).0.into_iter().chain(inputs) {
                let ends = match knob.kind {
                    KnobKind::Integer { min, max } => [min as f64, max as f64],
                    KnobKind::Real { min, max, .. } => [min, max],
                    _ => continue,
                };
                let number = |value: &KnobValue| match value {
                    KnobValue::Integer(value) => *value as f64,
                    KnobValue::Real(value) => *value,
                    other => panic!("{other}"),
                };
                count += 1;
                for up in [true, false] {
                    let mut value = knob.default.clone();
                    for turn in 0..12 {
                        let next = knob.notch(&value, up).unwrap();
                        let (before, after) = (number(&value), number(&next));
                        let of = format!("{} of {}: {value} → {next}", knob.name, lab.id);
                        let is_at_end = ends.contains(&after);
                        assert!(next.to_string() != value.to_string() || is_at_end, "{of}");
                        assert!((after > before) == up || after == before && is_at_end, "{of}");
                        // A hundredth of it at the least, once it is round: in two digits that count. Just below 1 of what it lacks to 1.
                        let nears_one = (0.99..1.0).contains(&ends[1]) && before > 0.5;
                        let size = if nears_one { 1.0 - before } else { before.abs() };
                        assert!((after - before).abs() >= 0.0099 * size || is_at_end || turn == 0, "{of}");
                        let digits = next.to_string().replace(['.', '-'], "");
                        let digits = digits.split('e').next().unwrap().trim_matches('0').len();
                        assert!(digits <= 3 || is_at_end || nears_one, "{of}");
                        value = next;
                    }
                }
            }
        }
        assert!(count > 150, "{count}");
    }

    /// A value that was typed is kept by the keys that go to another row, and the line says why where it is none.
    #[test]
    fn a_typed_value_is_taken_up_on_the_way_to_another_row() {
        let folder = tempfile::tempdir().unwrap();
        let lab = AppContext::for_tests(Language::En, folder.path()).catalogue.find("vae").unwrap().clone();
        let mut setup = Setup::new(&lab);
        setup.move_to(Setup::seed_row(&lab), &lab);
        for (typed, seed, row) in [("7", 7, 1), ("7x", 7, 0)] {
            setup.move_to(Setup::seed_row(&lab), &lab);
            typed.chars().for_each(|letter| setup.typed(&KeyEvent::from(KeyCode::Char(letter)), &lab));
            setup.handle_action(Action::Down, &lab);
            assert_eq!((setup.seed, setup.row), (seed, Setup::seed_row(&lab) + row), "{typed}");
            assert_eq!(setup.problem.is_some(), row == 0);
        }
        setup.handle_action(Action::TypeNumber, &lab);
        assert!(setup.in_text());
    }

    #[test]
    fn names_and_values_do_not_run_into_each_other() {
        let texts: Vec<String> = (0..30).map(|row| drawn("gan", row)).collect();
        let mut rows = texts.iter().flat_map(|text| text.lines());
        let row = rows.find(|line| line.contains("discriminator_steps")).expect("a knob of the lab");
        assert!(row.contains("discriminator_steps  1 "), "{row}");
    }

    #[test]
    fn the_chosen_row_is_in_sight_and_so_is_the_way_to_start() {
        for lab in ["gan", "diffusion", "word2vec"] {
            let folder = tempfile::tempdir().unwrap();
            let catalogue = AppContext::for_tests(Language::En, folder.path()).catalogue.clone();
            let lab = catalogue.find(lab).unwrap();
            for row in 0..=Setup::seed_row(lab) + knobs_of(lab).0.len() {
                let text = drawn(&lab.id, row);
                assert!(text.contains("▸") && text.contains("↵ starts"), "{} row {row}\n{text}", lab.id);
            }
        }
    }
}
