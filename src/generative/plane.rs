//! Distributions in the plane, to watch generators at work where everything can be seen.

use crate::experiment::{ActionSpec, Argument, ExperimentError, Wording};
use rand::Rng;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Deviation of each of the normals.
const DEVIATION: f32 = 0.05;
/// Half the side of the view that holds them all.
pub const REACH: f32 = 2.0;

/// Puts a point into the distribution that is drawn by hand.
pub const PLACE: ActionSpec = ActionSpec {
    name: "place",
    key: ' ',
    help: Wording::new("place a point", "点を置く"),
    argument: Argument::Point,
    when: Some(("data", "drawn")),
};
/// Takes all points away.
pub const CLEAR: ActionSpec = ActionSpec {
    name: "clear",
    key: 'x',
    help: Wording::new("clear the points", "点を消す"),
    argument: Argument::Nothing,
    when: Some(("data", "drawn")),
};

/// A distribution in the plane.
#[derive(Debug, Clone, PartialEq)]
pub enum Plane {
    /// Eight normals on a circle of radius 1.5.
    Ring,
    /// Twenty-five normals on a square grid.
    Grid,
    /// An arc of a spiral: three quarters of a turn.
    SwissRoll,
    /// Normals about points that a person placed.
    Drawn(Vec<[f32; 2]>),
}

impl Plane {
    /// The distribution of this name; `None` for what is not in the plane. `drawn` are its points where a person draws.
    pub fn named(name: &str, drawn: &[[f32; 2]]) -> Option<Self> {
        Some(match name {
            "ring" => Plane::Ring,
            "grid" => Plane::Grid,
            "swiss_roll" => Plane::SwissRoll,
            "drawn" => Plane::Drawn(drawn.to_vec()),
            _ => return None,
        })
    }

    /// The middles of its normals; none where it has no modes.
    pub fn modes(&self) -> Vec<[f32; 2]> {
        match self {
            Plane::Ring => (0..8)
                .map(|mode| {
                    let angle = mode as f32 / 8.0 * std::f32::consts::TAU;
                    [1.5 * angle.cos(), 1.5 * angle.sin()]
                })
                .collect(),
            Plane::Grid => {
                (0..25).map(|mode| [(mode % 5) as f32 * 0.75 - 1.5, (mode / 5) as f32 * 0.75 - 1.5]).collect()
            }
            Plane::SwissRoll => Vec::new(),
            Plane::Drawn(points) => points.clone(),
        }
    }

    /// A point; the middle of the plane while nothing is drawn.
    pub fn draw(&self, random: &mut impl Rng) -> [f32; 2] {
        let mut noise = || DEVIATION * Distribution::<f32>::sample(&StandardNormal, random);
        let [dx, dy] = [noise(), noise()];
        let [x, y] = match self {
            Plane::SwissRoll => {
                let turn: f32 = random.random_range(0.25..1.0_f32).sqrt() * 1.5;
                let angle = turn * std::f32::consts::TAU;
                [turn * 1.1 * angle.cos(), turn * 1.1 * angle.sin()]
            }
            modal => {
                let modes = modal.modes();
                if modes.is_empty() { [0.0; 2] } else { modes[random.random_range(0..modes.len())] }
            }
        };
        [x + dx, y + dy]
    }

    /// How many of its modes some points cover: at least 20 points of 2,500 (or that share of them) within three
    /// deviations of the middle.
    pub fn covered(&self, points: &[[f32; 2]]) -> usize {
        let near =
            |a: &[f32; 2], b: &[f32; 2]| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) <= (3.0 * DEVIATION).powi(2);
        let enough = points.len() * 20 / 2500;
        let count = |mode: &[f32; 2]| points.iter().filter(|point| near(point, mode)).count();
        self.modes().iter().filter(|mode| count(mode) >= enough.max(1)).count()
    }
}

