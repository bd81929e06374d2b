//! A classifier that no longer learns, as a judge of pictures.

use super::{Classifier, FEATURES};
use crate::data::pictures::{drawing, intensities};
use crate::data::{Digits, mnist};
use crate::experiment::panel::Format;
use crate::experiment::{
    Answer, Bar, Bilingual, ExperimentError, Model, Panel, Query, TaskContext, ViewSpec, Wording, view,
};
use crate::nn::{Parameters, weights};
use crate::tensor::{Tape, Tensor, tensor};
use faer::{Mat, Side};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Pictures judged at a time.
const BATCH: usize = 250;

pub static VIEWS: [ViewSpec; 1] = [ViewSpec::new(
    "read",
    Wording::new("how probable each digit is for a picture", "画像がどの数字か、それぞれの確率"),
    || vec![drawing()],
)];

/// Reads digits and measures sets of them.
#[derive(Clone)]
pub struct Judge {
    classifier: Arc<Classifier>,
    parameters: Parameters<f32>,
}

/// A normal distribution fitted to the features of a set.
pub struct Spread {
    mean: Vec<f64>,
    covariance: Mat<f64>,
}

impl Judge {
    pub fn new(classifier: Arc<Classifier>, parameters: Parameters<f32>) -> Self {
        Judge { classifier, parameters }
    }

    /// The bundled one.
    ///
    /// # Errors
    /// When it does not fit this program: a fault of the program.
    pub fn bundled() -> Result<Self, ExperimentError> {
        Self::open(super::EXPERIMENT.bundled.weights)
    }

    /// From a file of weights.
    pub fn open(weights: &[u8]) -> Result<Self, ExperimentError> {
        let mut parameters = Parameters::new();
        let classifier = Classifier::new(&mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        weights::open(&mut [("", &mut parameters)], weights)?;
        Ok(Self::new(Arc::new(classifier), parameters))
    }

    /// The features `[count, 128]` and p(y|x) `[count, 10]` of pictures `[count, 784]`.
    fn look(&self, x: &Tensor<f32>, task: &TaskContext) -> Result<(Vec<f32>, Vec<f32>), ExperimentError> {
        let (mut features, mut shares) = (Vec::new(), Vec::new());
        for rows in x.values().chunks(BATCH * mnist::PIXELS) {
            task.check()?;
            let tape = Tape::without_gradients();
            let rows = tape.constant(tensor([rows.len() / mnist::PIXELS, mnist::PIXELS], rows.to_vec()));
            let (f, logits) = self.classifier.forward(&self.parameters.on(&tape), rows);
            features.extend_from_slice(f.value().values());
            shares.extend_from_slice(logits.softmax().value().values());
        }
        Ok((features, shares))
    }

    /// The digit seen in each picture of `[count, 784]`, and how surely, 0 to 1.
    pub fn read(&self, x: &Tensor<f32>, task: &TaskContext) -> Result<Vec<(usize, f32)>, ExperimentError> {
        let (_, shares) = self.look(x, task)?;
        let count = shares.len() / 10;
        Ok(largest(&tensor([count, 10], shares)))
    }

    /// The share of digits read right.
    pub fn accuracy(&self, digits: &Digits, task: &TaskContext) -> Result<f64, ExperimentError> {
        let read = self.read(&digits.batch(0..digits.len()), task)?;
        let right = read.iter().enumerate().filter(|(index, (digit, _))| *digit == usize::from(digits.label(*index)));
        Ok(right.count() as f64 / digits.len() as f64)
    }

    /// How the features of pictures `[count, 784]` are spread.
    pub fn spread(&self, x: &Tensor<f32>, task: &TaskContext) -> Result<Spread, ExperimentError> {
        Ok(Spread::of(&self.look(x, task)?.0, FEATURES))
    }

    /// The feature distance between pictures `[count, 784]` and the test digits; counts should be equal, as it is biased
    /// in the count.
    pub fn distance(&self, x: &Tensor<f32>, test: &Digits, task: &TaskContext) -> Result<f64, ExperimentError> {
        Ok(self.spread(x, task)?.distance(&self.spread(&test.batch(0..test.len()), task)?))
    }
}

/// The largest of each row, with its value.
pub(super) fn largest(rows: &Tensor<f32>) -> Vec<(usize, f32)> {
    let width = rows.shape()[1];
    let of = |row: &[f32]| {
        let best = row.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        best.expect("a row of at least one")
    };
    rows.values().chunks_exact(width).map(of).collect()
}

impl Spread {
    /// Mean and covariance of rows of `width`.
    fn of(rows: &[f32], width: usize) -> Self {
        let count = rows.len() / width;
        let data = Mat::<f64>::from_fn(count, width, |row, column| f64::from(rows[row * width + column]));
        let mean: Vec<f64> = (0..width).map(|column| data.col(column).iter().sum::<f64>() / count as f64).collect();
        let centred = Mat::<f64>::from_fn(count, width, |row, column| data[(row, column)] - mean[column]);
        let covariance = centred.transpose() * &centred * faer::Scale(1.0 / (count as f64 - 1.0));
        Spread { mean, covariance }
    }

