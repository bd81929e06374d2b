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
    pub watched_by: Option<String>,
    pub presents: bool,
    /// Whether the class has still to be told who of the roster this is.
    pub asks_id: bool,
    pub members: Vec<Member>,
    /// How far every account is.
    pub answers: Vec<Answered>,
    /// The screen of somebody else that is looked at.
    pub viewed: Option<Viewed>,
    /// The demo that is presented in another session of this account, and for how many seconds.
    pub script: Option<(Option<Script>, u64)>,
    /// Those who wait before this session for a place to train; none has it. Unknown while none was asked for.
    place: Option<Option<usize>>,
    /// How often a place was asked for.
    asks: u64,
    here: Here,
    told_script: Option<Script>,
}

/// What the rest of the program has to do about something that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Somebody begins to look: all of the screen is to be drawn once more.
    DrawAnew,
    /// Pictures are to be cells, or may be graphics again.
    Seen(bool),
    HandLowered(String),
    Told(String, String),
    /// Who has an ID of the roster.
    Claimed {
        id: String,
        student: String,
        confirmed: bool,
    },
    ClaimRefused(Bilingual),
    /// No run may begin: so many megabytes are held of those that may be.
    Full(u64, u64),
    /// What was looked at is gone.
    ScreenGone,
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
        let messages = self.link.as_ref().map(Link::take).unwrap_or_default();
        messages.into_iter().filter_map(|message| self.take_in(message)).collect()
    }

    fn take_in(&mut self, message: ToSession) -> Option<News> {
        match message {
            ToSession::Welcome { name, is_instructor, queues, asks_id, now } => {
                (self.name, self.is_instructor, self.queues, self.now) = (name, is_instructor, queues, now);
                self.asks_id = asks_id;
            }
            ToSession::Class(now) => self.now = now,
            ToSession::Seen { by, presents } => {
                (self.watched_by, self.presents) = (by, presents);
                return Some(News::Seen(self.watched_by.is_some() || presents));
            }
            ToSession::DrawAnew => return Some(News::DrawAnew),
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
            ToSession::Place { ask, .. } if ask != self.asks => {}
            ToSession::Place { ahead, .. } => self.place = self.place.map(|_| ahead),
            ToSession::Full { holds, most } => {
                self.place = None;
                return Some(News::Full(holds, most));
            }
            ToSession::Told { by, text } => return Some(News::Told(by, text)),
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

    pub fn present(&self, on: bool) {
        self.say(FromSession::Present { on });
    }

    pub fn point(&self, at: Option<(u16, u16)>) {
        self.link.iter().for_each(|link| link.point(at));
    }

    pub fn tell(&self, session: Option<u64>, text: String) {
        self.say(FromSession::Tell { session, text });
    }

    /// Says where this session is, and what demo it presents, if that is new.
    pub fn report(&mut self, here: Here, script: Option<Script>) {
        let Some(link) = &self.link else { return };
        if here != self.here {
            self.here = here.clone();
            link.report(here);
        }
        if script != self.told_script {
            self.told_script.clone_from(&script);
            link.send(FromSession::Script { script });
        }
    }

    /// Whether a run may train now.
    pub fn may_train(&self) -> bool {
        !self.queues || self.link.is_none() || self.place == Some(None)
    }

    /// Asks for a place to train.
    pub fn ask_for_place(&mut self) {
        if self.place.is_none() {
            self.place = Some(Some(usize::MAX));
            self.asks += 1;
            self.say(FromSession::Train { ask: Some(self.asks) });
        }
    }

    /// Gives the place back, or leaves the queue.
    pub fn give_place_back(&mut self) {
        if self.place.take().is_some() {
            self.say(FromSession::Train { ask: None });
        }
    }

    /// Whether a place was asked for that is not there yet.
    pub fn is_waiting(&self) -> bool {
        matches!(self.place, Some(Some(_)))
    }

    /// How many wait before this session, where that is known and it waits itself.
    pub fn ahead(&self) -> Option<usize> {
        self.place.flatten().filter(|ahead| *ahead != usize::MAX)
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
