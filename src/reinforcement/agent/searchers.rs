//! How each kind of agent thinks.

use super::{AgentError, Kind, Spec};
use crate::reinforcement::games::othello::SMALL;
use crate::reinforcement::games::{AnyGame, Game, Member, Move, Outcome, PlayoutRng, below};
use crate::reinforcement::policy_value::{AnyNet, Net, NetworkGame};
use crate::reinforcement::search::endgame::Endgame;
use crate::reinforcement::search::evaluation::Evaluate;
use crate::reinforcement::search::puct::{Evaluator, Stop};
use crate::reinforcement::search::{AlphaBeta, Budget, Candidate, Limit, Mcts, OnProgress, Puct, SearchResult, Solver};
use crate::reinforcement::search::{alphabeta, tree};
use crate::with_game;
use rand::SeedableRng;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Free squares from which Othello is solved to the end.
const ENDGAME: u32 = 18;
const ENDGAME_MEMORY: usize = 1 << 26;
const SOLVER_MEMORY: usize = 1 << 26;
/// How much of its time an agent tries to solve a position before it searches.
const SHARE_OF_SOLVER: f64 = 0.6;
/// Simulations of one search led by a network, at most: its tree is kept whole.
const MOST_SIMULATIONS: u64 = 1 << 20;
/// Time between two reports of what such a search believes.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Thinks about positions of one game.
pub(super) trait Searcher: Send {
    fn think(&mut self, position: &AnyGame, budget: Budget, stop: &AtomicBool, on_progress: OnProgress)
    -> SearchResult;

    fn explore(&mut self, _exploration: f32) {}

    fn forget(&mut self) {}

    fn tree(&self) -> Option<Arc<tree::Tree>> {
        None
    }
}

/// A search led by a network of this game.
pub(super) fn net_search(net: &AnyNet, game: &AnyGame, exploration: f32) -> Result<Box<dyn Searcher>, AgentError> {
    match (net, game) {
        (AnyNet::TicTacToe(net), AnyGame::TicTacToe(_)) => Ok(Box::new(NetSearch { net: net.clone(), exploration })),
        (AnyNet::ConnectFour(net), AnyGame::ConnectFour(_)) => {
            Ok(Box::new(NetSearch { net: net.clone(), exploration }))
        }
        (AnyNet::Othello(net), AnyGame::Othello(position)) if position.size() == SMALL => {
            Ok(Box::new(NetSearch { net: net.clone(), exploration }))
        }
        (net, game) => Err(AgentError::new(
            format!("the network has learned {}, not {}", net.game(), game.id()),
            format!("このネットワークが学習したのは {} で、{} ではありません", net.game(), game.id()),
        )),
    }
}

/// Who thinks in the way of a specification.
pub(super) fn searcher<G: Member + Evaluate>(spec: &Spec, game: G, seed: u64) -> Box<dyn Searcher> {
    match spec.kind {
        Kind::Random => Box::new(Chance { random: PlayoutRng::seed_from_u64(seed) }),
        Kind::Greedy => Box::new(Glance::<G>(PhantomData)),
        Kind::Mcts => {
            let settings = spec.mcts(game.id(), seed);
            Box::new(Tree { search: Mcts::new(game, settings) })
        }
        Kind::AlphaBeta => {
            let memory = spec.memory.map_or(alphabeta::Settings::default().memory, |megabytes| megabytes << 20);
            let depth = spec.depth.unwrap_or(alphabeta::Settings::default().depth);
            let search = AlphaBeta::new(alphabeta::Settings { depth, memory });
            Box::new(Depth::<G> { search, endgame: None, game: PhantomData })
        }
        Kind::Net => unreachable!("a network is opened before"),
        Kind::Perfect => Box::new(Perfect { solver: None, search: AlphaBeta::new(alphabeta::Settings::default()) }),
    }
}

/// Any legal move, and the others after it.
pub(super) fn any_move<G: Game>(game: &G, random: &mut PlayoutRng) -> SearchResult {
    let mut moves = Vec::new();
    game.legal(&mut moves);
    if !moves.is_empty() {
        let chosen = below(random, moves.len());
        moves.swap(0, chosen);
    }
    let candidate = |chosen: &Move| Candidate { chosen: *chosen, visits: 0, value: 0.5, proven: None };
    SearchResult::of(moves.iter().map(candidate).collect())
}

