//! Planning: values by dynamic programming, where P(s', r | s, a) is known (Sutton & Barto 2018, chapter 4).
//!
//! ```text
//! evaluation       V(s) ← Σ_a π(a|s) Σ P(s', r | s, a) (r + γ V(s'))
//! improvement      π(s) ← argmax_a Σ P(s', r | s, a) (r + γ V(s'))
//! value iteration  V(s) ← max_a Σ P(s', r | s, a) (r + γ V(s'))
//! ```

use super::dynamics::{Dynamics, greedy, largest};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Where backups come from, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Of the policy that takes each action with probability 1/4.
    PolicyEvaluation,
    /// Some sweeps of evaluation, then an improvement (Howard 1960; Puterman & Shin 1978).
    PolicyIteration { evaluation_sweeps: u32 },
    /// Each sweep from the values of the sweep before (Bellman 1957).
    ValueIteration,
    /// Each backup from the newest values; every other sweep goes from the last state to the first.
    InPlace,
    /// The state first whose value would change most (Moore & Atkeson 1993).
    PrioritisedSweeping,
}

/// An action of a policy in iteration; this one is all four with equal shares.
pub const ANY: u8 = 4;
/// A change too small to be swept for.
const NO_CHANGE: f64 = 1e-13;

/// Values on their way.
#[derive(Debug, Clone)]
pub struct Planner {
    pub method: Method,
    /// V of every cell; 0 for walls and ends.
    pub values: Vec<f64>,
    /// What a sweep that is not in place has found so far.
    pub found: Vec<f64>,
    /// The action of every cell, of policy iteration.
    pub policy: Vec<u8>,
    /// How much a backup would change each value, of prioritised sweeping.
    pub priority: Vec<f64>,
    /// Backups done in this sweep, and sweeps since the last improvement; in place, sweeps.
    pub done: [i64; 2],
    /// The largest change in this sweep.
    pub change: f64,
    /// Backups in all.
    pub backups: i64,
    /// Made from the priorities and the dynamics.
    queue: Option<Queue>,
}

#[derive(Debug, Clone)]
struct Queue {
    /// The largest first; those that are out of date are passed over.
    waiting: BinaryHeap<(u64, Reverse<u32>)>,
    predecessors: Vec<Vec<u32>>,
}

impl Planner {
    /// All values 0, the policy equal shares.
    pub fn new(method: Method, dynamics: &Dynamics, gamma: f64) -> Self {
        let cells = dynamics.cells();
        let mut planner = Planner {
            method,
            values: vec![0.0; cells],
            found: vec![0.0; cells],
            policy: vec![ANY; cells],
            priority: vec![0.0; cells],
            done: [0; 2],
            change: 0.0,
            backups: 0,
            queue: None,
        };
        planner.adapt(dynamics, gamma);
        planner
    }

    /// Goes on from the same values in a world that has changed.
    pub fn adapt(&mut self, dynamics: &Dynamics, gamma: f64) {
        let mut values = vec![0.0; dynamics.cells()];
        dynamics.states.iter().for_each(|&cell| values[cell as usize] = self.values[cell as usize]);
        self.values = values;
        (self.done, self.change, self.queue) = ([0; 2], 0.0, None);
        if self.method == Method::PrioritisedSweeping {
            self.priority = vec![0.0; dynamics.cells()];
            for &cell in &dynamics.states {
                self.priority[cell as usize] = self.error(dynamics, cell as usize, gamma);
            }
        }
    }

    /// After its numbers were replaced by those of a checkpoint.
    pub fn restored(&mut self) {
        self.queue = None;
    }

    /// What a backup would make of V(s).
    pub fn backed_up(&self, dynamics: &Dynamics, cell: usize, gamma: f64) -> f64 {
        let action = match self.method {
            Method::PolicyEvaluation => ANY,
            Method::PolicyIteration { .. } => self.policy[cell],
            _ => return largest(&dynamics.action_values(cell, &self.values, gamma)),
        };
        match action {
            ANY => dynamics.action_values(cell, &self.values, gamma).iter().sum::<f64>() / 4.0,
            action => dynamics.action_values(cell, &self.values, gamma)[usize::from(action)],
        }
    }

    fn error(&self, dynamics: &Dynamics, cell: usize, gamma: f64) -> f64 {
        (self.backed_up(dynamics, cell, gamma) - self.values[cell]).abs()
    }

    /// One backup; at the end of a sweep its largest change.
    pub fn backup(&mut self, dynamics: &Dynamics, gamma: f64) -> Option<f64> {
        if self.method == Method::PrioritisedSweeping {
            return self.prioritised(dynamics, gamma);
        }
        let index = self.done[0] as usize;
        let in_place = self.method == Method::InPlace;
        let last = dynamics.states.len().saturating_sub(1);
        let at = if in_place && self.done[1] % 2 == 1 { last - index } else { index };
        if let Some(&cell) = dynamics.states.get(at) {
            let cell = cell as usize;
            let value = self.backed_up(dynamics, cell, gamma);
            self.change = self.change.max((value - self.values[cell]).abs());
            *(if in_place { &mut self.values[cell] } else { &mut self.found[cell] }) = value;
            self.done[0] += 1;
            self.backups += 1;
        }
        if index + 1 < dynamics.states.len() {
            return None;
        }
        if !in_place {
            dynamics.states.iter().for_each(|&cell| self.values[cell as usize] = self.found[cell as usize]);
        } else {
            self.done[1] += 1;
        }
        if let Method::PolicyIteration { evaluation_sweeps } = self.method {
            self.done[1] += 1;
            if self.done[1] >= i64::from(evaluation_sweeps) {
                self.done[1] = 0;
                self.improve(dynamics, gamma);
            }
        }
        self.done[0] = 0;
        Some(std::mem::take(&mut self.change))
    }

