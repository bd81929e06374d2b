//! Knobs: the settings of a model, declared once, in Rust, by the chapter that owns it.
//!
//! A lab's presets set them and may narrow a range; `--set name=value` and the Train screen turn them.

use super::language::{Bilingual, Wording};
use super::value::KnobValue;
use std::fmt;
use std::ops::RangeInclusive;
use thiserror::Error;

/// A setting of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Knob {
    pub name: &'static str,
    pub kind: KnobKind,
    pub default: KnobValue,
    /// Whether it may be turned while the run goes on.
    pub live: bool,
    /// One line for people.
    pub help: Wording,
}

/// What values a knob takes. Ranges include both ends.
#[derive(Debug, Clone, PartialEq)]
pub enum KnobKind {
    Integer {
        min: i64,
        max: i64,
    },
    /// `logarithmic` knobs are turned by factors, others by steps.
    Real {
        min: f64,
        max: f64,
        logarithmic: bool,
    },
    Choice(&'static [&'static str]),
    Flag,
    /// A list of integers, such as the widths of hidden layers.
    Integers {
        min: i64,
        max: i64,
        longest: usize,
    },
    /// A line of text of at most so many characters.
    Text {
        longest: usize,
    },
    /// A picture, or none.
    Picture,
    /// A point of the plane within so far of its middle on each axis, or none.
    Point {
        reach: f64,
    },
    /// A row and a column, counted from 0, or none.
    Cell,
}

/// Why a knob cannot be set so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.wording().en)]
pub enum KnobError {
    Unknown { name: String, near: Option<String>, known: Vec<String> },
    Value { name: String, value: String, expected: Bilingual },
    NotLive { name: String },
}

impl KnobError {
    pub fn wording(&self) -> Bilingual {
        match self {
            KnobError::Unknown { name, near: Some(near), .. } => Bilingual::new(
                format!("unknown knob `{name}`: did you mean `{near}`?"),
                format!("`{name}` という設定はありません。`{near}` のことですか"),
            ),
            KnobError::Unknown { name, known, .. } if known.is_empty() => Bilingual::new(
                format!("unknown knob `{name}`: there is none here"),
                format!("`{name}` という設定はありません"),
            ),
            KnobError::Unknown { name, known, .. } => Bilingual::new(
                format!("unknown knob `{name}`: expected one of {}", known.join(", ")),
                format!("`{name}` という設定はありません。{} のどれかを指定してください", known.join("、")),
            ),
            KnobError::Value { name, value, expected } => Bilingual::new(
                format!("knob `{name}` = {value}: expected {}", expected.en),
                format!("設定 `{name}` = {value}: {}を指定してください", expected.ja),
            ),
            KnobError::NotLive { name } => Bilingual::new(
                format!("knob `{name}` cannot be turned while the run goes on; stop it and start a new one"),
                format!("設定 `{name}` は実行中に変えられません。停止して、新しい実行を始めてください"),
            ),
        }
    }

    /// The same where only some knobs are shown: no other is named.
    #[must_use]
    pub fn among(self, shown: &[Knob]) -> Self {
        match self {
            KnobError::Unknown { name, .. } => {
                let near = nearest(&name, shown.iter().map(|knob| knob.name)).map(str::to_owned);
                KnobError::Unknown { name, near, known: shown.iter().map(|knob| knob.name.to_owned()).collect() }
            }
            other => other,
        }
    }

    /// The same of an input of a view.
    pub fn of_inputs(&self) -> Bilingual {
        let Bilingual { en, ja } = self.wording();
        Bilingual::new(en.replacen("knob `", "input `", 1), ja.replacen("設定", "入力", 1))
    }
}

/// What somebody who wrote an unknown `word` may have meant.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone, none: &str) -> String {
    if let Some(near) = nearest(word, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let known: Vec<&str> = known.into_iter().collect();
    match &known[..] {
        [] => none.to_owned(),
        [only] => format!("expected {only}"),
        _ => format!("expected one of {}", known.join(", ")),
    }
}

