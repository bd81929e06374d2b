//! The network of the lab `gpt` on characters: 4 blocks of width 128 with 4 heads, context 128, 96 symbols, batches of 16, AdamW.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::attention::language_model::{Configuration, Gpt};
use crate::nn::{Adam, BlockSettings, Parameters};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 16;
const CONTEXT: usize = 128;
const WIDTH: usize = 128;
const HEADS: usize = 4;
const SYMBOLS: usize = 96;
const LETTERS: usize = 200_000;

pub struct Training {
    network: Gpt,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    text: Vec<usize>,
    /// The symbols of a batch, and what follows each.
    seen: Vec<usize>,
    next: Vec<Option<usize>>,
    source: Source,
}

impl Training {
    pub fn new(source: Source) -> Self {
        let configuration = Configuration {
            layers: 4,
            block: BlockSettings::new(WIDTH, HEADS),
            context: CONTEXT,
            symbols: SYMBOLS,
            is_tied: false,
            is_causal: true,
        };
        let mut parameters = Parameters::new();
        let network = Gpt::new(configuration, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        super::count_out(&mut parameters);
        let adam = Adam::new(&parameters).with_weight_decay(0.1);
        let text = source::symbols(0, LETTERS, SYMBOLS);
        Training { network, parameters, adam, text, seen: Vec::new(), next: Vec::new(), source }
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        self.seen.clear();
        self.next.clear();
        for _ in 0..BATCH {
            let start = self.source.index(LETTERS - CONTEXT - 1);
            self.seen.extend(&self.text[start..start + CONTEXT]);
            self.next.extend(self.text[start + 1..start + CONTEXT + 1].iter().copied().map(Some));
        }
        let tape = Tape::new();
        let bound = self.parameters.on(&tape);
        let loss = self.network.forward(&bound, BATCH, &self.seen).cross_entropy(&self.next);
        let value = loss.item();
        let gradients = loss.backward();
        self.adam.update(&mut self.parameters, &bound, &gradients, 3e-4);
        value
    }

    fn weights(&self) -> Vec<u8> {
        super::bytes(&self.parameters)
    }

    fn size(&self) -> (usize, Unit) {
        (BATCH * CONTEXT, Unit::Tokens)
    }

    fn steps(&self) -> (usize, usize) {
        (50, 20)
    }
}
