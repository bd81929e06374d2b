use super::*;
use crate::experiment::{Answer, Query};
use crate::nn::{Decay, OptimizedNetwork, Parameters, RunningAverage};
use crate::tensor::{Tape, tensor};
use rand::{RngExt, SeedableRng};

/// Moves some weights to random goals that it remembers.
struct Toy {
    network: OptimizedNetwork,
    average: RunningAverage,
    goals: Vec<f32>,
    signs: Vec<u8>,
    steps: Vec<i64>,
    shifts: u32,
}

struct Nothing;

impl Model for Nothing {
    fn answer(&self, _query: &Query, _watch: &TaskContext) -> Result<Answer, ExperimentError> {
        Err(ExperimentError::new("nobody asks a toy"))
    }
}

fn declared() -> Vec<Knob> {
    vec![
        Knob::factor("learning_rate", 1e-3..=1.0, 0.1, ["", ""]).live(),
        Knob::integer("breaks_at", 0..=100, 0, ["", ""]),
    ]
}

const TOTAL: u64 = 40;

fn toy(width: usize, assignments: &[&str]) -> Trainer<Toy> {
    let declared = declared();
    let mut knobs = Knobs::defaults(&declared);
    assignments.iter().for_each(|assignment| knobs.set_text(&declared, assignment).unwrap());
    let mut parameters = Parameters::new();
    parameters.add("w", tensor([width], vec![1.0; width]));
    let (average, network) = (RunningAverage::new(&parameters, 0.9), OptimizedNetwork::new(parameters));
    let learner = Toy { network, average, goals: vec![], signs: vec![], steps: vec![], shifts: 0 };
    let schedule = Schedule { warm_up: 4, decay: Decay::Linear, total: TOTAL };
    let random = ChaCha8Rng::seed_from_u64(3);
    Trainer::new(learner, Plan { declared, knobs, random, schedule, samples_per_step: 2 })
}

impl Learner for Toy {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let goal: f32 = run.random().random_range(-1.0..1.0) + self.shifts as f32;
        self.goals.push(goal);
        self.signs.push(u8::from(goal > 0.0));
        self.steps.push(-(run.number() as i64));
        let tape = Tape::new();
        let bound = self.network.parameters.on(&tape);
        let loss = bound.vars()[0].shift(-f64::from(goal)).square().sum();
        let value = f64::from(loss.item());
        let broken = run.index() + 1 == run.integer("breaks_at") as u64;
        run.means(5, [("loss", if broken { f64::NAN } else { value }), ("goal", f64::from(goal))]);
        run.scalar("learning_rate", run.learning_rate());
        self.network.descend(&bound, &loss.backward(), run.learning_rate());
        self.average.follow(&self.network.parameters, run.index() as f64);
        Ok(())
    }

    fn apply_action(&mut self, action: &str, _argument: &str, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        match action {
            "shift" => {
                self.shifts += 1;
                run.scalar("shifts", f64::from(self.shifts));
                Ok(())
            }
            other => Err(ExperimentError::new(format!("no action {other}"))),
        }
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(Nothing)
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new()
            .network("n.", &mut self.network)
            .average("n.", &mut self.average)
            .buffer("goals", &mut self.goals)
            .buffer("signs", &mut self.signs)
            .buffer("steps", &mut self.steps)
            .checked_state("shifts", &mut self.shifts, |_, saved| {
                if *saved < 9 { Ok(()) } else { Err(ExperimentError::new("too many shifts")) }
            })
    }

    fn weights(&self) -> Weights {
        Weights::new().network("", &self.average.parameters)
    }

    fn report(&self, _watch: &TaskContext) -> Result<Report, ExperimentError> {
        Ok(Report::new())
    }
}

fn play(trainer: &mut Trainer<Toy>, steps: u64) -> Vec<Event> {
    let mut events = Vec::new();
    (0..steps).for_each(|_| trainer.step(&mut |event| events.push(event)).unwrap());
    events
}

