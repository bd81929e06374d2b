//! A trained GPT looked into: its tokens, the attention of every head, and what each layer would say.

use super::generate::{TrainedGpt, largest, log_probabilities};
use crate::data::tokenizer::Tokenizer;
use crate::experiment::panel::{HeatMap, Token};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Panel, TaskContext};
use ndarray::{Array3, Ix4, s};

/// Places of a text that are drawn, the last ones.
const PLACES: usize = 28;
/// Merges that are listed.
const MERGES: usize = 400;
/// Tokens that a layer would say, listed for the last place.
const SHOWN: usize = 3;

/// How a text is cut, and the merges.
pub(super) fn tokens(model: &TrainedGpt, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let text = &model.asked(inputs);
    // Every other token is marked, so that it can be seen where each ends.
    let shown = |symbols: &[usize], heading: Bilingual| {
        let token = |(place, &symbol): (usize, &usize)| Token {
            text: model.name(symbol),
            value: None,
            alternatives: Vec::new(),
            marked: place % 2 == 1,
        };
        Panel::Tokens { heading, tokens: symbols.iter().enumerate().map(token).collect() }
    };
    let symbols = model.tokenizer.encode(text)?;
    let heading = |count: usize| {
        let letters = text.chars().count();
        Bilingual::new(format!("{count} tokens of {letters} characters"), format!("{letters} 文字が {count} トークン"))
    };
    let mut panels = vec![shown(&symbols, heading(symbols.len()))];
    let Tokenizer::BytePair(encoding) = &*model.tokenizer else {
        panels.push(Panel::Note {
            text: Bilingual::new(
                format!(
                    "A token is a character here; {} of them occur in the text that was learned from.",
                    model.tokenizer.len()
                ),
                format!(
                    "このモデルのトークンは文字です。学習したテキストには {} 種類あります。",
                    model.tokenizer.len()
                ),
            ),
        });
        return Ok(panels);
    };
    for merges in [16, 64].into_iter().filter(|merges| *merges < encoding.merges().len()) {
        let symbols = encoding.encode_with(text, merges);
        let count = symbols.len();
        let heading = Bilingual::new(
            format!("after the first {merges} merges: {count} tokens"),
            format!("最初の {merges} 回の併合まで: {count} トークン"),
        );
        panels.push(shown(&symbols, heading));
    }
    let names = [("merge", "併合"), ("left", "左"), ("right", "右"), ("new token", "新しいトークン")];
    let rows = encoding.merges().iter().take(MERGES).enumerate().map(|(place, merge)| {
        let [left, right, made] = [merge.pair[0], merge.pair[1], merge.into].map(|symbol| model.name(symbol as usize));
        vec![(place + 1).to_string(), left, right, made]
    });
    panels.push(Panel::columns(names, rows));
    Ok(panels)
}

