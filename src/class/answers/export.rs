//! The answers of a class as two tables: a row for each student and exercise, and a row for each student.

use super::deadlines::Deadlines;
use super::sheet::{Cell, Sheet};
use super::status::Status;
use super::students::Student;
use crate::class::roster::Entry;
use crate::experiment::Language;
use crate::lab::{Check, Exercise, Lab, Record};
use jiff::Timestamp;

/// The columns of both tables that say who it is.
const WHO: [&str; 5] = ["student_id", "name", "last_name", "first_name", "account"];

/// The columns of the long table that say what an answer is and was.
const WHAT: [&str; 14] = [
    "lab",
    "lab_title",
    "exercise",
    "exercise_title",
    "check",
    "attempts",
    "hints",
    "status",
    "timestamp",
    "duedate",
    "answer",
    "score",
    "max_score",
    "origin",
];

/// What tables are made of.
pub struct Export<'a> {
    pub students: &'a [Student],
    /// The labs to export, in this order.
    pub labs: &'a [&'a Lab],
    pub deadlines: &'a Deadlines,
    /// Of titles and options.
    pub language: Language,
    /// Whether a byte order mark begins a table, as Excel wants it for UTF-8.
    pub with_mark: bool,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// A row for each student and exercise, those not tried among them.
    Long,
    /// A row for each student: the status of every exercise, and the points of every lab.
    Wide,
}

impl<'a> Export<'a> {
    /// A table as the bytes of a file.
    pub fn table(&self, table: Table) -> Vec<u8> {
        match table {
            Table::Long => self.long(),
            Table::Wide => self.wide(),
        }
    }

    fn long(&self) -> Vec<u8> {
        let mut sheet = Sheet::new(self.with_mark);
        sheet.row(WHO.into_iter().chain(WHAT).map(Cell::plain));
        for student in self.students {
            for (lab, exercise) in self.exercises() {
                sheet.row(who(student).into_iter().chain(self.what(student, lab, exercise)));
            }
        }
        sheet.into_bytes()
    }

    fn wide(&self) -> Vec<u8> {
        let mut sheet = Sheet::new(self.with_mark);
        let columns = self.labs.iter().flat_map(|lab| {
            let exercises = lab.exercises.iter().map(|exercise| format!("{}/{}", lab.id, exercise.id));
            exercises.chain([format!("{} score", lab.id), format!("{} max_score", lab.id)])
        });
        let all = ["score", "max_score"].map(Cell::plain);
        sheet.row(WHO.into_iter().map(Cell::plain).chain(columns.map(Cell::text)).chain(all));
        for student in self.students {
            let mut row: Vec<Cell> = who(student).into();
            let (mut score, mut most) = (0, 0);
            for lab in self.labs {
                let decided = lab.exercises.iter().filter(|exercise| is_decided(&exercise.check));
                let points: u32 = decided.clone().map(|exercise| self.status(student, lab, exercise).score()).sum();
                let of = decided.count();
                row.extend(lab.exercises.iter().map(|exercise| Cell::plain(self.status(student, lab, exercise))));
                row.extend([Cell::plain(points), Cell::plain(of)]);
                (score, most) = (score + points, most + of);
            }
            row.extend([Cell::plain(score), Cell::plain(most)]);
            sheet.row(row);
        }
        sheet.into_bytes()
    }

    fn exercises(&self) -> impl Iterator<Item = (&'a Lab, &'a Exercise)> {
        self.labs.iter().flat_map(|lab| lab.exercises.iter().map(move |exercise| (*lab, exercise)))
    }

    fn status(&self, student: &Student, lab: &Lab, exercise: &Exercise) -> Status {
        let deadline = self.deadlines.of(&lab.id, &exercise.id);
        Status::of(&exercise.check, student.record(&lab.id, &exercise.id), deadline)
    }

    fn what<'b>(&self, student: &'b Student, lab: &'b Lab, exercise: &'b Exercise) -> [Cell<'b>; WHAT.len()] {
        let record = student.record(&lab.id, &exercise.id);
        let status = self.status(student, lab, exercise);
        let (score, most) = if is_decided(&exercise.check) {
            (Cell::plain(status.score()), Cell::plain(1))
        } else {
            (Cell::empty(), Cell::empty())
        };
        [
            Cell::text(&lab.id),
            Cell::text(lab.title.in_language(self.language)),
            Cell::text(&exercise.id),
            Cell::text(exercise.title.in_language(self.language)),
            Cell::plain(exercise.check.name()),
            Cell::plain(record.map_or(0, |record| record.attempts)),
            Cell::plain(record.map_or(0, |record| record.hints)),
            Cell::plain(status),
            record.and_then(|record| record.solved_at.as_deref()).map_or(Cell::empty(), time),
            self.deadlines.of(&lab.id, &exercise.id).map_or(Cell::empty(), to_the_second),
            record.map_or(Cell::empty(), |record| Cell::text(answer(&exercise.check, record, self.language))),
            score,
            most,
            record.map_or(Cell::empty(), |record| Cell::plain(record.origin)),
        ]
    }
}

/// Whether the program decides what an answer is worth, and not the instructor.
fn is_decided(check: &Check) -> bool {
    !matches!(check, Check::FreeText { .. })
}

fn who(student: &Student) -> [Cell<'_>; WHO.len()] {
    let Entry { id, name, first_name, last_name, account } = &student.entry;
    let account = student.account.as_ref().or(account.as_ref());
    let [id, name, last_name, first_name] = [id, name, last_name, first_name].map(Cell::text);
    [id, name, last_name, first_name, account.map_or(Cell::empty(), Cell::plain)]
}

/// A time as it is kept, in UTC.
fn time(kept: &str) -> Cell<'_> {
    kept.parse().map_or(Cell::text(kept), to_the_second)
}

fn to_the_second<'a>(at: Timestamp) -> Cell<'a> {
    Cell::plain(at.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

/// What was answered last, for a reader: of a choice the number of the option from 1 and its words, of a text what was handed in, for a
/// draft is the student's own.
fn answer(check: &Check, record: &Record, language: Language) -> String {
    let kept = record.answer.as_deref().unwrap_or_default();
    match check {
        Check::Choice { options, .. } => {
            let chosen = kept.parse().ok().and_then(|index: usize| Some((index, options.get(index)?)));
            chosen.map_or(kept.to_owned(), |(index, option)| format!("{}: {}", index + 1, option.in_language(language)))
        }
        Check::FreeText { .. } if record.solved_at.is_none() => String::new(),
        _ => kept.to_owned(),
    }
}
