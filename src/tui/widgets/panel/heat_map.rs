//! Values under named rows and columns, as grounds from the theme's own to its accent, or as shades without colours.

use super::values::{shade, share, within};
use super::{Look, Places, window};
use crate::experiment::panel::{HeatMap, Place};
use crate::tui::text;
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_segmentation::UnicodeSegmentation;

/// Columns of a cell at the least.
pub const NARROWEST: usize = 2;
/// Columns of a cell: at the least, at the most, and those that it has where there is room, whatever its name.
const CELL: [usize; 3] = [NARROWEST, 8, 6];
/// Columns from which a value is written into a cell.
const FIGURES_FROM: usize = 5;
/// Rows from which crowded names have two, where not all of the map is seen.
const TWO_ROWS_FROM: u16 = 8;
/// Columns from which a cut name has its signs.
const LEAST_WITH_SIGNS: usize = 5;
/// Columns from which it ends in … where letters are left out.
const LEAST_WITH_MARK: usize = 3;

pub fn draw(map: &HeatMap, cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let (rows, columns) = (map.rows.len(), map.columns.len());
    if map.values.is_empty() {
        write(buffer, area, 0, 0, look.say(text::PANEL_EMPTY), look.theme.quiet());
        return Places::Areas(Vec::new());
    }
    let at = super::picked_cell(cursor, rows, columns);
    let names = names_of_rows(map, area.width);
    let row_names = told_apart(&map.rows, names);
    let left = names + usize::from(names > 0);
    let room = usize::from(area.width).saturating_sub(left).max(1);
    let cell = cell_in(map, room);
    // Names of columns above, what is under the cursor below. Names that would run into each other stand in two rows by turns, or where
    // there are few rows above every second cell alone, with room for more of their letters.
    let crowded = is_crowded(map, cell);
    let height = usize::from(area.height);
    let has_two = height >= rows + 3 || height < rows + 2 && area.height >= TWO_ROWS_FROM;
    let head = u16::from(area.height >= 2) + u16::from(crowded && has_two);
    let foot = u16::from(area.height >= 3);
    let shown_columns = window(columns, (room / cell).max(1), at.map(|at| at[1]));
    let shown_rows = window(rows, usize::from(area.height - head - foot).max(1), at.map(|at| at[0]));
    let column_at = |index: usize| (left + (index - shown_columns.start) * cell) as u16;
    let strong = |is: bool| if is { look.theme.accented() } else { look.theme.quiet() };
    if head > 0 {
        let cells = if crowded { 2 } else { 1 };
        for column in shown_columns.clone() {
            let row = if crowded { (column - shown_columns.start) as u16 % 2 } else { 0 };
            if row >= head {
                continue;
            }
            // A cell is kept free between two names where there is room for it.
            let name = in_cell(&map.columns[column], if cell > 1 { cells * cell - 1 } else { cell });
            let style = strong(at.is_some_and(|at| at[1] == column));
            write(buffer, area, column_at(column), row, &name, style);
        }
    }
    let mut places = Vec::new();
    for (line, row) in shown_rows.clone().enumerate() {
        let y = head + line as u16;
        let name = &row_names[row];
        let moved = names.saturating_sub(width(name)) as u16;
        write(buffer, area, moved, y, name, strong(at.is_some_and(|at| at[0] == row)));
        for column in shown_columns.clone() {
            let (x, value) = (column_at(column), map.values[row * columns + column]);
            let place = Rect { x: area.x + x, y: area.y + y, width: cell as u16, height: 1 }.intersection(area);
            draw_cell(value, map.range, at == Some([row, column]), place, look, buffer);
            places.push((place, Place::Cell([row, column])));
        }
    }
    if foot > 0 {
        let y = head + shown_rows.len() as u16;
        let mut end = 0;
        match at {
            Some([row, column]) => {
                let (row_name, column_name) = (&map.rows[row], &map.columns[column]);
                end = write(buffer, area, 0, y, &format!("{row_name} · {column_name}  "), look.theme.quiet());
                let value = number(f64::from(map.values[row * columns + column]));
                end = write(buffer, area, end, y, &value, look.theme.strong());
            }
            None => end = scale(map.range, end, y, area, look, buffer),
        }
        for (mark, shown, all) in [("↕", shown_rows, rows), ("↔", shown_columns, columns)] {
            if shown.len() < all {
                let said = format!("{mark} {}–{}/{all}", shown.start + 1, shown.end);
                let columns = width(&said);
                // Where the row below has no room for it, above the names of the rows.
                if usize::from(end) + 2 + columns > usize::from(area.width) && head > 0 && columns <= names {
                    write(buffer, area, 0, 0, &said, look.theme.quiet());
                } else {
                    end = write(buffer, area, end + 2, y, &said, look.theme.quiet());
                }
            }
        }
    }
    Places::Areas(places)
}