/// Where the last place of a text looks with every head, or α of one head at the last places.
pub(super) fn attention(model: &TrainedGpt, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
    let (prompt, note) = model.fitted(&model.asked(inputs))?;
    let configuration = model.network.configuration;
    for (name, most) in [("layer", configuration.layers), ("head", configuration.block.heads)] {
        let asked = inputs.integer(name);
        if asked as usize > most {
            return Err(ExperimentError::both(
                format!("input `{name}` = `{asked}`: this model has {most}"),
                format!("入力 `{name}` = `{asked}`: このモデルにあるのは {most} までです"),
            ));
        }
    }
    let (layer, head) = (inputs.integer("layer") as usize, inputs.integer("head") as usize);
    let from = prompt.len().saturating_sub(PLACES);
    let names: Vec<String> = prompt[from..].iter().map(|&token| model.name(token)).collect();
    // Of each layer `[heads, places, places]`: the last places alone, as long texts have many.
    let mut kept: Vec<Array3<f32>> = Vec::with_capacity(configuration.layers);
    model.layers(&prompt, task, |_, attention| {
        if let Some(attention) = attention {
            let weights = attention.weights.view().into_dimensionality::<Ix4>();
            kept.push(weights.expect("[1, heads, queries, keys]").slice(s![0, .., from.., from..]).to_owned());
        }
    })?;
    let map = if head == 0 {
        let heads = || {
            (0..configuration.layers).flat_map(|layer| (0..configuration.block.heads).map(move |head| (layer, head)))
        };
        let last = prompt.len() - 1 - from;
        HeatMap {
            heading: Bilingual::new(
                "where the last token looks; row: layer.head, shade: α",
                "最後のトークンの注目先。行: 層.ヘッド、色の濃さ: α",
            ),
            rows: heads().map(|(layer, head)| format!("{}.{}", layer + 1, head + 1)).collect(),
            columns: names,
            values: heads().flat_map(|(layer, head)| kept[layer].slice(s![head, last, ..]).to_vec()).collect(),
            range: [0.0, 1.0],
        }
    } else {
        // The rows that have most to look at come first where there is little room.
        let rows = (from..prompt.len()).rev();
        HeatMap {
            heading: Bilingual::new(
                format!("layer {layer} head {head}; each row's token looks at the columns, shade: α"),
                format!("層 {layer} ヘッド {head}。行のトークンが列を見る重み。色の濃さ: α"),
            ),
            rows: rows.clone().map(|place| model.name(prompt[place])).collect(),
            columns: names,
            values: rows.flat_map(|place| kept[layer - 1].slice(s![head - 1, place - from, ..]).to_vec()).collect(),
            range: [0.0, 1.0],
        }
    };
    Ok(note.into_iter().chain(left_out(from, prompt.len())).chain([Panel::HeatMap(map)]).collect())
}

/// Says that the first places of a text are not drawn.
fn left_out(from: usize, places: usize) -> Option<Panel> {
    (from > 0).then(|| Panel::Note {
        text: Bilingual::new(
            format!("the last {PLACES} of {places} tokens"),
            format!("{places} トークンのうち最後の {PLACES} 個"),
        ),
    })
}

/// What the vectors behind each layer say when they go through the last layer at once (nostalgebraist 2020, "interpreting GPT: the logit
/// lens").
pub(super) fn lens(model: &TrainedGpt, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
    let (prompt, note) = model.fitted(&model.asked(inputs))?;
    let places = prompt.len().saturating_sub(PLACES)..prompt.len();
    let mut states = Vec::with_capacity(model.network.configuration.layers + 1);
    model.layers(&prompt, task, |state, _| states.push(state.clone()))?;
    let mut finally = Vec::new();
    let last = states.last().expect("a state before the first block at least");
    model.logits_of(last, places.clone(), |_, logits| finally.push(largest(logits, 1)[0]));
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for (layer, state) in states.iter().enumerate() {
        task.check()?;
        let mut of_last = Vec::new();
        model.logits_of(state, places.clone(), |place, logits| {
            of_last = log_probabilities(logits);
            values.push(of_last[finally[place - places.start]].exp() as f32);
        });
        let words = largest(&of_last, SHOWN)
            .into_iter()
            .map(|symbol| format!("{} {:.0} %", model.name(symbol), 100.0 * of_last[symbol].exp()));
        rows.push([vec![layer.to_string()], words.collect()].concat());
    }
    let names = [("layer", "層"), ("next token: 1st", "次のトークン: 1 位"), ("2nd", "2 位"), ("3rd", "3 位")];
    let mut panels: Vec<Panel> = note.into_iter().chain(model.example_note(inputs)).collect();
    panels.push(Panel::columns(names, rows));
    panels.extend(left_out(places.start, prompt.len()));
    panels.push(Panel::HeatMap(HeatMap {
        heading: Bilingual::new(
            "column: the token finally predicted at a place; row: layer (0: before the first); shade: P that it gives this token",
            "列: 各位置で最終的に予測するトークン。行: 層(0 は最初の層の前)。色の濃さ: その層が与える確率 P",
        ),
        rows: (0..states.len()).map(|layer| layer.to_string()).collect(),
        columns: finally.iter().map(|&symbol| model.name(symbol)).collect(),
        values,
        range: [0.0, 1.0],
    }));
    Ok(panels)
}
