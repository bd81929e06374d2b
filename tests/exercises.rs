//! The exercises of labs: what passes, and what looks alike and must not.

use shinso::experiment::{KnobValue, Knobs, Language};
use shinso::lab::exercise::decide;
use shinso::lab::{Attempt, Catalogue, Check, Verdict};
use std::path::Path;

fn passes_in(lab: &str, exercise: &str, attempt: &Attempt) -> bool {
    let catalogue = Catalogue::load(Path::new("/nowhere"), None);
    let lab = catalogue.find(lab).unwrap();
    let exercise = lab.exercises.iter().find(|own| own.id == exercise).expect("an exercise");
    decide(exercise, attempt, Language::En) == Verdict::Passed
}

/// A value of a run with these knobs.
fn point(series: &str, step: u64, value: f64, knobs: &[(&str, &str)]) -> Attempt {
    let value_of = |text: &str| match text {
        "on" | "off" => KnobValue::Flag(text == "on"),
        _ => {
            let number = || text.parse().map_or_else(|_| KnobValue::Text(text.to_owned()), KnobValue::Real);
            // A point makes a number a real one, as in YAML.
            text.parse().map_or_else(|_| number(), KnobValue::Integer)
        }
    };
    let knobs = Knobs(knobs.iter().map(|(name, value)| ((*name).to_owned(), value_of(value))).collect());
    Attempt::Point { series: series.to_owned(), step, value, knobs, untouched: true }
}

fn turned(view: &str, input: &str) -> Attempt {
    given(view, input, None)
}

/// An input of a view that has this value now.
fn given(view: &str, input: &str, value: Option<&str>) -> Attempt {
    let [view, input, value] = [Some(view), Some(input), value].map(|words| words.map(str::to_owned));
    Attempt::State { state: "input_turned".to_owned(), view, input, value, knobs: Knobs::default() }
}

fn text(words: &str) -> Attempt {
    Attempt::Text(words.to_owned())
}

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
    assert!(!passes("learn", &self::point("validation/exact_match", 1400, 0.95, &[("task", "reverse")])));
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

