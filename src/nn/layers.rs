//! Layers: an operation together with its parameters.

use super::initialise::{glorot_uniform, he_normal, lecun_uniform, normal, orthogonal};
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Activation, Element, RecurrentWeights, Tensor, Var, Window};
use rand::Rng;

/// He's initialisation before a ReLU, else Glorot's.
fn weight_for<E: Element>(activation: Activation, shape: &[usize], random: &mut impl Rng) -> Tensor<E> {
    match activation {
        Activation::Relu | Activation::LeakyRelu(_) => he_normal(shape, random),
        _ => glorot_uniform(shape, random),
    }
}

fn zeros<E: Element>(length: usize) -> Tensor<E> {
    Tensor::filled([length], E::zero())
}

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
        Linear { bias: Some(parameters.add(format!("{name}.bias"), zeros(outputs))), ..bare }
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
        let weight = weight_for(activation, &[outputs, inputs], random);
        Linear { weight: parameters.add(format!("{name}.weight"), weight), bias: None, activation }
    }

    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.linear(parameters[self.weight], self.bias.map(|bias| parameters[bias]), self.activation)
    }
}

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

    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        self.0.iter().fold(x, |x, layer| layer.forward(parameters, x))
    }
}

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

    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.convolution(parameters[self.weight], parameters[self.bias], self.window, self.activation)
    }
}

/// γ and β of a normalisation; which one is said where it is applied.
#[derive(Debug, Clone, Copy)]
pub struct Normalisation {
    gamma: ParameterId,
    beta: ParameterId,
}

impl Normalisation {
    /// Adds γ, ones at first, and β, zeros at first.
    pub fn new<E: Element>(parameters: &mut Parameters<E>, name: &str, width: usize) -> Self {
        Normalisation {
            gamma: parameters.add(format!("{name}.gamma"), Tensor::filled([width], E::one())),
            beta: parameters.add(format!("{name}.beta"), zeros(width)),
        }
    }

    /// Over the last axis.
    pub fn layer<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.layer_norm(parameters[self.gamma], parameters[self.beta])
    }

    /// Over the places and the channels of each group of a picture, with what follows it.
    pub fn group<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        groups: usize,
        then: Activation,
    ) -> Var<'t, E> {
        x.group_norm(groups, parameters[self.gamma], parameters[self.beta], then)
    }
}

/// A table with a row for each symbol.
#[derive(Debug, Clone, Copy)]
pub struct Embedding {
    table: ParameterId,
}

impl Embedding {
    /// Adds the table `[symbols, width]` of N(0, deviation²).
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        symbols: usize,
        width: usize,
        deviation: f64,
        random: &mut impl Rng,
    ) -> Self {
        Embedding { table: parameters.add(format!("{name}.weight"), normal(&[symbols, width], deviation, random)) }
    }

    /// The rows of symbols: `[symbols.len(), width]`.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, symbols: &[usize]) -> Var<'t, E> {
        parameters[self.table].rows_at(symbols)
    }

    /// The whole table.
    pub fn table<'t, E: Element>(&self, parameters: &Bound<'t, E>) -> Var<'t, E> {
        parameters[self.table]
    }
}

/// The four weights of a recurrent layer.
#[derive(Debug, Clone, Copy)]
struct Recurrent {
    input: ParameterId,
    hidden: ParameterId,
    input_bias: ParameterId,
    hidden_bias: ParameterId,
}

impl Recurrent {
    fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        gates: usize,
        inputs: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        let input = lecun_uniform(&[gates * hidden, inputs], random);
        let state = orthogonal(gates * hidden, hidden, random);
        Recurrent {
            input: parameters.add(format!("{name}.input_weight"), input),
            hidden: parameters.add(format!("{name}.hidden_weight"), state),
            input_bias: parameters.add(format!("{name}.input_bias"), zeros(gates * hidden)),
            hidden_bias: parameters.add(format!("{name}.hidden_bias"), zeros(gates * hidden)),
        }
    }

    fn weights<'t, E: Element>(&self, parameters: &Bound<'t, E>) -> RecurrentWeights<'t, E> {
        RecurrentWeights {
            input: parameters[self.input],
            hidden: parameters[self.hidden],
            input_bias: parameters[self.input_bias],
            hidden_bias: parameters[self.hidden_bias],
        }
    }
}

/// A gated recurrent unit, see [`Var::gru`].
#[derive(Debug, Clone, Copy)]
pub struct Gru(Recurrent);

impl Gru {
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        Gru(Recurrent::new(parameters, name, 3, inputs, hidden, random))
    }

    /// x `[batch, steps, inputs]`, first state `[batch, h]` → states `[batch, steps, h]`.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>, first: Var<'t, E>) -> Var<'t, E> {
        x.gru(first, self.0.weights(parameters))
    }
}

/// Long short-term memory, see [`Var::lstm`].
#[derive(Debug, Clone, Copy)]
pub struct Lstm(Recurrent);

impl Lstm {
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        Lstm(Recurrent::new(parameters, name, 4, inputs, hidden, random))
    }

    /// x `[batch, steps, inputs]`, first state and cell `[batch, h]` → states and cells `[batch, steps, h]`.
    pub fn forward<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        first: (Var<'t, E>, Var<'t, E>),
    ) -> (Var<'t, E>, Var<'t, E>) {
        x.lstm(first, self.0.weights(parameters))
    }
}

/// What tells a transformer where a symbol stands, `[length, width]`: sin and cos of the place at wavelengths from 2π to
/// 10000 · 2π, sines at even, cosines at odd columns (Vaswani et al. 2017, arXiv:1706.03762, section 3.5).
pub fn sinusoidal_positions<E: Element>(length: usize, width: usize) -> Tensor<E> {
    let value = |place: usize, column: usize| {
        let angle = place as f64 / 10_000_f64.powf((column / 2 * 2) as f64 / width as f64);
        E::of(if column.is_multiple_of(2) { angle.sin() } else { angle.cos() })
    };
    let places = (0..length).flat_map(|place| (0..width).map(move |column| (place, column)));
    crate::tensor::tensor([length, width], places.map(|(place, column)| value(place, column)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_turn_at_their_wavelengths() {
        let positions: Tensor<f64> = sinusoidal_positions(3, 4);
        let angles = [[0.0, 0.0], [1.0, 0.01], [2.0, 0.02_f64]];
        for (found, angles) in positions.values().chunks(4).zip(angles) {
            let expected = angles.map(|angle: f64| [angle.sin(), angle.cos()]).concat();
            assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12));
        }
    }
}
