//! Learning a board game from nothing but its rules, by self-play (AlphaZero: Silver et al. 2018, doi:10.1126/science.aar6404).
//!
//! A network f_θ(s) = (p, v) says of a position which move a strong player would choose and who will win. A tree search led by it
//! ([`puct`](super::search::puct)) plays better than the network alone, so the network is trained to say at once what the search
//! found after a while, and how the game ended:
//!
//! ```text
//! play   π = search(s; f_θ),  a ~ π                 until the game ends with z
//! learn  ℓ = (z − v)² − πᵀ ln p                     on positions of the last games
//! ```
//!
//! and both go on with the better network.

mod answers;
mod arena;
mod files;
pub mod games;
mod learner;
mod replay;

use super::games::othello::SMALL;
use super::games::{ConnectFour, Othello, TicTacToe};
use super::policy_value;
use crate::experiment::{Experiment, Knob, Learn, Preview, QueryKind};
use crate::{bundled, lab_file};
use answers::PlayingModel;
use learner::SelfPlayLearner;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "self-play",
    lab: Some(lab_file!("03-self-play")),
    knobs,
    series: &learner::SERIES,
    headline: "elo",
    emits: &["game", "openings"],
    views: &answers::VIEWS,
    answers: &[QueryKind::View, QueryKind::Game],
    report: &learner::REPORT_KEYS,
    preview: Preview::View("position"),
    learn: Learn::By(|setting| {
        let (knobs, seed, run) = (&setting.knobs, setting.seed, setting.folder.as_deref());
        match knobs.choice("game") {
            "tic-tac-toe" => Ok(Box::new(SelfPlayLearner::new(knobs, seed, TicTacToe::default(), run)?)),
            "othello-6" => Ok(Box::new(SelfPlayLearner::new(knobs, seed, Othello::new(SMALL), run)?)),
            _ => Ok(Box::new(SelfPlayLearner::new(knobs, seed, ConnectFour::default(), run)?)),
        }
    }),
    open: |weights, _, _| Ok(Arc::new(PlayingModel::new(policy_value::AnyNet::open(weights)?))),
    bundled: bundled!("self-play"),
    small: &[
        "game=tic-tac-toe games=8 simulations=8 channels=4 blocks=1 steps=40 batch=16 buffer=40 evaluated_every=20 gate=4 evaluation=0.05",
        "game=connect-four planes=winning_cells games=4 simulations=4 channels=4 blocks=1 steps=40 batch=8 evaluated_every=40 evaluation=0.02",
        "game=othello-6 games=4 simulations=4 channels=4 blocks=1 steps=80 batch=8 evaluated_every=80 evaluation=0.02",
    ],
    ..Experiment::EMPTY
};

fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("game", &policy_value::GAMES, ["the game", "ゲーム"]),
        Knob::factor("learning_rate", 1e-5..=0.1, 2e-3, ["Adam's learning rate η", "Adam の学習率 η"]).live(),
        Knob::integer("simulations", 1..=2000, 32, ["simulations before a move", "1 手あたりのシミュレーション数"])
            .live(),
        Knob::real("fast_share", 0.0..=0.95, 0.0, ["share of moves with a short search", "短い探索で済ませる手の割合"])
            .live(),
        Knob::integer(
            "fast_simulations",
            1..=2000,
            16,
            ["simulations of a short search", "短い探索のシミュレーション数"],
        )
        .live(),
        Knob::real("exploration", 0.0..=20.0, 1.5, ["c of PUCT", "PUCT の c"]).live(),
        Knob::real("noise", 0.0..=1.0, 0.25, ["ε: share of noise at the root", "ε: 根に混ぜるノイズの割合"]).live(),
        Knob::factor("concentration", 0.01..=100.0, 1.0, ["α of the Dirichlet noise", "ディリクレノイズの α"]).live(),
        Knob::integer(
            "sampled_moves",
            0..=100,
            10,
            ["first moves of a game that are sampled from π", "π に従ってランダムに選ぶ序盤の手数"],
        )
        .live(),
        Knob::integer("games", 1..=1024, 128, ["games at once", "同時に進める対局の数"]),
        Knob::integer(
            "buffer",
            16..=2_000_000,
            100_000,
            ["positions learned from", "学習に使う局面の数(リプレイバッファ)"],
        ),
        Knob::real(
            "samples_per_position",
            0.1..=64.0,
            4.0,
            ["how often a new position is used", "新しい局面 1 つを学習に使う回数"],
        ),
        Knob::integer("batch", 1..=4096, 128, ["positions an update", "1 回の更新の局面数"]),
        Knob::factor("weight_decay", 1e-6..=1.0, 1e-4, ["weight decay", "重み減衰"]),
        Knob::choice(
            "planes",
            &policy_value::PLANES,
            [
                "what the network is given: the stones, or in Connect Four also the cells that would win",
                "ネットワークに与えるもの: 石だけ、または四目並べで勝てるマスも",
            ],
        ),
        Knob::integer("channels", 1..=256, 32, ["channels of the network", "ネットワークのチャネル数"]),
        Knob::integer("blocks", 0..=40, 3, ["residual blocks", "残差ブロックの数"]),
        Knob::integer(
            "gate",
            0..=200,
            0,
            ["games that new weights have to win (0: none)", "新しい重みが勝つべき対局の数(0 なら無条件)"],
        ),
        Knob::integer("evaluated_every", 1..=1_000_000, 250, ["steps between two ratings", "強さを測る間隔(ステップ)"]),
        Knob::real(
            "evaluation",
            0.01..=4.0,
            1.0,
            ["factor of the games that a rating is measured by", "強さを測る対局数に掛ける数"],
        ),
        Knob::integer("steps", 1..=10_000_000, 16_000, ["moves that all games make", "全対局が指す手数(ステップ数)"]),
    ]
}
