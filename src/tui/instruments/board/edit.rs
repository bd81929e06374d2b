//! A position set up by hand.

use super::names::{letters, sign};
use crate::experiment::board::{Board, Man};
use crate::tui::context::AppContext;
use crate::tui::text;
use crate::tui::widgets::board as widget;
use crate::tui::widgets::frame::{frame, write};
use crate::width::wrapped;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const CHESS: &str = "KQRBNP";
const SHOGI: &str = "KRBGSNLP";

/// A board whose men are being moved about.
pub struct EditView {
    pub board: Board,
}

impl EditView {
    pub fn new(mut board: Board) -> Self {
        (board.last, board.check) = (Vec::new(), None);
        EditView { board }
    }

    fn letters(&self) -> &'static str {
        match self.board.game.as_str() {
            "chess" => CHESS,
            "shogi" => SHOGI,
            _ => "",
        }
    }

    /// On to the next man of a cell: none, the first side's, the other's.
    pub fn turn_over(&mut self, cell: usize) {
        if !self.letters().is_empty() {
            return;
        }
        let next = match self.board.cells[cell].as_ref().map(|man| man.side) {
            None => Some(0),
            Some(0) => Some(1),
            Some(_) => None,
        };
        let stone = |side| Man { side, letter: String::new(), glyph: String::new() };
        self.board.cells[cell] = next.map(stone);
    }

    /// Does what a key means for the cell under the cursor; `true` if the position is wanted as text.
    pub fn key(&mut self, code: KeyCode, cell: usize) -> bool {
        match code {
            KeyCode::Char(' ') => self.turn_over(cell),
            KeyCode::Backspace | KeyCode::Delete => self.board.cells[cell] = None,
            KeyCode::Char('t') => self.board.turn = 1 - self.board.turn,
            KeyCode::Char('c') => self.board.cells.iter_mut().for_each(|cell| *cell = None),
            KeyCode::Char('d') => return true,
            KeyCode::Char('+') if self.board.game == "shogi" => {
                if let Some(man) = &mut self.board.cells[cell] {
                    promote(man);
                }
            }
            KeyCode::Char(letter) => {
                let capital = letter.to_ascii_uppercase();
                if self.letters().contains(capital) {
                    let side = usize::from(letter.is_lowercase());
                    let letter = capital.to_string();
                    let glyph = glyph(&self.board.game, &letter);
                    self.board.cells[cell] = Some(Man { side, letter, glyph });
                }
            }
            _ => {}
        }
        false
    }

    pub fn draw(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let inner = frame(area, app.say(text::BOARD_SET_UP), "", true, &app.theme, buffer);
        let own = widget::side_style(&self.board, self.board.turn, &app.theme);
        let end = write(buffer, inner, 1, 0, app.say(text::BOARD_TO_MOVE), app.theme.body()) + 1;
        write(buffer, inner, end, 0, sign(&self.board.game, self.board.turn), own);
        let how = if self.letters().is_empty() { text::BOARD_EDIT_STONES } else { text::BOARD_EDIT_PIECES };
        let mut row = 2;
        let mut words: Vec<&str> = app.say(how).split('|').collect();
        words.extend(app.say(text::BOARD_EDIT_HOW).split('|'));
        for words in words {
            for line in wrapped(words.trim(), usize::from(inner.width.saturating_sub(2))) {
                write(buffer, inner, 1, row, &line, app.theme.quiet());
                row += 1;
            }
        }
        if self.letters().is_empty() {
            return;
        }
        let kanji = letters(&self.board, app.language) == widget::Letters::Glyphs;
        let pieces = self.letters().chars().map(|letter| {
            let glyph = glyph(&self.board.game, &letter.to_string());
            if kanji { format!("{letter} {glyph}") } else { letter.to_string() }
        });
        write(buffer, inner, 1, row + 1, &pieces.collect::<Vec<_>>().join("  "), app.theme.body());
    }
}

/// What a piece looks like until the program has read the position.
fn glyph(game: &str, letter: &str) -> String {
    let (letters, glyphs) =
        if game == "chess" { (CHESS, "♚♛♜♝♞♟") } else { (SHOGI, "玉飛角金銀桂香歩") };
    let found = letters.chars().zip(glyphs.chars()).find(|(known, _)| letter == known.to_string());
    found.map_or_else(String::new, |(_, glyph)| glyph.to_string())
}

/// Promotes a piece of shogi, or takes it back.
fn promote(man: &mut Man) {
    const PROMOTED: [(&str, &str, &str); 6] = [
        ("P", "と", "歩"),
        ("L", "杏", "香"),
        ("N", "圭", "桂"),
        ("S", "全", "銀"),
        ("B", "馬", "角"),
        ("R", "竜", "飛"),
    ];
    let plain = man.letter.trim_start_matches('+').to_owned();
    let Some((_, promoted, unpromoted)) = PROMOTED.into_iter().find(|(letter, ..)| *letter == plain) else { return };
    let is = man.letter.starts_with('+');
    (man.letter, man.glyph) =
        if is { (plain, unpromoted.to_owned()) } else { (format!("+{plain}"), promoted.to_owned()) };
}
