//! Matrix products: `faer`'s kernels over raw strides, cut by shape so that every number of threads gives the same bits.

use super::Element;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// Multiplications below which a product stays in one piece: about twenty microseconds of one core.
const ONE_PIECE: usize = 1 << 20;
/// Multiplications a piece beyond that, until there are [`MOST_PIECES`].
const PIECE: usize = 1 << 22;
const MOST_PIECES: usize = 8;
/// Rows or columns of the result in the smallest unit of a cut, a multiple of every kernel's tile.
const GRAIN: usize = 16;

/// `a b`: `[m, k]` × `[k, n]` → `[m, n]`, of any strides.
///
/// # Panics
/// If the inner lengths differ.
pub fn product<E: Element>(a: ArrayView2<E>, b: ArrayView2<E>) -> Array2<E> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    product_into(&mut out, a, b);
    out
}

/// `out = a b`.
///
/// # Panics
/// If the shapes do not fit or `out` is not in standard layout.
pub fn product_into<E: Element>(out: &mut Array2<E>, a: ArrayView2<E>, b: ArrayView2<E>) {
    let ((m, k), n) = (a.dim(), b.ncols());
    assert_eq!((k, (m, n)), (b.nrows(), out.dim()), "shapes of a product");
    assert!(out.is_standard_layout(), "a result in standard layout");
    if m * n == 0 {
        return;
    }
    if k == 0 {
        out.fill(E::zero());
        return;
    }
    let work = m * k * n;
    let wanted = if work <= ONE_PIECE { 1 } else { work.div_ceil(PIECE).clamp(2, MOST_PIECES).next_multiple_of(2) };
    let along_columns = n >= m;
    let length = if along_columns { n } else { m };
    let size = length.div_ceil(wanted).next_multiple_of(GRAIN);
    let start = Destination { pointer: out.as_mut_ptr(), row_stride: n as isize };
    let piece = |index: usize| {
        let (from, to) = (index * size, ((index + 1) * size).min(length));
        let (rows, columns) = if along_columns { (0..m, from..to) } else { (from..to, 0..n) };
        let a = a.slice(ndarray::s![rows.clone(), ..]);
        let b = b.slice(ndarray::s![.., columns.clone()]);
        // SAFETY: pieces cover disjoint rows or columns of `out`, which is borrowed mutably for the whole call and holds
        // m × n elements in rows of n; the inputs are views whose strides are those of valid memory.
        unsafe {
            let out = MatMut::from_raw_parts_mut(
                start.at(rows.start, columns.start),
                rows.len(),
                columns.len(),
                start.row_stride,
                1,
            );
            matmul(out, Accum::Replace, as_faer(&a), as_faer(&b), E::one(), Par::Seq);
        }
    };
    let pieces = length.div_ceil(size);
    if pieces == 1 { piece(0) } else { (0..pieces).into_par_iter().for_each(piece) }
}

/// Where the pieces of one product write.
struct Destination<E> {
    pointer: *mut E,
    row_stride: isize,
}

// SAFETY: threads write through it to disjoint places only (see `product_into`).
unsafe impl<E: Send> Sync for Destination<E> {}

impl<E> Destination<E> {
    /// # Safety
    /// The place must lie in the matrix.
    unsafe fn at(&self, row: usize, column: usize) -> *mut E {
        // SAFETY: by the caller.
        unsafe { self.pointer.offset(row as isize * self.row_stride + column as isize) }
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
            prop_assert_eq!(product(a.view(), b.view()), a.dot(&b));
        }
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
