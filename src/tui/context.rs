//! What all screens share: the language, the look, the model to ask, the run under way, the learner's progress.

use super::class::ClassState;
use super::destination::{Destination, Places, Spot};
use super::last_resort;
use super::live_run::LiveRun;
use super::text::{self, filled};
use super::theme::Theme;
use super::widgets::picture::Pictures;
use crate::experiment::{Answer, Command, ExperimentError, Knobs, Language, Model, Query, Source, ViewSpec, Wording};
use crate::lab::exercise::{self, Attempt, Verdict};
use crate::lab::{Catalogue, Check, Lab, Progress};
use crate::registry;
use crate::run::inbox::Wake;
use crate::run::question::{ModelSource, Question};
use crate::run::{Questions, RunStore, Runner};
use crate::width::Widths;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a notice stays at least, and for each letter: a long one has to be read.
const NOTICE: Duration = Duration::from_secs(6);
const NOTICE_LETTER: Duration = Duration::from_millis(80);

pub struct AppContext {
    pub language: Language,
    pub theme: Theme,
    pub widths: Widths,
    pub pictures: Pictures,
    pub questions: Questions,
    pub progress: Progress,
    pub catalogue: Catalogue,
    pub store: RunStore,
    pub source: Source,
    pub wake: Wake,
    /// What trains.
    pub runner: Arc<dyn Runner>,
    /// The run of this program, on a lab or just ended.
    pub run: Option<LiveRun>,
    /// Runs that were let go and are being recorded.
    leaving: Vec<JoinHandle<()>>,
    /// And when it goes.
    notice: Option<(String, Instant)>,
    shipped: BTreeMap<String, ShippedModel>,
    /// Notes of labs that were left before they could be kept: what they were, and what they are to be.
    pub unkept_notes: BTreeMap<String, [String; 2]>,
    /// The run whose earlier export is written over if its export is asked for once more.
    pub to_export_again: Option<String>,
    /// Text to be put on the clipboard with the next frame.
    pub clipboard: Option<String>,
    /// Where the frame takes clicks.
    pub places: Places,
    /// Where to go next, if a screen has asked for it.
    pub next: Option<Destination>,
    /// Where labs were left, by their ids: who comes back goes on there.
    pub spots: BTreeMap<String, Spot>,
    /// The lab that is shown; none in the picker.
    pub shown_lab: Option<String>,
    /// The class that this session is part of, if it is part of one.
    pub class: ClassState,
}

/// A shipped model, opened by the first who asks.
type ShippedModel = Arc<Mutex<Option<Result<Arc<dyn Model>, ExperimentError>>>>;

impl AppContext {
    #[expect(clippy::too_many_arguments, reason = "the parts of one app")]
    pub fn new(
        language: Language,
        theme: Theme,
        widths: Widths,
        pictures: Pictures,
        progress: Progress,
        catalogue: Catalogue,
        store: RunStore,
        source: Source,
        wake: Wake,
        runner: Arc<dyn Runner>,
    ) -> Self {
        let questions = Questions::new(Arc::clone(&wake));
        AppContext {
            language,
            theme,
            widths,
            pictures,
            questions,
            progress,
            catalogue,
            store,
            source,
            wake,
            runner,
            run: None,
            leaving: Vec::new(),
            notice: None,
            shipped: BTreeMap::new(),
            unkept_notes: BTreeMap::new(),
            to_export_again: None,
            clipboard: None,
            places: Places::default(),
            next: None,
            spots: BTreeMap::new(),
            shown_lab: None,
            class: ClassState::default(),
        }
    }

    /// A context without a terminal, whose files are in a folder.
    #[cfg(test)]
    pub fn for_tests(language: Language, folder: &std::path::Path) -> Self {
        Self::for_tests_woken(language, folder, Arc::new(|| {}))
    }

    /// The same, which calls `wake` when there is news.
    #[cfg(test)]
    pub fn for_tests_woken(language: Language, folder: &std::path::Path, wake: Wake) -> Self {
        use crate::run::thread::ThreadRunner;
        let store = RunStore::new(folder.join("runs"));
        let path = folder.to_owned();
        let source =
            Source { cache: path.clone(), folder: None, weights: None, keep: path, companion: registry::open_bundled };
        let runner = ThreadRunner { store: store.clone(), source: source.clone() };
        AppContext::new(
            language,
            Theme::dark(),
            Widths::default(),
            Pictures::new(
                super::widgets::picture::Look { light: false, color: true, wide_ambiguous: false },
                None,
                super::widgets::picture::PictureMode::HalfBlocks,
            ),
            Progress::in_memory(None),
            Catalogue::load(std::path::Path::new("/nowhere"), None),
            store,
            source,
            wake,
            Arc::new(runner),
        )
    }

