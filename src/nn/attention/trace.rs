//! What happened inside an attention layer.

use crate::tensor::{Element, Mask, Tensor, Var};

/// The numbers of one attention layer for a batch: to look at, no gradient goes through them.
#[derive(Debug, Clone)]
pub struct AttentionTrace<E: Element> {
    /// What the queries were made of, `[batch, queries, width]`.
    pub input: Tensor<E>,
    /// `[batch, queries, width]`, each head's columns side by side.
    pub queries: Tensor<E>,
    /// `[batch, keys, width]`.
    pub keys: Tensor<E>,
    /// `[batch, keys, width]`.
    pub values: Tensor<E>,
    /// α of every head, `[batch, heads, queries, keys]`.
    pub weights: Tensor<E>,
}

impl<E: Element> AttentionTrace<E> {
    pub(super) fn new<'t>(
        input: Var<'t, E>,
        [queries, keys, values]: [Var<'t, E>; 3],
        heads: usize,
        mask: &Mask,
    ) -> Self {
        AttentionTrace {
            input: input.ordered(),
            queries: queries.ordered(),
            keys: keys.ordered(),
            values: values.ordered(),
            weights: queries.attention_weights(keys, heads, mask),
        }
    }
}
