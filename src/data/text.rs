//! A text to learn from, of any size: in memory, or in a copy of its own of which parts are read as they are wanted.
//!
//! A file is read once, from beginning to end: unpacked if it is gzip, checked, and digested. What is trained on afterwards is what
//! was read then; a file that is cut, overwritten or replaced during a run reaches none.

use crate::experiment::{ExperimentError, Source, TaskContext, Wording};
use crate::intake::{self, BrokenAt, Counted, GZIP, MARK, Purpose, Unpacker, digest};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes looked at in one go.
const CHUNK: u64 = 1 << 20;
/// Bytes up to which a file is held in memory.
const IN_MEMORY: u64 = 64 << 20;
/// Bytes beyond which what was packed tighter than to this part of its size is no text.
const SUSPICIOUS: u64 = 1 << 30;
const TIGHTEST: u64 = 200;
/// The folder of copies within the cache folder.
pub const COPIES: &str = "texts";
const TEXT: Purpose = Purpose::new(Wording::new("a text in UTF-8", "UTF-8 のテキスト"), u64::MAX);

#[derive(Debug, Clone)]
enum Origin {
    Memory(Arc<str>),
    /// A copy that nobody writes to any more.
    Copy(Arc<File>),
}

/// A text.
#[derive(Debug, Clone)]
pub struct Text {
    origin: Origin,
    /// The file it came from, for messages.
    file: Option<PathBuf>,
    length: u64,
    digest: String,
}

impl Text {
    pub fn memory(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let (length, digest) = (text.len() as u64, digest::digest(text.as_bytes()));
        Text { origin: Origin::Memory(text), file: None, length, digest }
    }

