//! The pairs that a run learns from: of one of the tasks, or a person's own.

use super::Batch;
use crate::data::tasks::{Encoding, Pair, Task, pairs_from_tsv};
use crate::experiment::{ExperimentError, Knob, Knobs, TaskContext, Wording};
use crate::intake::{self, Purpose};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// The choices of the knob `task`. The answers of `addition-reversed` are written from their last digit.
const TASKS: [&str; 6] = ["dates", "reverse", "addition", "addition-reversed", "numbers", "translate"];

/// Bytes of a file of pairs at most.
const PAIRS: Purpose = Purpose::new(
    Wording::new(
        "a line `source<TAB>target` for each pair, in UTF-8",
        "1 行に 1 対「入力<TAB>出力」を書いた UTF-8 のテキスト",
    ),
    64 << 20,
);
/// Longest texts of a person's own, in tokens: a batch of them must fit into memory.
const LONGEST_OWN: usize = 400;
/// Of a person's own pairs one in so many is held out.
const HELD_OUT: usize = 10;

/// What a trained model must know of its texts; it is kept beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    pub source: Encoding,
    pub target: Encoding,
    /// Tokens of a source and of a target at most.
    pub longest: [usize; 2],
    /// Whether they are a person's own, not of a task.
    #[serde(default)]
    pub own: bool,
}

impl Texts {
    /// As a file of weights keeps them.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("names and numbers")
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When there are none, or they cannot be read.
    pub fn from_json(text: Option<&str>) -> Result<Self, ExperimentError> {
        serde_json::from_str(text.unwrap_or_default())
            .map_err(|error| ExperimentError::new(format!("the vocabulary beside the weights cannot be read: {error}")))
    }
}

/// Where pairs come from, and their encoding.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// None for a person's own pairs.
    pub task: Option<Task>,
    pub texts: Arc<Texts>,
    /// A person's own pairs: to learn from, and held out.
    own: Arc<[Vec<Pair>; 2]>,
}

fn task(knobs: &Knobs) -> Task {
    match knobs.choice("task") {
        "addition-reversed" => Task::Addition { reversed: true },
        name => Task::named(name).expect("the choices are tasks"),
    }
}

impl Corpus {
    /// The knob `task`.
    pub fn task_knob() -> Knob {
        Knob::choice("task", &TASKS, ["what is to be learned", "課題"])
    }

    /// The pairs of the knob `task`.
    pub fn of_task(knobs: &Knobs) -> Self {
        let task = task(knobs);
        let (source, target) = task.encodings();
        let (from, to) = task.longest();
        let texts = Texts { source, target, longest: [from, to], own: false };
        Corpus { task: Some(task), texts: Arc::new(texts), own: Arc::new([Vec::new(), Vec::new()]) }
    }

    /// The pairs of a file of a person's own, if there is one, else of the knob `task`.
    ///
    /// # Errors
    /// When the file cannot be read, is not UTF-8, or its pairs are too few or too long; the place is named.
    pub fn of(knobs: &Knobs, file: Option<&Path>) -> Result<Self, ExperimentError> {
        let Some(path) = file else { return Ok(Self::of_task(knobs)) };
        let failure = |why: String| ExperimentError::new(format!("{}: {why}", path.display()));
        let text = intake::text(path, &PAIRS, &TaskContext::default())?;
        Self::of_pairs(pairs_from_tsv(&text).map_err(|error| failure(error.to_string()))?)
            .map_err(|error| failure(error.to_string()))
    }

