//! A trained GPT looked into: its tokens, the attention of every head, and what each layer would say.

use super::generate::{TrainedGpt, largest, log_probabilities};
use crate::data::tokenizer::Tokenizer;
use crate::experiment::panel::{HeatMap, Token};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Panel};
use crate::tensor::{Tape, Var};
use ndarray::{Ix4, s};

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
    panels.push(Panel::Table { names: names.map(|(en, ja)| Bilingual::new(en, ja)).into(), rows: rows.collect() });
    Ok(panels)
}

/// Where the last place of a text looks with every head, or α of one head at the last places.
pub(super) fn attention(model: &TrainedGpt, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
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
    let tape = Tape::without_gradients();
    let trace = model.network.trace(&model.parameters.on(&tape), &prompt);
    let weights = |layer: usize| {
        let weights = trace.attention[layer].weights.view();
        weights.into_dimensionality::<Ix4>().expect("[1, heads, queries, keys]")
    };
    let from = prompt.len().saturating_sub(PLACES);
    let names: Vec<String> = prompt[from..].iter().map(|&token| model.name(token)).collect();
    let map = if head == 0 {
        let heads = || {
            (0..configuration.layers).flat_map(|layer| (0..configuration.block.heads).map(move |head| (layer, head)))
        };
        let last = prompt.len() - 1;
        HeatMap {
            heading: Bilingual::new("where the last token looks: layer.head", "最後のトークンの注目先(層.ヘッド)"),
            rows: heads().map(|(layer, head)| format!("{}.{}", layer + 1, head + 1)).collect(),
            columns: names,
            values: heads()
                .flat_map(|(layer, head)| weights(layer).slice(s![0, head, last, from..]).to_vec())
                .collect(),
            range: [0.0, 1.0],
        }
    } else {
        // The rows that have most to look at come first where there is little room.
        let rows = (from..prompt.len()).rev();
        HeatMap {
            heading: Bilingual::new(format!("layer {layer} head {head}"), format!("層 {layer} ヘッド {head}")),
            rows: rows.clone().map(|place| model.name(prompt[place])).collect(),
            columns: names,
            values: rows.flat_map(|place| weights(layer - 1).slice(s![0, head - 1, place, from..]).to_vec()).collect(),
            range: [0.0, 1.0],
        }
    };
    Ok(note.into_iter().chain([Panel::HeatMap(map)]).collect())
}

/// What the vectors behind each layer say when they go through the last layer at once (nostalgebraist 2020, "interpreting GPT: the logit
/// lens").
pub(super) fn lens(model: &TrainedGpt, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let (prompt, note) = model.fitted(&model.asked(inputs))?;
    let tape = Tape::without_gradients();
    let bound = model.parameters.on(&tape);
    let trace = model.network.trace(&bound, &prompt);
    let width = model.network.configuration.symbols;
    let from = prompt.len().saturating_sub(PLACES);
    // One layer at a time: a large vocabulary at every place of every layer would not fit into memory.
    let logits = |state: Var<'_, f32>| model.network.logits(&bound, state.narrow(1, from..prompt.len())).ordered();
    let last = logits(*trace.states.last().expect("a state before the first block at least"));
    let finally: Vec<usize> = last.values().chunks_exact(width).map(|logits| largest(logits, 1)[0]).collect();
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for (layer, &state) in trace.states.iter().enumerate() {
        let logits = logits(state);
        let mut of_last = Vec::new();
        for (logits, &symbol) in logits.values().chunks_exact(width).zip(&finally) {
            of_last = log_probabilities(logits);
            values.push(of_last[symbol].exp() as f32);
        }
        let words = largest(&of_last, SHOWN)
            .into_iter()
            .map(|symbol| format!("{} {:.0} %", model.name(symbol), 100.0 * of_last[symbol].exp()));
        rows.push([vec![layer.to_string()], words.collect()].concat());
    }
    let names = [("layer", "層"), ("1st", "1 位"), ("2nd", "2 位"), ("3rd", "3 位")];
    let mut panels: Vec<Panel> = note.into_iter().chain(model.example(inputs)).collect();
    panels.push(Panel::Table { names: names.map(|(en, ja)| Bilingual::new(en, ja)).into(), rows });
    panels.push(Panel::HeatMap(HeatMap {
        heading: Bilingual::new(
            "P that each layer gives to the final prediction at each place",
            "最終予測のトークンに各層が与える確率 P(位置ごと)",
        ),
        rows: (0..trace.states.len()).map(|layer| layer.to_string()).collect(),
        columns: finally.iter().map(|&symbol| model.name(symbol)).collect(),
        values,
        range: [0.0, 1.0],
    }));
    Ok(panels)
}
