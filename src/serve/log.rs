//! What happened, a line an event on standard error: the time, the connection, the event. Nothing that a person typed in a session
//! stands in it, and nothing in it acts on a terminal.

use crate::printer;
use jiff::Timestamp;
use std::fmt::Display;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Lines that wait to be written; when more come than a slow reader takes, they are left out.
const WAITING: usize = 4096;
/// Letters of a line at most: a client chooses its own name and version.
const LONGEST: usize = 400;

/// The time in which what fails again and again is said once.
const SELDOM: Duration = Duration::from_secs(60);

/// Something that is tried again and again: each try may fail for the same reason.
#[derive(Debug, Default)]
pub struct Failing(Option<Instant>);

impl Failing {
    /// Whether a failure is to be said: it was not for a while.
    pub fn is_news(&mut self, now: Instant) -> bool {
        let is_news = self.0.is_none_or(|said| now.saturating_duration_since(said) >= SELDOM);
        if is_news {
            self.0 = Some(now);
        }
        is_news
    }
}

/// Where events go. No connection waits for it.
#[derive(Clone)]
pub struct Log(SyncSender<String>);

impl Log {
    /// Begins to write; the thread ends when the last copy is gone.
    pub fn open() -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, lines) = sync_channel::<String>(WAITING);
        let write = move || lines.iter().for_each(|line| printer::note(&line));
        Ok((Log(sender), std::thread::Builder::new().name("log".into()).spawn(write)?))
    }

    /// An event of the server.
    pub fn server(&self, event: impl Display) {
        self.line(&format!("server {event}"));
    }

    /// An event of a connection.
    pub fn connection(&self, number: u64, event: impl Display) {
        self.line(&format!("#{number} {event}"));
    }

    fn line(&self, event: &str) {
        let event: String = printer::in_one_line(event).chars().take(LONGEST).collect();
        let _too_many = self.0.try_send(format!("{} {event}", Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_ten_times_a_second_is_said_once_a_minute() {
        let (begun, mut failing) = (Instant::now(), Failing::default());
        let news = (0..1_500).filter(|tenth| failing.is_news(begun + Duration::from_millis(100) * *tenth));
        assert_eq!(news.collect::<Vec<_>>(), [0, 600, 1_200]);
    }
}
