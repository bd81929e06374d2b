//! Scaling: the same text learned by networks of several widths side by side, and how the loss falls with parameters and tokens (Kaplan
//! et al. 2020, arXiv:2001.08361, "Scaling laws for neural language models").

use crate::attention::language_model::{Configuration, Gpt};
use crate::experiment::panel::{Curve, Curves};
use crate::experiment::scene::{Cloud, CloudKind, Label};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Panel, Scene, number};
use crate::nn::{BlockSettings, OptimizedNetwork, Parameters};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// What a network of another width is narrower by than the next.
const FACTOR: usize = 2;

/// Networks that are narrower than the one of the run, the widest of them first.
pub struct Sweep {
    pub smaller: Vec<Smaller>,
    pub history: Vec<Point>,
}

/// One of them.
pub struct Smaller {
    pub network: Gpt,
    pub optimized: OptimizedNetwork,
}

/// Held-out losses at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Tokens that each network has read.
    pub tokens: u64,
    /// Nats per token, of the widest network first.
    #[serde(with = "number")]
    pub losses: Vec<f64>,
}

impl Sweep {
    /// The smaller networks that the knob `sizes` asks for.
    ///
    /// # Errors
    /// When a width cannot be halved so often, or the run begins from another network.
    pub fn new(
        knobs: &Knobs,
        widest: Configuration,
        optimized: impl Fn(Parameters<f32>) -> OptimizedNetwork,
        random: &mut impl Rng,
    ) -> Result<Self, ExperimentError> {
        let sizes = knobs.integer("sizes") as usize;
        if sizes > 1 && knobs.choice("start") != "scratch" {
            return Err(ExperimentError::both(
                format!("knob `sizes` = `{sizes}`: several sizes are trained where start = scratch"),
                format!("設定 `sizes` = `{sizes}`: 複数のサイズの学習は start = scratch のときに使えます"),
            ));
        }
        let BlockSettings { width, heads, .. } = widest.block;
        let least = FACTOR.pow(sizes as u32 - 1) * heads;
        if !width.is_multiple_of(least) {
            return Err(ExperimentError::both(
                format!(
                    "knob `width` = `{width}`: expected a multiple of {least} for sizes = {sizes}, each half as wide as the one before, with {heads} heads"
                ),
                format!(
                    "設定 `width` = `{width}`: sizes = {sizes}(幅を半分ずつ狭める)、ヘッド数 {heads} では {least} の倍数にしてください"
                ),
            ));
        }
        let smaller = (1..sizes as u32).map(|halvings| {
            let block = BlockSettings::new(width / FACTOR.pow(halvings), heads);
            let mut parameters = Parameters::new();
            let network = Gpt::new(Configuration { block, ..widest }, &mut parameters, random);
            Smaller { network, optimized: optimized(parameters) }
        });
        Ok(Sweep { smaller: smaller.collect(), history: Vec::new() })
    }

    pub fn is_empty(&self) -> bool {
        self.smaller.is_empty()
    }

    /// The losses so far: by tokens and by parameters, all axes logarithmic. `widest` is the width and the number of parameters of the
    /// run's own network.
    pub fn panels(&self, widest: (usize, usize)) -> Vec<Panel> {
        let of = |smaller: &Smaller| (smaller.network.configuration.block.width, smaller.optimized.parameters.count());
        let sizes: Vec<(usize, usize)> = std::iter::once(widest).chain(self.smaller.iter().map(of)).collect();
        let Some(last) = self.history.last() else { return Vec::new() };
        let names = [("width", "幅"), ("parameters", "パラメータ"), ("held-out loss", "検証損失")];
        let rows = sizes.iter().zip(&last.losses);
        let rows = rows.map(|((width, count), loss)| vec![width.to_string(), count.to_string(), format!("{loss:.3}")]);
        let table = Panel::columns(names, rows);
        let curves = sizes.iter().enumerate().map(|(place, (width, _))| Curve {
            name: Bilingual::new(format!("width {width}"), format!("幅 {width}")),
            values: self.history.iter().map(|point| point.losses[place].log10()).collect(),
            band: None,
        });
        let by_tokens = Panel::Curves(Curves {
            heading: Bilingual::new("log₁₀ of the held-out loss", "検証損失の log₁₀"),
            axis: Bilingual::new("log₁₀ of tokens read", "読んだトークン数の log₁₀"),
            places: self.history.iter().map(|point| (point.tokens as f64).log10()).collect(),
            curves: curves.collect(),
        });
        let points = sizes
            .iter()
            .zip(&last.losses)
            .map(|((width, count), loss)| ([(*count as f32).log10(), loss.log10() as f32], width.to_string()));
        let by_parameters = Panel::Plane {
            heading: Bilingual::new(
                "held-out loss L by parameters N, as powers of ten; the line joins the widths",
                "パラメータ数 N と検証損失 L(10 の何乗か)。線は各幅を順に結んだもの",
            ),
            scene: labelled(&points.collect::<Vec<_>>(), ["log₁₀ N", "log₁₀ L"]),
        };
        vec![table, by_tokens, by_parameters]
    }
}

