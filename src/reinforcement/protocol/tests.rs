//! Protocols as other programs meet them, and what they never do: panic.

use super::files::tests::random_moves;
use super::gtp::{Reply, Server};
use super::record::Ending;
use super::uci::{self, Dialect, Request};
use super::{csa, files, ki2, kif, pgn, sgf};
use crate::reinforcement::games::{AnyGame, GAMES, Game, Outcome, PlayoutRng, Side};
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
fn gtp_loads_a_game_of_its_own_kind() {
    let folder = tempfile::tempdir().unwrap();
    let load = |game: &str, text: &str| {
        let file = folder.path().join("game.sgf");
        std::fs::write(&file, text).unwrap();
        let mut server = server(game);
        let answer = say(&mut server, &format!("loadsgf {}", file.display()));
        (answer, server.position().diagram())
    };
    let (answer, position) = load("go-9", "(;GM[1]SZ[5]AB[aa];W[bb])");
    assert_eq!((answer.as_str(), position.as_str()), ("=\n\n", "x..../.o.../...../...../..... x"));
    assert_eq!(load("go-9", "(;GM[2];B[f5])").0, "? cannot load file: it is of othello\n\n");
    let refused = "? cannot load file: line 1, column 14: move 1: B[kk]: `kk` is no point: a column A to J and a row 1 to 9, as in C8\n\n";
    assert_eq!(load("go-9", "(;GM[1]SZ[9];B[kk])").0, refused);
}

#[test]
fn gtp_knows_which_side_of_chess_is_white() {
    let mut server = server("chess");
    assert!(say(&mut server, "play b e7e5").starts_with("? illegal move"));
    for line in ["white f3", "black e5", "w g4", "b Qh4"] {
        assert_eq!(say(&mut server, &format!("play {line}")), "=\n\n", "{line}");
    }
    assert_eq!(say(&mut server, "final_score"), "= B+1\n\n");
}

#[test]
fn gtp_leaves_the_end_of_go_to_others() {
    let mut server = server("go-9");
    // No pass is put in between, so that these are not two in a row.
    for line in ["play b pass", "play b pass", "play b d4", "play b pass", "play w pass", "play b pass"] {
        assert_eq!(say(&mut server, line), "=\n\n", "{line}");
    }
    assert_eq!(say(&mut server, "play w pass"), "=\n\n");
    assert_eq!(say(&mut server, "genmove b"), "= pass\n\n", "after two passes it passes too");
    assert_eq!(say(&mut server, "undo"), "=\n\n", "which can be taken back");
    assert_eq!(say(&mut server, "play w e5"), "=\n\n");
    assert!(server.position().outcome().is_none());
    let mut server = self::server("tic-tac-toe");
    for line in ["b a1", "w a2", "b b1", "w b2", "b c1"] {
        assert_eq!(say(&mut server, &format!("play {line}")), "=\n\n");
    }
    assert_eq!(say(&mut server, "genmove w"), "? the game has ended\n\n");
    assert_eq!(say(&mut server, "lz-analyze w 10"), "? the game has ended\n\n");
}

#[test]
fn gtp_places_handicaps_on_an_empty_board_only() {
    let mut server = server("go-9");
    for line in ["fixed_handicap 1", "place_free_handicap 1", "set_free_handicap e5", "fixed_handicap 10"] {
        assert_eq!(say(&mut server, line), "? invalid number of stones\n\n", "{line}");
    }
    for line in ["set_free_handicap e5 e5", "set_free_handicap e5 pass", "set_free_handicap e5 z9"] {
        assert_eq!(say(&mut server, line), "? bad vertex list\n\n", "{line}");
    }
    assert_eq!(say(&mut server, "place_free_handicap 30").split_whitespace().count(), 10, "nine at most");
    for line in ["fixed_handicap 2", "place_free_handicap 2", "set_free_handicap e5 f5"] {
        assert_eq!(say(&mut server, line), "? board not empty\n\n", "{line}");
    }
    say(&mut server, "clear_board");
    assert_eq!(say(&mut server, "set_free_handicap e5 f5"), "= E5 F5\n\n");
}

