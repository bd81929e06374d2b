//! The SQLite file of progress: a learner's own, whose account has no name, or that of a server with an account for each of its students.
//!
//! All rules of what is written are here, once for both.

use super::change::{Change, Changed, Record, Snapshot, merged};
use rusqlite::{
    CachedStatement, Connection, ErrorCode, OptionalExtension, Params, Row, Transaction, TransactionBehavior, params,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// The account of a file that has one learner.
pub const OWN: &str = "";

/// A file that is open, to be read and written.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
}

/// Why a file cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// Its version, and the latest that is known.
    #[error("written by a later shinso (version {0}; this one knows {1})")]
    Newer(u32, usize),
    /// What is wrong within it.
    #[error("{0}")]
    Damaged(String),
    /// The rows and bytes that may be.
    #[error("holds more than {0} rows or {1} bytes, which no program of ours writes")]
    TooLarge(i64, i64),
}

impl OpenError {
    /// Whether the file is broken, or none.
    pub fn is_damaged(&self) -> bool {
        match self {
            OpenError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
            }
            OpenError::Damaged(_) => true,
            OpenError::Newer(..) | OpenError::TooLarge(..) => false,
        }
    }

    /// Whether another program holds the file.
    pub fn is_busy(&self) -> bool {
        matches!(self, OpenError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
    }
}

/// How long a write waits for another program that writes; the opening, which may bring the file to the next version, longer.
pub const PATIENCE: Duration = Duration::from_secs(2);
pub const PATIENCE_AT_START: Duration = Duration::from_secs(8);

/// Steps that bring a file to the next version; `PRAGMA user_version` counts those done.
pub(super) const MIGRATIONS: [&str; 3] = [
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
    "
    ALTER TABLE exercise RENAME TO exercise_of_one;
    ALTER TABLE notes RENAME TO notes_of_one;
    ALTER TABLE setting RENAME TO setting_of_one;
    CREATE TABLE exercise (
        account TEXT NOT NULL, lab TEXT NOT NULL, exercise TEXT NOT NULL,
        solved_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, hints INTEGER NOT NULL DEFAULT 0, answer TEXT,
        origin TEXT NOT NULL DEFAULT 'here',
        PRIMARY KEY (account, lab, exercise)
    ) STRICT;
    CREATE TABLE notes (account TEXT NOT NULL, lab TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (account, lab)) STRICT;
    CREATE TABLE setting (account TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, key)) STRICT;
    INSERT INTO exercise SELECT '', lab, exercise, solved_at, attempts, hints, answer, origin FROM exercise_of_one;
    INSERT INTO notes SELECT '', lab, text FROM notes_of_one;
    INSERT INTO setting SELECT '', key, value FROM setting_of_one;
    DROP TABLE exercise_of_one;
    DROP TABLE notes_of_one;
    DROP TABLE setting_of_one;
",
];

/// The version since which rows have an account, and that since which they have an origin.
const WITH_ACCOUNTS: usize = 3;
const WITH_ORIGIN: usize = 2;

