//! A screen on a terminal where East Asian ambiguous characters take two cells (see [`crate::width`]).
//!
//! Everything is drawn as for narrow ones; a finished frame then passes through [`Widths::settle`].

use crate::printer;
use crate::width::{Widths, is_ambiguous, narrow};
use ratatui::buffer::{Buffer, CellDiffOption};
use std::num::NonZeroU16;

impl Widths {
    /// Makes a finished frame hold on a wide terminal, and on any keeps what has no width from turning what follows.
    pub fn settle(self, buffer: &mut Buffer) {
        for cell in &mut buffer.content {
            if cell.symbol().len() > 1 && cell.symbol().contains(printer::is_unseen) {
                let seen: String = cell.symbol().chars().filter(|letter| !printer::is_unseen(*letter)).collect();
                cell.set_symbol(if seen.is_empty() { " " } else { &seen });
            }
        }
        if !self.wide_ambiguous {
            return;
        }
        let row = usize::from(buffer.area.width).max(1);
        for index in 0..buffer.content.len() {
            let mut letters = buffer.content[index].symbol().chars();
            let (Some(letter), None) = (letters.next(), letters.next()) else { continue };
            if !is_ambiguous(letter) {
                continue;
            }
            let next_is_free = (index + 1) % row != 0 && buffer.content[index + 1].symbol() == " ";
            match narrow(letter) {
                Some(narrow) => {
                    buffer.content[index].set_char(narrow);
                }
                None if next_is_free => {
                    let two = NonZeroU16::new(2).expect("two");
                    buffer.content[index].set_diff_option(CellDiffOption::ForcedWidth(two));
                }
                None => {
                    buffer.content[index].set_char('?');
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn a_settled_frame_has_no_character_of_two_minds() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "─∑ b∑c", ratatui::style::Style::new());
        Widths { wide_ambiguous: true }.settle(&mut buffer);
        let symbols: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(symbols, ["-", "∑", " ", "b", "?", "c"]);
    }

    #[test]
    fn nothing_without_a_width_turns_a_frame() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        for (cell, symbol) in buffer.content.iter_mut().zip(["a\u{202e}", "\u{2028}", "b\u{2066}\u{200f}"]) {
            cell.set_symbol(symbol);
        }
        Widths { wide_ambiguous: false }.settle(&mut buffer);
        let symbols: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(symbols, ["a", " ", "b", " ", " ", " "]);
    }
}
