//! A diffusion model in training: its knobs, one step, what it shows and what it reports.

use super::answers::{TrainedDiffusion, plane_panel};
use super::denoiser::{Kind, NO_CLASS};
use super::sampler::normals;
use super::{Denoiser, NoiseSchedule, STEPS, SamplerSettings};
use crate::data::{Batches, Mnist, mnist};
use crate::experiment::{ActionSpec, ExperimentError, ImageGrid, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::generative::classifier::Judge;
use crate::generative::digits::pictures;
use crate::generative::measure;
use crate::generative::plane::{CLEAR, PLACE, Plane, change_drawn, sliced_wasserstein};
use crate::nn::{
    Bound, Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, RunningAverage, Saved, Schedule, Trainer, Weights,
};
use crate::tensor::{Tape, Tensor, Var, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use std::time::Instant;

/// Steps between two points of the curves.
const MEAN_OVER: u64 = 20;
/// Noise of the pictures is the same for every model.
const DRAWING_SEED: u64 = 0x5eed;
/// Samples that a report compares in the plane.
const COMPARED: usize = 2500;
/// A report asks for a digit for each so many test digits (2,000 digits in all), in this manner.
const TEST_DIGITS_PER_ASKED: usize = 5;
const ASKING: SamplerSettings = SamplerSettings { seed: 0, steps: 50, guidance: 2.0, eta: 0.0 };
pub const SERIES: [&str; 4] = ["train/loss", "val/loss", "sliced_wasserstein", "learning_rate"];

pub const REPORT_KEYS: [&str; 5] =
    ["sliced_wasserstein", "prompt_accuracy", "feature_distance", "sampling_seconds_64", "parameters"];

/// What a person can do to a run beside turning knobs.
pub static ACTIONS: [ActionSpec; 2] = [PLACE, CLEAR];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("data", &["mnist", "swiss_roll", "ring", "drawn"], ["what is learned", "何を学ぶか"]),
        Knob::choice("network", &["unet", "dense"], ["ε_θ for digits", "数字のための ε_θ"]),
        Knob::integer(
            "channels",
            8..=128,
            32,
            [
                "channels of the U-Net at 14×14, rounded up to a multiple of 8",
                "U-Net の 14×14 でのチャネル数(8 の倍数に切り上げ)",
            ],
        ),
        Knob::factor("learning_rate", 1e-6..=0.05, 1e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::real(
            "class_dropout",
            0.0..=1.0,
            0.1,
            ["how often the class is left out while it learns", "学習中にクラスを与えない割合"],
        )
        .live(),
        Knob::integer("batch", 8..=4096, 128, ["samples per step", "1 ステップの枚数"]),
        Knob::integer("steps", 1..=1_000_000, 1000, ["steps in all", "全ステップ数"]),
        Knob::real(
            "average",
            0.0..=0.9999,
            0.999,
            [
                "samples come from a running average (EMA) of the weights with this memory",
                "サンプルに使う重みの移動平均(EMA)の減衰率",
            ],
        ),
        Knob::choice(
            "schedule",
            &["cosine", "constant"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
    ]
}

/// A diffusion model in training.
pub struct DiffusionLearner {
    denoiser: Arc<Denoiser>,
    network: OptimizedNetwork,
    /// What samples are drawn with.
    average: RunningAverage,
    kept: Arc<NoiseSchedule>,
    mnist: Mnist,
    judge: Judge,
    batches: Batches,
    /// What is learned, by the name of its knob.
    data: String,
    /// Points that a person placed.
    drawn: Vec<[f32; 2]>,
    /// Steps between two pictures: about forty in a run.
    draw_every: u64,
    seed: u64,
}

impl DiffusionLearner {
    /// A fresh model.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Trainer<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let denoiser = Denoiser::new(Kind::from_knobs(knobs), &mut parameters, &mut random);
        let total = knobs.integer("steps") as u64;
        let batches = Batches::new(seed, mnist.train.len(), knobs.integer("batch") as usize);
        let decay = Decay::named(knobs.choice("schedule"));
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule { warm_up: (total / 10).min(200), decay, total },
            samples_per_step: batches.size() as u64,
        };
        let learner = DiffusionLearner {
            denoiser: Arc::new(denoiser),
            average: RunningAverage::new(&parameters, knobs.real("average")),
            network: OptimizedNetwork::new(parameters),
            kept: Arc::new(NoiseSchedule::default()),
            mnist,
            judge,
            batches,
            data: knobs.choice("data").to_owned(),
            drawn: vec![[-1.0, 0.8], [0.0, -0.9], [1.0, 0.8]],
            draw_every: (total / 40).max(20),
            seed,
        };
        Trainer::new(learner, plan)
    }

    fn plane(&self) -> Option<Plane> {
        Plane::named(&self.data, &self.drawn)
    }

    /// x_0 `[batch, width]` and the class of each.
    fn batch(&mut self, run: &mut Run<'_>) -> (Tensor<f32>, Vec<usize>) {
        let batch = self.batches.size();
        if let Some(plane) = self.plane() {
            let points = (0..batch).flat_map(|_| plane.draw(run.random())).collect();
            return (tensor([batch, 2], points), vec![NO_CLASS; batch]);
        }
        let indices = self.batches.indices(run.index());
        let mut x = self.mnist.train.batch(indices.iter().copied());
        x.values_mut().iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        (x, indices.iter().map(|&index| usize::from(self.mnist.train.label(index))).collect())
    }

    /// The mean of (ε − ε_θ(x_t, t, y))² / ᾱ_t for x_0, at times and noise drawn from `random`: that of (v − v̂)².
    fn loss<'t>(
        &self,
        bound: &Bound<'t, f32>,
        x: &Tensor<f32>,
        classes: &[usize],
        random: &mut ChaCha8Rng,
    ) -> Var<'t, f32> {
        let (batch, width) = (classes.len(), self.denoiser.width());
        let t: Vec<usize> = (0..batch).map(|_| random.random_range(0..STEPS)).collect();
        let noise = tensor([batch, width], normals(batch * width, random));
        let (mut noisy, mut target) = (x.clone(), noise.clone());
        let rows = noisy.values_mut().chunks_exact_mut(width).zip(target.values_mut().chunks_exact_mut(width));
        for ((x, e), &t) in rows.zip(&t) {
            let (picture, rest) = self.kept.factors(t);
            for (x, e) in x.iter_mut().zip(e) {
                // x_t, and v in the place of ε.
                (*x, *e) = (picture * *x + rest * *e, picture * *e - rest * *x);
            }
        }
        let prediction = self.denoiser.forward(bound, bound.tape().constant(noisy), &t, classes);
        prediction.mean_squared_error(bound.tape().constant(target))
    }

    fn trained(&self) -> TrainedDiffusion {
        TrainedDiffusion::new(
            Arc::clone(&self.denoiser),
            self.average.parameters.clone(),
            Arc::clone(&self.kept),
            self.plane(),
            self.mnist.test.clone(),
        )
    }

    /// The loss on held-out digits, always at the same times and noise.
    fn held_out_loss(&self) -> f64 {
        const MOST: usize = 512;
        let count = MOST.min(self.mnist.validation.len());
        let mut x = self.mnist.validation.batch(0..count);
        x.values_mut().iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        let classes: Vec<usize> = (0..count).map(|index| usize::from(self.mnist.validation.label(index))).collect();
        let tape = Tape::without_gradients();
        let bound = self.average.parameters.on(&tape);
        f64::from(self.loss(&bound, &x, &classes, &mut ChaCha8Rng::seed_from_u64(DRAWING_SEED)).item())
    }

    /// How far 2,500 samples lie from 2,500 true points.
    fn distance_in_the_plane(&self, plane: &Plane, seed: u64, task: &TaskContext) -> Result<f64, ExperimentError> {
        let manner = SamplerSettings { seed, eta: 0.0, ..SamplerSettings::FREE };
        let made = self.trained().draw(&[NO_CLASS; COMPARED], manner, task)?;
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let data: Vec<[f32; 2]> = (0..COMPARED).map(|_| plane.draw(random)).collect();
        Ok(sliced_wasserstein(made.values().as_chunks::<2>().0, &data))
    }

    fn show_pictures(&self, keep: bool, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let (trained, task) = (self.trained(), TaskContext::default());
        if let Some(plane) = self.plane() {
            run.scalar("sliced_wasserstein", self.distance_in_the_plane(&plane, DRAWING_SEED, &task)?);
            run.view("plane", false, vec![plane_panel(trained.scene(DRAWING_SEED, 1.0, &task)?)]);
            return Ok(());
        }
        run.scalar("val/loss", self.held_out_loss());
        // Few steps, so that the run is not held up. A column for each class, in five rows: so the grid counts as a gallery, of which a
        // screen may show some rows. Up to four rows (`FEW_ROWS` of the picture widget) count as rows that belong together.
        let classes: Vec<usize> = (0..50).map(|place| place % 10).collect();
        let manner = SamplerSettings { seed: DRAWING_SEED, steps: 10, guidance: 1.0, eta: 0.0 };
        let images = ImageGrid::new(10, pictures(&trained.draw(&classes, manner, &task)?));
        run.view("samples", keep, vec![Panel::images(images)]);
        Ok(())
    }
}

