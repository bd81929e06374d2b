//! Searches against values that are known.

use super::*;
use crate::reinforcement::games::{ConnectFour, Game, Othello, Outcome, PlayoutRng, Side, TicTacToe, below};
use rand::SeedableRng;
use std::sync::atomic::AtomicBool;

/// The value by looking at everything.
fn value<G: Game>(game: &G) -> Outcome {
    let mut moves = Vec::new();
    game.legal(&mut moves);
    if let Some(outcome) = game.outcome() {
        return outcome;
    }
    let mut best = Outcome::Won(game.turn().other());
    for chosen in moves {
        let mut next = game.clone();
        next.play(chosen);
        match value(&next) {
            Outcome::Won(side) if side == game.turn() => return Outcome::Won(side),
            Outcome::Drawn => best = Outcome::Drawn,
            Outcome::Won(_) => {}
        }
    }
    best
}

fn playouts(count: u64) -> Budget {
    Budget { playouts: Some(count), ..Budget::default() }
}

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

#[test]
fn the_solver_of_connect_four_agrees_with_looking_at_everything() {
    let mut solver = Solver::new(1 << 20);
    let mut random = PlayoutRng::seed_from_u64(5);
    for _ in 0..60 {
        let mut position = ConnectFour::default();
        let mut moves = Vec::new();
        while position.stones() < 30 {
            position.legal(&mut moves);
            if moves.is_empty() {
                break;
            }
            position.play(moves[below(&mut random, moves.len())]);
        }
        let score = solver.solve(&position, &never()).unwrap();
        let expected = match value(&position) {
            Outcome::Drawn => 0,
            Outcome::Won(side) => {
                if side == position.turn() {
                    1
                } else {
                    -1
                }
            }
        };
        assert_eq!(score.signum(), expected, "{}", position.diagram());
    }
}

/// Scores of positions whose winner is forced within a few moves.
#[test]
fn the_solver_counts_the_winners_stones() {
    let mut solver = Solver::new(1 << 20);
    let mut score = |moves: &str| solver.solve(&ConnectFour::from_moves(moves).unwrap(), &never()).unwrap();
    // Three in a row on the bottom with a free end: won with the fourth stone, 22 − 4.
    assert_eq!(score("334455"), 18);
    // The other side to move can stop only one of two ends.
    assert_eq!(score("33445"), -18);
}

#[test]
fn the_end_of_othello_agrees_with_looking_at_everything() {
    fn best(position: &Othello) -> i32 {
        let mut moves = Vec::new();
        position.legal(&mut moves);
        let (own, other) = position.discs();
        let (own, other) = (own.count_ones() as i32, other.count_ones() as i32);
        if moves.is_empty() {
            let left = position.squares().count_ones() as i32 - own - other;
            return own - other + left * (own - other).signum();
        }
        let after = |chosen: &crate::reinforcement::games::Move| {
            let mut next = *position;
            next.play(*chosen);
            -best(&next)
        };
        moves.iter().map(after).max().unwrap()
    }
    let (mut solver, mut random) = (endgame::Endgame::new(1 << 20), PlayoutRng::seed_from_u64(9));
    // One solver for both boards.
    for size in [8, 6].into_iter().cycle().take(60) {
        let (mut position, mut moves) = (Othello::new(size), Vec::new());
        while position.empties() > 9 && position.outcome().is_none() {
            position.legal(&mut moves);
            position.play(moves[below(&mut random, moves.len())]);
        }
        let (score, chosen) = solver.solve(&position, &never()).unwrap();
        assert_eq!(score, best(&position), "{}", position.diagram());
        if let Some(chosen) = chosen {
            let mut next = position;
            next.play(chosen);
            assert_eq!(-best(&next), score, "the move gets it");
        }
    }
}

#[test]
fn tic_tac_toe_is_drawn_and_its_end_is_proven() {
    for threads in [1, 2] {
        let settings = mcts::Settings { threads, ..mcts::Settings::for_game("tic-tac-toe") };
        let mut search = Mcts::new(TicTacToe::default(), settings.clone());
        let result = search.search(playouts(100_000), &never());
        assert!((result.value - 0.5).abs() < 0.05, "{}", result.value);
        // Four squares left: everything is seen, and then there is nothing to search for.
        let position = TicTacToe::default().at("xo./.x./o.. x").unwrap();
        let result = Mcts::new(position, settings).search(playouts(100_000), &never());
        assert_eq!((result.proven, result.value), (Some(Outcome::Won(Side::First)), 1.0));
        assert!(result.simulations < 10_000, "a proven root ends the search");
    }
    let result =
        AlphaBeta::new(alphabeta::Settings::default()).search(&TicTacToe::default(), Budget::default(), &never());
    assert_eq!((result.depth, result.value), (9, 0.5));
}

