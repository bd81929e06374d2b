//! A grid world: values as grounds, the policy as arrows, action values as four triangles.

use super::values::{share, within};
use super::{Look, Places, window};
use crate::experiment::panel::{Cell, Grid, Ground, Place};
use crate::tui::text;
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// The sizes of a cell, the largest first.
const SIZES: [(u16, u16); 6] = [(9, 3), (7, 3), (5, 3), (5, 1), (3, 1), (1, 1)];
/// Columns of a cell that shows its arrows, with the line beside it.
pub const NARROWEST: usize = 4;
/// Rows of the largest cell, with the line below it.
pub const ROWS: usize = 4;
/// The least size of a cell with four triangles.
const TRIANGLES: (u16, u16) = (5, 3);
const ARROWS: [&str; 4] = ["↑", "→", "↓", "←"];

/// The arrows of the largest of four values, several when they are equal; + for all four.
pub fn arrows(values: &[f32; 4]) -> String {
    let largest = values.iter().copied().filter(|value| !value.is_nan()).fold(f32::NEG_INFINITY, f32::max);
    let near = |value: f32| value == largest || (value - largest).abs() <= 1e-5 * largest.abs().max(1e-3);
    let best: Vec<&str> =
        values.iter().zip(ARROWS).filter(|(value, _)| near(**value)).map(|(_, arrow)| arrow).collect();
    if best.len() == 4 { "+".to_owned() } else { best.concat() }
}

/// The sign of what a cell is.
pub fn sign(ground: Ground) -> &'static str {
    match ground {
        Ground::Free => "",
        Ground::Wall => "█",
        Ground::Start => "S",
        Ground::Goal => "G",
        Ground::Trap => "✖",
        Ground::Agent => "●",
    }
}

pub fn draw(grid: &Grid, cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let columns = grid.columns;
    let rows = grid.cells.len() / columns;
    if rows == 0 {
        write(buffer, area, 0, 0, look.say(text::PANEL_EMPTY), look.theme.quiet());
        return Places::Areas(Vec::new());
    }
    let at = super::picked_cell(cursor, rows, columns);
    // What is under the cursor is written out below where there is room.
    let foot = u16::from(at.is_some() && area.height >= 3);
    let room = Rect { height: area.height - foot, ..area };
    let fits = |(width, height): (u16, u16), line: usize| {
        columns * (usize::from(width) + line) + line <= usize::from(room.width)
            && rows * (usize::from(height) + line) + line <= usize::from(room.height)
    };
    // Lines between the cells where they cost no size.
    let size = SIZES.into_iter().find(|size| fits(*size, 0)).unwrap_or(SIZES[4]);
    let size = (size.0.min(room.width), size.1);
    let line = u16::from(size.0 >= 3 && fits(size, 1));
    let step = (size.0 + line, size.1 + line);
    // Of a grid that does not fit the part about the cursor, or the agent.
    let agent = grid.cells.iter().position(|cell| cell.ground == Ground::Agent).map(|at| [at / columns, at % columns]);
    let around = at.or(agent);
    let shown_columns = window(columns, usize::from((room.width - line) / step.0).max(1), around.map(|at| at[1]));
    let shown_rows = window(rows, usize::from((room.height - line) / step.1).max(1), around.map(|at| at[0]));
    if line > 0 {
        lines([shown_columns.len(), shown_rows.len()], size, room, look, buffer);
    }
    let mut places = Vec::new();
    for (down, row) in shown_rows.clone().enumerate() {
        for (across, column) in shown_columns.clone().enumerate() {
            let place = Rect {
                x: room.x + line + across as u16 * step.0,
                y: room.y + line + down as u16 * step.1,
                width: size.0,
                height: size.1,
            };
            let place = place.intersection(room);
            if place.is_empty() {
                continue;
            }
            draw_cell(&grid.cells[row * columns + column], grid.range, place, look, buffer);
            if at == Some([row, column]) {
                draw_cursor(place, look, buffer);
            }
            places.push((place, Place::Cell([row, column])));
        }
    }
    if let Some([row, column]) = at.filter(|_| foot > 0) {
        let cell = &grid.cells[row * columns + column];
        let mut said = format!("({row}, {column})");
        if let Some(value) = cell.value {
            let quantity = if grid.quantity.is_empty() { "V" } else { &grid.quantity };
            said += &format!("  {quantity} {}", number(f64::from(value)));
        }
        for (name, values) in [("π", &cell.policy), ("Q", &cell.action_values)] {
            if let Some(values) = values {
                let each =
                    ARROWS.iter().zip(values).map(|(arrow, value)| format!(" {arrow} {}", number(f64::from(*value))));
                said += &format!("  {name}{}", each.collect::<String>());
            }
        }
        let said = if cell.text.is_empty() { said } else { format!("{said}  {}", cell.text) };
        write(buffer, area, 0, area.height - 1, &said, look.theme.body());
    }
    Places::Areas(places)
}

