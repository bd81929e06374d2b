//! The operations, a file for each family. Each file holds forward, backward and gradient tests side by side.

mod additive_attention;
pub mod attention;
pub mod convolution;
mod dropout;
mod elementwise;
mod indexing;
pub mod linear;
mod loss;
mod normalisation;
mod pooling;
pub mod recurrent;
mod reduction;
mod shape;
