//! Files for their owner alone.

use super::only_a_file;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Read and write, nobody else.
const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;

/// Writes a new file, whole and durable or not at all, which its owner alone may read. Of several that come at once the first has it;
/// whether this one was it.
///
/// # Errors
/// When it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(FILE);
        let mut file = only_a_file(&mut options).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        // A link, unlike a renaming, replaces nothing.
        match fs::hard_link(&beside, path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    };
    let written = write();
    let _is_gone = fs::remove_file(&beside);
    written
}

/// Makes a folder and those above it where they are missing, which its owner alone may enter.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Whether others than the owner may read or write a file.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(fs::metadata(path)?.mode() & 0o077 != 0)
}
