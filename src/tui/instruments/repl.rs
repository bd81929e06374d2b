//! A conversation: a line typed at the foot, answers above it, and the last plot beside them.

mod rows;

use self::rows::{Look, Row, rows_of, style, wrapped};
use super::Instrument;
use crate::experiment::{Answer, Bar, Panel, Scene, TalkAnswer, TalkQuery};
use crate::lab::{Attempt, Lab};
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::linear::reached;
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write};
use crate::tui::widgets::scene::{self, Frame};
use crate::width::width;
use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, TextArea};

/// Answers kept on the screen.
const MOST_BLOCKS: usize = 400;
/// The tallest line that is typed.
const TALLEST: usize = 6;
/// How far a key pans, and zooms, a plot.
const PAN: f32 = 0.15;
const ZOOM: f32 = 1.3;

/// What stands in the conversation.
enum Block {
    Said(String),
    Panel(Box<Panel>),
}

/// Completions of what is being typed.
struct Completions {
    /// Where in the line what they replace begins.
    from: usize,
    words: Vec<String>,
    /// The one that stands in the line.
    chosen: Option<usize>,
}

/// A plot, and the part of it that is seen.
struct Plot {
    whole: Scene,
    seen: Scene,
    frame: Option<Frame>,
    grip: Option<[f32; 2]>,
}

#[derive(Default)]
pub struct Repl {
    line: TextArea<'static>,
    blocks: Vec<Block>,
    /// Rows above the last one that fits.
    scroll: usize,
    history: Vec<String>,
    /// The line of the history that is shown, and what had been typed before.
    recalled: Option<(usize, String)>,
    completions: Option<Completions>,
    /// The line up to the cursor that completions were asked for.
    to_complete: String,
    /// What was said and is not answered yet.
    waiting: Option<String>,
    plot: Option<Plot>,
    /// What the vectors are called that answered last.
    vectors: String,
    /// Whether there is an answer that was not drawn yet.
    answered: bool,
    area: Rect,
    reached: Vec<&'static str>,
}

const SAY: &str = "repl/said";
const COMPLETE: &str = "repl/complete";
const HISTORY: &str = "repl/history";

/// Bytes of an entry, at most: as many as are coloured and completed without a pause.
const MOST: usize = 1 << 14;

impl Repl {
    /// Bytes that may still be typed.
    fn room(&self) -> usize {
        MOST.saturating_sub(self.line.lines().iter().map(|line| line.len() + 1).sum())
    }

    fn typed_text(&self) -> String {
        self.line.lines().join("\n")
    }

    fn set_text(&mut self, text: &str) {
        self.line = TextArea::from(text.split('\n'));
        self.line.move_cursor(CursorMove::Bottom);
        self.line.move_cursor(CursorMove::End);
        self.completions = None;
    }

    /// The line with the cursor, up to the cursor.
    fn before_cursor(&self) -> String {
        let (row, column) = self.cursor();
        self.line.lines().get(row).map(|line| line.chars().take(column).collect()).unwrap_or_default()
    }

    fn cursor(&self) -> (usize, usize) {
        let cursor = self.line.cursor();
        (cursor.0, cursor.1)
    }

    fn changed(&mut self, lab: &Lab, app: &mut AppContext) {
        self.completions = None;
        self.recalled = None;
        self.to_complete = self.before_cursor();
        app.ask(lab, COMPLETE, TalkQuery::Complete { line: self.to_complete.clone() });
    }

    fn say(&mut self, lab: &Lab, app: &mut AppContext) {
        let text = self.typed_text();
        if text.trim().is_empty() || self.waiting.is_some() {
            return;
        }
        if self.history.last() != Some(&text) {
            self.history.push(text.clone());
        }
        self.put(Block::Said(text.clone()));
        self.set_text("");
        self.recalled = None;
        self.scroll = 0;
        app.ask(lab, SAY, TalkQuery::Say { line: text.clone(), language: app.language });
        self.waiting = Some(text);
    }

    fn put(&mut self, block: Block) {
        self.blocks.push(block);
        let over = self.blocks.len().saturating_sub(MOST_BLOCKS);
        self.blocks.drain(..over);
    }

    /// Puts the next completion into the line; `false` if there is none.
    fn complete(&mut self) -> bool {
        let before = self.before_cursor();
        let Some(completions) = self.completions.as_mut().filter(|completions| !completions.words.is_empty()) else {
            return false;
        };
        let next = completions.chosen.map_or(0, |chosen| (chosen + 1) % completions.words.len());
        completions.chosen = Some(next);
        let (from, word) = (completions.from, completions.words[next].clone());
        let Some(old) = before.get(from..) else { return false };
        (0..old.chars().count()).for_each(|_| {
            self.line.delete_char();
        });
        self.line.insert_str(word);
        true
    }

