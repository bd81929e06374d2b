//! Progress on a server over real ssh: whose it is, who sees it, and what a kill leaves of it.

#[path = "serve/client.rs"]
mod client;
#[path = "support/program.rs"]
mod program;
#[path = "serve/server.rs"]
mod server;

use client::{Connection, Terminal, exec, key, listed, login};
use program::{said, shinso};
use rustix::process::{Pid, Signal, kill_process};
use server::{Server, all_gone};
use shinso::lab::progress::records::records_by_account;
use shinso::lab::{Check, Progress, Record};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// A folder in which anna and ben have keys.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("authorized_keys"), listed("anna", &key(1)) + &listed("ben", &key(2))).unwrap();
    home
}

/// An exercise of the lab vae that a choice decides: its id, and the line of the linear mode that answers it.
fn choice() -> (String, String) {
    let catalogue = shinso::lab::Catalogue::load(Path::new("/nowhere"), None);
    let exercises = &catalogue.find("vae").unwrap().exercises;
    let found = exercises.iter().enumerate().find_map(|(index, exercise)| match &exercise.check {
        Check::Choice { answer, .. } if exercise.after.is_none() => {
            Some((exercise.id.clone(), format!("answer {} {}\r", index + 1, answer + 1)))
        }
        _ => None,
    });
    found.unwrap()
}

/// How many exercises of vae there are.
fn count() -> usize {
    shinso::lab::Catalogue::load(Path::new("/nowhere"), None).find("vae").unwrap().exercises.len()
}

/// Somebody in the linear mode, with the lab vae open.
async fn linear(server: &Server, name: &str, number: u8) -> (Connection, Terminal) {
    let connection = login(server, name, &key(number)).await;
    let mut terminal = Terminal::running(&connection, "--plain").await;
    terminal.wait_for("You are part of a class").await;
    terminal.press("open vae\r").await;
    terminal.wait_for("Variational").await;
    (connection, terminal)
}

/// Somebody on a screen, with the lab vae open.
async fn on_screen(server: &Server, name: &str, number: u8) -> (Connection, Terminal) {
    let connection = login(server, name, &key(number)).await;
    let mut terminal = Terminal::open(&connection, (120, 36)).await;
    terminal.wait_for("Autoencoder").await;
    terminal.press("\x10variational\r").await;
    terminal.wait_for("Theory").await;
    (connection, terminal)
}

fn kept(home: &Path, account: &str) -> Vec<Record> {
    records_by_account(&home.join("progress.sqlite")).unwrap().remove(account).unwrap_or_default()
}

fn is_solved(home: &Path, account: &str, exercise: &str) -> bool {
    kept(home, account).iter().any(|record| record.exercise == exercise && record.solved_at.is_some())
}

