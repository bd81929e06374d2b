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
use tui_textarea::{CursorMove, TextArea, WrapMode};

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
        let saved = app.progress.notes(&lab.id);
        let mut notes = NotesTab { area: TextArea::default(), saved: String::new(), length: 0, is_unsaved: false };
        notes.show(&saved);
        NotesTab { saved, ..notes }
    }

    fn show(&mut self, text: &str) {
        self.area = TextArea::new(text.lines().map(str::to_owned).collect());
        self.area.set_wrap_mode(WrapMode::Word);
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
        if !std::mem::take(&mut self.is_unsaved) {
            return;
        }
        let now = self.area.lines().join("\n");
        if now != self.saved {
            match app.progress.set_notes(&lab.id, &self.saved, &now) {
                Ok(kept) => {
                    // What another window of the same person wrote stands there too.
                    if kept != now {
                        self.show(&kept);
                        let said = app.say(text::NOTES_MERGED);
                        app.notify(said);
                    }
                    self.saved = kept;
                }
                Err(error) => app.notify(error),
            }
        }
    }

    /// Moving keys that the key map knows belong to the text here.
    pub fn handle_action(&mut self, action: Action) -> bool {
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
                self.area.insert_newline();
                (self.length, self.is_unsaved) = (self.length + 1, true);
                return true;
            }
            Action::NextPane => {
                self.area.insert_tab();
                (self.length, self.is_unsaved) = (self.count(), true);
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
        if self.area.input(*key) {
            self.length = if adds { self.length + 1 } else { self.count() };
            self.is_unsaved = true;
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
