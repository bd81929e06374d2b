//! `shinso worker`: a run driven by JSON lines on standard input and output.

use super::signals::Interrupt;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::{KnobValue, Knobs};
use crate::lab::Catalogue;
use crate::printer;
use crate::registry;
use crate::run::thread::ThreadRunner;
use crate::run::worker::{Resolved, serve};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

/// How often one looks whether a signal has come, while no order does.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Standard input, which ends for whoever reads it when a signal comes.
struct Orders(Interrupt);

impl Read for Orders {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = rustix::stdio::stdin();
        while !self.0.is_set() {
            let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut waiting, Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(rustix::io::read(stdin, buffer)?),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }
}

pub fn run(environment: &Environment) -> Exit {
    let runner = ThreadRunner { store: environment.store.clone(), source: environment.source.clone() };
    let resolve = |lab: &str, preset: Option<&str>, set: &BTreeMap<String, KnobValue>| {
        resolve(&environment.catalogue, lab, preset, set)
    };
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let begun = |run| interrupt.stops(run);
    let orders = BufReader::new(Orders(interrupt.clone()));
    match serve(orders, &mut printer::json_out(), &runner, &resolve, &begun) {
        Ok(()) if interrupt.is_set() => Exit::Interrupted,
        Ok(()) => Exit::Done,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Interrupted,
        Err(error) => Exit::Failed(format!("standard output: {error}")),
    }
}

/// The experiment of a lab, or one that is no lab, and the knobs of a run: those of the preset, then those that are set.
pub fn resolve(
    catalogue: &Catalogue,
    lab: &str,
    preset: Option<&str>,
    set: &BTreeMap<String, KnobValue>,
) -> Result<Resolved, String> {
    let found = match catalogue.find(lab) {
        Ok(found) => Some(found),
        // An experiment that is no lab, such as the classifier, has no presets.
        Err(error) => registry::find(lab).map(|_| None).map_err(|_| error)?,
    };
    let experiment = registry::find(found.map_or(lab, |lab| &lab.experiment)).map_err(|error| error.to_string())?;
    if let Some(instead) = experiment.instead_of_training() {
        return Err(format!("{lab} has nothing to train: {instead}"));
    }
    let declared = (experiment.knobs)();
    let (mut knobs, preset) = match (found, preset) {
        (Some(lab), Some(preset)) => (lab.knobs_of_preset(preset, &declared)?, Some(preset.to_owned())),
        (_, None) => (Knobs::defaults(&declared), None),
        (None, Some(preset)) => {
            return Err(format!("preset {preset}: {} is no lab and has no presets; set knobs", experiment.id));
        }
    };
    for (name, value) in set {
        knobs.set(&declared, name, value).map_err(|error| error.to_string())?;
    }
    Ok(Resolved { experiment: experiment.id.to_owned(), preset, knobs })
}
