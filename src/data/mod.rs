//! What models learn from.

pub mod idx;
pub mod mnist;
mod unpack;

pub use mnist::{Digits, Mnist};
