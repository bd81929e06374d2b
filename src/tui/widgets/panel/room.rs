//! How much room a panel wants.

use super::{flow, grid, heading_beside, heading_rows, heat_map, lines_of, map_columns, problem, tokens, words};
use crate::experiment::Language;
use crate::experiment::panel::Panel;
use ratatui::layout::Rect;

/// How much room a panel wants at a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Rows(u16),
    /// Flexible.
    Share {
        /// The rows without which it is not worth drawing.
        least: u16,
        /// The rows that it has before another panel begins below it.
        good: u16,
        /// The rows beyond which there is nothing more to show.
        most: u16,
        /// Its share of what is left.
        weight: u16,
    },
}

impl Room {
    /// What two panels side by side want.
    pub fn or(self, other: Room) -> Room {
        let weight = |room| match room {
            Room::Rows(_) => None,
            Room::Share { weight, .. } => Some(weight),
        };
        let larger = |rows: fn(Room) -> u16| rows(self).max(rows(other));
        let [least, good, most] = [larger(Room::least), larger(Room::good), larger(Room::most)];
        match weight(self).max(weight(other)) {
            None => Room::Rows(least),
            Some(weight) => Room::Share { least, good, most, weight },
        }
    }

    /// The rows without which it is not worth drawing.
    pub fn least(self) -> u16 {
        match self {
            Room::Rows(rows) => rows,
            Room::Share { least, .. } => least,
        }
    }

    /// The rows that it has before another panel begins below it.
    pub fn good(self) -> u16 {
        match self {
            Room::Rows(rows) => rows,
            Room::Share { least, good, .. } => good.max(least),
        }
    }

    /// The same, with as many rows before another panel begins at the least, where it is flexible.
    pub fn with_good(self, rows: u16) -> Room {
        match self {
            Room::Share { least, good, most, weight } => Room::Share { least, good: good.max(rows), most, weight },
            room => room,
        }
    }

    /// The rows beyond which there is nothing more to show.
    pub fn most(self) -> u16 {
        match self {
            Room::Rows(rows) => rows,
            Room::Share { most, .. } => most.max(self.good()),
        }
    }

    fn weight(self) -> u16 {
        match self {
            Room::Rows(_) => 0,
            Room::Share { weight, .. } => weight.max(1),
        }
    }
}

/// The rows of each of some panels: what it needs, then of the rows that are left a share by its weight, as long as it has something to
/// show in them. Those for which nothing is left have none.
pub fn shared_out(rooms: &[Room], height: u16) -> Vec<u16> {
    let mut left = height;
    let mut rows: Vec<u16> = rooms
        .iter()
        .map(|room| {
            let own = room.least().min(left);
            left -= own;
            own
        })
        .collect();
    for (room, rows) in rooms.iter().zip(&mut rows) {
        let own = (room.good() - *rows).min(left);
        *rows += own;
        left -= own;
    }
    while left > 0 {
        let wants = |index: usize| rooms[index].most().saturating_sub(rows[index]);
        let open: Vec<(usize, u16)> =
            (0..rooms.len()).map(|index| (index, wants(index))).filter(|open| open.1 > 0).collect();
        let weights: u32 = open.iter().map(|(index, _)| u32::from(rooms[*index].weight())).sum();
        if open.is_empty() || weights == 0 {
            break;
        }
        let before = left;
        for (index, wanted) in &open {
            let share = u32::from(before) * u32::from(rooms[*index].weight()) / weights;
            // What is left of the division goes to the first ones, row by row.
            let own = (share as u16).max(1).min(*wanted).min(left);
            rows[*index] += own;
            left -= own;
        }
    }
    rows
}

/// Rows of a picture in which a digit can be read in most modes.
const LEGIBLE_ROWS: u16 = 4;

/// Rows of a heat map with its names: a part of one, and what is better seen whole than beside a part of another.
const LEAST_MAP: usize = 6;
const GOOD_MAP: u16 = 18;
/// Rows of a grid world that are seen at once where the screen has them.
const GRID_ROWS: usize = 14;

/// Curves that need more rows to be told apart.
const CROWD: usize = 6;

/// A list of more rows shares the room with others.
const LONGEST: usize = 12;

/// So many rows, or a share of the room where they are too many.
fn listed(rows: usize, least: usize) -> Room {
    let [most, least] = [rows, least].map(|rows| rows.min(usize::from(u16::MAX)) as u16);
    if rows <= LONGEST { Room::Rows(most) } else { Room::Share { least, good: least, most, weight: 2 } }
}

/// As many rows as there are items, of which the last ones are left to scrolling where not all have room; a share of the room where they
/// are too many.
fn items(rows: usize, least: usize) -> Room {
    match listed(rows, least) {
        Room::Rows(rows) => {
            let least = (least.min(usize::from(u16::MAX)) as u16).min(rows);
            Room::Share { least, good: rows, most: rows, weight: 1 }
        }
        room => room,
    }
}

