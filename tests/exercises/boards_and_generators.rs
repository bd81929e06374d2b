//! Exercises of the board games, the autoencoder, the KL divergence, the VAE and the GAN: what passes, and what looks alike and must not.

use super::passes_in;
use shinso::experiment::{KnobValue, Knobs};
use shinso::lab::{Attempt, Catalogue, Check};
use std::collections::BTreeMap;
use std::path::Path;

/// A value of a run with the shared knobs, as `name=value`, but for those in `other`.
fn point(series: &str, step: u64, value: f64, shared: &str, other: &str) -> Attempt {
    let value_of = |text: &str| match text {
        "on" | "off" => KnobValue::Flag(text == "on"),
        _ => text.parse().map_or_else(
            |_| text.parse().map_or_else(|_| KnobValue::Text(text.to_owned()), KnobValue::Real),
            KnobValue::Integer,
        ),
    };
    let words = shared.split_whitespace().chain(other.split_whitespace());
    let knobs: BTreeMap<_, _> = words.map(|knob| knob.split_once('=').expect("a knob")).collect();
    let knobs = Knobs(knobs.into_iter().map(|(name, value)| (name.to_owned(), value_of(value))).collect());
    Attempt::Point { series: series.to_owned(), step, value, knobs, untouched: true }
}

/// The same run, but with a knob that was turned or an action applied on the way.
fn touched(attempt: Attempt) -> Attempt {
    let Attempt::Point { series, step, value, knobs, .. } = attempt else { unreachable!("a point") };
    Attempt::Point { series, step, value, knobs, untouched: false }
}

fn number(lab: &str, exercise: &str, right: &[&str], wrong: &[&str]) {
    let passes = |answer: &&str| passes_in(lab, exercise, &Attempt::Text((*answer).to_owned()));
    assert!(right.iter().all(passes), "{lab}: {exercise}");
    assert!(!wrong.iter().any(passes), "{lab}: {exercise}");
}

#[test]
fn numbers_are_those_of_the_whole_calculation() {
    // All leaves, C cut at its first one, C looked at whole, and the value at the root.
    number("board-game", "cutoffs", &["6"], &["9", "5", "7", "4"]);
    // As it was, with ln 10, as if the playout had been won, and the mean alone.
    number("board-game", "next-ucb", &["1.561", "1.56"], &["2.073", "1.543", "1.894", "0.667"]);
    number("autoencoder", "how-many", &["4"], &["3", "2", "5", "90"]);
    // Of the lab before, one mean alone, σ in place of ln σ², without the factor, and with the sign lost.
    number("vae", "kl-by-hand", &["0.818", "0.8181"], &["0.5", "0.125", "0.47", "1.636", "-0.568"]);
    // The value of the game at its best and with this D.
    number("gan", "disjoint", &["0.693", "0.6931"], &["0", "-1.3863", "1.3863", "0.5"]);
}

/// Each of them has one right answer, which has to be chosen before the run counts.
#[test]
fn runs_that_fail_are_predicted_first() {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    for (lab, run, prediction, right, options) in [
        ("autoencoder", "restless", "predict-rate", 1, 3),
        ("kl", "wrong-mode", "predict-wrong", 1, 3),
        ("vae", "collapse", "predict-collapse", 2, 4),
        ("gan", "stuck", "predict-stuck", 1, 3),
    ] {
        let exercises = &catalogue.find(lab).unwrap().exercises;
        let of = |id: &str| exercises.iter().find(|exercise| exercise.id == id).expect("an exercise");
        assert_eq!(of(run).after.as_deref(), Some(prediction), "{lab}: {run}");
        assert!(matches!(of(run).check, Check::Series { .. }), "{lab}: {run}");
        let passes = |choice| passes_in(lab, prediction, &Attempt::Choice(choice));
        assert!((0..options).all(|choice| passes(choice) == (choice == right)), "{lab}: {prediction}");
    }
    let infinite = |choice| passes_in("kl", "infinite", &Attempt::Choice(choice));
    assert!((0..4).all(|choice| infinite(choice) == (choice == 2)));
    for (lab, cure, failure) in [
        ("autoencoder", "calm", "restless"),
        ("kl", "right-mode", "wrong-mode"),
        ("gan", "unstuck", "stuck"),
        ("board-game", "next-ucb", "steps"),
    ] {
        let exercises = &catalogue.find(lab).unwrap().exercises;
        let cure = exercises.iter().find(|exercise| exercise.id == cure).expect("an exercise");
        assert_eq!(cure.after.as_deref(), Some(failure), "{lab}");
    }
}

#[test]
fn a_rate_that_is_too_large_is_seen_and_lowered() {
    let shared = "learning_rate=0.05 schedule=constant steps=1500 latent=16 batch=256 linear_batch=1024";
    let at = |step, value, other: &str| point("angle/largest", step, value, shared, other);
    let passes = |exercise: &str, attempt: &Attempt| passes_in("autoencoder", exercise, attempt);
    assert!(passes("restless", &at(640, 86.9, "")));
    // The first steps of any run, before the jump, and presets that converge.
    assert!(!passes("restless", &at(20, 85.9, "")) && !passes("restless", &at(520, 7.9, "")));
    assert!(!passes("restless", &at(500, 24.0, "learning_rate=0.002 schedule=cosine steps=1000")));
    assert!(!passes("restless", &at(1000, 40.0, "latent=2")) && !passes("restless", &touched(at(640, 86.9, ""))));
    assert!(passes("calm", &at(1500, 0.3, "schedule=cosine")) && passes("calm", &at(1500, 2.9, "learning_rate=0.002")));
    // The best that the failure reached with three seeds, on the way, and other presets.
    assert!(!passes("calm", &at(1500, 6.2, "")) && !passes("calm", &at(600, 3.9, "learning_rate=0.005")));
    assert!(!passes("calm", &at(4000, 0.13, "learning_rate=0.002 schedule=cosine steps=4000")));
    assert!(!passes("calm", &at(1500, 0.1, "latent=2 schedule=cosine")));
}

