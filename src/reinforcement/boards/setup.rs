//! A board set up by hand, in the notation of its game.

use crate::experiment::board::{Board, Man};

/// Free cells in a row are counted, men written, as FEN and SFEN do.
fn counted_rows(board: &Board, sign: impl Fn(&Man) -> String) -> String {
    let row = |cells: &[Option<Man>]| {
        let (mut text, mut free) = (String::new(), 0);
        for cell in cells {
            match cell {
                None => free += 1,
                Some(man) => {
                    if free > 0 {
                        text += &free.to_string();
                    }
                    free = 0;
                    text += &sign(man);
                }
            }
        }
        if free > 0 { text + &free.to_string() } else { text }
    };
    board.cells.chunks(board.columns.max(1)).map(row).collect::<Vec<_>>().join("/")
}

/// Capitals are the first side's in chess (white) and in shogi (black).
fn letter(man: &Man) -> String {
    if man.side == 0 { man.letter.clone() } else { man.letter.to_lowercase() }
}

/// Rights that kings and rooks at home may still have.
fn castling(board: &Board) -> String {
    let has = |cell: usize, letter: &str, side| {
        board.cells.get(cell).is_some_and(|at| at.as_ref().is_some_and(|man| man.letter == letter && man.side == side))
    };
    let rights = [(60, 63, 0, 'K'), (60, 56, 0, 'Q'), (4, 7, 1, 'k'), (4, 0, 1, 'q')];
    let kept = rights.iter().filter(|(king, rook, side, _)| has(*king, "K", *side) && has(*rook, "R", *side));
    let text: String = kept.map(|(.., sign)| sign).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The position that a board shows.
pub fn diagram(board: &Board) -> String {
    match board.game.as_str() {
        "chess" => {
            let turn = if board.turn == 0 { 'w' } else { 'b' };
            format!("{} {turn} {} - 0 1", counted_rows(board, letter), castling(board))
        }
        "shogi" => {
            let turn = if board.turn == 0 { 'b' } else { 'w' };
            let hand = |side: usize| {
                let kind = move |(man, count): &(Man, usize)| {
                    let count = if *count > 1 { count.to_string() } else { String::new() };
                    let man = Man { side, ..man.clone() };
                    count + &letter(&man)
                };
                board.hands[side].iter().map(kind).collect::<String>()
            };
            let hands = hand(0) + &hand(1);
            let hands = if hands.is_empty() { "-".to_owned() } else { hands };
            format!("{} {turn} {hands} 1", counted_rows(board, letter))
        }
        _ => {
            let sign = |man: &Option<Man>| man.as_ref().map_or('.', |man| ['x', 'o'][man.side.min(1)]);
            let rows = board.cells.chunks(board.columns.max(1)).map(|row| row.iter().map(sign).collect::<String>());
            format!("{} {}", rows.collect::<Vec<_>>().join("/"), ['x', 'o'][board.turn.min(1)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::board::Played;
    use crate::reinforcement::boards::view;
    use crate::reinforcement::games::{AnyGame, GAMES, PlayoutRng, below};
    use rand::SeedableRng;

    #[test]
    fn a_board_that_was_shown_is_the_position_again() {
        let mut random = PlayoutRng::seed_from_u64(11);
        for id in GAMES {
            let mut position = AnyGame::start(id).unwrap();
            let mut moves = Vec::new();
            for ply in 0..40 {
                let board = view::board(&[position.clone()], &Played::of(id));
                let again = position.at(&diagram(&board)).unwrap_or_else(|why| panic!("{id} {ply}: {why}"));
                let shown = view::board(&[again], &Played::of(id));
                assert_eq!((&shown.cells, &shown.hands, shown.turn), (&board.cells, &board.hands, board.turn), "{id}");
                position.legal(&mut moves);
                let Some(made) = (!moves.is_empty()).then(|| moves[below(&mut random, moves.len())]) else { break };
                position.play(made);
            }
        }
    }
}
