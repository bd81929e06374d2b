//! The files of runs: what goes wrong with them, and how they are written.

use crate::experiment::ExperimentError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What went wrong with a run's files.
#[derive(Debug, Error)]
pub enum RunError {
    #[error("{}: {}", file.display(), plain(source))]
    File { file: PathBuf, source: io::Error },
    #[error("{}: {place}: {reason}", file.display())]
    Content { file: PathBuf, place: String, reason: String },
    #[error("no run `{0}`: {1}")]
    Unknown(String, String),
    #[error("run {0} is under way in another process; stop it there first")]
    Busy(String),
    #[error("run {0} is finished; `shinso runs show {0}` shows its report")]
    Done(String),
    #[error("run {0} has no checkpoint yet; start it again with the same seed and knobs")]
    NoCheckpoint(String),
    #[error("run {0} is pinned; unpin it first")]
    Pinned(String),
    #[error("{}: {reason}", file.display())]
    Refused { file: PathBuf, reason: String },
    /// A file that could not be taken in, with its name.
    #[error("{0}")]
    Intake(String),
    #[error("run {0} cannot go on: {1}")]
    Changed(String, String),
    #[error("a process for the run: {0}")]
    Worker(String),
}

impl RunError {
    pub(crate) fn intake(error: ExperimentError) -> Self {
        RunError::Intake(error.to_string())
    }

    pub(crate) fn file(file: &Path, source: io::Error) -> Self {
        RunError::File { file: file.to_owned(), source }
    }
}

/// An error of the operating system in words that name the way out.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "no space left on the disk; free some, or set SHINSO_HOME to a folder on another disk".to_owned()
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("{error}; set SHINSO_HOME to a folder that can be written to")
        }
        _ => error.to_string(),
    }
}

/// Writes a file whole or not at all: a temporary file beside it, made durable, then renamed over it.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let write = || -> io::Result<()> {
        let mut file = atomic_write_file::AtomicWriteFile::open(path)?;
        file.write_all(bytes)?;
        file.commit()
    };
    write().map_err(|error| RunError::file(path, error))
}
