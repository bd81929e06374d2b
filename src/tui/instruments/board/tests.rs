mod said;

use super::table::Seats;
use super::*;
use crate::experiment::Language;
use crate::registry;
use ratatui::buffer::Buffer;
use std::time::Duration;

/// A board whose questions are answered by the model itself.
struct Opened {
    board: BoardTable,
    lab: Lab,
    app: AppContext,
    folder: tempfile::TempDir,
    reached: Vec<&'static str>,
    /// Positions in which a move was predicted right.
    predicted: Vec<String>,
}

fn open(language: Language) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let mut app = AppContext::for_tests(language, folder.path());
    let lab = app.catalogue.find("board-game").unwrap().clone();
    let mut board = BoardTable::default();
    board.refresh(&lab, &mut app);
    let mut opened = Opened { board, lab, app, folder, reached: Vec::new(), predicted: Vec::new() };
    opened.settle();
    opened
}

impl Opened {
    /// Waits for the answers that are under way.
    fn settle(&mut self) {
        loop {
            let busy = self.app.questions.is_busy();
            let replies = self.app.questions.take();
            if replies.is_empty() && !busy {
                break;
            }
            for reply in replies {
                assert!(self.board.answered(&reply, &self.lab, &mut self.app));
            }
            std::thread::yield_now();
        }
        self.reached.append(&mut self.board.reached());
        self.predicted.extend(self.board.reached_with().into_iter().map(|(_, position)| position));
    }

    fn handle_action(&mut self, action: Action) {
        self.board.handle_action(action, &self.lab, &mut self.app);
        self.settle();
    }

    fn write(&mut self, action: Action, typed: &str) {
        self.handle_action(action);
        assert!(self.board.in_text());
        self.board.line = self.board.line.take().map(|(wanted, _)| (wanted, TextArea::new(vec![typed.to_owned()])));
        self.handle_action(Action::Confirm);
    }

    fn key(&mut self, code: KeyCode) {
        assert!(self.board.in_text());
        self.board.typed(&KeyEvent::from(code), &self.lab, &mut self.app);
        self.settle();
    }

    fn write_position(&mut self, typed: &str) {
        self.handle_action(Action::EditPosition);
        self.key(KeyCode::Char('d'));
        self.board.line = self.board.line.take().map(|(wanted, _)| (wanted, TextArea::new(vec![typed.to_owned()])));
        self.handle_action(Action::Confirm);
    }

    fn set_up(&mut self, game: &str, seats: Seats) {
        let kind = if matches!(game, "chess" | "shogi" | "othello" | "othello-6") { "alphabeta" } else { "mcts" };
        let setup = Setup { game: game.to_owned(), kind: kind.to_owned(), seats, ..Setup::default() };
        self.board.begin(setup, &self.lab, &mut self.app);
        self.settle();
    }

    fn choose(&mut self, cell: usize) {
        self.board.cursor = Cursor::Cell(cell);
        self.handle_action(Action::Confirm);
    }

    fn board(&self) -> &Board {
        self.board.board.as_ref().unwrap()
    }

    fn shown(&mut self, size: (u16, u16)) -> String {
        let area = ratatui::layout::Rect::new(0, 0, size.0, size.1);
        let mut buffer = Buffer::empty(area);
        self.board.draw(area, true, "board", &mut self.app, &mut buffer);
        crate::tui::screens::shown(&buffer)
    }
}

#[test]
fn a_person_plays_the_machine_answers_and_both_are_taken_back() {
    let mut opened = open(Language::En);
    opened.choose(3);
    assert_eq!(opened.board.table.at, 2, "one move each");
    assert_eq!((opened.board().sides.as_slice(), opened.board().turn), (&[0, 1][..], 0));
    let played = opened.board.table.played.clone();
    opened.handle_action(Action::Undo);
    assert_eq!((opened.board.table.at, opened.board().names.len()), (0, 0));
    assert_eq!(opened.board.table.played, played, "what was taken back can be made again");
    opened.handle_action(Action::Redo);
    assert_eq!(opened.board.table.at, 2);
    opened.handle_action(Action::MoveBefore);
    assert_eq!((opened.board.table.at, opened.board().turn), (1, 1));
    opened.choose(0);
    assert_eq!(opened.board.table.at, 1, "it is not the person's turn there: {}", opened.board.said.0);
}