    /// Shows a run, which is stopped if this program must end though nothing answers.
    pub fn show_run(&mut self, run: LiveRun) {
        last_resort::watch(Some(run.stopper()));
        self.run = Some(run);
    }

    /// Lets the run go that is shown: it is stopped and recorded, and nobody waits for it here.
    pub fn let_run_go(&mut self) {
        let Some(run) = self.run.take() else { return };
        if run.has_ended() {
            return;
        }
        let ended = std::thread::Builder::new().name("leaving".to_owned()).spawn(move || drop(run));
        // Without a thread it was ended here.
        self.leaving.extend(ended.ok());
    }

    /// Ends the run for an instructor if it is held still; what is said of it, which stands beside its curves too.
    pub fn end_held_run(&mut self, by: &str) -> Option<String> {
        let said = filled(self.say(text::RUN_ENDED), &[&by]);
        let run = self.run.as_mut().filter(|run| run.is_held())?;
        run.send(Command::Stop);
        run.message = Some(said.clone().into());
        Some(said)
    }

    pub fn say(&self, wording: Wording) -> &'static str {
        wording.in_language(self.language)
    }

    /// Shows a line at the foot of the screen for a while.
    pub fn notify(&mut self, message: impl Into<String>) {
        let message = message.into();
        let letters = u32::try_from(message.chars().count()).unwrap_or(u32::MAX);
        self.notice = Some((message, Instant::now() + NOTICE.max(NOTICE_LETTER.saturating_mul(letters))));
    }

    /// The line to show, while it is new.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_ref().filter(|(_, end)| Instant::now() < *end).map(|(message, _)| message.as_str())
    }

    /// The notice, which is told then.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take().map(|(message, _)| message)
    }

    /// When the notice goes.
    pub fn notice_ends(&self) -> Option<Instant> {
        self.notice.as_ref().map(|(_, end)| *end).filter(|end| *end > Instant::now())
    }

    /// The knobs of a lab's run; without a run, no knobs.
    pub fn knobs_of_run(&self, lab: &str) -> Knobs {
        self.run_of(lab).map(|run| run.knobs.clone()).unwrap_or_default()
    }

    /// The run of a lab, if there is one.
    pub fn run_of(&self, lab: &str) -> Option<&LiveRun> {
        self.run.as_ref().filter(|run| run.lab == lab)
    }

    /// The run of a lab whose model answers; none where a person has gone back to the one that ships.
    pub fn explored_run(&self, lab: &str) -> Option<&LiveRun> {
        self.run_of(lab).filter(|run| run.is_explored)
    }

    /// The run whose model answers; none is the lab's own model.
    pub fn answering_run(&self, lab: &str) -> Option<&LiveRun> {
        self.explored_run(lab).filter(|run| run.model().is_some())
    }

    /// The model of a lab: that of its run, unless a person has gone back to the one that ships.
    pub fn model(&mut self, lab: &Lab) -> ModelSource {
        let of_run = self.explored_run(&lab.id).and_then(LiveRun::model);
        of_run.unwrap_or_else(|| self.shipped(&lab.experiment))
    }

    /// Goes from the model of a lab's run to the one that ships, or back; `false` if there is no run with a model.
    pub fn switch_model(&mut self, lab: &str) -> bool {
        let run = self.run.as_mut().filter(|run| run.lab == lab && run.model().is_some());
        run.map(|run| run.is_explored = !run.is_explored).is_some()
    }

    /// The model that ships with an experiment; opened off the drawing thread, once.
    pub fn shipped(&mut self, experiment: &str) -> ModelSource {
        let slot = Arc::clone(self.shipped.entry(experiment.to_owned()).or_default());
        let (experiment, source) = (experiment.to_owned(), self.source.clone());
        Arc::new(move || {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let open = || registry::open_default(&experiment, &source);
            slot.get_or_insert_with(open).clone()
        })
    }

    /// Whether the model that a lab would ask is still to be opened: the one that ships, for the first who asks.
    pub fn opens_model(&self, lab: &Lab) -> bool {
        let is_open = |slot: &ShippedModel| slot.try_lock().is_ok_and(|slot| slot.is_some());
        self.answering_run(&lab.id).is_none() && !self.shipped.get(&lab.experiment).is_some_and(is_open)
    }

    /// Asks a lab's model, or the session that its instruments share; the answer comes to the screen under `key`.
    pub fn ask(&mut self, lab: &Lab, key: &str, query: impl Into<Query>) {
        let source = self.model(lab);
        self.questions.ask(Question::new(key, query.into(), source, &lab.id));
    }

    /// Asks a model of a lab for one of its views; `first`: before what waits to be answered, as a person looks at what was asked last.
    pub fn ask_view_of(&self, source: ModelSource, lab: &Lab, key: &str, view: &ViewSpec, inputs: Knobs, first: bool) {
        let query = Query::View { name: view.name.to_owned(), inputs };
        self.questions.ask(Question { slow: view.slow, first, ..Question::new(key, query, source, &lab.id) });
    }

    /// Decides what happened against the exercises of a lab that watch for it, and keeps what is earned.
    pub fn happened(&mut self, lab: &Lab, attempt: &Attempt) {
        let solved = self.progress.solved(&lab.id);
        for exercise in lab.exercises.iter().filter(|exercise| !solved.contains(&exercise.id)) {
            let watches = matches!(
                exercise.check,
                Check::Series { .. } | Check::Instrument { .. } | Check::Answer { .. } | Check::Line { .. }
            );
            let is_its_turn = exercise.after.as_ref().is_none_or(|after| solved.contains(after));
            if watches && is_its_turn && exercise::decide(exercise, attempt, self.language) == Verdict::Passed {
                self.solve(lab, &exercise.id, &attempt.to_string(), exercise.title.in_language(self.language));
            }
        }
    }

    /// Tries again to keep the notes of labs that were left before they could be kept; whether none are left over. Those of the lab that
    /// is shown are its own to keep.
    pub fn keep_notes_that_were_left(&mut self) -> bool {
        let (progress, shown) = (&self.progress, self.shown_lab.as_ref());
        self.unkept_notes
            .retain(|lab, [before, text]| Some(lab) == shown || progress.set_notes(lab, before, text).is_err());
        self.unkept_notes.keys().all(|lab| Some(lab) == shown)
    }

    /// Keeps a solved exercise.
    pub fn solve(&mut self, lab: &Lab, exercise: &str, answer: &str, title: &str) {
        let now = jiff::Timestamp::now().to_string();
        match self.progress.attempt(&lab.id, exercise, answer, Some(&now)) {
            Ok(()) => {
                // A run goes on while another lab is looked at.
                let elsewhere = self.shown_lab.as_ref().is_some_and(|shown| *shown != lab.id);
                let of =
                    if elsewhere { format!("{} · ", lab.title.in_language(self.language)) } else { String::new() };
                self.notify(format!("✓ {}: {of}{title}", self.say(super::text::SOLVED)));
            }
            Err(error) => self.notify(error),
        }
    }
}

