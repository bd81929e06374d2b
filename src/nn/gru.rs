//! The gated recurrent unit (Cho et al. 2014, arXiv:1406.1078): over a whole sequence, over sequences of different
//! lengths, and one step at a time. Its equations stand at [`Var::gru`].

use super::parameters::{Bound, Parameters};
use super::recurrent::{Padded, Recurrent, one_step};
use crate::tensor::{Element, Var};
use rand::Rng;

/// A gated recurrent unit, see [`Var::gru`].
#[derive(Debug, Clone, Copy)]
pub struct Gru(Recurrent);

impl Gru {
    /// Adds the weights `[3 h, inputs]` and `[3 h, h]` and a bias `[3 h]` for each, zeros at first; h is `hidden`.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        Gru(Recurrent::new(parameters, name, 3, inputs, hidden, random))
    }

    /// The state before a sequence, zeros: `[batch, h]`.
    pub fn zero_state<'t, E: Element>(&self, parameters: &Bound<'t, E>, batch: usize) -> Var<'t, E> {
        self.0.zero_state(parameters, batch)
    }

    /// x `[batch, steps, inputs]`, first state `[batch, h]` → states `[batch, steps, h]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>, first: Var<'t, E>) -> Var<'t, E> {
        x.gru(first, self.0.weights(parameters))
    }

    /// [`forward`](Self::forward) over sequences of which only the first `lengths[row]` steps count: the states
    /// `[batch, steps, h]`, zero at the padding, and the state of each row after its own last step `[batch, h]`. What
    /// stands in the padding changes neither of them and gets no gradient.
    ///
    /// # Panics
    /// If the shapes do not fit, or there is not a length in 1 ..= steps for each row.
    pub fn forward_padded<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        first: Var<'t, E>,
        lengths: &[usize],
    ) -> (Var<'t, E>, Var<'t, E>) {
        let padded = Padded::new(x, lengths);
        let states = self.forward(parameters, x, first);
        (padded.without_padding(states), padded.last(states))
    }

    /// One step of [`forward`](Self::forward): x `[batch, inputs]` and the state before it `[batch, h]` → the state after it
    /// `[batch, h]`, the very numbers of the sequence. (Of a batch of one, up to rounding: a product with a single row adds
    /// up in another order.)
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn step<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>, state: Var<'t, E>) -> Var<'t, E> {
        self.forward(parameters, one_step(x), state).reshape(state.value().raw_dim())
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

    fn layer(inputs: usize, hidden: usize) -> (Parameters<f64>, Gru) {
        random_layer(|parameters, random| Gru::new(parameters, "gru", inputs, hidden, random))
    }

    /// Worked out by hand for one number: the biases 0.1 (r), 0.2 (z), 0.3 (n) count twice, the weights are 1.
    #[test]
    fn a_step_is_its_equations() {
        let (mut parameters, gru) = layer(1, 1);
        for (name, value) in parameters.iter_mut() {
            *value =
                if name.ends_with("weight") { Tensor::filled([3, 1], 1.0) } else { tensor([3], vec![0.1, 0.2, 0.3]) };
        }
        let tape = Tape::without_gradients();
        let number = |x: f64| tape.constant(tensor([1, 1], vec![x]));
        let (x, h) = (0.4, -0.6);
        let found = gru.step(&parameters.on(&tape), number(x), number(h)).item();
        let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
        let (r, z) = (sigmoid(x + h + 0.2), sigmoid(x + h + 0.4));
        let n = (x + 0.3 + r * (h + 0.3)).tanh();
        assert!((found - ((1.0 - z) * n + z * h)).abs() < 1e-12, "{found}");
    }

    /// With no weights at all z is ½ and n is 0, so every step halves the state.
    #[test]
    fn without_weights_the_state_is_halved() {
        let (mut parameters, gru) = layer(2, 3);
        parameters.iter_mut().for_each(|(_, value)| value.fill(0.0));
        let tape = Tape::without_gradients();
        let x = tape.constant(Tensor::filled([1, 2, 2], 7.0));
        let states = gru.forward(&parameters.on(&tape), x, tape.constant(tensor([1, 3], vec![8.0, 4.0, -2.0])));
        assert_eq!(states.value(), tensor([1, 2, 3], vec![4.0, 2.0, -1.0, 2.0, 1.0, -0.5]));
    }

    #[test]
    fn steps_agree_exactly_with_the_sequence() {
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        for (batch, steps, inputs, hidden) in [(1, 4, 3, 5), (3, 5, 4, 8), (17, 3, 2, 6), (20, 2, 33, 40)] {
            let (parameters, gru) = layer(inputs, hidden);
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let x = tape.constant(normal(&[batch, steps, inputs], 1.0, random));
            let mut state = gru.zero_state(&bound, batch);
            let states = gru.forward(&bound, x, state);
            for step in 0..steps {
                state = gru.step(&bound, x.at(1, step), state);
                let expected = states.at(1, step).ordered();
                assert_near(&state.value(), &expected);
                assert!(batch == 1 || state.value() == expected, "batch {batch}, step {step}");
            }
        }
    }

    #[test]
    fn a_row_of_a_padded_batch_is_the_row_alone() {
        let (parameters, gru) = layer(2, 3);
        let values: Tensor<f64> = normal(&[3, 4, 2], 1.0, &mut ChaCha8Rng::seed_from_u64(3));
        let lengths = [2, 4, 1];
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let x = tape.leaf(values.clone());
        let (states, last) = gru.forward_padded(&bound, x, gru.zero_state(&bound, 3), &lengths);
        for (row, &length) in lengths.iter().enumerate() {
            let alone = x.narrow(0, row..row + 1).narrow(1, 0..length);
            let expected = gru.forward(&bound, alone, gru.zero_state(&bound, 1));
            assert_near(&states.narrow(0, row..row + 1).narrow(1, 0..length).ordered(), &expected.ordered());
            assert!(states.at(0, row).value().rows().rows().into_iter().skip(length).all(|state| state.sum() == 0.0));
            assert_near(&last.at(0, row).ordered(), &expected.at(0, 0).at(0, length - 1).ordered());
        }
        let gradients = (states.square().sum() + last.sum()).backward();
        let gradient = gradients.of(x).unwrap();
        for ((row, step, _), &g) in gradient.view().into_dimensionality::<ndarray::Ix3>().unwrap().indexed_iter() {
            assert_eq!(g != 0.0, step < lengths[row], "row {row}, step {step}: {g}");
        }
    }

    #[test]
    #[should_panic(expected = "the length of row 1 is 5, expected 1 to 4")]
    fn a_length_beyond_the_sequence_is_refused() {
        let (parameters, gru) = layer(2, 3);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(Tensor::filled([2, 4, 2], 0.0));
        gru.forward_padded(&bound, x, gru.zero_state(&bound, 2), &[4, 5]);
    }
}
