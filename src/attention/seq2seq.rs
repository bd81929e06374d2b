//! Sequence to sequence (Sutskever, Vinyals & Le 2014, arXiv:1409.3215; Cho et al. 2014, arXiv:1406.1078): one recurrent
//! network reads, another writes.
//!
//! The *encoder* reads x₁ … x_T ⟨EOS⟩ and passes on only its last state h_T. The *decoder* starts from h_T and predicts one
//! token after another, each of which it is given as its next input. Training maximises
//!
//! ```text
//! Σ_t ln p(v'_t | h_T, v'_1 … v'_{t−1}),
//! ```
//!
//! with the right token as the input of the next step (*teacher forcing*), whatever the decoder predicted. Everything the
//! decoder knows of x goes through the D numbers of h_T: the longer x, the less of it survives there.

mod answers;
mod learner;
mod readout;

pub use answers::{TrainedSeq2Seq, VIEWS};
pub use learner::{knobs, learner};

use crate::attention::sequences::Corpus;
use crate::attention::sequences::learner::{REPORT_KEYS, SERIES};
use crate::experiment::{Experiment, Knobs, Learn, Preview};
use crate::nn::{Bound, Embedding, Linear, LstmState, Parameters, RecurrentKind, RecurrentLayer};
use crate::tensor::{Activation, Var};
use crate::{bundled, lab_file};
use rand::Rng;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "seq2seq",
    lab: Some(lab_file!("13-seq2seq")),
    knobs,
    series: &SERIES,
    headline: "loss",
    emits: &["samples"],
    views: &VIEWS,
    answers: &TrainedSeq2Seq::ANSWERS,
    report: &REPORT_KEYS,
    preview: Preview::View("answer"),
    learn: Learn::By(|setting| {
        let corpus = Corpus::of(&setting.knobs, setting.source.folder.as_deref())?;
        Ok(Box::new(learner(&setting.knobs, setting.seed, corpus)))
    }),
    open: |weights, knobs, _| Ok(Arc::new(TrainedSeq2Seq::open(weights, knobs)?)),
    small: &[
        "task=addition hidden=12 embedding=8 batch=8 steps=60 evaluated=20",
        "task=dates cell=gru hidden=8 embedding=4 layers=2 batch=4 steps=30 evaluated=8 peeky=on reversed=off teacher_forcing=0.5",
    ],
    bundled: bundled!("seq2seq"),
    ..Experiment::EMPTY
};

/// The shape of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    pub cell: RecurrentKind,
    pub layers: usize,
    /// D: numbers in the state of a layer.
    pub hidden: usize,
    pub embedding: usize,
    /// Whether the decoder is shown h_T at every step, not only at its start.
    pub peeky: bool,
    /// Whether the encoder reads the source from its end.
    pub reversed: bool,
}

impl Configuration {
    /// The shape that knobs ask for.
    pub fn from_knobs(knobs: &Knobs) -> Self {
        Configuration {
            cell: if knobs.choice("cell") == "gru" { RecurrentKind::Gru } else { RecurrentKind::Lstm },
            layers: knobs.integer("layers") as usize,
            hidden: knobs.integer("hidden") as usize,
            embedding: knobs.integer("embedding") as usize,
            peeky: knobs.flag("peeky"),
            reversed: knobs.flag("reversed"),
        }
    }
}

/// Encoder and decoder.
#[derive(Debug, Clone)]
pub struct Seq2Seq {
    pub configuration: Configuration,
    source: Embedding,
    target: Embedding,
    encoder: Vec<RecurrentLayer>,
    decoder: Vec<RecurrentLayer>,
    out: Linear,
}

/// The encoder's last state, layer by layer: h_T, and for an LSTM its cell.
pub type Summary<'t> = Vec<LstmState<'t, f32>>;

/// Deviation of fresh embeddings.
const EMBEDDING: f64 = 0.1;

impl Seq2Seq {
    /// A fresh network for so many symbols of source and target.
    pub fn new(
        configuration: Configuration,
        [sources, targets]: [usize; 2],
        parameters: &mut Parameters<f32>,
        random: &mut impl Rng,
    ) -> Self {
        let Configuration { cell, layers, hidden, embedding, peeky, .. } = configuration;
        let source = Embedding::new(parameters, "source", sources, embedding, EMBEDDING, random);
        let target = Embedding::new(parameters, "target", targets, embedding, EMBEDDING, random);
        let mut stack = |name: &str, inputs: usize| -> Vec<RecurrentLayer> {
            let width = |layer| if layer == 0 { inputs } else { hidden };
            let named = |layer| format!("{name}.{layer}");
            (0..layers)
                .map(|layer| RecurrentLayer::new(cell, parameters, &named(layer), width(layer), hidden, random))
                .collect()
        };
        let shown = if peeky { hidden } else { 0 };
        let encoder = stack("encoder", embedding);
        let decoder = stack("decoder", embedding + shown);
        let out = Linear::new(parameters, "out", hidden + shown, targets, Activation::Identity, random);
        Seq2Seq { configuration, source, target, encoder, decoder, out }
    }

