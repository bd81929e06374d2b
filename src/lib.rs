//! shinso (深層): a laboratory for modern machine learning that lives in a terminal.
//!
//! The map of the crate, lowest first. Imports run one way only: from a later line to an earlier one, and never round in a circle;
//! chapters do not import each other. `tests/arrows.rs` keeps it so.
//!
//! * [`tensor`]: reverse-mode automatic differentiation over `ndarray`
//! * [`experiment`]: the one interface between models and everything else; plain data and traits
//! * [`folders`]: where files lie
//! * [`exit`]: how the program ends
//! * [`width`]: the cells that a text takes in a terminal
//! * [`printer`]: the one way out for text
//! * [`intake`]: files that a person hands over: which are read, where may be written
//! * [`markdown`]: pages of Markdown with LaTeX formulas, read and checked
//! * [`nn`]: parameters, layers, initialisers, optimisers, the trainer, checkpoints
//! * [`data`]: what models learn from
//! * [`reinforcement`]: chapter 1, reinforcement learning: grid worlds, board games and self-play, a robot that walks
//! * [`generative`]: chapter 2 of the lecture, deep generative models
//! * [`attention`]: chapter 3, attention and transformers: words as vectors so far
//! * [`bench`]: the workloads by which the engine is measured
//! * [`registry`]: the one list of what can be run
//! * [`run`]: runs, their threads, their records
//! * [`lab`]: labs as data, exercises, learners' progress
//! * [`environment`]: what every verb and the screen need: folders, runs, labs, data
//! * [`class`]: a class on a server: accounts, roster, answers, and what its sessions say to each other
//! * [`tui`]: the terminal
//! * [`serve`]: the lab server: ssh, accounts, limits, a process for each session
//! * [`command_line`]: the verbs

pub mod attention;
pub mod bench;
pub mod class;
pub mod command_line;
pub mod data;
pub mod environment;
pub mod exit;
pub mod experiment;
pub mod folders;
pub mod generative;
pub mod intake;
pub mod lab;
pub mod markdown;
pub mod nn;
pub mod printer;
pub mod registry;
pub mod reinforcement;
pub mod run;
pub mod serve;
pub mod tensor;
pub mod tui;
pub mod width;
