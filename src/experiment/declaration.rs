//! What a chapter declares of a lab: everything that the rooms above need to train it, ask it, draw it and name its keys.

use super::event::Report;
use super::knob::Knob;
use super::knobs::Knobs;
use super::language::Wording;
use super::model::{ExperimentError, Model, Trainable};
use super::query::QueryKind;
use super::view::{self, ViewSpec};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something that can be trained and asked. Each chapter file holds one; the registry lists them.
pub struct Experiment {
    pub id: &'static str,
    /// The file of its lab: name and text.
    pub lab: Option<(&'static str, &'static str)>,
    pub knobs: fn() -> Vec<Knob>,
    /// Series that a run emits.
    pub series: &'static [&'static str],
    /// The series to read beside the progress of a run.
    pub headline: &'static str,
    /// Views that a run emits while it trains.
    pub emits: &'static [&'static str],
    /// Views that the model answers.
    pub views: &'static [ViewSpec],
    /// Kinds of query that it answers.
    pub answers: &'static [QueryKind],
    /// What a person can do to a run beside turning knobs.
    pub actions: &'static [ActionSpec],
    /// Flags among the knobs that ask for more to be measured at the end (`--eval`).
    pub evaluations: &'static [&'static str],
    /// Keys of the final report, beside those that every run has.
    pub report: &'static [&'static str],
    /// What stands beside its name in the picker.
    pub preview: Preview,
    pub learn: Learn,
    pub open: Open,
    /// Opens a model that was trained elsewhere from its folder, where the lab knows such models.
    pub open_folder: Option<OpenFolder>,
    /// A run's weights in the formats of its field, for export.
    pub files: Option<Files>,
    pub bundled: Bundled,
    /// Knobs of small runs, `name=value` with spaces between: each takes a second, and there is one for each way that the
    /// lab can be used. Tests go over every experiment by them; none where there is nothing to train.
    pub small: &'static [&'static str],
}

/// How a model comes to be.
pub enum Learn {
    By(fn(&Setting) -> Result<Box<dyn Trainable>, ExperimentError>),
    /// There is nothing to train; what one does instead.
    Nothing(&'static str),
}

/// Makes a model from its weights and the knobs of its run.
pub type Open = fn(weights: &[u8], knobs: &Knobs, source: &Source) -> Result<Arc<dyn Model>, ExperimentError>;

/// Makes a model from the folder of one that was trained elsewhere.
pub type OpenFolder = fn(folder: &Path) -> Result<Arc<dyn Model>, ExperimentError>;

/// Names of files and their contents.
pub type Files = fn(weights: &[u8], knobs: &Knobs) -> Result<Vec<(&'static str, Vec<u8>)>, ExperimentError>;

/// A trained model that is part of the program.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    pub weights: &'static [u8],
    /// The `run.yaml` of the run that made it.
    pub run: &'static str,
}

/// The lab file of this name in `labs`, without its ending.
#[macro_export]
macro_rules! lab_file {
    ($name:literal) => {
        (concat!("labs/", $name, ".yaml"), include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/labs/", $name, ".yaml")))
    };
}

/// The model that is bundled for an experiment, from `assets/models`.
#[macro_export]
macro_rules! bundled {
    ($id:literal) => {
        $crate::experiment::declaration::Bundled {
            weights: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/", $id, "/model.safetensors")),
            run: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/", $id, "/run.yaml")),
        }
    };
}

/// What a person can do to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActionSpec {
    pub name: &'static str,
    /// The key of it, where it takes no argument or one that was picked.
    pub key: char,
    pub help: Wording,
    pub argument: Argument,
    /// The choice of a knob that a run must have for it.
    pub when: Option<(&'static str, &'static str)>,
}

/// What an action is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Argument {
    Nothing,
    /// A point picked in the plane: two numbers with a space between.
    Point,
    /// A word picked in a panel.
    Word,
    /// A cell picked in a grid: its row and its column, counted from 0, with a space between.
    Cell,
    /// Nothing either, but it acts on the world that Explore shows, such as a move of its agent.
    Shown,
    /// Nothing either, but it answers what a view of the run asks, by the name of that view: which of two texts is better.
    Answer(&'static str),
}

/// The names of some actions, for a message.
pub fn names(actions: &[ActionSpec]) -> String {
    actions.iter().map(|action| action.name).collect::<Vec<_>>().join(", ")
}

impl Argument {
    /// Whether it is a place that a person picks.
    pub fn is_picked(self) -> bool {
        matches!(self, Argument::Point | Argument::Word | Argument::Cell)
    }
}

impl ActionSpec {
    /// Whether it needs nothing that is picked, nor a run of a kind of its own: then it stands on the Train tab, as does what answers a
    /// view there.
    pub fn is_for_train(&self) -> bool {
        match self.argument {
            Argument::Nothing => self.when.is_none(),
            Argument::Answer(_) => true,
            _ => false,
        }
    }

