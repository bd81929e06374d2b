//! Positional encoding by sines and cosines: p(t, 2i) = sin(t / w^(2i/width)), p(t, 2i + 1) = cos(t / w^(2i/width)), with
//! w = 10000 in the paper (Vaswani et al. 2017, arXiv:1706.03762, section 3.5).

use crate::tensor::{Element, Tensor, tensor};

/// The longest wavelength in the paper, as a multiple of 2π tokens.
pub const PAPER_WAVELENGTH: f64 = 10_000.0;

/// The position encoding of a transformer, `[length, width]`: sin and cos of the place at wavelengths from 2π to
/// `longest` · 2π, sines at even, cosines at odd columns.
pub fn sinusoidal_positions<E: Element>(length: usize, width: usize, longest: f64) -> Tensor<E> {
    let value = |place: usize, column: usize| {
        let angle = place as f64 / longest.powf((column / 2 * 2) as f64 / width as f64);
        E::of(if column.is_multiple_of(2) { angle.sin() } else { angle.cos() })
    };
    let places = (0..length).flat_map(|place| (0..width).map(move |column| (place, column)));
    tensor([length, width], places.map(|(place, column)| value(place, column)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_turn_at_their_wavelengths() {
        for (longest, step) in [(PAPER_WAVELENGTH, 0.01), (100.0, 0.1_f64)] {
            let positions: Tensor<f64> = sinusoidal_positions(3, 4, longest);
            let angles = [[0.0, 0.0], [1.0, step], [2.0, 2.0 * step]];
            for (found, angles) in positions.values().chunks(4).zip(angles) {
                let expected = angles.map(|angle: f64| [angle.sin(), angle.cos()]).concat();
                assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
            }
        }
    }
}
