//! The gated recurrent unit.

use super::super::elementwise::{sigmoid, tanh};
use super::{Lengths, RecurrentWeights, TOGETHER, matrix, matrix_mut};
use crate::tensor::product::{Accum, add_product, small_product};
use crate::tensor::{Element, Tensor, Var, contiguous, parallel};
use ndarray::s;
use rayon::prelude::*;

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
            let groups = (
                gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size()),
                candidates.values_mut().par_chunks_mut(TOGETHER * steps * h),
                states.values_mut().par_chunks_mut(TOGETHER * steps * h),
                start.values().par_chunks(TOGETHER * h),
            );
            groups.into_par_iter().for_each(|(gates, candidates, states, start)| {
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
                let groups = (
                    gates.values_mut().par_chunks_mut(TOGETHER * n.gates_size()),
                    candidates.values_mut().par_chunks_mut(TOGETHER * steps * h),
                    states.values().par_chunks(TOGETHER * steps * h),
                    gradient.values().par_chunks(TOGETHER * steps * h),
                    start.values().par_chunks(TOGETHER * h),
                    for_start.values_mut().par_chunks_mut(TOGETHER * h),
                );
                groups.into_par_iter().for_each(|(gates, candidates, states, gradient, start, grad)| {
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
                });
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
