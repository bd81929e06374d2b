//! What progress consists of, what can be written to it, and what comes of that: values that also travel to whoever keeps the file.

use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Bytes of an answer that is kept for others: as many letters as can be typed, four bytes each.
pub const ANSWER: usize = 80_000;
/// Bytes of the notes on a lab: twice as many letters as can be typed, since the texts of two windows are both kept.
const NOTES: usize = 800_000;
/// Bytes of the id of a lab or an exercise, and of the name of a setting.
const NAME: usize = 64;
const SETTING_NAME: usize = 128;
/// Bytes of a setting.
const SETTING: usize = 64 << 10;
/// The largest count of attempts or hints.
const COUNT: u32 = 1_000_000;

/// Rows, and bytes of the texts in them, that an account of a server may hold: all exercises of many labs, and notes on each.
pub const MOST_HELD: (i64, i64) = (5_000, 16 << 20);

/// What is kept of one exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub lab: String,
    pub exercise: String,
    /// RFC 3339.
    pub solved_at: Option<String>,
    pub attempts: u32,
    pub hints: u32,
    /// What was answered last; of a text that was not handed in yet, its draft.
    pub answer: Option<String>,
    pub origin: Origin,
}

/// Where an exercise was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By the program that keeps the file.
    #[default]
    Here,
    /// Elsewhere: it came as a file.
    HandedIn,
}

/// Something to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// An answer was given; the time (RFC 3339) when it passed.
    Attempt {
        lab: String,
        exercise: String,
        answer: String,
        solved_at: Option<String>,
    },
    /// An answer was begun.
    Draft {
        lab: String,
        exercise: String,
        answer: String,
    },
    /// So many hints were shown.
    Hints {
        lab: String,
        exercise: String,
        hints: u32,
    },
    /// Notes became `text` that were `before` when they were read.
    Notes {
        lab: String,
        before: String,
        text: String,
    },
    Setting {
        key: String,
        value: String,
    },
    /// What was answered elsewhere.
    TakeIn {
        records: Vec<Record>,
    },
}

/// How things stand after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Changed {
    Exercise {
        record: Record,
    },
    Notes {
        lab: String,
        text: String,
    },
    Setting {
        key: String,
        value: String,
    },
    /// How many exercises are solved that were not before, and all there are.
    TakenIn {
        solved: u32,
        records: Vec<Record>,
    },
}

/// Everything that is kept of one learner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    pub records: Vec<Record>,
    /// By lab.
    pub notes: BTreeMap<String, String>,
    pub settings: BTreeMap<String, String>,
}

