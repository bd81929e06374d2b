//! The network of a GPT, which several labs train: a Transformer's decoder alone (Radford et al. 2018, 2019), see
//! [`gpt`](super::gpt) for its formulas.

use crate::experiment::ExperimentError;
use crate::nn::{
    AttentionTrace, BlockSettings, Bound, Embedding, KeyValueCache, Linear, Normalisation, PAPER_WAVELENGTH,
    Parameters, SamplingError, SamplingSettings, TransformerBlock, sinusoidal_positions,
};
use crate::tensor::{Activation, Mask, Tape, Var};
use rand::Rng;

/// The shape of a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Configuration {
    pub layers: usize,
    pub block: BlockSettings,
    /// Places at most.
    pub context: usize,
    pub symbols: usize,
    /// Whether the embedding of the tokens also is the last layer, as in GPT-2.
    pub is_tied: bool,
    /// Whether each place sees only those before it.
    pub is_causal: bool,
}

impl Configuration {
    /// The shape of a network without a tied last layer, which predicts the next token: layers, width and heads in this order.
    ///
    /// # Errors
    /// When the heads do not divide the width.
    pub fn causal([layers, width, heads]: [usize; 3], context: usize, symbols: usize) -> Result<Self, ExperimentError> {
        if !width.is_multiple_of(heads) {
            return Err(ExperimentError::both(
                format!("knob `width` = `{width}`: expected a multiple of `heads` ({heads})"),
                format!("設定 `width` = `{width}`: `heads`({heads})の倍数にしてください"),
            ));
        }
        let block = BlockSettings::new(width, heads);
        Ok(Configuration { layers, block, context, symbols, is_tied: false, is_causal: true })
    }
}

/// The network.
#[derive(Debug, Clone)]
pub struct Gpt {
    pub configuration: Configuration,
    symbols: Embedding,
    places: Embedding,
    blocks: Vec<TransformerBlock>,
    norm: Normalisation,
    /// Where it is not the embedding of the tokens.
    head: Option<Linear>,
}

/// Deviation of fresh embeddings of symbols, and of places: as large as what a block adds to them. Where they are the last layer too, those
/// of GPT-2, or the first predictions would be extreme.
const EMBEDDING: [f64; 2] = [1.0, 0.7];
const TIED_EMBEDDING: [f64; 2] = [0.02, 0.02];

