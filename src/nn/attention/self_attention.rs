//! Attention of a sequence to itself.

use super::{AttentionTrace, KeyValueCache};
use crate::nn::{Bound, Linear, Parameters};
use crate::tensor::{Activation, Element, Mask, Var};
use rand::Rng;

/// Multi-head attention of a sequence to itself: `[batch, length, width]` → `[batch, length, width]`. Queries, keys and
/// values come from one affine map, which is one product.
#[derive(Debug, Clone, Copy)]
pub struct SelfAttention {
    projections: Option<Projections>,
    heads: usize,
    is_scaled: bool,
}

/// W_Q, W_K and W_V in one, and W_O.
#[derive(Debug, Clone, Copy)]
struct Projections {
    query_key_value: Linear,
    out: Linear,
}

impl SelfAttention {
    /// Adds `{name}.query_key_value` `[3 width, width]`, in this order, and `{name}.out` `[width, width]`, each with a
    /// bias.
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
        let projections =
            Projections { query_key_value: linear("query_key_value", 3 * width), out: linear("out", width) };
        SelfAttention { projections: Some(projections), heads, is_scaled: true }
    }

    /// Attention without weights of its own: q = k = v = x, and what is found is left as it is.
    pub fn without_projections(heads: usize) -> Self {
        SelfAttention { projections: None, heads, is_scaled: true }
    }

    /// The same without the division by √d.
    #[must_use]
    pub fn unscaled(self) -> Self {
        SelfAttention { is_scaled: false, ..self }
    }

    /// `[batch, length, width]` → `[batch, length, width]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>, mask: &Mask) -> Var<'t, E> {
        if let (Some(Projections { query_key_value, out }), true) = (self.projections, self.is_scaled) {
            let found = query_key_value.forward(parameters, x).self_attention(self.heads, mask.clone());
            return out.forward(parameters, found);
        }
        let [query, key, value] = self.query_key_value(parameters, x);
        self.out(parameters, query.attention(key, value, self.heads, mask.clone()))
    }

    /// [`forward`](Self::forward), and what happened on the way.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_traced<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        mask: &Mask,
    ) -> (Var<'t, E>, AttentionTrace<E>) {
        let trace = AttentionTrace::new(x, self.query_key_value(parameters, x), self.heads, mask);
        (self.forward(parameters, x, mask), trace)
    }

    /// What [`forward`](Self::forward) with [`Mask::Causal`] gives at new places `[batch, new, width]` that follow those
    /// in the cache; they are added to it.
    ///
    /// # Panics
    /// If the tape records gradients, or the batch is not that of the cache.
    pub fn forward_cached<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        cache: &mut KeyValueCache<E>,
    ) -> Var<'t, E> {
        let [query, key, value] = self.query_key_value(parameters, x);
        let (keys, values) = cache.append(key, value);
        self.out(parameters, query.attention(keys, values, self.heads, Mask::Causal))
    }

    /// Queries, keys and values, `[batch, length, width]` each. Unscaled queries are those times √d, which the operation
    /// divides by.
    fn query_key_value<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> [Var<'t, E>; 3] {
        let [query, key, value] = match self.projections {
            Some(projections) => apart(projections.query_key_value.forward(parameters, x)),
            None => [x; 3],
        };
        let query = if self.is_scaled { query } else { unscaled(query, self.heads) };
        [query, key, value]
    }

    fn out<'t, E: Element>(&self, parameters: &Bound<'t, E>, found: Var<'t, E>) -> Var<'t, E> {
        self.projections.map_or(found, |projections| projections.out.forward(parameters, found))
    }
}

/// Queries `[.., width]` whose scores are not divided by √d in the end.
pub(super) fn unscaled<E: Element>(query: Var<E>, heads: usize) -> Var<E> {
    let width = *query.shape().last().expect("a width");
    query.scale(((width / heads) as f64).sqrt())
}

