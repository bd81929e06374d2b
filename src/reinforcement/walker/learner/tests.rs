//! Runs of a robot, small ones.

use super::*;
use crate::experiment::{Event, KnobValue};

const SMALL: &str = "swinging=6 improvements=2 directions=2 starts=4 horizon=5 updates=5 members=2 width=8";

fn trainer(more: &str) -> Trainer<WalkerLearner> {
    let declared = crate::reinforcement::walker::knobs();
    let mut knobs = Knobs::defaults(&declared);
    for knob in SMALL.split(' ').chain(more.split_whitespace()) {
        knobs.set_text(&declared, knob).unwrap();
    }
    WalkerLearner::new(&knobs, 1)
}

fn learner() -> WalkerLearner {
    WalkerLearner::fresh(&Knobs::defaults(&crate::reinforcement::walker::knobs()), 1).0
}

fn steps(trainer: &mut Trainer<WalkerLearner>, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    (0..count).for_each(|_| trainer.step(&mut |event| events.push(event)).unwrap());
    events
}

fn values(events: &[Event], name: &str) -> Vec<f64> {
    let value = |event: &Event| match event {
        Event::Scalar { series, value, .. } if series == name => Some(*value),
        _ => None,
    };
    events.iter().filter_map(value).collect()
}

#[test]
fn a_robot_that_is_resumed_in_the_middle_of_a_stride_goes_on_as_if_nothing_had_happened() {
    for more in ["push=8", "memory=6 robot=biped", "method=search"] {
        let mut straight = trainer(more);
        steps(&mut straight, 40);
        let mut run = trainer(more);
        steps(&mut run, 23);
        let checkpoint = run.checkpoint();
        let mut resumed = trainer(more);
        resumed.restore(&checkpoint).unwrap();
        steps(&mut resumed, 17);
        assert!(resumed.checkpoint() == straight.checkpoint(), "{more}");
    }
}

#[test]
fn a_checkpoint_of_another_robot_is_refused() {
    let checkpoint = trainer("robot=biped").checkpoint();
    let refused = trainer("").restore(&checkpoint).unwrap_err().to_string();
    assert!(refused.starts_with("a checkpoint of biped world-model"), "{refused}");
}

#[test]
fn the_same_seed_walks_the_same_way_on_one_thread_and_on_two() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut run = trainer("width=32 members=3 starts=9");
            steps(&mut run, 40);
            run.checkpoint()
        })
    };
    assert!(run(1) == run(2));
}

#[test]
fn a_push_that_somebody_asks_for_comes_at_the_next_step_once() {
    let mut run = trainer("");
    steps(&mut run, 1);
    run.apply_action("push_back", "", &mut |_| ()).unwrap();
    steps(&mut run, 1);
    let pushes = &run.learner().episode.as_ref().unwrap().pushes;
    assert_eq!(pushes.iter().filter(|push| **push != 0.0).count(), 1);
    assert_eq!(pushes[20], -TEST_PUSH);
    assert!(run.apply_action("fly", "", &mut |_| ()).is_err());
}

#[test]
fn an_unstable_simulation_ends_the_episode_with_a_warning_and_no_picture_has_a_nan() {
    let mut run = trainer("");
    run.set_knob("push", &KnobValue::Real(100.0)).unwrap();
    steps(&mut run, 1);
    let mut run = trainer("strength=3 stiffness=10000 push=100");
    let events = steps(&mut run, 60);
    let number = |value: f64| value.is_finite();
    assert!(["speed", "return", "falls"].iter().all(|name| values(&events, name).into_iter().all(number)));
    for event in &events {
        if let Event::View { panels, .. } = event {
            let text = serde_json::to_string(panels).unwrap();
            assert!(!text.contains("NaN") && !text.contains("null"), "{text}");
        }
    }
}

#[test]
fn the_gate_takes_a_policy_back_that_falls_or_is_clearly_worse() {
    let mut learner = learner();
    let terms = Terms { conditions: Conditions::default(), seed: 0, limit: EPISODE, noise: 0.0, push: 0.0 };
    let mut episode = Episode::new(terms, Vec::new(), 8, &mut ChaCha8Rng::seed_from_u64(1));
    episode.marks = vec![0.0; EPISODE];
    let mut tried = |learner: &mut WalkerLearner, weight: f32, rate: f32, fallen: bool, ungated: bool| {
        learner.policy.fill(weight);
        (episode.progress.total, episode.progress.fallen) = (rate * EPISODE as f32, fallen);
        learner.gate(&episode, ungated);
        learner.policy[0]
    };
    assert_eq!(tried(&mut learner, 1.0, 0.5, false, false), 1.0, "the first");
    assert_eq!(tried(&mut learner, 2.0, 0.45, false, false), 2.0, "about as good");
    assert_eq!(tried(&mut learner, 3.0, 0.2, false, false), 2.0, "clearly worse");
    assert_eq!(tried(&mut learner, 4.0, 0.9, true, false), 2.0, "better until it fell");
    assert_eq!(tried(&mut learner, 5.0, 0.2, true, true), 5.0, "without a gate");
    assert_eq!((learner.kept[0], learner.kept_rate), (5.0, Some(0.2)));
}

#[test]
fn the_world_is_harder_from_a_second_on() {
    let mut run = trainer("harder_from=20 steps=60");
    steps(&mut run, 15);
    assert_eq!(run.learner().conditions, Conditions::default());
    steps(&mut run, 25);
    let harder = Conditions { friction: 0.5, mass: 1.25, strength: 0.85, ground: Ground::Flat };
    assert_eq!(run.learner().conditions, harder);
}
