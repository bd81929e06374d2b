//! The runs behind Train: begun, taken up again, opened, chosen from the list, laid under the curves.

use super::TrainTab;
use crate::intake::gate;
use crate::lab::Lab;
use crate::run::{RunError, Start, export};
use crate::tui::context::AppContext;
use crate::tui::live_run::{LiveRun, Stage, Wanted};
use crate::tui::screens::runs::{Choice, RunList};
use crate::tui::text;
use crate::tui::widgets::chart::View;

impl TrainTab {
    /// Has something wait for a place; whether it has to.
    fn has_to_wait(&mut self, what: Wanted, app: &mut AppContext) -> bool {
        if app.class.may_train() {
            return false;
        }
        app.class.ask_for_place();
        self.waits = Some(what);
        true
    }

    /// Whether something waits for a place to train.
    pub fn waits_for_place(&self) -> bool {
        self.waits.is_some()
    }

    pub(super) fn go_on_if_there_is_a_place(&mut self, app: &mut AppContext) {
        if !app.class.may_train() {
            return;
        }
        match self.waits.take() {
            Some(Wanted::Begin(start)) => self.begin_as(*start, app),
            Some(Wanted::Resume(id)) => self.take_up(&id, app),
            None => {}
        }
    }

    /// Wanted no longer.
    pub fn leave_queue(&mut self, app: &mut AppContext) {
        if self.waits.take().is_some() {
            app.class.give_place_back();
            let said = app.say(text::LEFT_QUEUE);
            app.notify(said);
        }
    }

    pub(super) fn begin(&mut self, lab: &Lab, app: &mut AppContext) {
        let start = self.setup.start(lab, app);
        if !self.has_to_wait(Wanted::Begin(Box::new(start.clone())), app) {
            self.begin_as(start, app);
        }
    }

    fn begin_as(&mut self, start: Start, app: &mut AppContext) {
        if app.run.as_ref().is_some_and(LiveRun::is_live) {
            let said = app.say(text::STOPPING);
            app.notify(said);
        }
        // One run at a time: the one before is stopped and recorded, off this thread.
        app.let_run_go();
        match LiveRun::start(&*app.runner, start, std::sync::Arc::clone(&app.wake)) {
            Ok(run) => {
                app.show_run(run);
                self.choosing = false;
                self.shows_setup = false;
                self.views.iter_mut().for_each(View::reset);
            }
            Err(error) => app.notify(error.to_string()),
        }
    }

    /// Takes up the newest run that was stopped.
    pub(super) fn resume(&mut self, lab: &Lab, app: &mut AppContext) {
        let runs = app.store.list().map(|(runs, _)| runs).unwrap_or_default();
        let found = runs.into_iter().find(|run| run.lab == lab.id && run.status.can_be_resumed());
        let Some(found) = found else {
            let said = app.say(text::NO_RUN_TO_RESUME);
            app.notify(said);
            return;
        };
        let id = found.id;
        self.take_up(&id, app);
    }

    fn take_up(&mut self, id: &str, app: &mut AppContext) {
        if self.has_to_wait(Wanted::Resume(id.to_owned()), app) {
            return;
        }
        self.take(app, |app| {
            // A run that has just stopped may hold its files still: it gives them up first.
            if app.run.as_ref().is_some_and(|run| run.id == id && run.stage != Stage::Finished && !run.is_recorded) {
                app.run = None;
            }
            LiveRun::resume(&*app.runner, &app.store, id, std::sync::Arc::clone(&app.wake))
        });
    }

    /// Puts a run of another time in the place of the one that is shown; not while one goes on.
    fn take(&mut self, app: &mut AppContext, run: impl FnOnce(&mut AppContext) -> Result<LiveRun, RunError>) {
        if app.run.as_ref().is_some_and(LiveRun::is_live) {
            let said = app.say(text::STOP_FIRST);
            app.notify(said);
            return;
        }
        match run(app) {
            Ok(run) => {
                app.show_run(run);
                self.choosing = false;
                self.shows_setup = false;
                // No run lies under itself.
                if let Some(shown) = &app.run {
                    self.overlays.remove(&shown.id);
                }
                self.views.iter_mut().for_each(View::reset);
                self.leave_list(app);
            }
            Err(error) => app.notify(error.to_string()),
        }
    }

    /// Shows the presets with one of them chosen.
    pub fn choose(&mut self, preset: usize, lab: &Lab) {
        (self.choosing, self.shows_setup, self.report) = (true, true, None);
        self.setup.choose(preset, lab);
        self.at_knobs = false;
    }

