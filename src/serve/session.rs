//! One session: a person at one end, their process at the other, until one of them ends it, time does, or the server.

use super::cgroup::{Group, Groups};
use super::child::{Child, Inlet, Order, Outlet, Size};
use super::class::Attendance;
use super::cut::Cut;
use super::idle::{WARNING, idle};
use super::input::Input;
use super::limits::Place;
use super::log::Log;
use super::name::Name;
use super::progress::AccountFolders;
use crate::experiment::Bilingual;
use crate::run::{RunStore, Status};
use russh::ChannelId;
use russh::server::Handle;
use std::fmt;
use std::future::pending;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

/// Bytes that are taken from a process at a time.
const PIECE: usize = 16 << 10;
/// How long a process has to record its run and end; the server itself is to end within 20 s.
const TO_END: Duration = Duration::from_secs(17);
/// How long a client has to close after it was told to.
const TO_CLOSE: Duration = Duration::from_secs(2);
/// The time between two sizes that a process is told.
const RESIZE: Duration = Duration::from_millis(50);
/// A screen that stood still for so long is drawn whole.
const STILL: Duration = Duration::from_millis(300);
/// How long a place among those that start is held at most.
const TO_START: Duration = Duration::from_secs(5);
/// Extended data that are standard error.
const ERRORS: u32 = 1;
/// Status of a session that the server ended.
const ENDED_BY_SERVER: u32 = 1;
/// What a program left that could not give its terminal back: mouse, paste, focus, the other screen, a hidden cursor, colours.
const GIVE_BACK: &[u8] =
    b"\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[?1004l\x1b[?1049l\x1b[?25h\x1b[0m";

/// What the server lends to each of its sessions.
#[derive(Clone)]
pub struct Lent {
    pub log: Log,
    /// Places for processes that start.
    pub starting: Arc<Semaphore>,
    /// Whether the server is ending.
    pub stopping: watch::Receiver<bool>,
    /// What bounds processes, if the server was asked to.
    pub groups: Option<Arc<Groups>>,
    /// Progress that sessions keep in the folders of accounts.
    pub folders: Arc<AccountFolders>,
    pub idle: Option<Duration>,
    /// How long a client may take nothing.
    pub stall: Duration,
}

/// A session that was asked for.
pub struct Session {
    pub lent: Lent,
    /// Of the connection.
    pub number: u64,
    pub handle: Handle,
    pub channel: ChannelId,
    pub cut: Cut,
    pub order: Order,
    pub input: Arc<Input>,
    /// The newest size; closed when the client has gone.
    pub size: watch::Receiver<Size>,
    pub place: Place,
    /// None of a guest.
    pub account: Option<Name>,
    /// Its seat in the class.
    pub attendance: Option<Attendance>,
    /// A folder that nobody needs afterwards.
    pub leaves: Option<PathBuf>,
    /// The folder of the account's runs.
    pub runs: PathBuf,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The process has nothing more to say.
    Process,
    /// The client is gone.
    Gone,
    /// The client took nothing.
    Stalled,
    Idle(Duration),
    Stopping,
}

impl End {
    /// What the person is told.
    fn wording(self) -> Option<Bilingual> {
        match self {
            End::Process | End::Gone | End::Stalled => None,
            End::Idle(limit) => {
                let minutes = limit.as_secs().div_ceil(60);
                Some(Bilingual::new(
                    format!(
                        "No key for {minutes} minutes: the session has ended. Everything is kept; log in again to go on."
                    ),
                    format!(
                        "{minutes} 分間キー入力がなかったため、セッションを終了しました。記録は残っています。もう一度ログインすれば続けられます。"
                    ),
                ))
            }
            End::Stopping => Some(Bilingual::new(
                "The server is being stopped. Your runs are recorded; log in again later to go on.",
                "サーバーを停止します。実行中の学習は記録しました。後でもう一度ログインすれば続けられます。",
            )),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            End::Process => "ended",
            End::Gone => "ended: client gone",
            End::Stalled => "ended: client took nothing",
            End::Idle(_) => "ended: idle",
            End::Stopping => "ended: server stopping",
        })
    }
}

