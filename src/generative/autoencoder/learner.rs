//! A linear and a deep autoencoder in training: knobs, one step, what is told and reported.

use super::answers::TrainedAutoencoder;
use super::{Configuration, DeepAutoencoder, LinearAutoencoder, centred, principal_of, reconstruction_error};
use crate::data::{Batches, Mnist};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::{Event, Knob, KnobError, KnobValue, Knobs, Report, Sheet};
use crate::nn::{Fall, Learning, Parameters, Principal, Schedule, learning};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Steps between two points of the curves, and between two pictures.
const TELL_EVERY: u64 = 20;
const DRAW_EVERY: u64 = 100;
/// Pictures that go through a network together when it is measured.
const BATCH: usize = 1000;

pub const SERIES: [&str; 6] =
    ["linear/error", "deep/error", "pca/error", "angle/largest", "angle/mean", "learning_rate"];

pub const REPORT_KEYS: [&str; 6] =
    ["largest_principal_angle_degrees", "mse", "pca_mse", "deep_mse", "test_deep_mse", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::integer("latent", 1..=64, 16, ["M, numbers in a code", "符号の次元 M"]),
        Knob::integers(
            "hidden",
            1..=2048,
            4,
            &[256, 64],
            ["widths of the deep encoder's hidden layers", "深いエンコーダの隠れ層の幅"],
        ),
        Knob::factor("learning_rate", 1e-6..=0.1, 2e-3, ["Adam's step size η", "Adam の学習率 η"]).live(),
        Knob::integer("batch", 8..=4096, 256, ["digits a step of the deep one", "深いほうの 1 ステップの枚数"]),
        Knob::integer(
            "linear_batch",
            8..=8192,
            1024,
            ["digits a step of the linear one", "線形のほうの 1 ステップの枚数"],
        ),
        Knob::integer("steps", 1..=1_000_000, 3000, ["steps in all", "全ステップ数"]),
        Knob::choice(
            "schedule",
            &["cosine", "constant"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
    ]
}

/// Both autoencoders in training.
pub struct AutoencoderLearner {
    linear: Arc<LinearAutoencoder>,
    deep: Arc<DeepAutoencoder>,
    linear_network: Learning,
    deep_network: Learning,
    principal: Principal,
    /// The same for models that answer.
    lazy: Arc<OnceLock<Principal>>,
    mnist: Mnist,
    companion: Arc<dyn Model>,
    batches: Batches,
    linear_batches: Batches,
    configuration: Configuration,
    schedule: Schedule,
    state: State,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    step: u64,
    live: Knobs,
    /// Sums since the last point of the curves.
    linear: f64,
    deep: f64,
    diverged: bool,
}

impl AutoencoderLearner {
    /// `companion` is a VAE to be compared with.
    ///
    /// # Errors
    /// See [`principal_of`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, companion: Arc<dyn Model>) -> Result<Self, Failure> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let configuration = Configuration::from_knobs(knobs);
        let (mut linear_parameters, mut deep_parameters) = (Parameters::new(), Parameters::new());
        let linear = LinearAutoencoder::new(configuration.latent, &mut linear_parameters, &mut random);
        let deep = DeepAutoencoder::new(&configuration, &mut deep_parameters, &mut random);
        let total = knobs.integer("steps") as u64;
        let fall = if knobs.choice("schedule") == "cosine" { Fall::Cosine } else { Fall::Constant };
        let count = mnist.train.len();
        let principal = principal_of(&mnist.train)?;
        Ok(AutoencoderLearner {
            linear: Arc::new(linear),
            deep: Arc::new(deep),
            linear_network: Learning::new(linear_parameters),
            deep_network: Learning::new(deep_parameters),
            lazy: Arc::new(OnceLock::from(principal.clone())),
            principal,
            companion,
            batches: Batches::new(seed, count, knobs.integer("batch") as usize),
            linear_batches: Batches::new(seed ^ 1, count, (knobs.integer("linear_batch") as usize).min(count)),
            mnist,
            configuration,
            schedule: Schedule { warm_up: 0, fall, total },
            state: State { step: 0, live: knobs.live(&self::knobs()), linear: 0.0, deep: 0.0, diverged: false },
        })
    }

    fn learning_rate(&self) -> f64 {
        self.state.live.real("learning_rate") * self.schedule.factor(self.state.step)
    }

    /// One step of both; ‖x − x̂‖² of each.
    fn descend(&mut self) -> (f64, f64) {
        let (step, rate) = (self.state.step, self.learning_rate());
        let train = &self.mnist.train;
        let linear = {
            let x = centred(&train.batch(self.linear_batches.indices(step).iter().copied()), &self.principal.mean);
            let tape = Tape::new();
            let bound = self.linear_network.parameters.on(&tape);
            let x = tape.constant(x);
            let loss = reconstruction_error(self.linear.forward(&bound, x), x);
            let told = f64::from(loss.item());
            self.linear_network.descend(&bound, &loss.backward(), rate);
            told
        };
        let tape = Tape::new();
        let bound = self.deep_network.parameters.on(&tape);
        let x = tape.constant(train.batch(self.batches.indices(step).iter().copied()));
        let loss = reconstruction_error(self.deep.decode(&bound, self.deep.encode(&bound, x)), x);
        let deep = f64::from(loss.item());
        self.deep_network.descend(&bound, &loss.backward(), rate);
        (linear, deep)
    }

    fn angles(&self) -> Vec<f64> {
        let decoder = self.linear_network.parameters.iter().find(|(name, _)| *name == "decoder.weight");
        let (_, decoder) = decoder.expect("the decoder has weights");
        self.principal.angles(decoder.values(), self.configuration.latent)
    }

    /// ‖x − x̂‖² over a whole set: of the linear one, of the deep one.
    fn errors(&self, digits: &crate::data::Digits, watch: &Watch) -> Result<[f64; 2], Failure> {
        let mut sums = [0.0; 2];
        for start in (0..digits.len()).step_by(BATCH) {
            watch.check()?;
            let x = digits.batch(start..(start + BATCH).min(digits.len()));
            let tape = Tape::without_gradients();
            let flat = tape.constant(centred(&x, &self.principal.mean));
            let made = self.linear.forward(&self.linear_network.parameters.on(&tape), flat);
            sums[0] += f64::from(made.squared_error(flat).item());
            let (x, bound) = (tape.constant(x), self.deep_network.parameters.on(&tape));
            sums[1] += f64::from(self.deep.decode(&bound, self.deep.encode(&bound, x)).squared_error(x).item());
        }
        Ok(sums.map(|sum| sum / digits.len() as f64))
    }

    fn trained(&self) -> TrainedAutoencoder {
        TrainedAutoencoder::new(
            (Arc::clone(&self.linear), self.linear_network.parameters.clone()),
            (Arc::clone(&self.deep), self.deep_network.parameters.clone()),
            Arc::clone(&self.lazy),
            self.configuration.clone(),
            &self.mnist,
            Arc::clone(&self.companion),
        )
    }

    fn tell_pictures(&self, keep: bool, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let (model, step) = (self.trained(), self.state.step);
        let mut picture = |name: &str, columns, rows: Vec<Vec<_>>| {
            let sheet = Sheet::new(columns, rows.concat());
            tell(Event::Picture { name: name.to_owned(), step, keep, sheet });
        };
        let columns = self.configuration.latent.min(8);
        picture("components", columns, model.components(columns));
        let shown: Vec<_> = (0..8).map(|index| self.mnist.validation.picture(index)).collect();
        let [linear, deep] = model.reconstructions(&shown)?;
        picture("reconstructions", 8, vec![shown, linear, deep]);
        Ok(())
    }
}

