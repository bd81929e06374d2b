//! CycleGAN (Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
//! 2017, arXiv:1703.10593).
//!
//! Two sets of pictures, X and Y, and no pairs. G: X → Y and F: Y → X learn together with a discriminator for each set,
//!
//! ```text
//! L = L_GAN(G, D_Y) + L_GAN(F, D_X) + λ (‖F(G(x)) − x‖₁ + ‖G(F(y)) − y‖₁),
//! ```
//!
//! where the adversarial losses are squares, as in the paper: D descends (D(y) − 1)² + D(G(x))², G descends
//! (D(G(x)) − 1)². Discriminators look at patches: one verdict for each of 7×7 places.
//!
//! X and Y are digits in two [`Style`]s; the true translation of every digit is known, and never shown to the model.

mod answers;
mod learner;
mod setup;
mod translator;

pub use answers::{TrainedCycleGan, VIEWS};
pub use learner::{CycleGanLearner, REPORT_KEYS, SERIES, knobs};

use crate::data::Mnist;
use crate::data::styles::Style;
use crate::experiment::{Experiment, Learn, Preview};
use crate::generative::classifier::Judge;
use crate::nn::{Bound, Parameters};
use crate::tensor::Var;
use crate::{bundled, lab_file};
use rand::Rng;
use std::sync::Arc;
use translator::{Discriminator, Translator};

pub static EXPERIMENT: Experiment = Experiment {
    id: "cyclegan",
    lab: Some(lab_file!("09-cyclegan")),
    knobs,
    series: &SERIES,
    headline: "val/cycle",
    emits: &["translations"],
    views: &VIEWS,
    answers: &TrainedCycleGan::ANSWERS,
    report: &REPORT_KEYS,
    preview: Preview::View("translate"),
    learn: Learn::By(|setting| {
        let (digits, judge) = (Mnist::for_training(setting)?, Judge::bundled()?);
        Ok(Box::new(CycleGanLearner::new(&setting.knobs, setting.seed, digits, judge)))
    }),
    open: |weights, knobs, source| Ok(Arc::new(TrainedCycleGan::open(weights, knobs, Mnist::of(source)?.test)?)),
    small: &["channels=8 batch=4 steps=14"],
    bundled: bundled!("cyclegan"),
    ..Experiment::EMPTY
};

/// Two styles to translate between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StylePair {
    /// As the knob `styles` names it.
    pub name: &'static str,
    pub x: Style,
    pub y: Style,
}

pub const STYLE_PAIRS: [StylePair; 3] = [
    StylePair { name: "slant", x: Style::Upright, y: Style::Slanted },
    StylePair { name: "weight", x: Style::Thin, y: Style::Bold },
    StylePair { name: "ground", x: Style::Plain, y: Style::Textured },
];

impl StylePair {
    /// The pairs that a knob asks for: one, or all.
    pub fn named(name: &str) -> Vec<StylePair> {
        STYLE_PAIRS.into_iter().filter(|pair| name == "all" || pair.name == name).collect()
    }
}

/// The four networks of a pair of styles.
#[derive(Debug, Clone)]
pub struct CycleGan {
    pub g: Translator,
    pub f: Translator,
    pub d_x: Discriminator,
    pub d_y: Discriminator,
}

/// What is weighed against each other in one step of the translators, each a mean.
pub struct Losses<'t> {
    /// (D_Y(G(x)) − 1)² + (D_X(F(y)) − 1)²
    pub adversarial: Var<'t, f32>,
    /// ‖F(G(x)) − x‖₁ + ‖G(F(y)) − y‖₁ a pixel
    pub cycle: Var<'t, f32>,
    /// G(x) and F(y), `[batch, 784]`.
    pub made: [Var<'t, f32>; 2],
}

impl CycleGan {
    /// Networks whose fresh weights are added to `translators` and `discriminators`.
    pub fn new(
        channels: usize,
        translators: &mut Parameters<f32>,
        discriminators: &mut Parameters<f32>,
        random: &mut impl Rng,
    ) -> Self {
        CycleGan {
            g: Translator::new(translators, "g", channels, random),
            f: Translator::new(translators, "f", channels, random),
            d_x: Discriminator::new(discriminators, "d_x", channels, random),
            d_y: Discriminator::new(discriminators, "d_y", channels, random),
        }
    }

    /// The losses of G and F on x and y, `[batch, 784]` in [0, 1]; discriminators stand still.
    pub fn losses<'t>(
        &self,
        translators: &Bound<'t, f32>,
        discriminators: &Bound<'t, f32>,
        [x, y]: [Var<'t, f32>; 2],
    ) -> Losses<'t> {
        let made = [self.g.forward(translators, x), self.f.forward(translators, y)];
        let [made_y, made_x] = made;
        let adversarial =
            real(self.d_y.forward(discriminators, made_y)) + real(self.d_x.forward(discriminators, made_x));
        let around = |back: Var<'t, f32>, from: Var<'t, f32>| (back - from).abs().mean();
        let cycle = around(self.f.forward(translators, made_y), x) + around(self.g.forward(translators, made_x), y);
        Losses { adversarial, cycle, made }
    }

    /// The loss of both discriminators on real x, y and on what was made of them.
    pub fn discriminator_loss<'t>(
        &self,
        discriminators: &Bound<'t, f32>,
        [x, y]: [Var<'t, f32>; 2],
        [made_y, made_x]: [Var<'t, f32>; 2],
    ) -> Var<'t, f32> {
        let judge = |d: &Discriminator, true_one, made| {
            real(d.forward(discriminators, true_one)) + d.forward(discriminators, made).square().mean()
        };
        (judge(&self.d_x, x, made_x) + judge(&self.d_y, y, made_y)).scale(0.5)
    }
}

/// The mean of (d − 1)².
fn real(verdicts: Var<'_, f32>) -> Var<'_, f32> {
    verdicts.shift(-1.0).square().mean()
}
