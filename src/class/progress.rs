//! A session's way to its progress, which its server keeps: a second connection to the socket of the class, a line of JSON each way.
//!
//! ```text
//! FromSession::Progress ──►    everything that the account has    ◄── FromServer::All
//! Change                ──►    how things stand then              ◄── FromServer::Changed, or Refused
//! ```
//!
//! Whose progress it is, the server knows by the token; no message names an account.

use super::link;
use super::message::FromSession;
use crate::lab::Progress;
use crate::lab::progress::{Change, Changed, PATIENCE, PATIENCE_AT_START, Remote, RemoteError, Snapshot};
use crate::printer::json_line;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of a line that a session may send: a file that is handed in, or the notes on a lab before and after a change.
pub const LONGEST: usize = 8 << 20;
/// How long the server has to answer: longer than it waits for another program that writes, so that it can still say so.
const TO_ANSWER: Duration = PATIENCE.saturating_add(Duration::from_secs(1));
/// Bytes of a line of the server's: all that an account may hold, in JSON.
const LONGEST_TO_SESSION: u64 = 128 << 20;

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FromServer {
    All {
        snapshot: Snapshot,
    },
    /// A guest's progress is kept by nobody.
    NoAccount,
    Changed {
        changed: Changed,
    },
    /// Nothing was written, and why.
    Refused {
        why: String,
    },
}

/// The progress of whoever runs this program: in a session of a server the server's, else a file of their own. Where the server does not
/// answer it is the file too, which the server takes in at the end of the session.
pub fn open(path: &Path) -> Progress {
    match of_environment() {
        None => Progress::open(path),
        Some(Ok(progress)) => progress,
        Some(Err(why)) => {
            let mut own = Progress::open(path);
            let notice = || format!("{why}; progress is kept in {} until the next log-in", path.display());
            own.notice.get_or_insert_with(notice);
            own
        }
    }
}

/// As [`open`], for what must be kept.
///
/// # Errors
/// When it cannot be: one line.
pub fn open_to_keep(path: &Path) -> Result<Progress, String> {
    match of_environment() {
        None => Progress::open_to_keep(path),
        Some(progress) => progress.map_err(|why| format!("progress could not be kept: {why}")),
    }
}

/// The progress of the account that the environment of this process names; none outside of a class and for guests.
fn of_environment() -> Option<Result<Progress, RemoteError>> {
    let (socket, token) = link::environment()?;
    let mut served = Served { socket, token, lines: None };
    match served.greet(PATIENCE_AT_START) {
        Ok(FromServer::All { snapshot }) => Some(Ok(Progress::remote(Box::new(served), snapshot))),
        Ok(FromServer::NoAccount) => None,
        Ok(FromServer::Refused { why }) => Some(Err(RemoteError::Refused(why))),
        Ok(_) => Some(Err(unexpected())),
        Err(error) => Some(Err(error)),
    }
}

fn unexpected() -> RemoteError {
    RemoteError::Lost("the server gave an answer to something else".to_owned())
}

/// Progress that the server keeps.
#[derive(Debug)]
struct Served {
    socket: PathBuf,
    token: String,
    /// The connection, unless it was lost.
    lines: Option<BufReader<UnixStream>>,
}

impl Served {
    /// Connects, and says which session it is.
    fn greet(&mut self, patience: Duration) -> Result<FromServer, RemoteError> {
        // There is one at a time.
        self.lines = None;
        let connect = || {
            let stream = UnixStream::connect(&self.socket)?;
            stream.set_write_timeout(Some(patience))?;
            stream.set_read_timeout(Some(patience))?;
            Ok(BufReader::new(stream))
        };
        let mut lines = connect().map_err(|error: io::Error| lost(&error))?;
        let said = ask(&mut lines, &json_line(&FromSession::Progress { token: self.token.clone() }))?;
        let again =
            lines.get_ref().set_read_timeout(Some(TO_ANSWER)).and(lines.get_ref().set_write_timeout(Some(TO_ANSWER)));
        again.map_err(|error| lost(&error))?;
        self.lines = Some(lines);
        Ok(said)
    }
}

/// Sends a line, and waits for the one that answers it.
fn ask(lines: &mut BufReader<UnixStream>, line: &str) -> Result<FromServer, RemoteError> {
    lines.get_mut().write_all(line.as_bytes()).map_err(|error| lost(&error))?;
    let mut answer = Vec::new();
    lines.take(LONGEST_TO_SESSION).read_until(b'\n', &mut answer).map_err(|error| lost(&error))?;
    if answer.is_empty() {
        return Err(lost(&io::ErrorKind::UnexpectedEof.into()));
    }
    serde_json::from_slice(&answer).map_err(|_| unexpected())
}

