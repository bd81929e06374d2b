//! Positions of Connect Four in which one move wins and every other does not, judged by the solver.

use crate::experiment::board::Played;
use crate::reinforcement::games::{ConnectFour, Game, Move, PlayoutRng, below};
use crate::reinforcement::search::Solver;
use rand::SeedableRng;
use std::sync::atomic::AtomicBool;

/// Late enough to be read, early enough to need reading.
const STONES: std::ops::RangeInclusive<u32> = 16..=28;
/// A win at once is no puzzle, and one of many moves no fun.
const MOVES: std::ops::RangeInclusive<i32> = 2..=4;
const MEMORY: usize = 1 << 24;

/// A game, the move that wins, and how many moves the winner makes until then; none only if stopped.
pub fn puzzle(seed: u64, stop: &AtomicBool) -> Option<(Played, Move, usize)> {
    let mut random = PlayoutRng::seed_from_u64(seed);
    let mut solver = Solver::new(MEMORY);
    let mut moves = Vec::new();
    'next: loop {
        let stones = STONES.start() + below(&mut random, (STONES.end() - STONES.start() + 1) as usize) as u32;
        let (mut game, mut made) = (ConnectFour::default(), Vec::new());
        while game.stones() < stones {
            game.legal(&mut moves);
            if moves.is_empty() {
                continue 'next;
            }
            let chosen = moves[below(&mut random, moves.len())];
            game.play(chosen);
            made.push(chosen.0);
        }
        if game.outcome().is_some() {
            continue;
        }
        let scores = solver.moves(&game, stop).ok()?;
        let mut wins = scores.iter().filter(|(_, score)| *score > 0);
        let (Some((solution, score)), None) = (wins.next(), wins.next()) else { continue };
        // The winner will have played 22 − score stones, some of them already.
        let count = 22 - score - (stones / 2) as i32;
        if MOVES.contains(&count) && scores.len() > 3 {
            return Some((Played { moves: made, ..Played::of("connect-four") }, *solution, count as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_move_wins_in_so_many_and_the_others_do_not() {
        let never = AtomicBool::new(false);
        for seed in 0..5 {
            let (played, solution, moves) = puzzle(seed, &never).unwrap();
            assert_eq!(puzzle(seed, &never).unwrap().0, played, "the same for the same seed");
            let mut game = ConnectFour::default();
            played.moves.iter().for_each(|made| game.play(Move(*made)));
            let mut solver = Solver::new(1 << 22);
            for (chosen, score) in solver.moves(&game, &never).unwrap() {
                assert_eq!(score > 0, chosen == solution);
            }
            // Played out by the solver, the winner needs that many moves.
            let winner = game.turn();
            let mut made = 0;
            while game.outcome().is_none() {
                made += usize::from(game.turn() == winner);
                let scores = solver.moves(&game, &never).unwrap();
                game.play(scores.iter().max_by_key(|(_, score)| *score).unwrap().0);
            }
            assert_eq!(made, moves);
        }
    }
}