/// Both languages, a line each.
pub fn lines(text: &Bilingual) -> String {
    format!("{}\r\n{}\r\n", text.en, text.ja)
}

impl Session {
    /// Plays it through. When this returns, its process has ended, and nothing is left of a guest.
    pub async fn run(mut self) {
        if let Some(account) = &self.account {
            self.lent.folders.begin(account).await;
        }
        let end = self.play().await;
        if let Some(account) = &self.account {
            self.lent.folders.end(account).await;
        }
        // Whoever waits for its place to train waits no longer than it does.
        drop(self.attendance.take());
        if let Some(folder) = self.leaves.take() {
            let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
            if let Ok(Err(error)) = removed {
                self.log(format!("the folder of a guest stays: {error}"));
            }
        }
        self.log(format!("session {end}"));
        drop(self.place);
        // One that took nothing has had its time.
        if end == End::Stalled || timeout(TO_CLOSE, gone(&mut self.size)).await.is_err() {
            self.cut.cut();
        }
    }

    /// From the start of the process to the end of the channel.
    async fn play(&mut self) -> End {
        let begun = Instant::now();
        let (mut child, group, first) = match self.start().await {
            Ok(started) => started,
            Err(end) => return end,
        };
        let file = child.file.take();
        let end = self.attend(&child, file, first).await;
        let status = self.finish(&mut child, end).await;
        drop(group);
        self.log(format!("process {} after {} s", in_words(status.as_ref()), begun.elapsed().as_secs()));
        end
    }

    fn log(&self, event: String) {
        self.lent.log.connection(self.number, event);
    }

    /// Starts the process, within what bounds it.
    fn start_within(&self) -> io::Result<(Child, Option<Group>)> {
        let child = Child::start(&self.order)?;
        // One that cannot be bounded ends with what is dropped.
        let group = self.lent.groups.as_ref().map(|groups| groups.begin(self.number, child.id())).transpose()?;
        Ok((child, group))
    }

    /// Starts the process and waits for its first words, a few sessions at a time: two hundred at once would all be slow.
    async fn start(&mut self) -> Result<(Child, Option<Group>, Vec<u8>), End> {
        let starting = Arc::clone(&self.lent.starting);
        let turn = tokio::select! {
            turn = starting.acquire() => turn.map_err(|_| End::Stopping)?,
            () = gone(&mut self.size) => return Err(End::Gone),
        };
        // What came while it waited.
        if self.order.terminal.is_some() {
            self.order.terminal = Some(*self.size.borrow_and_update());
        }
        match self.start_within() {
            Ok((child, group)) => {
                self.log(format!("session begun, process {}", child.id()));
                let mut first = vec![0; PIECE];
                // One that reads a file says nothing before. Nothing at all and the end of it are told apart by whoever reads on.
                let patience = if self.order.takes_file { Duration::ZERO } else { TO_START };
                let count = timeout(patience, child.out.read(&mut first)).await;
                first.truncate(count.ok().and_then(Result::ok).unwrap_or(0));
                drop(turn);
                Ok((child, group, first))
            }
            Err(error) => {
                drop(turn);
                self.log(format!("session could not start: {error}"));
                let why = Bilingual::new(
                    format!("your session could not be started ({error}); tell your instructor"),
                    format!("セッションを開始できませんでした({error})。担当の教員に知らせてください"),
                );
                self.close(Some(&why), ENDED_BY_SERVER).await;
                Err(End::Process)
            }
        }
    }

