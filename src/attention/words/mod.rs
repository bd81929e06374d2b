//! Word vectors that one can talk about: arithmetic on them, maps, analogies, and the conversation that labs about words
//! share.

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
pub use session::{Conversation, Session, VIEWS};
pub use sets::EMBEDDED;
