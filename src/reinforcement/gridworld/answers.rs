//! What a grid world shows: itself, the Bellman backup of a cell in numbers, planning sweep by sweep, what γ means, and two
//! algorithms side by side.

mod backup;
mod comparison;

use super::dynamics::{ActionValues, Dynamics, greedy, greedy_policy};
use super::learning::{Agent, longest};
use super::map::{Map, Tile};
use super::planning::{ANY, Method, Planner};
use super::{ALGORITHMS, MAPS, exact, method};
use crate::experiment::panel::{Cell, Curve, Curves, Format, Grid, Ground};
use crate::experiment::{
    Answer, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, TaskContext, ViewSpec, Wording, view,
};
use crate::nn::{Weights, weights};
use crate::tensor::tensor;
use backup::{ARROWS, Backup, bracketed, planned_backup, short};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Worlds to plan or learn in: that of the model, or one of the program's.
const WORLDS: [&str; 7] = ["this", MAPS[0], MAPS[1], MAPS[2], MAPS[3], MAPS[4], MAPS[5]];
const SHOWN: [&str; 4] = ["values", "action-values", "visits", "rewards"];
const PLANNING: [&str; 5] =
    ["value-iteration", "value-iteration-in-place", "prioritised-sweeping", "policy-iteration", "policy-evaluation"];
/// Episodes of a greedy policy that its return is the mean of, at most.
const GREEDY_EPISODES: usize = 100;
/// Moves after which no further episode begins.
const GREEDY_MOVES: usize = 200_000;
/// Moves ahead that γᵗ is drawn for.
const MOVES_AHEAD: usize = 60;

pub static VIEWS: [ViewSpec; 6] = [
    ViewSpec::new(
        "world",
        Wording::new("the map, its values and its policy", "地図と、その価値・方策"),
        || vec![Knob::choice("show", &SHOWN, ["what the cells show", "マスに表示するもの"])],
    ),
    ViewSpec::new(
        "backup",
        Wording::new("the Bellman backup of a cell in numbers", "マスのベルマン更新を数値で"),
        || vec![Knob::cell("cell", ["row and column", "行と列"])],
    ),
    ViewSpec::new(
        "sweeps",
        Wording::new("planning, as many sweeps as you like", "動的計画法を掃引ごとに"),
        planning_inputs,
    )
    .of_model_if(is_in_its_world),
    ViewSpec::new(
        "sweep_backup",
        Wording::new("what the next sweep does to a cell", "次の掃引でのマスの更新"),
        || {
            let mut inputs = planning_inputs();
            inputs.push(Knob::cell("cell", ["row and column", "行と列"]));
            inputs
        },
    )
    .of_model_if(is_in_its_world),
    ViewSpec::new(
        "horizon",
        Wording::new("what γ means: how far ahead rewards count", "γ の意味: どれだけ先の報酬まで効くか"),
        || vec![gamma(), world_knob(), slip()],
    )
    .of_model_if(is_in_its_world),
    ViewSpec::new(
        "side_by_side",
        Wording::new("two algorithms on one map from the same seed", "同じ地図と乱数で二つのアルゴリズムを比べる"),
        || {
            vec![
                Knob::choice("first", &LEARNERS, ["the first algorithm", "一つめのアルゴリズム"]),
                Knob::choice("second", &LEARNERS_FROM_SARSA, ["the second algorithm", "二つめのアルゴリズム"]),
                world_knob(),
                Knob::integer("episodes", 1..=5000, 500, ["episodes of each", "それぞれのエピソード数"]),
                Knob::real("epsilon", 0.0..=1.0, 0.1, ["ε: share of random actions", "ε: ランダムな行動の割合"]),
                Knob::factor("learning_rate", 1e-3..=1.0, 0.1, ["α: how far an update goes", "α: 更新の大きさ"]),
                gamma(),
                slip(),
                view::seed(),
            ]
        },
    )
    .of_model_if(is_in_its_world)
    .slow(),
];

const LEARNERS: [&str; 6] = [ALGORITHMS[0], ALGORITHMS[1], ALGORITHMS[2], ALGORITHMS[3], ALGORITHMS[4], ALGORITHMS[5]];
const LEARNERS_FROM_SARSA: [&str; 6] =
    [ALGORITHMS[1], ALGORITHMS[2], ALGORITHMS[3], ALGORITHMS[4], ALGORITHMS[5], ALGORITHMS[0]];

