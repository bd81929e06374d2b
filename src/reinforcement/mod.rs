//! Chapter 1: reinforcement learning. Board games so far: their rules, and agents that search; nothing here knows of tensors or
//! screens.

pub mod games;
pub mod protocol;
pub mod search;
pub mod tournament;
