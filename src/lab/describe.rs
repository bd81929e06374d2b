//! A lab in words.

use super::definition::{Check, Lab};
use crate::experiment::{KnobValue, Language};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Knobs that a run must have, each after a space.
fn in_words(knobs: &BTreeMap<String, KnobValue>) -> String {
    knobs.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

/// What a lab holds, for reading in a terminal or through a screen reader.
pub fn describe(lab: &Lab, language: Language) -> String {
    let mut text = String::new();
    let say = |text: &mut String, line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    say(&mut text, &format!("{} ({})", lab.title.in_language(language), lab.id));
    say(&mut text, lab.summary.in_language(language));
    for outcome in &lab.outcomes {
        say(&mut text, &format!("  · {}", outcome.in_language(language)));
    }
    if !lab.presets.is_empty() {
        say(&mut text, "\npresets");
    }
    for (name, preset) in &lab.presets {
        say(&mut text, &format!("  {name:12} {} s  {}", preset.seconds, preset.summary.in_language(language)));
    }
    say(&mut text, "\ntheory");
    for page in &lab.theory {
        say(&mut text, &format!("  {}", page.title.in_language(language)));
    }
    say(&mut text, "\nexercises");
    for exercise in &lab.exercises {
        let kind = match &exercise.check {
            Check::Choice { .. } => "choice".to_owned(),
            Check::Number { .. } => "number".to_owned(),
            Check::Series { condition, knobs, .. } => {
                format!("{condition}{}", in_words(knobs))
            }
            Check::Instrument { state, view, input, values, knobs } => {
                let shown = |what: &Option<String>, word: &str| {
                    what.as_ref().map_or(String::new(), |name| format!(" {word} {name}"))
                };
                let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
                format!("{state}{}{}{values}{}", shown(input, "of"), shown(view, "in"), in_words(knobs))
            }
            Check::Line { words } => words.join(" "),
            Check::Answer { word, with, .. } => format!("{} → {word}", with.join(" ")).trim_start().to_owned(),
            Check::FreeText { .. } => "text".to_owned(),
        };
        say(&mut text, &format!("  {:16} {} [{kind}]", exercise.id, exercise.title.in_language(language)));
    }
    say(&mut text, "\nreferences");
    for reference in &lab.references {
        let _infallible = writeln!(text, "  {reference}");
    }
    text
}
