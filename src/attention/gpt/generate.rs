//! A GPT that no longer changes: opened from a file, going on with a text token by token.

use crate::attention::language_model::{Configuration, Gpt};
use crate::data::bytepair::END_OF_TEXT;
use crate::data::stories::Language;
use crate::data::tokenizer::Tokenizer;
use crate::experiment::{Bilingual, ExperimentError, Knobs, QueryKind, TaskContext};
use crate::nn::{AttentionTrace, KeyValueCache, Parameters, SamplingError, SamplingSettings, draw, weights};
use crate::tensor::{Element, Tape, Tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A GPT that no longer changes.
#[derive(Clone)]
pub struct TrainedGpt {
    pub(super) network: Arc<Gpt>,
    pub(super) parameters: Parameters<f32>,
    pub(super) tokenizer: Arc<Tokenizer>,
    /// The language of its stories; none after a text of one's own.
    pub(super) language: Option<Language>,
    /// The folder that it was opened from, where it was trained elsewhere.
    pub(super) folder: Option<String>,
    /// What is looked into where no text was typed, once it was written.
    pub(super) example: Arc<OnceLock<String>>,
}

/// What stands in a file beside the weights.
#[derive(Serialize, Deserialize)]
pub(super) struct Metadata {
    pub tokenizer: Tokenizer,
    pub language: Option<Language>,
}

/// How a text is continued.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Continuation {
    pub settings: SamplingSettings,
    /// Tokens at most.
    pub most: usize,
    pub seed: u64,
    /// Whether the end of a line ends it, as it ends a story.
    pub stops_at_line: bool,
}

/// A token that was generated.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    pub token: usize,
    /// ln P of the model itself, at temperature 1.
    pub log_probability: f64,
    /// H of the model's distribution, in nats.
    pub entropy: f64,
    /// What it was drawn from, by the settings: a probability for each symbol.
    pub drawn_from: Vec<f64>,
}

/// Places whose logits are in memory together.
const PLACES_TOGETHER: usize = 64;

/// A text that is being read, with the keys and values of what was read.
pub(super) struct Reader<'a> {
    model: &'a TrainedGpt,
    caches: Vec<KeyValueCache<f32>>,
    read: Vec<usize>,
}

impl Reader<'_> {
    /// The logits of what follows all that was read. Where that would be more than the context, only its last half is read again.
    pub(super) fn read(&mut self, tokens: &[usize]) -> Vec<f32> {
        let context = self.model.network.configuration.context;
        self.read.extend(tokens);
        let mut new = tokens.len();
        if self.caches.first().map_or(0, KeyValueCache::length) + new > context {
            self.read.drain(..self.read.len() - (context / 2).max(1));
            self.caches = self.model.network.caches();
            new = self.read.len();
        }
        let tape = Tape::without_gradients();
        let bound = self.model.parameters.on(&tape);
        let new = &self.read[self.read.len() - new..];
        self.model.network.read(&bound, &mut self.caches, 1, new).ordered().values().to_vec()
    }
}

fn failed(error: SamplingError) -> ExperimentError {
    ExperimentError::new(error.to_string())
}

/// ln P of each symbol.
pub(super) fn log_probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = logits.iter().map(|logit| f64::from(logit - largest).exp()).sum();
    logits.iter().map(|logit| f64::from(logit - largest) - total.ln()).collect()
}

/// The places of the largest numbers, the largest first, of equals the first.
pub(super) fn largest<E: Element>(numbers: &[E], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..numbers.len()).collect();
    // What is not a number comes last.
    let order = |a: &usize, b: &usize| {
        let by_number = numbers[*b].partial_cmp(&numbers[*a]);
        by_number.unwrap_or_else(|| numbers[*a].is_nan().cmp(&numbers[*b].is_nan())).then(a.cmp(b))
    };
    if most < places.len() {
        places.select_nth_unstable_by(most, order);
        places.truncate(most);
    }
    places.sort_by(order);
    places
}

/// H of a distribution given by its logarithms, in nats.
pub(super) fn entropy(logarithms: &[f64]) -> f64 {
    logarithms.iter().filter(|ln| ln.is_finite()).map(|ln| -ln.exp() * ln).sum()
}