fn values(events: &[Event], name: &str) -> Vec<(u64, f64)> {
    let of = |event: &Event| match event {
        Event::Scalar { series, step, value } if series == name => Some((*step, *value)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

#[test]
fn means_are_over_the_steps_since_the_last() {
    let mut trainer = toy(1, &[]);
    let events = play(&mut trainer, 12);
    let goals: Vec<f64> = trainer.learner().goals.iter().map(|&goal| f64::from(goal)).collect();
    let mean = |of: &[f64]| of.iter().sum::<f64>() / 5.0;
    assert_eq!(values(&events, "goal"), [(5, mean(&goals[..5])), (10, mean(&goals[5..10]))]);
    assert_eq!(values(&events, "loss").len(), 2);
}

#[test]
fn the_learning_rate_follows_the_schedule_and_the_knob() {
    let mut trainer = toy(1, &[]);
    let mut events = play(&mut trainer, 4);
    trainer.set_knob("learning_rate", &KnobValue::Real(0.5)).unwrap();
    assert!(trainer.set_knob("breaks_at", &KnobValue::Integer(3)).is_err(), "not live");
    events.extend(play(&mut trainer, TOTAL - 4));
    let rates = values(&events, "learning_rate");
    assert_eq!(rates[..4], [(1, 0.1 * 0.25), (2, 0.1 * 0.5), (3, 0.1 * 0.75), (4, 0.1)]);
    assert_eq!((rates[4], rates[22]), ((5, 0.5), (23, 0.25)));
    assert!(trainer.position().is_end());
}

#[test]
fn a_loss_that_is_no_number_is_warned_of_once_and_the_run_goes_on() {
    let mut trainer = toy(1, &["breaks_at=3"]);
    let mut events = play(&mut trainer, 8);
    // What is not emitted yet may be no number either.
    let checkpoint = {
        let mut early = toy(1, &["breaks_at=3"]);
        play(&mut early, 4);
        early.checkpoint()
    };
    let mut resumed = toy(1, &["breaks_at=3"]);
    resumed.restore(&checkpoint).unwrap();
    let mut again = play(&mut resumed, 4);
    assert_eq!(format!("{:?}", &events[events.len() - again.len()..]), format!("{again:?}"));
    events.append(&mut again);
    let warnings = events.iter().filter(|event| matches!(event, Event::Warning { step: 3, .. }));
    assert_eq!(warnings.count(), 1);
    assert!(values(&events, "loss")[0].1.is_nan());
}

#[test]
fn a_run_with_buffers_goes_on_from_its_checkpoint() {
    let mut straight = toy(2, &[]);
    play(&mut straight, 7);
    straight.set_knob("learning_rate", &KnobValue::Real(0.02)).unwrap();
    let mut events = Vec::new();
    straight.apply_action("shift", "", &mut |event| events.push(event)).unwrap();
    assert_eq!(values(&events, "shifts"), [(7, 1.0)]);
    straight.apply_action("unknown", "", &mut |_| ()).unwrap_err();
    let checkpoint = straight.checkpoint();

    let mut resumed = toy(2, &[]);
    resumed.restore(&checkpoint).unwrap();
    assert_eq!(resumed.position().step, 7);
    assert_eq!(resumed.learner().steps, [-1, -2, -3, -4, -5, -6, -7]);
    assert_eq!(play(&mut straight, 20), play(&mut resumed, 20));
    assert!(straight.checkpoint() == resumed.checkpoint());
    assert!(straight.weights(Precision::Single) == resumed.weights(Precision::Single));
    assert_eq!(resumed.learner().signs.len(), 27);
}

#[test]
fn a_checkpoint_that_does_not_fit_changes_nothing() {
    let mut trainer = toy(2, &[]);
    play(&mut trainer, 3);
    let before = trainer.checkpoint();
    let mut refused = |bytes: &[u8], why: &str| {
        let error = trainer.restore(bytes).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(trainer.checkpoint() == before, "{why}");
    };
    refused(&toy(3, &[]).checkpoint(), "tensor `n.w` has shape [3], expected [2]");
    refused(&before[..before.len() - 1], "not a whole safetensors file");
    refused(&toy(2, &[]).weights(Precision::Single), "the file has no state of a run");
    // What fails last must not leave behind what was read before it.
    let mut shifted = toy(2, &[]);
    play(&mut shifted, 5);
    (0..9).for_each(|_| shifted.apply_action("shift", "", &mut |_| ()).unwrap());
    refused(&shifted.checkpoint(), "too many shifts");

    struct Fewer(Toy);
    impl Learner for Fewer {
        fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
            self.0.step(run)
        }
        fn snapshot(&self) -> Arc<dyn Model> {
            self.0.snapshot()
        }
        fn saved(&mut self) -> Saved<'_> {
            Saved::new().network("n.", &mut self.0.network).average("n.", &mut self.0.average)
        }
        fn weights(&self) -> Weights {
            self.0.weights()
        }
        fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
            self.0.report(task)
        }
    }
    let Trainer { learner, declared, knobs, schedule, samples_per_step, state } = toy(2, &[]);
    let mut fewer = Trainer { learner: Fewer(learner), declared, knobs, schedule, samples_per_step, state };
    refused(&fewer.checkpoint(), "tensor `buffer.goals` is missing");
}
