//! Tic-tac-toe: three in a row on nine squares.

use super::grid::{self, Names};
use super::{Game, Move, MoveError, Outcome, PlayoutRng, Side, Style, below, mixed};

const ALL: u16 = 0x1ff;
const LINES: [u16; 8] = [0o007, 0o070, 0o700, 0o111, 0o222, 0o444, 0o421, 0o124];
const NAMES: Names = Names { size: 3, capital: false, skips_i: false, from_below: true };
const SIGNS: [char; 2] = ['x', 'o'];

/// A position: the squares of either side, a bit each, the upper left one lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TicTacToe {
    stones: [u16; 2],
    second: bool,
}

impl TicTacToe {
    /// Whose stone is on a square.
    pub fn stone(&self, square: usize) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.stones[side.index()] >> square & 1 == 1)
    }

    fn has_line(stones: u16) -> bool {
        LINES.iter().any(|line| stones & line == *line)
    }

    fn free(&self) -> u16 {
        ALL & !(self.stones[0] | self.stones[1])
    }

    /// The free squares that complete a line for the side to move, or else for the other; none if there are none.
    fn urgent(&self) -> Option<u16> {
        let (mover, free) = (usize::from(self.second), self.free());
        let completing = |stones: u16| {
            let missing = LINES.iter().map(|line| line & !stones).filter(|missing| missing.is_power_of_two());
            missing.fold(0, |squares, missing| squares | missing) & free
        };
        [mover, 1 - mover].map(|side| completing(self.stones[side])).into_iter().find(|squares| *squares != 0)
    }
}

impl Game for TicTacToe {
    fn id(&self) -> &'static str {
        "tic-tac-toe"
    }

    #[inline]
    fn turn(&self) -> Side {
        if self.second { Side::Second } else { Side::First }
    }

    #[inline]
    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if self.outcome().is_some() {
            return;
        }
        let mut free = self.free();
        while free != 0 {
            moves.push(Move(free.trailing_zeros() as u16));
            free &= free - 1;
        }
    }

    #[inline]
    fn play(&mut self, chosen: Move) {
        self.stones[usize::from(self.second)] |= 1 << chosen.0;
        self.second = !self.second;
    }

    #[inline]
    fn outcome(&self) -> Option<Outcome> {
        let mover = usize::from(self.second);
        if Self::has_line(self.stones[1 - mover]) {
            Some(Outcome::Won(self.turn().other()))
        } else if Self::has_line(self.stones[mover]) {
            Some(Outcome::Won(self.turn()))
        } else if self.stones[0] | self.stones[1] == ALL {
            Some(Outcome::Drawn)
        } else {
            None
        }
    }

    fn hash(&self) -> u64 {
        mixed(u64::from(self.stones[0]) | u64::from(self.stones[1]) << 9 | u64::from(self.second) << 18)
    }

    fn name(&self, of: Move) -> String {
        NAMES.write(usize::from(of.0))
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        let chosen = Move(NAMES.read(text)? as u16);
        if self.outcome().is_some() {
            return Err(MoveError::ended());
        }
        if self.stone(usize::from(chosen.0)).is_some() {
            return Err(MoveError::new(format!("{text} is taken"), format!("{text} はすでに埋まっています")));
        }
        Ok(chosen)
    }

    fn diagram(&self) -> String {
        grid::write((3, 3), SIGNS, self.turn(), |square| self.stone(square))
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        let (stones, turn) = grid::read(text, (3, 3), SIGNS)?;
        let mut position = TicTacToe { stones: [0; 2], second: turn == Side::Second };
        for (square, stone) in stones.iter().enumerate() {
            if let Some(side) = stone {
                position.stones[side.index()] |= 1 << square;
            }
        }
        Ok(position)
    }

    fn symmetries(&self) -> usize {
        8
    }

    fn image(&self, symmetry: usize) -> Self {
        let stones = self.stones.map(|stones| {
            (0..9).filter(|square| stones >> square & 1 == 1).map(|square| 1 << grid::image(square, 3, symmetry)).sum()
        });
        TicTacToe { stones, ..*self }
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        Move(grid::image(usize::from(chosen.0), 3, symmetry) as u16)
    }

    fn playout(
        &mut self,
        style: Style,
        random: &mut PlayoutRng,
        _: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        loop {
            if let Some(outcome) = self.outcome() {
                return outcome;
            }
            let urgent = if style == Style::Light { self.urgent() } else { None };
            let mut free = urgent.unwrap_or_else(|| self.free());
            for _ in 0..below(random, free.count_ones() as usize) {
                free &= free - 1;
            }
            let chosen = Move(free.trailing_zeros() as u16);
            self.play(chosen);
            if let Some(trace) = &mut trace {
                trace.push(chosen);
            }
        }
    }
}
