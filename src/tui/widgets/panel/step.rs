//! Keys move the cursor of a panel.

use crate::experiment::Scene;
use crate::experiment::panel::{Ground, Panel, Place};

/// Tokens that a step up or down goes: about a row.
const TOKENS_OF_A_ROW: i64 = 10;
/// A table of more rows is gone through by keys; one of fewer is in sight as a whole.
const TABLE_IN_SIGHT: usize = 6;
/// Share of the view of the plane that a step goes where there are no words.
const STEP: f32 = 0.04;

/// The place that a key leads to from another: so many to the right and so many down. Without a place before, the first
/// one; `None` where nothing can be picked.
pub fn moved(panel: &Panel, from: Option<&Place>, (right, down): (i32, i32)) -> Option<Place> {
    let (right, down) = (i64::from(right), i64::from(down));
    let item = |count: usize, by: i64| {
        let start = if let Some(Place::Item(index)) = from { Some(*index) } else { None };
        (count > 0).then(|| Place::Item(start.map_or(0, |start| along(start, by, count))))
    };
    match panel {
        Panel::Bars { bars, .. } => item(bars.len(), down + right),
        Panel::Tokens { tokens, .. } => item(tokens.len(), right + TOKENS_OF_A_ROW * down),
        Panel::Pictures { images, .. } => {
            let columns = images.columns.min(images.pictures.len());
            let start = if let Some(Place::Item(index)) = from { *index } else { 0 };
            // Up from the first row and down from the last one stay where they are.
            let lands = start as i64 + columns as i64 * down;
            let down = if (0..images.pictures.len() as i64).contains(&lands) { down } else { 0 };
            item(images.pictures.len(), right + columns as i64 * down)
        }
        Panel::Curves(curves) if curves.curves.is_empty() => None,
        Panel::Curves(curves) => item(curves.places.len(), right),
        Panel::Poses(poses) => item(poses.poses.len(), right + down),
        Panel::Plane { scene, .. } => point(scene, from, right as f32, -down as f32).map(Place::Point),
        Panel::Board { board, .. } => cell([board.rows, board.columns], from, right, down),
        Panel::HeatMap(_) => cell(panel.places()?, from, right, down),
        Panel::Grid(grid) if from.is_none() => {
            // One begins where the agent is, or will be.
            let at = |ground: Ground| grid.cells.iter().position(|cell| cell.ground == ground);
            let index = at(Ground::Agent).or_else(|| at(Ground::Start)).unwrap_or(0);
            panel.places().map(|[_, columns]| Place::Cell([index / columns, index % columns]))
        }
        Panel::Grid(_) => cell(panel.places()?, from, right, down),
        Panel::Table { rows, .. } if rows.len() > TABLE_IN_SIGHT => item(rows.len(), down),
        Panel::Note { .. } | Panel::Fault { .. } | Panel::Number { .. } | Panel::Table { .. } => None,
    }
}

fn along(from: usize, by: i64, count: usize) -> usize {
    (from as i64).saturating_add(by).clamp(0, count as i64 - 1) as usize
}

fn cell([rows, columns]: [usize; 2], from: Option<&Place>, right: i64, down: i64) -> Option<Place> {
    if rows == 0 || columns == 0 {
        return None;
    }
    let Some(Place::Cell([row, column])) = from else { return Some(Place::Cell([0, 0])) };
    Some(Place::Cell([along(*row, down, rows), along(*column, right, columns)]))
}

/// The next word in a direction; where there are no words, a step. Up is positive.
fn point(scene: &Scene, from: Option<&Place>, right: f32, up: f32) -> Option<[f32; 2]> {
    let size = [0, 1].map(|axis| scene.high[axis] - scene.low[axis]);
    if !size.iter().all(|side| side.is_finite() && *side > 0.0) {
        return None;
    }
    let share = |at: [f32; 2]| [0, 1].map(|axis| (at[axis] - scene.low[axis]) / size[axis]);
    let Some(Place::Point(at)) = from else {
        let middle = [0, 1].map(|axis| scene.low[axis] + size[axis] / 2.0);
        return Some(scene.labels.first().map_or(middle, |label| label.at));
    };
    if scene.labels.is_empty() {
        let by = [right, up];
        let moved = [0, 1].map(|axis| at[axis] + by[axis] * STEP * size[axis]);
        return Some([0, 1].map(|axis| moved[axis].clamp(scene.low[axis], scene.high[axis] - size[axis] * 1e-4)));
    }
    let own = share(*at);
    // What lies aside counts twice: the next word to the right is rather a far one than one above.
    let cost = |point: [f32; 2]| {
        let [x, y] = [0, 1].map(|axis| share(point)[axis] - own[axis]);
        let along = x * right + y * up;
        let beside = x * up - y * right;
        (along > 1e-4).then(|| along + 2.0 * beside.abs())
    };
    let costs = scene.labels.iter().filter_map(|label| Some((cost(label.at)?, label.at)));
    Some(costs.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(*at, |(_, at)| at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::scene::Label;
    use crate::experiment::{Bar, Bilingual};

    #[test]
    fn a_list_ends_at_its_ends() {
        let bars = ["a", "b", "c"].map(|name| Bar { name: name.into(), value: 1.0 }).to_vec();
        let panel = Panel::ranked("", bars);
        let at = |from: Option<usize>, by| moved(&panel, from.map(Place::Item).as_ref(), by);
        assert_eq!(at(None, (0, 0)), Some(Place::Item(0)));
        assert_eq!(at(Some(1), (0, 1)), Some(Place::Item(2)));
        assert_eq!(at(Some(2), (0, 1)), Some(Place::Item(2)));
        assert_eq!(at(Some(9), (0, -1)), Some(Place::Item(2)), "a list that became shorter");
        assert_eq!(moved(&Panel::ranked("", Vec::new()), None, (0, 0)), None);
        assert_eq!(moved(&Panel::note("text"), None, (0, 1)), None);
    }

    #[test]
    fn in_the_plane_the_next_word_in_a_direction_is_picked() {
        let mut scene = Scene::square(1.0);
        let free = Panel::plane(scene.clone());
        let Some(Place::Point([x, y])) = moved(&free, Some(&Place::Point([0.0, 0.0])), (1, -1)) else { panic!() };
        assert!(x > 0.0 && y > 0.0, "to the right and up");
        let label = |at| Label { at, text: "word".into(), group: 0 };
        scene.labels = vec![label([0.0, 0.0]), label([0.5, 0.1]), label([0.1, 0.6])];
        let panel = Panel::Plane { heading: Bilingual::default(), scene };
        let from = Place::Point([0.0, 0.0]);
        assert_eq!(moved(&panel, None, (1, 0)), Some(from.clone()));
        assert_eq!(moved(&panel, Some(&from), (1, 0)), Some(Place::Point([0.5, 0.1])));
        assert_eq!(moved(&panel, Some(&from), (0, -1)), Some(Place::Point([0.1, 0.6])));
        assert_eq!(moved(&panel, Some(&from), (-1, 0)), Some(from));
    }
}