fn gamma() -> Knob {
    Knob::real("gamma", 0.0..=0.999, 0.95, ["γ: what a reward one move later is worth", "γ: 1 手先の報酬の割引率"])
}

fn slip() -> Knob {
    Knob::real("slip", 0.0..=0.9, 0.0, ["probability of slipping to a side (at least)", "横に滑る確率(地図の値以上)"])
}

fn world_knob() -> Knob {
    Knob::choice("map", &WORLDS, ["the world; `this` is the model's own", "世界(this はこのモデルの地図)"])
}

/// Whether what is planned or learned from the inputs is in the map of the model; nothing else of it is used.
fn is_in_its_world(inputs: &Knobs) -> bool {
    inputs.choice("map") == WORLDS[0]
}

fn planning_inputs() -> Vec<Knob> {
    vec![
        Knob::integer("sweeps", 0..=100_000, 0, ["sweeps done", "済んだ掃引の数"]),
        Knob::choice("method", &PLANNING, ["how values are planned", "計画の方法"]),
        world_knob(),
        gamma(),
        slip(),
    ]
}

/// What stands in the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    Values,
    ActionValues,
    Visits,
    Rewards,
}

impl Show {
    fn named(name: &str) -> Self {
        match name {
            "action-values" => Show::ActionValues,
            "visits" => Show::Visits,
            "rewards" => Show::Rewards,
            _ => Show::Values,
        }
    }
}

/// A world, and what was planned or learned in it.
pub struct GridModel {
    pub(super) map: Map,
    pub(super) dynamics: Arc<Dynamics>,
    /// The algorithm.
    pub(super) name: String,
    pub(super) slip: f64,
    pub(super) gamma: f64,
    /// V of every cell.
    pub(super) values: Vec<f64>,
    /// Of policy iteration, the action of every cell.
    pub(super) policy: Vec<u8>,
    /// What learns, if something does.
    pub(super) agent: Option<Agent>,
    /// The cell where the agent is.
    pub(super) at: usize,
}

/// What is kept beside the weights.
#[derive(Serialize, Deserialize)]
struct Kept {
    map: Map,
    algorithm: String,
    slip: f64,
    gamma: f64,
    policy: Vec<u8>,
    visits: Vec<i64>,
}

impl GridModel {
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// From a file of [`weights`](Self::weights).
    ///
    /// # Errors
    /// When the file is broken.
    pub fn open(bytes: &[u8]) -> Result<Self, ExperimentError> {
        let mut archive = weights::decode(bytes)?;
        let broken = |error: &dyn std::fmt::Display| {
            ExperimentError::new(format!("the map beside the weights cannot be read: {error}"))
        };
        let kept: Kept =
            serde_json::from_str(archive.state.as_deref().unwrap_or_default()).map_err(|error| broken(&error))?;
        let cells = kept.map.cells();
        let wide = |values: crate::tensor::Tensor<f32>| values.iter().map(|&value| f64::from(value)).collect();
        let values: Vec<f64> = wide(archive.take("values", &[cells])?);
        if kept.visits.len() != 4 * cells && !kept.visits.is_empty()
            || kept.policy.len() != cells && !kept.policy.is_empty()
        {
            return Err(broken(&"its sizes do not fit"));
        }
        let dynamics = Arc::new(Dynamics::new(&kept.map, kept.slip));
        let agent = if kept.visits.is_empty() {
            None
        } else {
            Some(Agent { q: wide(archive.take("q", &[cells, 4])?), visits: kept.visits, ..Agent::new(&dynamics) })
        };
        let Kept { map, algorithm: name, slip, gamma, policy, .. } = kept;
        Ok(GridModel { at: map.start(), map, dynamics, name, slip, gamma, values, policy, agent })
    }

    pub(super) fn weights(&self) -> Weights {
        let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        let kept = Kept {
            map: self.map.clone(),
            algorithm: self.name.clone(),
            slip: self.slip,
            gamma: self.gamma,
            policy: self.policy.clone(),
            visits: self.agent.as_ref().map_or_else(Vec::new, |agent| agent.visits.clone()),
        };
        let weights = Weights::new().tensor("values", tensor([self.values.len()], narrow(&self.values)));
        let weights = match &self.agent {
            Some(agent) => weights.tensor("q", tensor([self.map.cells(), 4], narrow(&agent.q))),
            None => weights,
        };
        weights.text(serde_json::to_string(&kept).expect("numbers and a text"))
    }

