use super::*;
use crate::reinforcement::games::{ConnectFour, Othello, PlayoutRng, TicTacToe, below, mixed};
use rand::SeedableRng;

/// An opinion that depends on the position alone, and favours some moves over others.
fn opinion<G: Game>(positions: &[G]) -> Vec<Evaluation> {
    let one = |position: &G| {
        let mut moves = Vec::new();
        position.legal(&mut moves);
        let share = |number: u64| (mixed(position.hash().wrapping_add(number)) % 1000 + 1) as f32;
        let shares: Vec<f32> = (0..moves.len() as u64).map(share).collect();
        let sum: f32 = shares.iter().sum();
        Evaluation { priors: shares.iter().map(|share| share / sum).collect(), value: share(99) / 500.0 - 1.0 }
    };
    positions.iter().map(one).collect()
}

fn no_opinion<G: Game>(positions: &[G]) -> Vec<Evaluation> {
    let one = |position: &G| {
        let mut moves = Vec::new();
        position.legal(&mut moves);
        Evaluation { priors: vec![1.0 / moves.len() as f32; moves.len()], value: 0.0 }
    };
    positions.iter().map(one).collect()
}

/// The same search as a tree of boxes and a function that calls itself.
struct Plain<G> {
    position: G,
    prior: f32,
    visits: u32,
    /// Σ of values seen by the side to move here.
    total: f32,
    value: f32,
    children: Vec<(Move, Plain<G>)>,
}

impl<G: Game> Plain<G> {
    fn new(position: G) -> Self {
        Plain { position, prior: 0.0, visits: 0, total: 0.0, value: 0.0, children: Vec::new() }
    }

    /// How it ends, as far as the tree proves it.
    fn proven(&self) -> Option<Outcome> {
        let mover = self.position.turn();
        if let Some(outcome) = self.position.outcome() {
            return Some(outcome);
        }
        let ends: Vec<Option<Outcome>> = self.children.iter().map(|(_, child)| child.proven()).collect();
        if ends.contains(&Some(Outcome::Won(mover))) {
            return Some(Outcome::Won(mover));
        }
        if ends.is_empty() || ends.contains(&None) {
            return None;
        }
        Some(if ends.contains(&Some(Outcome::Drawn)) { Outcome::Drawn } else { Outcome::Won(mover.other()) })
    }

    /// The value of one simulation for the side to move.
    fn simulate(&mut self, c: f32) -> f32 {
        let mover = self.position.turn();
        let value = match self.proven() {
            Some(outcome) => worth(outcome, mover),
            None if self.children.is_empty() => {
                let evaluation = opinion(std::slice::from_ref(&self.position)).remove(0);
                let mut moves = Vec::new();
                self.position.legal(&mut moves);
                for (&chosen, &prior) in moves.iter().zip(&evaluation.priors) {
                    let mut next = self.position.clone();
                    next.play(chosen);
                    self.children.push((chosen, Plain { prior, ..Plain::new(next) }));
                }
                match self.proven() {
                    Some(outcome) => worth(outcome, mover),
                    None => {
                        self.value = evaluation.value;
                        evaluation.value
                    }
                }
            }
            None => {
                let score = |child: &Plain<G>| {
                    let q = match child.proven() {
                        Some(outcome) => worth(outcome, mover),
                        None if child.visits == 0 => self.value,
                        None => -child.total / child.visits as f32,
                    };
                    let lost = child.proven() == Some(Outcome::Won(mover.other()));
                    let bonus = c * child.prior * (self.visits as f32).sqrt() / (1 + child.visits) as f32;
                    q + bonus - if lost { 1e6 } else { 0.0 }
                };
                let scores: Vec<f32> = self.children.iter().map(|(_, child)| score(child)).collect();
                let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let best = scores.iter().position(|score| *score == most).unwrap();
                -self.children[best].1.simulate(c)
            }
        };
        self.visits += 1;
        self.total += value;
        value
    }
}

fn compare<G: Game>(root: &G, simulations: u32) {
    let mut search = Puct::new(root.clone(), 1.5);
    let mut plain = Plain::new(root.clone());
    for number in 0..simulations {
        if search.proven().is_some() {
            break;
        }
        search.search(search.simulations() + 1, &opinion);
        plain.simulate(1.5);
        let expected: Vec<(Move, u32, Option<Outcome>)> =
            plain.children.iter().map(|(chosen, child)| (*chosen, child.visits, child.proven())).collect();
        let found: Vec<_> =
            search.considered().iter().map(|child| (child.chosen, child.visits, child.proven)).collect();
        assert_eq!(found, expected, "simulation {number} at {}", root.diagram());
        assert_eq!(search.proven(), plain.proven());
    }
}

