//! The one list of what can be run.

use crate::attention::embeddings::{Conversation, History, Session};
use crate::attention::word2vec::{self, TrainedWord2Vec, Word2VecLearner};
use crate::data::Mnist;
use crate::experiment::knob::nearest;
use crate::experiment::{Failure, Knob, Knobs, Model, QueryKind, Trainable};
use crate::generative::autoencoder::{self, AutoencoderLearner, TrainedAutoencoder};
use crate::generative::classifier::{self, ClassifierLearner, Judge};
use crate::generative::compare::Generator;
use crate::generative::cyclegan::{self, CycleGanLearner, TrainedCycleGan};
use crate::generative::diffusion::{self, DiffusionLearner, TrainedDiffusion};
use crate::generative::gan::{self, GanLearner, TrainedGan};
use crate::generative::kl::{self, FittedDivergence, KlLearner};
use crate::generative::vae::{self, TrainedVae, VaeLearner};
use crate::reinforcement::board_game::BoardGame;
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
    /// Views that its model shows.
    pub views: &'static [&'static str],
    /// Of the views, and `plane`, those that change with a slider.
    pub sliders: &'static [&'static str],
    /// Actions that a run takes beside knobs.
    pub acts: &'static [&'static str],
    /// Flags among the knobs that ask for more to be measured at the end (`--eval`).
    pub evaluations: &'static [&'static str],
    /// Keys of the final report, beside those that every run has.
    pub report: &'static [&'static str],
    learn: Learn,
    open: Open,
    /// A run's weights in the formats of its field, for export.
    files: Option<Files>,
    shipped: Shipped,
}

