//! What screens draw with: they know data and areas, no models and no keys.

pub mod board;
pub mod braille;
pub mod chart;
mod columns;
pub mod frame;
pub mod line;
pub mod markdown;
pub mod panel;
pub mod picture;
pub mod scene;
