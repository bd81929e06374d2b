//! Recurrent cells over whole sequences.
//!
//! The product with the inputs of all steps is one, before the loop; so are, on the way back, the products for the
//! weights, after it. The sequences of a batch do not meet, so a few of them at a time go through all steps on one core.

mod gru;
mod lstm;

use crate::tensor::product::product_then;
use crate::tensor::{Element, Tensor, Var, parallel};
use ndarray::{ArrayView2, ArrayViewMut2};

/// Sequences that go through the steps together.
const TOGETHER: usize = 16;

/// The weights of a recurrent layer: `[gates · h, inputs]`, `[gates · h, h]` and a bias `[gates · h]` for each of the two.
#[derive(Debug, Clone, Copy)]
pub struct RecurrentWeights<'t, E: Element> {
    pub input: Var<'t, E>,
    pub hidden: Var<'t, E>,
    pub input_bias: Var<'t, E>,
    pub hidden_bias: Var<'t, E>,
}

impl<'t, E: Element> RecurrentWeights<'t, E> {
    fn all(&self) -> [Var<'t, E>; 4] {
        [self.input, self.hidden, self.input_bias, self.hidden_bias]
    }
}

/// The lengths of one call.
#[derive(Clone, Copy)]
struct Lengths {
    batch: usize,
    steps: usize,
    hidden: usize,
    gates: usize,
}

impl Lengths {
    fn of<E: Element>(x: Var<E>, state: Var<E>, weights: &RecurrentWeights<E>, gates: usize) -> Self {
        let [batch, steps, inputs] = x.dims("a sequence [batch, steps, inputs]");
        let [state_batch, hidden] = state.dims("a state [batch, h]");
        assert_eq!(batch, state_batch, "a state for each sequence");
        assert_eq!(weights.input.dims("weights [gates h, inputs]"), [gates * hidden, inputs], "weights of the inputs");
        assert_eq!(weights.hidden.dims("weights [gates h, h]"), [gates * hidden, hidden], "weights of the state");
        for bias in [weights.input_bias, weights.hidden_bias] {
            assert_eq!(bias.dims("a bias [gates h]"), [gates * hidden], "a bias for each gate");
        }
        Lengths { batch, steps, hidden, gates }
    }

    fn rows(&self) -> usize {
        self.batch * self.steps
    }

    /// Elements of the gates of one sequence.
    fn gates_size(&self) -> usize {
        self.steps * self.gates * self.hidden
    }

    /// x Wᵀ + b for all steps: `[batch · steps, gates · h]`.
    fn input_gates<E: Element>(&self, x: &Tensor<E>, weight: &Tensor<E>, bias: &[E]) -> Tensor<E> {
        product_then(x.rows(), weight.rows().t(), |_, column, part| {
            let bias = &bias[column..column + part.len()];
            parallel::vectorised(
                #[inline(always)]
                || {
                    for (y, &b) in part.iter_mut().zip(bias) {
                        *y += b;
                    }
                },
            );
        })
    }

    /// What the states were before each step: `[batch · steps, h]`.
    fn before<E: Element>(&self, first: &Tensor<E>, states: &[E]) -> Tensor<E> {
        let (h, steps) = (self.hidden, self.steps);
        let mut before = Tensor::unset([self.batch, steps, h]);
        parallel::each_row(before.values_mut(), (steps * h).max(1), |index, out| {
            out[..h].copy_from_slice(&first.values()[index * h..(index + 1) * h]);
            out[h..].copy_from_slice(&states[index * steps * h..((index + 1) * steps - 1) * h]);
        });
        before
    }
}

fn matrix<E: Element>(values: &[E], width: usize) -> ArrayView2<'_, E> {
    ArrayView2::from_shape((values.len() / width, width), values).expect("rows")
}

fn matrix_mut<E: Element>(values: &mut [E], width: usize) -> ArrayViewMut2<'_, E> {
    ArrayViewMut2::from_shape((values.len() / width, width), values).expect("rows")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    fn weights<'t>(x: &[Var<'t, f64>]) -> RecurrentWeights<'t, f64> {
        RecurrentWeights { input: x[0], hidden: x[1], input_bias: x[2], hidden_bias: x[3] }
    }

    #[test]
    fn a_gru_has_right_gradients() {
        for (batch, steps, inputs, h) in [(2, 3, 2, 3), (1, 1, 1, 1), (17, 2, 1, 2), (0, 2, 2, 2)] {
            let shapes: [&[usize]; 6] =
                [&[batch, steps, inputs], &[batch, h], &[3 * h, inputs], &[3 * h, h], &[3 * h], &[3 * h]];
            check("gru", &shapes, |_, x| x[0].gru(x[1], weights(&x[2..])));
        }
    }

    #[test]
    fn an_lstm_has_right_gradients() {
        for (batch, steps, inputs, h) in [(2, 3, 2, 3), (1, 1, 1, 1), (17, 2, 1, 2), (0, 2, 2, 2)] {
            let shapes: [&[usize]; 7] =
                [&[batch, steps, inputs], &[batch, h], &[batch, h], &[4 * h, inputs], &[4 * h, h], &[4 * h], &[4 * h]];
            check("lstm", &shapes, |_, x| {
                let (states, cells) = x[0].lstm((x[1], x[2]), weights(&x[3..]));
                states + cells.square()
            });
        }
    }

    /// Two steps of the fused operation are two operations of one step.
    #[test]
    fn steps_can_be_taken_one_by_one() {
        let tape = Tape::without_gradients();
        let numbers = |shape: &[usize], seed: usize| {
            let count = shape.iter().product::<usize>();
            let values = (0..count).map(|i| ((i * 7 + seed) % 13) as f64 / 6.0 - 1.0).collect();
            tape.constant(tensor(ndarray::IxDyn(shape), values))
        };
        let (x, h) = (numbers(&[2, 2, 3], 1), numbers(&[2, 4], 2));
        let gru = weights(&[numbers(&[12, 3], 3), numbers(&[12, 4], 4), numbers(&[12], 5), numbers(&[12], 6)]);
        let first = x.narrow(1, 0..1).gru(h, gru).at(1, 0);
        let second = x.narrow(1, 1..2).gru(first, gru).at(1, 0);
        assert_eq!(x.gru(h, gru).at(1, 1).ordered(), second.ordered());
        let c = numbers(&[2, 4], 7);
        let lstm = weights(&[numbers(&[16, 3], 3), numbers(&[16, 4], 4), numbers(&[16], 5), numbers(&[16], 6)]);
        let first = x.narrow(1, 0..1).lstm((h, c), lstm);
        let second = x.narrow(1, 1..2).lstm((first.0.at(1, 0), first.1.at(1, 0)), lstm);
        let whole = x.lstm((h, c), lstm);
        assert_eq!(whole.0.at(1, 1).ordered(), second.0.at(1, 0).ordered());
        assert_eq!(whole.1.at(1, 1).ordered(), second.1.at(1, 0).ordered());
    }
}
