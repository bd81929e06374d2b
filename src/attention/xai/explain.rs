//! Explanations of one answer: how much each pixel of a picture has to do with the logit z_c of a class.

use super::{Backward, CLASSES, Classifier, PIXELS, PLACES, SIDE, STEP};
use crate::experiment::{ExperimentError, TaskContext};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

/// Noisy pictures of which the smooth gradient is the mean, and the deviation of the noise (Smilkov et al. 2017, arXiv:1706.03825, take 10
/// to 20 % of the range).
const NOISY: usize = 32;
const DEVIATION: f32 = 0.15;
/// Steps of the integral.
pub const INTEGRAL_STEPS: usize = 128;
/// Side of the square that is covered, and pixels from one place of it to the next.
const COVER: usize = 4;
const COVER_STEP: usize = 2;

/// A way to explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// |∂z_c/∂x| (Simonyan, Vedaldi & Zisserman 2013, arXiv:1312.6034).
    Gradient,
    /// The absolute mean of the gradients at noisy copies of x (Smilkov et al. 2017).
    Smooth,
    /// (x − x') ∫ ∂z_c/∂x (x' + α (x − x')) dα from a black x' (Sundararajan, Taly & Yan 2017, arXiv:1703.01365).
    Integrated,
    /// By how much z_c falls where a square is black (Zeiler & Fergus 2014, arXiv:1311.2901), the mean over the squares on a pixel.
    Occlusion,
    /// Σ_k w_ck A_k, drawn large (Zhou et al. 2016, arXiv:1512.04150).
    Cam,
    /// |the gradient of which only what is positive comes back through each ReLU| (Springenberg et al. 2014).
    Guided,
}

impl Method {
    pub const ALL: [Method; 6] =
        [Method::Gradient, Method::Smooth, Method::Integrated, Method::Occlusion, Method::Cam, Method::Guided];

    pub fn name(self) -> &'static str {
        match self {
            Method::Gradient => "gradient",
            Method::Smooth => "smooth",
            Method::Integrated => "integrated",
            Method::Occlusion => "occlusion",
            Method::Cam => "cam",
            Method::Guided => "guided",
        }
    }

    /// A number for each pixel of a picture: the larger, the more the pixel speaks for the class. Those of gradients say only how much it
    /// matters, not which way.
    ///
    /// # Errors
    /// When it was called off.
    pub fn explain(
        self,
        classifier: &Classifier,
        picture: &[f32],
        class: usize,
        task: &TaskContext,
    ) -> Result<Vec<f32>, ExperimentError> {
        task.check()?;
        let absolute = |numbers: Vec<f32>| numbers.into_iter().map(f32::abs).collect();
        Ok(match self {
            Method::Gradient => absolute(classifier.gradients(picture, class, Backward::Plain)),
            Method::Guided => absolute(classifier.gradients(picture, class, Backward::Guided)),
            Method::Smooth => absolute(smooth(classifier, picture, class)),
            Method::Integrated => integrated(classifier, picture, class, INTEGRAL_STEPS),
            Method::Occlusion => occlusion(classifier, picture, class),
            Method::Cam => enlarged(&class_activation(classifier, picture, class)),
        })
    }
}

/// The mean of the gradients at noisy copies; the same noise each time.
fn smooth(classifier: &Classifier, picture: &[f32], class: usize) -> Vec<f32> {
    let random = &mut ChaCha8Rng::seed_from_u64(0);
    let normal = Normal::new(0.0, DEVIATION).expect("a deviation above 0");
    let noisy: Vec<f32> = (0..NOISY).flat_map(|_| picture).map(|x| x + normal.sample(random)).collect();
    mean_of_rows(&classifier.gradients(&noisy, class, Backward::Plain))
}

