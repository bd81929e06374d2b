//! What can be asked of a model, and what comes back. Most of what a model shows is a [view](super::view), answered in
//! panels; typed questions are left where an instrument needs more than a picture of the answer.

use super::conversation::{TalkAnswer, TalkQuery};
use super::game::{GameAnswer, GameQuery};
use super::knobs::Knobs;
use super::number;
use super::panel::Panel;
use super::picture::GrayImage;
use serde::{Deserialize, Serialize};

/// A question to a model. The model does not change by answering.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "query", rename_all = "snake_case")]
pub enum Query {
    /// One of the views that its experiment declares; inputs left out stand at their defaults.
    View {
        name: String,
        #[serde(default)]
        inputs: Knobs,
    },
    /// Generate `count` new pictures.
    Sample { count: usize, seed: u64 },
    /// The codes of pictures: the distribution q(z|x) of each.
    Encode { pictures: Vec<GrayImage> },
    /// The pictures that codes stand for.
    Decode {
        #[serde(with = "number")]
        latents: Vec<Vec<f32>>,
    },
    /// How well the model thinks of pictures: of a VAE the ELBO and its two terms, in nats, the mean over `draws` codes; of a
    /// GAN the probability of being real, D(x).
    Score { pictures: Vec<GrayImage>, draws: usize, seed: u64 },
    /// `count` test pictures, `offset` on from the start of the test set.
    Examples { offset: usize, count: usize },
    /// Where `count` test pictures lie in the space of codes.
    LatentPlane { count: usize },
    /// How far a distribution lies from another, and the way of Q to P by gradient where a `fit` is asked for.
    Divergence { p: Distribution, q: Distribution, fit: Option<Direction> },
    /// A word in a conversation; asked of a [session](super::Session).
    Talk(TalkQuery),
    /// About a game.
    Game(GameQuery),
}

impl From<TalkQuery> for Query {
    fn from(query: TalkQuery) -> Self {
        Query::Talk(query)
    }
}

impl From<GameQuery> for Query {
    fn from(query: GameQuery) -> Self {
        Query::Game(query)
    }
}

/// Which divergence from P a fit makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// D(P‖Q).
    Forward,
    /// D(Q‖P).
    Reverse,
}

/// A distribution that a person shapes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "snake_case")]
pub enum Distribution {
    Normal {
        #[serde(with = "number")]
        mean: f64,
        #[serde(with = "number")]
        deviation: f64,
    },
    /// Two normals: the weight of the first, then both.
    Bimodal {
        #[serde(with = "number")]
        weight: f64,
        #[serde(with = "number")]
        means: [f64; 2],
        #[serde(with = "number")]
        deviations: [f64; 2],
    },
    /// Probabilities of a few outcomes; they sum to 1.
    Bars {
        #[serde(with = "number")]
        shares: Vec<f64>,
    },
}

/// The name of a kind of query, by which an experiment says what it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QueryKind {
    View,
    Sample,
    Encode,
    Decode,
    Score,
    Examples,
    LatentPlane,
    Divergence,
    Talk,
    Game,
}

impl Query {
    pub fn kind(&self) -> QueryKind {
        match self {
            Query::View { .. } => QueryKind::View,
            Query::Sample { .. } => QueryKind::Sample,
            Query::Encode { .. } => QueryKind::Encode,
            Query::Decode { .. } => QueryKind::Decode,
            Query::Score { .. } => QueryKind::Score,
            Query::Examples { .. } => QueryKind::Examples,
            Query::LatentPlane { .. } => QueryKind::LatentPlane,
            Query::Divergence { .. } => QueryKind::Divergence,
            Query::Talk(_) => QueryKind::Talk,
            Query::Game(_) => QueryKind::Game,
        }
    }

    /// Who answers.
    pub fn recipient(&self) -> Recipient {
        match self {
            Query::Talk(_) | Query::Game(GameQuery::Think { .. }) => Recipient::Session,
            Query::Game(GameQuery::Branches { .. }) => Recipient::Observer,
            _ => Recipient::Model,
        }
    }
}

