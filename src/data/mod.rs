//! What models learn from.

mod batches;
pub mod bytepair;
pub mod corpus;
pub mod drawing;
pub mod idx;
pub mod mnist;
pub mod pictures;
pub mod questions;
pub mod records;
pub mod stations;
pub mod stories;
pub mod styles;
pub mod tasks;
pub mod text;
pub mod tokenizer;
pub mod tokens;
mod unpack;
pub mod vectors;
pub mod world;

pub use batches::Batches;
pub use mnist::{Digits, Mnist};
