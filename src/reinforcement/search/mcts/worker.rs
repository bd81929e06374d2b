//! One thread of the search: selection, expansion, simulation, backpropagation.

use super::super::tree::{Children, Node, NodeAllocator, Tree};
use super::super::visit_buffer::{Entry, VisitBuffer};
use super::Settings;
use crate::reinforcement::games::{Game, Move, Outcome, PlayoutRng, Side};

/// What one thread works with.
pub(super) struct Worker<'a, G> {
    settings: &'a Settings,
    tree: &'a Tree,
    root: &'a G,
    game: G,
    random: &'a mut PlayoutRng,
    alone: bool,
    pub(super) allocator: NodeAllocator,
    /// Where one of several threads counts first, if it may.
    buffer: Option<VisitBuffer<'a>>,
    moves: Vec<Move>,
    /// The nodes of this simulation.
    pub(super) path: Vec<Step<'a>>,
    /// The moves of a simulation after the root, first those in the tree.
    pub(super) trace: Vec<Move>,
    /// For each side and move, where in the trace the side first made it, while this simulation is counted.
    first: Vec<[u32; 2]>,
    pub(super) deepest: u32,
    /// Whether all moves of a playout are kept.
    pub(super) traced: bool,
}

/// A node of a simulation, the side that moved there, and where its visit was counted if not at itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    node: &'a Node,
    mover: Side,
    entry: Option<Entry>,
}

impl<'a, G: Game> Worker<'a, G> {
    pub(super) fn new(
        settings: &'a Settings,
        tree: &'a Tree,
        root: &'a G,
        random: &'a mut PlayoutRng,
        alone: bool,
    ) -> Self {
        Worker {
            settings,
            tree,
            root,
            game: root.clone(),
            random,
            alone,
            allocator: NodeAllocator::new(alone),
            // AMAF is counted in the tree at once, and its lines of the cache travel anyway.
            buffer: (!alone && settings.rave.is_none()).then(VisitBuffer::new),
            moves: Vec::new(),
            path: Vec::new(),
            trace: Vec::new(),
            first: Vec::new(),
            deepest: 0,
            traced: settings.rave.is_some(),
        }
    }

    #[inline]
    pub(super) fn simulate(&mut self) -> Outcome {
        let outcome = self.select();
        self.count(outcome);
        outcome
    }

    /// Selection, expansion and simulation.
    fn select(&mut self) -> Outcome {
        self.game.clone_from(self.root);
        self.path.clear();
        self.trace.clear();
        let root = self.tree.root();
        let mut siblings = std::slice::from_ref(root);
        let mut slot = self.slot(siblings, root.visits());
        let mut place = 0;
        let mut mover = self.game.turn().other();
        loop {
            let (node, visits) = self.visit(siblings, place, slot, mover);
            if let Some(outcome) = node.proven() {
                return outcome;
            }
            let children = match self.tree.children(node) {
                Children::Are(children) => children,
                Children::None if visits > 1 || self.path.len() == 1 => match self.expand(node) {
                    Ok(Some(children)) => children,
                    Ok(None) => return self.playout(),
                    Err(outcome) => return outcome,
                },
                _ => return self.playout(),
            };
            mover = self.game.turn();
            slot = self.slot(children, visits);
            place = self.best(children, slot, visits, mover);
            siblings = children;
            let chosen = children[place].chosen();
            self.trace.push(chosen);
            self.game.play(chosen);
        }
    }

    /// Where this thread counts the visits of these siblings, whose parent was visited so often; none if in the tree.
    #[inline]
    fn slot(&mut self, siblings: &'a [Node], visits: u32) -> Option<usize> {
        self.buffer.as_mut()?.open(siblings, visits)
    }

    /// What this thread holds back of some siblings; nothing without a slot.
    #[inline]
    fn held(&self, slot: Option<usize>) -> &[[u32; 2]] {
        self.buffer.as_ref().zip(slot).map_or(&[], |(buffer, slot)| buffer.counts(slot))
    }

    /// Goes to one of these siblings; gives it with its visits, this one among them.
    #[inline]
    fn visit(&mut self, siblings: &'a [Node], place: usize, slot: Option<usize>, mover: Side) -> (&'a Node, u32) {
        let node = &siblings[place];
        let entry = match (slot, &mut self.buffer) {
            (Some(slot), Some(buffer)) => Some(buffer.visit(slot, place)),
            _ => {
                node.visit(self.alone);
                None
            }
        };
        self.path.push(Step { node, mover, entry });
        (node, node.visits() + self.held(slot).get(place).map_or(0, |held| held[0]))
    }

