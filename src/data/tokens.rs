//! Words of a text, in small letters.
//!
//! A word is a run of letters and digits; an apostrophe, hyphen or dot between two of them belongs to it. Japanese is parted
//! where its script changes (東京|から|ロンドン|まで), which is no dictionary's division: okurigana come off their stems. A
//! Japanese text with spaces between its words is taken as parted already.

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
        '々' | '〆' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Kind::Han,
        '\u{3041}'..='\u{309f}' => Kind::Hiragana,
        'ー' | '\u{30a1}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}' => Kind::Katakana,
        letter if letter.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// Calls `take` with each word of a text. `spaced`: Japanese in it is parted by spaces already.
pub fn words(text: &str, spaced: bool, word: &mut String, mut take: impl FnMut(&str)) {
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
            word.push_str(&text[start..place]);
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

/// The words of a run without plain spaces; gives where it ends.
fn long(text: &str, start: usize, spaced: bool, word: &mut String, take: &mut impl FnMut(&str)) -> usize {
    word.clear();
    let mut last = Kind::Other;
    let mut letters = text[start..].char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter.is_ascii_whitespace() {
            flush(word, take);
            return start + at;
        }
        let own = kind(letter);
        let joined = own == Kind::Joint
            && !word.is_empty()
            && letters.peek().is_some_and(|(_, next)| !matches!(kind(*next), Kind::Joint | Kind::Other));
        let same = spaced || own == last || joined || last == Kind::Joint;
        match own {
            Kind::Other => flush(word, take),
            Kind::Joint if !joined => flush(word, take),
            _ => {
                if !same {
                    flush(word, take);
                }
                word.extend(letter.to_lowercase());
            }
        }
        last = own;
    }
    flush(word, take);
    text.len()
}

fn flush(word: &mut String, take: &mut impl FnMut(&str)) {
    if !word.is_empty() {
        take(word);
        word.clear();
    }
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
    fn japanese_is_parted_where_scripts_change() {
        assert_eq!(
            of("東京からロンドンまで、Tokyoと王様。", false),
            ["東京", "から", "ロンドン", "まで", "tokyo", "と", "王様"]
        );
        assert_eq!(of("歩いた 人々 は ビー玉", true), ["歩いた", "人々", "は", "ビー玉"]);
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
