//! What can be asked of trained alignments.

use super::align::{KeptMemory, select};
use super::{Align, AttentiveSeq2Seq, figures};
use crate::attention::sequences::views::{self, Question};
use crate::attention::sequences::{
    Corpus, Decoder, Decoding, Tested, Texts, Weighing, likeliest, padded_sources, show, with_end,
};
use crate::data::tasks::{END, START};
use crate::experiment::panel::HeatMap;
use crate::experiment::{
    Answer, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, QueryKind, TaskContext, ViewSpec, Wording,
    Words, view,
};
use crate::nn::{Parameters, weights};
use crate::tensor::{Tape, Tensor};
use std::sync::Arc;

pub static VIEWS: [ViewSpec; 6] = [
    ViewSpec::new(
        "weights",
        Wording::new(
            "where each predicted token looks: α over the input",
            "予測した各トークンの注目先。入力に対する α",
        ),
        || [views::inputs(), vec![alignment()]].concat(),
    ),
    ViewSpec::new(
        "weight",
        Wording::new(
            "one α taken apart: its score, the softmax, the context vector",
            "一つの α の内訳。スコア、softmax、文脈ベクトル",
        ),
        || {
            let cell = Knob::cell("cell", ["a row and a column of `weights`", "`weights` の行と列"]);
            [views::inputs(), vec![alignment(), cell]].concat()
        },
    ),
    ViewSpec::new(
        "side_by_side",
        Wording::new("α of every alignment for one input", "一つの入力に対する各アラインメントの α"),
        views::inputs,
    ),
    ViewSpec::new(
        "beam",
        Wording::new("beam search: the beginnings it follows and drops", "ビームサーチがたどる系列と捨てる系列"),
        || [(views::BEAM.inputs)(), vec![alignment()]].concat(),
    ),
    views::LENGTHS,
    ViewSpec::new(
        "long",
        Wording::new(
            "measured once: exact match on strings of 5 to 60 letters, with attention and without",
            "計測済みの図。5〜60 文字の文字列での完全一致率(注意機構あり・なし)",
        ),
        Vec::new,
    ),
];

/// Which of the networks is asked.
fn alignment() -> Knob {
    const NAMES: [&str; 4] =
        [Align::Additive.name(), Align::Multiplicative.name(), Align::Relu.name(), Align::Location.name()];
    Knob::choice("alignment", &NAMES, ["how the decoder's state is compared", "復号器の状態の比べ方"])
}

/// Networks that no longer change.
pub struct TrainedAlignments {
    pub(super) networks: Vec<TrainedNetwork>,
    corpus: Corpus,
}

/// One of them.
#[derive(Clone)]
pub(super) struct TrainedNetwork {
    network: Arc<AttentiveSeq2Seq>,
    parameters: Parameters<f32>,
    symbols: usize,
}

/// What decoding carries: what was read, and the decoder's state and cell `[rows, D]`.
#[derive(Debug, Clone)]
pub(super) struct State {
    memory: KeptMemory,
    state: [Tensor<f32>; 2],
}

/// The greedy answer to one source, with α of each of its tokens.
struct Traced {
    decoding: Decoding,
    /// The state from which each token was predicted, s_{t−1}.
    before: Vec<State>,
    /// `[tokens, T]`.
    weights: Vec<Vec<f32>>,
}

