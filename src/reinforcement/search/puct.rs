//! Tree search led by a policy and a value (PUCT: Rosin 2011; AlphaZero: Silver et al. 2018, doi:10.1126/science.aar6404).
//!
//! There are no playouts. A position that the tree meets for the first time is *evaluated*: somebody says with what probability
//! P(s, a) a strong player would choose each move, and what the position is worth to the side that is to move, from −1 (lost) to 1.
//! At a position that is known, the move with the largest
//!
//! ```text
//! Q(s, a) + c P(s, a) √N(s) / (1 + N(s, a))
//! ```
//!
//! is followed, N counting visits and Q being the mean of the values found below a move; before its first visit Q is the value of the
//! position itself. The ends of games are no matter of opinion: they are known as soon as their parent is in the tree, and what
//! follows from them is marked as proven, as in [`mcts`](super::mcts).
//!
//! A search does not evaluate. [`descend`](Puct::descend) stops at a position that wants it and [`expand`](Puct::expand) takes the
//! answer, so that whoever conducts many searches can have all their positions evaluated in one batch.

use super::{Candidate, SearchResult};
use crate::reinforcement::games::{Game, Move, Outcome, Side};
use std::time::Duration;

/// c, unless somebody asks for another.
pub const EXPLORATION: f32 = 1.5;

/// What is said of a position.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// P of the legal moves, in the order of [`Game::legal`]; they add up to 1.
    pub priors: Vec<f32>,
    /// Worth to the side to move, from −1 to 1.
    pub value: f32,
}

/// Evaluates positions: a network, or anything else that has an opinion.
pub trait Evaluator<G> {
    fn evaluate(&self, positions: &[G]) -> Vec<Evaluation>;
}

impl<G, F: Fn(&[G]) -> Vec<Evaluation>> Evaluator<G> for F {
    fn evaluate(&self, positions: &[G]) -> Vec<Evaluation> {
        self(positions)
    }
}

#[derive(Debug, Clone)]
struct Node {
    chosen: Move,
    prior: f32,
    visits: u32,
    /// Σ of the values found here, each seen by the side that moved here.
    total: f32,
    /// Worth to the side to move, as it was evaluated.
    value: f32,
    proven: Option<Outcome>,
    first: u32,
    /// Zero until it is expanded.
    children: u16,
}

impl Node {
    fn new(chosen: Move) -> Self {
        Node { chosen, prior: 0.0, visits: 0, total: 0.0, value: 0.0, proven: None, first: 0, children: 0 }
    }

    fn range(&self) -> std::ops::Range<usize> {
        self.first as usize..self.first as usize + usize::from(self.children)
    }
}

/// What a search says of a move at its root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Considered {
    pub chosen: Move,
    pub prior: f32,
    pub visits: u32,
    /// Q, from −1 to 1, for the side that makes it; the proven value where there is one. None before the first visit.
    pub value: Option<f32>,
    pub proven: Option<Outcome>,
}

/// What stops a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A position that is to be evaluated, see [`Puct::leaf`].
    Leaf,
    /// A result that is certain; it has been counted.
    Certain,
}

/// A search from one position.
#[derive(Debug, Clone)]
pub struct Puct<G> {
    root: G,
    exploration: f32,
    nodes: Vec<Node>,
    simulations: u32,
    deepest: u32,
    /// The nodes of the simulation that waits for its evaluation, from the root, the position at the last of them and its moves.
    path: Vec<u32>,
    leaf: G,
    moves: Vec<Move>,
}

fn worth(outcome: Outcome, side: Side) -> f32 {
    2.0 * outcome.share(side) - 1.0
}

impl<G: Game> Puct<G> {
    /// `exploration` is c.
    pub fn new(root: G, exploration: f32) -> Self {
        let nodes = vec![Node::new(Move::default())];
        let leaf = root.clone();
        Puct { root, exploration, nodes, simulations: 0, deepest: 0, path: Vec::new(), leaf, moves: Vec::new() }
    }

    /// Simulations so far: those that ended with an evaluation, and those whose result was certain.
    pub fn simulations(&self) -> u32 {
        self.simulations
    }

    /// How the game ends from the root, if that is certain.
    pub fn proven(&self) -> Option<Outcome> {
        self.nodes[0].proven
    }

    /// Q of a child for the side that moves there.
    fn q(&self, child: &Node, mover: Side, unvisited: f32) -> f32 {
        match child.proven {
            Some(outcome) => worth(outcome, mover),
            None if child.visits == 0 => unvisited,
            None => child.total / child.visits as f32,
        }
    }

