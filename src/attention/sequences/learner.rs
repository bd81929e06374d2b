//! How a network learns pairs: a batch, teacher forcing, cross-entropy, Adam; and from time to time a look at pairs that
//! are held out.

use super::corpus::Corpus;
use super::decoding::Decoder;
use super::tested::{Progress, Tested};
use super::{Batch, show};
use crate::data::tasks::Pair;
use crate::experiment::{ExperimentError, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::nn::{
    Bound, Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, RunningAverage, Saved, Schedule, Trainer, Weights,
    clip_norm,
};
use crate::tensor::{Tape, Var};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Steps between two points of the curves.
pub const MEAN_OVER: u64 = 20;
/// Steps between two looks at pairs that are not learned from, and their number.
pub const VALIDATE_EVERY: u64 = 200;
const VALIDATED: usize = 200;

/// What is emitted of one network.
pub const SERIES: [&str; 5] =
    ["loss", "token_accuracy", "validation/exact_match", "validation/token_accuracy", "learning_rate"];

/// What is reported of one network.
pub const REPORT_KEYS: [&str; 6] =
    ["exact_match", "exact_match_by_length", "seconds_to_99", "steps_to_90", "token_accuracy", "parameters"];

/// What a training of pairs is given.
pub struct Training {
    pub corpus: Corpus,
    batch: usize,
    clip: f64,
    /// Memory of the running average that answers; 0: the weights themselves.
    average: f64,
    evaluated: usize,
    seed: u64,
}

impl Training {
    /// From the [`knobs`](Self::knobs).
    pub fn new(knobs: &Knobs, seed: u64, corpus: Corpus) -> Self {
        Training {
            corpus,
            batch: knobs.integer("batch") as usize,
            clip: knobs.real("clip"),
            average: knobs.real("average"),
            evaluated: knobs.integer("evaluated") as usize,
            seed,
        }
    }

    /// The knobs that every training of pairs has, with some of their defaults.
    pub fn knobs(learning_rate: f64, batch: i64, steps: i64) -> Vec<Knob> {
        vec![
            Knob::factor("learning_rate", 1e-6..=0.1, learning_rate, ["Adam's learning rate η", "Adam の学習率 η"])
                .live(),
            Knob::real("clip", 0.1..=100.0, 1.0, ["largest norm of a gradient", "勾配のノルムの上限"]),
            Knob::real(
                "average",
                0.0..=0.9999,
                0.0,
                [
                    "answer with a running average of the weights with this memory; 0: with the weights themselves",
                    "答えるときに使う重みの移動平均の減衰率(0 なら重みそのもの)",
                ],
            ),
            Knob::integer("batch", 1..=1024, batch, ["pairs per step", "1 ステップの組の数"]),
            Knob::integer("steps", 1..=1_000_000, steps, ["steps in all", "全ステップ数"]),
            Knob::integer("evaluated", 1..=10_000, 2000, ["held-out pairs of the report", "最終評価に使う組の数"]),
            Knob::choice(
                "schedule",
                &["cosine", "constant"],
                ["how the learning rate falls over the run", "学習率の下げ方"],
            ),
        ]
    }

    /// What is fixed before the first step.
    pub fn plan(&self, declared: Vec<Knob>, knobs: &Knobs, random: ChaCha8Rng, warm_up: u64) -> Plan {
        let decay = Decay::named(knobs.choice("schedule"));
        Plan {
            declared,
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up, decay, total: knobs.integer("steps") as u64 },
            samples_per_step: self.batch as u64,
        }
    }

    pub fn batch(&self, random: &mut impl Rng) -> Batch {
        self.corpus.batch(self.batch, random)
    }

    /// A fresh network that is to be trained.
    pub fn begin<N>(&self, network: N, parameters: Parameters<f32>) -> NetworkInTraining<N> {
        NetworkInTraining {
            network: Arc::new(network),
            average: (self.average > 0.0).then(|| RunningAverage::new(&parameters, self.average)),
            optimized: OptimizedNetwork::new(parameters),
            progress: Progress::default(),
        }
    }

    /// Held-out pairs to look at while it learns.
    pub fn validation(&self) -> Vec<Pair> {
        self.corpus.held_out(VALIDATED, self.seed)
    }

    /// Held-out pairs of the report.
    pub fn evaluation(&self) -> Vec<Pair> {
        self.corpus.held_out(self.evaluated, self.seed ^ 1)
    }

    /// Whether a step is one at which held-out pairs are looked at.
    pub fn is_validated(run: &Run<'_>) -> bool {
        run.is_first() || run.is_last() || run.every(VALIDATE_EVERY)
    }
}

/// A network with its optimiser, and how soon it got how far.
pub struct NetworkInTraining<N> {
    pub network: Arc<N>,
    optimized: OptimizedNetwork,
    average: Option<RunningAverage>,
    pub progress: Progress,
}

