//! What the tests of several layers share.

use super::initialise::normal;
use super::parameters::Parameters;
use crate::tensor::Tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A layer whose parameters, biases included, are all drawn from N(0, 0.5²).
pub fn random_layer<L>(new: impl FnOnce(&mut Parameters<f64>, &mut ChaCha8Rng) -> L) -> (Parameters<f64>, L) {
    let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(1));
    let layer = new(&mut parameters, random);
    for (_, value) in parameters.iter_mut() {
        *value = normal(value.shape(), 0.5, random);
    }
    (parameters, layer)
}

/// Asserts that two tensors have one shape and differ by less than 1e-12 everywhere.
#[track_caller]
pub fn assert_near(found: &Tensor<f64>, expected: &Tensor<f64>) {
    assert_eq!(found.shape(), expected.shape());
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} instead of {expected:?}");
}
