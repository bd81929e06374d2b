//! Points of square boards: names, the eight symmetries, diagrams.

use super::{MoveError, Side};

/// The image of a point under one of the eight symmetries of a square of `size` (four turns, each with its mirror image).
pub fn image(point: usize, size: usize, symmetry: usize) -> usize {
    let (mut row, mut column) = (point / size, point % size);
    if symmetry & 4 != 0 {
        column = size - 1 - column;
    }
    for _ in 0..symmetry & 3 {
        (row, column) = (column, size - 1 - row);
    }
    row * size + column
}

/// A column letter and a row number; where the letter I is left out, as in Go, and where rows are counted from below.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub size: usize,
    pub capital: bool,
    pub skips_i: bool,
    pub from_below: bool,
}

impl Names {
    pub fn column(&self, column: usize) -> char {
        let letter = b'a' + (column + usize::from(self.skips_i && column >= 8)) as u8;
        let letter = char::from(letter);
        if self.capital { letter.to_ascii_uppercase() } else { letter }
    }

    pub fn row(&self, row: usize) -> usize {
        if self.from_below { self.size - row } else { row + 1 }
    }

    pub fn write(&self, point: usize) -> String {
        format!("{}{}", self.column(point % self.size), self.row(point / self.size))
    }

    /// Reads a point, in small letters or capitals.
    pub fn read(&self, text: &str) -> Result<usize, MoveError> {
        let find = || {
            let letter = text.chars().next()?;
            let column = (0..self.size).find(|column| self.column(*column).eq_ignore_ascii_case(&letter))?;
            let digits = text.get(letter.len_utf8()..).filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))?;
            let number: usize = digits.parse().ok()?;
            let row = (0..self.size).find(|row| self.row(*row) == number)?;
            Some(row * self.size + column)
        };
        find().ok_or_else(|| {
            let last = self.column(self.size - 1);
            let first = self.column(0);
            let (size, example) = (self.size, self.write(self.size + 2));
            MoveError::new(
                format!("`{text}` is no point: a column {first} to {last} and a row 1 to {size}, as in {example}"),
                format!(
                    "`{text}` は盤上の位置ではありません。列 {first} から {last} と行 1 から {size} を {example} のように書いてください"
                ),
            )
        })
    }
}

/// Rows of signs between slashes, then whose move it is: `.x./.o./... x`.
pub fn write(size: (usize, usize), signs: [char; 2], turn: Side, stone: impl Fn(usize) -> Option<Side>) -> String {
    let (rows, columns) = size;
    let mut text = String::with_capacity(rows * (columns + 1) + 2);
    for row in 0..rows {
        if row > 0 {
            text.push('/');
        }
        text.extend((0..columns).map(|column| match stone(row * columns + column) {
            Some(side) => signs[side.index()],
            None => '.',
        }));
    }
    text.push(' ');
    text.push(signs[turn.index()]);
    text
}

/// Reads what [`write`] writes: the stones, row by row, and whose move it is.
pub fn read(text: &str, size: (usize, usize), signs: [char; 2]) -> Result<(Vec<Option<Side>>, Side), MoveError> {
    let (rows, columns) = size;
    let side = |sign: char| Side::BOTH.into_iter().find(|side| signs[side.index()] == sign.to_ascii_lowercase());
    let [first, second] = signs;
    let (board, turn) = text.trim().split_once(' ').ok_or_else(|| {
        MoveError::new(
            format!("a position is rows of {first}, {second} and `.` between slashes, a space, and whose move it is"),
            format!("局面は、{first}、{second}、`.` を並べた行を / で区切り、空白に続けて手番を書きます"),
        )
    })?;
    let turn = turn.trim();
    let mover = turn.chars().next().filter(|_| turn.chars().count() == 1).and_then(side);
    let mover = mover.ok_or_else(|| {
        MoveError::new(
            format!("whose move it is: {first} or {second}, not `{turn}`"),
            format!("手番は {first} か {second} で書いてください。`{turn}` は読めません"),
        )
    })?;
    let mut stones = Vec::with_capacity(rows * columns);
    let mut found = 0;
    for row in board.split('/') {
        found += 1;
        let before = stones.len();
        for sign in row.chars() {
            stones.push(match sign {
                '.' => None,
                sign => Some(side(sign).ok_or_else(|| {
                    MoveError::new(
                        format!("row {found}: `{sign}` is none of {first}, {second} and `.`"),
                        format!(
                            "盤の {found} 行目: `{sign}` は読めません。{first}、{second}、`.` のどれかを書いてください"
                        ),
                    )
                })?),
            });
        }
        if stones.len() - before != columns {
            let points = stones.len() - before;
            return Err(MoveError::new(
                format!("row {found} has {points} points, not {columns}"),
                format!("盤の {found} 行目の長さは {points} です。{columns} にしてください"),
            ));
        }
    }
    if found != rows {
        return Err(MoveError::new(
            format!("{found} rows, not {rows}"),
            format!("盤が {found} 行あります。{rows} 行にしてください"),
        ));
    }
    Ok((stones, mover))
}
