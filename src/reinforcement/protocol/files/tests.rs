//! Games are read back as they were written, and games of people are read.

use super::*;
use crate::reinforcement::games::{GAMES, PlayoutRng, Side, below};
use crate::reinforcement::protocol::uci;
use proptest::prelude::*;
use rand::SeedableRng;

fn start(id: &str) -> AnyGame {
    AnyGame::start(id).unwrap()
}

fn names(record: &Record) -> String {
    record.names().join(" ")
}

fn fault(text: &str, like: &str) -> String {
    read(text, &start(like)).unwrap_err().to_string()
}

/// Asserts that a record has these moves and ends before another, with a note of the fault.
#[track_caller]
fn ends_before(text: &str, like: &str, moves: &str, fault: &str) {
    let record = read(text, &start(like)).unwrap();
    assert_eq!((names(&record).as_str(), record.outcome), (moves, None));
    assert_eq!(
        record.notes.last().map(|note| note.en.as_str()),
        Some(format!("{fault}; the record ends before it").as_str())
    );
}

/// Whether a text has kana or kanji.
fn has_japanese(text: &str) -> bool {
    text.chars().any(|sign| matches!(sign, 'ぁ'..='ヿ' | '一'..='鿿'))
}

/// The English text of a record in kanji quotes it.
#[test]
fn a_fault_of_every_format_is_said_in_both_languages() {
    for (text, like) in [
        ("", "chess"),
        ("1. e4 e5 2. Ke3", "chess"),
        ("1. e4 {", "chess"),
        ("1. e4 )", "chess"),
        ("1. e4 (1. d4", "chess"),
        ("1. e4 ]", "chess"),
        ("[White", "chess"),
        ("[Variant \"Atomic\"]", "chess"),
        ("[FEN \"8/8 w\"]", "chess"),
        ("(", "go-9"),
        ("(;GM[9])", "go-9"),
        ("(;SZ[19])", "go-9"),
        ("(;SZ[7])", "go-9"),
        ("(;SZ[x])", "go-9"),
        ("(;GM[2]SZ[9])", "go-9"),
        ("(;GM[4]SZ[7])", "go-9"),
        ("(;GM[4]SZ[9];B[zz])", "go-9"),
        ("(;SZ[9]AB[zz])", "go-9"),
        ("(;SZ[9]AB[aa]AW[ab][ba];W[ee])", "go-9"),
        ("position middle", "chess"),
        ("position startpos e2e4", "chess"),
        ("position startpos moves e2e5", "chess"),
        ("position startpos moves 7g7e", "shogi"),
        ("手合割：三十枚落ち", "shogi"),
        ("後手の持駒：石二", "shogi"),
        ("手合割：平手\n|石|", "shogi"),
        ("手合割：平手\n手数＝多", "shogi"),
        ("手合割：平手\n1 同歩(77)", "shogi"),
        ("手合割：平手\n1 ７五歩(77)", "shogi"),
        ("手合割：平手\n1 ７六金(77)", "shogi"),
        ("手合割：平手\n1 ７六歩(55)", "shogi"),
        ("▲７五歩", "shogi"),
        ("▲７六歩あ", "shogi"),
        ("PI\n+\n+7775FU", "shogi"),
        ("PI\n+\n+7776KI", "shogi"),
        ("N+a\nPI\n%WHAT", "shogi"),
        ("# connect-four\n8", "chess"),
        ("# tic-tac-toe\n# start: xx x", "chess"),
        ("a1", "othello"),
    ] {
        let fault = read(text, &start(like)).map(|record| names(&record)).expect_err(text);
        let Bilingual { en, ja } = fault.wording();
        assert_eq!(en, fault.to_string());
        assert!(!has_japanese(&en) || has_japanese(text), "{text}: {en}");
        assert!(fault.what.ja.chars().any(|sign| matches!(sign, 'ぁ'..='ん')), "{text}: {ja}");
        assert!(ja.starts_with(&format!("{} 行目 {} 文字目: ", fault.line, fault.column)), "{ja}");
    }
    let cut = read("[White \"a\"]\n1. e4 e5 2. Ke3", &start("chess")).unwrap();
    let said = &cut.notes.last().unwrap().ja;
    assert!(said.ends_with("その手前の 2 手目まで読みました") && !said.contains("legal"), "{said}");
}

