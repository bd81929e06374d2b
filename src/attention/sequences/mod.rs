//! What the labs on sequences share: pairs of texts as batches of numbers, decoding, how good answers are, and what is
//! shown of all this.

mod arithmetic;
mod batch;
mod corpus;
mod decoding;
pub mod learner;
pub mod show;
mod tested;
pub mod views;

pub use arithmetic::Weighing;
pub use batch::{Batch, padded_sources, with_end};
pub use corpus::{Corpus, Texts};
pub use decoding::{Decoder, Decoding, Expansion, Hypothesis, beam_search, greedy, likeliest, watched};
pub use tested::{Answered, Progress, Reached, Tested};
