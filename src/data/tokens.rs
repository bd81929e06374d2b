//! Words of a text, in small letters.
//!
//! A word is what UAX #29 takes for one that has a letter or a digit, with its marks; a hyphen or dot between two of them joins them.
//! Letters are composed first (NFC), and of one width. Japanese is parted
//! where its script changes (東京|から|ロンドン|まで), which is no dictionary's division: okurigana come off their stems. A
//! Japanese text with spaces between its words is taken as parted already.

use super::vectors::{LONGEST_WORD, Words};
use std::borrow::Cow;
use unicode_normalization::char::decompose_compatible;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

/// What may follow what within a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Han,
    Hiragana,
    Katakana,
    Joint,
    Other,
}

fn kind(letter: char) -> Kind {
    match letter {
        '\'' | '’' | '-' | '.' | '・' => Kind::Joint,
        '々' | '〆' | '〇' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
            Kind::Han
        }
        '\u{3041}'..='\u{309f}' => Kind::Hiragana,
        'ー'
        | '\u{3031}'..='\u{3035}'
        | '\u{30a1}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{ff66}'..='\u{ff9f}' => Kind::Katakana,
        letter if letter.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// The kind of a stretch that UAX #29 does not part: that of its first letter, whatever stands before it.
fn kind_of(segment: &str) -> Kind {
    segment.chars().map(kind).find(|kind| *kind != Kind::Other).unwrap_or(Kind::Other)
}

/// Marks for layout within a word, which are no part of it: a soft hyphen, directions, a joint of no width.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// Calls `take` with each word of a text. `spaced`: Japanese in it is parted by spaces already.
pub fn words(text: &str, spaced: bool, word: &mut String, mut take: impl FnMut(&str)) {
    let text = &*folded(text);
    let bytes = text.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        // Most words of most texts are plain.
        let start = place;
        while place < bytes.len() && bytes[place].is_ascii_alphanumeric() {
            place += 1;
        }
        let plain_end = bytes.get(place).is_none_or(|next| next.is_ascii_whitespace());
        if place > start && plain_end {
            word.clear();
            word.push_str(&text[start..place.min(start + LONGEST_WORD)]);
            word.make_ascii_lowercase();
            take(word);
        } else {
            place = long(text, start, spaced, word, &mut take);
        }
        while place < bytes.len() && bytes[place].is_ascii_whitespace() {
            place += 1;
        }
    }
}

/// The words of a run without plain spaces; gives where it ends. Words end where UAX #29 ends them, and where the script changes; a
/// joint between two of them joins them.
fn long(text: &str, start: usize, spaced: bool, word: &mut String, take: &mut impl FnMut(&str)) -> usize {
    let end = text[start..].find(|letter: char| letter.is_ascii_whitespace()).map_or(text.len(), |at| start + at);
    word.clear();
    let mut last = Kind::Other;
    let mut segments = text[start..end].split_word_bounds().map(|segment| (kind_of(segment), segment)).peekable();
    while let Some((own, segment)) = segments.next() {
        // The sign of a long vowel belongs to what it lengthens: らーめん.
        let lengthens = last == Kind::Hiragana && segment.chars().all(|letter| letter == 'ー');
        let own = if lengthens { Kind::Hiragana } else { own };
        let joined = own == Kind::Joint
            && !word.is_empty()
            && segments.peek().is_some_and(|(next, _)| !matches!(next, Kind::Joint | Kind::Other));
        let same = spaced || own == last || joined || last == Kind::Joint;
        match own {
            Kind::Other => flush(word, take),
            Kind::Joint if !joined => flush(word, take),
            _ => {
                if !same {
                    flush(word, take);
                }
                word.extend(segment.chars().filter(|letter| !is_unseen(*letter)));
            }
        }
        last = own;
    }
    flush(word, take);
    end
}

fn flush(word: &mut String, take: &mut impl FnMut(&str)) {
    if word.is_empty() {
        return;
    }
    if word.chars().any(char::is_uppercase) {
        *word = word.to_lowercase();
    }
    // What is longer is no word, and no reader of vectors takes it for one. A small letter may be longer than its large one.
    word.truncate(word.floor_char_boundary(LONGEST_WORD));
    take(word);
    word.clear();
}

/// Letters of one form: composed (NFC), and those of half and of full width as the usual ones.
pub fn folded(text: &str) -> Cow<'_, str> {
    let of_other_width = |letter: char| matches!(letter, '\u{ff01}'..='\u{ffee}');
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes && !text.chars().any(of_other_width) {
        return Cow::Borrowed(text);
    }
    let mut usual = String::with_capacity(text.len());
    for letter in text.chars() {
        if of_other_width(letter) {
            decompose_compatible(letter, |part| usual.push(part));
        } else {
            usual.push(letter);
        }
    }
    Cow::Owned(usual.nfc().collect())
}

