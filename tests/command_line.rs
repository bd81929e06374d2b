//! The command line from outside: what it prints, and how it exits.

#[path = "support/program.rs"]
mod program;

use program::{command, shinso};
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
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

#[test]
fn labs_are_listed_described_and_checked() {
    let home = home();
    let said = |arguments: &[&str]| String::from_utf8(shinso(home.path(), arguments).stdout).unwrap();
    assert!(said(&["labs", "list"]).contains("Variational autoencoder"));
    assert!(said(&["labs", "list", "--lang", "ja"]).contains("変分自己符号化器"));
    assert!(said(&["labs", "describe", "vae"]).contains("val/elbo >= -110 within 5000 steps"));
    assert!(said(&["labs", "check"]).contains("nothing wrong"));
    let bad = home.path().join("07-vae.yaml");
    std::fs::write(&bad, "id: vae\nid: vae\n").unwrap();
    let output = shinso(home.path(), &["labs", "check", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("07-vae.yaml:2:1: duplicate key `id`; it stands in line 1 already"), "{error}");
}

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
    assert!(text.contains("• kl_forward 0.55") && text.contains("forward KL divergence"), "{text}");
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

#[test]
fn completions_and_the_manual_are_printed() {
    let home = home();
    for arguments in [&["completions", "bash"][..], &["man"]] {
        let output = shinso(home.path(), arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stdout).contains("resume"));
    }
}

