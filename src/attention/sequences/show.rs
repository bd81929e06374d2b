//! Sequences as panels.

use super::decoding::{Decoding, Expansion, Hypothesis, likeliest};
use super::tested::Tested;
use crate::data::tasks::Encoding;
use crate::experiment::panel::{Curve, Curves, HeatMap, Token};
use crate::experiment::{Bar, Bilingual, Panel};
use crate::tensor::{Tensor, Var};
use std::collections::BTreeMap;

/// Pairs shown while a model learns.
const SAMPLES: usize = 6;
/// What else could have stood at a place.
const ALTERNATIVES: usize = 6;
/// Units of a state that are drawn.
const UNITS: usize = 16;

/// The share of labelled rows of logits `[rows, symbols]` whose largest is the label.
pub fn token_accuracy(logits: Var<f32>, wanted: &[Option<usize>]) -> f64 {
    let value = logits.ordered();
    let width = value.shape().last().map_or(1, |width| (*width).max(1));
    let (mut right, mut all) = (0_u32, 0_u32);
    for (row, wanted) in value.values().chunks_exact(width).zip(wanted) {
        if let Some(wanted) = wanted {
            right += u32::from(likeliest(row) == *wanted);
            all += 1;
        }
    }
    f64::from(right) / f64::from(all.max(1))
}

/// A few pairs beside what a model answers; ✓ or ✗ before each.
pub fn samples(tested: &Tested) -> Panel {
    let rows = tested.0.iter().take(SAMPLES).map(|answered| {
        let mark = if answered.is_exact() { "✓" } else { "✗" };
        let shown = |text: &str| shortened(text, 30);
        vec![mark.to_owned(), shown(&answered.found), shown(&answered.pair.target), shown(&answered.pair.source)]
    });
    // Where there is little room the end is cut: of the source one can do without.
    let names = [("", ""), ("predicted", "予測"), ("right", "正解"), ("source", "入力")];
    Panel::columns(names, rows)
}

/// A token as it is shown: a space would not be seen.
pub fn visible(encoding: &Encoding, token: usize) -> String {
    encoding.piece(token).replace(' ', "␣")
}

/// A text of at most so many characters, the rest as ….
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{kept}…")
}

/// An answer token by token, each with its probability and what else could have stood there.
pub fn answer(decoding: &Decoding, encoding: &Encoding) -> Panel {
    let tokens = decoding.tokens.iter().zip(&decoding.predictions).map(|(&token, prediction)| {
        let mut order: Vec<usize> = (0..prediction.len()).collect();
        order.sort_by(|&a, &b| prediction[b].total_cmp(&prediction[a]));
        let bar = |&token: &usize| Bar { name: visible(encoding, token), value: prediction[token].exp() };
        Token {
            text: visible(encoding, token),
            value: Some(prediction[token].exp()),
            alternatives: order.iter().take(ALTERNATIVES).map(bar).collect(),
            marked: false,
        }
    });
    let heading = Bilingual::new(
        "predicted token by token; shade: probability of the token",
        "1 トークンずつの予測。色の濃さはそのトークンの確率",
    );
    Panel::Tokens { heading, tokens: tokens.collect() }
}

/// The answers that beam search found, with Σ ln p.
pub fn hypotheses(found: &[Hypothesis], encoding: &Encoding) -> Panel {
    let rows = found.iter().map(|hypothesis| {
        let ending = if hypothesis.has_ended() { "" } else { "…" };
        vec![format!("{}{ending}", encoding.decode(&hypothesis.tokens)), format!("{:.3}", hypothesis.score)]
    });
    Panel::columns([("answers found", "見つかった答え"), ("Σ ln p", "Σ ln p")], rows)
}

/// What beam search considered, as a tree: below each beginning those that go on from it.
pub fn beam_tree(steps: &[Vec<Expansion>], encoding: &Encoding) -> Panel {
    let mut rows = Vec::new();
    grow(&[], steps, encoding, &mut rows);
    let names =
        [("beginnings considered", "検討した系列"), ("Σ ln p", "Σ ln p"), ("✓ complete, ✗ dropped", "✓ 完成、✗ 除外")];
    Panel::columns(names, rows)
}

fn grow(beginning: &[usize], steps: &[Vec<Expansion>], encoding: &Encoding, rows: &mut Vec<Vec<String>>) {
    let Some(considered) = steps.get(beginning.len()) else { return };
    for Expansion { hypothesis, kept } in considered {
        let Some((last, before)) = hypothesis.tokens.split_last() else { continue };
        if before != beginning {
            continue;
        }
        let fate = match (kept, hypothesis.has_ended()) {
            (true, true) => "✓",
            (true, false) => "",
            (false, _) => "✗",
        };
        let indent = "· ".repeat(before.len());
        let score = format!("{:.3}", hypothesis.score);
        rows.push(vec![format!("{indent}{}", visible(encoding, *last)), score, fate.to_owned()]);
        if *kept {
            grow(&hypothesis.tokens, steps, encoding, rows);
        }
    }
}

