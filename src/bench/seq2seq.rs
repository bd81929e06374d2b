//! The networks of the labs `attention` (with additive alignment) and `transformer`: width 128, 24 symbols to 12, batches of
//! 64, Adam.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::attention::alignment::{Align, AttentiveSeq2Seq, Configuration};
use crate::attention::sequences::Batch;
use crate::attention::transformer::{self, Positions, Transformer};
use crate::nn::{Adam, BlockSettings, Bound, PAPER_WAVELENGTH, Parameters, RecurrentKind};
use crate::tensor::{Tape, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
const FROM: usize = 24;
const TO: usize = 12;
const SYMBOLS: usize = 64;
const WIDTH: usize = 128;
const PAIRS: usize = 4096;
/// Of the Transformer: blocks of encoder and decoder, and heads.
const LAYERS: usize = 2;
const HEADS: usize = 4;

/// Which network learns the pairs.
enum Network {
    Attentive(AttentiveSeq2Seq),
    Transformer(Transformer),
}

pub struct Training {
    network: Network,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    /// `PAIRS` rows of `FROM`, and of `TO` + 1, symbols.
    pairs: [Vec<usize>; 2],
    batch: Batch,
    start: usize,
}

impl Training {
    /// Two recurrent networks with attention. Nothing in these workloads is drawn at random.
    pub fn attentive(cell: RecurrentKind, _source: Source) -> Self {
        let configuration = Configuration {
            align: Align::Additive,
            cell,
            is_bidirectional: false,
            hidden: WIDTH,
            embedding: WIDTH,
            longest: FROM,
        };
        Self::of(|parameters, random| {
            Network::Attentive(AttentiveSeq2Seq::new(configuration, [SYMBOLS; 2], parameters, random))
        })
    }

    /// An encoder and a decoder of two blocks each, pre-norm.
    pub fn transformer(_source: Source) -> Self {
        let configuration = transformer::Configuration {
            layers: LAYERS,
            block: BlockSettings::new(WIDTH, HEADS),
            positions: Positions::Sine(PAPER_WAVELENGTH),
            is_masked: true,
            longest: [FROM, TO],
        };
        Self::of(|parameters, random| {
            Network::Transformer(Transformer::new(configuration, [SYMBOLS; 2], parameters, random))
        })
    }

    fn of(network: impl FnOnce(&mut Parameters<f32>, &mut ChaCha8Rng) -> Network) -> Self {
        let mut parameters = Parameters::new();
        let network = network(&mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        super::count_out(&mut parameters);
        let adam = Adam::new(&parameters);
        let pairs = [source::symbols(0, PAIRS * FROM, SYMBOLS), source::symbols(1, PAIRS * (TO + 1), SYMBOLS)];
        let batch = Batch {
            rows: BATCH,
            sources: Vec::new(),
            source_lengths: vec![FROM; BATCH],
            given: Vec::new(),
            wanted: Vec::new(),
            target_lengths: vec![TO; BATCH],
        };
        Training { network, parameters, adam, pairs, batch, start: 0 }
    }

    /// Fills the batch with the next pairs.
    fn fill(&mut self) {
        let rows = super::next_start(&mut self.start, BATCH, PAIRS);
        let Batch { sources, given, wanted, .. } = &mut self.batch;
        sources.clear();
        sources.extend(&self.pairs[0][rows.start * FROM..rows.end * FROM]);
        given.clear();
        wanted.clear();
        for row in self.pairs[1][rows.start * (TO + 1)..rows.end * (TO + 1)].chunks_exact(TO + 1) {
            given.extend(&row[..TO]);
            wanted.extend(row[1..].iter().copied().map(Some));
        }
    }

    fn logits<'t>(&self, bound: &Bound<'t, f32>) -> Var<'t, f32> {
        match &self.network {
            Network::Attentive(network) => network.forward(bound, &self.batch),
            Network::Transformer(network) => network.forward(bound, &self.batch),
        }
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        self.fill();
        let tape = Tape::new();
        let bound = self.parameters.on(&tape);
        let loss = self.logits(&bound).cross_entropy(&self.batch.wanted);
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