/// How a model comes to be.
enum Learn {
    By(fn(&Setting) -> Result<Box<dyn Trainable>, Failure>),
    /// There is nothing to train; what one does instead.
    Nothing(&'static str),
}

/// Names of files and their contents.
type Files = fn(&[u8], &Knobs) -> Result<Vec<(&'static str, Vec<u8>)>, Failure>;

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
    /// A person's own folder or file instead of the embedded data.
    pub folder: Option<PathBuf>,
    /// Where what a person said is kept from one time to the next.
    pub keep: PathBuf,
}

impl Source {
    fn mnist(&self) -> Result<Mnist, Failure> {
        match &self.folder {
            Some(folder) => Mnist::from_folder(folder),
            None => Ok(Mnist::embedded(&self.cache)),
        }
    }
}

impl Source {
    /// The classifier that ships with the program, as the judge of what generators make.
    fn judge(&self) -> Result<Judge, Failure> {
        Judge::open(find("classifier")?.shipped.weights)
    }
}

/// What a model is made from.
#[derive(Debug, Clone)]
pub struct Setting {
    pub knobs: Knobs,
    pub seed: u64,
    pub source: Source,
}

macro_rules! shipped {
    ($id:literal) => {
        Shipped {
            weights: include_bytes!(concat!("../assets/models/", $id, "/model.safetensors")),
            run: include_str!(concat!("../assets/models/", $id, "/run.yaml")),
        }
    };
}

impl Setting {
    /// The digits, if there are enough for a batch.
    fn digits(&self) -> Result<Mnist, Failure> {
        let mnist = self.source.mnist()?;
        let batch = self.knobs.integer("batch");
        if batch as usize > mnist.train.len() {
            let digits = mnist.train.len();
            return Err(Failure::new(format!("knob `batch` = {batch}: only {digits} digits to learn from")));
        }
        Ok(mnist)
    }
}

/// Every experiment, in the order of the lecture.
pub static EXPERIMENTS: [Experiment; 10] = [
    Experiment {
        id: "classifier",
        knobs: classifier::knobs,
        series: &classifier::SERIES,
        pictures: &[],
        answers: &classifier::ANSWERS,
        views: &[],
        sliders: &[],
        acts: &[],
        evaluations: &[],
        report: &classifier::REPORT_KEYS,
        learn: Learn::By(|setting| {
            Ok(Box::new(ClassifierLearner::new(&setting.knobs, setting.seed, setting.digits()?)))
        }),
        open: |weights, _, _| Ok(Arc::new(Judge::open(weights)?)),
        files: None,
        shipped: shipped!("classifier"),
    },
    Experiment {
        id: "autoencoder",
        knobs: autoencoder::knobs,
        series: &autoencoder::SERIES,
        pictures: &["components", "reconstructions"],
        answers: &TrainedAutoencoder::ANSWERS,
        views: &autoencoder::VIEWS,
        sliders: &["gaps"],
        acts: &[],
        evaluations: &[],
        report: &autoencoder::REPORT_KEYS,
        learn: Learn::By(|setting| {
            let (digits, beside) = (setting.digits()?, find("vae")?.open_shipped(&setting.source)?);
            Ok(Box::new(AutoencoderLearner::new(&setting.knobs, setting.seed, digits, beside)?))
        }),
        open: |weights, knobs, source| {
            let beside = find("vae")?.open_shipped(source)?;
            Ok(Arc::new(TrainedAutoencoder::open(weights, knobs, source.mnist()?, beside)?))
        },
        files: None,
        shipped: shipped!("autoencoder"),
    },
    Experiment {
        id: "kl",
        knobs: kl::knobs,
        series: &kl::SERIES,
        pictures: &[],
        answers: &FittedDivergence::ANSWERS,
        views: &[],
        sliders: &[],
        acts: &[],
        evaluations: &[],
        report: &kl::REPORT_KEYS,
        learn: Learn::By(|setting| Ok(Box::new(KlLearner::new(&setting.knobs)))),
        open: |weights, knobs, _| Ok(Arc::new(FittedDivergence::open(weights, knobs)?)),
        files: None,
        shipped: shipped!("kl"),
    },
    Experiment {
        id: "vae",
        knobs: vae::knobs,
        series: &vae::SERIES,
        pictures: &["samples", "reconstructions"],
        answers: &TrainedVae::ANSWERS,
        views: &vae::VIEWS,
        sliders: &vae::VIEWS,
        acts: &[],
        evaluations: &["nll"],
        report: &vae::REPORT_KEYS,
        learn: Learn::By(|setting| {
            let (digits, judge) = (setting.digits()?, setting.source.judge()?);
            Ok(Box::new(VaeLearner::new(&setting.knobs, setting.seed, digits, judge)))
        }),
        open: |weights, knobs, source| Ok(Arc::new(TrainedVae::open(weights, knobs, source.mnist()?.test)?)),
        files: None,
        shipped: shipped!("vae"),
    },
    Experiment {
        id: "gan",
        knobs: gan::knobs,
        series: &gan::SERIES,
        pictures: &["samples", "plane"],
        answers: &TrainedGan::ANSWERS,
        views: &[],
        sliders: &[],
        acts: &gan::ACTS,
        evaluations: &[],
        report: &gan::REPORT_KEYS,
        learn: Learn::By(|setting| {
            let (digits, judge) = (setting.digits()?, setting.source.judge()?);
            Ok(Box::new(GanLearner::new(&setting.knobs, setting.seed, digits, judge)))
        }),
        open: |weights, knobs, source| Ok(Arc::new(TrainedGan::open(weights, knobs, source.mnist()?.test)?)),
        files: None,
        shipped: shipped!("gan"),
    },
    Experiment {
        id: "cyclegan",
        knobs: cyclegan::knobs,
        series: &cyclegan::SERIES,
        pictures: &["translations"],
        answers: &TrainedCycleGan::ANSWERS,
        views: &cyclegan::VIEWS,
        sliders: &cyclegan::VIEWS,
        acts: &[],
        evaluations: &[],
        report: &cyclegan::REPORT_KEYS,
        learn: Learn::By(|setting| {
            let (digits, judge) = (setting.digits()?, setting.source.judge()?);
            Ok(Box::new(CycleGanLearner::new(&setting.knobs, setting.seed, digits, judge)))
        }),
        open: |weights, knobs, source| Ok(Arc::new(TrainedCycleGan::open(weights, knobs, source.mnist()?.test)?)),
        files: None,
        shipped: shipped!("cyclegan"),
    },
    Experiment {
        id: "diffusion",
        knobs: diffusion::knobs,
        series: &diffusion::SERIES,
        pictures: &["samples", "plane"],
        answers: &TrainedDiffusion::ANSWERS,
        views: &diffusion::VIEWS,
        sliders: &["forward", "plane"],
        acts: &diffusion::ACTS,
        evaluations: &[],
        report: &diffusion::REPORT_KEYS,
        learn: Learn::By(|setting| {
            let (digits, judge) = (setting.digits()?, setting.source.judge()?);
            Ok(Box::new(DiffusionLearner::new(&setting.knobs, setting.seed, digits, judge)))
        }),
        open: |weights, knobs, source| Ok(Arc::new(TrainedDiffusion::open(weights, knobs, source.mnist()?.test)?)),
        files: None,
        shipped: shipped!("diffusion"),
    },
    Experiment {
        id: "board-game",
        knobs: Vec::new,
        series: &[],
        pictures: &[],
        answers: &BoardGame::ANSWERS,
        views: &[],
        sliders: &[],
        acts: &[],
        evaluations: &[],
        report: &[],
        learn: Learn::Nothing(
            "`shinso play GAME` plays, and `shinso match GAME AGENT AGENT` lets agents play each other",
        ),
        open: |_, _, _| Ok(Arc::new(BoardGame::default())),
        files: None,
        shipped: Shipped { weights: &[], run: "knobs: {}" },
    },
    Experiment {
        id: "embeddings",
        knobs: Vec::new,
        series: &[],
        pictures: &[],
        answers: &Conversation::ANSWERS,
        views: &[],
        sliders: &[],
        acts: &[],
        evaluations: &[],
        report: &[],
        learn: Learn::Nothing(
            "`shinso embed \"king - man + woman\"` answers, and `shinso train word2vec` makes such vectors",
        ),
        open: |_, _, source| Ok(Arc::new(Conversation::new(Session::embedded(History::of_folder(&source.keep))))),
        files: None,
        shipped: Shipped { weights: &[], run: "knobs: {}" },
    },
    Experiment {
        id: "word2vec",
        knobs: word2vec::knobs,
        series: &word2vec::SERIES,
        pictures: &["map", "neighbours"],
        answers: &TrainedWord2Vec::ANSWERS,
        views: &[],
        sliders: &[],
        acts: &word2vec::ACTS,
        evaluations: &[],
        report: &word2vec::REPORT_KEYS,
        learn: Learn::By(|setting| {
            let Setting { knobs, seed, source } = setting;
            Ok(Box::new(Word2VecLearner::new(knobs, *seed, source.folder.as_deref(), &source.keep)?))
        }),
        open: |weights, knobs, source| Ok(Arc::new(TrainedWord2Vec::open(weights, knobs, source.keep.clone())?)),
        files: Some(word2vec::files),
        shipped: shipped!("word2vec"),
    },
];

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
    ///
    /// # Errors
    /// When there is nothing to train, or the model cannot be made.
    pub fn learn(&self, setting: &Setting) -> Result<Box<dyn Trainable>, Failure> {
        match self.learn {
            Learn::By(learn) => learn(setting),
            Learn::Nothing(instead) => Err(Failure::new(format!("{} has nothing to train: {instead}", self.id))),
        }
    }

