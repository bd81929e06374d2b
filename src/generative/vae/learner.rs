//! A VAE that learns digits: its knobs, one training step, what it tells and what it reports.

use super::answers::TrainedVae;
use super::{Configuration, Vae, noise};
use crate::data::{Batches, Digits, Mnist, mnist};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::{Event, Knob, KnobError, KnobValue, Knobs, Report, Sheet};
use crate::generative::classifier::Judge;
use crate::generative::measure;
use crate::nn::{Learning, Parameters, learning};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Steps between two points of the training curves, each the mean over the steps between.
const TELL_EVERY: u64 = 20;
/// Steps between two pictures of what the model draws.
const DRAW_EVERY: u64 = 50;
/// Digits evaluated at a time.
const EVALUATION_BATCH: usize = 500;
/// k: draws of z that ln p(x) is estimated from.
const NLL_DRAWS: usize = 500;
/// Latents of the pictures drawn while it trains are the same for every model.
const DRAWING_SEED: u64 = 0x5eed;

pub const SERIES: [&str; 7] =
    ["train/elbo", "train/reconstruction", "train/kl", "val/elbo", "val/reconstruction", "val/kl", "learning_rate"];

pub const REPORT_KEYS: [&str; 6] =
    ["test_elbo", "test_reconstruction", "test_kl", "test_nll", "feature_distance", "parameters"];

/// The knobs of the VAE.
pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::factor("learning_rate", 1e-6..=0.1, 1e-3, ["Adam's step size η", "Adam の学習率 η"]).live(),
        Knob::real(
            "kl_weight",
            0.0..=20.0,
            1.0,
            [
                "β, the weight of the KL term in the loss; the ELBO is always told with β = 1",
                "損失における KL 項の重み β(表示する ELBO は常に β = 1)",
            ],
        )
        .live(),
        Knob::integer("batch", 1..=4096, 128, ["digits a step", "1 ステップの枚数"]),
        Knob::integer("epochs", 1..=1000, 10, ["passes over the training set", "学習データを何周するか"]),
        Knob::integer("latent", 1..=256, 20, ["numbers in a code z", "符号 z の次元"]),
        Knob::integers(
            "hidden",
            1..=4096,
            4,
            &[400],
            [
                "widths of the encoder's hidden layers; the decoder has them in reverse",
                "エンコーダの隠れ層の幅(デコーダは逆順)",
            ],
        ),
        Knob::choice("likelihood", &["bernoulli", "gaussian"], ["p(x|z) of a pixel", "画素の尤度 p(x|z)"]),
        Knob::real(
            "sigma",
            0.05..=1.0,
            0.3,
            ["deviation of a pixel under the gaussian likelihood", "gaussian 尤度での画素の標準偏差"],
        ),
        Knob::choice(
            "schedule",
            &["constant", "cosine"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
        Knob::flag(
            "nll",
            [
                "estimate ln p(x) of the test digits at the end, by importance weighting",
                "最後に重点サンプリングでテスト画像の ln p(x) を推定する",
            ],
        ),
    ]
}

/// A VAE in training.
pub struct VaeLearner {
    vae: Arc<Vae>,
    network: Learning,
    mnist: Mnist,
    judge: Judge,
    batches: Batches,
    knobs: Knobs,
    seed: u64,
    total_steps: u64,
    state: State,
}

/// What changes with every step beside weights and moments.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    step: u64,
    random: ChaCha8Rng,
    /// Sums of the two terms over the steps since the last point of the curves.
    reconstruction: f64,
    kl: f64,
    live: Knobs,
    /// Whether a loss that is not a number was told.
    diverged: bool,
}

