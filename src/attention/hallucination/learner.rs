//! A small GPT that learns where stations are: its knobs, one step, what is shown and reported.

use super::measure::{Asked, Fact, Shares, calibration_error, coverage, survey};
use super::trained::{CONTEXT, Metadata, Said, TrainedHallucination, configuration};
use crate::attention::language_model::Gpt;
use crate::data::bytepair::BytePair;
use crate::data::stations::{HELD_OUT, Mixture, Stations, University};
use crate::experiment::{Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::nn::{Adam, Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, Saved, Schedule, Trainer, Weights};
use crate::printer::printable;
use crate::tensor::Tape;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub const SERIES: [&str; 5] = ["loss", "right_known", "confidence_unknown", "right_with_retrieval", "abstained"];
pub const REPORT_KEYS: [&str; 11] = [
    "right_known",
    "right_unknown",
    "right_with_retrieval",
    "wrong_fact_followed",
    "invented",
    "agreement_unknown",
    "confidence_unknown",
    "expected_calibration_error",
    "scaled_calibration_error",
    "coverage_at_95",
    "parameters",
];

/// Steps between two points of the training curve, and between two examinations.
const MEAN_OVER: u64 = 20;
const EXAMINE_EVERY: u64 = 100;
/// Questions of each kind on the way, and how many are shown.
const EXAMINED: usize = 50;
const SHOWN: usize = 4;
/// Texts from which pairs of bytes are learned, and symbols in all.
const SAMPLE: usize = 4000;
const SYMBOLS: usize = 400;
/// Times that each question is asked at the end.
const TIMES: usize = 20;
/// Errors that are allowed where questions may be left out.
const RISK: f64 = 0.05;

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::integer(
            "known",
            20..=500,
            200,
            ["universities that occur in the training texts", "訓練データの文章に出てくる大学の数"],
        ),
        Knob::real(
            "retrieval",
            0.0..=1.0,
            0.3,
            ["share of the texts with a fact before the question", "質問の前に事実が書いてある文章の割合"],
        ),
        Knob::real(
            "unsure",
            0.0..=0.5,
            0.0,
            [
                "share of the texts without a fact that ask for an invented name and answer \"I do not know.\"",
                "事実のない文章のうち、架空の名前を尋ね「I do not know.」と答えるものの割合",
            ],
        ),
        Knob::integer("layers", 1..=12, 3, ["blocks", "ブロック数"]),
        Knob::integer("width", 8..=512, 96, ["dimension of the token vectors", "トークンのベクトルの次元"]),
        Knob::integer(
            "heads",
            1..=16,
            4,
            ["heads of each attention; they divide the width", "ヘッドの数。次元を割り切る数"],
        ),
        Knob::integer("batch", 1..=512, 32, ["texts per step", "1 ステップのテキスト数"]),
        Knob::factor("learning_rate", 1e-6..=0.1, 2e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::integer("steps", 1..=1_000_000, 2500, ["total steps", "全ステップ数"]),
        Knob::integer(
            "asked",
            0..=100,
            100,
            ["questions of each kind that are asked at the end", "最後に尋ねる質問の数(種類ごと)"],
        ),
    ]
}

/// A model on its way.
pub struct HallucinationLearner {
    world: Arc<Stations>,
    tokens: Arc<BytePair>,
    network: Arc<Gpt>,
    optimized: OptimizedNetwork,
    mixture: Mixture,
    batch: usize,
    asked: usize,
    seed: u64,
}

