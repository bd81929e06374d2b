//! The one interface between models and everything else: traits and plain data, no tensors and no screens.
//!
//! ```text
//! YAML lab ─► Trainable ──► Event ─┬─► dashboard (screen)
//!    presets    ▲    │             ├─► recorder (disk)
//!               │    │ snapshot    └─► JSON lines (stdout)
//!       Command │    ▼
//!  keys, stdin, ┘  Model ◄─ Query, Answer ─► instruments, exercises
//! ```
//!
//! * A [`Model`] answers a [`Query`] with an [`Answer`], and never changes while it does.
//! * A [`Trainable`] advances step by step, tells what happened as [`Event`]s, takes live [`Knobs`], and saves and
//!   restores itself whole, so that a stopped and resumed run is the very run that would have been.
//! * A [`Command`] is all that a person or a script can do to a run.

pub mod board;
pub mod command;
pub mod event;
pub mod knob;
pub mod language;
pub mod model;
pub mod number;
pub mod picture;
pub mod query;
pub mod scene;
pub mod talk;

pub use command::Command;
pub use event::{Event, EventLine, Report};
pub use knob::{Knob, KnobError, KnobKind, KnobValue, Knobs};
pub use language::{Language, Wording};
pub use model::{Failure, Model, Position, Precision, Trainable, Watch};
pub use picture::{Picture, Sheet};
pub use query::{Answer, Query, QueryKind};
pub use scene::Scene;
pub use talk::Part;
