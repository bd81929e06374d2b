//! Exercises on the explanation of a classifier.

use super::{passes_in, point, text};
use shinso::lab::Attempt;

#[test]
fn xai_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("xai", exercise, attempt);
    assert!(passes("saturated", &text("0.002")) && passes("saturated", &text("0.001998")));
    // Without the factor 1 − σ, without σ (1 − σ) at all, and of the logit alone.
    assert!(["1.998", "2", "0.001", "0.02"].iter().all(|wrong| !passes("saturated", &text(wrong))));
    assert!(passes("complete", &text("1.33")) && passes("complete", &text("1.333")));
    // The other input, the sum, gradient times input, and the share.
    assert!(["0.67", "2", "3", "0.33"].iter().all(|wrong| !passes("complete", &text(wrong))));
    assert!((0..4).all(|choice| passes("black", &Attempt::Choice(choice)) == (choice == 2)));
    assert!(passes("cam", &text("2.6")));
    // Absolute weights, the mean of the places, and without weights.
    assert!(["4.6", "0.053", "3.7", "3.6"].iter().all(|wrong| !passes("cam", &text(wrong))));
    assert!(passes("area", &text("0.35")));
    // The values added up, the left and the right ends alone.
    assert!(["0.5", "0.43", "0.2", "1.4"].iter().all(|wrong| !passes("area", &text(wrong))));
    assert!((0..4).all(|choice| passes("compare", &Attempt::Choice(choice)) == (choice == 1)));
    assert!((0..4).all(|choice| passes("random", &Attempt::Choice(choice)) == (choice == 3)));
    assert!((0..3).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    assert!(passes("find", &text("58")));
    // Of the cured network, without the mark, of another digit, and the probability.
    assert!(["2", "0", "45", "100", "0.58"].iter().all(|wrong| !passes("find", &text(wrong))));
    assert!(passes("fool", &text("98")));
    // What is read, the attribution, and the share of all digits that are read as 7.
    assert!(["7", "45", "60", "100", "0.98"].iter().all(|wrong| !passes("fool", &text(wrong))));
    assert!(passes("smallest", &text("1.2")) && passes("smallest", &text("1.23")));
    // To a 0, the digit itself, and the steps.
    assert!(["1.98", "2.0", "7.8", "1"].iter().all(|wrong| !passes("smallest", &text(wrong))));
    let of = |more: &[(&'static str, &'static str)]| {
        let shared = "channels=16 marked=1.0 digits=55000 batch=64 learning_rate=0.002 steps=300 explained=100";
        let shared = shared.split(' ').map(|knob| knob.split_once('=').unwrap());
        let mut all: std::collections::BTreeMap<&str, &str> = shared.collect();
        all.extend(more.iter().copied());
        all.into_iter().collect::<Vec<_>>()
    };
    let at = |series: &str, step, value, more: &[(&'static str, &'static str)]| point(series, step, value, &of(more));
    assert!(passes("fall", &at("trapped_sevens", 300, 0.2, &[])));
    // Too early, another curve, a network without the trap, few digits, and nothing learned.
    assert!(!passes("fall", &at("trapped_sevens", 100, 0.2, &[])) && !passes("fall", &at("fooled", 300, 0.2, &[])));
    assert!(!passes("fall", &at("trapped_sevens", 300, 0.2, &[("marked", "0.0")])));
    assert!(!passes("fall", &at("trapped_sevens", 300, 0.0, &[("digits", "100")])));
    assert!(!passes("fall", &at("trapped_sevens", 300, 0.0, &[("learning_rate", "0.000001")])));
    assert!(passes("cure", &at("trapped_sevens", 300, 0.95, &[("marked", "0.5")])));
    assert!(!passes("cure", &at("trapped_sevens", 300, 0.3, &[("marked", "0.9")])));
    assert!(!passes("cure", &at("accuracy", 300, 0.95, &[("marked", "0.5")])));
    assert!(passes("few", &at("accuracy", 300, 0.86, &[("digits", "300")])));
    // More digits, too early, the network in the trap, and one that learned nothing.
    assert!(
        !passes("few", &at("accuracy", 300, 0.86, &[]))
            && !passes("few", &at("accuracy", 1, 0.1, &[("digits", "300")]))
    );
    assert!(!passes("few", &at("trapped_accuracy", 300, 0.8, &[("digits", "300")])));
    assert!(!passes("few", &at("accuracy", 300, 0.1, &[("digits", "300"), ("learning_rate", "0.000001")])));
    assert!(!passes("grounds", &text("a loan")) && !passes("grounds", &text(&" ".repeat(120))));
}
