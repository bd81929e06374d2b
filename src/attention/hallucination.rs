//! Hallucination: what a language model says of what it was never told.
//!
//! A small GPT learns from texts about made-up universities and their nearest stations ([`stations`](crate::data::stations)). Asked about a
//! university that stands in its texts it can be right; asked about one that is held out it can only invent. With c the probability that
//! the model gives to its answer, n_b of n answers in bin b of c, their mean c and the share that is right:
//!
//! ```text
//! ECE = Σ_b n_b / n · |right_b − c_b|          expected calibration error (Guo et al. 2017, arXiv:1706.04599)
//! ```
//!
//! What helps: to abstain where c is small, a fact in the prompt, and texts in which "I do not know." is the answer.

mod answers;
mod learner;
mod measure;
mod trained;

pub use learner::knobs;

use crate::experiment::{Experiment, Learn, Preview, QueryKind};
use crate::{bundled, lab_file};
use learner::HallucinationLearner;
use std::sync::Arc;
use trained::TrainedHallucination;

pub static EXPERIMENT: Experiment = Experiment {
    id: "hallucination",
    lab: Some(lab_file!("18-hallucination")),
    knobs,
    series: &learner::SERIES,
    headline: "loss",
    emits: &["sample"],
    views: &answers::VIEWS,
    answers: &[QueryKind::View],
    report: &learner::REPORT_KEYS,
    preview: Preview::View("ask"),
    learn: Learn::By(|setting| Ok(Box::new(HallucinationLearner::new(&setting.knobs, setting.seed)?))),
    open: |weights, knobs, _| Ok(Arc::new(TrainedHallucination::open(weights, knobs)?)),
    bundled: bundled!("hallucination"),
    small: &["known=20 layers=1 width=16 heads=2 batch=8 steps=60 asked=4 unsure=0.2"],
    ..Experiment::EMPTY
};
