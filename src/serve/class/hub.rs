//! What sessions of a class have in common, and what each may do.

use super::mirror::{Mirror, Viewing};
use super::people::People;
use super::queue::Queue;
use super::seat::Seat;
use crate::class::message::{Answered, ClassNow, FromSession, Here, LONGEST_TEXT, Member, RunHere, Script, ToSession};
use crate::class::name::{GUEST, Name};
use crate::printer;
use crate::serve::child::Size;
use crate::serve::input::Input;
use crate::serve::log::Log;
use crate::serve::progress::Writer;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What an instructor decides of the class.
#[derive(Debug, Clone, Default)]
pub struct ClassSettings {
    pub instructors: BTreeSet<Name>,
    /// Runs that train at a time; none sets no limit.
    pub training: Option<usize>,
    /// Megabytes that an account may hold before a run; none sets no limit.
    pub disk: Option<u64>,
    /// The file of who the students are.
    pub roster: Option<PathBuf>,
}

/// The class of a server.
pub struct Class {
    instructors: BTreeSet<Name>,
    disk: Option<u64>,
    people: Arc<People>,
    pub(super) progress: Writer,
    log: Log,
    state: Mutex<State>,
    /// Counts what concerns everybody.
    pub(super) changes: watch::Sender<u64>,
}

struct State {
    seats: BTreeMap<u64, Seat>,
    presenting: Option<Presenting>,
    queue: Queue,
}

/// A screen that everybody may follow.
struct Presenting {
    session: u64,
    since: Instant,
    script: Option<Script>,
}

