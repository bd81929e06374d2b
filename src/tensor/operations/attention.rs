//! Attention, fused: the weights `[queries, keys]` exist a few queries at a time, in both directions.
//!
//! Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv:1706.03762) in memory linear in the
//! length, by keeping ln Σ eˢ of each query and computing the weights again on the way back (Dao et al. 2022,
//! arXiv:2205.14135). Who wants to see the weights asks for them apart ([`Var::attention_weights`]).

use crate::tensor::product::{Accum, small_product};
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

/// Which keys a query may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// All.
    None,
    /// Those not after it; with more keys than queries, the queries are the last ones.
    Causal,
    /// The first so many, for each sequence of the batch: the rest is padding.
    Lengths(Vec<usize>),
}

impl Mask {
    /// The keys that the query may look at.
    pub(super) fn keys(&self, sequence: usize, query: usize, queries: usize, keys: usize) -> usize {
        match self {
            Mask::None => keys,
            Mask::Causal => (query + 1 + keys).saturating_sub(queries).min(keys),
            Mask::Lengths(lengths) => lengths[sequence].min(keys),
        }
    }
}

/// Queries at a time.
const BLOCK: usize = 32;

/// One sequence seen by its heads.
struct Sequence<'a, E> {
    /// `[queries, width]`
    q: ArrayView2<'a, E>,
    /// `[keys, width]`
    k: ArrayView2<'a, E>,
    /// `[keys, width]`
    v: ArrayView2<'a, E>,
    heads: usize,
    mask: &'a Mask,
    index: usize,
}

