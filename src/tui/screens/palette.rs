//! The command palette: everything that keys do, by name.

use super::dialog;
use crate::experiment::Language;
use crate::tui::context::AppContext;
use crate::tui::keys::{self, Action, Binding, Context};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub struct Palette {
    commands: Vec<Binding>,
    language: Language,
    typed: String,
    selected: usize,
}

pub enum Outcome {
    Open,
    Closed,
    Chosen(Action),
}

impl Palette {
    pub fn new(mut contexts: Vec<Context>, language: Language) -> Self {
        contexts.push(Context::Everywhere);
        let mut commands: Vec<Binding> = Vec::new();
        for context in contexts {
            for binding in keys::bindings(context) {
                let moves = matches!(
                    binding.action,
                    Action::Up | Action::Down | Action::Left | Action::Right | Action::Palette
                );
                if !moves && !commands.iter().any(|known| known.action == binding.action) {
                    commands.push(binding);
                }
            }
        }
        Palette { commands, language, typed: String::new(), selected: 0 }
    }

    fn found(&self) -> Vec<&Binding> {
        let typed = self.typed.to_lowercase();
        // A name is found in either language: who switched by mistake finds the way back.
        let matches = |binding: &&Binding| {
            [binding.help.en, binding.help.ja].iter().any(|name| name.to_lowercase().contains(&typed))
        };
        self.commands.iter().filter(matches).collect()
    }

    pub fn key(&mut self, key: &KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => return Outcome::Closed,
            KeyCode::Enter => {
                return self
                    .found()
                    .get(self.selected)
                    .map_or(Outcome::Closed, |binding| Outcome::Chosen(binding.action));
            }
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => self.selected = (self.selected + 1).min(self.found().len().saturating_sub(1)),
            KeyCode::Backspace => {
                if self.typed.pop().is_none() {
                    return Outcome::Closed;
                }
                self.selected = 0;
            }
            KeyCode::Char(letter) => {
                self.typed.push(letter);
                self.selected = 0;
            }
            _ => {}
        }
        Outcome::Open
    }

    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let found = self.found();
        let inner = dialog(area, (56, 16), app.say(text::COMMANDS), app.say(text::ESC_CLOSES), app, buffer);
        let end = write(buffer, inner, 0, 0, &format!(": {}", self.typed), app.theme.strong());
        write(buffer, inner, end, 0, "▏", app.theme.accented());
        let room = usize::from(inner.height.saturating_sub(1));
        let top = self.selected.saturating_sub(room.saturating_sub(1));
        for (row, binding) in found.iter().skip(top).take(room).enumerate() {
            let style = if row + top == self.selected { app.theme.selected() } else { app.theme.body() };
            let place = Rect { y: inner.y + 1 + row as u16, height: 1, ..inner };
            buffer.set_style(place, style);
            write(buffer, place, 1, 0, binding.help.in_language(self.language), style);
            let key = binding.keys[0].name();
            write(buffer, place, inner.width.saturating_sub(10), 0, &key, app.theme.quiet());
        }
    }
}
