//! What the machine can do at most, and what products reach of it.

use crate::tensor::parallel::multiply_and_add;
use crate::tensor::product::product;
use ndarray::Array2;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one figure is measured.
const TIME: Duration = Duration::from_millis(300);

/// The best time of a piece of work over a third of a second, in seconds.
pub fn best_time(mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut best = Duration::MAX;
    while begun.elapsed() < TIME {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best.as_secs_f64()
}

/// Multiplications and additions of `f32` that all threads of the current pool do together in a second, in 10⁹, when
/// they do nothing else and wait for no memory: the peak of what products could reach.
pub fn peak_gigaflops() -> f64 {
    const ROUNDS: usize = 100_000;
    let mut operations = 0;
    let seconds = best_time(|| {
        operations = rayon::broadcast(|_| multiply_and_add(ROUNDS)).into_iter().sum();
    });
    operations as f64 / seconds / 1e9
}

/// The speed of `[m, k]` × `[k, n]` products of `f32` on the current pool, in 10⁹ operations a second; each factor may
/// lie transposed.
pub fn product_gigaflops([m, k, n]: [usize; 3], transposed: [bool; 2]) -> f64 {
    let matrix = |rows, columns, transposed: bool| {
        if transposed {
            Array2::<f32>::ones((columns, rows)).reversed_axes()
        } else {
            Array2::<f32>::ones((rows, columns))
        }
    };
    let (a, b) = (matrix(m, k, transposed[0]), matrix(k, n, transposed[1]));
    let seconds = best_time(|| {
        black_box(product(a.view(), b.view()));
    });
    2.0 * (m * k * n) as f64 / seconds / 1e9
}
