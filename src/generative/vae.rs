//! The variational autoencoder (Kingma & Welling, "Auto-Encoding Variational Bayes", 2013, arXiv:1312.6114).
//!
//! A code z is drawn from p(z) = N(0, I), a picture from p_θ(x|z): the decoder. The posterior p(z|x) is out of reach, so
//! an encoder gives q_φ(z|x) = N(μ_φ(x), diag σ_φ²(x)) in its place. Training minimises
//!
//! ```text
//! loss = E_q[−ln p_θ(x|z)] + β KL(q_φ(z|x) ‖ p(z)),     KL = ½ Σ_j (μ_j² + σ_j² − ln σ_j² − 1),
//! ```
//!
//! which for β = 1 is −ELBO = −ln p(x) + KL(q_φ(z|x) ‖ p(z|x)): maximum likelihood as far as q is exact. The mean under q
//! is taken at one z = μ + σ ⊙ ε with ε ~ N(0, I), so that the gradient passes through μ and σ.
//!
//! Grey values in [0, 1] under a Bernoulli likelihood give the usual cross-entropy, which is not a normalised
//! likelihood; its numbers can be compared with each other, not with those of a density.

mod answers;
mod learner;

pub use answers::{TrainedVae, VIEWS};
pub use learner::{REPORT_KEYS, SERIES, VaeLearner, knobs};

use crate::data::Mnist;
use crate::experiment::{Experiment, Knobs, Learn, Preview};
use crate::generative::classifier::Judge;
use crate::nn::{Bound, Linear, Parameters, Perceptron};
use crate::tensor::{Activation, Element, Var};
use crate::{bundled, lab_file};
use rand::Rng;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "vae",
    lab: Some(lab_file!("07-vae")),
    knobs,
    series: &SERIES,
    headline: "val/elbo",
    emits: &["samples", "reconstructions"],
    views: &VIEWS,
    answers: &TrainedVae::ANSWERS,
    evaluations: &["nll"],
    report: &REPORT_KEYS,
    preview: Preview::LatentWalk,
    learn: Learn::By(|setting| {
        let (digits, judge) = (Mnist::for_training(setting)?, Judge::bundled()?);
        Ok(Box::new(VaeLearner::new(&setting.knobs, setting.seed, digits, judge)))
    }),
    open: |weights, knobs, source| Ok(Arc::new(TrainedVae::open(weights, knobs, Mnist::of(source)?.test)?)),
    small: &[
        "latent=2 hidden=16 batch=16 epochs=2",
        "latent=3 hidden=16,8 batch=32 epochs=3 likelihood=gaussian schedule=cosine nll=on",
    ],
    bundled: bundled!("vae"),
    ..Experiment::EMPTY
};

/// What p_θ(x|z) is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likelihood {
    /// Each pixel is on with probability sigmoid(decoder output).
    Bernoulli,
    /// Each pixel is normal about the decoder output with one fixed deviation.
    Gaussian { sigma: f64 },
}

/// The shape of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// L: pixels of a picture.
    pub pixels: usize,
    /// M: numbers in a code.
    pub latent: usize,
    /// Widths of the encoder's hidden layers; the decoder has them in reverse.
    pub hidden: Vec<usize>,
    pub likelihood: Likelihood,
}

impl Configuration {
    /// The shape that knobs ask for.
    pub fn from_knobs(pixels: usize, knobs: &Knobs) -> Self {
        Configuration {
            pixels,
            latent: knobs.integer("latent") as usize,
            hidden: knobs.integers("hidden").iter().map(|&width| width as usize).collect(),
            likelihood: match knobs.choice("likelihood") {
                "gaussian" => Likelihood::Gaussian { sigma: knobs.real("sigma") },
                _ => Likelihood::Bernoulli,
            },
        }
    }
}

/// The network: encoder to the mean and log-variance of q_φ(z|x), decoder to p_θ(x|z).
#[derive(Debug, Clone)]
pub struct Vae {
    pub configuration: Configuration,
    encoder: Perceptron,
    mean: Linear,
    log_variance: Linear,
    decoder: Perceptron,
    output: Linear,
}

/// q_φ(z|x) for a batch: `[batch, M]` each.
#[derive(Clone, Copy)]
pub struct Posterior<'t, E: Element> {
    pub mean: Var<'t, E>,
    pub log_variance: Var<'t, E>,
}

/// The two terms of the loss, each summed over the batch, in nats.
#[derive(Clone, Copy)]
pub struct Terms<'t, E: Element> {
    /// E_q[−ln p_θ(x|z)], at one z.
    pub reconstruction: Var<'t, E>,
    /// KL(q_φ(z|x) ‖ p(z)).
    pub kl: Var<'t, E>,
}

impl Vae {
    /// A model whose fresh weights are added to `parameters`.
    pub fn new<E: Element>(
        configuration: Configuration,
        parameters: &mut Parameters<E>,
        random: &mut impl Rng,
    ) -> Self {
        let Configuration { pixels, latent, ref hidden, .. } = configuration;
        let reversed: Vec<usize> = hidden.iter().rev().copied().collect();
        let (encoded, decoded) = (*hidden.last().unwrap_or(&pixels), *reversed.last().unwrap_or(&latent));
        let identity = Activation::Identity;
        Vae {
            encoder: Perceptron::new(parameters, "encoder", pixels, hidden, random),
            mean: Linear::new(parameters, "mean", encoded, latent, identity, random),
            log_variance: Linear::new(parameters, "log_variance", encoded, latent, identity, random),
            decoder: Perceptron::new(parameters, "decoder", latent, &reversed, random),
            output: Linear::new(parameters, "output", decoded, pixels, identity, random),
            configuration,
        }
    }

