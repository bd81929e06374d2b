//! The terminal itself: taking it, giving it back whatever happens, and what comes from it.

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event as Input, KeyEvent,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGTSTP;
use std::io::{self, Stdout, Write, stdout};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, sync_channel};

/// What the loop waits for.
#[derive(Debug)]
pub enum Message {
    /// Keys, or others of the terminal's events, wait.
    Inputs,
    /// A run or an answer has news.
    Wake,
    /// SIGTERM, SIGHUP or SIGQUIT, or the terminal is gone.
    Hangup,
    /// SIGINT.
    Interrupt,
    /// A line, in the linear mode.
    Line(String),
    /// SIGTSTP from outside.
    Stop,
    /// Back from the shell.
    Continued,
    /// The terminal is gone.
    Lost,
}

pub type Screen = ratatui::Terminal<ratatui::backend::CrosstermBackend<io::BufWriter<Stdout>>>;

/// Whether the terminal is ours: what is left is left once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Raw mode, the other screen, mouse and paste.
pub fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) }
}

/// Takes it again where it is ours still: another program may have had it.
pub fn take_again(mouse: bool) -> io::Result<()> {
    if !TAKEN.load(Ordering::SeqCst) {
        return Ok(());
    }
    // Raw mode is kept track of, and would not be set where it is thought to be: a shell may have left it.
    disable_raw_mode()?;
    take(mouse)
}

/// Gives everything back. What fails here fails because the terminal is gone.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // First what cannot be held up.
        let _gone = disable_raw_mode();
        let _gone = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _gone = stdout().flush();
    }
}

/// A panic on any thread gives the terminal back before it is reported; a panic that is caught on a thread of its own must
/// not tear down the screen, so only the drawing thread's does.
pub fn give_back_on_panic() {
    let drawing = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == drawing {
            give_back();
            before(info);
        }
    }));
}

/// Keys that wait for the loop, at most; those behind them wait in the terminal.
const WAITING: usize = 4096;

/// What came from the terminal and waits for the loop.
pub struct Inputs {
    events: Receiver<Input>,
    bell: Arc<Bell>,
}

impl Inputs {
    /// Before they are taken: from now on the bell tells of new ones.
    pub fn heard(&self) {
        self.bell.heard();
    }

    /// The next, if one waits.
    pub fn next(&self) -> Option<Input> {
        self.events.try_recv().ok()
    }
}

/// Reads events until the terminal is gone, after those that came early. A bell tells the loop of them.
pub fn read_events(messages: &Sender<Message>, early: Vec<KeyEvent>) -> io::Result<Inputs> {
    let (sender, events) = sync_channel(WAITING);
    let (bell, messages) = (Bell::of(messages.clone(), || Message::Inputs), messages.clone());
    let inputs = Inputs { events, bell: Arc::clone(&bell) };
    for key in early {
        // There is room for all that was pressed within a part of a second.
        let _full = sender.try_send(Input::Key(key));
        bell.ring();
    }
    let read = move || {
        while let Ok(event) = crossterm::event::read() {
            if sender.send(event).is_err() {
                return;
            }
            bell.ring();
        }
        let _ended = messages.send(Message::Lost);
    };
    std::thread::Builder::new().name("input".into()).spawn(read)?;
    Ok(inputs)
}

/// Signals to stop that this program has sent to its whole process group, itself among them, and not heard yet.
static OWN_STOPS: AtomicUsize = AtomicUsize::new(0);

/// Whether a signal to stop that was heard is our own, which is counted off.
pub fn is_own_stop() -> bool {
    OWN_STOPS.fetch_update(Ordering::AcqRel, Ordering::Acquire, |stops| stops.checked_sub(1)).is_ok()
}

/// To the shell and back: returns when the program is continued. `of_group` where a person asked for it by a key, which means all
/// programs of the foreground; else this one alone was told to stop. Nothing happens where nobody could continue it.
pub fn suspend(mouse: bool, of_group: bool) -> io::Result<bool> {
    if of_group && is_orphaned() {
        return Ok(false);
    }
    give_back();
    if of_group {
        OWN_STOPS.fetch_add(1, Ordering::AcqRel);
        let _gone = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
    }
    signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
    take(mouse)?;
    Ok(true)
}

/// Whether nobody of the session stands outside of this process group, who could continue it: the kernel does not stop such a group by
/// a key either (POSIX, "orphaned process group").
fn is_orphaned() -> bool {
    let field = |process: i32| -> Option<[i32; 3]> {
        // "pid (name) state parent group session …"; the name may hold anything but ends with the last bracket.
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(1).map(str::parse);
        Some([fields.next()?.ok()?, fields.next()?.ok()?, fields.next()?.ok()?])
    };
    let Some([mut parent, group, session]) = i32::try_from(std::process::id()).ok().and_then(field) else {
        return false;
    };
    // Those of the group are gone up to the first that is not.
    while let Some([above, its_group, its_session]) = field(parent) {
        if its_group != group {
            return its_session != session;
        }
        parent = above;
    }
    // Beyond the first process there is nobody; of one that may not be looked at nothing is known.
    parent == 0
}

/// As [`give_back`], but nothing of it may wait: for a terminal that takes nothing, or is gone.
pub fn give_back_without_waiting() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _gone = disable_raw_mode();
        let mut farewell = Vec::new();
        let _in_memory =
            execute!(farewell, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        // A way of its own to the terminal: that of standard output is shared with the shell, which must go on waiting.
        let flags = (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits() as i32;
        let own = std::fs::OpenOptions::new().write(true).custom_flags(flags).open("/dev/tty");
        if own.and_then(|mut terminal| terminal.write_all(&farewell)).is_err() {
            // A process without a terminal that is its own: past whoever holds standard output, if it takes anything.
            let out = rustix::stdio::stdout();
            let mut ready = [PollFd::new(&out, PollFlags::OUT)];
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            if poll(&mut ready, Some(&now)).is_ok_and(|ready| ready > 0) {
                let _gone = rustix::io::write(out, &farewell);
            }
        }
    }
}

/// Wakes the loop, once however often it is called before the loop looks.
pub struct Bell {
    rung: AtomicBool,
    messages: Sender<Message>,
    message: fn() -> Message,
}

impl Bell {
    pub fn new(messages: Sender<Message>) -> Arc<Self> {
        Self::of(messages, || Message::Wake)
    }

    fn of(messages: Sender<Message>, message: fn() -> Message) -> Arc<Self> {
        Arc::new(Bell { rung: AtomicBool::new(false), messages, message })
    }

    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // The loop that no longer listens has ended.
            let _ended = self.messages.send((self.message)());
        }
    }

    /// From now on a ring is a new one.
    pub fn heard(&self) {
        self.rung.store(false, Ordering::Release);
    }
}