#[test]
fn a_win_at_a_level_beats_that_level_and_no_higher_one() {
    for seed in 1..20 {
        let mut opened = open(Language::En);
        let setup = Setup { game: "tic-tac-toe".to_owned(), seed, ..Setup::default() };
        opened.board.begin(setup, &opened.lab, &mut opened.app);
        opened.settle();
        // The person plays corners, and lines where she can.
        while opened.board.ending().is_none() {
            let model = registry::open_bundled("board-game", &opened.app.source).unwrap();
            let mut session = model.session(None).unwrap();
            let query = GameQuery::Think {
                played: opened.board.table.now(),
                agent: "alphabeta".to_owned(),
                exploration: None,
                seed: 1,
                at_most_seconds: None,
                without_end: false,
            };
            let Ok(Answer::Game(GameAnswer::Thinking(thinking))) = session.answer(&query.into(), &Default::default())
            else {
                panic!()
            };
            opened.choose(thinking.considered[0].line[0].to.unwrap());
        }
        if opened.board.ending() == Some(Ending::Won(0)) {
            assert!(opened.reached.contains(&"level_1_beaten") && !opened.reached.contains(&"level_3_beaten"));
            assert!(opened.board.said.0.contains("you win"));
            return;
        }
        assert!(!opened.reached.contains(&"level_1_beaten"));
    }
    panic!("nineteen games without a win at level 1");
}

#[test]
fn a_win_over_level_three_with_many_hints_is_not_the_persons_own() {
    for (hints, is_own) in [(3, true), (4, false)] {
        let mut opened = open(Language::En);
        opened.set_up("tic-tac-toe", Seats::Person(0));
        opened.board.table.setup.level = 3;
        for asked in 1..=hints {
            opened.handle_action(Action::Hint);
            assert_eq!(opened.board.table.hints, asked);
        }
        let kept = Table::from_kept(opened.board.table.kept());
        assert_eq!(kept.hints, hints, "a game that was left goes on with them");
        opened.board.finish(Ending::Won(0), &opened.app);
        opened.settle();
        assert!(opened.reached.contains(&"level_1_beaten"));
        assert_eq!(opened.reached.contains(&"level_3_beaten"), is_own);
    }
}

/// Why a win that a person had help with solves no exercise is said with it, and not of any other ending.
#[test]
fn a_win_with_help_says_that_it_does_not_count() {
    for (language, words) in [(Language::En, "not for the exercises"), (Language::Ja, "演習には数えません")] {
        for (helped, side) in [(true, 0), (false, 0), (true, 1)] {
            let mut opened = open(language);
            opened.set_up("tic-tac-toe", Seats::Person(0));
            if helped {
                // The machine moves in the person's place.
                opened.handle_action(Action::Pause);
            }
            opened.board.finish(Ending::Won(side), &opened.app);
            opened.settle();
            let is_refused = helped && side == 0;
            assert_eq!(opened.board.said.0.contains(words), is_refused, "{}", opened.board.said.0);
            assert_eq!(opened.reached.contains(&"game_won"), !helped && side == 0);
        }
    }
}

