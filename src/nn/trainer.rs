//! What every training has in common, so that a chapter need not say it again: the step's number, random numbers, live knobs,
//! means over some steps, a warning when the loss is no longer a number, the learning rate's schedule, checkpoints.
//!
//! A chapter writes a [`Learner`]: the data, the model, the loss, one step, what it shows, the report. A [`Trainer`] makes a
//! [`Trainable`] of it.

use super::checkpoint::{Checkpoint, RunState};
use super::{Saved, Schedule, Weights};
use crate::experiment::model::{ExperimentError, Model, Position, Precision, TaskContext, Trainable};
use crate::experiment::{Bilingual, Event, Knob, KnobError, KnobValue, Knobs, Panel, Report};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a chapter says about a training.
pub trait Learner: Send {
    /// One step: a batch, the loss, its gradient, the update, and what there is to see of it.
    ///
    /// # Errors
    /// When data cannot be read or something cannot be measured; the run ends.
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError>;

    /// An action of its own; its experiment declares them.
    ///
    /// # Errors
    /// When there is no such action here, or its argument is wrong; nothing is changed then.
    fn apply_action(&mut self, action: &str, _argument: &str, _run: &mut Run<'_>) -> Result<(), ExperimentError> {
        Err(ExperimentError::new(format!("this lab has no action `{action}`")))
    }

    /// A run goes on in a new segment: shows again what a person is asked.
    fn resumed(&mut self, _run: &mut Run<'_>) {}

    /// Seconds for which the next step waits for an action of a person, if it waits for one; live knobs as they stand now.
    fn patience(&self, _live: &Knobs) -> Option<f64> {
        None
    }

    /// The model as it is now.
    fn snapshot(&self) -> Arc<dyn Model>;

    /// All that changes while it learns, beside what the trainer keeps itself.
    fn saved(&mut self) -> Saved<'_>;

    /// Makes anew what follows from what is saved, after a checkpoint was taken up.
    fn restored(&mut self) {}

    /// What a trained model is opened from.
    fn weights(&self) -> Weights;

    /// The figures at the end.
    ///
    /// # Errors
    /// When it was called off, or something cannot be measured.
    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError>;
}

/// What is fixed before the first step.
pub struct Plan {
    /// The knobs as they are declared, and as the run begins with them.
    pub declared: Vec<Knob>,
    pub knobs: Knobs,
    /// Random numbers for the steps: those that the fresh weights left.
    pub random: ChaCha8Rng,
    /// How the learning rate changes, and how many steps there are.
    pub schedule: Schedule,
    /// Samples (or tokens) a step.
    pub samples_per_step: u64,
}

/// A learner on its way.
pub struct Trainer<L> {
    learner: L,
    declared: Vec<Knob>,
    knobs: Knobs,
    schedule: Schedule,
    samples_per_step: u64,
    state: RunState,
}

impl<L: Learner> Trainer<L> {
    pub fn new(learner: L, plan: Plan) -> Self {
        let Plan { declared, knobs, random, schedule, samples_per_step } = plan;
        let live = knobs.live(&declared);
        let state = RunState { step: 0, random, live, means: BTreeMap::new(), diverged: false };
        Trainer { learner, declared, knobs, schedule, samples_per_step, state }
    }

    pub fn learner(&self) -> &L {
        &self.learner
    }
}

/// The run as a step sees it.
pub struct Run<'a> {
    index: u64,
    number: u64,
    knobs: &'a Knobs,
    schedule: Schedule,
    state: &'a mut RunState,
    emit: &'a mut dyn FnMut(Event),
}