    fn of_pairs(pairs: Vec<Pair>) -> Result<Self, ExperimentError> {
        let source = Encoding::of_characters(pairs.iter().map(|pair| pair.source.as_str()));
        let target = Encoding::of_characters(pairs.iter().map(|pair| pair.target.as_str()));
        let mut longest = [0; 2];
        for (number, pair) in pairs.iter().enumerate() {
            for (longest, text) in longest.iter_mut().zip([&pair.source, &pair.target]) {
                let length = text.chars().count();
                if length > LONGEST_OWN {
                    let number = number + 1;
                    return Err(ExperimentError::new(format!(
                        "pair {number}: a text of {length} characters; expected at most {LONGEST_OWN}"
                    )));
                }
                *longest = (*longest).max(length);
            }
        }
        // The last of every ten; of fewer pairs the last one.
        let held =
            |index: usize| index % HELD_OUT == HELD_OUT - 1 || pairs.len() < HELD_OUT && index + 1 == pairs.len();
        let (held_out, training): (Vec<_>, Vec<_>) = pairs.iter().enumerate().partition(|(index, _)| held(*index));
        let own = [training, held_out].map(|part| part.into_iter().map(|(_, pair)| pair.clone()).collect());
        Ok(Corpus { task: None, texts: Arc::new(Texts { source, target, longest, own: true }), own: Arc::new(own) })
    }

    /// For a trained model, from the texts that were kept beside its weights. Of a person's own texts the encoding is known,
    /// not the pairs.
    ///
    /// # Errors
    /// When they are not those of the knob `task`.
    pub fn of_trained(knobs: &Knobs, texts: Texts) -> Result<Self, ExperimentError> {
        let corpus = Self::of_task(knobs);
        if texts.own {
            return Ok(Corpus { task: None, texts: Arc::new(texts), ..corpus });
        }
        if *corpus.texts != texts {
            let task = knobs.choice("task");
            return Err(ExperimentError::new(format!("the weights are of another task than `{task}`")));
        }
        Ok(corpus)
    }

    /// A pair to learn from.
    fn pair(&self, random: &mut impl Rng) -> Pair {
        match self.task {
            Some(task) => task.pair(random),
            None => self.own[0][random.random_range(0..self.own[0].len())].clone(),
        }
    }

    /// Pairs to learn from, encoded.
    pub fn batch(&self, rows: usize, random: &mut impl Rng) -> Batch {
        let pairs: Vec<_> = (0..rows).map(|_| self.encoded(&self.pair(random))).collect();
        Batch::new(&pairs)
    }

    /// Pairs that are never learned from, at most `count`.
    pub fn held_out(&self, count: usize, seed: u64) -> Vec<Pair> {
        match self.task {
            Some(task) => task.held_out(count, seed),
            None => self.own[1].iter().take(count).cloned().collect(),
        }
    }

    /// Source and target in numbers.
    ///
    /// # Panics
    /// If the pair is not of this corpus.
    pub fn encoded(&self, pair: &Pair) -> (Vec<usize>, Vec<usize>) {
        let encode = |encoding: &Encoding, text: &str| {
            encoding.encode(text).unwrap_or_else(|error| panic!("a pair of the corpus, {text:?}: {error}"))
        };
        (encode(&self.texts.source, &pair.source), encode(&self.texts.target, &pair.target))
    }

    /// A source that a person typed, in numbers.
    ///
    /// # Errors
    /// When it is empty or too long, or has a character that the model does not know; its place is named.
    pub fn typed(&self, text: &str) -> Result<Vec<usize>, ExperimentError> {
        let tokens = self
            .texts
            .source
            .encode(text.trim())
            .map_err(|error| ExperimentError::both(error.to_string(), error.in_japanese()))?;
        // Beyond the longest of training an answer is a guess; much beyond it takes long.
        let most = 2 * self.texts.longest[0];
        if tokens.len() > most {
            let (found, longest) = (tokens.len(), self.texts.longest[0]);
            return Err(ExperimentError::both(
                format!("{found} tokens: expected at most {most}, twice the longest of training ({longest})"),
                format!("{found} トークンあります。最大は {most}(訓練データの最長 {longest} の 2 倍)です"),
            ));
        }
        Ok(tokens)
    }

