//! Functions of one element, and arithmetic of two tensors with broadcasting.

use crate::tensor::{Element, Tensor, Var, contiguous, parallel, tensor};
use ndarray::{Dimension, IxDyn};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use std::ops::{Add, Div, Mul, Neg, Sub};

impl<'t, E: Element> Var<'t, E> {
    /// eˣ.
    pub fn exp(self) -> Self {
        self.unary(|x| x.fast_exp(), |gradient, _, y| gradient * y)
    }

    /// ln x.
    pub fn ln(self) -> Self {
        self.unary(|x| x.ln(), |gradient, x, _| gradient / x)
    }

    /// x².
    pub fn square(self) -> Self {
        self.unary(|x| x * x, |gradient, x, _| gradient * (x + x))
    }

    /// √x.
    pub fn sqrt(self) -> Self {
        self.unary(|x| x.sqrt(), |gradient, _, y| gradient / (y + y))
    }

    /// xᵖ for a number p; NaN where x is negative and p is not an integer.
    pub fn power(self, exponent: f64) -> Self {
        let p = E::of(exponent);
        self.unary(move |x| x.powf(p), move |gradient, x, _| gradient * p * x.powf(p - E::one()))
    }

    /// |x|; its derivative at 0 is taken as 0.
    pub fn abs(self) -> Self {
        self.unary(
            |x| x.abs(),
            |gradient, x, _| {
                if x == E::zero() { E::zero() } else { gradient * x.signum() }
            },
        )
    }

    /// x limited to [low, high]; no gradient beyond.
    pub fn clamp(self, low: f64, high: f64) -> Self {
        let (low, high) = (E::of(low), E::of(high));
        self.unary(
            move |x| x.max(low).min(high),
            move |gradient, x, _| if x < low || x > high { E::zero() } else { gradient },
        )
    }

    /// max(x, 0); its derivative at 0 is taken as 0.
    pub fn relu(self) -> Self {
        self.unary(relu, |gradient, x, _| if x > E::zero() { gradient } else { E::zero() })
    }

    /// x as it is; of the gradient only what is positive comes back.
    pub fn positive_gradient(self) -> Self {
        self.unary(|x| x, |gradient, _, _| relu(gradient))
    }

    /// x where it is positive, `slope · x` elsewhere (Maas, Hannun & Ng 2013).
    pub fn leaky_relu(self, slope: f64) -> Self {
        let slope = E::of(slope);
        self.unary(
            move |x| if x > E::zero() { x } else { slope * x },
            move |gradient, x, _| if x > E::zero() { gradient } else { slope * gradient },
        )
    }

    /// x · sigmoid(x), also called swish (Hendrycks & Gimpel 2016, arXiv:1606.08415; Ramachandran et al. 2017).
    pub fn silu(self) -> Self {
        self.unary(|x| x * sigmoid(x), |gradient, x, _| gradient * silu_derivative(x))
    }

    /// The Gaussian error linear unit by its tanh formula, ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks &
    /// Gimpel 2016, arXiv:1606.08415).
    pub fn gelu(self) -> Self {
        self.unary(gelu, |gradient, x, _| gradient * gelu_derivative(x))
    }

    /// ln(1 + eˣ).
    pub fn softplus(self) -> Self {
        self.unary(|x| relu(x) + (-x.abs()).fast_exp().fast_ln_1p(), |gradient, x, _| gradient * sigmoid(x))
    }

    /// sin x.
    pub fn sin(self) -> Self {
        self.unary(|x| x.sin(), |gradient, x, _| gradient * x.cos())
    }

    /// cos x.
    pub fn cos(self) -> Self {
        self.unary(|x| x.cos(), |gradient, x, _| -gradient * x.sin())
    }

    /// tanh x.
    pub fn tanh(self) -> Self {
        self.unary(tanh, |gradient, _, y| gradient * (E::one() - y * y))
    }

    /// 1 / (1 + e⁻ˣ).
    pub fn sigmoid(self) -> Self {
        self.unary(sigmoid, |gradient, _, y| gradient * y * (E::one() - y))
    }

    /// The smaller of x and y after broadcasting; equals share the gradient half and half. NaN if either is.
    pub fn minimum(self, other: Self) -> Self {
        self.binary(
            other,
            |a, b| if a < b || a.is_nan() { a } else { b },
            |a, b| share(a < b, a == b),
            |a, b| share(b < a, a == b),
        )
    }

    /// The larger of x and y after broadcasting; equals share the gradient half and half. NaN if either is.
    pub fn maximum(self, other: Self) -> Self {
        self.binary(
            other,
            |a, b| if a > b || a.is_nan() { a } else { b },
            |a, b| share(a > b, a == b),
            |a, b| share(b > a, a == b),
        )
    }

