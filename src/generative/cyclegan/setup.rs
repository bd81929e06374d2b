//! The networks that knobs ask for, and digits in the styles between which they translate.

use super::{CycleGan, StylePair};
use crate::data::styles::Style;
use crate::data::{Digits, mnist};
use crate::experiment::Knobs;
use crate::nn::Parameters;
use crate::tensor::{Tensor, tensor};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::ops::Range;

/// Some digits in a style, 784 bytes each.
pub(super) fn styled(digits: &Digits, range: Range<usize>, style: Style) -> Vec<u8> {
    let one = |index: usize| -> Vec<u8> {
        let digit: Vec<f32> = digits.pixels(index).iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        style.apply(&digit).into_iter().map(|value| (value * 255.0).round() as u8).collect()
    };
    range.into_par_iter().flat_map_iter(one).collect()
}

/// Bytes as `[count, 784]` in [0, 1].
pub(super) fn unit(bytes: &[u8]) -> Tensor<f32> {
    tensor([bytes.len() / mnist::PIXELS, mnist::PIXELS], bytes.iter().map(|&pixel| f32::from(pixel) / 255.0).collect())
}

/// The networks that knobs ask for, untrained, each with its two sets of parameters.
pub(super) fn networks(knobs: &Knobs, random: &mut ChaCha8Rng) -> Vec<(StylePair, CycleGan, [Parameters<f32>; 2])> {
    let channels = (knobs.integer("channels") as usize).next_multiple_of(8);
    let fresh = |pair: StylePair| {
        let (mut translators, mut discriminators) = (Parameters::new(), Parameters::new());
        let networks = CycleGan::new(channels, &mut translators, &mut discriminators, random);
        (pair, networks, [translators, discriminators])
    };
    StylePair::named(knobs.choice("styles")).into_iter().map(fresh).collect()
}
