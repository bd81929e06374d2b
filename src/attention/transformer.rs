//! The Transformer (Vaswani et al. 2017, arXiv:1706.03762): an encoder and a decoder that only look, without recurrence.
//!
//! The vector of a token is the sum of its embedding and of its place. Each block of the *encoder* lets every token look
//! at all tokens of the source; each block of the *decoder* lets every token look at those before it, then at what the
//! encoder made of the source:
//!
//! ```text
//! q_i = W_Q x_i    k_j = W_K x_j    v_j = W_V x_j
//! α_ij = softmax_j(q_i · k_j / √d)    q̂_i = Σ_j α_ij v_j
//! ```
//!
//! in several heads of width d at once. All places of a target are learned in one pass, as a mask keeps those behind from
//! being seen; decoding goes token by token and keeps the keys and values of what was read.

mod answers;
mod examine;
mod learner;
mod trained;

pub use answers::VIEWS;
pub use learner::{knobs, learner};
pub use trained::TrainedTransformer;

use crate::attention::sequences::learner::{REPORT_KEYS, SERIES};
use crate::attention::sequences::{Batch, Corpus};
use crate::experiment::{Experiment, ExperimentError, Knobs, Learn, Preview};
use crate::nn::{
    AttentionTrace, BlockSettings, Bound, DecoderBlock, DecoderCache, Embedding, Linear, Normalisation,
    NormalisationOrder, Parameters, TransformerBlock, sinusoidal_positions,
};
use crate::tensor::{Activation, Mask, Tensor, Var};
use crate::{bundled, lab_file};
use rand::Rng;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "transformer",
    lab: Some(lab_file!("15-transformer")),
    knobs,
    series: &SERIES,
    headline: "loss",
    emits: &["samples", "attention"],
    views: &VIEWS,
    answers: &TrainedTransformer::ANSWERS,
    report: &REPORT_KEYS,
    preview: Preview::View("attention"),
    learn: Learn::By(|setting| {
        let corpus = Corpus::of(&setting.knobs, setting.source.folder.as_deref())?;
        Ok(Box::new(learner(&setting.knobs, setting.seed, corpus)?))
    }),
    open: |weights, knobs, _| Ok(Arc::new(TrainedTransformer::open(weights, knobs)?)),
    small: &[
        "task=addition width=8 heads=2 layers=1 batch=8 steps=60 evaluated=20 average=0.9",
        "task=dates width=12 heads=3 layers=2 batch=4 steps=30 evaluated=8 norm=post positions=learned",
        "task=numbers width=8 heads=1 batch=4 steps=30 evaluated=8 positions=none mask=off scale=off projections=off",
    ],
    bundled: bundled!("transformer"),
    ..Experiment::EMPTY
};

/// What the place of a token adds to its vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Positions {
    /// Sines and cosines with this longest wavelength / 2π, see [`sinusoidal_positions`].
    Sine(f64),
    /// A vector for each place, learned like those of the symbols.
    Learned,
    None,
}

/// The shape of the network, and what is switched off in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Configuration {
    /// Blocks of the encoder, and of the decoder.
    pub layers: usize,
    pub block: BlockSettings,
    pub positions: Positions,
    /// Whether each place of the decoder looks only at those before it.
    pub is_masked: bool,
    /// Places of a source and of a target at most, end or start among them.
    pub longest: [usize; 2],
}

impl Configuration {
    /// The shape that knobs ask for. The heads must divide the width.
    pub fn from_knobs(knobs: &Knobs, corpus: &Corpus) -> Self {
        let [width, heads] = ["width", "heads"].map(|name| knobs.integer(name) as usize);
        let post = knobs.choice("norm") == "post";
        let block = BlockSettings {
            order: if post { NormalisationOrder::Post } else { NormalisationOrder::Pre },
            is_scaled: knobs.flag("scale"),
            is_projected: knobs.flag("projections"),
            ..BlockSettings::new(width, heads)
        };
        let positions = match knobs.choice("positions") {
            "sine" => Positions::Sine(knobs.real("wavelength")),
            "learned" => Positions::Learned,
            _ => Positions::None,
        };
        Configuration {
            layers: knobs.integer("layers") as usize,
            block,
            positions,
            is_masked: knobs.flag("mask"),
            longest: corpus.places(),
        }
    }
}

/// Encoder and decoder.
#[derive(Debug, Clone)]
pub struct Transformer {
    pub configuration: Configuration,
    source: Embedding,
    target: Embedding,
    places: Places,
    encoder: Vec<TransformerBlock>,
    decoder: Vec<DecoderBlock>,
    /// Pre-norm: behind each stack.
    norms: Option<[Normalisation; 2]>,
    out: Linear,
}

