//! The runs of all labs, opened from the picker.

use super::{Chosen, Picker};
use crate::tui::context::AppContext;
use crate::tui::destination::Destination;
use crate::tui::keys::{Action, Context};
use crate::tui::screens::overlays::Overlays;
use crate::tui::screens::runs::{Choice, RunList};
use crate::tui::screens::train::export_run;
use crate::tui::text;
use crossterm::event::{KeyEvent, MouseEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The list, and the runs that are marked in it to be compared.
pub(super) struct Runs {
    list: RunList,
    marked: Overlays,
}

impl Runs {
    pub(super) fn in_text(&self) -> bool {
        self.list.in_text()
    }

    /// Which keys hold in it.
    pub(super) fn context(&self) -> Context {
        if self.list.holds_none() { Context::NoRuns } else { Context::Runs }
    }

    pub(super) fn typed(&mut self, key: &KeyEvent) {
        self.list.typed(key);
    }

    pub(super) fn pasted(&mut self, pasted: &str) {
        self.list.pasted(pasted);
    }

    pub(super) fn draw(&mut self, area: Rect, app: &AppContext, buffer: &mut Buffer) {
        self.list.draw(area, &self.marked, app, buffer);
    }
}

impl Picker {
    /// Opens the list, at the newest run of the lab that the picker stands on.
    pub(super) fn open_runs(&mut self, app: &mut AppContext) {
        match RunList::new(None, app) {
            Ok(list) if list.is_empty(app) => app.notify(app.say(text::NO_RUNS_OF_ALL)),
            Ok(mut list) => {
                if let Some(lab) = self.lab(app) {
                    list.stand_on(&lab.id);
                }
                self.search = None;
                self.runs = Some(Runs { list, marked: Overlays::default() });
            }
            Err(error) => app.notify(error),
        }
    }

    pub(super) fn act_on_runs(&mut self, action: Action, app: &mut AppContext) -> Chosen {
        let choice = self.runs.as_mut().and_then(|runs| runs.list.handle_action(action, app)).flatten();
        choice.map_or(Chosen::Nothing, |choice| self.take_choice(choice, app))
    }

    pub(super) fn mouse_on_runs(&mut self, event: MouseEvent, app: &mut AppContext) -> Chosen {
        let choice = self.runs.as_mut().and_then(|runs| runs.list.mouse(event));
        choice.map_or(Chosen::Nothing, |choice| self.take_choice(choice, app))
    }

    fn take_choice(&mut self, choice: Choice, app: &mut AppContext) -> Chosen {
        match choice {
            Choice::Open(id) => self.leave_runs_for(&id, app, |lab, id| Destination::Run { lab, id }),
            Choice::Resume(id) => self.leave_runs_for(&id, app, |lab, id| Destination::Within {
                lab,
                place: Box::new(Destination::Resume(id)),
            }),
            Choice::Export(id) => {
                export_run(&id, app);
                Chosen::Nothing
            }
            Choice::Overlay(id) => {
                self.runs.iter_mut().for_each(|runs| runs.marked.toggle(&id, app));
                Chosen::Nothing
            }
            Choice::Leave => {
                self.leave_runs(app);
                self.opened(app);
                Chosen::Nothing
            }
        }
    }

    /// Leaves the list for a run, which is kept although it may be marked to be deleted.
    fn leave_runs_for(
        &mut self,
        id: &str,
        app: &mut AppContext,
        place: impl FnOnce(String, String) -> Destination,
    ) -> Chosen {
        let Some(runs) = &mut self.runs else { return Chosen::Nothing };
        let Some(lab) = runs.list.lab_of(id).map(str::to_owned) else { return Chosen::Nothing };
        let known = app.catalogue.find(&lab).map(drop);
        if let Err(error) = known {
            app.notify(error);
            return Chosen::Nothing;
        }
        runs.list.keep(id);
        // The list is closed when the picker is left, so that what it says then is read.
        Chosen::Place(place(lab, id.to_owned()))
    }

    /// Closes the list: what is marked there is deleted.
    pub fn leave_runs(&mut self, app: &mut AppContext) {
        if let Some(runs) = self.runs.take() {
            runs.list.leave(app);
        }
    }
}
