//! The same numbers in other places: reshaping, turning, cutting, joining.

use super::elementwise::{around, broadcast, broadcast_shape, sum_to_shape};
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use ndarray::{Axis, Dimension, IntoDimension, IxDyn, Slice};
use std::ops::Range;

impl<'t, E: Element> Var<'t, E> {
    /// The same values in order in another shape; nothing is copied.
    ///
    /// # Panics
    /// If the shape has another number of places.
    pub fn reshape(self, shape: impl IntoDimension) -> Self {
        let value = self.value();
        let (index, before) = (self.index(), value.raw_dim());
        self.tape().record(value.reshaped(shape), &[self], move |gradient, gradients| {
            gradients.add(index, gradient.reshaped(before));
        })
    }

    /// The axes in another order: axis `i` of the result is axis `axes[i]` of this.
    ///
    /// # Panics
    /// If `axes` does not name each axis once.
    pub fn permute(self, axes: &[usize]) -> Self {
        let value = self.value();
        let index = self.index();
        let mut back = vec![0; axes.len()];
        axes.iter().enumerate().for_each(|(to, &from)| back[from] = to);
        self.tape().record(permuted(&value, axes), &[self], move |gradient, gradients| {
            gradients.add(index, permuted(&gradient, &back));
        })
    }

    /// The last two axes exchanged.
    ///
    /// # Panics
    /// If there are not two.
    pub fn transpose(self) -> Self {
        let mut axes: Vec<usize> = (0..self.value().ndim()).collect();
        assert!(axes.len() >= 2, "two axes to exchange");
        let last = axes.len() - 1;
        axes.swap(last - 1, last);
        self.permute(&axes)
    }

    /// A range along one axis; nothing is copied.
    ///
    /// # Panics
    /// If it reaches beyond the axis.
    pub fn narrow(self, axis: usize, range: Range<usize>) -> Self {
        let value = self.value();
        let (index, whole) = (self.index(), value.raw_dim());
        let mut part = value.clone();
        part.slice_axis_inplace(Axis(axis), Slice::from(range.clone()));
        self.tape().record(part, &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let (_, length, inner) = around(whole.slice(), axis);
            let (row, own) = (length * inner, range.len() * inner);
            gradients.accumulate(index, |sums| {
                let places = sums.chunks_exact_mut(row.max(1)).zip(gradient.values().chunks_exact(own.max(1)));
                for (sums, gradient) in places {
                    let sums = &mut sums[range.start * inner..][..own];
                    sums.iter_mut().zip(gradient).for_each(|(sum, &g)| *sum += g);
                }
            });
        })
    }

    /// One place of an axis, which goes.
    ///
    /// # Panics
    /// If there is no such place.
    pub fn at(self, axis: usize, place: usize) -> Self {
        let mut shape = self.shape();
        shape.remove(axis);
        self.narrow(axis, place..place + 1).reshape(IxDyn(&shape))
    }

    /// Tensors one after another along an axis.
    ///
    /// # Panics
    /// If there are none, or another axis differs.
    pub fn concatenate(parts: &[Self], axis: usize) -> Self {
        let first = parts.first().expect("something to join");
        let mut shape = first.value().raw_dim();
        shape[axis] = parts.iter().map(|part| part.value().shape()[axis]).sum();
        let (_, length, inner) = around(shape.slice(), axis);
        let row = length * inner;
        let mut joined = Tensor::unset(shape.clone());
        let mut start = 0;
        for part in parts {
            let value = part.ordered();
            let mut expected = value.raw_dim();
            expected[axis] = shape[axis];
            assert_eq!(expected, shape, "all axes but the joined one of equal lengths");
            let length = value.shape()[axis] * inner;
            let values = value.values();
            parallel::each_row(joined.values_mut(), row.max(1), |at, out| {
                out[start..start + length].copy_from_slice(&values[at * length..(at + 1) * length]);
            });
            start += length;
        }
        let indices: Vec<(usize, usize)> =
            parts.iter().map(|part| (part.index(), part.value().shape()[axis])).collect();
        first.tape().record(joined, parts, move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let mut start = 0;
            for (index, length) in indices {
                let mut shape = shape.clone();
                shape[axis] = length;
                let length = length * inner;
                if gradients.wants(index) {
                    let mut part = Tensor::unset(shape);
                    let values = gradient.values();
                    parallel::each_row(part.values_mut(), length.max(1), |at, out| {
                        out.copy_from_slice(&values[at * row + start..][..length]);
                    });
                    gradients.add(index, part);
                }
                start += length;
            }
        })
    }

    /// Tensors of one shape side by side on a new axis.
    ///
    /// # Panics
    /// If there are none, or their shapes differ.
    pub fn stack(parts: &[Self], axis: usize) -> Self {
        let spaced: Vec<Self> = parts
            .iter()
            .map(|part| {
                let mut shape = part.shape();
                shape.insert(axis, 1);
                part.reshape(IxDyn(&shape))
            })
            .collect();
        Self::concatenate(&spaced, axis)
    }

    /// Repeated to a larger shape by NumPy's rule.
    ///
    /// # Panics
    /// If it does not broadcast to that shape.
    pub fn broadcast_to(self, shape: impl IntoDimension) -> Self {
        let shape = shape.into_dimension().into_dyn();
        let (value, index) = (self.value(), self.index());
        let lengths = shape.slice();
        assert_eq!(broadcast_shape(value.shape(), lengths), shape, "a shape to repeat to");
        let before = value.raw_dim();
        self.tape().record(broadcast(&value, &shape), &[self], move |gradient, gradients| {
            gradients.add(index, sum_to_shape(contiguous(&gradient), before.slice()));
        })
    }
}