impl<E: Element> Sequence<'_, E> {
    fn scale(&self) -> E {
        E::one() / E::of((self.q.ncols() / self.heads) as f64).sqrt()
    }

    /// `work(head, its columns, queries, keys that any of them may look at)`.
    fn each_block(&self, mut work: impl FnMut(usize, Range<usize>, Range<usize>, usize)) {
        let (queries, width) = self.q.dim();
        let own = width / self.heads;
        for head in 0..self.heads {
            for start in (0..queries).step_by(BLOCK) {
                let block = start..(start + BLOCK).min(queries);
                let keys = block.clone().map(|query| self.visible(query)).max().unwrap_or(0);
                work(head, head * own..(head + 1) * own, block, keys);
            }
        }
    }

    fn visible(&self, query: usize) -> usize {
        self.mask.keys(self.index, query, self.q.nrows(), self.k.nrows())
    }

    /// Writes what each query finds to `out` `[queries, width]`, and ln Σ eˢ to `normalisers` `[heads, queries]`.
    fn attend(&self, mut out: ArrayViewMut2<E>, normalisers: &mut [E]) {
        let queries = self.q.nrows();
        let mut scores = E::pool().take(BLOCK * self.k.nrows());
        self.each_block(|head, columns, block, keys| {
            let scores = &mut scores[..block.len() * keys];
            let normalisers = &mut normalisers[head * queries..][block.clone()];
            self.weigh(columns.clone(), block.clone(), keys, scores, normalisers);
            let weights = ArrayView2::from_shape((block.len(), keys), scores).expect("weights");
            let v = self.v.slice(s![..keys, columns.clone()]);
            small_product(out.slice_mut(s![block, columns]), Accum::Replace, weights, v);
        });
        E::pool().give(scores);
    }

    /// Writes the weights of some queries of a head to `weights` `[queries, keys]`, and ln Σ eˢ of each to `normalisers`.
    fn weigh(&self, columns: Range<usize>, block: Range<usize>, keys: usize, weights: &mut [E], normalisers: &mut [E]) {
        let scale = self.scale();
        let (q, k) = (self.q.slice(s![block.clone(), columns.clone()]), self.k.slice(s![..keys, columns]));
        let view = ArrayViewMut2::from_shape((block.len(), keys), &mut *weights).expect("scores");
        small_product(view, Accum::Replace, q, k.t());
        parallel::vectorised(
            #[inline(always)]
            || {
                let rows = weights.chunks_exact_mut(keys.max(1)).zip(normalisers);
                for (query, (row, normaliser)) in block.zip(rows) {
                    let (seen, rest) = row.split_at_mut(self.visible(query));
                    for x in seen.iter_mut() {
                        *x *= scale;
                    }
                    let largest = parallel::largest(seen);
                    for x in seen.iter_mut() {
                        *x = (*x - largest).fast_exp();
                    }
                    let total = parallel::dot_with(seen, seen, |x, _| x);
                    let share = E::one() / total;
                    for x in seen.iter_mut() {
                        *x *= share;
                    }
                    rest.fill(E::zero());
                    *normaliser = largest + total.ln();
                }
            },
        );
    }

    /// Writes all weights, `[heads, queries, keys]`; what a query may not look at stays as it is.
    fn all_weights(&self, out: &mut [E]) {
        let (queries, count) = (self.q.nrows(), self.k.nrows());
        let mut buffer = E::pool().take(BLOCK * count);
        let mut normalisers = [E::zero(); BLOCK];
        self.each_block(|head, columns, block, keys| {
            let weights = &mut buffer[..block.len() * keys];
            self.weigh(columns, block.clone(), keys, weights, &mut normalisers[..block.len()]);
            for (query, row) in block.zip(weights.chunks_exact(keys.max(1))) {
                out[(head * queries + query) * count..][..keys].copy_from_slice(row);
            }
        });
        E::pool().give(buffer);
    }

    /// Adds to the gradients of q, k and v from the result and its gradient, both `[queries, width]`.
    fn back(
        &self,
        out: ArrayView2<E>,
        gradient: ArrayView2<E>,
        normalisers: &[E],
        [mut dq, mut dk, mut dv]: [ArrayViewMut2<E>; 3],
    ) {
        let (queries, scale) = (self.q.nrows(), self.scale());
        let mut buffers = [E::pool().take(BLOCK * self.k.nrows()), E::pool().take(BLOCK * self.k.nrows())];
        self.each_block(|head, columns, block, keys| {
            let (q, k) = (self.q.slice(s![block.clone(), columns.clone()]), self.k.slice(s![..keys, columns.clone()]));
            let v = self.v.slice(s![..keys, columns.clone()]);
            let (o, g) =
                (out.slice(s![block.clone(), columns.clone()]), gradient.slice(s![block.clone(), columns.clone()]));
            let size = (block.len(), keys);
            let [weights, grads] = &mut buffers;
            let (weights, grads) = (&mut weights[..block.len() * keys], &mut grads[..block.len() * keys]);
            small_product(ArrayViewMut2::from_shape(size, &mut *weights).expect("scores"), Accum::Replace, q, k.t());
            small_product(ArrayViewMut2::from_shape(size, &mut *grads).expect("grads"), Accum::Replace, g, v.t());
            let rows = weights.chunks_exact_mut(keys.max(1)).zip(grads.chunks_exact_mut(keys.max(1)));
            for ((row, query), (weights, grads)) in block.clone().enumerate().zip(rows) {
                let seen = self.visible(query);
                let normaliser = normalisers[head * queries + query];
                let mean: E = g.row(row).iter().zip(o.row(row)).map(|(&g, &o)| g * o).sum();
                parallel::vectorised(
                    #[inline(always)]
                    || {
                        let places = weights[..seen].iter_mut().zip(grads[..seen].iter_mut());
                        for (weight, grad) in places {
                            *weight = (*weight * scale - normaliser).fast_exp();
                            *grad = *weight * (*grad - mean) * scale;
                        }
                    },
                );
                weights[seen..].fill(E::zero());
                grads[seen..].fill(E::zero());
            }
            let weights = ArrayView2::from_shape(size, weights).expect("weights");
            let grads = ArrayView2::from_shape(size, grads).expect("grads");
            small_product(dv.slice_mut(s![..keys, columns.clone()]), Accum::Add, weights.t(), g);
            small_product(dk.slice_mut(s![..keys, columns.clone()]), Accum::Add, grads.t(), q);
            small_product(dq.slice_mut(s![block, columns]), Accum::Add, grads, k);
        });
        buffers.into_iter().for_each(|buffer| E::pool().give(buffer));
    }
}