/// Random moves from a position.
pub fn random_moves(from: &AnyGame, count: usize, random: &mut PlayoutRng) -> (AnyGame, Vec<Move>) {
    let (mut position, mut played, mut moves) = (from.clone(), Vec::new(), Vec::new());
    for _ in 0..count {
        position.legal(&mut moves);
        if moves.is_empty() {
            break;
        }
        let chosen = moves[below(random, moves.len())];
        position.play(chosen);
        played.push(chosen);
    }
    (position, played)
}

proptest! {
    #[test]
    fn a_game_is_read_back_as_it_was_written(
        game in 0..GAMES.len(),
        other in 0..GAMES.len(),
        seed: u64,
        before in 0..40_usize,
        count in 0..200_usize,
        players in ["\\PC{0,12}", "[\\[\\]\\\\\"(){};：: a]{0,8}"],
        result in 0..4_usize,
        ended in 0..3_usize,
    ) {
        let mut random = PlayoutRng::seed_from_u64(seed);
        let usual = start(GAMES[game]);
        // Half of the games begin elsewhere: the board of an earlier position, without its past.
        let (earlier, _) = random_moves(&usual, if seed.is_multiple_of(2) { before } else { 0 }, &mut random);
        let begins = usual.at(&earlier.diagram()).unwrap_or_else(|_| usual.clone());
        let (last, moves) = random_moves(&begins, count, &mut random);
        let outcome = [Some(Outcome::Won(Side::First)), Some(Outcome::Won(Side::Second)), Some(Outcome::Drawn), None][result];
        let outcome = last.outcome().or(outcome);
        let ended = if last.outcome().is_some() || !matches!(outcome, Some(Outcome::Won(_))) {
            Ending::Rules
        } else {
            [Ending::Rules, Ending::Resignation, Ending::Time][ended]
        };
        let (text, _) = write(&begins, &moves, [&players[0], &players[1]], outcome, ended);
        let record = read(&text, &start(GAMES[other])).unwrap_or_else(|why| panic!("{why}\n{text}"));
        prop_assert_eq!(record.start.id(), GAMES[game]);
        prop_assert_eq!(record.start.diagram(), begins.diagram(), "{}", text);
        prop_assert_eq!(&record.moves, &moves, "{}", text);
        prop_assert_eq!(record.last().diagram(), last.diagram());
        prop_assert_eq!(record.outcome, outcome, "{}", text);
        let said = players.map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
        if GAMES[game] == "chess" {
            prop_assert_eq!(record.players, said.map(|name| if name == "?" { String::new() } else { name }));
            prop_assert!(ended != Ending::Time || record.ended == ended);
        } else {
            prop_assert_eq!(record.players, said, "{}", text);
            // KIF has no word for a side that gives up while the other is to move.
            let is_told = GAMES[game] != "shogi" || outcome != Some(Outcome::Won(last.turn()));
            prop_assert!(!is_told || record.ended == ended, "{}", text);
        }
    }

    /// A list of moves alone is of the game that is asked for.
    #[test]
    fn moves_alone_are_read_in_the_notation_of_the_game(game in 0..GAMES.len(), seed: u64, count in 1..60_usize) {
        let like = start(GAMES[game]);
        let mut random = PlayoutRng::seed_from_u64(seed);
        let (last, moves) = random_moves(&like, count, &mut random);
        let record = Record { start: like.clone(), moves, players: Default::default(), outcome: None, ended: Ending::Rules, notes: Vec::new(), cut: None };
        let text = names(&record);
        // As the position of `like` does not matter.
        let again = read(&text, &random_moves(&like, 5, &mut random).0).unwrap_or_else(|why| panic!("{why}\n{text}"));
        prop_assert_eq!(&again.moves, &record.moves, "{}", text);
        prop_assert_eq!(again.last().diagram(), last.diagram());
    }

    #[test]
    fn lines_of_uci_and_usi_are_read_back(shogi: bool, seed: u64, before in 0..20_usize, count in 0..60_usize) {
        let usual = start(if shogi { "shogi" } else { "chess" });
        let mut random = PlayoutRng::seed_from_u64(seed);
        let begins = usual.at(&random_moves(&usual, before, &mut random).0.diagram()).unwrap();
        let (_, moves) = random_moves(&begins, count, &mut random);
        let record = Record { start: begins, moves, players: Default::default(), outcome: None, ended: Ending::Rules, notes: Vec::new(), cut: None };
        let again = read(&uci::write(&record), &usual).unwrap();
        prop_assert_eq!(&again.moves, &record.moves);
        prop_assert_eq!(again.start.diagram(), record.start.diagram());
    }
}

