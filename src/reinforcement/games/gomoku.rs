//! Gomoku: five in a row, on 9 × 9 or 15 × 15, without forbidden moves.

use super::grid::{self, Names};
use super::{Game, Move, MoveError, Outcome, PlayoutRng, Side, Style, below, keys};

/// The largest board.
const LARGEST: usize = 15;
const POINTS: usize = LARGEST * LARGEST;
/// Rows, columns, and both ways of diagonals, of the largest board.
const LINES: usize = 2 * LARGEST + 2 * (2 * LARGEST - 1);
const SIGNS: [char; 2] = ['x', 'o'];
static KEYS: [u64; 2 * POINTS + 1] = keys(0x1000);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// Five or more in a row win.
    #[default]
    FiveOrMore,
    /// Exactly five win; six do not.
    ExactlyFive,
}

/// A position. Every line of the board has its stones as bits, for either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gomoku {
    size: u8,
    rule: Rule,
    second: bool,
    stones: u8,
    won: bool,
    hash: u64,
    lines: [[u16; LINES]; 2],
}

impl Gomoku {
    /// An empty board.
    ///
    /// # Panics
    /// If the size is not from 5 to 15.
    pub fn new(size: usize, rule: Rule) -> Self {
        assert!((5..=LARGEST).contains(&size), "a board of 5 to {LARGEST} lines");
        Gomoku { size: size as u8, rule, second: false, stones: 0, won: false, hash: 0, lines: [[0; LINES]; 2] }
    }

    pub fn size(&self) -> usize {
        usize::from(self.size)
    }

    pub fn rule(&self) -> Rule {
        self.rule
    }

    fn names(&self) -> Names {
        Names { size: self.size(), capital: false, skips_i: false, from_below: true }
    }

    #[inline]
    pub fn stone(&self, point: usize) -> Option<Side> {
        let (row, column) = (point / self.size(), point % self.size());
        Side::BOTH.into_iter().find(|side| self.lines[side.index()][row] >> column & 1 == 1)
    }

    #[inline]
    fn is_free(&self, point: usize) -> bool {
        let (row, column) = (point / self.size(), point % self.size());
        (self.lines[0][row] | self.lines[1][row]) >> column & 1 == 0
    }

    /// Whether these stones of a line have five in a row.
    #[inline]
    fn has_five(&self, line: u16) -> bool {
        let two = line & line >> 1;
        let five = two & two >> 2 & line >> 4;
        match self.rule {
            Rule::FiveOrMore => five != 0,
            // A five with a neighbour of its own is part of a six.
            Rule::ExactlyFive => {
                let line = u32::from(line) << 1;
                u32::from(five) & !line & !(line >> 6) != 0
            }
        }
    }

    /// The four lines through a point, and its place on each.
    #[inline]
    fn through(&self, point: usize) -> [(usize, usize); 4] {
        let (row, column) = (point / self.size(), point % self.size());
        [
            (row, column),
            (LARGEST + column, row),
            (2 * LARGEST + row + column, column),
            (4 * LARGEST - 1 + row + self.size() - 1 - column, column),
        ]
    }

    /// Shows the stones of a side and of the other in every five points in a row.
    pub fn windows(&self, mut look: impl FnMut(u32, u32), side: Side) {
        let (own, other) = (side.index(), side.other().index());
        let size = self.size();
        let mut line = |line: usize, from: usize, to: usize| {
            let (mine, theirs) = (self.lines[own][line], self.lines[other][line]);
            if mine | theirs == 0 {
                return;
            }
            for start in from..(to + 1).saturating_sub(4) {
                look((mine >> start & 31).count_ones(), (theirs >> start & 31).count_ones());
            }
        };
        for index in 0..size {
            line(index, 0, size - 1);
            line(LARGEST + index, 0, size - 1);
        }
        for sum in 4..2 * size - 5 {
            // Columns that a diagonal spans.
            line(2 * LARGEST + sum, sum.saturating_sub(size - 1), sum.min(size - 1));
            let (from, to) = ((size - 1).saturating_sub(sum), (2 * (size - 1) - sum).min(size - 1));
            line(4 * LARGEST - 1 + sum, from, to);
        }
    }

    /// How promising a move is: what it adds to one's own lines and takes from the other's.
    pub fn promise_of(&self, chosen: Move) -> i32 {
        const WORTH: [i32; 5] = [1, 4, 16, 80, 2000];
        let (own, other) = (usize::from(self.second), usize::from(!self.second));
        let mut promise = 0;
        for (line, place) in self.through(usize::from(chosen.0)) {
            let (mine, theirs) = (u32::from(self.lines[own][line]), u32::from(self.lines[other][line]));
            for start in place.saturating_sub(4)..=place.min(self.size().saturating_sub(5)) {
                let (mine, theirs) = ((mine >> start & 31).count_ones(), (theirs >> start & 31).count_ones());
                if theirs == 0 {
                    promise += WORTH[mine.min(4) as usize];
                }
                if mine == 0 && theirs > 0 {
                    promise += WORTH[theirs.min(4) as usize] / 2;
                }
            }
        }
        promise
    }

