//! What the choices of knobs and inputs are called in Japanese. `--set`, lab files and the texts of labs know them by their ids, which
//! are shown with it.

use crate::experiment::{Knob, KnobKind, KnobValue, Language};

/// Choices by their ids, each with its name.
type Names = &'static [(&'static str, &'static str)];

/// The choices of all knobs and inputs by their names, each choice with what it is called. One that is a symbol of the field, the same in
/// both languages, has none.
const JAPANESE: &[(&[&str], Names)] = &[
    (
        &["algorithm", "method", "first", "second"],
        &[
            ("q-learning", "Q 学習"),
            ("sarsa", ""),
            ("expected-sarsa", "期待 SARSA"),
            ("n-step", "n ステップ法"),
            ("sarsa-lambda", "SARSA(λ)"),
            ("monte-carlo", "モンテカルロ法"),
            ("value-iteration", "価値反復"),
            ("value-iteration-in-place", "上書き型の価値反復"),
            ("prioritised-sweeping", "優先度付き掃引"),
            ("policy-iteration", "方策反復"),
            ("policy-evaluation", "方策評価"),
            ("world-model", "世界モデル"),
            ("search", "探索"),
            ("both", "両方"),
            ("ppo", ""),
            ("dpo", ""),
        ],
    ),
    (
        &["map"],
        &[
            ("this", "このモデルの地図"),
            ("cliff", "崖"),
            ("lake", "氷の湖"),
            ("windy", "風"),
            ("rooms", "部屋"),
            ("loop", "ループ"),
            ("goals", "ゴール 2 か所"),
        ],
    ),
    (&["show"], &[("values", "状態価値"), ("action-values", "行動価値"), ("visits", "訪問回数"), ("rewards", "報酬")]),
    (&["exploration"], &[("epsilon-greedy", "ε-グリーディ"), ("softmax", "ソフトマックス"), ("ucb", "")]),
    (&["robot"], &[("quadruped", "四足"), ("biped", "二足")]),
    (&["ground"], &[("flat", "平地"), ("rough", "でこぼこ"), ("slope", "坂")]),
    (&["game"], &[("connect-four", "四目並べ"), ("tic-tac-toe", "三目並べ"), ("othello-6", "オセロ 6×6")]),
    (&["planes"], &[("stones", "石だけ"), ("winning_cells", "石と勝てるマス")]),
    (&["schedule"], &[("cosine", "コサイン"), ("constant", "一定")]),
    (&["target"], &[("bimodal", "二峰"), ("normal", "正規分布"), ("bars", "棒グラフ")]),
    (&["direction"], &[("forward", "順方向"), ("reverse", "逆方向")]),
    (&["likelihood"], &[("bernoulli", "ベルヌーイ"), ("gaussian", "正規分布")]),
    (
        &["data"],
        &[
            ("mnist", "手書き数字"),
            ("ring", "輪"),
            ("grid", "格子"),
            ("swiss_roll", "スイスロール"),
            ("drawn", "自分で描いた点"),
        ],
    ),
    (&["loss"], &[("non_saturating", "非飽和"), ("saturating", "飽和")]),
    (&["network"], &[("convolutional", "畳み込み"), ("dense", "全結合"), ("unet", "U-Net")]),
    (&["styles"], &[("all", "すべて"), ("slant", "傾き"), ("weight", "太さ"), ("ground", "地の色")]),
    (&["world", "text"], &[("english", "英語"), ("japanese", "日本語"), ("chronicle", "年代記")]),
    (&["architecture"], &[("skip_gram", "語から周囲"), ("cbow", "周囲から語")]),
    (&["objective"], &[("negative", "負例"), ("softmax", "全語"), ("next", "次のトークン"), ("masked", "穴埋め")]),
    (&["cell"], &[("lstm", ""), ("gru", "")]),
    (
        &["task"],
        &[
            ("dates", "日付"),
            ("reverse", "逆順"),
            ("addition", "足し算"),
            ("addition-reversed", "逆順の足し算"),
            ("numbers", "数の読み"),
            ("translate", "翻訳"),
        ],
    ),
    (&["alignment"], &[("additive", "加法的"), ("multiplicative", "乗法的"), ("relu", "ReLU"), ("location", "位置")]),
    (&["norm"], &[("pre", "層の前"), ("post", "層の後")]),
    (&["positions"], &[("sine", "正弦波"), ("learned", "学習する"), ("none", "なし")]),
    (&["part"], &[("cross", "交差注意"), ("encoder", "符号器"), ("decoder", "復号器")]),
    (&["tokens"], &[("bytepair", "バイト対"), ("characters", "文字")]),
    (&["start"], &[("scratch", "最初から"), ("bundled", "同梱モデルから")]),
    (&["trains"], &[("all", "全体"), ("last_block", "最後のブロック"), ("adapter", "アダプター"), ("head", "出力層")]),
    (&["optimizer"], &[("adam", ""), ("muon", "")]),
    (&["base"], &[("bundled", "同梱モデル"), ("fresh", "新しく学習")]),
    (&["annotator"], &[("rules", "規則"), ("you", "あなた")]),
    (&["kind"], &[("held_out", "未知"), ("known", "既知")]),
    (&["model"], &[("cured", "対策済み"), ("trapped", "罠あり"), ("random", "未学習")]),
];

