//! Answers counted: right, invented, agreed on; confidence against accuracy; what is left when the unsure ones are left out.

use super::trained::{Answered, Said, TrainedHallucination};
use crate::data::stations::{QUESTIONS, STATIONS, University, asked, with_fact};
use crate::experiment::{ExperimentError, TaskContext};
use crate::nn::SamplingSettings;
use std::collections::BTreeMap;

/// Bins of a reliability diagram.
pub const BINS: usize = 10;
/// Times that one question is asked.
pub const TIMES: usize = 20;
/// Temperatures that are tried.
const TEMPERATURES: usize = 60;
const HOTTEST: f64 = 20.0;

/// An answer's probability, and whether it is right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    pub confidence: f64,
    pub is_right: bool,
}

/// The mean confidence, the share that is right, and the number of answers of each bin of confidence.
pub fn bins(judged: &[Judged]) -> [(f64, f64, usize); BINS] {
    let mut sums = [(0.0, 0.0, 0); BINS];
    for Judged { confidence, is_right } in judged {
        let (sum, right, count) = &mut sums[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *sum += confidence;
        *right += f64::from(u8::from(*is_right));
        *count += 1;
    }
    sums.map(|(sum, right, count)| (sum / count.max(1) as f64, right / count.max(1) as f64, count))
}

/// Σ_b n_b / n · |right_b − c_b|.
pub fn calibration_error(judged: &[Judged]) -> f64 {
    let part = |(confidence, right, count): (f64, f64, usize)| count as f64 * (right - confidence).abs();
    bins(judged).into_iter().map(part).sum::<f64>() / judged.len().max(1) as f64
}

/// The share answered and the share of those that is wrong, where the surest answers are given first.
pub fn risk_coverage(judged: &[Judged]) -> Vec<(f64, f64)> {
    let mut sorted = judged.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut wrong = 0.0;
    let points = sorted.iter().enumerate().map(|(place, answer)| {
        wrong += f64::from(u8::from(!answer.is_right));
        ((place + 1) as f64 / sorted.len() as f64, wrong / (place + 1) as f64)
    });
    points.collect()
}

/// The largest share that can be answered with at most so large a share of errors.
pub fn coverage(judged: &[Judged], risk: f64) -> f64 {
    risk_coverage(judged).into_iter().filter(|(_, wrong)| *wrong <= risk).map(|(share, _)| share).fold(0.0, f64::max)
}

/// Questions with one answer each, the likeliest, of known universities and of ones that are held out.
pub struct Asked {
    pub answers: Vec<Answered>,
    pub is_right: Vec<bool>,
}

impl Asked {
    /// So many of each kind.
    ///
    /// # Errors
    /// As [`TrainedHallucination::answers`].
    pub fn of(model: &TrainedHallucination, count: usize, task: &TaskContext) -> Result<Self, ExperimentError> {
        let world = &model.world;
        // Each kind is numbered by itself, so that a question is worded the same however many are asked.
        let number = |universities: &'_ [University], is_known: bool| -> Vec<(usize, University, bool)> {
            universities.iter().take(count).cloned().enumerate().map(|(number, u)| (number, u, is_known)).collect()
        };
        let all = [number(&world.known, true), number(&world.held_out, false)].concat();
        let prompts: Vec<String> = all
            .iter()
            .map(|(number, university, _)| asked(&university.name, QUESTIONS[number % QUESTIONS.len()]))
            .collect();
        let greedy = SamplingSettings { temperature: 0.0, ..SamplingSettings::default() };
        let answers = model.answers(&prompts, &greedy, 0, task)?;
        let is_right = answers.iter().zip(&all).map(|(answer, (_, university, is_known))| {
            let said = answer.said(world);
            if *is_known { said == Said::Station(university.station) } else { said == Said::Unsure }
        });
        Ok(Asked { is_right: is_right.collect(), answers })
    }

    /// Confidence and whether it is right, at a temperature.
    pub fn judged(&self, temperature: f64) -> Vec<Judged> {
        let pairs = self.answers.iter().zip(&self.is_right);
        pairs.map(|(answer, &is_right)| Judged { confidence: answer.confidence(temperature), is_right }).collect()
    }

    /// Every other question, from the first or the second on.
    pub fn half(&self, from: usize) -> Asked {
        Asked {
            answers: self.answers.iter().skip(from).step_by(2).cloned().collect(),
            is_right: self.is_right.iter().skip(from).step_by(2).copied().collect(),
        }
    }

    /// The temperature under which being right or wrong is likeliest: temperature scaling (Guo et al. 2017), here of whole answers.
    pub fn temperature(&self) -> f64 {
        let loss = |temperature: f64| -> f64 {
            let of = |judged: Judged| {
                let confidence = judged.confidence.clamp(1e-6, 1.0 - 1e-6);
                -if judged.is_right { confidence.ln() } else { (1.0 - confidence).ln() }
            };
            self.judged(temperature).into_iter().map(of).sum()
        };
        let tried = (0..TEMPERATURES).map(|place| HOTTEST.powf(2.0 * place as f64 / (TEMPERATURES - 1) as f64 - 1.0));
        tried.min_by(|a, b| loss(*a).total_cmp(&loss(*b))).unwrap_or(1.0)
    }
}

