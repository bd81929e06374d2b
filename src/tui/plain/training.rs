//! A run that goes on while lines are read: started, told of every few seconds, turned, stopped.

use super::explore::MOMENT;
use super::{Reader, words};
use crate::experiment::{Command, Experiment, Language};
use crate::lab::{Chart, Lab};
use crate::registry;
use crate::run::{Start, default_threads};
use crate::tui::live_run::{LiveRun, Wanted};
use crate::tui::screens::lab::standing;
use crate::tui::screens::report;
use crate::tui::signals;
use crate::tui::terminal::Message;
use crate::tui::text;
use crate::tui::widgets::chart::sentence;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time between two words on how a run stands, and between two on what its curves did.
pub(super) const REPORT_EVERY: Duration = Duration::from_secs(10);
const CURVES_EVERY: Duration = Duration::from_secs(60);
/// Time between two looks at the program where nothing wakes it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What each curve of some charts did, in a sentence each.
pub(super) fn curves(charts: &[Chart], run: &LiveRun, language: Language) -> String {
    let of_chart = |chart: &Chart| {
        let sentences = chart.series.iter().filter_map(|line| {
            let series = run.series.get(&line.name)?;
            Some(format!("{}\n", sentence(line.label.in_language(language), series, language)))
        });
        let sentences: String = sentences.collect();
        // Of several charts each is named: their lines may have the same names.
        match charts.len() > 1 && !sentences.is_empty() {
            true => format!("{}:\n{sentences}", chart.title.in_language(language)),
            false => sentences,
        }
    };
    charts.iter().map(of_chart).collect()
}

impl<W: Write> Reader<W> {
    pub(super) fn is_live(&self) -> bool {
        self.app.run.as_ref().is_some_and(LiveRun::is_live)
    }

    /// Whoever sent a message may send another.
    pub(super) fn heard(&self, message: &Message) {
        match message {
            Message::Wake => self.bell.heard(),
            Message::Interrupt => signals::interrupt_heard(),
            _ => {}
        }
    }