    /// A person's own text, where there is one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn own(source: &Source, task: &TaskContext) -> Result<Option<Self>, ExperimentError> {
        source.folder.as_deref().map(|path| Self::open(path, &source.cache, task)).transpose()
    }

    /// A file, unpacked if it is gzip, without the byte order mark that some programs write in front. A large one is copied to
    /// `cache`.
    ///
    /// # Errors
    /// When there is no such file; when it is empty, is no UTF-8 or holds a NUL (the place is named, and what it looks like); when it
    /// cannot be copied, or was called off.
    pub fn open(path: &Path, cache: &Path, task: &TaskContext) -> Result<Self, ExperimentError> {
        Self::open_within(path, Kept::new(cache, IN_MEMORY), SUSPICIOUS, task)
    }

    fn open_within(path: &Path, copy: Kept, suspicious: u64, task: &TaskContext) -> Result<Self, ExperimentError> {
        let (file, length) = intake::open(path, &TEXT)?;
        let text = Self::take_in(file, length, copy, suspicious, task);
        text.map(|text| Text { file: Some(path.to_owned()), ..text }).map_err(|error| error.in_file(path))
    }

    fn take_in(
        file: File,
        packed_length: u64,
        mut copy: Kept,
        suspicious: u64,
        task: &TaskContext,
    ) -> Result<Self, ExperimentError> {
        let plain = |error: io::Error| ExperimentError::new(error.to_string());
        let (file, read) = Counted::new(file);
        let mut file = BufReader::with_capacity(CHUNK as usize, file);
        let mut reader: Box<dyn Read> = if file.fill_buf().map_err(plain)?.starts_with(GZIP) {
            Box::new(Unpacker::new(file))
        } else {
            Box::new(file)
        };
        let (mut sum, mut checked) = (Sha256::new(), Checked::default());
        loop {
            task.check()?;
            let taken = read.load(Ordering::Relaxed);
            task.report_progress(taken, packed_length);
            if copy.length > suspicious && copy.length / TIGHTEST > taken {
                return Err(ExperimentError::both(
                    format!(
                        "unpacks to more than {TIGHTEST} times its size; expected a text, which does not pack so well"
                    ),
                    format!("展開すると元の {TIGHTEST} 倍を超えます。そこまで圧縮できるものはテキストではありません"),
                ));
            }
            let before = checked.rest.len();
            (&mut reader).take(CHUNK).read_to_end(&mut checked.rest).map_err(plain)?;
            let is_end = checked.rest.len() == before;
            let piece = checked.next(is_end)?;
            sum.update(piece);
            copy.take(piece)?;
            checked.pass();
            if is_end {
                break;
            }
        }
        if copy.length == 0 {
            let (en, ja) = ("empty; expected a text in UTF-8", "空です。UTF-8 のテキストを指定してください");
            return Err(ExperimentError::both(en, ja));
        }
        let digest = digest::short(sum.finalize());
        let length = copy.length;
        Ok(Text { origin: copy.finish(&digest)?, file: None, length, digest })
    }

    /// Bytes in all.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The beginning of the SHA-256 of the text.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// A failure of this text, with its file.
    pub fn failure(&self, why: ExperimentError) -> ExperimentError {
        match &self.file {
            None => why,
            Some(path) => why.in_file(path),
        }
    }

    /// Bytes from `start`, up to `length` of them.
    ///
    /// # Errors
    /// When the copy cannot be read any more.
    pub fn bytes(&self, start: u64, length: u64) -> Result<Vec<u8>, ExperimentError> {
        let end = start.saturating_add(length).min(self.length);
        let start = start.min(end);
        match &self.origin {
            Origin::Memory(text) => Ok(text.as_bytes()[start as usize..end as usize].to_vec()),
            Origin::Copy(file) => {
                let mut bytes = vec![0; (end - start) as usize];
                let read = file.read_exact_at(&mut bytes, start);
                read.map_err(|error| {
                    self.failure(ExperimentError::new(format!("its copy in the cache folder: {error}")))
                })?;
                Ok(bytes)
            }
        }
    }

    /// The characters that begin within so many bytes from `start`.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    pub fn window(&self, start: u64, length: u64) -> Result<String, ExperimentError> {
        // A character is at most four bytes long.
        let bytes = self.bytes(start, length + 3)?;
        let continues = |byte: &u8| byte & 0xc0 == 0x80;
        let from = if start == 0 { 0 } else { bytes.iter().position(|byte| !continues(byte)).unwrap_or(bytes.len()) };
        let mut to = bytes.len().min(length as usize).max(from);
        to += bytes[to..].iter().take_while(|byte| continues(byte)).count();
        Ok(String::from_utf8_lossy(&bytes[from..to]).into_owned())
    }

    /// Goes over the whole text a piece at a time.
    ///
    /// # Errors
    /// When it cannot be read any more, or was called off.
    pub fn for_each_piece(&self, task: &TaskContext, mut take: impl FnMut(&str)) -> Result<(), ExperimentError> {
        for start in (0..self.length).step_by(CHUNK as usize) {
            task.check()?;
            task.report_progress(start, self.length);
            take(&self.window(start, CHUNK)?);
        }
        Ok(())
    }
}

/// Bytes on their way in, of which those that are text were told.
#[derive(Default)]
struct Checked {
    rest: Vec<u8>,
    /// The first bytes of the file, by which it is known if it is no text.
    head: Vec<u8>,
    has_begun: bool,
    /// What of `rest` is text.
    whole: usize,
    line: u64,
    column: u64,
}

