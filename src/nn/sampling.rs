//! The next symbol from a language model's logits: temperature, then top-k, then top-p.
//!
//! ```text
//! p = softmax(logits / temperature)
//! top-k: the k most likely symbols (Fan, Lewis & Dauphin 2018, arXiv:1805.04833)
//! top-p: the fewest of the most likely symbols whose probabilities reach p together (Holtzman et al. 2019,
//!        arXiv:1904.09751), of what top-k left
//! ```
//!
//! What is left out has probability 0; the rest is divided by its sum.

use crate::tensor::Element;
use rand::{Rng, RngExt};

/// How the next symbol is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingSettings {
    /// What logits are divided by: below 1 the likely becomes likelier; 0 takes the most likely symbol, the first of
    /// equals. At least 0.
    pub temperature: f64,
    /// How many of the most likely symbols stay, at least 1; the first of equals do.
    pub top_k: Option<usize>,
    /// The share of the probability that the symbols that stay must reach, in (0, 1]; 1 keeps all.
    pub top_p: f64,
}

impl Default for SamplingSettings {
    /// The model's own distribution.
    fn default() -> Self {
        SamplingSettings { temperature: 1.0, top_k: None, top_p: 1.0 }
    }
}

/// Why no symbol can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SamplingError {
    #[error("temperature is {0}, expected a number of at least 0")]
    Temperature(f64),
    #[error("top-k is 0, expected at least 1, or none to keep all symbols")]
    TopK,
    #[error("top-p is {0}, expected a number above 0 and up to 1")]
    TopP(f64),
    #[error("logit {place} is {value}, expected a number or −∞: the model has diverged")]
    Logit { place: usize, value: f64 },
    #[error("all logits are −∞: no symbol is possible")]
    Nothing,
}

impl SamplingSettings {
    /// Whether every setting is in its range.
    ///
    /// # Errors
    /// Names the first one that is not, and its range.
    pub fn check(&self) -> Result<(), SamplingError> {
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return Err(SamplingError::Temperature(self.temperature));
        }
        if self.top_k == Some(0) {
            return Err(SamplingError::TopK);
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(SamplingError::TopP(self.top_p));
        }
        Ok(())
    }

    /// The probability of each symbol under these settings; they sum to 1. A logit of −∞ is a symbol that cannot come.
    ///
    /// # Errors
    /// When a setting is out of range, a logit is not a number or +∞, or none is above −∞.
    pub fn probabilities<E: Element>(&self, logits: &[E]) -> Result<Vec<f64>, SamplingError> {
        self.check()?;
        let logits: Vec<f64> = logits.iter().map(|logit| logit.to_f64().unwrap_or(f64::NAN)).collect();
        if let Some(place) = logits.iter().position(|&logit| logit.is_nan() || logit == f64::INFINITY) {
            return Err(SamplingError::Logit { place, value: logits[place] });
        }
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return Err(SamplingError::Nothing);
        }
        let weight = |place: usize| {
            // At temperature 0, and where a tiny one overflows the quotient, the largest still weighs 1.
            let below = logits[place] - largest;
            if below == 0.0 { 1.0 } else { (below / self.temperature).exp() }
        };
        let kept = if self.temperature == 0.0 { 1 } else { self.top_k.unwrap_or(logits.len()) };
        if kept >= logits.len() && self.top_p == 1.0 {
            let mut probabilities: Vec<f64> = (0..logits.len()).map(weight).collect();
            normalise(&mut probabilities);
            return Ok(probabilities);
        }
        // The most likely first, equals in their order.
        let order = |&a: &usize, &b: &usize| {
            logits[b].partial_cmp(&logits[a]).expect("logits that are numbers").then(a.cmp(&b))
        };
        let mut places: Vec<usize> = (0..logits.len()).collect();
        if kept < places.len() {
            places.select_nth_unstable_by(kept, order);
            places.truncate(kept);
        }
        places.sort_unstable_by(order);
        let mut probabilities = vec![0.0; logits.len()];
        places.iter().for_each(|&place| probabilities[place] = weight(place));
        normalise(&mut probabilities);
        if self.top_p < 1.0 {
            let mut reached = 0.0;
            let enough = places.iter().position(|&place| {
                reached += probabilities[place];
                reached >= self.top_p
            });
            let kept = enough.map_or(places.len(), |last| last + 1);
            places[kept..].iter().for_each(|&place| probabilities[place] = 0.0);
            normalise(&mut probabilities);
        }
        Ok(probabilities)
    }

    /// A symbol, at random by its [probability](Self::probabilities): one number from the generator for each symbol.
    ///
    /// # Errors
    /// As those of [`probabilities`](Self::probabilities).
    pub fn sample<E: Element>(&self, logits: &[E], random: &mut impl Rng) -> Result<usize, SamplingError> {
        Ok(draw(&self.probabilities(logits)?, random))
    }
}