#[test]
fn a_reverse_fit_is_started_on_either_side() {
    let shared = "target=bimodal direction=reverse gap=4.0 weight=0.6 start=-3.0 steps=600 learning_rate=0.05";
    let at = |step, value, other: &str| point("kl/reverse", step, value, shared, other);
    let passes = |exercise: &str, attempt: &Attempt| passes_in("kl", exercise, attempt);
    assert!(passes("wrong-mode", &at(600, 0.915, "")));
    // The first steps, the fit that ends between the modes, the forward one, and the preset `reverse`.
    assert!(!passes("wrong-mode", &at(1, 2.28, "")) && !passes("wrong-mode", &at(600, 1.144, "start=0.5")));
    assert!(!passes("wrong-mode", &at(600, 1.278, "direction=forward")));
    assert!(!passes("wrong-mode", &at(600, 0.51, "start=1.0")));
    assert!(passes("right-mode", &at(600, 0.51, "start=1.0")));
    // Still wrong, between the modes, and a P whose modes are closer or weigh otherwise.
    assert!(!passes("right-mode", &at(600, 0.915, "learning_rate=0.5")));
    assert!(!passes("right-mode", &at(600, 1.144, "start=0.5")));
    assert!(!passes("right-mode", &at(600, 0.0046, "gap=1.0")) && !passes("right-mode", &at(600, 0.1, "weight=0.1")));
}

#[test]
fn a_gradient_vanishes_and_comes_back_with_the_other_loss() {
    let shared = "data=ring loss=saturating freeze_generator=off discriminator_steps=5 generator_steps=1 learning_rate=0.001 \
                  steps=3000 batch=256 pack=1 noise=0.0 latent=2";
    let at = |step, value, other: &str| point("discriminator/fake", step, value, shared, other);
    let passes = |exercise: &str, attempt: &Attempt| passes_in("gan", exercise, attempt);
    assert!(passes("stuck", &at(3000, 0.115, "")));
    // The preset as it is, on the way, the other loss, one update each, and a run that was touched.
    assert!(!passes("stuck", &at(3000, 0.022, "freeze_generator=on")) && !passes("stuck", &at(1000, 0.05, "")));
    assert!(!passes("stuck", &at(3000, 0.1, "loss=non_saturating")));
    assert!(!passes("stuck", &at(3000, 0.1, "discriminator_steps=1")));
    assert!(!passes("stuck", &touched(at(3000, 0.115, ""))));
    for value in [0.286, 0.197, 0.37] {
        assert!(passes("unstuck", &at(3000, value, "loss=non_saturating")));
    }
    // The failure itself with three seeds, the first steps, and another run.
    assert!([0.115, 0.097, 0.058].iter().all(|value| !passes("unstuck", &at(3000, *value, ""))));
    assert!(!passes("unstuck", &at(25, 0.446, "loss=non_saturating")));
    assert!(!passes("unstuck", &at(3000, 0.4, "loss=non_saturating discriminator_steps=1")));
    let more = "loss=non_saturating freeze_generator=on";
    assert!(!passes("unstuck", &at(3000, 0.4, more)) && !passes("unstuck", &at(3000, 0.4, "data=grid")));
}

/// An instrument reports these when the thing was done, not when it was looked at.
#[test]
fn a_prediction_and_a_simulation_are_made_on_the_board() {
    let reached = |state: &str| Attempt::State {
        state: state.to_owned(),
        view: None,
        input: None,
        value: None,
        knobs: Knobs::default(),
    };
    let passes = |exercise: &str, state: &str| passes_in("board-game", exercise, &reached(state));
    assert!(passes("steps", "steps_walked"));
    // A prediction counts in the position that the text names: not in an empty board, where every column is as good, nor in one in which
    // a single move is left, nor in its mirror image.
    let predicted = |position: Option<&str>| {
        let Attempt::State { state, view, input, knobs, .. } = reached("prediction_right") else { unreachable!() };
        let value = position.map(str::to_owned);
        passes_in("board-game", "foretell", &Attempt::State { state, view, input, value, knobs })
    };
    assert!(predicted(Some("......./......./......./......./o....../o.xx... x")));
    for other in [
        "......./......./......./......./......./....... x",
        "......./......./......./......./o....../o.xxx.. o",
        "......./......./......./......./......o/...xx.o x",
    ] {
        assert!(!predicted(Some(other)), "{other}");
    }
    assert!(!predicted(None));
    // Nor does anything else that is done in the position.
    for state in ["hint_seen", "tree_opened"] {
        let Attempt::State { view, input, knobs, .. } = reached(state) else { unreachable!() };
        let value = Some("......./......./......./......./o....../o.xx... x".to_owned());
        let attempt = Attempt::State { state: state.to_owned(), view, input, value, knobs };
        assert!(!passes_in("board-game", "foretell", &attempt), "{state}");
    }
    assert!(!passes("steps", "tree_opened") && !passes("steps", "prediction_right"));
    // Walking is not computing.
    assert!(!passes("next-ucb", "steps_walked") && !passes("cutoffs", "steps_walked"));
}
