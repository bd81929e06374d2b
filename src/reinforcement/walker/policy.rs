//! The policy: a linear map from a clock and what the robot feels to the angles of its motors, and augmented random search for its
//! weights (ARS: Mania, Guy & Recht 2018, arXiv:1803.07055).
//!
//! ```text
//! a_t = clip(W f(o_t, t)),   f = (1, sin φ_t, cos φ_t, o_t / scale),   φ_t = 2π ν t
//! W ← W + η / (N σ_R) Σ_k (R(W + σ δ_k) − R(W − σ δ_k)) δ_k,   δ_k ~ N(0, I)
//! ```

use super::body::Body;
use super::simulator::CONTROL_HZ;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f32::consts::TAU;

/// Features beside the observation: 1, sin φ, cos φ.
const CLOCK: usize = 3;
/// An observation counts so much beside the clock, and no further than so many scales.
const FEEDBACK: f32 = 0.3;
const FURTHEST: f32 = 3.0;

/// What the weights are multiplied with, and how large each of it usually is.
#[derive(Debug, Clone, PartialEq)]
pub struct Senses {
    scale: Vec<f32>,
    standing_height: f32,
    joints: usize,
    /// Strides a second: ν.
    frequency: f32,
}

impl Senses {
    /// Strides a second.
    pub fn frequency(&self) -> f32 {
        self.frequency
    }

    /// Of a robot; `felt` numbers of its observation.
    pub fn new(body: &Body, felt: usize, frequency: f32) -> Self {
        let joints = body.joints();
        let mut scale = vec![0.05, 0.2];
        scale.resize(2 + joints, 0.4);
        scale.extend([0.7, 0.5, 2.0]);
        scale.resize(5 + 2 * joints, 6.0);
        scale.truncate(felt);
        Senses { scale, standing_height: body.standing_height(), joints, frequency }
    }

    /// Numbers of a policy.
    pub fn weights(&self) -> usize {
        self.joints * self.features()
    }

    pub fn features(&self) -> usize {
        CLOCK + self.scale.len()
    }

    /// Numbers of an observation that it takes.
    pub fn observed(&self) -> usize {
        self.scale.len()
    }

    /// φ after so many control steps.
    pub fn phase(&self, step: usize) -> f32 {
        (TAU * self.frequency * step as f32 / CONTROL_HZ) % TAU
    }

    /// The action of the policy `weights` `[joints, features]` at a phase: appended to `out`.
    pub fn act(&self, weights: &[f32], observation: &[f32], phase: f32, out: &mut Vec<f32>) {
        for row in weights.chunks_exact(self.features()) {
            let clock = row[0] + row[1] * phase.sin() + row[2] * phase.cos();
            let height = observation[0] - self.standing_height;
            let felt = std::iter::once(&height).chain(&observation[1..]).zip(&self.scale).zip(&row[CLOCK..]);
            let felt: f32 = felt.map(|((o, scale), w)| w * (o / scale).clamp(-FURTHEST, FURTHEST)).sum();
            out.push((clock + FEEDBACK * felt).clamp(-1.0, 1.0));
        }
    }

    /// A policy that only swings its legs, at random: W of the clock alone.
    pub fn swinging(&self, size: f32, random: &mut ChaCha8Rng) -> Vec<f32> {
        let mut weights = vec![0.0; self.weights()];
        for row in weights.chunks_exact_mut(self.features()) {
            row[..CLOCK].iter_mut().for_each(|w| *w = size * normal(random));
        }
        weights
    }
}

pub fn normal(random: &mut ChaCha8Rng) -> f32 {
    StandardNormal.sample(random)
}

/// Directions δ in which a policy is tried.
pub struct Directions {
    deltas: Vec<Vec<f32>>,
}

impl Directions {
    pub fn draw(count: usize, weights: usize, random: &mut ChaCha8Rng) -> Self {
        Directions { deltas: (0..count).map(|_| (0..weights).map(|_| normal(random)).collect()).collect() }
    }

    /// W + σδ and W − σδ of each direction, one after another.
    pub fn candidates(&self, weights: &[f32], sigma: f32) -> Vec<Vec<f32>> {
        let moved = |delta: &[f32], by: f32| weights.iter().zip(delta).map(|(w, d)| w + by * d).collect();
        self.deltas.iter().flat_map(|delta| [moved(delta, sigma), moved(delta, -sigma)]).collect()
    }

    /// Takes the step that the returns of the candidates ask for.
    pub fn ascend(&self, weights: &mut [f32], returns: &[f32], step: f32) {
        let count = returns.len() as f32;
        let mean = returns.iter().sum::<f32>() / count;
        let spread = (returns.iter().map(|r| (r - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-3);
        for (delta, pair) in self.deltas.iter().zip(returns.chunks_exact(2)) {
            let by = step * (pair[0] - pair[1]) / (self.deltas.len() as f32 * spread);
            weights.iter_mut().zip(delta).for_each(|(w, d)| *w += by * d);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::body::Kind;
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn an_action_is_a_clipped_linear_map() {
        let body = Body::new(Kind::Biped);
        let senses = Senses::new(&body, body.observed(), 2.0);
        let mut weights = vec![0.0; senses.weights()];
        let features = senses.features();
        weights[0] = 0.25;
        weights[features + 1] = 0.5;
        weights[2 * features + CLOCK + 1] = 1.0;
        weights[3 * features] = 7.0;
        let mut observation = vec![0.0; body.observed()];
        observation[0] = body.standing_height();
        observation[1] = 0.1;
        let mut action = Vec::new();
        senses.act(&weights, &observation, TAU / 4.0, &mut action);
        let expected = [0.25, 0.5, FEEDBACK * 0.5, 1.0];
        assert!(action.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{action:?}");
        // Two strides a second: a quarter of one is an eighth of a second, two and a half control steps.
        assert!((senses.phase(5) - TAU / 2.0).abs() < 1e-5);
    }

    #[test]
    fn random_search_climbs_a_hill() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let goal = [1.0, -2.0, 0.5];
        let height = |w: &Vec<f32>| -w.iter().zip(goal).map(|(w, g)| (w - g).powi(2)).sum::<f32>();
        let mut weights = vec![0.0; 3];
        for _ in 0..300 {
            let directions = Directions::draw(8, 3, random);
            let returns: Vec<f32> = directions.candidates(&weights, 0.1).iter().map(height).collect();
            directions.ascend(&mut weights, &returns, 0.05);
        }
        assert!(height(&weights) > -0.02, "{weights:?}");
    }
}
