//! What a session knows of the class that it is part of; outside of a class, that there is none.

use crate::class::message::{Answered, ClassNow, FromSession, Here, Member, Script, ToSession};
use crate::class::{Link, Viewed};
use crate::experiment::Bilingual;

/// What a session knows of its class.
#[derive(Default)]
pub struct ClassState {
    link: Option<Link>,
    pub name: String,
    pub is_instructor: bool,
    queues: bool,
    pub now: ClassNow,
    /// Whether the own hand is up.
    pub hand: bool,
    /// Who looks at this screen, and whether it can be followed.
    pub watched_by: Vec<String>,
    pub presents: bool,
    /// Whether a person wants it to be followed.
    wants_to_present: bool,
    /// Whether the class has still to be told who of the roster this is.
    pub asks_id: bool,
    pub members: Vec<Member>,
    /// How far every account is.
    pub answers: Vec<Answered>,
    /// The screen of somebody else that is looked at.
    pub viewed: Option<Viewed>,
    /// The demo that is presented in another session of this account, and for how many seconds.
    pub script: Option<(Option<Script>, u64)>,
    training: Training,
    /// How often a place to train was asked for.
    asks: u64,
    /// What the class knows.
    here: Here,
    sent_script: Option<Script>,
}

/// How this session stands to a place to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Training {
    /// None was asked for.
    #[default]
    Idle,
    Asked,
    /// So many wait before it.
    Waits(usize),
    Granted,
}

/// What the rest of the program has to do about something that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody begins to look: all of the screen is to be drawn once more.
    DrawAnew,
    /// Pictures are to be cells, or may be graphics again; and who has begun to look.
    Seen {
        is_seen: bool,
        begins: Vec<String>,
    },
    /// Somebody else presents now.
    PresentingOver,
    /// A place to train is not free yet.
    HasToWait,
    /// Another session of the account has written to its progress.
    ProgressChanged,
    HandLowered(String),
    Message(String, String),
    /// Who has an ID of the roster.
    Claimed {
        id: String,
        student: String,
        confirmed: bool,
    },
    ClaimRefused(Bilingual),
    /// An instructor ends the run, if it is held still.
    EndRun(String),
    /// No run may begin: so many megabytes are held of those that may be.
    Full(u64, u64),
    /// What was looked at is gone.
    ScreenGone,
    /// The server is gone, and the class with it.
    Gone,
}

impl ClassState {
    pub fn new(link: Option<Link>) -> Self {
        let mut class = ClassState { link, ..ClassState::default() };
        // The welcome, which asks for nothing.
        class.take();
        class
    }

    /// Whether there is a class.
    pub fn is_there(&self) -> bool {
        !self.name.is_empty()
    }

    fn say(&self, message: FromSession) {
        self.link.iter().for_each(|link| link.send(message.clone()));
    }

    /// Takes in what has come.
    pub fn take(&mut self) -> Vec<News> {
        let Some(link) = &self.link else { return Vec::new() };
        // In this order: what came before the end is taken.
        let is_closed = link.is_closed();
        let messages = link.take();
        let mut news: Vec<News> = messages.into_iter().filter_map(|message| self.take_in(message)).collect();
        if is_closed {
            *self = ClassState::default();
            news.push(News::Gone);
        }
        news
    }

    fn take_in(&mut self, message: ToSession) -> Option<News> {
        match message {
            ToSession::Welcome { name, is_instructor, queues, asks_id, now } => {
                (self.name, self.is_instructor, self.queues, self.now) = (name, is_instructor, queues, now);
                self.asks_id = asks_id;
            }
            ToSession::Class(now) => self.now = now,
            ToSession::Seen { by, presents } => {
                let begins = by.iter().filter(|name| !self.watched_by.contains(name)).cloned().collect();
                let is_over = self.presents && !presents && std::mem::take(&mut self.wants_to_present);
                (self.watched_by, self.presents) = (by, presents);
                let is_seen = presents || !self.watched_by.is_empty();
                return Some(if is_over { News::PresentingOver } else { News::Seen { is_seen, begins } });
            }
            ToSession::DrawAnew => return Some(News::DrawAnew),
            ToSession::ProgressChanged => return Some(News::ProgressChanged),
            ToSession::HandLowered { by } => {
                self.hand = false;
                return Some(News::HandLowered(by));
            }
            ToSession::Screen(picture) => self.viewed = Some(Viewed::after(self.viewed.take(), &picture)),
            ToSession::ScreenGone => {
                self.viewed = None;
                return Some(News::ScreenGone);
            }
            ToSession::Answers { accounts } => self.answers = accounts,
            ToSession::Claimed { id, student, confirmed } => {
                self.asks_id &= !confirmed;
                return Some(News::Claimed { id, student, confirmed });
            }
            ToSession::ClaimRefused { en, ja } => return Some(News::ClaimRefused(Bilingual::new(en, ja))),
            ToSession::Roster { members } => self.members = members,
            // What was given back, and what was asked for before that, is of no use.
            ToSession::Place { ask, .. } | ToSession::Full { ask, .. }
                if ask != self.asks || self.training == Training::Idle => {}
            ToSession::Place { ahead: None, .. } => self.training = Training::Granted,
            ToSession::Place { ahead: Some(ahead), .. } => {
                let before = std::mem::replace(&mut self.training, Training::Waits(ahead));
                return (before == Training::Asked).then_some(News::HasToWait);
            }
            ToSession::Full { holds, most, .. } => {
                self.training = Training::Idle;
                return Some(News::Full(holds, most));
            }
            ToSession::EndRun { by } => return Some(News::EndRun(by)),
            ToSession::Message { by, text } => return Some(News::Message(by, text)),
            ToSession::Script { script, seconds } => {
                self.script = (script.is_some() || seconds > 0).then_some((script, seconds));
            }
        }
        None
    }

