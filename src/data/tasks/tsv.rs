//! A person's own pairs, from text with one pair a line: `source<TAB>target`.

use super::Pair;
use thiserror::Error;

/// Pairs that a text must have at least: one to learn from, one to test with.
const FEWEST: usize = 2;

/// Why a text is not a list of pairs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TsvError {
    #[error("line {line} has no tab: found `{found}`, expected source<TAB>target")]
    MissingColumn { line: usize, found: String },
    #[error("line {line} has {columns} columns: found `{found}`, expected two, source<TAB>target")]
    TooManyColumns { line: usize, columns: usize, found: String },
    #[error("line {line} has an empty {side}: found `{found}`, expected text on both sides of the tab")]
    EmptySide { line: usize, side: &'static str, found: String },
    #[error("line {line} has the control character {code} at column {column}: expected plain text, in UTF-8")]
    Control { line: usize, column: usize, code: String },
    #[error("the text has {found} pairs, expected at least {FEWEST}: write one pair per line, source<TAB>target")]
    TooFewPairs { found: usize },
}

/// Reads pairs. Blank lines are skipped, lines may end in CRLF, a byte order mark is dropped.
///
/// # Errors
/// If a line does not have two columns with text or has a control character (as UTF-16 read as UTF-8 has), or if there are fewer than two pairs.
pub fn pairs_from_tsv(text: &str) -> Result<Vec<Pair>, TsvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut pairs = Vec::new();
    for (line, found) in (1..).zip(text.lines()) {
        if found.trim_matches([' ', '\r']).is_empty() {
            continue;
        }
        if let Some((place, control)) = found.chars().enumerate().find(|(_, c)| c.is_control() && *c != '\t') {
            let code = format!("U+{:04X}", u32::from(control));
            return Err(TsvError::Control { line, column: place + 1, code });
        }
        let columns: Vec<&str> = found.split('\t').collect();
        let [source, target] = columns[..] else {
            let (columns, found) = (columns.len(), shorten(found));
            return Err(match columns {
                1 => TsvError::MissingColumn { line, found },
                _ => TsvError::TooManyColumns { line, columns, found },
            });
        };
        for (side, text) in [("source", source), ("target", target)] {
            if text.trim().is_empty() {
                return Err(TsvError::EmptySide { line, side, found: shorten(found) });
            }
        }
        pairs.push(Pair { source: source.to_string(), target: target.to_string() });
    }
    if pairs.len() < FEWEST {
        return Err(TsvError::TooFewPairs { found: pairs.len() });
    }
    Ok(pairs)
}

/// The first characters of a line, with its tabs visible.
fn shorten(line: &str) -> String {
    const SHOWN: usize = 40;
    let mut start = line.chars().take(SHOWN).collect::<String>().replace('\t', "<TAB>");
    if line.chars().nth(SHOWN).is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::super::Encoding;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pairs_are_read() {
        let pairs = pairs_from_tsv("\u{feff}one\t一\r\n\r\n  \ntwo three\t二 三").unwrap();
        let expected = [("one", "一"), ("two three", "二 三")];
        assert_eq!(pairs, expected.map(|(source, target)| Pair { source: source.into(), target: target.into() }));
        let encoding = Encoding::of_characters(pairs.iter().map(|pair| pair.source.as_str()));
        assert_eq!(encoding.len(), 3 + " ehnortw".len());
        assert_eq!(encoding.decode(&encoding.encode("ten two").unwrap_or_default()), "ten two");
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text| pairs_from_tsv(text).unwrap_err().to_string();
        assert_eq!(error("a\tb\n\nc d"), "line 3 has no tab: found `c d`, expected source<TAB>target");
        assert_eq!(error("a\tb\tc"), "line 1 has 3 columns: found `a<TAB>b<TAB>c`, expected two, source<TAB>target");
        assert!(error("a\tb\n\t").starts_with("line 2 has an empty source: found `<TAB>`"));
        assert!(error("a\t \n").starts_with("line 1 has an empty target"));
        assert!(error("a\tb\n").starts_with("the text has 1 pairs, expected at least 2"));
        assert!(error("").starts_with("the text has 0 pairs"));
        assert!(error(&"long ".repeat(20)).contains(" long …`"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ab\t\r\n 猫]{0,40}") {
            if let Ok(pairs) = pairs_from_tsv(&text) {
                prop_assert!(pairs.len() >= FEWEST);
                prop_assert!(pairs.iter().all(|pair| !pair.source.trim().is_empty() && !pair.target.trim().is_empty()));
            }
        }
    }

    #[test]
    fn other_encodings_and_old_line_ends_are_named_by_their_control_characters() {
        let said = |text: &str| pairs_from_tsv(text).unwrap_err().to_string();
        let wide: String = "ab\tc\nd\te\n".chars().flat_map(|letter| [letter, '\0']).collect();
        assert!(said(&wide).starts_with("line 1 has the control character U+0000 at column 2"), "{}", said(&wide));
        assert!(said("a\tb\nc\td\x1b[2J\n").starts_with("line 2 has the control character U+001B at column 4"));
        assert!(said("a\tb\rc\td\r").starts_with("line 1 has the control character U+000D"));
        assert_eq!(pairs_from_tsv("\u{feff}a\tb\r\nc\td\r\n").unwrap().len(), 2);
    }
}
