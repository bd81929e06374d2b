//! East Asian ambiguous characters (─ │ ● ∑ …) take one cell in most terminals and two in many Japanese ones.
//!
//! Texts are written as for narrow ones. Text that must keep such characters, as formulas do, is laid out by
//! [`Widths::lay`] with a free cell after each; box drawing and marks get ASCII in their place.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How wide ambiguous characters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Widths {
    pub wide_ambiguous: bool,
}

/// The cells that a text takes once it is laid out.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Characters that do not begin a line, and those that do not end one (kinsoku, JIS X 4051 in short).
pub const NOT_FIRST: &str = "、。，．・：；？！）」』】〕〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ％,.;:?!)]}…—々";
pub const NOT_LAST: &str = "「『（【〔〈《([{";

/// The parts of a word between which a line may be broken: on either side of a wide letter, as of Japanese, unless a sign belongs to its
/// neighbour.
fn parts(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, &str)> = word.grapheme_indices(true).collect();
    let breaks = letters.windows(2).filter_map(|pair| {
        let [(_, before), (at, after)] = [pair[0], pair[1]];
        let is_wide = width(before) == 2 || width(after) == 2;
        let is_free = !NOT_FIRST.contains(after) && !NOT_LAST.contains(before);
        (is_wide && is_free).then_some(at)
    });
    let mut from = 0;
    let mut parts: Vec<&str> = breaks
        .map(|at| {
            let part = &word[from..at];
            from = at;
            part
        })
        .collect();
    parts.push(&word[from..]);
    parts
}

/// Units that stand behind a number and a space.
const UNITS: [&str; 24] = [
    "%", "‰", "s", "ms", "min", "h", "m", "mm", "cm", "km", "m/s", "kg", "N", "Hz", "B", "kB", "MB", "GB", "k", "M",
    "nat", "nats", "bit", "bits",
];

/// Whether a line is not broken at the space between two words: between a number and its unit, or the Japanese word that counts it.
pub fn belongs_together(before: &str, after: &str) -> bool {
    let is_number = before.ends_with(|letter: char| letter.is_ascii_digit());
    let unit = after.trim_end_matches(|letter: char| ".,;:?!)]}、。".contains(letter));
    let is_counted = after.chars().next().is_some_and(|letter| letter.width() == Some(2) && letter.is_alphanumeric());
    is_number && (UNITS.contains(&unit) || is_counted)
}

/// What of a text stays in one line of so many columns, each with whether a space stands before it.
fn pieces(text: &str, columns: usize) -> Vec<(bool, String)> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        for (part, piece) in parts(word).into_iter().enumerate() {
            let is_first = part == 0 && index > 0;
            let stays = is_first && belongs_together(words[index - 1], word);
            match pieces.last_mut() {
                Some((_, last)) if stays && width(last) + 1 + width(piece) <= columns => *last += &format!(" {piece}"),
                _ => pieces.push((is_first, piece.to_owned())),
            }
        }
    }
    pieces
}

/// The parts of a text that [`wrapped`] does not break where there is room for them.
pub fn unbroken(text: &str) -> impl Iterator<Item = String> {
    pieces(text, usize::MAX).into_iter().map(|(_, piece)| piece)
}

/// A text cut to so many columns; one that is cut ends in … where there is room for it.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = if columns > 2 { columns - 1 } else { columns };
    let mut short = String::new();
    for letter in text.graphemes(true) {
        if width(&short) + width(letter) > room {
            break;
        }
        short.push_str(letter);
    }
    if columns > 2 { short + "…" } else { short }
}

/// A text in lines of at most `columns` cells, broken at spaces and beside wide letters, but not between a number and its unit; a part that
/// fits no line is broken anywhere.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = vec![String::new()];
    for (is_spaced, piece) in pieces(text, columns) {
        let last = lines.last_mut().expect("one line at least");
        let space = usize::from(is_spaced && !last.is_empty());
        if width(last) + space + width(&piece) <= columns {
            last.push_str(&" "[..space]);
            last.push_str(&piece);
            continue;
        }
        if !last.is_empty() {
            lines.push(String::new());
        }
        for letter in piece.graphemes(true) {
            let last = lines.last_mut().expect("one line at least");
            if width(last) + width(letter) > columns {
                lines.push(letter.to_owned());
            } else {
                last.push_str(letter);
            }
        }
    }
    lines
}

