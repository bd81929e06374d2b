//! Attention between two recurrent networks (Bahdanau, Cho & Bengio 2014, arXiv:1409.0473; Luong, Pham & Manning 2015,
//! arXiv:1508.04025).
//!
//! An encoder reads x₁ … x_T ⟨EOS⟩ and keeps all its states h_1 … h_T. Before each token the decoder compares its state
//! with every one of them and gets their weighted mean, the context vector:
//!
//! ```text
//! a_ti = align(h_i, s_{t−1})      α_t = softmax(a_t)      c_t = Σ_i α_ti h_i
//! s_t = f(s_{t−1}, [y_{t−1}; c_t])      p(y_t) = softmax(W_o [s_t; c_t] + b_o)
//! ```
//!
//! Nothing of the source has to fit into one vector: what is needed at step t is fetched at step t. The kinds of align
//! stand at [`Align`]; several of them, and a decoder without any, can learn the same pairs side by side.

mod align;
mod answers;
mod figures;
mod learner;

pub use align::Align;
pub use answers::{TrainedAlignments, VIEWS};
pub use learner::{AlignmentsLearner, REPORT_KEYS, SERIES, knobs};

use crate::attention::sequences::{Batch, Corpus};
use crate::experiment::{Experiment, ExperimentError, Knobs, Learn, Preview};
use crate::nn::{Bound, Embedding, Linear, LstmState, Parameters, RecurrentKind, RecurrentLayer};
use crate::tensor::{Activation, Var};
use crate::{bundled, lab_file};
use align::{Alignment, Memory};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "attention",
    lab: Some(lab_file!("14-attention")),
    knobs,
    series: &SERIES,
    headline: "loss",
    emits: &["samples", "alignment"],
    views: &VIEWS,
    answers: &TrainedAlignments::ANSWERS,
    report: &REPORT_KEYS,
    preview: Preview::View("weights"),
    learn: Learn::By(|setting| {
        let corpus = Corpus::of(&setting.knobs, setting.source.folder.as_deref())?;
        Ok(Box::new(AlignmentsLearner::new(&setting.knobs, setting.seed, corpus)?))
    }),
    open: |weights, knobs, _| Ok(Arc::new(TrainedAlignments::open(weights, knobs)?)),
    small: &[
        "task=addition hidden=12 embedding=8 batch=8 steps=40 evaluated=20 average=0.9",
        "task=dates cell=lstm hidden=8 embedding=4 batch=4 steps=30 evaluated=8 additive=off plain=off relu=off",
    ],
    bundled: bundled!("attention"),
    ..Experiment::EMPTY
};

/// The shape of a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Configuration {
    pub align: Align,
    pub cell: RecurrentKind,
    /// Whether the source is read from both ends, with D/2 numbers each way.
    pub is_bidirectional: bool,
    /// D: numbers in the state of encoder and decoder.
    pub hidden: usize,
    pub embedding: usize,
    /// T: tokens of a source at most, its end among them.
    pub longest: usize,
}

/// Encoder, alignment and decoder.
#[derive(Debug, Clone)]
pub struct AttentiveSeq2Seq {
    pub configuration: Configuration,
    source: Embedding,
    target: Embedding,
    encoder: RecurrentLayer,
    /// From the end of the source to its beginning.
    backward: Option<RecurrentLayer>,
    decoder: RecurrentLayer,
    alignment: Alignment,
    out: Linear,
}

/// Deviation of fresh embeddings.
const EMBEDDING: f64 = 0.1;

/// A source that was read.
#[derive(Debug, Clone)]
struct Read<'t> {
    memory: Memory<'t>,
    /// The decoder's state before the first token: h_T.
    first: LstmState<'t, f32>,
}

