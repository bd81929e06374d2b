//! The runs of a lab: each can be opened again, resumed, overlaid, named, exported or deleted, and stands beside the open one and the
//! bundled model.

use super::overlays::Overlays;
use super::{main_figure, status, when};
use crate::experiment::{Knob, KnobValue, Knobs, Report};
use crate::lab::Lab;
use crate::printer::printable;
use crate::registry;
use crate::run::{RunDescription, RunLabel};
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::line;
use crate::width::width;
use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use std::collections::{BTreeMap, BTreeSet};

/// The runs have a third of the room if there are so many, the comparison what is left.
const SHARE: u16 = 3;
/// Columns from one value of the comparison to the next.
const COLUMN: u16 = 18;
/// Characters of a name, a note or a filter.
const LONGEST_TEXT: usize = 200;

/// What a person wants of the list.
pub enum Choice {
    Open(String),
    Resume(String),
    Export(String),
    /// To be laid under the curves, or taken away there.
    Overlay(String),
    Leave,
}

/// What is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Filter,
    Name,
    Note,
}

/// Pinned runs stand first in every order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Newest,
    Largest,
    Smallest,
}

pub struct RunList {
    runs: Vec<RunDescription>,
    labels: BTreeMap<String, RunLabel>,
    order: Order,
    filter: String,
    typing: Option<(Field, String)>,
    /// Places in `runs` that the filter lets through, in their order.
    shown: Vec<usize>,
    lab: String,
    /// How many descriptions could not be read.
    unreadable: usize,
    /// The bundled model, to compare with.
    bundled: Option<Compared>,
    /// A place in `shown`.
    selected: usize,
    /// The first that is shown; it stays while the chosen one is in sight.
    top: usize,
    /// What is deleted when the list is left.
    marked: BTreeSet<String>,
    rows: Vec<(Rect, usize)>,
}

/// The knobs that a run began with, completed, and its report.
struct Compared {
    knobs: Knobs,
    report: Report,
}

impl Compared {
    fn run(run: &RunDescription, declared: &[Knob]) -> Self {
        let knobs = run.knobs.completed(declared).unwrap_or_else(|_| run.knobs.clone());
        Compared { knobs, report: run.report.clone().unwrap_or_default() }
    }

    fn value(&self, knob: &Knob) -> Option<String> {
        self.knobs.0.get(knob.name).map(KnobValue::to_string)
    }

    fn figure(&self, key: &str) -> Option<String> {
        self.report.get(key).and_then(serde_json::Value::as_f64).map(number)
    }
}

impl RunList {
    /// The runs of a lab, the open one chosen.
    ///
    /// # Errors
    /// When the folder of runs cannot be read; one line.
    pub fn new(lab: &Lab, app: &AppContext) -> Result<Self, String> {
        let (mut runs, broken) = app.store.list().map_err(|error| error.to_string())?;
        runs.retain(|run| run.lab == lab.id);
        // A damaged label hides no run.
        let labels = runs.iter().map(|run| (run.id.clone(), app.store.label(&run.id).unwrap_or_default())).collect();
        let bundled = registry::find(&lab.experiment).ok().and_then(|experiment| {
            Some(Compared { knobs: experiment.bundled_knobs().ok()?, report: experiment.bundled_report().ok()? })
        });
        let mut list = RunList {
            runs,
            labels,
            order: Order::Newest,
            filter: String::new(),
            typing: None,
            shown: Vec::new(),
            lab: lab.id.clone(),
            unreadable: broken.len(),
            bundled,
            selected: 0,
            top: 0,
            marked: BTreeSet::new(),
            rows: Vec::new(),
        };
        list.arrange(app.run_of(&lab.id).map(|run| run.id.clone()));
        list.top = list.selected;
        Ok(list)
    }

    fn label(&self, id: &str) -> &RunLabel {
        &self.labels[id]
    }

    fn chosen(&self) -> Option<&RunDescription> {
        self.shown.get(self.selected).map(|place| &self.runs[*place])
    }

