//! What a file of progress holds, read while its owner may be writing it.
//!
//! Nothing is made, changed or locked out by the reading: an instructor looks through the answers of a class while the class is at work.

use super::change::{Record, Snapshot};
use super::database::{self, MIGRATIONS, OWN, OpenError, all_records, held, snapshot, version};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often a file is read anew that was changed meanwhile.
const TRIES: usize = 5;

/// The records of a learner's own file; none where there is no file yet.
///
/// # Errors
/// When it is damaged, is no regular file, may not be read, or was written by a later version: one line that names it.
pub fn records(path: &Path) -> Result<Vec<Record>, String> {
    read(path, |connection, version| Ok(snapshot(connection, version, OWN)?.records))
}

/// The records of all accounts of a server's file, by account; none where there is no file yet.
///
/// # Errors
/// As [`records`].
pub fn records_by_account(path: &Path) -> Result<BTreeMap<String, Vec<Record>>, String> {
    read(path, |connection, version| Ok(all_records(connection, version)?))
}

/// Whether a file can be read, and is whole. One that is not there is.
///
/// # Errors
/// As [`records`].
pub fn check(path: &Path) -> Result<(), String> {
    read(path, |connection, _| database::check(connection))
}

/// What some accounts have in a file that a program wrote which is not trusted: within so many rows and bytes, or it is not read.
///
/// # Errors
/// As [`records`], and when it holds more.
pub fn snapshots_within<const N: usize>(
    path: &Path,
    accounts: [&str; N],
    (rows, bytes): (i64, i64),
) -> Result<[Snapshot; N], String> {
    // The journal of the file is read too.
    for ending in ["-wal", "-shm"] {
        let beside = beside(path, ending);
        if beside.symlink_metadata().is_ok_and(|about| !about.is_file()) {
            return Err(format!("{}: is no regular file", beside.display()));
        }
    }
    let within = |connection: &Connection, version: usize, account: &str| {
        let held = held(connection, version, account)?;
        if held.0 > rows || held.1 > bytes {
            return Err(OpenError::TooLarge(rows, bytes));
        }
        Ok(snapshot(connection, version, account)?)
    };
    let read = read(path, |connection, version| {
        accounts.iter().map(|account| within(connection, version, account)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(<[Snapshot; N]>::try_from(read).unwrap_or_else(|_| std::array::from_fn(|_| Snapshot::default())))
}

/// What a file holds that cannot be written to, as far as this program can read it.
pub(super) fn readable(path: &Path) -> rusqlite::Result<Snapshot> {
    let read = |how: &str| {
        let connection = open(path, how)?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        // Of a later program the tables have what they have today, and perhaps more.
        snapshot(&connection, (version as usize).min(MIGRATIONS.len()), OWN)
    };
    // With what was written last, which lies beside the file; where that cannot be had, the file alone.
    read("mode=ro").or_else(|_| read("immutable=1"))
}

/// Reads from a file, by its version; the default where there is none yet.
fn read<T: Default>(path: &Path, from: impl Fn(&Connection, usize) -> Result<T, OpenError>) -> Result<T, String> {
    let fault = |why: &str| format!("{}: {why}", path.display());
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(fault(&error.to_string())),
        Ok(about) if !about.is_file() => return Err(fault("is no regular file; expected a file of progress")),
        Ok(_) => {}
    }
    let read_as = |how: &str| {
        let connection = open(path, how)?;
        match version(&connection)? {
            // The program that makes it has not come so far.
            0 => Ok(T::default()),
            version => from(&connection, version),
        }
    };
    read_with_log(path, read_as).map_err(|error| match error {
        error if error.is_damaged() => fault(&format!("{error}; the file is damaged")),
        error => fault(&error.to_string()),
    })
}

/// Reads with what was written last, which lies beside the file while a program has it open.
fn read_with_log<T>(path: &Path, read_as: impl Fn(&str) -> Result<T, OpenError>) -> Result<T, OpenError> {
    let [log, index] = ["-wal", "-shm"].map(|ending| beside(path, ending));
    for _ in 0..TRIES {
        if log.exists() {
            // An index that is there is used as it is. One that is missing has to be made, or the log could not be read.
            let how = if index.exists() { "mode=ro&readonly_shm=1" } else { "mode=ro" };
            match read_as(how) {
                Err(OpenError::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {}
                read => return read,
            }
        } else {
            // Nobody has it open, and the file alone is whole, unless somebody came meanwhile.
            let before = changed(path);
            let read = read_as("immutable=1");
            if !log.exists() && before.is_some() && before == changed(path) {
                return read;
            }
        }
    }
    read_as("mode=ro")
}

/// A file that lies beside another while that is open.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// By what a change of a file is seen.
fn changed(path: &Path) -> Option<(SystemTime, u64)> {
    let about = path.metadata().ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Opens a file to read it, by the parameters of an SQLite URI. What its schema says is not done.
fn open(path: &Path, how: &str) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let name: String = path.as_os_str().as_encoded_bytes().iter().map(|byte| format!("%{byte:02x}")).collect();
    let connection = Connection::open_with_flags(format!("file:{name}?{how}"), flags)?;
    connection.busy_timeout(Duration::from_secs(2))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::super::database::tests::of_version;
    use super::*;
    use crate::lab::{Origin, Progress};
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
        for version in 1..MIGRATIONS.len() {
            let path = folder.path().join(format!("{version}.sqlite"));
            let earlier = of_version(&path, version);
            earlier.execute_batch("INSERT INTO exercise (lab, exercise, attempts) VALUES ('vae', 'kl', 4)").unwrap();
            let found = records(&path).unwrap();
            assert_eq!((found[0].attempts, found[0].origin), (4, Origin::Here));
            let still: u32 = earlier.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            assert_eq!(still as usize, version, "it was not brought up");
        }
        let path = folder.path().join("shinso.sqlite");
        of_version(&path, MIGRATIONS.len()).execute_batch("PRAGMA user_version = 9;").unwrap();
        assert!(records(&path).unwrap_err().contains("written by a later shinso (version 9; this one knows 3)"));
        std::fs::write(&path, "this is no database, however long one looks at it: it is a text.").unwrap();
        assert!(records(&path).unwrap_err().contains("the file is damaged"));
        assert!(check(&path).unwrap_err().contains("the file is damaged"));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(check(&path), Ok(()));
        std::fs::create_dir(&path).unwrap();
        assert!(records(&path).unwrap_err().contains("is no regular file"));
    }

    #[test]
    fn a_file_with_a_damaged_page_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let progress = Progress::open(&path);
        for number in 0..200 {
            progress.attempt("vae", &format!("e{number}"), &"x".repeat(100), Some(SOLVED)).unwrap();
        }
        drop(progress);
        assert_eq!(check(&path), Ok(()));
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - 8192;
        bytes[at..at + 4096].fill(0xa5);
        std::fs::write(&path, bytes).unwrap();
        let told = check(&path).unwrap_err();
        assert!(told.contains("the file is damaged") && told.lines().count() == 1, "{told}");
    }

    #[test]
    fn what_is_not_trusted_is_read_within_bounds_and_its_schema_does_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let progress = Progress::open(&path);
        progress.attempt("vae", "kl", "12345", Some(SOLVED)).unwrap();
        progress.set_notes("vae", "", "67890").unwrap();
        let [own, other] = snapshots_within(&path, [OWN, "other"], (2, 38)).unwrap();
        assert_eq!((own.records.len(), own.notes["vae"].as_str(), other), (1, "67890", Snapshot::default()));
        for most in [(1, 38), (2, 37)] {
            assert!(snapshots_within(&path, [OWN], most).unwrap_err().contains("more than"), "{most:?}");
        }
        drop(progress);
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch(
                "DROP TABLE notes;
                 CREATE VIEW notes AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                    SELECT '' AS account, 'vae' AS lab, 'x' AS text FROM n;",
            )
            .unwrap();
        drop(connection);
        assert!(snapshots_within(&path, [OWN], (2, 38)).is_err(), "a view is no table");
        std::os::unix::fs::symlink("/etc/passwd", beside(&path, "-wal")).unwrap();
        assert!(snapshots_within(&path, [OWN], (2, 10)).unwrap_err().contains("is no regular file"));
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
