//! The loop: messages in, frames out.

mod attention;
mod class;
mod demo;
mod frame;
mod inputs;
mod overlay;

use super::context::AppContext;
use super::demo::Player;
use super::destination::Destination;
use super::keys::{self, Action, Context, TRAIN};
use super::screens::help::Help;
use super::screens::lab::LabScreen;
use super::screens::palette::{Outcome, Palette};
use super::screens::picker::{Chosen, Picker};
use super::screens::too_small;
use super::terminal::{self, Bell, Inputs, Message, Screen};
use super::text;
use super::theme::{ColorDepth, Theme};
use crate::exit::Exit;
use crate::run::SystemClock;
use crate::width::Widths;
use attention::Attention;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture, KeyCode, KeyEvent};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};
use overlay::Overlay;
use ratatui::layout::{Position, Rect};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Time between two paintings of data; keys paint at once.
const DATA_PERIOD: Duration = Duration::from_millis(100);
/// Time between two pictures of something in motion.
const MOTION_PERIOD: Duration = Duration::from_millis(160);
/// Longest that keys are taken without a frame between.
const INPUT_PERIOD: Duration = Duration::from_millis(50);
/// What was typed is kept after this pause.
const SAVE_AFTER: Duration = Duration::from_millis(500);
/// What could not be kept is tried again after this and that pause: each try may hold the screen up.
const SAVE_AGAIN_AFTER: Duration = Duration::from_secs(10);

enum Place {
    Picker,
    Lab(Box<LabScreen>),
}

pub struct App {
    context: AppContext,
    depth: ColorDepth,
    screen: Screen,
    bell: Arc<Bell>,
    picker: Picker,
    place: Place,
    /// The script of the lab, while it is played.
    demo: Option<Player>,
    clock: SystemClock,
    overlay: Option<Overlay>,
    /// When the mouse of a presenter, which rests, points no longer.
    pointer_rests: Option<Instant>,
    /// What the help page lies over.
    beneath: Option<Box<Overlay>>,
    mouse: bool,
    /// Whether the last action was asked for by Esc.
    by_escape: bool,
    quit: Option<Exit>,
    attention: Attention,
    /// Since when something that was typed waits to be kept.
    typed_unsaved: Option<Instant>,
}

impl App {
    pub fn new(mut context: AppContext, depth: ColorDepth, screen: Screen, bell: Arc<Bell>) -> Self {
        let picker = Picker::new(&mut context);
        App {
            context,
            depth,
            screen,
            bell,
            picker,
            place: Place::Picker,
            demo: None,
            clock: SystemClock::default(),
            overlay: None,
            pointer_rests: None,
            beneath: None,
            mouse: true,
            by_escape: false,
            quit: None,
            attention: Attention::from(Instant::now()),
            typed_unsaved: None,
        }
    }

    pub fn set_theme(&mut self, theme: Theme) {
        self.context.pictures.look.light = !theme.dark;
        self.context.theme = theme;
    }

    pub fn set_widths(&mut self, widths: Widths) {
        self.context.widths = widths;
        self.context.pictures.set_wide_ambiguous();
    }

    pub fn offer_graphics(&mut self, picker: ratatui_image::picker::Picker) {
        let wake = Arc::clone(&self.context.wake);
        self.context.pictures.offer(picker, wake);
    }

    pub fn first_frame(&mut self) -> io::Result<()> {
        self.paint()
    }

