//! Conditions on a run's series: `series (>= | > | <= | <) number [within N steps | after N steps]`.

use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub series: String,
    pub comparison: Comparison,
    pub bound: f64,
    pub steps: Steps,
}

/// The steps that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    All,
    /// Up to this one.
    Within(u64),
    /// From this one on.
    After(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    AtLeast,
    Above,
    AtMost,
    Below,
}

impl Condition {
    /// Whether a value of the series at a step meets the condition. What is not a number never does.
    pub fn is_met(&self, step: u64, value: f64) -> bool {
        let in_time = match self.steps {
            Steps::All => true,
            Steps::Within(last) => step <= last,
            Steps::After(first) => step >= first,
        };
        in_time
            && match self.comparison {
                Comparison::AtLeast => value >= self.bound,
                Comparison::Above => value > self.bound,
                Comparison::AtMost => value <= self.bound,
                Comparison::Below => value < self.bound,
            }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.comparison {
            Comparison::AtLeast => ">=",
            Comparison::Above => ">",
            Comparison::AtMost => "<=",
            Comparison::Below => "<",
        };
        write!(f, "{} {sign} {}", self.series, self.bound)?;
        match self.steps {
            Steps::All => Ok(()),
            Steps::Within(steps) => write!(f, " within {steps} steps"),
            Steps::After(steps) => write!(f, " after {steps} steps"),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "expected `series >= number` with >=, >, <= or <, and perhaps `within N steps` or `after N steps`";
        let words: Vec<&str> = text.split_whitespace().collect();
        let (series, sign, bound, rest) = match words[..] {
            [series, sign, bound, ref rest @ ..] => (series, sign, bound, rest),
            _ => return Err(format!("condition `{text}`: {form}")),
        };
        let comparison = match sign {
            ">=" => Comparison::AtLeast,
            ">" => Comparison::Above,
            "<=" => Comparison::AtMost,
            "<" => Comparison::Below,
            other => return Err(format!("condition `{text}`: `{other}` is no comparison; {form}")),
        };
        let bound = bound.parse::<f64>().ok().filter(|bound| bound.is_finite());
        let bound = bound.ok_or_else(|| format!("condition `{text}`: no number after `{sign}`; {form}"))?;
        let count =
            |steps: &str| steps.parse().map_err(|_| format!("condition `{text}`: `{steps}` is no count of steps"));
        let steps = match rest {
            [] => Steps::All,
            ["within", steps, "steps"] => Steps::Within(count(steps)?),
            ["after", steps, "steps"] => Steps::After(count(steps)?),
            _ => return Err(format!("condition `{text}`: `{}` at its end; {form}", rest.join(" "))),
        };
        Ok(Condition { series: series.to_owned(), comparison, bound, steps })
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_condition_is_met_in_time_or_not_at_all() {
        let condition: Condition = "val/elbo >= -105 within 3000 steps".parse().unwrap();
        assert!(condition.is_met(3000, -105.0));
        assert!(!condition.is_met(3001, -100.0));
        assert!(!condition.is_met(10, -105.1));
        assert!(!condition.is_met(10, f64::NAN));
        let condition: Condition = "val/elbo < -105 after 3000 steps".parse().unwrap();
        assert!(condition.is_met(3000, -105.5));
        assert!(!condition.is_met(2999, -105.5));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_the_form() {
        for bad in [
            "",
            "val/elbo",
            "val/elbo => 3",
            "val/elbo > x",
            "val/elbo > 3 within",
            "a > 3 within x steps",
            "a > 3 after 5",
            "a > inf",
        ] {
            assert!(bad.parse::<Condition>().unwrap_err().starts_with(&format!("condition `{bad}`")));
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(
            series in "[a-z][a-z_/0-9]{0,20}", sign in 0..4, bound in -1e6..1e6_f64,
            when in 0..3, count in 0..u64::MAX
        ) {
            use Comparison::*;
            let comparison = [AtLeast, Above, AtMost, Below][sign as usize];
            let steps = [Steps::All, Steps::Within(count), Steps::After(count)][when as usize];
            let condition = Condition { series, comparison, bound, steps };
            prop_assert_eq!(condition.to_string().parse::<Condition>(), Ok(condition));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = text.parse::<Condition>();
        }
    }
}
