//! What can be asked of a trained CycleGAN.

use super::setup::{networks, styled, unit};
use super::translator::{Translator, translate};
use super::{CycleGan, StylePair};
use crate::data::Digits;
use crate::data::pictures::intensities;
use crate::data::styles::Style;
use crate::experiment::{
    Answer, ExperimentError, Knob, Knobs, Model, Panel, Query, QueryKind, TaskContext, ViewSpec, Wording, view,
};
use crate::generative::digits::{self, examples, pictures};
use crate::generative::noise::normal_rows;
use crate::nn::{Parameters, weights};
use crate::tensor::{Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub static VIEWS: [ViewSpec; 2] = [
    ViewSpec::new(
        "translate",
        Wording::new("digits in another style, and back", "数字を別の書体へ変換し、元へ戻す"),
        inputs,
    ),
    ViewSpec::new(
        "hidden",
        Wording::new(
            "how much faint noise on the translation changes what is translated back",
            "変換結果に淡いノイズを加えると、元に戻した結果がどれだけ変わるか",
        ),
        inputs,
    ),
];

/// From which style to which, of the pairs that the model has learned, and what digits.
fn inputs() -> Vec<Knob> {
    let help = ["which translation: two for each pair of styles", "どの変換か(書体の組ごとに両方向)"];
    [vec![Knob::integer("direction", 1..=6, 1, help)], digits::inputs()].concat()
}

/// Digits in a row.
const DIGITS: usize = 8;
/// Deviation of the noise on a translation: what is written as faintly as this is lost in it.
const WIPE: f32 = 0.05;

/// The translators of one or more pairs of styles.
pub struct TrainedCycleGan {
    pairs: Vec<(StylePair, Arc<CycleGan>, Parameters<f32>)>,
    test: Digits,
}

impl TrainedCycleGan {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 2] = [QueryKind::View, QueryKind::Examples];

    pub fn new(pairs: Vec<(StylePair, Arc<CycleGan>, Parameters<f32>)>, test: Digits) -> Self {
        TrainedCycleGan { pairs, test }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, ExperimentError> {
        let mut pairs = networks(knobs, &mut ChaCha8Rng::seed_from_u64(0));
        let names: Vec<String> = pairs.iter().map(|(pair, ..)| format!("{}.translators.", pair.name)).collect();
        let mut parameters: Vec<(&str, &mut Parameters<f32>)> = names
            .iter()
            .map(String::as_str)
            .zip(pairs.iter_mut().map(|(_, _, [translators, _])| translators))
            .collect();
        weights::open(&mut parameters, weights)?;
        let pairs = pairs.into_iter().map(|(pair, networks, [translators, _])| (pair, Arc::new(networks), translators));
        Ok(Self::new(pairs.collect(), test))
    }

    /// The pair and the direction of this number, counted from 1; the last one where the model has fewer.
    fn chosen(&self, direction: i64) -> Choice<'_> {
        let way = (direction.max(1) as usize - 1).min(2 * self.pairs.len() - 1);
        let (pair, networks, parameters) = &self.pairs[way / 2];
        let (g, f) = (&networks.g, &networks.f);
        if way.is_multiple_of(2) {
            Choice { from: pair.x, to: pair.y, there: g, back: f, parameters }
        } else {
            Choice { from: pair.y, to: pair.x, there: f, back: g, parameters }
        }
    }

    /// The digits of a view in a style, `[count, 784]` in [0, 1].
    fn given(&self, inputs: &Knobs, style: Style) -> Result<Tensor<f32>, ExperimentError> {
        match inputs.picture("picture") {
            Some(picture) => {
                let drawn = intensities(std::slice::from_ref(picture))?;
                Ok(tensor([1, drawn.len()], style.apply(drawn.values())))
            }
            None => Ok(unit(&styled(&self.test, digits::indices(&self.test, inputs, DIGITS), style))),
        }
    }

    fn translate(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let Choice { from, to, there, back, parameters } = self.chosen(inputs.integer("direction"));
        let given = self.given(inputs, from)?;
        let made = translate(there, parameters, &given);
        let around = translate(back, parameters, &made);
        let error = mean_difference(&around, &given);
        let ([from_en, from_ja], [to_en, to_ja]) = (name(from), name(to));
        Ok(vec![
            Panel::row(from_en, from_ja, pictures(&given)),
            Panel::row(format!("translated to {to_en}"), format!("{to_ja}へ変換"), pictures(&made)),
            Panel::row(
                format!("and back; a pixel is off by {error:.3}"),
                format!("元へ戻す(画素の誤差 {error:.3})"),
                pictures(&around),
            ),
            Panel::row(
                format!("truly {to_en}: never shown to the model"),
                format!("本当の{to_ja}(モデルには見せていない)"),
                pictures(&self.given(inputs, to)?),
            ),
        ])
    }

    fn hidden(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let Choice { from, to, there, back, parameters } = self.chosen(inputs.integer("direction"));
        let given = self.given(inputs, from)?;
        let made = translate(there, parameters, &given);
        let around = translate(back, parameters, &made);
        let random = &mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64);
        let noise = normal_rows(made.shape()[0], 784, WIPE, random);
        let spoilt: Vec<f32> = made.values().iter().zip(noise.values()).map(|(x, n)| (x + n).clamp(0.0, 1.0)).collect();
        let without = translate(back, parameters, &tensor(made.raw_dim(), spoilt));
        let (kept, lost) = (mean_difference(&around, &given), mean_difference(&without, &given));
        let faint: Vec<f32> = (around.values().iter().zip(without.values()))
            .map(|(a, b)| (4.0 * (a - b).abs()).clamp(0.0, 1.0))
            .collect();
        let ([from_en, from_ja], [to_en, to_ja]) = (name(from), name(to));
        Ok(vec![
            Panel::row(from_en, from_ja, pictures(&given)),
            Panel::row(format!("translated to {to_en}"), format!("{to_ja}へ変換"), pictures(&made)),
            Panel::row(format!("and back: off by {kept:.3}"), format!("元へ戻す: 誤差 {kept:.3}"), pictures(&around)),
            Panel::row(
                format!("back, with faint noise (σ = {WIPE}) put on the translation: off by {lost:.3}"),
                format!("変換結果に淡いノイズ(σ = {WIPE})を加えてから戻す: 誤差 {lost:.3}"),
                pictures(&without),
            ),
            Panel::row(
                "the difference of the two, 4 times enlarged",
                "その差の 4 倍",
                pictures(&tensor(made.raw_dim(), faint)),
            ),
        ])
    }
}

struct Choice<'a> {
    from: Style,
    to: Style,
    there: &'a Translator,
    back: &'a Translator,
    parameters: &'a Parameters<f32>,
}

fn mean_difference(a: &Tensor<f32>, b: &Tensor<f32>) -> f32 {
    a.values().iter().zip(b.values()).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
}

/// A style in both languages.
fn name(style: Style) -> [&'static str; 2] {
    match style {
        Style::Plain => ["plain", "無地"],
        Style::Upright => ["upright", "直立"],
        Style::Slanted => ["slanted", "斜体"],
        Style::Thin => ["thin", "細字"],
        Style::Bold => ["bold", "太字"],
        Style::Textured => ["on its ground", "地紋つき"],
    }
}

impl Model for TrainedCycleGan {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        task.check()?;
        match query {
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::View { name, inputs } => {
                let inputs = view::find(&VIEWS, name)?.completed(inputs)?;
                let panels = if name == "hidden" { self.hidden(&inputs)? } else { self.translate(&inputs)? };
                Ok(Answer::Panels { panels })
            }
            query => Err(ExperimentError::unanswered(query)),
        }
    }
}