const OPERA: &str = r#"[Event "A night at the opera"]
[Site "Paris"]
[Date "1858.??.??"]
[Round "?"]
[White "Morphy, Paul"]
[Black "Duke \"Karl\" & Count"]
[Result "1-0"]

1. e4 e5 2. Nf3 d6 3. d4 Bg4 4. dxe5 Bxf3 5. Qxf3 dxe5 6. Bc4 Nf6 7. Qb3 Qe7
8. Nc3 c6 9. Bg5 b5 10. Nxb5 cxb5 11. Bxb5+ Nbd7 12. O-O-O Rd8 13. Rxd7 Rxd7
14. Rd1 Qe6 15. Bxd7+ Nxd7 16. Qb8+ Nxb8 17. Rd8# 1-0
"#;

#[test]
fn the_opera_game_is_read_and_ends_in_mate() {
    for like in GAMES {
        let record = read(OPERA, &start(like)).unwrap();
        assert_eq!((record.start.id(), record.moves.len()), ("chess", 33));
        assert_eq!(record.players, ["Morphy, Paul", "Duke \"Karl\" & Count"]);
        assert_eq!((record.outcome, record.ended), (Some(Outcome::Won(Side::First)), Ending::Rules));
        assert_eq!(record.last().outcome(), record.outcome);
        let players = [record.players[0].as_str(), record.players[1].as_str()];
        let (text, extension) = write(&record.start, &record.moves, players, record.outcome, record.ended);
        assert_eq!(extension, "pgn");
        assert!(text.contains("[Black \"Duke \\\"Karl\\\" & Count\"]") && text.lines().all(|line| line.len() < 80));
        let moves = |text: &str| text.split("\n\n").nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(moves(&text), moves(OPERA));
    }
    // Without tags the moves show that it is chess.
    let moves = OPERA.split("\n\n").nth(1).unwrap();
    assert_eq!(read(moves, &start("go-9")).unwrap().moves.len(), 33);
}

#[test]
fn pgn_is_read_as_people_write_it() {
    let text = "\u{feff}% exported\n[White \"A\\\\B\"] [Black \"?\"]\n[Result \"*\"]\n\n{A comment ) ( [} 1.e4! $14 a6?! ; to the end ( {\n\
        (1... e5 2. Nf3 (2. f4 exf4 {deep} (2... d5)) 2... Nc6 3. nonsense) 2. e5 d5 3. exd6 e.p. a5 +- 4.Ng1f3 4... a4 \
        5. dxc7 axb3?\n";
    ends_before(
        text,
        "chess",
        "e2e4 a7a6 e4e5 d7d5 e5d6 a6a5 g1f3 a5a4 d6c7",
        "line 6, column 121: move 5...: `axb3?` is no legal move here: squares as in e2e4 (e7e8q makes a queen), or Nf3",
    );
    let text = text.replace(
        "axb3?",
        "Ra5 6.cxb8Q Nf6 7.Be2 e6 8. 0-0 Be7 9.Nbc3 0-0 10.Qxc8 a3 1/2-1/2\n\n[White \"C\"]\n1. d4 *",
    );
    let record = read(&text, &start("chess")).unwrap();
    assert_eq!(
        names(&record),
        "e2e4 a7a6 e4e5 d7d5 e5d6 a6a5 g1f3 a5a4 d6c7 a8a5 c7b8q g8f6 f1e2 e7e6 e1g1 f8e7 b1c3 e8g8 b8c8 a4a3"
    );
    assert_eq!((record.outcome, record.players), (Some(Outcome::Drawn), ["A\\B".to_owned(), String::new()]));
    // Over-specified, and pinned so that less would do.
    let text = "[SetUp \"1\"]\n[FEN \"4k3/8/8/8/1b6/2N5/7P/4K1N1 w - -\"]\n1. Ne2 Bxc3+ 2. Ne2xc3 Ke7 3. N3-d5+ *";
    assert_eq!(names(&read(text, &start("chess")).unwrap()), "g1e2 b4c3 e2c3 e8e7 c3d5");
    let two = fault("[FEN \"4k3/8/8/8/8/8/8/RN2KN2 w - - 0 9\"]\n9. Nd2 *", "chess");
    assert_eq!(two, "line 2, column 4: move 9.: `Nd2` may be Nbd2 or Nfd2");
    let black = "[FEN \"4k3/8/8/8/8/8/4P3/4K3 b - - 0 12\"]\n12... Kd7 13. e4 0-1";
    let record = read(black, &start("chess")).unwrap();
    assert_eq!((record.outcome, record.ended), (Some(Outcome::Won(Side::Second)), Ending::Resignation));
    let (text, _) = write(&record.start, &record.moves, ["", ""], record.outcome, Ending::Time);
    assert!(text.ends_with("[Termination \"time forfeit\"]\n\n12... Kd7 13. e4 0-1\n"), "{text}");
}

