//! The operations, each with its forward and its backward side by side.

pub mod elementwise;
pub mod likelihood;
pub mod linear;
pub mod reduction;
