//! A run as a screen sees it: what its events add up to.

use super::widgets::chart::Series;
use crate::class::message::RunHere;
use crate::experiment::{ActionSpec, Argument, Bilingual, Command, Event, KnobValue, Knobs, Panel, Report, Source};
use crate::lab::Attempt;
use crate::run::description::RunDescription;
use crate::run::inbox::Wake;
use crate::run::question::ModelSource;
use crate::run::runner::{EventSink, Stopper};
use crate::run::{Inbox, RecordedRun, RunError, RunHandle, RunStore, Runner, Start, Status, metrics, recorder};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// A run that a person wants; it may have to wait for a place to train.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A new run, as it was chosen.
    Begin(Box<Start>),
    /// A run that was stopped, by its id.
    Resume(String),
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Starting,
    Running,
    Paused,
    Evaluating,
    Finished,
    Stopped,
    Failed,
}

/// The latest progress.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pace {
    pub step: u64,
    pub total_steps: u64,
    pub samples_per_second: f64,
    pub seconds: f64,
    pub seconds_left: Option<f64>,
}

/// A knob that was turned at a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub step: u64,
    pub knob: String,
    pub value: KnobValue,
}

pub struct LiveRun {
    pub id: String,
    pub lab: String,
    pub preset: Option<String>,
    pub seed: u64,
    pub knobs: Knobs,
    pub stage: Stage,
    pub pace: Pace,
    /// The share of the final report that is computed, where the lab says, and since when it is.
    pub evaluated: Option<f32>,
    pub evaluating_since: Option<Instant>,
    pub series: BTreeMap<String, Series>,
    /// The latest of each view that it emits, with its step.
    pub views: BTreeMap<String, LiveView>,
    pub report: Option<Report>,
    /// Knobs that were turned, in order.
    pub turns: Vec<Turn>,
    /// Actions that were applied to it.
    pub actions: u64,
    /// Whether it is on the lab's own data.
    on_labs_data: bool,
    /// Whether Explore asks its model, where a person has not gone back to the lab's own.
    pub is_explored: bool,
    /// Whether it is the record of an earlier run.
    pub is_recorded: bool,
    /// The last warning or failure, and how many warnings there were.
    pub message: Option<Bilingual>,
    pub warnings: u64,
    handle: Box<dyn RunHandle>,
    inbox: Arc<Inbox>,
}

/// Events go to a screen by way of its inbox.
fn into(inbox: &Arc<Inbox>) -> EventSink {
    let inbox = Arc::clone(inbox);
    Box::new(move |event| inbox.put(event))
}

impl LiveRun {
    /// How it stands, for the class.
    pub fn here(&self) -> RunHere {
        let share = self.pace.step as f64 / self.pace.total_steps.max(1) as f64;
        RunHere {
            lab: self.lab.clone(),
            percent: (100.0 * share).clamp(0.0, 100.0) as u8,
            is_live: self.is_live() && !self.is_held(),
            is_held: self.is_held(),
        }
    }

    /// Starts a new run.
    pub fn start(runner: &dyn Runner, start: Start, wake: Wake) -> Result<Self, RunError> {
        let inbox = Arc::new(Inbox::new(wake));
        let (lab, preset, seed, knobs) = (start.lab.clone(), start.preset.clone(), start.seed, start.knobs.clone());
        let on_labs_data = start.data.is_none();
        let handle = runner.start(start, into(&inbox))?;
        Ok(LiveRun { on_labs_data, ..Self::new(handle, inbox, lab, preset, seed, knobs) })
    }

    /// What stops it from another thread.
    pub fn stopper(&self) -> Stopper {
        self.handle.stopper()
    }

    /// Whether nothing of it goes on any more, so that it ends at once when it is let go.
    pub fn has_ended(&self) -> bool {
        self.handle.is_over()
    }

    /// Takes up a stopped run.
    pub fn resume(runner: &dyn Runner, store: &RunStore, id: &str, wake: Wake) -> Result<Self, RunError> {
        let description = store.read(id)?;
        let events = metrics::read(&store.folder_of(id)).map_or_else(|_| Vec::new(), |metrics| metrics.events);
        let inbox = Arc::new(Inbox::new(wake));
        let handle = runner.resume(id, None, into(&inbox))?;
        let RunDescription { lab, preset, seed, knobs, data, .. } = description;
        let actions = events.iter().filter(|event| matches!(event, Event::Action { .. })).count() as u64;
        let on_labs_data = data.is_none();
        Ok(LiveRun { actions, on_labs_data, ..Self::new(handle, inbox, lab, preset, seed, knobs) })
    }

