//! The linear mode, `--plain`.

use super::program::{command, shinso};
use super::{SHORT, home, refused};
use std::path::Path;
use std::process::Stdio;

/// What `--plain` says to some lines.
fn told(home: &Path, options: &[&str], script: impl AsRef<[u8]>) -> String {
    let arguments = [&["--plain"], options].concat();
    let mut child = command(home, &arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), script.as_ref()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_exercise_of_a_lab_is_earned_in_lines() {
    let home = home();
    let script = "open kl\nanswer 1 0.5\nanswer 2 0.1438\nexplore 1\npress o right*25 down*3\nanswer 4 2\ntrain quick\nwait\n\
                  press o m v\npress left*60 v\nanswer 7 2\nanswer 8 2\ntrain wrong_mode\nwait\ntrain wrong_mode start=1\n\
                  wait\nanswer 11 3\nlabs\n";
    let text = told(home.path(), &[], script);
    assert!(text.contains("kl: Kullback–Leibler divergence. 11/11."), "{text}");
    assert!(
        text.contains("(kl_forward)") && !text.contains("• kl_forward") && text.contains("• forward KL divergence"),
        "{text}"
    );
    assert!(!text.contains(['│', '─', '┃', '\x1b']) && !text.contains("D_KL(…)_KL"), "{text}");
}

#[test]
fn lines_of_other_encodings_and_habits_get_an_answer_each() {
    let home = home();
    // Windows line ends, Latin-1 in a name, a last line without an end.
    let text = told(
        home.path(),
        &[],
        b"open kl\r\nopen caf\xe9\nanswer 1 \xef\xbc\x90.5\r\nanswer 12 1\nanswer 7 4".as_slice(),
    );
    for part in ["unknown lab `caf\u{fffd}`", "Solved: One deviation apart", "1 to 11", "1 to 3"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_run_goes_on_while_lines_are_read_and_is_stopped_by_one() {
    let home = home();
    let script = "open kl\ntrain quick steps=100000 seed=7\ntheory 1\nset direction reverse\nset gap 2\nstatus\nstop\nwait\n\
                  train nonsense\nfly\npress x\n";
    let text = told(home.path(), &["--lang", "ja"], script);
    for part in [
        "を始めました",
        "停止 ",
        "`gap` は実行中に変えられる設定ではありません",
        "`nonsense` というプリセット",
        "`fly` というコマンド",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let runs = shinso(home.path(), &["runs", "list", "--json"]);
    let runs = String::from_utf8(runs.stdout).unwrap();
    assert!(runs.contains("stopped") && runs.contains("\"seed\":7"), "{runs}");
}

#[test]
fn the_screen_needs_a_terminal_and_the_linear_mode_does_not() {
    let home = home();
    refused(&shinso(home.path(), &[]), 1, "the screen needs a terminal");
    let script = "open vae\ntheory 2\nanswer 2 0.5\nanswer 2 0.818\nopen kl\nanswer 7 1\nanswer 7 3\nanswer 7 2\nopen embeddings\n\
                  train\nsay paris - france + japan\nsay king +\nsay 王 − 男 + 女\nquit\n";
    let text = told(home.path(), &[], script);
    for part in [
        "vae: Variational autoencoder. 0/10.",
        "½ ∑",
        "not that number",
        "Solved: A KL term by hand",
        "Two wrong tries: now choose the right answer",
        "Solved: Which direction?",
        "nothing is trained in this lab",
        "tokyo",
        "Solved: A capital",
        "is missing here",
        "answered with `chive`",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(['│', '─', '\x1b']), "no boxes and no escapes");
}

#[test]
fn a_reader_that_goes_away_stops_the_run_and_is_no_panic() {
    let home = home();
    let mut child = command(home.path(), &[&SHORT[..], &["--set", "epochs=50", "--json"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}