impl AttentiveSeq2Seq {
    /// The networks that knobs ask for, with fresh weights. Those of one kind do not depend on which others there are.
    ///
    /// # Errors
    /// When all are switched off.
    pub fn from_knobs(
        knobs: &Knobs,
        seed: u64,
        corpus: &Corpus,
    ) -> Result<Vec<(Self, Parameters<f32>)>, ExperimentError> {
        let symbols = [corpus.texts.source.len(), corpus.texts.target.len()];
        let chosen = Align::ALL.into_iter().filter(|align| knobs.flag(align.name()));
        let networks: Vec<_> = chosen
            .map(|align| {
                let (mut parameters, mut random) = (Parameters::new(), ChaCha8Rng::seed_from_u64(seed));
                random.set_stream(align as u64 + 1);
                let configuration = Configuration {
                    align,
                    cell: if knobs.choice("cell") == "gru" { RecurrentKind::Gru } else { RecurrentKind::Lstm },
                    is_bidirectional: knobs.flag("bidirectional"),
                    hidden: knobs.integer("hidden") as usize,
                    embedding: knobs.integer("embedding") as usize,
                    longest: corpus.texts.longest[0] + 1,
                };
                (AttentiveSeq2Seq::new(configuration, symbols, &mut parameters, &mut random), parameters)
            })
            .collect();
        if networks.is_empty() {
            let names = Align::ALL.map(Align::name).join(", ");
            return Err(ExperimentError::both(
                format!("nothing to train: switch on at least one of {names}"),
                format!("学習するものがありません。{names} のうち一つ以上をオンにしてください"),
            ));
        }
        Ok(networks)
    }

    /// A fresh network for so many symbols of source and target.
    pub fn new(
        configuration: Configuration,
        [sources, targets]: [usize; 2],
        parameters: &mut Parameters<f32>,
        random: &mut impl Rng,
    ) -> Self {
        let Configuration { align, cell, is_bidirectional, hidden, embedding, longest } = configuration;
        let source = Embedding::new(parameters, "source", sources, embedding, EMBEDDING, random);
        let target = Embedding::new(parameters, "target", targets, embedding, EMBEDDING, random);
        let found = if align == Align::Plain { 0 } else { hidden };
        // An odd number of states leaves one more for the way forward.
        let reads = if is_bidirectional { [hidden.div_ceil(2), hidden / 2] } else { [hidden, 0] };
        let mut encoder =
            |name: &str, states| RecurrentLayer::new(cell, parameters, name, embedding, states, &mut *random);
        let forward = encoder("encoder", reads[0]);
        let backward = is_bidirectional.then(|| encoder("backward", reads[1]));
        let decoder = RecurrentLayer::new(cell, parameters, "decoder", embedding + found, hidden, random);
        let alignment = Alignment::new(align, hidden, longest, parameters, random);
        let out = Linear::new(parameters, "out", hidden + found, targets, Activation::Identity, random);
        AttentiveSeq2Seq { configuration, source, target, encoder: forward, backward, decoder, alignment, out }
    }

