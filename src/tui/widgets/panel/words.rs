//! Texts, faults, numbers and tables.

use super::values::written;
use super::{Look, Places, lines_of, window, write_wrapped};
use crate::experiment::panel::{Format, Panel, Place, Rows};
use crate::experiment::{Bilingual, Language};
use crate::tui::text;
use crate::tui::widgets::columns::{Line, laid, least_width};
use crate::tui::widgets::frame::write;
use crate::width::{width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// The column before which the decimal point of a number stands, so that those of numbers below each other do.
const POINT: usize = 31;

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

/// The columns of a written value before its decimal point, or before its unit where it has none.
fn before_point(value: &str) -> usize {
    let is_whole = |letter: char| letter.is_ascii_digit() || "−-".contains(letter);
    let groups = value.char_indices().skip_while(|(at, letter)| {
        let is_group = *letter == ' ' && value[at + 1..].starts_with(|next: char| next.is_ascii_digit());
        is_whole(*letter) || is_group
    });
    match groups.map(|(at, _)| at).next() {
        Some(0) => width(value),
        at => width(&value[..at.unwrap_or(value.len())]),
    }
}

/// The column of the decimal points of numbers that stand below each other in so many columns, where that leaves each name whole.
pub fn point_of(panels: &[Panel], columns: u16, language: Language) -> usize {
    let numbers = panels.iter().filter_map(|panel| {
        let Panel::Number { name, value, format } = panel else { return None };
        let (name, value) = (name.in_language(language), written(*value, *format, language));
        let before = before_point(&value);
        Some((width(name) + 2 + before, width(&value) - before))
    });
    let (needed, after) = numbers.fold((0, 0), |most, own| (most.0.max(own.0), most.1.max(own.1)));
    let last = usize::from(columns).saturating_sub(after);
    if needed <= last { needed.max(POINT).min(last) } else { needed.max(POINT) }
}

/// A name, and its value with its decimal point in a column, or as far right as there is room.
pub fn number(
    (name, value, format): (&Bilingual, f64, Format),
    point: usize,
    area: Rect,
    look: &Look,
    buffer: &mut Buffer,
) -> Places {
    let value = written(value, format, look.language);
    let last = usize::from(area.width).saturating_sub(width(&value));
    let column = point.saturating_sub(before_point(&value)).min(last) as u16;
    let room = Rect { width: column.saturating_sub(1), height: 1, ..area };
    write(buffer, room, 0, 0, name.in_language(look.language), look.theme.quiet());
    write(buffer, area, column, 0, &value, look.theme.strong());
    Places::Areas(Vec::new())
}

fn said(names: &[Bilingual], look: &Look) -> Vec<String> {
    names.iter().map(|name| name.in_language(look.language).to_owned()).collect()
}

/// Rows that a table takes.
pub fn table_rows(names: &[Bilingual], rows: &Rows, columns: u16, language: Language) -> usize {
    let names: Vec<String> = names.iter().map(|name| name.in_language(language).to_owned()).collect();
    in_columns(&names, &rows.in_language(language), columns).iter().map(Vec::len).sum()
}

/// Columns of a table of which each row can be read as a line for each of its cells.
const MOST_STACKED: usize = 4;

/// The rows of a table, its heads first, as the lines that they take. Where a word would have to be broken, each cell of a row has a
/// line of its own, behind its name.
fn in_columns(names: &[String], rows: &[Vec<String>], columns: u16) -> Vec<Vec<Line>> {
    let room = usize::from(columns);
    let all = || std::iter::once(names).chain(rows.iter().map(Vec::as_slice));
    let longest =
        |index: usize| all().filter_map(|row| row.get(index)).map(|cell| least_width(cell)).max().unwrap_or(0);
    let needed = (0..names.len()).map(|index| longest(index) + 1).sum::<usize>();
    // A column without a name holds a mark.
    let (marks, named): (Vec<usize>, Vec<usize>) = (0..names.len()).partition(|index| names[*index].is_empty());
    let widest_mark = marks.iter().map(|index| longest(*index) + 1).sum::<usize>();
    let start = widest_mark + named.iter().map(|index| width(&names[*index]) + 1).max().unwrap_or(0);
    let has_room = needed <= room + 1;
    if has_room || names.len() > MOST_STACKED || named.iter().any(|index| start + longest(*index) > room) {
        return laid(names, rows, columns);
    }
    let stacked = |row: &Vec<String>| {
        let cell = |index: usize| row.get(index).map_or("", String::as_str);
        let mark = marks.iter().map(|index| cell(*index)).collect::<Vec<_>>().join(" ");
        let mut lines: Vec<Line> = Vec::new();
        for index in named.iter().filter(|index| !cell(**index).is_empty()) {
            for (part, text) in wrapped(cell(*index), room - start).into_iter().enumerate() {
                let name = (part == 0).then(|| (widest_mark as u16, names[*index].clone()));
                let mark = lines.is_empty().then(|| (0, mark.clone()));
                lines.push(mark.into_iter().chain(name).chain([(start as u16, text)]).collect());
            }
        }
        // A row without anything in it has its mark.
        if lines.is_empty() {
            lines.push(vec![(0, mark)]);
        }
        lines
    };
    std::iter::once(Vec::new()).chain(rows.iter().map(stacked)).collect()
}

/// Columns under their names; of too many rows those about the cursor, and the number of those below.
pub fn table(
    names: &[Bilingual],
    rows: &Rows,
    cursor: Option<&Place>,
    area: Rect,
    look: &Look,
    buffer: &mut Buffer,
) -> Places {
    let mut laid = in_columns(&said(names, look), &rows.in_language(look.language), area.width).into_iter();
    let heads = laid.next().unwrap_or_default();
    let lines: Vec<_> =
        laid.enumerate().flat_map(|(row, lines)| lines.into_iter().map(move |line| (row, line))).collect();
    let room = usize::from(area.height).saturating_sub(heads.len());
    let picked = if let Some(Place::Item(row)) = cursor { Some(*row) } else { None };
    let cursor_line = picked.and_then(|picked| lines.iter().position(|(row, _)| *row == picked));
    // A row for the count, where not all have room.
    let shown = window(lines.len(), if lines.len() > room { room.saturating_sub(1) } else { room }, cursor_line);
    let mut place = 0;
    let mut put = |line: &[(u16, String)], style: Style| {
        line.iter().for_each(|(column, text)| _ = write(buffer, area, *column, place, text, style));
        place += 1;
        area.y + place - 1
    };
    for line in &heads {
        put(line, look.theme.quiet());
    }
    let mut places = Vec::new();
    for (row, line) in &lines[shown.clone()] {
        let style = if picked == Some(*row) { look.theme.accented() } else { look.theme.body() };
        let y = put(line, style);
        places.push((Rect { y, height: 1, ..area }, Place::Item(*row)));
    }
    if shown.end < lines.len() && room > 0 {
        let more = text::filled(look.say(text::PANEL_MORE), &[&(lines.len() - shown.end)]);
        put(&[(0, more)], look.theme.quiet());
    }
    Places::Areas(places)
}

/// Rows that a fault takes.
pub fn fault_rows(text: &str, columns: u16) -> usize {
    2 + lines_of(text, columns).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rows: &[Vec<Line>]) -> Vec<String> {
        let line = |line: &Line| {
            line.iter().fold(String::new(), |written, (column, text)| {
                let free = usize::from(*column) - width(&written);
                written + &" ".repeat(free) + text
            })
        };
        rows.iter().flatten().map(line).collect()
    }

    #[test]
    fn numbers_below_each_other_have_their_decimal_points_in_one_column() {
        let number = |name: &str, value, format| Panel::Number { name: Bilingual::same(name), value, format };
        let panels = [
            number("sum of the integrated gradients, all of them", 13.27, Format::Plain),
            number("z(x) − z(black)", -0.1914, Format::Plain),
            number("share", 0.5, Format::Percent),
            number("parameters", 1_234_567.0, Format::Plain),
        ];
        let point = point_of(&panels, 80, Language::En);
        let ends: Vec<usize> =
            ["13.27", "−0.1914", "50.0 %", "1 234 567", "2.1 nats", "NaN", "1.0e9", "7"].map(before_point).to_vec();
        assert_eq!(ends, [2, 2, 2, 9, 1, 3, 1, 1]);
        assert_eq!(point, 48, "the longest name is whole");
        assert_eq!(point_of(&panels[1..], 80, Language::En), POINT, "short names leave the column where it is");
        assert_eq!(point_of(&panels[1..3], 26, Language::En), 21, "as far right as all have room");
    }

    #[test]
    fn no_word_of_a_table_is_broken_where_its_cells_can_stand_below_each_other() {
        let names = ["", "predicted", "right", "source"].map(str::to_owned);
        let row = ["✗", "22222512251222", "1934-03-06", "the 29th of April"].map(str::to_owned).to_vec();
        let rows = [row];
        let wide = lines(&in_columns(&names, &rows, 60));
        assert_eq!(wide[1], "✗  22222512251222  1934-03-06  the 29th of April");
        let narrow = lines(&in_columns(&names, &rows, 32));
        let expected = ["✗ predicted 22222512251222", "  right     1934-03-06", "  source    the 29th of April"];
        assert_eq!(narrow, expected);
        let cells: Rows = rows.iter().cloned().collect();
        assert_eq!(table_rows(&["", "predicted", "right", "source"].map(Bilingual::same), &cells, 32, Language::En), 3);
        // Of a table of many columns that many lines a row would be of no use.
        let names: Vec<String> = (0..6).map(|name| format!("column{name}")).collect();
        let rows = [(0..6).map(|cell| format!("cell-{cell}")).collect::<Vec<_>>()];
        assert!(lines(&in_columns(&names, &rows, 24))[0].contains("col"), "as columns");
    }
}