    /// Opens the record of a run that is over: its curves, what it showed last, its report, and the model that it kept.
    pub fn open(store: &RunStore, source: &Source, id: &str, wake: Wake) -> Result<Self, RunError> {
        let description = store.read(id)?;
        let stage = match description.status {
            Status::Running => return Err(RunError::Busy(id.to_owned())),
            Status::Stopped => Stage::Stopped,
            Status::Failed => Stage::Failed,
            Status::Finished => Stage::Finished,
        };
        let shown = recorder::last_views(&store.folder_of(id));
        let events = store.events(id)?.events.into_iter().chain(shown);
        let handle = Box::new(RecordedRun::new(store.clone(), description.clone(), source));
        let RunDescription { lab, preset, seed, knobs, data, report, failure, .. } = description;
        let on_labs_data = data.is_none();
        let inbox = Arc::new(Inbox::new(wake));
        let mut run = LiveRun { on_labs_data, is_recorded: true, ..Self::new(handle, inbox, lab, preset, seed, knobs) };
        events.for_each(|event| run.take_in(event));
        run.stage = stage;
        run.message = failure.map(Bilingual::from).or(run.message);
        run.report = report;
        Ok(run)
    }

    fn new(
        handle: Box<dyn RunHandle>,
        inbox: Arc<Inbox>,
        lab: String,
        preset: Option<String>,
        seed: u64,
        knobs: Knobs,
    ) -> Self {
        LiveRun {
            id: handle.id().to_owned(),
            lab,
            preset,
            seed,
            knobs,
            stage: Stage::Starting,
            pace: Pace::default(),
            evaluated: None,
            evaluating_since: None,
            series: BTreeMap::new(),
            views: BTreeMap::new(),
            report: None,
            turns: Vec::new(),
            actions: 0,
            on_labs_data: true,
            is_explored: true,
            is_recorded: false,
            message: None,
            warnings: 0,
            handle,
            inbox,
        }
    }

    /// Whether it still trains, or is held.
    pub fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Running | Stage::Paused | Stage::Evaluating)
    }

    /// Whether it waits to be let go on.
    pub fn is_held(&self) -> bool {
        self.stage == Stage::Paused
    }

    /// The name and the step of the view that asks a person for one of these actions, as long as no step was done since.
    pub fn asks(&self, actions: &[ActionSpec]) -> Option<(&'static str, u64)> {
        actions.iter().filter(|action| self.is_live() && action.fits(&self.knobs)).find_map(|action| {
            let Argument::Answer(view) = action.argument else { return None };
            let shown = self.views.get(view)?;
            (shown.step >= self.pace.step).then_some((view, shown.step))
        })
    }

    pub fn send(&self, command: Command) {
        self.handle.send(command);
    }

    /// Pauses it, or lets it go on.
    pub fn toggle_pause(&self) {
        self.send(if self.is_held() { Command::Resume } else { Command::Pause });
    }

    /// The model as it is now, once there is one.
    pub fn model(&self) -> Option<ModelSource> {
        (self.stage != Stage::Starting).then(|| self.handle.model())
    }

    /// Takes in what happened since the last time; gives the new values of series for exercises to look at.
    pub fn catch_up(&mut self) -> Vec<Attempt> {
        let mut values = Vec::new();
        for event in self.inbox.take() {
            if let Event::Scalar { series, step, value } = &event {
                let (knobs, untouched) = (self.knobs.clone(), self.on_labs_data && self.actions == 0);
                values.push(Attempt::Point { series: series.clone(), step: *step, value: *value, knobs, untouched });
            }
            self.take_in(event);
        }
        values
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Started { step, .. } => {
                // What lay past the checkpoint that it went on from is lost.
                self.turns.retain(|turn| turn.step <= step);
                self.stage = Stage::Running;
            }
            Event::Scalar { series, step, value } => {
                self.series.entry(series).or_default().push(step, value);
                self.pace.step = self.pace.step.max(step);
            }
            Event::View { name, step, panels, .. } => {
                self.views.insert(name, LiveView { step, panels, since: Instant::now() });
            }
            Event::Knob { step, knob, value } => {
                self.turns.push(Turn { step, knob: knob.clone(), value: value.clone() });
                self.knobs.0.insert(knob, value);
            }
            Event::Action { .. } => self.actions += 1,
            Event::Checkpoint { step, seconds } => {
                self.pace.step = self.pace.step.max(step);
                self.pace.seconds = self.pace.seconds.max(seconds);
            }
            Event::Progress { step, total_steps, samples_per_second, seconds, seconds_left } => {
                self.pace = Pace { step, total_steps, samples_per_second, seconds, seconds_left };
            }
            Event::Warning { message, japanese, .. } => {
                let japanese = japanese.unwrap_or_else(|| message.clone());
                self.message = Some(Bilingual::new(message, japanese));
                self.warnings += 1;
            }
            Event::Paused { paused, .. } => self.stage = if paused { Stage::Paused } else { Stage::Running },
            Event::Evaluating { share, .. } => {
                self.stage = Stage::Evaluating;
                self.evaluated = share;
                self.evaluating_since.get_or_insert_with(Instant::now);
            }
            Event::Stopped { .. } => self.stage = Stage::Stopped,
            Event::Failed { message, .. } => {
                self.stage = Stage::Failed;
                self.message = Some(message.into());
            }
            Event::Finished { report, .. } => {
                self.stage = Stage::Finished;
                self.report = Some(report);
            }
        }
    }
}

