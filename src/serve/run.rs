//! The server from its start to its end.

use super::accept;
use super::accounts::Accounts;
use super::cgroup::Groups;
use super::class::{Class, Door, People, attend_to_others};
use super::folder::{self, ServerFolder};
use super::host_key;
use super::limits::Places;
use super::log::Log;
use super::private;
use super::progress::{AccountFolders, Writer};
use super::ready;
use super::server::Server;
use super::session::Lent;
use super::settings::Settings;
use crate::exit::Exit;
use crate::printer::print;
use russh::keys::PrivateKey;
use russh::server::Config;
use russh::{MethodKind, MethodSet, SshId};
use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;

/// Processes that start at a time.
const STARTING: usize = 8;
/// Threads that carry the connections.
const THREADS: usize = 4;
/// How long everything has to end.
const TO_END: Duration = Duration::from_secs(20);
/// Bytes that a client may send ahead.
const WINDOW: u32 = 256 << 10;

fn config(key: PrivateKey) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-shinso_", env!("CARGO_PKG_VERSION")))),
        // The second only tells people why the first did not let them in.
        methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::KeyboardInteractive][..]),
        auth_rejection_time: Duration::from_secs(1),
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: 10,
        keys: vec![key],
        window_size: WINDOW,
        // The one limit of a write that does not end.
        inactivity_timeout: Some(Duration::from_secs(120)),
        keepalive_interval: Some(Duration::from_secs(30)),
        keepalive_max: 3,
        nodelay: true,
        ..Config::default()
    }
}

/// Serves until a signal ends it; `heard` is called once signals are heard here, and no longer end the program at once.
pub fn run(settings: Settings, heard: fn()) -> Exit {
    match start(settings, heard) {
        Ok(exit) => exit,
        Err(error) => Exit::Failed(format!("serve: {error}")),
    }
}

fn start(settings: Settings, heard: fn()) -> Result<Exit, String> {
    private::make_folder(&settings.folder).map_err(|error| format!("{}: {error}", settings.folder.display()))?;
    ready::raise_open_files();
    ready::enforceable(&settings)?;
    let groups = settings.cpu.map(|cpu| Groups::open(cpu, settings.process.memory)).transpose()?;
    let key = host_key::open(&settings.folder)?;
    let enrolled = settings.enrol.then(|| folder::enrolled(&settings.folder));
    let accounts = Accounts::open(settings.keys.clone(), enrolled, settings.class.instructors.clone())?;
    ready::instructors_are_listed(&settings, &accounts)?;
    let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let folder = ServerFolder::open(&settings.folder, &program)?;
    let people = People::open(settings.folder.clone(), settings.class.roster.clone(), settings.labs.clone())?;
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(THREADS));
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime: Runtime = runtime.map_err(|error| error.to_string())?;
    let (progress, keeping) = Writer::open(&settings.folder)?;
    let (log, writing) = Log::open().map_err(|error| error.to_string())?;
    let (stop, stopping) = watch::channel(false);
    let (alive, all_ended) = mpsc::channel(1);
    let server = Server {
        class: Class::new(settings.class.clone(), people, progress.clone(), log.clone()),
        places: Places::new(settings.limits.clone()),
        lent: Lent {
            folders: Arc::new(AccountFolders::new(
                folder.root().to_owned(),
                progress,
                log.clone(),
                settings.session_command.is_some(),
            )),
            log,
            starting: Arc::new(Semaphore::new(STARTING)),
            stopping,
            groups: groups.map(Arc::new),
            idle: settings.limits.idle,
            stall: settings.limits.stall,
        },
        settings,
        folder,
        accounts,
        program,
        alive,
    };
    let exit = runtime.block_on(serve(server, key, heard, stop, all_ended));
    runtime.shutdown_timeout(Duration::from_secs(1));
    // What was written last is in the one file; and the last lines.
    let _kept = keeping.join();
    let _written = writing.join();
    exit
}

async fn serve(
    server: Server,
    key: PrivateKey,
    heard: fn(),
    stop: watch::Sender<bool>,
    mut all_ended: mpsc::Receiver<Infallible>,
) -> Result<Exit, String> {
    let listen = server.settings.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| format!("{listen}: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    server.lent.folders.take_in_all().await;
    let socket = server.folder.class();
    let door = Door::open(socket.clone())
        .map_err(|error| format!("{}: {error}; a shorter path of --folder may help", socket.display()))?;
    let signals = |kind| signal(kind).map_err(|error| error.to_string());
    let mut terminate: Signal = signals(SignalKind::terminate())?;
    let mut interrupt = signals(SignalKind::interrupt())?;
    let mut hang_up = signals(SignalKind::hangup())?;
    heard();
    let said = print(&format!(
        "listening on {address}\nhost key {}\n{} accounts listed{}{}\n",
        host_key::of(&key),
        server.accounts.listed(),
        if server.settings.enrol { ", others enrol themselves" } else { "" },
        if server.settings.guest { ", guests come in" } else { "" },
    ));
    if said != Exit::Done {
        return Ok(said);
    }
    let server = Arc::new(server);
    let log = server.lent.log.clone();
    log.server(format!("listening on {address}"));
    let again = async {
        while hang_up.recv().await.is_some() {
            match server.accounts.read_again() {
                Ok(count) => log.server(format!("accounts read again: {count} listed")),
                Err(error) => log.server(format!("accounts stay as they were: {error}")),
            }
            match server.class.read_roster_again() {
                Ok(0) => {}
                Ok(count) => log.server(format!("roster read again: {count} students")),
                Err(error) => log.server(format!("the roster stays as it was: {error}")),
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = accept::accept(&listener, &server, Arc::new(config(key))) => {}
        () = door.attend(&server.class, &log) => {}
        () = attend_to_others(&server.class) => {}
        () = again => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    drop(listener);
    log.server("stopping");
    let _nobody_is_here = stop.send(true);
    let class = Arc::clone(&server.class);
    drop(server);
    // What sessions save at their end comes through the door.
    let ended = async {
        tokio::select! {
            _ = all_ended.recv() => {}
            () = door.attend(&class, &log) => {}
        }
    };
    if timeout(TO_END, ended).await.is_err() {
        log.server("stopped before every session had ended");
    }
    Ok(Exit::Done)
}
