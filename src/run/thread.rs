//! A run on a thread of this process.

use super::clock::SystemClock;
use super::description::{RunDescription, Status};
use super::metrics::{Kept, Stretch};
use super::question::ModelSource;
use super::recorder::Recorder;
use super::run_loop::{Commands, Conductor, EventSinks};
use super::runner::{EventSink, RunHandle, Runner, Start, Stopper, bounded_threads};
use super::seal;
use super::store::{CHECKPOINT, RunError, RunLock, RunStore};
use crate::data::mnist;
use crate::experiment::{Command, Event, ExperimentError, KnobError, Model, Setting, Source, TaskContext, Trainable};
use crate::intake;
use crate::nn::Checkpoint;
use crate::registry;
use crate::tensor::parallel::instruction_set;
use crate::tensor::pool::release_unneeded;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Longest that a question waits for the end of a step; after that it is answered from the snapshot before.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(1);

/// Longer than this no run has taken, in seconds.
const LONGEST_SECONDS: f64 = 1e9;

/// The latest snapshot of a run, taken only when somebody wants one.
#[derive(Default)]
struct Snapshots {
    kept: Mutex<Latest>,
    taken: Condvar,
}

#[derive(Default)]
struct Latest {
    latest: Option<Arc<dyn Model>>,
    wanted: bool,
    /// Whether the model stays as it is: the run is held or over.
    rests: bool,
}

