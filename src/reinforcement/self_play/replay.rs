//! The positions that a network learns from: those of the last games.

use super::games::Played;
use crate::nn::Saved;
use crate::reinforcement::games::{Move, Side};
use crate::reinforcement::policy_value::{NetworkGame, Target};
use crate::tensor::{Tensor, tensor};
use rand::{Rng, RngExt};
use std::marker::PhantomData;

/// Positions with what was found of them; when it is full, the oldest give way.
#[derive(Debug)]
pub struct Replay<G> {
    capacity: usize,
    /// Where the next position goes.
    next: i64,
    /// What stands in the cells, `CELLS` codes a position.
    codes: Vec<u8>,
    /// π, `ACTIONS` shares a position.
    policies: Vec<f32>,
    /// z, for the side to move.
    values: Vec<f32>,
    game: PhantomData<fn() -> G>,
}

impl<G: NetworkGame> Replay<G> {
    pub fn new(capacity: usize) -> Self {
        let (codes, policies, values) = (Vec::new(), Vec::new(), Vec::new());
        Replay { capacity, next: 0, codes, policies, values, game: PhantomData }
    }

    /// Positions at most.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Positions now.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes in the positions of a game that were searched in full; how many they were.
    ///
    /// Their value is halfway between how the game ended and what the search believed: the end is true of the position as it was
    /// played on, the belief does not suffer for moves that came later.
    pub fn add(&mut self, game: &Played, start: &G) -> usize {
        let (mut position, mut moves, mut added) = (start.clone(), Vec::new(), 0);
        for ply in &game.plies {
            if !ply.policy.is_empty() {
                position.legal(&mut moves);
                let mut policy = vec![0.0; G::ACTIONS];
                moves.iter().zip(&ply.policy).for_each(|(of, share)| policy[G::action(*of)] = *share);
                let end = f32::from(game.result) * if position.turn() == Side::First { 1.0 } else { -1.0 };
                self.push(&position.code(), &policy, (end + ply.value) / 2.0);
                added += 1;
            }
            position.play(Move(ply.chosen));
        }
        added
    }

    fn push(&mut self, code: &[u8], policy: &[f32], value: f32) {
        if self.len() < self.capacity {
            self.codes.extend(code);
            self.policies.extend(policy);
            self.values.push(value);
            return;
        }
        let at = self.next as usize;
        self.codes[at * G::CELLS..][..G::CELLS].copy_from_slice(code);
        self.policies[at * G::ACTIONS..][..G::ACTIONS].copy_from_slice(policy);
        self.values[at] = value;
        self.next = ((at + 1) % self.capacity) as i64;
    }

    /// Positions drawn at random, each in an image drawn at random: planes `[n, rows, columns, planes]` and what they should be
    /// evaluated as.
    ///
    /// # Panics
    /// If there are none.
    pub fn sample(&self, n: usize, planes: usize, random: &mut impl Rng) -> (Tensor<f32>, Target) {
        let (count, mut planes) = (planes, Tensor::unset([n, G::ROWS, G::COLUMNS, planes]));
        let (mut policies, mut values) = (vec![0.0; n * G::ACTIONS], Vec::with_capacity(n));
        let outputs = planes.values_mut().chunks_exact_mut(G::CELLS * count).zip(policies.chunks_exact_mut(G::ACTIONS));
        for (planes, policy) in outputs {
            let (at, symmetry) = (random.random_range(0..self.len()), random.random_range(0..G::SYMMETRIES));
            G::write_planes(&self.codes[at * G::CELLS..][..G::CELLS], symmetry, count, planes);
            for (action, &share) in self.policies[at * G::ACTIONS..][..G::ACTIONS].iter().enumerate() {
                policy[G::image_of_action(action, symmetry)] = share;
            }
            values.push(self.values[at]);
        }
        (planes, Target { policies: tensor([n, G::ACTIONS], policies), values: tensor([n, 1], values) })
    }

    /// Names what a checkpoint keeps of it.
    pub fn saved<'a>(&'a mut self, saved: Saved<'a>) -> Saved<'a> {
        saved
            .state("replay.next", &mut self.next)
            .buffer("replay.codes", &mut self.codes)
            .buffer("replay.policies", &mut self.policies)
            .buffer("replay.values", &mut self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::games::Ply;
    use super::*;
    use crate::reinforcement::games::TicTacToe;
    use crate::reinforcement::policy_value::STONES;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn ply(chosen: u16, policy: Vec<f32>, value: f32) -> Ply {
        Ply { chosen, policy, value }
    }

    #[test]
    fn positions_have_the_end_of_their_game_and_the_belief_of_their_search() {
        let mut replay = Replay::<TicTacToe>::new(3);
        let share = |count: usize, at: usize| (0..count).map(|i| f32::from(i == at)).collect::<Vec<f32>>();
        // x wins on the left: 0, 3, 6; the second move was a fast one.
        let plies = vec![
            ply(0, share(9, 0), 0.5),
            ply(1, Vec::new(), 0.0),
            ply(3, share(7, 1), 1.0),
            ply(2, share(6, 0), -0.5),
            ply(6, share(5, 2), 1.0),
        ];
        let game = Played { number: 0, plies, result: 1 };
        assert_eq!(replay.add(&game, &TicTacToe::default()), 4);
        // The oldest has given way to the last.
        assert_eq!(replay.values, [1.0, 1.0, -0.75]);
        assert_eq!(replay.codes[9..18], [1, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(replay.policies[9..18], share(9, 3));
        assert_eq!(replay.policies[..9], share(9, 6));
    }

    #[test]
    fn what_is_drawn_is_an_image_of_what_was_put_in() {
        let mut replay = Replay::<TicTacToe>::new(10);
        let code = [1, 2, 0, 0, 0, 0, 0, 0, 0];
        let policy: Vec<f32> = (0..9).map(|action| f32::from(action == 3)).collect();
        replay.push(&code, &policy, 0.25);
        let (planes, target) = replay.sample(64, STONES, &mut ChaCha8Rng::seed_from_u64(1));
        let mut seen = std::collections::BTreeSet::new();
        for ((planes, policy), value) in
            (planes.values().chunks(27)).zip(target.policies.values().chunks(9)).zip(target.values.values())
        {
            let symmetry = (0..8).find(|symmetry| {
                let mut image = [0.0; 27];
                TicTacToe::write_planes(&code, *symmetry, STONES, &mut image);
                image == planes
            });
            let symmetry = symmetry.expect("an image of the position");
            seen.insert(symmetry);
            assert_eq!(policy[TicTacToe::image_of_action(3, symmetry)], 1.0);
            assert_eq!(*value, 0.25);
        }
        assert_eq!(seen.len(), 8);
    }
}
