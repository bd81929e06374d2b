//! The lengths of a convolution, and its products.

use super::Window;
use crate::tensor::direct::Row;
use crate::tensor::product::{Accum, small_product};
use crate::tensor::{Element, Tensor, parallel};
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};
use rayon::prelude::*;
use std::ops::Range;

/// With so many channels, the gradient of the pictures is a convolution; with fewer, whose products would leave vector
/// registers half empty, windows are put together.
const WIDE: usize = 16;

/// Elements of windows laid out at a time: a quarter of a core's second cache in `f32`.
const LAID_OUT: usize = 1 << 16;
/// Parts of the batch whose weight gradients are summed apart and then together.
const PARTS: usize = 8;
/// A row of so many kernel widths wastes little on runs that are no windows.
const FEW_IN_VAIN: usize = 6;
/// Multiplications of a piece of work where windows are multiplied as they lie.
const DIRECT_PIECE: usize = 1 << 21;
/// A run of numbers at least so long is multiplied as it lies.
const LONG_RUN: usize = 48;

/// The lengths of a convolution from `[n, h, w, c]` by windows `[kh, kw]` to `[n, out_h, out_w, ..]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    pub(super) n: usize,
    h: usize,
    w: usize,
    c: usize,
    kh: usize,
    kw: usize,
    pub(super) out_h: usize,
    pub(super) out_w: usize,
    window: Window,
}

impl Geometry {
    pub(super) fn new([n, h, w, c]: [usize; 4], kh: usize, kw: usize, window: Window) -> Self {
        let out = |length: usize, kernel: usize| {
            let covered = window.dilation * (kernel - 1) + 1;
            let padded = length + 2 * window.padding;
            assert!(padded >= covered, "a window of {covered} does not fit into {padded}");
            (padded - covered) / window.stride + 1
        };
        assert!(kh > 0 && kw > 0 && window.stride > 0 && window.dilation > 0, "windows of some size, moving on");
        Geometry { n, h, w, c, kh, kw, out_h: out(h, kh), out_w: out(w, kw), window }
    }

    /// Numbers in a window.
    pub(super) fn size(&self) -> usize {
        self.kh * self.kw * self.c
    }

    fn padded_height(&self) -> usize {
        self.h + 2 * self.window.padding
    }

    fn padded_width(&self) -> usize {
        self.w + 2 * self.window.padding
    }

    /// Rows of places, over all pictures.
    fn rows(&self) -> usize {
        self.n * self.out_h
    }

    /// Where the first window of a row of places begins in the padded pictures.
    fn start(&self, row: usize) -> usize {
        let (picture, y) = (row / self.out_h, row % self.out_h);
        (picture * self.padded_height() + y * self.window.stride) * self.padded_width() * self.c
    }

    /// Elements from one line of a window to the next.
    fn line(&self) -> usize {
        self.window.dilation * self.padded_width() * self.c
    }

    /// Whether each place is its own window.
    pub(super) fn is_pointwise(&self) -> bool {
        self.kh == 1 && self.kw == 1 && self.window.stride == 1 && self.window.padding == 0
    }

    /// Rows of places whose windows are laid out together.
    fn rows_at_a_time(&self) -> usize {
        (LAID_OUT / (self.size() * self.out_w).max(1)).max(1)
    }

    /// The pictures with zeros around them, `[n, h + 2p, w + 2p, c]`.
    fn pad<E: Element>(&self, x: &Tensor<E>) -> Tensor<E> {
        let p = self.window.padding;
        if p == 0 {
            return x.clone();
        }
        let mut out = Tensor::unset([self.n, self.padded_height(), self.padded_width(), self.c]);
        let (height, line) = (self.padded_height(), self.padded_width() * self.c);
        let (values, width) = (x.values(), self.w * self.c);
        parallel::each_row(out.values_mut(), line.max(1), |row, out| {
            let (picture, y) = (row / height, row % height);
            if y < p || y >= p + self.h {
                return out.fill(E::zero());
            }
            let from = (picture * self.h + y - p) * width;
            out[..p * self.c].fill(E::zero());
            out[p * self.c..p * self.c + width].copy_from_slice(&values[from..from + width]);
            out[p * self.c + width..].fill(E::zero());
        });
        out
    }