impl Checked {
    /// The part of what has come that is whole characters, without the mark in front.
    fn next(&mut self, is_end: bool) -> Result<&[u8], ExperimentError> {
        if !self.has_begun {
            self.head = self.rest[..self.rest.len().min(1 << 16)].to_vec();
            self.rest.drain(..if self.rest.starts_with(MARK) { MARK.len() } else { 0 });
            self.has_begun = true;
        }
        let (valid, is_broken) = match std::str::from_utf8(&self.rest) {
            Ok(text) => (text.len(), false),
            // A character that the next piece completes.
            Err(error) if error.error_len().is_none() && !is_end => (error.valid_up_to(), false),
            Err(error) => (error.valid_up_to(), true),
        };
        let nul = self.rest[..valid].iter().position(|byte| *byte == 0);
        for byte in &self.rest[..nul.unwrap_or(valid)] {
            self.column += 1;
            if *byte == b'\n' {
                (self.line, self.column) = (self.line + 1, 0);
            }
        }
        if nul.is_some() || is_broken {
            let at = BrokenAt { line: self.line + 1, byte: self.column + 1, is_nul: nul.is_some() };
            // An encoding is guessed from bytes that are none of ASCII.
            let sample = if self.head.is_ascii() { &self.rest[valid.saturating_sub(100)..] } else { &self.head };
            return Err(intake::not_text(&self.head, sample, at, &TEXT));
        }
        self.whole = valid;
        Ok(&self.rest[..valid])
    }

    fn pass(&mut self) {
        self.rest.drain(..self.whole);
    }
}

/// A text that is being taken in: in memory as long as it is small, then in a file.
struct Kept {
    memory: Vec<u8>,
    most: u64,
    folder: PathBuf,
    file: Option<(File, PathBuf)>,
    length: u64,
}

impl Kept {
    fn new(cache: &Path, most: u64) -> Self {
        Kept { memory: Vec::new(), most, folder: cache.join(COPIES), file: None, length: 0 }
    }

    fn failure(&self, error: &io::Error) -> ExperimentError {
        let folder = self.folder.display();
        ExperimentError::both(
            format!("a text of this size is copied to {folder} first: {error}"),
            format!("この大きさのテキストは先に {folder} に複写します: {error}"),
        )
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), ExperimentError> {
        self.length += piece.len() as u64;
        if self.file.is_none() && self.length <= self.most {
            self.memory.extend_from_slice(piece);
            return Ok(());
        }
        self.write(piece).map_err(|error| self.failure(&error))
    }

    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let (file, _) = match &mut self.file {
            Some(open) => open,
            None => {
                std::fs::create_dir_all(&self.folder)?;
                let (file, path) = part(&self.folder)?;
                let open = self.file.insert((file, path));
                open.0.write_all(&std::mem::take(&mut self.memory))?;
                open
            }
        };
        file.write_all(piece)
    }

    /// The copy gets the name of its digest: the same text is kept once.
    fn finish(mut self, digest: &str) -> Result<Origin, ExperimentError> {
        let Some((file, part)) = self.file.take() else {
            let text = String::from_utf8(std::mem::take(&mut self.memory)).expect("it was looked at");
            return Ok(Origin::Memory(text.into()));
        };
        let named = self.folder.join(digest);
        let renamed = file.sync_data().and_then(|()| std::fs::rename(&part, &named)).and_then(|()| File::open(&named));
        match renamed {
            Ok(copy) => Ok(Origin::Copy(Arc::new(copy))),
            Err(error) => {
                let _nothing_left = std::fs::remove_file(&part);
                Err(self.failure(&error))
            }
        }
    }
}

impl Drop for Kept {
    /// What was called off or failed leaves no part behind.
    fn drop(&mut self) {
        if let Some((_, part)) = self.file.take() {
            let _gone = std::fs::remove_file(part);
        }
    }
}

