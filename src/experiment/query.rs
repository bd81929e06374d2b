//! What can be asked of a model, and what comes back. A small closed vocabulary: a lab's instruments are bound to these
//! kinds, and the registry says which of them a model answers.

use super::board::{Board, Branch, GaveUp, Handicap, Judged, Opponent, Played, Thinking, Walk};
use super::language::Language;
use super::number;
use super::picture::Picture;
use super::scene::Scene;
use super::talk::{Entry, Part};
use serde::{Deserialize, Serialize};

/// A question to a model. The model does not change by answering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// Draw `count` new pictures from the model.
    Sample { count: usize, seed: u64 },
    /// The code of a picture: the distribution q(z|x).
    Encode { picture: Picture },
    /// The pictures that codes stand for.
    Decode { latents: Vec<Vec<f32>> },
    /// A picture passed through the model and back, by way of the mean of its code.
    Reconstruct { picture: Picture },
    /// How well the model explains a picture: the ELBO and its two terms, in nats, the mean over `draws` codes.
    Score { picture: Picture, draws: usize, seed: u64 },
    /// `count` test pictures, `offset` on from the start of the test set.
    Examples { offset: usize, count: usize },
    /// Where `count` test pictures lie in the space of codes.
    LatentPlane { count: usize },
    /// The digit that each picture shows.
    Classify { pictures: Vec<Picture> },
    /// The share of trust D(x) that a discriminator puts in each picture, 0 to 1.
    Discriminate { pictures: Vec<Picture> },
    /// A lab's own named view: labelled rows of pictures.
    Show {
        view: String,
        seed: u64,
        /// Where a slider stands, 0 to 1.
        at: f32,
        /// A picture to begin with, such as a drawing; else an example of the model's own choice, by `seed`.
        picture: Option<Picture>,
    },
    /// The plane as the model sees it; a slider stands at `at`, 0 to 1.
    Plane { seed: u64, at: f32 },
    /// Digits asked for in words.
    Prompt { text: String, manner: Manner },
    /// How far a distribution lies from another.
    Divergence { p: Distribution, q: Distribution },
    /// The two distributions that a run has fitted to each other.
    Fitted,
    /// The way of Q to P by gradient, making D(P‖Q) small (`forward`) or D(Q‖P).
    Fit { p: Distribution, q: Distribution, forward: bool },
    /// A line said in a conversation about words. The conversation remembers, the model behind it does not change.
    Say { line: String, language: Language },
    /// What could stand at the end of a line that is being typed.
    Complete { line: String },
    /// Lines said before, the oldest first.
    History,
    /// P(context | word), the likeliest contexts first.
    Context { word: String, count: usize },
    /// The position of a game, after what was typed if something was: a move, or a position to begin at.
    Board { played: Played, typed: Option<String> },
    /// The position that a board shows, set up by hand.
    SetUp { board: Box<Board> },
    /// What a game offers to play against, and with what handicaps.
    Opponents { game: String },
    /// Thinks about a position and tells on the way; what an agent knows of a game it keeps for its next moves.
    Think {
        played: Played,
        /// In the words of the command line: `mcts:2s`.
        agent: String,
        /// c of UCB1; the game's own if none.
        exploration: Option<f32>,
        seed: u64,
        /// For so long and no longer, whatever the agent's own budget.
        at_most_seconds: Option<f64>,
        /// Until it is called off or its memory is full.
        without_end: bool,
    },
    /// The children of a node in the tree of the latest thought, by the moves that lead there.
    Branches { path: Vec<u16> },
    /// The simulation of this number of a plain tree search from a position, taken apart.
    Walk { played: Played, exploration: f32, seed: u64, simulation: u64 },
    /// Judges every move of a game, and tells on the way.
    Review { played: Played, seconds_a_move: f64 },
    /// A game with one move that wins, and no other.
    Puzzle { seed: u64 },
    /// The text of a file that keeps a game.
    WriteGame { played: Played, players: [String; 2], gave_up: Option<GaveUp> },
    /// The game in the text of a file; `game` where the text leaves open which.
    ReadGame { game: String, text: String },
}

