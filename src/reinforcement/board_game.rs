//! Board games against agents that search, and show how they do. Nothing is trained: who plays is
//! [`search`](super::search), by the rules of [`games`](super::games).
//!
//! A tree search (MCTS, Coulom 2006) sends simulations from the position to the ends of games and prefers, at every node, the child with
//! the largest
//!
//! ```text
//! UCB1 = W/N + c √(ln N_parent / N)        (Auer, Cesa-Bianchi & Fischer 2002; UCT: Kocsis & Szepesvári 2006)
//! ```
//!
//! and alpha-beta looks at all moves to a depth and trusts an evaluation written by people. What the lecture names beside them: Deep Blue
//! (alpha-beta, Campbell, Hoane & Hsu 2002), Ponanza (alpha-beta with a learned evaluation), AlphaGo (tree search with
//! a policy and a value network, Silver et al. 2016).

use super::boards::Boards;
use crate::experiment::{Experiment, Learn, Preview};
use crate::lab_file;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "board-game",
    lab: Some(lab_file!("02-board-game")),
    answers: &Boards::ANSWERS,
    preview: Preview::Game("connect-four"),
    learn: Learn::Nothing("`shinso play GAME` plays, and `shinso match GAME AGENT AGENT` lets agents play each other"),
    open: |_, _, _| Ok(Arc::new(Boards::default())),
    ..Experiment::EMPTY
};
