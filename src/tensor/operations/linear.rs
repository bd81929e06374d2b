//! Matrix products, and the affine layer: product, bias and activation in one operation.

use super::elementwise::{relu, sigmoid, tanh};
use crate::tensor::product::{Accum, product, product_then, small_product};
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

/// What follows an affine map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Identity,
    /// max(x, 0)
    Relu,
    /// x where positive, else this slope times x
    LeakyRelu(f64),
    Tanh,
    Sigmoid,
    /// x · sigmoid(x)
    Silu,
    /// the Gaussian error linear unit, tanh formula
    Gelu,
}

impl Activation {
    /// What can be done in the same pass as what precedes it, because its derivative can be computed from the result alone; else
    /// nothing, and the argument is kept.
    pub(super) fn in_the_same_pass(self) -> Self {
        if matches!(self, Activation::Silu | Activation::Gelu) { Activation::Identity } else { self }
    }

    /// `row = activation(row + bias)` for each of some rows, by activations that go [in the same pass](Self::in_the_same_pass).
    pub(super) fn finish<E: Element>(self, rows: &mut [E], bias: &[E]) {
        match self {
            Activation::Relu => each(rows, bias, |y, b| relu(y + b)),
            Activation::LeakyRelu(slope) => {
                let slope = E::of(slope);
                each(rows, bias, move |y, b| if y + b > E::zero() { y + b } else { slope * (y + b) });
            }
            Activation::Tanh => each(rows, bias, |y, b| tanh(y + b)),
            Activation::Sigmoid => each(rows, bias, |y, b| sigmoid(y + b)),
            Activation::Identity | Activation::Silu | Activation::Gelu => each(rows, bias, |y, b| y + b),
        }
    }

    /// The gradient before the activation from the one after it and the result.
    pub(super) fn back<E: Element>(self, gradient: &mut [E], result: &[E]) {
        match self {
            Activation::Relu => {
                parallel::update_with(gradient, result, |g, y| if y > E::zero() { g } else { E::zero() });
            }
            Activation::LeakyRelu(slope) => {
                let slope = E::of(slope);
                parallel::update_with(gradient, result, move |g, y| if y > E::zero() { g } else { slope * g });
            }
            Activation::Tanh => parallel::update_with(gradient, result, |g, y| g * (E::one() - y * y)),
            Activation::Sigmoid => parallel::update_with(gradient, result, |g, y| g * y * (E::one() - y)),
            Activation::Identity | Activation::Silu | Activation::Gelu => {}
        }
    }
}

/// `row[i] = f(row[i], bias[i])` for each row, on the current thread.
fn each<E: Element>(rows: &mut [E], bias: &[E], f: impl Fn(E, E) -> E + Copy) {
    parallel::vectorised(
        #[inline(always)]
        move || {
            let f = f;
            for row in rows.chunks_exact_mut(bias.len().max(1)) {
                for (y, &b) in row.iter_mut().zip(bias) {
                    *y = f(*y, b);
                }
            }
        },
    );
}

impl<'t, E: Element> Var<'t, E> {
    /// The activation alone.
    pub fn activate(self, activation: Activation) -> Self {
        match activation {
            Activation::Identity => self,
            Activation::Relu => self.relu(),
            Activation::LeakyRelu(slope) => self.leaky_relu(slope),
            Activation::Tanh => self.tanh(),
            Activation::Sigmoid => self.sigmoid(),
            Activation::Silu => self.silu(),
            Activation::Gelu => self.gelu(),
        }
    }

