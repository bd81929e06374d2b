//! A GAN in training: its knobs, one step of each player, what it tells and what it reports.

use super::answers::TrainedGan;
use super::{Configuration, Gan, discriminator_loss, non_saturating_loss, normal_rows, saturating_loss};
use crate::data::Mnist;
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::{Event, Knob, KnobError, KnobValue, Knobs, Report, Sheet};
use crate::generative::classifier::Judge;
use crate::generative::measure;
use crate::generative::plane::{Plane, read_point};
use crate::nn::{Fall, Learning, Parameters, Schedule, learning};
use crate::tensor::{Tape, Tensor, tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Steps between two points of the curves.
const TELL_EVERY: u64 = 25;
/// Steps between two pictures.
const DRAW_EVERY: u64 = 100;
/// Noise of the pictures is the same for every model.
const DRAWING_SEED: u64 = 0x5eed;
/// Samples in the plane that coverage is counted on.
const COUNTED: usize = 2500;
/// Samples that the gradient reaching G is measured on.
const PROBED: usize = 128;

pub const SERIES: [&str; 10] = [
    "discriminator/loss",
    "generator/loss",
    "discriminator/real",
    "discriminator/fake",
    "loss/saturating",
    "loss/non_saturating",
    "gradient/saturating",
    "gradient/non_saturating",
    "modes_covered",
    "learning_rate",
];

pub const REPORT_KEYS: [&str; 8] = [
    "modes_covered",
    "modes",
    "parzen_mean",
    "parzen_standard_error",
    "parzen_sigma",
    "classes_share",
    "feature_distance",
    "parameters",
];

/// What a person can do to a run beside turning knobs.
pub const ACTS: [&str; 4] = ["step_discriminator", "step_generator", "place", "clear"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("data", &["mnist", "ring", "grid", "drawn"], ["what is imitated", "何を真似るか"]),
        Knob::choice("loss", &["non_saturating", "saturating"], ["what G minimises", "G が最小化する損失"]).live(),
        Knob::choice("network", &["convolutional", "dense"], ["G and D for digits", "数字のための G と D"]),
        Knob::integer(
            "channels",
            8..=128,
            32,
            [
                "channels of the convolutions at 14×14, rounded up to a multiple of 8",
                "14×14 での畳み込みのチャネル数(8 の倍数に切り上げ)",
            ],
        ),
        Knob::factor(
            "learning_rate",
            1e-6..=0.05,
            2e-4,
            ["Adam's step size η of both players", "両者の Adam の学習率 η"],
        )
        .live(),
        Knob::real("balance", 0.05..=4.0, 1.0, ["G's learning rate over D's", "G の学習率を D の何倍にするか"]).live(),
        Knob::integer("discriminator_steps", 1..=20, 1, ["updates of D a step", "1 ステップに D を何回更新するか"])
            .live(),
        Knob::integer("generator_steps", 1..=20, 1, ["updates of G a step", "1 ステップに G を何回更新するか"]).live(),
        Knob::flag("freeze_generator", ["G stands still while D goes on", "G を止め、D だけを学習させる"]).live(),
        Knob::real(
            "noise",
            0.0..=1.0,
            0.0,
            [
                "deviation of the noise on all that D sees; it falls to nothing over the run",
                "D が見るものすべてに加える雑音の標準偏差(終わりに向けて 0 へ)",
            ],
        )
        .live(),
        Knob::real("dropout", 0.0..=0.9, 0.0, ["share of D's hidden values left out", "D の隠れ層で落とす割合"]).live(),
        Knob::integer("pack", 1..=8, 1, ["samples that D looks at together", "D が一度に見比べる枚数"]),
        Knob::integer("batch", 8..=4096, 128, ["samples a step", "1 ステップの枚数"]),
        Knob::integer("steps", 1..=1_000_000, 8000, ["steps in all", "全ステップ数"]),
        Knob::integer("latent", 1..=256, 64, ["numbers in z", "z の次元"]),
        Knob::integers("generator", 1..=4096, 4, &[256, 512], ["widths of G's hidden layers", "G の隠れ層の幅"]),
        Knob::integers("discriminator", 1..=4096, 4, &[512, 256], ["widths of D's hidden layers", "D の隠れ層の幅"]),
        Knob::real(
            "average",
            0.0..=0.9999,
            0.0,
            [
                "samples come from a running average of G's weights with this memory; 0: from G itself",
                "サンプルに使う G の重みの移動平均の記憶率(0 なら G そのもの)",
            ],
        ),
        Knob::real(
            "softening",
            0.0..=0.25,
            0.0,
            [
                "the lens through which digits are seen: share taken from each neighbour of a pixel",
                "数字を見るレンズのぼかし。画素が両隣から受け取る割合",
            ],
        ),
        Knob::choice(
            "schedule",
            &["constant", "cosine"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
    ]
}

/// A GAN in training.
pub struct GanLearner {
    gan: Arc<Gan>,
    generator: Learning,
    discriminator: Learning,
    /// G's weights averaged over the last steps.
    average: Parameters<f32>,
    mnist: Mnist,
    judge: Judge,
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
    /// Points that a person placed.
    drawn: Vec<[f32; 2]>,
    told: Told,
    diverged: bool,
}

/// Sums since the last point of the curves.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Told {
    discriminator: (f64, u64),
    generator: (f64, u64),
    real: f64,
    fake: f64,
}

impl GanLearner {
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut generator, mut discriminator) = (Parameters::new(), Parameters::new());
        let gan = Gan::new(Configuration::from_knobs(knobs), &mut generator, &mut discriminator, &mut random);
        let total = knobs.integer("steps") as u64;
        let fall = if knobs.choice("schedule") == "cosine" { Fall::Cosine } else { Fall::Constant };
        GanLearner {
            gan: Arc::new(gan),
            average: generator.clone(),
            generator: Learning::new(generator).with_betas(0.5, 0.999),
            discriminator: Learning::new(discriminator).with_betas(0.5, 0.999),
            mnist,
            judge,
            schedule: Schedule { warm_up: 0, fall, total },
            seed,
            state: State {
                step: 0,
                random,
                live: knobs.live(&self::knobs()),
                drawn: vec![[-0.8, 0.6], [0.8, 0.6], [0.0, -0.8]],
                told: Told::default(),
                diverged: false,
            },
            knobs: knobs.clone(),
        }
    }

    fn batch_size(&self) -> usize {
        let pack = self.gan.configuration.pack;
        (self.knobs.integer("batch") as usize).div_ceil(pack) * pack
    }

    /// The distribution in the plane, with the points placed so far; `None` for digits.
    fn plane(&self) -> Option<Plane> {
        Plane::named(self.knobs.choice("data"), &self.state.drawn)
    }

    fn latents(&mut self, count: usize) -> Tensor<f32> {
        normal_rows(count, self.gan.configuration.latent, 1.0, &mut self.state.random)
    }

    /// `count` real samples, `[count, width]`.
    fn real(&mut self, count: usize) -> Tensor<f32> {
        match self.plane() {
            Some(plane) => {
                let points = (0..count).flat_map(|_| plane.draw(&mut self.state.random)).collect();
                tensor([count, 2], points)
            }
            None => {
                let train = &self.mnist.train;
                let indices: Vec<usize> = (0..count).map(|_| self.state.random.random_range(0..train.len())).collect();
                let mut x = train.batch(indices);
                x.values_mut().iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
                self.gan.configuration.soften(Tape::without_gradients().constant(x)).value().clone()
            }
        }
    }

    /// The deviation of the noise on what D sees: it falls in a straight line over the run.
    fn noise(&self) -> f32 {
        let left = 1.0 - self.state.step as f64 / self.schedule.total as f64;
        (self.state.live.real("noise") * left.max(0.0)) as f32
    }

    fn noisy<'t>(&mut self, x: crate::tensor::Var<'t, f32>) -> crate::tensor::Var<'t, f32> {
        let deviation = self.noise();
        if deviation == 0.0 {
            return x;
        }
        let [rows, width] = x.shape().try_into().expect("rows of samples");
        x + x.tape().constant(normal_rows(rows, width, deviation, &mut self.state.random))
    }

    fn learning_rate(&self) -> f64 {
        self.state.live.real("learning_rate") * self.schedule.factor(self.state.step)
    }

    /// One ascent of D on ln D(x) + ln(1 − D(G(z))).
    fn teach_discriminator(&mut self) {
        let (batch, rate, dropout) = (self.batch_size(), self.learning_rate(), self.state.live.real("dropout"));
        let tape = Tape::new();
        let bound = self.discriminator.parameters.on(&tape);
        let frozen = self.generator.parameters.frozen_on(&tape);
        let (z, x) = (self.latents(batch), self.real(batch));
        let fake = self.gan.generate(&frozen, tape.constant(z));
        let (real, fake) = (self.noisy(tape.constant(x)), self.noisy(fake));
        let random = &mut self.state.random;
        let real = self.gan.learning_logits(&bound, real, dropout, random);
        let fake = self.gan.learning_logits(&bound, fake, dropout, random);
        let loss = discriminator_loss(real, fake);
        let told = &mut self.state.told;
        told.discriminator = (told.discriminator.0 + f64::from(loss.item()), told.discriminator.1 + 1);
        told.real += f64::from(real.sigmoid().mean().item());
        told.fake += f64::from(fake.sigmoid().mean().item());
        self.discriminator.descend(&bound, &loss.backward(), rate);
    }

    /// One descent of G on its loss.
    fn teach_generator(&mut self) {
        let (batch, rate) = (self.batch_size(), self.learning_rate() * self.state.live.real("balance"));
        let tape = Tape::new();
        let bound = self.generator.parameters.on(&tape);
        let frozen = self.discriminator.parameters.frozen_on(&tape);
        let z = self.latents(batch);
        let fake = self.gan.generate(&bound, tape.constant(z));
        let fake = self.noisy(fake);
        let logits = self.gan.logits(&frozen, fake);
        let loss = match self.state.live.choice("loss") {
            "saturating" => saturating_loss(logits),
            _ => non_saturating_loss(logits),
        };
        let told = &mut self.state.told;
        told.generator = (told.generator.0 + f64::from(loss.item()), told.generator.1 + 1);
        self.generator.descend(&bound, &loss.backward(), rate);
        match self.knobs.real("average") {
            0.0 => self.average = self.generator.parameters.clone(),
            // The first steps are forgotten faster, or the fresh weights would stay in for long.
            memory => {
                let step = self.state.step as f64;
                self.average.approach(&self.generator.parameters, 1.0 - memory.min((1.0 + step) / (10.0 + step)));
            }
        }
    }

    /// Both of G's losses, and the norm of the gradient of each that reaches G's weights, at the same z.
    fn probe(&self) -> [(f64, f64); 2] {
        let random = &mut ChaCha8Rng::seed_from_u64(self.seed ^ self.state.step);
        let pack = self.gan.configuration.pack;
        let z = normal_rows(PROBED.div_ceil(pack) * pack, self.gan.configuration.latent, 1.0, random);
        let measure = |saturating: bool| {
            let tape = Tape::new();
            let bound = self.generator.parameters.on(&tape);
            let frozen = self.discriminator.parameters.frozen_on(&tape);
            let logits = self.gan.logits(&frozen, self.gan.generate(&bound, tape.constant(z.clone())));
            let loss = if saturating { saturating_loss(logits) } else { non_saturating_loss(logits) };
            let told = f64::from(loss.item());
            let mut gradients = loss.backward();
            (told, crate::nn::clip_norm(&bound, &mut gradients, f64::INFINITY))
        };
        [measure(true), measure(false)]
    }

    fn trained(&self) -> TrainedGan {
        TrainedGan::new(
            Arc::clone(&self.gan),
            self.average.clone(),
            self.discriminator.parameters.clone(),
            self.plane(),
            self.mnist.test.clone(),
        )
    }

    fn tell_curves(&mut self, tell: &mut dyn FnMut(Event)) {
        let (step, rate) = (self.state.step, self.learning_rate());
        let told = std::mem::take(&mut self.state.told);
        let mut scalar = |series: &str, value| tell(Event::Scalar { series: series.to_owned(), step, value });
        let mean = |(sum, count): (f64, u64)| sum / count as f64;
        if told.discriminator.1 > 0 {
            scalar("discriminator/loss", mean(told.discriminator));
            scalar("discriminator/real", told.real / told.discriminator.1 as f64);
            scalar("discriminator/fake", told.fake / told.discriminator.1 as f64);
        }
        if told.generator.1 > 0 {
            scalar("generator/loss", mean(told.generator));
        }
        let [saturating, non_saturating] = self.probe();
        scalar("loss/saturating", saturating.0);
        scalar("loss/non_saturating", non_saturating.0);
        scalar("gradient/saturating", saturating.1);
        scalar("gradient/non_saturating", non_saturating.1);
        scalar("learning_rate", rate);
        let broken = [saturating.0, non_saturating.1].iter().any(|value| !value.is_finite());
        if broken && !self.state.diverged {
            self.state.diverged = true;
            let message = "a loss is no longer a number: lower the learning rate and start again".to_owned();
            tell(Event::Warning { step, message });
        }
    }

    fn tell_pictures(&self, keep: bool, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let (step, trained) = (self.state.step, self.trained());
        match self.plane() {
            Some(plane) => {
                let points = trained.points(COUNTED, DRAWING_SEED);
                let covered = plane.covered(&points) as f64;
                tell(Event::Scalar { series: "modes_covered".to_owned(), step, value: covered });
                tell(Event::Scene { name: "plane".to_owned(), step, scene: trained.scene(DRAWING_SEED) });
            }
            None => {
                let sheet = Sheet::new(8, trained.sample(64, DRAWING_SEED));
                tell(Event::Picture { name: "samples".to_owned(), step, keep, sheet });
            }
        }
        Ok(())
    }
}