    /// The windows of some rows of places: `[rows · out_w, kh · kw · c]`.
    fn lay_out<E: Element>(&self, padded: &[E], rows: Range<usize>, out: &mut [E]) {
        let (run, pieces) = self.runs();
        let (line, step) = (self.line(), self.window.dilation * self.c);
        for (row, out) in rows.zip(out.chunks_exact_mut(self.out_w * self.size())) {
            let mut start = self.start(row);
            for out in out.chunks_exact_mut(self.size()) {
                let mut from = start;
                for out in out.chunks_exact_mut(run * pieces) {
                    for (piece, out) in out.chunks_exact_mut(run).enumerate() {
                        copy_run(out, &padded[from + piece * step..][..run]);
                    }
                    from += line;
                }
                start += self.window.stride * self.c;
            }
        }
    }

    /// The reverse of [`lay_out`](Self::lay_out) for one picture: adds each window to where it lies.
    fn fold<E: Element>(&self, windows: &[E], padded: &mut [E]) {
        let (run, pieces) = self.runs();
        let (line, step) = (self.line(), self.window.dilation * self.c);
        parallel::vectorised(
            #[inline(always)]
            || {
                for (row, windows) in windows.chunks_exact(self.out_w * self.size()).enumerate() {
                    let mut start = self.start(row);
                    for window in windows.chunks_exact(self.size()) {
                        let mut to = start;
                        for values in window.chunks_exact(run * pieces) {
                            for (piece, values) in values.chunks_exact(run).enumerate() {
                                let sums = &mut padded[to + piece * step..][..run];
                                for (sum, &x) in sums.iter_mut().zip(values) {
                                    *sum += x;
                                }
                            }
                            to += line;
                        }
                        start += self.window.stride * self.c;
                    }
                }
            },
        );
    }

    /// How long the runs of a window are that lie in one piece, and how many make up one of its lines.
    fn runs(&self) -> (usize, usize) {
        if self.window.dilation == 1 { (self.kw * self.c, 1) } else { (self.c, self.kw) }
    }

    /// windows · weights with weights `[kh · kw · c, o]`: `[n · out_h · out_w, o]`; `finish` sees some rows of `o` numbers
    /// at a time while they are in the cache.
    pub(super) fn convolve<E: Element>(
        &self,
        x: &Tensor<E>,
        weights: &Tensor<E>,
        out: &mut [E],
        finish: impl Fn(&mut [E]) + Sync,
    ) {
        let weights = weights.rows();
        let outputs = weights.ncols();
        if out.is_empty() {
            return;
        }
        let padded = self.pad(x);
        let padded = padded.values();
        if self.window.direct && self.window.stride == 1 && self.window.dilation == 1 {
            return self.convolve_directly(padded, weights.as_slice().expect("weights in order"), out, finish);
        }
        let at_a_time = self.rows_at_a_time();
        let run = self.kw * self.c;
        let as_it_lies = self.window.dilation == 1 && run >= LONG_RUN;
        let block = |(index, out): (usize, &mut [E])| {
            let first = index * at_a_time;
            let rows = first..first + out.len() / (self.out_w * outputs);
            if as_it_lies {
                let lines = out.chunks_exact_mut(self.out_w * outputs);
                for (row, out) in rows.zip(lines) {
                    let mut out = ArrayViewMut2::from_shape((self.out_w, outputs), out).expect("a row of places");
                    for line in 0..self.kh {
                        let from = self.start(row) + line * self.line();
                        let length = (self.out_w - 1) * self.window.stride * self.c + run;
                        let shape = (self.out_w, run).strides((self.window.stride * self.c, 1));
                        let runs = ArrayView2::from_shape(shape, &padded[from..from + length]).expect("runs");
                        let weights = weights.slice(ndarray::s![line * run..(line + 1) * run, ..]);
                        let accumulate = if line == 0 { Accum::Replace } else { Accum::Add };
                        small_product(out.view_mut(), accumulate, runs, weights);
                    }
                }
            } else {
                let places = rows.len() * self.out_w;
                let mut windows = E::pool().take(places * self.size());
                self.lay_out(padded, rows, &mut windows);
                let view = ArrayView2::from_shape((places, self.size()), &windows).expect("windows");
                let out = ArrayViewMut2::from_shape((places, outputs), &mut *out).expect("places");
                small_product(out, Accum::Replace, view, weights);
                E::pool().give(windows);
            }
            finish(out);
        };
        out.par_chunks_mut(at_a_time * self.out_w * outputs).enumerate().for_each(block);
    }