#[test]
fn the_grid_world_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("gridworld", exercise, attempt);
    assert!(passes("return", &text("6.2")));
    // Without γ, with γ from the first reward on, and with γ once.
    assert!(["8", "5.58", "7"].iter().all(|wrong| !passes("return", &text(wrong))));
    assert!(passes("backup", &text("-2.89")) && passes("backup", &text("−2.89")));
    // Without slip, without γ, and with the sign lost.
    assert!(["-2.8", "-3.1", "2.89"].iter().all(|wrong| !passes("backup", &text(wrong))));
    assert!(passes("sweep", &text("13")) && !passes("sweep", &text("14")) && !passes("sweep", &text("12")));
    // The update of Q-learning, and the target itself.
    assert!(passes("target", &text("-8.965")));
    assert!(["-8.804", "-9.55", "-8.9"].iter().all(|wrong| !passes("target", &text(wrong))));
    assert!((0..4).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    fn run(words: &str) -> Vec<(&str, &str)> {
        words.split(' ').map(|knob| knob.split_once('=').unwrap()).collect()
    }
    let cliff = "map=cliff epsilon=0.1 epsilon_decay=1.0 learning_rate=0.1 gamma=0.95 slip=0.0 exploration=epsilon-greedy steps=5000";
    let at = |step, value| point("mean_return", step, value, &run(cliff));
    assert!(passes("edge", &at(4010, -21.0)));
    // Q-learning's best in ten seeds, too early, and without exploration.
    assert!(!passes("edge", &at(4900, -29.6)) && !passes("edge", &at(1000, -21.0)));
    let calm = run(
        "map=cliff epsilon=0.0 epsilon_decay=1.0 learning_rate=0.1 gamma=0.95 slip=0.0 exploration=epsilon-greedy steps=5000",
    );
    assert!(!passes("edge", &point("mean_return", 4900, -13.0, &calm)));
    let sent = |action: &str, knobs: &str| {
        let (state, view, input) = ("action_sent".into(), Some("world".into()), Some(action.into()));
        let Attempt::Point { knobs, .. } = point("", 0, 0.0, &run(knobs)) else { unreachable!("a point") };
        Attempt::State { state, view, input, value: None, knobs }
    };
    let driven = "map=cliff algorithm=q-learning steps=600 pace=1.0";
    // A wall, the preset `watch`, one that is over before a key is pressed, and another view.
    assert!(passes("drive", &sent("right", driven)) && !passes("drive", &sent("wall", driven)));
    assert!(!passes("drive", &sent("right", "map=rooms algorithm=value-iteration steps=1200 pace=2.0")));
    assert!(!passes("drive", &sent("right", "map=cliff algorithm=q-learning steps=5000 pace=0.0")));
    assert!(!passes("drive", &turned("sweeps", "sweeps")));
    assert!((0..4).all(|choice| passes("predict-goals", &Attempt::Choice(choice)) == (choice == 1)));
    let goals = "map=goals algorithm=q-learning exploration=epsilon-greedy epsilon=0.0 slip=0.0 steps=1000";
    assert!(passes("stuck", &point("mean_return", 1000, 1.0, &run(goals))));
    assert!(!passes("stuck", &point("mean_return", 100, 1.0, &run(goals))), "too early");
    let exploring = goals.replace("epsilon=0.0", "epsilon=0.1");
    assert!(!passes("stuck", &point("mean_return", 1000, 1.0, &run(&exploring))));
    let ucb = "map=goals algorithm=q-learning exploration=ucb gamma=0.95 learning_rate=0.1 slip=0.0 steps=1000";
    assert!(passes("explore", &point("mean_return", 210, 9.8, &run(ucb))));
    // A lucky first episode, a random walk at its best, and one that slips to the goal.
    assert!(!passes("explore", &point("mean_return", 2, 10.0, &run(ucb))));
    assert!(!passes("explore", &point("mean_return", 900, 6.2, &run(ucb))));
    assert!(!passes("explore", &point("mean_return", 900, 8.5, &run(&ucb.replace("slip=0.0", "slip=0.5")))));
    let policy = |gamma: &str| format!("map=loop algorithm=value-iteration gamma={gamma} slip=0.0 steps=200");
    let moves =
        |exercise: &str, gamma: &str, moves| passes(exercise, &point("moves", 200, moves, &run(&policy(gamma))));
    assert!(moves("endless", "0.999", 1000.0) && !moves("endless", "0.95", 1000.0) && !moves("endless", "0.999", 11.0));
    assert!(moves("arrive", "0.95", 11.0) && !moves("arrive", "0.999", 1000.0));
    let lake = "map=lake algorithm=q-learning gamma=0.95 slip=0.0 epsilon=0.1 epsilon_decay=1.0 exploration=epsilon-greedy steps=15000 learning_rate=1.0";
    let at = |exercise: &str, value| passes(exercise, &point("mean_return", 10_020, value, &run(lake)));
    assert!(at("restless", -1.2) && !at("restless", -0.8) && !at("mean", -1.2));
    // The best that α = 1 reached with five seeds.
    assert!(!at("mean", -0.74));
    let cured = lake.replace("learning_rate=1.0", "learning_rate=0.1");
    assert!(passes("mean", &point("mean_return", 10_020, -0.45, &run(&cured))));
    assert!(!passes("restless", &point("mean_return", 10_020, -1.05, &run(&cured))));
    // A map that was made easier.
    let Attempt::Point { series, step, value, knobs, .. } = point("mean_return", 10_020, -0.1, &run(&cured)) else {
        unreachable!("a point")
    };
    assert!(!passes("mean", &Attempt::Point { series, step, value, knobs, untouched: false }));
    assert!(!passes("which", &text("SARSA, because it is safer")));
}

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

