use super::*;
use crate::experiment::{Event, Precision, Trainable};

fn set(assignments: &[&str]) -> Knobs {
    let declared = knobs();
    let mut knobs = Knobs::defaults(&declared);
    for assignment in ["sentences=3000", "dimension=16", "epochs=2"].iter().chain(assignments) {
        knobs.set_text(&declared, assignment).unwrap();
    }
    knobs
}

fn learner(assignments: &[&str]) -> Trainer<Word2VecLearner> {
    Word2VecLearner::new(&set(assignments), 1, None, Path::new("")).unwrap()
}

fn run(learner: &mut Trainer<Word2VecLearner>, steps: u64) {
    (0..steps).for_each(|_| learner.step(&mut |_| ()).unwrap());
}

#[test]
fn a_run_taken_up_again_is_the_run_that_would_have_been() {
    let mut whole = learner(&[]);
    run(&mut whole, 9);
    let mut first = learner(&[]);
    run(&mut first, 4);
    first.apply_action("pin", "queen", &mut |_| ()).unwrap();
    whole.apply_action("pin", "queen", &mut |_| ()).unwrap();
    let mut second = learner(&[]);
    second.restore(&first.checkpoint()).unwrap();
    run(&mut second, 5);
    assert!(whole.checkpoint() == second.checkpoint(), "the same bytes");
}

#[test]
fn vectors_that_burst_are_warned_of_once_and_the_run_goes_on() {
    let mut learner = learner(&["learning_rate=1", "sentences=6000"]);
    let mut warnings = 0;
    while !learner.position().is_end() {
        learner.step(&mut |event| warnings += usize::from(matches!(event, Event::Warning { .. }))).unwrap();
    }
    assert_eq!(warnings, 1);
    learner.report(&TaskContext::default()).unwrap();
}

#[test]
fn the_loss_of_a_short_chunk_counts_with_the_next() {
    // The last chunk is what is left over, here a thousandth of the others.
    let sizes = (3000..9000).step_by(50).map(|count| learner(&[&format!("sentences={count}"), "epochs=3"]));
    let last = |learner: &Trainer<Word2VecLearner>| learner.learner().corpus.chunks() - 1;
    let mut learner = sizes.into_iter().find(|learner| learner.learner().corpus.is_short(last(learner))).unwrap();
    let chunks = learner.learner().corpus.chunks();
    let mut losses = Vec::new();
    while !learner.position().is_end() {
        let step = &mut |event| match event {
            Event::Scalar { series, step, value } if series == "loss" => losses.push((step, value)),
            _ => {}
        };
        learner.step(step).unwrap();
    }
    assert!(losses.iter().all(|(step, _)| !step.is_multiple_of(chunks)), "{losses:?}");
    assert_eq!(losses.len() as u64, 3 * (chunks - 1));
    let leaps = losses.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs());
    assert!(leaps.fold(0.0, f64::max) < 1.0, "{losses:?}");
}

#[test]
fn a_checkpoint_of_another_text_is_refused() {
    let mut other = learner(&["sentences=2000"]);
    let said = learner(&[]).restore(&other.checkpoint()).unwrap_err().to_string();
    assert!(said.contains("the text has changed"), "{said}");
}

#[test]
fn vectors_are_opened_asked_and_written() {
    let mut learner = learner(&[]);
    run(&mut learner, 3);
    let knobs = set(&[]);
    let trained = TrainedWord2Vec::open(&learner.weights(Precision::Single), &knobs, std::env::temp_dir()).unwrap();
    let contexts = trained.contexts("king", 10_000).unwrap();
    let sum: f32 = contexts.iter().map(|entry| entry.value).sum();
    assert!((sum - 1.0).abs() < 1e-3 && contexts.is_sorted_by(|a, b| a.value >= b.value));
    let files = crate::attention::word2vec::files(&learner.weights(Precision::Half), &knobs).unwrap();
    let read = crate::data::vectors::read::from_bytes("v", files[1].1.clone(), &TaskContext::default()).unwrap();
    assert_eq!(read.vectors.len(), learner.learner().lexicon.words.len());
}

#[test]
fn too_large_a_softmax_is_refused_and_a_file_is_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.txt");
    let words: Vec<String> = (0..MOST_FOR_SOFTMAX + 1).map(|word| format!("w{word}")).collect();
    std::fs::write(&path, words.join(" ")).unwrap();
    let declared = knobs();
    let mut knobs = Knobs::defaults(&declared);
    for assignment in ["objective=softmax", "min_count=1"] {
        knobs.set_text(&declared, assignment).unwrap();
    }
    let text = || Some(Text::open(&path, folder.path(), &TaskContext::default()).unwrap());
    let said = Word2VecLearner::new(&knobs, 1, text(), Path::new("")).err().unwrap().to_string();
    assert!(said.contains("at most 20000"), "{said}");
    knobs.set_text(&declared, "objective=negative").unwrap();
    let mut learner = Word2VecLearner::new(&knobs, 1, text(), Path::new("")).unwrap();
    run(&mut learner, 2);
    assert!(!learner.report(&TaskContext::default()).unwrap().contains_key("analogy_accuracy"));
}
