//! Words from their neighbours: skip-gram and CBOW (Mikolov, Chen, Corrado & Dean, "Efficient estimation of word
//! representations in vector space", 2013; Mikolov, Sutskever, Chen, Corrado & Dean, NIPS 2013).
//!
//! Every word v has two vectors, w_v as an input and w'_v as an output. With u_k = w'_{v_k} · w_{v_i},
//!
//! * *skip-gram* asks for each word within a window of word v_i: P(v_k | v_i) = exp(u_k) / Σ_m exp(u_m);
//! * *CBOW* asks for the word itself, with the mean of its neighbours' w in the place of w_{v_i};
//! * *negative sampling* asks less: σ(u_k) = 1 for the pair that was seen, σ(u_m) = 0 for a few words m drawn at random from
//!   P_n(m) ∝ count(m)^¾. Then exp(u_k) tends to P(v_k | v_i) / (negatives · P_n(k)) (Levy & Goldberg 2014).
//!
//! The negatives of a word are shared by all of its neighbours, so that one small product of matrices does the work of many
//! of vectors (Ji, Satish, Li & Dubey 2016). A pair is taken in either order: here the neighbours are the inputs and the word in the
//! middle is the output, as in the authors' program; over a whole text the pairs are the same. CBOW's gradient is divided
//! by the number of neighbours, as its mean has it (İrsoy, Benton & Stratos 2021), which their program leaves out.

mod answers;
mod learner;

pub use answers::{TrainedWord2Vec, files};
pub use learner::{ACTIONS, REPORT_KEYS, SERIES, Word2VecLearner, knobs};

use crate::data::corpus::{LINE_END, Vocabulary};
use crate::data::text::Text;
use crate::experiment::{Experiment, Knobs, Learn, Preview, Setting, TaskContext, number};
use crate::nn::initialise;
use crate::tensor::product::{Accum, small_product};
use crate::tensor::shared_rows::{Inputs, Room, SharedRows, contrast};
use crate::{bundled, lab_file};
use ndarray::{ArrayView2, ArrayViewMut2};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "word2vec",
    lab: Some(lab_file!("12-word2vec")),
    knobs,
    series: &SERIES,
    headline: "loss",
    emits: &["map", "neighbours"],
    views: &answers::VIEWS,
    answers: &TrainedWord2Vec::ANSWERS,
    actions: &ACTIONS,
    report: &REPORT_KEYS,
    preview: Preview::View("map"),
    learn: Learn::By(|setting| {
        let Setting { knobs, seed, source, .. } = setting;
        Ok(Box::new(Word2VecLearner::new(knobs, *seed, Text::own(source, &TaskContext::default())?, &source.keep)?))
    }),
    open: |weights, knobs, source| Ok(Arc::new(TrainedWord2Vec::open(weights, knobs, source.keep.clone())?)),
    files: Some(files),
    small: &[
        "sentences=3000 dimension=8 epochs=2",
        "sentences=1000 dimension=8 epochs=1 objective=softmax architecture=cbow",
    ],
    bundled: bundled!("word2vec"),
    ..Experiment::EMPTY
};

/// Pairs that the full softmax takes at a time.
const PAIRS: usize = 64;
/// Length of a fresh vector (root mean square).
const START: f64 = 0.4;
/// One word in so many reports its loss.
const LOSS_EVERY: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    SkipGram,
    Cbow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Against this many words drawn at random.
    Negative(usize),
    /// Against every word.
    Softmax,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    pub dimension: usize,
    pub architecture: Architecture,
    pub objective: Objective,
    /// Neighbours on each side, at most.
    pub window: usize,
    /// Whether each word draws its window from 1 to [`window`](Self::window), which favours near neighbours.
    pub dynamic: bool,
    /// t: a word of frequency f is kept with probability √(t/f) + t/f; zero keeps all.
    pub sample: f64,
}