/// What a run showed last under a name.
#[derive(Debug, Clone)]
pub struct LiveView {
    pub step: u64,
    pub panels: Vec<Panel>,
    /// Since when.
    pub since: Instant,
}

impl LiveView {
    /// Of figures that move: their panel, the moment that they have come to, and whether there are more.
    pub fn moment(&self) -> Option<(usize, usize, bool)> {
        self.panels.iter().enumerate().find_map(|(index, panel)| {
            let Panel::Poses(poses) = panel else { return None };
            let last = poses.poses.len().checked_sub(1)?;
            let moment = self.since.elapsed().as_secs_f32() / poses.seconds_per_pose.max(1e-3);
            Some((index, (moment as usize).min(last), moment < last as f32))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::open_bundled;
    use crate::run::store::tests::description;

    fn opened(folder: &std::path::Path) -> LiveRun {
        let path = folder.to_owned();
        let store = RunStore::new(path.join("runs"));
        let source = Source { cache: path.clone(), folder: None, weights: None, keep: path, companion: open_bundled };
        let (description, lock) =
            store.create(description(), &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
        drop(lock);
        LiveRun::open(&store, &source, &description.id, Arc::new(|| ())).unwrap()
    }

    #[test]
    fn a_run_asks_until_its_next_step() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = opened(folder.path());
        let actions = crate::registry::find("rlhf").unwrap().actions;
        let view = |step| Event::View { name: "pair".to_owned(), step, panels: Vec::new(), keep: false };
        run.stage = Stage::Running;
        run.take_in(view(3));
        assert_eq!(run.asks(actions), None, "the rules compare");
        run.knobs.0.insert("annotator".to_owned(), KnobValue::Text("you".to_owned()));
        assert_eq!(run.asks(actions), Some(("pair", 3)));
        run.take_in(Event::Scalar { series: "reward_loss".to_owned(), step: 4, value: 0.5 });
        assert_eq!(run.asks(actions), None, "it has gone on");
        run.take_in(view(5));
        assert_eq!(run.asks(actions), Some(("pair", 5)));
        run.stage = Stage::Stopped;
        assert_eq!(run.asks(actions), None);
    }

    /// A run that goes on from a checkpoint was never turned as it was beyond that.
    #[test]
    fn turns_past_the_checkpoint_of_a_resumed_run_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut run = opened(folder.path());
        let turned = |step| Event::Knob { step, knob: "beta".to_owned(), value: KnobValue::Integer(step as i64) };
        let started = Event::Started {
            run: run.id.clone(),
            lab: run.lab.clone(),
            preset: None,
            seed: 1,
            threads: 1,
            step: 30,
            knobs: Knobs::default(),
        };
        [turned(10), turned(50), started, turned(60)].into_iter().for_each(|event| run.take_in(event));
        let steps: Vec<u64> = run.turns.iter().map(|turn| turn.step).collect();
        assert_eq!(steps, [10, 60]);
        assert_eq!(run.knobs.0["beta"], KnobValue::Integer(60));
    }
}
