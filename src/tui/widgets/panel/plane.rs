//! The plane, with a legend of its points and the cursor.

use super::{Look, Places};
use crate::experiment::Scene;
use crate::experiment::panel::Place;
use crate::experiment::scene::CloudKind;
use crate::tui::text;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::scene::{self, cloud_color};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

/// Rows from which one is given to the legend.
const LEGEND_FROM: u16 = 5;

pub fn draw(scene: &Scene, cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let picked = if let Some(Place::Point(point)) = cursor { Some(*point) } else { None };
    let has = |kind| scene.clouds.iter().any(|cloud| cloud.kind == kind && !cloud.points.is_empty());
    let legend = u16::from(area.height >= LEGEND_FROM && has(CloudKind::Data) && has(CloudKind::Made));
    let room = Rect { y: area.y + legend, height: area.height - legend, ..area };
    if legend > 0 {
        let mut column = 0;
        for (kind, name) in [(CloudKind::Data, text::PANEL_DATA), (CloudKind::Made, text::PANEL_GENERATED)] {
            column = write(buffer, area, column, 0, "● ", Style::new().fg(cloud_color(kind, look.theme)));
            column = write(buffer, area, column, 0, look.say(name), look.theme.quiet()) + 2;
        }
    }
    let label_at = |point: [f32; 2]| scene.labels.iter().position(|label| label.at == point);
    let chosen = picked.and_then(label_at);
    // The word under the cursor is written first, so that it always has its place.
    let (frame, written) = match chosen {
        Some(chosen) => {
            let mut scene = scene.clone();
            scene.labels[..=chosen].rotate_right(1);
            scene::draw_words(&scene, room, look.theme, buffer)
        }
        None => scene::draw_words(scene, room, look.theme, buffer),
    };
    if let Some(cell) = picked.and_then(|point| frame.cell(point)) {
        let style = look.theme.accented().add_modifier(Modifier::BOLD);
        // On a word the cursor leaves its letters to be read.
        match written.iter().find(|(word, _)| word.contains(cell.into())) {
            Some((word, _)) => buffer.set_style(*word, style.add_modifier(Modifier::REVERSED)),
            None => {
                let mark = if chosen.is_some() { '◆' } else { '+' };
                buffer[cell].set_char(mark).set_style(style);
            }
        }
    }
    // A click on the letters of a word means that word, wherever they stand beside its point; a point has its own cell.
    let points = scene.labels.iter().filter_map(|label| {
        let (x, y) = frame.cell(label.at)?;
        Some((Rect { x, y, width: 1, height: 1 }, label.at))
    });
    let words = written.into_iter().chain(points).collect();
    Places::Plane { frame, words }
}