/// States `[steps, D]` as a heat map: a column for each token, a row for each of the units that vary most.
pub fn states(heading: Bilingual, states: &Tensor<f32>, tokens: Vec<String>) -> Panel {
    let (steps, width) = (states.shape()[0], states.shape()[1]);
    let at = |step: usize, unit: usize| states.values()[step * width + unit];
    let variance = |unit: usize| {
        let mean = (0..steps).map(|step| at(step, unit)).sum::<f32>() / steps.max(1) as f32;
        (0..steps).map(|step| (at(step, unit) - mean).powi(2)).sum::<f32>()
    };
    let mut units: Vec<(usize, f32)> = (0..width).map(|unit| (unit, variance(unit))).collect();
    units.sort_by(|a, b| b.1.total_cmp(&a.1));
    units.truncate(UNITS);
    units.sort_by_key(|(unit, _)| *unit);
    let count = units.len();
    Panel::HeatMap(HeatMap {
        heading: Bilingual::new(
            format!("{}; row: one of the {count} of {width} units of h that vary most; shade: its value", heading.en),
            format!("{}。行: h の {width} 成分のうち変化の大きい {count} 個、濃さ: その値", heading.ja),
        ),
        rows: units.iter().map(|(unit, _)| unit.to_string()).collect(),
        columns: tokens,
        values: units.iter().flat_map(|&(unit, _)| (0..steps).map(move |step| at(step, unit))).collect(),
        range: [-1.0, 1.0],
    })
}

/// The share of exact answers over the length of the source.
pub fn length_curve(tested: &Tested) -> Panel {
    let exact = Bilingual::new("exact match", "完全一致率");
    length_panel(&[(exact, tested.exact_match_by_length())])
}

/// The same of several models on the same pairs, by their names.
pub fn length_curves(tested: &[(Bilingual, Tested)]) -> Panel {
    let curves = tested.iter().map(|(name, tested)| (name.clone(), tested.exact_match_by_length()));
    length_panel(&curves.collect::<Vec<_>>())
}

/// Shares of exact answers by the length of the source, a curve for each name over the same lengths.
pub fn length_panel(curves: &[(Bilingual, BTreeMap<usize, f64>)]) -> Panel {
    Panel::Curves(Curves {
        heading: Bilingual::new("exact match by length of the source", "入力の長さごとの完全一致率"),
        axis: Bilingual::new("tokens", "トークン数"),
        places: curves
            .first()
            .map(|(_, curve)| curve.keys().map(|&length| length as f64).collect())
            .unwrap_or_default(),
        curves: curves
            .iter()
            .map(|(name, curve)| Curve { name: name.clone(), values: curve.values().copied().collect(), band: None })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tasks::END;
    use crate::experiment::Language;

    #[test]
    fn a_tree_stands_in_the_order_of_its_branches() {
        let encoding = Encoding::of_characters(["ab"]);
        let [a, b] = ["a", "b"].map(|text| encoding.encode(text).unwrap()[0]);
        let seen = |tokens: &[usize], kept| Expansion {
            hypothesis: Hypothesis { tokens: tokens.to_vec(), score: -(tokens.len() as f64) },
            kept,
        };
        let steps = [
            vec![seen(&[b], true), seen(&[a], true)],
            vec![seen(&[a, b], true), seen(&[b, END], true), seen(&[b, b], false)],
        ];
        let Panel::Table { rows, .. } = beam_tree(&steps, &encoding) else { panic!("a table") };
        let rows = rows.in_language(Language::En);
        let shown: Vec<String> = rows.iter().map(|row| format!("{} {}", row[0], row[2])).collect();
        assert_eq!(shown, ["b ", "· <EOS> ✓", "· b ✗", "a ", "· b "]);
    }

    #[test]
    fn long_texts_are_cut_by_characters() {
        assert_eq!(shortened("令和三年三月三日", 5), "令和三年…");
        assert_eq!(shortened("abc", 3), "abc");
    }

    #[test]
    fn states_show_the_units_that_vary() {
        let values = (0..3).flat_map(|step| (0..40).map(move |unit| if unit == 33 { step as f32 } else { 0.5 }));
        let all = crate::tensor::tensor(ndarray::IxDyn(&[3, 40]), values.collect());
        let Panel::HeatMap(map) = states(Bilingual::same("h"), &all, vec!["x".into(); 3]) else { panic!("a map") };
        assert_eq!((map.rows.len(), map.values.len()), (16, 48));
        assert!(map.rows.contains(&"33".to_owned()));
        assert_eq!(map.heading.en, "h; row: one of the 16 of 40 units of h that vary most; shade: its value");
    }
}
