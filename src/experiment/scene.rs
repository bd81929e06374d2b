//! What happens in the plane: shading, clouds of points, arrows, paths.

use super::number;
use serde::{Deserialize, Serialize};

/// A view of a part of the plane; x to the right, y upwards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scene {
    /// The corner at the left and the bottom.
    #[serde(with = "number")]
    pub low: [f32; 2],
    /// The corner at the right and the top.
    #[serde(with = "number")]
    pub high: [f32; 2],
    pub shade: Option<Shade>,
    /// Drawn in this order, the first in the quietest colour.
    pub clouds: Vec<Cloud>,
    /// From a point, along a vector: `[x, y, dx, dy]`.
    #[serde(with = "number")]
    pub arrows: Vec<[f32; 4]>,
    #[serde(with = "number")]
    pub paths: Vec<Vec<[f32; 2]>>,
    /// Words at points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// What runs to the right, and upwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axes: Option<[String; 2]>,
    /// Whether numbers stand along the axes: what they measure has a meaning of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_ticks: bool,
}

/// A word at a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    #[serde(with = "number")]
    pub at: [f32; 2],
    pub text: String,
    /// Words of one group have one colour.
    pub group: usize,
}

/// Values in [0, 1] on a grid over the whole view, row by row from the top left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shade {
    pub columns: usize,
    #[serde(with = "number")]
    pub values: Vec<f32>,
}

/// Points of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    pub kind: CloudKind,
    #[serde(with = "number")]
    pub points: Vec<[f32; 2]>,
}

/// What points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudKind {
    /// What is to be learned.
    Data,
    /// What the model makes.
    Made,
}

impl Scene {
    /// An empty view of the square from −`reach` to `reach`.
    pub fn square(reach: f32) -> Self {
        Scene { low: [-reach; 2], high: [reach; 2], ..Scene::default() }
    }

    /// The word whose point is nearest to a point, distances counted in shares of the view.
    pub fn nearest_label(&self, point: [f32; 2]) -> Option<&Label> {
        let far = |label: &Label| -> f32 {
            let part = |axis: usize| {
                (label.at[axis] - point[axis]) / (self.high[axis] - self.low[axis]).max(f32::MIN_POSITIVE)
            };
            part(0).powi(2) + part(1).powi(2)
        };
        self.labels.iter().min_by(|a, b| far(a).total_cmp(&far(b)))
    }

    /// The middles of a grid of `columns` × `rows` over the view, row by row from the top left.
    pub fn grid(&self, columns: usize, rows: usize) -> Vec<[f32; 2]> {
        let at = |low: f32, high: f32, share: f32| low + (high - low) * share;
        let point = |place: usize| {
            let x = (place % columns) as f32 + 0.5;
            let y = (place / columns) as f32 + 0.5;
            let [left, bottom] = self.low;
            let [right, top] = self.high;
            [at(left, right, x / columns as f32), at(top, bottom, y / rows as f32)]
        };
        (0..columns * rows).map(point).collect()
    }
}
