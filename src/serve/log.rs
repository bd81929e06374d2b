//! What happened, a line an event on standard error: the time, the connection, the event. Nothing that a person typed in a session
//! stands in it, and nothing in it acts on a terminal.

use crate::printer;
use jiff::Timestamp;
use std::fmt::Display;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Lines that wait to be written; when more come than a slow reader takes, they are left out.
const WAITING: usize = 4096;
/// Letters of a line at most: a client chooses its own name and version.
const LONGEST: usize = 400;

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
