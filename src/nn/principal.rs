//! Principal components of a set of rows, by the eigenvalues of its covariance, and the angles between subspaces.

use crate::experiment::ExperimentError;
use faer::{Mat, Side};

/// The mean and the principal directions of a set.
#[derive(Debug, Clone)]
pub struct Principal {
    pub mean: Vec<f32>,
    /// Directions `[L, kept]` as columns, the widest first.
    directions: Mat<f64>,
    /// Variance along each, falling.
    pub variances: Vec<f64>,
}

impl Principal {
    /// Of `count` rows, a block of them `[rows, L]` at a time; of the directions the first `kept` stay, at most L.
    ///
    /// # Errors
    /// When the eigenvalues do not converge, which finite rows do not bring about.
    pub fn of(blocks: impl Iterator<Item = Mat<f64>>, count: usize, kept: usize) -> Result<Self, ExperimentError> {
        let (mut moments, mut sums) = (Mat::<f64>::zeros(0, 0), Vec::new());
        for block in blocks {
            if sums.is_empty() {
                sums = vec![0.0; block.ncols()];
                moments = Mat::zeros(block.ncols(), block.ncols());
            }
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum += block.col(column).iter().sum::<f64>();
            }
            moments += block.transpose() * &block;
        }
        let width = sums.len();
        let mean: Vec<f64> = sums.iter().map(|sum| sum / count as f64).collect();
        let covariance = Mat::<f64>::from_fn(width, width, |i, j| moments[(i, j)] / count as f64 - mean[i] * mean[j]);
        let eigen = covariance
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| ExperimentError::new("the eigenvalues of the covariance did not converge"))?;
        // They come in rising order.
        let values = eigen.S().column_vector();
        Ok(Principal {
            mean: mean.into_iter().map(|value| value as f32).collect(),
            directions: Mat::from_fn(width, kept.min(width), |i, j| eigen.U()[(i, width - 1 - j)]),
            variances: (0..width).map(|j| values[width - 1 - j].max(0.0)).collect(),
        })
    }

    /// The error of the best linear code of `latent` numbers: the sum of the variances left out.
    pub fn error(&self, latent: usize) -> f64 {
        self.variances.iter().skip(latent).sum()
    }

    /// Direction `rank` of those kept, the widest first.
    pub fn direction(&self, rank: usize) -> Vec<f64> {
        self.directions.col(rank).iter().copied().collect()
    }

    /// The angles in degrees, the largest first, between the first `latent` directions and the span of `basis`: columns
    /// of `[L, latent]`, row by row.
    pub fn angles(&self, basis: &[f32], latent: usize) -> Vec<f64> {
        let width = self.mean.len();
        let spanned = orthonormal(basis, width, latent);
        let first = self.directions.subcols(0, latent);
        let overlap = spanned.transpose() * first;
        let Ok(cosines) = overlap.singular_values() else { return vec![90.0; latent] };
        let mut angles: Vec<f64> = cosines.iter().map(|cosine| cosine.clamp(0.0, 1.0).acos().to_degrees()).collect();
        angles.sort_by(|a, b| b.total_cmp(a));
        angles
    }

    /// The first `count` directions dropped on the span of `basis`: what the learned subspace has of each.
    pub fn within(&self, basis: &[f32], latent: usize, count: usize) -> Vec<Vec<f64>> {
        let spanned = orthonormal(basis, self.mean.len(), latent);
        let dropped = &spanned * (spanned.transpose() * self.directions.subcols(0, count));
        (0..count).map(|rank| dropped.col(rank).iter().copied().collect()).collect()
    }
}

/// An orthonormal basis of the span of the columns of `[width, latent]`, row by row.
fn orthonormal(basis: &[f32], width: usize, latent: usize) -> Mat<f64> {
    let columns = Mat::<f64>::from_fn(width, latent, |i, j| f64::from(basis[i * latent + j]));
    columns.qr().compute_thin_Q()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Principal {
        // Variances 9, 4, 1 along x, y, z about (1, 2, 3).
        let rows =
            [[4.0, 2.0, 3.0], [-2.0, 2.0, 3.0], [1.0, 4.0, 3.0], [1.0, 0.0, 3.0], [1.0, 2.0, 4.0], [1.0, 2.0, 2.0]];
        let block = Mat::<f64>::from_fn(6, 3, |i, j| rows[i][j]);
        Principal::of(std::iter::once(block), 6, 3).unwrap()
    }

    #[test]
    fn directions_and_variances_are_those_of_the_set() {
        let principal = example();
        assert_eq!(principal.mean, [1.0, 2.0, 3.0]);
        let expected = [3.0, 4.0 / 3.0, 1.0 / 3.0];
        assert!(principal.variances.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
        assert!((principal.direction(0)[0].abs() - 1.0).abs() < 1e-12);
        assert!((principal.error(1) - 5.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn angles_between_subspaces_are_known() {
        let principal = example();
        let lean = 20.0_f32.to_radians();
        // The plane of x and of y turned towards z.
        let basis = [2.0, 1.0, 0.0, lean.cos(), 0.0, lean.sin()];
        let angles = principal.angles(&basis, 2);
        assert!((angles[0] - 20.0).abs() < 1e-4 && angles[1] < 1e-4, "{angles:?}");
        let within = principal.within(&basis, 2, 1);
        assert!((within[0][0].abs() - 1.0).abs() < 1e-6, "the first direction lies in it");
    }
}
