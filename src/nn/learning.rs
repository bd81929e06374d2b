//! A network that learns: its weights and their optimiser, and where both stand in a run's checkpoint.

use super::checkpoint::{self, Archive};
use super::{Adam, Bound, Parameters};
use crate::experiment::{Failure, Precision};
use crate::tensor::{Gradients, Tensor};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Weights and Adam's moments for them.
#[derive(Debug, Clone)]
pub struct Learning {
    pub parameters: Parameters<f32>,
    pub adam: Adam<f32>,
}

impl Learning {
    /// Fresh weights under Adam with the paper's constants.
    pub fn new(parameters: Parameters<f32>) -> Self {
        Learning { adam: Adam::new(&parameters), parameters }
    }

    /// The same with other β.
    pub fn with_betas(self, beta1: f64, beta2: f64) -> Self {
        Learning { adam: self.adam.with_betas(beta1, beta2), ..self }
    }

    /// One update of the weights that `bound` put on the tape.
    pub fn descend(&mut self, bound: &Bound<'_, f32>, gradients: &Gradients<f32>, learning_rate: f64) {
        self.adam.update(&mut self.parameters, bound, gradients, learning_rate);
    }
}

/// What a checkpoint's JSON part says: how often each optimiser has stepped, and the learner's own state.
#[derive(Serialize, Deserialize)]
struct Saved<S> {
    /// Steps done: what a run asks of a checkpoint before it knows the learner.
    step: u64,
    adam_steps: Vec<u64>,
    state: S,
}

/// Everything that the rest of a run depends on: networks, weights without an optimiser (running averages), and `state`.
pub fn save<S: Serialize>(
    networks: &[(&str, &Learning)],
    averages: &[(&str, &Parameters<f32>)],
    step: u64,
    state: &S,
) -> Vec<u8> {
    let mut tensors: Vec<(String, &Tensor<f32>)> = Vec::new();
    for (prefix, network) in networks {
        for ((name, value), (first, second)) in network.parameters.iter().zip(network.adam.moments()) {
            tensors.push((format!("{prefix}{name}"), value));
            tensors.push((format!("adam.first.{prefix}{name}"), first));
            tensors.push((format!("adam.second.{prefix}{name}"), second));
        }
    }
    for (prefix, average) in averages {
        tensors.extend(average.iter().map(|(name, value)| (format!("average.{prefix}{name}"), value)));
    }
    let saved = Saved { step, adam_steps: networks.iter().map(|(_, network)| network.adam.step()).collect(), state };
    let saved = serde_json::to_string(&saved).expect("a learner's state is plain data");
    checkpoint::encode(tensors, Some(&saved), Precision::Single)
}

/// Takes up what [`save`] wrote, into networks and averages of the same shapes; gives the learner's own state.
///
/// # Errors
/// When the bytes are no such checkpoint; nothing is changed then.
pub fn restore<S: DeserializeOwned>(
    networks: &mut [(&str, &mut Learning)],
    averages: &mut [(&str, &mut Parameters<f32>)],
    bytes: &[u8],
) -> Result<S, Failure> {
    let mut archive = checkpoint::decode(bytes)?;
    let text = archive.state.take().ok_or_else(|| Failure::new("the checkpoint has no state of a run"))?;
    let saved: Saved<S> = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("the checkpoint's state cannot be read: {error}")))?;
    if saved.adam_steps.len() != networks.len() {
        let found = saved.adam_steps.len();
        return Err(Failure::new(format!("the checkpoint holds {found} networks, expected {}", networks.len())));
    }
    let mut learned = Vec::new();
    for (prefix, network) in networks.iter() {
        let parameters = read(&mut archive, prefix, &network.parameters)?;
        let mut moments = Vec::new();
        for (name, value) in parameters.iter() {
            let mut moment = |which: &str| archive.take(&format!("adam.{which}.{prefix}{name}"), value.shape());
            moments.push((moment("first")?, moment("second")?));
        }
        learned.push((parameters, moments));
    }
    let mut averaged = Vec::new();
    for (prefix, average) in averages.iter() {
        averaged.push(read(&mut archive, &format!("average.{prefix}"), average)?);
    }
    for (((_, network), (parameters, moments)), step) in networks.iter_mut().zip(learned).zip(saved.adam_steps) {
        network.parameters = parameters;
        network.adam.restore(step, moments);
    }
    for ((_, average), parameters) in averages.iter_mut().zip(averaged) {
        **average = parameters;
    }
    Ok(saved.state)
}

fn read(archive: &mut Archive, prefix: &str, like: &Parameters<f32>) -> Result<Parameters<f32>, Failure> {
    let mut parameters = like.clone();
    for (name, value) in parameters.iter_mut() {
        *value = archive.take(&format!("{prefix}{name}"), value.shape())?;
    }
    Ok(parameters)
}

/// The weights alone, as safetensors.
pub fn weights(networks: &[(&str, &Parameters<f32>)], precision: Precision) -> Vec<u8> {
    let tensors = networks.iter().flat_map(|(prefix, parameters)| {
        parameters.iter().map(move |(name, value)| (format!("{prefix}{name}"), value))
    });
    checkpoint::encode(tensors, None, precision)
}

/// Fills networks with [`weights`] from a file.
///
/// # Errors
/// When the file is broken or a tensor is missing or of another shape.
pub fn open(networks: &mut [(&str, &mut Parameters<f32>)], bytes: &[u8]) -> Result<(), Failure> {
    let mut archive = checkpoint::decode(bytes)?;
    for (prefix, parameters) in networks.iter_mut() {
        **parameters = read(&mut archive, prefix, parameters)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};

    fn stepped(start: f32) -> Learning {
        let mut parameters = Parameters::new();
        parameters.add("w", tensor([2], vec![start, 1.0]));
        let mut learning = Learning::new(parameters);
        let tape = Tape::new();
        let bound = learning.parameters.on(&tape);
        let gradients = bound.vars()[0].square().sum().backward();
        learning.descend(&bound, &gradients, 0.1);
        learning
    }

    #[test]
    fn two_networks_and_an_average_come_back_whole() {
        let (a, b) = (stepped(3.0), stepped(-2.0));
        let bytes = save(&[("a.", &a), ("b.", &b)], &[("a.", &b.parameters)], 7, &7_u64);
        let (mut fresh_a, mut fresh_b, mut average) = (stepped(0.0), stepped(0.0), stepped(0.0).parameters);
        let state: u64 =
            restore(&mut [("a.", &mut fresh_a), ("b.", &mut fresh_b)], &mut [("a.", &mut average)], &bytes).unwrap();
        assert_eq!(state, 7);
        assert_eq!(save(&[("a.", &fresh_a), ("b.", &fresh_b)], &[("a.", &average)], 7, &7_u64), bytes);
    }

    #[test]
    fn a_checkpoint_of_another_model_changes_nothing() {
        let bytes = save(&[("a.", &stepped(3.0))], &[], 7, &7_u64);
        let mut fresh = stepped(0.0);
        let before = save(&[("b.", &fresh)], &[], 0, &0_u64);
        let error = restore::<u64>(&mut [("b.", &mut fresh)], &mut [], &bytes).unwrap_err();
        assert_eq!(error.to_string(), "tensor `b.w` is missing");
        assert_eq!(save(&[("b.", &fresh)], &[], 0, &0_u64), before);
    }
}
