//! The answers of a class: gathered from its accounts, judged by exercise, written as tables.

pub mod deadlines;
pub mod export;
pub mod hand_in;
mod sheet;
mod status;
pub mod students;
pub mod summary;

pub use status::Status;
pub use summary::{Summary, summary};