/// The nearest of `known` to a misspelt `word`, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = |name: &str| strsim::damerau_levenshtein(word, name);
    let near = |name: &&str| slips(name) <= (word.len() / 3).max(1) || strsim::jaro_winkler(word, name) > 0.85;
    known.into_iter().filter(near).min_by_key(|name| slips(name))
}

/// Declarations: name, range, default, and help in English and Japanese.
impl Knob {
    fn declare(name: &'static str, kind: KnobKind, default: KnobValue, [en, ja]: [&'static str; 2]) -> Self {
        Knob { name, kind, default, live: false, help: Wording::new(en, ja) }
    }

    /// A number turned in even steps.
    pub fn real(name: &'static str, range: RangeInclusive<f64>, default: f64, help: [&'static str; 2]) -> Self {
        let kind = KnobKind::Real { min: *range.start(), max: *range.end(), logarithmic: false };
        Self::declare(name, kind, KnobValue::Real(default), help)
    }

    /// A number turned by factors.
    pub fn factor(name: &'static str, range: RangeInclusive<f64>, default: f64, help: [&'static str; 2]) -> Self {
        let kind = KnobKind::Real { min: *range.start(), max: *range.end(), logarithmic: true };
        Self::declare(name, kind, KnobValue::Real(default), help)
    }

    pub fn integer(name: &'static str, range: RangeInclusive<i64>, default: i64, help: [&'static str; 2]) -> Self {
        let kind = KnobKind::Integer { min: *range.start(), max: *range.end() };
        Self::declare(name, kind, KnobValue::Integer(default), help)
    }

    /// At most `longest` integers.
    pub fn integers(
        name: &'static str,
        range: RangeInclusive<i64>,
        longest: usize,
        default: &[i64],
        help: [&'static str; 2],
    ) -> Self {
        let kind = KnobKind::Integers { min: *range.start(), max: *range.end(), longest };
        Self::declare(name, kind, KnobValue::Integers(default.to_vec()), help)
    }

    /// One of some names, the first by default.
    pub fn choice(name: &'static str, names: &'static [&'static str], help: [&'static str; 2]) -> Self {
        Self::declare(name, KnobKind::Choice(names), KnobValue::Text(names[0].to_owned()), help)
    }

    /// Off by default.
    pub fn flag(name: &'static str, help: [&'static str; 2]) -> Self {
        Self::declare(name, KnobKind::Flag, KnobValue::Flag(false), help)
    }

    /// A line of text.
    pub fn text(name: &'static str, longest: usize, default: &str, help: [&'static str; 2]) -> Self {
        Self::declare(name, KnobKind::Text { longest }, KnobValue::Text(default.to_owned()), help)
    }

    /// A picture; none unless given.
    pub fn picture(name: &'static str, help: [&'static str; 2]) -> Self {
        Self::declare(name, KnobKind::Picture, KnobValue::Nothing, help)
    }

    /// A point of the plane; none unless given.
    pub fn point(name: &'static str, reach: f64, help: [&'static str; 2]) -> Self {
        Self::declare(name, KnobKind::Point { reach }, KnobValue::Nothing, help)
    }

    /// A cell of a heat map or a grid; none unless given.
    pub fn cell(name: &'static str, help: [&'static str; 2]) -> Self {
        Self::declare(name, KnobKind::Cell, KnobValue::Nothing, help)
    }

    /// The same, to be turned while the run goes on.
    pub fn live(self) -> Self {
        Knob { live: true, ..self }
    }
}

