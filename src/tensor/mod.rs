#![doc = include_str!("README.md")]

mod array;
mod direct;
mod element;
pub mod gradient_check;
pub mod half_rows;
pub mod operations;
pub mod parallel;
pub mod pool;
pub mod product;
pub mod shared_rows;
mod tape;

pub(crate) use array::contiguous;
pub use array::{Tensor, tensor};
pub use element::Element;
pub use operations::attention::Mask;
pub use operations::convolution::Window;
pub use operations::linear::Activation;
pub use operations::recurrent::RecurrentWeights;
pub use tape::{Gradients, Rows, Tape, Var};