#[test]
fn it_is_the_plain_search_visit_by_visit() {
    compare(&TicTacToe::default(), 300);
    compare(&ConnectFour::default(), 300);
    compare(&Othello::default(), 200);
    compare(&Othello::new(6), 200);
    let mut random = PlayoutRng::seed_from_u64(3);
    let mut moves = Vec::new();
    for _ in 0..20 {
        let mut position = ConnectFour::default();
        while position.stones() < 24 && position.outcome().is_none() {
            position.legal(&mut moves);
            position.play(moves[below(&mut random, moves.len())]);
        }
        if position.outcome().is_none() {
            compare(&position, 150);
        }
    }
}

#[test]
fn forced_wins_are_found_without_an_opinion() {
    // Two open ends: after 4 or 1 there is no defence.
    let position = ConnectFour::from_moves("2737").unwrap();
    let mut search = Puct::new(position, 1.5);
    search.search(3000, &no_opinion);
    let best = search.result(Duration::ZERO).best().unwrap();
    let mut solver = crate::reinforcement::search::Solver::new(1 << 20);
    let scores = solver.moves(&position, &std::sync::atomic::AtomicBool::new(false)).unwrap();
    assert!(scores.iter().any(|(chosen, score)| *chosen == best && *score > 0), "{best:?} of {scores:?}");
    // A fork: x threatens two lines at once.
    let fork = TicTacToe::default().at("x../.o./..x o").unwrap();
    let mut search = Puct::new(fork, 1.5);
    search.search(2000, &no_opinion);
    assert_eq!(search.proven(), Some(Outcome::Drawn));
    for candidate in search.considered() {
        // The corners lose, the edges draw.
        let corner = [2, 6].contains(&candidate.chosen.0);
        assert_eq!(candidate.proven == Some(Outcome::Won(Side::First)), corner, "{candidate:?}");
    }
}

#[test]
fn a_win_at_once_needs_no_evaluation_and_no_second_simulation() {
    let position = ConnectFour::from_moves("112233").unwrap();
    let mut search = Puct::new(position, 1.5);
    search.search(100, &|_: &[ConnectFour]| -> Vec<Evaluation> { panic!("nothing is to be evaluated") });
    assert_eq!((search.simulations(), search.proven()), (1, Some(Outcome::Won(Side::First))));
    assert_eq!(search.policy(), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(search.value(), 1.0);
}

#[test]
fn the_policy_is_the_visits_and_after_one_simulation_the_prior() {
    let mut search = Puct::new(ConnectFour::default(), 1.5);
    search.search(1, &opinion);
    let evaluation = opinion(&[ConnectFour::default()]).remove(0);
    assert_eq!(search.policy(), evaluation.priors);
    assert_eq!(search.value(), evaluation.value);
    search.mix(0.25, &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert!((search.considered()[0].prior - (0.75 * evaluation.priors[0] + 0.25)).abs() < 1e-6);
    search.search(101, &opinion);
    let visits: Vec<f32> = search.considered().iter().map(|child| child.visits as f32).collect();
    assert_eq!(visits.iter().sum::<f32>(), 100.0);
    let policy = search.policy();
    assert!(policy.iter().zip(&visits).all(|(share, visits)| (share - visits / 100.0).abs() < 1e-6));
}

/// The move that the prior likes best turns out to lose at once: neither the policy nor the best move is that one.
#[test]
fn what_is_certainly_lost_is_not_recommended() {
    // o threatens 1 1 1: whoever does not play column 1 loses at once.
    let position = ConnectFour::from_moves("214161").unwrap();
    let (mut moves, mut losing) = (Vec::new(), Vec::new());
    position.legal(&mut moves);
    for &chosen in &moves {
        let mut next = position;
        next.play(chosen);
        let mut replies = Vec::new();
        next.legal(&mut replies);
        let loses = replies.iter().any(|reply| {
            let mut after = next;
            after.play(*reply);
            after.outcome() == Some(Outcome::Won(Side::Second))
        });
        if loses {
            losing.push(chosen);
        }
    }
    if losing.is_empty() || losing.len() == moves.len() {
        panic!("a position with moves that lose at once: {}", position.diagram());
    }
    let favours_a_loss = |positions: &[ConnectFour]| -> Vec<Evaluation> {
        let one = |position: &ConnectFour| {
            let mut moves = Vec::new();
            position.legal(&mut moves);
            let prior = |of: &Move| if *of == losing[0] { 0.94 } else { 0.06 / (moves.len() - 1) as f32 };
            Evaluation { priors: moves.iter().map(prior).collect(), value: 0.0 }
        };
        positions.iter().map(one).collect()
    };
    let mut search = Puct::new(position, 1.5);
    search.search(2, &favours_a_loss);
    let lost = search.considered().iter().position(|child| child.chosen == losing[0]).unwrap();
    assert!(search.considered()[lost].proven.is_some(), "it was looked at");
    let policy = search.policy();
    assert_eq!(policy[lost], 0.0);
    assert!((policy.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    assert_ne!(search.best(), Some(losing[0]));
}
