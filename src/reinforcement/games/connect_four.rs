//! Connect Four: four in a row on seven columns of six, into which stones drop.
//!
//! A column has seven bits, the lowest cell lowest and the highest bit always free, so that a line of four is found by shifts
//! alone (Tromp's and Pons's form of the board).

use super::{Game, Move, MoveError, Outcome, PlayoutRng, Side, Style, at_move, below, grid, mixed};

pub const COLUMNS: usize = 7;
pub const ROWS: usize = 6;
/// Bits of a column.
const HEIGHT: usize = ROWS + 1;
/// The lowest cell of every column.
pub(crate) const BOTTOM: u64 = {
    let (mut bits, mut column) = (0, 0);
    while column < COLUMNS {
        bits |= 1 << (column * HEIGHT);
        column += 1;
    }
    bits
};
/// All cells.
pub(crate) const BOARD: u64 = BOTTOM * ((1 << ROWS) - 1);
const SIGNS: [char; 2] = ['x', 'o'];

/// A position: the stones of the side to move, and of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectFour {
    own: u64,
    all: u64,
    /// Whether the side that moved last has four in a row.
    won: bool,
}

/// The cells of a column.
pub(crate) const fn column_cells(column: usize) -> u64 {
    ((1 << ROWS) - 1) << (column * HEIGHT)
}

/// A cell, rows counted from below.
pub(crate) const fn bit(column: usize, row: usize) -> u64 {
    1 << (column * HEIGHT + row)
}

/// Whether there are four in a row among these cells.
#[inline]
pub(crate) fn has_four(cells: u64) -> bool {
    const SHIFTS: [usize; 4] = [1, HEIGHT, HEIGHT - 1, HEIGHT + 1];
    let mut four = 0;
    for shift in SHIFTS {
        let two = cells & cells >> shift;
        four |= two & two >> (2 * shift);
    }
    four != 0
}

/// The free cells, reachable or not, with which these stones would have four in a row.
#[inline]
pub(crate) fn winning_cells(own: u64, all: u64) -> u64 {
    let mut cells = (own << 1) & (own << 2) & (own << 3);
    for shift in [HEIGHT - 1, HEIGHT, HEIGHT + 1] {
        let pair = (own << shift) & (own << (2 * shift));
        cells |= pair & ((own << (3 * shift)) | (own >> shift));
        let pair = (own >> shift) & (own >> (2 * shift));
        cells |= pair & ((own >> (3 * shift)) | (own << shift));
    }
    cells & (BOARD ^ all)
}

impl ConnectFour {
    /// The stones of the side to move, and all stones, as bits.
    pub(crate) fn bits(&self) -> (u64, u64) {
        (self.own, self.all)
    }

    pub fn stones(&self) -> u32 {
        self.all.count_ones()
    }

    /// Whose stone is in a cell, rows counted from below.
    pub fn stone(&self, column: usize, row: usize) -> Option<Side> {
        let bit = bit(column, row);
        (self.all & bit != 0).then(|| if self.own & bit != 0 { self.turn() } else { self.turn().other() })
    }

    #[inline]
    fn drop_stone(&mut self, column: usize) {
        let own = self.own;
        let place = (self.all + (1 << (column * HEIGHT))) & column_cells(column);
        self.won = has_four(own | place);
        self.own ^= self.all;
        self.all |= place;
    }

    /// The column that wins at once, else one that the other side would win in.
    fn urgent(&self) -> Option<usize> {
        let next = (self.all + BOTTOM) & BOARD;
        let wins = winning_cells(self.own, self.all) & next;
        let losses = winning_cells(self.own ^ self.all, self.all) & next;
        let cell = if wins != 0 { wins } else { losses };
        (cell != 0).then(|| cell.trailing_zeros() as usize / HEIGHT)
    }

    #[inline]
    fn is_open(&self, column: usize) -> bool {
        self.all >> (column * HEIGHT + ROWS - 1) & 1 == 0
    }

    /// Plays columns written one after another, `4453`.
    ///
    /// # Errors
    /// Names the first that cannot be played.
    pub fn from_moves(text: &str) -> Result<Self, MoveError> {
        let mut position = ConnectFour::default();
        for (place, sign) in text.chars().filter(|sign| !sign.is_whitespace()).enumerate() {
            let chosen = position.read(&sign.to_string()).map_err(|why| MoveError(at_move(place + 1, why)))?;
            position.play(chosen);
        }
        Ok(position)
    }
}

