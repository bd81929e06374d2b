//! Sums, means and largest elements.

use super::elementwise::around;
use crate::tensor::{Element, Tensor, Var, contiguous, parallel, tensor};
use ndarray::IxDyn;

impl<'t, E: Element> Var<'t, E> {
    /// The sum of all elements, of shape `[]`.
    pub fn sum(self) -> Self {
        let (value, index) = (self.ordered(), self.index());
        let shape = value.raw_dim();
        let total = parallel::sum(value.values());
        self.tape().record(Tensor::filled(IxDyn(&[]), total), &[self], move |gradient, gradients| {
            let gradient = *gradient.first().expect("one number");
            gradients.add(index, Tensor::filled(shape, gradient));
        })
    }

    /// The mean of all elements, of shape `[]`; not a number for none.
    pub fn mean(self) -> Self {
        let count = self.value().len();
        self.sum().scale(1.0 / count as f64)
    }

    /// Sums over the last axis: `[.., n]` → `[..]`.
    ///
    /// # Panics
    /// If the value has no axis.
    pub fn sum_last(self) -> Self {
        self.sum_axis(self.value().ndim().checked_sub(1).expect("an axis to sum over"))
    }

    /// Sums over one axis, which goes.
    ///
    /// # Panics
    /// If there is no such axis.
    pub fn sum_axis(self, axis: usize) -> Self {
        let (value, index) = (self.ordered(), self.index());
        let (outer, length, inner) = around(value.shape(), axis);
        let whole = value.raw_dim();
        let mut lengths = value.shape().to_vec();
        lengths.remove(axis);
        let mut sums = Tensor::filled(IxDyn(&lengths), E::zero());
        if inner == 1 {
            let rows = value.values();
            parallel::each_costly_row(
                length,
                sums.values_mut(),
                1,
                #[inline(always)]
                |row, out| {
                    let row = &rows[row * length..(row + 1) * length];
                    out[0] = parallel::dot_with(row, row, |x, _| x);
                },
            );
        } else if length * inner > 0 {
            let blocks = value.values().chunks_exact(length * inner);
            for (out, block) in sums.values_mut().chunks_exact_mut(inner).zip(blocks) {
                parallel::add_columns(out, block);
            }
        }
        self.tape().record(sums, &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let mut back = Tensor::unset(whole);
            if outer * length * inner > 0 {
                let sums = gradient.values();
                parallel::each_row(back.values_mut(), inner, |row, out| {
                    let from = row / length * inner;
                    out.copy_from_slice(&sums[from..from + inner]);
                });
            }
            gradients.add(index, back);
        })
    }

    /// Means over one axis, which goes; not numbers if it has no length.
    ///
    /// # Panics
    /// If there is no such axis.
    pub fn mean_axis(self, axis: usize) -> Self {
        let length = self.value().shape()[axis];
        self.sum_axis(axis).scale(1.0 / length as f64)
    }

    /// The largest element of the last axis, `[.., n]` → `[..]`; the gradient goes to the first of equals.
    ///
    /// # Panics
    /// If the last axis is missing or empty.
    pub fn max_last(self) -> Self {
        let (value, index) = (self.ordered(), self.index());
        let width = *value.shape().last().expect("an axis to search");
        assert!(width > 0, "a largest element of some");
        let places: Vec<usize> = value.values().chunks_exact(width).map(first_largest).collect();
        let rows = value.values().chunks_exact(width);
        let values = rows.zip(&places).map(|(row, &place)| row[place]).collect();
        let shape = IxDyn(&value.shape()[..value.ndim() - 1]);
        self.tape().record(tensor(shape, values), &[self], move |gradient, gradients| {
            gradients.accumulate(index, |sums| {
                for ((row, &place), &g) in sums.chunks_exact_mut(width).zip(&places).zip(&gradient) {
                    row[place] += g;
                }
            });
        })
    }
}

fn first_largest<E: Element>(row: &[E]) -> usize {
    (1..row.len()).fold(0, |best, place| if row[place] > row[best] { place } else { best })
}

#[cfg(test)]
mod tests {
    use crate::tensor::gradient_check::check;

    #[test]
    fn sums_have_right_gradients() {
        check("sum", &[&[3, 4]], |_, x| x[0].square().sum());
        check("mean", &[&[3, 4]], |_, x| x[0].square().mean());
        check("sum over the last axis", &[&[3, 4]], |_, x| x[0].square().sum_last().square());
        check("of one element", &[&[1]], |_, x| x[0].square().sum());
        for axis in 0..3 {
            check("sum over an axis", &[&[2, 3, 4]], |_, x| x[0].square().sum_axis(axis).square());
            check("mean over an axis", &[&[2, 3, 1]], |_, x| x[0].square().mean_axis(axis).square());
        }
        check("sums of nothing", &[&[0, 3]], |_, x| x[0].sum_axis(0) + x[0].sum_last().sum());
        check("largest", &[&[3, 4]], |_, x| x[0].max_last());
    }
}
