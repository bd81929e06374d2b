//! Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2014, arXiv:1412.6980, algorithm 1).

use super::parameters::{Bound, Parameters};
use crate::tensor::{Element, Gradients, Tensor, contiguous, parallel};
use rayon::prelude::*;

/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², w ← w − η m̂ / (√v̂ + ε).
#[derive(Debug, Clone)]
pub struct Adam<E> {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// Updates done.
    step: u64,
    /// First and second moments, one pair a parameter, in the parameters' order.
    moments: Vec<(Tensor<E>, Tensor<E>)>,
}

/// Elements a piece of the one pass over weights, gradients and moments.
const PIECE: usize = 16 * 1024;

impl<E: Element> Adam<E> {
    /// The paper's settings: β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    pub fn new(parameters: &Parameters<E>) -> Self {
        let zeros = |value: &Tensor<E>| Tensor::zeros(value.raw_dim());
        let moments = parameters.iter().map(|(_, value)| (zeros(value), zeros(value))).collect();
        Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 0, moments }
    }

    /// One update of every parameter that has a gradient.
    pub fn update(
        &mut self,
        parameters: &mut Parameters<E>,
        bound: &Bound<'_, E>,
        gradients: &Gradients<E>,
        learning_rate: f64,
    ) {
        self.step += 1;
        let correction = |beta: f64| 1.0 - beta.powi(self.step as i32);
        let rate = E::of(learning_rate / correction(self.beta1));
        let root = E::of(1.0 / correction(self.beta2).sqrt());
        let (beta1, beta2, epsilon) = (E::of(self.beta1), E::of(self.beta2), E::of(self.epsilon));
        let (rest1, rest2) = (E::one() - beta1, E::one() - beta2);
        let states = parameters.iter_mut().zip(&mut self.moments).zip(bound.vars());
        for (((_, value), (mean, square)), &var) in states {
            let Some(gradient) = gradients.of(var) else { continue };
            let gradient = contiguous(gradient);
            let weights = value.as_slice_mut().expect("parameters are contiguous").par_chunks_mut(PIECE);
            let means = mean.as_slice_mut().expect("contiguous").par_chunks_mut(PIECE);
            let squares = square.as_slice_mut().expect("contiguous").par_chunks_mut(PIECE);
            let slopes = gradient.as_slice().expect("contiguous").par_chunks(PIECE);
            weights.zip(means).zip(squares).zip(slopes).for_each(|(((weights, means), squares), slopes)| {
                parallel::vectorised(
                    #[inline(always)]
                    || {
                        let places = weights.iter_mut().zip(means).zip(squares).zip(slopes);
                        for (((w, m), v), &g) in places {
                            *m = beta1 * *m + rest1 * g;
                            *v = beta2 * *v + rest2 * g * g;
                            *w -= rate * *m / (num_traits::Float::sqrt(*v) * root + epsilon);
                        }
                    },
                );
            });
        }
    }

    pub fn step(&self) -> u64 {
        self.step
    }

    /// First and second moments in the parameters' order.
    pub fn moments(&self) -> impl Iterator<Item = (&Tensor<E>, &Tensor<E>)> {
        self.moments.iter().map(|(first, second)| (first, second))
    }

    /// Takes up where another run left off.
    ///
    /// # Panics
    /// If the moments are not as many and not shaped as the parameters.
    pub fn restore(&mut self, step: u64, moments: Vec<(Tensor<E>, Tensor<E>)>) {
        assert_eq!(moments.len(), self.moments.len(), "a pair of moments for each parameter");
        for (new, old) in moments.iter().zip(&self.moments) {
            assert_eq!((new.0.shape(), new.1.shape()), (old.0.shape(), old.1.shape()), "moments shaped as parameters");
        }
        (self.step, self.moments) = (step, moments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    /// One step of a slope g moves a weight by η g / (|g| + ε), whatever g is: both corrected moments are g and g².
    #[test]
    fn the_first_step_has_the_size_of_the_learning_rate() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("w", tensor([2], vec![1.0, 1.0]));
        let mut adam = Adam::new(&parameters);
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let slopes = tape.constant(tensor([2], vec![5.0, -0.01]));
        let gradients = (bound.vars()[0] * slopes).sum().backward();
        adam.update(&mut parameters, &bound, &gradients, 0.1);
        let moved: Vec<f64> = parameters.iter().next().unwrap().1.iter().map(|w| w - 1.0).collect();
        assert!((moved[0] + 0.1).abs() < 1e-8 && (moved[1] - 0.1).abs() < 1e-6, "{moved:?}");
    }

    #[test]
    fn a_parabola_is_descended_to_its_foot() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("w", tensor([1], vec![4.0]));
        let mut adam = Adam::new(&parameters);
        for step in 0..2000 {
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let gradients = (bound.vars()[0] - 1.5).square().sum().backward();
            adam.update(&mut parameters, &bound, &gradients, 0.05 * 0.997_f64.powi(step));
        }
        let w = *parameters.iter().next().unwrap().1.first().unwrap();
        assert!((w - 1.5).abs() < 1e-3, "{w}");
    }
}
