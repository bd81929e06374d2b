//! Continuations as a person reads them.

use super::rules::{Counted, Judged, judged};
use super::texts::Text;
use crate::experiment::{Bilingual, Panel};
use crate::printer::printable;

/// A sentence with a mark for what is wrong with it: ✗ for a fault, ↻ for a repeat.
pub fn marked(judged: &Judged) -> String {
    let sign = match () {
        () if judged.counted.contains(&Counted::Fault) => "✗ ",
        () if judged.counted.contains(&Counted::Repeat) => "↻ ",
        () => "",
    };
    format!("{sign}{}", printable(&judged.text))
}

/// Continuations in columns, a sentence in each row.
pub fn side_by_side(names: Vec<Bilingual>, texts: &[Text], has_marks: bool) -> Panel {
    let sentence = |judged: &Judged| if has_marks { marked(judged) } else { printable(&judged.text) };
    let columns: Vec<Vec<String>> = texts.iter().map(|text| judged(text).iter().map(sentence).collect()).collect();
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |row: usize| -> Vec<String> {
        columns.iter().map(|column| column.get(row).cloned().unwrap_or_default()).collect()
    };
    Panel::columns(names, (0..longest).map(row))
}
