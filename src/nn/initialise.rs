//! Starting values of weights, by the name of their paper.

use crate::tensor::{Element, Tensor, tensor};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// N(0, 2 / inputs) for weights `[outputs, inputs]` before a ReLU (He et al., "Delving Deep into Rectifiers", 2015,
/// arXiv:1502.01852).
pub fn he_normal<E: Element>(outputs: usize, inputs: usize, random: &mut impl Rng) -> Tensor<E> {
    let deviation = (2.0 / inputs.max(1) as f64).sqrt();
    let mut draw = || -> f64 { StandardNormal.sample(random) };
    tensor([outputs, inputs], (0..outputs * inputs).map(|_| E::of(deviation * draw())).collect())
}

/// U(−a, a) with a = √(6 / (inputs + outputs)) for weights `[outputs, inputs]` (Glorot & Bengio, "Understanding the
/// difficulty of training deep feedforward neural networks", 2010).
pub fn glorot_uniform<E: Element>(outputs: usize, inputs: usize, random: &mut impl Rng) -> Tensor<E> {
    let limit = (6.0 / (inputs + outputs).max(1) as f64).sqrt();
    let mut draw = || -> f64 { random.random_range(-limit..=limit) };
    tensor([outputs, inputs], (0..outputs * inputs).map(|_| E::of(draw())).collect())
}
