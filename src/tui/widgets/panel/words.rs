//! Texts, faults, numbers and tables.

use super::values::written;
use super::{Look, Places, lines_of, write_wrapped};
use crate::experiment::Bilingual;
use crate::experiment::panel::Format;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::width::{width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The column at which a value ends, so that the values of numbers below each other do.
const VALUE_END: u16 = 36;
/// The narrowest last column of a table that is broken within itself.
const LEAST_COLUMN: usize = 16;
/// And one that shares its room with others.
const LEAST_SHARE: usize = 8;

pub fn note(text: &Bilingual, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    write_wrapped(text.in_language(look.language), look.theme.body(), area, buffer);
    Places::Areas(Vec::new())
}

/// The line, marks under what is wrong with it, and what that is. A long line is shown from a place before the fault on.
pub fn fault(
    line: &str,
    [from, to]: [usize; 2],
    text: &Bilingual,
    area: Rect,
    look: &Look,
    buffer: &mut Buffer,
) -> Places {
    let bad = Style::new().fg(look.theme.bad);
    let message = text.in_language(look.language);
    if area.height < 3 {
        write_wrapped(message, bad, area, buffer);
        return Places::Areas(Vec::new());
    }
    let mut start = 0;
    let room = usize::from(area.width.saturating_sub(4));
    while width(&line[start..to]) > room && start < from {
        start += line[start..].chars().next().map_or(1, char::len_utf8);
    }
    let (before, marks) = (width(&line[start..from]) as u16, width(&line[from..to]).max(1));
    write(buffer, area, 2, 0, &line[start..], look.theme.quiet());
    let marks = marks.min(usize::from(area.width));
    write(buffer, area, 2 + before, 1, &"^".repeat(marks), bad);
    write_wrapped(message, bad, Rect { y: area.y + 2, height: area.height - 2, ..area }, buffer);
    Places::Areas(Vec::new())
}

/// A name, and its value at the right.
pub fn number(name: &Bilingual, value: f64, format: Format, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let value = written(value, format, look.language);
    let end = area.width.min(VALUE_END);
    let column = end.saturating_sub(width(&value) as u16);
    let room = Rect { width: column.saturating_sub(1), height: 1, ..area };
    write(buffer, room, 0, 0, name.in_language(look.language), look.theme.quiet());
    write(buffer, area, column, 0, &value, look.theme.strong());
    Places::Areas(Vec::new())
}

/// The rows of a table: pieces with their columns, the first being the names.
fn laid(names: &[String], rows: &[Vec<String>], columns: u16) -> Vec<Vec<(u16, String)>> {
    let all = || std::iter::once(names).chain(rows.iter().map(Vec::as_slice));
    let widest = |index: usize| all().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0);
    let last = names.len().saturating_sub(1);
    let mut widths: Vec<usize> = (0..=last).map(widest).collect();
    let before = widths[..last].iter().map(|width| width + 2).sum::<usize>();
    let room = usize::from(columns);
    if before + widths[last] > room && before + LEAST_COLUMN > room {
        // The last column alone has no room to be broken within itself: the widest ones share what there is.
        share(&mut widths, room.saturating_sub(2 * last));
    } else {
        widths[last] = widths[last].min(room.saturating_sub(before)).max(1);
    }
    let starts: Vec<usize> = widths
        .iter()
        .scan(0, |start, width| {
            let own = *start;
            *start += width + 2;
            Some(own)
        })
        .collect();
    let numeric: Vec<bool> = (0..=last).map(|index| is_numeric(rows, index)).collect();
    let piece = |index: usize, text: &str| {
        let moved = if numeric[index] { widths[index].saturating_sub(width(text)) } else { 0 };
        ((starts[index] + moved).min(usize::from(u16::MAX)) as u16, text.to_owned())
    };
    let row = |row: &[String]| {
        let mut lines: Vec<Vec<(u16, String)>> = vec![Vec::new()];
        for (index, text) in row.iter().enumerate().take(names.len()) {
            let broken = if width(text) > widths[index] { wrapped(text, widths[index]) } else { vec![text.clone()] };
            lines.resize(broken.len().max(lines.len()), Vec::new());
            for (line, text) in lines.iter_mut().zip(&broken) {
                line.push(piece(index, text));
            }
        }
        lines
    };
    all().flat_map(row).collect()
}

/// Makes the widest columns narrower, as wide as each other, until all have room together; none narrower than a few letters.
fn share(widths: &mut [usize], room: usize) {
    let fits = |widest: usize| widths.iter().map(|width| (*width).min(widest)).sum::<usize>() <= room;
    let widest = (LEAST_SHARE..=room.max(LEAST_SHARE)).rev().find(|widest| fits(*widest)).unwrap_or(LEAST_SHARE);
    widths.iter_mut().for_each(|width| *width = (*width).min(widest));
}

/// Whether a column has numbers only, which are aligned at their ends.
fn is_numeric(rows: &[Vec<String>], index: usize) -> bool {
    let mut cells = rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some()
        && cells.all(|cell| cell.replace('−', "-").trim_end_matches(['%', ' ']).trim().parse::<f64>().is_ok())
}

fn said(names: &[Bilingual], look: &Look) -> Vec<String> {
    names.iter().map(|name| name.in_language(look.language).to_owned()).collect()
}

/// Rows that a table takes.
pub fn table_rows(
    names: &[Bilingual],
    rows: &[Vec<String>],
    columns: u16,
    language: crate::experiment::Language,
) -> usize {
    let names: Vec<String> = names.iter().map(|name| name.in_language(language).to_owned()).collect();
    laid(&names, rows, columns).len()
}

/// Columns under their names; of too many rows the first, and the number of the others.
pub fn table(names: &[Bilingual], rows: &[Vec<String>], area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let lines = laid(&said(names, look), rows, area.width);
    let height = usize::from(area.height);
    let shown = if lines.len() > height && height > 1 { height - 1 } else { lines.len().min(height) };
    for (row, line) in lines.iter().take(shown).enumerate() {
        let style = if row == 0 { look.theme.quiet() } else { look.theme.body() };
        for (column, text) in line {
            write(buffer, area, *column, row as u16, text, style);
        }
    }
    if shown < lines.len() {
        let more = text::filled(look.say(text::PANEL_MORE), &[&(lines.len() - shown)]);
        write(buffer, area, 0, shown as u16, &more, look.theme.quiet());
    }
    Places::Areas(Vec::new())
}

/// Rows that a fault takes.
pub fn fault_rows(text: &str, columns: u16) -> usize {
    2 + lines_of(text, columns).len()
}
