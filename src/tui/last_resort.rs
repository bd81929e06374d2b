//! The end of the program when nothing answers any more: the terminal does not take what is drawn, or nobody reads keys.
//!
//! A signal asks the loop to end. If that has not happened after a while (it is held by a write to a terminal that stopped, or by a
//! terminal that is gone), the thread that heard the signal stops the run itself, gives the terminal back as far as it goes, and ends
//! the process.

use super::terminal;
use crate::exit::Exit;
use crate::run::runner::Stopper;
use rustix::event::{PollFd, PollFlags, poll};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the loop has to end by itself.
const PATIENCE: Duration = Duration::from_millis(1200);
/// How long the run has to be recorded where the loop has not ended.
const FOR_THE_RUN: Duration = Duration::from_millis(600);
/// How long it has where it has: nothing is shown any more, and nothing is lost.
const FOR_RECORDS: Duration = Duration::from_secs(20);
/// How long the terminal has to take its last words.
const FOR_THE_TERMINAL: Duration = Duration::from_millis(300);
const LOOK: Duration = Duration::from_millis(10);

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Running,
    /// Nothing is drawn any more.
    LoopEnded,
    /// Runs are recorded.
    Recorded,
    /// The terminal is given back.
    Done,
}

static RUN: Mutex<Option<Stopper>> = Mutex::new(None);
static STAGE: AtomicU8 = AtomicU8::new(Stage::Running as u8);

/// The run to stop, if there is one.
pub fn watch(run: Option<Stopper>) {
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = run;
}

pub fn reached(stage: Stage) {
    STAGE.fetch_max(stage as u8, Ordering::AcqRel);
}

fn has_reached(stage: Stage) -> bool {
    STAGE.load(Ordering::Acquire) >= stage as u8
}

/// Waits for the program to end, which was asked to; ends the process if it does not.
pub fn wait_or_end() {
    if wait(PATIENCE, || has_reached(Stage::LoopEnded)) {
        wait(FOR_RECORDS, || has_reached(Stage::Recorded));
        if wait(FOR_THE_TERMINAL, || has_reached(Stage::Done)) {
            return;
        }
    } else {
        let run = RUN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(stop) = run {
            wait(FOR_THE_RUN, || stop());
        }
    }
    terminal::give_back_without_waiting();
    signal_hook::low_level::exit(i32::from(Exit::Interrupted.code()));
}

fn wait(most: Duration, is_done: impl Fn() -> bool) -> bool {
    let end = Instant::now() + most;
    loop {
        if is_done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits until the terminal is gone, which signals need not tell: the kernel knows, whoever reads or writes.
pub fn wait_for_hangup() {
    let stdin = rustix::stdio::stdin();
    let stdout = rustix::stdio::stdout();
    loop {
        // No event is waited for but the end, which always counts.
        let mut ends = [PollFd::new(&stdin, PollFlags::empty()), PollFd::new(&stdout, PollFlags::empty())];
        match poll(&mut ends, None) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return,
            // Nothing can be known of it: signals must do.
            Err(_) => std::thread::park(),
        }
    }
}
