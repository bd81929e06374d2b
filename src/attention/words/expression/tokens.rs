//! The tokens of a line: numbers, words, signs.

use super::{ExpressionError, Why};
use crate::data::tokens::spelling;
use std::ops::Range;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Word { text: String, quoted: bool },
    Sign(&'static str),
    End,
}

/// A full-width sign, letter or digit as its narrow one; the wide space too.
fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        '\u{3000}' => ' ',
        '\u{2212}' | '–' => '-',
        '×' => '*',
        '÷' => '/',
        '·' => '.',
        other => other,
    }
}

const SIGNS: [(&str, char); 13] = [
    ("+", '+'),
    ("-", '-'),
    ("*", '*'),
    ("/", '/'),
    ("(", '('),
    (")", ')'),
    ("|", '|'),
    (",", ','),
    ("=", '='),
    (".", '.'),
    (":", ':'),
    ("?", '?'),
    ("^", '^'),
];

fn sign(letter: char) -> Option<&'static str> {
    SIGNS.iter().find(|(_, own)| *own == narrow(letter)).map(|(sign, _)| *sign)
}

fn closing(letter: char) -> Option<char> {
    match letter {
        '"' => Some('"'),
        '“' => Some('”'),
        '「' => Some('」'),
        '\u{ff02}' => Some('\u{ff02}'),
        _ => None,
    }
}

/// Of words: letters, digits and whatever is no sign, quote or space.
fn is_of_word(letter: char) -> bool {
    !narrow(letter).is_whitespace()
        && !letter.is_control()
        && sign(letter).is_none()
        && closing(letter).is_none()
        && letter != '」'
        && letter != '”'
}

fn joins(letter: char) -> bool {
    matches!(narrow(letter), '-' | '.' | '/')
}

/// Joints of the longest word that is looked for.
const MOST_PARTS: usize = 16;

pub(super) type Placed = (Token, Range<usize>);

/// The tokens of a line with their places, the end last.
pub(super) fn tokens(line: &str, known: &dyn Fn(&str) -> bool) -> Result<Vec<Placed>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut place = 0;
    while let Some(letter) = line[place..].chars().next() {
        let rest = &line[place..];
        let length = letter.len_utf8();
        if narrow(letter).is_whitespace() {
            place += length;
            continue;
        }
        let (token, length) = if let Some(close) = closing(letter) {
            let inner = &rest[length..];
            let Some(end) = inner.find(close) else {
                return Err(ExpressionError { at: place..place + length, why: Why::Open(letter) });
            };
            (Token::Word { text: inner[..end].to_owned(), quoted: true }, length + end + close.len_utf8())
        } else if narrow(letter).is_ascii_digit()
            && let Some((value, length)) = number(rest)
        {
            (Token::Number(value), length)
        } else if narrow(letter) == ':' {
            let two = rest[length..].chars().next().filter(|next| narrow(*next) == ':');
            (Token::Sign(if two.is_some() { "::" } else { ":" }), length + two.map_or(0, char::len_utf8))
        } else if let Some(sign) = sign(letter) {
            (Token::Sign(sign), length)
        } else if is_of_word(letter) {
            let (text, length) = word(rest, known);
            (Token::Word { text, quoted: false }, length)
        } else {
            return Err(ExpressionError {
                at: place..place + length,
                why: Why::Sign(letter.escape_debug().to_string()),
            });
        };
        tokens.push((token, place..place + length));
        place += length;
    }
    tokens.push((Token::End, line.len()..line.len()));
    Ok(tokens)
}

/// A number at the start, unless it is the start of a word such as `2nd`.
fn number(rest: &str) -> Option<(f64, usize)> {
    let mut text = String::new();
    let mut length = 0;
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        let plain = narrow(letter);
        let next = letters.peek().map(|next| narrow(*next));
        let follows = match plain {
            '0'..='9' => true,
            '.' => !text.contains(['.', 'e']) && next.is_some_and(|next| next.is_ascii_digit()),
            'e' | 'E' => {
                !text.contains('e')
                    && next.is_some_and(|next| next.is_ascii_digit() || next == '-')
                    && rest[length..]
                        .chars()
                        .nth(2)
                        .is_none_or(|third| next != Some('-') || narrow(third).is_ascii_digit())
            }
            '-' => text.ends_with('e'),
            _ => false,
        };
        if !follows {
            break;
        }
        text.push(plain.to_ascii_lowercase());
        length += letter.len_utf8();
    }
    let whole = !rest[length..].chars().next().is_some_and(is_of_word);
    let value = text.parse().ok().filter(|_| whole)?;
    Some((value, length))
}

/// The longest word at the start that is known, else what stands before the first joint.
fn word(rest: &str, known: &dyn Fn(&str) -> bool) -> (String, usize) {
    // No word has so many parts: in a row of thousands each would be looked for with all that follow.
    let mut joints = 0;
    let mut of_run = |letter: char| {
        joints += usize::from(joins(letter));
        joints <= MOST_PARTS && (is_of_word(letter) || joins(letter))
    };
    let run = &rest[..rest.find(|letter| !of_run(letter)).unwrap_or(rest.len())];
    let first = run.find(joins).unwrap_or(run.len());
    // A word may end before a joint, with one, or where the run ends.
    let mut ends: Vec<usize> = run
        .char_indices()
        .filter(|(_, letter)| joins(*letter))
        .flat_map(|(at, letter)| [at, at + letter.len_utf8()])
        .collect();
    ends.push(run.len());
    ends.sort_unstable();
    ends.dedup();
    for end in ends.into_iter().rev().filter(|end| *end > first) {
        // After a joint that belongs to the word, no letter of it may follow.
        let parted = run[end..].chars().next().is_none_or(joins) || !run[..end].ends_with(joins);
        if parted && let Some(text) = spelling(&run[..end], known) {
            return (text, end);
        }
    }
    let text = &run[..first];
    (spelling(text, known).unwrap_or_else(|| text.to_owned()), first)
}