/// Who answers a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The model, which does not change by answering.
    Model,
    /// A session, which remembers.
    Session,
    /// Whoever looks on while a session is at work.
    Observer,
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// To `View`.
    Panels { panels: Vec<Panel> },
    /// To `Sample` and `Decode`.
    Pictures { pictures: Vec<GrayImage> },
    /// To `Encode`.
    Codes { codes: Vec<Code> },
    /// To `Score`.
    Scores { scores: Vec<Score> },
    /// To `Examples`: the pictures and the digit that each shows.
    Examples { pictures: Vec<GrayImage>, labels: Vec<u8> },
    /// To `LatentPlane`.
    LatentPlane(LatentPlane),
    /// To `Divergence`.
    Divergence(Divergence),
    /// To `Talk`.
    Talk(TalkAnswer),
    /// To `Game`.
    Game(GameAnswer),
}

impl From<TalkAnswer> for Answer {
    fn from(answer: TalkAnswer) -> Self {
        Answer::Talk(answer)
    }
}

impl From<GameAnswer> for Answer {
    fn from(answer: GameAnswer) -> Self {
        Answer::Game(answer)
    }
}

/// q(z|x) = N(mean, diag(standard_deviation²)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Code {
    #[serde(with = "number")]
    pub mean: Vec<f32>,
    #[serde(with = "number")]
    pub standard_deviation: Vec<f32>,
}

/// How well a model thinks of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "score", rename_all = "snake_case")]
pub enum Score {
    /// Nats: `elbo` = −`reconstruction` − `kl`.
    Elbo {
        #[serde(with = "number")]
        elbo: f64,
        #[serde(with = "number")]
        reconstruction: f64,
        #[serde(with = "number")]
        kl: f64,
    },
    /// D(x): the probability of being real, 0 to 1.
    Real {
        #[serde(with = "number")]
        probability: f32,
    },
}

/// Both directions of the Kullback–Leibler divergence, in nats, and what they are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Divergence {
    /// Q at moments of the way of a fit, the start first; empty where none was asked for. All else is of P and Q as given.
    #[serde(default)]
    pub path: Vec<Distribution>,
    /// D(P‖Q), +∞ where q = 0 < p.
    #[serde(with = "number")]
    pub forward: f64,
    /// D(Q‖P).
    #[serde(with = "number")]
    pub reverse: f64,
    /// Places: points of the line, or the numbers of the outcomes.
    #[serde(with = "number")]
    pub places: Vec<f64>,
    #[serde(with = "number")]
    pub p: Vec<f64>,
    #[serde(with = "number")]
    pub q: Vec<f64>,
    /// p ln(p/q) and q ln(q/p) at each place; +∞ where the other is 0.
    #[serde(with = "number")]
    pub forward_integrand: Vec<f64>,
    #[serde(with = "number")]
    pub reverse_integrand: Vec<f64>,
}

/// A plane through the space of codes and the test pictures seen in it.
///
/// A code in the plane is `origin + u·axes[0] + v·axes[1]`. For a two-dimensional code the plane is the whole space and
/// the axes are its own; otherwise they are the first two principal directions of the codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatentPlane {
    #[serde(with = "number")]
    pub origin: Vec<f32>,
    /// Two orthonormal directions.
    #[serde(with = "number")]
    pub axes: [Vec<f32>; 2],
    /// `(u, v)` of every picture: of the code of a test picture, or, where nothing is encoded, of a place of a grid.
    #[serde(with = "number")]
    pub points: Vec<[f32; 2]>,
    /// The digit that each picture shows; on a grid what a classifier reads in what is made there.
    pub labels: Vec<u8>,
    /// Whether the points are a grid.
    #[serde(default)]
    pub is_grid: bool,
    /// The share of the codes' variance that lies in the plane, 0 to 1.
    #[serde(with = "number")]
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
