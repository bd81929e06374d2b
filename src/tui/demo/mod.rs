//! Plays the instructor's script of a lab on the lab's own screen.
//!
//! ```text
//! begin a step ─► actions, keys 50 ms apart ─► wait for its event ─► the next step
//! ```
//!
//! What was done cannot be undone: a step that is gone back to is shown again, at its tab and pane, and does nothing else.

mod band;
mod record;
mod rehearsal;
mod svg;
#[cfg(test)]
mod tests;

use super::context::AppContext;
use super::destination::Destination;
use super::keys::{self, Action, Key};
use super::live_run::{LiveRun, Stage};
use super::screens::lab::LabScreen;
use super::text;
use super::widgets::chart::number;
use crate::experiment::{Bilingual, Command, KnobValue, Wording};
use crate::lab::condition::Condition;
use crate::lab::script::{Act, DemoAction, DemoStep, Until};
use crate::lab::{Lab, keystroke::Keystroke};
use crossterm::event::{KeyCode, KeyEvent};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub use band::{draw, rows};
pub use record::{Recording, Version, record};
pub use rehearsal::Rehearsal;

/// Time between two keys that the script presses: the hall sees each of them.
pub const KEY_PERIOD: Duration = Duration::from_millis(50);

/// Something to do that is not divided further.
enum Deed {
    Act(DemoAction),
    Key(KeyEvent),
    /// A letter of a text, which must go where text is typed.
    Letter(char),
}

/// How the wait of a step stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Wait {
    /// For the presenter's key.
    ForKey,
    /// What was waited for has come.
    Over,
    /// For an event, in these words.
    For(Bilingual),
    /// For what a run that has ended can no longer bring: the presenter decides.
    Never(Bilingual),
}

/// A script on its way.
pub struct Player {
    lab: Lab,
    at: usize,
    /// How many steps were begun: one that is shown again does nothing.
    begun: usize,
    deeds: VecDeque<Deed>,
    /// No key before this time.
    next_key: Duration,
    /// Answers that have come in this step.
    answers: usize,
    /// The keys of this step that were pressed.
    pressed: String,
    /// Steps that the presenter went on from before the run brought what they wait for; of this run alone.
    skipped: Vec<usize>,
    shows_notes: bool,
    /// What could not be done as the script has it.
    problem: Option<Bilingual>,
    is_over: bool,
}

impl Player {
    /// The script of a lab, at its first step; none where it has no steps.
    pub fn new(lab: &Lab, now: Duration, screen: &mut LabScreen, app: &mut AppContext) -> Option<Self> {
        if lab.demo.is_empty() {
            return None;
        }
        let mut player = Player {
            lab: lab.clone(),
            at: 0,
            begun: 0,
            deeds: VecDeque::new(),
            next_key: now,
            answers: 0,
            pressed: String::new(),
            skipped: Vec::new(),
            shows_notes: false,
            problem: None,
            is_over: false,
        };
        player.enter(0, now, screen, app);
        Some(player)
    }

    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The step, counted from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What could not be done in this step, if something could not.
    pub fn problem(&self) -> Option<&Bilingual> {
        self.problem.as_ref()
    }

    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// When something is to be done next, if that is a matter of time.
    pub fn due(&self) -> Option<Duration> {
        (!self.deeds.is_empty()).then_some(self.next_key)
    }

    pub fn step(&self) -> &DemoStep {
        &self.lab.demo[self.at]
    }

    /// The step whose words stand in the band: this one, or the last before it that has words.
    fn spoken(&self) -> &DemoStep {
        self.lab.demo[..=self.at].iter().rfind(|step| step.say.is_some()).unwrap_or(self.step())
    }

    /// What is said.
    pub fn words(&self) -> &Bilingual {
        self.spoken().say.as_ref().expect("the first step has words")
    }

    /// Which of the steps with words it is, counted from 1, and how many there are.
    pub fn number(&self) -> (usize, usize) {
        let spoken = |steps: &[DemoStep]| steps.iter().filter(|step| step.say.is_some()).count();
        (spoken(&self.lab.demo[..=self.at]), spoken(&self.lab.demo))
    }

