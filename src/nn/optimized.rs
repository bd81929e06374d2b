//! A network and its optimiser, and the running average of a network.

use super::{Adam, Bound, Parameters};
use crate::tensor::Gradients;

/// Weights and Adam's moments for them.
#[derive(Debug, Clone)]
pub struct OptimizedNetwork {
    pub parameters: Parameters<f32>,
    pub adam: Adam<f32>,
}

impl OptimizedNetwork {
    /// Fresh weights under Adam with the paper's constants.
    pub fn new(parameters: Parameters<f32>) -> Self {
        OptimizedNetwork { adam: Adam::new(&parameters), parameters }
    }

    /// The same with other β.
    pub fn with_betas(self, beta1: f64, beta2: f64) -> Self {
        OptimizedNetwork { adam: self.adam.with_betas(beta1, beta2), ..self }
    }

    /// One update of the weights that `bound` put on the tape.
    pub fn descend(&mut self, bound: &Bound<'_, f32>, gradients: &Gradients<f32>, learning_rate: f64) {
        self.adam.update(&mut self.parameters, bound, gradients, learning_rate);
    }
}

/// The weights of a network averaged over its last steps (EMA): w̄ ← m w̄ + (1 − m) w.
#[derive(Debug, Clone)]
pub struct RunningAverage {
    pub parameters: Parameters<f32>,
    /// m: 0.999 looks back about a thousand steps.
    memory: f64,
}

impl RunningAverage {
    /// Of fresh weights.
    pub fn new(parameters: &Parameters<f32>, memory: f64) -> Self {
        RunningAverage { parameters: parameters.clone(), memory }
    }

    /// Takes in the weights after a step, counted from 0. The memory of the first steps is shorter, or the fresh weights would
    /// stay in for long.
    pub fn follow(&mut self, parameters: &Parameters<f32>, step: f64) {
        let memory = self.memory.min((1.0 + step) / (10.0 + step));
        self.parameters.approach(parameters, 1.0 - memory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::tensor;

    fn network(value: f32) -> Parameters<f32> {
        let mut parameters = Parameters::new();
        parameters.add("w", tensor([1], vec![value]));
        parameters
    }

    #[test]
    fn the_memory_of_an_average_grows_to_its_own() {
        let mut average = RunningAverage::new(&network(0.0), 0.9);
        let mut expected = 0.0;
        for step in 0..200 {
            average.follow(&network(1.0), f64::from(step));
            let memory = f64::min(0.9, f64::from(1 + step) / f64::from(10 + step));
            expected = memory * expected + (1.0 - memory);
            let found = average.parameters.iter().next().unwrap().1.values()[0];
            assert!((f64::from(found) - expected).abs() < 1e-5, "{step}: {found}, {expected}");
            assert!(step > 0 || found == 0.9, "the first step counts for nine tenths");
        }
    }
}
