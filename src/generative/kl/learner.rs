//! Fitting Q to P by gradient, forward or reverse, as a run like any other.

use super::{divergence, gradient};
use crate::experiment::panel::{Curve, Curves, Format};
use crate::experiment::query::{Direction, Distribution, Divergence};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, QueryKind, Report, TaskContext, ViewSpec,
    Wording, view,
};
use crate::nn::{Decay, Learner, Plan, Run, Saved, Schedule, Trainer, Weights, weights};
use crate::tensor::tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// The smallest deviation that Q may take.
const NARROWEST: f64 = 0.02;
/// Steps of a fit that is asked for, and between two moments of its answer.
const FIT_STEPS: usize = 400;
const FIT_EVERY: usize = 8;
/// Steps between two pictures of P and Q.
const SHOW_EVERY: u64 = 10;
/// What the numbers of Q are called in a file.
const NUMBERS: &str = "q";
/// The outcomes of P as bars.
const BARS: [f64; 6] = [0.05, 0.15, 0.4, 0.1, 0.25, 0.05];

pub static VIEWS: [ViewSpec; 1] =
    [ViewSpec::new("fitted", Wording::new("P, fitted Q and both KL", "P、合わせた Q、両方向の KL"), Vec::new)];

pub const SERIES: [&str; 4] = ["kl/forward", "kl/reverse", "q/mean", "q/deviation"];
pub const REPORT_KEYS: [&str; 5] = ["kl_forward", "kl_reverse", "q_mean", "q_deviation", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("target", &["bimodal", "normal", "bars"], ["what P is", "P の形"]),
        Knob::choice(
            "direction",
            &["forward", "reverse"],
            ["which KL divergence Q minimises", "Q が最小にする KL ダイバージェンス"],
        )
        .live(),
        Knob::real("gap", 0.0..=6.0, 4.0, ["distance between the two modes of P", "P の二つの山の間隔"]),
        Knob::real("weight", 0.05..=0.95, 0.6, ["weight of the right mode of P", "P の右の山の重み"]),
        Knob::real("start", -5.0..=5.0, 1.0, ["where the mean of Q starts", "Q の平均の出発点"]),
        Knob::factor("learning_rate", 1e-4..=1.0, 0.05, ["learning rate η of gradient descent", "勾配降下の学習率 η"])
            .live(),
        Knob::integer("steps", 1..=100_000, 600, ["steps in all", "全ステップ数"]),
    ]
}

/// P as knobs ask for it.
fn target(knobs: &Knobs) -> Distribution {
    let half = 0.5 * knobs.real("gap");
    match knobs.choice("target") {
        "normal" => Distribution::Normal { mean: half, deviation: 0.7 },
        "bars" => Distribution::Bars { shares: BARS.to_vec() },
        _ => Distribution::Bimodal { weight: 1.0 - knobs.real("weight"), means: [-half, half], deviations: [0.6, 0.6] },
    }
}

/// Q from its own numbers: mean and ln deviation, or logits.
fn shaped(numbers: &[f64], bars: bool) -> Distribution {
    if bars {
        let largest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = numbers.iter().map(|logit| (logit - largest).exp()).sum();
        let shares: Vec<f64> = numbers.iter().map(|logit| (logit - largest).exp() / sum).collect();
        Distribution::Bars { shares }
    } else {
        Distribution::Normal { mean: numbers[0], deviation: numbers[1].exp().max(NARROWEST) }
    }
}

/// The numbers of Q that [`shaped`] makes a distribution of.
fn numbers_of(q: &Distribution) -> Result<Vec<f64>, ExperimentError> {
    match q {
        Distribution::Normal { mean, deviation } => Ok(vec![*mean, deviation.ln()]),
        Distribution::Bars { shares } => Ok(shares.iter().map(|share| share.max(1e-6).ln()).collect()),
        Distribution::Bimodal { .. } => Err(ExperimentError::new("Q is a normal or bars")),
    }
}

/// One step of Q's numbers down a divergence from P.
fn descend(
    p: &Distribution,
    numbers: &mut [f64],
    bars: bool,
    direction: Direction,
    rate: f64,
) -> Result<(), ExperimentError> {
    let gradient = gradient(p, &shaped(numbers, bars), direction, &TaskContext::default())?;
    // It may be steep where Q has no mass near P: no number moves further than a tenth a step.
    for (number, derivative) in numbers.iter_mut().zip(gradient) {
        *number -= (rate * derivative).clamp(-0.1, 0.1);
    }
    Ok(())
}

/// Q on its way to P.
pub struct KlLearner {
    p: Distribution,
    /// Of Q: mean and ln deviation, or logits.
    numbers: Vec<f64>,
}

impl KlLearner {
    /// Q where it starts.
    ///
    /// # Panics
    /// If `knobs` lacks one of [`knobs`].
    pub fn new(knobs: &Knobs) -> Trainer<Self> {
        let p = target(knobs);
        let numbers = match &p {
            Distribution::Bars { shares } => vec![0.0; shares.len()],
            _ => vec![knobs.real("start"), 0.0],
        };
        let plan = Plan {
            declared: self::knobs(),
            knobs: knobs.clone(),
            // Nothing in a fit is random.
            random: ChaCha8Rng::seed_from_u64(0),
            schedule: Schedule { warm_up: 0, decay: Decay::Constant, total: knobs.integer("steps") as u64 },
            samples_per_step: 1,
        };
        Trainer::new(KlLearner { p, numbers }, plan)
    }

    fn bars(&self) -> bool {
        matches!(self.p, Distribution::Bars { .. })
    }

