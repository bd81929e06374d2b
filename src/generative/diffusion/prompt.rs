//! Digits asked for in words: what "text to image" means for a model whose pictures are digits.
//!
//! Numerals ("2026", "２０２６"), English ("seven", "three eights", "forty-two") and Japanese ("七", "二千二十六",
//! "なな", "八を三つ"), mixed as one likes. A number is drawn digit by digit.

use crate::data::tasks::{ENGLISH_ONES, ENGLISH_TENS};
use crate::experiment::ExperimentError;

/// Most digits of one prompt.
pub const LONGEST: usize = 64;

const KANJI: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
/// Readings in kana, with the digit of each; the longer ones of a beginning come first.
const KANA: [(&str, u32); 18] = [
    ("ゼロ", 0),
    ("ぜろ", 0),
    ("れい", 0),
    ("いち", 1),
    ("に", 2),
    ("さん", 3),
    ("よん", 4),
    ("し", 4),
    ("ご", 5),
    ("ろく", 6),
    ("なな", 7),
    ("しち", 7),
    ("はち", 8),
    ("きゅう", 9),
    ("く", 9),
    ("まる", 0),
    ("イチ", 1),
    ("ナナ", 7),
];
/// Japanese counts: "八を三つ" is three eights.
const COUNTS: [(&str, usize); 9] = [
    ("一つ", 1),
    ("二つ", 2),
    ("三つ", 3),
    ("四つ", 4),
    ("五つ", 5),
    ("六つ", 6),
    ("七つ", 7),
    ("八つ", 8),
    ("九つ", 9),
];
/// Words that say nothing about which digit.
const FILLERS: [&str; 14] =
    ["a", "an", "the", "and", "of", "please", "draw", "digit", "digits", "number", "picture", "me", "some", "in"];

/// The digits that a text asks for.
///
/// # Errors
/// Names the word that is not understood, or says that nothing is asked for, or too much.
pub fn digits(text: &str) -> Result<Vec<u8>, ExperimentError> {
    let mut asked = Vec::new();
    let mut words = words(text).into_iter().peekable();
    while let Some(word) = words.next() {
        if FILLERS.contains(&word.as_str()) {
            continue;
        }
        // "three eights", "3 eights": a count before a plural.
        if let Some(repeated) = words.peek().and_then(|next| plural(next))
            && let Some(count) = number(&word)
        {
            words.next();
            let count = usize::try_from(count).unwrap_or(usize::MAX).min(LONGEST + 1);
            asked.extend(std::iter::repeat_n(repeated, count));
            continue;
        }
        // "forty two", "forty-two"
        if let Some(tens) = ENGLISH_TENS.iter().position(|tens| *tens == word) {
            let unit = words.peek().and_then(|next| ENGLISH_ONES[1..10].iter().position(|unit| unit == next));
            if unit.is_some() {
                words.next();
            }
            asked.extend([tens as u8 + 2, unit.map_or(0, |unit| unit as u8 + 1)]);
            continue;
        }
        if let Some(digit) = plural(&word) {
            // "eights" alone: a few of them.
            asked.extend([digit; 2]);
        } else if let Some(number) = ENGLISH_ONES.iter().position(|english| *english == word) {
            asked.extend(number.to_string().bytes().map(|byte| byte - b'0'));
        } else {
            asked.extend(japanese_or_numeral(&word)?);
        }
        if asked.len() > LONGEST {
            break;
        }
    }
    match asked.len() {
        0 => Err(ExperimentError::both(
            "there are no digits to generate: type some, such as `seven`, `七`, `2026`, `three eights`",
            "描くものがありません。`seven`、`七`、`2026`、`three eights` のように数字を入力してください",
        )),
        count if count > LONGEST => Err(ExperimentError::both(
            format!("more than {LONGEST} digits: ask for fewer"),
            format!("{LONGEST} 桁を超えています。少なくしてください"),
        )),
        _ => Ok(asked),
    }
}

