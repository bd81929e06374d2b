//! A policy against the frozen base: which continuations the written rules prefer, the reward, the divergence.

use super::reward::RewardModel;
use super::rules::{Counted, Rules, judged};
use super::texts::{Architecture, PaddedBatch, READ_TOGETHER, Text, prompt};
use crate::experiment::{ExperimentError, TaskContext};
use crate::nn::{Parameters, SamplingSettings};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Prompts, and what the base made of them.
#[derive(Clone)]
pub struct Comparison {
    pub prompts: Vec<String>,
    pub texts: Vec<Text>,
    points: Vec<i64>,
    seed: u64,
}

/// What there is to say of a policy, each a mean over prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    pub texts: Vec<Text>,
    /// How often the rules prefer its continuation to that of the base; half of those that get as many points.
    pub preferred: f64,
    pub points: f64,
    /// r(x, y), if there is a reward model.
    pub reward: Option<f64>,
    /// D(π ‖ π_ref) of whole continuations, in nats: sums over the tokens of its own continuations.
    pub kl: f64,
}

impl Examined {
    /// How many things of a kind there are in a continuation on average.
    pub fn mean_of(&self, counted: Counted) -> f64 {
        let all = self.texts.iter().flat_map(judged).flat_map(|judged| judged.counted);
        all.filter(|found| *found == counted).count() as f64 / self.texts.len().max(1) as f64
    }
}

/// How often the first of two is preferred, from the points of both.
fn preferred(points: &[i64], others: &[i64]) -> f64 {
    let won = points.iter().zip(others).map(|(a, b)| match a.cmp(b) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    won.sum::<f64>() / points.len().max(1) as f64
}

/// D(π ‖ π_ref) of each continuation of a policy: the divergences of the next token, summed over its places.
pub fn divergences(
    architecture: &Architecture,
    policy: &Parameters<f32>,
    base: &Parameters<f32>,
    texts: &[Text],
    task: &TaskContext,
) -> Result<Vec<f64>, ExperimentError> {
    let mut found = Vec::with_capacity(texts.len());
    for part in texts.chunks(READ_TOGETHER) {
        task.check()?;
        let batch = PaddedBatch::new(part);
        let tape = Tape::without_gradients();
        let [now, reference] =
            [policy, base].map(|parameters| batch.all_log_probabilities(&architecture.network, &parameters.on(&tape)));
        let each = (now.exp() * (now - reference)).sum_last().ordered();
        found.extend(batch.sums(each.values()));
    }
    Ok(found)
}

impl Comparison {
    /// What the base makes of so many prompts.
    ///
    /// # Errors
    /// When it was called off, or the base has diverged.
    pub fn new(
        architecture: &Architecture,
        base: &Parameters<f32>,
        rules: &Rules,
        count: usize,
        seed: u64,
        task: &TaskContext,
    ) -> Result<Self, ExperimentError> {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let prompts: Vec<String> = (0..count).map(|_| prompt(random)).collect();
        let texts = architecture.continuations(base, &prompts, &SamplingSettings::default(), seed, task)?;
        let points = texts.iter().map(|text| rules.points(text)).collect();
        Ok(Comparison { prompts, texts, points, seed })
    }

    /// Of a policy. Its random numbers are others than those of the base.
    ///
    /// # Errors
    /// When it was called off, or the policy has diverged.
    pub fn examine(
        &self,
        architecture: &Architecture,
        [policy, base]: [&Parameters<f32>; 2],
        rules: &Rules,
        reward: Option<&RewardModel>,
        task: &TaskContext,
    ) -> Result<Examined, ExperimentError> {
        let how = SamplingSettings::default();
        let texts = architecture.continuations(policy, &self.prompts, &how, self.seed ^ 1, task)?;
        let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len().max(1) as f64;
        let points: Vec<i64> = texts.iter().map(|text| rules.points(text)).collect();
        let reward = reward.map(|reward| reward.rewards(&architecture.network, &texts, task)).transpose()?;
        Ok(Examined {
            preferred: preferred(&points, &self.points),
            points: mean(&points.iter().map(|points| *points as f64).collect::<Vec<_>>()),
            reward: reward.map(|rewards| mean(&rewards)),
            kl: mean(&divergences(architecture, policy, base, &texts, task)?),
            texts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_counts_half() {
        assert_eq!(preferred(&[1, 2, 3, 0], &[1, 1, 4, -1]), (0.5 + 1.0 + 0.0 + 1.0) / 4.0);
        assert_eq!(preferred(&[], &[]), 0.0);
    }
}
