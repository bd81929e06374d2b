//! Chapter 1: reinforcement learning. Grid worlds; board games: their rules, agents that search, and the lab about both.
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
