//! What networks are built from: parameters, layers, initialisers, optimisers and their files.

mod adam;
pub mod checkpoint;
pub mod initialise;
mod linear;
mod parameters;

pub use adam::Adam;
pub use linear::{Linear, Perceptron};
pub use parameters::{Bound, ParameterId, Parameters};
