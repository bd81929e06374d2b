//! Keys and values of what an attention layer has read so far.

use crate::tensor::{Element, Tape, Tensor, Var};
use ndarray::{Axis, Slice};

/// The keys and values of one attention layer, `[batch, length, width]` each, kept from one tape to the next while a
/// sequence is decoded. Each layer of a model has its own.
///
/// They stand on a tape as constants: the cache is for answering, nothing is learned through it.
#[derive(Debug, Clone, Default)]
pub struct KeyValueCache<E: Element>(Option<Read<E>>);

/// Keys and values with room for more: `[batch, capacity, width]`, of which the first `length` places are read.
#[derive(Debug, Clone)]
struct Read<E: Element> {
    keys: Tensor<E>,
    values: Tensor<E>,
    length: usize,
}

/// Places for which there is room when more come than there is room for, as a multiple of those that there are.
const GROWTH: usize = 2;

impl<E: Element> KeyValueCache<E> {
    /// Of nothing read yet.
    pub fn new() -> Self {
        KeyValueCache(None)
    }

    /// How many places have been read.
    pub fn length(&self) -> usize {
        self.0.as_ref().map_or(0, |read| read.length)
    }

    /// Keeps only these sequences of the batch, in this order, some of them perhaps several times: what a beam search
    /// does when some of its beams go on and others end.
    ///
    /// # Panics
    /// If there is no such sequence.
    pub fn select(&mut self, rows: &[usize]) {
        let picked = |kept: &Tensor<E>| Tensor::from(kept.select(Axis(0), rows).into_dyn());
        self.0 = self.0.take().map(|Read { keys, values, length }| Read {
            keys: picked(&keys),
            values: picked(&values),
            length,
        });
    }

    /// Appends the keys and values of new places, `[batch, new, width]`, and gives all of them, `[batch, length, width]`.
    ///
    /// # Panics
    /// If a gradient is wanted through them, or batch and width are not those of the places before.
    pub(super) fn append<'t>(&mut self, keys: Var<'t, E>, values: Var<'t, E>) -> (Var<'t, E>, Var<'t, E>) {
        let learns = keys.needs_gradient() || values.needs_gradient();
        assert!(!learns, "a key-value cache is for tapes without gradients");
        let tape = keys.tape();
        let (keys, values) = (keys.ordered(), values.ordered());
        match &mut self.0 {
            None => {
                let length = keys.shape()[1];
                self.0 = Some(Read { keys, values, length });
            }
            Some(read) => {
                let length = read.length + keys.shape()[1];
                write(&mut read.keys, &keys, read.length, length);
                write(&mut read.values, &values, read.length, length);
                read.length = length;
            }
        }
        self.on(tape).expect("just read")
    }

    /// All keys and values, on a tape.
    pub(super) fn on<'t>(&self, tape: &'t Tape<E>) -> Option<(Var<'t, E>, Var<'t, E>)> {
        let part = |kept: &Tensor<E>, length: usize| {
            let mut part = kept.clone();
            part.slice_axis_inplace(Axis(1), Slice::from(..length));
            tape.constant(part)
        };
        self.0.as_ref().map(|read| (part(&read.keys, read.length), part(&read.values, read.length)))
    }
}

/// Writes new places behind the first `from`, up to `to`; where there is no room for them, there is much more afterwards.
fn write<E: Element>(kept: &mut Tensor<E>, new: &Tensor<E>, from: usize, to: usize) {
    let &[batch, capacity, width] = kept.shape() else { unreachable!("[batch, places, width]") };
    assert_eq!((new.shape()[0], new.shape()[2]), (batch, width), "the batch and width of what was read");
    if to > capacity {
        let mut larger = Tensor::filled([batch, GROWTH * to, width], E::zero());
        larger.slice_axis_mut(Axis(1), Slice::from(..from)).assign(&kept.slice_axis(Axis(1), Slice::from(..from)));
        *kept = larger;
    }
    kept.slice_axis_mut(Axis(1), Slice::from(from..to)).assign(new);
}
