//! A diffusion model in training: its knobs, one step, what it tells and what it reports.

use super::answers::TrainedDiffusion;
use super::denoiser::{Kind, NO_CLASS};
use super::sampler::normals;
use super::{Denoiser, Kept, STEPS};
use crate::data::{Batches, Mnist, mnist};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::query::Manner;
use crate::experiment::{Event, Knob, KnobError, KnobValue, Knobs, Report, Sheet};
use crate::generative::classifier::Judge;
use crate::generative::digits::pictures;
use crate::generative::measure;
use crate::generative::plane::{Plane, read_point, sliced_wasserstein};
use crate::nn::{Fall, Learning, Parameters, Schedule, learning};
use crate::tensor::{Tape, Tensor, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

/// Steps between two points of the curves.
const TELL_EVERY: u64 = 20;
/// Noise of the pictures is the same for every model.
const DRAWING_SEED: u64 = 0x5eed;
/// Samples that a report compares in the plane.
const COMPARED: usize = 2500;
/// Digits asked for by a report, and the manner of asking.
const ASKED: usize = 2000;
const ASKING: Manner = Manner { seed: 0, steps: 50, guidance: 2.0, eta: 0.0 };
/// How samples are drawn that nobody asks anything of; their feature distance is reported.
pub const FREE: Manner = Manner { seed: 0, steps: 50, guidance: 0.0, eta: 1.0 };

pub const SERIES: [&str; 4] = ["train/loss", "val/loss", "sliced_wasserstein", "learning_rate"];

pub const REPORT_KEYS: [&str; 5] =
    ["sliced_wasserstein", "prompt_accuracy", "feature_distance", "sampling_seconds_64", "parameters"];

/// What a person can do to a run beside turning knobs.
pub const ACTS: [&str; 2] = ["place", "clear"];

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
        Knob::factor("learning_rate", 1e-6..=0.05, 1e-3, ["Adam's step size η", "Adam の学習率 η"]).live(),
        Knob::real(
            "class_dropout",
            0.0..=1.0,
            0.1,
            ["how often the class is left out while it learns", "学習中にクラスを伏せる割合"],
        )
        .live(),
        Knob::integer("batch", 8..=4096, 128, ["samples a step", "1 ステップの枚数"]),
        Knob::integer("steps", 1..=1_000_000, 1000, ["steps in all", "全ステップ数"]),
        Knob::real(
            "average",
            0.0..=0.9999,
            0.999,
            [
                "samples come from a running average (EMA) of the weights with this memory",
                "サンプルに使う重みの移動平均(EMA)の記憶率",
            ],
        ),
        Knob::choice(
            "schedule",
            &["cosine", "constant"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
    ]
}

/// The network that knobs ask for.
pub fn kind(knobs: &Knobs) -> Kind {
    match (knobs.choice("data"), knobs.choice("network")) {
        ("mnist", "dense") => Kind::Dense,
        ("mnist", _) => {
            Kind::UNet { channels: (knobs.integer("channels") as usize).next_multiple_of(super::denoiser::GROUPS) }
        }
        _ => Kind::Plane,
    }
}

/// A diffusion model in training.
pub struct DiffusionLearner {
    denoiser: Arc<Denoiser>,
    network: Learning,
    /// The weights averaged over the last steps: what samples are drawn with.
    average: Parameters<f32>,
    kept: Arc<Kept>,
    mnist: Mnist,
    judge: Judge,
    batches: Batches,
    knobs: Knobs,
    schedule: Schedule,
    seed: u64,
    state: State,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    step: u64,
    random: ChaCha8Rng,
    live: Knobs,
    drawn: Vec<[f32; 2]>,
    /// Sum over the steps since the last point of the curve.
    loss: f64,
    diverged: bool,
}

impl DiffusionLearner {
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let denoiser = Denoiser::new(kind(knobs), &mut parameters, &mut random);
        let total = knobs.integer("steps") as u64;
        let fall = if knobs.choice("schedule") == "cosine" { Fall::Cosine } else { Fall::Constant };
        DiffusionLearner {
            denoiser: Arc::new(denoiser),
            average: parameters.clone(),
            network: Learning::new(parameters),
            kept: Arc::new(Kept::default()),
            batches: Batches::new(seed, mnist.train.len(), knobs.integer("batch") as usize),
            mnist,
            judge,
            schedule: Schedule { warm_up: (total / 10).min(200), fall, total },
            seed,
            state: State {
                step: 0,
                random,
                live: knobs.live(&self::knobs()),
                drawn: vec![[-1.0, 0.8], [0.0, -0.9], [1.0, 0.8]],
                loss: 0.0,
                diverged: false,
            },
            knobs: knobs.clone(),
        }
    }

    fn plane(&self) -> Option<Plane> {
        Plane::named(self.knobs.choice("data"), &self.state.drawn)
    }

    fn batch_size(&self) -> usize {
        self.batches.size()
    }

    /// x_0 `[batch, width]` and the class of each.
    fn batch(&mut self) -> (Tensor<f32>, Vec<usize>) {
        let batch = self.batch_size();
        if let Some(plane) = self.plane() {
            let points = (0..batch).flat_map(|_| plane.draw(&mut self.state.random)).collect();
            return (tensor([batch, 2], points), vec![NO_CLASS; batch]);
        }
        let indices = self.batches.indices(self.state.step).to_vec();
        let mut x = self.mnist.train.batch(indices.iter().copied());
        x.values_mut().iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        (x, indices.into_iter().map(|index| usize::from(self.mnist.train.label(index))).collect())
    }

    /// The mean of (ε − ε_θ(x_t, t, y))² / ᾱ_t for x_0, at times and noise drawn from `random`: that of (v − v̂)².
    fn loss<'t>(
        &self,
        bound: &crate::nn::Bound<'t, f32>,
        x: &Tensor<f32>,
        classes: &[usize],
        random: &mut ChaCha8Rng,
    ) -> crate::tensor::Var<'t, f32> {
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
        let told = self.denoiser.forward(bound, bound.tape().constant(noisy), &t, classes);
        told.mean_squared_error(bound.tape().constant(target))
    }

    fn learning_rate(&self) -> f64 {
        self.state.live.real("learning_rate") * self.schedule.factor(self.state.step)
    }

    fn descend(&mut self) -> f64 {
        let rate = self.learning_rate();
        let (x, mut classes) = self.batch();
        let left_out = self.state.live.real("class_dropout");
        let mut random = self.state.random.clone();
        classes.iter_mut().filter(|_| random.random_bool(left_out)).for_each(|class| *class = NO_CLASS);
        let tape = Tape::new();
        let bound = self.network.parameters.on(&tape);
        let loss = self.loss(&bound, &x, &classes, &mut random);
        self.state.random = random;
        let told = f64::from(loss.item());
        self.network.descend(&bound, &loss.backward(), rate);
        let step = self.state.step as f64;
        let memory = self.knobs.real("average").min((1.0 + step) / (10.0 + step));
        self.average.approach(&self.network.parameters, 1.0 - memory);
        told
    }

    fn trained(&self) -> TrainedDiffusion {
        TrainedDiffusion::new(
            Arc::clone(&self.denoiser),
            self.average.clone(),
            Arc::clone(&self.kept),
            self.plane(),
            self.mnist.test.clone(),
        )
    }

    /// The loss on held-out digits, always at the same times and noise.
    fn held_out_loss(&self) -> f64 {
        const DIGITS: usize = 512;
        let mut x = self.mnist.validation.batch(0..DIGITS);
        x.values_mut().iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        let classes: Vec<usize> = (0..DIGITS).map(|index| usize::from(self.mnist.validation.label(index))).collect();
        let tape = Tape::without_gradients();
        let bound = self.average.on(&tape);
        f64::from(self.loss(&bound, &x, &classes, &mut ChaCha8Rng::seed_from_u64(DRAWING_SEED)).item())
    }

    /// How far 2,500 samples lie from 2,500 true points.
    fn distance_in_the_plane(&self, plane: &Plane, seed: u64, watch: &Watch) -> Result<f64, Failure> {
        let manner = Manner { seed, eta: 0.0, ..FREE };
        let made = self.trained().draw(&[NO_CLASS; COMPARED], manner, watch)?;
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let data: Vec<[f32; 2]> = (0..COMPARED).map(|_| plane.draw(random)).collect();
        Ok(sliced_wasserstein(made.values().as_chunks::<2>().0, &data))
    }

    fn tell_pictures(&self, keep: bool, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let (step, trained, watch) = (self.state.step, self.trained(), Watch::default());
        if let Some(plane) = self.plane() {
            let value = self.distance_in_the_plane(&plane, DRAWING_SEED, &watch)?;
            tell(Event::Scalar { series: "sliced_wasserstein".to_owned(), step, value });
            let scene = trained.scene(DRAWING_SEED, 1.0, &watch)?;
            tell(Event::Scene { name: "plane".to_owned(), step, scene });
            return Ok(());
        }
        tell(Event::Scalar { series: "val/loss".to_owned(), step, value: self.held_out_loss() });
        // Few steps, so that the run is not held up: a column for each class.
        let classes: Vec<usize> = (0..40).map(|place| place % 10).collect();
        let manner = Manner { seed: DRAWING_SEED, steps: 10, guidance: 1.0, eta: 0.0 };
        let drawn = trained.draw(&classes, manner, &watch)?;
        let sheet = Sheet::new(10, pictures(&drawn));
        tell(Event::Picture { name: "samples".to_owned(), step, keep, sheet });
        Ok(())
    }

    /// Steps between two pictures: about forty in a run.
    fn draw_every(&self) -> u64 {
        (self.schedule.total / 40).max(20)
    }
}

