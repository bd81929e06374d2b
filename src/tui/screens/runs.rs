//! The runs of a lab, or of all: each can be opened again, resumed, overlaid, named, exported or deleted, and stands beside those that are
//! overlaid, the open one and the bundled model.

mod compared;

use super::overlays::Overlays;
use super::{main_figure, status, when};
use crate::experiment::Bilingual;
use crate::lab::Lab;
use crate::printer::printable;
use crate::run::{RunDescription, RunLabel};
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::line;
use crate::width::{cut, width};
use compared::Compared;
use crossterm::event::{KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use std::collections::BTreeMap;

/// The runs have a third of the room if there are so many, the comparison what is left.
const SHARE: u16 = 3;
/// Columns at which a list of all labs names the seed too, and from which the names of labs have more room.
const WIDE: u16 = 90;
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
    /// The lab that they are of; without one they are of all labs, which are named.
    lab: Option<String>,
    /// What labs are called, by their ids.
    titles: BTreeMap<String, Bilingual>,
    /// How many descriptions could not be read.
    unreadable: usize,
    /// The bundled models, to compare with, by the ids of labs: those that were asked for so far.
    bundled: BTreeMap<String, Option<Compared>>,
    /// A place in `shown`.
    selected: usize,
    /// The first that is shown; it stays while the chosen one is in sight.
    top: usize,
    /// What is deleted when the list is left, in the order in which it was marked.
    marked: Vec<String>,
    rows: Vec<(Rect, usize)>,
}

impl RunList {
    /// The runs of a lab, or of all labs, the open one chosen.
    ///
    /// # Errors
    /// When the folder of runs cannot be read; one line.
    pub fn new(lab: Option<&Lab>, app: &AppContext) -> Result<Self, String> {
        let (mut runs, broken) = app.store.list().map_err(|error| error.to_string())?;
        runs.retain(|run| lab.is_none_or(|lab| run.lab == lab.id));
        // A damaged label hides no run.
        let labels = runs.iter().map(|run| (run.id.clone(), app.store.label(&run.id).unwrap_or_default())).collect();
        let mut list = RunList {
            runs,
            labels,
            order: Order::Newest,
            filter: String::new(),
            typing: None,
            shown: Vec::new(),
            lab: lab.map(|lab| lab.id.clone()),
            titles: app.catalogue.labs().into_iter().map(|lab| (lab.id.clone(), lab.title.clone())).collect(),
            unreadable: broken.len(),
            bundled: BTreeMap::new(),
            selected: 0,
            top: 0,
            marked: Vec::new(),
            rows: Vec::new(),
        };
        list.arrange(app.run.as_ref().map(|run| run.id.clone()));
        list.top = list.selected;
        Ok(list)
    }

    /// Chooses the newest run of a lab, if there is one.
    pub fn stand_on(&mut self, lab: &str) {
        let place = self.shown.iter().position(|place| self.runs[*place].lab == lab);
        self.selected = place.unwrap_or(self.selected);
        self.top = self.selected;
    }

