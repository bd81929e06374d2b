//! A GAN of perceptrons, generator 100-256-512-784, discriminator 784-512-256-1, with Adam, batches of 128: one step of
//! each.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::generative::gan::{Network, discriminator_loss, non_saturating_loss};
use crate::nn::{OptimizedNetwork, Parameters};
use crate::tensor::{Activation, Tape, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 128;
const PICTURES: usize = 8192;
const LATENT: usize = 100;
const RATE: f64 = 2e-4;

/// A network of the GAN lab, and its optimiser.
struct Player {
    network: Network,
    learning: OptimizedNetwork,
}

impl Player {
    fn new(sizes: [usize; 2], hidden: &[usize], last: Activation) -> Self {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(0));
        let network = Network::dense(&mut parameters, sizes, hidden, last, random);
        super::count_out(&mut parameters);
        Player { network, learning: OptimizedNetwork::new(parameters).with_betas(0.5, 0.999) }
    }
}

pub struct Training {
    generator: Player,
    discriminator: Player,
    pictures: Tensor<f32>,
    start: usize,
    source: Source,
}

impl Training {
    pub fn new(source: Source) -> Self {
        Training {
            generator: Player::new([LATENT, 784], &[256, 512], Activation::Tanh),
            discriminator: Player::new([784, 1], &[512, 256], Activation::Identity),
            pictures: source::data(0, &[PICTURES, 784], |u| (2.0 * u - 1.0) as f32),
            start: 0,
            source,
        }
    }

    /// −ln D(x) − ln(1 − D(G(z))) over the discriminator.
    fn teach_discriminator(&mut self) -> f32 {
        let (generator, discriminator) = (&self.generator, &mut self.discriminator);
        let tape = Tape::new();
        let bound = discriminator.learning.parameters.on(&tape);
        let fake = {
            let frozen = generator.learning.parameters.frozen_on(&tape);
            generator.network.forward(&frozen, tape.constant(self.source.noise(&[BATCH, LATENT])))
        };
        let real = tape.constant(super::rows(&self.pictures, super::next_start(&mut self.start, BATCH, PICTURES)));
        let (real, fake) = (discriminator.network.forward(&bound, real), discriminator.network.forward(&bound, fake));
        let loss = discriminator_loss(real, fake);
        let value = loss.item();
        let gradients = loss.backward();
        discriminator.learning.descend(&bound, &gradients, RATE);
        value
    }

    /// −ln D(G(z)) over the generator.
    fn teach_generator(&mut self) -> f32 {
        let (generator, discriminator) = (&mut self.generator, &self.discriminator);
        let tape = Tape::new();
        let (bound, frozen) =
            (generator.learning.parameters.on(&tape), discriminator.learning.parameters.frozen_on(&tape));
        let fake = generator.network.forward(&bound, tape.constant(self.source.noise(&[BATCH, LATENT])));
        let loss = non_saturating_loss(discriminator.network.forward(&frozen, fake));
        let value = loss.item();
        let gradients = loss.backward();
        generator.learning.descend(&bound, &gradients, RATE);
        value
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        self.teach_discriminator() + self.teach_generator()
    }

    fn weights(&self) -> Vec<u8> {
        [&self.generator, &self.discriminator].map(|player| super::bytes(&player.learning.parameters)).concat()
    }

    fn size(&self) -> (usize, Unit) {
        (BATCH, Unit::Samples)
    }
}
