//! What holds for the exercises of all labs, or of several: what comes first, which runs count, what an answer needs.

use super::{given, passes_in, point, reached, text, turned};
use shinso::experiment::{Knobs, Language};
use shinso::lab::{Attempt, Catalogue, Check};
use std::path::Path;

/// A student has two tries: the first one that is wrong gets its own sentence.
#[test]
fn every_wrong_choice_says_why_in_both_languages() {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    for lab in catalogue.labs() {
        for exercise in &lab.exercises {
            let Check::Choice { options, answer } = &exercise.check else { continue };
            for (index, option) in options.iter().enumerate() {
                let why = option.why.as_ref().map(|why| [why.en.len(), why.ja.len()]);
                let fits =
                    if index == *answer { why.is_none() } else { why.is_some_and(|why| why.iter().all(|l| *l > 20)) };
                assert!(fits, "{}: {}: option {index}", lab.id, exercise.id);
            }
        }
    }
}

/// A run that the lab's default preset meets, or that is asked to be compared with a prediction, counts only once this is recorded.
#[test]
fn a_run_is_predicted_before_it_counts() {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    let runs = [
        ("gridworld", "edge", "predict"),
        ("gridworld", "stuck", "predict-goals"),
        ("gridworld", "endless", "predict-endless"),
        ("self-play", "unbeaten", "predict-unbeaten"),
        ("self-play", "same-game", "predict"),
        ("self-play", "no-search", "predict-search"),
        ("walker", "walk", "predict"),
        ("walker", "search", "predict"),
        ("walker", "exploit", "predict-exploit"),
        ("autoencoder", "meet", "same-plane"),
        ("kl", "forward-run", "predict-forward"),
        ("vae", "reach-110", "predict-elbo"),
        ("gan", "all-modes", "predict-modes"),
        ("gan", "collapse", "predict-collapse"),
        ("cyclegan", "low-cycle", "predict-cycle"),
        ("diffusion", "plane-run", "predict-cloud"),
        ("seq2seq", "learn", "predict"),
        ("attention", "break", "predict"),
        ("transformer", "cheat", "predict"),
        ("gpt", "grammar", "first"),
        ("gpt", "bidirectional", "both_sides"),
        ("rlhf", "hack", "predict"),
        ("hallucination", "learn", "predict"),
        ("hallucination", "honest", "predict-honest"),
        ("xai", "fall", "predict"),
    ];
    for (lab, run, prediction) in runs {
        let exercises = &catalogue.find(lab).unwrap().exercises;
        let of = |id: &str| exercises.iter().find(|exercise| exercise.id == id).expect("an exercise");
        assert_eq!(of(run).after.as_deref(), Some(prediction), "{lab}: {run}");
        assert!(matches!(of(run).check, Check::Series { .. }), "{lab}: {run}");
        assert!(matches!(of(prediction).check, Check::Choice { .. }), "{lab}: {prediction}");
    }
    // A first try is not a second one: each of them has one right answer.
    for (lab, prediction, right, options) in [
        ("self-play", "predict-unbeaten", 2, 3),
        ("gridworld", "predict-endless", 2, 3),
        ("gan", "predict-collapse", 2, 3),
        ("hallucination", "predict-honest", 2, 3),
        ("kl", "predict-forward", 1, 3),
        ("vae", "predict-elbo", 1, 3),
        ("gan", "predict-modes", 1, 3),
        ("cyclegan", "predict-cycle", 0, 4),
        ("diffusion", "predict-cloud", 0, 3),
        ("seq2seq", "predict", 0, 3),
    ] {
        let passes = |choice| passes_in(lab, prediction, &Attempt::Choice(choice));
        assert!((0..options).all(|choice| passes(choice) == (choice == right)), "{lab}: {prediction}");
        assert!(!passes_in(lab, prediction, &text(&right.to_string())), "{lab}: {prediction}");
    }
}

