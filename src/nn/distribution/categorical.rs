//! The categorical distribution p = softmax(logits).

use crate::nn::sampling::{SamplingError, SamplingSettings};
use crate::tensor::{Element, Var};
use rand::Rng;

/// A categorical distribution for each row of logits `[.., classes]`. A logit of −∞ is a class of probability 0, such as
/// a move against the rules: it is never sampled and adds nothing to the entropy.
#[derive(Debug, Clone, Copy)]
pub struct Categorical<'t, E: Element> {
    /// ln p, `[.., classes]`.
    log_probabilities: Var<'t, E>,
}

/// What stands for ln 0 where it is multiplied by 0, in single precision too.
const LN_ZERO: f64 = -1e30;

impl<'t, E: Element> Categorical<'t, E> {
    /// From logits `[.., classes]`.
    ///
    /// # Panics
    /// If there is no axis of classes.
    pub fn from_logits(logits: Var<'t, E>) -> Self {
        Categorical { log_probabilities: logits.log_softmax() }
    }

    /// A class for each row, in order.
    ///
    /// # Errors
    /// When a logit is not a number or +∞, or all of a row are −∞.
    pub fn sample(&self, random: &mut impl Rng) -> Result<Vec<usize>, SamplingError> {
        let value = self.log_probabilities.ordered();
        let settings = SamplingSettings::default();
        value.rows().rows().into_iter().map(|row| settings.sample(row.to_slice().expect("a row"), random)).collect()
    }

    /// ln p of a class for each row: `[..]`.
    ///
    /// # Panics
    /// If there is not a class for each row, or one that does not exist.
    pub fn log_probability(&self, classes: &[usize]) -> Var<'t, E> {
        self.log_probabilities.gather(classes)
    }

    /// −Σ p ln p of each row: `[..]`.
    pub fn entropy(&self) -> Var<'t, E> {
        -(self.log_probabilities.exp() * self.finite()).sum_last()
    }

    /// D_KL(P ‖ Q) = Σ p (ln p − ln q) of each row, `[..]`, with `self` as P. Where Q gives probability 0 to something
    /// that P gives p, the result is not infinite but about 10³⁰ p, so that its gradient is a number.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn kl_divergence(&self, other: &Self) -> Var<'t, E> {
        (self.log_probabilities.exp() * (self.finite() - other.finite())).sum_last()
    }

    /// ln p with a finite number for ln 0.
    fn finite(&self) -> Var<'t, E> {
        self.log_probabilities.clamp(LN_ZERO, f64::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const P: [f64; 3] = [0.5, 0.25, 0.25];

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
    }

    /// H(½, ¼, ¼) = 1.5 bits; against the uniform distribution D_KL = ln 3 − H.
    #[test]
    fn figures_are_those_of_the_formulas() {
        let tape = Tape::without_gradients();
        let logits = |p: [f64; 3]| tape.constant(tensor([1, 3], p.map(|p| p.ln() + 7.0).to_vec()));
        let (p, uniform) = (Categorical::from_logits(logits(P)), Categorical::from_logits(logits([1.0; 3])));
        near(p.log_probability(&[1]).item(), 0.25_f64.ln());
        near(p.entropy().item(), 1.5 * 2.0_f64.ln());
        near(uniform.entropy().item(), 3.0_f64.ln());
        near(p.kl_divergence(&uniform).item(), 3.0_f64.ln() - 1.5 * 2.0_f64.ln());
        near(p.kl_divergence(&p).item(), 0.0);
    }

    #[test]
    fn they_have_right_gradients() {
        check("log-probability", &[&[2, 3]], |_, x| Categorical::from_logits(x[0]).log_probability(&[2, 0]));
        check("entropy", &[&[2, 3]], |_, x| Categorical::from_logits(x[0]).entropy());
        check("divergence", &[&[2, 3], &[2, 3]], |_, x| {
            Categorical::from_logits(x[0]).kl_divergence(&Categorical::from_logits(x[1]))
        });
    }

    /// As if the impossible class were not there.
    #[test]
    fn an_impossible_class_is_as_none() {
        let tape = Tape::new();
        let logits = tape.leaf(tensor([1, 3], vec![0.3_f32, f32::NEG_INFINITY, -0.4]));
        let without = tape.leaf(tensor([1, 2], vec![0.3_f32, -0.4]));
        let (masked, expected) = (Categorical::from_logits(logits), Categorical::from_logits(without));
        assert_eq!(masked.entropy().item(), expected.entropy().item());
        assert_eq!(masked.kl_divergence(&masked).item(), 0.0);
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        assert!((0..200).all(|_| masked.sample(random).unwrap() != [1]));
        let total =
            masked.entropy() + masked.log_probability(&[2]) + expected.entropy() + expected.log_probability(&[1]);
        let gradients = total.sum().backward();
        let (found, expected) = (gradients.of(logits).unwrap(), gradients.of(without).unwrap());
        assert_eq!(found.as_slice().unwrap(), [expected[[0, 0]], 0.0, expected[[0, 1]]]);
    }

    #[test]
    fn samples_come_as_often_as_they_are_likely() {
        let tape = Tape::without_gradients();
        let logits = tape.constant(tensor([10_000, 3], P.map(f64::ln).repeat(10_000)));
        let samples = Categorical::from_logits(logits).sample(&mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        for (class, p) in P.into_iter().enumerate() {
            let share = samples.iter().filter(|&&sample| sample == class).count() as f64 / 10_000.0;
            assert!((share - p).abs() < 0.02, "{class}: {share}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_sampled() {
        let tape = Tape::without_gradients();
        let logits = tape.constant(tensor([2, 2], vec![0.0, 0.0, f64::NAN, 0.0]));
        let error = Categorical::from_logits(logits).sample(&mut ChaCha8Rng::seed_from_u64(1)).unwrap_err();
        assert!(matches!(error, SamplingError::Logit { .. }), "{error}");
    }
}
