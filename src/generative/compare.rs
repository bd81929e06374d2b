//! Generators of digits measured alike.

use super::classifier::Judge;
use super::measure::{classes_share, parzen};
use crate::data::Mnist;
use crate::data::pictures::intensities;
use crate::experiment::{Answer, ExperimentError, Model, Query, TaskContext};
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// A share of the samples that makes a class count as covered.
const COVERED: f64 = 0.04;
/// Samples asked for at a time.
const BATCH: usize = 1000;

/// A generator, and how long its training took.
pub struct Generator {
    pub name: String,
    /// None for the real digits.
    pub model: Option<Arc<dyn Model>>,
    pub train_seconds: Option<f64>,
}

/// What is said of a generator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub name: String,
    /// Between the features of 10,000 samples and of the 10,000 test digits.
    pub feature_distance: f64,
    /// Nats.
    pub parzen_mean: f64,
    pub parzen_standard_error: f64,
    /// Classes with a share of 4 % or more.
    pub classes_covered: usize,
    pub train_seconds: Option<f64>,
    pub sampling_seconds_1000: Option<f64>,
}

/// Measures generators one after the other; a generator without a model stands for real training digits as samples.
pub fn measure(generators: &[Generator], mnist: &Mnist, judge: &Judge) -> Result<Vec<Line>, ExperimentError> {
    let (task, count) = (TaskContext::default(), mnist.test.len());
    let mut lines = Vec::new();
    for generator in generators {
        let begun = Instant::now();
        let samples = match &generator.model {
            None => mnist.train.batch(0..count),
            Some(model) => {
                let mut pictures = Vec::with_capacity(count);
                for seed in 0..(count / BATCH) as u64 {
                    match model.answer(&Query::Sample { count: BATCH, seed }, &task)? {
                        Answer::Pictures { pictures: more } => pictures.extend(more),
                        _ => return Err(ExperimentError::new(format!("{} gave no pictures", generator.name))),
                    }
                }
                intensities(&pictures)?
            }
        };
        let seconds = begun.elapsed().as_secs_f64() * 1000.0 / count as f64;
        let parzen = parzen(&samples, mnist, &task)?;
        let shares = classes_share(judge, &samples, &task)?;
        lines.push(Line {
            name: generator.name.clone(),
            feature_distance: judge.distance(&samples, &mnist.test, &task)?,
            parzen_mean: parzen.mean,
            parzen_standard_error: parzen.standard_error,
            classes_covered: shares.iter().filter(|share| **share >= COVERED).count(),
            train_seconds: generator.train_seconds,
            sampling_seconds_1000: generator.model.is_some().then_some(seconds),
        });
    }
    Ok(lines)
}
