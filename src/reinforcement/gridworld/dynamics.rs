//! What a move does: P(s', r | s, a) of a map, and the Bellman backups over it.

use super::map::{Map, Tile, TrapLeads};

/// What may follow a move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    pub probability: f64,
    pub reward: f64,
    /// s', the cell where the agent is then.
    pub next: u32,
}

/// The action values of a cell: up, right, down, left.
pub type ActionValues = [f64; 4];

/// Where a move in a direction ends, and its reward, slipping apart.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Move {
    reward: f64,
    next: u32,
}

/// P(s', r | s, a) for all cells and actions: the agent moves in the direction of its action with probability 1 − slip, and
/// in each of the two directions beside it with slip/2.
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamics {
    /// Of each cell, up, right, down, left; of no use where the agent does not decide.
    moves: Vec<[Move; 4]>,
    slip: f64,
    /// Cells in which the agent decides, rising.
    pub states: Vec<u32>,
    pub start: usize,
    terminal: Vec<bool>,
}

impl Dynamics {
    /// Of a map, with at least this probability of slipping.
    pub fn new(map: &Map, slip: f64) -> Self {
        let moves = |cell: usize| match map.is_state(cell) {
            true => std::array::from_fn(|direction| outcome(map, map.landing(cell, direction))),
            false => [Move::default(); 4],
        };
        Dynamics {
            moves: (0..map.cells()).map(moves).collect(),
            slip: map.slip.max(slip),
            states: (0..map.cells()).filter(|&cell| map.is_state(cell)).map(|cell| cell as u32).collect(),
            start: map.start(),
            terminal: (0..map.cells()).map(|cell| map.is_terminal(cell)).collect(),
        }
    }

    /// How many cells there are, walls and ends included.
    pub fn cells(&self) -> usize {
        self.terminal.len()
    }

    pub fn is_terminal(&self, cell: usize) -> bool {
        self.terminal[cell]
    }

    /// Whether every move has one outcome.
    pub fn is_deterministic(&self) -> bool {
        self.slip == 0.0
    }

    /// The cells where an agent may be after a move from a state, whatever its action.
    pub fn followers(&self, cell: usize) -> [u32; 4] {
        self.moves[cell].map(|move_| move_.next)
    }

    /// What may follow an action in a state.
    pub fn outcomes(&self, cell: usize, action: usize) -> Vec<Outcome> {
        let half = self.slip / 2.0;
        let mut outcomes: Vec<Outcome> = Vec::new();
        for (direction, probability) in [(action, 1.0 - self.slip), ((action + 3) % 4, half), ((action + 1) % 4, half)]
        {
            let Move { reward, next } = self.moves[cell][direction];
            match outcomes.iter_mut().find(|other| (other.next, other.reward) == (next, reward)) {
                Some(other) => other.probability += probability,
                None if probability > 0.0 => outcomes.push(Outcome { probability, reward, next }),
                None => {}
            }
        }
        outcomes
    }

    /// Q(s, a) = Σ P(s', r | s, a) (r + γ V(s')) of all four actions in a state.
    pub fn action_values(&self, cell: usize, values: &[f64], gamma: f64) -> ActionValues {
        let of = self.moves[cell].map(|move_| move_.reward + gamma * values[move_.next as usize]);
        if self.slip == 0.0 {
            return of;
        }
        let (ahead, half) = (1.0 - self.slip, self.slip / 2.0);
        std::array::from_fn(|action| ahead * of[action] + half * (of[(action + 3) % 4] + of[(action + 1) % 4]))
    }

    /// Moves the agent: where it is then, and the reward. `random` is from 0 to 1; without slip it is not asked for.
    pub fn sample(&self, cell: usize, action: usize, random: impl FnOnce() -> f64) -> (usize, f64) {
        let direction = if self.slip == 0.0 {
            action
        } else {
            match random() {
                drawn if drawn < 1.0 - self.slip => action,
                drawn if drawn < 1.0 - self.slip / 2.0 => (action + 3) % 4,
                _ => (action + 1) % 4,
            }
        };
        let Move { reward, next } = self.moves[cell][direction];
        (next as usize, reward)
    }
}

fn outcome(map: &Map, landing: usize) -> Move {
    let back = map.tile(landing) == Tile::Trap && map.trap_leads == TrapLeads::Back;
    let next = if back { map.start() } else { landing };
    Move { reward: map.step + map.reward_of(landing), next: next as u32 }
}

/// The largest of four action values.
pub fn largest(values: &ActionValues) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The first action of the largest value.
pub fn greedy(values: &ActionValues) -> usize {
    let largest = largest(values);
    values.iter().position(|value| *value == largest).unwrap_or(0)
}

/// Equal shares for the actions whose value is the largest, or within a rounding error of it.
pub fn greedy_policy(values: &ActionValues) -> [f64; 4] {
    let largest = largest(values);
    let best = values.map(|value| value >= largest - 1e-9 * largest.abs().max(1.0));
    let count = best.iter().filter(|best| **best).count() as f64;
    best.map(|best| if best { 1.0 / count } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_action_values_are_means_over_outcomes() {
        for (name, _) in super::super::map::MAPS {
            let map = Map::named(name);
            let dynamics = Dynamics::new(&map, 0.3);
            let values: Vec<f64> = (0..map.cells()).map(|cell| (cell % 7) as f64).collect();
            for cell in (0..map.cells()).filter(|&cell| map.is_state(cell)) {
                for action in 0..4 {
                    let outcomes = dynamics.outcomes(cell, action);
                    let sum: f64 = outcomes.iter().map(|outcome| outcome.probability).sum();
                    assert!((sum - 1.0).abs() < 1e-12, "{name} {cell}");
                    let terms = outcomes.iter().map(|o| o.probability * (o.reward + 0.9 * values[o.next as usize]));
                    let found = dynamics.action_values(cell, &values, 0.9)[action];
                    assert!((found - terms.sum::<f64>()).abs() < 1e-9, "{name} {cell}");
                }
            }
        }
    }

    #[test]
    fn the_cliff_leads_back_and_slip_goes_to_the_sides() {
        let cliff = Dynamics::new(&Map::named("cliff"), 0.0);
        let (start, above) = (36, 24);
        assert_eq!(cliff.outcomes(start, 1), [Outcome { probability: 1.0, reward: -101.0, next: 36 }]);
        assert_eq!(cliff.sample(above, 0, || unreachable!("nothing is random")), (12, -1.0));
        let slippery = Dynamics::new(&Map::named("cliff"), 0.2);
        let found: Vec<(f64, u32)> =
            slippery.outcomes(26, 1).iter().map(|outcome| (outcome.probability, outcome.next)).collect();
        assert_eq!(found, [(0.8, 27), (0.1, 14), (0.1, 36)]);
        assert_eq!(slippery.sample(26, 1, || 0.95), (36, -101.0));
    }
}
