//! The class on the screen: what comes from it, its keys, and what it is told of this session.

use super::overlay::Overlay;
use super::{App, Place};
use crate::class::message::{Here, Script};
use crate::tui::class::News;
use crate::tui::destination::Destination;
use crate::tui::keys::{self, Action, Context};
use crate::tui::live_run::LiveRun;
use crate::tui::screens::class::answers::AnswersTable;
use crate::tui::screens::class::identity::{Answer, Identity};
use crate::tui::screens::class::list::Asked;
use crate::tui::screens::class::viewing::Viewing;
use crate::tui::screens::help::Help;
use crate::tui::text::{self, filled};
use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};
use ratatui::layout::Position;
use std::io;
use std::time::{Duration, Instant};

/// How long a mouse that rests points.
const POINTS_FOR: Duration = Duration::from_secs(3);

impl App {
    /// Takes in what has come from the class.
    pub(super) fn hear_class(&mut self) -> io::Result<()> {
        for news in self.context.class.take() {
            match news {
                News::DrawAnew => self.redraw()?,
                News::Seen { is_seen, begins } => {
                    self.context.pictures.keep_to_cells(is_seen);
                    // What graphics leave on the terminal goes with the rest.
                    self.redraw()?;
                    if !begins.is_empty() {
                        self.notify(filled(self.context.say(text::BEGINS_TO_WATCH), &[&begins.join(", ")]));
                    }
                }
                News::PresentingOver => {
                    self.context.pictures.keep_to_cells(!self.context.class.watched_by.is_empty());
                    self.notify(self.context.say(text::PRESENTING_OVER).to_owned());
                }
                News::HasToWait => self.notify(self.context.say(text::ALL_PLACES_TAKEN).to_owned()),
                News::Gone => {
                    self.context.pictures.keep_to_cells(false);
                    self.beneath = None;
                    let is_ours =
                        |overlay: &mut Overlay| overlay.is_of_class() || matches!(overlay, Overlay::Identity(_));
                    self.overlay.take_if(is_ours);
                    self.notify(self.context.say(text::CLASS_GONE).to_owned());
                }
                News::ProgressChanged => self.context.progress.read_again(),
                News::HandLowered(by) => self.notify(filled(self.context.say(text::HAND_LOWERED), &[&by])),
                News::Message(by, words) => self.notify(filled(self.context.say(text::FROM), &[&by, &words])),
                News::Claimed { student, confirmed: true, .. } => {
                    self.overlay.take_if(|overlay| matches!(overlay, Overlay::Identity(_)));
                    self.notify(filled(self.context.say(text::ID_KEPT), &[&student]));
                }
                News::Claimed { id, student, .. } => {
                    if let Some(Overlay::Identity(identity)) = &mut self.overlay {
                        identity.found(id, student);
                    }
                }
                News::ClaimRefused(why) => {
                    if let Some(Overlay::Identity(identity)) = &mut self.overlay {
                        identity.refused(why.in_language(self.context.language).to_owned());
                    }
                }
                News::EndRun(by) => {
                    let said = self.context.end_held_run(&by);
                    said.into_iter().for_each(|said| self.notify(said));
                }
                News::Full(holds, most) => self.make_room(holds, most),
                News::ScreenGone => {
                    if matches!(self.beneath.as_deref(), Some(Overlay::Viewing(..))) {
                        self.overlay = self.beneath.take().map(|beneath| *beneath);
                    }
                    if matches!(self.overlay, Some(Overlay::Viewing(..))) {
                        self.look_away();
                        self.notify(self.context.say(text::SCREEN_GONE).to_owned());
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks who of the roster this is, if the class wants to know.
    pub fn ask_identity(&mut self) {
        if self.context.class.asks_id {
            self.overlay = Some(Overlay::Identity(Identity::default()));
        }
    }

    pub(super) fn key_of_identity(&mut self, key: &KeyEvent) -> io::Result<()> {
        if let Some(action @ (Action::Quit | Action::Redraw | Action::Suspend)) = keys::action(&[], key, true) {
            return self.handle_action(action);
        }
        let Some(Overlay::Identity(identity)) = &mut self.overlay else { return Ok(()) };
        match identity.key(key) {
            Answer::Nothing => {}
            Answer::Later => self.overlay = None,
            Answer::Claim(id, confirmed) => self.context.class.claim(id, confirmed),
        }
        Ok(())
    }

    /// Gives the place to train back once the run is over, and nothing waits for it.
    pub(super) fn free_place(&mut self) {
        let trains = self.context.run.as_ref().is_some_and(LiveRun::is_live);
        let waits = matches!(&self.place, Place::Lab(lab) if lab.waits_for_place());
        if !trains && !waits {
            self.context.class.give_place_back();
        }
    }

    /// The account holds too much for another run. Runs that were deleted are kept for a while, but not at this price.
    fn make_room(&mut self, holds: u64, most: u64) {
        let Place::Lab(lab) = &mut self.place else { return };
        if self.context.store.forget_deleted() > 0 {
            return self.context.class.ask_for_place();
        }
        lab.leave_queue(&mut self.context);
        self.notify(filled(self.context.say(text::DISK_FULL), &[&holds, &most]));
    }

    /// What keys may mean here beside those of the place.
    pub(super) fn contexts_of_class(&self) -> Vec<Context> {
        let class = &self.context.class;
        let contexts = [
            (class.is_there(), Context::Class),
            (class.now.presenter.is_some() && !class.presents, Context::ClassPresented),
            (class.is_instructor, Context::ClassInstructor),
            (class.presents, Context::ClassPresenter),
        ];
        contexts.into_iter().filter_map(|(holds, context)| holds.then_some(context)).collect()
    }

    /// Does what a key means to the class.
    pub(super) fn handle_class_action(&mut self, action: Action) {
        let class = &mut self.context.class;
        match action {
            Action::RaiseHand if class.is_there() => class.toggle_hand(),
            Action::Follow if class.now.presenter.is_none() => {
                self.notify(self.context.say(text::NOBODY_PRESENTS).to_owned());
            }
            Action::Follow if !class.presents => {
                class.follow(true);
                self.overlay = Some(Overlay::Viewing(Viewing::new(true), None));
            }
            Action::Class if class.presents => self.notify(self.context.say(text::LIST_ELSEWHERE).to_owned()),
            Action::Class if class.is_instructor => {
                class.list(true);
                self.overlay = Some(Overlay::Class(Box::default()));
            }
            Action::Present if class.is_instructor => self.present(),
            Action::Point if class.presents => {
                let middle =
                    self.screen.size().map_or(Position::ORIGIN, |size| Position::new(size.width / 2, size.height / 2));
                self.overlay = Some(Overlay::Pointer(middle));
                self.context.class.point(Some(middle.into()));
            }
            _ => {}
        }
    }

    /// Shows this screen to the class, or ends it. The list is for instructors alone.
    fn present(&mut self) {
        if matches!(self.overlay, Some(Overlay::Class(_))) {
            self.close_class();
        }
        let begins = !self.context.class.presents;
        self.context.class.present(begins);
        if begins {
            self.demo.iter_mut().for_each(crate::tui::demo::Player::hide_notes);
        }
        let said = if begins { text::NOW_PRESENTING } else { text::NOT_PRESENTING };
        self.notify(self.context.say(said).to_owned());
    }

    /// Looks at nobody's screen any more: back to the list, if one came from there.
    fn look_away(&mut self) {
        let Some(Overlay::Viewing(viewing, list)) = self.overlay.take() else { return };
        if viewing.follows() {
            self.context.class.follow(false);
        } else {
            self.context.class.watch(None);
        }
        self.overlay = list.map(Overlay::Class);
    }

    /// A key while the list, another screen or the pointer takes them.
    pub(super) fn key_in_class(&mut self, key: &KeyEvent) -> io::Result<()> {
        if let Some(action) = keys::action(&self.contexts(), key, self.in_text()) {
            return self.handle_overlay_action(action);
        }
        if let Some(Overlay::Class(list)) = &mut self.overlay {
            list.typed(key);
        }
        Ok(())
    }

    /// What a key, or a click on it, means there.
    fn handle_overlay_action(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Quit => {
                self.close_class();
                return self.handle_action(Action::Quit);
            }
            Action::Redraw
            | Action::Suspend
            | Action::SwitchLanguage
            | Action::SwitchPictures
            | Action::SwitchTheme
            | Action::FreeMouse
            | Action::RaiseHand => return self.handle_action(action),
            Action::Help => {
                let help = Help::new(&self.contexts(), self.in_text());
                // The page lies over what it explains.
                self.beneath = self.overlay.replace(Overlay::Help(help)).map(Box::new);
            }
            Action::Palette => {
                self.close_class();
                return self.handle_action(Action::Palette);
            }
            action => self.act_on_overlay(action),
        }
        Ok(())
    }

    /// Takes the list, the screen or the pointer away.
    fn close_class(&mut self) {
        if matches!(self.overlay, Some(Overlay::Viewing(..))) {
            self.look_away();
        }
        if matches!(self.overlay, Some(Overlay::Pointer(_))) {
            self.context.class.point(None);
        }
        self.context.class.list(false);
        self.context.class.list_answers(false);
        self.overlay = None;
    }

    fn act_on_overlay(&mut self, action: Action) {
        match &mut self.overlay {
            Some(Overlay::Class(list)) => {
                let asked = list.handle_action(action, &self.context);
                self.do_as_asked(asked);
            }
            Some(Overlay::Answers(..)) if matches!(action, Action::Back | Action::Answers) => {
                let Some(Overlay::Answers(_, list)) = self.overlay.take() else { return };
                self.context.class.list_answers(false);
                self.overlay = Some(Overlay::Class(list));
            }
            Some(Overlay::Answers(table, _)) => table.handle_action(action, &self.context),
            Some(Overlay::Viewing(..)) if matches!(action, Action::Back | Action::Follow) => self.look_away(),
            Some(Overlay::Viewing(viewing, _)) => viewing.handle_action(action),
            Some(Overlay::Pointer(at)) => {
                let (columns, rows) = match action {
                    Action::Left => (-1, 0),
                    Action::Right => (1, 0),
                    Action::Up => (0, -1),
                    Action::Down => (0, 1),
                    Action::Home => (i32::MIN, 0),
                    Action::End => (i32::MAX, 0),
                    Action::PageUp => (0, -5),
                    Action::PageDown => (0, 5),
                    Action::Back | Action::Point => {
                        return self.close_class();
                    }
                    _ => return,
                };
                let size = self.screen.size().unwrap_or_default();
                let moved = |from: u16, by: i32, room: u16| {
                    i32::from(from).saturating_add(by).clamp(0, i32::from(room.saturating_sub(1))) as u16
                };
                *at = Position::new(moved(at.x, columns, size.width), moved(at.y, rows, size.height));
                self.context.class.point(Some((at.x, at.y)));
            }
            _ => {}
        }
    }

    fn do_as_asked(&mut self, asked: Asked) {
        match asked {
            Asked::Nothing => {}
            Asked::Close => self.close_class(),
            Asked::Watch(session) => {
                let Some(Overlay::Class(list)) = self.overlay.take() else { return };
                self.context.class.watch(Some(session));
                self.overlay = Some(Overlay::Viewing(Viewing::new(false), Some(list)));
            }
            Asked::Answers => {
                let Some(Overlay::Class(list)) = self.overlay.take() else { return };
                self.context.class.list_answers(true);
                self.overlay = Some(Overlay::Answers(AnswersTable::default(), list));
            }
            Asked::NoScreen => self.notify(self.context.say(text::CLASS_NO_SCREEN).to_owned()),
            Asked::Lower(session) => self.context.class.lower(session),
            Asked::EndRun(session) => self.context.class.end_run(session),
            Asked::NotHeld => self.notify(self.context.say(text::CLASS_NOT_HELD).to_owned()),
            Asked::Present => self.present(),
            Asked::Message(to, words) => {
                self.context.class.send_message(to, words);
                self.notify(self.context.say(text::CLASS_SENT).to_owned());
            }
        }
    }

    pub(super) fn mouse_in_class(&mut self, event: MouseEvent, clicked: Option<Destination>) -> io::Result<()> {
        if let Some(Destination::Action(action)) = clicked {
            return self.handle_overlay_action(action);
        }
        let asked = match &mut self.overlay {
            Some(Overlay::Class(list)) => list.mouse(event, &self.context),
            Some(Overlay::Answers(table, _)) => {
                match event.kind {
                    MouseEventKind::ScrollUp => table.handle_action(Action::Up, &self.context),
                    MouseEventKind::ScrollDown => table.handle_action(Action::Down, &self.context),
                    _ => {}
                }
                Asked::Nothing
            }
            _ => Asked::Nothing,
        };
        self.do_as_asked(asked);
        Ok(())
    }

    /// Of a presenter, the mouse is the pointer.
    pub(super) fn point_by_mouse(&mut self, event: &MouseEvent) {
        if self.context.class.presents {
            self.context.class.point(Some((event.column, event.row)));
            self.pointer_rests = Some(Instant::now() + POINTS_FOR);
        }
    }

    /// A mouse that has rested for a while points no longer.
    pub(super) fn rest_pointer(&mut self, now: Instant) {
        if self.pointer_rests.take_if(|rests| now >= *rests).is_some() {
            self.context.class.point(None);
        }
    }

    /// Tells the class where this session is, if that is new.
    pub(super) fn report_to_class(&mut self) {
        if !self.context.class.is_there() {
            return;
        }
        let size = self.screen.size().unwrap_or_default();
        let (tab, exercise) = match &self.place {
            Place::Picker => (None, None),
            Place::Lab(lab) => (Some(lab.tab_name().to_owned()), lab.shown_exercise().map(str::to_owned)),
        };
        let here = Here {
            lab: self.context.shown_lab.clone(),
            tab,
            exercise,
            run: self.context.run.as_ref().filter(|run| !run.is_recorded).map(LiveRun::here),
            columns: size.width,
            rows: size.height,
            dark: self.context.theme.dark,
        };
        let language = self.context.language;
        let script = self.demo.as_ref().filter(|_| self.context.class.presents).map(|demo| {
            let (step, steps) = demo.number();
            Script {
                lab: demo.lab().id.clone(),
                step,
                steps,
                words: demo.words().in_language(language).to_owned(),
                note: demo.note().map(|note| note.in_language(language).to_owned()),
            }
        });
        self.context.class.report(here, script);
    }
}
