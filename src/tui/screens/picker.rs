//! The lab picker.

mod detail;
mod preview;
mod runs;

use crate::lab::Lab;
use crate::run::RunDescription;
use crate::tui::context::{AppContext, Reply};
use crate::tui::destination::Destination;
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::{width, wrapped};
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use preview::LabPreview;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};
use runs::Runs;

/// Bytes of a search, at most.
const LONGEST_SEARCH: usize = 200;

/// What was chosen in the picker.
pub enum Chosen {
    Nothing,
    Quit,
    /// A lab, and the tab to open it at.
    Lab(String, Option<usize>),
    /// A place within a lab, or one of its runs.
    Place(Destination),
    /// The demo of a lab.
    Demo(String),
}

pub struct Picker {
    selected: usize,
    search: Option<String>,
    preview: LabPreview,
    /// Rows of labs, for the mouse.
    rows: Vec<(Rect, usize)>,
    last_run: Option<RunDescription>,
    /// Whether the list has room for how long each lab takes.
    has_minutes: bool,
    /// The runs of all labs, while they are looked at.
    runs: Option<Runs>,
}

/// Columns of the list beside the name of a lab, and those of its minutes.
const LIST_BESIDE: u16 = 12;
const MINUTES_BESIDE: u16 = 8;

impl Picker {
    pub fn new(app: &mut AppContext) -> Self {
        let place = app.progress.setting("place");
        let labs = app.catalogue.labs();
        let known = place.and_then(|place| {
            let id = place.split(':').next().unwrap_or_default().to_owned();
            labs.iter().position(|lab| lab.id == id)
        });
        // A new student's first ↵ opens the first lab that there is.
        Picker {
            selected: known.unwrap_or(0),
            search: None,
            preview: LabPreview::default(),
            rows: Vec::new(),
            last_run: None,
            has_minutes: false,
            runs: None,
        }
    }

    /// Chooses the lab that was left.
    pub fn stand_on(&mut self, lab: &str, app: &AppContext) {
        if let Some(index) = app.catalogue.labs().iter().position(|known| known.id == lab) {
            self.selected = index;
        }
    }

    /// The screen is shown: look at runs again, and ask for the preview.
    pub fn opened(&mut self, app: &mut AppContext) {
        self.select(self.selected, app);
    }

    /// Labs that the search leaves, by their place in the catalogue.
    fn found(&self, app: &AppContext) -> Vec<usize> {
        let typed = self.search.as_deref().unwrap_or_default().to_lowercase();
        let labs = app.catalogue.labs();
        let matches = |lab: &Lab| {
            let texts = [&lab.title.en, &lab.title.ja, &lab.summary.en, &lab.summary.ja, &lab.id];
            texts.iter().any(|text| text.to_lowercase().contains(&typed))
        };
        (0..labs.len()).filter(|&index| matches(labs[index])).collect()
    }

    fn lab(&self, app: &AppContext) -> Option<Lab> {
        let found = self.found(app);
        let index = if found.contains(&self.selected) { self.selected } else { *found.first()? };
        app.catalogue.labs().get(index).map(|lab| (*lab).clone())
    }

    /// The lab that is meant by what is typed: one whose title or id begins with it, else one whose title has it, else the first that
    /// is found.
    fn meant(&self, app: &AppContext) -> Option<usize> {
        let typed = self.search.as_deref()?.to_lowercase();
        let labs = app.catalogue.labs();
        let rank = |index: &usize| {
            let names =
                [&labs[*index].id, &labs[*index].title.en, &labs[*index].title.ja].map(|name| name.to_lowercase());
            match (names.iter().any(|name| name.starts_with(&typed)), names.iter().any(|name| name.contains(&typed))) {
                (true, _) => 0,
                (_, true) => 1,
                _ => 2,
            }
        };
        self.found(app).into_iter().min_by_key(rank)
    }

