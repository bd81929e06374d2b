//! How a decoder's state is compared with the states of an encoder.

use crate::experiment::Bilingual;
use crate::nn::{Bound, Linear, ParameterId, Parameters, initialise};
use crate::tensor::{Activation, Mask, Tensor, Var, tensor};
use ndarray::Axis;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A kind of alignment a_ti = align(h_i, s_{t−1}).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// vᵀ tanh(W h_i + U s) (Bahdanau et al. 2014).
    Additive,
    /// h_iᵀ W s / √D (Luong et al. 2015, with the scale of Vaswani et al. 2017).
    Multiplicative,
    /// ReLU(wᵀ [h_i; s]): one layer.
    Relu,
    /// α = softmax(W_a s): the place alone counts, not what stands there (Luong et al. 2015).
    Location,
    /// No attention: the decoder knows h_T alone.
    Plain,
}

impl Align {
    pub const ALL: [Align; 5] = [Align::Additive, Align::Multiplicative, Align::Relu, Align::Location, Align::Plain];

    /// Its name: that of its knob and in its series.
    pub const fn name(self) -> &'static str {
        match self {
            Align::Additive => "additive",
            Align::Multiplicative => "multiplicative",
            Align::Relu => "relu",
            Align::Location => "location",
            Align::Plain => "plain",
        }
    }

    /// Its name as people call it.
    pub fn called(self) -> Bilingual {
        let ja = match self {
            Align::Additive => "加法的",
            Align::Multiplicative => "乗法的",
            Align::Relu => "ReLU",
            Align::Location => "位置",
            Align::Plain => "なし",
        };
        Bilingual::new(self.name(), ja)
    }

    /// # Panics
    /// If it is the name of none.
    pub fn named(name: &str) -> Align {
        Align::ALL.into_iter().find(|align| align.name() == name).expect("the name of an alignment")
    }
}

/// An alignment with its weights, between states of `hidden` numbers.
#[derive(Debug, Clone)]
pub(super) enum Alignment {
    Additive { query: Linear, key: Linear, direction: ParameterId },
    Multiplicative { query: Linear },
    Relu { key: Linear, query: Linear },
    Location { places: Linear, longest: usize },
    Plain,
}

/// What an encoder has read: h_1 … h_T of each row, and what the alignment computes of them once.
#[derive(Debug, Clone)]
pub(super) struct Memory<'t> {
    /// `[rows, T, D]`.
    pub states: Var<'t, f32>,
    mask: Mask,
    /// Additive: W h_i `[rows, T, D]`; with one layer: w_hᵀ h_i `[rows, T]`.
    keys: Option<Var<'t, f32>>,
    /// For scores: 0 where a row has a token, −10⁹ at its padding, `[rows, T]`; none where no row has any.
    padding: Option<Var<'t, f32>>,
}

/// A score that leaves nothing to a softmax.
const HIDDEN: f32 = -1e9;

impl Alignment {
    /// Fresh weights for sources of at most `longest` tokens.
    pub fn new(
        align: Align,
        hidden: usize,
        longest: usize,
        parameters: &mut Parameters<f32>,
        random: &mut impl Rng,
    ) -> Self {
        let none = Activation::Identity;
        match align {
            Align::Additive => Alignment::Additive {
                query: Linear::without_bias(parameters, "query", hidden, hidden, none, random),
                key: Linear::new(parameters, "key", hidden, hidden, none, random),
                direction: parameters.add("direction", initialise::glorot_uniform(&[1, hidden], random)),
            },
            Align::Multiplicative => Alignment::Multiplicative {
                query: Linear::without_bias(parameters, "query", hidden, hidden, none, random),
            },
            Align::Relu => Alignment::Relu {
                key: Linear::without_bias(parameters, "key", hidden, 1, none, random),
                query: Linear::without_bias(parameters, "query", hidden, 1, none, random),
            },
            Align::Location => {
                let places = Linear::without_bias(parameters, "places", hidden, longest, none, random);
                Alignment::Location { places, longest }
            }
            Align::Plain => Alignment::Plain,
        }
    }

    /// The memory of states `[rows, T, D]`, of which only the first `lengths[row]` count.
    pub fn memory<'t>(&self, bound: &Bound<'t, f32>, states: Var<'t, f32>, lengths: &[usize]) -> Memory<'t> {
        let [rows, steps] = [0, 1].map(|axis| states.shape()[axis]);
        let keys = match self {
            Alignment::Additive { key, .. } => Some(key.forward(bound, states)),
            Alignment::Relu { key, .. } => Some(key.forward(bound, states).reshape([rows, steps])),
            _ => None,
        };
        let hidden = |length: &usize| {
            let length = *length;
            (0..steps).map(move |step| if step < length { 0.0 } else { HIDDEN })
        };
        let is_padded = lengths.iter().any(|length| *length < steps);
        let padding = || bound.tape().constant(tensor([rows, steps], lengths.iter().flat_map(hidden).collect()));
        let mask = if is_padded { Mask::Lengths(lengths.to_vec()) } else { Mask::None };
        Memory { states, mask, keys, padding: is_padded.then(padding) }
    }

