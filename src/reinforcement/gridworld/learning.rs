//! Learning from experience: action values from moves alone, where P(s', r | s, a) is not known (Sutton & Barto 2018,
//! chapters 5 to 7 and 12).
//!
//! ```text
//! Q(s, a) ← Q(s, a) + α (target − Q(s, a))
//! Monte Carlo       target = r₁ + γ r₂ + γ² r₃ + … to the end of the episode
//! SARSA             target = r + γ Q(s', a')                 a' is the action taken next
//! expected SARSA    target = r + γ Σ_a π(a|s') Q(s', a)
//! Q-learning        target = r + γ max_a Q(s', a)            (Watkins 1989)
//! n-step SARSA      target = r₁ + … + γⁿ⁻¹ rₙ + γⁿ Q(sₙ, aₙ)
//! SARSA(λ)          every (s, a) by α δ e(s, a), with e the trace of visits, which fades by γλ a move
//! ```

use super::dynamics::{ActionValues, Dynamics, largest};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// How targets are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Algorithm {
    /// Of every visit.
    MonteCarlo,
    Sarsa,
    ExpectedSarsa,
    QLearning,
    NStep {
        n: usize,
    },
    /// With accumulating traces.
    SarsaLambda {
        lambda: f64,
    },
}

/// How the agent explores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exploration {
    /// Any action with probability ε, else one of the best.
    EpsilonGreedy(f64),
    /// π(a|s) ∝ exp(Q(s, a)/τ).
    Softmax(f64),
    /// argmax_a Q(s, a) + c √(ln N(s) / N(s, a)); what was never taken comes first (Auer, Cesa-Bianchi & Fischer 2002).
    UpperConfidence(f64),
}

/// What an agent learns by; all of it can be turned while it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub algorithm: Algorithm,
    pub exploration: Exploration,
    pub alpha: f64,
    pub gamma: f64,
}

/// The last change of an action value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Update {
    pub cell: usize,
    pub action: usize,
    pub alpha: f64,
    pub target: f64,
    pub before: f64,
    pub after: f64,
}

/// An episode that ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// Σ r.
    pub total: f64,
    /// Σ γᵗ r.
    pub discounted: f64,
    pub moves: usize,
}

/// Where the episode is that goes on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The cell where the agent is.
    pub at: usize,
    /// The action that the last update was made for, if it was.
    next: Option<usize>,
    /// (s, a) as 4 s + a, and the reward, of each move.
    pub path: Vec<(usize, f64)>,
    /// (s, a) and e(s, a).
    traces: Vec<(usize, f64)>,
    total: f64,
    discounted: f64,
    pub last: Option<Update>,
}

/// Action values, and the agent that learns them.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Q of every cell and action: 4 s + a.
    pub q: Vec<f64>,
    /// N(s, a).
    pub visits: Vec<i64>,
    pub progress: Progress,
}

/// A trace that is too faint to matter.
const FAINT: f64 = 1e-12;

/// Moves after which an episode is broken off.
pub fn longest(cells: usize) -> usize {
    (10 * cells).max(1000)
}

impl Exploration {
    /// π(a|s), from the action values and the visits of a cell.
    pub fn policy(self, q: &ActionValues, visits: &[i64]) -> [f64; 4] {
        let best_of = |values: &ActionValues| {
            let largest = largest(values);
            let best = values.map(|value| value == largest);
            let count = best.iter().filter(|best| **best).count() as f64;
            best.map(|best| if best { 1.0 / count } else { 0.0 })
        };
        match self {
            Exploration::EpsilonGreedy(epsilon) => best_of(q).map(|share| epsilon / 4.0 + (1.0 - epsilon) * share),
            Exploration::Softmax(temperature) => {
                let largest = largest(q);
                let weights = q.map(|value| ((value - largest) / temperature).exp());
                let sum: f64 = weights.iter().sum();
                weights.map(|weight| weight / sum)
            }
            Exploration::UpperConfidence(c) => {
                let ln_all = (visits.iter().sum::<i64>().max(1) as f64).ln();
                best_of(&std::array::from_fn(|action| match visits[action] {
                    0 => f64::INFINITY,
                    taken => q[action] + c * (ln_all / taken as f64).sqrt(),
                }))
            }
        }
    }

