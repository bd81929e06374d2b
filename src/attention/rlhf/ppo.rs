//! Proximal policy optimisation (Schulman et al. 2017, arXiv:1707.06347) of a language model, with a penalty for leaving the frozen one
//! (Ouyang et al. 2022, arXiv:2203.02155, equation 2).
//!
//! The policy π goes on with prompts. The reward of token t of a continuation is
//!
//! ```text
//! r_t = −β (ln π(y_t | x, y_<t) − ln π_ref(y_t | x, y_<t))        and r(x, y) in addition at the last token
//! ```
//!
//! With values V_t of a critic, the advantages are those of Schulman et al. 2015 (arXiv:1506.02438) with γ = 1:
//!
//! ```text
//! δ_t = r_t + V_{t+1} − V_t        A_t = δ_t + λ A_{t+1}        L = −E min(ρ_t A_t, clip(ρ_t, 1 − ε, 1 + ε) A_t)        ρ_t = π / π_old
//! ```

use super::reward::{RewardModel, Scorer};
use super::texts::{PaddedBatch, Text};
use crate::attention::language_model::Gpt;
use crate::experiment::{ExperimentError, TaskContext};
use crate::nn::{OptimizedNetwork, Parameters};
use crate::tensor::{Element, Tape, Var, tensor};

/// λ of the advantages, and ε of the clipping.
const LAMBDA: f64 = 0.95;
const CLIP: f64 = 0.2;
/// Weight of the critic's loss.
const CRITIC: f64 = 0.1;
/// Updates with one batch of continuations.
const EPOCHS: usize = 4;

/// −E min(ρ A, clip(ρ) A) over tokens, each `[n]` → `[]`; `before` is ln π_old.
pub fn clipped_loss<'t, E: Element>(
    log_probabilities: Var<'t, E>,
    before: Var<'t, E>,
    advantages: Var<'t, E>,
) -> Var<'t, E> {
    let ratio = (log_probabilities - before).exp();
    let clipped = ratio.clamp(1.0 - CLIP, 1.0 + CLIP);
    (ratio * advantages).minimum(clipped * advantages).mean().scale(-1.0)
}

/// Advantages of the tokens of one continuation, and the returns that the critic should have said.
pub fn advantages(rewards: &[f64], values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut advantages = vec![0.0; rewards.len()];
    let (mut next_value, mut next_advantage) = (0.0, 0.0);
    for t in (0..rewards.len()).rev() {
        let delta = rewards[t] + next_value - values[t];
        next_advantage = delta + LAMBDA * next_advantage;
        next_value = values[t];
        advantages[t] = next_advantage;
    }
    let returns = advantages.iter().zip(values).map(|(advantage, value)| advantage + value).collect();
    (advantages, returns)
}

/// What an update needs beside the policy.
pub struct Frozen<'a> {
    pub network: &'a Gpt,
    pub base: &'a Parameters<f32>,
    pub reward: &'a RewardModel,
    /// β.
    pub penalty: f64,
}

impl Frozen<'_> {
    /// Learns from continuations that the policy has just made, and gives the loss of the last update. The policy's parameters hold the
    /// critic's last layer too.
    ///
    /// # Errors
    /// When it was called off.
    pub fn improve(
        &self,
        policy: &mut OptimizedNetwork,
        critic: &Scorer,
        texts: &[Text],
        learning_rate: f64,
    ) -> Result<f64, ExperimentError> {
        let batch = PaddedBatch::new(texts);
        let rewards = self.reward.rewards(self.network, texts, &TaskContext::default())?;
        let reference = {
            let tape = Tape::without_gradients();
            batch.log_probabilities(self.network, &self.base.on(&tape)).ordered()
        };
        let (before, values) = {
            let tape = Tape::without_gradients();
            let bound = policy.parameters.on(&tape);
            let (log_probabilities, states) = batch.log_probabilities_and_states(self.network, &bound);
            (log_probabilities.ordered(), critic.of(&bound, states).ordered())
        };
        let moved: Vec<f32> = before.values().iter().zip(reference.values()).map(|(a, b)| a - b).collect();
        let (mut all_advantages, mut all_returns) = (Vec::new(), Vec::new());
        for (of, reward) in batch.of_row.iter().zip(&rewards) {
            let mut of_tokens: Vec<f64> = moved[of.clone()].iter().map(|x| -self.penalty * f64::from(*x)).collect();
            *of_tokens.last_mut().expect("a continuation has a token") += reward;
            let values: Vec<f64> = values.values()[of.clone()].iter().map(|x| f64::from(*x)).collect();
            let (advantages, returns) = advantages(&of_tokens, &values);
            all_advantages.extend(advantages);
            all_returns.extend(returns);
        }
        standardise(&mut all_advantages);
        let count = batch.places.len();
        let numbers = |numbers: &[f64]| tensor([count], numbers.iter().map(|x| *x as f32).collect());
        let (advantages, returns) = (numbers(&all_advantages), numbers(&all_returns));
        let mut last = f64::NAN;
        for _ in 0..EPOCHS {
            let tape = Tape::new();
            let bound = policy.parameters.on(&tape);
            let (log_probabilities, states) = batch.log_probabilities_and_states(self.network, &bound);
            let of_policy =
                clipped_loss(log_probabilities, tape.constant(before.clone()), tape.constant(advantages.clone()));
            let of_critic = critic.of(&bound, states).mean_squared_error(tape.constant(returns.clone()));
            let loss = of_policy + of_critic.scale(CRITIC);
            last = f64::from(loss.item());
            policy.descend(&bound, &loss.backward(), learning_rate);
        }
        Ok(last)
    }
}

