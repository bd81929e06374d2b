//! Losses, fused with what turns a network's output into a distribution. In nats.

use super::elementwise::{relu, sigmoid};
use crate::tensor::{Element, Tensor, Var, parallel, tensor};
use ndarray::IxDyn;

impl<'t, E: Element> Var<'t, E> {
    /// −Σ ln Bernoulli(x; p = sigmoid(logits)), that is Σ softplus(logit) − x · logit, the binary cross-entropy. Summed
    /// over everything, of shape `[]`; `self` are the logits. For grey x in [0, 1] it is the same formula, which is then
    /// not a normalised likelihood.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn bce_with_logits(self, targets: Self) -> Self {
        let (logits, x) = (self.ordered(), targets.ordered());
        assert_eq!(logits.shape(), x.shape(), "logits and targets of one shape");
        let total = parallel::sum2(logits.values(), x.values(), bernoulli);
        let indices = (self.index(), targets.index());
        self.tape().record(Tensor::filled(IxDyn(&[]), total), &[self], move |gradient, gradients| {
            let gradient = *gradient.first().expect("one number");
            let (logits, x) = (gradients.value(indices.0), gradients.value(indices.1));
            let grad = parallel::map2(logits.values(), x.values(), move |a, x| gradient * (sigmoid(a) - x));
            gradients.add(indices.0, tensor(logits.raw_dim(), grad));
        })
    }

    /// The mean binary cross-entropy of logits against one target for all, as a discriminator needs it: of shape `[]`.
    pub fn bernoulli_mean(self, target: f64) -> Self {
        let logits = self.value();
        let targets = self.tape().constant(Tensor::filled(logits.raw_dim(), E::of(target)));
        self.bce_with_logits(targets).scale(1.0 / logits.len() as f64)
    }

    /// −Σ ln N(x; mean, σ² I) with `self` the means; summed over everything, of shape `[]`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn gaussian_nats(self, targets: Self, sigma: f64) -> Self {
        let count = self.value().len() as f64;
        let constant = count * (sigma.ln() + 0.5 * (2.0 * std::f64::consts::PI).ln());
        self.squared_error(targets).scale(0.5 / (sigma * sigma)).shift(constant)
    }

    /// Σ (x − y)², of shape `[]`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn squared_error(self, targets: Self) -> Self {
        let (a, b) = (self.ordered(), targets.ordered());
        assert_eq!(a.shape(), b.shape(), "means and targets of one shape");
        let total = parallel::sum2(a.values(), b.values(), |a, b| (a - b) * (a - b));
        let indices = (self.index(), targets.index());
        self.tape().record(Tensor::filled(IxDyn(&[]), total), &[self, targets], move |gradient, gradients| {
            let factor = *gradient.first().expect("one number") * E::of(2.0);
            let (a, b) = (gradients.value(indices.0), gradients.value(indices.1));
            for (index, factor) in [(indices.0, factor), (indices.1, -factor)] {
                if gradients.wants(index) {
                    let grad = parallel::map2(a.values(), b.values(), move |a, b| factor * (a - b));
                    gradients.add(index, tensor(a.raw_dim(), grad));
                }
            }
        })
    }

    /// The mean of (x − y)², of shape `[]`.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn mean_squared_error(self, targets: Self) -> Self {
        let count = self.value().len();
        self.squared_error(targets).scale(1.0 / count as f64)
    }

    /// Huber's function of each element, usually a difference: ½ x² where |x| ≤ δ, δ (|x| − ½ δ) elsewhere (Huber 1964,
    /// "Robust estimation of a location parameter"). Its derivative is never beyond ±δ.
    ///
    /// # Panics
    /// If δ is not positive.
    pub fn huber(self, delta: f64) -> Self {
        assert!(delta > 0.0, "a positive δ, not {delta}");
        let (delta, half) = (E::of(delta), E::of(0.5));
        self.unary(
            move |x| if x.abs() <= delta { half * x * x } else { delta * (x.abs() - half * delta) },
            move |gradient, x, _| gradient * if x.abs() <= delta { x } else { delta * x.signum() },
        )
    }

    /// The mean over rows of −ln softmax(logits)[label], of shape `[]`: logits `[.., classes]`, a label for each row; rows
    /// whose label is `None` do not count.
    ///
    /// # Panics
    /// If there are not as many labels as rows, or a label is no class.
    pub fn cross_entropy(self, labels: &[Option<usize>]) -> Self {
        let logits = self.ordered();
        let classes = *logits.shape().last().expect("an axis of classes");
        assert_eq!(logits.len(), labels.len() * classes, "a label for each row");
        assert!(labels.iter().flatten().all(|&label| label < classes), "labels below {classes}");
        assert!(classes < 1 << 24, "classes that single precision can represent");
        let count = labels.iter().flatten().count();
        // What a row costs and, for the way back, ln Σ eˣ of it and its label, −1 for none.
        let mut rows = E::pool().take(ROW * labels.len());
        let values = logits.values();
        parallel::each_costly_row(
            classes,
            &mut rows,
            ROW,
            #[inline(always)]
            |row, out| {
                let x = &values[row * classes..(row + 1) * classes];
                let normaliser = log_sum_exp(x);
                let label = labels[row].map_or(-E::one(), |label| E::of(label as f64));
                let cost = labels[row].map_or(E::zero(), |label| normaliser - x[label]);
                out.copy_from_slice(&[cost, normaliser, label]);
            },
        );
        let total: E = rows.chunks_exact(ROW).map(|row| row[0]).sum();
        let mean = total / E::of(count as f64);
        let index = self.index();
        self.tape().record(Tensor::filled(IxDyn(&[]), mean), &[self], move |gradient, gradients| {
            let factor = *gradient.first().expect("one number") / E::of(count as f64);
            let logits = gradients.value(index);
            let values = logits.values();
            let mut grads = Tensor::unset(logits.raw_dim());
            parallel::each_row(
                grads.values_mut(),
                classes,
                #[inline(always)]
                |row, out| {
                    let (normaliser, label) = (rows[ROW * row + 1], rows[ROW * row + 2]);
                    let Some(label) = label.to_usize() else { return out.fill(E::zero()) };
                    let x = &values[row * classes..(row + 1) * classes];
                    for (out, &x) in out.iter_mut().zip(x) {
                        *out = factor * (x - normaliser).fast_exp();
                    }
                    out[label] -= factor;
                },
            );
            E::pool().give(rows);
            gradients.add(index, grads);
        })
    }

    /// softmax over the last axis.
    pub fn softmax(self) -> Self {
        let (x, width) = (self.ordered(), self.width());
        let mut y = x.clone();
        parallel::each_row(
            y.values_mut(),
            width,
            #[inline(always)]
            |_, row| softmax(row),
        );
        let (x, y_index) = (self.index(), self.tape().next());
        self.tape().record(y, &[self], move |gradient, gradients| {
            let mut gradient = crate::tensor::contiguous(&gradient);
            let y = gradients.value(y_index);
            let results = y.values();
            parallel::each_row(
                gradient.values_mut(),
                width,
                #[inline(always)]
                |row, g| {
                    let y = &results[row * width..(row + 1) * width];
                    let mean = parallel::dot_with(g, y, |g, y| g * y);
                    for (g, &y) in g.iter_mut().zip(y) {
                        *g = y * (*g - mean);
                    }
                },
            );
            gradients.add(x, gradient);
        })
    }

    /// ln softmax over the last axis.
    pub fn log_softmax(self) -> Self {
        let (x, width) = (self.ordered(), self.width());
        let mut y = x.clone();
        parallel::each_row(
            y.values_mut(),
            width,
            #[inline(always)]
            |_, row| {
                let normaliser = log_sum_exp(row);
                for x in row.iter_mut() {
                    *x -= normaliser;
                }
            },
        );
        let (x, y_index) = (self.index(), self.tape().next());
        self.tape().record(y, &[self], move |gradient, gradients| {
            let mut gradient = crate::tensor::contiguous(&gradient);
            let y = gradients.value(y_index);
            let results = y.values();
            parallel::each_row(
                gradient.values_mut(),
                width,
                #[inline(always)]
                |row, g| {
                    let y = &results[row * width..(row + 1) * width];
                    let total = parallel::dot_with(g, g, |g, _| g);
                    for (g, &y) in g.iter_mut().zip(y) {
                        *g -= total * y.fast_exp();
                    }
                },
            );
            gradients.add(x, gradient);
        })
    }

    /// ln Σ eˣ over the last axis, `[.., n]` → `[..]`; −∞ of nothing.
    pub fn log_sum_exp(self) -> Self {
        let (x, width) = (self.ordered(), self.width());
        let shape = IxDyn(&x.shape()[..x.ndim() - 1]);
        let mut y = Tensor::unset(shape);
        let values = x.values();
        parallel::each_costly_row(
            width,
            y.values_mut(),
            1,
            #[inline(always)]
            |row, out| out[0] = log_sum_exp(&values[row * width..(row + 1) * width]),
        );
        let (x, y_index) = (self.index(), self.tape().next());
        self.tape().record(y, &[self], move |gradient, gradients| {
            let (mut grads, y) = (gradients.value(x), gradients.value(y_index));
            let gradient = crate::tensor::contiguous(&gradient);
            let (results, gradient) = (y.values(), gradient.values());
            parallel::each_row(
                grads.values_mut(),
                width,
                #[inline(always)]
                |row, x| {
                    for x in x.iter_mut() {
                        *x = gradient[row] * (*x - results[row]).fast_exp();
                    }
                },
            );
            gradients.add(x, grads);
        })
    }

    /// The length of the last axis.
    fn width(self) -> usize {
        *self.value().shape().last().expect("a last axis")
    }
}

