//! A session's end of the way to its class.

use super::message::{FromSession, Here, ToSession};
use crate::run::inbox::Wake;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The socket of the class, in the environment of a session.
pub const SOCKET: &str = "SHINSO_CLASS";
/// What the server knows the session by.
pub const TOKEN: &str = "SHINSO_CLASS_TOKEN";
/// The machine of the server, by [`machine`]: on another, which may see the same files, nobody listens at the socket.
pub const MACHINE: &str = "SHINSO_CLASS_MACHINE";

/// Bytes of a line of the server's: a screen of the largest size in colours that change from cell to cell.
const LONGEST_TO_SESSION: u64 = 16 << 20;
/// Messages that wait to be sent; a server that takes none is as good as gone.
const WAITING: usize = 256;
/// How long the server has to answer the greeting.
const TO_ANSWER: Duration = Duration::from_secs(10);
/// Messages that wait to be taken: while a screen cannot be written to, no more are read, and the server merges what it has to send.
const UNTAKEN: usize = 8;
/// The time between two reports of what is newest: of these the last alone matters.
const REPORT: Duration = Duration::from_millis(100);

/// This machine since it was started last, as the kernel tells it from all others; empty where it does not.
pub fn machine() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// The socket and the token that the environment of this process names; none outside of a class, and on another machine than the server's.
pub fn environment() -> Option<(PathBuf, String)> {
    let (socket, token) = (std::env::var_os(SOCKET)?, std::env::var(TOKEN).ok()?);
    let is_elsewhere = std::env::var(MACHINE).is_ok_and(|of_server| of_server != machine());
    (!is_elsewhere).then(|| (socket.into(), token))
}

/// The way to the class. The server may go at any time; from then on nothing comes and nothing is sent.
pub struct Link {
    outbox: Arc<(Mutex<Outbox>, Condvar)>,
    inbox: Arc<Inbox>,
}

/// What has come, and whether the server is gone.
#[derive(Default)]
struct Inbox {
    messages: Mutex<Vec<ToSession>>,
    taken: Condvar,
    is_closed: AtomicBool,
}

