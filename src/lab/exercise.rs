//! Deciding exercises from what happened.

use super::definition::{Check, Exercise};
use crate::experiment::{KnobValue, Knobs, Language};
use std::collections::BTreeSet;
use std::fmt;

/// What a student gives as an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Attempt {
    Choice(usize),
    /// A number or a free text, as typed.
    Text(String),
    /// A value of a series of a run with these knobs.
    Point {
        series: String,
        step: u64,
        value: f64,
        knobs: Knobs,
        /// Whether the run is on the lab's own data and no action was applied to it.
        untouched: bool,
    },
    /// A state reached in an instrument, and the view that it shows.
    State {
        state: String,
        view: Option<String>,
        /// The input of the view that was turned, or the action that was sent, where one was.
        input: Option<String>,
        /// The value that the input has now.
        value: Option<String>,
        /// The knobs of the run that goes on or has ended here; none without one.
        knobs: Knobs,
    },
    /// A line said in a conversation, and the first word of the answer.
    Said {
        line: String,
        answer: String,
        /// Whether the vectors are those of the model that answers.
        own_vectors: bool,
    },
    /// A line said in a conversation and answered without a fault.
    Line(String),
}

impl fmt::Display for Attempt {
    /// As an answer is kept: of a choice the index, from 0; of what happened a line such as `val/elbo = -104.2 at step 1200`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Attempt::Choice(index) => write!(f, "{index}"),
            Attempt::Text(text) => f.write_str(text),
            Attempt::Point { series, step, value, .. } => {
                write!(f, "{series} = {} at step {step}", KnobValue::Real(rounded(*value)))
            }
            Attempt::State { state, view, input, value, .. } => {
                f.write_str(state)?;
                if let Some(view) = view {
                    write!(f, " in {view}")?;
                }
                match (input, value) {
                    (Some(input), Some(value)) => write!(f, ": {input} = {value}"),
                    (Some(one), None) | (None, Some(one)) => write!(f, ": {one}"),
                    (None, None) => Ok(()),
                }
            }
            Attempt::Said { line, answer, .. } => write!(f, "{line} → {answer}"),
            Attempt::Line(line) => f.write_str(line),
        }
    }
}

/// With six digits, as many as a person compares.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// What the program decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    /// Wrong, and perhaps a word on it.
    Failed(String),
    /// The attempt has nothing to do with this exercise.
    Unrelated,
}

/// Wrong tries at a choice after which it is explained. It is solved all the same by choosing the right option then.
const TRIES: u32 = 2;

/// Whether an exercise is explained after so many wrong attempts.
pub fn is_explained(exercise: &Exercise, attempts: u32) -> bool {
    matches!(exercise.check, Check::Choice { .. }) && attempts >= TRIES
}

