//! Runs on a thread, from start to end.

use super::*;
use crate::experiment::{Answer, KnobValue, Knobs, Precision, Query};
use crate::nn::Weights;
use crate::run::metrics;
use std::sync::LazyLock;

static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fn source() -> Source {
    let path = CACHE.path().to_owned();
    Source { cache: path.clone(), folder: None, weights: None, keep: path, companion: registry::open_bundled }
}

fn small() -> Start {
    let declared = (registry::find("vae").unwrap().knobs)();
    let mut knobs = Knobs::defaults(&declared);
    for assignment in ["hidden=16", "latent=2", "batch=1000", "epochs=2"] {
        knobs.set_text(&declared, assignment).unwrap();
    }
    let (lab, experiment) = ("vae".to_owned(), "vae".to_owned());
    Start { lab, experiment, preset: None, knobs, seed: 5, threads: 1, data: None, plan: Vec::new() }
}

fn set(rate: f64) -> Command {
    Command::Set { knob: "learning_rate".to_owned(), value: KnobValue::Real(rate) }
}

fn store() -> (tempfile::TempDir, RunStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::new(folder.path().join("runs"));
    (folder, store)
}

fn runner(store: &RunStore) -> ThreadRunner {
    ThreadRunner { store: store.clone(), source: source() }
}

fn quietly() -> EventSink {
    Box::new(|_| {})
}

/// Plays a run through; its id.
fn played(store: &RunStore, plan: Vec<(u64, Command)>) -> String {
    let run = runner(store).start(Start { plan, ..small() }, quietly()).unwrap();
    let id = run.id().to_owned();
    run.wait().unwrap();
    id
}

fn taken_up(store: &RunStore, id: &str, plan: Vec<(u64, Command)>, threads: Option<usize>) {
    let segment = take_up(store, id, threads, &source(), quietly()).unwrap();
    Box::new(spawn(Segment { plan, ..segment })).wait().unwrap();
}

/// What must be the same in two runs: all that was recorded but wall-clock times and ids, and the last checkpoint.
fn numbers(store: &RunStore, id: &str) -> (Vec<Event>, Vec<u8>) {
    let events = metrics::read(&store.folder_of(id)).unwrap().events;
    let kept = |event: &Event| matches!(event, Event::Scalar { .. } | Event::Knob { .. } | Event::Warning { .. });
    (events.into_iter().filter(kept).collect(), store.bytes(id, CHECKPOINT).unwrap())
}

#[test]
fn a_stopped_and_resumed_run_is_the_straight_run_bit_for_bit() {
    let (_folder, store) = store();
    let straight = played(&store, vec![(13, set(3e-3)), (70, set(1e-4))]);
    let stopped = played(&store, vec![(13, set(3e-3)), (47, Command::Stop)]);
    assert_eq!(store.read(&stopped).unwrap().status, Status::Stopped);
    taken_up(&store, &stopped, vec![(70, set(1e-4))], Some(2));
    assert_eq!(store.read(&stopped).unwrap().status, Status::Finished);

    let (expected, found) = (numbers(&store, &straight), numbers(&store, &stopped));
    assert_eq!(expected.0, found.0);
    assert!(expected.1 == found.1, "the last checkpoints are the same bytes, on one thread and on two");
    assert!(expected.0.len() > 20, "only {} values compared", expected.0.len());
    let elbo = |id: &str| store.read(id).unwrap().report.unwrap()["test_elbo"].clone();
    assert_eq!(elbo(&straight), elbo(&stopped));
}

