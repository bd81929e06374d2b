//! Names in order, each with its value and a bar. The largest value fills the room; one below zero has another colour and
//! the minus of its value.

use super::values::alike;
use super::{Look, Places, window};
use crate::experiment::panel::{Bar, Format, Place};
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The widest bar.
const WIDEST: usize = 32;
/// Lower than a row, so that bars stand apart.
const BAR: &str = "▅";

pub fn draw(
    bars: &[Bar],
    format: Format,
    cursor: Option<&Place>,
    area: Rect,
    look: &Look,
    buffer: &mut Buffer,
) -> Places {
    let at =
        if let Some(Place::Item(index)) = cursor { Some((*index).min(bars.len().saturating_sub(1))) } else { None };
    if bars.is_empty() {
        write(buffer, area, 0, 0, look.say(text::PANEL_EMPTY), look.theme.quiet());
        return Places::Areas(Vec::new());
    }
    let height = usize::from(area.height);
    let has_rest = bars.len() > height && height > 1;
    let shown = window(bars.len(), if has_rest { height - 1 } else { height }, at);
    let names = bars[shown.clone()].iter().map(|bar| width(&bar.name)).max().unwrap_or(0);
    let values = alike(bars.iter().map(|bar| f64::from(bar.value)), format, look.language);
    let widest_value = values[shown.clone()].iter().map(|value| width(value)).max().unwrap_or(0);
    let columns = usize::from(area.width);
    // A mark before the one under the cursor, a cell between name, value and bar.
    let name_room =
        names.min((columns / 2).max(columns.saturating_sub(widest_value + 3))).min(columns.saturating_sub(2));
    let room = columns.saturating_sub(name_room + widest_value + 6).min(WIDEST);
    let finite = bars.iter().map(|bar| bar.value.abs()).filter(|value| value.is_finite());
    let most = finite.fold(0.0_f32, f32::max);
    // Plain values such as cosines have 1 as their natural end.
    let most = if format == Format::Plain { most.max(1.0) } else { most };
    let mut places = Vec::new();
    for (row, index) in shown.clone().enumerate() {
        let bar = &bars[index];
        let row = row as u16;
        let is_cursor = at == Some(index);
        let (name, value) = if is_cursor {
            (look.theme.selected(), look.theme.selected())
        } else {
            (look.theme.body(), look.theme.quiet())
        };
        if is_cursor {
            write(buffer, area, 0, row, "▸", look.theme.accented());
        }
        let named = Rect { width: (name_room as u16 + 1).min(area.width), ..area };
        write(buffer, named, 1, row, &bar.name, name);
        let start = name_room + 3 + (widest_value - width(&values[index]));
        let end = write(buffer, area, start as u16, row, &values[index], value);
        let cells = bar_cells(bar.value, most, room);
        let color = if bar.value < 0.0 { look.theme.series[1] } else { look.theme.series[0] };
        write(buffer, area, end + 1, row, &BAR.repeat(cells), Style::new().fg(color));
        places.push((Rect { y: area.y + row, height: 1, ..area }, Place::Item(index)));
    }
    if has_rest {
        let counts = [(shown.start, text::PANEL_ABOVE), (bars.len() - shown.end, text::PANEL_MORE)];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let more: Vec<String> = counts.map(|(count, said)| text::filled(look.say(said), &[&count])).collect();
        write(buffer, area, 1, area.height - 1, &more.join("   "), look.theme.quiet());
    }
    Places::Areas(places)
}

/// Cells of a bar: an infinite one is full, what is no number has none.
fn bar_cells(value: f32, most: f32, room: usize) -> usize {
    if value.is_infinite() {
        return room;
    }
    let cells = room as f32 * value.abs() / most;
    if cells.is_finite() { (cells.round() as usize).min(room) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::bar_cells;

    #[test]
    fn bars_stay_in_their_room() {
        let cells = [0.5, -1.0, 2.0, f32::INFINITY, f32::NAN].map(|value| bar_cells(value, 1.0, 10));
        assert_eq!(cells, [5, 10, 10, 10, 0]);
        assert_eq!(bar_cells(0.0, 0.0, 10), 0);
    }
}
