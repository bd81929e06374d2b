//! Recurrent cells over whole sequences.
//!
//! The product with the inputs of all steps is one, before the loop; so are, on the way back, the products for the
//! weights, after it. The sequences of a batch do not meet, so a few of them at a time go through all steps on one core.

use super::elementwise::{sigmoid, tanh};
use crate::tensor::product::{Accum, add_product, product_then, small_product};
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use ndarray::{ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;

/// Sequences that go through the steps together.
const TOGETHER: usize = 16;

/// The weights of a recurrent layer: `[gates · h, inputs]`, `[gates · h, h]` and a bias `[gates · h]` for each of the two.
#[derive(Debug, Clone, Copy)]
pub struct RecurrentWeights<'t, E: Element> {
    pub input: Var<'t, E>,
    pub hidden: Var<'t, E>,
    pub input_bias: Var<'t, E>,
    pub hidden_bias: Var<'t, E>,
}

impl<'t, E: Element> RecurrentWeights<'t, E> {
    fn all(&self) -> [Var<'t, E>; 4] {
        [self.input, self.hidden, self.input_bias, self.hidden_bias]
    }
}

/// The lengths of one call.
#[derive(Clone, Copy)]
struct Lengths {
    batch: usize,
    steps: usize,
    hidden: usize,
    gates: usize,
}

impl Lengths {
    fn of<E: Element>(x: Var<E>, state: Var<E>, weights: &RecurrentWeights<E>, gates: usize) -> Self {
        let [batch, steps, inputs] = x.dims("a sequence [batch, steps, inputs]");
        let [state_batch, hidden] = state.dims("a state [batch, h]");
        assert_eq!(batch, state_batch, "a state for each sequence");
        assert_eq!(weights.input.dims("weights [gates h, inputs]"), [gates * hidden, inputs], "weights of the inputs");
        assert_eq!(weights.hidden.dims("weights [gates h, h]"), [gates * hidden, hidden], "weights of the state");
        for bias in [weights.input_bias, weights.hidden_bias] {
            assert_eq!(bias.dims("a bias [gates h]"), [gates * hidden], "a bias for each gate");
        }
        Lengths { batch, steps, hidden, gates }
    }

    fn rows(&self) -> usize {
        self.batch * self.steps
    }

    /// Elements of the gates of one sequence.
    fn gates_size(&self) -> usize {
        self.steps * self.gates * self.hidden
    }

    /// x Wᵀ + b for all steps: `[batch · steps, gates · h]`.
    fn input_gates<E: Element>(&self, x: &Tensor<E>, weight: &Tensor<E>, bias: &[E]) -> Tensor<E> {
        product_then(x.rows(), weight.rows().t(), |_, column, part| {
            let bias = &bias[column..column + part.len()];
            parallel::vectorised(
                #[inline(always)]
                || {
                    for (y, &b) in part.iter_mut().zip(bias) {
                        *y += b;
                    }
                },
            );
        })
    }

    /// What the states were before each step: `[batch · steps, h]`.
    fn before<E: Element>(&self, first: &Tensor<E>, states: &[E]) -> Tensor<E> {
        let (h, steps) = (self.hidden, self.steps);
        let mut before = Tensor::unset([self.batch, steps, h]);
        parallel::each_row(before.values_mut(), (steps * h).max(1), |index, out| {
            out[..h].copy_from_slice(&first.values()[index * h..(index + 1) * h]);
            out[h..].copy_from_slice(&states[index * steps * h..((index + 1) * steps - 1) * h]);
        });
        before
    }
}

