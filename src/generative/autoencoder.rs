//! Autoencoders: a picture through a narrow code and back (Baldi & Hornik, "Neural networks and principal component
//! analysis", Neural Networks 2(1), 1989; Hinton & Salakhutdinov, Science 313, 2006).
//!
//! c = f(x) ∈ ℝ^M, x̂ = g(c) ∈ ℝ^L, M < L; training minimises ‖x − x̂‖². Two of them learn side by side:
//!
//! * the *linear* one, x̂ = W_D W_E (x − m) + m with m the mean picture, whose best is the projection on the first M
//!   principal directions: its error is then the sum of the eigenvalues left out;
//! * the *deep* one, a few layers each side, which may bend.
//!
//! Neither has a distribution over codes, so neither is a generative model.

mod answers;
mod learner;

pub use answers::{TrainedAutoencoder, VIEWS};
pub use learner::{AutoencoderLearner, REPORT_KEYS, SERIES, knobs};

use crate::data::{Digits, Mnist, mnist};
use crate::experiment::{Experiment, ExperimentError, Knobs, Learn, Preview};
use crate::nn::{Bound, Linear, Parameters, Perceptron, Principal};
use crate::tensor::{Activation, Tensor, Var};
use crate::{bundled, lab_file};
use faer::Mat;
use rand::Rng;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "autoencoder",
    lab: Some(lab_file!("05-autoencoder")),
    knobs,
    series: &SERIES,
    headline: "deep/error",
    emits: &["components", "reconstructions"],
    views: &VIEWS,
    answers: &TrainedAutoencoder::ANSWERS,
    report: &REPORT_KEYS,
    preview: Preview::LatentWalk,
    learn: Learn::By(|setting| {
        let (digits, vae) = (Mnist::for_training(setting)?, setting.source.companion("vae")?);
        Ok(Box::new(AutoencoderLearner::new(&setting.knobs, setting.seed, digits, vae)?))
    }),
    open: |weights, knobs, source| {
        let (digits, vae) = (Mnist::of(source)?, source.companion("vae")?);
        Ok(Arc::new(TrainedAutoencoder::open(weights, knobs, digits, vae)?))
    },
    small: &["latent=4 hidden=16 batch=32 linear_batch=64 steps=45"],
    bundled: bundled!("autoencoder"),
    ..Experiment::EMPTY
};

/// Pictures whose share of the covariance is summed at a time.
const BLOCK: usize = 4096;

/// Numbers in a code at most, and principal directions to compare with.
const WIDEST_CODE: usize = 64;

/// The principal directions of all pictures of a set, intensities in [0, 1].
///
/// # Errors
/// As [`Principal::of`].
fn principal_of(digits: &Digits) -> Result<Principal, ExperimentError> {
    let rows = (0..digits.len()).step_by(BLOCK).map(|start| start..(start + BLOCK).min(digits.len()));
    let blocks = rows.map(|range| {
        let start = range.start;
        Mat::<f64>::from_fn(range.len(), mnist::PIXELS, |row, pixel| {
            f64::from(digits.pixels(start + row)[pixel]) / 255.0
        })
    });
    Principal::of(blocks, digits.len(), WIDEST_CODE)
}

/// The shape of both.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// M: numbers in a code.
    pub latent: usize,
    /// Widths of the deep encoder's hidden layers; its decoder has them in reverse.
    pub hidden: Vec<usize>,
}

impl Configuration {
    /// The shape that knobs ask for.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        Configuration {
            latent: knobs.integer("latent") as usize,
            hidden: knobs.integers("hidden").iter().map(|&width| width as usize).collect(),
        }
    }
}

/// W_E and W_D.
#[derive(Debug, Clone)]
pub struct LinearAutoencoder {
    encoder: Linear,
    decoder: Linear,
}

impl LinearAutoencoder {
    pub fn new(latent: usize, parameters: &mut Parameters<f32>, random: &mut impl Rng) -> Self {
        let mut layer = |name: &str, inputs, outputs| {
            Linear::without_bias(parameters, name, inputs, outputs, Activation::Identity, random)
        };
        LinearAutoencoder {
            encoder: layer("encoder", mnist::PIXELS, latent),
            decoder: layer("decoder", latent, mnist::PIXELS),
        }
    }

    /// W_D W_E x of centred x `[batch, L]`.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.decoder.forward(bound, self.encoder.forward(bound, x))
    }
}

/// Several layers each side; the output is squeezed into [0, 1].
#[derive(Debug, Clone)]
pub struct DeepAutoencoder {
    encoder: Perceptron,
    code: Linear,
    decoder: Perceptron,
    output: Linear,
}

impl DeepAutoencoder {
    pub fn new(configuration: &Configuration, parameters: &mut Parameters<f32>, random: &mut impl Rng) -> Self {
        let Configuration { latent, ref hidden } = *configuration;
        let reversed: Vec<usize> = hidden.iter().rev().copied().collect();
        let (encoded, decoded) = (*hidden.last().unwrap_or(&mnist::PIXELS), *hidden.first().unwrap_or(&latent));
        DeepAutoencoder {
            encoder: Perceptron::new(parameters, "encoder", mnist::PIXELS, hidden, random),
            code: Linear::new(parameters, "code", encoded, latent, Activation::Identity, random),
            decoder: Perceptron::new(parameters, "decoder", latent, &reversed, random),
            output: Linear::new(parameters, "output", decoded, mnist::PIXELS, Activation::Sigmoid, random),
        }
    }

    /// c = f(x): `[batch, L]` in [0, 1] to `[batch, M]`.
    pub fn encode<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.code.forward(bound, self.encoder.forward(bound, x))
    }

    /// x̂ = g(c): `[batch, M]` to `[batch, L]` in [0, 1].
    pub fn decode<'t>(&self, bound: &Bound<'t, f32>, code: Var<'t, f32>) -> Var<'t, f32> {
        self.output.forward(bound, self.decoder.forward(bound, code))
    }
}

/// ‖x − x̂‖² a picture: summed over pixels, the mean over the batch.
pub fn reconstruction_error<'t>(made: Var<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
    let batch = x.shape()[0];
    made.squared_error(x).scale(1.0 / batch as f64)
}

/// Rows less a mean row.
pub fn centred(x: &Tensor<f32>, mean: &[f32]) -> Tensor<f32> {
    let mut centred = x.clone();
    for row in centred.values_mut().chunks_exact_mut(mean.len()) {
        row.iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
    }
    centred
}