#[test]
fn a_puzzle_is_solved_at_the_first_try_or_not_at_all() {
    let opened = open(Language::En);
    let model = registry::open_bundled("board-game", &opened.app.source).unwrap();
    for seed in 1..6 {
        let answer = model.answer(&GameQuery::Puzzle { seed }.into(), &Default::default()).unwrap();
        let dealt = |puzzle: &mut Puzzle, app: &mut AppContext| {
            puzzle.answered(&("puzzle/deal".to_owned(), Ok(answer.clone())), &opened.lab, app);
        };
        let Answer::Game(GameAnswer::Puzzle { board, solution, .. }) = &answer else { panic!() };
        let column = board.choice(*solution).unwrap().to.unwrap() % board.columns;
        let mut app = AppContext::for_tests(Language::En, opened.folder.path());
        let to = |puzzle: &mut Puzzle, app: &mut AppContext, column: usize| {
            (0..board.columns).for_each(|_| _ = puzzle.handle_action(Action::Left, &opened.lab, app));
            (0..column).for_each(|_| _ = puzzle.handle_action(Action::Right, &opened.lab, app));
            puzzle.handle_action(Action::Confirm, &opened.lab, app);
        };
        let mut puzzle = Puzzle::default();
        dealt(&mut puzzle, &mut app);
        puzzle.handle_action(Action::Confirm, &opened.lab, &mut app);
        assert!(puzzle.reached().is_empty(), "the cursor does not begin on the answer");
        to(&mut puzzle, &mut app, column);
        assert!(puzzle.reached().is_empty(), "the second try finds it, too late");
        let mut puzzle = Puzzle::default();
        dealt(&mut puzzle, &mut app);
        to(&mut puzzle, &mut app, column);
        assert_eq!(puzzle.reached(), ["puzzle_solved"]);
        // Who reads it in lines sees the stones of both and the cursor, here in the column of the answer.
        let (letters, _) = puzzle.in_letters().unwrap();
        assert!(letters.contains('x') && letters.contains('o'), "{letters}");
        assert_eq!(letters.lines().last().unwrap().find('^'), Some(column), "{letters}");
    }
}

#[test]
fn a_machine_that_moved_for_a_person_beats_no_level() {
    let mut opened = open(Language::En);
    opened.set_up("tic-tac-toe", Seats::Person(0));
    opened.write_position("xx./oo./... x");
    opened.choose(2);
    assert_eq!(opened.board.ending(), Some(Ending::Won(0)));
    assert!(!opened.reached.contains(&"level_1_beaten") && opened.reached.contains(&"position_set"));
}

#[test]
fn moves_and_positions_can_be_typed_and_faults_are_said() {
    let mut opened = open(Language::En);
    opened.set_up("chess", Seats::People);
    opened.write(Action::TypeMove, "Nf3");
    opened.write(Action::TypeMove, "e7e5");
    assert_eq!(opened.board().names, ["Nf3", "e5"]);
    opened.write(Action::TypeMove, "Ke4");
    assert!(opened.board.said.1 && opened.board.said.0.contains("Ke4"), "{}", opened.board.said.0);
    assert_eq!(opened.board.table.at, 2);
    opened.write_position("8/8/8/8 w");
    assert!(opened.board.said.1 && opened.board.said.0.contains("FEN"));
    opened.write_position("8/P6k/8/8/8/8/8/K7 w - - 0 1");
    assert_eq!((opened.board.table.at, opened.board().names.len()), (0, 0));
    // The pawn goes up to the edge: what it becomes is asked.
    opened.choose(8);
    assert_eq!(opened.board.picked, Some(Origin::Cell(8)));
    opened.choose(0);
    let becomes: Vec<String> =
        opened.board.becoming.as_ref().unwrap().0.iter().map(|choice| choice.becomes.clone()).collect();
    assert_eq!(becomes.len(), 4);
    while opened.board.becoming.as_ref().is_some_and(|(choices, at)| choices[*at].becomes != "N") {
        opened.handle_action(Action::Right);
    }
    opened.handle_action(Action::Confirm);
    assert_eq!(opened.board().names, ["a8=N"]);
}

