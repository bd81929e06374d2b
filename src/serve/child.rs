//! A student's process, from outside: started on a pseudo-terminal or on pipes, and ended with all that it started.

use super::process::ProcessLimits;
use super::session_command::SessionCommand;
use crate::class::link;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::process::{Child as Process, Command};

/// The largest screen: what a client claims costs memory for each cell.
const COLUMNS: u32 = 500;
const ROWS: u32 = 200;

/// Bytes of freed memory that glibc's allocator keeps at the end of each heap (mallopt(3)): as a rule it keeps more the larger the
/// buffers are that were freed, which two hundred sessions multiply. Once set, buffers of 128 KB and more are mapped each by itself.
const KEEP_AT_MOST: (&str, &str) = ("MALLOC_TRIM_THRESHOLD_", "262144");

/// Cells of a terminal, within what is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
}

impl Size {
    /// As a client claims it; nothing stands for the usual 80 × 24.
    pub fn clamped(columns: u32, rows: u32) -> Self {
        let within = |claimed: u32, usual: u32, most: u32| {
            let claimed = if claimed == 0 { usual } else { claimed.min(most) };
            u16::try_from(claimed).expect("no more than hundreds")
        };
        Size { columns: within(columns, 80, COLUMNS), rows: within(rows, 24, ROWS) }
    }
}

/// What is to be started.
pub struct Order {
    pub program: PathBuf,
    pub limits: ProcessLimits,
    /// What starts the program, if not the server itself.
    pub through: Option<SessionCommand>,
    /// The folder of the account.
    pub home: PathBuf,
    /// Folders that can be read.
    pub shared: Vec<PathBuf>,
    pub labs: Option<PathBuf>,
    /// What the program shall do; nothing opens the labs.
    pub words: Vec<String>,
    /// Whether it reads what the client sends, without a terminal.
    pub takes_file: bool,
    pub terminal: Option<Size>,
    /// The socket of the class, and what the program proves there that it is this session's.
    pub class: Option<(PathBuf, String)>,
    /// What the client says of its terminal and language.
    pub environment: BTreeMap<String, String>,
}

impl Order {
    /// The program and its words.
    fn argv(&self) -> Vec<OsString> {
        let option = |name: &str| OsString::from(name);
        let mut argv = vec![self.program.clone().into(), option("session")];
        argv.extend(self.limits.options());
        argv.extend(self.terminal.map(|_| option("--terminal")));
        argv.push(option("--"));
        if let Some(labs) = &self.labs {
            argv.extend([option("--labs"), labs.into()]);
        }
        argv.extend(self.words.iter().map(OsString::from));
        argv
    }

    fn command(&self) -> Command {
        let argv = self.argv();
        let (program, words) = match &self.through {
            Some(through) => through.around(&argv),
            None => (self.program.as_path(), argv[1..].to_vec()),
        };
        let mut command = Command::new(program);
        command.args(words);
        command
    }
}

/// A process that runs.
pub struct Child {
    process: Process,
    id: Pid,
    /// The terminal, or standard output.
    pub out: Outlet,
    /// Standard error, where there is no terminal.
    pub errors: Option<Outlet>,
    /// The terminal, if there is one.
    pub terminal: Option<Inlet>,
    /// Standard input, if it is given a file; it ends when this is dropped.
    pub file: Option<Inlet>,
}

