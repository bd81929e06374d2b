//! The tape: values in the order they were computed, and the way back.

use super::{Element, Tensor, array::contiguous, product};
use ndarray::ArrayView2;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Carries the gradient of a value to the values it was computed from.
type Backward<E> = Box<dyn FnOnce(Tensor<E>, &mut Gradients<E>) + Send>;

struct Node<E: Element> {
    value: Option<Tensor<E>>,
    gradient: Option<Tensor<E>>,
    needs_gradient: bool,
    /// A leaf whose gradient stays a list of rows.
    rows: Option<Rows<E>>,
    backward: Option<Backward<E>>,
}

/// A list of values, each with the way back to its inputs.
pub struct Tape<E: Element> {
    nodes: RefCell<Nodes<E>>,
    recording: Cell<bool>,
}

/// A value on a tape. Copying it copies an index.
pub struct Var<'t, E: Element> {
    tape: &'t Tape<E>,
    index: usize,
}

impl<E: Element> Clone for Var<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E: Element> Copy for Var<'_, E> {}

impl<E: Element> fmt::Debug for Var<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var({}, {:?})", self.index, self.shape())
    }
}

impl<E: Element> Default for Tape<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Element> Tape<E> {
    /// An empty tape that records the way back.
    pub fn new() -> Self {
        Tape { nodes: RefCell::new(Nodes::new()), recording: Cell::new(true) }
    }

    /// An empty tape for answering only: nothing is kept for gradients.
    pub fn without_gradients() -> Self {
        Tape { nodes: RefCell::new(Nodes::new()), recording: Cell::new(false) }
    }

    /// A value whose gradient is wanted.
    pub fn leaf(&self, value: Tensor<E>) -> Var<'_, E> {
        self.push(value, self.recording.get(), None)
    }

    /// A table `[rows, width]` of which a step touches only a few rows: its gradient is kept as those rows
    /// ([`Gradients::rows_of`]). It can be used by [`Var::index_select`] alone.
    pub fn sparse_leaf(&self, table: Tensor<E>) -> Var<'_, E> {
        assert_eq!(table.ndim(), 2, "a table [rows, width]");
        let width = table.shape()[1];
        let leaf = self.leaf(table);
        self.nodes.borrow_mut().0[leaf.index].rows = Some(Rows { width, by_index: BTreeMap::new() });
        leaf
    }

    /// A value that is given: data, noise, targets.
    pub fn constant(&self, value: Tensor<E>) -> Var<'_, E> {
        self.push(value, false, None)
    }

    /// Appends a computed value. `backward` takes the gradient of the value and adds to the gradients of `inputs`. It
    /// finds their values, and its own, with [`Gradients::value`].
    pub fn record<'t>(
        &'t self,
        value: Tensor<E>,
        inputs: &[Var<'t, E>],
        backward: impl FnOnce(Tensor<E>, &mut Gradients<E>) + Send + 'static,
    ) -> Var<'t, E> {
        let needs_gradient = inputs.iter().any(|input| input.needs_gradient());
        self.push(value, needs_gradient, needs_gradient.then(|| Box::new(backward) as Backward<E>))
    }

    /// Computes a value of which the way there is not needed again: where nothing is kept for gradients, the values on the way are given back
    /// at once, so that a deep network that answers takes the memory of one layer.
    pub(crate) fn only_result<'t>(&'t self, work: impl FnOnce() -> Var<'t, E>) -> Var<'t, E> {
        let from = self.next();
        let result = work();
        if !self.recording.get() {
            let nodes = &mut self.nodes.borrow_mut().0;
            let on_the_way = (from..nodes.len()).filter(|index| *index != result.index);
            on_the_way.for_each(|index| nodes[index].value = None);
        }
        result
    }

    /// Where the next recorded value will stand: for a `backward` that needs its own value.
    pub(crate) fn next(&self) -> usize {
        self.nodes.borrow().0.len()
    }

    fn push(&self, value: Tensor<E>, needs_gradient: bool, backward: Option<Backward<E>>) -> Var<'_, E> {
        let nodes = &mut self.nodes.borrow_mut().0;
        nodes.push(Node { value: Some(value), gradient: None, needs_gradient, rows: None, backward });
        Var { tape: self, index: nodes.len() - 1 }
    }
}

