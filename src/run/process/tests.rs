//! Workers that do not speak as they should.

use super::*;
use crate::experiment::{Command, Knobs, Source};
use crate::registry;
use crate::run::thread::ThreadRunner;
use crate::run::worker::VERSION;

/// A run that was stopped after its first step, and the store that it is in.
fn stopped(folder: &std::path::Path) -> (RunStore, String) {
    let store = RunStore::new(folder.join("runs"));
    let path = folder.to_owned();
    let source =
        Source { cache: path.clone(), folder: None, weights: None, keep: path, companion: registry::open_bundled };
    let declared = (registry::find("kl").unwrap().knobs)();
    let start = Start {
        lab: "kl".to_owned(),
        experiment: "kl".to_owned(),
        preset: None,
        knobs: Knobs::defaults(&declared),
        seed: 1,
        threads: 1,
        data: None,
        plan: vec![(1, Command::Stop)],
    };
    let run = ThreadRunner { store: store.clone(), source }.start(start, Box::new(|_| {})).unwrap();
    let id = run.id().to_owned();
    run.wait().unwrap();
    (store, id)
}

/// Resumes the run by a worker that is this shell script; what became of it.
fn with_worker(store: &RunStore, id: &str, script: &str) -> String {
    let arguments = ["-c", script].map(str::to_owned).to_vec();
    let runner = ProcessRunner { store: store.clone(), program: "/bin/sh".into(), arguments };
    let (sender, events) = channel();
    let emit: EventSink = Box::new(move |event| sender.send(event.clone()).unwrap());
    let said = runner.resume(id, Some(1), emit).unwrap().wait().unwrap_err();
    let last = events.iter().last();
    assert!(matches!(&last, Some(Event::Failed { message, .. }) if *message == said), "{last:?}");
    let description = store.read(id).unwrap();
    assert_eq!((description.status, description.failure.as_ref()), (Status::Failed, Some(&said)));
    assert!(said.starts_with("the worker was lost: ") && !said.contains('\n'), "{said}");
    said
}

#[test]
fn a_worker_that_dies_floods_or_speaks_nonsense_fails_its_run_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = stopped(folder.path());
    let recorded = || std::fs::read(store.folder_of(&id).join("metrics.jsonl")).unwrap();
    let before = recorded();
    let accepted = format!("echo '{{\"version\":{VERSION},\"run\":\"{id}\"}}'; ");
    for (script, part) in [
        ("exit 3", "it ended before its run did (exit status: 3)"),
        ("kill -9 $$", "signal: 9"),
        ("echo hello; sleep 60", "what is no event and no answer: \"hello\""),
        ("echo '{\"event\":\"unheard of\"}'; sleep 60", "what is no event"),
        ("printf '\\000\\377\\n'; sleep 60", "what is no event"),
        ("printf '{\"event\":'", "it ended before its run did"),
        ("exec cat /dev/zero", "it wrote a line of more than 16777216 bytes"),
        ("yes '{}'", "what is no event"),
    ] {
        let said = with_worker(&store, &id, &format!("{accepted}{script}"));
        assert!(said.contains(part), "{script}: {said}");
        assert_eq!(recorded(), before, "what was recorded stays");
    }
}
