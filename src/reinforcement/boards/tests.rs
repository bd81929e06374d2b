use super::*;
use crate::experiment::board::{Ending, Origin};
use crate::reinforcement::games::{PlayoutRng, below};
use rand::SeedableRng;

fn ask(model: &Boards, query: GameQuery) -> Result<GameAnswer, ExperimentError> {
    about_games(model.answer(&query.into(), &TaskContext::default()))
}

fn about_games(answer: Result<Answer, ExperimentError>) -> Result<GameAnswer, ExperimentError> {
    answer.map(|answer| match answer {
        Answer::Game(answer) => answer,
        other => panic!("{other:?}"),
    })
}

fn think(played: &Played, agent: &str, exploration: Option<f32>) -> GameQuery {
    GameQuery::Think {
        played: played.clone(),
        agent: agent.to_owned(),
        exploration,
        seed: 1,
        at_most_seconds: None,
        without_end: false,
    }
}

#[test]
fn what_a_board_shows_is_the_position_at_every_move_of_every_game() {
    let model = Boards::default();
    let mut random = PlayoutRng::seed_from_u64(4);
    for id in GAMES {
        let mut played = Played::of(id);
        for _ in 0..60 {
            let Ok(GameAnswer::Board { board, .. }) =
                ask(&model, GameQuery::Board { played: played.clone(), typed: None })
            else {
                panic!("{id}: {:?}", played.moves)
            };
            assert_eq!(board.cells.len(), board.rows * board.columns);
            assert_eq!(board.names.len(), played.moves.len());
            assert_eq!(board.choices.is_empty(), board.ending.is_some(), "{id}");
            for choice in &board.choices {
                let Some(to) = choice.to else { continue };
                match choice.from {
                    Origin::Cell(from) => assert_eq!(board.cells[from].as_ref().map(|man| man.side), Some(board.turn)),
                    _ => assert_eq!(board.cells[to], None, "{id}: {} falls on a man", choice.name),
                }
            }
            if board.choices.is_empty() {
                break;
            }
            let chosen = &board.choices[below(&mut random, board.choices.len())];
            // What people would type does the same.
            let Ok(GameAnswer::Board { played: typed, board: after }) =
                ask(&model, GameQuery::Board { played: played.clone(), typed: Some(chosen.name.clone()) })
            else {
                panic!("{id}: {} cannot be read", chosen.name)
            };
            played.moves.push(chosen.number);
            assert_eq!(typed, played, "{id}");
            if let Some(to) = chosen.to {
                assert_eq!(after.cells[to].as_ref().map(|man| man.side), Some(board.turn), "{id} {}", chosen.name);
                assert!(after.last.contains(&to));
            }
        }
    }
}

#[test]
fn the_stones_that_win_in_a_row_are_marked_and_until_then_the_last_move_is() {
    let model = Boards::default();
    let last = |game: &str, moves: &[u16]| {
        let played = Played { moves: moves.to_vec(), ..Played::of(game) };
        let Ok(GameAnswer::Board { board, .. }) = ask(&model, GameQuery::Board { played, typed: None }) else {
            panic!("{game} {moves:?}")
        };
        board.last
    };
    // The upper row, the other side below it.
    assert_eq!(last("tic-tac-toe", &[0, 3, 1, 4]), [4]);
    assert_eq!(last("tic-tac-toe", &[0, 3, 1, 4, 2]), [0, 1, 2]);
    // Upwards to the right from the first column.
    assert_eq!(last("connect-four", &[0, 1, 1, 2, 2, 3, 2, 3, 3, 0, 3]), [17, 23, 29, 35]);
    // Two lines by one stone: the upper row and the left column.
    assert_eq!(last("tic-tac-toe", &[1, 4, 2, 5, 3, 8, 6, 7, 0]), [0, 1, 2, 3, 6]);
    // Along the other diagonal of gomoku: 4, 12, 20, 28, 36 on nine lines.
    assert_eq!(last("gomoku-9", &[4, 0, 12, 1, 20, 2, 28, 3, 36]), [4, 12, 20, 28, 36]);
}

#[test]
fn a_position_can_be_typed_and_one_that_is_none_says_why() {
    let model = Boards::default();
    let typed = |game: &str, text: &str| {
        ask(&model, GameQuery::Board { played: Played::of(game), typed: Some(text.to_owned()) })
    };
    let Ok(GameAnswer::Board { played, board }) = typed("tic-tac-toe", "xx./oo./... x") else { panic!("a position") };
    assert_eq!((played.moves.len(), board.turn, board.diagram.as_str()), (0, 0, "xx./oo./... x"));
    let Ok(GameAnswer::Board { board, .. }) =
        ask(&model, GameQuery::Board { played: Played { moves: vec![2], ..played }, typed: None })
    else {
        panic!("played on")
    };
    assert_eq!(board.ending, Some(Ending::Won(0)));
    for (game, text, part) in [
        ("chess", "e2e5", "no legal move"),
        ("chess", "8/8/8/8/8/8/8/8 w - - 0 1", "FEN"),
        ("go-9", "z9", "z9"),
        ("chess-x", "e4", "did you mean `chess`?"),
    ] {
        let why = typed(game, text).unwrap_err().to_string();
        assert!(why.contains(part) && !why.contains('\n'), "{why}");
    }
}

