//! A string of small letters, backward: `abcde` → `edcba`. The longer the string, the more a fixed-size state must
//! carry.

use super::split::is_held_out;
use super::{Encoding, Pair, Sample};
use rand::RngExt;

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
/// Letters of the shortest string and of the longest one.
const LENGTHS: [usize; 2] = [5, 60];

pub(super) const LONGEST: (usize, usize) = (LENGTHS[1], LENGTHS[1]);

/// Every length from 5 to 60 with equal chance, every letter with equal chance. Held out is a string.
pub(super) fn draw(random: &mut impl RngExt) -> Sample {
    let length = random.random_range(LENGTHS[0]..=LENGTHS[1]);
    let source: String = (0..length).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect();
    let held_out = is_held_out(&source);
    Sample { pair: Pair { target: source.chars().rev().collect(), source }, held_out }
}

/// A string of 1 to 60 small letters, backward.
pub(super) fn target(source: &str) -> Option<String> {
    let is_string =
        (1..=LENGTHS[1]).contains(&source.len()) && source.bytes().all(|letter| letter.is_ascii_lowercase());
    is_string.then(|| source.chars().rev().collect())
}

pub(super) fn encodings() -> (Encoding, Encoding) {
    (Encoding::of_characters([LETTERS]), Encoding::of_characters([LETTERS]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn strings_are_reversed() {
        assert_eq!(target("abcde").as_deref(), Some("edcba"));
        assert_eq!(target("z").as_deref(), Some("z"));
        assert!(target(&"a".repeat(60)).is_some());
        for other in [String::new(), "a".repeat(61), "aB".into(), "a b".into(), "a1".into(), "é".into()] {
            assert_eq!(target(&other), None, "{other}");
        }
    }

    #[test]
    fn lengths_are_balanced() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_usize; LENGTHS[1] + 1];
        for _ in 0..28_000 {
            counts[draw(random).pair.source.len()] += 1;
        }
        assert_eq!(counts[..LENGTHS[0]], [0; LENGTHS[0]]);
        let squares: f64 = counts[LENGTHS[0]..].iter().map(|count| (*count as f64 - 500.0).powi(2) / 500.0).sum();
        // 55 degrees of freedom: above 93.2 with a chance of one in a thousand.
        assert!(squares < 93.2, "{squares}");
    }
}
