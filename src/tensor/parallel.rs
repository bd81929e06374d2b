//! Loops over long slices, compiled for several instruction sets and spread over the threads of the current pool.
//!
//! Slices are cut by their length alone, never by the number of threads, and what pieces yield is put together in
//! their order: the result has the same bits on one thread and on many.

use super::Element;
use rayon::prelude::*;
use std::sync::LazyLock;

/// Elements a piece: 64 KiB of `f32`, so that a few such slices stay in a core's cache.
const PIECE: usize = 16 * 1024;

static ARCH: LazyLock<pulp::Arch> = LazyLock::new(pulp::Arch::new);

/// The instruction set that loops and products use here: the class of CPU on which the same run gives the same bits.
pub fn instruction_set() -> String {
    let name = format!("{:?}", *ARCH);
    let short = name.split(['(', ' ', '{']).next().unwrap_or_default().to_lowercase();
    format!("{}-{}", std::env::consts::ARCH, short)
}

/// Runs `work` compiled for the best instruction set of this machine. What it calls must be `#[inline(always)]` to be
/// compiled so too.
#[inline(always)]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    ARCH.dispatch(work)
}

/// `out[i] = f(out[i])`.
pub fn update<E: Element>(out: &mut [E], f: impl Fn(E) -> E + Sync) {
    let piece = |out: &mut [E]| {
        vectorised(
            #[inline(always)]
            || out.iter_mut().for_each(|y| *y = f(*y)),
        );
    };
    if out.len() <= PIECE { piece(out) } else { out.par_chunks_mut(PIECE).for_each(piece) }
}

/// `out[i] = f(out[i], a[i])`.
///
/// # Panics
/// If the lengths differ.
pub fn update_with<E: Element>(out: &mut [E], a: &[E], f: impl Fn(E, E) -> E + Sync) {
    assert_eq!(out.len(), a.len(), "slices of one length");
    let piece = |(out, a): (&mut [E], &[E])| {
        vectorised(
            #[inline(always)]
            || out.iter_mut().zip(a).for_each(|(y, &a)| *y = f(*y, a)),
        );
    };
    if out.len() <= PIECE {
        piece((out, a));
    } else {
        out.par_chunks_mut(PIECE).zip(a.par_chunks(PIECE)).for_each(piece);
    }
}

/// `f(a[i])` for each i.
pub fn map<E: Element>(a: &[E], f: impl Fn(E) -> E + Sync) -> Vec<E> {
    let mut out = a.to_vec();
    update(&mut out, f);
    out
}

/// `f(a[i], b[i])` for each i.
///
/// # Panics
/// If the lengths differ.
pub fn map2<E: Element>(a: &[E], b: &[E], f: impl Fn(E, E) -> E + Sync) -> Vec<E> {
    let mut out = a.to_vec();
    update_with(&mut out, b, f);
    out
}

/// Σ f(a[i], b[i]), in an order fixed by the length: sixteen running sums a piece, then the pieces.
///
/// # Panics
/// If the lengths differ.
pub fn sum2<E: Element>(a: &[E], b: &[E], f: impl Fn(E, E) -> E + Sync) -> E {
    const LANES: usize = 16;
    assert_eq!(a.len(), b.len(), "slices of one length");
    let piece = |(a, b): (&[E], &[E])| {
        vectorised(
            #[inline(always)]
            || {
                let mut sums = [E::zero(); LANES];
                let (a_lanes, b_lanes) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
                let rest = a_lanes.remainder().iter().zip(b_lanes.remainder());
                let mut tail = E::zero();
                rest.for_each(|(&a, &b)| tail += f(a, b));
                for (a, b) in a_lanes.zip(b_lanes) {
                    for lane in 0..LANES {
                        sums[lane] += f(a[lane], b[lane]);
                    }
                }
                sums.iter().copied().sum::<E>() + tail
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
