//! Games kept in files. [`write`] takes the format that players of the game use; [`read`] finds out which of them a text is in.
//!
//! | game | format | |
//! | --- | --- | --- |
//! | Go, Gomoku, Othello | SGF | `sgf.rs` |
//! | chess | PGN; read are also `position …` of UCI | `pgn.rs`, `uci.rs` |
//! | shogi | KIF; also KI2, CSA; read are also `position …` of USI | `kif.rs`, `ki2.rs`, `csa.rs`, `uci.rs` |
//! | any | moves in the notation of the game | `plain.rs` |

use super::record::{Ending, Record, RecordError, words};
use super::{csa, ki2, kif, pgn, plain, sgf, uci};
use crate::experiment::Bilingual;
use crate::reinforcement::games::{AnyGame, Move, Outcome};

/// A game as text, and the extension of files of its format.
///
/// # Panics
/// If a move is one that no rules allow.
pub fn write(
    start: &AnyGame,
    moves: &[Move],
    players: [&str; 2],
    outcome: Option<Outcome>,
    ended: Ending,
) -> (String, &'static str) {
    write_as("", start, moves, players, outcome, ended)
}

/// The same in the format that an extension names, if the game has several.
///
/// # Panics
/// If a move is one that no rules allow.
pub fn write_as(
    extension: &str,
    start: &AnyGame,
    moves: &[Move],
    players: [&str; 2],
    outcome: Option<Outcome>,
    ended: Ending,
) -> (String, &'static str) {
    let players = players.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
    let record =
        Record { start: start.clone(), moves: moves.to_vec(), players, outcome, ended, notes: Vec::new(), cut: None };
    match start {
        AnyGame::Go(_) | AnyGame::Gomoku(_) | AnyGame::Othello(_) => (sgf::write(&record), "sgf"),
        AnyGame::Chess(chess) => (pgn::write(chess, &record), "pgn"),
        AnyGame::Shogi(shogi) => match extension.to_ascii_lowercase().as_str() {
            "ki2" | "ki2u" => (ki2::write(shogi, &record), "ki2"),
            "csa" => (csa::write(shogi, &record), "csa"),
            _ => (kif::write(shogi, &record), "kif"),
        },
        AnyGame::TicTacToe(_) | AnyGame::ConnectFour(_) => (plain::write(&record), "txt"),
    }
}

/// Reads a game of whichever format. What the text leaves open is as in `like`: the game itself when there are only moves, and its
/// rules; the position of `like` does not matter.
///
/// # Errors
/// Names the place that cannot be read, or the move that may not be played, and what was expected.
pub fn read(text: &str, like: &AnyGame) -> Result<Record, RecordError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((begins, first)) = words(text).next() else {
        return Err(RecordError::at(
            text,
            0,
            Bilingual::new(
                "nothing to read: expected a game as SGF, PGN, KIF, KI2, CSA, USI or a list of moves",
                "対局がありません。SGF、PGN、KIF、KI2、CSA、USI、または着手の列を書いたファイルを指定してください",
            ),
        ));
    };
    // A name of a player may look like anything.
    let is_of_lines = || ki2::is(text) || csa::is(text) || kif::is(text) || plain::has_head(text);
    if first.starts_with('(') || !first.starts_with('[') && sgf::begins(text).is_some() && !is_of_lines() {
        let record = sgf::read(text, like)?;
        if let AnyGame::Go(game) = &record.start
            && !matches!(game.size(), 9 | 13)
            && !matches!(like, AnyGame::Go(like) if like.size() == game.size())
        {
            let has = Bilingual::new("Go is played on 9 or 13 here", "囲碁の盤は 9 路か 13 路です");
            return Err(RecordError::at(text, begins, sgf::other_size(game.size(), &has)));
        }
        return Ok(record);
    }
    if first.starts_with(['[', '%']) {
        return pgn::read(text);
    }
    if matches!(first, "position" | "startpos" | "sfen" | "fen") {
        return uci::read(text, like);
    }
    if ki2::is(text) {
        return ki2::read(text);
    }
    if csa::is(text) {
        return csa::read(text);
    }
    if kif::is(text) {
        return kif::read(text);
    }
    if matches!(like, AnyGame::Chess(_)) && !plain::has_head(text) {
        return pgn::read(text);
    }
    plain::read(text, like).or_else(|fault| match pgn::read(text) {
        // A scoresheet of chess, whatever game is on the table.
        Ok(record) if !record.moves.is_empty() && !plain::has_head(text) => Ok(record),
        _ => Err(fault),
    })
}

#[cfg(test)]
pub(super) mod tests;
