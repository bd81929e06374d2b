//! What a file of progress says of each exercise, read while its owner may be writing it.
//!
//! Nothing is made, changed or locked out by the reading: an instructor looks through the files of a class while the class is at work.

use super::{OpenError, is_damaged, version};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Row, ToSql};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often a file is read anew that was changed meanwhile.
const TRIES: usize = 5;

/// What is kept of one exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// The records of a file; none where there is no file yet.
///
/// # Errors
/// When it is damaged, is no regular file, may not be read, or was written by a later version: one line that names it.
pub fn records(path: &Path) -> Result<Vec<Record>, String> {
    let fault = |why: &str| format!("{}: {why}", path.display());
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(fault(&error.to_string())),
        Ok(about) if !about.is_file() => return Err(fault("is no regular file; expected a file of progress")),
        Ok(_) => {}
    }
    read(path).map_err(|error| match error {
        error if is_damaged(&error) => fault(&format!("{error}; the file is damaged")),
        error => fault(&error.to_string()),
    })
}

/// Reads with what was written last, which lies beside the file while a program has it open.
fn read(path: &Path) -> Result<Vec<Record>, OpenError> {
    let [log, index] = ["-wal", "-shm"].map(|ending| beside(path, ending));
    for _ in 0..TRIES {
        if log.exists() {
            // An index that is there is used as it is. One that is missing has to be made, or the log could not be read.
            let how = if index.exists() { "mode=ro&readonly_shm=1" } else { "mode=ro" };
            match read_as(path, how) {
                Err(OpenError::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {}
                read => return read,
            }
        } else {
            // Nobody has it open, and the file alone is whole, unless somebody came meanwhile.
            let before = changed(path);
            let read = read_as(path, "immutable=1");
            if !log.exists() && before.is_some() && before == changed(path) {
                return read;
            }
        }
    }
    read_as(path, "mode=ro")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// By what a change of a file is seen.
fn changed(path: &Path) -> Option<(SystemTime, u64)> {
    let about = path.metadata().ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn read_as(path: &Path, how: &str) -> Result<Vec<Record>, OpenError> {
    let connection = open(path, how)?;
    let origin = match version(&connection)? {
        // The program that makes it has not come so far.
        0 => return Ok(Vec::new()),
        1 => "'here'",
        _ => "origin",
    };
    let query = format!(
        "SELECT lab, exercise, solved_at, attempts, hints, answer, {origin} FROM exercise ORDER BY lab, exercise"
    );
    let mut rows = connection.prepare(&query)?;
    let records = rows.query_map([], record)?.collect::<rusqlite::Result<_>>()?;
    Ok(records)
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        lab: row.get(0)?,
        exercise: row.get(1)?,
        solved_at: row.get(2)?,
        attempts: row.get(3)?,
        hints: row.get(4)?,
        answer: row.get(5)?,
        origin: row.get(6)?,
    })
}

/// Opens a file to read it, by the parameters of an SQLite URI.
pub(super) fn open(path: &Path, how: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let name: String = path.as_os_str().as_encoded_bytes().iter().map(|byte| format!("%{byte:02x}")).collect();
    let connection = Connection::open_with_flags(format!("file:{name}?{how}"), flags)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Progress;
    use std::collections::BTreeSet;

    const SOLVED: &str = "2026-01-01T00:00:00Z";

    fn names(folder: &Path) -> BTreeSet<String> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_read_while_it_is_written_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        assert_eq!(records(&path), Ok(vec![]), "no file yet");
        assert!(names(folder.path()).is_empty());
        let progress = Progress::open(&path);
        progress.attempt("vae", "kl", "4", Some(SOLVED)).unwrap();
        progress.set_hints("gan", "balance", 2).unwrap();
        let before = names(folder.path());
        let found = records(&path).unwrap();
        let record = |lab: &str, exercise: &str| Record {
            lab: lab.into(),
            exercise: exercise.into(),
            solved_at: None,
            attempts: 0,
            hints: 0,
            answer: None,
            origin: Origin::Here,
        };
        let solved =
            Record { solved_at: Some(SOLVED.into()), attempts: 1, answer: Some("4".into()), ..record("vae", "kl") };
        assert_eq!(found, [Record { hints: 2, ..record("gan", "balance") }, solved]);
        assert_eq!(names(folder.path()), before);
        // The owner goes on writing, and the next look sees it.
        progress.attempt("vae", "kl", "5", None).unwrap();
        assert_eq!(records(&path).unwrap()[1].attempts, 2);
        drop(progress);
        let closed = names(folder.path());
        assert_eq!(closed, BTreeSet::from(["shinso.sqlite".to_owned()]));
        assert_eq!(records(&path).unwrap().len(), 2);
        assert_eq!(names(folder.path()), closed);
    }

    #[test]
    fn an_earlier_version_is_read_as_it_is_and_a_later_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        Progress::open(&path).attempt("vae", "kl", "4", Some(SOLVED)).unwrap();
        let change = |statement: &str| Connection::open(&path).unwrap().execute_batch(statement).unwrap();
        change("ALTER TABLE exercise DROP COLUMN origin; PRAGMA user_version = 1;");
        assert_eq!(records(&path).unwrap()[0].origin, Origin::Here);
        let version: u32 =
            Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 1, "it was not brought up");
        change("PRAGMA user_version = 9;");
        assert!(records(&path).unwrap_err().contains("written by a later shinso (version 9; this one knows 2)"));
        std::fs::write(&path, "this is no database, however long one looks at it: it is a text.").unwrap();
        assert!(records(&path).unwrap_err().contains("the file is damaged"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(records(&path).unwrap_err().contains("is no regular file"));
    }

    #[test]
    fn a_reader_and_a_writer_do_not_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let progress = Progress::open(&path);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| (0..200).map(|_| records(&path).unwrap().len()).max());
            for number in 0..200 {
                progress.attempt("vae", &number.to_string(), "", Some(SOLVED)).unwrap();
                if number % 50 == 0 {
                    // Another of the same person opens the file and closes it.
                    drop(Progress::open(&path));
                }
            }
            reader.join().unwrap();
        });
        assert_eq!(records(&path).unwrap().len(), 200);
    }
}
