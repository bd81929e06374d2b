//! The accounts in the folder of a server, for those who read them while it runs.

use super::name::Name;
use crate::folders::Folders;
use crate::lab::{Record, progress};
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

/// What an account has answered.
///
/// # Errors
/// When its file cannot be read: one line with the name of the account.
pub fn records(server: &Path, account: &Name) -> Result<Vec<Record>, String> {
    progress::records(&of(server, account).database()).map_err(|error| format!("{account}: {error}"))
}
