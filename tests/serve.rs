//! The lab server over real ssh, on loopback: who comes in, what is refused, and what is left afterwards.

#[path = "serve/client.rs"]
mod client;
#[path = "support/program.rs"]
mod program;
#[path = "serve/server.rs"]
mod server;

use client::{Outcome, Terminal, by_key, connect, exec, granted, key, listed, login, outcome, why_not};
use program::{command, said, shinso};
use russh::keys::agent::AgentIdentity;
use russh::keys::{HashAlg, PublicKey};
use russh::{AgentAuthError, Signer};
use server::{Server, all_gone};
use shinso::lab::progress::records::records_by_account;
use shinso::lab::{Origin, Progress};
use std::fs::{self, Permissions};
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const WINDOW: u32 = 1 << 20;

/// A folder in which anna's key is the first.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("authorized_keys"), listed("anna", &key(1))).unwrap();
    home
}

fn runs_of(home: &Path, name: &str) -> String {
    fs::read_dir(home.join("accounts").join(name).join("runs"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|run| fs::read_to_string(run.path().join("run.yaml")).ok())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_the_labs_and_another_does_not() {
    let home = home();
    let server = Server::start(home.path(), &[]);
    let anna = login(&server, "Anna", &key(1)).await;
    let mut terminal = Terminal::open(&anna, (100, 30)).await;
    terminal.wait_for("Autoencoder").await;
    terminal.press("q").await;
    assert_eq!(terminal.ended().await, Some(0));
    assert!(home.path().join("accounts/anna").is_dir());
    for (name, number, told) in [
        ("anna", 2, "None of your keys opens the account `anna`."),
        ("ben", 1, "None of your keys opens the account `ben`."),
        ("guest", 1, "There are no guests here"),
        ("../anna", 1, "No account can have this name"),
        ("root", 1, "None of your keys opens the account `root`."),
    ] {
        let mut other = connect(&server, WINDOW).await;
        assert!(!other.authenticate_none(name).await.unwrap().success(), "{name}");
        assert!(!other.authenticate_password(name, "guess").await.unwrap().success(), "{name}");
        assert!(!by_key(&mut other, name, &key(number)).await.success(), "{name}");
        let why = why_not(&mut other, name).await;
        assert!(why.contains(told) && why.lines().count() == 2, "{name}: {why}");
    }
    assert_eq!(fs::read_dir(home.path().join("accounts")).unwrap().count(), 1, "nobody else has a folder");
}

/// Signs nothing.
struct Unwilling;

impl Signer for Unwilling {
    type Error = AgentAuthError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        _: Option<HashAlg>,
        _: Vec<u8>,
    ) -> Result<Vec<u8>, AgentAuthError> {
        Err(AgentAuthError::Key(russh::keys::Error::AgentFailure))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_offered_and_not_proved_makes_nobody_its_owner() {
    let home = home();
    let server = Server::start(home.path(), &["--guest"]);
    let mut somebody = connect(&server, WINDOW).await;
    let offered: PublicKey = key(1).public_key().clone();
    let signed = somebody.authenticate_publickey_with("anna", offered, None, &mut Unwilling).await;
    assert!(signed.is_err());
    assert!(!somebody.authenticate_none("anna").await.unwrap().success());
    assert!(somebody.authenticate_none("guest").await.unwrap().success());
    let doctor = exec(&somebody, "doctor").await;
    assert!(doctor.out.contains("/guests/") && !doctor.out.contains("anna"), "{doctor:?}");
    server.logged("session ended");
    assert!(!home.path().join("accounts/anna").exists());
    // Nor are keys asked about without end.
    let mut curious = connect(&server, WINDOW).await;
    for _ in 0..16 {
        let offered = key(1).public_key().clone();
        let _unsigned = curious.authenticate_publickey_with("anna", offered, None, &mut Unwilling).await;
    }
    server.logged("#2 refused: too many keys");
    // Two guests have nothing in common, and leave nothing.
    let mut other = connect(&server, WINDOW).await;
    assert!(other.authenticate_none("guest").await.unwrap().success());
    let mut terminal = Terminal::open(&other, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
    assert_eq!(fs::read_dir(home.path().join("guests")).unwrap().count(), 1);
    terminal.press("q").await;
    assert_eq!(terminal.ended().await, Some(0));
    drop((other, somebody));
    server.logged("#3 session ended");
    assert_eq!(fs::read_dir(home.path().join("guests")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_to_be_had_but_one_session_of_the_labs() {
    let home = home();
    let server = Server::start(home.path(), &["--sessions-per-account", "9"]);
    let anna = login(&server, "anna", &key(1)).await;
    let labs = exec(&anna, "labs list").await;
    assert!(labs.code == Some(0) && labs.out.contains("vae"), "{labs:?}");
    // A second channel, and every way to somewhere else.
    assert!(anna.channel_open_session().await.is_err());
    assert!(anna.channel_open_direct_tcpip("127.0.0.1", 22, "127.0.0.1", 1).await.is_err());
    assert!(anna.channel_open_direct_streamlocal("/run/any").await.is_err());
    assert!(anna.channel_open_x11("127.0.0.1", 1).await.is_err());
    assert!(anna.tcpip_forward("127.0.0.1", 0).await.is_err());
    assert!(anna.streamlocal_forward("/tmp/any").await.is_err());
    for command in
        [";sh", "sh -c id", "labs list; id", "runs delete all", "train vae", "serve", "session -- doctor", ""]
    {
        let anna = login(&server, "anna", &key(1)).await;
        let refused = exec(&anna, command).await;
        // What follows a known verb are its words: no shell has a look at them.
        assert_ne!(refused.code, Some(0), "{command}: {refused:?}");
        assert!(!refused.out.contains("uid=") && !refused.errors.contains("uid="), "{command}: {refused:?}");
        if command != "labs list; id" {
            assert_eq!(refused.code, Some(2), "{command}");
            assert!(refused.errors.contains("no such command here; expected labs list|check|describe"), "{refused:?}");
        }
    }
    let anna = login(&server, "anna", &key(1)).await;
    let mut channel = anna.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    assert!(!granted(&mut channel).await, "sftp");
    channel.agent_forward(true).await.unwrap();
    assert!(!granted(&mut channel).await, "the agent");
    channel.request_x11(true, false, "MIT-MAGIC-COOKIE-1", "00", 0).await.unwrap();
    assert!(!granted(&mut channel).await, "X11");
    for (name, value, wanted) in [
        ("LD_PRELOAD", "/tmp/a.so", false),
        ("SHINSO_HOME", "/", false),
        ("PATH", "/tmp", false),
        ("LANG", "a b", false),
        ("LANG", "ja_JP.UTF-8", true),
        ("COLORTERM", "truecolor", true),
    ] {
        channel.set_env(true, name, value).await.unwrap();
        assert_eq!(granted(&mut channel).await, wanted, "{name}={value}");
    }
    channel.request_pty(true, "xterm\u{1b}[2J", 65_535, 65_535, 0, 0, &[]).await.unwrap();
    assert!(granted(&mut channel).await, "a terminal");
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    assert!(!granted(&mut channel).await, "a second terminal");
    channel.exec(true, "doctor").await.unwrap();
    let doctor = outcome(&mut channel).await;
    let squeezed = doctor.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed.contains("size 500×200"), "{squeezed}");
    assert!(squeezed.contains("TERM, COLORTERM dumb, truecolor"), "{squeezed}");
    assert!(squeezed.contains("language ja"), "{squeezed}");
    assert!(!fs::read_to_string("/proc/self/environ").unwrap().contains("/tmp/a.so"));
}

/// Sends a file by the command `hand-in`, in pieces.
async fn handed_in(server: &Server, file: &[u8]) -> Outcome {
    let anna = login(server, "anna", &key(1)).await;
    let mut channel = anna.channel_open_session().await.unwrap();
    channel.set_env(true, "LANG", "en_US.UTF-8").await.unwrap();
    channel.exec(true, "hand-in").await.unwrap();
    for piece in file.chunks(16 << 10) {
        // One that was refused takes no more.
        let _refused = channel.data_bytes(piece.to_vec()).await;
    }
    let _refused = channel.eof().await;
    outcome(&mut channel).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_earned_elsewhere_is_handed_in_by_a_file() {
    let (home, laptop) = (home(), tempfile::tempdir().unwrap());
    let server = Server::start(home.path(), &[]);
    let own = Progress::open(&laptop.path().join("shinso.sqlite"));
    let catalogue = shinso::lab::Catalogue::load(Path::new("/nowhere"), None);
    let exercises = &catalogue.find("vae").unwrap().exercises;
    let long = "長い答え。".repeat(1000);
    for exercise in exercises {
        own.attempt("vae", &exercise.id, &long, Some("2026-01-01T00:00:00Z")).unwrap();
    }
    own.attempt("gone", "x", "", Some("2026-01-01T00:00:00Z")).unwrap();
    let file = shinso(laptop.path(), &["hand-in", "-"]).stdout;
    // More than a queue of keys holds.
    assert!(file.len() > 64 << 10, "{}", file.len());
    let taken = handed_in(&server, &file).await;
    assert_eq!((taken.code, taken.errors.as_str()), (Some(0), ""), "{taken:?}");
    let count = exercises.len();
    assert!(taken.out.contains(&format!("{count} exercises taken in, {count} of them newly solved")), "{taken:?}");
    assert!(taken.out.contains("left out, as no lab here has them: gone/x"), "{taken:?}");
    let of_anna = || records_by_account(&home.path().join("progress.sqlite")).unwrap().remove("anna").unwrap();
    let kept = of_anna();
    assert!(kept.iter().all(|kept| kept.origin == Origin::HandedIn && kept.answer.as_ref() == Some(&long)), "{kept:?}");
    let again = handed_in(&server, &file).await;
    assert!(again.out.contains("0 of them newly solved"), "{again:?}");
    for (bytes, told) in [
        (&b"\x1b[2Jnothing\xff"[..], "no file to hand in"),
        (&file[..file.len() / 2], "no file to hand in"),
        (b"", "no file to hand in"),
    ] {
        let refused = handed_in(&server, bytes).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.errors.contains(told) && !refused.errors.contains('\u{1b}'), "{refused:?}");
    }
    assert_eq!(of_anna(), kept, "nothing of all that was taken");
    assert!(!home.path().join("accounts/anna/shinso.sqlite").exists());
    let anna = login(&server, "anna", &key(1)).await;
    let mut channel = anna.channel_open_session().await.unwrap();
    channel.request_pty(true, "xterm", 80, 24, 0, 0, &[]).await.unwrap();
    channel.exec(true, "hand-in").await.unwrap();
    let refused = outcome(&mut channel).await;
    assert!(refused.code == Some(1) && refused.errors.contains("leave out `-t`"), "{refused:?}");
    // A client that goes away in the middle hands in nothing, and leaves nobody waiting.
    let anna = login(&server, "anna", &key(1)).await;
    let channel = anna.channel_open_session().await.unwrap();
    channel.exec(true, "hand-in").await.unwrap();
    channel.data_bytes(file[..1000].to_vec()).await.unwrap();
    let begun = server.processes(6);
    drop((channel, anna));
    all_gone(&begun);
    assert_eq!(of_anna(), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_no_process_and_its_run_recorded() {
    let home = home();
    let server = Server::start(home.path(), &[]);
    let anna = login(&server, "anna", &key(1)).await;
    let mut terminal = Terminal::open(&anna, (120, 36)).await;
    terminal.wait_for("Autoencoder").await;
    // The preview, of whose map this is a part, is there before the picker takes keys.
    terminal.wait_for("●").await;
    terminal.press("/Variational").await;
    terminal.wait_for("Variational").await;
    terminal.press("\r").await;
    terminal.wait_for("Why a plain autoencoder cannot generate").await;
    terminal.press("\x1b2").await;
    terminal.wait_for("ten epochs").await;
    terminal.press("\r").await;
    terminal.wait_for("running").await;
    // No farewell: the connection breaks.
    drop((terminal, anna));
    server.logged("session ended: client gone");
    all_gone(&server.processes(1));
    let runs = runs_of(home.path(), "anna");
    assert!(runs.contains("status: stopped"), "{runs}");
    // Back in the same account.
    let anna = login(&server, "anna", &key(1)).await;
    let list = exec(&anna, "runs list").await;
    assert!(list.code == Some(0) && list.out.contains("vae"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_is_cut_off_and_holds_nobody_up() {
    let home = home();
    let server = Server::start(home.path(), &["--stall", "1"]);
    let mut stalled = connect(&server, 4096).await;
    assert!(by_key(&mut stalled, "anna", &key(1)).await.success());
    let silent = Terminal::open(&stalled, (500, 200)).await;
    for _ in 0..40 {
        // Until its side takes no more.
        let pressed = tokio::time::timeout(std::time::Duration::from_millis(50), silent.press("\x0c"));
        let _full = pressed.await;
    }
    let other = login(&server, "anna", &key(1)).await;
    let mut terminal = Terminal::open(&other, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
    server.logged("session ended: client took nothing");
    let processes = server.processes(2);
    all_gone(&processes[..1]);
    terminal.press("q").await;
    assert_eq!(terminal.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_all_and_everybody_is_told() {
    let home = home();
    let mut server = Server::start(home.path(), &[]);
    let anna = login(&server, "anna", &key(1)).await;
    let mut terminal = Terminal::open(&anna, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
    let waiting = TcpStream::connect(server.address).unwrap();
    server.signal("-TERM");
    assert_eq!(terminal.ended().await, Some(1));
    let screen = terminal.text();
    assert!(screen.contains("The server is being stopped.") && screen.contains("サーバーを停止します"), "{screen}");
    assert_eq!(server.ended(), Some(0));
    all_gone(&server.processes(1));
    assert!(TcpStream::connect(server.address).is_err());
    drop(waiting);
}

/// Before anybody can be served, a signal ends the program as any other.
#[test]
fn a_signal_during_the_start_is_not_lost() {
    let home = home();
    let folder = home.path().display().to_string();
    let mut server = command(home.path(), &["serve", "--listen", "127.0.0.1:0", "--folder", &folder]).spawn().unwrap();
    let end = Instant::now() + server::PATIENCE;
    // It has a key, and has still to unpack the data.
    while !home.path().join("host_key").exists() {
        assert!(Instant::now() < end, "a host key");
        std::thread::yield_now();
    }
    let process = rustix::process::Pid::from_raw(server.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    while server.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end || server.kill().is_err(), "it goes on");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_leaves_no_process_and_is_known_again() {
    let home = home();
    let mut server = Server::start(home.path(), &[]);
    let anna = login(&server, "anna", &key(1)).await;
    let mut terminal = Terminal::open(&anna, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
    server.signal("-KILL");
    server.ended();
    all_gone(&server.processes(1));
    let again = Server::start(home.path(), &[]);
    assert_eq!(again.fingerprint, server.fingerprint);
    assert_eq!(exec(&login(&again, "anna", &key(1)).await, "labs list").await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_read_again_and_the_first_key_owns_a_name() {
    let home = home();
    let server = Server::start(home.path(), &["--enrol", "--sessions-per-account", "1"]);
    let ben = login(&server, "ben", &key(2)).await;
    let mut terminal = Terminal::open(&ben, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
    let about = fs::metadata(home.path().join("enrolled/ben")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let mut other = connect(&server, WINDOW).await;
    assert!(!by_key(&mut other, "ben", &key(3)).await.success());
    assert!(!by_key(&mut other, "anna", &key(3)).await.success(), "a listed name is not given away");
    let second = login(&server, "ben", &key(2)).await;
    let refused = exec(&second, "labs list").await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.errors.contains("close one of them first") && refused.errors.contains("先に"), "{refused:?}");
    // A broken list changes nothing; a whole one does.
    let file = home.path().join("authorized_keys");
    fs::write(&file, "carl nonsense\n").unwrap();
    server.signal("-HUP");
    server.logged("authorized_keys:1: no public key");
    assert!(by_key(&mut connect(&server, WINDOW).await, "anna", &key(1)).await.success());
    fs::write(&file, listed("carl", &key(4))).unwrap();
    server.signal("-HUP");
    server.logged("accounts read again: 1 listed");
    assert!(by_key(&mut connect(&server, WINDOW).await, "carl", &key(4)).await.success());
    assert!(!by_key(&mut connect(&server, WINDOW).await, "carl", &key(1)).await.success());
    terminal.press("q").await;
    assert_eq!(terminal.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_log_in_takes_a_place_for_a_moment_only() {
    let home = home();
    let server = Server::start(home.path(), &["--waiting", "1", "--grace", "1"]);
    let mut silent = TcpStream::connect(server.address).unwrap();
    server.logged("#1 connection");
    let mut second = String::new();
    TcpStream::connect(server.address).unwrap().read_to_string(&mut second).unwrap();
    assert!(second.starts_with("1 connections are logging in already"), "{second}");
    let mut heard = String::new();
    silent.read_to_string(&mut heard).unwrap();
    assert!(heard.starts_with("SSH-2.0-shinso"), "{heard}");
    server.logged("#1 closed: too slow to log in");
    // Somebody who has come as far as the log-in, and no further.
    let half = connect(&server, WINDOW).await;
    server.logged("#3 cut: no session began in time");
    drop(half);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_is_held_to_its_share_unless_it_is_exempt() {
    let home = home();
    let limits = ["--waiting-per-source", "1", "--rate", "2"];
    let server = Server::start(home.path(), &limits);
    let silent = TcpStream::connect(server.address).unwrap();
    server.logged("#1 connection");
    for (en, ja) in [
        ("1 connections from your address are logging in already", "接続がすでに 1 件"),
        ("your address may begin 2 connections in a minute", "1 分間に 2 件まで"),
    ] {
        let mut told = String::new();
        TcpStream::connect(server.address).unwrap().read_to_string(&mut told).unwrap();
        assert!(told.starts_with(en) && told.contains(ja) && told.contains("--exempt"), "{told}");
    }
    drop((silent, server));
    let server = Server::start(home.path(), &[&limits[..], &["--exempt", "::1", "--exempt", "127.0.0.0/8"]].concat());
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(connect(&server, WINDOW).await);
    }
    assert_eq!(exec(&login(&server, "anna", &key(1)).await, "labs list").await.code, Some(0));
    let refused = shinso(home.path(), &["serve", "--exempt", "hall"]);
    assert!(said(&refused).contains("such as 192.0.2.7, 10.0.0.0/8"), "{}", said(&refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_the_instructor_starts_sessions() {
    let home = home();
    let elsewhere = home.path().join("else where");
    fs::create_dir(&elsewhere).unwrap();
    // One that becomes the process, and changes where it works.
    let command = format!("env 'SHINSO_HOME={}' {{argv}}", elsewhere.display());
    let server = Server::start(home.path(), &["--session-command", &command]);
    let doctor = exec(&login(&server, "anna", &key(1)).await, "doctor 'a b'").await;
    assert_eq!(doctor.code, Some(2), "words stay words: {doctor:?}");
    let doctor = exec(&login(&server, "anna", &key(1)).await, "doctor").await;
    assert!(doctor.code == Some(0) && doctor.out.contains("else where"), "{doctor:?}");
    drop(server);
    let check =
        shinso(home.path(), &["serve", "--check", "--listen", "127.0.0.1:0", "--session-command", "env {argv}"]);
    assert!(said(&check).contains("class     sessions that the command starts on this machine"), "{}", said(&check));
    // One that has made the terminal its own before, and one that stays in between.
    for command in ["setsid --ctty {argv}", "sh -c '\"$@\"; exit $?' sh {argv}"] {
        let server = Server::start(home.path(), &["--session-command", command]);
        let anna = login(&server, "anna", &key(1)).await;
        let mut terminal = Terminal::open(&anna, (80, 24)).await;
        terminal.wait_for("Autoencoder").await;
        terminal.press("q").await;
        assert_eq!(terminal.ended().await, Some(0), "{command}");
        all_gone(&server.processes(1));
    }
    for (command, told) in [("env shinso", "{argv}"), ("no-such-program {argv}", "no-such-program")] {
        for options in
            [&["serve", "--session-command", command][..], &["serve", "--check", "--session-command", command]]
        {
            let refused = shinso(home.path(), options);
            assert!(refused.status.code() == Some(2) && said(&refused).contains(told), "{}", said(&refused));
        }
    }
}

#[test]
fn a_server_does_not_start_on_what_it_cannot_keep() {
    let home = home();
    let folder = home.path().display().to_string();
    let serve = |options: &[&str]| shinso(home.path(), &[&["serve", "--folder", &folder], options].concat());
    let fingerprint = said(&serve(&["--fingerprint"]));
    let check = serve(&["--check", "--listen", "127.0.0.1:0"]);
    assert_eq!(check.status.code(), Some(0), "{}", said(&check));
    for part in [fingerprint.trim(), "1 listed in", "200 sessions", "landlock"] {
        assert!(said(&check).contains(part), "{part}: {}", said(&check));
    }
    let key = home.path().join("host_key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    for options in [&["--listen", "127.0.0.1:0"][..], &["--check", "--listen", "127.0.0.1:0"]] {
        let refused = serve(options);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains("chmod 600"), "{}", said(&refused));
    }
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let refused = serve(&["--listen", "127.0.0.1:0", "--sessions", "10000000"]);
    assert!(said(&refused).contains("sessions need"), "{}", said(&refused));
    let progress = home.path().join("progress.sqlite");
    fs::write(&progress, "this is no database, however long one looks at it: it is a text.").unwrap();
    for options in [&["--listen", "127.0.0.1:0"][..], &["--check", "--listen", "127.0.0.1:0"]] {
        let refused = serve(options);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains("put a copy from before in its place"), "{}", said(&refused));
        assert!(String::from_utf8_lossy(&refused.stderr).lines().count() == 1, "{}", said(&refused));
    }
    assert!(fs::read_to_string(&progress).unwrap().starts_with("this is no database"));
    fs::remove_file(&progress).unwrap();
    let server = Server::start(home.path(), &[]);
    assert_eq!(server.fingerprint, fingerprint.trim(), "the key is the same");
    let second = serve(&["--listen", "127.0.0.1:0"]);
    assert!(said(&second).contains("another server uses this folder"), "{}", said(&second));
    let taken = serve(&["--check", "--listen", &server.address.to_string()]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(said(&taken).contains("WRONG  address"), "{}", said(&taken));
}

#[test]
fn the_kernel_keeps_a_session_to_its_folders_too() {
    let home = home();
    let own = home.path().join("own");
    fs::create_dir(&own).unwrap();
    let secret = home.path().join("authorized_keys").display().to_string();
    let check = shinso(home.path(), &["serve", "--check", "--listen", "127.0.0.1:0"]);
    if said(&check).contains("not in this kernel") {
        return;
    }
    // Not told to confine itself, the program would read and start whatever its person may.
    let session = |words: &[&str]| shinso(&own, &[&["session", "--"], words].concat());
    for secret in [secret.as_str(), "/etc/passwd", "/proc/1/environ"] {
        let output = session(&["embed", "--vectors", secret, "king"]);
        assert!(said(&output).contains("may not be read"), "{secret}: {}", said(&output));
    }
    let output = session(&["match", "go-9", "random", "gtp:/bin/sh -c id", "--games", "1"]);
    assert!(output.status.code() != Some(0) && !said(&output).contains("uid="), "{}", said(&output));
    // Its own work goes on, also in a process of its own.
    let run = ["--runner", "process", "train", "vae", "--set", "epochs=1", "--set", "hidden=8", "--set", "latent=2"];
    let output = session(&run);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(own.join("runs").is_dir());
}

/// Files of a process that are open.
fn open_files(process: u32) -> u64 {
    fs::read_dir(format!("/proc/{process}/fd")).unwrap().count() as u64
}

/// When no file is left for another connection, sessions that are there go on, and others come in once there are some.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_free_file_serves_who_is_there_and_takes_others_later() {
    let home = home();
    let server = Server::start(home.path(), &["--enrol", "--exempt", "127.0.0.1"]);
    let anna = login(&server, "anna", &key(1)).await;
    let mut terminal = Terminal::open(&anna, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
    terminal.press("\x10kullback\r").await;
    terminal.wait_for("page 1/").await;
    let ben = login(&server, "ben", &key(2)).await;
    let most = open_files(server.id()) + 12;
    let process = rustix::process::Pid::from_raw(server.id().try_into().unwrap());
    // Its processes may have more.
    let maximum = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let limit = rustix::process::Rlimit { current: Some(most), maximum };
    rustix::process::prlimit(process, rustix::process::Resource::Nofile, limit).unwrap();
    let crowd: Vec<TcpStream> = (0..60).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    server.logged("no connection taken");
    // It tries ten times a second; meanwhile keys are answered.
    let (begun, mut slowest) = (Instant::now(), Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(2) {
        for (key, page) in [("n", "page 2/"), ("p", "page 1/")] {
            let pressed = Instant::now();
            terminal.press(key).await;
            terminal.wait_for(page).await;
            slowest = slowest.max(pressed.elapsed());
        }
    }
    println!("{} files open, slowest key to paint {slowest:?}", open_files(server.id()));
    // Who has come in before is told why no labs open.
    let mut late = Terminal::open(&ben, (80, 24)).await;
    late.wait_for("your session could not be started").await;
    let log = server.logged("session could not start");
    assert_eq!(log.matches("no connection taken").count(), 1, "{log}");
    assert!(log.contains("Too many open files"), "{log}");
    drop(crowd);
    let ben = login(&server, "ben", &key(2)).await;
    let mut terminal = Terminal::open(&ben, (80, 24)).await;
    terminal.wait_for("Autoencoder").await;
}
