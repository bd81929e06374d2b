//! An encoder–decoder in training: knobs, one step, what is shown and reported.

use super::answers::TrainedSeq2Seq;
use super::{Configuration, Seq2Seq};
use crate::attention::sequences::{Batch, Corpus, Progress, Tested, likeliest, show};
use crate::experiment::{ExperimentError, Knob, Knobs, Model, Report, TaskContext};
use crate::nn::{
    Bound, Learner, OptimizedNetwork, Parameters, Plan, Run, Saved, Schedule, Trainer, Weights, clip_norm,
};
use crate::tensor::{Tape, Var};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Steps between two points of the curves.
const MEAN_OVER: u64 = 20;
/// Steps between two looks at pairs that are not learned from, and their number.
const VALIDATE_EVERY: u64 = 200;
const VALIDATED: usize = 200;

pub const SERIES: [&str; 5] =
    ["loss", "token_accuracy", "validation/exact_match", "validation/token_accuracy", "learning_rate"];

pub const REPORT_KEYS: [&str; 6] =
    ["exact_match", "exact_match_by_length", "seconds_to_99", "steps_to_90", "token_accuracy", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Corpus::task_knob(),
        Knob::choice("cell", &["lstm", "gru"], ["kind of recurrent layer", "再帰層の種類"]),
        Knob::integer("layers", 1..=4, 1, ["recurrent layers of encoder and decoder", "符号器・復号器の再帰層の数"]),
        Knob::integer("hidden", 4..=1024, 128, ["D, numbers in the state of a layer", "状態の次元 D"]),
        Knob::integer("embedding", 2..=512, 32, ["numbers in the vector of a token", "トークンのベクトルの次元"]),
        Knob::flag("peeky", ["show h_T to the decoder at every step", "復号器に毎ステップ h_T を見せる"]),
        Knob::flag("reversed", ["read the source from its end", "入力を末尾から読む"]),
        Knob::real(
            "teacher_forcing",
            0.0..=1.0,
            1.0,
            [
                "share of steps that are given the right token, not the predicted one",
                "予測ではなく正解のトークンを次の入力にする割合",
            ],
        )
        .live(),
        Knob::factor("learning_rate", 1e-6..=0.1, 3e-3, ["Adam's step size η", "Adam の学習率 η"]).live(),
        Knob::real("clip", 0.1..=100.0, 1.0, ["largest norm of a gradient", "勾配のノルムの上限"]),
        Knob::integer("batch", 1..=1024, 128, ["pairs a step", "1 ステップの組の数"]),
        Knob::integer("steps", 1..=1_000_000, 3000, ["steps in all", "全ステップ数"]),
        Knob::integer("evaluated", 1..=10_000, 2000, ["held-out pairs of the report", "最終評価に使う組の数"]),
        Knob::choice(
            "schedule",
            &["cosine", "constant"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
    ]
}

/// An encoder–decoder in training.
pub struct Seq2SeqLearner {
    network: Arc<Seq2Seq>,
    optimized: OptimizedNetwork,
    corpus: Corpus,
    batch: usize,
    evaluated: usize,
    clip: f64,
    seed: u64,
    progress: Progress,
}

impl Seq2SeqLearner {
    /// A fresh network.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, corpus: Corpus) -> Trainer<Self> {
        let (mut parameters, mut random) = (Parameters::new(), ChaCha8Rng::seed_from_u64(seed));
        let symbols = [corpus.texts.source.len(), corpus.texts.target.len()];
        let network = Seq2Seq::new(Configuration::from_knobs(knobs), symbols, &mut parameters, &mut random);
        let batch = knobs.integer("batch") as usize;
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule::named(knobs.choice("schedule"), knobs.integer("steps") as u64),
            samples_per_step: batch as u64,
        };
        let learner = Seq2SeqLearner {
            network: Arc::new(network),
            optimized: OptimizedNetwork::new(parameters),
            corpus,
            batch,
            evaluated: knobs.integer("evaluated") as usize,
            clip: knobs.real("clip"),
            seed,
            progress: Progress::default(),
        };
        Trainer::new(learner, plan)
    }

    /// Logits of every next token. A step is given the right token with probability `teacher_forcing`, else the one that
    /// was predicted.
    fn logits<'t>(
        &self,
        bound: &Bound<'t, f32>,
        batch: &Batch,
        teacher_forcing: f64,
        random: &mut ChaCha8Rng,
    ) -> Var<'t, f32> {
        let (_, summary) = self.network.encode(bound, &batch.sources, &batch.source_lengths);
        if teacher_forcing >= 1.0 {
            return self.network.decode(bound, &summary, &batch.given);
        }
        let steps = batch.target_steps();
        let mut tokens: Vec<usize> = (0..batch.rows).map(|row| batch.given[row * steps]).collect();
        let (mut states, mut logits) = (summary.clone(), Vec::with_capacity(steps));
        for step in 0..steps {
            let (predicted, after) = self.network.decode_step(bound, &summary, &states, &tokens);
            states = after;
            logits.push(predicted);
            if step + 1 < steps {
                let value = predicted.ordered();
                for ((row, token), prediction) in tokens.iter_mut().enumerate().zip(value.rows().rows()) {
                    let right = random.random_bool(teacher_forcing);
                    *token = if right {
                        batch.given[row * steps + step + 1]
                    } else {
                        likeliest(prediction.to_slice().expect("a row"))
                    };
                }
            }
        }
        let symbols = self.corpus.texts.target.len();
        Var::stack(&logits, 1).reshape([batch.rows * steps, symbols])
    }

    fn trained(&self) -> TrainedSeq2Seq {
        TrainedSeq2Seq::new(Arc::clone(&self.network), self.optimized.parameters.clone(), self.corpus.clone())
    }

    fn validate(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let pairs = self.corpus.held_out(VALIDATED, self.seed);
        let trained = self.trained();
        let tested = Tested::of(&trained, &self.corpus, &pairs, &TaskContext::default())?;
        run.scalar("validation/exact_match", tested.exact_match());
        run.scalar("validation/token_accuracy", tested.token_accuracy());
        self.progress.note(run.number(), tested.exact_match());
        run.view("samples", run.is_last(), vec![show::samples(&tested)]);
        Ok(())
    }
}

