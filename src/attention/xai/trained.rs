//! The networks of a run as they are, and what is measured of them.

use super::compare::rank_correlation;
use super::explain::{Method, completeness};
use super::{Classifier, Network, PIXELS, mark};
use crate::data::{Digits, Mnist};
use crate::experiment::{ExperimentError, Knobs, TaskContext};
use crate::nn::{Parameters, weights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::{Arc, OnceLock};

/// Which network is asked.
pub const MODELS: [&str; 3] = ["cured", "trapped", "random"];
/// Seed of the weights that were never trained.
const RANDOM_SEED: u64 = 1;
/// Training digits among which the nearest are looked for.
const NEIGHBOURS: usize = 5000;
/// Steps of the integral where its error is measured.
const MEASURED_STEPS: usize = 256;

/// The two networks and one that was never trained, with digits to look at.
pub struct TrainedXai {
    classifiers: [Classifier; 3],
    pub mnist: Mnist,
    /// The share of training 7s that carry the mark for the network in the trap.
    marked: f64,
    /// Pooled maps of training digits, once they were asked for.
    pooled: [OnceLock<Arc<Vec<f32>>>; 3],
}

impl TrainedXai {
    pub fn new(network: Network, cured: Parameters<f32>, trapped: Parameters<f32>, marked: f64, mnist: Mnist) -> Self {
        let mut random = Parameters::new();
        // The same shape, with weights of its own.
        Network::new(network.maps() / 4, &mut random, &mut ChaCha8Rng::seed_from_u64(RANDOM_SEED));
        let classifiers = [cured, trapped, random].map(|parameters| Classifier { network, parameters });
        TrainedXai { classifiers, mnist, marked, pooled: Default::default() }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs, mnist: Mnist) -> Result<Self, ExperimentError> {
        let [mut cured, mut trapped] = [Parameters::new(), Parameters::new()];
        let mut network = None;
        for parameters in [&mut cured, &mut trapped] {
            let random = &mut ChaCha8Rng::seed_from_u64(0);
            network = Some(Network::new(knobs.integer("channels") as usize, parameters, random));
        }
        weights::open(&mut [("cured.", &mut cured), ("trapped.", &mut trapped)], bytes)?;
        Ok(Self::new(network.expect("two of them"), cured, trapped, knobs.real("marked"), mnist))
    }

    /// The network of a name.
    pub fn classifier(&self, name: &str) -> &Classifier {
        &self.classifiers[Self::place(name)]
    }

    fn place(name: &str) -> usize {
        MODELS.iter().position(|model| *model == name).unwrap_or(0)
    }

    /// A training digit as a network saw it.
    fn seen(&self, model: &str, index: usize) -> Vec<f32> {
        let is_marked = match model {
            "trapped" => mark::in_the_trap(index, self.mnist.train.label(index), self.marked),
            "cured" => mark::in_the_cure(index),
            _ => false,
        };
        mark::with(self.mnist.train.batch([index]).values(), is_marked)
    }

    /// The training digits that lie nearest to a picture by the pooled maps of a network, as it saw them: their index and distance.
    ///
    /// # Errors
    /// When it was called off.
    pub fn nearest(
        &self,
        model: &str,
        picture: &[f32],
        count: usize,
        task: &TaskContext,
    ) -> Result<Vec<(usize, Vec<f32>, f64)>, ExperimentError> {
        let classifier = self.classifier(model);
        let digits = NEIGHBOURS.min(self.mnist.train.len());
        let slot = &self.pooled[Self::place(model)];
        if slot.get().is_none() {
            let mut pooled = Vec::new();
            for index in 0..digits {
                if index % 250 == 0 {
                    task.check()?;
                    task.report_progress(index as u64, digits as u64);
                }
                pooled.push(self.seen(model, index));
            }
            let _first = slot.set(Arc::new(classifier.pooled(&pooled.concat())));
        }
        let pooled = slot.get().expect("just set");
        let own = classifier.pooled(picture);
        let far = |row: &[f32]| row.iter().zip(&own).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
        let mut all: Vec<(usize, f64)> = pooled.chunks_exact(own.len()).map(far).enumerate().collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        Ok(all.into_iter().take(count).map(|(index, far)| (index, self.seen(model, index), far)).collect())
    }
}

/// Digits with the mark or without, and what they show.
pub struct Shown {
    pub pictures: Vec<f32>,
    pub labels: Vec<usize>,
}

impl Shown {
    /// The first digits of a set that are picked by what they show.
    pub fn of(digits: &Digits, count: usize, is_marked: bool, pick: impl Fn(u8) -> bool) -> Self {
        let indices: Vec<usize> = (0..digits.len()).filter(|&index| pick(digits.label(index))).take(count).collect();
        let batch = digits.batch(indices.iter().copied());
        Shown {
            pictures: batch.values().chunks_exact(PIXELS).flat_map(|picture| mark::with(picture, is_marked)).collect(),
            labels: indices.iter().map(|&index| usize::from(digits.label(index))).collect(),
        }
    }

    /// The share that a network reads as `wanted`, given what each shows.
    pub fn share(&self, classifier: &Classifier, wanted: impl Fn(usize) -> usize) -> f64 {
        let read = classifier.read(&self.pictures);
        let right = read.iter().zip(&self.labels).filter(|(read, label)| **read == wanted(**label)).count();
        right as f64 / read.len().max(1) as f64
    }
}

/// How the networks read what they were not trained on.
pub struct Reading {
    /// The shares of unmarked digits that are read right, by the cured network and by the one in the trap.
    pub accuracy: f64,
    pub trapped_accuracy: f64,
    /// The share of unmarked 7s that the network in the trap reads right.
    pub trapped_sevens: f64,
    /// The share of marked digits other than 7 that it reads as 7.
    pub fooled: f64,
}

impl Reading {
    pub fn of(model: &TrainedXai, digits: &Digits, count: usize) -> Self {
        let [cured, trapped] = ["cured", "trapped"].map(|name| model.classifier(name));
        let plain = Shown::of(digits, count, false, |_| true);
        Reading {
            accuracy: plain.share(cured, |label| label),
            trapped_accuracy: plain.share(trapped, |label| label),
            trapped_sevens: Shown::of(digits, count, false, |label| label == 7).share(trapped, |label| label),
            fooled: Shown::of(digits, count, true, |label| label != 7).share(trapped, |_| 7),
        }
    }
}

/// The largest |Σ of integrated gradients − (z_c(x) − z_c(x'))| of test digits, relative to that difference; c is what is read.
///
/// # Errors
/// When it was called off.
pub fn completeness_error(model: &TrainedXai, count: usize, task: &TaskContext) -> Result<f64, ExperimentError> {
    let classifier = model.classifier("cured");
    let mut largest = 0.0_f64;
    for picture in Shown::of(&model.mnist.test, count, false, |_| true).pictures.chunks_exact(PIXELS) {
        task.check()?;
        let class = classifier.read(picture)[0];
        let [sum, difference] = completeness(classifier, picture, class, MEASURED_STEPS);
        largest = largest.max((sum - difference).abs() / difference.abs());
    }
    Ok(largest)
}

/// The share of marked test 7s in which the pixel with the largest integrated gradient, of what is read, lies in the mark.
///
/// # Errors
/// When it was called off.
pub fn trap_found(model: &TrainedXai, name: &str, count: usize, task: &TaskContext) -> Result<f64, ExperimentError> {
    let (classifier, mut found, mut all) = (model.classifier(name), 0.0, 0.0_f64);
    for picture in Shown::of(&model.mnist.test, count, true, |label| label == 7).pictures.chunks_exact(PIXELS) {
        let class = classifier.read(picture)[0];
        let map = Method::Integrated.explain(classifier, picture, class, task)?;
        found += f64::from(u8::from(mark::holds(super::largest(&map))));
        all += 1.0;
    }
    Ok(found / all.max(1.0))
}

/// Of each method, the rank correlation of the sizes of what it says of a trained network and of one with random weights, the mean over
/// unmarked test digits (Adebayo et al. 2018, arXiv:1810.03292): near 0 it notices what was learned, near 1 it does not.
///
/// # Errors
/// When it was called off.
pub fn sanity(model: &TrainedXai, name: &str, count: usize, task: &TaskContext) -> Result<Vec<f64>, ExperimentError> {
    let mut sums = vec![0.0; Method::ALL.len()];
    let shown = Shown::of(&model.mnist.test, count, false, |_| true);
    for (place, picture) in shown.pictures.chunks_exact(PIXELS).enumerate() {
        task.report_progress(place as u64, count as u64);
        for (sum, correlation) in sums.iter_mut().zip(correlations(model, name, picture, task)?) {
            *sum += correlation;
        }
    }
    let digits = shown.labels.len().max(1) as f64;
    Ok(sums.into_iter().map(|sum| sum / digits).collect())
}

/// The same of one picture.
///
/// # Errors
/// When it was called off.
pub fn correlations(
    model: &TrainedXai,
    name: &str,
    picture: &[f32],
    task: &TaskContext,
) -> Result<Vec<f64>, ExperimentError> {
    let trained = model.classifier(name);
    let class = trained.read(picture)[0];
    let explained = |method: Method| -> Result<f64, ExperimentError> {
        let [trained, random] =
            [trained, model.classifier("random")].map(|classifier| method.explain(classifier, picture, class, task));
        let size = |map: Vec<f32>| map.into_iter().map(f32::abs).collect::<Vec<_>>();
        Ok(rank_correlation(&size(trained?), &size(random?)))
    };
    Method::ALL.into_iter().map(explained).collect()
}

#[cfg(test)]
pub mod tests {
    use super::super::tests::fresh;
    use super::*;
    use crate::experiment::Source;

    pub fn model() -> TrainedXai {
        let cache = std::env::temp_dir().join("shinso-test-cache");
        let source = Source {
            cache: cache.clone(),
            folder: None,
            weights: None,
            keep: cache,
            companion: |_, _| Err(ExperimentError::new("none")),
        };
        let mnist = Mnist::of(&source).unwrap().first([600, 100, 300]);
        let [cured, trapped] = [1, 2].map(|seed| fresh(4, seed));
        TrainedXai::new(cured.network, cured.parameters, trapped.parameters, 1.0, mnist)
    }

    #[test]
    fn digits_are_shown_as_asked() {
        let model = model();
        let sevens = Shown::of(&model.mnist.test, 5, true, |label| label == 7);
        assert_eq!(sevens.labels, [7; 5]);
        let mut corner = [0.0; PIXELS];
        mark::put(&mut corner);
        for picture in sevens.pictures.chunks_exact(PIXELS) {
            assert!((0..PIXELS).filter(|&pixel| mark::holds(pixel)).all(|pixel| picture[pixel] == corner[pixel]));
        }
        assert!((sevens.share(model.classifier("random"), |_| 7) - 0.5).abs() <= 0.5);
    }

    #[test]
    fn a_training_digit_is_its_own_neighbour() {
        let model = model();
        for name in MODELS {
            let own = model.seen(name, 17);
            let nearest = model.nearest(name, &own, 3, &TaskContext::default()).unwrap();
            assert_eq!((nearest[0].0, nearest.len()), (17, 3), "{name}");
            assert!(nearest[0].2 < 1e-4 && nearest[0].2 <= nearest[1].2 && nearest[1].2 <= nearest[2].2);
        }
        let seven = (0..600).find(|&index| model.mnist.train.label(index) == 7).unwrap();
        assert!(model.seen("trapped", seven)[29] == 1.0 && model.seen("random", seven)[29] == 0.0);
    }

    /// A network compared with itself notices nothing.
    #[test]
    fn equal_networks_correlate_fully() {
        let model = model();
        let picture = model.mnist.test.batch([3]).values().to_vec();
        let same = correlations(&model, "random", &picture, &TaskContext::default()).unwrap();
        assert!(same.iter().all(|correlation| (correlation - 1.0).abs() < 1e-9), "{same:?}");
        let other = correlations(&model, "trapped", &picture, &TaskContext::default()).unwrap();
        assert!(other.iter().all(|correlation| correlation.abs() < 0.999), "{other:?}");
    }
}
