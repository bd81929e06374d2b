//! A simulation at a time, a step at a time.

use super::WALK;
use super::tree::draw_branches;
use crate::experiment::GameQuery;
use crate::experiment::board::{Board, Ending, Played, Walk};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::board::Marks;
use crate::tui::widgets::frame::{frame, write};
use crate::width::wrapped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Simulations that one key goes on by.
const MANY: u64 = 10;

/// The steps of a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Selection,
    Expansion,
    Simulation,
    Backpropagation,
}

const PHASES: [Phase; 4] = [Phase::Selection, Phase::Expansion, Phase::Simulation, Phase::Backpropagation];

pub struct WalkView {
    /// Which simulation is shown, from 1.
    number: u64,
    phase: usize,
    /// The node on the way whose children are shown.
    level: usize,
    walk: Option<Walk>,
    /// Whole simulations walked step by step.
    pub walked: u32,
}

impl Default for WalkView {
    fn default() -> Self {
        WalkView { number: 1, phase: 0, level: 0, walk: None, walked: 0 }
    }
}

impl WalkView {
    pub fn ask(&self, played: Played, exploration: f32, lab: &Lab, app: &mut AppContext) {
        app.ask(lab, WALK, GameQuery::Walk { played, exploration, seed: 1, simulation: self.number });
    }

    pub fn arrived(&mut self, walk: Walk) {
        self.level = match PHASES[self.phase] {
            Phase::Selection | Phase::Backpropagation => 0,
            // The node that has grown, with the child that is tried first.
            Phase::Expansion if walk.expanded > 0 => known_steps(&walk),
            _ => walk.after.len().saturating_sub(1),
        };
        self.walk = Some(walk);
    }

    /// Goes on or back; `false` if the action is not its own.
    pub fn handle_action(
        &mut self,
        action: Action,
        played: Played,
        exploration: f32,
        lab: &Lab,
        app: &mut AppContext,
    ) -> bool {
        let levels = self.walk.as_ref().map_or(1, |walk| walk.after.len().max(1));
        match action {
            Action::SingleStep | Action::Confirm if self.phase + 1 < PHASES.len() => self.phase += 1,
            Action::SingleStep | Action::Confirm => {
                (self.number, self.phase) = (self.number + 1, 0);
                self.walked += 1;
            }
            Action::StepBack if self.phase > 0 => self.phase -= 1,
            Action::StepBack if self.number > 1 => (self.number, self.phase) = (self.number - 1, PHASES.len() - 1),
            Action::StepBack => {}
            Action::StepMany => (self.number, self.phase) = (self.number + MANY, 0),
            Action::Up => self.level = self.level.saturating_sub(1),
            Action::Down => self.level = (self.level + 1).min(levels - 1),
            _ => return false,
        }
        if !matches!(action, Action::Up | Action::Down) {
            self.ask(played, exploration, lab, app);
        }
        true
    }

    /// The board to show: at its end while the simulation is played, else as it is, with the moves selected.
    pub fn board(&self, now: &Board) -> (Board, Marks) {
        let mut marks = Marks::default();
        let Some(walk) = &self.walk else { return (now.clone(), marks) };
        if PHASES[self.phase] == Phase::Simulation {
            return (walk.end.clone(), marks);
        }
        let seen = if PHASES[self.phase] == Phase::Selection { known_steps(walk) } else { walk.selected.len() };
        for (number, step) in (1..).zip(walk.selected.iter().take(seen)) {
            let Some(to) = step.to else { continue };
            if now.moves_pieces() {
                marks.pointed.extend(step.from.into_iter().chain([to]));
            } else {
                marks.ghosts.push((to, step.side, number.to_string()));
            }
        }
        (now.clone(), marks)
    }

    pub fn draw(&self, exploration: f32, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let note = format!("c = {exploration:.2}");
        let title = format!("{} {}", app.say(text::WALK_SIMULATION), self.number);
        let inner = frame(area, &title, &note, true, &app.theme, buffer);
        let names = [text::WALK_SELECTION, text::WALK_EXPANSION, text::WALK_PLAYOUT, text::WALK_BACKUP];
        let mut column = 1;
        for (place, name) in names.into_iter().enumerate() {
            let style = if place == self.phase { app.theme.selected() } else { app.theme.quiet() };
            column = write(buffer, inner, column, 0, &format!("{} {}", place + 1, app.say(name)), style) + 1;
        }
        let Some(walk) = &self.walk else { return };
        let way: Vec<&str> = walk.selected.iter().map(|step| step.name.as_str()).collect();
        let (known, added) = way.split_at(known_steps(walk));
        let (known, tried) = (known.join(" › "), added.first().copied().unwrap_or_default());
        let words = match PHASES[self.phase] {
            Phase::Selection if known.is_empty() => app.say(text::WALK_AT_ROOT).to_owned(),
            Phase::Selection => text::filled(app.say(text::WALK_SELECTED), &[&known]),
            Phase::Expansion if walk.expanded > 0 && known.is_empty() => {
                text::filled(app.say(text::WALK_ROOT_EXPANDED), &[&walk.expanded, &tried])
            }
            Phase::Expansion if walk.expanded > 0 => {
                text::filled(app.say(text::WALK_EXPANDED), &[&known, &walk.expanded, &tried])
            }
            Phase::Expansion => app.say(text::WALK_NOT_EXPANDED).to_owned(),
            Phase::Simulation => {
                format!("{} {}: {}", walk.played, app.say(text::WALK_PLAYED), ended(walk.ending, app))
            }
            Phase::Backpropagation => app.say(text::WALK_COUNTED).to_owned(),
        };
        let lines = wrapped(&words, usize::from(inner.width.saturating_sub(2)));
        for (row, line) in (1..).zip(&lines) {
            write(buffer, inner, 1, row, line, app.theme.body());
        }
        let top = 1 + lines.len() as u16;
        let before = matches!(PHASES[self.phase], Phase::Selection);
        let levels = if before { &walk.before } else { &walk.after };
        let Some(level) = levels.get(self.level.min(levels.len().saturating_sub(1))) else { return };
        let at = match self.level {
            0 => app.say(text::BOARD_ROOT).to_owned(),
            level => way[..level.min(way.len())].join(" › "),
        };
        write(buffer, inner, 1, top, &format!("↑↓ {at}"), app.theme.quiet());
        write(buffer, inner, 1, top + 1, app.say(text::BOARD_TREE_COLUMNS), app.theme.quiet());
        let marked: Vec<u16> = walk.selected.get(self.level).map(|step| step.number).into_iter().collect();
        let rows = Rect { y: inner.y + top + 2, height: inner.height.saturating_sub(top + 2), ..inner };
        if level.is_empty() {
            write(buffer, rows, 1, 0, app.say(text::WALK_LEAF), app.theme.quiet());
        }
        draw_branches(level, None, &marked, rows, app, buffer);
    }
}

/// How many of the steps lead through the tree as it was; the others are made after it has grown.
fn known_steps(walk: &Walk) -> usize {
    walk.before.len().saturating_sub(1).min(walk.selected.len())
}

fn ended(ending: Ending, app: &AppContext) -> &'static str {
    app.say(match ending {
        Ending::Drawn => text::BOARD_DRAWN,
        Ending::Won(0) => text::BOARD_FIRST_WINS,
        Ending::Won(_) => text::BOARD_SECOND_WINS,
    })
}