/// One sequence of a stack `[batch, rows, width]`.
fn one_of<E: Element>(values: &[E], index: usize, rows: usize, width: usize) -> ArrayView2<'_, E> {
    let size = rows * width;
    ArrayView2::from_shape((rows, width), &values[index * size..(index + 1) * size]).expect("a sequence")
}

/// [`Sequence::attend`] for each sequence of a batch: `[batch, queries, width]`, and ln Σ eˢ as `[batch, heads, queries]`.
fn attend<'a, E: Element>(
    [batch, queries, width]: [usize; 3],
    heads: usize,
    sequence: impl Fn(usize) -> Sequence<'a, E> + Sync,
) -> (Tensor<E>, Vec<E>) {
    let mut out = Tensor::unset([batch, queries, width]);
    let mut normalisers = E::pool().take(batch * heads * queries);
    if !out.is_empty() {
        let outs = out.values_mut().par_chunks_exact_mut(queries * width);
        let outs = outs.zip(normalisers.par_chunks_exact_mut(heads * queries));
        outs.enumerate().for_each(|(index, (out, normalisers))| {
            let out = ArrayViewMut2::from_shape((queries, width), out).expect("a sequence");
            sequence(index).attend(out, normalisers);
        });
    }
    (out, normalisers)
}

fn check_heads(heads: usize, width: usize, batch: usize, mask: &Mask) {
    assert!(heads > 0 && width.is_multiple_of(heads), "{heads} heads of equal width of {width}");
    if let Mask::Lengths(lengths) = mask {
        assert_eq!(lengths.len(), batch, "a length for each sequence");
    }
}

