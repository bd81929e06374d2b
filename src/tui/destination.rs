//! Where a row of the palette, or a place on the screen that is clicked, leads to.

use super::keys::Action;
use crate::experiment::Knobs;
use ratatui::layout::{Position, Rect};
use std::cell::RefCell;

/// Somewhere to go, or something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// What a key does here.
    Action(Action),
    /// A lab, by its id.
    Lab(String),
    /// A run, by the id of its lab and its own.
    Run {
        lab: String,
        id: String,
    },
    /// An instrument, an exercise, a preset of the lab that is shown, by its place.
    Instrument(usize),
    Exercise(usize),
    Preset(usize),
    /// A stopped run of the lab that is shown, by its id, to be taken up again.
    Resume(String),
    /// A place within another lab, which is opened for it.
    Within {
        lab: String,
        place: Box<Destination>,
    },
}

/// The places of a frame that take a click. They are noted while the frame is drawn.
#[derive(Debug, Default)]
pub struct Places(RefCell<Vec<(Rect, Destination)>>);

impl Places {
    /// Notes that a click in `area` leads to `destination`, whatever was noted there before.
    pub fn put(&self, area: Rect, destination: Destination) {
        self.0.borrow_mut().push((area, destination));
    }

    /// Where a click leads.
    pub fn at(&self, position: Position) -> Option<Destination> {
        let places = self.0.borrow();
        places.iter().rev().find(|(area, _)| area.contains(position)).map(|(_, destination)| destination.clone())
    }

    /// Forgets all places: another frame, or a dialog that takes the clicks.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

/// Where somebody was in a lab that was left: its tab, the page of theory and the rows above, the exercise and the instrument; and the
/// inputs of the instruments.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    pub tab: usize,
    pub page: (usize, usize),
    pub exercise: usize,
    pub instrument: usize,
    pub inputs: Vec<Option<Knobs>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_last_lies_on_top() {
        let places = Places::default();
        places.put(Rect::new(0, 0, 10, 2), Destination::Exercise(1));
        places.put(Rect::new(2, 1, 2, 1), Destination::Exercise(2));
        assert_eq!(places.at(Position::new(2, 1)), Some(Destination::Exercise(2)));
        assert_eq!(places.at(Position::new(4, 1)), Some(Destination::Exercise(1)));
        assert_eq!(places.at(Position::new(0, 2)), None);
        places.clear();
        assert_eq!(places.at(Position::new(2, 1)), None);
    }
}
