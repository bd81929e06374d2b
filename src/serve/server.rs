//! What all connections of a server have in common.

use super::accounts::Accounts;
use super::class::Class;
use super::folder::ServerFolder;
use super::limits::Places;
use super::session::Lent;
use super::settings::Settings;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A server that runs.
pub struct Server {
    pub settings: Settings,
    pub folder: ServerFolder,
    pub accounts: Accounts,
    pub places: Places,
    pub lent: Lent,
    pub class: Arc<Class>,
    /// This very program.
    pub program: PathBuf,
    /// Nobody sends: the server ends when all of its copies are gone.
    pub alive: mpsc::Sender<Infallible>,
}

impl Server {
    /// Held by whatever has to end before the server does.
    pub fn alive(&self) -> mpsc::Sender<Infallible> {
        self.alive.clone()
    }
}