#[test]
fn gtp_analyses_what_it_is_asked_for() {
    let mut server = server("go-9");
    let every = |server: &mut Server, line: &str| match server.hear(line) {
        Reply::Analyze { every, .. } => every.as_millis(),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(every(&mut server, "lz-analyze"), 500);
    assert_eq!(every(&mut server, "kata-analyze w interval 20 rootInfo true"), 200, "the other side too");
    assert_eq!(every(&mut server, "lz-analyze b minmoves 3 interval 7"), 70);
    for line in ["green 10", "b -1", "b interval", "b interval x", "b 10 avoid b d4 1"] {
        assert!(say(&mut server, &format!("lz-analyze {line}")).starts_with("? "), "{line}");
    }
    every(&mut server, "kata-analyze b 1");
    let line = server.analysis(Duration::from_millis(5), true, &false.into());
    assert!(line.starts_with("info move ") && !line.contains("prior") && !line.contains("scoreLead"), "{line}");
    // Who counts no visits has nothing to report.
    let mut server = Server::new(AnyGame::start("go-9").unwrap(), "greedy".parse().unwrap(), 1).unwrap();
    every(&mut server, "lz-analyze b 1");
    assert_eq!(server.analysis(Duration::from_millis(5), false, &false.into()), "");
}

#[test]
fn gtp_loads_files_in_old_encodings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("game.sgf");
    let load = |text: &[u8]| {
        std::fs::write(&file, text).unwrap();
        let mut server = server("go-9");
        let answer = say(&mut server, &format!("loadsgf {}", file.display()));
        (answer, server)
    };
    assert_eq!(load(b"(;GM[1]SZ[9]PB[Andr\xe9];B[aa])").0, "=\n\n");
    assert_eq!(load(b"(;GM[1]CA[ISO-8859-1]SZ[9]PB[Andr\xe9];B[aa])").0, "=\n\n");
    assert_eq!(load(b"(;GM[1]CA[Shift_JIS]SZ[9]PB[\x83\x5d];B[aa])").0, "=\n\n");
    assert!(load(b"PK\x03\x04\x14\0").0.contains("a zip archive; expected a game as SGF"));
    let (_, mut server) = load(b"(;GM[1]SZ[9]AB[aa][bb])");
    assert_eq!(say(&mut server, "fixed_handicap 2"), "? board not empty\n\n");
    say(&mut server, "clear_board");
    assert_eq!(say(&mut server, "final_score"), "= W+7\n\n", "without the stones of the file");
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
    chess.hear("position startpos moves e2e4 e7e5 g1f3");
    let budget = |server: &mut uci::Server, line: &str| match server.hear(line) {
        Request::Go(budget) => budget,
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(budget(&mut chess, "go movetime 250").budget.time, Some(Duration::from_millis(250)));
    assert_eq!(budget(&mut chess, "go nodes 99").budget.playouts, Some(99));
    assert!(
        budget(&mut chess, "go btime 30000 wtime 1").budget.time > Some(Duration::from_millis(900)),
        "black's clock"
    );
    assert_eq!(budget(&mut chess, "go infinite").budget, Default::default());
    let mut shogi = uci::Server::new(Dialect::Usi, "alphabeta:depth=1".parse().unwrap());
    assert!(matches!(shogi.hear("usi"), Request::Say(text) if text.ends_with("usiok")));
    let place = "position sfen 4k4/9/9/9/9/9/4P4/9/4K4 b P 1 moves P*4e";
    assert_eq!(shogi.hear(place), Request::Nothing);
    assert!(budget(&mut shogi, "go btime 0 wtime 0 byoyomi 1000").budget.time < Some(Duration::from_millis(1000)));
    let mut agent =
        "alphabeta:depth=1".parse::<crate::reinforcement::agent::Spec>().unwrap().agent(shogi.position(), 1).unwrap();
    let result = shogi.think(&mut agent, Default::default(), &false.into(), &|_, _| {});
    assert!(shogi.conclude(&result).contains("\nbestmove "));
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

/// Signs and words of a format, between broken bars.
const SGF: &str = "(;¦(¦)¦;¦[¦]¦\\¦\n¦GM[1]¦GM[2]¦GM[4]¦GM[7]¦SZ[9]¦SZ[13]¦SZ[15]¦SZ[8]¦SZ[2]¦SZ[19:19]¦KM[6.5]¦KM[nan]¦HA[2]¦AB[aa]¦\
    AB[bb:dd]¦AW[cc][dc]¦AE[aa:bb]¦PL[W]¦PL[B]¦;B[aa]¦;W[bb]¦;B[cc]¦;W[dd]¦;B[]¦;W[]¦;B[tt]¦;B[df]¦;W[d3]¦;B[dc]¦;W[ed]¦RE[B+R]¦\
    RE[0]¦PB[x\\]y]¦C[¦é¦\r\n";
const PGN: &str = "[¦]¦\"¦\\¦(¦)¦{¦}¦;¦%¦$1¦$¦!?¦\n¦1.¦1...¦2.e4¦…¦e4¦e5¦d4¦d5¦Nf3¦Ngf3¦Nc6¦Bb5¦Bc4¦Nf6¦O-O¦0-0-0¦exd5¦e6¦e.p.¦f5¦exf6ep¦\
    a8=Q+¦e2e4¦e7e5¦--¦1-0¦0-1¦1/2-1/2¦*¦[White \"a\\\"b\"]¦[Result \"0-1\"]¦[SetUp \"1\"]¦[FEN \"4k3/P6P/8/8/8/8/8/R3K2R w KQ - 0 1\"]¦\
    [FEN \"4k3/8/8/8/8/8/8/4K3 w\"]¦[FEN \"x\"]¦[Variant \"Atomic\"]¦position¦startpos¦fen¦moves¦½-½¦\u{feff}";
const KIF: &str = "\n¦ ¦　¦1 ¦\n   2 ¦\n３ ¦1 ７六歩(77)\n2 ３四歩(33)\n¦７六歩(77)¦３四歩(33)¦76歩(77)¦２二角成(88)¦同　銀(31)¦同銀¦同　¦４五角打¦\
    ５二金右(61)¦不成¦成¦打¦(77)¦(99)¦( 0:00/00:00:00)¦+¦投了¦千日手¦詰み¦中断¦切れ負け¦反則勝ち¦変化：1手¦手合割：平手\n¦手合割：二枚落ち\n¦\
    手合割：右香落ち\n¦手合割：三枚落ち\n¦先手：甲\n¦後手：乙\n¦上手：丙\n¦先手番\n¦後手番\n¦手数＝4\n¦手数＝９９９９９\n¦手数----\n¦後手の持駒：なし\n¦\
    先手の持駒：飛　角二　歩十八　\n¦先手の持駒：玉\n¦|v玉 ・ ・ ・ ・ ・ ・ ・ ・|一\n¦| ・ ・ ・ ・ ・ ・ ・ ・ ・|\n¦| ・ ・ ・ ・ 玉 歩 ・ と 龍|\n¦| 歩|\n¦\
    まで4手で先手の勝ち¦まで¦# x\n¦* x\n¦&\n¦position startpos moves 7g7f¦position sfen ¦\
    lnsgkgsnl/1r5b1/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL b - 1¦ moves 3c3d¦99/9/9 b - 1¦ P*5e¦王";
const KI2: &str = "▲７六歩 ¦△３四歩\n¦▲２二角成¦△同　銀¦☗４五角¦☖５二金右¦▲３四角不成¦▲同　歩¦△８八角成¦▲５八金右¦▲６八金寄¦▲５八飛¦▲¦△¦▼７六歩¦\n¦\n* x\n¦\n変化：3手\n¦\
    手合割：二枚落ち\n¦手合割：左七枚落ち\n¦先手：甲\n¦後手：乙\n¦まで4手で先手の勝ち¦まで3手で先手の反則負け¦まで千日手¦|v玉 ・ ・ ・ ・ ・ ・ ・ ・|一\n¦先手番\n¦直¦上¦左¦打";
const CSA: &str = "V2.2¦V3.0¦N+a, b¦N-¦$EVENT:x¦PI¦PI82HI22KA¦P1-KY-KE-GI-KI-OU-KI-GI-KE-KY¦P2 * -HI *  *  *  *  * -KA * ¦P9 *  *  *  * +OU¦P+00FU00FU¦\
    P-00AL¦P+59OU¦P-51OU¦P+00AL00AL¦+¦-¦+7776FU¦-3334FU¦+8822UM¦-3122GI¦+0045KA¦+0000KA¦+7776¦-8384FU,T3¦T12¦%TORYO¦%CHUDAN¦%ILLEGAL_MOVE¦\
    %+ILLEGAL_ACTION¦%KACHI¦%x¦/¦'¦'まで4手で先手の勝ち¦+7776FU,T1,-3334FU¦é¦P¦P1¦P0¦PZ";
const PLAIN: &str = "# connect-four\n¦# tic-tac-toe\n¦# othello\n¦# go-9\n¦# gomoku-9\n¦# chess\n¦# shogi\n¦# start:¦# first: a\n¦\
    # second: b\n¦# result: first wins on time\n¦# result: draw\n¦\n¦1.¦2.¦1...¦4¦4453¦7¦a1¦b2¦c3¦f5d6c3¦e3f4¦d3¦pass¦e4¦h8i9j10¦7g7f¦3c3d¦\
    B*5e¦e7e5¦x.o/.x./... o¦./¦......./......./......./......./......./...x... o¦xx./oo./... x¦9¦0¦é¦passpass";

/// Pieces of a format and signs of any kind, in any order, half of the time in a frame; a good game with faults; or signs alone.
fn text_of(pieces: &'static str, between: &'static str, frame: [&'static str; 2]) -> impl Strategy<Value = String> {
    let piece = move || {
        prop_oneof![
            12 => proptest::sample::select(pieces.split('¦').collect::<Vec<_>>()).prop_map(str::to_owned),
            1 => "\\PC{0,4}",
        ]
    };
    let faults = proptest::collection::vec((any::<prop::sample::Index>(), 0..4_usize, piece()), 1..4);
    prop_oneof![
        6 => (proptest::collection::vec(piece(), 0..24), any::<bool>()).prop_map(move |(pieces, framed)| {
            let text = pieces.join(between);
            if framed { format!("{}{between}{text}{between}{}", frame[0], frame[1]) } else { text }
        }),
        4 => (0..GAMES.len(), any::<u64>(), 0..30_usize, faults).prop_map(|(game, seed, count, faults)| {
            let start = AnyGame::start(GAMES[game]).unwrap();
            let (last, moves) = random_moves(&start, count, &mut PlayoutRng::seed_from_u64(seed));
            let (text, _) = files::write(&start, &moves, ["a", "b"], last.outcome(), Ending::Rules);
            let mut signs: Vec<char> = text.chars().collect();
            for (place, length, piece) in faults {
                let begins = place.index(signs.len() + 1);
                let ends = (begins + length).min(signs.len());
                signs.splice(begins..ends, piece.chars());
            }
            signs.into_iter().collect()
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..80).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        1 => ".{0,80}",
    ]
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
    fn no_sgf_breaks_it(text in text_of(SGF, "", ["(;", ")"]), game in 0..GAMES.len()) {
        let _unreadable = sgf::read(&text, &AnyGame::start(GAMES[game]).unwrap());
    }

    #[test]
    fn no_pgn_breaks_it(text in text_of(PGN, " ", ["[White \"a\"]", "*"])) {
        let _unreadable = pgn::read(&text);
    }

    #[test]
    fn no_kif_breaks_it(text in text_of(KIF, "", ["手合割：平手\n", "投了\n"])) {
        let _unreadable = kif::read(&text);
    }

    #[test]
    fn no_ki2_breaks_it(text in text_of(KI2, "", ["手合割：平手\n", "\nまで4手で先手の勝ち"])) {
        let _unreadable = ki2::read(&text);
    }

    #[test]
    fn no_csa_breaks_it(text in text_of(CSA, "\n", ["V2.2\nPI\n+", "%TORYO"])) {
        let _unreadable = csa::read(&text);
    }

    /// What is written as KI2 and as CSA is read back, from any start.
    #[test]
    fn games_of_shogi_are_read_back_in_every_format(
        seed: u64,
        before in 0..60_usize,
        count in 0..120_usize,
        result in 0..4_usize,
        ended in 0..3_usize,
        place in 0..3_usize,
    ) {
        let mut random = PlayoutRng::seed_from_u64(seed);
        let usual = AnyGame::start("shogi").unwrap();
        let (earlier, _) = random_moves(&usual, if seed.is_multiple_of(2) { before } else { 0 }, &mut random);
        let begins = usual.at(&earlier.diagram()).unwrap();
        let (last, moves) = random_moves(&begins, count, &mut random);
        let outcome = [Some(Outcome::Won(Side::First)), Some(Outcome::Won(Side::Second)), Some(Outcome::Drawn), None][result];
        let outcome = last.outcome().or(outcome);
        let ended = match outcome {
            Some(Outcome::Won(_)) if last.outcome().is_none() => [Ending::Rules, Ending::Resignation, Ending::Time][ended],
            _ => Ending::Rules,
        };
        let extension = ["kif", "ki2", "csa"][place];
        let (text, found) = files::write_as(extension, &begins, &moves, ["甲", "乙, 二段"], outcome, ended);
        prop_assert_eq!(found, extension);
        let again = files::read(&text, &AnyGame::start("go-9").unwrap()).unwrap_or_else(|why| panic!("{why}\n{text}"));
        // The counter of moves is not in CSA and KI2.
        let board = |position: &AnyGame| position.diagram().rsplit_once(' ').map(|(board, _)| board.to_owned());
        prop_assert_eq!(board(&again.start), board(&begins), "{}", text);
        prop_assert_eq!(&again.moves, &moves, "{}", text);
        prop_assert_eq!(again.outcome, outcome, "{}", text);
        prop_assert_eq!(again.players, ["甲", "乙, 二段"]);
        prop_assert!(again.notes.is_empty(), "{:?}", again.notes);
        let is_told = extension == "ki2" || outcome != Some(Outcome::Won(last.turn()));
        prop_assert!(!is_told || again.ended == ended, "{}", text);
    }

    /// What is read is written so that it is read back.
    #[test]
    fn no_record_breaks_it(
        text in prop_oneof![
            text_of(SGF, "", ["(;", ")"]),
            text_of(PGN, " ", ["[White \"a\"]", "*"]),
            text_of(KIF, "", ["手合割：平手\n", "投了\n"]),
            text_of(PLAIN, " ", ["", ""]),
            text_of(KI2, "", ["手合割：平手\n", "\nまで4手で先手の勝ち"]),
            text_of(CSA, "\n", ["V2.2\nPI\n+", "%TORYO"]),
        ],
        game in 0..GAMES.len(),
        extension in proptest::sample::select(vec!["", "ki2", "csa"]),
    ) {
        let like = AnyGame::start(GAMES[game]).unwrap();
        if let Ok(read) = files::read(&text, &like) {
            let players = [read.players[0].as_str(), read.players[1].as_str()];
            let (written, _) = files::write_as(extension, &read.start, &read.moves, players, read.outcome, read.ended);
            let again = files::read(&written, &read.start);
            prop_assert!(again.is_ok(), "{}: {:?}", written, again);
            let again = again.unwrap();
            prop_assert_eq!(&again.moves, &read.moves);
            let board = |position: &AnyGame| match position {
                // The counter of moves is not in CSA and KI2.
                AnyGame::Shogi(game) => game.diagram().rsplit_once(' ').map_or(String::new(), |(board, _)| board.to_owned()),
                other => other.diagram(),
            };
            prop_assert_eq!(board(&again.start), board(&read.start));
            prop_assert_eq!(again.outcome, read.outcome);
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
