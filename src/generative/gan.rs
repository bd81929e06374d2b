//! Generative adversarial networks (Goodfellow et al., "Generative Adversarial Networks", 2014, arXiv:1406.2661).
//!
//! A generator G turns noise z ~ N(0, I) into a sample; a discriminator D(x) = sigmoid(a(x)) says how surely x is real:
//!
//! ```text
//! min_G max_D  E_x[ln D(x)] + E_z[ln(1 − D(G(z)))].
//! ```
//!
//! D ascends it. G descends ln(1 − D(G(z))), the *saturating* loss, whose derivative in a is −D(G(z)) and vanishes when D is
//! sure; or −ln D(G(z)), the *non-saturating* one, whose derivative is D(G(z)) − 1. Both have the same fixed point.
//!
//! Against mode collapse D may look at several samples at once: *packing* (Lin et al. 2017, arXiv:1712.04086). Noise on
//! everything that D sees keeps the two distributions overlapping (Arjovsky & Bottou 2017, arXiv:1701.04862).

mod answers;
mod learner;
mod settings;

pub use answers::{TrainedGan, VIEWS};
pub use learner::GanLearner;
pub use settings::{ACTIONS, REPORT_KEYS, SERIES, knobs};

use super::plane::Plane;
use crate::data::Mnist;
use crate::data::mnist;
use crate::data::pictures::SIDE;
use crate::experiment::{Experiment, Knobs, Learn, Preview};
use crate::generative::classifier::Judge;
use crate::generative::patches::{from_patches, to_patches};
use crate::nn::{Bound, Convolution, Linear, Normalisation, Parameters};
use crate::tensor::{Activation, Element, Var, Window, tensor};
use crate::{bundled, lab_file};
use rand::Rng;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "gan",
    lab: Some(lab_file!("08-gan")),
    knobs,
    series: &SERIES,
    headline: "discriminator/fake",
    emits: &["samples", "plane"],
    views: &VIEWS,
    answers: &TrainedGan::ANSWERS,
    actions: &ACTIONS,
    report: &REPORT_KEYS,
    preview: Preview::LatentWalk,
    learn: Learn::By(|setting| {
        let (digits, judge) = (Mnist::for_training(setting)?, Judge::bundled()?);
        Ok(Box::new(GanLearner::new(&setting.knobs, setting.seed, digits, judge)))
    }),
    open: |weights, knobs, source| Ok(Arc::new(TrainedGan::open(weights, knobs, Mnist::of(source)?.test)?)),
    small: &[
        "data=drawn generator=16 discriminator=16 latent=2 batch=16 steps=110 pack=2",
        "channels=8 latent=4 batch=8 steps=30 pack=2 noise=0.5 dropout=0.2 average=0.9 softening=0.1 schedule=cosine",
    ],
    bundled: bundled!("gan"),
    ..Experiment::EMPTY
};

/// Slope below zero of the hidden layers.
const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// G or D.
#[derive(Debug, Clone)]
pub enum Network {
    /// Hidden layers, then one more.
    Dense { hidden: Vec<Linear>, last: Linear },
    /// z → 7×7 → 14×14 → patches of 2×2: a generator of digits.
    Growing { first: Linear, norms: [Normalisation; 2], grown: Convolution, last: Convolution },
    /// Patches of 2×2 at 14×14 → 7×7 → a verdict: a discriminator of digits.
    Shrinking { convolutions: [Convolution; 3], hidden: Linear, last: Linear },
}

/// Groups of channels that a generator normalises together.
const GROUPS: usize = 8;

impl Network {
    /// A perceptron.
    pub fn dense<E: Element>(
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
        Network::Dense { hidden: layers, last: Linear::new(parameters, "last", before, outputs, last, random) }
    }

    /// A generator of digits with so many channels at 14×14 and twice as many at 7×7.
    fn growing<E: Element>(
        parameters: &mut Parameters<E>,
        latent: usize,
        channels: usize,
        random: &mut impl Rng,
    ) -> Self {
        let (c, twice) = (channels, 2 * channels);
        let identity = Activation::Identity;
        let window = Window::padded(1);
        Network::Growing {
            first: Linear::new(parameters, "first", latent, 7 * 7 * twice, identity, random),
            norms: [Normalisation::new(parameters, "norm.0", twice), Normalisation::new(parameters, "norm.1", c)],
            grown: Convolution::new(parameters, "grown", (twice, c), 3, window, identity, random),
            last: Convolution::new(parameters, "last", (c, 4), 3, window, Activation::Tanh, random),
        }
    }

