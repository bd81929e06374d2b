//! The lab server: ssh in front, this program behind.
//!
//! Everybody who logs in gets this very program as a process of their own on a pseudo-terminal, confined to a folder of their own. There
//! is no shell, no file transfer and no forwarding. What is held in the folder of the server:
//!
//! ```text
//! host_key          who the server is, for its owner alone
//! authorized_keys   accounts and their keys, written by the instructor
//! enrolled/NAME     the key that owns an account which the instructor has not listed
//! class.sock        by which the programs of sessions come to their class
//! progress.sqlite   progress and notes of all accounts; with -wal and -shm beside it while the server runs
//! accounts/NAME/    runs and exports of an account
//! ids/NAME          the ID of the roster that an account claims
//! guests/           the same of guests, removed when they leave
//! shared/           what everybody may read: unpacked data, weights, files for the class
//! ```

mod accept;
mod accounts;
mod cgroup;
mod child;
pub mod class;
mod commands;
mod connection;
mod cut;
mod folder;
mod host_key;
mod idle;
mod input;
mod limits;
mod log;
mod network;
pub mod process;
mod progress;
mod ready;
mod run;
mod server;
mod session;
pub mod session_command;
pub mod settings;
pub mod sources;

use crate::class::name;
use crate::intake::private;

pub use folder::unpack;
pub use host_key::fingerprint;
pub use ready::check;
pub use run::run;
