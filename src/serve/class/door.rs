//! The socket by which the programs of sessions come to their class.

use super::hub::{Class, Viewed};
use crate::class::message::{FromSession, LONGEST_FROM_SESSION, Picture, ToSession};
use crate::serve::log::Log;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

/// How long a program has to say which session it is.
const TO_GREET: Duration = Duration::from_secs(10);
/// How long a program may take nothing.
const STALL: Duration = Duration::from_secs(30);
/// The time between two parts of a screen, and between two lists of the class.
const PICTURE: Duration = Duration::from_millis(100);
const LIST: Duration = Duration::from_secs(1);
/// The time between two tables of answers: every account's file is read for each.
const ANSWERS: Duration = Duration::from_secs(5);
/// Messages that wait for a program.
const WAITING: usize = 64;
/// The time until the next try after nobody could be let in.
const PAUSE: Duration = Duration::from_millis(100);

/// The socket, for the owner of the server alone.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Makes it. The folder is this server's own: what lies there is left from an earlier one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: PathBuf) -> io::Result<Self> {
        let _was_none = fs::remove_file(&path);
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Door { listener, path })
    }

    /// Lets programs in for ever.
    pub async fn attend(&self, class: &Arc<Class>, log: &Log) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let class = Arc::clone(class);
                    tokio::spawn(async move { greet(stream, &class).await });
                }
                Err(error) => {
                    log.server(format!("class: nobody let in: {error}"));
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _is_gone = fs::remove_file(&self.path);
    }
}

/// Lines of one program; none after the last, or one that is too long or no message.
struct Lines(BufReader<OwnedReadHalf>, Vec<u8>);

impl Lines {
    /// The next message. What was read of a line is kept when this is not waited for any longer.
    async fn next(&mut self) -> Option<FromSession> {
        let room = (LONGEST_FROM_SESSION - self.1.len().min(LONGEST_FROM_SESSION)) as u64;
        (&mut self.0).take(room).read_until(b'\n', &mut self.1).await.ok()?;
        let line = std::mem::take(&mut self.1);
        line.ends_with(b"\n").then(|| serde_json::from_slice(&line).ok())?
    }
}

async fn send(to: &mut OwnedWriteHalf, message: &ToSession) -> Option<()> {
    let line = serde_json::to_string(message).expect("plain data") + "\n";
    timeout(STALL, to.write_all(line.as_bytes())).await.ok()?.ok()
}

async fn greet(stream: UnixStream, class: &Arc<Class>) {
    let (from, mut to) = stream.into_split();
    let mut lines = Lines(BufReader::new(from), Vec::new());
    let Ok(Some(FromSession::Hello { token })) = timeout(TO_GREET, lines.next()).await else { return };
    let (sender, messages) = mpsc::channel(WAITING);
    let Some((session, welcome)) = class.link(&token, sender) else { return };
    if send(&mut to, &welcome).await.is_some() {
        let _gone = Talk { class, session, to, viewed: None, due: Instant::now(), lists: false, answers: None }
            .run(lines, messages)
            .await;
    }
    class.look_away(session);
}

/// A program that is let in, while it stays.
struct Talk<'a> {
    class: &'a Arc<Class>,
    session: u64,
    to: OwnedWriteHalf,
    /// The screen that it is shown.
    viewed: Option<Viewed>,
    /// When the next part of it may be sent.
    due: Instant,
    lists: bool,
    /// When the table of answers is due, while it is looked at.
    answers: Option<Instant>,
}

