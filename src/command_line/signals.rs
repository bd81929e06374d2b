//! Ctrl-C, SIGTERM and SIGHUP as one question: has anybody asked us to stop?

use crate::exit::Exit;
use crate::reinforcement::protocol::external;
use crate::run::runner::Stopper;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];
/// How long a verb has to end by itself: it may be held by a reader that takes nothing.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long a run has to be recorded before that.
const FOR_THE_RUN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(20);

/// Set by the first such signal. The second ends the program at once, and so does time.
#[derive(Clone)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    run: Arc<Mutex<Option<Stopper>>>,
}

impl Interrupt {
    pub fn listen() -> io::Result<Self> {
        let interrupt = Interrupt { flag: Arc::default(), run: Arc::default() };
        let mut signals = Signals::new(SIGNALS)?;
        let its = interrupt.clone();
        let listen = move || {
            for _ in signals.forever() {
                if its.flag.swap(true, Ordering::AcqRel) {
                    end();
                }
                let its = its.clone();
                // Without the thread, a second signal does.
                let _ = std::thread::Builder::new().name("patience".into()).spawn(move || its.end_in_the_end());
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(listen)?;
        ENDS_AT_ONCE.store(false, Ordering::SeqCst);
        Ok(interrupt)
    }

    /// A run that is to be stopped and recorded whatever the verb is held by.
    pub fn stops(&self, run: Stopper) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }

    fn end_in_the_end(&self) {
        let run = self.run.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(stop) = run {
            let until = Instant::now() + FOR_THE_RUN;
            while !stop() && Instant::now() < until {
                std::thread::sleep(LOOK);
            }
        }
        std::thread::sleep(PATIENCE);
        end();
    }

    /// The flag itself, for work that looks at one.
    pub fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    /// The flag, for work on other threads.
    pub fn shared_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }
}

/// Ends the program; other programs that it started end with it.
fn end() -> ! {
    external::end_all();
    signal_hook::low_level::exit(i32::from(Exit::Interrupted.code()))
}

/// Whether such a signal ends the program at once: until somebody listens who has something to keep.
static ENDS_AT_ONCE: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From here on such a signal ends the program at once, as one that was heard, until an [`Interrupt`] listens.
pub fn end_at_once() {
    ENDS_AT_ONCE.store(true, Ordering::SeqCst);
    for signal in SIGNALS {
        let code = i32::from(Exit::Interrupted.code());
        // Where nothing can be registered, the signal ends the program in its own way.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&ENDS_AT_ONCE));
    }
}

/// Somebody else listens who has something to keep.
pub fn are_heard_elsewhere() {
    ENDS_AT_ONCE.store(false, Ordering::SeqCst);
}