    /// Runs until somebody quits or the terminal is gone.
    pub fn run(&mut self, messages: &Receiver<Message>, inputs: &Inputs) -> io::Result<Exit> {
        if matches!(self.place, Place::Picker) {
            self.picker.opened(&mut self.context);
        }
        let mut painted = Instant::now();
        let mut moved = Instant::now();
        let (mut data_waits, mut inputs_wait) = (true, false);
        loop {
            let now = Instant::now();
            let in_motion = self.in_motion(now);
            let data_due = data_waits.then_some(painted + DATA_PERIOD);
            let motion_due = in_motion.then_some(moved + MOTION_PERIOD);
            let inputs_due = inputs_wait.then_some(now);
            let save_due = self.typed_unsaved.map(|since| since + SAVE_AFTER);
            let own = [self.context.notice_ends(), self.demo_due(), self.pointer_rests];
            let dues = [data_due, motion_due, inputs_due, save_due].into_iter().chain(own);
            let due = dues.flatten().min();
            let message = match due {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => messages.recv_timeout(due.saturating_duration_since(now)),
            };
            let mut at_once = false;
            let mut next = match message {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Lost),
            };
            while let Some(message) = next {
                match message {
                    Message::Wake => {
                        self.bell.heard();
                        data_waits = true;
                    }
                    Message::Inputs => {
                        inputs.heard();
                        inputs_wait = true;
                    }
                    other => {
                        self.take(other)?;
                        at_once = true;
                    }
                }
                next = messages.try_recv().ok();
            }
            if inputs_wait {
                // A flood of keys is taken in parts, with a frame and a look at signals between them.
                inputs_wait = self.take_inputs(inputs, Instant::now() + INPUT_PERIOD)?;
                at_once = true;
            }
            if let Some(exit) = self.quit.take() {
                return Ok(exit);
            }
            let now = Instant::now();
            if self.typed_unsaved.is_some_and(|since| now >= since + SAVE_AFTER) {
                self.save();
            }
            self.rest_pointer(now);
            let moves = in_motion && now >= moved + MOTION_PERIOD;
            if moves {
                moved = now;
                self.tick();
            }
            let data_is_due = data_waits && now >= painted + DATA_PERIOD;
            if data_is_due || at_once {
                self.hear_class()?;
                self.catch_up();
                self.free_place();
                data_waits = false;
            }
            at_once |= self.advance_demo();
            let notice_went = due.is_some_and(|due| now >= due);
            if at_once || moves || data_is_due || notice_went {
                self.paint()?;
                painted = Instant::now();
            }
        }
    }

    /// Takes in what runs and models have to say.
    fn catch_up(&mut self) {
        if let Some(run) = &mut self.context.run
            && let Ok(lab) = self.context.catalogue.find(&run.lab).cloned()
        {
            for attempt in run.catch_up() {
                self.context.happened(&lab, &attempt);
            }
        }
        let replies = self.context.questions.take();
        self.demo.iter_mut().for_each(|demo| demo.answered(replies.len()));
        for reply in replies {
            match &mut self.place {
                Place::Lab(lab) => lab.answered(&reply, &mut self.context),
                Place::Picker => self.picker.answered(&reply, &mut self.context),
            }
        }
        if let Place::Lab(lab) = &mut self.place {
            lab.news(&mut self.context);
        }
    }

    /// Whether something is to be drawn again and again; otherwise nothing but news wakes the loop.
    fn in_motion(&self, now: Instant) -> bool {
        let moving = match &self.place {
            Place::Picker => self.picker.in_motion(),
            Place::Lab(lab) => lab.in_motion(&self.context),
        };
        let keeps_time = matches!(&self.place, Place::Lab(lab) if lab.keeps_time());
        keeps_time || moving && self.overlay.is_none() && self.attention.is_paid(now)
    }

    fn tick(&mut self) {
        match &mut self.place {
            Place::Picker => self.picker.tick(&mut self.context),
            Place::Lab(lab) => lab.tick(&mut self.context),
        }
    }

    /// Keeps what was typed. What could not be kept is tried again later.
    pub fn save(&mut self) {
        self.typed_unsaved = None;
        let mut is_unsaved = false;
        if let Place::Lab(lab) = &mut self.place {
            lab.save(&mut self.context);
            is_unsaved = lab.is_unsaved();
        }
        is_unsaved |= !self.context.keep_notes_that_were_left();
        self.typed_unsaved = is_unsaved.then(|| Instant::now() + SAVE_AGAIN_AFTER);
    }

    fn take(&mut self, message: Message) -> io::Result<()> {
        match message {
            Message::Hangup | Message::Interrupt | Message::Lost => self.quit = Some(Exit::Interrupted),
            Message::Stop => self.suspend(false)?,
            // Whoever stopped it may have used the terminal.
            Message::Continued => {
                terminal::take_again(self.mouse)?;
                self.redraw()?;
            }
            Message::Wake | Message::Line(_) | Message::Inputs => {}
        }
        Ok(())
    }

    fn suspend(&mut self, of_group: bool) -> io::Result<()> {
        self.save();
        if !terminal::suspend(self.mouse, of_group)? {
            let said = self.context.say(text::NO_SHELL);
            self.context.notify(said);
        }
        self.redraw()
    }

    fn contexts(&self) -> Vec<Context> {
        let of_class = self.contexts_of_class();
        let here = match (&self.overlay, &self.place) {
            (Some(Overlay::Class(list)), _) => return list.contexts(&self.context),
            (Some(Overlay::Viewing(..)), _) => return [&[Context::ClassViewing], &of_class[..]].concat(),
            (Some(Overlay::Pointer(_)), _) => return vec![Context::ClassPointer],
            (Some(Overlay::Answers(..)), _) => return vec![Context::ClassAnswers],
            (_, Place::Picker) => vec![self.picker.context()],
            (_, Place::Lab(lab)) => {
                self.demo.iter().map(|_| Context::Demo).chain(lab.contexts(&self.context)).collect()
            }
        };
        [here, of_class].concat()
    }

    fn in_text(&self) -> bool {
        if let Some(Overlay::Class(list)) = &self.overlay {
            return list.in_text();
        }
        match &self.place {
            Place::Picker => self.picker.in_text(),
            Place::Lab(lab) => lab.in_text(),
        }
    }

    fn key(&mut self, key: KeyEvent) -> io::Result<()> {
        match &mut self.overlay {
            Some(Overlay::Palette(palette)) => {
                match palette.key(&key) {
                    Outcome::Open => {}
                    Outcome::Closed => self.overlay = None,
                    Outcome::Chosen(destination) => self.go(destination)?,
                }
                return Ok(());
            }
            Some(Overlay::Help(help)) => {
                match keys::action(&[], &key, false) {
                    Some(Action::Up) => help.scroll(-1),
                    Some(Action::Down) => help.scroll(1),
                    Some(Action::PageUp) => help.scroll(-10),
                    Some(Action::PageDown) => help.scroll(10),
                    Some(Action::Home) => help.scroll(isize::MIN),
                    Some(Action::End) => help.scroll(isize::MAX),
                    Some(Action::Quit) => self.ask_to_quit(true),
                    _ => self.overlay = self.beneath.take().map(|beneath| *beneath),
                }
                return Ok(());
            }
            Some(Overlay::QuitQuestion(_)) => {
                self.overlay = None;
                if matches!(keys::action(&[], &key, false), Some(Action::Confirm | Action::Quit)) {
                    self.quit = Some(Exit::Done);
                }
                return Ok(());
            }
            Some(Overlay::Class(_) | Overlay::Viewing(..) | Overlay::Pointer(_) | Overlay::Answers(..)) => {
                return self.key_in_class(&key);
            }
            Some(Overlay::Identity(_)) => return self.key_of_identity(&key),
            None => {}
        }
        match keys::action(&self.contexts(), &key, self.in_text()) {
            Some(action) => {
                self.by_escape = key.code == KeyCode::Esc;
                self.handle_action(action)
            }
            None => {
                match &mut self.place {
                    Place::Picker => self.picker.typed(&key, &mut self.context),
                    Place::Lab(lab) => lab.typed(&key, &mut self.context),
                }
                Ok(())
            }
        }
    }

    /// Quits, unless a run is under way or it may not have been meant: then it asks first.
    fn ask_to_quit(&mut self, is_meant: bool) {
        self.beneath = None;
        if self.context.run.as_ref().is_some_and(super::live_run::LiveRun::is_live) {
            self.overlay = Some(Overlay::QuitQuestion(text::QUIT_RUNNING));
        } else if !is_meant {
            self.overlay = Some(Overlay::QuitQuestion(text::QUIT_SURE));
        } else {
            self.quit = Some(Exit::Done);
        }
    }

    fn handle_action(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Help => {
                self.beneath = None;
                self.overlay = Some(Overlay::Help(Help::new(&self.contexts(), self.in_text())));
            }
            Action::Palette => {
                let palette = Palette::new(&self.contexts(), self.in_text(), &self.context);
                self.overlay = Some(Overlay::Palette(palette));
            }
            Action::Quit => self.ask_to_quit(true),
            Action::SwitchLanguage => {
                self.context.language = self.context.language.other();
                let language = self.context.language.to_string();
                if let Err(error) = self.context.progress.set_setting("language", &language) {
                    self.context.notify(error);
                }
            }
            Action::SwitchPictures => {
                self.context.pictures.switch();
                let mode = self.context.say(self.context.pictures.mode().name());
                let message = format!("{} {mode}", self.context.say(text::PICTURES_AS));
                self.context.notify(message);
                let key = self.context.pictures.mode().key();
                if let Err(error) = self.context.progress.set_setting("pictures", key) {
                    self.context.notify(error);
                }
            }
            Action::SwitchTheme => {
                let theme = if self.context.theme.dark { Theme::light() } else { Theme::dark() };
                self.set_theme(theme.on_its_ground());
            }
            Action::FreeMouse => {
                self.mouse = !self.mouse;
                if self.mouse {
                    execute!(io::stdout(), EnableMouseCapture)?;
                } else {
                    execute!(io::stdout(), DisableMouseCapture)?;
                }
                let said = self.context.say(if self.mouse { text::MOUSE_TAKEN } else { text::MOUSE_FREE });
                self.context.notify(said);
            }
            Action::Suspend => self.suspend(true)?,
            Action::Redraw => self.redraw()?,
            Action::DemoForward | Action::DemoBack | Action::DemoRestart | Action::DemoNotes | Action::DemoEnd => {
                self.act_in_demo(action)
            }
            Action::RaiseHand | Action::Follow | Action::Class | Action::Present | Action::Point => {
                self.handle_class_action(action)
            }
            action => return self.act_in_place(action),
        }
        Ok(())
    }

    fn act_in_place(&mut self, action: Action) -> io::Result<()> {
        match &mut self.place {
            Place::Picker => {
                let chosen = self.picker.handle_action(action, &mut self.context);
                return self.take_chosen(chosen);
            }
            Place::Lab(lab) => {
                if !lab.handle_action(action, &mut self.context) && action == Action::Back {
                    self.leave();
                    self.picker.opened(&mut self.context);
                }
            }
        }
        self.go_on()
    }

    /// Does what was chosen in the picker.
    fn take_chosen(&mut self, chosen: Chosen) -> io::Result<()> {
        match chosen {
            Chosen::Nothing => {}
            // Esc leaves so many things that one more of it is soon pressed; q and Ctrl-C are meant.
            Chosen::Quit => self.ask_to_quit(!self.by_escape),
            Chosen::Lab(id, tab) => self.open(&id, tab),
            Chosen::Place(destination) => self.go(destination)?,
            Chosen::Demo(id) => self.play_demo(&id),
        }
        self.go_on()
    }

    /// Goes where a screen has asked to go.
    fn go_on(&mut self) -> io::Result<()> {
        self.context.next.take().map_or(Ok(()), |next| self.go(next))
    }

    /// Goes where a row of the palette or a click leads.
    fn go(&mut self, destination: Destination) -> io::Result<()> {
        (self.overlay, self.beneath) = (None, None);
        match destination {
            Destination::Action(action) => {
                self.by_escape = false;
                return self.handle_action(action);
            }
            Destination::Lab(id) => self.open(&id, None),
            Destination::Within { lab, place } => {
                self.open(&lab, None);
                return self.go(*place);
            }
            Destination::Run { lab, id } => {
                if self.context.shown_lab.as_ref() != Some(&lab) {
                    self.open(&lab, Some(TRAIN));
                }
                if let Place::Lab(screen) = &mut self.place {
                    screen.open_run(&id, &mut self.context);
                }
            }
            within => {
                if let Place::Lab(lab) = &mut self.place {
                    lab.go(&within, &mut self.context);
                }
            }
        }
        Ok(())
    }

    /// Leaves the lab for the picker; answers that are still to come concern nobody.
    fn leave(&mut self) {
        // What was said is about the lab; what goes wrong from now on is told.
        self.context.take_notice();
        self.leave_demo();
        match &mut self.place {
            Place::Lab(lab) => lab.leave(&mut self.context),
            Place::Picker => self.picker.leave_runs(&mut self.context),
        }
        self.context.questions.call_off_all();
        if let Some(lab) = self.context.shown_lab.take() {
            self.picker.stand_on(&lab, &self.context);
        }
        self.place = Place::Picker;
    }

    fn open(&mut self, id: &str, tab: Option<usize>) {
        let Ok(lab) = self.context.catalogue.find(id).cloned() else { return };
        self.leave();
        self.context.shown_lab = Some(id.to_owned());
        self.place = Place::Lab(Box::new(LabScreen::new(lab, tab, &mut self.context)));
    }

    pub fn notify(&mut self, message: String) {
        self.context.notify(message);
    }

    /// Has the next frame drawn whole, on a cleared screen. `Terminal::clear` would ask for the cursor and wait for an
    /// answer, which the input thread reads instead; `resize` clears without a question.
    pub fn redraw(&mut self) -> io::Result<()> {
        let area = Rect::from((Position::ORIGIN, self.screen.size()?));
        self.screen.resize(area)
    }

    fn paint(&mut self) -> io::Result<()> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let contexts = self.contexts();
        self.draw_with(&contexts)?;
        // What has no room is known once it is drawn, and has keys of its own.
        let drawn = self.contexts();
        if drawn != contexts {
            self.draw_with(&drawn)?;
        }
        queue!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        if let Some(copied) = self.context.clipboard.take() {
            queue!(self.screen.backend_mut(), CopyToClipboard::to_clipboard_from(copied))?;
        }
        self.screen.backend_mut().flush()?;
        self.report_to_class();
        Ok(())
    }

    fn draw_with(&mut self, contexts: &[Context]) -> io::Result<()> {
        let (context, depth) = (&mut self.context, self.depth);
        let (picker, place, overlay) = (&mut self.picker, &mut self.place, &mut self.overlay);
        let demo = self.demo.as_ref();
        self.screen.draw(|frame| {
            let area = frame.area();
            let buffer = frame.buffer_mut();
            if area.width < 80 || area.height < 24 {
                context.places.clear();
                too_small(area, context, buffer);
            } else {
                frame::draw(area, picker, place, demo, overlay.as_mut(), contexts, context, buffer);
            }
            context.theme.paint_ground(buffer);
            context.widths.settle(buffer);
            depth.reduce(buffer);
        })?;
        Ok(())
    }
}
