//! Time, passed in, so that tests need no sleep.

use std::time::{Duration, Instant};

pub trait Clock: Send + Sync {
    /// Time since some fixed moment; never goes back.
    fn now(&self) -> Duration;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that moves by `tick` at every look.
#[derive(Debug)]
pub struct TickingClock {
    tick: Duration,
    looks: std::sync::atomic::AtomicU32,
}

impl TickingClock {
    pub fn new(tick: Duration) -> Self {
        TickingClock { tick, looks: 0.into() }
    }
}

impl Clock for TickingClock {
    fn now(&self) -> Duration {
        self.tick * self.looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}
