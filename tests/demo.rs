//! The demo of a lab in the real binary: from the command line and from the picker.

mod support;

#[path = "support/program.rs"]
mod program;

use program::{fed, said, shinso};
use support::Terminal;
use tempfile::tempdir;

const ESC: &str = "\x1b";
const LEFT: &str = "\x1b[D";

#[test]
fn a_presenter_goes_forward_and_back_begins_again_and_ends_it() {
    let home = tempdir().unwrap();
    let mut terminal = Terminal::start(home.path(), &["demo", "kl"], (80, 24), &[]);
    terminal.wait_for("step 1 of 4");
    terminal.wait_for("is never negative");
    terminal.wait_for("restart the demo");
    terminal.press(" ");
    // The key m is pressed by the script, and its answer waited for.
    terminal.wait_for("step 2 of 4");
    terminal.wait_for("bimodal P");
    terminal.press("N");
    terminal.wait_for("Let the audience predict");
    terminal.press("N");
    terminal.press(" ");
    terminal.wait_for("step 3 of 4");
    terminal.wait_for("finished");
    terminal.wait_for("covers both modes");
    terminal.press(LEFT);
    terminal.wait_for("step 2 of 4 · shown again");
    terminal.press("r");
    terminal.wait_until("the first step, without the run", |text| {
        text.contains("step 1 of 4") && !text.contains("shown again") && !text.contains("finished")
    });
    terminal.press(ESC);
    terminal.wait_until("the lab without the band", |text| {
        text.contains("two distributions") && !text.contains("step 1 of 4") && text.contains("the demo has ended")
    });
    // The lab is as it was, and its keys are its own again.
    terminal.press("q");
    terminal.wait_for("labs done");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}

#[test]
fn the_picker_plays_the_demo_of_its_lab() {
    let home = tempdir().unwrap();
    let terminal = Terminal::start(home.path(), &[], (120, 36), &[("LC_ALL", "ja_JP.UTF-8")]);
    terminal.wait_for("d デモ");
    terminal.press("d");
    terminal.wait_for("ステップ 1/");
    terminal.wait_for("まず、崖の地図で");
}

/// Step by step in a terminal, at the presenter's Enter.
#[test]
fn a_demo_is_told_in_lines_to_its_end() {
    let home = tempdir().unwrap();
    let mut terminal = Terminal::start(home.path(), &["demo", "embeddings", "--plain", "--lang", "ja"], (100, 60), &[]);
    for step in 0..4 {
        terminal.wait_for_more_than(step, "Enter で次へ".as_bytes());
        if step == 1 {
            terminal.wait_for("入力: king - man + woman");
            terminal.wait_for("queen");
        }
        terminal.press("\r");
    }
    terminal.wait_for("Enter でデモ終了");
    terminal.press("\r");
    terminal.wait_for("デモを終わりました");
    terminal.press("q\r");
    assert_eq!(terminal.exit_code(), 0);
}

/// A pipe knows nothing of runs: its lines are taken when a step is over.
#[test]
fn a_pipe_that_says_all_at_once_skips_nothing() {
    let home = tempdir().unwrap();
    let output = fed(home.path(), &["--plain", "demo", "kl"], b"\n\n\n\n");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("finished").count(), 2, "{said}");
    assert!(said.contains("demo · step 4 of 4") && said.contains("the demo has ended"), "{said}");
}

#[test]
fn what_cannot_be_played_is_refused_in_one_line() {
    let home = tempdir().unwrap();
    for (arguments, code, part) in [
        (&["demo", "vea"][..], 2, "unknown lab `vea`: did you mean `vae`?"),
        (&["demo", "vea", "--plain"][..], 2, "unknown lab `vea`"),
        (&["demo", "vae", "--plain", "--record", "x"][..], 2, "cannot be used with"),
        (&["demo", "vae"][..], 1, "the screen needs a terminal"),
        (&["demo", "vae", "--size", "20x20", "--record", "x"][..], 2, "expected columns and rows"),
        (&["demo", "vae", "--record", "x.txt"][..], 1, ".cast"),
        (&["demo", "vae", "--v2"][..], 2, "--record"),
    ] {
        let output = shinso(home.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(part), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn a_recording_and_a_still_are_written() {
    let home = tempdir().unwrap();
    let output = shinso(home.path(), &["demo", "kl", "--record", "kl", "--svg", "kl.svg", "--lang", "ja"]);
    assert!(output.status.success(), "{}", said(&output));
    let cast = std::fs::read_to_string(home.path().join("kl.cast")).unwrap();
    let heading: serde_json::Value = serde_json::from_str(cast.lines().next().unwrap()).unwrap();
    assert_eq!(heading["version"], 3);
    assert!(std::fs::read_to_string(home.path().join("kl.svg")).unwrap().contains("ステップ 4/4"));
}