/// Queries, keys and values out of `[batch, length, 3 width]`.
fn apart<E: Element>(all: Var<E>) -> [Var<E>; 3] {
    let width = all.shape()[2] / 3;
    [0, 1, 2].map(|part| all.narrow(2, part * width..(part + 1) * width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use crate::nn::test_support::{assert_near, random_layer};
    use crate::tensor::{Tape, Tensor, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn layer(width: usize, heads: usize) -> (Parameters<f64>, SelfAttention) {
        random_layer(|parameters, random| SelfAttention::new(parameters, "attention", width, heads, random))
    }

    /// Width 1, all weights 1 and no biases: q = k = v = x, and the scores of x = (1, 2) from its second place are 2, 4.
    #[test]
    fn two_numbers_attend_to_each_other() {
        let (mut parameters, attention) = layer(1, 1);
        parameters.iter_mut().for_each(|(name, value)| value.fill(if name.ends_with("weight") { 1.0 } else { 0.0 }));
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([1, 2, 1], vec![1.0, 2.0]));
        let (y, trace) = attention.forward_traced(&parameters.on(&tape), x, &Mask::Causal);
        let second = 1.0 / (1.0 + (-2.0_f64).exp());
        assert_near(&trace.weights, &tensor([1, 1, 2, 2], vec![1.0, 0.0, 1.0 - second, second]));
        assert_near(&y.value(), &tensor([1, 2, 1], vec![1.0, 1.0 + second]));
    }

    #[test]
    fn asking_for_the_weights_changes_nothing_else() {
        let (parameters, attention) = layer(6, 3);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(normal(&[2, 4, 6], 1.0, &mut ChaCha8Rng::seed_from_u64(2)));
        for mask in [Mask::None, Mask::Causal, Mask::Lengths(vec![1, 3])] {
            let (y, trace) = attention.forward_traced(&bound, x, &mask);
            assert_eq!(y.value(), attention.forward(&bound, x, &mask).value());
            assert_eq!(trace.weights.shape(), [2, 3, 4, 4]);
        }
    }

    /// The lecture's first form: x̂ᵢ = Σⱼ αᵢⱼ xⱼ with αᵢ = softmax(Xᵀ xᵢ).
    #[test]
    fn without_projections_and_scale_it_is_softmax_of_products() {
        let tape = Tape::without_gradients();
        let x = tape.constant(normal(&[1, 4, 6], 1.0, &mut ChaCha8Rng::seed_from_u64(2)));
        let attention = SelfAttention::without_projections(1);
        let bound = Parameters::new().on(&tape);
        for (attention, scale) in [(attention, 1.0 / 6_f64.sqrt()), (attention.unscaled(), 1.0)] {
            let weights = x.matmul(x.transpose()).scale(scale).softmax();
            let (found, trace) = attention.forward_traced(&bound, x, &Mask::None);
            assert_near(&found.ordered(), &weights.matmul(x).ordered());
            assert_near(&trace.weights, &weights.reshape([1, 1, 4, 4]).ordered());
        }
    }

    #[test]
    fn unscaled_scores_are_products_of_queries_and_keys() {
        let (parameters, attention) = layer(6, 2);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(normal(&[2, 4, 6], 1.0, &mut ChaCha8Rng::seed_from_u64(2)));
        let (y, trace) = attention.unscaled().forward_traced(&bound, x, &Mask::Causal);
        let (_, scaled) = attention.forward_traced(&bound, x, &Mask::Causal);
        let ratio = |weights: &Tensor<f64>| (weights[[1, 1, 3, 2]] / weights[[1, 1, 3, 0]]).ln();
        assert!((ratio(&trace.weights) - 3_f64.sqrt() * ratio(&scaled.weights)).abs() < 1e-12);
        let mut cache = KeyValueCache::new();
        assert_near(&attention.unscaled().forward_cached(&bound, x, &mut cache).ordered(), &y.ordered());
    }

    /// A prompt at once, then place by place, on a tape of its own each time.
    #[test]
    fn a_cache_gives_the_full_pass() {
        let (parameters, attention) = layer(6, 2);
        let x: Tensor<f64> = normal(&[2, 5, 6], 1.0, &mut ChaCha8Rng::seed_from_u64(3));
        let tape = Tape::without_gradients();
        let expected = attention.forward(&parameters.on(&tape), tape.constant(x.clone()), &Mask::Causal);
        let mut cache = KeyValueCache::new();
        for places in [0..2, 2..3, 3..4, 4..5] {
            let tape = Tape::without_gradients();
            let new = tape.constant(x.clone()).narrow(1, places.clone());
            let found = attention.forward_cached(&parameters.on(&tape), new, &mut cache).value();
            assert_eq!(cache.length(), places.end);
            assert_near(&found, &expected.narrow(1, places).ordered());
        }
    }

    #[test]
    fn beams_are_picked_out_of_a_cache() {
        let (parameters, attention) = layer(4, 2);
        let x: Tensor<f64> = normal(&[3, 2, 4], 1.0, &mut ChaCha8Rng::seed_from_u64(4));
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(x);
        for picked in [&[2, 0][..], &[0, 2], &[1, 2], &[1], &[1, 1, 2, 0]] {
            let mut cache = KeyValueCache::new();
            attention.forward_cached(&bound, x.narrow(1, 0..1), &mut cache);
            cache.select(picked);
            let next = x.narrow(0, 1..2).narrow(1, 1..2);
            let found = attention.forward_cached(&bound, next.broadcast_to([picked.len(), 1, 4]), &mut cache);
            for (row, &from) in picked.iter().enumerate() {
                let whole = Var::concatenate(&[x.narrow(0, from..from + 1).narrow(1, 0..1), next], 1);
                let expected = attention.forward(&bound, whole, &Mask::Causal).at(0, 0).at(0, 1);
                assert_near(&found.at(0, row).at(0, 0).ordered(), &expected.ordered());
            }
        }
    }

    #[test]
    #[should_panic(expected = "a key-value cache is for tapes without gradients")]
    fn nothing_is_learned_through_a_cache() {
        let (parameters, attention) = layer(4, 2);
        let tape = Tape::new();
        let x = tape.constant(Tensor::filled([1, 1, 4], 1.0));
        attention.forward_cached(&parameters.on(&tape), x, &mut KeyValueCache::new());
    }
}
