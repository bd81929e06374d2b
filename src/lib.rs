//! shinso (深層): a laboratory for modern machine learning that lives in a terminal.

pub mod command_line;
pub mod data;
pub mod experiment;
pub mod folders;
pub mod generative;
pub mod lab;
pub mod nn;
pub mod registry;
pub mod run;
pub mod tensor;
pub mod tui;
