//! What would have to be different for another answer: the smallest change of a picture that is found by going straight to where the
//! network decides (DeepFool: Moosavi-Dezfooli, Fawzi & Frossard 2016, arXiv:1511.04599). Such a change explains in the sense of Wachter,
//! Mittelstadt & Russell 2017, arXiv:1711.00399; it is an adversarial example too.

use super::{Backward, CLASSES, Classifier, PIXELS, largest};
use crate::experiment::{ExperimentError, TaskContext};

/// Steps at most.
const MOST_STEPS: usize = 200;
/// How far a step goes beyond the linear decision boundary.
const OVERSHOOT: f32 = 0.02;

/// A picture that is read otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterfactual {
    pub picture: Vec<f32>,
    /// What it is read as.
    pub class: usize,
    pub steps: usize,
    /// Whether it is read as what was wanted.
    pub is_found: bool,
}

impl Counterfactual {
    /// ‖x̃ − x‖₂.
    pub fn distance(&self, picture: &[f32]) -> f64 {
        self.picture.iter().zip(picture).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
    }
}

/// The smallest change that is found to another class, `to` or the one that is nearest. Intensities stay in [0, 1].
///
/// # Errors
/// When it was called off.
pub fn find(
    classifier: &Classifier,
    picture: &[f32],
    to: Option<usize>,
    task: &TaskContext,
) -> Result<Counterfactual, ExperimentError> {
    let from = largest(&classifier.logits(picture));
    let mut now = picture.to_vec();
    let is_there = |class: usize| to.map_or(class != from, |to| class == to);
    for steps in 0..=MOST_STEPS {
        task.check()?;
        let logits = classifier.logits(&now);
        let class = largest(&logits);
        if is_there(class) || steps == MOST_STEPS {
            return Ok(Counterfactual { picture: now, class, steps, is_found: is_there(class) });
        }
        // What is in the way: the first answer, or on the way to a wanted one whatever is read now.
        let rival = if to.is_some() { class } else { from };
        let own = classifier.gradients(&now, rival, Backward::Plain);
        let candidates: Vec<usize> =
            to.map_or_else(|| (0..CLASSES).filter(|class| *class != from).collect(), |to| vec![to]);
        let mut best: Option<(f32, Vec<f32>)> = None;
        for other in candidates {
            let gradient = classifier.gradients(&now, other, Backward::Plain);
            // Where intensities are at their end already, a change that leads beyond does nothing.
            let direction: Vec<f32> = (0..PIXELS)
                .map(|pixel| {
                    let w = gradient[pixel] - own[pixel];
                    let is_stuck = (w > 0.0 && now[pixel] >= 1.0) || (w < 0.0 && now[pixel] <= 0.0);
                    if is_stuck { 0.0 } else { w }
                })
                .collect();
            let square: f32 = direction.iter().map(|w| w * w).sum();
            if square <= f32::MIN_POSITIVE {
                continue;
            }
            let behind = (logits[rival] - logits[other]).max(0.0) + 1e-4;
            let far = behind / square.sqrt();
            if best.as_ref().is_none_or(|(least, _)| far < *least) {
                let step = (1.0 + OVERSHOOT) * behind / square;
                best = Some((far, direction.iter().map(|w| step * w).collect()));
            }
        }
        // Nothing leads anywhere: as far as it goes.
        let Some((_, change)) = best else {
            return Ok(Counterfactual { picture: now, class, steps, is_found: false });
        };
        now.iter_mut().zip(change).for_each(|(x, by)| *x = (*x + by).clamp(0.0, 1.0));
    }
    unreachable!("the last step returns")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fresh, noise};
    use super::*;

    #[test]
    fn a_small_change_gives_another_answer_and_intensities_stay() {
        let classifier = fresh(4, 1);
        let picture = noise(1, 2);
        let task = TaskContext::default();
        let from = largest(&classifier.logits(&picture));
        let any = find(&classifier, &picture, None, &task).unwrap();
        assert!(any.is_found && any.class != from && any.steps > 0);
        assert_eq!(classifier.read(&any.picture), [any.class]);
        // A network that was never trained says some classes of no picture nearby.
        let others = (1..CLASSES).filter_map(|by| {
            let wanted = (from + by) % CLASSES;
            let found = find(&classifier, &picture, Some(wanted), &task).unwrap();
            assert_eq!(found.is_found, classifier.read(&found.picture) == [wanted]);
            found.is_found.then_some(found)
        });
        let others: Vec<Counterfactual> = others.collect();
        assert!(others.len() > 3, "{} classes", others.len());
        let nearest = others.iter().min_by(|a, b| a.distance(&picture).total_cmp(&b.distance(&picture)));
        let other = nearest.expect("some");
        for found in [&any, other] {
            assert!(found.picture.iter().all(|x| (0.0..=1.0).contains(x)));
        }
        assert!(any.distance(&picture) <= 1.1 * other.distance(&picture) && any.distance(&picture) > 0.0);
        assert_eq!(find(&classifier, &picture, Some(from), &task).unwrap().steps, 0, "it is that already");
    }

    #[test]
    fn what_cannot_be_reached_is_said() {
        let mut classifier = fresh(2, 1);
        classifier.parameters.get_mut("logits.weight").unwrap().fill(0.0);
        classifier.parameters.get_mut("logits.bias").unwrap()[[4]] = 1.0;
        let found = find(&classifier, &noise(1, 1), Some(2), &TaskContext::default()).unwrap();
        assert_eq!((found.is_found, found.class), (false, 4));
    }
}
