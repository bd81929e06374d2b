//! Distributions that a network's output stands for: sample from them, score what was sampled, measure their entropy. In
//! nats; everything but a sample is differentiable.

mod categorical;
mod normal;

pub use categorical::Categorical;
pub use normal::Normal;
