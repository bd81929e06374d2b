//! The feed-forward network of a transformer block.

use crate::nn::{Bound, Linear, Parameters};
use crate::tensor::{Activation, Element, Var};
use rand::Rng;

/// W₂ gelu(W₁ x + b₁) + b₂ at each place: `[.., width]` → `[.., width]` (Vaswani et al. 2017, arXiv:1706.03762, section
/// 3.3, with GELU for ReLU as in GPT).
#[derive(Debug, Clone, Copy)]
pub struct FeedForward {
    widen: Linear,
    narrow: Linear,
}

impl FeedForward {
    /// Adds `{name}.widen` `[hidden, width]` and `{name}.narrow` `[width, hidden]`, each with a bias.
    pub fn new<E: Element>(
        parameters: &mut Parameters<E>,
        name: &str,
        width: usize,
        hidden: usize,
        random: &mut impl Rng,
    ) -> Self {
        let widen = Linear::new(parameters, &format!("{name}.widen"), width, hidden, Activation::Gelu, random);
        let narrow = Linear::new(parameters, &format!("{name}.narrow"), hidden, width, Activation::Identity, random);
        FeedForward { widen, narrow }
    }

    /// `[.., width]` → `[.., width]`.
    pub fn forward<'t, E: Element>(&self, parameters: &Bound<'t, E>, x: Var<'t, E>) -> Var<'t, E> {
        self.narrow.forward(parameters, self.widen.forward(parameters, x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{Tape, tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// gelu(1) = 0.8411919906 and gelu(−2) = −0.0454023059 by the tanh formula, as PyTorch gives them.
    #[test]
    fn it_is_two_layers_with_a_gelu_between() {
        let mut parameters = Parameters::<f64>::new();
        let layer = FeedForward::new(&mut parameters, "f", 1, 2, &mut ChaCha8Rng::seed_from_u64(1));
        *parameters.get_mut("f.widen.weight").unwrap() = tensor([2, 1], vec![1.0, -2.0]);
        *parameters.get_mut("f.narrow.weight").unwrap() = tensor([1, 2], vec![10.0, 100.0]);
        *parameters.get_mut("f.narrow.bias").unwrap() = tensor([1], vec![0.5]);
        let tape = Tape::without_gradients();
        let y = layer.forward(&parameters.on(&tape), tape.constant(tensor([1, 1], vec![1.0]))).item();
        assert!((y - (8.411_919_906 - 4.540_230_59 + 0.5)).abs() < 1e-7, "{y}");
    }
}