    /// Gives a node its children in random order; none if another thread does or there is no room.
    fn expand(&mut self, node: &Node) -> Result<Option<&'a [Node]>, Outcome> {
        self.game.legal(&mut self.moves);
        if self.moves.is_empty() {
            let outcome = self.game.outcome().expect("no moves: the game has ended");
            node.prove(outcome);
            return Err(outcome);
        }
        for left in (2..=self.moves.len()).rev() {
            self.moves.swap(left - 1, crate::reinforcement::games::below(self.random, left));
        }
        let biased = self.settings.rave.is_some();
        let game = &self.game;
        Ok(self.tree.expand(node, &self.moves, &mut self.allocator, |child| {
            if biased {
                let (visits, wins) = game.expectation(child.chosen());
                child.expect(visits, (2.0 * wins * visits as f32) as u32);
            }
        }))
    }

    /// The child with the largest upper confidence bound; one that loses for certain only if all do.
    #[inline]
    fn best(&self, children: &[Node], slot: Option<usize>, visits: u32, mover: Side) -> usize {
        let log = (visits.max(1) as f32).ln();
        let held = self.held(slot);
        let (mut best, mut highest) = (0, f32::NEG_INFINITY);
        for (place, child) in children.iter().enumerate() {
            let lost = self.settings.solver && child.proven() == Some(Outcome::Won(mover.other()));
            let bound = match self.settings.rave {
                _ if lost => -1.0,
                None => {
                    let [visits, points] = held.get(place).copied().unwrap_or_default();
                    ucb1(child.visits() + visits, child.points() + points, log, self.settings.exploration)
                }
                Some(k) => rave(child, log, self.settings.exploration, k),
            };
            if bound > highest {
                (best, highest) = (place, bound);
                if bound == f32::INFINITY {
                    break;
                }
            }
        }
        best
    }

    #[inline]
    fn playout(&mut self) -> Outcome {
        let trace = self.traced.then_some(&mut self.trace);
        self.game.playout(self.settings.playouts, self.random, &mut self.moves, trace)
    }

    /// Backpropagation.
    fn count(&mut self, outcome: Outcome) {
        self.deepest = self.deepest.max(self.path.len() as u32 - 1);
        for Step { node, mover, entry } in &self.path {
            let points = half_points(outcome, *mover);
            match (entry, &mut self.buffer) {
                (Some(entry), Some(buffer)) => buffer.add_points(*entry, node, points),
                _ => node.add_points(points, self.alone),
            }
        }
        if self.settings.rave.is_some() {
            self.count_amaf(outcome);
        }
        if self.settings.solver {
            self.prove();
        }
    }

    /// Adds to the tree what this thread has kept to itself.
    pub(super) fn flush(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.flush();
        }
    }

    /// Every child of a node on the way whose move its side made later gets this outcome too.
    fn count_amaf(&mut self, outcome: Outcome) {
        let start = self.root.turn().index();
        let most = self.trace.iter().map(|chosen| usize::from(chosen.0)).max().map_or(0, |most| most + 1);
        self.first.clear();
        self.first.resize(most, [u32::MAX; 2]);
        for (place, chosen) in self.trace.iter().enumerate().rev() {
            self.first[usize::from(chosen.0)][(start + place) & 1] = place as u32;
        }
        for (depth, Step { node, mover, .. }) in self.path.iter().enumerate() {
            let side = mover.other();
            let points = half_points(outcome, side);
            for child in self.tree.made(node) {
                let when = self.first.get(usize::from(child.chosen().0)).map_or(u32::MAX, |first| first[side.index()]);
                if when != u32::MAX && when >= depth as u32 {
                    child.add_amaf(points, self.alone);
                }
            }
        }
    }

    /// From the end of the way up: a position is won if one move wins, and lost or drawn if all moves are certain.
    fn prove(&self) {
        for pair in self.path.windows(2).rev() {
            let [Step { node: parent, .. }, Step { node: child, mover, .. }] = pair else { return };
            let Some(outcome) = child.proven() else { return };
            if parent.proven().is_some() {
                return;
            }
            if outcome == Outcome::Won(*mover) {
                parent.prove(outcome);
                continue;
            }
            let mut best = Outcome::Won(mover.other());
            for sibling in self.tree.made(parent) {
                match sibling.proven() {
                    None => return,
                    Some(Outcome::Drawn) => best = Outcome::Drawn,
                    Some(_) => {}
                }
            }
            parent.prove(best);
        }
    }
}

fn half_points(outcome: Outcome, side: Side) -> u32 {
    (2.0 * outcome.share(side)) as u32
}

/// W/N + c √(ln N_parent / N); without bound before the first visit.
#[inline]
fn ucb1(visits: u32, points: u32, log: f32, exploration: f32) -> f32 {
    if visits == 0 {
        return f32::INFINITY;
    }
    let each = 1.0 / visits as f32;
    0.5 * points as f32 * each + exploration * (log * each).sqrt()
}

/// (1 − β) W/N + β AMAF + c √(ln N_parent / (N + 1)), β = √(k / (3N + k)).
#[inline]
fn rave(child: &Node, log: f32, exploration: f32, k: f32) -> f32 {
    let visits = child.visits() as f32;
    let (amaf_visits, amaf_points) = child.amaf();
    let amaf = if amaf_visits == 0 { 0.6 } else { 0.5 * amaf_points as f32 / amaf_visits as f32 };
    let beta = (k / (3.0 * visits + k)).sqrt();
    let own = if visits == 0.0 { amaf } else { 0.5 * child.points() as f32 / visits };
    (1.0 - beta) * own + beta * amaf + exploration * (log / (visits + 1.0)).sqrt()
}