    /// Reads sources with their ends, `rows × steps` symbols with padding behind: the states of the last layer
    /// `[rows, steps, D]`, and what is passed on.
    ///
    /// # Panics
    /// If a symbol is unknown or the lengths do not fit.
    pub fn encode<'t>(
        &self,
        bound: &Bound<'t, f32>,
        symbols: &[usize],
        lengths: &[usize],
    ) -> (Var<'t, f32>, Summary<'t>) {
        let (rows, steps) = (lengths.len(), symbols.len() / lengths.len());
        let read = if self.configuration.reversed { reversed(symbols, lengths) } else { symbols.to_vec() };
        let mut x = self.source.forward(bound, &read).reshape([rows, steps, self.configuration.embedding]);
        let mut summary = Vec::with_capacity(self.encoder.len());
        for layer in &self.encoder {
            let (states, last) = layer.forward_padded(bound, x, layer.zero_state(bound, rows), lengths);
            (x, _) = (states, summary.push(last));
        }
        (x, summary)
    }

    /// Logits `[rows · steps, symbols]` of what follows each of the given tokens, `rows × steps`: teacher forcing.
    pub fn decode<'t>(&self, bound: &Bound<'t, f32>, summary: &Summary<'t>, given: &[usize]) -> Var<'t, f32> {
        let rows = summary[0].0.shape()[0];
        let steps = given.len() / rows;
        let Configuration { hidden, embedding, .. } = self.configuration;
        let shown = self.shown(summary).map(|h| h.reshape([rows, 1, hidden]).broadcast_to([rows, steps, hidden]));
        let beside = |x: Var<'t, f32>| shown.map_or(x, |h| Var::concatenate(&[x, h], 2));
        let mut x = beside(self.target.forward(bound, given).reshape([rows, steps, embedding]));
        for (layer, first) in self.decoder.iter().zip(summary) {
            (x, _) = layer.forward(bound, x, *first);
        }
        let x = beside(x);
        let width = *x.shape().last().expect("a width");
        self.out.forward(bound, x.reshape([rows * steps, width]))
    }

    /// One step of the decoder from `states`: logits `[rows, symbols]` of what follows the given tokens, and the states
    /// after it.
    pub fn decode_step<'t>(
        &self,
        bound: &Bound<'t, f32>,
        summary: &Summary<'t>,
        states: &Summary<'t>,
        given: &[usize],
    ) -> (Var<'t, f32>, Summary<'t>) {
        let shown = self.shown(summary);
        let beside = |x: Var<'t, f32>| shown.map_or(x, |h| Var::concatenate(&[x, h], 1));
        let mut x = beside(self.target.forward(bound, given));
        let mut after = Vec::with_capacity(states.len());
        for (layer, before) in self.decoder.iter().zip(states) {
            let state = layer.step(bound, x, *before);
            x = state.0;
            after.push(state);
        }
        (self.out.forward(bound, beside(x)), after)
    }

    /// h_T of the last layer, if the decoder may look at it at every step.
    fn shown<'t>(&self, summary: &Summary<'t>) -> Option<Var<'t, f32>> {
        self.configuration.peeky.then(|| summary.last().expect("a layer").0)
    }
}

/// Each row's own symbols from last to first but for the end, which stays where it is, as the padding does.
fn reversed(symbols: &[usize], lengths: &[usize]) -> Vec<usize> {
    let steps = symbols.len() / lengths.len();
    let mut reversed = symbols.to_vec();
    for (row, length) in reversed.chunks_exact_mut(steps).zip(lengths) {
        row[..length - 1].reverse();
    }
    reversed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Tape;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn network(peeky: bool) -> (Parameters<f32>, Seq2Seq) {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(1));
        let configuration =
            Configuration { cell: RecurrentKind::Lstm, layers: 2, hidden: 6, embedding: 4, peeky, reversed: true };
        let network = Seq2Seq::new(configuration, [7, 8], &mut parameters, random);
        (parameters, network)
    }

    #[test]
    fn a_source_is_reversed_before_its_end() {
        assert_eq!(reversed(&[3, 4, 5, 2, 3, 2, 0, 0], &[4, 2]), [5, 4, 3, 2, 3, 2, 0, 0]);
    }

    /// Teacher forcing at once is teacher forcing step by step, and a row of a padded batch is the row alone.
    #[test]
    fn steps_agree_with_the_sequence_and_padding_changes_nothing() {
        for peeky in [false, true] {
            let (parameters, network) = network(peeky);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let (_, summary) = network.encode(&bound, &[3, 4, 5, 2, 6, 2, 0, 0], &[4, 2]);
            let given = [1, 3, 7, 1, 4, 5];
            let logits = network.decode(&bound, &summary, &given).reshape([2, 3, 8]);
            let mut states = summary.clone();
            for step in 0..3 {
                let tokens = [given[step], given[3 + step]];
                let found;
                (found, states) = network.decode_step(&bound, &summary, &states, &tokens);
                near(found, logits.at(1, step));
            }
            let (_, alone) = network.encode(&bound, &[6, 2], &[2]);
            near(network.decode(&bound, &alone, &given[3..]), logits.at(0, 1));
        }
    }

    fn near(found: Var<f32>, expected: Var<f32>) {
        let (found, expected) = (found.ordered(), expected.ordered());
        assert_eq!(found.shape(), expected.shape());
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} instead of {expected:?}");
    }
}