/// Thin lines between the cells.
fn lines([columns, rows]: [usize; 2], size: (u16, u16), room: Rect, look: &Look, buffer: &mut Buffer) {
    let bar = "─".repeat(usize::from(size.0));
    let ruled =
        |left: &str, middle: &str, right: &str| format!("{left}{}{right}", vec![bar.as_str(); columns].join(middle));
    for row in 0..=rows {
        let text = match row {
            0 => ruled("┌", "┬", "┐"),
            row if row == rows => ruled("└", "┴", "┘"),
            _ => ruled("├", "┼", "┤"),
        };
        let y = row as u16 * (size.1 + 1);
        write(buffer, room, 0, y, &text, look.theme.rule());
        for inside in (1..=size.1).filter(|_| row < rows) {
            for column in 0..=columns {
                write(buffer, room, column as u16 * (size.0 + 1), y + inside, "│", look.theme.rule());
            }
        }
    }
}

fn ground_color(value: Option<f32>, range: [f32; 2], look: &Look) -> Option<Color> {
    let share = value.and_then(|value| share(value, range))?;
    look.has_colors().then(|| look.theme.tint(share))
}

fn draw_cell(cell: &Cell, range: [f32; 2], place: Rect, look: &Look, buffer: &mut Buffer) {
    if cell.ground == Ground::Wall {
        for y in place.y..place.bottom() {
            buffer.set_string(place.x, y, "█".repeat(usize::from(place.width)), look.theme.rule());
        }
        return;
    }
    if let Some(values) =
        cell.action_values.as_ref().filter(|_| (place.width, place.height) >= TRIANGLES && place.height >= 3)
    {
        triangles(cell, values, range, place, look, buffer);
        return;
    }
    // Without V the best of the action values is the ground.
    let best = cell.action_values.map(|values| values.into_iter().fold(f32::NEG_INFINITY, f32::max));
    let value = cell.value.or(best.filter(|best| best.is_finite()));
    if let Some(color) = ground_color(value, range, look) {
        buffer.set_style(place, Style::new().bg(color));
    }
    let shown = cell.policy.as_ref().or(cell.action_values.as_ref()).map(arrows).unwrap_or_default();
    let columns = usize::from(place.width);
    let value = value.map(|value| within(f64::from(value), columns.saturating_sub(usize::from(columns > 3))));
    let own = Style::new().fg(ink(cell.ground, look)).add_modifier(Modifier::BOLD);
    if place.height >= 3 {
        let name = format!("{}{}", sign(cell.ground), cell.text);
        centred(&name, place, 0, own, buffer);
        centred(&shown, place, 1, look.theme.strong(), buffer);
        centred(&value.unwrap_or_default(), place, 2, look.theme.body(), buffer);
        return;
    }
    // One row: what the cell is, then where the policy goes, its text, or its value, whichever has room.
    let mut line = sign(cell.ground).to_owned();
    let rest = [shown, cell.text.clone(), value.filter(|_| columns >= 5).unwrap_or_default()];
    for (index, part) in rest.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        // A value beside arrows would be read as theirs.
        if width(&line) + width(part) <= columns && (index < 2 || line.is_empty()) {
            line.push_str(part);
        }
    }
    if line.is_empty() {
        line = if rest[0].is_empty() { "·".to_owned() } else { "+".to_owned() };
    }
    centred(&line, place, 0, if cell.ground == Ground::Free { look.theme.strong() } else { own }, buffer);
}

