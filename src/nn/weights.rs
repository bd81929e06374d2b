//! Weights in files: the safetensors format with a text beside the tensors where names and counts are not enough.

pub use super::archive::{Archive, encode};

use super::archive::decoded;
use super::{Parameters, shared_weights};
use crate::experiment::{ExperimentError, Precision};
use crate::tensor::Tensor;

/// Reads what [`encode`] wrote, or any safetensors file of 16- or 32-bit floats. Of a large one [`WeightsFile`](super::WeightsFile) reads
/// what is wanted; weights of the program may lie in a file that is [shared](super::shared_weights).
///
/// # Errors
/// When the bytes are no such file.
pub fn decode(bytes: &[u8]) -> Result<Archive, ExperimentError> {
    shared_weights::archive(bytes).map_or_else(|| decoded(bytes), |archive| Ok(archive.clone()))
}

/// Fills networks, each with the prefix of its names, with the weights of a file.
///
/// # Errors
/// When the file is broken or a tensor is missing or of another shape.
pub fn open(networks: &mut [(&str, &mut Parameters<f32>)], bytes: &[u8]) -> Result<(), ExperimentError> {
    let mut archive = decode(bytes)?;
    for (prefix, parameters) in networks.iter_mut() {
        for (name, value) in parameters.iter_mut() {
            *value = archive.take(&format!("{prefix}{name}"), value.shape())?;
        }
    }
    Ok(())
}

/// The weights that a trained model is opened from: what its file will hold.
#[derive(Debug, Default)]
pub struct Weights {
    tensors: Vec<(String, Tensor<f32>)>,
    text: Option<String>,
}

impl Weights {
    pub fn new() -> Self {
        Weights::default()
    }

    /// And those of a network, whose names get a prefix.
    #[must_use]
    pub fn network(mut self, prefix: &str, parameters: &Parameters<f32>) -> Self {
        self.tensors.extend(parameters.iter().map(|(name, value)| (format!("{prefix}{name}"), value.clone())));
        self
    }

    /// And a tensor that belongs to no network.
    #[must_use]
    pub fn tensor(mut self, name: &str, value: Tensor<f32>) -> Self {
        self.tensors.push((name.to_owned(), value));
        self
    }

    /// And a text beside them.
    #[must_use]
    pub fn text(self, text: String) -> Self {
        Weights { text: Some(text), ..self }
    }

    /// As safetensors.
    pub fn encode(&self, precision: Precision) -> Vec<u8> {
        let tensors = self.tensors.iter().map(|(name, value)| (name.clone(), value));
        encode(tensors, self.text.as_deref(), precision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::tensor;

    fn example() -> Tensor<f32> {
        tensor([2, 2], vec![1.0, -0.1, 65504.0, 1e-3])
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = Weights::new().tensor("w", example()).text("a text".to_owned()).encode(Precision::Single);
        let mut archive = decode(&bytes).unwrap();
        assert_eq!(archive.state.as_deref(), Some("a text"));
        assert_eq!(archive.take("w", &[2, 2]).unwrap(), example());
    }

    #[test]
    fn a_network_is_opened_by_its_names() {
        let mut parameters = Parameters::new();
        parameters.add("w", example());
        let bytes = Weights::new().network("a.", &parameters).encode(Precision::Single);
        let mut other = Parameters::new();
        other.add("w", tensor([2, 2], vec![0.0; 4]));
        open(&mut [("a.", &mut other)], &bytes).unwrap();
        assert_eq!(other.iter().next().unwrap().1, &example());
        let error = open(&mut [("b.", &mut other)], &bytes).unwrap_err().to_string();
        assert_eq!(error, "tensor `b.w` is missing");
    }

    #[test]
    fn half_precision_is_within_a_thousandth() {
        let bytes = encode([("w".to_owned(), &example())], None, Precision::Half);
        let back = decode(&bytes).unwrap().take("w", &[2, 2]).unwrap();
        assert!(back.iter().zip(&example()).all(|(a, b)| ((a - b) / b).abs() < 1e-3));
    }

    #[test]
    fn a_broken_file_is_refused_with_a_reason() {
        let bytes = encode([("w".to_owned(), &example())], None, Precision::Single);
        for length in [0, 7, 20, bytes.len() - 1] {
            let error = decode(&bytes[..length]).unwrap_err().to_string();
            assert!(error.starts_with("not a whole safetensors file"), "{error}");
        }
        let error = decode(&bytes).unwrap().take("w", &[4]).unwrap_err().to_string();
        assert_eq!(error, "tensor `w` has shape [2, 2], expected [4]");
    }
}
