//! The verbs of board games: `perft` and `solve` count and prove, `play` and `match` play, `gtp`, `uci` and `usi` speak to other
//! programs.

mod arena;
mod play;
mod serve;
mod speed;

pub use arena::run as compete;
pub use play::run as play;
pub use serve::{gtp, uci};
pub use speed::run as bench;

use super::arguments::SolveArguments;
use super::signals::Interrupt;
use crate::exit::Exit;
use crate::printer::{self, json_line, print};
use crate::reinforcement::agent::{Agent, Spec};
use crate::reinforcement::games::{self, AnyGame, ConnectFour, Game, Move, MoveError};
use crate::reinforcement::search::Solver;
use crate::reinforcement::search::tsume::{self, Verdict};
use crate::with_game;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A game at its start, or at a position.
fn position(id: &str, diagram: Option<&str>) -> Result<AnyGame, MoveError> {
    let start = AnyGame::start(id).ok_or_else(|| {
        MoveError::new(
            format!("no game `{id}`: {}", games::GAMES.join(", ")),
            format!("`{id}` というゲームはありません。{} のどれかを指定してください", games::GAMES.join("、")),
        )
    })?;
    let Some(diagram) = diagram else { return Ok(start) };
    let (position, notes) = start.at_with_notes(diagram)?;
    for note in notes {
        printer::note(&format!("shinso: {}", note.en));
    }
    Ok(position)
}

/// An agent by its name.
fn agent(text: &str, game: &AnyGame, seed: u64) -> Result<Agent, Exit> {
    let spec: Spec = text.parse().map_err(Exit::usage)?;
    spec.agent(game, seed).map_err(Exit::usage)
}

/// `shinso solve shogi --position SFEN`: a mate by checks.
fn solve_problem(arguments: &SolveArguments) -> Exit {
    let Some(sfen) = &arguments.position else {
        return Exit::Usage("solve shogi: expected --position SFEN, the problem".to_owned());
    };
    let problem = match position("shogi", Some(sfen)) {
        Ok(AnyGame::Shogi(problem)) => problem,
        Ok(_) => return Exit::Usage("solve shogi: --position is of another game".to_owned()),
        Err(why) => return Exit::Usage(format!("solve --position: {why}")),
    };
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let begun = Instant::now();
    let verdict = tsume::solve(&problem, tsume::LONGEST, None, interrupt.flag());
    let seconds = begun.elapsed().as_secs_f64();
    let (said, line) = match verdict {
        Verdict::Mate(line) => (format!("mate in {}", line.len()), line),
        Verdict::NoMate => ("no mate by checks".to_owned(), Vec::new()),
        Verdict::Unknown if interrupt.flag().load(Ordering::Relaxed) => return Exit::Interrupted,
        Verdict::Unknown => (format!("no mate within {} moves", tsume::LONGEST), Vec::new()),
    };
    let names: Vec<String> = line.iter().map(|chosen| problem.name(*chosen)).collect();
    if arguments.json {
        let mate = (!names.is_empty()).then_some(names.len());
        return print(&format!(
            "{}\n",
            json!({"game": "shogi", "position": sfen, "mate": mate, "line": names, "seconds": seconds})
        ));
    }
    let line = if names.is_empty() { String::new() } else { format!(": {}", names.join(" ")) };
    print(&format!("{said}{line} ({seconds:.3} s)\n"))
}

/// `shinso solve connect-four MOVES`.
pub fn solve(arguments: &SolveArguments) -> Exit {
    if arguments.game == "shogi" {
        return solve_problem(arguments);
    }
    if arguments.position.is_some() {
        return Exit::Usage("solve connect-four: --position is for shogi; expected the moves".to_owned());
    }
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
        let mut summary = json!({"game": "connect-four", "moves": arguments.moves, "score": score, "seconds": seconds, "nodes": nodes});
        if arguments.moves_too {
            summary["scores"] = scores.into();
        }
        return print(&json_line(&summary));
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
        let mut summary = json!({"game": id, "depth": depth, "lines": total, "seconds": seconds});
        if divide {
            summary["moves"] = parts.into();
        }
        return print(&json_line(&summary));
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
