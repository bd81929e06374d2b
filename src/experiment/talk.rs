//! What a conversation answers: parts that a screen draws and a command line prints.

use super::scene::Scene;
use serde::{Deserialize, Serialize};

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// A line to read.
    Note { text: String },
    /// Something wrong with a line, between two of its bytes.
    Fault { line: String, from: usize, to: usize, text: String },
    /// Words in order, each with a value that a bar can show.
    Ranked { heading: String, entries: Vec<Entry> },
    /// A number.
    Number { name: String, value: f64 },
    /// Columns of text under their names.
    Table { names: Vec<String>, rows: Vec<Vec<String>> },
    /// Words in the plane.
    Plot { scene: Scene },
}

/// A word and its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub word: String,
    pub value: f32,
}

impl Part {
    pub fn note(text: impl Into<String>) -> Self {
        Part::Note { text: text.into() }
    }

    /// Whether it tells of a fault.
    pub fn is_fault(&self) -> bool {
        matches!(self, Part::Fault { .. })
    }
}