impl Database {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// When it cannot be written to, is damaged, or is a later program's.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
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
        Ok(Database { connection })
    }

    /// Whether the file is whole.
    ///
    /// # Errors
    /// What is wrong within it.
    pub fn check(&self) -> Result<(), OpenError> {
        check(&self.connection)
    }

    /// One that is forgotten at the end.
    ///
    /// # Panics
    /// Never: memory takes a small database.
    pub fn in_memory() -> Self {
        let connection = Connection::open_in_memory().expect("a database in memory");
        migrate(&connection).expect("tables in memory");
        Database { connection }
    }

    /// Writes changes of one account, all or none; how things stand after each.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn apply(&self, account: &str, changes: &[Change]) -> rusqlite::Result<Vec<Changed>> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let changed = changes.iter().map(|change| self.put(account, change)).collect::<rusqlite::Result<_>>()?;
        transaction.commit()?;
        Ok(changed)
    }

    /// As [`apply`](Self::apply), unless the account would hold more than so many rows and bytes of text, and more than before: then none,
    /// and nothing is written.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn apply_within(
        &self,
        account: &str,
        changes: &[Change],
        (rows, bytes): (i64, i64),
    ) -> rusqlite::Result<Option<Vec<Changed>>> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let before = self.held(account)?;
        let changed = changes.iter().map(|change| self.put(account, change)).collect::<rusqlite::Result<_>>()?;
        let after = self.held(account)?;
        if after.0 > rows.max(before.0) || after.1 > bytes.max(before.1) {
            return Ok(None);
        }
        transaction.commit()?;
        Ok(Some(changed))
    }

    /// Writes one, within a transaction.
    fn put(&self, account: &str, change: &Change) -> rusqlite::Result<Changed> {
        match change {
            Change::Attempt { lab, exercise, answer, solved_at } => {
                // A solved exercise stays solved at its first time.
                self.write(
                    "INSERT INTO exercise (account, lab, exercise, attempts, solved_at, answer) VALUES (?1, ?2, ?3, 1, ?4, ?5)
                     ON CONFLICT DO UPDATE SET
                        attempts = attempts + 1, solved_at = coalesce(solved_at, excluded.solved_at),
                        answer = excluded.answer, origin = iif(solved_at IS NULL, excluded.origin, origin)",
                    params![account, lab, exercise, solved_at, answer],
                )?;
                self.changed_exercise(account, lab, exercise)
            }
            Change::Draft { lab, exercise, answer } => {
                self.write(
                    "INSERT INTO exercise (account, lab, exercise, answer) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET answer = excluded.answer",
                    params![account, lab, exercise, answer],
                )?;
                self.changed_exercise(account, lab, exercise)
            }
            Change::Hints { lab, exercise, hints } => {
                self.write(
                    "INSERT INTO exercise (account, lab, exercise, hints) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET hints = excluded.hints",
                    params![account, lab, exercise, hints],
                )?;
                self.changed_exercise(account, lab, exercise)
            }
            Change::Notes { lab, before, text } => {
                let now = self.notes(account, lab)?.unwrap_or_default();
                let (lab, text) = (lab.clone(), merged(before, text, &now));
                self.write(
                    "INSERT INTO notes VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET text = excluded.text",
                    params![account, lab, text],
                )?;
                Ok(Changed::Notes { lab, text })
            }
            Change::Setting { key, value } => {
                self.write(
                    "INSERT INTO setting VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value",
                    params![account, key, value],
                )?;
                Ok(Changed::Setting { key: key.clone(), value: value.clone() })
            }
            Change::TakeIn { records } => self.take_in(account, records),
        }
    }

    /// What was solved in the file stays as it is.
    fn take_in(&self, account: &str, records: &[Record]) -> rusqlite::Result<Changed> {
        let count = || {
            let query = "SELECT count(*) FROM exercise WHERE account = ?1 AND solved_at IS NOT NULL";
            self.connection.query_row(query, [account], |row| row.get::<_, u32>(0))
        };
        let before = count()?;
        for record in records {
            let Record { lab, exercise, solved_at, attempts, hints, answer, origin } = record;
            self.write(
                "INSERT INTO exercise (account, lab, exercise, solved_at, attempts, hints, answer, origin)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT DO UPDATE SET
                    attempts = max(attempts, excluded.attempts), hints = max(hints, excluded.hints),
                    answer = iif(solved_at IS NULL AND excluded.solved_at IS NOT NULL, excluded.answer,
                        coalesce(answer, excluded.answer)),
                    origin = iif(solved_at IS NULL AND excluded.solved_at IS NOT NULL, excluded.origin, origin),
                    solved_at = coalesce(solved_at, excluded.solved_at)",
                params![account, lab, exercise, solved_at, attempts, hints, answer, origin],
            )?;
        }
        Ok(Changed::TakenIn { solved: count()? - before, records: self.snapshot(account)?.records })
    }

    fn write(&self, statement: &str, parameters: impl Params) -> rusqlite::Result<()> {
        self.statement(statement)?.execute(parameters).map(drop)
    }

    fn statement(&self, statement: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(statement)
    }

    fn changed_exercise(&self, account: &str, lab: &str, exercise: &str) -> rusqlite::Result<Changed> {
        let record = self.record(account, lab, exercise)?;
        Ok(Changed::Exercise { record: record.expect("written just now") })
    }

    /// The exercises of a lab that are solved.
    pub fn solved(&self, account: &str, lab: &str) -> rusqlite::Result<BTreeSet<String>> {
        let query = "SELECT exercise FROM exercise WHERE account = ?1 AND lab = ?2 AND solved_at IS NOT NULL";
        self.statement(query)?.query_map([account, lab], |row| row.get(0))?.collect()
    }

    pub fn record(&self, account: &str, lab: &str, exercise: &str) -> rusqlite::Result<Option<Record>> {
        let query = "SELECT lab, exercise, solved_at, attempts, hints, answer, origin FROM exercise
            WHERE account = ?1 AND lab = ?2 AND exercise = ?3";
        self.statement(query)?.query_row([account, lab, exercise], record).optional()
    }

    pub fn notes(&self, account: &str, lab: &str) -> rusqlite::Result<Option<String>> {
        let query = "SELECT text FROM notes WHERE account = ?1 AND lab = ?2";
        self.statement(query)?.query_row([account, lab], |row| row.get(0)).optional()
    }

    pub fn setting(&self, account: &str, key: &str) -> rusqlite::Result<Option<String>> {
        let query = "SELECT value FROM setting WHERE account = ?1 AND key = ?2";
        self.statement(query)?.query_row([account, key], |row| row.get(0)).optional()
    }

    /// Everything that an account has.
    pub fn snapshot(&self, account: &str) -> rusqlite::Result<Snapshot> {
        snapshot(&self.connection, MIGRATIONS.len(), account)
    }

    /// A number that changes when another program has written to the file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn written_by_others(&self) -> rusqlite::Result<u32> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0))
    }

    /// Has the disk have what was written: a commit alone is safe from the end of this program, not from that of its machine.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn settle(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
    }

    /// How many rows an account has, and the bytes of the texts in them.
    fn held(&self, account: &str) -> rusqlite::Result<(i64, i64)> {
        held(&self.connection, MIGRATIONS.len(), account)
    }
}

