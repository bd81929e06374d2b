//! Grid worlds: moves of Q-learning, and the planning of a large map.

use super::{Source, Unit, Workload};
use crate::reinforcement::gridworld::dynamics::Dynamics;
use crate::reinforcement::gridworld::learning::{Agent, Algorithm, Exploration, Settings};
use crate::reinforcement::gridworld::map::Map;
use crate::reinforcement::gridworld::planning::{Method, Planner};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Moves a step.
const MOVES: usize = 10_000;
/// Rows and columns of the map that is planned.
const SIDE: usize = 200;
const GAMMA: f64 = 0.99;
/// Planning ends with a sweep that changes no value by more.
const SETTLED: f64 = 1e-9;

/// Q-learning on the cliff, each move with its update.
pub struct Learning {
    dynamics: Dynamics,
    agent: Agent,
    random: ChaCha8Rng,
}

impl Learning {
    pub fn new() -> Self {
        let dynamics = Dynamics::new(&Map::named("cliff"), 0.0);
        Learning { agent: Agent::new(&dynamics), dynamics, random: ChaCha8Rng::seed_from_u64(1) }
    }
}

impl Workload for Learning {
    fn step(&mut self) -> f32 {
        let exploration = Exploration::EpsilonGreedy(0.1);
        let settings = Settings { algorithm: Algorithm::QLearning, exploration, alpha: 0.1, gamma: GAMMA };
        for _ in 0..MOVES {
            self.agent.step(&self.dynamics, &settings, &mut self.random);
        }
        let start = self.agent.q_of(self.dynamics.start);
        -start.into_iter().fold(f64::NEG_INFINITY, f64::max) as f32
    }

    fn size(&self) -> (usize, Unit) {
        (MOVES, Unit::Samples)
    }

    fn weights(&self) -> Vec<u8> {
        self.agent.q.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// Value iteration in place on a large map with walls, from zero until it has settled.
pub struct Planning {
    dynamics: Dynamics,
    planner: Planner,
}

impl Planning {
    pub fn new(mut source: Source) -> Self {
        let mut text = String::from("step -1\nslip 0.1\n\n");
        for row in 0..SIDE {
            for column in 0..SIDE {
                // The first row and the last column stay free: a way from corner to corner.
                let free = row == 0 || column == SIDE - 1;
                text.push(match (row, column) {
                    (0, 0) => 'S',
                    _ if row == SIDE - 1 && column == SIDE - 1 => 'G',
                    _ if !free && source.index(5) == 0 => '#',
                    _ => '.',
                });
            }
            text.push('\n');
        }
        let map = Map::parse(&text).expect("a right map");
        let dynamics = Dynamics::new(&map, 0.0);
        Planning { planner: Planner::new(Method::InPlace, &dynamics, GAMMA), dynamics }
    }
}

impl Workload for Planning {
    fn step(&mut self) -> f32 {
        self.planner.values.fill(0.0);
        loop {
            let change = self.planner.sweep(&self.dynamics, GAMMA);
            if change < SETTLED {
                return change as f32;
            }
        }
    }

    fn size(&self) -> (usize, Unit) {
        (1, Unit::Queries)
    }

    fn weights(&self) -> Vec<u8> {
        self.planner.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn steps(&self) -> (usize, usize) {
        (10, 1)
    }
}
