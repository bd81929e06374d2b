//! Rules against published figures and against themselves.

use super::*;
use rand::SeedableRng;

fn start(id: &str) -> AnyGame {
    AnyGame::start(id).unwrap()
}

fn lines(id: &str, depths: &[u64]) {
    for (depth, expected) in (1..).zip(depths) {
        let found = with_game!(start(id), game => perft(&game, depth));
        assert_eq!(found, *expected, "{id} depth {depth}");
    }
}

#[test]
fn perft_of_the_starts() {
    // 255,168 games of tic-tac-toe.
    lines("tic-tac-toe", &[9, 72, 504, 3024, 15_120]);
    assert_eq!(perft(&TicTacToe::default(), 9), 255_168);
    lines("connect-four", &[7, 49, 343, 2401, 16_807, 117_649, 823_536]);
    lines("othello", &[4, 12, 56, 244, 1396, 8200, 55_092, 390_216]);
    lines("othello-6", &[4, 12, 56, 244]);
    lines("gomoku-9", &[81, 81 * 80, 81 * 80 * 79]);
    lines("chess", &[20, 400, 8902, 197_281]);
    lines("shogi", &[30, 900, 25_470]);
    // A pass is a move: 81 points and a pass, and after a pass the same, but two passes end the game.
    lines("go-9", &[82, 81 * 81 + 82]);
}

/// Plays random games with what is said of every position checked: `look` sees each.
fn random_games(id: &str, count: u64, mut look: impl FnMut(&AnyGame)) {
    let mut moves = Vec::new();
    for seed in 0..count {
        let mut random = PlayoutRng::seed_from_u64(seed);
        let mut any = start(id);
        let mut before = u64::MAX;
        loop {
            look(&any);
            let ended = with_game!(&mut any, game => {
                game.legal(&mut moves);
                assert_eq!(moves.is_empty(), game.outcome().is_some(), "{id} {}", game.diagram());
                assert_ne!(game.hash(), before, "{id}: a move changes the position");
                before = game.hash();
                let ended = moves.is_empty();
                if !ended {
                    let chosen = moves[below(&mut random, moves.len())];
                    assert!(game.is_legal(chosen), "{id} {chosen:?}");
                    let name = game.name(chosen);
                    assert_eq!(game.read(&name), Ok(chosen), "{id} {name} {}", game.diagram());
                    game.play(chosen);
                }
                ended
            });
            if ended {
                break;
            }
        }
    }
}

#[test]
fn random_games_of_every_kind_hold_together() {
    for id in GAMES {
        let count = match id {
            "shogi" | "chess" => 3,
            "go-13" | "gomoku-15" => 5,
            _ => 20,
        };
        random_games(id, count, |_| ());
    }
}

/// `cargo test -- --ignored ten_thousand` in a profile with debug assertions: minutes.
#[test]
#[ignore = "takes minutes"]
fn ten_thousand_random_games_of_every_kind() {
    GAMES.iter().for_each(|id| random_games(id, 10_000, |_| ()));
}

#[test]
fn diagrams_are_read_back() {
    for id in GAMES {
        random_games(id, 2, |any| {
            with_game!(any, game => {
                let text = game.diagram();
                match game.at(&text) {
                    Ok(read) => {
                        assert_eq!(read.diagram(), text, "{id}");
                        assert_eq!(read.turn(), game.turn());
                    }
                    // Where the side that moved last has won by passing over it, nothing is left to read.
                    Err(why) => panic!("{id} {text}: {why}"),
                }
            });
        });
    }
}

#[test]
fn images_have_the_images_of_the_moves() {
    fn check<G: Game>(game: &G) {
        for symmetry in 0..game.symmetries() {
            let image = game.image(symmetry);
            let (mut here, mut there) = (Vec::new(), Vec::new());
            game.legal(&mut here);
            image.legal(&mut there);
            let mut mapped: Vec<Move> = here.iter().map(|chosen| game.image_of(*chosen, symmetry)).collect();
            mapped.sort_unstable();
            there.sort_unstable();
            assert_eq!(mapped, there, "{} {symmetry} {}", game.id(), game.diagram());
            if let Some(chosen) = here.first() {
                let (mut next, mut next_image) = (game.clone(), image.clone());
                next.play(*chosen);
                next_image.play(game.image_of(*chosen, symmetry));
                assert_eq!(next.image(symmetry).diagram(), next_image.diagram());
            }
        }
    }
    for id in ["tic-tac-toe", "connect-four", "othello", "othello-6", "gomoku-9"] {
        random_games(id, 3, |any| with_game!(any, game => check(game)));
    }
    // Of Go the board is turned, not the past.
    let go = Go::new(9, go::Rules::default())
        .at("...x...../..xox..../........./........./....o..../........./xo......./.x......./o........ o");
    check(&go.unwrap());
}