    /// The right answer to a source, if the task knows it.
    pub fn right(&self, source: &str) -> Option<String> {
        match self.task {
            Some(task) => task.target(source.trim()),
            None => self.own.iter().flatten().find(|pair| pair.source == source.trim()).map(|pair| pair.target.clone()),
        }
    }

    /// Places that a network needs for a source and for a target: of all that may be typed, with its end, and of all that
    /// decoding writes, with its start.
    pub fn places(&self) -> [usize; 2] {
        [2 * self.texts.longest[0] + 1, self.give_up() + 1]
    }

    /// Tokens after which decoding is given up.
    pub fn give_up(&self) -> usize {
        self.texts.longest[1] + 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn own(text: &str) -> Result<Corpus, ExperimentError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.tsv");
        std::fs::write(&path, text).unwrap();
        Corpus::of(&Knobs::default(), Some(&path))
    }

    #[test]
    fn ones_own_pairs_are_read_and_one_in_ten_is_held_out() {
        let text: String = (0..20).map(|n| format!("{n}\t{}\n", n * n)).collect();
        let corpus = own(&text).unwrap();
        let held = corpus.held_out(100, 0);
        assert_eq!(held.iter().map(|pair| pair.source.as_str()).collect::<Vec<_>>(), ["9", "19"]);
        let batch = corpus.batch(50, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!((batch.rows, batch.source_steps()), (50, 3));
        assert_eq!(corpus.right("9"), Some("81".to_owned()));
        assert!(corpus.typed("1x").unwrap_err().to_string().contains('x'));
        assert!(corpus.typed("  ").is_err());
        assert!(corpus.typed("12345").unwrap_err().to_string().contains("expected at most 4"));
    }

    #[test]
    fn bad_files_are_refused_in_one_line_with_the_place() {
        let said = |text: &str| own(text).unwrap_err().to_string();
        for (text, part) in [("a\tb\nc\n", "line 2"), ("a\tb\n", "pair"), ("", "pair"), ("a\tb\tc\nd\te\n", "line 1")] {
            let said = said(text);
            assert!(said.contains("pairs.tsv: ") && said.contains(part) && !said.contains('\n'), "{said}");
        }
        let long = format!("{}\tb\nc\td\n", "x".repeat(500));
        assert!(said(&long).contains("pair 1: a text of 500 characters"), "{}", said(&long));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.tsv");
        std::fs::write(&path, b"a\tb\n\xff\xfe\tc\n").unwrap();
        let said = Corpus::of(&Knobs::default(), Some(&path)).unwrap_err().to_string();
        assert!(said.contains("line 2, byte 1 is no UTF-8; expected a line"), "{said}");
        let said = Corpus::of(&Knobs::default(), Some(folder.path())).unwrap_err().to_string();
        assert!(said.contains("a folder; expected a line"), "{said}");
    }

    #[test]
    fn a_trained_model_knows_its_task_or_at_least_its_letters() {
        let declared = [Corpus::task_knob()];
        let mut knobs = Knobs::defaults(&declared);
        let dates = Corpus::of_task(&knobs);
        let texts = Texts::from_json(Some(&dates.texts.to_json())).unwrap();
        assert_eq!(Corpus::of_trained(&knobs, texts.clone()).unwrap().held_out(3, 1), dates.held_out(3, 1));
        knobs.set_text(&declared, "task=addition").unwrap();
        let said = Corpus::of_trained(&knobs, texts).unwrap_err().to_string();
        assert_eq!(said, "the weights are of another task than `addition`");
        let own = own("a\tb\nc\td\n").unwrap();
        let trained = Corpus::of_trained(&knobs, (*own.texts).clone()).unwrap();
        assert!(trained.held_out(3, 1).is_empty() && trained.typed("ac").is_ok() && trained.typed("x").is_err());
        assert!(Texts::from_json(None).unwrap_err().to_string().contains("the vocabulary beside the weights"));
    }
}
