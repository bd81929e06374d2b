//! Tensors in files: the safetensors format, with whatever else a run's future depends on as JSON in its metadata.

use crate::experiment::{Failure, Precision};
use crate::tensor::{Tensor, tensor};
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The metadata key of the JSON part.
const STATE: &str = "shinso";

/// Named tensors and a JSON text beside them.
#[derive(Debug, Default)]
pub struct Archive {
    pub tensors: BTreeMap<String, Tensor<f32>>,
    pub state: Option<String>,
}

struct Stored<'a> {
    shape: &'a [usize],
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The bytes of a safetensors file. The same tensors and state give the same bytes.
pub fn encode<'a>(
    tensors: impl IntoIterator<Item = (String, &'a Tensor<f32>)>,
    state: Option<&str>,
    precision: Precision,
) -> Vec<u8> {
    let stored = tensors.into_iter().map(|(name, value)| {
        let (dtype, bytes) = match precision {
            Precision::Single => (Dtype::F32, value.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Precision::Half => (Dtype::F16, value.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()),
        };
        (name, Stored { shape: value.shape(), dtype, bytes })
    });
    let metadata = state.map(|state| HashMap::from([(STATE.to_owned(), state.to_owned())]));
    safetensors::serialize(stored, metadata).expect("lengths follow from shapes")
}

/// Reads what [`encode`] wrote, or any safetensors file of 16- or 32-bit floats.
pub fn decode(bytes: &[u8]) -> Result<Archive, Failure> {
    let broken = |error: safetensors::SafeTensorError| Failure::new(format!("not a whole safetensors file: {error}"));
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let state = metadata.metadata().as_ref().and_then(|entries| entries.get(STATE).cloned());
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Dtype::F16 => view.data().chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            other => return Err(Failure::new(format!("tensor `{name}` holds {other:?}, expected F32 or F16"))),
        };
        tensors.insert(name.to_owned(), tensor(ndarray::IxDyn(view.shape()), values));
    }
    Ok(Archive { tensors, state })
}

impl Archive {
    /// Takes out the tensor `name`, which must have `shape`.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor<f32>, Failure> {
        let value = self.tensors.remove(name).ok_or_else(|| Failure::new(format!("tensor `{name}` is missing")))?;
        if value.shape() != shape {
            let found = value.shape();
            return Err(Failure::new(format!("tensor `{name}` has shape {found:?}, expected {shape:?}")));
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Tensor<f32> {
        tensor([2, 2], vec![1.0, -0.1, 65504.0, 1e-3])
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = encode([("w".to_owned(), &example())], Some("{\"step\":3}"), Precision::Single);
        let mut archive = decode(&bytes).unwrap();
        assert_eq!(archive.state.as_deref(), Some("{\"step\":3}"));
        assert_eq!(archive.take("w", &[2, 2]).unwrap(), example());
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
