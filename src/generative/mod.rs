//! Chapter 2: deep generative models.

pub mod autoencoder;
pub mod classifier;
pub mod compare;
pub mod cyclegan;
pub mod diffusion;
pub mod digits;
pub mod gan;
pub mod kl;
pub mod latent;
pub mod measure;
pub mod noise;
pub mod patches;
pub mod plane;
#[cfg(test)]
pub mod toy;
pub mod vae;
