//! What a lab file says against what the program has: knobs, series, pictures, queries.

mod demo;

use super::definition::{Check, Instrument, InstrumentUse, Lab};
use crate::experiment::knob::{find, meant};
use crate::experiment::{Bilingual, Experiment, KnobKind, KnobValue, Knobs};
use crate::markdown;
use crate::registry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A fault by the path of what it is about.
type Found = (String, String);

/// Everything that is wrong with a lab that could be read.
pub fn check(lab: &Lab, file: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name =
        stem.split_once('-').filter(|(number, _)| number.parse::<u32>().is_ok()).map_or(&*stem, |(_, name)| name);
    if name != lab.id {
        found.push(("id".to_owned(), format!("id `{}` in a file named `{stem}`: expected NN-{}.yaml", lab.id, lab.id)));
    }
    if !(1..=3).contains(&lab.chapter) {
        found.push(("chapter".to_owned(), format!("chapter {}: expected 1, 2 or 3", lab.chapter)));
    }
    check_texts(lab, &mut found);
    let ids = lab.exercises.iter().enumerate().map(|(index, exercise)| (index, &exercise.id));
    let mut seen = BTreeSet::new();
    for (index, id) in ids {
        if !seen.insert(id) {
            found.push((format!("exercises[{index}].id"), format!("a second exercise `{id}`")));
        }
    }
    match registry::find(&lab.experiment) {
        Ok(experiment) => {
            check_knobs(lab, experiment, &mut found);
            check_dashboard(lab, experiment, &mut found);
            check_explore(lab, experiment, &mut found);
            check_exercises(lab, experiment, &mut found);
            demo::check_demo(lab, experiment, &mut found);
        }
        Err(failure) => found.push(("experiment".to_owned(), failure.to_string())),
    }
    found
}

fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    format!("unknown {kind} `{name}`: {}", meant(name, known, "there is none"))
}

/// No empty text, no formula that cannot be set.
fn check_texts(lab: &Lab, found: &mut Vec<Found>) {
    let mut texts: Vec<(String, &Bilingual)> = vec![("title".into(), &lab.title), ("summary".into(), &lab.summary)];
    for (index, page) in lab.theory.iter().enumerate() {
        texts.push((format!("theory[{index}].title"), &page.title));
        texts.push((format!("theory[{index}].text"), &page.text));
    }
    for (index, exercise) in lab.exercises.iter().enumerate() {
        texts.push((format!("exercises[{index}].prompt"), &exercise.prompt));
        texts.push((format!("exercises[{index}].explanation"), &exercise.explanation));
    }
    for (path, text) in texts {
        for (language, words) in [("en", &text.en), ("ja", &text.ja)] {
            if words.trim().is_empty() {
                found.push((format!("{path}.{language}"), format!("an empty text in {language}")));
            }
            for problem in markdown::problems(words) {
                found.push((format!("{path}.{language}"), problem));
            }
        }
    }
}

fn check_knobs(lab: &Lab, experiment: &Experiment, found: &mut Vec<Found>) {
    let declared = (experiment.knobs)();
    for (index, shown) in lab.knobs.iter().enumerate() {
        let path = format!("knobs[{index}]");
        match find(&declared, &shown.name) {
            Err(error) => found.push((format!("{path}.name"), error.to_string())),
            Ok(knob) => {
                let (low, high) = match knob.kind {
                    KnobKind::Integer { min, max } => (min as f64, max as f64),
                    KnobKind::Real { min, max, .. } => (min, max),
                    _ if shown.min.or(shown.max).is_some() => {
                        found.push((path, format!("knob `{}` has no range to narrow: it is {}", knob.name, knob.kind)));
                        continue;
                    }
                    _ => continue,
                };
                let (min, max) = (shown.min.unwrap_or(low), shown.max.unwrap_or(high));
                if !(low <= min && min < max && max <= high) {
                    found.push((
                        path,
                        format!("range {min} to {max} of knob `{}`: expected within {}", knob.name, knob.kind),
                    ));
                }
            }
        }
    }
    if experiment.instead_of_training().is_some() {
        if !lab.presets.is_empty() {
            let message = format!("presets, but `{}` has nothing to train", experiment.id);
            found.push(("presets".to_owned(), message));
        }
    } else {
        for required in ["quick", "full"] {
            if lab.preset(required).is_none() {
                found.push(("presets".to_owned(), format!("no preset `{required}`")));
            }
        }
    }
    for (name, preset) in &lab.presets {
        check_values(&format!("presets.{name}.knobs"), &preset.knobs, lab, experiment, found);
    }
}

