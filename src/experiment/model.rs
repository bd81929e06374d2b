//! The traits that a lab's chapter implements.

use super::event::{Event, Report};
use super::knob::KnobError;
use super::language::{Bilingual, Language};
use super::query::{Answer, Query};
use super::value::KnobValue;
use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use thiserror::Error;

/// What went wrong inside a model or with its files; one readable line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{en}")]
pub struct ExperimentError {
    en: String,
    ja: Option<String>,
    is_cancelled: bool,
}

impl ExperimentError {
    /// In English alone: for files and the command line.
    pub fn new(message: impl Into<String>) -> Self {
        ExperimentError { en: message.into(), ja: None, is_cancelled: false }
    }

    /// Of work that was called off.
    pub fn cancelled() -> Self {
        ExperimentError { is_cancelled: true, ..Self::new("cancelled") }
    }

    /// Whether it is of work that was called off.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// In both languages: what a person meets on a screen.
    pub fn both(en: impl Into<String>, ja: impl Into<String>) -> Self {
        ExperimentError { en: en.into(), ja: Some(ja.into()), is_cancelled: false }
    }

    /// What was said in both languages elsewhere.
    pub fn worded(wording: Bilingual) -> Self {
        Self::both(wording.en, wording.ja)
    }

    /// For a query of a kind that a model does not answer.
    pub fn unanswered(query: &Query) -> Self {
        let kind = query.kind();
        ExperimentError::both(
            format!("this model does not answer {kind:?}"),
            format!("このモデルは {kind:?} に答えません"),
        )
    }

    /// The same, of a file, which is named once.
    #[must_use]
    pub fn in_file(&self, file: &Path) -> Self {
        let before = format!("{}: ", file.display());
        let Bilingual { en, ja } = self.wording();
        if en.starts_with(&before) {
            return self.clone();
        }
        let is_cancelled = self.is_cancelled;
        ExperimentError { is_cancelled, ..ExperimentError::both(format!("{before}{en}"), format!("{before}{ja}")) }
    }

    /// Both languages; English for one that it was not said in.
    pub fn wording(&self) -> Bilingual {
        Bilingual::new(self.in_language(Language::En), self.in_language(Language::Ja))
    }

    pub fn in_language(&self, language: Language) -> &str {
        match (language, &self.ja) {
            (Language::Ja, Some(ja)) => ja,
            _ => &self.en,
        }
    }
}

/// Lets the one who asked call a long answer off, see how far it is, and hear what there is of it so far.
#[derive(Debug, Clone)]
pub struct TaskContext {
    state: Arc<TaskState>,
    /// From which to which share of the whole work this one goes.
    part: [f64; 2],
}

type Listener = Box<dyn Fn(Answer) + Send + Sync>;
type ShareListener = Box<dyn Fn(f32) + Send + Sync>;

#[derive(Default)]
struct TaskState {
    listener: Option<Listener>,
    share_listener: Option<ShareListener>,
    cancelled: AtomicBool,
    /// Thousandths done, and one; zero until progress was reported.
    done: AtomicU32,
}

impl std::fmt::Debug for TaskState {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TaskState").field("cancelled", &self.cancelled).field("done", &self.done).finish()
    }
}

impl Default for TaskContext {
    fn default() -> Self {
        Self::of(TaskState::default())
    }
}

impl TaskContext {
    fn of(state: TaskState) -> Self {
        TaskContext { state: Arc::new(state), part: [0.0, 1.0] }
    }

    /// One that hears answers before they are whole.
    pub fn hearing(listener: impl Fn(Answer) + Send + Sync + 'static) -> Self {
        Self::of(TaskState { listener: Some(Box::new(listener)), ..TaskState::default() })
    }

    /// One that hears each further hundredth of the work, as a share from 0 to 1.
    pub fn hearing_share(listener: impl Fn(f32) + Send + Sync + 'static) -> Self {
        Self::of(TaskState { share_listener: Some(Box::new(listener)), ..TaskState::default() })
    }

    /// A part of the work, from one share of it to another: what is reported of the part is reported as that much of the whole.
    pub fn part(&self, from: f64, to: f64) -> Self {
        let [own, end] = self.part;
        let at = |share: f64| own + (end - own) * share;
        TaskContext { state: Arc::clone(&self.state), part: [at(from), at(to)] }
    }

    /// Shows what there is of an answer so far.
    pub fn show(&self, so_far: Answer) {
        if let Some(listener) = &self.state.listener {
            listener(so_far);
        }
    }

    /// What [`cancel`](Self::cancel) sets.
    pub fn stop(&self) -> &AtomicBool {
        &self.state.cancelled
    }

    /// Ask for the work to end early.
    pub fn cancel(&self) {
        self.state.cancelled.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.state.cancelled.load(Ordering::Relaxed)
    }

    /// Reports how far the work is.
    pub fn report_progress(&self, done: u64, total: u64) {
        let [from, to] = self.part;
        let share = from + (to - from) * (done.min(total) as f64 / total.max(1) as f64);
        let thousandths = (share * 1000.0) as u32;
        let before = self.state.done.swap(thousandths + 1, Ordering::Relaxed);
        if let Some(listener) = &self.state.share_listener
            && (before == 0 || (before - 1) / 10 != thousandths / 10)
        {
            listener(share as f32);
        }
    }

