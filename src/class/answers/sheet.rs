//! Tables as comma-separated values, for spreadsheets and scripts.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and a formula can start programs or send away what
//! stands in the other cells. Texts that begin so, also behind white space or with these signs in full width, get a `'` before them,
//! by which spreadsheets know a text (OWASP, "CSV Injection"). A plain number such as -3.5 does nothing and stays a number.
//! Control characters and those that turn the direction of a text are written as signs; ends of lines and tabs stay.

use crate::intake;
use crate::printer::{is_unseen, sign_of};
use csv::{Terminator, Writer, WriterBuilder};
use std::borrow::Cow;

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// What a person has written, now or in a lab file.
    Text(Cow<'a, str>),
    /// A number, a time or a word of our own.
    Plain(String),
}

impl<'a> Cell<'a> {
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Cell::Text(text.into())
    }

    pub fn plain(value: impl ToString) -> Self {
        Cell::Plain(value.to_string())
    }

    pub fn empty() -> Self {
        Cell::Plain(String::new())
    }
}

/// A text as a spreadsheet may have it.
pub fn defused(text: &str) -> Cow<'_, str> {
    let acts = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t') || is_unseen(letter);
    let seen = if text.contains(acts) {
        let letters = text.replace("\r\n", "\n");
        let sign = |letter: char| if acts(letter) { sign_of(letter) } else { letter.to_string() };
        Cow::Owned(letters.chars().map(sign).collect())
    } else {
        Cow::Borrowed(text)
    };
    if begins_formula(&seen) && !is_number(&seen) { Cow::Owned(format!("'{seen}")) } else { seen }
}

fn begins_formula(text: &str) -> bool {
    let begins = |letter: char| matches!(letter, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    text.starts_with(['\t', '\n']) || text.trim_start().starts_with(begins)
}

/// Whether a text is digits with a sign, a point and an exponent at the most.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) && text.parse::<f64>().is_ok()
}

/// A table that grows by rows.
pub struct Sheet {
    rows: Writer<Vec<u8>>,
}

impl Sheet {
    /// An empty table. With a byte order mark Excel takes it for UTF-8.
    pub fn new(with_mark: bool) -> Self {
        let begin = if with_mark { intake::MARK.to_vec() } else { Vec::new() };
        Sheet { rows: WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(begin) }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When it has another count of cells than the rows before it.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) {
        let texts = cells.into_iter().map(|cell| match cell {
            Cell::Text(text) => defused(&text).into_owned(),
            Cell::Plain(text) => text,
        });
        self.rows.write_record(texts).expect("memory takes rows that are equally long");
    }

    /// The bytes of a file.
    ///
    /// # Panics
    /// Never: memory takes them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.rows.into_inner().expect("memory takes it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_begins_a_formula_is_a_text_and_a_number_stays_one() {
        for text in [
            "=1+1",
            "+A1",
            "-3+4",
            "@SUM(A1)",
            "  =1",
            "\u{3000}=1",
            "\tx",
            "\nx",
            "＝1",
            "－A1",
            "-inf",
            "-1e5x",
            "- 3",
            "−1".replace('−', "－").as_str(),
        ] {
            assert_eq!(defused(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "-3.5", "+4", "-1e-5", "3", "a = b", "1=1", "'=1", "日本語", "val/elbo = -104.2", "a\nb"] {
            assert_eq!(defused(text), text, "{text:?}");
        }
        assert_eq!(defused("\r=1"), "␍=1");
        assert_eq!(defused("a\r\nb\u{1b}[2J"), "a\nb␛[2J");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut sheet = Sheet::new(true);
        sheet.row([Cell::text("a,b"), Cell::text("say \"x\""), Cell::text("山田\n太郎"), Cell::plain(-1.5)]);
        assert_eq!(
            String::from_utf8(sheet.into_bytes()).unwrap(),
            "\u{feff}\"a,b\",\"say \"\"x\"\"\",\"山田\n太郎\",-1.5\n"
        );
    }

    proptest! {
        /// Whatever stands in cells, a reader has it back, but for what made it harmless.
        #[test]
        fn cells_come_back(rows in prop::collection::vec(prop::collection::vec("[\\PC\\x00-\\x7f＝\u{feff}]{0,12}|[=+@\t\r\n -]{1,3}[a-z,\";]{0,4}", 3), 1..5), with_mark: bool) {
            let mut sheet = Sheet::new(with_mark);
            rows.iter().for_each(|row| sheet.row(row.iter().map(|text| Cell::text(text.as_str()))));
            let bytes = sheet.into_bytes();
            let bytes = if with_mark { &bytes[intake::MARK.len()..] } else { &bytes };
            // The reader takes a mark off that a first cell begins with.
            prop_assume!(!bytes.starts_with(intake::MARK));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
            let read: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            let expected: Vec<Vec<String>> =
                rows.iter().map(|row| row.iter().map(|text| defused(text).into_owned()).collect()).collect();
            prop_assert_eq!(&read, &expected);
            for cell in read.iter().flatten() {
                prop_assert!(is_number(cell) || !begins_formula(cell), "{cell:?}");
                prop_assert!(cell.chars().all(|letter| matches!(letter, '\n' | '\t') || !letter.is_control()));
            }
        }

        /// Of a text that holds no control character nothing is lost.
        #[test]
        fn a_text_is_kept_behind_the_sign(text in "\\PC{0,20}") {
            prop_assume!(!text.contains(is_unseen));
            let kept = defused(&text);
            prop_assert_eq!(kept.strip_prefix(if begins_formula(&text) && !is_number(&text) { "'" } else { "" }), Some(text.as_str()));
        }
    }
}
