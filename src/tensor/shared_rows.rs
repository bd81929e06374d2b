//! A table that several threads write to at once without a lock ("Hogwild!", Niu et al. 2011).
//!
//! Two numbers to a cell, read and written as relaxed atomics: a thread may miss what another has just written, as hogwild
//! has it, but there is no data race in the sense of the language. On one thread it is a plain table.

use super::Element;
use super::parallel::with_simd;
use pulp::{Simd, WithSimd};
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers to which rows are padded: whole registers of every width.
pub const LANES: usize = 16;

/// Rows of `f32`, padded with zeros.
pub struct SharedRows {
    /// Numbers of a row, and of a row with its padding.
    width: usize,
    padded: usize,
    cells: Vec<AtomicU64>,
}

impl SharedRows {
    /// Of rows `[count, width]`, one after another.
    ///
    /// # Panics
    /// If the values are not whole rows.
    pub fn new(width: usize, values: &[f32]) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "whole rows of {width}");
        let padded = width.next_multiple_of(LANES);
        let mut cells = Vec::with_capacity(values.len() / width * padded / 2);
        for row in values.chunks_exact(width) {
            let at = |place: usize| row.get(place).copied().unwrap_or(0.0);
            cells.extend((0..padded / 2).map(|pair| AtomicU64::new(joined([at(2 * pair), at(2 * pair + 1)]))));
        }
        SharedRows { width, padded, cells }
    }

    pub fn len(&self) -> usize {
        2 * self.cells.len() / self.padded
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub fn padded(&self) -> usize {
        self.padded
    }

    fn row(&self, row: usize) -> &[AtomicU64] {
        &self.cells[row * self.padded / 2..][..self.padded / 2]
    }

    /// Copies a row with its padding.
    ///
    /// # Panics
    /// If there is no such row, or `out` is not as long as a row with its padding.
    #[inline(always)]
    pub fn read(&self, row: usize, out: &mut [f32]) {
        let (pairs, rest) = out.as_chunks_mut::<2>();
        assert!(rest.is_empty() && pairs.len() == self.padded / 2, "a padded row");
        for (pair, cell) in pairs.iter_mut().zip(self.row(row)) {
            *pair = parted(cell.load(Ordering::Relaxed));
        }
    }

    /// Writes a row with its padding.
    ///
    /// # Panics
    /// As [`read`](Self::read).
    #[inline(always)]
    pub fn write(&self, row: usize, values: &[f32]) {
        let (pairs, rest) = values.as_chunks::<2>();
        assert!(rest.is_empty() && pairs.len() == self.padded / 2, "a padded row");
        for (pair, cell) in pairs.iter().zip(self.row(row)) {
            cell.store(joined(*pair), Ordering::Relaxed);
        }
    }

    /// Adds to a row.
    ///
    /// # Panics
    /// As [`read`](Self::read).
    pub fn add(&self, row: usize, change: &[f32]) {
        let mut values = vec![0.0; self.padded];
        self.read(row, &mut values);
        values.iter_mut().zip(change).for_each(|(value, change)| *value += change);
        self.write(row, &values);
    }

    /// All rows without padding, `[count, width]`.
    pub fn values(&self) -> Vec<f32> {
        let mut row = vec![0.0; self.padded];
        let mut values = Vec::with_capacity(self.len() * self.width);
        for index in 0..self.len() {
            self.read(index, &mut row);
            values.extend_from_slice(&row[..self.width]);
        }
        values
    }
}

/// Room for [`contrast`], kept from one to the next.
#[derive(Debug, Default)]
pub struct Room {
    inputs: Vec<f32>,
    outputs: Vec<f32>,
    input_changes: Vec<f32>,
    output_changes: Vec<f32>,
    logits: Vec<f32>,
    row: Vec<f32>,
}

/// How the rows of a table stand for inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// Each row is one.
    Each,
    /// Their mean is the only one.
    Mean,
}

