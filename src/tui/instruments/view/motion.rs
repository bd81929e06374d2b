//! Figures of a panel that move.

use super::View;
use crate::experiment::Panel;

/// How fast figures move: pictures of the motion for each of the screen's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Playing {
    No,
    Slowly,
    /// About as fast as they did.
    InTime,
}

impl View {
    /// The panel with figures that move, and how many moments it has.
    pub(super) fn motion(&self) -> Option<(usize, usize)> {
        self.shown.panels.iter().enumerate().find_map(|(index, panel)| match panel {
            Panel::Poses(poses) if poses.poses.len() > 1 => Some((index, poses.poses.len())),
            _ => None,
        })
    }

    /// Goes on to the next way of showing figures that move; from their last moment, from the first again.
    pub(super) fn play(&mut self, moments: usize) {
        if self.moment + 1 >= moments {
            self.moment = 0;
            self.playing = Playing::No;
        }
        self.playing = match self.playing {
            Playing::No => Playing::Slowly,
            Playing::Slowly => Playing::InTime,
            Playing::InTime => Playing::No,
        };
    }
}