impl Knob {
    /// Reads a value as a person types it.
    pub fn parse(&self, text: &str) -> Result<KnobValue, KnobError> {
        // A text is what it is, with the spaces at its ends.
        let text = if matches!(self.kind, KnobKind::Text { .. }) { text } else { text.trim() };
        // As it is shown, with a true minus.
        let number = text.replace('−', "-");
        let value = match &self.kind {
            KnobKind::Integer { .. } => number.parse().ok().map(KnobValue::Integer),
            KnobKind::Real { .. } => number.parse().ok().map(KnobValue::Real),
            KnobKind::Choice(_) | KnobKind::Text { .. } => Some(KnobValue::Text(text.to_owned())),
            KnobKind::Picture | KnobKind::Point { .. } | KnobKind::Cell if text == "none" => Some(KnobValue::Nothing),
            // A front end reads the file and sets the value.
            KnobKind::Picture => None,
            KnobKind::Point { .. } => list(text).map(KnobValue::Reals),
            KnobKind::Cell => list(text).map(KnobValue::Integers),
            KnobKind::Flag => match text {
                "on" | "true" | "yes" | "1" => Some(KnobValue::Flag(true)),
                "off" | "false" | "no" | "0" => Some(KnobValue::Flag(false)),
                _ => None,
            },
            KnobKind::Integers { .. } => list(text).map(KnobValue::Integers),
        };
        value.ok_or_else(|| self.refuse(text)).and_then(|value| self.accept(&value))
    }

    /// The value in the knob's own type, or why it is refused.
    pub fn accept(&self, value: &KnobValue) -> Result<KnobValue, KnobError> {
        let fits = match (&self.kind, value) {
            (KnobKind::Integer { min, max }, KnobValue::Integer(value)) => (min..=max).contains(&value),
            (KnobKind::Real { min, max, .. }, KnobValue::Real(value)) => (min..=max).contains(&value),
            (KnobKind::Real { min, max, .. }, KnobValue::Integer(value)) => {
                let value = *value as f64;
                return if (*min..=*max).contains(&value) {
                    Ok(KnobValue::Real(value))
                } else {
                    Err(self.refuse(&value.to_string()))
                };
            }
            (KnobKind::Choice(names), KnobValue::Text(value)) => names.contains(&value.as_str()),
            (KnobKind::Flag, KnobValue::Flag(_)) => true,
            (KnobKind::Text { longest }, KnobValue::Text(text)) => text.chars().count() <= *longest,
            (KnobKind::Picture | KnobKind::Point { .. } | KnobKind::Cell, KnobValue::Nothing) => true,
            (KnobKind::Picture, KnobValue::Picture(picture)) => picture.pixels.len() == picture.width * picture.height,
            (KnobKind::Point { reach }, KnobValue::Reals(place)) => {
                place.len() == 2 && place.iter().all(|part| part.abs() <= *reach)
            }
            (KnobKind::Point { .. }, KnobValue::Integers(place)) => {
                let place = place.iter().map(|part| *part as f64).collect();
                return self.accept(&KnobValue::Reals(place));
            }
            (KnobKind::Cell, KnobValue::Integers(place)) => place.len() == 2 && place.iter().all(|part| *part >= 0),
            (KnobKind::Integers { min, max, longest }, KnobValue::Integers(values)) => {
                values.len() <= *longest && values.iter().all(|value| (min..=max).contains(&value))
            }
            _ => false,
        };
        if fits { Ok(value.clone()) } else { Err(self.refuse(&value.to_string())) }
    }

    fn refuse(&self, value: &str) -> KnobError {
        KnobError::Value { name: self.name.to_owned(), value: format!("`{value}`"), expected: self.kind.wording() }
    }

    /// The value one notch up or down, kept in range; `None` where there is no notch.
    pub fn notch(&self, value: &KnobValue, up: bool) -> Option<KnobValue> {
        match (&self.kind, value) {
            (KnobKind::Integer { min, max }, KnobValue::Integer(value)) => {
                Some(KnobValue::Integer(next_whole(*value, up).clamp(*min, *max)))
            }
            (KnobKind::Real { min, max, logarithmic: true }, KnobValue::Real(value)) => {
                Some(KnobValue::Real(next_round(*value, up).clamp(*min, *max)))
            }
            (KnobKind::Real { min, max, logarithmic: false }, KnobValue::Real(value))
                if nears_one(*min, *max, *value, up) =>
            {
                let missing = next_round(1.0 - value, !up);
                Some(KnobValue::Real(rounded(1.0 - missing).clamp(*min, *max)))
            }
            (KnobKind::Real { min, max, logarithmic: false }, KnobValue::Real(value)) => {
                Some(KnobValue::Real(next_even(*value, up, max - min).clamp(*min, *max)))
            }
            (KnobKind::Choice(names), KnobValue::Text(value)) => {
                let index = names.iter().position(|name| name == value)?;
                let count = names.len();
                Some(KnobValue::Text(names[(index + if up { 1 } else { count - 1 }) % count].to_owned()))
            }
            (KnobKind::Flag, KnobValue::Flag(value)) => Some(KnobValue::Flag(!value)),
            _ => None,
        }
    }
}

