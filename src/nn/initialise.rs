//! Starting values of weights, by the name of their paper. Weights are `[outputs, …]`; the inputs of an output are all
//! its other axes together.

use crate::tensor::{Activation, Element, Tensor, tensor};
use ndarray::IxDyn;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// N(0, 2 / inputs), for weights before a ReLU (He et al., "Delving Deep into Rectifiers", 2015, arXiv:1502.01852).
pub fn he_normal<E: Element>(shape: &[usize], random: &mut impl Rng) -> Tensor<E> {
    normal(shape, (2.0 / inputs(shape)).sqrt(), random)
}

/// U(−a, a) with a = √(6 / (inputs + outputs)) (Glorot & Bengio, "Understanding the difficulty of training deep feedforward
/// neural networks", 2010).
pub fn glorot_uniform<E: Element>(shape: &[usize], random: &mut impl Rng) -> Tensor<E> {
    // A kernel's places count for the outputs as they do for the inputs.
    let outputs =
        shape[0] as f64 * shape.get(1..shape.len() - 1).map_or(1.0, |places| places.iter().product::<usize>() as f64);
    uniform(shape, (6.0 / (inputs(shape) + outputs)).sqrt(), random)
}

/// U(−a, a) with a = 1 / √inputs (LeCun et al., "Efficient BackProp", 1998).
pub fn lecun_uniform<E: Element>(shape: &[usize], random: &mut impl Rng) -> Tensor<E> {
    uniform(shape, 1.0 / inputs(shape).sqrt(), random)
}

/// N(0, deviation²), as transformers start (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019,
/// with 0.02).
pub fn normal<E: Element>(shape: &[usize], deviation: f64, random: &mut impl Rng) -> Tensor<E> {
    let mut draw = || -> f64 { StandardNormal.sample(random) };
    let count = shape.iter().product();
    tensor(IxDyn(shape), (0..count).map(|_| E::of(deviation * draw())).collect())
}

/// U(−limit, limit).
pub fn uniform<E: Element>(shape: &[usize], limit: f64, random: &mut impl Rng) -> Tensor<E> {
    let mut draw = || -> f64 { random.random_range(-limit..=limit) };
    let count = shape.iter().product();
    tensor(IxDyn(shape), (0..count).map(|_| E::of(draw())).collect())
}

/// A matrix with orthonormal rows or columns, whichever are fewer, from the QR decomposition of normal numbers (Saxe,
/// McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013,
/// arXiv:1312.6120): for the state of a recurrent layer.
pub fn orthogonal<E: Element>(rows: usize, columns: usize, random: &mut impl Rng) -> Tensor<E> {
    let (long, short) = (rows.max(columns), rows.min(columns));
    let numbers = faer::Mat::<f64>::from_fn(long, short, |_, _| StandardNormal.sample(random));
    let decomposition = numbers.qr();
    let (q, r) = (decomposition.compute_thin_Q(), decomposition.thin_R());
    // The signs of R's diagonal make the distribution uniform over all such matrices.
    let at = |row: usize, column: usize| q[(row, column)] * r[(column, column)].signum();
    let values = (0..rows * columns).map(|place| {
        let (row, column) = (place / columns, place % columns);
        E::of(if rows >= columns { at(row, column) } else { at(column, row) })
    });
    tensor([rows, columns], values.collect())
}

/// He's initialisation before a ReLU, else Glorot's.
pub(super) fn weight_for<E: Element>(activation: Activation, shape: &[usize], random: &mut impl Rng) -> Tensor<E> {
    match activation {
        Activation::Relu | Activation::LeakyRelu(_) => he_normal(shape, random),
        _ => glorot_uniform(shape, random),
    }
}

/// As biases start.
pub(super) fn zeros<E: Element>(length: usize) -> Tensor<E> {
    Tensor::filled([length], E::zero())
}

fn inputs(shape: &[usize]) -> f64 {
    shape[1..].iter().product::<usize>().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn deviations_are_those_of_the_papers() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let deviation = |t: Tensor<f64>| (t.iter().map(|x| x * x).sum::<f64>() / t.len() as f64).sqrt();
        let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 0.03, "{found}, {expected}");
        near(deviation(he_normal(&[100, 200], random)), 0.1);
        near(deviation(he_normal(&[64, 3, 3, 32], random)), (2.0_f64 / 288.0).sqrt());
        near(deviation(glorot_uniform(&[100, 200], random)), (2.0_f64 / 300.0).sqrt());
        near(deviation(glorot_uniform(&[32, 3, 3, 64], random)), (2.0_f64 / (9.0 * 96.0)).sqrt());
        near(deviation(lecun_uniform(&[100, 300], random)), 1.0 / 30.0);
        near(deviation(normal(&[300, 100], 0.02, random)), 0.02);
    }

    #[test]
    fn orthogonal_rows_are_orthonormal() {
        for (rows, columns) in [(5, 5), (7, 3), (3, 7), (1, 1)] {
            let w: Tensor<f64> = orthogonal(rows, columns, &mut ChaCha8Rng::seed_from_u64(2));
            let w = w.view().into_dimensionality::<ndarray::Ix2>().unwrap();
            let product = if rows <= columns { w.dot(&w.t()) } else { w.t().dot(&w) };
            for ((i, j), &x) in product.indexed_iter() {
                assert!((x - f64::from(u8::from(i == j))).abs() < 1e-12, "{i}, {j}: {x}");
            }
        }
    }
}
