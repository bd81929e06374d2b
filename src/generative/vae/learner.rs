//! A VAE that learns digits: its knobs, one training step, what it tells and what it reports.

use super::answers::TrainedVae;
use super::{Configuration, Vae, noise};
use crate::data::{Batches, Digits, Mnist, mnist};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::{Event, Knob, KnobError, KnobKind, KnobValue, Knobs, Report, Sheet, Wording};
use crate::nn::{Adam, Parameters, checkpoint};
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
/// Latents of the pictures drawn while it trains are the same for every model.
const DRAWING_SEED: u64 = 0x5eed;

pub const SERIES: [&str; 7] =
    ["train/elbo", "train/reconstruction", "train/kl", "val/elbo", "val/reconstruction", "val/kl", "learning_rate"];

pub const REPORT_KEYS: [&str; 4] = ["test_elbo", "test_reconstruction", "test_kl", "parameters"];

/// The knobs of the VAE.
pub fn knobs() -> Vec<Knob> {
    let knob = |name, kind, default, live, en, ja| Knob { name, kind, default, live, help: Wording::new(en, ja) };
    let real = |min, max, logarithmic| KnobKind::Real { min, max, logarithmic };
    let integer = |min, max| KnobKind::Integer { min, max };
    vec![
        knob(
            "learning_rate",
            real(1e-6, 0.1, true),
            KnobValue::Real(1e-3),
            true,
            "Adam's step size η",
            "Adam の学習率 η",
        ),
        knob(
            "kl_weight",
            real(0.0, 20.0, false),
            KnobValue::Real(1.0),
            true,
            "β, the weight of the KL term in the loss; the ELBO is always told with β = 1",
            "損失における KL 項の重み β(表示する ELBO は常に β = 1)",
        ),
        knob("batch", integer(1, 4096), KnobValue::Integer(128), false, "digits a step", "1 ステップの枚数"),
        knob(
            "epochs",
            integer(1, 1000),
            KnobValue::Integer(10),
            false,
            "passes over the training set",
            "学習データを何周するか",
        ),
        knob("latent", integer(1, 256), KnobValue::Integer(20), false, "numbers in a code z", "符号 z の次元"),
        knob(
            "hidden",
            KnobKind::Integers { min: 1, max: 4096, longest: 4 },
            KnobValue::Integers(vec![400]),
            false,
            "widths of the encoder's hidden layers; the decoder has them in reverse",
            "エンコーダの隠れ層の幅(デコーダは逆順)",
        ),
        knob(
            "likelihood",
            KnobKind::Choice(&["bernoulli", "gaussian"]),
            KnobValue::Choice("bernoulli".into()),
            false,
            "p(x|z) of a pixel",
            "画素の尤度 p(x|z)",
        ),
        knob(
            "sigma",
            real(0.05, 1.0, false),
            KnobValue::Real(0.3),
            false,
            "deviation of a pixel under the gaussian likelihood",
            "gaussian 尤度での画素の標準偏差",
        ),
        knob(
            "schedule",
            KnobKind::Choice(&["constant", "cosine"]),
            KnobValue::Choice("constant".into()),
            false,
            "how the learning rate falls over the run",
            "学習率の下げ方",
        ),
    ]
}

/// A VAE in training.
pub struct VaeLearner {
    vae: Arc<Vae>,
    parameters: Parameters<f32>,
    adam: Adam<f32>,
    mnist: Mnist,
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
    adam_step: u64,
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
    pub fn new(knobs: &Knobs, seed: u64, mnist: Mnist) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let vae = Vae::new(Configuration::from_knobs(mnist::PIXELS, knobs), &mut parameters, &mut random);
        let batches = Batches::new(seed, mnist.train.len(), knobs.integer("batch") as usize);
        let live = Knobs(
            self::knobs()
                .iter()
                .filter(|knob| knob.live)
                .map(|knob| (knob.name.to_owned(), KnobValue::Real(knobs.real(knob.name))))
                .collect(),
        );
        VaeLearner {
            vae: Arc::new(vae),
            adam: Adam::new(&parameters),
            parameters,
            total_steps: knobs.integer("epochs") as u64 * batches.steps_per_epoch(),
            batches,
            mnist,
            knobs: knobs.clone(),
            seed,
            state: State { step: 0, adam_step: 0, random, reconstruction: 0.0, kl: 0.0, live, diverged: false },
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
        let parameters = self.parameters.on(&tape);
        let x = tape.constant(self.mnist.train.batch(self.batches.indices(self.state.step).iter().copied()));
        let noise = tape.constant(noise(batch, latent, &mut self.state.random));

        let terms = self.vae.terms(&parameters, x, noise);
        let loss = (terms.reconstruction + self.state.live.real("kl_weight") * terms.kl).scale(1.0 / batch as f64);
        let told = (f64::from(terms.reconstruction.item()), f64::from(terms.kl.item()));

        let gradients = loss.backward();
        self.adam.update(&mut self.parameters, &parameters, &gradients, learning_rate);
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
            let terms = self.vae.terms(&self.parameters.on(&tape), x, noise);
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
        TrainedVae::new(Arc::clone(&self.vae), self.parameters.clone(), self.mnist.test.clone())
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
        let declared = knobs();
        if !crate::experiment::knob::find(&declared, knob)?.live {
            return Err(KnobError::NotLive { name: knob.to_owned() });
        }
        self.state.live.set(&declared, knob, value)
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn checkpoint(&self) -> Vec<u8> {
        let weights = self.parameters.iter().map(|(name, value)| (name.to_owned(), value));
        let names = self.parameters.iter().map(|(name, _)| name);
        let moments = names.zip(self.adam.moments()).flat_map(|(name, (first, second))| {
            [(format!("adam.first.{name}"), first), (format!("adam.second.{name}"), second)]
        });
        let state = State { adam_step: self.adam.step(), ..self.state.clone() };
        let state = serde_json::to_string(&state).expect("the state is plain data");
        checkpoint::encode(weights.chain(moments), Some(&state), Precision::Single)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut archive = checkpoint::decode(bytes)?;
        let state = archive.state.take().ok_or_else(|| Failure::new("the checkpoint has no state of a run"))?;
        let state: State = serde_json::from_str(&state)
            .map_err(|error| Failure::new(format!("the checkpoint's state cannot be read: {error}")))?;
        let mut parameters = self.parameters.clone();
        let mut moments = Vec::new();
        for (name, value) in parameters.iter_mut() {
            let shape = value.shape().to_vec();
            *value = archive.take(name, &shape)?;
            let first = archive.take(&format!("adam.first.{name}"), &shape)?;
            moments.push((first, archive.take(&format!("adam.second.{name}"), &shape)?));
        }
        self.parameters = parameters;
        self.adam.restore(state.adam_step, moments);
        self.state = state;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        checkpoint::encode(self.parameters.iter().map(|(name, value)| (name.to_owned(), value)), None, precision)
    }

    fn report(&self, watch: &Watch) -> Result<Report, Failure> {
        let (reconstruction, kl) = self.evaluate(&self.mnist.test, self.seed, watch)?;
        let figures = [-(reconstruction + kl), reconstruction, kl];
        let mut report: Report = REPORT_KEYS.map(str::to_owned).into_iter().zip(figures.map(Into::into)).collect();
        report.insert("parameters".to_owned(), self.parameters.count().into());
        Ok(report)
    }
}
