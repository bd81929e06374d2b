//! A text in pieces coloured by their values; the one under the cursor is opened below: what else could have stood there.

use super::flow::flowed;
use super::values::written;
use super::{Look, Places, bars, window};
use crate::experiment::panel::{Format, Place, Token};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Alternatives that are shown at the most.
pub const ALTERNATIVES: u16 = 8;

pub fn draw(tokens: &[Token], cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    if tokens.is_empty() {
        write(buffer, area, 0, 0, look.say(text::PANEL_EMPTY), look.theme.quiet());
        return Places::Areas(Vec::new());
    }
    let at = if let Some(Place::Item(index)) = cursor { Some((*index).min(tokens.len() - 1)) } else { None };
    let pieces = flowed(tokens, area.width);
    let rows = pieces.last().map_or(1, |last| last.row + 1);
    let opened = at.map(|at| &tokens[at]).filter(|_| area.height >= 3);
    // What is opened has a row of its own and its alternatives; the text keeps a row at the least.
    let below = opened.map_or(0, |token| {
        let alternatives = (token.alternatives.len().min(usize::from(ALTERNATIVES))) as u16;
        let spare = area.height.saturating_sub(rows.min(usize::from(area.height)) as u16);
        (1 + alternatives).min(spare.max(area.height / 2)).min(area.height - 1)
    });
    let cursor_row = at.and_then(|at| pieces.iter().find(|piece| piece.token == at)).map(|piece| piece.row);
    let shown = window(rows, usize::from(area.height - below), cursor_row);
    let mut places = Vec::new();
    for piece in pieces.iter().filter(|piece| shown.contains(&piece.row)) {
        let row = (piece.row - shown.start) as u16;
        let token = &tokens[piece.token];
        let style = style(token, at == Some(piece.token), look);
        let end = write(buffer, area, piece.column, row, &piece.text, style);
        let cells = end.saturating_sub(piece.column);
        let place = Rect { x: area.x + piece.column, y: area.y + row, width: cells, height: 1 };
        places.push((place, Place::Item(piece.token)));
    }
    if let Some(token) = opened.filter(|_| below > 0) {
        let row = shown.len() as u16;
        let visible = token.text.replace('\n', "⏎");
        let column = write(buffer, area, 0, row, &format!("▸ {visible}  "), look.theme.accented());
        if let Some(value) = token.value {
            let value = written(f64::from(value), Format::Percent, look.language);
            write(buffer, area, column, row, &value, look.theme.strong());
        }
        let room = Rect { y: area.y + row + 1, height: below - 1, ..area };
        if !room.is_empty() && !token.alternatives.is_empty() {
            bars::draw(&token.alternatives, Format::Percent, None, room, look, buffer);
        }
    }
    Places::Areas(places)
}

/// A ground for the value, or a weight where there are no colours; the cursor is reversed.
fn style(token: &Token, is_cursor: bool, look: &Look) -> Style {
    let mut style = look.theme.body();
    if let Some(value) = token.value.filter(|value| value.is_finite()) {
        style = match value {
            _ if look.has_colors() => style.bg(look.theme.tint(value)),
            value if value >= 2.0 / 3.0 => style.add_modifier(Modifier::BOLD),
            value if value < 1.0 / 3.0 => style.add_modifier(Modifier::DIM),
            _ => style,
        };
    }
    if token.marked {
        style = style.fg(look.theme.accent).add_modifier(Modifier::UNDERLINED);
    }
    if is_cursor {
        style = Style::new().fg(look.theme.accent).add_modifier(Modifier::REVERSED | Modifier::BOLD);
    }
    style
}
