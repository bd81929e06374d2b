//! What a GPT learns from: stories, or a text of one's own, cut into stretches of tokens.

use crate::data::bytepair::{BYTES, BytePair};
use crate::data::stories::{self, Language};
use crate::data::text::Text;
use crate::data::tokenizer::Tokenizer;
use crate::experiment::{ExperimentError, Knobs, TaskContext};
use rand::RngExt;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// The share of a text of one's own that is held out: its last tenth.
const HELD_OUT: u64 = 10;
/// Stories that are held out, written after those that are learned from.
const HELD_OUT_STORIES: usize = 1000;
/// The part of a text from which merges are learned.
const LEARNED_FROM: u64 = 2 << 20;
/// How far behind a place the next line may begin.
const FURTHEST_LINE: u64 = 4096;

/// A text and its tokens.
pub struct Corpus {
    text: Text,
    pub tokenizer: Arc<Tokenizer>,
    /// The language of the stories; none for a text of one's own.
    pub language: Option<Language>,
    /// Bytes that are learned from; those behind are held out.
    learned: Range<u64>,
    held_out: Range<u64>,
    /// Bytes of a token, on average.
    bytes_per_token: f64,
}

impl Corpus {
    /// The stories that knobs ask for, or a text of one's own; with tokens of its own unless they are given.
    ///
    /// # Errors
    /// When the text is too short.
    pub fn new(
        knobs: &Knobs,
        seed: u64,
        text: Option<Text>,
        tokenizer: Option<&Arc<Tokenizer>>,
        task: &TaskContext,
    ) -> Result<Self, ExperimentError> {
        let (text, language, cut) = match text {
            Some(text) => {
                let cut = text.len() - text.len() / HELD_OUT;
                (text, None, cut)
            }
            None => {
                let (language, count) = (Language::named(knobs.choice("text")), knobs.integer("stories") as usize);
                let all = stories::text(language, count + HELD_OUT_STORIES, seed);
                let cut = all.split_inclusive('\n').take(count).map(str::len).sum::<usize>() as u64;
                (Text::memory(all), Some(language), cut)
            }
        };
        let takes_characters = tokenizer.is_none() && knobs.choice("tokens") == "characters";
        let (mut letters, mut sample, mut read) = (BTreeSet::new(), String::new(), 0);
        text.for_each_piece(task, |piece| {
            if takes_characters {
                letters.extend(piece.chars());
            }
            // Merges are learned from what is learned from.
            let end = piece.floor_char_boundary(cut.saturating_sub(read) as usize);
            if (sample.len() as u64) < LEARNED_FROM {
                sample.push_str(&piece[..end.min(piece.len())]);
            }
            read += piece.len() as u64;
        })?;
        let tokenizer = match tokenizer {
            Some(tokenizer) => Arc::clone(tokenizer),
            None if takes_characters => Arc::new(Tokenizer::of_characters(&letters)?),
            None => {
                let symbols = BYTES.max(knobs.integer("vocabulary") as usize);
                Arc::new(Tokenizer::BytePair(BytePair::learn(&sample, symbols)))
            }
        };
        let head = &sample[..sample.floor_char_boundary(1 << 16)];
        let bytes_per_token = head.len() as f64 / tokenizer.encode(head)?.len().max(1) as f64;
        let (learned, held_out) = (0..cut, cut..text.len());
        let corpus = Corpus { text, tokenizer, language, learned, held_out, bytes_per_token };
        let context = knobs.integer("context") as usize;
        for part in [&corpus.learned, &corpus.held_out] {
            if corpus.stretch(part, part.start, context + 1)?.is_none() {
                let (bytes, needed) = (part.end - part.start, (corpus.bytes_per_token * context as f64).ceil());
                let (en, ja) = match language {
                    Some(_) => {
                        ("raise `stories` or lower `context`", "`stories` を増やすか、`context` を減らしてください")
                    }
                    None => (
                        "lower `context` or take a longer text",
                        "`context` を減らすか、もっと長いテキストを使ってください",
                    ),
                };
                return Err(corpus.text.failure(ExperimentError::both(
                    format!("too short: a part of {bytes} bytes, expected about {needed} for context = {context}; {en}"),
                    format!("短すぎます: 一部分が {bytes} バイトで、context = {context} には約 {needed} バイト必要です。{ja}"),
                )));
            }
        }
        Ok(corpus)
    }

    /// The beginning of the SHA-256 of the text.
    pub fn digest(&self) -> &str {
        self.text.digest()
    }

    /// So many tokens from the byte `start` of a part of the text; none if it ends before.
    fn stretch(&self, part: &Range<u64>, start: u64, tokens: usize) -> Result<Option<Vec<usize>>, ExperimentError> {
        let mut length = (1.5 * self.bytes_per_token * tokens as f64) as u64 + 16;
        loop {
            let left = part.end.saturating_sub(start);
            let mut found = self.tokenizer.encode(&self.text.window(start, length.min(left))?)?;
            // The last token may be cut off.
            if found.len() > tokens || (length >= left && found.len() == tokens) {
                found.truncate(tokens);
                return Ok(Some(found));
            }
            if length >= left {
                return Ok(None);
            }
            length *= 2;
        }
    }