    /// [`convolve`](Self::convolve) without a matrix product: for rows of few places.
    fn convolve_directly<E: Element>(
        &self,
        padded: &[E],
        weights: &[E],
        out: &mut [E],
        finish: impl Fn(&mut [E]) + Sync,
    ) {
        let outputs = weights.len() / self.size();
        let row = self.out_w * outputs;
        let rows_at_a_time = (DIRECT_PIECE / (self.out_w * self.size() * outputs)).max(1);
        out.par_chunks_mut(rows_at_a_time * row).enumerate().for_each(|(piece, out)| {
            for (index, out) in out.chunks_exact_mut(row).enumerate() {
                E::multiply_windows(Row {
                    x: &padded[self.start(piece * rows_at_a_time + index)..],
                    step: self.c,
                    line: self.line(),
                    run: self.kw * self.c,
                    weights,
                    outputs,
                    out: &mut *out,
                });
                finish(out);
            }
        });
    }

    /// Adds the gradient of the weights, `[o, kh · kw · c]`, to `sums`.
    pub(super) fn add_weight_gradient<E: Element>(
        &self,
        x: &Tensor<E>,
        gradient: &Tensor<E>,
        outputs: usize,
        sums: &mut [E],
    ) {
        if gradient.is_empty() {
            return;
        }
        let padded = self.pad(x);
        let padded = padded.values();
        let size = self.size();
        let run = self.kw * self.c;
        if self.window.stride == 1
            && self.window.dilation == 1
            && run >= LONG_RUN
            && self.out_w >= FEW_IN_VAIN * self.kw
        {
            let pictures_a_part = self.n.div_ceil(PARTS);
            return parallel::add_in_parts(sums, self.n, pictures_a_part, |pictures, sums| {
                self.add_weight_gradient_as_it_lies(padded, gradient.values(), outputs, pictures, sums);
            });
        }
        let at_a_time = self.rows_at_a_time();
        let blocks = self.rows().div_ceil(at_a_time);
        let rows_a_part = blocks.div_ceil(PARTS) * at_a_time;
        parallel::add_in_parts(sums, self.rows(), rows_a_part, |rows, sums| {
            let mut sums = ArrayViewMut2::from_shape((outputs, size), sums).expect("weights");
            let end = rows.end;
            for first in rows.step_by(at_a_time) {
                let rows = first..(first + at_a_time).min(end);
                let places = rows.len() * self.out_w;
                let grads = &gradient.values()[first * self.out_w * outputs..][..places * outputs];
                let mut windows = E::pool().take(places * size);
                self.lay_out(padded, rows, &mut windows);
                let view = ArrayView2::from_shape((places, size), &windows).expect("windows");
                let grads = ArrayView2::from_shape((places, outputs), grads).expect("places");
                small_product(sums.view_mut(), Accum::Add, grads.t(), view);
                E::pool().give(windows);
            }
        });
    }

    /// The gradient of the weights from runs as they lie. Between the last window of a row of places and the first of the
    /// next there are kw − 1 runs that are no windows; their gradients are zero.
    fn add_weight_gradient_as_it_lies<E: Element>(
        &self,
        padded: &[E],
        gradient: &[E],
        outputs: usize,
        pictures: Range<usize>,
        sums: &mut [E],
    ) {
        let (run, width) = (self.kw * self.c, self.padded_width());
        let places = self.out_h * width - (self.kw - 1);
        let mut wide = E::pool().filled(self.out_h * width * outputs, E::zero());
        let mut sums = ArrayViewMut2::from_shape((outputs, self.size()), sums).expect("weights");
        for picture in pictures {
            let rows = gradient[picture * self.out_h * self.out_w * outputs..].chunks_exact(self.out_w * outputs);
            for (wide, row) in wide.chunks_exact_mut(width * outputs).zip(rows) {
                wide[..row.len()].copy_from_slice(row);
            }
            let grads = ArrayView2::from_shape((places, outputs), &wide[..places * outputs]).expect("places");
            for line in 0..self.kh {
                let from = self.start(picture * self.out_h) + line * self.line();
                let runs = &padded[from..from + (places - 1) * self.c + run];
                let runs = ArrayView2::from_shape((places, run).strides((self.c, 1)), runs).expect("runs");
                let sums = sums.slice_mut(ndarray::s![.., line * run..(line + 1) * run]);
                small_product(sums, Accum::Add, grads.t(), runs);
            }
        }
        E::pool().give(wide);
    }