impl<N> NetworkInTraining<N> {
    /// What it answers with.
    pub fn parameters(&self) -> &Parameters<f32> {
        self.average.as_ref().map_or(&self.optimized.parameters, |average| &average.parameters)
    }

    /// Adds what a checkpoint has to hold of it. `prefix` goes before the names of its tensors, `reached` names its progress.
    pub fn save_in<'a>(&'a mut self, saved: Saved<'a>, prefix: &str, reached: &str) -> Saved<'a> {
        let saved = saved.network(prefix, &mut self.optimized).state(reached, &mut self.progress.reached);
        match &mut self.average {
            Some(average) => saved.average(prefix, average),
            None => saved,
        }
    }

    /// One step of Adam down the cross-entropy of the `logits` `[rows · steps, symbols]` of a batch. The loss in nats a
    /// token, and the share of tokens that were predicted.
    pub fn descend(
        &mut self,
        batch: &Batch,
        training: &Training,
        learning_rate: f64,
        logits: impl for<'t> FnOnce(&N, &Bound<'t, f32>) -> Var<'t, f32>,
    ) -> [f64; 2] {
        self.progress.begin_step();
        let tape = Tape::new();
        let bound = self.optimized.parameters.on(&tape);
        let logits = logits(&self.network, &bound);
        let loss = logits.cross_entropy(&batch.wanted);
        let seen = [f64::from(loss.item()), show::token_accuracy(logits, &batch.wanted)];
        let mut gradients = loss.backward();
        clip_norm(&bound, &mut gradients, training.clip);
        self.optimized.descend(&bound, &gradients, learning_rate);
        if let Some(average) = &mut self.average {
            average.follow(&self.optimized.parameters, (self.optimized.adam.step() - 1) as f64);
        }
        self.progress.end_step();
        seen
    }
}

/// A network that learns pairs alone.
pub trait PairNetwork: Send + Sync + Sized + 'static {
    type Trained: Decoder + Model + 'static;

    /// Logits `[rows · steps, symbols]` of every next token of a batch.
    fn logits<'t>(&self, bound: &Bound<'t, f32>, batch: &Batch, run: &mut Run<'_>) -> Var<'t, f32>;

    /// The model as it is now.
    fn trained(network: &Arc<Self>, parameters: Parameters<f32>, corpus: Corpus) -> Self::Trained;

    /// What is shown of it while it learns, beside its answers: views by name.
    fn views(_trained: &Self::Trained) -> Vec<(&'static str, Vec<Panel>)> {
        Vec::new()
    }
}

/// A [`PairNetwork`] on its way.
pub struct PairLearner<N> {
    training: Training,
    learner: NetworkInTraining<N>,
}

impl<N: PairNetwork> PairLearner<N> {
    /// A fresh network, with what the trainer has to know.
    pub fn new(network: N, parameters: Parameters<f32>, training: Training, plan: Plan) -> Trainer<Self> {
        let learner = training.begin(network, parameters);
        Trainer::new(PairLearner { training, learner }, plan)
    }

    fn trained(&self) -> N::Trained {
        N::trained(&self.learner.network, self.learner.parameters().clone(), self.training.corpus.clone())
    }

    fn tested(&self, pairs: &[Pair], task: &TaskContext) -> Result<Tested, ExperimentError> {
        Tested::of(&self.trained(), &self.training.corpus, pairs, task)
    }
}

impl<N: PairNetwork> Learner for PairLearner<N> {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let learning_rate = run.learning_rate();
        let batch = self.training.batch(run.random());
        let [loss, accuracy] = self
            .learner
            .descend(&batch, &self.training, learning_rate, |network, bound| network.logits(bound, &batch, run));
        run.means(MEAN_OVER, [("loss", loss), ("token_accuracy", accuracy)]);
        if run.every(MEAN_OVER) {
            run.scalar("learning_rate", learning_rate);
        }
        if Training::is_validated(run) {
            let tested = self.tested(&self.training.validation(), &TaskContext::default())?;
            run.scalar("validation/exact_match", tested.exact_match());
            run.scalar("validation/token_accuracy", tested.token_accuracy());
            self.learner.progress.note(run.number(), tested.exact_match());
            run.view("samples", run.is_last(), vec![show::samples(&tested)]);
            for (name, panels) in N::views(&self.trained()) {
                run.view(name, run.is_last(), panels);
            }
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        self.learner.save_in(Saved::new(), "", "reached")
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", self.learner.parameters()).text(self.training.corpus.texts.to_json())
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let mut report = self.tested(&self.training.evaluation(), task)?.report();
        report.extend(self.learner.progress.report());
        report.insert("parameters".to_owned(), self.learner.parameters().count().into());
        Ok(report)
    }
}
