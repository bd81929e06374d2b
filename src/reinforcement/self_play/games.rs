//! Self-play: a network plays many games against itself at once, each move after a search of its own.
//!
//! The games of a *group* search in step, so that the positions which they want to have evaluated go through the network as one batch;
//! groups are independent of each other. Between two moves nothing is kept but the moves and what the searches
//! recommended: what a checkpoint holds is a few numbers a game.

use crate::experiment::number;
use crate::reinforcement::games::{Move, Outcome, PlayoutRng, Side, below, mixed};
use crate::reinforcement::policy_value::{Net, NetworkGame};
use crate::reinforcement::search::puct::{Evaluator, Puct, Stop};
use rand::SeedableRng;
use rand_distr::{Distribution, Gamma, weighted::WeightedIndex};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Games that search in step.
pub const GROUP: usize = 32;
/// Largest number of moves of a game.
pub(super) const LONGEST: usize = 1000;

/// How games against oneself are played.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub seed: u64,
    /// Simulations before a move that is learned from.
    pub simulations: u32,
    /// Simulations before one that is not, and how many moves are such (playout cap randomisation: Wu 2019, arXiv:1902.10565).
    pub fast_simulations: u32,
    pub fast_share: f32,
    /// c of PUCT.
    pub exploration: f32,
    /// ε: the share of noise in the priors of the root.
    pub noise: f32,
    /// α of the Dirichlet distribution that the noise is drawn from.
    pub concentration: f64,
    /// Moves at the beginning of a game that are sampled from π; later the most visited is played.
    pub sampled_moves: usize,
}

/// A move of a game, and the search before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ply {
    pub chosen: u16,
    /// π of the search, a share for each legal move in their order; empty for a fast search, which nothing is learned from.
    #[serde(with = "number")]
    pub policy: Vec<f32>,
    /// What the search believed, from −1 to 1 for the side to move.
    #[serde(with = "number")]
    pub value: f32,
}

/// A game under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ongoing {
    /// Counts the games of a run.
    pub number: u64,
    pub plies: Vec<Ply>,
}

/// A game that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Played {
    pub number: u64,
    pub plies: Vec<Ply>,
    /// 1 if the first side won, −1 if the other did, 0 for a draw.
    pub result: i8,
}

/// The games that are played at once.
#[derive(Debug, Clone)]
pub struct Games<G> {
    start: G,
    pub ongoing: Vec<Ongoing>,
    /// The number of the next game to begin.
    pub next: u64,
}

/// The position after some plies.
pub fn position_after<G: NetworkGame>(start: &G, plies: &[Ply]) -> G {
    let mut position = start.clone();
    plies.iter().for_each(|ply| position.play(Move(ply.chosen)));
    position
}

/// Searches positions in step, in groups: for each so many simulations, fewer where the result is certain before. `at_root` sees a search
/// when its root has been evaluated.
pub fn search_together<G: NetworkGame>(
    positions: &[G],
    net: &Net<G>,
    simulations: &[u32],
    exploration: f32,
    at_root: impl Fn(usize, &mut Puct<G>) + Sync,
) -> Vec<Puct<G>> {
    // Those with as many simulations share a group, so that its batches stay full.
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(simulations[index]));
    let search = |&index: &usize| (index, Puct::new(positions[index].clone(), exploration));
    let mut searches: Vec<(usize, Puct<G>)> = order.iter().map(search).collect();
    searches.par_chunks_mut(GROUP).for_each(|searches| {
        let (mut waiting, mut leaves) = (Vec::new(), Vec::new());
        loop {
            waiting.clear();
            leaves.clear();
            for (place, (index, search)) in searches.iter_mut().enumerate() {
                while search.simulations() < simulations[*index] && search.proven().is_none() {
                    if search.descend() == Stop::Leaf {
                        leaves.push(search.leaf().clone());
                        waiting.push(place);
                        break;
                    }
                }
            }
            if waiting.is_empty() {
                return;
            }
            for (&place, evaluation) in waiting.iter().zip(net.evaluate(&leaves)) {
                let (index, search) = &mut searches[place];
                search.expand(&evaluation);
                if search.simulations() == 1 {
                    at_root(*index, search);
                }
            }
        }
    });
    searches.sort_by_key(|(index, _)| *index);
    searches.into_iter().map(|(_, search)| search).collect()
}

/// 1 if the first side won, −1 if the other did, 0 for a draw.
pub fn result_of(outcome: Outcome) -> i8 {
    match outcome {
        Outcome::Won(Side::First) => 1,
        Outcome::Won(Side::Second) => -1,
        Outcome::Drawn => 0,
    }
}

impl<G: NetworkGame> Games<G> {
    /// So many games, all at their start.
    pub fn new(start: G, count: usize) -> Self {
        let ongoing = (0..count as u64).map(|number| Ongoing { number, plies: Vec::new() }).collect();
        Games { start, ongoing, next: count as u64 }
    }

    pub fn position(&self, index: usize) -> G {
        position_after(&self.start, &self.ongoing[index].plies)
    }