    /// Hands on what both say, until something ends it.
    async fn attend(&self, child: &Child, file: Option<Inlet>, first: Vec<u8>) -> End {
        let warning = Notify::new();
        let mut stopping = self.lent.stopping.clone();
        let mut size = self.size.clone();
        let output = async {
            self.attendance.iter().for_each(|attendance| attendance.written(&first));
            self.say(&first, None).await?;
            self.hand_out(child, &warning).await
        };
        tokio::select! {
            ended = output => ended.err().unwrap_or(End::Process),
            () = self.hand_in(child, file) => End::Process,
            () = self.resize(child, &mut size) => End::Gone,
            limit = self.idle(&warning) => End::Idle(limit),
            _ = stopping.wait_for(|stops| *stops) => End::Stopping,
        }
    }

    /// Hands what the process says to the client, to its end; or why that could not be done.
    async fn hand_out(&self, child: &Child, warning: &Notify) -> Result<(), End> {
        let errors = async {
            match &child.errors {
                Some(errors) => self.hand_out_of(errors, Some(ERRORS), &Notify::new()).await,
                None => Ok(()),
            }
        };
        tokio::try_join!(self.hand_out_of(&child.out, None, warning), errors).map(|_| ())
    }

    async fn hand_out_of(&self, outlet: &Outlet, kind: Option<u32>, warning: &Notify) -> Result<(), End> {
        let mut piece = vec![0; PIECE];
        let mut is_warning = false;
        loop {
            let read = if is_warning {
                // Between two drawings, not within one.
                match timeout(STILL, outlet.read(&mut piece)).await {
                    Ok(read) => read,
                    Err(_) => {
                        is_warning = false;
                        self.input.cover();
                        self.say(&warning_line(), kind).await?;
                        continue;
                    }
                }
            } else {
                tokio::select! {
                    read = outlet.read(&mut piece) => read,
                    () = warning.notified() => {
                        is_warning = true;
                        continue;
                    }
                }
            };
            match read {
                Ok(0) | Err(_) => return Ok(()),
                Ok(count) => {
                    if let (Some(attendance), None) = (&self.attendance, kind) {
                        attendance.written(&piece[..count]);
                    }
                    self.say(&piece[..count], kind).await?;
                }
            }
        }
    }

    /// Sends bytes to the client; or why that could not be done.
    async fn say(&self, bytes: &[u8], kind: Option<u32>) -> Result<(), End> {
        if bytes.is_empty() {
            return Ok(());
        }
        let bytes = bytes.to_vec();
        let sent = match kind {
            None => timeout(self.lent.stall, self.handle.data(self.channel, bytes)).await,
            Some(kind) => timeout(self.lent.stall, self.handle.extended_data(self.channel, kind, bytes)).await,
        };
        match sent {
            Ok(sent) => sent.map_err(|_| End::Gone),
            Err(_) => Err(End::Stalled),
        }
    }

    /// What the person types or sends, to the process.
    async fn hand_in(&self, child: &Child, file: Option<Inlet>) {
        loop {
            let bytes = self.input.take(PIECE).await;
            let Some(inlet) = child.terminal.as_ref().or(file.as_ref()) else { return pending().await };
            // A process that closed its end is about to end itself; what it still says is heard elsewhere.
            if bytes.is_empty() || inlet.write(&bytes).await.is_err() {
                drop(file);
                return pending().await;
            }
        }
    }

    /// Tells the process the newest size, so often and no more; returns when the client has gone.
    async fn resize(&self, child: &Child, size: &mut watch::Receiver<Size>) {
        while size.changed().await.is_ok() {
            let newest = *size.borrow_and_update();
            self.attendance.iter().for_each(|attendance| attendance.resized(newest));
            if let Some(terminal) = &child.terminal {
                let _closed = terminal.resize(newest);
            }
            sleep(RESIZE).await;
        }
    }

    /// Waits until no key has come for too long.
    async fn idle(&self, warning: &Notify) -> Duration {
        let Some(limit) = self.lent.idle else { return pending().await };
        idle(limit, &self.input, || self.is_in_use(), warning).await;
        limit
    }

