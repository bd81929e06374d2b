//! A run that is over, from its record.

use super::question::ModelSource;
use super::recorder::WEIGHTS;
use super::runner::{RunHandle, Stopper};
use super::{RunDescription, RunStore};
use crate::experiment::{Command, ExperimentError, Model, Source};
use crate::registry;
use std::sync::{Arc, OnceLock};

/// A run of an earlier time. Its model is opened from the weights that it kept, once, by the first who asks; commands go nowhere.
pub struct RecordedRun {
    id: String,
    model: ModelSource,
}

impl RecordedRun {
    pub fn new(store: RunStore, description: RunDescription, source: &Source) -> Self {
        let source = Source { folder: description.data.clone(), ..source.clone() };
        let id = description.id.clone();
        let opened = OnceLock::new();
        let model = move || opened.get_or_init(|| open(&store, &description, &source)).clone();
        RecordedRun { id, model: Arc::new(model) }
    }
}

fn open(store: &RunStore, run: &RunDescription, source: &Source) -> Result<Arc<dyn Model>, ExperimentError> {
    let weights = store.optional(&run.id, WEIGHTS).map_err(|error| ExperimentError::new(error.to_string()))?;
    let weights = weights.ok_or_else(|| {
        ExperimentError::both(
            "the run ended before it saved a model; resume it to get one",
            "この実行は、モデルを保存する前に終わっています。再開するとモデルが保存されます",
        )
    })?;
    let broken = |error| ExperimentError::new(format!("run {}: {WEIGHTS}: {error}", run.id));
    registry::find(&run.experiment)?.open(&weights, &run.knobs, source).map_err(broken)
}

impl RunHandle for RecordedRun {
    fn id(&self) -> &str {
        &self.id
    }

    fn send(&self, _command: Command) {}

    fn model(&self) -> ModelSource {
        Arc::clone(&self.model)
    }

    fn is_over(&self) -> bool {
        true
    }

    fn stopper(&self) -> Stopper {
        Arc::new(|| true)
    }

    fn wait(self: Box<Self>) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::open_bundled;
    use crate::run::store::tests::description;
    use crate::run::store::write_whole;

    #[test]
    fn a_run_without_a_model_says_so_and_a_broken_one_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let store = RunStore::new(path.join("runs"));
        let source = Source { cache: path.clone(), folder: None, weights: None, keep: path, companion: open_bundled };
        let (run, _lock) = store.create(description(), &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
        let said = || {
            let model = RecordedRun::new(store.clone(), run.clone(), &source).model();
            model().err().expect("no model").to_string()
        };
        assert!(said().contains("resume it"), "{}", said());
        write_whole(&store.folder_of(&run.id).join(WEIGHTS), b"not weights").unwrap();
        assert!(said().starts_with(&format!("run {}: {WEIGHTS}: ", run.id)), "{}", said());
    }
}
