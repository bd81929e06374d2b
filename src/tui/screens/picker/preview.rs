//! What stands beside a lab in the picker: pictures that change, a panel, or a game, made by the bundled model.

use crate::experiment::board::{Board, Played};
use crate::experiment::{Answer, GameAnswer, GameQuery, GrayImage, ImageGrid, Knobs, Panel, Preview, Query, Wording};
use crate::registry;
use crate::run::question::Question;
use crate::tui::context::{AppContext, Reply};
use crate::tui::instruments::latent_plane::walk;
use crate::tui::text;
use crate::tui::widgets::board::{self, Letters, Marks};
use crate::tui::widgets::panel::{self, Look};
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};

/// The questions that a preview may ask.
const PREVIEW: [&str; 5] = ["preview/plane", "preview/walk", "preview/view", "preview/board", "preview/think"];
/// Whose session plays in a preview: not the one of the lab itself.
const SESSION: &str = "picker";
/// Who plays in a preview, and how many ticks a move is shown for.
const PREVIEW_AGENT: &str = "mcts:400,threads=1";
const PREVIEW_PACE: usize = 4;
/// Pictures of the preview's walk, and how many ticks each is shown for: a picture of half blocks in full colour is some 10 kB,
/// and the line to a student may be slow.
const STOPS: usize = 24;
const PICTURE_PACE: usize = 10;
/// Rows of each of those that stand still, at the least.
const LEAST_PICTURE: u16 = 5;
/// Rows of the picture that changes.
const PICTURE_ROWS: u16 = 14;

/// The preview of one lab at a time.
#[derive(Default)]
pub struct LabPreview {
    /// The experiment that it is of.
    experiment: String,
    /// Pictures that are shown one after the other.
    walk: Vec<GrayImage>,
    /// What is shown of a model that makes no pictures, and what that is.
    panels: Vec<Panel>,
    help: Option<Wording>,
    /// Whether all that the view shows is pictures, which have room everywhere.
    is_all_pictures: bool,
    /// A game that two machines play, and how many such games there were.
    game: Option<(Played, Board)>,
    games: u64,
    at: usize,
}

impl LabPreview {
    /// Begins the preview of an experiment, unless it is on. One that was called off before it came is asked for again.
    pub fn open(&mut self, experiment: &str, app: &mut AppContext) {
        if self.experiment == experiment && self.is_there() {
            return;
        }
        *self =
            LabPreview { experiment: experiment.to_owned(), games: self.games, at: self.at, ..LabPreview::default() };
        // What is still on its way is of the lab before.
        PREVIEW.iter().for_each(|key| app.questions.call_off(key));
        let Ok(experiment) = registry::find(experiment) else { return };
        // Another example than the one that Explore begins with.
        let view = |name: &str| Query::View { name: name.to_owned(), inputs: Knobs::default() };
        let (key, query) = match experiment.preview {
            Preview::Nothing => return,
            Preview::LatentWalk => {
                self.help = Some(text::PREVIEW_WALK);
                ("preview/plane", Query::LatentPlane { count: 300 })
            }
            Preview::Samples => {
                self.help = Some(text::PREVIEW_SAMPLES);
                ("preview/walk", Query::Sample { count: 20, seed: 1 })
            }
            Preview::View(name) => {
                self.help = experiment.view(name).ok().map(|view| view.help);
                ("preview/view", view(name))
            }
            Preview::Game(game) => ("preview/board", GameQuery::Board { played: Played::of(game), typed: None }.into()),
        };
        self.ask(key, query, app);
    }

    /// Asks the bundled model.
    fn ask(&self, key: &str, query: impl Into<Query>, app: &mut AppContext) {
        let source = app.shipped(&self.experiment);
        app.questions.ask(Question::new(key, query.into(), source, SESSION));
    }

