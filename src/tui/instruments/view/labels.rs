//! What the screen calls the inputs of views. `--set` and the linear form know them by their ids, which are the same in every language.

use crate::experiment::Language;

/// The inputs of all views by their ids, with what they are called in Japanese. A symbol of the field is the same in both.
const JAPANESE: &[(&str, &str)] = &[
    ("alignment", "アラインメント"),
    ("beam", "ビーム幅"),
    ("beginning", "書き出し"),
    ("beginnings", "書き出しの数"),
    ("class", "クラス"),
    ("continuation", "続きの文"),
    ("count", "個数"),
    ("deviation", "標準偏差"),
    ("digit", "テスト画像"),
    ("direction", "変換の向き"),
    ("episodes", "エピソード数"),
    ("epsilon", "ε"),
    ("eta", "η"),
    ("expression", "式"),
    ("fact", "事実"),
    ("filter", "フィルター"),
    ("first", "手法 1"),
    ("friction", "摩擦"),
    ("from", "開始(秒)"),
    ("gamma", "γ"),
    ("ground", "地面"),
    ("guidance", "ガイダンス w"),
    ("head", "ヘッド"),
    ("horizon", "長さ"),
    ("input", "入力"),
    ("kind", "種類"),
    ("layer", "層"),
    ("learning_rate", "学習率"),
    ("length", "最大の長さ"),
    ("map", "地図"),
    ("mark", "印"),
    ("mass", "質量"),
    ("method", "手法"),
    ("minutes", "分"),
    ("missing", "欠損の行数"),
    ("model", "モデル"),
    ("moment", "時点"),
    ("moves", "手順"),
    ("noise", "ノイズ"),
    ("pairs", "組の数"),
    ("part", "注意の種類"),
    ("prompt", "プロンプト"),
    ("push", "押す力"),
    ("push_at", "押す時刻(秒)"),
    ("questions", "質問の数"),
    ("second", "手法 2"),
    ("seconds", "秒数"),
    ("seed", "シード"),
    ("show", "表示"),
    ("simulations", "シミュレーション数"),
    ("slip", "滑る確率"),
    ("steps", "ステップ数"),
    ("strength", "モーターの強さ"),
    ("sweeps", "掃引の数"),
    ("t", "t"),
    ("temperature", "温度"),
    ("text", "文"),
    ("time", "時刻"),
    ("times", "回数"),
    ("to", "目標のクラス"),
    ("top_k", "top-k"),
    ("top_p", "top-p"),
    ("university", "大学名"),
    ("word", "語"),
    ("x", "x"),
];

/// What an input is called on the screen; one that is not known here by its id.
pub fn label(input: &'static str, language: Language) -> &'static str {
    let known = |(id, _): &&(&str, &str)| *id == input;
    match language {
        Language::En => input,
        Language::Ja => JAPANESE.iter().find(known).map_or(input, |(_, label)| label),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::KnobKind;
    use crate::registry;
    use std::collections::BTreeSet;

    /// Of every view of every lab; what is picked in a panel or drawn has no name on the screen.
    #[test]
    fn every_input_that_is_shown_has_its_name_in_japanese() {
        let views = registry::EXPERIMENTS.iter().flat_map(|experiment| experiment.views);
        let inputs = views.flat_map(|view| (view.inputs)());
        let given = |kind: &KnobKind| matches!(kind, KnobKind::Picture | KnobKind::Point { .. } | KnobKind::Cell);
        let shown: BTreeSet<&str> = inputs.filter(|input| !given(&input.kind)).map(|input| input.name).collect();
        let named: BTreeSet<&str> = JAPANESE.iter().map(|(id, _)| *id).collect();
        assert_eq!(shown, named, "no input without a name, and no name without an input");
    }
}
