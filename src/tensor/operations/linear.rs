//! The affine layer, fused: product, bias and activation in one operation.

use super::elementwise::{relu, tanh};
use crate::tensor::product::product;
use crate::tensor::{Element, Tensor, Var, parallel};
use ndarray::{Array1, Array2, ArrayView2, Ix1, Ix2};
use rayon::prelude::*;

/// What follows the affine map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    Identity,
    /// max(x, 0)
    Relu,
    Tanh,
}

impl<'t, E: Element> Var<'t, E> {
    /// activation(x Wᵀ + b): `[batch, in]`, W `[out, in]`, b `[out]` → `[batch, out]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn linear(self, weight: Self, bias: Self, activation: Activation) -> Self {
        let (x, w, b) = (matrix(self.value()), matrix(weight.value()), bias.value());
        let b = b.into_dimensionality::<Ix1>().expect("a bias is a vector");
        let indices = [self.index(), weight.index(), bias.index()];
        let mut y = product(x.view(), w.t());
        each_row(&mut y, |row| {
            let bias = b.as_slice().expect("a bias lies in one piece");
            match activation {
                Activation::Identity => parallel::update_with(row, bias, |y, b| y + b),
                Activation::Relu => parallel::update_with(row, bias, |y, b| relu(y + b)),
                Activation::Tanh => parallel::update_with(row, bias, |y, b| tanh(y + b)),
            }
        });
        let y = y.into_shared();
        self.tape().record(y.clone().into_dyn(), &[self, weight, bias], move |gradient, gradients| {
            let mut before = matrix(gradient).into_owned();
            let slots = (before.as_slice_mut().expect("owned"), y.as_slice().expect("standard layout"));
            match activation {
                Activation::Identity => {}
                Activation::Relu => {
                    parallel::update_with(slots.0, slots.1, |g, y| if y > E::zero() { g } else { E::zero() });
                }
                Activation::Tanh => parallel::update_with(slots.0, slots.1, |g, y| g * (E::one() - y * y)),
            }
            let [x_index, w_index, b_index] = indices;
            if gradients.wants(w_index) {
                gradients.add(w_index, product(before.t(), x.view()).into_shared().into_dyn());
            }
            if gradients.wants(b_index) {
                gradients.add(b_index, column_sums(before.view()).into_shared().into_dyn());
            }
            if gradients.wants(x_index) {
                gradients.add(x_index, product(before.view(), w.view()).into_shared().into_dyn());
            }
        })
    }
}

fn matrix<E: Element>(value: Tensor<E>) -> ndarray::ArcArray<E, Ix2> {
    let shape = value.shape().to_vec();
    let matrix = value.into_dimensionality::<Ix2>().unwrap_or_else(|_| panic!("a matrix, not a tensor of {shape:?}"));
    if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().to_shared() }
}

fn each_row<E: Element>(matrix: &mut Array2<E>, work: impl Fn(&mut [E]) + Sync) {
    let columns = matrix.ncols().max(1);
    let values = matrix.as_slice_mut().expect("owned in standard layout");
    if values.len() < 1 << 14 {
        values.chunks_exact_mut(columns).for_each(work);
    } else {
        let rows = (1_usize << 14).div_ceil(columns);
        values.par_chunks_mut(rows * columns).for_each(|rows| rows.chunks_exact_mut(columns).for_each(&work));
    }
}

/// Sums down each column, row by row.
fn column_sums<E: Element>(matrix: ArrayView2<E>) -> Array1<E> {
    let mut sums = Array1::zeros(matrix.ncols());
    for row in matrix.rows() {
        let (sums, row) = (sums.as_slice_mut().expect("owned"), row.to_slice().expect("standard layout"));
        parallel::vectorised(
            #[inline(always)]
            || sums.iter_mut().zip(row).for_each(|(sum, &x)| *sum += x),
        );
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn linear_has_right_gradients() {
        for shapes in [[&[3, 4][..], &[5, 4], &[5]], [&[1, 1], &[1, 1], &[1]], [&[0, 4], &[5, 4], &[5]]] {
            check("identity", &shapes, |_, x| x[0].linear(x[1], x[2], Activation::Identity));
            check("relu", &shapes, |_, x| x[0].linear(x[1], x[2], Activation::Relu));
            check("tanh", &shapes, |_, x| x[0].linear(x[1], x[2], Activation::Tanh));
        }
    }

    #[test]
    fn linear_is_its_formula() {
        let tape = Tape::without_gradients();
        let x = tape.constant(tensor([1, 2], vec![1.0_f32, 2.0]));
        let w = tape.constant(tensor([2, 2], vec![1.0, 10.0, -1.0, -10.0]));
        let b = tape.constant(tensor([2], vec![0.5, 0.5]));
        assert_eq!(x.linear(w, b, Activation::Relu).value().as_slice().unwrap(), [21.5, 0.0]);
    }
}
