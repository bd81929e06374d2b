//! Words and their vectors.

use super::program::{command, shinso};
use super::{home, lines, refused};
use std::process::Stdio;

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