#[test]
fn faulty_pgn_is_told_by_its_place() {
    assert_eq!(fault("1. e4 {open", "chess"), "line 1, column 7: a comment has no } at its end");
    assert_eq!(fault("1. e4 e5\n (2. d4", "chess"), "line 2, column 2: a variation has no ) at its end");
    assert_eq!(fault("1. e4 e5)", "chess"), "line 1, column 9: a ) without its (");
    assert_eq!(fault("[\"Morphy\"]\n1. e4", "go-9"), "line 1, column 1: expected a tag, as in [White \"Anderssen\"]");
    assert!(fault("[Variant \"Atomic\"]\n1. e4", "chess").starts_with("line 1, column 1: Variant `Atomic`"));
    assert!(fault("[FEN \"8/8/8 w - - 0 1\"]\n1. e4", "chess").starts_with("line 1, column 1: FEN: "));
    assert!(fault("1. f3 e5 2. g4 Qh4 3. a3", "chess").ends_with("move 3.: the game has ended"));
    for deep in ["(", "1. e4 (", "(;", "{(", "[("] {
        assert!(pgn::read(&deep.repeat(1_000_000)).is_err(), "no depth of variations is a danger");
    }
    let closed = format!("1. e4 {}{} e5 *", "(d4 ".repeat(100_000), ")".repeat(100_000));
    assert_eq!(read(&closed, &start("chess")).unwrap().moves.len(), 2);
}

const KIFU: &str = "# ---- a file of some program\n\
    手合割：平手\n先手：甲\n後手：乙：二段\n手数----指手---------消費時間--\n\
    *はじめに\n   1 ７六歩(77)   ( 0:16/00:00:16)\n   2 ３四歩(33)+\n3 22角成(88)\n   4 同　銀(31)   ( 0:00/00:00:00)\n* 同じ\n\
    &しおり\n   5 ４五角打     ( 1:00/00:01:16)\n   6 ５二金右(61)\n   7 ３四角不成(45)\n   8 投了\nまで7手で先手の勝ち\n\n\
    変化：3手\n   3 ２六歩(27)\n";

#[test]
fn kif_is_read_with_captures_on_the_same_square_drops_and_promotions() {
    for like in GAMES {
        let record = read(KIFU, &start(like)).unwrap();
        assert_eq!(names(&record), "7g7f 3c3d 8h2b+ 3a2b B*4e 6a5b 4e3d");
        assert_eq!(record.players, ["甲", "乙：二段"]);
        assert_eq!((record.outcome, record.ended), (Some(Outcome::Won(Side::First)), Ending::Resignation));
    }
    let record = read(KIFU, &start("shogi")).unwrap();
    let (text, extension) = write(&record.start, &record.moves, ["甲", "乙"], record.outcome, record.ended);
    let expected = "手合割：平手\n先手：甲\n後手：乙\n手数----指手---------消費時間--\n\
        \u{20}  1 ７六歩(77)    ( 0:00/00:00:00)\n   2 ３四歩(33)    ( 0:00/00:00:00)\n   3 ２二角成(88)  ( 0:00/00:00:00)\n\
        \u{20}  4 同　銀(31)    ( 0:00/00:00:00)\n   5 ４五角打      ( 0:00/00:00:00)\n   6 ５二金(61)    ( 0:00/00:00:00)\n\
        \u{20}  7 ３四角(45)    ( 0:00/00:00:00)\n   8 投了\nまで7手で先手の勝ち\n";
    assert_eq!((text.as_str(), extension), (expected, "kif"));
    // Without where a piece comes from, as long as there is one only.
    assert_eq!(names(&read("1 ７六歩\n2 ３四歩\n3 ２二角成\n4 中断", &start("go-9")).unwrap()), "7g7f 3c3d 8h2b+");
    assert!(fault("1 ５八金\n", "shogi").contains("may be two moves: expected where it comes from, as in (77)"));
}

