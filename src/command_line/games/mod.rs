//! The verbs of board games: `perft` and `solve` count and prove, `play` and `match` play, `gtp`, `uci` and `usi` speak to other
//! programs.

mod arena;
mod play;
mod serve;

pub use arena::run as compete;
pub use play::run as play;
pub use serve::{gtp, uci};

use super::arguments::{BenchArguments, SolveArguments};
use super::signals::Interrupt;
use super::{Exit, print};
use crate::reinforcement::games::{self, AnyGame, ConnectFour, Dice, Game, Illegal, Move, Style};
use crate::reinforcement::search::{Agent, Budget, Mcts, Solver, Spec, mcts};
use crate::with_game;
use rand::SeedableRng;
use serde_json::json;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::time::Instant;

/// A game at its start, or at a position.
fn position(id: &str, diagram: Option<&str>) -> Result<AnyGame, Illegal> {
    let start = AnyGame::start(id).ok_or_else(|| Illegal(format!("no game `{id}`: {}", games::GAMES.join(", "))))?;
    match diagram {
        None => Ok(start),
        Some(text) => start.at(text),
    }
}

/// An agent by its name.
fn agent(text: &str, game: &AnyGame, seed: u64) -> Result<Agent, Exit> {
    let spec: Spec = text.parse().map_err(Exit::usage)?;
    spec.agent(game, seed).map_err(Exit::usage)
}

/// `shinso solve connect-four MOVES`.
pub fn solve(arguments: &SolveArguments) -> Exit {
    let position = match ConnectFour::from_moves(&arguments.moves) {
        Ok(position) => position,
        Err(why) => {
            return Exit::Usage(format!("solve {}: {why}; columns 1 to 7 one after another, as 4453", arguments.moves));
        }
    };
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let begun = Instant::now();
    let mut solver = Solver::new(arguments.memory.get() << 20);
    let Ok(score) = solver.solve(&position, interrupt.flag()) else { return Exit::Interrupted };
    let moves = if arguments.moves_too {
        match solver.moves(&position, interrupt.flag()) {
            Ok(moves) => moves,
            Err(_) => return Exit::Interrupted,
        }
    } else {
        Vec::new()
    };
    let (seconds, nodes) = (begun.elapsed().as_secs_f64(), solver.nodes());
    if arguments.json {
        let scores: serde_json::Map<String, serde_json::Value> =
            moves.iter().map(|(chosen, score)| (position.name(*chosen), (*score).into())).collect();
        let mut told = json!({"game": "connect-four", "moves": arguments.moves, "score": score, "seconds": seconds, "nodes": nodes});
        if arguments.moves_too {
            told["scores"] = scores.into();
        }
        return print(&format!("{told}\n"));
    }
    let stones = position.stones() as i32;
    let verdict = if position.outcome().is_some() {
        "the game has ended".to_owned()
    } else {
        // The winner's stone numbered over both sides.
        let of = |own: i32| 2 * (22 - own) - 1 + if (stones % 2 == 0) == (score > 0) { 0 } else { 1 };
        match score {
            0 => "a draw".to_owned(),
            score if score > 0 => format!("the side to move wins, on stone {}", of(score)),
            score => format!("the side to move loses, on stone {}", of(-score)),
        }
    };
    let mut text = format!("{score}: {verdict} ({nodes} positions in {seconds:.3} s)\n");
    for (chosen, score) in moves {
        text += &format!("  column {}  {score:>3}\n", position.name(chosen));
    }
    print(&text)
}

/// `shinso bench mcts --game G`: simulations per second from the start.
pub fn bench(arguments: &BenchArguments) -> Exit {
    let names: Vec<&str> = match &arguments.game {
        Some(name) => vec![name],
        None => games::GAMES.to_vec(),
    };
    for id in names {
        let Some(game) = AnyGame::start(id) else { return Exit::Usage(format!("no game `{id}`")) };
        let settings = mcts::Settings {
            solver: false,
            threads: arguments.threads.map_or(1, usize::from),
            seed: arguments.seed,
            memory: 4 << 30,
            ..mcts::Settings::default()
        };
        let threads = settings.threads;
        let budget = match arguments.steps {
            Some(steps) => Budget { playouts: Some(u64::from(steps.get())), ..Budget::default() },
            None => Budget { time: Some(Duration::from_secs(4)), ..Budget::default() },
        };
        let thought = with_game!(game, game => Mcts::new(game, settings).search(budget, &AtomicBool::new(false)));
        let seconds = thought.took.as_secs_f64();
        let rate = thought.simulations as f64 / seconds;
        let line = if arguments.json {
            json!({"name": "mcts", "game": id, "sims_per_s": rate, "threads": threads, "steps": thought.simulations,
                "step_ms": 1000.0 / rate, "loss": null, "nodes": thought.nodes, "full": thought.full})
            .to_string()
        } else {
            format!(
                "{id:14} {rate:>12.0} simulations/s  {threads} thread(s)  {} simulations  {} nodes",
                thought.simulations, thought.nodes
            )
        };
        match print(&format!("{line}\n")) {
            Exit::Done => {}
            stopped => return stopped,
        }
    }
    Exit::Done
}

