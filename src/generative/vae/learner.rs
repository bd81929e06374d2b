//! A VAE that learns digits: its knobs, one training step, what it shows and what it reports.

use super::answers::TrainedVae;
use super::{Configuration, Vae};
use crate::data::{Batches, Digits, Mnist, mnist};
use crate::experiment::{ExperimentError, ImageGrid, Knob, Knobs, Model, Panel, Report, TaskContext};
use crate::generative::classifier::Judge;
use crate::generative::measure;
use crate::generative::noise::noise;
use crate::nn::{Learner, OptimizedNetwork, Parameters, Plan, Run, Saved, Schedule, Trainer, Weights};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Steps between two points of the training curves, each the mean over the steps between.
const MEAN_OVER: u64 = 20;
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
        Knob::factor("learning_rate", 1e-6..=0.1, 1e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::real(
            "kl_weight",
            0.0..=20.0,
            1.0,
            [
                "β, the weight of the KL term in the loss; the ELBO is always shown with β = 1",
                "損失における KL 項の重み β(表示する ELBO は常に β = 1)",
            ],
        )
        .live(),
        Knob::integer("batch", 1..=4096, 128, ["digits per step", "1 ステップの枚数"]),
        Knob::integer("epochs", 1..=1000, 10, ["passes over the training set", "訓練データを何周するか"]),
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
    network: OptimizedNetwork,
    mnist: Mnist,
    judge: Judge,
    batches: Batches,
    /// Whether the report estimates ln p(x).
    nll: bool,
    seed: u64,
}

impl VaeLearner {
    /// A fresh model.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist, judge: Judge) -> Trainer<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let vae = Vae::new(Configuration::from_knobs(mnist::PIXELS, knobs), &mut parameters, &mut random);
        let batches = Batches::new(seed, mnist.train.len(), knobs.integer("batch") as usize);
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule::named(
                knobs.choice("schedule"),
                knobs.integer("epochs") as u64 * batches.steps_per_epoch(),
            ),
            samples_per_step: batches.size() as u64,
        };
        let (vae, network, nll) = (Arc::new(vae), OptimizedNetwork::new(parameters), knobs.flag("nll"));
        Trainer::new(VaeLearner { vae, network, mnist, judge, batches, nll, seed }, plan)
    }

    /// The two terms of −ELBO a digit over a whole set, one z each, drawn from `seed`; nats.
    fn evaluate(&self, digits: &Digits, seed: u64, task: &TaskContext) -> Result<(f64, f64), ExperimentError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut reconstruction, mut kl) = (0.0, 0.0);
        for start in (0..digits.len()).step_by(EVALUATION_BATCH) {
            task.check()?;
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

    fn show_pictures(&self, keep: bool, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let model = self.trained();
        run.view("samples", keep, vec![Panel::images(ImageGrid::new(8, model.sample(64, DRAWING_SEED)))]);
        let shown: Vec<_> = (0..8).map(|index| self.mnist.validation.picture(index)).collect();
        let rebuilt = model.reconstruct(&shown)?;
        let rows = vec![Panel::row("data", "データ", shown), Panel::row("model", "モデル", rebuilt)];
        run.view("reconstructions", keep, rows);
        Ok(())
    }

    fn trained(&self) -> TrainedVae {
        TrainedVae::new(Arc::clone(&self.vae), self.network.parameters.clone(), self.mnist.test.clone())
    }
}

/// Emits the ELBO and its two terms, in nats a digit.
fn emit_terms(set: &str, reconstruction: f64, kl: f64, run: &mut Run<'_>) {
    let values = [("elbo", -(reconstruction + kl)), ("reconstruction", reconstruction), ("kl", kl)];
    for (name, value) in values {
        run.scalar(&format!("{set}/{name}"), value);
    }
}

impl Learner for VaeLearner {
    /// One step down the gradient of loss / batch.
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let (batch, latent) = (self.batches.size(), self.vae.configuration.latent);
        let learning_rate = run.learning_rate();
        let tape = Tape::new();
        let parameters = self.network.parameters.on(&tape);
        let x = tape.constant(self.mnist.train.batch(self.batches.indices(run.index()).iter().copied()));
        let noise = tape.constant(noise(batch, latent, run.random()));

        let terms = self.vae.terms(&parameters, x, noise);
        let loss = (terms.reconstruction + run.real("kl_weight") * terms.kl).scale(1.0 / batch as f64);
        run.add("reconstruction", f64::from(terms.reconstruction.item()) / batch as f64);
        run.add("kl", f64::from(terms.kl.item()) / batch as f64);

        let gradients = loss.backward();
        self.network.descend(&parameters, &gradients, learning_rate);

        if run.every(MEAN_OVER)
            && let (Some(reconstruction), Some(kl)) = (run.take_mean("reconstruction"), run.take_mean("kl"))
        {
            emit_terms("train", reconstruction, kl, run);
            run.scalar("learning_rate", learning_rate);
        }
        let epoch_ends = run.every(self.batches.steps_per_epoch());
        if epoch_ends {
            let seed = self.seed.wrapping_add(run.number());
            let (reconstruction, kl) = self.evaluate(&self.mnist.validation, seed, &TaskContext::default())?;
            emit_terms("val", reconstruction, kl, run);
        }
        if epoch_ends || run.is_first() || run.every(DRAW_EVERY) {
            self.show_pictures(epoch_ends, run)?;
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().network("", &mut self.network)
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", &self.network.parameters)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let (reconstruction, kl) = self.evaluate(&self.mnist.test, self.seed, task)?;
        let figures = [-(reconstruction + kl), reconstruction, kl];
        let mut report: Report = REPORT_KEYS.map(str::to_owned).into_iter().zip(figures.map(Into::into)).collect();
        let trained = self.trained();
        if self.nll {
            report.insert("test_nll".to_owned(), trained.negative_log_likelihood(NLL_DRAWS, self.seed, task)?.into());
        }
        let samples = trained.sample_intensities(self.mnist.test.len(), self.seed);
        measure::report_distance(&mut report, &self.judge, &samples, &self.mnist.test, task)?;
        report.insert("parameters".to_owned(), self.network.parameters.count().into());
        Ok(report)
    }
}
