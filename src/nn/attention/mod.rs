//! Multi-head attention with its weights (Vaswani et al. 2017, arXiv:1706.03762, section 3.2): in parallel heads of
//! width d = width / heads,
//!
//! ```text
//! q = W_Q x + b_Q      k = W_K y + b_K      v = W_V y + b_V
//! α = softmax(q kᵀ / √d)      y = W_O [head₁ … headₙ] + b_O
//! ```
//!
//! [`SelfAttention`] takes queries, keys and values from one sequence, [`CrossAttention`] the queries from one and keys
//! and values from another. Both can trace what happened on the way, α among it, and both can keep keys and values in a [`KeyValueCache`], so that a
//! sequence that grows symbol by symbol is not computed again from its start.

mod cache;
mod cross_attention;
mod self_attention;
mod trace;

pub use cache::KeyValueCache;
pub use cross_attention::CrossAttention;
pub use self_attention::SelfAttention;
pub use trace::AttentionTrace;
