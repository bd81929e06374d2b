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
    /// The shapes of values that are still to come, see [`unfilled`](Self::unfilled).
    to_come: Option<Vec<Vec<usize>>>,
}

impl<E: Element> Parameters<E> {
    pub fn new() -> Self {
        Parameters { names: Vec::new(), values: Vec::new(), to_come: None }
    }

    /// Those of a network whose values come from elsewhere: what its layers would begin with is not drawn, and there are no numbers until
    /// [`fill`](Self::fill).
    pub fn unfilled() -> Self {
        Parameters { to_come: Some(Vec::new()), ..Self::new() }
    }

    /// Whether the values come from elsewhere, and have not come yet.
    pub fn are_to_come(&self) -> bool {
        self.to_come.is_some()
    }

    /// Gives every parameter its value, by its name and shape.
    ///
    /// # Errors
    /// The first that `value` has.
    ///
    /// # Panics
    /// If a value has another shape.
    pub fn fill<Error>(
        &mut self,
        mut value: impl FnMut(&str, &[usize]) -> Result<Tensor<E>, Error>,
    ) -> Result<(), Error> {
        let shapes = self.to_come.take().unwrap_or_default();
        for ((name, place), shape) in self.names.iter().zip(&mut self.values).zip(shapes) {
            *place = value(name, &shape)?;
            assert_eq!(place.shape(), shape, "the shape of `{name}`");
        }
        Ok(())
    }

    /// [`add`](Self::add) of what a layer begins with, unless the values come from elsewhere.
    ///
    /// # Panics
    /// If the name is taken.
    pub fn add_fresh(
        &mut self,
        name: impl Into<String>,
        shape: &[usize],
        fresh: impl FnOnce(&[usize]) -> Tensor<E>,
    ) -> ParameterId {
        match &mut self.to_come {
            None => self.add(name, fresh(shape)),
            Some(shapes) => {
                shapes.push(shape.to_vec());
                self.add(name, Tensor::filled([0], E::zero()))
            }
        }
    }

    /// Adds a parameter under a name of its own.
    ///
    /// # Panics
    /// If the name is taken: a checkpoint could keep only one of the two.
    pub fn add(&mut self, name: impl Into<String>, value: Tensor<E>) -> ParameterId {
        let name = name.into();
        assert!(self.place(&name).is_none(), "a parameter named `{name}` exists already");
        self.names.push(name);
        self.values.push(value);
        ParameterId(self.values.len() - 1)
    }

    /// The parameter of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Tensor<E>> {
        self.place(name).map(|place| &self.values[place])
    }

    /// The parameter of this name, to change its numbers; its shape must stay.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Tensor<E>> {
        self.place(name).map(|place| &mut self.values[place])
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// The address of the parameter of this name, if there is one.
    pub fn id(&self, name: &str) -> Option<ParameterId> {
        self.place(name).map(ParameterId)
    }

    /// Puts every parameter on a tape, to be learned if `learns` picks it by its name; the others stay as they are.
    pub fn partly_on<'t>(&self, tape: &'t Tape<E>, learns: impl Fn(&str) -> bool) -> Bound<'t, E> {
        let var = |(name, value): (&str, &Tensor<E>)| match learns(name) {
            true => tape.leaf(value.clone()),
            false => tape.constant(value.clone()),
        };
        Bound { tape, vars: self.iter().map(var).collect() }
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

    /// Puts something else in the place of a parameter.
    pub(super) fn replace(&mut self, id: ParameterId, var: Var<'t, E>) {
        self.vars[id.0] = var;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::tensor;

    #[test]
    fn parameters_are_found_by_name() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("a.weight", tensor([2], vec![1.0, 2.0]));
        parameters.add("a.bias", tensor([1], vec![3.0]));
        parameters.get_mut("a.bias").unwrap().fill(4.0);
        assert_eq!(parameters.get("a.weight"), Some(&tensor([2], vec![1.0, 2.0])));
        assert_eq!(parameters.get("a.bias"), Some(&tensor([1], vec![4.0])));
        assert_eq!(parameters.get("a"), None);
        assert_eq!(parameters.get_mut("b"), None);
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_drawn() {
        let mut parameters = Parameters::<f64>::unfilled();
        parameters.add_fresh("a", &[2], |_| unreachable!("nothing is drawn"));
        parameters.add_fresh("b", &[1], |_| unreachable!("nothing is drawn"));
        let value = |name: &str, shape: &[usize]| match name {
            "a" => Ok(Tensor::filled([shape[0]], 3.0)),
            name => Err(name.to_owned()),
        };
        assert_eq!(parameters.clone().fill(value), Err("b".to_owned()));
        parameters.fill(|_, shape| Ok::<_, ()>(Tensor::filled([shape[0]], 4.0))).unwrap();
        assert_eq!((parameters.get("a"), parameters.count()), (Some(&tensor([2], vec![4.0, 4.0])), 3));
    }

    #[test]
    #[should_panic(expected = "a parameter named `a.weight` exists already")]
    fn a_name_is_given_once() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("a.weight", tensor([1], vec![1.0]));
        parameters.add("a.weight", tensor([1], vec![2.0]));
    }
}
