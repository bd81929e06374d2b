//! Numbers from normal distributions, as tensors.

use crate::tensor::{Element, Tensor};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// ε ~ N(0, I): `[rows, width]`.
pub fn noise<E: Element>(rows: usize, width: usize, random: &mut impl Rng) -> Tensor<E> {
    let mut noise = Tensor::filled([rows, width], E::zero());
    for place in noise.values_mut() {
        *place = E::of(StandardNormal.sample(random));
    }
    noise
}

/// Numbers from N(0, deviation²): `[rows, width]`.
pub fn normal_rows(rows: usize, width: usize, deviation: f32, random: &mut impl Rng) -> Tensor<f32> {
    let mut noise = noise(rows, width, random);
    if deviation != 1.0 {
        noise.values_mut().iter_mut().for_each(|value| *value *= deviation);
    }
    noise
}
