//! A run on a thread of this process.

use super::clock::SystemClock;
use super::conduct::{Commands, Conductor, Outlets};
use super::description::{RunDescription, Status};
use super::inbox::Inbox;
use super::recorder::{CHECKPOINT, Recorder};
use super::store::{RunError, RunStore};
use crate::experiment::{Command, Event, Failure, KnobError, Knobs, Model, Trainable, Watch};
use crate::registry::{self, Setting, Source};
use crate::tensor::parallel::instruction_set;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a new run is to be.
#[derive(Debug, Clone)]
pub struct Start {
    pub lab: String,
    pub experiment: String,
    pub preset: Option<String>,
    pub knobs: Knobs,
    pub seed: u64,
    pub threads: usize,
    pub data: Option<PathBuf>,
}

/// Threads to train on unless told otherwise: one a core.
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Where events of a run go beside the record.
pub type Tell = Box<dyn FnMut(&Event) + Send>;

/// Longest that a question waits for the end of a step; after that it is answered from the snapshot before.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(1);

/// The latest snapshot of a run, taken only when somebody wants one.
#[derive(Default)]
pub struct Snapshots {
    kept: Mutex<Kept>,
    taken: Condvar,
}

#[derive(Default)]
struct Kept {
    latest: Option<Arc<dyn Model>>,
    wanted: bool,
    /// Whether the model stays as it is: the run is held or over.
    rests: bool,
}

