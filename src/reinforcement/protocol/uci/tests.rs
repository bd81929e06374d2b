//! What `position` and `go` come to.

use super::*;

fn server(dialect: Dialect, agent: &str) -> (Server, Agent) {
    let spec: Spec = agent.parse().unwrap();
    let server = Server::new(dialect, spec.clone());
    let agent = spec.agent(server.position(), 1).unwrap();
    (server, agent)
}

/// What a `go` answers, without waiting for anything.
fn answer(server: &mut Server, agent: &mut Agent, go: &str) -> String {
    match server.hear(go) {
        Request::Go(go) => {
            let result = server.think(agent, go.budget, &AtomicBool::new(false), &|_, _| {});
            server.conclude(&result)
        }
        Request::Say(text) => text,
        other => panic!("{other:?}"),
    }
}

/// Hears a position, of which nothing is said but what was odd about its diagram.
#[track_caller]
fn place(server: &mut Server, position: &str) {
    match server.hear(position) {
        Request::Nothing => {}
        Request::Say(said) => assert!(said.starts_with("info string FEN: `"), "{position}: {said}"),
        other => panic!("{position}: {other:?}"),
    }
}

#[test]
fn a_draw_that_nobody_has_taken_is_played_on() {
    let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:depth=2");
    let to_and_fro = "g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8";
    for position in [
        format!("position startpos moves {to_and_fro}"),
        format!("position startpos moves {to_and_fro} e2e4"),
        "position fen 8/8/8/8/8/4k3/8/R3K3 w - - 149 80".to_owned(),
        "position fen 8/8/8/8/8/4k3/8/4K2B w".to_owned(),
    ] {
        place(&mut server, &position);
        let said = answer(&mut server, &mut agent, "go depth 2");
        assert!(!said.ends_with("0000") && said.contains("bestmove "), "{position}: {said}");
    }
    let (mut server, mut agent) = self::server(Dialect::Usi, "alphabeta:depth=1");
    let round = "4i4h 4a4b 4h4i 4b4a ".repeat(3);
    assert_eq!(server.hear(&format!("position startpos moves {round}")), Request::Nothing);
    assert!(!answer(&mut server, &mut agent, "go depth 1").contains("resign"));
}