impl Trainable for DiffusionLearner {
    fn position(&self) -> Position {
        let samples_per_step = self.batch_size() as u64;
        Position { step: self.state.step, total_steps: self.schedule.total, samples_per_step }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let rate = self.learning_rate();
        let loss = self.descend();
        self.state.step += 1;
        self.state.loss += loss;
        let step = self.state.step;
        let ends = step == self.schedule.total;
        if !loss.is_finite() && !self.state.diverged {
            self.state.diverged = true;
            let message = "the loss is no longer a number: lower the learning rate and start again".to_owned();
            tell(Event::Warning { step, message });
        }
        if step.is_multiple_of(TELL_EVERY) {
            let mean = std::mem::take(&mut self.state.loss) / TELL_EVERY as f64;
            tell(Event::Scalar { series: "train/loss".to_owned(), step, value: mean });
            tell(Event::Scalar { series: "learning_rate".to_owned(), step, value: rate });
        }
        if step == 1 || ends || step.is_multiple_of(self.draw_every()) {
            self.tell_pictures(ends || step.is_multiple_of(8 * self.draw_every()), tell)?;
        }
        Ok(())
    }

    fn turn(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&knobs(), knob, value)
    }

    fn act(&mut self, action: &str, argument: &str, _tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        if self.knobs.choice("data") != "drawn" {
            return Err(Failure::new("points are placed in a run with data = drawn"));
        }
        match action {
            "place" => {
                let wanted =
                    || Failure::new(format!("place `{argument}`: expected two numbers from -2 to 2, such as 0.5 -1"));
                self.state.drawn.push(read_point(argument).ok_or_else(wanted)?);
            }
            "clear" => self.state.drawn.clear(),
            other => {
                return Err(Failure::new(format!("unknown action `{other}`: expected one of {}", ACTS.join(", "))));
            }
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn checkpoint(&self) -> Vec<u8> {
        learning::save(&[("", &self.network)], &[("", &self.average)], self.state.step, &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.state = learning::restore(&mut [("", &mut self.network)], &mut [("", &mut self.average)], bytes)?;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        learning::weights(&[("", &self.average)], precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let mut report = Report::new();
        let trained = self.trained();
        if let Some(plane) = self.plane() {
            let distance = self.distance_in_the_plane(&plane, self.seed, watch)?;
            report.insert("sliced_wasserstein".to_owned(), distance.into());
        } else {
            let in_turn = |count: usize| -> Vec<usize> { (0..count).map(|place| place % 10).collect() };
            let asking = Manner { seed: self.seed, ..ASKING };
            let begun = Instant::now();
            trained.draw(&in_turn(64), asking, watch)?;
            report.insert("sampling_seconds_64".to_owned(), begun.elapsed().as_secs_f64().into());
            let asked = in_turn(ASKED);
            let read = self.judge.read(&trained.draw(&asked, asking, watch)?, watch)?;
            let right = read.iter().zip(&asked).filter(|((digit, _), asked)| digit == *asked).count();
            report.insert("prompt_accuracy".to_owned(), (right as f64 / ASKED as f64).into());
            let free = trained.draw(&in_turn(measure::SAMPLES), Manner { seed: self.seed, ..FREE }, watch)?;
            measure::report_distance(&mut report, &self.judge, &free, &self.mnist.test, watch)?;
        }
        report.insert("parameters".to_owned(), self.network.parameters.count().into());
        debug_assert!(self.denoiser.width() == mnist::PIXELS || self.plane().is_some());
        Ok(report)
    }
}
