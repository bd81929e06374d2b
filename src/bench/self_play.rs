//! Self-play on Connect Four: the network of the lab on batches of positions, and moves of many games at once.

use super::{Unit, Workload};
use crate::reinforcement::games::{ConnectFour, Game, Move};
use crate::reinforcement::policy_value::{Configuration, Net};
use crate::reinforcement::search::puct::Evaluator;
use crate::reinforcement::self_play::games::{Games, Settings};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
const GAMES: usize = 128;
/// Moves of every game before the clock runs: then they are at all stages.
const BEFORE: usize = 30;

fn net() -> Net<ConnectFour> {
    let configuration = Configuration::new(&ConnectFour::default(), 32, 3).with_all_planes::<ConnectFour>();
    Net::new(configuration, &mut ChaCha8Rng::seed_from_u64(0))
}

/// The network on batches of positions.
pub struct Evaluations {
    net: Net<ConnectFour>,
    positions: Vec<ConnectFour>,
}

impl Evaluations {
    pub fn new() -> Self {
        let mut position = ConnectFour::default();
        let mut positions = Vec::new();
        for ply in 0..BATCH {
            positions.push(position);
            let column = Move((3 * ply % 7) as u16);
            if position.is_legal(column) {
                position.play(column);
            } else {
                position = ConnectFour::default();
            }
        }
        Evaluations { net: net(), positions }
    }
}

impl Workload for Evaluations {
    fn step(&mut self) -> f32 {
        self.net.evaluate(&self.positions)[0].value
    }

    fn size(&self) -> (usize, Unit) {
        (BATCH, Unit::Samples)
    }

    fn weights(&self) -> Vec<u8> {
        super::bytes(&self.net.parameters)
    }

    fn steps(&self) -> (usize, usize) {
        (300, 50)
    }
}

/// A move of every game, after 64 simulations each.
pub struct Moves {
    net: Net<ConnectFour>,
    games: Games<ConnectFour>,
    settings: Settings,
}

impl Moves {
    pub fn new() -> Self {
        let settings = Settings {
            seed: 1,
            simulations: 64,
            fast_simulations: 64,
            fast_share: 0.0,
            exploration: 1.5,
            noise: 0.25,
            concentration: 1.0,
            sampled_moves: 10,
        };
        Moves { net: net(), games: Games::new(ConnectFour::default(), GAMES), settings }
    }
}

impl Workload for Moves {
    fn step(&mut self) -> f32 {
        self.games.play_a_move(&self.net, &self.settings);
        self.games.ongoing[0].plies.last().map_or(0.0, |ply| ply.value)
    }

    fn size(&self) -> (usize, Unit) {
        (GAMES, Unit::Samples)
    }

    fn weights(&self) -> Vec<u8> {
        super::bytes(&self.net.parameters)
    }

    fn steps(&self) -> (usize, usize) {
        (30, BEFORE)
    }
}