#[test]
fn the_bench_prints_a_line_of_figures() {
    let home = home();
    let output = shinso(home.path(), &["bench", "lenet", "--steps", "3", "--threads", "1", "--json"]);
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&line["name"], &line["steps"], &line["threads"]), (&"lenet".into(), &3.into(), &1.into()));
    assert!(["samples_per_s", "step_ms", "loss"].iter().all(|&key| line[key].as_f64().unwrap() > 0.0), "{line}");
    for workload in ["mcts", "playouts", "solve"] {
        let output = shinso(
            home.path(),
            &["bench", workload, "--game", "connect-four", "--steps", "20", "--seed", "5", "--json"],
        );
        let text = String::from_utf8(output.stdout).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!((&line["name"], &line["game"]), (&workload.into(), &"connect-four".into()));
        assert!(line["steps"] == 20 && line["step_ms"].as_f64().unwrap() > 0.0, "{line}");
    }
    let output = shinso(home.path(), &["bench", "solve", "--game", "chess"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("bench solve --game chess: expected connect-four or othello")
    );
    let output = shinso(home.path(), &["bench", "resnet"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no workload `resnet`; there are vae, gan"));
}

#[test]
fn the_doctor_says_where_files_lie_and_how_fast_products_are() {
    let home = home();
    let output = shinso(home.path(), &["doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(home.path().to_str().unwrap()) && text.contains("GFLOP/s"), "{text}");
}

#[test]
fn word_arithmetic_is_answered_in_words_in_json_and_in_a_pipe() {
    let home = home();
    let said = shinso(home.path(), &["embed", "king - man + woman", "--top", "2"]);
    assert_eq!(String::from_utf8_lossy(&said.stdout), "queen     0.7699\nmonarch   0.6844\n");
    let said = shinso(home.path(), &["embed", "cat . dog", "--json"]);
    let line = &lines(&said)[0];
    assert!((line["panels"][0]["value"].as_f64().unwrap() - 0.88).abs() < 0.01, "{line}");
    let mut child = command(home.path(), &["embed", "--top", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let typed = "royal = king - man\n\"royal\" . royal\n:use chive\n東京 - 日本 + フランス\nking + (\n:top 3\n";
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("hides the word") && text.contains("パリ") && text.ends_with("answers list 3 words\n"),
        "{text}"
    );
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("  king + (\n          ^\n"), "{error}");
    assert_eq!(output.status.code(), Some(1), "a line was not understood");
}

#[test]
fn what_is_wrong_with_words_and_files_of_vectors_is_told_in_a_line() {
    let home = home();
    let said = shinso(home.path(), &["embed", "king - qeen"]);
    let error = String::from_utf8_lossy(&said.stderr);
    assert_eq!(error, "  king - qeen\n         ^^^^\nshinso: no word `qeen` here; spelled alike: queen, queens, qi\n");
    let file = home.path().join("v.txt");
    std::fs::write(&file, "a 1 2\nb 1 x\n").unwrap();
    let said = shinso(home.path(), &["embed", "a", "--vectors", file.to_str().unwrap()]);
    refused(&said, 1, "v.txt: line 2, byte 5: expected a finite number, found `x`");
    refused(&shinso(home.path(), &["embed", "a", "--vectors", "glvoe"]), 2, "expected glove, chive or a file");
    let said = shinso(home.path(), &["embed", "--analogies", file.to_str().unwrap()]);
    refused(&said, 1, "line 1: expected four words");
    refused(&shinso(home.path(), &["train", "embeddings"]), 2, "nothing to train");
    refused(&shinso(home.path(), &["bench", "word2vec"]), 2, "--corpus FILE");
}

/// Vectors trained on one's own text are exported, opened by `embed`, and the run goes on from a checkpoint of its own text
/// only.
#[test]
fn words_are_learned_from_a_text_and_their_vectors_open_elsewhere() {
    let home = home();
    let text = home.path().join("text.txt");
    let said = shinso(home.path(), &["corpus", "english", "--sentences", "1500"]);
    std::fs::write(&text, &said.stdout).unwrap();
    let corpus = text.to_str().unwrap();
    let run = |more: &[&str]| {
        let arguments = [&["train", "word2vec", "--json", "--set", "epochs=1", "--set", "dimension=8"], more].concat();
        shinso(home.path(), &arguments)
    };
    let own = run(&["--corpus", corpus]);
    assert_eq!(own.status.code(), Some(0), "{}", String::from_utf8_lossy(&own.stderr));
    let report = lines(&own).pop().unwrap()["report"].clone();
    assert!(report["analogy_accuracy"].is_null() && report["words_per_second"].as_f64().unwrap() > 0.0, "{report}");
    let out = home.path().join("out");
    let exported = shinso(home.path(), &["runs", "export", "last", "--to", out.to_str().unwrap()]);
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    for name in ["vectors.txt", "vectors.bin"] {
        let file = out.join(name);
        let near = shinso(home.path(), &["embed", "king", "--top", "3", "--vectors", file.to_str().unwrap()]);
        assert_eq!(String::from_utf8_lossy(&near.stdout).lines().count(), 3, "{name}");
    }
    let missing = home.path().join("none.txt");
    let said = run(&["--corpus", missing.to_str().unwrap()]);
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("none.txt"), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn board_games_are_counted_solved_played_and_matched() {
    let home = home();
    let printed = |arguments: &[&str]| {
        let output = shinso(home.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(printed(&["perft", "othello", "7"]).starts_with("55092 lines of 7 moves"));
    assert_eq!(lines(&shinso(home.path(), &["perft", "chess", "3", "--json"]))[0]["lines"], 8902);
    assert!(printed(&["solve", "connect-four", "334455"]).starts_with("18: the side to move wins, on stone 7"));
    refused(&shinso(home.path(), &["solve", "connect-four", "48"]), 2, "move 2: `8` is no column: 1 to 7");
    let problem = "7k1/9/7P1/9/9/9/9/9/9 b RSrb4g3s4n4l16p 1";
    assert!(printed(&["solve", "shogi", "--position", problem]).starts_with("mate in 3: R*2b 2a1a S*1b ("));
    refused(&shinso(home.path(), &["solve", "shogi"]), 2, "expected --position SFEN");
    refused(&shinso(home.path(), &["perft", "chess", "2", "--position", "x"]), 2, "FEN");
    refused(&shinso(home.path(), &["match", "chess", "magic", "random"]), 2, "no agent `magic`");
    refused(&shinso(home.path(), &["match", "go-9", "perfect", "random"]), 2, "no agent plays go-9 perfectly");
    refused(&shinso(home.path(), &["match", "go-9", "gtp:/nowhere/engine", "random"]), 2, "/nowhere/engine");
    // A match goes on where its file ends, and ends as the straight one.
    let log = home.path().join("games.jsonl");
    let with = |games: &str, log: &Path| {
        let (log, agent) = (log.to_str().unwrap().to_owned(), "mcts:50,threads=1");
        let all = ["match", "connect-four", agent, "random", "--games", games, "--json", "--log", &log];
        lines(&shinso(home.path(), &all)).pop().unwrap()["report"].clone()
    };
    with("4", &log);
    let text = std::fs::read_to_string(&log).unwrap();
    // As a kill within a line leaves it.
    std::fs::write(&log, &text[..text.len() - 20]).unwrap();
    let report = with("10", &log);
    let games = ["wins", "draws", "losses"].map(|key| report[key].as_u64().unwrap());
    assert_eq!(games.iter().sum::<u64>(), 10);
    assert!(games[0] >= 7, "{report}");
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 11);
    let other = shinso(home.path(), &["match", "connect-four", "random", "random", "--log", log.to_str().unwrap()]);
    refused(&other, 1, "this is another match");
    // A program that speaks GTP, here this one, against an agent of its own.
    let engine = format!("gtp:{} gtp --game othello --agent random", env!("CARGO_BIN_EXE_shinso"));
    let report = lines(&shinso(home.path(), &["match", "othello", "greedy", &engine, "--games", "4", "--json"]));
    let report = &report[0]["report"];
    assert_eq!(["wins", "draws", "losses"].iter().map(|key| report[*key].as_u64().unwrap()).sum::<u64>(), 4);
}

#[test]
fn a_network_learns_by_self_play_and_plays() {
    let home = home();
    let knobs = "game=tic-tac-toe games=8 channels=4 blocks=1 simulations=8 steps=60 batch=32 evaluated_every=60 evaluation=0.1";
    let mut train = vec!["train", "self-play", "--json"];
    knobs.split(' ').for_each(|knob| train.extend(["--set", knob]));
    let finished = lines(&shinso(home.path(), &train)).pop().unwrap();
    assert!(finished["report"]["lost_ends"].is_u64(), "{finished}");
    let run = home.path().join("data/runs").join(finished["run"].as_str().unwrap());
    let run = if run.exists() { run } else { home.path().join("runs").join(finished["run"].as_str().unwrap()) };
    // The games lie in the folder of the run, whole files under their numbers.
    let first = std::fs::read_to_string(run.join("games/own-00000000.games")).unwrap();
    let header: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!((&header["rules"], &header["games"]), (&"tic-tac-toe".into(), &16.into()));
    assert_eq!(first.lines().count(), 17);
    let net = format!("net:{},sims=60", run.display());
    let played = shinso(home.path(), &["match", "tic-tac-toe", &net, "random", "--games", "20", "--json"]);
    let report = &lines(&played)[0]["report"];
    assert!(report["wins"].as_u64().unwrap() >= 12, "{report}");
    let kl = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/kl/model.safetensors");
    for (net, game, said) in [
        ("net", "tic-tac-toe", "which network? Expected net:FILE"),
        ("net:/nowhere/model.safetensors", "tic-tac-toe", "/nowhere/model.safetensors: "),
        (&format!("net:{kl}"), "tic-tac-toe", "but not of a network that plays a game"),
        (&net, "connect-four", "the network has learned tic-tac-toe, not connect-four"),
        (&format!("{net},sims=0"), "tic-tac-toe", "`sims=0` is none of"),
    ] {
        refused(&shinso(home.path(), &["match", game, net, "random"]), 2, said);
    }
}

#[test]
fn a_game_is_played_in_lines_of_text() {
    let home = home();
    let saved = home.path().join("game.txt");
    let mut command = command(
        home.path(),
        &["play", "tic-tac-toe", "--agent", "perfect", "--side", "second", "--save", saved.to_str().unwrap()],
    );
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let moves = "hint\nundo\nzz\nmoves\nb2\na1\na2\na3\nb1\nb3\nc1\nc2\nc3\na1\na2\na3\nb1\nb3\nc1\nc2\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), moves.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("`zz` is no point") && text.contains("nothing to undo"), "{text}");
    assert!(text.contains("A draw.") || text.contains("perfect wins."), "{text}");
    assert!(std::fs::read_to_string(saved).unwrap().split_whitespace().count() >= 5);
}

#[test]
fn a_view_is_asked_for_in_words_in_json_and_as_pictures() {
    let home = home();
    let ask = |arguments: &[&str]| shinso(home.path(), &[&["ask"], arguments].concat());
    let listed = String::from_utf8(ask(&["vae"]).stdout).unwrap();
    assert!(listed.contains("repair ") && listed.contains("missing=12") && listed.contains("from 4 to 20"), "{listed}");
    let line = lines(&ask(&["vae", "repair", "--set", "missing=7", "--json"])).remove(0);
    assert_eq!(
        (&line["view"], &line["inputs"]["missing"], &line["inputs"]["seed"]),
        (&"repair".into(), &7.into(), &0.into())
    );
    let panels = line["panels"].as_array().unwrap();
    assert_eq!(panels.len(), 4);
    assert_eq!(panels[1]["heading"]["en"], "7 rows missing");
    let pictures = panels[3]["images"]["pictures"].as_array().unwrap();
    assert!(pictures.len() == 8 && pictures[0]["pixels"].as_array().unwrap().len() == 784);
    // What an exercise of self-play asks for.
    let moves = "moves=5774711262113";
    let lengths = lines(&ask(&["self-play", "lengths", "--set", moves, "--json"])).remove(0);
    let rows = lengths["panels"][0]["rows"].as_array().unwrap();
    let certain = rows.iter().find(|row| row[4] == "✓").unwrap();
    assert_eq!((&rows[0][1], &certain[0], &certain[1]), (&"3".into(), &"25".into(), &"2".into()), "{lengths}");
    let context = lines(&ask(&["word2vec", "context", "--set", "word=king", "--set", "count=3", "--json"])).remove(0);
    let bars = context["panels"][0]["bars"].as_array().unwrap();
    assert!(bars.len() == 3 && bars[0]["value"].as_f64() >= bars[1]["value"].as_f64(), "{context}");
    let text = String::from_utf8(ask(&["word2vec", "context", "--set", "word=king", "--lang", "ja"]).stdout).unwrap();
    assert!(text.lines().count() >= 20, "{text}");
    // A picture that was written can be given.
    let folder = home.path().join("pictures");
    let written = ask(&["vae", "samples", "--set", "count=1", "--png", folder.to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0));
    let digit = format!("picture={}", folder.join("samples-1.png").display());
    let read = lines(&ask(&["classifier", "read", "--set", &digit, "--json"])).remove(0);
    assert_eq!(read["panels"][0]["bars"].as_array().unwrap().len(), 10);
    refused(&ask(&["vae", "repare"]), 2, "unknown view `repare`: did you mean `repair`?");
    refused(&ask(&["vae", "repair", "--set", "row=3"]), 2, "unknown input `row`");
    refused(&ask(&["vae", "repair", "--set", "missing=99"]), 2, "expected an integer from 4 to 20");
    refused(&ask(&["vea", "repair"]), 2, "unknown lab `vea`: did you mean `vae`?");
    refused(&ask(&["board-game"]), 2, "has no views");
    refused(&ask(&["vae", "repair", "--run", "nothing"]), 2, "no run `nothing`");
    refused(&ask(&["gan", "plane"]), 1, "train a preset of the plane");
    refused(&ask(&["kl", "fitted", "--png", folder.to_str().unwrap()]), 1, "has no pictures");
}

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

#[test]
fn a_sequence_model_learns_ones_own_pairs_and_answers_in_its_views() {
    let home = home();
    let file = home.path().join("pairs.tsv");
    let pairs: String = (0..60).map(|n| format!("{n:02}\t{:02}\n", 59 - n)).collect();
    std::fs::write(&file, pairs).unwrap();
    let own = file.to_str().unwrap();
    let small = ["train", "seq2seq", "--set", "hidden=8", "--set", "steps=40", "--set", "batch=4", "--json"];
    let trained = shinso(home.path(), &[&small[..], &["--corpus", own]].concat());
    assert_eq!(trained.status.code(), Some(0), "{}", String::from_utf8_lossy(&trained.stderr));
    let last = lines(&trained).pop().unwrap();
    assert!(last["report"]["exact_match_by_length"]["5"].is_number(), "{last}");
    let run = last["run"].as_str().unwrap();

    let ask = |arguments: &[&str]| shinso(home.path(), &[&["ask", "seq2seq"], arguments].concat());
    let answered = ask(&["answer", "--set", "input=17", "--run", run, "--json"]);
    let answer = lines(&answered).pop().unwrap();
    assert_eq!(answer["panels"][0]["rows"][0][0], "17", "{answer}");
    // What it learned from is not kept with it, so there is no example to begin with.
    refused(&ask(&["answer", "--run", run]), 1, "type a text to answer");
    refused(&ask(&["lengths", "--run", run]), 1, "not at hand");
    refused(&ask(&["answer", "--set", "input=1x", "--run", run]), 1, "`x` at column 2");

    let bundled = ask(&["answer", "--set", "input=令和3年3月3日", "--json"]);
    let answer = lines(&bundled).pop().unwrap();
    assert_eq!(answer["panels"][0]["rows"][0][1], "2021-03-03");
    let tokens = answer["panels"][1]["tokens"].as_array().unwrap();
    let text: String = tokens.iter().map(|token| token["text"].as_str().unwrap()).collect();
    assert_eq!(text, "2021-03-03<EOS>");
    refused(&ask(&["answer", "--set", "input=☃"]), 1, "`☃` at column 1");
    refused(&ask(&["answer", "--set", &format!("input={}", "1".repeat(100))]), 1, "100 tokens: expected at most 58");
    let tree = ask(&["beam", "--set", "input=3/3/2021", "--set", "beam=2", "--json"]);
    let tree = lines(&tree).pop().unwrap();
    assert_eq!(tree["panels"][1]["rows"][0][0], "2021-03-03");

    std::fs::write(&file, "a\tb\nc d\n").unwrap();
    refused(&shinso(home.path(), &[&small[..], &["--corpus", own]].concat()), 1, "pairs.tsv: line 2");
}

#[test]
fn alignments_and_transformers_learn_ones_own_pairs_and_are_looked_into() {
    let home = home();
    let file = home.path().join("pairs.tsv");
    let pairs: String = (0..60).map(|n| format!("{n:02}\t{:02}\n", 59 - n)).collect();
    std::fs::write(&file, pairs).unwrap();
    let corpus = ["--corpus", file.to_str().unwrap(), "--json"];
    let small = ["--set", "steps=30", "--set", "batch=4"];
    let train = |lab: &str, more: &[&str]| shinso(home.path(), &[&["train", lab], &small[..], more, &corpus].concat());
    let ask = |lab: &str, arguments: &[&str]| shinso(home.path(), &[&["ask", lab], arguments].concat());

    let trained = train("attention", &["--set", "hidden=8", "--set", "relu=off"]);
    assert_eq!(trained.status.code(), Some(0), "{}", String::from_utf8_lossy(&trained.stderr));
    let last = lines(&trained).pop().unwrap();
    assert!(last["report"]["alignments"]["location"]["exact_match"].is_number(), "{last}");
    let run = last["run"].as_str().unwrap();
    let answered = lines(&ask("attention", &["weights", "--set", "input=17", "--run", run, "--json"])).pop().unwrap();
    assert_eq!(answered["panels"][1]["columns"], serde_json::json!(["1", "7", "<EOS>"]), "{answered}");
    refused(
        &ask("attention", &["weights", "--set", "alignment=relu", "--set", "input=17", "--run", run]),
        1,
        "`quick`",
    );
    refused(&ask("attention", &["side_by_side", "--set", "input=1x", "--run", run]), 1, "`x` at column 2");
    let none = ["additive", "multiplicative", "relu", "location", "plain"]
        .map(|name| ["--set".to_owned(), format!("{name}=off")]);
    let none: Vec<&str> = none.iter().flatten().map(String::as_str).collect();
    refused(&train("attention", &none), 1, "switch on at least one of additive, multiplicative");

    let trained = train("transformer", &["--set", "width=8", "--set", "heads=2"]);
    assert_eq!(trained.status.code(), Some(0), "{}", String::from_utf8_lossy(&trained.stderr));
    let last = lines(&trained).pop().unwrap();
    let run = last["run"].as_str().unwrap();
    let seen = lines(&ask(
        "transformer",
        &["attention", "--set", "part=encoder", "--set", "input=17", "--run", run, "--json"],
    ));
    assert_eq!(seen[0]["panels"][1]["rows"], serde_json::json!(["1", "7", "<EOS>"]), "{}", seen[0]);
    refused(
        &ask("transformer", &["weight", "--set", "head=3", "--set", "input=17", "--run", run]),
        1,
        "this model has 2",
    );
    refused(&train("transformer", &["--set", "width=10", "--set", "heads=3"]), 1, "expected a multiple of `heads` (3)");
    let removed =
        lines(&ask("transformer", &["without_head", "--set", "input=3/3/2021", "--set", "cell=0,0", "--json"]));
    assert_eq!(removed[0]["panels"][0]["text"]["en"], "all heads: 2021-03-03");
}

#[test]
fn a_language_model_learns_ones_own_text_and_goes_on_with_it() {
    let home = home();
    let file = home.path().join("text.txt");
    let own = file.to_str().unwrap();
    let train = |more: &[&str]| {
        let small = "context=16 width=8 heads=2 layers=1 steps=100 warm_up=10 batch=4 tokens=characters";
        let set = small.split(' ').flat_map(|assignment| ["--set", assignment]).collect::<Vec<_>>();
        shinso(home.path(), &[&["train", "gpt"], &set[..], more, &["--corpus", own, "--json"]].concat())
    };
    std::fs::write(&file, "The cat sat on the mat.\n".repeat(200)).unwrap();
    let trained = train(&[]);
    assert_eq!(trained.status.code(), Some(0), "{}", String::from_utf8_lossy(&trained.stderr));
    let last = lines(&trained).pop().unwrap();
    let report = &last["report"];
    // A guess among 13 characters costs ln 13 = 2.56 nats.
    assert!(report["validation_loss"].as_f64().unwrap() < 2.3 && report["grammatical_share"].is_null(), "{report}");
    assert_eq!(report["vocabulary"], 13);
    let run = last["run"].as_str().unwrap();
    let ask = |arguments: &[&str]| shinso(home.path(), &[&["ask", "gpt"], arguments, &["--run", run]].concat());
    let panels = |arguments: &[&str]| lines(&ask(&[arguments, &["--json"]].concat())).pop().unwrap()["panels"].clone();
    let text = "prompt=The cat";
    let given = panels(&["continue", "--set", text, "--set", "length=5"]);
    assert_eq!(given[0]["tokens"].as_array().unwrap().len(), "The cat".len() + 5);
    assert_eq!(given, panels(&["continue", "--set", text, "--set", "length=5"]), "the same seed");
    let cold = panels(&["next", "--set", text, "--set", "temperature=0"]);
    assert_eq!(cold[2]["bars"].as_array().unwrap().len(), 1, "{cold}");
    let long = format!("prompt={}", "The cat sat on the mat.".repeat(4));
    let cut = panels(&["surprise", "--set", &long]);
    assert!(cut[0]["text"]["en"].as_str().unwrap().starts_with("The first 76 tokens"), "{cut}");
    refused(&ask(&["continue", "--set", "prompt=The dog"]), 1, "`d` at place 5 never stood in the text");
    refused(&ask(&["attention", "--set", "layer=2", "--set", text]), 1, "this model has 1");
    assert!(panels(&["stories"])[0]["text"]["en"].as_str().unwrap().contains("did not learn from the lab's stories"));
    // A text without an end, until its reader goes away.
    let mut endless = command(home.path(), &["generate", "The cat", "--run", run, "--tokens", "1000000000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut some = [0; 20];
    endless.stdout.take().unwrap().read_exact(&mut some).unwrap();
    assert_eq!(endless.wait().unwrap().code(), Some(0));

    for (bytes, why) in [
        (&b""[..], "text.txt: empty; expected a text in UTF-8"),
        (b"one\ntwo \xff\n", "text.txt: line 2, byte 5 is no UTF-8"),
        (b"one\0two", "text.txt: line 1, byte 4 is NUL"),
        (b"a short text", "text.txt: too short: a part of 11 bytes, expected about 16 for context = 16"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        refused(&train(&[]), 1, why);
    }
    refused(&train(&["--set", "start=bundled"]), 1, "text.txt: too short");
    std::fs::write(&file, "The cat sat on the mat.\n".repeat(200)).unwrap();
    refused(&train(&["--set", "start=bundled"]), 1, "start = bundled: expected layers = 4, width = 128, heads = 4");
    refused(&train(&["--set", "trains=head"]), 1, "a part of a network is trained where start = bundled");
}

#[test]
fn a_grid_world_of_ones_own_is_read_planned_and_written() {
    let home = home();
    let file = home.path().join("map.txt");
    let own = file.to_str().unwrap();
    let train = ["train", "gridworld", "--set", "algorithm=value-iteration", "--set", "steps=50", "--data", own];
    std::fs::write(&file, "step -1\n\nS..\n#.#\nG..\n").unwrap();
    let trained = shinso(home.path(), &[&train[..], &["--json"]].concat());
    assert_eq!(trained.status.code(), Some(0), "{}", String::from_utf8_lossy(&trained.stderr));
    let said = String::from_utf8(trained.stdout).unwrap();
    assert!(said.contains(r#""value_error":0.0"#) && said.contains(r#""greedy_moves":4.0"#), "{said}");
    let folder = home.path().join("out");
    let exported = shinso(home.path(), &["runs", "export", "last", "--to", folder.to_str().unwrap()]);
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    let written = std::fs::read_to_string(folder.join("map.txt")).unwrap();
    assert!(written.ends_with("\nS..\n#.#\nG..\n"), "{written}");
    for (text, message) in [
        ("S..\n...\n", "no goal: expected at least one G"),
        ("S#G\n", "no way from the start (0, 0) to the goal (0, 2)"),
        ("S..\n..G.\n", "line 2 of the map: 4 cells: expected 3, as in line 1"),
        ("S.Q\n..G\n", "line 1 of the map: column 3: `Q`"),
    ] {
        std::fs::write(&file, text).unwrap();
        refused(&shinso(home.path(), &train), 1, message);
    }
    std::fs::write(&file, format!("S{}G\n", ".".repeat(9_998)).repeat(100)).unwrap();
    refused(&shinso(home.path(), &train), 1, "100 rows and 10000 columns: expected at most 256 of each");
}

#[test]
fn a_gpt_goes_on_with_a_text_as_it_comes() {
    let home = home();
    let generate = |arguments: &[&str]| shinso(home.path(), &[&["generate"], arguments].concat());
    let told = generate(&["Anna is in the garden.", "--tokens", "40"]);
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    let story = String::from_utf8(told.stdout.clone()).unwrap();
    assert!(story.starts_with(' ') && story.ends_with('\n') && story.contains('.'), "{story}");
    assert_eq!(told.stdout, generate(&["Anna is in the garden.", "--tokens", "40"]).stdout, "the same seed");
    assert_ne!(told.stdout, generate(&["Anna is in the garden.", "--tokens", "40", "--seed", "2"]).stdout);
    // Each token as JSON: the characters together are the text.
    let events = lines(&generate(&["Anna is in the garden.", "--tokens", "40", "--json"]));
    let text: String = events.iter().map(|event| event["text"].as_str().unwrap()).collect();
    assert_eq!(format!("{}\n", text.trim_end_matches('\n')), story.trim_end_matches('\n').to_owned() + "\n");
    let last = events.last().unwrap();
    assert!(last["event"] == "finished" && last["tokens_per_second"].as_f64().unwrap() > 0.0, "{last}");
    assert!(events[0]["log_probability"].as_f64().unwrap() <= 0.0 && events[0]["entropy"].as_f64().unwrap() >= 0.0);
    let none = lines(&generate(&["Anna", "--tokens", "0", "--json"])).pop().unwrap();
    assert!(none["tokens"] == 0 && none["first_token_seconds"].is_null());
    refused(&generate(&["Anna", "--top-p", "1.5"]), 2, "top-p is 1.5, expected a number above 0 and up to 1");
    refused(&generate(&["Anna", "--run", "gpt-none"]), 2, "gpt-none");
}

#[test]
fn a_gpt2_is_opened_from_its_folder() {
    let home = home();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/gpt2");
    let with = |arguments: &[&str]| shinso(home.path(), &[&["--weights", folder], arguments].concat());
    let events = lines(&with(&["generate", "the day", "--tokens", "30", "--json"]));
    let last = events.last().unwrap();
    assert!(last["prompt_tokens"].as_u64().unwrap() > 1 && last["tokens"].as_u64().unwrap() > 0, "{last}");
    // Half of a character is not written, and what is left of one comes with the end.
    assert!(events[..events.len() - 1].iter().any(|event| event["text"] == ""));
    let panels = lines(&with(&["ask", "gpt", "tokens", "--set", "prompt= the day ", "--json"])).pop().unwrap();
    let [origin, cut] = [0, 1].map(|place| panels["panels"][place].clone());
    assert!(origin["text"]["en"].as_str().unwrap().ends_with(" parameters"), "{origin}");
    let pieces: String =
        cut["tokens"].as_array().unwrap().iter().map(|token| token["text"].as_str().unwrap()).collect();
    assert_eq!(pieces, "␣the␣day␣", "a text keeps the spaces at its ends");
    for view in ["continue", "next", "surprise", "attention", "lens", "stories", "fill", "scale"] {
        let answer = with(&["ask", "gpt", view]);
        assert_eq!(answer.status.code(), Some(0), "{view}: {}", String::from_utf8_lossy(&answer.stderr));
    }
    let long = "the day ".repeat(40);
    let cut = with(&["generate", &long, "--tokens", "1"]);
    assert!(String::from_utf8_lossy(&cut.stderr).contains("do not fit into the context of 32"), "{cut:?}");
    refused(&with(&["ask", "vae", "samples"]), 2, "such a model answers in the lab gpt alone");
    refused(&with(&["train", "gpt"]), 2, "expected no verb, or `generate` or `ask gpt`");
    refused(&with(&["generate", "--run", "x"]), 2, "expected this or --run x, not both");
    refused(&shinso(home.path(), &["--weights", "/nowhere\x1b[31m", "generate", "a"]), 1, "/nowhere␛[31m: no folder");
}
