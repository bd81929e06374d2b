//! Long short-term memory.

use super::super::elementwise::{sigmoid, tanh};
use super::{Lengths, RecurrentWeights, TOGETHER, matrix, matrix_mut};
use crate::tensor::product::{Accum, small_product};
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use rayon::prelude::*;

impl<'t, E: Element> Var<'t, E> {
    /// Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) over a sequence:
    /// x `[batch, steps, inputs]`, first state and first cell `[batch, h]` → state and cell after each step,
    /// `[batch, steps, h]` each.
    ///
    /// ```text
    /// i, f, o = σ(W x + b + U h + c)      g = tanh(W_g x + b_g + U_g h + c_g)
    /// cell ← f ⊙ cell + i ⊙ g             h ← o ⊙ tanh(cell)
    /// ```
    ///
    /// The gates lie in the order i, f, g, o in the weights.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn lstm(self, first: (Self, Self), weights: RecurrentWeights<'t, E>) -> (Self, Self) {
        let n = Lengths::of(self, first.0, &weights, 4);
        let (h, steps) = (n.hidden, n.steps);
        assert_eq!(first.1.dims("a cell [batch, h]"), [n.batch, h], "a cell for each state");
        let (x, start, start_cell) = (self.ordered(), first.0.ordered(), first.1.ordered());
        let [w, u, b, c] = weights.all().map(Var::ordered);
        let mut gates = n.input_gates(&x, &w, b.values()); // i, f, g and o in the end
        let mut both = Tensor::unset([2, n.batch, steps, h]);
        if n.rows() * h > 0 {
            let (states, cells) = both.values_mut().split_at_mut(n.rows() * h);
            let groups = (
                gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size()),
                states.par_chunks_mut(TOGETHER * steps * h),
                cells.par_chunks_mut(TOGETHER * steps * h),
                start.values().par_chunks(TOGETHER * h),
                start_cell.values().par_chunks(TOGETHER * h),
            );
            groups.into_par_iter().for_each(|(gates, states, cells, start, start_cell)| {
                let (mut state, mut cell) = (E::pool().copy(start), E::pool().copy(start_cell));
                let mut from_state = E::pool().take(4 * state.len());
                for step in 0..steps {
                    from_state.chunks_exact_mut(4 * h).for_each(|row| row.copy_from_slice(c.values()));
                    small_product(matrix_mut(&mut from_state, 4 * h), Accum::Add, matrix(&state, h), u.rows().t());
                    let rows = state.chunks_exact_mut(h).zip(cell.chunks_exact_mut(h));
                    for (index, ((state, cell), from_state)) in rows.zip(from_state.chunks_exact(4 * h)).enumerate() {
                        let at = index * steps + step;
                        lstm_step(&mut gates[at * 4 * h..(at + 1) * 4 * h], from_state, state, cell);
                        states[at * h..(at + 1) * h].copy_from_slice(state);
                        cells[at * h..(at + 1) * h].copy_from_slice(cell);
                    }
                }
                [state, cell, from_state].into_iter().for_each(|buffer| E::pool().give(buffer));
            });
        }
        let inputs = [self, first.0, first.1, weights.input, weights.hidden, weights.input_bias, weights.hidden_bias];
        let indices = inputs.map(Var::index);
        let both_index = self.tape().next();
        let both = self.tape().record(both, &inputs, move |gradient, gradients| {
            let [x_index, first_index, cell_index, w_index, u_index, b_index, c_index] = indices;
            let gradient = contiguous(&gradient);
            let [x, start, start_cell, w, u] =
                [x_index, first_index, cell_index, w_index, u_index].map(|index| gradients.value(index));
            let both = gradients.value(both_index);
            let (states, cells) = both.values().split_at(n.rows() * h);
            let mut for_start = Tensor::filled([n.batch, h], E::zero());
            let mut for_cell = Tensor::filled([n.batch, h], E::zero());
            if n.rows() * h > 0 {
                let (for_states, for_cells) = gradient.values().split_at(n.rows() * h);
                let groups = (
                    gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size()),
                    cells.par_chunks(TOGETHER * steps * h),
                    for_states.par_chunks(TOGETHER * steps * h),
                    for_cells.par_chunks(TOGETHER * steps * h),
                    start_cell.values().par_chunks(TOGETHER * h),
                    for_start.values_mut().par_chunks_mut(TOGETHER * h),
                    for_cell.values_mut().par_chunks_mut(TOGETHER * h),
                );
                groups.into_par_iter().for_each(|(gates, cells, for_states, for_cells, start, grad, cell_grad)| {
                    let mut to_state = E::pool().take(4 * start.len());
                    for step in (0..steps).rev() {
                        let rows = grad.chunks_exact_mut(h).zip(cell_grad.chunks_exact_mut(h));
                        for (index, ((grad, cell_grad), to_state)) in
                            rows.zip(to_state.chunks_exact_mut(4 * h)).enumerate()
                        {
                            let at = index * steps + step;
                            let own = at * h..(at + 1) * h;
                            let before = match step {
                                0 => &start[index * h..(index + 1) * h],
                                _ => &cells[(at - 1) * h..at * h],
                            };
                            for (grad, &g) in grad.iter_mut().zip(&for_states[own.clone()]) {
                                *grad += g;
                            }
                            for (grad, &g) in cell_grad.iter_mut().zip(&for_cells[own.clone()]) {
                                *grad += g;
                            }
                            let gates = &mut gates[at * 4 * h..(at + 1) * 4 * h];
                            lstm_step_back(gates, before, &cells[own], grad, cell_grad);
                            to_state.copy_from_slice(gates);
                        }
                        small_product(matrix_mut(grad, h), Accum::Replace, matrix(&to_state, 4 * h), u.rows());
                    }
                    E::pool().give(to_state);
                });
            }
            gradients.add_product(w_index, gates.rows().t(), x.rows());
            gradients.add_product(x_index, gates.rows(), w.rows());
            let before = n.before(&start, states);
            gradients.add_product(u_index, gates.rows().t(), before.rows());
            for index in [b_index, c_index] {
                gradients.accumulate(index, |sums| parallel::add_columns(sums, gates.values()));
            }
            gradients.add(first_index, for_start);
            gradients.add(cell_index, for_cell);
        });
        (both.at(0, 0), both.at(0, 1))
    }
}

