//! What models learn from.

mod batches;
pub mod drawing;
pub mod idx;
pub mod mnist;
pub mod styles;
mod unpack;

pub use batches::Batches;
pub use mnist::{Digits, Mnist};
