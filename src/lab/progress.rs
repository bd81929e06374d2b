//! What a learner has done; stored the moment it is earned.
//!
//! Outside of a class it is kept in one SQLite file of the learner's own. In a session of a server it is the server's: the session has a copy
//! in memory, and each change goes through a [`Remote`], which answers with how things stand then.

mod change;
mod database;
pub mod records;

pub use change::{ANSWER, Change, Changed, MOST_HELD, Origin, Record, Snapshot};
pub use database::{Database, OWN, OpenError, PATIENCE, PATIENCE_AT_START};
pub use records::records;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// The learner's state.
#[derive(Debug)]
pub struct Progress {
    store: Store,
    /// A notice about the file for the learner, shown once.
    pub notice: Option<String>,
}

#[derive(Debug)]
enum Store {
    /// A file that this process has open, and the account there.
    File(Database, String),
    Remote(RefCell<Known>),
}

/// The way to whoever keeps an account's progress in another process.
pub trait Remote: fmt::Debug + Send {
    /// Everything that is kept.
    ///
    /// # Errors
    /// When the other process is gone, or answers too late: a few words.
    fn read(&mut self) -> Result<Snapshot, RemoteError>;

    /// Has a change written; when this returns, it is kept.
    ///
    /// # Errors
    /// As [`read`](Self::read), and when it cannot be kept.
    fn write(&mut self, change: &Change) -> Result<Changed, RemoteError>;
}

/// Why something is not kept elsewhere.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nothing was written.
    #[error("{0}")]
    Refused(String),
    /// Whether it was written is not known.
    #[error("{0}")]
    Lost(String),
}

/// What another process keeps, as far as it is known here.
#[derive(Debug)]
struct Known {
    remote: Box<dyn Remote>,
    /// By lab, then by exercise.
    records: BTreeMap<String, BTreeMap<String, Record>>,
    notes: BTreeMap<String, String>,
    settings: BTreeMap<String, String>,
    /// Whether something may have been written that is not known here.
    is_stale: bool,
}

impl Known {
    /// Reads all anew; what is known stays where that cannot be done.
    fn read(&mut self) {
        match self.remote.read() {
            Ok(snapshot) => self.replace(snapshot),
            Err(_) => self.is_stale = true,
        }
    }

    fn replace(&mut self, Snapshot { records, notes, settings }: Snapshot) {
        (self.records, self.notes, self.settings, self.is_stale) = (BTreeMap::new(), notes, settings, false);
        records.into_iter().for_each(|record| self.put(record));
    }

    fn put(&mut self, record: Record) {
        self.records.entry(record.lab.clone()).or_default().insert(record.exercise.clone(), record);
    }

    fn write(&mut self, change: &Change) -> Result<Changed, RemoteError> {
        change.check().map_err(RemoteError::Refused)?;
        if self.is_stale {
            let now = self.remote.read()?;
            self.replace(now);
            // What was thought not to be kept may be.
            if let Change::Attempt { lab, exercise, solved_at: Some(_), .. } = change
                && let Some(record) = self.record(lab, exercise).filter(|record| record.solved_at.is_some())
            {
                return Ok(Changed::Exercise { record: record.clone() });
            }
        }
        let written = self.remote.write(change);
        self.is_stale |= matches!(written, Err(RemoteError::Lost(_)));
        let changed = written?;
        match &changed {
            Changed::Exercise { record } => self.put(record.clone()),
            Changed::Notes { lab, text } => drop(self.notes.insert(lab.clone(), text.clone())),
            Changed::Setting { key, value } => drop(self.settings.insert(key.clone(), value.clone())),
            Changed::TakenIn { records, .. } => records.iter().for_each(|record| self.put(record.clone())),
        }
        Ok(changed)
    }

    fn record(&self, lab: &str, exercise: &str) -> Option<&Record> {
        self.records.get(lab)?.get(exercise)
    }
}

impl Progress {
    /// Opens the file, or makes it. A file that is no database is moved aside, never overwritten; where nothing can be
    /// written, progress is kept in memory. Both are said in [`notice`](Self::notice).
    pub fn open(path: &Path) -> Self {
        match Database::open(path) {
            Ok(database) => Self::of(database, OWN),
            Err(error) if error.is_damaged() => {
                let aside = aside(path);
                let notice = format!("{}: {error}; kept as {} and begun anew", path.display(), aside.display());
                let moved = std::fs::rename(path, &aside);
                match moved
                    .map_err(|error| error.to_string())
                    .and_then(|()| Database::open(path).map_err(|error| error.to_string()))
                {
                    Ok(database) => Progress { notice: Some(notice), ..Self::of(database, OWN) },
                    Err(error) => {
                        Self::in_memory(Some(format!("{}: {error}; progress will not be kept", path.display())))
                    }
                }
            }
            Err(error) => {
                let way_out = match &error {
                    OpenError::Newer(..) => "use that newer version, or set SHINSO_HOME to another folder",
                    busy if busy.is_busy() => "another program holds it; start again when that has ended",
                    _ => "set SHINSO_HOME to a folder that can be written to",
                };
                let notice = format!("{}: {error}; progress will not be kept; {way_out}", path.display());
                let progress = Self::in_memory(Some(notice));
                // What can be read is shown all the same.
                if let (Ok(readable), Store::File(memory, own)) = (records::readable(path), &progress.store) {
                    let _as_far_as_it_goes = memory.apply(own, &readable.into_changes());
                }
                progress
            }
        }
    }

