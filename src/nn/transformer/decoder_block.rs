//! The block of a decoder that attends to an encoder: causal self-attention, attention to the memory, then a feed-forward
//! network.

use super::{BlockSettings, FeedForward, NormalisationOrder};
use crate::nn::{AttentionTrace, Bound, CrossAttention, KeyValueCache, Normalisation, Parameters, SelfAttention};
use crate::tensor::{Element, Mask, Var};
use rand::Rng;

/// Causal self-attention, attention to a memory `[batch, keys, width]` and a feed-forward network:
/// `[batch, length, width]` → `[batch, length, width]`.
#[derive(Debug, Clone, Copy)]
pub struct DecoderBlock {
    attention: SelfAttention,
    memory_attention: CrossAttention,
    feed_forward: FeedForward,
    norms: [Normalisation; 3],
    order: NormalisationOrder,
}

/// What a [`DecoderBlock`] keeps while a sequence is decoded: keys and values of its own places and of the memory.
#[derive(Debug, Clone)]
pub struct DecoderCache<E: Element> {
    own: KeyValueCache<E>,
    memory: KeyValueCache<E>,
}

impl<E: Element> DecoderCache<E> {
    /// Keeps only these sequences of the batch, in this order, see [`KeyValueCache::select`].
    ///
    /// # Panics
    /// If there is no such sequence.
    pub fn select(&mut self, rows: &[usize]) {
        self.own.select(rows);
        self.memory.select(rows);
    }
}