    /// Q of a cell: as learned, or from the values and the dynamics.
    fn q_of(&self, cell: usize) -> ActionValues {
        match &self.agent {
            Some(agent) => agent.q_of(cell),
            None => self.dynamics.action_values(cell, &self.values, self.gamma),
        }
    }

    /// π of a cell: greedy, but for the policy that is evaluated.
    fn policy_of(&self, cell: usize) -> [f64; 4] {
        match (method(&self.name), self.policy.get(cell)) {
            (Some(Method::PolicyEvaluation), _) | (Some(Method::PolicyIteration { .. }), Some(&ANY)) => [0.25; 4],
            (Some(Method::PolicyIteration { .. }), Some(&action)) => {
                std::array::from_fn(|other| f64::from(u8::from(other == usize::from(action))))
            }
            _ => greedy_policy(&self.q_of(cell)),
        }
    }

    /// The mean return of the greedy policy, without exploration, and its mean number of moves.
    pub(super) fn greedy_return(&self) -> (f64, f64) {
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let (mut total, mut moves, mut episodes) = (0.0, 0, 0);
        let enough = if self.dynamics.is_deterministic() { 1 } else { GREEDY_EPISODES };
        while episodes < enough && moves < GREEDY_MOVES {
            let mut at = self.dynamics.start;
            for _ in 0..longest(self.map.cells()) {
                let (next, reward) = self.dynamics.sample(at, greedy(&self.q_of(at)), || random.random());
                (at, total, moves) = (next, total + reward, moves + 1);
                if self.dynamics.is_terminal(at) {
                    break;
                }
            }
            episodes += 1;
        }
        (total / episodes as f64, moves as f64 / episodes as f64)
    }

    /// The map with what was found.
    pub(super) fn world(&self, show: Show) -> Vec<Panel> {
        let mut grid = match show {
            Show::Values => grid(&self.map, values_and_policy(), &self.values, |cell| Cell {
                policy: Some(self.policy_of(cell).map(|share| share as f32)),
                ..Cell::default()
            }),
            Show::ActionValues => grid(&self.map, action_values(), &self.values, |cell| Cell {
                action_values: Some(self.q_of(cell).map(|value| value as f32)),
                policy: Some(self.policy_of(cell).map(|share| share as f32)),
                ..Cell::default()
            }),
            Show::Visits => {
                let visits = |cell: usize| match &self.agent {
                    Some(agent) => agent.visits[4 * cell..4 * cell + 4].iter().sum::<i64>(),
                    None => 0,
                };
                let counts: Vec<f64> = (0..self.map.cells()).map(|cell| visits(cell) as f64).collect();
                let heading = Bilingual::new("shade: visits N(s)", "色の濃さ: 訪問回数 N(s)");
                Grid { quantity: "N".to_owned(), ..grid(&self.map, heading, &counts, |_| Cell::default()) }
            }
            Show::Rewards => {
                let rewards: Vec<f64> =
                    (0..self.map.cells()).map(|cell| self.map.step + self.map.reward_of(cell)).collect();
                let heading = Bilingual::new(
                    "shade: reward of entering a cell; ↑ wind",
                    "色の濃さ: マスに入ったときの報酬。↑: 風",
                );
                let mut grid = grid(&self.map, heading, &rewards, |cell| Cell {
                    text: match self.map.wind(cell) {
                        0 => String::new(),
                        strength => format!("↑{strength}"),
                    },
                    ..Cell::default()
                });
                for (cell, shown) in
                    grid.cells.iter_mut().enumerate().filter(|(cell, _)| self.map.tile(*cell) != Tile::Wall)
                {
                    shown.value = Some(rewards[cell] as f32);
                }
                grid.quantity = "r".to_owned();
                grid
            }
        };
        grid.cells[self.at].ground = Ground::Agent;
        let mut panels = vec![Panel::Grid(grid)];
        if let Some(update) = self.agent.as_ref().and_then(|agent| agent.progress.last) {
            let (cell, arrow) = (self.map.place(update.cell), ARROWS[update.action]);
            let [before, alpha, target, after] = [update.before, update.alpha, update.target, update.after].map(short);
            let line =
                format!("Q({cell}, {arrow}) ← {before} + {alpha}·({target} − {}) = {after}", bracketed(update.before));
            panels.push(Panel::Note {
                text: Bilingual::new(format!("last update: {line}"), format!("直前の更新: {line}")),
            });
        }
        panels
    }
}

