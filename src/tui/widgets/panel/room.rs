//! How much room a panel wants.

use super::{flow, heading_beside, lines_of, problem, words};
use crate::experiment::Language;
use crate::experiment::panel::Panel;
use ratatui::layout::Rect;

/// How much room a panel wants at a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Rows(u16),
    /// Flexible: so many rows at least, and a weight for sharing what is left.
    Share {
        least: u16,
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
        let least = self.least().max(other.least());
        match weight(self).max(weight(other)) {
            None => Room::Rows(least),
            Some(weight) => Room::Share { least, weight },
        }
    }

    /// The rows without which it is not worth drawing.
    pub fn least(self) -> u16 {
        match self {
            Room::Rows(rows) => rows,
            Room::Share { least, .. } => least,
        }
    }
}

/// Rows of a picture in which a digit can be read in most modes.
const LEGIBLE_ROWS: u16 = 4;

/// Rows of a heat map that are seen at once where the screen has them.
const MAP_ROWS: usize = 14;

/// A list of more rows shares the room with others.
const LONGEST: usize = 12;

/// So many rows, or a share of the room where they are too many.
fn listed(rows: usize, least: usize) -> Room {
    if rows <= LONGEST { Room::Rows(rows as u16) } else { Room::Share { least: least as u16, weight: 2 } }
}

pub fn room(panel: &Panel, width: u16, language: Language) -> Room {
    if let Some(problem) = problem(panel) {
        return listed(lines_of(&problem, width).len() + 1, 1);
    }
    let named = panel.heading().is_some_and(|heading| !heading.in_language(language).is_empty());
    let heading = usize::from(named);
    let share =
        |least: usize, weight| Room::Share { least: (heading + least).min(usize::from(u16::MAX)) as u16, weight };
    match panel {
        Panel::Note { text } => listed(lines_of(text.in_language(language), width).len(), 3),
        Panel::Fault { text, .. } => listed(words::fault_rows(text.in_language(language), width), 3),
        Panel::Number { .. } => Room::Rows(1),
        Panel::Bars { bars, .. } => listed(heading + bars.len().max(1), heading + 3),
        Panel::Table { names, rows } => listed(words::table_rows(names, rows, width, language), 4),
        Panel::Pictures { images, captions, .. } => {
            // One row can be as high as digits are read at; of several that belong together each is as low as can be.
            let rows = if images.rows() == 1 { usize::from(LEGIBLE_ROWS) } else { 3 * images.rows().min(4) };
            // A heading at the left takes no row.
            let beside = heading_beside(images, Rect::new(0, 0, width, LEGIBLE_ROWS)).is_some();
            let above = if beside { heading } else { 0 };
            share((rows + usize::from(!captions.is_empty())).saturating_sub(above), 3)
        }
        Panel::Plane { .. } => share(5, 4),
        // The names of the columns, and the row below. Half a map is worth less than one after the other.
        Panel::HeatMap(map) => match listed(heading + map.rows.len() + 2, heading + map.rows.len().min(MAP_ROWS) + 2) {
            Room::Rows(rows) => Room::Rows(rows),
            Room::Share { least, .. } => Room::Share { least, weight: 3 },
        },
        Panel::Curves(_) => share(5, 3),
        Panel::Tokens { tokens, .. } => {
            // Below the text one of the tokens is opened.
            let rows = flow::flowed(tokens, width).iter().map(|piece| piece.row + 1).max().unwrap_or(1);
            share(rows.clamp(1, 4) + 2, 2)
        }
        Panel::Board { board, .. } => share((board.rows + 1).min(12), 4),
        Panel::Grid(grid) => share((grid.cells.len() / grid.columns.max(1) + 1).clamp(3, 8), 3),
        Panel::Poses(_) => share(5, 3),
    }
}
