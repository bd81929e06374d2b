//! Predicting the noise of a diffusion model: the dense network of its lab, (784+128)-1024-1024-784, batches of 128, and
//! a small U-Net 32-64-64 on 28×28, batches of 64; with Adam.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::generative::diffusion::denoiser::{Denoiser, Kind, NO_CLASS};
use crate::nn::{Adam, Bound, Convolution, Linear, Normalisation, Parameters};
use crate::tensor::{Activation, Tape, Tensor, Var, Window, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Noising steps.
const STEPS: usize = 1000;
const RATE: f64 = 2e-4;

enum Network {
    Dense(Denoiser),
    Convolutional(Box<UNet>),
}

pub struct Training {
    network: Network,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    /// `[count, 784]` or `[count, 28, 28, 1]`
    pictures: Tensor<f32>,
    batch: usize,
    /// ᾱ_t
    kept: Vec<f64>,
    /// A row for each noising step.
    times: Tensor<f32>,
    start: usize,
    source: Source,
}

impl Training {
    pub fn dense(source: Source) -> Self {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(0));
        let denoiser = Denoiser::new(Kind::Dense, &mut parameters, random);
        Self::new(Network::Dense(denoiser), parameters, &[8192, 784], 128, 128, source)
    }

    pub fn convolutional(source: Source) -> Self {
        let mut parameters = Parameters::new();
        let network = Network::Convolutional(Box::new(UNet::new(&mut parameters)));
        Self::new(network, parameters, &[1024, 28, 28, 1], 64, 64, source)
    }

    fn new(
        network: Network,
        mut parameters: Parameters<f32>,
        pictures: &[usize],
        batch: usize,
        time_width: usize,
        source: Source,
    ) -> Self {
        super::count_out(&mut parameters);
        let rate = |t: usize| 1e-4 + (0.02 - 1e-4) * t as f64 / (STEPS - 1) as f64;
        let kept = (0..STEPS).scan(1.0, |kept, t| {
            *kept *= 1.0 - rate(t);
            Some(*kept)
        });
        Training {
            network,
            adam: Adam::new(&parameters),
            parameters,
            pictures: source::data(0, pictures, |u| (2.0 * u - 1.0) as f32),
            batch,
            kept: kept.collect(),
            times: time_embedding(time_width),
            start: 0,
            source,
        }
    }
}

/// sin and cos of each t at wavelengths from 2π to 10000 · 2π: `[STEPS, width]`.
fn time_embedding(width: usize) -> Tensor<f32> {
    let half = width / 2;
    let value = |t: usize, column: usize| {
        let angle = t as f64 * (-(10_000_f64.ln()) * (column % half) as f64 / half as f64).exp();
        if column < half { angle.sin() as f32 } else { angle.cos() as f32 }
    };
    tensor([STEPS, width], (0..STEPS * width).map(|place| value(place / width, place % width)).collect())
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        let tape = Tape::new();
        let bound = self.parameters.on(&tape);
        let total = self.pictures.shape()[0];
        let x = super::rows(&self.pictures, super::next_start(&mut self.start, self.batch, total));
        let t: Vec<usize> = (0..self.batch).map(|_| self.source.index(STEPS)).collect();
        let noise = tape.constant(self.source.noise(x.shape()));
        // x_t = √ᾱ_t x + √(1 − ᾱ_t) ε
        let mut lengths = vec![1; x.ndim()];
        lengths[0] = self.batch;
        let column = |f: &dyn Fn(f64) -> f64| {
            tape.constant(tensor(lengths.as_slice(), t.iter().map(|&t| f(self.kept[t]) as f32).collect()))
        };
        let noisy = column(&f64::sqrt) * tape.constant(x) + column(&|kept| (1.0 - kept).sqrt()) * noise;
        let times = tape.constant(self.times.clone()).index_select(&t);
        let predicted = match &self.network {
            Network::Dense(denoiser) => denoiser.forward(&bound, noisy, &t, &vec![NO_CLASS; t.len()]),
            Network::Convolutional(network) => network.forward(&bound, noisy, times),
        };
        let loss = predicted.mean_squared_error(noise);
        let value = loss.item();
        let gradients = loss.backward();
        self.adam.update(&mut self.parameters, &bound, &gradients, RATE);
        value
    }

    fn weights(&self) -> Vec<u8> {
        super::bytes(&self.parameters)
    }

    fn size(&self) -> (usize, Unit) {
        (self.batch, Unit::Samples)
    }

    fn steps(&self) -> (usize, usize) {
        match self.network {
            Network::Dense(_) => (100, 20),
            Network::Convolutional(_) => (20, 4),
        }
    }
}

