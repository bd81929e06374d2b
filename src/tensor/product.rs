//! Matrix products: `faer`'s kernels over raw strides, cut by shape so that every number of threads gives the same bits.

use super::{Element, Tensor, parallel};
pub use faer::Accum;
use faer::linalg::matmul::matmul;
use faer::{MatMut, MatRef, Par};
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};
use rayon::prelude::*;

/// Multiplications below which a product stays in one piece: about twenty microseconds of one core.
const ONE_PIECE: usize = 1 << 22;
/// Multiplications a piece beyond that, until there are [`MOST_PIECES`].
const PIECE: usize = 1 << 22;
const MOST_PIECES: usize = 8;
/// Numbers of a matrix that a vector is multiplied with by one thread: reading them is what takes time.
const ROWS_PIECE: usize = 1 << 17;
/// Numbers of a matrix from which a vector is multiplied with it in dot products of its own.
const LARGE: usize = 1 << 16;
/// Running sums of a dot product.
const SUMS: usize = 64;
/// Rows or columns of the result in the smallest unit of a cut, a multiple of every kernel's tile.
const GRAIN: usize = 16;

/// `a b`: `[m, k]` × `[k, n]` → `[m, n]`, of any strides.
///
/// # Panics
/// If the inner lengths differ.
pub fn product<E: Element>(a: ArrayView2<E>, b: ArrayView2<E>) -> Tensor<E> {
    product_then(a, b, |_, _, _| {})
}

/// [`product`], with `finish(row, first column, part)` on each part of a row of the result while it is still in the
/// cache.
pub fn product_then<E: Element>(
    a: ArrayView2<E>,
    b: ArrayView2<E>,
    finish: impl Fn(usize, usize, &mut [E]) + Sync,
) -> Tensor<E> {
    let mut out = Tensor::unset([a.nrows(), b.ncols()]);
    match (a.to_slice(), b.t().to_slice()) {
        (Some(x), Some(rows)) if a.nrows() == 1 && rows.len() >= LARGE => {
            assert_eq!(x.len(), b.nrows(), "shapes of a product");
            dot_products(out.values_mut(), rows, x, finish);
        }
        _ => in_pieces(out.values_mut(), Accum::Replace, a, b, finish),
    }
    out
}

/// The dot product of each row with x: what a language model does with all its weights for every token.
fn dot_products<E: Element>(out: &mut [E], rows: &[E], x: &[E], finish: impl Fn(usize, usize, &mut [E]) + Sync) {
    let a_piece = (ROWS_PIECE / x.len()).max(1);
    out.par_chunks_mut(a_piece).zip(rows.par_chunks(a_piece * x.len())).enumerate().for_each(|(piece, (out, rows))| {
        parallel::vectorised(
            #[inline(always)]
            || {
                for (y, row) in out.iter_mut().zip(rows.chunks_exact(x.len())) {
                    *y = dot(row, x);
                }
            },
        );
        finish(0, piece * a_piece, out);
    });
}

/// Σ aᵢ bᵢ, in as many running sums as keep the arithmetic ahead of the memory.
#[inline(always)]
fn dot<E: Element>(a: &[E], b: &[E]) -> E {
    let (mut sums, (a, a_rest), (b, b_rest)) = ([E::zero(); SUMS], a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..SUMS {
            sums[lane] = a[lane].mul_add(b[lane], sums[lane]);
        }
    }
    for (lane, (&a, &b)) in a_rest.iter().zip(b_rest).enumerate() {
        sums[lane] = a.mul_add(b, sums[lane]);
    }
    let mut width = SUMS;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            let other = sums[lane + width];
            sums[lane] += other;
        }
    }
    sums[0]
}

/// `out += a b`, with `out` `[m, n]` in order.
///
/// # Panics
/// If the shapes do not fit.
pub fn add_product<E: Element>(out: &mut [E], a: ArrayView2<E>, b: ArrayView2<E>) {
    in_pieces(out, Accum::Add, a, b, |_, _, _| {});
}

/// `out = a b`, or `out += a b`, on the current thread: for those who cut their work themselves.
///
/// # Panics
/// If the shapes do not fit.
pub fn small_product<E: Element>(mut out: ArrayViewMut2<E>, accumulate: Accum, a: ArrayView2<E>, b: ArrayView2<E>) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert_eq!((k, (m, n)), (b.nrows(), out.dim()), "shapes of a product");
    if m * n == 0 {
        return;
    }
    if k == 0 {
        if accumulate == Accum::Replace {
            out.fill(E::zero());
        }
        return;
    }
    let strides = [out.strides()[0], out.strides()[1]];
    // SAFETY: pointer, lengths and strides are those of a view that is borrowed mutably.
    let out = unsafe { MatMut::from_raw_parts_mut(out.as_mut_ptr(), m, n, strides[0], strides[1]) };
    matmul(out, accumulate, as_faer(&a), as_faer(&b), E::one(), Par::Seq);
}

