//! The block of a GPT or of an encoder: self-attention, then a feed-forward network.

use super::{BlockSettings, FeedForward, NormalisationOrder};
use crate::nn::{AttentionTrace, Bound, KeyValueCache, Normalisation, Parameters, SelfAttention};
use crate::tensor::{Element, Mask, Var};
use rand::Rng;

/// Self-attention and a feed-forward network: `[batch, length, width]` → `[batch, length, width]`.
#[derive(Debug, Clone, Copy)]
pub struct TransformerBlock {
    attention: SelfAttention,
    feed_forward: FeedForward,
    norms: [Normalisation; 2],
    order: NormalisationOrder,
}

impl TransformerBlock {
    /// Adds `{name}.attention`, `{name}.feed_forward` and two normalisations, `{name}.norm.0` and `{name}.norm.1`.
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
        let feed_forward = FeedForward::new(parameters, &format!("{name}.feed_forward"), width, hidden, random);
        let norms = [0, 1].map(|index| Normalisation::new(parameters, &format!("{name}.norm.{index}"), width));
        TransformerBlock { attention, feed_forward, norms, order }
    }

    /// `[batch, length, width]` → `[batch, length, width]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>, mask: &Mask) -> Var<'t, E> {
        x.tape().only_result(|| self.around(parameters, x, |x| (self.attention.forward(parameters, x, mask), ())).0)
    }

    /// [`forward`](Self::forward), and what happened in its attention.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_traced<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        mask: &Mask,
    ) -> (Var<'t, E>, AttentionTrace<E>) {
        self.around(parameters, x, |x| self.attention.forward_traced(parameters, x, mask))
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
        let attend = |x| (self.attention.forward_cached(parameters, x, cache), ());
        x.tape().only_result(|| self.around(parameters, x, attend).0)
    }

    /// The block around its attention.
    fn around<'t, E: Element, Shown>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        attend: impl FnOnce(Var<'t, E>) -> (Var<'t, E>, Shown),
    ) -> (Var<'t, E>, Shown) {
        let (x, shown) = self.order.residual(parameters, &self.norms[0], x, attend);
        let feed = |x| (self.feed_forward.forward(parameters, x), ());
        (self.order.residual(parameters, &self.norms[1], x, feed).0, shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use crate::nn::test_support::{assert_near, random_layer};
    use crate::tensor::{Activation, Tape, Tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const ORDERS: [NormalisationOrder; 2] = [NormalisationOrder::Pre, NormalisationOrder::Post];

    fn block(order: NormalisationOrder) -> (Parameters<f64>, TransformerBlock) {
        let settings = BlockSettings { order, ..BlockSettings::new(6, 2) };
        random_layer(|parameters, random| TransformerBlock::new(parameters, "block", &settings, random))
    }

    fn input() -> Tensor<f64> {
        normal(&[2, 5, 6], 1.0, &mut ChaCha8Rng::seed_from_u64(2))
    }

    /// The formula of a block put together from operations, its parameters by name.
    struct Formula<'t> {
        tape: &'t Tape<f64>,
        parameters: Parameters<f64>,
    }

    impl<'t> Formula<'t> {
        fn named(&self, name: &str) -> Var<'t, f64> {
            self.tape.constant(self.parameters.get(&format!("block.{name}")).unwrap().clone())
        }

        fn affine(&self, x: Var<'t, f64>, name: &str) -> Var<'t, f64> {
            let weight = self.named(&format!("{name}.weight"));
            let product = x.reshape([10, x.shape()[2]]).matmul(weight.transpose());
            (product + self.named(&format!("{name}.bias"))).reshape([2, 5, weight.shape()[0]])
        }

        /// Mean 0 and variance 1 over the last axis, then γ and β.
        fn norm(&self, x: Var<'t, f64>, index: usize) -> Var<'t, f64> {
            let centred = x - x.mean_axis(2).reshape([2, 5, 1]);
            let deviation = (centred.square().mean_axis(2).reshape([2, 5, 1]) + 1e-5).sqrt();
            let part = |part: &str| self.named(&format!("norm.{index}.{part}"));
            part("gamma") * (centred / deviation) + part("beta")
        }

        fn attend(&self, x: Var<'t, f64>) -> Var<'t, f64> {
            let all = self.affine(x, "attention.query_key_value").reshape([2, 5, 3, 2, 3]).permute(&[2, 0, 3, 1, 4]);
            let scores = all.at(0, 0).matmul(all.at(0, 1).transpose()).scale(1.0 / 3_f64.sqrt());
            let found = scores.softmax().matmul(all.at(0, 2)).permute(&[0, 2, 1, 3]).reshape([2, 5, 6]);
            self.affine(found, "attention.out")
        }

        fn feed(&self, x: Var<'t, f64>) -> Var<'t, f64> {
            self.affine(self.affine(x, "feed_forward.widen").activate(Activation::Gelu), "feed_forward.narrow")
        }
    }

    /// The pre-norm order is also that of `shinso bench`'s GPT, whose losses are compared with PyTorch's.
    #[test]
    fn a_block_is_its_formula() {
        for order in ORDERS {
            let (parameters, block) = block(order);
            let tape = Tape::without_gradients();
            let x = tape.constant(input());
            let found = block.forward(&parameters.on(&tape), x, &Mask::None).value();
            let f = Formula { tape: &tape, parameters };
            let expected = match order {
                NormalisationOrder::Pre => {
                    let x = x + f.attend(f.norm(x, 0));
                    x + f.feed(f.norm(x, 1))
                }
                NormalisationOrder::Post => {
                    let x = f.norm(x + f.attend(x), 0);
                    f.norm(x + f.feed(x), 1)
                }
            };
            assert_near(&found, &expected.value());
        }
    }

    #[test]
    fn a_block_opens_every_head() {
        for order in ORDERS {
            let (parameters, block) = block(order);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let x = tape.constant(input());
            let (y, AttentionTrace { weights, .. }) = block.forward_traced(&bound, x, &Mask::Causal);
            assert_eq!(y.value(), block.forward(&bound, x, &Mask::Causal).value());
            assert_eq!(weights.shape(), [2, 2, 5, 5]);
            for ((_, _, query, key), &weight) in
                weights.view().into_dimensionality::<ndarray::Ix4>().unwrap().indexed_iter()
            {
                assert_eq!(weight == 0.0, key > query, "query {query}, key {key}: {weight}");
            }
        }
    }

    #[test]
    fn decoding_with_caches_gives_the_full_pass() {
        for order in ORDERS {
            let (parameters, block) = block(order);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let x = tape.constant(input());
            let full = |x| block.forward(&bound, block.forward(&bound, x, &Mask::Causal), &Mask::Causal);
            let expected = full(x);
            let mut caches = [KeyValueCache::new(), KeyValueCache::new()];
            for places in [0..3, 3..4, 4..5] {
                let new = x.narrow(1, places.clone());
                let found = caches.iter_mut().fold(new, |x, cache| block.forward_cached(&bound, x, cache));
                assert_near(&found.value(), &expected.narrow(1, places).ordered());
            }
        }
    }

    #[test]
    fn every_parameter_learns() {
        for order in ORDERS {
            let (parameters, block) = block(order);
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let y = block.forward(&bound, tape.constant(input()), &Mask::Causal);
            let gradients = y.square().sum().backward();
            for ((name, value), &var) in parameters.iter().zip(bound.vars()) {
                let gradient = gradients.of(var).unwrap_or_else(|| panic!("{name} has no gradient"));
                assert_eq!(gradient.shape(), value.shape());
                assert!(gradient.iter().any(|&g| g != 0.0), "{name}");
            }
        }
    }
}
