//! Drawings by hand in the form of MNIST's digits. Its authors scaled each digit into a box of 20×20 pixels, keeping its
//! shape, and put it into 28×28 by its centre of mass (LeCun et al. 1998); a model that has seen nothing else takes any
//! other drawing for nonsense.

use crate::experiment::GrayImage;

const BOX: f32 = 20.0;
const SIDE: usize = 28;

/// Brings ink in [0, 1] on a canvas into MNIST's form; `None` if there is none.
///
/// # Panics
/// If there are not `width * height` values.
pub fn to_mnist_form(ink: &[f32], width: usize, height: usize) -> Option<GrayImage> {
    assert_eq!(ink.len(), width * height, "a canvas of {width}×{height}");
    let inked = |index: &usize| ink[*index] > 0.1;
    let places: Vec<(usize, usize)> =
        (0..ink.len()).filter(inked).map(|index| (index % width, index / width)).collect();
    let (left, right) = (places.iter().map(|p| p.0).min()?, places.iter().map(|p| p.0).max()?);
    let (top, bottom) = (places.iter().map(|p| p.1).min()?, places.iter().map(|p| p.1).max()?);
    let longest = (right - left + 1).max(bottom - top + 1) as f32;
    // Canvas pixels a pixel of the digit.
    let scale = longest / BOX;
    let (mut mass, mut x_mass, mut y_mass) = (0.0, 0.0, 0.0);
    for &(x, y) in &places {
        let weight = ink[y * width + x];
        mass += weight;
        x_mass += weight * (x as f32 + 0.5);
        y_mass += weight * (y as f32 + 0.5);
    }
    let (center_x, center_y) = (x_mass / mass, y_mass / mass);
    // Each pixel of the digit is the mean of the canvas under it, looked at in 4×4 places or more.
    let samples = (scale.ceil() as usize * 2).clamp(4, 12);
    let at = |x: f32, y: f32| {
        let inside = x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32;
        if inside { ink[y as usize * width + x as usize] } else { 0.0 }
    };
    let mut values = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let mut sum = 0.0;
            for i in 0..samples {
                for j in 0..samples {
                    let offset = |k: usize| (k as f32 + 0.5) / samples as f32 - SIDE as f32 / 2.0;
                    let x = center_x + (column as f32 + offset(j)) * scale;
                    let y = center_y + (row as f32 + offset(i)) * scale;
                    sum += at(x, y);
                }
            }
            values.push(sum / (samples * samples) as f32);
        }
    }
    Some(GrayImage::from_intensities(SIDE, SIDE, &values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A seven of two bars, at a place and a size.
    fn seven(width: usize, height: usize, left: usize, top: usize, size: usize) -> Vec<f32> {
        let thick = size / 6;
        let mut ink = vec![0.0; width * height];
        for y in 0..size {
            for x in 0..size * 2 / 3 {
                if y < thick || x + thick >= size * 2 / 3 {
                    ink[(top + y) * width + left + x] = 1.0;
                }
            }
        }
        ink
    }

    fn center(picture: &GrayImage) -> (f32, f32) {
        let (mut mass, mut x_mass, mut y_mass) = (0.0, 0.0, 0.0);
        for (index, value) in picture.intensities().enumerate() {
            mass += value;
            x_mass += value * ((index % 28) as f32 + 0.5);
            y_mass += value * ((index / 28) as f32 + 0.5);
        }
        (x_mass / mass, y_mass / mass)
    }

    #[test]
    fn no_ink_is_no_digit() {
        assert_eq!(to_mnist_form(&[0.0; 100], 10, 10), None);
    }

    proptest! {
        #[test]
        fn place_and_size_do_not_matter(left in 0_usize..60, top in 0_usize..60, size in 42_usize..70) {
            let reference = to_mnist_form(&seven(140, 140, 20, 20, 60), 140, 140).unwrap();
            let moved = to_mnist_form(&seven(140, 140, left, top, size), 140, 140).unwrap();
            let (x, y) = center(&moved);
            prop_assert!((x - 14.0).abs() < 0.5 && (y - 14.0).abs() < 0.5, "{x}, {y}");
            let difference: f32 = moved.intensities().zip(reference.intensities()).map(|(a, b)| (a - b).abs()).sum();
            let mass: f32 = reference.intensities().sum();
            prop_assert!(difference < 0.25 * mass, "{difference} of {mass}");
        }
    }
}