/// One step of logistic regression between inputs h and rows o of another table: for every input h, σ(h·o₀) is to be 1 and
/// σ(h·o_k) to be 0 for k > 0. All gradients are those at the values that were read, and rows are changed once, by
/// `rate` times the gradient's other way. A row o_k that is o₀ itself changes nothing.
///
/// Gives Σ −ln σ(±h·o) over all pairs if `with_loss`, else 0.
///
/// # Panics
/// If there is no row of a given number, or the tables have rows of different widths.
pub fn contrast(
    (table, rows, kind): (&SharedRows, &[u32], Inputs),
    (others, columns): (&SharedRows, &[u32]),
    rate: f32,
    room: &mut Room,
    with_loss: bool,
) -> f32 {
    assert_eq!(table.padded, others.padded, "rows of one width");
    if rows.is_empty() || columns.is_empty() {
        return 0.0;
    }
    with_simd(Step { table, rows, kind, others, columns, rate, room, with_loss })
}

/// The arguments of [`contrast`].
struct Step<'a> {
    table: &'a SharedRows,
    rows: &'a [u32],
    kind: Inputs,
    others: &'a SharedRows,
    columns: &'a [u32],
    rate: f32,
    room: &'a mut Room,
    with_loss: bool,
}

impl WithSimd for Step<'_> {
    type Output = f32;

    // Loops, not adaptors with closures: those would be compiled for the smallest instruction set.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let Step { table, rows, kind, others, columns, rate, room, with_loss } = self;
        let width = table.padded;
        let inputs = if kind == Inputs::Mean { 1 } else { rows.len() };
        let share = 1.0 / rows.len() as f32;
        room.row.resize(width, 0.0);
        room.inputs.resize(rows.len() * width, 0.0);
        room.outputs.resize(columns.len() * width, 0.0);
        for (row, out) in rows.iter().zip(room.inputs.chunks_exact_mut(width)) {
            table.read(*row as usize, out);
        }
        for (row, out) in columns.iter().zip(room.outputs.chunks_exact_mut(width)) {
            others.read(*row as usize, out);
        }
        if kind == Inputs::Mean {
            let (mean, rest) = room.inputs.split_at_mut(width);
            for row in rest.chunks_exact(width) {
                add_scaled(simd, mean, 1.0, row);
            }
            for value in mean {
                *value *= share;
            }
        }
        room.logits.resize(inputs * columns.len(), 0.0);
        for (h, logits) in room.inputs.chunks_exact(width).zip(room.logits.chunks_exact_mut(columns.len())) {
            for (o, logit) in room.outputs.chunks_exact(width).zip(logits) {
                *logit = dot(simd, h, o);
            }
        }
        let loss = if with_loss { losses(&room.logits, columns) } else { 0.0 };
        // rate · (label − σ(logit)), in place.
        for logit in &mut room.logits {
            *logit = -rate / (1.0 + (-*logit).fast_exp());
        }
        for logits in room.logits.chunks_exact_mut(columns.len()) {
            logits[0] += rate;
            for (logit, column) in logits.iter_mut().zip(columns).skip(1) {
                if *column == columns[0] {
                    *logit = 0.0;
                }
            }
        }
        room.input_changes.clear();
        room.input_changes.resize(inputs * width, 0.0);
        room.output_changes.clear();
        room.output_changes.resize(columns.len() * width, 0.0);
        let grads = room.logits.chunks_exact(columns.len());
        let each = room.inputs.chunks_exact(width).zip(room.input_changes.chunks_exact_mut(width)).zip(grads);
        for ((h, change), grads) in each {
            let outputs = room.outputs.chunks_exact(width).zip(room.output_changes.chunks_exact_mut(width));
            for ((o, output_change), grad) in outputs.zip(grads) {
                add_scaled(simd, change, *grad, o);
                add_scaled(simd, output_change, *grad, h);
            }
        }
        // Read anew: a row may stand among the rows twice, and others write at the same time.
        let last = inputs - 1;
        let factor = if kind == Inputs::Mean { share } else { 1.0 };
        for (place, row) in rows.iter().enumerate() {
            let change = &room.input_changes[place.min(last) * width..][..width];
            table.read(*row as usize, &mut room.row);
            add_scaled(simd, &mut room.row, factor, change);
            table.write(*row as usize, &room.row);
        }
        for (row, change) in columns.iter().zip(room.output_changes.chunks_exact(width)) {
            others.read(*row as usize, &mut room.row);
            add_scaled(simd, &mut room.row, 1.0, change);
            others.write(*row as usize, &room.row);
        }
        loss
    }
}

