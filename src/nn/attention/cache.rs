//! Keys and values of what an attention layer has read so far.

use crate::tensor::{Element, Tape, Tensor, Var};
use ndarray::{Axis, Slice};
use std::ops::Range;

/// The keys and values of one attention layer, `[batch, length, width]` each, kept from one tape to the next while a
/// sequence is decoded. Each layer of a model has its own.
///
/// They stand on a tape as constants: the cache is for answering, nothing is learned through it.
#[derive(Debug, Clone, Default)]
pub struct KeyValueCache<E: Element>(Option<Read<E>>);

/// Keys and values with room for more: `[rows, capacity, width]`, of which the first `batch` rows and in them the first `length`
/// places are read.
#[derive(Debug, Clone)]
struct Read<E: Element> {
    keys: Tensor<E>,
    values: Tensor<E>,
    batch: usize,
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
        let Some(read) = &mut self.0 else { return };
        assert!(rows.iter().all(|row| *row < read.batch), "sequences of the batch");
        for kept in [&mut read.keys, &mut read.values] {
            if rows.is_sorted_by(|one, next| one < next) {
                move_up(kept, rows);
            } else {
                *kept = Tensor::from(kept.select(Axis(0), rows).into_dyn());
            }
        }
        read.batch = rows.len();
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
                let [batch, length] = [0, 1].map(|axis| keys.shape()[axis]);
                self.0 = Some(Read { keys, values, batch, length });
            }
            Some(read) => {
                let length = read.length + keys.shape()[1];
                write(&mut read.keys, &keys, read.batch, read.length..length);
                write(&mut read.values, &values, read.batch, read.length..length);
                read.length = length;
            }
        }
        self.on(tape).expect("just read")
    }

    /// All keys and values, on a tape.
    pub(super) fn on<'t>(&self, tape: &'t Tape<E>) -> Option<(Var<'t, E>, Var<'t, E>)> {
        let part = |kept: &Tensor<E>, batch: usize, length: usize| {
            let mut part = kept.clone();
            part.slice_axis_inplace(Axis(0), Slice::from(..batch));
            part.slice_axis_inplace(Axis(1), Slice::from(..length));
            tape.constant(part)
        };
        let of = |kept, read: &Read<E>| part(kept, read.batch, read.length);
        self.0.as_ref().map(|read| (of(&read.keys, read), of(&read.values, read)))
    }
}

/// Moves rows `[rows, capacity, width]`, picked in ascending order, to the front of the buffer: sequences that end one after the other cost
/// no buffer of another length each.
fn move_up<E: Element>(kept: &mut Tensor<E>, picked: &[usize]) {
    let row = kept.shape()[1] * kept.shape()[2];
    let values = kept.values_mut();
    for (to, from) in picked.iter().enumerate().filter(|(to, from)| to != *from) {
        values.copy_within(from * row..(from + 1) * row, to * row);
    }
}

/// Writes new places of the first `batch` rows; where there is no room for them, there is much more afterwards.
fn write<E: Element>(kept: &mut Tensor<E>, new: &Tensor<E>, batch: usize, places: Range<usize>) {
    let &[_, capacity, width] = kept.shape() else { unreachable!("[rows, places, width]") };
    assert_eq!((new.shape()[0], new.shape()[2]), (batch, width), "the batch and width of what was read");
    let Range { start, end } = places;
    if end > capacity {
        let mut larger = Tensor::filled([batch, GROWTH * end, width], E::zero());
        let mut read = kept.slice_axis(Axis(0), Slice::from(..batch));
        read.slice_axis_inplace(Axis(1), Slice::from(..start));
        larger.slice_axis_mut(Axis(1), Slice::from(..start)).assign(&read);
        *kept = larger;
    }
    let mut room = kept.slice_axis_mut(Axis(0), Slice::from(..batch));
    room.slice_axis_inplace(Axis(1), Slice::from(start..end));
    room.assign(new);
}
