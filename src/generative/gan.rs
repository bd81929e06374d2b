//! Generative adversarial networks (Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv:1406.2661).
//!
//! A generator G turns noise z ~ N(0, I) into a sample; a discriminator D(x) = sigmoid(a(x)) says how surely x is real:
//!
//! ```text
//! min_G max_D  E_x[ln D(x)] + E_z[ln(1 − D(G(z)))].
//! ```
//!
//! D ascends it. G descends ln(1 − D(G(z))), the *saturating* loss, whose slope in a is −D(G(z)) and vanishes when D is
//! sure; or −ln D(G(z)), the *non-saturating* one, whose slope is D(G(z)) − 1. Both have the same fixed point.
//!
//! Against mode collapse D may look at several samples at once: *packing* (Lin et al. 2017, arXiv:1712.04086). Noise on
//! everything that D sees keeps the two distributions overlapping (Arjovsky & Bottou 2017, arXiv:1701.04862).

mod answers;
mod learner;

pub use answers::TrainedGan;
pub use learner::{ACTS, GanLearner, REPORT_KEYS, SERIES, knobs};

use super::plane::Plane;
use crate::data::mnist;
use crate::experiment::Knobs;
use crate::nn::{Bound, Linear, Parameters};
use crate::tensor::{Activation, Element, Tensor, Var};
use rand::Rng;

/// Slope below zero of the hidden layers.
const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// Hidden layers, then one more: G and D alike.
#[derive(Debug, Clone)]
pub struct Network {
    hidden: Vec<Linear>,
    last: Linear,
}

impl Network {
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        [inputs, outputs]: [usize; 2],
        hidden: &[usize],
        last: Activation,
        random: &mut impl Rng,
    ) -> Self {
        let befores = std::iter::once(&inputs).chain(hidden);
        let layers = befores.zip(hidden).enumerate().map(|(index, (&before, &width))| {
            Linear::new(parameters, &format!("hidden.{index}"), before, width, LEAKY, random)
        });
        let layers = layers.collect();
        let before = *hidden.last().unwrap_or(&inputs);
        Network { hidden: layers, last: Linear::new(parameters, "last", before, outputs, last, random) }
    }

    /// `[batch, inputs]` to `[batch, outputs]`.
    pub fn forward<'t, E: Element>(&self, bound: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        let h = self.hidden.iter().fold(x, |h, layer| layer.forward(bound, h));
        self.last.forward(bound, h)
    }

    /// The same with a share of the hidden values left out.
    pub fn forward_with_dropout<'t, E: Element>(
        &self,
        bound: &Bound<'t, E>,
        x: Var<'t, E>,
        rate: f64,
        random: &mut impl Rng,
    ) -> Var<'t, E> {
        let drop = |h: Var<'t, E>, random: &mut _| if rate > 0.0 { h.dropout(rate, random) } else { h };
        let h = self.hidden.iter().fold(x, |h, layer| drop(layer.forward(bound, h), random));
        self.last.forward(bound, h)
    }
}

/// What is imitated.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Digits, as `[784]` in [−1, 1].
    Digits,
    Plane(Plane),
}

/// The shape of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    pub target: Target,
    /// Numbers in z.
    pub latent: usize,
    pub generator: Vec<usize>,
    pub discriminator: Vec<usize>,
    /// Samples that D looks at together.
    pub pack: usize,
}

impl Configuration {
    /// The shape that knobs ask for.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        let widths = |name: &str| knobs.integers(name).iter().map(|&width| width as usize).collect();
        Configuration {
            target: Plane::named(knobs.choice("data"), &[]).map_or(Target::Digits, Target::Plane),
            latent: knobs.integer("latent") as usize,
            generator: widths("generator"),
            discriminator: widths("discriminator"),
            pack: knobs.integer("pack") as usize,
        }
    }

    /// Numbers in a sample.
    pub fn width(&self) -> usize {
        match self.target {
            Target::Digits => mnist::PIXELS,
            Target::Plane(_) => 2,
        }
    }
}

/// G and D.
#[derive(Debug, Clone)]
pub struct Gan {
    pub configuration: Configuration,
    generator: Network,
    discriminator: Network,
}

