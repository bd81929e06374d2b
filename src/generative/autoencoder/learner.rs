//! A linear and a deep autoencoder in training: knobs, one step, what is shown and reported.

use super::answers::TrainedAutoencoder;
use super::{
    Configuration, DeepAutoencoder, LinearAutoencoder, WIDEST_CODE, centred, principal_of, reconstruction_error,
};
use crate::data::{Batches, Mnist};
use crate::experiment::{ExperimentError, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::nn::{Learner, OptimizedNetwork, Parameters, Plan, Principal, Run, Saved, Schedule, Trainer, Weights};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::{Arc, OnceLock};

/// Steps between two points of the curves, and between two pictures.
const MEAN_OVER: u64 = 20;
const DRAW_EVERY: u64 = 100;
/// Pictures that go through a network together when it is measured.
const BATCH: usize = 1000;

pub const SERIES: [&str; 6] =
    ["linear/error", "deep/error", "pca/error", "angle/largest", "angle/mean", "learning_rate"];

pub const REPORT_KEYS: [&str; 6] =
    ["largest_principal_angle_degrees", "mse", "pca_mse", "deep_mse", "test_deep_mse", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::integer("latent", 1..=WIDEST_CODE as i64, 16, ["M, numbers in a code", "符号の次元 M"]),
        Knob::integers(
            "hidden",
            1..=2048,
            4,
            &[256, 64],
            ["widths of the deep encoder's hidden layers", "深いエンコーダの隠れ層の幅"],
        ),
        Knob::factor("learning_rate", 1e-6..=0.1, 2e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::integer("batch", 8..=4096, 256, ["digits per step of the deep one", "深いほうの 1 ステップの枚数"]),
        Knob::integer(
            "linear_batch",
            8..=8192,
            1024,
            ["digits per step of the linear one", "線形のほうの 1 ステップの枚数"],
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
    linear_network: OptimizedNetwork,
    deep_network: OptimizedNetwork,
    principal: Principal,
    /// The same for models that answer.
    lazy: Arc<OnceLock<Principal>>,
    mnist: Mnist,
    companion: Arc<dyn Model>,
    batches: Batches,
    linear_batches: Batches,
    configuration: Configuration,
}

impl AutoencoderLearner {
    /// `companion` is a VAE to be compared with.
    ///
    /// # Errors
    /// See [`principal_of`].
    pub fn new(
        knobs: &Knobs,
        seed: u64,
        mnist: Mnist,
        companion: Arc<dyn Model>,
    ) -> Result<Trainer<Self>, ExperimentError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let configuration = Configuration::from_knobs(knobs);
        let (mut linear_parameters, mut deep_parameters) = (Parameters::new(), Parameters::new());
        let linear = LinearAutoencoder::new(configuration.latent, &mut linear_parameters, &mut random);
        let deep = DeepAutoencoder::new(&configuration, &mut deep_parameters, &mut random);
        let count = mnist.train.len();
        let batches = Batches::new(seed, count, knobs.integer("batch") as usize);
        let linear_batches = Batches::new(seed ^ 1, count, (knobs.integer("linear_batch") as usize).min(count));
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule::named(knobs.choice("schedule"), knobs.integer("steps") as u64),
            samples_per_step: (batches.size() + linear_batches.size()) as u64,
        };
        let principal = principal_of(&mnist.train)?;
        let learner = AutoencoderLearner {
            linear: Arc::new(linear),
            deep: Arc::new(deep),
            linear_network: OptimizedNetwork::new(linear_parameters),
            deep_network: OptimizedNetwork::new(deep_parameters),
            lazy: Arc::new(OnceLock::from(principal.clone())),
            principal,
            companion,
            batches,
            linear_batches,
            mnist,
            configuration,
        };
        Ok(Trainer::new(learner, plan))
    }

    /// One step of the linear one; ‖x − x̂‖².
    fn descend_linear(&mut self, step: u64, learning_rate: f64) -> f64 {
        let x = self.mnist.train.batch(self.linear_batches.indices(step).iter().copied());
        let tape = Tape::new();
        let bound = self.linear_network.parameters.on(&tape);
        let x = tape.constant(centred(&x, &self.principal.mean));
        let loss = reconstruction_error(self.linear.forward(&bound, x), x);
        let error = f64::from(loss.item());
        self.linear_network.descend(&bound, &loss.backward(), learning_rate);
        error
    }

    /// One step of the deep one; ‖x − x̂‖².
    fn descend_deep(&mut self, step: u64, learning_rate: f64) -> f64 {
        let x = self.mnist.train.batch(self.batches.indices(step).iter().copied());
        let tape = Tape::new();
        let bound = self.deep_network.parameters.on(&tape);
        let x = tape.constant(x);
        let loss = reconstruction_error(self.deep.decode(&bound, self.deep.encode(&bound, x)), x);
        let error = f64::from(loss.item());
        self.deep_network.descend(&bound, &loss.backward(), learning_rate);
        error
    }

    fn angles(&self) -> Vec<f64> {
        let decoder = self.linear_network.parameters.iter().find(|(name, _)| *name == "decoder.weight");
        let (_, decoder) = decoder.expect("the decoder has weights");
        self.principal.angles(decoder.values(), self.configuration.latent)
    }

    /// ‖x − x̂‖² over a whole set: of the linear one, of the deep one.
    fn errors(&self, digits: &crate::data::Digits, task: &TaskContext) -> Result<[f64; 2], ExperimentError> {
        let mut sums = [0.0; 2];
        for start in (0..digits.len()).step_by(BATCH) {
            task.check()?;
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

    fn show_pictures(&self, keep: bool, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let model = self.trained();
        let columns = self.configuration.latent.min(8);
        // Rows of their own keep their names, however narrow the pane is.
        let names = [("PCA", "PCA"), ("part learned", "学習した分"), ("W_D", "W_D")];
        let rows = names.into_iter().zip(model.components(columns));
        run.view("components", keep, rows.map(|((en, ja), row)| Panel::row(en, ja, row)).collect());
        let shown: Vec<_> = (0..8).map(|index| self.mnist.validation.picture(index)).collect();
        let [linear, deep] = model.reconstructions(&shown)?;
        let rows = vec![
            Panel::row("data", "データ", shown),
            Panel::row("linear", "線形", linear),
            Panel::row("deep", "深い", deep),
        ];
        run.view("reconstructions", keep, rows);
        Ok(())
    }
}

impl Learner for AutoencoderLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let (step, learning_rate) = (run.index(), run.learning_rate());
        let linear = self.descend_linear(step, learning_rate);
        let deep = self.descend_deep(step, learning_rate);
        run.means(MEAN_OVER, [("linear/error", linear), ("deep/error", deep)]);
        if run.every(MEAN_OVER) {
            run.scalar("pca/error", self.principal.error(self.configuration.latent));
            run.scalar("learning_rate", learning_rate);
            let angles = self.angles();
            run.scalar("angle/largest", angles[0]);
            run.scalar("angle/mean", angles.iter().sum::<f64>() / angles.len() as f64);
        }
        if run.is_first() || run.is_last() || run.every(DRAW_EVERY) {
            self.show_pictures(run.is_last() || run.every(10 * DRAW_EVERY), run)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("linear.", &mut self.linear_network).network("deep.", &mut self.deep_network)
    }

    fn weights(&self) -> Weights {
        Weights::new()
            .network("linear.", &self.linear_network.parameters)
            .network("deep.", &self.deep_network.parameters)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let [linear, deep] = self.errors(&self.mnist.train, task)?;
        let [_, test_deep] = self.errors(&self.mnist.test, task)?;
        let figures = [self.angles()[0], linear, self.principal.error(self.configuration.latent), deep, test_deep];
        let mut report: Report = REPORT_KEYS.map(str::to_owned).into_iter().zip(figures.map(Into::into)).collect();
        let count = self.linear_network.parameters.count() + self.deep_network.parameters.count();
        report.insert("parameters".to_owned(), count.into());
        Ok(report)
    }
}
