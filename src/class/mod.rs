//! A class on a server: its accounts, and what an instructor does with its answers.

pub mod accounts;
pub mod answers;
pub mod name;