    /// Opens the file, or makes it, for what must be kept in it.
    ///
    /// # Errors
    /// When it cannot be written to, or is damaged, which leaves it as it is.
    pub fn open_to_keep(path: &Path) -> Result<Self, String> {
        let database = Database::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::of(database, OWN))
    }

    /// Progress that is forgotten at the end.
    pub fn in_memory(notice: Option<String>) -> Self {
        Progress { notice, ..Self::of(Database::in_memory(), OWN) }
    }

    /// Progress that another process keeps, which has been read just now.
    pub fn remote(remote: Box<dyn Remote>, known: Snapshot) -> Self {
        let [notes, settings] = [BTreeMap::new(), BTreeMap::new()];
        let mut copy = Known { remote, records: BTreeMap::new(), notes, settings, is_stale: false };
        copy.replace(known);
        Progress { store: Store::Remote(RefCell::new(copy)), notice: None }
    }

    /// Progress of one account of a file.
    pub fn of(database: Database, account: &str) -> Self {
        Progress { store: Store::File(database, account.to_owned()), notice: None }
    }

    /// Takes up what others have written to the same progress. Of a file nothing has to be: it is read each time.
    pub fn read_again(&self) {
        if let Store::Remote(copy) = &self.store {
            copy.borrow_mut().read();
        }
    }

    /// Has a change written; how things stand then.
    fn write(&self, change: Change) -> Result<Changed, String> {
        match &self.store {
            Store::File(database, account) => {
                let changed = database.apply(account, std::slice::from_ref(&change)).map_err(unkept)?;
                Ok(changed.into_iter().next().expect("one for each change"))
            }
            Store::Remote(copy) => copy.borrow_mut().write(&change).map_err(unkept),
        }
    }

    fn record<T>(&self, lab: &str, exercise: &str, of: impl FnOnce(&Record) -> T) -> Option<T> {
        match &self.store {
            Store::File(database, account) => database.record(account, lab, exercise).ok()?.as_ref().map(of),
            Store::Remote(copy) => copy.borrow().record(lab, exercise).map(of),
        }
    }

    /// The exercises of a lab that are solved.
    pub fn solved(&self, lab: &str) -> BTreeSet<String> {
        match &self.store {
            Store::File(database, account) => database.solved(account, lab).unwrap_or_default(),
            Store::Remote(copy) => {
                let copy = copy.borrow();
                let records = copy.records.get(lab).into_iter().flat_map(BTreeMap::values);
                let solved = records.filter(|record| record.solved_at.is_some());
                solved.map(|record| record.exercise.clone()).collect()
            }
        }
    }

    /// Counts an attempt; `solved_at` (RFC 3339) when it passed. A solved exercise stays solved at its first time.
    ///
    /// # Errors
    /// When it cannot be kept, as of all that is written here: one line.
    pub fn attempt(&self, lab: &str, exercise: &str, answer: &str, solved_at: Option<&str>) -> Result<(), String> {
        let [lab, exercise, answer] = [lab, exercise, answer].map(str::to_owned);
        self.write(Change::Attempt { lab, exercise, answer, solved_at: solved_at.map(str::to_owned) }).map(drop)
    }

    /// Takes in what was answered elsewhere; how many exercises are solved by it that were not. What was solved here stays as it is.
    ///
    /// # Errors
    /// When it cannot be kept; nothing of it is then.
    pub fn take_in(&self, records: &[Record]) -> Result<u32, String> {
        match self.write(Change::TakeIn { records: records.to_vec() })? {
            Changed::TakenIn { solved, .. } => Ok(solved),
            _ => Err(unkept("another answer than was asked for")),
        }
    }

    /// Keeps an answer that was not handed in: no attempt.
    pub fn set_draft(&self, lab: &str, exercise: &str, answer: &str) -> Result<(), String> {
        let [lab, exercise, answer] = [lab, exercise, answer].map(str::to_owned);
        self.write(Change::Draft { lab, exercise, answer }).map(drop)
    }

    /// How often an exercise was answered, wrongly until it was solved.
    pub fn attempts(&self, lab: &str, exercise: &str) -> u32 {
        self.record(lab, exercise, |record| record.attempts).unwrap_or(0)
    }

    /// How many hints of an exercise were shown.
    pub fn hints(&self, lab: &str, exercise: &str) -> u32 {
        self.record(lab, exercise, |record| record.hints).unwrap_or(0)
    }

    pub fn set_hints(&self, lab: &str, exercise: &str, hints: u32) -> Result<(), String> {
        self.write(Change::Hints { lab: lab.to_owned(), exercise: exercise.to_owned(), hints }).map(drop)
    }

    /// What was last answered to an exercise.
    pub fn answer(&self, lab: &str, exercise: &str) -> Option<String> {
        self.record(lab, exercise, |record| record.answer.clone()).flatten()
    }

    /// The learner's notes on a lab.
    pub fn notes(&self, lab: &str) -> String {
        let notes = match &self.store {
            Store::File(database, account) => database.notes(account, lab).ok().flatten(),
            Store::Remote(copy) => copy.borrow().notes.get(lab).cloned(),
        };
        notes.unwrap_or_default()
    }

    /// Keeps notes that were `before` when they were read. Where another program of the same person has written meanwhile, both texts
    /// are kept; gives the notes as they stand then.
    ///
    /// # Errors
    /// When they cannot be kept.
    pub fn set_notes(&self, lab: &str, before: &str, text: &str) -> Result<String, String> {
        let [lab, before, text] = [lab, before, text].map(str::to_owned);
        match self.write(Change::Notes { lab, before, text })? {
            Changed::Notes { text, .. } => Ok(text),
            _ => Err(unkept("another answer than was asked for")),
        }
    }

    /// A setting by name, such as `language` or `place`.
    pub fn setting(&self, key: &str) -> Option<String> {
        match &self.store {
            Store::File(database, account) => database.setting(account, key).ok().flatten(),
            Store::Remote(copy) => copy.borrow().settings.get(key).cloned(),
        }
    }

    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), String> {
        self.write(Change::Setting { key: key.to_owned(), value: value.to_owned() }).map(drop)
    }
}

