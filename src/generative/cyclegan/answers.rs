//! What can be asked of a trained CycleGAN.

use super::learner::{networks, styled, unit};
use super::translator::{Translator, translate};
use super::{CycleGan, StylePair};
use crate::data::Digits;
use crate::data::styles::Style;
use crate::experiment::query::Row;
use crate::experiment::{Answer, Failure, Knobs, Model, Picture, Query, QueryKind, Watch};
use crate::generative::digits::{examples, intensities, pictures, unanswered};
use crate::nn::{Parameters, learning};
use crate::tensor::{Tensor, tensor};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// The views that [`Query::Show`] names.
pub const VIEWS: [&str; 3] = ["translate", "hidden", "drawing"];

/// Digits in a row.
const DIGITS: usize = 8;
/// Deviation of the noise that wipes out what is written faintly.
const WIPE: f32 = 0.05;

/// The translators of one or more pairs of styles.
pub struct TrainedCycleGan {
    pairs: Vec<(StylePair, Arc<CycleGan>, Parameters<f32>)>,
    test: Digits,
}

impl TrainedCycleGan {
    /// The kinds of query it answers.
    pub const ANSWERS: [QueryKind; 2] = [QueryKind::Examples, QueryKind::Show];

    pub fn new(pairs: Vec<(StylePair, Arc<CycleGan>, Parameters<f32>)>, test: Digits) -> Self {
        TrainedCycleGan { pairs, test }
    }

    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken or does not fit the knobs.
    pub fn open(weights: &[u8], knobs: &Knobs, test: Digits) -> Result<Self, Failure> {
        let mut pairs = networks(knobs, &mut ChaCha8Rng::seed_from_u64(0));
        let names: Vec<String> = pairs.iter().map(|(pair, ..)| format!("{}.translators.", pair.name)).collect();
        let mut parameters: Vec<(&str, &mut Parameters<f32>)> = names
            .iter()
            .map(String::as_str)
            .zip(pairs.iter_mut().map(|(_, _, [translators, _])| translators))
            .collect();
        learning::open(&mut parameters, weights)?;
        let pairs = pairs.into_iter().map(|(pair, networks, [translators, _])| (pair, Arc::new(networks), translators));
        Ok(Self::new(pairs.collect(), test))
    }

    /// The pair and the direction that a slider from 0 to 1 stands at.
    fn chosen(&self, at: f32) -> Choice<'_> {
        let ways = 2 * self.pairs.len();
        let way = ((at.clamp(0.0, 1.0) * ways as f32) as usize).min(ways - 1);
        let (pair, networks, parameters) = &self.pairs[way / 2];
        let (g, f) = (&networks.g, &networks.f);
        if way.is_multiple_of(2) {
            Choice { from: pair.x, to: pair.y, there: g, back: f, parameters }
        } else {
            Choice { from: pair.y, to: pair.x, there: f, back: g, parameters }
        }
    }

    fn show(&self, view: &str, seed: u64, at: f32, picture: Option<&Picture>) -> Result<Vec<Row>, Failure> {
        let Choice { from, to, there, back, parameters } = self.chosen(at);
        let first = seed as usize * DIGITS % (self.test.len() - DIGITS);
        let given = match picture {
            Some(picture) => {
                let drawn = intensities(std::slice::from_ref(picture))?;
                tensor([1, drawn.len()], from.apply(drawn.values()))
            }
            None => unit(&styled(&self.test, first..first + DIGITS, from)),
        };
        let made = translate(there, parameters, &given);
        let around = translate(back, parameters, &made);
        let ([from_en, from_ja], [to_en, to_ja]) = (name(from), name(to));
        match view {
            "translate" | "drawing" => {
                let truth = match picture {
                    Some(picture) => tensor([1, 784], to.apply(intensities(std::slice::from_ref(picture))?.values())),
                    None => unit(&styled(&self.test, first..first + DIGITS, to)),
                };
                let error = mean_difference(&around, &given);
                Ok(vec![
                    Row::new(from_en, from_ja, pictures(&given)),
                    Row::new(format!("made {to_en}"), format!("{to_ja}へ変換"), pictures(&made)),
                    Row::new(
                        format!("and back; a pixel is off by {error:.3}"),
                        format!("元へ戻す(画素の誤差 {error:.3})"),
                        pictures(&around),
                    ),
                    Row::new(
                        format!("truly {to_en}: never shown to the model"),
                        format!("本当の{to_ja}(モデルには見せていない)"),
                        pictures(&truth),
                    ),
                ])
            }
            "hidden" => {
                let noise =
                    super::super::gan::normal_rows(made.shape()[0], 784, WIPE, &mut ChaCha8Rng::seed_from_u64(seed));
                let spoilt: Vec<f32> =
                    made.values().iter().zip(noise.values()).map(|(x, n)| (x + n).clamp(0.0, 1.0)).collect();
                let without = translate(back, parameters, &tensor(made.raw_dim(), spoilt));
                let (kept, lost) = (mean_difference(&around, &given), mean_difference(&without, &given));
                let faint: Vec<f32> = (around.values().iter().zip(without.values()))
                    .map(|(a, b)| (4.0 * (a - b).abs()).clamp(0.0, 1.0))
                    .collect();
                Ok(vec![
                    Row::new(from_en, from_ja, pictures(&given)),
                    Row::new(format!("made {to_en}"), format!("{to_ja}へ変換"), pictures(&made)),
                    Row::new(
                        format!("and back: off by {kept:.3}"),
                        format!("元へ戻す: 誤差 {kept:.3}"),
                        pictures(&around),
                    ),
                    Row::new(
                        format!("back, with faint noise (σ = {WIPE}) put on the translation: off by {lost:.3}"),
                        format!("変換結果に淡い雑音(σ = {WIPE})を加えてから戻す: 誤差 {lost:.3}"),
                        pictures(&without),
                    ),
                    Row::new(
                        "the difference of the two, 4 times: what was read from faint traces",
                        "その差の 4 倍: かすかな痕跡から読み取られていたもの",
                        pictures(&tensor(made.raw_dim(), faint)),
                    ),
                ])
            }
            other => Err(Failure::new(format!("unknown view `{other}`: expected one of {}", VIEWS.join(", ")))),
        }
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
    fn answer(&self, query: &Query, watch: &Watch) -> Result<Answer, Failure> {
        watch.check()?;
        match query {
            Query::Examples { offset, count } => examples(&self.test, *offset, *count),
            Query::Show { view, seed, at, picture } => {
                Ok(Answer::Gallery { rows: self.show(view, *seed, *at, picture.as_ref())? })
            }
            query => Err(unanswered(query)),
        }
    }
}
