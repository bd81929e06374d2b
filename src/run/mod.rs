//! Runs: how a model is trained in the background, watched, steered, recorded and taken up again.

pub mod clock;
pub mod conduct;
pub mod description;
pub mod export;
pub mod inbox;
pub mod metrics;
pub mod question;
pub mod recorder;
pub mod store;
pub mod thread;

pub use clock::{Clock, SystemClock};
pub use description::{RunDescription, Status};
pub use inbox::Inbox;
pub use question::Questions;
pub use store::{RunError, RunStore};
pub use thread::{RunHandle, Start};
