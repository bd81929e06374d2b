//! What can be asked about a game, and what comes back.

use super::board::{Board, Branch, GaveUp, Handicap, Judged, Opponent, Played, Thinking, Walk};
use super::number;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A question about a game. [`Think`](GameQuery::Think) is a session's to answer, which keeps its tree for the next move;
/// [`Branches`](GameQuery::Branches) looks into that tree, also while it grows; all else the rules alone answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum GameQuery {
    /// The position of a game, after what was typed if something was: a move, or a position to begin at.
    Board { played: Played, typed: Option<String> },
    /// The position that a board shows, set up by hand.
    SetUp { board: Box<Board> },
    /// What a game offers to play against, and with what handicaps.
    Opponents { game: String },
    /// Thinks about a position and reports on the way; what an agent knows of a game it keeps for its next moves.
    Think {
        played: Played,
        /// In the words of the command line: `mcts:2s`.
        agent: String,
        /// c of UCB1; the game's own if none.
        #[serde(with = "number", default)]
        exploration: Option<f32>,
        seed: u64,
        /// For so long and no longer, whatever the agent's own budget.
        #[serde(with = "number", default)]
        at_most_seconds: Option<f64>,
        /// Until it is called off or its memory is full.
        without_end: bool,
    },
    /// The children of a node in the tree of the latest thought, by the moves that lead there.
    Branches { path: Vec<u16> },
    /// The simulation of this number of a plain tree search from a position, taken apart.
    Walk {
        played: Played,
        #[serde(with = "number")]
        exploration: f32,
        seed: u64,
        simulation: u64,
    },
    /// Judges every move of a game, and reports on the way.
    Review {
        played: Played,
        #[serde(with = "number")]
        seconds_a_move: f64,
    },
    /// A game with one move that wins, and no other.
    Puzzle { seed: u64 },
    /// The text of a file that keeps a game, in the format of an extension if the game has several.
    WriteGame {
        played: Played,
        players: [String; 2],
        gave_up: Option<GaveUp>,
        #[serde(default)]
        extension: String,
    },
    /// The game in a file; `game` where the file leaves open which.
    ReadGame { game: String, path: PathBuf },
}

impl GameQuery {
    /// Whether an answer may take long, so that others must not wait for it.
    pub fn takes_long(&self) -> bool {
        matches!(self, GameQuery::Think { .. } | GameQuery::Review { .. } | GameQuery::Puzzle { .. })
    }
}

/// An answer about a game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "game", rename_all = "snake_case")]
pub enum GameAnswer {
    /// To `Board`, `SetUp` and `ReadGame`.
    Board { played: Played, board: Box<Board> },
    /// To `Opponents`.
    Opponents {
        /// The games that are played here.
        games: Vec<String>,
        opponents: Vec<Opponent>,
        handicaps: Vec<Handicap>,
        /// The game's own c of UCB1.
        #[serde(with = "number")]
        exploration: f32,
        /// The same where plain UCT is shown, as in `Walk`.
        #[serde(with = "number")]
        walk_exploration: f32,
    },
    /// To `Think`.
    Thinking(Thinking),
    /// To `Branches`.
    Branches { path: Vec<u16>, branches: Vec<Branch> },
    /// To `Walk`.
    Walk(Box<Walk>),
    /// To `Review`: of every position so far, the start first.
    Review { judged: Vec<Judged>, finished: bool },
    /// To `Puzzle`: the move that wins, and how many moves of the winner it takes.
    Puzzle { played: Played, board: Box<Board>, solution: u16, moves: usize },
    /// To `WriteGame`: the text, and how the name of such a file ends.
    Text { text: String, extension: String },
}
