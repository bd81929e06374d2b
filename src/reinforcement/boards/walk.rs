//! One simulation of a plain tree search, taken apart into its four steps.

use super::view;
use crate::experiment::board::{Branch, Played, Walk};
use crate::reinforcement::games::{AnyGame, Member, Move, Style};
use crate::reinforcement::search::mcts::Settings;
use crate::reinforcement::search::tree::{Node, Tree};
use crate::reinforcement::search::{Budget, Mcts};
use std::sync::atomic::AtomicBool;

/// Nodes are few: a walk is a matter of some thousand simulations.
const MEMORY: usize = 1 << 24;

/// UCT and nothing beside it, so that what is seen is the formula: no proofs, no AMAF, every random move equally likely.
fn settings(exploration: f32, seed: u64) -> Settings {
    Settings { exploration, seed, solver: false, rave: None, playouts: Style::Uniform, threads: 1, memory: MEMORY }
}

/// Children of every node on the way that these moves make, from the root on, which is this position.
fn levels(tree: &Tree, mut position: AnyGame, exploration: f32, way: &[Move]) -> Vec<Vec<Branch>> {
    let mut node = tree.root();
    let mut levels = vec![view::branches(&position, tree, node, exploration)];
    for chosen in way {
        let Some(child) = tree.made(node).iter().find(|child: &&Node| child.chosen() == *chosen) else { break };
        position.play(*chosen);
        node = child;
        levels.push(view::branches(&position, tree, node, exploration));
    }
    levels
}

/// The simulation of this number, the first being 1, from a position that has not ended. It is made anew from the first each time, so
/// that going back is as easy as going on.
pub fn walk<G: Member + Into<AnyGame>>(game: &G, exploration: f32, seed: u64, simulation: u64) -> Walk {
    let mut search = Mcts::new(game.clone(), settings(exploration, seed));
    let earlier = Budget { playouts: Some(simulation.saturating_sub(1)), ..Budget::default() };
    if simulation > 1 {
        search.search(earlier, &AtomicBool::new(false));
    }
    // The way is known only afterwards: a copy keeps what the tree was before.
    let before = search.tree().from_node(search.tree().root());
    let walked = search.step();
    let position: AnyGame = game.clone().into();
    let mut end = vec![position.clone()];
    let all: Vec<Move> = walked.selected.iter().chain(&walked.played).copied().collect();
    for chosen in &all {
        let mut after = end.last().expect("the start").clone();
        after.play(*chosen);
        end.push(after);
    }
    let made = Played { moves: all.iter().map(|chosen| chosen.0).collect(), ..Played::of(position.id()) };
    Walk {
        simulation,
        before: levels(&before, position.clone(), exploration, &walked.selected),
        selected: view::line(&position, walked.selected.iter().copied()),
        expanded: walked.expanded,
        played: walked.played.len(),
        end: view::board(&end, &made),
        ending: view::ending(walked.outcome),
        after: levels(search.tree(), position.clone(), exploration, &walked.selected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reinforcement::games::{ConnectFour, Go, TicTacToe, go};

    #[test]
    fn a_walk_follows_the_largest_bound_and_counts_one_visit() {
        for simulation in [1, 2, 10, 57, 400] {
            let walk = walk(&ConnectFour::default(), 1.0, 3, simulation);
            let visits = |level: &[Branch]| level.iter().map(|branch| branch.visits).sum::<u64>();
            assert_eq!(visits(&walk.before[0]), simulation - 1);
            assert_eq!(visits(&walk.after[0]), simulation);
            let Some(first) = walk.selected.first() else { panic!("a move is selected at the root") };
            let bound = |branch: &Branch| branch.bound().unwrap_or(f32::INFINITY);
            let most = walk.before[0].iter().map(bound).fold(f32::NEG_INFINITY, f32::max);
            if let Some(chosen) = walk.before[0].iter().find(|branch| branch.number == first.number) {
                // The parent counts the visit before its children are compared.
                assert!(bound(chosen) >= most - 0.02, "{simulation}: {} of {most}", bound(chosen));
            }
        }
    }

    #[test]
    fn the_end_of_a_walk_is_a_game_that_has_ended_as_it_says() {
        for simulation in 1..40 {
            let walk = walk(&TicTacToe::default(), 0.7, 5, simulation);
            assert_eq!(walk.end.ending, Some(walk.ending));
        }
        let go = Go::new(9, go::Rules::default());
        assert!(walk(&go, 0.5, 1, 3).played > 20);
    }
}