    /// Where a stretch that begins near a byte begins: behind a story, at the end of its line; in another text anywhere.
    fn beginning(&self, near: u64) -> Result<u64, ExperimentError> {
        if self.language.is_none() || near == 0 {
            return Ok(near);
        }
        let ahead = self.text.bytes(near, FURTHEST_LINE)?;
        Ok(ahead.iter().position(|byte| *byte == b'\n').map_or(near, |at| near + at as u64))
    }

    /// So many tokens from somewhere in the part that is learned from.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn sample(&self, tokens: usize, random: &mut impl RngExt) -> Result<Vec<usize>, ExperimentError> {
        // Where a stretch would end behind the part, places before are tried.
        let mut last = self.learned.end;
        while last > self.learned.start {
            let near = random.random_range(self.learned.start..last);
            if let Some(found) = self.stretch(&self.learned, self.beginning(near)?, tokens)? {
                return Ok(found);
            }
            last = near;
        }
        self.stretch(&self.learned, self.learned.start, tokens)?
            .ok_or_else(|| self.text.failure(ExperimentError::new("the text has become shorter during the run")))
    }

    /// Stretches of so many tokens spread evenly over what is held out.
    ///
    /// # Errors
    /// When the file cannot be read any more.
    pub fn held_out(&self, count: usize, tokens: usize) -> Result<Vec<Vec<usize>>, ExperimentError> {
        let length = self.held_out.end - self.held_out.start;
        let mut found = Vec::with_capacity(count);
        for place in 0..count as u64 {
            let start = self.beginning(self.held_out.start + length * place / count as u64)?;
            found.extend(self.stretch(&self.held_out, start, tokens)?);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::knobs;
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::path::Path;

    fn corpus(set: &str, file: Option<&Path>) -> Result<Corpus, ExperimentError> {
        let mut with = Knobs::defaults(&knobs());
        set.split_whitespace().for_each(|assignment| with.set_text(&knobs(), assignment).unwrap());
        let task = TaskContext::default();
        let text = file.map(|file| Text::open(file, &std::env::temp_dir(), &task)).transpose()?;
        Corpus::new(&with, 1, text, None, &task)
    }

    #[test]
    fn stories_begin_at_their_beginning_and_what_is_held_out_is_apart() {
        for tokens in ["characters", "bytepair"] {
            let corpus = corpus(&format!("stories=300 context=40 vocabulary=400 tokens={tokens}"), None).unwrap();
            let random = &mut ChaCha8Rng::seed_from_u64(1);
            let text = |tokens: &[usize]| corpus.tokenizer.decode(tokens);
            for _ in 0..50 {
                let story = text(&corpus.sample(41, random).unwrap());
                assert!(story.contains(" is in ") || story.contains(" is at ") || story.contains(" is on "), "{story}");
                assert!(story.starts_with(['\n', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J']), "{story}");
            }
            let [learned, held] = [&corpus.learned, &corpus.held_out]
                .map(|part| corpus.text.window(part.start, part.end - part.start).unwrap());
            assert!(
                learned.ends_with('\n') && learned.lines().count() == 300 && held.lines().count() == HELD_OUT_STORIES
            );
            for _ in 0..200 {
                assert!(learned.contains(&text(&corpus.sample(41, random).unwrap()[1..])), "only what is learned from");
            }
            let held_out = corpus.held_out(20, 41).unwrap();
            assert!(held_out.iter().all(|stretch| held.contains(&text(&stretch[1..]))));
            assert!(held_out.len() > 15);
            assert!(held_out.iter().all(|stretch| stretch.len() == 41));
        }
    }

    #[test]
    fn a_text_of_ones_own_is_read_from_anywhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.txt");
        let written = |text: &str, set: &str| {
            std::fs::write(&path, text).unwrap();
            corpus(set, Some(&path)).map_err(|error| error.to_string().rsplit("t.txt: ").next().unwrap().to_owned())
        };
        let long = "王様と女王様。".repeat(400);
        for tokens in ["characters", "bytepair"] {
            let corpus = written(&long, &format!("context=16 tokens={tokens}")).unwrap();
            let random = &mut ChaCha8Rng::seed_from_u64(1);
            for _ in 0..50 {
                let stretch = corpus.sample(17, random).unwrap();
                let text = corpus.tokenizer.decode(&stretch);
                assert_eq!(stretch.len(), 17);
                assert!(text.chars().all(|letter| "王様と女。\u{fffd}".contains(letter)), "{text}");
            }
        }
        let error = written("short", "context=16 tokens=characters").err().unwrap();
        assert!(error.starts_with("too short: a part of 5 bytes, expected about 16 for context = 16"), "{error}");
        assert_eq!(written("", "").err().unwrap(), "empty; expected a text in UTF-8");
    }
}
