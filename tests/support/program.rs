//! The program called as a person calls it, in a home of its own.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Not started yet; it is given nothing to read, and what it says is caught.
pub fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shinso"));
    command.args(arguments).env("SHINSO_HOME", home).env("HOME", home).env("LC_ALL", "C.UTF-8").current_dir(home);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn shinso(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).output().unwrap()
}

/// As [`shinso`], with lines to read.
pub fn fed(home: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(home, arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let feeding = std::thread::spawn(move || {
        // One that has ended early takes no more.
        let _gone = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap();
    output
}

/// What it said, on both ways.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
