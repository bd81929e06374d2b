//! Additive attention (Bahdanau, Cho & Bengio 2014, arXiv:1409.0473), fused: the sums before each tanh exist one at a
//! time, in both directions.

use super::attention::Mask;
use super::elementwise::tanh;
use super::loss::softmax;
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};

impl<'t, E: Element> Var<'t, E> {
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
        let (kept, mask) = (weights.clone(), mask.clone());
        let indices = [self.index(), keys.index(), v.index(), values.index()];
        let out = self.tape().record(out, &[self, keys, v, values], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            let [q, k, direction, x] = indices.map(|index| gradients.value(index));
            let [q_index, k_index, v_index, x_index] = indices;
            let (gradient, weights) = (gradient.values(), kept.values());
            let seen = |sequence: usize| mask.keys(sequence, 0, 1, length);
            gradients.accumulate(x_index, |sums| {
                parallel::each_row(
                    sums,
                    length * width,
                    #[inline(always)]
                    |index, sums| {
                        let g = &gradient[index * width..(index + 1) * width];
                        let weights = &weights[index * length..][..seen(index)];
                        for (row, &weight) in sums.chunks_exact_mut(width).zip(weights) {
                            for (sum, &g) in row.iter_mut().zip(g) {
                                *sum += weight * g;
                            }
                        }
                    },
                );
            });
            // Of each score, through the softmax.
            let mut grads = Tensor::filled([batch, length], E::zero());
            let all = x.values();
            parallel::each_costly_row(
                length * width,
                grads.values_mut(),
                length,
                #[inline(always)]
                |index, grads| {
                    let g = &gradient[index * width..(index + 1) * width];
                    let weights = &weights[index * length..][..seen(index)];
                    let grads = &mut grads[..weights.len()];
                    for (grad, row) in grads.iter_mut().zip(all[index * length * width..].chunks_exact(width)) {
                        *grad = parallel::dot_with(g, row, |g, x| g * x);
                    }
                    let mean = parallel::dot_with(grads, weights, |grad, weight| grad * weight);
                    for (grad, &weight) in grads.iter_mut().zip(weights) {
                        *grad = weight * (*grad - mean);
                    }
                },
            );
            // Of the keys, and for each sequence of the query and of v.
            let mut for_keys = gradients.open(k_index).unwrap_or_else(|| Tensor::filled(k.raw_dim(), E::zero()));
            let mut rows = E::pool().filled(batch * 2 * h, E::zero());
            let (queries, projected, grads) = (q.values(), k.values(), grads.values());
            let direction = direction.values();
            parallel::each_row2(
                length * TANH * h,
                (for_keys.values_mut(), length * h),
                (&mut rows, 2 * h),
                #[inline(always)]
                |index, for_keys, rows| {
                    let query = &queries[index * h..(index + 1) * h];
                    let (for_query, for_v) = rows.split_at_mut(h);
                    let grads = &grads[index * length..][..seen(index)];
                    let keys = projected[index * length * h..].chunks_exact(h).zip(grads);
                    for (for_key, (key, &grad)) in for_keys.chunks_exact_mut(h).zip(keys) {
                        let sums = for_key.iter_mut().zip(for_query.iter_mut()).zip(for_v.iter_mut());
                        let places = sums.zip(query.iter().zip(key)).zip(direction);
                        for ((((for_key, for_query), for_v), (&query, &key)), &v) in places {
                            let t = tanh(query + key);
                            let along = grad * v * (E::one() - t * t);
                            *for_key += along;
                            *for_query += along;
                            *for_v += grad * t;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

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

    #[test]
    fn padding_is_not_looked_at() {
        let tape = Tape::without_gradients();
        let given = |values: [f64; 4]| tape.constant(tensor([1, 2, 2], values.to_vec()));
        let query = given([0.1, 0.2, 0.3, 0.4]);
        let one = tape.constant(tensor([1, 2], vec![0.1, 0.2]));
        let v = tape.constant(tensor([2], vec![1.0, 1.0]));
        let (sum, weights) = one.additive_attention(query, v, given([5.0, 6.0, 7.0, 8.0]), &Mask::Lengths(vec![1]));
        assert_eq!(sum.value().values(), [5.0, 6.0]);
        assert_eq!(weights.values(), [1.0, 0.0]);
    }
}
