//! A game looked at again, move by move.

use super::view;
use crate::experiment::board::Judged;
use crate::reinforcement::agent::Spec;
use crate::reinforcement::games::{AnyGame, Move, Outcome, Side};
use crate::reinforcement::search::Budget;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Points lost by a move from which on another is named.
pub const WORTH_NAMING: f32 = 0.05;

/// Who judges: the tree search, or alpha-beta where random games say little.
fn judge(game: &AnyGame) -> &'static str {
    match game {
        AnyGame::Chess(_) | AnyGame::Shogi(_) | AnyGame::Othello(_) => "alphabeta",
        _ => "mcts",
    }
}

/// Judges every position of a game, calling `on_judged` with each as it is known. From the end to the start, so that what is known of a
/// position helps with the one before.
pub fn review(
    positions: &[AnyGame],
    moves: &[u16],
    each: Duration,
    seed: u64,
    stop: &AtomicBool,
    mut on_judged: impl FnMut(&[Judged]),
) -> Vec<Judged> {
    let start = positions.first().expect("the start");
    let spec: Spec = judge(start).parse().expect("an agent");
    let mut agent = spec.agent(start, seed).expect("plays every game");
    let budget = Budget { time: Some(each), ..Budget::default() };
    let mut judged: Vec<Judged> = Vec::new();
    let mut known: Option<(f32, Option<(String, Move)>)> = None;
    for (place, position) in positions.iter().enumerate() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mover = position.turn();
        let share = |value: f32, side: Side| if side == Side::First { value } else { 1.0 - value };
        let (value, best) = match position.outcome() {
            Some(outcome) => (Outcome::share(outcome, mover), None),
            None => {
                let result = agent.think_within(position, budget, stop);
                let best = result.best().map(|best| (view::name(position, best), best));
                (result.value, best)
            }
        };
        // What the move that led here has lost its side: what it had, less what is left.
        if let (Some((had, better)), Some(last)) = (known.take(), judged.last_mut()) {
            let loss = had - (1.0 - value);
            let made = moves[place - 1];
            if let Some((name, chosen)) = better
                && chosen.0 != made
                && loss >= WORTH_NAMING
                && positions[place - 1].turn() != mover
            {
                last.better = Some((name, loss));
            }
        }
        judged.push(Judged { value: share(value, mover), better: None });
        known = Some((value, best));
        on_judged(&judged);
    }
    judged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::ConnectFour;

    #[test]
    fn a_move_that_throws_the_game_away_is_marked() {
        // After five moves the first side has three on top of each other; the second does not stop it.
        let mut positions: Vec<AnyGame> = vec![ConnectFour::default().into()];
        let moves = [3, 0, 3, 0, 3, 6, 3];
        for made in moves {
            let mut next = positions.last().unwrap().clone();
            next.play(Move(made));
            positions.push(next);
        }
        let (never, mut calls) = (AtomicBool::new(false), 0);
        let judged = review(&positions, &moves, Duration::from_millis(20), 1, &never, |_| calls += 1);
        assert_eq!((judged.len(), calls), (8, 8));
        assert_eq!(judged[7].value, 1.0);
        assert_eq!(judged[6].value, 1.0, "a win at once is proven");
        assert!(judged[6].better.is_none());
        let worst =
            judged.iter().enumerate().filter_map(|(at, judged)| judged.better.as_ref().map(|(_, loss)| (*loss, at)));
        let worst = worst.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        assert_eq!(worst.1, 5, "the second side let three stand: {worst:?}");
    }
}
