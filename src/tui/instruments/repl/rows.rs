//! Parts of an answer as rows of a conversation.

use crate::experiment::{Bar, Language, Panel};
use crate::tui::linear::padded;
use crate::tui::theme::Theme;
use crate::width::{self, width};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

/// The widest bar.
const WIDEST_BAR: usize = 24;
/// The narrowest last column of a table that is broken within itself.
const LEAST_COLUMN: usize = 16;
/// Lower than a row, so that bars stand apart.
const MARK: &str = "▅";

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Said,
    Body,
    Quiet,
    Bad,
    Bar,
    Negative,
    Head,
}

pub type Row = Vec<(String, Look)>;

/// What a look is in a theme.
pub fn style(look: Look, theme: &Theme) -> Style {
    match look {
        Look::Said => theme.strong(),
        Look::Body => theme.body(),
        Look::Quiet => theme.quiet(),
        Look::Bad => Style::new().fg(theme.bad),
        Look::Bar => Style::new().fg(theme.series[0]),
        Look::Negative => Style::new().fg(theme.series[1]),
        Look::Head => theme.accented(),
    }
}

/// A panel as rows for so many columns.
pub fn rows_of(panel: &Panel, columns: usize, language: Language) -> Vec<Row> {
    match panel {
        Panel::Note { text } => vec![vec![(text.in_language(language).to_owned(), Look::Body)]],
        Panel::Number { name, value, .. } => {
            vec![vec![(format!("{} = ", name.in_language(language)), Look::Quiet), (format!("{value:.4}"), Look::Head)]]
        }
        Panel::Fault { line, from, to, text } => {
            let before = width(line.get(..*from).unwrap_or_default());
            let marks = width(line.get(*from..*to).unwrap_or_default()).max(1);
            vec![
                vec![(format!("  {line}"), Look::Quiet)],
                vec![(format!("  {}{}", " ".repeat(before), "^".repeat(marks)), Look::Bad)],
                vec![(text.in_language(language).to_owned(), Look::Bad)],
            ]
        }
        Panel::Bars { heading, bars: entries, .. } => {
            let widest = entries.iter().map(|entry| width(&entry.name)).max().unwrap_or(0).min(columns / 2);
            let room = columns.saturating_sub(widest + 12).min(WIDEST_BAR);
            let most = entries.iter().map(|entry| entry.value.abs()).fold(1.0, f32::max);
            let row = |entry: &Bar| {
                let cells = (room as f32 * entry.value.abs() / most).round() as usize;
                let look = if entry.value < 0.0 { Look::Negative } else { Look::Bar };
                vec![
                    (format!("  {}  ", padded(&entry.name, widest)), Look::Body),
                    (format!("{:7.4} ", entry.value), Look::Quiet),
                    (MARK.repeat(cells.min(room)), look),
                ]
            };
            let heading = heading.in_language(language).to_owned();
            std::iter::once(vec![(heading, Look::Quiet)]).chain(entries.iter().map(row)).collect()
        }
        Panel::Table { names, rows } => {
            let names = names.iter().map(|name| name.in_language(language).to_owned()).collect();
            let rows = rows.in_language(language);
            let all = || std::iter::once(&names).chain(&rows);
            let widest =
                |index: usize| all().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0);
            // The last column is broken within itself, if it is not too narrow for that.
            let last = names.len().saturating_sub(1);
            let before: usize = 2 + (0..last).map(|index| widest(index) + 2).sum::<usize>();
            let room = if before + LEAST_COLUMN <= columns { columns - before } else { usize::MAX };
            let row = |(index, row): (usize, &Vec<String>)| {
                let look = if index == 0 { Look::Quiet } else { Look::Body };
                let cells = row.iter().take(last).enumerate().map(|(index, cell)| padded(cell, widest(index)) + "  ");
                let mut start = format!("  {}", cells.collect::<String>());
                let broken = width::wrapped(row.get(last).map_or("", String::as_str), room);
                let lines = broken.into_iter().map(move |line| {
                    let begun = std::mem::replace(&mut start, " ".repeat(before));
                    vec![(format!("{begun}{line}").trim_end().to_owned(), look)]
                });
                lines.collect::<Vec<Row>>()
            };
            all().enumerate().flat_map(row).collect()
        }
        // A plane has a place of its own; a conversation answers in nothing else.
        _ => Vec::new(),
    }
}

/// A row broken where it is too wide, between words if it can be; what is broken off is moved in.
pub fn wrapped(row: Row, columns: usize) -> Vec<Row> {
    const INDENT: usize = 4;
    let mut rows = vec![Row::new()];
    let mut used = 0;
    for (text, look) in row {
        let mut piece = String::new();
        for word in text.split_inclusive(' ') {
            let fits = used + width(word.trim_end()) <= columns;
            // A word that fits no row is broken anywhere.
            let parts: Vec<&str> =
                if INDENT + width(word) > columns { word.graphemes(true).collect() } else { vec![word] };
            for part in parts {
                let wide = width(part.trim_end());
                if used + wide > columns && used > INDENT && !(fits && part == word) {
                    rows.last_mut().expect("one at least").push((std::mem::take(&mut piece), look));
                    rows.push(vec![(" ".repeat(INDENT), look)]);
                    used = INDENT;
                }
                piece.push_str(part);
                used += width(part);
            }
        }
        rows.last_mut().expect("one at least").push((piece, look));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_broken_by_cells_and_keep_their_looks() {
        let row = vec![("王と女王と".to_owned(), Look::Body), ("end".to_owned(), Look::Bar)];
        let rows = wrapped(row, 8);
        let texts: Vec<String> = rows.iter().map(|row| row.iter().map(|(text, _)| text.as_str()).collect()).collect();
        assert_eq!(texts, ["王と女王", "    と", "    end"]);
        assert_eq!(rows[2].last().unwrap().1, Look::Bar);
        let rows = wrapped(vec![("see what is near".to_owned(), Look::Quiet)], 10);
        let texts: Vec<String> = rows.iter().map(|row| row.iter().map(|(text, _)| text.as_str()).collect()).collect();
        assert_eq!(texts, ["see what ", "    is ", "    near"]);
    }

    #[test]
    fn the_last_column_of_a_table_hangs_under_itself() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = vec![row([":nn W", "the words that lie nearest"])];
        let table = Panel::table(row(["type", "what it does"]), rows);
        let rows = rows_of(&table, 27, Language::En);
        let texts: Vec<&str> = rows.iter().map(|row| row[0].0.as_str()).collect();
        assert_eq!(texts, ["  type   what it does", "  :nn W  the words that lie", "         nearest"]);
    }
}