/// What is said in Japanese where a move, a position or a record of a game is refused.
#[test]
fn faults_are_said_in_japanese_on_a_japanese_screen() {
    let mut opened = open(Language::Ja);
    opened.set_up("chess", Seats::People);
    opened.write(Action::TypeMove, "Ke4");
    assert!(opened.board.said.1, "{}", opened.board.said.0);
    assert!(opened.board.said.0.starts_with("`Ke4` はこの局面では指せません"), "{}", opened.board.said.0);
    opened.write_position("8/8/8/8 w");
    assert!(opened.board.said.1, "{}", opened.board.said.0);
    assert!(opened.board.said.0.starts_with("FEN: 駒の配置が正しい局面になっていません"), "{}", opened.board.said.0);
    let file = opened.folder.path().join("bad.sgf");
    std::fs::write(&file, "(;GM[4]SZ[9];B[zz])").unwrap();
    opened.write(Action::OpenGame, &file.display().to_string());
    assert!(opened.board.said.1, "{}", opened.board.said.0);
    for part in ["1 行目 14 文字目: 1 手目: B[zz]: ", "`zz` は盤上の位置ではありません"] {
        assert!(opened.board.said.0.contains(part), "{}", opened.board.said.0);
    }
    // One that opens up to a move which is none.
    let file = opened.folder.path().join("cut.pgn");
    std::fs::write(&file, "[White \"a\"]\n\n1. e4 e5 2. Ke3 *\n").unwrap();
    opened.write(Action::OpenGame, &file.display().to_string());
    let said = &opened.board.said.0;
    assert_eq!(opened.board().names, ["e4", "e5"]);
    assert!(said.contains("2 手目の白: `Ke3` は") && said.contains("その手前の 2 手目まで読みました"), "{said}");
    assert!(!said.contains("legal"), "{said}");
}

#[test]
fn a_position_is_set_up_man_by_man() {
    let mut opened = open(Language::En);
    opened.set_up("tic-tac-toe", Seats::People);
    opened.handle_action(Action::EditPosition);
    for (cell, times) in [(0, 1), (1, 1), (3, 2), (4, 2), (8, 3)] {
        opened.board.cursor = Cursor::Cell(cell);
        (0..times).for_each(|_| opened.key(KeyCode::Char(' ')));
    }
    opened.handle_action(Action::Confirm);
    assert_eq!(opened.board().diagram, "xx./oo./... x");
    opened.set_up("chess", Seats::People);
    opened.handle_action(Action::EditPosition);
    opened.key(KeyCode::Char('c'));
    for (cell, letter) in [(4, 'k'), (60, 'K'), (63, 'R')] {
        opened.board.cursor = Cursor::Cell(cell);
        opened.key(KeyCode::Char(letter));
    }
    opened.handle_action(Action::Confirm);
    assert_eq!(opened.board().diagram, "4k3/8/8/8/8/8/8/4K2R w K - 0 1");
    // No king: it says so, and stays open.
    opened.handle_action(Action::EditPosition);
    opened.key(KeyCode::Char('c'));
    opened.handle_action(Action::Confirm);
    assert!(opened.board.said.1 && matches!(opened.board.side, Side::Edit(_)), "{}", opened.board.said.0);
    opened.handle_action(Action::Back);
    assert_eq!(opened.board().diagram, "4k3/8/8/8/8/8/8/4K2R w K - 0 1");
}

#[test]
fn a_game_is_as_it_was_left() {
    let mut opened = open(Language::En);
    opened.set_up("gomoku-9", Seats::People);
    opened.choose(40);
    opened.board = BoardTable::default();
    opened.board.refresh(&opened.lab, &mut opened.app);
    opened.settle();
    assert_eq!((opened.board().game.as_str(), opened.board().names.as_slice()), ("gomoku-9", &["e5".to_owned()][..]));
}

#[test]
fn pieces_in_hand_are_dropped_by_cursor() {
    let mut opened = open(Language::En);
    opened.set_up("shogi", Seats::People);
    opened.write_position("4k4/9/9/9/9/9/9/9/4K4 b GPp 1");
    assert_eq!(opened.board().hands[0].iter().map(|(man, _)| man.letter.as_str()).collect::<Vec<_>>(), ["G", "P"]);
    opened.board.cursor = Cursor::Cell(76);
    opened.handle_action(Action::Down);
    assert!(matches!(opened.board.cursor, Cursor::Hand(_)));
    opened.handle_action(Action::Left);
    opened.handle_action(Action::Confirm);
    assert!(matches!(opened.board.picked, Some(Origin::Hand(_))));
    opened.choose(40);
    assert_eq!(opened.board().names, ["G*5e"]);
}