    /// The value with no way back: what follows learns nothing through it.
    pub fn stop_gradient(self) -> Self {
        self.tape().constant(self.value())
    }

    /// `y = f(x)` with `backward(gradient of y, x, y)` as the gradient of x.
    pub(super) fn unary(
        self,
        f: impl Fn(E) -> E + Sync + Copy,
        backward: impl Fn(E, E, E) -> E + Send + Sync + Copy + 'static,
    ) -> Self {
        let x = self.ordered();
        let y = tensor(x.raw_dim(), parallel::map(x.values(), f));
        let (x, y_index) = (self.index(), self.tape().next());
        self.tape().record(y, &[self], move |gradient, gradients| {
            let mut gradient = contiguous(&gradient);
            let (values, results) = (gradients.value(x), gradients.value(y_index));
            parallel::update_with2(gradient.values_mut(), values.values(), results.values(), backward);
            gradients.add(x, gradient);
        })
    }

    /// `z = f(x, y)` after broadcasting, with ∂z/∂x and ∂z/∂y from `partials(x, y)`.
    fn binary(
        self,
        other: Self,
        f: impl Fn(E, E) -> E + Sync + Copy,
        to_x: impl Fn(E, E) -> E + Send + Sync + Copy + 'static,
        to_y: impl Fn(E, E) -> E + Send + Sync + Copy + 'static,
    ) -> Self {
        let (a, b) = (self.value(), other.value());
        let shape = broadcast_shape(a.shape(), b.shape());
        let spread_a = broadcast(&a, &shape);
        let spread_b = broadcast(&b, &shape);
        let z = tensor(shape.clone(), parallel::map2(spread_a.values(), spread_b.values(), f));
        let (x, y) = (self.index(), other.index());
        self.tape().record(z, &[self, other], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let (a, b) = (gradients.value(x), gradients.value(y));
            let (spread_a, spread_b) = (broadcast(&a, &shape), broadcast(&b, &shape));
            let operands = (spread_a.values(), spread_b.values());
            if gradients.wants(x) {
                let mut grad = gradient.clone();
                parallel::update_with2(grad.values_mut(), operands.0, operands.1, move |g, a, b| g * to_x(a, b));
                gradients.add(x, sum_to_shape(grad, a.shape()));
            }
            if gradients.wants(y) {
                let mut grad = gradient;
                parallel::update_with2(grad.values_mut(), operands.0, operands.1, move |g, a, b| g * to_y(a, b));
                gradients.add(y, sum_to_shape(grad, b.shape()));
            }
        })
    }

    /// `x + sign · y` after broadcasting: the commonest operation, whose gradient needs no arithmetic.
    fn sum_with(self, other: Self, sign: E) -> Self {
        let (a, b) = (self.value(), other.value());
        let shape = broadcast_shape(a.shape(), b.shape());
        let add = move |x, y| x + sign * y;
        let z = if a.shape() == b.shape() {
            tensor(shape, parallel::map2(contiguous(&a).values(), contiguous(&b).values(), add))
        } else {
            let (spread_a, mut z) = (broadcast(&a, &shape), broadcast(&b, &shape));
            parallel::update_with(z.values_mut(), spread_a.values(), move |y, x| add(x, y));
            z
        };
        let (x, y) = (self.index(), other.index());
        let shapes = (a.raw_dim(), b.raw_dim());
        self.tape().record(z, &[self, other], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            gradients.add(x, sum_to_shape(gradient.clone(), shapes.0.slice()));
            if gradients.wants(y) {
                let mut back = sum_to_shape(gradient, shapes.1.slice());
                if sign < E::zero() {
                    parallel::update(back.values_mut(), |g| -g);
                }
                gradients.add(y, back);
            }
        })
    }

    /// `x` times a number.
    pub fn scale(self, factor: f64) -> Self {
        let factor = E::of(factor);
        self.unary(move |x| x * factor, move |gradient, _, _| gradient * factor)
    }

    /// `x` plus a number.
    pub fn shift(self, amount: f64) -> Self {
        let amount = E::of(amount);
        self.unary(move |x| x + amount, |gradient, _, _| gradient)
    }
}

/// The part of the gradient that goes to one of two that are compared.
#[inline(always)]
fn share<E: Element>(chosen: bool, equal: bool) -> E {
    let equal = if equal { E::of(0.5) } else { E::zero() };
    if chosen { E::one() } else { equal }
}

#[inline(always)]
pub(crate) fn relu<E: Element>(x: E) -> E {
    if x > E::zero() { x } else { E::zero() }
}

/// From e^(−2|x|), which never overflows.
#[inline(always)]
pub(crate) fn tanh<E: Element>(x: E) -> E {
    let e = (-(x.abs() + x.abs())).fast_exp();
    let size = (E::one() - e) / (E::one() + e);
    if x < E::zero() { -size } else { size }
}