impl TrainedAlignments {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 1] = [QueryKind::View];

    pub(super) fn new(networks: Vec<(Arc<AttentiveSeq2Seq>, Parameters<f32>)>, corpus: Corpus) -> Self {
        let symbols = corpus.texts.target.len();
        let networks = networks.into_iter();
        let networks = networks.map(|(network, parameters)| TrainedNetwork { network, parameters, symbols });
        TrainedAlignments { networks: networks.collect(), corpus }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs) -> Result<Self, ExperimentError> {
        let texts = Texts::from_json(weights::decode(bytes)?.state.as_deref())?;
        let corpus = Corpus::of_trained(knobs, texts)?;
        let mut fresh = AttentiveSeq2Seq::from_knobs(knobs, 0, &corpus)?;
        let prefixes: Vec<String> =
            fresh.iter().map(|(network, _)| format!("{}.", network.configuration.align.name())).collect();
        let mut places: Vec<(&str, &mut Parameters<f32>)> =
            prefixes.iter().map(String::as_str).zip(fresh.iter_mut().map(|(_, parameters)| parameters)).collect();
        weights::open(&mut places, bytes)?;
        let networks = fresh.into_iter().map(|(network, parameters)| (Arc::new(network), parameters));
        Ok(TrainedAlignments::new(networks.collect(), corpus))
    }

    /// The network that the input `alignment` asks for.
    fn asked(&self, inputs: &Knobs) -> Result<&TrainedNetwork, ExperimentError> {
        let align = Align::named(inputs.choice("alignment"));
        self.networks.iter().find(|network| network.align() == align).ok_or_else(|| {
            let (name, has) =
                (align.name(), self.networks.iter().map(|n| n.align().name()).collect::<Vec<_>>().join(", "));
            ExperimentError::both(
                format!("this run trained {has}, not `{name}`: the preset `quick` trains all of them"),
                format!(
                    "この実行で学習したのは {has} で、`{name}` は含まれません。プリセット `quick` はすべてを学習します"
                ),
            )
        })
    }

    /// The maps of every alignment for one held-out pair, to watch while they learn.
    pub(super) fn example(&self) -> Option<Vec<Panel>> {
        let question = Question::new(&Knobs::defaults(&views::inputs()), &self.corpus).ok()?;
        let attentive = self.networks.iter().filter(|network| network.align() != Align::Plain);
        let map =
            |network: &TrainedNetwork| self.map(&question, &network.traced(&question, &self.corpus), network.align());
        Some(attentive.map(map).collect())
    }

    fn columns(&self, question: &Question) -> Vec<String> {
        with_end(&question.tokens).iter().map(|&token| show::visible(&self.corpus.texts.source, token)).collect()
    }

    fn map(&self, question: &Question, traced: &Traced, align: Align) -> Panel {
        let target = &self.corpus.texts.target;
        Panel::HeatMap(HeatMap {
            heading: align.called().after("α ", "α "),
            rows: traced.decoding.tokens.iter().map(|&token| show::visible(target, token)).collect(),
            columns: self.columns(question),
            values: traced.weights.concat(),
            range: [0.0, 1.0],
        })
    }

    /// Input, right answer, and what some networks predict.
    fn answers<'a>(
        &self,
        question: &Question,
        answers: impl Iterator<Item = (&'a TrainedNetwork, Vec<usize>)>,
    ) -> Panel {
        let right = self.corpus.right(&question.text);
        let rows = answers.map(|(network, tokens)| {
            let found = self.corpus.texts.target.decode(&tokens);
            let mark = match &right {
                Some(right) if *right == found => "✓",
                Some(_) => "✗",
                None => "",
            };
            vec![Words::from(network.align().called()), found.into(), mark.into()]
        });
        let asked =
            right.as_ref().map_or_else(|| question.text.clone(), |right| format!("{} → {right}", question.text));
        let names = [Bilingual::new("alignment", "アラインメント"), Bilingual::same(asked), Bilingual::same("")];
        Panel::columns(names, rows)
    }

    fn weights(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let network = self.asked(inputs)?;
        let question = Question::new(inputs, &self.corpus)?;
        let traced = network.traced(&question, &self.corpus);
        let map = self.map(&question, &traced, network.align());
        let answer = self.answers(&question, [(network, traced.decoding.tokens.clone())].into_iter());
        Ok(vec![answer, map, show::answer(&traced.decoding, &self.corpus.texts.target)])
    }

    fn weight(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let network = self.asked(inputs)?;
        let question = Question::new(inputs, &self.corpus)?;
        let traced = network.traced(&question, &self.corpus);
        let [row, column] = inputs.cell("cell").unwrap_or([0, 0]);
        let row = row.min(traced.before.len() - 1);
        let keys = self.columns(&question);
        let place = column.min(keys.len() - 1);
        let query = show::visible(&self.corpus.texts.target, traced.decoding.tokens[row]);
        Ok(network.weighing(&traced.before[row], place, query, keys).panels())
    }

    fn side_by_side(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let question = Question::new(inputs, &self.corpus)?;
        let traced: Vec<_> =
            self.networks.iter().map(|network| (network, network.traced(&question, &self.corpus))).collect();
        let tokens = traced.iter().map(|(network, traced)| (*network, traced.decoding.tokens.clone()));
        let mut panels = vec![self.answers(&question, tokens)];
        let attentive = traced.iter().filter(|(network, _)| network.align() != Align::Plain);
        panels.extend(attentive.map(|(network, traced)| self.map(&question, traced, network.align())));
        Ok(panels)
    }

    fn lengths(&self, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let pairs = views::pairs_for_lengths(&self.corpus)?;
        let mut tested = Vec::new();
        for network in &self.networks {
            tested.push((network.align().called(), Tested::of(network, &self.corpus, &pairs, task)?));
        }
        Ok(vec![show::length_curves(&tested)])
    }
}

