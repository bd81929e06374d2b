//! How well pairs that were never learned from are answered.

use super::corpus::Corpus;
use super::decoding::{Decoder, greedy};
use crate::data::tasks::{END, Pair};
use crate::experiment::{ExperimentError, Report, TaskContext};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Pairs decoded at a time.
const CHUNK: usize = 250;
/// Lengths are counted together in classes of so many.
const CLASS: usize = 5;

/// A pair and what a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    pub pair: Pair,
    pub found: String,
    /// Tokens of the source.
    pub length: usize,
    /// Tokens of the target, its end among them, that stand right at their own place; and all.
    pub right: usize,
    pub tokens: usize,
}

impl Answered {
    pub fn is_exact(&self) -> bool {
        self.right == self.tokens
    }
}

/// Held-out pairs with a model's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Tested(pub Vec<Answered>);

impl Tested {
    /// Answers every pair greedily.
    ///
    /// # Errors
    /// When it was cancelled.
    pub fn of<D: Decoder>(
        decoder: &D,
        corpus: &Corpus,
        pairs: &[Pair],
        task: &TaskContext,
    ) -> Result<Self, ExperimentError> {
        let mut tested = Vec::with_capacity(pairs.len());
        for chunk in pairs.chunks(CHUNK) {
            task.check()?;
            let encoded: Vec<_> = chunk.iter().map(|pair| corpus.encoded(pair)).collect();
            let sources: Vec<Vec<usize>> = encoded.iter().map(|(source, _)| source.clone()).collect();
            let answers = greedy(decoder, &sources, corpus.give_up());
            for ((pair, (source, target)), found) in chunk.iter().zip(&encoded).zip(&answers) {
                let wanted = || target.iter().chain([&END]);
                // An answer that goes on too long has no end in its place.
                let right = wanted().zip(found).filter(|(wanted, found)| wanted == found).count();
                tested.push(Answered {
                    pair: pair.clone(),
                    found: corpus.texts.target.decode(found),
                    length: source.len(),
                    right,
                    tokens: target.len() + 1,
                });
            }
            task.report_progress(tested.len() as u64, pairs.len() as u64);
        }
        Ok(Tested(tested))
    }

    /// The share of pairs that are right in every token.
    pub fn exact_match(&self) -> f64 {
        share(self.0.iter().map(Answered::is_exact))
    }

    /// The share of tokens that are right at their own place.
    pub fn token_accuracy(&self) -> f64 {
        let sum = |of: fn(&Answered) -> usize| self.0.iter().map(of).sum::<usize>() as f64;
        sum(|pair| pair.right) / sum(|pair| pair.tokens).max(1.0)
    }

    /// The share of exact answers by the length of the source, rounded up to a multiple of five.
    pub fn exact_match_by_length(&self) -> BTreeMap<usize, f64> {
        let mut classes: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
        for pair in &self.0 {
            classes.entry(pair.length.next_multiple_of(CLASS)).or_default().push(pair.is_exact());
        }
        classes.into_iter().map(|(length, exact)| (length, share(exact.into_iter()))).collect()
    }

    /// The figures of a final report.
    pub fn report(&self) -> Report {
        let by_length: serde_json::Map<String, serde_json::Value> = self
            .exact_match_by_length()
            .into_iter()
            .map(|(length, share)| (length.to_string(), share.into()))
            .collect();
        [
            ("exact_match", self.exact_match().into()),
            ("token_accuracy", self.token_accuracy().into()),
            ("exact_match_by_length", by_length.into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }
}

fn share(of: impl ExactSizeIterator<Item = bool>) -> f64 {
    let all = of.len().max(1);
    of.filter(|is| *is).count() as f64 / all as f64
}

/// When a run first answered so much of its validation pairs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    pub steps_to_90: Option<u64>,
    pub steps_to_99: Option<u64>,
}

/// How soon a run got how far. Its stopwatch is of this process alone; only `reached` belongs into a checkpoint.
#[derive(Debug, Default)]
pub struct Progress {
    pub reached: Reached,
    begun: Option<Instant>,
    took: Duration,
    steps: u32,
}

impl Progress {
    pub fn begin_step(&mut self) {
        self.begun = Some(Instant::now());
    }

    pub fn end_step(&mut self) {
        self.took += self.begun.take().map_or(Duration::ZERO, |begun| begun.elapsed());
        self.steps += 1;
    }

    /// Notes the exact match after so many steps.
    pub fn note(&mut self, steps: u64, exact_match: f64) {
        let Reached { steps_to_90, steps_to_99 } = &mut self.reached;
        for (reached, bar) in [(steps_to_90, 0.9), (steps_to_99, 0.99)] {
            if exact_match >= bar {
                reached.get_or_insert(steps);
            }
        }
    }

    /// `steps_to_90` and `seconds_to_99`: training alone, at the mean pace of the steps that this process took.
    pub fn report(&self) -> Report {
        let pace = self.took.as_secs_f64() / f64::from(self.steps.max(1));
        let seconds = self.reached.steps_to_99.map(|steps| (steps as f64 * pace * 1000.0).round() / 1000.0);
        [("steps_to_90", self.reached.steps_to_90.into()), ("seconds_to_99", seconds.into())]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(length: usize, right: usize, tokens: usize) -> Answered {
        let pair = Pair { source: String::new(), target: String::new() };
        Answered { pair, found: String::new(), length, right, tokens }
    }

    #[test]
    fn shares_are_counted_by_length() {
        let tested = Tested(vec![answered(5, 3, 3), answered(4, 2, 4), answered(6, 4, 4), answered(10, 0, 1)]);
        assert_eq!(tested.exact_match(), 0.5);
        assert_eq!(tested.token_accuracy(), 9.0 / 12.0);
        assert_eq!(tested.exact_match_by_length(), BTreeMap::from([(5, 0.5), (10, 0.5)]));
        assert_eq!(Tested(Vec::new()).exact_match(), 0.0);
    }

    #[test]
    fn the_first_time_counts() {
        let mut progress = Progress::default();
        for (step, exact) in [(1, 0.2), (200, 0.95), (400, 0.5), (600, 1.0), (800, 1.0)] {
            progress.note(step, exact);
        }
        assert_eq!(progress.reached, Reached { steps_to_90: Some(200), steps_to_99: Some(600) });
        let report = progress.report();
        assert_eq!(report["steps_to_90"], 200);
        assert_eq!(Progress::default().report()["seconds_to_99"], serde_json::Value::Null);
    }
}