/// A place, at random by its probability; they sum to 1.
pub fn draw(probabilities: &[f64], random: &mut impl Rng) -> usize {
    let mut rest: f64 = random.random();
    let mut last = 0;
    for (place, &probability) in probabilities.iter().enumerate() {
        if probability > 0.0 {
            last = place;
            rest -= probability;
            if rest < 0.0 {
                break;
            }
        }
    }
    // Where rounding leaves a little at the end, it belongs to the last that is possible.
    last
}

fn normalise(weights: &mut [f64]) {
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// ln of these: a model whose distribution is known.
    const P: [f64; 4] = [0.1, 0.4, 0.2, 0.3];

    fn with(settings: SamplingSettings) -> Vec<f64> {
        settings.probabilities(&P.map(f64::ln)).unwrap()
    }

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} instead of {expected:?}");
    }

    #[test]
    fn every_setting_does_its_own() {
        let default = SamplingSettings::default();
        near(&with(default), &P);
        let squares = P.map(|p| p * p / 0.3); // 0.01 + 0.16 + 0.04 + 0.09
        near(&with(SamplingSettings { temperature: 0.5, ..default }), &squares);
        near(&with(SamplingSettings { top_k: Some(2), ..default }), &[0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]);
        near(&with(SamplingSettings { top_p: 0.65, ..default }), &[0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]);
        near(&with(SamplingSettings { top_p: 0.75, ..default }), &[0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0]);
        near(&with(SamplingSettings { top_p: 1e-9, ..default }), &[0.0, 1.0, 0.0, 0.0]);
        // Of the 4/7 and 3/7 that top-k leaves, the first reaches half alone.
        near(&with(SamplingSettings { top_k: Some(2), top_p: 0.5, ..default }), &[0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn temperature_0_is_the_first_of_the_most_likely() {
        let greedy = SamplingSettings { temperature: 0.0, ..SamplingSettings::default() };
        assert_eq!(greedy.probabilities(&[1.0_f32, 3.0, 3.0, f32::NEG_INFINITY]).unwrap(), [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(greedy.sample(&[1.0_f32, 3.0, 3.0], &mut ChaCha8Rng::seed_from_u64(1)), Ok(1));
        let tiny = SamplingSettings { temperature: 1e-320, ..greedy };
        assert_eq!(tiny.probabilities(&[1.0_f32, 3.0]).unwrap(), [0.0, 1.0]);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let default = SamplingSettings::default();
        let error = |settings: SamplingSettings| settings.probabilities(&[0.0_f64]).unwrap_err().to_string();
        for temperature in [-0.1, f64::NAN, f64::INFINITY] {
            let found = error(SamplingSettings { temperature, ..default });
            assert_eq!(found, format!("temperature is {temperature}, expected a number of at least 0"));
        }
        let found = error(SamplingSettings { top_k: Some(0), ..default });
        assert_eq!(found, "top-k is 0, expected at least 1, or none to keep all symbols");
        for top_p in [0.0, 1.1, f64::NAN] {
            let found = error(SamplingSettings { top_p, ..default });
            assert_eq!(found, format!("top-p is {top_p}, expected a number above 0 and up to 1"));
        }
    }

    #[test]
    fn logits_that_are_no_distribution_are_refused() {
        let settings = SamplingSettings::default();
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let error = settings.sample(&[0.0, f64::NAN], random).unwrap_err().to_string();
        assert_eq!(error, "logit 1 is NaN, expected a number or −∞: the model has diverged");
        let infinite = settings.sample(&[f64::INFINITY], random);
        assert_eq!(infinite, Err(SamplingError::Logit { place: 0, value: f64::INFINITY }));
        assert_eq!(settings.sample(&[f64::NEG_INFINITY; 2], random), Err(SamplingError::Nothing));
        assert_eq!(settings.sample::<f64>(&[], random), Err(SamplingError::Nothing));
    }

    #[test]
    fn samples_come_as_often_as_they_are_likely_and_again_with_the_seed() {
        let settings = SamplingSettings { top_k: Some(3), ..SamplingSettings::default() };
        let samples = |seed: u64| -> Vec<usize> {
            let random = &mut ChaCha8Rng::seed_from_u64(seed);
            (0..10_000).map(|_| settings.sample(&P.map(f64::ln), random).unwrap()).collect()
        };
        let found = samples(1);
        let count = |symbol: usize| found.iter().filter(|&&sample| sample == symbol).count() as f64;
        assert_eq!(count(0), 0.0, "left out by top-k");
        let expected = [(1, 40_000.0 / 9.0), (2, 20_000.0 / 9.0), (3, 30_000.0 / 9.0)];
        let squares = expected.map(|(symbol, expected)| (count(symbol) - expected).powi(2) / expected);
        // χ² with two degrees of freedom exceeds 13.8 once in a thousand times.
        assert!(squares.iter().sum::<f64>() < 13.8, "{squares:?}");
        assert_eq!(found, samples(1));
        assert_ne!(found, samples(2));
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one(
            logits in prop::collection::vec(-50.0..50.0_f64, 1..40),
            temperature in 0.0..5.0_f64,
            k in 1..50_usize,
            p in 0.01..=1.0_f64,
            seed in any::<u64>(),
        ) {
            let settings = SamplingSettings { temperature, top_k: Some(k), top_p: p };
            let found = settings.probabilities(&logits).unwrap();
            prop_assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!(found.iter().all(|&p| (0.0..=1.0 + 1e-9).contains(&p)));
            let sample = settings.sample(&logits, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
            prop_assert!(found[sample] > 0.0);
        }

        #[test]
        fn top_k_keeps_k_and_the_most_likely(logits in prop::collection::vec(-5.0..5.0_f64, 1..40), k in 1..50_usize) {
            let settings = SamplingSettings { top_k: Some(k), ..SamplingSettings::default() };
            let found = settings.probabilities(&logits).unwrap();
            prop_assert_eq!(found.iter().filter(|&&p| p > 0.0).count(), k.min(logits.len()));
            let kept = (0..logits.len()).filter(|&i| found[i] > 0.0).map(|i| logits[i]).fold(f64::INFINITY, f64::min);
            prop_assert!((0..logits.len()).all(|i| found[i] > 0.0 || logits[i] <= kept));
        }

        #[test]
        fn top_p_keeps_the_fewest_that_reach_p(logits in prop::collection::vec(-5.0..5.0_f64, 1..40), p in 0.01..0.99_f64) {
            let all = SamplingSettings::default().probabilities(&logits).unwrap();
            let settings = SamplingSettings { top_p: p, ..SamplingSettings::default() };
            let found = settings.probabilities(&logits).unwrap();
            let mut kept: Vec<f64> = (0..logits.len()).filter(|&i| found[i] > 0.0).map(|i| all[i]).collect();
            let left_out = (0..logits.len()).filter(|&i| found[i] == 0.0).map(|i| all[i]).fold(0.0, f64::max);
            kept.sort_by(f64::total_cmp);
            prop_assert!(kept.iter().sum::<f64>() >= p - 1e-9, "they reach p");
            prop_assert!(kept[1..].iter().sum::<f64>() < p + 1e-9, "without the least likely they do not");
            prop_assert!(left_out <= kept[0], "and they are the most likely");
        }

        #[test]
        fn temperature_0_is_the_largest(logits in prop::collection::vec(-5.0..5.0_f32, 1..40), seed in any::<u64>()) {
            let settings = SamplingSettings { temperature: 0.0, ..SamplingSettings::default() };
            let sample = settings.sample(&logits, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
            prop_assert!(logits.iter().all(|&logit| logit <= logits[sample]));
        }
    }
}
