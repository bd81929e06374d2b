//! The reverse process: from noise to a sample, in as many of the T steps as one likes.
//!
//! A step goes from t to an earlier s by way of a guess at x_0 (Song, Meng & Ermon, "Denoising diffusion implicit
//! models", 2020, arXiv:2010.02502):
//!
//! ```text
//! x̂_0 = (x_t − √(1−ᾱ_t) ε̂) / √ᾱ_t = √ᾱ_t x_t − √(1−ᾱ_t) v̂
//! x_s = √ᾱ_s x̂_0 + √(1−ᾱ_s−σ²) ε̂ + σ ξ,    σ² = η² (1−ᾱ_s)/(1−ᾱ_t) (1 − ᾱ_t/ᾱ_s),   ξ ~ N(0, I).
//! ```
//!
//! η = 0 is DDIM, in which the first noise decides everything; η = 1 over all T steps is DDPM.

use super::denoiser::NO_CLASS;
use super::{Denoiser, NoiseSchedule, STEPS};
use crate::experiment::{ExperimentError, TaskContext};
use crate::nn::Parameters;
use crate::tensor::{Tape, Tensor, tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Rows that go through the network together.
const BATCH: usize = 128;
/// Samples of the plane that go together.
const PLANE_BATCH: usize = 4096;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplerSettings {
    pub seed: u64,
    /// Steps of the reverse process, 1 to 1000.
    pub steps: usize,
    /// w of classifier-free guidance, 0 to 8.
    pub guidance: f32,
    /// The share of fresh noise a step: 0 is DDIM, 1 is DDPM.
    pub eta: f32,
}

impl SamplerSettings {
    /// For samples of which nothing is asked; their feature distance is reported.
    pub const FREE: SamplerSettings = SamplerSettings { seed: 0, steps: 50, guidance: 0.0, eta: 1.0 };
}

/// Draws from a denoiser.
pub struct Sampler<'a> {
    pub denoiser: &'a Denoiser,
    pub parameters: &'a Parameters<f32>,
    pub kept: &'a NoiseSchedule,
}

/// What is known of the samples to be: pixels that stay as they are.
pub struct Known<'a> {
    /// `[width]` in the model's own range.
    pub sample: &'a [f32],
    /// Which numbers are known.
    pub mask: &'a [bool],
}

