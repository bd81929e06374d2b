//! Gradients against central differences, in `f64`.

use super::{Tape, Tensor, Var, tensor};
use ndarray::IxDyn;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Checks the gradients of a formula at random values of the given shapes.
///
/// The result is weighted by fixed random numbers and summed, so that a gradient that is right only in total is found.
///
/// # Panics
/// If a gradient differs from the central difference by more than 1e-6, relatively.
pub fn check(
    name: &str,
    shapes: &[&[usize]],
    formula: impl for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Var<'t, f64>,
) {
    const STEP: f64 = 1e-5;
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut draw = |shape: &[usize]| -> Tensor<f64> {
        let count = shape.iter().product();
        tensor(IxDyn(shape), (0..count).map(|_| random.random_range(-1.5..1.5)).collect())
    };
    let inputs: Vec<Tensor<f64>> = shapes.iter().map(|shape| draw(shape)).collect();
    let tape = Tape::new();
    let leaves: Vec<_> = inputs.iter().map(|input| tape.leaf(input.clone())).collect();
    let result = formula(&tape, &leaves);
    let weights = draw(&result.shape());
    let gradients = (result * tape.constant(weights.clone())).sum().backward();
    let value = |inputs: &[Tensor<f64>]| {
        let tape = Tape::without_gradients();
        let leaves: Vec<_> = inputs.iter().map(|input| tape.leaf(input.clone())).collect();
        (formula(&tape, &leaves) * tape.constant(weights.clone())).sum().item()
    };
    for (which, input) in inputs.iter().enumerate() {
        for place in 0..input.len() {
            let moved = |by: f64| {
                let mut inputs = inputs.clone();
                inputs[which].as_slice_mut().expect("contiguous")[place] += by;
                value(&inputs)
            };
            let expected = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
            let found = gradients.of(leaves[which]).map_or(0.0, |g| *g.iter().nth(place).expect("a place"));
            let error = (found - expected).abs() / expected.abs().max(1.0);
            assert!(error < 1e-6, "{name}: input {which}, place {place}: {found} instead of {expected}");
        }
    }
}
