//! A run that is over, from its record.

use super::question::ModelSource;
use super::recorder::WEIGHTS;
use super::runner::RunHandle;
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
    let weights = store.bytes(&run.id, WEIGHTS).map_err(|error| ExperimentError::new(error.to_string()))?;
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

    fn wait(self: Box<Self>) -> Result<(), String> {
        Ok(())
    }
}
