//! shinso (深層): a laboratory for modern machine learning that lives in a terminal.

pub mod experiment;
pub mod tui;
