//! Fitting Q to P by gradient, forward or reverse, as a run like any other.

use super::{Direction, divergence, slope};
use crate::experiment::model::{Failure, Model, Position, Precision, Trainable, Watch};
use crate::experiment::query::Distribution;
use crate::experiment::{Answer, Event, Knob, KnobError, KnobValue, Knobs, Query, QueryKind, Report};
use crate::generative::digits::unanswered;
use crate::nn::checkpoint;
use crate::tensor::{Tensor, tensor};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The smallest deviation that Q may take.
const NARROWEST: f64 = 0.02;
/// Steps of a fit that is asked for, and between two moments of its answer.
const FIT_STEPS: usize = 400;
const FIT_EVERY: usize = 8;
/// What is left in a checkpoint beside the state: nothing to speak of.
const NUMBERS: &str = "q";
/// The outcomes of P as bars.
const BARS: [f64; 6] = [0.05, 0.15, 0.4, 0.1, 0.25, 0.05];

pub const SERIES: [&str; 4] = ["kl/forward", "kl/reverse", "q/mean", "q/deviation"];
pub const REPORT_KEYS: [&str; 5] = ["kl_forward", "kl_reverse", "q_mean", "q_deviation", "parameters"];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("target", &["bimodal", "normal", "bars"], ["what P is", "P の形"]),
        Knob::choice(
            "direction",
            &["forward", "reverse"],
            ["which divergence Q makes small", "Q がどちらのダイバージェンスを小さくするか"],
        )
        .live(),
        Knob::real("gap", 0.0..=6.0, 4.0, ["distance between the two modes of P", "P の二つの山の間隔"]),
        Knob::real("weight", 0.05..=0.95, 0.6, ["weight of the right mode of P", "P の右の山の重み"]),
        Knob::real("start", -5.0..=5.0, 1.0, ["where the mean of Q starts", "Q の平均の出発点"]),
        Knob::factor("learning_rate", 1e-4..=1.0, 0.05, ["step size η of the gradient", "勾配の刻み幅 η"]).live(),
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
fn numbers_of(q: &Distribution) -> Result<Vec<f64>, Failure> {
    match q {
        Distribution::Normal { mean, deviation } => Ok(vec![*mean, deviation.ln()]),
        Distribution::Bars { shares } => Ok(shares.iter().map(|share| share.max(1e-6).ln()).collect()),
        Distribution::Bimodal { .. } => Err(Failure::new("Q is a normal or bars")),
    }
}

/// One step of Q's numbers down a divergence from P.
fn descend(p: &Distribution, numbers: &mut [f64], bars: bool, direction: Direction, rate: f64) -> Result<(), Failure> {
    let slope = slope(p, &shaped(numbers, bars), direction, &Watch::default())?;
    // A slope may be steep where Q has no mass near P: no number moves further than a tenth a step.
    for (number, slope) in numbers.iter_mut().zip(slope) {
        *number -= (rate * slope).clamp(-0.1, 0.1);
    }
    Ok(())
}

/// Q on its way to P.
pub struct KlLearner {
    p: Distribution,
    knobs: Knobs,
    state: State,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    step: u64,
    numbers: Vec<f64>,
    live: Knobs,
}

impl KlLearner {
    pub fn new(knobs: &Knobs) -> Self {
        let p = target(knobs);
        let numbers = match &p {
            Distribution::Bars { shares } => vec![0.0; shares.len()],
            _ => vec![knobs.real("start"), 0.0],
        };
        KlLearner { p, knobs: knobs.clone(), state: State { step: 0, numbers, live: knobs.live(&self::knobs()) } }
    }

    fn bars(&self) -> bool {
        matches!(self.p, Distribution::Bars { .. })
    }

    fn q(&self) -> Distribution {
        shaped(&self.state.numbers, self.bars())
    }

    fn numbers(&self) -> Tensor<f32> {
        tensor([self.state.numbers.len()], self.state.numbers.iter().map(|&number| number as f32).collect())
    }
}

impl Trainable for KlLearner {
    fn position(&self) -> Position {
        Position { step: self.state.step, total_steps: self.knobs.integer("steps") as u64, samples_per_step: 1 }
    }

