//! Progress in the folders of accounts: what earlier versions left there, and what sessions keep there that cannot come to the server.

use super::writer::Writer;
use crate::class::accounts;
use crate::class::name::Name;
use crate::class::session_file::{self, FileOfSession};
use crate::lab::Record;
use crate::lab::progress::Change;
use crate::lab::progress::records::beside;
use crate::serve::log::Log;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// The files of accounts, each of which is taken in while no session of its account runs.
pub struct AccountFolders {
    /// The folder of the server.
    server: PathBuf,
    writer: Writer,
    log: Log,
    /// Whether sessions may run where they cannot come to the server.
    gives_files: bool,
    /// Sessions of each account; held while its file is taken in, so that one account does not wait for another.
    sessions: std::sync::Mutex<BTreeMap<Name, Arc<Mutex<usize>>>>,
}

impl AccountFolders {
    pub fn new(server: PathBuf, writer: Writer, log: Log, gives_files: bool) -> Self {
        AccountFolders { server, writer, log, gives_files, sessions: std::sync::Mutex::default() }
    }

    /// Takes in what lies in all folders; no session runs yet.
    pub async fn take_in_all(&self) {
        let server = self.server.clone();
        let names = spawn_blocking(move || accounts::names(&server).unwrap_or_default()).await.unwrap_or_default();
        for name in names {
            self.take_in(&name).await;
        }
    }

    /// A session of an account is about to begin.
    pub async fn begin(&self, account: &Name) {
        let sessions = self.sessions_of(account);
        let mut of_account = sessions.lock().await;
        *of_account += 1;
        if *of_account == 1 && self.take_in(account).await && self.gives_files {
            self.give(account).await;
        }
    }

    /// A session of an account has ended.
    pub async fn end(&self, account: &Name) {
        let sessions = self.sessions_of(account);
        let mut of_account = sessions.lock().await;
        *of_account = of_account.saturating_sub(1);
        if *of_account == 0 {
            self.take_in(account).await;
        }
    }

    fn sessions_of(&self, account: &Name) -> Arc<Mutex<usize>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sessions.entry(account.clone()).or_default())
    }

    fn file(&self, account: &Name) -> PathBuf {
        accounts::of(&self.server, account).database()
    }

    /// Takes in the file of an account, and removes it once that is done; whether there is none now.
    async fn take_in(&self, account: &Name) -> bool {
        let file = self.file(account);
        if file.symlink_metadata().is_err() {
            return true;
        }
        match self.taken(account, file).await {
            Ok(0) => true,
            Ok(count) => {
                self.log.server(format!("progress of {account}: {count} changes taken in from its folder"));
                true
            }
            Err(why) => {
                self.log.server(format!("progress of {account}: its file is left as it is: {why}"));
                false
            }
        }
    }

    async fn taken(&self, account: &Name, file: PathBuf) -> Result<usize, String> {
        let path = file.clone();
        let file_now =
            spawn_blocking(move || FileOfSession::read(&path)).await.map_err(|error| error.to_string())??;
        let mut changes = file_now.changes(&self.writer.read(account).await?);
        // What the server keeps for nobody does not hold back the rest.
        let mut faults = Vec::new();
        for change in &mut changes {
            if let Change::TakeIn { records } = change {
                let fault = |record: &Record, why| format!("{}/{}: {why}", record.lab, record.exercise);
                records.retain(|record| record.check().map_err(|why| faults.push(fault(record, why))).is_ok());
            }
        }
        changes.retain(|change| change.check().map_err(|why| faults.push(why)).is_ok());
        let count = changes.len();
        if count > 0 {
            self.writer.write(account, changes).await?;
            // The file goes only once the disk has what was in it.
            self.writer.settle().await?;
        }
        if let Some(fault) = faults.first() {
            return Err(format!("{fault}; the rest is taken in"));
        }
        let removed = spawn_blocking(move || remove(&file)).await.map_err(|error| error.to_string())?;
        removed.map(|()| count).map_err(|error| error.to_string())
    }

    /// Gives a session that may run elsewhere a file of what its account has.
    async fn give(&self, account: &Name) {
        let given = async {
            let snapshot = self.writer.read(account).await?;
            let (made, file) = (self.server.join(format!("progress-of-{account}.sqlite")), self.file(account));
            let give = move || {
                let fault = |error: io::Error| format!("{}: {error}", file.display());
                // An earlier try may have been cut short.
                [&made, &file].into_iter().try_for_each(|path| remove(path)).map_err(fault)?;
                session_file::make(&made, snapshot)?;
                // Made where nobody else writes, it is put into its place whole.
                fs::rename(&made, &file).map_err(fault)
            };
            spawn_blocking(give).await.map_err(|error| error.to_string())?
        };
        if let Err(why) = given.await {
            self.log.server(format!("progress of {account}: no file for a session elsewhere: {why}"));
        }
    }
}

