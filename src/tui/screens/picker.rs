//! The lab picker.

use crate::experiment::board::{Board, Played};
use crate::experiment::{Answer, GameAnswer, GameQuery, GrayImage, ImageGrid, Knobs, Panel, Preview, Query, Wording};
use crate::lab::Lab;
use crate::registry;
use crate::run::question::Question;
use crate::run::{RunDescription, Status};
use crate::tui::context::{AppContext, Reply};
use crate::tui::instruments::latent_plane::walk;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::board::{self, Letters, Marks};
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::tui::widgets::panel::{self, Look};
use crate::width::width;
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Position, Rect};

/// The questions that a preview may ask.
const PREVIEW: [&str; 5] = ["preview/plane", "preview/walk", "preview/view", "preview/board", "preview/think"];
/// Whose session plays in a preview: not the one of the lab itself.
const SESSION: &str = "picker";
/// Who plays in a preview, and how many pictures a move is shown for.
const PREVIEW_AGENT: &str = "mcts:400,threads=1";
const PREVIEW_PACE: usize = 4;
/// Pictures of the preview's walk.
const STOPS: usize = 48;

/// What was chosen in the picker.
pub enum Chosen {
    Nothing,
    Quit,
    /// A lab, and the tab to open it at.
    Lab(String, Option<usize>),
}

