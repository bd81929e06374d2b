//! What can be done to a run.

use super::value::KnobValue;
use serde::{Deserialize, Serialize};

/// An order to a run. Knob changes and actions are recorded with the step they took effect at, so that a replay or a
/// resume is the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Hold after the step under way.
    Pause,
    /// Go on.
    Resume,
    /// One training step, then hold.
    Step,
    /// Turn a live knob.
    Set { knob: String, value: KnobValue },
    /// A lab's own named action, such as "step the discriminator only".
    Action { action: String, argument: String },
    /// Write a checkpoint now.
    Checkpoint,
    /// Write a checkpoint and end.
    Stop,
}
