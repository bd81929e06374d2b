//! Patches of 2×2 pixels as places of four channels: a convolution over them has a quarter of the places to visit.

use crate::data::mnist;
use crate::tensor::{Element, Var};

/// `[batch, 784]` as `[batch, 14, 14, 4]`: each patch of 2×2 pixels becomes one place of four channels.
pub fn to_patches<E: Element>(x: Var<'_, E>) -> Var<'_, E> {
    let batch = x.shape()[0];
    x.reshape([batch, 14, 2, 14, 2]).permute(&[0, 1, 3, 2, 4]).reshape([batch, 14, 14, 4])
}

/// The way back from [`to_patches`].
pub fn from_patches<E: Element>(x: Var<'_, E>) -> Var<'_, E> {
    let batch = x.shape()[0];
    x.reshape([batch, 14, 14, 2, 2]).permute(&[0, 1, 3, 2, 4]).reshape([batch, mnist::PIXELS])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn patches_are_put_together_as_they_were() {
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([2, 784], (0..1568).map(|i| i as f32).collect()));
        let patches = to_patches(x);
        assert_eq!(&patches.value().values()[..8], [0.0, 1.0, 28.0, 29.0, 2.0, 3.0, 30.0, 31.0]);
        assert_eq!(from_patches(patches).value().values(), x.value().values());
    }
}
