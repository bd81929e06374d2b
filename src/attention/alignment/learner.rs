//! Several alignments in training, side by side on the same pairs: knobs, one step, what is shown and reported.

use super::answers::TrainedAlignments;
use super::{Align, AttentiveSeq2Seq};
use crate::attention::sequences::learner::{MEAN_OVER, NetworkInTraining, Training};
use crate::attention::sequences::{Corpus, Tested, show};
use crate::experiment::{ExperimentError, Knob, KnobValue, Knobs, Model, Report, TaskContext};
use crate::nn::{Learner, Run, Saved, Trainer, Weights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Of each alignment that is trained, by its name; those without a name are of the first.
pub const SERIES: [&str; 15] = [
    "loss",
    "token_accuracy",
    "validation/exact_match",
    "validation/token_accuracy",
    "learning_rate",
    "loss/additive",
    "loss/multiplicative",
    "loss/relu",
    "loss/location",
    "loss/plain",
    "validation/additive",
    "validation/multiplicative",
    "validation/relu",
    "validation/location",
    "validation/plain",
];

pub const REPORT_KEYS: [&str; 7] = [
    "alignments",
    "exact_match",
    "exact_match_by_length",
    "parameters",
    "seconds_to_99",
    "steps_to_90",
    "token_accuracy",
];

pub fn knobs() -> Vec<Knob> {
    let on = |align: Align, help| Knob { default: KnobValue::Flag(true), ..Knob::flag(align.name(), help) };
    let own = vec![
        Corpus::task_knob(),
        on(Align::Additive, ["train with vᵀ tanh(W h + U s)", "vᵀ tanh(W h + U s) で学習する"]),
        on(Align::Multiplicative, ["train with hᵀ W s / √D", "hᵀ W s / √D で学習する"]),
        on(Align::Relu, ["train with ReLU(wᵀ [h; s])", "ReLU(wᵀ [h; s]) で学習する"]),
        on(Align::Location, ["train with softmax(W_a s)", "softmax(W_a s) で学習する"]),
        on(Align::Plain, ["train without attention", "注意機構なしでも学習する"]),
        Knob::choice("cell", &["gru", "lstm"], ["kind of recurrent layer", "再帰層の種類"]),
        Knob {
            default: KnobValue::Flag(true),
            ..Knob::flag("bidirectional", ["read the source from both ends", "入力を両端から読む"])
        },
        Knob::integer("hidden", 4..=1024, 128, ["D, numbers in a state", "状態の次元 D"]),
        Knob::integer("embedding", 2..=512, 32, ["numbers in the vector of a token", "トークンのベクトルの次元"]),
    ];
    [own, Training::knobs(5e-3, 64, 1600)].concat()
}

/// Networks in training that differ in their alignment alone.
pub struct AlignmentsLearner {
    training: Training,
    learners: Vec<NetworkInTraining<AttentiveSeq2Seq>>,
}

impl AlignmentsLearner {
    /// Fresh networks.
    ///
    /// # Errors
    /// When all are switched off.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, corpus: Corpus) -> Result<Trainer<Self>, ExperimentError> {
        let networks = AttentiveSeq2Seq::from_knobs(knobs, seed, &corpus)?;
        let training = Training::new(knobs, seed, corpus);
        let learners = networks.into_iter().map(|(network, parameters)| training.begin(network, parameters)).collect();
        let plan = training.plan(self::knobs(), knobs, ChaCha8Rng::seed_from_u64(seed), 0);
        Ok(Trainer::new(AlignmentsLearner { training, learners }, plan))
    }

    fn trained(&self) -> TrainedAlignments {
        let networks = self.learners.iter();
        let networks = networks.map(|l| (Arc::clone(&l.network), l.parameters().clone()));
        TrainedAlignments::new(networks.collect(), self.training.corpus.clone())
    }

    fn validate(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let pairs = self.training.validation();
        let trained = self.trained();
        for (index, (learner, network)) in self.learners.iter_mut().zip(&trained.networks).enumerate() {
            let tested = Tested::of(network, &self.training.corpus, &pairs, &TaskContext::default())?;
            learner.progress.note(run.number(), tested.exact_match());
            run.scalar(&format!("validation/{}", network.align().name()), tested.exact_match());
            if index == 0 {
                run.scalar("validation/exact_match", tested.exact_match());
                run.scalar("validation/token_accuracy", tested.token_accuracy());
                run.view("samples", run.is_last(), vec![show::samples(&tested)]);
            }
        }
        if let Some(panels) = trained.example() {
            run.view("alignment", run.is_last(), panels);
        }
        Ok(())
    }
}

impl Learner for AlignmentsLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let learning_rate = run.learning_rate();
        let batch = self.training.batch(run.random());
        for (index, learner) in self.learners.iter_mut().enumerate() {
            let name = learner.network.configuration.align.name();
            let [loss, accuracy] =
                learner.descend(&batch, &self.training, learning_rate, |network, bound| network.forward(bound, &batch));
            run.means(MEAN_OVER, [(&format!("loss/{name}"), loss)]);
            if index == 0 {
                run.means(MEAN_OVER, [("loss", loss), ("token_accuracy", accuracy)]);
            }
        }
        if run.every(MEAN_OVER) {
            run.scalar("learning_rate", learning_rate);
        }
        if Training::is_validated(run) {
            self.validate(run)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        self.learners.iter_mut().fold(Saved::new(), |saved, learner| {
            let name = learner.network.configuration.align.name();
            learner.save_in(saved, &format!("{name}."), &format!("reached/{name}"))
        })
    }

    fn weights(&self) -> Weights {
        let weights = self.learners.iter().fold(Weights::new(), |weights, learner| {
            let name = learner.network.configuration.align.name();
            weights.network(&format!("{name}."), learner.parameters())
        });
        weights.text(self.training.corpus.texts.to_json())
    }

    /// Figures of the first alignment, and of each under its name.
    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let pairs = self.training.evaluation();
        let (mut report, mut alignments) = (Report::new(), serde_json::Map::new());
        for (learner, network) in self.learners.iter().zip(&self.trained().networks) {
            let mut own = Tested::of(network, &self.training.corpus, &pairs, task)?.report();
            own.extend(learner.progress.report());
            own.insert("parameters".to_owned(), learner.parameters().count().into());
            if report.is_empty() {
                report.clone_from(&own);
            }
            alignments.insert(network.align().name().to_owned(), own.into_iter().collect());
        }
        report.insert("alignments".to_owned(), alignments.into());
        Ok(report)
    }
}