impl Run<'_> {
    /// Steps done before this one.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Steps done at its end, which its events carry. An action is no step: both are the steps done so far.
    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn is_first(&self) -> bool {
        self.number == 1
    }

    pub fn is_last(&self) -> bool {
        self.number == self.schedule.total
    }

    /// Whether it is one of every `n` steps.
    pub fn every(&self, n: u64) -> bool {
        self.number.is_multiple_of(n)
    }

    pub fn random(&mut self) -> &mut ChaCha8Rng {
        &mut self.state.random
    }

    /// The knobs among which this one is: live ones as they stand now.
    fn with(&self, knob: &str) -> &Knobs {
        if self.state.live.0.contains_key(knob) { &self.state.live } else { self.knobs }
    }

    /// # Panics
    /// Like the others of its kind if no knob of this kind is declared.
    pub fn real(&self, knob: &str) -> f64 {
        self.with(knob).real(knob)
    }

    pub fn integer(&self, knob: &str) -> i64 {
        self.with(knob).integer(knob)
    }

    pub fn choice(&self, knob: &str) -> &str {
        self.with(knob).choice(knob)
    }

    pub fn flag(&self, knob: &str) -> bool {
        self.with(knob).flag(knob)
    }

    pub fn schedule(&self) -> Schedule {
        self.schedule
    }

    /// η of this step: the knob `learning_rate`, by the schedule.
    pub fn learning_rate(&self) -> f64 {
        self.real("learning_rate") * self.schedule.factor(self.index)
    }

    /// Emits a value of a series.
    pub fn scalar(&mut self, series: &str, value: f64) {
        (self.emit)(Event::Scalar { series: series.to_owned(), step: self.number, value });
    }

    /// Emits what the model makes, or what happens in it, right now; `keep` asks for files of it.
    pub fn view(&mut self, name: &str, keep: bool, panels: Vec<Panel>) {
        (self.emit)(Event::View { name: name.to_owned(), step: self.number, keep, panels });
    }

    /// Adds a value to a mean, and guards it.
    pub fn add(&mut self, name: &str, value: f64) {
        self.guard(value);
        let mean = match self.state.means.get_mut(name) {
            Some(mean) => mean,
            None => self.state.means.entry(name.to_owned()).or_default(),
        };
        mean.sum += value;
        mean.count += 1;
    }

    /// The mean of what was added since it was last taken, if anything was.
    pub fn take_mean(&mut self, name: &str) -> Option<f64> {
        self.state.means.remove(name).map(|mean| mean.sum / mean.count as f64)
    }

    /// Adds a value to each series' mean; every `n` steps the means are emitted.
    pub fn means<const N: usize>(&mut self, n: u64, values: [(&str, f64); N]) {
        values.iter().for_each(|(name, value)| self.add(name, *value));
        if self.every(n) {
            for (name, _) in values {
                let mean = self.take_mean(name).expect("a value was added");
                self.scalar(name, mean);
            }
        }
    }

    /// Warns a person of something.
    pub fn warn(&mut self, message: impl Into<Bilingual>) {
        (self.emit)(Event::warning(self.number, message.into()));
    }

    /// Warns, once in a run, of a loss that is no longer a number; the run goes on.
    pub fn guard(&mut self, loss: f64) {
        if !loss.is_finite() && !std::mem::replace(&mut self.state.diverged, true) {
            self.warn(Bilingual::new(
                "the loss is no longer a number: lower the learning rate and start again",
                "損失が数でなくなりました。学習率を下げて始め直してください",
            ));
        }
    }
}

impl<L: Learner> Trainable for Trainer<L> {
    fn position(&self) -> Position {
        let Trainer { schedule, samples_per_step, .. } = *self;
        Position { step: self.state.step, total_steps: schedule.total, samples_per_step }
    }

    fn step(&mut self, emit: &mut dyn FnMut(Event)) -> Result<(), ExperimentError> {
        let (index, knobs, schedule) = (self.state.step, &self.knobs, self.schedule);
        let mut run = Run { index, number: index + 1, knobs, schedule, state: &mut self.state, emit };
        self.learner.step(&mut run)?;
        self.state.step += 1;
        Ok(())
    }

    fn pace(&self) -> Option<f64> {
        if let Some(seconds) = self.learner.patience(&self.state.live) {
            return (seconds > 0.0).then(|| 1.0 / seconds);
        }
        let pace = match self.state.live.0.get("pace")? {
            KnobValue::Real(pace) => *pace,
            KnobValue::Integer(pace) => *pace as f64,
            _ => return None,
        };
        (pace > 0.0).then_some(pace)
    }

    fn resumed(&mut self, emit: &mut dyn FnMut(Event)) {
        let (index, knobs, schedule) = (self.state.step, &self.knobs, self.schedule);
        self.learner.resumed(&mut Run { index, number: index, knobs, schedule, state: &mut self.state, emit });
    }

    fn set_knob(&mut self, knob: &str, value: &KnobValue) -> Result<(), KnobError> {
        self.state.live.turn(&self.declared, knob, value)
    }

    fn apply_action(
        &mut self,
        action: &str,
        argument: &str,
        emit: &mut dyn FnMut(Event),
    ) -> Result<(), ExperimentError> {
        let (index, knobs, schedule) = (self.state.step, &self.knobs, self.schedule);
        let mut run = Run { index, number: index, knobs, schedule, state: &mut self.state, emit };
        self.learner.apply_action(action, argument, &mut run)
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        self.learner.snapshot()
    }

    fn checkpoint(&mut self) -> Vec<u8> {
        let mut checkpoint = Checkpoint::new(self.state.clone());
        self.learner.saved().save(&mut checkpoint);
        checkpoint.encode()
    }

    fn restore(&mut self, checkpoint: &[u8]) -> Result<(), ExperimentError> {
        let mut checkpoint = Checkpoint::decode(checkpoint)?;
        // A knob that the run's program did not know yet stands at its default.
        let mut live = self.knobs.live(&self.declared);
        for (name, value) in &checkpoint.run.live.0 {
            live.turn(&self.declared, name, value).map_err(|error| ExperimentError::new(error.to_string()))?;
        }
        self.learner.saved().restore(&mut checkpoint)?;
        self.learner.restored();
        self.state = RunState { live, ..checkpoint.run };
        Ok(())
    }

    fn weights(&self, precision: Precision) -> Vec<u8> {
        self.learner.weights().encode(precision)
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        self.learner.report(task)
    }
}

#[cfg(test)]
mod tests;
