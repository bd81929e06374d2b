//! Negative log-likelihoods of pixels, fused with what turns a network's output into a distribution. In nats.

use crate::tensor::{Element, Var, contiguous, parallel, tensor};
use ndarray::IxDyn;

impl<'t, E: Element> Var<'t, E> {
    /// −Σ ln Bernoulli(x; p = sigmoid(logits)), that is Σ softplus(logit) − x · logit, the binary cross-entropy. Summed
    /// over everything, of shape `[]`; `self` are the logits. For grey x in [0, 1] it is the same formula, which is then
    /// not a normalised likelihood.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn bernoulli_nats(self, targets: Self) -> Self {
        assert_eq!(self.shape(), targets.shape(), "logits and targets of one shape");
        let (logits, x) = (contiguous(&self.value()), contiguous(&targets.value()));
        let index = self.index();
        let slices = (logits.as_slice().expect("contiguous"), x.as_slice().expect("contiguous"));
        let total = parallel::sum2(slices.0, slices.1, bernoulli);
        self.tape().record(tensor(IxDyn(&[]), vec![total]), &[self], move |gradient, gradients| {
            let gradient = *gradient.first().expect("one number");
            let (logits, shape) = (contiguous(&logits), IxDyn(x.shape()));
            let (a, x) = (logits.as_slice().expect("contiguous"), x.as_slice().expect("contiguous"));
            let slope = parallel::map2(a, x, |a, x| gradient * (super::elementwise::sigmoid(a) - x));
            gradients.add(index, tensor(shape, slope));
        })
    }

    /// −Σ ln N(x; mean, σ² I) with `self` the means; summed over everything, of shape `[]`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn gaussian_nats(self, targets: Self, sigma: f64) -> Self {
        assert_eq!(self.shape(), targets.shape(), "means and targets of one shape");
        let count = self.shape().iter().product::<usize>() as f64;
        let constant = count * (sigma.ln() + 0.5 * (2.0 * std::f64::consts::PI).ln());
        (targets - self).square().sum().scale(0.5 / (sigma * sigma)).shift(constant)
    }
}

/// softplus(a) − x a, from e^(−|a|), which never overflows.
#[inline(always)]
fn bernoulli<E: Element>(a: E, x: E) -> E {
    super::elementwise::relu(a) - a * x + (-a.abs()).fast_exp().fast_ln_1p()
}

#[cfg(test)]
mod tests {
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn likelihoods_have_right_gradients() {
        let grey = tensor([3, 4], (0..12).map(|i| f64::from(i) / 11.0).collect());
        check("bernoulli", &[&[3, 4]], move |tape, x| x[0].bernoulli_nats(tape.constant(grey.clone())));
        check("gaussian", &[&[3, 4], &[3, 4]], |_, x| x[0].gaussian_nats(x[1], 0.3));
    }

    #[test]
    fn likelihoods_agree_with_their_formulas() {
        let tape = Tape::without_gradients();
        let logits = [0.3_f64, -2.0, 40.0];
        let x = [0.7, 0.2, 1.0];
        let (a, t) = (tape.constant(tensor([3], logits.to_vec())), tape.constant(tensor([3], x.to_vec())));
        let p = |a: f64| 1.0 / (1.0 + (-a).exp());
        let expected: f64 =
            (0..2).map(|i| -(x[i] * p(logits[i]).ln() + (1.0 - x[i]) * (1.0 - p(logits[i])).ln())).sum();
        assert!((a.bernoulli_nats(t).item() - expected).abs() < 1e-12);

        let density = |x: f64, m: f64| (-(x - m).powi(2) / 0.5).exp() / (2.0 * std::f64::consts::PI * 0.25).sqrt();
        let expected: f64 = (0..3).map(|i| -density(x[i], logits[i] / 20.0).ln()).sum();
        let mean = a.scale(1.0 / 20.0);
        assert!((mean.gaussian_nats(t, 0.5).item() - expected).abs() < 1e-12);
    }
}
