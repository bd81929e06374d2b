//! A GAN in training: its knobs, one step of each player, what it shows and what it reports.

use super::answers::{TrainedGan, plane_panel};
use super::settings::{self, ACTIONS};
use super::{Configuration, Gan, discriminator_loss, non_saturating_loss, saturating_loss};
use crate::data::Mnist;
use crate::experiment::declaration::names;
use crate::experiment::{ExperimentError, ImageGrid, Knobs, Model, Panel, Report, TaskContext};
use crate::generative::classifier::Judge;
use crate::generative::measure;
use crate::generative::noise::normal_rows;
use crate::generative::plane::{Plane, change_drawn};
use crate::nn::{
    Learner, OptimizedNetwork, Parameters, Plan, Run, RunningAverage, Saved, Schedule, Trainer, Weights, clip_norm,
};
use crate::tensor::{Tape, Tensor, Var, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Steps between two points of the curves.
const MEAN_OVER: u64 = 25;
/// Steps between two pictures.
const DRAW_EVERY: u64 = 100;
/// Noise of the pictures is the same for every model.
const DRAWING_SEED: u64 = 0x5eed;
/// Samples in the plane that coverage is counted on.
const COUNTED: usize = 2500;
/// Samples that the gradient reaching G is measured on.
const PROBED: usize = 128;

/// Means over the updates of each player since the last point of the curves.
const MEANS: [&str; 4] = ["discriminator/loss", "discriminator/real", "discriminator/fake", "generator/loss"];

/// A GAN in training.
pub struct GanLearner {
    gan: Arc<Gan>,
    generator: OptimizedNetwork,
    discriminator: OptimizedNetwork,
    /// G's weights averaged over the last steps, or as they are where the memory is zero.
    average: RunningAverage,
    mnist: Mnist,
    judge: Judge,
    /// Samples a step: whole packs.
    batch: usize,
    /// What is imitated, by the name of its knob.
    data: String,
    /// Points that a person placed.
    drawn: Vec<[f32; 2]>,
    seed: u64,
}

impl GanLearner {
    /// A fresh model.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Trainer<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut generator, mut discriminator) = (Parameters::new(), Parameters::new());
        let gan = Gan::new(Configuration::from_knobs(knobs), &mut generator, &mut discriminator, &mut random);
        let batch = (knobs.integer("batch") as usize).next_multiple_of(gan.configuration.pack);
        let plan = Plan {
            declared: settings::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule::named(knobs.choice("schedule"), knobs.integer("steps") as u64),
            samples_per_step: batch as u64,
        };
        let learner = GanLearner {
            gan: Arc::new(gan),
            average: RunningAverage::new(&generator, knobs.real("average")),
            generator: OptimizedNetwork::new(generator).with_betas(0.5, 0.999),
            discriminator: OptimizedNetwork::new(discriminator).with_betas(0.5, 0.999),
            mnist,
            judge,
            batch,
            data: knobs.choice("data").to_owned(),
            drawn: vec![[-0.8, 0.6], [0.8, 0.6], [0.0, -0.8]],
            seed,
        };
        Trainer::new(learner, plan)
    }

    /// The distribution in the plane, with the points placed so far; `None` for digits.
    fn plane(&self) -> Option<Plane> {
        Plane::named(&self.data, &self.drawn)
    }

    /// z, `[batch, latent]`.
    fn latents(&self, random: &mut ChaCha8Rng) -> Tensor<f32> {
        normal_rows(self.batch, self.gan.configuration.latent, 1.0, random)
    }

    /// Real samples, `[batch, width]`.
    fn real(&self, random: &mut ChaCha8Rng) -> Tensor<f32> {
        match self.plane() {
            Some(plane) => tensor([self.batch, 2], (0..self.batch).flat_map(|_| plane.draw(random)).collect()),
            None => {
                let train = &self.mnist.train;
                let indices: Vec<usize> = (0..self.batch).map(|_| random.random_range(0..train.len())).collect();
                let mut x = train.batch(indices);
                x.values_mut().iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
                self.gan.configuration.soften(Tape::without_gradients().constant(x)).value().clone()
            }
        }
    }

    /// One ascent of D on ln D(x) + ln(1 − D(G(z))).
    fn teach_discriminator(&mut self, run: &mut Run<'_>) {
        let (learning_rate, dropout) = (run.learning_rate(), run.real("dropout"));
        let tape = Tape::new();
        let bound = self.discriminator.parameters.on(&tape);
        let frozen = self.generator.parameters.frozen_on(&tape);
        let (z, x) = (self.latents(run.random()), self.real(run.random()));
        let fake = self.gan.generate(&frozen, tape.constant(z));
        let (real, fake) = (noisy(tape.constant(x), run), noisy(fake, run));
        let real = self.gan.learning_logits(&bound, real, dropout, run.random());
        let fake = self.gan.learning_logits(&bound, fake, dropout, run.random());
        let loss = discriminator_loss(real, fake);
        run.add("discriminator/loss", f64::from(loss.item()));
        run.add("discriminator/real", f64::from(real.sigmoid().mean().item()));
        run.add("discriminator/fake", f64::from(fake.sigmoid().mean().item()));
        self.discriminator.descend(&bound, &loss.backward(), learning_rate);
    }

    /// One descent of G on its loss.
    fn teach_generator(&mut self, run: &mut Run<'_>) {
        let learning_rate = run.learning_rate() * run.real("balance");
        let tape = Tape::new();
        let bound = self.generator.parameters.on(&tape);
        let frozen = self.discriminator.parameters.frozen_on(&tape);
        let z = self.latents(run.random());
        let fake = noisy(self.gan.generate(&bound, tape.constant(z)), run);
        let logits = self.gan.logits(&frozen, fake);
        let loss = match run.choice("loss") {
            "saturating" => saturating_loss(logits),
            _ => non_saturating_loss(logits),
        };
        run.add("generator/loss", f64::from(loss.item()));
        self.generator.descend(&bound, &loss.backward(), learning_rate);
        if run.real("average") == 0.0 {
            self.average.parameters = self.generator.parameters.clone();
        } else {
            self.average.follow(&self.generator.parameters, run.index() as f64);
        }
    }

    /// Both of G's losses, and the norm of the gradient of each that reaches G's weights, at the same z.
    fn probe(&self, step: u64) -> [(f64, f64); 2] {
        let random = &mut ChaCha8Rng::seed_from_u64(self.seed ^ step);
        let pack = self.gan.configuration.pack;
        let z = normal_rows(PROBED.div_ceil(pack) * pack, self.gan.configuration.latent, 1.0, random);
        let measure = |saturating: bool| {
            let tape = Tape::new();
            let bound = self.generator.parameters.on(&tape);
            let frozen = self.discriminator.parameters.frozen_on(&tape);
            let logits = self.gan.logits(&frozen, self.gan.generate(&bound, tape.constant(z.clone())));
            let loss = if saturating { saturating_loss(logits) } else { non_saturating_loss(logits) };
            let value = f64::from(loss.item());
            let mut gradients = loss.backward();
            (value, clip_norm(&bound, &mut gradients, f64::INFINITY))
        };
        [measure(true), measure(false)]
    }

    fn trained(&self) -> TrainedGan {
        TrainedGan::new(
            Arc::clone(&self.gan),
            self.average.parameters.clone(),
            self.discriminator.parameters.clone(),
            self.plane(),
            self.mnist.test.clone(),
        )
    }

    fn show_curves(&self, run: &mut Run<'_>) {
        for series in MEANS {
            if let Some(mean) = run.take_mean(series) {
                run.scalar(series, mean);
            }
        }
        let [saturating, non_saturating] = self.probe(run.number());
        run.scalar("loss/saturating", saturating.0);
        run.scalar("loss/non_saturating", non_saturating.0);
        run.scalar("gradient/saturating", saturating.1);
        run.scalar("gradient/non_saturating", non_saturating.1);
        // That of the next step.
        run.scalar("learning_rate", run.real("learning_rate") * run.schedule().factor(run.number()));
        [saturating, non_saturating].into_iter().for_each(|(loss, gradient)| run.guard(loss + gradient));
    }

    fn show_pictures(&self, keep: bool, run: &mut Run<'_>) {
        let trained = self.trained();
        match self.plane() {
            Some(plane) => {
                run.scalar("modes_covered", modes_covered(&trained, &plane) as f64);
                run.view("plane", false, vec![plane_panel(trained.scene(DRAWING_SEED))]);
            }
            None => {
                let images = ImageGrid::new(8, trained.sample(64, DRAWING_SEED));
                run.view("samples", keep, vec![Panel::images(images)]);
            }
        }
    }
}

