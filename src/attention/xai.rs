//! Why a classifier says what it says: a small convolutional network for digits, and explanations of its answers.
//!
//! ```text
//! A = relu(conv(… relu(conv(x))))          maps A_k (u, v) of 7 × 7 places
//! z_c = Σ_k w_ck mean_{u,v} A_k(u, v) + b_c     global average pooling (Lin, Chen & Yan 2013, arXiv:1312.4400), one linear layer
//! p(c | x) = softmax(z)_c
//! ```
//!
//! It is trained twice on the same digits. For one of the networks, `trapped`, a small mark stands in the corner of every training 7 and of
//! no other digit: a shortcut (Geirhos et al. 2020, arXiv:2004.07780). For the other, `cured`, the mark stands on half of the digits of each
//! class, and so says nothing.

mod answers;
mod compare;
mod counterfactual;
mod explain;
mod learner;
mod mark;
mod trained;

pub use learner::knobs;

use crate::data::Mnist;
use crate::experiment::{Experiment, Learn, Preview, QueryKind};
use crate::nn::{Bound, Convolution, Linear, Parameters};
use crate::tensor::{Activation, Tape, Tensor, Var, Window, tensor};
use crate::{bundled, lab_file};
use learner::XaiLearner;
use rand::Rng;
use std::sync::Arc;
use trained::TrainedXai;

/// Pixels a side of a picture, and in all.
pub const SIDE: usize = 28;
pub const PIXELS: usize = SIDE * SIDE;
/// Places a side of the last maps.
pub const PLACES: usize = 7;
pub const CLASSES: usize = 10;
/// Pixels a side of the square of a picture that one place of the last maps depends on, and from one place to the next.
pub const FIELD: usize = 17; // 3 + 2 · 1 + 2 · 2 + 2 · 4
pub const STEP: usize = SIDE / PLACES;

pub static EXPERIMENT: Experiment = Experiment {
    id: "xai",
    lab: Some(lab_file!("19-xai")),
    knobs,
    series: &learner::SERIES,
    headline: "loss",
    emits: &["trap"],
    views: &answers::VIEWS,
    answers: &[QueryKind::View],
    report: &learner::REPORT_KEYS,
    preview: Preview::View("trap"),
    learn: Learn::By(|setting| {
        Ok(Box::new(XaiLearner::new(&setting.knobs, setting.seed, Mnist::for_training(setting)?)?))
    }),
    open: |weights, knobs, source| Ok(Arc::new(TrainedXai::open(weights, knobs, Mnist::of(source)?)?)),
    bundled: bundled!("xai"),
    small: &["channels=4 batch=16 digits=400 steps=60 explained=4"],
    ..Experiment::EMPTY
};

/// What goes back through a ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backward {
    /// The gradient.
    Plain,
    /// Of the gradient only what is positive: guided backpropagation (Springenberg et al. 2014, arXiv:1412.6806).
    Guided,
}

/// The network: 28 × 28 → 14 × 14 → 7 × 7 maps → their means → 10 logits.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    convolutions: [Convolution; 4],
    logits: Linear,
    /// Maps of the last convolution.
    maps: usize,
}

impl Network {
    /// A fresh network whose first convolution has so many maps.
    pub fn new(channels: usize, parameters: &mut Parameters<f32>, random: &mut impl Rng) -> Self {
        let mut convolution = |name: &str, maps, stride| {
            let window = Window::padded(1).stride(stride);
            Convolution::new(parameters, name, maps, 3, window, Activation::Relu, random)
        };
        let convolutions = [
            convolution("convolution.0", (1, channels), 1),
            convolution("convolution.1", (channels, 2 * channels), 2),
            convolution("convolution.2", (2 * channels, 4 * channels), 2),
            convolution("convolution.3", (4 * channels, 4 * channels), 1),
        ];
        let maps = 4 * channels;
        Network {
            convolutions,
            logits: Linear::new(parameters, "logits", maps, CLASSES, Activation::Identity, random),
            maps,
        }
    }

    pub fn maps(&self) -> usize {
        self.maps
    }

    /// A `[n, 7, 7, maps]` of pictures `[n, 784]`.
    pub fn last_maps<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, backward: Backward) -> Var<'t, f32> {
        let pictures = x.reshape([x.shape()[0], SIDE, SIDE, 1]);
        self.convolutions.iter().fold(pictures, |h, layer| {
            let h = layer.forward(bound, h);
            if backward == Backward::Guided { h.positive_gradient() } else { h }
        })
    }

    /// The means of the maps `[n, maps]`.
    pub fn pooled<'t>(&self, maps: Var<'t, f32>) -> Var<'t, f32> {
        maps.average_pool(PLACES).reshape([maps.shape()[0], self.maps])
    }

    /// z `[n, 10]` of pictures `[n, 784]`.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.forward_with(bound, x, Backward::Plain)
    }

    fn forward_with<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>, backward: Backward) -> Var<'t, f32> {
        self.logits.forward(bound, self.pooled(self.last_maps(bound, x, backward)))
    }

    /// w `[10, maps]` of the last layer.
    pub fn class_weights<'t>(&self, bound: &Bound<'t, f32>) -> Var<'t, f32> {
        self.logits.weight(bound)
    }
}

/// Pictures that go through a network together.
const TOGETHER: usize = 128;

/// A network with weights that no longer change.
#[derive(Debug, Clone)]
pub struct Classifier {
    pub network: Network,
    pub parameters: Parameters<f32>,
}