    /// Where a line through one's own last move lacks one stone to five, else where one through the other's does.
    fn urgent(&self, last: [Option<usize>; 2]) -> Option<usize> {
        let own = usize::from(self.second);
        let missing = |point: usize, side: usize| {
            let (row, column) = (point / self.size(), point % self.size());
            // A step along each of the four lines.
            [(0, 1), (1, 0), (-1, 1), (1, 1)].into_iter().zip(self.through(point)).find_map(|(way, (line, place))| {
                let stones = self.lines[side][line];
                let near = (place.saturating_sub(4)..=(place + 4).min(self.size() - 1))
                    .filter(|at| stones >> at & 1 == 0 && *at != place);
                near.filter(|at| self.has_five(stones | 1_u16.checked_shl(*at as u32).unwrap_or(0))).find_map(|at| {
                    let by = at as isize - place as isize;
                    let (row, column) = (row as isize + way.0 * by, column as isize + way.1 * by);
                    let size = 0..self.size() as isize;
                    (size.contains(&row) && size.contains(&column))
                        .then(|| row as usize * self.size() + column as usize)
                        .filter(|found| self.is_free(*found))
                })
            })
        };
        last[0].and_then(|point| missing(point, own)).or_else(|| last[1].and_then(|point| missing(point, 1 - own)))
    }

    #[inline]
    fn put(&mut self, point: usize) {
        let side = usize::from(self.second);
        for (line, place) in self.through(point) {
            let stones = &mut self.lines[side][line];
            *stones |= 1 << place;
            let stones = *stones;
            self.won |= self.has_five(stones);
        }
        self.hash ^= KEYS[2 * point + side];
        self.stones += 1;
        self.second = !self.second;
    }
}

impl Game for Gomoku {
    fn id(&self) -> &'static str {
        if self.size == 9 { "gomoku-9" } else { "gomoku-15" }
    }

    #[inline]
    fn turn(&self) -> Side {
        if self.second { Side::Second } else { Side::First }
    }

    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if !self.won {
            let points = self.size() * self.size();
            moves.extend((0..points).filter(|point| self.is_free(*point)).map(|point| Move(point as u16)));
        }
    }

    fn is_legal(&self, chosen: Move) -> bool {
        let point = usize::from(chosen.0);
        !self.won && point < self.size() * self.size() && self.is_free(point)
    }

    #[inline]
    fn play(&mut self, chosen: Move) {
        self.put(usize::from(chosen.0));
    }

    fn outcome(&self) -> Option<Outcome> {
        if self.won {
            Some(Outcome::Won(self.turn().other()))
        } else {
            (usize::from(self.stones) == self.size() * self.size()).then_some(Outcome::Drawn)
        }
    }

    fn hash(&self) -> u64 {
        self.hash ^ if self.second { KEYS[2 * POINTS] } else { 0 }
    }

    fn name(&self, of: Move) -> String {
        self.names().write(usize::from(of.0))
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        let point = self.names().read(text)?;
        if self.outcome().is_some() {
            return Err(MoveError::ended());
        }
        if !self.is_free(point) {
            return Err(MoveError::new(format!("{text} is taken"), format!("{text} にはすでに石があります")));
        }
        Ok(Move(point as u16))
    }

    fn diagram(&self) -> String {
        grid::write((self.size(), self.size()), SIGNS, self.turn(), |point| self.stone(point))
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        let (stones, turn) = grid::read(text, (self.size(), self.size()), SIGNS)?;
        let mut position = Gomoku::new(self.size(), self.rule);
        let mut winners = [false; 2];
        for (point, stone) in stones.iter().enumerate() {
            if let Some(side) = stone {
                position.second = *side == Side::Second;
                position.put(point);
                winners[side.index()] |= std::mem::take(&mut position.won);
            }
        }
        position.second = turn == Side::Second;
        position.won = winners[turn.other().index()];
        if winners[turn.index()] {
            return Err(MoveError::new("the side to move has won already", "手番の側がすでに勝っている局面です"));
        }
        Ok(position)
    }

    fn symmetries(&self) -> usize {
        8
    }

    fn image(&self, symmetry: usize) -> Self {
        let mut position = Gomoku::new(self.size(), self.rule);
        for point in 0..self.size() * self.size() {
            if let Some(side) = self.stone(point) {
                position.second = side == Side::Second;
                position.put(grid::image(point, self.size(), symmetry));
            }
        }
        Gomoku { second: self.second, won: self.won, ..position }
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        Move(grid::image(usize::from(chosen.0), self.size(), symmetry) as u16)
    }

    /// The free points in random order are uniformly random moves.
    fn playout(
        &mut self,
        style: Style,
        random: &mut PlayoutRng,
        moves: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        self.legal(moves);
        // The last move of either side: fives come about beside them.
        let mut last = [None; 2];
        while !moves.is_empty() {
            let urgent = if style == Style::Light { self.urgent(last) } else { None };
            let place = urgent.and_then(|point| moves.iter().position(|chosen| usize::from(chosen.0) == point));
            let chosen = moves.swap_remove(place.unwrap_or_else(|| below(random, moves.len())));
            last = [last[1], Some(usize::from(chosen.0))];
            self.play(chosen);
            if let Some(trace) = &mut trace {
                trace.push(chosen);
            }
            if self.won {
                break;
            }
        }
        self.outcome().unwrap_or(Outcome::Drawn)
    }
}
