//! Attention, fused: the weights `[queries, keys]` exist a few queries at a time, in both directions.
//!
//! Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv:1706.03762) in memory linear in the
//! length, by keeping ln Σ eˢ of each query and computing the weights again on the way back (Dao et al. 2022,
//! arXiv:2205.14135); additive attention (Bahdanau, Cho & Bengio 2014, arXiv:1409.0473) likewise.

use super::elementwise::tanh;
use super::loss::softmax;
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
    fn keys(&self, sequence: usize, query: usize, queries: usize, keys: usize) -> usize {
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
        let (queries, scale) = (self.q.nrows(), self.scale());
        let mut scores = E::pool().take(BLOCK * self.k.nrows());
        self.each_block(|head, columns, block, keys| {
            let (q, k) = (self.q.slice(s![block.clone(), columns.clone()]), self.k.slice(s![..keys, columns.clone()]));
            let scores = &mut scores[..block.len() * keys];
            let view = ArrayViewMut2::from_shape((block.len(), keys), &mut *scores).expect("scores");
            small_product(view, Accum::Replace, q, k.t());
            parallel::vectorised(
                #[inline(always)]
                || {
                    for (query, row) in block.clone().zip(scores.chunks_exact_mut(keys.max(1))) {
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
                        normalisers[head * queries + query] = largest + total.ln();
                    }
                },
            );
            let weights = ArrayView2::from_shape((block.len(), keys), scores).expect("weights");
            let v = self.v.slice(s![..keys, columns.clone()]);
            small_product(out.slice_mut(s![block, columns]), Accum::Replace, weights, v);
        });
        E::pool().give(scores);
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
            let [weights, slopes] = &mut buffers;
            let (weights, slopes) = (&mut weights[..block.len() * keys], &mut slopes[..block.len() * keys]);
            small_product(ArrayViewMut2::from_shape(size, &mut *weights).expect("scores"), Accum::Replace, q, k.t());
            small_product(ArrayViewMut2::from_shape(size, &mut *slopes).expect("slopes"), Accum::Replace, g, v.t());
            let rows = weights.chunks_exact_mut(keys.max(1)).zip(slopes.chunks_exact_mut(keys.max(1)));
            for ((row, query), (weights, slopes)) in block.clone().enumerate().zip(rows) {
                let seen = self.visible(query);
                let normaliser = normalisers[head * queries + query];
                let mean: E = g.row(row).iter().zip(o.row(row)).map(|(&g, &o)| g * o).sum();
                parallel::vectorised(
                    #[inline(always)]
                    || {
                        let places = weights[..seen].iter_mut().zip(slopes[..seen].iter_mut());
                        for (weight, slope) in places {
                            *weight = (*weight * scale - normaliser).fast_exp();
                            *slope = *weight * (*slope - mean) * scale;
                        }
                    },
                );
                weights[seen..].fill(E::zero());
                slopes[seen..].fill(E::zero());
            }
            let weights = ArrayView2::from_shape(size, weights).expect("weights");
            let slopes = ArrayView2::from_shape(size, slopes).expect("slopes");
            small_product(dv.slice_mut(s![..keys, columns.clone()]), Accum::Add, weights.t(), g);
            small_product(dk.slice_mut(s![..keys, columns.clone()]), Accum::Add, slopes.t(), q);
            small_product(dq.slice_mut(s![block, columns]), Accum::Add, slopes, k);
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
                    let slopes = [(queries, dq), (count, dk), (count, dv)];
                    sequence.back(
                        one_of(out.values(), index, queries, width),
                        one_of(gradient.values(), index, queries, width),
                        &normalisers[index * heads * queries..(index + 1) * heads * queries],
                        slopes
                            .map(|(rows, slope)| ArrayViewMut2::from_shape((rows, width), slope).expect("a sequence")),
                    );
                });
            }
            E::pool().give(normalisers);
            indices.into_iter().zip([dq, dk, dv]).for_each(|(index, slope)| gradients.add(index, slope));
        })
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

    /// Additive attention: scores v · tanh(query + keyⱼ), their softmax as weights, and the weighted sum of the values.
    /// Query `[batch, h]` and keys `[batch, length, h]` are projected already; v `[h]`, values `[batch, length, width]`.
    /// Returns the sum `[batch, width]` and the weights `[batch, length]`, which are to look at: no gradient goes
    /// through them.
    ///
    /// # Panics
    /// If the shapes do not fit, or the mask is [`Mask::Causal`], or hides all of a sequence.
    pub fn additive_attention(self, keys: Self, v: Self, values: Self, mask: &Mask) -> (Self, Tensor<E>) {
        let [batch, h] = self.dims("queries [batch, h]");
        let [keys_batch, length, keys_h] = keys.dims("keys [batch, length, h]");
        let [values_batch, values_length, width] = values.dims("values [batch, length, width]");
        assert_eq!((batch, h), (keys_batch, keys_h), "queries and keys");
        assert_eq!((batch, length), (values_batch, values_length), "keys and values");
        assert_ne!(*mask, Mask::Causal, "one query has no order");
        let seen = |sequence: usize| mask.keys(sequence, 0, 1, length);
        assert!((0..batch).all(|sequence| seen(sequence) > 0), "something to look at");
        let (q, k, direction, x) = (self.ordered(), keys.ordered(), v.ordered(), values.ordered());
        assert_eq!(direction.shape(), [h], "one number for each of {h}");
        let mut out = Tensor::filled([batch, width], E::zero());
        let mut weights = Tensor::filled([batch, length], E::zero());
        let (queries, projected, all) = (q.values(), k.values(), x.values());
        let direction = direction.values();
        parallel::each_row2(
            length * (TANH * h + width),
            (out.values_mut(), width),
            (weights.values_mut(), length),
            #[inline(always)]
            |index, out, weights| {
                let query = &queries[index * h..(index + 1) * h];
                let weights = &mut weights[..seen(index)];
                for (weight, key) in weights.iter_mut().zip(projected[index * length * h..].chunks_exact(h)) {
                    *weight = score(query, key, direction);
                }
                softmax(weights);
                for (&weight, row) in weights.iter().zip(all[index * length * width..].chunks_exact(width)) {
                    for (out, &x) in out.iter_mut().zip(row) {
                        *out += weight * x;
                    }
                }
            },
        );
        let kept = weights.clone();
        let indices = [self.index(), keys.index(), v.index(), values.index()];
        let out = self.tape().record(out, &[self, keys, v, values], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let [q, k, direction, x] = indices.map(|index| gradients.value(index));
            let [q_index, k_index, v_index, x_index] = indices;
            let (gradient, weights) = (gradient.values(), kept.values());
            gradients.accumulate(x_index, |sums| {
                parallel::each_row(
                    sums,
                    length * width,
                    #[inline(always)]
                    |index, sums| {
                        let g = &gradient[index * width..(index + 1) * width];
                        for (row, &weight) in sums.chunks_exact_mut(width).zip(&weights[index * length..]) {
                            for (sum, &g) in row.iter_mut().zip(g) {
                                *sum += weight * g;
                            }
                        }
                    },
                );
            });
            // Of each score, through the softmax.
            let mut slopes = Tensor::unset([batch, length]);
            let all = x.values();
            parallel::each_costly_row(
                length * width,
                slopes.values_mut(),
                length,
                #[inline(always)]
                |index, slopes| {
                    let g = &gradient[index * width..(index + 1) * width];
                    let weights = &weights[index * length..(index + 1) * length];
                    for (slope, row) in slopes.iter_mut().zip(all[index * length * width..].chunks_exact(width)) {
                        *slope = parallel::dot_with(g, row, |g, x| g * x);
                    }
                    let mean = parallel::dot_with(slopes, weights, |slope, weight| slope * weight);
                    for (slope, &weight) in slopes.iter_mut().zip(weights) {
                        *slope = weight * (*slope - mean);
                    }
                },
            );
            // Of the keys, and for each sequence of the query and of v.
            let mut for_keys = gradients.open(k_index).unwrap_or_else(|| Tensor::filled(k.raw_dim(), E::zero()));
            let mut rows = E::pool().filled(batch * 2 * h, E::zero());
            let (queries, projected, slopes) = (q.values(), k.values(), slopes.values());
            let direction = direction.values();
            parallel::each_row2(
                length * TANH * h,
                (for_keys.values_mut(), length * h),
                (&mut rows, 2 * h),
                #[inline(always)]
                |index, for_keys, rows| {
                    let query = &queries[index * h..(index + 1) * h];
                    let (for_query, for_v) = rows.split_at_mut(h);
                    let keys = projected[index * length * h..].chunks_exact(h).zip(&slopes[index * length..]);
                    for (for_key, (key, &slope)) in for_keys.chunks_exact_mut(h).zip(keys) {
                        let sums = for_key.iter_mut().zip(for_query.iter_mut()).zip(for_v.iter_mut());
                        let places = sums.zip(query.iter().zip(key)).zip(direction);
                        for ((((for_key, for_query), for_v), (&query, &key)), &v) in places {
                            let t = tanh(query + key);
                            let along = slope * v * (E::one() - t * t);
                            *for_key += along;
                            *for_query += along;
                            *for_v += slope * t;
                        }
                    }
                },
            );
            if gradients.wants(k_index) {
                gradients.close(k_index, for_keys);
            }
            for (index, from) in [(q_index, 0), (v_index, h)] {
                gradients.accumulate(index, |sums| {
                    for (row, values) in rows.chunks_exact((2 * h).max(1)).enumerate() {
                        let at = if index == q_index { row * h } else { 0 };
                        let sums = &mut sums[at..at + h];
                        for (sum, &x) in sums.iter_mut().zip(&values[from..from + h]) {
                            *sum += x;
                        }
                    }
                });
            }
            E::pool().give(rows);
        });
        (out, weights)
    }
}

