//! `shinso bench mcts`, `playouts` and `solve`: how fast tree searches, random games and solvers are.

use super::super::arguments::BenchArguments;
use crate::exit::Exit;
use crate::printer::{json_line, print};
use crate::reinforcement::games::{self, AnyGame, ConnectFour, Game, Othello, PlayoutRng, Style, below};
use crate::reinforcement::search::endgame::Endgame;
use crate::reinforcement::search::{Budget, Mcts, Solver, mcts};
use crate::run::bounded_threads;
use crate::with_game;
use rand::SeedableRng;
use serde_json::json;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Bytes of a solver's table.
const SOLVER_MEMORY: usize = 64 << 20;
/// Stones of the positions of Connect Four that are solved.
const STONES: std::ops::RangeInclusive<usize> = 14..=28;
/// Free squares of those of Othello.
const EMPTIES: u32 = 18;

/// What was timed: as a line of JSON and for people.
type Timed = (serde_json::Value, String);
type Workload = fn(&AnyGame, &BenchArguments) -> Vec<Timed>;

/// Runs a workload of board games; none if there is no such one.
pub fn run(workload: &str, arguments: &BenchArguments) -> Option<Exit> {
    let (all, time): (&[&str], Workload) = match workload {
        "mcts" => (&games::GAMES, searches),
        "playouts" => (&games::GAMES, random_games),
        "solve" => (&["connect-four", "othello"], solvers),
        _ => return None,
    };
    let chosen = arguments.game.as_deref();
    if let Some(name) = chosen.filter(|name| !all.contains(name)) {
        return Some(Exit::Usage(format!("bench {workload} --game {name}: expected {}", all.join(" or "))));
    }
    for id in all.iter().filter(|id| chosen.is_none_or(|chosen| chosen == **id)) {
        for (figures, text) in time(&AnyGame::start(id).expect("a game"), arguments) {
            let line = if arguments.json { json_line(&figures) } else { format!("{id:14} {text}\n") };
            match print(&line) {
                Exit::Done => {}
                stopped => return Some(stopped),
            }
        }
    }
    Some(Exit::Done)
}

fn steps(arguments: &BenchArguments) -> Option<u64> {
    arguments.steps.map(|steps| u64::from(steps.get()))
}

/// Simulations per second from the start, as plain UCT.
fn searches(game: &AnyGame, arguments: &BenchArguments) -> Vec<Timed> {
    let threads = bounded_threads(arguments.threads.map_or(1, usize::from));
    let settings =
        mcts::Settings { solver: false, threads, seed: arguments.seed, memory: 4 << 30, ..mcts::Settings::default() };
    let budget = match steps(arguments) {
        Some(steps) => Budget { playouts: Some(steps), ..Budget::default() },
        None => Budget { time: Some(Duration::from_secs(4)), ..Budget::default() },
    };
    let result = with_game!(game.clone(), game => Mcts::new(game, settings).search(budget, &AtomicBool::new(false)));
    let (done, nodes) = (result.simulations, result.nodes);
    let rate = done as f64 / result.took.as_secs_f64();
    let figures = json!({"name": "mcts", "game": game.id(), "sims_per_s": rate, "threads": threads, "steps": done,
        "step_ms": 1000.0 / rate, "loss": null, "nodes": nodes, "full": result.full});
    vec![(figures, format!("{rate:>12.0} simulations/s  {threads} thread(s)  {done} simulations  {nodes} nodes"))]
}

/// Random games per second from the start, on one thread, as likely moves and with the game's own rules for them.
fn random_games(game: &AnyGame, arguments: &BenchArguments) -> Vec<Timed> {
    let timed = |(style, name)| {
        let (done, seconds) = with_game!(game, game => playouts(game, style, arguments.seed, steps(arguments)));
        let rate = done as f64 / seconds;
        let figures = json!({"name": "playouts", "game": game.id(), "style": name, "playouts_per_s": rate, "threads": 1,
            "steps": done, "step_ms": 1000.0 / rate, "loss": null});
        (figures, format!("{name:8} {rate:>12.0} playouts/s  1 thread  {done} playouts"))
    };
    [(Style::Uniform, "uniform"), (Style::Light, "light")].map(timed).into()
}

