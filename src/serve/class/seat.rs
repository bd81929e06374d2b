//! What the class knows of a session.

use super::mirror::Mirror;
use crate::class::message::{Here, Member, ToSession};
use crate::class::name::Name;
use crate::serve::child::Size;
use crate::serve::input::Input;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The place of a session in the class.
pub(super) struct Seat {
    /// What its program proves with that it is this session's.
    pub token: String,
    /// The name of the account, or what guests are called.
    pub account: String,
    /// The account; none of a guest.
    pub name: Option<Name>,
    /// As the roster has it; empty where it is not known.
    pub student: String,
    /// Whether the account has still to say who of the roster it is.
    pub asks_id: bool,
    pub is_instructor: bool,
    pub here: Here,
    /// Since when the hand is up.
    pub hand: Option<Instant>,
    pub follows: bool,
    /// The number under which it asked for a place to train last.
    pub asked: u64,
    /// Instructors' sessions that look at this one.
    pub watchers: BTreeSet<u64>,
    pub mirror: Arc<Mirror>,
    /// The way to its program, once that has come.
    pub to: Option<mpsc::Sender<ToSession>>,
    /// The folder of its account.
    pub home: PathBuf,
    /// How often its mirror was begun: each time all of the screen has to be drawn.
    pub drawn: u64,
    /// How often others have written to the progress of its account.
    pub progress: u64,
    /// Connections for progress that its program has made, of which the last counts; held while a change is written.
    pub progress_turn: Arc<tokio::sync::Mutex<u64>>,
    input: Arc<Input>,
}

/// The size of a mirror that nobody ever looks at.
const UNSEEN: Size = Size { columns: 80, rows: 24 };

/// A token that nobody guesses.
fn token() -> String {
    let bytes: [u8; 16] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Seat {
    pub fn new(account: String, is_instructor: bool, home: PathBuf, input: Arc<Input>, size: Option<Size>) -> Self {
        let shown = size.unwrap_or(Size { columns: 0, rows: 0 });
        Seat {
            token: token(),
            account,
            name: None,
            student: String::new(),
            asks_id: false,
            is_instructor,
            here: Here { columns: shown.columns, rows: shown.rows, dark: true, ..Here::default() },
            hand: None,
            follows: false,
            asked: 0,
            watchers: BTreeSet::new(),
            mirror: Arc::new(Mirror::new(size.unwrap_or(UNSEEN))),
            to: None,
            home,
            drawn: 0,
            progress: 0,
            progress_turn: Arc::default(),
            input,
        }
    }

    /// Has its program be sent something; one that takes nothing is not waited for.
    pub fn say(&self, message: ToSession) {
        let _takes_nothing = self.to.as_ref().map(|to| to.try_send(message));
    }

    /// Whether others can look at its screen: the linear mode has none.
    pub fn has_screen(&self) -> bool {
        !self.here.is_linear()
    }

    /// Whether its program has come, and stays.
    pub fn is_linked(&self) -> bool {
        self.to.as_ref().is_some_and(|to| !to.is_closed())
    }

    /// Whether its run is held.
    pub fn holds_run(&self) -> bool {
        self.here.run.as_ref().is_some_and(|run| run.is_held)
    }

    /// Its row of the list; whether it has a place to train is known elsewhere.
    pub fn member(&self, session: u64, has_place: bool, now: Instant) -> Member {
        Member {
            session,
            account: self.account.clone(),
            student: self.student.clone(),
            is_instructor: self.is_instructor,
            here: self.here.clone(),
            hand: self.hand.map(|since| now.saturating_duration_since(since).as_secs()),
            idle: now.saturating_duration_since(self.input.last()).as_secs(),
            follows: self.follows,
            has_place,
        }
    }
}
