//! Days of the Gregorian calendar from 1930 to 2029, their weekdays and their Japanese years. In these hundred years a
//! year is known by its last two digits.

/// First and last year.
pub(super) const YEARS: [u32; 2] = [1930, 2029];

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    pub year: u32,
    /// From 1.
    pub month: u32,
    /// From 1.
    pub day: u32,
}

/// A Japanese era. Its first day begins year 1, its second year begins on the next January 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Era {
    pub kanji: &'static str,
    pub letter: &'static str,
    first: Day,
}

/// Eras, the newest first.
pub(super) const ERAS: [Era; 3] = [
    Era { kanji: "令和", letter: "R", first: Day { year: 2019, month: 5, day: 1 } },
    Era { kanji: "平成", letter: "H", first: Day { year: 1989, month: 1, day: 8 } },
    Era { kanji: "昭和", letter: "S", first: Day { year: 1926, month: 12, day: 25 } },
];

impl Era {
    /// The year of the Gregorian calendar that has most of a year of the era.
    pub(super) fn year(&self, year_of_era: u32) -> Option<u32> {
        (self.first.year - 1).checked_add(year_of_era)
    }
}

impl Day {
    /// A day that exists and lies in [`YEARS`].
    pub(super) fn new(year: u32, month: u32, day: u32) -> Option<Day> {
        let exists = (YEARS[0]..=YEARS[1]).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day);
        exists.then_some(Day { year, month, day })
    }

    /// Number of days in [`YEARS`].
    pub(super) fn count() -> u32 {
        Day { year: YEARS[1] + 1, month: 1, day: 1 }.number() - Self::first()
    }

    /// The day at a place among the days of [`YEARS`], counted from 0.
    ///
    /// # Panics
    /// If there is no such day.
    pub(super) fn at(place: u32) -> Day {
        assert!(place < Self::count(), "day {place}");
        Self::from_number(Self::first() + place)
    }

    fn first() -> u32 {
        Day { year: YEARS[0], month: 1, day: 1 }.number()
    }

    /// Days since 0000-03-01. A year that begins in March has its leap day at the end (Howard Hinnant,
    /// "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
    fn number(self) -> u32 {
        let year = if self.month > 2 { self.year } else { self.year - 1 };
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        365 * year + year / 4 - year / 100 + year / 400 + day_of_year
    }

    /// The inverse of [`Day::number`] (`civil_from_days` there).
    fn from_number(number: u32) -> Day {
        let (era, day_of_era) = (number / 146_097, number % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        Day { year: 400 * era + year_of_era + u32::from(month <= 2), month, day }
    }

    /// The weekday: 0 is Sunday.
    pub(super) fn weekday(self) -> usize {
        // 0000-03-01 was a Wednesday.
        (self.number() as usize + 3) % 7
    }

    /// The era and the year in it.
    pub(super) fn era(self) -> (&'static Era, u32) {
        let era = ERAS.iter().find(|era| self >= era.first).unwrap_or(&ERAS[ERAS.len() - 1]);
        (era, self.year + 1 - era.first.year)
    }

    /// `2021-03-03` (ISO 8601).
    pub(super) fn iso(self) -> String {
        format!("{}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: u32, month: u32, day: u32) -> Day {
        Day::new(year, month, day).unwrap()
    }

    #[test]
    fn days_follow_one_another() {
        assert_eq!(Day::count(), 36_525);
        assert_eq!((Day::at(0), Day::at(36_524)), (day(1930, 1, 1), day(2029, 12, 31)));
        for place in 1..Day::count() {
            let [before, after] = [Day::at(place - 1), Day::at(place)];
            let next = Day::new(before.year, before.month, before.day + 1)
                .or(Day::new(before.year, before.month + 1, 1))
                .or(Day::new(before.year + 1, 1, 1));
            assert_eq!(Some(after), next);
            assert_eq!(after.weekday(), (before.weekday() + 1) % 7);
            assert_eq!(Day::first() + place, after.number());
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert!(Day::new(2000, 2, 29).is_some() && Day::new(2024, 2, 29).is_some());
        for [year, month, day] in
            [[1929, 12, 31], [2030, 1, 1], [2021, 0, 1], [2021, 13, 1], [2021, 1, 0], [2021, 4, 31], [2021, 2, 29]]
        {
            assert_eq!(Day::new(year, month, day), None);
        }
    }

    #[test]
    fn weekdays_are_right() {
        let cases = [((1930, 1, 1), 3), ((1969, 7, 20), 0), ((2000, 1, 1), 6), ((2000, 2, 29), 2), ((2021, 3, 3), 3)];
        for ((year, month, date), weekday) in cases {
            assert_eq!(day(year, month, date).weekday(), weekday, "{year}-{month}-{date}");
        }
    }

    #[test]
    fn eras_begin_on_their_days() {
        let cases = [
            ((1930, 1, 1), "昭和", 5),
            ((1989, 1, 7), "昭和", 64),
            ((1989, 1, 8), "平成", 1),
            ((1990, 1, 1), "平成", 2),
            ((2019, 4, 30), "平成", 31),
            ((2019, 5, 1), "令和", 1),
            ((2029, 12, 31), "令和", 11),
        ];
        for ((year, month, date), kanji, expected) in cases {
            let (era, year_of_era) = day(year, month, date).era();
            assert_eq!((era.kanji, year_of_era), (kanji, expected));
            assert_eq!(era.year(year_of_era), Some(year));
        }
    }
}