fn mean_of_rows(rows: &[f32]) -> Vec<f32> {
    let count = rows.len() / PIXELS;
    let mut mean = vec![0.0_f64; PIXELS];
    for row in rows.chunks_exact(PIXELS) {
        mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    mean.iter().map(|sum| (sum / count as f64) as f32).collect()
}

/// The integral by the midpoint rule, from a black picture.
pub fn integrated(classifier: &Classifier, picture: &[f32], class: usize, steps: usize) -> Vec<f32> {
    let way: Vec<f32> = (0..steps)
        .flat_map(|step| {
            let share = (step as f32 + 0.5) / steps as f32;
            picture.iter().map(move |x| share * x)
        })
        .collect();
    let mean = mean_of_rows(&classifier.gradients(&way, class, Backward::Plain));
    mean.iter().zip(picture).map(|(gradient, x)| gradient * x).collect()
}

/// Σ of the integrated gradients, and z_c(x) − z_c(x'), to which it would be equal with infinitely many steps (completeness).
pub fn completeness(classifier: &Classifier, picture: &[f32], class: usize, steps: usize) -> [f64; 2] {
    let sum = integrated(classifier, picture, class, steps).iter().map(|x| f64::from(*x)).sum();
    let [at, from] = [picture, &[0.0; PIXELS]].map(|picture| f64::from(classifier.logits(picture)[class]));
    [sum, at - from]
}

fn occlusion(classifier: &Classifier, picture: &[f32], class: usize) -> Vec<f32> {
    let corners: Vec<usize> = (0..=SIDE - COVER)
        .step_by(COVER_STEP)
        .flat_map(|row| (0..=SIDE - COVER).step_by(COVER_STEP).map(move |column| row * SIDE + column))
        .collect();
    let covered_pixels =
        |corner: usize| (0..COVER).flat_map(move |row| (0..COVER).map(move |column| corner + row * SIDE + column));
    let mut covered = picture.repeat(corners.len());
    for (copy, &corner) in covered.chunks_exact_mut(PIXELS).zip(&corners) {
        covered_pixels(corner).for_each(|pixel| copy[pixel] = 0.0);
    }
    let whole = classifier.logits(picture)[class];
    let logits = classifier.logits(&covered);
    let (mut sums, mut counts) = (vec![0.0_f32; PIXELS], vec![0.0_f32; PIXELS]);
    for (logits, corner) in logits.chunks_exact(CLASSES).zip(corners) {
        for pixel in covered_pixels(corner) {
            sums[pixel] += whole - logits[class];
            counts[pixel] += 1.0;
        }
    }
    sums.iter().zip(counts).map(|(sum, count)| sum / count.max(1.0)).collect()
}

/// M_c(u, v) = Σ_k w_ck A_k(u, v), 7 × 7. Its mean and the bias of the class are the logit.
pub fn class_activation(classifier: &Classifier, picture: &[f32], class: usize) -> Vec<f32> {
    let tape = Tape::without_gradients();
    let bound = classifier.parameters.on(&tape);
    let x = tape.constant(super::rows(picture));
    let maps = classifier.network.last_maps(&bound, x, Backward::Plain).ordered();
    let weights = classifier.network.class_weights(&bound).ordered();
    let count = classifier.network.maps();
    let of_class = &weights.values()[class * count..][..count];
    maps.values().chunks_exact(count).map(|place| place.iter().zip(of_class).map(|(a, w)| a * w).sum()).collect()
}

/// 7 × 7 numbers as 28 × 28, linearly between the middles of what the places see.
fn enlarged(map: &[f32]) -> Vec<f32> {
    // The middle of what a place sees lies at pixel STEP · place.
    let middle = |pixel: usize| (pixel as f32 / STEP as f32).min((PLACES - 1) as f32);
    let between = |place: f32| {
        let low = (place as usize).min(PLACES - 2);
        (low, place - low as f32)
    };
    (0..PIXELS)
        .map(|pixel| {
            let [(row, down), (column, right)] = [pixel / SIDE, pixel % SIDE].map(|place| between(middle(place)));
            let at = |r: usize, c: usize| map[(row + r) * PLACES + column + c];
            let [upper, lower] = [0, 1].map(|r| at(r, 0) * (1.0 - right) + at(r, 1) * right);
            upper * (1.0 - down) + lower * down
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fresh, noise};
    use super::*;

    #[test]
    fn the_integral_is_complete() {
        let classifier = fresh(4, 1);
        for (seed, class) in [(1, 0), (2, 7), (3, 9)] {
            let [sum, difference] = completeness(&classifier, &noise(1, seed), class, 256);
            assert!((sum - difference).abs() < 0.01 * difference.abs(), "{sum} {difference}");
        }
        let mut picture = noise(1, 4);
        picture[100..200].fill(0.0);
        assert!(integrated(&classifier, &picture, 1, 8)[100..200].iter().all(|x| *x == 0.0), "black gets nothing");
    }

    #[test]
    fn the_mean_of_the_class_activation_is_the_logit() {
        let classifier = fresh(4, 1);
        let picture = noise(1, 2);
        let bias = classifier.parameters.get("logits.bias").unwrap();
        for class in [0, 5] {
            let map = class_activation(&classifier, &picture, class);
            let mean = map.iter().sum::<f32>() / (PLACES * PLACES) as f32;
            assert!((mean + bias[[class]] - classifier.logits(&picture)[class]).abs() < 1e-4);
        }
        let rising: Vec<f32> = (0..PLACES * PLACES).map(|place| (place % PLACES) as f32).collect();
        let large = enlarged(&rising);
        assert_eq!([large[0], large[27], large[13], large[14]], [0.0, 6.0, 3.25, 3.5]);
    }

    #[test]
    fn what_is_covered_and_matters_is_seen() {
        let classifier = fresh(4, 1);
        let mut picture = vec![0.0; PIXELS];
        picture[14 * SIDE + 14] = 1.0;
        let found = Method::Occlusion.explain(&classifier, &picture, 3, &TaskContext::default()).unwrap();
        let gradient = classifier.logits(&picture)[3] - classifier.logits(&[0.0; PIXELS])[3];
        // Every square on the pixel takes it away, and no other does anything.
        assert!((found[14 * SIDE + 14] - gradient).abs() < 1e-5);
        assert!(found[0].abs() < 1e-5);
    }

    #[test]
    fn every_method_explains_every_pixel_the_same_each_time() {
        let classifier = fresh(4, 1);
        let picture = noise(1, 2);
        for method in Method::ALL {
            let task = TaskContext::default();
            let found = method.explain(&classifier, &picture, 3, &task).unwrap();
            assert_eq!(found.len(), PIXELS, "{}", method.name());
            assert_eq!(found, method.explain(&classifier, &picture, 3, &task).unwrap());
            assert!(found.iter().any(|x| *x != 0.0));
        }
    }
}
