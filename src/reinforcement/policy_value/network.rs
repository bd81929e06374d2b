//! The network: one trunk of residual convolutions under two heads, (p, v) = f_θ(s).
//!
//! ```text
//! x₀ = relu(conv(planes))        x_{i+1} = relu(x_i + conv(relu(conv(x_i))))
//! p = softmax(W_p relu(conv₁ₓ₁(x)))    v = tanh(w · relu(W_v relu(conv₁ₓ₁(x))))
//! ℓ = (z − v)² − πᵀ ln p
//! ```
//!
//! AlphaGo Zero normalises each convolution over the batch. Here the second convolution of a block begins at zero instead, so that a
//! fresh block changes nothing (Zhang, Dauphin & Ma 2019, arXiv:1901.09321): how a position is evaluated does not depend on the others
//! of its batch, up to rounding.

use super::game::{NetworkGame, STONES};
use crate::experiment::ExperimentError;
use crate::nn::{Bound, Convolution, Linear, Parameters, Weights, weights};
use crate::reinforcement::search::puct::{Evaluation, Evaluator};
use crate::tensor::{Activation, Tape, Tensor, Var, Window};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Channels of the two heads.
const HEAD: usize = 8;
/// Hidden numbers of the value.
const VALUE: usize = 64;
/// Positions that a thread evaluates together.
const TOGETHER: usize = 32;

/// The game of a network and its size; stands in its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    pub game: String,
    pub channels: usize,
    pub blocks: usize,
    /// Planes that it is given of a position; a file that does not say so is of a network that knows the stones alone.
    #[serde(default = "stones")]
    pub planes: usize,
}

fn stones() -> usize {
    STONES
}

impl Configuration {
    /// Of a network for a game that is given the stones alone.
    pub fn new(start: &impl NetworkGame, channels: usize, blocks: usize) -> Self {
        Configuration { game: start.id().to_owned(), channels, blocks, planes: STONES }
    }

    /// The same of a network that is given all planes of its game.
    #[must_use]
    pub fn with_all_planes<G: NetworkGame>(self) -> Self {
        Configuration { planes: G::PLANES, ..self }
    }

    /// What the file of a network says.
    ///
    /// # Errors
    /// When the file is broken, or is of something else.
    pub fn read(bytes: &[u8]) -> Result<Self, ExperimentError> {
        let text = weights::decode(bytes)?.state;
        let text =
            text.ok_or_else(|| ExperimentError::new("a file of weights, but not of a network that plays a game"))?;
        serde_json::from_str(&text)
            .map_err(|error| ExperimentError::new(format!("not a network that plays a game: {error}")))
    }
}

/// A trunk of residual blocks, and two heads.
#[derive(Debug, Clone)]
pub struct PolicyValueNet {
    board: [usize; 2],
    stem: Convolution,
    blocks: Vec<[Convolution; 2]>,
    policy: (Convolution, Linear),
    value: (Convolution, [Linear; 2]),
}

impl PolicyValueNet {
    /// A fresh network for a game.
    pub fn new<G: NetworkGame>(
        &Configuration { channels, blocks, planes, .. }: &Configuration,
        parameters: &mut Parameters<f32>,
        random: &mut impl Rng,
    ) -> Self {
        let relu = Activation::Relu;
        let mut convolution = |name: &str, channels, size: usize, activation| {
            Convolution::new(parameters, name, channels, size, Window::padded(size / 2).direct(), activation, random)
        };
        let stem = convolution("stem", (planes, channels), 3, relu);
        let block = |index: usize| {
            let first = convolution(&format!("block.{index}.0"), (channels, channels), 3, relu);
            [first, convolution(&format!("block.{index}.1"), (channels, channels), 3, Activation::Identity)]
        };
        let blocks: Vec<_> = (0..blocks).map(block).collect();
        let heads = ["policy", "value"].map(|head| convolution(&format!("{head}.channels"), (channels, HEAD), 1, relu));
        for index in 0..blocks.len() {
            parameters.get_mut(&format!("block.{index}.1.weight")).expect("a block").values_mut().fill(0.0);
        }
        let cells = HEAD * G::CELLS;
        let mut linear = |name: &str, inputs, outputs, activation| {
            Linear::new(parameters, name, inputs, outputs, activation, random)
        };
        let policy = linear("policy.actions", cells, G::ACTIONS, Activation::Identity);
        let value = [linear("value.hidden", cells, VALUE, relu), linear("value.out", VALUE, 1, Activation::Tanh)];
        PolicyValueNet {
            board: [G::ROWS, G::COLUMNS],
            stem,
            blocks,
            policy: (heads[0], policy),
            value: (heads[1], value),
        }
    }

