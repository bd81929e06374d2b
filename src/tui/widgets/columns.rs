//! Tables that share the room there is among their columns.

use crate::width::{width, wrapped};

/// The narrowest last column of a table that is broken within itself.
const LEAST_COLUMN: usize = 16;
/// And one that shares its room with others: where there is little, columns stand closer before they are made narrower still.
const LEAST_SHARES: [(usize, usize); 3] = [(2, 8), (1, 8), (1, 4)];

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
    let mut gap = 2;
    if before + widths[last] > room && before + LEAST_COLUMN > room {
        // The last column alone has no room to be broken within itself: the widest ones share what there is.
        let words = |cell: &String| cell.split(' ').map(width).max().unwrap_or(0);
        let longest = |index: usize| all().filter_map(|row| row.get(index)).map(words).max().unwrap_or(0);
        let words: Vec<usize> = (0..=last).map(longest).collect();
        // A column without anything has the room of its name's longest word and no share of what others can use.
        for index in (0..=last).filter(|index| rows.iter().all(|row| row.get(*index).is_none_or(String::is_empty))) {
            widths[index] = words[index];
        }
        gap = share_by_words(&mut widths, &words, room).unwrap_or_else(|| share(&mut widths, room));
    } else {
        widths[last] = widths[last].min(room.saturating_sub(before)).max(1);
    }
    let starts: Vec<usize> = widths
        .iter()
        .scan(0, |start, width| {
            let own = *start;
            *start += width + gap;
            Some(own)
        })
        .collect();
    let numeric: Vec<bool> = (0..=last).map(|index| is_numeric(rows, index)).collect();
    let piece = |index: usize, text: &str, is_name: bool| {
        let text = if numeric[index] && !is_name { signed(text) } else { text.to_owned() };
        let moved = if numeric[index] { widths[index].saturating_sub(width(&text)) } else { 0 };
        ((starts[index] + moved).min(usize::from(u16::MAX)) as u16, text)
    };
    let row = |(number, row): (usize, &[String])| {
        let is_name = number == 0;
        let mut lines: Vec<Line> = vec![Vec::new()];
        for (index, text) in row.iter().enumerate().take(names.len()) {
            let broken = if width(text) > widths[index] { wrapped(text, widths[index]) } else { vec![text.clone()] };
            lines.resize(broken.len().max(lines.len()), Vec::new());
            for (line, text) in lines.iter_mut().zip(&broken) {
                line.push(piece(index, text, is_name));
            }
        }
        lines
    };
    all().enumerate().map(row).collect()
}

/// Makes the widest columns narrower, none narrower than its longest word. Gives the columns that are left free between two; nothing, and
/// no change, where words would have to be broken.
fn share_by_words(widths: &mut [usize], words: &[usize], room: usize) -> Option<usize> {
    let between = widths.len().saturating_sub(1);
    let narrowed = |widest: usize| widths.iter().zip(words).map(move |(width, word)| (*width).min(widest.max(*word)));
    let found = [2, 1].iter().find_map(|gap| {
        let fits = |widest: &usize| narrowed(*widest).sum::<usize>() + gap * between <= room;
        Some((*gap, (0..=room).rev().find(fits)?))
    });
    let (gap, widest) = found?;
    let narrowed: Vec<usize> = narrowed(widest).collect();
    widths.copy_from_slice(&narrowed);
    Some(gap)
}

/// Makes the widest columns narrower, as wide as each other, until all have room together; none narrower than a few letters. Gives the
/// columns that are left free between two.
fn share(widths: &mut [usize], room: usize) -> usize {
    let between = widths.len().saturating_sub(1);
    let fits = |widest: usize, gap: usize| {
        widths.iter().map(|width| (*width).min(widest)).sum::<usize>() + gap * between <= room
    };
    let found = LEAST_SHARES.iter().find_map(|&(gap, least)| {
        let widest = (least..=room.max(least)).rev().find(|widest| fits(*widest, gap))?;
        Some((gap, widest))
    });
    let (gap, widest) = found.unwrap_or(LEAST_SHARES[LEAST_SHARES.len() - 1]);
    widths.iter_mut().for_each(|width| *width = (*width).min(widest));
    gap
}

