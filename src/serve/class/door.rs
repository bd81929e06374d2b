//! The socket by which the programs of sessions come to their class.

use super::hub::{Class, Standing, Viewed};
use super::progress;
use crate::class::message::{Answered, FromSession, LONGEST_FROM_SESSION, Picture, ToSession};
use crate::serve::log::{Failing, Log};
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
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

/// How long a program has to say which session it is.
const TO_GREET: Duration = Duration::from_secs(10);
/// How long a program may take nothing.
const STALL: Duration = Duration::from_secs(30);
/// The time between two parts of a screen, and between two lists of the class.
const PICTURE: Duration = Duration::from_millis(100);
const LIST: Duration = Duration::from_secs(1);
/// The time between two tables of answers: all that every account has answered is read for each.
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
        let mut failing = Failing::default();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let class = Arc::clone(class);
                    tokio::spawn(async move { greet(stream, &class).await });
                }
                Err(error) => {
                    if failing.is_news(std::time::Instant::now()) {
                        log.server(format!("class: nobody let in, tried again until somebody is: {error}"));
                    }
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
    let token = match timeout(TO_GREET, lines.next()).await {
        Ok(Some(FromSession::Hello { token })) => token,
        Ok(Some(FromSession::Progress { token })) => return progress::attend(lines.0, to, class, &token).await,
        _ => return,
    };
    let (sender, messages) = mpsc::channel(WAITING);
    let Some((session, welcome)) = class.link(&token, sender) else { return };
    if send(&mut to, &welcome).await.is_some() {
        let (viewed, answers) = (None, None);
        let mut talk =
            Talk { class, session, to, sent: Standing::default(), viewed, due: Instant::now(), lists: false, answers };
        let _gone = talk.run(lines, messages).await;
    }
    class.unlink(session);
}

/// A program that is let in, while it stays.
struct Talk<'a> {
    class: &'a Arc<Class>,
    session: u64,
    to: OwnedWriteHalf,
    /// What it knows of how things stand.
    sent: Standing,
    /// The screen that it is shown.
    viewed: Option<Viewed>,
    /// When the next part of it may be sent.
    due: Instant,
    lists: bool,
    /// The table of answers, while it is looked at.
    answers: Option<Answers>,
}

/// A table of answers that is made, or when the next one is.
enum Answers {
    Made(JoinHandle<Vec<Answered>>),
    Due(Instant),
}

