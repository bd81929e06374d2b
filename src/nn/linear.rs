//! Affine layers.

use super::initialise::{glorot_uniform, he_normal};
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Activation, Element, Var, tensor};
use rand::Rng;

/// activation(x Wᵀ + b): `[batch, inputs]` → `[batch, outputs]`.
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    weight: ParameterId,
    bias: ParameterId,
    activation: Activation,
}

impl Linear {
    /// Adds the layer's weight `[outputs, inputs]` and bias `[outputs]` to `parameters`: He's initialisation before a
    /// ReLU, else Glorot's; biases start at zero.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        outputs: usize,
        activation: Activation,
        random: &mut impl Rng,
    ) -> Self {
        let weight = match activation {
            Activation::Relu => he_normal(outputs, inputs, random),
            Activation::Identity | Activation::Tanh => glorot_uniform(outputs, inputs, random),
        };
        Linear {
            weight: parameters.add(format!("{name}.weight"), weight),
            bias: parameters.add(format!("{name}.bias"), tensor([outputs], vec![E::zero(); outputs])),
            activation,
        }
    }

    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.linear(parameters[self.weight], parameters[self.bias], self.activation)
    }
}

/// Affine layers with a ReLU after each, one after another.
#[derive(Debug, Clone)]
pub struct Perceptron(Vec<Linear>);

impl Perceptron {
    /// Layers of the given `widths` on `inputs`; none at all for no widths.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        widths: &[usize],
        random: &mut impl Rng,
    ) -> Self {
        let befores = std::iter::once(&inputs).chain(widths);
        let layers = befores.zip(widths).enumerate().map(|(index, (&before, &width))| {
            Linear::new(parameters, &format!("{name}.{index}"), before, width, Activation::Relu, random)
        });
        Perceptron(layers.collect())
    }

    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        self.0.iter().fold(x, |x, layer| layer.forward(parameters, x))
    }
}
