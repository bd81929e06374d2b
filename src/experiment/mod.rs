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
//! * An [`Experiment`] is what a chapter declares of a lab: knobs, series, views, actions, how to learn and to open it.
//! * A [`Model`] answers a [`Query`] with an [`Answer`], and never changes while it does. What remembers is a [`Session`].
//! * What a model shows is a [view](ViewSpec): named, asked with inputs, answered in [panels](Panel).
//! * A [`Trainable`] advances step by step, emits what happened as [`Event`]s, takes live [`Knobs`], and saves and
//!   restores itself whole, so that a stopped and resumed run is the very run that would have been.
//! * A [`Command`] is all that a person or a script can do to a run.

pub mod board;
pub mod command;
pub mod conversation;
pub mod declaration;
pub mod event;
pub mod figure;
pub mod game;
pub mod knob;
pub mod knobs;
pub mod language;
pub mod model;
pub mod number;
pub mod panel;
pub mod picture;
pub mod query;
pub mod scene;
pub mod value;
pub mod view;

pub use command::Command;
pub use conversation::{TalkAnswer, TalkQuery};
pub use declaration::{ActionSpec, Argument, Experiment, Learn, Preview, Setting, Source};
pub use event::{Event, EventLine, Report};
pub use game::{GameAnswer, GameQuery};
pub use knob::{Knob, KnobError, KnobKind};
pub use knobs::Knobs;
pub use language::{Bilingual, Language, Wording, Words};
pub use model::{ExperimentError, Model, Position, Precision, Session, TaskContext, Trainable};
pub use panel::{Bar, Panel};
pub use picture::{GrayImage, ImageGrid};
pub use query::{Answer, Query, QueryKind};
pub use scene::Scene;
pub use value::KnobValue;
pub use view::ViewSpec;
