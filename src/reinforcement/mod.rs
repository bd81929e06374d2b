//! Chapter 1: reinforcement learning. Grid worlds; board games: their rules, agents that search, networks that learn by self-play, and
//! the labs about them.
//! `games` and `search` know nothing of tensors, and nothing here knows of screens.

pub mod agent;
pub mod board_game;
pub mod boards;
pub mod games;
pub mod gridworld;
pub mod policy_value;
pub mod protocol;
pub mod search;
pub mod self_play;
pub mod tournament;
pub mod walker;
