//! Verbs that answer at once: labs, views, completions, the bench, the doctor.

use super::program::shinso;
use super::{home, lines, refused};

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
    let moves = "moves=471134755652741";
    let lengths = lines(&ask(&["self-play", "lengths", "--set", moves, "--json"])).remove(0);
    let rows = lengths["panels"][0]["rows"].as_array().unwrap();
    let certain = rows.iter().find(|row| row[4] == "✓").unwrap();
    assert_eq!((&rows[0][1], &certain[0], &certain[1]), (&"4".into(), &"25".into(), &"3".into()), "{lengths}");
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