    /// Planes `[n, rows, columns, planes]` → logits of the actions `[n, actions]` and values `[n, 1]`.
    pub fn forward<'t>(&self, bound: &Bound<'t, f32>, planes: Var<'t, f32>) -> (Var<'t, f32>, Var<'t, f32>) {
        let n = planes.shape()[0];
        let [rows, columns] = self.board;
        let mut x = self.stem.forward(bound, planes);
        for [first, second] in &self.blocks {
            x = (x + second.forward(bound, first.forward(bound, x))).relu();
        }
        let flat = |head: &Convolution| head.forward(bound, x).reshape([n, rows * columns * HEAD]);
        let logits = self.policy.1.forward(bound, flat(&self.policy.0));
        let [hidden, out] = &self.value.1;
        (logits, out.forward(bound, hidden.forward(bound, flat(&self.value.0))))
    }
}

/// What a batch of positions should have been evaluated as.
#[derive(Debug, Clone)]
pub struct Target {
    /// π `[n, actions]`.
    pub policies: Tensor<f32>,
    /// z `[n, 1]`.
    pub values: Tensor<f32>,
}

/// −πᵀ ln p and (z − v)², each the mean over the batch.
pub fn loss<'t>(logits: Var<'t, f32>, values: Var<'t, f32>, target: &Target) -> [Var<'t, f32>; 2] {
    let n = target.values.len() as f64;
    let tape = logits.tape();
    let policy = (tape.constant(target.policies.clone()) * logits.log_softmax()).sum().scale(-1.0 / n);
    let value = (values - tape.constant(target.values.clone())).square().sum().scale(1.0 / n);
    [policy, value]
}

/// A network of a game with its weights.
#[derive(Debug, Clone)]
pub struct Net<G> {
    pub network: PolicyValueNet,
    pub parameters: Parameters<f32>,
    pub configuration: Configuration,
    game: PhantomData<fn() -> G>,
}

impl<G: NetworkGame> Net<G> {
    /// A fresh one.
    pub fn new(configuration: Configuration, random: &mut impl Rng) -> Self {
        let mut parameters = Parameters::new();
        let network = PolicyValueNet::new::<G>(&configuration, &mut parameters, random);
        Net { network, parameters, configuration, game: PhantomData }
    }

    /// The same network with other weights.
    pub fn with(&self, parameters: &Parameters<f32>) -> Self {
        let (network, configuration) = (self.network.clone(), self.configuration.clone());
        Net { network, parameters: parameters.clone(), configuration, game: PhantomData }
    }

    /// From the bytes of a file with this configuration.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape, or the network would be larger than any that is trained here.
    pub fn open(bytes: &[u8], configuration: Configuration) -> Result<Self, ExperimentError> {
        let Configuration { channels, blocks, planes, .. } = configuration;
        if !(1..=256).contains(&channels) || blocks > 40 || ![STONES, G::PLANES].contains(&planes) {
            let size = format!("a network of {planes} planes, {channels} channels and {blocks} blocks");
            return Err(ExperimentError::new(size));
        }
        let mut net = Self::new(configuration, &mut ChaCha8Rng::seed_from_u64(0));
        weights::open(&mut [("", &mut net.parameters)], bytes)?;
        Ok(net)
    }

    /// What its file holds.
    pub fn weights(&self) -> Weights {
        let text = serde_json::to_string(&self.configuration).expect("plain data");
        Weights::new().network("", &self.parameters).text(text)
    }

    /// Logits and values of positions.
    fn outputs(&self, positions: &[G]) -> (Tensor<f32>, Tensor<f32>) {
        let count = self.configuration.planes;
        let mut planes = Tensor::unset([positions.len(), G::ROWS, G::COLUMNS, count]);
        for (position, out) in positions.iter().zip(planes.values_mut().chunks_exact_mut(G::CELLS * count)) {
            G::write_planes(&position.code(), 0, count, out);
        }
        let tape = Tape::without_gradients();
        let (logits, values) = self.network.forward(&self.parameters.frozen_on(&tape), tape.constant(planes));
        (logits.ordered(), values.ordered())
    }

    fn evaluate_few(&self, positions: &[G]) -> Vec<Evaluation> {
        let (logits, values) = self.outputs(positions);
        let mut moves = Vec::new();
        let rows = logits.values().chunks_exact(G::ACTIONS).zip(values.values());
        let evaluation = |(position, (logits, &value)): (&G, (&[f32], &f32))| {
            position.legal(&mut moves);
            let own = moves.iter().map(|&of| logits[G::action(of)]);
            let most = own.clone().fold(f32::NEG_INFINITY, f32::max);
            let mut priors: Vec<f32> = own.map(|logit| (logit - most).exp()).collect();
            let sum: f32 = priors.iter().sum();
            priors.iter_mut().for_each(|prior| *prior /= sum);
            Evaluation { priors, value }
        };
        positions.iter().zip(rows).map(evaluation).collect()
    }
}