    pub fn answered(&mut self, (key, answer): &Reply, app: &mut AppContext) {
        match (key.as_str(), answer) {
            ("preview/plane", Ok(Answer::LatentPlane(plane))) => {
                // The codes of more than two numbers do not lie in the plane that is drawn.
                if plane.origin.len() > 2 {
                    self.help = Some(text::PREVIEW_CODES);
                }
                self.ask("preview/walk", Query::Decode { latents: walk(plane, STOPS, 1) }, app);
            }
            ("preview/walk", Ok(Answer::Pictures { pictures })) => {
                self.walk.clone_from(pictures);
                self.is_all_pictures = true;
            }
            ("preview/view", Ok(Answer::Panels { panels })) => self.take_panels(panels),
            ("preview/board", Ok(Answer::Game(GameAnswer::Board { played, board }))) => {
                self.game = Some((played.clone(), (**board).clone()));
            }
            ("preview/think", Ok(Answer::Game(GameAnswer::Thinking(thinking)))) if thinking.finished => {
                let best = thinking.considered.first().and_then(|best| best.line.first());
                if let (Some((played, _)), Some(best)) = (&self.game, best) {
                    let mut played = played.clone();
                    played.moves.push(best.number);
                    self.ask("preview/board", GameQuery::Board { played, typed: None }, app);
                }
            }
            (_, Err(failure)) => app.notify(failure.in_language(app.language)),
            _ => {}
        }
    }

