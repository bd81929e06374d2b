//! A line of text that is typed: so many letters at most, with its end in sight.

use super::frame::write;
use crate::printer::printable;
use crate::tui::theme::Theme;
use crate::width::width;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Does to a line what a key does; whether it does anything.
pub fn typed(line: &mut String, key: &KeyEvent, most: usize) -> bool {
    match key.code {
        KeyCode::Char(letter) => pasted(line, &letter.to_string(), most),
        KeyCode::Backspace => _ = line.pop(),
        _ => return false,
    }
    true
}

/// Takes in what is pasted, as far as there is room; controls are no letters.
pub fn pasted(line: &mut String, pasted: &str, most: usize) {
    let room = most.saturating_sub(line.chars().count());
    line.extend(pasted.chars().filter(|letter| !letter.is_control()).take(room));
}

/// Draws a line from a column of a row on. Where it is too long its end is in sight, which is where the cursor is. Gives the column after it.
pub fn draw(line: &str, column: u16, area: Rect, theme: &Theme, buffer: &mut Buffer) -> u16 {
    let room = usize::from(area.width.saturating_sub(column + 1));
    let letters: Vec<char> = line.chars().collect();
    let tail = |from: usize| printable(&letters[from..].iter().collect::<String>());
    let seen = (0..=letters.len()).map(tail).find(|tail| width(tail) <= room).unwrap_or_default();
    write(buffer, area, column, 0, &seen, theme.strong())
}
