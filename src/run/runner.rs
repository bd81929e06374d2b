//! The seam between whoever watches a run and whatever trains it: commands and questions in, events and answers out. All
//! that crosses is plain data, so that a run can be a thread of this process ([`thread`](super::thread)), a process of its
//! own ([`process`](super::process)), or one on another machine.

use super::file::RunError;
use super::question::ModelSource;
use crate::experiment::{Command, Event, Knobs};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// What a new run is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub lab: String,
    pub experiment: String,
    pub preset: Option<String>,
    pub knobs: Knobs,
    pub seed: u64,
    pub threads: usize,
    /// A folder of data instead of the embedded set.
    #[serde(default)]
    pub data: Option<PathBuf>,
    /// Commands planned for steps, in rising order.
    #[serde(default)]
    pub plan: Vec<(u64, Command)>,
}

/// Threads to train on by default: one a core.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// As many of these threads as a machine can make use of: four a core.
pub fn bounded_threads(threads: usize) -> usize {
    threads.clamp(1, 4 * default_threads())
}

/// Where events of a run go beside the record.
pub type EventSink = Box<dyn FnMut(&Event) + Send>;

/// Starts runs and takes them up again.
pub trait Runner: Send + Sync {
    /// Starts a new run. Its folder is made at once; data are read and the model is built where it trains.
    ///
    /// # Errors
    /// When the run's folder cannot be made, or nothing can be started.
    fn start(&self, start: Start, emit: EventSink) -> Result<Box<dyn RunHandle>, RunError>;

    /// Takes up a run that was stopped, failed or killed, at its last checkpoint. Events of before are emitted again first, so
    /// that a screen shows the whole run.
    ///
    /// # Errors
    /// When there is no such run, it is under way or finished, or it has no checkpoint that can be read.
    fn resume(&self, id: &str, threads: Option<usize>, emit: EventSink) -> Result<Box<dyn RunHandle>, RunError>;
}

/// Asks a run to stop, and says whether it has ended and is recorded.
pub type Stopper = Arc<dyn Fn() -> bool + Send + Sync>;

/// A run under way. A run does not outlive the one who watches it: when its handle is dropped it is stopped, and can be
/// resumed.
pub trait RunHandle: Send {
    fn id(&self) -> &str;

    /// Sends a command; one to a run that has ended goes nowhere.
    fn send(&self, command: Command);

    /// Where the model as it is now comes from; an error until there is one.
    fn model(&self) -> ModelSource;

    fn is_over(&self) -> bool;

    /// What stops the run from another thread than the one that watches it.
    fn stopper(&self) -> Stopper;

    /// Waits for the end of the run.
    ///
    /// # Errors
    /// What it failed of, one line.
    fn wait(self: Box<Self>) -> Result<(), String>;
}