fn lost(error: &io::Error) -> RemoteError {
    RemoteError::Lost(match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "the server does not answer".to_owned(),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotFound
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionRefused => "the server is gone".to_owned(),
        _ => format!("the server cannot be reached: {error}"),
    })
}

impl Remote for Served {
    fn read(&mut self) -> Result<Snapshot, RemoteError> {
        match self.greet(TO_ANSWER)? {
            FromServer::All { snapshot } => Ok(snapshot),
            FromServer::Refused { why } => Err(RemoteError::Refused(why)),
            _ => Err(unexpected()),
        }
    }

    fn write(&mut self, change: &Change) -> Result<Changed, RemoteError> {
        let line = json_line(change);
        if line.len() > LONGEST {
            let most = LONGEST >> 20;
            return Err(RemoteError::Refused(format!("more than {most} MB at once; shorten it")));
        }
        // Whoever lost the way reads first what became of what was on it.
        let Some(lines) = &mut self.lines else { return Err(lost(&io::ErrorKind::UnexpectedEof.into())) };
        match ask(lines, &line) {
            Ok(FromServer::Changed { changed }) => Ok(changed),
            Ok(FromServer::Refused { why }) => Err(RemoteError::Refused(why)),
            // The next line would be the answer to this.
            other => {
                self.lines = None;
                Err(other.err().unwrap_or_else(unexpected))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread;

    /// A way to a server that answers each line with the next of these.
    fn served(folder: &Path, answers: Vec<&'static str>) -> (Served, thread::JoinHandle<Vec<String>>) {
        let socket = folder.join("class.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let serving = thread::spawn(move || {
            let mut heard = Vec::new();
            let mut answers = answers.into_iter();
            'connections: loop {
                let (stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream);
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line).unwrap() == 0 {
                        continue 'connections;
                    }
                    heard.push(line.trim_end().to_owned());
                    let Some(answer) = answers.next() else { return heard };
                    lines.get_mut().write_all(answer.as_bytes()).unwrap();
                }
            }
        });
        (Served { socket, token: "t".into(), lines: None }, serving)
    }

    const ALL: &str = "{\"kind\":\"all\",\"snapshot\":{\"records\":[],\"notes\":{\"vae\":\"z\"},\"settings\":{}}}\n";
    const KEPT: &str =
        "{\"kind\":\"changed\",\"changed\":{\"kind\":\"setting\",\"key\":\"language\",\"value\":\"ja\"}}\n";

    #[test]
    fn a_way_that_was_lost_is_found_again_and_what_is_there_is_read_anew() {
        let folder = tempfile::tempdir().unwrap();
        let empty = "{\"kind\":\"all\",\"snapshot\":{\"records\":[],\"notes\":{},\"settings\":{}}}\n";
        let refused = "{\"kind\":\"refused\",\"why\":\"disk full\"}\n";
        let (mut way, serving) = served(folder.path(), vec![empty, refused, "nonsense\n", ALL, KEPT]);
        let known = way.read().unwrap();
        let progress = Progress::remote(Box::new(way), known);
        let error = progress.set_setting("language", "ja").unwrap_err();
        assert_eq!(error, "progress could not be kept: disk full");
        let error = progress.set_setting("language", "ja").unwrap_err();
        assert!(error.contains("an answer to something else"), "{error}");
        assert_eq!((progress.setting("language"), progress.notes("vae")), (None, String::new()));
        progress.set_setting("language", "ja").unwrap();
        assert_eq!(progress.notes("vae"), "z", "read anew after what may have been written");
        let error = progress.set_setting("language", "ja").unwrap_err();
        assert_eq!(error, "progress could not be kept: the server is gone");
        let heard = serving.join().unwrap();
        assert_eq!(heard[0], "{\"kind\":\"progress\",\"token\":\"t\"}");
        let change = "{\"kind\":\"setting\",\"key\":\"language\",\"value\":\"ja\"}";
        assert_eq!(heard.iter().filter(|line| *line == change).count(), 4, "{heard:?}");
        assert_eq!(progress.set_setting("language", "ja").unwrap_err(), error);
        // What is too long is not sent.
        let error = progress.set_draft("vae", "kl", &"x".repeat(80_001)).unwrap_err();
        assert!(error.contains("at most 80000 are kept"), "{error}");
    }
}
