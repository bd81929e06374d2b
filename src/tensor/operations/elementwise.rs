//! Functions of one element, and arithmetic of two tensors with broadcasting.

use crate::tensor::{Element, Gradients, Tensor, Var, contiguous, parallel, tensor};
use ndarray::{Axis, IxDyn};
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

    /// max(x, 0); its slope at 0 is taken as 0.
    pub fn relu(self) -> Self {
        self.unary(relu, |gradient, x, _| if x > E::zero() { gradient } else { E::zero() })
    }

    /// tanh x.
    pub fn tanh(self) -> Self {
        self.unary(tanh, |gradient, _, y| gradient * (E::one() - y * y))
    }

    /// 1 / (1 + e⁻ˣ).
    pub fn sigmoid(self) -> Self {
        self.unary(sigmoid, |gradient, _, y| gradient * y * (E::one() - y))
    }

    /// The value with no way back: what follows learns nothing through it.
    pub fn stop_gradient(self) -> Self {
        self.tape().constant(self.value())
    }

    /// `y = f(x)` with `slope(gradient of y, x, y)` as the gradient of x.
    fn unary(self, f: impl Fn(E) -> E + Sync, slope: impl Fn(E, E, E) -> E + Send + Sync + 'static) -> Self {
        let (x, index) = (contiguous(&self.value()), self.index());
        let shape = IxDyn(x.shape());
        let y = tensor(shape.clone(), parallel::map(slice(&x), f));
        self.tape().record(y.clone(), &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let places = slice(&gradient).iter().zip(slice(&x)).zip(slice(&y));
            let slopes = places.map(|((&gradient, &x), &y)| slope(gradient, x, y)).collect();
            gradients.add(index, tensor(shape, slopes));
        })
    }

    /// `z = f(x, y)` after broadcasting, with the gradients of x and y from `slope(x, y, z)`.
    fn binary(
        self,
        other: Self,
        f: impl Fn(E, E) -> E + Sync,
        slopes: impl Fn(E, E) -> (E, E) + Send + Sync + 'static,
    ) -> Self {
        let shape = broadcast_shape(&self.shape(), &other.shape());
        let (a, b) = (spread(&self.value(), &shape), spread(&other.value(), &shape));
        let (a_shape, b_shape) = (self.shape(), other.shape());
        let (a_index, b_index) = (self.index(), other.index());
        let z = tensor(IxDyn(&shape), parallel::map2(slice(&a), slice(&b), f));
        self.tape().record(z, &[self, other], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let side = |gradients: &mut Gradients<E>, index, own_shape: &[usize], pick: &dyn Fn((E, E)) -> E| {
                if gradients.wants(index) {
                    let pairs = slice(&a).iter().zip(slice(&b)).zip(slice(&gradient));
                    let values = pairs.map(|((&a, &b), &g)| g * pick(slopes(a, b))).collect();
                    gradients.add(index, gather(tensor(gradient.raw_dim(), values), own_shape));
                }
            };
            side(gradients, a_index, &a_shape, &|(a, _)| a);
            side(gradients, b_index, &b_shape, &|(_, b)| b);
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

fn slice<E: Element>(value: &Tensor<E>) -> &[E] {
    value.as_slice().expect("made contiguous")
}

/// The shape that two shapes broadcast to, by NumPy's rule.
fn broadcast_shape(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let length = |shape: &[usize], axis: usize| {
        let missing = rank - shape.len();
        if axis < missing { 1 } else { shape[axis - missing] }
    };
    (0..rank)
        .map(|axis| match (length(a, axis), length(b, axis)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => panic!("shapes {a:?} and {b:?} do not broadcast"),
        })
        .collect()
}

/// A tensor repeated to a broadcast shape.
fn spread<E: Element>(value: &Tensor<E>, shape: &[usize]) -> Tensor<E> {
    if value.shape() == shape {
        return contiguous(value);
    }
    let spread = value.broadcast(IxDyn(shape)).expect("a broadcast shape");
    spread.as_standard_layout().into_owned().into_shared()
}

/// The reverse of [`spread`]: sums over what was repeated.
fn gather<E: Element>(mut gradient: Tensor<E>, shape: &[usize]) -> Tensor<E> {
    while gradient.ndim() > shape.len() {
        gradient = gradient.sum_axis(Axis(0)).into_shared();
    }
    for (axis, &length) in shape.iter().enumerate() {
        if length == 1 && gradient.shape()[axis] != 1 {
            gradient = gradient.sum_axis(Axis(axis)).insert_axis(Axis(axis)).into_shared();
        }
    }
    gradient
}

impl<E: Element> Add for Var<'_, E> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.binary(other, |a, b| a + b, |_, _| (E::one(), E::one()))
    }
}

impl<E: Element> Sub for Var<'_, E> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.binary(other, |a, b| a - b, |_, _| (E::one(), -E::one()))
    }
}

impl<E: Element> Mul for Var<'_, E> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.binary(other, |a, b| a * b, |a, b| (b, a))
    }
}

impl<E: Element> Div for Var<'_, E> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.binary(other, |a, b| a / b, |a, b| (E::one() / b, -a / (b * b)))
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
        check("sigmoid", &[&[3, 3]], |_, x| x[0].sigmoid());
        check("ln, sqrt", &[&[5]], |_, x| (x[0].square() + 0.5).ln() + (x[0].square() + 1.0).sqrt());
        check("scale and shift", &[&[2, 2]], |_, x| -(3.0 * (x[0] - 1.5)));
        check("nothing at all", &[&[0, 3]], |_, x| x[0].exp());
    }

    #[test]
    fn arithmetic_broadcasts_and_its_gradients_gather() {
        for shapes in [[&[2, 3][..], &[2, 3]], [&[2, 3], &[3]], [&[2, 1], &[1, 4]], [&[1], &[3, 2]], [&[0, 2], &[2]]] {
            check("add", &shapes, |_, x| x[0] + x[1]);
            check("sub", &shapes, |_, x| x[0] - x[1]);
            check("mul", &shapes, |_, x| x[0] * x[1]);
            check("div", &shapes, |_, x| x[0] / (x[1].square() + 1.0));
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
