//! `run.yaml`: what a run is, so that anybody can make it again.

use crate::experiment::{Knobs, Report};
use crate::registry;
use serde::{Deserialize, Serialize};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Under way, or its process died; see [`RunStore::list`](super::RunStore::list).
    Running,
    /// Stopped before its end: can be resumed.
    Stopped,
    /// Ended by an error: can be resumed from its last checkpoint.
    Failed,
    /// Done.
    Finished,
}

impl Status {
    /// Whether a run that stands so did not come to its end, and can go on from its last checkpoint.
    pub fn can_be_resumed(self) -> bool {
        matches!(self, Status::Stopped | Status::Failed)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Status::Running => "running",
            Status::Stopped => "stopped",
            Status::Failed => "failed",
            Status::Finished => "finished",
        })
    }
}

/// The content of `run.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunDescription {
    /// The version of this format.
    pub version: u32,
    pub id: String,
    pub lab: String,
    pub experiment: String,
    pub preset: Option<String>,
    pub seed: u64,
    pub threads: usize,
    /// The knobs at the start; later turns are in `metrics.jsonl`.
    pub knobs: Knobs,
    /// A folder of data instead of the embedded set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<std::path::PathBuf>,
    /// The sum of those data: with others it would be another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_digest: Option<String>,
    /// The version of the program and the class of CPU: with the same two, the same numbers.
    pub program: String,
    pub cpu: String,
    /// RFC 3339.
    pub started: String,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

impl RunDescription {
    pub const VERSION: u32 = 1;

    /// The figure of its report that says most of the run: the first that its experiment declares and the report has.
    pub fn main_figure(&self) -> Option<(&'static str, f64)> {
        let report = self.report.as_ref()?;
        let declared = registry::find(&self.experiment).ok()?.report;
        declared.iter().find_map(|key| Some((*key, report.get(*key)?.as_f64()?)))
    }
}
