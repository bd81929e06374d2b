//! Adam and AdamW.

use super::parameters::{Bound, Parameters};
use crate::tensor::{Element, Gradients, Tensor, parallel};

/// Adam (Kingma & Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980, algorithm 1), with the decay of
/// AdamW where one is asked for (Loshchilov & Hutter 2017, arXiv:1711.05101, algorithm 2). One pass over weights, moments
/// and gradient together.
#[derive(Debug, Clone)]
pub struct Adam<E: Element> {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// λ: each step takes η λ w from a weight w. Zero is Adam.
    pub weight_decay: f64,
    step: u64,
    /// First and second moments, in the parameters' order.
    moments: Vec<(Tensor<E>, Tensor<E>)>,
}

impl<E: Element> Adam<E> {
    /// With the paper's β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    pub fn new(parameters: &Parameters<E>) -> Self {
        let zeros = |value: &Tensor<E>| Tensor::filled(value.raw_dim(), E::zero());
        let moments = parameters.iter().map(|(_, value)| (zeros(value), zeros(value))).collect();
        Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0, step: 0, moments }
    }

    /// The same with other β.
    pub fn with_betas(self, beta1: f64, beta2: f64) -> Self {
        Adam { beta1, beta2, ..self }
    }

    /// The same with a decay of the weights.
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        Adam { weight_decay, ..self }
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
        let kept = E::of(1.0 - learning_rate * self.weight_decay);
        let (beta1, beta2, epsilon) = (E::of(self.beta1), E::of(self.beta2), E::of(self.epsilon));
        let (rest1, rest2) = (E::one() - beta1, E::one() - beta2);
        let states = parameters.iter_mut().zip(&mut self.moments).zip(bound.vars());
        for (((_, value), (mean, square)), &var) in states {
            let Some(gradient) = gradients.of(var) else { continue };
            let gradient = crate::tensor::contiguous(gradient);
            parallel::update3_with(
                value.values_mut(),
                mean.values_mut(),
                square.values_mut(),
                gradient.values(),
                move |w, m, v, g| {
                    let m = beta1 * m + rest1 * g;
                    let v = beta2 * v + rest2 * g * g;
                    (kept * w - rate * m / (num_traits::Float::sqrt(v) * root + epsilon), m, v)
                },
            );
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

    /// The decay does not pass through the moments: with no slope a weight shrinks by η λ a step.
    #[test]
    fn decay_is_beside_the_moments() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("w", tensor([1], vec![2.0]));
        let mut adam = Adam::new(&parameters).with_weight_decay(0.1);
        for _ in 0..3 {
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let gradients = bound.vars()[0].scale(0.0).sum().backward();
            adam.update(&mut parameters, &bound, &gradients, 0.5);
        }
        let w = *parameters.iter().next().unwrap().1.first().unwrap();
        assert!((w - 2.0 * 0.95_f64.powi(3)).abs() < 1e-12, "{w}");
    }
}