/// `shinso bench playouts --game G`: random games per second from the start, on one thread, as likely moves and with the
/// game's own rules for them.
pub fn bench_playouts(arguments: &BenchArguments) -> Exit {
    let names: Vec<&str> = match &arguments.game {
        Some(name) => vec![name],
        None => games::GAMES.to_vec(),
    };
    for id in names {
        let Some(game) = AnyGame::start(id) else { return Exit::Usage(format!("no game `{id}`")) };
        for (style, name) in [(Style::Uniform, "uniform"), (Style::Light, "light")] {
            let steps = arguments.steps.map(|steps| u64::from(steps.get()));
            let (playouts, seconds) = with_game!(&game, game => playouts(game, style, arguments.seed, steps));
            let rate = playouts as f64 / seconds;
            let line = if arguments.json {
                json!({"name": "playouts", "game": id, "style": name, "playouts_per_s": rate, "threads": 1, "steps": playouts,
                    "step_ms": 1000.0 / rate, "loss": null})
                .to_string()
            } else {
                format!("{id:14} {name:8} {rate:>12.0} playouts/s  1 thread  {playouts} playouts")
            };
            match print(&format!("{line}\n")) {
                Exit::Done => {}
                stopped => return stopped,
            }
        }
    }
    Exit::Done
}

/// So many playouts, or two seconds of them, and how long they took.
fn playouts<G: Game>(game: &G, style: Style, seed: u64, steps: Option<u64>) -> (u64, f64) {
    let (mut dice, mut moves, mut position) = (Dice::seed_from_u64(seed), Vec::new(), game.clone());
    let (begun, mut done) = (Instant::now(), 0);
    loop {
        for _ in 0..64.min(steps.map_or(64, |steps| steps - done)) {
            position.clone_from(game);
            position.playout(style, &mut dice, &mut moves, None);
            done += 1;
        }
        let seconds = begun.elapsed().as_secs_f64();
        if steps.map_or(seconds >= 2.0, |steps| done >= steps) {
            return (done, seconds);
        }
    }
}

pub fn perft(id: &str, depth: u32, diagram: Option<&str>, divide: bool, as_json: bool) -> Exit {
    let game = match position(id, diagram) {
        Ok(game) => game,
        Err(why) => return Exit::Usage(format!("perft --position: {why}")),
    };
    let begun = Instant::now();
    let (total, parts) = with_game!(&game, game => count(game, depth, divide));
    let seconds = begun.elapsed().as_secs_f64();
    if as_json {
        let parts: serde_json::Map<String, serde_json::Value> =
            parts.into_iter().map(|(name, lines)| (name, lines.into())).collect();
        let mut told = json!({"game": id, "depth": depth, "lines": total, "seconds": seconds});
        if divide {
            told["moves"] = parts.into();
        }
        return print(&format!("{told}\n"));
    }
    let mut text: String = parts.iter().map(|(name, lines)| format!("{name:6} {lines}\n")).collect();
    text += &format!("{total} lines of {depth} moves in {seconds:.3} s\n");
    print(&text)
}

/// All lines, and those after each move if asked for.
fn count<G: Game>(game: &G, depth: u32, divide: bool) -> (u64, Vec<(String, u64)>) {
    if !divide || depth == 0 {
        return (games::perft(game, depth), Vec::new());
    }
    let mut moves: Vec<Move> = Vec::new();
    game.legal(&mut moves);
    let after = |chosen: &Move| {
        let mut next = game.clone();
        next.play(*chosen);
        (game.name(*chosen), games::perft(&next, depth - 1))
    };
    let parts: Vec<(String, u64)> = moves.iter().map(after).collect();
    let ended = u64::from(moves.is_empty() && game.ended_is_a_line());
    (parts.iter().map(|(_, lines)| lines).sum::<u64>() + ended, parts)
}
