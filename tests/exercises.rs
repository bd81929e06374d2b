//! The exercises of labs: what passes, and what looks alike and must not.

use shinso::experiment::Language;
use shinso::lab::exercise::decide;
use shinso::lab::{Attempt, Catalogue, Verdict};
use std::path::Path;

fn passes(exercise: &str, attempt: &Attempt) -> bool {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    let lab = catalogue.find("seq2seq").unwrap();
    let exercise = lab.exercises.iter().find(|own| own.id == exercise).expect("an exercise");
    decide(exercise, attempt, Language::En) == Verdict::Passed
}

fn point(series: &str, step: u64, value: f64) -> Attempt {
    Attempt::Point { series: series.to_owned(), step, value }
}

fn turned(view: &str, input: &str) -> Attempt {
    Attempt::State { state: "input_turned".to_owned(), view: Some(view.to_owned()), input: Some(input.to_owned()) }
}

fn text(words: &str) -> Attempt {
    Attempt::Text(words.to_owned())
}

#[test]
fn sequence_to_sequence_takes_no_attempt_that_only_looks_right() {
    assert!(passes("passes", &Attempt::Choice(2)));
    assert!([0, 1, 3].iter().all(|wrong| !passes("passes", &Attempt::Choice(*wrong))));
    // ln 0.36; not that of the greedy answer, of its first token, or without its sign.
    assert!(passes("greedy", &text("-1.02")) && passes("greedy", &text("−1.022")));
    assert!(["-1.71", "-0.51", "1.02", "0.36", "-1.2"].iter().all(|wrong| !passes("greedy", &text(wrong))));
    assert!(passes("learn", &point("validation/exact_match", 1400, 0.905)));
    // Too low, too late, or the share of tokens, in training or not.
    assert!(!passes("learn", &point("validation/exact_match", 1400, 0.895)));
    assert!(!passes("learn", &point("validation/exact_match", 5200, 0.99)));
    assert!(!passes("learn", &point("validation/token_accuracy", 1400, 0.99)));
    assert!(!passes("learn", &point("token_accuracy", 1400, 0.99)));
    assert!(passes("beam", &turned("beam", "beam")));
    assert!(!passes("beam", &turned("beam", "seed")) && !passes("beam", &turned("answer", "seed")));
    assert!(!passes("bottleneck", &text("a larger D")) && !passes("bottleneck", &text(&" ".repeat(80))));
}
