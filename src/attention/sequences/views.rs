//! Views that every lab on sequences has, and what a person asks them with: a text of the task.

use super::corpus::Corpus;
use super::decoding::{Decoder, beam_search, watched};
use super::show;
use crate::data::tasks::Pair;
use crate::experiment::{ExperimentError, Knob, Knobs, Panel, ViewSpec, Wording, view};

/// Held-out pairs from which a curve over lengths is drawn.
const FOR_LENGTHS: usize = 1000;

pub const ANSWER: ViewSpec = ViewSpec::new(
    "answer",
    Wording::new("an input and its answer, token by token", "入力と、1 トークンずつの答え"),
    inputs,
);

pub const BEAM: ViewSpec = ViewSpec::new(
    "beam",
    Wording::new("beam search: the beginnings it follows and drops", "ビームサーチがたどる系列と捨てる系列"),
    || {
        let beam = Knob::integer("beam", 1..=8, 3, ["beginnings followed at once", "同時にたどる系列の数"]);
        [inputs(), vec![beam]].concat()
    },
);

pub const LENGTHS: ViewSpec = ViewSpec::new(
    "lengths",
    Wording::new("exact match by length of the input, on held-out pairs", "検証用の組での、入力の長さごとの完全一致率"),
    Vec::new,
)
.slow();

/// A text to answer, a held-out one of the task unless it is given.
pub fn inputs() -> Vec<Knob> {
    let input =
        Knob::text("input", 200, "", ["a text of the task; empty for an example", "課題の入力。空なら例を使う"]);
    vec![input, view::seed()]
}

/// A text to answer, and its tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub text: String,
    pub tokens: Vec<usize>,
}

impl Question {
    /// That of the [`inputs`].
    ///
    /// # Errors
    /// When the text is too long or has a character that the model does not know, or there is neither a text nor an
    /// example.
    pub fn new(inputs: &Knobs, corpus: &Corpus) -> Result<Self, ExperimentError> {
        let typed = inputs.text("input").trim().to_owned();
        let text = if typed.is_empty() {
            let pairs = corpus.held_out(1, inputs.integer("seed") as u64);
            pairs
                .into_iter()
                .next()
                .map(|pair| pair.source)
                .ok_or_else(|| ExperimentError::both("type a text to answer", "入力する文字列を打ってください"))?
        } else {
            typed
        };
        let tokens = corpus.typed(&text)?;
        Ok(Question { text, tokens })
    }

    /// The text, the right answer if it is known, and what was predicted; ✓ or ✗ beside it.
    pub fn answered(&self, corpus: &Corpus, tokens: &[usize]) -> Panel {
        let found = corpus.texts.target.decode(tokens);
        let right = corpus.right(&self.text);
        let mark = right.as_ref().map_or("", |right| if *right == found { "✓" } else { "✗" });
        let names = [("input", "入力"), ("predicted", "予測"), ("", ""), ("right", "正解")];
        let right = right.unwrap_or_else(|| "–".to_owned());
        Panel::columns(names, [vec![self.text.clone(), found, mark.to_owned(), right]])
    }

    /// The text, and the right answer if it is known.
    pub fn panel(&self, corpus: &Corpus) -> Panel {
        let right = corpus.right(&self.text).unwrap_or_else(|| "–".to_owned());
        let names = [("input", "入力"), ("right answer", "正解")];
        Panel::columns(names, [vec![self.text.clone(), right]])
    }
}

/// The panels of [`ANSWER`].
///
/// # Errors
/// Those of [`Question::new`].
pub fn answer<D: Decoder>(decoder: &D, corpus: &Corpus, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let question = Question::new(inputs, corpus)?;
    let decoding = watched(decoder, &question.tokens, corpus.give_up());
    Ok(vec![question.panel(corpus), show::answer(&decoding, &corpus.texts.target)])
}

/// The panels of [`BEAM`].
///
/// # Errors
/// Those of [`Question::new`].
pub fn beam<D: Decoder>(decoder: &D, corpus: &Corpus, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let question = Question::new(inputs, corpus)?;
    let width = inputs.integer("beam") as usize;
    let (found, steps) = beam_search(decoder, &question.tokens, width, corpus.give_up());
    let encoding = &corpus.texts.target;
    Ok(vec![question.panel(corpus), show::hypotheses(&found, encoding), show::beam_tree(&steps, encoding)])
}

/// The pairs of [`LENGTHS`].
///
/// # Errors
/// When there are none: those of a person's own are not kept beside the weights.
pub fn pairs_for_lengths(corpus: &Corpus) -> Result<Vec<Pair>, ExperimentError> {
    let pairs = corpus.held_out(FOR_LENGTHS, 2);
    if pairs.is_empty() {
        return Err(ExperimentError::both(
            "the pairs that this model learned from are not at hand",
            "このモデルが学習した組が手元にありません",
        ));
    }
    Ok(pairs)
}
