//! The one list of what can be run.

use crate::data::Mnist;
use crate::experiment::knob::nearest;
use crate::experiment::{Failure, Knob, Knobs, Model, QueryKind, Trainable};
use crate::generative::vae::{self, TrainedVae, VaeLearner};
use std::path::PathBuf;
use std::sync::Arc;

/// Something that can be trained and asked.
pub struct Experiment {
    pub id: &'static str,
    pub knobs: fn() -> Vec<Knob>,
    /// Series that a run tells.
    pub series: &'static [&'static str],
    /// Pictures that a run tells.
    pub pictures: &'static [&'static str],
    /// Queries that the model answers.
    pub answers: &'static [QueryKind],
    /// Keys of the final report, beside those that every run has.
    pub report: &'static [&'static str],
    learn: fn(&Setting) -> Result<Box<dyn Trainable>, Failure>,
    open: Open,
    shipped: Shipped,
}

/// Makes a model from its weights and the knobs of its run.
type Open = fn(&[u8], &Knobs, &Source) -> Result<Arc<dyn Model>, Failure>;

/// A trained model that is part of the program.
struct Shipped {
    weights: &'static [u8],
    /// The `run.yaml` of the run that made it.
    run: &'static str,
}

/// Where data come from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where embedded data are unpacked to.
    pub cache: PathBuf,
    /// A person's own folder instead of the embedded data.
    pub folder: Option<PathBuf>,
}

impl Source {
    fn mnist(&self) -> Result<Mnist, Failure> {
        match &self.folder {
            Some(folder) => Mnist::from_folder(folder),
            None => Ok(Mnist::embedded(&self.cache)),
        }
    }
}

/// What a model is made from.
#[derive(Debug, Clone)]
pub struct Setting {
    pub knobs: Knobs,
    pub seed: u64,
    pub source: Source,
}

/// Every experiment, in the order of the lecture.
pub static EXPERIMENTS: [Experiment; 1] = [Experiment {
    id: "vae",
    knobs: vae::knobs,
    series: &vae::SERIES,
    pictures: &["samples", "reconstructions"],
    answers: &TrainedVae::ANSWERS,
    report: &vae::REPORT_KEYS,
    learn: |setting| {
        let mnist = setting.source.mnist()?;
        let batch = setting.knobs.integer("batch");
        if batch as usize > mnist.train.len() {
            return Err(Failure::new(format!(
                "knob `batch` = {batch}: only {} digits to learn from",
                mnist.train.len()
            )));
        }
        Ok(Box::new(VaeLearner::new(&setting.knobs, setting.seed, mnist)))
    },
    open: |weights, knobs, source| Ok(Arc::new(TrainedVae::open(weights, knobs, source.mnist()?.test)?)),
    shipped: Shipped {
        weights: include_bytes!("../assets/models/vae/model.safetensors"),
        run: include_str!("../assets/models/vae/run.yaml"),
    },
}];

/// The experiment of this id.
///
/// # Errors
/// When there is none; the message names the nearest.
pub fn find(id: &str) -> Result<&'static Experiment, Failure> {
    EXPERIMENTS.iter().find(|experiment| experiment.id == id).ok_or_else(|| {
        let known = EXPERIMENTS.iter().map(|experiment| experiment.id);
        let hint = match nearest(id, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of {}", known.collect::<Vec<_>>().join(", ")),
        };
        Failure::new(format!("unknown experiment `{id}`: {hint}"))
    })
}

impl Experiment {
    /// A fresh model to train.
    pub fn learn(&self, setting: &Setting) -> Result<Box<dyn Trainable>, Failure> {
        (self.learn)(setting)
    }

    /// A trained model from its weights and the knobs of its run.
    pub fn open(&self, weights: &[u8], knobs: &Knobs, source: &Source) -> Result<Arc<dyn Model>, Failure> {
        (self.open)(weights, knobs, source)
    }

    /// The model that ships with the program.
    pub fn open_shipped(&self, source: &Source) -> Result<Arc<dyn Model>, Failure> {
        #[derive(serde::Deserialize)]
        struct Run {
            knobs: Knobs,
        }
        let run: Run = serde_yaml::from_str(self.shipped.run)
            .map_err(|error| Failure::new(format!("the shipped model of {}: {error}", self.id)))?;
        self.open(self.shipped.weights, &run.knobs, source)
    }
}
