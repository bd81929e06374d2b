//! `shinso train`, and `shinso runs resume`.

use super::arguments::TrainArguments;
use super::signals::Interrupt;
use super::worker;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{Command, Event, EventLine, Experiment, Report, knob};
use crate::printer;
use crate::registry;
use crate::run::worker::Resolved;
use crate::run::{RunError, RunHandle, RunStore, Start, bounded_threads, default_threads};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

pub fn run(environment: &Environment, arguments: TrainArguments) -> Exit {
    let start = match begin(environment, &arguments) {
        Ok(begun) => begun,
        Err(error) => return Exit::Usage(error),
    };
    let headline = registry::find(&start.experiment).map_or("", |experiment| experiment.headline);
    follow(&environment.store, arguments.json, headline, |events| {
        environment.runner().start(start, Box::new(move |event| send(&events, event)))
    })
}

/// What the arguments ask for.
fn begin(environment: &Environment, arguments: &TrainArguments) -> Result<Start, String> {
    let is_lab = environment.catalogue.find(&arguments.lab).is_ok();
    let preset = arguments.preset.as_deref().or(is_lab.then_some("quick"));
    let Resolved { experiment, preset, mut knobs } =
        worker::resolve(&environment.catalogue, &arguments.lab, preset, &BTreeMap::new())?;
    let experiment = registry::find(&experiment).map_err(|error| error.to_string())?;
    let declared = (experiment.knobs)();
    for assignment in &arguments.knobs {
        knobs.set_text(&declared, assignment).map_err(|error| error.to_string())?;
    }
    for evaluation in &arguments.evaluations {
        if !experiment.evaluations.contains(&evaluation.as_str()) {
            let known = experiment.evaluations.iter().copied();
            let hint = knob::meant(evaluation, known, "this lab has none");
            return Err(format!("--eval {evaluation}: {hint}"));
        }
        knobs.set_text(&declared, &format!("{evaluation}=on")).map_err(|error| error.to_string())?;
    }
    let turns = arguments.turns.iter().map(|turn| planned(turn, &declared));
    let actions = arguments.actions.iter().map(|planned| planned_action(planned, experiment));
    let mut plan = turns.chain(actions).collect::<Result<Vec<_>, _>>()?;
    plan.sort_by_key(|(step, _)| *step);
    Ok(Start {
        lab: arguments.lab.clone(),
        experiment: experiment.id.to_owned(),
        preset,
        knobs,
        seed: arguments.seed,
        threads: arguments.threads.map_or_else(default_threads, said_threads),
        data: environment.source.folder.clone(),
        plan,
    })
}

/// `shinso runs resume`.
pub fn resume(environment: &Environment, id: &str, threads: Option<usize>, json: bool) -> Exit {
    let run = match environment.store.find(id) {
        Ok(run) => run,
        Err(error @ RunError::Unknown(..)) => return Exit::usage(error),
        Err(error) => return Exit::failed(error),
    };
    let headline = registry::find(&run.experiment).map_or("", |experiment| experiment.headline);
    follow(&environment.store, json, headline, |events| {
        let mut new = false;
        let emit = Box::new(move |event: &Event| {
            // Events from before the checkpoint are not printed a second time.
            new |= matches!(event, Event::Started { step, .. } if *step > 0) || event.is_last();
            if new {
                send(&events, event);
            }
        });
        environment.runner().resume(&run.id, threads.map(said_threads), emit)
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
fn planned_action(planned: &str, experiment: &Experiment) -> Result<(u64, Command), String> {
    let form = || format!("--action {planned}: expected STEP:ACTION or STEP:ACTION=ARGUMENT");
    let (step, rest) = planned.split_once(':').ok_or_else(form)?;
    let step = step.parse().map_err(|_| form())?;
    let (action, argument) = rest.split_once('=').unwrap_or((rest, ""));
    if experiment.actions.iter().all(|known| known.name != action) {
        let known = experiment.actions.iter().map(|action| action.name);
        let hint = knob::meant(action, known, "this lab has none");
        return Err(format!("--action {planned}: unknown action `{action}`: {hint}"));
    }
    Ok((step, Command::Action { action: action.to_owned(), argument: argument.to_owned() }))
}

/// As many threads as were asked for, or as this machine can make use of, which is said.
fn said_threads(asked: usize) -> usize {
    let threads = bounded_threads(asked);
    if threads != asked {
        printer::note(&format!("--threads {asked}: {threads} at most are of use on this machine, and are taken"));
    }
    threads
}

fn send(events: &Sender<Event>, event: &Event) {
    // The one who prints outlives the run.
    let _printed = events.send(event.clone());
}

/// Prints a run's events until it ends.
fn follow(
    store: &RunStore,
    json: bool,
    headline: &str,
    begin: impl FnOnce(Sender<Event>) -> Result<Box<dyn RunHandle>, RunError>,
) -> Exit {
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let (sender, events) = channel();
    let handle = match begin(sender) {
        Ok(handle) => handle,
        Err(error) => return Exit::failed(error),
    };
    let id = handle.id().to_owned();
    interrupt.stops(handle.stopper());
    let ended = print_events(&events, json, headline, &*handle, &interrupt);
    if let Err(error) = handle.wait() {
        return Exit::Failed(error);
    }
    match ended {
        Ended::Finished => Exit::Done,
        Ended::Stopped => {
            let can_go_on = store.has_checkpoint(&id);
            let further = if can_go_on {
                format!("`shinso runs resume {id}` goes on from here")
            } else {
                "before its first checkpoint".to_owned()
            };
            printer::note(&format!("stopped; {further}"));
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

/// Prints, and says how that ended if it could not.
fn lost_by(text: &str) -> Option<Ended> {
    let mut out = printer::out();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => None,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Some(Ended::ReaderGone),
        Err(error) => Some(Ended::Failed(format!("standard output: {error}"))),
    }
}

/// `headline` is the series to read beside the progress.
fn print_events(
    events: &Receiver<Event>,
    json: bool,
    headline: &str,
    handle: &dyn RunHandle,
    interrupt: &Interrupt,
) -> Ended {
    let bar = progress_bar(json);
    let mut asked_to_stop = false;
    let mut lost = None;
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
        if json && lost.is_none() && !matches!(event, Event::View { .. }) {
            lost = lost_by(&printer::json_line(&EventLine::new(event.clone())));
            if lost.is_some() {
                handle.send(Command::Stop);
            }
        }
        match &event {
            Event::Progress { step, total_steps, samples_per_second, .. } => {
                bar.set_length(*total_steps);
                bar.set_position(*step);
                bar.set_prefix(format!("{samples_per_second:.0}/s"));
            }
            Event::Scalar { series, value, .. } if *series == headline => {
                bar.set_message(format!("{series} {value:.2}"));
            }
            Event::Warning { message, .. } => bar.suspend(|| printer::note(&format!("warning: {message}"))),
            Event::Evaluating { share: None, .. } => bar.set_message("final report"),
            Event::Evaluating { share: Some(share), .. } => {
                bar.set_message(format!("final report {:.0} %", 100.0 * share))
            }
            Event::Finished { report, run, .. } => {
                bar.finish_and_clear();
                ended = Ended::Finished;
                if !json {
                    lost = lost_by(&summary(run, report));
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
    match (lost, ended) {
        // Whoever went away after the end has missed nothing of the run.
        (Some(Ended::ReaderGone), Ended::Finished) => Ended::Finished,
        (Some(lost), _) => lost,
        (None, ended) => ended,
    }
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