/// Columns that the names of rows have: a third, or what all the columns leave.
fn names_of_rows(map: &HeatMap, columns: u16) -> usize {
    let all = usize::from(columns);
    let left_over = all.saturating_sub(NARROWEST * map.columns.len() + 1);
    map.rows.iter().map(|name| width(name)).max().unwrap_or(0).min((all / 3).max(left_over.min(all / 2)))
}

/// Columns of a cell, where there are so many for all.
fn cell_in(map: &HeatMap, room: usize) -> usize {
    let widest = map.columns.iter().map(|name| width(name)).max().unwrap_or(0);
    (room / map.columns.len()).clamp(CELL[0], (widest + 1).clamp(CELL[2], CELL[1])).min(room)
}

/// Whether the names above cells of so many columns would run into each other.
fn is_crowded(map: &HeatMap, cell: usize) -> bool {
    cell <= NARROWEST && map.columns.iter().any(|name| width(name) >= cell)
}

/// Rows that the names of columns take at the most.
pub fn head_rows(map: &HeatMap, columns: u16) -> usize {
    let names = names_of_rows(map, columns);
    let room = usize::from(columns).saturating_sub(names + usize::from(names > 0)).max(1);
    if !map.columns.is_empty() && is_crowded(map, cell_in(map, room)) { 2 } else { 1 }
}

/// Names cut to so many columns; those that would be alike then keep their beginnings and their ends.
fn told_apart(names: &[String], columns: usize) -> Vec<String> {
    let short: Vec<String> = names.iter().map(|name| cut(name, columns)).collect();
    let ends = |name: &String| {
        let letters: Vec<&str> = name.graphemes(true).collect();
        let within = |room: usize, letters: &mut dyn Iterator<Item = &&str>| {
            letters
                .scan(0, |taken, letter| {
                    *taken += width(letter);
                    (*taken <= room).then_some(())
                })
                .count()
        };
        let last = letters[letters.len() - within((columns - 1) / 2, &mut letters.iter().rev())..].concat();
        let first = within(columns - 1 - width(&last), &mut letters.iter());
        format!("{}…{last}", letters[..first].concat())
    };
    let name = |index: usize| {
        let is_alike = |(other, name): (usize, &String)| other != index && *name == short[index];
        let is_cut = width(&names[index]) > columns && columns > 2;
        if is_cut && short.iter().enumerate().any(is_alike) { ends(&names[index]) } else { short[index].clone() }
    };
    (0..names.len()).map(name).collect()
}

/// The name of a column above a narrow cell: its first letters, without the sign of a space before them.
fn in_cell(name: &str, columns: usize) -> String {
    let letters = name.trim_start_matches('␣');
    if columns >= LEAST_WITH_SIGNS || letters.is_empty() {
        return cut(name, columns);
    }
    if columns >= LEAST_WITH_MARK {
        return cut(letters, columns);
    }
    let mut short = String::new();
    for letter in letters.graphemes(true) {
        if width(&short) + width(letter) > columns {
            break;
        }
        short.push_str(letter);
    }
    short
}

fn draw_cell(value: f32, range: [f32; 2], is_cursor: bool, place: Rect, look: &Look, buffer: &mut Buffer) {
    let columns = usize::from(place.width);
    let shares = share(value, range);
    let style = match shares {
        Some(share) if look.has_colors() => Style::new().bg(look.theme.tint(share)).fg(look.theme.text),
        _ => look.theme.body(),
    };
    let inside = match shares {
        // No number: neither quiet nor strong.
        None => "×".to_owned(),
        // Between the marks of the cursor, which cover nothing of it.
        Some(_) if columns >= FIGURES_FROM && is_cursor => format!("{} ", within(f64::from(value), columns - 2)),
        Some(_) if columns >= FIGURES_FROM => within(f64::from(value), columns - 1),
        Some(share) if !look.has_colors() => shade(share).repeat(columns.saturating_sub(1).max(1)),
        Some(_) => String::new(),
    };
    let filled = format!("{inside:>columns$}");
    buffer.set_stringn(place.x, place.y, &filled, columns, style);
    if is_cursor && !place.is_empty() {
        let style = style.fg(look.theme.accent).add_modifier(Modifier::BOLD);
        buffer.set_string(place.right() - 1, place.y, "]", style);
        buffer.set_string(place.x, place.y, if columns > 1 { "[" } else { "+" }, style);
    }
}

