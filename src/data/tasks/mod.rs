//! Text-to-text tasks for sequence models: pairs of a source and its target, made by rules from a seed. A task knows
//! the right answer to any source of its kind, so a person may type one.
//!
//! About one item in ten is held out: its text has a hash that says so ([`Task::held_out`]). Training never shows a
//! pair of such an item, in whatever form.

mod addition;
mod dates;
mod encoding;
mod numbers;
mod reverse;
mod split;
mod translate;
mod tsv;

pub use encoding::{END, EncodeError, Encoding, PADDING, START};
pub use numbers::{ENGLISH_ONES, ENGLISH_TENS};
pub use tsv::{TsvError, pairs_from_tsv};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A text and what a model should write for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub source: String,
    pub target: String,
}

/// A pair and its side of the split.
#[derive(Debug)]
struct Sample {
    pair: Pair,
    held_out: bool,
}

/// What is to be written for a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The sum of two numbers of two or three digits, from the last digit if `reversed`.
    Addition { reversed: bool },
    /// A day in one of many layouts to ISO 8601.
    Dates,
    /// Numerals to English words or kanji and back.
    Numbers,
    /// The letters of a string, backward.
    Reverse,
    /// An English sentence to Japanese.
    Translate,
}

/// The names of the tasks.
pub const NAMES: [&str; 5] = ["addition", "dates", "numbers", "reverse", "translate"];

impl Task {
    /// The task of a name in [`NAMES`]. Sums are then written from the first digit.
    pub fn named(name: &str) -> Option<Task> {
        Some(match name {
            "addition" => Task::Addition { reversed: false },
            "dates" => Task::Dates,
            "numbers" => Task::Numbers,
            "reverse" => Task::Reverse,
            "translate" => Task::Translate,
            _ => return None,
        })
    }

    /// A pair to train on, never one that is held out.
    pub fn pair(&self, random: &mut impl RngExt) -> Pair {
        self.draw(random, false)
    }

    /// `count` pairs to train on, from a seed.
    pub fn examples(&self, count: usize, seed: u64) -> Vec<Pair> {
        self.draw_many(count, seed, false)
    }

    /// `count` pairs that [`Task::pair`] never gives, from a seed. Held out are the items whose text has a hash (FNV-1a
    /// and the finalizer of SplitMix64) divisible by 10: the unordered pair of summands, the day, the number if it is
    /// 100 or more, the string, the English sentence. Like training pairs they may repeat.
    pub fn held_out(&self, count: usize, seed: u64) -> Vec<Pair> {
        self.draw_many(count, seed, true)
    }

