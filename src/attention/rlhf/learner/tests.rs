use super::super::knobs::knobs;
use super::*;
use crate::experiment::{Event, Trainable};

fn run(set: &str) -> Trainer<RlhfLearner> {
    let mut with = Knobs::defaults(&knobs());
    let small = "base=fresh pretraining=0 layers=1 width=16 heads=2 rules=sentence:1 reward_steps=2 steps=2 continuations=2 examined=2";
    small.split(' ').chain(set.split_whitespace()).for_each(|given| with.set_text(&knobs(), given).unwrap());
    RlhfLearner::new(&with, 1, &[]).unwrap()
}

/// A step, and the two texts that are shown after it.
fn step(run: &mut Trainer<RlhfLearner>) -> (Vec<Event>, Option<[Text; 2]>) {
    let mut events = Vec::new();
    run.step(&mut |event| events.push(event)).unwrap();
    (events, run.learner().compared.shown.clone())
}

#[test]
fn a_person_says_which_is_better() {
    let mut run = run("annotator=you pairs=4 patience=20");
    assert_eq!((run.position().total_steps, run.pace()), (4 + 1 + 2 + 2, None), "nothing is shown yet");
    let early = run.apply_action("first", "", &mut |_| ()).unwrap_err().to_string();
    assert!(early.starts_with("no pair waits for an answer"), "{early}");
    let (events, shown) = step(&mut run);
    assert!(matches!(&events[..], [Event::View { name, .. }] if name == "pair"), "{events:?}");
    assert_eq!(run.pace(), Some(1.0 / 20.0));
    run.apply_action("second", "", &mut |_| ()).unwrap();
    assert_eq!(run.pace(), None, "what was asked for is there");
    let (_, next) = step(&mut run);
    let [first, second] = shown.unwrap();
    let pair = run.learner().compared.pairs[0].clone();
    assert_eq!((pair.preferred, pair.other, pair.by_person), (second, first, true));
    run.apply_action("neither", "", &mut |_| ()).unwrap();
    step(&mut run);
    assert_eq!((run.learner().compared.pairs.len(), run.learner().compared.left_out), (1, 1));
    // After a stop the pair is shown again, and still waits.
    let checkpoint = run.checkpoint();
    let mut resumed = self::run("annotator=you pairs=4 patience=20");
    resumed.restore(&checkpoint).unwrap();
    let mut shown_again = Vec::new();
    resumed.resumed(&mut |event| shown_again.push(event));
    assert!(matches!(&shown_again[..], [Event::View { name, .. }] if name == "pair"), "{shown_again:?}");
    assert_eq!((resumed.pace(), &resumed.learner().compared), (run.pace(), &run.learner().compared));
    // Nobody answers: the rules do.
    let (_, shown) = step(&mut run);
    step(&mut run);
    let compared = &run.learner().compared;
    assert_eq!((compared.by_person(), compared.shown.is_none()), (1, true), "{next:?}, {shown:?}");
    let error = run.apply_action("first", "", &mut |_| ()).unwrap_err().to_string();
    assert!(error.starts_with("no pair waits for an answer"), "{error}");
}

#[test]
fn the_rules_compare_as_many_pairs_as_asked_for_and_noise_turns_some_round() {
    let pairs = |noise: &str| {
        let mut run = run(&format!("pairs=40 noise={noise}"));
        (0..3).for_each(|_| {
            step(&mut run);
        });
        let learner = run.learner();
        let compared = &learner.compared;
        assert_eq!(compared.pairs.len() + compared.left_out, 40);
        assert_eq!(compared.held_out().len() + compared.training().len(), compared.pairs.len());
        let turned = |pair: &&Pair| learner.rules.points(&pair.preferred) < learner.rules.points(&pair.other);
        compared.pairs.iter().filter(turned).count()
    };
    assert_eq!(pairs("0"), 0);
    assert!(pairs("0.5") > 2);
}

#[test]
fn pairs_without_a_preference_are_an_error_that_names_the_way_out() {
    let mut run = run("rules=meal:1 pairs=4");
    step(&mut run);
    let error = run.step(&mut |_| ()).unwrap_err().to_string();
    assert!(error.starts_with("no pair has a preference: ask for more `pairs`"), "{error}");
}

#[test]
fn rules_that_cannot_be_read_are_refused_before_the_run() {
    let mut with = Knobs::defaults(&knobs());
    with.set_text(&knobs(), "rules=gifts:2").unwrap();
    let error = RlhfLearner::new(&with, 1, &[]).err().unwrap().to_string();
    assert_eq!(error, "rule `gifts:2`: nothing named `gifts` is counted: did you mean `gift`?");
}