/// Values with commas between.
fn list<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| word.parse().ok()).collect()
}

/// The next of 1, 2, 5 × 10ⁿ.
fn next_round(value: f64, up: bool) -> f64 {
    let decade = value.abs().max(f64::MIN_POSITIVE).log10().floor() as i32;
    let rounds = (decade - 1..=decade + 1).flat_map(|n| [1, 2, 5].map(|m| format!("{m}e{n}")));
    let mut rounds = rounds.map(|text| text.parse::<f64>().expect("a decimal number"));
    if up {
        rounds.find(|round| *round > value * 1.0001).unwrap_or(value)
    } else {
        rounds.rfind(|round| *round < value * 0.9999).unwrap_or(value)
    }
}

/// The next whole number of two digits that count: in ones below 100, then in tens, in hundreds.
fn next_whole(value: i64, up: bool) -> i64 {
    // Towards 0 steps are as large as on the way from there.
    let away = up == (value >= 0);
    let size = value.unsigned_abs().saturating_sub(u64::from(!away)).max(1);
    let step = 10_i64.pow(size.ilog10().saturating_sub(1));
    let whole = value.div_euclid(step) * step;
    match (up, whole == value) {
        (true, _) => whole.saturating_add(step),
        (false, true) => whole.saturating_sub(step),
        (false, false) => whole,
    }
}

/// Whether a value is told by what it lacks to 1, as a discount or the memory of an average is: the range ends just below 1, and the
/// notch stays in its upper half.
fn nears_one(min: f64, max: f64, value: f64, up: bool) -> bool {
    let half = if up { value >= 0.5 } else { value > 0.5 };
    min >= 0.0 && (0.99..1.0).contains(&max) && half
}

/// The next number of a knob whose range is so wide: a twentieth to a tenth of the value away, not less than a 200th of the range and not
/// more than a tenth of it. From 0, where a value says nothing of its size, a 50th of the range.
fn next_even(value: f64, up: bool, span: f64) -> f64 {
    let size = value.abs() * if up == (value > 0.0) { 1.0 } else { 0.999 };
    let step = if value == 0.0 { span / 50.0 } else { (size / 10.0).clamp(span / 200.0, span / 10.0) };
    let step = round_below(step);
    let steps = value / step;
    let next = if up { (steps + 1e-6).floor() + 1.0 } else { (steps - 1e-6).ceil() - 1.0 };
    rounded(next * step)
}

/// A number without what is left over in its last binary places.
fn rounded(value: f64) -> f64 {
    format!("{value:.9}").parse().expect("a decimal number")
}

/// The largest of 1, 2, 5 × 10ⁿ that is not above a number above 0.
fn round_below(value: f64) -> f64 {
    let decade = value.log10().floor() as i32;
    let rounds = (decade - 1..=decade + 1).flat_map(|n| [1, 2, 5].map(|m| format!("{m}e{n}")));
    let mut rounds = rounds.map(|text| text.parse::<f64>().expect("a decimal number"));
    rounds.rfind(|round| *round <= value * 1.000_001).unwrap_or(value)
}

