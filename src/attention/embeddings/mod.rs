//! Words as vectors: arithmetic and a conversation about it (Mikolov et al. 2013; Pennington, Socher & Manning, "GloVe",
//! EMNLP 2014). Vectors are those of a set that others trained; how such vectors come about is
//! [`word2vec`](super::word2vec)'s.

pub mod analogies;
mod commands;
mod evaluate;
pub mod expression;
mod history;
pub mod map;
mod session;
mod sets;
mod wording;

pub use history::History;
pub use session::{Conversation, Session};
pub use sets::EMBEDDED;
