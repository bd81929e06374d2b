//! Asks a student once for the ID that the roster has for them, and has the name confirmed.

use crate::tui::context::AppContext;
use crate::tui::screens::dialog;
use crate::tui::text::{self, filled};
use crate::tui::widgets::frame::write;
use crate::tui::widgets::line;
use crate::width::wrapped;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Letters of an ID at most.
const LONGEST: usize = 64;

/// The question.
#[derive(Debug, Default)]
pub struct Identity {
    typed: String,
    /// The ID and the name to be confirmed.
    found: Option<(String, String)>,
    refusal: Option<String>,
}

/// What comes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Nothing,
    /// Not now.
    Later,
    /// An ID, and whether its name was confirmed.
    Claim(String, bool),
}

impl Identity {
    pub fn key(&mut self, key: &KeyEvent) -> Answer {
        match (key.code, &self.found) {
            (KeyCode::Esc, Some(_)) => self.found = None,
            (KeyCode::Esc, None) => return Answer::Later,
            (KeyCode::Enter, Some((id, _))) => return Answer::Claim(id.clone(), true),
            (KeyCode::Enter, None) if !self.typed.trim().is_empty() => {
                self.refusal = None;
                return Answer::Claim(self.typed.clone(), false);
            }
            (KeyCode::Backspace, None) => _ = self.typed.pop(),
            (KeyCode::Char(letter), None) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => {
                self.pasted(&letter.to_string())
            }
            _ => {}
        }
        Answer::Nothing
    }

    pub fn pasted(&mut self, pasted: &str) {
        line::pasted(&mut self.typed, pasted, LONGEST);
    }

    /// The roster has a name for the ID.
    pub fn found(&mut self, id: String, student: String) {
        self.found = Some((id, student));
    }

    pub fn refused(&mut self, why: String) {
        (self.found, self.refusal) = (None, Some(why));
    }

    pub fn draw(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let inner = dialog(area, (64, 9), app.say(text::ID_TITLE), "", app, buffer);
        let columns = usize::from(inner.width.saturating_sub(2));
        let mut row = 0;
        let mut say = |words: &str, style: Style, buffer: &mut Buffer| {
            for line in wrapped(words, columns) {
                write(buffer, inner, 1, row, &line, style);
                row += 1;
            }
        };
        if let Some((id, student)) = &self.found {
            say(&filled(app.say(text::ID_CONFIRM), &[student, id]), app.theme.strong(), buffer);
            return;
        }
        say(app.say(text::ID_ASK), app.theme.body(), buffer);
        say("", app.theme.body(), buffer);
        say(&format!("> {}▏", self.typed), app.theme.strong(), buffer);
        if let Some(refusal) = &self.refusal {
            say(refusal, Style::new().fg(app.theme.warning), buffer);
        }
    }
}
