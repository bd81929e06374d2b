//! A screen of somebody else's, as it is shown to those who follow it.

use super::message::Picture;
use std::num::NonZero;

/// The screen so far.
pub struct Viewed {
    pub of: String,
    pub dark: bool,
    pub pointer: Option<(u16, u16)>,
    terminal: vt100::Parser,
}

/// A terminal of so many cells; one at least.
fn terminal(columns: u16, rows: u16) -> vt100::Parser {
    let cells = |count: u16| NonZero::new(count).unwrap_or(NonZero::<u16>::MIN);
    vt100::Parser::new(cells(rows), cells(columns), 0)
}

impl Viewed {
    /// Takes in what came: `before` is the screen until then, if there was one.
    pub fn after(before: Option<Self>, picture: &Picture) -> Self {
        let before = before.filter(|_| !picture.is_whole).map(|viewed| viewed.terminal);
        let mut terminal = before.unwrap_or_else(|| terminal(picture.columns, picture.rows));
        terminal.process(picture.bytes.as_bytes());
        Viewed { of: picture.of.clone(), dark: picture.dark, pointer: picture.pointer, terminal }
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.terminal.screen()
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        let (rows, columns) = self.screen().size();
        (columns.get(), rows.get())
    }
}