/// The vectors of places, of source and target.
#[derive(Debug, Clone)]
enum Places {
    Sine(Tensor<f32>),
    Learned([Embedding; 2]),
    None,
}

/// Source or target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Source,
    Target,
}

/// Deviation of fresh embeddings of symbols, and of places: about that of a sine.
const EMBEDDING: [f64; 2] = [1.0, 0.7];

/// What happened in every attention while a pair was read: layer by layer.
pub(crate) struct Traces {
    /// Of the source to itself.
    pub encoder: Vec<AttentionTrace<f32>>,
    /// Of the target to itself, and to what the encoder made of the source.
    pub decoder: Vec<[AttentionTrace<f32>; 2]>,
}

impl Transformer {
    /// A fresh network that knobs ask for, for the pairs of a corpus.
    ///
    /// # Errors
    /// When the heads do not divide the width.
    pub fn from_knobs(
        knobs: &Knobs,
        corpus: &Corpus,
        random: &mut impl Rng,
    ) -> Result<(Self, Parameters<f32>), ExperimentError> {
        let configuration = Configuration::from_knobs(knobs, corpus);
        let (width, heads) = (configuration.block.width, configuration.block.heads);
        if !width.is_multiple_of(heads) {
            return Err(ExperimentError::both(
                format!("knob `width` = `{width}`: expected a multiple of `heads` ({heads})"),
                format!("設定 `width` = `{width}`: `heads`({heads})の倍数にしてください"),
            ));
        }
        let mut parameters = Parameters::new();
        let symbols = [corpus.texts.source.len(), corpus.texts.target.len()];
        let network = Transformer::new(configuration, symbols, &mut parameters, random);
        Ok((network, parameters))
    }

