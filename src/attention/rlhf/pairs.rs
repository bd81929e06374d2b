//! The pairs that were compared.

use super::reward::Pair;
use super::texts::Text;
use serde::{Deserialize, Serialize};

/// Of how many pairs one is held out.
const HELD_OUT: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    First,
    Second,
    Neither,
}

/// What of the pairs is kept between steps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub pairs: Vec<Pair>,
    /// Pairs of which neither was better.
    pub left_out: usize,
    /// The two that a person sees.
    pub shown: Option<[Text; 2]>,
    pub said: Option<Said>,
}

impl Compared {
    /// A fifth of the pairs, on which the reward model is tried, and those that it learns from.
    pub fn held_out(&self) -> Vec<&Pair> {
        self.pairs.iter().skip(HELD_OUT - 1).step_by(HELD_OUT).collect()
    }

    pub fn training(&self) -> Vec<&Pair> {
        let places = self.pairs.iter().enumerate();
        places.filter(|(place, _)| place % HELD_OUT != HELD_OUT - 1).map(|(_, pair)| pair).collect()
    }

    pub fn by_person(&self) -> usize {
        self.pairs.iter().filter(|pair| pair.by_person).count()
    }
}
