//! The program as a process: signals to every verb, outputs that take nothing, other programs that it starts.

#[path = "support/program.rs"]
mod program;

use program::{command, said, shinso};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for what is to happen at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run of a few seconds.
const SHORT: [&str; 10] =
    ["train", "vae", "--set", "epochs=1", "--set", "hidden=32", "--set", "latent=2", "--set", "batch=500"];

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Waits until something holds, and fails if it does not.
#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A program that writes its number to a file when it is asked for a move, and never answers.
fn silent_engine(home: &Path) -> (String, std::path::PathBuf) {
    let (engine, asked) = (home.join("engine"), home.join("asked"));
    let script = format!(
        "#!/bin/sh\nwhile read line; do case \"$line\" in genmove*) echo $$ > {}.new; mv {}.new {}; while :; do sleep 1; done;; *) printf '= x\\n\\n';; esac; done\n",
        asked.display(),
        asked.display(),
        asked.display()
    );
    fs::write(&engine, script).unwrap();
    fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
    (format!("gtp:{}", engine.display()), asked)
}

fn is_alive(process: &str) -> bool {
    // One that has ended and that nobody has asked about is a zombie.
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

#[test]
fn a_match_against_an_engine_that_never_answers_ends_by_the_first_signal_and_the_engine_with_it() {
    for name in ["-TERM", "-INT", "-HUP"] {
        let home = tempfile::tempdir().unwrap();
        let (engine, asked) = silent_engine(home.path());
        let arguments = ["match", "go-9", &engine, "random", "--games", "2", "--log", "log.jsonl"];
        let child = command(home.path(), &arguments).spawn().unwrap();
        until("the engine is asked", || asked.exists());
        let process = fs::read_to_string(&asked).unwrap().trim().to_owned();
        assert!(is_alive(&process));
        // Another match may not write to the same log.
        let other = shinso(home.path(), &["match", "go-9", "random", "random", "--games", "2", "--log", "log.jsonl"]);
        assert_eq!(other.status.code(), Some(1), "{}", said(&other));
        assert!(said(&other).contains("--log log.jsonl: another match writes to it"), "{}", said(&other));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{name}: {}", said(&output));
        until("the engine has ended", || !is_alive(&process));
    }
}

/// A verb that goes on until somebody ends it, and its first line.
fn under_way(home: &Path, arguments: &[&str], input: &str) -> (Child, ChildStdin, BufReader<ChildStdout>) {
    let mut child = command(home, arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    assert!(lines.read_line(&mut String::new()).unwrap() > 0, "{arguments:?}");
    (child, stdin, lines)
}

#[test]
fn every_verb_that_waits_or_works_ends_by_a_signal_with_130() {
    let verbs: [(&[&str], &str); 9] = [
        (&["worker"], "no order\n"),
        (&["gtp", "--game", "go-9"], "name\n"),
        (&["uci"], "uci\n"),
        (&["usi"], "usi\n"),
        (&["embed"], "king\n"),
        (&["--plain"], "labs\n"),
        (&["play", "tic-tac-toe", "--agent", "random"], ""),
        (&["corpus", "english", "--sentences", "1000000000"], ""),
        (&["bench", "playouts", "--json"], ""),
    ];
    let home = tempfile::tempdir().unwrap();
    for (arguments, input) in verbs {
        for name in ["-TERM", "-HUP", "-INT"] {
            let (mut child, stdin, mut lines) = under_way(home.path(), arguments, input);
            signal(&child, name);
            // What it says meanwhile is read, or it would wait for that.
            let _cut_within_a_letter = lines.read_to_end(&mut Vec::new());
            assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?} {name}");
            drop(stdin);
        }
    }
}

#[test]
fn a_worker_that_is_ended_by_a_signal_records_its_run() {
    let home = tempfile::tempdir().unwrap();
    let order = "{\"order\":\"start\",\"lab\":\"vae\",\"set\":{\"epochs\":500}}\n";
    let (mut child, _stdin, mut lines) = under_way(home.path(), &["worker"], order);
    signal(&child, "-TERM");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.lines().last().unwrap().contains("\"event\":\"stopped\""), "{rest}");
    let listed = shinso(home.path(), &["runs", "list"]);
    assert!(said(&listed).contains("stopped"), "{}", said(&listed));
}

