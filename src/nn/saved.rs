//! What a learner keeps from one step to the next, said once: the same description writes a checkpoint and reads it, so that
//! the two cannot disagree.

use super::checkpoint::{Array, Checkpoint};
use super::{OptimizedNetwork, Parameters, RunningAverage};
use crate::experiment::ExperimentError;
use crate::tensor::shared_rows::SharedRows;
use crate::tensor::{Tensor, tensor};
use safetensors::tensor::Dtype;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Puts in place what was read, once all of it was.
type Commit<'a> = Box<dyn FnOnce() + 'a>;

/// Something that a checkpoint has a place for.
trait Part<'a> {
    fn save(&self, name: &str, into: &mut Checkpoint);

    /// Reads and checks its part; nothing is changed before the commit.
    fn restore(self: Box<Self>, name: &str, from: &mut Checkpoint) -> Result<Commit<'a>, ExperimentError>;
}

/// What a learner keeps from one step to the next, each thing under a name.
#[derive(Default)]
pub struct Saved<'a>(Vec<(String, Box<dyn Part<'a> + 'a>)>);

impl<'a> Saved<'a> {
    pub fn new() -> Self {
        Saved::default()
    }

    fn with(mut self, name: &str, part: impl Part<'a> + 'a) -> Self {
        self.0.push((name.to_owned(), Box::new(part)));
        self
    }

    /// And a network with its optimiser; `prefix` goes before the names of its tensors.
    #[must_use]
    pub fn network(self, prefix: &str, network: &'a mut OptimizedNetwork) -> Self {
        self.with(prefix, network)
    }

    /// And the running average of a network.
    #[must_use]
    pub fn average(self, prefix: &str, average: &'a mut RunningAverage) -> Self {
        self.with(prefix, average)
    }

    /// And numbers of a fixed shape.
    #[must_use]
    pub fn array(self, name: &str, numbers: &'a mut impl Numbers) -> Self {
        self.with(name, Buffer { numbers, grows: false })
    }

    /// And as many numbers as there are by then, such as a replay buffer.
    #[must_use]
    pub fn buffer(self, name: &str, numbers: &'a mut impl Numbers) -> Self {
        self.with(name, Buffer { numbers, grows: true })
    }

    /// And plain data. Numbers in it that may become NaN need `#[serde(with = "number")]`.
    #[must_use]
    pub fn state<S: Serialize + DeserializeOwned>(self, name: &str, state: &'a mut S) -> Self {
        self.with(name, State { state, check: |_, _| Ok(()) })
    }

    /// And plain data of which `check(now, saved)` says whether a checkpoint belongs to this run.
    #[must_use]
    pub fn checked_state<S: Serialize + DeserializeOwned>(
        self,
        name: &str,
        state: &'a mut S,
        check: fn(&S, &S) -> Result<(), ExperimentError>,
    ) -> Self {
        self.with(name, State { state, check })
    }

    /// Writes everything.
    pub fn save(self, into: &mut Checkpoint) {
        for (name, part) in &self.0 {
            part.save(name, into);
        }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// When something is missing or does not fit; nothing is changed then.
    pub fn restore(self, from: &mut Checkpoint) -> Result<(), ExperimentError> {
        let mut commits = Vec::new();
        for (name, part) in self.0 {
            commits.push(part.restore(&name, from)?);
        }
        commits.into_iter().for_each(|commit| commit());
        Ok(())
    }
}

impl Checkpoint {
    fn put(&mut self, name: String, numbers: &impl Numbers) {
        let (dtype, shape) = numbers.form();
        self.arrays.insert(name, Array { dtype, shape, bytes: numbers.bytes() });
    }

    fn take(&mut self, name: &str, (dtype, shape): (Dtype, Option<Vec<usize>>)) -> Result<Array, ExperimentError> {
        let array =
            self.arrays.remove(name).ok_or_else(|| ExperimentError::new(format!("tensor `{name}` is missing")))?;
        if array.dtype != dtype {
            return Err(ExperimentError::new(format!("tensor `{name}` holds {:?}, expected {dtype:?}", array.dtype)));
        }
        match shape.filter(|shape| *shape != array.shape) {
            Some(shape) => {
                Err(ExperimentError::new(format!("tensor `{name}` has shape {:?}, expected {shape:?}", array.shape)))
            }
            None => Ok(array),
        }
    }

    fn put_parameters(&mut self, prefix: &str, parameters: &Parameters<f32>) {
        for (name, value) in parameters.iter() {
            self.put(format!("{prefix}{name}"), value);
        }
    }

    fn take_parameters(&mut self, prefix: &str, like: &Parameters<f32>) -> Result<Parameters<f32>, ExperimentError> {
        let mut parameters = like.clone();
        for (name, value) in parameters.iter_mut() {
            let (dtype, shape) = value.form();
            value.set(self.take(&format!("{prefix}{name}"), (dtype, Some(shape)))?);
        }
        Ok(parameters)
    }
}

impl<'a> Part<'a> for &'a mut OptimizedNetwork {
    fn save(&self, prefix: &str, into: &mut Checkpoint) {
        into.put_parameters(prefix, &self.parameters);
        for ((name, _), (first, second)) in self.parameters.iter().zip(self.adam.moments()) {
            into.put(format!("adam.first.{prefix}{name}"), first);
            into.put(format!("adam.second.{prefix}{name}"), second);
        }
        into.optimizer_steps.insert(prefix.to_owned(), self.adam.step());
    }

