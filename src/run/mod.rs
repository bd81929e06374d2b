//! Runs: how a model is trained in the background, watched, steered, recorded and taken up again.

pub mod ask;
pub mod clock;
pub mod description;
pub mod export;
pub mod file;
pub mod inbox;
pub mod label;
pub mod metrics;
pub mod process;
pub mod question;
pub mod recorded;
pub mod recorder;
pub mod run_loop;
pub mod runner;
pub mod seal;
pub mod store;
pub mod sweep;
pub mod thread;
pub mod worker;

pub use clock::{Clock, SystemClock};
pub use description::{RunDescription, Status};
pub use file::RunError;
pub use inbox::Inbox;
pub use label::RunLabel;
pub use question::Questions;
pub use recorded::RecordedRun;
pub use runner::{RunHandle, Runner, Start, bounded_threads, default_threads};
pub use store::RunStore;
