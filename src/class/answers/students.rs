//! The students of a class, each with what they have answered.

use crate::class::accounts;
use crate::class::name::Name;
use crate::lab::Record;
use std::collections::BTreeMap;
use std::path::Path;

/// Records by lab and exercise.
pub type Records = BTreeMap<(String, String), Record>;

/// A student.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Student {
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
    pub students: Vec<Student>,
    /// A line for each account that could not be read; it is left out.
    pub faults: Vec<String>,
}

impl Students {
    /// Reads the answers of every account of a server.
    ///
    /// # Errors
    /// When this is not the folder of a server.
    pub fn gather(server: &Path) -> Result<Self, String> {
        let mut class = Students::default();
        for account in accounts::names(server)? {
            match accounts::records(server, &account) {
                Ok(records) => class.students.push(Student { account: Some(account), records: by_exercise(records) }),
                Err(fault) => class.faults.push(fault),
            }
        }
        Ok(class)
    }
}

fn by_exercise(records: Vec<Record>) -> Records {
    let key = |record: &Record| (record.lab.clone(), record.exercise.clone());
    records.into_iter().map(|record| (key(&record), record)).collect()
}
