//! Chapter 1: reinforcement learning. Board games so far: their rules, agents that search, and the lab about both; nothing here knows
//! of tensors or screens.

pub mod board_game;
pub mod games;
pub mod protocol;
pub mod search;
pub mod tournament;
