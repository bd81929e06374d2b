//! Monte Carlo tree search (Coulom 2006; UCT: Kocsis & Szepesvári 2006).
//!
//! One simulation is four steps:
//!
//! 1. *selection*: from the root, the child with the largest UCB1 = W/N + c √(ln N_parent / N), until a position is met that the tree does
//!    not know further;
//! 2. *expansion*: its moves become nodes, once it has been visited before;
//! 3. *simulation*: random moves to the end of the game;
//! 4. *backpropagation*: every node on the way counts a visit, and the points of the side that moved there.
//!
//! The move played is the one most visited. Beside that, each switchable: proven results (MCTS-Solver, Winands, Björnsson & Saito 2008), and
//! all moves as first (AMAF/RAVE, Gelly & Silver 2007) with their weight β = √(k / (3N + k)).

use super::tree::{Children, Node, NodeAllocator, Tree};
use super::visit_buffer::{self, Entry, VisitBuffer};
use super::{Budget, Candidate, OnProgress, SearchResult, silent};
use crate::reinforcement::games::{Game, Move, Outcome, PlayoutRng, Side, Style};
use rand::SeedableRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Simulations between two looks at the clock.
const LOOK_EVERY: u64 = 64;
/// Time between two tellings of what is believed.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Simulations before a search may say that it is decided.
const DECIDES_FROM: u64 = 1000;

#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// c of UCB1.
    pub exploration: f32,
    /// Whether positions whose result is certain are marked, and their parents with them.
    pub solver: bool,
    /// k of β: simulations after which a move's own count weighs as much as AMAF's; none is plain UCT.
    pub rave: Option<f32>,
    pub playouts: Style,
    pub threads: usize,
    pub seed: u64,
    /// Bytes of nodes.
    pub memory: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            exploration: 1.4,
            solver: true,
            rave: None,
            playouts: Style::Uniform,
            threads: 1,
            seed: 1,
            memory: 1 << 29,
        }
    }
}

impl Settings {
    /// What was measured to play a game well.
    pub fn for_game(id: &str) -> Self {
        let plain = Settings::default();
        match id {
            // AMAF explores enough: with c = 0.1 most games are lost.
            "go-9" | "go-13" | "gomoku-9" | "gomoku-15" => {
                Settings { exploration: 0.0, rave: Some(300.0), playouts: Style::Light, ..plain }
            }
            "othello" => Settings { exploration: 0.7, ..plain },
            "tic-tac-toe" => Settings { playouts: Style::Light, ..plain },
            "connect-four" => Settings { exploration: 1.0, playouts: Style::Light, ..plain },
            _ => plain,
        }
    }

    /// c for UCT without AMAF, which explores more than AMAF needs.
    pub fn plain_exploration(id: &str) -> f32 {
        let own = Settings::for_game(id);
        if own.rave.is_some() { Settings::default().exploration } else { own.exploration }
    }
}

/// A search from one position, which may be taken further.
#[derive(Debug)]
pub struct Mcts<G: Game> {
    pub settings: Settings,
    root: G,
    tree: Arc<Tree>,
    dice: Vec<PlayoutRng>,
    simulations: u64,
    deepest: u32,
}

/// What one thread works with.
struct Worker<'a, G> {
    settings: &'a Settings,
    tree: &'a Tree,
    root: &'a G,
    game: G,
    dice: &'a mut PlayoutRng,
    alone: bool,
    allocator: NodeAllocator,
    /// Where one of several threads counts first, if it may.
    buffer: Option<VisitBuffer<'a>>,
    moves: Vec<Move>,
    /// The nodes of this simulation.
    path: Vec<Step<'a>>,
    /// The moves of a simulation after the root, first those in the tree.
    trace: Vec<Move>,
    /// For each side and move, where in the trace the side first made it, while this simulation is counted.
    first: Vec<[u32; 2]>,
    deepest: u32,
    /// Whether all moves of a playout are kept.
    traced: bool,
}

/// A node of a simulation, the side that moved there, and where its visit was counted if not at itself.
#[derive(Debug, Clone, Copy)]
struct Step<'a> {
    node: &'a Node,
    mover: Side,
    entry: Option<Entry>,
}

