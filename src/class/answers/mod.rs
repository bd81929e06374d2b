//! The answers of a class: gathered from its accounts, judged by exercise, written as tables.

pub mod export;
mod sheet;
mod status;
pub mod students;

pub use status::Status;