    /// Every game makes a move; those that end give way to new ones. Returns the ended, in the order of their places.
    pub fn play_a_move(&mut self, net: &Net<G>, settings: &Settings) -> Vec<Played> {
        let positions: Vec<G> = (0..self.ongoing.len()).map(|index| self.position(index)).collect();
        let full: Vec<bool> = (self.ongoing.iter())
            .map(|game| share(&mut random_for(settings.seed, game, Purpose::Cap)) >= settings.fast_share)
            .collect();
        let simulations = |full: &bool| if *full { settings.simulations } else { settings.fast_simulations };
        let simulations: Vec<u32> = full.iter().map(simulations).collect();
        let ongoing = &self.ongoing;
        let searches = search_together(&positions, net, &simulations, settings.exploration, |index, search| {
            if full[index] && settings.noise > 0.0 {
                let mut random = random_for(settings.seed, &ongoing[index], Purpose::Noise);
                let count = search.considered().len();
                search.mix(settings.noise, &dirichlet(count, settings.concentration, &mut random));
            }
        });
        let mut ended = Vec::new();
        let moves = searches.iter().zip(full).zip(positions);
        for (game, ((search, is_full), mut position)) in self.ongoing.iter_mut().zip(moves) {
            let policy = search.policy();
            let mut random = random_for(settings.seed, game, Purpose::Move);
            let chosen = if game.plies.len() < settings.sampled_moves {
                let shares = WeightedIndex::new(&policy).expect("shares that add up to 1");
                search.considered()[shares.sample(&mut random)].chosen
            } else {
                search.best().expect("a move of a game that goes on")
            };
            let policy = if is_full { policy } else { Vec::new() };
            game.plies.push(Ply { chosen: chosen.0, policy, value: search.value() });
            position.play(chosen);
            let outcome = position.outcome().or((game.plies.len() >= LONGEST).then_some(Outcome::Drawn));
            if let Some(outcome) = outcome {
                let fresh = Ongoing { number: self.next, plies: Vec::new() };
                self.next += 1;
                let Ongoing { number, plies } = std::mem::replace(game, fresh);
                ended.push(Played { number, plies, result: result_of(outcome) });
            }
        }
        ended
    }
}

/// What random numbers are for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// Whether the search is a full one.
    Cap,
    Noise,
    Move,
}

/// Random numbers for one purpose at one move of one game: the same whatever else is played at the time.
fn random_for(seed: u64, game: &Ongoing, purpose: Purpose) -> PlayoutRng {
    PlayoutRng::seed_from_u64(mixed(mixed(seed ^ mixed(game.number)) ^ (4 * game.plies.len() as u64 + purpose as u64)))
}

/// A number from 0 to 1.
fn share(random: &mut PlayoutRng) -> f32 {
    below(random, 1 << 24) as f32 / (1 << 24) as f32
}

/// Shares that add up to 1, drawn from the symmetric Dirichlet distribution.
fn dirichlet(count: usize, concentration: f64, random: &mut PlayoutRng) -> Vec<f32> {
    let gamma = Gamma::new(concentration, 1.0).expect("a positive concentration");
    let drawn: Vec<f64> = (0..count).map(|_| gamma.sample(random)).collect();
    let sum: f64 = drawn.iter().sum();
    if sum > 0.0 { drawn.iter().map(|x| (x / sum) as f32).collect() } else { vec![1.0 / count as f32; count] }
}

#[cfg(test)]
impl Settings {
    /// Short searches.
    pub fn of_tests() -> Self {
        Settings {
            seed: 1,
            simulations: 12,
            fast_simulations: 4,
            fast_share: 0.0,
            exploration: 1.5,
            noise: 0.25,
            concentration: 1.0,
            sampled_moves: 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::{ConnectFour, Game};
    use crate::reinforcement::policy_value::Configuration;
    use rand_chacha::ChaCha8Rng;

    fn net() -> Net<ConnectFour> {
        Net::new(Configuration::new(&ConnectFour::default(), 4, 1), &mut ChaCha8Rng::seed_from_u64(1))
    }

    fn played(count: usize, moves: usize, settings: &Settings) -> (Games<ConnectFour>, Vec<Played>) {
        let mut games = Games::new(ConnectFour::default(), count);
        let ended = (0..moves).flat_map(|_| games.play_a_move(&net(), settings)).collect();
        (games, ended)
    }

    #[test]
    fn games_are_played_by_the_rules_to_their_end() {
        let settings = Settings { fast_share: 0.5, ..Settings::of_tests() };
        let (games, ended) = played(5, 60, &settings);
        assert!(ended.len() >= 5);
        assert_eq!(games.next, 5 + ended.len() as u64);
        for game in &ended {
            let position = position_after(&ConnectFour::default(), &game.plies);
            assert_eq!(game.result, result_of(position.outcome().unwrap()));
            assert!(
                game.plies.iter().any(|ply| ply.policy.is_empty())
                    && game.plies.iter().any(|ply| !ply.policy.is_empty())
            );
        }
    }

    #[test]
    fn a_game_is_the_same_whatever_is_played_beside_it() {
        let settings = Settings::of_tests();
        let (few, _) = played(2, 6, &settings);
        let (many, _) = played(70, 6, &settings);
        let moves = |game: &Ongoing| game.plies.iter().map(|ply| ply.chosen).collect::<Vec<_>>();
        assert_eq!(moves(&few.ongoing[0]), moves(&many.ongoing[0]));
        let (other, _) = played(2, 6, &Settings { seed: 2, ..settings });
        assert_ne!(moves(&few.ongoing[0]), moves(&other.ongoing[0]));
    }

    #[test]
    fn noise_is_a_share_for_each_move() {
        let mut random = PlayoutRng::seed_from_u64(1);
        for concentration in [0.01, 0.3, 1.0, 10.0] {
            let drawn = dirichlet(7, concentration, &mut random);
            assert!((drawn.iter().sum::<f32>() - 1.0).abs() < 1e-5 && drawn.iter().all(|share| *share >= 0.0));
        }
    }
}