impl VaeLearner {
    /// A fresh model.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let vae = Vae::new(Configuration::from_knobs(mnist::PIXELS, knobs), &mut parameters, &mut random);
        let batches = Batches::new(seed, mnist.train.len(), knobs.integer("batch") as usize);
        VaeLearner {
            vae: Arc::new(vae),
            network: Learning::new(parameters),
            total_steps: knobs.integer("epochs") as u64 * batches.steps_per_epoch(),
            batches,
            mnist,
            judge,
            knobs: knobs.clone(),
            seed,
            state: State {
                step: 0,
                random,
                reconstruction: 0.0,
                kl: 0.0,
                live: knobs.live(&self::knobs()),
                diverged: false,
            },
        }
    }

    fn batch_size(&self) -> usize {
        self.knobs.integer("batch") as usize
    }

    fn learning_rate(&self) -> f64 {
        let base = self.state.live.real("learning_rate");
        let done = self.state.step as f64 / self.total_steps as f64;
        match self.knobs.choice("schedule") {
            "cosine" => base * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
            _ => base,
        }
    }

    /// One step down the gradient of loss / batch: the two terms of −ELBO a digit, in nats.
    fn descend(&mut self) -> (f64, f64) {
        let (batch, latent) = (self.batch_size(), self.vae.configuration.latent);
        let learning_rate = self.learning_rate();
        let tape = Tape::new();
        let parameters = self.network.parameters.on(&tape);
        let x = tape.constant(self.mnist.train.batch(self.batches.indices(self.state.step).iter().copied()));
        let noise = tape.constant(noise(batch, latent, &mut self.state.random));

        let terms = self.vae.terms(&parameters, x, noise);
        let loss = (terms.reconstruction + self.state.live.real("kl_weight") * terms.kl).scale(1.0 / batch as f64);
        let told = (f64::from(terms.reconstruction.item()), f64::from(terms.kl.item()));

        let gradients = loss.backward();
        self.network.descend(&parameters, &gradients, learning_rate);
        (told.0 / batch as f64, told.1 / batch as f64)
    }

    /// The two terms of −ELBO a digit over a whole set, one z each, drawn from `seed`; nats.
    fn evaluate(&self, digits: &Digits, seed: u64, watch: &Watch) -> Result<(f64, f64), Failure> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut reconstruction, mut kl) = (0.0, 0.0);
        for start in (0..digits.len()).step_by(EVALUATION_BATCH) {
            watch.check()?;
            let range = start..(start + EVALUATION_BATCH).min(digits.len());
            let tape = Tape::without_gradients();
            let noise = tape.constant(noise(range.len(), self.vae.configuration.latent, &mut random));
            let x = tape.constant(digits.batch(range));
            let terms = self.vae.terms(&self.network.parameters.on(&tape), x, noise);
            reconstruction += f64::from(terms.reconstruction.item());
            kl += f64::from(terms.kl.item());
        }
        Ok((reconstruction / digits.len() as f64, kl / digits.len() as f64))
    }

    fn tell_terms(&self, set: &str, reconstruction: f64, kl: f64, tell: &mut dyn FnMut(Event)) {
        let values = [("elbo", -(reconstruction + kl)), ("reconstruction", reconstruction), ("kl", kl)];
        for (name, value) in values {
            tell(Event::Scalar { series: format!("{set}/{name}"), step: self.state.step, value });
        }
    }

    fn tell_pictures(&self, keep: bool, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let model = self.trained();
        let mut picture = |name: &str, sheet| {
            tell(Event::Picture { name: name.to_owned(), step: self.state.step, keep, sheet });
        };
        picture("samples", Sheet::new(8, model.sample(64, DRAWING_SEED)));
        let shown: Vec<_> = (0..8).map(|index| self.mnist.validation.picture(index)).collect();
        let rebuilt = model.reconstruct(&shown)?;
        picture("reconstructions", Sheet::new(8, shown.into_iter().chain(rebuilt).collect()));
        Ok(())
    }

    fn trained(&self) -> TrainedVae {
        TrainedVae::new(Arc::clone(&self.vae), self.network.parameters.clone(), self.mnist.test.clone())
    }
}

impl Trainable for VaeLearner {
    fn position(&self) -> Position {
        let samples_per_step = self.batch_size() as u64;
        Position { step: self.state.step, total_steps: self.total_steps, samples_per_step }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let learning_rate = self.learning_rate();
        let (reconstruction, kl) = self.descend();
        self.state.step += 1;
        self.state.reconstruction += reconstruction;
        self.state.kl += kl;
        let step = self.state.step;
        if !(reconstruction + kl).is_finite() && !self.state.diverged {
            self.state.diverged = true;
            let message = "the loss is no longer a number: lower the learning rate and start again".to_owned();
            tell(Event::Warning { step, message });
        }
        if step.is_multiple_of(TELL_EVERY) {
            let mean = |sum: f64| sum / TELL_EVERY as f64;
            self.tell_terms("train", mean(self.state.reconstruction), mean(self.state.kl), tell);
            tell(Event::Scalar { series: "learning_rate".to_owned(), step, value: learning_rate });
            (self.state.reconstruction, self.state.kl) = (0.0, 0.0);
        }
        let epoch_ends = step.is_multiple_of(self.batches.steps_per_epoch());
        if epoch_ends {
            let seed = self.seed.wrapping_add(step);
            let (reconstruction, kl) = self.evaluate(&self.mnist.validation, seed, &Watch::default())?;
            self.tell_terms("val", reconstruction, kl, tell);
        }
        if epoch_ends || step == 1 || step.is_multiple_of(DRAW_EVERY) {
            self.tell_pictures(epoch_ends, tell)?;
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
        learning::save(&[("", &self.network)], &[], self.state.step, &self.state)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.state = learning::restore(&mut [("", &mut self.network)], &mut [], bytes)?;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        learning::weights(&[("", &self.network.parameters)], precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let (reconstruction, kl) = self.evaluate(&self.mnist.test, self.seed, watch)?;
        let figures = [-(reconstruction + kl), reconstruction, kl];
        let mut report: Report = REPORT_KEYS.map(str::to_owned).into_iter().zip(figures.map(Into::into)).collect();
        let trained = self.trained();
        if self.knobs.flag("nll") {
            report.insert("test_nll".to_owned(), trained.negative_log_likelihood(NLL_DRAWS, self.seed, watch)?.into());
        }
        let samples = trained.sample_intensities(measure::SAMPLES, self.seed);
        measure::report_distance(&mut report, &self.judge, &samples, &self.mnist.test, watch)?;
        report.insert("parameters".to_owned(), self.network.parameters.count().into());
        Ok(report)
    }
}