impl Gpt {
    /// A fresh network.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn new(configuration: Configuration, parameters: &mut Parameters<f32>, random: &mut impl Rng) -> Self {
        let Configuration { layers, block, context, symbols: count, is_tied, .. } = configuration;
        let [of_symbols, of_places] = if is_tied { TIED_EMBEDDING } else { EMBEDDING };
        let symbols = Embedding::new(parameters, "tokens", count, block.width, of_symbols, random);
        let places = Embedding::new(parameters, "positions", context, block.width, of_places, random);
        if !is_tied && !parameters.are_to_come() {
            // They begin as sines, by which places of a distance can find each other, and are learned from there.
            *parameters.get_mut("positions.weight").expect("just added") =
                sinusoidal_positions(context, block.width, PAPER_WAVELENGTH);
        }
        let mut blocks = Vec::with_capacity(layers);
        for layer in 0..layers {
            blocks.push(TransformerBlock::new(parameters, &format!("block.{layer}"), &block, random));
        }
        let norm = Normalisation::new(parameters, "norm", block.width);
        let head = (!is_tied)
            .then(|| Linear::without_bias(parameters, "head", block.width, count, Activation::Identity, random));
        Gpt { configuration, symbols, places, blocks, norm, head }
    }

    /// The vectors of tokens `rows × length`, the first of them at the place `from`: `[rows, length, width]`.
    pub(crate) fn embed<'t>(&self, bound: &Bound<'t, f32>, rows: usize, tokens: &[usize], from: usize) -> Var<'t, f32> {
        let (length, width) = (tokens.len() / rows, self.configuration.block.width);
        let places = self.places.table(bound).narrow(0, from..from + length);
        self.symbols.forward(bound, tokens).reshape([rows, length, width]) + places
    }

    /// Logits `[rows · length, symbols]` of vectors behind a block.
    pub(crate) fn logits<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.predict(bound, self.normalised(bound, x))
    }

    fn normalised<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        let width = self.configuration.block.width;
        let [rows, length] = [0, 1].map(|axis| x.shape()[axis]);
        self.norm.layer(bound, x).reshape([rows * length, width])
    }

    /// Logits `[places, symbols]` of some [states](Self::states) `[places, width]`.
    pub(crate) fn predict<'t>(&self, bound: &Bound<'t, f32>, states: Var<'t, f32>) -> Var<'t, f32> {
        match &self.head {
            Some(head) => head.forward(bound, states),
            None => states.linear(self.symbols.table(bound), None, Activation::Identity),
        }
    }

    fn mask(&self) -> Mask {
        if self.configuration.is_causal { Mask::Causal } else { Mask::None }
    }

    /// Logits `[rows · length, symbols]` of what follows each of the tokens `rows × length`; of a network that fills gaps, of what
    /// stands there.
    ///
    /// # Panics
    /// If a token is unknown or there are too many.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, rows: usize, tokens: &[usize]) -> Var<'t, f32> {
        self.predict(bound, self.states(bound, rows, tokens))
    }

    /// What the last layer sees of the tokens `rows × length`: `[rows · length, width]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn states<'t>(&self, bound: &Bound<'t, f32>, rows: usize, tokens: &[usize]) -> Var<'t, f32> {
        let mask = self.mask();
        let x = self.embed(bound, rows, tokens, 0);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(bound, x, &mask));
        self.normalised(bound, x)
    }

    /// Caches of nothing read yet, one for each block.
    pub fn caches(&self) -> Vec<KeyValueCache<f32>> {
        vec![KeyValueCache::new(); self.blocks.len()]
    }

    /// Logits `[rows, symbols]` of what follows new tokens `rows × length`, which follow those in the caches and are added to them.
    ///
    /// # Panics
    /// If a token is unknown or there are too many.
    pub fn read<'t>(
        &self,
        bound: &Bound<'t, f32>,
        caches: &mut [KeyValueCache<f32>],
        rows: usize,
        tokens: &[usize],
    ) -> Var<'t, f32> {
        let from = caches.first().map_or(0, KeyValueCache::length);
        let x = self.embed(bound, rows, tokens, from);
        let x = self.blocks.iter().zip(caches).fold(x, |x, (block, cache)| block.forward_cached(bound, x, cache));
        let length = x.shape()[1];
        self.logits(bound, x.narrow(1, length - 1..length))
    }

    /// Goes on with texts, each with its own random numbers, by at most so many tokens. `hear` gets the number of a text, its next token and
    /// the logits that it was drawn from, and says whether the text goes on. Of texts of one length each gets the same, whatever stands
    /// beside it; longer ones are read to their end while the shorter ones go on.
    ///
    /// # Errors
    /// When the network has diverged.
    ///
    /// # Panics
    /// If a text is empty, there are not as many generators, or a text does not fit with what is added to it.
    pub fn continue_together(
        &self,
        parameters: &Parameters<f32>,
        texts: &[&[usize]],
        how: &SamplingSettings,
        random: &mut [impl Rng],
        most: usize,
        mut hear: impl FnMut(usize, usize, &[f32]) -> bool,
    ) -> Result<(), SamplingError> {
        assert_eq!(texts.len(), random.len(), "a generator for each text");
        let mut read = texts.iter().map(|text| text.len()).min().unwrap_or(0);
        let mut tokens: Vec<usize> = texts.iter().flat_map(|text| &text[..read]).copied().collect();
        let mut going: Vec<usize> = (0..texts.len()).collect();
        let mut caches = self.caches();
        while !going.is_empty() && most > 0 {
            let tape = Tape::without_gradients();
            let logits = self.read(&parameters.on(&tape), &mut caches, going.len(), &tokens).ordered();
            let mut kept = Vec::new();
            tokens.clear();
            let rows = logits.values().chunks_exact(self.configuration.symbols);
            for (place, (&number, logits)) in going.iter().zip(rows).enumerate() {
                let text = texts[number];
                let next = match text.get(read) {
                    Some(&given) => Some(given),
                    None => {
                        let token = how.sample(logits, &mut random[number])?;
                        (hear(number, token, logits) && read + 1 < text.len() + most).then_some(token)
                    }
                };
                if let Some(next) = next {
                    kept.push(place);
                    tokens.push(next);
                }
            }
            read += 1;
            if kept.len() < going.len() {
                caches.iter_mut().for_each(|cache| cache.select(&kept));
                going = kept.iter().map(|&place| going[place]).collect();
            }
        }
        Ok(())
    }

    /// One block alone, and its attention: `[1, length, width]` → `[1, length, width]`.
    ///
    /// # Panics
    /// If there is no such block.
    pub(crate) fn layer<'t>(
        &self,
        bound: &Bound<'t, f32>,
        layer: usize,
        x: Var<'t, f32>,
    ) -> (Var<'t, f32>, AttentionTrace<f32>) {
        self.blocks[layer].forward_traced(bound, x, &self.mask())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Tape;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const TOKENS: [usize; 10] = [3, 1, 4, 1, 5, 0, 2, 6, 5, 3];

    fn network(is_tied: bool, is_causal: bool) -> (Parameters<f32>, Gpt) {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(1));
        let block = BlockSettings::new(8, 2);
        let configuration = Configuration { layers: 2, block, context: 6, symbols: 7, is_tied, is_causal };
        let network = Gpt::new(configuration, &mut parameters, random);
        // Fresh embeddings are small: larger ones make every part count.
        parameters.iter_mut().for_each(|(_, value)| value.mapv_inplace(|x| x * 3.0));
        (parameters, network)
    }

    fn near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4, "{found:?}, expected {expected:?}");
        }
    }

    /// Several tokens at once or one by one, on a tape of its own each time: the last logits are those of the full pass.
    #[test]
    fn reading_with_caches_gives_the_full_pass() {
        for is_tied in [true, false] {
            let (parameters, network) = network(is_tied, true);
            let tape = Tape::without_gradients();
            let full = network.forward(&parameters.on(&tape), 2, &TOKENS).ordered();
            let mut caches = network.caches();
            for places in [0..2, 2..3, 3..5] {
                let tape = Tape::without_gradients();
                let new: Vec<usize> =
                    [0, 5].iter().flat_map(|row| TOKENS[row + places.start..row + places.end].to_vec()).collect();
                let found = network.read(&parameters.on(&tape), &mut caches, 2, &new).ordered();
                for row in 0..2 {
                    let at = (5 * row + places.end - 1) * 7;
                    near(&found.values()[7 * row..7 * row + 7], &full.values()[at..at + 7]);
                }
            }
        }
    }

    /// Texts of different lengths together, and each alone, with what they end with.
    #[test]
    fn texts_go_on_together_as_each_would_alone() {
        let (parameters, network) = network(false, true);
        let texts: [&[usize]; 3] = [&[3], &[1, 4, 1], &[5, 0]];
        let run = |which: &[usize]| {
            let mut random: Vec<ChaCha8Rng> =
                which.iter().map(|&text| ChaCha8Rng::seed_from_u64(text as u64)).collect();
            let mut said = vec![Vec::new(); which.len()];
            let texts: Vec<&[usize]> = which.iter().map(|&text| texts[text]).collect();
            let hear = |row: usize, token: usize, logits: &[f32]| {
                said[row].push((token, logits.to_vec()));
                token != 2
            };
            network.continue_together(&parameters, &texts, &SamplingSettings::default(), &mut random, 3, hear).unwrap();
            said
        };
        let together = run(&[0, 1, 2]);
        for (text, found) in together.iter().enumerate() {
            let alone = run(&[text]).remove(0);
            assert!((1..=3).contains(&found.len()) && (found.len() == 3 || found[found.len() - 1].0 == 2));
            assert_eq!(found.len(), alone.len());
            for ((token, logits), (expected, expected_logits)) in found.iter().zip(&alone) {
                assert_eq!(token, expected);
                near(logits, expected_logits);
            }
        }
        let none = network.continue_together(
            &parameters,
            &[],
            &SamplingSettings::default(),
            &mut [] as &mut [ChaCha8Rng],
            3,
            |_, _, _| true,
        );
        assert_eq!(none, Ok(()));
    }

    #[test]
    fn only_without_the_mask_a_place_sees_what_comes_later() {
        for is_causal in [true, false] {
            let (parameters, network) = network(true, is_causal);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let [one, other] = [[3, 1, 4, 1], [3, 1, 4, 6]].map(|tokens| network.forward(&bound, 1, &tokens).ordered());
            assert_eq!(one.values()[..21] == other.values()[..21], is_causal);
        }
    }

    #[test]
    fn layer_by_layer_gives_the_logits() {
        let (parameters, network) = network(true, true);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let mut x = network.embed(&bound, 1, &TOKENS[..5], 0);
        for layer in 0..2 {
            x = network.layer(&bound, layer, x).0;
        }
        let expected = network.forward(&bound, 1, &TOKENS[..5]).ordered();
        near(network.logits(&bound, x).ordered().values(), expected.values());
    }

    #[test]
    fn every_parameter_learns_tied_or_not() {
        for is_tied in [true, false] {
            let (parameters, network) = network(is_tied, true);
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let wanted: Vec<Option<usize>> = TOKENS.iter().map(|token| Some((token + 1) % 7)).collect();
            let gradients = network.forward(&bound, 2, &TOKENS).cross_entropy(&wanted).backward();
            for ((name, _), &var) in parameters.iter().zip(bound.vars()) {
                assert!(gradients.of(var).is_some_and(|gradient| gradient.iter().any(|&g| g != 0.0)), "{name}");
            }
            assert_eq!(parameters.get("head.weight").is_none(), is_tied);
        }
    }
}