/// What a tanh costs, in multiplications.
const TANH: usize = 8;

/// v · tanh(query + key).
#[inline(always)]
fn score<E: Element>(query: &[E], key: &[E], v: &[E]) -> E {
    const LANES: usize = 16;
    let mut sums = [E::zero(); LANES];
    let chunks = query.chunks(LANES).zip(key.chunks(LANES)).zip(v.chunks(LANES));
    for ((query, key), v) in chunks {
        let places = sums.iter_mut().zip(query).zip(key).zip(v);
        for (((sum, &query), &key), &v) in places {
            *sum += v * tanh(query + key);
        }
    }
    sums.iter().copied().fold(E::zero(), |sum, x| sum + x)
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

    #[test]
    fn additive_attention_has_right_gradients() {
        let shapes: [&[usize]; 4] = [&[2, 3], &[2, 4, 3], &[3], &[2, 4, 5]];
        for mask in [Mask::None, Mask::Lengths(vec![1, 3])] {
            check("additive", &shapes, |_, x| x[0].additive_attention(x[1], x[2], x[3], &mask).0);
        }
        check("keys that are values", &[&[2, 3], &[2, 4, 3], &[3]], |_, x| {
            x[0].additive_attention(x[1], x[2], x[1], &Mask::None).0
        });
        check("long keys", &[&[1, 35], &[1, 2, 35], &[35]], |_, x| {
            x[0].additive_attention(x[1], x[2], x[1], &Mask::None).0
        });
        check("keys that are given", &[&[2, 3], &[3]], |tape, x| {
            let keys = tape.constant(Tensor::filled([2, 4, 3], 0.3));
            x[0].additive_attention(keys, x[1], keys, &Mask::None).0
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
    }

    #[test]
    fn padding_is_not_looked_at() {
        let tape = Tape::without_gradients();
        let given = |values: [f64; 4]| tape.constant(tensor([1, 2, 2], values.to_vec()));
        let query = given([0.1, 0.2, 0.3, 0.4]);
        let mask = Mask::Lengths(vec![1]);
        let found = query.attention(query, given([5.0, 6.0, f64::NAN, f64::NAN]), 1, mask).value();
        assert_eq!(found.values(), [5.0, 6.0, 5.0, 6.0]);
        let one = tape.constant(tensor([1, 2], vec![0.1, 0.2]));
        let v = tape.constant(tensor([2], vec![1.0, 1.0]));
        let (sum, weights) = one.additive_attention(query, v, given([5.0, 6.0, 7.0, 8.0]), &Mask::Lengths(vec![1]));
        assert_eq!(sum.value().values(), [5.0, 6.0]);
        assert_eq!(weights.values(), [1.0, 0.0]);
    }
}
