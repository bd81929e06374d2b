//! A convolutional classifier of digits: the judge of what generators make.
//!
//! p(y|x) = softmax(W f(x) + b), where f(x) are the 128 *features* of the layer before the last; training minimises
//! −ln p(y|x) (LeCun et al., "Gradient-based learning applied to document recognition", 1998, in today's dress). Half of
//! the digits it learns from are brought to one of the [`Style`]s first, so that it can read those too.
//!
//! As a judge it says which digit it sees and how surely, and how far a set of pictures lies from another: the Fréchet
//! distance ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) between normal distributions fitted to the features of both
//! (Heusel et al. 2017, arXiv:1706.08500, there with another network's features, so the numbers cannot be compared).

mod judge;

pub use judge::Judge;

use crate::bundled;
use crate::data::styles::Style;
use crate::data::{Batches, Mnist, mnist};
use crate::experiment::{Experiment, ExperimentError, Knob, Knobs, Learn, Model, QueryKind, Report, TaskContext};
use crate::nn::{
    Bound, Convolution, Decay, Learner, Linear, OptimizedNetwork, Parameters, Plan, Run, Saved, Schedule, Trainer,
    Weights,
};
use crate::tensor::{Activation, Tape, Tensor, Var, Window};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::sync::Arc;

/// Numbers that describe a picture, before the last layer.
pub const FEATURES: usize = 128;
/// Steps between two points of the training curve.
const MEAN_OVER: u64 = 20;

pub const SERIES: [&str; 3] = ["train/loss", "train/accuracy", "val/accuracy"];
pub const REPORT_KEYS: [&str; 2] = ["test_accuracy", "parameters"];

pub static EXPERIMENT: Experiment = Experiment {
    id: "classifier",
    knobs,
    series: &SERIES,
    headline: "val/accuracy",
    views: &judge::VIEWS,
    answers: &[QueryKind::View],
    report: &REPORT_KEYS,
    learn: Learn::By(|setting| {
        Ok(Box::new(ClassifierLearner::new(&setting.knobs, setting.seed, Mnist::for_training(setting)?)))
    }),
    open: |weights, _, _| Ok(Arc::new(Judge::open(weights)?)),
    small: &["batch=16 epochs=2"],
    bundled: bundled!("classifier"),
    ..Experiment::EMPTY
};

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::factor("learning_rate", 1e-6..=0.1, 2e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::integer("batch", 1..=4096, 128, ["digits per step", "1 ステップの枚数"]),
        Knob::integer("epochs", 1..=100, 12, ["passes over the training set", "訓練データを何周するか"]),
    ]
}

/// The network: 28×28 → 14×14 → 7×7 → 128 features → 10 digits.
#[derive(Debug, Clone)]
pub struct Classifier {
    convolutions: [Convolution; 4],
    features: Linear,
    logits: Linear,
}

impl Classifier {
    pub fn new(parameters: &mut Parameters<f32>, random: &mut ChaCha8Rng) -> Self {
        let mut convolution = |name: &str, channels, stride| {
            let window = Window::padded(1).stride(stride);
            Convolution::new(parameters, name, channels, 3, window, Activation::Relu, random)
        };
        let convolutions = [
            convolution("convolution.0", (1, 16), 1),
            convolution("convolution.1", (16, 32), 2),
            convolution("convolution.2", (32, 32), 1),
            convolution("convolution.3", (32, 64), 2),
        ];
        Classifier {
            convolutions,
            features: Linear::new(parameters, "features", 7 * 7 * 64, FEATURES, Activation::Relu, random),
            logits: Linear::new(parameters, "logits", FEATURES, 10, Activation::Identity, random),
        }
    }

    /// f(x) `[batch, 128]` and the logits `[batch, 10]` of x `[batch, 784]`.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> (Var<'t, f32>, Var<'t, f32>) {
        let batch = x.shape()[0];
        let h = x.reshape([batch, 28, 28, 1]);
        let h = self.convolutions.iter().fold(h, |h, layer| layer.forward(bound, h));
        let features = self.features.forward(bound, h.reshape([batch, 7 * 7 * 64]));
        (features, self.logits.forward(bound, features))
    }
}

/// A classifier in training.
pub struct ClassifierLearner {
    classifier: Arc<Classifier>,
    network: OptimizedNetwork,
    mnist: Mnist,
    batches: Batches,
}

impl ClassifierLearner {
    /// A fresh model.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist) -> Trainer<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let classifier = Arc::new(Classifier::new(&mut parameters, &mut random));
        let batches = Batches::new(seed, mnist.train.len(), knobs.integer("batch") as usize);
        let total = knobs.integer("epochs") as u64 * batches.steps_per_epoch();
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: total.min(100), decay: Decay::Cosine, total },
            samples_per_step: batches.size() as u64,
        };
        let network = OptimizedNetwork::new(parameters);
        Trainer::new(ClassifierLearner { classifier, network, mnist, batches }, plan)
    }

    /// Digits of one step, half of them in a style: `[batch, 784]`, and what they show.
    fn batch(&mut self, run: &mut Run<'_>) -> (Tensor<f32>, Vec<Option<usize>>) {
        let indices = self.batches.indices(run.index());
        let mut x = self.mnist.train.batch(indices.iter().copied());
        let random = run.random();
        let styles: Vec<Style> = (indices.iter())
            .map(|_| if random.random::<bool>() { Style::Plain } else { Style::ALL[random.random_range(1..6)] })
            .collect();
        x.values_mut().par_chunks_exact_mut(mnist::PIXELS).zip(styles).for_each(|(digit, style)| {
            if style != Style::Plain {
                digit.copy_from_slice(&style.apply(digit));
            }
        });
        let labels = indices.iter().map(|&index| Some(usize::from(self.mnist.train.label(index)))).collect();
        (x, labels)
    }

    fn judge(&self) -> Judge {
        Judge::new(Arc::clone(&self.classifier), self.network.parameters.clone())
    }
}

impl Learner for ClassifierLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let (x, labels) = self.batch(run);
        let tape = Tape::new();
        let bound = self.network.parameters.on(&tape);
        let (_, logits) = self.classifier.forward(&bound, tape.constant(x));
        let loss = logits.cross_entropy(&labels);
        let read = judge::largest(&logits.value());
        let right = read.iter().zip(&labels).filter(|((digit, _), label)| Some(*digit) == **label).count();
        let accuracy = right as f64 / labels.len() as f64;
        run.means(MEAN_OVER, [("train/loss", f64::from(loss.item())), ("train/accuracy", accuracy)]);
        self.network.descend(&bound, &loss.backward(), run.learning_rate());

        if run.every(self.batches.steps_per_epoch()) {
            run.scalar("val/accuracy", self.judge().accuracy(&self.mnist.validation, &TaskContext::default())?);
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.judge())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("", &mut self.network)
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", &self.network.parameters)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let mut report = Report::new();
        report.insert("test_accuracy".to_owned(), self.judge().accuracy(&self.mnist.test, task)?.into());
        report.insert("parameters".to_owned(), self.network.parameters.count().into());
        Ok(report)
    }
}
