//! The workloads that the engine is measured by, one training step after another: each the same layers, batch and
//! arithmetic as a script that times another library, and a line of figures that can be laid beside that script's.
//!
//! Data and starting weights are numbers counted out by a formula ([`Source`]), so that another program can start from
//! the very same ones and compare its losses.

mod ddpm;
mod gan;
mod gpt;
mod gridworld;
mod lenet;
pub mod peak;
mod report;
mod self_play;
mod seq2seq;
mod source;
mod vae;
mod walker;
mod words;

pub use report::{Report, measure};
pub use source::Source;

use crate::nn::Parameters;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Samples,
    Tokens,
    Words,
    Queries,
}

/// A training that can be taken a step further.
pub trait Workload: Send {
    /// One step: batch, forward, loss, backward and, but for `lenet`, the optimiser. Returns the loss.
    fn step(&mut self) -> f32;

    /// How much one step trains on, and of what.
    fn size(&self) -> (usize, Unit);

    /// All weights, as bytes.
    fn weights(&self) -> Vec<u8>;

    /// Steps that are timed unless asked otherwise, and steps before them.
    fn steps(&self) -> (usize, usize) {
        (200, 20)
    }
}

/// The names of all workloads.
pub const WORKLOADS: [&str; 16] = [
    "vae",
    "gan",
    "ddpm-mlp",
    "ddpm-unet",
    "gpt",
    "seq2seq-gru",
    "seq2seq-lstm",
    "transformer",
    "lenet",
    "neighbours",
    "neighbours-glove",
    "q-learning",
    "value-iteration",
    "policy-value",
    "self-play",
    "walker",
];
/// The one that needs a text.
pub const OF_A_TEXT: &str = "word2vec";

/// A workload by its name, drawing what it draws from `source`.
pub fn workload(name: &str, source: Source) -> Option<Box<dyn Workload>> {
    Some(match name {
        "neighbours" => Box::new(words::Neighbours::new(source)),
        "neighbours-glove" => Box::new(words::Neighbours::glove()),
        "vae" => Box::new(vae::Training::new(source)),
        "gan" => Box::new(gan::Training::new(source)),
        "ddpm-mlp" => Box::new(ddpm::Training::dense(source)),
        "ddpm-unet" => Box::new(ddpm::Training::convolutional(source)),
        "gpt" => Box::new(gpt::Training::new(source)),
        "seq2seq-gru" => Box::new(seq2seq::Training::attentive(crate::nn::RecurrentKind::Gru, source)),
        "seq2seq-lstm" => Box::new(seq2seq::Training::attentive(crate::nn::RecurrentKind::Lstm, source)),
        "transformer" => Box::new(seq2seq::Training::transformer(source)),
        "q-learning" => Box::new(gridworld::Learning::new()),
        "policy-value" => Box::new(self_play::Evaluations::new()),
        "self-play" => Box::new(self_play::Moves::new()),
        "walker" => Box::new(walker::Walking::new()),
        "value-iteration" => Box::new(gridworld::Planning::new(source)),
        "lenet" => Box::new(lenet::Training::new(source)),
        _ => return None,
    })
}

/// Starting weights that another program can count out too: every weight of two or more axes `[outputs, ..]` uniform in
/// ± 1/√inputs, the p-th parameter with the p-th stream of [`source::uniform`]; the others as their layers start.
fn count_out(parameters: &mut Parameters<f32>) {
    for (stream, (_, value)) in parameters.iter_mut().enumerate() {
        if value.ndim() < 2 {
            continue;
        }
        let limit = 1.0 / (value.shape()[1..].iter().product::<usize>() as f64).sqrt();
        for (place, weight) in value.iter_mut().enumerate() {
            *weight = ((2.0 * source::uniform(stream as u64, place as u64) - 1.0) * limit) as f32;
        }
    }
}

/// The numbers of some parameters one after another, little-endian.
fn bytes(parameters: &Parameters<f32>) -> Vec<u8> {
    parameters.iter().flat_map(|(_, value)| value.iter().flat_map(|weight| weight.to_le_bytes())).collect()
}

/// Where the next batch of `size` out of `total` begins: as a script does that walks round and round.
fn next_start(start: &mut usize, size: usize, total: usize) -> std::ops::Range<usize> {
    *start = (*start + size) % total;
    *start..*start + size
}

/// Rows of a table as a tensor of their own.
fn rows(table: &crate::tensor::Tensor<f32>, range: std::ops::Range<usize>) -> crate::tensor::Tensor<f32> {
    let mut part = table.clone();
    part.slice_axis_inplace(ndarray::Axis(0), ndarray::Slice::from(range));
    part
}
