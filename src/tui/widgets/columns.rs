//! Tables that share the room there is among their columns.

use crate::width::{width, wrapped};

/// The narrowest last column of a table that is broken within itself.
const LEAST_COLUMN: usize = 16;
/// And one that shares its room with others.
const LEAST_SHARE: usize = 8;

/// Pieces of a line, each with the column that it begins in.
pub type Line = Vec<(u16, String)>;

/// The rows of a table, the names first, each as the lines that it takes: cells that have no room are broken within their columns.
pub fn laid(names: &[String], rows: &[Vec<String>], columns: u16) -> Vec<Vec<Line>> {
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
        let mut lines: Vec<Line> = vec![Vec::new()];
        for (index, text) in row.iter().enumerate().take(names.len()) {
            let broken = if width(text) > widths[index] { wrapped(text, widths[index]) } else { vec![text.clone()] };
            lines.resize(broken.len().max(lines.len()), Vec::new());
            for (line, text) in lines.iter_mut().zip(&broken) {
                line.push(piece(index, text));
            }
        }
        lines
    };
    all().map(row).collect()
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
