//! The tape: values in the order they were computed, and the way back.

use super::{Element, Tensor};
use ndarray::{ArrayD, IxDyn};
use std::cell::{Cell, RefCell};
use std::fmt;

/// Carries the gradient of a value to the values it was computed from.
type Backward<E> = Box<dyn FnOnce(Tensor<E>, &mut Gradients<E>)>;

struct Node<E> {
    value: Tensor<E>,
    needs_gradient: bool,
    backward: Option<Backward<E>>,
}

/// A list of values, each with the way back to its inputs.
pub struct Tape<E: Element> {
    nodes: RefCell<Vec<Node<E>>>,
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
        Tape { nodes: RefCell::new(Vec::with_capacity(64)), recording: Cell::new(true) }
    }

    /// An empty tape for answering only: nothing is kept for gradients.
    pub fn without_gradients() -> Self {
        Tape { nodes: RefCell::new(Vec::with_capacity(64)), recording: Cell::new(false) }
    }

    /// A value whose gradient is wanted.
    pub fn leaf(&self, value: Tensor<E>) -> Var<'_, E> {
        self.push(value, self.recording.get(), None)
    }

    /// A value that is given: data, noise, targets.
    pub fn constant(&self, value: Tensor<E>) -> Var<'_, E> {
        self.push(value, false, None)
    }

    /// Appends a computed value. `backward` takes the gradient of the value and adds to the gradients of `inputs`.
    pub fn record<'t>(
        &'t self,
        value: Tensor<E>,
        inputs: &[Var<'t, E>],
        backward: impl FnOnce(Tensor<E>, &mut Gradients<E>) + 'static,
    ) -> Var<'t, E> {
        let needs_gradient = inputs.iter().any(|input| input.needs_gradient());
        self.push(value, needs_gradient, needs_gradient.then(|| Box::new(backward) as Backward<E>))
    }

    fn push(&self, value: Tensor<E>, needs_gradient: bool, backward: Option<Backward<E>>) -> Var<'_, E> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { value, needs_gradient, backward });
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
    /// After [`backward`](Self::backward), which gives the tape's memory back.
    pub fn value(self) -> Tensor<E> {
        self.tape.nodes.borrow()[self.index].value.clone()
    }

    pub fn shape(self) -> Vec<usize> {
        self.tape.nodes.borrow()[self.index].value.shape().to_vec()
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
        self.tape.nodes.borrow()[self.index].needs_gradient
    }

    /// The gradients of this value, a single number, with respect to every leaf. Empties the tape.
    ///
    /// # Panics
    /// If the value has more than one element.
    pub fn backward(self) -> Gradients<E> {
        let mut nodes = std::mem::take(&mut *self.tape.nodes.borrow_mut());
        nodes.truncate(self.index + 1);
        assert_eq!(nodes[self.index].value.len(), 1, "gradients are of a single number");
        let wanted = nodes.iter().map(|node| node.needs_gradient).collect::<Vec<_>>();
        let mut gradients = Gradients { slots: (0..nodes.len()).map(|_| None).collect(), wanted };
        let shape = IxDyn(nodes[self.index].value.shape());
        gradients.slots[self.index] = Some(ArrayD::ones(shape).into_shared());
        while let Some(node) = nodes.pop() {
            let Some(backward) = node.backward else { continue };
            drop(node.value);
            if let Some(gradient) = gradients.slots[nodes.len()].take() {
                backward(gradient, &mut gradients);
            }
        }
        gradients
    }
}

/// Gradients by the place of their value on the tape.
pub struct Gradients<E> {
    slots: Vec<Option<Tensor<E>>>,
    wanted: Vec<bool>,
}

impl<E: Element> Gradients<E> {
    /// Whether anybody asks for the gradient of a value: spares the work where nobody does.
    pub(crate) fn wants(&self, index: usize) -> bool {
        self.wanted[index]
    }

    /// Adds to the gradient of a value.
    pub(crate) fn add(&mut self, index: usize, gradient: Tensor<E>) {
        if !self.wanted[index] {
            return;
        }
        match &mut self.slots[index] {
            Some(sum) => *sum += &gradient,
            slot => *slot = Some(gradient),
        }
    }

    /// The gradient of a leaf; `None` if the result does not depend on it.
    pub fn of(&self, leaf: Var<E>) -> Option<&Tensor<E>> {
        self.slots[leaf.index].as_ref()
    }
}
