//! `shinso runs`.

use super::arguments::RunsVerb;
use super::{print, train};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::Precision;
use crate::run::{RunDescription, RunError, export};
use std::collections::BTreeSet;
use std::fmt::Write;

pub fn run(environment: &Environment, verb: RunsVerb) -> Exit {
    match verb {
        RunsVerb::List { json } => list(environment, json),
        RunsVerb::Show { run } => match environment.store.find(&run) {
            Ok(run) => print(&show(environment, &run)),
            Err(error) => refuse(error),
        },
        RunsVerb::Export { run, to, half } => {
            let precision = half.then_some(Precision::Half);
            let found = environment.store.find(&run);
            let written = found.and_then(|run| export::export(&environment.store, &run.id, &to, precision));
            match written {
                Ok(files) => print(&format!("{} files in {}\n", files.len(), to.display())),
                Err(error) => refuse(error),
            }
        }
        RunsVerb::Delete { runs } => delete(environment, &runs),
        RunsVerb::Resume { run, threads, json } => train::resume(environment, &run, threads, json),
    }
}

fn refuse(error: RunError) -> Exit {
    match error {
        RunError::Unknown(..) => Exit::usage(error),
        _ => Exit::failed(error),
    }
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

fn list(environment: &Environment, json: bool) -> Exit {
    let (runs, broken) = match environment.store.list() {
        Ok(listed) => listed,
        Err(error) => return Exit::failed(error),
    };
    for error in &broken {
        eprintln!("shinso: {}", error.to_string().replace('\n', " "));
    }
    let mut text = String::new();
    if runs.is_empty() && !json {
        text.push_str("no runs yet; `shinso train vae` makes one\n");
    }
    for run in runs {
        let line = if json {
            serde_json::to_string(&run).expect("a description is plain data")
        } else {
            let preset = run.preset.as_deref().unwrap_or("-");
            let headline = run
                .main_figure()
                .map(|(key, value)| format!("{key} {value:.4}"))
                .or(run.failure.clone())
                .unwrap_or_default();
            format!("{:28} {:8} {:10} seed {:<6} {headline}", run.id, run.status, preset, run.seed)
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    print(&text)
}

fn show(environment: &Environment, run: &RunDescription) -> String {
    let mut text = serde_yaml::to_string(run).expect("a description is plain data");
    let _infallible = writeln!(text, "folder: {}", environment.store.folder_of(&run.id).display());
    text
}