impl Learner for DiffusionLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let learning_rate = run.learning_rate();
        let (x, mut classes) = self.batch(run);
        let left_out = run.real("class_dropout");
        let random = run.random();
        classes.iter_mut().filter(|_| random.random_bool(left_out)).for_each(|class| *class = NO_CLASS);
        let tape = Tape::new();
        let bound = self.network.parameters.on(&tape);
        let loss = self.loss(&bound, &x, &classes, random);
        run.means(MEAN_OVER, [("train/loss", f64::from(loss.item()))]);
        self.network.descend(&bound, &loss.backward(), learning_rate);
        self.average.follow(&self.network.parameters, run.index() as f64);

        if run.every(MEAN_OVER) {
            run.scalar("learning_rate", learning_rate);
        }
        if run.is_first() || run.is_last() || run.every(self.draw_every) {
            self.show_pictures(run.is_last() || run.every(8 * self.draw_every), run)?;
        }
        Ok(())
    }

    fn apply_action(&mut self, action: &str, argument: &str, _run: &mut Run<'_>) -> Result<(), ExperimentError> {
        change_drawn(&self.data, &mut self.drawn, action, argument)
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("", &mut self.network).average("", &mut self.average).state("drawn", &mut self.drawn)
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", &self.average.parameters)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let mut report = Report::new();
        let trained = self.trained();
        if let Some(plane) = self.plane() {
            let distance = self.distance_in_the_plane(&plane, self.seed, task)?;
            report.insert("sliced_wasserstein".to_owned(), distance.into());
        } else {
            let in_turn = |count: usize| -> Vec<usize> { (0..count).map(|place| place % 10).collect() };
            let asking = SamplerSettings { seed: self.seed, ..ASKING };
            let begun = Instant::now();
            trained.draw(&in_turn(64), asking, task)?;
            report.insert("sampling_seconds_64".to_owned(), begun.elapsed().as_secs_f64().into());
            let asked = in_turn(self.mnist.test.len() / TEST_DIGITS_PER_ASKED);
            let read = self.judge.read(&trained.draw(&asked, asking, task)?, task)?;
            let right = read.iter().zip(&asked).filter(|((digit, _), asked)| digit == *asked).count();
            report.insert("prompt_accuracy".to_owned(), (right as f64 / asked.len() as f64).into());
            let free = trained.draw(
                &in_turn(self.mnist.test.len()),
                SamplerSettings { seed: self.seed, ..SamplerSettings::FREE },
                task,
            )?;
            measure::report_distance(&mut report, &self.judge, &free, &self.mnist.test, task)?;
        }
        report.insert("parameters".to_owned(), self.network.parameters.count().into());
        debug_assert!(self.denoiser.width() == mnist::PIXELS || self.plane().is_some());
        Ok(report)
    }
}
