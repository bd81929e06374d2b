//! `label.yaml`: what a person says of a run. It stands beside `run.yaml`, which the process that trains writes.

use serde::{Deserialize, Serialize};

/// A name, a note, and whether the run is kept at the top of lists and from being deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunLabel {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub pinned: bool,
}

impl RunLabel {
    /// The name and the note in one line; empty if there is neither.
    pub fn line(&self) -> String {
        let parts = [self.name.as_str(), self.note.as_str()].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("  ").replace(['\r', '\n'], " ")
    }
}
