//! v̂(x_t, t, y), from which ε_θ follows: three networks, for the plane, for digits as rows of numbers, for digits as pictures.

use super::STEPS;
use crate::data::mnist;
use crate::experiment::Knobs;
use crate::generative::patches::{from_patches, to_patches};
use crate::nn::{Bound, Convolution, Embedding, Linear, Normalisation, Parameters, Perceptron};
use crate::tensor::{Activation, Tape, Tensor, Var, Window, tensor};
use rand::Rng;

/// The class of "no class" ∅.
pub const NO_CLASS: usize = 10;
/// Groups of channels that are normalised together; channels are a multiple of it.
pub const GROUPS: usize = 8;

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For points of the plane.
    Plane,
    /// A perceptron on 784 numbers.
    Dense,
    /// A U-Net on patches of 2×2 pixels, with this many channels at 14×14 and twice as many at 7×7.
    UNet { channels: usize },
}

impl Kind {
    /// The network that knobs ask for.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        match (knobs.choice("data"), knobs.choice("network")) {
            ("mnist", "dense") => Kind::Dense,
            ("mnist", _) => Kind::UNet { channels: (knobs.integer("channels") as usize).next_multiple_of(GROUPS) },
            _ => Kind::Plane,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Denoiser {
    kind: Kind,
    network: Network,
    class: Option<Embedding>,
}

#[derive(Debug, Clone)]
enum Network {
    Dense { hidden: Perceptron, last: Linear, times: Times },
    UNet(Box<UNet>),
}

/// Sines and cosines of t: a row for each step.
#[derive(Debug, Clone)]
struct Times(Tensor<f32>);

impl Times {
    fn new(width: usize) -> Self {
        let half = width / 2;
        let value = |t: usize, column: usize| {
            let angle = t as f64 * (-(10_000_f64.ln()) * (column % half) as f64 / half as f64).exp();
            if column < half { angle.sin() as f32 } else { angle.cos() as f32 }
        };
        Times(tensor([STEPS, width], (0..STEPS * width).map(|place| value(place / width, place % width)).collect()))
    }

    fn rows<'t>(&self, tape: &'t Tape<f32>, t: &[usize]) -> Var<'t, f32> {
        tape.constant(self.0.clone()).index_select(t)
    }
}

impl Denoiser {
    pub fn new(kind: Kind, parameters: &mut Parameters<f32>, random: &mut impl Rng) -> Self {
        let (network, class) = match kind {
            Kind::Plane => (dense(parameters, 2, 32, &[128, 128, 128], random), None),
            Kind::Dense => {
                let network = dense(parameters, mnist::PIXELS, 128, &[1024, 1024], random);
                (network, Some(Embedding::new(parameters, "class", 11, 128, 0.5, random)))
            }
            Kind::UNet { channels } => {
                let network = Network::UNet(Box::new(UNet::new(parameters, channels, random)));
                (network, Some(Embedding::new(parameters, "class", 11, TIME, 0.5, random)))
            }
        };
        Denoiser { kind, network, class }
    }

    /// Numbers in a sample.
    pub fn width(&self) -> usize {
        if self.kind == Kind::Plane { 2 } else { mnist::PIXELS }
    }

    /// v̂ for x_t `[batch, width]`, t and y (0 to 9, or [`NO_CLASS`]) of each.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, t: &[usize], y: &[usize]) -> Var<'t, f32> {
        let class = self.class.as_ref().map(|class| class.forward(bound, y));
        match &self.network {
            Network::Dense { hidden, last, times } => {
                let times = times.rows(bound.tape(), t);
                let condition = class.map_or(times, |class| times + class);
                last.forward(bound, hidden.forward(bound, Var::concatenate(&[x, condition], 1)))
            }
            Network::UNet(network) => network.forward(bound, x, t, class.expect("digits have classes")),
        }
    }
}

fn dense(
    parameters: &mut Parameters<f32>,
    width: usize,
    time: usize,
    hidden: &[usize],
    random: &mut impl Rng,
) -> Network {
    let silu = Activation::Silu;
    Network::Dense {
        hidden: Perceptron::with_activation(parameters, "hidden", width + time, hidden, silu, random),
        last: Linear::new(parameters, "last", hidden[hidden.len() - 1], width, Activation::Identity, random),
        times: Times::new(time),
    }
}

/// Width of the condition (time and class) inside the U-Net.
const TIME: usize = 128;

/// x + conv(silu(norm(conv(silu(norm(x))) + W c))), c the condition (He et al. 2016, arXiv:1603.05027; Ho et al. 2020).
#[derive(Debug, Clone)]
struct Residual {
    norms: [Normalisation; 2],
    convolutions: [Convolution; 2],
    condition: Linear,
    skip: Option<Convolution>,
}

fn convolution(
    parameters: &mut Parameters<f32>,
    name: &str,
    channels: (usize, usize),
    (size, stride): (usize, usize),
    random: &mut impl Rng,
) -> Convolution {
    let window = Window::padded(size / 2).stride(stride);
    Convolution::new(parameters, name, channels, size, window, Activation::Identity, random)
}

