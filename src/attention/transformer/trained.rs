//! A Transformer that no longer changes: opened from a file, decoding with a cache.

use super::Transformer;
use crate::attention::sequences::views::Question;
use crate::attention::sequences::{Corpus, Decoder, Decoding, Texts, padded_sources, watched};
use crate::experiment::{ExperimentError, Knobs, QueryKind};
use crate::nn::{DecoderCache, Parameters, weights};
use crate::tensor::Tape;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// A Transformer that no longer changes.
#[derive(Clone)]
pub struct TrainedTransformer {
    pub(super) network: Arc<Transformer>,
    pub(super) parameters: Parameters<f32>,
    pub(super) corpus: Corpus,
}

/// What decoding carries: keys and values, how many places of each source there are, and the next place of the target.
#[derive(Clone)]
pub struct State {
    caches: Vec<DecoderCache<f32>>,
    lengths: Vec<usize>,
    place: usize,
}

impl TrainedTransformer {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 1] = [QueryKind::View];

    pub(super) fn new(network: Arc<Transformer>, parameters: Parameters<f32>, corpus: Corpus) -> Self {
        TrainedTransformer { network, parameters, corpus }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(bytes: &[u8], knobs: &Knobs) -> Result<Self, ExperimentError> {
        let texts = Texts::from_json(weights::decode(bytes)?.state.as_deref())?;
        let corpus = Corpus::of_trained(knobs, texts)?;
        let (network, mut parameters) = Transformer::from_knobs(knobs, &corpus, &mut ChaCha8Rng::seed_from_u64(0))?;
        weights::open(&mut [("", &mut parameters)], bytes)?;
        Ok(TrainedTransformer::new(Arc::new(network), parameters, corpus))
    }

    /// The greedy answer.
    pub(super) fn decoding(&self, question: &Question) -> Decoding {
        watched(self, &question.tokens, self.corpus.give_up())
    }
}

impl Decoder for TrainedTransformer {
    type State = State;

    fn begin(&self, sources: &[Vec<usize>]) -> State {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let (symbols, lengths) = padded_sources(sources);
        let memory = self.network.encode(&bound, &symbols, &lengths);
        State { caches: self.network.begin(&bound, memory), lengths, place: 0 }
    }

    fn next(&self, state: &mut State, tokens: &[usize]) -> Vec<f32> {
        let tape = Tape::without_gradients();
        let bound = self.parameters.on(&tape);
        let State { caches, lengths, place } = state;
        let logits = self.network.decode_step(&bound, (caches, lengths), tokens, *place);
        *place += 1;
        logits.log_softmax().ordered().values().to_vec()
    }

    fn select(&self, state: &State, rows: &[usize]) -> State {
        let mut chosen = state.clone();
        chosen.caches.iter_mut().for_each(|cache| cache.select(rows));
        chosen.lengths = rows.iter().map(|&row| state.lengths[row]).collect();
        chosen
    }

    fn symbols(&self) -> usize {
        self.corpus.texts.target.len()
    }
}
