//! A text to learn from, of any size: in memory, or a file of which parts are read as they are wanted.

use crate::experiment::{ExperimentError, TaskContext};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes looked at in one go.
const CHUNK: u64 = 1 << 20;
/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug, Clone)]
enum Origin {
    Memory(Arc<str>),
    File(PathBuf),
}

/// A text.
#[derive(Debug, Clone)]
pub struct Text {
    origin: Origin,
    /// Bytes of a byte order mark in front, which is no part of the text.
    mark: u64,
    length: u64,
}

impl Text {
    pub fn memory(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let length = text.len() as u64;
        Text { origin: Origin::Memory(text), mark: 0, length }
    }

    /// A file as long as it is now, without the byte order mark that some programs write in front.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn open(path: &Path) -> Result<Self, ExperimentError> {
        let failure = |why: String| ExperimentError::new(format!("{}: {why}", path.display()));
        let metadata = std::fs::metadata(path).map_err(|error| failure(error.to_string()))?;
        if !metadata.is_file() {
            return Err(failure("not a file; expected a text in UTF-8".to_owned()));
        }
        let mut head = Vec::with_capacity(MARK.len());
        let file = File::open(path).map_err(|error| failure(error.to_string()))?;
        file.take(MARK.len() as u64).read_to_end(&mut head).map_err(|error| failure(error.to_string()))?;
        let mark = if head == MARK { MARK.len() as u64 } else { 0 };
        Ok(Text { origin: Origin::File(path.to_owned()), mark, length: metadata.len().saturating_sub(mark) })
    }

    /// Bytes in all.
    pub fn len(&self) -> u64 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// A failure of this text, with its file.
    pub fn failure(&self, why: ExperimentError) -> ExperimentError {
        match &self.origin {
            Origin::Memory(_) => why,
            Origin::File(path) => why.in_file(path),
        }
    }

    /// Bytes from `start`, up to `length` of them.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn bytes(&self, start: u64, length: u64) -> Result<Vec<u8>, ExperimentError> {
        let end = start.saturating_add(length).min(self.length);
        match &self.origin {
            Origin::Memory(text) => Ok(text.as_bytes()[start.min(end) as usize..end as usize].to_vec()),
            Origin::File(path) => {
                let failure = |error: std::io::Error| self.failure(ExperimentError::new(error.to_string()));
                let mut file = File::open(path).map_err(failure)?;
                file.seek(SeekFrom::Start(self.mark + start)).map_err(failure)?;
                let mut bytes = Vec::with_capacity(end.saturating_sub(start) as usize);
                file.take(end.saturating_sub(start)).read_to_end(&mut bytes).map_err(failure)?;
                Ok(bytes)
            }
        }
    }

    /// The characters that begin within so many bytes from `start`; what is no character becomes U+FFFD.
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
    /// When it is empty, is no UTF-8 or holds a NUL (the line and the byte in it are named), cannot be read any more, or was called
    /// off.
    pub fn for_each_piece(&self, task: &TaskContext, mut take: impl FnMut(&str)) -> Result<(), ExperimentError> {
        let (mut rest, mut line, mut column) = (Vec::new(), 1_u64, 0_u64);
        let mut start = 0;
        while start < self.length {
            task.check()?;
            task.report_progress(start, self.length);
            rest.extend(self.bytes(start, CHUNK)?);
            start += CHUNK;
            let (whole, is_broken) = match std::str::from_utf8(&rest) {
                Ok(text) => (text.len(), false),
                // A character that the next piece completes.
                Err(error) if error.error_len().is_none() && start < self.length => (error.valid_up_to(), false),
                Err(error) => (error.valid_up_to(), true),
            };
            let piece = std::str::from_utf8(&rest[..whole]).expect("it was looked at");
            let nul = piece.bytes().position(|byte| byte == 0);
            for byte in piece.bytes().take(nul.unwrap_or(whole)) {
                column += 1;
                if byte == b'\n' {
                    (line, column) = (line + 1, 0);
                }
            }
            let at = |en: &str, ja: &str| {
                let place = column + 1;
                let (en, ja) =
                    (format!("line {line}, byte {place} {en}"), format!("{line} 行目の {place} バイト目{ja}"));
                Err(self.failure(ExperimentError::both(en, ja)))
            };
            if nul.is_some() {
                return at(
                    "is NUL: expected a text, not a file of another kind",
                    "が NUL です。テキストファイルを指定してください",
                );
            }
            if is_broken {
                return at(
                    "is no UTF-8: expected a text in UTF-8, or convert it first",
                    "が UTF-8 ではありません。UTF-8 に変換してください",
                );
            }
            take(piece);
            rest.drain(..whole);
        }
        if self.is_empty() {
            let (en, ja) = ("empty; expected a text in UTF-8", "空です。UTF-8 のテキストを指定してください");
            return Err(self.failure(ExperimentError::both(en, ja)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn checked(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        std::fs::write(&path, bytes).unwrap();
        let mut pieces = String::new();
        match Text::open(&path).unwrap().for_each_piece(&TaskContext::default(), |piece| pieces.push_str(piece)) {
            Ok(()) => pieces,
            Err(error) => error.to_string().rsplit("t.txt: ").next().unwrap().to_owned(),
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        assert_eq!(checked("one\nzwölf\n王".as_bytes()), "one\nzwölf\n王");
        let utf = "is no UTF-8: expected a text in UTF-8, or convert it first";
        assert_eq!(checked(b"one\ntw\xff"), format!("line 2, byte 3 {utf}"));
        assert_eq!(checked(b"one \xe7\x8e"), format!("line 1, byte 5 {utf}"));
        assert_eq!(checked(b"a\n\nb\0c"), "line 3, byte 2 is NUL: expected a text, not a file of another kind");
        assert_eq!(checked(b""), "empty; expected a text in UTF-8");
        assert_eq!(checked(b"\xef\xbb\xbfone\r\n"), "one\r\n", "without the mark");
        assert_eq!(checked(b"\xef\xbb\xbf"), "empty; expected a text in UTF-8");
        assert_eq!(checked(b"\xff\xfeo\0n\0"), format!("line 1, byte 1 {utf}"), "UTF-16");
        // A character that lies across two pieces.
        let long = format!("{}王{}", "x".repeat(CHUNK as usize - 1), "y".repeat(10));
        assert_eq!(checked(long.as_bytes()), long);
        assert!(Text::open(Path::new("/")).unwrap_err().0.contains("not a file"));
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