impl TrainedGpt {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 1] = [QueryKind::View];

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs) -> Result<Self, ExperimentError> {
        let state = weights::decode(bytes)?.state;
        let state = state.ok_or_else(|| ExperimentError::new("the weights lack their vocabulary"))?;
        let Metadata { tokenizer, language } = serde_json::from_str(&state)
            .map_err(|error| ExperimentError::new(format!("the vocabulary beside the weights: {error}")))?;
        let configuration = Configuration::from_knobs(knobs, tokenizer.len())?;
        let mut parameters = Parameters::new();
        let network = Gpt::new(configuration, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
        weights::open(&mut [("", &mut parameters)], bytes)?;
        Ok(TrainedGpt {
            network: Arc::new(network),
            parameters,
            tokenizer: Arc::new(tokenizer),
            language,
            folder: None,
            example: Arc::default(),
        })
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { model: self, caches: self.network.caches(), read: Vec::new() }
    }

    /// The tokens that a prompt is read as, one at least: a story, and a text without a beginning, begin behind the end of a line.
    ///
    /// # Errors
    /// When a character never stood in the text that was learned from.
    pub fn prompt(&self, text: &str) -> Result<Vec<usize>, ExperimentError> {
        let tokens = self.tokenizer.encode(text)?;
        if self.language.is_none() && !tokens.is_empty() {
            return Ok(tokens);
        }
        let beginning = match self.end_of_text() {
            Some(end) => vec![end],
            None => self.tokenizer.encode("\n").unwrap_or_else(|_| vec![0]),
        };
        Ok([beginning, tokens].concat())
    }

    /// The token that stands before and behind a text, if there is one.
    pub fn end_of_text(&self) -> Option<usize> {
        match &*self.tokenizer {
            Tokenizer::BytePair(encoding) => encoding.special(END_OF_TEXT),
            Tokenizer::Characters(_) => None,
        }
    }

    /// The tokens of a prompt that fit into the context, the last ones, and what there is to say if it was cut.
    ///
    /// # Errors
    /// As [`prompt`](Self::prompt).
    pub fn fitting_prompt(&self, text: &str) -> Result<(Vec<usize>, Option<Bilingual>), ExperimentError> {
        let mut tokens = self.prompt(text)?;
        let context = self.network.configuration.context;
        let over = tokens.len().saturating_sub(context);
        tokens.drain(..over);
        let note = (over > 0).then(|| {
            Bilingual::new(
                format!(
                    "The first {over} tokens of the text do not fit into the context of {context} and are left out."
                ),
                format!("文脈長 {context} に入らない最初の {over} トークンは読んでいません。"),
            )
        });
        Ok((tokens, note))
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Whether it learned from the lab's stories, of which each is a line.
    pub fn tells_stories(&self) -> bool {
        self.language.is_some()
    }

    /// Whether a text can be continued by it.
    ///
    /// # Errors
    /// When it fills gaps.
    pub fn is_for_continuing(&self) -> Result<(), ExperimentError> {
        match self.network.configuration.is_causal {
            true => Ok(()),
            false => Err(ExperimentError::both(
                "this model fills gaps: it was never trained to continue a text. Use the view `fill`.",
                "このモデルは穴埋め用で、文章の続きは学習していません。ビュー `fill` を使ってください。",
            )),
        }
    }

    /// Goes on with a prompt of at least one token, at most to the end of a text; `hear` gets each token as it comes, and may end it with an error.
    ///
    /// # Errors
    /// That of `hear`, or when the model has diverged.
    pub fn generate(
        &self,
        prompt: &[usize],
        how: &Continuation,
        mut hear: impl FnMut(Generated) -> Result<(), ExperimentError>,
    ) -> Result<(), ExperimentError> {
        let random = &mut ChaCha8Rng::seed_from_u64(how.seed);
        let (mut reader, end) = (self.reader(), self.end_of_text());
        let mut logits = reader.read(prompt);
        for place in 0..how.most {
            let drawn_from = how.settings.probabilities(&logits).map_err(failed)?;
            let token = draw(&drawn_from, random);
            let logarithms = log_probabilities(&logits);
            hear(Generated { token, log_probability: logarithms[token], entropy: entropy(&logarithms), drawn_from })?;
            if (how.stops_at_line && self.ends_line(token)) || Some(token) == end {
                break;
            }
            if place + 1 < how.most {
                logits = reader.read(&[token]);
            }
        }
        Ok(())
    }

    /// Whether a token has the end of a line in it.
    pub(super) fn ends_line(&self, token: usize) -> bool {
        match &*self.tokenizer {
            Tokenizer::BytePair(encoding) => encoding.piece(token).contains(&b'\n'),
            tokenizer @ Tokenizer::Characters(_) => tokenizer.decode(&[token]) == "\n",
        }
    }

    /// Texts from nothing, each up to the end of a line, `most` tokens or the end of the context, all at once, and whether the line has
    /// ended; the text of a number is the same whatever stands beside it.
    ///
    /// # Errors
    /// When the model has diverged.
    pub fn lines(&self, count: usize, how: &Continuation) -> Result<Vec<(String, bool)>, ExperimentError> {
        let begin = self.prompt("")?;
        let most = how.most.min(self.network.configuration.context.saturating_sub(begin.len()));
        let mut random: Vec<ChaCha8Rng> =
            (0..count as u64).map(|row| ChaCha8Rng::seed_from_u64(how.seed ^ row << 32)).collect();
        let mut lines = vec![Vec::new(); count];
        let hear = |line: usize, token: usize, _: &[f32]| {
            lines[line].push(token);
            !self.ends_line(token)
        };
        self.network
            .continue_together(&self.parameters, &vec![&begin[..]; count], &how.settings, &mut random, most, hear)
            .map_err(failed)?;
        let text = |line: &Vec<usize>| {
            let has_ended = line.last().is_some_and(|token| self.ends_line(*token));
            (self.tokenizer.decode(line).trim_end_matches('\n').to_owned(), has_ended)
        };
        Ok(lines.iter().map(text).collect())
    }

    /// Reads a text that fits layer by layer: `see` gets the vectors `[1, length, width]` before the first block and behind each, with the
    /// attention of that block. Each layer is read on a tape of its own, so that only one of them is in memory.
    ///
    /// # Errors
    /// When it was called off.
    pub(super) fn layers(
        &self,
        tokens: &[usize],
        task: &TaskContext,
        mut see: impl FnMut(&Tensor<f32>, Option<AttentionTrace<f32>>),
    ) -> Result<(), ExperimentError> {
        let mut state = {
            let tape = Tape::without_gradients();
            self.network.embed(&self.parameters.on(&tape), 1, tokens, 0).ordered()
        };
        see(&state, None);
        for layer in 0..self.network.configuration.layers {
            task.check()?;
            let tape = Tape::without_gradients();
            let (next, attention) = self.network.layer(&self.parameters.on(&tape), layer, tape.constant(state));
            state = next.ordered();
            see(&state, Some(attention));
        }
        Ok(())
    }

    /// Hands out the logits `[symbols]` of some places of vectors behind a block, place by place; a large vocabulary at all of them would
    /// take hundreds of megabytes.
    pub(super) fn logits_of(&self, state: &Tensor<f32>, places: Range<usize>, mut see: impl FnMut(usize, &[f32])) {
        for from in places.clone().step_by(PLACES_TOGETHER) {
            let tape = Tape::without_gradients();
            let part = tape.constant(state.clone()).narrow(1, from..(from + PLACES_TOGETHER).min(places.end));
            let logits = self.network.logits(&self.parameters.on(&tape), part).ordered();
            let rows = logits.values().chunks_exact(self.network.configuration.symbols);
            rows.enumerate().for_each(|(place, logits)| see(from + place, logits));
        }
    }

    /// The vectors behind the last block, of a text that fits.
    ///
    /// # Errors
    /// When it was called off.
    pub(super) fn last_state(&self, tokens: &[usize], task: &TaskContext) -> Result<Tensor<f32>, ExperimentError> {
        let mut last = None;
        self.layers(tokens, task, |state, _| last = Some(state.clone()))?;
        Ok(last.expect("a state before the first block at least"))
    }

    /// Logits `[length, symbols]` at every place of a text that fits, row by row.
    #[cfg(test)]
    pub(super) fn all_logits(&self, tokens: &[usize]) -> Vec<f32> {
        let tape = Tape::without_gradients();
        self.network.forward(&self.parameters.on(&tape), 1, tokens).ordered().values().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::super::knobs;
    use super::super::learner::GptLearner;
    use super::*;
    use crate::experiment::Trainable;

    /// A fresh network, whose predictions are as good as random.
    fn fresh(set: &str) -> TrainedGpt {
        let mut with = Knobs::defaults(&knobs());
        let small = "stories=100 layers=1 width=8 heads=2 context=16 vocabulary=300";
        small.split(' ').chain(set.split_whitespace()).for_each(|given| with.set_text(&knobs(), given).unwrap());
        let run = GptLearner::new(&with, 1, None).unwrap();
        TrainedGpt::open(&run.weights(crate::experiment::Precision::Single), &with).unwrap()
    }

    fn how(most: usize) -> Continuation {
        Continuation { settings: SamplingSettings::default(), most, seed: 3, stops_at_line: false }
    }

    fn generated(model: &TrainedGpt, prompt: &str, how: &Continuation) -> Vec<Generated> {
        let mut all = Vec::new();
        model
            .generate(&model.prompt(prompt).unwrap(), how, |token| {
                all.push(token);
                Ok(())
            })
            .unwrap();
        all
    }

    /// Each token is drawn from what the whole network says of the text before it, with a cache or without.
    #[test]
    fn tokens_come_from_the_distribution_of_the_full_pass() {
        for tokens in ["tokens=characters", "tokens=bytepair"] {
            let model = fresh(tokens);
            let mut text = model.prompt("An").unwrap();
            let found = generated(&model, "An", &how(16 - text.len()));
            for token in &found {
                let logits = model.all_logits(&text);
                let expected = log_probabilities(&logits[logits.len() - model.network.configuration.symbols..]);
                assert!((token.log_probability - expected[token.token]).abs() < 1e-4);
                assert!((token.drawn_from[token.token].ln() - token.log_probability).abs() < 1e-4);
                assert!((token.entropy - entropy(&expected)).abs() < 1e-4);
                text.push(token.token);
            }
            assert_eq!(found, generated(&model, "An", &how(found.len())), "the same seed");
        }
    }

    /// The percentages that the exercises ask for and tell.
    #[test]
    fn the_bundled_model_answers_a_question_as_the_lab_says() {
        let model = super::super::tuning::bundled().unwrap();
        let story =
            "Anna is in the park. Ben is in the park. There is a key in the park. Anna takes the key in the park.";
        let examples = "Ben takes the hat in the shop. Who has the hat? Ben. Clara takes the book in the garden. Who has the book? Clara.";
        let [name, stop] = [" Anna", "."].map(|text| match model.tokenizer.encode(text).unwrap()[..] {
            [token] => token,
            ref several => panic!("{text}: {several:?}"),
        });
        for (prompt, token, percent, tolerance) in [
            (format!("{story} Who has the key?"), stop, 87.2, 0.5),
            (format!("{story} Who has the key?"), name, 0.0, 0.1),
            (format!("{examples} {story} Who has the key?"), stop, 99.3, 0.05),
            (format!("{examples} {story} Who has the key?"), name, 0.0, 0.1),
            (format!("{story} Now"), name, 71.0, 0.5),
        ] {
            let logits = model.all_logits(&model.fitting_prompt(&prompt).unwrap().0);
            let last = log_probabilities(&logits[logits.len() - model.network.configuration.symbols..]);
            let found = 100.0 * last[token].exp();
            assert!((found - percent).abs() < tolerance, "{prompt}: {found}");
        }
    }

    #[test]
    fn a_text_may_be_longer_than_the_context() {
        let model = fresh("tokens=characters");
        let long = "Anna is in the garden. Ben is in the park.";
        assert_eq!(generated(&model, long, &how(40)).len(), 40);
        // What was forgotten has no say.
        let [a, b] = ["Anna is in the garden. Ben is in the park.", "Ben goes to the house. Ben is in the park."];
        assert_eq!(generated(&model, a, &how(3)), generated(&model, b, &how(3)));
    }

    #[test]
    fn lines_together_are_those_one_by_one() {
        let mut model = fresh("tokens=characters");
        // Lines end soon, and not all at once.
        let end = model.tokenizer.encode("\n").unwrap()[0];
        let table = model.parameters.get_mut("head.weight").unwrap();
        (0..8).for_each(|column| table[[end, column]] *= 6.0);
        let together = model.lines(12, &how(15)).unwrap();
        let ended = together.iter().filter(|(_, has_ended)| *has_ended).count();
        assert!((2..12).contains(&ended), "{together:?}");
        for (count, beginning) in [(1, 1), (5, 5)] {
            assert_eq!(together[..beginning], model.lines(count, &how(15)).unwrap());
        }
        assert!(together.iter().all(|(line, _)| !line.contains('\n')));
    }
}