impl<G: NetworkGame> Evaluator<G> for Net<G> {
    fn evaluate(&self, positions: &[G]) -> Vec<Evaluation> {
        positions.par_chunks(TOGETHER).flat_map_iter(|positions| self.evaluate_few(positions)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::{ConnectFour, Game, PlayoutRng, TicTacToe, below};
    use crate::tensor::tensor;

    fn net<G: NetworkGame>(start: &G) -> Net<G> {
        net_of(start, false)
    }

    fn net_of<G: NetworkGame>(start: &G, has_all_planes: bool) -> Net<G> {
        let mut configuration = Configuration::new(start, 8, 2);
        if has_all_planes {
            configuration = configuration.with_all_planes::<G>();
        }
        let mut net = Net::new(configuration, &mut ChaCha8Rng::seed_from_u64(1));
        // Blocks that do something.
        for (place, (_, value)) in net.parameters.iter_mut().enumerate() {
            value
                .values_mut()
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x += ((i * 7 + place) % 11) as f32 / 50.0 - 0.1);
        }
        net
    }

    fn positions(count: usize) -> Vec<ConnectFour> {
        let (mut random, mut moves, mut position) = (PlayoutRng::seed_from_u64(4), Vec::new(), ConnectFour::default());
        let mut positions = Vec::new();
        while positions.len() < count {
            position.legal(&mut moves);
            if moves.is_empty() {
                position = ConnectFour::default();
                continue;
            }
            positions.push(position);
            position.play(moves[below(&mut random, moves.len())]);
        }
        positions
    }

    #[test]
    fn a_batch_is_evaluated_as_its_positions_one_by_one() {
        let net = net(&ConnectFour::default());
        let positions = positions(67);
        let batch = net.evaluate(&positions);
        for (position, together) in positions.iter().zip(&batch) {
            let alone = net.evaluate(std::slice::from_ref(position)).remove(0);
            let near = |a: f32, b: f32| (a - b).abs() < 1e-5;
            assert!(near(alone.value, together.value), "{alone:?}, {together:?}");
            assert!(alone.priors.iter().zip(&together.priors).all(|(a, b)| near(*a, *b)));
            let (mut moves, sum) = (Vec::new(), together.priors.iter().sum::<f32>());
            position.legal(&mut moves);
            assert_eq!(moves.len(), together.priors.len());
            assert!(near(sum, 1.0) && together.value.abs() <= 1.0);
        }
        assert!(batch.iter().any(|evaluation| (evaluation.value - batch[0].value).abs() > 1e-3), "a net that looks");
    }

    #[test]
    fn a_file_brings_the_network_back_and_that_of_another_game_is_refused() {
        let [stones, all] = [false, true].map(|all| net_of(&ConnectFour::default(), all));
        for net in [&stones, &all] {
            let bytes = net.weights().encode(crate::experiment::Precision::Single);
            let super::super::AnyNet::ConnectFour(opened) = super::super::AnyNet::open(&bytes).unwrap() else {
                panic!("the game of the file")
            };
            let positions = positions(20);
            assert_eq!(opened.evaluate(&positions), net.evaluate(&positions));
        }
        // A file of before there was a choice does not name the planes.
        let before = r#"{"game":"connect-four","channels":8,"blocks":2}"#;
        assert_eq!(serde_json::from_str::<Configuration>(before).unwrap(), stones.configuration);
        let bytes = stones.weights().encode(crate::experiment::Precision::Single);
        let strange = Configuration { planes: 4, ..stones.configuration.clone() };
        let refused = Net::<ConnectFour>::open(&bytes, strange).unwrap_err().to_string();
        assert_eq!(refused, "a network of 4 planes, 8 channels and 2 blocks");
        let wrong = Configuration::new(&TicTacToe::default(), 8, 2);
        let refused = Net::<TicTacToe>::open(&bytes, wrong).unwrap_err().to_string();
        assert!(refused.contains("has shape"), "{refused}");
        for strange in [b"".as_slice(), &bytes[..100], include_bytes!("../../../assets/models/kl/model.safetensors")] {
            let refused = super::super::AnyNet::open(strange).unwrap_err().to_string();
            assert!(!refused.contains('\n'), "{refused}");
        }
    }

    #[test]
    fn the_loss_is_its_formula() {
        let tape = Tape::without_gradients();
        let logits = tape.constant(tensor([2, 2], vec![0.0, 0.0, 3.0_f32.ln(), 0.0]));
        let values = tape.constant(tensor([2, 1], vec![0.5, -1.0]));
        let target =
            Target { policies: tensor([2, 2], vec![0.5, 0.5, 1.0, 0.0]), values: tensor([2, 1], vec![1.0, -1.0]) };
        let [policy, value] = loss(logits, values, &target).map(Var::item);
        assert!((policy - (2.0_f32.ln() - 0.75_f32.ln()) / 2.0).abs() < 1e-6, "{policy}");
        assert!((value - 0.125).abs() < 1e-6, "{value}");
    }
}
