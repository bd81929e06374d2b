//! What GRU and LSTM share: their four weights, and sequences of different lengths in one batch.

use super::initialise::{lecun_uniform, orthogonal, zeros};
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Element, RecurrentWeights, Tensor, Var, tensor};
use rand::Rng;

/// The four weights of a recurrent layer, and the width of its state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recurrent {
    input: ParameterId,
    hidden: ParameterId,
    input_bias: ParameterId,
    hidden_bias: ParameterId,
    width: usize,
}

impl Recurrent {
    pub(super) fn new<E: Element>(
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
            width: hidden,
        }
    }

    pub(super) fn weights<'t, E: Element>(&self, parameters: &Bound<'t, E>) -> RecurrentWeights<'t, E> {
        RecurrentWeights {
            input: parameters[self.input],
            hidden: parameters[self.hidden],
            input_bias: parameters[self.input_bias],
            hidden_bias: parameters[self.hidden_bias],
        }
    }

    /// Zeros `[batch, h]`.
    pub(super) fn zero_state<'t, E: Element>(&self, parameters: &Bound<'t, E>, batch: usize) -> Var<'t, E> {
        parameters.tape().constant(Tensor::filled([batch, self.width], E::zero()))
    }
}

/// A batch of one step: `[batch, inputs]` → `[batch, 1, inputs]`.
pub(super) fn one_step<E: Element>(x: Var<E>) -> Var<E> {
    let [batch, inputs] = x.dims("the inputs of one step [batch, inputs]");
    x.reshape([batch, 1, inputs])
}

/// The states `[batch, steps, h]` of a batch of which only the first `lengths[row]` steps of each row count.
pub(super) struct Padded<'a> {
    lengths: &'a [usize],
    batch: usize,
    steps: usize,
}

impl<'a> Padded<'a> {
    /// # Panics
    /// If there is not a length in 1 ..= steps for each row.
    pub(super) fn new<E: Element>(x: Var<E>, lengths: &'a [usize]) -> Self {
        let [batch, steps, _] = x.dims("a sequence [batch, steps, inputs]");
        assert_eq!(lengths.len(), batch, "a length for each sequence");
        for (row, length) in lengths.iter().enumerate() {
            assert!((1..=steps).contains(length), "the length of row {row} is {length}, expected 1 to {steps}");
        }
        Padded { lengths, batch, steps }
    }

    /// The state of each row at its own last step: `[batch, h]`.
    pub(super) fn last<'t, E: Element>(&self, states: Var<'t, E>) -> Var<'t, E> {
        let [batch, steps, h] = states.dims("states [batch, steps, h]");
        if self.is_full() {
            return states.at(1, steps - 1);
        }
        let places: Vec<usize> =
            self.lengths.iter().enumerate().map(|(row, length)| row * steps + length - 1).collect();
        states.reshape([batch * steps, h]).index_select(&places)
    }

    /// Whether there is no padding.
    fn is_full(&self) -> bool {
        self.lengths.iter().all(|&length| length == self.steps)
    }

    /// The states with zeros at the padding, through which no gradient passes.
    pub(super) fn without_padding<'t, E: Element>(&self, states: Var<'t, E>) -> Var<'t, E> {
        if self.is_full() {
            return states;
        }
        let counts = self.lengths.iter().flat_map(|&length| (0..self.steps).map(move |step| step < length));
        let mask = counts.map(|counts| if counts { E::one() } else { E::zero() }).collect();
        states * states.tape().constant(tensor([self.batch, self.steps, 1], mask))
    }
}