/// So many playouts, or two seconds of them, and how long they took.
fn playouts<G: Game>(game: &G, style: Style, seed: u64, steps: Option<u64>) -> (u64, f64) {
    let (mut random, mut moves, mut position) = (PlayoutRng::seed_from_u64(seed), Vec::new(), game.clone());
    let (begun, mut done) = (Instant::now(), 0);
    loop {
        for _ in 0..64.min(steps.map_or(64, |steps| steps - done)) {
            position.clone_from(game);
            position.playout(style, &mut random, &mut moves, None);
            done += 1;
        }
        let seconds = begun.elapsed().as_secs_f64();
        if steps.map_or(seconds >= 2.0, |steps| done >= steps) {
            return (done, seconds);
        }
    }
}

/// Exact values of positions that random moves lead to, one after another with one table: a thousand of Connect Four with 14 to 28 stones,
/// or a hundred of Othello with 18 free squares.
fn solvers(game: &AnyGame, arguments: &BenchArguments) -> Vec<Timed> {
    let mut random = PlayoutRng::seed_from_u64(arguments.seed);
    let never = AtomicBool::new(false);
    let (took, nodes) = match game {
        AnyGame::Othello(start) => {
            let mut solver = Endgame::new(SOLVER_MEMORY);
            let is_end = |position: &Othello, _| position.empties() == EMPTIES;
            let took = timed(start, is_end, steps(arguments).unwrap_or(100), &mut random, |position| {
                solver.solve(position, &never).is_ok()
            });
            (took, solver.nodes())
        }
        _ => {
            let mut solver = Solver::new(SOLVER_MEMORY);
            let is_middle = |position: &ConnectFour, stones| position.stones() == stones;
            let took =
                timed(&ConnectFour::default(), is_middle, steps(arguments).unwrap_or(1000), &mut random, |position| {
                    solver.solve(position, &never).is_ok()
                });
            (took, solver.nodes())
        }
    };
    let mean = took.iter().sum::<f64>() / took.len() as f64;
    let slowest = took.iter().copied().fold(0.0, f64::max);
    let count = took.len();
    let figures = json!({"name": "solve", "game": game.id(), "step_ms": mean, "slowest_ms": slowest, "nodes": nodes, "threads": 1,
        "steps": count, "loss": null});
    vec![(
        figures,
        format!("{mean:>10.3} ms a position  {slowest:.1} ms the slowest  {count} positions  {nodes} nodes"),
    )]
}

/// Milliseconds that each of so many positions takes, drawn by random moves from a start until one is wanted. Every count of stones is as
/// likely: if the game ends first, another is played to the same count.
fn timed<G: Game>(
    start: &G,
    is_wanted: impl Fn(&G, u32) -> bool,
    count: u64,
    random: &mut PlayoutRng,
    mut solve: impl FnMut(&G) -> bool,
) -> Vec<f64> {
    let (mut took, mut moves) = (Vec::new(), Vec::new());
    while (took.len() as u64) < count {
        let stones = (STONES.start() + below(random, STONES.end() - STONES.start() + 1)) as u32;
        let position = loop {
            let mut position = start.clone();
            position.legal(&mut moves);
            while !moves.is_empty() && !is_wanted(&position, stones) {
                position.play(moves[below(random, moves.len())]);
                position.legal(&mut moves);
            }
            if !moves.is_empty() {
                break position;
            }
        };
        let begun = Instant::now();
        assert!(solve(&position), "nothing stops it");
        took.push(1000.0 * begun.elapsed().as_secs_f64());
    }
    took
}
