//! The Kullback–Leibler divergence (Kullback & Leibler, "On Information and Sufficiency", 1951):
//!
//! ```text
//! D(P‖Q) = Σ_k p_k ln(p_k/q_k) = E_P[ln p(x)/q(x)],   0 ln 0 = 0,   +∞ where q = 0 < p.
//! ```
//!
//! It is never negative (Gibbs), zero only at P = Q, and not symmetric. Fitting Q to P by gradient shows the difference:
//! the *forward* divergence D(P‖Q) makes Q cover all that P does, the *reverse* one D(Q‖P) lets Q settle on a part.
//!
//! Between two normals it is ln(σ₂/σ₁) + (σ₁² + (μ₁ − μ₂)²)/(2σ₂²) − ½; on the line otherwise it is integrated, by the
//! trapezoid rule on a grid as wide as both distributions, whose error falls faster than any power of the spacing for
//! such smooth integrands.

mod learner;

pub use learner::{FittedDivergence, KlLearner, REPORT_KEYS, SERIES, VIEWS, knobs};

use crate::experiment::query::{Direction, Distribution, Divergence};
use crate::experiment::{Experiment, ExperimentError, Learn, Preview, TaskContext};
use crate::{bundled, lab_file};
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "kl",
    lab: Some(lab_file!("06-kl")),
    knobs,
    series: &SERIES,
    headline: "kl/forward",
    emits: &["fitted"],
    views: &VIEWS,
    answers: &FittedDivergence::ANSWERS,
    report: &REPORT_KEYS,
    preview: Preview::View("fitted"),
    learn: Learn::By(|setting| Ok(Box::new(KlLearner::new(&setting.knobs)))),
    open: |weights, knobs, _| Ok(Arc::new(FittedDivergence::open(weights, knobs)?)),
    small: &["steps=60", "steps=60 target=bars direction=reverse"],
    bundled: bundled!("kl"),
    ..Experiment::EMPTY
};

/// Places of the grid on the line, at least and at most.
const PLACES: std::ops::RangeInclusive<usize> = 2001..=100_001;
/// Deviations on each side that the grid reaches beyond a mean.
const REACH: f64 = 12.0;
/// Places of the answer that are drawn.
const DRAWN: usize = 201;

/// ln √(2π)
const LN_ROOT_TAU: f64 = 0.918_938_533_204_672_7;

impl Distribution {
    /// Normals that it is a mixture of: weight, mean, deviation; none for bars.
    fn normals(&self) -> Vec<(f64, f64, f64)> {
        match self {
            Distribution::Normal { mean, deviation } => vec![(1.0, *mean, *deviation)],
            Distribution::Bimodal { weight, means, deviations } => {
                vec![(*weight, means[0], deviations[0]), (1.0 - weight, means[1], deviations[1])]
            }
            Distribution::Bars { .. } => Vec::new(),
        }
    }

    /// ln p(x) on the line.
    fn ln_density(&self, x: f64) -> f64 {
        let parts = self.normals();
        let term = |&(weight, mean, deviation): &(f64, f64, f64)| {
            weight.ln() - 0.5 * ((x - mean) / deviation).powi(2) - f64::ln(deviation) - LN_ROOT_TAU
        };
        let largest = parts.iter().map(term).fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return largest;
        }
        largest + parts.iter().map(|part| (term(part) - largest).exp()).sum::<f64>().ln()
    }

    /// Whether it is a distribution at all.
    fn check(&self) -> Result<(), ExperimentError> {
        let good = match self {
            Distribution::Bars { shares } => {
                !shares.is_empty()
                    && shares.iter().all(|share| (0.0..=1.0).contains(share))
                    && (shares.iter().sum::<f64>() - 1.0).abs() < 1e-9
            }
            other => other.normals().iter().all(|(weight, mean, deviation)| {
                (0.0..=1.0).contains(weight) && mean.is_finite() && deviation.is_finite() && *deviation > 0.0
            }),
        };
        if good { Ok(()) } else { Err(ExperimentError::new("expected deviations above zero and shares that sum to 1")) }
    }
}

/// p ln(p/q), with 0 ln 0 = 0 and +∞ where q = 0 < p.
fn term(p: f64, ln_p: f64, ln_q: f64) -> f64 {
    if p == 0.0 { 0.0 } else { p * (ln_p - ln_q) }
}