/// A run of the preset that a text says to run to its end counts.
#[test]
fn a_preset_that_is_asked_for_has_the_knobs_that_are_looked_at() {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    let mut asked_for = 0;
    for lab in catalogue.labs() {
        let declared = (shinso::registry::find(&lab.experiment).unwrap().knobs)();
        for exercise in &lab.exercises {
            let Check::Series { knobs, .. } = &exercise.check else { continue };
            let text = exercise.prompt.in_language(Language::En).split_whitespace().collect::<Vec<_>>().join(" ");
            let Some(named) = text.split("Run the preset `").nth(1).filter(|_| text.contains("to its end")) else {
                continue;
            };
            let preset = named.split('`').next().unwrap();
            let of_preset = lab.knobs_of_preset(preset, &declared).unwrap();
            assert!(of_preset.have(knobs), "{}: {}: {preset}: {of_preset:?}", lab.id, exercise.id);
            asked_for += 1;
        }
    }
    assert!(asked_for >= 10, "{asked_for} exercises");
}

/// Runs of another kind reach the same figure with less.
#[test]
fn a_run_of_another_kind_passes_no_exercise() {
    let decided = |lab: &str, exercise: &str, series: &str, value: f64, knobs: &[(&str, &str)]| {
        passes_in(lab, exercise, &point(series, 500, value, knobs))
    };
    let elbo = |likelihood| decided("vae", "reach-110", "val/elbo", -105.0, &[("likelihood", likelihood)]);
    assert!(elbo("bernoulli") && !elbo("gaussian"));
    let modes = |data| decided("gan", "all-modes", "modes_covered", 8.0, &[("data", data)]);
    assert!(modes("ring") && !modes("grid"));
    let forward = |target, gap| {
        let knobs = [("target", target), ("direction", "forward"), ("gap", gap), ("weight", "0.6")];
        decided("kl", "forward-run", "kl/forward", 0.5, &knobs)
    };
    assert!(forward("bimodal", "4.0") && !forward("normal", "4.0") && !forward("bimodal", "0.5"));
    let spiral = |value, data| decided("diffusion", "plane-run", "sliced_wasserstein", value, &[("data", data)]);
    // One round cloud, and another set in the plane.
    assert!(spiral(0.09, "swiss_roll") && !spiral(0.3, "swiss_roll") && !spiral(0.09, "ring"));
}

#[test]
fn of_the_models_of_the_chapter_one_gives_a_bound() {
    assert!((0..4).all(|choice| passes_in("autoencoder", "which-model", &Attempt::Choice(choice)) == (choice == 2)));
}

#[test]
fn a_failure_is_provoked_and_cured_by_the_run_asked_for() {
    let gan = |exercise: &str, step, value, generator_steps, more: &[(&'static str, &'static str)]| {
        let shared = "data=ring discriminator_steps=1 learning_rate=0.002 steps=3000 batch=256 pack=1 latent=2 noise=0.0 loss=non_saturating freeze_generator=off";
        let shared = shared.split(' ').map(|knob| knob.split_once('=').unwrap());
        let mut knobs: std::collections::BTreeMap<_, _> = shared.collect();
        knobs.insert("generator_steps", generator_steps);
        knobs.extend(more.iter().copied());
        let knobs: Vec<_> = knobs.into_iter().collect();
        passes_in("gan", exercise, &point("modes_covered", step, value, &knobs))
    };
    assert!(gan("collapse", 3000, 1.0, "10", &[]));
    // Before anything is learned, balanced players, another set, and more than three.
    assert!(!gan("collapse", 1, 0.0, "10", &[]) && !gan("collapse", 3000, 1.0, "1", &[]));
    assert!(!gan("collapse", 3000, 1.0, "10", &[("data", "grid")]) && !gan("collapse", 3000, 4.0, "10", &[]));
    assert!(!gan("collapse", 3000, 0.0, "10", &[("freeze_generator", "on")]), "nothing moves, so nothing collapses");
    assert!(gan("cure", 3000, 8.0, "1", &[]) && gan("cure", 3000, 7.0, "2", &[]));
    // On the way, too few, and two knobs.
    assert!(!gan("cure", 1500, 8.0, "1", &[]) && !gan("cure", 3000, 6.0, "1", &[]));
    assert!(
        !gan("cure", 3000, 8.0, "1", &[("pack", "4")]) && !gan("cure", 3000, 8.0, "1", &[("learning_rate", "0.001")])
    );
    let vae = |exercise: &str, step, value, weight, epochs| {
        let knobs = [("kl_weight", weight), ("epochs", epochs), ("latent", "20"), ("likelihood", "bernoulli")];
        let knobs = [&knobs[..], &[("learning_rate", "0.001"), ("batch", "128"), ("schedule", "constant")]].concat();
        passes_in("vae", exercise, &point("val/kl", step, value, &knobs))
    };
    assert!(vae("collapse", 4290, 0.45, "20.0", "10"));
    // The first steps of any run, the usual weight, and a short run.
    assert!(!vae("collapse", 1, 0.1, "20.0", "10") && !vae("collapse", 4290, 0.45, "1.0", "10"));
    assert!(!vae("collapse", 4290, 0.45, "20.0", "1"));
    assert!(vae("cure", 4290, 25.9, "1.0", "10"));
    // Still low, too early, and another knob changed.
    assert!(!vae("cure", 4290, 3.0, "8.0", "10") && !vae("cure", 500, 25.0, "1.0", "10"));
    assert!(!vae("cure", 4290, 25.9, "1.0", "20"));
}

