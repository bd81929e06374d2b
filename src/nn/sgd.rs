//! Gradient descent.

use super::parameters::{Bound, Parameters};
use crate::tensor::{Element, Gradients, Tensor, contiguous, parallel};

/// Stochastic gradient descent with momentum: v ← μ v + g, w ← w − η v (Polyak 1964; Sutskever et al. 2013).
///
/// A table on the tape as a [sparse leaf](crate::tensor::Tape::sparse_leaf) is moved in its touched rows alone, without
/// momentum.
#[derive(Debug, Clone)]
pub struct Sgd<E: Element> {
    /// μ; zero is plain descent.
    pub momentum: f64,
    velocities: Vec<Option<Tensor<E>>>,
}

impl<E: Element> Sgd<E> {
    pub fn new(parameters: &Parameters<E>, momentum: f64) -> Self {
        Sgd { momentum, velocities: parameters.iter().map(|_| None).collect() }
    }

    /// One update of every parameter that has a gradient.
    pub fn update(
        &mut self,
        parameters: &mut Parameters<E>,
        bound: &Bound<'_, E>,
        gradients: &Gradients<E>,
        learning_rate: f64,
    ) {
        let (rate, momentum) = (E::of(learning_rate), E::of(self.momentum));
        let states = parameters.iter_mut().zip(&mut self.velocities).zip(bound.vars());
        for (((_, value), velocity), &var) in states {
            if let Some(rows) = gradients.rows_of(var) {
                let width = value.shape()[1];
                let table = value.values_mut();
                for (index, row) in rows.rows() {
                    let weights = &mut table[index * width..(index + 1) * width];
                    weights.iter_mut().zip(row).for_each(|(w, &g)| *w -= rate * g);
                }
            }
            let Some(gradient) = gradients.of(var) else { continue };
            let gradient = contiguous(gradient);
            if self.momentum == 0.0 {
                parallel::update_with(value.values_mut(), gradient.values(), move |w, g| w - rate * g);
                continue;
            }
            let velocity = velocity.get_or_insert_with(|| Tensor::filled(value.raw_dim(), E::zero()));
            parallel::update_with(velocity.values_mut(), gradient.values(), move |v, g| momentum * v + g);
            parallel::update_with(value.values_mut(), velocity.values(), move |w, v| w - rate * v);
        }
    }

    /// The velocities in the parameters' order, where there are any yet.
    pub fn velocities(&self) -> impl Iterator<Item = Option<&Tensor<E>>> {
        self.velocities.iter().map(Option::as_ref)
    }

    /// Takes up where another run left off.
    ///
    /// # Panics
    /// If the velocities are not as many as the parameters.
    pub fn restore(&mut self, velocities: Vec<Option<Tensor<E>>>) {
        assert_eq!(velocities.len(), self.velocities.len(), "a velocity for each parameter");
        self.velocities = velocities;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    /// With a constant gradient g the n-th velocity is g (1 − μⁿ) / (1 − μ).
    #[test]
    fn momentum_is_a_geometric_sum() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("w", tensor([1], vec![0.0]));
        let mut sgd = Sgd::new(&parameters, 0.9);
        let mut expected = 0.0;
        for step in 1..=5 {
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let gradients = bound.vars()[0].scale(2.0).sum().backward();
            sgd.update(&mut parameters, &bound, &gradients, 0.1);
            expected -= 0.1 * 2.0 * (1.0 - 0.9_f64.powi(step)) / (1.0 - 0.9);
        }
        let w = *parameters.iter().next().unwrap().1.first().unwrap();
        assert!((w - expected).abs() < 1e-12, "{w}, {expected}");
    }

    #[test]
    fn a_table_moves_in_its_touched_rows_alone() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("table", tensor([3, 2], vec![1.0; 6]));
        let mut sgd = Sgd::new(&parameters, 0.0);
        let tape = Tape::new();
        let bound = parameters.sparsely_on(&tape);
        let gradients = bound.vars()[0].index_select(&[1]).sum().backward();
        sgd.update(&mut parameters, &bound, &gradients, 0.5);
        let table = parameters.iter().next().unwrap().1;
        assert_eq!(table.as_slice().unwrap(), [1.0, 1.0, 0.5, 0.5, 1.0, 1.0]);
    }
}
