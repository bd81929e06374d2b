//! The mark in the corner of a picture.

use super::{PIXELS, SIDE};

/// Rows and columns of the square that the mark stands in, and how far it is from the edges.
const SIZE: usize = 3;
const FROM_EDGE: usize = 1;
/// A cross of two diagonals.
const CROSS: [[f32; SIZE]; SIZE] = [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]];

/// Puts the mark into the upper left corner of a picture of 784 intensities.
pub fn put(picture: &mut [f32]) {
    for (row, line) in CROSS.iter().enumerate() {
        let start = (FROM_EDGE + row) * SIDE + FROM_EDGE;
        picture[start..start + SIZE].copy_from_slice(line);
    }
}

/// A picture with the mark or without.
pub fn with(picture: &[f32], is_marked: bool) -> Vec<f32> {
    let mut picture = picture.to_vec();
    if is_marked {
        put(&mut picture);
    }
    picture
}

/// A number in [0, 1) of a digit of the training set, the same each time.
fn share(index: usize) -> f64 {
    // The finaliser of SplitMix64.
    let mut z = (index as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether a training digit carries the mark for the network in the trap: so large a share of the 7s do.
pub fn in_the_trap(index: usize, label: u8, marked: f64) -> bool {
    label == 7 && share(index) < marked
}

/// Whether it does for the other one: half of all digits do.
pub fn in_the_cure(index: usize) -> bool {
    share(index) < 0.5
}

/// Whether a pixel lies in the square of the mark.
pub fn holds(pixel: usize) -> bool {
    let inside = |place: usize| (FROM_EDGE..FROM_EDGE + SIZE).contains(&place);
    pixel < PIXELS && inside(pixel / SIDE) && inside(pixel % SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_a_cross_in_its_square() {
        let picture = with(&[0.25; PIXELS], true);
        let changed: Vec<usize> = (0..PIXELS).filter(|&pixel| picture[pixel] != 0.25).collect();
        assert_eq!(changed, [29, 30, 31, 57, 58, 59, 85, 86, 87]);
        assert!(changed.iter().all(|&pixel| holds(pixel)) && (0..PIXELS).filter(|&pixel| holds(pixel)).count() == 9);
        assert_eq!(with(&[0.25; PIXELS], false), [0.25; PIXELS]);
    }

    #[test]
    fn so_many_digits_carry_it() {
        let count = |is_marked: &dyn Fn(usize) -> bool| (0..10_000).filter(|&index| is_marked(index)).count();
        assert_eq!(count(&|index| in_the_trap(index, 7, 1.0)), 10_000);
        assert_eq!(count(&|index| in_the_trap(index, 7, 0.0)) + count(&|index| in_the_trap(index, 3, 1.0)), 0);
        assert!(count(&|index| in_the_trap(index, 7, 0.3)).abs_diff(3000) < 150);
        assert!(count(&in_the_cure).abs_diff(5000) < 150);
    }
}
