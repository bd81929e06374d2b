//! The two kinds of network of a CycleGAN for digits.

use crate::data::mnist;
use crate::generative::patches::{from_patches, to_patches};
use crate::nn::{Bound, Convolution, Normalisation, ParameterId, Parameters};
use crate::tensor::{Activation, Tape, Tensor, Var, Window, tensor};
use rand::Rng;

/// Groups of channels that are normalised together.
const GROUPS: usize = 8;
/// How much a picture counts for itself at the start: a fresh translator nearly leaves it as it is.
const KEPT: f32 = 5.0;

fn convolution(
    parameters: &mut Parameters<f32>,
    name: &str,
    channels: (usize, usize),
    (size, stride): (usize, usize),
    activation: Activation,
    random: &mut impl Rng,
) -> Convolution {
    let window = Window::padded(size / 2).stride(stride);
    Convolution::new(parameters, name, channels, size, window, activation, random)
}

/// Digits in, digits out: patches of 2×2 → 14×14 → 7×7 → 14×14 → patches, with a bridge at 14×14.
///
/// The output is sigmoid(network + k (2x − 1) + ground), k and ground learned: a style may keep much of a picture, and may
/// have something of its own at fixed places.
#[derive(Debug, Clone)]
pub struct Translator {
    first: Convolution,
    down: Convolution,
    norms: [Normalisation; 3],
    middle: [Convolution; 2],
    up: Convolution,
    joined: Convolution,
    last: Convolution,
    kept: ParameterId,
    ground: ParameterId,
}

impl Translator {
    pub fn new(parameters: &mut Parameters<f32>, name: &str, channels: usize, random: &mut impl Rng) -> Self {
        let (c, twice) = (channels, 2 * channels);
        let named = |part: &str| format!("{name}.{part}");
        let (silu, identity) = (Activation::Silu, Activation::Identity);
        Translator {
            first: convolution(parameters, &named("first"), (6, c), (3, 1), silu, random),
            down: convolution(parameters, &named("down"), (c, twice), (3, 2), identity, random),
            norms: [0, 1, 2].map(|index| Normalisation::new(parameters, &named(&format!("norm.{index}")), twice)),
            middle: [0, 1].map(|index| {
                let name = named(&format!("middle.{index}"));
                convolution(parameters, &name, (twice, twice), (3, 1), identity, random)
            }),
            up: convolution(parameters, &named("up"), (twice, c), (1, 1), identity, random),
            joined: convolution(parameters, &named("joined"), (twice, c), (3, 1), silu, random),
            last: convolution(parameters, &named("last"), (c, 4), (3, 1), identity, random),
            kept: parameters.add(named("kept"), Tensor::filled([1], KEPT)),
            ground: parameters.add(named("ground"), Tensor::filled([1, mnist::PIXELS], 0.0)),
        }
    }

    /// x `[batch, 784]` in [0, 1] to the same.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        let silu = Activation::Silu;
        let patches = to_patches(x);
        let places = bound.tape().constant(places(x.shape()[0]));
        let beside = self.first.forward(bound, Var::concatenate(&[patches, places], 3));
        let h = self.down.forward(bound, beside);
        let inner = self.middle[0].forward(bound, self.norms[0].group(bound, h, GROUPS, silu));
        let inner = self.middle[1].forward(bound, self.norms[1].group(bound, inner, GROUPS, silu));
        let h = self.norms[2].group(bound, h + inner, GROUPS, silu);
        let h = self.up.forward(bound, h).upsample(2);
        let h = self.joined.forward(bound, Var::concatenate(&[h, beside], 3));
        let change = from_patches(self.last.forward(bound, h));
        (change + x.scale(2.0).shift(-1.0) * bound[self.kept] + bound[self.ground]).sigmoid()
    }
}

/// Where each place of 14×14 lies, from −1 to 1: `[batch, 14, 14, 2]`. Convolutions alone do not know.
fn places(batch: usize) -> Tensor<f32> {
    let share = |index: usize| index as f32 / 6.5 - 1.0;
    let one: Vec<f32> = (0..14 * 14).flat_map(|place| [share(place % 14), share(place / 14)]).collect();
    tensor([batch, 14, 14, 2], one.repeat(batch))
}

/// A verdict for each of 7×7 places, near 1 for real.
#[derive(Debug, Clone)]
pub struct Discriminator {
    convolutions: [Convolution; 4],
}

impl Discriminator {
    pub fn new(parameters: &mut Parameters<f32>, name: &str, channels: usize, random: &mut impl Rng) -> Self {
        let (c, twice, leaky) = (channels, 2 * channels, Activation::LeakyRelu(0.2));
        let mut layer = |index: usize, channels, size, activation| {
            convolution(parameters, &format!("{name}.{index}"), channels, size, activation, random)
        };
        Discriminator {
            convolutions: [
                layer(0, (4, c), (3, 1), leaky),
                layer(1, (c, twice), (3, 2), leaky),
                layer(2, (twice, twice), (3, 1), leaky),
                layer(3, (twice, 1), (1, 1), Activation::Identity),
            ],
        }
    }

    /// x `[batch, 784]` to `[batch, 7, 7, 1]`.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        self.convolutions.iter().fold(to_patches(x), |h, layer| layer.forward(bound, h))
    }
}

/// Pictures `[count, 784]` through a translator, some at a time.
pub fn translate(translator: &Translator, parameters: &Parameters<f32>, x: &Tensor<f32>) -> Tensor<f32> {
    const BATCH: usize = 250;
    let mut out = Vec::with_capacity(x.len());
    for rows in x.values().chunks(BATCH * mnist::PIXELS) {
        let tape = Tape::without_gradients();
        let rows = tape.constant(tensor([rows.len() / mnist::PIXELS, mnist::PIXELS], rows.to_vec()));
        out.extend_from_slice(translator.forward(&parameters.frozen_on(&tape), rows).value().values());
    }
    tensor([x.shape()[0], mnist::PIXELS], out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_fresh_translator_nearly_leaves_a_picture_as_it_is() {
        let mut parameters = Parameters::new();
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let translator = Translator::new(&mut parameters, "g", 16, random);
        let discriminator = Discriminator::new(&mut parameters, "d", 16, random);
        let x: Vec<f32> = (0..2 * 784).map(|i| if i % 5 == 0 { 1.0 } else { 0.0 }).collect();
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(tensor([2, 784], x));
        let made = translator.forward(&bound, x);
        assert_eq!((made.shape(), discriminator.forward(&bound, made).shape()), (vec![2, 784], vec![2, 7, 7, 1]));
        let far = made.value().iter().zip(x.value().iter()).map(|(a, b)| (a - b).abs()).sum::<f32>() / (2.0 * 784.0);
        assert!(far < 0.2, "{far}");
    }
}
