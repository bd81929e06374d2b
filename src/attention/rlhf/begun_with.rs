//! What has to be the same when a run goes on.

use super::rules::Rules;
use crate::experiment::ExperimentError;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BegunWith {
    /// Of the base before its first step.
    pub base: String,
    pub tokens: String,
    pub rules: Rules,
    pub annotator: String,
    pub method: String,
}

impl BegunWith {
    pub fn is_the_same(&self, saved: &BegunWith) -> Result<(), ExperimentError> {
        let changed = |what: &str| {
            Err(ExperimentError::both(
                format!("{what} has changed since the checkpoint: start the run again"),
                format!("チェックポイントの後に変わっています({what})。最初から実行してください"),
            ))
        };
        match saved {
            saved if saved.base != self.base || saved.tokens != self.tokens => changed("the base"),
            saved if saved != self => changed("a knob among `rules`, `annotator` and `method`"),
            _ => Ok(()),
        }
    }
}