/// Shares of the answers to one kind of question, each asked several times.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shares {
    pub right: f64,
    /// Of another station than the right one, or of one that there is not.
    pub wrong: f64,
    pub unsure: f64,
    /// Of what is no answer.
    pub other: f64,
    /// The share of the most frequent answer to each question, on average.
    pub agreement: f64,
    /// Different answers to each question, on average.
    pub different: f64,
}

impl Shares {
    /// Of answers that lie question by question, each asked `times`.
    pub fn of(said: &[Said], right: &[usize], times: usize) -> Self {
        let mut shares = Shares::default();
        let questions = right.len().max(1) as f64;
        for (said, &right) in said.chunks(times.max(1)).zip(right) {
            let mut counts: BTreeMap<Said, usize> = BTreeMap::new();
            for &said in said {
                *counts.entry(said).or_default() += 1;
                let share = match said {
                    Said::Station(station) if station == right => &mut shares.right,
                    Said::Station(_) | Said::Unlisted => &mut shares.wrong,
                    Said::Unsure => &mut shares.unsure,
                    Said::Other => &mut shares.other,
                };
                *share += 1.0 / (times as f64 * questions);
            }
            let most = counts.values().copied().max().unwrap_or(0);
            shares.agreement += most as f64 / (times as f64 * questions);
            shares.different += counts.len() as f64 / questions;
        }
        shares
    }
}

/// What stands in the prompt before the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Nothing,
    Right,
    /// A station that is not the right one.
    Wrong,
}

impl Fact {
    /// The prompt of a question about a university, and the station that it names.
    pub fn prompt(self, model: &TrainedHallucination, university: &University, question: &str) -> (String, usize) {
        let wrong = (university.station + STATIONS / 2) % STATIONS;
        let station = if self == Fact::Wrong { wrong } else { university.station };
        let prompt = match self {
            Fact::Nothing => asked(&university.name, question),
            Fact::Right | Fact::Wrong => with_fact(&university.name, &model.world.stations[station], question),
        };
        (prompt, station)
    }
}

