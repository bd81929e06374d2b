//! The class in the linear mode: a hand, messages, who one is, and the queue for a place to train.

use super::Reader;
use super::demo::Playing;
use crate::class::Link;
use crate::class::message::Here;
use crate::tui::class::{ClassState, News};
use crate::tui::live_run::{LiveRun, Wanted};
use crate::tui::text;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

impl<W: Write> Reader<W> {
    /// Comes to the class that this process is part of, if it is of one.
    pub(super) fn join_class(&mut self) -> io::Result<()> {
        match Link::of_environment(Arc::clone(&self.app.wake)) {
            Ok(link) => self.app.class = ClassState::new(link),
            Err(error) => return self.tell(text::CLASS_NOT_REACHED, &[&error]),
        }
        if self.app.class.is_there() {
            self.tell(text::PLAIN_CLASS, &[])?;
        }
        if self.app.class.asks_id { self.tell(text::PLAIN_ASKS_ID, &[]) } else { Ok(()) }
    }

    /// Begins a run or goes on with one, or waits for a place to train first.
    pub(super) fn begin(&mut self, wanted: Wanted) -> io::Result<()> {
        if !self.app.class.may_train() {
            self.waiting = Some(wanted);
            self.told = Instant::now();
            self.app.class.ask_for_place();
            return Ok(());
        }
        // A run that has just stopped may hold its files still: it gives them up first.
        self.app.run = None;
        let (runner, wake) = (&*self.app.runner, Arc::clone(&self.app.wake));
        let begun = match wanted {
            Wanted::Begin(start) => LiveRun::start(runner, *start, wake),
            Wanted::Resume(id) => LiveRun::resume(runner, &self.app.store, &id, wake),
        };
        match begun {
            Ok(run) => {
                let id = run.id.clone();
                self.shows(run);
                self.tell(text::PLAIN_STARTED, &[&id])
            }
            Err(error) => writeln!(self.out, "{error}"),
        }
    }

    /// Whether a run goes on, or waits for its place.
    pub(super) fn is_under_way(&self) -> bool {
        self.is_live() || self.waits_for_place()
    }

    /// Whether a run waits for its place: one that was asked for, or one of a demo.
    pub(super) fn waits_for_place(&self) -> bool {
        self.waiting.is_some() || self.demo.as_ref().is_some_and(Playing::waits_for_place)
    }

    /// Leaves the queue; whether there was something to leave.
    pub(super) fn leave_queue(&mut self) -> io::Result<bool> {
        let was_waiting = self.waits_for_place();
        if was_waiting {
            self.waiting = None;
            self.demo.iter_mut().for_each(|demo| demo.leave_queue(&mut self.app));
            self.app.class.give_place_back();
            // The screen of a demo says it too.
            self.app.take_notice();
            self.tell(text::LEFT_QUEUE, &[])?;
        }
        Ok(was_waiting)
    }

    /// Raises the hand, or takes it down.
    pub(super) fn hand(&mut self) -> io::Result<()> {
        if !self.app.class.is_there() {
            return self.tell(text::PLAIN_NO_CLASS, &[]);
        }
        self.app.class.toggle_hand();
        self.tell(if self.app.class.hand { text::PLAIN_HAND_UP } else { text::PLAIN_HAND_DOWN }, &[])
    }

    /// Says which student of the roster this is: `id ID`, and once more with `yes` behind it.
    pub(super) fn identify(&mut self, rest: &str) -> io::Result<()> {
        if !self.app.class.asks_id {
            return self.tell(text::PLAIN_NO_ID, &[]);
        }
        let (id, confirmed) = match rest.rsplit_once(char::is_whitespace) {
            Some((id, "yes")) => (id.trim(), true),
            _ => (rest, false),
        };
        if id.is_empty() {
            return self.tell(text::PLAIN_ASKS_ID, &[]);
        }
        self.app.class.claim(id.to_owned(), confirmed);
        Ok(())
    }

    /// Tells what has come from the class, begins what has its place now, and says where this session is.
    pub(super) fn class_news(&mut self) -> io::Result<()> {
        for news in self.app.class.take() {
            self.tell_of_class(news)?;
        }
        if self.app.class.may_train()
            && let Some(wanted) = self.waiting.take()
        {
            self.begin(wanted)?;
        }
        if !self.is_under_way() {
            self.app.class.give_place_back();
        }
        let here = Here {
            lab: self.lab.as_ref().map(|lab| lab.id.clone()),
            run: self.app.run.as_ref().filter(|run| !run.is_recorded).map(LiveRun::here),
            ..Here::default()
        };
        self.app.class.report(here, None);
        Ok(())
    }

    pub(super) fn tell_of_class(&mut self, news: News) -> io::Result<()> {
        match news {
            News::HasToWait => match self.app.class.ahead() {
                Some(ahead) => self.tell(text::PLAIN_WAITS, &[&ahead]),
                None => Ok(()),
            },
            News::HandLowered(by) => self.tell(text::HAND_LOWERED, &[&by]),
            News::Message(by, words) => self.tell(text::FROM, &[&by, &words]),
            News::Claimed { student, confirmed: true, .. } => self.tell(text::ID_KEPT, &[&student]),
            News::Claimed { id, student, .. } => self.tell(text::PLAIN_IS_IT_YOU, &[&id, &student, &id]),
            News::ClaimRefused(why) => writeln!(self.out, "{}", why.in_language(self.app.language)),
            News::EndRun(by) => {
                let said = self.app.end_held_run(&by);
                self.is_stopping |= said.is_some();
                said.iter().try_for_each(|said| self.out.put(said))
            }
            News::Full(..) if self.app.store.forget_deleted() > 0 => {
                self.app.class.ask_for_place();
                Ok(())
            }
            News::Full(holds, most) => {
                self.waiting = None;
                self.demo.iter_mut().for_each(|demo| demo.leave_queue(&mut self.app));
                self.tell(text::PLAIN_DISK_FULL, &[&holds, &most])
            }
            News::ProgressChanged => {
                self.app.progress.read_again();
                Ok(())
            }
            News::Gone => self.tell(text::CLASS_GONE, &[]),
            // Of screens alone.
            News::DrawAnew | News::Seen { .. } | News::PresentingOver | News::ScreenGone => Ok(()),
        }
    }
}
