//! A run in files that other programs read.

use super::file::{RunError, write_whole};
use super::recorder::WEIGHTS;
use super::store::RunStore;
use crate::experiment::{Event, ExperimentError, Precision};
use crate::nn::weights;
use crate::registry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Copies a run's description, weights and pictures to `folder`, with its series as `metrics.csv`: a row a step, a
/// column a series, empty where a series has no value at a step, and the weights in the formats of the lab's field. `precision` writes the weights anew in that format.
/// Returns the files written.
pub fn export(
    store: &RunStore,
    id: &str,
    folder: &Path,
    precision: Option<Precision>,
) -> Result<Vec<PathBuf>, RunError> {
    fs::create_dir_all(folder).map_err(|error| RunError::file(folder, error))?;
    let mut written = Vec::new();
    let table = folder.join("metrics.csv");
    write_whole(&table, csv(&store.events(id)?.events).as_bytes())?;
    written.push(table);
    let source = store.folder_of(id);
    for name in ["run.yaml", "metrics.jsonl", WEIGHTS] {
        copy(&source.join(name), &folder.join(name), &mut written)?;
    }
    let weights = folder.join(WEIGHTS);
    let broken = |failure: ExperimentError| RunError::Content {
        file: source.join(WEIGHTS),
        place: "start".to_owned(),
        reason: failure.to_string(),
    };
    if let Some(precision) = precision
        && written.contains(&weights)
    {
        let bytes = store.bytes(id, WEIGHTS)?;
        let archive = weights::decode(&bytes).map_err(broken)?;
        let tensors = archive.tensors.iter().map(|(name, value)| (name.clone(), value));
        write_whole(&weights, &weights::encode(tensors, archive.state.as_deref(), precision))?;
    }
    let description = store.read(id)?;
    let bytes = fs::read(source.join(WEIGHTS)).ok();
    if let (Ok(experiment), Some(bytes)) = (registry::find(&description.experiment), bytes) {
        let files = experiment.files(&bytes, &description.knobs).map_err(broken)?;
        for (name, content) in files {
            write_whole(&folder.join(name), &content)?;
            written.push(folder.join(name));
        }
    }
    if let Ok(pictures) = fs::read_dir(source.join("pictures")) {
        let to = folder.join("pictures");
        fs::create_dir_all(&to).map_err(|error| RunError::file(&to, error))?;
        for picture in pictures.flatten() {
            copy(&picture.path(), &to.join(picture.file_name()), &mut written)?;
        }
    }
    written.sort();
    Ok(written)
}

fn copy(from: &Path, to: &Path, written: &mut Vec<PathBuf>) -> Result<(), RunError> {
    match fs::read(from) {
        Ok(bytes) => {
            write_whole(to, &bytes)?;
            written.push(to.to_owned());
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RunError::file(from, error)),
    }
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