    /// Reads sources with their ends, `rows × steps` symbols with padding behind.
    ///
    /// # Panics
    /// If a symbol is unknown or the lengths do not fit.
    fn encode<'t>(&self, bound: &Bound<'t, f32>, symbols: &[usize], lengths: &[usize]) -> Read<'t> {
        let (rows, steps) = (lengths.len(), symbols.len() / lengths.len());
        let run = |layer: &RecurrentLayer, symbols: &[usize]| {
            let x = self.source.forward(bound, symbols).reshape([rows, steps, self.configuration.embedding]);
            layer.forward_padded(bound, x, layer.zero_state(bound, rows), lengths)
        };
        let (mut states, mut first) = run(&self.encoder, symbols);
        if let Some(layer) = &self.backward {
            let order = turned(steps, lengths);
            let turned: Vec<usize> = order.iter().map(|&place| symbols[place]).collect();
            let (back, last) = run(layer, &turned);
            let width = back.shape()[2];
            let back = back.reshape([rows * steps, width]).index_select(&order).reshape([rows, steps, width]);
            states = Var::concatenate(&[states, back], 2);
            let beside = |a, b| Var::concatenate(&[a, b], 1);
            first = (beside(first.0, last.0), beside(first.1, last.1));
        }
        Read { memory: self.alignment.memory(bound, states, lengths), first }
    }

    /// Logits `[rows · steps, symbols]` of what follows each of the given tokens, `rows × steps`: teacher forcing.
    fn decode<'t>(&self, bound: &Bound<'t, f32>, read: &Read<'t>, given: &[usize]) -> Var<'t, f32> {
        let rows = read.first.0.shape()[0];
        let (steps, hidden) = (given.len() / rows, self.configuration.hidden);
        let x = self.target.forward(bound, given).reshape([rows, steps, self.configuration.embedding]);
        if let Alignment::Plain = self.alignment {
            let (states, _) = self.decoder.forward(bound, x, read.first);
            return self.out.forward(bound, states.reshape([rows * steps, hidden]));
        }
        let (mut state, mut outputs) = (read.first, Vec::with_capacity(steps));
        for step in 0..steps {
            let output;
            (output, state) = self.advance(bound, &read.memory, state, x.at(1, step));
            outputs.push(output);
        }
        self.out.forward(bound, Var::stack(&outputs, 1).reshape([rows * steps, 2 * hidden]))
    }

    /// The logits of a batch: teacher forcing.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, batch: &Batch) -> Var<'t, f32> {
        let read = self.encode(bound, &batch.sources, &batch.source_lengths);
        self.decode(bound, &read, &batch.given)
    }

    /// One step of the decoder: logits `[rows, symbols]` of what follows the given tokens, and the state after it.
    fn decode_step<'t>(
        &self,
        bound: &Bound<'t, f32>,
        memory: &Memory<'t>,
        state: LstmState<'t, f32>,
        given: &[usize],
    ) -> (Var<'t, f32>, LstmState<'t, f32>) {
        let (output, state) = self.advance(bound, memory, state, self.target.forward(bound, given));
        (self.out.forward(bound, output), state)
    }

    /// s_t, and [s_t; c_t] `[rows, 2 D]`, from s_{t−1} and the vector of y_{t−1}.
    fn advance<'t>(
        &self,
        bound: &Bound<'t, f32>,
        memory: &Memory<'t>,
        state: LstmState<'t, f32>,
        x: Var<'t, f32>,
    ) -> (Var<'t, f32>, LstmState<'t, f32>) {
        let context = self.alignment.context(bound, memory, state.0);
        let beside = |x: Var<'t, f32>| context.map_or(x, |context| Var::concatenate(&[x, context], 1));
        let state = self.decoder.step(bound, beside(x), state);
        (beside(state.0), state)
    }
}