    /// What one does instead of training, if there is nothing to train.
    pub fn instead_of_training(&self) -> Option<&'static str> {
        match self.learn {
            Learn::By(_) => None,
            Learn::Nothing(instead) => Some(instead),
        }
    }

    /// A run's weights in the formats of its field.
    ///
    /// # Errors
    /// When the weights are broken or do not fit the knobs.
    pub fn files(&self, weights: &[u8], knobs: &Knobs) -> Result<Vec<(&'static str, Vec<u8>)>, Failure> {
        let knobs = knobs.completed(&(self.knobs)()).map_err(|error| Failure::new(error.to_string()))?;
        self.files.map_or(Ok(Vec::new()), |files| files(weights, &knobs))
    }

    /// A trained model from its weights and the knobs of its run.
    pub fn open(&self, weights: &[u8], knobs: &Knobs, source: &Source) -> Result<Arc<dyn Model>, Failure> {
        let knobs = knobs.completed(&(self.knobs)()).map_err(|error| Failure::new(error.to_string()))?;
        (self.open)(weights, &knobs, source)
    }

    /// The model that ships with the program.
    pub fn open_shipped(&self, source: &Source) -> Result<Arc<dyn Model>, Failure> {
        #[derive(serde::Deserialize)]
        struct Run {
            knobs: Knobs,
        }
        let failure = |why: String| Failure::new(format!("the shipped model of {}: {why}", self.id));
        let run: Run = serde_yaml::from_str(self.shipped.run).map_err(|error| failure(error.to_string()))?;
        self.open(self.shipped.weights, &run.knobs, source)
    }
}

/// The generators of digits that ship, and real digits as the bar that samples are measured by.
pub fn generators(source: &Source) -> Result<Vec<Generator>, Failure> {
    #[derive(serde::Deserialize)]
    struct Run {
        report: crate::experiment::Report,
    }
    let mut generators = vec![Generator { name: "training digits".to_owned(), model: None, train_seconds: None }];
    for id in ["vae", "gan", "diffusion"] {
        let experiment = find(id)?;
        let model = Some(experiment.open_shipped(source)?);
        let run: Option<Run> = serde_yaml::from_str(experiment.shipped.run).ok();
        let train_seconds = run.and_then(|run| run.report.get("train_seconds").and_then(serde_json::Value::as_f64));
        generators.push(Generator { name: id.to_owned(), model, train_seconds });
    }
    Ok(generators)
}

/// What generators are measured with: the digits and the judge.
pub fn measuring(source: &Source) -> Result<(Mnist, Judge), Failure> {
    Ok((source.mnist()?, source.judge()?))
}
