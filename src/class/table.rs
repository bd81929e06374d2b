//! Tables that an instructor hands over, as spreadsheets save them: CSV in UTF-8, UTF-16 or Shift_JIS, with or without a byte order
//! mark, with commas, semicolons or tabs between the cells.

use crate::experiment::{Bilingual, TaskContext};
use crate::intake::{self, Purpose};
use crate::printer::in_one_line;
use csv::ReaderBuilder;
use std::path::{Path, PathBuf};

/// The rows of a table by its columns.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    wanted: &'static str,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// What was odd about the encoding.
    pub notes: Vec<Bilingual>,
}

/// A row and the line that it begins in, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    cells: Vec<String>,
}

impl Row {
    /// The cell of a column, without white space around it; empty where the row ends before.
    pub fn cell(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.cells.get(column)).map_or("", String::as_str)
    }
}

impl Table {
    /// Reads a file whose first row names the columns, in small letters or large ones.
    ///
    /// # Errors
    /// When it cannot be read or is no table; one line with the place and what is expected.
    pub fn read(path: &Path, purpose: &Purpose) -> Result<Self, String> {
        let said = |error: crate::experiment::ExperimentError| error.in_file(path).to_string();
        let bytes = intake::bytes(path, purpose, &TaskContext::default()).map_err(said)?;
        let decoded = intake::decoded(&bytes, None, purpose).map_err(said)?;
        let mut table = Table {
            path: path.to_owned(),
            wanted: purpose.wanted.en,
            columns: Vec::new(),
            rows: Vec::new(),
            notes: decoded.notes,
        };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(&decoded.text))
            .from_reader(decoded.text.as_bytes());
        let mut lines = Lines { text: &decoded.text, at: 0, line: 1 };
        for record in reader.records() {
            let record = record.map_err(|error| table.fault(lines.line, &error.to_string()))?;
            let line = lines.of(record.position().map_or(0, |position| position.byte() as usize));
            let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if let Some(cell) = cells.iter().find(|cell| cell.chars().any(char::is_control)) {
                return Err(table.fault(line, &format!("a control character in `{}`", in_one_line(cell))));
            }
            if table.columns.is_empty() {
                table.columns = cells.iter().map(|name| name.to_lowercase()).collect();
            } else if cells.len() > table.columns.len() {
                let (count, most) = (cells.len(), table.columns.len());
                return Err(table.fault(line, &format!("{count} cells below {most} columns")));
            } else {
                table.rows.push(Row { line, cells });
            }
        }
        Ok(table)
    }

    /// The place of a column, if there is one of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What is wrong with a line: one line with the place and what is expected.
    pub fn fault(&self, line: u64, why: &str) -> String {
        format!("{}:{line}: {why}; expected {}", self.path.display(), self.wanted)
    }
}

/// Counts lines on the way through a text.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of what begins at a byte, or behind the blank lines that are there.
    fn of(&mut self, byte: usize) -> u64 {
        let rest = &self.text[byte..];
        let begin = self.text.len() - rest.trim_start_matches(['\r', '\n']).len();
        self.line += self.text[self.at..begin].matches('\n').count() as u64;
        self.at = begin;
        self.line
    }
}

/// What stands between the cells: of the first line, whichever comes first.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.bytes().find(|byte| b",;\t".contains(byte)).unwrap_or(b',')
}
