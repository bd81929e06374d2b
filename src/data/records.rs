//! Files that keep games (SGF, PGN, KIF, KI2, CSA, lists of moves) as texts. All of these formats are older than UTF-8, and SGF alone
//! declares its encoding; that is looked for in the bytes, before there is a text.

use crate::experiment::{ExperimentError, TaskContext, Wording};
use crate::intake::{self, Decoded, Purpose};
use std::path::Path;

/// What is expected of such a file.
pub const GAME: Purpose = Purpose::new(
    Wording::new(
        "a game as SGF, PGN, KIF, KI2, CSA or a list of moves",
        "SGF、PGN、KIF、KI2、CSA、または手の並びの棋譜ファイル",
    ),
    64 << 20,
);
/// Bytes in which an encoding is declared, if it is.
const HEAD: usize = 4096;

/// The text of a file, and what was odd about its encoding.
///
/// # Errors
/// When the file cannot be read, or is of another kind, which is named.
pub fn read(path: &Path, task: &TaskContext) -> Result<Decoded, ExperimentError> {
    decoded(&intake::unpacked(path, &GAME, task)?).map_err(|error| error.in_file(path))
}

/// The text of such bytes.
///
/// # Errors
/// When they are a file of another kind, which is named.
pub fn decoded(bytes: &[u8]) -> Result<Decoded, ExperimentError> {
    intake::decoded(bytes, declared(bytes), &GAME)
}

/// The extensions under which a game is written, the usual one first.
pub fn endings(game: &str) -> &'static [&'static str] {
    match game {
        "chess" => &["pgn", "txt"],
        "shogi" => &["kif", "ki2", "csa", "kifu", "ki2u", "txt"],
        "tic-tac-toe" | "connect-four" => &["txt"],
        _ => &["sgf", "txt"],
    }
}

/// The encoding that SGF's property CA names.
fn declared(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let begins = head.windows(3).position(|window| window == b"CA[")? + 3;
    let length = head[begins..].iter().position(|byte| *byte == b']')?;
    std::str::from_utf8(&head[begins..begins + length]).ok().map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_what_the_file_declares_or_looks_like() {
        for (bytes, expected, notes) in [
            (&b"(;CA[windows-1252]PB[J\xfcrgen \x96 M])"[..], "(;CA[windows-1252]PB[Jürgen – M])", 0),
            (b"(;CA[Shift_JIS]PB[\x83\x5c\x94\x5c])", "(;CA[Shift_JIS]PB[ソ能])", 0),
            (b"(;CA[UTF-8]PB[\xc3\xbc])", "(;CA[UTF-8]PB[ü])", 0),
            (b"(;PB[J\xfcrgen M\xfcller])", "(;PB[Jürgen Müller])", 1),
            (b"(;CA[nonsense]PB[J\xfcrgen M\xfcller])", "(;CA[nonsense]PB[Jürgen Müller])", 1),
            (b"\xff\xfe(\0;\0)\0", "(;)", 1),
        ] {
            let Decoded { text, notes: said } = decoded(bytes).unwrap();
            assert_eq!((text.as_str(), said.len()), (expected, notes));
        }
        assert!(decoded(b"\x89PNG\r\n\x1a\n\0\0").unwrap_err().to_string().contains("PNG"));
    }
}