    /// A discriminator of `pack` digits at once.
    fn shrinking<E: Element>(
        parameters: &mut Parameters<E>,
        pack: usize,
        channels: usize,
        random: &mut impl Rng,
    ) -> Self {
        let (c, twice) = (channels, 2 * channels);
        let mut convolution = |name: &str, channels, stride| {
            Convolution::new(parameters, name, channels, 3, Window::padded(1).stride(stride), LEAKY, random)
        };
        let convolutions = [
            convolution("convolution.0", (4 * pack, c), 1),
            convolution("convolution.1", (c, twice), 2),
            convolution("convolution.2", (twice, twice), 1),
        ];
        Network::Shrinking {
            convolutions,
            hidden: Linear::new(parameters, "hidden", 7 * 7 * twice, 128, LEAKY, random),
            last: Linear::new(parameters, "last", 128, 1, Activation::Identity, random),
        }
    }

    /// `[batch, inputs]` to `[batch, outputs]`.
    pub fn forward<'t, E: Element>(&self, bound: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        self.forward_through(bound, x, |h| h)
    }

    /// The same with something done to each layer's hidden values, such as leaving a share of them out.
    fn forward_through<'t, E: Element>(
        &self,
        bound: &Bound<'t, E>,
        x: Var<'t, E>,
        mut through: impl FnMut(Var<'t, E>) -> Var<'t, E>,
    ) -> Var<'t, E> {
        let batch = x.shape()[0];
        match self {
            Network::Dense { hidden, last } => {
                let h = hidden.iter().fold(x, |h, layer| through(layer.forward(bound, h)));
                last.forward(bound, h)
            }
            Network::Growing { first, norms, grown, last } => {
                let h = first.forward(bound, x);
                let h = h.reshape([batch, 7, 7, h.shape()[1] / 49]);
                let h = norms[0].group(bound, h, GROUPS, Activation::Silu).upsample(2);
                let h = norms[1].group(bound, grown.forward(bound, h), GROUPS, Activation::Silu);
                from_patches(last.forward(bound, h))
            }
            Network::Shrinking { convolutions, hidden, last } => {
                // Pictures looked at together are channels of one.
                let pack = x.shape()[1] / mnist::PIXELS;
                let patches = to_patches(x.reshape([batch * pack, mnist::PIXELS]));
                let h = patches.reshape([batch, pack, 14 * 14, 4]).permute(&[0, 2, 1, 3]).reshape([
                    batch,
                    14,
                    14,
                    4 * pack,
                ]);
                let h = convolutions.iter().fold(h, |h, layer| through(layer.forward(bound, h)));
                let h = h.reshape([batch, h.shape()[1..].iter().product()]);
                last.forward(bound, through(hidden.forward(bound, h)))
            }
        }
    }

    /// The same with a share of the hidden values left out.
    pub fn forward_with_dropout<'t, E: Element>(
        &self,
        bound: &Bound<'t, E>,
        x: Var<'t, E>,
        rate: f64,
        random: &mut impl Rng,
    ) -> Var<'t, E> {
        self.forward_through(bound, x, |h| if rate > 0.0 { h.dropout(rate, random) } else { h })
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
    /// Channels of convolutional networks; perceptrons otherwise.
    pub channels: Option<usize>,
    /// What the lens takes from each neighbour of a pixel; see [`Configuration::soften`].
    pub softening: f64,
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
            channels: (knobs.choice("network") == "convolutional" && knobs.choice("data") == "mnist")
                .then(|| (knobs.integer("channels") as usize).next_multiple_of(GROUPS)),
            softening: knobs.real("softening"),
        }
    }

    /// Digits `[batch, 784]` in [−1, 1] through a lens: the window (s, 1 − 2s, s) along rows and along columns, with s the
    /// softening. Digits are looked at through it wherever they come from, so a model with it learns softened digits.
    pub fn soften<'t, E: Element>(&self, x: Var<'t, E>) -> Var<'t, E> {
        if self.softening == 0.0 || self.target != Target::Digits {
            return x;
        }
        // A row of pixels x is seen as x B, and a picture X as Bᵀ X B.
        let (side, batch, tape) = (SIDE, x.shape()[0], x.tape());
        let weight = |distance: usize| match distance {
            0 => 1.0 - 2.0 * self.softening,
            1 => self.softening,
            _ => 0.0,
        };
        let places = (0..side).flat_map(|row| (0..side).map(move |column| row.abs_diff(column)));
        let blur = tape.constant(tensor([side, side], places.map(|distance| E::of(weight(distance))).collect()));
        let along_rows = |x: Var<'t, E>| x.reshape([batch * side, side]).matmul(blur).reshape([batch, side, side]);
        let turned = |x: Var<'t, E>| x.permute(&[0, 2, 1]);
        // Paper is −1 and beyond the edge there is paper: the lens sees it as 0.
        let soft = turned(along_rows(turned(along_rows(x.shift(1.0)))));
        soft.reshape([batch, mnist::PIXELS]).shift(-1.0)
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
        let identity = Activation::Identity;
        let (generator, discriminator) = match configuration.channels {
            Some(channels) => (
                Network::growing(generator, latent, channels, random),
                Network::shrinking(discriminator, pack, channels, random),
            ),
            None => (
                Network::dense(generator, [latent, width], &configuration.generator, last, random),
                Network::dense(discriminator, [pack * width, 1], &configuration.discriminator, identity, random),
            ),
        };
        Gan { generator, discriminator, configuration }
    }

    /// G(z): `[batch, latent]` to `[batch, width]`.
    pub fn generate<'t, E: Element>(&self, generator: &Bound<'t, E>, z: Var<'t, E>) -> Var<'t, E> {
        self.configuration.soften(self.generator.forward(generator, z))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    /// The derivatives in the logit are −D and D − 1: one vanishes where D is sure of a fake, the other does not.
    #[test]
    fn only_the_saturating_loss_has_a_vanishing_derivative() {
        for logit in [-8.0_f64, -1.0, 0.0, 2.0] {
            let trust = 1.0 / (1.0 + (-logit).exp());
            let derivative = |loss: for<'t> fn(Var<'t, f64>) -> Var<'t, f64>| {
                let tape = Tape::new();
                let a = tape.leaf(tensor([1, 1], vec![logit]));
                loss(a).backward().of(a).expect("it counts").values()[0]
            };
            assert!((derivative(saturating_loss) + trust).abs() < 1e-9);
            assert!((derivative(non_saturating_loss) - (trust - 1.0)).abs() < 1e-9);
        }
    }

    /// The lens keeps paper and, away from the edge, the ink: a dot is spread by the window, seen on both axes.
    #[test]
    fn the_lens_spreads_ink_and_loses_none() {
        let configuration = Configuration {
            target: Target::Digits,
            latent: 2,
            generator: vec![],
            discriminator: vec![],
            pack: 1,
            channels: None,
            softening: 0.1,
        };
        let mut digit = vec![-1.0_f64; mnist::PIXELS];
        digit[14 * 28 + 14] = 1.0;
        let tape = Tape::new();
        let soft = configuration.soften(tape.leaf(tensor([1, mnist::PIXELS], digit)));
        let ink = |row: usize, column: usize| soft.value().values()[row * 28 + column] + 1.0;
        for (row, column, expected) in [(14, 14, 1.28), (13, 14, 0.16), (14, 15, 0.16), (15, 13, 0.02), (14, 16, 0.0)] {
            assert!((ink(row, column) - expected).abs() < 1e-12, "{row}, {column}: {}", ink(row, column));
        }
        let total: f64 = soft.value().values().iter().map(|value| value + 1.0).sum();
        assert!((total - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_packed_discriminator_sees_neighbours_together() {
        let configuration = Configuration {
            target: Target::Plane(Plane::Ring),
            latent: 2,
            generator: vec![4],
            discriminator: vec![4],
            pack: 2,
            channels: None,
            softening: 0.0,
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
