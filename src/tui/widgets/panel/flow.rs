//! Tokens flowed over rows.

use crate::experiment::panel::Token;
use crate::width::width;
use unicode_segmentation::UnicodeSegmentation;

/// A part of a token on one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub row: usize,
    pub column: u16,
    /// Which token it is of.
    pub token: usize,
    pub text: String,
}

/// The pieces of a text in rows of so many columns. A line break within a token is shown as ⏎ and ends the row; a token
/// without text has · in its place.
pub fn flowed(tokens: &[Token], columns: u16) -> Vec<Piece> {
    let columns = usize::from(columns).max(2);
    let mut pieces = Vec::new();
    let (mut row, mut column) = (0, 0);
    for (index, token) in tokens.iter().enumerate() {
        let shown = token.text.replace("\r\n", "\n").replace('\t', " ");
        let shown = if shown.is_empty() { "·" } else { &shown };
        // A token that fits into a row is not broken.
        let wide: usize = shown.split('\n').next().map_or(0, width);
        if column > 0 && column + wide > columns && wide <= columns {
            (row, column) = (row + 1, 0);
        }
        let mut piece = Piece { row, column: column as u16, token: index, text: String::new() };
        for letter in shown.graphemes(true) {
            let is_break = letter == "\n";
            let letter = if is_break { "⏎" } else { letter };
            if column + width(letter) > columns {
                let text = std::mem::take(&mut piece.text);
                pieces.push(Piece { text, ..piece.clone() });
                (row, column) = (row + 1, 0);
                (piece.row, piece.column) = (row, 0);
            }
            piece.text.push_str(letter);
            column += width(letter);
            if is_break {
                let text = std::mem::take(&mut piece.text);
                pieces.push(Piece { text, ..piece.clone() });
                (row, column) = (row + 1, 0);
                (piece.row, piece.column) = (row, 0);
            }
        }
        pieces.push(piece);
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_broken_between_each_other_if_they_can_be() {
        let token = |text: &str| Token { text: text.into(), value: None, alternatives: Vec::new(), marked: false };
        let tokens = ["Once", " there", "\n", "令和", "averylongone"].map(token);
        let rows: Vec<(usize, u16, String)> =
            flowed(&tokens, 8).into_iter().map(|piece| (piece.row, piece.column, piece.text)).collect();
        let row = |row, column, text: &str| (row, column, text.to_owned());
        assert_eq!(
            rows,
            [
                row(0, 0, "Once"),
                row(1, 0, " there"),
                row(1, 6, "⏎"),
                row(2, 0, "令和"),
                row(2, 4, "aver"),
                row(3, 0, "ylongone")
            ]
        );
    }
}