#[test]
fn kif_begins_with_a_handicap_or_a_diagram() {
    let text = "手合割：二枚落ち\n下手：弟子\n上手：師匠\n   1 ６二銀(71)\n   2 ７六歩(77)\n   3 切れ負け\n";
    let record = read(text, &start("shogi")).unwrap();
    assert_eq!(record.start.diagram(), "lnsgkgsnl/9/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL w - 1");
    assert_eq!((record.players, record.outcome), (["弟子".into(), "師匠".into()], Some(Outcome::Won(Side::First))));
    let (again, _) = write(&record.start, &record.moves, ["弟子", "師匠"], record.outcome, Ending::Time);
    assert!(
        again.starts_with("手合割：二枚落ち\n下手：弟子\n上手：師匠\n")
            && again.contains("3 切れ負け\nまで2手で下手の勝ち")
    );
    let diagram = "後手の持駒：飛　歩十二　\n  ９ ８ ７ ６ ５ ４ ３ ２ １\n+---------------------------+\n\
        | ・ ・ ・ ・v玉 ・ ・ ・ ・|一\n| ・ ・ ・ ・ ・ ・ ・ ・ ・|二\n| ・ ・ 龍 ・ 歩 ・v成銀 ・ ・|三\n| ・ ・ ・ ・ ・ ・ ・ ・ ・|四\n\
        | ・ ・ ・ ・ ・ ・ ・ ・ ・|五\n| ・ ・ ・ ・ ・ ・ ・ ・ ・|六\n| ・ ・ ・ ・ ・ ・ ・ ・ ・|七\n| ・ ・ ・ ・ ・ ・ ・ ・ ・|八\n\
        | ・ ・ ・ ・ 王 ・ ・ ・ ・|九\n+---------------------------+\n先手の持駒：金二　\n手数＝１０\n先手番\n1 ５二金打\n2 詰み\n";
    let record = read(diagram, &start("shogi")).unwrap();
    assert_eq!(record.start.diagram(), "4k4/9/2+R1P1+s2/9/9/9/9/9/4K4 b 2Gr12p 11");
    assert_eq!((names(&record).as_str(), record.last().outcome()), ("G*5b", record.outcome));
    assert!(record.outcome.is_some());
    let row = fault(&diagram.replace("v玉 ・ ・", "v玉 ・"), "shogi");
    assert!(
        row.starts_with("line 4, column 1: `| ・ ・ ・ ・v玉 ・ ・ ・|一`: expected a row of nine squares"),
        "{row}"
    );
    let unknown = fault("手合割：百枚落ち\n1 ７六歩(77)", "go-9");
    assert!(unknown.starts_with("line 1, column 1: 手合割 `百枚落ち`: expected"), "{unknown}");
}

#[test]
fn faulty_kif_is_told_by_its_place() {
    let wrong = "手合割：平手\n   1 ７六歩(77)\n   2 ３四歩(23)\n   3 ２六歩(27)\n";
    let expected = "line 3, column 6: move 2: ３四歩: `2c3d` is no legal move here: squares as in 7g7f, + to promote, P*5e to drop";
    ends_before(wrong, "shogi", "7g7f", expected);
    let other = fault("1 ７六銀(77)", "shogi");
    assert_eq!(other, "line 1, column 3: move 1: ７六銀: 歩 is on ７七, not 銀");
    assert!(fault("1 ７六(77)", "shogi").contains("expected a square, a piece and where it comes from"));
    assert!(fault("1 同　歩(77)", "shogi").ends_with("同: there is no move before it"));
    // What stands behind the end, or behind a foul, is no move that is missing.
    let ended = read("1 ７六歩(77)\n2 投了\nよい将棋でした\n", &start("shogi")).unwrap();
    assert_eq!((ended.moves.len(), ended.notes.len(), ended.outcome), (1, 0, Some(Outcome::Won(Side::First))));
    assert_eq!(read("1 ７六歩(77)\n2 ３四歩(23)\nよい将棋でした\n", &start("shogi")).unwrap().notes.len(), 1);
    let other = "line 2, column 1: expected move 2 with its number before it, found `と金`";
    ends_before("1 ７六歩(77)\nと金\n", "shogi", "7g7f", other);
    ends_before(
        "▲７六歩 △３四銀\n",
        "shogi",
        "7g7f",
        "line 1, column 7: move 2: ３四銀: `S*3d` is no legal move here: squares as in 7g7f, + to promote, P*5e to drop",
    );
    let wrong = "line 3, column 1: move 2: -2334FU: `2c3d` is no legal move here: squares as in 7g7f, + to promote, P*5e to drop";
    ends_before("PI\n+7776FU\n-2334FU\n+2726FU\n", "shogi", "7g7f", wrong);
}