impl TrainedNetwork {
    pub fn align(&self) -> Align {
        self.network.configuration.align
    }

    fn traced(&self, question: &Question, corpus: &Corpus) -> Traced {
        let mut state = self.begin(std::slice::from_ref(&question.tokens));
        let (mut traced, mut token) =
            (Traced { decoding: Decoding::default(), before: Vec::new(), weights: Vec::new() }, START);
        while traced.decoding.tokens.len() < corpus.give_up() && token != END {
            traced.before.push(state.clone());
            traced.weights.push(self.scores(&state).1);
            let prediction = self.next(&mut state, &[token]);
            token = likeliest(&prediction);
            traced.decoding.tokens.push(token);
            traced.decoding.predictions.push(prediction);
        }
        traced
    }

    /// a_ti and α_ti of a single row; none without attention.
    fn scores(&self, state: &State) -> (Vec<f32>, Vec<f32>) {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let memory = state.memory.on(&bound);
        let s = tape.constant(state.state[0].clone());
        let scores = self.network.alignment.scores(&bound, &memory, s);
        scores.map_or_else(Default::default, |scores| {
            (scores.ordered().values().to_vec(), scores.softmax().ordered().values().to_vec())
        })
    }

    fn weighing(&self, state: &State, place: usize, query: String, keys: Vec<String>) -> Weighing {
        let (scores, weights) = self.scores(state);
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let s = tape.constant(state.state[0].clone());
        let terms = self.network.alignment.terms(&bound, &state.memory.on(&bound), s, place);
        let width = self.network.configuration.hidden;
        let (formula, of_sum) = match self.align() {
            Align::Additive => ("Σ v tanh(W h + U s)", None),
            Align::Multiplicative => ("Σ h (W s) / √D", None),
            Align::Relu => ("ReLU(wᵀ [h; s])", Some("ReLU(Σ)")),
            Align::Location | Align::Plain => ("Σ W_a s", None),
        };
        Weighing {
            formula: formula.to_owned(),
            query,
            keys,
            scores,
            weights,
            place,
            terms,
            of_sum,
            values: state.memory.states.values().chunks_exact(width).map(<[f32]>::to_vec).collect(),
            names: ["h", "c"],
        }
    }
}

impl Decoder for TrainedNetwork {
    type State = State;

    fn begin(&self, sources: &[Vec<usize>]) -> State {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let (symbols, lengths) = padded_sources(sources);
        let read = self.network.encode(&bound, &symbols, &lengths);
        State { memory: read.memory.kept(), state: [read.first.0.ordered(), read.first.1.ordered()] }
    }

    fn next(&self, state: &mut State, tokens: &[usize]) -> Vec<f32> {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let [h, cell] = [0, 1].map(|part| tape.constant(state.state[part].clone()));
        let memory = state.memory.on(&bound);
        let (logits, after) = self.network.decode_step(&bound, &memory, (h, cell), tokens);
        state.state = [after.0.ordered(), after.1.ordered()];
        logits.log_softmax().ordered().values().to_vec()
    }

    fn select(&self, state: &State, rows: &[usize]) -> State {
        State { memory: state.memory.select(rows), state: [0, 1].map(|part| select(&state.state[part], rows)) }
    }

    fn symbols(&self) -> usize {
        self.symbols
    }
}

impl Model for TrainedAlignments {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "weights" => self.weights(inputs),
            "weight" => self.weight(inputs),
            "side_by_side" => self.side_by_side(inputs),
            "beam" => views::beam(self.asked(inputs)?, &self.corpus, inputs),
            "lengths" => self.lengths(task),
            _ => figures::panels(),
        };
        Ok(Answer::Panels { panels: panels? })
    }
}
