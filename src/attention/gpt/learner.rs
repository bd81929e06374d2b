//! A GPT in training: its knobs, one step, what is shown and reported.

use super::EXPERIMENT;
use super::corpus::Corpus;
use super::generate::{Continuation, Metadata, TrainedGpt};
use super::judged::Judged;
use super::sweep::{Point, Smaller, Sweep};
use super::tuning::{self, Tuning};
use crate::attention::language_model::Gpt;
use crate::data::stories;
use crate::data::text::Text;
use crate::experiment::{ExperimentError, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::intake::digest::digest;
use crate::nn::{
    Adam, Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, SamplingSettings, Saved, Schedule, Trainer, Weights,
};
use crate::printer::printable;
use crate::tensor::{Tape, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

pub const SERIES: [&str; 5] = ["loss", "validation_loss", "grammatical_share", "consistent_share", "learning_rate"];
pub const REPORT_KEYS: [&str; 8] = [
    "validation_loss",
    "bits_per_character",
    "grammatical_share",
    "consistent_share",
    "generate_tokens_per_second",
    "vocabulary",
    "parameters",
    "learned_parameters",
];

/// Steps between two points of the curves, and between two looks at what is held out.
const MEAN_OVER: u64 = 20;
const VALIDATE_EVERY: u64 = 100;
/// Stretches of the held-out text that are looked at on the way, and at the end.
const VALIDATED: usize = 32;
const FINAL_VALIDATED: usize = 256;
/// Stretches that go through the network together.
const TOGETHER: usize = 16;
/// Stories sampled on the way, and how many of them are shown.
const STORIES_SAMPLED: usize = 16;
const SHOWN: usize = 4;
/// Tokens by which the speed of generation is measured.
const TIMED: usize = 200;
/// Tokens that are shown of a text of one's own.
const TOKENS_SHOWN: usize = 200;

/// Of the places of a text, the share that a network that fills gaps has to predict; of these, the share that is hidden behind the mask,
/// and the share in whose place stands another token (Devlin et al. 2018, section 3.1).
const ASKED: f64 = 0.15;
const MASKED: f64 = 0.8;
const REPLACED: f64 = 0.1;

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("text", &stories::LANGUAGES, ["the language of the stories", "物語の言語"]),
        Knob::integer(
            "stories",
            20..=200_000,
            25_000,
            ["training stories; 1,000 more are held out", "訓練に使う物語の数。検証用は別に 1,000 個"],
        ),
        Knob::choice(
            "tokens",
            &["bytepair", "characters"],
            ["what a token is: byte pairs or characters", "トークンの単位。バイト対または文字"],
        ),
        Knob::integer(
            "vocabulary",
            256..=8192,
            512,
            [
                "symbols of the byte-pair encoding, the 256 bytes among them",
                "バイト対符号化の語彙数(256 個のバイトを含む)",
            ],
        ),
        Knob::choice(
            "objective",
            &["next", "masked"],
            [
                "predict the next token (GPT), or tokens that are hidden (BERT)",
                "次のトークン(GPT)、または隠したトークン(BERT)の予測",
            ],
        ),
        Knob::choice(
            "start",
            &["scratch", "bundled"],
            [
                "a fresh network, or the bundled model with its tokens",
                "新しいネットワーク、または同梱モデルとそのトークン",
            ],
        ),
        Knob::choice(
            "trains",
            &["all", "last_block", "adapter", "head"],
            [
                "what is learned of the bundled model: all, the last block and norm, adapters of rank 4, a new last layer",
                "同梱モデルのうち学習する部分。全部、最後のブロックと正規化、ランク 4 のアダプター、新しい最終層",
            ],
        ),
        Knob::integer(
            "sizes",
            1..=6,
            1,
            [
                "networks that are trained side by side, each half as wide as the one before; the first is the run's model",
                "並べて学習するネットワークの数。幅を半分ずつ狭める。この学習のモデルは一つ目",
            ],
        ),
        Knob::integer("layers", 1..=24, 4, ["blocks", "ブロック数"]),
        Knob::integer("width", 4..=1024, 128, ["dimension of the token vectors", "トークンのベクトルの次元"]),
        Knob::integer(
            "heads",
            1..=16,
            4,
            ["heads of each attention; they divide the width", "ヘッドの数。次元を割り切る数"],
        ),
        Knob::integer("context", 4..=1024, 128, ["tokens that are read at once", "一度に読むトークン数(文脈長)"]),
        Knob::flag(
            "tied",
            ["the embedding is the last layer too, as in GPT-2", "GPT-2 のように、埋め込みを最終層と共有する"],
        ),
        Knob::integer("batch", 1..=512, 16, ["texts per step", "1 ステップの系列数"]),
        Knob::choice(
            "optimizer",
            &["adam", "muon"],
            [
                "Adam for all weights, or Muon for the matrices of the blocks and Adam for the rest",
                "すべての重みに Adam、またはブロックの行列に Muon とそれ以外に Adam",
            ],
        ),
        Knob::factor("learning_rate", 1e-6..=0.1, 3e-3, ["learning rate η", "学習率 η"]).live(),
        Knob::integer(
            "warm_up",
            0..=100_000,
            100,
            ["steps over which the learning rate rises", "学習率を上げていくステップ数"],
        ),
        Knob::real("weight_decay", 0.0..=1.0, 0.1, ["weight decay (matrices only)", "重み減衰(行列のみ)"]),
        Knob::real("clip", 0.1..=100.0, 1.0, ["largest norm of a gradient", "勾配のノルムの上限"]),
        Knob::choice(
            "schedule",
            &["cosine", "constant"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
        Knob::integer("steps", 1..=1_000_000, 8000, ["total steps", "全ステップ数"]),
        Knob::integer("sampled", 0..=10_000, 200, ["stories that are judged at the end", "最後に判定する物語の数"]),
    ]
}

/// A GPT on its way.
pub struct GptLearner {
    corpus: Corpus,
    begun_with: Fingerprint,
    tuning: Tuning,
    optimized: OptimizedNetwork,
    sweep: Sweep,
    batch: usize,
    sampled: usize,
    seed: u64,
}

/// What a run was begun with: it goes on with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    /// SHA-256 of the text, of the vocabulary, and of the weights of the network that it began from.
    text: String,
    vocabulary: String,
    start: Option<String>,
}

impl Fingerprint {
    fn is_the_same(&self, saved: &Fingerprint) -> Result<(), ExperimentError> {
        let changed = |what: &str| Err(ExperimentError::new(format!("{what} has changed since the checkpoint")));
        match saved {
            saved if saved.text != self.text => changed("the text"),
            saved if saved.vocabulary != self.vocabulary => changed("the vocabulary of the text"),
            saved if saved.start != self.start => changed("the bundled model"),
            _ => Ok(()),
        }
    }
}

/// Parameters with their optimiser.
fn optimized(knobs: &Knobs, parameters: Parameters<f32>) -> OptimizedNetwork {
    let mut optimized = OptimizedNetwork::new(parameters);
    // Only matrices decay, as in nanoGPT; β₂ looks back less far than usual.
    let adam = Adam::new(&optimized.parameters).with_betas(0.9, 0.99).with_clipping(knobs.real("clip"));
    let decays = |_: &str, value: &Tensor<f32>| value.shape().len() > 1;
    let adam = adam.with_weight_decay_where(&optimized.parameters, knobs.real("weight_decay"), decays);
    optimized.adam = match knobs.choice("optimizer") {
        "muon" => adam.with_muon_where(&optimized.parameters, matrices_of_blocks),
        _ => adam,
    };
    optimized
}

/// How many matrices there are in a parameter of a block; the three for queries, keys and values are one parameter.
fn matrices_of_blocks(name: &str, value: &Tensor<f32>) -> usize {
    match name.starts_with("block.") && value.ndim() == 2 {
        true if name.ends_with("query_key_value.weight") => 3,
        true => 1,
        false => 0,
    }
}

/// How well what is held out is predicted.
struct Validation {
    /// Nats per token.
    loss: f64,
    bits_per_character: f64,
}

/// Tokens `rows × length` that a network reads, and what it should say at each.
struct Batch {
    rows: usize,
    given: Vec<usize>,
    wanted: Vec<Option<usize>>,
}

impl GptLearner {
    /// A fresh network for the stories that knobs ask for, or a text of one's own.
    ///
    /// # Errors
    /// When the text cannot be learned from, or the heads do not divide the width.
    pub fn new(knobs: &Knobs, seed: u64, text: Option<Text>) -> Result<Trainer<Self>, ExperimentError> {
        let start = match knobs.choice("start") {
            "bundled" => Some(tuning::bundled()?),
            _ => None,
        };
        let tokenizer = start.as_ref().map(|start| &start.tokenizer);
        let corpus = Corpus::new(knobs, seed, text, tokenizer, &TaskContext::default())?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (tuning, parameters) = Tuning::new(knobs, &corpus.tokenizer, start.as_ref(), &mut random)?;
        let widest = tuning.network.configuration;
        let sweep = Sweep::new(knobs, widest, |parameters| optimized(knobs, parameters), &mut random)?;
        let whole = |knob: &str| knobs.integer(knob) as usize;
        let learner = GptLearner {
            begun_with: Fingerprint {
                text: corpus.digest().to_owned(),
                vocabulary: digest(&serde_json::to_vec(&*corpus.tokenizer).expect("plain data")),
                start: start.is_some().then(|| digest(EXPERIMENT.bundled.weights)),
            },
            corpus,
            tuning,
            optimized: optimized(knobs, parameters),
            sweep,
            batch: whole("batch"),
            sampled: whole("sampled"),
            seed,
        };
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule {
                warm_up: knobs.integer("warm_up") as u64,
                decay: Decay::named(knobs.choice("schedule")),
                total: knobs.integer("steps") as u64,
            },
            samples_per_step: (whole("batch") * whole("context")) as u64,
        };
        Ok(Trainer::new(learner, plan))
    }

    fn network(&self) -> &Gpt {
        &self.tuning.network
    }

    #[cfg(test)]
    pub(super) fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    fn is_causal(&self) -> bool {
        self.network().configuration.is_causal
    }

    /// Stretches of one token more than the network reads, as what it gets and what it should say.
    fn batch_of(&self, stretches: &[Vec<usize>], random: &mut impl RngExt) -> Batch {
        let mut batch = Batch { rows: stretches.len(), given: Vec::new(), wanted: Vec::new() };
        for stretch in stretches {
            let read = stretch.len() - 1;
            if self.is_causal() {
                batch.given.extend(&stretch[..read]);
                batch.wanted.extend(stretch[1..].iter().copied().map(Some));
            } else {
                let mask = self.corpus.tokenizer.len();
                // One place at least, or there would be nothing to learn.
                let always = random.random_range(0..read);
                for (place, &token) in stretch[..read].iter().enumerate() {
                    let is_asked = random.random_bool(ASKED) || place == always;
                    let draw: f64 = random.random();
                    let given = match is_asked {
                        true if draw < MASKED => mask,
                        true if draw < MASKED + REPLACED => random.random_range(0..mask),
                        _ => token,
                    };
                    batch.given.push(given);
                    batch.wanted.push(is_asked.then_some(token));
                }
            }
        }
        batch
    }

    /// How well the network of the run predicts held-out stretches.
    fn validation(&self, count: usize, task: &TaskContext) -> Result<Validation, ExperimentError> {
        self.validation_of(self.network(), &self.tuning.whole(&self.optimized.parameters), count, task)
    }

    /// The loss of a network on held-out stretches, in nats per token, and in bits per character of what was predicted.
    fn validation_of(
        &self,
        network: &Gpt,
        parameters: &Parameters<f32>,
        count: usize,
        task: &TaskContext,
    ) -> Result<Validation, ExperimentError> {
        let context = self.network().configuration.context;
        let stretches = self.corpus.held_out(count, context + 1)?;
        // The same gaps each time.
        let random = &mut ChaCha8Rng::seed_from_u64(self.seed);
        let (mut nats, mut tokens, mut characters) = (0.0, 0, 0);
        for part in stretches.chunks(TOGETHER) {
            task.check()?;
            let batch = self.batch_of(part, random);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let loss = network.forward(&bound, batch.rows, &batch.given).cross_entropy(&batch.wanted);
            let predicted = batch.wanted.iter().flatten().count();
            nats += f64::from(loss.item()) * predicted as f64;
            tokens += predicted;
            characters +=
                part.iter().map(|stretch| self.corpus.tokenizer.decode(&stretch[1..]).chars().count()).sum::<usize>();
        }
        Ok(Validation {
            loss: nats / tokens.max(1) as f64,
            bits_per_character: nats / characters.max(1) as f64 / std::f64::consts::LN_2,
        })
    }

    fn trained(&self) -> TrainedGpt {
        TrainedGpt {
            network: Arc::clone(&self.tuning.network),
            parameters: self.tuning.whole(&self.optimized.parameters),
            tokenizer: Arc::clone(&self.corpus.tokenizer),
            language: self.corpus.language,
            folder: None,
            example: Arc::default(),
        }
    }

    fn how(&self, seed: u64) -> Continuation {
        let most = self.network().configuration.context;
        Continuation { settings: SamplingSettings::default(), most, seed, stops_at_line: true }
    }

    /// Keeps the held-out losses of all sizes, where that of the widest is known.
    fn compare_sizes(&mut self, tokens: u64, widest: f64) -> Result<(), ExperimentError> {
        let mut losses = vec![widest];
        for Smaller { network, optimized } in &self.sweep.smaller {
            let validation = self.validation_of(network, &optimized.parameters, VALIDATED, &TaskContext::default())?;
            losses.push(validation.loss);
        }
        self.sweep.history.push(Point { tokens, losses });
        Ok(())
    }

    /// What it says now: stories, judged, or the beginning of some text.
    fn show(&self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        if !self.is_causal() {
            return Ok(());
        }
        let (model, task) = (self.trained(), TaskContext::default());
        let panels = match self.corpus.language {
            Some(language) => {
                let judged = Judged::of(&model, language, STORIES_SAMPLED, &self.how(self.seed), &task)?;
                run.scalar("grammatical_share", judged.grammatical_share());
                run.scalar("consistent_share", judged.consistent_share());
                judged.panels(SHOWN)
            }
            None => {
                let mut tokens = Vec::new();
                let how = Continuation { most: TOKENS_SHOWN, stops_at_line: false, ..self.how(self.seed) };
                model.generate(&model.prompt("")?, &how, |generated| {
                    tokens.push(generated.token);
                    Ok(())
                })?;
                vec![Panel::note(printable(&model.tokenizer.decode(&tokens)))]
            }
        };
        run.view("sample", run.is_last(), panels);
        Ok(())
    }
}