    fn choose(self, q: &ActionValues, visits: &[i64], random: &mut impl Rng) -> usize {
        if let Exploration::EpsilonGreedy(epsilon) = self {
            // The same policy, without its shares: this is the inner loop.
            if epsilon > 0.0 && random.random::<f64>() < epsilon {
                return random.random_range(0..4);
            }
            let largest = largest(q);
            let ties = q.iter().filter(|value| **value == largest).count();
            let chosen = if ties > 1 { random.random_range(0..ties) } else { 0 };
            let mut best = (0..4).filter(|&action| q[action] == largest);
            return best.nth(chosen).unwrap_or(0);
        }
        let mut left: f64 = random.random();
        let policy = self.policy(q, visits);
        let last = policy.iter().rposition(|share| *share > 0.0).unwrap_or(0);
        for (action, share) in policy.iter().enumerate() {
            left -= share;
            if left < 0.0 {
                return action;
            }
        }
        last
    }
}

impl Agent {
    /// Knows nothing: Q = 0.
    pub fn new(dynamics: &Dynamics) -> Self {
        let numbers = 4 * dynamics.cells();
        let progress = Progress { at: dynamics.start, ..Progress::default() };
        Agent { q: vec![0.0; numbers], visits: vec![0; numbers], progress }
    }

    /// Goes on with what it knows in a world that has changed, from the start.
    pub fn adapt(&mut self, dynamics: &Dynamics) {
        let mut q = vec![0.0; self.q.len()];
        for &cell in &dynamics.states {
            let at = 4 * cell as usize;
            q[at..at + 4].copy_from_slice(&self.q[at..at + 4]);
        }
        self.q = q;
        self.start_again(dynamics);
    }

    /// Breaks the episode off.
    pub fn start_again(&mut self, dynamics: &Dynamics) {
        let Progress { at, next, path, traces, total, discounted, last: _ } = &mut self.progress;
        (*at, *next, *total, *discounted) = (dynamics.start, None, 0.0, 0.0);
        path.clear();
        traces.clear();
    }

    /// Q of a cell.
    pub fn q_of(&self, cell: usize) -> ActionValues {
        self.q[4 * cell..4 * cell + 4].try_into().expect("four of them")
    }

    fn choose(&self, cell: usize, settings: &Settings, random: &mut impl Rng) -> usize {
        settings.exploration.choose(&self.q_of(cell), &self.visits[4 * cell..4 * cell + 4], random)
    }

    /// One move by its own policy; the episode, if it ended.
    pub fn step(&mut self, dynamics: &Dynamics, settings: &Settings, random: &mut impl Rng) -> Option<Episode> {
        let action = match self.progress.next.take() {
            Some(action) => action,
            None => self.choose(self.progress.at, settings, random),
        };
        self.take(action, dynamics, settings, random)
    }

    /// One move by somebody's choice, learned from as any other; the episode, if it ended.
    pub fn take(
        &mut self,
        action: usize,
        dynamics: &Dynamics,
        settings: &Settings,
        random: &mut impl Rng,
    ) -> Option<Episode> {
        self.progress.next = None;
        let pair = 4 * self.progress.at + action;
        let (next, reward) = dynamics.sample(self.progress.at, action, || random.random());
        self.visits[pair] += 1;
        self.progress.discounted += settings.gamma.powi(self.progress.path.len() as i32) * reward;
        self.progress.total += reward;
        self.progress.path.push((pair, reward));
        let terminal = dynamics.is_terminal(next);
        let over = terminal || self.progress.path.len() >= longest(dynamics.cells());
        self.learn((pair, reward), (next, terminal, over), settings, random);
        self.progress.at = next;
        over.then(|| {
            let Progress { total, discounted, ref path, .. } = self.progress;
            let moves = path.len();
            self.start_again(dynamics);
            Episode { total, discounted, moves }
        })
    }

    /// Q(s, a) ← Q(s, a) + α (target − Q(s, a)).
    fn update(&mut self, pair: usize, target: f64, alpha: f64) {
        let before = self.q[pair];
        let after = before + alpha * (target - before);
        self.q[pair] = after;
        let (cell, action) = (pair / 4, pair % 4);
        self.progress.last = Some(Update { cell, action, alpha, target, before, after });
    }

