//! Sequence to sequence with additive attention: width 128, 24 symbols to 12, batches of 64, Adam. The decoder's cell sees
//! the symbol before and what the attention found; its state and the context vector predict the next symbol.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::nn::{Adam, Bound, Embedding, Linear, ParameterId, Parameters, RecurrentKind, RecurrentLayer, initialise};
use crate::tensor::{Activation, Mask, Tape, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
const FROM: usize = 24;
const TO: usize = 12;
const SYMBOLS: usize = 64;
const WIDTH: usize = 128;
const PAIRS: usize = 4096;

pub struct Training {
    from: Embedding,
    to: Embedding,
    encoder: RecurrentLayer,
    decoder: RecurrentLayer,
    query: Linear,
    key: Linear,
    direction: ParameterId,
    out: Linear,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    /// `PAIRS` rows of `FROM`, and of `TO` + 1, symbols.
    pairs: [Vec<usize>; 2],
    /// What the decoder sees in a step, and what follows each.
    seen: Vec<usize>,
    next: Vec<Option<usize>>,
    start: usize,
}

impl Training {
    /// Nothing in this workload is drawn at random.
    pub fn new(kind: RecurrentKind, _source: Source) -> Self {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(0));
        let p = &mut parameters;
        let from = Embedding::new(p, "from", SYMBOLS, WIDTH, 1.0, random);
        let to = Embedding::new(p, "to", SYMBOLS, WIDTH, 1.0, random);
        let encoder = RecurrentLayer::new(kind, p, "encoder", WIDTH, WIDTH, random);
        let decoder = RecurrentLayer::new(kind, p, "decoder", 2 * WIDTH, WIDTH, random);
        let query = Linear::without_bias(p, "query", WIDTH, WIDTH, Activation::Identity, random);
        let key = Linear::new(p, "key", WIDTH, WIDTH, Activation::Identity, random);
        let direction = p.add("direction", initialise::glorot_uniform(&[1, WIDTH], random));
        let out = Linear::new(p, "out", 2 * WIDTH, SYMBOLS, Activation::Identity, random);
        super::count_out(&mut parameters);
        let adam = Adam::new(&parameters);
        let pairs = [source::symbols(0, PAIRS * FROM, SYMBOLS), source::symbols(1, PAIRS * (TO + 1), SYMBOLS)];
        let (seen, next) = (Vec::new(), Vec::new());
        Training {
            from,
            to,
            encoder,
            decoder,
            query,
            key,
            direction,
            out,
            parameters,
            adam,
            pairs,
            seen,
            next,
            start: 0,
        }
    }

    /// What the decoder says of each next symbol: `[batch · to, symbols]`; `from` and `to` row by row.
    fn logits<'t>(&self, bound: &Bound<'t, f32>, from: &[usize], to: &[usize]) -> Var<'t, f32> {
        let tape = bound.tape();
        let zero = tape.constant(Tensor::filled([BATCH, WIDTH], 0.0));
        let read = self.from.forward(bound, from).reshape([BATCH, FROM, WIDTH]);
        let (keys, mut state) = self.encoder.forward(bound, read, (zero, zero));
        let projected = self.key.forward(bound, keys);
        let direction = bound[self.direction].reshape([WIDTH]);
        let written = self.to.forward(bound, to).reshape([BATCH, TO, WIDTH]);
        let mut value = Vec::with_capacity(TO);
        for step in 0..TO {
            let query = self.query.forward(bound, state.0);
            let (found, _) = query.additive_attention(projected, direction, keys, &Mask::None);
            let x = Var::concatenate(&[written.at(1, step), found], 1).reshape([BATCH, 1, 2 * WIDTH]);
            (_, state) = self.decoder.forward(bound, x, state);
            value.push(Var::concatenate(&[state.0, found], 1));
        }
        self.out.forward(bound, Var::stack(&value, 1)).reshape([BATCH * TO, SYMBOLS])
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        let rows = super::next_start(&mut self.start, BATCH, PAIRS);
        self.seen.clear();
        self.next.clear();
        for row in self.pairs[1][rows.start * (TO + 1)..rows.end * (TO + 1)].chunks_exact(TO + 1) {
            self.seen.extend(&row[..TO]);
            self.next.extend(row[1..].iter().copied().map(Some));
        }
        let from = &self.pairs[0][rows.start * FROM..rows.end * FROM];
        let tape = Tape::new();
        let bound = self.parameters.on(&tape);
        let loss = self.logits(&bound, from, &self.seen).cross_entropy(&self.next);
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
        (50, 20)
    }
}