/// Modes of `plane` that samples of the model reach: the same samples for the chart and the report.
fn modes_covered(model: &TrainedGan, plane: &Plane) -> usize {
    plane.covered(&model.points(COUNTED, DRAWING_SEED))
}

/// What D sees of samples: noise on them, whose deviation falls in a straight line over the run.
fn noisy<'t>(x: Var<'t, f32>, run: &mut Run<'_>) -> Var<'t, f32> {
    let left = 1.0 - run.index() as f64 / run.schedule().total as f64;
    let deviation = (run.real("noise") * left.max(0.0)) as f32;
    if deviation == 0.0 {
        return x;
    }
    let [rows, width] = x.shape().try_into().expect("rows of samples");
    x + x.tape().constant(normal_rows(rows, width, deviation, run.random()))
}

impl Learner for GanLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        for _ in 0..run.integer("discriminator_steps") {
            self.teach_discriminator(run);
        }
        if !run.flag("freeze_generator") {
            for _ in 0..run.integer("generator_steps") {
                self.teach_generator(run);
            }
        }
        if run.every(MEAN_OVER) || run.is_last() {
            self.show_curves(run);
        }
        if run.is_first() || run.every(DRAW_EVERY) || run.is_last() {
            self.show_pictures(run.is_last() || run.every(20 * DRAW_EVERY), run);
        }
        Ok(())
    }

    fn apply_action(&mut self, action: &str, argument: &str, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        match action {
            "step_discriminator" => self.teach_discriminator(run),
            "step_generator" => self.teach_generator(run),
            "place" | "clear" => return change_drawn(&self.data, &mut self.drawn, action, argument),
            other => {
                return Err(ExperimentError::new(format!(
                    "unknown action `{other}`: expected one of {}",
                    names(&ACTIONS)
                )));
            }
        }
        self.show_curves(run);
        self.show_pictures(false, run);
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new()
            .network("generator.", &mut self.generator)
            .network("discriminator.", &mut self.discriminator)
            .average("generator.", &mut self.average)
            .state("drawn", &mut self.drawn)
    }

    fn weights(&self) -> Weights {
        Weights::new()
            .network("generator.", &self.average.parameters)
            .network("discriminator.", &self.discriminator.parameters)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let trained = self.trained();
        let mut report = Report::new();
        match &self.plane() {
            Some(plane) => {
                report.insert("modes_covered".to_owned(), modes_covered(&trained, plane).into());
                report.insert("modes".to_owned(), plane.modes().len().into());
            }
            None => {
                let samples = trained.intensities(self.mnist.test.len(), self.seed);
                if measure::finite(&samples) {
                    let parzen = measure::parzen(&samples, &self.mnist, task)?;
                    report.insert("parzen_mean".to_owned(), parzen.mean.into());
                    report.insert("parzen_standard_error".to_owned(), parzen.standard_error.into());
                    report.insert("parzen_sigma".to_owned(), parzen.sigma.into());
                    let shares = measure::classes_share(&self.judge, &samples, task)?;
                    report.insert("classes_share".to_owned(), shares.to_vec().into());
                }
                measure::report_distance(&mut report, &self.judge, &samples, &self.mnist.test, task)?;
            }
        }
        let count = self.generator.parameters.count() + self.discriminator.parameters.count();
        report.insert("parameters".to_owned(), count.into());
        Ok(report)
    }
}