    /// A fresh network for so many symbols of source and target.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn new(
        configuration: Configuration,
        [sources, targets]: [usize; 2],
        parameters: &mut Parameters<f32>,
        random: &mut impl Rng,
    ) -> Self {
        let Configuration { layers, block, positions, longest, .. } = configuration;
        let (width, [of_symbols, of_places]) = (block.width, EMBEDDING);
        let source = Embedding::new(parameters, "source", sources, width, of_symbols, random);
        let target = Embedding::new(parameters, "target", targets, width, of_symbols, random);
        let places = match positions {
            Positions::Sine(wavelength) => {
                Places::Sine(sinusoidal_positions(longest[0].max(longest[1]), width, wavelength))
            }
            Positions::Learned => {
                let sides = [("source_places", longest[0]), ("target_places", longest[1])];
                Places::Learned(
                    sides.map(|(name, most)| Embedding::new(parameters, name, most, width, of_places, random)),
                )
            }
            Positions::None => Places::None,
        };
        let mut encoder = Vec::with_capacity(layers);
        for layer in 0..layers {
            encoder.push(TransformerBlock::new(parameters, &format!("encoder.{layer}"), &block, random));
        }
        let mut decoder = Vec::with_capacity(layers);
        for layer in 0..layers {
            decoder.push(DecoderBlock::new(parameters, &format!("decoder.{layer}"), &block, random));
        }
        let norms = (block.order == NormalisationOrder::Pre)
            .then(|| ["encoder.norm", "decoder.norm"].map(|name| Normalisation::new(parameters, name, width)));
        let out = Linear::new(parameters, "out", width, targets, Activation::Identity, random);
        Transformer { configuration, source, target, places, encoder, decoder, norms, out }
    }

    /// Vectors of `count` places of a side from the place `from` on, `[count, D]`; none without positions.
    fn places<'t>(&self, bound: &Bound<'t, f32>, side: Side, from: usize, count: usize) -> Option<Var<'t, f32>> {
        let table = match (&self.places, side) {
            (Places::Sine(table), _) => bound.tape().constant(table.clone()),
            (Places::Learned([table, _]), Side::Source) | (Places::Learned([_, table]), Side::Target) => {
                table.table(bound)
            }
            (Places::None, _) => return None,
        };
        Some(table.narrow(0, from..from + count))
    }

    /// Vectors of symbols `rows × steps`, the first of them at the place `from`: `[rows, steps, D]`.
    fn embed<'t>(
        &self,
        bound: &Bound<'t, f32>,
        side: Side,
        rows: usize,
        symbols: &[usize],
        from: usize,
    ) -> Var<'t, f32> {
        let (steps, width) = (symbols.len() / rows, self.configuration.block.width);
        let table = if side == Side::Source { self.source } else { self.target };
        let x = table.forward(bound, symbols).reshape([rows, steps, width]);
        self.places(bound, side, from, steps).map_or(x, |places| x + places)
    }

    fn normalised<'t>(&self, bound: &Bound<'t, f32>, side: Side, x: Var<'t, f32>) -> Var<'t, f32> {
        self.norms.as_ref().map_or(x, |norms| norms[usize::from(side == Side::Target)].layer(bound, x))
    }

    /// What the encoder makes of sources with their ends, `rows × steps` symbols with padding behind: `[rows, steps, D]`.
    ///
    /// # Panics
    /// If a symbol is unknown or the lengths do not fit.
    pub fn encode<'t>(&self, bound: &Bound<'t, f32>, symbols: &[usize], lengths: &[usize]) -> Var<'t, f32> {
        let mask = Mask::Lengths(lengths.to_vec());
        let x = self.embed(bound, Side::Source, lengths.len(), symbols, 0);
        let x = self.encoder.iter().fold(x, |x, block| block.forward(bound, x, &mask));
        self.normalised(bound, Side::Source, x)
    }

    /// Logits `[rows · steps, symbols]` of what follows each of the given tokens, `rows × steps`, for a memory
    /// `[rows, source steps, D]` of so many places each.
    ///
    /// # Panics
    /// If a token is unknown or the shapes do not fit.
    pub fn decode<'t>(
        &self,
        bound: &Bound<'t, f32>,
        (memory, lengths): (Var<'t, f32>, &[usize]),
        (given, given_lengths): (&[usize], &[usize]),
    ) -> Var<'t, f32> {
        let own = self.own_mask(given_lengths);
        let of_memory = Mask::Lengths(lengths.to_vec());
        let x = self.embed(bound, Side::Target, lengths.len(), given, 0);
        let forward = |x, block: &DecoderBlock| block.forward(bound, x, memory, [&own, &of_memory]);
        let x = self.decoder.iter().fold(x, forward);
        self.logits(bound, x)
    }

    /// The logits of a batch: teacher forcing.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, batch: &Batch) -> Var<'t, f32> {
        let memory = self.encode(bound, &batch.sources, &batch.source_lengths);
        self.decode(bound, (memory, &batch.source_lengths), (&batch.given, &batch.target_lengths))
    }

    /// What decoding starts from: the keys and values of a memory, block by block.
    pub fn begin<'t>(&self, bound: &Bound<'t, f32>, memory: Var<'t, f32>) -> Vec<DecoderCache<f32>> {
        self.decoder.iter().map(|block| block.read(bound, memory)).collect()
    }

    /// Logits `[rows, symbols]` of what follows the given tokens, one for each row, at a place behind those in the caches,
    /// to which they are added.
    ///
    /// # Panics
    /// If a token is unknown or the shapes do not fit.
    pub fn decode_step<'t>(
        &self,
        bound: &Bound<'t, f32>,
        (caches, lengths): (&mut [DecoderCache<f32>], &[usize]),
        given: &[usize],
        place: usize,
    ) -> Var<'t, f32> {
        let mask = Mask::Lengths(lengths.to_vec());
        let x = self.embed(bound, Side::Target, given.len(), given, place);
        let blocks = self.decoder.iter().zip(caches);
        let x = blocks.fold(x, |x, (block, cache)| block.forward_cached(bound, x, cache, &mask));
        self.logits(bound, x)
    }

    /// What happens in every attention for one source with its end, and the start with what follows it.
    pub(crate) fn trace(&self, bound: &Bound<'_, f32>, source: &[usize], given: &[usize]) -> Traces {
        let (mut encoder, mut decoder) = (Vec::new(), Vec::new());
        let mut x = self.embed(bound, Side::Source, 1, source, 0);
        for block in &self.encoder {
            let trace;
            (x, trace) = block.forward_traced(bound, x, &Mask::None);
            encoder.push(trace);
        }
        let memory = self.normalised(bound, Side::Source, x);
        let own = self.own_mask(&[given.len()]);
        let mut x = self.embed(bound, Side::Target, 1, given, 0);
        for block in &self.decoder {
            let traces;
            (x, traces) = block.forward_traced(bound, x, memory, [&own, &Mask::None]);
            decoder.push(traces);
        }
        Traces { encoder, decoder }
    }

    /// Which of its own places each place of the decoder sees.
    fn own_mask(&self, lengths: &[usize]) -> Mask {
        if self.configuration.is_masked { Mask::Causal } else { Mask::Lengths(lengths.to_vec()) }
    }

    fn logits<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        let x = self.normalised(bound, Side::Target, x);
        let [rows, steps] = [0, 1].map(|axis| x.shape()[axis]);
        self.out.forward(bound, x.reshape([rows * steps, self.configuration.block.width]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::PAPER_WAVELENGTH;
    use crate::tensor::Tape;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const SOURCES: [usize; 8] = [3, 4, 5, 2, 6, 2, 0, 0];
    const LENGTHS: [usize; 2] = [4, 2];
    const GIVEN: [usize; 6] = [1, 3, 7, 1, 4, 0];
    const GIVEN_LENGTHS: [usize; 2] = [3, 2];

    fn network(positions: Positions, order: NormalisationOrder, is_masked: bool) -> (Parameters<f32>, Transformer) {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(1));
        let block = BlockSettings { order, ..BlockSettings::new(8, 2) };
        let configuration = Configuration { layers: 2, block, positions, is_masked, longest: [6, 6] };
        let network = Transformer::new(configuration, [7, 8], &mut parameters, random);
        (parameters, network)
    }

    fn all() -> Vec<(Parameters<f32>, Transformer)> {
        let kinds = [Positions::Sine(PAPER_WAVELENGTH), Positions::Learned, Positions::None];
        let orders = [NormalisationOrder::Pre, NormalisationOrder::Post];
        kinds.into_iter().flat_map(|positions| orders.map(|order| network(positions, order, true))).collect()
    }

    fn near(found: Var<f32>, expected: Var<f32>) {
        let (found, expected) = (found.ordered(), expected.ordered());
        assert_eq!(found.shape(), expected.shape());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} instead of {expected:?}");
    }

    fn logits<'t>(network: &Transformer, bound: &Bound<'t, f32>, given: &[usize]) -> Var<'t, f32> {
        let memory = network.encode(bound, &SOURCES, &LENGTHS);
        network.decode(bound, (memory, &LENGTHS), (given, &GIVEN_LENGTHS)).reshape([2, 3, 8])
    }

    #[test]
    fn decoding_with_a_cache_gives_the_full_pass() {
        for (parameters, network) in all() {
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let expected = logits(&network, &bound, &GIVEN);
            let mut caches = network.begin(&bound, network.encode(&bound, &SOURCES, &LENGTHS));
            for step in 0..3 {
                let tokens = [GIVEN[step], GIVEN[3 + step]];
                near(network.decode_step(&bound, (&mut caches, &LENGTHS), &tokens, step), expected.at(1, step));
            }
        }
    }

    #[test]
    fn a_row_of_a_padded_batch_is_the_row_alone() {
        let unmasked = network(Positions::Sine(PAPER_WAVELENGTH), NormalisationOrder::Pre, false);
        for (parameters, network) in all().into_iter().chain([unmasked]) {
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let batch = logits(&network, &bound, &GIVEN);
            let memory = network.encode(&bound, &[6, 2], &[2]);
            let alone = network.decode(&bound, (memory, &[2]), (&[1, 4], &[2]));
            near(batch.at(0, 1).narrow(0, 0..2), alone);
        }
    }

    /// What stands behind a place changes nothing there, unless the mask is off; what the padding holds never does.
    #[test]
    fn a_mask_hides_what_is_to_be_predicted() {
        for is_masked in [true, false] {
            let (parameters, network) = network(Positions::Sine(PAPER_WAVELENGTH), NormalisationOrder::Pre, is_masked);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let other = |at: usize, token: usize| {
                let mut given = GIVEN;
                given[at] = token;
                logits(&network, &bound, &given)
            };
            let (before, after) = (logits(&network, &bound, &GIVEN), other(2, 5));
            let first = |x: Var<'_, f32>| x.at(0, 0).narrow(0, 0..2).ordered();
            assert_eq!(first(before) == first(after), is_masked, "places before the changed one");
            near(other(5, 6).at(0, 1).narrow(0, 0..2), before.at(0, 1).narrow(0, 0..2));
        }
    }

    #[test]
    fn a_trace_is_what_the_network_does() {
        let (parameters, network) = network(Positions::Sine(PAPER_WAVELENGTH), NormalisationOrder::Pre, true);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let traces = network.trace(&bound, &SOURCES[..4], &GIVEN[..3]);
        assert_eq!((traces.encoder.len(), traces.decoder.len()), (2, 2));
        for [own, cross] in &traces.decoder {
            assert_eq!((own.weights.shape(), cross.weights.shape()), (&[1, 2, 3, 3][..], &[1, 2, 3, 4][..]));
            assert_eq!(own.weights[[0, 1, 0, 1]], 0.0, "a later place");
            assert!(cross.weights.rows().rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
        }
    }

    #[test]
    fn every_parameter_learns() {
        for (parameters, network) in all() {
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let wanted = [Some(3), Some(7), Some(2), Some(4), Some(2), None];
            let gradients = logits(&network, &bound, &GIVEN).reshape([6, 8]).cross_entropy(&wanted).backward();
            for ((name, _), &var) in parameters.iter().zip(bound.vars()) {
                let gradient = gradients.of(var).unwrap_or_else(|| panic!("{name} has no gradient"));
                assert!(gradient.iter().any(|&g| g != 0.0), "{name}");
            }
        }
    }
}
