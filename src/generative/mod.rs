//! Chapter 2: deep generative models.

pub mod vae;
