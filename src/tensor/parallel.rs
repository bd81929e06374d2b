//! Loops over long slices, compiled for several instruction sets and spread over the threads of the current pool.
//!
//! Slices are cut by their length alone, never by the number of threads, and what pieces yield is put together in
//! their order: the result has the same bits on one thread and on many.
//!
//! Functions of elements are to be `move` closures: a constant that is captured by reference might, for all the compiler
//! knows, change with every element that is written, and the loop stays scalar.

use super::Element;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::LazyLock;

/// Elements a piece: 64 KiB of `f32`, so that a few such slices stay in a core's cache.
const PIECE: usize = 16 * 1024;
/// Running sums side by side, one to a lane of a vector register.
const LANES: usize = 16;

static ARCH: LazyLock<pulp::Arch> = LazyLock::new(pulp::Arch::new);

/// The instruction set that loops and products use here: the class of CPU on which the same run gives the same bits.
pub fn instruction_set() -> String {
    let name = format!("{:?}", *ARCH);
    let short = name.split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase();
    format!("{}-{}", std::env::consts::ARCH, short)
}

/// Multiplies and adds in vector registers and waits for nothing, for `rounds` rounds of the current thread; returns how
/// many operations on single numbers that was. What no kernel can be faster than.
pub fn multiply_and_add(rounds: usize) -> usize {
    /// Chains side by side: more than any core needs to hide how long one operation takes.
    const CHAINS: usize = 12;
    struct Work(usize);
    impl pulp::WithSimd for Work {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, simd: S) -> usize {
            let (factor, term) = (simd.splat_f32s(std::hint::black_box(0.999)), simd.splat_f32s(0.001));
            let mut sums = [simd.splat_f32s(1.0); CHAINS];
            for _ in 0..self.0 {
                for sum in &mut sums {
                    *sum = simd.mul_add_f32s(*sum, factor, term);
                }
            }
            std::hint::black_box(sums);
            2 * self.0 * CHAINS * S::F32_LANES
        }
    }
    ARCH.dispatch(Work(rounds))
}

/// Runs `work` compiled for the best instruction set of this machine. What it calls must be `#[inline(always)]` to be
/// compiled so too.
#[inline(always)]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    ARCH.dispatch(work)
}

/// The same for work that is written in vector registers.
#[inline(always)]
pub fn with_simd<W: pulp::WithSimd>(work: W) -> W::Output {
    ARCH.dispatch(work)
}

/// `out[i] = f(out[i])`.
pub fn update<E: Element>(out: &mut [E], f: impl Fn(E) -> E + Sync + Copy) {
    let piece = |out: &mut [E]| {
        vectorised(
            #[inline(always)]
            move || {
                let f = f;
                for y in out.iter_mut() {
                    *y = f(*y);
                }
            },
        );
    };
    if out.len() <= PIECE { piece(out) } else { out.par_chunks_mut(PIECE).for_each(piece) }
}

/// `out[i] = f(out[i], a[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn update_with<E: Element>(out: &mut [E], a: &[E], f: impl Fn(E, E) -> E + Sync + Copy) {
    assert_eq!(out.len(), a.len(), "slices of one length");
    let piece = |(out, a): (&mut [E], &[E])| {
        vectorised(
            #[inline(always)]
            move || {
                let f = f;
                for (y, &a) in out.iter_mut().zip(a) {
                    *y = f(*y, a);
                }
            },
        );
    };
    if out.len() <= PIECE {
        piece((out, a));
    } else {
        out.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE)).for_each(piece);
    }
}

/// `out[i] = f(out[i], a[i], b[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn update_with2<E: Element>(out: &mut [E], a: &[E], b: &[E], f: impl Fn(E, E, E) -> E + Sync + Copy) {
    assert_eq!((out.len(), out.len()), (a.len(), b.len()), "slices of one length");
    let piece = |((out, a), b): ((&mut [E], &[E]), &[E])| {
        vectorised(
            #[inline(always)]
            move || {
                let f = f;
                for ((y, &a), &b) in out.iter_mut().zip(a).zip(b) {
                    *y = f(*y, a, b);
                }
            },
        );
    };
    if out.len() <= PIECE {
        piece(((out, a), b));
    } else {
        out.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE)).zip(b.par_chunks(PIECE)).for_each(piece);
    }
}