    /// The gradient of the pictures: each place of `[n · out_h · out_w, o]` spread over its window. This is what a
    /// transposed convolution computes.
    pub(super) fn input_gradient<E: Element>(
        &self,
        gradient: &Tensor<E>,
        weights: &Tensor<E>,
        outputs: usize,
    ) -> Tensor<E> {
        let shape = [self.n, self.h, self.w, self.c];
        let window = self.window;
        let reach = (window.dilation * (self.kh - 1), window.dilation * (self.kw - 1));
        if window.stride == 1 && reach.0 == reach.1 && reach.0 >= window.padding && self.c >= WIDE {
            // The same as a convolution with the kernel turned by half a turn.
            let turned = self.turned(weights, outputs);
            let back = Window { padding: reach.0 - window.padding, ..window };
            let back = Geometry::new([self.n, self.out_h, self.out_w, outputs], self.kh, self.kw, back);
            let mut out = Tensor::unset(shape);
            back.convolve(gradient, &turned, out.values_mut(), |_| {});
            return out;
        }
        let (height, width) = (self.padded_height(), self.padded_width());
        let places = self.out_h * self.out_w;
        let mut out = Tensor::unset(shape);
        let weights = weights.clone().reshaped([outputs, self.size()]);
        let picture = |(index, out): (usize, &mut [E])| {
            let grads = &gradient.values()[index * places * outputs..][..places * outputs];
            let grads = ArrayView2::from_shape((places, outputs), grads).expect("places");
            let mut windows = Tensor::unset([places, self.size()]);
            let shape = (places, self.size());
            let view = ArrayViewMut2::from_shape(shape, windows.values_mut()).expect("windows");
            small_product(view, Accum::Replace, grads, weights.rows());
            let mut padded = E::pool().filled(height * width * self.c, E::zero());
            self.fold(windows.values(), &mut padded);
            for (y, out) in out.chunks_exact_mut(self.w * self.c).enumerate() {
                let from = ((y + window.padding) * width + window.padding) * self.c;
                out.copy_from_slice(&padded[from..from + self.w * self.c]);
            }
            E::pool().give(padded);
        };
        let one = self.h * self.w * self.c;
        if one > 0 {
            out.values_mut().par_chunks_exact_mut(one).enumerate().for_each(picture);
        }
        out
    }

    /// Weights `[o, kh, kw, c]` turned by half a turn, `[kh · kw · o, c]`.
    fn turned<E: Element>(&self, weights: &Tensor<E>, outputs: usize) -> Tensor<E> {
        let places = self.kh * self.kw;
        let mut turned = Tensor::unset([places * outputs, self.c]);
        parallel::each_row(turned.values_mut(), self.c, |row, out| {
            let (place, output) = (row / outputs, row % outputs);
            let from = (output * places + places - 1 - place) * self.c;
            out.copy_from_slice(&weights.values()[from..from + self.c]);
        });
        turned
    }
}

/// The weights `[o, size]` of windows as `[size, o]`: so the kernels read them as they lie.
pub(super) fn transposed<E: Element>(weights: &Tensor<E>, outputs: usize) -> Tensor<E> {
    let size = weights.len() / outputs.max(1);
    let (mut out, weights) = (Tensor::unset([size, outputs]), weights.values());
    for (row, out) in out.values_mut().chunks_exact_mut(outputs.max(1)).enumerate() {
        for (output, value) in out.iter_mut().enumerate() {
            *value = weights[output * size + row];
        }
    }
    out
}

/// A run is often a handful of numbers, for which a call of `memcpy` costs more than the copy.
#[inline(always)]
fn copy_run<E: Element>(out: &mut [E], from: &[E]) {
    match out.len() {
        3 => out[..3].copy_from_slice(&from[..3]),
        5 => out[..5].copy_from_slice(&from[..5]),
        _ => out.copy_from_slice(from),
    }
}