#[test]
fn a_flag_that_falls_ends_the_game() {
    let mut opened = open(Language::En);
    let setup = Setup { clock: 1, seats: Seats::People, ..Setup::default() };
    opened.board.begin(setup, &opened.lab, &mut opened.app);
    opened.settle();
    assert!(opened.board.keeps_time());
    let later = Instant::now() + Duration::from_secs(61);
    opened.board.tick_at(later, &opened.lab, &mut opened.app);
    assert_eq!(opened.board.ending(), Some(Ending::Won(1)));
    assert!(opened.board.said.0.contains("on time") && !opened.board.keeps_time());
}

#[test]
fn two_machines_play_at_a_pace_and_pause() {
    let mut opened = open(Language::En);
    opened.set_up("connect-four", Seats::Agents);
    assert_eq!(opened.board.table.at, 0);
    let due = opened.board.due.expect("the first move waits").1;
    opened.board.tick_at(due - Duration::from_millis(1), &opened.lab, &mut opened.app);
    opened.settle();
    assert_eq!(opened.board.table.at, 0);
    opened.board.tick_at(due, &opened.lab, &mut opened.app);
    opened.settle();
    assert_eq!(opened.board.table.at, 1);
    opened.handle_action(Action::Pause);
    opened.board.tick_at(due + Duration::from_secs(60), &opened.lab, &mut opened.app);
    opened.settle();
    assert_eq!(opened.board.table.at, 1);
    opened.handle_action(Action::Pause);
    assert!(opened.board.due.is_some());
}

#[test]
fn c_is_compared_a_move_predicted_and_the_tree_opened() {
    let mut opened = open(Language::En);
    opened.board.exploration = Some(0.2);
    opened.handle_action(Action::Hint);
    assert!(!opened.reached.contains(&"c_compared"));
    opened.board.exploration = Some(3.0);
    opened.handle_action(Action::Hint);
    assert!(opened.reached.contains(&"c_compared"));
    opened.board.exploration = None;
    // Three on top of each other must be stopped.
    opened.set_up("connect-four", Seats::People);
    [3, 0, 3, 1, 3].into_iter().for_each(|column| opened.choose(column));
    opened.board.cursor = Cursor::Cell(3);
    opened.handle_action(Action::Predict);
    assert_eq!(opened.predicted, [opened.board().diagram.clone()], "{}", opened.board.said.0);
    // Where the answer was shown before, by the prediction itself or by a hint, there is nothing left to predict.
    opened.reached.clear();
    opened.handle_action(Action::Predict);
    opened.set_up("connect-four", Seats::People);
    [0, 3, 0, 3, 1, 3].into_iter().for_each(|column| opened.choose(column));
    opened.board.cursor = Cursor::Cell(3);
    opened.handle_action(Action::Hint);
    opened.handle_action(Action::Predict);
    assert!(opened.board.said.0.starts_with("predicted"), "{}", opened.board.said.0);
    assert_eq!(opened.predicted.len(), 1);
    opened.handle_action(Action::Tree);
    opened.handle_action(Action::Right);
    assert!(opened.reached.contains(&"tree_opened"));
    let Side::Tree(tree) = &opened.board.side else { panic!("the tree is open") };
    assert_eq!(tree.path(), [3]);
    opened.handle_action(Action::Left);
    opened.handle_action(Action::Back);
    assert!(matches!(opened.board.side, Side::Thinking));
}