/// Both divergences between two distributions of one kind, and what they are made of.
///
/// # Errors
/// When one is on the line and the other is bars, when bars are not as many, or when one is no distribution.
pub fn divergence(p: &Distribution, q: &Distribution) -> Result<Divergence, ExperimentError> {
    p.check()?;
    q.check()?;
    match (p, q) {
        (Distribution::Bars { shares: p }, Distribution::Bars { shares: q }) => {
            if p.len() != q.len() {
                return Err(ExperimentError::new(format!(
                    "{} outcomes against {}: expected as many",
                    p.len(),
                    q.len()
                )));
            }
            let forward: Vec<f64> = p.iter().zip(q).map(|(p, q)| term(*p, p.ln(), q.ln())).collect();
            let reverse: Vec<f64> = p.iter().zip(q).map(|(p, q)| term(*q, q.ln(), p.ln())).collect();
            Ok(Divergence {
                path: Vec::new(),
                forward: forward.iter().sum(),
                reverse: reverse.iter().sum(),
                places: (0..p.len()).map(|k| k as f64).collect(),
                p: p.clone(),
                q: q.clone(),
                forward_integrand: forward,
                reverse_integrand: reverse,
            })
        }
        (Distribution::Bars { .. }, _) | (_, Distribution::Bars { .. }) => {
            Err(ExperimentError::new("bars against a density: expected two of one kind"))
        }
        (p, q) => Ok(on_the_line(p, q)),
    }
}

/// A grid from one place to another that is fine enough for ln of a density: where one of two modes takes over from the other, its
/// derivative changes within deviation² / distance of the modes. Gives the number of places and the step.
fn grid(densities: [&Distribution; 2], (low, high): (f64, f64)) -> (usize, f64) {
    let turn = |density: &&Distribution| match density {
        Distribution::Bimodal { means, deviations, .. } => {
            let narrow = deviations[0].min(deviations[1]);
            narrow * narrow / (means[1] - means[0]).abs().max(narrow)
        }
        _ => f64::INFINITY,
    };
    let finest = densities.iter().map(turn).fold(f64::INFINITY, f64::min);
    let places = (((high - low) / (0.7 * finest)) as usize + 1).clamp(*PLACES.start(), *PLACES.end());
    (places, (high - low) / (places - 1) as f64)
}

fn on_the_line(p: &Distribution, q: &Distribution) -> Divergence {
    let closed = |p: &Distribution, q: &Distribution| match (p, q) {
        (Distribution::Normal { mean: m1, deviation: s1 }, Distribution::Normal { mean: m2, deviation: s2 }) => {
            Some(between_normals((*m1, *s1), (*m2, *s2)))
        }
        _ => None,
    };
    // Each direction is integrated where its own first distribution has its mass.
    let integrate = |p: &Distribution, q: &Distribution| -> f64 {
        let (low, high) = range(&[p]);
        let (places, step) = grid([p, q], (low, high));
        let at = |place: usize| {
            let x = low + step * place as f64;
            let ln_p = p.ln_density(x);
            term(ln_p.exp(), ln_p, q.ln_density(x))
        };
        (0..places).map(at).sum::<f64>() * step
    };
    let (low, high) = range(&[p, q]);
    let (low, high) = ((2.0 * low + high) / 3.0 - (high - low) / 12.0, (low + 2.0 * high) / 3.0 + (high - low) / 12.0);
    let places: Vec<f64> = (0..DRAWN).map(|i| low + (high - low) * i as f64 / (DRAWN - 1) as f64).collect();
    let of = |f: &dyn Fn(f64) -> f64| places.iter().map(|&x| f(x)).collect::<Vec<f64>>();
    let integrand = |p: &Distribution, q: &Distribution, x: f64| {
        let ln_p = p.ln_density(x);
        term(ln_p.exp(), ln_p, q.ln_density(x))
    };
    Divergence {
        path: Vec::new(),
        forward: closed(p, q).unwrap_or_else(|| integrate(p, q)),
        reverse: closed(q, p).unwrap_or_else(|| integrate(q, p)),
        p: of(&|x| p.ln_density(x).exp()),
        q: of(&|x| q.ln_density(x).exp()),
        forward_integrand: of(&|x| integrand(p, q, x)),
        reverse_integrand: of(&|x| integrand(q, p, x)),
        places,
    }
}

/// D(N(μ₁, σ₁²) ‖ N(μ₂, σ₂²)).
fn between_normals((m1, s1): (f64, f64), (m2, s2): (f64, f64)) -> f64 {
    (s2 / s1).ln() + (s1 * s1 + (m1 - m2).powi(2)) / (2.0 * s2 * s2) - 0.5
}

/// The stretch of the line where some distributions have all of their mass that counts.
fn range(distributions: &[&Distribution]) -> (f64, f64) {
    let parts = distributions.iter().flat_map(|distribution| distribution.normals());
    parts.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, mean, deviation)| {
        (low.min(mean - REACH * deviation), high.max(mean + REACH * deviation))
    })
}

