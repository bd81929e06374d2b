//! `shinso serve`: the lab server; and what it starts for each connection.

use super::arguments::{ServeArguments, SessionArguments};
use super::signals;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::folders::Folders;
use crate::printer::print;
use crate::serve::class::ClassSettings;
use crate::serve::settings::{Limits, Settings};
use crate::serve::{self, process};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a server keeps its files, below a person's own.
const FOLDER: &str = "serve";

/// The folder of a server, if none is named.
pub fn folder(environment: &Environment, named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(|| environment.folders.data.join(FOLDER))
}

/// Unpacks data and weights into a cache.
pub fn unpack(cache: &Path) -> Exit {
    serve::unpack(cache).map_or_else(Exit::Failed, |()| Exit::Done)
}

pub fn run(environment: &Environment, labs: Option<PathBuf>, arguments: ServeArguments) -> Exit {
    let folder = folder(environment, arguments.folder);
    if arguments.fingerprint {
        return match serve::fingerprint(&folder) {
            Ok(fingerprint) => print(&format!("{fingerprint}\n")),
            Err(error) => Exit::Failed(format!("serve: {error}")),
        };
    }
    let settings = Settings {
        listen: arguments.listen,
        keys: arguments.keys.unwrap_or_else(|| folder.join("authorized_keys")),
        folder,
        enrol: arguments.enrol,
        guest: arguments.guest,
        labs: labs.map(|labs| std::path::absolute(&labs).unwrap_or(labs)),
        class: ClassSettings {
            instructors: arguments.instructors.into_iter().collect(),
            training: arguments.training.map(|most| usize::try_from(most).unwrap_or(usize::MAX)),
            disk: arguments.disk,
            roster: arguments.roster,
        },
        limits: Limits {
            sessions: arguments.sessions,
            of_an_account: arguments.of_an_account,
            guests: arguments.guests,
            waiting: arguments.waiting,
            of_a_source: arguments.of_a_source,
            grace: Duration::from_secs(arguments.grace),
            idle: (arguments.idle > 0).then(|| Duration::from_secs(60 * arguments.idle)),
            stall: Duration::from_secs(arguments.stall),
        },
        process: arguments.process,
        cpu: arguments.cpu,
        session_command: arguments.session_command,
    };
    if arguments.check {
        return serve::check(&settings);
    }
    serve::run(settings, signals::are_heard_elsewhere)
}

/// Takes the place in the system that a session has.
///
/// # Errors
/// When a limit cannot be set; nothing else may be done then.
pub fn enter(arguments: &SessionArguments) -> Result<(), String> {
    let shared = std::env::var_os("SHINSO_SHARED").unwrap_or_default();
    let shared: Vec<PathBuf> = std::env::split_paths(&shared).collect();
    let own = Folders::find()?;
    process::enter(&arguments.process, arguments.terminal, &[own.data, own.cache, own.config], &shared)
}
