//! Labs as data: YAML files with texts in two languages, presets, a dashboard, instruments and exercises; no code.

mod catalogue;
mod check;
pub mod condition;
mod definition;
mod describe;
pub mod exercise;
mod parse;
pub mod progress;
mod spans;

pub use catalogue::{Catalogue, check_path};
pub use definition::{
    Chart, Check, ChoiceOption, DemoStep, Exercise, Instrument, InstrumentUse, KnobUse, Lab, Opens, Page, Preset,
    SeriesUse, ViewUse,
};
pub use describe::describe;
pub use exercise::{Attempt, Verdict};
pub use parse::LabError;
pub use progress::Progress;