/// Lower-case words; full-width forms made plain.
fn words(text: &str) -> Vec<String> {
    let plain = |c: char| match c {
        '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
        '零' => '〇',
        c => c,
    };
    let text: String = text.chars().map(plain).flat_map(char::to_lowercase).collect();
    let separates = |c: char| c.is_whitespace() || ",.-+&!?、。・:;\"'".contains(c);
    text.split(separates).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The digit of "eights", "sixes", "8s".
fn plural(word: &str) -> Option<u8> {
    let singular = match word.strip_suffix('s')? {
        "sixe" => "six",
        "zeroe" => "zero",
        other => other,
    };
    let named = ENGLISH_ONES[..10].iter().position(|english| *english == singular);
    named.or_else(|| singular.parse().ok().filter(|digit| *digit < 10)).map(|digit| digit as u8)
}

/// A count in words or numerals.
fn number(word: &str) -> Option<u64> {
    let named = ENGLISH_ONES.iter().position(|english| *english == word).map(|number| number as u64);
    named.or_else(|| word.parse().ok())
}

/// A run of numerals, kanji and kana.
fn japanese_or_numeral(word: &str) -> Result<Vec<u8>, ExperimentError> {
    let mut asked = Vec::new();
    let mut rest = word;
    while !rest.is_empty() {
        if let Some((count, after)) = counted(rest)
            && let Some(digit) = asked.last().copied()
        {
            asked.extend(std::iter::repeat_n(digit, count - 1));
            rest = after;
            continue;
        }
        let first = rest.chars().next().expect("it is not empty");
        if is_kanji_number(first) {
            let length: usize = rest.chars().take_while(|c| is_kanji_number(*c)).map(char::len_utf8).sum();
            let (numeral, after) = rest.split_at(length);
            // "二つ" after nothing is a two, not a count.
            asked.extend(kanji(numeral)?);
            rest = after.strip_prefix('つ').unwrap_or(after);
        } else if first.is_ascii_digit() {
            asked.push(first as u8 - b'0');
            rest = &rest[1..];
        } else if let Some((kana, digit)) = KANA.iter().find(|(kana, _)| rest.starts_with(kana)) {
            asked.push(*digit as u8);
            rest = &rest[kana.len()..];
        } else if let Some(particle) =
            ["を", "と", "の", "個", "つ"].iter().find(|particle| rest.starts_with(**particle))
        {
            rest = &rest[particle.len()..];
        } else {
            let near = crate::experiment::knob::nearest(word, ENGLISH_ONES.iter().chain(&ENGLISH_TENS).copied());
            let [en, ja] = match near {
                Some(near) => [format!("did you mean `{near}`?"), format!("`{near}` ですか?")],
                None => [
                    "ask for digits, such as `seven`, `七`, `2026`, `three eights`".to_owned(),
                    "例: `seven`、`七`、`2026`、`three eights`".to_owned(),
                ],
            };
            return Err(ExperimentError::both(
                format!("`{word}` names no digit: {en}"),
                format!("`{word}` は数字の名前ではありません。{ja}"),
            ));
        }
        if asked.len() > LONGEST {
            break;
        }
    }
    Ok(asked)
}

/// A count such as "を三つ" or "が3個" at the beginning, and what comes after it.
fn counted(text: &str) -> Option<(usize, &str)> {
    let rest = text.strip_prefix('を').or_else(|| text.strip_prefix('が'))?;
    if let Some((name, count)) = COUNTS.iter().find(|(name, _)| rest.starts_with(name)) {
        return Some((*count, &rest[name.len()..]));
    }
    let first = rest.chars().next()?;
    let count = first.to_digit(10).or_else(|| KANJI.iter().position(|kanji| *kanji == first).map(|d| d as u32))?;
    let after = rest[first.len_utf8()..].strip_prefix('個').or_else(|| rest[first.len_utf8()..].strip_prefix('つ'))?;
    (count > 0).then_some((count as usize, after))
}

fn is_kanji_number(c: char) -> bool {
    KANJI.contains(&c) || "十百千".contains(c)
}

/// The digits of a number in kanji: place by place ("二〇二六") or with its units ("二千二十六").
fn kanji(numeral: &str) -> Result<Vec<u8>, ExperimentError> {
    let digit = |c: char| KANJI.iter().position(|kanji| *kanji == c).map(|digit| digit as u64);
    if numeral.chars().all(|c| digit(c).is_some()) {
        return Ok(numeral.chars().filter_map(digit).map(|digit| digit as u8).collect());
    }
    let (mut total, mut pending, mut last_unit) = (0, None, 10_000);
    for c in numeral.chars() {
        let unit = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            c => {
                if pending.is_some() {
                    return Err(no_number(numeral));
                }
                pending = digit(c);
                continue;
            }
        };
        if unit >= last_unit || pending == Some(0) {
            return Err(no_number(numeral));
        }
        total += pending.take().unwrap_or(1) * unit;
        last_unit = unit;
    }
    total += pending.unwrap_or(0);
    Ok(total.to_string().bytes().map(|byte| byte - b'0').collect())
}

fn no_number(numeral: &str) -> ExperimentError {
    ExperimentError::both(
        format!("`{numeral}` is no number: expected one such as 二千二十六"),
        format!("`{numeral}` は数になりません。例: 二千二十六"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digits_are_asked_for_in_words_of_two_languages() {
        for (text, expected) in [
            ("seven", &[7_u8] as &[u8]),
            ("Seven!", &[7]),
            ("七", &[7]),
            ("2026", &[2, 0, 2, 6]),
            ("２０２６", &[2, 0, 2, 6]),
            ("three eights", &[8, 8, 8]),
            ("3 eights", &[8, 8, 8]),
            ("two 9s and a zero", &[9, 9, 0]),
            ("please draw two sixes", &[6, 6]),
            ("forty-two", &[4, 2]),
            ("twenty", &[2, 0]),
            ("seventeen", &[1, 7]),
            ("one two three", &[1, 2, 3]),
            ("二〇二六", &[2, 0, 2, 6]),
            ("二千二十六", &[2, 0, 2, 6]),
            ("十七", &[1, 7]),
            ("百", &[1, 0, 0]),
            ("八を三つ", &[8, 8, 8]),
            ("八を3個", &[8, 8, 8]),
            ("なな", &[7]),
            ("いちにさん", &[1, 2, 3]),
            ("三と四", &[3, 4]),
            ("零", &[0]),
        ] {
            assert_eq!(digits(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, expected) in [
            ("sevn", "`sevn` names no digit: did you mean `seven`?"),
            ("a cat", "`cat` names no digit: ask for digits, such as `seven`, `七`, `2026`, `three eights`"),
            ("  ", "there are no digits to generate: type some, such as `seven`, `七`, `2026`, `three eights`"),
            ("99 eights", "more than 64 digits: ask for fewer"),
            ("十百", "`十百` is no number: expected one such as 二千二十六"),
        ] {
            assert_eq!(digits(text).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn numerals_are_drawn_as_they_stand(number in "[0-9]{1,40}") {
            let expected: Vec<u8> = number.bytes().map(|byte| byte - b'0').collect();
            prop_assert_eq!(digits(&number), Ok(expected));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a-z0-9 一二三十百千つをがのにさんし-]{0,40}|\\PC{0,30}") {
            if let Ok(digits) = digits(&text) {
                prop_assert!((1..=LONGEST).contains(&digits.len()) && digits.iter().all(|digit| *digit < 10));
            }
        }
    }
}