impl<'t, E: Element> Var<'t, E> {
    /// softmax(q kᵀ / √d) v for each head: q `[batch, queries, width]`, k and v `[batch, keys, width]` → as q. The heads
    /// share the width equally, d = width / heads. A query that may look at nothing finds zeros.
    ///
    /// # Panics
    /// If the shapes do not fit or the heads do not divide the width.
    pub fn attention(self, keys: Self, values: Self, heads: usize, mask: Mask) -> Self {
        let [batch, queries, width] = self.dims("queries [batch, queries, width]");
        let [_, count, _] = keys.dims("keys [batch, keys, width]");
        let (q, k, v) = (self.ordered(), keys.ordered(), values.ordered());
        assert_eq!((k.shape(), v.shape()), (&[batch, count, width][..], &[batch, count, width][..]), "keys and values");
        check_heads(heads, width, batch, &mask);
        let (out, normalisers) = attend([batch, queries, width], heads, |index| Sequence {
            q: one_of(q.values(), index, queries, width),
            k: one_of(k.values(), index, count, width),
            v: one_of(v.values(), index, count, width),
            heads,
            mask: &mask,
            index,
        });
        let indices = [self.index(), keys.index(), values.index()];
        let out_index = self.tape().next();
        self.tape().record(out, &[self, keys, values], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let [q, k, v] = indices.map(|index| gradients.value(index));
            let out = gradients.value(out_index);
            let [mut dq, mut dk, mut dv] = [&q, &k, &v].map(|x| Tensor::filled(x.raw_dim(), E::zero()));
            if queries * width * count > 0 {
                let dqs = dq.values_mut().par_chunks_exact_mut(queries * width);
                let dks = dk.values_mut().par_chunks_exact_mut(count * width);
                let dvs = dv.values_mut().par_chunks_exact_mut(count * width);
                dqs.zip(dks).zip(dvs).enumerate().for_each(|(index, ((dq, dk), dv))| {
                    let sequence = Sequence {
                        q: one_of(q.values(), index, queries, width),
                        k: one_of(k.values(), index, count, width),
                        v: one_of(v.values(), index, count, width),
                        heads,
                        mask: &mask,
                        index,
                    };
                    let grads = [(queries, dq), (count, dk), (count, dv)];
                    sequence.back(
                        one_of(out.values(), index, queries, width),
                        one_of(gradient.values(), index, queries, width),
                        &normalisers[index * heads * queries..(index + 1) * heads * queries],
                        grads.map(|(rows, grad)| ArrayViewMut2::from_shape((rows, width), grad).expect("a sequence")),
                    );
                });
            }
            E::pool().give(normalisers);
            indices.into_iter().zip([dq, dk, dv]).for_each(|(index, grad)| gradients.add(index, grad));
        })
    }

    /// The weights of [`attention`](Self::attention) for every head, `[batch, heads, queries, keys]`: q
    /// `[batch, queries, width]`, k `[batch, keys, width]`. They are to look at: no gradient goes through them. The rows
    /// of queries that may look at nothing are zeros, all others sum to 1.
    ///
    /// # Panics
    /// If the shapes do not fit or the heads do not divide the width.
    pub fn attention_weights(self, keys: Self, heads: usize, mask: &Mask) -> Tensor<E> {
        let [batch, queries, width] = self.dims("queries [batch, queries, width]");
        let [_, count, _] = keys.dims("keys [batch, keys, width]");
        let (q, k) = (self.ordered(), keys.ordered());
        assert_eq!(k.shape(), [batch, count, width], "keys");
        check_heads(heads, width, batch, mask);
        let mut weights = Tensor::filled([batch, heads, queries, count], E::zero());
        if !weights.is_empty() {
            let out = weights.values_mut().par_chunks_exact_mut(heads * queries * count);
            out.enumerate().for_each(|(index, out)| {
                let k = one_of(k.values(), index, count, width);
                let q = one_of(q.values(), index, queries, width);
                Sequence { q, k, v: k, heads, mask, index }.all_weights(out);
            });
        }
        weights
    }

    /// [`attention`](Self::attention) of a sequence to itself, from queries, keys and values side by side:
    /// `[batch, length, 3 width]` → `[batch, length, width]`. Nothing is copied apart.
    ///
    /// # Panics
    /// If the shapes do not fit or the heads do not divide the width.
    pub fn self_attention(self, heads: usize, mask: Mask) -> Self {
        let [batch, length, three] = self.dims("queries, keys and values [batch, length, 3 width]");
        assert!(three.is_multiple_of(3), "queries, keys and values of one width");
        let width = three / 3;
        check_heads(heads, width, batch, &mask);
        let x = self.ordered();
        let (out, normalisers) =
            attend([batch, length, width], heads, |index| side_by_side(x.values(), index, length, heads, three, &mask));
        let (x, out_index) = (self.index(), self.tape().next());
        self.tape().record(out, &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let (values, out) = (gradients.value(x), gradients.value(out_index));
            let mut back = Tensor::filled(values.raw_dim(), E::zero());
            if length * width > 0 {
                back.values_mut().par_chunks_exact_mut(length * three).enumerate().for_each(|(index, back)| {
                    let sequence = side_by_side(values.values(), index, length, heads, three, &mask);
                    let back = ArrayViewMut2::from_shape((length, three), back).expect("a sequence");
                    let (dq, rest) = back.split_at(Axis(1), width);
                    let (dk, dv) = rest.split_at(Axis(1), width);
                    sequence.back(
                        one_of(out.values(), index, length, width),
                        one_of(gradient.values(), index, length, width),
                        &normalisers[index * heads * length..(index + 1) * heads * length],
                        [dq, dk, dv],
                    );
                });
            }
            E::pool().give(normalisers);
            gradients.add(x, back);
        })
    }
}

