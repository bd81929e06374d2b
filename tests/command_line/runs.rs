//! Runs from the command line: what they print, what ends them, what is taken up again, and what stands in their way.

use super::program::{command, shinso};
use super::{SHORT, home, lines, numbers, refused};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn a_training_run_ends_in_its_report_and_is_the_same_on_any_number_of_threads() {
    let home = home();
    let with = |more: &[&str]| shinso(home.path(), &[&SHORT[..], &["--seed", "3", "--json"], more].concat());
    let one = with(&["--threads", "1"]);
    assert_eq!(one.status.code(), Some(0), "{}", String::from_utf8_lossy(&one.stderr));
    let last = lines(&one).pop().unwrap();
    assert_eq!((&last["event"], &last["lab"], &last["seed"]), (&"finished".into(), &"vae".into(), &3.into()));
    assert_eq!(last["report"]["steps"], 110);
    assert!(last["report"]["test_elbo"].as_f64().unwrap() > -400.0);
    assert_eq!(numbers(&one), numbers(&with(&["--threads", "2"])), "one thread and two");
    assert_eq!(numbers(&one), numbers(&with(&["--threads", "2"])), "the same command twice");
    let turned = with(&["--turn", "50:learning_rate=1e-5"]);
    assert_ne!(numbers(&one), numbers(&turned), "a knob turned on the way changes the run");
}

#[test]
fn ctrl_c_keeps_the_run_and_resume_ends_as_the_straight_run_does() {
    let home = home();
    let long = [&SHORT[..], &["--set", "epochs=8", "--json"]].concat();
    let straight = shinso(home.path(), &long);

    let mut child = command(home.path(), &long).stdout(Stdio::piped()).spawn().unwrap();
    // Interrupted once it trains.
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"scalar\"") {
        line.clear();
        assert!(
            std::io::BufRead::read_line(&mut out, &mut line).unwrap() > 0,
            "the run ended before it was interrupted"
        );
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let listed = String::from_utf8(shinso(home.path(), &["runs", "list"]).stdout).unwrap();
    assert!(listed.lines().next().unwrap().contains("stopped"), "{listed}");
    let resumed = shinso(home.path(), &["runs", "resume", "last", "--json"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", String::from_utf8_lossy(&resumed.stderr));
    assert_eq!(numbers(&straight).1, numbers(&resumed).1);
    refused(&shinso(home.path(), &["runs", "resume", "last"]), 1, "is finished");

    let folder = home.path().join("exported");
    let exported = shinso(home.path(), &["runs", "export", "last", "--to", folder.to_str().unwrap()]);
    assert_eq!(exported.status.code(), Some(0));
    let table = std::fs::read_to_string(folder.join("metrics.csv")).unwrap();
    assert!(table.starts_with("step,learning_rate,train/elbo,"), "{table}");
    assert!(folder.join("model.safetensors").exists() && folder.join("pictures").exists());

    let runs = || shinso(home.path(), &["runs", "list"]).stdout.split(|byte| *byte == b'\n').count() - 1;
    let before = runs();
    refused(&shinso(home.path(), &["runs", "delete", "last", "vaee"]), 2, "no run `vaee`");
    assert_eq!(runs(), before, "one is unknown: none is deleted");
    let deleted = shinso(home.path(), &["runs", "delete", "last"]);
    assert!(String::from_utf8_lossy(&deleted.stdout).starts_with("deleted vae-"));
    assert_eq!((deleted.status.code(), runs()), (Some(0), before - 1));
    // It is named among those that can be restored, and comes back.
    let restore = |arguments: &[&str]| {
        let output = shinso(home.path(), &[&["runs", "restore"], arguments].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(restore(&[]).starts_with("vae-"));
    assert!(restore(&["last"]).starts_with("restored vae-"));
    assert_eq!((runs(), restore(&[]).as_str()), (before, "no deleted run is left\n"));
}

#[test]
fn what_is_misspelt_or_out_of_range_is_refused_in_one_line_with_a_way_out() {
    let home = home();
    let refuse = |arguments: &[&str], message: &str| refused(&shinso(home.path(), arguments), 2, message);
    refuse(&["train", "vea"], "unknown lab `vea`: did you mean `vae`?");
    refuse(&["train", "vae", "--preset", "qick"], "unknown preset `qick` of lab vae: did you mean `quick`?");
    refuse(&["train", "vae", "--set", "lerning_rate=1"], "unknown knob `lerning_rate`: did you mean `learning_rate`?");
    refuse(&["train", "vae", "--set", "latent=0"], "knob `latent` = `0`: expected an integer from 1 to 256");
    refuse(&["train", "vae", "--set", "latent"], "expected name=value");
    refuse(&["train", "vae", "--turn", "x"], "expected STEP:KNOB=VALUE");
    refuse(&["runs", "show", "nothing"], "no run `nothing`");
    refuse(&["labs", "describe", "nothing"], "unknown lab `nothing`");
    assert!(!home.path().join("runs").exists(), "nothing was begun");
}

#[test]
fn bad_data_and_bad_folders_are_told_with_their_place() {
    let home = home();
    let folder = home.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("train-images-idx3-ubyte"), [0, 0, 8, 3, 0, 0, 0xea, 0x60]).unwrap();
    let data = folder.to_str().unwrap();
    let output = shinso(home.path(), &[&SHORT[..], &["--data", data]].concat());
    refused(&output, 1, "train-images-idx3-ubyte: byte 8: the file ends, expected 47040016 bytes");

    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let output = command(home.path(), &SHORT).env("SHINSO_HOME", &file).output().unwrap();
    refused(&output, 1, "file/runs: Not a directory");
    refused(&shinso(home.path(), &["labs", "list", "--labs", "/nowhere/at/all"]), 1, "--labs /nowhere/at/all:");
}

#[test]
fn a_full_disk_is_told_and_what_was_good_stays() {
    // /dev/full gives the very error of a full disk to whoever writes to it.
    if !Path::new("/dev/full").exists() {
        return;
    }
    let home = home();
    let run = shinso(home.path(), &SHORT);
    assert_eq!(run.status.code(), Some(0));
    let id = std::fs::read_dir(home.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    let report = std::fs::read(id.join("run.yaml")).unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(home.path(), &["runs", "list"]).stdout(full).output().unwrap();
    refused(&output, 1, "standard output: No space left on device");
    assert_eq!(std::fs::read(id.join("run.yaml")).unwrap(), report);
}

#[test]
fn a_broken_run_folder_is_told_and_hides_no_other() {
    let home = home();
    assert_eq!(shinso(home.path(), &SHORT).status.code(), Some(0));
    let broken = home.path().join("runs/broken");
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(broken.join("run.yaml"), "version: 1\nid: [").unwrap();
    let output = shinso(home.path(), &["runs", "list"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("finished"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("broken/run.yaml: line 2"));
}