#[test]
fn no_position_of_tic_tac_toe_is_given_away_at_a_thousand_playouts() {
    let mut seen = std::collections::HashSet::from([TicTacToe::default().diagram()]);
    let mut waiting = vec![TicTacToe::default()];
    while let Some(position) = waiting.pop() {
        let settings = mcts::Settings { seed: seen.len() as u64, ..mcts::Settings::for_game("tic-tac-toe") };
        let result = Mcts::new(position, settings).search(playouts(1000), &never());
        let after = |chosen| {
            let mut next = position;
            next.play(chosen);
            next
        };
        let kept = value(&after(result.best().unwrap()));
        assert_eq!(kept, value(&position), "{}", position.diagram());
        let mut moves = Vec::new();
        position.legal(&mut moves);
        let next = moves.into_iter().map(after).filter(|next| next.outcome().is_none());
        waiting.extend(next.filter(|next| seen.insert(next.diagram())));
    }
    assert_eq!(seen.len(), 4520);
}

#[test]
fn the_same_seed_gives_the_same_tree_on_one_thread() {
    let tree = |seed| {
        let settings = mcts::Settings { seed, ..mcts::Settings::default() };
        let mut search = Mcts::new(ConnectFour::default(), settings);
        search.search(playouts(5000), &never()).candidates
    };
    assert_eq!(tree(1), tree(1));
    assert_ne!(tree(1), tree(2));
}

#[test]
fn visits_add_up_and_the_tree_is_kept_from_move_to_move() {
    for threads in [1, 2] {
        let settings = mcts::Settings { solver: false, threads, ..mcts::Settings::default() };
        let mut search = Mcts::new(Othello::default(), settings);
        let result = search.search(playouts(10_000), &never());
        let visits: u64 = result.candidates.iter().map(|candidate| candidate.visits).sum();
        assert_eq!(
            (result.simulations, visits),
            (10_000, 10_000),
            "every simulation passes through a child of the root"
        );
        let best = result.candidates[0];
        let nodes = search.tree().len();
        search.advance(best.chosen);
        assert_eq!(u64::from(search.tree().root().visits()), best.visits);
        assert!(search.tree().len() < nodes && search.tree().len() > 1);
    }
}

#[test]
fn a_tree_without_room_says_so_and_goes_on() {
    let settings = mcts::Settings { memory: 1, ..mcts::Settings::default() };
    let mut search = Mcts::new(ConnectFour::default(), settings);
    let result = search.search(playouts(200_000), &never());
    assert!(result.full);
    assert_eq!(result.simulations, 200_000);
    let all = Budget { stops_when_full: true, ..Budget::default() };
    assert!(search.search(all, &never()).took.as_secs() < 60);
}

#[test]
fn a_step_is_one_simulation_in_its_four_parts() {
    let mut search = Mcts::new(TicTacToe::default(), mcts::Settings::default());
    let first = search.step();
    assert_eq!((first.selected.len(), first.expanded), (1, 9));
    let mut game = TicTacToe::default();
    for chosen in first.selected.iter().chain(&first.played) {
        game.play(*chosen);
    }
    assert_eq!(game.outcome(), Some(first.outcome));
    assert_eq!(search.tree().root().visits(), 1);
}

#[test]
fn wins_and_losses_that_are_near_are_seen() {
    // x wins in the fourth column, which o would otherwise close.
    let position = ConnectFour::from_moves("112233").unwrap();
    let mut search = Mcts::new(position, mcts::Settings::default());
    let result = search.search(playouts(2000), &never());
    assert_eq!(result.proven, Some(Outcome::Won(Side::First)));
    assert_eq!(result.best().map(|chosen| position.name(chosen)), Some("4".to_owned()));
    let result = AlphaBeta::new(alphabeta::Settings::default()).search(&position, playouts(10_000), &never());
    assert_eq!(result.best().map(|chosen| position.name(chosen)), Some("4".to_owned()));
    let mate = crate::reinforcement::games::Chess::default();
    let mate = mate.at("6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1").unwrap();
    let result = AlphaBeta::new(alphabeta::Settings::default()).search(&mate, playouts(100_000), &never());
    assert_eq!(result.best().map(|chosen| mate.name(chosen)), Some("a1a8".to_owned()));
    assert_eq!(result.proven, Some(Outcome::Won(Side::First)));
}