    /// q_φ(z|x): x `[batch, L]`.
    pub fn encode<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Posterior<'t, E> {
        let h = self.encoder.forward(parameters, x);
        let mean = self.mean.forward(parameters, h);
        let log_variance = self.log_variance.forward(parameters, h);
        Posterior { mean, log_variance }
    }

    /// The parameters of p_θ(x|z): logits (Bernoulli) or means (Gaussian), `[batch, L]`; z `[batch, M]`.
    pub fn decode<'t, E: Element>(&self, parameters: &Bound<'t, E>, z: Var<'t, E>) -> Var<'t, E> {
        let h = self.decoder.forward(parameters, z);
        self.output.forward(parameters, h)
    }

    /// The mean picture of p_θ(x|z): x̂ `[batch, L]`.
    pub fn expected_picture<'t, E: Element>(&self, parameters: &Bound<'t, E>, z: Var<'t, E>) -> Var<'t, E> {
        let output = self.decode(parameters, z);
        match self.configuration.likelihood {
            Likelihood::Bernoulli => output.sigmoid(),
            Likelihood::Gaussian { .. } => output,
        }
    }

    /// The two terms of −ELBO for a batch x `[batch, L]` at the noise ε `[batch, M]`.
    pub fn terms<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>, noise: Var<'t, E>) -> Terms<'t, E> {
        let q = self.encode(parameters, x);
        let z = q.mean + (0.5 * q.log_variance).exp() * noise;
        let output = self.decode(parameters, z);
        let reconstruction = match self.configuration.likelihood {
            Likelihood::Bernoulli => output.bce_with_logits(x),
            Likelihood::Gaussian { sigma } => output.gaussian_nats(x, sigma),
        };
        let kl = 0.5 * (q.mean.square() + q.log_variance.exp() - q.log_variance - 1.0).sum();
        Terms { reconstruction, kl }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generative::noise::noise;
    use crate::tensor::{Tape, Tensor, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn model(hidden: &[usize], likelihood: Likelihood) -> (Vae, Parameters<f64>) {
        let mut parameters = Parameters::new();
        let configuration = Configuration { pixels: 6, latent: 3, hidden: hidden.to_vec(), likelihood };
        let vae = Vae::new(configuration, &mut parameters, &mut ChaCha8Rng::seed_from_u64(1));
        (vae, parameters)
    }

    fn batch(rows: usize) -> Tensor<f64> {
        tensor([rows, 6], (0..rows * 6).map(|i| (i * 37 % 11) as f64 / 10.0).collect())
    }

    /// E_q[ln q(z|x) − ln p(z)] by drawing many z: the definition of the divergence, against its closed form.
    #[test]
    fn the_kl_term_is_the_mean_log_ratio_under_q() {
        let (vae, parameters) = model(&[5], Likelihood::Bernoulli);
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(batch(1));
        let closed = vae.terms(&bound, x, tape.constant(noise(1, 3, &mut random))).kl.item();
        let q = vae.encode(&bound, x);
        let (mean, log_variance) = (q.mean.value(), q.log_variance.value());
        let draws = 200_000;
        let mut total = 0.0;
        for _ in 0..draws {
            let e: Tensor<f64> = noise(1, 3, &mut random);
            for ((&mean, &log_variance), &e) in mean.iter().zip(&log_variance).zip(&e) {
                let z = mean + (0.5 * log_variance).exp() * e;
                total += -0.5 * (e * e + log_variance) + 0.5 * z * z;
            }
        }
        assert!((total / f64::from(draws) - closed).abs() < 0.02 * closed.max(1.0), "{closed}");
    }

    #[test]
    fn the_gradient_of_the_whole_loss_is_right_in_every_parameter() {
        for likelihood in [Likelihood::Bernoulli, Likelihood::Gaussian { sigma: 0.3 }] {
            for hidden in [&[][..], &[4], &[4, 3]] {
                let (vae, mut parameters) = model(hidden, likelihood);
                // Biases begin at zero, where a unit that nothing reaches sits on the corner of its ReLU.
                parameters.iter_mut().for_each(|(_, value)| value.mapv_inplace(|w| w + 0.05));
                let e: Tensor<f64> = noise(2, 3, &mut ChaCha8Rng::seed_from_u64(3));
                let loss = |parameters: &Parameters<f64>| {
                    let tape = Tape::without_gradients();
                    let terms = vae.terms(&parameters.on(&tape), tape.constant(batch(2)), tape.constant(e.clone()));
                    (terms.reconstruction + 2.0 * terms.kl).item()
                };
                let tape = Tape::new();
                let bound = parameters.on(&tape);
                let terms = vae.terms(&bound, tape.constant(batch(2)), tape.constant(e.clone()));
                let gradients = (terms.reconstruction + 2.0 * terms.kl).backward();
                for (index, (name, value)) in parameters.iter().enumerate() {
                    let gradient = gradients.of(bound.vars()[index]).expect("every parameter matters");
                    let place = value.len() / 2;
                    let moved = |by: f64| {
                        let mut parameters = parameters.clone();
                        let (_, value) = parameters.iter_mut().nth(index).unwrap();
                        value.as_slice_mut().unwrap()[place] += by;
                        loss(&parameters)
                    };
                    let expected = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    let found = gradient.as_slice().unwrap()[place];
                    assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0), "{name}: {found}, {expected}");
                }
            }
        }
    }
}