    /// The lab that a run is of, by their ids.
    pub fn lab_of(&self, id: &str) -> Option<&str> {
        self.runs.iter().find(|run| run.id == id).map(|run| run.lab.as_str())
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
            let label = self.label(&run.id);
            let mut texts = vec![label.name.clone(), label.note.clone(), run.id.clone(), run.lab.clone()];
            texts.extend(self.titles.get(&run.lab).into_iter().flat_map(|title| [title.en.clone(), title.ja.clone()]));
            let preset = run.preset.as_deref().unwrap_or_default();
            texts.extend([preset.to_owned(), format!("preset:{preset}"), format!("lab:{}", run.lab)]);
            // As it is written in either language.
            let status = status(run.status);
            texts.extend([status.en, status.ja].iter().flat_map(|word| [(*word).to_owned(), format!("status:{word}")]));
            texts.extend([format!("seed={}", run.seed), format!("seed:{}", run.seed)]);
            texts.extend(run.knobs.0.iter().map(|(name, value)| format!("{name}={value}")));
            let text = texts.join(" ").to_lowercase();
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
            // What is only marked yet is kept after all; then what was deleted comes back.
            Action::Undo => {
                if self.marked.pop().is_none() {
                    self.restore_last(app);
                }
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
                self.keep(&id);
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
                match self.marked.contains(&id) {
                    true => self.keep(&id),
                    false => self.marked.push(id),
                }
            }
            _ => return None,
        }
        Some(None)
    }

    fn last_deleted(&self, app: &AppContext) -> Option<RunDescription> {
        let deleted = app.store.deleted();
        let runs = deleted.list().map(|(runs, _)| runs).unwrap_or_default();
        let is_meant = |run: &RunDescription| self.lab.as_ref().is_none_or(|lab| run.lab == *lab);
        runs.into_iter().filter(is_meant).max_by_key(|run| deleted.deleted_at(&run.id))
    }

    /// Brings back the run that was deleted last, of this lab or of all.
    fn restore_last(&mut self, app: &mut AppContext) {
        let none = if self.lab.is_some() { text::NONE_DELETED } else { text::NONE_DELETED_OF_ALL };
        let Some(run) = self.last_deleted(app) else { return app.notify(app.say(none)) };
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
        self.marked.retain(|marked| marked != id);
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

    pub fn draw(&mut self, area: Rect, overlays: &Overlays, app: &AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        self.rows.clear();
        self.draw_heading(area, app, buffer);
        let Some(run) = self.chosen().cloned() else {
            let said = match (self.runs.is_empty(), &self.lab) {
                (false, _) => text::RUNS_NO_MATCH,
                (true, Some(_)) => text::ALL_DELETED,
                (true, None) => text::ALL_OF_ALL_DELETED,
            };
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
        self.draw_heads(Rect { y: area.y + 1, height: 1, ..area }, app, buffer);
        let list = Rect { y: area.y + 2, height: shown, ..area };
        let below = Rect { y: list.bottom() + 1, height: area.bottom().saturating_sub(list.bottom() + 1), ..area };
        let failure = run.failure.as_deref().map(|failure| format!("  {failure}")).unwrap_or_default();
        let end = write(buffer, below, 0, 0, &format!("{}{failure}", run.id), app.theme.strong());
        write(buffer, below, end + 2, 0, &printable(&self.label(&run.id).line()), app.theme.body());
        let table = Rect { y: below.y + 1, height: below.height.saturating_sub(1), ..below };
        let left_out = self.draw_comparison(table, &run, overlays, app, buffer);
        if left_out > 0 {
            // Of the columns, at the right end of the line above them.
            let more = text::filled(app.say(text::PANEL_MORE), &[&left_out]);
            let column = below.width.saturating_sub(width(&more) as u16);
            write(buffer, below, column, 0, &more, app.theme.quiet());
        }
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
            let end = write(buffer, area, end, 0, "▏", app.theme.accented());
            if *typed == Field::Filter && text.is_empty() {
                let lab = if self.lab.is_none() { "lab:vae  " } else { "" };
                write(buffer, area, end, 0, &format!("{lab}{}", app.say(text::RUNS_FILTER_HOW)), app.theme.quiet());
            }
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
        let of = if self.lab.is_some() { text::EARLIER_RUNS } else { text::RUNS_OF_ALL };
        let heading = format!("{} {count}  {}", app.say(of), order);
        write(buffer, area, 0, 0, &heading, app.theme.quiet());
    }

    /// Where the cells of a row begin: when it began, the lab where there are several, how it stands, its name, the seed, the figure.
    fn columns(&self, width: u16) -> [(u16, u16); 6] {
        let rest = |column: u16| (column, width.saturating_sub(column));
        if self.lab.is_some() {
            return [(5, 16), (22, 0), (22, 9), (31, 14), (46, 9), rest(56)];
        }
        // The year has no room beside the name of the lab.
        let (names, seeds) = if width >= WIDE { (26, 9) } else { (18, 0) };
        let figure = 39 + names + seeds + u16::from(seeds > 0);
        [(5, 11), (17, names), (18 + names, 9), (28 + names, 10), (39 + names, seeds), rest(figure)]
    }

    /// What stands in each column.
    fn draw_heads(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let heads =
            [text::RUNS_STARTED, text::RUNS_LAB, text::RUNS_STATUS, text::RUNS_CALLED, text::SEED, text::RUNS_FIGURE];
        for ((column, columns), head) in self.columns(area.width).into_iter().zip(heads) {
            write(buffer, area, column, 0, &cut(app.say(head), usize::from(columns)), app.theme.quiet());
        }
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
            let called = if label.name.is_empty() { run.preset.as_deref().unwrap_or("-") } else { &label.name };
            let cell = |column: u16, columns: u16, words: &str, buffer: &mut Buffer| {
                let room = Rect { width: (column + columns).min(place.width), ..place };
                write(buffer, room, column, 0, &cut(words, usize::from(columns)), style);
            };
            let started = when(&run.started);
            let title = self.titles.get(&run.lab).map_or(run.lab.as_str(), |title| title.in_language(app.language));
            let cells = [
                if self.lab.is_some() { started.clone() } else { started.get(5..).unwrap_or(&started).to_owned() },
                printable(title),
                app.say(status(run.status)).to_owned(),
                printable(called),
                run.seed.to_string(),
                main_figure(run).unwrap_or_default(),
            ];
            for ((column, columns), words) in self.columns(place.width).into_iter().zip(cells) {
                cell(column, columns, &words, buffer);
            }
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