impl Origin {
    fn name(self) -> &'static str {
        match self {
            Origin::Here => "here",
            Origin::HandedIn => "handed in",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ToSql for Origin {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for Origin {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        [Origin::Here, Origin::HandedIn]
            .into_iter()
            .find(|origin| origin.name() == name)
            .ok_or(FromSqlError::InvalidType)
    }
}

impl Record {
    /// Whether it is within what a program of ours writes.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn check(&self) -> Result<(), &'static str> {
        if !is_name(&self.lab) || !is_name(&self.exercise) {
            return Err("its name is none");
        }
        if self.solved_at.as_ref().is_some_and(|at| at.parse::<Timestamp>().is_err()) {
            return Err("solved_at is no time");
        }
        if self.attempts > COUNT || self.hints > COUNT {
            return Err("a count too large");
        }
        if self.answer.as_ref().is_some_and(|answer| answer.len() > ANSWER) {
            return Err("its answer is too long");
        }
        Ok(())
    }
}

impl Change {
    /// Whether it is within what is kept for others.
    ///
    /// # Errors
    /// One line that says what is not, and the limit.
    pub fn check(&self) -> Result<(), String> {
        let named = |lab: &str, exercise: &str| {
            (is_name(lab) && is_name(exercise)).then_some(()).ok_or_else(|| "no such exercise".to_owned())
        };
        let within = |text: &str, most: usize, what: &str| {
            let fault = || format!("{what} of {} bytes, at most {most} are kept; shorten it", text.len());
            (text.len() <= most).then_some(()).ok_or_else(fault)
        };
        match self {
            Change::Attempt { lab, exercise, answer, solved_at } => {
                named(lab, exercise)?;
                if solved_at.as_ref().is_some_and(|at| at.parse::<Timestamp>().is_err()) {
                    return Err("solved_at is no time".to_owned());
                }
                within(answer, ANSWER, "an answer")
            }
            Change::Draft { lab, exercise, answer } => {
                named(lab, exercise)?;
                within(answer, ANSWER, "an answer")
            }
            Change::Hints { lab, exercise, hints } => {
                named(lab, exercise)?;
                (*hints <= COUNT).then_some(()).ok_or_else(|| "too many hints".to_owned())
            }
            Change::Notes { lab, before, text } => {
                named(lab, lab)?;
                within(before, NOTES, "notes")?;
                within(text, NOTES, "notes")
            }
            Change::Setting { key, value } => {
                let is_fit = |letter: char| is_of_name(letter) || letter == ':';
                if key.is_empty() || key.len() > SETTING_NAME || !key.chars().all(is_fit) {
                    return Err("no such setting".to_owned());
                }
                within(value, SETTING, "a setting")
            }
            Change::TakeIn { records } => {
                let fault = |(number, record): (usize, &Record)| {
                    record.check().map_err(|why| format!("exercise {number}: {why}"))
                };
                (1..).zip(records).try_for_each(fault)
            }
        }
    }
}

impl Snapshot {
    /// All of it, as changes of a progress that has nothing yet.
    pub fn into_changes(self) -> Vec<Change> {
        let notes = self.notes.into_iter().map(|(lab, text)| Change::Notes { lab, before: String::new(), text });
        let settings = self.settings.into_iter().map(|(key, value)| Change::Setting { key, value });
        std::iter::once(Change::TakeIn { records: self.records }).chain(notes).chain(settings).collect()
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME && text.chars().all(is_of_name)
}

/// One's own text and another's, which both came from `before`.
pub(super) fn merged(before: &str, own: &str, other: &str) -> String {
    if other == before || other == own {
        return own.to_owned();
    }
    // What stands in one already is not put behind it once more.
    if own != before && other.starts_with(before) && own.starts_with(other) {
        return own.to_owned();
    }
    if own.starts_with(before) && (other.starts_with(own) || other.ends_with(&format!("\n{own}"))) {
        return other.to_owned();
    }
    match (own.strip_prefix(before), other.strip_prefix(before)) {
        // Nothing was written here.
        (Some(""), _) => other.to_owned(),
        // Both wrote something behind it.
        (Some(own), Some(other)) => {
            format!("{before}{}\n{}", other.trim_end_matches('\n'), own.trim_start_matches('\n'))
        }
        _ => format!("{}\n\n{own}", other.trim_end_matches('\n')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::json_line;
    use proptest::prelude::*;

    fn any_change() -> impl Strategy<Value = Change> {
        let text = || ".{0,40}";
        let name = || "[a-z][a-z0-9-]{0,20}";
        let record = (name(), name(), any::<bool>(), 0..COUNT, 0..COUNT, prop::option::of(text())).prop_map(
            |(lab, exercise, is_solved, attempts, hints, answer)| Record {
                lab,
                exercise,
                solved_at: is_solved.then(|| "2026-01-01T00:00:00Z".to_owned()),
                attempts,
                hints,
                answer,
                origin: if is_solved { Origin::HandedIn } else { Origin::Here },
            },
        );
        prop_oneof![
            (name(), name(), text(), any::<bool>()).prop_map(|(lab, exercise, answer, is_solved)| Change::Attempt {
                lab,
                exercise,
                answer,
                solved_at: is_solved.then(|| "2026-01-01T00:00:00.25Z".to_owned()),
            }),
            (name(), name(), text()).prop_map(|(lab, exercise, answer)| Change::Draft { lab, exercise, answer }),
            (name(), name(), 0..COUNT).prop_map(|(lab, exercise, hints)| Change::Hints { lab, exercise, hints }),
            (name(), text(), text()).prop_map(|(lab, before, text)| Change::Notes { lab, before, text }),
            (name(), text()).prop_map(|(key, value)| Change::Setting { key, value }),
            prop::collection::vec(record, 0..4).prop_map(|records| Change::TakeIn { records }),
        ]
    }

    proptest! {
        /// A change is one line, whatever was typed, and comes back from it.
        #[test]
        fn a_change_is_a_line_and_comes_back(change in any_change()) {
            prop_assert_eq!(change.check(), Ok(()));
            let line = json_line(&change);
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            prop_assert_eq!(serde_json::from_str::<Change>(&line).unwrap(), change);
        }

        /// No bytes make the reading panic, and of a line that was changed nothing passes that acts or has a name which is none.
        #[test]
        fn no_line_does_harm(change in any_change(), at in any::<prop::sample::Index>(), byte: u8, bytes: Vec<u8>) {
            prop_assert!(serde_json::from_slice::<Change>(&bytes).is_err());
            let mut line = json_line(&change).into_bytes();
            let at = at.index(line.len());
            line[at] = byte;
            if let Ok(Change::Hints { lab, exercise, hints }) = serde_json::from_slice(&line) {
                let change = Change::Hints { lab: lab.clone(), exercise: exercise.clone(), hints };
                prop_assert_eq!(change.check().is_ok(), is_name(&lab) && is_name(&exercise) && hints <= COUNT);
            }
        }

        /// Nothing that either window wrote is lost by merging, and what both have is not doubled.
        #[test]
        fn both_texts_are_kept(before in "[a-c\n]{0,6}", own in "[a-c\n]{0,6}", other in "[a-c\n]{0,6}") {
            let appended = |text: &str| format!("{before}{text}");
            let both = merged(&before, &appended(&own), &appended(&other));
            prop_assert!(both.starts_with(&before));
            for text in [&own, &other] {
                prop_assert!(both.contains(text.trim_matches('\n')), "{both:?}");
            }
            prop_assert_eq!(merged(&before, &before, &other), &*other);
            prop_assert_eq!(merged(&before, &own, &before), &*own);
            prop_assert_eq!(merged(&before, &own, &own), &*own);
        }
    }

    #[test]
    fn what_no_program_of_ours_writes_is_refused_with_its_limit() {
        let text = |bytes: usize| "x".repeat(bytes);
        let [lab, exercise] = ["vae", "kl"].map(str::to_owned);
        let attempt = |exercise: &str, answer: String, solved_at: Option<&str>| Change::Attempt {
            lab: lab.clone(),
            exercise: exercise.to_owned(),
            answer,
            solved_at: solved_at.map(str::to_owned),
        };
        let setting = |key: &str, value| Change::Setting { key: key.to_owned(), value };
        let notes = |text| Change::Notes { lab: lab.clone(), before: String::new(), text };
        for change in [
            attempt("kl", text(ANSWER), Some("2026-01-01T00:00:00Z")),
            setting("board:board-game", text(SETTING)),
            notes(text(NOTES)),
            Change::Hints { lab: lab.clone(), exercise: exercise.clone(), hints: 3 },
        ] {
            assert_eq!(change.check(), Ok(()));
        }
        for (change, why) in [
            (attempt("", text(1), None), "no such exercise"),
            (attempt("../kl", text(1), None), "no such exercise"),
            (attempt("k\u{1b}[2J", text(1), None), "no such exercise"),
            (attempt(&text(NAME + 1), text(1), None), "no such exercise"),
            (attempt("kl", text(1), Some("yesterday")), "solved_at is no time"),
            (attempt("kl", text(ANSWER + 1), None), "an answer of 80001 bytes, at most 80000 are kept; shorten it"),
            (setting("a b", text(1)), "no such setting"),
            (setting("", text(1)), "no such setting"),
            (setting("place", text(SETTING + 1)), "a setting of 65537 bytes"),
            (notes(text(NOTES + 1)), "notes of 800001 bytes"),
            (Change::Hints { lab, exercise, hints: COUNT + 1 }, "too many hints"),
        ] {
            let told = change.check().unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