/// What an instrument reports, without a view.
fn reached(state: &str) -> Attempt {
    Attempt::State { state: state.to_owned(), view: None, input: None, value: None, knobs: Knobs::default() }
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

#[test]
fn self_play_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("self-play", exercise, attempt);
    assert!(passes("puct", &text("0.5")) && passes("puct", &text("0,5")));
    // Without c, divided by N, with N(s) instead of its root.
    assert!(["0.4", "0.516", "3.2", "0.2"].iter().all(|wrong| !passes("puct", &text(wrong))));
    assert!(passes("loss", &text("1.17")) && passes("loss", &text("1.166")));
    // The value alone, the policy alone, the entropy in its place, the square left out.
    assert!(["0.25", "0.916", "0.943", "1.416"].iter().all(|wrong| !passes("loss", &text(wrong))));
    for (exercise, right, options) in [("teacher", 1, 4), ("predict", 2, 4), ("predict-search", 1, 3)] {
        assert!(
            (0..options).all(|choice| passes(exercise, &Attempt::Choice(choice)) == (choice == right)),
            "{exercise}"
        );
    }
    let of = |series: &str, value, step, knobs: &str| {
        let knobs: Vec<_> = knobs.split(' ').map(|knob| knob.split_once('=').unwrap()).collect();
        point(series, step, value, &knobs)
    };
    let elo = |value, step, knobs: &str| of("elo", value, step, knobs);
    let quick = "game=tic-tac-toe channels=16 blocks=2 simulations=32 games=64 learning_rate=0.002 steps=1500";
    assert!(passes("unbeaten", &of("lost_ends", 0.0, 1500, quick)));
    // Too early, still to be beaten, hardly trained; Connect Four has no such series, but its rating is none either.
    assert!(!passes("unbeaten", &of("lost_ends", 0.0, 300, quick)));
    assert!(!passes("unbeaten", &of("lost_ends", 90.0, 1500, quick)));
    assert!(!passes("unbeaten", &of("lost_ends", 0.0, 1500, &quick.replace("0.002", "0.00001"))));
    assert!(!passes("unbeaten", &elo(470.0, 1500, quick)));
    let shape = "game=connect-four channels=32 blocks=3 learning_rate=0.002";
    let short = format!("{shape} simulations=32 noise=0.25 sampled_moves=10 samples_per_position=4.0 steps=150");
    let no_noise = short.replace("noise=0.25 sampled_moves=10", "noise=0.0 sampled_moves=0");
    assert!(passes("same-game", &elo(624.0, 150, &no_noise)));
    // A weak run with noise, a weak one for other reasons, an early point, and one that is not weak.
    assert!(!passes("same-game", &elo(500.0, 150, &short)));
    assert!(!passes("same-game", &elo(500.0, 150, &no_noise.replace("simulations=32", "simulations=1"))));
    assert!(!passes("same-game", &elo(535.0, 50, &no_noise)) && !passes("same-game", &elo(950.0, 150, &no_noise)));
    assert!(passes("different-games", &elo(983.0, 150, &no_noise.replace("sampled_moves=0", "sampled_moves=10"))));
    // `short` differs in its noise; the failure itself is too weak.
    assert!(!passes("different-games", &elo(949.0, 150, &short)));
    assert!(!passes("different-games", &elo(624.0, 150, &no_noise)));
    let with = |simulations: &str| short.replace("simulations=32", &format!("simulations={simulations}"));
    assert!(passes("no-search", &elo(717.0, 150, &with("1"))));
    assert!(!passes("no-search", &elo(717.0, 150, &short)) && !passes("no-search", &elo(717.0, 100, &with("1"))));
    assert!(passes("some-search", &elo(914.0, 150, &with("8"))));
    assert!(!passes("some-search", &elo(949.0, 150, &short)) && !passes("some-search", &elo(717.0, 150, &with("1"))));
    let small = format!("{shape} simulations=32 games=16 buffer=64 samples_per_position=16.0 steps=600");
    assert!(passes("by-heart", &elo(740.0, 600, &small)) && !passes("by-heart", &elo(740.0, 400, &small)));
    assert!(!passes("by-heart", &elo(740.0, 600, &small.replace("buffer=64", "buffer=100000"))));
    let large = small.replace("buffer=64", "buffer=40000");
    assert!(passes("more-memory", &elo(1000.0, 600, &large)) && !passes("more-memory", &elo(740.0, 600, &small)));
    // Positions that are used four times are another cure, of another run.
    assert!(!passes("more-memory", &elo(1000.0, 600, &small.replace("16.0", "4.0"))));
    assert!(passes("found", &text("25")));
    // The lengths before and after it, and the column.
    assert!(["10", "50", "2", "1"].iter().all(|wrong| !passes("found", &text(wrong))));
    let beaten = reached;
    assert!(passes("play", &beaten("network_beaten")) && !passes("play", &beaten("level_1_beaten")));
    assert!(!passes("scale", &text("proofs")) && !passes("scale", &text(&"proofs ".repeat(20))));
    let answer = "Proving theorems: the rules of logic can be applied by a program, a checker judges whether the proof is right, and \
                  many attempts are cheap.";
    assert!(passes("scale", &text(answer)));
}