impl Configuration {
    /// What knobs ask for.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        Configuration {
            dimension: knobs.integer("dimension") as usize,
            architecture: match knobs.choice("architecture") {
                "cbow" => Architecture::Cbow,
                _ => Architecture::SkipGram,
            },
            objective: match knobs.choice("objective") {
                "softmax" => Objective::Softmax,
                _ => Objective::Negative(knobs.integer("negatives") as usize),
            },
            window: knobs.integer("window") as usize,
            dynamic: !knobs.flag("fixed_window"),
            sample: knobs.real("sample"),
        }
    }
}

/// The two vectors of every word, and from what words are drawn.
pub struct Word2Vec {
    pub configuration: Configuration,
    /// w, `[words, dimension]`.
    pub input: SharedRows,
    /// w', `[words, dimension]`.
    pub output: SharedRows,
    noise: WeightedAliasIndex<f32>,
    keep: Vec<f32>,
}

/// P_n up to a factor.
fn noise_weight(count: u64) -> f32 {
    (count as f64).powf(0.75) as f32
}

/// A sum of losses and how many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    #[serde(with = "number")]
    pub loss: f64,
    pub count: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.loss += other.loss;
        self.count += other.count;
    }
}

impl Word2Vec {
    /// Fresh vectors: w' zero, as the authors start, and w uniform with a root mean square length of [`START`]. From w' = 0
    /// vectors grow at first by a factor a step, so a shorter start only waits longer: with the authors' ± 1/(2 dimension)
    /// five epochs of the English world end at 96 to 99.7 % of its analogies, with this at 99.9 to 100 %.
    ///
    /// # Panics
    /// If the vocabulary is empty.
    pub fn new(configuration: Configuration, vocabulary: &Vocabulary, random: &mut impl RngExt) -> Self {
        let (words, dimension) = (vocabulary.len(), configuration.dimension);
        let reach = START * (3.0 / dimension as f64).sqrt();
        let input = initialise::uniform::<f32>(&[words, dimension], reach, random);
        Self::of(configuration, vocabulary, input.values(), &vec![0.0; words * dimension])
    }

    /// Of given vectors.
    pub fn of(configuration: Configuration, vocabulary: &Vocabulary, input: &[f32], output: &[f32]) -> Self {
        let known: u64 = vocabulary.counts.iter().sum();
        let keep = |count: &u64| match *count as f64 / known as f64 {
            _ if configuration.sample <= 0.0 => 1.0,
            share => ((configuration.sample / share).sqrt() + configuration.sample / share).min(1.0) as f32,
        };
        let weights = vocabulary.counts.iter().map(|count| noise_weight(*count)).collect();
        Word2Vec {
            input: SharedRows::new(configuration.dimension, input),
            output: SharedRows::new(configuration.dimension, output),
            noise: WeightedAliasIndex::new(weights).expect("a vocabulary has words, each with a count"),
            keep: vocabulary.counts.iter().map(keep).collect(),
            configuration,
        }
    }

    /// Learns from some words, [`LINE_END`] between lines, at a learning rate. Other threads may do the same at once.
    pub fn learn(&self, words: &[u32], rate: f32, random: &mut impl RngExt) -> Tally {
        let mut work = Work::default();
        for line in words.split(|word| *word == LINE_END) {
            let kept = line.iter().copied().filter(|word| {
                let keep = self.keep[*word as usize];
                keep >= 1.0 || random.random::<f32>() < keep
            });
            work.line.clear();
            work.line.extend(kept);
            let line = std::mem::take(&mut work.line);
            for place in 0..line.len() {
                self.learn_place(&line, place, rate, random, &mut work);
            }
            work.line = line;
        }
        self.flush(rate, &mut work);
        work.tally
    }

