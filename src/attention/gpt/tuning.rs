//! What of a network is learned: all of it from nothing, or a part of one that was trained before.

use super::EXPERIMENT;
use super::generate::TrainedGpt;
use crate::attention::language_model::{Configuration, Gpt};
use crate::data::tokenizer::Tokenizer;
use crate::experiment::{ExperimentError, Knobs};
use crate::nn::{Adapters, Bound, Parameters};
use crate::tensor::Tape;
use rand::Rng;
use std::sync::Arc;

/// Columns of B and rows of A in an adapter.
const RANK: usize = 4;

/// A network and the part of it that learns.
pub struct Tuning {
    pub network: Arc<Gpt>,
    part: Part,
}

enum Part {
    All,
    /// The parameters of these names.
    Named(Vec<String>),
    /// Adapters of a network that stays as it is.
    Adapters(Adapters, Parameters<f32>),
}

/// The bundled model, which a run may begin from.
///
/// # Errors
/// When it is broken, which a test rules out.
pub fn bundled() -> Result<TrainedGpt, ExperimentError> {
    TrainedGpt::open(EXPERIMENT.bundled.weights, &EXPERIMENT.bundled_knobs()?)
}

impl Tuning {
    /// What knobs ask for, and the parameters that are learned.
    ///
    /// # Errors
    /// When the heads do not divide the width, or the network has not the shape of the one that it begins from.
    pub fn new(
        knobs: &Knobs,
        tokenizer: &Tokenizer,
        start: Option<&TrainedGpt>,
        random: &mut impl Rng,
    ) -> Result<(Self, Parameters<f32>), ExperimentError> {
        let configuration = Configuration::from_knobs(knobs, tokenizer.len())?;
        let trains = knobs.choice("trains");
        let mut parameters = Parameters::new();
        let Some(start) = start else {
            if trains != "all" {
                return Err(ExperimentError::both(
                    format!("knob `trains` = `{trains}`: a part of a network is trained where start = bundled"),
                    format!("設定 `trains` = `{trains}`: 一部だけの学習は start = bundled のときに使えます"),
                ));
            }
            let network = Arc::new(Gpt::new(configuration, &mut parameters, random));
            return Ok((Tuning { network, part: Part::All }, parameters));
        };
        let of_start = start.network.configuration;
        if configuration != of_start {
            let of = |configuration: Configuration| {
                let Configuration { layers, block, context, is_tied, is_causal, .. } = configuration;
                let (tied, objective) = (if is_tied { "on" } else { "off" }, if is_causal { "next" } else { "masked" });
                let (width, heads) = (block.width, block.heads);
                format!(
                    "layers = {layers}, width = {width}, heads = {heads}, context = {context}, tied = {tied}, objective = {objective}"
                )
            };
            let [found, expected] = [configuration, of_start].map(of);
            return Err(ExperimentError::both(
                format!("start = bundled: expected {expected}; found {found}"),
                format!("start = bundled: {expected} にしてください(現在は {found})"),
            ));
        }
        let network = match trains {
            "adapter" => {
                let mut learned = Parameters::new();
                let is_matrix = |name: &str| name.starts_with("block.") && name.ends_with("weight");
                let adapters = Adapters::new(&start.parameters, is_matrix, RANK, &mut learned, random);
                let part = Part::Adapters(adapters, start.parameters.clone());
                return Ok((Tuning { network: Arc::clone(&start.network), part }, learned));
            }
            _ => Arc::new(Gpt::new(configuration, &mut parameters, random)),
        };
        // A new last layer stays as it is.
        for (name, value) in start.parameters.iter().filter(|(name, _)| trains != "head" || !name.starts_with("head."))
        {
            *parameters.get_mut(name).expect("a network of the same shape") = value.clone();
        }
        let named = |learns: &dyn Fn(&str) -> bool| {
            Part::Named(parameters.iter().map(|(name, _)| name.to_owned()).filter(|name| learns(name)).collect())
        };
        let last = format!("block.{}.", configuration.layers - 1);
        let part = match trains {
            "head" => named(&|name| name.starts_with("head.")),
            "last_block" => named(&|name| name.starts_with(&last) || name.starts_with("norm.")),
            _ => Part::All,
        };
        Ok((Tuning { network, part }, parameters))
    }

    /// What is learned on a tape, and the whole network on it.
    pub fn on<'t>(&self, learned: &Parameters<f32>, tape: &'t Tape<f32>) -> (Bound<'t, f32>, Option<Bound<'t, f32>>) {
        match &self.part {
            Part::All => (learned.on(tape), None),
            Part::Named(names) => (learned.partly_on(tape, |name| names.iter().any(|other| other == name)), None),
            Part::Adapters(adapters, network) => {
                let own = learned.on(tape);
                let whole = adapters.on(network, &own);
                (own, Some(whole))
            }
        }
    }

    /// All parameters of the network.
    pub fn whole(&self, learned: &Parameters<f32>) -> Parameters<f32> {
        match &self.part {
            Part::Adapters(adapters, network) => adapters.merged(network, learned),
            Part::All | Part::Named(_) => learned.clone(),
        }
    }

    /// How many numbers are learned.
    pub fn learned_count(&self, learned: &Parameters<f32>) -> usize {
        match &self.part {
            Part::Named(names) => learned
                .iter()
                .filter(|(name, _)| names.iter().any(|other| other == name))
                .map(|(_, value)| value.len())
                .sum(),
            Part::All | Part::Adapters(..) => learned.count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::gpt::knobs;
    use crate::nn::Adam;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// A step of training changes what is meant to learn, and nothing else; the adapter adds a change to the matrices of blocks.
    #[test]
    fn each_way_of_tuning_changes_its_own_part_alone() {
        let start = bundled().unwrap();
        let changes = |trains: &str| -> Vec<String> {
            let mut with = EXPERIMENT.bundled_knobs().unwrap();
            with.set_text(&knobs(), &format!("trains={trains}")).unwrap();
            let random = &mut ChaCha8Rng::seed_from_u64(1);
            let (tuning, mut learned) = Tuning::new(&with, &start.tokenizer, Some(&start), random).unwrap();
            let before = tuning.whole(&learned);
            let mut adam = Adam::new(&learned);
            for _ in 0..2 {
                let tape = Tape::new();
                let (own, whole) = tuning.on(&learned, &tape);
                let bound = whole.as_ref().unwrap_or(&own);
                let tokens: Vec<usize> = (0..32).collect();
                let wanted: Vec<Option<usize>> = (1..33).map(Some).collect();
                let loss = tuning.network.forward(bound, 2, &tokens).cross_entropy(&wanted);
                adam.update(&mut learned, &own, &loss.backward(), 1e-3);
            }
            let after = tuning.whole(&learned);
            let pairs = before.iter().zip(after.iter());
            pairs.filter(|(a, b)| a.1 != b.1).map(|((name, _), _)| name.to_owned()).collect()
        };
        let all = changes("all");
        assert_eq!(all.len(), start.parameters.iter().count());
        assert_eq!(changes("head"), ["head.weight"]);
        let last = changes("last_block");
        assert!(
            last.iter().all(|name| name.starts_with("block.3.") || name.starts_with("norm.")) && last.len() == 14,
            "{last:?}"
        );
        let adapted = changes("adapter");
        assert!(adapted.iter().all(|name| name.starts_with("block.") && name.ends_with("weight")), "{adapted:?}");
        assert_eq!(adapted.len(), 4 * 4);
    }
}