#[test]
fn usi_is_read_from_every_start() {
    let line = "position startpos moves 7g7f 3c3d";
    for text in
        [line, &line[9..], "sfen lnsgkgsnl/1r5b1/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL b - 1 moves 7g7f\n3c3d"]
    {
        assert_eq!(names(&read(text, &start("shogi")).unwrap()), "7g7f 3c3d");
    }
    assert_eq!(read("sfen 4k4/9/9/9/9/9/4P4/9/4K4 b P 1", &start("go-9")).unwrap().start.id(), "shogi");
    assert_eq!(names(&read("position startpos moves e2e4", &start("chess")).unwrap()), "e2e4");
    assert!(
        fault("position startpos moves 7g7f 7g7f", "shogi")
            .starts_with("line 1, column 30: move 2: `7g7f` is no legal")
    );
    assert!(fault("sfen 99/9 b - 1", "shogi").starts_with("line 1, column 1: SFEN: "));
}

#[test]
fn sgf_is_read_with_stones_set_up() {
    let handicap = read("(;GM[1]SZ[9]HA[2]KM[0.5]AB[cg][gc]PB[b]PW[w]RE[W+R];W[ee];B[ce])", &start("go-13")).unwrap();
    assert_eq!((handicap.start.id(), handicap.start.turn()), ("go-9", Side::Second));
    assert_eq!(names(&handicap), "E5 C5");
    assert_eq!((handicap.outcome, handicap.ended), (Some(Outcome::Won(Side::Second)), Ending::Resignation));
    let (text, _) = write(&handicap.start, &handicap.moves, ["b", "w"], handicap.outcome, handicap.ended);
    let expected = "(;FF[4]GM[1]CA[UTF-8]SZ[9]PB[b]PW[w]RE[W+R]KM[0.5]RU[Chinese]HA[2]AB[gc][cg]PL[W];W[ee];B[ce])\n";
    assert_eq!(text, expected);
    let stones = read("(;GM[4]SZ[15]AB[aa:ca]AE[ba]AW[hh]PL[W];W[hi])", &start("go-9")).unwrap();
    assert_eq!(stones.start.id(), "gomoku-15");
    assert!(stones.start.diagram().starts_with("x.x............/") && stones.start.turn() == Side::Second);
    let discs = read("(;GM[2]AB[dd][ee]AW[ed][de];B[ef])", &start("go-9")).unwrap_err();
    assert!(discs.to_string().contains("move 1: B[ef]: e6 turns no disc"), "{discs}");
    let empty = read("(;GM[2]AE[dd:ee])", &start("othello")).unwrap();
    let (text, _) = write(&empty.start, &[], ["", ""], None, Ending::Rules);
    assert_eq!(read(&text, &start("othello")).unwrap().start.diagram(), empty.start.diagram(), "{text}");
    let small = read("(;GM[2]SZ[6];B[cb])", &start("othello")).unwrap();
    assert_eq!((small.start.id(), names(&small).as_str()), ("othello-6", "c2"));
    let empty = read("(;GM[2]SZ[6]AE[cc:dd])", &start("othello-6")).unwrap();
    let (text, _) = write(&empty.start, &[], ["", ""], None, Ending::Rules);
    assert_eq!(read(&text, &start("othello")).unwrap().start.diagram(), empty.start.diagram(), "{text}");
    // Points in the notation of the game, and passes that are left out.
    let othello = read("(;GM[2];B[f5];W[f6];B[fg])", &start("othello")).unwrap();
    assert_eq!(names(&othello), "f5 f6 f7");
    let variations = read("(;SZ[9];B[aa](;W[bb];B[cc])(;W[dd]))", &start("go-9")).unwrap();
    assert_eq!(names(&variations), "A9 B8 C7", "the first line of play");
    assert_eq!(names(&read("(;SZ[9];B[aa];B[bb];W[];B[tt];W[])", &start("go-9")).unwrap()), "A9 pass B8 pass pass");
}