fn check_values<'a>(
    path: &str,
    values: impl IntoIterator<Item = (&'a String, &'a KnobValue)>,
    lab: &Lab,
    experiment: &Experiment,
    found: &mut Vec<Found>,
) {
    let declared = (experiment.knobs)();
    for (name, value) in values {
        let checked = find(&declared, name).and_then(|knob| match lab.knobs.iter().find(|shown| shown.name == *name) {
            Some(shown) => shown.narrowed(knob).accept(value),
            None => knob.accept(value),
        });
        if let Err(error) = checked {
            found.push((format!("{path}.{name}"), error.to_string()));
        }
    }
}

fn check_dashboard(lab: &Lab, experiment: &Experiment, found: &mut Vec<Found>) {
    let mut series = |path: String, name: &str| {
        if !experiment.series.contains(&name) {
            found.push((path, unknown("series", name, experiment.series.iter().copied())));
        }
    };
    for (chart, use_) in lab.dashboard.charts.iter().enumerate() {
        for (index, line) in use_.series.iter().enumerate() {
            series(format!("dashboard.charts[{chart}].series[{index}].name"), &line.name);
        }
    }
    for (index, name) in lab.dashboard.numbers.iter().enumerate() {
        series(format!("dashboard.numbers[{index}]"), name);
    }
    for (index, view) in lab.dashboard.views.iter().enumerate() {
        if !experiment.emits.contains(&view.name.as_str()) {
            let message = unknown("view", &view.name, experiment.emits.iter().copied());
            found.push((format!("dashboard.views[{index}].name"), message));
        }
    }
}

fn check_explore(lab: &Lab, experiment: &Experiment, found: &mut Vec<Found>) {
    for (index, use_) in lab.explore.iter().enumerate() {
        for query in use_.instrument.needs() {
            if !experiment.answers.contains(query) {
                let message =
                    format!("experiment `{}` does not answer {query:?}, which this instrument needs", experiment.id);
                found.push((format!("explore[{index}].instrument"), message));
            }
        }
        let path = format!("explore[{index}]");
        match &use_.view {
            Some(_) if use_.instrument == Instrument::View => check_view(&path, use_, experiment, found),
            None if use_.instrument == Instrument::View => {
                let known: Vec<&str> = experiment.views.iter().map(|view| view.name).collect();
                found.push((format!("{path}.instrument"), format!("no `view`: expected one of {}", known.join(", "))));
            }
            Some(view) => {
                found.push((format!("{path}.view"), format!("view `{view}`: only the instrument `view` has one")));
            }
            None if !use_.inputs.is_empty() || use_.drawing || use_.opens.is_some() => {
                let message = "`inputs`, `drawing` and `opens`: only the instrument `view` has them";
                found.push((format!("{path}.instrument"), message.to_owned()));
            }
            None => {}
        }
    }
}

/// A view, its inputs and the view that it opens.
fn check_view(path: &str, use_: &InstrumentUse, experiment: &Experiment, found: &mut Vec<Found>) {
    let known = || experiment.views.iter().map(|view| view.name);
    let of_name = |name: &str| experiment.views.iter().find(|view| view.name == name);
    let name = use_.view.as_deref().unwrap_or_default();
    let Some(view) = of_name(name) else {
        found.push((format!("{path}.view"), unknown("view", name, known())));
        return;
    };
    let declared = (view.inputs)();
    for (input, value) in &use_.inputs {
        if let Err(error) = find(&declared, input).and_then(|knob| knob.accept(value)) {
            found.push((format!("{path}.inputs.{input}"), error.of_inputs().en));
        }
    }
    if use_.drawing && !view.takes_drawing() {
        found.push((format!("{path}.drawing"), format!("view `{name}` takes no drawing")));
    }
    if let Some(opens) = &use_.opens {
        match of_name(&opens.view) {
            None => found.push((format!("{path}.opens.view"), unknown("view", &opens.view, known()))),
            Some(opened) => {
                if let Err(error) = find(&(opened.inputs)(), &opens.input) {
                    found.push((format!("{path}.opens.input"), error.of_inputs().en));
                }
            }
        }
    }
}

