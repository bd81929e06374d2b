//! Written rules that say which of two continuations is better: so many points for each thing of a kind that happens in it.
//!
//! ```text
//! gift:2, thanks:2, fault:-3
//! ```

use super::texts::Text;
use crate::data::stories::{Kind, Language, checked};
use crate::experiment::{ExperimentError, knob};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;

/// What a rule counts in a continuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counted {
    /// Sentences that can have happened and stand there for the first time.
    Gift,
    Thanks,
    Meal,
    Walk,
    Rain,
    Fact,
    /// Sentences that have no form, or cannot have happened.
    Fault,
    /// Sentences that stand before it already, word for word.
    Repeat,
    /// All sentences.
    Sentence,
    /// One if the text was cut off before its end.
    Unfinished,
}

impl Counted {
    const ALL: [(&'static str, Counted); 10] = [
        ("gift", Counted::Gift),
        ("thanks", Counted::Thanks),
        ("meal", Counted::Meal),
        ("walk", Counted::Walk),
        ("rain", Counted::Rain),
        ("fact", Counted::Fact),
        ("fault", Counted::Fault),
        ("repeat", Counted::Repeat),
        ("sentence", Counted::Sentence),
        ("unfinished", Counted::Unfinished),
    ];

    fn name(self) -> &'static str {
        Counted::ALL.iter().find(|(_, counted)| *counted == self).map_or("", |(name, _)| name)
    }

    fn of_kind(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Gives => Some(Counted::Gift),
            Kind::Thanks => Some(Counted::Thanks),
            Kind::Eats => Some(Counted::Meal),
            Kind::Goes => Some(Counted::Walk),
            Kind::ShelteredFromRain => Some(Counted::Rain),
            Kind::NowIs | Kind::NowLies | Kind::NowHas => Some(Counted::Fact),
            Kind::Is | Kind::Lies | Kind::Takes | Kind::Puts => None,
        }
    }
}

/// Rules that hold together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rules(Vec<(Counted, i64)>);

/// Most points that one thing can get or cost.
const MOST: i64 = 9;

/// A sentence of a continuation, and what was counted in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub text: String,
    pub counted: Vec<Counted>,
}

impl Rules {
    /// Reads `thing:points, thing:points, …`.
    ///
    /// # Errors
    /// When a part is no thing with its points, or a thing stands twice.
    pub fn parse(text: &str) -> Result<Self, ExperimentError> {
        let mut rules: Vec<(Counted, i64)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let form = || {
                ExperimentError::both(
                    format!(
                        "rule `{part}`: expected a thing and its points from -{MOST} to {MOST}, such as `gift:2`; parts are separated by commas"
                    ),
                    format!(
                        "規則 `{part}`: `gift:2` のように、数えるものと点数(-{MOST}〜{MOST})をカンマ区切りで書いてください"
                    ),
                )
            };
            let (name, points) = part.split_once(':').ok_or_else(form)?;
            let (name, points) = (name.trim(), points.trim().parse::<i64>().map_err(|_| form())?);
            if !(-MOST..=MOST).contains(&points) {
                return Err(form());
            }
            let Some((_, counted)) = Counted::ALL.into_iter().find(|(known, _)| *known == name) else {
                let known: Vec<&str> = Counted::ALL.into_iter().map(|(name, _)| name).collect();
                let hint = knob::meant(name, known.iter().copied(), "nothing is known");
                return Err(ExperimentError::both(
                    format!("rule `{part}`: nothing named `{name}` is counted: {hint}"),
                    format!("規則 `{part}`: `{name}` は数えられません。数えられるもの: {}", known.join(", ")),
                ));
            };
            if rules.iter().any(|(other, _)| *other == counted) {
                return Err(ExperimentError::both(
                    format!("rules: `{name}` stands twice; expected once"),
                    format!("規則: `{name}` が 2 回あります。1 回だけ書いてください"),
                ));
            }
            rules.push((counted, points));
        }
        Ok(Rules(rules))
    }

    fn points_of(&self, counted: Counted) -> i64 {
        self.0.iter().find(|(other, _)| *other == counted).map_or(0, |(_, points)| *points)
    }

    /// Points of what was counted in a sentence.
    pub fn points_in(&self, judged: &Judged) -> i64 {
        judged.counted.iter().map(|counted| self.points_of(*counted)).sum()
    }

    /// Points of a whole continuation.
    pub fn points(&self, text: &Text) -> i64 {
        judged(text).iter().map(|judged| self.points_in(judged)).sum()
    }
}

/// The sentences of a continuation, each with what is counted in it.
pub fn judged(text: &Text) -> Vec<Judged> {
    let before = Language::English.sentences(&text.prompt).len();
    let whole = text.whole();
    let mut said: HashSet<&str> = HashSet::new();
    let mut all: Vec<Judged> = Vec::new();
    for (place, sentence) in checked(Language::English, &whole).into_iter().enumerate() {
        let is_new = said.insert(sentence.text);
        if place < before {
            continue;
        }
        // What was cut off in the middle of a sentence is no fault of its own.
        let is_cut = !text.has_ended && !sentence.text.ends_with(Language::English.full_stop());
        let mut counted = vec![Counted::Sentence];
        match (sentence.sentence, sentence.is_possible) {
            _ if is_cut => counted.clear(),
            (_, false) => counted.push(Counted::Fault),
            (Some(sentence), true) if is_new => counted.extend(Counted::of_kind(sentence.kind)),
            _ => {}
        }
        if !is_new {
            counted.push(Counted::Repeat);
        }
        all.push(Judged { text: sentence.text.to_owned(), counted });
    }
    if !text.has_ended {
        match all.last_mut() {
            Some(last) => last.counted.push(Counted::Unfinished),
            None => all.push(Judged { text: String::new(), counted: vec![Counted::Unfinished] }),
        }
    }
    all
}