impl Game for ConnectFour {
    fn id(&self) -> &'static str {
        "connect-four"
    }

    #[inline]
    fn turn(&self) -> Side {
        if self.all.count_ones() & 1 == 0 { Side::First } else { Side::Second }
    }

    #[inline]
    fn legal(&self, moves: &mut Vec<Move>) {
        moves.clear();
        if !self.won {
            moves.extend((0..COLUMNS).filter(|column| self.is_open(*column)).map(|column| Move(column as u16)));
        }
    }

    #[inline]
    fn is_legal(&self, chosen: Move) -> bool {
        !self.won && usize::from(chosen.0) < COLUMNS && self.is_open(usize::from(chosen.0))
    }

    #[inline]
    fn play(&mut self, chosen: Move) {
        self.drop_stone(usize::from(chosen.0));
    }

    #[inline]
    fn outcome(&self) -> Option<Outcome> {
        if self.won { Some(Outcome::Won(self.turn().other())) } else { (self.all == BOARD).then_some(Outcome::Drawn) }
    }

    #[inline]
    fn hash(&self) -> u64 {
        // Own stones and the first free cell of each column determine the position.
        mixed(self.own + self.all + BOTTOM)
    }

    /// The number of the column.
    fn name(&self, of: Move) -> String {
        (of.0 + 1).to_string()
    }

    fn read(&self, text: &str) -> Result<Move, MoveError> {
        let column = text.parse().ok().filter(|column| (1..=COLUMNS).contains(column));
        let column = column.ok_or_else(|| {
            MoveError::new(
                format!("`{text}` is no column: 1 to {COLUMNS}"),
                format!("`{text}` は列の番号ではありません。1 から {COLUMNS} までの数を書いてください"),
            )
        })?;
        if self.outcome().is_some() {
            return Err(MoveError::ended());
        }
        if !self.is_open(column - 1) {
            return Err(MoveError::new(
                format!("column {column} is full"),
                format!("{column} 列目はいっぱいで、もう置けません"),
            ));
        }
        Ok(Move(column as u16 - 1))
    }

    fn diagram(&self) -> String {
        grid::write((ROWS, COLUMNS), SIGNS, self.turn(), |point| {
            self.stone(point % COLUMNS, ROWS - 1 - point / COLUMNS)
        })
    }

    fn at(&self, text: &str) -> Result<Self, MoveError> {
        let (stones, turn) = grid::read(text, (ROWS, COLUMNS), SIGNS)?;
        let mut sides = [0_u64; 2];
        for (point, stone) in stones.iter().enumerate() {
            let (column, row) = (point % COLUMNS, ROWS - 1 - point / COLUMNS);
            match stone {
                Some(side) => sides[side.index()] |= bit(column, row),
                None if point >= COLUMNS && stones[point - COLUMNS].is_some() => {
                    return Err(MoveError::new(
                        format!("column {}: a stone has none below it", column + 1),
                        format!("{} 列目: 下が空いているところに石があります", column + 1),
                    ));
                }
                None => {}
            }
        }
        let all = sides[0] | sides[1];
        let position = ConnectFour { own: sides[turn.index()], all, won: has_four(sides[turn.other().index()]) };
        if position.turn() != turn || sides[0].count_ones() < sides[1].count_ones() {
            return Err(MoveError::new(
                "x moves first, so x has as many stones as o, or one more when o is to move",
                "先手は x です。x の石は o と同じ数か、o の手番なら 1 つ多くなければなりません",
            ));
        }
        if has_four(position.own) {
            return Err(MoveError::new("the side to move has won already", "手番の側がすでに勝っている局面です"));
        }
        Ok(position)
    }

    fn symmetries(&self) -> usize {
        2
    }

    fn image(&self, symmetry: usize) -> Self {
        if symmetry == 0 {
            return *self;
        }
        let mirror = |cells: u64| {
            (0..COLUMNS).map(|column| (cells >> (column * HEIGHT) & 0x7f) << ((COLUMNS - 1 - column) * HEIGHT)).sum()
        };
        ConnectFour { own: mirror(self.own), all: mirror(self.all), won: self.won }
    }

    fn image_of(&self, chosen: Move, symmetry: usize) -> Move {
        if symmetry == 0 { chosen } else { Move(COLUMNS as u16 - 1 - chosen.0) }
    }

    fn playout(
        &mut self,
        style: Style,
        random: &mut PlayoutRng,
        _: &mut Vec<Move>,
        mut trace: Option<&mut Vec<Move>>,
    ) -> Outcome {
        loop {
            if self.won {
                return Outcome::Won(self.turn().other());
            }
            if self.all == BOARD {
                return Outcome::Drawn;
            }
            let urgent = if style == Style::Light { self.urgent() } else { None };
            let column = urgent.unwrap_or_else(|| {
                // Most of the time any column is open; a full one is drawn again.
                let mut column = below(random, COLUMNS);
                while !self.is_open(column) {
                    column = below(random, COLUMNS);
                }
                column
            });
            self.drop_stone(column);
            if let Some(trace) = &mut trace {
                trace.push(Move(column as u16));
            }
        }
    }
}