    /// Whether the step was gone back to.
    pub fn is_again(&self) -> bool {
        self.at + 1 < self.begun
    }

    /// The note of the step for the presenter, if it has one.
    pub fn note(&self) -> Option<&Bilingual> {
        self.spoken().note.as_ref()
    }

    pub fn hide_notes(&mut self) {
        self.shows_notes = false;
    }

    pub fn toggle_notes(&mut self) {
        self.shows_notes = !self.shows_notes;
    }

    /// Answers have come to the screen.
    pub fn answered(&mut self, count: usize) {
        self.answers += count;
    }

    /// Does what is due and goes on where a wait is over; whether anything has changed.
    pub fn advance(&mut self, now: Duration, screen: &mut LabScreen, app: &mut AppContext) -> bool {
        let mut has_changed = false;
        while !self.is_over {
            if !self.deeds.is_empty() {
                if !self.do_due(now, screen, app) {
                    break;
                }
            } else if self.wait(app) == Wait::Over {
                self.enter(self.at + 1, now, screen, app);
            } else {
                break;
            }
            has_changed = true;
        }
        has_changed
    }

    /// Does the next of what the step does, if its time has come; whether it has.
    pub fn do_due(&mut self, now: Duration, screen: &mut LabScreen, app: &mut AppContext) -> bool {
        let is_due = match self.deeds.front() {
            None => false,
            Some(Deed::Act(_)) => true,
            Some(Deed::Key(_) | Deed::Letter(_)) => now >= self.next_key,
        };
        if is_due {
            self.do_next(now, screen, app);
        }
        is_due
    }

    /// The presenter's key: what is being typed is finished at once, else the next step begins, whatever was waited for.
    pub fn forward(&mut self, now: Duration, screen: &mut LabScreen, app: &mut AppContext) {
        if !self.deeds.is_empty() {
            return self.finish_deeds(now, screen, app);
        }
        if self.step().until.is_of_run() && !matches!(self.wait(app), Wait::Over | Wait::ForKey) {
            self.skipped.push(self.at);
        }
        // What was done already and says nothing is not shown again.
        let mut next = self.at + 1;
        while next + 1 < self.begun && self.lab.demo[next].say.is_none() {
            next += 1;
        }
        self.enter(next, now, screen, app);
    }

    /// Shows the step before again that has words.
    pub fn back(&mut self, now: Duration, screen: &mut LabScreen, app: &mut AppContext) {
        self.finish_deeds(now, screen, app);
        let before = self.lab.demo[..self.at].iter().rposition(|step| step.say.is_some());
        self.enter(before.unwrap_or(0), now, screen, app);
    }

    fn finish_deeds(&mut self, now: Duration, screen: &mut LabScreen, app: &mut AppContext) {
        while !self.deeds.is_empty() {
            self.do_next(now, screen, app);
        }
    }

    fn enter(&mut self, at: usize, now: Duration, screen: &mut LabScreen, app: &mut AppContext) {
        let Some(step) = self.lab.demo.get(at) else {
            self.is_over = true;
            return;
        };
        let is_new = at >= self.begun;
        self.at = at;
        self.begun = self.begun.max(at + 1);
        (self.answers, self.problem) = (0, None);
        self.pressed.clear();
        self.next_key = now + KEY_PERIOD;
        let leads = |action: &&DemoAction| matches!(action, DemoAction::Tab(_) | DemoAction::Pane(_));
        let actions = step.actions.iter().filter(|action| is_new || leads(action));
        self.deeds = actions.flat_map(deeds).collect();
        // Where one is led to is shown with the words.
        while let Some(Deed::Act(_)) = self.deeds.front() {
            self.do_next(now, screen, app);
        }
        self.point(screen, app);
    }

    fn point(&self, screen: &mut LabScreen, app: &mut AppContext) {
        if let Some(name) = &self.step().point {
            screen.show_pane(name, app);
        }
    }

