//! A robot learns to walk: in a world model that it learns itself (DayDreamer: Wu et al. 2022, arXiv:2206.14176), or, for comparison, by
//! trying policies out (augmented random search: Mania, Guy & Recht 2018, arXiv:1803.07055).
//!
//! ```text
//! act      a_t = π(o_t)                                         for some seconds, and store what happens
//! fit      f_θ(o_t, a_t) ≈ o_{t+1}                              on all that was stored (supervised)
//! dream    π ← argmax_π E[Σ_{τ<H} r(ô_τ, â_τ)]                  inside f_θ alone, from stored states
//! ```
//!
//! and act again with the better π. [`body`] is the robot, [`simulator`] the physics, [`policy`] π and its search, [`world_model`] f_θ.

mod answers;
pub mod body;
pub mod episode;
pub mod experience;
mod learner;
pub mod policy;
mod race;
mod scenes;
pub mod simulator;
pub mod world_model;

use crate::experiment::{ActionSpec, Argument, Experiment, Knob, Learn, Preview, QueryKind, Wording};
use crate::{bundled, lab_file};
use answers::WalkerModel;
use learner::WalkerLearner;
use simulator::Ground;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "walker",
    lab: Some(lab_file!("04-walker")),
    knobs,
    series: &learner::SERIES,
    headline: "speed",
    emits: &["robot"],
    views: &answers::VIEWS,
    answers: &[QueryKind::View],
    actions: &ACTIONS,
    report: &learner::REPORT_KEYS,
    preview: Preview::View("walk"),
    learn: Learn::By(|setting| Ok(Box::new(WalkerLearner::new(&setting.knobs, setting.seed)))),
    open: |weights, _, _| Ok(Arc::new(WalkerModel::open(weights, learner::start)?)),
    bundled: bundled!("walker"),
    small: &[
        "steps=30 swinging=6 improvements=2 directions=2 starts=4 horizon=5 updates=5 members=2 width=8 push=8",
        "steps=30 swinging=6 improvements=2 directions=2 starts=4 horizon=5 updates=5 members=2 width=8 memory=6 robot=biped",
        "steps=30 method=search directions=2 ground=rough",
    ],
    ..Experiment::EMPTY
};

const ROBOTS: [&str; 2] = ["quadruped", "biped"];
const METHODS: [&str; 2] = ["world-model", "search"];

fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("robot", &ROBOTS, ["the robot", "ロボット"]),
        Knob::choice("method", &METHODS, ["how it learns", "学習の方法"]),
        Knob::choice("ground", &Ground::NAMES, ["the ground", "地面"]).live(),
        Knob::real("friction", 0.0..=2.0, 0.9, ["friction of the ground", "地面の摩擦係数"]).live(),
        Knob::real("mass", 0.2..=3.0, 1.0, ["factor of the torso's mass", "胴体の質量に掛ける数"]).live(),
        Knob::real(
            "strength",
            0.1..=3.0,
            1.0,
            ["factor of the motors' torque and stiffness", "モーターのトルクと硬さに掛ける数"],
        )
        .live(),
        Knob::factor(
            "stiffness",
            0.01..=10_000.0,
            1.0,
            ["factor of how stiffly motors hold an angle", "モーターが角度を保つ硬さに掛ける数"],
        ),
        Knob::real(
            "push",
            0.0..=100.0,
            0.0,
            ["N·s of the pushes that come at random", "ランダムに来る押しの強さ(N·s)"],
        )
        .live(),
        Knob::integer(
            "harder_from",
            0..=1_000_000,
            0,
            ["second from which the world is harder (0: never)", "世界が難しくなる時刻(秒、0 ならなし)"],
        ),
        Knob::real("wanted_speed", 0.1..=3.0, 1.2, ["wanted speed, m/s", "目標の速さ(m/s)"]).live(),
        Knob::real("frequency", 0.2..=5.0, 2.0, ["gait cycles per second (ν)", "1 秒あたりの歩行周期の数(ν)"]),
        Knob::real("noise", 0.0..=1.0, 0.1, ["noise added to actions", "行動に加えるノイズ"]).live(),
        Knob::integer(
            "swinging",
            1..=10_000,
            21,
            ["seconds that legs swing at random first", "最初にランダムに脚を振る秒数"],
        ),
        Knob::integer("members", 1..=16, 4, ["networks of the world model", "世界モデルのネットワークの数"]),
        Knob::integer("width", 4..=256, 64, ["width of their hidden layers", "隠れ層の幅"]),
        Knob::integer(
            "memory",
            0..=256,
            0,
            ["GRU units; velocities are hidden then (0: none)", "GRU のユニット数(0 以外では速度を観測しない)"],
        ),
        Knob::factor(
            "learning_rate",
            1e-5..=1.0,
            2e-3,
            ["learning rate of Adam for the world model", "世界モデルの Adam の学習率"],
        )
        .live(),
        Knob::integer(
            "updates",
            1..=100_000,
            400,
            ["updates of the model after an episode", "1 エピソード後の世界モデルの更新回数"],
        )
        .live(),
        Knob::integer("horizon", 1..=400, 30, ["control steps of a dream", "想像の長さ(制御ステップ)"]).live(),
        Knob::integer("starts", 1..=256, 16, ["dreams of each policy", "方策ごとの想像の数"]).live(),
        Knob::integer(
            "improvements",
            0..=10_000,
            100,
            ["updates of the policy after an episode", "1 エピソード後の方策の更新回数"],
        )
        .live(),
        Knob::integer(
            "directions",
            1..=256,
            16,
            ["directions tried per update of the policy", "方策の更新 1 回で試す方向の数"],
        ),
        Knob::factor("sigma", 1e-3..=1.0, 0.1, ["σ: how far a direction is tried", "σ: 試す方向の大きさ"]).live(),
        Knob::factor("policy_step", 1e-4..=1.0, 0.05, ["η: learning rate of the policy (ARS)", "η: 方策の学習率(ARS)"])
            .live(),
        Knob::flag("ungated", ["no gate: keep every new policy", "ゲートを使わず、新しい方策をすべて採用する"]).live(),
        Knob::flag("frozen_model", ["fit the world model once only", "世界モデルを一度しか学習しない"]).live(),
        Knob::integer("steps", 1..=20_000, 180, ["seconds of the robot's time", "ロボットの時間(秒)"]),
        Knob::real(
            "pace",
            0.0..=100.0,
            0.0,
            [
                "robot seconds per real second; 0: as fast as possible",
                "実時間 1 秒あたりに進めるロボットの秒数(0 なら全速)",
            ],
        )
        .live(),
    ]
}

const fn on_run(name: &'static str, key: char, en: &'static str, ja: &'static str) -> ActionSpec {
    ActionSpec { name, key, help: Wording::new(en, ja), argument: Argument::Nothing, when: None }
}

static ACTIONS: [ActionSpec; 2] =
    [on_run("push", 'p', "push it forwards", "前へ押す"), on_run("push_back", 'P', "push it backwards", "後ろへ押す")];
