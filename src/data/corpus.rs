//! A text to learn from, of any size: its vocabulary, and its words a chunk at a time. It is read twice or more.

use super::text::Text;
use super::tokens;
use super::vectors::Words;
use crate::experiment::{ExperimentError, TaskContext};
use std::collections::HashMap;
use std::sync::Arc;

/// The end of a line among words.
pub const LINE_END: u32 = u32::MAX;
/// Bytes of a chunk: a hundred chunks or more to a text, but none larger or smaller than this.
const CHUNK: std::ops::RangeInclusive<u64> = 1 << 12..=1 << 18;
const CHUNKS: u64 = 100;
/// Words counted at once; beyond this the rare ones so far are dropped, as word2vec's own program does.
const MOST_COUNTED: usize = 1 << 22;
/// How much of a text says whether its Japanese is spaced.
const SAMPLE: usize = 1 << 16;

/// Words by how often they occur, the most frequent first.
pub struct Vocabulary {
    pub words: Words,
    pub counts: Vec<u64>,
    /// Words of the text, those that are too rare among them.
    pub total: u64,
}

impl Vocabulary {
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// A text with its vocabulary.
pub struct Corpus {
    text: Text,
    spaced: bool,
    pub vocabulary: Vocabulary,
}

impl Corpus {
    /// Of a text in memory, whose Japanese has spaces between words.
    pub fn of_text(text: impl Into<Arc<str>>, rarest: u64) -> Self {
        let vocabulary = Vocabulary { words: Words::empty(), counts: Vec::new(), total: 0 };
        let mut corpus = Corpus { text: Text::memory(text), spaced: true, vocabulary };
        corpus.count(rarest, &TaskContext::default()).expect("a text in memory can be read");
        corpus
    }

    /// Of a person's own text; words that occur less than `rarest` times are no words.
    ///
    /// # Errors
    /// When it cannot be read any more, or has no word that is frequent enough.
    pub fn open(text: Text, rarest: u64, task: &TaskContext) -> Result<Self, ExperimentError> {
        let vocabulary = Vocabulary { words: Words::empty(), counts: Vec::new(), total: 0 };
        let mut corpus = Corpus { text, spaced: false, vocabulary };
        let mut sample = corpus.text.bytes(0, SAMPLE as u64)?;
        sample.truncate(sample.iter().rposition(u8::is_ascii_whitespace).unwrap_or(sample.len()));
        corpus.spaced = tokens::is_spaced(&String::from_utf8_lossy(&sample));
        corpus.count(rarest, task)?;
        if corpus.vocabulary.len() < 2 {
            let (total, known) = (corpus.vocabulary.total, corpus.vocabulary.len());
            return Err(corpus.text.failure(ExperimentError::both(
                format!("{total} words, of which {known} occur {rarest} times or more; expected two at least (see knob min_count)"),
                format!("{total} 語のうち {rarest} 回以上現れるのは {known} 語です。2 語以上必要です(ノブ min_count を参照)"),
            )));
        }
        Ok(corpus)
    }

    fn chunk_length(&self) -> u64 {
        (self.text.len() / CHUNKS).clamp(*CHUNK.start(), *CHUNK.end())
    }

    pub fn chunks(&self) -> u64 {
        self.text.len().div_ceil(self.chunk_length())
    }

    /// Whether a chunk has less than half the text of the others, as the last one may.
    pub fn is_short(&self, chunk: u64) -> bool {
        let length = self.chunk_length();
        chunk > 0 && 2 * self.text.len().saturating_sub(chunk * length) < length
    }

    /// Words a chunk, on average.
    pub fn words_per_chunk(&self) -> u64 {
        self.vocabulary.total / self.chunks().max(1)
    }

    /// The text of a chunk. A word belongs to the chunk in which it begins: a chunk starts behind the first space after its
    /// first byte and ends behind the first space after its last; in a text without spaces, between two letters.
    fn chunk_text(&self, chunk: u64) -> Result<String, ExperimentError> {
        const FURTHEST: u64 = 4096;
        let length = self.chunk_length();
        let start = chunk * length;
        // One byte before: a space there means that a word begins with the chunk.
        let before = u64::from(start > 0);
        let bytes = self.text.bytes(start - before, length + before + FURTHEST)?;
        let to_the_end = start - before + bytes.len() as u64 == self.text.len();
        let cut = |from: usize| {
            let end = bytes.len().min(from + FURTHEST as usize);
            let reach = &bytes[from.min(bytes.len())..end];
            match reach.iter().position(u8::is_ascii_whitespace) {
                Some(space) => from + space + 1,
                // The last word of the text, which is not parted either.
                None if to_the_end && end == bytes.len() => end,
                // A byte that continues a letter begins none.
                None => {
                    let next = bytes.len().min(from + 1);
                    next + bytes[next..].iter().position(|byte| byte & 0xc0 != 0x80).unwrap_or(0)
                }
            }
        };
        let from = if start == 0 { 0 } else { cut(0).min(bytes.len()) };
        let last = (length + before) as usize - 1;
        let to = if start + length >= self.text.len() { bytes.len() } else { cut(last).min(bytes.len()) };
        Ok(String::from_utf8_lossy(&bytes[from.min(to)..to]).into_owned())
    }