/// The gradient of a divergence in Q's own numbers: mean and logarithm of the deviation, or logits of bars.
///
/// For a density q with numbers φ: ∇ D(P‖Q) = −E_P[∇ ln q], and ∇ D(Q‖P) = E_Q[(ln q − ln p) ∇ ln q].
pub fn gradient(
    p: &Distribution,
    q: &Distribution,
    direction: Direction,
    task: &TaskContext,
) -> Result<Vec<f64>, ExperimentError> {
    task.check()?;
    match q {
        Distribution::Bars { shares } => {
            let Distribution::Bars { shares: target } = p else {
                return Err(ExperimentError::new("bars against a density: expected two of one kind"));
            };
            Ok(match direction {
                // Through a softmax the gradient of −Σ p ln q is q − p.
                Direction::Forward => shares.iter().zip(target).map(|(q, p)| q - p).collect(),
                Direction::Reverse => {
                    let ratio = |q: f64, p: f64| if q == 0.0 { 0.0 } else { q.ln() - p.max(1e-300).ln() };
                    let mean: f64 = shares.iter().zip(target).map(|(&q, &p)| q * ratio(q, p)).sum();
                    shares.iter().zip(target).map(|(&q, &p)| q * (ratio(q, p) - mean)).collect()
                }
            })
        }
        Distribution::Normal { mean, deviation } => {
            let over = if direction == Direction::Forward { p } else { q };
            let (low, high) = range(&[over]);
            let (places, step) = grid([p, q], (low, high));
            let mut gradient = [0.0; 2];
            for place in 0..places {
                let x = low + step * place as f64;
                let scaled = (x - mean) / deviation;
                // ∂ ln q/∂μ and ∂ ln q/∂ ln σ
                let of_ln_q = [scaled / deviation, scaled * scaled - 1.0];
                let weight = match direction {
                    Direction::Forward => -p.ln_density(x).exp(),
                    Direction::Reverse => {
                        let ln_q = q.ln_density(x);
                        ln_q.exp() * (ln_q - p.ln_density(x))
                    }
                };
                gradient.iter_mut().zip(of_ln_q).for_each(|(sum, part)| *sum += step * weight * part);
            }
            Ok(gradient.to_vec())
        }
        Distribution::Bimodal { .. } => Err(ExperimentError::new("Q is a normal or bars")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(mean: f64, deviation: f64) -> Distribution {
        Distribution::Normal { mean, deviation }
    }

    /// Simpson's rule, halving a piece until its two halves agree with it.
    fn adaptive(f: &dyn Fn(f64) -> f64, low: f64, high: f64, tolerance: f64) -> f64 {
        fn simpson(f: &dyn Fn(f64) -> f64, a: f64, b: f64) -> f64 {
            (b - a) / 6.0 * (f(a) + 4.0 * f(0.5 * (a + b)) + f(b))
        }
        fn piece(f: &dyn Fn(f64) -> f64, a: f64, b: f64, whole: f64, tolerance: f64, depth: u32) -> f64 {
            let middle = 0.5 * (a + b);
            let (left, right) = (simpson(f, a, middle), simpson(f, middle, b));
            if depth == 0 || (left + right - whole).abs() < 15.0 * tolerance {
                return left + right + (left + right - whole) / 15.0;
            }
            piece(f, a, middle, left, tolerance / 2.0, depth - 1)
                + piece(f, middle, b, right, tolerance / 2.0, depth - 1)
        }
        let pieces = 64;
        let width = (high - low) / f64::from(pieces);
        let of = |index: i32| {
            let a = low + width * f64::from(index);
            piece(f, a, a + width, simpson(f, a, a + width), tolerance / f64::from(pieces), 40)
        };
        (0..pieces).map(of).sum()
    }

    #[test]
    fn normals_agree_with_the_closed_form_by_hand() {
        let found = divergence(&normal(0.0, 1.0), &normal(1.0, 2.0)).unwrap();
        assert!((found.forward - (2.0_f64.ln() + 2.0 / 8.0 - 0.5)).abs() < 1e-12);
        assert!((found.reverse - (-(2.0_f64.ln()) + 5.0 / 2.0 - 0.5)).abs() < 1e-12);
    }

    #[test]
    fn bars_agree_with_the_sum_and_know_infinity() {
        let bars = |shares: &[f64]| Distribution::Bars { shares: shares.to_vec() };
        let found = divergence(&bars(&[0.5, 0.5, 0.0]), &bars(&[0.25, 0.25, 0.5])).unwrap();
        assert!((found.forward - 2.0_f64.ln()).abs() < 1e-12);
        assert_eq!(found.reverse, f64::INFINITY);
        assert!(divergence(&bars(&[0.5, 0.6]), &bars(&[0.5, 0.5])).is_err());
        assert!(divergence(&bars(&[1.0]), &normal(0.0, 1.0)).is_err());
    }

    fn bimodal() -> impl Strategy<Value = Distribution> {
        (0.05..0.95_f64, -4.0..0.0_f64, 0.0..4.0_f64, 0.2..1.5_f64, 0.2..1.5_f64)
            .prop_map(|(weight, a, b, s, t)| Distribution::Bimodal { weight, means: [a, b], deviations: [s, t] })
    }

    /// Modes so narrow and far apart that ln p has all but a corner between them.
    #[test]
    fn narrow_modes_far_apart_agree_with_adaptive_quadrature() {
        for (means, deviation) in [([-3.25, 3.73], 2.84), ([-2.83, 3.52], 2.03), ([-4.0, 4.0], 3.0)] {
            let (p, q) =
                (Distribution::Bimodal { weight: 0.05, means, deviations: [0.2, 0.2] }, normal(0.0, deviation));
            let f = |x: f64| {
                let ln_q = q.ln_density(x);
                ln_q.exp() * (ln_q - p.ln_density(x))
            };
            let (found, expected) = (divergence(&p, &q).unwrap().reverse, adaptive(&f, -45.0, 45.0, 1e-9));
            assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_bimodal_p_agrees_with_adaptive_quadrature(p in bimodal(), mean in -3.0..3.0_f64, deviation in 0.3..3.0_f64) {
            let q = normal(mean, deviation);
            let found = divergence(&p, &q).unwrap();
            let integral = |p: &Distribution, q: &Distribution| {
                let f = |x: f64| { let ln_p = p.ln_density(x); ln_p.exp() * (ln_p - q.ln_density(x)) };
                adaptive(&f, -45.0, 45.0, 1e-9)
            };
            let (forward, reverse) = (integral(&p, &q), integral(&q, &p));
            prop_assert!((found.forward - forward).abs() < 1e-6, "{} and {forward}", found.forward);
            prop_assert!((found.reverse - reverse).abs() < 1e-6, "{} and {reverse}", found.reverse);
        }

        #[test]
        fn gibbs_inequality_holds(p in bimodal(), mean in -3.0..3.0_f64, deviation in 0.3..3.0_f64) {
            let found = divergence(&p, &normal(mean, deviation)).unwrap();
            prop_assert!(found.forward >= 0.0 && found.reverse >= 0.0);
            let same = divergence(&p, &p).unwrap();
            prop_assert!(same.forward.abs() < 1e-12 && same.reverse.abs() < 1e-12);
        }

        #[test]
        fn gradients_agree_with_differences(p in bimodal(), mean in -2.0..2.0_f64, deviation in 0.5..2.0_f64, forward: bool) {
            let direction = if forward { Direction::Forward } else { Direction::Reverse };
            let value = |mean: f64, deviation: f64| {
                let found = divergence(&p, &normal(mean, deviation)).unwrap();
                if forward { found.forward } else { found.reverse }
            };
            let found = gradient(&p, &normal(mean, deviation), direction, &TaskContext::default()).unwrap();
            let h = 1e-5;
            let by_mean = (value(mean + h, deviation) - value(mean - h, deviation)) / (2.0 * h);
            let by_ln = (value(mean, deviation * h.exp()) - value(mean, deviation * (-h).exp())) / (2.0 * h);
            prop_assert!((found[0] - by_mean).abs() < 1e-5 * by_mean.abs().max(1.0), "{found:?} {by_mean}");
            prop_assert!((found[1] - by_ln).abs() < 1e-5 * by_ln.abs().max(1.0), "{found:?} {by_ln}");
        }
    }

    #[test]
    fn gradients_of_bars_agree_with_differences() {
        let p = vec![0.5, 0.2, 0.3];
        let logits = [0.3, -0.2, 0.1];
        let softmax = |logits: [f64; 3]| {
            let sum: f64 = logits.iter().map(|l| l.exp()).sum();
            Distribution::Bars { shares: logits.iter().map(|l| l.exp() / sum).collect() }
        };
        let p = Distribution::Bars { shares: p };
        for direction in [Direction::Forward, Direction::Reverse] {
            let found = gradient(&p, &softmax(logits), direction, &TaskContext::default()).unwrap();
            for k in 0..3 {
                let value = |h: f64| {
                    let mut moved = logits;
                    moved[k] += h;
                    let found = divergence(&p, &softmax(moved)).unwrap();
                    if direction == Direction::Forward { found.forward } else { found.reverse }
                };
                let by_difference = (value(1e-5) - value(-1e-5)) / 2e-5;
                assert!((found[k] - by_difference).abs() < 1e-7, "{direction:?} {k}");
            }
        }
    }
}