/// How a diffusion model draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Manner {
    pub seed: u64,
    /// Steps of the reverse process, 1 to 1000.
    pub steps: usize,
    /// w of classifier-free guidance, 0 to 8.
    pub guidance: f32,
    /// The share of fresh noise a step: 0 is DDIM, 1 is DDPM.
    pub eta: f32,
}

/// A distribution that a person shapes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "snake_case")]
pub enum Distribution {
    Normal {
        mean: f64,
        deviation: f64,
    },
    /// Two normals: the weight of the first, then both.
    Bimodal {
        weight: f64,
        means: [f64; 2],
        deviations: [f64; 2],
    },
    /// Probabilities of a few outcomes; they sum to 1.
    Bars {
        shares: Vec<f64>,
    },
}

impl Query {
    pub fn kind(&self) -> QueryKind {
        match self {
            Query::Sample { .. } => QueryKind::Sample,
            Query::Encode { .. } => QueryKind::Encode,
            Query::Decode { .. } => QueryKind::Decode,
            Query::Reconstruct { .. } => QueryKind::Reconstruct,
            Query::Score { .. } => QueryKind::Score,
            Query::Examples { .. } => QueryKind::Examples,
            Query::LatentPlane { .. } => QueryKind::LatentPlane,
            Query::Classify { .. } => QueryKind::Classify,
            Query::Discriminate { .. } => QueryKind::Discriminate,
            Query::Show { .. } => QueryKind::Show,
            Query::Plane { .. } => QueryKind::Plane,
            Query::Prompt { .. } => QueryKind::Prompt,
            Query::Divergence { .. } => QueryKind::Divergence,
            Query::Fitted => QueryKind::Fitted,
            Query::Fit { .. } => QueryKind::Fit,
            Query::Say { .. } => QueryKind::Say,
            Query::Complete { .. } => QueryKind::Complete,
            Query::History => QueryKind::History,
            Query::Context { .. } => QueryKind::Context,
            Query::Board { .. } => QueryKind::Board,
            Query::SetUp { .. } => QueryKind::SetUp,
            Query::Opponents { .. } => QueryKind::Opponents,
            Query::Think { .. } => QueryKind::Think,
            Query::Branches { .. } => QueryKind::Branches,
            Query::Walk { .. } => QueryKind::Walk,
            Query::Review { .. } => QueryKind::Review,
            Query::Puzzle { .. } => QueryKind::Puzzle,
            Query::WriteGame { .. } => QueryKind::WriteGame,
            Query::ReadGame { .. } => QueryKind::ReadGame,
        }
    }
}

/// The name of a kind of query, as YAML writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryKind {
    Sample,
    Encode,
    Decode,
    Reconstruct,
    Score,
    Examples,
    LatentPlane,
    Classify,
    Discriminate,
    Show,
    Plane,
    Prompt,
    Divergence,
    Fitted,
    Fit,
    Say,
    Complete,
    History,
    Context,
    Board,
    SetUp,
    Opponents,
    Think,
    Branches,
    Walk,
    Review,
    Puzzle,
    WriteGame,
    ReadGame,
}

