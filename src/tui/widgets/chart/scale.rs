//! From values to heights, and the ticks.

/// How values become heights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    Linear,
    /// ln y, all values above 0.
    Logarithmic,
    /// −ln(−y), all values below 0: the axis of |y| upside down, so that up is still better.
    NegativeLogarithmic,
    /// asinh y, for values of both signs.
    Symmetric,
}

impl Scale {
    /// The scale for values in `[low, high]`.
    pub fn of(logarithmic: bool, low: f64, high: f64) -> Self {
        match (logarithmic, low > 0.0, high < 0.0) {
            (false, ..) => Scale::Linear,
            (true, true, _) => Scale::Logarithmic,
            (true, _, true) => Scale::NegativeLogarithmic,
            _ => Scale::Symmetric,
        }
    }

    /// Monotone in the value.
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Scale::Linear => value,
            Scale::Logarithmic => value.ln(),
            Scale::NegativeLogarithmic => -(-value).ln(),
            Scale::Symmetric => value.asinh(),
        }
    }

    /// The value at a height.
    pub fn invert(self, height: f64) -> f64 {
        match self {
            Scale::Linear => height,
            Scale::Logarithmic => height.exp(),
            Scale::NegativeLogarithmic => -(-height).exp(),
            Scale::Symmetric => height.sinh(),
        }
    }

    /// Round values within `[low, high]`, at most `most` of them.
    pub fn ticks(self, low: f64, high: f64, most: usize) -> Vec<f64> {
        match self {
            Scale::Linear => linear_ticks(low, high, most),
            _ => {
                // About 0 heights are those of a linear axis.
                let least = if self == Scale::Symmetric { 0 } else { -12 };
                // Within range, from both sides of 0.
                let within = |factors: &[f64], decades: i32| -> Vec<f64> {
                    let powers = (least..=12).filter(|n| n % decades == 0).map(|n| 10_f64.powi(n));
                    let sizes = powers.flat_map(|power| factors.iter().map(move |factor| factor * power));
                    let mut ticks: Vec<f64> = sizes.flat_map(|tick| [tick, -tick]).chain([0.0]).collect();
                    ticks.retain(|tick| (low..=high).contains(tick));
                    ticks.sort_by(f64::total_cmp);
                    ticks
                };
                let most = most.max(2);
                // Powers of ten stand evenly, where there are some; else 1, 2, 5; else one of them in each decade.
                let powers = (1..=12).map(|decades| within(&[1.0], decades)).find(|ticks| ticks.len() <= most);
                let powers = powers.filter(|ticks| ticks.len() >= EVEN);
                let dense = Some(within(&[1.0, 2.0, 5.0], 1)).filter(|ticks| (2..=most).contains(&ticks.len()));
                let one_of_each = || [[1.0], [2.0], [5.0]].into_iter().map(|factor| within(&factor, 1));
                let fits = |ticks: &Vec<f64>| (2..=most).contains(&ticks.len());
                let found = powers.or(dense).or_else(|| one_of_each().find(fits));
                found.unwrap_or_else(|| linear_ticks(low, high, most))
            }
        }
    }
}

/// Powers of ten in sight from which on they are the ticks.
const EVEN: usize = 3;

/// Multiples of 1, 2 or 5 × 10ⁿ.
pub fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    ticks_apart(low, high, most, 0.0)
}

/// Whole numbers among [`linear_ticks`], with a text for each that no other has.
pub fn step_ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let ticks = ticks_apart(low.ceil(), high, most, 1.0);
    let short: Vec<String> = ticks.iter().map(|tick| steps(*tick)).collect();
    let alike = short.windows(2).any(|pair| pair[0] == pair[1]);
    let texts = ticks.iter().zip(short).map(|(tick, short)| (*tick, if alike { number(*tick) } else { short }));
    texts.collect()
}

/// Ticks that lie `least` apart at the least.
fn ticks_apart(low: f64, high: f64, most: usize, least: f64) -> Vec<f64> {
    let length = high - low;
    if !(length > 0.0 && length.is_finite()) || most == 0 {
        return vec![low];
    }
    let rough = length / most as f64;
    let decade = 10_f64.powf(rough.log10().floor());
    let sizes = [0.2, 0.5, 1.0, 2.0, 5.0, 10.0].map(|m| m * decade);
    let ticks = |size: f64| -> Vec<f64> {
        let size = size.max(least);
        let first = (low / size).ceil() as i64;
        let ticks = (0..=most.max(4) as i64).map(|i| (first + i) as f64 * size);
        ticks.take_while(|tick| *tick <= high + 1e-9 * size).collect()
    };
    let fitting = sizes.iter().position(|size| *size >= rough).unwrap_or(sizes.len() - 1);
    // One number alone says nothing of the scale.
    let denser = sizes[..=fitting].iter().rev().map(|size| ticks(*size));
    let mut found = denser.take(3).skip_while(|ticks| ticks.len() < 2);
    found.next().unwrap_or_else(|| ticks(sizes[fitting]))
}