/// `(a[i], b[i], c[i]) = f(a[i], b[i], c[i], d[i])`: an optimiser's pass.
///
/// # Panics
/// If the lengths differ.
pub fn update3_with<E: Element>(
    a: &mut [E],
    b: &mut [E],
    c: &mut [E],
    d: &[E],
    f: impl Fn(E, E, E, E) -> (E, E, E) + Sync + Copy,
) {
    assert!(a.len() == b.len() && a.len() == c.len() && a.len() == d.len(), "slices of one length");
    let piece = |a: &mut [E], b: &mut [E], c: &mut [E], d: &[E]| {
        vectorised(
            #[inline(always)]
            move || {
                let f = f;
                for (((a, b), c), &d) in a.iter_mut().zip(b).zip(c).zip(d) {
                    (*a, *b, *c) = f(*a, *b, *c, d);
                }
            },
        );
    };
    if a.len() <= PIECE {
        return piece(a, b, c, d);
    }
    let pieces = a.par_chunks_mut(PIECE).zip(b.par_chunks_mut(PIECE)).zip(c.par_chunks_mut(PIECE));
    pieces.zip(d.par_chunks(PIECE)).for_each(|(((a, b), c), d)| piece(a, b, c, d));
}

/// `f(a[i])` for each i.
pub fn map<E: Element>(a: &[E], f: impl Fn(E) -> E + Sync + Copy) -> Vec<E> {
    let mut out = E::pool().take(a.len());
    update_with(&mut out, a, |_, a| f(a));
    out
}

/// `f(a[i], b[i])` for each i.
///
/// # Panics
/// If the lengths differ.
pub fn map2<E: Element>(a: &[E], b: &[E], f: impl Fn(E, E) -> E + Sync + Copy) -> Vec<E> {
    let mut out = E::pool().take(a.len());
    update_with2(&mut out, a, b, |_, a, b| f(a, b));
    out
}

/// Rows of `width` elements that make up one piece.
pub fn rows_a_piece(width: usize) -> usize {
    PIECE.div_ceil(width.max(1))
}

/// `work(i, row i of out)` for rows of `width` elements each, compiled for this machine. `work` should be
/// `#[inline(always)]`.
///
/// # Panics
/// If the rows do not fill the slice.
pub fn each_row<E: Element>(out: &mut [E], width: usize, work: impl Fn(usize, &mut [E]) + Sync) {
    each_costly_row(width, out, width, work);
}

/// [`each_row`] where each row is `cost` elements of work.
///
/// # Panics
/// If the rows do not fill the slice.
pub fn each_costly_row<E: Element>(cost: usize, out: &mut [E], width: usize, work: impl Fn(usize, &mut [E]) + Sync) {
    if out.is_empty() {
        return;
    }
    assert!(out.len().is_multiple_of(width), "whole rows");
    let rows = rows_a_piece(cost);
    let piece = |(index, piece): (usize, &mut [E])| {
        vectorised(
            #[inline(always)]
            || {
                for (row, out) in piece.chunks_exact_mut(width).enumerate() {
                    work(index * rows + row, out);
                }
            },
        );
    };
    if out.len() / width <= rows {
        piece((0, out));
    } else {
        out.par_chunks_mut(rows * width).enumerate().for_each(piece);
    }
}

/// `work(some rows of out)`, rows of `width` elements.
pub fn each_rows<E: Element>(out: &mut [E], width: usize, work: impl Fn(&mut [E]) + Sync + Send) {
    out.par_chunks_mut(rows_a_piece(width) * width).for_each(work);
}

/// [`each_row`] over two slices with as many rows, each row `cost` elements of work.
///
/// # Panics
/// If the rows do not fill the slices, or are not as many.
pub fn each_row2<E: Element>(
    cost: usize,
    (a, a_width): (&mut [E], usize),
    (b, b_width): (&mut [E], usize),
    work: impl Fn(usize, &mut [E], &mut [E]) + Sync,
) {
    if a.is_empty() || b.is_empty() {
        return;
    }
    assert!(a.len().is_multiple_of(a_width) && a.len() / a_width * b_width == b.len(), "whole rows, as many");
    let rows = rows_a_piece(cost);
    let piece = |(index, (a, b)): (usize, (&mut [E], &mut [E]))| {
        vectorised(
            #[inline(always)]
            || {
                let pairs = a.chunks_exact_mut(a_width).zip(b.chunks_exact_mut(b_width));
                for (row, (a, b)) in pairs.enumerate() {
                    work(index * rows + row, a, b);
                }
            },
        );
    };
    if a.len() / a_width <= rows {
        piece((0, (a, b)));
    } else {
        a.par_chunks_mut(rows * a_width).zip(b.par_chunks_mut(rows * b_width)).enumerate().for_each(piece);
    }
}