#[test]
fn an_instrument_that_was_only_touched_passes_no_exercise() {
    assert!(passes_in("kl", "pick", &reached("both_modes_fitted")));
    // A fit of a normal, which has one mode, reports this too.
    assert!(!passes_in("kl", "pick", &reached("fit_reverse")));
    // Digits in words, typed as they are asked for.
    let prompt = |words| passes_in("diffusion", "order", &given("prompt", "text", Some(words)));
    assert!(prompt("three eights") && prompt("Three eights ") && prompt("八を三つ"));
    // The text that stands there, other digits, the same ones in numerals, and another input.
    assert!(["2026", "seven", "888", "eights", "three sevens", ""].iter().all(|words| !prompt(words)));
    assert!(!passes_in("diffusion", "order", &given("prompt", "seed", Some("three eights"))));
    assert!(!passes_in("diffusion", "order", &turned("prompt", "text")));
    // A drawing, not a digit of the test set in another direction.
    let shown = |view: &str, state: &str| Attempt::State {
        state: state.to_owned(),
        view: Some(view.to_owned()),
        input: None,
        value: None,
        knobs: Knobs::default(),
    };
    assert!(passes_in("cyclegan", "own", &shown("translate", "drawing_compared")));
    // A drawing in one direction only, and in another view.
    assert!(!passes_in("cyclegan", "own", &shown("translate", "drawing_shown")));
    assert!(!passes_in("cyclegan", "own", &shown("hidden", "drawing_compared")));
    // One key twenty times, and an analysis that nobody looked at.
    assert!(passes_in("gan", "judge", &reached("guess_above_chance")));
    assert!(
        !passes_in("gan", "judge", &reached("guess_finished")) && !passes_in("gan", "judge", &reached("guess_won"))
    );
    assert!(passes_in("board-game", "review", &reached("blunder_seen")));
    assert!(!passes_in("board-game", "review", &reached("review_finished")));
    assert!(!passes_in("cyclegan", "own", &shown("translate", "place_picked")));
    assert!(!passes_in("cyclegan", "own", &turned("translate", "direction")));
    assert!(passes_in("vae", "own-digit", &reached("drawing_denoised")));
    assert!(!passes_in("vae", "own-digit", &reached("digit_drawn")));
    assert!(passes_in("vae", "between", &reached("digits_morphed")));
    // Between any two points.
    assert!(!passes_in("vae", "between", &reached("morph_finished")));
    let numbers = [
        ("autoencoder", "fill", "17", ["16", "12", "20"]),
        ("cyclegan", "traces", "0.043", ["0.019", "0.018", "0.014"]),
        ("diffusion", "scrub", "700", ["1000", "800", "0"]),
        ("embeddings", "include", "0.836", ["0.7699", "1", "0.8538"]),
        ("embeddings", "odd", "0.6395", ["0.6793", "0.7506", "0.2874"]),
        ("embeddings", "bias", "0.66", ["1.13", "0.47", "1.6"]),
        ("word2vec", "context", "6.6", ["7.0", "8.4", "0.066"]),
    ];
    for (lab, exercise, right, wrong) in numbers {
        assert!(passes_in(lab, exercise, &text(right)), "{lab}: {exercise}");
        assert!(wrong.iter().all(|wrong| !passes_in(lab, exercise, &text(wrong))), "{lab}: {exercise}");
    }
    for (view, input) in [("gaps", "missing"), ("hidden", "direction"), ("prompt", "moment"), ("map", "word")] {
        for (lab, exercise) in [("autoencoder", "fill"), ("cyclegan", "traces"), ("diffusion", "scrub")] {
            assert!(!passes_in(lab, exercise, &turned(view, input)), "one key of an arrow: {lab}: {exercise}");
        }
    }
}