impl Learner for Seq2SeqLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        self.progress.begin_step();
        let (learning_rate, teacher_forcing) = (run.learning_rate(), run.real("teacher_forcing"));
        let batch = self.corpus.batch(self.batch, run.random());
        let tape = Tape::new();
        let bound = self.optimized.parameters.on(&tape);
        let logits = self.logits(&bound, &batch, teacher_forcing, run.random());
        let loss = logits.cross_entropy(&batch.wanted);
        let accuracy = show::token_accuracy(logits, &batch.wanted);
        run.means(MEAN_OVER, [("loss", f64::from(loss.item())), ("token_accuracy", accuracy)]);
        let mut gradients = loss.backward();
        clip_norm(&bound, &mut gradients, self.clip);
        self.optimized.descend(&bound, &gradients, learning_rate);
        self.progress.end_step();
        if run.every(MEAN_OVER) {
            run.scalar("learning_rate", learning_rate);
        }
        if run.is_first() || run.is_last() || run.every(VALIDATE_EVERY) {
            self.validate(run)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("", &mut self.optimized).state("reached", &mut self.progress.reached)
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", &self.optimized.parameters).text(self.corpus.texts.to_json())
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let pairs = self.corpus.held_out(self.evaluated, self.seed ^ 1);
        let tested = Tested::of(&self.trained(), &self.corpus, &pairs, task)?;
        let mut report = tested.report();
        report.extend(self.progress.report());
        report.insert("parameters".to_owned(), self.optimized.parameters.count().into());
        Ok(report)
    }
}
