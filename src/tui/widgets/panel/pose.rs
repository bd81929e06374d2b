//! A figure in one moment of its motion, as lines.

use super::{Look, Places};
use crate::experiment::panel::{Place, Pose, Poses};
use crate::tui::text;
use crate::tui::widgets::braille::{Canvas, Stroke};
use crate::tui::widgets::frame::write;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Rows from which one is given to the time.
const FOOT_FROM: u16 = 4;

/// The lowest and the highest of coordinates, if there are any.
fn extent(values: impl Iterator<Item = f32>) -> Option<[f64; 2]> {
    let finite = values.map(f64::from).filter(|value| value.is_finite());
    let [low, high] =
        finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)]);
    (low <= high).then_some([low, high])
}

/// The coordinates of a pose on an axis.
fn coordinates(pose: &Pose, axis: usize) -> impl Iterator<Item = f32> + '_ {
    pose.limbs.iter().chain(&pose.predicted).flat_map(move |limb| [limb[axis], limb[axis + 2]])
}

pub fn draw(poses: &Poses, cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let count = poses.poses.len();
    let index = if let Some(Place::Item(index)) = cursor { (*index).min(count.max(1) - 1) } else { 0 };
    let Some(pose) = poses.poses.get(index) else {
        write(buffer, area, 0, 0, look.say(text::PANEL_EMPTY), look.theme.quiet());
        return Places::Areas(Vec::new());
    };
    let foot = u16::from(area.height >= FOOT_FROM);
    let room = Rect { height: area.height - foot, ..area };
    let mut canvas = Canvas::new(room);
    let size = canvas.size().map(|side| side as f64);
    // One scale for all poses, so that the figure does not grow and shrink; the view goes along with it.
    let widest = poses.poses.iter().filter_map(|pose| extent(coordinates(pose, 0))).map(|[low, high]| high - low);
    let widest = widest.fold(1e-3, f64::max);
    let near = poses.poses.iter().flat_map(|pose| coordinates(pose, 1)).chain(pose.contacts.iter().map(|at| at[1]));
    let [low, high] = extent(near).unwrap_or([0.0, 1.0]);
    let middle = extent(coordinates(pose, 0)).map_or(0.0, |[low, high]| low / 2.0 + high / 2.0);
    // The ground near the figure only: that of a long way may rise far above it.
    let reach = widest * 2.0;
    let beneath = poses.ground.iter().filter(|at| (f64::from(at[0]) - middle).abs() <= reach).map(|at| at[1]);
    let low = extent(beneath).map_or(low, |[ground, _]| low.min(ground));
    let scale = ((size[0] - 1.0) / widest).min((size[1] - 2.0) / (high - low).max(1e-3)).max(1e-9);
    let dot = |x: f32, y: f32| {
        [size[0] / 2.0 + (f64::from(x) - middle) * scale, size[1] - 1.0 - (f64::from(y) - low) * scale]
    };
    for pair in poses.ground.windows(2) {
        let [from, to] = [pair[0], pair[1]].map(|[x, y]| dot(x, y));
        canvas.line(from, to, Stroke::Solid, look.theme.line);
    }
    canvas.cover();
    for limb in &pose.predicted {
        canvas.line(dot(limb[0], limb[1]), dot(limb[2], limb[3]), Stroke::Dashed, look.theme.dim);
    }
    canvas.cover();
    for limb in &pose.limbs {
        canvas.line(dot(limb[0], limb[1]), dot(limb[2], limb[3]), Stroke::Solid, look.theme.series[0]);
    }
    canvas.paint(buffer);
    for contact in &pose.contacts {
        let [x, y] = dot(contact[0], contact[1]);
        if (0.0..size[0]).contains(&x) && (0.0..size[1]).contains(&y) {
            let cell = (room.x + (x / 2.0) as u16, room.y + (y / 4.0) as u16);
            buffer[cell].set_char('▴').set_fg(look.theme.accent);
        }
    }
    if foot > 0 {
        let seconds = format!("{:.2}", index as f32 * poses.seconds_per_pose);
        let said = text::filled(look.say(text::PANEL_POSE), &[&(index + 1), &count, &seconds]);
        let mut column = write(buffer, area, 0, area.height - 1, &said, look.theme.quiet());
        if !pose.predicted.is_empty() {
            let (real, predicted) = (Style::new().fg(look.theme.series[0]), look.theme.quiet());
            for (mark, name, style) in [("━ ", text::PANEL_REAL, real), ("┅ ", text::PANEL_PREDICTED, predicted)] {
                column = write(buffer, area, column + 2, area.height - 1, mark, style);
                column = write(buffer, area, column, area.height - 1, look.say(name), look.theme.quiet());
            }
        }
    }
    Places::Areas(Vec::new())
}