impl Trainable for AutoencoderLearner {
    fn position(&self) -> Position {
        let samples_per_step = (self.batches.size() + self.linear_batches.size()) as u64;
        Position { step: self.state.step, total_steps: self.schedule.total, samples_per_step }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let rate = self.learning_rate();
        let (linear, deep) = self.descend();
        self.state.step += 1;
        self.state.linear += linear;
        self.state.deep += deep;
        let step = self.state.step;
        let ends = step == self.schedule.total;
        if !(linear + deep).is_finite() && !self.state.diverged {
            self.state.diverged = true;
            let message = "an error is no longer a number: lower the learning rate and start again".to_owned();
            tell(Event::Warning { step, message });
        }
        let mut scalar = |series: &str, value| tell(Event::Scalar { series: series.to_owned(), step, value });
        if step.is_multiple_of(TELL_EVERY) {
            scalar("linear/error", std::mem::take(&mut self.state.linear) / TELL_EVERY as f64);
            scalar("deep/error", std::mem::take(&mut self.state.deep) / TELL_EVERY as f64);
            scalar("pca/error", self.principal.error(self.configuration.latent));
            scalar("learning_rate", rate);
            let angles = self.angles();
            scalar("angle/largest", angles[0]);
            scalar("angle/mean", angles.iter().sum::<f64>() / angles.len() as f64);
        }
        if step == 1 || ends || step.is_multiple_of(DRAW_EVERY) {
            self.tell_pictures(ends || step.is_multiple_of(10 * DRAW_EVERY), tell)?;
        }
        Ok(())
    }

    fn turn(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&knobs(), knob, value)
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn checkpoint(&self) -> Vec<u8> {
        learning::save(
            &[("linear.", &self.linear_network), ("deep.", &self.deep_network)],
            &[],
            self.state.step,
            &self.state,
        )
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let networks = &mut [("linear.", &mut self.linear_network), ("deep.", &mut self.deep_network)];
        self.state = learning::restore(networks, &mut [], bytes)?;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        let networks = [("linear.", &self.linear_network.parameters), ("deep.", &self.deep_network.parameters)];
        learning::weights(&networks, precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let [linear, deep] = self.errors(&self.mnist.train, watch)?;
        let [_, test_deep] = self.errors(&self.mnist.test, watch)?;
        let figures = [self.angles()[0], linear, self.principal.error(self.configuration.latent), deep, test_deep];
        let mut report: Report = REPORT_KEYS.map(str::to_owned).into_iter().zip(figures.map(Into::into)).collect();
        let count = self.linear_network.parameters.count() + self.deep_network.parameters.count();
        report.insert("parameters".to_owned(), count.into());
        Ok(report)
    }
}