/// Σ −ln σ(±logit); a column that is the first one again is no negative.
fn losses(logits: &[f32], columns: &[u32]) -> f32 {
    let softplus = |x: f32| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let of = |logits: &[f32]| {
        let rest = logits.iter().zip(columns).skip(1).filter(|(_, column)| **column != columns[0]);
        softplus(-logits[0]) + rest.map(|(logit, _)| softplus(*logit)).sum::<f32>()
    };
    logits.chunks_exact(columns.len()).map(of).sum()
}

/// Σ aᵢ bᵢ of padded rows.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let mut sum = simd.splat_f32s(0.0);
    for (a, b) in S::as_simd_f32s(a).0.iter().zip(S::as_simd_f32s(b).0) {
        sum = simd.mul_add_f32s(*a, *b, sum);
    }
    simd.reduce_sum_f32s(sum)
}

/// `out += factor · row` for padded rows.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, out: &mut [f32], factor: f32, row: &[f32]) {
    let factor = simd.splat_f32s(factor);
    for (out, row) in S::as_mut_simd_f32s(out).0.iter_mut().zip(S::as_simd_f32s(row).0) {
        *out = simd.mul_add_f32s(factor, *row, *out);
    }
}

fn joined([a, b]: [f32; 2]) -> u64 {
    u64::from(a.to_bits()) | u64::from(b.to_bits()) << 32
}

fn parted(cell: u64) -> [f32; 2] {
    [f32::from_bits(cell as u32), f32::from_bits((cell >> 32) as u32)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_and_added_to() {
        let values: Vec<f32> = (0..6).map(|value| value as f32 - 2.5).collect();
        let rows = SharedRows::new(3, &values);
        assert_eq!((rows.len(), rows.padded(), rows.values()), (2, 16, values));
        let mut change = [0.0; 16];
        change[..3].copy_from_slice(&[1.0, -1.0, 0.5]);
        rows.add(1, &change);
        rows.read(1, &mut change);
        assert_eq!((&change[..3], change[3..].iter().sum::<f32>()), (&[1.5, 0.5, 3.0][..], 0.0));
    }

    /// The step is the gradient of the loss, by central differences.
    #[test]
    fn a_step_goes_down_the_gradient() {
        let number = |place: usize| ((place * 37 + 11) % 19) as f32 / 19.0 - 0.5;
        let (width, rows, columns) = (5, [2_u32, 0, 2], [1_u32, 3, 1, 0]);
        let start: [Vec<f32>; 2] = [0, 7].map(|shift| (0..4 * width).map(|place| number(place + shift)).collect());
        for kind in [Inputs::Each, Inputs::Mean] {
            let loss = |values: &[Vec<f32>; 2]| {
                let tables = [0, 1].map(|table| SharedRows::new(width, &values[table]));
                contrast((&tables[0], &rows, kind), (&tables[1], &columns), 0.0, &mut Room::default(), true)
            };
            let tables = [0, 1].map(|table| SharedRows::new(width, &start[table]));
            contrast((&tables[0], &rows, kind), (&tables[1], &columns), 1.0, &mut Room::default(), false);
            for table in 0..2 {
                let after = tables[table].values();
                for place in 0..4 * width {
                    let at = |by: f32| {
                        let mut values = start.clone();
                        values[table][place] += by;
                        loss(&values)
                    };
                    let grad = (at(1e-2) - at(-1e-2)) / 2e-2;
                    let step = after[place] - start[table][place];
                    assert!((step + grad).abs() < 2e-3, "{kind:?} table {table}, {place}: {step} against {}", -grad);
                }
            }
        }
    }

    /// Additions of whole numbers to rows of their own are all there, whoever made them.
    #[test]
    fn threads_write_at_once() {
        let rows = SharedRows::new(2, &[0.0; 8]);
        std::thread::scope(|scope| {
            for row in 0..4 {
                let rows = &rows;
                scope.spawn(move || {
                    let mut change = [0.0; LANES];
                    change[1] = 1.0;
                    (0..1000).for_each(|_| rows.add(row, &change));
                });
            }
        });
        assert_eq!(rows.values(), [0.0, 1000.0, 0.0, 1000.0, 0.0, 1000.0, 0.0, 1000.0]);
    }
}