    /// The child to follow.
    fn select(&self, node: &Node, mover: Side) -> usize {
        let root_of_visits = (node.visits as f32).sqrt();
        let (mut best, mut most) = (node.first as usize, f32::NEG_INFINITY);
        for index in node.range() {
            let child = &self.nodes[index];
            // What is certainly lost is not looked at again while there is something else.
            let lost = matches!(child.proven, Some(Outcome::Won(side)) if side != mover);
            let bonus = self.exploration * child.prior * root_of_visits / (1 + child.visits) as f32;
            let score = self.q(child, mover, node.value) + bonus - if lost { 1e6 } else { 0.0 };
            if score > most {
                (best, most) = (index, score);
            }
        }
        best
    }

    /// One simulation, up to the position that is to be evaluated or to a result that is certain.
    ///
    /// # Panics
    /// If one is waiting for its evaluation.
    pub fn descend(&mut self) -> Stop {
        assert!(self.path.is_empty(), "a simulation at a time");
        let (mut at, mut position) = (0, self.root.clone());
        self.path.push(0);
        loop {
            let node = &self.nodes[at];
            if let Some(outcome) = node.proven {
                self.deepest = self.deepest.max(self.path.len() as u32 - 1);
                self.back_up(worth(outcome, position.turn()));
                return Stop::Certain;
            }
            if node.children == 0 {
                break;
            }
            at = self.select(node, position.turn());
            position.play(self.nodes[at].chosen);
            self.path.push(at as u32);
        }
        self.deepest = self.deepest.max(self.path.len() as u32 - 1);
        let mover = position.turn();
        if let Some(outcome) = position.outcome() {
            self.nodes[at].proven = Some(outcome);
            self.prove(mover);
            self.back_up(worth(outcome, mover));
            return Stop::Certain;
        }
        position.legal(&mut self.moves);
        if self.add_children(at, &position) {
            self.prove(mover);
        }
        if let Some(outcome) = self.nodes[at].proven {
            self.back_up(worth(outcome, mover));
            return Stop::Certain;
        }
        self.leaf = position;
        Stop::Leaf
    }

    /// Gives a node its children and marks those that end the game; whether there are any.
    fn add_children(&mut self, at: usize, position: &G) -> bool {
        let first = self.nodes.len();
        let mut ends = false;
        for &chosen in &self.moves {
            let mut next = position.clone();
            next.play(chosen);
            let proven = next.outcome();
            ends |= proven.is_some();
            self.nodes.push(Node { proven, ..Node::new(chosen) });
        }
        let node = &mut self.nodes[at];
        (node.first, node.children) = (first as u32, self.moves.len() as u16);
        ends
    }

    /// From the end of the path up: a position is won if one move wins, and lost or drawn if all moves are certain. `mover` is to move at
    /// its end.
    fn prove(&mut self, mut mover: Side) {
        for place in (0..self.path.len()).rev() {
            let at = self.path[place] as usize;
            if self.nodes[at].proven.is_none() {
                let children = &self.nodes[self.nodes[at].range()];
                let won = children.iter().any(|child| child.proven == Some(Outcome::Won(mover)));
                let outcome = if won {
                    Outcome::Won(mover)
                } else if children.iter().any(|child| child.proven.is_none()) {
                    return;
                } else if children.iter().any(|child| child.proven == Some(Outcome::Drawn)) {
                    Outcome::Drawn
                } else {
                    Outcome::Won(mover.other())
                };
                self.nodes[at].proven = Some(outcome);
            }
            mover = mover.other();
        }
    }

    /// Counts a value, seen by the side that is to move at the end of the path.
    fn back_up(&mut self, value: f32) {
        let mut value = -value;
        for &at in self.path.iter().rev() {
            let node = &mut self.nodes[at as usize];
            node.visits += 1;
            node.total += value;
            value = -value;
        }
        self.path.clear();
        self.simulations += 1;
    }

    /// The position that waits for its evaluation.
    pub fn leaf(&self) -> &G {
        &self.leaf
    }

    /// Takes the evaluation of [`leaf`](Self::leaf), which ends the simulation.
    ///
    /// # Panics
    /// If none is waiting, or there is not a prior for each legal move.
    pub fn expand(&mut self, evaluation: &Evaluation) {
        let at = *self.path.last().expect("a position that waits") as usize;
        let range = self.nodes[at].range();
        assert_eq!(evaluation.priors.len(), range.len(), "a prior for each move");
        for (child, &prior) in self.nodes[range].iter_mut().zip(&evaluation.priors) {
            child.prior = prior;
        }
        self.nodes[at].value = evaluation.value;
        self.back_up(evaluation.value);
    }

    /// Mixes something into the priors of the root: P ← (1 − ε) P + ε η.
    ///
    /// # Panics
    /// If there is not an η for each move of the root.
    pub fn mix(&mut self, epsilon: f32, noise: &[f32]) {
        let range = self.nodes[0].range();
        assert_eq!(noise.len(), range.len(), "a share for each move");
        for (child, &noise) in self.nodes[range].iter_mut().zip(noise) {
            child.prior = (1.0 - epsilon) * child.prior + epsilon * noise;
        }
    }

