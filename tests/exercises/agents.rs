//! Exercises of reinforcement learning: the grid world, self-play, the walker.

use super::{passes_in, point, reached, text, turned};
use shinso::lab::Attempt;

/// A point of a curve of a run with knobs as they are written, `name=value` with a space between two.
fn point_with(series: &str, value: f64, step: u64, knobs: &str) -> Attempt {
    let knobs: Vec<_> = knobs.split(' ').map(|knob| knob.split_once('=').unwrap()).collect();
    point(series, step, value, &knobs)
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
    let elo = |value, step, knobs: &str| point_with("elo", value, step, knobs);
    let quick = "game=tic-tac-toe channels=16 blocks=2 simulations=32 games=64 learning_rate=0.002 steps=1500";
    assert!(passes("unbeaten", &point_with("lost_ends", 0.0, 1500, quick)));
    // Too early, still to be beaten, hardly trained; Connect Four has no such series, but its rating is none either.
    assert!(!passes("unbeaten", &point_with("lost_ends", 0.0, 300, quick)));
    assert!(!passes("unbeaten", &point_with("lost_ends", 90.0, 1500, quick)));
    assert!(!passes("unbeaten", &point_with("lost_ends", 0.0, 1500, &quick.replace("0.002", "0.00001"))));
    assert!(!passes("unbeaten", &elo(470.0, 1500, quick)));
    let shape = "game=connect-four planes=stones channels=32 blocks=3 learning_rate=0.002";
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
    // Planes that show the winning cells make it stronger with the small buffer too.
    assert!(!passes("more-memory", &elo(914.0, 600, &small.replace("stones", "winning_cells"))));
    assert!(passes("found", &text("25")));
    // The lengths before and after it, and the column.
    assert!(["10", "50", "2", "1", "3", "4"].iter().all(|wrong| !passes("found", &text(wrong))));
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
    let quick = "robot=quadruped method=world-model ground=flat harder_from=0 wanted_speed=1.2 frozen_model=off \
                 ungated=off swinging=21 horizon=30 improvements=100 members=4 steps=180";
    let quick = quick.split_whitespace().collect::<Vec<_>>().join(" ");
    let search = quick.replace("world-model", "search").replace("steps=180", "steps=2400");
    assert!(passes("walk", &point_with("speed", 1.1, 93, &quick)));
    // Too slow, the search, a biped, another wanted speed.
    assert!(
        !passes("walk", &point_with("speed", 0.9, 93, &quick))
            && !passes("walk", &point_with("speed", 1.1, 93, &search))
    );
    assert!(!passes("walk", &point_with("speed", 1.1, 93, &quick.replace("quadruped", "biped"))));
    assert!(!passes("walk", &point_with("speed", 1.1, 93, &quick.replace("=1.2", "=2.0"))));
    assert!(
        passes("search", &point_with("speed", 1.1, 1100, &search))
            && !passes("search", &point_with("speed", 1.1, 93, &quick))
    );
    let exploit = quick.replace("frozen_model=off ungated=off", "frozen_model=on ungated=on").replace("=180", "=150");
    assert!(passes("exploit", &point_with("return", 0.2, 144, &exploit)));
    // Early, a robot that walks, a model that is fitted, the dreamed return.
    assert!(
        !passes("exploit", &point_with("return", 0.2, 44, &exploit))
            && !passes("exploit", &point_with("return", 0.9, 144, &exploit))
    );
    assert!(!passes("exploit", &point_with("return", 0.2, 144, &quick)));
    assert!(!passes("exploit", &point_with("dreamed_return", 0.2, 144, &exploit)));
    let refit = exploit.replace("frozen_model=on", "frozen_model=off");
    assert!(
        passes("refit", &point_with("return", 1.0, 105, &refit))
            && !passes("refit", &point_with("return", 1.0, 105, &exploit))
    );
    // `quick` has a gate and more time.
    assert!(!passes("refit", &point_with("return", 1.0, 105, &quick)));
    let short = quick.replace("horizon=30", "horizon=2");
    assert!(passes("short", &point_with("return", -3.8, 177, &short)));
    assert!(
        !passes("short", &point_with("return", -3.8, 177, &quick))
            && !passes("short", &point_with("return", -3.8, 60, &short))
    );
    let longer = quick.replace("horizon=30", "horizon=20");
    assert!(passes("longer", &point_with("speed", 1.2, 110, &longer)));
    assert!(
        !passes("longer", &point_with("speed", 0.4, 110, &longer))
            && !passes("longer", &point_with("speed", 1.2, 110, &quick))
    );
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