/// One step of one sequence: `gates` `[4h]` holds what comes from the input and then i, f, g, o; state and cell are moved on.
fn lstm_step<E: Element>(gates: &mut [E], from_state: &[E], state: &mut [E], cell: &mut [E]) {
    let h = state.len();
    parallel::vectorised(
        #[inline(always)]
        || {
            for (gate, &from) in gates.iter_mut().zip(from_state) {
                *gate += from;
            }
            let (two, rest) = gates.split_at_mut(2 * h);
            let (g, o) = rest.split_at_mut(h);
            for gate in &mut *two {
                *gate = sigmoid(*gate);
            }
            for gate in &mut *o {
                *gate = sigmoid(*gate);
            }
            for gate in g.iter_mut() {
                *gate = tanh(*gate);
            }
            let (i, f) = two.split_at(h);
            let gates = i.iter().zip(f).zip(g.iter().zip(o.iter()));
            for (((&i, &f), (&g, &o)), (state, cell)) in gates.zip(state.iter_mut().zip(cell)) {
                *cell = f * *cell + i * g;
                *state = o * tanh(*cell);
            }
        },
    );
}

/// The way back of [`lstm_step`]: `gates` become the gradients before σ and tanh, `cell_grad` goes from after the step to
/// before it.
fn lstm_step_back<E: Element>(gates: &mut [E], before: &[E], cell: &[E], grad: &[E], cell_grad: &mut [E]) {
    let h = grad.len();
    parallel::vectorised(
        #[inline(always)]
        || {
            let (i, rest) = gates.split_at_mut(h);
            let (f, rest) = rest.split_at_mut(h);
            let (g, o) = rest.split_at_mut(h);
            let gates = i.iter_mut().zip(f).zip(g.iter_mut().zip(o));
            let cells = before.iter().zip(cell).zip(grad.iter().zip(cell_grad));
            for (((i, f), (g, o)), ((&before, &cell), (&grad, cell_grad))) in gates.zip(cells) {
                let one = E::one();
                let t = tanh(cell);
                let for_cell = *cell_grad + grad * *o * (one - t * t);
                let for_o = grad * t * *o * (one - *o);
                let for_i = for_cell * *g * *i * (one - *i);
                let for_f = for_cell * before * *f * (one - *f);
                let for_g = for_cell * *i * (one - *g * *g);
                *cell_grad = for_cell * *f;
                (*i, *f, *g, *o) = (for_i, for_f, for_g, for_o);
            }
        },
    );
}
