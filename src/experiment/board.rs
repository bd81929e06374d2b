//! Board games as plain data: what a screen shows of a game, and what an agent says of a position.

use super::{Bilingual, number};
use serde::{Deserialize, Serialize};

/// A game as it was played: where it began, and the moves since, as numbers of the game's own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Played {
    /// As the command line names it: `go-9`.
    pub game: String,
    /// A position in the notation of the game; none is the usual start.
    pub start: Option<String>,
    pub moves: Vec<u16>,
}

impl Played {
    pub fn of(game: &str) -> Self {
        Played { game: game.to_owned(), ..Played::default() }
    }

    /// The game up to so many moves.
    #[must_use]
    pub fn until(&self, ply: usize) -> Self {
        Played { moves: self.moves[..ply.min(self.moves.len())].to_vec(), ..self.clone() }
    }
}

/// How a game has ended. Sides are 0, who moves first, and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Won(usize),
    Drawn,
}

/// How a game ended that did not end on the board: the side that lost it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GaveUp {
    Resigned(usize),
    OutOfTime(usize),
}

impl GaveUp {
    pub fn loser(self) -> usize {
        match self {
            GaveUp::Resigned(side) | GaveUp::OutOfTime(side) => side,
        }
    }
}

/// A stone or piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Man {
    pub side: usize,
    /// As Latin letters write it: `N`, `+R`; empty for a stone.
    pub letter: String,
    /// As a picture or a kanji: `♞`, `竜`; empty for a stone.
    pub glyph: String,
}

/// Where a move begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A new stone, or a pass.
    Nowhere,
    Cell(usize),
    /// A piece in hand, by its place there.
    Hand(usize),
}

/// A move that may be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub number: u16,
    pub name: String,
    pub from: Origin,
    /// None is a pass.
    pub to: Option<usize>,
    /// What the piece becomes: `Q`, `+`; else empty.
    pub becomes: String,
}

/// Something counted for both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub what: Counted,
    #[serde(with = "number")]
    pub of: [f32; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Stones taken from the other.
    Captures,
    Discs,
    /// Points of area, komi counted.
    Points,
}

/// A position as a screen draws it; cells go row by row from above.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Board {
    pub game: String,
    pub columns: usize,
    pub rows: usize,
    /// Whether stones stand on crossings of lines.
    pub on_lines: bool,
    /// Whether a move is a column, whatever its row.
    pub by_column: bool,
    pub cells: Vec<Option<Man>>,
    pub column_names: Vec<String>,
    pub row_names: Vec<String>,
    /// Crossings with a dot.
    pub stars: Vec<usize>,
    pub turn: usize,
    /// Empty when the game has ended.
    pub choices: Vec<Choice>,
    /// The names of the moves made.
    pub names: Vec<String>,
    /// Who made each.
    pub sides: Vec<usize>,
    /// Cells of the last move; where it has won by stones in a row, all of them.
    pub last: Vec<usize>,
    /// Pieces in hand of each side, each kind with its number.
    pub hands: [Vec<(Man, usize)>; 2],
    pub tallies: Vec<Tally>,
    pub ending: Option<Ending>,
    /// The king that is in check.
    pub check: Option<usize>,
    /// The position in the notation of the game.
    pub diagram: String,
    /// What is to be said of the file or the text that it was read from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Bilingual>,
}

impl Board {
    /// Moves from a place.
    pub fn from(&self, origin: Origin) -> impl Iterator<Item = &Choice> {
        self.choices.iter().filter(move |choice| choice.from == origin)
    }

    pub fn pass(&self) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.to.is_none())
    }

    pub fn choice(&self, number: u16) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.number == number)
    }

    /// Whether pieces are moved, not stones placed.
    pub fn moves_pieces(&self) -> bool {
        self.cells.iter().flatten().any(|man| !man.letter.is_empty())
    }
}

/// A move of a line that an agent expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    pub number: u16,
    pub name: String,
    pub side: usize,
    pub from: Option<usize>,
    pub to: Option<usize>,
}

/// A move that an agent has thought of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    pub visits: u64,
    /// Points to be expected by the side that makes it, 0 to 1.
    #[serde(with = "number")]
    pub value: f32,
    pub proven: Option<Ending>,
    /// The move itself, and what is expected after it.
    pub line: Vec<Expected>,
}

/// What an agent says of a position; the best move first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thinking {
    pub considered: Vec<Considered>,
    /// Points to be expected by the side to move, 0 to 1.
    #[serde(with = "number")]
    pub value: f32,
    pub proven: Option<Ending>,
    /// Playouts, or positions looked at, since this thought began.
    pub simulations: u64,
    #[serde(with = "number")]
    pub seconds: f64,
    /// The time that it may take.
    #[serde(with = "number", default)]
    pub of_seconds: Option<f64>,
    pub depth: u32,
    pub nodes: u64,
    /// Whether there was no room for more nodes.
    pub full: bool,
    /// Whether it has a tree that can be opened.
    pub has_tree: bool,
    /// Whether it is at its end, and the first move considered is the one it makes.
    pub finished: bool,
}

impl Thinking {
    /// Whether anything is certain.
    pub fn has_proof(&self) -> bool {
        self.proven.is_some() || self.considered.iter().any(|considered| considered.proven.is_some())
    }
}

/// A child of a node of a search tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    pub number: u16,
    pub name: String,
    pub to: Option<usize>,
    /// N.
    pub visits: u64,
    /// W, in points of the side that moves here.
    #[serde(with = "number")]
    pub wins: f32,
    /// c √(ln N_parent / N); none before the first visit, when it is without bound.
    #[serde(with = "number", default)]
    pub bonus: Option<f32>,
    pub proven: Option<Ending>,
    pub has_children: bool,
}

impl Branch {
    /// Q = W / N.
    pub fn value(&self) -> Option<f32> {
        (self.visits > 0).then(|| self.wins / self.visits as f32)
    }

    /// UCB1 = Q + c √(ln N_parent / N).
    pub fn bound(&self) -> Option<f32> {
        Some(self.value()? + self.bonus?)
    }
}

/// One simulation of a tree search, taken apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// Which simulation it is, the first being 1; 0 is the empty tree.
    pub simulation: u64,
    /// For each node on the way its children as they were when one of them was selected.
    pub before: Vec<Vec<Branch>>,
    /// The moves selected.
    pub selected: Vec<Expected>,
    /// How many children the last node was given.
    pub expanded: usize,
    /// How many random moves were made to the end, and the board there.
    pub played: usize,
    pub end: Board,
    pub ending: Ending,
    /// The same nodes' children after backpropagation.
    pub after: Vec<Vec<Branch>>,
}

/// A move in a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Points expected by side 0 before the move.
    #[serde(with = "number")]
    pub value: f32,
    /// What was better, and the points that the move made lost its side.
    #[serde(with = "number", default)]
    pub better: Option<(String, f32)>,
}

/// An opponent that a game offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opponent {
    /// `mcts`, `alphabeta` or `net`.
    pub kind: String,
    /// 1 is the weakest.
    pub level: usize,
    /// The agent in the words of the command line.
    pub agent: String,
    /// Whether it also thinks while the other side does.
    pub ponders: bool,
}

/// A start that gives one side an advantage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handicap {
    pub en: String,
    pub ja: String,
    pub start: String,
}
