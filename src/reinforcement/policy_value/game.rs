//! Positions and moves as numbers for a network.

use crate::reinforcement::games::othello::{PASS, SMALL};
use crate::reinforcement::games::{AnyGame, ConnectFour, Member, Move, Othello, Side, TicTacToe, connect_four, grid};

/// Stones of the side to move, of the other, and ones, by which a network knows where the board ends.
pub const PLANES: usize = 3;

/// A game that networks learn: stones on the cells of a board, and a fixed list of actions.
pub trait NetworkGame: Member + Into<AnyGame> {
    const ROWS: usize;
    const COLUMNS: usize;
    const ACTIONS: usize;
    const CELLS: usize = Self::ROWS * Self::COLUMNS;
    /// Images of a board under its symmetry, itself one of them.
    const SYMMETRIES: usize;

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

    /// Writes the planes `[rows, columns, PLANES]` of an image of a position given by its [`code`](Self::code).
    fn write_planes(code: &[u8], symmetry: usize, out: &mut [f32]) {
        for (cell, &stone) in code.iter().enumerate() {
            let at = Self::image_of_cell(cell, symmetry) * PLANES;
            out[at..at + PLANES].copy_from_slice(&[f32::from(stone == 1), f32::from(stone == 2), 1.0]);
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
                    let [mut image, mut expected] = [vec![0.0; G::CELLS * PLANES], vec![0.0; G::CELLS * PLANES]];
                    G::write_planes(&position.code(), symmetry, &mut image);
                    G::write_planes(&position.image(symmetry).code(), 0, &mut expected);
                    assert_eq!(image, expected, "{} in image {symmetry}", position.diagram());
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
        TicTacToe::write_planes(&TicTacToe::default().at("x../.o./... x").unwrap().code(), 0, &mut planes);
        assert_eq!(planes[..3], [1.0, 0.0, 1.0]);
        assert_eq!(planes[12..15], [0.0, 1.0, 1.0]);
        assert_eq!(planes[3..6], [0.0, 0.0, 1.0]);
    }
}
