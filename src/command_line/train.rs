//! `shinso train`, and `shinso runs resume`.

use super::arguments::TrainArguments;
use super::signals::Interrupt;
use super::{Exit, House, print};
use crate::experiment::{Command, Event, EventLine, Knobs, Report, knob};
use crate::registry;
use crate::run::thread::{self, Start, default_threads};
use crate::run::{RunError, RunHandle};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

pub fn run(house: &House, arguments: TrainArguments) -> Exit {
    let (start, plan) = match begin(house, &arguments) {
        Ok(begun) => begun,
        Err(error) => return Exit::Usage(error),
    };
    follow(arguments.json, |events| {
        thread::start(&house.store, start, plan, &house.source, Box::new(move |event| send(&events, event)))
    })
}

/// What the arguments ask for.
fn begin(house: &House, arguments: &TrainArguments) -> Result<(Start, Vec<(u64, Command)>), String> {
    // An experiment that is no lab, such as the classifier, has no presets.
    let lab = match house.catalogue.find(&arguments.lab) {
        Ok(lab) => Some(lab),
        Err(error) => registry::find(&arguments.lab).map(|_| None).map_err(|_| error)?,
    };
    let experiment = registry::find(lab.map_or(&arguments.lab, |lab| &lab.experiment)).map_err(|error| error.0)?;
    if let Some(instead) = experiment.instead_of_training() {
        return Err(format!("{} has nothing to train: {instead}", arguments.lab));
    }
    let declared = (experiment.knobs)();
    let (mut knobs, preset) = match (lab, &arguments.preset) {
        (Some(lab), preset) => {
            let preset = preset.clone().unwrap_or_else(|| "quick".to_owned());
            (lab.knobs_of_preset(&preset, &declared)?, Some(preset))
        }
        (None, None) => (Knobs::defaults(&declared), None),
        (None, Some(preset)) => {
            return Err(format!("--preset {preset}: {} is no lab and has no presets; use --set", experiment.id));
        }
    };
    for assignment in &arguments.knobs {
        knobs.set_text(&declared, assignment).map_err(|error| error.to_string())?;
    }
    for evaluation in &arguments.evaluations {
        let known = || experiment.evaluations.join(", ");
        if !experiment.evaluations.contains(&evaluation.as_str()) {
            let expected = if experiment.evaluations.is_empty() {
                "this lab has none".to_owned()
            } else {
                format!("expected {}", known())
            };
            return Err(format!("--eval {evaluation}: {expected}"));
        }
        knobs.set_text(&declared, &format!("{evaluation}=on")).map_err(|error| error.to_string())?;
    }
    let turns = arguments.turns.iter().map(|turn| planned(turn, &declared));
    let acts = arguments.acts.iter().map(|act| planned_act(act, experiment));
    let mut plan = turns.chain(acts).collect::<Result<Vec<_>, _>>()?;
    plan.sort_by_key(|(step, _)| *step);
    let start = Start {
        lab: arguments.lab.clone(),
        experiment: experiment.id.to_owned(),
        preset,
        knobs,
        seed: arguments.seed,
        threads: arguments.threads.unwrap_or_else(default_threads),
        data: house.source.folder.clone(),
    };
    Ok((start, plan))
}

/// `shinso runs resume`.
pub fn resume(house: &House, id: &str, threads: Option<usize>, json: bool) -> Exit {
    let run = match house.store.find(id) {
        Ok(run) => run,
        Err(error @ RunError::Unknown(..)) => return Exit::usage(error),
        Err(error) => return Exit::failed(error),
    };
    follow(json, |events| {
        let mut new = false;
        let tell = Box::new(move |event: &Event| {
            // Events of before the checkpoint are not told a second time.
            new |= matches!(event, Event::Started { step, .. } if *step > 0) || event.is_last();
            if new {
                send(&events, event);
            }
        });
        thread::resume(&house.store, &run.id, threads, &house.source, tell)
    })
}

/// `STEP:KNOB=VALUE` as a command planned for a step; turns are in rising order.
fn planned(turn: &str, declared: &[crate::experiment::Knob]) -> Result<(u64, Command), String> {
    let form = || format!("--turn {turn}: expected STEP:KNOB=VALUE, such as 100:learning_rate=5e-4");
    let (step, assignment) = turn.split_once(':').ok_or_else(form)?;
    let step = step.parse().map_err(|_| form())?;
    let (name, value) = assignment.split_once('=').ok_or_else(form)?;
    let found = knob::find(declared, name).map_err(|error| error.to_string())?;
    let value = found.parse(value).map_err(|error| error.to_string())?;
    Ok((step, Command::Set { knob: name.to_owned(), value }))
}

