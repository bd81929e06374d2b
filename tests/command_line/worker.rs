//! A worker, which trains by orders in lines.

use super::program::{command, shinso};
use super::{SHORT, home, lines, refused};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// Orders typed to a worker by hand, and its lines.
fn worked(home: &Path, orders: &str) -> (Vec<Value>, Option<i32>) {
    use std::io::Write;
    let mut child = command(home, &["worker"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(orders.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (lines(&output), output.status.code())
}

const START: &str = r#"{"order":"start","lab":"vae","seed":3,"threads":1,"set":{"epochs":1,"hidden":[32],"latent":2,"batch":500},"plan":[[20,{"command":"set","knob":"learning_rate","value":0.002}],[50,{"command":"stop"}]]}"#;

#[test]
fn a_worker_trains_turns_answers_stops_and_resumes_as_a_thread_does() {
    let home = home();
    let bytes = |id: &str, file: &str| std::fs::read(home.path().join("runs").join(id).join(file)).unwrap();
    // Orders that end before the run stop it: the worker is kept until its plan has stopped the run.
    let script = format!("{START}\n");
    let mut child = command(home.path(), &["worker"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut orders = child.stdin.take().unwrap();
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut next = || -> Value {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    std::io::Write::write_all(&mut orders, script.as_bytes()).unwrap();
    let id = next()["run"].as_str().unwrap().to_owned();
    loop {
        if next()["event"] == "stopped" {
            break;
        }
    }
    // The model that was held can be asked; what it cannot answer is a failure with both languages.
    let asked = r#"{"order":"ask","key":"a","query":{"query":"view","name":"repair","inputs":{"missing":9}}}
{"order":"ask","key":"b","query":{"query":"view","name":"repare"}}
{"order":"jump"}
"#;
    std::io::Write::write_all(&mut orders, asked.as_bytes()).unwrap();
    let answers = [next(), next(), next()];
    let of =
        |key: &str| answers.iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("{answers:?}")).clone();
    assert_eq!(of("a")["answer"]["panels"][1]["heading"]["en"], "9 rows missing");
    assert_eq!(of("a")["done"], true);
    assert!(of("b")["failure"][0].as_str().unwrap().contains("did you mean `repair`?"));
    let refused = answers.iter().find(|line| line["refused"].is_string()).expect("a refusal");
    assert_eq!(refused["line"], 4);
    drop(orders);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let (resumed, code) = worked(home.path(), &format!(r#"{{"order":"resume","run":"{id}","threads":1}}"#));
    // With no more orders it is stopped at once, and still resumes.
    assert_eq!(code, Some(0), "{resumed:?}");
    let end = shinso(home.path(), &["runs", "resume", &id, "--json"]);
    assert_eq!(end.status.code(), Some(0), "{}", String::from_utf8_lossy(&end.stderr));

    // The same run in a process that the command line starts, and on a thread: the same bytes.
    let train = |runner: &str| {
        let turns = ["--turn", "20:learning_rate=0.002", "--seed", "3", "--threads", "1", "--json", "--runner", runner];
        let output = shinso(home.path(), &[&SHORT[..], &turns].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        lines(&output).last().unwrap()["run"].as_str().unwrap().to_owned()
    };
    let (thread, process) = (train("thread"), train("process"));
    for file in ["checkpoint.safetensors", "model.safetensors"] {
        // But for the seal, which knows the times in the events.
        let content = |run: &str| {
            let bytes = bytes(run, file);
            let (header, numbers) = shinso::run::seal::content(&bytes);
            (header, numbers.to_vec())
        };
        assert!(content(&thread) == content(&process), "{file} of a process");
        assert!(content(&thread) == content(&id), "{file} of the worker that was stopped and resumed");
    }
}

#[test]
fn a_worker_that_dies_leaves_a_run_that_says_so_and_resumes() {
    use std::io::BufRead;
    let home = home();
    let arguments = [&SHORT[..], &["--set", "epochs=200", "--runner", "process", "--json"]].concat();
    let mut child = command(home.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(r#""event":"scalar""#) {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the run has ended");
    }
    let workers = Command::new("pgrep").args(["-P", &child.id().to_string()]).output().unwrap();
    let worker = String::from_utf8(workers.stdout).unwrap();
    assert!(Command::new("kill").args(["-KILL", worker.trim()]).status().unwrap().success());
    let rest: Vec<String> = reader.lines().map(Result::unwrap).collect();
    let last: Value = serde_json::from_str(rest.last().unwrap()).unwrap();
    assert_eq!(last["event"], "failed");
    assert!(last["message"].as_str().unwrap().contains("the worker was lost"), "{last}");
    let output = child.wait_with_output().unwrap();
    refused(&output, 1, "the worker was lost");
    let listed = String::from_utf8(shinso(home.path(), &["runs", "list"]).stdout).unwrap();
    assert!(listed.contains("failed"), "{listed}");
}
