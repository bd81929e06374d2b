//! What `serve` is told, and the process that it starts for each session.

use crate::class::name::Name;
use crate::serve::process::ProcessLimits;
use crate::serve::session_command::SessionCommand;
use crate::serve::sources::SourceLimits;
use clap::Args;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:2222")]
    pub listen: SocketAddr,

    /// The folder of the server: its host key, accounts and their work [default: `serve` in your data folder]
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,

    /// Who may log in: lines `NAME ssh-ed25519 AAAA…` [default: `authorized_keys` in the folder of the server]
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,

    /// Let the first key that comes for a name own it; remove `enrolled/NAME` to free the name
    #[arg(long)]
    pub enrol: bool,

    /// Let `guest` in without a key, into an empty folder that is removed afterwards
    #[arg(long)]
    pub guest: bool,

    /// An account of an instructor, who sees the class and can show it a screen; may be given several times
    #[arg(long = "instructor", value_name = "NAME")]
    pub instructors: Vec<Name>,

    /// Who the students are: a CSV file with the columns id, name and perhaps account. Who is in no row by account is asked for their ID
    /// once
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,

    /// Runs that train at a time; whoever starts another waits, and sees how many are before them [default: no limit]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub training: Option<u64>,

    /// What an account may hold before a run can begin: runs, exports, notes [default: no limit]
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    pub disk: Option<u64>,

    /// Sessions at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 200)]
    pub sessions: usize,

    /// Sessions of one account at a time
    #[arg(long = "sessions-per-account", value_name = "NUMBER", default_value_t = 3)]
    pub of_an_account: usize,

    /// Sessions of guests at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub guests: usize,

    /// Connections at a time that have not logged in yet
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub waiting: usize,

    #[command(flatten)]
    pub of_a_source: SourceLimits,

    /// How long a connection has until its session begins
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub grace: u64,

    /// How long a session may be without a key pressed and without a run; 0 for ever. A warning comes five minutes before
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    pub idle: u64,

    /// How long a client may take nothing of what its session shows before it is cut off
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub stall: u64,

    #[command(flatten)]
    pub process: ProcessLimits,

    /// Processor time of a session, in percent of one core, and its memory (--memory) with all that it starts: by a control group of the
    /// kernel, which systemd hands over with Delegate=yes [default: as the kernel shares it out]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub cpu: Option<u64>,

    /// A command that starts the processes of sessions, such as `srun --pty {argv}`; no shell reads it, and `{argv}` stands for the
    /// program and its words
    #[arg(long, value_name = "TEMPLATE")]
    pub session_command: Option<SessionCommand>,

    /// Say what would keep the server from starting, and end
    #[arg(long, conflicts_with = "fingerprint")]
    pub check: bool,

    /// Print the fingerprint of the host key, made if there is none, and end
    #[arg(long)]
    pub fingerprint: bool,
}

#[derive(Debug, Args)]
pub struct SessionArguments {
    #[command(flatten)]
    pub process: ProcessLimits,

    /// Standard input is a terminal, which becomes that of the session
    #[arg(long)]
    pub terminal: bool,

    /// What to do
    #[arg(last = true)]
    pub words: Vec<OsString>,
}