    fn select(&mut self, index: usize, app: &mut AppContext) {
        self.selected = index;
        let Some(lab) = self.lab(app) else { return };
        let runs = app.store.list().map(|(runs, _)| runs).unwrap_or_default();
        self.last_run = runs.into_iter().find(|run| run.lab == lab.id);
        self.preview.open(&lab.experiment, app);
    }

    fn step(&mut self, by: isize, app: &mut AppContext) {
        let found = self.found(app);
        let Some(at) = found.iter().position(|&index| index == self.selected).or(Some(0)) else { return };
        if let Some(&index) = found.get(at.saturating_add_signed(by).min(found.len().saturating_sub(1))) {
            self.select(index, app);
        }
    }

    pub fn in_text(&self) -> bool {
        self.runs.as_ref().map_or(self.search.is_some(), Runs::in_text)
    }

    /// Which keys hold here.
    pub fn context(&self) -> Context {
        match &self.runs {
            Some(runs) => runs.context(),
            None if self.search.is_some() => Context::PickerSearch,
            None => Context::Picker,
        }
    }

    pub fn handle_action(&mut self, action: Action, app: &mut AppContext) -> Chosen {
        if self.runs.is_some() {
            return self.act_on_runs(action, app);
        }
        match action {
            Action::Up => self.step(-1, app),
            Action::Down => self.step(1, app),
            Action::Home | Action::PageUp => self.step(isize::MIN / 2, app),
            Action::End | Action::PageDown => self.step(isize::MAX / 2, app),
            Action::Search => self.search = Some(String::new()),
            Action::Back if self.search.is_some() => self.search = None,
            Action::Back => return Chosen::Quit,
            Action::Confirm => {
                if let Some(lab) = self.lab(app) {
                    self.search = None;
                    return Chosen::Lab(lab.id, None);
                }
            }
            Action::Runs => self.open_runs(app),
            Action::Demo => {
                if let Some(lab) = self.lab(app) {
                    self.search = None;
                    return Chosen::Demo(lab.id);
                }
            }
            Action::Continue => {
                let place = app.progress.setting("place").unwrap_or_default();
                let (id, tab) = place.split_once(':').unwrap_or((&place, "0"));
                if app.catalogue.find(id).is_ok() {
                    return Chosen::Lab(id.to_owned(), tab.parse().ok());
                }
                return self.handle_action(Action::Confirm, app);
            }
            _ => {}
        }
        Chosen::Nothing
    }

    pub fn typed(&mut self, key: &KeyEvent, app: &mut AppContext) {
        if let Some(runs) = &mut self.runs {
            return runs.typed(key);
        }
        let Some(search) = &mut self.search else { return };
        match key.code {
            KeyCode::Char(letter) if search.len() < LONGEST_SEARCH => search.push(letter),
            KeyCode::Backspace => {
                if search.pop().is_none() {
                    self.search = None;
                }
            }
            _ => return,
        }
        match self.meant(app) {
            Some(index) => self.select(index, app),
            None => self.step(0, app),
        }
    }

    pub fn pasted(&mut self, pasted: &str) {
        if let Some(runs) = &mut self.runs {
            runs.pasted(pasted);
        } else if let Some(search) = &mut self.search {
            search.extend(pasted.chars().filter(|letter| !letter.is_control()).take(LONGEST_SEARCH));
        }
    }

