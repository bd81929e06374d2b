//! The exercises of `cyclegan` and `diffusion` on failures and predictions: what passes, and what looks alike and must not.

use super::{exercise, passes_in};
use shinso::experiment::{KnobValue, Knobs};
use shinso::lab::{Attempt, Check};
use std::collections::BTreeMap;

fn knobs(all: impl IntoIterator<Item = (&'static str, KnobValue)>) -> Knobs {
    Knobs(all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A value of a run of a CycleGAN on slant of so many steps, with this λ and these other knobs.
fn cycle(
    id: &str,
    (series, value): (&str, f64),
    (step, steps): (u64, i64),
    weight: f64,
    more: &[(&'static str, KnobValue)],
) -> bool {
    let mut all = BTreeMap::from([
        ("styles", KnobValue::Text("slant".to_owned())),
        ("cycle_weight", KnobValue::Real(weight)),
        ("learning_rate", KnobValue::Real(0.001)),
        ("balance", KnobValue::Real(0.4)),
        ("batch", KnobValue::Integer(32)),
        ("channels", KnobValue::Integer(32)),
        ("steps", KnobValue::Integer(steps)),
    ]);
    all.extend(more.iter().cloned());
    let series = series.to_owned();
    passes_in("cyclegan", id, &Attempt::Point { series, step, value, knobs: knobs(all), untouched: true })
}

#[test]
fn a_digit_must_be_translated_not_only_kept() {
    let truth = |value, at| cycle("low-cycle", ("val/truth", value), at, 10.0, &[]);
    assert!(truth(0.07, (600, 600)));
    // Untrained, and `quick` at its end.
    assert!(!truth(0.117, (1, 300)) && !truth(0.092, (300, 300)));
    assert!(!cycle("low-cycle", ("val/cycle", 0.026), (300, 300), 10.0, &[]), "the other curve");
    // Too late, another pair of styles, which are closer to each other, and no cycle loss.
    assert!(!truth(0.05, (1200, 1400)));
    let weight = [("styles", KnobValue::Text("weight".to_owned()))];
    assert!(!cycle("low-cycle", ("val/truth", 0.05), (600, 800), 10.0, &weight));
    assert!(!cycle("low-cycle", ("val/truth", 0.07), (600, 600), 0.0, &[]));
}

#[test]
fn the_weight_of_the_cycle_is_broken_on_both_sides_and_cured() {
    assert!(cycle("no-cycle", ("val/cycle", 0.1), (600, 600), 0.0, &[]));
    // λ = 10, before the end, and the first step.
    assert!(!cycle("no-cycle", ("val/cycle", 0.1), (600, 600), 10.0, &[]));
    assert!(!cycle("no-cycle", ("val/cycle", 0.1), (540, 600), 0.0, &[]));
    assert!(!cycle("no-cycle", ("val/cycle", 0.036), (600, 600), 0.0, &[]));
    assert!(cycle("only-cycle", ("val/truth", 0.105), (600, 600), 50.0, &[]));
    // Any run begins like this.
    assert!(!cycle("only-cycle", ("val/truth", 0.116), (1, 600), 50.0, &[]));
    assert!(!cycle("only-cycle", ("val/truth", 0.105), (600, 600), 10.0, &[]));
    assert!(cycle("balanced", ("val/truth", 0.07), (600, 600), 10.0, &[]));
    // Without the cycle loss, on the way, a longer run, and a second knob.
    assert!(!cycle("balanced", ("val/truth", 0.06), (600, 600), 0.0, &[]));
    assert!(!cycle("balanced", ("val/truth", 0.07), (540, 600), 10.0, &[]));
    assert!(!cycle("balanced", ("val/truth", 0.05), (800, 800), 10.0, &[]));
    assert!(!cycle("balanced", ("val/truth", 0.06), (600, 600), 10.0, &[("balance", KnobValue::Real(1.0))]));
}

/// A value of the validation loss of a perceptron on digits.
fn loss(id: &str, value: f64, step: u64, dropout: f64, network: &str) -> bool {
    let all = [
        ("data", KnobValue::Text("mnist".to_owned())),
        ("network", KnobValue::Text(network.to_owned())),
        ("class_dropout", KnobValue::Real(dropout)),
        ("steps", KnobValue::Integer(4000)),
        ("batch", KnobValue::Integer(128)),
        ("learning_rate", KnobValue::Real(0.001)),
    ];
    let series = "val/loss".to_owned();
    passes_in("diffusion", id, &Attempt::Point { series, step, value, knobs: knobs(all), untouched: true })
}

#[test]
fn a_class_never_given_or_always_given_is_cured_by_leaving_it_out_now_and_then() {
    assert!(loss("no-class", 0.5, 4000, 1.0, "dense"));
    // Early in any run, and with the class.
    assert!(!loss("no-class", 1.07, 1, 1.0, "dense") && !loss("no-class", 0.5, 4000, 0.1, "dense"));
    assert!(loss("never-dropped", 0.28, 4000, 0.0, "dense"));
    assert!(!loss("never-dropped", 0.28, 3000, 0.0, "dense") && !loss("never-dropped", 0.28, 4000, 0.1, "dense"));
    assert!(loss("cure", 0.286, 4000, 0.1, "dense"));
    // The failures themselves, and another network.
    assert!(!loss("cure", 0.5, 4000, 1.0, "dense") && !loss("cure", 0.28, 4000, 0.0, "dense"));
    assert!(!loss("cure", 0.2, 4000, 0.1, "unet"));
    let turned = |input: &str, value: &str, dropout| {
        let run = [
            ("data", KnobValue::Text("mnist".to_owned())),
            ("network", KnobValue::Text("dense".to_owned())),
            ("class_dropout", KnobValue::Real(dropout)),
            ("steps", KnobValue::Integer(4000)),
        ];
        let [state, view, input] = ["input_turned", "prompt", input].map(str::to_owned);
        let state = Attempt::State {
            state,
            view: Some(view),
            input: Some(input),
            value: Some(value.to_owned()),
            knobs: knobs(run),
        };
        passes_in("diffusion", "amplified", &state)
    };
    // Another input, another run, and one key alone.
    assert!(turned("guidance", "8", 0.0) && !turned("seed", "8", 0.0) && !turned("guidance", "8", 0.1));
    assert!(!turned("guidance", "2.1", 0.0));
}

#[test]
fn a_prediction_is_recorded_first() {
    for (lab, run, before) in [
        ("cyclegan", "low-cycle", "predict-cycle"),
        ("cyclegan", "no-cycle", "predict-lambda"),
        ("cyclegan", "lambda", "no-cycle"),
        ("cyclegan", "balanced", "only-cycle"),
        ("diffusion", "guidance-variety", "predict-guidance"),
        ("diffusion", "amplified", "never-dropped"),
        ("diffusion", "cure", "amplified"),
    ] {
        assert_eq!(exercise(lab, run).after.as_deref(), Some(before), "{lab}: {run}");
    }
    for (lab, prediction, right, options) in
        [("cyclegan", "predict-lambda", 2, 3), ("cyclegan", "swap", 1, 3), ("diffusion", "predict-guidance", 2, 4)]
    {
        assert!(matches!(exercise(lab, prediction).check, Check::Choice { .. }), "{lab}: {prediction}");
        for choice in 0..options {
            assert_eq!(passes_in(lab, prediction, &Attempt::Choice(choice)), choice == right, "{lab}: {prediction}");
        }
    }
}

#[test]
fn a_number_is_the_one_that_was_computed() {
    for (exercise, right, wrong) in [
        // The sum, the product of the β, what remains of the noise, and the factor.
        ("alpha-bar", "0.36", ["0.2", "0.01", "0.64", "0.6"]),
        // Those that are eights, of guidance 1, and of guidance 2.
        ("guidance-variety", "2", ["8", "1", "0", "10"]),
    ] {
        assert!(passes_in("diffusion", exercise, &Attempt::Text(right.to_owned())), "{exercise}");
        for wrong in wrong {
            assert!(!passes_in("diffusion", exercise, &Attempt::Text(wrong.to_owned())), "{exercise}: {wrong}");
        }
    }
}