impl<'t, E: Element> Var<'t, E> {
    pub fn tape(self) -> &'t Tape<E> {
        self.tape
    }

    /// The value, shared.
    ///
    /// # Panics
    /// After [`backward`](Self::backward), or [`only_result`](Tape::only_result), which give memory of the tape back.
    pub fn value(self) -> Tensor<E> {
        self.tape.nodes.borrow().0[self.index].value.clone().expect("a value that has not been given back")
    }

    /// The value with its elements in order.
    pub(crate) fn ordered(self) -> Tensor<E> {
        contiguous(&self.value())
    }

    pub fn shape(self) -> Vec<usize> {
        self.value().shape().to_vec()
    }

    /// The lengths of exactly `N` axes.
    ///
    /// # Panics
    /// If there are more or fewer axes; the message says what was expected.
    pub(crate) fn dims<const N: usize>(self, expected: &str) -> [usize; N] {
        let value = self.value();
        value.shape().try_into().unwrap_or_else(|_| panic!("expected {expected}, found {:?}", value.shape()))
    }

    /// The one number of a value of one element.
    ///
    /// # Panics
    /// If there are more or fewer.
    pub fn item(self) -> E {
        let value = self.value();
        assert_eq!(value.len(), 1, "one number, not {:?}", value.shape());
        value.first().copied().expect("one number")
    }

    /// Where this value stands on the tape: the address of its gradient.
    pub(crate) fn index(self) -> usize {
        self.index
    }

    pub(crate) fn needs_gradient(self) -> bool {
        self.tape.nodes.borrow().0[self.index].needs_gradient
    }

    /// The gradients of this value, a single number, with respect to every leaf. Empties the tape.
    ///
    /// # Panics
    /// If the value has more than one element.
    pub fn backward(self) -> Gradients<E> {
        let nodes = std::mem::replace(&mut *self.tape.nodes.borrow_mut(), Nodes(Vec::new()));
        let mut gradients = Gradients { nodes };
        gradients.nodes.0.truncate(self.index + 1);
        let result = gradients.value(self.index);
        assert_eq!(result.len(), 1, "gradients are of a single number");
        gradients.nodes.0[self.index].gradient = Some(Tensor::filled(result.raw_dim(), E::one()));
        for index in (0..=self.index).rev() {
            let node = &mut gradients.nodes.0[index];
            if let Some(backward) = node.backward.take()
                && let Some(gradient) = node.gradient.take()
            {
                backward(gradient, &mut gradients);
            }
            gradients.nodes.0[index].value = None;
        }
        gradients
    }
}

/// Gradients by the place of their value on the tape.
pub struct Gradients<E: Element> {
    nodes: Nodes<E>,
}

impl<E: Element> Gradients<E> {
    /// Whether anybody asks for the gradient of a value: spares the work where nobody does.
    pub(crate) fn wants(&self, index: usize) -> bool {
        self.nodes.0[index].needs_gradient
    }

    /// A value that is not later on the tape than the one whose gradient is being carried back, its elements in order.
    pub(crate) fn value(&self, index: usize) -> Tensor<E> {
        contiguous(self.nodes.0[index].value.as_ref().expect("values go only after their own way back"))
    }

    /// Adds to the gradient of a value, if anybody wants it.
    pub(crate) fn add(&mut self, index: usize, gradient: Tensor<E>) {
        let node = &mut self.nodes.0[index];
        if !node.needs_gradient {
            return;
        }
        match &mut node.gradient {
            Some(sum) if sum.is_standard_layout() && gradient.is_standard_layout() => {
                super::parallel::update_with(sum.values_mut(), gradient.values(), |sum, g| sum + g);
            }
            Some(sum) => **sum += &*gradient,
            slot => *slot = Some(gradient),
        }
    }

    /// Lets `add` add to the gradient of a value, which begins at zero: for those who touch only a part of it.
    pub(crate) fn accumulate(&mut self, index: usize, add: impl FnOnce(&mut [E])) {
        if let Some(mut gradient) = self.open(index) {
            add(gradient.values_mut());
            self.close(index, gradient);
        }
    }

    /// Takes out the gradient of a value as it stands, zero at first; `None` if nobody wants it. To be given back to
    /// [`close`](Self::close).
    pub(crate) fn open(&mut self, index: usize) -> Option<Tensor<E>> {
        let node = &mut self.nodes.0[index];
        node.needs_gradient.then(|| match node.gradient.take() {
            Some(gradient) => contiguous(&gradient),
            None => {
                let value = node.value.as_ref().expect("values go only after their own way back");
                Tensor::filled(value.raw_dim(), E::zero())
            }
        })
    }

    /// Puts back what [`open`](Self::open) took out.
    pub(crate) fn close(&mut self, index: usize, gradient: Tensor<E>) {
        self.nodes.0[index].gradient = Some(gradient);
    }