    pub fn mouse(&mut self, event: MouseEvent, app: &mut AppContext) -> Chosen {
        if self.runs.is_some() {
            return self.mouse_on_runs(event, app);
        }
        let under = |row: &&(Rect, usize)| row.0.contains(Position::new(event.column, event.row));
        match event.kind {
            MouseEventKind::ScrollUp => self.step(-1, app),
            MouseEventKind::ScrollDown => self.step(1, app),
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(&(_, index)) = self.rows.iter().find(under) {
                    if index == self.selected {
                        return self.handle_action(Action::Confirm, app);
                    }
                    self.select(index, app);
                }
            }
            _ => {}
        }
        Chosen::Nothing
    }

    pub fn answered(&mut self, reply: &Reply, app: &mut AppContext) {
        self.preview.answered(reply, app);
    }

    pub fn in_motion(&self) -> bool {
        self.runs.is_none() && self.preview.in_motion()
    }

    pub fn tick(&mut self, app: &mut AppContext) {
        self.preview.tick(app);
    }

    pub fn draw(&mut self, area: Rect, app: &mut AppContext, buffer: &mut Buffer) {
        if let Some(runs) = &mut self.runs {
            return runs.draw(area, app, buffer);
        }
        let rows = [Constraint::Length(2), Constraint::Fill(1), Constraint::Length(1)];
        let [head, body, rule] = Layout::vertical(rows).areas(area);
        let total: usize = app.catalogue.labs().iter().map(|lab| lab.exercises.len()).sum();
        let solved: Vec<usize> = app.catalogue.labs().iter().map(|lab| app.progress.solved(&lab.id).len()).collect();
        let done =
            app.catalogue.labs().iter().zip(&solved).filter(|(lab, solved)| **solved >= lab.exercises.len()).count();
        let end = write(buffer, head, 1, 0, "shinso 深層", app.theme.accented());
        if head.width > 100 {
            write(buffer, head, end + 2, 0, app.say(text::TAGLINE), app.theme.quiet());
        }
        let tally = format!(
            "{}/{} {} · {}/{total} {}",
            done,
            app.catalogue.labs().len(),
            app.say(text::LABS_DONE),
            solved.iter().sum::<usize>(),
            app.say(text::EXERCISES_DONE),
        );
        let column = head.width.saturating_sub(width(&tally) as u16 + 1);
        write(buffer, head, column, 0, &tally, app.theme.quiet());
        let languages = column.saturating_sub(8);
        for (offset, language) in crate::experiment::Language::ALL.into_iter().enumerate() {
            let style = if language == app.language { app.theme.strong() } else { app.theme.quiet() };
            write(buffer, head, languages + 3 * offset as u16, 0, &language.to_string(), style);
        }
        write(buffer, head, languages + 2, 0, "│", app.theme.rule());
        let place = Rect { x: head.x + languages, width: 5, height: 1, ..head };
        app.places.put(place, Destination::Action(Action::SwitchLanguage));
        for row in [head.y + 1, rule.y] {
            write(buffer, area, 0, row - area.y, &"─".repeat(usize::from(area.width)), app.theme.rule());
        }
        // All names stand whole; the minutes beside them where there is room.
        let names = app.catalogue.labs().into_iter().map(|lab| width(lab.title.in_language(app.language)));
        let needed = names.max().unwrap_or(0) as u16 + LIST_BESIDE;
        let left = (area.width * 2 / 5).max(needed).min(area.width * 3 / 5);
        self.has_minutes = left >= needed + MINUTES_BESIDE;
        let [list, detail] = Layout::horizontal([Constraint::Length(left), Constraint::Fill(1)]).areas(body);
        self.draw_list(list, app, buffer);
        for row in 0..detail.height {
            write(buffer, detail, 0, row, "│", app.theme.rule());
        }
        self.draw_detail(detail.inner(Margin::new(2, 0)), app, buffer);
    }

    fn draw_list(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        self.rows.clear();
        let mut row = 0;
        if let Some(search) = &self.search {
            let end = write(buffer, area, 1, row, &format!("/ {search}"), app.theme.strong());
            write(buffer, area, end, row, "▏", app.theme.accented());
            row += 2;
        }
        let found = self.found(app);
        if found.is_empty() {
            for line in wrapped(app.say(text::NOTHING_FOUND), usize::from(area.width.saturating_sub(2))) {
                write(buffer, area, 1, row, &line, app.theme.quiet());
                row += 1;
            }
        }
        let labs = app.catalogue.labs();
        // Headings of chapters, and labs beneath.
        let mut lines: Vec<Option<usize>> = Vec::new();
        for index in found {
            if lines.last().is_none_or(|last| last.is_none_or(|last| labs[last].chapter != labs[index].chapter)) {
                lines.push(None);
            }
            lines.push(Some(index));
        }
        // The list follows the choice where it has more rows than there is room for.
        let room = usize::from(area.height - row);
        let chosen = lines.iter().position(|line| *line == Some(self.selected)).unwrap_or(0);
        let top = (chosen + 2).min(lines.len()).saturating_sub(room);
        for (at, line) in lines.iter().enumerate().skip(top).take(room) {
            let place = Rect { y: area.y + row, height: 1, ..area };
            row += 1;
            match line {
                Some(index) => {
                    self.draw_row(labs[*index], *index == self.selected, place, app, buffer);
                    self.rows.push((place, *index));
                }
                None => {
                    let chapter = lines.get(at + 1).copied().flatten().map_or(0, |index| labs[index].chapter);
                    let title = format!("{chapter} {}", app.say(text::chapter(chapter)));
                    write(buffer, place, 1, 0, &title, app.theme.quiet());
                }
            }
        }
        for (mark, is_more, y) in [("↑", top > 0, 0), ("↓", top + room < lines.len(), area.height - 1)] {
            if is_more {
                write(buffer, area, area.width - 1, y, mark, app.theme.accented());
            }
        }
    }

    fn draw_row(&self, lab: &Lab, chosen: bool, place: Rect, app: &AppContext, buffer: &mut Buffer) {
        let style = if chosen { app.theme.selected() } else { app.theme.body() };
        buffer.set_style(place, style);
        let solved = app.progress.solved(&lab.id).len();
        let mark = match solved {
            0 => " ",
            solved if solved >= lab.exercises.len() => "✓",
            _ => "◐",
        };
        let live = app.run_of(&lab.id).is_some_and(crate::tui::live_run::LiveRun::is_live);
        write(buffer, place, 1, 0, if chosen { "▸" } else { " " }, app.theme.accented());
        write(buffer, place, 3, 0, if live { "●" } else { mark }, app.theme.accented());
        let minutes = format!(" {:>3} {}", lab.minutes, app.say(text::MINUTES));
        let minutes = if self.has_minutes { minutes } else { String::new() };
        let tally = format!("{solved}/{}{minutes}", lab.exercises.len());
        let column = place.width.saturating_sub(width(&tally) as u16 + 1);
        let title = Rect { width: column.saturating_sub(1), ..place };
        write(buffer, title, 5, 0, lab.title.in_language(app.language), style);
        write(buffer, place, column, 0, &tally, if chosen { style } else { app.theme.quiet() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::tui::screens::shown;

    /// A name without room ends in … before what stands beside it.
    #[test]
    fn a_name_that_is_cut_says_so() {
        let folder = tempfile::tempdir().unwrap();
        for language in Language::ALL {
            let mut app = AppContext::for_tests(language, folder.path());
            let picker = Picker::new(&mut app);
            for lab in app.catalogue.labs() {
                let title = lab.title.in_language(language);
                for columns in [24, 60] {
                    let area = Rect::new(0, 0, columns, 1);
                    let mut buffer = Buffer::empty(area);
                    picker.draw_row(lab, false, area, &app, &mut buffer);
                    let text = shown(&buffer);
                    let tally = format!("0/{}", lab.exercises.len());
                    let (name, _) = text.split_once(&tally).expect("how many are solved");
                    let is_whole = name.contains(title);
                    assert!(is_whole || name.trim_end().ends_with('…'), "{text}");
                    assert!(is_whole || columns == 24, "{text}");
                    assert!(name.ends_with(' '), "{text}");
                }
            }
        }
    }
}