    /// Whether it is for a place that is picked on the Explore tab, or undoes what such ones did.
    pub fn is_for_explore(&self) -> bool {
        !self.is_for_train()
    }

    /// Whether a run with these knobs takes it.
    pub fn fits(&self, knobs: &Knobs) -> bool {
        self.when.is_none_or(
            |(knob, choice)| matches!(knobs.0.get(knob), Some(super::value::KnobValue::Text(value)) if value == choice),
        )
    }
}

/// What the picker shows of a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preview {
    Nothing,
    /// A walk through the plane of its codes.
    LatentWalk,
    Samples,
    View(&'static str),
    /// A game that the tree search plays against itself.
    Game(&'static str),
}

/// Opens the bundled model of an experiment.
pub type Companion = fn(id: &str, source: &Source) -> Result<Arc<dyn Model>, ExperimentError>;

/// Where data come from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where embedded data are unpacked to.
    pub cache: PathBuf,
    /// A person's own folder or file instead of the embedded data.
    pub folder: Option<PathBuf>,
    /// A folder with a model that was trained elsewhere, in place of the bundled one of the lab that can open it.
    pub weights: Option<PathBuf>,
    /// Where what a person said is kept from one time to the next.
    pub keep: PathBuf,
    /// Opens the bundled model of another experiment, to stand beside one's own.
    pub companion: Companion,
}

/// What a model is made from.
#[derive(Debug, Clone)]
pub struct Setting {
    pub knobs: Knobs,
    pub seed: u64,
    pub source: Source,
    /// The folder of the run, for what only this lab keeps; none where a run leaves nothing behind.
    pub folder: Option<PathBuf>,
    /// How many digits for training, validation and test, where a run must be short; else all.
    pub digits: Option<[usize; 3]>,
}

/// What `run.yaml` says of a bundled model.
#[derive(Deserialize)]
struct BundledRun {
    knobs: Knobs,
    #[serde(default)]
    report: Report,
}

impl Source {
    /// The bundled model of another experiment.
    ///
    /// # Errors
    /// When there is no such experiment.
    pub fn companion(&self, id: &str) -> Result<Arc<dyn Model>, ExperimentError> {
        (self.companion)(id, self)
    }
}

impl Experiment {
    /// An experiment without knobs, series or anything: declarations begin from it.
    pub const EMPTY: Experiment = Experiment {
        id: "",
        lab: None,
        knobs: Vec::new,
        series: &[],
        headline: "",
        emits: &[],
        views: &[],
        answers: &[],
        actions: &[],
        evaluations: &[],
        report: &[],
        preview: Preview::Nothing,
        learn: Learn::Nothing("there is nothing to train"),
        open: |_, _, _| Err(ExperimentError::new("there is no model to open")),
        open_folder: None,
        files: None,
        bundled: Bundled { weights: &[], run: "knobs: {}" },
        small: &[],
    };

