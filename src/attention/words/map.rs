//! Words in the plane: by their principal components, or along axes that a person names.

use super::evaluate::Vector;
use crate::experiment::scene::{Cloud, CloudKind, Label};
use crate::experiment::{ExperimentError, Scene};
use crate::nn::Principal;
use faer::Mat;

/// A direction from one vector to another.
pub struct Axis {
    pub name: String,
    from: Vector,
    to: Vector,
}

impl Axis {
    pub fn new(name: impl Into<String>, from: Vector, to: Vector) -> Self {
        Axis { name: name.into(), from, to }
    }

    /// Where a vector lies on it: −1 is its start, 1 its end.
    pub fn place(&self, vector: &[f32]) -> f64 {
        let ends = self.from.values.iter().zip(&self.to.values);
        let (mut along, mut square) = (0.0, 0.0);
        for ((from, to), value) in ends.zip(vector) {
            let (from, to, value) = (f64::from(*from), f64::from(*to), f64::from(*value));
            along += (value - 0.5 * (from + to)) * (to - from);
            square += (to - from).powi(2);
        }
        if square > 0.0 { 2.0 * along / square } else { 0.0 }
    }
}

/// Points for vectors: along the axes given, and along principal components where there are fewer than two.
///
/// # Errors
/// When components are not found, which finite vectors do not bring about.
pub fn places(vectors: &[Vec<f32>], axes: &[Axis]) -> Result<Vec<[f32; 2]>, ExperimentError> {
    let width = vectors.first().map_or(0, Vec::len);
    let mut columns: Vec<Vec<f64>> =
        axes.iter().take(2).map(|axis| vectors.iter().map(|vector| axis.place(vector)).collect()).collect();
    if columns.len() < 2 && !vectors.is_empty() {
        let block = Mat::<f64>::from_fn(vectors.len(), width, |row, column| f64::from(vectors[row][column]));
        let principal = Principal::of(std::iter::once(block), vectors.len(), 2)?;
        for rank in 0..(2 - columns.len()).min(width) {
            let mut direction = principal.direction(rank);
            // A direction has no sign of its own: the first word that is off the middle stands to the right, or above.
            let along = |vector: &Vec<f32>, direction: &[f64]| -> f64 {
                let centred = vector.iter().zip(&principal.mean).map(|(value, mean)| f64::from(value - mean));
                centred.zip(direction).map(|(value, part)| value * part).sum()
            };
            let first = vectors.iter().map(|vector| along(vector, &direction)).find(|place| place.abs() > 1e-6);
            if first.is_some_and(|place| place < 0.0) {
                direction.iter_mut().for_each(|part| *part = -*part);
            }
            columns.push(vectors.iter().map(|vector| along(vector, &direction)).collect());
        }
    }
    columns.resize(2, vec![0.0; vectors.len()]);
    Ok((0..vectors.len()).map(|row| [columns[0][row] as f32, columns[1][row] as f32]).collect())
}

/// Places turned, and mirrored if need be, to lie as near as they can to those before: principal components have no sign,
/// and change their order, while nothing moved (orthogonal Procrustes in the plane, about the origin).
pub fn aligned(places: &[[f32; 2]], before: &[[f32; 2]]) -> Vec<[f32; 2]> {
    if places.len() != before.len() {
        return places.to_vec();
    }
    let fit = |mirror: f32| {
        let (mut along, mut across) = (0.0_f32, 0.0_f32);
        for ([x, y], [u, v]) in places.iter().zip(before) {
            let y = y * mirror;
            along += x * u + y * v;
            across += x * v - y * u;
        }
        (along.hypot(across), across.atan2(along), mirror)
    };
    let (plain, mirrored) = (fit(1.0), fit(-1.0));
    let (_, angle, mirror) = if mirrored.0 > plain.0 { mirrored } else { plain };
    let (sine, cosine) = angle.sin_cos();
    places.iter().map(|[x, y]| [x * cosine - y * mirror * sine, x * sine + y * mirror * cosine]).collect()
}

/// Words at places, in a view that holds them all.
pub fn scene(words: &[(String, usize)], places: &[[f32; 2]]) -> Scene {
    let mut scene = Scene::square(1.0);
    for axis in 0..2 {
        let values = places.iter().map(|place| place[axis]);
        let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if low <= high {
            let margin = (0.12 * (high - low)).max(1e-3);
            (scene.low[axis], scene.high[axis]) = (low - margin, high + margin);
        }
    }
    scene.clouds.push(Cloud { kind: CloudKind::Data, points: places.to_vec() });
    let labels = words.iter().zip(places);
    scene.labels = labels.map(|((text, group), at)| Label { at: *at, text: text.clone(), group: *group }).collect();
    scene
}

/// Words in the plane.
///
/// # Errors
/// As [`places`].
pub fn plot(words: &[(String, usize)], vectors: &[Vec<f32>], axes: &[Axis]) -> Result<Scene, ExperimentError> {
    let mut scene = scene(words, &places(vectors, axes)?);
    let name = |index: usize| {
        axes.get(index).map_or_else(|| format!("PC {}", index + 1 - axes.len().min(index)), |axis| axis.name.clone())
    };
    scene.axes = Some([name(0), name(1)]);
    Ok(scene)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_that_was_turned_and_mirrored_is_brought_back() {
        let before = [[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]];
        for (angle, mirror) in [(0.7_f32, 1.0), (2.5, -1.0), (-1.2, -1.0)] {
            let (sine, cosine) = angle.sin_cos();
            let turned = before.map(|[x, y]: [f32; 2]| [x * cosine - y * sine, mirror * (x * sine + y * cosine)]);
            for (place, expected) in aligned(&turned, &before).iter().zip(before) {
                assert!((place[0] - expected[0]).abs() < 1e-5 && (place[1] - expected[1]).abs() < 1e-5);
            }
        }
    }
}
