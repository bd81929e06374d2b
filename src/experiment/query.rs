//! What can be asked of a model, and what comes back. A small closed vocabulary: a lab's instruments are bound to these
//! kinds, and the registry says which of them a model answers.

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