    fn step(&mut self, tell: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let direction =
            if self.state.live.choice("direction") == "reverse" { Direction::Reverse } else { Direction::Forward };
        let rate = self.state.live.real("learning_rate");
        let bars = self.bars();
        descend(&self.p, &mut self.state.numbers, bars, direction, rate)?;
        self.state.step += 1;
        let step = self.state.step;
        let found = divergence(&self.p, &self.q())?;
        let mut scalar = |series: &str, value| tell(Event::Scalar { series: series.to_owned(), step, value });
        scalar("kl/forward", found.forward);
        scalar("kl/reverse", found.reverse);
        if let Distribution::Normal { mean, deviation } = self.q() {
            scalar("q/mean", mean);
            scalar("q/deviation", deviation);
        }
        Ok(())
    }

    fn turn(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&knobs(), knob, value)
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(FittedDivergence { p: self.p.clone(), q: self.q() })
    }

    fn checkpoint(&self) -> Vec<u8> {
        let state = serde_json::to_string(&self.state).expect("the state is plain data");
        checkpoint::encode([(NUMBERS.to_owned(), &self.numbers())], Some(&state), Precision::Single)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let state = checkpoint::decode(bytes)?.state.unwrap_or_default();
        let state: State = serde_json::from_str(&state)
            .map_err(|error| Failure::new(format!("the checkpoint's state cannot be read: {error}")))?;
        if state.numbers.len() != self.state.numbers.len() {
            return Err(Failure::new("the checkpoint is of another P"));
        }
        self.state = state;
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        checkpoint::encode([(NUMBERS.to_owned(), &self.numbers())], None, precision)
    }

    fn report(&self, _watch: &Watch) -> Result<Report, Failure> {
        let found = divergence(&self.p, &self.q())?;
        let mut report = Report::new();
        report.insert("kl_forward".to_owned(), found.forward.into());
        report.insert("kl_reverse".to_owned(), found.reverse.into());
        if let Distribution::Normal { mean, deviation } = self.q() {
            report.insert("q_mean".to_owned(), mean.into());
            report.insert("q_deviation".to_owned(), deviation.into());
        }
        report.insert("parameters".to_owned(), self.state.numbers.len().into());
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
    pub const ANSWERS: [QueryKind; 3] = [QueryKind::Divergence, QueryKind::Fitted, QueryKind::Fit];

    /// From a file of Q's numbers.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs) -> Result<Self, Failure> {
        let p = target(knobs);
        let bars = if let Distribution::Bars { shares } = &p { shares.len() } else { 0 };
        let numbers = checkpoint::decode(weights)?.take(NUMBERS, &[if bars > 0 { bars } else { 2 }])?;
        let numbers: Vec<f64> = numbers.values().iter().map(|&number| f64::from(number)).collect();
        Ok(FittedDivergence { q: shaped(&numbers, bars > 0), p })
    }
}

impl Model for FittedDivergence {
    fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
        watch.check()?;
        match query {
            Query::Divergence { p, q } => Ok(Answer::Divergence(divergence(p, q)?)),
            Query::Fitted => Ok(Answer::Fitted { p: self.p.clone(), q: self.q.clone() }),
            Query::Fit { p, q, forward } => {
                let direction = if *forward { Direction::Forward } else { Direction::Reverse };
                let bars = matches!(q, Distribution::Bars { .. });
                let mut numbers = numbers_of(q)?;
                let mut way = vec![q.clone()];
                for step in 1..=FIT_STEPS {
                    watch.check()?;
                    descend(p, &mut numbers, bars, direction, if bars { 0.5 } else { 0.1 })?;
                    if step % FIT_EVERY == 0 {
                        way.push(shaped(&numbers, bars));
                    }
                }
                Ok(Answer::Path { way })
            }
            query => Err(unanswered(query)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(direction: &str) -> (f64, f64) {
        let declared = knobs();
        let mut knobs = Knobs::defaults(&declared);
        knobs.set_text(&declared, &format!("direction={direction}")).unwrap();
        let mut learner = KlLearner::new(&knobs);
        while !learner.position().is_end() {
            learner.step(&mut |_| ()).unwrap();
        }
        match learner.q() {
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
