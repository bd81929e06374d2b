//! `shinso runs`.

use super::arguments::RunsVerb;
use super::train;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::Precision;
use crate::experiment::figure::Figure;
use crate::printer::{self, json_line, print, printable};
use crate::run::{RunDescription, RunError, RunLabel, export};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write;

pub fn run(environment: &Environment, verb: RunsVerb) -> Exit {
    match verb {
        RunsVerb::List { json } => list(environment, json),
        RunsVerb::Show { run } => match environment.store.find(&run) {
            Ok(run) => print(&show(environment, &run)),
            Err(error) => refuse(error),
        },
        RunsVerb::Export { run, to, half, overwrite } => {
            let precision = half.then_some(Precision::Half);
            let found = environment.store.find(&run);
            let written = found.and_then(|run| export::export(&environment.store, &run.id, &to, precision, overwrite));
            match written {
                Ok(files) => print(&format!("{} files in {}\n", files.len(), to.display())),
                Err(error) => refuse(error),
            }
        }
        RunsVerb::Label { run, name, note, pin, unpin } => match label(environment, &run, name, note, (pin, unpin)) {
            Ok(said) => print(&said),
            Err(error) => refuse(error),
        },
        RunsVerb::Delete { runs } => delete(environment, &runs),
        RunsVerb::Restore { runs } => match restore(environment, &runs) {
            Ok(said) => print(&said),
            Err(error) => refuse(error),
        },
        RunsVerb::Resume { run, threads, json } => train::resume(environment, &run, threads, json),
    }
}

fn refuse(error: RunError) -> Exit {
    match error {
        RunError::Unknown(..) => Exit::usage(error),
        _ => Exit::failed(error),
    }
}

/// Changes what is given of a run's label; says how it stands then.
fn label(
    environment: &Environment,
    run: &str,
    name: Option<String>,
    note: Option<String>,
    (pin, unpin): (bool, bool),
) -> Result<String, RunError> {
    let id = environment.store.find(run)?.id;
    let before = environment.store.label(&id)?;
    let label = RunLabel {
        name: name.map_or(before.name, |name| name.trim().to_owned()),
        note: note.map_or(before.note, |note| note.trim().to_owned()),
        pinned: pin || before.pinned && !unpin,
    };
    environment.store.set_label(&id, &label)?;
    let pinned = if label.pinned { "pinned" } else { "not pinned" };
    Ok(format!("{id}  {pinned}  {}\n", printable(&label.line())).replace("  \n", "\n"))
}

/// Deletes runs: all that are named, or none where one is unknown.
fn delete(environment: &Environment, named: &[String]) -> Exit {
    let found: Result<BTreeSet<String>, RunError> =
        named.iter().map(|run| Ok(environment.store.find(run)?.id)).collect();
    let ids = match found {
        Ok(ids) => ids,
        Err(error) => return refuse(error),
    };
    let (mut text, mut failed) = (String::new(), None);
    for id in ids {
        match environment.store.delete(&id) {
            Ok(()) => text.push_str(&format!("deleted {id}\n")),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match (print(&text), failed) {
        (Exit::Done, Some(error)) => refuse(error),
        (printed, _) => printed,
    }
}

/// Brings deleted runs back, or says which could be.
fn restore(environment: &Environment, named: &[String]) -> Result<String, RunError> {
    let deleted = environment.store.deleted();
    let mut text = String::new();
    if named.is_empty() {
        for run in deleted.list()?.0 {
            text.push_str(&format!("{}\n", run.id));
        }
        return Ok(if text.is_empty() { "no deleted run is left\n".to_owned() } else { text });
    }
    for name in named {
        let id = deleted.find(name)?.id;
        environment.store.restore(&id)?;
        text.push_str(&format!("restored {id}\n"));
    }
    Ok(text)
}

fn list(environment: &Environment, json: bool) -> Exit {
    let (runs, broken) = match environment.store.list() {
        Ok(listed) => listed,
        Err(error) => return Exit::failed(error),
    };
    for error in &broken {
        printer::note(&format!("shinso: {}", printer::in_one_line(&error.to_string())));
    }
    let mut text = String::new();
    if runs.is_empty() && !json {
        text.push_str("no runs yet; `shinso train vae` makes one\n");
    }
    let labels = runs.iter().map(|run| environment.store.label(&run.id));
    let labels: Vec<RunLabel> = labels
        .map(|label| {
            label.unwrap_or_else(|error| {
                printer::note(&format!("shinso: {}", printer::in_one_line(&error.to_string())));
                RunLabel::default()
            })
        })
        .collect();
    for (run, label) in runs.into_iter().zip(labels) {
        let line = if json {
            json_line(&Listed { run: &run, label: &label })
        } else {
            let preset = run.preset.as_deref().unwrap_or("-");
            let headline = run
                .main_figure()
                .map(|(key, value)| format!("{key} {value:.4}"))
                .or(run.failure.clone())
                .unwrap_or_default();
            let pin = if label.pinned { "*" } else { " " };
            let said = printable(&label.line());
            format!("{:28}{pin}{:8} {:10} seed {:<6} {headline:32} {said}", run.id, run.status, preset, run.seed)
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    print(&text)
}

/// A run with its label, as `runs list --json` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    run: &'a RunDescription,
    label: &'a RunLabel,
}

fn show(environment: &Environment, run: &RunDescription) -> String {
    let mut text = serde_yaml::to_string(run).expect("a description is plain data");
    let reported = run.report.iter().flat_map(|report| report.keys()).filter_map(|key| Figure::find(key));
    for figure in reported {
        let unit = if figure.unit.en.is_empty() { String::new() } else { format!(" ({})", figure.unit.en) };
        let _infallible = writeln!(text, "# {}{unit}: {}", figure.name, figure.meaning.en);
    }
    if let Ok(label) = environment.store.label(&run.id)
        && label != RunLabel::default()
    {
        text.push_str(&serde_yaml::to_string(&label).expect("a label is plain data"));
    }
    let _infallible = writeln!(text, "folder: {}", environment.store.folder_of(&run.id).display());
    text
}
