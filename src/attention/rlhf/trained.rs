//! A trained model: the frozen base, what became of it, the reward model and the rules.

use super::reward::{RewardModel, Scale, Scorer};
use super::rules::Rules;
use super::texts::{Architecture, CONTEXT, Text};
use crate::attention::language_model::{Configuration, Gpt};
use crate::data::bytepair::BytePair;
use crate::experiment::{ExperimentError, TaskContext};
use crate::nn::{Parameters, SamplingSettings, Weights, weights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What stands in a file beside the weights.
#[derive(Serialize, Deserialize)]
struct Metadata {
    tokens: BytePair,
    /// Layers, width and heads of every network.
    shape: [usize; 3],
    rules: Rules,
    /// Of the reward model, if there is one.
    scale: Option<Scale>,
    /// Whether there is a policy tuned by PPO, and one by DPO.
    tuned: [bool; 2],
}

/// How a policy was tuned, in the order of [`TrainedRlhf::tuned`].
pub const METHODS: [&str; 2] = ["PPO", "DPO"];

/// The frozen base and what was made of it.
#[derive(Clone)]
pub struct TrainedRlhf {
    pub architecture: Architecture,
    pub base: Parameters<f32>,
    /// By PPO and by DPO.
    pub tuned: [Option<Parameters<f32>>; 2],
    pub reward: Option<RewardModel>,
    pub rules: Rules,
}

/// The parameters of a network alone, of those that hold a scorer's too.
pub fn without_scorer(parameters: &Parameters<f32>, base: &Parameters<f32>) -> Parameters<f32> {
    let mut alone = base.clone();
    for (name, value) in alone.iter_mut() {
        *value = parameters.get(name).expect("a parameter of the network").clone();
    }
    alone
}

/// A fresh network of the lab.
///
/// # Errors
/// When the heads do not divide the width.
pub fn fresh(
    shape: [usize; 3],
    tokens: BytePair,
    random: &mut ChaCha8Rng,
) -> Result<(Architecture, Parameters<f32>), ExperimentError> {
    let mut parameters = Parameters::new();
    let network = Gpt::new(Configuration::causal(shape, CONTEXT, tokens.len())?, &mut parameters, random);
    Ok((Architecture { network: Arc::new(network), tokens: Arc::new(tokens) }, parameters))
}

impl TrainedRlhf {
    /// From a file of weights.
    ///
    /// # Errors
    /// When the file is broken.
    pub fn open(bytes: &[u8]) -> Result<Self, ExperimentError> {
        let state = weights::decode(bytes)?.state;
        let state = state.ok_or_else(|| ExperimentError::new("the weights lack their vocabulary"))?;
        let Metadata { tokens, shape, rules, scale, tuned } = serde_json::from_str(&state)
            .map_err(|error| ExperimentError::new(format!("the vocabulary beside the weights: {error}")))?;
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let (architecture, mut base) = fresh(shape, tokens, random)?;
        let mut of_reward = base.clone();
        let scorer = Scorer::new(&mut of_reward, shape[1], random);
        let mut policies = tuned.map(|is_there| is_there.then(|| base.clone()));
        let mut parts: Vec<(&str, &mut Parameters<f32>)> = vec![("base.", &mut base)];
        for (prefix, policy) in ["ppo.", "dpo."].into_iter().zip(&mut policies) {
            parts.extend(policy.as_mut().map(|policy| (prefix, policy)));
        }
        parts.extend(scale.map(|_| ("reward.", &mut of_reward)));
        weights::open(&mut parts, bytes)?;
        let reward = scale.map(|scale| RewardModel { parameters: of_reward, scorer, scale });
        Ok(TrainedRlhf { architecture, base, tuned: policies, reward, rules })
    }

    /// What [`open`](Self::open) reads.
    pub fn weights(&self) -> Weights {
        let Configuration { layers, block, .. } = self.architecture.network.configuration;
        let metadata = Metadata {
            tokens: (*self.architecture.tokens).clone(),
            shape: [layers, block.width, block.heads],
            rules: self.rules.clone(),
            scale: self.reward.as_ref().map(|reward| reward.scale),
            tuned: self.tuned.each_ref().map(Option::is_some),
        };
        let mut weights = Weights::new().network("base.", &self.base);
        for (prefix, policy) in ["ppo.", "dpo."].into_iter().zip(&self.tuned) {
            if let Some(policy) = policy {
                weights = weights.network(prefix, policy);
            }
        }
        if let Some(reward) = &self.reward {
            weights = weights.network("reward.", &reward.parameters);
        }
        weights.text(serde_json::to_string(&metadata).expect("plain data"))
    }

    /// The base and the tuned policies by their names.
    pub fn policies(&self) -> Vec<(&'static str, &Parameters<f32>)> {
        let tuned = METHODS.into_iter().zip(&self.tuned).filter_map(|(name, policy)| Some((name, policy.as_ref()?)));
        std::iter::once(("base", &self.base)).chain(tuned).collect()
    }

    /// The reward model.
    ///
    /// # Errors
    /// When the run has not come so far.
    pub fn reward(&self) -> Result<&RewardModel, ExperimentError> {
        self.reward.as_ref().ok_or_else(|| {
            ExperimentError::both(
                "this run has not fitted a reward model yet; the bundled model, of preset `full`, has one",
                "この実行にはまだ報酬モデルがありません。プリセット `full` の同梱モデルにはあります",
            )
        })
    }

    /// Continuations of a policy at temperature 1.
    ///
    /// # Errors
    /// As [`Architecture::continuations`].
    pub fn continuations(
        &self,
        parameters: &Parameters<f32>,
        prompts: &[String],
        seed: u64,
        task: &TaskContext,
    ) -> Result<Vec<Text>, ExperimentError> {
        self.architecture.continuations(parameters, prompts, &SamplingSettings::default(), seed, task)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::data::stories::{Language, eventful_story};
    use crate::experiment::Precision;

    /// A small model that has learned nothing, with both policies or only that of PPO.
    pub fn trained(has_both: bool) -> TrainedRlhf {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let stories: Vec<String> = (0..300).map(|_| Language::English.write_story(&eventful_story(random))).collect();
        let tokens = BytePair::learn(&stories.join("\n"), 400);
        let (architecture, base) = fresh([1, 16, 2], tokens, random).unwrap();
        let mut parameters = base.clone();
        let scorer = Scorer::new(&mut parameters, 16, random);
        let reward = Some(RewardModel { parameters, scorer, scale: Scale { mean: 0.5, deviation: 2.0 } });
        let tuned = [Some(base.clone()), has_both.then(|| base.clone())];
        TrainedRlhf { architecture, base, tuned, reward, rules: Rules::parse("gift:3, thanks:3, fault:-1").unwrap() }
    }

    #[test]
    fn what_is_written_is_opened() {
        for (has_both, has_reward) in [(true, true), (false, true), (true, false)] {
            let mut model = trained(has_both);
            model.reward = model.reward.filter(|_| has_reward);
            let bytes = model.weights().encode(Precision::Single);
            let opened = TrainedRlhf::open(&bytes).unwrap();
            assert_eq!(opened.weights().encode(Precision::Single), bytes);
            assert_eq!(opened.reward.map(|reward| reward.scale), model.reward.map(|reward| reward.scale));
            assert_eq!(opened.tuned.iter().flatten().count(), 1 + usize::from(has_both));
        }
        let error = TrainedRlhf::open(b"no weights").err().unwrap().to_string();
        assert!(error.starts_with("not a whole safetensors file"), "{error}");
    }
}
