//! The loop of a run: steps and commands in, events out. It knows no threads and no screens; time and commands are
//! passed in, so that a test can play any run through.

use super::clock::Clock;
use super::description::Status;
use super::recorder::Recorder;
use super::store::RunError;
use crate::experiment::{Bilingual, Command, Event, ExperimentError, Report, TaskContext, Trainable};
use std::time::Duration;

/// Where commands come from.
pub trait Commands {
    /// The next command for a run that has done `step` steps. Waits for one if the run is held; `None` if there is none,
    /// or if no more can come.
    fn next(&mut self, step: u64, held: bool) -> Option<Command>;

    /// Waits for so long, or until there is a command; whether none came.
    fn wait(&mut self, _most: Duration) -> bool {
        true
    }
}

/// Commands planned for steps, in rising order: a replay, or a test.
#[derive(Debug, Clone, Default)]
pub struct Planned(pub Vec<(u64, Command)>);

impl Commands for Planned {
    fn next(&mut self, step: u64, _held: bool) -> Option<Command> {
        let due = self.0.first().is_some_and(|(at, _)| *at <= step);
        due.then(|| self.0.remove(0).1)
    }
}

/// Where the loop emits events.
pub struct EventSinks<'a> {
    /// Every event, as it happens.
    pub emit: &'a mut dyn FnMut(&Event),
    /// Called between steps, with the model as it is, and whether it rests: no step follows before somebody asks for one.
    pub between_steps: &'a mut dyn FnMut(&dyn Trainable, bool),
}

