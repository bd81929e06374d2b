//! `shinso perft`: what the rules of a board game allow, counted.

use super::{Exit, print};
use crate::reinforcement::games::{self, AnyGame, Game, Illegal, Move};
use crate::with_game;
use serde_json::json;
use std::time::Instant;

/// A game at its start, or at a position.
fn position(id: &str, diagram: Option<&str>) -> Result<AnyGame, Illegal> {
    let start = AnyGame::start(id).ok_or_else(|| Illegal(format!("no game `{id}`: {}", games::GAMES.join(", "))))?;
    match diagram {
        None => Ok(start),
        Some(text) => start.at(text),
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