    /// Pictures with what becomes of them, one after the other; else the panels that have room.
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
        self.walk = (0..columns).flat_map(at).collect();
        let others = panels.iter().filter(|panel| !matches!(panel, Panel::Note { .. })).count();
        self.is_all_pictures = rows.len() == others;
        if rows.is_empty() {
            let shown = panels.iter().filter(|panel| !matches!(panel, Panel::Note { .. }));
            self.panels = shown.cloned().collect();
            if self.panels.is_empty() {
                self.panels = panels.to_vec();
            }
        }
    }

    /// Whether there is something to show.
    pub fn is_there(&self) -> bool {
        self.in_motion() || !self.panels.is_empty()
    }

    pub fn in_motion(&self) -> bool {
        !self.walk.is_empty() || self.game.is_some()
    }

    pub fn tick(&mut self, app: &mut AppContext) {
        self.at += 1;
        if let Some((played, board)) = &self.game
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

    /// Draws it; a line on what is drawn, and on nothing that has no room. Of a view it names the bundled model that made it, if there is
    /// room.
    pub fn draw(&self, preview: Rect, app: &mut AppContext, buffer: &mut Buffer) -> String {
        let help = self.help.map_or("", |help| app.say(help));
        let part = app.say(text::PREVIEW_PART);
        if let Some(picture) = self.walk.get(self.at / PICTURE_PACE % self.walk.len().max(1)) {
            self.draw_walk(picture, preview, app, buffer);
            return if self.is_all_pictures { help } else { part }.to_owned();
        }
        if let Some((_, game)) = &self.game {
            let (columns, rows) = board::extent(game, preview);
            if columns > preview.width || rows > preview.height {
                return String::new();
            }
            board::draw(game, &Marks::default(), Letters::Glyphs, preview, &app.theme, buffer);
            return app.say(text::PREVIEW_GAME).to_owned();
        }
        if self.panels.is_empty() {
            return String::new();
        }
        let mut look = Look { theme: &app.theme, language: app.language, pictures: &mut app.pictures };
        // What is seen whole says more than the beginning of what is not.
        // Of a list all rows are, a drawing is as large as there is room for.
        let is_whole = |shown: &&Panel| {
            let room = panel::room(shown, preview.width, look.language);
            let is_list = matches!(shown, Panel::Table { .. } | Panel::Bars { .. } | Panel::Note { .. });
            (if is_list { room.most() } else { room.good() }) <= preview.height
        };
        let whole: Vec<Panel> = self.panels.iter().filter(is_whole).cloned().collect();
        let shown = if whole.is_empty() { &self.panels } else { &whole };
        let drawn = panel::draw_all(shown, None, None, "preview/panel", preview, &mut look, buffer);
        let caption = if drawn.len() == self.panels.len() { help } else { part };
        let named = format!("{}: {caption}", app.say(text::FROM_SHIPPED));
        if width(&named) <= usize::from(preview.width) { named } else { caption.to_owned() }
    }

    /// One picture that changes beside some that stand still.
    fn draw_walk(&self, picture: &GrayImage, preview: Rect, app: &mut AppContext, buffer: &mut Buffer) {
        let rows = preview.height.min(PICTURE_ROWS);
        let [now, all] =
            Layout::horizontal([Constraint::Length((rows * 2).min(preview.width / 2)), Constraint::Fill(1)])
                .areas(preview);
        let now = Rect { height: rows, ..now };
        app.pictures.draw("preview/now", &ImageGrid::new(1, vec![picture.clone()]), None, now, buffer);
        let all = all.inner(Margin::new(2, 0));
        let columns = usize::from(all.width / 14).clamp(1, 4);
        // Rows in which a picture can be recognised.
        let down = usize::from(all.height / LEAST_PICTURE).clamp(1, 3);
        let shown = down * columns.min(self.walk.len());
        let evenly = (0..shown).map(|place| self.walk[place * self.walk.len() / shown].clone());
        app.pictures.draw("preview/all", &ImageGrid::new(columns, evenly.collect()), None, all, buffer);
    }

    /// Rows that it needs at the least, with its caption and an empty row: a board is drawn whole or not at all.
    pub fn least_rows(&self) -> usize {
        let smallest = |board: &Board| usize::from(board::extent(board, Rect::default()).1);
        self.game.as_ref().map_or(0, |(_, board)| smallest(board) + 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::panel::HeatMap;
    use crate::experiment::{Bilingual, Language};
    use crate::tui::widgets::frame::rows_of_text;

    /// What a preview of these panels draws, and its caption.
    fn drawn(panels: &[Panel], rows: u16, language: Language) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(language, folder.path());
        let mut preview =
            LabPreview { help: Some(Wording::new("words and a map", "語と地図")), ..LabPreview::default() };
        preview.take_panels(panels);
        let area = Rect::new(0, 0, 36, rows);
        let mut buffer = Buffer::empty(area);
        let caption = preview.draw(area, &mut app, &mut buffer);
        (rows_of_text(&buffer).collect::<Vec<_>>().join("\n"), caption)
    }

    #[test]
    fn a_caption_says_no_more_than_what_is_drawn() {
        let words = ["one", "two", "three", "four", "five", "six"].map(str::to_owned);
        let table = Panel::table(vec!["word".to_owned()], vec![vec!["alone".to_owned()]]);
        let map = Panel::HeatMap(HeatMap {
            heading: Bilingual::same("the map"),
            rows: words.to_vec(),
            columns: words.to_vec(),
            values: vec![0.5; 36],
            range: [0.0, 1.0],
        });
        let panels = [Panel::note("what this is"), table, map];
        for (language, help, part) in [
            (Language::En, "words and a map", "a part of what Explore shows"),
            (Language::Ja, "語と地図", "探索タブの表示の一部"),
        ] {
            let (text, caption) = drawn(&panels, 5, language);
            assert!(
                text.contains("alone") && !text.contains("the map") && caption.ends_with(part),
                "{caption}: {text}"
            );
            let (text, caption) = drawn(&panels, 20, language);
            assert!(text.contains("alone") && text.contains("the map") && caption.ends_with(help), "{caption}: {text}");
        }
    }

    #[test]
    fn a_caption_of_pictures_says_nothing_of_what_stands_below_them() {
        let pictures = Panel::Pictures {
            heading: Bilingual::default(),
            images: ImageGrid::new(2, vec![GrayImage::blank(28, 28); 2]),
            captions: Vec::new(),
        };
        let table = Panel::table(vec!["word".to_owned()], vec![vec!["alone".to_owned()]]);
        assert_eq!(drawn(&[pictures.clone(), Panel::note("a note")], 8, Language::En).1, "words and a map");
        assert_eq!(drawn(&[pictures, table], 8, Language::En).1, "a part of what Explore shows");
    }
}
