//! Protocols as other programs meet them, and what they never do: panic.

use super::gtp::{Reply, Server};
use super::sgf;
use super::uci::{self, Dialect, Request};
use crate::reinforcement::games::{AnyGame, Dice, GAMES, Move, below};
use proptest::prelude::*;
use rand::SeedableRng;
use std::time::Duration;

fn server(game: &str) -> Server {
    Server::new(AnyGame::start(game).unwrap(), "mcts:20,threads=1".parse().unwrap(), 1).unwrap()
}

fn say(server: &mut Server, line: &str) -> String {
    match server.hear(line) {
        Reply::Say(text) | Reply::Quit(text) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn gtp_answers_as_its_specification_has_it() {
    let mut server = server("go-9");
    assert_eq!(say(&mut server, "protocol_version\n"), "= 2\n\n");
    assert_eq!(say(&mut server, "7 name"), "=7 shinso\n\n");
    assert_eq!(server.hear("   # a remark\n"), Reply::Nothing);
    assert_eq!(say(&mut server, "known_command genmove"), "= true\n\n");
    assert_eq!(say(&mut server, "known_command castle"), "= false\n\n");
    assert_eq!(say(&mut server, "castle"), "? unknown command\n\n");
    assert_eq!(say(&mut server, "boardsize 25"), "? unacceptable size\n\n");
    assert_eq!(say(&mut server, "boardsize x"), "? boardsize not an integer\n\n");
    assert_eq!(say(&mut server, "boardsize 9"), "=\n\n");
    assert_eq!(say(&mut server, "komi 5.5"), "=\n\n");
    assert_eq!(say(&mut server, "play b e5"), "=\n\n");
    // Two moves of one side: the other passed.
    assert_eq!(say(&mut server, "play B C3"), "=\n\n");
    assert!(say(&mut server, "play w e5").starts_with("? illegal move"));
    assert_eq!(say(&mut server, "final_score"), "= B+75.5\n\n");
    assert_eq!(say(&mut server, "final_status_list alive"), "= E5 C3\n\n");
    assert_eq!(say(&mut server, "undo"), "=\n\n");
    assert_eq!(say(&mut server, "undo"), "=\n\n");
    assert_eq!(say(&mut server, "undo"), "? cannot undo\n\n");
    assert_eq!(say(&mut server, "fixed_handicap 2"), "= C3 G7\n\n");
    assert!(say(&mut server, "reg_genmove w").starts_with("= "));
    assert!(say(&mut server, "showboard").contains("A B C D E F G H J"));
    assert_eq!(say(&mut server, "time_settings 60 0 0"), "=\n\n");
    assert_eq!(say(&mut server, "time_left w 30 0"), "=\n\n");
    assert!(matches!(server.hear("3 lz-analyze w 10"), Reply::Analyze { head, every, kata: false }
        if head == "=3\n" && every == Duration::from_millis(100)));
    assert!(server.analysis(Duration::from_millis(5), true, &false.into()).starts_with("info move "));
    assert_eq!(server.hear("quit"), Reply::Quit("=\n\n".to_owned()));
}

/// A client that plays both sides to the end of the game.
#[test]
fn gtp_plays_whole_games() {
    for (game, size) in [("go-9", 9), ("othello", 8), ("gomoku-9", 9)] {
        let mut server = server(game);
        say(&mut server, &format!("boardsize {size}"));
        let mut color = "b";
        for _ in 0..300 {
            if server.position().outcome().is_some() {
                break;
            }
            let answer = say(&mut server, &format!("genmove {color}"));
            assert!(answer.starts_with("= ") && answer.ends_with("\n\n"), "{game}: {answer}");
            color = if color == "b" { "w" } else { "b" };
        }
        assert!(server.position().outcome().is_some(), "{game}");
    }
}

#[test]
fn uci_and_usi_take_positions_and_answer() {
    let mut chess = uci::Server::new(Dialect::Uci, "alphabeta:depth=2".parse().unwrap());
    assert!(matches!(chess.hear("uci"), Request::Say(text) if text.ends_with("uciok")));
    assert_eq!(chess.hear("isready"), Request::Say("readyok".to_owned()));
    assert_eq!(chess.hear("position startpos moves e2e4 e7e5 g1f3"), Request::Nothing);
    let diagram = chess.position().diagram();
    assert!(diagram.starts_with("rnbqkbnr/pppp1ppp/8/4p3/4P3/5N2/PPPP1PPP/RNBQKB1R b"), "{diagram}");
    assert!(matches!(chess.hear("position startpos moves e2e5"), Request::Say(text) if text.contains("move 1")));
    assert_eq!(chess.position().diagram(), diagram, "a faulty line changes nothing");
    let budget = |server: &mut uci::Server, line: &str| match server.hear(line) {
        Request::Go(budget) => budget,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(budget(&mut chess, "go movetime 250").time, Some(Duration::from_millis(250)));
    assert_eq!(budget(&mut chess, "go nodes 99").playouts, Some(99));
    assert!(budget(&mut chess, "go btime 30000 wtime 1").time > Some(Duration::from_millis(900)), "black's clock");
    assert_eq!(budget(&mut chess, "go infinite"), Default::default());
    let mut shogi = uci::Server::new(Dialect::Usi, "alphabeta:depth=1".parse().unwrap());
    assert!(matches!(shogi.hear("usi"), Request::Say(text) if text.ends_with("usiok")));
    let place = "position sfen 4k4/9/9/9/9/9/4P4/9/4K4 b P 1 moves P*4e";
    assert_eq!(shogi.hear(place), Request::Nothing);
    assert!(budget(&mut shogi, "go btime 0 wtime 0 byoyomi 1000").time < Some(Duration::from_millis(1000)));
    let mut agent =
        "alphabeta:depth=1".parse::<crate::reinforcement::search::Spec>().unwrap().agent(shogi.position(), 1).unwrap();
    let thought = shogi.think(&mut agent, Default::default(), &false.into());
    assert!(shogi.conclude(&thought).contains("\nbestmove "));
}

#[test]
fn sgf_is_read_back_as_it_was_written() {
    let mut dice = Dice::seed_from_u64(4);
    for id in ["go-9", "go-13", "othello", "gomoku-9", "gomoku-15"] {
        let start = AnyGame::start(id).unwrap();
        let (mut position, mut played, mut moves) = (start.clone(), Vec::new(), Vec::new());
        while played.len() < 60 {
            position.legal(&mut moves);
            if moves.is_empty() {
                break;
            }
            let chosen: Move = moves[below(&mut dice, moves.len())];
            position.play(chosen);
            played.push(chosen);
        }
        let text = sgf::write(&start, &played, ["a]b\\", "c"], "?").unwrap();
        let record = sgf::read(&text).unwrap();
        let positions = record.game(&start).unwrap();
        assert_eq!(positions.len(), played.len() + 1, "{id}");
        assert_eq!(positions.last().unwrap().diagram(), position.diagram(), "{id}");
        assert!(record.nodes[0].contains(&("PB".to_owned(), vec!["a]b\\".to_owned()])));
    }
    let fault = sgf::read("(;FF[4]\n;B[aa").unwrap_err();
    assert_eq!((fault.line, fault.what.as_str()), (2, "a value has no ] at its end"));
    let variations = sgf::read("(;SZ[9];B[aa](;W[bb];B[cc])(;W[dd]))").unwrap();
    assert_eq!(variations.game(&AnyGame::start("go-9").unwrap()).unwrap().len(), 4, "the first line of play");
    assert!(
        sgf::read("(;SZ[9];B[aa];B[aa])")
            .unwrap()
            .game(&AnyGame::start("go-9").unwrap())
            .unwrap_err()
            .contains("node 3")
    );
    assert!(sgf::read(&"(;".repeat(100_000)).is_err(), "no end of variations");
}

/// Words that commands are made of, so that nonsense is not refused at its first word.
fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        proptest::sample::select(vec![
            "play",
            "undo",
            "boardsize",
            "komi",
            "b",
            "w",
            "black",
            "pass",
            "a1",
            "e5",
            "t19",
            "9",
            "-3",
            "1e9",
            "clear_board",
            "final_score",
            "final_status_list",
            "alive",
            "fixed_handicap",
            "set_free_handicap",
            "time_left",
            "time_settings",
            "2",
            "position",
            "startpos",
            "fen",
            "sfen",
            "moves",
            "e2e4",
            "7g7f",
            "P*5e",
            "go",
            "movetime",
            "wtime",
            "byoyomi",
            "infinite",
            "4k3/8/8/8/8/8/8/4K3",
            "lz-analyze",
            "known_command",
            "showboard",
            "loadsgf",
            "/nowhere",
            "3",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    proptest::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn no_line_of_gtp_breaks_it(lines in proptest::collection::vec(line(), 1..12), game in 0..GAMES.len()) {
        let mut server = server(GAMES[game]);
        for line in &lines {
            match server.hear(line) {
                Reply::Say(text) => prop_assert!(text.starts_with(['=', '?']) && text.ends_with("\n\n")),
                Reply::Quit(_) | Reply::Nothing | Reply::Analyze { .. } => {}
            }
        }
    }

    #[test]
    fn no_line_of_uci_breaks_it(lines in proptest::collection::vec(line(), 1..12), shogi: bool) {
        let dialect = if shogi { Dialect::Usi } else { Dialect::Uci };
        let mut server = uci::Server::new(dialect, "random".parse().unwrap());
        for line in &lines {
            server.hear(line);
        }
    }

    #[test]
    fn no_sgf_breaks_it(text in "[(;)\\[\\]\\\\ABWSZKM0-9a-t\\n ]{0,80}", game in 0..GAMES.len()) {
        if let Ok(record) = sgf::read(&text) {
            let _unplayable = record.game(&AnyGame::start(GAMES[game]).unwrap());
        }
    }

    #[test]
    fn no_diagram_breaks_it(text in "\\PC{0,60}", game in 0..GAMES.len()) {
        let start = AnyGame::start(GAMES[game]).unwrap();
        if let Ok(position) = start.at(&text) {
            prop_assert!(start.at(&position.diagram()).is_ok());
        }
        let _unreadable = start.read(&text);
    }
}
