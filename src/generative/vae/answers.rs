//! What can be asked of a trained VAE.

use super::{Configuration, Vae, noise};
use crate::data::{Digits, mnist};
use crate::experiment::query::LatentPlane;
use crate::experiment::{Answer, Failure, Knobs, Model, Picture, Query, QueryKind, Watch};
use crate::nn::{Parameters, learning};
use crate::generative::latent::plane_through;
use crate::generative::digits::{at_most, examples, unanswered, intensities, pictures};
use crate::tensor::{Tape, Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Codes encoded or decoded at a time.
const BATCH: usize = 250;

/// A VAE that no longer changes, with test digits to look at.
pub struct TrainedVae {
    vae: Arc<Vae>,
    parameters: Parameters<f32>,
    test: Digits,
}

impl TrainedVae {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 7] = [
        QueryKind::Sample,
        QueryKind::Encode,
        QueryKind::Decode,
        QueryKind::Reconstruct,
        QueryKind::Score,
        QueryKind::Examples,
        QueryKind::LatentPlane,
    ];

    pub fn new(vae: Arc<Vae>, parameters: Parameters<f32>, test: Digits) -> Self {
        TrainedVae { vae, parameters, test }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, Failure> {
        let mut parameters = Parameters::new();
        let configuration = Configuration::from_knobs(mnist::PIXELS, knobs);
        let vae = Vae::new(configuration, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        learning::open(&mut [("", &mut parameters)], weights)?;
        Ok(Self::new(Arc::new(vae), parameters, test))
    }

    fn latent(&self) -> usize {
        self.vae.configuration.latent
    }

    /// x̂ for codes `[count, M]`.
    fn pictures(&self, latents: Tensor<f32>) -> Vec<Picture> {
        let tape = Tape::without_gradients();
        let values = self.vae.expected_picture(&self.parameters.on(&tape), tape.constant(latents)).value();
        pictures(&values)
    }

    /// μ and σ of q(z|x), row by row.
    fn codes(&self, x: Tensor<f32>) -> (Tensor<f32>, Tensor<f32>) {
        let tape = Tape::without_gradients();
        let q = self.vae.encode(&self.parameters.on(&tape), tape.constant(x));
        (q.mean.value(), (0.5 * q.log_variance).exp().value())
    }

    /// New pictures: z ~ N(0, I) → decoder.
    pub fn sample(&self, count: usize, seed: u64) -> Vec<Picture> {
        self.pictures(noise(count, self.latent(), &mut ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Pictures through the means of their codes and back.
    pub fn reconstruct(&self, pictures: &[Picture]) -> Result<Vec<Picture>, Failure> {
        let (mean, _) = self.codes(intensities(pictures)?);
        Ok(self.pictures(mean))
    }

    /// The ELBO of a picture and its two terms, nats: the mean over `draws` codes.
    fn score(&self, picture: &Picture, draws: usize, seed: u64, watch: &Watch) -> Result<Answer, Failure> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut reconstruction, mut kl) = (0.0, 0.0);
        for start in (0..draws).step_by(BATCH) {
            watch.check()?;
            let count = BATCH.min(draws - start);
            let x = intensities(&vec![picture.clone(); count])?;
            let tape = Tape::without_gradients();
            let noise = tape.constant(noise(count, self.latent(), &mut random));
            let terms = self.vae.terms(&self.parameters.on(&tape), tape.constant(x), noise);
            reconstruction += f64::from(terms.reconstruction.item());
            kl += f64::from(terms.kl.item());
        }
        let (reconstruction, kl) = (reconstruction / draws as f64, kl / draws as f64);
        Ok(Answer::Score { elbo: -(reconstruction + kl), reconstruction, kl })
    }

    /// The plane through the codes of the first `count` test digits.
    fn plane(&self, count: usize, watch: &Watch) -> Result<LatentPlane, Failure> {
        let count = count.min(self.test.len());
        let latent = self.latent();
        let mut codes: Vec<f32> = Vec::with_capacity(count * latent);
        for start in (0..count).step_by(BATCH) {
            watch.check()?;
            let (mean, _) = self.codes(self.test.batch(start..(start + BATCH).min(count)));
            codes.extend(mean.iter());
        }
        let mut plane = plane_through(&codes, latent);
        plane.points = codes.chunks_exact(latent).map(|code| plane.project(code)).collect();
        plane.labels = (0..count).map(|index| self.test.label(index)).collect();
        Ok(plane)
    }
}

impl Model for TrainedVae {
    fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
        watch.check()?;
        match query {
            Query::Sample { count, seed } => Ok(Answer::Pictures { pictures: self.sample(at_most(*count)?, *seed) }),
            Query::Encode { picture } => {
                let (mean, deviation) = self.codes(intensities(std::slice::from_ref(picture))?);
                Ok(Answer::Code {
                    mean: mean.iter().copied().collect(),
                    standard_deviation: deviation.iter().copied().collect(),
                })
            }
            Query::Decode { latents } => {
                at_most(latents.len())?;
                if let Some(odd) = latents.iter().find(|latent| latent.len() != self.latent()) {
                    return Err(Failure::new(format!("a code of {} numbers, expected {}", odd.len(), self.latent())));
                }
                let values = latents.iter().flatten().copied().collect();
                Ok(Answer::Pictures { pictures: self.pictures(tensor([latents.len(), self.latent()], values)) })
            }
            Query::Reconstruct { picture } => {
                Ok(Answer::Pictures { pictures: self.reconstruct(std::slice::from_ref(picture))? })
            }
            Query::Score { picture, draws, seed } => self.score(picture, at_most(*draws)?, *seed, watch),
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::LatentPlane { count } => Ok(Answer::LatentPlane(self.plane(at_most(*count)?, watch)?)),
            query => Err(unanswered(query)),
        }
    }
}