#[test]
fn mates_are_counted_in_moves_and_a_queen_is_no_mate() {
    let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:depth=4");
    let mut after = |position: &str| {
        server.hear(&format!("position fen {position}"));
        answer(&mut server, &mut agent, "go depth 4")
    };
    assert!(after("6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1").contains("score mate 1 pv a1a8"));
    assert!(after("R5k1/5ppp/8/8/8/8/8/4K3 b - - 0 1").contains("score mate 0\nbestmove 0000"));
    let queen = after("4k3/8/8/8/8/8/8/3QK3 w - - 0 1");
    let points: i32 = queen.split("cp ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((200..2400).contains(&points), "{queen}");
}

#[test]
fn a_depth_is_kept_and_a_clock_is_never_overdrawn() {
    let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:1s");
    assert!(answer(&mut server, &mut agent, "go depth 2").contains("info depth 2 "));
    let time = |server: &mut Server, go: &str| match server.hear(go) {
        Request::Go(go) => go.budget.time.unwrap().as_millis(),
        other => panic!("{other:?}"),
    };
    assert!(time(&mut server, "go wtime 100 btime 100 winc 3000 binc 3000") < 80);
    assert_eq!(time(&mut server, "go wtime -20 btime 0"), 1);
    assert!(time(&mut server, "go wtime 60000 btime 1 movestogo 2") > 15_000);
    assert!(time(&mut server, "go wtime 60000 btime 1") < 2_000);
}

#[test]
fn what_is_refused_is_not_played_and_what_waits_says_for_what() {
    let (mut server, mut agent) = server(Dialect::Uci, "greedy");
    assert!(matches!(server.hear("position fen 9/8 w"), Request::Say(_)));
    assert!(answer(&mut server, &mut agent, "go").ends_with("bestmove 0000"));
    server.hear("position startpos");
    let until = |server: &mut Server, go: &str| match server.hear(go) {
        Request::Go(go) => go.until,
        other => panic!("{other:?}"),
    };
    assert_eq!(until(&mut server, "go infinite"), Until::Stop);
    assert_eq!(until(&mut server, "go ponder wtime 1000"), Until::Hit);
    assert_eq!(until(&mut server, "go wtime 1000"), Until::Spent);
    let mut usi = self::server(Dialect::Usi, "greedy").0;
    assert_eq!(usi.hear("go mate 1000"), Request::Mate(Some(Duration::from_secs(1))));
    assert_eq!(usi.hear("go mate infinite"), Request::Mate(None));
    usi.hear("position sfen 4k4/9/4P4/9/9/9/9/9/9 b G2r2b3g4s4n4l17p 1");
    assert_eq!(usi.mate(None, &AtomicBool::new(false)), "checkmate G*5b");
    usi.hear("position startpos");
    assert_eq!(usi.mate(None, &AtomicBool::new(false)), "checkmate nomate");
}

/// The legal move of a `bestmove` line.
fn is_played(server: &Server, said: &str) -> bool {
    let name = said.rsplit("bestmove ").next().unwrap();
    server.position().read(name).is_ok()
}

#[test]
fn kings_alone_move_on_for_others_and_in_files() {
    let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:depth=2");
    for line in [
        "position fen 8/8/8/8/8/4k3/8/4K2B w - - 0 1 moves h1g2 e3d4 g2h3",
        "position fen 4k3/8/8/8/8/8/8/4K2R w K - 99 80 moves h1h2 e8e7 h2h3 e7e6",
        "position fen k7/8/8/8/8/8/8/K7 w - - 0 0",
    ] {
        place(&mut server, line);
        let said = answer(&mut server, &mut agent, "go depth 3");
        assert!(is_played(&server, &said), "{line}: {said}");
    }
    let drawn = "position startpos moves g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8 e2e4";
    assert_eq!(server.hear(drawn), Request::Nothing);
    let read = read(drawn, server.position()).unwrap();
    assert_eq!((read.moves.len(), read.notes.len()), (9, 1), "with a word about it");
}

/// The tree has met the end that the rules have, and is asked to go on from there.
#[test]
fn a_tree_search_goes_on_too() {
    let (mut server, mut agent) = server(Dialect::Uci, "mcts:200,threads=1");
    for line in [
        "position startpos moves g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1",
        "position startpos moves g1f3 g8f6 f3g1 f6g8 g1f3 g8f6 f3g1 f6g8",
        "position fen k7/8/8/8/8/8/8/K7 w - - 0 1",
    ] {
        server.hear(line);
        let said = answer(&mut server, &mut agent, "go");
        assert!(said.contains(" pv ") && is_played(&server, &said), "{line}: {said}");
    }
    let (mut server, mut agent) = self::server(Dialect::Usi, "mcts:100,threads=1");
    let round = "4i4h 4a4b 4h4i 4b4a ".repeat(3);
    for line in [round.trim_end_matches(" 4b4a "), &round] {
        server.hear(&format!("position startpos moves {line}"));
        for go in ["go", "go movetime 0", "go nodes 0"] {
            let said = answer(&mut server, &mut agent, go);
            assert!(is_played(&server, &said), "{line}: {said}");
        }
    }
}

#[test]
fn bounds_hold_together() {
    let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:1s");
    let budget = |server: &mut Server, go: &str| match server.hear(go) {
        Request::Go(go) => go.budget,
        other => panic!("{other:?}"),
    };
    let limits = budget(&mut server, "go depth 3 nodes 100 movetime 20");
    assert_eq!((limits.depth, limits.playouts, limits.time), (Some(3), Some(100), Some(Duration::from_millis(20))));
    assert_eq!(budget(&mut server, "go mate 2").depth, Some(4));
    assert_eq!(budget(&mut server, "go searchmoves e2e4"), "alphabeta:1s".parse::<Spec>().unwrap().budget);
    assert_eq!(budget(&mut self::server(Dialect::Uci, "mcts:50").0, "go depth 9").playouts, Some(50));
    let nodes = budget(&mut server, "go nodes 3000");
    let result = server.think(&mut agent, nodes, &AtomicBool::new(false), &|_, _| {});
    // Those on the way back from the last one are counted as well.
    assert!((2900..3100).contains(&result.nodes), "{}", result.nodes);
}

#[test]
fn mates_are_counted_although_the_line_stops_short() {
    let (mut server, mut agent) = server(Dialect::Uci, "alphabeta:depth=8");
    let mut after = |position: &str| {
        server.hear(&format!("position fen {position}"));
        answer(&mut server, &mut agent, "go")
    };
    let said = after("kbK5/pp6/1P6/8/8/8/8/R7 w - - 0 1");
    assert!(said.contains("score mate 2 "), "{said}");
    let said = after("6k1/R7/1R6/8/8/8/8/6K1 b - - 0 1");
    assert!(said.contains("score mate -1 "), "{said}");
    let (server, _) = self::server(Dialect::Usi, "greedy");
    let mut result =
        SearchResult { proven: Some(Outcome::Won(Side::First)), ends_in: Some(3), ..SearchResult::of(Vec::new()) };
    assert!(server.info(&result).contains("score mate 3"));
    result.ends_in = None;
    assert!(server.info(&result).contains("score mate +"));
}
