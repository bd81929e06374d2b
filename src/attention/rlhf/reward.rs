//! The reward model: a language model whose last layer gives a number, r(x, y), for a prompt x and a continuation y (Christiano et al.
//! 2017, arXiv:1706.03741; Ouyang et al. 2022, arXiv:2203.02155). By Bradley and Terry (1952) the probability that y is preferred to y′ is
//! σ(r(x, y) − r(x, y′)).

use super::texts::{PaddedBatch, READ_TOGETHER, Text};
use crate::attention::language_model::Gpt;
use crate::experiment::{ExperimentError, TaskContext, number};
use crate::nn::{Bound, Linear, Parameters};
use crate::tensor::{Activation, Element, Tape, Var};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A prompt with two continuations, of which the first is preferred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub preferred: Text,
    pub other: Text,
    /// Whether a person said so, not the written rules.
    pub by_person: bool,
}

/// The texts of some pairs: all that are preferred, then the others.
pub fn preferred_then_others(pairs: &[&Pair]) -> PaddedBatch {
    PaddedBatch::new(pairs.iter().map(|pair| &pair.preferred).chain(pairs.iter().map(|pair| &pair.other)))
}

/// The last layer of a reward model or of a critic: a number for each state.
#[derive(Debug, Clone, Copy)]
pub struct Scorer(Linear);

/// Reward models are shifted and scaled so that the continuations of the pairs that they learned from, and of those held out, have mean 0 and
/// deviation 1: nearly those of the base, but for pairs without a preference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    #[serde(with = "number")]
    pub mean: f64,
    #[serde(with = "number")]
    pub deviation: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Scale { mean: 0.0, deviation: 1.0 }
    }
}

impl Scale {
    /// Of scores that shall have mean 0 and deviation 1.
    pub fn of(scores: &[f64]) -> Self {
        let count = scores.len().max(1) as f64;
        let mean = scores.iter().sum::<f64>() / count;
        let deviation = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt();
        Scale { mean, deviation: deviation.max(1e-6) }
    }
}

impl Scorer {
    /// Adds a layer to the parameters of a network.
    pub fn new(parameters: &mut Parameters<f32>, width: usize, random: &mut impl Rng) -> Self {
        Scorer(Linear::new(parameters, "score", width, 1, Activation::Identity, random))
    }

    /// A number for each state, `[n, width]` → `[n]`.
    pub fn of<'t>(&self, bound: &Bound<'t, f32>, states: Var<'t, f32>) -> Var<'t, f32> {
        let count = states.shape()[0];
        self.0.forward(bound, states).reshape([count])
    }

    /// r of each text, `[rows]`, before it is scaled.
    pub fn raw<'t>(&self, network: &Gpt, bound: &Bound<'t, f32>, batch: &PaddedBatch) -> Var<'t, f32> {
        self.of(bound, network.states(bound, batch.rows, &batch.tokens).index_select(&batch.ends))
    }
}

/// The mean of −ln σ(r − r′) over pairs, `[n]` and `[n]` → `[]`.
pub fn bradley_terry_loss<'t, E: Element>(preferred: Var<'t, E>, other: Var<'t, E>) -> Var<'t, E> {
    (other - preferred).softplus().mean()
}

/// A reward model that no longer changes.
#[derive(Clone)]
pub struct RewardModel {
    pub parameters: Parameters<f32>,
    pub scorer: Scorer,
    pub scale: Scale,
}

impl RewardModel {
    /// r of each text.
    ///
    /// # Errors
    /// When it was called off.
    pub fn rewards<'a>(
        &self,
        network: &Gpt,
        texts: impl IntoIterator<Item = &'a Text>,
        task: &TaskContext,
    ) -> Result<Vec<f64>, ExperimentError> {
        let texts: Vec<&Text> = texts.into_iter().collect();
        let mut rewards = Vec::with_capacity(texts.len());
        for part in texts.chunks(READ_TOGETHER) {
            task.check()?;
            let tape = Tape::without_gradients();
            let raw =
                self.scorer.raw(network, &self.parameters.on(&tape), &PaddedBatch::new(part.iter().copied())).ordered();
            rewards.extend(raw.values().iter().map(|raw| self.scaled(*raw)));
        }
        Ok(rewards)
    }

    fn scaled(&self, raw: f32) -> f64 {
        (f64::from(raw) - self.scale.mean) / self.scale.deviation
    }

    /// r of a text after each of its tokens, from the last one of the prompt on, as if it ended there.
    pub fn rewards_on_the_way(&self, network: &Gpt, text: &Text) -> Vec<f64> {
        let batch = PaddedBatch::new([text]);
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let states = network.states(&bound, 1, &batch.tokens).narrow(0, text.given - 1..text.tokens.len());
        self.scorer.of(&bound, states).ordered().values().iter().map(|raw| self.scaled(*raw)).collect()
    }

    /// The share of pairs in which the preferred continuation gets the greater reward; none of no pairs.
    ///
    /// # Errors
    /// When it was called off.
    pub fn accuracy(&self, network: &Gpt, pairs: &[&Pair], task: &TaskContext) -> Result<Option<f64>, ExperimentError> {
        let preferred = self.rewards(network, pairs.iter().map(|pair| &pair.preferred), task)?;
        let other = self.rewards(network, pairs.iter().map(|pair| &pair.other), task)?;
        let right = preferred.iter().zip(&other).filter(|(preferred, other)| preferred > other).count();
        Ok((!pairs.is_empty()).then(|| right as f64 / pairs.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::tensor;

    #[test]
    fn the_loss_is_that_of_bradley_and_terry() {
        let tape = Tape::new();
        let [preferred, other] = [vec![1.0_f64, -2.0], vec![0.0, 0.5]].map(|r| tape.leaf(tensor([2], r)));
        let loss = bradley_terry_loss(preferred, other);
        let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
        let expected = -(sigma(1.0).ln() + sigma(-2.5).ln()) / 2.0;
        assert!((loss.item() - expected).abs() < 1e-6);
        // ∂/∂r = −(1 − σ(r − r′)) / n.
        let gradients = loss.backward();
        for (place, expected) in [-(1.0 - sigma(1.0)) / 2.0, -(1.0 - sigma(-2.5)) / 2.0].into_iter().enumerate() {
            let found = [preferred, other].map(|var| gradients.of(var).unwrap().values()[place]);
            assert!((found[0] - expected).abs() < 1e-6 && (found[1] + expected).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn the_loss_has_right_gradients() {
        check("Bradley–Terry", &[&[4], &[4]], |_, x| bradley_terry_loss(x[0], x[1]));
    }

    #[test]
    fn scores_are_shifted_and_scaled() {
        let Scale { mean, deviation } = Scale::of(&[1.0, 3.0, 5.0]);
        assert!((mean - 3.0).abs() < 1e-12 && (deviation - (8.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(Scale::of(&[2.0, 2.0]), Scale { mean: 2.0, deviation: 1e-6 });
        assert_eq!(Scale::of(&[]).mean, 0.0);
    }
}
