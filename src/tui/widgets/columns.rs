//! Tables that share the room there is among their columns.

use crate::width::{unbroken, width, wrapped};

/// The narrowest last column of a table that is broken within itself.
const LEAST_COLUMN: usize = 16;
/// The longest word that is not broken, and the room of one that may be: a longer one, or one of wide letters, as of Japanese.
const LONGEST_WORD: usize = 16;
const BROKEN_WORD: usize = 8;
/// The least room of a column that shares its room with others: where there is little, columns stand closer before they are made narrower still.
const LEAST_SHARES: [(usize, usize); 3] = [(2, 8), (1, 8), (1, 4)];

/// Pieces of a line, each with the column that it begins in.
pub type Line = Vec<(u16, String)>;

/// How the room of a table is shared: the width of each column, and the columns that are left free between two.
struct Shares {
    widths: Vec<usize>,
    gap: usize,
}

/// The rows of a table, the names first, each as the lines that it takes: cells that have no room are broken within their columns.
pub fn laid(names: &[String], rows: &[Vec<String>], columns: u16) -> Vec<Vec<Line>> {
    let all = || std::iter::once(names).chain(rows.iter().map(Vec::as_slice));
    let last = names.len().saturating_sub(1);
    let Shares { widths, gap } = shares(names, rows, usize::from(columns));
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
            let broken = broken(text, widths[index]);
            lines.resize(broken.len().max(lines.len()), Vec::new());
            for (line, text) in lines.iter_mut().zip(&broken) {
                line.push(piece(index, text, is_name));
            }
        }
        lines
    };
    all().enumerate().map(row).collect()
}

/// The least columns of a cell, in which no word is broken that a reader takes in as a whole.
pub fn least_width(cell: &str) -> usize {
    let whole =
        unbroken(cell).map(|part| width(&part)).map(|part| if part > LONGEST_WORD { BROKEN_WORD } else { part });
    let in_part = cell.split(' ').map(|word| width(word).min(BROKEN_WORD));
    whole.chain(in_part).max().unwrap_or(0)
}

/// The shares with which a table takes the fewest lines: what has no room is the last column alone, or the widest ones, or those that are
/// wider than most of their rows need.
fn shares(names: &[String], rows: &[Vec<String>], room: usize) -> Shares {
    let all = || std::iter::once(names).chain(rows.iter().map(Vec::as_slice));
    let columns = names.len().max(1);
    let widest = |index: usize| all().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let before = widths[..columns - 1].iter().map(|width| width + 2).sum::<usize>();
    if before + widths[columns - 1] <= room {
        return Shares { widths, gap: 2 };
    }
    let longest =
        |index: usize| all().filter_map(|row| row.get(index)).map(|cell| least_width(cell)).max().unwrap_or(0);
    let words: Vec<usize> = (0..columns).map(longest).collect();
    let usual: Vec<usize> = (0..columns).map(|index| usual_width(rows, index)).collect();
    let lines = |shares: &Shares| all().map(|row| lines_of_row(row, &shares.widths)).sum::<usize>();
    let last_alone = || {
        let mut widths = widths.clone();
        widths[columns - 1] = room - before;
        Shares { widths, gap: 2 }
    };
    let ways = [
        (before + LEAST_COLUMN <= room).then(last_alone),
        share_by_words(&widths, &widths, &words, room),
        share_by_words(&widths, &usual, &words, room),
    ];
    ways.into_iter().flatten().min_by_key(lines).unwrap_or_else(|| share(widths, room))
}

/// The width that most rows of a column need, those without anything in it among them.
fn usual_width(rows: &[Vec<String>], index: usize) -> usize {
    let mut widths: Vec<usize> = rows.iter().map(|row| row.get(index).map_or(0, |cell| width(cell))).collect();
    widths.sort_unstable();
    widths.get(rows.len() / 2).copied().unwrap_or(0)
}

/// Lines that a row takes in columns of these widths.
fn lines_of_row(row: &[String], widths: &[usize]) -> usize {
    row.iter().zip(widths).map(|(cell, width)| broken(cell, *width).len()).max().unwrap_or(1)
}

