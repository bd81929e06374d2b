//! Embedded data on disk: unpacked once to the cache folder.

use crate::intake::digest;
use crate::intake::made::{self, Bytes};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::io::{self, Read};
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

/// The unpacked file: from the cache folder, unpacked there first if it is missing or was changed. Where the folder
/// cannot be written to, the file is unpacked into memory instead.
pub fn open(folder: &Path, packed: &Packed) -> Bytes {
    cached(folder, packed).unwrap_or_else(|_| Bytes::InMemory(unpacked(packed)))
}

fn cached(folder: &Path, packed: &Packed) -> io::Result<Bytes> {
    let is_as_unpacked = |bytes: &[u8]| bytes.len() == packed.length && sum(bytes) == packed.sha256;
    made::find_or_make(folder, packed.name, is_as_unpacked, || unpacked(packed))
}

/// The SHA-256 of some bytes, in hexadecimal.
fn sum(bytes: &[u8]) -> String {
    digest::whole(Sha256::digest(bytes))
}

/// # Panics
/// If the program carries other bytes than its author put in.
fn unpacked(packed: &Packed) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(packed.length);
    GzDecoder::new(packed.gzip).read_to_end(&mut bytes).expect("embedded data unpacks");
    assert_eq!(sum(&bytes), packed.sha256, "{}: the sum of embedded data", packed.name);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;
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
        let path = folder.path().join("hello");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        for damage in [&b"hell"[..], b"hallo", b""] {
            fs::write(&path, damage).unwrap();
            // As a disk does it that loses a bit.
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            assert_eq!(&*open(folder.path(), &packed()), b"hello");
            assert_eq!(fs::read(&path).unwrap(), b"hello");
        }
    }

    #[test]
    fn a_pipe_in_the_cache_folder_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = |name: &str| {
            let mode = rustix::fs::Mode::RWXU;
            let path = folder.path().join(name);
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        };
        pipe("lock");
        assert_eq!(&*open(folder.path(), &packed()), b"hello");
        pipe("hello");
        assert_eq!(&*open(folder.path(), &packed()), b"hello");
    }

    #[test]
    fn where_nothing_can_be_written_memory_serves() {
        let folder = tempfile::tempdir().unwrap();
        let not_a_folder = folder.path().join("file");
        fs::write(&not_a_folder, "").unwrap();
        assert!(matches!(open(&not_a_folder, &packed()), Bytes::InMemory(_)));
    }
}