/// The knobs that a run must have to count.
fn check_knobs_of_run(
    path: &str,
    knobs: &BTreeMap<String, KnobValue>,
    experiment: &Experiment,
    found: &mut Vec<Found>,
) {
    let mut all = Knobs::default();
    for (name, value) in knobs {
        if let Err(error) = all.set(&(experiment.knobs)(), name, value) {
            found.push((format!("{path}.{name}"), error.to_string()));
        }
    }
}

fn check_exercises(lab: &Lab, experiment: &Experiment, found: &mut Vec<Found>) {
    for (index, exercise) in lab.exercises.iter().enumerate() {
        let before = lab.exercises[..index].iter().map(|exercise| exercise.id.as_str());
        if let Some(after) = exercise.after.as_deref().filter(|after| !before.clone().any(|id| id == *after)) {
            found.push((format!("exercises[{index}].after"), unknown("exercise before it", after, before)));
        }
        let path = format!("exercises[{index}].check");
        match &exercise.check {
            Check::Choice { options, answer } if *answer >= options.len() => {
                found.push((
                    format!("{path}.choice.answer"),
                    format!("answer {answer} of {} options, counted from 0", options.len()),
                ));
            }
            Check::Number { tolerance, .. } if *tolerance < 0.0 => {
                found.push((format!("{path}.number.tolerance"), "a negative tolerance".to_owned()));
            }
            Check::Series { condition, knobs, .. } => {
                if !experiment.series.contains(&condition.series.as_str()) {
                    let message = unknown("series", &condition.series, experiment.series.iter().copied());
                    found.push((format!("{path}.series.condition"), message));
                }
                check_knobs_of_run(&format!("{path}.series.knobs"), knobs, experiment, found);
            }
            Check::Instrument { state, view, input, values, knobs } => {
                check_knobs_of_run(&format!("{path}.instrument.knobs"), knobs, experiment, found);
                let views = lab.explore.iter().filter_map(|use_| use_.view.as_deref());
                if let Some(view) = view.as_deref().filter(|view| !views.clone().any(|known| known == *view)) {
                    found.push((format!("{path}.instrument.view"), unknown("view", view, views)));
                    continue;
                }
                let there = lab.explore.iter().filter(|use_| view.is_none() || use_.view == *view);
                let known: Vec<&str> = there.clone().flat_map(|use_| use_.instrument.states()).copied().collect();
                if !known.contains(&state.as_str()) {
                    found.push((format!("{path}.instrument.state"), unknown("state", state, known.iter().copied())));
                }
                let has_value = match state.as_str() {
                    "input_turned" => input.is_some(),
                    state => state == "prediction_right",
                };
                if !values.is_empty() && !has_value {
                    found.push((
                        format!("{path}.instrument.values"),
                        "`values`: expected the state `input_turned` and an `input`, or `prediction_right`".to_owned(),
                    ));
                }
                if matches!(state.as_str(), "drawing_shown" | "drawing_compared")
                    && !there.clone().any(|use_| use_.drawing)
                {
                    found.push((format!("{path}.instrument.state"), "no instrument here takes a drawing".to_owned()));
                }
                if let Some(input) = input {
                    let shown =
                        experiment.views.iter().filter(|spec| view.as_deref().is_none_or(|view| view == spec.name));
                    let inputs: Vec<&str> = match state.as_str() {
                        "action_sent" => experiment.actions.iter().map(|action| action.name).collect(),
                        _ => shown.flat_map(|spec| (spec.inputs)()).map(|knob| knob.name).collect(),
                    };
                    if !inputs.contains(&input.as_str()) {
                        let message = unknown("input", input, inputs.iter().copied());
                        found.push((format!("{path}.instrument.input"), message));
                    }
                }
            }
            Check::Answer { .. } | Check::Line { .. }
                if lab.explore.iter().all(|use_| use_.instrument != Instrument::Repl) =>
            {
                found.push((path, "no conversation on Explore to say a line in".to_owned()));
            }
            Check::Line { words } if words.is_empty() => {
                found.push((format!("{path}.line.words"), "no words: any line would do".to_owned()));
            }
            _ => {}
        }
    }
}
