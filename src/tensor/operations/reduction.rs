//! Sums.

use crate::tensor::{Element, Tensor, Var, contiguous, parallel, tensor};
use ndarray::{Axis, IxDyn};

impl<'t, E: Element> Var<'t, E> {
    /// The sum of all elements, of shape `[]`.
    pub fn sum(self) -> Self {
        let (value, index) = (contiguous(&self.value()), self.index());
        let shape = IxDyn(value.shape());
        let total = parallel::sum(value.as_slice().expect("contiguous"));
        self.tape().record(tensor(IxDyn(&[]), vec![total]), &[self], move |gradient, gradients| {
            let gradient = *gradient.first().expect("one number");
            gradients.add(index, Tensor::from_elem(shape, gradient));
        })
    }

    /// The mean of all elements, of shape `[]`.
    pub fn mean(self) -> Self {
        let count = self.shape().iter().product::<usize>();
        self.sum().scale(1.0 / count as f64)
    }

    /// Sums over the last axis: `[.., n]` → `[..]`.
    ///
    /// # Panics
    /// If the value has no axis.
    pub fn sum_last(self) -> Self {
        let (value, index) = (self.value(), self.index());
        let shape = IxDyn(value.shape());
        let last = Axis(value.ndim().checked_sub(1).expect("an axis to sum over"));
        self.tape().record(value.sum_axis(last).into_shared(), &[self], move |gradient, gradients| {
            let spread = gradient.insert_axis(last).broadcast(shape).expect("the shape summed over").to_owned();
            gradients.add(index, spread.into_shared());
        })
    }
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
    }
}