fn ink(ground: Ground, look: &Look) -> Color {
    match ground {
        Ground::Goal => look.theme.good,
        Ground::Trap => look.theme.bad,
        Ground::Agent => look.theme.accent,
        _ => look.theme.text,
    }
}

/// Four action values around the arrow of the best.
fn triangles(cell: &Cell, values: &[f32; 4], range: [f32; 2], place: Rect, look: &Look, buffer: &mut Buffer) {
    let [up, right, down, left] = values.map(|value| ground_color(Some(value), range, look));
    let side = (place.width - 1) / 2;
    let (top, middle, bottom) = (place.y, place.y + place.height / 2, place.bottom() - 1);
    let mut paint = |area: Rect, color: Option<Color>| {
        if let Some(color) = color {
            buffer.set_style(area, Style::new().bg(color));
        }
    };
    paint(Rect { y: top, height: 1, ..place }, up);
    paint(Rect { y: bottom, height: 1, ..place }, down);
    paint(Rect { y: top + 1, height: place.height - 2, width: side, ..place }, left);
    paint(Rect { x: place.right() - side, y: top + 1, height: place.height - 2, width: side }, right);
    for (x, y, mark) in
        [(place.x, top, "\\"), (place.right() - 1, top, "/"), (place.x, bottom, "/"), (place.right() - 1, bottom, "\\")]
    {
        buffer.set_string(x, y, mark, look.theme.rule());
    }
    let inner = usize::from(place.width - 2);
    let body = look.theme.body();
    centred(&within(f64::from(values[0]), inner), place, 0, body, buffer);
    centred(&within(f64::from(values[2]), inner), place, place.height - 1, body, buffer);
    buffer.set_stringn(place.x, middle, within(f64::from(values[3]), usize::from(side)), usize::from(side), body);
    let text = within(f64::from(values[1]), usize::from(side));
    buffer.set_stringn(place.right() - width(&text) as u16, middle, &text, usize::from(side), body);
    let best = arrows(cell.policy.as_ref().unwrap_or(values));
    let mark = if cell.ground == Ground::Free { best } else { sign(cell.ground).to_owned() };
    let style = Style::new().fg(ink(cell.ground, look)).add_modifier(Modifier::BOLD);
    // One arrow is all there is room for between the values of left and right.
    let first: String = mark.chars().take(1).collect();
    buffer.set_string(place.x + side, middle, first, style);
}

fn centred(text: &str, place: Rect, row: u16, style: Style, buffer: &mut Buffer) {
    let text = cut(text, usize::from(place.width));
    let start = place.x + (place.width.saturating_sub(width(&text) as u16)) / 2;
    buffer.set_stringn(start, place.y + row.min(place.height - 1), &text, usize::from(place.width), style);
}

/// Corners about a cell where there is room, else brackets, else its colours reversed.
fn draw_cursor(place: Rect, look: &Look, buffer: &mut Buffer) {
    let style = look.theme.accented().add_modifier(Modifier::BOLD);
    let (left, right, bottom) = (place.x, place.right() - 1, place.bottom() - 1);
    let marks: &[(u16, u16, &str)] = match (place.width, place.height) {
        (0..3, _) => {
            buffer.set_style(place, Style::new().add_modifier(Modifier::REVERSED));
            return;
        }
        (_, 1) => &[(left, place.y, "["), (right, place.y, "]")],
        // Corners would hide the sign of a value.
        (..7, _) => &[(left, place.y + 1, "["), (right, place.y + 1, "]")],
        _ => &[(left, place.y, "┏"), (right, place.y, "┓"), (left, bottom, "┗"), (right, bottom, "┛")],
    };
    for (x, y, mark) in marks {
        buffer.set_string(*x, *y, mark, style);
    }
}