fn permuted<E: Element>(value: &Tensor<E>, axes: &[usize]) -> Tensor<E> {
    let view = value.view().permuted_axes(axes);
    let mut out = Tensor::unset(view.raw_dim());
    out.assign(&view);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;

    #[test]
    fn moves_have_right_gradients() {
        check("reshape", &[&[2, 6]], |_, x| x[0].reshape([3, 4]).square());
        check("permute", &[&[2, 3, 4]], |_, x| x[0].permute(&[2, 0, 1]).square());
        check("transpose", &[&[2, 3, 4]], |_, x| x[0].transpose().square());
        for axis in 0..3 {
            check("narrow", &[&[3, 3, 3]], |_, x| x[0].narrow(axis, 1..3).square());
            check("narrow twice", &[&[3, 3, 3]], |_, x| x[0].narrow(axis, 1..3) * x[0].narrow(axis, 0..2));
            check("at", &[&[3, 3, 3]], |_, x| x[0].at(axis, 1).square());
            check("stack", &[&[2, 3], &[2, 3]], |_, x| Var::stack(&[x[0], x[1].square(), x[0]], axis).square());
        }
        check("concatenate", &[&[2, 1, 3], &[2, 4, 3]], |_, x| Var::concatenate(&[x[0], x[1]], 1).square());
        check("with nothing", &[&[2, 0], &[2, 4]], |_, x| Var::concatenate(&[x[0], x[1]], 1).square());
        check("broadcast", &[&[3, 1]], |_, x| x[0].broadcast_to([2, 3, 4]).square());
        check("nothing", &[&[0, 3]], |_, x| x[0].transpose().narrow(0, 1..2).reshape([0]));
    }

    /// What is cut out of the middle does not lie in order: every family must cope.
    #[test]
    fn operations_take_what_does_not_lie_in_order() {
        use crate::tensor::{Activation, Mask};
        check("elementwise", &[&[3, 5]], |_, x| x[0].narrow(1, 1..4).tanh() * x[0].narrow(1, 2..5));
        check("broadcast", &[&[3, 5], &[3]], |_, x| x[0].narrow(1, 1..4) + x[1]);
        check("sums", &[&[3, 5]], |_, x| x[0].narrow(1, 1..4).sum_axis(0) + x[0].narrow(1, 1..4).sum());
        check("softmax", &[&[3, 5]], |_, x| x[0].narrow(1, 1..4).softmax() + x[0].narrow(1, 1..4).log_softmax());
        check("linear", &[&[3, 5], &[4, 6], &[4]], |_, x| {
            x[0].narrow(1, 1..4).linear(x[1].narrow(1, 2..5), Some(x[2]), Activation::Tanh)
        });
        check("matmul", &[&[3, 5], &[3, 6]], |_, x| x[0].narrow(1, 1..4).matmul(x[1].narrow(1, 1..5)));
        check("layer norm", &[&[3, 5], &[3], &[3]], |_, x| x[0].narrow(1, 1..4).layer_norm(x[1], x[2]));
        check("attention", &[&[2, 3, 12]], |_, x| {
            let part = |at: usize| x[0].narrow(2, at..at + 4);
            part(0).attention(part(4), part(8), 2, Mask::Causal)
        });
        check("embedding", &[&[3, 5]], |_, x| x[0].narrow(1, 1..4).index_select(&[2, 0, 2]));
    }
}