/// Points with their names, joined by a path, with numbers along the named axes.
fn labelled(points: &[([f32; 2], String)], axes: [&str; 2]) -> Scene {
    let places: Vec<[f32; 2]> =
        points.iter().map(|(at, _)| *at).filter(|at| at.iter().all(|x| x.is_finite())).collect();
    let edge = |axis: usize, pick: fn(f32, f32) -> f32| places.iter().map(|at| at[axis]).reduce(pick).unwrap_or(0.0);
    // Some room about them, for the names too.
    let room = |axis: usize| 0.15 * (edge(axis, f32::max) - edge(axis, f32::min)).max(0.1);
    let low = [0, 1].map(|axis| edge(axis, f32::min) - room(axis));
    let high = [0, 1].map(|axis| edge(axis, f32::max) + room(axis));
    Scene {
        low,
        high,
        clouds: vec![Cloud { kind: CloudKind::Made, points: places.clone() }],
        labels: points.iter().map(|(at, text)| Label { at: *at, text: text.clone(), group: 0 }).collect(),
        paths: vec![places],
        axes: Some(axes.map(str::to_owned)),
        has_ticks: true,
        ..Scene::default()
    }
}

/// Bytes of text and parameters of this lab's preset `full` and of the models whose sizes were published.
///
/// GPT-1: Radford et al. 2018, the text that of BooksCorpus; GPT-2: Radford et al. 2019; GPT-3: Brown et al. 2020, arXiv:2005.14165.
const MODELS: [(&str, f32, f32); 4] =
    [("full", 26.8e6, 918_528.0), ("GPT-1", 4.5e9, 117e6), ("GPT-2", 40e9, 1.5e9), ("GPT-3", 570e9, 175e9)];

/// Text and parameters of the models from this lab's to GPT-3, on logarithmic axes.
pub fn scale() -> Vec<Panel> {
    let points = MODELS.map(|(name, text, count)| ([text.log10(), count.log10()], name.to_owned()));
    vec![
        Panel::Plane {
            heading: Bilingual::new(
                "bytes of text D and parameters N, as powers of ten; the line joins the models by size, from this lab's preset `full` on",
                "テキストのバイト数 D とパラメータ数 N(10 の何乗か)。線は、このラボのプリセット `full` から規模の順に結んだもの",
            ),
            scene: labelled(&points, ["log₁₀ D", "log₁₀ N"]),
        },
        Panel::Note {
            text: Bilingual::new(
                "GPT-3.5 and GPT-4 are not drawn: their sizes were not published.",
                "GPT-3.5 と GPT-4 は、規模が公表されていないため載せていません。",
            ),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::knobs;
    use super::super::learner::GptLearner;
    use super::*;
    use crate::experiment::{Event, Language, Trainable, Words};

    fn run(set: &str) -> Result<crate::nn::Trainer<GptLearner>, ExperimentError> {
        let mut with = Knobs::defaults(&knobs());
        let small = "stories=100 layers=1 width=16 heads=2 context=16 vocabulary=300 batch=2 steps=100 sampled=0";
        small.split(' ').chain(set.split_whitespace()).for_each(|given| with.set_text(&knobs(), given).unwrap());
        GptLearner::new(&with, 1, None)
    }

    #[test]
    fn every_size_learns_and_the_loss_is_drawn_for_each() {
        let mut trainer = run("sizes=3").unwrap();
        let mut shown = Vec::new();
        for _ in 0..100 {
            let mut hear = |event| {
                if let Event::View { panels, .. } = event {
                    shown.push(panels);
                }
            };
            trainer.step(&mut hear).unwrap();
        }
        let sweep = trainer.learner().sweep();
        assert_eq!(sweep.smaller.iter().map(|s| s.network.configuration.block.width).collect::<Vec<_>>(), [8, 4]);
        assert_eq!(sweep.history.iter().map(|point| point.tokens).collect::<Vec<_>>(), [32, 3200]);
        for place in 0..3 {
            let [first, last] = [0, 1].map(|time| sweep.history[time].losses[place]);
            assert!(last < first - 0.3, "size {place}: {first}, then {last}");
        }
        let Some([Panel::Table { rows, .. }, Panel::Curves(curves), Panel::Plane { scene, .. }]) =
            shown.last().map(Vec::as_slice)
        else {
            panic!("{shown:?}")
        };
        assert_eq!(rows.0.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), ["16", "8", "4"].map(Words::from));
        assert_eq!((curves.curves.len(), curves.places.len(), scene.labels.len()), (3, 2, 3));
        assert!((curves.places[1] - 3200_f64.log10()).abs() < 1e-12);
        let loss: f64 = rows.in_language(Language::En)[2][2].parse().unwrap();
        assert!((curves.curves[2].values[1] - loss.log10()).abs() < 1e-3);
    }

    #[test]
    fn widths_that_cannot_be_halved_are_refused() {
        let error = |set: &str| run(set).err().unwrap().to_string();
        assert_eq!(
            error("sizes=5"),
            "knob `width` = `16`: expected a multiple of 32 for sizes = 5, each half as wide as the one before, with 2 heads"
        );
        let bundled = "layers=4 width=128 heads=4 context=128 start=bundled sizes=2";
        assert_eq!(error(bundled), "knob `sizes` = `2`: several sizes are trained where start = scratch");
    }

    #[test]
    fn the_models_rise_together() {
        let [Panel::Plane { scene, heading }, _] = &scale()[..] else { unreachable!() };
        assert!(scene.has_ticks && heading.en.contains("the line joins the models"), "{heading:?}");
        assert!(scene.paths[0].array_windows::<2>().all(|[a, b]| a[0] < b[0] && a[1] < b[1]));
        assert!(
            scene.paths[0]
                .iter()
                .all(|at| (0..2).all(|axis| scene.low[axis] < at[axis] && at[axis] < scene.high[axis]))
        );
    }
}
