//! A position of a board game; where there is no room for it, its notation.

use super::{Look, Places, write_wrapped};
use crate::experiment::Language;
use crate::experiment::board::{Board, Man};
use crate::experiment::panel::Place;
use crate::tui::widgets::board::{self as widget, Letters, Marks};
use crate::tui::widgets::frame::write;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// No board has more columns or rows.
const LARGEST: usize = 64;

pub fn draw(board: &Board, cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let hands = u16::from(board.hands.iter().any(|hand| !hand.is_empty())) * 2;
    let room = Rect { height: area.height.saturating_sub(hands), ..area };
    let sane = board.columns <= LARGEST && board.rows <= LARGEST && !board.cells.is_empty();
    let fits = sane && {
        let (columns, rows) = widget::extent(board, room);
        columns <= room.width && rows <= room.height
    };
    if !fits {
        write_wrapped(&board.diagram, look.theme.body(), area, buffer);
        return Places::Areas(Vec::new());
    }
    let mut marks = Marks::default();
    if let Some(Place::Cell([row, column])) = cursor {
        marks.cursor = Some((*row).min(board.rows - 1) * board.columns + (*column).min(board.columns - 1));
    }
    // Shogi is written in kanji where Japanese is read; chessmen are pictures everywhere.
    let letters = if board.game == "shogi" && look.language == Language::En { Letters::Latin } else { Letters::Glyphs };
    let drawn = widget::draw(board, &marks, letters, room, look.theme, buffer);
    if hands > 0 {
        for (side, sign) in [(0, "▴"), (1, "▾")] {
            let row = room.height + side as u16;
            let men: Vec<String> = board.hands[side].iter().map(|(man, count)| in_hand(man, *count, letters)).collect();
            write(buffer, area, 0, row, &format!("{sign} {}", men.join("  ")), look.theme.quiet());
        }
    }
    let cells = (0..board.cells.len()).map(|at| [at / board.columns, at % board.columns]);
    let width = drawn.area.width / board.columns as u16;
    let height = drawn.area.height / board.rows as u16;
    let areas = cells.map(|[row, column]| {
        let (x, y) = (drawn.area.x + column as u16 * width, drawn.area.y + row as u16 * height);
        (Rect { x, y, width, height }, Place::Cell([row, column]))
    });
    Places::Areas(areas.collect())
}

fn in_hand(man: &Man, count: usize, letters: Letters) -> String {
    let word = if letters == Letters::Latin { &man.letter } else { &man.glyph };
    if count > 1 { format!("{word}×{count}") } else { word.clone() }
}