#[test]
fn a_disk_that_is_full_is_told_by_every_verb() {
    let home = tempfile::tempdir().unwrap();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let with_json = [&SHORT[..], &["--json"]].concat();
    let verbs: [(&[&str], &str); 14] = [
        (&["completions", "bash"], ""),
        (&["man"], ""),
        (&["labs", "list"], ""),
        (&["runs", "list"], ""),
        (&["doctor"], ""),
        (&["corpus", "english", "--sentences", "100"], ""),
        (&["perft", "tic-tac-toe", "2"], ""),
        (&["embed", "king"], ""),
        (&["gtp", "--game", "go-9"], "name\nquit\n"),
        (&["uci"], "uci\nquit\n"),
        (&["play", "tic-tac-toe", "--agent", "random"], "quit\n"),
        (&["worker"], "no order\n"),
        (&SHORT, ""),
        (&with_json, ""),
    ];
    shinso(home.path(), &SHORT);
    for (arguments, input) in verbs {
        let mut child = command(home.path(), arguments).stdin(Stdio::piped()).stdout(full()).spawn().unwrap();
        // One that has failed already takes nothing.
        let _gone = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains("standard output: No space left on device"), "{arguments:?}: {error}");
    }
    // Where nothing can be said, the code alone says it.
    for arguments in [&["nothing"][..], &["labs", "describe", "nothing"], &["train", "vae", "--set", "epochs=x"]] {
        let status = command(home.path(), arguments).stderr(full()).status().unwrap();
        assert!(matches!(status.code(), Some(1 | 2)), "{arguments:?}: {status}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &["completions", "bash"][..],
        &["corpus", "english", "--sentences", "1000000"],
        &["perft", "chess", "3", "--divide"],
    ] {
        let mut child = command(home.path(), arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        drop(lines);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(said(&output), "", "{arguments:?}");
    }
}

#[test]
fn threads_are_bounded_and_that_is_said() {
    let home = tempfile::tempdir().unwrap();
    let output = shinso(home.path(), &[&SHORT[..], &["--threads", "100000"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("threads"), "{}", said(&output));
    let runs = fs::read_dir(home.path().join("runs")).unwrap();
    let run = runs.map(|entry| entry.unwrap().path()).next().unwrap();
    let described = fs::read_to_string(run.join("run.yaml")).unwrap();
    let line = described.lines().find(|line| line.starts_with("threads: ")).unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    assert_eq!(line, format!("threads: {}", 4 * cores));
}

#[test]
fn the_name_of_a_run_leads_nowhere_else() {
    let home = tempfile::tempdir().unwrap();
    let outside = home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("run.yaml"), "version: 1\n").unwrap();
    fs::create_dir(home.path().join("runs")).unwrap();
    for name in ["../outside", "..", ".", "a/../../outside", &outside.display().to_string(), ""] {
        let order = format!("{{\"order\":\"resume\",\"run\":{}}}\n", serde_json::to_string(name).unwrap());
        let mut child = command(home.path(), &["worker"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(order.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(said(&output).contains("refused"), "{name}: {}", said(&output));
        let shown = shinso(home.path(), &["runs", "resume", name]);
        assert_ne!(shown.status.code(), Some(0), "{name}: {}", said(&shown));
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "nothing was made there");
}

#[test]
fn a_byte_order_mark_before_lines_is_none_of_them() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, input, part) in [
        (&["gtp", "--game", "go-9"][..], "name\nquit\n", "= shinso"),
        (&["uci"], "uci\nquit\n", "uciok"),
        (&["usi"], "usi\nquit\n", "usiok"),
        (&["--plain"], "open vae\n", "Variational autoencoder"),
        (&["worker"], "{\"order\":\"pause\"}\n", "no run yet"),
        (&["play", "tic-tac-toe", "--agent", "random"], "moves\nquit\n", "a1 "),
        (&["embed"], "|king|\n", "|king| = "),
    ] {
        let mut child = command(home.path(), arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("\u{feff}{input}").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(said(&output).contains(part), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn what_the_linear_mode_cannot_keep_is_told() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("shinso.sqlite"), "no database").unwrap();
    let output = command(home.path(), &["--plain"]).output().unwrap();
    assert!(said(&output).contains("shinso.sqlite"), "{}", said(&output));
}

#[test]
fn what_is_wrong_with_the_files_of_a_run_is_told_and_nothing_else_is_touched() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    assert!(shinso(home.path(), &SHORT).status.success());
    let runs = at("runs");
    let run = fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path();
    let id = run.file_name().unwrap().to_str().unwrap();
    let says = |arguments: &[&str], what: &str| {
        let output = shinso(home.path(), arguments);
        assert!(output.status.code() == Some(1) && said(&output).contains(what), "{arguments:?}: {}", said(&output));
    };

    // Weights that were cut: nothing is exported.
    let weights = run.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let out = at("out").display().to_string();
    says(&["runs", "export", id, "--to", &out], "model.safetensors");
    assert!(!at("out").exists());
    fs::write(&weights, whole).unwrap();

    // A lock that leads elsewhere.
    let other = at("other");
    fs::write(&other, "somebody's").unwrap();
    fs::remove_file(run.join("lock")).unwrap();
    symlink(&other, run.join("lock")).unwrap();
    says(&["runs", "resume", id], "lock");
    assert_eq!(fs::read(&other).unwrap(), b"somebody's");
    fs::remove_file(run.join("lock")).unwrap();

    // Folders that are no runs, by what is in them or by their name, hide none.
    fs::create_dir(runs.join("half")).unwrap();
    fs::create_dir(runs.join(OsStr::from_bytes(b"odd-\xff"))).unwrap();
    let listed = said(&shinso(home.path(), &["runs", "list"]));
    for part in [id, "a folder without run.yaml", "no UTF-8"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
}

#[test]
fn a_folder_whose_name_is_no_text_is_worked_in_and_named_where_it_cannot_be() {
    let home = tempfile::tempdir().unwrap();
    let odd = home.path().join(OsStr::from_bytes(b"odd-\xff"));
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("words.txt"), "one two three four\n".repeat(50)).unwrap();
    let within = |arguments: &[&str]| command(home.path(), arguments).current_dir(&odd).output().unwrap();
    assert!(within(&["runs", "list"]).status.success());
    let output = within(&["train", "word2vec", "--corpus", "words.txt"]);
    let said = said(&output);
    assert!(output.status.code() == Some(1) && said.contains("UTF-8"), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
}