/// Decides an attempt at an exercise.
pub fn decide(exercise: &Exercise, attempt: &Attempt, language: Language) -> Verdict {
    let passed = |good: bool, message: &str| if good { Verdict::Passed } else { Verdict::Failed(message.to_owned()) };
    let in_words = |en: &'static str, ja: &'static str| match language {
        Language::En => en,
        Language::Ja => ja,
    };
    match (&exercise.check, attempt) {
        (Check::Choice { answer, options }, Attempt::Choice(chosen)) => {
            let why = options.get(*chosen).and_then(|option| option.why.as_ref());
            let otherwise = in_words("not that one", "それではありません");
            passed(answer == chosen, why.map_or(otherwise, |why| why.in_language(language)))
        }
        (Check::Number { answer, tolerance, .. }, Attempt::Text(text)) => match number(text) {
            None => {
                Verdict::Failed(in_words("write a number, such as -3.5", "-3.5 のように数を書いてください").to_owned())
            }
            Some(value) => {
                passed((value - answer).abs() <= *tolerance, in_words("not that number", "その数ではありません"))
            }
        },
        (Check::FreeText { minimum_characters }, Attempt::Text(text)) => {
            let written = text.trim().chars().count();
            let (words, least_words) = (different_words(text), minimum_characters / CHARACTERS_A_WORD);
            let message = match language {
                Language::En if written < *minimum_characters => {
                    format!("{written} of at least {minimum_characters} characters")
                }
                Language::Ja if written < *minimum_characters => {
                    format!("{written} 文字(最低 {minimum_characters} 文字)")
                }
                Language::En => format!("different words: {words}, expected at least {least_words}"),
                Language::Ja => format!("異なる語や文字が {words} 個(最低 {least_words} 個)"),
            };
            passed(written >= *minimum_characters && words >= least_words, &message)
        }
        (
            Check::Series { condition, knobs: wanted, untouched: needed },
            Attempt::Point { series, step, value, knobs, untouched },
        ) if *series == condition.series
            && (*untouched || !needed)
            && condition.is_met(*step, *value)
            && knobs.have(wanted) =>
        {
            Verdict::Passed
        }
        (
            Check::Instrument { state, view, input, values, knobs: wanted },
            Attempt::State { state: reached, view: shown, input: turned, value, knobs },
        ) if state == reached
            && (view.is_none() || view == shown)
            && (input.is_none() || input == turned)
            && (values.is_empty() || value.as_deref().is_some_and(|given| is_one_of(given, values)))
            && knobs.have(wanted) =>
        {
            Verdict::Passed
        }
        (Check::Line { words }, Attempt::Line(line)) if words.iter().all(|word| has_word(line, word)) => {
            Verdict::Passed
        }
        (
            Check::Answer { word, with, terms: least, own_vectors: needed },
            Attempt::Said { line, answer, own_vectors },
        ) if word == answer
            && !line.contains(word.as_str())
            && (*own_vectors || !needed)
            && with.iter().all(|word| terms(line).contains(word.as_str()))
            && terms(line).len() >= *least =>
        {
            Verdict::Passed
        }
        _ => Verdict::Unrelated,
    }
}

/// For so many characters that a free text needs at the least, it needs one more different word.
const CHARACTERS_A_WORD: usize = 10;

/// How many different words a text has, in capitals or not. Without spaces between words, as in Japanese, each different character counts.
fn different_words(text: &str) -> usize {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let (spaced, unspaced): (BTreeSet<&str>, BTreeSet<&str>) = words.partition(|word| word.is_ascii());
    spaced.len() + unspaced.into_iter().flat_map(str::chars).collect::<BTreeSet<_>>().len()
}

/// Whether a word stands in a line, between spaces or parentheses.
fn has_word(line: &str, word: &str) -> bool {
    line.split(|letter: char| letter.is_whitespace() || "()（）".contains(letter)).any(|part| part == word)
}

/// Whether a text is one of these, in capitals or not and however it is spaced.
fn is_one_of(text: &str, those: &[String]) -> bool {
    let plain = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    those.iter().any(|one| plain(one) == plain(text))
}

/// The different words of an expression, whatever operators stand between them.
fn terms(line: &str) -> BTreeSet<&str> {
    line.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()).collect()
}