/// How the loop ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Finished(Report),
    Stopped,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunLoopError {
    #[error(transparent)]
    Model(#[from] ExperimentError),
    #[error(transparent)]
    Disk(#[from] RunError),
}

/// Time between two progress events, and between two flushes of the metrics.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// A checkpoint may take one part in this many of the time.
const CHECKPOINT_SHARE: u32 = 100;
const CHECKPOINT_AT_LEAST: Duration = Duration::from_secs(5);
/// The first comes soon: a run that is killed early is not lost.
const FIRST_CHECKPOINT: Duration = Duration::from_secs(1);

/// Plays a run through to its end or to a stop.
pub struct Conductor<'a> {
    pub trainable: &'a mut dyn Trainable,
    pub recorder: &'a mut Recorder,
    pub clock: &'a dyn Clock,
    /// Seconds trained before this segment.
    pub seconds_before: f64,
    pub task: TaskContext,
}

impl Conductor<'_> {
    /// Runs the loop. Whatever happens, `run.yaml` says how it ended, as far as the disk allows.
    ///
    /// # Errors
    /// When the model fails or its files cannot be written; what was good on disk stays good.
    pub fn run(mut self, commands: &mut dyn Commands, mut sinks: EventSinks) -> Result<Outcome, RunLoopError> {
        let outcome = self.play(commands, &mut sinks);
        let description = self.recorder.description().clone();
        let last = match &outcome {
            Ok(Outcome::Finished(report)) => Event::Finished {
                run: description.id,
                lab: description.lab,
                preset: description.preset,
                seed: description.seed,
                report: report.clone(),
            },
            Ok(Outcome::Stopped) => Event::Stopped { step: self.trainable.position().step },
            Err(error) => Event::Failed { step: self.trainable.position().step, message: error.to_string() },
        };
        let (status, failure, report) = match &outcome {
            Ok(Outcome::Finished(report)) => (Status::Finished, None, Some(report.clone())),
            Ok(Outcome::Stopped) => (Status::Stopped, None, None),
            Err(error) => (Status::Failed, Some(error.to_string()), None),
        };
        let written = self.recorder.record(&last).and_then(|()| self.recorder.flush());
        let written = written.and_then(|()| self.recorder.set_status(status, failure, report));
        (sinks.emit)(&last);
        let outcome = outcome?;
        written?;
        Ok(outcome)
    }

    fn play(&mut self, commands: &mut dyn Commands, sinks: &mut EventSinks) -> Result<Outcome, RunLoopError> {
        let mut held = false;
        let mut single = false;
        let mut training = Duration::from_secs_f64(self.seconds_before);
        let begun = self.clock.now();
        let (mut told_at, mut flushed_at, mut checkpoint_due) = (begun, begun, begun + FIRST_CHECKPOINT);
        // When the last step began: what was shown before a stop has its time again.
        let is_resumed = self.trainable.position().step > 0;
        let mut stepped = is_resumed.then_some(begun);
        if is_resumed {
            self.trainable.resumed(&mut |event| (sinks.emit)(&event));
        }
        let mut rate = Rate::new(training, self.trainable.position().step);
        (sinks.between_steps)(&*self.trainable, false);
        while !self.trainable.position().is_end() {
            while let Some(command) = commands.next(self.trainable.position().step, held && !single) {
                match command {
                    Command::Pause | Command::Resume => {
                        held = command == Command::Pause;
                        // The time for which it was held does not count.
                        stepped = stepped.map(|_| self.clock.now());
                        (sinks.between_steps)(&*self.trainable, held);
                        self.emit(sinks, Event::Paused { step: self.trainable.position().step, paused: held })?;
                    }
                    Command::Step => {
                        (held, single) = (true, true);
                        break;
                    }
                    Command::Set { knob, value } => match self.trainable.set_knob(&knob, &value) {
                        Ok(()) => {
                            let step = self.trainable.position().step;
                            self.emit(sinks, Event::Knob { step, knob, value })?;
                        }
                        Err(error) => self.warn(sinks, error.wording())?,
                    },
                    Command::Action { action, argument } => {
                        let mut events = Vec::new();
                        match self.trainable.apply_action(&action, &argument, &mut |event| events.push(event)) {
                            Ok(()) => {
                                // Who hears of it and asks gets the model that it made.
                                (sinks.between_steps)(&*self.trainable, held);
                                let step = self.trainable.position().step;
                                self.emit(sinks, Event::Action { step, action, argument })?;
                                events.into_iter().try_for_each(|event| self.emit(sinks, event))?;
                            }
                            Err(error) => self.warn(sinks, error.wording())?,
                        }
                    }
                    Command::Checkpoint => self.checkpoint(sinks, training)?,
                    Command::Stop => {
                        self.checkpoint(sinks, training)?;
                        (sinks.between_steps)(&*self.trainable, true);
                        return Ok(Outcome::Stopped);
                    }
                }
            }
            if held && !single {
                // Nobody can send a command any more: end as if stopped.
                self.checkpoint(sinks, training)?;
                return Ok(Outcome::Stopped);
            }
            if let (Some(stepped), Some(pace), false) = (stepped, self.trainable.pace(), single) {
                let rest = Duration::from_secs_f64(1.0 / pace).saturating_sub(self.clock.now() - stepped);
                if !rest.is_zero() {
                    if rest > FLUSH_EVERY {
                        self.recorder.flush()?;
                    }
                    if !commands.wait(rest) {
                        continue;
                    }
                }
            }
            let before = self.clock.now();
            let recorder = &mut *self.recorder;
            let mut trouble = None;
            self.trainable.step(&mut |event| {
                if let Err(error) = recorder.record(&event) {
                    trouble.get_or_insert(error);
                }
                (sinks.emit)(&event);
            })?;
            trouble.map_or(Ok(()), Err)?;
            let now = self.clock.now();
            training += now - before;
            rate.longest_step = rate.longest_step.max(now - before);
            let position = self.trainable.position();
            (sinks.between_steps)(&*self.trainable, single || position.is_end());
            if now >= told_at + PROGRESS_EVERY || single || position.is_end() {
                told_at = now;
                let progress = rate.progress(position, training);
                (sinks.emit)(&progress);
            }
            if single {
                single = false;
                self.emit(sinks, Event::Paused { step: position.step, paused: true })?;
            }
            if now >= flushed_at + FLUSH_EVERY {
                flushed_at = now;
                self.recorder.flush()?;
            }
            if now >= checkpoint_due {
                self.checkpoint(sinks, training)?;
                let took = self.clock.now() - now;
                checkpoint_due = self.clock.now() + (took * CHECKPOINT_SHARE).max(CHECKPOINT_AT_LEAST);
            }
            stepped = Some(before);
        }
        self.finish(sinks, training)
    }

    fn finish(&mut self, sinks: &mut EventSinks, training: Duration) -> Result<Outcome, RunLoopError> {
        let position = self.trainable.position();
        if self.recorder.saved() != Some(position.step) {
            self.checkpoint(sinks, training)?;
        }
        self.emit(sinks, Event::Evaluating { step: position.step, share: None })?;
        let report = match self.trainable.report(&self.task) {
            Err(_) if self.task.is_cancelled() => return Ok(Outcome::Stopped),
            report => report?,
        };
        let seconds = training.as_secs_f64();
        let samples = (position.total_steps * position.samples_per_step) as f64;
        let mut whole = Report::new();
        whole.insert("steps".to_owned(), position.step.into());
        whole.insert("train_seconds".to_owned(), rounded(seconds).into());
        whole.insert("samples_per_second".to_owned(), rounded(samples / seconds.max(1e-9)).into());
        whole.insert("threads".to_owned(), rayon::current_num_threads().into());
        whole.extend(report);
        Ok(Outcome::Finished(whole))
    }

    fn emit(&mut self, sinks: &mut EventSinks, event: Event) -> Result<(), RunError> {
        self.recorder.record(&event)?;
        (sinks.emit)(&event);
        Ok(())
    }

    fn warn(&mut self, sinks: &mut EventSinks, said: Bilingual) -> Result<(), RunError> {
        self.emit(sinks, Event::warning(self.trainable.position().step, said))
    }

    fn checkpoint(&mut self, sinks: &mut EventSinks, training: Duration) -> Result<(), RunError> {
        let event = self.recorder.checkpoint(&mut *self.trainable, training.as_secs_f64())?;
        (sinks.emit)(&event);
        Ok(())
    }
}

