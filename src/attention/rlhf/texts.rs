//! Beginnings of stories and what a language model makes of them.

use crate::attention::language_model::Gpt;
use crate::data::bytepair::BytePair;
use crate::data::stories::{Kind, Language, Sentence, eventful_story};
use crate::experiment::{ExperimentError, TaskContext};
use crate::nn::{Bound, Parameters, SamplingError, SamplingSettings};
use crate::tensor::Var;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// Tokens of a text at most, and of a continuation.
pub const CONTEXT: usize = 128;
pub const LONGEST: usize = 80;
/// Tokens of a prompt at most: the end of a line stands before it, a continuation behind it.
pub const LONGEST_PROMPT: usize = CONTEXT - LONGEST - 1;
/// Texts that are continued together, and that are read together from beginning to end.
pub const TOGETHER: usize = 128;
pub const READ_TOGETHER: usize = 32;

/// A prompt and one of its continuations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text {
    pub prompt: String,
    /// As it stands behind the prompt, without the end of its line.
    pub continuation: String,
    /// Whether the line has ended.
    pub has_ended: bool,
    /// The end of the line before, the prompt, the continuation with the end of its line.
    pub tokens: Vec<usize>,
    /// How many of them come before the continuation.
    pub given: usize,
}

impl Text {
    /// Prompt and continuation.
    pub fn whole(&self) -> String {
        format!("{}{}", self.prompt, self.continuation)
    }
}

/// The beginning of a story: who and what there is.
pub fn prompt(random: &mut impl RngExt) -> String {
    let introduced = |sentence: &Sentence| matches!(sentence.kind, Kind::Is | Kind::Lies);
    let beginning: Vec<Sentence> = eventful_story(random).into_iter().take_while(introduced).collect();
    Language::English.write_story(&beginning)
}

/// A network and its tokens, whatever its weights.
#[derive(Clone)]
pub struct Architecture {
    pub network: Arc<Gpt>,
    pub tokens: Arc<BytePair>,
}

impl Architecture {
    /// The tokens of a prompt, with the end of the line before it.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn read(&self, prompt: &str) -> Result<Vec<usize>, ExperimentError> {
        let tokens = self.tokens.encode(&format!("\n{prompt}"));
        if prompt.is_empty() || tokens.len() > LONGEST_PROMPT + 1 {
            let found = tokens.len() - 1;
            return Err(ExperimentError::both(
                format!("the beginning has {found} tokens; expected 1 to {LONGEST_PROMPT}"),
                format!("書き出しは {found} トークンです。1 から {LONGEST_PROMPT} トークンにしてください"),
            ));
        }
        Ok(tokens)
    }

    /// A text with a continuation that somebody wrote.
    ///
    /// # Errors
    /// When the prompt is empty, or the whole too long.
    pub fn written(&self, prompt: &str, continuation: &str) -> Result<Text, ExperimentError> {
        let mut tokens = self.read(prompt)?;
        let given = tokens.len();
        let space = if continuation.is_empty() { "" } else { " " };
        let continuation = format!("{space}{}", continuation.trim());
        tokens.extend(self.tokens.encode(&format!("{continuation}\n")));
        if tokens.len() > CONTEXT {
            let (found, most) = (tokens.len() - given, CONTEXT - given);
            return Err(ExperimentError::both(
                format!("the continuation has {found} tokens; expected {most} at most"),
                format!("続きは {found} トークンです。{most} トークン以下にしてください"),
            ));
        }
        Ok(Text { prompt: prompt.to_owned(), continuation, has_ended: true, tokens, given })
    }

    /// A continuation of each prompt.
    ///
    /// # Errors
    /// When it was called off, a prompt cannot be read, or the model has diverged.
    pub fn continuations(
        &self,
        parameters: &Parameters<f32>,
        prompts: &[String],
        how: &SamplingSettings,
        seed: u64,
        task: &TaskContext,
    ) -> Result<Vec<Text>, ExperimentError> {
        let mut texts = Vec::with_capacity(prompts.len());
        for part in prompts.chunks(TOGETHER) {
            task.check()?;
            task.report_progress(texts.len() as u64, prompts.len() as u64);
            let begun = part.iter().map(|prompt| self.read(prompt)).collect::<Result<Vec<_>, _>>()?;
            let number = |row: usize| (texts.len() + row) as u64;
            let mut random: Vec<ChaCha8Rng> =
                (0..part.len()).map(|row| ChaCha8Rng::seed_from_u64(seed ^ number(row) << 32)).collect();
            let mut said = vec![Vec::new(); part.len()];
            let hear = |row: usize, token: usize, _: &[f32]| {
                said[row].push(token);
                !self.tokens.piece(token).contains(&b'\n')
            };
            let rows: Vec<&[usize]> = begun.iter().map(Vec::as_slice).collect();
            self.network.continue_together(parameters, &rows, how, &mut random, LONGEST, hear).map_err(diverged)?;
            texts.extend(part.iter().zip(begun).zip(said).map(|((prompt, begun), said)| {
                let bytes = self.tokens.decode(&said);
                let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
                Text {
                    prompt: prompt.clone(),
                    continuation: String::from_utf8_lossy(line).into_owned(),
                    has_ended: line.len() < bytes.len(),
                    given: begun.len(),
                    tokens: [begun, said].concat(),
                }
            }));
        }
        Ok(texts)
    }
}

