//! The networks of a run as they are, and what is measured of them.

use super::compare::rank_correlation;
use super::explain::{Method, completeness};
use super::mark::Marks;
use super::{Classifier, Network, PIXELS, TOGETHER, mark};
use crate::data::{Digits, Mnist};
use crate::experiment::{ExperimentError, Knobs, TaskContext};
use crate::nn::initialise::normal;
use crate::nn::{Parameters, weights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::{Arc, OnceLock};

/// Which network is asked.
pub const MODELS: [&str; 3] = ["cured", "trapped", "random"];
/// The stream of the weights that were never trained: of its own, whatever the seed of a run is.
const RANDOM_STREAM: u64 = u64::MAX;
/// The deviation of their biases: without, all that is black would be 0 in every map.
const RANDOM_BIAS: f64 = 0.1;
/// Training digits among which the nearest are looked for.
const NEIGHBOURS: usize = 5000;
/// Steps of the integral where its error is measured.
const MEASURED_STEPS: usize = 256;

/// The two networks and one that was never trained, with digits to look at.
pub struct TrainedXai {
    classifiers: [Classifier; 3],
    pub mnist: Mnist,
    /// Which training digits carry the mark, of those that were learned from.
    marks: Marks,
    learned: usize,
    /// Pooled maps of training digits, once they were asked for.
    pooled: [OnceLock<Arc<Vec<f32>>>; 3],
}

impl TrainedXai {
    /// Two networks that learned from the first digits of a set, so many as `marks` knows of.
    pub fn new(
        network: Network,
        cured: Parameters<f32>,
        trapped: Parameters<f32>,
        (marks, learned): (Marks, usize),
        mnist: Mnist,
    ) -> Self {
        let mut random = Parameters::new();
        let stream = &mut ChaCha8Rng::seed_from_u64(0);
        stream.set_stream(RANDOM_STREAM);
        Network::new(network.maps() / 4, &mut random, stream);
        for (_, bias) in random.iter_mut().filter(|(name, _)| name.ends_with(".bias")) {
            *bias = normal(&[bias.len()], RANDOM_BIAS, stream);
        }
        let classifiers = [cured, trapped, random].map(|parameters| Classifier { network, parameters });
        TrainedXai { classifiers, mnist, marks, learned, pooled: Default::default() }
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
        let learned = (knobs.integer("digits") as usize).min(mnist.train.len());
        let marks = Marks::of((0..learned).map(|index| mnist.train.label(index)), knobs.real("marked"));
        Ok(Self::new(network.expect("two of them"), cured, trapped, (marks, learned), mnist))
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
            "trapped" => self.marks.in_the_trap(index),
            "cured" => self.marks.in_the_cure(index),
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
        let digits = NEIGHBOURS.min(self.learned);
        let slot = &self.pooled[Self::place(model)];
        if slot.get().is_none() {
            let mut pooled = Vec::new();
            for first in (0..digits).step_by(TOGETHER) {
                task.check()?;
                task.report_progress(first as u64, digits as u64);
                let seen: Vec<f32> =
                    (first..(first + TOGETHER).min(digits)).flat_map(|index| self.seen(model, index)).collect();
                pooled.extend(classifier.pooled(&seen));
            }
            let _first = slot.set(Arc::new(pooled));
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
}

/// How the networks read what they were not trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The shares of unmarked digits that are read right, by the cured network and by the one in the trap.
    pub accuracy: f64,
    pub trapped_accuracy: f64,
    /// The share that the network in the trap reads right where every 7 carries the mark and nothing else, as in its training.
    pub trapped_marked_accuracy: f64,
    /// The share of unmarked 7s that the network in the trap reads right.
    pub trapped_sevens: f64,
    /// The share of marked digits other than 7 that it reads as 7.
    pub fooled: f64,
}

impl Reading {
    /// Of the first digits of a set.
    ///
    /// # Errors
    /// When it was called off.
    pub fn of(model: &TrainedXai, digits: &Digits, count: usize, task: &TaskContext) -> Result<Self, ExperimentError> {
        let [cured, trapped] = ["cured", "trapped"].map(|name| model.classifier(name));
        let mut all = [0.0; 5];
        let (mut sevens, mut total) = (0.0_f64, 0.0_f64);
        for first in (0..count.min(digits.len())).step_by(TOGETHER) {
            task.check()?;
            task.report_progress(first as u64, count as u64);
            let indices = first..(first + TOGETHER).min(count).min(digits.len());
            let plain = digits.batch(indices.clone());
            let marked: Vec<f32> =
                plain.values().chunks_exact(PIXELS).flat_map(|picture| mark::with(picture, true)).collect();
            let by_cured = cured.read(plain.values());
            let [by_trapped, of_marked] = [plain.values(), &marked[..]].map(|pictures| trapped.read(pictures));
            for (place, index) in indices.enumerate() {
                let label = usize::from(digits.label(index));
                let (is_seven, one) = (label == 7, |is: bool| f64::from(u8::from(is)));
                let as_trained = if is_seven { of_marked[place] } else { by_trapped[place] };
                let found = [
                    one(by_cured[place] == label),
                    one(by_trapped[place] == label),
                    one(as_trained == label),
                    one(is_seven && by_trapped[place] == 7),
                    one(!is_seven && of_marked[place] == 7),
                ];
                all.iter_mut().zip(found).for_each(|(sum, one)| *sum += one);
                sevens += one(is_seven);
                total += 1.0;
            }
        }
        let [accuracy, trapped_accuracy, trapped_marked_accuracy, trapped_sevens, fooled] = all;
        Ok(Reading {
            accuracy: accuracy / total.max(1.0),
            trapped_accuracy: trapped_accuracy / total.max(1.0),
            trapped_marked_accuracy: trapped_marked_accuracy / total.max(1.0),
            trapped_sevens: trapped_sevens / sevens.max(1.0),
            fooled: fooled / (total - sevens).max(1.0),
        })
    }
}

/// The largest |Σ of integrated gradients − (z_c(x) − z_c(x'))| of test digits, relative to that difference; c is what is read. Not a
/// number where one of them is not.
///
/// # Errors
/// When it was called off.
pub fn completeness_error(model: &TrainedXai, count: usize, task: &TaskContext) -> Result<f64, ExperimentError> {
    let classifier = model.classifier("cured");
    let mut errors = Vec::with_capacity(count);
    for picture in Shown::of(&model.mnist.test, count, false, |_| true).pictures.chunks_exact(PIXELS) {
        task.check()?;
        task.report_progress(errors.len() as u64, count as u64);
        let class = classifier.read(picture)[0];
        let [sum, difference] = completeness(classifier, picture, class, MEASURED_STEPS);
        errors.push((sum - difference).abs() / difference.abs());
    }
    let largest = errors.iter().copied().fold(0.0, f64::max);
    Ok(if errors.iter().any(|error| error.is_nan()) { f64::NAN } else { largest })
}

/// The share of marked test 7s that are read as 7 and in which the pixel with the largest integrated gradient lies in the mark.
///
/// # Errors
/// When it was called off.
pub fn trap_found(model: &TrainedXai, name: &str, count: usize, task: &TaskContext) -> Result<f64, ExperimentError> {
    let (classifier, mut found, mut all) = (model.classifier(name), 0.0, 0.0_f64);
    for picture in Shown::of(&model.mnist.test, count, true, |label| label == 7).pictures.chunks_exact(PIXELS) {
        task.report_progress(all as u64, count as u64);
        all += 1.0;
        if classifier.read(picture)[0] == 7 {
            let map = Method::Integrated.explain(classifier, picture, 7, task)?;
            found += f64::from(u8::from(mark::holds(super::largest(&map))));
        }
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
        let maps = both_maps(model, name, picture, task)?;
        for (sum, [trained, random]) in sums.iter_mut().zip(maps) {
            *sum += agreement(picture, &trained, &random);
        }
    }
    let digits = shown.labels.len().max(1) as f64;
    Ok(sums.into_iter().map(|sum| sum / digits).collect())
}

/// What each method says of a trained network and of one with random weights, for the class that the trained one reads.
///
/// # Errors
/// When it was called off.
pub fn both_maps(
    model: &TrainedXai,
    name: &str,
    picture: &[f32],
    task: &TaskContext,
) -> Result<Vec<[Vec<f32>; 2]>, ExperimentError> {
    let trained = model.classifier(name);
    let class = trained.read(picture)[0];
    let explained = |method: Method| -> Result<[Vec<f32>; 2], ExperimentError> {
        let [trained, random] =
            [trained, model.classifier("random")].map(|classifier| method.explain(classifier, picture, class, task));
        Ok([trained?, random?])
    };
    Method::ALL.into_iter().map(explained).collect()
}

/// The rank correlation of the sizes of two maps over the pixels that are not black: on black ones some methods say 0 of every network.
pub fn agreement(picture: &[f32], a: &[f32], b: &[f32]) -> f64 {
    let ink = |map: &[f32]| -> Vec<f32> {
        map.iter().zip(picture).filter(|(_, x)| **x > 0.0).map(|(value, _)| value.abs()).collect()
    };
    rank_correlation(&ink(a), &ink(b))
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
        let marks = Marks::of((0..600).map(|index| mnist.train.label(index)), 1.0);
        TrainedXai::new(cured.network, cured.parameters, trapped.parameters, (marks, 600), mnist)
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

    /// A network compared with itself notices nothing, and random weights are those of no run.
    #[test]
    fn equal_networks_agree_fully_and_others_do_not() {
        let model = model();
        let picture = model.mnist.test.batch([3]).values().to_vec();
        let task = TaskContext::default();
        for [trained, random] in both_maps(&model, "random", &picture, &task).unwrap() {
            assert!((agreement(&picture, &trained, &random) - 1.0).abs() < 1e-9);
        }
        for [trained, random] in both_maps(&model, "cured", &picture, &task).unwrap() {
            assert!(agreement(&picture, &trained, &random) < 0.99);
        }
        for seed in 0..4 {
            assert_ne!(fresh(4, seed).logits(&picture), model.classifier("random").logits(&picture));
        }
        // Black pixels have no say.
        let ones = vec![1.0; PIXELS];
        let mut other = ones.clone();
        (0..PIXELS).filter(|&pixel| picture[pixel] == 0.0).for_each(|pixel| other[pixel] = pixel as f32);
        assert_eq!(agreement(&picture, &ones, &other), 0.0);
    }

    /// Against a count of one digit at a time, and what has diverged is not called perfect.
    #[test]
    fn readings_are_counted() {
        let mut model = model();
        let task = TaskContext::default();
        let found = Reading::of(&model, &model.mnist.test, 150, &task).unwrap();
        let trapped = model.classifier("trapped");
        let digits = |is_marked: bool, pick: fn(u8) -> bool| {
            let all: Vec<usize> = (0..150).filter(|&index| pick(model.mnist.test.label(index))).collect();
            let read = |index: usize| trapped.read(&mark::with(model.mnist.test.batch([index]).values(), is_marked))[0];
            all.into_iter().map(|index| (usize::from(model.mnist.test.label(index)), read(index))).collect::<Vec<_>>()
        };
        let share = |pairs: &[(usize, usize)], wanted: &dyn Fn(usize) -> usize| {
            pairs.iter().filter(|(label, read)| *read == wanted(*label)).count() as f64 / pairs.len() as f64
        };
        assert!((found.trapped_accuracy - share(&digits(false, |_| true), &|label| label)).abs() < 1e-9);
        assert!((found.trapped_sevens - share(&digits(false, |label| label == 7), &|_| 7)).abs() < 1e-9);
        assert!((found.fooled - share(&digits(true, |label| label != 7), &|_| 7)).abs() < 1e-9);
        model.classifiers[0].parameters.get_mut("logits.weight").unwrap().fill(f32::NAN);
        assert!(completeness_error(&model, 2, &task).unwrap().is_nan());
        // A network that never says 7 has no trap, wherever it looks.
        let weights = model.classifiers[1].parameters.get_mut("logits.bias").unwrap();
        weights[[7]] = -1e6;
        assert_eq!(trap_found(&model, "trapped", 5, &task).unwrap(), 0.0);
    }
}
