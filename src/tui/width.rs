//! East Asian ambiguous characters (─ │ ● ∑ …) take one cell in most terminals and two in many Japanese ones.
//!
//! Everything is drawn as for narrow ones. On a wide terminal a finished frame passes through [`Widths::settle`], which
//! puts ASCII in the place of box drawing and marks. Text that must keep such characters, as formulas do, is laid out
//! by [`Widths::lay`] with a free cell after each.

use ratatui::buffer::{Buffer, CellDiffOption};
use std::borrow::Cow;
use std::num::NonZeroU16;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How wide ambiguous characters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Widths {
    pub wide_ambiguous: bool,
}

/// The cells that a text takes once it is laid out.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text in lines of at most `columns` cells, broken at spaces; a word that fits no line is broken anywhere.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let last = lines.last_mut().expect("one line at least");
        let used = width(last);
        if used > 0 && used + 1 + width(word) <= columns {
            last.push(' ');
            last.push_str(word);
            continue;
        }
        // A long word without spaces, as of Japanese, goes on where the line is.
        let goes_on = used > 0 && width(word) > columns;
        if goes_on && used < columns {
            last.push(' ');
        } else if used > 0 {
            lines.push(String::new());
        }
        for letter in word.graphemes(true) {
            let last = lines.last_mut().expect("one line at least");
            if width(last) + width(letter) > columns {
                lines.push(letter.to_owned());
            } else {
                last.push_str(letter);
            }
        }
    }
    lines
}

fn is_ambiguous(letter: char) -> bool {
    letter.width() == Some(1) && letter.width_cjk() == Some(2)
}

/// A narrow character that can stand for an ambiguous one.
fn narrow(letter: char) -> Option<char> {
    Some(match letter {
        '─' | '━' | '┄' | '┈' | '╌' | '—' | '–' | '―' | '…' => '-',
        '│' | '┃' | '┊' | '┆' | '▏' | '‖' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╯' | '╰' => '+',
        '●' | '◐' | '◉' | '■' | '◆' | '★' => '*',
        '○' | '◯' | '□' | '◇' => 'o',
        '▸' | '▶' | '→' | '▷' => '>',
        '◂' | '◀' | '←' => '<',
        '▲' | '↑' | '▴' => '^',
        '▼' | '↓' | '▾' => 'v',
        '×' => 'x',
        '·' => '.',
        '±' => '~',
        '↵' => '<',
        '█' | '▉' | '▊' | '▋' | '▓' => '#',
        '▌' | '▍' | '▎' | '▀' | '▄' | '▒' => '=',
        '░' => ':',
        '⌫' => 'x',
        '✓' => 'v',
        _ => return None,
    })
}

impl Widths {
    /// A text in which every character takes the cells that [`width`] counts.
    pub fn lay<'a>(self, text: &'a str) -> Cow<'a, str> {
        if !self.wide_ambiguous || !text.chars().any(is_ambiguous) {
            return Cow::Borrowed(text);
        }
        let mut laid = String::with_capacity(text.len() + 8);
        for letter in text.chars() {
            match narrow(letter) {
                Some(narrow) if is_ambiguous(letter) => laid.push(narrow),
                _ => {
                    laid.push(letter);
                    if is_ambiguous(letter) {
                        laid.push(' ');
                    }
                }
            }
        }
        Cow::Owned(laid)
    }

    /// Makes a finished frame hold on a wide terminal.
    pub fn settle(self, buffer: &mut Buffer) {
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

/// Asks the terminal whether ambiguous characters are wide there: one is written at the left edge and the cursor's place
/// asked for. The terminal must be in raw mode, and nobody else may read from it.
pub fn ask_terminal() -> std::io::Result<bool> {
    use crossterm::{cursor, queue, style::Print, terminal};
    use std::io::Write;
    let mut out = std::io::stdout();
    queue!(out, cursor::SavePosition, cursor::MoveTo(0, 0), Print("─"))?;
    out.flush()?;
    let (column, _) = cursor::position()?;
    queue!(out, cursor::MoveTo(0, 0), terminal::Clear(terminal::ClearType::UntilNewLine), cursor::RestorePosition)?;
    out.flush()?;
    Ok(column == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn ambiguous_characters_get_a_narrow_stand_in_or_a_free_cell() {
        let wide = Widths { wide_ambiguous: true };
        assert_eq!(wide.lay("a─∑+"), "a-∑ +");
        assert_eq!(Widths::default().lay("a─∑+"), "a─∑+");
        assert_eq!(wide.lay("潜在"), "潜在");
    }

    #[test]
    fn texts_are_broken_at_spaces_or_where_they_must() {
        assert_eq!(wrapped("no room for all of it", 8), ["no room", "for all", "of it"]);
        assert_eq!(wrapped("このモデルは点です", 8), ["このモデ", "ルは点で", "す"]);
        assert_eq!(wrapped("a つづく語がある", 8), ["a つづく", "語がある"]);
        assert_eq!(wrapped("", 8), [""]);
    }

    #[test]
    fn a_settled_frame_has_no_character_of_two_minds() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, "─∑ b∑c", ratatui::style::Style::new());
        Widths { wide_ambiguous: true }.settle(&mut buffer);
        let symbols: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
        assert_eq!(symbols, ["-", "∑", " ", "b", "?", "c"]);
    }
}
