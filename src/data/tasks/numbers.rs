//! Whole numbers from 0 to 99,999 as numerals, in English words and in kanji. What is asked shows in the source:
//! numerals end in the language wanted, words and kanji ask for numerals.
//!
//! | source | target |
//! | --- | --- |
//! | `205>en` | `two hundred and five` |
//! | `205>ja` | `二百五` |
//! | `two hundred and five` | `205` |
//! | `二百五` | `205` |
//!
//! English puts `and` before the tens and ones that follow a hundred or a thousand, and a hyphen within 21–99. Kanji
//! write 十, 百 and 千 without 一, but 一万.

use super::split::is_held_out;
use super::{Encoding, Pair, Sample};
use rand::RngExt;

const LARGEST: u32 = 99_999;
/// Numbers below this one are never held out: they are the words that all others are made of.
const FEWEST_HELD_OUT: u32 = 100;
const DIGITS: &str = "0123456789";
const TAGS: [&str; 2] = [">en", ">ja"];

/// zero to nineteen.
pub const ENGLISH_ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
/// twenty to ninety.
pub const ENGLISH_TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const OTHERS: [&str; 4] = ["hundred", "thousand", " and ", "-"];
const KANJI: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const UNITS: [(u32, char); 4] = [(10_000, '万'), (1_000, '千'), (100, '百'), (10, '十')];

/// Characters of `seventy-seven thousand seven hundred and seventy-seven`, both ways.
pub(super) const LONGEST: (usize, usize) = (54, 54);

/// The number of digits, then the number, then one of the four directions, each with equal chance. Held out is a
/// number, in all directions.
pub(super) fn draw(random: &mut impl RngExt) -> Sample {
    let digits = random.random_range(0..5);
    let first = if digits == 0 { 0 } else { 10_u32.pow(digits) };
    let number = random.random_range(first..10_u32.pow(digits + 1));
    let [source, target] = match random.random_range(0..4) {
        0 => [format!("{number}{}", TAGS[0]), english(number)],
        1 => [format!("{number}{}", TAGS[1]), kanji(number)],
        2 => [english(number), number.to_string()],
        _ => [kanji(number), number.to_string()],
    };
    let held_out = number >= FEWEST_HELD_OUT && is_held_out(&number.to_string());
    Sample { pair: Pair { source, target }, held_out }
}

/// The number of a source, as the source wants it.
pub(super) fn target(source: &str) -> Option<String> {
    for (tag, write) in TAGS.into_iter().zip([english, kanji]) {
        if let Some(digits) = source.strip_suffix(tag) {
            let number: u32 = digits.parse().ok()?;
            return (number <= LARGEST && number.to_string() == digits).then(|| write(number));
        }
    }
    let number = read_english(source).or_else(|| read_kanji(source))?;
    Some(number.to_string())
}

pub(super) fn encodings() -> (Encoding, Encoding) {
    let kanji: String = KANJI.into_iter().chain(UNITS.map(|(_, unit)| unit)).collect();
    let written = || ENGLISH_ONES.into_iter().chain(ENGLISH_TENS).chain(OTHERS).chain([DIGITS, kanji.as_str()]);
    (Encoding::of_characters(written().chain(TAGS)), Encoding::of_characters(written()))
}

/// A number in English words.
fn english(number: u32) -> String {
    if number < 100 {
        return below_hundred(number);
    }
    let [thousands, hundreds, rest] = [number / 1_000, number / 100 % 10, number % 100];
    let mut words = Vec::new();
    if thousands > 0 {
        words.push(format!("{} thousand", below_hundred(thousands)));
    }
    if hundreds > 0 {
        words.push(format!("{} hundred", ENGLISH_ONES[hundreds as usize]));
    }
    if rest > 0 {
        words.push(format!("and {}", below_hundred(rest)));
    }
    words.join(" ")
}

fn below_hundred(number: u32) -> String {
    match (number / 10, number % 10) {
        (0 | 1, _) => ENGLISH_ONES[number as usize].to_string(),
        (tens, 0) => ENGLISH_TENS[tens as usize - 2].to_string(),
        (tens, ones) => format!("{}-{}", ENGLISH_TENS[tens as usize - 2], ENGLISH_ONES[ones as usize]),
    }
}

/// The number of English words, if they are exactly what [`english`] writes.
fn read_english(text: &str) -> Option<u32> {
    let (mut thousands, mut rest) = (0, 0_u32);
    for word in text.split([' ', '-']) {
        match word {
            "thousand" => thousands = std::mem::take(&mut rest).checked_mul(1_000)?,
            "hundred" => rest = rest.checked_mul(100)?,
            "and" => {}
            word => {
                let ones = ENGLISH_ONES.into_iter().zip(0..).find(|(one, _)| *one == word);
                let tens = ENGLISH_TENS.into_iter().zip((20..).step_by(10)).find(|(ten, _)| *ten == word);
                rest = rest.checked_add(ones.or(tens)?.1)?;
            }
        }
    }
    let number = rest.checked_add(thousands)?;
    (number <= LARGEST && english(number) == text).then_some(number)
}

