//! Adam and AdamW, beside which matrices can learn by Muon.

use super::clip::gradient_norm;
use super::muon;
use super::parameters::{Bound, Parameters};
use crate::tensor::{Element, Gradients, Tensor, parallel};

/// Adam (Kingma & Ba, "Adam: a method for stochastic optimization", 2014, arXiv:1412.6980, algorithm 1), with the decay of
/// AdamW where one is asked for (Loshchilov & Hutter 2017, arXiv:1711.05101, algorithm 2). One pass over weights, moments
/// and gradient together.
///
/// ```
/// use shinso::nn::{Adam, Parameters};
/// use shinso::tensor::Tensor;
///
/// let mut parameters = Parameters::<f32>::new();
/// parameters.add("hidden.weight", Tensor::filled([4, 4], 0.1));
/// parameters.add("hidden.bias", Tensor::filled([4], 0.0));
/// // As GPTs are trained: matrices decay, biases and normalisations do not; the gradient's norm is at most 1.
/// let adam = Adam::new(&parameters)
///     .with_weight_decay_where(&parameters, 0.1, |_, value| value.ndim() >= 2)
///     .with_clipping(1.0);
/// # assert_eq!(adam.weight_decay, 0.1);
/// ```
#[derive(Debug, Clone)]
pub struct Adam<E: Element> {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    /// λ: each step takes η λ w from a weight w that decays. Zero is Adam.
    pub weight_decay: f64,
    /// The most that the common norm of all gradients may be in a step; longer ones are shortened to it.
    clipping: Option<f64>,
    /// Which parameters decay, in their order.
    decays: Vec<bool>,
    /// How many matrices that learn by Muon stand on top of each other in each parameter; 0 is Adam.
    stacked: Vec<usize>,
    step: u64,
    /// First and second moments, in the parameters' order. Muon's momentum is a first moment, its second stays 0.
    moments: Vec<(Tensor<E>, Tensor<E>)>,
}