    /// Goes through lines said before.
    fn recall(&mut self, back: bool) {
        let place = match (&self.recalled, back) {
            (None, false) => return,
            (None, true) => self.history.len().checked_sub(1),
            (Some((place, _)), true) => Some(place.saturating_sub(1)),
            (Some((place, _)), false) => Some(place + 1).filter(|place| *place < self.history.len()),
        };
        let draft = self.recalled.take().map_or_else(|| self.typed_text(), |(_, draft)| draft);
        match place {
            Some(place) => {
                let line = self.history[place].clone();
                self.set_text(&line);
                self.recalled = Some((place, draft));
            }
            None => self.set_text(&draft),
        }
    }

    fn answered_panels(&mut self, panels: Vec<Panel>, own_vectors: bool, lab: &Lab, app: &mut AppContext) {
        let said = self.waiting.take().unwrap_or_default();
        self.answered = true;
        let states = reached(&said, &panels);
        if !states.is_empty() {
            app.happened(lab, &Attempt::Line(said.clone()));
        }
        self.reached.extend(states);
        for panel in &panels {
            if let Panel::Bars { bars, .. } = panel
                && let Some(Bar { name: word, .. }) = bars.first()
            {
                let said = Attempt::Said { line: said.clone(), answer: word.clone(), own_vectors };
                app.happened(lab, &said);
            }
        }
        for panel in panels {
            if let Panel::Plane { scene, .. } = panel {
                let words: Vec<&str> = scene.labels.iter().map(|label| label.text.as_str()).collect();
                let said = format!("{}: {}", app.say(text::REPL_PLOT), words.join(" "));
                self.put(Block::Panel(Panel::note(said).into()));
                self.plot = Some(Plot { whole: scene.clone(), seen: scene, frame: None, grip: None });
            } else {
                self.put(Block::Panel(panel.into()));
            }
        }
    }

    fn greeting(app: &AppContext) -> Vec<Row> {
        app.say(text::REPL_GREETING).split('|').map(|line| vec![(line.trim().to_owned(), Look::Quiet)]).collect()
    }

    /// The conversation as rows no wider than `columns`.
    fn rows(&self, columns: usize, app: &AppContext) -> Vec<Row> {
        let mut rows = Self::greeting(app);
        let mut said: Option<&String> = None;
        for block in &self.blocks {
            match block {
                Block::Said(text) => {
                    said = Some(text);
                    rows.push(Vec::new());
                    for (index, line) in text.lines().enumerate() {
                        let mark = if index == 0 { "› " } else { "  " };
                        rows.push(vec![(format!("{mark}{line}"), Look::Said)]);
                    }
                }
                Block::Panel(panel) => {
                    let asked = said.map(|said| said.trim());
                    let heading = panel.heading().map(|heading| heading.en.as_str());
                    let mut lines = rows_of(panel, columns, app.language);
                    // What was asked stands above already.
                    if matches!(**panel, Panel::Bars { .. }) && asked.is_some() && asked == heading {
                        lines.remove(0);
                    }
                    rows.extend(lines);
                }
            }
        }
        if self.waiting.is_some() {
            let share = app.questions.share(SAY).map(|share| format!(" {:.0} %", 100.0 * share)).unwrap_or_default();
            rows.push(vec![(format!("{}{share}", app.say(text::REPL_WORKING)), Look::Quiet)]);
        }
        rows
    }

    fn scroll_by(&mut self, rows: i64) {
        // Drawing brings it back into range.
        self.scroll = (self.scroll as i64 + rows).max(0) as usize;
    }

    fn draw_plot(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let Some(plot) = &mut self.plot else { return };
        let inner = frame(area, app.say(text::REPL_PLOT), app.say(text::REPL_PLOT_HOW), false, &app.theme, buffer);
        plot.frame = Some(scene::draw(&plot.seen, inner, &app.theme, buffer));
    }

