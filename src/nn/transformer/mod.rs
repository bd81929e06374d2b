//! The blocks that transformers are stacked from (Vaswani et al. 2017, arXiv:1706.03762): attention, then a feed-forward
//! network, each beside a path that leaves x as it is.
//!
//! ```text
//! post-norm:  x ← norm(x + f(x))      (Vaswani et al. 2017)
//! pre-norm:   x ← x + f(norm(x))      (Radford et al. 2019, GPT-2; Xiong et al. 2020, arXiv:2002.04745)
//! ```
//!
//! A GPT is a stack of [`TransformerBlock`]s under [`Mask::Causal`](crate::tensor::Mask::Causal), an encoder the same
//! under a mask of lengths, and a decoder that attends to an encoder a stack of [`DecoderBlock`]s. After a stack in
//! pre-norm order there is one more normalisation, which is the model's own.

mod block;
mod decoder_block;
mod feed_forward;

pub use block::TransformerBlock;
pub use decoder_block::{DecoderBlock, DecoderCache};
pub use feed_forward::FeedForward;

use super::{Bound, CrossAttention, Normalisation, Parameters, SelfAttention};
use crate::tensor::{Element, Var};
use rand::Rng;

/// Where a block normalises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormalisationOrder {
    /// x + f(norm(x)): what is learned is added to x as it is.
    Pre,
    /// norm(x + f(x)).
    Post,
}

impl NormalisationOrder {
    /// One part `f` of a block, which may have something to show beside its value.
    fn residual<'t, E: Element, Shown>(
        self,
        parameters: &Bound<'t, E>,
        norm: &Normalisation,
        x: Var<'t, E>,
        f: impl FnOnce(Var<'t, E>) -> (Var<'t, E>, Shown),
    ) -> (Var<'t, E>, Shown) {
        match self {
            NormalisationOrder::Pre => {
                let (y, shown) = f(norm.layer(parameters, x));
                (x + y, shown)
            }
            NormalisationOrder::Post => {
                let (y, shown) = f(x);
                (norm.layer(parameters, x + y), shown)
            }
        }
    }
}

/// The size and kind of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSettings {
    /// Numbers at each place.
    pub width: usize,
    /// Heads of each attention; they divide the width.
    pub heads: usize,
    /// Width of the layer in the middle of the feed-forward network.
    pub hidden: usize,
    pub order: NormalisationOrder,
    /// Whether scores are divided by √d.
    pub is_scaled: bool,
    /// Whether self-attention has W_Q, W_K, W_V and W_O; else q = k = v = x.
    pub is_projected: bool,
}

impl BlockSettings {
    /// Pre-norm with a feed-forward network four times as wide, as in GPT-2.
    pub fn new(width: usize, heads: usize) -> Self {
        let order = NormalisationOrder::Pre;
        BlockSettings { width, heads, hidden: 4 * width, order, is_scaled: true, is_projected: true }
    }

    fn self_attention<E: Element>(
        &self,
        parameters: &mut Parameters<E>,
        name: &str,
        random: &mut impl Rng,
    ) -> SelfAttention {
        let attention = if self.is_projected {
            SelfAttention::new(parameters, &format!("{name}.attention"), self.width, self.heads, random)
        } else {
            SelfAttention::without_projections(self.heads)
        };
        if self.is_scaled { attention } else { attention.unscaled() }
    }

    fn memory_attention<E: Element>(
        &self,
        parameters: &mut Parameters<E>,
        name: &str,
        random: &mut impl Rng,
    ) -> CrossAttention {
        let name = format!("{name}.memory_attention");
        let attention = CrossAttention::new(parameters, &name, self.width, self.heads, random);
        if self.is_scaled { attention } else { attention.unscaled() }
    }
}
