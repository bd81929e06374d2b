//! What can be asked of a trained VAE.

use super::{Configuration, Vae, noise};
use crate::data::{Digits, mnist};
use crate::experiment::query::LatentPlane;
use crate::experiment::{Answer, Failure, Knobs, Model, Picture, Query, QueryKind, Watch};
use crate::nn::{Parameters, learning};
use crate::generative::digits::{at_most, examples, unanswered, intensities, pictures};
use crate::tensor::{Tape, Tensor, tensor};
use faer::Side;
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

/// The plane that holds most of the variance of some codes, or their whole space if that is a plane or a line.
fn plane_through(codes: &[f32], latent: usize) -> LatentPlane {
    let unit = |axis: usize| (0..latent).map(|j| if j == axis { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
    let empty = LatentPlane {
        origin: vec![0.0; latent],
        axes: [unit(0), unit(1)],
        points: Vec::new(),
        labels: Vec::new(),
        variance_share: 1.0,
    };
    let count = codes.len() / latent;
    if latent <= 2 || count < 2 || codes.iter().any(|code| !code.is_finite()) {
        return empty;
    }
    let mut mean = vec![0.0_f64; latent];
    for code in codes.chunks_exact(latent) {
        mean.iter_mut().zip(code).for_each(|(sum, &z)| *sum += f64::from(z) / count as f64);
    }
    let mut covariance = faer::Mat::<f64>::zeros(latent, latent);
    for code in codes.chunks_exact(latent) {
        for i in 0..latent {
            for j in 0..latent {
                covariance[(i, j)] += (f64::from(code[i]) - mean[i]) * (f64::from(code[j]) - mean[j]) / count as f64;
            }
        }
    }
    let Ok(eigen) = covariance.self_adjoint_eigen(Side::Lower) else { return empty };
    // Eigenvalues come in rising order. An axis points where its largest part is positive, so that a picture of the
    // plane does not flip between two snapshots.
    let axis = |rank: usize| -> Vec<f32> {
        let column = eigen.U().col(latent - 1 - rank);
        let largest = column.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        column.iter().map(|&part| (part * largest.signum()) as f32).collect()
    };
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let total: f64 = values.iter().sum();
    let share = (values[latent - 1] + values[latent - 2]) / total.max(f64::MIN_POSITIVE);
    LatentPlane {
        origin: mean.iter().map(|&m| m as f32).collect(),
        axes: [axis(0), axis(1)],
        variance_share: share as f32,
        ..empty
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_lies_along_the_widest_directions() {
        let codes: Vec<f32> = (0..100)
            .flat_map(|i| {
                let t = i as f32;
                [0.1 * (t * 0.7).sin(), 3.0 * (t * 0.9).sin() + 5.0, (t * 1.3).cos()]
            })
            .collect();
        let plane = plane_through(&codes, 3);
        assert!(plane.axes[0][1] > 0.99 && plane.axes[1][2].abs() > 0.99, "{:?}", plane.axes);
        assert!(plane.variance_share > 0.99);
        let [u, v] = [0.5, -1.5];
        let back = plane.project(&plane.latent_at([u, v]));
        assert!((back[0] - u).abs() < 1e-5 && (back[1] - v).abs() < 1e-5, "a point of the plane is found again");
    }

    #[test]
    fn a_code_of_two_is_its_own_plane() {
        let plane = plane_through(&[1.0, 2.0, 3.0, 4.0], 2);
        assert_eq!((plane.origin, plane.axes), (vec![0.0, 0.0], [vec![1.0, 0.0], vec![0.0, 1.0]]));
        assert_eq!(plane_through(&[1.0, 2.0], 1).axes, [vec![1.0], vec![0.0]]);
    }
}