/// Othello by the words of its rules: from a free square, in each of eight ways, a run of the other's discs up to one's own is turned.
#[test]
fn othello_on_both_boards_is_as_the_rules_say() {
    fn turned(position: &Othello, square: usize) -> Vec<usize> {
        let size = position.size() as isize;
        let (row, column) = (square as isize / size, square as isize % size);
        let stone = |row: isize, column: isize| position.stone((row * size + column) as usize);
        let mut all = Vec::new();
        if stone(row, column).is_some() {
            return all;
        }
        for (down, right) in (-1..=1).flat_map(|down| (-1..=1).map(move |right| (down, right))) {
            let mut run = Vec::new();
            for step in 1.. {
                let (row, column) = (row + step * down, column + step * right);
                if !(0..size).contains(&row) || !(0..size).contains(&column) || stone(row, column).is_none() {
                    break;
                }
                if stone(row, column) == Some(position.turn()) {
                    all.append(&mut run);
                    break;
                }
                run.push((row * size + column) as usize);
            }
        }
        all
    }
    let (mut legal, mut games) = (Vec::new(), [0, 0]);
    for (id, size) in [("othello", 8), ("othello-6", 6)] {
        random_games(id, 20, |any| {
            let AnyGame::Othello(position) = any else { unreachable!() };
            assert_eq!(position.size(), size);
            position.legal(&mut legal);
            let expected = (0..size * size).filter(|square| !turned(position, *square).is_empty());
            let found = legal.iter().filter(|chosen| **chosen != othello::PASS).map(|chosen| usize::from(chosen.0));
            assert!(expected.eq(found.clone()), "{}", position.diagram());
            for square in found {
                let mut next = *position;
                next.play(Move(square as u16));
                for at in 0..size * size {
                    let is_own = at == square || turned(position, square).contains(&at);
                    let stone = if is_own { Some(position.turn()) } else { position.stone(at) };
                    assert_eq!(next.stone(at), stone, "{} {}", position.diagram(), position.name(Move(square as u16)));
                }
            }
            games[usize::from(size == 6)] += usize::from(legal.is_empty());
        });
    }
    assert_eq!(games, [20, 20], "all were played to the end");
}

#[test]
fn light_playouts_of_tic_tac_toe_take_a_win_and_else_stop_a_loss() {
    for (diagram, first) in
        [("xx./oo./... x", "c3"), ("xx./oo./... o", "c2"), ("xx./o../... o", "c3"), ("x.o/.x./... o", "c1")]
    {
        for seed in 0..20 {
            let (mut random, mut trace) = (PlayoutRng::seed_from_u64(seed), Vec::new());
            let start = TicTacToe::default().at(diagram).unwrap();
            start.clone().playout(Style::Light, &mut random, &mut Vec::new(), Some(&mut trace));
            assert_eq!(start.name(trace[0]), first, "{diagram}");
        }
    }
}

#[test]
fn playouts_end_as_the_rules_say_and_tell_their_moves() {
    fn check<G: Game>(game: &G) {
        for seed in 0..10 {
            let mut random = PlayoutRng::seed_from_u64(seed);
            let (mut position, mut moves) = (game.clone(), Vec::new());
            let style = if seed % 2 == 0 { Style::Uniform } else { Style::Light };
            let mut trace = Vec::new();
            let outcome = position.playout(style, &mut random, &mut moves, Some(&mut trace));
            let mut again = game.clone();
            for chosen in trace {
                assert!(again.is_legal(chosen), "{} {}", game.id(), again.name(chosen));
                again.play(chosen);
            }
            assert_eq!(again.diagram(), position.diagram(), "{}", game.id());
            if let Some(found) = position.outcome() {
                assert_eq!(found, outcome, "{}", game.id());
            }
        }
    }
    for id in GAMES {
        with_game!(start(id), game => check(&game));
    }
}