/// A fresh file for a part of a copy.
fn part(folder: &Path) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".{}-{number}.part", std::process::id()));
    Ok((File::create(&path)?, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn checked(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        std::fs::write(&path, bytes).unwrap();
        let (task, mut pieces) = (TaskContext::default(), String::new());
        let opened = Text::open_within(&path, Kept::new(folder.path(), 100), SUSPICIOUS, &task);
        match opened.and_then(|text| text.for_each_piece(&task, |piece| pieces.push_str(piece))) {
            Ok(()) => pieces,
            Err(error) => error.to_string().rsplit("t.txt: ").next().unwrap().to_owned(),
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        assert_eq!(checked("one\nzwölf\n王".as_bytes()), "one\nzwölf\n王");
        let utf = "is no UTF-8";
        assert!(checked(b"one\ntw\xff").starts_with(&format!("line 2, byte 3 {utf}")));
        assert!(checked(b"one \xe7\x8e").starts_with(&format!("line 1, byte 5 {utf}")));
        assert_eq!(checked(b"a\n\nb\0c"), "line 3, byte 2 is NUL; expected a text in UTF-8");
        assert_eq!(checked(b""), "empty; expected a text in UTF-8");
        assert_eq!(checked(b"\xef\xbb\xbfone\r\n"), "one\r\n", "without the mark");
        assert_eq!(checked(b"\xef\xbb\xbf"), "empty; expected a text in UTF-8");
        assert_eq!(checked(b"\xff\xfeo\0n\0"), "UTF-16; expected a text in UTF-8");
        assert_eq!(checked(b"PK\x03\x04\0\0"), "a zip archive; expected a text in UTF-8");
        // A character that lies across two pieces.
        let long = format!("{}王{}", "x".repeat(CHUNK as usize - 1), "y".repeat(10));
        assert_eq!(checked(long.as_bytes()), long);
        let (latin, ..) = encoding_rs::WINDOWS_1252.encode("l'été à la fenêtre\n");
        let far = [&vec![b'x'; 3 << 16][..], &latin].concat();
        assert!(checked(&far).starts_with("line 1, byte 196611 is no UTF-8 (the file looks like windows-1252"));
    }

    #[test]
    fn a_packed_text_is_unpacked_and_a_large_one_is_copied_once_under_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.gz");
        let task = TaskContext::default();
        let text = "many words, and many more. ".repeat(100);
        std::fs::write(&path, packed(text.as_bytes())).unwrap();
        let open =
            |path: &Path, task: &TaskContext| Text::open_within(path, Kept::new(folder.path(), 1000), SUSPICIOUS, task);
        for _ in 0..2 {
            let opened = open(&path, &task).unwrap();
            assert_eq!((opened.len(), opened.digest()), (2700, Text::memory(text.as_str()).digest()));
            // What happens to the file afterwards does not reach it.
            let copies: Vec<_> = std::fs::read_dir(folder.path().join(COPIES)).unwrap().flatten().collect();
            assert_eq!(copies.len(), 1);
            assert_eq!(copies[0].file_name().to_str(), Some(opened.digest()));
            assert_eq!(opened.window(0, 3000).unwrap(), text);
        }
        // A broken text leaves no part behind, nor one that was called off.
        std::fs::write(&path, [text.as_bytes(), b"\xff"].concat()).unwrap();
        open(&path, &task).unwrap_err();
        task.cancel();
        open(&path, &task).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path().join(COPIES)).unwrap().count(), 1);
    }

    #[test]
    fn what_unpacks_without_end_is_refused_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.gz");
        std::fs::write(&path, packed(&vec![b'a'; 16 << 20])).unwrap();
        let copy = Kept::new(folder.path(), 1000);
        let error = Text::open_within(&path, copy, 4 << 20, &TaskContext::default()).unwrap_err().to_string();
        assert!(error.contains("unpacks to more than 200 times its size"), "{error}");
        let left = std::fs::read_dir(folder.path().join(COPIES)).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    }

    #[test]
    fn what_happens_to_the_file_reaches_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        std::fs::write(&path, "as it was").unwrap();
        let text = Text::open(&path, folder.path(), &TaskContext::default()).unwrap();
        std::fs::write(&path, "cut").unwrap();
        assert_eq!(text.window(0, 100).unwrap(), "as it was");
    }

    proptest! {
        /// Windows side by side have every character once.
        #[test]
        fn windows_part_no_character(text in "[a王é\n]{0,60}", width in 1_u64..9) {
            let whole = Text::memory(text.as_str());
            let windows = (0..whole.len().div_ceil(width)).map(|place| whole.window(place * width, width).unwrap());
            prop_assert_eq!(windows.collect::<String>(), text);
        }
    }
}
