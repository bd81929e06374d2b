//! Grid worlds: reinforcement learning where everything can be seen (Sutton & Barto, "Reinforcement Learning: An
//! Introduction", 2nd edition 2018).
//!
//! At time t the agent is in state s_t, takes action a_t, and gets reward r_{t+1} and state s_{t+1} with
//! P(s_{t+1}, r_{t+1} | s_t, a_t). Its policy π(a|s) is to make the expected return large,
//!
//! ```text
//! V^π(s) = E_π[Σ_{τ≥t} γ^{τ−t} r_{τ+1} | s_t = s] = Σ_a π(a|s) Σ P(s', r | s, a) (r + γ V^π(s')),   0 ≤ γ < 1.
//! ```
//!
//! [`map`] says what a world is and [`dynamics`] what a move does; [`planning`] knows P and sweeps over the states,
//! [`learning`] knows only the moves that it makes, and [`exact`] solves the equation, to measure both by.

mod answers;
pub mod dynamics;
pub mod exact;
mod learner;
pub mod learning;
pub mod map;
pub mod planning;

use crate::experiment::{ActionSpec, Argument, Experiment, Knob, Learn, Preview, QueryKind, Wording};
use crate::{bundled, lab_file};
use answers::GridModel;
use learner::GridLearner;
use learning::Algorithm;
use map::Map;
use planning::Method;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "gridworld",
    lab: Some(lab_file!("01-gridworld")),
    knobs,
    series: &learner::SERIES,
    headline: "value_error",
    emits: &["world"],
    views: &answers::VIEWS,
    answers: &[QueryKind::View],
    actions: &ACTIONS,
    report: &learner::REPORT_KEYS,
    preview: Preview::View("world"),
    learn: Learn::By(|setting| {
        let own = setting.source.folder.as_deref().map(Map::open).transpose()?;
        Ok(Box::new(GridLearner::new(&setting.knobs, setting.seed, own)))
    }),
    open: |weights, _, _| Ok(Arc::new(GridModel::open(weights)?)),
    files: Some(|weights, _| Ok(vec![("map.txt", GridModel::open(weights)?.map().to_string().into_bytes())])),
    bundled: bundled!("gridworld"),
    small: &[
        "algorithm=q-learning steps=80",
        "algorithm=sarsa map=windy exploration=softmax steps=70",
        "algorithm=sarsa-lambda map=lake exploration=ucb steps=70",
        "algorithm=n-step map=loop steps=70",
        "algorithm=value-iteration map=rooms steps=70",
        "algorithm=prioritised-sweeping map=lake steps=60",
    ],
    ..Experiment::EMPTY
};

/// What learns from moves, then what plans.
const ALGORITHMS: [&str; 11] = [
    "q-learning",
    "sarsa",
    "expected-sarsa",
    "n-step",
    "sarsa-lambda",
    "monte-carlo",
    "value-iteration",
    "value-iteration-in-place",
    "prioritised-sweeping",
    "policy-iteration",
    "policy-evaluation",
];
const MAPS: [&str; 6] = ["cliff", "lake", "windy", "rooms", "loop", "goals"];
const EXPLORATIONS: [&str; 3] = ["epsilon-greedy", "softmax", "ucb"];

/// Sweeps of evaluation between two improvements.
const EVALUATION_SWEEPS: u32 = 20;

fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("map", &MAPS, ["the world", "世界(地図)"]),
        Knob::choice("algorithm", &ALGORITHMS, ["how values are found", "価値の求め方"]),
        Knob::real("gamma", 0.0..=0.999, 0.95, ["γ: what a reward one move later is worth", "γ: 1 手先の報酬の割引率"])
            .live(),
        Knob::real(
            "slip",
            0.0..=0.9,
            0.0,
            ["probability of slipping to a side (at least)", "横に滑る確率(地図の値以上)"],
        )
        .live(),
        Knob::factor("learning_rate", 1e-3..=1.0, 0.1, ["α: how far an update goes", "α: 更新の大きさ"]).live(),
        Knob::choice("exploration", &EXPLORATIONS, ["how the agent explores", "探索の方法"]),
        Knob::real("epsilon", 0.0..=1.0, 0.1, ["ε: share of random actions", "ε: ランダムな行動の割合"]).live(),
        Knob::real(
            "epsilon_decay",
            0.9..=1.0,
            1.0,
            ["factor of ε after each episode", "エピソードごとに ε に掛ける数"],
        ),
        Knob::factor("temperature", 1e-3..=100.0, 1.0, ["τ of softmax exploration", "ソフトマックス探索の温度 τ"])
            .live(),
        Knob::real("confidence", 0.0..=100.0, 2.0, ["c of UCB exploration", "UCB 探索の c"]).live(),
        Knob::integer("n", 1..=1000, 4, ["moves of an n-step target", "n ステップの n"]),
        Knob::real("lambda", 0.0..=1.0, 0.8, ["λ: how slowly traces fade", "λ: 適格度トレースの減衰"]),
        Knob::integer("steps", 10..=10_000_000, 500, ["sweeps, or episodes, in all", "掃引またはエピソードの総数"]),
        Knob::real(
            "pace",
            0.0..=100.0,
            0.0,
            ["steps a second to watch it; 0: as fast as it goes", "1 秒あたりのステップ数(0 なら全速)"],
        )
        .live(),
    ]
}

const fn on_cell(name: &'static str, key: char, en: &'static str, ja: &'static str) -> ActionSpec {
    ActionSpec { name, key, help: Wording::new(en, ja), argument: Argument::Cell, when: None }
}

const fn on_run(name: &'static str, key: char, en: &'static str, ja: &'static str) -> ActionSpec {
    ActionSpec { name, key, help: Wording::new(en, ja), argument: Argument::Shown, when: None }
}

static ACTIONS: [ActionSpec; 14] = [
    on_cell("wall", 'w', "wall", "壁"),
    on_cell("trap", 't', "trap", "罠"),
    on_cell("goal", 'g', "goal", "ゴール"),
    on_cell("more", '+', "reward +1", "報酬 +1"),
    on_cell("less", '-', "reward −1", "報酬 −1"),
    on_cell("start", 'a', "start here", "スタートにする"),
    on_run("undo", 'u', "undo the last change", "最後の変更を戻す"),
    on_run("backup", '.', "one backup, or one move", "1 回の更新または 1 手"),
    on_run("sweep", 's', "one sweep, or one episode", "1 掃引または 1 エピソード"),
    on_run("restart", 'b', "agent to the start", "エージェントを始点へ"),
    on_run("left", 'h', "drive left", "左へ動かす"),
    on_run("down", 'j', "drive down", "下へ動かす"),
    on_run("up", 'k', "drive up", "上へ動かす"),
    on_run("right", 'l', "drive right", "右へ動かす"),
];

/// The planning method of this name, if it is one.
fn method(name: &str) -> Option<Method> {
    Some(match name {
        "policy-evaluation" => Method::PolicyEvaluation,
        "policy-iteration" => Method::PolicyIteration { evaluation_sweeps: EVALUATION_SWEEPS },
        "value-iteration" => Method::ValueIteration,
        "value-iteration-in-place" => Method::InPlace,
        "prioritised-sweeping" => Method::PrioritisedSweeping,
        _ => return None,
    })
}

/// The learning algorithm of this name, with its n and λ.
fn algorithm(name: &str, n: usize, lambda: f64) -> Algorithm {
    match name {
        "monte-carlo" => Algorithm::MonteCarlo,
        "sarsa" => Algorithm::Sarsa,
        "expected-sarsa" => Algorithm::ExpectedSarsa,
        "n-step" => Algorithm::NStep { n },
        "sarsa-lambda" => Algorithm::SarsaLambda { lambda },
        _ => Algorithm::QLearning,
    }
}