    /// The moves of the root, in the order of [`Game::legal`]; none before the first simulation.
    pub fn considered(&self) -> Vec<Considered> {
        let mover = self.root.turn();
        let children = &self.nodes[self.nodes[0].range()];
        let considered = children.iter().map(|child| Considered {
            chosen: child.chosen,
            prior: child.prior,
            visits: child.visits,
            value: (child.visits > 0 || child.proven.is_some()).then(|| self.q(child, mover, 0.0)),
            proven: child.proven,
        });
        considered.collect()
    }

    /// What the search believes of its root, from −1 to 1 for the side to move.
    pub fn value(&self) -> f32 {
        match self.nodes[0].proven {
            Some(outcome) => worth(outcome, self.root.turn()),
            None => -self.nodes[0].total / self.nodes[0].visits.max(1) as f32,
        }
    }

    /// Whether a child is among those that keep the best result that is known: all that are not certainly lost, of a root that is proven
    /// those with its result.
    fn is_eligible(&self, child: &Node) -> bool {
        match self.nodes[0].proven {
            Some(outcome) => child.proven == Some(outcome),
            None => child.proven != Some(Outcome::Won(self.root.turn().other())),
        }
    }

    /// The policy that the search recommends, a share for each legal move: by visits, or while none of the moves that are to be
    /// considered has a visit by the priors; nothing for what is certainly worse.
    pub fn policy(&self) -> Vec<f32> {
        let children = &self.nodes[self.nodes[0].range()];
        let shares = |weight: &dyn Fn(&Node) -> f32| -> Option<Vec<f32>> {
            let weight = |child| if self.is_eligible(child) { weight(child) } else { 0.0 };
            let weights: Vec<f32> = children.iter().map(weight).collect();
            let sum: f32 = weights.iter().sum();
            (sum > 0.0).then(|| weights.iter().map(|weight| weight / sum).collect())
        };
        shares(&|child| child.visits as f32)
            .or_else(|| shares(&|child| child.prior))
            .or_else(|| shares(&|_| 1.0))
            .unwrap_or_default()
    }

    /// The move to play: of those that keep the best result the most visited, among equals that with the largest prior.
    pub fn best(&self) -> Option<Move> {
        self.ranked(0, self.root.turn()).first().map(|&best| self.nodes[best].chosen)
    }

    /// The moves expected, one after another.
    fn line(&self) -> Vec<Move> {
        let (mut line, mut at, mut mover) = (Vec::new(), 0, self.root.turn());
        while let Some(&best) = self.ranked(at, mover).first() {
            if self.nodes[best].visits == 0 && self.nodes[best].proven.is_none() {
                break;
            }
            line.push(self.nodes[best].chosen);
            (at, mover) = (best, mover.other());
        }
        line
    }

    /// The children of a node, the best first: a proven win, then by visits, among equals by prior; proven losses last.
    fn ranked(&self, at: usize, mover: Side) -> Vec<usize> {
        let mut ranked: Vec<usize> = self.nodes[at].range().collect();
        ranked.sort_by(|a, b| {
            let (a, b) = (&self.nodes[*a], &self.nodes[*b]);
            let rank = |node: &Node| match node.proven {
                Some(Outcome::Won(side)) if side == mover => 0,
                Some(Outcome::Won(_)) => 2,
                _ => 1,
            };
            rank(a).cmp(&rank(b)).then(b.visits.cmp(&a.visits)).then(b.prior.total_cmp(&a.prior))
        });
        ranked
    }

    /// What the search came to, in the terms of all searches.
    pub fn result(&self, took: Duration) -> SearchResult {
        let mover = self.root.turn();
        let points = |value: f32| (value + 1.0) / 2.0;
        let candidate = |index: usize| {
            let child = &self.nodes[index];
            Candidate {
                chosen: child.chosen,
                visits: u64::from(child.visits),
                value: points(self.q(child, mover, self.nodes[0].value)),
                proven: child.proven,
            }
        };
        SearchResult {
            candidates: self.ranked(0, mover).into_iter().map(candidate).collect(),
            line: self.line(),
            value: points(self.value()),
            proven: self.proven(),
            ends_in: None,
            simulations: u64::from(self.simulations),
            depth: self.deepest,
            nodes: self.nodes.len() as u64,
            full: false,
            took,
        }
    }

    /// Simulates until there were so many, or all is proven.
    pub fn search(&mut self, simulations: u32, evaluator: &impl Evaluator<G>) {
        while self.simulations < simulations && self.proven().is_none() {
            if self.descend() == Stop::Leaf {
                let evaluation = evaluator.evaluate(std::slice::from_ref(self.leaf())).pop().expect("one for each");
                self.expand(&evaluation);
            }
        }
    }
}

#[cfg(test)]
mod tests;
