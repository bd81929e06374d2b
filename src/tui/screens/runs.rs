//! The runs of a lab: each can be opened again, resumed, exported or deleted, and stands beside the open one and the bundled model.

use super::{main_figure, status, when};
use crate::experiment::{Knob, KnobValue, Knobs, Report};
use crate::lab::Lab;
use crate::registry;
use crate::run::RunDescription;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::width::width;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use std::collections::BTreeSet;

/// The runs have a third of the room if there are so many, the comparison what is left.
const SHARE: u16 = 3;
/// Columns from one value of the comparison to the next.
const COLUMN: u16 = 18;

/// What a person wants of the list.
pub enum Choice {
    Open(String),
    Resume(String),
    Export(String),
    Leave,
}

pub struct RunList {
    /// The newest first.
    runs: Vec<RunDescription>,
    /// How many descriptions could not be read.
    unreadable: usize,
    /// The bundled model, to compare with.
    bundled: Option<Compared>,
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
        let open = app.run_of(&lab.id).map(|run| run.id.as_str());
        let selected = runs.iter().position(|run| Some(run.id.as_str()) == open).unwrap_or(0);
        let bundled = registry::find(&lab.experiment).ok().and_then(|experiment| {
            Some(Compared { knobs: experiment.bundled_knobs().ok()?, report: experiment.bundled_report().ok()? })
        });
        let (marked, rows) = (BTreeSet::new(), Vec::new());
        Ok(RunList { runs, unreadable: broken.len(), bundled, selected, top: selected, marked, rows })
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Does what a key means; what is to be done with the chosen run, if anything. `None` if the key means nothing here.
    pub fn handle_action(&mut self, action: Action, app: &mut AppContext) -> Option<Option<Choice>> {
        let last = self.runs.len().saturating_sub(1);
        let page = self.rows.len().max(1);
        let run = self.runs.get(self.selected)?;
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
            Action::Back => return Some(Some(Choice::Leave)),
            Action::Delete if app.run.as_ref().is_some_and(|open| open.id == run.id && open.is_live()) => {
                let said = app.say(text::STOP_FIRST);
                app.notify(said);
            }
            Action::Delete => {
                if !self.marked.remove(&run.id) {
                    self.marked.insert(run.id.clone());
                }
            }
            _ => return None,
        }
        Some(None)
    }

    /// A click chooses, and opens what is chosen already; the wheel moves.
    pub fn mouse(&mut self, event: MouseEvent) -> Option<Choice> {
        match event.kind {
            MouseEventKind::ScrollUp => self.selected = self.selected.saturating_sub(1),
            MouseEventKind::ScrollDown => {
                self.selected = (self.selected + 1).min(self.runs.len().saturating_sub(1));
            }
            MouseEventKind::Down(MouseButton::Left) => {
                let position = Position::new(event.column, event.row);
                let &(_, index) = self.rows.iter().find(|(place, _)| place.contains(position))?;
                if index == self.selected {
                    return Some(Choice::Open(self.runs[index].id.clone()));
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
        app.notify(format!("{} {deleted}{}", app.say(text::RUNS_DELETED), failed.unwrap_or_default()));
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        self.rows.clear();
        let Some(run) = self.runs.get(self.selected) else { return };
        let heading = format!("{} {}", app.say(text::EARLIER_RUNS), self.runs.len());
        write(buffer, area, 0, 0, &heading, app.theme.quiet());
        let aside = match (self.marked.is_empty(), self.unreadable) {
            (false, _) => app.say(text::TO_BE_DELETED).to_owned(),
            (true, 0) => String::new(),
            (true, unreadable) => format!("{} {unreadable}", app.say(text::UNREADABLE_RUNS)),
        };
        write(buffer, area, area.width.saturating_sub(width(&aside) as u16), 0, &aside, app.theme.quiet());
        let shown = (self.runs.len() as u16).min(area.height / SHARE);
        let list = Rect { y: area.y + 1, height: shown, ..area };
        let below = Rect { y: list.bottom() + 1, height: area.bottom().saturating_sub(list.bottom() + 1), ..area };
        let failure = run.failure.as_deref().map(|failure| format!("  {failure}")).unwrap_or_default();
        write(buffer, below, 0, 0, &format!("{}{failure}", run.id), app.theme.strong());
        let table = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        self.draw_comparison(table, run, lab, app, buffer);
        self.draw_list(list, app, buffer);
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

    fn draw_list(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let fit = usize::from(area.height);
        // The window follows the chosen run, and stays where it is while that is in sight: a second click meets the same run.
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(fit));
        let first = self.top.min(self.runs.len().saturating_sub(fit));
        for (row, (index, run)) in self.runs.iter().enumerate().skip(first).take(fit).enumerate() {
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
            write(buffer, place, 4, 0, &when(&run.started), style);
            write(buffer, place, 22, 0, app.say(status(run.status)), style);
            let preset = Rect { width: 45.min(place.width), ..place };
            write(buffer, preset, 31, 0, run.preset.as_deref().unwrap_or("-"), style);
            let seed = Rect { width: 55.min(place.width), ..place };
            write(buffer, seed, 46, 0, &format!("{} {}", app.say(text::SEED), run.seed), style);
            write(buffer, place, 56, 0, &main_figure(run).unwrap_or_default(), style);
            self.rows.push((place, index));
        }
        if first + fit < self.runs.len() {
            let more = format!("↓ {}", self.runs.len() - first - fit);
            // In the free row below the list.
            let below = Rect { y: area.bottom(), height: 1, ..area };
            write(buffer, below, area.width.saturating_sub(width(&more) as u16), 0, &more, app.theme.quiet());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::run::store::tests::description;
    use crossterm::event::KeyModifiers;

    /// However long the list and wherever it stands: a click chooses what is under it, and a second one opens that.
    #[test]
    fn two_clicks_on_a_run_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        for _ in 0..20 {
            app.store.create(description(), &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
        }
        let area = Rect::new(0, 0, 80, 22);
        for chosen in [0, 10, 19] {
            let mut list = RunList::new(&lab, &app).unwrap();
            list.selected = chosen;
            list.draw(area, &lab, &app, &mut Buffer::empty(area));
            for row in 0..list.rows.len() {
                let (place, index) = list.rows[row];
                if index == list.selected {
                    continue;
                }
                let (column, row) = (place.x + 5, place.y);
                let kind = MouseEventKind::Down(MouseButton::Left);
                let click = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
                assert!(list.mouse(click).is_none());
                list.draw(area, &lab, &app, &mut Buffer::empty(area));
                let opened = list.mouse(click);
                assert!(matches!(opened, Some(Choice::Open(id)) if id == list.runs[index].id), "from {chosen}");
            }
        }
    }

    /// What cannot be deleted hinders no other, and is said with the count of those that were.
    #[test]
    fn each_marked_run_is_deleted_that_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        let now = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
        let mut ids = Vec::new();
        let mut locks = Vec::new();
        for _ in 0..3 {
            let (run, lock) = app.store.create(description(), &now).unwrap();
            ids.push(run.id);
            locks.push(lock);
        }
        // The first is under way in another process.
        locks.truncate(1);
        let mut list = RunList::new(&lab, &app).unwrap();
        for _ in 0..3 {
            list.handle_action(Action::Delete, &mut app);
            list.handle_action(Action::Down, &mut app);
        }
        list.leave(&mut app);
        let (left, _) = app.store.list().unwrap();
        assert_eq!(left.iter().map(|run| &run.id).collect::<Vec<_>>(), [&ids[0]]);
        let said = app.notice().unwrap();
        assert!(said.starts_with("runs deleted: 2; ") && said.contains("under way"), "{said}");
    }
}
