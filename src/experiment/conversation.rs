//! What can be said in a conversation about words, and what comes back.

use super::language::Language;
use super::panel::Panel;
use serde::{Deserialize, Serialize};

/// A word in a conversation, which remembers what was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "talk", rename_all = "snake_case")]
pub enum TalkQuery {
    /// A line, or several.
    Say { line: String, language: Language },
    /// What could stand at the end of a line that is being typed.
    Complete { line: String },
    /// Lines said before, the oldest first.
    History,
}

/// An answer in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum TalkAnswer {
    /// To `Say`: the answer, whether it is of the model's own vectors, not of a set that was opened in the conversation, and what the
    /// vectors are called that answer from now on.
    Said { panels: Vec<Panel>, own_vectors: bool, vectors: String },
    /// To `Complete`: the byte of the line from which a completion replaces it, and completions, the likeliest first.
    Completions { from: usize, words: Vec<String> },
    /// To `History`.
    Lines { lines: Vec<String> },
}