/// Numbers that the cross-entropy keeps of a row.
const ROW: usize = 3;

/// softplus(a) − x a, from e^(−|a|), which never overflows.
#[inline(always)]
fn bernoulli<E: Element>(a: E, x: E) -> E {
    relu(a) - a * x + (-a.abs()).fast_exp().fast_ln_1p()
}

/// softmax in place, from differences to the largest element, which never overflow.
#[inline(always)]
pub(crate) fn softmax<E: Element>(row: &mut [E]) {
    let largest = parallel::largest(row);
    for x in row.iter_mut() {
        *x = (*x - largest).fast_exp();
    }
    let total = parallel::dot_with(row, row, |x, _| x);
    let share = E::one() / total;
    for x in row.iter_mut() {
        *x *= share;
    }
}

#[inline(always)]
fn log_sum_exp<E: Element>(row: &[E]) -> E {
    let largest = parallel::largest(row);
    if largest == E::neg_infinity() {
        return largest;
    }
    largest + parallel::dot_with(row, row, |x, _| (x - largest).fast_exp()).ln()
}

#[cfg(test)]
mod tests {
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn losses_have_right_gradients() {
        let grey = tensor([3, 4], (0..12).map(|i| f64::from(i) / 11.0).collect());
        check("bernoulli", &[&[3, 4]], move |tape, x| x[0].bce_with_logits(tape.constant(grey.clone())));
        check("bernoulli against one target", &[&[5, 1]], |_, x| x[0].bernoulli_mean(1.0));
        check("gaussian", &[&[3, 4], &[3, 4]], |_, x| x[0].gaussian_nats(x[1], 0.3));
        check("mean squared error", &[&[3, 4], &[3, 4]], |_, x| x[0].mean_squared_error(x[1]));
        check("huber", &[&[4, 5]], |_, x| x[0].huber(0.7));
        check("cross-entropy", &[&[3, 5]], |_, x| x[0].cross_entropy(&[Some(4), None, Some(0)]));
        check("cross-entropy of one class", &[&[2, 1]], |_, x| x[0].cross_entropy(&[Some(0), Some(0)]));
    }

