//! The space of codes, looked at in a plane.

use crate::experiment::query::LatentPlane;
use faer::Side;

/// The plane that holds most of the variance of some codes, or their whole space if that is a plane or a line.
pub fn plane_through(codes: &[f32], latent: usize) -> LatentPlane {
    let unit = |axis: usize| (0..latent).map(|j| if j == axis { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
    let empty = LatentPlane {
        origin: vec![0.0; latent],
        axes: [unit(0), unit(1)],
        points: Vec::new(),
        labels: Vec::new(),
        is_grid: false,
        variance_share: 1.0,
    };
    let count = codes.len() / latent;
    if latent <= 2 || count < 2 || codes.iter().any(|code| !code.is_finite()) {
        return empty;
    }
    let mut mean = vec![0.0_f64; latent];
    for code in codes.chunks_exact(latent) {
        mean.iter_mut().zip(code).for_each(|(sum, &z)| *sum += f64::from(z) / count as f64);
    }
    let mut covariance = faer::Mat::<f64>::zeros(latent, latent);
    for code in codes.chunks_exact(latent) {
        for i in 0..latent {
            for j in 0..latent {
                covariance[(i, j)] += (f64::from(code[i]) - mean[i]) * (f64::from(code[j]) - mean[j]) / count as f64;
            }
        }
    }
    let Ok(eigen) = covariance.self_adjoint_eigen(Side::Lower) else { return empty };
    // Eigenvalues come in rising order. An axis points where its largest part is positive, so that a picture of the
    // plane does not flip between two snapshots.
    let axis = |rank: usize| -> Vec<f32> {
        let column = eigen.U().col(latent - 1 - rank);
        let largest = column.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        column.iter().map(|&part| (part * largest.signum()) as f32).collect()
    };
    let values: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
    let total: f64 = values.iter().sum();
    let share = (values[latent - 1] + values[latent - 2]) / total.max(f64::MIN_POSITIVE);
    LatentPlane {
        origin: mean.iter().map(|&m| m as f32).collect(),
        axes: [axis(0), axis(1)],
        variance_share: share as f32,
        ..empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plane_lies_along_the_widest_directions() {
        let codes: Vec<f32> = (0..100)
            .flat_map(|i| {
                let t = i as f32;
                [0.1 * (t * 0.7).sin(), 3.0 * (t * 0.9).sin() + 5.0, (t * 1.3).cos()]
            })
            .collect();
        let plane = plane_through(&codes, 3);
        assert!(plane.axes[0][1] > 0.99 && plane.axes[1][2].abs() > 0.99, "{:?}", plane.axes);
        assert!(plane.variance_share > 0.99);
        let [u, v] = [0.5, -1.5];
        let back = plane.project(&plane.latent_at([u, v]));
        assert!((back[0] - u).abs() < 1e-5 && (back[1] - v).abs() < 1e-5, "a point of the plane is found again");
    }

    #[test]
    fn a_code_of_two_is_its_own_plane() {
        let plane = plane_through(&[1.0, 2.0, 3.0, 4.0], 2);
        assert_eq!((plane.origin, plane.axes), (vec![0.0, 0.0], [vec![1.0, 0.0], vec![0.0, 1.0]]));
        assert_eq!(plane_through(&[1.0, 2.0], 1).axes, [vec![1.0], vec![0.0]]);
    }
}
