//! Games: counted, solved, played and learned.

use super::program::{command, shinso};
use super::{home, lines, refused};
use std::path::Path;
use std::process::Stdio;

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