#[test]
fn a_killed_run_goes_on_from_its_checkpoint_and_computes_the_rest_again() {
    let (_folder, store) = store();
    let killed = played(&store, vec![(25, Command::Checkpoint), (30, Command::Stop)]);
    // As a kill after the checkpoint leaves it: values past the checkpoint, a torn line, "running" in run.yaml.
    let path = store.folder_of(&killed).join(metrics::FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(br#"{"version":1,"event":"scalar","series":"train/elbo","step":40,"value":-1.0}"#);
    bytes.extend(b"\n{\"version\":1,\"ev");
    std::fs::write(&path, bytes).unwrap();
    let description = store.read(&killed).unwrap();
    store.write(&RunDescription { status: Status::Running, ..description }).unwrap();

    taken_up(&store, &killed, vec![], None);
    let straight = played(&store, vec![]);
    assert!(numbers(&store, &killed) == numbers(&store, &straight));
}

#[test]
fn a_broken_checkpoint_is_refused_and_nothing_is_overwritten() {
    let (_folder, store) = store();
    let id = played(&store, vec![(3, Command::Stop)]);
    std::fs::write(store.folder_of(&id).join(CHECKPOINT), b"not a checkpoint").unwrap();
    let before = store.bytes(&id, metrics::FILE).unwrap();
    let error = runner(&store).resume(&id, None, quietly()).err().unwrap().to_string();
    assert!(error.contains("checkpoint.safetensors: start: not a whole safetensors file"), "{error}");
    let earlier = Weights::new().text(r#"{"step":3,"adam_steps":[3],"state":{}}"#.to_owned());
    std::fs::write(store.folder_of(&id).join(CHECKPOINT), earlier.encode(Precision::Single)).unwrap();
    let error = runner(&store).resume(&id, None, quietly()).err().unwrap().to_string();
    let way_out = "a checkpoint of an earlier version; start the run again with the same seed and knobs";
    assert!(error.ends_with(way_out), "{error}");
    assert_eq!(store.bytes(&id, metrics::FILE).unwrap(), before);
}

#[test]
fn a_run_can_be_held_stepped_asked_and_stopped() {
    let (_folder, store) = store();
    let (sender, events) = channel();
    let emit: EventSink = Box::new(move |event| sender.send(event.clone()).unwrap());
    let run = runner(&store).start(Start { plan: vec![(2, Command::Pause)], ..small() }, emit).unwrap();
    let held_at = || {
        events.iter().find_map(|event| match event {
            Event::Paused { step, paused: true } => Some(step),
            _ => None,
        })
    };
    assert_eq!(held_at(), Some(2));
    run.send(Command::Step);
    assert_eq!(held_at(), Some(3));
    run.send(Command::Set { knob: "batch".into(), value: KnobValue::Integer(2) });
    let warning = events.iter().find_map(|event| match event {
        Event::Warning { message, .. } => Some(message),
        _ => None,
    });
    assert!(warning.unwrap().contains("`batch` cannot be turned while the run goes on"));
    assert!((run.model())().is_ok(), "a held run can be asked");
    run.send(Command::Stop);
    assert!(events.iter().any(|event| event == Event::Stopped { step: 3 }));
    run.wait().unwrap();
}
/// Of the step that it was taken at.
struct At(usize);

impl Model for At {
    fn answer(&self, _query: &Query, _watch: &TaskContext) -> Result<Answer, ExperimentError> {
        Ok(Answer::Examples { pictures: vec![], labels: vec![0; self.0] })
    }
}

fn step_of(model: &Arc<dyn Model>) -> usize {
    match model.answer(&Query::Examples { offset: 0, count: 1 }, &TaskContext::default()) {
        Ok(Answer::Examples { labels, .. }) => labels.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_question_gets_the_model_of_the_step_under_way() {
    let snapshots = Arc::new(Snapshots::default());
    let serve = |step: usize, rests| snapshots.serve(rests, || Arc::new(At(step)));
    serve(0, false);
    serve(1, false);
    let its = Arc::clone(&snapshots);
    let asks = std::thread::spawn(move || its.latest().map(|model| step_of(&model)));
    while !snapshots.lock().wanted {
        std::thread::yield_now();
    }
    serve(2, false);
    assert_eq!(asks.join().unwrap(), Some(2));
    // At rest the last is there at once, and so it is once there will be no other.
    serve(3, true);
    assert_eq!(snapshots.latest().map(|model| step_of(&model)), Some(3));
    serve(4, false);
    snapshots.close();
    assert_eq!(snapshots.latest().map(|model| step_of(&model)), Some(3));
}

#[test]
fn a_step_that_takes_long_is_waited_for_once() {
    let snapshots = Snapshots::default();
    snapshots.serve(false, || Arc::new(At(7)));
    for _ in 0..1000 {
        assert_eq!(snapshots.latest().map(|model| step_of(&model)), Some(7));
    }
}
