//! A CycleGAN in training: its knobs, one step, what it shows and what it reports.

mod report;

use super::answers::TrainedCycleGan;
use super::setup::{networks, styled, unit};
use super::translator::translate;
use super::{CycleGan, StylePair};
use crate::data::{Mnist, mnist};
use crate::experiment::{ExperimentError, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::generative::classifier::Judge;
use crate::generative::digits::pictures;
use crate::nn::{
    Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, RunningAverage, Saved, Schedule, Trainer, Weights,
};
use crate::tensor::{Tape, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Steps between two points of the curves, and between two pictures.
const MEAN_OVER: u64 = 12;
const DRAW_EVERY: u64 = 60;
/// How long the running averages of the translators remember.
const MEMORY: f64 = 0.99;

pub const SERIES: [&str; 6] = ["adversarial", "cycle", "discriminators", "val/cycle", "val/truth", "learning_rate"];

pub const REPORT_KEYS: [&str; 6] =
    ["class_kept", "style_recognised", "cycle_error", "style_judge_accuracy", "by_direction", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice(
            "styles",
            &["all", "slant", "weight", "ground"],
            ["which styles to translate between", "どの書体のあいだで変換するか"],
        ),
        Knob::real(
            "cycle_weight",
            0.0..=50.0,
            10.0,
            ["λ, the weight of coming back to the start", "λ(元に戻ることの重み)"],
        )
        .live(),
        Knob::factor("learning_rate", 1e-6..=0.05, 1e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::real(
            "balance",
            0.05..=4.0,
            0.4,
            ["D's learning rate over that of G and F", "D の学習率を G・F の何倍にするか"],
        )
        .live(),
        Knob::integer("batch", 4..=512, 32, ["digits of each style per step", "1 ステップの各書体の枚数"]),
        Knob::integer(
            "steps",
            1..=1_000_000,
            600,
            ["steps in all; styles take turns", "全ステップ数(書体の組は順番に)"],
        ),
        Knob::integer(
            "channels",
            8..=64,
            32,
            ["channels at 14×14, rounded up to a multiple of 8", "14×14 でのチャネル数(8 の倍数に切り上げ)"],
        ),
    ]
}

/// A pair of styles in training.
struct Studio {
    pair: StylePair,
    networks: Arc<CycleGan>,
    translators: OptimizedNetwork,
    discriminators: OptimizedNetwork,
    /// Of the translators.
    average: RunningAverage,
    /// Training digits in the two styles; no digit is in both.
    sets: [Arc<Vec<u8>>; 2],
}

impl Studio {
    /// What the tensors of its translators and of its discriminators are called.
    fn prefixes(&self) -> [String; 2] {
        ["translators", "discriminators"].map(|kind| format!("{}.{kind}.", self.pair.name))
    }
}

/// A CycleGAN in training, for one pair of styles or for several in turn.
pub struct CycleGanLearner {
    studios: Vec<Studio>,
    mnist: Mnist,
    judge: Judge,
    /// Digits of each style a step.
    batch: usize,
    seed: u64,
}

impl CycleGanLearner {
    /// Fresh networks.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Trainer<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let half = mnist.train.len() / 2;
        let studio =
            |(pair, networks, [translators, discriminators]): (StylePair, CycleGan, [Parameters<f32>; 2])| Studio {
                pair,
                networks: Arc::new(networks),
                average: RunningAverage::new(&translators, MEMORY),
                translators: OptimizedNetwork::new(translators).with_betas(0.5, 0.999),
                discriminators: OptimizedNetwork::new(discriminators).with_betas(0.5, 0.999),
                sets: [
                    Arc::new(styled(&mnist.train, 0..half, pair.x)),
                    Arc::new(styled(&mnist.train, half..2 * half, pair.y)),
                ],
            };
        let studios = networks(knobs, &mut random).into_iter().map(studio).collect();
        let batch = knobs.integer("batch") as usize;
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: 0, decay: Decay::Cosine, total: knobs.integer("steps") as u64 },
            samples_per_step: batch as u64,
        };
        Trainer::new(CycleGanLearner { studios, mnist, judge, batch, seed }, plan)
    }

    fn trained(&self) -> TrainedCycleGan {
        let parts = self
            .studios
            .iter()
            .map(|studio| (studio.pair, Arc::clone(&studio.networks), studio.average.parameters.clone()));
        TrainedCycleGan::new(parts.collect(), self.mnist.test.clone())
    }

    /// On held-out digits: how far the way there and back, and the way there from the truth, a pixel.
    fn held_out(&self) -> [f64; 2] {
        const MOST: usize = 250;
        let count = MOST.min(self.mnist.validation.len());
        let mut sums = [0.0; 2];
        for studio in &self.studios {
            let set = |style| unit(&styled(&self.mnist.validation, 0..count, style));
            let sides = [set(studio.pair.x), set(studio.pair.y)];
            let (there, back) = (&studio.networks.g, &studio.networks.f);
            for (x, truth, there, back) in [(&sides[0], &sides[1], there, back), (&sides[1], &sides[0], back, there)] {
                let made = translate(there, &studio.average.parameters, x);
                sums[0] += mean_difference(&translate(back, &studio.average.parameters, &made), x);
                sums[1] += mean_difference(&made, truth);
            }
        }
        sums.map(|sum| sum / (2 * self.studios.len()) as f64)
    }

    /// x above G(x), y above F(y), for each pair of styles.
    fn rows(&self) -> Vec<Panel> {
        let columns = 8 / self.studios.len().min(2);
        let mut rows = vec![Vec::new(); 4];
        for studio in &self.studios {
            let set = |style| unit(&styled(&self.mnist.validation, 0..columns, style));
            let (x, y) = (set(studio.pair.x), set(studio.pair.y));
            rows[1].extend(pictures(&translate(&studio.networks.g, &studio.average.parameters, &x)));
            rows[3].extend(pictures(&translate(&studio.networks.f, &studio.average.parameters, &y)));
            rows[0].extend(pictures(&x));
            rows[2].extend(pictures(&y));
        }
        ["x", "G(x)", "y", "F(y)"].into_iter().zip(rows).map(|(name, row)| Panel::row(name, name, row)).collect()
    }
}