/// The sliced Wasserstein distance of order 2 between two sets of as many points: the root of the mean, over directions
/// evenly spaced, of the mean squared distance between the sorted projections (Bonneel et al. 2015).
///
/// # Panics
/// If the sets are not of one length.
pub fn sliced_wasserstein(a: &[[f32; 2]], b: &[[f32; 2]]) -> f64 {
    assert_eq!(a.len(), b.len(), "sets of one length");
    const DIRECTIONS: usize = 128;
    let sorted = |points: &[[f32; 2]], angle: f64| {
        let (sin, cos) = angle.sin_cos();
        let mut along: Vec<f64> = points.iter().map(|[x, y]| cos * f64::from(*x) + sin * f64::from(*y)).collect();
        along.sort_by(f64::total_cmp);
        along
    };
    let total: f64 = (0..DIRECTIONS)
        .map(|direction| {
            let angle = std::f64::consts::PI * direction as f64 / DIRECTIONS as f64;
            let pairs = sorted(a, angle).into_iter().zip(sorted(b, angle));
            pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len().max(1) as f64
        })
        .sum();
    (total / DIRECTIONS as f64).sqrt()
}

/// The actions `place` and `clear` on points that a person draws.
///
/// # Errors
/// When the run does not learn such points, or the argument is no point; nothing is changed then.
pub fn change_drawn(
    data: &str,
    drawn: &mut Vec<[f32; 2]>,
    action: &str,
    argument: &str,
) -> Result<(), ExperimentError> {
    match action {
        _ if data != "drawn" => Err(ExperimentError::new("points are placed in a run with data = drawn")),
        "place" => {
            let wanted = || {
                ExperimentError::new(format!("place `{argument}`: expected two numbers from -2 to 2, such as 0.5 -1"))
            };
            drawn.push(read_point(argument).ok_or_else(wanted)?);
            Ok(())
        }
        "clear" => {
            drawn.clear();
            Ok(())
        }
        other => Err(ExperimentError::new(format!("unknown action `{other}`: expected place or clear"))),
    }
}

/// A point as an action names it: `x y`, or `x,y`.
fn read_point(argument: &str) -> Option<[f32; 2]> {
    let mut parts = argument.split([' ', ',']).filter(|part| !part.is_empty());
    let mut next = || parts.next()?.parse::<f32>().ok().filter(|part| part.abs() <= REACH);
    let point = [next()?, next()?];
    parts.next().is_none().then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_true_sample_covers_every_mode_and_a_collapsed_one_few() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for (plane, modes) in [(Plane::Ring, 8), (Plane::Grid, 25)] {
            let points: Vec<_> = (0..2500).map(|_| plane.draw(&mut random)).collect();
            assert_eq!((plane.covered(&points), plane.modes().len()), (modes, modes));
            assert_eq!(plane.covered(&vec![plane.modes()[3]; 2500]), 1);
            assert_eq!(plane.covered(&vec![[9.0, 9.0]; 2500]), 0);
        }
    }

    /// A shift by d along x has the projections d cos θ, whose mean square is d²/2.
    #[test]
    fn the_sliced_distance_of_a_shift_is_known() {
        let points = [[0.0, 0.0], [1.0, 0.5], [-0.3, 2.0]];
        let shifted = points.map(|[x, y]| [x + 3.0, y]);
        assert!((sliced_wasserstein(&points, &shifted) - 3.0 / 2.0_f64.sqrt()).abs() < 1e-6);
        assert_eq!(sliced_wasserstein(&points, &points), 0.0);
    }

    #[test]
    fn a_point_is_read_or_refused() {
        assert_eq!(read_point("0.5 -1"), Some([0.5, -1.0]));
        assert_eq!(read_point("0.5,-1"), Some([0.5, -1.0]));
        for bad in ["", "1", "1 2 3", "a b", "9 0", "nan 0"] {
            assert_eq!(read_point(bad), None, "{bad}");
        }
    }
}
