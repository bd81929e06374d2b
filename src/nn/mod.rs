//! What networks are built from: parameters, layers, initialisers, optimisers, schedules and their files.

mod adam;
pub mod checkpoint;
mod clip;
pub mod initialise;
mod layers;
pub mod learning;
mod parameters;
mod principal;
mod schedule;
mod sgd;

pub use adam::Adam;
pub use clip::clip_norm;
pub use layers::{Convolution, Embedding, Gru, Linear, Lstm, Normalisation, Perceptron, sinusoidal_positions};
pub use learning::Learning;
pub use parameters::{Bound, ParameterId, Parameters};
pub use principal::Principal;
pub use schedule::{Fall, Schedule};
pub use sgd::Sgd;
