//! What a learner has done, in one SQLite file; stored the moment it is earned.

mod records;

pub use records::{Origin, Record, records};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The learner's state.
#[derive(Debug)]
pub struct Progress {
    connection: Connection,
    /// A notice about the file for the learner, shown once.
    pub notice: Option<String>,
}

/// Why a file cannot be written to.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// Its version, and the latest that is known.
    #[error("written by a later shinso (version {0}; this one knows {1})")]
    Newer(u32, usize),
}

/// How long a write waits for another program that writes; the opening, which may bring the file to the next version, longer.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_AT_START: Duration = Duration::from_secs(8);

/// Steps that bring a file to the next version; `PRAGMA user_version` counts those done.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE exercise (
        lab TEXT NOT NULL, exercise TEXT NOT NULL,
        solved_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, hints INTEGER NOT NULL DEFAULT 0, answer TEXT,
        PRIMARY KEY (lab, exercise)
    ) STRICT;
    CREATE TABLE notes (lab TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
    CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
",
    "ALTER TABLE exercise ADD COLUMN origin TEXT NOT NULL DEFAULT 'here';",
];

impl Progress {
    /// Opens the file, or makes it. A file that is no database is moved aside, never overwritten; where nothing can be
    /// written, progress is kept in memory. Both are said in [`notice`](Self::notice).
    pub fn open(path: &Path) -> Self {
        match Self::try_open(path) {
            Ok(progress) => progress,
            Err(error) if is_damaged(&error) => {
                let aside = aside(path);
                let notice = format!("{}: {error}; kept as {} and begun anew", path.display(), aside.display());
                let moved = std::fs::rename(path, &aside);
                match moved
                    .map_err(|error| error.to_string())
                    .and_then(|()| Self::try_open(path).map_err(|e| e.to_string()))
                {
                    Ok(progress) => Progress { notice: Some(notice), ..progress },
                    Err(error) => {
                        Self::in_memory(Some(format!("{}: {error}; progress will not be kept", path.display())))
                    }
                }
            }
            Err(error) => {
                let way_out = match &error {
                    OpenError::Newer(..) => "use that newer version, or set SHINSO_HOME to another folder",
                    OpenError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                        "another program holds it; start again when that has ended"
                    }
                    OpenError::Sqlite(_) => "set SHINSO_HOME to a folder that can be written to",
                };
                let notice = format!("{}: {error}; progress will not be kept; {way_out}", path.display());
                let progress = Self::in_memory(Some(notice));
                // What can be read is shown all the same.
                let _as_far_as_it_goes = progress.read_in(path);
                progress
            }
        }
    }

    /// Opens the file, or makes it, for what must be kept in it.
    ///
    /// # Errors
    /// When it cannot be written to, or is damaged, which leaves it as it is.
    pub fn open_to_keep(path: &Path) -> Result<Self, String> {
        Self::try_open(path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Takes in what a file holds that cannot be written to.
    fn read_in(&self, path: &Path) -> rusqlite::Result<()> {
        // With what was written last, which lies beside the file; where that cannot be had, the file alone.
        self.copy_from(path, "mode=ro").or_else(|_| self.copy_from(path, "immutable=1"))
    }

    fn copy_from(&self, path: &Path, how: &str) -> rusqlite::Result<()> {
        let from = records::open(path, how)?;
        for (table, columns) in [
            ("exercise", "lab, exercise, solved_at, attempts, hints, answer"),
            ("notes", "lab, text"),
            ("setting", "key, value"),
        ] {
            let count = columns.split(',').count();
            let places = vec!["?"; count].join(", ");
            let mut put =
                self.connection.prepare(&format!("INSERT OR REPLACE INTO {table} ({columns}) VALUES ({places})"))?;
            let mut rows = from.prepare(&format!("SELECT {columns} FROM {table}"))?;
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                let values = (0..count).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<Value>>>()?;
                put.execute(rusqlite::params_from_iter(values))?;
            }
        }
        Ok(())
    }

    /// Progress that is forgotten at the end.
    ///
    /// # Panics
    /// Never: memory takes a small database.
    pub fn in_memory(notice: Option<String>) -> Self {
        let connection = Connection::open_in_memory().expect("a database in memory");
        migrate(&connection).expect("tables in memory");
        Progress { connection, notice }
    }

    fn try_open(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent() {
            // What is wrong with the folder, SQLite says of the file.
            let _ = std::fs::create_dir_all(folder);
        }
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE_AT_START)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        migrate(&connection)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Progress { connection, notice: None })
    }

    /// The exercises of a lab that are solved.
    pub fn solved(&self, lab: &str) -> BTreeSet<String> {
        let read = || -> rusqlite::Result<BTreeSet<String>> {
            let mut rows = self
                .connection
                .prepare_cached("SELECT exercise FROM exercise WHERE lab = ?1 AND solved_at IS NOT NULL")?;
            rows.query_map([lab], |row| row.get(0))?.collect()
        };
        read().unwrap_or_default()
    }

    /// Counts an attempt; `solved_at` (RFC 3339) when it passed. A solved exercise stays solved at its first time.
    pub fn attempt(&self, lab: &str, exercise: &str, answer: &str, solved_at: Option<&str>) -> Result<(), String> {
        self.write(
            "INSERT INTO exercise (lab, exercise, attempts, solved_at, answer) VALUES (?1, ?2, 1, ?3, ?4)
             ON CONFLICT DO UPDATE SET
                attempts = attempts + 1, solved_at = coalesce(solved_at, excluded.solved_at), answer = excluded.answer,
                origin = iif(solved_at IS NULL, excluded.origin, origin)",
            params![lab, exercise, solved_at, answer],
        )
    }

    /// Takes in what was answered elsewhere; how many exercises are solved by it that were not. What was solved here stays as it is.
    ///
    /// # Errors
    /// When it cannot be kept; nothing of it is then.
    pub fn take_in(&self, records: &[Record]) -> Result<u32, String> {
        let keep = || -> rusqlite::Result<u32> {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let solved = {
                let query = "SELECT count(*) FROM exercise WHERE solved_at IS NOT NULL";
                let count = || transaction.query_row(query, [], |row| row.get::<_, u32>(0));
                let before = count()?;
                let mut put = transaction.prepare(
                    "INSERT INTO exercise (lab, exercise, solved_at, attempts, hints, answer, origin)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT DO UPDATE SET
                        attempts = max(attempts, excluded.attempts), hints = max(hints, excluded.hints),
                        answer = iif(solved_at IS NULL AND excluded.solved_at IS NOT NULL, excluded.answer,
                            coalesce(answer, excluded.answer)),
                        origin = iif(solved_at IS NULL AND excluded.solved_at IS NOT NULL, excluded.origin, origin),
                        solved_at = coalesce(solved_at, excluded.solved_at)",
                )?;
                for record in records {
                    let Record { lab, exercise, solved_at, attempts, hints, answer, origin } = record;
                    put.execute(params![lab, exercise, solved_at, attempts, hints, answer, origin])?;
                }
                count()? - before
            };
            transaction.commit()?;
            Ok(solved)
        };
        keep().map_err(unkept)
    }

    /// Keeps an answer that was not handed in: no attempt.
    pub fn set_draft(&self, lab: &str, exercise: &str, answer: &str) -> Result<(), String> {
        self.write(
            "INSERT INTO exercise (lab, exercise, answer) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET answer = excluded.answer",
            params![lab, exercise, answer],
        )
    }

    /// How often an exercise was answered, wrongly until it was solved.
    pub fn attempts(&self, lab: &str, exercise: &str) -> u32 {
        self.one("SELECT attempts FROM exercise WHERE lab = ?1 AND exercise = ?2", params![lab, exercise]).unwrap_or(0)
    }

    /// How many hints of an exercise were shown.
    pub fn hints(&self, lab: &str, exercise: &str) -> u32 {
        self.one("SELECT hints FROM exercise WHERE lab = ?1 AND exercise = ?2", params![lab, exercise]).unwrap_or(0)
    }

    pub fn set_hints(&self, lab: &str, exercise: &str, hints: u32) -> Result<(), String> {
        self.write(
            "INSERT INTO exercise (lab, exercise, hints) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET hints = excluded.hints",
            params![lab, exercise, hints],
        )
    }

    /// What was last answered to an exercise.
    pub fn answer(&self, lab: &str, exercise: &str) -> Option<String> {
        self.one("SELECT answer FROM exercise WHERE lab = ?1 AND exercise = ?2", params![lab, exercise])
    }

    /// The learner's notes on a lab.
    pub fn notes(&self, lab: &str) -> String {
        self.one("SELECT text FROM notes WHERE lab = ?1", params![lab]).unwrap_or_default()
    }

    /// Keeps notes that were `before` when they were read. Where another program of the same person has written meanwhile, both texts
    /// are kept; gives the notes as they stand then.
    ///
    /// # Errors
    /// When they cannot be kept.
    pub fn set_notes(&self, lab: &str, before: &str, text: &str) -> Result<String, String> {
        let keep = || -> rusqlite::Result<String> {
            let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let query = "SELECT text FROM notes WHERE lab = ?1";
            let now: Option<String> = transaction.query_row(query, [lab], |row| row.get(0)).optional()?;
            let merged = merged(before, text, &now.unwrap_or_default());
            let put = "INSERT INTO notes VALUES (?1, ?2) ON CONFLICT DO UPDATE SET text = excluded.text";
            transaction.execute(put, params![lab, merged])?;
            transaction.commit()?;
            Ok(merged)
        };
        keep().map_err(unkept)
    }

    /// A setting by name, such as `language` or `place`.
    pub fn setting(&self, key: &str) -> Option<String> {
        self.one("SELECT value FROM setting WHERE key = ?1", params![key])
    }

    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), String> {
        self.write(
            "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            params![key, value],
        )
    }

    fn one<T: rusqlite::types::FromSql>(&self, query: &str, parameters: impl rusqlite::Params) -> Option<T> {
        let found = self.connection.query_row(query, parameters, |row| row.get::<_, Option<T>>(0));
        found.optional().ok().flatten().flatten()
    }

    fn write(&self, statement: &str, parameters: impl rusqlite::Params) -> Result<(), String> {
        let written = self.connection.execute(statement, parameters);
        written.map(drop).map_err(unkept)
    }
}

