//! `shinso worker`: a run driven by JSON lines on standard input and output.

use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{KnobValue, Knobs};
use crate::lab::Catalogue;
use crate::printer;
use crate::registry;
use crate::run::thread::ThreadRunner;
use crate::run::worker::{Resolved, serve};
use std::collections::BTreeMap;
use std::io::{self, BufReader};

pub fn run(environment: &Environment) -> Exit {
    let runner = ThreadRunner { store: environment.store.clone(), source: environment.source.clone() };
    let resolve = |lab: &str, preset: Option<&str>, set: &BTreeMap<String, KnobValue>| {
        resolve(&environment.catalogue, lab, preset, set)
    };
    match serve(BufReader::new(io::stdin()), &mut printer::json_out(), &runner, &resolve) {
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Interrupted,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}

/// The experiment of a lab, or one that is no lab, and the knobs of a run: those of the preset, then those that are set.
pub fn resolve(
    catalogue: &Catalogue,
    lab: &str,
    preset: Option<&str>,
    set: &BTreeMap<String, KnobValue>,
) -> Result<Resolved, String> {
    let found = match catalogue.find(lab) {
        Ok(found) => Some(found),
        // An experiment that is no lab, such as the classifier, has no presets.
        Err(error) => registry::find(lab).map(|_| None).map_err(|_| error)?,
    };
    let experiment = registry::find(found.map_or(lab, |lab| &lab.experiment)).map_err(|error| error.to_string())?;
    if let Some(instead) = experiment.instead_of_training() {
        return Err(format!("{lab} has nothing to train: {instead}"));
    }
    let declared = (experiment.knobs)();
    let (mut knobs, preset) = match (found, preset) {
        (Some(lab), Some(preset)) => (lab.knobs_of_preset(preset, &declared)?, Some(preset.to_owned())),
        (_, None) => (Knobs::defaults(&declared), None),
        (None, Some(preset)) => {
            return Err(format!("preset {preset}: {} is no lab and has no presets; set knobs", experiment.id));
        }
    };
    for (name, value) in set {
        knobs.set(&declared, name, value).map_err(|error| error.to_string())?;
    }
    Ok(Resolved { experiment: experiment.id.to_owned(), preset, knobs })
}
