//! What can be asked of a trained encoder–decoder.

use super::readout::readout;
use super::{Configuration, Seq2Seq, Summary};
use crate::attention::sequences::views::{self, Question};
use crate::attention::sequences::{Corpus, Decoder, Tested, Texts, padded_sources, show, watched, with_end};
use crate::data::tasks::START;
use crate::experiment::{
    Answer, Bilingual, ExperimentError, Knobs, Model, Panel, Query, QueryKind, TaskContext, ViewSpec, Wording, view,
};
use crate::nn::{Bound, Parameters, weights};
use crate::tensor::{Tape, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Held-out sources of a read-out, half to fit and half to test, and how many are read at a time.
const FOR_READOUT: usize = 2000;
const CHUNK: usize = 250;

pub static VIEWS: [ViewSpec; 5] = [
    views::ANSWER,
    views::BEAM,
    ViewSpec::new(
        "states",
        Wording::new("the hidden state after every token, read and written", "読み書きした各トークン後の隠れ状態"),
        views::inputs,
    ),
    views::LENGTHS,
    ViewSpec::new(
        "survival",
        Wording::new(
            "how much of each input token a linear read-out finds in h_T",
            "線形の読み出しで h_T から各入力トークンをどれだけ復元できるか",
        ),
        Vec::new,
    )
    .slow(),
];

/// An encoder–decoder that no longer changes.
pub struct TrainedSeq2Seq {
    network: Arc<Seq2Seq>,
    parameters: Parameters<f32>,
    corpus: Corpus,
}

/// What decoding carries: what was passed on, and the decoder's states; h and cell `[rows, D]`, layer by layer.
#[derive(Debug, Clone)]
pub struct State {
    summary: Vec<[Tensor<f32>; 2]>,
    states: Vec<[Tensor<f32>; 2]>,
}

impl TrainedSeq2Seq {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 1] = [QueryKind::View];

    pub(super) fn new(network: Arc<Seq2Seq>, parameters: Parameters<f32>, corpus: Corpus) -> Self {
        TrainedSeq2Seq { network, parameters, corpus }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs) -> Result<Self, ExperimentError> {
        let texts = Texts::from_json(weights::decode(bytes)?.state.as_deref())?;
        let mut parameters = Parameters::new();
        let symbols = [texts.source.len(), texts.target.len()];
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let network = Seq2Seq::new(Configuration::from_knobs(knobs), symbols, &mut parameters, random);
        weights::open(&mut [("", &mut parameters)], bytes)?;
        let corpus = Corpus::of_trained(knobs, texts)?;
        Ok(TrainedSeq2Seq { network: Arc::new(network), parameters, corpus })
    }

    /// Reads sources: the encoder's states of every token `[rows, steps, D]`, and what is passed on.
    fn read(&self, sources: &[Vec<usize>]) -> (Tensor<f32>, Vec<[Tensor<f32>; 2]>) {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let (symbols, lengths) = padded_sources(sources);
        let (states, summary) = self.network.encode(&bound, &symbols, &lengths);
        (states.ordered(), values(&summary))
    }

    fn states(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let question = Question::new(inputs, &self.corpus)?;
        let tokens = question.tokens.clone();
        let Texts { source, target, .. } = &*self.corpus.texts;
        let (read, _) = self.read(std::slice::from_ref(&tokens));
        let [_, steps, width] = [0, 1, 2].map(|axis| read.shape()[axis]);
        let mut shown = with_end(&tokens);
        if self.network.configuration.reversed {
            shown[..tokens.len()].reverse();
        }
        let names = shown.iter().map(|&token| show::visible(source, token)).collect();
        let heading = Bilingual::new("encoder: state after each token read", "符号器: 各トークンを読んだ後の状態");
        let read = show::states(heading, &read.reshaped([steps, width]), names);

        let decoding = watched(self, &tokens, self.corpus.give_up());
        let mut state = self.begin(&[tokens]);
        let (mut written, mut token) = (Vec::new(), START);
        for &next in &decoding.tokens {
            self.next(&mut state, &[token]);
            written.extend_from_slice(state.states.last().expect("a layer")[0].values());
            token = next;
        }
        let names = decoding.tokens.iter().map(|&token| show::visible(target, token)).collect();
        let heading = Bilingual::new("decoder: state that predicts each token", "復号器: 各トークンを予測する状態");
        let written = crate::tensor::tensor(ndarray::IxDyn(&[decoding.tokens.len(), width]), written);
        Ok(vec![question.panel(&self.corpus), read, show::states(heading, &written, names)])
    }

    /// Which input tokens a line finds in h_T of the last layer.
    fn survival(&self, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let pairs = self.corpus.held_out(FOR_READOUT, 3);
        let mut sources: Vec<Vec<usize>> = pairs.iter().map(|pair| self.corpus.encoded(pair).0).collect();
        let mut states: Vec<Vec<f32>> = Vec::with_capacity(sources.len());
        for chunk in sources.chunks(CHUNK) {
            task.check()?;
            let (_, summary) = self.read(chunk);
            let [last, _] = summary.last().expect("a layer");
            states.extend(last.rows().rows().into_iter().map(|row| row.to_vec()));
            task.report_progress(states.len() as u64, 2 * sources.len() as u64);
        }
        if self.network.configuration.reversed {
            sources.iter_mut().for_each(|source| source.reverse());
        }
        readout(&sources, &states, self.corpus.texts.source.len(), task)
    }

    fn lengths(&self, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let pairs = views::pairs_for_lengths(&self.corpus)?;
        let tested = Tested::of(self, &self.corpus, &pairs, task)?;
        Ok(vec![show::length_curve(&tested), show::samples(&tested)])
    }
}