impl Talk<'_> {
    /// Until either side is gone.
    async fn run(&mut self, mut lines: Lines, mut messages: mpsc::Receiver<ToSession>) -> Option<()> {
        let mut changes = self.class.changes.subscribe();
        self.send_standing().await?;
        let mut list = interval(LIST);
        list.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.due;
            let picture = async {
                // A change is taken last: whatever else comes first, it is not forgotten.
                sleep_until(due).await;
                match &mut self.viewed {
                    Some(viewed) => viewed.viewing.changed().await,
                    None => std::future::pending().await,
                }
            };
            let answers = async {
                match &mut self.answers {
                    Some(Answers::Made(table)) => table.await.unwrap_or_default(),
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                said = lines.next() => self.hear(said?).await?,
                message = messages.recv() => send(&mut self.to, &message?).await?,
                changed = changes.changed() => {
                    changed.ok()?;
                    self.send_standing().await?;
                    self.look_whether_it_may_go_on().await?;
                }
                () = picture => self.show().await?,
                accounts = answers => {
                    self.answers = Some(Answers::Due(Instant::now() + ANSWERS));
                    send(&mut self.to, &ToSession::Answers { accounts }).await?;
                }
                _ = list.tick() => {
                    if matches!(self.answers, Some(Answers::Due(due)) if due <= Instant::now()) {
                        self.answers = Some(Answers::Made(self.class.answers()));
                    }
                    self.send_list().await?;
                }
            }
        }
    }

    /// Sends what has changed of how things stand.
    async fn send_standing(&mut self) -> Option<()> {
        let now = self.class.standing(self.session);
        let sent = std::mem::replace(&mut self.sent, now.clone());
        if now.class != sent.class {
            send(&mut self.to, &ToSession::Class(now.class)).await?;
        }
        if (&now.seen_by, now.presents) != (&sent.seen_by, sent.presents) {
            send(&mut self.to, &ToSession::Seen { by: now.seen_by, presents: now.presents }).await?;
        }
        if let Some((ask, ahead)) = now.place.filter(|place| Some(*place) != sent.place) {
            send(&mut self.to, &ToSession::Place { ask, ahead }).await?;
        }
        if now.drawn != sent.drawn {
            send(&mut self.to, &ToSession::DrawAnew).await?;
        }
        if now.progress != sent.progress {
            send(&mut self.to, &ToSession::ProgressChanged).await?;
        }
        Some(())
    }

    async fn hear(&mut self, said: FromSession) -> Option<()> {
        match said {
            FromSession::Roster { on } => {
                self.lists = on;
                self.send_list().await
            }
            FromSession::Answers { on } => {
                let may = on && self.class.is_instructor(self.session);
                self.answers = may.then(|| Answers::Made(self.class.answers()));
                Some(())
            }
            FromSession::Claim { id, confirmed } => match self.class.claim(self.session, id, confirmed).await {
                Some(claimed) => send(&mut self.to, &claimed).await,
                None => Some(()),
            },
            FromSession::Watch { session } => self.view(session.is_some(), session).await,
            FromSession::Follow { on } => self.view(on, None).await,
            said => {
                if let FromSession::Train { ask: Some(ask) } = said
                    && let Some(full) = self.class.full(self.session, ask).await
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

    /// Sends instructors who look at the list what it is now, and one who presents elsewhere their demo.
    async fn send_list(&mut self) -> Option<()> {
        if !self.lists || !self.class.is_instructor(self.session) {
            return Some(());
        }
        send(&mut self.to, &ToSession::Roster { members: self.class.members() }).await?;
        let script = self.class.script(self.session).unwrap_or(ToSession::Script { script: None, seconds: 0 });
        send(&mut self.to, &script).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::message::Here;
    use crate::serve::child::Size;
    use crate::serve::class::{Attendance, ClassSettings, People};
    use crate::serve::input::Input;
    use crate::serve::progress::Writer;
    use std::collections::BTreeSet;

    const SIZE: Size = Size { columns: 40, rows: 5 };

    /// A program of a session, as the class sees it.
    struct Program {
        attendance: Attendance,
        from: BufReader<OwnedReadHalf>,
        to: OwnedWriteHalf,
    }

    impl Program {
        async fn come(class: &Arc<Class>, session: u64, account: &str) -> Self {
            let name = account.parse().unwrap();
            let attendance = class.enter(session, Some(&name), PathBuf::new(), Arc::new(Input::new()), Some(SIZE));
            let (own, theirs) = UnixStream::pair().unwrap();
            let (its, token) = (Arc::clone(class), attendance.token().to_owned());
            tokio::spawn(async move { greet(theirs, &its).await });
            let (from, to) = own.into_split();
            let mut program = Program { attendance, from: BufReader::new(from), to };
            program.say(&FromSession::Hello { token }).await;
            program.until(|message| matches!(message, ToSession::Welcome { .. })).await;
            program
        }

        async fn say(&mut self, message: &FromSession) {
            let line = serde_json::to_string(message).unwrap() + "\n";
            self.to.write_all(line.as_bytes()).await.unwrap();
        }

        /// The next message of a kind, whatever else comes before it.
        async fn until(&mut self, is_it: impl Fn(&ToSession) -> bool) -> ToSession {
            loop {
                let mut line = String::new();
                let read = self.from.read_line(&mut line);
                timeout(Duration::from_secs(20), read).await.expect("a message").unwrap();
                let message = serde_json::from_str(&line).unwrap();
                if is_it(&message) {
                    return message;
                }
            }
        }

        /// What comes of a screen until a text stands in it.
        async fn shows(&mut self, text: &str) {
            self.until(|message| matches!(message, ToSession::Screen(picture) if picture.bytes.contains(text))).await;
        }
    }

    fn class(folder: &std::path::Path) -> Arc<Class> {
        let settings = ClassSettings {
            instructors: BTreeSet::from(["kei".parse().unwrap()]),
            training: Some(1),
            ..ClassSettings::default()
        };
        let (log, _logging) = Log::open().unwrap();
        let (progress, _writing) = Writer::open(folder).unwrap();
        Class::new(settings, People::open(folder.to_owned(), None, None).unwrap(), progress, log)
    }

    #[tokio::test]
    async fn the_last_frame_comes_though_something_else_came_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let class = class(folder.path());
        let mut kei = Program::come(&class, 1, "kei").await;
        let mut anna = Program::come(&class, 2, "anna").await;
        kei.say(&FromSession::Present { on: true }).await;
        anna.until(|message| matches!(message, ToSession::Class(now) if now.presenter.is_some())).await;
        anna.say(&FromSession::Follow { on: true }).await;
        kei.until(|message| *message == ToSession::DrawAnew).await;
        kei.attendance.written(b"first ");
        anna.shows("first").await;
        for frame in ["second", "third", "fourth", "last"] {
            kei.attendance.written(frame.as_bytes());
            // Between two parts of the screen, for both: the class has changed, and a message comes.
            anna.say(&FromSession::Hand { up: true }).await;
            anna.say(&FromSession::Here(Here::default())).await;
            anna.say(&FromSession::Hand { up: false }).await;
            anna.shows(frame).await;
        }
    }

    #[tokio::test]
    async fn only_instructors_look_at_others_and_whoever_goes_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let class = class(folder.path());
        let mut kei = Program::come(&class, 1, "kei").await;
        let mut anna = Program::come(&class, 2, "anna").await;
        for message in [
            FromSession::Watch { session: Some(1) },
            FromSession::Present { on: true },
            FromSession::Roster { on: true },
            FromSession::Answers { on: true },
            FromSession::Message { session: None, text: "I am kei".into() },
            FromSession::Lower { session: 1 },
        ] {
            anna.say(&message).await;
        }
        anna.until(|message| *message == ToSession::ScreenGone).await;
        anna.say(&FromSession::Train { ask: Some(7) }).await;
        anna.until(|message| *message == ToSession::Place { ask: 7, ahead: None }).await;
        assert_eq!((class.standing(1).presents, class.standing(2).presents), (false, false));
        assert_eq!(class.standing(1).seen_by, [""; 0]);
        kei.say(&FromSession::Watch { session: Some(2) }).await;
        let seen = anna.until(|message| matches!(message, ToSession::Seen { .. } | ToSession::Roster { .. })).await;
        assert_eq!(seen, ToSession::Seen { by: vec!["kei".into()], presents: false });
        // What its program held is free once that is gone, though the session stays.
        let mut ben = Program::come(&class, 3, "ben").await;
        ben.say(&FromSession::Train { ask: Some(1) }).await;
        ben.until(|message| *message == ToSession::Place { ask: 1, ahead: Some(0) }).await;
        let Program { attendance, from, to } = anna;
        drop((from, to));
        ben.until(|message| *message == ToSession::Place { ask: 1, ahead: None }).await;
        kei.until(|message| *message == ToSession::ScreenGone).await;
        assert_eq!(attendance.is_in_use(), None);
        assert_eq!(class.members().len(), 2);
    }
}
