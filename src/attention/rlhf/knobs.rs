//! What can be set for a run.

use crate::experiment::Knob;

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice(
            "base",
            &["bundled", "fresh"],
            ["the model to be tuned: bundled, or trained first", "調整するモデル。同梱のもの、または最初に学習する"],
        ),
        Knob::integer(
            "pretraining",
            0..=100_000,
            8000,
            ["steps by which a fresh base learns to tell stories", "base = fresh のとき、物語を学習するステップ数"],
        ),
        Knob::integer("layers", 1..=12, 4, ["blocks of a fresh base", "base = fresh のブロック数"]),
        Knob::integer(
            "width",
            8..=512,
            96,
            ["dimension of the token vectors of a fresh base", "base = fresh のトークンのベクトルの次元"],
        ),
        Knob::integer(
            "heads",
            1..=16,
            4,
            [
                "heads of each attention of a fresh base; they divide the width",
                "base = fresh のヘッドの数。次元を割り切る数",
            ],
        ),
        Knob::choice(
            "annotator",
            &["rules", "you"],
            [
                "who prefers one of two continuations: the rules, or you with the keys 1, 2, 3",
                "二つの続きを比べる人。規則(rules)、またはあなた(キー 1、2、3)",
            ],
        ),
        Knob::real(
            "patience",
            0.0..=600.0,
            60.0,
            [
                "seconds that a pair waits for you before the rules decide",
                "あなたの判断を待つ秒数。過ぎると規則が決める",
            ],
        )
        .live(),
        Knob::text(
            "rules",
            120,
            "gift:3, thanks:3, fault:-1",
            [
                "what is counted in a continuation, and the points for each; see the theory, page 2",
                "続きの中で数えるものと、それぞれの点数。理論の 2 ページを参照",
            ],
        ),
        Knob::integer("pairs", 4..=20_000, 2000, ["pairs that are compared", "比べる組の数"]),
        Knob::real(
            "noise",
            0.0..=0.5,
            0.0,
            ["share of the rules' preferences that are flipped", "規則の判断のうち、逆にする割合"],
        ),
        Knob::integer("reward_steps", 1..=10_000, 400, ["steps of the reward model", "報酬モデルのステップ数"]),
        Knob::factor(
            "reward_learning_rate",
            1e-6..=0.1,
            3e-4,
            ["Adam's learning rate of the reward model", "報酬モデルの Adam の学習率"],
        ),
        Knob::choice(
            "method",
            &["both", "ppo", "dpo"],
            [
                "how the policy is tuned; both: two policies side by side",
                "方策の調整方法。both は二つの方策を並べて学習",
            ],
        ),
        Knob::real(
            "kl_penalty",
            0.0..=10.0,
            0.05,
            ["β, the penalty of PPO for leaving the base", "PPO で元のモデルから離れることへの罰則 β"],
        )
        .live(),
        Knob::real("dpo_beta", 0.001..=10.0, 0.1, ["β of DPO", "DPO の β"]),
        Knob::integer(
            "continuations",
            2..=512,
            48,
            ["continuations that a step of PPO learns from", "PPO の 1 ステップに使う続きの数"],
        ),
        Knob::factor("learning_rate", 1e-6..=0.1, 2e-4, ["Adam's learning rate of PPO", "PPO の Adam の学習率"]).live(),
        Knob::factor("dpo_learning_rate", 1e-6..=0.1, 2e-4, ["Adam's learning rate of DPO", "DPO の Adam の学習率"])
            .live(),
        Knob::integer("steps", 1..=100_000, 120, ["steps of tuning", "調整のステップ数"]),
        Knob::integer(
            "examined",
            2..=10_000,
            400,
            ["beginnings examined at the end of the run", "最後に調べる書き出しの数"],
        ),
    ]
}
