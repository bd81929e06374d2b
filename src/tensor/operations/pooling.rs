//! Making pictures `[batch, height, width, channels]` smaller and larger.

use crate::tensor::{Element, Tensor, Var, contiguous, parallel};

impl<'t, E: Element> Var<'t, E> {
    /// The largest of each `size` × `size` square; what is left at the right and lower edge is dropped. The gradient goes
    /// to the first of equals.
    ///
    /// # Panics
    /// If this is no picture or `size` is 0.
    pub fn max_pool(self, size: usize) -> Self {
        let [n, h, w, c] = self.dims("pictures [n, h, w, c]");
        assert!(size > 0, "squares of some size");
        let (x, out_h, out_w) = (self.ordered(), h / size, w / size);
        let mut y = Tensor::unset([n, out_h, out_w, c]);
        let values = x.values();
        parallel::each_row(
            y.values_mut(),
            (out_w * c).max(1),
            #[inline(always)]
            |row, out| {
                let first = (row / out_h * h + row % out_h * size) * w * c;
                for (square, out) in out.chunks_exact_mut(c).enumerate() {
                    let start = first + square * size * c;
                    out.copy_from_slice(&values[start..start + c]);
                    for place in 1..size * size {
                        let from = start + (place / size * w + place % size) * c;
                        let places = out.iter_mut().zip(&values[from..from + c]);
                        for (y, &x) in places {
                            *y = if x > *y { x } else { *y };
                        }
                    }
                }
            },
        );
        let (x, y_index) = (self.index(), self.tape().next());
        self.tape().record(y, &[self], move |gradient, gradients| {
            let mut grads = contiguous(&gradient);
            drop(gradient);
            let (pictures, results) = (gradients.value(x), gradients.value(y_index));
            let (values, largest) = (pictures.values(), results.values());
            let mut back = Tensor::filled(pictures.raw_dim(), E::zero());
            // The first among the largest takes the whole gradient.
            parallel::each_row2(
                h * w * c,
                (back.values_mut(), h * w * c),
                (grads.values_mut(), out_h * out_w * c),
                #[inline(always)]
                |picture, back, grads| {
                    let values = &values[picture * h * w * c..(picture + 1) * h * w * c];
                    let largest = &largest[picture * grads.len()..];
                    for (square, (grads, largest)) in grads.chunks_exact_mut(c).zip(largest.chunks_exact(c)).enumerate()
                    {
                        let start = (square / out_w * size * w + square % out_w * size) * c;
                        for place in 0..size * size {
                            let from = start + (place / size * w + place % size) * c;
                            let places = back[from..from + c].iter_mut().zip(&values[from..from + c]);
                            for (((back, &x), grad), &largest) in places.zip(grads.iter_mut()).zip(largest) {
                                let found = x == largest;
                                *back = if found { *grad } else { E::zero() };
                                *grad = if found { E::zero() } else { *grad };
                            }
                        }
                    }
                },
            );
            gradients.add(x, back);
        })
    }

    /// The mean of each `size` × `size` square; what is left at the right and lower edge is dropped.
    ///
    /// # Panics
    /// If this is no picture or `size` is 0.
    pub fn average_pool(self, size: usize) -> Self {
        let [n, h, w, c] = self.dims("pictures [n, h, w, c]");
        assert!(size > 0, "squares of some size");
        let (x, out_h, out_w) = (self.ordered(), h / size, w / size);
        let share = E::of(1.0 / (size * size) as f64);
        let mut y = Tensor::unset([n, out_h, out_w, c]);
        let values = x.values();
        parallel::each_row(
            y.values_mut(),
            c.max(1),
            #[inline(always)]
            |place, out| {
                let (picture, row, column) = (place / (out_h * out_w), place / out_w % out_h, place % out_w);
                let start = ((picture * h + row * size) * w + column * size) * c;
                out.fill(E::zero());
                for place in 0..size * size {
                    let from = start + (place / size * w + place % size) * c;
                    for (y, &x) in out.iter_mut().zip(&values[from..from + c]) {
                        *y += share * x;
                    }
                }
            },
        );
        let (x, shape) = (self.index(), [n, h, w, c]);
        self.tape().record(y, &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let grads = gradient.values();
            let mut back = Tensor::unset(shape);
            parallel::each_row(
                back.values_mut(),
                c.max(1),
                #[inline(always)]
                |place, out| {
                    let (picture, row, column) = (place / (h * w), place / w % h / size, place % w / size);
                    if row >= out_h || column >= out_w {
                        return out.fill(E::zero());
                    }
                    let from = ((picture * out_h + row) * out_w + column) * c;
                    for (x, &g) in out.iter_mut().zip(&grads[from..from + c]) {
                        *x = share * g;
                    }
                },
            );
            gradients.add(x, back);
        })
    }

    /// Each place becomes a `factor` × `factor` square of its value (nearest neighbour).
    ///
    /// # Panics
    /// If this is no picture.
    pub fn upsample(self, factor: usize) -> Self {
        let [n, h, w, c] = self.dims("pictures [n, h, w, c]");
        let x = self.ordered();
        let mut y = Tensor::unset([n, h * factor, w * factor, c]);
        let values = x.values();
        parallel::each_row(y.values_mut(), (w * factor * c).max(1), |row, out| {
            let from = row / factor * w * c;
            for (out, x) in out.chunks_exact_mut(factor * c).zip(values[from..from + w * c].chunks_exact(c)) {
                for out in out.chunks_exact_mut(c) {
                    out.copy_from_slice(x);
                }
            }
        });
        let (x, shape) = (self.index(), [n, h, w, c]);
        self.tape().record(y, &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let grads = gradient.values();
            let mut back = Tensor::unset(shape);
            parallel::each_row(
                back.values_mut(),
                c.max(1),
                #[inline(always)]
                |place, out| {
                    let (row, column) = (place / w, place % w);
                    out.fill(E::zero());
                    for square in 0..factor * factor {
                        let y = row * factor + square / factor;
                        let from = (y * w * factor + column * factor + square % factor) * c;
                        for (x, &g) in out.iter_mut().zip(&grads[from..from + c]) {
                            *x += g;
                        }
                    }
                },
            );
            gradients.add(x, back);
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn pooling_has_right_gradients() {
        for shape in [&[2, 4, 6, 3][..], &[1, 5, 5, 2], &[1, 1, 1, 1], &[0, 4, 4, 2]] {
            check("largest", &[shape], |_, x| x[0].max_pool(2));
            check("mean", &[shape], |_, x| x[0].average_pool(2));
            check("upsample", &[shape], |_, x| x[0].upsample(2));
        }
        check("squares of three", &[&[1, 7, 6, 2]], |_, x| x[0].max_pool(3) + x[0].average_pool(3));
    }

    #[test]
    fn the_first_of_equals_has_the_gradient() {
        let tape = Tape::new();
        let x = tape.leaf(tensor([1, 2, 2, 1], vec![0.0_f64, 1.0, 1.0, 1.0]));
        let gradients = x.max_pool(2).sum().backward();
        assert_eq!(gradients.of(x).unwrap().as_slice().unwrap(), [0.0, 1.0, 0.0, 0.0]);
    }
}