/// Whether the cells that a character takes depend on the terminal.
pub fn is_ambiguous(letter: char) -> bool {
    letter.width() == Some(1) && letter.width_cjk() == Some(2)
}

/// A narrow character that can stand for an ambiguous one.
pub fn narrow(letter: char) -> Option<char> {
    Some(match letter {
        '─' | '━' | '┄' | '┈' | '╌' | '—' | '–' | '―' | '…' => '-',
        '│' | '┃' | '┊' | '┆' | '▏' | '‖' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╯' | '╰' => '+',
        '●' | '◐' | '◉' | '■' | '◆' | '★' => '*',
        '○' | '◯' | '□' | '◇' => 'o',
        '▸' | '▶' | '→' | '▷' => '>',
        '◂' | '◀' | '←' => '<',
        '▲' | '↑' | '▴' => '^',
        '▼' | '↓' | '▾' => 'v',
        '×' => 'x',
        '·' => '.',
        '±' => '~',
        '↵' => '<',
        '█' | '▉' | '▊' | '▋' | '▓' => '#',
        '▌' | '▍' | '▎' | '▀' | '▄' | '▒' => '=',
        '░' => ':',
        '⌫' => 'x',
        '✓' => 'v',
        _ => return None,
    })
}

impl Widths {
    /// A text in which every character takes the cells that [`width`] counts.
    pub fn lay<'a>(self, text: &'a str) -> Cow<'a, str> {
        if !self.wide_ambiguous || !text.chars().any(is_ambiguous) {
            return Cow::Borrowed(text);
        }
        let mut laid = String::with_capacity(text.len() + 8);
        for letter in text.chars() {
            match narrow(letter) {
                Some(narrow) if is_ambiguous(letter) => laid.push(narrow),
                _ => {
                    laid.push(letter);
                    if is_ambiguous(letter) {
                        laid.push(' ');
                    }
                }
            }
        }
        Cow::Owned(laid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_characters_get_a_narrow_stand_in_or_a_free_cell() {
        let wide = Widths { wide_ambiguous: true };
        assert_eq!(wide.lay("a─∑+"), "a-∑ +");
        assert_eq!(Widths::default().lay("a─∑+"), "a─∑+");
        assert_eq!(wide.lay("潜在"), "潜在");
    }

    #[test]
    fn texts_are_broken_at_spaces_or_where_they_must() {
        assert_eq!(wrapped("no room for all of it", 8), ["no room", "for all", "of it"]);
        assert_eq!(wrapped("このモデルは点です", 8), ["このモデ", "ルは点で", "す"]);
        assert_eq!(wrapped("a つづく語がある", 8), ["a つづく", "語がある"]);
        assert_eq!(wrapped("", 8), [""]);
    }

    #[test]
    fn a_number_and_its_unit_stay_in_one_line() {
        assert_eq!(wrapped("15 / 40 %", 6), ["15 /", "40 %"]);
        assert_eq!(wrapped("it took 12.5 s, or more", 14), ["it took", "12.5 s, or", "more"]);
        assert_eq!(wrapped("in all 0.69 nats.", 13), ["in all", "0.69 nats."]);
        assert_eq!(wrapped("合計で 24 組を比べる", 10), ["合計で", "24 組を比", "べる"]);
        assert_eq!(wrapped("精度は 0.93 ナット", 12), ["精度は", "0.93 ナット"]);
        // What is no unit goes on in the next line, and so does one that has no room beside its number.
        assert_eq!(wrapped("in lab 10 they learn", 10), ["in lab 10", "they learn"]);
        assert_eq!(wrapped("100 %", 3), ["100", "%"]);
        assert_eq!(unbroken("up to 24 MB of it").collect::<Vec<_>>(), ["up", "to", "24 MB", "of", "it"]);
    }

    proptest::proptest! {
        #[test]
        fn lines_have_room_and_lose_no_letter(text in "[a-c0-9 %s語。「.]{0,40}", columns in 2_usize..20) {
            let lines = wrapped(&text, columns);
            proptest::prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let letters = |text: &str| text.replace(' ', "");
            proptest::prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
