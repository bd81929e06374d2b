//! Digits on their way between queries, which speak of pictures, and networks, which speak of tensors.

use crate::data::pictures::{SIDE, drawing};
use crate::data::{Digits, mnist};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, GrayImage, ImageGrid, Knob, Knobs, Model, Panel, Query, TaskContext, Words,
    view,
};
use crate::tensor::Tensor;

/// Most pictures, codes or draws in one query.
const MOST: usize = 10_000;
/// Intensities `[count, 784]` as pictures.
pub fn pictures(values: &Tensor<f32>) -> Vec<GrayImage> {
    let values = values.as_slice().expect("a result in standard layout");
    values.chunks_exact(mnist::PIXELS).map(|row| GrayImage::from_intensities(SIDE, SIDE, row)).collect()
}

/// A count that a query may ask for.
pub fn at_most(count: usize) -> Result<usize, ExperimentError> {
    if (1..=MOST).contains(&count) {
        Ok(count)
    } else {
        Err(ExperimentError::new(format!("{count} asked for, expected 1 to {MOST}")))
    }
}

/// The answer to [`Query::Examples`].
pub fn examples(test: &Digits, offset: usize, count: usize) -> Result<Answer, ExperimentError> {
    let indices = || (0..count).map(|i| (offset + i) % test.len());
    at_most(count)?;
    let pictures = indices().map(|index| test.picture(index)).collect();
    Ok(Answer::Examples { pictures, labels: indices().map(|index| test.label(index)).collect() })
}

/// The inputs of a view of samples.
pub fn samples_inputs() -> Vec<Knob> {
    vec![Knob::integer("count", 1..=400, 40, ["how many", "個数"]), view::seed()]
}

/// Samples in a grid.
pub fn samples(pictures: Vec<GrayImage>) -> Panel {
    Panel::images(ImageGrid::new(10, pictures))
}

/// Pictures side by side under a heading, each above its own name.
pub fn named<const N: usize>(heading: Bilingual, pictures: [((&str, &str), GrayImage); N]) -> Panel {
    let (names, pictures): (Vec<Words>, Vec<GrayImage>) =
        pictures.into_iter().map(|(name, picture)| (Words::from(Bilingual::from(name)), picture)).unzip();
    Panel::Pictures { heading, images: ImageGrid::new(N, pictures), captions: names }
}

/// What a view of digits can be asked with: test digits by `seed`, or one `picture`.
pub fn inputs() -> Vec<Knob> {
    vec![view::seed(), drawing()]
}

/// The digits that a view begins with: the one that was given, else `count` test digits, the next ones with each seed.
pub fn given(test: &Digits, inputs: &Knobs, count: usize) -> Vec<GrayImage> {
    match inputs.picture("picture") {
        Some(picture) => vec![picture.clone()],
        None => indices(test, inputs, count).map(|index| test.picture(index)).collect(),
    }
}

/// The test digits that [`given`] takes where no picture is given.
pub fn indices(test: &Digits, inputs: &Knobs, count: usize) -> std::ops::Range<usize> {
    let first = inputs.integer("seed") as usize * count % (test.len() - count);
    first..first + count
}

/// Pictures through another model's codes and back, by way of the means of the codes.
pub fn reconstructed(
    model: &dyn Model,
    given: &[GrayImage],
    task: &TaskContext,
) -> Result<Vec<GrayImage>, ExperimentError> {
    let other = || ExperimentError::new("the model beside it does not encode and decode pictures");
    let Answer::Codes { codes } = model.answer(&Query::Encode { pictures: given.to_vec() }, task)? else {
        return Err(other());
    };
    let latents = codes.into_iter().map(|code| code.mean).collect();
    match model.answer(&Query::Decode { latents }, task)? {
        Answer::Pictures { pictures } => Ok(pictures),
        _ => Err(other()),
    }
}

/// For a query of digits where a model makes points in the plane.
pub fn in_the_plane() -> ExperimentError {
    ExperimentError::both(
        "this model generates points in the plane: Tab leads to it. For digits go to the bundled model (Alt-m), or train the preset `full`",
        "このモデルは平面上の点を作ります。Tab で平面へ。数字を見るには、同梱モデルに切り替える(Alt-m)か、プリセット `full` を学習してください",
    )
}

/// For a query of the plane where a model makes digits.
pub fn not_in_the_plane() -> ExperimentError {
    ExperimentError::both(
        "this model generates digits: train a preset of the plane, such as `quick`",
        "このモデルは数字を作ります。平面を見るには、平面のプリセット(`quick` など)を学習してください",
    )
}