    fn learn(
        &mut self,
        (pair, reward): (usize, f64),
        (next, terminal, over): (usize, bool, bool),
        settings: &Settings,
        random: &mut impl Rng,
    ) {
        let Settings { algorithm, exploration, alpha, gamma } = *settings;
        // The methods that are on-policy choose before they learn.
        let chosen = match algorithm {
            Algorithm::Sarsa | Algorithm::NStep { .. } | Algorithm::SarsaLambda { .. } if !terminal => {
                Some(self.choose(next, settings, random))
            }
            _ => None,
        };
        let of_next = chosen.map_or(0.0, |action| self.q[4 * next + action]);
        match algorithm {
            Algorithm::QLearning => {
                let of_next = if terminal { 0.0 } else { largest(&self.q_of(next)) };
                self.update(pair, reward + gamma * of_next, alpha);
            }
            Algorithm::Sarsa => self.update(pair, reward + gamma * of_next, alpha),
            Algorithm::ExpectedSarsa => {
                let q = self.q_of(next);
                let policy = exploration.policy(&q, &self.visits[4 * next..4 * next + 4]);
                let mean: f64 = policy.iter().zip(q).map(|(share, value)| share * value).sum();
                self.update(pair, reward + gamma * if terminal { 0.0 } else { mean }, alpha);
            }
            Algorithm::MonteCarlo if over => self.finish(0, 0.0, settings),
            Algorithm::MonteCarlo => {}
            Algorithm::NStep { n } => {
                let moves = self.progress.path.len();
                if over {
                    self.finish(moves.saturating_sub(n), of_next, settings);
                } else if moves >= n {
                    let target = self.target(moves - n, of_next, gamma);
                    self.update(self.progress.path[moves - n].0, target, alpha);
                }
            }
            Algorithm::SarsaLambda { lambda } => {
                let target = reward + gamma * of_next;
                let delta = target - self.q[pair];
                match self.progress.traces.iter_mut().find(|(own, _)| *own == pair) {
                    Some((_, trace)) => *trace += 1.0,
                    None => self.progress.traces.push((pair, 1.0)),
                }
                let before = self.q[pair];
                for (pair, trace) in &mut self.progress.traces {
                    self.q[*pair] += alpha * delta * *trace;
                    *trace *= gamma * lambda;
                }
                self.progress.traces.retain(|(_, trace)| *trace > FAINT);
                let (cell, action, after) = (pair / 4, pair % 4, self.q[pair]);
                self.progress.last = Some(Update { cell, action, alpha, target, before, after });
            }
        }
        self.progress.next = if over { None } else { chosen };
    }

    /// The rewards from a move on, and what is expected after them.
    fn target(&self, from: usize, of_next: f64, gamma: f64) -> f64 {
        self.progress.path[from..].iter().rev().fold(of_next, |sum, (_, reward)| reward + gamma * sum)
    }

