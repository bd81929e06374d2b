//! A class over real ssh: hands, screens that are watched and followed, places to train.

#[path = "serve/client.rs"]
mod client;
#[path = "support/program.rs"]
mod program;
#[path = "serve/server.rs"]
mod server;

use client::{Connection, Terminal, key, listed, login};
use server::Server;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use tempfile::TempDir;

const HAND: &str = "\x1b[19~";
const FOLLOW: &str = "\x1b[20~";
const LIST: &str = "\x1b[21~";
const PRESENT: &str = "\x1b[24~";
const ESC: &str = "\x1b";

/// A server with accounts whose keys are those of their numbers; kei is the instructor.
fn class(options: &[&str]) -> (TempDir, Server) {
    let home = tempfile::tempdir().unwrap();
    let server = class_in(home.path(), options);
    (home, server)
}

/// The same in a folder that has other files already.
fn class_in(home: &Path, options: &[&str]) -> Server {
    let accounts = [("kei", 1), ("anna", 2), ("ben", 3)];
    let lines: String = accounts.into_iter().map(|(name, number)| listed(name, &key(number))).collect();
    fs::write(home.join("authorized_keys"), lines).unwrap();
    Server::start(home, &[&["--instructor", "kei"], options].concat())
}

/// Somebody who has logged in and sees the labs.
async fn come(server: &Server, name: &str, number: u8, size: (u16, u16)) -> (Connection, Terminal) {
    let connection = login(server, name, &key(number)).await;
    let mut terminal = Terminal::open(&connection, size).await;
    terminal.wait_for("Autoencoder").await;
    (connection, terminal)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_is_seen_and_whoever_is_watched_knows() {
    let (_home, server) = class(&[]);
    let (_a, mut anna) = come(&server, "anna", 2, (100, 30)).await;
    let (_k, mut kei) = come(&server, "kei", 1, (120, 36)).await;
    // What only instructors have, students have not.
    anna.press(LIST).await;
    anna.press(HAND).await;
    anna.wait_for("your hand is up").await;
    assert!(!anna.text().contains("last key"));
    kei.wait_for("hands up: 1").await;
    kei.press(LIST).await;
    kei.wait_for("2 here").await;
    kei.wait_for("100×30").await;
    kei.press("h").await;
    anna.wait_for("kei has seen your hand").await;
    kei.press("m").await;
    kei.wait_for("to anna").await;
    kei.press("look at page 2\r").await;
    anna.wait_for("kei: look at page 2").await;
    kei.press("\r").await;
    kei.wait_for("watching anna").await;
    anna.wait_for("kei sees this screen").await;
    kei.wait_for("watching anna").await;
    // A lab that anna opens is seen; what kei types reaches nothing.
    kei.press("q").await;
    kei.wait_for("last key").await;
    kei.press("\r").await;
    kei.wait_for("watching anna").await;
    anna.press("\x10diffusion\r").await;
    anna.wait_for("Theory").await;
    kei.wait_for("Diffusion").await;
    kei.press(ESC).await;
    kei.wait_for("Diffusion").await;
    anna.wait_without("sees this screen").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_late_follows_the_very_screen() {
    let (_home, server) = class(&["--enrol"]);
    let (_k, mut kei) = come(&server, "kei", 1, (120, 36)).await;
    let (_a, mut anna) = come(&server, "anna", 2, (80, 24)).await;
    anna.press(FOLLOW).await;
    kei.press(PRESENT).await;
    kei.wait_for("presenting").await;
    anna.wait_for("F9 kei's screen").await;
    kei.press("\x10word2vec\r").await;
    kei.wait_for("Theory").await;
    let (_b, mut ben) = come(&server, "ben", 3, (140, 45)).await;
    ben.wait_for("F9 kei's screen").await;
    ben.press(FOLLOW).await;
    ben.wait_for("Word2Vec").await;
    ben.wait_for("kei's screen · 120×36").await;
    kei.wait_for("1 follow").await;
    // The list would be seen by all.
    kei.press(LIST).await;
    kei.wait_for("the class would see the list too").await;
    // The screen is cut where the follower has a smaller one, and moved over by arrows.
    anna.press(FOLLOW).await;
    anna.wait_for("arrows move").await;
    kei.wait_for("2 follow").await;
    // Keys of followers reach nothing.
    ben.press("]]]x").await;
    kei.press("]").await;
    kei.wait_for("preset").await;
    ben.wait_for("preset").await;
    kei.press(PRESENT).await;
    kei.wait_for("your screen is no longer shown").await;
    ben.wait_for("that screen is no longer shown").await;
    anna.wait_for("that screen is no longer shown").await;
    ben.press("q").await;
    assert_eq!(ben.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_first_trains_first() {
    let (_home, server) = class(&["--training", "1"]);
    let (_a, mut anna) = come(&server, "anna", 2, (100, 30)).await;
    let (_b, mut ben) = come(&server, "ben", 3, (100, 30)).await;
    for terminal in [&mut anna, &mut ben] {
        terminal.press("\x10variational\r").await;
        terminal.wait_for("Theory").await;
        terminal.press("\x1b2").await;
        terminal.wait_for("preset").await;
    }
    anna.press("\r").await;
    anna.wait_for("running").await;
    ben.press("\r").await;
    ben.wait_for("queue: 0 before you").await;
    ben.press(ESC).await;
    ben.wait_for("you have left the queue").await;
    ben.press("\r").await;
    ben.wait_for("queue: 0 before you").await;
    anna.press("S").await;
    anna.wait_for("stopped").await;
    ben.wait_for("running").await;
}

/// A run that is held keeps its place from others: an instructor ends it, and it can be taken up again.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_run_that_others_wait_for_is_ended_by_an_instructor() {
    let (home, server) = class(&["--training", "1"]);
    let (_a, mut anna) = come(&server, "anna", 2, (100, 30)).await;
    let (_b, mut ben) = come(&server, "ben", 3, (100, 30)).await;
    let (_k, mut kei) = come(&server, "kei", 1, (120, 36)).await;
    for terminal in [&mut anna, &mut ben] {
        terminal.press("\x10variational\r").await;
        terminal.wait_for("Theory").await;
        terminal.press("\x1b2").await;
        terminal.wait_for("preset").await;
    }
    anna.press("\r").await;
    anna.wait_for("running").await;
    ben.press("\r").await;
    ben.wait_for("queue: 0 before you").await;
    // One that trains is left alone.
    kei.press(LIST).await;
    kei.wait_for("1 waiting to train").await;
    kei.wait_for("● ").await;
    kei.press("x").await;
    kei.wait_for("only a held run").await;
    anna.press(" ").await;
    anna.wait_for("paused").await;
    kei.wait_for("! ").await;
    kei.press("x").await;
    kei.wait_for("End the held run of anna? 1 waiting for a place.").await;
    kei.press("\r").await;
    anna.wait_for("kei has ended your run").await;
    anna.wait_for("stopped").await;
    ben.wait_for("running").await;
    server.logged("ends the held run of anna");
    let runs = fs::read_dir(home.path().join("accounts/anna/runs")).unwrap();
    let descriptions = runs.flatten().filter_map(|run| fs::read_to_string(run.path().join("run.yaml")).ok());
    assert_eq!(descriptions.filter(|text| text.contains("status: stopped")).count(), 1);
    // It goes on once there is a place.
    anna.press("r").await;
    anna.wait_for("queue: 0 before you").await;
    ben.press("S").await;
    ben.wait_for("stopped").await;
    anna.wait_for("running").await;
}

/// What a command of the server's starts on its machine is in the class; what runs on another is not, though it sees the socket.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_command_starts_is_in_the_class_of_its_machine() {
    for (command, is_member) in
        [("setsid --ctty {argv}", true), ("setsid --ctty env SHINSO_CLASS_MACHINE=another {argv}", false)]
    {
        let (_home, server) = class(&["--session-command", command, "--training", "1"]);
        let (_a, mut anna) = come(&server, "anna", 2, (100, 30)).await;
        anna.wait_for(if is_member { "F8 hand" } else { "keys" }).await;
        assert_eq!(anna.text().contains("F8"), is_member, "{command}:\n{}", anna.text());
        assert!(!anna.text().contains("could not be reached"), "{}", anna.text());
        anna.press(HAND).await;
        if is_member {
            anna.wait_for("your hand is up").await;
            let (_k, mut kei) = come(&server, "kei", 1, (120, 36)).await;
            kei.wait_for("hands up: 1").await;
        }
    }
}

/// The linear mode has a hand and a place in the queue, and no screen to look at.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_line_by_line_is_part_of_the_class() {
    let (_home, server) = class(&["--training", "1"]);
    let connection = login(&server, "ben", &key(3)).await;
    let mut ben = Terminal::running(&connection, "--plain").await;
    ben.wait_for("You are part of a class").await;
    let (_k, mut kei) = come(&server, "kei", 1, (120, 36)).await;
    ben.press("hand\r").await;
    ben.wait_for("your hand is up").await;
    kei.press(LIST).await;
    kei.wait_for("linear").await;
    kei.wait_for("hand").await;
    kei.press("\r").await;
    kei.wait_for("no screen to look at").await;
    kei.press("h").await;
    ben.wait_for("kei has seen your hand").await;
    kei.press("m").await;
    kei.wait_for("to ben").await;
    kei.press("well done\r").await;
    ben.wait_for("kei: well done").await;

    let (_a, mut anna) = come(&server, "anna", 2, (100, 30)).await;
    anna.press("\x10variational\r").await;
    anna.wait_for("Theory").await;
    anna.press("\x1b2").await;
    anna.wait_for("preset").await;
    anna.press("\r").await;
    anna.wait_for("running").await;
    ben.press("open kl\rtrain\r").await;
    ben.wait_for("all places to train are taken, 0 before you").await;
    ben.press("stop\r").await;
    ben.wait_for("you have left the queue").await;
    ben.press("train\rwait\r").await;
    anna.press("S").await;
    anna.wait_for("stopped").await;
    ben.wait_for("has begun").await;
    kei.wait_for("Kullback").await;
    ben.press("quit\r").await;
    kei.wait_without("ben").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_says_once_who_they_are_and_the_table_has_their_answers() {
    let home = tempfile::tempdir().unwrap();
    let roster = home.path().join("roster.csv");
    fs::write(&roster, "id,name\nS7,Anna Arai\nS8,Ben Baba\n").unwrap();
    let server = class_in(home.path(), &["--roster", &roster.display().to_string()]);
    let connection = login(&server, "anna", &key(2)).await;
    let mut anna = Terminal::open(&connection, (100, 30)).await;
    anna.wait_for("Which student of this class are you?").await;
    anna.press("s9\r").await;
    anna.wait_for("this ID is not in the roster").await;
    anna.press("\x7f7\r").await;
    anna.wait_for("Are you Anna Arai (S7)?").await;
    anna.press("\r").await;
    anna.wait_for("you are registered as Anna Arai").await;
    // An answer, by its number.
    anna.press("\x10kullback\r").await;
    anna.wait_for("Theory").await;
    anna.press("\x1b4").await;
    anna.wait_for("answer").await;
    anna.press("\r").await;
    let (_k, mut kei) = come(&server, "kei", 1, (120, 36)).await;
    kei.press(LIST).await;
    kei.wait_for("Anna Arai").await;
    kei.press("a").await;
    kei.wait_for("Anna Arai (anna)").await;
    kei.press("q").await;
    kei.wait_for("last key").await;
    drop(anna);
    drop(connection);
    // The next time nobody is asked.
    let (_a, anna) = come(&server, "anna", 2, (100, 30)).await;
    assert!(!anna.text().contains("Which student"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_holds_too_much_deletes_before_it_trains() {
    let (home, server) = class(&["--disk", "1"]);
    let exports = home.path().join("accounts/anna/exports");
    fs::create_dir_all(&exports).unwrap();
    fs::write(exports.join("large"), vec![0; 3 << 20]).unwrap();
    let (_a, mut anna) = come(&server, "anna", 2, (100, 30)).await;
    anna.press("\x10gridworld\r").await;
    anna.wait_for("Theory").await;
    anna.press("\x1b2").await;
    anna.wait_for("preset").await;
    anna.press("\r").await;
    anna.wait_for("the limit is 1 MB").await;
    fs::remove_dir_all(exports).unwrap();
    anna.press("\r").await;
    anna.wait_for("smooth").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_to_the_class_without_a_session() {
    let (home, server) = class(&[]);
    let (_a, _anna) = come(&server, "anna", 2, (100, 30)).await;
    let socket = home.path().join("class.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let long = format!("{}\n", "x".repeat(1 << 20));
    for words in ["{\"kind\":\"hello\",\"token\":\"\"}\n", "{\"kind\":\"roster\",\"on\":true}\n", "no message\n", &long]
    {
        let mut stream = UnixStream::connect(&socket).unwrap();
        // It may be gone before all is said.
        let _gone = stream.write_all(words.as_bytes());
        let mut answer = String::new();
        let _gone = stream.read_to_string(&mut answer);
        assert_eq!(answer, "", "{words:.40}");
    }
    let (_b, mut ben) = come(&server, "ben", 3, (100, 30)).await;
    ben.press(HAND).await;
    ben.wait_for("your hand is up").await;
}

#[test]
fn an_instructor_whose_name_others_could_take_keeps_the_server_from_starting() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().display().to_string();
    let output = program::shinso(
        home.path(),
        &["serve", "--listen", "127.0.0.1:0", "--enrol", "--folder", &folder, "--instructor", "kei"],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--instructor kei: no key of this account"), "{said}");
}
