//! How strong a network is: matches against fixed opponents, moves against the solver, and an exhaustive look for a way to beat it.

use super::games::search_together;
use crate::reinforcement::agent::{Agent, Spec};
use crate::reinforcement::games::{AnyGame, Move, Outcome, PlayoutRng, Side, below};
use crate::reinforcement::policy_value::{Net, NetworkGame};
use crate::reinforcement::search::endgame::Endgame;
use crate::reinforcement::search::puct::EXPLORATION;
use crate::reinforcement::tournament::{Tally, opening};
use rand::SeedableRng;
use rayon::prelude::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Random moves that begin each pair of games.
const OPENING: usize = 2;
/// Bytes of the table of the solver of ends.
const ENDGAME_MEMORY: usize = 1 << 22;

/// A network with its searches: one that plays.
#[derive(Debug)]
pub struct Searching<'a, G> {
    pub net: &'a Net<G>,
    pub simulations: u32,
}

impl<G> Clone for Searching<'_, G> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<G> Copy for Searching<'_, G> {}

impl<G: NetworkGame> Searching<'_, G> {
    /// The move it makes at each of some positions.
    pub fn moves(&self, positions: &[G]) -> Vec<Move> {
        let simulations = vec![self.simulations; positions.len()];
        let searches = search_together(positions, self.net, &simulations, EXPLORATION, |_, _| {});
        searches.iter().map(|search| search.best().expect("a move of a game that goes on")).collect()
    }
}

/// Whom a network meets.
pub enum Opponent<'a, G> {
    /// An agent in the words of the command line.
    Agent(&'a str),
    Net(Searching<'a, G>),
}

impl<G: NetworkGame> Opponent<'_, G> {
    /// Its move in each of some games, given by their numbers.
    fn moves(&self, games: &[(u64, G)], seed: u64, stop: &AtomicBool) -> Vec<Move> {
        match self {
            Opponent::Net(net) => net.moves(&games.iter().map(|(_, position)| position.clone()).collect::<Vec<_>>()),
            Opponent::Agent(words) => {
                let spec: Spec = words.parse().expect("an agent by its name");
                let think = |(number, position): &(u64, G)| {
                    let position: AnyGame = position.clone().into();
                    let mut agent = spec.agent(&position, seed ^ number).expect("an agent that plays the game");
                    agent.think(&position, stop).best().expect("a move of a game that goes on")
                };
                games.par_iter().map(think).collect()
            }
        }
    }
}

/// Games of a network against an opponent, sides changed from one to the next, each pair from an opening of two random moves; all of
/// them at once. Cut short, it counts those that have ended.
pub fn meet<G: NetworkGame>(
    start: &G,
    net: Searching<'_, G>,
    opponent: &Opponent<'_, G>,
    games: usize,
    seed: u64,
    stop: &AtomicBool,
) -> Tally {
    let begin = |game: u64| {
        let mut position = start.clone();
        let moves = opening(&start.clone().into(), OPENING, seed, game / 2);
        moves.into_iter().for_each(|chosen| position.play(chosen));
        (game, position)
    };
    let own = |game: u64| Side::BOTH[(game % 2) as usize];
    let mut going: Vec<(u64, G)> = (0..games as u64).map(begin).collect();
    let mut tally = Tally::default();
    let mut ply = 0;
    while !going.is_empty() && !stop.load(Ordering::Relaxed) {
        let (ours, theirs): (Vec<_>, Vec<_>) = going.into_iter().partition(|(game, at)| at.turn() == own(*game));
        let positions: Vec<G> = ours.iter().map(|(_, position)| position.clone()).collect();
        let mut moves = net.moves(&positions);
        moves.extend(opponent.moves(&theirs, seed.wrapping_add(1000 * ply), stop));
        going = ours.into_iter().chain(theirs).collect();
        for ((_, position), chosen) in going.iter_mut().zip(moves) {
            position.play(chosen);
        }
        going.retain(|(game, position)| match position.outcome() {
            Some(outcome) => {
                tally.add(outcome, own(*game));
                false
            }
            None => true,
        });
        going.sort_by_key(|(game, _)| *game);
        ply += 1;
    }
    tally
}

/// An opponent of a known rating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rung {
    pub agent: &'static str,
    pub elo: f64,
}

