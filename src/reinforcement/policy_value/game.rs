//! Positions and moves as numbers for a network.

use crate::reinforcement::games::othello::{PASS, SMALL};
use crate::reinforcement::games::{AnyGame, ConnectFour, Member, Move, Othello, Side, TicTacToe, connect_four, grid};

/// Planes of every game: stones of the side to move, of the other, and ones, by which a network knows where the board ends.
pub const STONES: usize = 3;

/// A game that networks learn: stones on the cells of a board, and a fixed list of actions.
pub trait NetworkGame: Member + Into<AnyGame> {
    const ROWS: usize;
    const COLUMNS: usize;
    const ACTIONS: usize;
    const CELLS: usize = Self::ROWS * Self::COLUMNS;
    /// Images of a board under its symmetry, itself one of them.
    const SYMMETRIES: usize;
    /// Planes of a position: [`STONES`], then the two of [`winning_cells`](Self::winning_cells) where a game has them.
    const PLANES: usize = STONES;

    /// Whose stone is in a cell, row by row from above.
    fn stone_at(&self, cell: usize) -> Option<Side>;

    /// The number of a move among the actions.
    fn action(of: Move) -> usize;

    /// Where a cell lies in an image; the numbering of images is that of [`Game::image`](crate::reinforcement::games::Game::image).
    fn image_of_cell(cell: usize, symmetry: usize) -> usize;

    fn image_of_action(action: usize, symmetry: usize) -> usize;

    /// What stands in the cells as a code each: 0 nothing, 1 a stone of the side to move, 2 of the other.
    fn code(&self) -> Vec<u8> {
        let code = |cell| match self.stone_at(cell) {
            None => 0,
            Some(side) if side == self.turn() => 1,
            Some(_) => 2,
        };
        (0..Self::CELLS).map(code).collect()
    }

    /// The free cells, reachable or not, in which a stone of the side to move would win, and one of the other: a bit each.
    fn winning_cells(_code: &[u8]) -> [u64; 2] {
        [0; 2]
    }

    /// Writes the first `planes` planes `[rows, columns, planes]` of an image of a position given by its [`code`](Self::code).
    fn write_planes(code: &[u8], symmetry: usize, planes: usize, out: &mut [f32]) {
        let winning = if planes > STONES { Self::winning_cells(code) } else { [0; 2] };
        for (cell, &stone) in code.iter().enumerate() {
            let out = &mut out[Self::image_of_cell(cell, symmetry) * planes..][..planes];
            out[..STONES].copy_from_slice(&[f32::from(stone == 1), f32::from(stone == 2), 1.0]);
            out[STONES..].iter_mut().zip(winning).for_each(|(out, cells)| *out = f32::from(cells >> cell & 1 == 1));
        }
    }
}

impl NetworkGame for TicTacToe {
    const ROWS: usize = 3;
    const COLUMNS: usize = 3;
    const ACTIONS: usize = 9;
    const SYMMETRIES: usize = 8;

    fn stone_at(&self, cell: usize) -> Option<Side> {
        self.stone(cell)
    }

    fn action(of: Move) -> usize {
        usize::from(of.0)
    }

    fn image_of_cell(cell: usize, symmetry: usize) -> usize {
        grid::image(cell, 3, symmetry)
    }

    fn image_of_action(action: usize, symmetry: usize) -> usize {
        grid::image(action, 3, symmetry)
    }
}

impl NetworkGame for ConnectFour {
    const ROWS: usize = connect_four::ROWS;
    const COLUMNS: usize = connect_four::COLUMNS;
    const ACTIONS: usize = connect_four::COLUMNS;
    const SYMMETRIES: usize = 2;
    const PLANES: usize = STONES + 2;

    fn stone_at(&self, cell: usize) -> Option<Side> {
        self.stone(cell % Self::COLUMNS, Self::ROWS - 1 - cell / Self::COLUMNS)
    }

    fn action(of: Move) -> usize {
        usize::from(of.0)
    }

    fn image_of_cell(cell: usize, symmetry: usize) -> usize {
        let (row, column) = (cell / Self::COLUMNS, cell % Self::COLUMNS);
        row * Self::COLUMNS + Self::image_of_action(column, symmetry)
    }

    fn image_of_action(action: usize, symmetry: usize) -> usize {
        if symmetry == 0 { action } else { Self::COLUMNS - 1 - action }
    }

    fn winning_cells(code: &[u8]) -> [u64; 2] {
        let mut stones = [0; 3];
        for (cell, &stone) in code.iter().enumerate() {
            stones[usize::from(stone)] |=
                connect_four::bit(cell % Self::COLUMNS, Self::ROWS - 1 - cell / Self::COLUMNS);
        }
        let [_, own, other] = stones;
        [own, other].map(|side| {
            let cells = connect_four::winning_cells(side, own | other);
            let is_winning =
                |cell| cells & connect_four::bit(cell % Self::COLUMNS, Self::ROWS - 1 - cell / Self::COLUMNS) != 0;
            (0..Self::CELLS).fold(0, |bits, cell| bits | u64::from(is_winning(cell)) << cell)
        })
    }
}