    fn restore(self: Box<Self>, prefix: &str, from: &mut Checkpoint) -> Result<Commit<'a>, ExperimentError> {
        let parameters = from.take_parameters(prefix, &self.parameters)?;
        // Moments have the names and shapes of what they are of.
        let first = from.take_parameters(&format!("adam.first.{prefix}"), &self.parameters)?;
        let second = from.take_parameters(&format!("adam.second.{prefix}"), &self.parameters)?;
        let moments = first.iter().zip(second.iter()).map(|((_, first), (_, second))| (first.clone(), second.clone()));
        let moments = moments.collect();
        let steps = from.optimizer_steps.remove(prefix);
        let steps = steps.ok_or_else(|| ExperimentError::new(format!("the optimiser of `{prefix}` is missing")))?;
        Ok(Box::new(move || {
            self.parameters = parameters;
            self.adam.restore(steps, moments);
        }))
    }
}

impl<'a> Part<'a> for &'a mut RunningAverage {
    fn save(&self, prefix: &str, into: &mut Checkpoint) {
        into.put_parameters(&format!("average.{prefix}"), &self.parameters);
    }

    fn restore(self: Box<Self>, prefix: &str, from: &mut Checkpoint) -> Result<Commit<'a>, ExperimentError> {
        let parameters = from.take_parameters(&format!("average.{prefix}"), &self.parameters)?;
        Ok(Box::new(move || self.parameters = parameters))
    }
}

struct State<'a, S> {
    state: &'a mut S,
    check: fn(&S, &S) -> Result<(), ExperimentError>,
}

impl<'a, S: Serialize + DeserializeOwned> Part<'a> for State<'a, S> {
    fn save(&self, name: &str, into: &mut Checkpoint) {
        let state = serde_json::to_value(&self.state).expect("a state is plain data");
        into.states.insert(name.to_owned(), state);
    }

    fn restore(self: Box<Self>, name: &str, from: &mut Checkpoint) -> Result<Commit<'a>, ExperimentError> {
        let saved =
            from.states.remove(name).ok_or_else(|| ExperimentError::new(format!("the checkpoint has no `{name}`")))?;
        let saved: S = serde_json::from_value(saved)
            .map_err(|error| ExperimentError::new(format!("`{name}` of the checkpoint cannot be read: {error}")))?;
        (self.check)(self.state, &saved)?;
        Ok(Box::new(move || *self.state = saved))
    }
}

struct Buffer<'a, N> {
    numbers: &'a mut N,
    grows: bool,
}

impl<'a, N: Numbers> Part<'a> for Buffer<'a, N> {
    fn save(&self, name: &str, into: &mut Checkpoint) {
        into.put(format!("buffer.{name}"), self.numbers);
    }

    fn restore(self: Box<Self>, name: &str, from: &mut Checkpoint) -> Result<Commit<'a>, ExperimentError> {
        let (dtype, shape) = self.numbers.form();
        let array = from.take(&format!("buffer.{name}"), (dtype, (!self.grows).then_some(shape)))?;
        Ok(Box::new(move || self.numbers.set(array)))
    }
}

/// Numbers of one type that stand in a checkpoint as a tensor.
pub trait Numbers {
    /// Their type and shape.
    fn form(&self) -> (Dtype, Vec<usize>);

    /// In their order, little-endian.
    fn bytes(&self) -> Vec<u8>;

    /// Becomes what was read, which has the type and, but for a buffer that grows, the shape.
    fn set(&mut self, array: Array);
}

/// A type of numbers that safetensors has.
pub trait Scalar: Copy {
    const DTYPE: Dtype;
    fn put(self, bytes: &mut Vec<u8>);
    fn read(bytes: &[u8]) -> Self;
}

macro_rules! scalar {
    ($($type:ty = $dtype:ident),*) => {
        $(impl Scalar for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
            fn read(bytes: &[u8]) -> Self {
                <$type>::from_le_bytes(bytes.try_into().expect("as many bytes as the type has"))
            }
        })*
    };
}

scalar!(f32 = F32, f64 = F64, u8 = U8, i64 = I64);

fn to_bytes<S: Scalar>(numbers: &[S]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(numbers));
    numbers.iter().for_each(|number| number.put(&mut bytes));
    bytes
}

fn from_bytes<S: Scalar>(bytes: &[u8]) -> Vec<S> {
    bytes.chunks_exact(size_of::<S>()).map(S::read).collect()
}

impl<S: Scalar> Numbers for Vec<S> {
    fn form(&self) -> (Dtype, Vec<usize>) {
        (S::DTYPE, vec![self.len()])
    }
    fn bytes(&self) -> Vec<u8> {
        to_bytes(self)
    }
    fn set(&mut self, array: Array) {
        *self = from_bytes(&array.bytes);
    }
}

impl Numbers for Tensor<f32> {
    fn form(&self) -> (Dtype, Vec<usize>) {
        (Dtype::F32, self.shape().to_vec())
    }
    fn bytes(&self) -> Vec<u8> {
        to_bytes(self.values())
    }
    fn set(&mut self, array: Array) {
        *self = tensor(array.shape.as_slice(), from_bytes(&array.bytes));
    }
}

impl Numbers for SharedRows {
    fn form(&self) -> (Dtype, Vec<usize>) {
        (Dtype::F32, vec![self.len(), self.values().len() / self.len().max(1)])
    }
    fn bytes(&self) -> Vec<u8> {
        to_bytes(&self.values())
    }
    fn set(&mut self, array: Array) {
        *self = SharedRows::new(array.shape[1], &from_bytes::<f32>(&array.bytes));
    }
}