impl Sampler<'_> {
    /// v̂ for rows x_t at one t, with guidance w: as ε̂ is linear in it, what guides the one guides the other.
    fn noise_at(&self, x: &[f32], t: usize, classes: &[usize], guidance: f32) -> Vec<f32> {
        let width = self.denoiser.width();
        let batch = if width == 2 { PLANE_BATCH } else { BATCH };
        let mut predicted = Vec::with_capacity(x.len());
        // With guidance each row goes twice: with its class and without.
        let rows = if guidance == 0.0 { batch } else { batch / 2 };
        for (x, classes) in x.chunks(rows * width).zip(classes.chunks(rows)) {
            let predict = |x: Vec<f32>, classes: &[usize]| {
                let tape = Tape::without_gradients();
                let x = tape.constant(tensor([classes.len(), width], x));
                let times = vec![t; classes.len()];
                self.denoiser.forward(&self.parameters.frozen_on(&tape), x, &times, classes).value()
            };
            if guidance == 0.0 {
                predicted.extend_from_slice(predict(x.to_vec(), classes).values());
            } else {
                let both = [classes, &vec![NO_CLASS; classes.len()]].concat();
                let noise = predict([x, x].concat(), &both);
                let (with, without) = noise.values().split_at(x.len());
                predicted.extend(
                    with.iter().zip(without).map(|(with, without)| (1.0 + guidance) * with - guidance * without),
                );
            }
        }
        predicted
    }

    /// x̂_0 and ε̂ for rows x_t. Guesses at digits are kept to [−1, 1], and ε̂ to what that leaves.
    pub fn predict_x0(&self, x: &[f32], t: usize, classes: &[usize], guidance: f32) -> (Vec<f32>, Vec<f32>) {
        let mut noise = self.noise_at(x, t, classes, guidance);
        let (picture, rest) = self.kept.factors(t);
        let clipped = self.denoiser.width() != 2;
        let guess = x.iter().zip(&mut noise).map(|(&x, noise)| {
            let (guess, predicted) = (picture * x - rest * *noise, *noise);
            *noise = rest * x + picture * predicted;
            if !clipped {
                return guess;
            }
            let guess = guess.clamp(-1.0, 1.0);
            *noise = (x - picture * guess) / rest;
            guess
        });
        (guess.collect(), noise)
    }

    /// The moments of a reverse process of `steps` steps, the last first.
    pub fn moments(steps: usize) -> Vec<usize> {
        let steps = steps.clamp(1, STEPS);
        (1..=steps).rev().map(|step| step * STEPS / steps - 1).collect()
    }

    /// One sample for each class, `[classes, width]`, from noise drawn by the manner's seed. `see` is shown every x̂_0 on
    /// the way with its t, and may end the way early by returning an error.
    pub fn draw(
        &self,
        classes: &[usize],
        manner: SamplerSettings,
        known: Option<&Known>,
        task: &TaskContext,
        mut see: impl FnMut(usize, &[f32], &[f32]),
    ) -> Result<Tensor<f32>, ExperimentError> {
        let width = self.denoiser.width();
        let mut random = ChaCha8Rng::seed_from_u64(manner.seed);
        let mut x = normals(classes.len() * width, &mut random);
        let moments = Self::moments(manner.steps);
        for (place, &t) in moments.iter().enumerate() {
            task.check()?;
            task.report_progress(place as u64, moments.len() as u64);
            if let Some(known) = known {
                self.put_known(&mut x, known, t, &mut random);
            }
            let (guess, noise) = self.predict_x0(&x, t, classes, manner.guidance);
            see(t, &x, &guess);
            let Some(&earlier) = moments.get(place + 1) else {
                x = guess;
                break;
            };
            let (now, then) = (self.kept.at(t), self.kept.at(earlier));
            let eta = f64::from(manner.eta);
            let variance = eta * eta * (1.0 - then) / (1.0 - now) * (1.0 - now / then);
            let picture = then.sqrt() as f32;
            let direction = (1.0 - then - variance).max(0.0).sqrt() as f32;
            let deviation = variance.max(0.0).sqrt() as f32;
            for ((x, guess), noise) in x.iter_mut().zip(&guess).zip(&noise) {
                *x = picture * guess + direction * noise;
                if deviation > 0.0 {
                    *x += deviation * Distribution::<f32>::sample(&StandardNormal, &mut random);
                }
            }
        }
        if let Some(known) = known {
            for row in x.chunks_exact_mut(width) {
                let places = row.iter_mut().zip(known.sample).zip(known.mask);
                places.filter(|(_, known)| **known).for_each(|((place, value), _)| *place = *value);
            }
        }
        Ok(tensor([classes.len(), width], x))
    }

    /// Puts what is known into x_t, with the noise of its t (Lugmayr et al. 2022, arXiv:2201.09865, without going back).
    fn put_known(&self, x: &mut [f32], known: &Known, t: usize, random: &mut impl Rng) {
        let (picture, rest) = self.kept.factors(t);
        for row in x.chunks_exact_mut(self.denoiser.width()) {
            for ((place, value), _) in row.iter_mut().zip(known.sample).zip(known.mask).filter(|(_, known)| **known) {
                *place = picture * value + rest * Distribution::<f32>::sample(&StandardNormal, random);
            }
        }
    }
}

/// Numbers from N(0, 1).
pub fn normals(count: usize, random: &mut impl Rng) -> Vec<f32> {
    (0..count).map(|_| StandardNormal.sample(random)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::denoiser::Kind;
    use super::*;

    #[test]
    fn the_way_back_begins_at_the_end_and_ends_near_the_picture() {
        assert_eq!(Sampler::moments(1), [999]);
        assert_eq!(Sampler::moments(4), [999, 749, 499, 249]);
        assert_eq!(Sampler::moments(1000).len(), 1000);
        assert_eq!(Sampler::moments(1000)[999], 0);
        assert_eq!(Sampler::moments(0), [999]);
    }

    fn draw(manner: SamplerSettings, known: Option<&Known>) -> Vec<f32> {
        let mut parameters = Parameters::new();
        let denoiser = Denoiser::new(Kind::Dense, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        let kept = NoiseSchedule::default();
        let sampler = Sampler { denoiser: &denoiser, parameters: &parameters, kept: &kept };
        sampler.draw(&[3, 5, 1], manner, known, &TaskContext::default(), |_, _, _| ()).unwrap().values().to_vec()
    }

    #[test]
    fn a_seed_decides_the_sample_and_eta_adds_noise() {
        let manner = SamplerSettings { seed: 4, steps: 3, guidance: 1.0, eta: 0.0 };
        assert_eq!(draw(manner, None), draw(manner, None));
        assert_ne!(draw(manner, None), draw(SamplerSettings { seed: 5, ..manner }, None));
        assert_ne!(draw(manner, None), draw(SamplerSettings { eta: 1.0, ..manner }, None));
    }

    #[test]
    fn what_is_known_stays() {
        let sample: Vec<f32> = (0..784).map(|i| (i % 7) as f32 / 7.0).collect();
        let mask: Vec<bool> = (0..784).map(|i| i < 392).collect();
        let manner = SamplerSettings { seed: 4, steps: 3, guidance: 0.0, eta: 0.0 };
        let drawn = draw(manner, Some(&Known { sample: &sample, mask: &mask }));
        for row in drawn.chunks_exact(784) {
            assert_eq!(&row[..392], &sample[..392]);
            assert_ne!(&row[392..], &sample[392..]);
        }
    }
}