    /// Learns from some words in parts, each with its own stream of random numbers for this seed and step. More than one part
    /// is hogwild: the parts write to the same tables at once, and no two runs are the same.
    pub fn learn_in_parts(&self, words: &[u32], rate: f32, parts: usize, (seed, step): (u64, u64)) -> Tally {
        let part = |(part, words): (usize, &[u32])| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(1 + step * parts as u64 + part as u64);
            self.learn(words, rate, &mut random)
        };
        let length = words.len().div_ceil(parts).max(1);
        let tallies: Vec<Tally> = words.par_chunks(length).enumerate().map(part).collect();
        let mut tally = Tally::default();
        tallies.into_iter().for_each(|own| tally.add(own));
        tally
    }

    /// Learns from one word of a line and its neighbours.
    fn learn_place(&self, line: &[u32], place: usize, rate: f32, random: &mut impl RngExt, work: &mut Work) {
        let Configuration { architecture, objective, window, dynamic, .. } = self.configuration;
        let reach = if dynamic { random.random_range(1..=window) } else { window };
        let (from, to) = (place.saturating_sub(reach), (place + reach + 1).min(line.len()));
        work.neighbours.clear();
        work.neighbours.extend_from_slice(&line[from..place]);
        work.neighbours.extend_from_slice(&line[place + 1..to]);
        if work.neighbours.is_empty() {
            return;
        }
        match objective {
            Objective::Negative(negatives) => {
                work.targets.clear();
                work.targets.push(line[place]);
                work.targets.extend((0..negatives).map(|_| self.noise.sample(random) as u32));
                let kind = if architecture == Architecture::Cbow { Inputs::Mean } else { Inputs::Each };
                work.seen += 1;
                let reports = work.seen % LOSS_EVERY == 1;
                let inputs = (&self.input, work.neighbours.as_slice(), kind);
                let loss = contrast(inputs, (&self.output, &work.targets), rate, &mut work.room, reports);
                if reports {
                    let pairs = if kind == Inputs::Mean { 1 } else { work.neighbours.len() };
                    work.tally.add(Tally { loss: f64::from(loss), count: pairs as u64 });
                }
            }
            Objective::Softmax => {
                let word = line[place];
                if architecture == Architecture::Cbow {
                    work.pairs.push((std::mem::take(&mut work.neighbours), word));
                } else {
                    work.pairs.extend(work.neighbours.iter().map(|neighbour| (vec![*neighbour], word)));
                }
                if work.pairs.len() >= PAIRS {
                    self.flush(rate, work);
                }
            }
        }
    }

    /// Full softmax on the pairs that wait: the mean of some words is to predict a word among all.
    fn flush(&self, rate: f32, work: &mut Work) {
        let pairs = std::mem::take(&mut work.pairs);
        if pairs.is_empty() {
            return;
        }
        let (width, words) = (self.output.padded(), self.output.len());
        let mut outputs = vec![0.0; words * width];
        outputs.chunks_exact_mut(width).enumerate().for_each(|(word, row)| self.output.read(word, row));
        let (mut inputs, mut row) = (vec![0.0; pairs.len() * width], vec![0.0; width]);
        for (h, (given, _)) in inputs.chunks_exact_mut(width).zip(&pairs) {
            for word in given {
                self.input.read(*word as usize, &mut row);
                h.iter_mut().zip(&row).for_each(|(h, w)| *h += w / given.len() as f32);
            }
        }
        let (h, o) = (table(&inputs, width), table(&outputs, width));
        let mut gradients = vec![0.0; pairs.len() * words];
        small_product(table_mut(&mut gradients, words), Accum::Replace, h, o.t());
        for (logits, (_, word)) in gradients.chunks_exact_mut(words).zip(&pairs) {
            work.tally.add(Tally { loss: softmax_gradient(logits, *word as usize, rate), count: 1 });
        }
        let gradients = table(&gradients, words);
        let (mut input_changes, mut output_changes) = (vec![0.0; inputs.len()], vec![0.0; outputs.len()]);
        small_product(table_mut(&mut input_changes, width), Accum::Replace, gradients, o);
        small_product(table_mut(&mut output_changes, width), Accum::Replace, gradients.t(), h);
        for (change, (given, _)) in input_changes.chunks_exact_mut(width).zip(&pairs) {
            change.iter_mut().for_each(|value| *value /= given.len() as f32);
            given.iter().for_each(|word| self.input.add(*word as usize, change));
        }
        output_changes.chunks_exact(width).enumerate().for_each(|(word, change)| self.output.add(word, change));
    }
}