impl Snapshots {
    /// The model as it is now: that of the end of the step under way. Where the step takes long it is an earlier one, and
    /// until a new one is there nobody waits again. Not for the thread that trains or the one that draws.
    pub fn latest(&self) -> Option<Arc<dyn Model>> {
        let mut kept = self.lock();
        if !kept.rests && !std::mem::replace(&mut kept.wanted, true) {
            let waited = self.taken.wait_timeout_while(kept, SNAPSHOT_PATIENCE, |kept| kept.wanted && !kept.rests);
            kept = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        kept.latest.clone()
    }

    /// Takes one if somebody wants it, or if it will be the last for some time.
    fn serve(&self, rests: bool, snapshot: impl FnOnce() -> Arc<dyn Model>) {
        let mut kept = self.lock();
        if kept.wanted || kept.latest.is_none() || rests {
            kept.latest = Some(snapshot());
            kept.wanted = false;
        }
        kept.rests = rests;
        self.taken.notify_all();
    }

    /// No other will come.
    fn close(&self) {
        self.lock().rests = true;
        self.taken.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run under way.
pub struct RunHandle {
    pub id: String,
    pub snapshots: Arc<Snapshots>,
    commands: Sender<Command>,
    watch: Watch,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl RunHandle {
    /// Sends a command; one to a run that has ended goes nowhere.
    pub fn send(&self, command: Command) {
        if command == Command::Stop {
            self.watch.cancel();
        }
        let _ended = self.commands.send(command);
    }

    pub fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end of the run.
    ///
    /// # Errors
    /// What it failed of, one line.
    pub fn wait(mut self) -> Result<(), String> {
        match self.thread.take() {
            Some(thread) => thread.join().unwrap_or_else(|_| Err("the run's thread was lost".to_owned())),
            None => Ok(()),
        }
    }
}

impl Drop for RunHandle {
    /// A run does not outlive the one who watches it: it is stopped, and can be resumed.
    fn drop(&mut self) {
        self.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // What it failed of is in its record.
            let _ = thread.join();
        }
    }
}

struct Channel(Receiver<Command>);

impl Commands for Channel {
    fn next(&mut self, _step: u64, held: bool) -> Option<Command> {
        if held {
            return self.0.recv().ok();
        }
        match self.0.try_recv() {
            Ok(command) => Some(command),
            Err(TryRecvError::Empty) => None,
            // Nobody watches any more.
            Err(TryRecvError::Disconnected) => Some(Command::Stop),
        }
    }
}

/// Starts a new run. Its folder is made at once; data are read and the model is built on the run's own thread.
pub fn start(
    store: &RunStore,
    start: Start,
    plan: Vec<(u64, Command)>,
    source: &Source,
    tell: Tell,
) -> Result<RunHandle, RunError> {
    let now = jiff::ZonedDateTime::now();
    let description = RunDescription {
        version: RunDescription::VERSION,
        id: String::new(),
        lab: start.lab,
        experiment: start.experiment,
        preset: start.preset,
        seed: start.seed,
        threads: start.threads,
        knobs: start.knobs,
        data: start.data,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        cpu: instruction_set(),
        started: now.timestamp().to_string(),
        status: Status::Running,
        failure: None,
        report: None,
    };
    let (description, lock) = store.create(description, &now)?;
    let recorder = Recorder::open(store.clone(), description, lock, 0)?;
    Ok(spawn(Stretch {
        recorder,
        checkpoint: None,
        turns: Vec::new(),
        seconds: 0.0,
        source: source.clone(),
        plan,
        tell,
    }))
}

/// Takes up a run that was stopped, failed or killed, at its last checkpoint. Events of before are told again first, so
/// that a screen shows the whole run.
pub fn resume(
    store: &RunStore,
    id: &str,
    threads: Option<usize>,
    source: &Source,
    tell: Tell,
) -> Result<RunHandle, RunError> {
    take_up(store, id, threads, source, tell).map(spawn)
}

fn take_up(
    store: &RunStore,
    id: &str,
    threads: Option<usize>,
    source: &Source,
    mut tell: Tell,
) -> Result<Stretch, RunError> {
    let lock = store.lock(id)?;
    let mut description = store.read(id)?;
    if description.status == Status::Finished {
        return Err(RunError::Done(description.id));
    }
    description.threads = threads.unwrap_or(description.threads);
    let checkpoint = match store.bytes(id, CHECKPOINT) {
        Ok(bytes) => bytes,
        Err(RunError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(RunError::NoCheckpoint(description.id));
        }
        Err(error) => return Err(error),
    };
    let read = store.events(id)?;
    let step = read_step(&checkpoint).map_err(|failure| RunError::Content {
        file: store.folder_of(id).join(CHECKPOINT),
        place: "start".to_owned(),
        reason: format!("{failure}; start the run again with the same seed and knobs"),
    })?;
    let (events, length) = read.cut_after(step);
    let seconds = events.iter().rev().find_map(|event| match event {
        Event::Checkpoint { seconds, .. } => Some(*seconds),
        _ => None,
    });
    // A knob turned at the very step of the checkpoint, after it was written.
    let turns = events
        .iter()
        .filter(|event| matches!(event, Event::Knob { step: at, .. } | Event::Act { step: at, .. } if *at == step));
    let turns = turns.cloned().collect();
    events.iter().for_each(&mut tell);
    let recorder = Recorder::open(store.clone(), description, lock, length)?;
    let source = source.clone();
    let seconds = seconds.unwrap_or(0.0);
    Ok(Stretch { recorder, checkpoint: Some(checkpoint), turns, seconds, source, plan: Vec::new(), tell })
}

/// The step of a checkpoint, without the model that it is of.
fn read_step(checkpoint: &[u8]) -> Result<u64, Failure> {
    #[derive(serde::Deserialize)]
    struct Step {
        step: u64,
    }
    let state = crate::nn::checkpoint::decode(checkpoint)?.state;
    let state = state.ok_or_else(|| Failure::new("the checkpoint has no state of a run"))?;
    let step: Step = serde_json::from_str(&state).map_err(|error| Failure::new(error.to_string()))?;
    Ok(step.step)
}

/// One stretch of a run, from a start or a checkpoint to an end or a stop.
struct Stretch {
    recorder: Recorder,
    checkpoint: Option<Vec<u8>>,
    turns: Vec<Event>,
    seconds: f64,
    source: Source,
    plan: Vec<(u64, Command)>,
    tell: Tell,
}

/// Commands planned beforehand, then those sent.
struct PlannedThenSent {
    planned: super::conduct::Planned,
    sent: Channel,
}

impl Commands for PlannedThenSent {
    fn next(&mut self, step: u64, held: bool) -> Option<Command> {
        self.planned.next(step, held).or_else(|| self.sent.next(step, held))
    }
}

fn spawn(stretch: Stretch) -> RunHandle {
    let (commands, received) = channel();
    let snapshots = Arc::new(Snapshots::default());
    let watch = Watch::default();
    let id = stretch.recorder.description().id.clone();
    let (its_snapshots, its_watch) = (Arc::clone(&snapshots), watch.clone());
    let thread = std::thread::Builder::new().name("run".to_owned()).spawn(move || {
        let threads = stretch.recorder.description().threads.max(1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("train-{i}")).build();
        let pool = pool.map_err(|error| format!("no threads to train on: {error}"))?;
        let played = pool.install(|| play(stretch, Channel(received), &its_snapshots, its_watch));
        its_snapshots.close();
        played
    });
    RunHandle { id, snapshots, commands, watch, thread: thread.ok() }
}

fn play(stretch: Stretch, sent: Channel, snapshots: &Snapshots, watch: Watch) -> Result<(), String> {
    let Stretch { mut recorder, checkpoint, turns, seconds, source, plan, mut tell } = stretch;
    let built = std::panic::catch_unwind(AssertUnwindSafe(|| build(&recorder, checkpoint.as_deref(), &turns, source)));
    let built = built.unwrap_or_else(|_| Err(Failure::new("building the model failed (a fault of the program)")));
    let mut trainable = match built {
        Ok(trainable) => trainable,
        Err(failure) => return Err(fail(&mut recorder, 0, failure.to_string(), &mut tell)),
    };
    let description = recorder.description().clone();
    let started = Event::Started {
        run: description.id,
        lab: description.lab,
        preset: description.preset,
        seed: description.seed,
        threads: description.threads,
        step: trainable.position().step,
        knobs: description.knobs,
    };
    tell(&started);
    if checkpoint.is_none()
        && let Err(error) = recorder.record(&started)
    {
        return Err(fail(&mut recorder, 0, error.to_string(), &mut tell));
    }
    let clock = SystemClock::default();
    let mut commands = PlannedThenSent { planned: super::conduct::Planned(plan), sent };
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let conductor = Conductor {
            trainable: &mut *trainable,
            recorder: &mut recorder,
            clock: &clock,
            seconds_before: seconds,
            watch,
        };
        let outlets = Outlets {
            tell: &mut tell,
            between_steps: &mut |trainable, rests| snapshots.serve(rests, || trainable.snapshot()),
        };
        conductor.run(&mut commands, outlets)
    }));
    match outcome {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => {
            let step = trainable.position().step;
            let message = "a training step panicked (a fault of the program); its last checkpoint can be resumed";
            Err(fail(&mut recorder, step, message.to_owned(), &mut tell))
        }
    }
}

