//! Positions that no play led to: read from text, and handicaps.

use super::{FILTER, FREE, Go, Rules, SIGNS};
use crate::reinforcement::games::{Move, MoveError, Side, grid};

fn breathless() -> MoveError {
    MoveError::new("a chain has no liberty", "呼吸点(ダメ)のない石があります")
}

impl Go {
    /// A position of this size from rows of signs, whose move it is and, if it is named, its komi.
    pub(super) fn set_up(&self, text: &str) -> Result<Self, MoveError> {
        let third = text.trim().rsplit_once(' ').filter(|(before, _)| before.trim_end().contains(' '));
        let komi =
            third.and_then(|(before, komi)| Some((before, komi.parse().ok().filter(|komi: &f32| komi.is_finite())?)));
        let (text, rules) = komi.map_or((text, self.rules), |(before, komi)| (before, Rules { komi, ..self.rules }));
        let (stones, turn) = grid::read(text, (self.size(), self.size()), SIGNS)?;
        let mut position = Go::new(self.size(), rules);
        for (point, stone) in stones.iter().enumerate() {
            if let Some(side) = stone {
                position.second = *side == Side::Second;
                let cell = position.cell(point);
                if !position.effect(cell).0 && stones.iter().skip(point + 1).all(Option::is_none) {
                    return Err(breathless());
                }
                position.put::<false>(cell);
            }
        }
        if (0..stones.len()).any(|point| position.stone(point) != stones[point]) {
            return Err(breathless());
        }
        Ok(position.begun_by(turn))
    }

    /// These stones as the start of a game, with this side to move.
    fn begun_by(mut self, side: Side) -> Self {
        self.second = side == Side::Second;
        (self.ko, self.last) = (0, 0);
        self.captured = [0; 2];
        self.former = vec![self.stones_hash];
        self.filter = [0; FILTER];
        self.filter_add(self.stones_hash);
        self
    }

    /// The points of a handicap of so many stones: 2 to 9 on a board whose lines allow it.
    pub fn handicap(&self, stones: usize) -> Option<Vec<usize>> {
        let size = self.size();
        let near = if size < 13 { 2 } else { 3 };
        if !(2..=9).contains(&stones) || size < 7 || stones > 4 && size.is_multiple_of(2) {
            return None;
        }
        let (far, middle) = (size - 1 - near, size / 2);
        let at = |column: usize, row: usize| row * size + column;
        let mut points = vec![at(near, far), at(far, near), at(far, far), at(near, near)];
        points.truncate(stones.min(4));
        if stones >= 6 {
            points.extend([at(near, middle), at(far, middle)]);
        }
        if stones >= 8 {
            points.extend([at(middle, near), at(middle, far)]);
        }
        if stones >= 5 && stones % 2 == 1 {
            points.push(at(middle, middle));
        }
        Some(points)
    }

    /// The same stones with this side to move, as if nobody had passed.
    #[must_use]
    pub fn turned_to(&self, side: Side) -> Self {
        let mut position = self.clone();
        position.second = side == Side::Second;
        (position.passes, position.ko, position.last) = (0, 0, 0);
        position
    }

    /// Whether a stone on a free point would be taken by its own side's move.
    pub fn is_suicide(&self, chosen: Move) -> bool {
        let cell = (chosen < self.pass()).then(|| self.cell(usize::from(chosen.0)));
        cell.filter(|cell| self.cells[*cell] == FREE).is_some_and(|cell| {
            let (breathes, _, taken) = self.effect(cell);
            !breathes && taken == 0
        })
    }

    pub fn is_empty(&self) -> bool {
        usize::from(self.free) == self.size() * self.size()
    }

    /// An empty board with stones of black's on it and white to move; none if a point is none or named twice.
    pub fn with_stones(&self, points: &[usize]) -> Option<Self> {
        let mut position = Go::new(self.size(), self.rules);
        for point in points {
            let cell = (*point < self.size() * self.size()).then(|| self.cell(*point))?;
            if position.cells[cell] != FREE || !position.effect(cell).0 {
                return None;
            }
            position.second = false;
            position.put::<false>(cell);
        }
        Some(position.begun_by(if points.is_empty() { Side::First } else { Side::Second }))
    }
}