#[test]
fn a_simulation_is_walked_step_by_step_and_back() {
    let mut opened = open(Language::En);
    opened.handle_action(Action::SingleStep);
    let at = |opened: &mut Opened| opened.shown((100, 26));
    assert!(at(&mut opened).contains("simulation 1"));
    (0..8).for_each(|_| opened.handle_action(Action::SingleStep));
    assert!(opened.reached.contains(&"steps_walked") && at(&mut opened).contains("simulation 3"));
    opened.handle_action(Action::StepBack);
    assert!(at(&mut opened).contains("simulation 2"));
    opened.handle_action(Action::StepMany);
    assert!(at(&mut opened).contains("simulation 12"));
    opened.handle_action(Action::Back);
    assert!(matches!(opened.board.side, Side::Thinking));
}

#[test]
fn a_game_is_analysed_and_looked_through() {
    let mut opened = open(Language::En);
    opened.set_up("tic-tac-toe", Seats::People);
    for cell in [4, 1, 0, 8, 3, 5, 6] {
        opened.choose(cell);
    }
    assert_eq!(opened.board.ending(), Some(Ending::Won(0)));
    opened.handle_action(Action::Analyse);
    assert!(opened.reached.contains(&"review_finished"));
    assert_eq!(opened.board.judged.len(), 8);
    let (name, loss) = opened.board.judged[1].better.clone().expect("an edge against the middle loses");
    assert!(loss > 0.4, "{name} {loss}");
    assert!(!opened.reached.contains(&"blunder_seen"), "nothing was looked at yet");
    opened.handle_action(Action::Home);
    assert_eq!(opened.board.table.at, 0);
    assert!(!opened.reached.contains(&"blunder_seen"), "the first move lost nothing");
    opened.handle_action(Action::MoveAfter);
    assert!(opened.reached.contains(&"blunder_seen"));
}

#[test]
fn an_analysis_that_is_cut_short_has_no_worst_move() {
    let mut opened = open(Language::En);
    opened.set_up("tic-tac-toe", Seats::People);
    for cell in [4, 1, 0, 8, 3, 5, 6] {
        opened.choose(cell);
    }
    opened.handle_action(Action::Analyse);
    // As it is when five positions are judged, the second of them the worst, and a hint is asked for.
    opened.handle_action(Action::Home);
    opened.board.judged.truncate(5);
    opened.board.reviewing = true;
    opened.handle_action(Action::Hint);
    opened.handle_action(Action::MoveAfter);
    assert!(!opened.board.reviewing && !opened.reached.contains(&"blunder_seen"));
}

