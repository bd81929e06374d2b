//! The instructor's script of a lab. It waits for events (a step, a value, an answer, the presenter's key), never for a
//! number of seconds: machines and halls differ in how fast they are.

use super::condition::{Comparison, Condition, Steps};
use super::keystroke::Keystrokes;
use crate::experiment::{Bilingual, KnobValue};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::str::FromStr;

/// A step of the script: what is said while it is done and until what it goes on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoStep {
    /// Without words of its own those of the step before stay: what was announced is done.
    #[serde(default)]
    pub say: Option<Bilingual>,
    /// For the presenter alone; shown by a key.
    #[serde(default)]
    pub note: Option<Bilingual>,
    /// What is done, in order, when the step begins.
    #[serde(default, rename = "do")]
    pub actions: Vec<DemoAction>,
    /// What is pointed at: on Train a chart or picture by its English title or the name of its view, or `knobs`; on Explore an
    /// instrument.
    #[serde(default)]
    pub point: Option<String>,
    #[serde(default)]
    pub until: Until,
}

/// What a script does to its lab.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DemoAction {
    /// Goes to a tab.
    Tab(String),
    /// Goes to an instrument of Explore, by the name of its view, its English title or the kind of instrument.
    Pane(String),
    /// Starts a run of a preset, on Train.
    Start(String),
    /// Turns live knobs of the run.
    Set(BTreeMap<String, KnobValue>),
    /// Applies an action of the lab's to the run.
    Act(Act),
    /// Presses keys.
    Key(Keystrokes),
    /// Types a text where the focus is.
    Type(String),
}

/// An action that the lab's experiment declares, and what it is applied to: `pin king`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub name: String,
    /// Empty for an action that is applied to nothing.
    pub argument: String,
}

impl<'de> Deserialize<'de> for Act {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (name, argument) = text.split_once(' ').unwrap_or((&text, ""));
        Ok(Act { name: name.to_owned(), argument: argument.trim().to_owned() })
    }
}

/// What a step lasts until.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Until {
    /// The presenter's key.
    #[default]
    Key,
    /// The run has finished.
    Finished,
    /// The run has come to this step.
    Step(u64),
    /// A series of the run has met a condition.
    Series(Condition),
    /// An answer has come, and no other is still to come.
    Answer,
}

/// The name by which `until` means the step that a run has come to.
const STEP: &str = "step";

impl Until {
    /// Whether it waits for a run.
    pub fn is_of_run(&self) -> bool {
        matches!(self, Until::Finished | Until::Step(_) | Until::Series(_))
    }
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "expected key, finished, answer, `step >= N` or a condition on a series such as `loss <= 0.5`";
        match text.trim() {
            "key" => return Ok(Until::Key),
            "finished" => return Ok(Until::Finished),
            "answer" => return Ok(Until::Answer),
            word if !word.contains(char::is_whitespace) => return Err(format!("until `{word}`: {form}")),
            _ => {}
        }
        let condition: Condition = text.parse()?;
        if condition.series != STEP {
            return Ok(Until::Series(condition));
        }
        let whole = condition.bound.fract() == 0.0 && (1.0..1e15).contains(&condition.bound);
        if condition.comparison != Comparison::AtLeast || condition.steps != Steps::All || !whole {
            return Err(format!("until `{text}`: a step is waited for as `step >= N`, N a whole number from 1"));
        }
        Ok(Until::Step(condition.bound as u64))
    }
}

impl<'de> Deserialize<'de> for Until {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_for_an_event() {
        assert_eq!("key".parse(), Ok(Until::Key));
        assert_eq!("step >= 500".parse(), Ok(Until::Step(500)));
        let condition = "val/elbo >= -110 within 900 steps";
        assert_eq!(condition.parse(), Ok(Until::Series(condition.parse().unwrap())));
        for bad in ["5", "seconds", "step > 5", "step >= 0", "step >= 1.5", "step >= 5 after 3 steps", "loss =< 1"] {
            assert!(bad.parse::<Until>().unwrap_err().contains(bad.split(' ').next().unwrap()), "{bad}");
        }
    }
}