    /// activation(x Wᵀ + b): `[.., in]`, W `[out, in]`, b `[out]` → `[.., out]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn linear(self, weight: Self, bias: Option<Self>, activation: Activation) -> Self {
        let (x, w) = (self.ordered(), weight.ordered());
        let [outputs, inputs] = weight.dims("weights [out, in]");
        assert_eq!(x.shape().last(), Some(&inputs), "rows of {inputs} inputs");
        let b = bias.map(Var::ordered);
        let first = activation.in_the_same_pass();
        let finish = |_: usize, column: usize, part: &mut [E]| {
            if let Some(bias) = &b {
                assert_eq!(bias.len(), outputs, "a bias for each output");
                first.finish(part, &bias.values()[column..column + part.len()]);
            } else if first != Activation::Identity {
                const NONE: usize = 64;
                let none = [E::zero(); NONE];
                for part in part.chunks_mut(NONE) {
                    first.finish(part, &none[..part.len()]);
                }
            }
        };
        let mut shape = x.raw_dim();
        shape[x.ndim() - 1] = outputs;
        let y = product_then(x.rows(), w.rows().t(), finish).reshaped(shape);
        let (x, w, y_index) = (self.index(), weight.index(), self.tape().next());
        let all = [self, weight, bias.unwrap_or(weight)];
        let bias = bias.map(Var::index);
        let y = self.tape().record(y, &all, move |gradient, gradients| {
            let mut before = contiguous(&gradient);
            drop(gradient);
            if first != Activation::Identity {
                first.back(before.values_mut(), gradients.value(y_index).values());
            }
            let (inputs, weights) = (gradients.value(x), gradients.value(w));
            gradients.add_product(w, before.rows().t(), inputs.rows());
            if let Some(bias) = bias {
                gradients.accumulate(bias, |sums| parallel::add_columns(sums, before.values()));
            }
            gradients.add_product(x, before.rows(), weights.rows());
        });
        if first == activation { y } else { y.activate(activation) }
    }

    /// Matrix products: `[m, k]` × `[k, n]` → `[m, n]`, or one for each place of equal leading axes,
    /// `[.., m, k]` × `[.., k, n]` → `[.., m, n]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn matmul(self, other: Self) -> Self {
        let (a, b) = (self.ordered(), other.ordered());
        let rank = a.ndim();
        assert!(rank >= 2 && rank == b.ndim(), "matrices, with as many leading axes");
        assert_eq!(a.shape()[..rank - 2], b.shape()[..rank - 2], "equal leading axes");
        let (m, k, n) = (a.shape()[rank - 2], a.shape()[rank - 1], b.shape()[rank - 1]);
        assert_eq!(b.shape()[rank - 2], k, "equal inner lengths");
        let mut shape = a.raw_dim();
        shape[rank - 1] = n;
        let out = if rank == 2 {
            product(a.rows(), b.rows())
        } else {
            let mut out = Tensor::unset(shape.clone());
            each_product(&mut out, [m, k, n], &a, (m, k), &b, (k, n), |a, b| (a, b));
            out
        };
        let (a, b) = (self.index(), other.index());
        self.tape().record(out, &[self, other], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let (x, y) = (gradients.value(a), gradients.value(b));
            if rank == 2 {
                gradients.add_product(a, gradient.rows(), y.rows().reversed_axes());
                gradients.add_product(b, x.rows().reversed_axes(), gradient.rows());
                return;
            }
            if gradients.wants(a) {
                let mut back = Tensor::unset(x.raw_dim());
                each_product(&mut back, [m, n, k], &gradient, (m, n), &y, (k, n), |g, y| (g, y.reversed_axes()));
                gradients.add(a, back);
            }
            if gradients.wants(b) {
                let mut back = Tensor::unset(y.raw_dim());
                each_product(&mut back, [k, m, n], &x, (m, k), &gradient, (m, n), |x, g| (x.reversed_axes(), g));
                gradients.add(b, back);
            }
        })
    }
}

/// One product for each matrix of a stack, the stack spread over the threads.
fn each_product<E: Element>(
    out: &mut Tensor<E>,
    [m, k, n]: [usize; 3],
    a: &Tensor<E>,
    a_shape: (usize, usize),
    b: &Tensor<E>,
    b_shape: (usize, usize),
    turn: impl for<'a> Fn(ArrayView2<'a, E>, ArrayView2<'a, E>) -> (ArrayView2<'a, E>, ArrayView2<'a, E>) + Sync,
) {
    if m * n == 0 || out.is_empty() {
        return;
    }
    if k == 0 {
        return out.values_mut().fill(E::zero());
    }
    let one = |((out, a), b): ((&mut [E], &[E]), &[E])| {
        let a = ArrayView2::from_shape(a_shape, a).expect("a matrix of the stack");
        let b = ArrayView2::from_shape(b_shape, b).expect("a matrix of the stack");
        let (a, b) = turn(a, b);
        let out = ArrayViewMut2::from_shape((m, n), out).expect("a matrix of the stack");
        small_product(out, Accum::Replace, a, b);
    };
    let (a_size, b_size) = (a_shape.0 * a_shape.1, b_shape.0 * b_shape.1);
    let matrices = out.values_mut().par_chunks_exact_mut(m * n);
    matrices.zip(a.values().par_chunks_exact(a_size)).zip(b.values().par_chunks_exact(b_size)).for_each(one);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn linear_has_right_gradients() {
        use Activation::*;
        for shapes in [
            [&[3, 4][..], &[5, 4], &[5]],
            [&[1, 1], &[1, 1], &[1]],
            [&[0, 4], &[5, 4], &[5]],
            [&[2, 3, 4], &[2, 4], &[2]],
        ] {
            for activation in [Identity, Relu, LeakyRelu(0.2), Tanh, Sigmoid, Silu, Gelu] {
                check("linear", &shapes, |_, x| x[0].linear(x[1], Some(x[2]), activation));
                check("without bias", &shapes[..2], |_, x| x[0].linear(x[1], None, activation));
            }
        }
    }

    #[test]
    fn products_have_right_gradients() {
        check("matmul", &[&[3, 4], &[4, 2]], |_, x| x[0].matmul(x[1]));
        check("nothing between", &[&[3, 0], &[0, 2]], |_, x| x[0].matmul(x[1]));
        check("batched", &[&[2, 3, 4], &[2, 4, 5]], |_, x| x[0].matmul(x[1]));
        check("nothing between, batched", &[&[2, 3, 0], &[2, 0, 5]], |_, x| x[0].matmul(x[1]));
        check("two leading axes", &[&[2, 2, 1, 3], &[2, 2, 3, 2]], |_, x| x[0].matmul(x[1]));
        check("one weight twice", &[&[3, 4], &[4, 4]], |_, x| x[0].matmul(x[1]).tanh().matmul(x[1]));
    }

    #[test]
    fn linear_is_its_formula() {
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([1, 2], vec![1.0_f32, 2.0]));
        let w = tape.constant(tensor([2, 2], vec![1.0, 10.0, -1.0, -10.0]));
        let b = tape.constant(tensor([2], vec![0.5, 0.5]));
        assert_eq!(x.linear(w, Some(b), Activation::Relu).value().as_slice().unwrap(), [21.5, 0.0]);
    }
}
