//! Words: neighbours in a large table, and word vectors from a text.

use super::{Source, Unit, Workload};
use crate::attention::word2vec::{Architecture, Configuration, Objective, Word2Vec};
use crate::attention::words::EMBEDDED;
use crate::data::corpus::Corpus;
use crate::data::text::Text;
use crate::data::vectors::Vectors;
use crate::experiment::TaskContext;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Rows, numbers a row, and answers a query: those of `knn.py`.
const ROWS: usize = 341_000;
const WIDTH: usize = 100;
const ANSWERS: usize = 10;

/// The nearest words to one, among random unit vectors or those that ship.
pub struct Neighbours {
    vectors: Vectors,
    query: u32,
}

impl Neighbours {
    pub fn new(mut source: Source) -> Self {
        const BLOCK: usize = 1000;
        let mut vectors = Vectors::new("random", WIDTH);
        for start in (0..ROWS).step_by(BLOCK) {
            let rows = source.noise(&[BLOCK, WIDTH]);
            for (offset, row) in rows.values().chunks_exact(WIDTH).enumerate() {
                vectors.push(&format!("w{}", start + offset), row);
            }
        }
        Neighbours { vectors, query: 0 }
    }

    /// Among the English words that ship.
    pub fn glove() -> Self {
        Neighbours { vectors: EMBEDDED[0].open(), query: 0 }
    }
}

impl Workload for Neighbours {
    fn step(&mut self) -> f32 {
        self.query = (self.query + 37) % self.vectors.len() as u32;
        let near = self.vectors.nearest(&self.vectors.unit(self.query), ANSWERS, &[self.query]);
        // No loss: what remains of one in cosine to the nearest.
        1.0 - near[0].cosine
    }

    fn size(&self) -> (usize, Unit) {
        (1, Unit::Queries)
    }

    fn weights(&self) -> Vec<u8> {
        Vec::new()
    }

    fn steps(&self) -> (usize, usize) {
        (200, 10)
    }
}

/// Skip-gram with the settings of `w2v_gensim.py`: 100 numbers, window 5, 5 negatives, one time through the text; on more
/// than one thread hogwild.
pub struct Training {
    corpus: Corpus,
    model: Word2Vec,
    seed: u64,
    step: u64,
}

impl Training {
    /// # Errors
    /// When the text cannot be read.
    pub fn new(text: Text, seed: u64) -> Result<Self, String> {
        let corpus = Corpus::open(text, 5, &TaskContext::default()).map_err(|failure| failure.to_string())?;
        let configuration = Configuration {
            dimension: 100,
            architecture: Architecture::SkipGram,
            objective: Objective::Negative(5),
            window: 5,
            dynamic: true,
            sample: 1e-3,
        };
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let seed = random.random();
        Ok(Training { model: Word2Vec::new(configuration, &corpus.vocabulary, random), corpus, seed, step: 0 })
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        let total = self.corpus.chunks();
        let (words, _) = self.corpus.chunk(self.step % total).expect("the text was read before");
        let rate = 0.025 * (1.0 - (self.step % total) as f32 / total as f32).max(1e-4);
        let parts = rayon::current_num_threads();
        let tally = self.model.learn_in_parts(&words, rate, parts, (self.seed, self.step));
        self.step += 1;
        (tally.loss / tally.count.max(1) as f64) as f32
    }

    fn size(&self) -> (usize, Unit) {
        (self.corpus.words_per_chunk() as usize, Unit::Words)
    }

    fn weights(&self) -> Vec<u8> {
        self.model.input.values().into_iter().flat_map(f32::to_le_bytes).collect()
    }

    fn steps(&self) -> (usize, usize) {
        (self.corpus.chunks() as usize, 0)
    }
}