#[test]
fn games_are_saved_and_opened_and_a_file_that_is_none_says_why() {
    let mut opened = open(Language::En);
    opened.set_up("gomoku-9", Seats::People);
    opened.choose(40);
    opened.choose(41);
    // No folder is made unasked, no other ending is taken, and what was typed stays to be mended.
    for (name, said) in [("new folder/game.sgf", "no such folder"), ("game.kif", "a name that ends in .sgf or .txt")] {
        opened.write(Action::SaveGame, &opened.folder.path().join(name).display().to_string());
        assert!(opened.board.said.1 && opened.board.said.0.contains(said), "{}", opened.board.said.0);
        opened.handle_action(Action::Back);
    }
    let file = opened.folder.path().join("game.sgf");
    std::fs::write(&file, "mine").unwrap();
    opened.write(Action::SaveGame, &file.display().to_string());
    assert!(opened.board.said.0.ends_with("game.sgf: is there already; ↵ again writes over it"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    opened.handle_action(Action::Confirm);
    assert!(!opened.board.said.1, "{}", opened.board.said.0);
    let played = opened.board.table.played.clone();
    opened.set_up("chess", Seats::People);
    opened.write(Action::OpenGame, &file.display().to_string());
    assert_eq!(opened.board.table.played, played);
    assert_eq!((opened.board.table.at, opened.board.paused), (2, true), "looked at first");
    for (name, bytes, part) in [
        ("none.sgf", None, "no such file"),
        ("zip.kif", Some(&b"PK\x03\x04\x14\0"[..]), "a zip archive; expected a game"),
        ("bad.sgf", Some(&b"(;GM[4]SZ[9];B[zz])"[..]), "no point"),
    ] {
        let file = opened.folder.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(&file, bytes).unwrap();
        }
        opened.write(Action::OpenGame, &file.display().to_string());
        let said = &opened.board.said;
        assert!(said.1 && said.0.contains(part) && !said.0.contains('\n'), "{said:?}");
        assert_eq!(opened.board.table.played, played, "what was there stays");
    }
}

/// A file in Shift-JIS with a problem, white's last stones set up, no moves: held, and what was odd is said.
#[test]
fn a_file_that_is_opened_is_held_and_what_was_odd_is_said() {
    let mut opened = open(Language::En);
    opened.set_up("go-9", Seats::Person(0));
    let file = opened.folder.path().join("position.sgf");
    std::fs::write(&file, b"(;GM[1]SZ[9]PB[J\xfcrgen M\xfcller]AB[ee]AW[ed]PL[W])").unwrap();
    opened.write(Action::OpenGame, &file.display().to_string());
    assert_eq!((opened.board.table.at, opened.board.paused, opened.board().turn), (0, true, 1), "the machine waits");
    assert!(opened.board.said.0.contains("read as windows-1252"), "{:?}", opened.board.said);
    std::fs::write(&file, "1. Nf3 Nf6 2. Ng1 Ng8 3. Nf3 Nf6 4. Ng1 Ng8 5. e4 e5").unwrap();
    opened.set_up("chess", Seats::Person(0));
    opened.write(Action::OpenGame, &file.display().to_string());
    assert_eq!(opened.board.table.at, 10);
    assert!(opened.board.said.0.contains("move 9: played on after a position came for the third time"));
    opened.handle_action(Action::MoveBefore);
    assert_eq!(opened.board().names.len(), 9);
    // Saved as its name says.
    opened.set_up("shogi", Seats::People);
    for (name, begins) in [("a.kif", "手合割"), ("a.ki2", "手合割"), ("a.csa", "'CSA"), ("b", "手合割")] {
        let file = opened.folder.path().join(name);
        opened.write(Action::SaveGame, &file.display().to_string());
        let file = if name == "b" { file.with_extension("kif") } else { file };
        assert!(std::fs::read_to_string(&file).unwrap().starts_with(begins), "{name}");
    }
    opened.set_up("chess", Seats::Person(0));
    opened.write_position("4k3/8/8/8/8/8/8/4K2R w KQ - 0 0");
    assert_eq!(opened.board().diagram, "4k3/8/8/8/8/8/8/4K2R w K - 0 1");
    assert!(opened.board.said.0.contains("FEN: "), "{:?}", opened.board.said);
}

/// Every board in both languages, as a person first sees it and after some moves.
#[test]
fn every_board() {
    let lines: [(&str, &[&str]); 10] = [
        ("tic-tac-toe", &["b2", "a3", "c1"]),
        ("connect-four", &["4", "4", "3", "5"]),
        ("othello", &["d3", "c5", "f6"]),
        ("othello-6", &["c2", "d2", "e2"]),
        ("gomoku-9", &["e5", "d5", "d4"]),
        ("gomoku-15", &["h8", "g8", "g9"]),
        ("go-9", &["E5", "C4", "G3"]),
        ("go-13", &["D4", "K10", "pass"]),
        ("chess", &["e4", "c5", "Nf3", "d6"]),
        ("shogi", &["7g7f", "3c3d", "8h2b+", "3a2b"]),
    ];
    for language in Language::ALL {
        for (game, moves) in lines {
            let mut opened = open(language);
            opened.set_up(game, Seats::People);
            moves.iter().for_each(|typed| opened.write(Action::TypeMove, typed));
            assert_eq!(opened.board.table.at, moves.len(), "{game}: {}", opened.board.said.0);
            let size = if matches!(game, "gomoku-15" | "shogi") { (110, 33) } else { (80, 21) };
            insta::assert_snapshot!(format!("{game}_{language}"), opened.shown(size));
        }
    }
}