/// The sequence whose queries, keys and values lie side by side in `[batch, length, three]`.
fn side_by_side<'a, E: Element>(
    values: &'a [E],
    index: usize,
    length: usize,
    heads: usize,
    three: usize,
    mask: &'a Mask,
) -> Sequence<'a, E> {
    let width = three / 3;
    let (q, rest) = one_of(values, index, length, three).split_at(Axis(1), width);
    let (k, v) = rest.split_at(Axis(1), width);
    Sequence { q, k, v, heads, mask, index }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn attention_has_right_gradients() {
        for (queries, keys, mask) in [
            (3, 3, Mask::None),
            (3, 3, Mask::Causal),
            (2, 5, Mask::Causal),
            (3, 4, Mask::Lengths(vec![2, 4])),
            (1, 1, Mask::None),
            (0, 2, Mask::None),
            (2, 0, Mask::None),
        ] {
            let shapes: [&[usize]; 3] = [&[2, queries, 4], &[2, keys, 4], &[2, keys, 4]];
            check("attention", &shapes, |_, x| x[0].attention(x[1], x[2], 2, mask.clone()));
        }
        check("itself", &[&[2, 4, 12]], |_, x| x[0].self_attention(2, Mask::Causal));
        check("more than a block", &[&[1, 35, 6]], |_, x| x[0].self_attention(1, Mask::Causal));
        check("a causal query before all keys", &[&[1, 3, 2], &[1, 2, 2], &[1, 2, 2]], |_, x| {
            x[0].attention(x[1], x[2], 1, Mask::Causal)
        });
    }

    /// The fused operation against its formula, put together from others.
    #[test]
    fn attention_is_its_formula() {
        let tape = Tape::without_gradients();
        let numbers = |count: usize, seed: usize| -> Vec<f64> {
            (0..count).map(|i| ((i * 7 + seed) % 13) as f64 / 6.0 - 1.0).collect()
        };
        let (length, width) = (40, 6);
        let part = |seed| tape.constant(tensor([1, length, width], numbers(length * width, seed)));
        let (q, k, v) = (part(1), part(2), part(5));
        let hidden = tape.constant(tensor(
            [1, length, length],
            (0..length * length).map(|i| if i % length > i / length { -1e30 } else { 0.0 }).collect(),
        ));
        let scores = q.matmul(k.transpose()).scale(1.0 / (width as f64).sqrt()) + hidden;
        let expected = scores.softmax().matmul(v).value();
        let found = q.attention(k, v, 1, Mask::Causal).value();
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
        let expected = scores.softmax().value();
        let weights = q.attention_weights(k, 1, &Mask::Causal);
        assert_eq!(weights.shape(), [1, 1, length, length]);
        assert!(weights.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    /// What a head finds is its weights times its columns of the values.
    #[test]
    fn weights_are_those_of_every_head() {
        let tape = Tape::without_gradients();
        let numbers = |shape: [usize; 3], seed: usize| {
            let count: usize = shape.iter().product();
            tape.constant(tensor(shape, (0..count).map(|i| ((i * 7 + seed) % 13) as f64 / 6.0 - 1.0).collect()))
        };
        let (q, k, v) = (numbers([2, 3, 6], 1), numbers([2, 5, 6], 2), numbers([2, 5, 6], 3));
        for mask in [Mask::None, Mask::Causal, Mask::Lengths(vec![2, 5])] {
            let weights = q.attention_weights(k, 3, &mask);
            assert_eq!(weights.shape(), [2, 3, 3, 5]);
            let heads = v.reshape([2, 5, 3, 2]).permute(&[0, 2, 1, 3]);
            let found = tape.constant(weights.clone()).matmul(heads).permute(&[0, 2, 1, 3]).reshape([2, 3, 6]).value();
            let expected = q.attention(k, v, 3, mask.clone()).value();
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12), "{mask:?}");
            assert!(weights.rows().rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12), "{mask:?}");
        }
        let none = q.attention_weights(k, 3, &Mask::Lengths(vec![0, 1]));
        assert_eq!((none[[0, 1, 2, 0]], none[[1, 1, 2, 0]], none[[1, 1, 2, 1]]), (0.0, 1.0, 0.0));
    }

    #[test]
    fn padding_is_not_looked_at() {
        let tape = Tape::without_gradients();
        let given = |values: [f64; 4]| tape.constant(tensor([1, 2, 2], values.to_vec()));
        let query = given([0.1, 0.2, 0.3, 0.4]);
        let mask = Mask::Lengths(vec![1]);
        let found = query.attention(query, given([5.0, 6.0, f64::NAN, f64::NAN]), 1, mask).value();
        assert_eq!(found.values(), [5.0, 6.0, 5.0, 6.0]);
    }
}
