//! A GAN of perceptrons, generator 100-256-512-784, discriminator 784-512-256-1, with Adam, batches of 128: one step of
//! each.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::nn::Bound;
use crate::nn::{Adam, Linear, Parameters, Perceptron};
use crate::tensor::{Activation, Tape, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 128;
const PICTURES: usize = 8192;
const LATENT: usize = 100;
const RATE: f64 = 2e-4;
const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// Hidden layers, then one more.
struct Network {
    hidden: Perceptron,
    last: Linear,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
}

impl Network {
    fn new(inputs: usize, hidden: &[usize], outputs: usize, last: Activation) -> Self {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(0));
        let layers = Perceptron::with_activation(&mut parameters, "hidden", inputs, hidden, LEAKY, random);
        let before = *hidden.last().expect("hidden layers");
        let last = Linear::new(&mut parameters, "last", before, outputs, last, random);
        super::count_out(&mut parameters);
        let adam = Adam::new(&parameters).with_betas(0.5, 0.999);
        Network { hidden: layers, last, parameters, adam }
    }

    fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.last.forward(bound, self.hidden.forward(bound, x))
    }
}

pub struct Training {
    generator: Network,
    discriminator: Network,
    pictures: Tensor<f32>,
    start: usize,
    source: Source,
}

impl Training {
    pub fn new(source: Source) -> Self {
        Training {
            generator: Network::new(LATENT, &[256, 512], 784, Activation::Tanh),
            discriminator: Network::new(784, &[512, 256], 1, Activation::Identity),
            pictures: source::data(0, &[PICTURES, 784], |u| (2.0 * u - 1.0) as f32),
            start: 0,
            source,
        }
    }

    /// −ln D(x) − ln(1 − D(G(z))) over the discriminator.
    fn teach_discriminator(&mut self) -> f32 {
        let (generator, discriminator) = (&self.generator, &mut self.discriminator);
        let tape = Tape::new();
        let bound = discriminator.parameters.on(&tape);
        let fake = {
            let frozen = generator.parameters.frozen_on(&tape);
            generator.forward(&frozen, tape.constant(self.source.noise(&[BATCH, LATENT])))
        };
        let real = tape.constant(super::rows(&self.pictures, super::next_start(&mut self.start, BATCH, PICTURES)));
        let loss = discriminator.forward(&bound, real).bernoulli_mean(1.0)
            + discriminator.forward(&bound, fake).bernoulli_mean(0.0);
        let told = loss.item();
        let gradients = loss.backward();
        discriminator.adam.update(&mut discriminator.parameters, &bound, &gradients, RATE);
        told
    }

    /// −ln D(G(z)) over the generator.
    fn teach_generator(&mut self) -> f32 {
        let (generator, discriminator) = (&mut self.generator, &self.discriminator);
        let tape = Tape::new();
        let (bound, frozen) = (generator.parameters.on(&tape), discriminator.parameters.frozen_on(&tape));
        let fake = generator.forward(&bound, tape.constant(self.source.noise(&[BATCH, LATENT])));
        let loss = discriminator.forward(&frozen, fake).bernoulli_mean(1.0);
        let told = loss.item();
        let gradients = loss.backward();
        generator.adam.update(&mut generator.parameters, &bound, &gradients, RATE);
        told
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        self.teach_discriminator() + self.teach_generator()
    }

    fn weights(&self) -> Vec<u8> {
        [&self.generator, &self.discriminator].map(|network| super::bytes(&network.parameters)).concat()
    }

    fn size(&self) -> (usize, Unit) {
        (BATCH, Unit::Samples)
    }
}
