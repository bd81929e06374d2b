//! The runs of a lab without a screen: listed, opened with their curves, report and model, and taken up again.

use super::Reader;
use crate::lab::Lab;
use crate::printer::printable;
use crate::run::{RunDescription, RunError, RunLabel};
use crate::tui::live_run::{LiveRun, Wanted};
use crate::tui::screens::{main_figure, status, when};
use crate::tui::text;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

impl<W: Write> Reader<W> {
    /// Lists the runs of a lab, the newest first; with a number, id or name, opens that one.
    pub(super) fn runs(&mut self, lab: &Lab, named: &str) -> io::Result<()> {
        if named.is_empty() {
            return self.list_runs(lab);
        }
        let Some(id) = self.run_meant(lab, named)? else { return Ok(()) };
        if self.is_under_way() {
            return self.say(text::PLAIN_STOP_FIRST);
        }
        let wake = Arc::clone(&self.app.wake);
        match LiveRun::open(&self.app.store, &self.app.source, &id, wake) {
            Ok(run) => {
                self.shows(run);
                // Nothing is to come: it is told once, here.
                self.end_told = true;
                self.status()?;
                if self.app.run.as_ref().is_some_and(|run| run.report.is_some()) {
                    self.report()?;
                }
                self.tell(text::PLAIN_RUN_OPENED, &[&id])
            }
            Err(error) => writeln!(self.out, "{error}"),
        }
    }

    /// Goes on with a run that was stopped: the newest, or the one that is named.
    pub(super) fn resume(&mut self, lab: &Lab, named: &str) -> io::Result<()> {
        let id = match named {
            "" => {
                let stopped = self.runs_of(lab).into_iter().find(|run| run.status.can_be_resumed());
                let Some(stopped) = stopped else { return self.say(text::NO_RUN_TO_RESUME) };
                stopped.id
            }
            named => match self.run_meant(lab, named)? {
                Some(id) => id,
                None => return Ok(()),
            },
        };
        if self.is_under_way() {
            return self.say(text::PLAIN_STOP_FIRST);
        }
        self.begin(Wanted::Resume(id))
    }

    /// Puts a run in the place of the one that was told of.
    pub(super) fn shows(&mut self, run: LiveRun) {
        self.app.show_run(run);
        self.is_stopping = false;
        (self.told, self.curves_told, self.end_told) = (Instant::now(), Instant::now(), false);
    }

    fn runs_of(&self, lab: &Lab) -> Vec<RunDescription> {
        let runs = self.app.store.list().map(|(runs, _)| runs).unwrap_or_default();
        runs.into_iter().filter(|run| run.lab == lab.id).collect()
    }

    /// The id of a run of the lab by its number in the list, its id or its name; without one it says why.
    fn run_meant(&mut self, lab: &Lab, named: &str) -> io::Result<Option<String>> {
        let runs = self.runs_of(lab);
        let by_number = named.parse::<usize>().ok().and_then(|number| runs.get(number.checked_sub(1)?));
        let found = by_number.cloned().map_or_else(|| self.app.store.find(named), Ok);
        match found {
            Ok(run) if run.lab == lab.id => Ok(Some(run.id)),
            Ok(_) | Err(RunError::Unknown(..)) => self.tell(text::PLAIN_NO_SUCH_RUN, &[&named]).map(|()| None),
            Err(error) => writeln!(self.out, "{error}").map(|()| None),
        }
    }

    fn list_runs(&mut self, lab: &Lab) -> io::Result<()> {
        let runs = self.runs_of(lab);
        if runs.is_empty() {
            return self.say(text::NO_RUNS);
        }
        for (index, run) in runs.iter().enumerate() {
            let label: RunLabel = self.app.store.label(&run.id).unwrap_or_default();
            let preset = run.preset.as_deref().unwrap_or("–");
            let mut words = vec![
                format!("{preset}, {} {}", self.app.say(text::SEED), run.seed),
                self.app.say(status(run.status)).to_owned(),
                when(&run.started),
            ];
            words.extend(main_figure(run));
            let label = printable(&label.line());
            words.extend((!label.is_empty()).then_some(label));
            self.out.put(&format!("{}. {}: {}", index + 1, run.id, words.join("; ")))?;
        }
        self.say(text::PLAIN_RUNS_HOW)
    }
}
