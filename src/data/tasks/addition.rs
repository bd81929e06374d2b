//! Addition of two numbers of two or three digits: `57+841` → `898`. The sum may be written from the last digit, the
//! order in which the carry runs.

use super::split::is_held_out;
use super::{Encoding, Pair, Sample};
use rand::RngExt;

/// Summands of a pair: smallest and largest.
const SUMMANDS: [u32; 2] = [10, 999];

/// Characters of `999+999` and of `1998`.
pub(super) const LONGEST: (usize, usize) = (7, 4);

/// Each summand has two or three digits with equal chance. Held out is an unordered pair of summands: `57+841` with
/// `841+57`.
pub(super) fn draw(reversed: bool, random: &mut impl RngExt) -> Sample {
    let [a, b] = [(); 2].map(|()| match random.random_range(0..2) {
        0 => random.random_range(SUMMANDS[0]..100),
        _ => random.random_range(100..=SUMMANDS[1]),
    });
    let held_out = is_held_out(&format!("{}+{}", a.min(b), a.max(b)));
    Sample { pair: Pair { source: format!("{a}+{b}"), target: write(a + b, reversed) }, held_out }
}

/// The sum that a source asks for.
pub(super) fn target(reversed: bool, source: &str) -> Option<String> {
    let (a, b) = source.split_once('+')?;
    Some(write(read(a)? + read(b)?, reversed))
}

fn read(digits: &str) -> Option<u32> {
    let number: u32 = digits.parse().ok()?;
    let is_plain = number.to_string() == digits && (SUMMANDS[0]..=SUMMANDS[1]).contains(&number);
    is_plain.then_some(number)
}

fn write(sum: u32, reversed: bool) -> String {
    let digits = sum.to_string();
    if reversed { digits.chars().rev().collect() } else { digits }
}

pub(super) fn encodings() -> (Encoding, Encoding) {
    (Encoding::of_characters(["+0123456789"]), Encoding::of_characters(["0123456789"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn sums_are_right() {
        let cases = [("57+841", "898", "898"), ("999+999", "1998", "8991"), ("10+90", "100", "001")];
        for (source, sum, reversed) in cases {
            assert_eq!(target(false, source).as_deref(), Some(sum));
            assert_eq!(target(true, source).as_deref(), Some(reversed));
        }
        for other in ["", "57", "57+", "+57", "5+57", "057+84", "57+1000", "57+84+1", "57-84", "57 + 84", "+57+84"] {
            assert_eq!(target(false, other), None, "{other}");
        }
    }

    #[test]
    fn both_orders_are_on_one_side_of_the_split() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let samples: Vec<Sample> = (0..20_000).map(|_| draw(false, random)).collect();
        let sides: std::collections::BTreeMap<&str, bool> =
            samples.iter().map(|sample| (sample.pair.source.as_str(), sample.held_out)).collect();
        let mut compared = 0;
        for (source, side) in &sides {
            let (a, b) = source.split_once('+').unwrap();
            if let Some(other) = sides.get(format!("{b}+{a}").as_str()) {
                assert_eq!(side, other, "{source}");
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared}");
    }

    #[test]
    fn lengths_are_balanced() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_usize; 4];
        for _ in 0..20_000 {
            let source = draw(false, random).pair.source;
            let (a, b) = source.split_once('+').unwrap();
            counts[2 * (a.len() - 2) + (b.len() - 2)] += 1;
        }
        assert!(counts.iter().all(|count| count.abs_diff(5_000) < 300), "{counts:?}");
    }
}