/// The rating at which the points made against some rungs are most likely, half a game won and half a game lost being added against
/// each, without which all games won would mean no bound.
pub fn rating(results: &[(Rung, Tally)]) -> f64 {
    let gain = |rating: f64| -> f64 {
        let one = |(rung, tally): &(Rung, Tally)| {
            let (games, points) = (f64::from(tally.games()), f64::from(tally.wins) + 0.5 * f64::from(tally.draws));
            let expected = 1.0 / (1.0 + 10_f64.powf((rung.elo - rating) / 400.0));
            points + 0.5 - (games + 1.0) * expected
        };
        results.iter().map(one).sum()
    };
    let (mut low, mut high) = (-4000.0, 8000.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if gain(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// A position and its best moves.
#[derive(Debug, Clone)]
pub struct Judged<G> {
    pub position: G,
    pub best: Vec<Move>,
}

/// What knows how positions end: the solver of a game, or that of the end of Othello.
enum Judge {
    Agent(Box<Agent>),
    Endgame(Endgame),
}

impl Judge {
    fn of(start: &AnyGame) -> Self {
        match start {
            AnyGame::Othello(_) => Judge::Endgame(Endgame::new(ENDGAME_MEMORY)),
            start => {
                let spec: Spec = "perfect".parse().expect("an agent");
                Judge::Agent(Box::new(spec.agent(start, 0).expect("an agent of a game that is solved")))
            }
        }
    }

    /// What each move gets for the side to move: 1 for a win, ½ for a draw. Cut short, some may be missing.
    fn shares(&mut self, position: &AnyGame, moves: &[Move], stop: &AtomicBool) -> Vec<(Move, f32)> {
        match self {
            Judge::Agent(agent) => {
                agent.think(position, stop).candidates.iter().map(|of| (of.chosen, of.value)).collect()
            }
            Judge::Endgame(endgame) => {
                let share = |chosen: &Move| {
                    let mut next = position.clone();
                    next.play(*chosen);
                    let AnyGame::Othello(next) = next else { return None };
                    let (margin, _) = endgame.solve(&next, stop).ok()?;
                    // Of the next side to move, and so with its sign changed.
                    Some((*chosen, (1.0 - margin.signum() as f32) / 2.0))
                };
                moves.iter().filter_map(share).collect()
            }
        }
    }
}

/// Positions of random games after so many moves in which it matters what is played, and no move wins at once: with the moves that keep
/// the result which the position has.
pub fn judged<G: NetworkGame>(
    start: &G,
    plies: std::ops::RangeInclusive<usize>,
    count: usize,
    seed: u64,
    stop: &AtomicBool,
) -> Vec<Judged<G>> {
    let mut judge = Judge::of(&start.clone().into());
    let (mut random, mut moves, mut found) = (PlayoutRng::seed_from_u64(seed), Vec::new(), Vec::new());
    while found.len() < count && !stop.load(Ordering::Relaxed) {
        let played = plies.start() + below(&mut random, plies.end() - plies.start() + 1);
        let mut position = start.clone();
        for _ in 0..played {
            position.legal(&mut moves);
            if moves.is_empty() {
                break;
            }
            position.play(moves[below(&mut random, moves.len())]);
        }
        position.legal(&mut moves);
        let wins = |chosen: &Move| {
            let mut next = position.clone();
            next.play(*chosen);
            next.outcome() == Some(Outcome::Won(position.turn()))
        };
        if moves.len() < 2 || moves.iter().any(wins) {
            continue;
        }
        let shares = judge.shares(&position.clone().into(), &moves, stop);
        let most = shares.iter().fold(0.0, |most: f32, (_, share)| most.max(*share));
        let best: Vec<Move> = shares.iter().filter(|(_, share)| *share == most).map(|(chosen, _)| *chosen).collect();
        if shares.len() == moves.len() && best.len() < moves.len() {
            found.push(Judged { position, best });
        }
    }
    found
}

/// The share of positions in which it plays one of the best moves.
pub fn agreement<G: NetworkGame>(net: Searching<'_, G>, judged: &[Judged<G>]) -> f64 {
    let positions: Vec<G> = judged.iter().map(|judged| judged.position.clone()).collect();
    let moves = net.moves(&positions);
    let right = judged.iter().zip(moves).filter(|(judged, chosen)| judged.best.contains(chosen)).count();
    right as f64 / judged.len().max(1) as f64
}

/// Whatever the other side does: how often a position that the network reaches can be left by a move that beats it, on either side. 0
/// means that nobody can beat it. For games as small as tic-tac-toe.
pub fn lost_ends<G: NetworkGame>(start: &G, net: Searching<'_, G>, stop: &AtomicBool) -> usize {
    let mut losses = 0;
    for own in Side::BOTH {
        let (mut level, mut seen) = (vec![start.clone()], HashSet::new());
        while !level.is_empty() && !stop.load(Ordering::Relaxed) {
            let (ours, theirs): (Vec<G>, Vec<G>) = level.into_iter().partition(|position| position.turn() == own);
            let mut next = Vec::new();
            for (position, chosen) in ours.iter().zip(net.moves(&ours)) {
                let mut after = position.clone();
                after.play(chosen);
                next.push(after);
            }
            let mut moves = Vec::new();
            for position in &theirs {
                position.legal(&mut moves);
                for &chosen in &moves {
                    let mut after = position.clone();
                    after.play(chosen);
                    next.push(after);
                }
            }
            next.retain(|position| {
                losses += usize::from(position.outcome() == Some(Outcome::Won(own.other())));
                position.outcome().is_none() && seen.insert(position.hash())
            });
            level = next;
        }
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::othello::SMALL;
    use crate::reinforcement::games::{ConnectFour, Game, Othello, TicTacToe};
    use crate::reinforcement::policy_value::Configuration;
    use rand_chacha::ChaCha8Rng;

    fn fresh<G: NetworkGame>(start: &G) -> Net<G> {
        Net::new(Configuration::new(start, 4, 1), &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn a_rating_is_that_of_known_results() {
        let rung = |elo| Rung { agent: "random", elo };
        let tally = |wins, losses| Tally { wins, draws: 0, losses };
        assert!((rating(&[(rung(100.0), tally(50, 50))]) - 100.0).abs() < 1e-3);
        // Ten points in eleven are 400 more, as far as the game that is added allows.
        let found = rating(&[(rung(0.0), tally(1000, 100))]);
        assert!((found - 400.0).abs() < 2.0, "{found}");
        let unbeaten = rating(&[(rung(0.0), tally(10, 0)), (rung(500.0), tally(10, 0))]);
        assert!((500.0..2000.0).contains(&unbeaten), "{unbeaten}");
    }

    #[test]
    fn a_fresh_network_can_be_beaten_at_tic_tac_toe_and_with_a_long_search_cannot() {
        let (net, stop) = (fresh(&TicTacToe::default()), AtomicBool::new(false));
        let lines = |simulations| lost_ends(&TicTacToe::default(), Searching { net: &net, simulations }, &stop);
        assert!(lines(2) > 0);
        assert_eq!(lines(2000), 0, "all is proven");
    }

    #[test]
    fn matches_count_every_game_and_search_beats_none() {
        let (net, stop) = (fresh(&ConnectFour::default()), AtomicBool::new(false));
        let searching = |simulations| Searching { net: &net, simulations };
        let start = ConnectFour::default();
        let tally = meet(&start, searching(60), &Opponent::Net(searching(1)), 20, 1, &stop);
        assert_eq!(tally.games(), 20);
        assert!(tally.wins > 14, "{tally:?}");
        let again = meet(&start, searching(60), &Opponent::Net(searching(1)), 20, 1, &stop);
        assert_eq!(again, tally);
        let tally = meet(&start, searching(30), &Opponent::Agent("random"), 20, 1, &stop);
        assert!(tally.games() == 20 && tally.wins > 14, "{tally:?}");
    }

    #[test]
    fn positions_are_judged_by_the_solver() {
        let stop = AtomicBool::new(false);
        let judged = judged(&ConnectFour::default(), 20..=28, 10, 1, &stop);
        let mut solver = crate::reinforcement::search::Solver::new(1 << 22);
        for Judged { position, best } in &judged {
            assert!((20..=28).contains(&position.stones()));
            let scores = solver.moves(position, &stop).unwrap();
            let most = scores.iter().map(|(_, score)| score.signum()).max().unwrap();
            for (chosen, score) in scores {
                assert_eq!(best.contains(&chosen), score.signum() == most, "{}", position.diagram());
            }
        }
        let judged_ends = super::judged(&Othello::new(SMALL), 18..=26, 10, 1, &stop);
        let (mut solver, mut moves) = (Endgame::new(1 << 20), Vec::new());
        for Judged { position, best } in &judged_ends {
            let result = solver.solve(position, &stop).unwrap().0.signum();
            position.legal(&mut moves);
            for chosen in &moves {
                let mut next = *position;
                next.play(*chosen);
                let keeps = -solver.solve(&next, &stop).unwrap().0.signum() == result;
                assert_eq!(best.contains(chosen), keeps, "{} {}", position.diagram(), position.name(*chosen));
            }
        }
        let net = fresh(&ConnectFour::default());
        let share = |simulations| agreement(Searching { net: &net, simulations }, &judged);
        assert!(share(1500) >= share(1));
    }
}
