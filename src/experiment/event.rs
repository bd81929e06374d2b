//! What a run emits: one schema for the screen, the disk and scripts.

use super::knobs::Knobs;
use super::language::Bilingual;
use super::number;
use super::panel::Panel;
use super::value::KnobValue;
use serde::{Deserialize, Serialize};

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins, or goes on from a checkpoint at `step`.
    Started { run: String, lab: String, preset: Option<String>, seed: u64, threads: usize, step: u64, knobs: Knobs },
    /// A new value of a series.
    Scalar {
        series: String,
        step: u64,
        #[serde(with = "number")]
        value: f64,
    },
    /// What the model makes, or what happens in it, right now. `keep` asks the recorder for files of its own.
    View { name: String, step: u64, keep: bool, panels: Vec<Panel> },
    /// A live knob was turned; it holds from the step after `step`.
    Knob { step: u64, knob: String, value: KnobValue },
    /// A lab's own action took effect after `step`.
    #[serde(alias = "act")]
    Action { step: u64, action: String, argument: String },
    /// How far, how fast, how long still. Times are wall clock in seconds and the only figures that may differ between
    /// two runs of the same command.
    Progress {
        step: u64,
        total_steps: u64,
        #[serde(with = "number")]
        samples_per_second: f64,
        #[serde(with = "number")]
        seconds: f64,
        #[serde(with = "number", default)]
        seconds_left: Option<f64>,
    },
    /// Something a person should know and that ends nothing.
    Warning {
        step: u64,
        /// In English, and in Japanese where it was said in it.
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        japanese: Option<String>,
    },
    /// Held (`true`) or going on (`false`).
    Paused { step: u64, paused: bool },
    /// A checkpoint is on disk, after so many seconds of training.
    Checkpoint {
        step: u64,
        #[serde(with = "number")]
        seconds: f64,
    },
    /// Training is over, the final report is being computed; so much of it is, from 0 to 1, where the lab says.
    Evaluating {
        step: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        share: Option<f32>,
    },
    /// Stopped before its end; can be resumed.
    Stopped { step: u64 },
    /// Ended by an error.
    Failed { step: u64, message: String },
    /// Done: the final report.
    Finished { run: String, lab: String, preset: Option<String>, seed: u64, report: Report },
}

impl Event {
    /// A warning in both languages.
    pub fn warning(step: u64, Bilingual { en, ja }: Bilingual) -> Self {
        Event::Warning { step, japanese: (ja != en).then_some(ja), message: en }
    }

    /// Whether the event ends its run.
    pub fn is_last(&self) -> bool {
        matches!(self, Event::Stopped { .. } | Event::Failed { .. } | Event::Finished { .. })
    }
}

/// The figures of a finished run by name; see the `report` keys of the registry.
pub type Report = serde_json::Map<String, serde_json::Value>;

/// One line of `metrics.jsonl` or of `--json`: an event and the version of its schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventLine {
    pub version: u32,
    #[serde(flatten)]
    pub event: Event,
}

impl EventLine {
    /// The version that this program writes and reads.
    pub const VERSION: u32 = 1;

    pub fn new(event: Event) -> Self {
        EventLine { version: Self::VERSION, event }
    }

    /// The line without its newline.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("events hold only data that JSON can say")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_values_that_json_cannot_say() {
        for value in [1.5, f64::INFINITY, f64::NEG_INFINITY] {
            let line = EventLine::new(Event::Scalar { series: "val/elbo".into(), step: 7, value });
            let back: EventLine = serde_json::from_str(&line.to_json()).expect("what we write we read");
            assert_eq!(back, line);
        }
        // A warning of an earlier program has no Japanese.
        let said = |ja: &str| EventLine::new(Event::warning(3, Bilingual::new("no", ja))).to_json();
        assert!(
            said("だめ").contains(r#""message":"no","japanese":"だめ""#) && said("no").ends_with(r#""message":"no"}"#)
        );
        assert_eq!(serde_json::from_str::<EventLine>(&said("no")).unwrap().to_json(), said("no"));
        let line = EventLine::new(Event::Scalar { series: "x".into(), step: 0, value: f64::NAN }).to_json();
        assert_eq!(line, r#"{"version":1,"event":"scalar","series":"x","step":0,"value":"NaN"}"#);
    }
}