impl Trainable for GanLearner {
    fn position(&self) -> Position {
        let samples_per_step = self.batch_size() as u64;
        Position { step: self.state.step, total_steps: self.schedule.total, samples_per_step }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        for _ in 0..self.state.live.integer("discriminator_steps") {
            self.teach_discriminator();
        }
        if !self.state.live.flag("freeze_generator") {
            for _ in 0..self.state.live.integer("generator_steps") {
                self.teach_generator();
            }
        }
        self.state.step += 1;
        let step = self.state.step;
        let ends = step == self.schedule.total;
        if step.is_multiple_of(TELL_EVERY) || ends {
            self.tell_curves(tell);
        }
        if step == 1 || step.is_multiple_of(DRAW_EVERY) || ends {
            self.tell_pictures(ends || step.is_multiple_of(20 * DRAW_EVERY), tell)?;
        }
        Ok(())
    }

    fn turn(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&knobs(), knob, value)
    }

    fn act(&mut self, action: &str, argument: &str, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let placing = self.knobs.choice("data") == "drawn";
        match action {
            "step_discriminator" | "step_generator" => {
                if action == "step_discriminator" {
                    self.teach_discriminator();
                } else {
                    self.teach_generator();
                }
                self.tell_curves(tell);
                self.tell_pictures(false, tell)?;
            }
            "place" if placing => {
                let wanted =
                    || Failure::new(format!("place `{argument}`: expected two numbers from -2 to 2, such as 0.5 -1"));
                self.state.drawn.push(read_point(argument).ok_or_else(wanted)?);
            }
            "clear" if placing => self.state.drawn.clear(),
            "place" | "clear" => return Err(Failure::new("points are placed in a run with data = drawn".to_owned())),
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
        let networks = [("generator.", &self.generator), ("discriminator.", &self.discriminator)];
        learning::save(&networks, &[("generator.", &self.average)], self.state.step, &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let networks = &mut [("generator.", &mut self.generator), ("discriminator.", &mut self.discriminator)];
        self.state = learning::restore(networks, &mut [("generator.", &mut self.average)], bytes)?;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        let networks = [("generator.", &self.average), ("discriminator.", &self.discriminator.parameters)];
        learning::weights(&networks, precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let trained = self.trained();
        let mut report = Report::new();
        match &self.plane() {
            Some(plane) => {
                report.insert("modes_covered".to_owned(), plane.covered(&trained.points(COUNTED, self.seed)).into());
                report.insert("modes".to_owned(), plane.modes().len().into());
            }
            None => {
                let samples = trained.intensities(measure::SAMPLES, self.seed);
                if measure::finite(&samples) {
                    let parzen = measure::parzen(&samples, &self.mnist, watch)?;
                    report.insert("parzen_mean".to_owned(), parzen.mean.into());
                    report.insert("parzen_standard_error".to_owned(), parzen.standard_error.into());
                    report.insert("parzen_sigma".to_owned(), parzen.sigma.into());
                    let shares = measure::classes_share(&self.judge, &samples, watch)?;
                    report.insert("classes_share".to_owned(), shares.to_vec().into());
                }
                measure::report_distance(&mut report, &self.judge, &samples, &self.mnist.test, watch)?;
            }
        }
        let count = self.generator.parameters.count() + self.discriminator.parameters.count();
        report.insert("parameters".to_owned(), count.into());
        Ok(report)
    }
}
