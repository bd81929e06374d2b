//! Files that the program makes for itself: made once, whole, and memory-mapped by every process after, which looks at each byte first.

use super::Purpose;
use crate::experiment::Wording;
use memmap2::Mmap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;

const MADE: Purpose = Purpose::new(Wording::new("unpacked data", "展開したデータ"), u64::MAX);

/// The bytes of a file.
pub enum Bytes {
    Mapped(Mmap),
    InMemory(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::InMemory(bytes) => bytes,
        }
    }
}

fn map(path: &Path) -> io::Result<Bytes> {
    let (file, length) = super::open(path, &MADE).map_err(|error| io::Error::other(error.to_string()))?;
    if length == 0 {
        return Ok(Bytes::InMemory(Vec::new()));
    }
    // SAFETY: such files are put there whole by a rename and never written to again.
    Ok(Bytes::Mapped(unsafe { Mmap::map(&file)? }))
}

/// The file, if it is there and `is_as_made` says that every byte of it still is: a disk that turned a bit over must not train on it.
pub fn find(path: &Path, is_as_made: impl Fn(&[u8]) -> bool) -> Option<Bytes> {
    map(path).ok().filter(|bytes| is_as_made(bytes))
}

/// The file `name` of a folder, made there first by `make` if it is missing or was changed.
///
/// # Errors
/// When nothing can be written there.
pub fn find_or_make(
    folder: &Path,
    name: &str,
    is_as_made: impl Fn(&[u8]) -> bool,
    make: impl FnOnce() -> Vec<u8>,
) -> io::Result<Bytes> {
    let path = folder.join(name);
    if let Some(bytes) = find(&path, &is_as_made) {
        return Ok(bytes);
    }
    fs::create_dir_all(folder)?;
    // A lock that is a pipe or a link to somewhere else is no lock.
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let lock = super::only_a_file(&mut options).open(folder.join("lock"))?;
    if !lock.metadata()?.is_file() {
        return Err(io::Error::other("the lock is no file"));
    }
    lock.lock()?;
    if let Some(bytes) = find(&path, &is_as_made) {
        return Ok(bytes);
    }
    let mut file = atomic_write_file::AtomicWriteFile::open(&path)?;
    file.write_all(&make())?;
    file.commit()?;
    map(&path)
}