    /// Adds `a b` to the gradient of a value of as many elements, if anybody wants it.
    pub(crate) fn add_product(&mut self, index: usize, a: ArrayView2<E>, b: ArrayView2<E>) {
        if !self.wants(index) {
            return;
        }
        let node = &mut self.nodes.0[index];
        match &mut node.gradient {
            Some(sum) if sum.is_standard_layout() => {
                product::add_product(sum.values_mut(), a, b);
            }
            Some(sum) => {
                let shape = sum.raw_dim();
                **sum += &*product::product(a, b).reshaped(shape);
            }
            slot => {
                let shape = node.value.as_ref().expect("values go only after their own way back").raw_dim();
                *slot = Some(product::product(a, b).reshaped(shape));
            }
        }
    }

    /// Adds rows to the gradient of a table: `gradient[i]` to row `indices[i]`, in order.
    pub(crate) fn add_rows(&mut self, index: usize, indices: Vec<usize>, gradient: Tensor<E>) {
        if let Some(rows) = &mut self.nodes.0[index].rows {
            let width = rows.width;
            for (index, row) in indices.into_iter().zip(gradient.values().chunks_exact(width.max(1))) {
                let sums = rows.by_index.entry(index).or_insert_with(|| vec![E::zero(); width]);
                sums.iter_mut().zip(row).for_each(|(sum, &g)| *sum += g);
            }
            return;
        }
        let count = indices.len().max(1);
        self.accumulate(index, |sums| {
            let width = gradient.len() / count;
            for (index, row) in indices.into_iter().zip(gradient.values().chunks_exact(width.max(1))) {
                let sums = &mut sums[index * width..(index + 1) * width];
                sums.iter_mut().zip(row).for_each(|(sum, &g)| *sum += g);
            }
        });
    }

    /// The gradient of a [sparse leaf](Tape::sparse_leaf), as far as it is not zero.
    pub fn rows_of(&self, leaf: Var<E>) -> Option<&Rows<E>> {
        self.nodes.0[leaf.index].rows.as_ref()
    }

    /// The gradient of a leaf; `None` if the result does not depend on it.
    pub fn of(&self, leaf: Var<E>) -> Option<&Tensor<E>> {
        self.nodes.0[leaf.index].gradient.as_ref()
    }

    /// The gradient of a leaf, to change before an optimiser sees it.
    pub fn of_mut(&mut self, leaf: Var<E>) -> Option<&mut Tensor<E>> {
        self.nodes.0[leaf.index].gradient.as_mut()
    }
}

/// The rows of a table that have a gradient, in their order.
pub struct Rows<E> {
    width: usize,
    by_index: BTreeMap<usize, Vec<E>>,
}

impl<E> Rows<E> {
    /// Each row with its index in the table.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[E])> {
        self.by_index.iter().map(|(&index, row)| (index, row.as_slice()))
    }
}

/// The list of a tape. Emptied lists wait for the next tape, as buffers do.
pub(super) struct Nodes<E: Element>(Vec<Node<E>>);

/// Emptied lists.
pub struct Spare<E: Element>(Mutex<Vec<Vec<Node<E>>>>);

/// More tapes than this at one time are rare.
const MOST_SPARE: usize = 8;

impl<E: Element> Spare<E> {
    pub(super) const fn new() -> Self {
        Spare(Mutex::new(Vec::new()))
    }
}

impl<E: Element> Nodes<E> {
    fn new() -> Self {
        let spare = E::spare_lists().0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Nodes(spare.unwrap_or_else(|| Vec::with_capacity(64)))
    }
}

impl<E: Element> Drop for Nodes<E> {
    fn drop(&mut self) {
        let mut list = std::mem::take(&mut self.0);
        list.clear();
        if list.capacity() > 0 {
            let mut spare = E::spare_lists().0.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < MOST_SPARE {
                spare.push(list);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::tensor;

    /// What stands on a tape in the end of (x²)² with the squares as values on the way.
    fn fourth_power(tape: &Tape<f64>) -> (Var<'_, f64>, Var<'_, f64>) {
        let x = tape.leaf(tensor([2], vec![2.0, 3.0]));
        (x, tape.only_result(|| x.square().square()))
    }

    #[test]
    fn an_answer_keeps_the_result_alone() {
        let tape = Tape::without_gradients();
        let (x, result) = fourth_power(&tape);
        assert_eq!([x, result].map(|var| var.value().values().to_vec()), [vec![2.0, 3.0], vec![16.0, 81.0]]);
        let kept = tape.nodes.borrow().0.iter().filter(|node| node.value.is_some()).count();
        assert_eq!(kept, 2, "x and the result");
        // A result that was there before stays, too.
        assert_eq!(tape.only_result(|| x).value().values(), [2.0, 3.0]);
    }

    #[test]
    fn where_gradients_are_kept_the_way_is_kept() {
        let tape = Tape::new();
        let (x, result) = fourth_power(&tape);
        assert_eq!(result.sum().backward().of(x).unwrap().values(), [32.0, 108.0]);
    }
}
