//! Convolutions in two dimensions, and their transposes.
//!
//! Pictures are `[batch, height, width, channels]`: the channels of a place lie together, so that a window is a few runs
//! of numbers, and a convolution the product of windows `[places, kernel height · kernel width · channels]` with weights
//! `[outputs, …]`. The windows are laid out a few rows of places at a time, never as a whole; where a run is long enough
//! to be multiplied as it lies, they are not laid out at all.

mod geometry;

use super::linear::Activation;
use crate::tensor::product::product;
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use geometry::{Geometry, transposed};

/// How a window moves over a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Places from one window to the next.
    pub stride: usize,
    /// Zeros around the picture.
    pub padding: usize,
    /// Places from one element of a window to the next.
    pub dilation: usize,
    /// Whether windows of stride and dilation 1 are multiplied where they lie, which is faster on boards of few places.
    pub direct: bool,
}

impl Window {
    /// Windows at every place, with zeros around.
    pub const fn padded(padding: usize) -> Self {
        Window { stride: 1, padding, dilation: 1, direct: false }
    }

    /// The same with another stride.
    pub const fn stride(self, stride: usize) -> Self {
        Window { stride, ..self }
    }

    /// The same for boards of few places.
    pub const fn direct(self) -> Self {
        Window { direct: true, ..self }
    }

    /// The same with another dilation.
    pub const fn dilation(self, dilation: usize) -> Self {
        Window { dilation, ..self }
    }
}

