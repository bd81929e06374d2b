//! Long short-term memory (Hochreiter & Schmidhuber 1997): over a whole sequence, over sequences of different lengths,
//! and one step at a time. Its equations stand at [`Var::lstm`].

use super::parameters::{Bound, Parameters};
use super::recurrent::{Padded, Recurrent, one_step};
use crate::tensor::{Element, Var};
use rand::Rng;

/// What an LSTM carries from step to step: state and cell, `[batch, h]` each.
pub type LstmState<'t, E> = (Var<'t, E>, Var<'t, E>);

/// Long short-term memory, see [`Var::lstm`].
#[derive(Debug, Clone, Copy)]
pub struct Lstm(Recurrent);

impl Lstm {
    /// Adds the weights `[4 h, inputs]` and `[4 h, h]` and a bias `[4 h]` for each, zeros at first; h is `hidden`.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        Lstm(Recurrent::new(parameters, name, 4, inputs, hidden, random))
    }

    /// State and cell before a sequence, zeros: `[batch, h]` each.
    pub fn zero_state<'t, E: Element>(&self, parameters: &Bound<'t, E>, batch: usize) -> LstmState<'t, E> {
        let zeros = self.0.zero_state(parameters, batch);
        (zeros, zeros)
    }

    /// x `[batch, steps, inputs]`, first state and cell `[batch, h]` → states and cells `[batch, steps, h]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        first: LstmState<'t, E>,
    ) -> (Var<'t, E>, Var<'t, E>) {
        x.lstm(first, self.0.weights(parameters))
    }

    /// [`forward`](Self::forward) over sequences of which only the first `lengths[row]` steps count: the states
    /// `[batch, steps, h]`, zero at the padding, and state and cell of each row after its own last step, `[batch, h]`
    /// each. What stands in the padding changes none of them and gets no gradient.
    ///
    /// # Panics
    /// If the shapes do not fit, or there is not a length in 1 ..= steps for each row.
    pub fn forward_padded<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        first: LstmState<'t, E>,
        lengths: &[usize],
    ) -> (Var<'t, E>, LstmState<'t, E>) {
        let padded = Padded::new(x, lengths);
        let (states, cells) = self.forward(parameters, x, first);
        (padded.without_padding(states), (padded.last(states), padded.last(cells)))
    }

    /// One step of [`forward`](Self::forward): x `[batch, inputs]` with state and cell before it → state and cell after
    /// it, `[batch, h]` each, the very numbers of the sequence. (Of a batch of one, up to rounding: a product with a single
    /// row adds up in another order.)
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn step<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        before: LstmState<'t, E>,
    ) -> LstmState<'t, E> {
        let (states, cells) = self.forward(parameters, one_step(x), before);
        let shape = before.0.value().raw_dim();
        (states.reshape(shape.clone()), cells.reshape(shape))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use crate::nn::test_support::{assert_near, random_layer};
    use crate::tensor::{Tape, Tensor, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn layer(inputs: usize, hidden: usize) -> (Parameters<f64>, Lstm) {
        random_layer(|parameters, random| Lstm::new(parameters, "lstm", inputs, hidden, random))
    }

    /// Worked out by hand for one number: the biases 0.1 (i), 0.2 (f), 0.3 (g), 0.4 (o) count twice, the weights are 1.
    #[test]
    fn a_step_is_its_equations() {
        let (mut parameters, lstm) = layer(1, 1);
        for (name, value) in parameters.iter_mut() {
            *value = if name.ends_with("weight") {
                Tensor::filled([4, 1], 1.0)
            } else {
                tensor([4], vec![0.1, 0.2, 0.3, 0.4])
            };
        }
        let tape = Tape::without_gradients();
        let number = |x: f64| tape.constant(tensor([1, 1], vec![x]));
        let (x, h, c) = (0.4, -0.6, 0.9);
        let (state, cell) = lstm.step(&parameters.on(&tape), number(x), (number(h), number(c)));
        let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
        let a = x + h;
        let expected = sigmoid(a + 0.4) * c + sigmoid(a + 0.2) * (a + 0.6).tanh();
        assert!((cell.item() - expected).abs() < 1e-12, "{cell:?}");
        assert!((state.item() - sigmoid(a + 0.8) * expected.tanh()).abs() < 1e-12, "{state:?}");
    }

    #[test]
    fn steps_agree_exactly_with_the_sequence() {
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        for (batch, steps, inputs, hidden) in [(1, 4, 3, 5), (3, 5, 4, 8), (17, 3, 2, 6), (20, 2, 33, 40)] {
            let (parameters, lstm) = layer(inputs, hidden);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let x = tape.constant(normal(&[batch, steps, inputs], 1.0, random));
            let mut state = lstm.zero_state(&bound, batch);
            let (states, cells) = lstm.forward(&bound, x, state);
            for step in 0..steps {
                state = lstm.step(&bound, x.at(1, step), state);
                for (found, expected) in [(state.0, states), (state.1, cells)] {
                    let expected = expected.at(1, step).ordered();
                    assert_near(&found.value(), &expected);
                    assert!(batch == 1 || found.value() == expected, "batch {batch}, step {step}");
                }
            }
        }
    }

    #[test]
    fn a_row_of_a_padded_batch_is_the_row_alone() {
        let (parameters, lstm) = layer(2, 3);
        let values: Tensor<f64> = normal(&[3, 4, 2], 1.0, &mut ChaCha8Rng::seed_from_u64(3));
        let lengths = [2, 4, 1];
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let x = tape.leaf(values.clone());
        let (states, last) = lstm.forward_padded(&bound, x, lstm.zero_state(&bound, 3), &lengths);
        for (row, &length) in lengths.iter().enumerate() {
            let alone = x.narrow(0, row..row + 1).narrow(1, 0..length);
            let (expected, cells) = lstm.forward(&bound, alone, lstm.zero_state(&bound, 1));
            assert_near(&states.narrow(0, row..row + 1).narrow(1, 0..length).ordered(), &expected.ordered());
            assert_near(&last.0.at(0, row).ordered(), &expected.at(0, 0).at(0, length - 1).ordered());
            assert_near(&last.1.at(0, row).ordered(), &cells.at(0, 0).at(0, length - 1).ordered());
        }
        let gradients = (states.square().sum() + last.0.sum() + last.1.sum()).backward();
        let gradient = gradients.of(x).unwrap();
        for ((row, step, _), &g) in gradient.view().into_dimensionality::<ndarray::Ix3>().unwrap().indexed_iter() {
            assert_eq!(g != 0.0, step < lengths[row], "row {row}, step {step}: {g}");
        }
    }
}