impl fmt::Display for Rules {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.0.iter().map(|(counted, points)| format!("{}:{points}", counted.name())).collect();
        out.write_str(&parts.join(", "))
    }
}

impl From<Rules> for String {
    fn from(rules: Rules) -> Self {
        rules.to_string()
    }
}

impl TryFrom<String> for Rules {
    type Error = ExperimentError;

    fn try_from(text: String) -> Result<Self, ExperimentError> {
        Rules::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROMPT: &str = "Anna is in the park. Ben is in the park. There is a key in the park.";

    fn text(continuation: &str, has_ended: bool) -> Text {
        Text { prompt: PROMPT.to_owned(), continuation: continuation.to_owned(), has_ended, ..Text::default() }
    }

    fn counted(continuation: &str, has_ended: bool) -> Vec<Vec<Counted>> {
        judged(&text(continuation, has_ended)).into_iter().map(|judged| judged.counted).collect()
    }

    #[test]
    fn only_what_can_have_happened_counts_and_only_once() {
        use Counted::{Fault, Gift, Repeat, Thanks, Unfinished};
        let continuation = " Anna takes the key in the park. Anna gives the key to Ben. Ben thanks Anna. Ben thanks Anna. Ben gives the key to Anna. \
                    Anna gives the key to Ben. Nonsense.";
        let expected: Vec<Vec<Counted>> =
            [vec![], vec![Gift], vec![Thanks], vec![Fault, Repeat], vec![Gift], vec![Repeat], vec![Fault]]
                .into_iter()
                .map(|of| [vec![Counted::Sentence], of].concat())
                .collect();
        assert_eq!(counted(continuation, true), expected);
        let rules = Rules::parse("gift:2, thanks:1, fault:-3, repeat:-1").unwrap();
        assert_eq!(rules.points(&text(continuation, true)), 2 + 1 - 4 + 2 - 1 - 3);
        assert_eq!(counted("", true), Vec::<Vec<Counted>>::new());
        assert_eq!(counted("", false), [[Unfinished]]);
        assert_eq!(counted(" Anna takes the key in the park. Anna gi", false)[1], [Unfinished], "cut off, no fault");
        assert_eq!(counted(" Anna gi", true), [[Counted::Sentence, Fault]], "it could have gone on");
        // What the prompt says is not counted again as new.
        assert_eq!(counted(" Anna is in the park.", true), [[Counted::Sentence, Fault, Repeat]]);
    }

    #[test]
    fn rules_are_read_or_refused() {
        let rules = Rules::parse(" gift : 2,fault:-3").unwrap();
        assert_eq!(rules.to_string(), "gift:2, fault:-3");
        let error = |text: &str| Rules::parse(text).unwrap_err().to_string();
        let form = "expected a thing and its points from -9 to 9, such as `gift:2`; parts are separated by commas";
        assert_eq!(error(""), format!("rule ``: {form}"));
        assert_eq!(error("gift"), format!("rule `gift`: {form}"));
        assert_eq!(error("gift:10"), format!("rule `gift:10`: {form}"));
        assert_eq!(error("gift:-9223372036854775808"), format!("rule `gift:-9223372036854775808`: {form}"));
        assert_eq!(error("gift:2,"), format!("rule ``: {form}"));
        assert_eq!(error("gifts:2"), "rule `gifts:2`: nothing named `gifts` is counted: did you mean `gift`?");
        assert_eq!(error("gift:1, gift:2"), "rules: `gift` stands twice; expected once");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            if let Ok(rules) = Rules::parse(&text) {
                prop_assert_eq!(Rules::parse(&rules.to_string()).unwrap(), rules);
            }
        }

        #[test]
        fn rules_are_read_as_they_are_written(places in prop::sample::subsequence((0..10).collect::<Vec<usize>>(), 1..10), points in -9_i64..=9) {
            let rules = Rules(places.into_iter().map(|place| (Counted::ALL[place].1, points)).collect());
            prop_assert_eq!(Rules::parse(&rules.to_string()).unwrap(), rules);
        }

        #[test]
        fn any_continuation_is_judged(continuation in "\\PC{0,60}", has_ended in any::<bool>()) {
            let text = text(&continuation, has_ended);
            let judged = judged(&text);
            let rules = Rules::parse("fault:-3, sentence:1, repeat:2, unfinished:-1").unwrap();
            prop_assert_eq!(judged.iter().map(|judged| rules.points_in(judged)).sum::<i64>(), rules.points(&text));
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&judged.iter().map(|judged| judged.text.as_str()).collect::<String>()), letters(&continuation));
        }
    }
}
