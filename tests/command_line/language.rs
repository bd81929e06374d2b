//! Models of sequences and of language, on pairs and texts of one's own.

use super::program::{command, shinso};
use super::{home, lines, refused};
use std::io::Read;
use std::process::Stdio;

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
