//! Keys and values of what an attention layer has read so far.

use crate::tensor::{Element, Tape, Tensor, Var};
use ndarray::Axis;

/// The keys and values of one attention layer, `[batch, length, width]` each, kept from one tape to the next while a
/// sequence is decoded. Each layer of a model has its own.
///
/// They stand on a tape as constants: the cache is for answering, nothing is learned through it.
#[derive(Debug, Clone, Default)]
pub struct KeyValueCache<E: Element>(Option<(Tensor<E>, Tensor<E>)>);

impl<E: Element> KeyValueCache<E> {
    /// Of nothing read yet.
    pub fn new() -> Self {
        KeyValueCache(None)
    }

    /// How many places have been read.
    pub fn length(&self) -> usize {
        self.0.as_ref().map_or(0, |(keys, _)| keys.shape()[1])
    }

    /// Keeps only these sequences of the batch, in this order, some of them perhaps several times: what a beam search
    /// does when some of its beams go on and others end.
    ///
    /// # Panics
    /// If there is no such sequence.
    pub fn select(&mut self, rows: &[usize]) {
        let picked = |kept: &Tensor<E>| Tensor::from(kept.select(Axis(0), rows).into_dyn());
        self.0 = self.0.take().map(|(keys, values)| (picked(&keys), picked(&values)));
    }

    /// Appends the keys and values of new places, `[batch, new, width]`, and gives all of them, `[batch, length, width]`.
    ///
    /// # Panics
    /// If a gradient is wanted through them, or batch and width are not those of the places before.
    pub(super) fn append<'t>(&mut self, keys: Var<'t, E>, values: Var<'t, E>) -> (Var<'t, E>, Var<'t, E>) {
        let learns = keys.needs_gradient() || values.needs_gradient();
        assert!(!learns, "a key-value cache is for tapes without gradients");
        let all = match self.on(keys.tape()) {
            None => (keys, values),
            Some((old_keys, old_values)) => {
                (Var::concatenate(&[old_keys, keys], 1), Var::concatenate(&[old_values, values], 1))
            }
        };
        self.0 = Some((all.0.ordered(), all.1.ordered()));
        all
    }

    /// All keys and values, on a tape.
    pub(super) fn on<'t>(&self, tape: &'t Tape<E>) -> Option<(Var<'t, E>, Var<'t, E>)> {
        self.0.as_ref().map(|(keys, values)| (tape.constant(keys.clone()), tape.constant(values.clone())))
    }
}
