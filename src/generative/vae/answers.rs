//! What can be asked of a trained VAE.

use super::{Configuration, Likelihood, Vae};
use crate::data::pictures::intensities;
use crate::data::{Digits, mnist};
use crate::experiment::query::{Code, LatentPlane, Score};
use crate::experiment::{
    Answer, ExperimentError, GrayImage, Knob, Knobs, Model, Panel, Query, QueryKind, TaskContext, ViewSpec, Wording,
    view,
};
use crate::generative::digits::{self, at_most, examples, pictures};
use crate::generative::latent::plane_through;
use crate::generative::noise::noise;
use crate::nn::{Parameters, weights};
use crate::tensor::{Tape, Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Codes encoded or decoded at a time.
const BATCH: usize = 250;

/// Test digits in a row.
const DIGITS: usize = 8;

pub static VIEWS: [ViewSpec; 3] = [
    ViewSpec::new(
        "samples",
        Wording::new("digits decoded from codes z ~ N(0, I)", "z ~ N(0, I) から復号した数字"),
        digits::samples_inputs,
    ),
    ViewSpec::new(
        "repair",
        Wording::new(
            "the lower rows of a digit are missing and filled in by going through the code again and again",
            "欠けた下部を、符号への往復を繰り返して補う",
        ),
        || {
            let missing = Knob::integer("missing", 4..=20, 12, ["rows missing from below", "欠ける下側の行数"]);
            [vec![missing], digits::inputs()].concat()
        },
    ),
    ViewSpec::new(
        "denoise",
        Wording::new("noise is taken off a digit by going through its code", "符号を往復してノイズを取り除く"),
        || {
            let help = ["standard deviation of the noise", "ノイズの標準偏差"];
            [vec![Knob::real("deviation", 0.0..=1.0, 0.5, help)], digits::inputs()].concat()
        },
    ),
];

/// A VAE that no longer changes, with test digits to look at.
pub struct TrainedVae {
    vae: Arc<Vae>,
    parameters: Parameters<f32>,
    test: Digits,
}

impl TrainedVae {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 7] = [
        QueryKind::View,
        QueryKind::Sample,
        QueryKind::Encode,
        QueryKind::Decode,
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
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, ExperimentError> {
        let mut parameters = Parameters::new();
        let configuration = Configuration::from_knobs(mnist::PIXELS, knobs);
        let vae = Vae::new(configuration, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        weights::open(&mut [("", &mut parameters)], weights)?;
        Ok(Self::new(Arc::new(vae), parameters, test))
    }

    fn latent(&self) -> usize {
        self.vae.configuration.latent
    }

    /// x̂ for codes `[count, M]`.
    fn pictures(&self, latents: Tensor<f32>) -> Vec<GrayImage> {
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
    pub fn sample(&self, count: usize, seed: u64) -> Vec<GrayImage> {
        pictures(&self.sample_intensities(count, seed))
    }

    /// The same as `[count, 784]` in [0, 1].
    pub fn sample_intensities(&self, count: usize, seed: u64) -> Tensor<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut made = Vec::with_capacity(count * mnist::PIXELS);
        for start in (0..count).step_by(BATCH) {
            let tape = Tape::without_gradients();
            let z = tape.constant(noise(BATCH.min(count - start), self.latent(), &mut random));
            let pictures = self.vae.expected_picture(&self.parameters.on(&tape), z).value();
            made.extend(pictures.values().iter().map(|value| value.clamp(0.0, 1.0)));
        }
        tensor([count, mnist::PIXELS], made)
    }

    /// −ln p(x), nats, the mean over the test digits: the importance-weighted bound
    /// ln (1/k) Σᵢ p(x|zᵢ) p(zᵢ)/q(zᵢ|x) with k `draws` of z from q(z|x), which nears ln p(x) as k grows (Burda, Grosse &
    /// Salakhutdinov 2015, arXiv:1509.00519).
    pub fn negative_log_likelihood(&self, draws: usize, seed: u64, task: &TaskContext) -> Result<f64, ExperimentError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (latent, count) = (self.latent(), self.test.len());
        let mut total = 0.0;
        for index in 0..count {
            task.check()?;
            let (mean, deviation) = self.codes(self.test.batch([index]));
            let noise: Tensor<f32> = noise(draws, latent, &mut random);
            let codes: Vec<f32> = (noise.values().chunks_exact(latent))
                .flat_map(|e| e.iter().zip(mean.values()).zip(deviation.values()).map(|((e, m), s)| m + s * e))
                .collect();
            let nats = self.reconstruction_nats(&codes, self.test.pixels(index));
            // ln p(z) − ln q(z|x): the factors of 2π go.
            let prior = codes.chunks_exact(latent).zip(noise.values().chunks_exact(latent)).map(|(z, e)| {
                let squares = z.iter().zip(e).map(|(z, e)| f64::from(e * e - z * z)).sum::<f64>();
                0.5 * squares + deviation.values().iter().map(|&s| f64::from(s).ln()).sum::<f64>()
            });
            let weights: Vec<f64> = nats.into_iter().zip(prior).map(|(nats, prior)| prior - nats).collect();
            let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = weights.iter().map(|weight| (weight - largest).exp()).sum();
            total -= largest + (sum / draws as f64).ln();
        }
        Ok(total / count as f64)
    }

    /// −ln p(x|z) of one picture for each code.
    fn reconstruction_nats(&self, codes: &[f32], pixels: &[u8]) -> Vec<f64> {
        let rows = codes.len() / self.latent();
        let tape = Tape::without_gradients();
        let z = tape.constant(tensor([rows, self.latent()], codes.to_vec()));
        let output = self.vae.decode(&self.parameters.on(&tape), z);
        let x: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        match self.vae.configuration.likelihood {
            // Σ softplus(a) − x a, the first sum a tape's own.
            Likelihood::Bernoulli => {
                let positive = output.softplus().sum_last().value();
                let x = tape.constant(tensor([1, mnist::PIXELS], x));
                let inked = output.linear(x, None, crate::tensor::Activation::Identity).value();
                positive.values().iter().zip(inked.values()).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect()
            }
            Likelihood::Gaussian { sigma } => {
                let x = tape.constant(tensor([1, mnist::PIXELS], x));
                let squares = (output - x).square().sum_last().value();
                let constant = mnist::PIXELS as f64 * (sigma.ln() + 0.5 * std::f64::consts::TAU.ln());
                squares.values().iter().map(|&square| f64::from(square) / (2.0 * sigma * sigma) + constant).collect()
            }
        }
    }

    /// Pictures through the means of their codes and back.
    pub fn reconstruct(&self, pictures: &[GrayImage]) -> Result<Vec<GrayImage>, ExperimentError> {
        let (mean, _) = self.codes(intensities(pictures)?);
        Ok(self.pictures(mean))
    }

    /// The ELBO of a picture and its two terms, nats: the mean over `draws` codes.
    fn score(
        &self,
        picture: &GrayImage,
        draws: usize,
        seed: u64,
        task: &TaskContext,
    ) -> Result<Score, ExperimentError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut reconstruction, mut kl) = (0.0, 0.0);
        for start in (0..draws).step_by(BATCH) {
            task.check()?;
            let count = BATCH.min(draws - start);
            let x = intensities(&vec![picture.clone(); count])?;
            let tape = Tape::without_gradients();
            let noise = tape.constant(noise(count, self.latent(), &mut random));
            let terms = self.vae.terms(&self.parameters.on(&tape), tape.constant(x), noise);
            reconstruction += f64::from(terms.reconstruction.item());
            kl += f64::from(terms.kl.item());
        }
        let (reconstruction, kl) = (reconstruction / draws as f64, kl / draws as f64);
        Ok(Score::Elbo { elbo: -(reconstruction + kl), reconstruction, kl })
    }

    /// Digits with their lower rows missing, once through the code, and many times, with what is known put back each time.
    fn repair(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let given = digits::given(&self.test, inputs, DIGITS);
        let x = intensities(&given)?;
        let missing = inputs.integer("missing") as usize;
        let known = |place: usize| place % mnist::PIXELS / 28 < 28 - missing;
        let mut guess = x.clone();
        let hole = |guess: &mut Tensor<f32>, values: Option<&Tensor<f32>>| {
            for (place, pixel) in guess.values_mut().iter_mut().enumerate().filter(|(place, _)| !known(*place)) {
                *pixel = values.map_or(0.0, |values| values.values()[place]);
            }
        };
        hole(&mut guess, None);
        let holed = pictures(&guess);
        let mut row = |rounds: usize| -> Result<Vec<GrayImage>, ExperimentError> {
            for _ in 0..rounds {
                let back = intensities(&self.reconstruct(&pictures(&guess))?)?;
                hole(&mut guess, Some(&back));
            }
            Ok(pictures(&guess))
        };
        Ok(vec![
            Panel::row("given", "元の画像", given),
            Panel::row(format!("{missing} rows missing"), format!("下の {missing} 行を消す"), holed),
            Panel::row("once through the code", "符号を 1 往復", row(1)?),
            Panel::row("40 times, what is known put back each time", "40 往復(残っている画素は毎回戻す)", row(39)?),
        ])
    }

    /// Digits with noise, and through the code and back.
    fn denoise(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let given = digits::given(&self.test, inputs, DIGITS);
        let x = intensities(&given)?;
        let deviation = inputs.real("deviation") as f32;
        let random = &mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64);
        let mut noisy = noise::<f32>(given.len(), mnist::PIXELS, random);
        let places = noisy.values_mut().iter_mut().zip(x.values());
        places.for_each(|(n, x)| *n = (x + deviation * *n).clamp(0.0, 1.0));
        let noisy = pictures(&noisy);
        let clean = self.reconstruct(&noisy)?;
        Ok(vec![
            Panel::row("given", "元の画像", given),
            Panel::row(
                format!("with noise of standard deviation {deviation:.2}"),
                format!("標準偏差 {deviation:.2} のノイズを加えたもの"),
                noisy,
            ),
            Panel::row("through the code and back", "符号を往復", clean),
        ])
    }

    /// The plane through the codes of the first `count` test digits.
    fn plane(&self, count: usize, task: &TaskContext) -> Result<LatentPlane, ExperimentError> {
        let count = count.min(self.test.len());
        let latent = self.latent();
        let mut codes: Vec<f32> = Vec::with_capacity(count * latent);
        for start in (0..count).step_by(BATCH) {
            task.check()?;
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
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        match query {
            Query::Sample { count, seed } => Ok(Answer::Pictures { pictures: self.sample(at_most(*count)?, *seed) }),
            Query::View { name, inputs } => {
                let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
                let panels = match name.as_str() {
                    "repair" => self.repair(&inputs)?,
                    "denoise" => self.denoise(&inputs)?,
                    _ => {
                        let count = inputs.integer("count") as usize;
                        vec![digits::samples(self.sample(count, inputs.integer("seed") as u64))]
                    }
                };
                Ok(Answer::Panels { panels })
            }
            Query::Encode { pictures } => {
                let (mean, deviation) = self.codes(intensities(pictures)?);
                let rows =
                    mean.values().chunks_exact(self.latent()).zip(deviation.values().chunks_exact(self.latent()));
                let code = |(mean, deviation): (&[f32], &[f32])| Code {
                    mean: mean.to_vec(),
                    standard_deviation: deviation.to_vec(),
                };
                Ok(Answer::Codes { codes: rows.map(code).collect() })
            }
            Query::Decode { latents } => {
                at_most(latents.len())?;
                if let Some(odd) = latents.iter().find(|latent| latent.len() != self.latent()) {
                    return Err(ExperimentError::new(format!(
                        "a code of {} numbers, expected {}",
                        odd.len(),
                        self.latent()
                    )));
                }
                let values = latents.iter().flatten().copied().collect();
                Ok(Answer::Pictures { pictures: self.pictures(tensor([latents.len(), self.latent()], values)) })
            }
            Query::Score { pictures, draws, seed } => {
                let draws = at_most(*draws)?;
                let scores = pictures.iter().map(|picture| self.score(picture, draws, *seed, task));
                Ok(Answer::Scores { scores: scores.collect::<Result<_, _>>()? })
            }
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::LatentPlane { count } => Ok(Answer::LatentPlane(self.plane(at_most(*count)?, task)?)),
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}