/// A cell as the lines that it takes in a column.
fn broken(cell: &str, columns: usize) -> Vec<String> {
    if width(cell) > columns { wrapped(cell, columns) } else { vec![cell.to_owned()] }
}

/// Makes the widest columns narrower, none narrower than its longest word: first what is beyond the usual width of a column, then the
/// usual widths. Nothing where words would have to be broken.
fn share_by_words(widths: &[usize], usual: &[usize], words: &[usize], room: usize) -> Option<Shares> {
    let between = widths.len() - 1;
    let narrowed = |widest: usize| {
        let [usually, beyond] = [widest.min(room), widest.saturating_sub(room)];
        let width = move |index: usize| usual[index].min(usually).max(widths[index].min(beyond)).max(words[index]);
        (0..widths.len()).map(width)
    };
    [2, 1].iter().find_map(|&gap| {
        let fits = |widest: &usize| narrowed(*widest).sum::<usize>() + gap * between <= room;
        let widest = (0..=2 * room).rev().find(fits)?;
        Some(Shares { widths: narrowed(widest).collect(), gap })
    })
}

/// Makes the widest columns narrower, as wide as each other, until all have room together; none narrower than a few letters.
fn share(mut widths: Vec<usize>, room: usize) -> Shares {
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
    Shares { widths, gap }
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
    fn the_least_width_of_a_cell_holds_its_words_whole() {
        assert_eq!(["", "58 %", "the attribution", "1 234.5 ms"].map(least_width), [0, 4, 11, 8]);
        // A word of Japanese may be broken, but not into columns of one or two letters; nor is a very long one held whole.
        assert_eq!(
            ["エマは学校にいます。", "語", "2 組", "22222512251222", "no-word-is-as-long-as-this"].map(least_width),
            [8, 2, 4, 14, 8]
        );
    }

    #[test]
    fn a_number_is_not_torn_from_its_unit() {
        let names = ["mark", "share of the attribution"];
        for columns in 10..40 {
            let laid = lines(&names, &["✓", "15 %"], columns);
            assert!(laid.iter().any(|line| line.ends_with("15 %")), "{columns}: {laid:#?}");
        }
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
    fn a_column_that_is_empty_in_most_rows_takes_little() {
        let names = ["", "first fault", "story"].map(str::to_owned);
        let story = "Emma is at the school. Tom is in the park. Emma goes to the park. Emma sees Tom.";
        let fault = "Tom gives the key to Emma.";
        let row = |fault: &str| ["✓", fault, story].map(str::to_owned).to_vec();
        let rows: Vec<_> = (0..8).map(|number| row(if number == 3 { fault } else { "" })).collect();
        let shares = |rows: &[Vec<String>], room| shares(&names, rows, room).widths;
        // "first", "fault", "gives" and "Emma." are its longest words.
        assert_eq!(shares(&rows, 52), [1, 5, 42]);
        assert_eq!(shares(&rows, 36), [1, 5, 26]);
        // Where most rows have a fault, both columns are broken alike.
        let full: Vec<_> = (0..8).map(|number| row(if number == 3 { "" } else { fault })).collect();
        assert_eq!(shares(&full, 36), [1, 15, 15]);
        // Japanese may be broken at nearly every letter, but not into columns of one or two.
        let names = ["", "最初の誤り", "物語"].map(str::to_owned);
        let story = "エマは学校にいます。トムは公園にいます。エマは公園に行きます。";
        let row = |fault: &str| ["✓", fault, story].map(str::to_owned).to_vec();
        let japanese: Vec<_> =
            (0..8).map(|number| row(if number == 3 { "トムは鍵を渡します。" } else { "" })).collect();
        assert_eq!(super::shares(&names, &japanese, 40).widths, [1, 8, 27]);
        // And where there is room for all, none is broken.
        assert_eq!(shares(&rows, 120), [1, 26, 80]);
    }

    #[test]
    fn every_column_is_in_sight_where_each_has_a_few_letters() {
        let names = ["mark", "network", "read as", "p", "attribution in the mark"];
        let laid = lines(&names, &["✓", "trapped", "7", "100 %", "58 %"], 30);
        assert!(laid.iter().all(|line| width(line) <= 30), "{laid:#?}");
        assert!(laid.iter().any(|line| line.ends_with("58 %")), "{laid:#?}");
    }
}