    /// π(s) ← argmax_a; an action that is as good as the best is kept.
    fn improve(&mut self, dynamics: &Dynamics, gamma: f64) {
        for &cell in &dynamics.states {
            let cell = cell as usize;
            let values = dynamics.action_values(cell, &self.values, gamma);
            let is_best = |own: &f64| largest(&values) <= own + 1e-12 * own.abs();
            if !values.get(usize::from(self.policy[cell])).is_some_and(is_best) {
                self.policy[cell] = greedy(&values) as u8;
            }
        }
    }

    /// One backup where it changes most. A sweep is as many as there are states, or ends where nothing would change.
    fn prioritised(&mut self, dynamics: &Dynamics, gamma: f64) -> Option<f64> {
        let mut queue = self.queue.take().unwrap_or_else(|| Queue::new(dynamics, &self.priority));
        let next = queue.next(&self.priority);
        if let Some(cell) = next {
            let value = self.backed_up(dynamics, cell, gamma);
            self.change = self.change.max((value - self.values[cell]).abs());
            self.values[cell] = value;
            // Its own value may be among those that it is made from.
            for index in 0..=queue.predecessors[cell].len() {
                let before = queue.predecessors[cell].get(index).map_or(cell, |&before| before as usize);
                self.priority[before] = self.error(dynamics, before, gamma);
                queue.put(before, self.priority[before]);
            }
            self.done[0] += 1;
            self.backups += 1;
        }
        self.queue = Some(queue);
        if next.is_some() && (self.done[0] as usize) < dynamics.states.len() {
            return None;
        }
        self.done[0] = 0;
        Some(std::mem::take(&mut self.change))
    }

    /// One sweep: its largest change.
    pub fn sweep(&mut self, dynamics: &Dynamics, gamma: f64) -> f64 {
        loop {
            if let Some(change) = self.backup(dynamics, gamma) {
                return change;
            }
        }
    }
}

impl Queue {
    fn new(dynamics: &Dynamics, priority: &[f64]) -> Self {
        let mut predecessors: Vec<Vec<u32>> = vec![Vec::new(); dynamics.cells()];
        for &cell in &dynamics.states {
            for next in dynamics.followers(cell as usize) {
                let list = &mut predecessors[next as usize];
                if list.last() != Some(&cell) && next != cell {
                    list.push(cell);
                }
            }
        }
        let mut queue = Queue { waiting: BinaryHeap::new(), predecessors };
        dynamics.states.iter().for_each(|&cell| queue.put(cell as usize, priority[cell as usize]));
        queue
    }

    /// Priorities are not negative: their bits are in their order.
    fn put(&mut self, cell: usize, priority: f64) {
        if priority > NO_CHANGE {
            self.waiting.push((priority.to_bits(), Reverse(cell as u32)));
        }
    }

    fn next(&mut self, priority: &[f64]) -> Option<usize> {
        while let Some((bits, Reverse(cell))) = self.waiting.pop() {
            if priority[cell as usize].to_bits() == bits {
                return Some(cell as usize);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::exact;
    use super::super::map::{MAPS, Map};
    use super::*;

    fn planned(method: Method, dynamics: &Dynamics, gamma: f64) -> Vec<f64> {
        let mut planner = Planner::new(method, dynamics, gamma);
        let calm = (0..200_000).map(|_| planner.sweep(dynamics, gamma)).scan(0, |calm, change| {
            *calm = if change < 1e-13 { *calm + 1 } else { 0 };
            Some(*calm)
        });
        // An improvement may come after sweeps without change.
        assert!(calm.into_iter().any(|calm| calm > 25), "{method:?} settles");
        planner.values
    }

    fn nearly(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn every_method_finds_the_values_of_the_linear_solve_on_every_map() {
        let improving = [
            Method::PolicyIteration { evaluation_sweeps: 20 },
            Method::ValueIteration,
            Method::InPlace,
            Method::PrioritisedSweeping,
        ];
        for (name, _) in MAPS {
            for (gamma, slip) in [(0.0, 0.0), (0.5, 0.1), (0.9, 0.0), (0.95, 0.3), (0.99, 0.0), (0.999, 0.2)] {
                let dynamics = Dynamics::new(&Map::named(name), slip);
                let optimal = exact::optimal(&dynamics, gamma).unwrap();
                for method in improving {
                    assert!(nearly(&planned(method, &dynamics, gamma), &optimal), "{name} {gamma} {slip} {method:?}");
                }
                let random = exact::values_of(&dynamics, |_| [0.25; 4], gamma).unwrap();
                let found = planned(Method::PolicyEvaluation, &dynamics, gamma);
                assert!(nearly(&found, &random), "{name} {gamma} {slip} evaluation");
            }
        }
    }

    #[test]
    fn a_sweep_that_is_not_in_place_reaches_one_move_further() {
        let dynamics = Dynamics::new(&Map::parse("goal 5\nstep 0\n\nS...G\n").unwrap(), 0.0);
        let mut planner = Planner::new(Method::ValueIteration, &dynamics, 0.5);
        planner.sweep(&dynamics, 0.5);
        assert_eq!(planner.values, [0.0, 0.0, 0.0, 5.0, 0.0]);
        planner.sweep(&dynamics, 0.5);
        assert_eq!(planner.values, [0.0, 0.0, 2.5, 5.0, 0.0]);
        let mut prioritised = Planner::new(Method::PrioritisedSweeping, &dynamics, 0.5);
        let change = prioritised.sweep(&dynamics, 0.5);
        assert_eq!(
            (prioritised.values.as_slice(), change, prioritised.backups),
            ([0.625, 1.25, 2.5, 5.0, 0.0].as_slice(), 5.0, 4)
        );
    }
}
