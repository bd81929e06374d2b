//! The help page, made from the key map.

use super::dialog;
use crate::experiment::Language;
use crate::tui::context::AppContext;
use crate::tui::keys::{self, Binding, Context, Key};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The keys that mean something where one is.
pub struct Help {
    working: Vec<(Vec<Key>, Binding)>,
    top: usize,
}

impl Help {
    pub fn new(contexts: &[Context], in_text: bool) -> Self {
        Help { working: keys::working(contexts, in_text), top: 0 }
    }

    pub fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by);
    }

    /// Headings, and keys with what they do beneath.
    fn lines(&self, language: Language) -> Vec<(Option<String>, &'static str)> {
        let mut lines: Vec<(Option<String>, &'static str)> = Vec::new();
        let mut heading = "";
        for (keys, binding) in &self.working {
            let title = binding.context.title().in_language(language);
            if title != heading {
                if !lines.is_empty() {
                    lines.push((None, ""));
                }
                lines.push((None, title));
                heading = title;
            }
            let keys = keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(" ");
            lines.push((Some(keys), binding.help.in_language(language)));
        }
        lines
    }

    pub fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let lines = self.lines(app.language);
        let size = (64, (lines.len() as u16 + 2).min(area.height.saturating_sub(2)));
        let inner = dialog(area, size, app.say(text::HELP), app.say(text::ESC_CLOSES), app, buffer);
        let room = usize::from(inner.height);
        self.top = self.top.min(lines.len().saturating_sub(room));
        for (row, (keys, help)) in lines.iter().skip(self.top).take(room).enumerate() {
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
        // In the frame, how much there is above and below.
        let below = lines.len().saturating_sub(self.top + room);
        for (mark, count, y) in [("↑", self.top, inner.y.saturating_sub(1)), ("↓", below, inner.bottom())] {
            let more = format!(" {mark} {count} ");
            let frame = Rect { y, height: 1, ..inner };
            if count > 0 {
                write(buffer, frame, inner.width.saturating_sub(width(&more) as u16) / 2, 0, &more, app.theme.strong());
            }
        }
    }
}
