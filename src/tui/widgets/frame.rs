//! Thin frames with a title.

use crate::tui::theme::Theme;
use crate::width::{cut, width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Widget};

/// Draws a frame and gives the area inside. The one that has the keys is in the accent colour.
pub fn frame(area: Rect, title: &str, note: &str, focused: bool, theme: &Theme, buffer: &mut Buffer) -> Rect {
    let (line, name) = if focused { (theme.accented(), theme.accented()) } else { (theme.rule(), theme.quiet()) };
    let mut block = Block::bordered().border_style(line);
    if !title.is_empty() {
        // Two columns at each side for the corner and a space.
        let title = cut(title, usize::from(area.width.saturating_sub(4)));
        block = block.title_top(Line::styled(format!(" {title} "), name));
    }
    if !note.is_empty() && has_room_beside(title, note, area.width) {
        block = block.title_top(Line::styled(format!(" {note} "), theme.quiet()).right_aligned());
    }
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// Whether a note has room beside a title above a frame of so many columns.
pub fn has_room_beside(title: &str, note: &str, columns: u16) -> bool {
    width(title) + width(note) + 8 < usize::from(columns)
}

/// Writes a text into a row; one that is too long ends in … at the right edge. Returns the column after it.
pub fn write(buffer: &mut Buffer, area: Rect, column: u16, row: u16, text: &str, style: Style) -> u16 {
    if row >= area.height || column >= area.width {
        return column;
    }
    let room = usize::from(area.width - column);
    let (end, _) = buffer.set_stringn(area.x + column, area.y + row, text, room, style);
    if room > 2 && width(text) > room {
        // Not into the right half of a wide character.
        let before = &mut buffer[(area.right() - 2, area.y + row)];
        if width(before.symbol()) == 2 {
            before.set_symbol(" ");
        }
        buffer.set_string(area.right() - 1, area.y + row, "…", style);
    }
    end.saturating_sub(area.x)
}

/// Writes a text in as many rows as it needs, about the middle of an area.
pub fn write_middle(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    let lines = wrapped(text, usize::from(area.width.saturating_sub(2)));
    let first = area.height.saturating_sub(lines.len() as u16) / 2;
    for (row, line) in lines.iter().enumerate() {
        write(buffer, area, 1, first + row as u16, line, style);
    }
}

/// What stands in a buffer, row by row, without the spaces at the end.
pub fn rows_of_text(buffer: &Buffer) -> impl Iterator<Item = String> {
    buffer.content.chunks(usize::from(buffer.area.width.max(1))).map(|row| {
        let mut line = String::new();
        let mut covered = 0;
        for cell in row {
            // The right half of a wide character is no cell of its own.
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = width(cell.symbol()).saturating_sub(1);
            line.push_str(cell.symbol());
        }
        line.truncate(line.trim_end().len());
        line
    })
}
