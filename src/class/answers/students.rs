//! The students of a class, each with what they have answered.

use crate::class::name::Name;
use crate::class::roster::{Entry, Roster};
use crate::class::{accounts, ids};
use crate::lab::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Records by lab and exercise.
pub type Records = BTreeMap<(String, String), Record>;

/// A student.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Student {
    /// As the roster has them; of one who is not in it, only the ID that their account claims, if any.
    pub entry: Entry,
    /// None of one who has never logged in.
    pub account: Option<Name>,
    pub records: Records,
}

impl Student {
    /// What is kept of an exercise.
    pub fn record(&self, lab: &str, exercise: &str) -> Option<&Record> {
        self.records.get(&(lab.to_owned(), exercise.to_owned()))
    }
}

/// The students of a class, and what could not be read.
#[derive(Debug, Default)]
pub struct Students {
    /// Those of the roster in its order, then the others by the names of their accounts.
    pub students: Vec<Student>,
    /// A line for each account that could not be read; it is left out.
    pub faults: Vec<String>,
    /// A line for each account whose claim the roster contradicts.
    pub notes: Vec<String>,
}

impl Students {
    /// Reads the answers of every account of a server, and adds those of the roster who have none.
    ///
    /// An account is a student's whom the roster gives it, else the student's whose ID it claims.
    ///
    /// # Errors
    /// When this is not the folder of a server, or its progress cannot be read.
    pub fn gather(server: &Path, roster: &Roster) -> Result<Self, String> {
        let mut class = Students::default();
        // By the place in the roster; those who are not in it come last.
        let mut found: Vec<(usize, Student)> = Vec::new();
        let mut seen = BTreeSet::new();
        let accounts = accounts::names(server)?;
        let mut answers = accounts::Answers::read(server, &accounts)?;
        for account in accounts {
            let entry = class.entry(server, &account, roster);
            let place = roster.entries().iter().position(|known| *known == entry);
            seen.extend(place);
            match answers.take(&account) {
                Ok(records) => {
                    let student = Student { entry, account: Some(account), records: by_exercise(records) };
                    found.push((place.unwrap_or(usize::MAX), student));
                }
                Err(fault) => class.faults.push(fault),
            }
        }
        let absent = roster.entries().iter().enumerate().filter(|(place, _)| !seen.contains(place));
        found.extend(absent.map(|(place, entry)| (place, Student { entry: entry.clone(), ..Student::default() })));
        found.sort_by_key(|(place, _)| *place);
        class.students = found.into_iter().map(|(_, student)| student).collect();
        Ok(class)
    }

    /// Whose an account is.
    fn entry(&mut self, server: &Path, account: &Name, roster: &Roster) -> Entry {
        if let Some(entry) = roster.of_account(account.as_str()) {
            return entry.clone();
        }
        let Some(id) = ids::claimed_id(server, account) else { return Entry::default() };
        match roster.of_id(&id) {
            Some(Entry { account: Some(owner), .. }) => {
                self.notes
                    .push(format!("{account}: claims the ID {id}, which the roster gives to the account {owner}"));
                Entry::default()
            }
            Some(entry) => entry.clone(),
            None => Entry { id, ..Entry::default() },
        }
    }
}

fn by_exercise(records: Vec<Record>) -> Records {
    let key = |record: &Record| (record.lab.clone(), record.exercise.clone());
    records.into_iter().map(|record| (key(&record), record)).collect()
}
