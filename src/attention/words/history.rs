//! Lines said before, kept from one time of the program to the next: a file with a line of JSON for each, so that a line of
//! several lines stays one. What cannot be read is passed over; what cannot be written is not kept, and nothing breaks.

use crate::experiment::Wording;
use crate::intake::{self, Purpose};
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Lines that are kept.
const MOST: usize = 1000;
/// Bytes of the file that are read, from its end.
const LARGEST: u64 = 1 << 20;
const LINES: Purpose = Purpose::new(Wording::new("lines of JSON", "JSON の行"), u64::MAX);
/// The longest line that is kept.
const LONGEST: usize = 1 << 14;

/// Lines, the oldest first.
#[derive(Debug, Default)]
pub struct History {
    lines: Vec<String>,
    file: Option<PathBuf>,
}

impl History {
    /// That of a file, which need not be there yet.
    pub fn open(file: PathBuf) -> Self {
        let lines = intake::open(&file, &LINES).map(|(found, _)| read(&found)).unwrap_or_default();
        let mut history = History { lines, file: Some(file) };
        if history.lines.len() > MOST {
            history.lines.drain(..history.lines.len() - MOST);
            history.write_anew();
        }
        history
    }

    /// That of a person, by the folder of what they keep; none without a folder.
    pub fn of_folder(folder: &Path) -> Self {
        if folder.as_os_str().is_empty() { Self::default() } else { Self::open(folder.join("said.jsonl")) }
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Keeps a line, unless it is the last one again.
    pub fn push(&mut self, line: &str) {
        if line.trim().is_empty() || line.len() > LONGEST || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        self.lines.push(line.to_owned());
        if let Some(file) = &self.file {
            // One write for a whole line: two programs at once do not mix theirs.
            let text = serde_json::to_string(line).expect("a text") + "\n";
            let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
            let opened =
                folder.and_then(|()| intake::only_a_file(OpenOptions::new().create(true).append(true)).open(file));
            let _not_kept = opened.and_then(|mut opened| opened.write_all(text.as_bytes()));
        }
    }

    fn write_anew(&self) {
        let Some(file) = &self.file else { return };
        let lines = self.lines.iter().map(|line| serde_json::to_string(line).expect("a text") + "\n");
        let text: String = lines.collect();
        let Ok(mut whole) = atomic_write_file::AtomicWriteFile::open(file) else { return };
        let _not_kept = whole.write_all(text.as_bytes()).and_then(|()| whole.commit());
    }
}

/// The lines of a file of any content.
fn read(mut file: &File) -> Vec<String> {
    use std::io::{Seek, SeekFrom};
    let length = file.metadata().map_or(0, |facts| facts.len());
    if length > LARGEST && file.seek(SeekFrom::End(-(LARGEST as i64))).is_err() {
        return Vec::new();
    }
    lines(file.take(LARGEST))
}

fn lines(reader: impl Read) -> Vec<String> {
    let mut reader = BufReader::new(reader);
    let (mut lines, mut bytes) = (Vec::new(), Vec::new());
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        if let Ok(line) = serde_json::from_slice::<String>(&bytes)
            && line.len() <= LONGEST
        {
            lines.push(line);
        }
        bytes.clear();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_come_back_and_repeated_ones_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/words.jsonl");
        let mut history = History::open(file.clone());
        for line in ["king", "king", "a\n王", "", "king"] {
            history.push(line);
        }
        assert_eq!(history.lines(), ["king", "a\n王", "king"]);
        assert_eq!(History::open(file).lines(), history.lines());
    }

    #[test]
    fn only_the_latest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("words.jsonl");
        let mut history = History::open(file.clone());
        (0..MOST + 5).for_each(|line| history.push(&line.to_string()));
        let history = History::open(file.clone());
        assert_eq!((history.lines().len(), history.lines()[0].as_str()), (MOST, "5"));
        assert_eq!(fs::read_to_string(file).unwrap().lines().count(), MOST);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_history(bytes in proptest::collection::vec(any::<u8>(), 0..300), line in "\\PC{0,20}") {
            let mut file = bytes;
            file.push(b'\n');
            file.extend((serde_json::to_string(&line).unwrap() + "\n").bytes());
            let found = lines(&file[..]);
            prop_assert_eq!(found.last(), Some(&line));
        }
    }
}
