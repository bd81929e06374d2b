//! Signals as messages to the loop.

use super::last_resort;
use super::terminal::{Message, is_own_stop};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// What a program does with its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Screen,
    /// Lines alone, which it need not give back.
    Lines,
}

/// Whether an interrupt waits to be heard.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// An interrupt was heard.
pub fn interrupt_heard() {
    INTERRUPTED.store(false, Ordering::Release);
}

/// Turns signals into messages, and sees to it that those that end the program do so. The end of the terminal of a screen counts as one.
pub fn listen(messages: Sender<Message>, of: Use) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    if of == Use::Screen {
        [SIGQUIT, SIGCONT, SIGTSTP].into_iter().try_for_each(|signal| signals.add_signal(signal))?;
    }
    let its_messages = messages.clone();
    let listen = move || {
        for signal in signals.forever() {
            let message = match signal {
                SIGCONT => Message::Continued,
                SIGTSTP if is_own_stop() => continue,
                SIGTSTP => Message::Stop,
                SIGINT => Message::Interrupt,
                _ => Message::Hangup,
            };
            // In lines it stops the run first; one that waits still when the next comes finds nobody who listens.
            let is_interrupt = signal == SIGINT;
            let is_unheard = is_interrupt && INTERRUPTED.swap(true, Ordering::AcqRel);
            let is_end = matches!(message, Message::Hangup) || is_interrupt && of == Use::Screen || is_unheard;
            let _ended = its_messages.send(message);
            if is_end {
                last_resort::wait_or_end();
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(listen)?;
    if of == Use::Screen {
        let watch = move || {
            last_resort::wait_for_hangup();
            let _ended = messages.send(Message::Hangup);
            last_resort::wait_or_end();
        };
        std::thread::Builder::new().name("hangup".into()).spawn(watch)?;
    }
    Ok(())
}