impl Gan {
    /// A model whose fresh weights are added to the two sets of parameters.
    pub fn new<E: Element>(
        configuration: Configuration,
        generator: &mut Parameters<E>,
        discriminator: &mut Parameters<E>,
        random: &mut impl Rng,
    ) -> Self {
        let width = configuration.width();
        let last = match configuration.target {
            Target::Digits => Activation::Tanh,
            Target::Plane(_) => Activation::Identity,
        };
        let Configuration { latent, pack, .. } = configuration;
        Gan {
            generator: Network::new(generator, [latent, width], &configuration.generator, last, random),
            discriminator: Network::new(
                discriminator,
                [pack * width, 1],
                &configuration.discriminator,
                Activation::Identity,
                random,
            ),
            configuration,
        }
    }

    /// G(z): `[batch, latent]` to `[batch, width]`.
    pub fn generate<'t, E: Element>(&self, generator: &Bound<'t, E>, z: Var<'t, E>) -> Var<'t, E> {
        self.generator.forward(generator, z)
    }

    /// a with D(x) = sigmoid(a), `[batch / pack, 1]`, of x `[batch, width]`.
    pub fn logits<'t, E: Element>(&self, discriminator: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        self.discriminator.forward(discriminator, self.packed(x))
    }

    /// The same while D learns, with a share of its hidden values left out.
    fn learning_logits<'t, E: Element>(
        &self,
        discriminator: &Bound<'t, E>,
        x: Var<'t, E>,
        dropout: f64,
        random: &mut impl Rng,
    ) -> Var<'t, E> {
        self.discriminator.forward_with_dropout(discriminator, self.packed(x), dropout, random)
    }

    /// Neighbours side by side.
    fn packed<'t, E: Element>(&self, x: Var<'t, E>) -> Var<'t, E> {
        let Configuration { pack, .. } = self.configuration;
        if pack == 1 { x } else { x.reshape([x.shape()[0] / pack, pack * self.configuration.width()]) }
    }
}

/// −E_x[ln D(x)] − E_z[ln(1 − D(G(z)))], from the logits of both.
pub fn discriminator_loss<'t, E: Element>(real: Var<'t, E>, fake: Var<'t, E>) -> Var<'t, E> {
    real.bernoulli_mean(1.0) + fake.bernoulli_mean(0.0)
}

/// E_z[ln(1 − D(G(z)))], from the logits.
pub fn saturating_loss<'t, E: Element>(fake: Var<'t, E>) -> Var<'t, E> {
    -fake.bernoulli_mean(0.0)
}

/// −E_z[ln D(G(z))], from the logits.
pub fn non_saturating_loss<'t, E: Element>(fake: Var<'t, E>) -> Var<'t, E> {
    fake.bernoulli_mean(1.0)
}

/// Numbers from N(0, deviation²): `[rows, width]`.
pub fn normal_rows(rows: usize, width: usize, deviation: f32, random: &mut impl Rng) -> Tensor<f32> {
    let mut noise = super::vae::noise(rows, width, random);
    if deviation != 1.0 {
        noise.values_mut().iter_mut().for_each(|value| *value *= deviation);
    }
    noise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    /// The slopes in the logit are −D and D − 1: one vanishes where D is sure of a fake, the other does not.
    #[test]
    fn only_the_saturating_loss_has_a_vanishing_slope() {
        for logit in [-8.0_f64, -1.0, 0.0, 2.0] {
            let trust = 1.0 / (1.0 + (-logit).exp());
            let slope = |loss: for<'t> fn(Var<'t, f64>) -> Var<'t, f64>| {
                let tape = Tape::new();
                let a = tape.leaf(tensor([1, 1], vec![logit]));
                loss(a).backward().of(a).expect("it counts").values()[0]
            };
            assert!((slope(saturating_loss) + trust).abs() < 1e-9);
            assert!((slope(non_saturating_loss) - (trust - 1.0)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_packed_discriminator_sees_neighbours_together() {
        let configuration = Configuration {
            target: Target::Plane(Plane::Ring),
            latent: 2,
            generator: vec![4],
            discriminator: vec![4],
            pack: 2,
        };
        let (mut g, mut d) = (Parameters::<f64>::new(), Parameters::new());
        use rand::SeedableRng;
        let random = &mut rand_chacha::ChaCha8Rng::seed_from_u64(0);
        let gan = Gan::new(configuration, &mut g, &mut d, random);
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([6, 2], vec![0.1; 12]));
        assert_eq!(gan.logits(&d.on(&tape), x).shape(), [3, 1]);
    }
}