impl DecoderBlock {
    /// Adds `{name}.attention`, `{name}.memory_attention`, `{name}.feed_forward` and three normalisations, `{name}.norm.0`
    /// to `{name}.norm.2`.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        settings: &BlockSettings,
        random: &mut impl Rng,
    ) -> Self {
        let BlockSettings { width, hidden, order, .. } = *settings;
        let attention = settings.self_attention(parameters, name, random);
        let memory_attention = settings.memory_attention(parameters, name, random);
        let feed_forward = FeedForward::new(parameters, &format!("{name}.feed_forward"), width, hidden, random);
        let norms = [0, 1, 2].map(|index| Normalisation::new(parameters, &format!("{name}.norm.{index}"), width));
        DecoderBlock { attention, memory_attention, feed_forward, norms, order }
    }

    /// x `[batch, length, width]`, memory `[batch, keys, width]` → `[batch, length, width]`. The masks say which of its own
    /// places each may look at, as a rule [`Mask::Causal`], and which places of the memory are no padding.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        memory: Var<'t, E>,
        [own, of_memory]: [&Mask; 2],
    ) -> Var<'t, E> {
        let own = |x| (self.attention.forward(parameters, x, own), ());
        let to_memory = |x| (self.memory_attention.forward(parameters, x, memory, of_memory), ());
        x.tape().only_result(|| self.around(parameters, x, own, to_memory).0)
    }

    /// [`forward`](Self::forward), and what happened in its two attentions: to its own places, and to the memory.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_traced<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        memory: Var<'t, E>,
        [own, of_memory]: [&Mask; 2],
    ) -> (Var<'t, E>, [AttentionTrace<E>; 2]) {
        let own = |x| self.attention.forward_traced(parameters, x, own);
        let to_memory = |x| self.memory_attention.forward_traced(parameters, x, memory, of_memory);
        self.around(parameters, x, own, to_memory)
    }

    /// What this block keeps at the start of a decoding from a memory `[batch, keys, width]`.
    ///
    /// # Panics
    /// If the tape records gradients, or the shapes do not fit.
    pub fn read<'t, E: Element>(&self, parameters: &Bound<'t, E>, memory: Var<'t, E>) -> DecoderCache<E> {
        DecoderCache { own: KeyValueCache::new(), memory: self.memory_attention.read(parameters, memory) }
    }

    /// What [`forward`](Self::forward) under [`Mask::Causal`] gives at new places `[batch, new, width]` that follow those in the cache; they are
    /// added to it.
    ///
    /// # Panics
    /// If the tape records gradients, or the batch is not that of the cache.
    pub fn forward_cached<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        cache: &mut DecoderCache<E>,
        mask: &Mask,
    ) -> Var<'t, E> {
        let DecoderCache { own, memory } = cache;
        let own = |x| (self.attention.forward_cached(parameters, x, own), ());
        let to_memory = |x| (self.memory_attention.forward_cached(parameters, x, memory, mask), ());
        x.tape().only_result(|| self.around(parameters, x, own, to_memory).0)
    }

    /// The block around its two attentions.
    fn around<'t, E: Element, Shown>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        own: impl FnOnce(Var<'t, E>) -> (Var<'t, E>, Shown),
        to_memory: impl FnOnce(Var<'t, E>) -> (Var<'t, E>, Shown),
    ) -> (Var<'t, E>, [Shown; 2]) {
        let (x, first) = self.order.residual(parameters, &self.norms[0], x, own);
        let (x, second) = self.order.residual(parameters, &self.norms[1], x, to_memory);
        let feed = |x| (self.feed_forward.forward(parameters, x), ());
        (self.order.residual(parameters, &self.norms[2], x, feed).0, [first, second])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use crate::nn::test_support::random_layer;
    use crate::tensor::{Tape, Tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const ORDERS: [NormalisationOrder; 2] = [NormalisationOrder::Pre, NormalisationOrder::Post];

    fn block(order: NormalisationOrder) -> (Parameters<f64>, DecoderBlock) {
        let settings = BlockSettings { order, ..BlockSettings::new(4, 2) };
        random_layer(|parameters, random| DecoderBlock::new(parameters, "block", &settings, random))
    }

    /// What is decoded, and the memory.
    fn inputs() -> (Tensor<f64>, Tensor<f64>) {
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        (normal(&[2, 3, 4], 1.0, random), normal(&[2, 5, 4], 1.0, random))
    }

    /// Its own parts in the order of the paper's figure 1.
    #[test]
    fn three_parts_follow_one_another() {
        for order in ORDERS {
            let (parameters, block) = block(order);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let (x, memory) = inputs();
            let (x, memory) = (tape.constant(x), tape.constant(memory));
            let mask = Mask::Lengths(vec![2, 5]);
            let norm = |x, index: usize| block.norms[index].layer(&bound, x);
            let own = |x| block.attention.forward(&bound, x, &Mask::Causal);
            let to_memory = |x| block.memory_attention.forward(&bound, x, memory, &mask);
            let feed = |x| block.feed_forward.forward(&bound, x);
            let expected = match order {
                NormalisationOrder::Pre => {
                    let x = x + own(norm(x, 0));
                    let x = x + to_memory(norm(x, 1));
                    x + feed(norm(x, 2))
                }
                NormalisationOrder::Post => {
                    let x = norm(x + own(x), 0);
                    let x = norm(x + to_memory(x), 1);
                    norm(x + feed(x), 2)
                }
            };
            assert_eq!(block.forward(&bound, x, memory, [&Mask::Causal, &mask]).value(), expected.value());
            let (y, traces) = block.forward_traced(&bound, x, memory, [&Mask::Causal, &mask]);
            let [own, to_memory] = traces.map(|trace| trace.weights);
            assert_eq!(y.value(), expected.value());
            assert_eq!((own.shape(), to_memory.shape()), (&[2, 2, 3, 3][..], &[2, 2, 3, 5][..]));
            assert_eq!((own[[0, 0, 0, 1]], to_memory[[0, 0, 0, 2]]), (0.0, 0.0), "later places, and padding");
        }
    }

    #[test]
    fn decoding_place_by_place_gives_the_full_pass() {
        for order in ORDERS {
            let (parameters, block) = block(order);
            let (x, memory) = inputs();
            let mask = Mask::Lengths(vec![2, 5]);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let (whole, memory) = (tape.constant(x.clone()), tape.constant(memory));
            let expected = block.forward(&bound, whole, memory, [&Mask::Causal, &mask]);
            let mut cache = block.read(&bound, memory);
            for place in 0..3 {
                let later = Tape::without_gradients();
                let new = later.constant(x.clone()).narrow(1, place..place + 1);
                let found = block.forward_cached(&parameters.on(&later), new, &mut cache, &mask).value();
                let expected = expected.narrow(1, place..place + 1).ordered();
                assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12), "place {place}");
            }
        }
    }

    /// The second sequence goes on alone.
    #[test]
    fn beams_are_picked_out_of_a_cache() {
        let (parameters, block) = block(NormalisationOrder::Pre);
        let (x, memory) = inputs();
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let (x, memory) = (tape.constant(x), tape.constant(memory));
        let expected =
            block.forward(&bound, x, memory, [&Mask::Causal, &Mask::None]).narrow(0, 1..2).narrow(1, 2..3).ordered();
        let mut cache = block.read(&bound, memory);
        block.forward_cached(&bound, x.narrow(1, 0..2), &mut cache, &Mask::None);
        cache.select(&[1]);
        let new = x.narrow(0, 1..2).narrow(1, 2..3);
        let found = block.forward_cached(&bound, new, &mut cache, &Mask::None).value();
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