/// One simulation, shown step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    /// Moves chosen in the tree.
    pub selected: Vec<Move>,
    /// New nodes under the last of them.
    pub expanded: usize,
    /// Random moves to the end.
    pub played: Vec<Move>,
    pub outcome: Outcome,
}

impl<G: Game> Mcts<G> {
    pub fn new(root: G, settings: Settings) -> Self {
        let dice = (0..settings.threads.max(1) as u64)
            .map(|thread| {
                PlayoutRng::seed_from_u64(settings.seed.wrapping_add(thread.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            })
            .collect();
        Mcts { tree: Arc::new(Tree::new(settings.memory)), root, dice, simulations: 0, deepest: 0, settings }
    }

    pub fn root(&self) -> &G {
        &self.root
    }

    pub fn tree(&self) -> &Arc<Tree> {
        &self.tree
    }

    /// Takes another value for the root: the same position with what came before it.
    pub fn place(&mut self, root: G) {
        self.root = root;
    }

    /// Goes on to the position after a move and keeps what is known of it.
    pub fn advance(&mut self, chosen: Move) {
        let known = self.tree.made(self.tree.root()).iter().find(|child| child.chosen() == chosen);
        self.tree = Arc::new(match known {
            Some(child) => self.tree.from_node(child),
            None => Tree::new(self.settings.memory),
        });
        self.root.play(chosen);
        self.deepest = 0;
    }

    /// Searches until the budget is spent, all is proven, or `stop` is set.
    pub fn search(&mut self, budget: Budget, stop: &AtomicBool) -> SearchResult {
        self.search_with_progress(budget, stop, &silent)
    }

    /// The same, telling every tenth of a second what it believes.
    pub fn search_with_progress(&mut self, budget: Budget, stop: &AtomicBool, on_progress: OnProgress) -> SearchResult {
        let begun = Instant::now();
        let spent = AtomicU64::new(0);
        let deepest = AtomicU32::new(self.deepest);
        let decided = AtomicBool::new(false);
        let (settings, tree, root) = (&self.settings, &*self.tree, &self.root);
        let alone = self.dice.len() == 1;
        let mut dice = std::mem::take(&mut self.dice);
        let work = |kept: &mut PlayoutRng, first: bool| {
            let mut reported = begun;
            // A copy of its own, far from those of the other threads: they would share a line of the cache.
            let mut dice = kept.clone();
            let mut worker = Worker::new(settings, tree, root, &mut dice, alone);
            loop {
                // Simulations are taken in small lots, so that their number is exact.
                let wanted = budget.playouts.map_or(LOOK_EVERY, |most| {
                    let taken = spent.load(Ordering::Relaxed);
                    most.saturating_sub(taken).min(LOOK_EVERY)
                });
                let proven = tree.root().proven().is_some();
                // Without a first lot there is no move to make, however short the time was.
                let owes_a_move = first && !proven && tree.made(tree.root()).is_empty();
                let is_over = || {
                    stop.load(Ordering::Relaxed)
                        || decided.load(Ordering::Relaxed)
                        || budget.time.is_some_and(|time| begun.elapsed() >= time)
                };
                if wanted == 0 || settings.solver && proven || !owes_a_move && is_over() {
                    break;
                }
                let before = spent.fetch_add(wanted, Ordering::Relaxed);
                let wanted = budget.playouts.map_or(wanted, |most| most.saturating_sub(before).min(wanted));
                for _ in 0..wanted {
                    worker.simulate();
                }
                if budget.stops_when_full && tree.is_full() {
                    break;
                }
                if reported.elapsed() >= PROGRESS_EVERY {
                    reported = Instant::now();
                    worker.flush();
                    if !first {
                        continue;
                    }
                    let (done, took) = (spent.load(Ordering::Relaxed), begun.elapsed());
                    let depth = deepest.fetch_max(worker.deepest, Ordering::Relaxed).max(worker.deepest);
                    on_progress(&result(&self.tree, root.turn(), done, depth, took), Some(&self.tree));
                    let unseen = if alone { 0 } else { tree.root().visits() / visit_buffer::PART };
                    if budget.ends_when_decided && is_decided(tree, unseen, done, took, budget.time) {
                        decided.store(true, Ordering::Relaxed);
                    }
                }
            }
            worker.flush();
            tree.put_back(&mut worker.allocator);
            deepest.fetch_max(worker.deepest, Ordering::Relaxed);
            *kept = dice;
        };
        let (first, others) = dice.split_first_mut().expect("a thread");
        if others.is_empty() {
            work(first, true);
        } else {
            std::thread::scope(|scope| {
                for dice in others {
                    scope.spawn(|| work(dice, false));
                }
                work(first, true);
            });
        }
        let done = spent.into_inner().min(budget.playouts.unwrap_or(u64::MAX));
        self.simulations += done;
        self.dice = dice;
        self.deepest = deepest.into_inner();
        self.result(done, begun.elapsed())
    }

    /// One simulation on one thread, step by step.
    pub fn step(&mut self) -> Simulation {
        let nodes = self.tree.len();
        let dice = self.dice.first_mut().expect("a thread");
        let mut worker = Worker::new(&self.settings, &self.tree, &self.root, dice, true);
        worker.traced = true;
        let outcome = worker.simulate();
        let inside = worker.path.len() - 1;
        let (selected, played) = (worker.trace[..inside].to_vec(), worker.trace[inside..].to_vec());
        self.deepest = self.deepest.max(worker.deepest);
        self.simulations += 1;
        Simulation { selected, expanded: self.tree.len() - nodes, played, outcome }
    }

    /// What the search believes now.
    pub fn result(&self, simulations: u64, took: Duration) -> SearchResult {
        result(&self.tree, self.root.turn(), simulations, self.deepest, took)
    }
}

/// What a tree says of its root, where this side is to move.
fn result(tree: &Tree, mover: Side, simulations: u64, depth: u32, took: Duration) -> SearchResult {
    let root = tree.root();
    let ranked = tree.ranked(root, mover);
    let candidates: Vec<Candidate> = ranked
        .iter()
        .map(|child| Candidate {
            chosen: child.chosen(),
            visits: u64::from(child.visits()),
            value: child.proven().map_or(child.value(), |outcome| outcome.share(mover)),
            proven: child.proven(),
        })
        .collect();
    let value =
        root.proven().map_or_else(|| candidates.first().map_or(0.5, |best| best.value), |outcome| outcome.share(mover));
    // Other threads go on counting: what is expected begins with the move that was best a moment ago.
    let line = ranked.first().map_or_else(Vec::new, |best| {
        let after = tree.line(best, mover.other());
        std::iter::once(best.chosen()).chain(after).collect()
    });
    SearchResult {
        line,
        candidates,
        value,
        proven: root.proven(),
        ends_in: None,
        simulations,
        depth,
        nodes: tree.len() as u64,
        full: tree.is_full(),
        took,
    }
}

/// Whether no other move can still be visited more often than the one that leads, at this rate in what is left of the time; `unseen` are
/// visits that another thread may not have added yet.
fn is_decided(tree: &Tree, unseen: u32, done: u64, took: Duration, time: Option<Duration>) -> bool {
    let Some(time) = time.filter(|_| done >= DECIDES_FROM) else { return false };
    let left = time.saturating_sub(took).as_secs_f64() * done as f64 / took.as_secs_f64();
    let mut most = [0u32; 2];
    for child in tree.made(tree.root()).iter().filter(|child| child.proven().is_none()) {
        let visits = child.visits();
        if visits > most[0] {
            most = [visits, most[0]];
        } else if visits > most[1] {
            most[1] = visits;
        }
    }
    f64::from(most[0]) > f64::from(most[1]) + f64::from(unseen) + left
}

impl<'a, G: Game> Worker<'a, G> {
    fn new(settings: &'a Settings, tree: &'a Tree, root: &'a G, dice: &'a mut PlayoutRng, alone: bool) -> Self {
        Worker {
            settings,
            tree,
            root,
            game: root.clone(),
            dice,
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
    fn simulate(&mut self) -> Outcome {
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
            self.moves.swap(left - 1, crate::reinforcement::games::below(self.dice, left));
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
        self.game.playout(self.settings.playouts, self.dice, &mut self.moves, trace)
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
    fn flush(&mut self) {
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