#[test]
fn a_word_that_comes_first_by_another_way_passes_no_exercise() {
    let said = |line: &str, answer: &str, own_vectors| Attempt::Said {
        line: line.to_owned(),
        answer: answer.to_owned(),
        own_vectors,
    };
    let embeddings =
        |exercise: &str, line: &str, answer: &str, own| passes_in("embeddings", exercise, &said(line, answer, own));
    assert!(embeddings("capital", "paris - france + japan", "tokyo", true));
    assert!(embeddings("capital", "london-england+japan", "tokyo", true));
    // Without the difference, without the country, and with the word itself.
    for line in ["paris + japan", "paris + japan + japan", "berlin - germany + osaka", "tokyo - france + japan"] {
        assert!(!embeddings("capital", line, "tokyo", true), "{line}");
    }
    // Of the vectors of another set, where the exercise asks for it.
    assert!(embeddings("mother", "父 − 男 + 女", "母", false) && embeddings("mother", "父−男＋女", "母", false));
    for line in [":nn 父", "父 + 女", "祖父 − 男 + 女"] {
        assert!(!embeddings("mother", line, "母", false), "{line}");
    }
    let word2vec =
        |exercise: &str, line: &str, answer: &str, own| passes_in("word2vec", exercise, &said(line, answer, own));
    assert!(word2vec("queen", "king - man + woman", "queen", true));
    assert!(!word2vec("queen", "king - man + woman", "queen", false), "GloVe's vectors");
    assert!(!word2vec("queen", ":nn king", "queen", true));
    assert!(word2vec("cairo", "paris - france + egypt", "cairo", true));
    assert!(!word2vec("cairo", "paris - france + egypt", "cairo", false), "GloVe's vectors");
    assert!(!word2vec("cairo", ":nn egypt", "cairo", true) && !word2vec("cairo", "rome - italy + nile", "cairo", true));
}

/// A row of one letter is no answer, and a text on a run is written once the run is made.
#[test]
fn free_texts_are_written_in_words_and_after_their_run() {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    let mut count = 0;
    for lab in catalogue.labs() {
        for exercise in &lab.exercises {
            let Check::FreeText { minimum_characters } = exercise.check else { continue };
            count += 1;
            for row in ["a", "あ", "word "] {
                assert!(!passes_in(&lab.id, &exercise.id, &text(&row.repeat(minimum_characters))), "{}", exercise.id);
            }
            for answer in [&exercise.explanation.en, &exercise.explanation.ja] {
                let twice = answer.repeat(2);
                assert!(passes_in(&lab.id, &exercise.id, &text(&twice)), "{}: {answer}", exercise.id);
            }
        }
    }
    assert_eq!(count, 16);
    let exercises = &catalogue.find("cyclegan").unwrap().exercises;
    let lambda = exercises.iter().find(|exercise| exercise.id == "lambda").expect("an exercise");
    assert_eq!(lambda.after.as_deref(), Some("no-cycle"));
    let at = |step, value, knobs: &[_]| passes_in("cyclegan", "no-cycle", &point("val/cycle", step, value, knobs));
    let free = [("styles", "slant"), ("cycle_weight", "0.0"), ("steps", "600")];
    assert!(at(600, 0.1, &free));
    // Too early, and the run with λ = 10.
    assert!(!at(1, 0.1, &free) && !at(600, 0.1, &[free[0], ("cycle_weight", "10.0"), free[2]]));
}

#[test]
fn the_fourth_corner_takes_axes_of_ones_own() {
    let said = |line: &str| passes_in("embeddings", "corner", &Attempt::Line(line.to_owned()));
    assert!(said(":plot king queen man woman (king - man + woman) by man>woman poor>rich"));
    for other in [
        ":plot king queen man woman",
        ":plot king queen man woman (king - man + woman)",
        ":plot king queen prince princess beggar maid by man>woman poor>rich",
    ] {
        assert!(!said(other), "{other}");
    }
}