#[test]
fn fours_and_fives_in_every_direction() {
    let four = |moves: &str| ConnectFour::from_moves(moves).unwrap().outcome();
    assert_eq!(four("1213141"), Some(Outcome::Won(Side::First)));
    assert_eq!(four("1122334"), Some(Outcome::Won(Side::First)));
    assert_eq!(four("12234334464"), Some(Outcome::Won(Side::First)));
    assert_eq!(four("112233"), None);
    let five = |rule: gomoku::Rule, own: &[usize]| {
        let mut position = Gomoku::new(9, rule);
        for (place, point) in own.iter().enumerate() {
            position.play(Move(*point as u16));
            if place + 1 < own.len() {
                // The other plays far away, without a row.
                position.play(Move([80, 78, 76, 74, 72, 62, 60][place]));
            }
        }
        position.outcome().is_some()
    };
    use gomoku::Rule::{ExactlyFive, FiveOrMore};
    for line in [[0, 1, 2, 3, 4], [0, 9, 18, 27, 36], [0, 10, 20, 30, 40], [4, 12, 20, 28, 36]] {
        assert!(five(FiveOrMore, &line) && five(ExactlyFive, &line), "{line:?}");
    }
    let six = [0, 1, 2, 4, 5, 3];
    assert!(five(FiveOrMore, &six) && !five(ExactlyFive, &six));
}

fn go(diagram: &str) -> Go {
    let size = diagram.split('/').count();
    Go::new(size, go::Rules::default()).at(diagram).unwrap()
}

fn play(position: &mut Go, moves: &[&str]) {
    for name in moves {
        let chosen = position.read(name).unwrap_or_else(|why| panic!("{name}: {why}"));
        position.play(chosen);
    }
}

#[test]
fn go_takes_ko_and_suicide_as_the_rules_have_it() {
    // White's stone in black's mouth is taken; white may not take back at once, but may after a threat and an answer.
    let mut position = go(".xo../xo.o./.xo../...../..... x");
    play(&mut position, &["C4"]);
    assert_eq!(position.captured(), [1, 0]);
    let refused = position.read("B4").unwrap_err().to_string();
    assert!(refused.contains("ko"), "{refused}");
    play(&mut position, &["E1", "E3", "B4"]);
    assert_eq!(position.captured(), [1, 1]);
    // A point without liberty is no move, unless it takes.
    let eye = go(".x.../xx.../...../...../..... o");
    assert!(eye.read("A5").unwrap_err().0.en.contains("suicide"));
    let takes = go(".xo../xoo../o..../...../..... o");
    assert!(takes.read("A5").is_ok());
    let allowed = go::Rules { suicide: true, ..go::Rules::default() };
    let mut several = Go::new(5, allowed).at("..x../xxx../...../...../..... o").unwrap();
    several.play(several.read("A5").unwrap());
    several.play(several.read("E1").unwrap());
    several.play(several.read("B5").unwrap());
    assert_eq!(several.captured(), [2, 0], "two stones took themselves");
    let single = Go::new(5, allowed).at(".x.../x..../...../...../..... o").unwrap();
    assert!(single.read("A5").is_err(), "one stone's suicide leaves the board as it was");
}