/// From e^(−|x|), which never overflows.
#[inline(always)]
pub(crate) fn sigmoid<E: Element>(x: E) -> E {
    let e = (-x.abs()).fast_exp();
    let high = E::one() / (E::one() + e);
    if x < E::zero() { e * high } else { high }
}

#[inline(always)]
pub(crate) fn silu_derivative<E: Element>(x: E) -> E {
    let s = sigmoid(x);
    s * (E::one() + x * (E::one() - s))
}

/// x · sigmoid(2u) with u = √(2/π) (x + 0.044715 x³): the same as ½ x (1 + tanh u).
#[inline(always)]
pub(crate) fn gelu<E: Element>(x: E) -> E {
    x * sigmoid(gelu_argument(x))
}

#[inline(always)]
pub(crate) fn gelu_derivative<E: Element>(x: E) -> E {
    let s = sigmoid(gelu_argument(x));
    let argument_derivative = E::of(2.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2) * (E::one() + E::of(3.0 * CUBE) * x * x);
    s * (E::one() + x * (E::one() - s) * argument_derivative)
}

/// The factor of x³ in GELU's formula.
const CUBE: f64 = 0.044715;

#[inline(always)]
fn gelu_argument<E: Element>(x: E) -> E {
    E::of(2.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2) * x * (E::one() + E::of(CUBE) * x * x)
}

/// The shape that two shapes broadcast to, by NumPy's rule.
///
/// # Panics
/// If there is none.
pub(crate) fn broadcast_shape(a: &[usize], b: &[usize]) -> IxDyn {
    let rank = a.len().max(b.len());
    let length = |shape: &[usize], axis: usize| {
        let missing = rank - shape.len();
        if axis < missing { 1 } else { shape[axis - missing] }
    };
    let mut shape = IxDyn::zeros(rank);
    for axis in 0..rank {
        shape[axis] = match (length(a, axis), length(b, axis)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => panic!("shapes {a:?} and {b:?} do not broadcast"),
        };
    }
    shape
}

/// A tensor repeated to a broadcast shape.
pub(crate) fn broadcast<E: Element>(value: &Tensor<E>, shape: &IxDyn) -> Tensor<E> {
    if value.shape() == shape.slice() {
        return contiguous(value);
    }
    let mut out = Tensor::unset(shape.clone());
    out.assign(&value.broadcast(shape.clone()).expect("a broadcast shape"));
    out
}

/// The reverse of [`broadcast`]: sums over what was repeated.
pub(crate) fn sum_to_shape<E: Element>(gradient: Tensor<E>, shape: &[usize]) -> Tensor<E> {
    if gradient.shape() == shape {
        return gradient;
    }
    // The commonest case, a row added to many: leading axes only.
    let own: usize = shape.iter().product();
    let padding = gradient.ndim() - shape.len();
    if gradient.shape()[padding..] == *shape {
        let mut sums = Tensor::filled(IxDyn(shape), E::zero());
        parallel::add_columns(&mut sums.values_mut()[..own], gradient.values());
        return sums;
    }
    let repeated = |axis: usize, length: usize| length != 1 && (axis < padding || shape[axis - padding] == 1);
    let mut sums = gradient;
    let mut axis = 0;
    while axis < sums.ndim() {
        let mut end = axis;
        while end < sums.ndim() && repeated(end, sums.shape()[end]) {
            end += 1;
        }
        if end > axis {
            // Neighbouring axes are summed over together.
            let length: usize = sums.shape()[axis..end].iter().product();
            let inner: usize = sums.shape()[end..].iter().product();
            let mut lengths = sums.raw_dim();
            (axis..end).for_each(|axis| lengths[axis] = 1);
            let mut folded = Tensor::filled(lengths, E::zero());
            let values = sums.values();
            parallel::each_costly_row(
                length * inner,
                folded.values_mut(),
                inner.max(1),
                #[inline(always)]
                |row, out| {
                    let block = &values[row * length * inner..(row + 1) * length * inner];
                    for line in block.chunks_exact(inner.max(1)) {
                        for (sum, &x) in out.iter_mut().zip(line) {
                            *sum += x;
                        }
                    }
                },
            );
            sums = folded;
        }
        axis = end + 1;
    }
    sums.reshaped(IxDyn(shape))
}

/// How many elements lie before, along and after an axis.
pub(crate) fn around(shape: &[usize], axis: usize) -> (usize, usize, usize) {
    (shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product())
}

impl<E: Element> Add for Var<'_, E> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.sum_with(other, E::one())
    }
}

