//! What games, players, sides and pieces are called and how they are marked.

use crate::experiment::board::{Board, Origin};
use crate::experiment::{Language, Wording};
use crate::tui::text;
use crate::tui::widgets::board::Letters;

/// The name of a game by its id.
pub fn game_name(game: &str) -> Wording {
    match game {
        "tic-tac-toe" => text::GAME_TIC_TAC_TOE,
        "connect-four" => text::GAME_CONNECT_FOUR,
        "othello" => text::GAME_OTHELLO,
        "othello-6" => text::GAME_OTHELLO_6,
        "gomoku-9" => text::GAME_GOMOKU_9,
        "gomoku-15" => text::GAME_GOMOKU_15,
        "go-9" => text::GAME_GO_9,
        "go-13" => text::GAME_GO_13,
        "chess" => text::GAME_CHESS,
        _ => text::GAME_SHOGI,
    }
}

/// The name of a kind of player.
pub fn kind_name(kind: &str) -> Wording {
    match kind {
        "mcts" => Wording::new("MCTS", "MCTS"),
        "net" => Wording::new("network", "ネットワーク"),
        _ => Wording::new("alpha-beta", "alpha-beta"),
    }
}

/// The sign of a side, as it is on the board.
pub fn sign(game: &str, side: usize) -> &'static str {
    match (game, side) {
        ("tic-tac-toe", 0) => "✕",
        ("shogi", 0) => "▴",
        ("shogi", _) => "▾",
        // White moves first in chess.
        ("chess", 0) => "○",
        ("chess", _) | (_, 0) => "●",
        _ => "○",
    }
}

/// Shogi is written in kanji where Japanese is read; chessmen are pictures everywhere.
pub fn letters(board: &Board, language: Language) -> Letters {
    if board.game == "shogi" && language == Language::En { Letters::Latin } else { Letters::Glyphs }
}

/// The origin of moves of a piece in hand, by its letter.
pub fn hand_origin(board: &Board, letter: &str) -> Option<Origin> {
    let drop = format!("{letter}*");
    board.choices.iter().find(|choice| choice.name.starts_with(&drop)).map(|choice| choice.from)
}
