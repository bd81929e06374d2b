//! The script of a lab on the screen: begun, its keys, its part of the loop.

use super::overlay::Overlay;
use super::{App, Place};
use crate::run::Clock;
use crate::tui::demo::Player;
use crate::tui::keys::Action;
use crate::tui::live_run::LiveRun;
use crate::tui::text;
use std::time::{Duration, Instant};

impl App {
    /// Opens a lab and plays its script from the first step. The run of the lab that may be there is let go: the script
    /// begins with the bundled model.
    pub fn play_demo(&mut self, id: &str) {
        let Ok(lab) = self.context.catalogue.find(id).cloned() else { return };
        if lab.demo.is_empty() {
            return self.notify(self.context.say(text::NO_DEMO).to_owned());
        }
        if self.context.run_of(id).is_some() {
            self.context.let_run_go();
        }
        // It begins at its beginning, wherever the lab was left.
        self.leave();
        self.context.spots.remove(id);
        self.open(id, Some(0));
        if let Place::Lab(screen) = &mut self.place {
            self.demo = Player::new(&lab, self.clock.now(), screen, &mut self.context);
        }
    }

    /// Does what a key means to the script.
    pub(super) fn act_in_demo(&mut self, action: Action) {
        let now = self.clock.now();
        let (Some(demo), Place::Lab(screen)) = (&mut self.demo, &mut self.place) else { return };
        match action {
            Action::DemoForward => demo.forward(now, screen, &mut self.context),
            Action::DemoBack => demo.back(now, screen, &mut self.context),
            // The audience would see them too.
            Action::DemoNotes if self.context.class.presents => {
                return self.notify(self.context.say(text::NOTES_ELSEWHERE).to_owned());
            }
            Action::DemoNotes => demo.toggle_notes(),
            Action::DemoRestart => {
                let lab = self.context.shown_lab.clone();
                lab.iter().for_each(|lab| self.play_demo(lab));
                return;
            }
            _ => return self.end_demo(),
        }
        self.end_demo_if_over();
    }

    /// Lets the script do what is due; whether anything has changed. Under a dialog it waits.
    pub(super) fn advance_demo(&mut self) -> bool {
        let now = self.clock.now();
        if self.is_held_up() {
            return false;
        }
        let (Some(demo), Place::Lab(screen)) = (&mut self.demo, &mut self.place) else { return false };
        let has_changed = demo.advance(now, screen, &mut self.context);
        if has_changed {
            // What the script does is watched as what a person does is.
            self.attention.attract(Instant::now());
        }
        self.end_demo_if_over();
        has_changed
    }

    /// Whether a dialog lies over the lab, under which a script waits; a pointer does not.
    fn is_held_up(&self) -> bool {
        self.overlay.as_ref().is_some_and(|overlay| !matches!(overlay, Overlay::Pointer(_)))
    }

    /// When the script wants to do something.
    pub(super) fn demo_due(&self) -> Option<Instant> {
        let due = self.demo.as_ref().filter(|_| !self.is_held_up())?.due()?;
        Some(Instant::now() + due.saturating_sub(self.clock.now()).max(Duration::from_millis(1)))
    }

    fn end_demo_if_over(&mut self) {
        if self.demo.as_ref().is_some_and(Player::is_over) {
            self.end_demo();
        }
    }

    fn end_demo(&mut self) {
        self.demo = None;
        self.notify(self.context.say(text::DEMO_OVER).to_owned());
        self.say_what_goes_on();
    }

    /// Ends the script of a lab that is left.
    pub(super) fn leave_demo(&mut self) {
        if self.demo.take().is_some() {
            self.say_what_goes_on();
        }
    }

    /// A presenter who ends a script may not know that the run it started goes on, and how it is stopped.
    fn say_what_goes_on(&mut self) {
        if self.context.run.as_ref().is_some_and(LiveRun::is_live) {
            self.notify(self.context.say(text::DEMO_RUN_GOES_ON).to_owned());
        }
    }
}
