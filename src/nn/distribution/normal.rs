//! The normal distribution with a diagonal covariance, N(x; μ, diag σ²).

use crate::tensor::{Element, Tensor, Var};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::{E as EULER, PI};

/// A normal distribution for each row: means and ln σ, `[.., n]`, the n numbers of a row independent of each other.
#[derive(Debug, Clone, Copy)]
pub struct Normal<'t, E: Element> {
    mean: Var<'t, E>,
    log_deviation: Var<'t, E>,
}

impl<'t, E: Element> Normal<'t, E> {
    /// From means μ `[.., n]` and ln σ, which may be the same for all rows, `[n]`: as for a policy whose noise does not
    /// depend on the state.
    ///
    /// # Panics
    /// If ln σ does not broadcast to the means, or they have no axis.
    pub fn new(mean: Var<'t, E>, log_deviation: Var<'t, E>) -> Self {
        let shape = mean.value().raw_dim();
        assert!(!mean.shape().is_empty(), "means [.., n]");
        Normal { mean, log_deviation: log_deviation.broadcast_to(shape) }
    }

    /// A sample for each row, `[.., n]`: a number to act on, with no way back to μ and σ.
    pub fn sample(&self, random: &mut impl Rng) -> Tensor<E> {
        self.reparameterised_sample(random).ordered()
    }

    /// μ + σ ⊙ ε with ε ~ N(0, I), `[.., n]`: a sample through which μ and σ learn (Kingma & Welling 2013,
    /// arXiv:1312.6114).
    pub fn reparameterised_sample(&self, random: &mut impl Rng) -> Var<'t, E> {
        let mut noise = Tensor::unset(self.mean.value().raw_dim());
        for place in noise.values_mut() {
            let number: f64 = StandardNormal.sample(random);
            *place = E::of(number);
        }
        self.mean + self.log_deviation.exp() * self.mean.tape().constant(noise)
    }

    /// ln N(x; μ, diag σ²) of each row, `[..]`: −Σ (½ ((x − μ) / σ)² + ln σ + ½ ln 2π).
    ///
    /// # Panics
    /// If x is not shaped as the means.
    pub fn log_probability(&self, x: Var<'t, E>) -> Var<'t, E> {
        assert_eq!(x.shape(), self.mean.shape(), "values shaped as the means");
        let standardised = (x - self.mean) * (-self.log_deviation).exp();
        -(0.5 * standardised.square() + self.log_deviation + 0.5 * (2.0 * PI).ln()).sum_last()
    }

    /// The (differential) entropy of each row, `[..]`: Σ (ln σ + ½ ln 2πe).
    pub fn entropy(&self) -> Var<'t, E> {
        (self.log_deviation + 0.5 * (2.0 * PI * EULER).ln()).sum_last()
    }

    /// D_KL(P ‖ Q) of each row, `[..]`, with `self` as P: Σ (ln(σ_q/σ_p) + (σ_p² + (μ_p − μ_q)²) / (2 σ_q²) − ½).
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn kl_divergence(&self, other: &Self) -> Var<'t, E> {
        let log_ratio = other.log_deviation - self.log_deviation;
        let distance = (self.mean - other.mean) * (-other.log_deviation).exp();
        (log_ratio + 0.5 * ((-2.0 * log_ratio).exp() + distance.square()) - 0.5).sum_last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}");
    }

    /// By hand for two numbers, and as `torch.distributions.Normal` has it: ln N(0; 0, 1) = −0.9189385332 and the entropy
    /// of N(0, 1) = 1.4189385332.
    #[test]
    fn figures_are_those_of_the_formulas() {
        let tape = Tape::without_gradients();
        let row = |values: [f64; 2]| tape.constant(tensor([1, 2], values.to_vec()));
        let standard = Normal::new(row([0.0, 0.0]), row([0.0, 0.0]));
        near(standard.log_probability(row([0.0, 0.0])).item(), -2.0 * 0.918_938_533_2);
        near(standard.entropy().item(), 2.0 * 1.418_938_533_2);
        let (means, deviations, x) = ([1.0, -2.0], [0.5_f64, 3.0], [1.5, 0.0]);
        let normal = Normal::new(row(means), row(deviations.map(f64::ln)));
        let density = |i: usize| {
            let scaled = (x[i] - means[i]) / deviations[i];
            (-0.5 * scaled * scaled).exp() / (deviations[i] * (2.0 * PI).sqrt())
        };
        near(normal.log_probability(row(x)).item(), density(0).ln() + density(1).ln());
        near(normal.entropy().item(), 2.0 * 1.418_938_533_2 + (0.5_f64 * 3.0).ln());
        let divergence = |i: usize| -deviations[i].ln() + (deviations[i].powi(2) + means[i].powi(2)) / 2.0 - 0.5;
        near(normal.kl_divergence(&standard).item(), divergence(0) + divergence(1));
        near(normal.kl_divergence(&normal).item(), 0.0);
    }

    #[test]
    fn they_have_right_gradients() {
        let shapes: [&[usize]; 3] = [&[2, 3], &[3], &[2, 3]];
        check("log-probability", &shapes, |_, x| Normal::new(x[0], x[1]).log_probability(x[2]));
        check("entropy", &shapes, |_, x| Normal::new(x[0], x[1]).entropy());
        check("divergence", &shapes, |_, x| Normal::new(x[0], x[1]).kl_divergence(&Normal::new(x[2], x[1].square())));
        check("sample", &shapes[..2], |_, x| {
            Normal::new(x[0], x[1]).reparameterised_sample(&mut ChaCha8Rng::seed_from_u64(1))
        });
    }

    #[test]
    fn samples_have_the_mean_and_the_deviation() {
        let tape = Tape::without_gradients();
        let mean = tape.constant(Tensor::filled([10_000, 1], 3.0_f64));
        let normal = Normal::new(mean, tape.constant(tensor([1], vec![0.5_f64.ln()])));
        let samples = normal.sample(&mut ChaCha8Rng::seed_from_u64(1));
        let mean = samples.mean().unwrap();
        assert!((mean - 3.0).abs() < 0.02 && (samples.std(0.0) - 0.5).abs() < 0.02, "{mean}, {}", samples.std(0.0));
        assert_eq!(samples, normal.sample(&mut ChaCha8Rng::seed_from_u64(1)), "the same seed, the same samples");
    }
}