    fn do_next(&mut self, now: Duration, screen: &mut LabScreen, app: &mut AppContext) {
        let Some(deed) = self.deeds.pop_front() else { return };
        match deed {
            Deed::Act(action) => self.act(&action, screen, app),
            Deed::Key(key) => {
                self.show_key(&Key::of(&key).name());
                if !press(&key, screen, app) {
                    self.is_not_possible(text::DEMO_NO_KEY, &Key::of(&key).name());
                }
            }
            Deed::Letter(letter) if screen.in_text() => {
                self.pressed.push(letter);
                screen.typed(&KeyEvent::from(KeyCode::Char(letter)), app);
            }
            Deed::Letter(letter) => self.is_not_possible(text::DEMO_NO_TEXT, &letter),
        }
        self.next_key = now + KEY_PERIOD;
        if self.deeds.is_empty() {
            self.point(screen, app);
        }
    }

    fn show_key(&mut self, name: &str) {
        if !self.pressed.is_empty() {
            self.pressed.push(' ');
        }
        self.pressed.push_str(name);
    }

    fn is_not_possible(&mut self, why: Wording, what: &dyn std::fmt::Display) {
        self.problem = Some(Bilingual::new(text::filled(why.en, &[what]), text::filled(why.ja, &[what])));
    }

    fn act(&mut self, action: &DemoAction, screen: &mut LabScreen, app: &mut AppContext) {
        match action {
            DemoAction::Tab(name) => screen.go_to_named(name, app),
            DemoAction::Pane(name) => {
                let index = self.lab.explore_pane(name);
                index.iter().for_each(|index| screen.go(&Destination::Instrument(*index), app));
            }
            DemoAction::Start(preset) => {
                self.skipped.clear();
                let index = self.lab.presets.iter().position(|(name, _)| name == preset);
                index.iter().for_each(|index| screen.start(*index, app));
            }
            DemoAction::Set(values) => self.set(values, app),
            DemoAction::Act(Act { name, argument }) => match self.live_run(app) {
                Some(run) => run.send(Command::Action { action: name.clone(), argument: argument.clone() }),
                None => self.is_not_possible(text::DEMO_NO_RUN, &""),
            },
            // Divided into deeds of their own.
            DemoAction::Key(_) | DemoAction::Type(_) => {}
        }
    }

    fn live_run<'a>(&self, app: &'a mut AppContext) -> Option<&'a mut LiveRun> {
        app.run.as_mut().filter(|run| run.lab == self.lab.id && run.is_live())
    }

    fn set(&mut self, values: &BTreeMap<String, KnobValue>, app: &mut AppContext) {
        let Some(run) = self.live_run(app) else { return self.is_not_possible(text::DEMO_NO_RUN, &"") };
        for (knob, value) in values {
            // Shown at once; the run's own word follows.
            run.knobs.0.insert(knob.clone(), value.clone());
            run.send(Command::Set { knob: knob.clone(), value: value.clone() });
        }
    }

    /// What a run has not reached yet that a step before this one waits for: what is said is ahead of it.
    pub fn ahead(&self, app: &AppContext) -> Option<Bilingual> {
        let before = self.skipped.iter().filter(|skipped| **skipped < self.at);
        before.filter_map(|skipped| self.not_reached(&self.lab.demo[*skipped].until, app)).next()
    }

    fn not_reached(&self, until: &Until, app: &AppContext) -> Option<Bilingual> {
        let run = app.run_of(&self.lab.id);
        match self.wait_for(until, app) {
            Wait::Over | Wait::ForKey => None,
            Wait::Never(why) => Some(why),
            Wait::For(_) => {
                let what = match until {
                    Until::Step(step) => filled(text::DEMO_NOW_STEP, &[&number(*step as f64), &now_at(run)]),
                    Until::Series(condition) => filled(text::DEMO_NOW_AT, &[condition, &last_of(condition, run)]),
                    _ => text::DEMO_END_OF_RUN.into(),
                };
                Some(Bilingual::new(
                    text::filled(text::DEMO_AHEAD.en, &[&what.en]),
                    text::filled(text::DEMO_AHEAD.ja, &[&what.ja]),
                ))
            }
        }
    }

    /// How the wait of the step stands, once all is done that it does.
    pub fn wait(&self, app: &AppContext) -> Wait {
        if self.is_again() { Wait::ForKey } else { self.wait_for(&self.step().until, app) }
    }

    fn wait_for(&self, until: &Until, app: &AppContext) -> Wait {
        let run = app.run_of(&self.lab.id);
        match until {
            Until::Key => Wait::ForKey,
            _ if app.class.is_waiting() => Wait::For(text::DEMO_UNTIL_PLACE.into()),
            Until::Answer if self.answers > 0 && !app.questions.is_busy() => Wait::Over,
            Until::Answer => Wait::For(text::DEMO_UNTIL_ANSWER.into()),
            Until::Finished if run.is_some_and(|run| run.stage == Stage::Finished) => Wait::Over,
            Until::Finished => for_run(run, text::DEMO_UNTIL_FINISHED.into(), text::DEMO_THE_END.into()),
            Until::Step(step) => {
                let now = run.map_or(0, |run| run.pace.step);
                if now >= *step {
                    return Wait::Over;
                }
                let words = filled(text::DEMO_UNTIL_STEP, &[&number(*step as f64), &now_at(run)]);
                let what = Bilingual::new(format!("step {step}"), format!("ステップ {step}"));
                for_run(run, words, what)
            }
            Until::Series(condition) => {
                if run.is_some_and(|run| has_met(condition, run)) {
                    return Wait::Over;
                }
                let words = filled(text::DEMO_UNTIL_SERIES, &[&condition, &last_of(condition, run)]);
                for_run(run, words, Bilingual::same(condition.to_string()))
            }
        }
    }
}