/// The range of values with its colours; the column after it.
fn scale(range: [f32; 2], column: u16, y: u16, area: Rect, look: &Look, buffer: &mut Buffer) -> u16 {
    let mut column = write(buffer, area, column, y, &format!("{} ", number(f64::from(range[0]))), look.theme.quiet());
    for step in 0..8 {
        let share = step as f32 / 7.0;
        column = if look.has_colors() {
            write(buffer, area, column, y, " ", Style::new().bg(look.theme.tint(share)))
        } else {
            write(buffer, area, column, y, shade(share), look.theme.body())
        };
    }
    write(buffer, area, column, y, &format!(" {}", number(f64::from(range[1]))), look.theme.quiet())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of as many tokens as have two columns each.
    #[test]
    fn names_above_narrow_cells_do_not_run_into_each_other() {
        let tokens = ["Emma", "␣is", "␣at", "␣the", "␣school", "."].map(str::to_owned);
        let map = HeatMap {
            heading: crate::experiment::Bilingual::default(),
            rows: vec!["a".to_owned()],
            columns: tokens.to_vec(),
            values: vec![0.5; 6],
            range: [0.0, 1.0],
        };
        let theme = crate::tui::theme::Theme::dark();
        let look = crate::tui::widgets::picture::Look { light: false, color: true, wide_ambiguous: false };
        let mode = crate::tui::widgets::picture::PictureMode::HalfBlocks;
        let mut pictures = crate::tui::widgets::picture::Pictures::new(look, None, mode);
        let look = Look { theme: &theme, language: crate::experiment::Language::En, pictures: &mut pictures };
        let names = |height: u16| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 14, height));
            draw(&map, None, buffer.area, &look, &mut buffer);
            crate::tui::widgets::frame::rows_of_text(&buffer).take(2).collect::<Vec<_>>()
        };
        assert_eq!(names(4), ["  Em… at  sc…", "    is  the ."]);
        assert_eq!(names(3)[0], "  Em… at  sc…", "no row of values is lost");
        assert_eq!([14, 60].map(|columns| head_rows(&map, columns)), [2, 1]);
    }

    /// The row below has the place under the cursor.
    #[test]
    fn rows_out_of_sight_are_told_of_in_a_narrow_map_too() {
        let map = HeatMap {
            heading: crate::experiment::Bilingual::default(),
            rows: (1..=6).map(|row| format!("cross {row}")).collect(),
            columns: vec!["1".to_owned(), "2".to_owned()],
            values: vec![-1.2e-4; 12],
            range: [0.0, 1.0],
        };
        let theme = crate::tui::theme::Theme::dark();
        let look = crate::tui::widgets::picture::Look { light: false, color: true, wide_ambiguous: false };
        let mode = crate::tui::widgets::picture::PictureMode::HalfBlocks;
        let mut pictures = crate::tui::widgets::picture::Pictures::new(look, None, mode);
        let look = Look { theme: &theme, language: crate::experiment::Language::En, pictures: &mut pictures };
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 7));
        draw(&map, Some(&Place::Cell([0, 0])), buffer.area, &look, &mut buffer);
        let first = crate::tui::widgets::frame::rows_of_text(&buffer).next().unwrap();
        assert!(first.starts_with("↕ 1–5/6"), "{first}");
    }

    /// The marks of the cursor stand about the value of its cell.
    #[test]
    fn the_cursor_covers_no_figure() {
        let theme = crate::tui::theme::Theme::dark();
        let look = crate::tui::widgets::picture::Look { light: false, color: true, wide_ambiguous: false };
        let mode = crate::tui::widgets::picture::PictureMode::HalfBlocks;
        let mut pictures = crate::tui::widgets::picture::Pictures::new(look, None, mode);
        let look = Look { theme: &theme, language: crate::experiment::Language::En, pictures: &mut pictures };
        for (value, columns, shown) in [(0.53, 6, "[0.53]"), (-7.31, 6, "[−7.3]"), (12.0, 5, "[ 12]"), (0.5, 2, "[]")]
        {
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
            draw_cell(value, [-10.0, 20.0], true, buffer.area, &look, &mut buffer);
            let text: String = buffer.content.iter().map(|cell| cell.symbol()).collect();
            assert_eq!(text, shown);
        }
    }

    #[test]
    fn rows_and_columns_of_little_room_can_be_told_apart() {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(told_apart(&own(&["enc 1", "cross 1", "cross 2"]), 6), ["enc 1", "cro… 1", "cro… 2"]);
        assert_eq!(told_apart(&own(&["交差 1", "交差 2"]), 5), ["交… 1", "交… 2"]);
        assert_eq!(told_apart(&own(&["one of many", "two"]), 6), ["one o…", "two"]);
        assert_eq!(["␣David", "␣the", "."].map(|name| in_cell(name, 3)), ["Da…", "the", "."]);
        assert_eq!(in_cell("␣library", 6), "␣libr…");
        assert_eq!([2, 3].map(|columns| in_cell("図書館", columns)), ["図", "図…"]);
        assert_eq!([2, 3].map(|columns| in_cell("<EOS>", columns)), ["<E", "<E…"], "what is cut says so");
    }
}