pub fn room(panel: &Panel, width: u16, language: Language) -> Room {
    if let Some(problem) = problem(panel) {
        return listed(lines_of(&problem, width).len() + 1, 1);
    }
    let named = panel.heading().map(|heading| heading.in_language(language)).filter(|heading| !heading.is_empty());
    // Maps may stand side by side.
    let columns = if map_columns(panel).is_some() { width / 2 } else { width };
    let heading = named.map_or(0, |heading| usize::from(heading_rows(heading, columns)));
    let within = |least: usize, most: usize, weight| {
        let [least, most] = [least, most].map(|rows| (heading.saturating_add(rows)).min(usize::from(u16::MAX)) as u16);
        Room::Share { least, good: least, most, weight }
    };
    // What is drawn larger where there is more room.
    let share = |least: usize, weight| within(least, usize::MAX, weight);
    match panel {
        Panel::Note { text } => listed(lines_of(text.in_language(language), width).len(), 3),
        Panel::Fault { text, .. } => listed(words::fault_rows(text.in_language(language), width), 3),
        Panel::Number { .. } => Room::Rows(1),
        Panel::Bars { bars, .. } => items(heading + bars.len().max(1), heading + 3),
        Panel::Table { names, rows } => items(words::table_rows(names, rows, width, language), 4),
        Panel::Pictures { images, captions, .. } => {
            // Of rows that belong together, such as data above model, each is one that can be read; of many, some are shown.
            let rows = images.rows().clamp(1, 4);
            // A heading at the left takes no row.
            let widest = panel.heading().map_or(0, |heading| crate::width::width(heading.in_language(language)));
            let beside = heading_beside(images, widest, Rect::new(0, 0, width, LEGIBLE_ROWS)).is_some();
            let above = if beside { heading } else { 0 };
            let least = usize::from(LEGIBLE_ROWS) * rows + usize::from(!captions.is_empty());
            share(least.saturating_sub(above), 3 * rows as u16)
        }
        Panel::Plane { .. } => share(5, 4),
        // The names of the columns, and the row below.
        Panel::HeatMap(map) => {
            match listed(heading + map.rows.len() + 1 + heat_map::head_rows(map, width), heading + LEAST_MAP) {
                Room::Rows(rows) => Room::Rows(rows),
                Room::Share { least, most, .. } => Room::Share { least, good: most.min(GOOD_MAP), most, weight: 3 },
            }
        }
        // Of many curves the names take rows too, and the plot is to be read between them.
        Panel::Curves(curves) if curves.curves.len() >= CROWD => share(9, 3),
        Panel::Curves(_) => share(5, 3),
        Panel::Tokens { tokens, .. } => {
            // Below the text one of the tokens is opened.
            let rows = flow::flowed(tokens, width).iter().map(|piece| piece.row + 1).max().unwrap_or(1);
            let opened = tokens.iter().map(|token| token.alternatives.len()).max().unwrap_or(0);
            let below = if opened > 0 { 1 + opened.min(usize::from(tokens::ALTERNATIVES)) } else { 1 };
            within(rows.clamp(1, 4) + below.min(2), rows + below, 2)
        }
        Panel::Board { board, .. } => share((board.rows + 1).min(12), 4),
        Panel::Grid(grid) => {
            let rows = grid.cells.len() / grid.columns.max(1);
            within((rows + 1).clamp(3, GRID_ROWS), grid::ROWS * rows + 2, 3)
        }
        Panel::Poses(_) => share(5, 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_needs_no_more_leaves_its_rows_to_the_others() {
        let share = |least, most, weight| Room::Share { least, good: least, most, weight };
        assert_eq!(shared_out(&[Room::Rows(2), share(3, u16::MAX, 1), share(3, u16::MAX, 3)], 20), [2, 6, 12]);
        assert_eq!(shared_out(&[share(3, 4, 9), share(3, 30, 1)], 20), [4, 16]);
        assert_eq!(shared_out(&[share(3, 4, 9), share(3, 5, 1)], 20), [4, 5], "there is nothing more to show");
        assert_eq!(shared_out(&[Room::Rows(3), share(3, 9, 1)], 4), [3, 1]);
        let map = Room::Share { least: 6, good: 12, most: 12, weight: 1 };
        assert_eq!(shared_out(&[map, map], 20), [12, 8], "the first one is whole");
    }

    #[test]
    fn many_curves_have_more_rows_than_a_few() {
        use crate::experiment::Bilingual;
        use crate::experiment::panel::{Curve, Curves};
        let of = |count: usize| {
            let curve = |_| Curve { name: Bilingual::same("a curve"), values: vec![0.0, 1.0], band: None };
            let [heading, axis] = ["deletion", "%"].map(Bilingual::same);
            let curves = (0..count).map(curve).collect();
            let panel = Panel::Curves(Curves { heading, axis, places: vec![0.0, 1.0], curves });
            room(&panel, 78, Language::En).least()
        };
        assert_eq!([of(2), of(7)], [6, 10]);
    }

    fn rooms() -> impl Strategy<Value = Room> {
        prop_oneof![
            (0..20_u16).prop_map(Room::Rows),
            (0..20_u16, 0..30_u16, 0..40_u16, 0..5_u16).prop_map(|(least, good, most, weight)| Room::Share {
                least,
                good,
                most,
                weight
            }),
        ]
    }

    proptest! {
        #[test]
        fn no_row_is_given_twice_and_none_is_left_that_somebody_wants(
            rooms in proptest::collection::vec(rooms(), 0..6), height in 0..80_u16
        ) {
            let rows = shared_out(&rooms, height);
            let given: u16 = rows.iter().sum();
            prop_assert!(given <= height);
            let needed: u16 = rooms.iter().map(|room| room.least()).sum();
            for (room, rows) in rooms.iter().zip(&rows) {
                prop_assert!(*rows <= room.most());
                prop_assert!(needed > height || *rows >= room.least());
                prop_assert!(given == height || *rows == room.most());
            }
        }
    }
}