impl Class {
    pub fn new(settings: ClassSettings, people: People, progress: Writer, log: Log) -> Arc<Self> {
        let queue = Queue::new(settings.training);
        let state = State { seats: BTreeMap::new(), presenting: None, queue };
        Arc::new(Class {
            instructors: settings.instructors,
            disk: settings.disk,
            people: Arc::new(people),
            progress,
            log,
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Gives a session its seat, until what is returned is dropped. Guests have no name of their own, the linear mode no screen of a size.
    pub fn enter(
        self: &Arc<Self>,
        session: u64,
        account: Option<&Name>,
        home: PathBuf,
        input: Arc<Input>,
        size: Option<Size>,
    ) -> Attendance {
        let is_instructor = account.is_some_and(|name| self.instructors.contains(name));
        let asks_id = account.is_some_and(|name| !is_instructor && self.people.asks_id(name));
        let name = account.map_or(GUEST, Name::as_str).to_owned();
        let student = self.people.student(&name);
        let mut seat = Seat::new(name, is_instructor, home, input, size);
        (seat.name, seat.student, seat.asks_id) = (account.cloned(), student, asks_id);
        let attendance = Attendance::new(Arc::clone(self), session, &seat);
        self.state().seats.insert(session, seat);
        attendance
    }

    fn leave(&self, session: u64) {
        let mut state = self.state();
        state.seats.remove(&session);
        state.seats.values_mut().for_each(|seat| {
            seat.watchers.remove(&session);
        });
        if state.is_presenter(session) {
            state.presenting = None;
        }
        state.queue.leave(session);
        drop(state);
        self.changed();
    }

    /// The program of a session is gone, or says nothing any more: what it asked for is over.
    pub(super) fn unlink(&self, session: u64) {
        self.look_away(session);
        let mut state = self.state();
        if let Some(seat) = state.seats.get_mut(&session) {
            (seat.to, seat.hand) = (None, None);
            seat.watchers.clear();
            seat.mirror.point(None);
        }
        if state.is_presenter(session) {
            state.presenting = None;
        }
        state.queue.leave(session);
        drop(state);
        self.changed();
    }

    /// The seat that a token belongs to, which has its link from now on.
    pub(super) fn link(&self, token: &str, to: mpsc::Sender<ToSession>) -> Option<(u64, ToSession)> {
        let mut state = self.state();
        let queues = state.queue.is_needed() || self.disk.is_some();
        let (session, seat) = state.seats.iter_mut().find(|(_, seat)| seat.token == token)?;
        seat.to = Some(to);
        let (session, is_instructor) = (*session, seat.is_instructor);
        let welcome = ToSession::Welcome {
            name: seat.account.clone(),
            is_instructor,
            // A hall does not wait for the run that it is shown.
            queues: queues && !is_instructor,
            asks_id: seat.asks_id,
            now: state.now(is_instructor),
        };
        drop(state);
        self.changed();
        Some((session, welcome))
    }

    /// The progress that the program of a session has come for.
    pub(super) fn progress_of(&self, token: &str) -> Option<OfSession> {
        let state = self.state();
        let (session, seat) = state.seats.iter().find(|(_, seat)| seat.token == token)?;
        Some(OfSession { session: *session, account: seat.name.clone(), turn: Arc::clone(&seat.progress_turn) })
    }

    /// The progress of an account has changed, or of all: its sessions are told, but for the one that changed it.
    pub(super) fn progress_changed(&self, account: Option<&Name>, by: Option<u64>) {
        let mut state = self.state();
        let is_told = |(session, seat): &(&u64, &mut Seat)| {
            Some(**session) != by && seat.name.is_some() && (account.is_none() || seat.name.as_ref() == account)
        };
        let told = state.seats.iter_mut().filter(is_told).map(|(_, seat)| seat.progress += 1).count();
        drop(state);
        if told > 0 {
            self.changed();
        }
    }

    /// Reads the roster again; how many students it has.
    ///
    /// # Errors
    /// As [`People::read_again`].
    pub fn read_roster_again(&self) -> Result<usize, String> {
        self.people.read_again()
    }

    /// Lets the account of a session have an ID of the roster, or says why not.
    pub(super) async fn claim(&self, session: u64, id: String, confirmed: bool) -> Option<ToSession> {
        // Guests have no account, and no other name is refused here.
        let account: Name = self.state().seats.get(&session).filter(|seat| seat.asks_id)?.account.parse().ok()?;
        let people = Arc::clone(&self.people);
        let name = account.clone();
        let claimed = tokio::task::spawn_blocking(move || people.claim(&name, &id, confirmed)).await.ok()?;
        if let ToSession::Claimed { id, student, confirmed: true } = &claimed {
            self.log.connection(session, format!("{account} is {id}"));
            let mut state = self.state();
            // Another session of the account may be asking too.
            for (other, seat) in state.seats.iter_mut().filter(|(_, seat)| seat.account == account.as_str()) {
                (seat.asks_id, seat.student) = (false, student.clone());
                if *other != session {
                    seat.say(claimed.clone());
                }
            }
        }
        Some(claimed)
    }

    /// Finds out how far every account is, off the threads of the connections.
    pub(super) fn answers(&self) -> JoinHandle<Vec<Answered>> {
        let people = Arc::clone(&self.people);
        tokio::task::spawn_blocking(move || people.answers())
    }

    /// Whether an account holds too much for another run: then the answer to what asked for it.
    pub(super) async fn full(&self, session: u64, ask: u64) -> Option<ToSession> {
        let most = self.disk?;
        let home = self.state().seats.get(&session)?.home.clone();
        let holds = tokio::task::spawn_blocking(move || held(home)).await.ok()?;
        let holds = holds.div_ceil(1 << 20);
        (holds > most).then_some(ToSession::Full { ask, holds, most })
    }

    pub(super) fn is_instructor(&self, session: u64) -> bool {
        self.state().seats.get(&session).is_some_and(|seat| seat.is_instructor)
    }

    /// How things stand for a session.
    pub(super) fn standing(&self, session: u64) -> Standing {
        let state = self.state();
        let Some(seat) = state.seats.get(&session) else { return Standing::default() };
        let watchers = seat.watchers.iter().filter_map(|watcher| state.seats.get(watcher));
        let place = state.queue.standing(session);
        Standing {
            class: state.now(seat.is_instructor),
            seen_by: watchers.map(|watcher| watcher.account.clone()).collect(),
            presents: state.is_presenter(session),
            place: place.map(|ahead| (seat.asked, ahead)),
            drawn: seat.drawn,
            progress: seat.progress,
        }
    }

    /// Who is here, hands first, in the order in which they went up.
    pub(super) fn members(&self) -> Vec<Member> {
        let now = Instant::now();
        let state = self.state();
        let linked = state.seats.iter().filter(|(_, seat)| seat.is_linked());
        let row = |(session, seat): (&u64, &Seat)| seat.member(*session, state.has_place(*session), now);
        let mut members: Vec<Member> = linked.map(row).collect();
        members.sort_by_key(|member| {
            (
                std::cmp::Reverse(member.hand.map_or(0, |seconds| seconds + 1)),
                member.is_instructor,
                member.account.clone(),
            )
        });
        members
    }

    /// The demo of a presenter, for the other sessions of the same account.
    pub(super) fn script(&self, session: u64) -> Option<ToSession> {
        let state = self.state();
        let presenting = state.presenting.as_ref().filter(|presenting| presenting.session != session)?;
        let of = |session: &u64| state.seats.get(session).map(|seat| &seat.account);
        (of(&presenting.session) == of(&session)).then(|| ToSession::Script {
            script: presenting.script.clone(),
            seconds: presenting.since.elapsed().as_secs(),
        })
    }

    /// Begins to look at a screen: that of a session which an instructor chose, or the presenter's.
    pub(super) fn view(&self, session: u64, watched: Option<u64>) -> Option<Viewed> {
        let mut state = self.state();
        let may_watch = state.seats.get(&session).is_some_and(|seat| seat.is_instructor);
        let presented = state.presenting.as_ref().map(|presenting| presenting.session);
        let of = match watched {
            Some(watched) if may_watch => watched,
            Some(_) => return None,
            None => presented?,
        };
        // A screen that shows itself would grow without end.
        let seat = state.seats.get_mut(&of).filter(|seat| of != session && seat.is_linked() && seat.has_screen())?;
        let account = seat.account.clone();
        let (viewing, is_first) = seat.mirror.look();
        seat.drawn += u64::from(is_first);
        if watched.is_some() {
            seat.watchers.insert(session);
            self.log.connection(session, format!("watches {account} (#{of})"));
        } else {
            state.seats.get_mut(&session)?.follows = true;
        }
        drop(state);
        self.changed();
        Some(Viewed { of, account, viewing })
    }

    /// Looks at nobody's screen any more.
    pub(super) fn look_away(&self, session: u64) {
        let mut state = self.state();
        if let Some(seat) = state.seats.get_mut(&session) {
            seat.follows = false;
        }
        state.seats.values_mut().for_each(|seat| {
            seat.watchers.remove(&session);
        });
        drop(state);
        self.changed();
    }

    /// Whether a session may still look at the screen of another.
    pub(super) fn may_go_on(&self, session: u64, of: u64) -> bool {
        let state = self.state();
        let watches = state.seats.get(&of).is_some_and(|seat| seat.watchers.contains(&session));
        let follows = state.seats.get(&session).is_some_and(|seat| seat.follows);
        watches || follows && state.is_presenter(of)
    }

    /// Whether a screen's colours are those for a dark ground.
    pub(super) fn is_dark(&self, session: u64) -> bool {
        self.state().seats.get(&session).is_some_and(|seat| seat.here.dark)
    }

    /// Does what a session says. What a person may not do is left undone.
    pub(super) fn heard(&self, session: u64, message: FromSession) {
        let mut state = self.state();
        let Some(seat) = state.seats.get_mut(&session) else { return };
        let (account, is_instructor) = (seat.account.clone(), seat.is_instructor);
        match message {
            FromSession::Here(here) => {
                seat.here = tidy(here);
                return;
            }
            FromSession::Hand { up } => {
                seat.hand = if up { seat.hand.or_else(|| Some(Instant::now())) } else { None };
                self.log.connection(session, if up { "hand up" } else { "hand down" });
            }
            FromSession::Train { ask: Some(ask) } => {
                seat.asked = ask;
                state.queue.ask(session, &account);
            }
            FromSession::Train { ask: None } => state.queue.leave(session),
            FromSession::Lower { session: of } if is_instructor => {
                let Some(other) = state.seats.get_mut(&of) else { return };
                if other.hand.take().is_some() {
                    other.say(ToSession::HandLowered { by: account });
                }
            }
            FromSession::EndRun { session: of } if is_instructor => {
                // As things are now: the run may have gone on meanwhile, or nobody waits any more.
                let is_waited_for = state.has_place(of) && state.queue.waiting() > 0;
                let Some(other) = state.seats.get(&of).filter(|seat| is_waited_for && seat.holds_run()) else { return };
                self.log.connection(session, format!("ends the held run of {} (#{of})", other.account));
                other.say(ToSession::EndRun { by: account });
                return;
            }
            FromSession::Present { on } if is_instructor => {
                seat.mirror.point(None);
                let presents = state.is_presenter(session);
                // Of two, the later presents.
                if on && !presents {
                    state.presenting = Some(Presenting { session, since: Instant::now(), script: None });
                    self.log.connection(session, "presents");
                } else if !on && presents {
                    state.presenting = None;
                    self.log.connection(session, "presents no longer");
                }
            }
            FromSession::Point { at } if state.is_presenter(session) => {
                state.seats.get(&session).iter().for_each(|seat| seat.mirror.point(at));
                return;
            }
            FromSession::Script { script } if state.is_presenter(session) => {
                if let Some(presenting) = &mut state.presenting {
                    presenting.script = script;
                }
                return;
            }
            FromSession::Message { session: to, text } if is_instructor => {
                let text: String = printer::in_one_line(&text).chars().take(LONGEST_TEXT).collect();
                let message = ToSession::Message { by: account, text };
                let wanted = |number: &u64| to.map_or(*number != session, |to| to == *number);
                state.seats.iter().filter(|(number, _)| wanted(number)).for_each(|(_, seat)| seat.say(message.clone()));
                return;
            }
            // What is of the link itself, and what only others may do.
            _ => return,
        }
        drop(state);
        self.changed();
    }
}

/// A screen that a session looks at.
pub(super) struct Viewed {
    pub of: u64,
    pub account: String,
    pub viewing: Viewing,
}

/// How things stand for a session: of these the newest alone matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Standing {
    pub class: ClassNow,
    /// Who looks at its screen.
    pub seen_by: Vec<String>,
    pub presents: bool,
    /// The place to train that it asked for under a number, and how many wait before it.
    pub place: Option<(u64, Option<usize>)>,
    /// How often all of its screen had to be drawn.
    pub drawn: u64,
    /// How often its progress was written to by others.
    pub progress: u64,
}

/// Whose progress a session comes for.
pub(super) struct OfSession {
    pub session: u64,
    /// None of a guest.
    pub account: Option<Name>,
    /// As in its seat.
    pub turn: Arc<tokio::sync::Mutex<u64>>,
}

impl State {
    fn is_presenter(&self, session: u64) -> bool {
        self.presenting.as_ref().is_some_and(|presenting| presenting.session == session)
    }

    fn has_place(&self, session: u64) -> bool {
        self.queue.standing(session) == Some(None)
    }

    /// What concerns everybody.
    fn now(&self, for_instructor: bool) -> ClassNow {
        let presenter = self.presenting.as_ref().and_then(|presenting| self.seats.get(&presenting.session));
        let count = |is_counted: fn(&Seat) -> bool| {
            if for_instructor { self.seats.values().filter(|seat| is_counted(seat)).count() } else { 0 }
        };
        ClassNow {
            presenter: presenter.map(|seat| seat.account.clone()),
            followers: count(|seat| seat.follows),
            hands: count(|seat| seat.hand.is_some()),
            waiting: if for_instructor { self.queue.waiting() } else { 0 },
        }
    }
}

/// A session is in its class until this is dropped.
pub struct Attendance {
    class: Arc<Class>,
    session: u64,
    token: String,
    mirror: Arc<Mirror>,
}

impl Attendance {
    fn new(class: Arc<Class>, session: u64, seat: &Seat) -> Self {
        Attendance { class, session, token: seat.token.clone(), mirror: Arc::clone(&seat.mirror) }
    }

    /// What the program of the session proves with that it is its own.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What its program has written to its terminal.
    pub fn written(&self, bytes: &[u8]) {
        self.mirror.written(bytes);
    }

    /// Whether the session is in use though no key comes: a run trains or waits for its place, or a screen is followed. Unknown where its
    /// program has not come to the class.
    pub fn is_in_use(&self) -> Option<bool> {
        let state = self.class.state();
        let seat = state.seats.get(&self.session).filter(|seat| seat.is_linked())?;
        let trains = seat.here.run.as_ref().is_some_and(|run| run.is_live);
        Some(trains || seat.follows || matches!(state.queue.standing(self.session), Some(Some(_))))
    }

    /// Its terminal has another size.
    pub fn resized(&self, size: Size) {
        self.mirror.resize(size);
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.class.leave(self.session);
    }
}

/// Bytes of the files in a folder, and in those below it. What a link leads to is somebody else's.
fn held(folder: PathBuf) -> u64 {
    let mut folders = vec![folder];
    let mut bytes = 0_u64;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(found) if found.is_dir() => folders.push(entry.path()),
                Ok(found) if found.is_file() => bytes = bytes.saturating_add(found.len()),
                _ => {}
            }
        }
    }
    bytes
}

/// Names as they are shown to others: in one line, and none longer than names are.
fn tidy(here: Here) -> Here {
    const LONGEST: usize = 64;
    let tidy =
        |name: Option<String>| name.map(|name| printer::in_one_line(&name).chars().take(LONGEST).collect::<String>());
    Here {
        lab: tidy(here.lab),
        tab: tidy(here.tab),
        exercise: tidy(here.exercise),
        run: here.run.map(|run| RunHere { lab: tidy(Some(run.lab)).unwrap_or_default(), ..run }),
        ..here
    }
}