impl<E: Element> Adam<E> {
    /// With the paper's β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    pub fn new(parameters: &Parameters<E>) -> Self {
        let zeros = |value: &Tensor<E>| Tensor::filled(value.raw_dim(), E::zero());
        let moments: Vec<_> = parameters.iter().map(|(_, value)| (zeros(value), zeros(value))).collect();
        let (decays, stacked) = (vec![true; moments.len()], vec![0; moments.len()]);
        Adam {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            clipping: None,
            decays,
            stacked,
            step: 0,
            moments,
        }
    }

    /// The same with other β.
    pub fn with_betas(self, beta1: f64, beta2: f64) -> Self {
        Adam { beta1, beta2, ..self }
    }

    /// The same with a decay of all weights.
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        Adam { weight_decay, ..self }
    }

    /// The same with a decay of those parameters that `decays` picks by name and value.
    ///
    /// # Panics
    /// If the parameters are not as many as this optimiser was made for.
    pub fn with_weight_decay_where(
        self,
        parameters: &Parameters<E>,
        weight_decay: f64,
        decays: impl Fn(&str, &Tensor<E>) -> bool,
    ) -> Self {
        let decays: Vec<bool> = parameters.iter().map(|(name, value)| decays(name, value)).collect();
        assert_eq!(decays.len(), self.moments.len(), "the parameters that this optimiser was made for");
        Adam { weight_decay, decays, ..self }
    }

    /// The same with gradients scaled together so that their common norm is at most `limit` (Pascanu, Mikolov & Bengio
    /// 2012, arXiv:1211.5063).
    ///
    /// # Panics
    /// If the limit is not positive.
    pub fn with_clipping(self, limit: f64) -> Self {
        assert!(limit > 0.0, "a positive limit for the norm of the gradients, not {limit}");
        Adam { clipping: Some(limit), ..self }
    }

    /// The same with Muon for some matrices, with the same learning rate: `stacked` says of a parameter by name and value how
    /// many matrices of one height stand on top of each other in it, 0 of one that stays Adam's.
    ///
    /// # Panics
    /// If the parameters are not as many as this optimiser was made for, or one that is picked is no matrix or cannot be cut so.
    pub fn with_muon_where(self, parameters: &Parameters<E>, stacked: impl Fn(&str, &Tensor<E>) -> usize) -> Self {
        let stacked: Vec<usize> = parameters.iter().map(|(name, value)| stacked(name, value)).collect();
        assert_eq!(stacked.len(), self.moments.len(), "the parameters that this optimiser was made for");
        for ((name, value), &count) in parameters.iter().zip(&stacked).filter(|(_, count)| **count > 0) {
            assert!(value.ndim() == 2 && value.shape()[0].is_multiple_of(count), "{count} matrices in `{name}`");
        }
        Adam { stacked, ..self }
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
        let factor = E::of(self.clipping.map_or(1.0, |limit| {
            let norm = gradient_norm(bound, gradients);
            if norm > limit { limit / norm } else { 1.0 }
        }));
        let (beta1, beta2, epsilon) = (E::of(self.beta1), E::of(self.beta2), E::of(self.epsilon));
        let (rest1, rest2) = (E::one() - beta1, E::one() - beta2);
        let rules = self.decays.iter().zip(&self.stacked);
        let states = parameters.iter_mut().zip(&mut self.moments).zip(bound.vars()).zip(rules);
        for ((((_, value), (mean, square)), &var), (&decays, &stacked)) in states {
            let Some(gradient) = gradients.of(var) else { continue };
            let kept = if decays { kept } else { E::one() };
            let gradient = crate::tensor::contiguous(gradient);
            if stacked > 0 {
                muon::step([value, mean], &gradient, factor, kept, learning_rate, stacked);
                continue;
            }
            parallel::update3_with(
                value.values_mut(),
                mean.values_mut(),
                square.values_mut(),
                gradient.values(),
                move |w, m, v, g| {
                    let g = factor * g;
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

    /// One step of a gradient g moves a weight by η g / (|g| + ε), whatever g is: both corrected moments are g and g².
    #[test]
    fn the_first_step_has_the_size_of_the_learning_rate() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("w", tensor([2], vec![1.0, 1.0]));
        let mut adam = Adam::new(&parameters);
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let weights = tape.constant(tensor([2], vec![5.0, -0.01]));
        let gradients = (bound.vars()[0] * weights).sum().backward();
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

    /// The decay does not pass through the moments: with no gradient a weight shrinks by η λ a step.
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

    #[test]
    fn only_what_is_picked_decays() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("l.weight", tensor([1, 1], vec![2.0]));
        parameters.add("l.bias", tensor([1], vec![2.0]));
        let mut adam = Adam::new(&parameters).with_weight_decay_where(&parameters, 0.1, |_, value| value.ndim() >= 2);
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let gradients = (bound.vars()[0].scale(0.0).sum() + bound.vars()[1].scale(0.0).sum()).backward();
        adam.update(&mut parameters, &bound, &gradients, 0.5);
        let weights: Vec<f64> = parameters.iter().map(|(_, value)| value.sum()).collect();
        assert_eq!(weights, [2.0 * 0.95, 2.0]);
    }

    /// Gradients 3 and 4 have the norm 5: within a limit of 1 they are 0.6 and 0.8, within one of 10 themselves.
    #[test]
    fn clipping_is_that_of_clip_norm() {
        for (limit, expected) in [(1.0, [0.6, 0.8]), (10.0, [3.0, 4.0])] {
            let mut parameters = Parameters::<f64>::new();
            parameters.add("a", tensor([1], vec![3.0]));
            parameters.add("b", tensor([1], vec![4.0]));
            let mut adam = Adam::new(&parameters).with_clipping(limit);
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let gradients = (0.5 * (bound.vars()[0].square() + bound.vars()[1].square())).sum().backward();
            adam.update(&mut parameters, &bound, &gradients, 0.1);
            for ((first, _), expected) in adam.moments().zip(expected) {
                assert!((first[[0]] - 0.1 * expected).abs() < 1e-12, "{first:?}");
            }
        }
    }

    /// With Muon for one of two matrices, it moves all singular directions alike, and the other as before.
    #[test]
    fn only_what_is_picked_learns_by_muon() {
        let mut parameters = Parameters::<f64>::new();
        for name in ["by_muon", "by_adam"] {
            parameters.add(name, tensor([2, 2], vec![0.0; 4]));
        }
        let mut adam = Adam::new(&parameters).with_muon_where(&parameters, |name, _| usize::from(name == "by_muon"));
        let tape = Tape::new();
        let bound = parameters.on(&tape);
        let slope = tape.constant(tensor([2, 2], vec![3.0, 0.0, 0.0, 0.5]));
        let gradients = ((bound.vars()[0] + bound.vars()[1]) * slope).sum().backward();
        adam.update(&mut parameters, &bound, &gradients, 0.1);
        let moved: Vec<Vec<f64>> = parameters.iter().map(|(_, value)| value.values().to_vec()).collect();
        // 0.2 √2 η, times singular values between 0.68 and 1.13 in place of 3 and 0.5.
        for (place, value) in moved[0].iter().enumerate() {
            let steps = -value / (0.1 * 0.2 * 2.0_f64.sqrt());
            let is_right = if place % 3 == 0 { (0.6..1.25).contains(&steps) } else { steps.abs() < 1e-9 };
            assert!(is_right, "{moved:?}");
        }
        assert!(
            (moved[1][0] + 0.1).abs() < 1e-8 && (moved[1][3] + 0.1).abs() < 1e-8 && moved[1][1] == 0.0,
            "{moved:?}"
        );
    }
}