    /// A fresh model to train.
    ///
    /// # Errors
    /// When there is nothing to train, or the model cannot be made.
    pub fn learn(&self, setting: &Setting) -> Result<Box<dyn Trainable>, ExperimentError> {
        match self.learn {
            Learn::By(learn) => learn(setting),
            Learn::Nothing(instead) => {
                Err(ExperimentError::new(format!("{} has nothing to train: {instead}", self.id)))
            }
        }
    }

    /// What one does instead of training, if there is nothing to train.
    pub fn instead_of_training(&self) -> Option<&'static str> {
        match self.learn {
            Learn::By(_) => None,
            Learn::Nothing(instead) => Some(instead),
        }
    }

    /// The view of this name.
    ///
    /// # Errors
    /// As [`view::find`].
    pub fn view(&self, name: &str) -> Result<&'static ViewSpec, ExperimentError> {
        view::find(self.views, name)
    }

    /// A run's weights in the formats of its field.
    ///
    /// # Errors
    /// When the weights are broken or do not fit the knobs.
    pub fn files(&self, weights: &[u8], knobs: &Knobs) -> Result<Vec<(&'static str, Vec<u8>)>, ExperimentError> {
        let knobs = knobs.completed(&(self.knobs)()).map_err(|error| ExperimentError::new(error.to_string()))?;
        self.files.map_or(Ok(Vec::new()), |files| files(weights, &knobs))
    }

    /// A trained model from its weights and the knobs of its run.
    ///
    /// # Errors
    /// When the weights are broken or do not fit the knobs.
    pub fn open(&self, weights: &[u8], knobs: &Knobs, source: &Source) -> Result<Arc<dyn Model>, ExperimentError> {
        let knobs = knobs.completed(&(self.knobs)()).map_err(|error| ExperimentError::new(error.to_string()))?;
        (self.open)(weights, &knobs, source)
    }

    /// The bundled model.
    ///
    /// # Errors
    /// When it does not fit what this program declares: a fault of the program.
    pub fn open_bundled(&self, source: &Source) -> Result<Arc<dyn Model>, ExperimentError> {
        self.open(self.bundled.weights, &self.bundled_run()?.knobs, source)
    }

    /// The model that answers where none of a run is asked: one that was trained elsewhere if a folder of it is given, else the bundled one.
    ///
    /// # Errors
    /// When the folder cannot be opened; or as [`open_bundled`](Self::open_bundled).
    pub fn open_default(&self, source: &Source) -> Result<Arc<dyn Model>, ExperimentError> {
        match (self.open_folder, &source.weights) {
            (Some(open), Some(folder)) => open(folder),
            _ => self.open_bundled(source),
        }
    }

    /// How long the training of the bundled model took, if anything was trained.
    pub fn bundled_train_seconds(&self) -> Option<f64> {
        self.bundled_run().ok()?.report.get("train_seconds")?.as_f64()
    }

    /// The knobs of the run that made the bundled model, completed.
    ///
    /// # Errors
    /// When there is no bundled model, or it is of another program.
    pub fn bundled_knobs(&self) -> Result<Knobs, ExperimentError> {
        let knobs = self.bundled_run()?.knobs.completed(&(self.knobs)());
        knobs.map_err(|error| ExperimentError::new(format!("the bundled model: {error}")))
    }

    /// The report of the run that made the bundled model.
    ///
    /// # Errors
    /// When there is no bundled model.
    pub fn bundled_report(&self) -> Result<Report, ExperimentError> {
        Ok(self.bundled_run()?.report)
    }

    fn bundled_run(&self) -> Result<BundledRun, ExperimentError> {
        let failure =
            |error: serde_yaml::Error| ExperimentError::new(format!("the bundled model of {}: {error}", self.id));
        serde_yaml::from_str(self.bundled.run).map_err(failure)
    }
}