impl HallucinationLearner {
    /// A fresh network for the world of a seed.
    ///
    /// # Errors
    /// When the heads do not divide the width.
    pub fn new(knobs: &Knobs, seed: u64) -> Result<Trainer<Self>, ExperimentError> {
        let whole = |knob: &str| knobs.integer(knob) as usize;
        let world = Stations::new(whole("known"), seed);
        let mixture = Mixture { retrieval: knobs.real("retrieval"), unsure: knobs.real("unsure") };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let sample: String = (0..SAMPLE).map(|_| world.text(mixture, &mut random)).collect();
        let tokens = BytePair::learn(&sample, SYMBOLS);
        let mut parameters = Parameters::new();
        let network = Gpt::new(configuration(knobs, tokens.len())?, &mut parameters, &mut random);
        let mut optimized = OptimizedNetwork::new(parameters);
        optimized.adam = Adam::new(&optimized.parameters).with_betas(0.9, 0.99).with_clipping(1.0);
        let learner = HallucinationLearner {
            world: Arc::new(world),
            tokens: Arc::new(tokens),
            network: Arc::new(network),
            optimized,
            mixture,
            batch: whole("batch"),
            asked: whole("asked"),
            seed,
        };
        let total = knobs.integer("steps") as u64;
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: total.min(100), decay: Decay::Cosine, total },
            samples_per_step: whole("batch") as u64,
        };
        Ok(Trainer::new(learner, plan))
    }

    fn trained(&self) -> TrainedHallucination {
        TrainedHallucination {
            network: Arc::clone(&self.network),
            parameters: self.optimized.parameters.clone(),
            tokens: Arc::clone(&self.tokens),
            world: Arc::clone(&self.world),
        }
    }

    /// A text as what the network reads and what it should say. Of a fact in front nothing is to be learned: its names are drawn by chance.
    fn example(&self, random: &mut impl RngExt) -> (Vec<usize>, Vec<Option<usize>>) {
        let text = self.world.text(self.mixture, random);
        let given = text.find("Q: ").filter(|_| text.starts_with("Fact: ")).unwrap_or(0);
        let mut tokens = self.tokens.encode(&text);
        tokens.truncate(CONTEXT);
        let (mut bytes, mut wanted) = (0, Vec::with_capacity(tokens.len()));
        for &next in &tokens[1..] {
            bytes += self.tokens.piece(tokens[wanted.len()]).len();
            wanted.push((bytes >= given).then_some(next));
        }
        tokens.pop();
        (tokens, wanted)
    }

    /// Shares over the first universities of both kinds, asked once, for the curves.
    fn examined(&self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let (model, task) = (self.trained(), TaskContext::default());
        let asked = Asked::of(&model, EXAMINED, &task)?;
        let known = EXAMINED.min(self.world.known.len());
        let share = |count: usize, all: usize| count as f64 / all.max(1) as f64;
        run.scalar("right_known", share(asked.is_right[..known].iter().filter(|&&right| right).count(), known));
        let unknown = &asked.answers[known..];
        let confidence = unknown.iter().map(|answer| answer.confidence(1.0)).sum::<f64>() / unknown.len().max(1) as f64;
        run.scalar("confidence_unknown", confidence);
        let unsure = unknown.iter().filter(|answer| answer.said(&self.world) == Said::Unsure).count();
        run.scalar("abstained", share(unsure, unknown.len()));
        let told = survey(&model, &self.world.held_out[..EXAMINED.min(HELD_OUT)], Fact::Right, 1, self.seed, &task)?;
        run.scalar("right_with_retrieval", told.right);
        let rows = |universities: &[University], from: usize| {
            let of = |(place, university): (usize, &University)| {
                let answer = &asked.answers[from + place];
                let mark = if asked.is_right[from + place] { "✓" } else { "✗" };
                let confidence = format!("{:.0} %", 100.0 * answer.confidence(1.0));
                vec![mark.to_owned(), university.name.clone(), confidence, printable(&answer.text)]
            };
            universities.iter().take(SHOWN).enumerate().map(of).collect::<Vec<_>>()
        };
        let names = [("", ""), ("university", "大学"), ("sure", "確信度"), ("answer", "答え")];
        run.view(
            "sample",
            run.is_last(),
            vec![
                Panel::Note { text: Bilingual::new("known", "既知") },
                Panel::columns(names, rows(&self.world.known, 0)),
                Panel::Note { text: Bilingual::new("held out", "未知") },
                Panel::columns(names, rows(&self.world.held_out, known)),
            ],
        );
        Ok(())
    }
}