#[test]
fn what_is_wrong_with_a_move_or_a_position_is_said_in_both_languages() {
    let has_japanese = |text: &str| text.chars().any(|sign| matches!(sign, 'ぁ'..='ヿ' | '一'..='鿿'));
    let said = |of: &str, why: MoveError| {
        let Bilingual { en, ja } = &why.0;
        assert_eq!(*en, why.to_string());
        assert!(!has_japanese(en), "{of}: {en}");
        assert!(has_japanese(ja), "{of}: {ja}");
    };
    let started = |id: &str, diagram: &str| {
        let start = AnyGame::start(id).unwrap();
        if diagram.is_empty() { start } else { start.at(diagram).unwrap() }
    };
    for (id, diagram, refused) in [
        ("tic-tac-toe", "", "d9"),
        ("tic-tac-toe", "x../.../... o", "a3"),
        ("tic-tac-toe", "xxx/oo./... o", "c1"),
        ("connect-four", "", "8"),
        ("connect-four", "x....../o....../x....../o....../x....../o...... x", "1"),
        ("othello", "", "a1"),
        ("othello", "", "pass"),
        ("gomoku-9", "", "z1"),
        ("go-9", "", "z9"),
        ("chess", "", "e2e5"),
        ("chess", "4k3/8/8/8/8/8/4K3/R6R w - - 0 1", "Rd1"),
        ("shogi", "", "7g7e"),
        ("shogi", "4k4/9/9/9/9/9/4P4/9/4K4 b P 1", "P*5e"),
    ] {
        said(refused, started(id, diagram).read(refused).unwrap_err());
    }
    let mut ko = go(".xo../xo.o./.xo../...../..... x");
    play(&mut ko, &["C4"]);
    said("ko", ko.read("B4").unwrap_err());
    said("taken", ko.read("C4").unwrap_err());
    said("suicide", go(".x.../xx.../...../...../..... o").read("A5").unwrap_err());
    said("no liberty", ko.at("xo.../o..../...../...../..... x").unwrap_err());
    said("moves", ConnectFour::from_moves("4444444").unwrap_err());
    let won = format!("xxxxx..../{} x", ["........."; 8].join("/"));
    for (id, diagram) in [
        ("tic-tac-toe", "xx"),
        ("tic-tac-toe", "x../.../... z"),
        ("tic-tac-toe", "q../.../... x"),
        ("tic-tac-toe", "..../.../... x"),
        ("tic-tac-toe", ".../... x"),
        ("connect-four", "x....../......./......./......./......./....... o"),
        ("connect-four", "......./......./......./......./......./oo..... x"),
        ("gomoku-9", won.as_str()),
        ("chess", "8/8/8/8/8/8/8/8 w - - 0 1"),
        ("chess", "4k3/8/8/8/8/8/8/4K3 x - - 0 1"),
        ("shogi", "4k4/9 b - 1"),
        ("shogi", "9/9/9/9/9/9/9/9/9 b - 1"),
        ("shogi", "K8/9/9/9/9/9/9/9/9 b - 1"),
        ("shogi", "4k4/9/9/9/9/9/9/9/4K4 z - 1"),
        ("shogi", "7k1/9/9/9/9/9/9/9/9 z - 1"),
        ("shogi", "7k1/9/9/9/9/9/9/9/9 w - 1"),
        ("shogi", "7k1/9/9/9/9/9/9/9/9 b 3R 1"),
    ] {
        said(diagram, started(id, "").at(diagram).map(|found| found.diagram()).expect_err(diagram));
    }
}

/// A cycle of three kos comes back to its first position only by the last move, which is refused.
#[test]
fn superko_sees_cycles_longer_than_two() {
    let mut random = PlayoutRng::seed_from_u64(3);
    let mut seen_refusal = false;
    for _ in 0..40 {
        // Small boards are full of cycles.
        let mut position = Go::new(3, go::Rules::default());
        let mut former = std::collections::HashSet::from([position.diagram()[..11].to_owned()]);
        let mut moves = Vec::new();
        for _ in 0..200 {
            position.legal(&mut moves);
            let Some(chosen) = (!moves.is_empty()).then(|| moves[below(&mut random, moves.len())]) else { break };
            // Every point that is free and refused is suicide or repeats.
            for point in 0..9 {
                if position.stone(point).is_none() && !moves.contains(&Move(point as u16)) {
                    seen_refusal |=
                        position.read(&position.name(Move(point as u16))).unwrap_err().0.en.contains("superko");
                }
            }
            let passed = chosen == position.pass();
            position.play(chosen);
            if !passed {
                assert!(former.insert(position.diagram()[..11].to_owned()), "a position came back");
            }
        }
    }
    assert!(seen_refusal);
}