impl<'t, E: Element> Var<'t, E> {
    /// The gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) over a sequence: x `[batch, steps, inputs]`, first
    /// state `[batch, h]` → the state after each step `[batch, steps, h]`.
    ///
    /// ```text
    /// r = σ(W_r x + b_r + U_r h + c_r)      z = σ(W_z x + b_z + U_z h + c_z)
    /// n = tanh(W_n x + b_n + r ⊙ (U_n h + c_n))      h ← (1 − z) ⊙ n + z ⊙ h
    /// ```
    ///
    /// The gates lie in the order r, z, n in the weights.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn gru(self, first: Self, weights: RecurrentWeights<'t, E>) -> Self {
        let n = Lengths::of(self, first, &weights, 3);
        let (h, steps) = (n.hidden, n.steps);
        let (x, start) = (self.ordered(), first.ordered());
        let [w, u, b, c] = weights.all().map(Var::ordered);
        // r, z and n in the end, U_n h + c_n beside them.
        let mut gates = n.input_gates(&x, &w, b.values());
        let mut candidates = Tensor::unset([n.rows(), h]);
        let mut states = Tensor::unset([n.batch, steps, h]);
        if n.rows() * h > 0 {
            let groups = gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size());
            let groups = groups.zip(candidates.values_mut().par_chunks_mut(TOGETHER * steps * h));
            let groups = groups.zip(states.values_mut().par_chunks_mut(TOGETHER * steps * h));
            groups.zip(start.values().par_chunks(TOGETHER * h)).for_each(|(((gates, candidates), states), start)| {
                let mut state = E::pool().copy(start);
                let mut from_state = E::pool().take(3 * state.len());
                for step in 0..steps {
                    from_state.chunks_exact_mut(3 * h).for_each(|row| row.copy_from_slice(c.values()));
                    small_product(matrix_mut(&mut from_state, 3 * h), Accum::Add, matrix(&state, h), u.rows().t());
                    for (index, (state, from_state)) in
                        state.chunks_exact_mut(h).zip(from_state.chunks_exact(3 * h)).enumerate()
                    {
                        let at = index * steps + step;
                        let gates = &mut gates[at * 3 * h..(at + 1) * 3 * h];
                        gru_step(gates, &mut candidates[at * h..(at + 1) * h], from_state, state);
                        states[at * h..(at + 1) * h].copy_from_slice(state);
                    }
                }
                E::pool().give(state);
                E::pool().give(from_state);
            });
        }
        let inputs = [self, first, weights.input, weights.hidden, weights.input_bias, weights.hidden_bias];
        let indices = inputs.map(Var::index);
        let states_index = self.tape().next();
        self.tape().record(states, &inputs, move |gradient, gradients| {
            let [x_index, first_index, w_index, u_index, b_index, c_index] = indices;
            let gradient = contiguous(&gradient);
            let [x, start, w, u] = [x_index, first_index, w_index, u_index].map(|index| gradients.value(index));
            let states = gradients.value(states_index);
            let mut for_start = Tensor::filled([n.batch, h], E::zero());
            if n.rows() * h > 0 {
                let groups = gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size());
                let groups = groups.zip(candidates.values_mut().par_chunks_mut(TOGETHER * steps * h));
                let groups = groups.zip(states.values().par_chunks(TOGETHER * steps * h));
                let groups = groups.zip(gradient.values().par_chunks(TOGETHER * steps * h));
                let groups = groups.zip(start.values().par_chunks(TOGETHER * h));
                groups.zip(for_start.values_mut().par_chunks_mut(TOGETHER * h)).for_each(
                    |(((((gates, candidates), states), gradient), start), grad)| {
                        let mut to_state = E::pool().take(3 * start.len());
                        for step in (0..steps).rev() {
                            for (index, (grad, to_state)) in
                                grad.chunks_exact_mut(h).zip(to_state.chunks_exact_mut(3 * h)).enumerate()
                            {
                                let at = index * steps + step;
                                let before = match step {
                                    0 => &start[index * h..(index + 1) * h],
                                    _ => &states[(at - 1) * h..at * h],
                                };
                                let gradient = &gradient[at * h..(at + 1) * h];
                                for (grad, &g) in grad.iter_mut().zip(gradient) {
                                    *grad += g;
                                }
                                let gates = &mut gates[at * 3 * h..(at + 1) * 3 * h];
                                gru_step_back(gates, &mut candidates[at * h..(at + 1) * h], before, grad, to_state);
                            }
                            small_product(matrix_mut(grad, h), Accum::Add, matrix(&to_state, 3 * h), u.rows());
                        }
                        E::pool().give(to_state);
                    },
                );
            }
            let (gates, candidates) = (&gates, &candidates);
            gradients.add_product(w_index, gates.rows().t(), x.rows());
            gradients.add_product(x_index, gates.rows(), w.rows());
            let before = n.before(&start, states.values());
            gradients.accumulate(u_index, |sums| {
                let (for_two, for_candidate) = sums.split_at_mut(2 * h * h);
                add_product(for_two, gates.rows().slice(s![.., ..2 * h]).t(), before.rows());
                add_product(for_candidate, candidates.rows().t(), before.rows());
            });
            let mut sums = E::pool().filled(3 * h, E::zero());
            parallel::add_columns(&mut sums, gates.values());
            gradients.accumulate(b_index, |all| parallel::update_with(all, &sums, |a, b| a + b));
            sums[2 * h..].fill(E::zero());
            parallel::add_columns(&mut sums[2 * h..], candidates.values());
            gradients.accumulate(c_index, |all| parallel::update_with(all, &sums, |a, b| a + b));
            E::pool().give(sums);
            gradients.add(first_index, for_start);
        })
    }

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
            let groups = gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size());
            let groups = groups.zip(states.par_chunks_mut(TOGETHER * steps * h));
            let groups = groups.zip(cells.par_chunks_mut(TOGETHER * steps * h));
            let starts = start.values().par_chunks(TOGETHER * h).zip(start_cell.values().par_chunks(TOGETHER * h));
            groups.zip(starts).for_each(|(((gates, states), cells), (start, start_cell))| {
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
                let groups = gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size());
                let groups = groups.zip(cells.par_chunks(TOGETHER * steps * h));
                let grads = for_states.par_chunks(TOGETHER * steps * h).zip(for_cells.par_chunks(TOGETHER * steps * h));
                let groups = groups.zip(grads).zip(start_cell.values().par_chunks(TOGETHER * h));
                let outs = for_start.values_mut().par_chunks_mut(TOGETHER * h);
                let outs = outs.zip(for_cell.values_mut().par_chunks_mut(TOGETHER * h));
                groups.zip(outs).for_each(|((((gates, cells), (for_states, for_cells)), start), (grad, cell_grad))| {
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

fn matrix<E: Element>(values: &[E], width: usize) -> ArrayView2<'_, E> {
    ArrayView2::from_shape((values.len() / width, width), values).expect("rows")
}

fn matrix_mut<E: Element>(values: &mut [E], width: usize) -> ArrayViewMut2<'_, E> {
    ArrayViewMut2::from_shape((values.len() / width, width), values).expect("rows")
}

/// One step of one sequence: `gates` `[3h]` holds what comes from the input and then r, z, n; `candidate` what n saw of the
/// state; `state` is moved on.
fn gru_step<E: Element>(gates: &mut [E], candidate: &mut [E], from_state: &[E], state: &mut [E]) {
    let h = state.len();
    parallel::vectorised(
        #[inline(always)]
        || {
            let (two, n) = gates.split_at_mut(2 * h);
            let (from_two, from_n) = from_state.split_at(2 * h);
            for (gate, &from) in two.iter_mut().zip(from_two) {
                *gate = sigmoid(*gate + from);
            }
            candidate.copy_from_slice(from_n);
            let (r, z) = two.split_at(h);
            for ((n, &r), &from) in n.iter_mut().zip(r).zip(from_n) {
                *n = tanh(*n + r * from);
            }
            for ((state, &mut n), &z) in state.iter_mut().zip(n).zip(z) {
                *state = n + z * (*state - n);
            }
        },
    );
}

/// The way back of [`gru_step`]: `gates` become the gradients before σ and tanh as the input sees them, `candidate` that of n
/// as the state sees it, `to_state` all three as the state sees them; `grad` goes from after the step to before it, but
/// for what `to_state` still brings.
fn gru_step_back<E: Element>(gates: &mut [E], candidate: &mut [E], before: &[E], grad: &mut [E], to_state: &mut [E]) {
    let h = grad.len();
    parallel::vectorised(
        #[inline(always)]
        || {
            let (r, rest) = gates.split_at_mut(h);
            let (z, n) = rest.split_at_mut(h);
            let (to_r, rest) = to_state.split_at_mut(h);
            let (to_z, to_n) = rest.split_at_mut(h);
            let gates = r.iter_mut().zip(z).zip(n);
            let to_gates = to_r.iter_mut().zip(to_z).zip(to_n);
            let states = candidate.iter_mut().zip(before).zip(grad);
            for ((((r, z), n), ((to_r, to_z), to_n)), ((candidate, &before), grad)) in gates.zip(to_gates).zip(states) {
                let one = E::one();
                let for_n = *grad * (one - *z) * (one - *n * *n);
                let for_z = *grad * (before - *n) * *z * (one - *z);
                let for_r = for_n * *candidate * *r * (one - *r);
                *grad *= *z;
                *candidate = for_n * *r;
                (*to_r, *to_z, *to_n) = (for_r, for_z, *candidate);
                (*r, *z, *n) = (for_r, for_z, for_n);
            }
        },
    );
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, tensor};

    fn weights<'t>(x: &[Var<'t, f64>]) -> RecurrentWeights<'t, f64> {
        RecurrentWeights { input: x[0], hidden: x[1], input_bias: x[2], hidden_bias: x[3] }
    }

    #[test]
    fn a_gru_has_right_gradients() {
        for (batch, steps, inputs, h) in [(2, 3, 2, 3), (1, 1, 1, 1), (17, 2, 1, 2), (0, 2, 2, 2)] {
            let shapes: [&[usize]; 6] =
                [&[batch, steps, inputs], &[batch, h], &[3 * h, inputs], &[3 * h, h], &[3 * h], &[3 * h]];
            check("gru", &shapes, |_, x| x[0].gru(x[1], weights(&x[2..])));
        }
    }

    #[test]
    fn an_lstm_has_right_gradients() {
        for (batch, steps, inputs, h) in [(2, 3, 2, 3), (1, 1, 1, 1), (17, 2, 1, 2), (0, 2, 2, 2)] {
            let shapes: [&[usize]; 7] =
                [&[batch, steps, inputs], &[batch, h], &[batch, h], &[4 * h, inputs], &[4 * h, h], &[4 * h], &[4 * h]];
            check("lstm", &shapes, |_, x| {
                let (states, cells) = x[0].lstm((x[1], x[2]), weights(&x[3..]));
                states + cells.square()
            });
        }
    }

    /// Two steps of the fused operation are two operations of one step.
    #[test]
    fn steps_can_be_taken_one_by_one() {
        let tape = Tape::without_gradients();
        let numbers = |shape: &[usize], seed: usize| {
            let count = shape.iter().product::<usize>();
            let values = (0..count).map(|i| ((i * 7 + seed) % 13) as f64 / 6.0 - 1.0).collect();
            tape.constant(tensor(ndarray::IxDyn(shape), values))
        };
        let (x, h) = (numbers(&[2, 2, 3], 1), numbers(&[2, 4], 2));
        let gru = weights(&[numbers(&[12, 3], 3), numbers(&[12, 4], 4), numbers(&[12], 5), numbers(&[12], 6)]);
        let first = x.narrow(1, 0..1).gru(h, gru).at(1, 0);
        let second = x.narrow(1, 1..2).gru(first, gru).at(1, 0);
        assert_eq!(x.gru(h, gru).at(1, 1).ordered(), second.ordered());
        let c = numbers(&[2, 4], 7);
        let lstm = weights(&[numbers(&[16, 3], 3), numbers(&[16, 4], 4), numbers(&[16], 5), numbers(&[16], 6)]);
        let first = x.narrow(1, 0..1).lstm((h, c), lstm);
        let second = x.narrow(1, 1..2).lstm((first.0.at(1, 0), first.1.at(1, 0)), lstm);
        let whole = x.lstm((h, c), lstm);
        assert_eq!(whole.0.at(1, 1).ordered(), second.0.at(1, 0).ordered());
        assert_eq!(whole.1.at(1, 1).ordered(), second.1.at(1, 0).ordered());
    }
}