struct Chance {
    random: PlayoutRng,
}

impl Searcher for Chance {
    fn think(&mut self, position: &AnyGame, _: Budget, _: &AtomicBool, _: OnProgress) -> SearchResult {
        with_game!(position, game => any_move(game, &mut self.random))
    }
}

/// Looks one move ahead.
struct Glance<G>(PhantomData<fn() -> G>);

impl<G: Member + Evaluate> Searcher for Glance<G> {
    fn think(&mut self, position: &AnyGame, _: Budget, stop: &AtomicBool, _: OnProgress) -> SearchResult {
        let game = G::of(position).expect("a position of this game");
        AlphaBeta::new(alphabeta::Settings { depth: 1, memory: 0 }).search(game, Budget::default(), stop)
    }
}

/// Keeps its tree while the game goes on from where it searched last.
struct Tree<G: Game> {
    search: Mcts<G>,
}

impl<G: Member> Tree<G> {
    /// Goes to a position that follows by one move or two, else starts afresh. So it does where the tree knows only that the game has ended, and
    /// it goes on nevertheless ([`Game::reopened`]).
    fn follow(&mut self, target: &G) {
        self.go_to(target);
        let tree = self.search.tree();
        if tree.root().proven().is_some() && tree.made(tree.root()).is_empty() && target.outcome().is_none() {
            self.forget();
        }
    }

    fn go_to(&mut self, target: &G) {
        let hash = target.hash();
        if self.search.root().hash() == hash {
            return self.search.place(target.clone());
        }
        let tree = self.search.tree();
        for child in tree.made(tree.root()) {
            let mut next = self.search.root().clone();
            next.play(child.chosen());
            let line = if next.hash() == hash {
                vec![child.chosen()]
            } else {
                let answer = tree.made(child).iter().map(|answer| answer.chosen()).find(|answer| {
                    let mut after = next.clone();
                    after.play(*answer);
                    after.hash() == hash
                });
                match answer {
                    Some(answer) => vec![child.chosen(), answer],
                    None => continue,
                }
            };
            line.into_iter().for_each(|chosen| self.search.advance(chosen));
            return self.search.place(target.clone());
        }
        self.search = Mcts::new(target.clone(), self.search.settings.clone());
    }
}

impl<G: Member> Searcher for Tree<G> {
    fn think(
        &mut self,
        position: &AnyGame,
        budget: Budget,
        stop: &AtomicBool,
        on_progress: OnProgress,
    ) -> SearchResult {
        // To go on with what is known of a large tree takes its time, too.
        let begun = Instant::now();
        self.follow(G::of(position).expect("a position of this game"));
        self.search.search_with_progress(budget.after(begun), stop, on_progress)
    }

    fn explore(&mut self, exploration: f32) {
        self.search.settings.exploration = exploration;
    }

    fn forget(&mut self) {
        self.search = Mcts::new(self.search.root().clone(), self.search.settings.clone());
    }

    fn tree(&self) -> Option<Arc<tree::Tree>> {
        Some(Arc::clone(self.search.tree()))
    }
}

/// Alpha-beta, and for Othello the end solved.
struct Depth<G> {
    search: AlphaBeta,
    endgame: Option<Endgame>,
    game: PhantomData<fn() -> G>,
}

