//! The embedding layer: a learned vector for each symbol of a vocabulary.

use super::initialise::normal;
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Element, Var};
use rand::Rng;

/// A table with a row for each symbol.
#[derive(Debug, Clone, Copy)]
pub struct Embedding {
    table: ParameterId,
}

impl Embedding {
    /// Adds the table `[symbols, width]` of N(0, deviation²).
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        symbols: usize,
        width: usize,
        deviation: f64,
        random: &mut impl Rng,
    ) -> Self {
        let fresh = |shape: &[usize]| normal(shape, deviation, random);
        Embedding { table: parameters.add_fresh(format!("{name}.weight"), &[symbols, width], fresh) }
    }

    /// The rows of symbols: `[symbols.len(), width]`.
    ///
    /// # Panics
    /// If a symbol has no row.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, symbols: &[usize]) -> Var<'t, E> {
        parameters[self.table].index_select(symbols)
    }

    /// The whole table `[symbols, width]`.
    pub fn table<'t, E: Element>(&self, parameters: &Bound<'t, E>) -> Var<'t, E> {
        parameters[self.table]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_symbol_is_its_row_and_alone_gets_the_gradient() {
        let mut parameters = Parameters::<f64>::new();
        let layer = Embedding::new(&mut parameters, "e", 3, 2, 1.0, &mut ChaCha8Rng::seed_from_u64(1));
        *parameters.get_mut("e.weight").unwrap() = tensor([3, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let rows = layer.forward(&bound, &[2, 0, 2]);
        assert_eq!(rows.value(), tensor([3, 2], vec![5.0, 6.0, 1.0, 2.0, 5.0, 6.0]));
        let table = layer.table(&bound);
        let gradients = rows.sum().backward();
        assert_eq!(gradients.of(table).unwrap(), &tensor([3, 2], vec![1.0, 1.0, 0.0, 0.0, 2.0, 2.0]));
    }
}
