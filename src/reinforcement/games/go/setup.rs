//! Handicaps.

use super::{FILTER, FREE, Go};
use crate::reinforcement::games::Side;

impl Go {
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
        position.second = !points.is_empty();
        position.former = vec![position.stones_hash];
        position.filter = [0; FILTER];
        position.filter_add(position.stones_hash);
        Some(position)
    }
}
