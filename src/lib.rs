//! shinso (深層): a laboratory for modern machine learning that lives in a terminal.
//!
//! The map of the house, from the machine room up. Imports run one way only: from a later line to an earlier one.
//!
//! * [`tensor`]: reverse-mode automatic differentiation over `ndarray`
//! * [`nn`]: parameters, layers, initialisers, optimisers, checkpoints
//! * [`data`]: what models learn from
//! * [`experiment`]: the one interface between models and everything else; plain data and traits
//! * [`reinforcement`]: chapter 1, reinforcement learning: board games so far, their rules, agents that search, and the lab about both
//! * [`generative`]: chapter 2 of the lecture, deep generative models
//! * [`attention`]: chapter 3, attention and transformers: words as vectors so far
//! * [`bench`]: the workloads by which the engine is measured
//! * [`registry`]: the one list of what can be run
//! * [`run`]: runs, their threads, their records
//! * [`lab`]: labs as data, exercises, learners' progress
//! * [`tui`]: the terminal
//! * [`command_line`]: the verbs
//! * [`folders`]: where files lie

pub mod attention;
pub mod bench;
pub mod command_line;
pub mod data;
pub mod experiment;
pub mod folders;
pub mod generative;
pub mod lab;
pub mod nn;
pub mod registry;
pub mod reinforcement;
pub mod run;
pub mod tensor;
pub mod tui;
