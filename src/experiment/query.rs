//! What can be asked of a model, and what comes back. A small closed vocabulary: a lab's instruments are bound to these
//! kinds, and the registry says which of them a model answers.

use super::picture::Picture;
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
