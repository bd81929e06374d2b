//! Games as the world writes them: every file of `tests/cases/games` is opened by the readers that all doors use, and has the outcome that
//! `games.tsv` states. With `WRITE_CASES=1` the table is written anew, to be looked at before it is kept.

use shinso::data::records;
use shinso::experiment::Language;
use shinso::reinforcement::agent::{Agent, Spec};
use shinso::reinforcement::games::{AnyGame, Outcome, Side};
use shinso::reinforcement::protocol::gtp::{self, Reply};
use shinso::reinforcement::protocol::uci::{self, Dialect, Request};
use shinso::reinforcement::protocol::{files, record::Record};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// The game on the table when a file is opened: another one than that of the file, where the file tells its own.
fn table(name: &str) -> AnyGame {
    let id = match name {
        name if name.contains("sgf59") || name.ends_with(".sgf") => "go-9",
        name if name.ends_with(".pgn") => "chess",
        name if name.starts_with("oth") => "gomoku-9",
        _ => "shogi",
    };
    AnyGame::start(id).unwrap()
}

/// What came of a file: how it ended, how many moves, whose names, the last position, what was said.
fn opened(name: &str, bytes: &[u8]) -> String {
    let decoded = match records::decoded(bytes) {
        Ok(decoded) => decoded,
        Err(why) => return format!("refused\t{why}"),
    };
    match files::read(&decoded.text, &table(name)) {
        Err(why) => format!("refused\t{why}"),
        Ok(record) => {
            let last = record.positions().pop().unwrap();
            let outcome = match record.outcome {
                Some(Outcome::Won(Side::First)) => "first won",
                Some(Outcome::Won(Side::Second)) => "second won",
                Some(Outcome::Drawn) => "drawn",
                None => "open",
            };
            let notes: Vec<&str> =
                decoded.notes.iter().chain(&record.notes).map(|note| note.in_language(Language::En)).collect();
            assert!(record.notes.iter().all(|note| !note.ja.is_ascii()), "{name}: a note is not in Japanese");
            let Record { players: [first, second], moves, ended, .. } = &record;
            format!(
                "{} {outcome} {ended:?}\t{} moves\t{first} - {second}\t{}\t{}",
                record.start.id(),
                moves.len(),
                last.diagram(),
                notes.join(" | ")
            )
        }
    }
}

/// What a program that is spoken to answers.
fn answers(name: &str, text: &str) -> String {
    let spec = |words: &str| words.parse::<Spec>().unwrap();
    if name.ends_with(".gtp") {
        let mut server = gtp::Server::new(AnyGame::start("go-9").unwrap(), spec("greedy"), 1).unwrap();
        let hear = |line: &str| match server.hear(line) {
            Reply::Say(text) | Reply::Quit(text) => text.trim().to_owned(),
            other => format!("{other:?}"),
        };
        return text.lines().map(hear).collect::<Vec<_>>().join(" / ");
    }
    let dialect = if name.ends_with(".uci") { Dialect::Uci } else { Dialect::Usi };
    let spec = spec("alphabeta:depth=2");
    let mut server = uci::Server::new(dialect, spec.clone());
    let mut agent: Agent = spec.agent(server.position(), 1).unwrap();
    let mut said = Vec::new();
    for line in text.lines() {
        match server.hear(line) {
            Request::Nothing => {}
            Request::Go(_) => {
                let result = server.think(&mut agent, spec.budget, &AtomicBool::new(false), &|_, _| {});
                let answer = server.conclude(&result);
                let best = answer.rsplit("bestmove ").next().unwrap().to_owned();
                said.push(if server.position().read(&best).is_ok() { "a legal bestmove".to_owned() } else { answer });
                if dialect == Dialect::Usi {
                    said.push(server.mate(None, &AtomicBool::new(false)));
                }
            }
            other => said.push(format!("{other:?}")),
        }
    }
    said.join(" / ")
}

#[test]
fn every_file_has_its_outcome() {
    let mut names: Vec<String> = fs::read_dir(folder().join("games"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut table = String::new();
    for name in &names {
        let bytes = fs::read(folder().join("games").join(name)).unwrap();
        let outcome = if name.starts_with("cmd_") {
            answers(name, &String::from_utf8(bytes).unwrap())
        } else {
            opened(name, &bytes)
        };
        table += &format!("{name}\t{}\n", outcome.trim_end());
    }
    let file = folder().join("games.tsv");
    if std::env::var_os("WRITE_CASES").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap();
    for (found, expected) in table.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(table.lines().count(), expected.lines().count());
}
