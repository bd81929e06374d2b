//! The help page, made from the key map.

use super::dialog;
use crate::experiment::Language;
use crate::tui::context::AppContext;
use crate::tui::keys::{self, Context};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The keys of the contexts one is in.
pub struct Help {
    contexts: Vec<Context>,
    top: usize,
}

/// The keys of a context and what they do.
fn rows(context: Context, language: Language) -> Vec<(String, &'static str)> {
    let names = |keys: &[crate::tui::keys::Key]| keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ");
    keys::bindings(context).iter().map(|binding| (names(&binding.keys), binding.help.in_language(language))).collect()
}

impl Help {
    pub fn new(mut contexts: Vec<Context>) -> Self {
        contexts.push(Context::Everywhere);
        Help { contexts, top: 0 }
    }

    pub fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by);
    }

    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let mut lines: Vec<(Option<String>, String)> = Vec::new();
        for context in &self.contexts {
            if !lines.is_empty() {
                lines.push((None, String::new()));
            }
            lines.push((None, app.say(context.title()).to_owned()));
            lines.extend(rows(*context, app.language).into_iter().map(|(keys, help)| (Some(keys), help.to_owned())));
        }
        let size = (64, (lines.len() as u16 + 2).min(area.height.saturating_sub(2)));
        let inner = dialog(area, size, app.say(text::HELP), app.say(text::ESC_CLOSES), app, buffer);
        self.top = self.top.min(lines.len().saturating_sub(usize::from(inner.height)));
        for (row, (keys, help)) in lines.iter().skip(self.top).take(usize::from(inner.height)).enumerate() {
            match keys {
                Some(keys) => {
                    let column = 18_u16.saturating_sub(width(keys) as u16);
                    write(buffer, inner, column, row as u16, keys, app.theme.strong());
                    write(buffer, inner, 20, row as u16, help, app.theme.body());
                }
                None => {
                    write(buffer, inner, 0, row as u16, help, app.theme.accented());
                }
            }
        }
    }
}
