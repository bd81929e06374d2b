//! The multilayer perceptron: affine layers with an activation after each.

use super::linear::Linear;
use super::parameters::{Bound, Parameters};
use crate::tensor::{Activation, Element, Var};
use rand::Rng;

/// Affine layers with an activation after each, one after another.
#[derive(Debug, Clone)]
pub struct Perceptron(Vec<Linear>);

impl Perceptron {
    /// Layers of the given `widths` on `inputs` with a ReLU after each; none at all for no widths.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        widths: &[usize],
        random: &mut impl Rng,
    ) -> Self {
        Self::with_activation(parameters, name, inputs, widths, Activation::Relu, random)
    }

    /// The same with another activation.
    pub fn with_activation<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        widths: &[usize],
        activation: Activation,
        random: &mut impl Rng,
    ) -> Self {
        let befores = std::iter::once(&inputs).chain(widths);
        let layers = befores.zip(widths).enumerate().map(|(index, (&before, &width))| {
            Linear::new(parameters, &format!("{name}.{index}"), before, width, activation, random)
        });
        Perceptron(layers.collect())
    }

    /// `[.., inputs]` → `[.., last width]`.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        self.0.iter().fold(x, |x, layer| layer.forward(parameters, x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_layer_has_its_activation() {
        let mut parameters = Parameters::<f64>::new();
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let layers = Perceptron::with_activation(&mut parameters, "p", 1, &[1, 1], Activation::Tanh, random);
        *parameters.get_mut("p.0.weight").unwrap() = tensor([1, 1], vec![2.0]);
        *parameters.get_mut("p.1.weight").unwrap() = tensor([1, 1], vec![-3.0]);
        let tape = Tape::without_gradients();
        let y = layers.forward(&parameters.on(&tape), tape.constant(tensor([1, 1], vec![0.7]))).item();
        assert!((y - (-3.0 * 1.4_f64.tanh()).tanh()).abs() < 1e-12, "{y}");
    }

    #[test]
    fn no_layers_change_nothing() {
        let mut parameters = Parameters::<f64>::new();
        let layers = Perceptron::new(&mut parameters, "p", 3, &[], &mut ChaCha8Rng::seed_from_u64(1));
        let tape = Tape::without_gradients();
        let x = tensor([1, 3], vec![-1.0, 0.0, 2.0]);
        assert_eq!(layers.forward(&parameters.on(&tape), tape.constant(x.clone())).value(), x);
    }
}