/// What the shades and the arrows of a world with its values and its policy mean.
fn values_and_policy() -> Bilingual {
    Bilingual::new("shade: V(s); arrows: π(a|s), + all four", "色の濃さ: V(s)、矢印: π(a|s)、+: 四方向とも")
}

fn action_values() -> Bilingual {
    Bilingual::new("shade: Q(s, a) of each move; arrow: π(a|s)", "色の濃さ: 各方向の Q(s, a)、矢印: π(a|s)")
}

/// A map as a panel, with V of the states as grounds.
fn grid(map: &Map, heading: Bilingual, values: &[f64], of: impl Fn(usize) -> Cell) -> Grid {
    let states = (0..map.cells()).filter(|&cell| map.is_state(cell));
    let bounds = states
        .map(|cell| values[cell])
        .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)]);
    let [low, high] = if bounds[0] < bounds[1] { bounds } else { [bounds[0] - 1.0, bounds[0] + 1.0] };
    let cell = |cell: usize| {
        let ground = map.ground(cell);
        if !map.is_state(cell) {
            return Cell { ground, ..Cell::default() };
        }
        Cell { ground, value: Some(values[cell] as f32), ..of(cell) }
    };
    let cells = (0..map.cells()).map(cell).collect();
    Grid { heading, columns: map.columns(), cells, range: [low as f32, high as f32], quantity: String::new() }
}

/// The cells on the way of the greedy policy from the start, without slipping.
fn path(map: &Map, dynamics: &Dynamics, q: impl Fn(usize) -> ActionValues) -> Vec<usize> {
    let mut at = dynamics.start;
    let mut path = vec![at];
    while !dynamics.is_terminal(at) {
        at = map.landing(at, greedy(&q(at)));
        if !map.is_state(at) || path.contains(&at) {
            break;
        }
        path.push(at);
    }
    path
}

fn number(en: &str, ja: &str, value: f64) -> Panel {
    Panel::Number { name: Bilingual::new(en, ja), value, format: Format::Plain }
}

/// A model's own world, or one of the program's.
fn chosen(model: &GridModel, inputs: &Knobs) -> (Map, Dynamics) {
    let map = match inputs.choice("map") {
        "this" => model.map.clone(),
        name => Map::named(name),
    };
    let dynamics = Dynamics::new(&map, inputs.real("slip"));
    (map, dynamics)
}