/// The word that is meant by what somebody typed ([`spelling`]).
pub fn find(words: &Words, text: &str) -> Option<u32> {
    words.find(&spelling(text, &|text| words.find(text).is_some())?)
}

/// As typed, composed and of one width as texts are learned from ([`folded`]) and without marks for layout, in small letters, or
/// decomposed as some files have their words: whichever is known.
pub fn spelling(text: &str, known: &dyn Fn(&str) -> bool) -> Option<String> {
    if known(text) {
        return Some(text.to_owned());
    }
    let seen: String = text.chars().filter(|letter| !is_unseen(*letter)).collect();
    let folded = folded(&seen).into_owned();
    let small = folded.to_lowercase();
    let decomposed = (!small.is_ascii()).then(|| small.nfd().collect());
    [Some(folded), Some(small), decomposed].into_iter().flatten().find(|text| known(text))
}

/// Whether Japanese in a text stands with spaces between its words: no run of it is long.
pub fn is_spaced(text: &str) -> bool {
    let of_script = |letter: &char| matches!(kind(*letter), Kind::Han | Kind::Hiragana | Kind::Katakana);
    let letters = text.chars().filter(of_script).count();
    let runs = text.split_whitespace().filter(|run| run.chars().any(|letter| of_script(&letter))).count();
    letters < 5 * runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str, spaced: bool) -> Vec<String> {
        let mut found = Vec::new();
        words(text, spaced, &mut String::new(), |word| found.push(word.to_owned()));
        found
    }

    #[test]
    fn words_are_letters_in_small() {
        assert_eq!(
            of("The King's well-known U.S. road, 1984 -- ÉCOLE!\nend.", false),
            ["the", "king's", "well-known", "u.s", "road", "1984", "école", "end"]
        );
        assert_eq!(of("", false), [""; 0]);
    }

    #[test]
    fn a_word_stays_one_with_its_marks_and_joints_however_it_was_typed() {
        for (text, expected) in [
            // Decomposed as composed: French, Vietnamese, kana with a voiced mark.
            ("e\u{301}te\u{301} Tie\u{302}\u{301}ng Vie\u{323}\u{302}t", &["été", "tiếng", "việt"][..]),
            ("か\u{3099}っこう", &["がっこう"]),
            // Marks that have no composed form: Hindi, Arabic, Hebrew.
            ("हिन्दी में", &["हिन्दी", "में"]),
            ("مُحَمَّد", &["مُحَمَّد"]),
            // A soft hyphen is none; joiners within Persian are letters of a kind.
            ("co\u{ad}operate می\u{200c}خواهم", &["cooperate", "می\u{200c}خواهم"]),
            ("new_york 3.14 1,000", &["new_york", "3.14", "1,000"]),
            // Of half width and of full.
            ("ｶﾀｶﾅ ﾊﾟﾝ ＡＢＣ１２", &["カタカナ", "パン", "abc12"]),
            ("ΟΔΟΣ", &["οδος".to_uppercase().to_lowercase().as_str()]),
            ("don’t --  - ' ...", &["don’t"]),
        ] {
            assert_eq!(of(text, false), expected, "{text}");
        }
        let long = of(&"x ".repeat(3).replace(' ', &"y".repeat(2000)), false);
        assert_eq!(long.iter().map(String::len).collect::<Vec<_>>(), [LONGEST_WORD], "a reader of vectors takes it");
        assert_eq!(of(&"İ".repeat(2048), false)[0].len(), LONGEST_WORD, "small, they are three bytes each");
        assert!(matches!(folded("naïve 東京 カタカナ"), Cow::Borrowed(_)));
    }

    #[test]
    fn japanese_is_parted_where_scripts_change() {
        assert_eq!(
            of("東京からロンドンまで、Tokyoと王様。", false),
            ["東京", "から", "ロンドン", "まで", "tokyo", "と", "王様"]
        );
        assert_eq!(of("歩いた 人々 は ビー玉", true), ["歩いた", "人々", "は", "ビー玉"]);
        assert_eq!(
            of("二〇二四年のらーめんとケーキ、イタㇰ", false),
            ["二〇二四年", "のらーめんと", "ケーキ", "イタㇰ"]
        );
        assert!(is_spaced("歩いた 人々 は ビー玉 を") && !is_spaced("東京からロンドンまで飛んだ。"));
    }

    proptest! {
        /// No word is empty or holds a space, and a text cut at a space has the same words.
        #[test]
        fn words_hold_no_space(a in "\\PC{0,20}", b in "[a-z王のア'.-]{0,9}", spaced in any::<bool>()) {
            let whole = of(&format!("{a} {b}"), spaced);
            prop_assert!(whole.iter().all(|word| !word.is_empty() && !word.contains([' ', '\n'])));
            let parts: Vec<String> = of(&a, spaced).into_iter().chain(of(&b, spaced)).collect();
            prop_assert_eq!(whole, parts);
        }
    }
}