/// What a choice is called in Japanese, if it is known by more than its id there.
fn japanese(input: &str, choice: &str) -> Option<&'static str> {
    let (_, choices) = JAPANESE.iter().find(|(inputs, _)| inputs.contains(&input))?;
    choices.iter().find(|(id, name)| *id == choice && !name.is_empty()).map(|(_, name)| *name)
}

/// The value of a knob or an input as the screen shows it: a number with a true minus, a choice by its id, in Japanese with what it is
/// called.
pub fn shown(knob: &Knob, value: &KnobValue, language: Language) -> String {
    let id = value.to_string();
    match (&knob.kind, language) {
        (KnobKind::Choice(_), Language::Ja) => {
            japanese(knob.name, &id).map_or(id.clone(), |name| format!("{id}({name})"))
        }
        // As all numbers of the screen.
        (KnobKind::Integer { .. } | KnobKind::Real { .. }, _) => id.replace('-', "−"),
        _ => id,
    }
}

/// What values a knob takes, as people read it: its choices as they are shown.
pub fn expected(knob: &Knob, language: Language) -> String {
    match (&knob.kind, language) {
        (KnobKind::Choice(ids), Language::Ja) => {
            let named = |id: &&str| shown(knob, &KnobValue::Text((*id).to_owned()), language);
            format!("{} のどれか", ids.iter().map(named).collect::<Vec<_>>().join("、"))
        }
        (KnobKind::Integer { .. } | KnobKind::Real { .. }, language) => {
            knob.kind.wording().in_language(language).replace('-', "−")
        }
        (kind, language) => kind.wording().in_language(language).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use std::collections::BTreeSet;

    /// Of every knob and every input of every lab, and no other.
    #[test]
    fn every_choice_has_its_name_in_japanese() {
        let knobs = registry::EXPERIMENTS.iter().flat_map(|experiment| {
            let inputs = experiment.views.iter().flat_map(|view| (view.inputs)());
            (experiment.knobs)().into_iter().chain(inputs)
        });
        let choices = knobs.flat_map(|knob| match knob.kind {
            KnobKind::Choice(choices) => choices.iter().map(|choice| (knob.name, *choice)).collect(),
            _ => Vec::new(),
        });
        let choices: BTreeSet<(&str, &str)> = choices.collect();
        let is_known = |(input, choice): &&(&str, &str)| {
            let mut known = JAPANESE.iter().filter(|(inputs, _)| inputs.contains(input));
            known.any(|(_, choices)| choices.iter().any(|(id, _)| id == choice))
        };
        let unnamed: Vec<_> = choices.iter().filter(|choice| !is_known(choice)).collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
        let named = JAPANESE.iter().flat_map(|(inputs, choices)| choices.iter().map(move |(id, _)| (inputs, *id)));
        let unused: Vec<_> =
            named.filter(|(inputs, id)| inputs.iter().all(|input| !choices.contains(&(*input, *id)))).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn a_choice_is_shown_with_its_id() {
        let knob = Knob::choice("map", &["cliff", "ucb"], ["", ""]);
        let said = |id: &str, language| shown(&knob, &KnobValue::Text(id.to_owned()), language);
        assert_eq!(
            (said("cliff", Language::Ja).as_str(), said("cliff", Language::En).as_str()),
            ("cliff(崖)", "cliff")
        );
        assert_eq!(said("ucb", Language::Ja), "ucb", "a symbol of the field");
        let push = Knob::real("push", -60.0..=60.0, 0.0, ["", ""]);
        assert_eq!(shown(&push, &KnobValue::Real(-1e-3), Language::En), "−1e−3");
        assert_eq!(expected(&push, Language::En), "a number from −60 to 60");
        assert_eq!(expected(&knob, Language::Ja), "cliff(崖)、ucb のどれか");
    }
}