    /// The next message; none if there is none for a while, as long as a run goes on or a step of a demo is under way.
    pub(super) fn next(&self, messages: &Receiver<Message>) -> Option<Message> {
        let found = match (self.demo_moves(), self.is_live()) {
            (true, _) => messages.recv_timeout(MOMENT),
            (false, true) => messages.recv_timeout(LOOK_EVERY),
            (false, false) => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let message = match found {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Message::Lost,
        };
        self.heard(&message);
        Some(message)
    }

    /// Starts a run: a preset, then knobs and the seed as `name=value`.
    pub(super) fn train(&mut self, lab: &Lab, rest: &str) -> io::Result<()> {
        if lab.presets.is_empty() {
            let instead = registry::find(&lab.experiment).ok().and_then(Experiment::instead_of_training);
            // What can be done instead is told in English alone.
            let instead = instead.filter(|_| self.app.language == Language::En).map(|instead| format!(": {instead}"));
            let nothing = self.app.say(text::NOTHING_TO_TRAIN);
            return writeln!(self.out, "{nothing}{}", instead.unwrap_or_default());
        }
        if self.is_under_way() {
            return self.tell(text::PLAIN_STOP_FIRST, &[]);
        }
        let words = words(rest);
        let (assignments, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.contains('='));
        let preset = names.first().map_or("quick", |name| name.as_str());
        if lab.preset(preset).is_none() {
            let known: Vec<&str> = lab.presets.iter().map(|(name, _)| name.as_str()).collect();
            return self.tell(text::PLAIN_NO_PRESET, &[&preset, &known.join(", ")]);
        }
        let declared = registry::find(&lab.experiment).map(|experiment| (experiment.knobs)()).unwrap_or_default();
        let mut knobs = match lab.knobs_of_preset(preset, &declared) {
            Ok(knobs) => knobs,
            Err(error) => return writeln!(self.out, "{error}"),
        };
        let mut seed = 1;
        for assignment in assignments {
            if let Some(value) = assignment.strip_prefix("seed=") {
                let Ok(value) = value.parse() else { return self.tell(text::PLAIN_SEED, &[&value]) };
                seed = value;
            } else if let Err(error) = knobs.set_text(&declared, assignment) {
                let error = error.among(&lab.shown_knobs(&declared));
                return writeln!(self.out, "{}", error.wording().in_language(self.app.language));
            }
        }
        let start = Start {
            lab: lab.id.clone(),
            experiment: lab.experiment.clone(),
            preset: Some(preset.to_owned()),
            knobs,
            seed,
            threads: default_threads(),
            data: self.app.source.folder.clone(),
            plan: Vec::new(),
        };
        self.tell(text::PLAIN_STARTED_AS, &[&preset, &seed])?;
        self.begin(Wanted::Begin(Box::new(start)))
    }

    /// Takes in what the run has to say.
    pub(super) fn hear_run(&mut self) {
        let of_run = self.app.run.as_ref().and_then(|run| self.app.catalogue.find(&run.lab).ok()).cloned();
        if let (Some(run), Some(lab)) = (&mut self.app.run, &of_run) {
            for attempt in run.catch_up() {
                self.app.happened(lab, &attempt);
            }
        }
    }

    /// Takes in what the class, runs and models have to say, and tells it when it is time.
    pub(super) fn news(&mut self) -> io::Result<()> {
        self.class_news()?;
        self.hear_run();
        if let Some(demo) = &mut self.demo {
            demo.news(&mut self.app);
        } else if let (Some(explore), Some(lab)) = (&mut self.explore, &self.lab) {
            for reply in self.app.questions.take() {
                explore.answered(&reply, lab, &mut self.app);
            }
            explore.news(lab, &mut self.app);
        }
        self.tell_question()?;
        self.tell_how_it_stands(Instant::now())?;
        self.tell_news()
    }

    /// Tells how the run or its place in the queue stands, if it is time, and once how it ended.
    pub(super) fn tell_how_it_stands(&mut self, now: Instant) -> io::Result<()> {
        let is_due = |told: Instant, period: Duration| now.saturating_duration_since(told) >= period;
        if self.is_under_way() && self.question().is_none() && is_due(self.told, REPORT_EVERY) {
            match is_due(self.curves_told, CURVES_EVERY) {
                true => self.status()?,
                false => self.stage()?,
            }
        } else if !self.is_live() && !self.end_told {
            self.end_told = true;
            self.status()?;
            if self.app.run.as_ref().is_some_and(|run| run.report.is_some()) {
                self.report()?;
            }
        }
        Ok(())
    }

    /// How the run stands, in a line.
    pub(super) fn stage(&mut self) -> io::Result<()> {
        self.told = Instant::now();
        if self.waits_for_place() {
            return match self.app.class.ahead() {
                Some(ahead) => self.tell(text::PLAIN_WAITS, &[&ahead]),
                None => writeln!(self.out, "{}", self.app.say(text::ASKS_FOR_PLACE).trim_start_matches(['○', ' '])),
            };
        }
        let Some(run) = &self.app.run else { return self.tell(text::PLAIN_NO_RUN, &[]) };
        let stage = standing(run, &self.app);
        let stage = stage.trim_start_matches(['●', '○', '✓', '!', ' ']);
        let (step, total) = (run.pace.step, run.pace.total_steps.max(run.pace.step));
        match total {
            0 => writeln!(self.out, "{stage}"),
            _ => writeln!(self.out, "{stage}, {} {step}/{total}.", self.app.say(text::STEP)),
        }
    }

    /// How the run stands, what each curve did, in a sentence each, and what the run asks.
    pub(super) fn status(&mut self) -> io::Result<()> {
        self.stage()?;
        if self.waits_for_place() {
            return Ok(());
        }
        self.curves_told = Instant::now();
        self.question_told = None;
        self.tell_question()?;
        let Some(run) = &self.app.run else { return Ok(()) };
        if let Ok(lab) = self.app.catalogue.find(&run.lab) {
            self.out.put(&curves(&lab.dashboard.charts, run, self.app.language))?;
        }
        match &run.message {
            Some(message) => self.out.put(message.in_language(self.app.language)),
            None => Ok(()),
        }
    }

    /// The report of the run, a line for each figure.
    pub(super) fn report(&mut self) -> io::Result<()> {
        let run = self.app.run.as_ref().and_then(|run| Some((run.lab.clone(), run.report.clone()?)));
        let Some((lab, report)) = run else {
            let is_over = self.app.run.is_some() && !self.is_live();
            return self.say(if is_over { text::PLAIN_NO_REPORT } else { text::NO_REPORT_YET });
        };
        let experiment = self.app.catalogue.find(&lab).ok().and_then(|lab| registry::find(&lab.experiment).ok());
        let Some(experiment) = experiment else { return Ok(()) };
        let bundled = experiment.bundled_report().ok();
        let words = report::in_lines(experiment.report, &report, bundled.as_ref(), self.app.language);
        self.text(&words)
    }

    /// Stops the run; it is recorded and can be taken up again.
    pub(super) fn stop(&mut self) -> io::Result<()> {
        if self.leave_queue()? {
            return Ok(());
        }
        match self.app.run.as_ref().filter(|run| run.is_live()) {
            Some(run) => {
                run.send(Command::Stop);
                self.is_stopping = true;
                self.tell(text::STOPPING, &[])
            }
            None => self.tell(text::PLAIN_NO_RUN, &[]),
        }
    }

    pub(super) fn pause(&mut self) -> io::Result<()> {
        match self.app.run.as_ref().filter(|run| run.is_live()) {
            Some(run) => {
                run.toggle_pause();
                let said = if run.is_held() { text::RUNNING } else { text::PAUSED };
                self.tell(said, &[])
            }
            None => self.tell(text::PLAIN_NO_RUN, &[]),
        }
    }

    /// Turns a knob of the run: `NAME VALUE` or `NAME=VALUE`.
    pub(super) fn set(&mut self, lab: &Lab, rest: &str) -> io::Result<()> {
        let Some(run) = self.app.run.as_ref().filter(|run| run.is_live() && run.lab == lab.id) else {
            return self.tell(text::PLAIN_NO_RUN, &[]);
        };
        let (name, value) = rest.split_once(['=', ' ']).unwrap_or((rest, ""));
        let declared = registry::find(&lab.experiment).map(|experiment| (experiment.knobs)()).unwrap_or_default();
        let Some(knob) = declared.iter().find(|knob| knob.name == name.trim() && knob.live) else {
            let shown = lab.shown_knobs(&declared);
            let live: Vec<&str> = shown.iter().filter(|knob| knob.live).map(|knob| knob.name).collect();
            return self.tell(text::PLAIN_NO_KNOB, &[&name, &live.join(", ")]);
        };
        let mut knobs = run.knobs.clone();
        if let Err(error) = knobs.set_text(&declared, &format!("{}={}", knob.name, value.trim())) {
            return writeln!(self.out, "{}", error.wording().in_language(self.app.language));
        }
        let value = knobs.0[knob.name].clone();
        let said = value.to_string();
        run.send(Command::Set { knob: knob.name.to_owned(), value });
        self.tell(text::PLAIN_SET, &[&knob.name, &said])
    }

    /// Waits for the end of the run, or until it asks something. Once the input has ended nothing else is waited for, nobody answers, and
    /// a Ctrl-C ends the program too.
    pub(super) fn wait(&mut self, messages: &Receiver<Message>, input_has_ended: bool) -> io::Result<()> {
        self.question_told = None;
        while self.is_under_way() && (input_has_ended || self.question().is_none()) {
            if let Some(message @ (Message::Interrupt | Message::Hangup)) = self.next(messages) {
                self.is_over |= input_has_ended || matches!(message, Message::Hangup);
                self.stop()?;
            }
            self.news()?;
            self.out.flush()?;
        }
        self.news()
    }
}
