//! Picking by index: embeddings, and one element of each row.

use crate::tensor::{Element, Tensor, Var, contiguous, tensor};
use ndarray::IxDyn;

impl<'t, E: Element> Var<'t, E> {
    /// Rows of a table: `[rows, width]` → `[indices, width]`. The gradient touches only the rows that were picked, each
    /// as often as it was.
    ///
    /// # Panics
    /// If an index is no row.
    pub fn index_select(self, indices: &[usize]) -> Self {
        let [rows, width] = self.dims("a table [rows, width]");
        let table = self.ordered();
        let mut picked = Tensor::unset([indices.len(), width]);
        for (out, &index) in picked.values_mut().chunks_exact_mut(width.max(1)).zip(indices) {
            assert!(index < rows, "row {index} of {rows}");
            out.copy_from_slice(&table.values()[index * width..(index + 1) * width]);
        }
        let (index, indices) = (self.index(), indices.to_vec());
        self.tape().record(picked, &[self], move |gradient, gradients| {
            let gradient = contiguous(&gradient);
            gradients.add_rows(index, indices, gradient);
        })
    }

    /// One element of each row of the last axis: `[.., n]` with an index for each row → `[..]`.
    ///
    /// # Panics
    /// If there are not as many indices as rows, or an index lies beyond the row.
    pub fn gather(self, indices: &[usize]) -> Self {
        let value = self.ordered();
        let width = *value.shape().last().expect("a last axis");
        assert_eq!(value.len(), indices.len() * width, "an index for each row");
        let rows = value.values().chunks_exact(width.max(1)).zip(indices);
        let picked = rows.map(|(row, &index)| row[index]).collect();
        let shape = IxDyn(&value.shape()[..value.ndim() - 1]);
        let (index, indices) = (self.index(), indices.to_vec());
        self.tape().record(tensor(shape, picked), &[self], move |gradient, gradients| {
            gradients.accumulate(index, |sums| {
                let rows = sums.chunks_exact_mut(width.max(1)).zip(&indices).zip(&gradient);
                rows.for_each(|((row, &index), &g)| row[index] += g);
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn picking_has_right_gradients() {
        check("rows", &[&[4, 3]], |_, x| x[0].index_select(&[1, 3, 1, 0]).square());
        check("no rows", &[&[4, 3]], |_, x| x[0].index_select(&[]));
        check("rows of something computed", &[&[4, 3]], |_, x| x[0].tanh().index_select(&[1, 3, 1]));
        check("rows and more", &[&[4, 3]], |_, x| x[0].index_select(&[1, 3, 1]).sum() * x[0].square().sum());
        check("one of each row", &[&[2, 2, 3]], |_, x| x[0].gather(&[2, 0, 1, 1]).square());
    }

    #[test]
    fn a_sparse_leaf_keeps_only_the_rows_that_were_touched() {
        let tape = Tape::new();
        let table = tape.sparse_leaf(tensor([1000, 2], vec![1.0_f64; 2000]));
        let gradients = (table.index_select(&[7, 3, 7]).sum() + table.index_select(&[3]).sum()).backward();
        assert!(gradients.of(table).is_none());
        let rows = gradients.rows_of(table).expect("rows");
        assert_eq!(rows.rows().collect::<Vec<_>>(), [(3, &[2.0, 2.0][..]), (7, &[2.0, 2.0][..])]);
    }
}