    fn q(&self) -> Distribution {
        shaped(&self.numbers, self.bars())
    }
}

impl Learner for KlLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let direction = if run.choice("direction") == "reverse" { Direction::Reverse } else { Direction::Forward };
        let bars = self.bars();
        descend(&self.p, &mut self.numbers, bars, direction, run.learning_rate())?;
        let found = divergence(&self.p, &self.q())?;
        run.scalar("kl/forward", found.forward);
        run.scalar("kl/reverse", found.reverse);
        if let Distribution::Normal { mean, deviation } = self.q() {
            run.scalar("q/mean", mean);
            run.scalar("q/deviation", deviation);
        }
        if run.is_first() || run.is_last() || run.every(SHOW_EVERY) {
            run.view("fitted", run.is_last(), fitted_view(found));
        }
        Ok(())
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(FittedDivergence { p: self.p.clone(), q: self.q() })
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new().array(NUMBERS, &mut self.numbers)
    }

    fn weights(&self) -> Weights {
        let numbers = self.numbers.iter().map(|&number| number as f32).collect();
        Weights::new().tensor(NUMBERS, tensor([self.numbers.len()], numbers))
    }

    fn report(&self, _watch: &TaskContext) -> Result<Report, ExperimentError> {
        let found = divergence(&self.p, &self.q())?;
        let mut report = Report::new();
        report.insert("kl_forward".to_owned(), found.forward.into());
        report.insert("kl_reverse".to_owned(), found.reverse.into());
        if let Distribution::Normal { mean, deviation } = self.q() {
            report.insert("q_mean".to_owned(), mean.into());
            report.insert("q_deviation".to_owned(), deviation.into());
        }
        report.insert("parameters".to_owned(), self.numbers.len().into());
        Ok(report)
    }
}

/// P, and Q as it was fitted; answers for any two distributions.
pub struct FittedDivergence {
    p: Distribution,
    q: Distribution,
}

impl FittedDivergence {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 2] = [QueryKind::View, QueryKind::Divergence];

    /// From a file of Q's numbers.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs) -> Result<Self, ExperimentError> {
        let p = target(knobs);
        let bars = if let Distribution::Bars { shares } = &p { shares.len() } else { 0 };
        let numbers = weights::decode(bytes)?.take(NUMBERS, &[if bars > 0 { bars } else { 2 }])?;
        let numbers: Vec<f64> = numbers.values().iter().map(|&number| f64::from(number)).collect();
        Ok(FittedDivergence { q: shaped(&numbers, bars > 0), p })
    }
}

impl Model for FittedDivergence {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        match query {
            Query::View { name, inputs } => {
                view::find(&VIEWS, name)?.completed(inputs)?;
                Ok(Answer::Panels { panels: fitted_view(divergence(&self.p, &self.q)?) })
            }
            Query::Divergence { p, q, fit } => {
                let mut found = divergence(p, q)?;
                if let Some(direction) = fit {
                    found.path = fitting(p, q, *direction, task)?;
                }
                Ok(Answer::Divergence(found))
            }
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}

/// The way of Q to P by gradient, the start first.
fn fitting(
    p: &Distribution,
    q: &Distribution,
    direction: Direction,
    task: &TaskContext,
) -> Result<Vec<Distribution>, ExperimentError> {
    let bars = matches!(q, Distribution::Bars { .. });
    let mut numbers = numbers_of(q)?;
    let mut path = vec![q.clone()];
    for step in 1..=FIT_STEPS {
        task.check()?;
        descend(p, &mut numbers, bars, direction, if bars { 0.5 } else { 0.1 })?;
        if step % FIT_EVERY == 0 {
            path.push(shaped(&numbers, bars));
        }
    }
    Ok(path)
}

/// P and Q as they were fitted, and both divergences.
fn fitted_view(found: Divergence) -> Vec<Panel> {
    let number = |name: &str, value| Panel::Number { name: Bilingual::same(name), value, format: Format::Nats };
    let curve = |name: &str, values: &[f64]| Curve { name: Bilingual::same(name), values: values.to_vec(), band: None };
    let curves = vec![curve("p", &found.p), curve("q", &found.q)];
    let drawn = Curves { heading: Bilingual::default(), axis: Bilingual::same("x"), places: found.places, curves };
    vec![Panel::Curves(drawn), number("D(P‖Q)", found.forward), number("D(Q‖P)", found.reverse)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Trainable;

    fn fitted(direction: &str) -> (f64, f64) {
        let declared = knobs();
        let mut knobs = Knobs::defaults(&declared);
        knobs.set_text(&declared, &format!("direction={direction}")).unwrap();
        let mut learner = KlLearner::new(&knobs);
        while !learner.position().is_end() {
            learner.step(&mut |_| ()).unwrap();
        }
        match learner.learner().q() {
            Distribution::Normal { mean, deviation } => (mean, deviation),
            other => panic!("{other:?}"),
        }
    }

    /// The forward fit has the mean and the deviation of P itself; the reverse one is a mode.
    #[test]
    fn forward_covers_and_reverse_picks() {
        let (mean, deviation) = fitted("forward");
        assert!((mean - 0.4).abs() < 0.01, "{mean}");
        let variance: f64 = 0.36 + 4.0 - 0.16;
        assert!((deviation - variance.sqrt()).abs() < 0.01, "{deviation}");
        let (mean, deviation) = fitted("reverse");
        assert!((mean - 2.0).abs() < 0.1 && (deviation - 0.6).abs() < 0.1, "{mean} {deviation}");
    }
}