impl Snapshots {
    /// The model as it is now: that of the end of the step under way. Where the step takes long it is an earlier one, and
    /// until a new one is there nobody waits again. Not for the thread that trains or the one that draws.
    fn latest(&self) -> Option<Arc<dyn Model>> {
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

    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Trains on threads of this process.
#[derive(Clone)]
pub struct ThreadRunner {
    pub store: RunStore,
    pub source: Source,
}

impl Runner for ThreadRunner {
    fn start(&self, start: Start, emit: EventSink) -> Result<Box<dyn RunHandle>, RunError> {
        Ok(Box::new(spawn(begin(&self.store, start, &self.source, emit)?)))
    }

    fn resume(&self, id: &str, threads: Option<usize>, emit: EventSink) -> Result<Box<dyn RunHandle>, RunError> {
        Ok(Box::new(spawn(take_up(&self.store, id, threads, &self.source, emit)?)))
    }
}

/// A run on a thread of this process.
struct ThreadRun {
    id: String,
    snapshots: Arc<Snapshots>,
    commands: Sender<Command>,
    task: TaskContext,
    /// Set when the run has ended and is recorded.
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl RunHandle for ThreadRun {
    fn id(&self) -> &str {
        &self.id
    }

    fn send(&self, command: Command) {
        if command == Command::Stop {
            self.task.cancel();
        }
        let _ended = self.commands.send(command);
    }

    fn model(&self) -> ModelSource {
        let snapshots = Arc::clone(&self.snapshots);
        Arc::new(move || snapshots.latest().ok_or_else(no_model_yet))
    }

    fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn stopper(&self) -> Stopper {
        let (commands, task, over) = (self.commands.clone(), self.task.clone(), Arc::clone(&self.over));
        Arc::new(move || {
            task.cancel();
            commands.send(Command::Stop).is_err() || over.load(Ordering::Acquire)
        })
    }

    fn wait(mut self: Box<Self>) -> Result<(), String> {
        match self.thread.take() {
            Some(thread) => thread.join().unwrap_or_else(|_| Err("the run's thread was lost".to_owned())),
            None => Ok(()),
        }
    }
}

fn no_model_yet() -> ExperimentError {
    ExperimentError::both("the run has no model yet", "この実行にはまだモデルがありません")
}

impl Drop for ThreadRun {
    fn drop(&mut self) {
        self.send(Command::Stop);
        if let Some(thread) = self.thread.take() {
            // What it failed of is in its record.
            let _ = thread.join();
        }
    }
}

struct Channel {
    receiver: Receiver<Command>,
    /// What came while it was waited for.
    came: Option<Command>,
}

impl Commands for Channel {
    fn wait(&mut self, most: Duration) -> bool {
        if self.came.is_some() {
            return false;
        }
        match self.receiver.recv_timeout(most) {
            Ok(command) => self.came = Some(command),
            Err(RecvTimeoutError::Timeout) => return true,
            // Nobody watches any more: the next look says so.
            Err(RecvTimeoutError::Disconnected) => {}
        }
        false
    }

    fn next(&mut self, _step: u64, held: bool) -> Option<Command> {
        if let Some(command) = self.came.take() {
            return Some(command);
        }
        if held {
            return self.receiver.recv().ok();
        }
        match self.receiver.try_recv() {
            Ok(command) => Some(command),
            Err(TryRecvError::Empty) => None,
            // Nobody watches any more.
            Err(TryRecvError::Disconnected) => Some(Command::Stop),
        }
    }
}

/// Makes the folder of a new run.
fn begin(store: &RunStore, start: Start, source: &Source, emit: EventSink) -> Result<Segment, RunError> {
    let now = jiff::ZonedDateTime::now();
    let description = RunDescription {
        version: RunDescription::VERSION,
        id: String::new(),
        lab: start.lab,
        experiment: start.experiment,
        preset: start.preset,
        seed: start.seed,
        threads: bounded_threads(start.threads),
        knobs: start.knobs,
        data: start.data,
        data_digest: None,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        cpu: instruction_set(),
        started: now.timestamp().to_string(),
        status: Status::Running,
        failure: None,
        report: None,
    };
    let (description, lock) = store.create(description, &now)?;
    let place = Place { store: store.clone(), description, lock, kept: Kept::default() };
    let (source, plan) = (source.clone(), start.plan);
    Ok(Segment { place, checkpoint: None, turns: Vec::new(), seconds: 0.0, source, plan, emit })
}

/// Reads a run as it was at its last checkpoint, and emits its events up to there.
fn take_up(
    store: &RunStore,
    id: &str,
    threads: Option<usize>,
    source: &Source,
    mut emit: EventSink,
) -> Result<Segment, RunError> {
    let lock = store.lock(id)?;
    let mut description = store.read(id)?;
    if description.status == Status::Finished {
        return Err(RunError::Done(description.id));
    }
    description.threads = bounded_threads(threads.unwrap_or(description.threads));
    let checkpoint = store.optional(id, CHECKPOINT)?.ok_or_else(|| RunError::NoCheckpoint(description.id.clone()))?;
    let read = store.events(id)?;
    let read_checkpoint = Checkpoint::decode(&checkpoint).map_err(|failure| RunError::Content {
        file: store.folder_of(id).join(CHECKPOINT),
        place: "start".to_owned(),
        reason: format!("{failure}; start the run again with the same seed and knobs"),
    })?;
    if let Ok(Some(line)) = seal::check(&checkpoint)
        && let Some(stretch) = Stretch::parse(&line)
        && !stretch.is_there(&store.folder_of(id))?
    {
        let why = "its events (metrics.jsonl) are not those that its checkpoint was written after; put them back, or start it again \
                   with the same seed and knobs";
        return Err(RunError::Changed(description.id, why.to_owned()));
    }
    let step = read_checkpoint.run.step;
    let kept = read.cut_after(step);
    let seconds = kept.events.iter().rev().find_map(|event| match event {
        // A time that no run took would stop the clock.
        Event::Checkpoint { seconds, .. } => Some(*seconds).filter(|seconds| (0.0..LONGEST_SECONDS).contains(seconds)),
        _ => None,
    });
    // A knob turned at the very step of the checkpoint, after it was written.
    let turns = kept
        .events
        .iter()
        .filter(|event| matches!(event, Event::Knob { step: at, .. } | Event::Action { step: at, .. } if *at == step));
    let turns = turns.cloned().collect();
    kept.events.iter().for_each(&mut emit);
    let place = Place { store: store.clone(), description, lock, kept };
    let source = source.clone();
    let seconds = seconds.unwrap_or(0.0);
    Ok(Segment { place, checkpoint: Some(checkpoint), turns, seconds, source, plan: Vec::new(), emit })
}

/// Where a run is recorded, of which nothing changes before its model is there.
struct Place {
    store: RunStore,
    description: RunDescription,
    lock: RunLock,
    kept: Kept,
}

impl Place {
    fn open(self) -> Result<Recorder, RunError> {
        Recorder::open(self.store, self.description, self.lock, &self.kept)
    }
}

/// One segment of a run, from a start or a checkpoint to an end or a stop.
struct Segment {
    place: Place,
    checkpoint: Option<Vec<u8>>,
    turns: Vec<Event>,
    seconds: f64,
    source: Source,
    plan: Vec<(u64, Command)>,
    emit: EventSink,
}

/// Commands planned beforehand, then those sent.
struct PlannedThenSent {
    planned: super::run_loop::Planned,
    sent: Channel,
}

impl Commands for PlannedThenSent {
    fn next(&mut self, step: u64, held: bool) -> Option<Command> {
        self.planned.next(step, held).or_else(|| self.sent.next(step, held))
    }

    fn wait(&mut self, most: Duration) -> bool {
        self.sent.wait(most)
    }
}

/// The task of a segment: how much of its final report is computed goes where its events go.
fn hearing_evaluation(segment: Segment) -> (Segment, TaskContext) {
    /// The step of the run whose report is being computed, and where its events go.
    type Heard = (Option<u64>, EventSink);
    let heard: Arc<Mutex<Heard>> = Arc::new(Mutex::new((None, segment.emit)));
    // Whoever listens learns of the end when the sink is gone: whoever only watches the task does not keep it.
    let watched = Arc::downgrade(&heard);
    let emit = Box::new(move |event: &Event| {
        let (step, emit) = &mut *heard.lock().unwrap_or_else(PoisonError::into_inner);
        *step = match event {
            Event::Evaluating { step, .. } => Some(*step),
            _ => None,
        };
        emit(event);
    });
    let task = TaskContext::hearing_share(move |share| {
        let Some(heard) = watched.upgrade() else { return };
        let (step, emit) = &mut *heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(step) = *step {
            emit(&Event::Evaluating { step, share: Some(share) });
        }
    });
    (Segment { emit, ..segment }, task)
}

fn spawn(segment: Segment) -> ThreadRun {
    let (commands, received) = channel();
    let snapshots = Arc::new(Snapshots::default());
    let (segment, task) = hearing_evaluation(segment);
    let id = segment.place.description.id.clone();
    let over = Arc::<AtomicBool>::default();
    let (its_snapshots, its_watch, its_over) = (Arc::clone(&snapshots), task.clone(), Arc::clone(&over));
    let thread = std::thread::Builder::new().name("run".to_owned()).spawn(move || {
        let threads = segment.place.description.threads;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|i| format!("train-{i}")).build();
        let pool = pool.map_err(|error| format!("no threads to train on: {error}"))?;
        let played =
            pool.install(|| play(segment, Channel { receiver: received, came: None }, &its_snapshots, its_watch));
        // Twice: what the last step left was taken since the look before.
        (0..2).for_each(|_| release_unneeded());
        its_snapshots.close();
        its_over.store(true, Ordering::Release);
        played
    });
    ThreadRun { id, snapshots, commands, task, over, thread: thread.ok() }
}

fn play(segment: Segment, sent: Channel, snapshots: &Snapshots, task: TaskContext) -> Result<(), String> {
    let Segment { mut place, checkpoint, turns, seconds, source, plan, mut emit } = segment;
    let is_new = checkpoint.is_none();
    let decoded = checkpoint.as_deref().and_then(|bytes| Checkpoint::decode(bytes).ok());
    let begins_at = decoded.map_or(0, |checkpoint| checkpoint.run.step);
    let built = std::panic::catch_unwind(AssertUnwindSafe(|| {
        // Before they are read, so that data which change meanwhile are never taken for those of the run.
        let same = same_data(&mut place.description, is_new, &task);
        if !is_new {
            same?;
            return build(&place, checkpoint.as_deref(), &turns, source);
        }
        // Whoever reads the data knows best what is wrong with them.
        let built = build(&place, None, &turns, source)?;
        same.map(|()| built)
    }));
    let built =
        built.unwrap_or_else(|_| Err(ExperimentError::new("building the model failed (a fault of the program)")));
    let (mut recorder, mut trainable) = match (built, is_new) {
        (Err(failure), _) if task.is_cancelled() && failure.is_cancelled() => {
            return called_off(place, begins_at, is_new, &mut emit);
        }
        (Ok(trainable), _) => match place.open() {
            Ok(recorder) => (recorder, trainable),
            Err(error) => return Err(told(0, error.to_string(), &mut emit)),
        },
        // What cannot go on stays as it was.
        (Err(failure), false) => return Err(told(0, failure.to_string(), &mut emit)),
        (Err(failure), true) => {
            return Err(match place.open() {
                Ok(mut recorder) => fail(&mut recorder, 0, failure.to_string(), &mut emit),
                Err(_) => told(0, failure.to_string(), &mut emit),
            });
        }
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
    emit(&started);
    if is_new && let Err(error) = recorder.record(&started) {
        return Err(fail(&mut recorder, 0, error.to_string(), &mut emit));
    }
    let clock = SystemClock::default();
    let mut commands = PlannedThenSent { planned: super::run_loop::Planned(plan), sent };
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let conductor = Conductor {
            trainable: &mut *trainable,
            recorder: &mut recorder,
            clock: &clock,
            seconds_before: seconds,
            task,
        };
        let sinks = EventSinks {
            emit: &mut emit,
            between_steps: &mut |trainable, rests| snapshots.serve(rests, || trainable.snapshot()),
        };
        conductor.run(&mut commands, sinks)
    }));
    match outcome {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => {
            let step = trainable.position().step;
            let message = "a training step panicked (a fault of the program); its last checkpoint can be resumed";
            Err(fail(&mut recorder, step, message.to_owned(), &mut emit))
        }
    }
}