/// `STEP:ACTION` or `STEP:ACTION=ARGUMENT`.
fn planned_act(act: &str, experiment: &registry::Experiment) -> Result<(u64, Command), String> {
    let form = || format!("--act {act}: expected STEP:ACTION or STEP:ACTION=ARGUMENT");
    let (step, rest) = act.split_once(':').ok_or_else(form)?;
    let step = step.parse().map_err(|_| form())?;
    let (action, argument) = rest.split_once('=').unwrap_or((rest, ""));
    if !experiment.acts.contains(&action) {
        let known = if experiment.acts.is_empty() { "none".to_owned() } else { experiment.acts.join(", ") };
        return Err(format!("--act {act}: unknown action `{action}`; {} has {known}", experiment.id));
    }
    Ok((step, Command::Act { action: action.to_owned(), argument: argument.to_owned() }))
}

fn send(events: &Sender<Event>, event: &Event) {
    // The one who prints outlives the run.
    let _printed = events.send(event.clone());
}

/// Prints a run's events until it ends.
fn follow(json: bool, begin: impl FnOnce(Sender<Event>) -> Result<RunHandle, RunError>) -> Exit {
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let (sender, events) = channel();
    let handle = match begin(sender) {
        Ok(handle) => handle,
        Err(error) => return Exit::failed(error),
    };
    let id = handle.id.clone();
    let ended = print_events(&events, json, &handle, &interrupt);
    if let Err(error) = handle.wait() {
        return Exit::Failed(error);
    }
    match ended {
        Ended::Finished => Exit::Done,
        Ended::Stopped => {
            let _closed = writeln!(io::stderr(), "stopped; `shinso runs resume {id}` goes on from here");
            Exit::Interrupted
        }
        Ended::ReaderGone => Exit::Interrupted,
        Ended::Failed(message) => Exit::Failed(message),
    }
}

enum Ended {
    Finished,
    Stopped,
    Failed(String),
    /// Nobody reads our output any more; the run was stopped and recorded.
    ReaderGone,
}

fn print_events(events: &Receiver<Event>, json: bool, handle: &RunHandle, interrupt: &Interrupt) -> Ended {
    let bar = progress_bar(json);
    let mut asked_to_stop = false;
    let mut reader_gone = false;
    let mut ended = Ended::Stopped;
    loop {
        if interrupt.is_set() && !asked_to_stop {
            asked_to_stop = true;
            handle.send(Command::Stop);
        }
        let event = match events.recv_timeout(Duration::from_millis(50)) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        if json && !reader_gone && !matches!(event, Event::Picture { .. } | Event::Scene { .. } | Event::Words { .. }) {
            reader_gone = !write_line(&event);
            if reader_gone {
                handle.send(Command::Stop);
            }
        }
        match &event {
            Event::Progress { step, total_steps, samples_per_second, .. } => {
                bar.set_length(*total_steps);
                bar.set_position(*step);
                bar.set_prefix(format!("{samples_per_second:.0}/s"));
            }
            Event::Scalar { series, value, .. } if series.starts_with("val/") || series == "train/elbo" => {
                bar.set_message(format!("{series} {value:.2}"));
            }
            Event::Warning { message, .. } => bar.suspend(|| {
                let _closed = writeln!(io::stderr(), "warning: {message}");
            }),
            Event::Evaluating { .. } => bar.set_message("final report"),
            Event::Finished { report, run, .. } => {
                bar.finish_and_clear();
                ended = Ended::Finished;
                if !json {
                    print(&summary(run, report));
                }
            }
            Event::Failed { message, .. } => {
                bar.finish_and_clear();
                ended = Ended::Failed(message.clone());
            }
            _ => {}
        }
    }
    bar.finish_and_clear();
    if reader_gone { Ended::ReaderGone } else { ended }
}

/// Whether the reader is still there.
fn write_line(event: &Event) -> bool {
    let line = EventLine::new(event.clone()).to_json();
    writeln!(io::stdout(), "{line}").and_then(|()| io::stdout().flush()).is_ok()
}

fn progress_bar(json: bool) -> ProgressBar {
    if json || !io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {prefix}  {msg}  {elapsed}, {eta} left")
        .expect("a template of known keys");
    ProgressBar::new(1).with_style(style)
}

fn summary(run: &str, report: &Report) -> String {
    let width = report.keys().map(String::len).max().unwrap_or(0);
    let lines = report.iter().map(|(key, value)| format!("  {key:width$}  {value}\n"));
    format!("{run}\n{}", lines.collect::<String>())
}