/// Sums that need a pass over many items: `work(items, sums)` adds a few items to sums of their own, which are then added
/// to `sums` in their order.
pub fn add_in_parts<E: Element>(
    sums: &mut [E],
    items: usize,
    at_a_time: usize,
    work: impl Fn(Range<usize>, &mut [E]) + Sync,
) {
    let parts = items.div_ceil(at_a_time.max(1));
    if parts <= 1 || sums.is_empty() {
        return work(0..items, sums);
    }
    let width = sums.len();
    let mut apart = E::pool().filled(parts * width, E::zero());
    apart.par_chunks_exact_mut(width).enumerate().for_each(|(part, sums)| {
        work(part * at_a_time..((part + 1) * at_a_time).min(items), sums);
    });
    for part in apart.chunks_exact(width) {
        update_with(sums, part, |sum, x| sum + x);
    }
    E::pool().give(apart);
}

/// The sum of each column of rows of `width` elements, added to `sums`: row by row, long lists in parts.
///
/// # Panics
/// If `sums` is not one row.
pub fn add_columns<E: Element>(sums: &mut [E], rows: &[E]) {
    let width = sums.len();
    if width == 0 {
        return;
    }
    assert!(rows.len().is_multiple_of(width), "whole rows");
    add_in_parts(sums, rows.len() / width, 4 * rows_a_piece(width), |items, sums| {
        vectorised(
            #[inline(always)]
            || {
                for row in rows[items.start * width..items.end * width].chunks_exact(width) {
                    for (sum, &x) in sums.iter_mut().zip(row) {
                        *sum += x;
                    }
                }
            },
        );
    });
}

/// Σ f(a[i], b[i]) over two short slices in a fixed order; for use inside [`vectorised`] code.
#[inline(always)]
pub fn dot_with<E: Element>(a: &[E], b: &[E], f: impl Fn(E, E) -> E) -> E {
    let mut sums = [E::zero(); LANES];
    let ((a_lanes, a_rest), (b_lanes, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut tail = E::zero();
    for (&a, &b) in a_rest.iter().zip(b_rest) {
        tail += f(a, b);
    }
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        for lane in 0..LANES {
            sums[lane] += f(a[lane], b[lane]);
        }
    }
    sums.iter().copied().fold(tail, |sum, x| sum + x)
}

/// The largest element, −∞ of none; for use inside [`vectorised`] code.
#[inline(always)]
pub fn largest<E: Element>(values: &[E]) -> E {
    let mut lanes = [E::neg_infinity(); LANES];
    let larger = |a: E, b: E| if b > a { b } else { a };
    let (chunks, rest) = values.as_chunks::<LANES>();
    let tail = rest.iter().copied().fold(E::neg_infinity(), larger);
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = larger(lanes[lane], chunk[lane]);
        }
    }
    lanes.iter().copied().fold(tail, larger)
}

/// Σ f(a[i], b[i]), in an order fixed by the length: sixteen running sums a piece, then the pieces.
///
/// # Panics
/// If the lengths differ.
pub fn sum2<E: Element>(a: &[E], b: &[E], f: impl Fn(E, E) -> E + Sync + Copy) -> E {
    assert_eq!(a.len(), b.len(), "slices of one length");
    let piece = |(a, b): (&[E], &[E])| {
        vectorised(
            #[inline(always)]
            move || {
                let f = f;
                dot_with(a, b, f)
            },
        )
    };
    if a.len() <= PIECE {
        return piece((a, b));
    }
    let pieces: Vec<E> = a.par_chunks(PIECE).zip(b.par_chunks(PIECE)).map(piece).collect();
    pieces.into_iter().sum()
}

/// Σ a[i], in a fixed order.
pub fn sum<E: Element>(a: &[E]) -> E {
    sum2(a, a, |a, _| a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_and_three_give_the_same_bits() {
        let values: Vec<f32> = (0..100_003).map(|i| ((i * 7919) % 1000) as f32 * 1e-3).collect();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| (sum(&values), map(&values, |x| x.fast_exp())))
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn a_sum_is_a_sum() {
        for length in [0, 1, 15, 16, 17, 16_384, 16_385, 50_000] {
            let values: Vec<f64> = (0..length).map(|i| i as f64).collect();
            let expected = (length as f64 - 1.0).max(0.0) * length as f64 / 2.0;
            assert_eq!(sum(&values), expected, "{length}");
        }
    }
}
