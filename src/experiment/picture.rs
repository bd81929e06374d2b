//! Grey pictures: what models of digits take and give.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A grey picture, row by row from the top left; 0 is the ground (black in MNIST), 255 the ink.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrayImage {
    pub width: usize,
    pub height: usize,
    /// `width * height` values.
    pub pixels: Vec<u8>,
}

impl GrayImage {
    /// An empty picture: ground everywhere.
    pub fn blank(width: usize, height: usize) -> Self {
        GrayImage { width, height, pixels: vec![0; width * height] }
    }

    /// From intensities in [0, 1]; what lies outside is clipped, NaN is ground.
    ///
    /// # Panics
    /// If `intensities` does not have `width * height` values.
    pub fn from_intensities(width: usize, height: usize, intensities: &[f32]) -> Self {
        assert_eq!(intensities.len(), width * height, "a picture of {width}×{height}");
        let pixels = intensities.iter().map(|&value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        GrayImage { width, height, pixels }
    }

    /// Intensities in [0, 1].
    pub fn intensities(&self) -> impl Iterator<Item = f32> + '_ {
        self.pixels.iter().map(|&pixel| f32::from(pixel) / 255.0)
    }

    pub fn pixel(&self, x: usize, y: usize) -> u8 {
        self.pixels[y * self.width + x]
    }
}

impl std::fmt::Debug for GrayImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrayImage({}×{})", self.width, self.height)
    }
}

/// Pictures of one size laid out in a grid, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageGrid {
    pub columns: usize,
    pub pictures: Vec<GrayImage>,
}

impl ImageGrid {
    pub fn new(columns: usize, pictures: Vec<GrayImage>) -> Self {
        ImageGrid { columns: columns.max(1), pictures }
    }

    pub fn rows(&self) -> usize {
        self.pictures.len().div_ceil(self.columns)
    }

    /// The numbers of the pictures in some columns and rows, row by row.
    pub fn numbers(&self, columns: Range<usize>, rows: Range<usize>) -> Vec<usize> {
        let all = rows.flat_map(|row| columns.clone().map(move |column| row * self.columns + column));
        all.filter(|number| *number < self.pictures.len()).collect()
    }

    /// The whole grid as one picture with `gap` pixels of ground between neighbours.
    pub fn joined(&self, gap: usize) -> GrayImage {
        let Some(first) = self.pictures.first() else { return GrayImage::blank(0, 0) };
        let columns = self.columns.min(self.pictures.len());
        let (cell_width, cell_height) = (first.width + gap, first.height + gap);
        let mut whole = GrayImage::blank(columns * cell_width - gap, self.rows() * cell_height - gap);
        for (index, picture) in self.pictures.iter().enumerate() {
            let (left, top) = ((index % columns) * cell_width, (index / columns) * cell_height);
            for (y, row) in picture.pixels.chunks_exact(picture.width).enumerate() {
                let start = (top + y) * whole.width + left;
                whole.pixels[start..start + row.len()].copy_from_slice(row);
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intensities_are_clipped_and_rounded() {
        let picture = GrayImage::from_intensities(2, 2, &[-1.0, 0.5, 2.0, f32::NAN]);
        assert_eq!(picture.pixels, [0, 128, 255, 0]);
    }

    #[test]
    fn the_pictures_of_a_part_keep_their_columns_together() {
        let sheet = ImageGrid::new(3, vec![GrayImage::blank(1, 1); 8]);
        assert_eq!(sheet.numbers(0..2, 0..2), [0, 1, 3, 4]);
        assert_eq!(sheet.numbers(1..3, 1..3), [4, 5, 7], "the last row is not full");
    }

    #[test]
    fn a_sheet_joins_its_pictures_with_gaps() {
        let dot = |value| GrayImage { width: 1, height: 1, pixels: vec![value] };
        let whole = ImageGrid::new(2, vec![dot(1), dot(2), dot(3)]).joined(1);
        assert_eq!((whole.width, whole.height), (3, 3));
        assert_eq!(whole.pixels, [1, 0, 2, 0, 0, 0, 3, 0, 0]);
    }
}