    /// The share that is done, 0 to 1, if the work reports it.
    pub fn share(&self) -> Option<f32> {
        let done = self.state.done.load(Ordering::Relaxed);
        (done > 0).then(|| (done - 1) as f32 / 1000.0)
    }

    /// For the `?` of a loop: an error once cancelled.
    pub fn check(&self) -> Result<(), ExperimentError> {
        if self.is_cancelled() { Err(ExperimentError::cancelled()) } else { Ok(()) }
    }
}

/// Something that can be asked.
pub trait Model: Send + Sync {
    /// Answers from the weights as they are.
    ///
    /// # Errors
    /// When the query does not fit the model (a picture of the wrong size, a code of the wrong length, a kind of query
    /// that it does not know) or was cancelled.
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError>;

    /// Opens a session, for what must be remembered. What `before`, a session of an earlier state of the same model,
    /// remembers is taken over.
    ///
    /// # Errors
    /// When the model has no sessions.
    fn session(&self, _before: Option<Box<dyn Session>>) -> Result<Box<dyn Session>, ExperimentError> {
        Err(ExperimentError::both("this model takes no typed lines", "このモデルは 1 行ずつの入力に対応していません"))
    }
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Steps done.
    pub step: u64,
    /// Steps in all.
    pub total_steps: u64,
    /// Samples (or tokens) a step.
    pub samples_per_step: u64,
}

impl Position {
    pub fn is_end(&self) -> bool {
        self.step >= self.total_steps
    }
}

/// The number format of weights on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: exactly the weights.
    Single,
    /// 16 bits (IEEE half), for shipped models.
    Half,
}

/// A model that learns.
pub trait Trainable: Send {
    fn position(&self) -> Position;

    /// One training step. Events go to `emit` in order; those with a value depend on nothing but knobs, seed and step.
    ///
    /// # Errors
    /// When the run cannot go on.
    fn step(&mut self, emit: &mut dyn FnMut(Event)) -> Result<(), ExperimentError>;

    /// Steps a second at most, where a person wants to watch each, or is asked something before the next; `None` for as fast as it goes.
    fn pace(&self) -> Option<f64> {
        None
    }

    /// A run goes on in a new segment: emits again what must be seen for that.
    fn resumed(&mut self, _emit: &mut dyn FnMut(Event)) {}

    /// Turns a live knob, from the next step on.
    ///
    /// # Errors
    /// When there is no such live knob, or the value is out of its range.
    fn set_knob(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError>;

    /// A lab's own action; the registry lists their names. What it changes at once is emitted.
    ///
    /// # Errors
    /// When there is no such action here, or its argument is wrong; nothing is changed then.
    fn apply_action(
        &mut self,
        action: &str,
        _argument: &str,
        _emit: &mut dyn FnMut(Event),
    ) -> Result<(), ExperimentError> {
        Err(ExperimentError::new(format!("this lab has no action `{action}`")))
    }

    /// The model as it is now, cheap to take and free of later steps.
    fn snapshot(&self) -> Arc<dyn Model>;

    /// Everything that the rest of the run depends on, as the bytes of a [checkpoint](crate::nn::Checkpoint). It changes
    /// nothing: what is kept is described once, for writing and for reading, and reading needs `&mut`.
    fn checkpoint(&mut self) -> Vec<u8>;

    /// Takes up a [`checkpoint`](Self::checkpoint) of a run with the same knobs and seed.
    ///
    /// # Errors
    /// When the bytes are no such checkpoint; nothing is changed then.
    fn restore(&mut self, checkpoint: &[u8]) -> Result<(), ExperimentError>;

    /// The weights alone, as safetensors.
    fn weights(&self, precision: Precision) -> Vec<u8>;

    /// The lab's own figures at the end (the runner adds steps, times and threads).
    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError>;
}

/// Answers queries and remembers what was asked. A session is opened from a [model](Model::session) and belongs to whoever
/// asks: two who ask the same model have a session each.
pub trait Session: Any + Send {
    /// # Errors
    /// As [`Model::answer`].
    fn answer(&mut self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError>;

    /// Answers what can be seen of the session from outside, also while it is at work: the tree of a search as it grows.
    fn observer(&self) -> Option<Arc<dyn Model>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_a_part_is_heard_as_that_much_of_the_whole() {
        let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
        let its = Arc::clone(&heard);
        let task = TaskContext::hearing_share(move |share| its.lock().unwrap().push(share));
        task.part(0.0, 0.5).report_progress(1, 2);
        task.part(0.5, 1.0).part(0.5, 1.0).report_progress(0, 7);
        task.part(0.5, 1.0).report_progress(1001, 2000);
        task.report_progress(9, 9);
        assert_eq!(*heard.lock().unwrap(), [0.25, 0.75, 1.0], "and a hundredth once");
        assert_eq!(task.share(), Some(1.0));
    }

    #[test]
    fn a_failure_is_told_in_the_language_that_it_has() {
        let both = ExperimentError::both("no room", "場所がありません");
        assert_eq!(
            [Language::En, Language::Ja].map(|language| both.in_language(language)),
            ["no room", "場所がありません"]
        );
        assert_eq!(ExperimentError::new("no room").in_language(Language::Ja), "no room");
        assert_eq!(both.to_string(), "no room");
    }
}
