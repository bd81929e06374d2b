//! The convolution layer: a window of weights over every place of a picture, see [`Var::convolution`].

use super::initialise::{weight_for, zeros};
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Activation, Element, Var, Window};
use rand::Rng;

/// A convolution with its activation: `[n, h, w, inputs]` → `[n, h', w', outputs]`.
#[derive(Debug, Clone, Copy)]
pub struct Convolution {
    weight: ParameterId,
    bias: ParameterId,
    window: Window,
    activation: Activation,
}

impl Convolution {
    /// Adds the weight `[outputs, size, size, inputs]` and the bias `[outputs]`, which starts at zero.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        (inputs, outputs): (usize, usize),
        size: usize,
        window: Window,
        activation: Activation,
        random: &mut impl Rng,
    ) -> Self {
        let weight = weight_for(activation, &[outputs, size, size, inputs], random);
        Convolution {
            weight: parameters.add(format!("{name}.weight"), weight),
            bias: parameters.add(format!("{name}.bias"), zeros(outputs)),
            window,
            activation,
        }
    }

    /// `[n, h, w, inputs]` → `[n, h', w', outputs]`.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.convolution(parameters[self.weight], parameters[self.bias], self.window, self.activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, Tensor, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn ones_over_ones_count_the_places_of_the_window() {
        let mut parameters = Parameters::<f64>::new();
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let layer = Convolution::new(&mut parameters, "c", (1, 1), 3, Window::padded(1), Activation::Identity, random);
        *parameters.get_mut("c.weight").unwrap() = Tensor::filled([1, 3, 3, 1], 1.0);
        *parameters.get_mut("c.bias").unwrap() = tensor([1], vec![0.5]);
        let tape = Tape::without_gradients();
        let y = layer.forward(&parameters.on(&tape), tape.constant(Tensor::filled([1, 3, 3, 1], 1.0)));
        let expected = vec![4.5, 6.5, 4.5, 6.5, 9.5, 6.5, 4.5, 6.5, 4.5];
        assert_eq!(y.value(), tensor([1, 3, 3, 1], expected));
    }
}