impl<E: Element> Sub for Var<'_, E> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.sum_with(other, -E::one())
    }
}

impl<E: Element> Mul for Var<'_, E> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.binary(other, |a, b| a * b, |_, b| b, |a, _| a)
    }
}

impl<E: Element> Div for Var<'_, E> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.binary(other, |a, b| a / b, |_, b| E::one() / b, |a, b| -a / (b * b))
    }
}

impl<E: Element> Neg for Var<'_, E> {
    type Output = Self;
    fn neg(self) -> Self {
        self.scale(-1.0)
    }
}

impl<E: Element> Add<f64> for Var<'_, E> {
    type Output = Self;
    fn add(self, amount: f64) -> Self {
        self.shift(amount)
    }
}

impl<E: Element> Sub<f64> for Var<'_, E> {
    type Output = Self;
    fn sub(self, amount: f64) -> Self {
        self.shift(-amount)
    }
}

impl<'t, E: Element> Mul<Var<'t, E>> for f64 {
    type Output = Var<'t, E>;
    fn mul(self, x: Var<'t, E>) -> Var<'t, E> {
        x.scale(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;

    #[test]
    fn functions_of_one_element_have_right_gradients() {
        check("exp", &[&[2, 3]], |_, x| x[0].exp());
        check("square", &[&[4]], |_, x| x[0].square());
        check("relu", &[&[3, 3]], |_, x| x[0].relu());
        check("tanh", &[&[3, 3]], |_, x| x[0].tanh());
        check("leaky relu", &[&[3, 3]], |_, x| x[0].leaky_relu(0.2));
        check("silu", &[&[3, 3]], |_, x| x[0].silu());
        check("gelu", &[&[3, 3]], |_, x| x[0].gelu());
        check("softplus", &[&[3, 3]], |_, x| x[0].softplus());
        check("sin, cos", &[&[3, 3]], |_, x| x[0].sin() * x[0].cos());
        check("abs, clamp", &[&[3, 3]], |_, x| x[0].abs() + x[0].clamp(-0.7, 0.7));
        check("power", &[&[4]], |_, x| (x[0].square() + 0.5).power(-1.5));
        check("sigmoid", &[&[3, 3]], |_, x| x[0].sigmoid());
        check("ln, sqrt", &[&[5]], |_, x| (x[0].square() + 0.5).ln() + (x[0].square() + 1.0).sqrt());
        check("scale and shift", &[&[2, 2]], |_, x| -(3.0 * (x[0] - 1.5)));
        check("nothing at all", &[&[0, 3]], |_, x| x[0].exp());
    }

    #[test]
    fn arithmetic_broadcasts_and_its_gradients_gather() {
        for shapes in [
            [&[2, 3][..], &[2, 3]],
            [&[2, 3], &[3]],
            [&[2, 1], &[1, 4]],
            [&[1], &[3, 2]],
            [&[0, 2], &[2]],
            [&[2, 3, 2], &[2, 1, 2]],
            [&[3, 2], &[2, 1, 1]],
        ] {
            check("add", &shapes, |_, x| x[0] + x[1]);
            check("sub", &shapes, |_, x| x[0] - x[1]);
            check("mul", &shapes, |_, x| x[0] * x[1]);
            check("minimum, maximum", &shapes, |_, x| x[0].minimum(x[1]) + 2.0 * x[0].maximum(x[1]));
            check("div", &shapes, |_, x| x[0] / (x[1].square() + 1.0));
        }
    }

    /// As PyTorch's `minimum` and `maximum`.
    #[test]
    fn equals_share_the_gradient_and_nan_wins() {
        let tape = crate::tensor::Tape::new();
        let (x, y) = (tape.leaf(tensor([2], vec![2.0_f64, 3.0])), tape.leaf(tensor([2], vec![2.0, 1.0])));
        let gradients = (x.minimum(y) + 10.0 * x.maximum(y)).sum().backward();
        assert_eq!(gradients.of(x).unwrap().values(), [5.5, 10.0]);
        assert_eq!(gradients.of(y).unwrap().values(), [5.5, 1.0]);
        let tape = crate::tensor::Tape::new();
        let (nan, one) = (tape.leaf(tensor([1], vec![f64::NAN])), tape.leaf(tensor([1], vec![1.0])));
        for found in [nan.minimum(one), one.minimum(nan), nan.maximum(one), one.maximum(nan)] {
            assert!(found.item().is_nan());
        }
    }

    #[test]
    fn a_stopped_gradient_stops() {
        let tape = crate::tensor::Tape::new();
        let x = tape.leaf(tensor([1], vec![3.0_f64]));
        let gradients = (x * x.stop_gradient()).sum().backward();
        assert_eq!(gradients.of(x).unwrap()[[0]], 3.0);
    }
}
