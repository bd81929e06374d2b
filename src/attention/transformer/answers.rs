//! What can be asked of a trained Transformer.

use super::examine;
use super::trained::TrainedTransformer;
use crate::attention::sequences::{Tested, show, views};
use crate::experiment::{Answer, ExperimentError, Knob, Model, Panel, Query, TaskContext, ViewSpec, Wording, view};

pub static VIEWS: [ViewSpec; 9] = [
    ViewSpec::new(
        "attention",
        Wording::new("where a head looks: its α for one input", "ヘッドの注目先。一つの入力に対する α"),
        || [views::inputs(), head_inputs()].concat(),
    ),
    ViewSpec::new(
        "weight",
        Wording::new("one α taken apart: q·k/√d, softmax, Σ α v", "一つの α の内訳。q·k/√d、softmax、Σ α v"),
        || {
            let cell = Knob::cell("cell", ["a row and a column of `attention`", "`attention` の行と列"]);
            [views::inputs(), head_inputs(), vec![cell]].concat()
        },
    ),
    ViewSpec::new(
        "heads",
        Wording::new(
            "all heads: their entropy, and what is lost without each",
            "全ヘッドのエントロピーと、それぞれを除いたときの損失",
        ),
        views::inputs,
    ),
    ViewSpec::new(
        "without_head",
        Wording::new("the answer when one head is removed", "ヘッドを一つ除いたときの答え"),
        || {
            let cell = Knob::cell("cell", ["a row and a column of `heads`", "`heads` の行と列"]);
            [views::inputs(), vec![cell]].concat()
        },
    ),
    ViewSpec::new(
        "positions",
        Wording::new("the positional encoding: waves and dot products", "位置符号化。波形と内積"),
        Vec::new,
    ),
    ViewSpec::new(
        "identity",
        Wording::new(
            "self-attention on x itself, without W_Q, W_K, W_V: x̂ beside x",
            "W_Q、W_K、W_V なしで x をそのまま使う自己注意。x̂ と x の比較",
        ),
        views::inputs,
    ),
    views::ANSWER,
    views::BEAM,
    views::LENGTHS,
];

/// Which head is looked at.
fn head_inputs() -> Vec<Knob> {
    vec![
        Knob::choice("part", &["cross", "encoder", "decoder"], ["which attention", "どの注意か"]),
        Knob::integer("layer", 1..=8, 1, ["which block, from the input on", "何番目のブロックか(入力側から)"]),
        Knob::integer("head", 1..=16, 1, ["which head", "何番目のヘッドか"]),
    ]
}

impl Model for TrainedTransformer {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "attention" => examine::attention(self, inputs),
            "weight" => examine::weight(self, inputs),
            "heads" => examine::heads(self, inputs),
            "without_head" => examine::without_head(self, inputs),
            "positions" => examine::positions(self),
            "identity" => examine::identity(self, inputs),
            "answer" => views::answer(self, &self.corpus, inputs),
            "beam" => views::beam(self, &self.corpus, inputs),
            _ => lengths(self, task),
        };
        Ok(Answer::Panels { panels: panels? })
    }
}

fn lengths(model: &TrainedTransformer, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
    let pairs = views::pairs_for_lengths(&model.corpus)?;
    let tested = Tested::of(model, &model.corpus, &pairs, task)?;
    Ok(vec![show::length_curve(&tested), show::samples(&tested)])
}
