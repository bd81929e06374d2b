//! Exercises of the models of sequences: `seq2seq`, `attention`, `transformer`.

use super::{passes_in, point, text, turned};
use shinso::lab::Attempt;

#[test]
fn sequence_to_sequence_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("seq2seq", exercise, attempt);
    assert!(passes("passes", &Attempt::Choice(2)));
    assert!([0, 1, 3].iter().all(|wrong| !passes("passes", &Attempt::Choice(*wrong))));
    // ln 0.36; not that of the greedy answer, of its first token, or without its sign.
    assert!(passes("greedy", &text("-1.02")) && passes("greedy", &text("−1.022")));
    assert!(["-1.71", "-0.51", "1.02", "0.36", "-1.2"].iter().all(|wrong| !passes("greedy", &text(wrong))));
    let point = |series: &str, step, value| point(series, step, value, &[("task", "dates")]);
    assert!(passes("learn", &point("validation/exact_match", 1400, 0.905)));
    // Another task.
    assert!(!passes("learn", &super::point("validation/exact_match", 1400, 0.95, &[("task", "reverse")])));
    // Too low, too late, or the share of tokens, in training or not.
    assert!(!passes("learn", &point("validation/exact_match", 1400, 0.895)));
    assert!(!passes("learn", &point("validation/exact_match", 5200, 0.99)));
    assert!(!passes("learn", &point("validation/token_accuracy", 1400, 0.99)));
    assert!(!passes("learn", &point("token_accuracy", 1400, 0.99)));
    assert!(passes("beam", &text("-5.66")) && passes("beam", &text("−5.658")));
    // The best answer's, the third one's, without the sign, and a key.
    assert!(["-0.01", "-6.68", "5.66"].iter().all(|wrong| !passes("beam", &text(wrong))));
    assert!(!passes("beam", &turned("beam", "beam")));
    assert!(!passes("bottleneck", &text("a larger D")) && !passes("bottleneck", &text(&" ".repeat(80))));
}

/// The knobs of the runs that the exercises of `attention` ask for, with this width of the state.
fn narrow(hidden: &str) -> Vec<(&str, &str)> {
    let shared = "task=dates steps=1600 batch=64 learning_rate=0.005 cell=gru bidirectional=on embedding=32";
    let shared = shared.split(' ').map(|knob| knob.split_once('=').unwrap());
    shared.chain([("hidden", hidden)]).collect()
}

#[test]
fn attention_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("attention", exercise, attempt);
    assert!(passes("context", &text("5")) && passes("context", &text("5.0")));
    // The mean, the sum of the states, and the weights swapped.
    assert!(["6", "12", "7"].iter().all(|wrong| !passes("context", &text(wrong))));
    for (exercise, right) in [("blind", 3), ("predict", 2), ("order", 2)] {
        assert!((0..4).all(|choice| passes(exercise, &Attempt::Choice(choice)) == (choice == right)), "{exercise}");
    }
    let at = |value, step, hidden| point("validation/location", step, value, &narrow(hidden));
    assert!(passes("break", &at(0.74, 1600, "32")));
    // Before the end, a wide state, or another alignment.
    assert!(!passes("break", &at(0.3, 400, "32")) && !passes("break", &at(0.8, 1600, "128")));
    assert!(!passes("break", &point("validation/plain", 1600, 0.01, &narrow("32"))));
    assert!(passes("cure", &at(0.91, 1600, "64")));
    assert!(!passes("cure", &at(0.89, 1600, "64")) && !passes("cure", &at(0.99, 1600, "128")));
    assert!(!passes("proof", &text("the month")) && !passes("proof", &text(&" ".repeat(90))));
}

/// The knobs of the preset `quick` of `transformer`, but for a switch.
fn switched<'a>(mask: &'a str, positions: &'a str) -> Vec<(&'a str, &'a str)> {
    let shared = "task=dates steps=1000 batch=64 learning_rate=0.003 warm_up=200 layers=2 width=64 heads=4 scale=on \
                  projections=on norm=pre wavelength=10000 average=0";
    let shared = shared.split_whitespace().map(|knob| knob.split_once('=').unwrap());
    shared.chain([("mask", mask), ("positions", positions)]).collect()
}

#[test]
fn the_transformer_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("transformer", exercise, attempt);
    assert!(passes("score", &text("0.88")) && passes("score", &text("0.8808")));
    // Not divided by √d, divided by d, and the other key's.
    assert!(["0.9997", "0.62", "0.12"].iter().all(|wrong| !passes("score", &text(wrong))));
    assert!(passes("itself", &text("0.9998")) && !passes("itself", &text("1")) && !passes("itself", &text("0.982")));
    assert!((0..4).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    let at = |value, step, mask, positions| point("validation/exact_match", step, value, &switched(mask, positions));
    assert!(passes("cheat", &at(0.0, 1000, "off", "sine")));
    // An untrained model, one with the mask, and one without positions.
    assert!(!passes("cheat", &at(0.0, 200, "off", "sine")) && !passes("cheat", &at(0.0, 1000, "on", "sine")));
    assert!(!passes("cheat", &at(0.0, 1000, "off", "none")));
    assert!(passes("cure", &at(0.95, 1000, "on", "sine")) && !passes("cure", &at(0.95, 1000, "off", "sine")));
    // Another knob than the mask is changed.
    for changed in ["wavelength=100", "average=0.98", "learning_rate=0.015", "layers=1"] {
        let mut knobs = switched("on", "sine");
        let (name, value) = changed.split_once('=').unwrap();
        knobs.iter_mut().filter(|(knob, _)| *knob == name).for_each(|(_, old)| *old = value);
        assert!(!passes("cure", &point("validation/exact_match", 1000, 0.95, &knobs)), "{changed}");
    }
    assert!(passes("order", &at(0.15, 1000, "on", "none")) && !passes("order", &at(0.15, 1000, "on", "learned")));
    assert!(passes("head", &text("1955")) && !passes("head", &text("2005")) && !passes("head", &text("1945")));
    assert!(!passes("why", &text("it has no recurrence")));
}
