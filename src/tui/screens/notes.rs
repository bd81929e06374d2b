//! A learner's own notes on a lab.

use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::frame;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, DataCursor, TextArea, WrapMode};

pub struct NotesTab {
    area: TextArea<'static>,
    saved: String,
    /// Letters in it, with the ends of lines.
    length: usize,
    is_unsaved: bool,
}

/// Letters that notes hold: as many as are drawn and searched without a pause.
const MOST: usize = 100_000;

impl NotesTab {
    pub fn new(lab: &Lab, app: &AppContext) -> Self {
        let unkept = app.unkept_notes.get(&lab.id).cloned();
        let is_unsaved = unkept.is_some();
        let [saved, text] = unkept.unwrap_or_else(|| [0, 1].map(|_| app.progress.notes(&lab.id)));
        let mut notes = NotesTab { area: TextArea::default(), saved, length: 0, is_unsaved };
        notes.show(&text);
        notes
    }

    fn show(&mut self, text: &str) {
        self.area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        self.area.set_wrap_mode(WrapMode::WordOrGlyph);
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
        self.length = self.count();
    }

    /// Whether something was typed that is not kept yet.
    pub fn is_unsaved(&self) -> bool {
        self.is_unsaved
    }

    /// Keeps what was typed, if anything was.
    pub fn save(&mut self, lab: &Lab, app: &mut AppContext) {
        if !self.is_unsaved {
            return;
        }
        let now = self.area.lines().join("\n");
        if now == self.saved {
            self.is_unsaved = false;
            return;
        }
        match app.progress.set_notes(&lab.id, &self.saved, &now) {
            Ok(kept) => {
                // What another window of the same person wrote stands there too.
                if kept != now {
                    self.show_merged(&kept, &now);
                    let said = app.say(text::NOTES_MERGED);
                    app.notify(said);
                }
                (self.saved, self.is_unsaved) = (kept, false);
                app.unkept_notes.remove(&lab.id);
            }
            // It stays to be kept, also when the lab is left.
            Err(error) => {
                app.unkept_notes.insert(lab.id.clone(), [self.saved.clone(), now]);
                app.notify(error);
            }
        }
    }

