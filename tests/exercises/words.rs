//! The exercises of `word2vec` that runs decide: what passes, and what looks alike and must not.

use super::{exercise, passes_in};
use shinso::experiment::{KnobValue, Knobs, Language};
use shinso::lab::exercise::decide;
use shinso::lab::{Attempt, Check, Verdict};
use std::collections::BTreeMap;

/// Whether a value passes in a run of `quick` but for some knobs.
fn passes(id: &str, series: &str, step: u64, value: f64, changed: &[(&str, KnobValue)]) -> bool {
    let text = |word: &str| KnobValue::Text(word.to_owned());
    let mut knobs = BTreeMap::from([
        ("world", text("english")),
        ("architecture", text("skip_gram")),
        ("objective", text("negative")),
        ("dimension", KnobValue::Integer(50)),
        ("window", KnobValue::Integer(5)),
        ("epochs", KnobValue::Integer(5)),
        ("sentences", KnobValue::Integer(40_000)),
        ("sample", KnobValue::Real(0.001)),
        ("learning_rate", KnobValue::Real(0.025)),
    ]);
    knobs.extend(changed.iter().cloned());
    let knobs = Knobs(knobs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let attempt = Attempt::Point { series: series.to_owned(), step, value, knobs, untouched: true };
    passes_in("word2vec", id, &attempt)
}

fn accuracy(id: &str, step: u64, value: f64, changed: &[(&str, KnobValue)]) -> bool {
    passes(id, "analogy_accuracy", step, value, changed)
}

fn real(value: f64) -> KnobValue {
    KnobValue::Real(value)
}

fn integer(value: i64) -> KnobValue {
    KnobValue::Integer(value)
}

fn cbow() -> (&'static str, KnobValue) {
    ("architecture", KnobValue::Text("cbow".to_owned()))
}

#[test]
fn predictions_come_before_their_runs_and_breaks_before_cures() {
    for (run, before) in [
        ("fifty-steps", "predict-rate"),
        ("cbow-rate", "predict-cbow"),
        ("cbow-cure", "cbow-rate"),
        ("narrow-run", "narrow"),
        ("wide", "narrow-run"),
        ("dimensions", "flat"),
        ("slower", "diverge"),
        ("more-epochs", "little-run"),
        ("limits", "more-epochs"),
    ] {
        assert_eq!(exercise("word2vec", run).after.as_deref(), Some(before), "{run}");
    }
    for (prediction, right) in [("predict-rate", 2), ("predict-cbow", 1), ("narrow", 1)] {
        let exercise = exercise("word2vec", prediction);
        assert!(matches!(exercise.check, Check::Choice { .. }), "{prediction}");
        for choice in 0..3 {
            let verdict = decide(&exercise, &Attempt::Choice(choice), Language::En);
            assert_eq!(verdict == Verdict::Passed, choice == right, "{prediction}: {choice}");
        }
    }
}

#[test]
fn cbow_is_measured_with_the_learning_rate_of_skip_gram_first() {
    assert!(accuracy("cbow-rate", 505, 0.804, &[cbow()]));
    // On the way, skip-gram, and the learning rate that is asked for next.
    assert!(!accuracy("cbow-rate", 300, 0.804, &[cbow()]) && !accuracy("cbow-rate", 505, 0.999, &[]));
    assert!(!accuracy("cbow-rate", 505, 1.0, &[cbow(), ("learning_rate", real(0.1))]));
    assert!(accuracy("cbow-cure", 505, 1.0, &[cbow(), ("learning_rate", real(0.1))]));
    // Too slow still, twice the steps, and skip-gram.
    assert!(!accuracy("cbow-cure", 505, 0.919, &[cbow(), ("learning_rate", real(0.05))]));
    assert!(!accuracy("cbow-cure", 1010, 1.0, &[cbow(), ("epochs", integer(10))]));
    assert!(!accuracy("cbow-cure", 505, 0.999, &[]));
}

#[test]
fn fifty_steps_are_fifty() {
    assert!(accuracy("fifty-steps", 40, 0.95, &[("learning_rate", real(0.05)), ("sentences", integer(100_000))]));
    // A larger learning rate alone, and `quick`.
    assert!(!accuracy("fifty-steps", 65, 0.95, &[("learning_rate", real(0.1))]));
    assert!(!accuracy("fifty-steps", 180, 0.95, &[]) && !accuracy("fifty-steps", 50, 0.9, &[]));
}

#[test]
fn a_failure_is_provoked_and_cured_by_the_run_asked_for() {
    let window = |width| [("window", integer(width))];
    assert!(accuracy("narrow-run", 505, 0.627, &window(1)));
    // Not at its end, and a usual run that has hardly begun.
    assert!(!accuracy("narrow-run", 100, 0.3, &window(1)) && !accuracy("narrow-run", 5, 0.0, &[]));
    assert!(accuracy("wide", 505, 0.98, &window(4)));
    // Too narrow, and the window of `quick`, which is not the smallest.
    assert!(!accuracy("wide", 505, 0.885, &window(3)) && !accuracy("wide", 505, 0.999, &window(5)));
    let dimension = |count| [("dimension", integer(count))];
    assert!(accuracy("flat", 505, 0.02, &dimension(2)));
    assert!(!accuracy("flat", 5, 0.0, &dimension(2)) && !accuracy("flat", 505, 0.02, &dimension(3)));
    assert!(accuracy("dimensions", 505, 0.948, &dimension(32)));
    assert!(!accuracy("dimensions", 505, 0.64, &dimension(16)) && !accuracy("dimensions", 505, 0.999, &dimension(50)));
    let rate = |rate| [("learning_rate", real(rate))];
    assert!(passes("diverge", "loss", 504, 3.4e11, &rate(0.3)));
    assert!(!passes("diverge", "loss", 504, 1.2, &rate(0.25)) && !passes("diverge", "loss", 100, 1e16, &rate(0.3)));
    assert!(accuracy("slower", 505, 1.0, &rate(0.25)));
    // The usual learning rate, and before the end.
    assert!(!accuracy("slower", 505, 0.999, &[]) && !accuracy("slower", 310, 0.99, &rate(0.25)));
    let little = |epochs| [("sentences", integer(1500)), ("epochs", integer(epochs))];
    assert!(accuracy("little-run", 80, 0.01, &little(5)));
    assert!(!accuracy("little-run", 5, 0.0, &little(5)) && !accuracy("little-run", 80, 0.01, &little(400)));
    assert!(accuracy("more-epochs", 1005, 0.9, &little(400)));
    // More text.
    assert!(!accuracy("more-epochs", 505, 0.999, &[]) && !accuracy("more-epochs", 1005, 0.5, &little(400)));
}