pub struct Picker {
    selected: usize,
    search: Option<String>,
    preview_of: Option<String>,
    preview: Vec<GrayImage>,
    /// What is shown of a model that makes no pictures.
    preview_panel: Option<Panel>,
    /// What that is.
    preview_help: Option<Wording>,
    /// A game that two machines play.
    preview_game: Option<(Played, Board)>,
    /// How many such games there were.
    games: u64,
    at: usize,
    /// Rows of labs, for the mouse.
    rows: Vec<(Rect, usize)>,
    last_run: Option<RunDescription>,
}

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
            preview_of: None,
            preview: Vec::new(),
            preview_panel: None,
            preview_help: None,
            preview_game: None,
            games: 0,
            at: 0,
            rows: Vec::new(),
            last_run: None,
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

    fn select(&mut self, index: usize, app: &mut AppContext) {
        self.selected = index;
        let Some(lab) = self.lab(app) else { return };
        let runs = app.store.list().map(|(runs, _)| runs).unwrap_or_default();
        self.last_run = runs.into_iter().find(|run| run.lab == lab.id);
        if self.preview_of.as_deref() != Some(&lab.id) {
            self.preview_of = Some(lab.id.clone());
            self.preview.clear();
            (self.preview_panel, self.preview_game) = (None, None);
            // What is still on its way is of the lab before.
            PREVIEW.iter().for_each(|key| app.questions.call_off(key));
            let Ok(experiment) = registry::find(&lab.experiment) else { return };
            // Another example than the one that Explore begins with.
            let view = |name: &str| Query::View { name: name.to_owned(), inputs: Knobs::default() };
            let (key, query) = match experiment.preview {
                Preview::Nothing => return,
                Preview::LatentWalk => ("preview/plane", Query::LatentPlane { count: 300 }),
                Preview::Samples => ("preview/walk", Query::Sample { count: 20, seed: 1 }),
                Preview::View(name) => {
                    self.preview_help = experiment.view(name).ok().map(|view| view.help);
                    ("preview/view", view(name))
                }
                Preview::Game(game) => {
                    ("preview/board", GameQuery::Board { played: Played::of(game), typed: None }.into())
                }
            };
            self.ask(key, query, app);
        }
    }

    fn step(&mut self, by: isize, app: &mut AppContext) {
        let found = self.found(app);
        let Some(at) = found.iter().position(|&index| index == self.selected).or(Some(0)) else { return };
        if let Some(&index) = found.get(at.saturating_add_signed(by).min(found.len().saturating_sub(1))) {
            self.select(index, app);
        }
    }

    pub fn in_text(&self) -> bool {
        self.search.is_some()
    }

    pub fn handle_action(&mut self, action: Action, app: &mut AppContext) -> Chosen {
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
        let Some(search) = &mut self.search else { return };
        match key.code {
            KeyCode::Char(letter) => search.push(letter),
            KeyCode::Backspace => {
                if search.pop().is_none() {
                    self.search = None;
                }
            }
            _ => return,
        }
        self.step(0, app);
    }

    pub fn pasted(&mut self, pasted: &str) {
        if let Some(search) = &mut self.search {
            search.extend(pasted.chars().filter(|letter| !letter.is_control()));
        }
    }

    pub fn mouse(&mut self, event: MouseEvent, app: &mut AppContext) -> Chosen {
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

    pub fn answered(&mut self, (key, answer): &Reply, app: &mut AppContext) {
        match (key.as_str(), answer) {
            ("preview/plane", Ok(Answer::LatentPlane(plane))) => {
                self.ask("preview/walk", Query::Decode { latents: walk(plane, STOPS, 1) }, app);
            }
            ("preview/walk", Ok(Answer::Pictures { pictures })) => self.preview.clone_from(pictures),
            ("preview/view", Ok(Answer::Panels { panels })) => self.take_panels(panels),
            ("preview/board", Ok(Answer::Game(GameAnswer::Board { played, board }))) => {
                self.preview_game = Some((played.clone(), (**board).clone()));
            }
            ("preview/think", Ok(Answer::Game(GameAnswer::Thinking(thinking)))) if thinking.finished => {
                let best = thinking.considered.first().and_then(|best| best.line.first());
                if let (Some((played, _)), Some(best)) = (&self.preview_game, best) {
                    let mut played = played.clone();
                    played.moves.push(best.number);
                    self.ask("preview/board", GameQuery::Board { played, typed: None }, app);
                }
            }
            (_, Err(failure)) => app.notify(failure.in_language(app.language)),
            _ => {}
        }
    }

    /// Pictures with what becomes of them, one after the other; else the first panel that can stand still.
    fn take_panels(&mut self, panels: &[Panel]) {
        let rows: Vec<&[GrayImage]> = panels
            .iter()
            .filter_map(|panel| match panel {
                Panel::Pictures { images, .. } => Some(images.pictures.as_slice()),
                _ => None,
            })
            .take(2)
            .collect();
        let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
        let at = |column: usize| rows.iter().filter_map(move |row| row.get(column).cloned());
        self.preview = (0..columns).flat_map(at).collect();
        self.preview_panel = if rows.is_empty() { panels.first().cloned() } else { None };
    }

    pub fn in_motion(&self) -> bool {
        !self.preview.is_empty() || self.preview_game.is_some()
    }

    pub fn tick(&mut self, app: &mut AppContext) {
        self.at += 1;
        if let Some((played, board)) = &self.preview_game
            && self.at.is_multiple_of(PREVIEW_PACE)
            && !app.questions.is_busy()
        {
            if board.ending.is_none() {
                let query = GameQuery::Think {
                    played: played.clone(),
                    agent: PREVIEW_AGENT.to_owned(),
                    exploration: None,
                    seed: self.games,
                    at_most_seconds: None,
                    without_end: false,
                };
                self.ask("preview/think", query, app);
            } else if self.at.is_multiple_of(6 * PREVIEW_PACE) {
                self.games += 1;
                let played = Played::of(&played.game);
                self.ask("preview/board", GameQuery::Board { played, typed: None }, app);
            }
        }
    }

    /// Asks the bundled model of the selected lab.
    fn ask(&self, key: &str, query: impl Into<Query>, app: &mut AppContext) {
        let Some(lab) = self.lab(app) else { return };
        let source = app.shipped(&lab.experiment);
        app.questions.ask(Question::new(key, query.into(), source, SESSION));
    }

    pub fn draw(&mut self, area: Rect, app: &mut AppContext, buffer: &mut Buffer) {
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
        for row in [head.y + 1, rule.y] {
            write(buffer, area, 0, row - area.y, &"─".repeat(usize::from(area.width)), app.theme.rule());
        }
        let left = (area.width * 2 / 5).clamp(36, 56);
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
            write(buffer, area, 1, row, app.say(text::NOTHING_FOUND), app.theme.quiet());
        }
        let labs = app.catalogue.labs();
        let mut chapter = 0;
        for index in found {
            let lab = labs[index];
            if lab.chapter != chapter {
                chapter = lab.chapter;
                let title = format!("{chapter} {}", app.say(text::chapter(chapter)));
                write(buffer, area, 1, row, &title, app.theme.quiet());
                row += 1;
            }
            let place = Rect { y: area.y + row, height: 1, ..area };
            if row >= area.height {
                break;
            }
            let chosen = index == self.selected;
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
            let tally = format!("{solved}/{} {:>3} {}", lab.exercises.len(), lab.minutes, app.say(text::MINUTES));
            let column = area.width.saturating_sub(width(&tally) as u16 + 1);
            let title = Rect { width: column.saturating_sub(1), ..place };
            write(buffer, title, 5, 0, lab.title.in_language(app.language), style);
            write(buffer, place, column, 0, &tally, if chosen { style } else { app.theme.quiet() });
            self.rows.push((place, index));
            row += 1;
        }
    }

    fn draw_detail(&self, area: Rect, app: &mut AppContext, buffer: &mut Buffer) {
        let Some(lab) = self.lab(app) else { return };
        let language = app.language;
        write(buffer, area, 0, 0, lab.title.in_language(language), app.theme.strong());
        let minutes = format!("~{} {}", lab.minutes, app.say(text::MINUTES));
        write(buffer, area, area.width.saturating_sub(width(&minutes) as u16), 0, &minutes, app.theme.quiet());
        let lines = |words: &str, columns: u16| render(words, usize::from(columns), &app.theme, app.widths);
        let summary = lines(lab.summary.in_language(language), area.width);
        for (row, line) in summary.iter().enumerate() {
            write(buffer, area, 0, 1 + row as u16, &line.to_string(), app.theme.body());
        }
        let label = app.say(text::YOU_WILL);
        let indent = width(label) as u16 + 2;
        let outcomes =
            lab.outcomes.iter().map(|outcome| lines(outcome.in_language(language), area.width.saturating_sub(indent)));
        let outcomes: Vec<_> = outcomes.flatten().collect();
        let (above, below) = (summary.len() as u16 + 2, outcomes.len() as u16 + 3);
        let room = area.height.saturating_sub(above + below).min(24);
        let preview = Rect { y: area.y + above, height: room, ..area };
        if let Some(picture) = self.preview.get(self.at % self.preview.len().max(1)) {
            // The walk: the pictures to come, smaller than the one now.
            let [now, next] =
                Layout::horizontal([Constraint::Length((room * 2).min(area.width / 2)), Constraint::Fill(1)])
                    .areas(preview);
            app.pictures.draw("preview/now", &ImageGrid::new(1, vec![picture.clone()]), now, buffer);
            let next = next.inner(Margin::new(2, 0));
            let columns = usize::from(next.width / 14).clamp(1, 4);
            let around =
                (1..=3 * columns).map(|ahead| self.preview[(self.at + 3 * ahead) % self.preview.len()].clone());
            app.pictures.draw("preview/next", &ImageGrid::new(columns, around.collect()), next, buffer);
        }
        let mut row = area.height.saturating_sub(below);
        if let Some((_, game)) = &self.preview_game {
            let (columns, rows) = board::extent(game, preview);
            if columns <= preview.width && rows <= preview.height {
                board::draw(game, &Marks::default(), Letters::Glyphs, preview, &app.theme, buffer);
            }
            write(buffer, area, 0, row, app.say(text::PREVIEW_GAME), app.theme.quiet());
        } else if let Some(shown) = &self.preview_panel {
            let mut look = Look { theme: &app.theme, language: app.language, pictures: &mut app.pictures };
            panel::draw(shown, None, false, "preview/panel", preview, &mut look, buffer);
            let help = self.preview_help.map_or("", |help| app.say(help));
            write(buffer, area, 0, row, help, app.theme.quiet());
        } else if !self.preview.is_empty() {
            write(buffer, area, 0, row, app.say(text::PREVIEW_WALK), app.theme.quiet());
        }
        row += 1;
        write(buffer, area, 0, row, label, app.theme.quiet());
        for outcome in &outcomes {
            write(buffer, area, indent, row, &outcome.to_string(), app.theme.body());
            row += 1;
        }
        let label = app.say(text::LAST_RUN);
        let summary = match &self.last_run {
            None => app.say(text::NO_RUN_YET).to_owned(),
            Some(run) => {
                let preset = run.preset.as_deref().unwrap_or("-");
                let status = match run.status {
                    Status::Finished => String::new(),
                    other => format!(" {other}"),
                };
                let report = run.report.as_ref();
                let figure = report.and_then(|report| report.iter().find(|(key, _)| key.starts_with("test_")));
                let figure = figure.and_then(|(key, value)| Some(format!("  {key} {}", number(value.as_f64()?))));
                format!("{}{status}, {preset}{}", when(&run.started), figure.unwrap_or_default())
            }
        };
        let indent = width(label) as u16 + 2;
        write(buffer, area, 0, row, label, app.theme.quiet());
        write(buffer, area, indent, row, &summary, app.theme.body());
    }
}

/// A time stamp as people read it here.
fn when(started: &str) -> String {
    let parsed: Result<jiff::Timestamp, _> = started.parse();
    parsed.map_or_else(
        |_| started.to_owned(),
        |at| at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
