//! What a learner has done, in one SQLite file; stored the moment it is earned.

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// The learner's state.
#[derive(Debug)]
pub struct Progress {
    connection: Connection,
    /// A notice about the file for the learner, shown once.
    pub notice: Option<String>,
}

/// Steps that bring a file to the next version; `PRAGMA user_version` counts those done.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE exercise (
        lab TEXT NOT NULL, exercise TEXT NOT NULL,
        solved_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, hints INTEGER NOT NULL DEFAULT 0, answer TEXT,
        PRIMARY KEY (lab, exercise)
    ) STRICT;
    CREATE TABLE notes (lab TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;
    CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"];

impl Progress {
    /// Opens the file, or makes it. A file that is no database is moved aside, never overwritten; where nothing can be
    /// written, progress is kept in memory. Both are said in [`notice`](Self::notice).
    pub fn open(path: &Path) -> Self {
        match Self::try_open(path) {
            Ok(progress) => progress,
            Err(error) if is_damaged(&error) => {
                let aside = path.with_extension("sqlite.damaged");
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
            Err(error) => Self::in_memory(Some(format!(
                "{}: {error}; progress will not be kept; set SHINSO_HOME to a folder that can be written to",
                path.display()
            ))),
        }
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

    fn try_open(path: &Path) -> rusqlite::Result<Self> {
        if let Some(folder) = path.parent() {
            // What is wrong with the folder, SQLite says of the file.
            let _ = std::fs::create_dir_all(folder);
        }
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        migrate(&connection)?;
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
                attempts = attempts + 1, solved_at = coalesce(solved_at, excluded.solved_at), answer = excluded.answer",
            params![lab, exercise, solved_at, answer],
        )
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

    pub fn set_notes(&self, lab: &str, text: &str) -> Result<(), String> {
        self.write(
            "INSERT INTO notes VALUES (?1, ?2) ON CONFLICT DO UPDATE SET text = excluded.text",
            params![lab, text],
        )
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
        written.map(drop).map_err(|error| format!("progress could not be kept: {error}"))
    }
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for (index, step) in MIGRATIONS.iter().enumerate().skip(version as usize) {
        let done = index + 1;
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {done}; COMMIT;"))?;
    }
    Ok(())
}

fn is_damaged(error: &rusqlite::Error) -> bool {
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
        progress.set_notes("vae", "z は符号").unwrap();
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
    fn two_programs_share_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let (one, two) = (Progress::open(&path), Progress::open(&path));
        one.attempt("vae", "a", "", Some("t")).unwrap();
        two.attempt("vae", "b", "", Some("t")).unwrap();
        assert_eq!(one.solved("vae"), two.solved("vae"));
    }

    #[test]
    fn a_damaged_file_is_moved_aside_with_a_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        std::fs::write(&path, "this is no database, however long one looks at it: it is a text.").unwrap();
        let progress = Progress::open(&path);
        assert!(progress.notice.as_ref().unwrap().contains("kept as"), "{:?}", progress.notice);
        progress.set_notes("vae", "new").unwrap();
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
        progress.set_notes("vae", "for now").unwrap();
        assert_eq!(progress.notes("vae"), "for now");
    }
}
