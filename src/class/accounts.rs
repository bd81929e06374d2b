//! The accounts in the folder of a server, for those who read them while it runs.

use super::name::Name;
use super::session_file::FileOfSession;
use crate::folders::Folders;
use crate::intake::private;
use crate::lab::Record;
use crate::lab::progress::{Database, OWN, Snapshot, records};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the folders of the accounts lie.
pub fn folder(server: &Path) -> PathBuf {
    server.join("accounts")
}

/// The folders of one account.
pub fn of(server: &Path, account: &Name) -> Folders {
    Folders::under(folder(server).join(account.as_str()))
}

/// The accounts of everybody who has logged in, by name.
///
/// # Errors
/// When this is not the folder of a server.
pub fn names(server: &Path) -> Result<Vec<Name>, String> {
    let folder = folder(server);
    let entries = std::fs::read_dir(&folder).map_err(|error| {
        format!("{}: {error}; expected the folder of a server that was started once (--folder DIR)", folder.display())
    })?;
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let name = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<Name>().ok();
    let mut names: Vec<Name> = entries.flatten().filter(is_folder).filter_map(name).collect();
    names.sort();
    Ok(names)
}

/// Where the progress of all accounts lies.
pub fn progress(server: &Path) -> PathBuf {
    server.join("progress.sqlite")
}

/// Opens the progress of all accounts to write to it, or makes the file, for its owner alone.
///
/// # Errors
/// When that cannot be done: one line.
pub fn open_progress(server: &Path) -> Result<Database, String> {
    let path = progress(server);
    let fault = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    // What SQLite makes beside it has the same mode.
    if path.symlink_metadata().is_err() {
        private::write_new(&path, b"").map_err(|error| fault(&error))?;
    }
    Database::open(&path).map_err(|error| fault(&error))
}

/// What accounts have answered.
pub struct Answers {
    /// The files of accounts, which are read first: what the server takes in meanwhile is in its own then.
    files: BTreeMap<Name, Result<FileOfSession, String>>,
    kept: BTreeMap<String, Vec<Record>>,
}

impl Answers {
    /// Reads that of some accounts of a server.
    ///
    /// # Errors
    /// When the file of the server cannot be read: one line that names it.
    pub fn read(server: &Path, accounts: &[Name]) -> Result<Self, String> {
        let file = |name: &Name| (name.clone(), FileOfSession::read(&of(server, name).database()));
        let files = accounts.iter().map(file).collect();
        Ok(Answers { files, kept: records::records_by_account(&progress(server))? })
    }

    /// Takes out what an account has answered, with what the server has not taken in yet from its folder.
    ///
    /// # Errors
    /// When its own file cannot be read: one line with the name of the account.
    pub fn take(&mut self, account: &Name) -> Result<Vec<Record>, String> {
        let kept = self.kept.remove(account.as_str()).unwrap_or_default();
        let fault = |error: &dyn std::fmt::Display| format!("{account}: {error}");
        let kept = Snapshot { records: kept, ..Snapshot::default() };
        let Some(file) = self.files.remove(account) else { return Ok(kept.records) };
        let changes = file.map_err(|error| fault(&error))?.changes(&kept);
        if changes.is_empty() {
            return Ok(kept.records);
        }
        let together = || -> rusqlite::Result<Vec<Record>> {
            let both = Database::in_memory();
            both.apply(OWN, &kept.into_changes())?;
            both.apply(OWN, &changes)?;
            Ok(both.snapshot(OWN)?.records)
        };
        together().map_err(|error| fault(&error))
    }
}
