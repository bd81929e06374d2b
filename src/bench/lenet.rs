//! A classifier of digits in the manner of LeNet (LeCun et al. 1998): 5×5 convolutions to 8 and 16 channels with
//! max-pooling, then 400-120-10, batches of 64. Forward and backward alone; what the optimiser does is in the other
//! workloads.

use super::source::{self, Source};
use super::{Unit, Workload};
use crate::nn::{Adam, Bound, Convolution, Linear, Parameters};
use crate::tensor::{Activation, Tape, Tensor, Var, Window};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const BATCH: usize = 64;
const PICTURES: usize = 4096;

pub struct Training {
    convolutions: [Convolution; 2],
    dense: [Linear; 2],
    parameters: Parameters<f32>,
    /// For those who compare losses over steps.
    adam: Option<Adam<f32>>,
    pictures: Tensor<f32>,
    labels: Vec<Option<usize>>,
    start: usize,
}

impl Training {
    /// Nothing in this workload is drawn at random; with a counted source it is also optimised.
    pub fn new(source: Source) -> Self {
        let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(0));
        let p = &mut parameters;
        let relu = Activation::Relu;
        let convolutions = [
            Convolution::new(p, "conv1", (1, 8), 5, Window::padded(2), relu, random),
            Convolution::new(p, "conv2", (8, 16), 5, Window::padded(0), relu, random),
        ];
        let dense = [
            Linear::new(p, "dense1", 400, 120, relu, random),
            Linear::new(p, "dense2", 120, 10, Activation::Identity, random),
        ];
        super::count_out(&mut parameters);
        Training {
            convolutions,
            dense,
            adam: matches!(source, Source::Counted(_)).then(|| Adam::new(&parameters)),
            parameters,
            pictures: source::data(0, &[PICTURES, 28, 28, 1], |u| u as f32),
            labels: source::symbols(1, PICTURES, 10).into_iter().map(Some).collect(),
            start: 0,
        }
    }

    fn logits<'t>(&self, bound: &Bound<'t, f32>, x: Var<'t, f32>) -> Var<'t, f32> {
        let x = self.convolutions.iter().fold(x, |x, layer| layer.forward(bound, x).max_pool(2));
        self.dense.iter().fold(x.reshape([BATCH, 400]), |x, layer| layer.forward(bound, x))
    }
}

impl Workload for Training {
    fn step(&mut self) -> f32 {
        let range = super::next_start(&mut self.start, BATCH, PICTURES);
        let tape = Tape::new();
        let bound = self.parameters.on(&tape);
        let x = tape.constant(super::rows(&self.pictures, range.clone()));
        let loss = self.logits(&bound, x).cross_entropy(&self.labels[range]);
        let value = loss.item();
        let gradients = loss.backward();
        if let Some(adam) = &mut self.adam {
            adam.update(&mut self.parameters, &bound, &gradients, 1e-3);
        }
        value
    }

    fn weights(&self) -> Vec<u8> {
        super::bytes(&self.parameters)
    }

    fn size(&self) -> (usize, Unit) {
        (BATCH, Unit::Samples)
    }
}