impl Residual {
    fn new(parameters: &mut Parameters<f32>, name: &str, inputs: usize, outputs: usize, random: &mut impl Rng) -> Self {
        let norms = [
            Normalisation::new(parameters, &format!("{name}.norm.0"), inputs),
            Normalisation::new(parameters, &format!("{name}.norm.1"), outputs),
        ];
        let convolutions = [
            convolution(parameters, &format!("{name}.convolution.0"), (inputs, outputs), (3, 1), random),
            convolution(parameters, &format!("{name}.convolution.1"), (outputs, outputs), (3, 1), random),
        ];
        let condition =
            Linear::new(parameters, &format!("{name}.condition"), TIME, outputs, Activation::Identity, random);
        let skip = (inputs != outputs)
            .then(|| convolution(parameters, &format!("{name}.skip"), (inputs, outputs), (1, 1), random));
        Residual { norms, convolutions, condition, skip }
    }

    fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, condition: Var<'t, f32>) -> Var<'t, f32> {
        let h = self.norms[0].group(bound, x, GROUPS, Activation::Silu);
        let h = self.convolutions[0].forward(bound, h);
        let condition = self.condition.forward(bound, condition);
        let [batch, channels] = condition.shape().try_into().expect("a matrix");
        let h = h + condition.reshape([batch, 1, 1, channels]);
        let h = self.norms[1].group(bound, h, GROUPS, Activation::Silu);
        let h = self.convolutions[1].forward(bound, h);
        self.skip.map_or(x, |skip| skip.forward(bound, x)) + h
    }
}

/// x + W₂ silu(W₁ norm(x) + W c) over all places at once: what a digit is as a whole, in one step instead of the many that
/// windows of 3×3 need to see across.
#[derive(Debug, Clone)]
struct Overview {
    norm: Normalisation,
    inner: Linear,
    condition: Linear,
    outer: Linear,
}

/// Width of the overview.
const OVERVIEW: usize = 512;

impl Overview {
    fn new(parameters: &mut Parameters<f32>, channels: usize, random: &mut impl Rng) -> Self {
        let places = 7 * 7 * channels;
        let mut layer =
            |name: &str, inputs, outputs| Linear::new(parameters, name, inputs, outputs, Activation::Identity, random);
        Overview {
            inner: layer("overview.inner", places, OVERVIEW),
            condition: layer("overview.condition", TIME, OVERVIEW),
            outer: layer("overview.outer", OVERVIEW, places),
            norm: Normalisation::new(parameters, "overview.norm", channels),
        }
    }

    fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, condition: Var<'t, f32>) -> Var<'t, f32> {
        let shape = x.shape();
        let h = self.norm.group(bound, x, GROUPS, Activation::Silu);
        let h = h.reshape([shape[0], shape[1] * shape[2] * shape[3]]);
        let h = self.inner.forward(bound, h) + self.condition.forward(bound, condition);
        let h = self.outer.forward(bound, h.activate(Activation::Silu));
        x + h.reshape([shape[0], shape[1], shape[2], shape[3]])
    }
}

/// Patches of 2×2 → 14×14 → 7×7 → 14×14 → patches.
#[derive(Debug, Clone)]
struct UNet {
    times: Times,
    condition: [Linear; 2],
    first: Convolution,
    around: Residual,
    down: Convolution,
    middle: Residual,
    overview: Overview,
    up: Convolution,
    joined: Residual,
    norm: Normalisation,
    last: Convolution,
}

impl UNet {
    fn new(parameters: &mut Parameters<f32>, channels: usize, random: &mut impl Rng) -> Self {
        let (c, twice) = (channels, 2 * channels);
        UNet {
            times: Times::new(64),
            condition: [
                Linear::new(parameters, "condition.0", 64, TIME, Activation::Silu, random),
                Linear::new(parameters, "condition.1", TIME, TIME, Activation::Identity, random),
            ],
            first: convolution(parameters, "first", (4, c), (3, 1), random),
            around: Residual::new(parameters, "around", c, c, random),
            down: convolution(parameters, "down", (c, twice), (3, 2), random),
            middle: Residual::new(parameters, "middle", twice, twice, random),
            overview: Overview::new(parameters, twice, random),
            up: convolution(parameters, "up", (twice, c), (1, 1), random),
            joined: Residual::new(parameters, "joined", twice, c, random),
            norm: Normalisation::new(parameters, "norm", c),
            last: convolution(parameters, "last", (c, 4), (3, 1), random),
        }
    }

    fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, t: &[usize], class: Var<'t, f32>) -> Var<'t, f32> {
        let times = self.times.rows(bound.tape(), t);
        let condition = self.condition.iter().fold(times, |h, layer| layer.forward(bound, h));
        let condition = (condition + class).activate(Activation::Silu);
        let h = self.first.forward(bound, to_patches(x));
        let beside = self.around.forward(bound, h, condition);
        let h = self.down.forward(bound, beside);
        let h = self.overview.forward(bound, h, condition);
        let h = self.middle.forward(bound, h, condition);
        let h = self.up.forward(bound, h).upsample(2);
        let h = self.joined.forward(bound, Var::concatenate(&[h, beside], 3), condition);
        let h = self.norm.group(bound, h, GROUPS, Activation::Silu);
        from_patches(self.last.forward(bound, h))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_network_gives_noise_of_the_shape_of_its_input() {
        for kind in [Kind::Plane, Kind::Dense, Kind::UNet { channels: 24 }] {
            let mut parameters = Parameters::new();
            let denoiser = Denoiser::new(kind, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
            let tape = Tape::without_gradients();
            let x = tape.constant(tensor([2, denoiser.width()], vec![0.3; 2 * denoiser.width()]));
            let out = denoiser.forward(&parameters.on(&tape), x, &[0, 999], &[3, NO_CLASS]);
            assert_eq!(out.shape(), [2, denoiser.width()]);
            assert!(out.value().iter().all(|value| value.is_finite()));
        }
    }
}