/// Removes a file that nobody has open, after what lies beside it: a journal that stayed would be taken for that of the next file.
fn remove(file: &Path) -> io::Result<()> {
    for path in [beside(file, "-wal"), beside(file, "-shm"), file.to_owned()] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Progress;
    use crate::lab::progress::{Origin, Snapshot};

    const SOLVED: &str = "2026-01-01T00:00:00Z";

    struct Server {
        folder: tempfile::TempDir,
        folders: AccountFolders,
        anna: Name,
    }

    impl Server {
        fn new(gives_files: bool) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let anna: Name = "anna".parse().unwrap();
            fs::create_dir_all(accounts::of(folder.path(), &anna).data).unwrap();
            let (writer, _writing) = Writer::open(folder.path()).unwrap();
            let (log, _logging) = Log::open().unwrap();
            let folders = AccountFolders::new(folder.path().to_owned(), writer, log, gives_files);
            Server { folder, folders, anna }
        }

        fn file(&self) -> PathBuf {
            accounts::of(self.folder.path(), &self.anna).database()
        }

        /// As a session elsewhere has it.
        fn own(&self) -> Progress {
            Progress::open(&self.file())
        }

        async fn kept(&self) -> Snapshot {
            self.folders.writer.read(&self.anna).await.unwrap()
        }

        async fn write(&self, change: Change) {
            self.folders.writer.write(&self.anna, vec![change]).await.unwrap();
        }

        fn names(&self) -> Vec<String> {
            let folder = self.file().parent().unwrap().to_owned();
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        }
    }

    fn draft(answer: &str) -> Change {
        Change::Draft { lab: "vae".into(), exercise: "text".into(), answer: answer.into() }
    }

    #[tokio::test]
    async fn a_file_of_an_earlier_version_is_taken_in_once_and_for_all() {
        let server = Server::new(false);
        let own = server.own();
        own.attempt("vae", "kl", "5", Some(SOLVED)).unwrap();
        own.attempt("vae", "other", "theirs", Some(SOLVED)).unwrap();
        own.set_notes("vae", "", "mine").unwrap();
        own.set_setting("language", "ja").unwrap();
        own.set_setting("place", "vae").unwrap();
        server.write(Change::Setting { key: "language".into(), value: "en".into() }).await;
        let (lab, exercise, answer) = ("vae".into(), "other".into(), "first".into());
        server.write(Change::Attempt { lab, exercise, answer, solved_at: Some("2025-01-01T00:00:00Z".into()) }).await;
        drop(own);
        server.folders.begin(&server.anna).await;
        let kept = server.kept().await;
        let records: Vec<_> = kept.records.iter().map(|kept| (kept.answer.as_deref().unwrap(), kept.origin)).collect();
        assert_eq!(records, [("5", Origin::Here), ("first", Origin::Here)]);
        assert_eq!((kept.notes["vae"].as_str(), kept.settings["language"].as_str()), ("mine", "en"));
        assert_eq!(kept.settings["place"], "vae");
        assert!(server.names().is_empty(), "{:?}", server.names());
        server.folders.end(&server.anna).await;
        assert_eq!(server.kept().await, kept);
    }

    #[tokio::test]
    async fn what_a_session_elsewhere_did_comes_back_and_what_others_did_stays() {
        let server = Server::new(true);
        server.write(draft("begun")).await;
        server.write(Change::Hints { lab: "vae".into(), exercise: "kl".into(), hints: 1 }).await;
        server.write(Change::Notes { lab: "vae".into(), before: String::new(), text: "one".into() }).await;
        server.write(Change::Notes { lab: "gan".into(), before: String::new(), text: "stays".into() }).await;
        server.write(Change::Setting { key: "language".into(), value: "en".into() }).await;
        server.folders.begin(&server.anna).await;
        let own = server.own();
        assert_eq!((own.notes("vae").as_str(), own.hints("vae", "kl")), ("one", 1));
        assert_eq!(own.answer("vae", "text").as_deref(), Some("begun"));
        own.attempt("vae", "kl", "5", Some(SOLVED)).unwrap();
        own.set_draft("vae", "text", "begun, and gone on").unwrap();
        own.set_notes("vae", "one", "one\nelsewhere").unwrap();
        own.set_setting("language", "ja").unwrap();
        // A second session comes and goes: the file is in use.
        server.folders.begin(&server.anna).await;
        server.folders.end(&server.anna).await;
        assert_eq!(own.notes("vae"), "one\nelsewhere");
        // Meanwhile something is written on the server.
        server.write(Change::Notes { lab: "vae".into(), before: "one".into(), text: "one\nhere".into() }).await;
        server.folders.end(&server.anna).await;
        let kept = server.kept().await;
        assert_eq!(kept.notes["vae"], "one\nhere\nelsewhere");
        assert_eq!((kept.notes["gan"].as_str(), kept.settings["language"].as_str()), ("stays", "ja"));
        let answers: Vec<_> =
            kept.records.iter().map(|kept| (kept.answer.as_deref(), kept.attempts, kept.hints)).collect();
        assert_eq!(answers, [(Some("5"), 1, 1), (Some("begun, and gone on"), 0, 0)]);
        assert!(!server.file().exists());
        // With nothing changed nothing is written.
        server.folders.begin(&server.anna).await;
        assert!(server.file().is_file());
        server.folders.end(&server.anna).await;
        assert_eq!((server.kept().await, server.file().exists()), (kept, false));
    }

    #[tokio::test]
    async fn an_answer_that_was_changed_on_both_sides_stays_that_of_the_server() {
        let server = Server::new(true);
        server.write(draft("begun")).await;
        server.folders.begin(&server.anna).await;
        server.own().set_draft("vae", "text", "elsewhere").unwrap();
        server.write(draft("here")).await;
        server.folders.end(&server.anna).await;
        assert_eq!(server.kept().await.records[0].answer.as_deref(), Some("here"));
    }

    #[tokio::test]
    async fn a_file_that_is_damaged_or_too_large_is_left_as_it_is() {
        let server = Server::new(true);
        let text = "this is no database, however long one looks at it: it is a text.";
        fs::write(server.file(), text).unwrap();
        server.folders.begin(&server.anna).await;
        server.folders.end(&server.anna).await;
        assert_eq!(fs::read_to_string(server.file()).unwrap(), text);
        fs::remove_file(server.file()).unwrap();
        server.own().set_draft("vae", "text", &"x".repeat(80_001)).unwrap();
        server.folders.take_in_all().await;
        assert!(server.file().exists());
        assert_eq!(server.kept().await.records, []);
        // What can be taken in is, once, however often the file is looked at.
        server.own().set_notes("vae", "", "notes").unwrap();
        server.folders.take_in_all().await;
        server.write(Change::Notes { lab: "vae".into(), before: "notes".into(), text: "notes, gone on".into() }).await;
        server.folders.take_in_all().await;
        assert!(server.file().exists());
        assert_eq!(server.kept().await.notes["vae"], "notes, gone on");
        fs::remove_file(server.file()).unwrap();
        std::os::unix::fs::symlink(accounts::progress(server.folder.path()), server.file()).unwrap();
        server.folders.begin(&server.anna).await;
        assert!(server.file().is_symlink() && accounts::progress(server.folder.path()).exists());
    }
}
