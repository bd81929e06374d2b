//! A run in files that other programs read.

use super::file::{RunError, write_whole};
use super::metrics;
use super::recorder::{PICTURES, WEIGHTS};
use super::store::RunStore;
use crate::experiment::{Event, ExperimentError, Precision};
use crate::intake::gate;
use crate::nn::weights;
use crate::registry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Copies a run's description, weights and pictures to `folder`, with its series as `metrics.csv`: a row a step, a
/// column a series, empty where a series has no value at a step, and the weights in the formats of the lab's field. `precision` writes
/// the weights anew in that format; `over` writes over files that are there. Returns the files written.
///
/// # Errors
/// When something of the run cannot be read or is broken; when the folder is of the runs themselves or holds such files already, and
/// nothing is written then.
pub fn export(
    store: &RunStore,
    id: &str,
    folder: &Path,
    precision: Option<Precision>,
    over: bool,
) -> Result<Vec<PathBuf>, RunError> {
    let refused = |why: String| RunError::Refused { file: folder.to_owned(), reason: why };
    gate::may_read(folder).map_err(|error| RunError::Intake(error.to_string()))?;
    if store.holds(folder) {
        return Err(refused("is within the folder of the runs themselves; expected another folder".to_owned()));
    }
    let files = files(store, id, precision)?;
    let (files, failed) = (files.ready, files.failed);
    if let Some((name, _)) = files.iter().find(|(name, _)| !over && folder.join(name).exists()) {
        return Err(refused(format!("has a file {} already; expected another folder, or --overwrite", name.display())));
    }
    let mut written = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        let of = path.parent().unwrap_or(folder);
        fs::create_dir_all(of).map_err(|error| RunError::file(of, error))?;
        write_whole(&path, &content)?;
        written.push(path);
    }
    written.sort();
    failed.map_or(Ok(written), Err)
}

/// What an export is to write.
#[derive(Default)]
struct Files {
    ready: Vec<(PathBuf, Vec<u8>)>,
    /// Why the formats of the lab's field are missing.
    failed: Option<RunError>,
}

fn files(store: &RunStore, id: &str, precision: Option<Precision>) -> Result<Files, RunError> {
    let mut files = Files::default();
    files.ready.push(("metrics.csv".into(), csv(&store.events(id)?.events).into_bytes()));
    for name in ["run.yaml", metrics::FILE] {
        files.ready.extend(store.optional(id, name)?.map(|bytes| (name.into(), bytes)));
    }
    let source = store.folder_of(id);
    let broken = |failure: ExperimentError| RunError::Content {
        file: source.join(WEIGHTS),
        place: "start".to_owned(),
        reason: failure.to_string(),
    };
    if let Some(bytes) = store.optional(id, WEIGHTS)? {
        let archive = weights::decode(&bytes).map_err(broken)?;
        let description = store.read(id)?;
        if let Ok(experiment) = registry::find(&description.experiment) {
            match experiment.files(&bytes, &description.knobs) {
                Ok(of_field) => files.ready.extend(of_field.into_iter().map(|(name, content)| (name.into(), content))),
                Err(failure) => files.failed = Some(broken(failure)),
            }
        }
        let tensors = archive.tensors.iter().map(|(name, value)| (name.clone(), value));
        let anew = precision.map(|precision| weights::encode(tensors, archive.state.as_deref(), precision));
        files.ready.push((WEIGHTS.into(), anew.unwrap_or(bytes)));
    }
    if let Ok(pictures) = fs::read_dir(source.join(PICTURES)) {
        for name in pictures.flatten().map(|picture| Path::new(PICTURES).join(picture.file_name())) {
            files.ready.extend(store.optional(id, &name)?.map(|bytes| (name, bytes)));
        }
    }
    Ok(files)
}

/// The series of some events as comma-separated values.
fn csv(events: &[Event]) -> String {
    let mut names = BTreeSet::new();
    let mut rows: BTreeMap<u64, BTreeMap<&str, f64>> = BTreeMap::new();
    for event in events {
        if let Event::Scalar { series, step, value } = event {
            names.insert(series.as_str());
            rows.entry(*step).or_default().insert(series, *value);
        }
    }
    let mut text = String::from("step");
    names.iter().for_each(|name| text.extend([",", name]));
    text.push('\n');
    for (step, values) in rows {
        text.push_str(&step.to_string());
        for name in &names {
            text.push(',');
            if let Some(value) = values.get(name) {
                text.push_str(&value.to_string());
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_become_columns() {
        let scalar = |series: &str, step, value| Event::Scalar { series: series.into(), step, value };
        let events = [scalar("b", 20, 1.5), scalar("a", 20, f64::NAN), scalar("b", 40, 2.0)];
        assert_eq!(csv(&events), "step,a,b\n20,NaN,1.5\n40,,2\n");
    }
}