#[test]
fn walker_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("walker", exercise, attempt);
    assert!(passes("ars", &text("0.7")));
    // Without δ, without the difference, downwards.
    assert!(["0.6", "0.8", "0.3", "0.5"].iter().all(|wrong| !passes("ars", &text(wrong))));
    assert!(passes("imagined", &text("12.4")) && passes("imagined", &text("12.44")));
    // Seconds for steps, hours, half a day.
    assert!(["248.9", "298.7", "6.2", "1.24"].iter().all(|wrong| !passes("imagined", &text(wrong))));
    for (exercise, right, options) in [("supervised", 1, 3), ("predict", 1, 3), ("predict-exploit", 1, 3)] {
        assert!(
            (0..options).all(|choice| passes(exercise, &Attempt::Choice(choice)) == (choice == right)),
            "{exercise}"
        );
    }
    let of = |series: &str, value, step, knobs: &str| {
        let knobs: Vec<_> = knobs.split(' ').map(|knob| knob.split_once('=').unwrap()).collect();
        point(series, step, value, &knobs)
    };
    let quick = "robot=quadruped method=world-model ground=flat harder_from=0 wanted_speed=1.2 frozen_model=off \
                 ungated=off swinging=21 horizon=30 improvements=100 members=4 steps=180";
    let quick = quick.split_whitespace().collect::<Vec<_>>().join(" ");
    let search = quick.replace("world-model", "search").replace("steps=180", "steps=2400");
    assert!(passes("walk", &of("speed", 1.1, 93, &quick)));
    // Too slow, the search, a biped, another wanted speed.
    assert!(!passes("walk", &of("speed", 0.9, 93, &quick)) && !passes("walk", &of("speed", 1.1, 93, &search)));
    assert!(!passes("walk", &of("speed", 1.1, 93, &quick.replace("quadruped", "biped"))));
    assert!(!passes("walk", &of("speed", 1.1, 93, &quick.replace("=1.2", "=2.0"))));
    assert!(passes("search", &of("speed", 1.1, 1100, &search)) && !passes("search", &of("speed", 1.1, 93, &quick)));
    let exploit = quick.replace("frozen_model=off ungated=off", "frozen_model=on ungated=on").replace("=180", "=150");
    assert!(passes("exploit", &of("return", 0.2, 144, &exploit)));
    // Early, a robot that walks, a model that is fitted, the dreamed return.
    assert!(
        !passes("exploit", &of("return", 0.2, 44, &exploit)) && !passes("exploit", &of("return", 0.9, 144, &exploit))
    );
    assert!(!passes("exploit", &of("return", 0.2, 144, &quick)));
    assert!(!passes("exploit", &of("dreamed_return", 0.2, 144, &exploit)));
    let refit = exploit.replace("frozen_model=on", "frozen_model=off");
    assert!(passes("refit", &of("return", 1.0, 105, &refit)) && !passes("refit", &of("return", 1.0, 105, &exploit)));
    // `quick` has a gate and more time.
    assert!(!passes("refit", &of("return", 1.0, 105, &quick)));
    let short = quick.replace("horizon=30", "horizon=2");
    assert!(passes("short", &of("return", -3.8, 177, &short)));
    assert!(!passes("short", &of("return", -3.8, 177, &quick)) && !passes("short", &of("return", -3.8, 60, &short)));
    let longer = quick.replace("horizon=30", "horizon=20");
    assert!(passes("longer", &of("speed", 1.2, 110, &longer)));
    assert!(!passes("longer", &of("speed", 0.4, 110, &longer)) && !passes("longer", &of("speed", 1.2, 110, &quick)));
    // After one step and at the default horizon; a known friction; the strongest push that it survives, the largest, and its training's.
    for (exercise, right, wrong) in [
        ("horizon", "0.43", ["0.13", "0.60", "1.17"]),
        ("floor", "0.61", ["0.13", "0.28", "0.54"]),
        ("push", "50", ["40", "60", "16"]),
    ] {
        assert!(passes(exercise, &text(right)), "{exercise}");
        assert!(wrong.iter().all(|wrong| !passes(exercise, &text(wrong))), "{exercise}");
    }
    assert!(!passes("push", &turned("walk", "push")) && !passes("horizon", &turned("dream", "horizon")));
    assert!(!passes("your-robot", &text("a crane")) && !passes("your-robot", &text(&"a crane ".repeat(20))));
    let answer = "A crane observes the angle of its rope and gets a reward when the load hangs still; in imagination it may use wind \
                  that its model predicts wrongly.";
    assert!(passes("your-robot", &text(answer)));
}

