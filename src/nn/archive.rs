//! The safetensors format as it is written and read here, 16 or 32 bits a number.

use crate::experiment::{ExperimentError, Precision};
use crate::tensor::{Tensor, tensor};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The metadata key of the text.
const TEXT: &str = "shinso";

/// Named tensors and a text beside them.
#[derive(Debug, Clone, Default)]
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

/// The bytes of a safetensors file. The same tensors and text give the same bytes.
pub fn encode<'a>(
    tensors: impl IntoIterator<Item = (String, &'a Tensor<f32>)>,
    text: Option<&str>,
    precision: Precision,
) -> Vec<u8> {
    let stored = tensors.into_iter().map(|(name, value)| {
        let (dtype, bytes) = match precision {
            Precision::Single => (Dtype::F32, value.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Precision::Half => (Dtype::F16, value.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect()),
        };
        (name, Stored { shape: value.shape(), dtype, bytes })
    });
    let metadata = text.map(|text| HashMap::from([(TEXT.to_owned(), text.to_owned())]));
    safetensors::serialize(stored, metadata).expect("lengths follow from shapes")
}

/// The tensors of a safetensors file as they stand there, and the text beside them.
///
/// # Errors
/// When the bytes are no such file.
pub(super) fn read(bytes: &[u8]) -> Result<(SafeTensors<'_>, Option<String>), ExperimentError> {
    let broken =
        |error: safetensors::SafeTensorError| ExperimentError::new(format!("not a whole safetensors file: {error}"));
    let file = SafeTensors::deserialize(bytes).map_err(broken)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
    let text = metadata.metadata().as_ref().and_then(|entries| entries.get(TEXT).cloned());
    Ok((file, text))
}

/// The tensors of a safetensors file as numbers in memory, and the text beside them.
///
/// # Errors
/// When the bytes are no such file, or hold anything else than floats of 16 or 32 bits.
pub(super) fn decoded(bytes: &[u8]) -> Result<Archive, ExperimentError> {
    let (file, state) = read(bytes)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let format = Format::of(name, view.dtype())?;
        let mut values = vec![0.0; view.data().len() / format.bytes()];
        format.read(view.data(), &mut values);
        tensors.insert(name.to_owned(), tensor(ndarray::IxDyn(view.shape()), values));
    }
    Ok(Archive { tensors, state })
}

/// How numbers stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Single,
    Half,
    BFloat16,
}

impl Format {
    /// That of a tensor.
    ///
    /// # Errors
    /// When it holds anything else than floats of 16 or 32 bits.
    pub fn of(tensor: &str, dtype: Dtype) -> Result<Self, ExperimentError> {
        match dtype {
            Dtype::F32 => Ok(Format::Single),
            Dtype::F16 => Ok(Format::Half),
            Dtype::BF16 => Ok(Format::BFloat16),
            other => Err(ExperimentError::new(format!("tensor `{tensor}` holds {other:?}, expected F32, F16 or BF16"))),
        }
    }

    /// Bytes of a number.
    pub fn bytes(self) -> usize {
        if self == Format::Single { 4 } else { 2 }
    }

    /// The numbers that some bytes stand for, as many as there is room for.
    pub fn read(self, bytes: &[u8], out: &mut [f32]) {
        let (pairs, fours) = (bytes.as_chunks::<2>().0, bytes.as_chunks::<4>().0);
        match self {
            Format::Single => out.iter_mut().zip(fours).for_each(|(out, four)| *out = f32::from_le_bytes(*four)),
            Format::Half => out.iter_mut().zip(pairs).for_each(|(out, pair)| *out = f16::from_le_bytes(*pair).to_f32()),
            Format::BFloat16 => {
                out.iter_mut().zip(pairs).for_each(|(out, pair)| *out = bf16::from_le_bytes(*pair).to_f32());
            }
        }
    }
}

impl Archive {
    /// Takes out the tensor `name`, which must have `shape`.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor<f32>, ExperimentError> {
        let value =
            self.tensors.remove(name).ok_or_else(|| ExperimentError::new(format!("tensor `{name}` is missing")))?;
        if value.shape() != shape {
            let found = value.shape();
            return Err(ExperimentError::new(format!("tensor `{name}` has shape {found:?}, expected {shape:?}")));
        }
        Ok(value)
    }
}
