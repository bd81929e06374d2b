//! The learned tensors of a model, by name.

use crate::tensor::{Element, Tape, Tensor, Var, parallel};
use std::ops::Index;

/// The address of a parameter in its [`Parameters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterId(usize);

/// Learned tensors by name, in the order they were added. A clone is a snapshot: it shares the tensors until an optimiser
/// changes them.
#[derive(Debug, Clone, Default)]
pub struct Parameters<E: Element> {
    names: Vec<String>,
    values: Vec<Tensor<E>>,
}

impl<E: Element> Parameters<E> {
    pub fn new() -> Self {
        Parameters { names: Vec::new(), values: Vec::new() }
    }

    pub fn add(&mut self, name: impl Into<String>, value: Tensor<E>) -> ParameterId {
        self.names.push(name.into());
        self.values.push(value);
        ParameterId(self.values.len() - 1)
    }

    /// Puts every parameter on a tape.
    pub fn on<'t>(&self, tape: &'t Tape<E>) -> Bound<'t, E> {
        Bound { tape, vars: self.values.iter().map(|value| tape.leaf(value.clone())).collect() }
    }

    /// Puts every parameter on a tape as it is given: nothing is learned through it.
    pub fn frozen_on<'t>(&self, tape: &'t Tape<E>) -> Bound<'t, E> {
        Bound { tape, vars: self.values.iter().map(|value| tape.constant(value.clone())).collect() }
    }

    /// Puts every parameter, each a table of which a step touches few rows, on a tape
    /// ([`Tape::sparse_leaf`]).
    pub fn sparsely_on<'t>(&self, tape: &'t Tape<E>) -> Bound<'t, E> {
        Bound { tape, vars: self.values.iter().map(|value| tape.sparse_leaf(value.clone())).collect() }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor<E>)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Tensor<E>)> {
        self.names.iter().map(String::as_str).zip(&mut self.values)
    }

    /// Moves every value a share of the way to another set of the same shapes: a running average of it (EMA).
    pub fn approach(&mut self, other: &Self, share: f64) {
        let share = E::of(share);
        for (value, goal) in self.values.iter_mut().zip(&other.values) {
            parallel::update_with(value.values_mut(), goal.values(), move |old, new| old + share * (new - old));
        }
    }

    /// How many numbers there are to learn.
    pub fn count(&self) -> usize {
        self.values.iter().map(|value| value.len()).sum()
    }
}

/// Parameters put on a tape.
pub struct Bound<'t, E: Element> {
    tape: &'t Tape<E>,
    vars: Vec<Var<'t, E>>,
}

impl<'t, E: Element> Bound<'t, E> {
    pub fn tape(&self) -> &'t Tape<E> {
        self.tape
    }

    /// The parameters in their order.
    pub fn vars(&self) -> &[Var<'t, E>] {
        &self.vars
    }
}

impl<'t, E: Element> Index<ParameterId> for Bound<'t, E> {
    type Output = Var<'t, E>;

    fn index(&self, id: ParameterId) -> &Var<'t, E> {
        &self.vars[id.0]
    }
}
