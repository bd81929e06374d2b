//! The one list of what can be run.

#[cfg(test)]
mod contract;

use crate::attention::{alignment, embeddings, gpt, hallucination, rlhf, seq2seq, transformer, word2vec, xai};
use crate::experiment::knob::meant;
use crate::experiment::{Experiment, ExperimentError, Model, Source};
use crate::generative::compare::Generator;
use crate::generative::{autoencoder, classifier, cyclegan, diffusion, gan, kl, vae};
use crate::nn::shared_weights;
use crate::reinforcement::{board_game, gridworld, self_play, walker};
use std::sync::Arc;

/// Every experiment, in the order of the lecture.
pub static EXPERIMENTS: &[&Experiment] = &[
    &classifier::EXPERIMENT,
    &gridworld::EXPERIMENT,
    &board_game::EXPERIMENT,
    &self_play::EXPERIMENT,
    &walker::EXPERIMENT,
    &autoencoder::EXPERIMENT,
    &kl::EXPERIMENT,
    &vae::EXPERIMENT,
    &gan::EXPERIMENT,
    &cyclegan::EXPERIMENT,
    &diffusion::EXPERIMENT,
    &embeddings::EXPERIMENT,
    &word2vec::EXPERIMENT,
    &seq2seq::EXPERIMENT,
    &alignment::EXPERIMENT,
    &transformer::EXPERIMENT,
    &gpt::EXPERIMENT,
    &rlhf::EXPERIMENT,
    &hallucination::EXPERIMENT,
    &xai::EXPERIMENT,
    #[cfg(test)]
    &crate::generative::toy::EXPERIMENT,
];

/// The experiment of this id.
///
/// # Errors
/// When there is none; the message names the nearest.
pub fn find(id: &str) -> Result<&'static Experiment, ExperimentError> {
    EXPERIMENTS.iter().find(|experiment| experiment.id == id).copied().ok_or_else(|| {
        let known = EXPERIMENTS.iter().map(|experiment| experiment.id);
        ExperimentError::new(format!("unknown experiment `{id}`: {}", meant(id, known, "there is none")))
    })
}

/// The weights of all bundled models, by the ids of their experiments.
pub fn bundled_weights() -> impl Iterator<Item = shared_weights::Bundled> {
    let all = EXPERIMENTS.iter().map(|experiment| (experiment.id, experiment.bundled.weights));
    all.filter(|(_, weights)| !weights.is_empty())
}

/// The bundled model of an experiment.
///
/// # Errors
/// When there is no such experiment.
pub fn open_bundled(id: &str, source: &Source) -> Result<Arc<dyn Model>, ExperimentError> {
    find(id)?.open_bundled(source)
}

/// The model that answers in a lab where none of a run is asked.
///
/// # Errors
/// When there is no such experiment, or its model cannot be opened.
pub fn open_default(id: &str, source: &Source) -> Result<Arc<dyn Model>, ExperimentError> {
    find(id)?.open_default(source)
}

/// The generators of digits that are bundled, and real digits as the bar that samples are measured by.
///
/// # Errors
/// When a bundled model cannot be opened.
pub fn generators(source: &Source) -> Result<Vec<Generator>, ExperimentError> {
    let mut generators = vec![Generator { name: "training digits".to_owned(), model: None, train_seconds: None }];
    for experiment in [&vae::EXPERIMENT, &gan::EXPERIMENT, &diffusion::EXPERIMENT] {
        let model = Some(experiment.open_bundled(source)?);
        let train_seconds = experiment.bundled_train_seconds();
        generators.push(Generator { name: experiment.id.to_owned(), model, train_seconds });
    }
    Ok(generators)
}
