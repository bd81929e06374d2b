//! A class on a server: its accounts and its roster, and what an instructor does with its answers.

pub mod accounts;
pub mod answers;
pub mod ids;
pub mod name;
pub mod roster;
mod table;
