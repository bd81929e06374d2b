//! How good a generator of digits is: the measures that all of them share. A generator is judged by as many samples as there
//! are test digits (10,000), because the feature distance is biased in the number of samples.

use super::classifier::Judge;
use crate::data::{Digits, Mnist, mnist};
use crate::experiment::{ExperimentError, Report, TaskContext};
use crate::tensor::{Tape, Tensor, tensor};

/// Held-out training pictures by which the width of the window is picked, at most.
const HELD_OUT: usize = 1_000;
/// Rows of a table of distances at a time.
const ROWS: usize = 500;

/// What a Parzen window says of test pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parzen {
    /// Nats a picture: mean and its standard error over the test set.
    pub mean: f64,
    pub standard_error: f64,
    /// The width of the window.
    pub sigma: f64,
}

/// The log-likelihood of test pictures under a window of width σ about each sample,
/// ln p(x) = ln (1/n) Σᵢ N(x; xᵢ, σ²I) (Breuleux et al. 2011, as in the GAN paper); σ is the best of ten, evenly spaced in
/// its logarithm from 0.1 to 1, on 1,000 held-out training pictures. Samples `[n, 784]` in [0, 1].
pub fn parzen(samples: &Tensor<f32>, mnist: &Mnist, task: &TaskContext) -> Result<Parzen, ExperimentError> {
    let widths: Vec<f64> = (0..10).map(|i| 0.1 * 10.0_f64.powf(f64::from(i) / 9.0)).collect();
    let held_out =
        window_nats(samples, &mnist.validation.batch(0..HELD_OUT.min(mnist.validation.len())), &widths, task)?;
    let mean = |nats: &Vec<f64>| nats.iter().sum::<f64>() / nats.len() as f64;
    let best = (0..widths.len()).max_by(|&a, &b| mean(&held_out[a]).total_cmp(&mean(&held_out[b])));
    let sigma = widths[best.expect("ten widths")];
    let nats = window_nats(samples, &mnist.test.batch(0..mnist.test.len()), &[sigma], task)?.remove(0);
    let (mean, count) = (mean(&nats), nats.len() as f64);
    let variance = nats.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Ok(Parzen { mean, standard_error: (variance / count).sqrt(), sigma })
}

/// ln p(x) of each picture `[m, 784]` for each width.
fn window_nats(
    samples: &Tensor<f32>,
    pictures: &Tensor<f32>,
    widths: &[f64],
    task: &TaskContext,
) -> Result<Vec<Vec<f64>>, ExperimentError> {
    let squares = |x: &[f32]| -> Vec<f64> {
        let square = |row: &[f32]| row.iter().map(|&v| f64::from(v).powi(2)).sum();
        x.chunks_exact(mnist::PIXELS).map(square).collect()
    };
    let sample_squares = squares(samples.values());
    let mut nats = vec![Vec::new(); widths.len()];
    for rows in pictures.values().chunks(ROWS * mnist::PIXELS) {
        task.check()?;
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([rows.len() / mnist::PIXELS, mnist::PIXELS], rows.to_vec()));
        // x · xᵢ for every pair; a linear layer with the samples as its weights.
        let products = x.linear(tape.constant(samples.clone()), None, crate::tensor::Activation::Identity).value();
        for (products, square) in products.values().chunks_exact(sample_squares.len()).zip(squares(rows)) {
            let distances: Vec<f64> = (products.iter().zip(&sample_squares))
                .map(|(&p, s)| (square + s - 2.0 * f64::from(p)).max(0.0))
                .collect();
            let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
            for (nats, sigma) in nats.iter_mut().zip(widths) {
                let scale = 1.0 / (2.0 * sigma * sigma);
                let sum: f64 = distances.iter().map(|d| ((nearest - d) * scale).exp()).sum();
                let normal = mnist::PIXELS as f64 * (sigma.ln() + 0.5 * (std::f64::consts::TAU).ln());
                nats.push(sum.ln() - nearest * scale - normal - (distances.len() as f64).ln());
            }
        }
    }
    Ok(nats)
}

/// The share of each of the ten classes among pictures `[count, 784]`, as the judge reads them.
pub fn classes_share(judge: &Judge, samples: &Tensor<f32>, task: &TaskContext) -> Result<[f64; 10], ExperimentError> {
    let read = judge.read(samples, task)?;
    let mut counts = [0_usize; 10];
    for (digit, _) in &read {
        counts[*digit] += 1;
    }
    Ok(counts.map(|count| count as f64 / read.len() as f64))
}

/// Whether samples are numbers at all: a diverged model is not measured.
pub fn finite(samples: &Tensor<f32>) -> bool {
    samples.values().iter().all(|value| value.is_finite())
}

/// Puts the feature distance of samples `[test digits, 784]` into a report; none where the model diverged.
pub fn report_distance(
    report: &mut Report,
    judge: &Judge,
    samples: &Tensor<f32>,
    test: &Digits,
    task: &TaskContext,
) -> Result<(), ExperimentError> {
    if finite(samples) {
        report.insert("feature_distance".to_owned(), judge.distance(samples, test, task)?.into());
    } else {
        report.insert("feature_distance".to_owned(), serde_json::Value::Null);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one sample the window is one normal.
    #[test]
    fn a_window_about_one_sample_is_a_normal() {
        let sample = tensor([1, 784], vec![0.25; 784]);
        let picture = tensor([1, 784], vec![0.5; 784]);
        let nats = window_nats(&sample, &picture, &[0.2, 1.0], &TaskContext::default()).unwrap();
        for (nats, sigma) in nats.iter().zip([0.2_f64, 1.0]) {
            let each = -0.25_f64.powi(2) / (2.0 * sigma * sigma) - sigma.ln() - 0.5 * std::f64::consts::TAU.ln();
            assert!((nats[0] - 784.0 * each).abs() < 1e-3, "{} and {}", nats[0], 784.0 * each);
        }
    }

    /// Two samples at one place are that place.
    #[test]
    fn a_sample_twice_counts_once() {
        let once = tensor([1, 784], vec![0.25; 784]);
        let twice = tensor([2, 784], vec![0.25; 2 * 784]);
        let picture = tensor([1, 784], vec![0.3; 784]);
        let nats = |samples| window_nats(samples, &picture, &[0.3], &TaskContext::default()).unwrap()[0][0];
        assert!((nats(&once) - nats(&twice)).abs() < 1e-6);
    }
}