impl QueryKind {
    /// Whether an answer may take long, so that others must not wait for it.
    pub fn takes_long(self) -> bool {
        matches!(self, QueryKind::Think | QueryKind::Review | QueryKind::Puzzle)
    }
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// To `Sample`, `Decode`, `Reconstruct`.
    Pictures { pictures: Vec<Picture> },
    /// To `Encode`: q(z|x) = N(mean, diag(standard_deviation²)).
    Code { mean: Vec<f32>, standard_deviation: Vec<f32> },
    /// To `Score`, nats: `elbo` = −`reconstruction` − `kl`.
    Score { elbo: f64, reconstruction: f64, kl: f64 },
    /// To `Examples`: the pictures and the digit that each shows.
    Examples { pictures: Vec<Picture>, labels: Vec<u8> },
    /// To `LatentPlane`.
    LatentPlane(LatentPlane),
    /// To `Classify`: the digit seen in each picture, and how surely.
    Classes { digits: Vec<u8>, shares: Vec<f32> },
    /// To `Discriminate`.
    Trust { shares: Vec<f32> },
    /// To `Show`.
    Gallery { rows: Vec<Row> },
    /// To `Plane`.
    Scene { scene: Scene },
    /// To `Prompt`: the digits understood, and for each of some moments of the reverse process, noise first, a picture of
    /// each digit.
    Drawn { digits: Vec<u8>, times: Vec<usize>, frames: Vec<Vec<Picture>> },
    /// To `Divergence`.
    Divergence(Divergence),
    /// To `Fitted`.
    Fitted { p: Distribution, q: Distribution },
    /// To `Fit`: Q at moments of the way, the start first.
    Path { way: Vec<Distribution> },
    /// To `Say`.
    Said { parts: Vec<Part> },
    /// To `Complete`: the byte of the line from which a completion replaces it, and completions, the likeliest first.
    Completions { from: usize, words: Vec<String> },
    /// To `History`.
    Lines { lines: Vec<String> },
    /// To `Context`: words and their probabilities.
    Context { word: String, entries: Vec<Entry> },
    /// To `Board`, `SetUp` and `ReadGame`.
    Board { played: Played, board: Box<Board> },
    /// To `Opponents`.
    Opponents {
        opponents: Vec<Opponent>,
        handicaps: Vec<Handicap>,
        /// The game's own c of UCB1.
        exploration: f32,
        /// The same where plain UCT is shown, as in `Walk`.
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

/// Pictures that belong together, with a word on what they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub en: String,
    pub ja: String,
    pub pictures: Vec<Picture>,
}

impl Row {
    pub fn new(en: impl Into<String>, ja: impl Into<String>, pictures: Vec<Picture>) -> Self {
        Row { en: en.into(), ja: ja.into(), pictures }
    }
}

/// Both directions of the Kullback–Leibler divergence, in nats, and what they are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// D(P‖Q), +∞ where q = 0 < p.
    #[serde(with = "number")]
    pub forward: f64,
    /// D(Q‖P).
    #[serde(with = "number")]
    pub reverse: f64,
    /// Places: points of the line, or the numbers of the outcomes.
    pub places: Vec<f64>,
    pub p: Vec<f64>,
    pub q: Vec<f64>,
    /// p ln(p/q) and q ln(q/p) at each place.
    pub forward_integrand: Vec<f64>,
    pub reverse_integrand: Vec<f64>,
}

/// A plane through the space of codes and the test pictures seen in it.
///
/// A code in the plane is `origin + u·axes[0] + v·axes[1]`. For a two-dimensional code the plane is the whole space and
/// the axes are its own; otherwise they are the first two principal directions of the codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatentPlane {
    pub origin: Vec<f32>,
    /// Two orthonormal directions.
    pub axes: [Vec<f32>; 2],
    /// `(u, v)` of every picture.
    pub points: Vec<[f32; 2]>,
    /// The digit that each picture shows.
    pub labels: Vec<u8>,
    /// The share of the codes' variance that lies in the plane, 0 to 1.
    pub variance_share: f32,
}

impl LatentPlane {
    /// The code at `(u, v)`.
    pub fn latent_at(&self, [u, v]: [f32; 2]) -> Vec<f32> {
        let [first, second] = &self.axes;
        (self.origin.iter().zip(first).zip(second)).map(|((o, a), b)| o + u * a + v * b).collect()
    }

    /// Where a code lies when dropped on the plane.
    pub fn project(&self, latent: &[f32]) -> [f32; 2] {
        let along = |axis: &[f32]| latent.iter().zip(&self.origin).zip(axis).map(|((z, o), a)| (z - o) * a).sum();
        [along(&self.axes[0]), along(&self.axes[1])]
    }
}
