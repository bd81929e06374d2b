//! Diffusion models (Ho, Jain & Abbeel, "Denoising Diffusion Probabilistic Models", 2020, arXiv:2006.11239).
//!
//! The forward process q(x_t|x_{t−1}) = N(√(1−β_t) x_{t−1}, β_t I) ends in noise; with ᾱ_t = Π_s (1 − β_s)
//!
//! ```text
//! x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε,   ε ~ N(0, I),
//! ```
//!
//! and ε_θ(x_t, t, y) learns to predict the noise: it minimises ‖ε − ε_θ(x_t, t, y)‖² / ᾱ_t. What the
//! network itself gives is v̂, an estimate of v = √ᾱ_t ε − √(1−ᾱ_t) x_0 (Salimans & Ho 2022, arXiv:2202.00512), and
//!
//! ```text
//! ε_θ = √(1−ᾱ_t) x_t + √ᾱ_t v̂,    x̂_0 = √ᾱ_t x_t − √(1−ᾱ_t) v̂,    ‖ε − ε_θ‖² / ᾱ_t = ‖v − v̂‖²,
//! ```
//!
//! so that at the noisy end, where x_t is nearly ε itself, nothing is divided by the small √ᾱ_t. The reverse chain is sampled step by step ([`Sampler`]). The class y is left out now and then while it learns, so that the
//! same network also knows ε_θ(x, t, ∅), and can be guided without a classifier (Ho & Salimans 2022, arXiv:2207.12598):
//!
//! ```text
//! ε̂ = (1 + w) ε_θ(x, t, y) − w ε_θ(x, t, ∅).
//! ```

mod answers;
pub mod denoiser;
mod learner;
pub mod prompt;
mod sampler;

pub use answers::{TrainedDiffusion, VIEWS};
pub use denoiser::Denoiser;
pub use learner::{ACTIONS, DiffusionLearner, REPORT_KEYS, SERIES, knobs};
pub use sampler::{Known, Sampler, SamplerSettings};

use crate::data::Mnist;
use crate::experiment::{Experiment, Learn, Preview};
use crate::generative::classifier::Judge;
use crate::{bundled, lab_file};
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "diffusion",
    lab: Some(lab_file!("10-diffusion")),
    knobs,
    series: &SERIES,
    headline: "val/loss",
    emits: &["samples", "plane"],
    views: &VIEWS,
    answers: &TrainedDiffusion::ANSWERS,
    actions: &ACTIONS,
    report: &REPORT_KEYS,
    preview: Preview::Samples,
    learn: Learn::By(|setting| {
        let (digits, judge) = (Mnist::for_training(setting)?, Judge::bundled()?);
        Ok(Box::new(DiffusionLearner::new(&setting.knobs, setting.seed, digits, judge)))
    }),
    open: |weights, knobs, source| Ok(Arc::new(TrainedDiffusion::open(weights, knobs, Mnist::of(source)?.test)?)),
    small: &["data=drawn batch=16 steps=45", "channels=8 batch=8 steps=25 average=0.9"],
    bundled: bundled!("diffusion"),
    ..Experiment::EMPTY
};

/// T: steps of the forward process.
pub const STEPS: usize = 1000;

/// ᾱ_t for t = 0 … T − 1, falling like the square of a cosine (Nichol & Dhariwal 2021, arXiv:2102.09672), with
/// β_t ≤ 0.999.
#[derive(Debug, Clone)]
pub struct NoiseSchedule(Vec<f64>);

impl Default for NoiseSchedule {
    fn default() -> Self {
        let cosine = |t: usize| {
            let share = (t as f64 / STEPS as f64 + 0.008) / 1.008;
            (share * std::f64::consts::FRAC_PI_2).cos().powi(2)
        };
        let mut kept = 1.0;
        NoiseSchedule(
            (0..STEPS)
                .map(|t| {
                    let beta = (1.0 - cosine(t + 1) / cosine(t)).min(0.999);
                    kept *= 1.0 - beta;
                    kept
                })
                .collect(),
        )
    }
}

impl NoiseSchedule {
    /// ᾱ_t: the share of the variance that is still the picture's.
    pub fn at(&self, t: usize) -> f64 {
        self.0[t]
    }

    /// √ᾱ_t and √(1−ᾱ_t): what picture and noise are multiplied by.
    pub fn factors(&self, t: usize) -> (f32, f32) {
        (self.0[t].sqrt() as f32, (1.0 - self.0[t]).sqrt() as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forward_process_begins_at_the_picture_and_ends_in_noise() {
        let kept = NoiseSchedule::default();
        assert!(kept.at(0) > 0.999 && kept.at(STEPS - 1) < 1e-5);
        assert!((1..STEPS).all(|t| kept.at(t) < kept.at(t - 1)));
        let (picture, noise) = kept.factors(300);
        assert!((picture * picture + noise * noise - 1.0).abs() < 1e-6);
    }
}