/// The step that a run has come to.
fn now_at(run: Option<&LiveRun>) -> String {
    number(run.map_or(0, |run| run.pace.step) as f64)
}

/// The last value of the series of a condition.
pub fn last_of(condition: &Condition, run: Option<&LiveRun>) -> String {
    let last = run.and_then(|run| run.series.get(&condition.series)?.last());
    last.map_or_else(|| "–".to_owned(), |(_, value)| number(value))
}

fn filled(wording: Wording, values: &[&dyn std::fmt::Display]) -> Bilingual {
    Bilingual::new(text::filled(wording.en, values), text::filled(wording.ja, values))
}

/// The wait for what a run brings, which an ended one no longer does.
fn for_run(run: Option<&LiveRun>, words: Bilingual, what: Bilingual) -> Wait {
    if run.is_some_and(LiveRun::is_live) {
        return Wait::For(words);
    }
    let told = text::DEMO_NOT_MET;
    Wait::Never(Bilingual::new(text::filled(told.en, &[&what.en]), text::filled(told.ja, &[&what.ja])))
}

/// Whether a value of the run has met a condition.
fn has_met(condition: &Condition, run: &LiveRun) -> bool {
    let buckets = run.series.get(&condition.series).map_or(&[][..], |series| series.buckets());
    buckets.iter().any(|bucket| [bucket.min, bucket.max].iter().any(|value| condition.is_met(bucket.last_step, *value)))
}

/// What a script's action comes to.
fn deeds(action: &DemoAction) -> Vec<Deed> {
    match action {
        DemoAction::Key(keys) => {
            let pressed = |stroke: &Keystroke| std::iter::repeat_n(keys::event(*stroke), stroke.times);
            keys.0.iter().flat_map(pressed).map(Deed::Key).collect()
        }
        DemoAction::Type(typed) => typed.chars().map(Deed::Letter).collect(),
        other => vec![Deed::Act(other.clone())],
    }
}

/// Presses a key on a lab's screen; `false` if it means nothing there.
pub fn press(key: &KeyEvent, screen: &mut LabScreen, app: &mut AppContext) -> bool {
    match keys::action(&screen.contexts(app), key, screen.in_text()) {
        // Of the whole program, not of the lab.
        Some(Action::Help | Action::Palette | Action::Quit | Action::SwitchLanguage) => false,
        Some(action) => screen.handle_action(action, app),
        None => {
            screen.typed(key, app);
            true
        }
    }
}
