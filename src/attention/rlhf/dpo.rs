//! Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, equation 7): the policy learns from the pairs themselves, without
//! a reward model and without making continuations. The reward for which a policy is the best one under the penalty is, up to a part that
//! both continuations share, r(x, y) = β (ln π(y | x) − ln π_ref(y | x)); that goes into the loss of Bradley and Terry.

use super::reward::{Pair, bradley_terry_loss, preferred_then_others};
use super::texts::{PaddedBatch, READ_TOGETHER};
use crate::attention::language_model::Gpt;
use crate::nn::{OptimizedNetwork, Parameters};
use crate::tensor::{Element, Tape, Tensor, Var, tensor};

/// The mean of −ln σ(β [(ln π − ln π_ref)(y) − (ln π − ln π_ref)(y′)]) over pairs, each `[n]` → `[]`.
pub fn preference_loss<'t, E: Element>(
    [preferred, other]: [Var<'t, E>; 2],
    [preferred_by_base, other_by_base]: [Var<'t, E>; 2],
    beta: f64,
) -> Var<'t, E> {
    bradley_terry_loss((preferred - preferred_by_base).scale(beta), (other - other_by_base).scale(beta))
}

/// A one where a place belongs to a row, `[rows, places]`: times a number for each place, its sums.
fn membership(batch: &PaddedBatch) -> Tensor<f32> {
    let places = batch.places.len();
    let mut numbers = vec![0.0; batch.rows * places];
    for (row, of) in batch.of_row.iter().enumerate() {
        numbers[row * places..][of.clone()].fill(1.0);
    }
    tensor([batch.rows, places], numbers)
}

/// ln π(y | x) of both continuations of each pair under the frozen base.
pub fn by_base(network: &Gpt, base: &Parameters<f32>, pairs: &[&Pair]) -> Vec<[f32; 2]> {
    let mut found = Vec::with_capacity(pairs.len());
    for part in pairs.chunks(READ_TOGETHER / 2) {
        let batch = PaddedBatch::new(part.iter().flat_map(|pair| [&pair.preferred, &pair.other]));
        let tape = Tape::without_gradients();
        let each = batch.log_probabilities(network, &base.on(&tape)).ordered();
        found.extend(batch.sums(each.values()).chunks_exact(2).map(|sums| [sums[0] as f32, sums[1] as f32]));
    }
    found
}

/// One update with some pairs and what the base says of them; the loss before it.
pub fn improve(
    network: &Gpt,
    policy: &mut OptimizedNetwork,
    pairs: &[(&Pair, [f32; 2])],
    beta: f64,
    learning_rate: f64,
) -> f64 {
    let batch = preferred_then_others(&pairs.iter().map(|(pair, _)| *pair).collect::<Vec<_>>());
    let tape = Tape::new();
    let bound = policy.parameters.on(&tape);
    let each = batch.log_probabilities(network, &bound).reshape([batch.places.len(), 1]);
    let sums = tape.constant(membership(&batch)).matmul(each).reshape([batch.rows]);
    let count = pairs.len();
    let by_base =
        [0, 1].map(|which| tape.constant(tensor([count], pairs.iter().map(|(_, by_base)| by_base[which]).collect())));
    let loss = preference_loss([sums.narrow(0, 0..count), sums.narrow(0, count..2 * count)], by_base, beta);
    let value = f64::from(loss.item());
    policy.descend(&bound, &loss.backward(), learning_rate);
    value
}

#[cfg(test)]
mod tests {
    use super::super::trained::tests::trained;
    use super::*;
    use crate::tensor::gradient_check::check;

    #[test]
    fn the_loss_has_right_gradients() {
        check("DPO", &[&[5], &[5]], |tape, x| {
            let by_base = [0.3, -0.2].map(|shift| tape.constant(Tensor::filled([5], shift)));
            preference_loss([x[0], x[1]], by_base, 0.7)
        });
    }

    /// The pairs that it learns from become more probable, and what the base says of them is what it says at first.
    #[test]
    fn a_policy_learns_what_is_preferred() {
        let model = trained(true);
        let write = |said: &str| model.architecture.written("Anna is in the park.", said).unwrap();
        let pair =
            |preferred: &str, other: &str| Pair { preferred: write(preferred), other: write(other), by_person: false };
        let pairs = [
            pair("Anna goes to the shop.", "Anna goes to the beach. Anna goes to the shop."),
            pair("Now Anna is in the park.", ""),
        ];
        let network = &model.architecture.network;
        let known = by_base(network, &model.base, &pairs.iter().collect::<Vec<_>>());
        assert!(known[0][0] > known[0][1], "the shorter one is more probable: {known:?}");
        let pairs: Vec<(&Pair, [f32; 2])> = pairs.iter().zip(known).collect();
        let mut policy = OptimizedNetwork::new(model.base.clone());
        let losses: Vec<f64> = (0..30).map(|_| improve(network, &mut policy, &pairs, 0.5, 3e-3)).collect();
        assert!((losses[0] - 2.0_f64.ln()).abs() < 1e-3, "{losses:?}");
        assert!(losses[29] < 0.3, "{losses:?}");
    }

    /// A policy that is the base still: σ(0) = 1/2.
    #[test]
    fn the_base_itself_loses_ln_2() {
        let tape = Tape::<f64>::new();
        let [a, b] = [vec![-3.0, -4.0], vec![-1.0, -9.0]].map(|x| tape.constant(tensor([2], x)));
        assert!((preference_loss([a, b], [a, b], 0.1).item() - 2.0_f64.ln()).abs() < 1e-12);
        let better = preference_loss([a.shift(1.0), b], [a, b], 0.5).item();
        assert!((better - (1.0 + (-0.5_f64).exp()).ln()).abs() < 1e-12);
    }
}
