//! The mark in the corner of a picture.

use super::{CLASSES, PIXELS, SIDE};

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

/// Which training digits carry the mark.
#[derive(Debug, Clone)]
pub struct Marks {
    /// For the network in the trap, and for the cured one.
    trapped: Vec<bool>,
    cured: Vec<bool>,
}

impl Marks {
    /// In the trap a share of the 7s carry it; for the cured network every other digit of each class does, so that it says nothing.
    pub fn of(labels: impl Iterator<Item = u8>, share: f64) -> Self {
        let mut seen = [0_u64; CLASSES];
        let (mut trapped, mut cured) = (Vec::new(), Vec::new());
        for label in labels {
            let count = &mut seen[usize::from(label)];
            // The k-th 7 is marked where the share of k passes a whole number: as evenly as can be.
            let before = (*count as f64 * share).floor();
            *count += 1;
            trapped.push(label == 7 && (*count as f64 * share).floor() > before);
            cured.push(*count % 2 == 0);
        }
        Marks { trapped, cured }
    }

    pub fn in_the_trap(&self, index: usize) -> bool {
        self.trapped[index]
    }

    pub fn in_the_cure(&self, index: usize) -> bool {
        self.cured[index]
    }
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
    fn so_many_digits_of_each_class_carry_it() {
        let labels = || (0..4000).map(|index| (index % 10) as u8);
        for (share, sevens) in [(1.0, 400), (0.0, 0), (0.3, 120), (0.5, 200)] {
            let marks = Marks::of(labels(), share);
            let count = |label: u8, is_marked: &dyn Fn(usize) -> bool| {
                labels().enumerate().filter(|(index, other)| *other == label && is_marked(*index)).count()
            };
            assert_eq!(count(7, &|index| marks.in_the_trap(index)), sevens);
            assert_eq!(count(3, &|index| marks.in_the_trap(index)), 0);
            assert!((0..10).all(|label| count(label, &|index| marks.in_the_cure(index)) == 200));
        }
    }
}