impl<'t, E: Element> Var<'t, E> {
    /// activation(x ∗ W + b), as networks mean it, without turning the kernel: x `[n, h, w, c]`, W `[o, kh, kw, c]`, b `[o]`
    /// → `[n, h', w', o]` with h' = ⌊(h + 2 padding − dilation (kh − 1) − 1) / stride⌋ + 1.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn convolution(self, weight: Self, bias: Self, window: Window, activation: Activation) -> Self {
        let shape = self.dims("pictures [n, h, w, c]");
        let [outputs, kh, kw, channels] = weight.dims("weights [o, kh, kw, c]");
        assert_eq!(shape[3], channels, "pictures of {channels} channels");
        let [biases] = bias.dims("a bias [o]");
        assert_eq!(biases, outputs, "a bias for each output");
        let g = Geometry::new(shape, kh, kw, window);
        let (x, w, b) = (self.ordered(), weight.ordered(), bias.ordered());
        let matrix = w.reshaped([outputs, g.size()]);
        let mut y = Tensor::unset([g.n, g.out_h, g.out_w, outputs]);
        let first = activation.in_the_same_pass();
        if g.is_pointwise() {
            y = product(x.rows(), matrix.rows().t()).reshaped(y.raw_dim());
            parallel::each_rows(y.values_mut(), outputs.max(1), |rows| first.finish(rows, b.values()));
        } else {
            g.convolve(&x, &transposed(&matrix, outputs), y.values_mut(), |rows| first.finish(rows, b.values()));
        }
        let (x, w, b, y_index) = (self.index(), weight.index(), bias.index(), self.tape().next());
        let y = self.tape().record(y, &[self, weight, bias], move |gradient, gradients| {
            let mut gradient = contiguous(&gradient);
            if first != Activation::Identity {
                first.back(gradient.values_mut(), gradients.value(y_index).values());
            }
            gradients.accumulate(b, |sums| parallel::add_columns(sums, gradient.values()));
            let (inputs, weights) = (gradients.value(x), gradients.value(w));
            if g.is_pointwise() {
                gradients.add_product(w, gradient.rows().t(), inputs.rows());
                gradients.add_product(x, gradient.rows(), weights.reshaped([outputs, g.size()]).rows());
                return;
            }
            gradients.accumulate(w, |sums| g.add_weight_gradient(&inputs, &gradient, outputs, sums));
            if gradients.wants(x) {
                gradients.add(x, g.input_gradient(&gradient, &weights, outputs));
            }
        });
        if first == activation { y } else { y.activate(activation) }
    }

    /// The transpose of a convolution, which enlarges: x `[n, h, w, c]`, W `[c, kh, kw, o]`, b `[o]` → `[n, h', w', o]` with
    /// h' = (h − 1) stride − 2 padding + dilation (kh − 1) + 1 + `extra`.
    ///
    /// # Panics
    /// If the shapes do not fit, or `extra` is not below the stride.
    pub fn transposed_convolution(self, weight: Self, bias: Self, window: Window, extra: usize) -> Self {
        let [n, h, w, c] = self.dims("pictures [n, h, w, c]");
        let [channels, kh, kw, outputs] = weight.dims("weights [c, kh, kw, o]");
        assert_eq!(c, channels, "pictures of {channels} channels");
        assert!(extra < window.stride, "extra rows below the stride");
        let enlarged = |length: usize, kernel: usize| {
            let whole = (length - 1) * window.stride + window.dilation * (kernel - 1) + 1 + extra;
            whole.checked_sub(2 * window.padding).expect("less padding than there is picture")
        };
        let g = Geometry::new([n, enlarged(h, kh), enlarged(w, kw), outputs], kh, kw, window);
        assert_eq!((g.out_h, g.out_w), (h, w), "a transpose of these lengths");
        let (x, weights, b) = (self.ordered(), weight.ordered(), bias.ordered());
        assert_eq!(b.shape(), [outputs], "a bias for each output");
        let mut y = g.input_gradient(&x, &weights, c);
        parallel::each_rows(y.values_mut(), outputs.max(1), |rows| Activation::Identity.finish(rows, b.values()));
        let (x, weights, b) = (self.index(), weight.index(), bias.index());
        self.tape().record(y, &[self, weight, bias], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            gradients.accumulate(b, |sums| parallel::add_columns(sums, gradient.values()));
            let (inputs, w) = (gradients.value(x), gradients.value(weights));
            gradients.accumulate(weights, |sums| g.add_weight_gradient(&gradient, &inputs, c, sums));
            if gradients.wants(x) {
                let mut back = Tensor::unset(inputs.raw_dim());
                g.convolve(&gradient, &transposed(&w, c), back.values_mut(), |_| {});
                gradients.add(x, back);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};
    use proptest::prelude::*;

    const IDENTITY: Activation = Activation::Identity;

    #[test]
    fn convolutions_have_right_gradients() {
        let shapes: [&[usize]; 3] = [&[2, 5, 4, 3], &[2, 3, 3, 3], &[2]];
        for window in [
            Window::padded(0),
            Window::padded(1),
            Window::padded(1).stride(2),
            Window::padded(2).dilation(2),
            Window::padded(3),
            Window::padded(1).direct(),
        ] {
            check("convolution", &shapes, |_, x| x[0].convolution(x[1], x[2], window, IDENTITY));
        }
        let relu = Activation::LeakyRelu(0.1);
        check("with an activation", &shapes, |_, x| x[0].convolution(x[1], x[2], Window::padded(1), relu));
        check("and another", &shapes, |_, x| x[0].convolution(x[1], x[2], Window::padded(1), Activation::Silu));
        let long: [&[usize]; 3] = [&[1, 3, 12, 24], &[2, 3, 2, 24], &[2]];
        check("long runs", &long, |_, x| x[0].convolution(x[1], x[2], Window::padded(1), IDENTITY));
        let pointwise: [&[usize]; 3] = [&[2, 2, 3, 3], &[4, 1, 1, 3], &[4]];
        check("pointwise", &pointwise, |_, x| x[0].convolution(x[1], x[2], Window::padded(0), IDENTITY));
        let one: [&[usize]; 3] = [&[1, 1, 1, 1], &[1, 1, 1, 1], &[1]];
        check("of one element", &one, |_, x| x[0].convolution(x[1], x[2], Window::padded(0), IDENTITY));
        let none: [&[usize]; 3] = [&[0, 5, 4, 3], &[2, 3, 3, 3], &[2]];
        check("of nothing", &none, |_, x| x[0].convolution(x[1], x[2], Window::padded(1), IDENTITY));
    }

    #[test]
    fn transposed_convolutions_have_right_gradients() {
        let shapes: [&[usize]; 3] = [&[2, 3, 2, 3], &[3, 3, 3, 2], &[2]];
        for (window, extra) in [
            (Window::padded(0), 0),
            (Window::padded(1), 0),
            (Window::padded(1).stride(2), 1),
            (Window::padded(0).stride(3), 2),
        ] {
            check("transposed", &shapes, |_, x| x[0].transposed_convolution(x[1], x[2], window, extra));
        }
    }

    proptest! {
        /// In vector registers, of every number of places and outputs, forward and back.
        #[test]
        fn windows_where_they_lie_are_those_laid_out(
            (h, w, c, o) in (1_usize..5, 1_usize..17, 1_usize..20, 1_usize..70),
            size in prop_oneof![Just(1_usize), Just(3)],
        ) {
            let numbers = |count: usize, seed: usize| (0..count).map(|i| ((i * 37 + seed) % 19) as f32 / 9.0 - 1.0).collect::<Vec<_>>();
            let (x, k, b) = (numbers(2 * h * w * c, 1), numbers(o * size * size * c, 5), numbers(o, 3));
            let found = [Window::padded(1), Window::padded(1).direct()].map(|window| {
                let tape = Tape::new();
                let leaf = |shape: &[usize], values: &[f32]| tape.leaf(tensor(ndarray::IxDyn(shape), values.to_vec()));
                let (x, k, b) = (leaf(&[2, h, w, c], &x), leaf(&[o, size, size, c], &k), leaf(&[o], &b));
                let y = x.convolution(k, b, window, IDENTITY);
                let value = y.ordered();
                let gradients = y.square().sum().backward();
                [value, gradients.of(x).unwrap().clone(), gradients.of(k).unwrap().clone()]
            });
            for (laid_out, direct) in found[0].iter().zip(&found[1]) {
                let most = laid_out.iter().fold(1.0_f32, |most, x| most.max(x.abs()));
                prop_assert!(laid_out.iter().zip(direct).all(|(a, b)| (a - b).abs() <= 1e-4 * most));
            }
        }

        /// The definition, a sum over the window, at every place.
        #[test]
        fn a_convolution_is_its_sum(
            (h, w, c, o) in (3_usize..8, 3_usize..8, 1_usize..20, 1_usize..4),
            (kh, kw) in (1_usize..4, 1_usize..4),
            (stride, padding, dilation) in (1_usize..4, 0_usize..3, 1_usize..3),
            direct in any::<bool>(),
        ) {
            let window = Window { stride, padding, dilation, direct };
            prop_assume!(h + 2 * padding > dilation * (kh - 1) && w + 2 * padding > dilation * (kw - 1));
            let numbers = |count: usize, seed: usize| (0..count).map(|i| ((i * 37 + seed) % 19) as f64 - 9.0).collect::<Vec<_>>();
            let (x, k, b) = (numbers(2 * h * w * c, 1), numbers(o * kh * kw * c, 5), numbers(o, 3));
            let tape = Tape::without_gradients();
            let leaf = |shape: &[usize], values: &[f64]| tape.constant(tensor(ndarray::IxDyn(shape), values.to_vec()));
            let y = leaf(&[2, h, w, c], &x)
                .convolution(leaf(&[o, kh, kw, c], &k), leaf(&[o], &b), window, IDENTITY)
                .value();
            for ((place, &found), _) in y.indexed_iter().zip(0..) {
                let mut sum = b[place[3]];
                for (i, j, ch) in (0..kh).flat_map(|i| (0..kw).flat_map(move |j| (0..c).map(move |ch| (i, j, ch)))) {
                    let (row, column) = (place[1] * stride + i * dilation, place[2] * stride + j * dilation);
                    if (padding..padding + h).contains(&row) && (padding..padding + w).contains(&column) {
                        let at = ((place[0] * h + row - padding) * w + column - padding) * c + ch;
                        sum += x[at] * k[((place[3] * kh + i) * kw + j) * c + ch];
                    }
                }
                prop_assert_eq!(found, sum);
            }
        }
    }
}
