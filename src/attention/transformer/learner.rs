//! A Transformer in training: its knobs, and what one step predicts.

use super::trained::TrainedTransformer;
use super::{Transformer, examine};
use crate::attention::sequences::learner::{PairLearner, PairNetwork, Training};
use crate::attention::sequences::{Batch, Corpus};
use crate::experiment::{ExperimentError, Knob, KnobValue, Knobs, Panel};
use crate::nn::{Bound, PAPER_WAVELENGTH, Parameters, Run, Trainer};
use crate::tensor::Var;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub fn knobs() -> Vec<Knob> {
    let on = |name, help| Knob { default: KnobValue::Flag(true), ..Knob::flag(name, help) };
    let own = vec![
        Corpus::task_knob(),
        Knob::integer("layers", 1..=8, 2, ["blocks of encoder and of decoder", "符号器・復号器のブロック数"]),
        Knob::integer("width", 4..=512, 64, ["D, numbers in the vector of a token", "トークンのベクトルの次元 D"]),
        Knob::integer("heads", 1..=16, 4, ["heads of each attention; they divide D", "ヘッドの数。D を割り切る数"]),
        Knob::choice("norm", &["pre", "post"], ["where a block normalises", "ブロック内の正規化の位置"]),
        Knob::choice("positions", &["sine", "learned", "none"], ["positional encoding", "位置符号化"]),
        Knob::factor(
            "wavelength",
            1.0..=1e6,
            PAPER_WAVELENGTH,
            [
                "longest wavelength of positions = sine, as a multiple of 2π tokens",
                "positions = sine の最長の波長(2π トークンの倍数)",
            ],
        ),
        on("mask", ["hide later tokens from the decoder", "復号器から後のトークンを隠す"]),
        on("scale", ["divide scores by √d", "スコアを √d で割る"]),
        on(
            "projections",
            [
                "self-attention with W_Q, W_K, W_V; off: on x itself",
                "自己注意に W_Q, W_K, W_V を使う。オフなら x のまま",
            ],
        ),
        Knob::integer(
            "warm_up",
            0..=100_000,
            200,
            ["steps over which the learning rate rises", "学習率を上げていくステップ数"],
        ),
    ];
    [own, Training::knobs(3e-3, 64, 2000)].concat()
}

/// A fresh Transformer that is to learn the pairs of a corpus.
///
/// # Errors
/// When the heads do not divide the width.
///
/// # Panics
/// If `knobs` lacks one of [`knobs`].
pub fn learner(knobs: &Knobs, seed: u64, corpus: Corpus) -> Result<Trainer<PairLearner<Transformer>>, ExperimentError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (network, parameters) = Transformer::from_knobs(knobs, &corpus, &mut random)?;
    let training = Training::new(knobs, seed, corpus);
    let plan = training.plan(self::knobs(), knobs, random, knobs.integer("warm_up") as u64);
    Ok(PairLearner::new(network, parameters, training, plan))
}

impl PairNetwork for Transformer {
    type Trained = TrainedTransformer;

    fn logits<'t>(&self, bound: &Bound<'t, f32>, batch: &Batch, _run: &mut Run<'_>) -> Var<'t, f32> {
        self.forward(bound, batch)
    }

    fn trained(network: &Arc<Self>, parameters: Parameters<f32>, corpus: Corpus) -> TrainedTransformer {
        TrainedTransformer::new(Arc::clone(network), parameters, corpus)
    }

    fn views(trained: &TrainedTransformer) -> Vec<(&'static str, Vec<Panel>)> {
        examine::example(trained).map(|panels| ("attention", panels)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Event, TaskContext, Trainable};

    /// Exact match on held-out dates, and the last training loss, after a run with some knobs set.
    fn after(switches: &str) -> [f64; 2] {
        let mut set = Knobs::defaults(&knobs());
        for assignment in "task=dates steps=600 evaluated=400".split(' ').chain(switches.split_whitespace()) {
            set.set_text(&knobs(), assignment).unwrap();
        }
        let mut run = learner(&set, 1, Corpus::of_task(&set)).unwrap();
        let mut loss = f64::NAN;
        while run.position().step < 600 {
            let emit = &mut |event| match event {
                Event::Scalar { series, value, .. } if series == "loss" => loss = value,
                _ => {}
            };
            run.step(emit).unwrap();
        }
        let report = run.report(&TaskContext::default()).unwrap();
        [report["exact_match"].as_f64().unwrap(), loss]
    }

    /// What the page "What each part is for" says of the presets, here after fewer steps.
    #[test]
    fn every_switch_costs_what_the_theory_says() {
        let [whole, loss] = after("");
        let [blind, cheated] = after("mask=off");
        assert!(blind < 0.05 && cheated < loss / 5.0, "no mask: {blind}, {cheated} beside {loss}");
        let [unordered, _] = after("positions=none");
        assert!(unordered < 0.3 * whole, "no positions: {unordered} beside {whole}");
        let [itself, _] = after("projections=off");
        assert!(itself < whole - 0.05, "no projections: {itself} beside {whole}");
        for weaker in ["scale=off", "heads=1"] {
            let [exact, slower] = after(weaker);
            assert!(exact < whole && slower > loss, "{weaker}: {exact}, {slower} beside {whole}, {loss}");
        }
    }
}