    /// Updates for the moves from one on, at the end of an episode.
    fn finish(&mut self, from: usize, of_next: f64, settings: &Settings) {
        let moves = self.progress.path[from..].iter().rev();
        let returns = moves.scan(of_next, |sum, &(pair, reward)| {
            *sum = reward + settings.gamma * *sum;
            Some((pair, *sum))
        });
        for (pair, target) in returns.collect::<Vec<_>>().into_iter().rev() {
            self.update(pair, target, settings.alpha);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::map::Map;
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn settings(algorithm: Algorithm) -> Settings {
        Settings { algorithm, exploration: Exploration::EpsilonGreedy(0.1), alpha: 0.1, gamma: 0.95 }
    }

    fn learned(map: &Map, settings: &Settings, episodes: usize, seed: u64) -> Agent {
        let dynamics = Dynamics::new(map, 0.0);
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut agent = Agent::new(&dynamics);
        for _ in 0..episodes {
            while agent.step(&dynamics, settings, random).is_none() {}
        }
        agent
    }

    fn nearly(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn an_update_goes_a_share_of_the_way_to_its_target() {
        let dynamics = Dynamics::new(&Map::parse("step -1\ngoal 10\n\nS.G\n").unwrap(), 0.0);
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let settings = Settings { alpha: 0.5, gamma: 0.9, ..settings(Algorithm::QLearning) };
        let mut agent = Agent::new(&dynamics);
        let mut go = |agent: &mut Agent| agent.take(1, &dynamics, &settings, random);
        assert_eq!((go(&mut agent), agent.q[1], agent.progress.at), (None, -0.5, 1));
        let over = go(&mut agent).unwrap();
        assert_eq!((over.total, over.discounted, over.moves), (8.0, -1.0 + 0.9 * 9.0, 2));
        assert_eq!((agent.q[5], agent.progress.at), (4.5, 0), "half of 9, and back at the start");
        go(&mut agent);
        // −0.5 + 0.5 (−1 + 0.9 · 4.5 + 0.5)
        assert_eq!(agent.q[1], 1.275);
        let last = agent.progress.last.unwrap();
        assert_eq!((last.cell, last.action, last.before, last.after), (0, 1, -0.5, 1.275));
        assert!((last.target - 3.05).abs() < 1e-12);
    }

    #[test]
    fn n_step_and_lambda_meet_sarsa_and_monte_carlo_at_their_ends() {
        let cliff = Map::named("cliff");
        let found = |algorithm| learned(&cliff, &settings(algorithm), 50, 3).q;
        let sarsa = found(Algorithm::Sarsa);
        assert_eq!(found(Algorithm::SarsaLambda { lambda: 0.0 }), sarsa);
        assert_eq!(found(Algorithm::NStep { n: 1 }), sarsa);
        assert_ne!(found(Algorithm::NStep { n: 2 }), sarsa);
        // Where no state is met twice, and what is done next does not depend on Q, all see the same moves.
        let rising = "step -1\na 3\nwind 2 2 2 2 2\n\nGGGGG\n.a...\n...a.\n.....\na....\n....a\n..a..\n..S..\n";
        let random_policy = |algorithm| {
            let settings = Settings { exploration: Exploration::EpsilonGreedy(1.0), ..settings(algorithm) };
            learned(&Map::parse(rising).unwrap(), &settings, 300, 4).q
        };
        let monte_carlo = random_policy(Algorithm::MonteCarlo);
        assert!(nearly(&random_policy(Algorithm::NStep { n: 100 }), &monte_carlo));
        assert!(nearly(&random_policy(Algorithm::SarsaLambda { lambda: 1.0 }), &monte_carlo));
        assert!(!nearly(&random_policy(Algorithm::SarsaLambda { lambda: 0.9 }), &monte_carlo));
    }

    #[test]
    fn expected_sarsa_of_a_greedy_policy_is_q_learning() {
        let greedy = |algorithm| Settings { exploration: Exploration::EpsilonGreedy(0.0), ..settings(algorithm) };
        let map = Map::named("windy");
        let found = |algorithm| learned(&map, &greedy(algorithm), 30, 5).q;
        assert!(nearly(&found(Algorithm::ExpectedSarsa), &found(Algorithm::QLearning)));
    }

    /// The greedy path from the start.
    fn path(map: &Map, agent: &Agent) -> Vec<usize> {
        let dynamics = Dynamics::new(map, 0.0);
        let mut at = dynamics.start;
        let mut path = vec![at];
        while !dynamics.is_terminal(at) && path.len() < 100 {
            at = dynamics.sample(at, super::super::dynamics::greedy(&agent.q_of(at)), || 0.5).0;
            path.push(at);
        }
        path
    }

    /// Sutton & Barto 2018, example 6.6.
    #[test]
    fn on_the_cliff_sarsa_keeps_away_from_the_edge_and_q_learning_walks_along_it() {
        let map = Map::named("cliff");
        for seed in 1..=10 {
            let of = |algorithm| path(&map, &learned(&map, &settings(algorithm), 5000, seed));
            let edge = |path: &[usize]| path.iter().filter(|&&cell| (24..36).contains(&cell)).count();
            let q_learning = of(Algorithm::QLearning);
            assert_eq!((q_learning.len(), edge(&q_learning)), (14, 12), "seed {seed}: {q_learning:?}");
            let sarsa = of(Algorithm::Sarsa);
            assert_eq!(sarsa.last(), Some(&47), "seed {seed}: {sarsa:?}");
            // It leaves the row of the edge at once and comes back at the goal.
            assert!(edge(&sarsa) <= 3, "seed {seed}: {sarsa:?}");
        }
    }

    #[test]
    fn policies_are_shares() {
        let q = [1.0, 3.0, 3.0, 2.0];
        let visits = [4, 0, 2, 2];
        for (exploration, expected) in [
            (Exploration::EpsilonGreedy(0.2), [0.05, 0.45, 0.45, 0.05]),
            (Exploration::UpperConfidence(1.0), [0.0, 1.0, 0.0, 0.0]),
        ] {
            assert!(nearly(&exploration.policy(&q, &visits), &expected));
        }
        let soft = Exploration::Softmax(0.5).policy(&q, &visits);
        assert!((soft.iter().sum::<f64>() - 1.0).abs() < 1e-12 && (soft[3] / soft[0] - 2.0_f64.exp()).abs() < 1e-9);
        let random = &mut ChaCha8Rng::seed_from_u64(9);
        let mut counts = [0; 4];
        (0..20_000).for_each(|_| counts[Exploration::EpsilonGreedy(0.2).choose(&q, &visits, random)] += 1);
        assert!((counts[1] - 9000_i32).abs() < 300 && (counts[0] - 1000_i32).abs() < 150, "{counts:?}");
    }
}
