//! Attention of one sequence to another.

use super::self_attention::unscaled;
use super::{AttentionTrace, KeyValueCache};
use crate::nn::{Bound, Linear, Parameters};
use crate::tensor::{Activation, Element, Mask, Var};
use rand::Rng;

/// Multi-head attention of a sequence `[batch, queries, width]` to a memory `[batch, keys, width]`, such as what an encoder
/// made of a sentence.
#[derive(Debug, Clone, Copy)]
pub struct CrossAttention {
    query: Linear,
    key_value: Linear,
    out: Linear,
    heads: usize,
    is_scaled: bool,
}

impl CrossAttention {
    /// Adds `{name}.query` `[width, width]`, `{name}.key_value` `[2 width, width]`, in this order, and `{name}.out`
    /// `[width, width]`, each with a bias.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        width: usize,
        heads: usize,
        random: &mut impl Rng,
    ) -> Self {
        assert!(heads > 0 && width.is_multiple_of(heads), "{heads} heads of equal width of {width}");
        let mut linear = |part: &str, outputs: usize| {
            Linear::new(parameters, &format!("{name}.{part}"), width, outputs, Activation::Identity, random)
        };
        let (query, key_value) = (linear("query", width), linear("key_value", 2 * width));
        CrossAttention { query, key_value, out: linear("out", width), heads, is_scaled: true }
    }

    /// The same without the division by √d.
    #[must_use]
    pub fn unscaled(self) -> Self {
        CrossAttention { is_scaled: false, ..self }
    }

    /// x `[batch, queries, width]`, memory `[batch, keys, width]` → `[batch, queries, width]`. The mask says which places
    /// of the memory are no padding.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        memory: Var<'t, E>,
        mask: &Mask,
    ) -> Var<'t, E> {
        let (keys, values) = self.keys_and_values(parameters, memory);
        let found = self.query(parameters, x).attention(keys, values, self.heads, mask.clone());
        self.out.forward(parameters, found)
    }

    /// [`forward`](Self::forward), and what happened on the way.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_traced<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        memory: Var<'t, E>,
        mask: &Mask,
    ) -> (Var<'t, E>, AttentionTrace<E>) {
        let (keys, values) = self.keys_and_values(parameters, memory);
        let query = self.query(parameters, x);
        let trace = AttentionTrace::new(x, [query, keys, values], self.heads, mask);
        (self.out.forward(parameters, query.attention(keys, values, self.heads, mask.clone())), trace)
    }

    /// The keys and values of a memory, to attend to it step after step with [`forward_cached`](Self::forward_cached).
    ///
    /// # Panics
    /// If the tape records gradients, or the shapes do not fit.
    pub fn read<'t, E: Element>(&self, parameters: &Bound<'t, E>, memory: Var<'t, E>) -> KeyValueCache<E> {
        let (keys, values) = self.keys_and_values(parameters, memory);
        let mut cache = KeyValueCache::new();
        cache.append(keys, values);
        cache
    }

    /// [`forward`](Self::forward) to a memory that was [`read`](Self::read) before.
    ///
    /// # Panics
    /// If nothing was read, or the shapes do not fit.
    pub fn forward_cached<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        memory: &KeyValueCache<E>,
        mask: &Mask,
    ) -> Var<'t, E> {
        let (keys, values) = memory.on(parameters.tape()).expect("a memory that was read before it is attended to");
        let found = self.query(parameters, x).attention(keys, values, self.heads, mask.clone());
        self.out.forward(parameters, found)
    }

    /// `[batch, queries, width]`.
    fn query<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        let query = self.query.forward(parameters, x);
        if self.is_scaled { query } else { unscaled(query, self.heads) }
    }

    /// `[batch, keys, width]` each.
    fn keys_and_values<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        memory: Var<'t, E>,
    ) -> (Var<'t, E>, Var<'t, E>) {
        let both = self.key_value.forward(parameters, memory);
        let width = both.shape()[2] / 2;
        (both.narrow(2, 0..width), both.narrow(2, width..2 * width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use crate::nn::test_support::random_layer;
    use crate::tensor::{Tape, Tensor, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn layer(width: usize, heads: usize) -> (Parameters<f64>, CrossAttention) {
        random_layer(|parameters, random| CrossAttention::new(parameters, "attention", width, heads, random))
    }

    /// Width 1, all weights 1 and no biases: a query 3 gives the keys 1 and 2 the scores 3 and 6.
    #[test]
    fn a_query_looks_at_the_memory() {
        let (mut parameters, attention) = layer(1, 1);
        parameters.iter_mut().for_each(|(name, value)| value.fill(if name.ends_with("weight") { 1.0 } else { 0.0 }));
        let tape = Tape::without_gradients();
        let (x, memory) = (tensor([1, 1, 1], vec![3.0]), tensor([1, 2, 1], vec![1.0, 2.0]));
        let (x, memory) = (tape.constant(x), tape.constant(memory));
        let (y, trace) = attention.forward_traced(&parameters.on(&tape), x, memory, &Mask::None);
        let second = 1.0 / (1.0 + (-3.0_f64).exp());
        assert!((trace.weights[[0, 0, 0, 1]] - second).abs() < 1e-12 && (trace.weights.sum() - 1.0).abs() < 1e-12);
        assert!((y.item() - (1.0 + second)).abs() < 1e-12);
    }

    #[test]
    fn padding_of_the_memory_is_not_looked_at() {
        let (parameters, attention) = layer(4, 2);
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        let (x, memory): (Tensor<f64>, Tensor<f64>) =
            (normal(&[2, 3, 4], 1.0, random), normal(&[2, 5, 4], 1.0, random));
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let (x, memory) = (tape.constant(x), tape.constant(memory));
        let (y, trace) = attention.forward_traced(&bound, x, memory, &Mask::Lengths(vec![2, 5]));
        assert_eq!(trace.weights.shape(), [2, 2, 3, 5]);
        let alone = attention.forward(&bound, x.narrow(0, 0..1), memory.narrow(0, 0..1).narrow(1, 0..2), &Mask::None);
        assert!(y.at(0, 0).value().iter().zip(&alone.value()).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(y.value(), attention.forward(&bound, x, memory, &Mask::Lengths(vec![2, 5])).value());
    }

    #[test]
    fn a_memory_that_was_read_is_the_memory() {
        let (parameters, attention) = layer(4, 2);
        let random = &mut ChaCha8Rng::seed_from_u64(3);
        let (x, memory): (Tensor<f64>, Tensor<f64>) =
            (normal(&[2, 3, 4], 1.0, random), normal(&[2, 5, 4], 1.0, random));
        let mask = Mask::Lengths(vec![4, 5]);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let (queries, memory) = (tape.constant(x.clone()), tape.constant(memory));
        let expected = attention.forward(&bound, queries, memory, &mask).value();
        let cache = attention.read(&bound, memory);
        let later = Tape::without_gradients();
        let found = attention.forward_cached(&parameters.on(&later), later.constant(x), &cache, &mask).value();
        assert_eq!((cache.length(), found), (5, expected));
    }
}