impl Talk<'_> {
    /// Until either side is gone.
    async fn run(&mut self, mut lines: Lines, mut messages: mpsc::Receiver<ToSession>) -> Option<()> {
        let mut changes = self.class.changes.subscribe();
        // It may have changed since the welcome.
        let mut now = self.class.now(self.session);
        send(&mut self.to, &ToSession::Class(now.clone())).await?;
        let mut list = interval(LIST);
        list.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.due;
            let picture = async {
                match &mut self.viewed {
                    Some(viewed) => {
                        viewed.viewing.changed().await;
                        // What comes meanwhile is in the next part too.
                        sleep_until(due).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                said = lines.next() => self.hear(said?).await?,
                message = messages.recv() => send(&mut self.to, &message?).await?,
                changed = changes.changed() => {
                    changed.ok()?;
                    let newest = self.class.now(self.session);
                    if newest != now {
                        now = newest;
                        send(&mut self.to, &ToSession::Class(now.clone())).await?;
                    }
                    self.look_whether_it_may_go_on().await?;
                }
                () = picture => self.show().await?,
                _ = list.tick() => {
                    self.tell_list().await?;
                    self.tell_answers().await?;
                }
            }
        }
    }

    async fn hear(&mut self, said: FromSession) -> Option<()> {
        match said {
            FromSession::Roster { on } => {
                self.lists = on;
                self.tell_list().await
            }
            FromSession::Answers { on } => {
                self.answers = (on && self.class.is_instructor(self.session)).then(Instant::now);
                self.tell_answers().await
            }
            FromSession::Claim { id, confirmed } => match self.class.claim(self.session, id, confirmed).await {
                Some(claimed) => send(&mut self.to, &claimed).await,
                None => Some(()),
            },
            FromSession::Watch { session } => self.view(session.is_some(), session).await,
            FromSession::Follow { on } => self.view(on, None).await,
            said => {
                if matches!(said, FromSession::Train { ask: Some(_) })
                    && let Some(full) = self.class.full(self.session).await
                {
                    return send(&mut self.to, &full).await;
                }
                self.class.heard(self.session, said);
                Some(())
            }
        }
    }

    /// Looks at another screen, or at none.
    async fn view(&mut self, on: bool, watched: Option<u64>) -> Option<()> {
        self.viewed = None;
        self.class.look_away(self.session);
        if on {
            self.viewed = self.class.view(self.session, watched);
            self.due = Instant::now();
            return if self.viewed.is_some() { self.show().await } else { self.gone().await };
        }
        Some(())
    }

    async fn look_whether_it_may_go_on(&mut self) -> Option<()> {
        match &self.viewed {
            Some(viewed) if !self.class.may_go_on(self.session, viewed.of) => {
                self.viewed = None;
                self.class.look_away(self.session);
                self.gone().await
            }
            _ => Some(()),
        }
    }

    async fn gone(&mut self) -> Option<()> {
        send(&mut self.to, &ToSession::ScreenGone).await
    }

    /// Sends what is new of the screen that is looked at.
    async fn show(&mut self) -> Option<()> {
        let Some(viewed) = &mut self.viewed else { return Some(()) };
        let Some(change) = viewed.viewing.next() else { return Some(()) };
        self.due = Instant::now() + PICTURE;
        let picture = Picture {
            of: viewed.account.clone(),
            columns: change.size.columns,
            rows: change.size.rows,
            is_whole: change.is_whole,
            bytes: change.bytes,
            pointer: change.pointer,
            dark: self.class.is_dark(viewed.of),
        };
        send(&mut self.to, &ToSession::Screen(picture)).await
    }

    /// Of instructors who look at the table of answers, what it is now.
    async fn tell_answers(&mut self) -> Option<()> {
        let Some(due) = self.answers.filter(|due| *due <= Instant::now()) else { return Some(()) };
        self.answers = Some(due.max(Instant::now()) + ANSWERS);
        let answers = self.class.answers().await;
        send(&mut self.to, &answers).await
    }

    /// Of instructors who look at the list, what it is now; of one who presents elsewhere, their demo.
    async fn tell_list(&mut self) -> Option<()> {
        if !self.lists || !self.class.is_instructor(self.session) {
            return Some(());
        }
        send(&mut self.to, &ToSession::Roster { members: self.class.members() }).await?;
        let script = self.class.script(self.session).unwrap_or(ToSession::Script { script: None, seconds: 0 });
        send(&mut self.to, &script).await
    }
}
