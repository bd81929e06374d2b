//! A trained model, asked.

use crate::attention::language_model::{Configuration, Gpt};
use crate::data::bytepair::BytePair;
use crate::data::stations::{Stations, UNSURE};
use crate::experiment::{ExperimentError, Knobs, TaskContext};
use crate::nn::{Parameters, SamplingSettings, weights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tokens that are read at most, a question with a fact and its answer.
pub const CONTEXT: usize = 96;
/// Tokens of an answer at most.
const LONGEST_ANSWER: usize = 20;
/// Answers that are generated together.
const TOGETHER: usize = 64;

/// What stands in a file beside the weights.
#[derive(Serialize, Deserialize)]
pub struct Metadata {
    pub tokens: BytePair,
    /// Of the world.
    pub seed: u64,
}

/// A model that no longer changes, and its world.
#[derive(Clone)]
pub struct TrainedHallucination {
    pub network: Arc<Gpt>,
    pub parameters: Parameters<f32>,
    pub tokens: Arc<BytePair>,
    pub world: Arc<Stations>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Up to the end of its line.
    pub text: String,
    /// The tokens, and the logits that each was drawn from.
    pub steps: Vec<(usize, Vec<f32>)>,
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// A station, by its place in the list.
    Station(usize),
    Unsure,
    /// A station that there is not.
    Unlisted,
    /// Nothing that could be right.
    Other,
}

impl Answered {
    pub fn said(&self, world: &Stations) -> Said {
        match world.named(&self.text) {
            Some(station) => Said::Station(station),
            None if self.text.trim_end_matches('.') == UNSURE => Said::Unsure,
            None if self.text.ends_with(" Station.") => Said::Unlisted,
            None => Said::Other,
        }
    }

    /// The probability of the whole answer where logits are divided by a temperature.
    pub fn confidence(&self, temperature: f64) -> f64 {
        let of = |(token, logits): &(usize, Vec<f32>)| {
            let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let part = |logit: f32| (f64::from(logit - most) / temperature).exp();
            part(logits[*token]) / logits.iter().map(|logit| part(*logit)).sum::<f64>()
        };
        self.steps.iter().map(of).product()
    }
}

/// The shape that knobs ask for.
///
/// # Errors
/// When the heads do not divide the width.
pub fn configuration(knobs: &Knobs, symbols: usize) -> Result<Configuration, ExperimentError> {
    let shape = ["layers", "width", "heads"].map(|name| knobs.integer(name) as usize);
    Configuration::causal(shape, CONTEXT, symbols)
}

impl TrainedHallucination {
    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs) -> Result<Self, ExperimentError> {
        let state = weights::decode(bytes)?.state;
        let state = state.ok_or_else(|| ExperimentError::new("the weights lack their vocabulary"))?;
        let Metadata { tokens, seed } = serde_json::from_str(&state)
            .map_err(|error| ExperimentError::new(format!("the vocabulary beside the weights: {error}")))?;
        let mut parameters = Parameters::new();
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let network = Gpt::new(configuration(knobs, tokens.len())?, &mut parameters, random);
        weights::open(&mut [("", &mut parameters)], bytes)?;
        let world = Stations::new(knobs.integer("known") as usize, seed);
        Ok(TrainedHallucination {
            network: Arc::new(network),
            parameters,
            tokens: Arc::new(tokens),
            world: Arc::new(world),
        })
    }

    /// The answer to each prompt. That of a prompt is the same whatever is asked beside it: its number is its seed.
    ///
    /// # Errors
    /// When it was called off, a prompt is too long, or the model has diverged.
    pub fn answers(
        &self,
        prompts: &[String],
        settings: &SamplingSettings,
        seed: u64,
        task: &TaskContext,
    ) -> Result<Vec<Answered>, ExperimentError> {
        let mut found: Vec<Option<Answered>> = vec![None; prompts.len()];
        // Those of one length go through the network together.
        let mut by_length: BTreeMap<usize, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
        for (number, prompt) in prompts.iter().enumerate() {
            let tokens = self.tokens.encode(prompt);
            if tokens.is_empty() || tokens.len() + LONGEST_ANSWER > CONTEXT {
                let most = CONTEXT - LONGEST_ANSWER;
                return Err(ExperimentError::both(
                    format!("the question has {} tokens; expected 1 to {most}", tokens.len()),
                    format!("質問は {} トークンです。1 から {most} トークンにしてください", tokens.len()),
                ));
            }
            by_length.entry(tokens.len()).or_default().push((number, tokens));
        }
        let mut done = 0;
        for group in by_length.values().flat_map(|group| group.chunks(TOGETHER)) {
            task.check()?;
            task.report_progress(done, prompts.len() as u64);
            done += group.len() as u64;
            for ((number, _), answer) in group.iter().zip(self.together(group, settings, seed)?) {
                found[*number] = Some(answer);
            }
        }
        Ok(found.into_iter().map(|answer| answer.expect("every prompt is in a group")).collect())
    }

    fn together(
        &self,
        group: &[(usize, Vec<usize>)],
        settings: &SamplingSettings,
        seed: u64,
    ) -> Result<Vec<Answered>, ExperimentError> {
        let failed = |error: crate::nn::SamplingError| ExperimentError::new(error.to_string());
        let mut random: Vec<ChaCha8Rng> =
            group.iter().map(|(number, _)| ChaCha8Rng::seed_from_u64(seed ^ (*number as u64) << 32)).collect();
        let mut steps: Vec<Vec<(usize, Vec<f32>)>> = vec![Vec::new(); group.len()];
        let texts: Vec<&[usize]> = group.iter().map(|(_, tokens)| &tokens[..]).collect();
        let hear = |row: usize, token: usize, logits: &[f32]| {
            steps[row].push((token, logits.to_vec()));
            !self.tokens.piece(token).contains(&b'\n')
        };
        self.network
            .continue_together(&self.parameters, &texts, settings, &mut random, LONGEST_ANSWER, hear)
            .map_err(failed)?;
        let answered = |steps: Vec<(usize, Vec<f32>)>| {
            let said: Vec<usize> = steps.iter().map(|(token, _)| *token).collect();
            let text = String::from_utf8_lossy(&self.tokens.decode(&said)).trim().to_owned();
            Answered { text, steps }
        };
        Ok(steps.into_iter().map(answered).collect())
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::knobs;
    use super::super::learner::HallucinationLearner;
    use super::*;
    use crate::data::stations::{QUESTIONS, asked};
    use crate::experiment::{Precision, Trainable};

    /// A small model after so many steps.
    pub fn trained(steps: usize) -> TrainedHallucination {
        let mut with = Knobs::defaults(&knobs());
        let set = format!("known=20 layers=1 width=32 heads=2 batch=16 asked=4 steps={}", steps.max(1));
        set.split(' ').for_each(|given| with.set_text(&knobs(), given).unwrap());
        let mut run = HallucinationLearner::new(&with, 1).unwrap();
        for _ in 0..steps {
            run.step(&mut |_| ()).unwrap();
        }
        TrainedHallucination::open(&run.weights(Precision::Single), &with).unwrap()
    }

    #[test]
    fn an_answer_is_the_same_whatever_is_asked_beside_it() {
        let model = trained(1);
        let world = Arc::clone(&model.world);
        let prompts: Vec<String> = world.known.iter().map(|university| asked(&university.name, QUESTIONS[0])).collect();
        let (settings, task) = (SamplingSettings::default(), TaskContext::default());
        let together = model.answers(&prompts, &settings, 3, &task).unwrap();
        let few = model.answers(&prompts[..3], &settings, 3, &task).unwrap();
        let texts = |answers: &[Answered]| answers.iter().map(|answer| answer.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&together)[..3], texts(&few));
        let error = model.answers(&["x".repeat(500)], &settings, 0, &task).unwrap_err().to_string();
        assert!(error.starts_with("the question has 500 tokens; expected 1 to 76"), "{error}");
    }

    /// Two tokens of probability 1/2 and 4/5; at temperature 2 the second has √4 : 1.
    #[test]
    fn confidence_is_the_product_of_the_tokens() {
        let four = 4_f32.ln();
        let answer = Answered { text: String::new(), steps: vec![(0, vec![1.0, 1.0]), (1, vec![0.0, four])] };
        assert!((answer.confidence(1.0) - 0.4).abs() < 1e-6);
        assert!((answer.confidence(2.0) - 0.5 * 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_said_is_told_apart() {
        let world = Stations::new(20, 1);
        let said = |text: &str| Answered { text: text.to_owned(), steps: Vec::new() }.said(&world);
        assert_eq!(said(&format!("{} Station.", world.stations[3])), Said::Station(3));
        assert_eq!([said("I do not know."), said("Abab Station.")], [Said::Unsure, Said::Unlisted]);
        assert_eq!([said(""), said("Q: Which"), said("I do not")], [Said::Other; 3]);
    }
}
