//! A GPT of characters: 4 blocks of width 128 with 4 heads, context 128, 96 symbols, batches of 16, AdamW.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::nn::{Adam, BlockSettings, Bound, Embedding, Linear, Normalisation, Parameters, TransformerBlock};
use crate::tensor::{Activation, Mask, Tape, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 16;
const CONTEXT: usize = 128;
const WIDTH: usize = 128;
const HEADS: usize = 4;
const SYMBOLS: usize = 96;
const LETTERS: usize = 200_000;

pub struct Training {
    symbols: Embedding,
    places: Embedding,
    blocks: Vec<TransformerBlock>,
    norm: Normalisation,
    head: Linear,
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
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(0));
        let symbols = Embedding::new(&mut parameters, "symbols", SYMBOLS, WIDTH, 0.02, random);
        let places = Embedding::new(&mut parameters, "places", CONTEXT, WIDTH, 0.02, random);
        let settings = BlockSettings::new(WIDTH, HEADS);
        let block = |index: usize| TransformerBlock::new(&mut parameters, &format!("block.{index}"), &settings, random);
        let blocks = (0..4).map(block).collect();
        let norm = Normalisation::new(&mut parameters, "norm", WIDTH);
        let head = Linear::without_bias(&mut parameters, "head", WIDTH, SYMBOLS, Activation::Identity, random);
        super::count_out(&mut parameters);
        let adam = Adam::new(&parameters).with_weight_decay(0.1);
        let text = source::symbols(0, LETTERS, SYMBOLS);
        Training {
            symbols,
            places,
            blocks,
            norm,
            head,
            parameters,
            adam,
            text,
            seen: Vec::new(),
            next: Vec::new(),
            source,
        }
    }

    fn logits<'t>(&self, bound: &Bound<'t, f32>, symbols: &[usize]) -> Var<'t, f32> {
        let x = self.symbols.forward(bound, symbols).reshape([BATCH, CONTEXT, WIDTH]) + self.places.table(bound);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(bound, x, &Mask::Causal));
        self.head.forward(bound, self.norm.layer(bound, x))
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
        let loss = self.logits(&bound, &self.seen).cross_entropy(&self.next);
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
