//! Values by solving the Bellman equation as the linear system that it is, for maps that are small enough.
//!
//! Of a policy: V = R + γ P V, that is (I − γP) V = R over the states (Sutton & Barto 2018, section 4.1). The optimal values
//! are found by policy iteration, each policy solved (Howard 1960).

use super::dynamics::{ActionValues, Dynamics, greedy, largest};

/// States of a system at most: it takes the cube of their number.
pub const MOST_STATES: usize = 1000;

/// V of a policy (shares of the four actions in each cell), over all cells; `None` if there are too many states, or if the
/// system is singular.
pub fn values_of(dynamics: &Dynamics, policy: impl Fn(usize) -> [f64; 4], gamma: f64) -> Option<Vec<f64>> {
    let states = &dynamics.states;
    let n = states.len();
    if n > MOST_STATES {
        return None;
    }
    let mut row_of = vec![usize::MAX; dynamics.cells()];
    states.iter().enumerate().for_each(|(row, cell)| row_of[*cell as usize] = row);
    // [I − γP | R], row by row.
    let width = n + 1;
    let mut system = vec![0.0; n * width];
    for (row, &cell) in states.iter().enumerate() {
        let line = &mut system[row * width..(row + 1) * width];
        line[row] += 1.0;
        let cell = cell as usize;
        for (action, share) in policy(cell).into_iter().enumerate().filter(|(_, share)| *share > 0.0) {
            for outcome in dynamics.outcomes(cell, action) {
                let weight = share * outcome.probability;
                line[n] += weight * outcome.reward;
                let next = row_of[outcome.next as usize];
                if next != usize::MAX {
                    line[next] -= gamma * weight;
                }
            }
        }
    }
    let solution = solve(system, n)?;
    let mut values = vec![0.0; dynamics.cells()];
    states.iter().zip(solution).for_each(|(cell, value)| values[*cell as usize] = value);
    Some(values)
}

/// Gaussian elimination with partial pivoting, of n rows of n + 1.
fn solve(mut system: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    let width = n + 1;
    for column in 0..n {
        let size = |row: &usize| system[row * width + column].abs();
        let pivot = (column..n).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        if size(&pivot) < 1e-12 {
            return None;
        }
        if pivot != column {
            let (above, below) = system.split_at_mut(pivot * width);
            above[column * width..(column + 1) * width].swap_with_slice(&mut below[..width]);
        }
        let (above, below) = system.split_at_mut((column + 1) * width);
        let pivot = &above[column * width..];
        for line in below.chunks_exact_mut(width).filter(|line| line[column] != 0.0) {
            let factor = line[column] / pivot[column];
            line[column..].iter_mut().zip(&pivot[column..]).for_each(|(value, own)| *value -= factor * own);
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let line = &system[row * width..(row + 1) * width];
        let known: f64 = (row + 1..n).map(|column| line[column] * solution[column]).sum();
        solution[row] = (line[n] - known) / line[row];
    }
    Some(solution)
}

/// V*, the values of an optimal policy, over all cells; `None` if there are too many states.
pub fn optimal(dynamics: &Dynamics, gamma: f64) -> Option<Vec<f64>> {
    if dynamics.states.len() > MOST_STATES {
        return None;
    }
    // A good first policy: a few hundred sweeps of value iteration, in place.
    let mut values = vec![0.0; dynamics.cells()];
    for _ in 0..400 {
        for &cell in &dynamics.states {
            values[cell as usize] = largest(&dynamics.action_values(cell as usize, &values, gamma));
        }
    }
    let mut policy: Vec<usize> =
        (0..dynamics.cells()).map(|cell| greedy(&dynamics.action_values(cell, &values, gamma))).collect();
    // Policies do not repeat; rounding might make them.
    for _ in 0..100 {
        let only = |action: usize| std::array::from_fn(|other| f64::from(u8::from(other == action)));
        values = values_of(dynamics, |cell| only(policy[cell]), gamma)?;
        let mut stable = true;
        for &cell in &dynamics.states {
            let cell = cell as usize;
            let found: ActionValues = dynamics.action_values(cell, &values, gamma);
            if largest(&found) > found[policy[cell]] + 1e-10 * values[cell].abs().max(1.0) {
                policy[cell] = greedy(&found);
                stable = false;
            }
        }
        if stable {
            break;
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::map::{MAPS, Map};
    use super::*;

    /// A corridor of three moves of −1, by hand.
    #[test]
    fn a_corridor_has_the_values_of_the_geometric_series() {
        let dynamics = Dynamics::new(&Map::parse("S..G\n").unwrap(), 0.0);
        let values = optimal(&dynamics, 0.9).unwrap();
        let expected = [-(1.0 + 0.9 + 0.81), -(1.0 + 0.9), -1.0, 0.0];
        assert!(values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{values:?}");
        // To the right with one half, else against the wall or back: V₀ = −1 + γ (V₀ + V₁)/2 and so on, solved by hand for γ = 0.
        let at_once = values_of(&dynamics, |_| [0.25; 4], 0.0).unwrap();
        assert_eq!(at_once, [-1.0, -1.0, -1.0, 0.0]);
    }

    #[test]
    fn optimal_values_meet_the_bellman_equation() {
        for (name, _) in MAPS {
            for gamma in [0.0, 0.5, 0.9, 0.99, 0.999] {
                for slip in [0.0, 0.2] {
                    let dynamics = Dynamics::new(&Map::named(name), slip);
                    let values = optimal(&dynamics, gamma).unwrap();
                    for &cell in &dynamics.states {
                        let best = largest(&dynamics.action_values(cell as usize, &values, gamma));
                        assert!((best - values[cell as usize]).abs() < 1e-9, "{name} {gamma} {slip}");
                    }
                }
            }
        }
    }
}
