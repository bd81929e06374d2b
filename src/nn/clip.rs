//! Limits for gradients.

use super::parameters::Bound;
use crate::tensor::{Element, Gradients, parallel};

/// The common norm of all gradients, √Σ g².
pub fn gradient_norm<E: Element>(bound: &Bound<'_, E>, gradients: &Gradients<E>) -> f64 {
    let squares = bound.vars().iter().filter_map(|&var| gradients.of(var)).map(|gradient| {
        let gradient = crate::tensor::contiguous(gradient);
        let square = parallel::sum2(gradient.values(), gradient.values(), |a, b| a * b);
        num_traits::ToPrimitive::to_f64(&square).unwrap_or(f64::NAN)
    });
    squares.sum::<f64>().sqrt()
}

/// Scales all gradients together so that their common norm is at most `limit` (Pascanu, Mikolov & Bengio 2012,
/// arXiv:1211.5063); returns the norm that they had. [`Adam`](super::Adam::with_clipping) does the same in its own pass.
pub fn clip_norm<E: Element>(bound: &Bound<'_, E>, gradients: &mut Gradients<E>, limit: f64) -> f64 {
    let norm = gradient_norm(bound, gradients);
    if norm > limit {
        let factor = E::of(limit / norm);
        for &var in bound.vars() {
            if let Some(gradient) = gradients.of_mut(var) {
                *gradient = crate::tensor::contiguous(gradient);
                parallel::update(gradient.values_mut(), move |g| g * factor);
            }
        }
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Parameters;
    use crate::tensor::{Tape, tensor};

    #[test]
    fn a_long_gradient_keeps_its_direction() {
        let mut parameters = Parameters::<f64>::new();
        parameters.add("a", tensor([1], vec![3.0]));
        parameters.add("b", tensor([1], vec![4.0]));
        let gradients = |limit| {
            let tape = Tape::new();
            let bound = parameters.on(&tape);
            let mut gradients = (0.5 * (bound.vars()[0].square() + bound.vars()[1].square())).sum().backward();
            let norm = clip_norm(&bound, &mut gradients, limit);
            (norm, bound.vars().iter().map(|&var| gradients.of(var).unwrap()[[0]]).collect::<Vec<_>>())
        };
        assert_eq!(gradients(10.0), (5.0, vec![3.0, 4.0]));
        let (norm, clipped) = gradients(1.0);
        assert_eq!(norm, 5.0);
        assert!((clipped[0] - 0.6).abs() < 1e-12 && (clipped[1] - 0.8).abs() < 1e-12, "{clipped:?}");
    }
}