    /// Starts a run of a preset, whatever is shown.
    pub fn start(&mut self, preset: usize, lab: &Lab, app: &mut AppContext) {
        self.leave_list(app);
        self.choose(preset, lab);
        self.begin(lab, app);
    }

    /// Shows a recorded run.
    pub fn open_run(&mut self, id: &str, lab: &Lab, app: &mut AppContext) {
        self.chosen(Choice::Open(id.to_owned()), lab, app);
    }

    /// Takes up a recorded run that was stopped.
    pub fn resume_run(&mut self, id: &str, lab: &Lab, app: &mut AppContext) {
        self.chosen(Choice::Resume(id.to_owned()), lab, app);
    }

    /// Whether a run is being chosen.
    pub fn lists_runs(&self) -> bool {
        self.list.is_some()
    }

    pub(super) fn open_list(&mut self, lab: &Lab, app: &mut AppContext) {
        match RunList::new(Some(lab), app) {
            Ok(list) if list.is_empty(app) => {
                let said = app.say(text::NO_RUNS);
                app.notify(said);
            }
            Ok(list) => self.list = Some(list),
            Err(error) => app.notify(error),
        }
    }

    /// Closes the list of runs: what is marked is deleted.
    pub fn leave_list(&mut self, app: &mut AppContext) {
        if let Some(list) = self.list.take() {
            list.leave(app);
            // The open run may have been among them: the footer names the keys of what is shown then.
            self.shows_setup |= app.run.is_none();
        }
    }

    pub(super) fn chosen(&mut self, choice: Choice, lab: &Lab, app: &mut AppContext) {
        if let (Choice::Open(id) | Choice::Resume(id), Some(list)) = (&choice, &mut self.list) {
            list.keep(id);
        }
        match choice {
            // The run that is shown is only shown again.
            Choice::Open(id) if app.run_of(&lab.id).is_some_and(|run| run.id == id) => {
                (self.choosing, self.shows_setup) = (false, false);
                self.leave_list(app);
            }
            Choice::Open(id) => {
                self.take(app, |app| LiveRun::open(&app.store, &app.source, &id, std::sync::Arc::clone(&app.wake)));
            }
            Choice::Resume(id) => self.take_up(&id, app),
            Choice::Export(id) => export_run(&id, app),
            Choice::Overlay(id) => self.toggle_overlay(&id, lab, app),
            Choice::Leave => self.leave_list(app),
        }
    }

    /// Lays one more earlier run under the curves; after the last, none.
    pub(super) fn overlay(&mut self, lab: &Lab, app: &mut AppContext) {
        let current = app.run_of(&lab.id).map(|run| run.id.clone());
        let runs = app.store.list().map(|(runs, _)| runs).unwrap_or_default();
        let earlier = runs.into_iter().filter(|run| run.lab == lab.id && Some(&run.id) != current.as_ref());
        let mut others = earlier.map(|run| run.id).filter(|id| !self.overlays.contains(id));
        let Some(next) = others.next().filter(|_| !self.overlays.is_full()) else {
            if self.overlays.is_empty() {
                let said = app.say(text::NO_EARLIER_RUNS);
                app.notify(said);
            }
            self.overlays.clear();
            return;
        };
        let said = match self.overlays.add(&next, &app.store) {
            Ok(()) => format!("{}: {next}", app.say(text::EARLIER_RUNS)),
            Err(error) => error.to_string(),
        };
        app.notify(said);
    }

    /// Lays a run under the curves, or takes it away there.
    pub(super) fn toggle_overlay(&mut self, id: &str, lab: &Lab, app: &mut AppContext) {
        if app.run_of(&lab.id).is_some_and(|run| run.id == id) {
            // A run does not lie under itself.
            let said = app.say(text::RUN_IS_SHOWN);
            app.notify(said);
        } else {
            self.overlays.toggle(id, app);
        }
    }
}

/// Writes a run to a folder of its name; over an earlier export only if asked twice.
pub(in crate::tui::screens) fn export_run(id: &str, app: &mut AppContext) {
    let folder = gate::typed(id);
    let over = app.to_export_again.take().is_some_and(|before| before == id);
    let message = match export::export(&app.store, id, &folder, None, over) {
        Err(RunError::Refused { .. }) if !over && folder.join("run.yaml").exists() => {
            app.to_export_again = Some(id.to_owned());
            text::filled(app.say(text::EXPORT_AGAIN), &[&folder.display()])
        }
        Ok(files) => {
            let whole = std::path::absolute(&folder).unwrap_or_else(|_| folder.clone());
            text::filled(app.say(text::EXPORTED), &[&files.len(), &whole.display()])
        }
        Err(error) => error.to_string(),
    };
    app.notify(message);
}
