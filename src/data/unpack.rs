//! Embedded data on disk: unpacked once to the cache folder, hashed then, and memory-mapped by every process after.

use flate2::read::GzDecoder;
use memmap2::Mmap;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::Deref;
use std::path::Path;

/// A file that is part of the program.
pub struct Packed {
    pub name: &'static str,
    /// Compressed with gzip.
    pub gzip: &'static [u8],
    /// Length when unpacked.
    pub length: usize,
    /// SHA-256 when unpacked, in hexadecimal.
    pub sha256: &'static str,
}

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

/// Maps a file that nobody writes to.
pub fn map(path: &Path) -> io::Result<Bytes> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::InMemory(Vec::new()));
    }
    // SAFETY: files in the cache folder are put there whole by a rename and never written to again; a person's own data
    // is read as it stands, and a change under our feet would be seen as other pixels, which every u8 may be.
    Ok(Bytes::Mapped(unsafe { Mmap::map(&file)? }))
}

/// The unpacked file: from the cache folder, unpacked there first if it is missing or was changed. Where the folder
/// cannot be written to, the file is unpacked into memory instead.
pub fn open(folder: &Path, packed: &Packed) -> Bytes {
    cached(folder, packed).unwrap_or_else(|_| Bytes::InMemory(unpacked(packed)))
}

fn cached(folder: &Path, packed: &Packed) -> io::Result<Bytes> {
    let path = folder.join(packed.name);
    if !is_as_unpacked(&path, packed) {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join("lock"))?;
        lock.lock()?;
        if !is_as_unpacked(&path, packed) {
            unpack(folder, packed)?;
        }
    }
    map(&path)
}

/// Whether the file still is what was hashed: the seal beside it names its length, its time of change and its sum.
fn is_as_unpacked(path: &Path, packed: &Packed) -> bool {
    let (Ok(seal), Ok(now)) = (fs::read_to_string(seal_path(path)), seal(path, packed)) else { return false };
    seal == now
}

fn seal_path(path: &Path) -> std::path::PathBuf {
    path.with_extension("seal")
}

fn seal(path: &Path, packed: &Packed) -> io::Result<String> {
    let found = fs::metadata(path)?;
    let changed = found.modified()?.duration_since(std::time::UNIX_EPOCH).map_err(io::Error::other)?;
    Ok(format!("{} {} {}\n", found.len(), changed.as_nanos(), packed.sha256))
}

fn unpack(folder: &Path, packed: &Packed) -> io::Result<()> {
    let path = folder.join(packed.name);
    let mut file = atomic_write_file::AtomicWriteFile::open(&path)?;
    file.write_all(&unpacked(packed))?;
    file.commit()?;
    fs::write(seal_path(&path), seal(&path, packed)?)
}

/// # Panics
/// If the program carries other bytes than its author put in.
fn unpacked(packed: &Packed) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(packed.length);
    GzDecoder::new(packed.gzip).read_to_end(&mut bytes).expect("embedded data unpacks");
    let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, packed.sha256, "{}: the sum of embedded data", packed.name);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    static HELLO: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"hello").unwrap();
        encoder.finish().unwrap()
    });

    fn packed() -> Packed {
        let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        Packed { name: "hello", gzip: HELLO.as_slice(), length: 5, sha256 }
    }

    #[test]
    fn a_file_is_unpacked_once_and_mapped() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(&*open(folder.path(), &packed()), b"hello");
        let first = fs::metadata(folder.path().join("hello")).unwrap().modified().unwrap();
        assert!(matches!(open(folder.path(), &packed()), Bytes::Mapped(_)));
        assert_eq!(fs::metadata(folder.path().join("hello")).unwrap().modified().unwrap(), first);
    }

    #[test]
    fn a_changed_or_truncated_file_is_unpacked_again() {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path(), &packed());
        for damage in [&b"hell"[..], b"hallo", b""] {
            fs::write(folder.path().join("hello"), damage).unwrap();
            assert_eq!(&*open(folder.path(), &packed()), b"hello");
        }
    }

    #[test]
    fn where_nothing_can_be_written_memory_serves() {
        let folder = tempfile::tempdir().unwrap();
        let not_a_folder = folder.path().join("file");
        fs::write(&not_a_folder, "").unwrap();
        assert!(matches!(open(&not_a_folder, &packed()), Bytes::InMemory(_)));
    }
}
