//! What networks are built from and how they are trained: parameters, layers, initialisers, optimisers, schedules, the
//! trainer, and their files.
//!
//! A layer is one file: what it holds, `new`, which adds its weights to [`Parameters`] under its name, and `forward`.

mod adam;
mod adapter;
mod archive;
mod attention;
pub mod checkpoint;
mod clip;
mod convolution;
mod distribution;
mod embedding;
mod gru;
pub mod initialise;
mod linear;
mod lstm;
mod muon;
mod normalisation;
mod optimized;
mod parameters;
mod perceptron;
mod positions;
mod principal;
mod recurrent;
mod recurrent_layer;
mod sampling;
mod saved;
mod schedule;
mod sgd;
pub mod shared_weights;
#[cfg(test)]
mod test_support;
mod trainer;
mod transformer;
pub mod weights;
mod weights_file;

pub use adam::Adam;
pub use adapter::Adapters;
pub use attention::{AttentionTrace, CrossAttention, KeyValueCache, SelfAttention};
pub use checkpoint::Checkpoint;
pub use clip::{clip_norm, gradient_norm};
pub use convolution::Convolution;
pub use distribution::{Categorical, Normal};
pub use embedding::Embedding;
pub use gru::Gru;
pub use linear::Linear;
pub use lstm::{Lstm, LstmState};
pub use normalisation::Normalisation;
pub use optimized::{OptimizedNetwork, RunningAverage};
pub use parameters::{Bound, ParameterId, Parameters};
pub use perceptron::Perceptron;
pub use positions::{PAPER_WAVELENGTH, sinusoidal_positions};
pub use principal::Principal;
pub use recurrent_layer::{RecurrentKind, RecurrentLayer};
pub use sampling::{SamplingError, SamplingSettings, draw};
pub use saved::{Numbers, Saved};
pub use schedule::{Decay, Schedule};
pub use sgd::Sgd;
pub use trainer::{Learner, Plan, Run, Trainer};
pub use transformer::{BlockSettings, DecoderBlock, DecoderCache, FeedForward, NormalisationOrder, TransformerBlock};
pub use weights::Weights;
pub use weights_file::WeightsFile;