/// For each place of a padded batch the place that it has when its row is turned end for end; padding stays.
fn turned(steps: usize, lengths: &[usize]) -> Vec<usize> {
    let row = |(row, &length): (usize, &usize)| {
        (0..steps).map(move |step| row * steps + if step < length { length - 1 - step } else { step })
    };
    lengths.iter().enumerate().flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, Tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Rows `ab⟨EOS⟩` and `a⟨EOS⟩`, and what the decoder is given.
    const SOURCES: [usize; 8] = [3, 4, 5, 2, 6, 2, 0, 0];
    const LENGTHS: [usize; 2] = [4, 2];
    const GIVEN: [usize; 6] = [1, 3, 7, 1, 4, 5];

    fn network(align: Align, cell: RecurrentKind) -> (Parameters<f32>, AttentiveSeq2Seq) {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(1));
        let configuration = Configuration { align, cell, is_bidirectional: true, hidden: 6, embedding: 4, longest: 4 };
        let network = AttentiveSeq2Seq::new(configuration, [7, 8], &mut parameters, random);
        (parameters, network)
    }

    fn near(found: Var<f32>, expected: Var<f32>) {
        let (found, expected): (Tensor<f32>, Tensor<f32>) = (found.ordered(), expected.ordered());
        assert_eq!(found.shape(), expected.shape());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} instead of {expected:?}");
    }

    #[test]
    fn a_row_is_turned_end_for_end_without_its_padding() {
        assert_eq!(turned(4, &[4, 2]), [3, 2, 1, 0, 5, 4, 6, 7]);
    }

    #[test]
    fn steps_agree_with_the_sequence_and_padding_changes_nothing() {
        for (align, cell) in Align::ALL.into_iter().zip([RecurrentKind::Gru, RecurrentKind::Lstm].into_iter().cycle()) {
            let (parameters, network) = network(align, cell);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let read = network.encode(&bound, &SOURCES, &LENGTHS);
            let logits = network.decode(&bound, &read, &GIVEN).reshape([2, 3, 8]);
            let mut state = read.first;
            for step in 0..3 {
                let found;
                (found, state) = network.decode_step(&bound, &read.memory, state, &[GIVEN[step], GIVEN[3 + step]]);
                near(found, logits.at(1, step));
            }
            let alone = network.encode(&bound, &[6, 2], &[2]);
            near(network.decode(&bound, &alone, &GIVEN[3..]), logits.at(0, 1));
        }
    }

    /// The fused operations against the scores that a view shows, and these against the terms they are taken apart into.
    #[test]
    fn a_context_is_the_weighted_sum_of_states() {
        for align in Align::ALL.into_iter().filter(|align| *align != Align::Plain) {
            let (parameters, network) = network(align, RecurrentKind::Gru);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let Read { memory, first } = network.encode(&bound, &SOURCES, &LENGTHS);
            let scores = network.alignment.scores(&bound, &memory, first.0).expect("scores");
            let weights = scores.softmax();
            let expected = weights.reshape([2, 1, 4]).matmul(memory.states).reshape([2, 6]);
            near(network.alignment.context(&bound, &memory, first.0).expect("a context"), expected);
            let weights = weights.ordered();
            assert_eq!((weights[[1, 2]], weights[[1, 3]]), (0.0, 0.0), "padding");
            let alone = network.encode(&bound, &SOURCES[..4], &LENGTHS[..1]);
            for place in 0..4 {
                let terms = network.alignment.terms(&bound, &alone.memory, alone.first.0, place);
                let sum: f32 = terms.iter().map(|(_, term)| term).sum();
                let sum = if align == Align::Relu { sum.max(0.0) } else { sum };
                assert!((sum - scores.ordered()[[0, place]]).abs() < 1e-5, "{align:?}");
            }
        }
    }

    /// Beyond the longest source of training there is no row of W_a.
    #[test]
    fn location_does_not_see_beyond_the_longest_source() {
        let (parameters, network) = network(Align::Location, RecurrentKind::Gru);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let read = network.encode(&bound, &[3, 4, 5, 6, 3, 2], &[6]);
        let weights = network.alignment.scores(&bound, &read.memory, read.first.0).expect("scores").softmax().ordered();
        assert!(weights[[0, 3]] > 0.0);
        assert_eq!((weights[[0, 4]], weights[[0, 5]]), (0.0, 0.0));
        assert!(network.alignment.terms(&bound, &read.memory, read.first.0, 5).is_empty());
    }

    /// Where [h; s] is compared by one layer, s moves all scores alike: above the ReLU α does not depend on it.
    #[test]
    fn one_layer_cannot_ask_for_a_token() {
        let (parameters, network) = network(Align::Relu, RecurrentKind::Gru);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let Read { memory, first } = network.encode(&bound, &SOURCES[..4], &LENGTHS[..1]);
        let Alignment::Relu { query, .. } = &network.alignment else { unreachable!() };
        let direction = query.weight(&bound);
        let large = |factor: f64| first.0 + direction.scale(factor / direction.square().sum().item() as f64);
        let weights = |state| network.alignment.scores(&bound, &memory, state).expect("scores").softmax();
        near(weights(large(10.0)), weights(large(20.0)));
    }
}