impl GridModel {
    fn sweeps(
        &self,
        inputs: &Knobs,
        task: &TaskContext,
    ) -> Result<(Map, Dynamics, Planner, Progress), ExperimentError> {
        let (map, dynamics) = chosen(self, inputs);
        let gamma = inputs.real("gamma");
        let method = method(inputs.choice("method")).expect("the choices are methods");
        let reference = match method {
            Method::PolicyEvaluation => exact::values_of(&dynamics, |_| [0.25; 4], gamma),
            _ => exact::optimal(&dynamics, gamma),
        };
        let mut planner = Planner::new(method, &dynamics, gamma);
        let mut progress = Progress::default();
        let error = |planner: &Planner| {
            let of =
                |values: &Vec<f64>| planner.values.iter().zip(values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            reference.as_ref().map(of)
        };
        progress.errors.extend(error(&planner));
        for sweep in 0..inputs.integer("sweeps") {
            task.check()?;
            progress.change = Some(planner.sweep(&dynamics, gamma));
            if sweep < 1000 {
                progress.errors.extend(error(&planner));
            }
        }
        Ok((map, dynamics, planner, progress))
    }

    fn swept(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (map, dynamics, planner, progress) = self.sweeps(inputs, task)?;
        let gamma = inputs.real("gamma");
        let name = inputs.choice("method").to_owned();
        let backups = planner.backups;
        let shown = GridModel {
            at: map.start(),
            map,
            dynamics: Arc::new(dynamics),
            name,
            slip: inputs.real("slip"),
            gamma,
            values: planner.values,
            policy: planner.policy,
            agent: None,
        };
        let grid = grid(&shown.map, values_and_policy(), &shown.values, |cell| Cell {
            policy: Some(shown.policy_of(cell).map(|share| share as f32)),
            ..Cell::default()
        });
        let mut panels = vec![Panel::Grid(grid)];
        if progress.errors.len() > 1 {
            let values = progress.errors.clone();
            panels.push(Panel::Curves(Curves {
                heading: Bilingual::new("largest |V − exact V|", "厳密解との最大誤差 |V − 厳密解|"),
                axis: Bilingual::new("sweeps", "掃引"),
                places: (0..values.len()).map(|sweep| sweep as f64).collect(),
                curves: vec![Curve { name: Bilingual::new("error", "誤差"), values, band: None }],
            }));
        }
        panels.push(number("backups so far", "これまでの更新", backups as f64));
        if let Some(change) = progress.change {
            panels.push(number("change in the last sweep", "直前の掃引での変化", change));
        }
        Ok(panels)
    }

    fn swept_backup(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (map, dynamics, planner, _) = self.sweeps(inputs, task)?;
        let cell = cell_of(&map, inputs)?;
        let backup = Backup { map: &map, dynamics: &dynamics, gamma: inputs.real("gamma"), values: &planner.values };
        Ok(planned_backup(&backup, cell, inputs.choice("method"), planner.policy[cell]))
    }

    fn horizon(&self, inputs: &Knobs) -> Vec<Panel> {
        let (map, dynamics) = chosen(self, inputs);
        let gamma = inputs.real("gamma");
        let mut values = exact::optimal(&dynamics, gamma);
        // What is too large to be solved is swept.
        let values = values.take().unwrap_or_else(|| {
            let mut planner = Planner::new(Method::InPlace, &dynamics, gamma);
            (0..1000).find(|_| planner.sweep(&dynamics, gamma) < 1e-9);
            planner.values
        });
        let way = path(&map, &dynamics, |cell| dynamics.action_values(cell, &values, gamma));
        let heading = Bilingual::new(
            "the best policy for this γ; shade: V*(s), •: its way",
            "この γ での最適方策。色の濃さ: V*(s)、•: その経路",
        );
        let grid = grid(&map, heading, &values, |cell| Cell {
            policy: Some(greedy_policy(&dynamics.action_values(cell, &values, gamma)).map(|share| share as f32)),
            text: if way.contains(&cell) { "•".to_owned() } else { String::new() },
            ..Cell::default()
        });
        let weights: Vec<f64> = (0..=MOVES_AHEAD).map(|moves| gamma.powi(moves as i32)).collect();
        let mut panels = vec![
            Panel::Grid(grid),
            Panel::Curves(Curves {
                heading: Bilingual::new("γᵗ: what a reward t moves ahead is worth now", "γᵗ: t 手先の報酬のいまの価値"),
                axis: Bilingual::same("t"),
                places: (0..=MOVES_AHEAD).map(|moves| moves as f64).collect(),
                curves: vec![Curve { name: Bilingual::same("γᵗ"), values: weights, band: None }],
            }),
            number("horizon 1/(1 − γ), moves", "見通し 1/(1 − γ)(手)", 1.0 / (1.0 - gamma)),
            number("V*(start)", "V*(スタート)", values[dynamics.start]),
        ];
        if gamma > 0.0 {
            panels.push(number("moves until half is left", "半分になるまでの手数", 0.5_f64.ln() / gamma.ln()));
        }
        panels
    }
}

/// How planning went.
#[derive(Default)]
struct Progress {
    /// The largest error after each sweep, the first before any; none where there is nothing to measure by.
    errors: Vec<f64>,
    change: Option<f64>,
}

/// The cell that was picked, or the start.
fn cell_of(map: &Map, inputs: &Knobs) -> Result<usize, ExperimentError> {
    match inputs.cell("cell") {
        None => Ok(map.start()),
        Some([row, column]) if row < map.rows() && column < map.columns() => Ok(row * map.columns() + column),
        Some([row, column]) => Err(ExperimentError::both(
            format!("cell {row},{column}: the map has {} rows and {} columns", map.rows(), map.columns()),
            format!("マス {row},{column}: 地図は {} 行 {} 列です", map.rows(), map.columns()),
        )),
    }
}

impl Model for GridModel {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "world" => self.world(Show::named(inputs.choice("show"))),
            "backup" => self.backup(cell_of(&self.map, &inputs)?),
            "sweeps" => self.swept(&inputs, task)?,
            "sweep_backup" => self.swept_backup(&inputs, task)?,
            "horizon" => self.horizon(&inputs),
            _ => self.side_by_side(&inputs, task)?,
        };
        Ok(Answer::Panels { panels })
    }
}