fn in_pieces<E: Element>(
    out: &mut [E],
    accumulate: Accum,
    a: ArrayView2<E>,
    b: ArrayView2<E>,
    finish: impl Fn(usize, usize, &mut [E]) + Sync,
) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert_eq!((k, m * n), (b.nrows(), out.len()), "shapes of a product");
    if m * n == 0 {
        return;
    }
    let work = m * k * n;
    let wanted = if work <= ONE_PIECE { 1 } else { work.div_ceil(PIECE).clamp(2, MOST_PIECES).next_multiple_of(2) };
    let along_columns = n >= m;
    let length = if along_columns { n } else { m };
    let size = length.div_ceil(wanted).next_multiple_of(GRAIN);
    let start = Destination(out.as_mut_ptr());
    let piece = |index: usize| {
        let (from, to) = (index * size, ((index + 1) * size).min(length));
        let (rows, columns) = if along_columns { (0..m, from..to) } else { (from..to, 0..n) };
        let a = a.slice(ndarray::s![rows.clone(), ..]);
        let b = b.slice(ndarray::s![.., columns.clone()]);
        // SAFETY: pieces cover disjoint rows or columns of `out`, which is borrowed mutably for the whole call and holds
        // m × n elements in rows of n.
        let mut piece = unsafe {
            let shape = (rows.len(), columns.len()).strides((n, 1));
            ArrayViewMut2::from_shape_ptr(shape, start.at(rows.start * n + columns.start))
        };
        small_product(piece.view_mut(), accumulate, a, b);
        for (row, mut part) in rows.zip(piece.rows_mut()) {
            finish(row, columns.start, part.as_slice_mut().expect("a row in one piece"));
        }
    };
    let pieces = length.div_ceil(size);
    if pieces == 1 { piece(0) } else { (0..pieces).into_par_iter().for_each(piece) }
}

/// Where the pieces of one product write.
struct Destination<E>(*mut E);

// SAFETY: threads write through it to disjoint places only (see `in_pieces`).
unsafe impl<E: Send> Sync for Destination<E> {}

impl<E> Destination<E> {
    /// # Safety
    /// The place must lie in the matrix.
    unsafe fn at(&self, place: usize) -> *mut E {
        // SAFETY: by the caller.
        unsafe { self.0.add(place) }
    }
}

fn as_faer<'a, E: Element>(view: &'a ArrayView2<E>) -> MatRef<'a, E> {
    let (rows, columns) = view.dim();
    let [row_stride, column_stride] = [view.strides()[0], view.strides()[1]];
    // SAFETY: pointer, lengths and strides are those of a live view.
    unsafe { MatRef::from_raw_parts(view.as_ptr(), rows, columns, row_stride, column_stride) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn matrix(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| {
            (((i * 31 + j * 17) as u64 * 2_654_435_761 + seed) % 1009) as f64 - 500.0
        })
    }

    proptest! {
        #[test]
        fn a_product_in_every_layout_is_ndarrays(m in 0_usize..40, k in 0_usize..40, n in 0_usize..40, turn in 0..4) {
            let a = if turn & 1 == 0 { matrix(m, k, 1) } else { matrix(k, m, 1).reversed_axes() };
            let b = if turn & 2 == 0 { matrix(k, n, 2) } else { matrix(n, k, 2).reversed_axes() };
            prop_assert_eq!(product(a.view(), b.view()), Tensor::from(a.dot(&b).into_dyn()));
        }
    }

    #[test]
    fn a_vector_times_a_large_matrix_is_ndarrays() {
        for (k, n) in [(64, 1024), (300, 700), (1, 70_000), (70_000, 1), (65, 1009)] {
            let (a, b) = (matrix(1, k, 1), matrix(n, k, 2));
            assert!(k * n >= LARGE);
            let found = product_then(a.view(), b.t(), |_, column, part| {
                part.iter_mut().enumerate().for_each(|(place, y)| *y += (column + place) as f64);
            });
            let expected: Vec<f64> = a.dot(&b.t()).iter().enumerate().map(|(place, y)| y + place as f64).collect();
            assert_eq!(found.values(), expected);
        }
    }

    /// What is unsafe here against what is not: pieces of every cut, added and replaced, into rows of a larger matrix.
    #[test]
    fn a_product_in_pieces_is_ndarrays() {
        for (m, k, n) in [(300, 200, 100), (100, 200, 301), (1, 5000, 1700), (1700, 2600, 1), (257, 129, 255)] {
            let (a, b) = (matrix(m, k, 1), matrix(n, k, 2).reversed_axes());
            let expected = a.dot(&b);
            assert!(m * k * n > ONE_PIECE, "a product that is cut");
            assert_eq!(product(a.view(), b.view()).values(), expected.as_slice().unwrap());
            let mut sum = vec![1.0; m * n];
            add_product(&mut sum, a.view(), b.view());
            assert!(sum.iter().zip(&expected).all(|(sum, x)| *sum == x + 1.0));
        }
        let mut large = Array2::from_elem((6, 7), 9.0);
        let (a, b) = (matrix(3, 4, 1), matrix(4, 2, 2));
        small_product(large.slice_mut(ndarray::s![..;2, 1..;3]), Accum::Replace, a.view(), b.view());
        assert_eq!(large.slice(ndarray::s![..;2, 1..;3]), a.dot(&b));
        assert_eq!(large.iter().filter(|&&x| x == 9.0).count(), 42 - 6);
    }

    #[test]
    fn a_product_in_pieces_has_the_same_bits_on_any_number_of_threads() {
        for (m, k, n) in [(128, 784, 400), (400, 128, 784), (700, 300, 20)] {
            let (a, b) = (matrix(m, k, 3).mapv(|x| x as f32 / 7.0), matrix(k, n, 4).mapv(|x| x as f32 / 7.0));
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| product(a.view(), b.view()))
            };
            assert_eq!(on(1), on(3));
        }
    }
}
