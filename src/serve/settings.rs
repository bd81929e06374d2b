//! What an instructor decides of a server.

use super::class::ClassSettings;
use super::process::ProcessLimits;
use super::session_command::SessionCommand;
use super::sources::SourceLimits;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    /// The folder of the server.
    pub folder: PathBuf,
    /// The file of accounts and their keys.
    pub keys: PathBuf,
    /// Whether the first key that comes for a name owns the account.
    pub enrol: bool,
    /// Whether `guest` comes in without a key.
    pub guest: bool,
    /// A folder of lab files for everybody.
    pub labs: Option<PathBuf>,
    pub class: ClassSettings,
    pub limits: Limits,
    pub process: ProcessLimits,
    /// Processor time of a session, in percent of one core; none is kept to by nice alone.
    pub cpu: Option<u64>,
    /// What starts the processes of sessions, if not the server itself.
    pub session_command: Option<SessionCommand>,
}

/// What is held to, for all and for each.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Sessions in all.
    pub sessions: usize,
    /// Sessions of one account.
    pub of_an_account: usize,
    /// Sessions of guests.
    pub guests: usize,
    /// Connections that have not logged in yet.
    pub waiting: usize,
    /// Connections of one source.
    pub of_a_source: SourceLimits,
    /// How long a connection has until its session begins.
    pub grace: Duration,
    /// How long a session may be without a key pressed; none for ever.
    pub idle: Option<Duration>,
    /// How long a client may take nothing of what its session says before it is cut off.
    pub stall: Duration,
}
