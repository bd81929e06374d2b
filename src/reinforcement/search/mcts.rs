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

mod worker;

use super::tree::Tree;
use super::visit_buffer;
use super::{Budget, Candidate, OnProgress, SearchResult, silent};
use crate::reinforcement::games::{Game, Move, Outcome, PlayoutRng, Side, Style};
use rand::SeedableRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use worker::Worker;

/// Simulations between two looks at the clock, at most.
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
            "othello" | "othello-6" => Settings { exploration: 0.7, ..plain },
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
    random: Vec<PlayoutRng>,
    simulations: u64,
    deepest: u32,
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
        let random = (0..settings.threads.max(1) as u64)
            .map(|thread| {
                PlayoutRng::seed_from_u64(settings.seed.wrapping_add(thread.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            })
            .collect();
        Mcts { tree: Arc::new(Tree::new(settings.memory)), root, random, simulations: 0, deepest: 0, settings }
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
        let alone = self.random.len() == 1;
        let mut random = std::mem::take(&mut self.random);
        let work = |kept: &mut PlayoutRng, first: bool| {
            let mut reported = begun;
            // A copy of its own, far from those of the other threads: they would share a line of the cache.
            let mut random = kept.clone();
            let mut worker = Worker::new(settings, tree, root, &mut random, alone);
            let mut lot = Lot::of(budget);
            loop {
                // Simulations are taken in small lots, so that their number is exact.
                let wanted = budget.playouts.map_or(lot.size, |most| {
                    let taken = spent.load(Ordering::Relaxed);
                    most.saturating_sub(taken).min(lot.size)
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
                lot.took();
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
            *kept = random;
        };
        let (first, others) = random.split_first_mut().expect("a thread");
        if others.is_empty() {
            work(first, true);
        } else {
            std::thread::scope(|scope| {
                for random in others {
                    scope.spawn(|| work(random, false));
                }
                work(first, true);
            });
        }
        let done = spent.into_inner().min(budget.playouts.unwrap_or(u64::MAX));
        self.simulations += done;
        self.random = random;
        self.deepest = deepest.into_inner();
        self.result(done, begun.elapsed())
    }

    /// One simulation on one thread, step by step.
    pub fn step(&mut self) -> Simulation {
        let nodes = self.tree.len();
        let random = self.random.first_mut().expect("a thread");
        let mut worker = Worker::new(&self.settings, &self.tree, &self.root, random, true);
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

/// Simulations between two looks at the clock: as many as take a moment, for a game of shogi takes a hundred times as long as one of
/// tic-tac-toe. Where their number alone ends a search it is always the same, and with it what the search finds.
struct Lot {
    size: u64,
    begun: Option<Instant>,
}

impl Lot {
    const MOMENT: Duration = Duration::from_millis(2);

    fn of(budget: Budget) -> Self {
        let is_counted = budget.time.is_none() && budget.playouts.is_some();
        Lot { size: if is_counted { LOOK_EVERY } else { 1 }, begun: (!is_counted).then(Instant::now) }
    }

    fn took(&mut self) {
        let Some(begun) = &mut self.begun else { return };
        let now = Instant::now();
        let took = now.duration_since(*begun);
        *begun = now;
        if took > Self::MOMENT {
            self.size = (self.size / 2).max(1);
        } else if took < Self::MOMENT / 2 {
            self.size = (2 * self.size).min(LOOK_EVERY);
        }
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