/// A number as people write it: full-width digits, a true minus, a decimal comma, spaces between digits.
pub fn number(text: &str) -> Option<f64> {
    let plain: String = text
        .trim()
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '_')
        .map(|letter| match letter {
            '０'..='９' => char::from(b'0' + (letter as u32 - '０' as u32) as u8),
            '−' | '－' | '‐' | '–' => '-',
            '．' => '.',
            ',' | '，' => '.',
            '＋' => '+',
            other => other,
        })
        .collect();
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Bilingual;
    use crate::lab::ChoiceOption;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn exercise(check: Check) -> Exercise {
        let text = || Bilingual { en: "t".into(), ja: "t".into() };
        Exercise {
            id: "x".into(),
            title: text(),
            prompt: text(),
            hints: vec![],
            after: None,
            check,
            explanation: text(),
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [("0.5", 0.5), (" −１２．５ ", -12.5), ("0,25", 0.25), ("+3", 3.0), ("1 000", 1000.0)]
        {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "x", "1.2.3", "inf", "nan"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn an_attempt_is_kept_in_words() {
        let point = |value| Attempt::Point {
            series: "val/elbo".into(),
            step: 1200,
            value,
            knobs: Knobs::default(),
            untouched: true,
        };
        let state = |view: Option<&str>, input: Option<&str>, value: Option<&str>| Attempt::State {
            state: "input_turned".into(),
            view: view.map(str::to_owned),
            input: input.map(str::to_owned),
            value: value.map(str::to_owned),
            knobs: Knobs::default(),
        };
        let said = Attempt::Said { line: "king - man + woman".into(), answer: "queen".into(), own_vectors: true };
        for (attempt, kept) in [
            (Attempt::Choice(2), "2"),
            (Attempt::Text("−3,5".into()), "−3,5"),
            (point(f64::from(-104.2_f32)), "val/elbo = -104.2 at step 1200"),
            (point(0.000_123_456_78), "val/elbo = 1.23457e-4 at step 1200"),
            (point(f64::NAN), "val/elbo = NaN at step 1200"),
            (state(None, None, None), "input_turned"),
            (state(Some("gaps"), Some("missing"), Some("0.5")), "input_turned in gaps: missing = 0.5"),
            (state(None, Some("reset"), None), "input_turned: reset"),
            (said, "king - man + woman → queen"),
            (Attempt::Line(":plot king".into()), ":plot king"),
        ] {
            assert_eq!(attempt.to_string(), kept);
        }
    }

    #[test]
    fn each_check_is_decided_by_its_own_attempt_only() {
        let number = exercise(Check::Number { answer: 2.0, tolerance: 0.1, unit: Bilingual::default() });
        assert_eq!(decide(&number, &Attempt::Text("2.05".into()), Language::En), Verdict::Passed);
        assert!(matches!(decide(&number, &Attempt::Text("3".into()), Language::En), Verdict::Failed(_)));
        assert_eq!(decide(&number, &Attempt::Choice(2), Language::En), Verdict::Unrelated);
        let option =
            |why: Option<&str>| ChoiceOption { en: "a".into(), ja: "あ".into(), why: why.map(Bilingual::same) };
        let choice = exercise(Check::Choice { options: vec![option(Some("too small")), option(None)], answer: 1 });
        assert_eq!(decide(&choice, &Attempt::Choice(0), Language::Ja), Verdict::Failed("too small".into()));
        assert_eq!(decide(&choice, &Attempt::Choice(7), Language::En), Verdict::Failed("not that one".into()));
        assert_eq!(decide(&choice, &Attempt::Choice(1), Language::En), Verdict::Passed);
        assert!(is_explained(&choice, 2) && !is_explained(&choice, 1) && !is_explained(&number, 5));
        let condition = || "val/elbo >= -110".parse().unwrap();
        let series = exercise(Check::Series { condition: condition(), knobs: BTreeMap::new(), untouched: false });
        let knobs = |latent| Knobs([("latent".to_owned(), KnobValue::Integer(latent))].into());
        let run =
            |value, untouched| Attempt::Point { series: "val/elbo".into(), step: 5, value, knobs: knobs(2), untouched };
        let point = |value| run(value, false);
        assert_eq!(decide(&series, &point(-109.0), Language::En), Verdict::Passed);
        assert_eq!(decide(&series, &point(f64::NAN), Language::En), Verdict::Unrelated);
        let wanted = exercise(Check::Series { condition: condition(), knobs: knobs(2).0, untouched: false });
        assert_eq!(decide(&wanted, &point(-109.0), Language::En), Verdict::Passed);
        let wanted = exercise(Check::Series { condition: condition(), knobs: knobs(20).0, untouched: false });
        assert_eq!(decide(&wanted, &point(-109.0), Language::En), Verdict::Unrelated, "a run with another knob");
        let untouched = exercise(Check::Series { condition: condition(), knobs: BTreeMap::new(), untouched: true });
        assert_eq!(decide(&untouched, &run(-109.0, true), Language::En), Verdict::Passed);
        assert_eq!(decide(&untouched, &point(-109.0), Language::En), Verdict::Unrelated, "an action was applied");
        let reached = |state: &str, view: Option<&str>, input: Option<&str>| Attempt::State {
            state: state.into(),
            view: view.map(str::to_owned),
            input: input.map(str::to_owned),
            value: None,
            knobs: Knobs::default(),
        };
        let check = |view: Option<&str>, input: Option<&str>| {
            let [view, input] = [view, input].map(|name| name.map(str::to_owned));
            exercise(Check::Instrument { state: "a".into(), view, input, values: vec![], knobs: BTreeMap::new() })
        };
        let decided = |exercise: &Exercise, attempt| decide(exercise, &attempt, Language::En);
        assert_eq!(decided(&check(None, None), reached("a", Some("gaps"), None)), Verdict::Passed);
        assert_eq!(decided(&check(None, None), reached("b", None, None)), Verdict::Unrelated);
        assert_eq!(decided(&check(Some("gaps"), None), reached("a", Some("gaps"), Some("seed"))), Verdict::Passed);
        assert_eq!(decided(&check(Some("gaps"), None), reached("a", Some("sampling"), None)), Verdict::Unrelated);
        let missing = check(Some("gaps"), Some("missing"));
        assert_eq!(decided(&missing, reached("a", Some("gaps"), Some("missing"))), Verdict::Passed);
        assert_eq!(decided(&missing, reached("a", Some("gaps"), Some("seed"))), Verdict::Unrelated, "another input");
        assert_eq!(decided(&missing, reached("a", Some("gaps"), None)), Verdict::Unrelated);
    }

    #[test]
    fn an_input_needs_one_of_the_values_asked_for() {
        let values = ["three eights", "八を三つ"].map(str::to_owned).to_vec();
        let (view, input, knobs) = (None, Some("text".into()), BTreeMap::new());
        let asked = exercise(Check::Instrument { state: "a".into(), view, input, values, knobs });
        let given = |value: Option<&str>| Attempt::State {
            state: "a".into(),
            view: None,
            input: Some("text".into()),
            value: value.map(str::to_owned),
            knobs: Knobs::default(),
        };
        for value in ["three eights", " Three  Eights ", "八を三つ"] {
            assert_eq!(decide(&asked, &given(Some(value)), Language::En), Verdict::Passed, "{value}");
        }
        for value in [None, Some("2026"), Some("three eights and a seven"), Some("")] {
            assert_eq!(decide(&asked, &given(value), Language::En), Verdict::Unrelated, "{value:?}");
        }
    }

    #[test]
    fn what_is_done_to_a_run_needs_the_run_asked_for() {
        let of = |map: &str| Knobs([("map".to_owned(), KnobValue::Text(map.into()))].into());
        let state = || "action_sent".to_owned();
        let (view, input, values) = (None, None, vec![]);
        let asked = exercise(Check::Instrument { state: state(), view, input, values, knobs: of("cliff").0 });
        let sent = |knobs| Attempt::State { state: state(), view: None, input: None, value: None, knobs };
        assert_eq!(decide(&asked, &sent(of("cliff")), Language::En), Verdict::Passed);
        for other in [of("rooms"), Knobs::default()] {
            assert_eq!(decide(&asked, &sent(other), Language::En), Verdict::Unrelated);
        }
    }

    #[test]
    fn a_free_text_needs_several_different_words() {
        let asked = exercise(Check::FreeText { minimum_characters: 40 });
        let decided = |text: &str, language| decide(&asked, &Attempt::Text(text.to_owned()), language);
        for text in [
            "The digits still lean, but are others than before.",
            "数字は斜めに見えますが、元に戻す変換では入力が復元されません。サイクル誤差も大きいままです。",
        ] {
            assert_eq!(decided(text, Language::En), Verdict::Passed, "{text}");
        }
        let words = |count| Verdict::Failed(format!("different words: {count}, expected at least 4"));
        assert_eq!(decided(&"a".repeat(44), Language::En), words(1));
        assert_eq!(decided(&"Word word, ".repeat(9), Language::En), words(1));
        assert_eq!(decided(&"あい".repeat(30), Language::En), words(2));
        assert_eq!(
            decided(&"a b ".repeat(20), Language::Ja),
            Verdict::Failed("異なる語や文字が 2 個(最低 4 個)".into())
        );
        assert_eq!(decided("short", Language::En), Verdict::Failed("5 of at least 40 characters".into()));
    }

    #[test]
    fn a_line_needs_all_the_words_asked_for() {
        let words = [":plot", "king", "queen", "man"].map(str::to_owned).to_vec();
        let line = exercise(Check::Line { words });
        let said = |line: &str| Attempt::Line(line.to_owned());
        assert_eq!(decide(&line, &said(":plot king queen (man)"), Language::En), Verdict::Passed);
        for other in [":plot cat dog", "king queen man", ":plot kings queen man"] {
            assert_eq!(decide(&line, &said(other), Language::En), Verdict::Unrelated, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = number(&text);
        }
    }
}