impl Child {
    /// Starts it.
    ///
    /// # Errors
    /// When the system has no terminal, no file or no process left.
    pub fn start(order: &Order) -> io::Result<Self> {
        let mut command = order.command();
        let shared = std::env::join_paths(&order.shared).map_err(io::Error::other)?;
        command.env_clear().env("LANG", "C.UTF-8").env(KEEP_AT_MOST.0, KEEP_AT_MOST.1).envs(&order.environment);
        // Where the system keeps the time zone by name.
        command.envs(std::env::var_os("TZ").map(|zone| (OsString::from("TZ"), zone)));
        command.env("HOME", &order.home).env("SHINSO_HOME", &order.home).env("SHINSO_CONFINED", "1");
        if let Some((socket, token)) = &order.class {
            command.env(link::SOCKET, socket).env(link::TOKEN, token).env(link::MACHINE, link::machine());
        }
        command.env("SHINSO_SHARED", shared).current_dir(&order.home).kill_on_drop(true);
        let mut file = None;
        let (out, errors, terminal) = match order.terminal {
            Some(size) => {
                let (ours, theirs) = pseudo_terminal(size)?;
                command.stdin(theirs.try_clone()?).stdout(theirs.try_clone()?).stderr(theirs);
                let keys = ours.try_clone()?;
                (ours, None, Some(Inlet::new(keys)?))
            }
            None => {
                let (out, its_out) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
                let (errors, its_errors) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
                rustix::io::ioctl_fionbio(&out, true)?;
                rustix::io::ioctl_fionbio(&errors, true)?;
                command.stdin(Stdio::null()).stdout(its_out).stderr(its_errors);
                if order.takes_file {
                    let (its_file, ours) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
                    rustix::io::ioctl_fionbio(&ours, true)?;
                    command.stdin(its_file);
                    file = Some(Inlet::new(ours)?);
                }
                (out, Some(Outlet::new(errors)?), None)
            }
        };
        let out = Outlet::new(out)?;
        // The command holds the ends of the child; with it they are closed here.
        let process = command.spawn()?;
        drop(command);
        let id = process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let id = id.ok_or_else(|| io::Error::other("a process without a number"))?;
        Ok(Child { process, id, out, errors, terminal, file })
    }

    pub fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// Asks it to end, as a terminal does that is hung up: a run is recorded first.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Waits for its end, and ends it by force if that takes longer than `patience`.
    pub async fn ended(&mut self, patience: Duration) -> io::Result<ExitStatus> {
        if let Ok(ended) = tokio::time::timeout(patience, self.process.wait()).await {
            return ended;
        }
        self.signal(Signal::KILL);
        self.process.wait().await
    }

    /// To the process and all of its group.
    fn signal(&self, signal: Signal) {
        // Once it was waited for, its number may be another's.
        if self.process.id().is_none() {
            return;
        }
        // Until it has begun it has no group of its own.
        if kill_process_group(self.id, signal).is_err() {
            let _ended = kill_process(self.id, signal);
        }
    }
}

/// A new pseudo-terminal: our end, and that of a program. No other program that is started inherits either.
fn pseudo_terminal(size: Size) -> io::Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut modes = tcgetattr(&theirs)?;
    modes.input_modes |= InputModes::IUTF8;
    tcsetattr(&theirs, OptionalActions::Now, &modes)?;
    resize(&ours, size)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}

fn resize(terminal: impl AsFd, size: Size) -> io::Result<()> {
    let size = Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    Ok(tcsetwinsize(terminal, size)?)
}

/// Our end of what a process writes.
pub struct Outlet(Receiver);

impl Outlet {
    fn new(end: OwnedFd) -> io::Result<Self> {
        Receiver::from_owned_fd_unchecked(end).map(Outlet)
    }

    /// The next bytes that were written; none when nobody can write any more.
    pub async fn read(&self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            self.0.readable().await?;
            match self.0.try_read(to) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // So says a terminal that no program has open.
                Err(error) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => return Ok(0),
                read => return read,
            }
        }
    }
}

/// Our end of a terminal, by which keys and sizes reach a process, or of a pipe, by which a file does.
pub struct Inlet(Sender);

impl Inlet {
    fn new(end: OwnedFd) -> io::Result<Self> {
        Sender::from_owned_fd_unchecked(end).map(Inlet)
    }

    /// Writes all of it, as fast as it is read.
    pub async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.0.writable().await?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => bytes = &bytes[written?..],
            }
        }
        Ok(())
    }

    /// Tells the terminal, and with it the process, its new size.
    pub fn resize(&self, size: Size) -> io::Result<()> {
        resize(&self.0, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_kept_within_what_a_screen_may_cost() {
        let size = |columns, rows| Size { columns, rows };
        assert_eq!(Size::clamped(120, 40), size(120, 40));
        assert_eq!(Size::clamped(65_535, u32::MAX), size(500, 200));
        assert_eq!(Size::clamped(0, 0), size(80, 24));
    }
}