    /// Raises the hand, or takes it down.
    pub fn toggle_hand(&mut self) {
        self.hand = !self.hand;
        self.say(FromSession::Hand { up: self.hand });
    }

    /// Follows the screen that is presented, or no longer.
    pub fn follow(&mut self, on: bool) {
        self.viewed = None;
        self.say(FromSession::Follow { on });
    }

    /// Looks at the screen of a session, or at none.
    pub fn watch(&mut self, session: Option<u64>) {
        self.viewed = None;
        self.say(FromSession::Watch { session });
    }

    /// Begins to look at the list of the class, or ends.
    pub fn list(&self, on: bool) {
        self.say(FromSession::Roster { on });
    }

    /// Begins to look at the table of answers, or ends.
    pub fn list_answers(&self, on: bool) {
        self.say(FromSession::Answers { on });
    }

    pub fn claim(&self, id: String, confirmed: bool) {
        self.say(FromSession::Claim { id, confirmed });
    }

    pub fn lower(&self, session: u64) {
        self.say(FromSession::Lower { session });
    }

    pub fn end_run(&self, session: u64) {
        self.say(FromSession::EndRun { session });
    }

    pub fn present(&mut self, on: bool) {
        self.wants_to_present = on;
        self.say(FromSession::Present { on });
    }

    pub fn point(&self, at: Option<(u16, u16)>) {
        self.link.iter().for_each(|link| link.point(at));
    }

    pub fn send_message(&self, session: Option<u64>, text: String) {
        self.say(FromSession::Message { session, text });
    }

    /// Says where this session is, and what demo it presents, if that is new.
    pub fn report(&mut self, here: Here, script: Option<Script>) {
        let Some(link) = &self.link else { return };
        if here != self.here {
            self.here = here.clone();
            link.report(here);
        }
        if script != self.sent_script {
            self.sent_script.clone_from(&script);
            link.send(FromSession::Script { script });
        }
    }

    /// Whether a run may train now.
    pub fn may_train(&self) -> bool {
        !self.queues || self.link.is_none() || self.training == Training::Granted
    }

    /// Asks for a place to train.
    pub fn ask_for_place(&mut self) {
        if self.training == Training::Idle {
            self.training = Training::Asked;
            self.asks += 1;
            self.say(FromSession::Train { ask: Some(self.asks) });
        }
    }

    /// Gives the place back, or leaves the queue.
    pub fn give_place_back(&mut self) {
        if std::mem::take(&mut self.training) != Training::Idle {
            self.say(FromSession::Train { ask: None });
        }
    }

    /// Whether a place was asked for that is not there yet.
    pub fn is_waiting(&self) -> bool {
        matches!(self.training, Training::Asked | Training::Waits(_))
    }

    /// How many wait before this session, where it waits itself.
    pub fn ahead(&self) -> Option<usize> {
        if let Training::Waits(ahead) = self.training { Some(ahead) } else { None }
    }

    /// As if there were a link, to nobody.
    #[cfg(test)]
    pub fn link_for_tests(&mut self) {
        self.link = Some(Link::to_nobody());
    }

    /// As if something had come from the class.
    #[cfg(test)]
    pub fn hears(&mut self, messages: impl IntoIterator<Item = ToSession>) -> Vec<News> {
        messages.into_iter().filter_map(|message| self.take_in(message)).collect()
    }
}
