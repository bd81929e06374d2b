//! GPT: a Transformer's decoder alone, which learns to predict the next token of any text (Radford et al. 2018, "Improving language
//! understanding by generative pre-training"; Radford et al. 2019, GPT-2).
//!
//! ```text
//! x_t = E[w_t] + P[t]                               the vectors of a token and of its place
//! x ← x + attention(norm(x)),  x ← x + f(norm(x))   in each block; each place sees those before it
//! P(w_{t+1} | w_1 … w_t) = softmax(W norm(x_t))     W = E in GPT-2 (knob `tied`)
//! ```
//!
//! The loss is the mean of −ln P over the next tokens at all places of a text, computed in one pass. The same network without the mask
//! learns to fill gaps (BERT: Devlin et al. 2018, arXiv:1810.04805).

mod answers;
mod corpus;
mod examine;
mod folder;
mod generate;
mod judged;
mod learner;
mod sweep;
mod tuning;

pub use generate::{Continuation, Generated, TrainedGpt};
pub use learner::knobs;

use crate::attention::language_model::Configuration;
use crate::data::text::Text;
use crate::experiment::{Experiment, ExperimentError, Knobs, Learn, Preview, TaskContext};
use crate::{bundled, lab_file};
use learner::GptLearner;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "gpt",
    lab: Some(lab_file!("16-gpt")),
    knobs,
    series: &learner::SERIES,
    headline: "loss",
    emits: &["sample", "sizes"],
    views: &answers::VIEWS,
    answers: &TrainedGpt::ANSWERS,
    report: &learner::REPORT_KEYS,
    preview: Preview::View("continue"),
    learn: Learn::By(|setting| {
        Ok(Box::new(GptLearner::new(
            &setting.knobs,
            setting.seed,
            Text::own(&setting.source, &TaskContext::default())?,
        )?))
    }),
    open: |weights, knobs, _| Ok(Arc::new(TrainedGpt::open(weights, knobs)?)),
    open_folder: Some(|folder| Ok(Arc::new(TrainedGpt::open_folder(folder)?))),
    bundled: bundled!("gpt"),
    small: &[
        "text=english tokens=bytepair vocabulary=300 stories=200 layers=1 width=8 heads=2 context=32 batch=4 steps=60 sampled=2",
        "text=japanese tokens=characters stories=200 layers=2 width=12 heads=3 context=24 batch=2 steps=40 tied=on sampled=2",
        "sizes=2 stories=200 layers=1 width=16 heads=2 context=32 batch=4 steps=40 sampled=2",
        "objective=masked stories=200 layers=1 width=8 heads=2 context=32 batch=4 steps=40 sampled=2",
    ],
    ..Experiment::EMPTY
};

impl Configuration {
    /// The shape that knobs ask for, for a vocabulary of this size; one that fills gaps has the mask too.
    ///
    /// # Errors
    /// When the heads do not divide the width.
    pub fn from_knobs(knobs: &Knobs, vocabulary: usize) -> Result<Self, ExperimentError> {
        let is_causal = knobs.choice("objective") == "next";
        let shape = ["layers", "width", "heads"].map(|name| knobs.integer(name) as usize);
        let symbols = vocabulary + usize::from(!is_causal);
        let causal = Configuration::causal(shape, knobs.integer("context") as usize, symbols)?;
        Ok(Configuration { is_tied: knobs.flag("tied"), is_causal, ..causal })
    }
}