    fn draw_many(&self, count: usize, seed: u64, held_out: bool) -> Vec<Pair> {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| self.draw(random, held_out)).collect()
    }

    fn draw(&self, random: &mut impl RngExt, held_out: bool) -> Pair {
        loop {
            let sample = match self {
                Task::Addition { reversed } => addition::draw(*reversed, random),
                Task::Dates => dates::draw(random),
                Task::Numbers => numbers::draw(random),
                Task::Reverse => reverse::draw(random),
                Task::Translate => translate::draw(random),
            };
            if sample.held_out == held_out {
                return sample.pair;
            }
        }
    }

    /// The right target of a source, or nothing if the source is not one of the task.
    pub fn target(&self, source: &str) -> Option<String> {
        match self {
            Task::Addition { reversed } => addition::target(*reversed, source),
            Task::Dates => dates::target(source),
            Task::Numbers => numbers::target(source),
            Task::Reverse => reverse::target(source),
            Task::Translate => translate::target(source),
        }
    }

    /// The vocabularies of sources and of targets: words for `translate`, characters for all others.
    pub fn encodings(&self) -> (Encoding, Encoding) {
        match self {
            Task::Addition { .. } => addition::encodings(),
            Task::Dates => dates::encodings(),
            Task::Numbers => numbers::encodings(),
            Task::Reverse => reverse::encodings(),
            Task::Translate => translate::encodings(),
        }
    }

    /// The most tokens that a source and a target have, without start and end.
    pub fn longest(&self) -> (usize, usize) {
        match self {
            Task::Addition { .. } => addition::LONGEST,
            Task::Dates => dates::LONGEST,
            Task::Numbers => numbers::LONGEST,
            Task::Reverse => reverse::LONGEST,
            Task::Translate => translate::LONGEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn tasks() -> Vec<Task> {
        let named = NAMES.map(|name| Task::named(name).unwrap());
        named.into_iter().chain([Task::Addition { reversed: true }]).collect()
    }

    #[test]
    fn names_are_known() {
        assert_eq!(Task::named("addition"), Some(Task::Addition { reversed: false }));
        assert_eq!(Task::named("sorting"), None);
    }

    #[test]
    fn a_task_knows_its_own_targets() {
        for task in tasks() {
            for pair in task.examples(500, 1).into_iter().chain(task.held_out(100, 1)) {
                assert_eq!(task.target(&pair.source), Some(pair.target), "{task:?}: {}", pair.source);
            }
        }
    }

    #[test]
    fn no_pair_is_on_both_sides_of_the_split() {
        for task in tasks() {
            let train: BTreeSet<String> = task.examples(20_000, 1).into_iter().map(|pair| pair.source).collect();
            let held_out = task.held_out(2_000, 2);
            assert_eq!(held_out.len(), 2_000);
            assert!(held_out.iter().all(|pair| !train.contains(&pair.source)), "{task:?}");
        }
    }

    #[test]
    fn days_that_are_held_out_are_in_no_layout_of_training() {
        let days = |pairs: Vec<Pair>| pairs.into_iter().map(|pair| pair.target).collect::<BTreeSet<String>>();
        assert!(days(Task::Dates.examples(20_000, 1)).is_disjoint(&days(Task::Dates.held_out(2_000, 1))));
    }

    #[test]
    fn pairs_follow_from_the_seed() {
        let first =
            |task: Task| task.examples(3, 1).into_iter().map(|pair| format!("{} → {}", pair.source, pair.target));
        for task in tasks() {
            assert_eq!(task.examples(20, 7), task.examples(20, 7));
            assert_eq!(task.examples(20, 7)[..5], task.examples(5, 7));
            assert_ne!(task.examples(20, 7), task.examples(20, 8));
            assert_ne!(task.held_out(20, 7), task.held_out(20, 8));
        }
        let found: Vec<String> = tasks().into_iter().flat_map(first).collect();
        let expected = [
            "462+172 → 634",
            "63+29 → 92",
            "355+739 → 1094",
            "Sun 9 Dec 1984 → 1984-12-09",
            "June 17th, 2028 → 2028-06-17",
            "1951/02/08 → 1951-02-08",
            "四百六十二 → 462",
            "two → 2",
            "二十九 → 29",
            "kzcfpkfvhxsmlsdbwesamypvczglllhazsx → xszahlllgzcvpymasewbdslmsxhvfkpfczk",
            "ygdbifmekyaubgexnvgfcdcazfsgccpcsnsffkyzddqouwpa → apwuoqddzykffsnscpccgsfzacdcfgvnxegbuaykemfibdgy",
            "ojrmtxbisqehgfqopysipxzzxxzthnsqiovpzmaqspubmgtkvjsjggo → oggjsjvktgmbupsqamzpvoiqsnhtzxxzzxpisypoqfgheqsibxtmrjo",
            "an apple was very cheap → りんごはとても安かったです",
            "yesterday I was dancing → 私は昨日踊っていました",
            "a lawyer shouted because the beautiful dancer ordered that apple → 美しいダンサーがあのりんごを注文したから、弁護士は叫びました",
            "462+172 → 436",
            "63+29 → 29",
            "355+739 → 4901",
        ];
        assert_eq!(found, expected);
    }
}
