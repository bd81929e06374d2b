//! Agents that choose moves, and show how.

pub mod agent;
pub mod alphabeta;
pub mod endgame;
pub mod evaluation;
pub mod mcts;
pub mod solver;
pub mod tree;

pub use agent::{Agent, Spec};
pub use alphabeta::AlphaBeta;
pub use mcts::Mcts;
pub use solver::Solver;

use crate::reinforcement::games::{Move, Outcome};
use std::time::Duration;

/// When a search ends; without any bound it goes on until it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Budget {
    pub time: Option<Duration>,
    pub playouts: Option<u64>,
    /// Whether it ends when its memory is full.
    pub stops_when_full: bool,
}

/// A move that was thought of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub chosen: Move,
    pub visits: u64,
    /// Points to be expected by the side that makes it, from 0 to 1.
    pub value: f32,
    pub proven: Option<Outcome>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Thought {
    /// The best first.
    pub candidates: Vec<Candidate>,
    /// The moves that both sides are expected to make.
    pub line: Vec<Move>,
    /// Points to be expected by the side to move.
    pub value: f32,
    pub proven: Option<Outcome>,
    pub simulations: u64,
    pub depth: u32,
    pub nodes: u64,
    /// Whether there was no room for more nodes.
    pub full: bool,
    pub took: Duration,
}

impl Thought {
    /// Of moves with their values, the best first, and nothing more.
    pub fn of(candidates: Vec<Candidate>) -> Self {
        Thought {
            line: candidates.first().map(|best| best.chosen).into_iter().collect(),
            value: candidates.first().map_or(0.5, |best| best.value),
            proven: candidates.first().and_then(|best| best.proven),
            candidates,
            simulations: 0,
            depth: 1,
            nodes: 0,
            full: false,
            took: Duration::ZERO,
        }
    }

    pub fn best(&self) -> Option<Move> {
        self.candidates.first().map(|candidate| candidate.chosen)
    }
}

#[cfg(test)]
mod tests;
