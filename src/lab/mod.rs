//! Labs as data: YAML files with texts in two languages, presets, a dashboard, instruments and exercises; no code.

mod catalogue;
mod check;
pub mod condition;
mod definition;
mod describe;
pub mod exercise;
pub mod keystroke;
mod parse;
pub mod progress;
pub mod script;
mod spans;

pub use catalogue::{Catalogue, check_path};
pub use definition::{
    Chart, Check, ChoiceOption, Exercise, Instrument, InstrumentUse, KnobUse, Lab, Opens, Page, Preset, SeriesUse,
    TABS, TrainPane, ViewUse,
};
pub use describe::describe;
pub use exercise::{Attempt, Verdict};
pub use parse::LabError;
pub use progress::{Origin, Progress, Record};
