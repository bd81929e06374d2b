//! The affine layer y = activation(W x + b).
//!
//! ```
//! use rand::SeedableRng;
//! use shinso::nn::{Linear, Parameters};
//! use shinso::tensor::{Activation, Tape, Tensor};
//!
//! let mut parameters = Parameters::<f32>::new();
//! let random = &mut rand_chacha::ChaCha8Rng::seed_from_u64(1);
//! let layer = Linear::new(&mut parameters, "hidden", 3, 5, Activation::Relu, random);
//! let tape = Tape::new();
//! let bound = parameters.on(&tape);
//! let y = layer.forward(&bound, tape.constant(Tensor::filled([2, 3], 0.5)));
//! assert_eq!(y.shape(), [2, 5]);
//! ```

use super::initialise::{weight_for, zeros};
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Activation, Element, Var};
use rand::Rng;

/// activation(x Wᵀ + b): `[.., inputs]` → `[.., outputs]`.
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    weight: ParameterId,
    bias: Option<ParameterId>,
    activation: Activation,
}

impl Linear {
    /// Adds the layer's weight `[outputs, inputs]` and bias `[outputs]` to `parameters`; biases start at zero.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        outputs: usize,
        activation: Activation,
        random: &mut impl Rng,
    ) -> Self {
        let bare = Self::without_bias(parameters, name, inputs, outputs, activation, random);
        let bias = parameters.add_fresh(format!("{name}.bias"), &[outputs], |_| zeros(outputs));
        Linear { bias: Some(bias), ..bare }
    }

    /// A layer that adds nothing.
    pub fn without_bias<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        outputs: usize,
        activation: Activation,
        random: &mut impl Rng,
    ) -> Self {
        let fresh = |shape: &[usize]| weight_for(activation, shape, random);
        let weight = parameters.add_fresh(format!("{name}.weight"), &[outputs, inputs], fresh);
        Linear { weight, bias: None, activation }
    }

    /// W `[outputs, inputs]`.
    pub fn weight<'t, E: Element>(&self, parameters: &Bound<'t, E>) -> Var<'t, E> {
        parameters[self.weight]
    }

    /// `[.., inputs]` → `[.., outputs]`.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.linear(parameters[self.weight], self.bias.map(|bias| parameters[bias]), self.activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn it_is_a_product_a_bias_and_an_activation() {
        let mut parameters = Parameters::<f64>::new();
        let layer = Linear::new(&mut parameters, "l", 2, 2, Activation::Relu, &mut ChaCha8Rng::seed_from_u64(1));
        *parameters.get_mut("l.weight").unwrap() = tensor([2, 2], vec![1.0, 2.0, -3.0, 4.0]);
        *parameters.get_mut("l.bias").unwrap() = tensor([2], vec![0.5, -0.5]);
        let tape = Tape::without_gradients();
        let y = layer.forward(&parameters.on(&tape), tape.constant(tensor([1, 2], vec![3.0, 2.0])));
        // 3 + 4 + 0.5, and −9 + 8 − 0.5 below zero
        assert_eq!(y.value(), tensor([1, 2], vec![7.5, 0.0]));
    }
}
