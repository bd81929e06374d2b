//! A text cut into words before pairs are merged: no symbol reaches across their ends.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Bytes of a word at most in [`Cut::Plain`]: longer runs are cut, so that a text without spaces takes no longer than another.
pub const LONGEST_WORD: usize = 64;

/// Where words end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// As GPT-2 does, in simpler words: without English contractions, and with a limit to the length.
    #[default]
    Plain,
    /// The regular expression of GPT-2 (Radford et al. 2019):
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    Gpt2,
}

const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Letter,
    Digit,
    Space,
    Other,
}

impl Cut {
    fn class(self, letter: char) -> Class {
        match (letter, self) {
            (letter, _) if letter.is_whitespace() => Class::Space,
            (letter, Cut::Plain) if letter.is_alphabetic() => Class::Letter,
            (letter, Cut::Plain) if letter.is_numeric() => Class::Digit,
            (_, Cut::Plain) => Class::Other,
            (letter, Cut::Gpt2) => match letter.general_category_group() {
                GeneralCategoryGroup::Letter => Class::Letter,
                GeneralCategoryGroup::Number => Class::Digit,
                _ => Class::Other,
            },
        }
    }

    /// Bytes of the first word of a text that is not empty.
    fn first(self, text: &str) -> usize {
        if self == Cut::Gpt2
            && let Some(contraction) = CONTRACTIONS.iter().find(|contraction| text.starts_with(**contraction))
        {
            return contraction.len();
        }
        let mut letters = text.chars();
        let first = letters.next().expect("a text that is not empty");
        let leads = first == ' ' && letters.next().is_some_and(|letter| self.class(letter) != Class::Space);
        let from = usize::from(leads);
        let of = self.class(text[from..].chars().next().expect("a letter behind the space"));
        let run = text[from..].char_indices().find(|(_, letter)| self.class(*letter) != of);
        let mut end = run.map_or(text.len(), |(at, _)| from + at);
        if of == Class::Space && end < text.len() {
            // The last of some spaces goes with the next word.
            let last = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
            end = if last > 0 { last } else { end };
        }
        if self == Cut::Plain && end > LONGEST_WORD { text.floor_char_boundary(LONGEST_WORD) } else { end }
    }
}

/// The words of a text, each with the space before it: runs of letters, of digits, of other signs, and of white space. The last space of
/// a run belongs to the word behind it.
pub fn words(text: &str, cut: Cut) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (word, behind) = rest.split_at(cut.first(rest));
        rest = behind;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_take_the_space_before_them() {
        let of = |text| words(text, Cut::Plain).collect::<Vec<_>>();
        assert_eq!(
            of("Ben's 12 keys,  now!\n\n x"),
            ["Ben", "'", "s", " 12", " keys", ",", " ", " now", "!", "\n\n", " x"]
        );
        assert_eq!(of("今、アンナ  "), ["今", "、", "アンナ", "  "]);
        assert_eq!(of("a\nb"), ["a", "\n", "b"]);
        let long = "王".repeat(50);
        assert_eq!(of(&long).iter().map(|word| word.len()).collect::<Vec<_>>(), [63, 63, 24]);
    }

    /// A mark that joins a letter is no letter (\p{L}), a Roman numeral is a number (\p{N}).
    #[test]
    fn the_words_of_gpt2_are_those_of_its_expression() {
        let of = |text| words(text, Cut::Gpt2).collect::<Vec<_>>();
        assert_eq!(of("Ben's I'll !'s 's"), ["Ben", "'s", " I", "'ll", " !'", "s", " '", "s"]);
        assert_eq!(of("DON'T don't"), ["DON", "'", "T", " don", "'t"]);
        assert_eq!(of("e\u{301}a Ⅻ²x"), ["e", "\u{301}", "a", " Ⅻ²", "x"]);
        assert_eq!(of("a\u{3000}b \t c  "), ["a", "\u{3000}", "b", " \t", " c", "  "]);
        assert_eq!(of(&"王".repeat(50)).len(), 1);
    }
}