/// Tells and records a failure outside the loop; returns its message.
fn fail(recorder: &mut Recorder, step: u64, message: String, tell: &mut Tell) -> String {
    let event = Event::Failed { step, message: message.clone() };
    let written =
        recorder.record(&event).and_then(|()| recorder.set_status(Status::Failed, Some(message.clone()), None));
    tell(&event);
    match written {
        Ok(()) => message,
        Err(error) => format!("{message}; {error}"),
    }
}

fn build(
    recorder: &Recorder,
    checkpoint: Option<&[u8]>,
    turns: &[Event],
    source: Source,
) -> Result<Box<dyn Trainable>, Failure> {
    let description = recorder.description();
    let source = Source { folder: description.data.clone().or(source.folder.clone()), ..source };
    let experiment = registry::find(&description.experiment)?;
    let declared = (experiment.knobs)();
    let unfit = |error: KnobError| Failure::new(error.to_string());
    let knobs = description.knobs.completed(&declared).map_err(unfit)?;
    let setting = Setting { knobs: knobs.clone(), seed: description.seed, source };
    let mut trainable = experiment.learn(&setting)?;
    if let Some(checkpoint) = checkpoint {
        trainable.restore(checkpoint)?;
        // The checkpoint of an older program knows nothing of knobs invented since.
        for (name, value) in knobs.live(&declared).0.iter().filter(|(name, _)| !description.knobs.0.contains_key(*name))
        {
            trainable.turn(name, value).map_err(unfit)?;
        }
        for turn in turns {
            match turn {
                Event::Knob { knob, value, .. } => {
                    trainable.turn(knob, value).map_err(unfit)?;
                }
                Event::Act { action, argument, .. } => trainable.act(action, argument, &mut |_| ())?,
                _ => {}
            }
        }
    }
    Ok(trainable)
}

