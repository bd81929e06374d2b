//! Values of knobs by name.

use super::knob::{Knob, KnobError, find};
use super::language::Bilingual;
use super::picture::GrayImage;
use super::value::KnobValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Values of knobs by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Knobs(pub BTreeMap<String, KnobValue>);

impl Knobs {
    /// Every knob at its default.
    pub fn defaults(declared: &[Knob]) -> Self {
        Knobs(declared.iter().map(|knob| (knob.name.to_owned(), knob.default.clone())).collect())
    }

    /// Every knob as stored, checked; those that the run's program did not know yet stand at their defaults.
    ///
    /// # Errors
    /// When a stored value does not fit its declaration, or none is declared.
    pub fn completed(&self, declared: &[Knob]) -> Result<Self, KnobError> {
        let mut knobs = Knobs::defaults(declared);
        for (name, value) in &self.0 {
            knobs.set(declared, name, value)?;
        }
        Ok(knobs)
    }

    /// Whether these knobs stand at these values; a whole number is a real one too, as lab files write `0` for 0.0.
    pub fn have(&self, values: &BTreeMap<String, KnobValue>) -> bool {
        values.iter().all(|(name, value)| match (self.0.get(name), value) {
            (Some(KnobValue::Real(real)), KnobValue::Integer(whole)) => *real == *whole as f64,
            (found, value) => found == Some(value),
        })
    }

    /// Sets a knob after checking it against its declaration.
    pub fn set(&mut self, declared: &[Knob], name: &str, value: &KnobValue) -> Result<(), KnobError> {
        let value = find(declared, name)?.accept(value)?;
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// Sets a knob from `name=value` as typed.
    pub fn set_text(&mut self, declared: &[Knob], assignment: &str) -> Result<(), KnobError> {
        let (name, text) = assignment.split_once('=').ok_or_else(|| KnobError::Value {
            name: assignment.to_owned(),
            value: "nothing".to_owned(),
            expected: Bilingual::same("name=value"),
        })?;
        let value = find(declared, name.trim())?.parse(text)?;
        self.0.insert(name.trim().to_owned(), value);
        Ok(())
    }

    /// Those that may be turned while a run goes on, at their values in `self`.
    pub fn live(&self, declared: &[Knob]) -> Self {
        let live = declared.iter().filter(|knob| knob.live);
        Knobs(live.filter_map(|knob| self.0.get_key_value(knob.name)).map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    /// Turns a knob of a run that goes on.
    pub fn turn(&mut self, declared: &[Knob], name: &str, value: &KnobValue) -> Result<(), KnobError> {
        if !find(declared, name)?.live {
            return Err(KnobError::NotLive { name: name.to_owned() });
        }
        self.set(declared, name, value)
    }

    /// # Panics
    /// If the model declares no integer knob of this name.
    pub fn integer(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(KnobValue::Integer(value)) => *value,
            other => panic!("knob `{name}` is {other:?}, not an integer"),
        }
    }

    /// # Panics
    /// If the model declares no real knob of this name.
    pub fn real(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(KnobValue::Real(value)) => *value,
            Some(KnobValue::Integer(value)) => *value as f64,
            other => panic!("knob `{name}` is {other:?}, not a number"),
        }
    }

    /// # Panics
    /// If the model declares no choice of this name.
    pub fn choice(&self, name: &str) -> &str {
        self.text(name)
    }

    /// # Panics
    /// If the model declares no text of this name.
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(KnobValue::Text(value)) => value,
            other => panic!("knob `{name}` is {other:?}, not a text"),
        }
    }

    /// The picture given, if one was.
    pub fn picture(&self, name: &str) -> Option<&GrayImage> {
        match self.0.get(name) {
            Some(KnobValue::Picture(picture)) => Some(picture),
            _ => None,
        }
    }

    /// The cell picked, if one was: its row and its column.
    pub fn cell(&self, name: &str) -> Option<[usize; 2]> {
        match self.0.get(name) {
            Some(KnobValue::Integers(place)) => match place[..] {
                [row, column] => Some([usize::try_from(row).ok()?, usize::try_from(column).ok()?]),
                _ => None,
            },
            _ => None,
        }
    }

    /// The point picked, if one was.
    pub fn point(&self, name: &str) -> Option<[f64; 2]> {
        match self.0.get(name) {
            Some(KnobValue::Reals(place)) => place[..].try_into().ok(),
            _ => None,
        }
    }

    /// # Panics
    /// If the model declares no flag of this name.
    pub fn flag(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(KnobValue::Flag(value)) => *value,
            other => panic!("knob `{name}` is {other:?}, not a flag"),
        }
    }

    /// # Panics
    /// If the model declares no list of this name.
    pub fn integers(&self, name: &str) -> &[i64] {
        match self.0.get(name) {
            Some(KnobValue::Integers(values)) => values,
            other => panic!("knob `{name}` is {other:?}, not a list of integers"),
        }
    }
}
