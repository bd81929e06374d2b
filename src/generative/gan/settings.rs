//! What can be set, done and read of a GAN's run.

use crate::experiment::{ActionSpec, Argument, Knob, Wording};
use crate::generative::plane::{CLEAR, PLACE};

pub const SERIES: [&str; 10] = [
    "discriminator/loss",
    "generator/loss",
    "discriminator/real",
    "discriminator/fake",
    "loss/saturating",
    "loss/non_saturating",
    "gradient/saturating",
    "gradient/non_saturating",
    "modes_covered",
    "learning_rate",
];

pub const REPORT_KEYS: [&str; 8] = [
    "modes_covered",
    "modes",
    "parzen_mean",
    "parzen_standard_error",
    "parzen_sigma",
    "classes_share",
    "feature_distance",
    "parameters",
];

/// What a person can do to a run beside turning knobs.
pub static ACTIONS: [ActionSpec; 4] = [
    ActionSpec {
        name: "step_discriminator",
        key: 'd',
        help: Wording::new("step D only", "D だけ 1 ステップ"),
        argument: Argument::Nothing,
        when: None,
    },
    ActionSpec {
        name: "step_generator",
        key: 'g',
        help: Wording::new("step G only", "G だけ 1 ステップ"),
        argument: Argument::Nothing,
        when: None,
    },
    PLACE,
    CLEAR,
];

pub fn knobs() -> Vec<Knob> {
    vec![
        Knob::choice("data", &["mnist", "ring", "grid", "drawn"], ["the data", "学習するデータ"]),
        Knob::choice("loss", &["non_saturating", "saturating"], ["what G minimises", "G が最小化する損失"]).live(),
        Knob::choice("network", &["convolutional", "dense"], ["G and D for digits", "数字のための G と D"]),
        Knob::integer(
            "channels",
            8..=128,
            32,
            [
                "channels of the convolutions at 14×14, rounded up to a multiple of 8",
                "14×14 での畳み込みのチャネル数(8 の倍数に切り上げ)",
            ],
        ),
        Knob::factor(
            "learning_rate",
            1e-6..=0.05,
            2e-4,
            ["Adam's learning rate η of G and D", "G と D の Adam の学習率 η"],
        )
        .live(),
        Knob::real("balance", 0.05..=4.0, 1.0, ["G's learning rate over D's", "G の学習率を D の何倍にするか"]).live(),
        Knob::integer("discriminator_steps", 1..=20, 1, ["updates of D per step", "1 ステップに D を何回更新するか"])
            .live(),
        Knob::integer("generator_steps", 1..=20, 1, ["updates of G per step", "1 ステップに G を何回更新するか"])
            .live(),
        Knob::flag("freeze_generator", ["G is frozen while D keeps learning", "G を止め、D だけを学習させる"]).live(),
        Knob::real(
            "noise",
            0.0..=1.0,
            0.0,
            [
                "deviation of the noise on all that D sees; it falls to nothing over the run",
                "D が見るものすべてに加えるノイズの標準偏差(終わりに向けて 0 へ)",
            ],
        )
        .live(),
        Knob::real("dropout", 0.0..=0.9, 0.0, ["share of D's hidden values left out", "D の隠れ層で落とす割合"]).live(),
        Knob::integer("pack", 1..=8, 1, ["samples that D looks at together", "D に一度に入力する枚数"]),
        Knob::integer("batch", 8..=4096, 128, ["samples per step", "1 ステップの枚数"]),
        Knob::integer("steps", 1..=1_000_000, 8000, ["steps in all", "全ステップ数"]),
        Knob::integer("latent", 1..=256, 64, ["numbers in z", "z の次元"]),
        Knob::integers("generator", 1..=4096, 4, &[256, 512], ["widths of G's hidden layers", "G の隠れ層の幅"]),
        Knob::integers("discriminator", 1..=4096, 4, &[512, 256], ["widths of D's hidden layers", "D の隠れ層の幅"]),
        Knob::real(
            "average",
            0.0..=0.9999,
            0.0,
            [
                "samples come from a running average of G's weights with this memory; 0: from G itself",
                "サンプルに使う G の重みの移動平均の減衰率(0 なら G そのもの)",
            ],
        ),
        Knob::real(
            "softening",
            0.0..=0.25,
            0.0,
            [
                "the filter that digits pass through: share taken from each neighbour of a pixel",
                "数字にかけるぼかしフィルター。画素が両隣から受け取る割合",
            ],
        ),
        Knob::choice(
            "schedule",
            &["constant", "cosine"],
            ["how the learning rate falls over the run", "学習率の下げ方"],
        ),
    ]
}
