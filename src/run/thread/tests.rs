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
fn numbers(store: &RunStore, id: &str) -> (Vec<Event>, (String, Vec<u8>)) {
    let events = metrics::read(&store.folder_of(id)).unwrap().events;
    let kept = |event: &Event| matches!(event, Event::Scalar { .. } | Event::Knob { .. } | Event::Warning { .. });
    (events.into_iter().filter(kept).collect(), opened(store, id))
}

/// The checkpoint of a run without the time of its seal.
fn opened(store: &RunStore, id: &str) -> (String, Vec<u8>) {
    let bytes = store.bytes(id, CHECKPOINT).unwrap();
    let (header, numbers) = seal::content(&bytes);
    (header, numbers.to_vec())
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
fn a_run_killed_while_it_ended_ends_again_and_says_so_once() {
    let (_folder, store) = store();
    let id = played(&store, vec![]);
    let finished = store.read(&id).unwrap();
    let path = store.folder_of(&id).join(metrics::FILE);
    let whole = std::fs::read(&path).unwrap();
    let lines = whole.split_inclusive(|&byte| byte == b'\n').collect::<Vec<_>>();
    let events = metrics::read(&store.folder_of(&id)).unwrap().events;
    assert!(matches!(events[events.len() - 2..], [Event::Checkpoint { .. }, Event::Finished { .. }]));
    // After it wrote that it had finished, after its last checkpoint was told, and before.
    for left in [lines.len(), lines.len() - 1, lines.len() - 2] {
        std::fs::write(&path, lines[..left].concat()).unwrap();
        store.write(&RunDescription { status: Status::Running, report: None, ..finished.clone() }).unwrap();
        taken_up(&store, &id, vec![], None);
        let again = metrics::read(&store.folder_of(&id)).unwrap().events;
        let steps = |events: &[Event]| events.iter().map(std::mem::discriminant).collect::<Vec<_>>();
        assert_eq!(steps(&again), steps(&events), "{left} lines were left");
        assert!(again[..again.len() - 2] == events[..events.len() - 2]);
        let test_elbo = |id: &str| store.read(id).unwrap().report.unwrap()["test_elbo"].clone();
        assert_eq!(test_elbo(&id), finished.report.as_ref().unwrap()["test_elbo"]);
    }
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

/// The files of a run's folder that a resume might touch.
fn files(store: &RunStore, id: &str) -> Vec<Vec<u8>> {
    let folder = store.folder_of(id);
    ["run.yaml", metrics::FILE, CHECKPOINT].map(|name| std::fs::read(folder.join(name)).unwrap()).into()
}

#[test]
fn what_cannot_go_on_stays_as_it_was_to_the_byte() {
    let (_folder, store) = store();
    let id = played(&store, vec![(25, Command::Stop)]);
    let at = |name: &str| store.folder_of(&id).join(name);
    let refused = |store: &RunStore| match runner(store).resume(&id, None, quietly()) {
        Ok(run) => run.wait().unwrap_err(),
        Err(error) => error.to_string(),
    };
    let whole = files(&store, &id);
    // A knob that does not fit the checkpoint: seen only when the model is built.
    let description = store.read(&id).unwrap();
    let mut other = description.clone();
    let declared = (registry::find(&other.experiment).unwrap().knobs)();
    other.knobs.set_text(&declared, "latent=3").unwrap();
    store.write(&other).unwrap();
    let before = files(&store, &id);
    assert!(refused(&store).contains("shape"), "{}", refused(&store));
    assert_eq!(files(&store, &id), before);
    store.write(&description).unwrap();
    // A bit turned over in the numbers of the checkpoint; events that were cut, and changed.
    let mut turned = whole[2].clone();
    let last = turned.len() - 9;
    turned[last] ^= 4;
    std::fs::write(at(CHECKPOINT), turned).unwrap();
    assert!(refused(&store).contains("it is not as it was written"));
    std::fs::write(at(CHECKPOINT), &whole[2]).unwrap();
    let events = &whole[1];
    let half = &events[..events.len() / 2];
    std::fs::write(at(metrics::FILE), half).unwrap();
    assert!(refused(&store).contains("are not those that its checkpoint was written after"));
    assert_eq!(std::fs::read(at(metrics::FILE)).unwrap(), half);
    // Whole again, and with what a crash may leave behind it, it goes on.
    std::fs::write(at(metrics::FILE), [events, &b"\0\0\0\n\n{\"version\":1,\"ev"[..]].concat()).unwrap();
    taken_up(&store, &id, vec![], None);
    assert!(numbers(&store, &id) == numbers(&store, &played(&store, vec![])));
}

#[test]
fn a_time_that_no_run_took_does_not_stop_the_clock() {
    let (_folder, store) = store();
    for seconds in ["-5.0", "1e300"] {
        let id = played(&store, vec![(3, Command::Stop)]);
        let path = store.folder_of(&id).join(metrics::FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        let changed: Vec<String> = text
            .lines()
            .map(|line| match line.split_once("\"seconds\":") {
                Some((before, _)) if line.contains("checkpoint") => format!("{before}\"seconds\":{seconds}}}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        std::fs::write(&path, changed.concat()).unwrap();
        // The line of the checkpoint lies behind what the checkpoint knows.
        taken_up(&store, &id, vec![], None);
        assert_eq!(store.read(&id).unwrap().status, Status::Finished);
    }
}

#[test]
fn other_data_are_another_run() {
    let (folder, store) = store();
    let path = folder.path().join("words.txt");
    std::fs::write(&path, "one two three one two three\n".repeat(200)).unwrap();
    let experiment = registry::find("word2vec").unwrap();
    let mut knobs = Knobs::defaults(&(experiment.knobs)());
    for set in ["dimension=4", "epochs=50", "min_count=1"] {
        knobs.set_text(&(experiment.knobs)(), set).unwrap();
    }
    let start = Start {
        lab: "word2vec".into(),
        experiment: "word2vec".into(),
        knobs,
        data: Some(path.clone()),
        plan: vec![(2, Command::Stop)],
        ..small()
    };
    let run = runner(&store).start(start, quietly()).unwrap();
    let id = run.id().to_owned();
    run.wait().unwrap();
    assert!(store.read(&id).unwrap().data_digest.is_some());
    // As many words, as often: only the words differ.
    std::fs::write(&path, "two three one two three one\n".repeat(200)).unwrap();
    let before = files(&store, &id);
    let said = runner(&store).resume(&id, None, quietly()).unwrap().wait().unwrap_err();
    assert!(said.ends_with("words.txt: has changed since the run began; put it back, or start a new run"), "{said}");
    assert_eq!(files(&store, &id), before);
    std::fs::write(&path, "one two three one two three\n".repeat(200)).unwrap();
    taken_up(&store, &id, vec![], None);
    assert_eq!(store.read(&id).unwrap().status, Status::Finished);
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

#[test]
fn a_run_that_is_called_off_while_its_data_are_read_is_stopped_and_has_not_failed() {
    let (folder, store) = store();
    let path = folder.path().join("words.txt");
    std::fs::write(&path, "one two three\n".repeat(100)).unwrap();
    let (sender, events) = channel();
    let emit: EventSink = Box::new(move |event| sender.send(event.clone()).unwrap());
    let knobs = Knobs::defaults(&(registry::find("word2vec").unwrap().knobs)());
    let start = Start { lab: "word2vec".into(), experiment: "word2vec".into(), data: Some(path), knobs, ..small() };
    let segment = begin(&store, start, &source(), emit).unwrap();
    let id = segment.place.description.id.clone();
    let (_commands, received) = channel();
    let task = TaskContext::default();
    task.cancel();
    play(segment, Channel { receiver: received, came: None }, &Snapshots::default(), task).unwrap();
    assert_eq!(events.iter().collect::<Vec<_>>(), [Event::Stopped { step: 0 }]);
    let run = store.read(&id).unwrap();
    assert_eq!((run.status, run.failure), (Status::Stopped, None));
}