/// A number as a chart writes it: a true minus, few digits, thin groups of thousands.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".into()
        } else if value > 0.0 {
            "∞".into()
        } else {
            "−∞".into()
        };
    }
    let size = value.abs();
    let text = if size >= 1e10 || (size > 0.0 && size < 1e-3) {
        format!("{value:.1e}")
    } else {
        let decimals = if size >= 1e5 || value.fract() == 0.0 {
            0
        } else if size >= 100.0 {
            1
        } else if size >= 1.0 {
            2
        } else {
            4
        };
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        grouped(text)
    };
    text.replace('-', "−")
}

/// A decimal number with the digits before its point in groups of three.
fn grouped(number: &str) -> String {
    let (sign, size) = number.strip_prefix('-').map_or(("", number), |size| ("-", size));
    let (whole, rest) = size.split_at(size.find('.').unwrap_or(size.len()));
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text + rest
}

/// A count of steps at an axis: 800, 2.5 k, 1.2 M.
pub fn steps(value: f64) -> String {
    if value < 0.0 {
        return format!("−{}", steps(-value));
    }
    let short = |value: f64, unit: &str| {
        let text = format!("{value:.1}");
        format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match value {
        value if value >= 1e6 => short(value / 1e6, "M"),
        value if value >= 1e3 => short(value / 1e3, "k"),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_short_and_have_a_true_minus() {
        let shown: Vec<String> = [-108.27, 0.001, 12_345.0, 1.5e-5, 0.0, -3.0, 2.71].map(number).to_vec();
        assert_eq!(shown, ["−108.3", "0.001", "12 345", "1.5e−5", "0", "−3", "2.71"]);
        let large: Vec<String> = [4_608_000.0, 14_000_000.0, -1234.56, 123_456.7, 3e11].map(number).to_vec();
        assert_eq!(large, ["4 608 000", "14 000 000", "−1 234.6", "123 457", "3.0e11"], "one way for all of a screen");
        assert_eq!([800.0, 2500.0, 1_200_000.0].map(steps), ["800", "2.5 k", "1.2 M"]);
    }

    #[test]
    fn ticks_of_steps_are_whole_and_no_two_look_alike() {
        let texts = |low, high| step_ticks(low, high, 6).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(texts(1.0, 3.0), ["1", "2", "3"]);
        assert_eq!(texts(0.4, 1.5), ["1"]);
        assert_eq!(texts(1.0, 1.0), ["1"]);
        assert_eq!(texts(0.0, 2500.0), ["0", "500", "1 k", "1.5 k", "2 k", "2.5 k"]);
        assert_eq!(texts(2000.0, 2100.0), ["2 000", "2 020", "2 040", "2 060", "2 080", "2 100"]);
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(Scale::Linear.ticks(-206.0, -98.0, 5), [-200.0, -150.0, -100.0]);
        assert_eq!(Scale::Linear.ticks(0.6, 1.9, 2), [1.0, 1.5], "one number alone says nothing of the scale");
        assert_eq!(Scale::Linear.ticks(0.5, 9.0, 2), [2.0, 4.0, 6.0, 8.0]);
        assert_eq!(Scale::Logarithmic.ticks(0.9, 120.0, 4), [1.0, 10.0, 100.0], "as far from each other");
        assert_eq!(Scale::Logarithmic.ticks(1e-6, 2e3, 4), [1e-6, 1e-3, 1.0, 1e3]);
        assert_eq!(Scale::Logarithmic.ticks(0.9, 25.0, 5), [1.0, 2.0, 5.0, 10.0, 20.0]);
        assert_eq!(Scale::Logarithmic.ticks(1.5, 60.0, 3), [2.0, 20.0]);
        assert_eq!(Scale::Symmetric.ticks(-150.0, 20.0, 6), [-100.0, -10.0, -1.0, 0.0, 1.0, 10.0]);
    }

    proptest! {
        #[test]
        fn every_scale_is_monotone_and_its_ticks_lie_inside(a in -1e6..1e6_f64, b in -1e6..1e6_f64, log in any::<bool>()) {
            prop_assume!((a - b).abs() > 1e-6);
            let (low, high) = (a.min(b), a.max(b));
            let scale = Scale::of(log, low, high);
            prop_assert!(scale.apply(low) < scale.apply(high));
            let slack = (high - low) * 1e-6;
            prop_assert!(scale.ticks(low, high, 5).iter().all(|t| (low - slack..=high + slack).contains(t)));
            prop_assert!(scale.ticks(low, high, 5).len() <= 6);
        }
    }
}