    /// Shows the runs that fit the filter, in their order; the run `chosen` stays chosen.
    fn arrange(&mut self, chosen: Option<String>) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let fits = |run: &RunDescription| {
            let (label, seed) = (self.label(&run.id), format!("seed={}", run.seed));
            let knobs = run.knobs.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
            let preset = run.preset.as_deref().unwrap_or_default();
            let status = run.status.to_string();
            let text = [&label.name, &label.note, preset, &run.id, &status, &seed, &knobs].join(" ").to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let mut shown: Vec<usize> = (0..self.runs.len()).filter(|place| fits(&self.runs[*place])).collect();
        let figure = |place: usize| self.runs[place].main_figure().map(|(_, value)| value);
        // Runs without a figure stand last.
        let by_figure = |a: usize, b: usize, largest: bool| match (figure(a), figure(b)) {
            (Some(a), Some(b)) if largest => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        shown.sort_by(|&a, &b| match self.order {
            Order::Newest => a.cmp(&b),
            Order::Largest => by_figure(a, b, true),
            Order::Smallest => by_figure(a, b, false),
        });
        shown.sort_by_key(|place| !self.label(&self.runs[*place].id).pinned);
        self.shown = shown;
        let place = self.shown.iter().position(|place| Some(&self.runs[*place].id) == chosen.as_ref());
        self.selected = place.unwrap_or(0);
    }

    fn rearrange(&mut self) {
        self.arrange(self.chosen().map(|run| run.id.clone()));
    }

    pub fn in_text(&self) -> bool {
        self.typing.is_some()
    }

    /// Whether runs that were deleted are all that there is.
    pub fn holds_none(&self) -> bool {
        self.runs.is_empty()
    }

    pub fn typed(&mut self, key: &KeyEvent) {
        let Some((_, text)) = &mut self.typing else { return };
        if line::typed(text, key, LONGEST_TEXT) {
            self.filter_by_typed();
        }
    }

    pub fn pasted(&mut self, pasted: &str) {
        let Some((_, text)) = &mut self.typing else { return };
        line::pasted(text, pasted, LONGEST_TEXT);
        self.filter_by_typed();
    }

    /// A filter holds while it is typed.
    fn filter_by_typed(&mut self) {
        if let Some((Field::Filter, text)) = &self.typing {
            self.filter.clone_from(text);
            self.rearrange();
        }
    }

    /// Takes what was typed.
    fn take_typed(&mut self, app: &mut AppContext) {
        let Some((field, text)) = self.typing.take() else { return };
        let text = text.trim().to_owned();
        match field {
            Field::Filter => {}
            Field::Name => self.change_label(app, |label| label.name = text),
            Field::Note => self.change_label(app, |label| label.note = text),
        }
    }

    fn change_label(&mut self, app: &mut AppContext, change: impl FnOnce(&mut RunLabel)) {
        let Some(id) = self.chosen().map(|run| run.id.clone()) else { return };
        // As it stands now: one that cannot be read is left as it is, and another process may have changed it.
        let changed = app.store.label(&id).and_then(|mut label| {
            change(&mut label);
            app.store.set_label(&id, &label).map(|()| label)
        });
        match changed {
            Ok(label) => {
                self.labels.insert(id, label);
                self.rearrange();
            }
            Err(error) => app.notify(error.to_string()),
        }
    }

    /// Whether there is no run of the lab, nor one that could be restored.
    pub fn is_empty(&self, app: &AppContext) -> bool {
        self.runs.is_empty() && self.last_deleted(app).is_none()
    }

    /// Does what a key means; what is to be done with the chosen run, if anything. `None` if the key means nothing here.
    pub fn handle_action(&mut self, action: Action, app: &mut AppContext) -> Option<Option<Choice>> {
        let last = self.shown.len().saturating_sub(1);
        let page = self.rows.len().max(1);
        match action {
            Action::Confirm if self.typing.is_some() => {
                self.take_typed(app);
                return Some(None);
            }
            Action::Back if self.typing.is_some() || !self.filter.is_empty() => {
                if !matches!(self.typing.take(), Some((Field::Name | Field::Note, _))) {
                    self.filter.clear();
                    self.rearrange();
                }
                return Some(None);
            }
            Action::Back => return Some(Some(Choice::Leave)),
            Action::Search => {
                self.typing = Some((Field::Filter, self.filter.clone()));
                return Some(None);
            }
            Action::Sort => {
                self.order = match self.order {
                    Order::Newest => Order::Largest,
                    Order::Largest => Order::Smallest,
                    Order::Smallest => Order::Newest,
                };
                self.rearrange();
                return Some(None);
            }
            Action::Undo => {
                self.restore_last(app);
                return Some(None);
            }
            _ => {}
        }
        let run = self.chosen()?;
        match action {
            Action::Up => self.selected = self.selected.saturating_sub(1),
            Action::Down => self.selected = (self.selected + 1).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(page),
            Action::PageDown => self.selected = (self.selected + page).min(last),
            Action::Home => self.selected = 0,
            Action::End => self.selected = last,
            Action::Confirm => return Some(Some(Choice::Open(run.id.clone()))),
            Action::Resume => return Some(Some(Choice::Resume(run.id.clone()))),
            Action::Export => return Some(Some(Choice::Export(run.id.clone()))),
            Action::Overlay => return Some(Some(Choice::Overlay(run.id.clone()))),
            Action::Rename => self.typing = Some((Field::Name, self.label(&run.id).name.clone())),
            Action::Annotate => self.typing = Some((Field::Note, self.label(&run.id).note.clone())),
            Action::Pin => {
                let id = run.id.clone();
                self.marked.remove(&id);
                self.change_label(app, |label| label.pinned = !label.pinned);
            }
            Action::Delete if self.label(&run.id).pinned => {
                let said = app.say(text::RUN_PINNED);
                app.notify(said);
            }
            Action::Delete if app.run.as_ref().is_some_and(|open| open.id == run.id && open.is_live()) => {
                let said = app.say(text::STOP_FIRST);
                app.notify(said);
            }
            Action::Delete => {
                let id = run.id.clone();
                if !self.marked.remove(&id) {
                    self.marked.insert(id);
                }
            }
            _ => return None,
        }
        Some(None)
    }

    fn last_deleted(&self, app: &AppContext) -> Option<RunDescription> {
        let deleted = app.store.deleted();
        let runs = deleted.list().map(|(runs, _)| runs).unwrap_or_default();
        runs.into_iter().filter(|run| run.lab == self.lab).max_by_key(|run| deleted.deleted_at(&run.id))
    }

    /// Brings back the run of this lab that was deleted last.
    fn restore_last(&mut self, app: &mut AppContext) {
        let Some(run) = self.last_deleted(app) else { return app.notify(app.say(text::NONE_DELETED)) };
        if let Err(error) = app.store.restore(&run.id) {
            return app.notify(error.to_string());
        }
        app.notify(format!("{} {}", app.say(text::RUN_RESTORED), run.id));
        self.labels.insert(run.id.clone(), app.store.label(&run.id).unwrap_or_default());
        let id = run.id.clone();
        self.runs.push(run);
        self.runs.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| b.id.cmp(&a.id)));
        self.arrange(Some(id));
    }

    /// A click chooses, and opens what is chosen already; the wheel moves.
    pub fn mouse(&mut self, event: MouseEvent) -> Option<Choice> {
        match event.kind {
            MouseEventKind::ScrollUp => self.selected = self.selected.saturating_sub(1),
            MouseEventKind::ScrollDown => {
                self.selected = (self.selected + 1).min(self.shown.len().saturating_sub(1));
            }
            MouseEventKind::Down(MouseButton::Left) => {
                let position = Position::new(event.column, event.row);
                let &(_, index) = self.rows.iter().find(|(place, _)| place.contains(position))?;
                if index == self.selected {
                    return self.chosen().map(|run| Choice::Open(run.id.clone()));
                }
                self.selected = index;
            }
            _ => {}
        }
        None
    }

    /// A run that is used is not deleted.
    pub fn keep(&mut self, id: &str) {
        self.marked.remove(id);
    }

    /// The list is left: what is marked is deleted.
    pub fn leave(self, app: &mut AppContext) {
        if self.marked.is_empty() {
            return;
        }
        // A run that has just stopped may hold its files still: it gives them up first.
        if app.run.as_ref().is_some_and(|open| self.marked.contains(&open.id)) {
            app.run = None;
        }
        let results: Vec<_> = self.marked.iter().map(|id| app.store.delete(id)).collect();
        let deleted = results.iter().filter(|result| result.is_ok()).count();
        let failed = results.into_iter().find_map(Result::err).map(|error| format!("; {error}"));
        let undo = if deleted > 0 { app.say(text::RUNS_UNDO) } else { "" };
        app.notify(format!("{} {deleted}{}{undo}", app.say(text::RUNS_DELETED), failed.unwrap_or_default()));
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, overlays: &Overlays, app: &AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        self.rows.clear();
        self.draw_heading(area, app, buffer);
        let Some(run) = self.chosen() else {
            let said = if self.runs.is_empty() { text::ALL_DELETED } else { text::RUNS_NO_MATCH };
            write(buffer, area, 0, 2, app.say(said), app.theme.quiet());
            return;
        };
        let aside = match (self.marked.is_empty(), self.unreadable) {
            _ if self.typing.is_some() => String::new(),
            (false, _) => app.say(text::TO_BE_DELETED).to_owned(),
            (true, 0) => String::new(),
            (true, unreadable) => format!("{} {unreadable}", app.say(text::UNREADABLE_RUNS)),
        };
        write(buffer, area, area.width.saturating_sub(width(&aside) as u16), 0, &aside, app.theme.quiet());
        let shown = (self.shown.len() as u16).min(area.height / SHARE);
        let list = Rect { y: area.y + 1, height: shown, ..area };
        let below = Rect { y: list.bottom() + 1, height: area.bottom().saturating_sub(list.bottom() + 1), ..area };
        let failure = run.failure.as_deref().map(|failure| format!("  {failure}")).unwrap_or_default();
        let end = write(buffer, below, 0, 0, &format!("{}{failure}", run.id), app.theme.strong());
        write(buffer, below, end + 2, 0, &printable(&self.label(&run.id).line()), app.theme.body());
        let table = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        self.draw_comparison(table, run, lab, app, buffer);
        self.draw_list(list, overlays, app, buffer);
    }

    /// How many runs there are and in which order, or the line that is typed.
    fn draw_heading(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let field = |field| match field {
            Field::Filter => app.say(text::RUNS_FILTER),
            Field::Name => app.say(text::RUNS_NAME),
            Field::Note => app.say(text::RUNS_NOTE),
        };
        if let Some((typed, text)) = &self.typing {
            let end = write(buffer, area, 0, 0, &format!("{}: ", field(*typed)), app.theme.accented());
            let end = line::draw(text, end, area, &app.theme, buffer);
            write(buffer, area, end, 0, "▏", app.theme.accented());
            return;
        }
        let order = match self.order {
            Order::Newest => "",
            Order::Largest => app.say(text::RUNS_LARGEST),
            Order::Smallest => app.say(text::RUNS_SMALLEST),
        };
        let count = match self.filter.is_empty() {
            true => self.runs.len().to_string(),
            false => format!(
                "{}/{}  {}: {}",
                self.shown.len(),
                self.runs.len(),
                field(Field::Filter),
                printable(&self.filter)
            ),
        };
        let heading = format!("{} {count}  {}", app.say(text::EARLIER_RUNS), order);
        write(buffer, area, 0, 0, &heading, app.theme.quiet());
    }

    /// The chosen run beside the open one and the bundled model.
    fn draw_comparison(&self, area: Rect, run: &RunDescription, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let mut rows = self.compared(run, lab, app);
        let room = usize::from(area.height);
        if rows.len() > room && room > 1 {
            let left_out = rows.len() + 1 - room;
            rows.truncate(room - 1);
            rows.push(vec![text::filled(app.say(text::PANEL_MORE), &[&left_out])]);
        }
        for (row, cells) in rows.iter().enumerate() {
            for (index, cell) in cells.iter().enumerate() {
                let column = if index == 0 { 2 } else { 28 + (index as u16 - 1) * COLUMN };
                let style = if row == 0 || index == 0 { app.theme.quiet() } else { app.theme.body() };
                let end = if index == 0 { 27 } else { column + COLUMN - 1 };
                let place = Rect { width: end.min(area.width), ..area };
                write(buffer, place, column, row as u16, cell, style);
            }
        }
    }

    /// A row of headings, the knobs in which they differ, and the figures of their reports.
    fn compared(&self, run: &RunDescription, lab: &Lab, app: &AppContext) -> Vec<Vec<String>> {
        let Ok(experiment) = registry::find(&lab.experiment) else { return Vec::new() };
        let declared = (experiment.knobs)();
        let open = app.run.as_ref().filter(|open| open.id != run.id);
        let open = open.and_then(|open| self.runs.iter().find(|run| run.id == open.id));
        let [this, open] = [Some(run), open].map(|run| run.map(|run| Compared::run(run, &declared)));
        let columns =
            [(text::THIS_RUN, &this), (text::OPEN_RUN, &open), (text::FROM_SHIPPED, &self.bundled)].into_iter();
        let columns: Vec<_> = columns.filter_map(|(heading, column)| Some((heading, column.as_ref()?))).collect();
        let row = |name: &str, cell: &dyn Fn(&Compared) -> Option<String>| -> Vec<String> {
            let cells = columns.iter().map(|(_, column)| cell(column).unwrap_or_else(|| "–".to_owned()));
            std::iter::once(name.to_owned()).chain(cells).collect()
        };
        let headings = columns.iter().map(|(heading, _)| app.say(*heading).to_owned());
        let mut table = vec![std::iter::once(String::new()).chain(headings).collect()];
        for knob in lab.shown_knobs(&declared) {
            if columns.iter().any(|(_, column)| column.value(&knob) != columns[0].1.value(&knob)) {
                table.push(row(knob.name, &|column| column.value(&knob)));
            }
        }
        for key in experiment.report {
            if columns.iter().any(|(_, column)| column.figure(key).is_some()) {
                table.push(row(key, &|column| column.figure(key)));
            }
        }
        table
    }

    fn draw_list(&mut self, area: Rect, overlays: &Overlays, app: &AppContext, buffer: &mut Buffer) {
        let fit = usize::from(area.height);
        // The window follows the chosen run, and stays where it is while that is in sight: a second click meets the same run.
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(fit));
        let first = self.top.min(self.shown.len().saturating_sub(fit));
        for (row, (index, place)) in self.shown.iter().enumerate().skip(first).take(fit).enumerate() {
            let (run, label) = (&self.runs[*place], self.label(&self.runs[*place].id));
            let place = Rect { y: area.y + row as u16, height: 1, ..area };
            let style = if index == self.selected { app.theme.selected() } else { app.theme.body() };
            buffer.set_style(place, style);
            let mark = if index == self.selected { "▸" } else { " " };
            write(buffer, place, 0, 0, mark, app.theme.accented());
            let mark = match app.run.as_ref().is_some_and(|open| open.id == run.id) {
                _ if self.marked.contains(&run.id) => "✗",
                true => "●",
                false => " ",
            };
            write(buffer, place, 2, 0, mark, app.theme.accented());
            if label.pinned {
                write(buffer, place, 3, 0, "★", app.theme.accented());
            }
            if let Some(color) = overlays.color(&run.id, &app.theme) {
                write(buffer, place, 1, 0, "━", style.fg(color));
            }
            write(buffer, place, 5, 0, &when(&run.started), style);
            write(buffer, place, 22, 0, app.say(status(run.status)), style);
            let preset = Rect { width: 45.min(place.width), ..place };
            let called = if label.name.is_empty() { run.preset.as_deref().unwrap_or("-") } else { &label.name };
            write(buffer, preset, 31, 0, &printable(called), style);
            let seed = Rect { width: 55.min(place.width), ..place };
            write(buffer, seed, 46, 0, &format!("{} {}", app.say(text::SEED), run.seed), style);
            write(buffer, place, 56, 0, &main_figure(run).unwrap_or_default(), style);
            self.rows.push((place, index));
        }
        if first + fit < self.shown.len() {
            let more = format!("↓ {}", self.shown.len() - first - fit);
            // In the free row below the list.
            let below = Rect { y: area.bottom(), height: 1, ..area };
            write(buffer, below, area.width.saturating_sub(width(&more) as u16), 0, &more, app.theme.quiet());
        }
    }
}

#[cfg(test)]
mod tests;
