//! The VAE 784-400-20-400-784 with Adam, batches of 128.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::generative::vae::{Configuration, Likelihood, Vae};
use crate::nn::{Adam, Parameters};
use crate::tensor::{Tape, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 128;
const PICTURES: usize = 8192;

pub struct Training {
    vae: Vae,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    pictures: Tensor<f32>,
    start: usize,
    source: Source,
}

impl Training {
    pub fn new(source: Source) -> Self {
        let mut parameters = Parameters::new();
        let shape = Configuration { pixels: 784, latent: 20, hidden: vec![400], likelihood: Likelihood::Bernoulli };
        let vae = Vae::new(shape, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        super::count_out(&mut parameters);
        let adam = Adam::new(&parameters);
        let pictures = source::data(0, &[PICTURES, 784], |u| if u < 0.2 { 1.0 } else { 0.0 });
        Training { vae, parameters, adam, pictures, start: 0, source }
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        let tape = Tape::new();
        let bound = self.parameters.on(&tape);
        let x = tape.constant(super::rows(&self.pictures, super::next_start(&mut self.start, BATCH, PICTURES)));
        let terms = self.vae.terms(&bound, x, tape.constant(self.source.noise(&[BATCH, 20])));
        let loss = (terms.reconstruction + terms.kl).scale(1.0 / BATCH as f64);
        let value = loss.item();
        let gradients = loss.backward();
        self.adam.update(&mut self.parameters, &bound, &gradients, 1e-3);
        value
    }

    fn weights(&self) -> Vec<u8> {
        super::bytes(&self.parameters)
    }

    fn size(&self) -> (usize, Unit) {
        (BATCH, Unit::Samples)
    }

    fn steps(&self) -> (usize, usize) {
        (300, 20)
    }
}
