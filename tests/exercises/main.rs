//! The exercises of labs: what passes, and what looks alike and must not.

mod agents;
mod boards_and_generators;
mod every_lab;
mod failures;
mod language;
mod sequences;
mod words;
mod xai;

use shinso::experiment::{KnobValue, Knobs, Language};
use shinso::lab::exercise::decide;
use shinso::lab::{Attempt, Catalogue, Exercise, Verdict};
use std::path::Path;

fn exercise(lab: &str, id: &str) -> Exercise {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    let lab = catalogue.find(lab).unwrap();
    lab.exercises.iter().find(|own| own.id == id).expect("an exercise").clone()
}

fn passes_in(lab: &str, id: &str, attempt: &Attempt) -> bool {
    decide(&exercise(lab, id), attempt, Language::En) == Verdict::Passed
}

/// A value of a run with these knobs.
fn point(series: &str, step: u64, value: f64, knobs: &[(&str, &str)]) -> Attempt {
    let value_of = |text: &str| match text {
        "on" | "off" => KnobValue::Flag(text == "on"),
        _ => {
            let number = || text.parse().map_or_else(|_| KnobValue::Text(text.to_owned()), KnobValue::Real);
            // A point makes a number a real one, as in YAML.
            text.parse().map_or_else(|_| number(), KnobValue::Integer)
        }
    };
    let knobs = Knobs(knobs.iter().map(|(name, value)| ((*name).to_owned(), value_of(value))).collect());
    Attempt::Point { series: series.to_owned(), step, value, knobs, untouched: true }
}

fn turned(view: &str, input: &str) -> Attempt {
    given(view, input, None)
}

/// An input of a view that has this value now.
fn given(view: &str, input: &str, value: Option<&str>) -> Attempt {
    let [view, input, value] = [Some(view), Some(input), value].map(|words| words.map(str::to_owned));
    Attempt::State { state: "input_turned".to_owned(), view, input, value, knobs: Knobs::default() }
}

fn text(words: &str) -> Attempt {
    Attempt::Text(words.to_owned())
}

/// What an instrument reports, without a view.
fn reached(state: &str) -> Attempt {
    Attempt::State { state: state.to_owned(), view: None, input: None, value: None, knobs: Knobs::default() }
}