/// The knobs of `gpt` by default, but for some.
fn of_gpt<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let shared = "text=english stories=25000 tokens=bytepair vocabulary=512 objective=next start=scratch trains=all layers=4 \
                  width=128 heads=4 context=128 tied=off batch=16 steps=8000 schedule=cosine weight_decay=0.1 warm_up=100 \
                  clip=1.0 learning_rate=0.003";
    let shared = shared.split_whitespace().map(|knob| knob.split_once('=').unwrap());
    let mut all: std::collections::BTreeMap<&str, &str> = shared.collect();
    all.extend(more.iter().copied());
    all.into_iter().collect()
}

#[test]
fn gpt_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("gpt", exercise, attempt);
    assert!(passes("uniform", &text("6.05")));
    // In bits, in powers of ten, and with the sign of the logarithm.
    assert!(["8.7", "2.6", "-6.1", "0.002"].iter().all(|wrong| !passes("uniform", &text(wrong))));
    assert!(passes("bits", &text("0.19")) && passes("bits", &text("0.192")));
    // In nats, per token, and upside down.
    assert!(["0.13", "0.75", "5.2", "2.93"].iter().all(|wrong| !passes("bits", &text(wrong))));
    assert!(passes("cool", &text("0.94")));
    // The root for the square, no change, and the other token.
    assert!(["0.67", "0.8", "0.06", "0.4"].iter().all(|wrong| !passes("cool", &text(wrong))));
    assert!(passes("nucleus", &text("0.47")));
    // Two tokens, four, and not divided.
    assert!(["0.62", "0.42", "0.4", "0.5"].iter().all(|wrong| !passes("nucleus", &text(wrong))));
    assert!(passes("exponent", &text("0.28")));
    // In logarithms to base ten of one axis, upside down, and with the sign.
    assert!(["0.12", "3.59", "-0.28", "0.64", "0.15"].iter().all(|wrong| !passes("exponent", &text(wrong))));
    assert!((0..3).all(|choice| passes("first", &Attempt::Choice(choice)) == (choice == 0)));
    assert!((0..3).all(|choice| passes("both_sides", &Attempt::Choice(choice)) == (choice == 1)));
    let at = |series: &str, step, value, more: &[(&str, &str)]| point(series, step, value, &of_gpt(more));
    let quick = [("steps", "400")];
    assert!(passes("grammar", &at("grammatical_share", 400, 0.95, &quick)));
    // Too low, the other curve, a longer run, and characters.
    assert!(!passes("grammar", &at("grammatical_share", 400, 0.88, &quick)));
    assert!(!passes("grammar", &at("consistent_share", 400, 0.95, &quick)));
    assert!(!passes("grammar", &at("grammatical_share", 400, 0.95, &[])));
    assert!(!passes("grammar", &at("grammatical_share", 400, 0.95, &[("steps", "400"), ("tokens", "characters")])));
    let masked = [("objective", "masked"), ("steps", "1000")];
    assert!(passes("bidirectional", &at("validation_loss", 1000, 0.2, &masked)));
    // Too early, and a model that predicts the next token.
    assert!(!passes("bidirectional", &at("validation_loss", 400, 0.2, &masked)));
    assert!(!passes("bidirectional", &at("validation_loss", 1000, 0.2, &[("steps", "1000")])));
    let few = [("stories", "100"), ("steps", "800"), ("schedule", "constant")];
    assert!(passes("memorise", &at("validation_loss", 800, 2.5, &few)));
    // The loss of training, too early, many stories, and a rate at which nothing is learned.
    assert!(
        !passes("memorise", &at("loss", 800, 2.5, &few)) && !passes("memorise", &at("validation_loss", 1, 6.1, &few))
    );
    assert!(!passes("memorise", &at("validation_loss", 800, 2.5, &few[1..])));
    assert!(!passes("memorise", &at("validation_loss", 800, 6.0, &[&few[..], &[("warm_up", "100000")]].concat())));
    assert!(passes("more", &at("validation_loss", 800, 0.55, &few[1..])));
    // Bytes, whose losses are smaller, and another knob.
    assert!(!passes("more", &at("validation_loss", 800, 0.4, &[&few[..], &[("vocabulary", "256")]].concat())));
    assert!(!passes("more", &at("validation_loss", 800, 1.5, &few[1..])));
    assert!(!passes("more", &at("validation_loss", 800, 0.5, &[("steps", "800")])));
    let style = [("text", "chronicle"), ("stories", "200"), ("steps", "300"), ("learning_rate", "0.001")];
    let tuned = |trains| [&style[..], &[("start", "bundled"), ("trains", trains)]].concat();
    assert!(passes("scratch", &at("consistent_share", 300, 0.0, &style)));
    assert!(!passes("scratch", &at("consistent_share", 300, 0.0, &tuned("all"))));
    assert!(!passes("scratch", &at("consistent_share", 1, 0.0, &style)));
    assert!(passes("tune", &at("consistent_share", 300, 0.5, &tuned("all"))));
    // From scratch, and another part.
    assert!(!passes("tune", &at("consistent_share", 300, 0.5, &style)));
    assert!(!passes("tune", &at("consistent_share", 300, 0.5, &tuned("last_block"))));
    assert!(!passes("tune", &at("consistent_share", 300, 0.06, &tuned("all"))));
    assert!(passes("cut", &text("13")));
    // Characters, words, and the first merges alone.
    assert!(["22", "5", "19", "12"].iter().all(|wrong| !passes("cut", &text(wrong))));
    // Without the examples, the next token's, the right name's, and a share.
    assert!(passes("few_shot", &text("99.3")) && passes("few_shot", &text("99.28")));
    assert!(["87.2", "0.4", "0", "0.993"].iter().all(|wrong| !passes("few_shot", &text(wrong))));
    // The question's, ` the`, ` Ben`, and a share.
    assert!(passes("own_words", &text("71")));
    assert!(["87", "17", "12", "0.71"].iter().all(|wrong| !passes("own_words", &text(wrong))));
    assert!(passes("holder", &text("78")) && passes("holder", &text("77.5")));
    // What the rules give, a share, and other bars.
    assert!(["75", "0.78", "16", "6"].iter().all(|wrong| !passes("holder", &text(wrong))));
    assert!(passes("greedy", &text("10")));
    assert!(["9", "11", "12", "8"].iter().all(|wrong| !passes("greedy", &text(wrong))));
    assert!(passes("rank", &text("2048")));
    assert!(["49152", "512", "1536", "196608"].iter().all(|wrong| !passes("rank", &text(wrong))));
    assert!(!passes("society", &text("copyright")) && !passes("society", &text(&" ".repeat(90))));
}

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