#[test]
fn go_is_scored_by_area_and_ends_by_two_passes() {
    let mut position = go(".x.o./.x.o./.x.o./.x.o./.x.o. x");
    assert_eq!(position.area(), [10, 10], "the column between is nobody's");
    play(&mut position, &["pass", "pass"]);
    assert_eq!(position.outcome(), Some(Outcome::Won(Side::Second)), "komi decides");
    let seki = go("xx.oo/xx.oo/xxxoo/...oo/...oo x");
    assert_eq!(seki.area(), [7, 10], "shared liberties are nobody's");
    let even = go("...../...../...../...../..... x").with_komi(0.0);
    assert_eq!(even.margin(), 0.0);
    assert_eq!(even.diagram(), "...../...../...../...../..... x 0", "an unusual komi is named");
    let komi = |text| go("...../...../...../...../..... x").at(text).map(|game| game.rules().komi);
    assert_eq!(komi("...../...../...../...../..... o 5.5"), Ok(5.5));
    let written = even.diagram();
    assert_eq!(komi(&written), Ok(0.0));
    assert_eq!(komi("...../...../...../...../..... x"), Ok(7.0));
    assert!(komi("...../...../...../...../..... x inf").is_err() && komi("...../...../...../...../..... 7").is_err());
    // One stone owns everything that is free.
    assert_eq!(go("...../..x../...../...../..... o").area(), [25, 0]);
}

#[test]
fn chess_and_shogi_know_how_games_end() {
    let chess = |fen: &str| Chess::default().at(fen).unwrap();
    assert_eq!(chess("k7/8/1K6/8/8/8/8/1Q6 b - - 0 1").outcome(), None);
    assert_eq!(chess("k7/8/1K6/8/8/8/8/8 w - - 0 1").outcome(), Some(Outcome::Drawn), "bare kings");
    assert_eq!(chess("k7/1Q6/1K6/8/8/8/8/8 b - - 0 1").outcome(), Some(Outcome::Won(Side::First)));
    assert_eq!(chess("k7/2Q5/1K6/8/8/8/8/8 b - - 0 1").outcome(), Some(Outcome::Drawn), "stalemate");
    let mut knights = Chess::default();
    for name in ["g1f3", "g8f6", "f3g1", "f6g8"].repeat(2) {
        assert_eq!(knights.outcome(), None);
        knights.play(knights.read(name).unwrap());
    }
    assert_eq!(knights.outcome(), Some(Outcome::Drawn), "the start for the third time");
    let castling = chess("4k3/8/8/8/8/8/8/4K2R w K - 0 1");
    assert_eq!(castling.name(castling.read("O-O").unwrap()), "e1g1");
    let shogi = |sfen: &str| Shogi::default().at(sfen).unwrap();
    let mut rooks = shogi("lnsgkgsnl/1r5b1/ppppppppp/9/9/9/PPPPPPPPP/1B5R1/LNSGKGSNL b - 1");
    for name in ["2h3h", "8b7b", "3h2h", "7b8b"].repeat(3) {
        assert_eq!(rooks.outcome(), None);
        rooks.play(rooks.read(name).unwrap());
    }
    assert_eq!(rooks.outcome(), Some(Outcome::Drawn), "the start for the fourth time");
    // Checks without end: who gives them loses.
    let mut checks = shogi("4k4/9/9/9/9/9/9/5R3/K8 b - 1");
    for name in ["4h5h", "5a4a", "5h4h", "4a5a"].repeat(4) {
        if checks.outcome().is_some() {
            break;
        }
        match checks.read(name) {
            Ok(chosen) => checks.play(chosen),
            Err(why) => panic!("{name}: {why}"),
        }
    }
    assert_eq!(checks.outcome(), Some(Outcome::Won(Side::Second)));
    // Two pawns on a file, and mate by a dropped pawn, are no moves.
    let nifu = shogi("4k4/9/9/9/9/9/4P4/9/4K4 b P 1");
    assert!(nifu.read("P*5e").is_err() && nifu.read("P*4e").is_ok());
    let dropped = shogi("8k/7R1/7GG/9/9/9/9/9/4K4 b P 1");
    assert!(dropped.read("P*1b").is_err(), "uchifuzume");
    assert!(dropped.read("G*5e").is_err(), "none in hand");
}

#[test]
fn an_sfen_with_rows_too_long_or_hands_too_full_is_refused() {
    let shogi = Shogi::default();
    for sfen in [
        "99/9/9/9/9/9/9/9/9 b - 1",
        "4k5/9/9/9/9/9/9/9/4K4 b - 1",
        "4k4/9/9/9/9/9/9/9/4K4 b 99999999999P 1",
        "4k4/9/9/9/9/9/9/9/4K4 b 200P200p 1",
        "4k4/9/9/9/9/9/9/9/4K4 b K 1",
        "4k4/9/9/9/9/9/9/9/4K4 b - 65535",
    ] {
        assert!(shogi.at(sfen).is_err_and(|why| why.0.en.starts_with("SFEN: ")), "{sfen}");
    }
    assert!(shogi.at("4k4/9/9/9/9/9/9/9/4K4 b 18P 9999").is_ok());
}

