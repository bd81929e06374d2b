//! What the report of a CycleGAN measures: whether a translation keeps its digit and takes on the style, and what is lost on
//! the way there and back.

use super::super::setup::{styled, unit};
use super::{CycleGanLearner, Studio, mean_difference};
use crate::data::mnist;
use crate::experiment::{ExperimentError, Report, TaskContext};
use crate::generative::classifier::{Classifier, Judge};
use crate::generative::cyclegan::translator::translate;
use crate::nn::{OptimizedNetwork, Parameters};
use crate::tensor::{Tape, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Steps of the judge of styles, at most, and its batch of each style.
const JUDGE_STEPS: usize = 250;
const JUDGE_BATCH: usize = 64;

/// What the report says of one direction of one pair.
struct Direction {
    class_kept: f64,
    /// The same of the true translations: as much as the judge can read.
    class_kept_by_truth: f64,
    style_recognised: f64,
    cycle_error: f64,
}

/// A judge of two styles: class 0 is X, class 1 is Y. It learns from the training digits in both styles.
struct StyleJudge {
    classifier: Classifier,
    network: OptimizedNetwork,
}

impl StyleJudge {
    fn learn(sets: &[Arc<Vec<u8>>; 2], seed: u64, task: &TaskContext) -> Result<Self, ExperimentError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut parameters = Parameters::new();
        let classifier = Classifier::new(&mut parameters, &mut random);
        let mut network = OptimizedNetwork::new(parameters);
        // No more than once through the digits.
        let steps = JUDGE_STEPS.min(sets[0].len() / mnist::PIXELS / JUDGE_BATCH);
        for step in 0..steps {
            task.check()?;
            let labels: Vec<Option<usize>> = (0..2 * JUDGE_BATCH).map(|place| Some(place % 2)).collect();
            let rows = labels.iter().flatten().flat_map(|&side| {
                let start = random.random_range(0..sets[side].len() / mnist::PIXELS) * mnist::PIXELS;
                &sets[side][start..start + mnist::PIXELS]
            });
            let x = unit(&rows.copied().collect::<Vec<u8>>());
            let tape = Tape::new();
            let bound = network.parameters.on(&tape);
            let loss = classifier.forward(&bound, tape.constant(x)).1.cross_entropy(&labels);
            let rate = 1e-3 * (1.0 - step as f64 / steps as f64);
            network.descend(&bound, &loss.backward(), rate);
        }
        Ok(StyleJudge { classifier, network })
    }

    /// The share of pictures `[count, 784]` taken for style `side`.
    fn share(&self, x: &Tensor<f32>, side: usize, task: &TaskContext) -> Result<f64, ExperimentError> {
        let judge = Judge::new(Arc::new(self.classifier.clone()), self.network.parameters.clone());
        let read = judge.read(x, task)?;
        Ok(read.iter().filter(|(style, _)| *style == side).count() as f64 / read.len() as f64)
    }
}

impl CycleGanLearner {
    /// Both directions of a pair on all test digits, and how well the judge of its styles does on the truth.
    fn measure(&self, studio: &Studio, task: &TaskContext) -> Result<([Direction; 2], f64), ExperimentError> {
        let test = &self.mnist.test;
        let style_judge = StyleJudge::learn(&studio.sets, self.seed, task)?;
        let sides = [studio.pair.x, studio.pair.y].map(|style| unit(&styled(test, 0..test.len(), style)));
        let ways = [(&studio.networks.g, &studio.networks.f), (&studio.networks.f, &studio.networks.g)];
        let mut accuracy = 0.0;
        let mut directions = Vec::new();
        for (side, (x, (there, back))) in sides.iter().zip(ways).enumerate() {
            task.check()?;
            accuracy += 0.5 * style_judge.share(x, side, task)?;
            let made = translate(there, &studio.average.parameters, x);
            let class_kept = |pictures: &Tensor<f32>| -> Result<f64, ExperimentError> {
                let read = self.judge.read(pictures, task)?;
                let kept =
                    read.iter().enumerate().filter(|(index, (digit, _))| *digit == usize::from(test.label(*index)));
                Ok(kept.count() as f64 / test.len() as f64)
            };
            directions.push(Direction {
                class_kept: class_kept(&made)?,
                class_kept_by_truth: class_kept(&sides[1 - side])?,
                style_recognised: style_judge.share(&made, 1 - side, task)?,
                cycle_error: mean_difference(&translate(back, &studio.average.parameters, &made), x),
            });
        }
        let directions: [Direction; 2] = directions.try_into().unwrap_or_else(|_| unreachable!("two directions"));
        Ok((directions, accuracy))
    }

    /// The worst of all directions, and each of them.
    pub(super) fn measured(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let (mut directions, mut accuracy) = (Vec::new(), 1.0_f64);
        for studio in &self.studios {
            let (both, judged) = self.measure(studio, task)?;
            directions.extend(both);
            accuracy = accuracy.min(judged);
        }
        let worst = |of: fn(&Direction) -> f64| directions.iter().map(of).fold(1.0, f64::min);
        let mut report = Report::new();
        report.insert("class_kept".to_owned(), worst(|direction| direction.class_kept).into());
        report.insert("style_recognised".to_owned(), worst(|direction| direction.style_recognised).into());
        let cycle = directions.iter().map(|direction| direction.cycle_error).fold(0.0, f64::max);
        report.insert("cycle_error".to_owned(), cycle.into());
        report.insert("style_judge_accuracy".to_owned(), accuracy.into());
        let each: serde_json::Map<_, _> = (self.studios.iter().zip(directions.chunks(2)))
            .flat_map(|(studio, both)| {
                both.iter().zip(["there", "back"]).map(|(way, name)| (studio.pair.name, name, way))
            })
            .map(|(pair, name, way)| {
                let figures = serde_json::json!({
                    "class_kept": way.class_kept,
                    "class_kept_by_truth": way.class_kept_by_truth,
                    "style_recognised": way.style_recognised,
                    "cycle_error": way.cycle_error,
                });
                (format!("{pair} {name}"), figures)
            })
            .collect();
        report.insert("by_direction".to_owned(), each.into());
        let count = |studio: &Studio| studio.translators.parameters.count() + studio.discriminators.parameters.count();
        report.insert("parameters".to_owned(), self.studios.iter().map(count).sum::<usize>().into());
        Ok(report)
    }
}