#[test]
fn hallucination_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("hallucination", exercise, attempt);
    assert!(passes("twice", &text("4")));
    assert!(["1", "2", "10", "20", "40"].iter().all(|wrong| !passes("twice", &text(wrong))));
    assert!(passes("chance", &text("0.93")) && passes("chance", &text("0.926")));
    // Two different ones, both wrong ones, and the chance of a right one.
    assert!(["0.975", "0.95", "0.025", "0.07"].iter().all(|wrong| !passes("chance", &text(wrong))));
    assert!((0..4).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    assert!(passes("agreement", &text("0.6")));
    // The wordings apart, pairs, and the number of answers.
    assert!(["0.4", "0.45", "3", "0.3"].iter().all(|wrong| !passes("agreement", &text(wrong))));
    assert!(passes("bins", &text("0.1")));
    assert!(["0.2", "0.05", "0.3", "1"].iter().all(|wrong| !passes("bins", &text(wrong))));
    assert!((0..4).all(|choice| passes("scaled", &Attempt::Choice(choice)) == (choice == 1)));
    assert!(passes("risk", &text("0.29")) && passes("risk", &text("0.286")));
    // Of all ten, the share that is right, and what is left out.
    assert!(["0.5", "0.2", "0.71", "0.3"].iter().all(|wrong| !passes("risk", &text(wrong))));
    assert!(passes("coverage", &text("0.5")));
    // Up to the first wrong one, everything above 0.8, and all.
    assert!(["0.3", "0.4", "0.7", "1.0", "0.8"].iter().all(|wrong| !passes("coverage", &text(wrong))));
    assert!((0..4).all(|choice| passes("wrong_fact", &Attempt::Choice(choice)) == (choice == 1)));
    let of = |more: &[(&'static str, &'static str)]| {
        let shared = "known=200 retrieval=0.3 unsure=0.0 layers=3 width=96 heads=4 batch=32 learning_rate=0.002 steps=2500 asked=100";
        let shared = shared.split(' ').map(|knob| knob.split_once('=').unwrap());
        let mut all: std::collections::BTreeMap<&str, &str> = shared.collect();
        all.extend(more.iter().copied());
        all.into_iter().collect::<Vec<_>>()
    };
    let at = |series: &str, step, value, more: &[(&'static str, &'static str)]| point(series, step, value, &of(more));
    assert!(passes("learn", &at("right_known", 500, 0.98, &[])));
    // Another curve, few facts, and a larger network.
    assert!(!passes("learn", &at("right_with_retrieval", 500, 0.98, &[])));
    assert!(!passes("learn", &at("right_known", 500, 0.98, &[("known", "20")])));
    assert!(!passes("learn", &at("right_known", 500, 0.98, &[("width", "256")])));
    assert!(passes("closed_book", &at("right_with_retrieval", 2500, 0.04, &[("retrieval", "0.0")])));
    // Before anything was learned, and with texts that have facts.
    assert!(!passes("closed_book", &at("right_with_retrieval", 1, 0.0, &[("retrieval", "0.0")])));
    assert!(!passes("closed_book", &at("right_with_retrieval", 2500, 0.04, &[])));
    let many = [("known", "500"), ("steps", "600")];
    assert!(!passes("many", &at("right_known", 600, 0.3, &many)));
    assert!(passes("many", &at("right_known", 1000, 0.98, &[("known", "500")])));
    assert!(!passes("many", &at("right_known", 1000, 0.98, &[])));
    assert!(passes("honest", &at("abstained", 2500, 0.98, &[("unsure", "0.2")])));
    // Another share, too early, and the other curve.
    assert!(!passes("honest", &at("abstained", 2500, 0.98, &[("unsure", "0.5")])));
    assert!(!passes("honest", &at("abstained", 500, 0.98, &[("unsure", "0.2")])));
    assert!(!passes("honest", &at("right_known", 2500, 0.98, &[("unsure", "0.2")])));
    assert!(!passes("view", &text("lawyers")) && !passes("view", &text(&" ".repeat(120))));
}

