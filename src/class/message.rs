//! Messages between a session and the server of its class: one JSON value a line. Both ends are this very program, of one version.

use super::answers::summary::Summary;
use serde::{Deserialize, Serialize};

/// Bytes of a line that a session may send: its server reads no more.
pub const LONGEST_FROM_SESSION: usize = 16 << 10;
/// Letters of a text that one person sends to others.
pub const LONGEST_TEXT: usize = 300;

/// Where a student is, and how their run stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Here {
    /// The id of the lab; none in the picker.
    pub lab: Option<String>,
    /// The name of the tab, as in lab files.
    pub tab: Option<String>,
    /// The id of the exercise that is looked at, on its tab.
    pub exercise: Option<String>,
    pub run: Option<RunHere>,
    /// Of the screen; 0 in the linear mode.
    pub columns: u16,
    pub rows: u16,
    /// Whether the colours are those for a dark ground.
    pub dark: bool,
}

impl Here {
    /// Whether it is the linear mode, which has no screen.
    pub fn is_linear(&self) -> bool {
        self.columns == 0
    }
}

/// How the run of a session stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunHere {
    pub lab: String,
    /// Of all steps, in hundredths.
    pub percent: u8,
    /// Whether it trains; otherwise it is held, or over.
    pub is_live: bool,
    pub is_held: bool,
}

/// The demo that an instructor plays, for their other session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub lab: String,
    /// Counted from 1.
    pub step: usize,
    pub steps: usize,
    /// What the step tells the audience, and what its author tells the presenter.
    pub words: String,
    pub note: Option<String>,
}

/// What a session says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FromSession {
    /// The first of all: which session it is, by what its server gave it.
    Hello {
        token: String,
    },
    /// The first of a second connection, by which the progress of its account is kept: see [`super::progress`].
    Progress {
        token: String,
    },
    Here(Here),
    /// The hand goes up, or down.
    Hand {
        up: bool,
    },
    /// Whether the screen that is presented is followed.
    Follow {
        on: bool,
    },
    /// A place to train is asked for, by a number of the session's own, or given back.
    Train {
        ask: Option<u64>,
    },
    /// Of instructors: whether the list of the class is looked at.
    Roster {
        on: bool,
    },
    /// Of instructors: whether the table of answers is looked at.
    Answers {
        on: bool,
    },
    /// The ID of the roster that this account's student has; kept once it is confirmed.
    Claim {
        id: String,
        confirmed: bool,
    },
    /// Of instructors: whose screen is looked at.
    Watch {
        session: Option<u64>,
    },
    /// Of instructors: the hand of a session was seen.
    Lower {
        session: u64,
    },
    /// Of instructors: the run of a session, which is held while others wait for its place, is to end.
    EndRun {
        session: u64,
    },
    /// Of instructors: whether their screen can be followed.
    Present {
        on: bool,
    },
    /// Of the presenter: the cell that is pointed at.
    Point {
        at: Option<(u16, u16)>,
    },
    /// Of instructors: a line for one session, or for all.
    Message {
        session: Option<u64>,
        text: String,
    },
    /// Of instructors: the step of the demo that they play.
    Script {
        script: Option<Script>,
    },
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ToSession {
    /// The answer to [`FromSession::Hello`].
    Welcome {
        name: String,
        is_instructor: bool,
        /// Whether a run needs the server's leave.
        queues: bool,
        /// Whether there is a roster, and nobody has said yet which student of it this account is.
        asks_id: bool,
        now: ClassNow,
    },
    Class(ClassNow),
    /// Who looks at this screen, and whether the class may: its pictures are cells then.
    Seen {
        by: Vec<String>,
        presents: bool,
    },
    /// The server begins to keep this screen, and has to be shown all of it.
    DrawAnew,
    /// Another session of the account, or the server itself, has written to its progress.
    ProgressChanged,
    /// The hand was taken down by an instructor.
    HandLowered {
        by: String,
    },
    /// An instructor ends the run, if it is held still: others wait for its place.
    EndRun {
        by: String,
    },
    /// A part of the screen that is followed or watched.
    Screen(Picture),
    /// There is nothing to be followed or watched any more.
    ScreenGone,
    /// For instructors who look at the list.
    Roster {
        members: Vec<Member>,
    },
    /// For instructors who look at the table: how far each account is, and the names that the roster has for them.
    Answers {
        accounts: Vec<Answered>,
    },
    /// Who has an ID of the roster, to be confirmed, or from now on.
    Claimed {
        id: String,
        student: String,
        confirmed: bool,
    },
    /// Why an ID is not this account's, in both languages.
    ClaimRefused {
        en: String,
        ja: String,
    },
    /// How many wait before this session for the place that it asked for under a number; none has it now.
    Place {
        ask: u64,
        ahead: Option<usize>,
    },
    /// No run may begin, as it was asked for under a number: the account holds too much, in megabytes, of what it may.
    Full {
        ask: u64,
        holds: u64,
        most: u64,
    },
    /// A line from an instructor.
    Message {
        by: String,
        text: String,
    },
    /// For an instructor's other session: the demo, and for how many seconds the screen has been presented.
    Script {
        script: Option<Script>,
        seconds: u64,
    },
}

/// What concerns everybody. Numbers are for instructors; others have 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassNow {
    /// Whose screen can be followed.
    pub presenter: Option<String>,
    pub followers: usize,
    /// Hands that are up.
    pub hands: usize,
    /// Sessions that wait for a place to train.
    pub waiting: usize,
}

/// A change of a screen that is followed, as bytes for a terminal of its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Whose.
    pub of: String,
    pub columns: u16,
    pub rows: u16,
    /// Whether it begins with an empty screen; otherwise it goes on from what was sent before.
    pub is_whole: bool,
    pub bytes: String,
    pub pointer: Option<(u16, u16)>,
    /// Whether its colours are those for a dark ground.
    pub dark: bool,
}

/// How far an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// As the roster has it; empty where it is not known.
    pub student: String,
    pub summary: Summary,
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub session: u64,
    /// The account, or `guest`.
    pub account: String,
    /// As the roster has it; empty where it is not known.
    pub student: String,
    pub is_instructor: bool,
    pub here: Here,
    /// Since how many seconds the hand is up.
    pub hand: Option<u64>,
    /// Seconds since the last key.
    pub idle: u64,
    pub follows: bool,
    /// Whether it has a place to train.
    pub has_place: bool,
}