    /// The words of a chunk by their numbers, [`LINE_END`] at the end of each line, and how many words of any kind it has.
    ///
    /// # Errors
    /// When the text cannot be read any more.
    pub fn chunk(&self, chunk: u64) -> Result<(Vec<u32>, u64), ExperimentError> {
        let text = self.chunk_text(chunk)?;
        let (mut ids, mut seen, mut word) = (Vec::with_capacity(text.len() / 5), 0, String::new());
        for line in text.lines() {
            tokens::words(line, self.spaced, &mut word, |word| {
                seen += 1;
                ids.extend(self.vocabulary.words.find(word));
            });
            ids.push(LINE_END);
        }
        Ok((ids, seen))
    }

    fn count(&mut self, rarest: u64, task: &TaskContext) -> Result<(), ExperimentError> {
        let mut counts: HashMap<Box<str>, u64> = HashMap::new();
        let (mut total, mut word, mut dropped) = (0, String::new(), 0);
        for chunk in 0..self.chunks() {
            task.check()?;
            task.report_progress(chunk, self.chunks());
            tokens::words(&self.chunk_text(chunk)?, self.spaced, &mut word, |word| {
                total += 1;
                match counts.get_mut(word) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(word.into(), 1);
                    }
                }
            });
            while counts.len() > MOST_COUNTED {
                dropped += 1;
                counts.retain(|_, count| *count > dropped);
            }
        }
        let mut counts: Vec<(Box<str>, u64)> =
            counts.into_iter().filter(|(_, count)| *count >= rarest.max(1)).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut words = Words::empty();
        counts.iter().for_each(|(word, _)| {
            words.push(word);
        });
        self.vocabulary = Vocabulary { words, counts: counts.into_iter().map(|(_, count)| count).collect(), total };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn own(path: &Path, rarest: u64) -> Result<Corpus, ExperimentError> {
        let task = TaskContext::default();
        Corpus::open(Text::open(path, Path::new("/nowhere"), &task)?, rarest, &task)
    }

    #[test]
    fn words_are_counted_and_numbered_by_frequency() {
        let corpus = Corpus::of_text("b a b\nc B rare\na c b\n", 2);
        assert_eq!(corpus.vocabulary.words.iter().collect::<Vec<_>>(), ["b", "a", "c"]);
        assert_eq!((corpus.vocabulary.counts.as_slice(), corpus.vocabulary.total), (&[4, 2, 2][..], 9));
        assert_eq!(corpus.chunk(0).unwrap(), (vec![0, 1, 0, LINE_END, 2, 0, LINE_END, 1, 2, 0, LINE_END], 9));
    }

    #[test]
    fn a_file_that_is_no_text_is_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        std::fs::write(&path, "once").unwrap();
        let said = own(&path, 5).err().unwrap().to_string();
        assert!(
            said.ends_with("1 words, of which 0 occur 5 times or more; expected two at least (see knob min_count)"),
            "{said}"
        );
    }

    /// A cut within the last word leaves it to the chunk before.
    #[test]
    fn the_last_word_is_not_parted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        for length in 1..12 {
            let last = "abcdefghijklm".get(..length).unwrap();
            for lead in 0..12 {
                let text = format!("{}{}{last}", "xy ".repeat(*CHUNK.start() as usize / 3), "z ".repeat(lead));
                std::fs::write(&path, &text).unwrap();
                let corpus = own(&path, 1).unwrap();
                assert!(corpus.vocabulary.words.find(last).is_some(), "{length} {lead}");
                assert_eq!(corpus.vocabulary.total as usize, text.split(' ').count());
            }
        }
    }

    /// Where a text has no spaces, the chunks part it between two letters.
    #[test]
    fn a_text_that_is_one_line_without_spaces_loses_no_letter() {
        for text in ["王".repeat(30_000), "aé王".repeat(9_000), format!("{} {}", "é".repeat(9_000), "王".repeat(9_000))]
        {
            let corpus = Corpus::of_text(text.as_str(), 1);
            let parts: String = (0..corpus.chunks()).map(|chunk| corpus.chunk_text(chunk).unwrap()).collect();
            assert!(parts == text, "{} chunks", corpus.chunks());
        }
    }

    proptest! {
        /// Chunks of a file have all of its words, each once, wherever the cuts fall.
        #[test]
        fn chunks_part_no_word(words in proptest::collection::vec("[a-c]{1,3}|王|é", 3000..6000), width in 3_usize..40) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("t.txt");
            let lines: Vec<String> = words.chunks(width).map(|line| line.join(" ")).collect();
            std::fs::write(&path, lines.join("\n")).unwrap();
            let corpus = own(&path, 1).unwrap();
            let mut found = Vec::new();
            for chunk in 0..corpus.chunks() {
                let (ids, _) = corpus.chunk(chunk).unwrap();
                found.extend(ids.into_iter().filter(|id| *id != LINE_END).map(|id| corpus.vocabulary.words.get(id).to_owned()));
            }
            prop_assert_eq!(found, words);
        }
    }
}