/// Mean 0 and deviation 1.
fn standardise(numbers: &mut [f64]) {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let deviation = (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt().max(1e-6);
    numbers.iter_mut().for_each(|x| *x = (*x - mean) / deviation);
}

#[cfg(test)]
mod tests {
    use super::super::examine::divergences;
    use super::super::texts::prompt;
    use super::super::trained::tests::trained;
    use super::*;
    use crate::tensor::gradient_check::check;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Ratios within the bounds and outside them, with advantages of both signs.
    #[test]
    fn the_loss_has_right_gradients() {
        check("PPO", &[&[12], &[12]], |tape, x| {
            let before = tape.constant(tensor([12], (0..12).map(|place| 0.1 * f64::from(place) - 0.6).collect()));
            clipped_loss(x[0].scale(0.3), before, x[1])
        });
    }

    #[test]
    fn what_lies_outside_the_bounds_is_not_pushed_further() {
        let tape = Tape::<f64>::new();
        // ρ = 2 and 1/2; what has become likelier than the bound is not made likelier still, but may come back.
        let ratios: Vec<f64> = [2.0_f64, 2.0, 0.5, 0.5].map(f64::ln).to_vec();
        let now = tape.leaf(tensor([4], ratios));
        let before = tape.constant(tensor([4], vec![0.0; 4]));
        let advantages = tape.constant(tensor([4], vec![1.0, -1.0, 1.0, -1.0]));
        let loss = clipped_loss(now, before, advantages);
        assert!((loss.item() - -(1.2 - 2.0 + 0.5 - 0.8) / 4.0).abs() < 1e-12);
        let gradients = loss.backward();
        let found = gradients.of(now).unwrap().values().to_vec();
        assert_eq!(found.iter().map(|g| *g != 0.0).collect::<Vec<_>>(), [false, true, true, false], "{found:?}");
    }

    /// The reward rises while PPO is free, and a large penalty brings the policy back to the base.
    #[test]
    fn a_policy_is_led_by_the_reward_and_held_by_the_penalty() {
        let mut model = trained(true);
        let (mut parameters, random) = (model.base.clone(), &mut ChaCha8Rng::seed_from_u64(5));
        let critic = Scorer::new(&mut parameters, 16, random);
        let mut policy = OptimizedNetwork::new(parameters);
        // Rewards of deviation 1 or so, as after fitting.
        let reward = model.reward.as_mut().unwrap();
        reward.scale.deviation = 0.2;
        let prompts: Vec<String> = (0..32).map(|_| prompt(random)).collect();
        let task = TaskContext::default();
        let tune = |policy: &mut OptimizedNetwork, penalty: f64, steps: u64| {
            let frozen = Frozen {
                network: &model.architecture.network,
                base: &model.base,
                reward: model.reward.as_ref().unwrap(),
                penalty,
            };
            for seed in 0..steps {
                let texts = model.continuations(&policy.parameters, &prompts, seed, &task).unwrap();
                assert!(frozen.improve(policy, &critic, &texts, 3e-3).unwrap().is_finite());
            }
            let texts = model.continuations(&policy.parameters, &prompts, 99, &task).unwrap();
            let rewards = frozen.reward.rewards(frozen.network, &texts, &task).unwrap();
            let of = divergences(&model.architecture, &policy.parameters, &model.base, &texts, &task).unwrap();
            [rewards, of].map(|numbers| numbers.iter().sum::<f64>() / 32.0)
        };
        let [before, at_first] = tune(&mut policy, 0.0, 0);
        let [free, away] = tune(&mut policy, 0.0, 25);
        assert!(at_first.abs() < 1e-6, "the base does not diverge from itself: {at_first}");
        assert!(free > before + 0.5 && away > 0.5, "reward {before} → {free}, {away} nats");
        let [_, back] = tune(&mut policy, 10.0, 25);
        assert!(back < 0.5 * away, "{away} nats → {back}");
    }

    #[test]
    fn advantages_are_sums_of_what_the_critic_did_not_expect() {
        let (found, returns) = advantages(&[0.0, -1.0, 2.0], &[0.5, 1.0, 0.0]);
        let deltas = [0.0 + 1.0 - 0.5, -1.0 + 0.0 - 1.0, 2.0];
        let second = deltas[1] + LAMBDA * deltas[2];
        let expected = [deltas[0] + LAMBDA * second, second, deltas[2]];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}, {expected:?}");
        assert!(returns.iter().zip([0.5, 1.0, 0.0]).zip(expected).all(|((r, v), a)| (r - v - a).abs() < 1e-12));
    }
}