/// On 6 × 6; the last action is a pass.
impl NetworkGame for Othello {
    const ROWS: usize = SMALL;
    const COLUMNS: usize = SMALL;
    const ACTIONS: usize = SMALL * SMALL + 1;
    const SYMMETRIES: usize = 8;

    fn stone_at(&self, cell: usize) -> Option<Side> {
        self.stone(cell)
    }

    fn action(of: Move) -> usize {
        if of == PASS { Self::CELLS } else { usize::from(of.0) }
    }

    fn image_of_cell(cell: usize, symmetry: usize) -> usize {
        grid::image(cell, SMALL, symmetry)
    }

    fn image_of_action(action: usize, symmetry: usize) -> usize {
        if action == Self::CELLS { action } else { grid::image(action, SMALL, symmetry) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::{Game, PlayoutRng, below};
    use rand::SeedableRng;

    /// The planes of an image are those of the position that the rules call its image, and so are the actions.
    fn images_agree<G: NetworkGame>(start: &G) {
        let (mut random, mut moves) = (PlayoutRng::seed_from_u64(2), Vec::new());
        for _ in 0..50 {
            let mut position = start.clone();
            loop {
                for symmetry in 0..G::SYMMETRIES {
                    for planes in [STONES, G::PLANES] {
                        let [mut image, mut expected] = [(); 2].map(|()| vec![9.0; G::CELLS * planes]);
                        G::write_planes(&position.code(), symmetry, planes, &mut image);
                        G::write_planes(&position.image(symmetry).code(), 0, planes, &mut expected);
                        assert_eq!(image, expected, "{} in image {symmetry}", position.diagram());
                    }
                    position.legal(&mut moves);
                    for &chosen in &moves {
                        let action = G::action(position.image_of(chosen, symmetry));
                        assert_eq!(action, G::image_of_action(G::action(chosen), symmetry));
                        assert!(action < G::ACTIONS);
                    }
                }
                if moves.is_empty() {
                    break;
                }
                position.play(moves[below(&mut random, moves.len())]);
            }
        }
        assert_eq!(start.symmetries(), G::SYMMETRIES);
    }

    #[test]
    fn images_of_planes_are_planes_of_images() {
        images_agree(&TicTacToe::default());
        images_agree(&ConnectFour::default());
        images_agree(&Othello::new(SMALL));
    }

    #[test]
    fn planes_show_the_board_from_the_side_to_move() {
        let mut planes = [9.0; 27];
        TicTacToe::write_planes(&TicTacToe::default().at("x../.o./... x").unwrap().code(), 0, STONES, &mut planes);
        assert_eq!(planes[..3], [1.0, 0.0, 1.0]);
        assert_eq!(planes[12..15], [0.0, 1.0, 1.0]);
        assert_eq!(planes[3..6], [0.0, 0.0, 1.0]);
    }

    /// The last two planes are what the rules say of every free cell, were a stone put there.
    #[test]
    fn winning_cells_are_those_where_a_stone_would_end_the_game() {
        let (mut random, mut moves, mut seen) = (PlayoutRng::seed_from_u64(3), Vec::new(), [0; 2]);
        for _ in 0..200 {
            let mut position = ConnectFour::default();
            while position.outcome().is_none() {
                let code = position.code();
                let mut planes = vec![9.0; ConnectFour::CELLS * ConnectFour::PLANES];
                ConnectFour::write_planes(&code, 0, ConnectFour::PLANES, &mut planes);
                for (cell, found) in planes.chunks_exact(ConnectFour::PLANES).enumerate() {
                    for side in 1..=2 {
                        let mut with = code.clone();
                        with[cell] = side;
                        let wins = code[cell] == 0 && has_line(&with, cell);
                        assert_eq!(found[STONES + usize::from(side) - 1] > 0.0, wins, "{}", position.diagram());
                        seen[usize::from(side) - 1] += usize::from(wins);
                    }
                }
                position.legal(&mut moves);
                position.play(moves[below(&mut random, moves.len())]);
            }
        }
        assert!(seen.iter().all(|count| *count > 100), "{seen:?}");
    }

    /// Whether the stone in a cell stands in a line of four of its own, counted along each direction.
    fn has_line(code: &[u8], cell: usize) -> bool {
        let (row, column) = ((cell / ConnectFour::COLUMNS) as isize, (cell % ConnectFour::COLUMNS) as isize);
        let same = |row: isize, column: isize| {
            let on_board =
                (0..ConnectFour::ROWS as isize).contains(&row) && (0..ConnectFour::COLUMNS as isize).contains(&column);
            on_board && code[(row * ConnectFour::COLUMNS as isize + column) as usize] == code[cell]
        };
        [(0, 1), (1, 0), (1, 1), (1, -1)].into_iter().any(|(down, right)| {
            let run =
                |sign: isize| (1..4).take_while(|k| same(row + sign * k * down, column + sign * k * right)).count();
            1 + run(1) + run(-1) >= 4
        })
    }
}