fn unkept(error: impl fmt::Display) -> String {
    format!("progress could not be kept: {error}")
}

/// A name for a damaged file beside it that no other has.
fn aside(path: &Path) -> PathBuf {
    let name = |number: usize| match number {
        1 => path.with_extension("sqlite.damaged"),
        number => path.with_extension(format!("sqlite.damaged-{number}")),
    };
    (1..).map(name).find(|path| path.symlink_metadata().is_err()).expect("a free number")
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::{Arc, Mutex};

    /// Another process, which keeps the progress of many; what it is asked and what it answers goes through lines of JSON.
    #[derive(Debug, Clone)]
    struct Another(Arc<Mutex<Database>>);

    fn through<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
        serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
    }

    impl Remote for Another {
        fn read(&mut self) -> Result<Snapshot, RemoteError> {
            Ok(through(&self.0.lock().unwrap().snapshot("anna").unwrap()))
        }

        fn write(&mut self, change: &Change) -> Result<Changed, RemoteError> {
            let changed = self.0.lock().unwrap().apply("anna", &[through(change)]);
            let changed = changed.map_err(|error| RemoteError::Refused(error.to_string()))?;
            Ok(through(&changed[0]))
        }
    }

    /// Plays a test with progress in a file of one's own, then with progress that another process keeps. Each call opens the same anew.
    fn each_way(test: impl Fn(&dyn Fn() -> Progress)) {
        let folder = tempfile::tempdir().unwrap();
        test(&|| Progress::open(&folder.path().join("new/shinso.sqlite")));
        let another = Another(Arc::new(Mutex::new(Database::in_memory())));
        test(&|| Progress::remote(Box::new(another.clone()), another.clone().read().unwrap()));
        assert_eq!(another.0.lock().unwrap().snapshot(OWN).unwrap(), Snapshot::default());
    }

    #[test]
    fn attempts_are_counted() {
        each_way(|open| {
            let progress = open();
            assert_eq!(progress.attempts("vae", "kl"), 0);
            progress.attempt("vae", "kl", "1", None).unwrap();
            progress.attempt("vae", "kl", "2", None).unwrap();
            assert_eq!((progress.attempts("vae", "kl"), progress.attempts("vae", "other")), (2, 0));
        });
    }

    #[test]
    fn what_is_earned_is_kept() {
        each_way(|open| {
            let progress = open();
            progress.attempt("vae", "kl", "3", None).unwrap();
            assert!(progress.solved("vae").is_empty());
            progress.attempt("vae", "kl", "4", Some("2026-01-01T00:00:00Z")).unwrap();
            progress.attempt("vae", "kl", "5", None).unwrap();
            progress.set_hints("vae", "kl", 2).unwrap();
            progress.set_notes("vae", "", "z は符号").unwrap();
            progress.set_setting("language", "ja").unwrap();
            let is_all_there = |progress: Progress| {
                assert_eq!(progress.notice, None);
                assert_eq!(progress.solved("vae"), BTreeSet::from(["kl".to_owned()]));
                assert_eq!((progress.hints("vae", "kl"), progress.hints("vae", "other")), (2, 0));
                assert_eq!(progress.attempts("vae", "kl"), 3);
                assert_eq!(progress.answer("vae", "kl").as_deref(), Some("5"));
                assert_eq!((progress.notes("vae").as_str(), progress.notes("gan").as_str()), ("z は符号", ""));
                assert_eq!((progress.setting("language").as_deref(), progress.setting("place")), (Some("ja"), None));
            };
            is_all_there(progress);
            is_all_there(open());
        });
    }

    #[test]
    fn what_was_earned_elsewhere_stands_beside_what_was_earned_here() {
        let record = |exercise: &str, solved_at: Option<&str>, attempts, answer: &str| Record {
            lab: "vae".into(),
            exercise: exercise.into(),
            solved_at: solved_at.map(str::to_owned),
            attempts,
            hints: 1,
            answer: Some(answer.into()),
            origin: Origin::HandedIn,
        };
        each_way(|open| {
            let progress = open();
            progress.attempt("vae", "mine", "here", Some("2026-02-02T00:00:00Z")).unwrap();
            progress.set_draft("vae", "begun", "a draft").unwrap();
            let records = [
                record("mine", Some("2026-01-01T00:00:00Z"), 4, "theirs"),
                record("begun", Some("2026-01-01T00:00:00Z"), 2, "theirs"),
                record("open", None, 3, "wrong"),
            ];
            assert_eq!(progress.take_in(&records), Ok(1));
            assert_eq!(progress.take_in(&records), Ok(0));
            let of = |exercise: &str| (progress.answer("vae", exercise).unwrap(), progress.attempts("vae", exercise));
            assert_eq!(of("mine"), ("here".to_owned(), 4));
            assert_eq!(of("begun"), ("theirs".to_owned(), 2));
            assert_eq!(of("open"), ("wrong".to_owned(), 3));
            assert_eq!(progress.solved("vae").len(), 2);
            assert_eq!((open().solved("vae"), open().hints("vae", "open")), (progress.solved("vae"), 1));
        });
    }

    #[test]
    fn notes_of_two_windows_are_both_kept() {
        each_way(|open| {
            let (one, two) = (open(), open());
            assert_eq!(one.set_notes("vae", "", "first").unwrap(), "first");
            assert_eq!(two.set_notes("vae", "first", "first, second").unwrap(), "first, second");
            // This one has not seen the second; nothing was changed here, or something was.
            assert_eq!(one.set_notes("vae", "first", "first").unwrap(), "first, second");
            assert_eq!(one.set_notes("vae", "first", "first\nthird").unwrap(), "first, second\nthird");
            assert_eq!(two.set_notes("vae", "first, second", "all anew").unwrap(), "first, second\nthird\n\nall anew");
            assert_eq!(two.notes("vae"), "first, second\nthird\n\nall anew");
        });
    }

    #[test]
    fn two_programs_share_one_progress() {
        each_way(|open| {
            let (one, two) = (open(), open());
            one.attempt("vae", "a", "", Some("2026-01-01T00:00:00Z")).unwrap();
            two.attempt("vae", "b", "", Some("2026-01-01T00:00:00Z")).unwrap();
            [&one, &two].into_iter().for_each(Progress::read_again);
            assert_eq!(one.solved("vae").len(), 2);
            assert_eq!(one.solved("vae"), two.solved("vae"));
        });
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
        drop(progress);
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
        drop(connection);
        let later = Progress::open(&path);
        assert!(later.notice.as_deref().unwrap().contains("written by a later shinso (version 9; this one knows 3)"));
        assert!(later.solved("vae").contains("kl"), "what can be read is shown");
        later.attempt("vae", "other", "4", Some("2026-01-01T00:00:00Z")).unwrap();
        let again = Progress::open(&path);
        assert_eq!(again.solved("vae").len(), 1, "nothing was written to it");
    }

    #[test]
    fn programs_that_open_a_new_or_an_older_file_at_once_all_have_it() {
        let folder = tempfile::tempdir().unwrap();
        for version in 0..3 {
            let path = folder.path().join(format!("{version}.sqlite"));
            if version > 0 {
                database::tests::of_version(&path, version);
            }
            let together = std::sync::Barrier::new(8);
            let open = || {
                together.wait();
                Progress::open(&path).notice
            };
            std::thread::scope(|scope| {
                let opening: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
                opening.into_iter().for_each(|one| assert_eq!(one.join().unwrap(), None));
            });
            Progress::open(&path).attempt("vae", "kl", "", None).unwrap();
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
