//! A recurrent layer whose kind is chosen when it is made: GRU or LSTM.

use super::gru::Gru;
use super::lstm::{Lstm, LstmState};
use super::parameters::{Bound, Parameters};
use crate::tensor::{Element, Var};
use rand::Rng;

/// Which equations a recurrent layer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecurrentKind {
    Gru,
    Lstm,
}

/// A [`Gru`] or an [`Lstm`]. Both carry a pair: state and cell, `[batch, h]` each; of a GRU the two are the same.
#[derive(Debug, Clone, Copy)]
pub enum RecurrentLayer {
    Gru(Gru),
    Lstm(Lstm),
}

impl RecurrentLayer {
    /// Adds the weights of a layer of this kind, see [`Gru::new`] and [`Lstm::new`].
    pub fn new<E: Element>(
        kind: RecurrentKind,
        parameters: &mut Parameters<E>,
        name: &str,
        inputs: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        match kind {
            RecurrentKind::Gru => RecurrentLayer::Gru(Gru::new(parameters, name, inputs, hidden, random)),
            RecurrentKind::Lstm => RecurrentLayer::Lstm(Lstm::new(parameters, name, inputs, hidden, random)),
        }
    }

    /// Zeros `[batch, h]` each.
    pub fn zero_state<'t, E: Element>(&self, parameters: &Bound<'t, E>, batch: usize) -> LstmState<'t, E> {
        match self {
            RecurrentLayer::Gru(gru) => {
                let state = gru.zero_state(parameters, batch);
                (state, state)
            }
            RecurrentLayer::Lstm(lstm) => lstm.zero_state(parameters, batch),
        }
    }

    /// x `[batch, steps, inputs]` → the states `[batch, steps, h]` and what is carried on from the last step.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        first: LstmState<'t, E>,
    ) -> (Var<'t, E>, LstmState<'t, E>) {
        let last = x.shape()[1] - 1;
        match self {
            RecurrentLayer::Gru(gru) => {
                let states = gru.forward(parameters, x, first.0);
                let state = states.at(1, last);
                (states, (state, state))
            }
            RecurrentLayer::Lstm(lstm) => {
                let (states, cells) = lstm.forward(parameters, x, first);
                (states, (states.at(1, last), cells.at(1, last)))
            }
        }
    }

    /// [`forward`](Self::forward) over sequences of which only the first `lengths[row]` steps count.
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
        match self {
            RecurrentLayer::Gru(gru) => {
                let (states, last) = gru.forward_padded(parameters, x, first.0, lengths);
                (states, (last, last))
            }
            RecurrentLayer::Lstm(lstm) => lstm.forward_padded(parameters, x, first, lengths),
        }
    }

    /// One step: x `[batch, inputs]` → what is carried on.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn step<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        before: LstmState<'t, E>,
    ) -> LstmState<'t, E> {
        match self {
            RecurrentLayer::Gru(gru) => {
                let state = gru.step(parameters, x, before.0);
                (state, state)
            }
            RecurrentLayer::Lstm(lstm) => lstm.step(parameters, x, before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::initialise::normal;
    use crate::nn::test_support::{assert_near, random_layer};
    use crate::tensor::Tape;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn steps_and_padded_sequences_agree_with_the_whole() {
        for kind in [RecurrentKind::Gru, RecurrentKind::Lstm] {
            let (parameters, layer) =
                random_layer(|parameters, random| RecurrentLayer::new(kind, parameters, "layer", 3, 4, random));
            let tape = Tape::without_gradients();
            let bound = parameters.on(&tape);
            let x = tape.constant(normal(&[2, 5, 3], 1.0, &mut ChaCha8Rng::seed_from_u64(2)));
            let (states, last) = layer.forward(&bound, x, layer.zero_state(&bound, 2));
            let mut state = layer.zero_state(&bound, 2);
            for step in 0..5 {
                state = layer.step(&bound, x.at(1, step), state);
                assert_near(&state.0.value(), &states.at(1, step).ordered());
            }
            assert_near(&state.1.value(), &last.1.ordered());
            let (_, padded) = layer.forward_padded(&bound, x, layer.zero_state(&bound, 2), &[5, 3]);
            assert_near(&padded.0.at(0, 0).ordered(), &last.0.at(0, 0).ordered());
            assert_near(&padded.0.at(0, 1).ordered(), &states.at(0, 1).at(0, 2).ordered());
        }
    }
}
