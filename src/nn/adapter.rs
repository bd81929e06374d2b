//! Low-rank adapters (Hu et al. 2021, arXiv:2106.09685): a matrix W that was learned before stays as it is, and W + B A is used, where B
//! and A have few columns and rows and are all that is learned.

use super::initialise::normal;
use super::{Bound, ParameterId, Parameters};
use crate::tensor::Element;
use rand::Rng;

/// Adapters of some matrices of a network.
#[derive(Debug, Clone)]
pub struct Adapters(Vec<Adapter>);

#[derive(Debug, Clone, Copy)]
struct Adapter {
    /// Of the network.
    matrix: ParameterId,
    /// A `[rank, inputs]` and B `[outputs, rank]`, of the adapters.
    down: ParameterId,
    up: ParameterId,
}

impl Adapters {
    /// Adds `{name}.down` and `{name}.up` for each matrix `{name}` of a network that `adapts` picks. At first B is 0: nothing has changed.
    ///
    /// # Panics
    /// If it picks something that is no matrix.
    pub fn new<E: Element>(
        network: &Parameters<E>,
        adapts: impl Fn(&str) -> bool,
        rank: usize,
        parameters: &mut Parameters<E>,
        random: &mut impl Rng,
    ) -> Self {
        let mut adapters = Vec::new();
        for (name, value) in network.iter().filter(|(name, _)| adapts(name)) {
            let &[outputs, inputs] = value.shape() else { panic!("{name} is no matrix: {:?}", value.shape()) };
            let down = normal(&[rank, inputs], 1.0 / (inputs as f64).sqrt(), random);
            adapters.push(Adapter {
                matrix: network.id(name).expect("a parameter of the network"),
                down: parameters.add(format!("{name}.down"), down),
                up: parameters.add(format!("{name}.up"), crate::tensor::Tensor::filled([outputs, rank], E::zero())),
            });
        }
        Adapters(adapters)
    }

    /// A network on a tape with its adapters: what is learned goes through them alone.
    pub fn on<'t, E: Element>(&self, network: &Parameters<E>, adapters: &Bound<'t, E>) -> Bound<'t, E> {
        let mut bound = network.frozen_on(adapters.tape());
        for Adapter { matrix, down, up } in &self.0 {
            let adapted = bound[*matrix] + adapters[*up].matmul(adapters[*down]);
            bound.replace(*matrix, adapted);
        }
        bound
    }

    /// The network with W + B A in the place of every W.
    pub fn merged<E: Element>(&self, network: &Parameters<E>, adapters: &Parameters<E>) -> Parameters<E> {
        let tape = crate::tensor::Tape::without_gradients();
        let bound = self.on(network, &adapters.on(&tape));
        let mut merged = network.clone();
        for ((_, value), var) in merged.iter_mut().zip(bound.vars()) {
            *value = var.ordered();
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Adam, Linear};
    use crate::tensor::{Activation, Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// y = x Wᵀ is fitted to another matrix that differs by one of rank 1: the adapter finds it, and W stays.
    #[test]
    fn an_adapter_learns_a_change_of_low_rank_and_leaves_the_matrix() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let mut network = Parameters::<f64>::new();
        let layer = Linear::without_bias(&mut network, "l", 3, 2, Activation::Identity, random);
        let before = network.get("l.weight").unwrap().clone();
        let mut learned = Parameters::new();
        let adapters = Adapters::new(&network, |name| name == "l.weight", 1, &mut learned, random);
        assert_eq!(
            learned.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(),
            ["l.weight.down", "l.weight.up"]
        );
        assert_eq!(adapters.merged(&network, &learned).get("l.weight"), Some(&before));
        let x = tensor([3, 3], vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let change = [[2.0, -1.0, 0.5], [4.0, -2.0, 1.0]];
        let wanted: Vec<f64> = (0..3)
            .flat_map(|input| (0..2).map(move |output| (input, output)))
            .map(|(i, o)| before[[o, i]] + change[o][i])
            .collect();
        let mut adam = Adam::new(&learned);
        for _ in 0..2000 {
            let tape = Tape::new();
            let own = learned.on(&tape);
            let bound = adapters.on(&network, &own);
            let y = layer.forward(&bound, tape.constant(x.clone()));
            let loss = (y - tape.constant(tensor([3, 2], wanted.clone()))).square().sum();
            let gradients = loss.backward();
            adam.update(&mut learned, &own, &gradients, 0.02);
        }
        let merged = adapters.merged(&network, &learned);
        for (output, row) in change.iter().enumerate() {
            for (input, change) in row.iter().enumerate() {
                let found = merged.get("l.weight").unwrap()[[output, input]] - before[[output, input]];
                assert!((found - change).abs() < 1e-3, "{output} {input}: {found}");
            }
        }
        assert_eq!(network.get("l.weight"), Some(&before));
    }
}