impl Learner for HallucinationLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let learning_rate = run.learning_rate();
        let examples: Vec<_> = (0..self.batch).map(|_| self.example(run.random())).collect();
        let longest = examples.iter().map(|(given, _)| given.len()).max().unwrap_or(1);
        let (mut given, mut wanted) = (Vec::new(), Vec::new());
        for (tokens, targets) in &examples {
            // Behind the end of a text nothing is asked for, and nothing before sees it.
            given.extend(tokens.iter().copied().chain(std::iter::repeat(0)).take(longest));
            wanted.extend(targets.iter().copied().chain(std::iter::repeat(None)).take(longest));
        }
        let tape = Tape::new();
        let bound = self.optimized.parameters.on(&tape);
        let loss = self.network.forward(&bound, self.batch, &given).cross_entropy(&wanted);
        let value = f64::from(loss.item());
        self.optimized.descend(&bound, &loss.backward(), learning_rate);
        run.means(MEAN_OVER, [("loss", value)]);
        if (run.is_first() || run.is_last() || run.every(EXAMINE_EVERY)) && value.is_finite() {
            self.examined(run)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("", &mut self.optimized)
    }

    fn weights(&self) -> Weights {
        let metadata = Metadata { tokens: (*self.tokens).clone(), seed: self.seed };
        let metadata = serde_json::to_string(&metadata).expect("plain data");
        Weights::new().network("", &self.optimized.parameters).text(metadata)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let model = self.trained();
        let mut report = Report::new();
        let mut insert =
            |key: &str, value: f64| report.insert(key.to_owned(), (self.asked > 0).then_some(value).into());
        let known = &self.world.known[..self.asked.min(self.world.known.len())];
        let unknown = &self.world.held_out[..self.asked];
        let of = |universities, fact, times| -> Result<Shares, ExperimentError> {
            survey(&model, universities, fact, times, self.seed, task)
        };
        insert("right_known", of(known, Fact::Nothing, TIMES)?.right);
        let invented = of(unknown, Fact::Nothing, TIMES)?;
        insert("right_unknown", invented.right);
        insert("invented", invented.right + invented.wrong);
        insert("agreement_unknown", invented.agreement);
        insert("right_with_retrieval", of(unknown, Fact::Right, 1)?.right);
        insert("wrong_fact_followed", of(known, Fact::Wrong, 1)?.right);
        let asked = Asked::of(&model, self.asked, task)?;
        let judged = asked.judged(1.0);
        let confidence = judged[known.len()..].iter().map(|answer| answer.confidence).sum::<f64>();
        insert("confidence_unknown", confidence / unknown.len().max(1) as f64);
        // The temperature is fitted on one half of the questions and tried on the other.
        insert("expected_calibration_error", calibration_error(&asked.half(1).judged(1.0)));
        insert("scaled_calibration_error", calibration_error(&asked.half(1).judged(asked.half(0).temperature())));
        insert("coverage_at_95", coverage(&judged, RISK));
        report.insert("parameters".to_owned(), self.optimized.parameters.count().into());
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Trainable;

    #[test]
    fn nothing_is_learned_of_a_fact_in_front() {
        let mut with = Knobs::defaults(&knobs());
        "known=20 layers=1 width=16 heads=2 batch=2 retrieval=1.0 steps=1 asked=0"
            .split(' ')
            .for_each(|given| with.set_text(&knobs(), given).unwrap());
        let mut trainer = HallucinationLearner::new(&with, 1).unwrap();
        let learner = trainer.learner();
        let random = &mut ChaCha8Rng::seed_from_u64(5);
        for _ in 0..20 {
            let (tokens, wanted) = learner.example(random);
            let learned: Vec<usize> = wanted.iter().flatten().copied().collect();
            let text = String::from_utf8(learner.tokens.decode(&learned)).unwrap();
            assert!(text.contains(" A: ") && text.ends_with(" Station.\n") && !text.contains("Fact"), "{text}");
            let whole = String::from_utf8(learner.tokens.decode(&tokens)).unwrap();
            assert!(whole.starts_with("Fact: The nearest station of "), "{whole}");
            assert!(tokens.len() == wanted.len() && tokens.len() < CONTEXT);
        }
        trainer.step(&mut |_| ()).unwrap();
        assert_eq!(trainer.report(&TaskContext::default()).unwrap().len(), REPORT_KEYS.len());
    }
}