/// A number with a true minus; zero has none.
fn signed(number: &str) -> String {
    let is_zero = !number.contains(|letter: char| ('1'..='9').contains(&letter));
    if is_zero { number.trim_start_matches('-').to_owned() } else { number.replace('-', "−") }
}

/// Whether a column has numbers only, which are aligned at their ends.
fn is_numeric(rows: &[Vec<String>], index: usize) -> bool {
    let mut cells = rows.iter().filter_map(|row| row.get(index)).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some()
        && cells.all(|cell| cell.replace('−', "-").trim_end_matches(['%', ' ']).trim().parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(names: &[&str], row: &[&str], columns: u16) -> Vec<String> {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let laid = laid(&own(names), &[own(row)], columns);
        laid.iter()
            .flatten()
            .map(|line| {
                let mut written = String::new();
                for (column, text) in line {
                    written += &" ".repeat(usize::from(*column) - width(&written));
                    written += text;
                }
                written
            })
            .collect()
    }

    #[test]
    fn columns_stand_closer_before_their_words_are_broken() {
        let (names, row) = (["", "university", "sure", "answer"], ["✗", "Hayuri", "6 %", "Damugi Station."]);
        assert_eq!(lines(&names, &row, 50), ["   university  sure  answer", "✗  Hayuri       6 %  Damugi Station."]);
        // 26 columns, as beside the charts of a small window.
        let narrow = lines(&names, &row, 26);
        assert!(narrow.iter().all(|line| width(line) <= 26), "{narrow:#?}");
        assert!(narrow.iter().any(|line| line.ends_with("Station.")), "{narrow:#?}");
    }

    #[test]
    fn numbers_are_aligned_and_have_their_signs() {
        let rows = [["a", "-0.000"], ["b", "-8.104"], ["c", "1e-5"]].map(|row| row.map(str::to_owned).to_vec());
        let laid = laid(&["w".to_owned(), "p".to_owned()], &rows, 40);
        let cells: Vec<&str> = laid[1..].iter().map(|lines| lines[0][1].1.as_str()).collect();
        assert_eq!(cells, ["0.000", "−8.104", "1e−5"]);
    }

    #[test]
    fn words_stay_whole_where_there_is_room_for_each() {
        let names = ["mark", "network", "read as", "p", "attribution in the mark"];
        let laid = lines(&names, &["✓", "trapped", "7", "100 %", "58 %"], 36);
        assert!(laid.iter().all(|line| width(line) <= 36), "{laid:#?}");
        let text = laid.join(" ");
        assert!(["network", "trapped", "attribution", "100 %"].iter().all(|word| text.contains(word)), "{laid:#?}");
    }

    #[test]
    fn an_empty_column_leaves_its_room_to_the_others() {
        let names = ["", "first fault", "story"];
        let laid = lines(&names, &["✓", "", "Emma is at the school."], 26);
        assert_eq!(laid[..2], ["   first  story", "   fault"]);
        let story: Vec<&str> = laid[2..].iter().map(|line| line.trim_start_matches(['✓', ' '])).collect();
        assert_eq!(story, ["Emma is at the", "school."], "{laid:#?}");
    }

    #[test]
    fn every_column_is_in_sight_where_each_has_a_few_letters() {
        let names = ["mark", "network", "read as", "p", "attribution in the mark"];
        let laid = lines(&names, &["✓", "trapped", "7", "100 %", "58 %"], 30);
        assert!(laid.iter().all(|line| width(line) <= 30), "{laid:#?}");
        assert!(laid.iter().any(|line| line.ends_with("58 %")), "{laid:#?}");
    }
}