    /// c_t = Σ_i α_ti h_i for each row `[rows, D]`, from the decoder's states `[rows, D]`; none without attention.
    pub fn context<'t>(
        &self,
        bound: &Bound<'t, f32>,
        memory: &Memory<'t>,
        state: Var<'t, f32>,
    ) -> Option<Var<'t, f32>> {
        let (rows, width) = (state.shape()[0], state.shape()[1]);
        match self {
            Alignment::Additive { query, direction, .. } => {
                let query = query.forward(bound, state);
                let direction = bound[*direction].reshape([width]);
                Some(query.additive_attention(memory.keys(), direction, memory.states, &memory.mask).0)
            }
            Alignment::Multiplicative { query } => {
                let query = query.forward(bound, state).reshape([rows, 1, width]);
                Some(query.attention(memory.states, memory.states, 1, memory.mask.clone()).reshape([rows, width]))
            }
            Alignment::Relu { .. } | Alignment::Location { .. } => {
                let weights = self.scores(bound, memory, state)?.softmax();
                let steps = memory.states.shape()[1];
                Some(weights.reshape([rows, 1, steps]).matmul(memory.states).reshape([rows, width]))
            }
            Alignment::Plain => None,
        }
    }

    /// a_ti of each row, whose softmax is α: `[rows, T]`, −10⁹ at padding.
    pub fn scores<'t>(&self, bound: &Bound<'t, f32>, memory: &Memory<'t>, state: Var<'t, f32>) -> Option<Var<'t, f32>> {
        let (rows, width) = (state.shape()[0], state.shape()[1]);
        let steps = memory.states.shape()[1];
        let scores = match self {
            Alignment::Additive { query, direction, .. } => {
                let query = query.forward(bound, state).reshape([rows, 1, width]);
                let terms = (memory.keys() + query).tanh();
                terms.reshape([rows * steps, width]).matmul(bound[*direction].transpose()).reshape([rows, steps])
            }
            Alignment::Multiplicative { query } => {
                let query = query.forward(bound, state).reshape([rows, width, 1]).scale(1.0 / (width as f64).sqrt());
                memory.states.matmul(query).reshape([rows, steps])
            }
            Alignment::Relu { query, .. } => (memory.keys() + query.forward(bound, state)).relu(),
            Alignment::Location { places, longest } => {
                let scores = places.forward(bound, state);
                if steps <= *longest {
                    scores.narrow(1, 0..steps)
                } else {
                    // Places that no source of training had are never looked at.
                    let beyond = Tensor::filled([rows, steps - longest], HIDDEN);
                    Var::concatenate(&[scores, bound.tape().constant(beyond)], 1)
                }
            }
            Alignment::Plain => return None,
        };
        Some(memory.padding.map_or(scores, |padding| scores + padding))
    }

    /// The numbers that the score of one place adds up, for a single row: by unit, or the two parts under the ReLU.
    pub fn terms<'t>(
        &self,
        bound: &Bound<'t, f32>,
        memory: &Memory<'t>,
        state: Var<'t, f32>,
        place: usize,
    ) -> Vec<(String, f32)> {
        let width = state.shape()[1];
        let by_unit = |terms: Var<'_, f32>| {
            let terms = terms.ordered();
            terms.values().iter().enumerate().map(|(unit, term)| (unit.to_string(), *term)).collect()
        };
        match self {
            Alignment::Additive { query, direction, .. } => {
                let key = memory.keys().at(1, place);
                by_unit((key + query.forward(bound, state)).tanh() * bound[*direction])
            }
            Alignment::Multiplicative { query } => {
                let query = query.forward(bound, state).scale(1.0 / (width as f64).sqrt());
                by_unit(memory.states.at(1, place) * query)
            }
            Alignment::Relu { query, .. } => {
                let [key, query] = [memory.keys().at(1, place), query.forward(bound, state)].map(|x| x.ordered().sum());
                vec![("w_h·h".to_owned(), key), ("w_s·s".to_owned(), query)]
            }
            Alignment::Location { places, longest } if place < *longest => {
                by_unit(places.weight(bound).narrow(0, place..place + 1) * state)
            }
            Alignment::Location { .. } | Alignment::Plain => Vec::new(),
        }
    }
}

/// A [`Memory`] as plain numbers, to be kept from one tape to the next.
#[derive(Debug, Clone)]
pub(super) struct KeptMemory {
    pub states: Tensor<f32>,
    mask: Mask,
    keys: Option<Tensor<f32>>,
    padding: Option<Tensor<f32>>,
}

impl KeptMemory {
    pub fn on<'t>(&self, bound: &Bound<'t, f32>) -> Memory<'t> {
        let constant = |value: &Tensor<f32>| bound.tape().constant(value.clone());
        Memory {
            states: constant(&self.states),
            mask: self.mask.clone(),
            keys: self.keys.as_ref().map(constant),
            padding: self.padding.as_ref().map(constant),
        }
    }

    /// Some of its rows, in this order.
    pub fn select(&self, rows: &[usize]) -> KeptMemory {
        let of = |value: &Tensor<f32>| select(value, rows);
        KeptMemory {
            states: of(&self.states),
            mask: match &self.mask {
                Mask::Lengths(lengths) => Mask::Lengths(rows.iter().map(|&row| lengths[row]).collect()),
                mask => mask.clone(),
            },
            keys: self.keys.as_ref().map(of),
            padding: self.padding.as_ref().map(of),
        }
    }
}

/// Some rows of a tensor, in this order.
pub(super) fn select(value: &Tensor<f32>, rows: &[usize]) -> Tensor<f32> {
    Tensor::from(value.view().select(Axis(0), rows))
}

impl<'t> Memory<'t> {
    pub fn kept(&self) -> KeptMemory {
        KeptMemory {
            states: self.states.ordered(),
            mask: self.mask.clone(),
            keys: self.keys.map(Var::ordered),
            padding: self.padding.map(Var::ordered),
        }
    }

    fn keys(&self) -> Var<'t, f32> {
        self.keys.expect("keys of an alignment that compares")
    }
}