    #[test]
    fn distributions_have_right_gradients() {
        for shape in [&[3, 5][..], &[1, 1], &[2, 2, 33], &[0, 4]] {
            check("softmax", &[shape], |_, x| (2.0 * x[0]).softmax());
            check("log-softmax", &[shape], |_, x| (2.0 * x[0]).log_softmax());
            check("log-sum-exp", &[shape], |_, x| (2.0 * x[0]).log_sum_exp());
        }
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
        assert!((a.bce_with_logits(t).item() - expected).abs() < 1e-12);

        let density = |x: f64, m: f64| (-(x - m).powi(2) / 0.5).exp() / (2.0 * std::f64::consts::PI * 0.25).sqrt();
        let expected: f64 = (0..3).map(|i| -density(x[i], logits[i] / 20.0).ln()).sum();
        let mean = a.scale(1.0 / 20.0);
        assert!((mean.gaussian_nats(t, 0.5).item() - expected).abs() < 1e-12);
    }

    /// The numbers of PyTorch's `huber_loss` with δ = 2: a parabola to 2, then a line of gradient 2 that goes on from it.
    #[test]
    fn hubers_function_is_a_parabola_and_then_a_line() {
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([5], vec![0.0_f64, -1.0, 2.0, 3.0, -5.0]));
        assert_eq!(x.huber(2.0).value().values(), [0.0, 0.5, 2.0, 4.0, 8.0]);
        assert!(tape.constant(tensor([1], vec![f64::NAN])).huber(2.0).item().is_nan());
    }

    #[test]
    fn a_softmax_of_large_numbers_does_not_overflow() {
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([1, 3], vec![1e4_f32, 1e4, -1e4]));
        assert_eq!(x.softmax().value().as_slice().unwrap(), [0.5, 0.5, 0.0]);
        assert!((x.log_sum_exp().item() - (1e4 + 2.0_f32.ln())).abs() < 1e-3);
        assert!((x.cross_entropy(&[Some(0)]).item() - 2.0_f32.ln()).abs() < 1e-3);
    }
}