/// Everything that an account has in a file of some version.
pub(super) fn snapshot(connection: &Connection, version: usize, account: &str) -> rusqlite::Result<Snapshot> {
    let pairs = |columns: &str, table: &str| -> rusqlite::Result<BTreeMap<String, String>> {
        let query = format!("SELECT {columns} FROM {table} {}", of_account(version));
        let mut rows = connection.prepare(&query)?;
        rows.query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let origin = if version < WITH_ORIGIN { "'here'" } else { "origin" };
    let query = format!(
        "SELECT lab, exercise, solved_at, attempts, hints, answer, {origin} FROM exercise {} ORDER BY lab, exercise",
        of_account(version)
    );
    let mut rows = connection.prepare(&query)?;
    let records = rows.query_map([account], record)?.collect::<rusqlite::Result<_>>()?;
    Ok(Snapshot { records, notes: pairs("lab, text", "notes")?, settings: pairs("key, value", "setting")? })
}

/// The records of all accounts of a file that has accounts.
pub(super) fn all_records(connection: &Connection, version: usize) -> rusqlite::Result<BTreeMap<String, Vec<Record>>> {
    let mut all = BTreeMap::<String, Vec<Record>>::new();
    if version < WITH_ACCOUNTS {
        return Ok(all);
    }
    let query = "SELECT lab, exercise, solved_at, attempts, hints, answer, origin, account FROM exercise
        ORDER BY account, lab, exercise";
    let mut rows = connection.prepare(query)?;
    let rows = rows.query_map([], |row| Ok((row.get::<_, String>(7)?, record(row)?)))?;
    for row in rows {
        let (account, record) = row?;
        all.entry(account).or_default().push(record);
    }
    Ok(all)
}

/// How many rows an account has, and the bytes of the texts in them.
pub(super) fn held(connection: &Connection, version: usize, account: &str) -> rusqlite::Result<(i64, i64)> {
    let mut held = (0, 0);
    for (table, columns) in [
        ("exercise", ["lab", "exercise", "solved_at", "answer"].as_slice()),
        ("notes", &["lab", "text"]),
        ("setting", &["key", "value"]),
    ] {
        let lengths: Vec<String> =
            columns.iter().map(|column| format!("coalesce(octet_length({column}), 0)")).collect();
        let query =
            format!("SELECT count(*), coalesce(sum({}), 0) FROM {table} {}", lengths.join(" + "), of_account(version));
        let mut rows = connection.prepare_cached(&query)?;
        let (rows, bytes): (i64, i64) = rows.query_row([account], |row| Ok((row.get(0)?, row.get(1)?)))?;
        held = (held.0 + rows, held.1 + bytes);
    }
    Ok(held)
}

/// Takes the rows of the account that is the first parameter; a file without accounts has those of one learner.
fn of_account(version: usize) -> &'static str {
    if version < WITH_ACCOUNTS { "WHERE ?1 = ''" } else { "WHERE account = ?1" }
}