fn table(values: &[f32], width: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((values.len() / width, width), values).expect("whole rows")
}

fn table_mut(values: &mut [f32], width: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((values.len() / width, width), values).expect("whole rows")
}

/// rate · (1 − P) for the word and −rate · P for the others in the place of logits; gives −ln P(word).
fn softmax_gradient(logits: &mut [f32], word: usize, rate: f32) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let own = logits[word] - largest;
    logits.iter_mut().for_each(|logit| *logit = (*logit - largest).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|value| *value *= -rate / sum);
    logits[word] += rate;
    f64::from(sum.ln() - own)
}

/// What one thread works with.
#[derive(Default)]
struct Work {
    line: Vec<u32>,
    neighbours: Vec<u32>,
    targets: Vec<u32>,
    pairs: Vec<(Vec<u32>, u32)>,
    room: Room,
    seen: usize,
    tally: Tally,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::corpus::Corpus;

    fn configuration(objective: Objective, architecture: Architecture) -> Configuration {
        Configuration { dimension: 8, architecture, objective, window: 1, dynamic: false, sample: 0.0 }
    }

    /// P(context | word) of a text of which it is known: a is always followed by b or c, one time in four by c.
    #[test]
    fn the_full_softmax_learns_the_conditional_probability() {
        let corpus = Corpus::of_text("a b\na b\na c\na b\n".repeat(50), 1);
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let model =
            Word2Vec::new(configuration(Objective::Softmax, Architecture::SkipGram), &corpus.vocabulary, random);
        let (words, _) = corpus.chunk(0).unwrap();
        let mut last = Tally::default();
        for _ in 0..300 {
            last = model.learn(&words, 0.02, random);
        }
        // A word of a pair predicts the other: H(word | a) = H(1/4), and a is sure given b or c.
        let entropy = -(0.25_f64 * 0.25_f64.ln() + 0.75 * 0.75_f64.ln()) / 2.0;
        assert!((last.loss / last.count as f64 - entropy).abs() < 0.02, "{}", last.loss / last.count as f64);
    }

    #[test]
    fn words_with_like_neighbours_come_to_lie_together() {
        let text = "red apple\nred pear\nnew car\nnew train\nripe apple\nripe pear\nfast car\nfast train\n".repeat(40);
        let corpus = Corpus::of_text(text, 1);
        for architecture in [Architecture::SkipGram, Architecture::Cbow] {
            let random = &mut ChaCha8Rng::seed_from_u64(1);
            let model = Word2Vec::new(configuration(Objective::Negative(4), architecture), &corpus.vocabulary, random);
            let (words, _) = corpus.chunk(0).unwrap();
            (0..60).for_each(|_| {
                model.learn(&words, 0.1, random);
            });
            let values = model.input.values();
            let row = |word: &str| {
                let word = corpus.vocabulary.words.find(word).unwrap() as usize;
                &values[8 * word..8 * (word + 1)]
            };
            let cosine = |a: &str, b: &str| {
                let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
                dot(row(a), row(b)) / (dot(row(a), row(a)) * dot(row(b), row(b))).sqrt()
            };
            assert!(cosine("apple", "pear") > 0.7 && cosine("apple", "car") < 0.3, "{architecture:?}");
        }
    }

    #[test]
    fn frequent_words_are_kept_less_often() {
        let corpus = Corpus::of_text("the ".repeat(990) + &"rare ".repeat(10), 1);
        let configuration = Configuration { sample: 1e-2, ..configuration(Objective::Softmax, Architecture::Cbow) };
        let model = Word2Vec::new(configuration, &corpus.vocabulary, &mut ChaCha8Rng::seed_from_u64(1));
        let share = 0.01_f64 / 0.99;
        assert!((f64::from(model.keep[0]) - (share.sqrt() + share)).abs() < 1e-6);
        assert_eq!(model.keep[1], 1.0);
    }
}