#[test]
fn a_stopped_search_has_a_move() {
    let stop = AtomicBool::new(true);
    let result = AlphaBeta::new(alphabeta::Settings::default()).search(&Othello::default(), Budget::default(), &stop);
    assert!(result.best().is_some());
    assert_eq!(Solver::new(1 << 16).solve(&ConnectFour::default(), &stop), Err(solver::Stopped));
}

#[test]
fn a_solver_gives_up_when_its_time_is_over() {
    let (never, begun) = (never(), std::time::Instant::now());
    let over = Limit::new(&never, begun, Some(std::time::Duration::ZERO));
    assert_eq!(Solver::new(1 << 16).solve(&ConnectFour::default(), over), Err(solver::Stopped));
    assert_eq!(endgame::Endgame::new(1 << 16).solve(&Othello::default(), over), Err(endgame::Stopped));
}

/// However short its time was.
#[test]
fn a_tree_search_that_is_stopped_at_once_has_a_move() {
    for (solver, threads) in [(true, 1), (false, 1), (true, 2)] {
        let settings = mcts::Settings { solver, threads, ..mcts::Settings::default() };
        let at_once = Budget { time: Some(std::time::Duration::ZERO), ..Budget::default() };
        for (budget, stop) in [(Budget::default(), true), (at_once, false)] {
            let stop = AtomicBool::new(stop);
            let result = Mcts::new(Othello::default(), settings.clone()).search(budget, &stop);
            assert!(result.best().is_some());
            let ended = TicTacToe::default().at("xxx/oo./... o").unwrap();
            assert_eq!(Mcts::new(ended, settings.clone()).search(budget, &stop).best(), None);
        }
    }
}

/// Also where a certain draw is chosen before what looks worse, and moves are visited equally often.
#[test]
fn what_is_expected_begins_with_what_is_chosen() {
    for (position, count) in [("o../.x./..o x", 30), ("xo./.x./..o o", 60), ("xox/xo./o.. x", 20), (".../.../... x", 9)]
    {
        let position = TicTacToe::default().at(position).unwrap();
        for seed in 0..50 {
            for playouts in [count / 3, count, 10 * count].map(super::tests::playouts) {
                let settings = mcts::Settings { seed, ..mcts::Settings::default() };
                let result = Mcts::new(position, settings).search(playouts, &never());
                assert_eq!(result.line.first().copied(), result.best(), "{}", position.diagram());
            }
        }
    }
}

/// More of one's own is better, whoever is to move.
#[test]
fn evaluations_are_for_the_side_to_move() {
    use crate::reinforcement::games::{Chess, Shogi};
    use evaluation::Evaluate;
    let chess = |fen: &str| Chess::default().at(fen).unwrap().evaluate();
    assert!(chess("4k3/8/8/8/8/8/8/Q3K3 w - - 0 1") > 500 && chess("4k3/8/8/8/8/8/8/Q3K3 b - - 0 1") < -500);
    let shogi = |sfen: &str| Shogi::default().at(sfen).unwrap().evaluate();
    assert!(shogi("4k4/9/9/9/9/9/9/R8/4K4 b - 1") > 500 && shogi("4k4/9/9/9/9/9/9/R8/4K4 w - 1") < -500);
    assert!(shogi("4k4/9/9/9/9/9/9/9/4K4 b r 1") < -500 && shogi("4k4/9/9/9/9/9/9/9/4K4 w r 1") > 500);
    assert!(shogi("4k4/9/9/9/9/9/9/9/4K4 b R 1") > 500);
}

/// Alpha-beta passes in the search where it may; no king is ever taken.
#[test]
fn searches_of_chess_and_shogi_stay_within_the_rules() {
    use crate::reinforcement::games::{Chess, Shogi};
    use evaluation::Evaluate;
    fn games<G: Evaluate>(start: &G, plies: usize) {
        let mut moves = Vec::new();
        for seed in 0..8 {
            let (mut random, mut position) = (PlayoutRng::seed_from_u64(seed), start.clone());
            let mut search = AlphaBeta::new(alphabeta::Settings { memory: 1 << 20, ..alphabeta::Settings::default() });
            for ply in 0..plies {
                position.legal(&mut moves);
                if moves.is_empty() {
                    break;
                }
                let chosen = if ply % 4 == 3 {
                    search.search(&position, playouts(3000), &never()).best().unwrap()
                } else {
                    moves[below(&mut random, moves.len())]
                };
                assert!(position.is_legal(chosen));
                position.play(chosen);
            }
        }
    }
    games(&Chess::default(), 100);
    games(&Shogi::default(), 100);
}