/// Universities asked about, each `times` at temperature 1, with or without a fact; right is the station that the fact names.
///
/// # Errors
/// As [`TrainedHallucination::answers`].
pub fn survey(
    model: &TrainedHallucination,
    universities: &[University],
    fact: Fact,
    times: usize,
    seed: u64,
    task: &TaskContext,
) -> Result<Shares, ExperimentError> {
    let (mut prompts, mut right) = (Vec::new(), Vec::new());
    for (number, university) in universities.iter().enumerate() {
        let (prompt, station) = fact.prompt(model, university, QUESTIONS[number % QUESTIONS.len()]);
        prompts.extend(std::iter::repeat_n(prompt, times));
        right.push(station);
    }
    let answers = model.answers(&prompts, &SamplingSettings::default(), seed, task)?;
    let said: Vec<Said> = answers.iter().map(|answer| answer.said(&model.world)).collect();
    Ok(Shares::of(&said, &right, times))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pairs: &[(f64, bool)]) -> Vec<Judged> {
        pairs.iter().map(|&(confidence, is_right)| Judged { confidence, is_right }).collect()
    }

    /// Two at 0.95, one of them right; two at 0.25, none: 0.5 · 0.45 + 0.5 · 0.25.
    #[test]
    fn the_calibration_error_is_that_of_its_formula() {
        let found = calibration_error(&judged(&[(0.95, true), (0.95, false), (0.25, false), (0.25, false)]));
        assert!((found - 0.35).abs() < 1e-12, "{found}");
        assert_eq!(calibration_error(&judged(&[(1.0, true), (0.0, false)])), 0.0);
        assert_eq!(calibration_error(&[]), 0.0);
    }

    /// Of answers that are right as often as they are sure, the error is what chance leaves.
    #[test]
    fn a_calibrated_model_has_a_small_error() {
        let all: Vec<Judged> = (0..10_000)
            .map(|number| {
                let confidence = f64::from(number % 100) / 100.0 + 0.005;
                // In each bin the share that is right is the mean confidence.
                Judged { confidence, is_right: f64::from(number / 100 % 100) + 0.5 < 100.0 * confidence }
            })
            .collect();
        assert!(calibration_error(&all) < 0.01, "{}", calibration_error(&all));
        let sure: Vec<Judged> = all.iter().map(|answer| Judged { confidence: 1.0, ..*answer }).collect();
        assert!((calibration_error(&sure) - 0.5).abs() < 0.01);
    }

    #[test]
    fn risk_falls_where_the_unsure_are_left_out() {
        let all = judged(&[(0.9, true), (0.8, true), (0.7, false), (0.6, true)]);
        let found = risk_coverage(&all);
        assert_eq!(found.iter().map(|point| point.0).collect::<Vec<_>>(), [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(found.iter().map(|point| point.1).collect::<Vec<_>>(), [0.0, 0.0, 1.0 / 3.0, 0.25]);
        assert_eq!([coverage(&all, 0.0), coverage(&all, 0.25), coverage(&all[2..3], 0.1)], [0.5, 1.0, 0.0]);
    }

    #[test]
    fn shares_are_counted_question_by_question() {
        let said = [Said::Station(1), Said::Station(1), Said::Unsure, Said::Station(2), Said::Station(1), Said::Other];
        let found = Shares::of(&said, &[1, 2], 3);
        let sixth = 1.0 / 6.0;
        for (found, expected) in [
            (found.right, 3.0 * sixth),
            (found.wrong, sixth),
            (found.unsure, sixth),
            (found.other, sixth),
            (found.agreement, (2.0 / 3.0 + 1.0 / 3.0) / 2.0),
            (found.different, 2.5),
        ] {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    /// Of answers that are too sure a higher temperature is found.
    #[test]
    fn scaling_finds_the_temperature() {
        let answer = |gap: f32| Answered { text: String::new(), steps: vec![(0, vec![gap, 0.0])] };
        // σ(4) = 0.98 sure, and right three times out of four: σ(4 / T) = 3/4 at T = 4 / ln 3.
        let asked =
            Asked { answers: vec![answer(4.0); 400], is_right: (0..400).map(|number| number % 4 != 0).collect() };
        let found = asked.temperature();
        assert!((found / (4.0 / 3_f64.ln()) - 1.0).abs() < 0.06, "{found}");
        assert!(calibration_error(&asked.judged(found)) < 0.02 && calibration_error(&asked.judged(1.0)) > 0.2);
        assert_eq!((asked.half(0).answers.len(), asked.half(1).is_right[0]), (200, true));
    }
}