impl KnobKind {
    /// What is expected.
    pub fn wording(&self) -> Bilingual {
        match self {
            KnobKind::Integer { min, max } => {
                Bilingual::new(format!("an integer from {min} to {max}"), format!("{min} から {max} までの整数"))
            }
            KnobKind::Real { min, max, .. } => {
                let [min, max] = [min, max].map(|bound| KnobValue::Real(*bound));
                Bilingual::new(format!("a number from {min} to {max}"), format!("{min} から {max} までの数"))
            }
            KnobKind::Choice(names) => {
                Bilingual::new(format!("one of {}", names.join(", ")), format!("{} のどれか", names.join("、")))
            }
            KnobKind::Flag => Bilingual::new("on or off", "on と off のどちらか"),
            KnobKind::Integers { min, max, longest } => Bilingual::new(
                format!("up to {longest} integers from {min} to {max}, with commas between"),
                format!("{min} から {max} までの整数を {longest} 個まで、コンマ区切り"),
            ),
            KnobKind::Text { longest } => Bilingual::new(
                format!("a text of at most {longest} characters"),
                format!("{longest} 文字までのテキスト"),
            ),
            KnobKind::Picture => Bilingual::new("a picture, or none", "画像(または none)"),
            KnobKind::Point { reach } => Bilingual::new(
                format!("two numbers from -{reach} to {reach} with a comma between, or none"),
                format!("-{reach} から {reach} までの数を二つ、コンマ区切り(または none)"),
            ),
            KnobKind::Cell => Bilingual::new(
                "a row and a column, counted from 0, with a comma between, or none",
                "0 から数えた行と列、コンマ区切り(または none)",
            ),
        }
    }
}

impl fmt::Display for KnobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wording().en)
    }
}