fn exported(home: &Path, account: &str, exercise: &str) -> bool {
    let output = shinso(home, &["class", "export", "--lab", "vae", "--folder", &home.display().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let is_it = |line: &&str| line.contains(&format!(",{account},vae,")) && line.contains(&format!(",{exercise},"));
    said(&output).lines().find(is_it).is_some_and(|line| line.contains(",met,"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_session_of_an_account_does_the_other_sees_and_nobody_else() {
    let home = home();
    let server = Server::start(home.path(), &[]);
    let (exercise, answer) = choice();
    let count = count();
    let (_s, mut screen) = on_screen(&server, "anna", 1).await;
    let (_b, mut ben) = on_screen(&server, "ben", 2).await;
    screen.wait_for(&format!("Exercises 0/{count}")).await;
    let (_l, mut lines) = linear(&server, "anna", 1).await;
    lines.press(&answer).await;
    screen.wait_for(&format!("Exercises 1/{count}")).await;
    assert!(is_solved(home.path(), "anna", &exercise) && exported(home.path(), "anna", &exercise));
    lines.press("note from the lines\r").await;
    lines.wait_for("saved").await;
    // Notes on the screen, which were read before, are kept beside them.
    screen.press("\x1b5").await;
    screen.wait_for("saved").await;
    screen.press("from the screen").await;
    screen.wait_for("from the screen").await;
    screen.press("\x1b1").await;
    screen.wait_for("both texts").await;
    screen.press("\x1b5").await;
    screen.wait_for("from the lines").await;
    // The other session is told of it; when, depends on what else the machine does.
    let mut is_told = false;
    for _ in 0..60 {
        lines.press("notes\r").await;
        is_told = lines.shows("from the screen", Duration::from_secs(1)).await;
        if is_told {
            break;
        }
    }
    assert!(is_told, "{}", lines.text());
    ben.press("\x1b5").await;
    ben.wait_for("Notes").await;
    ben.catch_up().await;
    assert!(ben.text().contains(&format!("Exercises 0/{count}")) && !ben.text().contains("from the lines"));
    assert_eq!(kept(home.path(), "ben"), []);
    assert!(!home.path().join("accounts/anna/shinso.sqlite").exists());
    let mode = fs::metadata(home.path().join("progress.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mode = fs::metadata(home.path().join("progress.sqlite-wal")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_nothing_that_was_earned() {
    let home = home();
    let mut server = Server::start(home.path(), &[]);
    let (exercise, answer) = choice();
    for (name, number) in [("anna", 1), ("ben", 2)] {
        let (_connection, mut terminal) = linear(&server, name, number).await;
        terminal.press(&answer).await;
        terminal.wait_for("Solved").await;
        // Of one the session is killed, of the other the server.
        if name == "anna" {
            let session = server.processes(1)[0];
            kill_process(Pid::from_raw(session.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
            server.logged("#1 session ended");
        } else {
            server.signal("-KILL");
            server.ended();
            all_gone(&server.processes(2));
        }
    }
    assert!(["anna", "ben"].iter().all(|account| exported(home.path(), account, &exercise)));
    let server = Server::start(home.path(), &[]);
    for (name, number) in [("anna", 1), ("ben", 2)] {
        let (_connection, mut terminal) = on_screen(&server, name, number).await;
        terminal.wait_for(&format!("Exercises 1/{}", count())).await;
        assert!(
            exported(home.path(), name, &exercise)
                && !home.path().join("accounts").join(name).join("shinso.sqlite").exists()
        );
    }
}

/// What an instructor takes in beside the server is seen by who is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_taken_in_meanwhile_is_seen_on_the_screen() {
    let (home, laptop) = (home(), tempfile::tempdir().unwrap());
    let server = Server::start(home.path(), &[]);
    let (_connection, mut screen) = on_screen(&server, "anna", 1).await;
    screen.wait_for(&format!("Exercises 0/{}", count())).await;
    let own = Progress::open(&laptop.path().join("shinso.sqlite"));
    own.attempt("vae", &choice().0, "1", Some("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(shinso(laptop.path(), &["hand-in", "mine"]).status.code(), Some(0));
    let [folder, file] = [home.path(), &laptop.path().join("mine.json")].map(|path| path.display().to_string());
    let taken = shinso(home.path(), &["class", "take", "anna", &file, "--folder", &folder]);
    assert!(said(&taken).contains("1 of them newly solved"), "{}", said(&taken));
    screen.wait_for(&format!("Exercises 1/{}", count())).await;
}

/// What an earlier version left is there at once, and what a session does that cannot come to the server is once it has ended.
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_folder_of_an_account_is_taken_in() {
    let home = home();
    let (exercise, answer) = choice();
    let file = home.path().join("accounts/anna/shinso.sqlite");
    Progress::open(&file).set_notes("vae", "", "of an earlier version").unwrap();
    let options = ["--session-command", "setsid --ctty env SHINSO_CLASS_MACHINE=another {argv}"];
    let server = Server::start(home.path(), &options);
    server.logged("progress of anna: 1 changes taken in");
    let connection = login(&server, "anna", &key(1)).await;
    let mut terminal = Terminal::running(&connection, "--plain").await;
    terminal.press("open vae\r").await;
    terminal.wait_for("Variational").await;
    assert!(!terminal.text().contains("part of a class"), "{}", terminal.text());
    terminal.press("notes\r").await;
    terminal.wait_for("of an earlier version").await;
    terminal.press(&answer).await;
    terminal.wait_for("Solved").await;
    assert!(kept(home.path(), "anna").is_empty(), "it is in the file of the session yet");
    assert!(exported(home.path(), "anna", &exercise), "and exported all the same");
    terminal.press("quit\r").await;
    assert_eq!(terminal.ended().await, Some(0));
    server.logged("session ended");
    assert!(is_solved(home.path(), "anna", &exercise) && !file.exists());
    drop(server);
    let server = Server::start(home.path(), &[]);
    let (_connection, mut terminal) = linear(&server, "anna", 1).await;
    terminal.press("notes\r").await;
    terminal.wait_for("of an earlier version").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_that_cannot_be_kept_is_told_and_the_session_goes_on() {
    let home = home();
    let server = Server::start(home.path(), &[]);
    let (exercise, answer) = choice();
    let (_connection, mut terminal) = linear(&server, "anna", 1).await;
    // A disk that is full looks so to the server alone.
    let database = rusqlite::Connection::open(home.path().join("progress.sqlite")).unwrap();
    database
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON exercise BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
        )
        .unwrap();
    terminal.press(&answer).await;
    terminal.wait_for("progress could not be kept: database or disk is full").await;
    database.execute_batch("DROP TRIGGER full").unwrap();
    terminal.press(&answer).await;
    terminal.wait_for("Solved").await;
    assert!(is_solved(home.path(), "anna", &exercise));
    // Guests' progress is nobody's.
    drop(server);
    let server = Server::start(home.path(), &["--guest"]);
    let mut guest = client::connect(&server, 1 << 20).await;
    assert!(guest.authenticate_none("guest").await.unwrap().success());
    let mut terminal = Terminal::running(&guest, "--plain").await;
    terminal.wait_for("You are part of a class").await;
    terminal.press("open vae\r").await;
    terminal.wait_for("Variational").await;
    terminal.press(&answer).await;
    terminal.wait_for("Solved").await;
    assert_eq!(records_by_account(&home.path().join("progress.sqlite")).unwrap().len(), 1);
}

/// A program of somebody else's, at the socket: it has no token, or says what no session says.
#[tokio::test(flavor = "multi_thread")]
async fn the_socket_keeps_progress_for_whoever_has_a_token_and_takes_changes_alone() {
    let home = home();
    let server = Server::start(home.path(), &[]);
    let (_connection, _terminal) = linear(&server, "anna", 1).await;
    let process = server.processes(1)[0];
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap();
    let token = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(b"SHINSO_CLASS_TOKEN="));
    let token = String::from_utf8(token.unwrap().to_vec()).unwrap();
    let said = |token: &str, lines: &[u8]| {
        let mut stream = UnixStream::connect(home.path().join("class.sock")).unwrap();
        let hello = format!("{{\"kind\":\"progress\",\"token\":\"{token}\"}}\n");
        let _gone = stream.write_all(hello.as_bytes()).and_then(|()| stream.write_all(lines));
        let _closed = stream.shutdown(std::net::Shutdown::Write);
        let mut heard = Vec::new();
        let _gone = stream.read_to_end(&mut heard);
        String::from_utf8(heard).unwrap()
    };
    for wrong in ["", "0", &token[1..], &format!("{token}0")] {
        assert_eq!(
            said(wrong, b"{\"kind\":\"hints\",\"lab\":\"vae\",\"exercise\":\"kl\",\"hints\":1}\n"),
            "",
            "{wrong}"
        );
    }
    let good = b"{\"kind\":\"hints\",\"lab\":\"vae\",\"exercise\":\"kl\",\"hints\":1}\n";
    let deep = [b"[".repeat(100_000), b"\n".to_vec()].concat();
    let long = [&b"{\"kind\":\"draft\",\"lab\":\""[..], &b"x".repeat(9 << 20), b"\"}\n"].concat();
    for hostile in [
        &b"{\"kind\":\"hints\",\"account\":\"ben\",\"lab\":\"vae\",\"exercise\":\"kl\",\"hints\":1}\n"[..],
        b"{\"kind\":\"hints\",\"lab\":\"va\x1be\",\"exercise\":\"kl\",\"hints\":1}\n",
        b"{\"kind\":\"hints\",\"lab\":\"vae\",\"exercise\":\"kl\",\"hints\":-1}\n",
        b"{\"kind\":\"all\"}\n",
        b"\xff\xfe\n",
        b"\n",
        &deep,
        &long,
    ] {
        // What follows is heard by nobody.
        let heard = said(&token, &[hostile, &good[..]].concat());
        assert_eq!(heard.lines().count(), 1, "{heard:.200}");
        assert!(heard.starts_with("{\"kind\":\"all\","), "{heard:.200}");
        assert_eq!(kept(home.path(), "anna"), []);
    }
    let refused = said(&token, b"{\"kind\":\"hints\",\"lab\":\"../vae\",\"exercise\":\"kl\",\"hints\":1}\n");
    assert!(refused.contains("{\"kind\":\"refused\",\"why\":\"no such exercise\"}"), "{refused}");
    assert!(said(&token, good).contains("{\"kind\":\"changed\""));
    assert_eq!(kept(home.path(), "anna").len(), 1);
    assert_eq!(kept(home.path(), "ben"), []);
    // The session is none the worse for it.
    assert_eq!(exec(&login(&server, "anna", &key(1)).await, "labs list").await.code, Some(0));
}