    /// Shows both texts; whoever types goes on in the same line, which lies further down where the other text stands before it.
    fn show_merged(&mut self, both: &str, own: &str) {
        let DataCursor(row, column) = self.area.cursor();
        let before: usize = own.split('\n').take(row).map(|line| line.len() + 1).sum();
        // What is the same in front is not moved.
        let same = both.bytes().zip(own.bytes()).take_while(|(both, own)| both == own).count();
        let is_behind = both.ends_with(own) || before >= same;
        let further = both.matches('\n').count().saturating_sub(own.matches('\n').count());
        let moved = if is_behind { further } else { 0 };
        self.show(both);
        let clamped = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(clamped(row + moved), clamped(column)));
    }

    /// Moving keys that the key map knows belong to the text here.
    pub fn handle_action(&mut self, action: Action, app: &mut AppContext) -> bool {
        let step = match action {
            Action::Up => CursorMove::Up,
            Action::Down => CursorMove::Down,
            Action::Left => CursorMove::Back,
            Action::Right => CursorMove::Forward,
            Action::Home => CursorMove::Head,
            Action::End => CursorMove::End,
            Action::PageUp => CursorMove::Top,
            Action::PageDown => CursorMove::Bottom,
            Action::Confirm => {
                self.pasted("\n", app);
                return true;
            }
            Action::NextPane => {
                // At most so many spaces.
                if self.length + usize::from(self.area.tab_length()) > MOST {
                    self.refuse(app);
                } else {
                    self.area.insert_tab();
                    (self.length, self.is_unsaved) = (self.count(), true);
                }
                return true;
            }
            _ => return false,
        };
        self.area.move_cursor(step);
        true
    }

    pub fn typed(&mut self, key: &KeyEvent, app: &mut AppContext) {
        let adds = matches!(key.code, KeyCode::Char(_)) && !key.modifiers.contains(KeyModifiers::CONTROL);
        if adds && self.length >= MOST {
            return self.refuse(app);
        }
        let before = self.length;
        if self.area.input(*key) {
            self.length = if adds { self.length + 1 } else { self.count() };
            self.is_unsaved = true;
            // What the text's own key for pasting brought.
            if !adds && self.length > MOST.max(before) && self.area.undo() {
                self.length = self.count();
                self.refuse(app);
            }
        }
    }

    pub fn pasted(&mut self, pasted: &str, app: &mut AppContext) {
        let room = MOST.saturating_sub(self.length);
        if let Some((end, _)) = pasted.char_indices().nth(room) {
            self.area.insert_str(&pasted[..end]);
            self.refuse(app);
        } else {
            self.area.insert_str(pasted);
        }
        self.length = self.count();
        self.is_unsaved = true;
    }

    fn count(&self) -> usize {
        self.area.lines().iter().map(|line| line.chars().count() + 1).sum()
    }

    fn refuse(&self, app: &mut AppContext) {
        let said = text::filled(app.say(text::NOTES_FULL), &[&MOST]);
        app.notify(said);
    }

    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let title = app.say(text::NOTES_HINT);
        let said = app.say(if self.is_unsaved { text::NOT_SAVED_YET } else { text::SAVED });
        let inner = frame(area, title, said, true, &app.theme, buffer);
        self.area.set_style(app.theme.body());
        self.area.set_cursor_line_style(Style::new());
        self.area.set_cursor_style(Style::new().add_modifier(Modifier::REVERSED));
        (&self.area).render(inner.inner(Margin::new(1, 0)), buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;
    use crate::lab::Progress;

    fn opened(folder: &std::path::Path) -> (Lab, AppContext) {
        let mut app = AppContext::for_tests(Language::En, folder);
        app.progress = Progress::open(&folder.join("shinso.sqlite"));
        (app.catalogue.find("vae").unwrap().clone(), app)
    }

    #[test]
    fn notes_that_could_not_be_kept_say_so_and_are_kept_later() {
        let folder = tempfile::tempdir().unwrap();
        let (lab, mut app) = opened(folder.path());
        let mut notes = NotesTab::new(&lab, &app);
        notes.pasted("first", &mut app);
        // Another program writes, and does not end.
        let other = rusqlite::Connection::open(folder.path().join("shinso.sqlite")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        notes.save(&lab, &mut app);
        assert!(notes.is_unsaved() && app.notice().is_some());
        other.execute_batch("ROLLBACK").unwrap();
        notes.save(&lab, &mut app);
        assert!(!notes.is_unsaved());
        assert_eq!(app.progress.notes("vae"), "first");
    }

    #[test]
    fn whoever_types_goes_on_in_the_same_line_when_another_text_comes_in() {
        let folder = tempfile::tempdir().unwrap();
        let (lab, mut app) = opened(folder.path());
        app.progress.set_notes("vae", "", "one\ntwo").unwrap();
        let mut notes = NotesTab::new(&lab, &app);
        notes.handle_action(Action::Confirm, &mut app);
        notes.pasted("mine", &mut app);
        Progress::open(&folder.path().join("shinso.sqlite")).set_notes("vae", "one\ntwo", "one\ntwo\ntheirs").unwrap();
        notes.save(&lab, &mut app);
        assert_eq!(app.progress.notes("vae"), "one\ntwo\ntheirs\nmine");
        notes.pasted("!", &mut app);
        notes.save(&lab, &mut app);
        assert_eq!(app.progress.notes("vae"), "one\ntwo\ntheirs\nmine!");
        // In the middle, before what came in.
        (0..3).for_each(|_| assert!(notes.handle_action(Action::Up, &mut app)));
        notes.handle_action(Action::End, &mut app);
        let before = app.progress.notes("vae");
        Progress::open(&folder.path().join("shinso.sqlite"))
            .set_notes("vae", &before, &format!("{before}\nmore"))
            .unwrap();
        notes.pasted("?", &mut app);
        notes.save(&lab, &mut app);
        notes.pasted("?", &mut app);
        notes.save(&lab, &mut app);
        assert!(app.progress.notes("vae").contains("one??\ntwo"), "{}", app.progress.notes("vae"));
    }

    #[test]
    fn notes_that_could_not_be_kept_are_there_again_and_kept_later() {
        let folder = tempfile::tempdir().unwrap();
        let (lab, mut app) = opened(folder.path());
        let mut notes = NotesTab::new(&lab, &app);
        let other = rusqlite::Connection::open(folder.path().join("shinso.sqlite")).unwrap();
        other.execute_batch("ALTER TABLE notes RENAME TO away").unwrap();
        notes.pasted("mine", &mut app);
        notes.save(&lab, &mut app);
        assert!(notes.is_unsaved() && !app.keep_notes_that_were_left());
        drop(notes);
        other.execute_batch("ALTER TABLE away RENAME TO notes").unwrap();
        let again = NotesTab::new(&lab, &app);
        assert!(again.is_unsaved());
        assert_eq!(again.area.lines(), ["mine"]);
        assert!(app.keep_notes_that_were_left());
        assert_eq!(app.progress.notes("vae"), "mine");
        assert!(!NotesTab::new(&lab, &app).is_unsaved());
    }

    #[test]
    fn notes_that_are_too_long_can_be_shortened() {
        let folder = tempfile::tempdir().unwrap();
        let (lab, mut app) = opened(folder.path());
        app.progress.set_notes("vae", "", &"x".repeat(MOST + 20)).unwrap();
        let mut notes = NotesTab::new(&lab, &app);
        let back = KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE);
        (0..5).for_each(|_| notes.typed(&back, &mut app));
        assert_eq!(notes.area.lines()[0].len(), MOST + 15);
    }

    #[test]
    fn notes_take_no_more_than_they_hold_by_any_key() {
        let folder = tempfile::tempdir().unwrap();
        let (_, mut app) = opened(folder.path());
        let mut notes = NotesTab { area: TextArea::default(), saved: String::new(), length: 0, is_unsaved: false };
        notes.pasted(&"x".repeat(MOST + 10), &mut app);
        assert!(app.notice().is_some_and(|said| said.contains("the notes are full")));
        let full = notes.count();
        for _ in 0..5 {
            notes.handle_action(Action::Confirm, &mut app);
            notes.handle_action(Action::NextPane, &mut app);
            notes.typed(&KeyEvent::from(KeyCode::Char('x')), &mut app);
        }
        assert!(notes.count() <= full + 1, "{} and {full}", notes.count());
    }
}
