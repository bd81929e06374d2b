//! An encoder–decoder in training: knobs, and what one step predicts.

use super::answers::TrainedSeq2Seq;
use super::{Configuration, Seq2Seq};
use crate::attention::sequences::learner::{PairLearner, PairNetwork, Training};
use crate::attention::sequences::{Batch, Corpus, likeliest};
use crate::experiment::{Knob, Knobs};
use crate::nn::{Bound, Parameters, Run, Trainer};
use crate::tensor::Var;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub fn knobs() -> Vec<Knob> {
    let own = vec![
        Corpus::task_knob(),
        Knob::choice("cell", &["lstm", "gru"], ["kind of recurrent layer", "再帰層の種類"]),
        Knob::integer("layers", 1..=4, 1, ["recurrent layers of encoder and decoder", "符号器・復号器の再帰層の数"]),
        Knob::integer("hidden", 4..=1024, 128, ["D, numbers in the state of a layer", "状態の次元 D"]),
        Knob::integer("embedding", 2..=512, 32, ["numbers in the vector of a token", "トークンのベクトルの次元"]),
        Knob::flag("peeky", ["show h_T to the decoder at every step", "復号器に毎ステップ h_T を見せる"]),
        Knob::flag("reversed", ["read the source from its end", "入力を末尾から読む"]),
        Knob::real(
            "teacher_forcing",
            0.0..=1.0,
            1.0,
            [
                "share of steps that are given the right token, not the predicted one",
                "予測ではなく正解のトークンを次の入力にする割合",
            ],
        )
        .live(),
    ];
    [own, Training::knobs(3e-3, 128, 3000)].concat()
}

/// A fresh encoder–decoder that is to learn the pairs of a corpus.
///
/// # Panics
/// If `knobs` lacks one of [`knobs`].
pub fn learner(knobs: &Knobs, seed: u64, corpus: Corpus) -> Trainer<PairLearner<Seq2Seq>> {
    let (mut parameters, mut random) = (Parameters::new(), ChaCha8Rng::seed_from_u64(seed));
    let symbols = [corpus.texts.source.len(), corpus.texts.target.len()];
    let network = Seq2Seq::new(Configuration::from_knobs(knobs), symbols, &mut parameters, &mut random);
    let training = Training::new(knobs, seed, corpus);
    let plan = training.plan(self::knobs(), knobs, random, 0);
    PairLearner::new(network, parameters, training, plan)
}

impl PairNetwork for Seq2Seq {
    type Trained = TrainedSeq2Seq;

    /// A step of the decoder is given the right token with probability `teacher_forcing`, else the one that was predicted.
    fn logits<'t>(&self, bound: &Bound<'t, f32>, batch: &Batch, run: &mut Run<'_>) -> Var<'t, f32> {
        let teacher_forcing = run.real("teacher_forcing");
        let (_, summary) = self.encode(bound, &batch.sources, &batch.source_lengths);
        if teacher_forcing >= 1.0 {
            return self.decode(bound, &summary, &batch.given);
        }
        let steps = batch.target_steps();
        let mut tokens: Vec<usize> = (0..batch.rows).map(|row| batch.given[row * steps]).collect();
        let (mut states, mut logits) = (summary.clone(), Vec::with_capacity(steps));
        for step in 0..steps {
            let (predicted, after) = self.decode_step(bound, &summary, &states, &tokens);
            states = after;
            logits.push(predicted);
            if step + 1 < steps {
                let value = predicted.ordered();
                for ((row, token), prediction) in tokens.iter_mut().enumerate().zip(value.rows().rows()) {
                    let right = run.random().random_bool(teacher_forcing);
                    *token = if right {
                        batch.given[row * steps + step + 1]
                    } else {
                        likeliest(prediction.to_slice().expect("a row"))
                    };
                }
            }
        }
        let symbols = *logits[0].shape().last().expect("symbols");
        Var::stack(&logits, 1).reshape([batch.rows * steps, symbols])
    }

    fn trained(network: &Arc<Self>, parameters: Parameters<f32>, corpus: Corpus) -> TrainedSeq2Seq {
        TrainedSeq2Seq::new(Arc::clone(network), parameters, corpus)
    }
}
