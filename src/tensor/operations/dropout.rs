//! Dropout.

use crate::tensor::{Element, Tensor, Var};
use rand::{Rng, RngExt};

impl<'t, E: Element> Var<'t, E> {
    /// Each element is 0 with probability `rate`, else divided by 1 − rate, so that its mean stays (Srivastava et al.
    /// 2014). For training only.
    ///
    /// # Panics
    /// If the rate is not in [0, 1).
    pub fn dropout(self, rate: f64, random: &mut impl Rng) -> Self {
        assert!((0.0..1.0).contains(&rate), "a rate in [0, 1), not {rate}");
        if rate == 0.0 {
            return self;
        }
        let kept = E::of(1.0 / (1.0 - rate));
        let mut mask = Tensor::unset(self.value().raw_dim());
        for place in mask.values_mut() {
            *place = if random.random_bool(rate) { E::zero() } else { kept };
        }
        self * self.tape().constant(mask)
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor::gradient_check::check;
    use crate::tensor::{Tape, Tensor};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn dropout_keeps_the_mean_and_has_a_right_gradient() {
        let tape = Tape::without_gradients();
        let x = tape.constant(Tensor::filled([100, 100], 1.0_f64));
        let y = x.dropout(0.3, &mut ChaCha8Rng::seed_from_u64(1)).value();
        let zeros = y.iter().filter(|&&y| y == 0.0).count();
        assert!((2850..3150).contains(&zeros), "{zeros}");
        assert!((y.mean().unwrap() - 1.0).abs() < 0.02);
        check("dropout", &[&[3, 4]], |_, x| x[0].dropout(0.5, &mut ChaCha8Rng::seed_from_u64(2)));
    }
}
