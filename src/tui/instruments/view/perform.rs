//! Actions of a lab, applied to what is picked.

use super::{Focus, View};
use crate::experiment::declaration::Argument;
use crate::experiment::panel::{Ground, Place};
use crate::experiment::{Command, Panel};
use crate::lab::Lab;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::text;
use crate::tui::widgets::panel;

impl View {
    /// Whether a panel has what some action of the run is applied to: points of the plane, or words.
    pub(super) fn has_what_is_acted_on(&self, panel: &Panel) -> bool {
        let place = panel::moved(panel, None, (0, 0));
        self.actions.iter().any(|action| match action.argument {
            Argument::Nothing | Argument::Answer(_) => false,
            Argument::Point => matches!(panel, Panel::Plane { scene, .. } if scene.labels.is_empty()),
            Argument::Word => place.as_ref().and_then(|place| panel.word_at(place)).is_some(),
            // A world that somebody is in, not one that is only planned.
            Argument::Cell | Argument::Shown => {
                matches!(panel, Panel::Grid(grid) if grid.cells.iter().any(|cell| cell.ground == Ground::Agent))
            }
        })
    }

    /// Sends an action of the lab's to its run, applied to the place under the cursor.
    pub(super) fn perform(&mut self, name: &str, lab: &Lab, app: &mut AppContext) {
        let Some(action) = self.actions.iter().find(|action| action.name == name) else { return };
        if app.run_of(&lab.id).is_some() && app.explored_run(&lab.id).is_none() {
            return app.notify(app.say(text::RUN_IS_NOT_SHOWN).to_owned());
        }
        let takes = |run: &&crate::tui::live_run::LiveRun| run.is_live() && action.fits(&run.knobs);
        let Some(run) = app.run_of(&lab.id).filter(takes) else {
            let needs = action.when.map_or(String::new(), |(knob, choice)| format!(" ({knob} = {choice})"));
            let message = format!("{}{needs}", app.say(text::ACTION_NO_RUN));
            return app.notify(message);
        };
        let argument = match (action.argument, &self.cursor) {
            (Argument::Nothing | Argument::Shown | Argument::Answer(_), _) => Some(String::new()),
            (Argument::Cell, Some(Place::Cell([row, column]))) => Some(format!("{row} {column}")),
            (Argument::Point, Some(Place::Point([x, y]))) => Some(format!("{x:.3} {y:.3}")),
            (Argument::Word, Some(place)) => self.picked_panel().and_then(|panel| panel.word_at(place)),
            _ => None,
        };
        let Some(argument) = argument else { return };
        let message = format!("{} {argument}", app.say(action.help));
        run.send(Command::Action { action: name.to_owned(), argument });
        self.sent.push(action.name);
        app.notify(message);
    }

    /// Whether a number is being typed for an input.
    pub(super) fn in_number(&self) -> bool {
        self.focus == Focus::Inputs && self.inputs.in_number()
    }

    /// Does what a key means to a number that is being typed; whether the key means something else beside: one that chooses another input
    /// takes the number up first, as long as it is one.
    pub(super) fn ends_number(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        match action {
            Action::Confirm | Action::Up | Action::Down => match self.inputs.take_number() {
                Some(Ok(name)) => {
                    self.turned(Some(name), lab, app);
                    action != Action::Confirm
                }
                Some(Err(message)) => {
                    app.notify(message.in_language(app.language));
                    false
                }
                None => action != Action::Confirm,
            },
            Action::Back => {
                self.inputs.leave_number();
                false
            }
            // What is being typed is not thrown away by a key that moves in other lists.
            Action::Home | Action::End | Action::PageUp | Action::PageDown => false,
            _ => true,
        }
    }
}
