//! The terminal itself: taking it, giving it back whatever happens, and what comes from it.

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event as Input,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use std::io::{self, Stdout, Write, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// What the loop waits for.
#[derive(Debug)]
pub enum Message {
    Input(Input),
    /// A run or an answer has news.
    Wake,
    /// SIGTERM or SIGHUP.
    Hangup,
    /// SIGINT.
    Interrupt,
    /// A line, in the linear mode.
    Line(String),
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

/// Gives everything back. What fails here fails because the terminal is gone.
pub fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _gone = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _gone = disable_raw_mode();
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

/// Reads events until the terminal is gone.
pub fn read_events(messages: Sender<Message>) -> io::Result<()> {
    let read = move || {
        loop {
            let message = match crossterm::event::read() {
                Ok(event) => Message::Input(event),
                Err(_) => Message::Lost,
            };
            let lost = matches!(message, Message::Lost);
            if messages.send(message).is_err() || lost {
                return;
            }
        }
    };
    std::thread::Builder::new().name("input".into()).spawn(read).map(drop)
}

/// Turns signals into messages.
pub fn listen_to_signals(messages: Sender<Message>) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGCONT])?;
    let listen = move || {
        for signal in signals.forever() {
            let message = match signal {
                SIGCONT => Message::Continued,
                SIGINT => Message::Interrupt,
                _ => Message::Hangup,
            };
            if messages.send(message).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(listen).map(drop)
}

/// To the shell and back: returns when the program is continued.
pub fn suspend(mouse: bool) -> io::Result<()> {
    give_back();
    signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
    take(mouse)
}

/// Wakes the loop, once however often it is called before the loop looks.
pub struct Bell {
    rung: AtomicBool,
    messages: Sender<Message>,
}

impl Bell {
    pub fn new(messages: Sender<Message>) -> Arc<Self> {
        Arc::new(Bell { rung: AtomicBool::new(false), messages })
    }

    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // The loop that no longer listens has ended.
            let _ended = self.messages.send(Message::Wake);
        }
    }

    /// From now on a ring is a new one.
    pub fn heard(&self) {
        self.rung.store(false, Ordering::Release);
    }
}
