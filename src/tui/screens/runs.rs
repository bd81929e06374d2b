//! The runs of a lab: each can be opened again, gone on with, exported or deleted, and stands beside the open one and the bundled model.

use crate::experiment::{Knob, KnobValue, Knobs, Report};
use crate::lab::Lab;
use crate::registry;
use crate::run::{RunDescription, Status};
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

/// Runs shown at least, however much there is to compare.
const LEAST_RUNS: u16 = 5;
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
    selected: usize,
    /// What is deleted when the list is left.
    marked: BTreeSet<String>,
    rows: Vec<(Rect, usize)>,
}

/// A run or a model to compare.
struct Compared {
    heading: &'static str,
    knobs: Knobs,
    report: Report,
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
        Ok(RunList { runs, unreadable: broken.len(), selected, marked: BTreeSet::new(), rows: Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Does what a key means; what is to be done with the chosen run, if anything. `None` if the key means nothing here.
    pub fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> Option<Option<Choice>> {
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
            Action::Delete if app.run_of(&lab.id).is_some_and(|open| open.id == run.id) => {
                let said = app.say(text::RUN_IS_OPEN);
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
        let deleted: Result<Vec<()>, _> = self.marked.iter().map(|id| app.store.delete(id)).collect();
        let said = match deleted {
            Ok(deleted) => format!("{} {}", app.say(text::RUNS_DELETED), deleted.len()),
            Err(error) => error.to_string(),
        };
        app.notify(said);
    }

    pub fn draw(&mut self, area: Rect, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        self.rows.clear();
        let Some(run) = self.runs.get(self.selected) else {
            write(buffer, area, 0, 0, app.say(text::NO_RUNS), app.theme.quiet());
            return;
        };
        let table = compared(run, lab, app);
        let heading = format!("{} {}", app.say(text::EARLIER_RUNS), self.runs.len());
        write(buffer, area, 0, 0, &heading, app.theme.quiet());
        let aside = match (self.marked.is_empty(), self.unreadable) {
            (false, _) => app.say(text::TO_BE_DELETED).to_owned(),
            (true, 0) => String::new(),
            (true, unreadable) => format!("{} {unreadable}", app.say(text::UNREADABLE_RUNS)),
        };
        write(buffer, area, area.width.saturating_sub(width(&aside) as u16), 0, &aside, app.theme.quiet());
        // The list has what the comparison leaves it, and half of the room at least.
        let room = area.height.saturating_sub(1);
        let free = room.saturating_sub(table.len() as u16 + 2).max(room / 2).max(LEAST_RUNS);
        let list = Rect { y: area.y + 1, height: free.min(self.runs.len() as u16).min(room), ..area };
        self.draw_list(list, app, buffer);
        let below = Rect { y: list.bottom() + 1, height: area.bottom().saturating_sub(list.bottom() + 1), ..area };
        let run = &self.runs[self.selected];
        let failure = run.failure.as_deref().map(|failure| format!("  {failure}")).unwrap_or_default();
        write(buffer, below, 0, 0, &format!("{}{failure}", run.id), app.theme.strong());
        for (row, cells) in table.iter().enumerate() {
            for (index, cell) in cells.iter().enumerate() {
                let column = if index == 0 { 2 } else { 28 + (index as u16 - 1) * COLUMN };
                let style = if row == 0 || index == 0 { app.theme.quiet() } else { app.theme.body() };
                let end = if index == 0 { 27 } else { column + COLUMN - 1 };
                let place = Rect { width: end.min(below.width), ..below };
                write(buffer, place, column, 1 + row as u16, cell, style);
            }
        }
    }

    fn draw_list(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let fit = usize::from(area.height);
        let first = (self.selected + 1).saturating_sub(fit).min(self.runs.len().saturating_sub(fit));
        for (row, (index, run)) in self.runs.iter().enumerate().skip(first).take(fit).enumerate() {
            let place = Rect { y: area.y + row as u16, height: 1, ..area };
            let style = if index == self.selected { app.theme.selected() } else { app.theme.body() };
            buffer.set_style(place, style);
            let mark = if index == self.selected { "▸" } else { " " };
            write(buffer, place, 0, 0, mark, app.theme.accented());
            let marked = if self.marked.contains(&run.id) { "✗" } else { " " };
            let is_open = app.run.as_ref().is_some_and(|open| open.id == run.id);
            write(buffer, place, 2, 0, if is_open { "●" } else { marked }, app.theme.accented());
            let started: String = run.started.replacen('T', " ", 1).chars().take(16).collect();
            write(buffer, place, 4, 0, &started, style);
            write(buffer, place, 22, 0, standing(run.status, app), style);
            let preset = Rect { width: 46.min(place.width), ..place };
            write(buffer, preset, 32, 0, run.preset.as_deref().unwrap_or("-"), style);
            let seed = Rect { width: 57.min(place.width), ..place };
            write(buffer, seed, 47, 0, &format!("{} {}", app.say(text::SEED), run.seed), style);
            write(buffer, place, 58, 0, &headline(run), style);
            self.rows.push((place, index));
        }
        if first + fit < self.runs.len() {
            let more = format!("↓ {}", self.runs.len() - first - fit);
            let column = area.width.saturating_sub(width(&more) as u16);
            write(buffer, area, column, area.height - 1, &more, app.theme.quiet());
        }
    }
}

fn standing(status: Status, app: &AppContext) -> &'static str {
    app.say(match status {
        Status::Running => text::RUNNING,
        Status::Stopped => text::STOPPED,
        Status::Failed => text::FAILED,
        Status::Finished => text::FINISHED,
    })
}

/// The figures of a report that are numbers, in the order in which the experiment declares them.
fn figures(run: &str, report: &Report) -> Vec<(String, f64)> {
    let keys = registry::find(run).map(|experiment| experiment.report).unwrap_or_default();
    let figure = |key: &&str| Some(((*key).to_owned(), report.get(*key)?.as_f64()?));
    keys.iter().filter_map(figure).collect()
}

/// The first figure of a run's report.
fn headline(run: &RunDescription) -> String {
    let figures = run.report.as_ref().map(|report| figures(&run.experiment, report)).unwrap_or_default();
    figures.first().map(|(name, value)| format!("{name} {}", number(*value))).unwrap_or_default()
}

/// A run beside the open one and the bundled model: a row of headings, the knobs in which they differ, and the figures of their reports.
fn compared(run: &RunDescription, lab: &Lab, app: &AppContext) -> Vec<Vec<String>> {
    let Ok(experiment) = registry::find(&lab.experiment) else { return Vec::new() };
    let declared = (experiment.knobs)();
    let completed = |knobs: &Knobs| knobs.completed(&declared).unwrap_or_else(|_| knobs.clone());
    let mut columns = vec![Compared {
        heading: app.say(text::THIS_RUN),
        knobs: completed(&run.knobs),
        report: run.report.clone().unwrap_or_default(),
    }];
    if let Some(open) = app.run_of(&lab.id).filter(|open| open.id != run.id) {
        let report = open.report.clone().unwrap_or_default();
        columns.push(Compared { heading: app.say(text::OPEN_RUN), knobs: completed(&open.knobs), report });
    }
    if let (Ok(knobs), Ok(report)) = (experiment.bundled_knobs(), experiment.bundled_report()) {
        columns.push(Compared { heading: app.say(text::FROM_SHIPPED), knobs, report });
    }
    let row = |name: &str, cell: &dyn Fn(&Compared) -> Option<String>| -> Vec<String> {
        let cells = columns.iter().map(|column| cell(column).unwrap_or_else(|| "–".to_owned()));
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let mut table = vec![row("", &|column| Some(column.heading.to_owned()))];
    let value = |column: &Compared, knob: &Knob| column.knobs.0.get(knob.name).map(KnobValue::to_string);
    for knob in lab.shown_knobs(&declared) {
        if columns.iter().any(|column| value(column, &knob) != value(&columns[0], &knob)) {
            table.push(row(knob.name, &|column| value(column, &knob)));
        }
    }
    for key in experiment.report {
        let figure = |column: &Compared| column.report.get(*key).and_then(serde_json::Value::as_f64).map(number);
        if columns.iter().any(|column| figure(column).is_some()) {
            table.push(row(key, &figure));
        }
    }
    table
}