#[derive(Default)]
struct Outbox {
    queue: VecDeque<FromSession>,
    /// Where the student is and what they point at, if that was not said yet.
    here: Option<Here>,
    point: Option<FromSession>,
    is_closed: bool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// The link that the environment of this process names; none outside of a class, and on another machine than the server's. `wake` is
    /// called when something has come.
    ///
    /// # Errors
    /// When the server is there and does not answer.
    pub fn of_environment(wake: Wake) -> io::Result<Option<Self>> {
        let Some((socket, token)) = environment() else { return Ok(None) };
        match Self::open(&socket, token, wake) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            link => link.map(Some),
        }
    }

    /// Goes to the server's socket. Its welcome is the first that has come.
    ///
    /// # Errors
    /// When nobody listens there, it does not know the token, or no thread can be started.
    pub fn open(socket: &Path, token: String, wake: Wake) -> io::Result<Self> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(TO_ANSWER))?;
        stream.write_all(crate::printer::json_line(&FromSession::Hello { token }).as_bytes())?;
        let mut reading = BufReader::new(stream.try_clone()?);
        let welcome = next(&mut reading).ok_or(io::ErrorKind::ConnectionRefused)?;
        stream.set_read_timeout(None)?;
        let outbox = Arc::new((Mutex::new(Outbox::default()), Condvar::new()));
        let link = Link { outbox, inbox: Arc::new(Inbox { messages: Mutex::new(vec![welcome]), ..Inbox::default() }) };
        let (outbox, inbox) = (Arc::clone(&link.outbox), Arc::clone(&link.inbox));
        std::thread::Builder::new().name("class-out".into()).spawn(move || write(stream, &outbox))?;
        let outbox = Arc::clone(&link.outbox);
        std::thread::Builder::new().name("class-in".into()).spawn(move || {
            read(reading, &inbox, &wake);
            close(&outbox);
            inbox.is_closed.store(true, Ordering::Release);
            wake();
        })?;
        Ok(link)
    }

    /// A link whose other end is gone.
    #[cfg(test)]
    pub fn to_nobody() -> Self {
        let outbox = Outbox { is_closed: true, ..Outbox::default() };
        Link { outbox: Arc::new((Mutex::new(outbox), Condvar::new())), inbox: Arc::default() }
    }

    /// Sends a message, after those that wait.
    pub fn send(&self, message: FromSession) {
        self.put(|outbox| {
            if outbox.queue.len() < WAITING {
                outbox.queue.push_back(message);
            }
        });
    }

    /// Says where the student is now.
    pub fn report(&self, here: Here) {
        self.put(|outbox| outbox.here = Some(here));
    }

    /// Says what is pointed at now.
    pub fn point(&self, at: Option<(u16, u16)>) {
        self.put(|outbox| outbox.point = Some(FromSession::Point { at }));
    }

    fn put(&self, change: impl FnOnce(&mut Outbox)) {
        let mut outbox = locked(&self.outbox.0);
        if !outbox.is_closed {
            change(&mut outbox);
            self.outbox.1.notify_one();
        }
    }

    /// Takes what has come.
    pub fn take(&self) -> Vec<ToSession> {
        let messages = std::mem::take(&mut *locked(&self.inbox.messages));
        self.inbox.taken.notify_one();
        messages
    }

    /// Whether the server is gone: then nothing comes any more.
    pub fn is_closed(&self) -> bool {
        self.inbox.is_closed.load(Ordering::Acquire)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        close(&self.outbox);
        // What is read now is for nobody.
        self.inbox.is_closed.store(true, Ordering::Release);
        self.inbox.taken.notify_one();
    }
}

fn close(outbox: &(Mutex<Outbox>, Condvar)) {
    locked(&outbox.0).is_closed = true;
    outbox.1.notify_one();
}

/// Sends what waits, until the link is closed or the server gone.
fn write(mut stream: UnixStream, outbox: &(Mutex<Outbox>, Condvar)) {
    loop {
        let mut waiting = locked(&outbox.0);
        let is_empty = |outbox: &mut Outbox| {
            outbox.queue.is_empty() && outbox.here.is_none() && outbox.point.is_none() && !outbox.is_closed
        };
        waiting = outbox.1.wait_while(waiting, is_empty).unwrap_or_else(PoisonError::into_inner);
        if waiting.is_closed && waiting.queue.is_empty() {
            let _gone = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
        let reports = waiting.here.take().map(FromSession::Here).into_iter().chain(waiting.point.take());
        let messages: Vec<FromSession> = reports.collect();
        let has_reports = !messages.is_empty();
        let messages: Vec<FromSession> = std::mem::take(&mut waiting.queue).into_iter().chain(messages).collect();
        drop(waiting);
        let text: String = messages.iter().map(crate::printer::json_line).collect();
        if stream.write_all(text.as_bytes()).is_err() {
            return close(outbox);
        }
        if has_reports {
            std::thread::sleep(REPORT);
        }
    }
}

/// The next message; none after the last, or what is none.
fn next(lines: &mut BufReader<UnixStream>) -> Option<ToSession> {
    let mut line = Vec::new();
    lines.take(LONGEST_TO_SESSION).read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

/// Takes in what comes, to the end.
fn read(mut lines: BufReader<UnixStream>, inbox: &Inbox, wake: &Wake) {
    while let Some(message) = next(&mut lines) {
        let mut messages = locked(&inbox.messages);
        let is_full =
            |messages: &mut Vec<ToSession>| messages.len() >= UNTAKEN && !inbox.is_closed.load(Ordering::Acquire);
        messages = inbox.taken.wait_while(messages, is_full).unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
        drop(messages);
        wake();
    }
}
