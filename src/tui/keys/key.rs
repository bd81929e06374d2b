//! Keys as bindings name them.

use crate::lab::keystroke::{self, Keystroke, Modifier};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers, as a binding names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

pub(super) const fn key(code: KeyCode) -> Key {
    Key { code, modifiers: KeyModifiers::NONE }
}

/// The digits, which begin a number: named together, and matched by no binding.
pub(super) const DIGITS: Key = key(KeyCode::Null);

pub(super) const fn letter(letter: char) -> Key {
    key(KeyCode::Char(letter))
}

pub(super) const fn ctrl(letter: char) -> Key {
    Key { code: KeyCode::Char(letter), modifiers: KeyModifiers::CONTROL }
}

pub(super) const fn alt_key(code: KeyCode) -> Key {
    Key { code, modifiers: KeyModifiers::ALT }
}

pub(super) const fn alt(letter: char) -> Key {
    Key { code: KeyCode::Char(letter), modifiers: KeyModifiers::ALT }
}

/// The event of a key that a script or a line names.
pub fn event(stroke: Keystroke) -> KeyEvent {
    let code = match stroke.key {
        keystroke::Key::Letter(letter) => KeyCode::Char(letter),
        keystroke::Key::Enter => KeyCode::Enter,
        keystroke::Key::Escape => KeyCode::Esc,
        keystroke::Key::Tab => KeyCode::Tab,
        keystroke::Key::BackTab => KeyCode::BackTab,
        keystroke::Key::Up => KeyCode::Up,
        keystroke::Key::Down => KeyCode::Down,
        keystroke::Key::Left => KeyCode::Left,
        keystroke::Key::Right => KeyCode::Right,
        keystroke::Key::PageUp => KeyCode::PageUp,
        keystroke::Key::PageDown => KeyCode::PageDown,
        keystroke::Key::Home => KeyCode::Home,
        keystroke::Key::End => KeyCode::End,
        keystroke::Key::Backspace => KeyCode::Backspace,
    };
    let modifiers = match stroke.modifier {
        Modifier::None => KeyModifiers::NONE,
        Modifier::Alt => KeyModifiers::ALT,
        Modifier::Control => KeyModifiers::CONTROL,
    };
    KeyEvent::new(code, modifiers)
}

impl Key {
    /// The key of an event.
    pub fn of(event: &KeyEvent) -> Self {
        Key { code: event.code, modifiers: event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT) }
    }

    /// Whether an event from the terminal is this key. Terminals differ in whether they report Shift with a letter or a
    /// sign, so it is left out there.
    pub(super) fn is(self, event: &KeyEvent) -> bool {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        if !matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers |= event.modifiers & KeyModifiers::SHIFT;
        }
        self != DIGITS && self.code == event.code && self.modifiers == modifiers
    }

    /// Printable without Ctrl or Alt: belongs to the text where text has the focus.
    pub(super) fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// As people write it.
    pub fn name(self) -> String {
        let base = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(letter) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                letter.to_uppercase().to_string()
            }
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::Enter => "↵".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::Backspace => "⌫".to_owned(),
            KeyCode::Null => "0–9".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        let ctrl = if self.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
        let alt = if self.modifiers.contains(KeyModifiers::ALT) { "Alt-" } else { "" };
        format!("{ctrl}{alt}{base}")
    }
}
