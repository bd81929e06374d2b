//! All that the rest of a run depends on, as one safetensors file: networks with their optimisers, running averages, named
//! buffers as tensors; the rest as JSON in its metadata.
//!
//! What is in it a learner says once ([`Saved`](super::Saved)); here is how it looks in a file.

use crate::experiment::{ExperimentError, Knobs, number};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The metadata key of the JSON part.
const KEY: &str = "shinso checkpoint";
/// The key of a text that earlier versions of the program kept theirs in.
const FORMER_KEY: &str = "shinso";

/// What a trainer keeps of a run, whatever it is a run of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunState {
    /// Steps done.
    pub step: u64,
    pub random: ChaCha8Rng,
    /// Live knobs as they stand.
    pub live: Knobs,
    /// Values that wait to be emitted as their means.
    pub means: BTreeMap<String, Mean>,
    /// Whether it was said that the loss is no longer a number.
    pub diverged: bool,
}

/// A sum and how many values are in it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Mean {
    #[serde(with = "number")]
    pub sum: f64,
    pub count: u64,
}

/// A checkpoint in memory.
#[derive(Debug)]
pub struct Checkpoint {
    pub run: RunState,
    /// How often the optimiser of each network has stepped.
    pub(super) optimizer_steps: BTreeMap<String, u64>,
    /// The learner's own states.
    pub(super) states: BTreeMap<String, serde_json::Value>,
    pub(super) arrays: BTreeMap<String, Array>,
}

/// The JSON part.
#[derive(Serialize, Deserialize)]
struct Header<R> {
    run: R,
    optimizer_steps: BTreeMap<String, u64>,
    states: BTreeMap<String, serde_json::Value>,
}

/// Numbers of one type, as their bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

impl Checkpoint {
    /// Of a run, with nothing else in it yet.
    pub fn new(run: RunState) -> Self {
        Checkpoint { run, optimizer_steps: BTreeMap::new(), states: BTreeMap::new(), arrays: BTreeMap::new() }
    }

    /// The bytes of its file; the same checkpoint gives the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (optimizer_steps, states) = (self.optimizer_steps.clone(), self.states.clone());
        let header = Header { run: &self.run, optimizer_steps, states };
        let header = serde_json::to_string(&header).expect("a state is plain data");
        let metadata = Some(HashMap::from([(KEY.to_owned(), header)]));
        safetensors::serialize(&self.arrays, metadata).expect("lengths follow from shapes")
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// When the bytes are no such file, or one of an earlier version.
    pub fn decode(bytes: &[u8]) -> Result<Self, ExperimentError> {
        let broken = |error| ExperimentError::new(format!("not a whole safetensors file: {error}"));
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let entries = metadata.metadata().clone().unwrap_or_default();
        let Some(header) = entries.get(KEY) else {
            let earlier = entries.get(FORMER_KEY).is_some_and(|text| text.contains("\"step\""));
            let why = if earlier { "a checkpoint of an earlier version" } else { "the file has no state of a run" };
            return Err(ExperimentError::new(why));
        };
        let Header { run, optimizer_steps, states } = serde_json::from_str(header)
            .map_err(|error| ExperimentError::new(format!("the checkpoint's state cannot be read: {error}")))?;
        let array = |view: TensorView<'_>| Array {
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            bytes: view.data().to_vec(),
        };
        let arrays = file.iter().map(|(name, view)| (name.to_owned(), array(view))).collect();
        Ok(Checkpoint { run, optimizer_steps, states, arrays })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn checkpoint() -> Checkpoint {
        let means = BTreeMap::from([("loss".to_owned(), Mean { sum: f64::NAN, count: 3 })]);
        let random = ChaCha8Rng::seed_from_u64(5);
        let mut checkpoint =
            Checkpoint::new(RunState { step: 7, random, live: Knobs::default(), means, diverged: true });
        checkpoint.arrays.insert("a".to_owned(), Array { dtype: Dtype::I64, shape: vec![0], bytes: vec![] });
        checkpoint.arrays.insert("b".to_owned(), Array { dtype: Dtype::U8, shape: vec![3], bytes: vec![1, 2, 3] });
        checkpoint
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = checkpoint().encode();
        let back = Checkpoint::decode(&bytes).unwrap();
        assert_eq!((back.run.step, back.run.means["loss"].count, back.run.diverged), (7, 3, true));
        assert!(back.run.means["loss"].sum.is_nan(), "a diverged run goes on too");
        assert_eq!(back.arrays, checkpoint().arrays);
        assert!(back.encode() == bytes);
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        let bytes = checkpoint().encode();
        for length in [0, 7, 20, bytes.len() - 1] {
            let error = Checkpoint::decode(&bytes[..length]).unwrap_err().to_string();
            assert!(error.starts_with("not a whole safetensors file"), "{error}");
        }
        let file = |text: &str| {
            let arrays: [(&str, &Array); 0] = [];
            safetensors::serialize(arrays, Some(HashMap::from([(FORMER_KEY.to_owned(), text.to_owned())]))).unwrap()
        };
        let error = |text| Checkpoint::decode(&file(text)).unwrap_err().to_string();
        assert_eq!(error(r#"{"step":3,"adam_steps":[3],"state":{}}"#), "a checkpoint of an earlier version");
        assert_eq!(error(r#"{"words":[]}"#), "the file has no state of a run");
    }
}