/// In both languages, with the way out.
fn diverged(error: SamplingError) -> ExperimentError {
    ExperimentError::both(
        format!("{error}: lower `learning_rate` or `dpo_learning_rate` and start again"),
        format!(
            "学習が発散しました({error})。`learning_rate` か `dpo_learning_rate` を下げて、最初からやり直してください"
        ),
    )
}

/// Texts side by side as a network reads them: `rows × length` tokens, the shorter ones filled up behind their end, which nothing
/// before it sees.
#[derive(Debug, Clone)]
pub struct PaddedBatch {
    pub rows: usize,
    pub tokens: Vec<usize>,
    /// Where the last token of each row is, in `tokens`.
    pub ends: Vec<usize>,
    /// Of all rows in turn: where each token of a continuation is predicted, the place before it, in `tokens`.
    pub places: Vec<usize>,
    /// And that token.
    pub targets: Vec<usize>,
    /// Which of `places` belong to each row.
    pub of_row: Vec<Range<usize>>,
}

impl PaddedBatch {
    /// # Panics
    /// If there is no text, or one is empty.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Self {
        let texts: Vec<&Text> = texts.into_iter().collect();
        let length = texts.iter().map(|text| text.tokens.len()).max().expect("a text");
        let mut batch = PaddedBatch {
            rows: texts.len(),
            tokens: Vec::with_capacity(length * texts.len()),
            ends: Vec::new(),
            places: Vec::new(),
            targets: Vec::new(),
            of_row: Vec::new(),
        };
        for (row, text) in texts.iter().enumerate() {
            let begin = row * length;
            batch.tokens.extend(text.tokens.iter().copied().chain(std::iter::repeat(0)).take(length));
            batch.ends.push(begin + text.tokens.len() - 1);
            let first = batch.places.len();
            batch.places.extend(begin + text.given - 1..begin + text.tokens.len() - 1);
            batch.targets.extend(&text.tokens[text.given..]);
            batch.of_row.push(first..batch.places.len());
        }
        batch
    }

    /// ln π of every token that each continuation might have had, `[places, symbols]`.
    pub fn all_log_probabilities<'t>(&self, network: &Gpt, bound: &Bound<'t, f32>) -> Var<'t, f32> {
        let states = network.states(bound, self.rows, &self.tokens).index_select(&self.places);
        states.tape().only_result(|| network.predict(bound, states).log_softmax())
    }

    /// ln π of each token of the continuations, and the states that they were predicted from, `[places]` and `[places, width]`.
    pub fn log_probabilities_and_states<'t>(
        &self,
        network: &Gpt,
        bound: &Bound<'t, f32>,
    ) -> (Var<'t, f32>, Var<'t, f32>) {
        let states = network.states(bound, self.rows, &self.tokens).index_select(&self.places);
        (network.predict(bound, states).log_softmax().gather(&self.targets), states)
    }

    /// ln π of each token of the continuations, `[places]`.
    pub fn log_probabilities<'t>(&self, network: &Gpt, bound: &Bound<'t, f32>) -> Var<'t, f32> {
        self.log_probabilities_and_states(network, bound).0
    }

    /// Sums over each row of a number for each place.
    pub fn sums(&self, numbers: &[f32]) -> Vec<f64> {
        let sum = |of: &Range<usize>| numbers[of.clone()].iter().map(|x| f64::from(*x)).sum();
        self.of_row.iter().map(sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::trained::tests::trained;
    use super::*;
    use crate::tensor::Tape;

    #[test]
    fn prompts_say_who_and_what_there_is_and_fit() {
        let (model, random) = (trained(true), &mut ChaCha8Rng::seed_from_u64(2));
        for _ in 0..200 {
            let prompt = prompt(random);
            let said = Language::English.sentences(&prompt);
            let kinds: Vec<Kind> = said.iter().map(|text| Language::English.read(text).unwrap().kind).collect();
            assert!(matches!(
                kinds[..],
                [Kind::Is, Kind::Is, Kind::Lies] | [Kind::Is, Kind::Is, Kind::Lies, Kind::Lies]
            ));
            assert!(model.architecture.read(&prompt).unwrap().len() <= LONGEST_PROMPT + 1);
        }
    }

    #[test]
    fn continuations_follow_their_prompts_and_end_with_the_line() {
        let mut model = trained(true);
        let end = model.architecture.tokens.encode("\n")[0];
        // Lines end soon, and not all at once.
        let head = model.base.get_mut("head.weight").unwrap();
        (0..16).for_each(|column| head[[end, column]] *= 6.0);
        let prompts =
            ["Anna is in the park.", "Ben is at the school. There is a key at the school."].map(str::to_owned);
        let prompts: Vec<String> = prompts.into_iter().cycle().take(20).collect();
        let tell = |seed| model.continuations(&model.base, &prompts, seed, &TaskContext::default()).unwrap();
        let texts = tell(3);
        assert_eq!(texts, tell(3));
        assert_ne!(texts, tell(4));
        for (text, prompt) in texts.iter().zip(&prompts) {
            assert_eq!(&text.prompt, prompt);
            let begun = model.architecture.read(prompt).unwrap();
            assert_eq!((text.given, &text.tokens[..begun.len()]), (begun.len(), &begun[..]));
            let said = &text.tokens[begun.len()..];
            assert!((1..=LONGEST).contains(&said.len()) && (text.has_ended || said.len() == LONGEST));
            assert!(!text.continuation.contains('\n'));
        }
        assert!(texts.iter().any(|text| text.has_ended));
    }

    /// ln π of every token behind a prompt, by a row of its own and beside others.
    #[test]
    fn a_sheet_finds_the_tokens_of_each_continuation() {
        let model = trained(true);
        let texts = [("Anna is in the park.", "Anna goes to the shop."), ("Ben is at the school.", "")]
            .map(|(prompt, said)| model.architecture.written(prompt, said).unwrap());
        let found = |texts: &[Text]| {
            let (batch, tape) = (PaddedBatch::new(texts), Tape::without_gradients());
            let each = batch.log_probabilities(&model.architecture.network, &model.base.on(&tape)).ordered();
            (batch.sums(each.values()), batch)
        };
        let (together, batch) = found(&texts);
        assert_eq!(batch.of_row[1].len(), 1, "the end of the line alone");
        assert_eq!(batch.targets, [&texts[0].tokens[texts[0].given..], &texts[1].tokens[texts[1].given..]].concat());
        for (row, text) in texts.iter().enumerate() {
            assert!((together[row] - found(std::slice::from_ref(text)).0[0]).abs() < 1e-4);
            assert_eq!(batch.tokens[batch.ends[row]], *text.tokens.last().unwrap());
        }
    }
}