    fn draw_talk(&mut self, area: Rect, focused: bool, title: &str, app: &AppContext, buffer: &mut Buffer) {
        // A set that was opened here answers, whatever model the lab has.
        let vectors = match self.vectors.as_str() {
            "" => String::new(),
            name => text::filled(app.say(text::REPL_VECTORS), &[&name]),
        };
        let inner = frame(area, title, &vectors, focused, &app.theme, buffer);
        let typed = self.line.lines().len().clamp(1, TALLEST) as u16;
        let [talk, hint, foot] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(1), Constraint::Length(typed)]).areas(inner);
        self.area = talk;
        let columns = usize::from(talk.width.saturating_sub(2)).max(10);
        let rows: Vec<Row> = self.rows(columns, app).into_iter().flat_map(|row| wrapped(row, columns)).collect();
        let fit = usize::from(talk.height);
        if std::mem::take(&mut self.answered) {
            // A new answer is read from its beginning.
            let asked = rows.iter().rposition(|row| matches!(row.first(), Some((_, Look::Said)))).unwrap_or(0);
            self.scroll = rows.len().saturating_sub(asked + fit);
        }
        self.scroll = self.scroll.min(rows.len().saturating_sub(fit));
        let first = rows.len().saturating_sub(fit + self.scroll);
        for (index, row) in rows.iter().skip(first).take(fit).enumerate() {
            let mut column = 1;
            for (text, look) in row {
                column = write(buffer, talk, column, index as u16, text, style(*look, &app.theme));
            }
        }
        if self.scroll > 0 {
            let below = format!("↓ {}", self.scroll);
            let column = hint.width.saturating_sub(width(&below) as u16 + 1);
            write(buffer, hint, column, 0, &below, app.theme.accented());
        }
        self.draw_completions(hint, app, buffer);
        write(buffer, foot, 1, 0, "› ", app.theme.accented());
        let field = Rect { x: foot.x + 3, width: foot.width.saturating_sub(4), ..foot };
        self.line.set_style(app.theme.strong());
        self.line.set_cursor_line_style(Style::new());
        let cursor = if focused { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        self.line.set_cursor_style(cursor);
        self.line.set_placeholder_style(app.theme.quiet());
        self.line.set_placeholder_text(app.say(text::REPL_HOW));
        (&self.line).render(field, buffer);
    }

    fn draw_completions(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let Some(completions) = &self.completions else { return };
        let mut column = 3;
        for (index, word) in completions.words.iter().enumerate() {
            if column + width(word) as u16 + 8 > area.width {
                break;
            }
            let chosen = completions.chosen == Some(index);
            let look = if chosen { app.theme.selected() } else { app.theme.quiet() };
            column = write(buffer, area, column, 0, word, look) + 2;
        }
    }
}

impl Plot {
    fn pan(&mut self, across: f32, up: f32) {
        for (axis, by) in [(0, across), (1, up)] {
            self.seen.low[axis] += by;
            self.seen.high[axis] += by;
        }
    }

    fn pan_share(&mut self, across: f32, up: f32) {
        let size = [0, 1].map(|axis| self.seen.high[axis] - self.seen.low[axis]);
        self.pan(across * size[0], up * size[1]);
    }

    /// Makes the view `factor` times as wide, about a point that stays where it is.
    fn zoom(&mut self, factor: f32, about: Option<[f32; 2]>) {
        for axis in 0..2 {
            let (low, high) = (self.seen.low[axis], self.seen.high[axis]);
            let whole = self.whole.high[axis] - self.whole.low[axis];
            let size = ((high - low) * factor).clamp(whole / 200.0, whole * 3.0);
            let middle = about.map_or(0.5 * (low + high), |point| point[axis]);
            let share = (middle - low) / (high - low);
            self.seen.low[axis] = middle - share * size;
            self.seen.high[axis] = self.seen.low[axis] + size;
        }
    }
}