/// The usual place for a run's events to go: the inbox of a screen.
pub fn to_inbox(inbox: &Arc<Inbox>) -> Tell {
    let inbox = Arc::clone(inbox);
    Box::new(move |event| inbox.put(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Answer, KnobValue, Query};
    use crate::run::metrics;
    use std::sync::LazyLock;

    static CACHE: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

    fn source() -> Source {
        Source { cache: CACHE.path().to_owned(), folder: None, keep: CACHE.path().to_owned() }
    }

    fn small() -> Start {
        let declared = (registry::find("vae").unwrap().knobs)();
        let mut knobs = Knobs::defaults(&declared);
        for assignment in ["hidden=16", "latent=2", "batch=1000", "epochs=2"] {
            knobs.set_text(&declared, assignment).unwrap();
        }
        let (lab, experiment) = ("vae".to_owned(), "vae".to_owned());
        Start { lab, experiment, preset: None, knobs, seed: 5, threads: 1, data: None }
    }

    fn set(rate: f64) -> Command {
        Command::Set { knob: "learning_rate".to_owned(), value: KnobValue::Real(rate) }
    }

    fn store() -> (tempfile::TempDir, RunStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().join("runs"));
        (folder, store)
    }

    fn quietly() -> Tell {
        Box::new(|_| {})
    }

    /// Plays a run through; its id.
    fn played(store: &RunStore, plan: Vec<(u64, Command)>) -> String {
        let run = start(store, small(), plan, &source(), quietly()).unwrap();
        let id = run.id.clone();
        run.wait().unwrap();
        id
    }

    fn taken_up(store: &RunStore, id: &str, plan: Vec<(u64, Command)>, threads: Option<usize>) {
        let stretch = take_up(store, id, threads, &source(), quietly()).unwrap();
        spawn(Stretch { plan, ..stretch }).wait().unwrap();
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
        let error = resume(&store, &id, None, &source(), quietly()).err().unwrap().to_string();
        assert!(error.contains("checkpoint.safetensors: start: not a whole safetensors file"), "{error}");
        assert_eq!(store.bytes(&id, metrics::FILE).unwrap(), before);
    }

    #[test]
    fn a_run_can_be_held_stepped_asked_and_stopped() {
        let (_folder, store) = store();
        let (sender, events) = channel();
        let tell: Tell = Box::new(move |event| sender.send(event.clone()).unwrap());
        let run = start(&store, small(), vec![(2, Command::Pause)], &source(), tell).unwrap();
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
        assert!(run.snapshots.latest().is_some(), "a held run can be asked");
        run.send(Command::Stop);
        assert!(events.iter().any(|event| event == Event::Stopped { step: 3 }));
        run.wait().unwrap();
    }
    /// Of the step that it was taken at.
    struct At(usize);

    impl Model for At {
        fn answer(&self, _query: &Query, _watch: &Watch) -> Result<Answer, Failure> {
            Ok(Answer::Code { mean: vec![0.0; self.0], standard_deviation: vec![] })
        }
    }

    fn step_of(model: &Arc<dyn Model>) -> usize {
        match model.answer(&Query::History, &Watch::default()) {
            Ok(Answer::Code { mean, .. }) => mean.len(),
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
}