#[test]
fn rlhf_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("rlhf", exercise, attempt);
    assert!(passes("points", &text("4")));
    // Everything counted, without faults, and with the meal.
    assert!(["12", "6", "5", "3", "-2"].iter().all(|wrong| !passes("points", &text(wrong))));
    assert!(passes("preferred", &text("0.80")) && passes("preferred", &text("0.802")));
    // Of the sum, the other way round, and of the first alone.
    assert!(["0.73", "0.2", "0.77", "1.4"].iter().all(|wrong| !passes("preferred", &text(wrong))));
    assert!(passes("pair_loss", &text("1.70")));
    assert!(["0.2", "0.69", "1.5", "0.18", "-1.70"].iter().all(|wrong| !passes("pair_loss", &text(wrong))));
    assert!(passes("clip", &text("-0.3")) && passes("clip", &text("−0.3")));
    // Both clipped, neither, the greater of each pair, and a sum.
    assert!(["0", "0.3", "-0.6", "2.4"].iter().all(|wrong| !passes("clip", &text(wrong))));
    assert!((0..4).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    assert!(passes("best_of", &text("1.84")));
    assert!(["2.77", "0.94", "16", "1.90"].iter().all(|wrong| !passes("best_of", &text(wrong))));
    assert!(passes("implicit", &text("0.67")));
    // Without the base, without β, and of the sum.
    assert!(["0.73", "1.0", "0.52", "0.33", "0.7"].iter().all(|wrong| !passes("implicit", &text(wrong))));
    assert!((0..4).all(|choice| passes("fresh", &Attempt::Choice(choice)) == (choice == 1)));
    let of = |more: &[(&'static str, &'static str)]| {
        let mut all: std::collections::BTreeMap<&str, &str> = [
            ("base", "bundled"),
            ("annotator", "rules"),
            ("rules", "gift:3, thanks:3, fault:-1"),
            ("pairs", "2000"),
            ("noise", "0.0"),
            ("reward_steps", "400"),
            ("reward_learning_rate", "0.0003"),
            ("method", "ppo"),
            ("kl_penalty", "0.05"),
            ("continuations", "48"),
            ("learning_rate", "0.0002"),
            ("steps", "60"),
        ]
        .into();
        all.extend(more.iter().copied());
        all.into_iter().collect::<Vec<_>>()
    };
    let at = |series: &str, step, value, more: &[(&'static str, &'static str)]| point(series, step, value, &of(more));
    assert!(passes("few", &at("reward_accuracy", 525, 0.83, &[])));
    // The presets `no_penalty` and `tight`, which have many pairs.
    assert!(!passes("few", &at("reward_accuracy", 675, 0.83, &[("kl_penalty", "0.0"), ("steps", "150")])));
    assert!(!passes("few", &at("reward_accuracy", 585, 0.83, &[("kl_penalty", "5.0")])));
    // The preset itself, the other curve, a longer training, and other rules.
    assert!(!passes("few", &at("reward_accuracy", 404, 0.92, &[("pairs", "60")])));
    assert!(!passes("few", &at("true_preference", 525, 0.9, &[])));
    assert!(!passes("few", &at("reward_accuracy", 1000, 0.9, &[("reward_steps", "1000")])));
    assert!(!passes("few", &at("reward_accuracy", 525, 0.9, &[("rules", "sentence:1")])));
    let noise = ("noise", "0.3");
    assert!(passes("noisy", &at("reward_accuracy", 650, 0.66, &[noise, ("pairs", "4000")])));
    assert!(!passes("noisy", &at("reward_accuracy", 419, 0.66, &[noise, ("pairs", "300")])));
    assert!(!passes("noisy", &at("reward_accuracy", 650, 0.83, &[("pairs", "4000")])), "without noise");
    let free = [("kl_penalty", "0.0"), ("steps", "150")];
    assert!(passes("hack", &at("true_preference", 675, 0.01, &free)));
    // At the beginning, the reward, with a penalty, and in another run.
    assert!(!passes("hack", &at("true_preference", 535, 0.01, &free)));
    assert!(!passes("hack", &at("reward", 675, 0.01, &free)));
    assert!(!passes("hack", &at("true_preference", 675, 0.01, &[("steps", "150")])));
    assert!(!passes("hack", &at("true_preference", 675, 0.01, &[free[0], free[1], ("learning_rate", "0.01")])));
    assert!(passes("cure", &at("true_preference", 675, 0.92, &[("steps", "150")])));
    assert!(!passes("cure", &at("true_preference", 675, 0.6, &[("steps", "150")])));
    assert!(!passes("cure", &at("true_preference", 585, 0.92, &[])), "another preset");
    assert!(passes("tight", &at("true_preference", 585, 0.86, &[("kl_penalty", "0.1")])));
    assert!(!passes("tight", &at("true_preference", 585, 0.51, &[("kl_penalty", "5.0")])));
    assert!(!passes("tight", &at("true_preference", 675, 0.92, &[("steps", "150")])), "another preset");
    let own = [("annotator", "you"), ("rules", "sentence:1"), ("pairs", "24"), ("reward_steps", "60")];
    assert!(passes("own", &at("true_preference", 145, 0.2, &own)));
    // The rules answered, too early, and other rules.
    assert!(!passes("own", &at("true_preference", 145, 0.6, &own)));
    assert!(!passes("own", &at("true_preference", 86, 0.2, &own)));
    assert!(!passes("own", &at("true_preference", 145, 0.2, &[own[1], own[2], own[3]])));
    assert!(!passes("own", &at("true_preference", 145, 0.2, &[own[0], own[2], own[3]])));
    assert!(!passes("view", &text("be kind")) && !passes("view", &text(&" ".repeat(130))));
}