/// haitaka takes the last count alone.
#[test]
fn a_piece_named_twice_in_a_hand_is_refused() {
    let start = Shogi::default();
    assert!(start.at("4k4/9/9/9/9/9/9/9/4K4 b 2Grb 1").is_ok());
    assert!(start.at("4k4/9/9/9/9/9/9/9/4K4 b GGrb 1").is_err());
    assert!(start.at("4k4/9/9/9/9/9/9/9/4K4 b 字 1").is_err());
}

#[test]
fn what_a_rule_has_ended_can_be_opened_again() {
    let mut go = Go::new(9, go::Rules::default());
    (0..2).for_each(|_| go.play(go.pass()));
    assert!(go.outcome().is_some() && go.reopened().is_some_and(|go| go.outcome().is_none()));
    for (fen, opens) in [
        ("k7/8/8/8/8/8/8/K7 w - - 0 1", true),
        ("4k3/8/8/8/8/8/8/4K2R w K - 100 80", true),
        ("7k/5Q2/6K1/8/8/8/8/8 b - - 0 1", false),
        ("4k3/8/8/8/8/8/8/4K2R w K - 99 80", false),
    ] {
        let reopened = Chess::default().at(fen).unwrap().reopened();
        assert_eq!(reopened.is_some(), opens, "{fen}");
        assert!(reopened.is_none_or(|game| game.outcome().is_none()), "{fen}");
    }
}

#[test]
fn a_square_behind_a_pawn_counts_only_if_the_pawn_can_be_taken() {
    let after = |names: &[&str]| {
        let mut game = Chess::default();
        for name in names {
            game.play(game.read(name).unwrap());
        }
        game.outcome()
    };
    let round = ["g8f6", "g1f3", "f6g8", "f3g1"];
    assert_eq!(after(&[&["e2e4"][..], &round, &round].concat()), Some(Outcome::Drawn));
    // Here the first of the three is another position: black could take.
    let line = ["g1f3", "d7d5", "f3g1", "d5d4", "e2e4"];
    assert_eq!(after(&[&line[..], &round, &round].concat()), None);
    assert_eq!(after(&[&line[..], &round, &round, &round[..1]].concat()), Some(Outcome::Drawn));
    // The pawn that could take is pinned.
    let pinned = Chess::default().at("8/8/8/8/k2p3R/8/4P3/4K1N1 w - - 0 1").unwrap();
    let mut game = pinned.clone();
    for name in [&["e2e4"][..], &["a4a5", "g1f3", "a5a4", "f3g1"].repeat(2)].concat() {
        game.play(game.read(name).unwrap());
    }
    assert_eq!(game.outcome(), Some(Outcome::Drawn));
}

#[test]
fn what_others_play_goes_on_where_ours_ends() {
    let mut chess: AnyGame = Chess::default().into();
    let mut broken = Vec::new();
    for name in ["g1f3", "g8f6", "f3g1", "f6g8", "g1f3", "g8f6", "f3g1", "f6g8", "e2e4", "0000", "Nf3"] {
        let chosen = chess.read_as_played(name).unwrap();
        let (next, rule) = chess.after_as_played(chosen).unwrap();
        broken.extend(rule);
        chess = next;
    }
    assert_eq!(broken, [HouseRule::Repetition, HouseRule::NullMove]);
    assert!(chess.diagram().starts_with("rnbqkbnr/pppppppp/8/8/4P3/5N2/PPPP1PPP/RNBQKB1R b"));
    let mate = Chess::default().at("R5k1/5ppp/8/8/8/8/8/4K3 b - - 0 1").unwrap();
    assert!(mate.read_as_played("g8f8").is_err() && mate.read_as_played("--").is_err());
    // Two stones take themselves; a ko is taken back at once by nobody's rules.
    let go = go(".xo../xxo../oo.../...../..... x");
    let corner = go.read_as_played("A5").unwrap();
    assert_eq!(go.after_as_played(corner).unwrap().1, Some(HouseRule::Suicide));
    assert!(go.read_as_played("B5").is_err(), "taken");
}