/// The declaration of a knob by name.
pub fn find<'a>(declared: &'a [Knob], name: &str) -> Result<&'a Knob, KnobError> {
    declared.iter().find(|knob| knob.name == name).ok_or_else(|| KnobError::Unknown {
        name: name.to_owned(),
        near: nearest(name, declared.iter().map(|knob| knob.name)).map(str::to_owned),
        known: declared.iter().map(|knob| knob.name.to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{GrayImage, Knobs};

    fn knobs() -> Vec<Knob> {
        let help = Wording::new("", "");
        let real = KnobKind::Real { min: 1e-6, max: 1.0, logarithmic: true };
        vec![
            Knob { name: "learning_rate", kind: real, default: KnobValue::Real(1e-3), live: true, help },
            Knob {
                name: "hidden",
                kind: KnobKind::Integers { min: 1, max: 4096, longest: 4 },
                default: KnobValue::Integers(vec![400]),
                live: false,
                help,
            },
        ]
    }

    /// A run made before a knob was invented still opens.
    #[test]
    fn stored_knobs_are_completed_and_checked() {
        let declared = knobs();
        let stored = Knobs([("hidden".to_owned(), KnobValue::Integers(vec![7]))].into());
        let completed = stored.completed(&declared).unwrap();
        assert_eq!((completed.integers("hidden"), completed.real("learning_rate")), (&[7][..], 1e-3));
        let bad = Knobs([("learning_rate".to_owned(), KnobValue::Flag(true))].into());
        assert!(bad.completed(&declared).unwrap_err().to_string().contains("learning_rate"));
    }

    #[test]
    fn a_misspelt_knob_gets_a_suggestion() {
        let error = Knobs::defaults(&knobs()).set_text(&knobs(), "lerning_rate=1").unwrap_err();
        assert_eq!(error.to_string(), "unknown knob `lerning_rate`: did you mean `learning_rate`?");
    }

    #[test]
    fn a_value_out_of_range_says_what_is_expected() {
        let error = Knobs::defaults(&knobs()).set_text(&knobs(), "learning_rate=2").unwrap_err();
        assert_eq!(error.to_string(), "knob `learning_rate` = `2`: expected a number from 1e-6 to 1");
        let mut typed = Knobs::defaults(&knobs());
        typed.set_text(&knobs(), "learning_rate=5e−4").unwrap();
        assert_eq!(typed.real("learning_rate"), 5e-4, "as the screen shows it");
        let error = Knobs::defaults(&knobs()).set_text(&knobs(), "learning_rate=NaN").unwrap_err();
        assert!(error.to_string().starts_with("knob `learning_rate` = `NaN`"), "{error}");
    }

    #[test]
    fn values_survive_yaml_and_json() {
        let mut knobs_set = Knobs::defaults(&knobs());
        knobs_set.set_text(&knobs(), "hidden=500, 250").unwrap();
        let json = serde_json::to_string(&knobs_set).unwrap();
        assert_eq!(serde_json::from_str::<Knobs>(&json).unwrap(), knobs_set);
        let yaml = serde_yaml::to_string(&knobs_set).unwrap();
        assert_eq!(serde_yaml::from_str::<Knobs>(&yaml).unwrap(), knobs_set);
    }

    #[test]
    fn inputs_of_views_are_read_and_checked() {
        let declared = [
            Knob::text("word", 5, "king", ["", ""]),
            Knob::picture("picture", ["", ""]),
            Knob::point("at", 2.0, ["", ""]),
            Knob::cell("cell", ["", ""]),
        ];
        let mut inputs = Knobs::defaults(&declared);
        assert_eq!((inputs.text("word"), inputs.picture("picture"), inputs.point("at")), ("king", None, None));
        for (assignment, good) in [
            ("word=queen", true),
            ("word=queens", false),
            ("at=0.5,-2", true),
            ("at=0.5,-2.1", false),
            ("at=1", false),
            ("at=NaN,0", false),
            ("cell=0,3", true),
            ("cell=-1,3", false),
            ("picture=none", true),
            ("picture=here.png", false),
        ] {
            assert_eq!(inputs.set_text(&declared, assignment).is_ok(), good, "{assignment}");
        }
        assert_eq!(
            (inputs.text("word"), inputs.point("at"), inputs.cell("cell")),
            ("queen", Some([0.5, -2.0]), Some([0, 3]))
        );
        inputs.set(&declared, "picture", &GrayImage::blank(2, 1).into()).unwrap();
        let json = serde_json::to_string(&inputs).unwrap();
        assert_eq!(serde_json::from_str::<Knobs>(&json).unwrap(), inputs);
        let broken = GrayImage { width: 3, height: 3, pixels: vec![] };
        assert!(inputs.set(&declared, "picture", &broken.into()).is_err());
    }

    #[test]
    fn logarithmic_notches_run_through_one_two_five() {
        let knob = &knobs()[0];
        let mut value = KnobValue::Real(1e-3);
        let mut seen = Vec::new();
        for _ in 0..4 {
            value = knob.notch(&value, true).unwrap();
            seen.push(value.to_string());
        }
        assert_eq!(seen, ["2e-3", "5e-3", "0.01", "0.02"]);
        assert_eq!(knob.notch(&KnobValue::Real(1e-3), false), Some(KnobValue::Real(5e-4)));
        assert_eq!(knob.notch(&KnobValue::Real(1.0), true), Some(KnobValue::Real(1.0)), "the range holds");
    }

    #[test]
    fn notches_are_as_large_as_the_value_asks_for() {
        let real = |max| Knob::real("knob", 0.0..=max, 0.0, ["", ""]);
        let whole = Knob::integer("knob", 0..=100_000, 0, ["", ""]);
        for (knob, from, up, to) in [
            (real(600.0), "60", true, "65"),
            (real(60.0), "16", true, "17"),
            (real(60.0), "17", false, "16"),
            (real(60.0), "0", true, "1"),
            (real(0.999), "0.95", true, "0.98"),
            (real(0.999), "0.998", true, "0.999"),
            (real(0.999), "0.95", false, "0.9"),
            (real(0.999), "0.8", false, "0.5"),
            (real(0.999), "0.5", false, "0.48"),
            (real(1.0), "1", false, "0.95"),
            (real(1.0), "0.3", true, "0.32"),
            (real(10.0), "0.05", false, "0"),
            (real(20.0), "1.5", true, "1.6"),
            (whole.clone(), "7", true, "8"),
            (whole.clone(), "100", false, "99"),
            (whole.clone(), "128", true, "130"),
            (whole.clone(), "128", false, "120"),
            (whole.clone(), "60000", true, "61000"),
            (whole, "0", false, "0"),
        ] {
            let next = knob.notch(&knob.parse(from).unwrap(), up).unwrap();
            assert_eq!(next.to_string(), to, "from {from} in {}", knob.kind);
        }
    }
}