    /// Whether the session is in use though no key comes. Where that is not known, a run of the account speaks for it.
    async fn is_in_use(&self) -> bool {
        if let Some(is_in_use) = self.attendance.as_ref().and_then(Attendance::is_in_use) {
            return is_in_use;
        }
        let runs = self.runs.clone();
        let look = move || {
            let (runs, _broken) = RunStore::new(runs).list().unwrap_or_default();
            runs.iter().any(|run| run.status == Status::Running)
        };
        tokio::task::spawn_blocking(look).await.unwrap_or(false)
    }

    /// Ends the process, tells why, and closes the channel.
    async fn finish(&mut self, child: &mut Child, end: End) -> Option<ExitStatus> {
        if end != End::Process {
            child.hang_up();
        }
        let status = if matches!(end, End::Gone | End::Stalled) {
            child.ended(TO_END).await
        } else {
            self.last_words(child).await
        };
        let status = status.ok();
        if matches!(end, End::Gone | End::Stalled) {
            return status;
        }
        let by_signal = status.as_ref().and_then(ExitStatus::signal);
        if by_signal.is_some() && child.terminal.is_some() {
            let _gone = self.say(GIVE_BACK, None).await;
        }
        let why = match (end.wording(), by_signal) {
            (Some(why), _) => Some(why),
            (None, Some(signal)) => Some(Bilingual::new(
                format!(
                    "your session was ended by the system (signal {signal}); perhaps it needed more memory than it may have"
                ),
                format!(
                    "セッションがシステムによって終了しました(シグナル {signal})。メモリの上限を超えたのかもしれません"
                ),
            )),
            (None, None) => None,
        };
        let code = status.as_ref().and_then(ExitStatus::code).and_then(|code| u32::try_from(code).ok());
        let code = if end == End::Process { code.unwrap_or(ENDED_BY_SERVER) } else { ENDED_BY_SERVER };
        self.close(why.as_ref(), code).await;
        status
    }

    /// Waits for the end of a process that is about to, handing out what it says meanwhile: it gives its terminal back.
    async fn last_words(&self, child: &mut Child) -> std::io::Result<ExitStatus> {
        let silent = Notify::new();
        let _too_long = timeout(TO_END, self.hand_out(child, &silent)).await;
        child.ended(TO_CLOSE).await
    }

    /// The last that a client hears of a session.
    async fn close(&self, why: Option<&Bilingual>, code: u32) {
        let last = async {
            if let Some(why) = why {
                let kind = self.order.terminal.is_none().then_some(ERRORS);
                let _gone = self.say(lines(why).as_bytes(), kind).await;
            }
            let _gone = self.handle.exit_status_request(self.channel, code).await;
            let _gone = self.handle.eof(self.channel).await;
            let _gone = self.handle.close(self.channel).await;
        };
        // One that takes nothing is not waited for.
        let _too_long = timeout(TO_CLOSE, last).await;
    }
}

/// Waits until the client has gone.
async fn gone(size: &mut watch::Receiver<Size>) {
    while size.changed().await.is_ok() {}
}

/// A line over the last row of the screen, after which the cursor is where it was. It fits 80 cells, and is not continued below them.
fn warning_line() -> Vec<u8> {
    let minutes = WARNING.as_secs() / 60;
    let text = format!("Ends in {minutes} minutes: press a key. / あと {minutes} 分で終了。キーを押すと続きます。");
    format!("\x07\x1b7\x1b[?7l\x1b[999;1H\x1b[0;7m\x1b[2K {text}\x1b[0m\x1b[?7h\x1b8").into_bytes()
}

/// How a process ended, for the log.
fn in_words(status: Option<&ExitStatus>) -> String {
    match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("exit code {code}"),
        Some((_, Some(signal))) => format!("signal {signal}"),
        _ => "no exit code".to_owned(),
    }
}