#[test]
fn faulty_sgf_is_told_by_its_place() {
    ends_before("(;SZ[9]RE[B+R]\n;B[aa]\n;W[aa];B[bb])", "go-9", "A9", "line 3, column 2: move 2: W[aa]: A9 is taken");
    let passes = read("(;SZ[9];B[];B[])", &start("go-9")).unwrap();
    assert_eq!((names(&passes).as_str(), passes.notes.len()), ("pass pass", 0), "what was left out ends the game");
    // No pass that the file leaves out stays before a move that fails.
    ends_before("(;SZ[9];B[aa];B[aa])", "go-9", "A9", "line 1, column 15: move 2: B[aa]: A9 is taken");
    assert_eq!(fault("(;SZ[9];B[aa]AB[aa])", "go-9"), "line 1, column 9: move 1: B[aa]: A9 is taken");
    assert_eq!(fault("(;SZ[9];B[zz])", "go-9"), fault("(;SZ[9];B[zz])", "chess"), "Go, unless something is said");
    assert_eq!(
        fault("(;GM[1]SZ[19];B[aa])", "go-9"),
        "line 1, column 8: a board of 19 lines: Go is played on 13 at most here"
    );
    assert_eq!(
        fault("(;GM[1]SZ[7];B[aa])", "go-9"),
        "line 1, column 1: a board of 7 lines: Go is played on 9 or 13 here"
    );
    assert_eq!(fault("(;GM[7])", "go-9"), "line 1, column 3: GM: expected 1 (Go), 2 (Othello) or 4 (Gomoku)");
    assert_eq!(fault("(;SZ[9]AB[aj])", "go-9"), "line 1, column 8: AB[aj]: no point of 9 lines");
    assert!(fault("(;SZ[9]AB[aa]AW[ab][ba];B[cc])", "go-9").contains("no position: a chain has no liberty"));
    assert!(sgf::read(&"(;".repeat(100_000), &start("go-9")).is_err(), "no end of variations");
}

#[test]
fn lists_of_moves_stand_with_or_without_spaces() {
    let connected =
        read("# connect-four\n# first: Ada\n# result: first wins\n1. 4 4 2. 5 3\n3. 6 5\n4. 7\n", &start("chess"))
            .unwrap();
    assert_eq!((connected.start.id(), names(&connected).as_str()), ("connect-four", "4 4 5 3 6 5 7"));
    assert_eq!((connected.players[0].as_str(), connected.outcome), ("Ada", Some(Outcome::Won(Side::First))));
    assert_eq!(names(&read("4453", &start("connect-four")).unwrap()), "4 4 5 3");
    assert_eq!(names(&read("f5d6C3", &start("othello")).unwrap()), "f5 d6 c3");
    assert_eq!(names(&read("1.h8i9 2. j10", &start("gomoku-15")).unwrap()), "h8 i9 j10");
    assert_eq!(fault("4444\n445 54", "connect-four"), "line 2, column 6: move 9: column 4 is full");
}

#[test]
fn passes_that_a_transcript_of_othello_leaves_out_are_put_in() {
    // Black can turn no disc, now and after white's move.
    let start_here = "# othello\n# start: ox....../......../......../......../......../......../......../......xo x\n";
    let record = read(&format!("{start_here}c1f8"), &start("chess")).unwrap();
    assert_eq!(names(&record), "pass c1 pass f8");
    assert_eq!(record.outcome, Some(Outcome::Won(Side::Second)));
    assert!(fault(&format!("{start_here}d1"), "chess").ends_with("move 2: d1 turns no disc"));
}

#[test]
fn nothing_is_no_game() {
    assert!(fault(" \n", "go-9").starts_with("line 1, column 1: nothing to read"));
    assert_eq!(fault("D4 D4", "go-9"), "line 1, column 4: move 2: D4 is taken");
}