impl Learner for GptLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let learning_rate = run.learning_rate();
        let context = self.network().configuration.context;
        let mut stretches = Vec::with_capacity(self.batch);
        for _ in 0..self.batch {
            stretches.push(self.corpus.sample(context + 1, run.random())?);
        }
        let batch = self.batch_of(&stretches, run.random());
        let tape = Tape::new();
        let (learned, whole) = self.tuning.on(&self.optimized.parameters, &tape);
        let bound = whole.as_ref().unwrap_or(&learned);
        let loss = self.network().forward(bound, batch.rows, &batch.given).cross_entropy(&batch.wanted);
        let value = f64::from(loss.item());
        self.optimized.descend(&learned, &loss.backward(), learning_rate);
        for Smaller { network, optimized } in &mut self.sweep.smaller {
            let tape = Tape::new();
            let bound = optimized.parameters.on(&tape);
            let loss = network.forward(&bound, batch.rows, &batch.given).cross_entropy(&batch.wanted);
            optimized.descend(&bound, &loss.backward(), learning_rate);
        }
        run.means(MEAN_OVER, [("loss", value)]);
        if run.every(MEAN_OVER) {
            run.scalar("learning_rate", learning_rate);
        }
        if run.is_first() || run.is_last() || run.every(VALIDATE_EVERY) {
            let Validation { loss, .. } = self.validation(VALIDATED, &TaskContext::default())?;
            run.scalar("validation_loss", loss);
            if !self.sweep.is_empty() {
                let tokens = run.number() * (batch.rows * context) as u64;
                self.compare_sizes(tokens, loss)?;
                let widest = (self.network().configuration.block.width, self.optimized.parameters.count());
                run.view("sizes", run.is_last(), self.sweep.panels(widest));
            } else if loss.is_finite() {
                self.show(run)?;
            }
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        let mut saved = Saved::new().network("", &mut self.optimized);
        let Sweep { smaller, history } = &mut self.sweep;
        if !smaller.is_empty() {
            saved = saved.state("sweep", history);
        }
        for (place, Smaller { optimized, .. }) in smaller.iter_mut().enumerate() {
            saved = saved.network(&format!("smaller.{place}."), optimized);
        }
        saved.checked_state("begun_with", &mut self.begun_with, Fingerprint::is_the_same)
    }

    fn weights(&self) -> Weights {
        let metadata = Metadata { tokenizer: (*self.corpus.tokenizer).clone(), language: self.corpus.language };
        let metadata = serde_json::to_string(&metadata).expect("plain data");
        Weights::new().network("", &self.tuning.whole(&self.optimized.parameters)).text(metadata)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let model = self.trained();
        let Validation { loss, bits_per_character } = self.validation(FINAL_VALIDATED, task)?;
        // Of a network that fills gaps only some tokens are predicted.
        let bits = self.is_causal().then_some(bits_per_character);
        let mut shares = [None, None];
        let mut speed = None;
        if self.is_causal() && loss.is_finite() {
            if let Some(language) = self.corpus.language.filter(|_| self.sampled > 0) {
                let judged = Judged::of(&model, language, self.sampled, &self.how(self.seed ^ 1), task)?;
                shares = [Some(judged.grammatical_share()), Some(judged.consistent_share())];
            }
            let (begun, mut count) = (Instant::now(), 0_u32);
            let how = Continuation { most: TIMED, stops_at_line: false, ..self.how(self.seed) };
            model.generate(&model.prompt("")?, &how, |_| {
                count += 1;
                task.check()
            })?;
            speed = Some(f64::from(count) / begun.elapsed().as_secs_f64());
        }
        let mut report = Report::new();
        report.insert("validation_loss".to_owned(), loss.into());
        report.insert("bits_per_character".to_owned(), bits.into());
        report.insert("grammatical_share".to_owned(), shares[0].into());
        report.insert("consistent_share".to_owned(), shares[1].into());
        report.insert("generate_tokens_per_second".to_owned(), speed.into());
        report.insert("vocabulary".to_owned(), self.corpus.tokenizer.len().into());
        let learned = &self.optimized.parameters;
        report.insert("parameters".to_owned(), self.tuning.whole(learned).count().into());
        report.insert("learned_parameters".to_owned(), self.tuning.learned_count(learned).into());
        Ok(report)
    }
}
