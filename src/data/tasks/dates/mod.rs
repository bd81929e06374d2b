//! A calendar day in one of many layouts, English and Japanese, to ISO 8601: `3rd of March 2021` → `2021-03-03`,
//! `令和3年3月3日` → `2021-03-03`.
//!
//! Three conventions make every source mean one day. Numbers with slashes are month/day/year, but year/month/day if the
//! first has four digits. Two digits of a year mean the one in 1930–2029. A year of an era is right only for days of
//! that era: 昭和 to 1989-01-07, 平成 from 1989-01-08 to 2019-04-30, 令和 from 2019-05-01; its first year is 元年, but 01 where
//! numbers are padded and 1 after a letter.

mod calendar;

use super::split::is_held_out;
use super::{Encoding, Pair, Sample};
use Field::{
    DayNumber, Era, EraLetter, EraYear, KanjiDay, KanjiEraYear, KanjiMonth, KanjiYear, MonthName, MonthNumber, Ordinal,
    PaddedDay, PaddedEraYear, PaddedMonth, PlainEraYear, ShortMonth, ShortWeekday, ShortYear, Text, Weekday,
    WeekdayKanji, Year,
};
use calendar::{Day, ERAS, YEARS};
use rand::RngExt;

/// A part of a layout.
#[derive(Debug, Clone, Copy)]
enum Field {
    /// `2021`, `21`, `二〇二一`.
    Year,
    ShortYear,
    KanjiYear,
    /// `3`, `03`, `三`, `March`, `Mar`.
    MonthNumber,
    PaddedMonth,
    KanjiMonth,
    MonthName,
    ShortMonth,
    /// `3`, `03`, `三`, `3rd`.
    DayNumber,
    PaddedDay,
    KanjiDay,
    Ordinal,
    /// `Wednesday`, `Wed`, `水`: follows from the day.
    Weekday,
    ShortWeekday,
    WeekdayKanji,
    /// `令和`, `R`.
    Era,
    EraLetter,
    /// `3` but `元` for 1, `03`, `3`, `三` but `元` for 1.
    EraYear,
    PaddedEraYear,
    PlainEraYear,
    KanjiEraYear,
    /// Itself.
    Text(&'static str),
}

const LAYOUTS: [&[Field]; 31] = [
    // English: 3rd of March 2021, the 3rd of March, 2021, March 3rd, 2021, 3rd March 2021
    &[Ordinal, Text(" of "), MonthName, Text(" "), Year],
    &[Text("the "), Ordinal, Text(" of "), MonthName, Text(", "), Year],
    &[MonthName, Text(" "), Ordinal, Text(", "), Year],
    &[Ordinal, Text(" "), MonthName, Text(" "), Year],
    // 3 March 2021, March 3, 2021, 3 Mar 2021, Mar 3, 2021, Mar 3, 21, 03-Mar-2021
    &[DayNumber, Text(" "), MonthName, Text(" "), Year],
    &[MonthName, Text(" "), DayNumber, Text(", "), Year],
    &[DayNumber, Text(" "), ShortMonth, Text(" "), Year],
    &[ShortMonth, Text(" "), DayNumber, Text(", "), Year],
    &[ShortMonth, Text(" "), DayNumber, Text(", "), ShortYear],
    &[PaddedDay, Text("-"), ShortMonth, Text("-"), Year],
    // Wednesday 3 March 2021, Wednesday, March 3, 2021, Wed 3 Mar 2021, Wed, Mar 3, 2021
    &[Weekday, Text(" "), DayNumber, Text(" "), MonthName, Text(" "), Year],
    &[Weekday, Text(", "), MonthName, Text(" "), DayNumber, Text(", "), Year],
    &[ShortWeekday, Text(" "), DayNumber, Text(" "), ShortMonth, Text(" "), Year],
    &[ShortWeekday, Text(", "), ShortMonth, Text(" "), DayNumber, Text(", "), Year],
    // Numbers: 3/3/2021, 03/03/2021, 3/3/21, 2021/3/3, 2021/03/03, 2021.3.3, 20210303
    &[MonthNumber, Text("/"), DayNumber, Text("/"), Year],
    &[PaddedMonth, Text("/"), PaddedDay, Text("/"), Year],
    &[MonthNumber, Text("/"), DayNumber, Text("/"), ShortYear],
    &[Year, Text("/"), MonthNumber, Text("/"), DayNumber],
    &[Year, Text("/"), PaddedMonth, Text("/"), PaddedDay],
    &[Year, Text("."), MonthNumber, Text("."), DayNumber],
    &[Year, PaddedMonth, PaddedDay],
    // Japanese: 2021年3月3日, 2021年03月03日, 2021年3月3日(水), 2021年3月3日水曜日, 二〇二一年三月三日
    &[Year, Text("年"), MonthNumber, Text("月"), DayNumber, Text("日")],
    &[Year, Text("年"), PaddedMonth, Text("月"), PaddedDay, Text("日")],
    &[Year, Text("年"), MonthNumber, Text("月"), DayNumber, Text("日("), WeekdayKanji, Text(")")],
    &[Year, Text("年"), MonthNumber, Text("月"), DayNumber, Text("日"), WeekdayKanji, Text("曜日")],
    &[KanjiYear, Text("年"), KanjiMonth, Text("月"), KanjiDay, Text("日")],
    // 令和3年3月3日, 令和03年03月03日, 令和三年三月三日, 令和3年3月3日(水), R3.3.3
    &[Era, EraYear, Text("年"), MonthNumber, Text("月"), DayNumber, Text("日")],
    &[Era, PaddedEraYear, Text("年"), PaddedMonth, Text("月"), PaddedDay, Text("日")],
    &[Era, KanjiEraYear, Text("年"), KanjiMonth, Text("月"), KanjiDay, Text("日")],
    &[Era, EraYear, Text("年"), MonthNumber, Text("月"), DayNumber, Text("日("), WeekdayKanji, Text(")")],
    &[EraLetter, PlainEraYear, Text("."), MonthNumber, Text("."), DayNumber],
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const WEEKDAY_KANJI: [&str; 7] = ["日", "月", "火", "水", "木", "金", "土"];
const KANJI: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const TEN: char = '十';
const FIRST_YEAR: &str = "元";
const ORDINALS: [&str; 4] = ["th", "st", "nd", "rd"];
/// Letters of a short name.
const SHORT: usize = 3;

/// Characters of `Wednesday, September 30, 2020` and of an ISO date.
pub(super) const LONGEST: (usize, usize) = (29, 10);

/// Every day of 1930–2029 and every layout with equal chance. Held out is a day, in all layouts.
pub(super) fn draw(random: &mut impl RngExt) -> Sample {
    let day = Day::at(random.random_range(0..Day::count()));
    let source = write(LAYOUTS[random.random_range(0..LAYOUTS.len())], day);
    let target = day.iso();
    let held_out = is_held_out(&target);
    Sample { pair: Pair { source, target }, held_out }
}

/// The day of a source that is exactly what one of the layouts writes.
pub(super) fn target(source: &str) -> Option<String> {
    LAYOUTS.into_iter().find_map(|layout| read(layout, source)).map(Day::iso)
}

pub(super) fn encodings() -> (Encoding, Encoding) {
    let kanji: String = KANJI.into_iter().chain([TEN]).collect();
    let texts = LAYOUTS.into_iter().flatten().filter_map(|field| match field {
        Text(text) => Some(*text),
        _ => None,
    });
    let names = MONTHS.into_iter().chain(WEEKDAYS).chain(WEEKDAY_KANJI).chain(ORDINALS);
    let eras = ERAS.iter().flat_map(|era| [era.kanji, era.letter]);
    let source = texts.chain(names).chain(eras).chain([kanji.as_str(), FIRST_YEAR, "0123456789"]);
    (Encoding::of_characters(source), Encoding::of_characters(["0123456789-"]))
}

fn write(layout: &[Field], day: Day) -> String {
    let (era, year_of_era) = day.era();
    let first_or = |text: String| if year_of_era == 1 { FIRST_YEAR.to_string() } else { text };
    let fields = layout.iter().map(|field| match field {
        Year => day.year.to_string(),
        ShortYear => format!("{:02}", day.year % 100),
        KanjiYear => day.year.to_string().bytes().map(|digit| KANJI[usize::from(digit - b'0')]).collect(),
        MonthNumber => day.month.to_string(),
        PaddedMonth => format!("{:02}", day.month),
        KanjiMonth => kanji(day.month),
        MonthName => MONTHS[day.month as usize - 1].to_string(),
        ShortMonth => MONTHS[day.month as usize - 1][..SHORT].to_string(),
        DayNumber => day.day.to_string(),
        PaddedDay => format!("{:02}", day.day),
        KanjiDay => kanji(day.day),
        Ordinal => format!("{}{}", day.day, ordinal(day.day)),
        Weekday => WEEKDAYS[day.weekday()].to_string(),
        ShortWeekday => WEEKDAYS[day.weekday()][..SHORT].to_string(),
        WeekdayKanji => WEEKDAY_KANJI[day.weekday()].to_string(),
        Era => era.kanji.to_string(),
        EraLetter => era.letter.to_string(),
        EraYear => first_or(year_of_era.to_string()),
        PaddedEraYear => format!("{year_of_era:02}"),
        PlainEraYear => year_of_era.to_string(),
        KanjiEraYear => first_or(kanji(year_of_era)),
        Text(text) => (*text).to_string(),
    });
    fields.collect()
}

fn ordinal(day: u32) -> &'static str {
    match day {
        11..=13 => ORDINALS[0],
        _ => ORDINALS.get(day as usize % 10).unwrap_or(&ORDINALS[0]),
    }
}

/// A number below 100 in kanji: 二十一.
fn kanji(number: u32) -> String {
    let [tens, ones] = [number / 10, number % 10].map(|digit| digit as usize);
    let tens = match tens {
        0 => String::new(),
        1 => TEN.to_string(),
        tens => format!("{}{TEN}", KANJI[tens]),
    };
    if ones == 0 { tens } else { format!("{tens}{}", KANJI[ones]) }
}

/// The day that a layout writes as `source`.
fn read(layout: &[Field], source: &str) -> Option<Day> {
    let (mut year, mut month, mut day) = (None, None, None);
    let mut era = None;
    let mut rest = source;
    for field in layout {
        match field {
            Year => year = Some(digits(&mut rest, 4)?),
            ShortYear => {
                let short = digits(&mut rest, 2)?;
                year = (YEARS[0]..=YEARS[1]).find(|year| year % 100 == short);
            }
            KanjiYear => {
                let mut number = 0;
                for _ in 0..4 {
                    number = number * 10 + one_of(&mut rest, &KANJI.map(String::from))? as u32;
                }
                year = Some(number);
            }
            MonthNumber | PaddedMonth => month = Some(digits(&mut rest, 2)?),
            KanjiMonth => month = Some(read_kanji(&mut rest)?),
            MonthName => month = Some(one_of(&mut rest, &MONTHS)? as u32 + 1),
            ShortMonth => month = Some(one_of(&mut rest, &MONTHS.map(|month| &month[..SHORT]))? as u32 + 1),
            DayNumber | PaddedDay => day = Some(digits(&mut rest, 2)?),
            KanjiDay => day = Some(read_kanji(&mut rest)?),
            Ordinal => {
                day = Some(digits(&mut rest, 2)?);
                one_of(&mut rest, &ORDINALS)?;
            }
            Weekday => _ = one_of(&mut rest, &WEEKDAYS)?,
            ShortWeekday => _ = one_of(&mut rest, &WEEKDAYS.map(|weekday| &weekday[..SHORT]))?,
            WeekdayKanji => _ = one_of(&mut rest, &WEEKDAY_KANJI)?,
            Era => era = Some(&ERAS[one_of(&mut rest, &ERAS.map(|era| era.kanji))?]),
            EraLetter => era = Some(&ERAS[one_of(&mut rest, &ERAS.map(|era| era.letter))?]),
            EraYear | PaddedEraYear | PlainEraYear | KanjiEraYear => {
                let number = match rest.strip_prefix(FIRST_YEAR) {
                    Some(after) => {
                        rest = after;
                        1
                    }
                    None if matches!(field, KanjiEraYear) => read_kanji(&mut rest)?,
                    None => digits(&mut rest, 2)?,
                };
                year = era?.year(number);
            }
            Text(text) => rest = rest.strip_prefix(text)?,
        }
    }
    // Writing it again settles what was not looked at: padding, ordinal, weekday, era and text that is left over.
    Day::new(year?, month?, day?).filter(|day| write(layout, *day) == source)
}

/// Takes at most `most` digits off the front.
fn digits(rest: &mut &str, most: usize) -> Option<u32> {
    let end = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(end);
    *rest = after;
    number.parse().ok()
}

/// Takes one of some texts off the front: its place among them.
fn one_of(rest: &mut &str, texts: &[impl AsRef<str>]) -> Option<usize> {
    let (place, after) =
        texts.iter().enumerate().find_map(|(place, text)| Some((place, rest.strip_prefix(text.as_ref())?)))?;
    *rest = after;
    Some(place)
}

/// Takes a number in kanji off the front.
fn read_kanji(rest: &mut &str) -> Option<u32> {
    let length: usize =
        rest.chars().take_while(|kanji| *kanji == TEN || KANJI.contains(kanji)).map(char::len_utf8).sum();
    let (text, after) = rest.split_at(length);
    *rest = after;
    (1..100).find(|number| kanji(*number) == text)
}

#[cfg(test)]
mod tests;