/// An answer for an instrument, by the key it was asked under.
pub type Reply = (String, Result<Answer, ExperimentError>);

impl Drop for AppContext {
    /// Every run is recorded before the terminal is given back.
    fn drop(&mut self) {
        self.run = None;
        for run in self.leaving.drain(..) {
            // What it failed of is in its record.
            let _ = run.join();
        }
        last_resort::reached(last_resort::Stage::Recorded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::condition::{Comparison, Steps};

    /// Every run that stands after its prediction, and every cure after its fault: what looks like one, such as a run of the default
    /// preset, is none before.
    #[test]
    fn a_run_counts_only_after_its_prediction_and_a_cure_after_its_fault() {
        let folder = tempfile::tempdir().unwrap();
        let labs: Vec<Lab> =
            AppContext::for_tests(Language::En, folder.path()).catalogue.labs().into_iter().cloned().collect();
        let runs = labs.iter().flat_map(|lab| lab.exercises.iter().map(move |exercise| (lab, exercise)));
        let mut count = 0;
        for (lab, exercise) in runs {
            let (Some(after), Check::Series { condition, knobs, .. }) = (&exercise.after, &exercise.check) else {
                continue;
            };
            // Nothing is solved yet, not even the prediction of a fault.
            let folder = tempfile::tempdir().unwrap();
            let mut app = AppContext::for_tests(Language::En, folder.path());
            let experiment = registry::find(&lab.experiment).unwrap();
            let mut all = Knobs::defaults(&(experiment.knobs)());
            all.0.extend(knobs.clone());
            let step = match condition.steps {
                Steps::All => 1,
                Steps::Within(step) | Steps::After(step) => step,
            };
            let beyond = match condition.comparison {
                Comparison::AtLeast | Comparison::AtMost => 0.0,
                Comparison::Above => 1e-6,
                Comparison::Below => -1e-6,
            };
            let (series, value) = (condition.series.clone(), condition.bound + beyond);
            let attempt = Attempt::Point { series, step, value, knobs: all, untouched: true };
            assert_eq!(exercise::decide(exercise, &attempt, Language::En), Verdict::Passed, "{}", lab.id);
            app.happened(lab, &attempt);
            assert!(!app.progress.solved(&lab.id).contains(&exercise.id), "{}: {}", lab.id, exercise.id);
            app.solve(lab, after, "", "");
            app.happened(lab, &attempt);
            assert!(app.progress.solved(&lab.id).contains(&exercise.id), "{}: {}", lab.id, exercise.id);
            count += 1;
        }
        assert_eq!(count, 58);
    }
}