/// Channels at 28, 14 and 7 pixels.
const CHANNELS: [usize; 3] = [32, 64, 64];
/// Width of the time embedding inside.
const TIME: usize = 128;
const GROUPS: usize = 8;

fn convolution(parameters: &mut Parameters<f32>, name: &str, channels: (usize, usize), stride: usize) -> Convolution {
    let window = Window::padded(1).stride(stride);
    Convolution::new(parameters, name, channels, 3, window, Activation::Identity, &mut ChaCha8Rng::seed_from_u64(0))
}

fn linear(parameters: &mut Parameters<f32>, name: &str, inputs: usize, outputs: usize, then: Activation) -> Linear {
    Linear::new(parameters, name, inputs, outputs, then, &mut ChaCha8Rng::seed_from_u64(0))
}

/// x + conv(silu(norm(conv(silu(norm(x))) + W t))).
struct Residual {
    norms: [Normalisation; 2],
    convolutions: [Convolution; 2],
    time: Linear,
    skip: Option<Convolution>,
}

impl Residual {
    fn new(parameters: &mut Parameters<f32>, name: &str, inputs: usize, outputs: usize) -> Self {
        let first_norm = Normalisation::new(parameters, &format!("{name}.norm1"), inputs);
        let first = convolution(parameters, &format!("{name}.conv1"), (inputs, outputs), 1);
        let time = linear(parameters, &format!("{name}.time"), TIME, outputs, Activation::Identity);
        let second_norm = Normalisation::new(parameters, &format!("{name}.norm2"), outputs);
        let second = convolution(parameters, &format!("{name}.conv2"), (outputs, outputs), 1);
        let skip = (inputs != outputs).then(|| {
            let (window, random) = (Window::padded(0), &mut ChaCha8Rng::seed_from_u64(0));
            let name = format!("{name}.skip");
            Convolution::new(parameters, &name, (inputs, outputs), 1, window, Activation::Identity, random)
        });
        Residual { norms: [first_norm, second_norm], convolutions: [first, second], time, skip }
    }

    fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, time: Var<'t, f32>) -> Var<'t, f32> {
        let h = self.convolutions[0].forward(bound, self.norms[0].group(bound, x, GROUPS, Activation::Silu));
        let t = self.time.forward(bound, time);
        let [batch, channels] = t.shape().try_into().expect("a matrix");
        let h = h + t.reshape([batch, 1, 1, channels]);
        let h = self.convolutions[1].forward(bound, self.norms[1].group(bound, h, GROUPS, Activation::Silu));
        self.skip.map_or(x, |skip| skip.forward(bound, x)) + h
    }
}

/// 28 → 14 → 7 → 14 → 28 pixels, a residual block at each.
struct UNet {
    time: [Linear; 2],
    first: Convolution,
    down: [(Residual, Convolution); 2],
    middle: Residual,
    up: [(Convolution, Residual); 2],
    norm: Normalisation,
    last: Convolution,
}

impl UNet {
    fn new(parameters: &mut Parameters<f32>) -> Self {
        let [a, b, c] = CHANNELS;
        UNet {
            time: [
                linear(parameters, "time.0", 64, TIME, Activation::Silu),
                linear(parameters, "time.1", TIME, TIME, Activation::Silu),
            ],
            first: convolution(parameters, "first", (1, a), 1),
            down: [
                (Residual::new(parameters, "down.0", a, a), convolution(parameters, "down.0.out", (a, b), 2)),
                (Residual::new(parameters, "down.1", b, b), convolution(parameters, "down.1.out", (b, c), 2)),
            ],
            middle: Residual::new(parameters, "middle", c, c),
            up: [
                (convolution(parameters, "up.0.in", (c, b), 1), Residual::new(parameters, "up.0", 2 * b, b)),
                (convolution(parameters, "up.1.in", (b, a), 1), Residual::new(parameters, "up.1", 2 * a, a)),
            ],
            norm: Normalisation::new(parameters, "norm", a),
            last: convolution(parameters, "last", (a, 1), 1),
        }
    }

    fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, time: Var<'t, f32>) -> Var<'t, f32> {
        let time = self.time.iter().fold(time, |time, layer| layer.forward(bound, time));
        let mut h = self.first.forward(bound, x);
        let mut passed = Vec::new();
        for (block, smaller) in &self.down {
            h = block.forward(bound, h, time);
            passed.push(h);
            h = smaller.forward(bound, h);
        }
        h = self.middle.forward(bound, h, time);
        for (larger, block) in &self.up {
            let beside = passed.pop().expect("one from each way down");
            h = larger.forward(bound, h.upsample(2));
            h = block.forward(bound, Var::concatenate(&[h, beside], 3), time);
        }
        self.last.forward(bound, self.norm.group(bound, h, GROUPS, Activation::Silu))
    }
}
