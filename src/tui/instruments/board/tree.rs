//! The tree of the latest search, opened node by node.

use super::panel::proven;
use crate::experiment::board::Branch;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

#[derive(Default)]
pub struct TreeView {
    /// The nodes on the way to the one that is open.
    way: Vec<Branch>,
    /// Its children.
    branches: Vec<Branch>,
    chosen: usize,
    /// Where the cursor was in the nodes above.
    above: Vec<usize>,
}

pub enum Outcome {
    /// The children of the node at the end of this way are wanted.
    Ask(Vec<u16>),
    Moved,
    Closed,
    Unrelated,
}

impl TreeView {
    pub fn path(&self) -> Vec<u16> {
        self.way.iter().map(|branch| branch.number).collect()
    }

    /// The moves on the way, the chosen one last.
    pub fn way(&self) -> impl Iterator<Item = &Branch> {
        self.way.iter().chain(self.branches.get(self.chosen))
    }

    pub fn arrived(&mut self, path: &[u16], branches: Vec<Branch>) {
        if path == self.path() {
            self.branches = branches;
            self.chosen = self.chosen.min(self.branches.len().saturating_sub(1));
        }
    }

    pub fn handle_action(&mut self, action: Action) -> Outcome {
        match action {
            Action::Up => self.chosen = self.chosen.saturating_sub(1),
            Action::Down => self.chosen = (self.chosen + 1).min(self.branches.len().saturating_sub(1)),
            Action::Right | Action::Confirm => {
                let Some(branch) = self.branches.get(self.chosen).filter(|branch| branch.has_children) else {
                    return Outcome::Moved;
                };
                self.way.push(branch.clone());
                self.above.push(std::mem::take(&mut self.chosen));
                self.branches.clear();
                return Outcome::Ask(self.path());
            }
            Action::Left => {
                if self.way.pop().is_some() {
                    self.chosen = self.above.pop().unwrap_or(0);
                    self.branches.clear();
                    return Outcome::Ask(self.path());
                }
            }
            Action::Back | Action::Tree => return Outcome::Closed,
            _ => return Outcome::Unrelated,
        }
        Outcome::Moved
    }

    pub fn draw(&self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        let inner = frame(area, app.say(text::BOARD_TREE), app.say(text::BOARD_TREE_HOW), true, &app.theme, buffer);
        let names: Vec<&str> = self.way.iter().map(|branch| branch.name.as_str()).collect();
        let way = if names.is_empty() {
            app.say(text::BOARD_ROOT).to_owned()
        } else {
            format!("▾ {}", names.join(" › "))
        };
        write(buffer, inner, 1, 0, &way, app.theme.strong());
        write(buffer, inner, 1, 1, app.say(text::BOARD_TREE_COLUMNS), app.theme.quiet());
        if self.branches.is_empty() {
            let words = if self.way.is_empty() { text::BOARD_NO_TREE } else { text::THINKING };
            write_middle(buffer, inner, app.say(words), app.theme.quiet());
            return;
        }
        let rows = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        draw_branches(&self.branches, Some(self.chosen), &[], rows, app, buffer);
    }
}

/// A count in five places at most: 12, 7.5, 48.2k, 1.3M.
fn counted(count: f32) -> String {
    match count {
        0.0..1e3 if count.fract() != 0.0 => format!("{count:.1}"),
        0.0..1e3 => format!("{count:.0}"),
        1e3..1e5 => format!("{:.1}k", count / 1e3),
        1e5..1e6 => format!("{:.0}k", count / 1e3),
        _ => format!("{:.1}M", count / 1e6),
    }
}

/// Children of a node with N, W, Q and the bound, the chosen one in view; those in `marked` are pointed out.
pub fn draw_branches(
    branches: &[Branch],
    chosen: Option<usize>,
    marked: &[u16],
    area: Rect,
    app: &AppContext,
    buffer: &mut Buffer,
) {
    let fit = usize::from(area.height);
    let first = chosen.map_or(0, |chosen| (chosen + 1).saturating_sub(fit));
    for (row, (place, branch)) in (0..).zip(branches.iter().enumerate().skip(first).take(fit)) {
        let (is_chosen, is_marked) = (chosen == Some(place), marked.contains(&branch.number));
        let style = if is_chosen {
            app.theme.selected()
        } else if is_marked {
            app.theme.accented()
        } else {
            app.theme.body()
        };
        let mark = if branch.has_children { "▸" } else { " " };
        write(buffer, area, 0, row, mark, app.theme.quiet());
        write(buffer, area, 1, row, &format!("{:<5}", branch.name), style);
        write(buffer, area, 6, row, &format!("{:>6}", counted(branch.visits as f32)), style);
        write(buffer, area, 12, row, &format!("{:>6}", counted(branch.wins)), style);
        let number = |value: Option<f32>| value.map_or("    –".to_owned(), |value| format!("{value:>5.3}"));
        let unseen = if branch.visits == 0 { "    ∞".to_owned() } else { number(branch.bound()) };
        let words = match branch.proven {
            Some(ending) => proven(ending, ending_side(branch), app).to_owned(),
            None => format!("{} {} {unseen}", number(branch.value()), number(branch.bonus)),
        };
        write(buffer, area, 19, row, &words, style);
    }
}

/// A proven child says who wins by its own value: all of W is the mover's.
fn ending_side(branch: &Branch) -> usize {
    match branch.proven {
        Some(crate::experiment::board::Ending::Won(side)) if branch.value().unwrap_or(0.0) >= 0.5 => side,
        Some(crate::experiment::board::Ending::Won(side)) => 1 - side,
        _ => 0,
    }
}
