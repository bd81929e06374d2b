//! The value of a knob.

use super::picture::GrayImage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The value of a knob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KnobValue {
    Flag(bool),
    Integer(i64),
    Real(f64),
    /// The name of a choice, or a text.
    Text(String),
    /// A list of integers, or a cell: its row and its column.
    Integers(Vec<i64>),
    /// A point: x and y.
    Reals(Vec<f64>),
    Picture(GrayImage),
    /// No picture, no place: the model takes one of its own.
    Nothing,
}

impl From<GrayImage> for KnobValue {
    fn from(picture: GrayImage) -> Self {
        KnobValue::Picture(picture)
    }
}

impl fmt::Display for KnobValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnobValue::Flag(value) => write!(f, "{}", if *value { "on" } else { "off" }),
            KnobValue::Integer(value) => write!(f, "{value}"),
            KnobValue::Real(value) if *value != 0.0 && !(1e-2..1e5).contains(&value.abs()) => write!(f, "{value:e}"),
            KnobValue::Real(value) => write!(f, "{value}"),
            KnobValue::Text(value) => f.write_str(value),
            KnobValue::Integers(values) => f.write_str(&joined(values)),
            KnobValue::Reals(values) => f.write_str(&joined(values)),
            KnobValue::Picture(picture) => write!(f, "a picture of {}×{}", picture.width, picture.height),
            KnobValue::Nothing => f.write_str("none"),
        }
    }
}

fn joined<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}