/// Whether a file is whole.
pub(super) fn check(connection: &Connection) -> Result<(), OpenError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    match found.lines().last() {
        None | Some("ok") => Ok(()),
        // What comes before says only where it was looked.
        Some(fault) => Err(OpenError::Damaged(fault.to_owned())),
    }
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

/// The version of a file, if it is known.
pub(super) fn version(connection: &Connection) -> Result<usize, OpenError> {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A file as an earlier program made it.
    pub fn of_version(path: &Path, version: usize) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        MIGRATIONS[..version].iter().for_each(|step| connection.execute_batch(step).unwrap());
        connection.pragma_update(None, "user_version", version as u32).unwrap();
        connection
    }

    fn setting(value: &str) -> Change {
        Change::Setting { key: "language".into(), value: value.into() }
    }

    #[test]
    fn files_of_earlier_programs_are_brought_up_with_all_they_hold() {
        for version in 1..MIGRATIONS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("shinso.sqlite");
            let connection = of_version(&path, version);
            connection
                .execute_batch(
                    "INSERT INTO exercise (lab, exercise, solved_at, attempts, hints, answer) VALUES ('vae', 'kl', 't', 2, 1, '5');
                     INSERT INTO notes VALUES ('vae', 'z'); INSERT INTO setting VALUES ('language', 'ja');",
                )
                .unwrap();
            let before = snapshot(&connection, version, OWN).unwrap();
            assert_eq!((before.records.len(), before.notes["vae"].as_str()), (1, "z"));
            assert_eq!(snapshot(&connection, version, "anna").unwrap(), Snapshot::default());
            drop(connection);
            let database = Database::open(&path).unwrap();
            assert_eq!(database.snapshot(OWN).unwrap(), before);
            assert_eq!(super::version(&database.connection).unwrap(), MIGRATIONS.len());
            database.apply(OWN, &[setting("en")]).unwrap();
        }
    }

    #[test]
    fn accounts_of_one_file_have_nothing_in_common() {
        let database = Database::in_memory();
        let attempt = Change::Attempt {
            lab: "vae".into(),
            exercise: "kl".into(),
            answer: "5".into(),
            solved_at: Some("2026-01-01T00:00:00Z".into()),
        };
        let notes = Change::Notes { lab: "vae".into(), before: String::new(), text: "anna's".into() };
        database.apply("anna", &[attempt.clone(), notes, setting("ja")]).unwrap();
        let anna = database.snapshot("anna").unwrap();
        for other in ["ben", OWN, "ann", "anna ", "ANNA"] {
            assert_eq!(database.snapshot(other).unwrap(), Snapshot::default(), "{other}");
            assert_eq!(database.solved(other, "vae").unwrap().len(), 0);
        }
        database.apply("ben", &[attempt, setting("en")]).unwrap();
        assert_eq!(database.snapshot("anna").unwrap(), anna);
        assert_eq!((database.held("anna").unwrap(), database.held("ben").unwrap()), ((3, 45), (2, 36)));
        let all = all_records(&database.connection, MIGRATIONS.len()).unwrap();
        assert_eq!(all.keys().collect::<Vec<_>>(), ["anna", "ben"]);
    }

    #[test]
    fn of_changes_that_come_together_all_are_kept_or_none() {
        let database = Database::in_memory();
        database
            .connection
            .execute_batch("CREATE TRIGGER t BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'full'); END")
            .unwrap();
        let notes = Change::Notes { lab: "vae".into(), before: String::new(), text: "z".into() };
        let error = database.apply("anna", &[setting("ja"), notes]).unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        assert_eq!(database.snapshot("anna").unwrap(), Snapshot::default());
        database.apply("anna", &[setting("ja")]).unwrap();
    }
}