    /// The Fréchet distance between the two normal distributions. (Σ₁ Σ₂)^½ has the trace of (Σ₁^½ Σ₂ Σ₁^½)^½, which is
    /// symmetric.
    pub fn distance(&self, other: &Spread) -> f64 {
        let means: f64 = self.mean.iter().zip(&other.mean).map(|(a, b)| (a - b).powi(2)).sum();
        let (Some(root), width) = (square_root(&self.covariance), self.mean.len()) else { return f64::NAN };
        let product = &root * &other.covariance * &root;
        let Ok(values) = product.self_adjoint_eigenvalues(Side::Lower) else { return f64::NAN };
        let between: f64 = values.iter().map(|value| value.max(0.0).sqrt()).sum();
        let traces: f64 = (0..width).map(|i| self.covariance[(i, i)] + other.covariance[(i, i)]).sum();
        means + traces - 2.0 * between
    }
}

/// The symmetric root of a covariance; `None` if it has none, as with values that are no numbers.
fn square_root(matrix: &Mat<f64>) -> Option<Mat<f64>> {
    let eigen = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let scaled = Mat::<f64>::from_fn(matrix.nrows(), matrix.ncols(), |row, column| {
        vectors[(row, column)] * values[column].max(0.0).sqrt()
    });
    Some(scaled * vectors.transpose())
}

impl Model for Judge {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
        let Some(picture) = inputs.picture("picture") else {
            return Err(ExperimentError::both(
                "give it a digit to read: `picture`",
                "読み取る数字を `picture` に与えてください",
            ));
        };
        let (_, shares) = self.look(&intensities(std::slice::from_ref(picture))?, task)?;
        let bar = |(digit, share): (usize, &f32)| Bar { name: digit.to_string(), value: *share };
        let bars = shares.iter().enumerate().map(bar).collect();
        let heading = Bilingual::same("p(y | x)");
        Ok(Answer::Panels { panels: vec![Panel::Bars { heading, bars, format: Format::Percent }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For normals of one dimension the distance is (μ₁ − μ₂)² + (σ₁ − σ₂)².
    #[test]
    fn the_distance_of_two_normals_is_the_closed_form() {
        let spread = |mean: f64, deviation: f64| Spread {
            mean: vec![mean, 1.0],
            covariance: Mat::from_fn(2, 2, |i, j| {
                if i != j {
                    0.0
                } else if i == 0 {
                    deviation.powi(2)
                } else {
                    4.0
                }
            }),
        };
        assert!((spread(0.0, 1.0).distance(&spread(3.0, 2.5)) - (9.0 + 2.25)).abs() < 1e-9);
        assert!(spread(0.5, 1.0).distance(&spread(0.5, 1.0)).abs() < 1e-9);
    }

    #[test]
    fn a_spread_has_the_mean_and_covariance_of_its_rows() {
        let spread = Spread::of(&[1.0, 2.0, 3.0, 6.0, 5.0, 10.0], 2);
        assert_eq!(spread.mean, [3.0, 6.0]);
        assert!((spread.covariance[(0, 0)] - 4.0).abs() < 1e-12 && (spread.covariance[(0, 1)] - 8.0).abs() < 1e-12);
    }
}
