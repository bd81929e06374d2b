//! Digits on their way between queries, which speak of pictures, and networks, which speak of tensors.

use crate::data::{Digits, mnist};
use crate::experiment::{Answer, Failure, Picture, Query};
use crate::tensor::{Tensor, tensor};

/// Most pictures, codes or draws in one query.
const MOST: usize = 10_000;
/// Pixels a side.
pub const SIDE: usize = 28;

/// Pictures of 28×28 as `[count, 784]` in [0, 1].
pub fn intensities(pictures: &[Picture]) -> Result<Tensor<f32>, Failure> {
    if let Some(odd) = pictures.iter().find(|picture| (picture.width, picture.height) != (SIDE, SIDE)) {
        return Err(Failure::new(format!("a picture of {}×{} pixels, expected 28×28", odd.width, odd.height)));
    }
    let values = pictures.iter().flat_map(Picture::intensities).collect();
    Ok(tensor([pictures.len(), mnist::PIXELS], values))
}

/// Intensities `[count, 784]` as pictures.
pub fn pictures(values: &Tensor<f32>) -> Vec<Picture> {
    let values = values.as_slice().expect("a result in standard layout");
    values.chunks_exact(mnist::PIXELS).map(|row| Picture::from_intensities(SIDE, SIDE, row)).collect()
}

/// A count that a query may ask for.
pub fn at_most(count: usize) -> Result<usize, Failure> {
    if (1..=MOST).contains(&count) {
        Ok(count)
    } else {
        Err(Failure::new(format!("{count} asked for, expected 1 to {MOST}")))
    }
}

/// The answer to [`Query::Examples`].
pub fn examples(test: &Digits, offset: usize, count: usize) -> Result<Answer, Failure> {
    let indices = || (0..count).map(|i| (offset + i) % test.len());
    at_most(count)?;
    let pictures = indices().map(|index| test.picture(index)).collect();
    Ok(Answer::Examples { pictures, labels: indices().map(|index| test.label(index)).collect() })
}

/// For a query of digits where a model makes points in the plane.
pub fn in_the_plane() -> Failure {
    Failure::both(
        "this model makes points in the plane: Tab leads to it, and the preset `full` makes digits",
        "このモデルは平面上の点を作ります。Tab で平面へ。数字を作るのはプリセット `full` です",
    )
}

/// For a query of the plane where a model makes digits.
pub fn not_in_the_plane() -> Failure {
    Failure::both(
        "this model makes digits: train a preset of the plane",
        "このモデルは数字を作ります。平面を見るには、平面のプリセットを学習してください",
    )
}

/// For a query of a kind that a model does not answer.
pub fn unanswered(query: &Query) -> Failure {
    let kind = serde_json::to_value(query.kind()).expect("a name");
    let name = kind.as_str().unwrap_or("this");
    Failure::both(format!("this model does not answer `{name}`"), format!("このモデルは `{name}` に答えません"))
}
