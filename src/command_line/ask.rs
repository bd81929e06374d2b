//! `shinso ask`: one of a model's views, printed.

use super::arguments::AskArguments;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{Answer, Experiment, ExperimentError, Knobs, Model, Panel, Query, TaskContext, ViewSpec};
use crate::intake::gate;
use crate::printer::{json_line, print};
use crate::registry;
use crate::run::recorder::{self, WEIGHTS};
use crate::run::{RunError, ask, file};
use crate::tui::linear::in_words;
use serde_json::json;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

pub fn run(environment: &Environment, arguments: &AskArguments) -> Exit {
    let experiment = match experiment(environment, &arguments.lab) {
        Ok(experiment) => experiment,
        Err(error) => return Exit::Usage(error),
    };
    let Some(name) = &arguments.view else { return print(&listed(environment, experiment)) };
    let asked = experiment.view(name).and_then(|view| Ok((view, ask::inputs(view, &arguments.inputs)?)));
    let (view, inputs) = match asked {
        Ok(asked) => asked,
        Err(failure) => return Exit::usage(failure),
    };
    let model = match model(environment, experiment, arguments.run.as_deref()) {
        Ok(model) => model,
        Err(exit) => return exit,
    };
    let query = Query::View { name: view.name.to_owned(), inputs: inputs.clone() };
    let panels = match model.answer(&query, &TaskContext::default()) {
        Ok(Answer::Panels { panels }) => panels,
        Ok(_) => return Exit::Failed(format!("view `{}` gave no panels: a fault of the program", view.name)),
        Err(failure) => return Exit::Failed(failure.in_language(environment.language).to_owned()),
    };
    if let Some(folder) = &arguments.png
        && let Err(error) = write_pictures(folder, view, &panels)
    {
        return Exit::failed(error);
    }
    if arguments.json {
        let line = json!({"version": 1, "lab": arguments.lab, "view": view.name, "inputs": inputs, "panels": panels});
        return print(&json_line(&line));
    }
    let bars = io::stdout().is_terminal();
    print(&panels.iter().map(|panel| in_words(panel, environment.language, bars)).collect::<String>())
}

fn experiment(environment: &Environment, id: &str) -> Result<&'static Experiment, String> {
    let experiment = match environment.catalogue.find(id) {
        Ok(lab) => registry::find(&lab.experiment).map_err(|error| error.to_string())?,
        // An experiment that is no lab, such as the classifier, has views too.
        Err(error) => registry::find(id).map_err(|_| error)?,
    };
    if experiment.views.is_empty() {
        return Err(format!("{id} has no views"));
    }
    Ok(experiment)
}

/// The model of a run of the experiment, or the one that answers without.
fn model(environment: &Environment, experiment: &Experiment, run: Option<&str>) -> Result<Arc<dyn Model>, Exit> {
    let in_words = |error: ExperimentError| Exit::Failed(error.in_language(environment.language).to_owned());
    let Some(id) = run else { return experiment.open_default(&environment.source).map_err(in_words) };
    let (weights, knobs) = weights_of_run(environment, experiment, id)?;
    experiment.open(&weights, &knobs, &environment.source).map_err(Exit::failed)
}

/// The weights that a run of an experiment kept, and its knobs.
pub(super) fn weights_of_run(
    environment: &Environment,
    experiment: &Experiment,
    id: &str,
) -> Result<(Vec<u8>, Knobs), Exit> {
    let description = environment.store.find(id).map_err(|error| match error {
        error @ RunError::Unknown(..) => Exit::usage(error),
        error => Exit::failed(error),
    })?;
    if description.experiment != experiment.id {
        let found = &description.experiment;
        return Err(Exit::Usage(format!("run {} is of {found}, not of {}", description.id, experiment.id)));
    }
    let weights = environment.store.bytes(&description.id, WEIGHTS).map_err(Exit::failed)?;
    let knobs = description.knobs.completed(&(experiment.knobs)()).map_err(Exit::failed)?;
    Ok((weights, knobs))
}

/// The views there are, and what each can be asked with.
fn listed(environment: &Environment, experiment: &Experiment) -> String {
    let language = environment.language;
    let mut text = String::new();
    for view in experiment.views {
        text.push_str(&format!("{:12} {}\n", view.name, view.help.in_language(language)));
        for input in (view.inputs)() {
            let assignment = format!("{}={}", input.name, input.default);
            let kind = input.kind.wording();
            let (help, kind) = (input.help.in_language(language), kind.in_language(language));
            text.push_str(&format!("  {assignment:22} {help} ({kind})\n"));
        }
    }
    text
}

/// Every panel of pictures as a PNG file in a folder, which is made if it is not there.
fn write_pictures(folder: &Path, view: &ViewSpec, panels: &[Panel]) -> Result<(), ExperimentError> {
    let failure = |error: &dyn std::fmt::Display| ExperimentError::new(error.to_string());
    let cannot = |error: io::Error| ExperimentError::new(format!("{}: {error}", folder.display()));
    gate::may_read(folder)?;
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let grids = panels.iter().filter_map(|panel| match panel {
        Panel::Pictures { images, .. } => Some(images),
        _ => None,
    });
    let mut written = 0;
    for images in grids {
        written += 1;
        let path = folder.join(format!("{}-{written}.png", view.name));
        file::write_whole(&path, &recorder::png(images)).map_err(|error| failure(&error))?;
    }
    if written == 0 {
        Err(ExperimentError::new(format!("view `{}` has no pictures for --png", view.name)))
    } else {
        Ok(())
    }
}
