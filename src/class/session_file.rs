//! A learner's file in the folder of an account of a server: one that an earlier version left, or that a session works with which cannot
//! come to the server.
//!
//! Such a session is given a file with what its account has. Beside the rows of the learner the file holds the same once more under
//! another name, which the session leaves as they are: by these the server sees what the session has changed.

use crate::lab::progress::records::snapshots_within;
use crate::lab::progress::{Change, Database, MOST_HELD, OWN, Record, Snapshot};
use std::path::Path;

/// Under whose name a file holds what it was made with.
const AS_GIVEN: &str = "as given";

/// What stands in a file.
#[derive(Debug)]
pub struct FileOfSession {
    /// What it was made with; nothing, if an earlier version made it.
    given: Snapshot,
    own: Snapshot,
}

/// Makes a file for a session, closed, where there is none.
///
/// # Errors
/// When it cannot be made: one line that names it.
pub fn make(path: &Path, snapshot: Snapshot) -> Result<(), String> {
    let fault = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let database = Database::open(path).map_err(|error| fault(&error))?;
    let changes = snapshot.into_changes();
    for account in [OWN, AS_GIVEN] {
        database.apply(account, &changes).map_err(|error| fault(&error))?;
    }
    Ok(())
}

impl FileOfSession {
    /// Reads a file, which is not trusted: a session has written it. Nothing stands in one that is not there.
    ///
    /// # Errors
    /// When it is damaged, is no regular file, or holds more than an account may: one line that names it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let [given, own] = snapshots_within(path, [AS_GIVEN, OWN], MOST_HELD)?;
        Ok(FileOfSession { given, own })
    }

    /// What has to be written to what the server has, for what was changed in a file since it was given. Of a file that was not given by the
    /// server all counts as changed, and what the server has stays where both have something.
    pub fn changes(self, server: &Snapshot) -> Vec<Change> {
        let FileOfSession { given, own } = self;
        let mut answers = Vec::new();
        let mut records = own.records;
        records.retain(|record| {
            let (before, now) = (like(&given, record), like(server, record));
            // Where nobody else has answered meanwhile, the last answer is this one.
            if let (Some(before), Some(answer)) = (before, &record.answer)
                && before.answer.as_ref() != Some(answer)
                && now == Some(before)
            {
                let (lab, exercise, answer) = (record.lab.clone(), record.exercise.clone(), answer.clone());
                answers.push(Change::Draft { lab, exercise, answer });
            }
            before != Some(record)
        });
        let mut changes = Vec::new();
        if !records.is_empty() {
            changes.push(Change::TakeIn { records });
        }
        changes.append(&mut answers);
        for (lab, text) in own.notes {
            let before = given.notes.get(&lab).cloned().unwrap_or_default();
            if text != before && server.notes.get(&lab) != Some(&text) {
                changes.push(Change::Notes { lab, before, text });
            }
        }
        for (key, value) in own.settings {
            let before = given.settings.get(&key);
            if before != Some(&value) && (before.is_some() || !server.settings.contains_key(&key)) {
                changes.push(Change::Setting { key, value });
            }
        }
        changes
    }
}

/// The record of the same exercise.
fn like<'a>(snapshot: &'a Snapshot, record: &Record) -> Option<&'a Record> {
    let key = |record: &Record| (record.lab.clone(), record.exercise.clone());
    // They come in this order.
    let found = snapshot.records.binary_search_by_key(&key(record), key);
    found.ok().and_then(|at| snapshot.records.get(at))
}