fn unkept(error: rusqlite::Error) -> String {
    format!("progress could not be kept: {error}")
}

/// One's own text and another's, which both came from `before`.
fn merged(before: &str, own: &str, other: &str) -> String {
    if other == before || other == own {
        return own.to_owned();
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

/// A name for a damaged file beside it that no other has.
fn aside(path: &Path) -> PathBuf {
    let name = |number: usize| match number {
        1 => path.with_extension("sqlite.damaged"),
        number => path.with_extension(format!("sqlite.damaged-{number}")),
    };
    (1..).map(name).find(|path| path.symlink_metadata().is_err()).expect("a free number")
}

/// The version of a file, if it is known.
fn version(connection: &Connection) -> Result<usize, OpenError> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version as usize {
        known if known <= MIGRATIONS.len() => Ok(known),
        _ => Err(OpenError::Newer(version, MIGRATIONS.len())),
    }
}

fn migrate(connection: &Connection) -> Result<(), OpenError> {
    while version(connection)? < MIGRATIONS.len() {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        // Another program may have come first.
        let done = version(&transaction)?;
        if let Some(step) = MIGRATIONS.get(done) {
            transaction.execute_batch(&format!("{step} PRAGMA user_version = {};", done + 1))?;
            transaction.commit()?;
        }
    }
    Ok(())
}

fn is_damaged(error: &OpenError) -> bool {
    let OpenError::Sqlite(error) = error else { return false };
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted() {
        let progress = Progress::in_memory(None);
        assert_eq!(progress.attempts("vae", "kl"), 0);
        progress.attempt("vae", "kl", "1", None).unwrap();
        progress.attempt("vae", "kl", "2", None).unwrap();
        assert_eq!((progress.attempts("vae", "kl"), progress.attempts("vae", "other")), (2, 0));
    }

    #[test]
    fn what_is_earned_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/shinso.sqlite");
        let progress = Progress::open(&path);
        progress.attempt("vae", "kl", "3", None).unwrap();
        assert!(progress.solved("vae").is_empty());
        progress.attempt("vae", "kl", "4", Some("2026-01-01T00:00:00Z")).unwrap();
        progress.attempt("vae", "kl", "5", None).unwrap();
        progress.set_hints("vae", "kl", 2).unwrap();
        progress.set_notes("vae", "", "z は符号").unwrap();
        progress.set_setting("language", "ja").unwrap();
        drop(progress);
        let again = Progress::open(&path);
        assert_eq!(again.notice, None);
        assert!(again.solved("vae").contains("kl"));
        assert_eq!((again.hints("vae", "kl"), again.hints("vae", "other")), (2, 0));
        assert_eq!(again.answer("vae", "kl").as_deref(), Some("5"));
        assert_eq!((again.notes("vae").as_str(), again.notes("gan").as_str()), ("z は符号", ""));
        assert_eq!(again.setting("language").as_deref(), Some("ja"));
    }

    #[test]
    fn notes_of_two_windows_are_both_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let (one, two) = (Progress::open(&path), Progress::open(&path));
        assert_eq!(one.set_notes("vae", "", "first").unwrap(), "first");
        assert_eq!(two.set_notes("vae", "first", "first, second").unwrap(), "first, second");
        // This one has not seen the second; nothing was changed here, or something was.
        assert_eq!(one.set_notes("vae", "first", "first").unwrap(), "first, second");
        assert_eq!(one.set_notes("vae", "first", "first\nthird").unwrap(), "first, second\nthird");
        assert_eq!(two.set_notes("vae", "first, second", "all anew").unwrap(), "first, second\nthird\n\nall anew");
        assert_eq!(two.notes("vae"), "first, second\nthird\n\nall anew");
    }

    #[test]
    fn every_damaged_file_keeps_a_name_of_its_own_and_a_newer_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        for damage in
            ["one: this is no database, however long one looks at it", "two: nor is this one, by no means at all"]
        {
            std::fs::write(&path, damage).unwrap();
            assert!(Progress::open(&path).notice.unwrap().contains("begun anew"));
        }
        let kept = ["shinso.sqlite.damaged", "shinso.sqlite.damaged-2"].map(|name| folder.path().join(name));
        let begins = kept.map(|path| std::fs::read_to_string(path).unwrap()[..3].to_owned());
        assert_eq!(begins, ["one", "two"]);
        let progress = Progress::open(&path);
        progress.attempt("vae", "kl", "4", Some("2026-01-01T00:00:00Z")).unwrap();
        progress.connection.pragma_update(None, "user_version", 9).unwrap();
        drop(progress);
        let later = Progress::open(&path);
        assert!(later.notice.as_deref().unwrap().contains("written by a later shinso (version 9; this one knows 2)"));
        assert!(later.solved("vae").contains("kl"), "what can be read is shown");
        later.attempt("vae", "other", "4", Some("2026-01-01T00:00:00Z")).unwrap();
        let again = Progress::open(&path);
        assert_eq!(again.solved("vae").len(), 1, "nothing was written to it");
    }

    #[test]
    fn two_programs_share_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let (one, two) = (Progress::open(&path), Progress::open(&path));
        one.attempt("vae", "a", "", Some("t")).unwrap();
        two.attempt("vae", "b", "", Some("t")).unwrap();
        assert_eq!(one.solved("vae"), two.solved("vae"));
    }

    #[test]
    fn programs_that_open_a_new_or_an_older_file_at_once_all_have_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        for _ in 0..2 {
            let together = std::sync::Barrier::new(8);
            let open = || {
                together.wait();
                Progress::open(&path).notice
            };
            std::thread::scope(|scope| {
                let opening: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                opening.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), None));
            });
            let progress = Progress::open(&path);
            assert_eq!(version(&progress.connection).unwrap(), MIGRATIONS.len());
            progress
                .connection
                .execute_batch("ALTER TABLE exercise DROP COLUMN origin; PRAGMA user_version = 1;")
                .unwrap();
        }
    }

    #[test]
    fn a_damaged_file_is_moved_aside_with_a_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        std::fs::write(&path, "this is no database, however long one looks at it: it is a text.").unwrap();
        let progress = Progress::open(&path);
        assert!(progress.notice.as_ref().unwrap().contains("kept as"), "{:?}", progress.notice);
        progress.set_notes("vae", "", "new").unwrap();
        assert!(
            std::fs::read_to_string(folder.path().join("shinso.sqlite.damaged")).unwrap().starts_with("this is no")
        );
    }

    #[test]
    fn where_nothing_can_be_written_memory_serves_with_a_notice() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let progress = Progress::open(&folder.path().join("file/shinso.sqlite"));
        assert!(progress.notice.as_ref().unwrap().contains("will not be kept"));
        progress.set_notes("vae", "", "for now").unwrap();
        assert_eq!(progress.notes("vae"), "for now");
    }
}
