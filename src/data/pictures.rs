//! Digits on their way between queries, which speak of pictures, and networks, which speak of tensors.

use super::mnist;
use crate::experiment::{ExperimentError, GrayImage, Knob};
use crate::tensor::{Tensor, tensor};

/// Pixels a side.
pub const SIDE: usize = 28;

/// Pictures of 28×28 as `[count, 784]` in [0, 1].
///
/// # Errors
/// When one has another size.
pub fn intensities(pictures: &[GrayImage]) -> Result<Tensor<f32>, ExperimentError> {
    if let Some(odd) = pictures.iter().find(|picture| (picture.width, picture.height) != (SIDE, SIDE)) {
        return Err(ExperimentError::new(format!("a picture of {}×{} pixels, expected 28×28", odd.width, odd.height)));
    }
    let values = pictures.iter().flat_map(GrayImage::intensities).collect();
    Ok(tensor([pictures.len(), mnist::PIXELS], values))
}

/// The input of a view for a digit of the student's own.
pub fn drawing() -> Knob {
    Knob::picture("picture", ["a digit of your own in place of test digits", "テスト画像の代わりに使う自分の数字"])
}