/// To a thousandth: enough for a time or a rate to read.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Samples a second over the last few seconds of training, and the time that is left at that rate. Steps may be of unequal cost: where most
/// are short and some are long, as where a model is fitted after each episode, the window holds several of the long ones.
struct Rate {
    window: std::collections::VecDeque<(Duration, u64)>,
    begun: Duration,
    longest_step: Duration,
}

impl Rate {
    const WINDOW: Duration = Duration::from_secs(3);
    /// How many of the longest steps the window holds.
    const LONGEST_STEPS: u32 = 6;
    /// Before that much training nothing is said of the time that is left: a run may begin with steps that are cheaper than all others.
    const FIRST_ESTIMATE: Duration = Duration::from_secs(1);

    fn new(training: Duration, step: u64) -> Self {
        Rate { window: [(training, step)].into(), begun: training, longest_step: Duration::ZERO }
    }

    fn progress(&mut self, position: crate::experiment::Position, training: Duration) -> Event {
        self.window.push_back((training, position.step));
        let window = Self::WINDOW.max(self.longest_step * Self::LONGEST_STEPS);
        while self.window.len() > 2 && training - self.window[0].0 > window {
            self.window.pop_front();
        }
        let (since, from) = self.window[0];
        let steps_per_second = (position.step - from) as f64 / (training - since).as_secs_f64().max(1e-9);
        let left = (position.total_steps - position.step) as f64 / steps_per_second;
        let is_known = position.is_end() || training - self.begun >= Self::FIRST_ESTIMATE;
        Event::Progress {
            step: position.step,
            total_steps: position.total_steps,
            samples_per_second: rounded(steps_per_second * position.samples_per_step as f64),
            seconds: rounded(training.as_secs_f64()),
            seconds_left: (is_known && left.is_finite()).then(|| rounded(left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{KnobError, KnobValue, Model, Position, Precision};
    use crate::run::clock::TickingClock;
    use crate::run::metrics::Kept;
    use crate::run::recorder::WEIGHTS;
    use crate::run::store::RunStore;
    use crate::run::store::tests::description;
    use std::sync::Arc;

    /// Counts to ten thousand; fails at a step if asked to.
    #[derive(Default)]
    struct Counter {
        step: u64,
        fails_at: Option<u64>,
        pace: Option<f64>,
    }

    /// Sends nothing, and notes how long it was waited for.
    #[derive(Default)]
    struct Waits(Vec<Duration>);

    impl Commands for Waits {
        fn next(&mut self, _step: u64, _held: bool) -> Option<Command> {
            None
        }
        fn wait(&mut self, most: Duration) -> bool {
            self.0.push(most);
            true
        }
    }

    impl Trainable for Counter {
        fn position(&self) -> Position {
            Position { step: self.step, total_steps: 10_000, samples_per_step: 1 }
        }
        fn step(&mut self, emit: &mut dyn FnMut(Event)) -> Result<(), ExperimentError> {
            self.step += 1;
            if self.fails_at == Some(self.step) {
                return Err(ExperimentError::new("a fault"));
            }
            emit(Event::Scalar { series: "count".into(), step: self.step, value: self.step as f64 });
            Ok(())
        }
        fn pace(&self) -> Option<f64> {
            self.pace
        }
        fn set_knob(&mut self, _knob: &str, _value: &KnobValue) -> Result<(), KnobError> {
            Ok(())
        }
        fn snapshot(&self) -> Arc<dyn Model> {
            unreachable!("nobody asks a counter")
        }
        fn checkpoint(&mut self) -> Vec<u8> {
            self.step.to_le_bytes().to_vec()
        }
        fn restore(&mut self, _checkpoint: &[u8]) -> Result<(), ExperimentError> {
            Ok(())
        }
        fn weights(&self, _precision: Precision) -> Vec<u8> {
            self.step.to_le_bytes().to_vec()
        }
        fn report(&self, _watch: &TaskContext) -> Result<Report, ExperimentError> {
            Ok(Report::new())
        }
    }

    fn run_loop(counter: &mut Counter, tick: Duration) -> (Result<Outcome, RunLoopError>, Vec<Event>, Status) {
        run_with(&mut Planned::default(), counter, tick)
    }

    fn run_with(
        commands: &mut dyn Commands,
        counter: &mut Counter,
        tick: Duration,
    ) -> (Result<Outcome, RunLoopError>, Vec<Event>, Status) {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path().to_owned());
        let now = "2026-01-02T03:04:05+00:00[UTC]".parse().unwrap();
        let (description, lock) = store.create(description(), &now).unwrap();
        let id = description.id.clone();
        let mut recorder = Recorder::open(store.clone(), description, lock, &Kept::default()).unwrap();
        let clock = TickingClock::new(tick);
        let mut emitted = Vec::new();
        let conductor = Conductor {
            trainable: counter,
            recorder: &mut recorder,
            clock: &clock,
            seconds_before: 0.0,
            task: TaskContext::default(),
        };
        let mut rested = None;
        let mut between_steps = |counter: &dyn Trainable, rests: bool| {
            if rests {
                rested = Some(counter.position().step);
            }
        };
        let weights = store.folder_of(&id).join(WEIGHTS);
        let mut emit = |event: &Event| {
            // The model of a run that is killed is that of its last checkpoint.
            if let Event::Checkpoint { step, .. } = event {
                assert_eq!(std::fs::read(&weights).unwrap(), step.to_le_bytes());
            }
            emitted.push(event.clone());
        };
        let sinks = EventSinks { emit: &mut emit, between_steps: &mut between_steps };
        let outcome = conductor.run(commands, sinks);
        // The model that can be asked afterwards is that of the last step.
        assert!(outcome.is_err() || rested == Some(10_000), "rested at {rested:?}");
        (outcome, emitted, store.read(&id).unwrap().status)
    }

    /// A look at the clock moves it by a second, so a checkpoint seems to take one: the next may come after a hundred.
    #[test]
    fn checkpoints_take_a_hundredth_of_the_time_at_most() {
        let (outcome, emitted, status) = run_loop(&mut Counter::default(), Duration::from_secs(1));
        assert!(matches!(outcome, Ok(Outcome::Finished(_))));
        assert_eq!(status, Status::Finished);
        let steps: Vec<u64> = emitted
            .iter()
            .filter_map(|event| if let Event::Checkpoint { step, .. } = event { Some(*step) } else { None })
            .collect();
        assert!(steps.len() > 10, "{steps:?}");
        let gaps = steps.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.take(steps.len() - 2).all(|gap| gap >= 40), "two looks a step, a hundred seconds: {steps:?}");
    }

    /// Two dozen short steps, then a long one after every dozen: what is said of the time that is left is never far from the truth.
    #[test]
    fn the_time_that_is_left_takes_long_steps_into_account() {
        const STEPS: u64 = 780;
        let cost = |step: u64| match step {
            24 => Duration::from_secs(6),
            step if step > 24 && step.is_multiple_of(12) => Duration::from_secs(2),
            _ => Duration::from_millis(12),
        };
        let all: Duration = (1..=STEPS).map(cost).sum();
        let mut rate = Rate::new(Duration::ZERO, 0);
        let (mut training, mut told) = (Duration::ZERO, Duration::ZERO);
        let mut estimates = 0;
        for step in 1..=STEPS {
            training += cost(step);
            rate.longest_step = rate.longest_step.max(cost(step));
            if training < told + PROGRESS_EVERY {
                continue;
            }
            told = training;
            let position = Position { step, total_steps: STEPS, samples_per_step: 1 };
            let Event::Progress { seconds_left, .. } = rate.progress(position, training) else { unreachable!() };
            assert_eq!(seconds_left.is_some(), step >= 24, "step {step}");
            let Some(left) = seconds_left else { continue };
            let whole = (training.as_secs_f64() + left) / all.as_secs_f64();
            assert!((0.9..1.5).contains(&whole), "step {step}: {whole}");
            estimates += 1;
        }
        assert!(estimates > 60);
    }

    /// A step takes some looks at the clock, of a millisecond each; what is left of a tenth of a second is waited for, but not
    /// after the last step.
    #[test]
    fn a_run_that_is_watched_waits_between_its_steps() {
        let mut waits = Waits::default();
        let counter = &mut Counter { step: 9_990, pace: Some(10.0), ..Counter::default() };
        let (outcome, ..) = run_with(&mut waits, counter, Duration::from_millis(1));
        assert!(matches!(outcome, Ok(Outcome::Finished(_))));
        assert_eq!(waits.0.len(), 10, "before each step, as the run was begun before");
        let rest = Duration::from_millis(90)..Duration::from_millis(100);
        assert!(waits.0.iter().all(|wait| rest.contains(wait)), "{:?}", waits.0);
        let mut waits = Waits::default();
        let (outcome, ..) = run_with(&mut waits, &mut Counter::default(), Duration::from_millis(1));
        assert!(outcome.is_ok() && waits.0.is_empty(), "as fast as it goes");
    }

    /// A pause, or a knob that is turned, does not cut short what is left of the wait.
    #[test]
    fn a_command_is_obeyed_at_once_and_the_wait_goes_on() {
        struct Interrupts {
            waits: usize,
            came: Option<Command>,
        }
        impl Commands for Interrupts {
            fn next(&mut self, _step: u64, _held: bool) -> Option<Command> {
                self.came.take()
            }
            fn wait(&mut self, _most: Duration) -> bool {
                self.waits += 1;
                let is_first = self.waits % 2 == 1;
                self.came = is_first.then(|| Command::Set { knob: "k".to_owned(), value: KnobValue::Integer(1) });
                !is_first
            }
        }
        let mut commands = Interrupts { waits: 0, came: None };
        let counter = &mut Counter { step: 9_990, pace: Some(10.0), ..Counter::default() };
        let (outcome, emitted, _) = run_with(&mut commands, counter, Duration::from_millis(1));
        assert!(matches!(outcome, Ok(Outcome::Finished(_))));
        assert_eq!(commands.waits, 20, "twice before each step");
        assert_eq!(emitted.iter().filter(|event| matches!(event, Event::Knob { .. })).count(), 10);
    }

    /// What was shown has its whole time again after a pause, however long, and in a new segment.
    #[test]
    fn the_time_of_a_pause_does_not_count() {
        #[derive(Default)]
        struct Holds {
            came: std::collections::VecDeque<Command>,
            waits: Vec<Duration>,
        }
        impl Commands for Holds {
            fn next(&mut self, _step: u64, _held: bool) -> Option<Command> {
                self.came.pop_front()
            }
            fn wait(&mut self, most: Duration) -> bool {
                self.waits.push(most);
                let is_first = self.waits.len() == 1;
                if is_first {
                    // Every command takes some looks at the clock: far more than the pace.
                    let checkpoints = std::iter::repeat_n(Command::Checkpoint, 200);
                    self.came = std::iter::once(Command::Pause).chain(checkpoints).chain([Command::Resume]).collect();
                }
                !is_first
            }
        }
        let mut commands = Holds::default();
        let counter = &mut Counter { step: 9_999, pace: Some(10.0), ..Counter::default() };
        let (outcome, ..) = run_with(&mut commands, counter, Duration::from_millis(1));
        assert!(matches!(outcome, Ok(Outcome::Finished(_))));
        let whole = Duration::from_millis(90)..Duration::from_millis(100);
        assert!(
            commands.waits.len() == 2 && commands.waits.iter().all(|wait| whole.contains(wait)),
            "{:?}",
            commands.waits
        );
    }

    #[test]
    fn a_failure_is_told_and_recorded() {
        let (outcome, emitted, status) =
            run_loop(&mut Counter { fails_at: Some(7), ..Counter::default() }, Duration::from_millis(1));
        assert_eq!(outcome.unwrap_err().to_string(), "a fault");
        assert_eq!(emitted.last(), Some(&Event::Failed { step: 7, message: "a fault".into() }));
        assert_eq!(status, Status::Failed);
    }
}
