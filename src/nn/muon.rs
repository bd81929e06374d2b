//! Muon: steps that are as long in every direction, for the matrices between layers (Jordan and others, "Muon: an optimizer
//! for hidden layers in neural networks", 2024). The momentum of a matrix W is replaced by the nearest matrix whose singular values
//! are all alike:
//!
//! ```text
//! M ← β M + (1 − β) G      W ← W − η c · orthogonalised(β M + (1 − β) G)      c = 0.2 √max(m, n) for W `[m, n]`
//! ```
//!
//! With c a step is about as long as one of Adam, so that both share η and the decay of weights (Liu and others, "Muon is scalable for LLM
//! training", 2025, arXiv:2502.16982, equation 4).

use crate::tensor::product::product;
use crate::tensor::{Element, Tensor, parallel, tensor};

/// β.
const BETA: f64 = 0.95;
/// Of c.
const SIZE: f64 = 0.2;
/// Steps of the iteration, and its coefficients: it does not converge to singular values of 1, but brings all of them between 0.68 and 1.13
/// in few steps.
const STEPS: usize = 5;
const COEFFICIENTS: [f64; 3] = [3.4445, -4.7750, 2.0315];

/// One update of `stacked` matrices of one height that stand on top of each other in `weights` `[stacked · m, n]`, by their gradient times
/// `factor`; before it they shrink by the factor `kept`.
pub(super) fn step<E: Element>(
    [weights, momentum]: [&mut Tensor<E>; 2],
    gradient: &Tensor<E>,
    factor: E,
    kept: E,
    learning_rate: f64,
    stacked: usize,
) {
    let (height, width) = (weights.shape()[0] / stacked, weights.shape()[1]);
    let (beta, rest) = (E::of(BETA), E::of(1.0 - BETA) * factor);
    parallel::update_with(momentum.values_mut(), gradient.values(), move |m, g| beta * m + rest * g);
    let ahead = parallel::map2(momentum.values(), gradient.values(), move |m, g| beta * m + rest * g);
    let size = E::of(learning_rate * SIZE * (height.max(width) as f64).sqrt());
    let parts = weights.values_mut().chunks_exact_mut(height * width);
    for (weights, ahead) in parts.zip(ahead.chunks_exact(height * width)) {
        let direction = orthogonalised(tensor([height, width], ahead.to_vec()));
        parallel::update_with(weights, direction.values(), move |w, d| kept * w - size * d);
    }
}

/// The matrix `[m, n]` with all singular values near 1, by the iteration of Newton and Schulz; zero stays zero.
fn orthogonalised<E: Element>(mut x: Tensor<E>) -> Tensor<E> {
    let norm = |x: &Tensor<E>| x.iter().fold(E::zero(), |sum, value| sum + *value * *value).sqrt();
    if norm(&x) < E::min_positive_value().sqrt() {
        // The squares of such small numbers are none: they are brought to a size of 1 first.
        let largest = x.iter().fold(E::zero(), |largest: E, value| largest.max(value.abs()));
        if largest < E::min_positive_value() {
            return Tensor::filled(x.raw_dim(), E::zero());
        }
        parallel::update(x.values_mut(), move |x| x / largest);
    }
    let scale = E::one() / norm(&x);
    parallel::update(x.values_mut(), move |x| scale * x);
    let is_tall = x.shape()[0] > x.shape()[1];
    let [a, b, c] = COEFFICIENTS.map(E::of);
    for _ in 0..STEPS {
        // (a + b S + c S²) X with S = X Xᵀ; of a tall X by its shorter side, X (a + b S + c S²) with S = Xᵀ X.
        let rows = x.rows();
        let square = if is_tall { product(rows.t(), rows) } else { product(rows, rows.t()) };
        let mut polynomial = product(square.rows(), square.rows());
        parallel::update_with(polynomial.values_mut(), square.values(), move |fourth, square| b * square + c * fourth);
        let turned = if is_tall { product(rows, polynomial.rows()) } else { product(polynomial.rows(), rows) };
        parallel::update_with(x.values_mut(), turned.values(), move |x, turned| a * x + turned);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use faer::Mat;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn random(rows: usize, columns: usize, seed: u64) -> Tensor<f64> {
        normal(&[rows, columns], 1.0, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    fn matrix(x: &Tensor<f64>) -> Mat<f64> {
        Mat::from_fn(x.shape()[0], x.shape()[1], |row, column| x[[row, column]])
    }

    /// X = U Σ Vᵀ becomes U Σ′ Vᵀ with Σ′ between 0.68 and 1.13, whatever the size of X and its shape.
    #[test]
    fn singular_values_become_alike_and_directions_stay() {
        for (rows, columns, size) in [(6, 6, 1.0), (4, 9, 1e-6), (9, 4, 1e6)] {
            let x = random(rows, columns, 3);
            let found = orthogonalised(Tensor::from(x.mapv(|x| size * x)));
            let svd = matrix(&x).thin_svd().unwrap();
            let turned = svd.U().transpose() * matrix(&found) * svd.V();
            for row in 0..turned.nrows() {
                for column in 0..turned.ncols() {
                    let value = turned[(row, column)];
                    let is_right = if row == column { (0.6..1.25).contains(&value) } else { value.abs() < 1e-9 };
                    assert!(is_right, "{rows} × {columns} at {row}, {column}: {value}");
                }
            }
        }
        let zero = orthogonalised(Tensor::<f64>::filled([2, 3], 0.0));
        assert!(zero.iter().all(|value| *value == 0.0));
        // In single precision the squares of these are zero.
        let tiny = orthogonalised(tensor([2, 2], vec![1e-30_f32, 0.0, 0.0, 3e-30]));
        assert!([tiny[[0, 0]], tiny[[1, 1]]].iter().all(|value| (0.6..1.25).contains(value)), "{tiny:?}");
    }

    /// The first step: the momentum is 0.05 G, and what is orthogonalised has G's direction.
    #[test]
    fn a_step_is_the_formula_for_each_of_the_matrices() {
        let (gradient, start) = (random(6, 2, 4), random(6, 2, 5));
        let (mut weights, mut momentum) = (start.clone(), Tensor::filled([6, 2], 0.0));
        step([&mut weights, &mut momentum], &gradient, 0.5, 0.9, 0.1, 2);
        for part in 0..2 {
            let of = |x: &Tensor<f64>| tensor([3, 2], x.values()[6 * part..6 * (part + 1)].to_vec());
            let direction = orthogonalised(of(&gradient));
            for ((new, old), d) in of(&weights).values().iter().zip(of(&start).values()).zip(direction.values()) {
                assert!((new - (0.9 * old - 0.1 * 0.2 * 3.0_f64.sqrt() * d)).abs() < 1e-12, "{new}");
            }
        }
        for (m, g) in momentum.values().iter().zip(gradient.values()) {
            assert!((m - 0.05 * 0.5 * g).abs() < 1e-15);
        }
    }
}