impl<G: Member + Evaluate> Searcher for Depth<G> {
    fn think(
        &mut self,
        position: &AnyGame,
        budget: Budget,
        stop: &AtomicBool,
        on_progress: OnProgress,
    ) -> SearchResult {
        let begun = Instant::now();
        if let AnyGame::Othello(othello) = position
            && othello.empties() <= ENDGAME
        {
            let endgame = self.endgame.get_or_insert_with(|| Endgame::new(ENDGAME_MEMORY));
            let before = endgame.nodes();
            if let Ok((margin, Some(chosen))) = endgame.solve(othello, to_solve(stop, begun, budget)) {
                let outcome = match margin.signum() {
                    0 => Outcome::Drawn,
                    1 => Outcome::Won(othello.turn()),
                    _ => Outcome::Won(othello.turn().other()),
                };
                let value = outcome.share(othello.turn());
                let best = Candidate { chosen, visits: 0, value, proven: Some(outcome) };
                return SearchResult {
                    depth: othello.empties(),
                    nodes: endgame.nodes() - before,
                    simulations: endgame.nodes() - before,
                    took: begun.elapsed(),
                    proven: Some(outcome),
                    ..SearchResult::of(vec![best])
                };
            }
        }
        let budget = budget.after(begun);
        self.search.search_with_progress(G::of(position).expect("a position of this game"), budget, stop, on_progress)
    }
}

/// What a solver may take of a budget: if it does not come to the end, something must be left for a search that comes to a move.
fn to_solve(stop: &AtomicBool, begun: Instant, budget: Budget) -> Limit<'_> {
    Limit::new(stop, begun, budget.time.map(|time| time.mul_f64(SHARE_OF_SOLVER)))
}

/// Asks a network at every position that it meets.
struct NetSearch<G> {
    net: Net<G>,
    exploration: f32,
}

impl<G: NetworkGame> Searcher for NetSearch<G> {
    fn think(
        &mut self,
        position: &AnyGame,
        budget: Budget,
        stop: &AtomicBool,
        on_progress: OnProgress,
    ) -> SearchResult {
        let begun = Instant::now();
        let position = G::of(position).expect("a position of this game");
        let mut search = Puct::new(position.clone(), self.exploration);
        let mut reported = begun;
        let wanted = budget.playouts.unwrap_or(MOST_SIMULATIONS).clamp(1, MOST_SIMULATIONS);
        while search.proven().is_none() && u64::from(search.simulations()) < wanted {
            if search.descend() == Stop::Leaf {
                let evaluation = self.net.evaluate(std::slice::from_ref(search.leaf())).pop().expect("one for each");
                search.expand(&evaluation);
            }
            let is_over = stop.load(Ordering::Relaxed) || budget.time.is_some_and(|time| begun.elapsed() >= time);
            // After the first simulation there is a move to make.
            if is_over && search.simulations() > 0 {
                break;
            }
            if reported.elapsed() >= PROGRESS_EVERY {
                reported = Instant::now();
                on_progress(&search.result(begun.elapsed()), None);
            }
        }
        search.result(begun.elapsed())
    }

    fn explore(&mut self, exploration: f32) {
        self.exploration = exploration;
    }
}

/// Knows the value of every move.
struct Perfect {
    solver: Option<Solver>,
    search: AlphaBeta,
}

impl Searcher for Perfect {
    fn think(&mut self, position: &AnyGame, budget: Budget, stop: &AtomicBool, _: OnProgress) -> SearchResult {
        match position {
            AnyGame::ConnectFour(game) => {
                let begun = Instant::now();
                let solver = self.solver.get_or_insert_with(|| Solver::new(SOLVER_MEMORY));
                let before = solver.nodes();
                let Ok(mut scores) = solver.moves(game, to_solve(stop, begun, budget)) else {
                    return self.search.search(game, budget.after(begun), stop);
                };
                // Among equals those nearer the middle.
                scores.sort_by_key(|(chosen, score)| (-score, (i32::from(chosen.0) - 3).abs()));
                let mover = game.turn();
                let candidates = scores.iter().map(|(chosen, score)| {
                    let outcome = match score.signum() {
                        0 => Outcome::Drawn,
                        1 => Outcome::Won(mover),
                        _ => Outcome::Won(mover.other()),
                    };
                    Candidate { chosen: *chosen, visits: 0, value: outcome.share(mover), proven: Some(outcome) }
                });
                let nodes = solver.nodes() - before;
                let result = SearchResult::of(candidates.collect());
                SearchResult { nodes, simulations: nodes, took: begun.elapsed(), ..result }
            }
            AnyGame::TicTacToe(game) => self.search.search(game, Budget::default(), stop),
            _ => with_game!(position, game => self.search.search(game, Budget::default(), stop)),
        }
    }
}