/// A number in kanji.
fn kanji(number: u32) -> String {
    let mut text = String::new();
    for (size, unit) in UNITS {
        let digit = number / size % 10;
        if digit > 1 || (digit == 1 && size == 10_000) {
            text.push(KANJI[digit as usize]);
        }
        if digit > 0 {
            text.push(unit);
        }
    }
    if !number.is_multiple_of(10) || number == 0 {
        text.push(KANJI[number as usize % 10]);
    }
    text
}

/// The number of kanji, if they are exactly what [`kanji`] writes.
fn read_kanji(text: &str) -> Option<u32> {
    let (mut number, mut digit) = (0_u32, None);
    for character in text.chars() {
        if let Some((size, _)) = UNITS.iter().find(|(_, unit)| *unit == character) {
            number = number.checked_add(size * digit.take().unwrap_or(1))?;
        } else {
            let (_, value) = KANJI.into_iter().zip(0..).find(|(kanji, _)| *kanji == character)?;
            digit = Some(value);
        }
    }
    number = number.checked_add(digit.unwrap_or(0))?;
    (number <= LARGEST && kanji(number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn numbers_are_written_in_words_and_kanji() {
        let cases = [
            (0, "zero", "零"),
            (10, "ten", "十"),
            (13, "thirteen", "十三"),
            (40, "forty", "四十"),
            (100, "one hundred", "百"),
            (205, "two hundred and five", "二百五"),
            (1_000, "one thousand", "千"),
            (1_005, "one thousand and five", "千五"),
            (1_111, "one thousand one hundred and eleven", "千百十一"),
            (10_000, "ten thousand", "一万"),
            (21_300, "twenty-one thousand three hundred", "二万千三百"),
            (99_999, "ninety-nine thousand nine hundred and ninety-nine", "九万九千九百九十九"),
        ];
        for (number, words, characters) in cases {
            assert_eq!(target(&format!("{number}>en")).as_deref(), Some(words));
            assert_eq!(target(&format!("{number}>ja")).as_deref(), Some(characters));
            assert_eq!(target(words), Some(number.to_string()));
            assert_eq!(target(characters), Some(number.to_string()));
        }
    }

    #[test]
    fn what_is_not_a_number_has_no_target() {
        let others = [
            "",
            "205",
            "205>",
            "205>fr",
            "0205>en",
            "+5>en",
            "100000>ja",
            "two",
            "two hundred five",
            "two hundred and",
            "hundred",
            "and five",
            "twenty five",
            "five-twenty",
            "two two",
            "two  hundred",
            "two-hundred",
            "Two",
            "一百",
            "五零",
            "二五",
            "十二百",
            "十万",
            "万",
            "二百五五",
            "two百",
            "thousand thousand",
            "ninety thousand hundred hundred hundred hundred",
        ];
        for other in others {
            let expected = (other == "two").then(|| "2".to_string());
            assert_eq!(target(other), expected, "{other}");
        }
    }

    #[test]
    fn the_longest_text_is_as_long_as_stated() {
        let longest =
            (0..=LARGEST).map(|number| english(number).chars().count().max(kanji(number).chars().count())).max();
        assert_eq!(longest, Some(LONGEST.0));
    }

    #[test]
    fn directions_and_lengths_are_balanced() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let (mut directions, mut lengths) = ([0_usize; 4], [0_usize; 5]);
        for _ in 0..20_000 {
            let Pair { source, target } = draw(random).pair;
            let direction = match source.bytes().next().unwrap() {
                b'0'..=b'9' => usize::from(source.ends_with(TAGS[1])),
                b'a'..=b'z' => 2,
                _ => 3,
            };
            directions[direction] += 1;
            let digits = if direction < 2 { source.len() - TAGS[0].len() } else { target.len() };
            lengths[digits - 1] += 1;
        }
        assert!(directions.iter().all(|count| count.abs_diff(5_000) < 300), "{directions:?}");
        assert!(lengths.iter().all(|count| count.abs_diff(4_000) < 280), "{lengths:?}");
    }

    proptest! {
        #[test]
        fn words_and_kanji_are_read_back(number in 0..=LARGEST) {
            prop_assert_eq!(read_english(&english(number)), Some(number));
            prop_assert_eq!(read_kanji(&kanji(number)), Some(number));
        }

        #[test]
        fn any_text_has_a_target_or_none(text in "[a-z >-]{0,9}|[零一二九十百千万]{0,12}|[0-9]{0,11}>(en|ja)|((ninety|nine|hundred|thousand|and) ?){0,12}") {
            if let Some(answer) = target(&text) {
                prop_assert!(!answer.is_empty());
            }
        }
    }
}
