//! The Bellman backup of a cell in numbers.

use super::GridModel;
use crate::experiment::{Bilingual, Panel};
use crate::reinforcement::gridworld::dynamics::{Dynamics, greedy, largest};
use crate::reinforcement::gridworld::map::{Map, Tile};
use crate::reinforcement::gridworld::method;
use crate::reinforcement::gridworld::planning::{ANY, Method};

/// Signs of the actions, in their order.
pub(super) const ARROWS: [&str; 4] = ["↑", "→", "↓", "←"];

/// A number as a line of arithmetic has it.
pub(super) fn short(value: f64) -> String {
    let text = if value != 0.0 && value.abs() < 0.01 { format!("{value:.4}") } else { format!("{value:.3}") };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.replace('-', "−")
}

/// The same in a column of a narrow table: of what is larger fewer digits after the point are enough.
fn in_column(value: f64) -> String {
    let scale = match value.abs() {
        100.0.. => 10.0,
        10.0.. => 100.0,
        _ => return short(value),
    };
    short((value * scale).round() / scale)
}

/// The same, where a minus would stand after a sign.
pub(super) fn bracketed(value: f64) -> String {
    if value < 0.0 { format!("({})", short(value)) } else { short(value) }
}

/// What a backup of V is made of, outcome by outcome.
pub(super) struct Backup<'a> {
    pub(super) map: &'a Map,
    pub(super) dynamics: &'a Dynamics,
    pub(super) gamma: f64,
    /// V of what follows: of what learns max_a Q.
    pub(super) values: &'a [f64],
}

impl Backup<'_> {
    /// Why there is none for a cell.
    fn none(&self, cell: usize) -> Option<Bilingual> {
        let (en, ja) = match self.map.tile(cell) {
            _ if self.map.is_state(cell) => return None,
            Tile::Wall => ("a wall: nobody is ever here", "壁です。入れません"),
            Tile::Goal => ("a goal: the episode ends here, and V = 0", "ゴールです。エピソードはここで終わり、V = 0"),
            _ if self.map.is_terminal(cell) => {
                ("a trap: the episode ends here, and V = 0", "罠です。エピソードはここで終わり、V = 0")
            }
            _ => ("a trap: it leads back to the start", "罠です。スタートに戻されます"),
        };
        Some(Bilingual::new(format!("{} {en}", self.map.place(cell)), format!("{} {ja}", self.map.place(cell))))
    }

    /// One row for each action and what may follow it.
    fn table(&self, cell: usize, next_value: &str) -> Panel {
        // What a narrow pane cuts off comes last.
        let same = |name: &str| Bilingual::same(name);
        let target = Bilingual::new("target", "目標値");
        let names = vec![same("a"), target, same("r"), same(next_value), same("s'"), same("P")];
        let mut rows = Vec::new();
        for (action, arrow) in ARROWS.iter().enumerate() {
            for outcome in self.dynamics.outcomes(cell, action) {
                let next = outcome.next as usize;
                let value = self.values[next];
                rows.push(vec![
                    (*arrow).to_owned(),
                    in_column(outcome.reward + self.gamma * value),
                    in_column(outcome.reward),
                    in_column(value),
                    // A place that is broken is none.
                    self.map.place(next).replace(' ', ""),
                    short(outcome.probability),
                ]);
            }
        }
        Panel::columns(names, rows)
    }

    /// The sum for one action, written out.
    fn sum(&self, cell: usize, action: usize) -> String {
        let terms = self.dynamics.outcomes(cell, action).into_iter().map(|outcome| {
            let value = bracketed(self.values[outcome.next as usize]);
            let inner = format!("{} + {}·{value}", short(outcome.reward), short(self.gamma));
            if outcome.probability >= 1.0 { inner } else { format!("{}·({inner})", short(outcome.probability)) }
        });
        terms.collect::<Vec<_>>().join(" + ")
    }
}

/// The backup of V(s) that a method of planning does next.
pub(super) fn planned_backup(backup: &Backup, cell: usize, name: &str, policy: u8) -> Vec<Panel> {
    if let Some(text) = backup.none(cell) {
        return vec![Panel::Note { text }];
    }
    let q = backup.dynamics.action_values(cell, backup.values, backup.gamma);
    let place = backup.map.place(cell);
    let each: Vec<String> = ARROWS.iter().zip(q).map(|(arrow, value)| format!("{arrow} {}", short(value))).collect();
    let each = each.join("  ");
    let line = match (method(name), policy) {
        (Some(Method::PolicyEvaluation), _) | (Some(Method::PolicyIteration { .. }), ANY) => {
            format!("V{place} ← ¼ Σ_a Q = {}", short(q.iter().sum::<f64>() / 4.0))
        }
        (Some(Method::PolicyIteration { .. }), action) => {
            let action = usize::from(action);
            format!("V{place} ← Q(s, π(s) = {}) = {} = {}", ARROWS[action], backup.sum(cell, action), short(q[action]))
        }
        _ => {
            let best = greedy(&q);
            format!("V{place} ← max_a Q = Q(s, {}) = {} = {}", ARROWS[best], backup.sum(cell, best), short(largest(&q)))
        }
    };
    let before = short(backup.values[cell]);
    vec![
        Panel::Note {
            text: Bilingual::new(format!("V{place} is {before} now"), format!("いまの V{place} は {before}")),
        },
        backup.table(cell, "V(s')"),
        Panel::note(format!("Q: {each}")),
        Panel::note(line),
    ]
}

impl GridModel {
    /// The backup of a cell: of what plans the next one, of what learns the last, beside what the dynamics say.
    pub(super) fn backup(&self, cell: usize) -> Vec<Panel> {
        let backup = Backup { map: &self.map, dynamics: &self.dynamics, gamma: self.gamma, values: &self.values };
        let Some(agent) = &self.agent else {
            return planned_backup(&backup, cell, &self.name, self.policy.get(cell).copied().unwrap_or(ANY));
        };
        if let Some(text) = backup.none(cell) {
            return vec![Panel::Note { text }];
        }
        let q = agent.q_of(cell);
        let names = vec![Bilingual::same("a"), Bilingual::same("Q(s, a)"), Bilingual::same("N(s, a)")];
        let rows = ARROWS.iter().enumerate().map(|(action, arrow)| {
            vec![(*arrow).to_owned(), short(q[action]), agent.visits[4 * cell + action].to_string()]
        });
        let mut panels = vec![Panel::columns(names, rows)];
        if let Some(update) = agent.progress.last.filter(|update| update.cell == cell) {
            let [before, alpha, target, after] = [update.before, update.alpha, update.target, update.after].map(short);
            let line = format!(
                "Q(s, {}) ← {before} + {alpha}·({target} − {}) = {after}",
                ARROWS[update.action],
                bracketed(update.before)
            );
            panels.push(Panel::Note { text: Bilingual::new(format!("last: {line}"), format!("直前: {line}")) });
        }
        panels.push(Panel::Note {
            text: Bilingual::new(
                "From the model, which the agent does not know:",
                "モデルによる目標値(エージェントは知らない):",
            ),
        });
        panels.push(backup.table(cell, "max Q"));
        panels
    }
}
