//! A client, a session or the server is killed at random moments, over and over. Not run by default:
//!
//! ```sh
//! cargo test --release --test kills -- --ignored --nocapture
//! ```

#[path = "serve/client.rs"]
mod client;
#[path = "support/program.rs"]
mod program;
#[path = "serve/server.rs"]
mod server;

use client::{Terminal, exec, key, listed, login};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use server::{Server, all_gone};
use shinso::experiment::Language;
use shinso::lab::progress::records::records_by_account;
use shinso::lab::{Catalogue, Check};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

const STUDENTS: [&str; 3] = ["anna", "ben", "cleo"];

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Client,
    Session,
    Server,
}

/// Exercises that a choice decides and nothing has to come before: lab and title of it, id, and the lines of the linear mode that solve it.
fn choices() -> Vec<([String; 2], String, [String; 2])> {
    let mut found = Vec::new();
    for lab in Catalogue::load(Path::new("/nowhere"), None).labs() {
        for (index, exercise) in lab.exercises.iter().enumerate().filter(|(_, exercise)| exercise.after.is_none()) {
            if let Check::Choice { answer, .. } = exercise.check {
                let lines = [format!("open {}\r", lab.id), format!("answer {} {}\r", index + 1, answer + 1)];
                let title = lab.title.in_language(Language::En).to_owned();
                found.push(([lab.id.clone(), title], exercise.id.clone(), lines));
            }
        }
    }
    found
}

/// Processes with this folder in their environment.
fn processes_of(home: &Path) -> BTreeSet<u32> {
    let mark = format!("SHINSO_HOME={}/", home.display());
    let processes =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_ours = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes()))
    };
    processes.filter(is_ours).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: see the head of this file"]
async fn a_hundred_kills_leave_no_orphan_and_lose_nothing() {
    let kills = std::env::var("SHINSO_KILLS").map_or(100, |kills| kills.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let root = home.path().canonicalize().unwrap();
    let keys: String = STUDENTS.iter().zip(1..).map(|(name, number)| listed(name, &key(number))).collect();
    fs::write(root.join("authorized_keys"), keys).unwrap();
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(22);
    let mut choices = choices().into_iter().cycle();
    let mut server = Server::start(&root, &[]);
    let (fingerprint, mut begun) = (server.fingerprint.clone(), 0);
    let mut earned = BTreeSet::new();
    let mut placed = BTreeSet::new();
    let mut counts = [0; 3];
    let mut runs = 0;
    for turn in 0..kills {
        let victim = [Victim::Client, Victim::Session, Victim::Server][dice.random_range(0..3)];
        counts[victim as usize] += 1;
        let student = dice.random_range(0..STUDENTS.len());
        let (name, own_key) = (STUDENTS[student], key(u8::try_from(student + 1).unwrap()));
        let connection = login(&server, name, &own_key).await;
        let trains = dice.random_bool(0.5);
        let mut terminal = if trains {
            let mut terminal = Terminal::open(&connection, (120, 36)).await;
            terminal.wait_for("Autoencoder").await;
            // Where the student was is a key away.
            let (keys, there) = if placed.contains(name) { ("c", "presets") } else { ("\x10variational\r", "page 1/") };
            terminal.press(keys).await;
            terminal.wait_for(there).await;
            terminal.press("\x1b2").await;
            terminal.wait_for("presets").await;
            placed.insert(name);
            terminal.press("\r").await;
            terminal.wait_for("Space").await;
            runs += 1;
            terminal
        } else {
            let mut terminal = Terminal::running(&connection, "--plain").await;
            terminal.wait_for("You are part of a class").await;
            let ([lab, title], exercise, [open, answer]) = choices.next().unwrap();
            let is_new = earned.insert((name, lab, exercise));
            // It is somewhere else now.
            placed.remove(name);
            terminal.press(&open).await;
            terminal.wait_for(&title).await;
            terminal.press(&answer).await;
            terminal.wait_for(if is_new { "Solved" } else { "olved" }).await;
            terminal
        };
        begun += 1;
        tokio::time::sleep(Duration::from_millis(dice.random_range(0..1_500))).await;
        let session = *server.processes(begun).last().unwrap();
        println!("{turn:3} {name}: {victim:?} killed, {}", if trains { "training" } else { "an exercise just earned" });
        match victim {
            Victim::Client => drop((terminal, connection)),
            Victim::Session => {
                kill_process(Pid::from_raw(session.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
                terminal.ended().await;
            }
            Victim::Server => {
                server.signal("-KILL");
                server.ended();
            }
        }
        all_gone(&[session]);
        if victim == Victim::Server {
            server = Server::start(&root, &[]);
            begun = 0;
            assert_eq!(server.fingerprint, fingerprint, "the host key stays");
        }
        let kept = records_by_account(&root.join("progress.sqlite")).unwrap();
        for (name, lab, exercise) in &earned {
            let is_it = |record: &&shinso::lab::Record| record.lab == *lab && record.exercise == *exercise;
            let record = kept.get(*name).and_then(|records| records.iter().find(is_it));
            assert!(record.is_some_and(|record| record.solved_at.is_some()), "{name} has {lab}/{exercise}");
        }
    }
    // A run that a kill ended is found so by the next who looks.
    let mut recorded = 0;
    for (student, name) in STUDENTS.iter().enumerate() {
        let connection = login(&server, name, &key(u8::try_from(student + 1).unwrap())).await;
        let listed = exec(&connection, "runs list").await;
        assert!(!listed.out.contains("running"), "{}", listed.out);
        recorded += fs::read_dir(root.join("accounts").join(name).join("runs")).map_or(0, Iterator::count);
    }
    server.signal("-TERM");
    server.ended();
    assert_eq!(processes_of(&root), BTreeSet::new(), "no orphan");
    println!(
        "{kills} kills (client, session, server: {counts:?}): {} exercises kept, {runs} runs begun, {recorded} recorded",
        earned.len()
    );
}