/// A summary or states as plain numbers.
fn values(of: &Summary<'_>) -> Vec<[Tensor<f32>; 2]> {
    of.iter().map(|(h, cell)| [h.ordered(), cell.ordered()]).collect()
}

/// Plain numbers on a tape.
fn on<'t>(bound: &Bound<'t, f32>, of: &[[Tensor<f32>; 2]]) -> Summary<'t> {
    let constant = |value: &Tensor<f32>| bound.tape().constant(value.clone());
    of.iter().map(|[h, cell]| (constant(h), constant(cell))).collect()
}

impl Decoder for TrainedSeq2Seq {
    type State = State;

    fn begin(&self, sources: &[Vec<usize>]) -> State {
        let (_, summary) = self.read(sources);
        State { states: summary.clone(), summary }
    }

    fn next(&self, state: &mut State, tokens: &[usize]) -> Vec<f32> {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let (summary, states) = (on(&bound, &state.summary), on(&bound, &state.states));
        let (logits, after) = self.network.decode_step(&bound, &summary, &states, tokens);
        state.states = values(&after);
        logits.log_softmax().ordered().values().to_vec()
    }

    fn select(&self, state: &State, rows: &[usize]) -> State {
        let chosen = |of: &[[Tensor<f32>; 2]]| {
            let tape = Tape::without_gradients();
            let rows_of = |value: &Tensor<f32>| tape.constant(value.clone()).index_select(rows).ordered();
            of.iter().map(|[h, cell]| [rows_of(h), rows_of(cell)]).collect()
        };
        State { summary: chosen(&state.summary), states: chosen(&state.states) }
    }

    fn symbols(&self) -> usize {
        self.corpus.texts.target.len()
    }
}

impl Model for TrainedSeq2Seq {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "answer" => views::answer(self, &self.corpus, inputs),
            "beam" => views::beam(self, &self.corpus, inputs),
            "states" => self.states(inputs),
            "lengths" => self.lengths(task),
            _ => self.survival(task),
        };
        Ok(Answer::Panels { panels: panels? })
    }
}
