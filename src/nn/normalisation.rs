//! γ x̂ + β, where x̂ has mean 0 and variance 1 over the last axis (layer normalisation, Ba, Kiros & Hinton 2016,
//! arXiv:1607.06450) or over the groups of a picture's channels (group normalisation, Wu & He 2018, arXiv:1803.08494).

use super::initialise::zeros;
use super::parameters::{Bound, ParameterId, Parameters};
use crate::tensor::{Activation, Element, Tensor, Var};

/// γ and β of a normalisation; which one is said where it is applied.
#[derive(Debug, Clone, Copy)]
pub struct Normalisation {
    gamma: ParameterId,
    beta: ParameterId,
}

impl Normalisation {
    /// Adds γ `[width]`, ones at first, and β `[width]`, zeros at first.
    pub fn new<E: Element>(parameters: &mut Parameters<E>, name: &str, width: usize) -> Self {
        Normalisation {
            gamma: parameters.add_fresh(format!("{name}.gamma"), &[width], |_| Tensor::filled([width], E::one())),
            beta: parameters.add_fresh(format!("{name}.beta"), &[width], |_| zeros(width)),
        }
    }

    /// Over the last axis: `[.., width]` → `[.., width]`.
    pub fn layer<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        x.layer_norm(parameters[self.gamma], parameters[self.beta])
    }

    /// Over the places and the channels of each group of a picture `[n, .., width]`, with what follows it.
    pub fn group<'t, E: Element>(
        &self,
        parameters: &Bound<'t, E>,
        x: Var<'t, E>,
        groups: usize,
        then: Activation,
    ) -> Var<'t, E> {
        x.group_norm(groups, parameters[self.gamma], parameters[self.beta], then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    /// 1, 2, 3, 4 has mean 2.5 and variance 1.25, to which the operation adds 1e-5.
    #[test]
    fn a_row_is_centred_scaled_and_moved() {
        let mut parameters = Parameters::<f64>::new();
        let norm = Normalisation::new(&mut parameters, "n", 4);
        *parameters.get_mut("n.gamma").unwrap() = Tensor::filled([4], 2.0);
        *parameters.get_mut("n.beta").unwrap() = Tensor::filled([4], 10.0);
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let x = tape.constant(tensor([1, 1, 4], vec![1.0, 2.0, 3.0, 4.0]));
        for y in [norm.layer(&bound, x), norm.group(&bound, x, 1, Activation::Identity)] {
            for (found, x) in y.value().iter().zip(1..=4) {
                let expected = 10.0 + 2.0 * (f64::from(x) - 2.5) / (1.25_f64 + 1e-5).sqrt();
                assert!((found - expected).abs() < 1e-12, "{found}, {expected}");
            }
        }
    }
}