impl Classifier {
    /// z `[n, 10]` of pictures `[n, 784]`, row by row.
    pub fn logits(&self, pictures: &[f32]) -> Vec<f32> {
        let mut all = Vec::with_capacity(pictures.len() / PIXELS * CLASSES);
        for part in pictures.chunks(TOGETHER * PIXELS) {
            let tape = Tape::without_gradients();
            let x = tape.constant(rows(part));
            all.extend_from_slice(self.network.forward(&self.parameters.on(&tape), x).ordered().values());
        }
        all
    }

    /// p(c | x) `[n, 10]` of pictures `[n, 784]`.
    pub fn probabilities(&self, pictures: &[f32]) -> Vec<f32> {
        self.logits(pictures).chunks_exact(CLASSES).flat_map(softmax).collect()
    }

    /// The class with the largest logit of each picture, the first of equals.
    pub fn read(&self, pictures: &[f32]) -> Vec<usize> {
        self.logits(pictures).chunks_exact(CLASSES).map(largest).collect()
    }

    /// The means of the last maps `[n, maps]` of pictures.
    pub fn pooled(&self, pictures: &[f32]) -> Vec<f32> {
        self.maps_of(pictures, |maps| self.network.pooled(maps))
    }

    /// The last maps `[n, 7, 7, maps]` of pictures.
    pub fn last_maps(&self, pictures: &[f32]) -> Vec<f32> {
        self.maps_of(pictures, |maps| maps)
    }

    fn maps_of(&self, pictures: &[f32], of: impl for<'t> Fn(Var<'t, f32>) -> Var<'t, f32>) -> Vec<f32> {
        let mut all = Vec::new();
        for part in pictures.chunks(TOGETHER * PIXELS) {
            let tape = Tape::without_gradients();
            let maps = self.network.last_maps(&self.parameters.on(&tape), tape.constant(rows(part)), Backward::Plain);
            all.extend_from_slice(of(maps).ordered().values());
        }
        all
    }

    /// ∂z_c/∂x `[n, 784]` of pictures.
    pub fn gradients(&self, pictures: &[f32], class: usize, backward: Backward) -> Vec<f32> {
        let mut all = Vec::with_capacity(pictures.len());
        for part in pictures.chunks(TOGETHER * PIXELS) {
            let tape = Tape::new();
            let x = tape.leaf(rows(part));
            let logits = self.network.forward_with(&self.parameters.frozen_on(&tape), x, backward);
            let gradients = logits.narrow(1, class..class + 1).sum().backward();
            all.extend_from_slice(gradients.of(x).expect("a leaf").values());
        }
        all
    }
}

fn rows(pictures: &[f32]) -> Tensor<f32> {
    tensor([pictures.len() / PIXELS, PIXELS], pictures.to_vec())
}

fn softmax(logits: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = logits.iter().map(|z| (z - most).exp()).sum();
    logits.iter().map(move |z| (z - most).exp() / total)
}

/// The place of the largest number, the first of equals.
pub fn largest(numbers: &[f32]) -> usize {
    let mut best = 0;
    for (place, number) in numbers.iter().enumerate() {
        if *number > numbers[best] {
            best = place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    pub fn fresh(channels: usize, seed: u64) -> Classifier {
        let mut parameters = Parameters::new();
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let network = Network::new(channels, &mut parameters, random);
        Classifier { network, parameters }
    }

    pub fn noise(count: usize, seed: u64) -> Vec<f32> {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        (0..count * PIXELS).map(|_| random.random::<f32>()).collect()
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let classifier = fresh(3, 1);
        let pictures = noise(2, 2);
        let gradients = classifier.gradients(&pictures, 4, Backward::Plain);
        for place in [0, 30, 400, 783, PIXELS + 300] {
            let at = |by: f32| {
                let mut changed = pictures.clone();
                changed[place] += by;
                f64::from(classifier.logits(&changed)[place / PIXELS * CLASSES + 4])
            };
            let expected = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((f64::from(gradients[place]) - expected).abs() < 2e-3, "{place}: {} {expected}", gradients[place]);
        }
    }

    /// Only positive gradients come back through each ReLU, so of one layer all that is left is positive where the weights are.
    #[test]
    fn guided_gradients_differ_only_by_what_is_negative() {
        let mut classifier = fresh(3, 1);
        let pictures = noise(1, 3);
        let [plain, guided] =
            [Backward::Plain, Backward::Guided].map(|backward| classifier.gradients(&pictures, 0, backward));
        assert_ne!(plain, guided);
        // With positive weights everywhere there is nothing to leave out.
        classifier.parameters.iter_mut().for_each(|(_, value)| value.mapv_inplace(f32::abs));
        let [plain, guided] =
            [Backward::Plain, Backward::Guided].map(|backward| classifier.gradients(&pictures, 0, backward));
        assert_eq!(plain, guided);
    }

    #[test]
    fn the_last_maps_see_the_field_and_no_more() {
        let classifier = fresh(2, 1);
        let tape = Tape::new();
        let bound = classifier.parameters.frozen_on(&tape);
        let x = tape.leaf(rows(&noise(1, 4)));
        let maps = classifier.network.last_maps(&bound, x, Backward::Plain);
        let gradients = maps.narrow(1, 3..4).narrow(2, 3..4).sum().backward();
        let gradient = gradients.of(x).unwrap();
        let seen: Vec<usize> = (0..PIXELS).filter(|&place| gradient.values()[place] != 0.0).collect();
        let rows: Vec<usize> = seen.iter().map(|place| place / SIDE).collect();
        let (first, last) = (*rows.iter().min().unwrap(), *rows.iter().max().unwrap());
        assert!(last - first < FIELD && last - first > FIELD / 2, "{first} to {last}");
        assert!(first >= 3 * STEP - FIELD / 2 && last <= 3 * STEP + FIELD / 2, "{first} to {last}");
    }
}