impl Instrument for Repl {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Repl]
    }

    fn in_text(&self) -> bool {
        true
    }

    fn typed(&mut self, key: &KeyEvent, lab: &Lab, app: &mut AppContext) {
        let adds = matches!(key.code, KeyCode::Char(_));
        if key.code != KeyCode::Enter && !(adds && self.room() == 0) {
            self.line.input(*key);
            self.changed(lab, app);
        }
    }

    fn pasted(&mut self, pasted: &str) {
        let text = pasted.replace("\r\n", "\n").replace('\r', "\n");
        let end = text.floor_char_boundary(self.room());
        self.line.insert_str(text[..end].trim_end_matches('\n'));
        self.completions = None;
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        if self.history.is_empty() {
            app.ask(lab, HISTORY, TalkQuery::History);
        }
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        let (row, rows) = (self.cursor().0, self.line.lines().len());
        match action {
            Action::Confirm => self.say(lab, app),
            Action::NewLine => self.line.insert_newline(),
            Action::Complete => return self.complete(),
            Action::Up if row == 0 || self.recalled.is_some() => self.recall(true),
            Action::Down if row + 1 == rows || self.recalled.is_some() => self.recall(false),
            Action::Up => self.line.move_cursor(CursorMove::Up),
            Action::Down => self.line.move_cursor(CursorMove::Down),
            Action::Left => self.line.move_cursor(CursorMove::Back),
            Action::Right => self.line.move_cursor(CursorMove::Forward),
            Action::Home => self.line.move_cursor(CursorMove::Head),
            Action::End => self.line.move_cursor(CursorMove::End),
            Action::PageUp => self.scroll_by(i64::from(self.area.height / 2)),
            Action::PageDown => self.scroll_by(-i64::from(self.area.height / 2)),
            Action::Back if self.waiting.is_some() => {
                app.questions.call_off(SAY);
                self.waiting = None;
                self.put(Block::Panel(Panel::note(app.say(text::REPL_CALLED_OFF)).into()));
            }
            Action::Back if !self.typed_text().is_empty() => self.set_text(""),
            action => {
                let Some(plot) = &mut self.plot else { return false };
                match action {
                    Action::PanLeft => plot.pan_share(-PAN, 0.0),
                    Action::PanRight => plot.pan_share(PAN, 0.0),
                    Action::PanUp => plot.pan_share(0.0, PAN),
                    Action::PanDown => plot.pan_share(0.0, -PAN),
                    Action::ZoomIn => plot.zoom(1.0 / ZOOM, None),
                    Action::ZoomOut => plot.zoom(ZOOM, None),
                    Action::ZoomReset => plot.seen = plot.whole.clone(),
                    Action::Clear => self.plot = None,
                    _ => return false,
                }
            }
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, _lab: &Lab, _app: &mut AppContext) {
        let wheel = match event.kind {
            MouseEventKind::ScrollUp => 1,
            MouseEventKind::ScrollDown => -1,
            _ => 0,
        };
        if self.area.contains(Position::new(event.column, event.row)) {
            self.scroll_by(3 * wheel);
            return;
        }
        let Some(plot) = &mut self.plot else { return };
        let point = plot.frame.and_then(|frame| frame.point(event.column, event.row));
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => plot.grip = point,
            MouseEventKind::Drag(MouseButton::Left) => {
                if let (Some(grip), Some(point)) = (plot.grip, point) {
                    plot.pan(grip[0] - point[0], grip[1] - point[1]);
                }
            }
            MouseEventKind::Up(MouseButton::Left) => plot.grip = None,
            _ if wheel != 0 && point.is_some() => plot.zoom(if wheel > 0 { 1.0 / ZOOM } else { ZOOM }, point),
            _ => {}
        }
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        match (key.as_str(), answer) {
            (SAY, Ok(Answer::Talk(TalkAnswer::Said { panels, own_vectors, vectors }))) => {
                self.vectors.clone_from(vectors);
                self.answered_panels(panels.clone(), *own_vectors, lab, app);
            }
            (SAY, Err(failure)) => {
                self.waiting = None;
                self.put(Block::Panel(Panel::note(failure.in_language(app.language)).into()));
            }
            // A line that has changed since has no use for them.
            (COMPLETE, Ok(Answer::Talk(TalkAnswer::Completions { from, words })))
                if self.before_cursor() == self.to_complete =>
            {
                self.completions = Some(Completions { from: *from, words: words.clone(), chosen: None });
            }
            // Lines said in the meantime come after those of earlier times.
            (HISTORY, Ok(Answer::Talk(TalkAnswer::Lines { lines }))) if self.history.is_empty() => {
                self.history.clone_from(lines)
            }
            (SAY | COMPLETE | HISTORY, _) => {}
            _ => return false,
        }
        true
    }

    fn tick(&mut self, _lab: &Lab, _app: &mut AppContext) -> bool {
        // The share that is done moves on.
        self.waiting.is_some()
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        if self.plot.is_none() {
            return self.draw_talk(area, focused, title, app, buffer);
        }
        let [talk, plot] = if area.width >= 100 {
            Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area)
        } else {
            let [plot, talk] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
            [talk, plot]
        };
        self.draw_talk(talk, focused, title, app, buffer);
        self.draw_plot(plot, app, buffer);
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_that_come_after_the_line_was_said_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(crate::experiment::Language::En, folder.path());
        let lab = app.catalogue.find("embeddings").unwrap().clone();
        let mut repl = Repl::default();
        "king - m".chars().for_each(|letter| repl.typed(&KeyEvent::from(KeyCode::Char(letter)), &lab, &mut app));
        let late: Reply =
            (COMPLETE.to_owned(), Ok(TalkAnswer::Completions { from: 7, words: vec!["man".to_owned()] }.into()));
        assert!(repl.answered(&late, &lab, &mut app) && repl.completions.is_some());
        repl.handle_action(Action::Confirm, &lab, &mut app);
        assert!(repl.answered(&late, &lab, &mut app) && repl.completions.is_none());
    }

    #[test]
    fn a_plot_is_zoomed_about_the_place_under_the_mouse() {
        let scene = Scene { low: [0.0, 0.0], high: [10.0, 10.0], ..Scene::default() };
        let mut plot = Plot { whole: scene.clone(), seen: scene, frame: None, grip: None };
        plot.zoom(0.5, Some([2.0, 5.0]));
        assert_eq!((plot.seen.low, plot.seen.high), ([1.0, 2.5], [6.0, 7.5]));
        (0..99).for_each(|_| plot.zoom(0.5, None));
        assert!(plot.seen.high[0] > plot.seen.low[0]);
    }
}
