//! Boards in plain letters, for output without a screen.

use super::{AnyGame, Chess, ConnectFour, Game, Shogi, Side, connect_four, grid};
use std::fmt::Write;

const SIGNS: [char; 2] = ['X', 'O'];

/// Rows of signs with the names of columns above and of rows at the left.
fn squares(
    rows: usize,
    columns: usize,
    column: impl Fn(usize) -> String,
    row: impl Fn(usize) -> String,
    sign: impl Fn(usize) -> char,
) -> String {
    let mut text = String::from("   ");
    (0..columns).for_each(|at| write!(text, " {}", column(at)).expect("a string"));
    text.push('\n');
    for at in 0..rows {
        write!(text, "{:>3}", row(at)).expect("a string");
        (0..columns).for_each(|other| write!(text, " {}", sign(at * columns + other)).expect("a string"));
        text.push('\n');
    }
    text
}

fn stones(names: grid::Names, stone: impl Fn(usize) -> Option<Side>) -> String {
    let sign = |point| stone(point).map_or('.', |side| SIGNS[side.index()]);
    squares(names.size, names.size, |at| names.column(at).to_string(), |at| names.row(at).to_string(), sign)
}

impl AnyGame {
    /// The board in lines of letters: X for the first side and O for the other, or as chess and shogi have it.
    pub fn board(&self) -> String {
        let names = |size, capital, skips_i, from_below| grid::Names { size, capital, skips_i, from_below };
        match self {
            AnyGame::TicTacToe(game) => stones(names(3, false, false, true), |point| game.stone(point)),
            AnyGame::Othello(game) => stones(names(game.size(), false, false, false), |point| game.stone(point)),
            AnyGame::Gomoku(game) => stones(names(game.size(), false, false, true), |point| game.stone(point)),
            AnyGame::Go(game) => stones(names(game.size(), true, true, true), |point| game.stone(point)),
            AnyGame::ConnectFour(game) => connect_four_board(game),
            AnyGame::Chess(game) => chess_board(game),
            AnyGame::Shogi(game) => shogi_board(game),
        }
    }
}

fn connect_four_board(game: &ConnectFour) -> String {
    let (rows, columns) = (connect_four::ROWS, connect_four::COLUMNS);
    let sign =
        |point: usize| game.stone(point % columns, rows - 1 - point / columns).map_or('.', |side| SIGNS[side.index()]);
    squares(rows, columns, |at| (at + 1).to_string(), |_| String::new(), sign)
}

fn chess_board(game: &Chess) -> String {
    let rows: Vec<String> = game.diagram().split(' ').next().unwrap_or("").split('/').map(spread).collect();
    let sign = |point: usize| rows[point / 8].chars().nth(point % 8).unwrap_or('.');
    squares(8, 8, |at| char::from(b'a' + at as u8).to_string(), |at| (8 - at).to_string(), sign)
}

/// A row of FEN with a dot for every free square.
fn spread(row: &str) -> String {
    row.chars()
        .flat_map(|sign| match sign.to_digit(10) {
            Some(free) => vec!['.'; free as usize],
            None => vec![sign],
        })
        .collect()
}

/// Black's pieces are capitals, promoted ones have a + before them; hands stand below.
fn shogi_board(game: &Shogi) -> String {
    let diagram = game.diagram();
    let mut parts = diagram.split(' ');
    let mut text = String::from("    9  8  7  6  5  4  3  2  1\n");
    for (row, letter) in parts.next().unwrap_or("").split('/').zip('a'..) {
        write!(text, "  {letter}").expect("a string");
        let mut promoted = false;
        for sign in row.chars() {
            match sign.to_digit(10) {
                Some(free) => text.push_str(&" . ".repeat(free as usize)),
                None if sign == '+' => promoted = true,
                None => {
                    write!(text, "{}{sign} ", if promoted { '+' } else { ' ' }).expect("a string");
                    promoted = false;
                }
            }
        }
        text.push('\n');
    }
    let hands = parts.nth(1).unwrap_or("-");
    writeln!(text, "  in hand: {hands}").expect("a string");
    text
}