/// Ends a run that was called off before its first step of this time; one that goes on stays as it was.
fn called_off(place: Place, step: u64, is_new: bool, emit: &mut EventSink) -> Result<(), String> {
    let recorded = if is_new {
        place.open().and_then(|mut recorder| recorder.set_status(Status::Stopped, None, None))
    } else {
        Ok(())
    };
    emit(&Event::Stopped { step });
    recorded.map_err(|error| error.to_string())
}

/// Tells a failure that changes nothing on disk; returns its message.
fn told(step: u64, message: String, emit: &mut EventSink) -> String {
    emit(&Event::Failed { step, message: message.clone() });
    message
}

/// Notes the sum of a person's own data for a new run; for one that goes on they must be the same.
fn same_data(description: &mut RunDescription, is_new: bool, task: &TaskContext) -> Result<(), ExperimentError> {
    let Some(path) = &description.data else { return Ok(()) };
    // Of a folder the lab reads digits; what else lies there is none of its data.
    let files = if path.is_dir() { mnist::files_of(path).to_vec() } else { vec![path.clone()] };
    let found = intake::digest_of(&files, task)?;
    match &description.data_digest {
        Some(before) if *before != found => Err(ExperimentError::both(
            format!("{}: has changed since the run began; put it back, or start a new run", path.display()),
            format!("{}: 実行を始めたあとで変わっています。元に戻すか、新しい実行を始めてください", path.display()),
        )),
        None if is_new => {
            description.data_digest = Some(found);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Tells and records a failure outside the loop; returns its message.
fn fail(recorder: &mut Recorder, step: u64, message: String, emit: &mut EventSink) -> String {
    let event = Event::Failed { step, message: message.clone() };
    let written =
        recorder.record(&event).and_then(|()| recorder.set_status(Status::Failed, Some(message.clone()), None));
    emit(&event);
    match written {
        Ok(()) => message,
        Err(error) => format!("{message}; {error}"),
    }
}

fn build(
    place: &Place,
    checkpoint: Option<&[u8]>,
    turns: &[Event],
    source: Source,
) -> Result<Box<dyn Trainable>, ExperimentError> {
    let description = &place.description;
    let source = Source { folder: description.data.clone().or(source.folder.clone()), ..source };
    let experiment = registry::find(&description.experiment)?;
    let declared = (experiment.knobs)();
    let unfit = |error: KnobError| ExperimentError::worded(error.wording());
    let knobs = description.knobs.completed(&declared).map_err(unfit)?;
    let folder = Some(place.store.folder_of(&description.id));
    let setting = Setting { knobs, seed: description.seed, source, folder, digits: None };
    let mut trainable = experiment.learn(&setting)?;
    if let Some(checkpoint) = checkpoint {
        trainable.restore(checkpoint)?;
        for turn in turns {
            match turn {
                Event::Knob { knob, value, .. } => {
                    trainable.set_knob(knob, value).map_err(unfit)?;
                }
                Event::Action { action, argument, .. } => trainable.apply_action(action, argument, &mut |_| ())?,
                _ => {}
            }
        }
    }
    Ok(trainable)
}

#[cfg(test)]
mod tests;