#[test]
fn thinking_tells_on_the_way_and_its_tree_can_be_opened() {
    let mut session = Boards::default().session(None).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let task = TaskContext::hearing(move |answer| listener.lock().unwrap().push(answer));
    let played = Played { moves: vec![3, 3], ..Played::of("connect-four") };
    let answer = about_games(session.answer(&think(&played, "mcts:350ms,threads=1", None).into(), &task)).unwrap();
    let GameAnswer::Thinking(thinking) = answer else { panic!("a result") };
    assert!(thinking.finished && thinking.has_tree && thinking.considered.len() == 7);
    let best = &thinking.considered[0];
    assert!(best.visits > 100 && best.line.len() > 1 && best.line[0].side == 0 && best.line[1].side == 1);
    let heard = heard.lock().unwrap();
    assert!(!heard.is_empty());
    assert!(
        heard
            .iter()
            .all(|thinking| matches!(thinking, Answer::Game(GameAnswer::Thinking(thinking)) if !thinking.finished))
    );
    let branches = GameQuery::Branches { path: vec![best.line[0].number] }.into();
    let observer = session.observer().expect("a table can be watched");
    let Ok(GameAnswer::Branches { branches, .. }) = about_games(observer.answer(&branches, &TaskContext::default()))
    else {
        panic!("branches")
    };
    assert_eq!(branches[0].name, best.line[1].name);
    // All visits of a node but those that ended there went to its children.
    let below: u64 = branches.iter().map(|branch| branch.visits).sum();
    assert!(below < best.visits && below + 2 >= best.visits, "{below} of {}", best.visits);
}

#[test]
fn a_tree_is_kept_from_one_thought_to_the_next_until_c_is_moved() {
    let mut session = Boards::default().session(None).unwrap();
    let played = Played::of("connect-four");
    let mut nodes = |exploration| {
        let query = think(&played, "mcts:2000,threads=1", exploration).into();
        match about_games(session.answer(&query, &TaskContext::default())) {
            Ok(GameAnswer::Thinking(thinking)) => thinking.nodes,
            other => panic!("{other:?}"),
        }
    };
    let first = nodes(None);
    let second = nodes(None);
    assert!(second > first, "the second result goes on where the first ended");
    assert!(nodes(Some(0.1)) < second, "under another c it begins afresh");
}

#[test]
fn without_end_is_ended_by_calling_it_off() {
    let mut session = Boards::default().session(None).unwrap();
    let observer = session.observer().expect("a table can be watched");
    let task = TaskContext::default();
    let GameQuery::Think { played, agent, exploration, seed, .. } =
        think(&Played::of("go-9"), "mcts:1,threads=1,blunders=1", None)
    else {
        panic!()
    };
    let query = GameQuery::Think { played, agent, exploration, seed, at_most_seconds: None, without_end: true }.into();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| session.answer(&query, &task));
        // Whoever looks on sees the tree while it grows.
        let root = GameQuery::Branches { path: vec![] }.into();
        while observer.answer(&root, &TaskContext::default()).is_err() {
            std::thread::yield_now();
        }
        task.cancel();
        assert_eq!(asked.join().unwrap(), Err(ExperimentError::cancelled()));
    });
}

#[test]
fn a_game_that_is_written_is_read_again() {
    let model = Boards::default();
    let folder = tempfile::tempdir().unwrap();
    let in_file = |game: &str, text: &str| {
        let path = folder.path().join("game");
        std::fs::write(&path, text).unwrap();
        GameQuery::ReadGame { game: game.to_owned(), path }
    };
    let mut random = PlayoutRng::seed_from_u64(8);
    for id in GAMES {
        let mut played = Played::of(id);
        let mut position = AnyGame::start(id).unwrap();
        let mut moves = Vec::new();
        for _ in 0..12 {
            position.legal(&mut moves);
            let Some(made) = (!moves.is_empty()).then(|| moves[below(&mut random, moves.len())]) else { break };
            position.play(made);
            played.moves.push(made.0);
        }
        let players = ["one".to_owned(), "two".to_owned()];
        let query = GameQuery::WriteGame {
            played: played.clone(),
            players,
            gave_up: Some(GaveUp::Resigned(1)),
            extension: String::new(),
        };
        let Ok(GameAnswer::Text { text, .. }) = ask(&model, query) else { panic!("{id} is written") };
        // Of a bare list of columns the file must say which game it is.
        let Ok(GameAnswer::Board { played: read, board }) = ask(&model, in_file(id, &text)) else {
            panic!("{id} is read: {text}")
        };
        assert_eq!((read, board.diagram.clone()), (played, position.diagram()), "{text}");
    }
    // A game of Go keeps the komi of its file.
    let text = "(;GM[1]SZ[9]KM[5.5];B[ee];W[cc])";
    let Ok(GameAnswer::Board { played, .. }) = ask(&model, in_file("go-9", text)) else { panic!("SGF is read") };
    assert!(played.start.as_ref().is_some_and(|start| start.ends_with(" x 5.5")), "{played:?}");
    let query = GameQuery::WriteGame {
        played,
        players: ["one".to_owned(), "two".to_owned()],
        gave_up: None,
        extension: String::new(),
    };
    let Ok(GameAnswer::Text { text, .. }) = ask(&model, query) else { panic!("SGF is written") };
    assert!(text.contains("KM[5.5]") && !text.contains("AB["), "{text}");
    let why = ask(&model, in_file("chess", "1. e4 e5 2. Ke3")).unwrap_err();
    assert!(why.to_string().starts_with("line 1, column"), "{why}");
}