/// The mean of |a − b|.
fn mean_difference(a: &Tensor<f32>, b: &Tensor<f32>) -> f64 {
    let sum: f64 = a.values().iter().zip(b.values()).map(|(a, b)| f64::from((a - b).abs())).sum();
    sum / a.len() as f64
}

impl Learner for CycleGanLearner {
    /// One step of the translators of a pair, then one of its discriminators.
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let (batch, learning_rate) = (self.batch, run.learning_rate());
        let count = self.studios.len();
        let studio = &mut self.studios[run.index() as usize % count];
        let random = run.random();
        let mut draw = |set: &[u8]| {
            let count = set.len() / mnist::PIXELS;
            let rows = (0..batch).flat_map(|_| {
                let start = random.random_range(0..count) * mnist::PIXELS;
                &set[start..start + mnist::PIXELS]
            });
            unit(&rows.copied().collect::<Vec<u8>>())
        };
        let given = [draw(&studio.sets[0]), draw(&studio.sets[1])];

        let (adversarial, cycle, made) = {
            let tape = Tape::new();
            let bound = studio.translators.parameters.on(&tape);
            let frozen = studio.discriminators.parameters.frozen_on(&tape);
            let [x, y] = given.clone().map(|set| tape.constant(set));
            let losses = studio.networks.losses(&bound, &frozen, [x, y]);
            let loss = losses.adversarial + run.real("cycle_weight") * losses.cycle;
            let [adversarial, cycle] = [losses.adversarial, losses.cycle].map(|loss| f64::from(loss.item()));
            let made = losses.made.map(|made| made.value());
            studio.translators.descend(&bound, &loss.backward(), learning_rate);
            (adversarial, cycle, made)
        };
        studio.average.follow(&studio.translators.parameters, run.index() as f64 / count as f64);

        let tape = Tape::new();
        let bound = studio.discriminators.parameters.on(&tape);
        let [given, made] = [given, made].map(|sets| sets.map(|set| tape.constant(set)));
        let loss = studio.networks.discriminator_loss(&bound, given, made);
        let discriminators = f64::from(loss.item());
        studio.discriminators.descend(&bound, &loss.backward(), learning_rate * run.real("balance"));

        let means = [("adversarial", adversarial), ("cycle", cycle / 2.0), ("discriminators", discriminators)];
        run.means(MEAN_OVER, means);
        if run.every(MEAN_OVER) {
            run.scalar("learning_rate", learning_rate);
        }
        if run.is_first() || run.is_last() || run.every(DRAW_EVERY) {
            let [cycle, truth] = self.held_out();
            run.scalar("val/cycle", cycle);
            run.scalar("val/truth", truth);
            let keep = run.is_last() || run.every(20 * DRAW_EVERY);
            run.view("translations", keep, self.rows());
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        self.studios.iter_mut().fold(Saved::new(), |saved, studio| {
            let [translators, discriminators] = studio.prefixes();
            saved
                .network(&translators, &mut studio.translators)
                .network(&discriminators, &mut studio.discriminators)
                .average(&translators, &mut studio.average)
        })
    }

    fn weights(&self) -> Weights {
        self.studios.iter().fold(Weights::new(), |weights, studio| {
            let [translators, _] = studio.prefixes();
            weights.network(&translators, &studio.average.parameters)
        })
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        self.measured(task)
    }
}
