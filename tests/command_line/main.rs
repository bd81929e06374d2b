//! The command line from outside: what it prints, and how it exits.

mod games;
mod language;
mod plain;
#[path = "../support/program.rs"]
mod program;
mod runs;
mod verbs;
mod words;
mod worker;

use serde_json::Value;
use std::process::Output;
use tempfile::TempDir;

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A run of a few seconds: one pass over the digits with a small net.
const SHORT: [&str; 10] =
    ["train", "vae", "--set", "epochs=1", "--set", "hidden=32", "--set", "latent=2", "--set", "batch=500"];

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The numbers of a run: every value of every series, and the report without its times.
fn numbers(output: &Output) -> (Vec<Value>, Value) {
    let lines = lines(output);
    let mut report = lines.last().expect("a last line")["report"].clone();
    for timed in ["train_seconds", "samples_per_second", "threads"] {
        assert!(report.as_object_mut().unwrap().remove(timed).is_some(), "{timed} is reported");
    }
    (lines.into_iter().filter(|line| line["event"] == "scalar").collect(), report)
}

#[track_caller]
fn refused(output: &Output, code: i32, message: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(error.contains(message), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "one line: {error}");
}
