//! Agents that choose moves, and show how.

pub mod alphabeta;
pub mod endgame;
pub mod evaluation;
pub mod mcts;
pub mod puct;
pub mod solver;
pub mod tree;
pub mod tsume;
mod visit_buffer;

pub use alphabeta::AlphaBeta;
pub use mcts::Mcts;
pub use puct::Puct;
pub use solver::Solver;

use crate::reinforcement::games::{Move, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tree::Tree;

/// When a search ends; without any bound it goes on until it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Budget {
    pub time: Option<Duration>,
    pub playouts: Option<u64>,
    /// Moves that alpha-beta looks ahead, at most.
    pub depth: Option<u32>,
    /// Whether it ends when its memory is full.
    pub stops_when_full: bool,
    /// Whether a tree search ends before its time when no other move can be visited more often in what is left of it.
    pub ends_when_decided: bool,
}

impl Budget {
    /// The same, with no more time than this.
    #[must_use]
    pub fn within(self, longest: Option<Duration>) -> Self {
        Budget { time: self.time.into_iter().chain(longest).min(), ..self }
    }

    /// What is left of it when it has been used since `begun`.
    #[must_use]
    pub fn after(self, begun: Instant) -> Self {
        Budget { time: self.time.map(|time| time.saturating_sub(begun.elapsed())), ..self }
    }
}

/// The stop flag and the deadline of a search of which a part is worth nothing.
#[derive(Debug, Clone, Copy)]
pub struct Limit<'a> {
    stop: &'a AtomicBool,
    until: Option<Instant>,
}

impl<'a> Limit<'a> {
    /// `time` counts from `begun`; without one the flag alone stops the search.
    pub fn new(stop: &'a AtomicBool, begun: Instant, time: Option<Duration>) -> Self {
        Limit { stop, until: time.and_then(|time| begun.checked_add(time)) }
    }

    pub fn is_reached(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

impl<'a> From<&'a AtomicBool> for Limit<'a> {
    fn from(stop: &'a AtomicBool) -> Self {
        Limit { stop, until: None }
    }
}

/// Hears what a search believes while it goes on, and sees its tree, if it has one.
pub type OnProgress<'a> = &'a (dyn Fn(&SearchResult, Option<&Arc<Tree>>) + Sync);

/// For those who wait for the end.
pub(crate) fn silent(_: &SearchResult, _: Option<&Arc<Tree>>) {}

/// A move that was searched.
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
pub struct SearchResult {
    /// The best first.
    pub candidates: Vec<Candidate>,
    /// The moves that both sides are expected to make.
    pub line: Vec<Move>,
    /// Points to be expected by the side to move.
    pub value: f32,
    pub proven: Option<Outcome>,
    /// Moves of both sides until the proven end, where they were counted.
    pub ends_in: Option<u32>,
    pub simulations: u64,
    pub depth: u32,
    pub nodes: u64,
    /// Whether there was no room for more nodes.
    pub full: bool,
    pub took: Duration,
}

impl SearchResult {
    /// Of moves with their values, the best first, and nothing more.
    pub fn of(candidates: Vec<Candidate>) -> Self {
        SearchResult {
            line: candidates.first().map(|best| best.chosen).into_iter().collect(),
            value: candidates.first().map_or(0.5, |best| best.value),
            proven: candidates.first().and_then(|best| best.proven),
            candidates,
            ends_in: None,
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
