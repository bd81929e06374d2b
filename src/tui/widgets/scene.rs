//! A view of the plane: shading under braille dots.

use crate::experiment::Scene;
use crate::experiment::scene::CloudKind;
use crate::tui::theme::Theme;
use crate::tui::widgets::braille::Canvas;
use crate::tui::widgets::chart::{linear_ticks, number};
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// Where a scene is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub area: Rect,
    low: [f32; 2],
    high: [f32; 2],
}

impl Frame {
    /// The largest area of the view's own shape in the middle of `area`, a cell being twice as high as wide; the whole of it
    /// for a view with named axes.
    pub fn new(scene: &Scene, area: Rect) -> Self {
        if scene.axes.is_some() {
            // Axes of their own units: each fills the side that it has.
            return Frame { area, low: scene.low, high: scene.high };
        }
        let size = [scene.high[0] - scene.low[0], scene.high[1] - scene.low[1]].map(|side| side.max(1e-6));
        let height_for = f32::from(area.width) / 2.0 * size[1] / size[0];
        let (width, height) = if height_for <= f32::from(area.height) {
            (area.width, height_for.floor() as u16)
        } else {
            ((f32::from(area.height) * 2.0 * size[0] / size[1]).floor() as u16, area.height)
        };
        let area = Rect {
            x: area.x + (area.width - width.min(area.width)) / 2,
            y: area.y + (area.height - height.min(area.height)) / 2,
            width: width.min(area.width),
            height: height.min(area.height),
        };
        Frame { area, low: scene.low, high: scene.high }
    }

    /// The dot of a point, counted from the left and the top; `None` outside.
    fn dot(&self, [x, y]: [f32; 2]) -> Option<(usize, usize)> {
        let across = (x - self.low[0]) / (self.high[0] - self.low[0]);
        let down = (self.high[1] - y) / (self.high[1] - self.low[1]);
        let inside = (0.0..1.0).contains(&across) && (0.0..1.0).contains(&down);
        let (columns, rows) = (f32::from(self.area.width) * 2.0, f32::from(self.area.height) * 4.0);
        inside.then_some(((across * columns) as usize, (down * rows) as usize))
    }

    /// The cell of a point.
    pub fn cell(&self, point: [f32; 2]) -> Option<(u16, u16)> {
        self.dot(point).map(|(x, y)| (self.area.x + (x / 2) as u16, self.area.y + (y / 4) as u16))
    }

    /// The point in the middle of a cell; `None` outside.
    pub fn point(&self, column: u16, row: u16) -> Option<[f32; 2]> {
        if !self.area.contains((column, row).into()) {
            return None;
        }
        let across = (f32::from(column - self.area.x) + 0.5) / f32::from(self.area.width);
        let down = (f32::from(row - self.area.y) + 0.5) / f32::from(self.area.height);
        Some([self.low[0] + across * (self.high[0] - self.low[0]), self.high[1] - down * (self.high[1] - self.low[1])])
    }
}

/// Draws a scene into the middle of an area, and says where.
pub fn draw(scene: &Scene, area: Rect, theme: &Theme, buffer: &mut Buffer) -> Frame {
    draw_words(scene, area, theme, buffer).0
}

/// The same, with the cells of each word that had room and the point of its label.
pub fn draw_words(scene: &Scene, area: Rect, theme: &Theme, buffer: &mut Buffer) -> (Frame, Vec<(Rect, [f32; 2])>) {
    let frame = Frame::new(scene, area);
    if frame.area.is_empty() {
        return (frame, Vec::new());
    }
    shade(scene, &frame, theme, buffer);
    let mut canvas = Canvas::new(frame.area);
    let put = |canvas: &mut Canvas, point: [f32; 2], color: Color| {
        if let Some((x, y)) = frame.dot(point) {
            canvas.dot(x as i64, y as i64, color);
        }
    };
    for [x, y, dx, dy] in &scene.arrows {
        for stop in 0..=12 {
            let share = stop as f32 / 12.0;
            put(&mut canvas, [x + share * dx, y + share * dy], theme.series[0]);
        }
    }
    canvas.cover();
    for path in &scene.paths {
        for pair in path.windows(2) {
            for stop in 0..8 {
                let share = stop as f32 / 8.0;
                let at = [0, 1].map(|axis| pair[0][axis] + share * (pair[1][axis] - pair[0][axis]));
                put(&mut canvas, at, theme.dim);
            }
        }
    }
    canvas.cover();
    for cloud in &scene.clouds {
        let color = cloud_color(cloud.kind, theme);
        cloud.points.iter().for_each(|point| put(&mut canvas, *point, color));
    }
    canvas.paint(buffer);
    // The head of an arrow, where nothing more important stands.
    for [x, y, dx, dy] in &scene.arrows {
        let Some(cell) = frame.cell([x + dx, y + dy]) else { continue };
        if (dx * dx + dy * dy).sqrt() > 0.03 * (scene.high[0] - scene.low[0]) && buffer[cell].fg == theme.series[0] {
            let head = match (dx.abs() > dy.abs(), *dx > 0.0, *dy > 0.0) {
                (true, true, _) => '>',
                (true, false, _) => '<',
                (false, _, true) => '^',
                (false, _, false) => 'v',
            };
            buffer[cell].set_char(head).set_style(Style::new().fg(theme.series[0]).add_modifier(Modifier::BOLD));
        }
    }
    let words = write_labels(scene, &frame, theme, buffer);
    (frame, words)
}

/// What points of a kind are drawn in.
pub fn cloud_color(kind: CloudKind, theme: &Theme) -> Color {
    match kind {
        CloudKind::Data => theme.series[2],
        CloudKind::Made => theme.series[1],
    }
}

/// Words beside their points: to the right, else to the left, above or below, wherever nothing stands yet. A word without
/// room is left out; its point stays. Where words stand, each with the point of its label.
fn write_labels(scene: &Scene, frame: &Frame, theme: &Theme, buffer: &mut Buffer) -> Vec<(Rect, [f32; 2])> {
    let area = frame.area;
    let mut taken = vec![false; usize::from(area.width) * usize::from(area.height)];
    let index = |x: u16, y: u16| usize::from(y - area.y) * usize::from(area.width) + usize::from(x - area.x);
    // In a small view names of axes would stand on the words.
    const LOWEST: u16 = 8;
    if let Some([across, up]) = scene.axes.as_ref().filter(|_| area.height >= LOWEST) {
        let foot = area.bottom() - 1;
        let start = area.right().saturating_sub(width(across) as u16).max(area.x);
        buffer.set_stringn(start, foot, across, usize::from(area.width), Style::new().fg(theme.dim));
        buffer.set_stringn(area.x, area.y, format!("↑ {up}"), usize::from(area.width), Style::new().fg(theme.dim));
        (start..area.right()).for_each(|x| taken[index(x, foot)] = true);
        (area.x..area.right().min(area.x + width(up) as u16 + 2)).for_each(|x| taken[index(x, area.y)] = true);
        if scene.has_ticks {
            for place in write_ticks(scene, frame, start, theme, buffer) {
                (place.left()..place.right()).for_each(|x| taken[index(x, place.y)] = true);
            }
        }
    }
    let named = taken.clone();
    let names = |x: u16, y: u16| named[index(x, y)];
    for label in &scene.labels {
        // A point under the name of an axis is left out with its word.
        if let Some((x, y)) = frame.cell(label.at).filter(|(x, y)| !names(*x, *y)) {
            taken[index(x, y)] = true;
            buffer[(x, y)].set_char('●').set_fg(theme.series[label.group % theme.series.len()]);
        }
    }
    let mut words = Vec::new();
    for label in &scene.labels {
        let Some((x, y)) = frame.cell(label.at).filter(|(x, y)| !names(*x, *y)) else { continue };
        let (length, (x, y)) = (width(&label.text) as i32, (i32::from(x), i32::from(y)));
        let middle = x - length / 2;
        let places =
            [(x + 2, y), (x - 1 - length, y), (middle, y - 1), (middle, y + 1), (x + 1, y - 1), (x + 1, y + 1)];
        let free = |(left, row): &(i32, i32)| {
            *left >= i32::from(area.x)
                && left + length <= i32::from(area.right())
                && (i32::from(area.y)..i32::from(area.bottom())).contains(row)
                // A cell is kept free between two words, but not between a word and its own point.
                && (*left - 1..=left + length)
                    .filter(|column| (i32::from(area.x)..i32::from(area.right())).contains(column) && (*column, *row) != (x, y))
                    .all(|column| !taken[index(column as u16, *row as u16)])
        };
        let Some((left, row)) = places.into_iter().find(free) else { continue };
        let (left, row) = (left as u16, row as u16);
        let style = Style::new().fg(theme.series[label.group % theme.series.len()]);
        buffer.set_string(left, row, &label.text, style);
        (left..left + length as u16).for_each(|column| taken[index(column, row)] = true);
        words.push((Rect { x: left, y: row, width: length as u16, height: 1 }, label.at));
    }
    words
}

/// Rows of the left edge, and columns of the lower one, for each number there.
const ROWS_OF_TICK: u16 = 3;
const COLUMNS_OF_TICK: u16 = 9;

/// Numbers along the left edge and, up to the name of that axis, the lower one: where they stand.
fn write_ticks(scene: &Scene, frame: &Frame, name_from: u16, theme: &Theme, buffer: &mut Buffer) -> Vec<Rect> {
    let (area, quiet) = (frame.area, Style::new().fg(theme.dim));
    let ([left, bottom], [right, top]) = (scene.low.map(f64::from), scene.high.map(f64::from));
    let mut places: Vec<Rect> = Vec::new();
    let mut put = |x: u16, y: u16, text: &str, places: &mut Vec<Rect>| {
        buffer.set_stringn(x, y, text, usize::from(area.right() - x), quiet);
        places.push(Rect { x, y, width: width(text) as u16, height: 1 });
    };
    for tick in linear_ticks(bottom, top, usize::from(area.height / ROWS_OF_TICK).max(1)) {
        let cell = frame.cell([scene.low[0], tick as f32]);
        // The first and the last row have the names.
        if let Some((x, y)) = cell.filter(|(_, y)| *y > area.y && y + 1 < area.bottom()) {
            put(x, y, &format!("{}┤", number(tick)), &mut places);
        }
    }
    let mut free_from = area.x;
    for tick in linear_ticks(left, right, usize::from(area.width / COLUMNS_OF_TICK).max(1)) {
        let text = number(tick);
        let wide = width(&text) as u16;
        // The lower edge itself lies outside.
        let start = frame.cell([tick as f32, scene.high[1]]).map(|(x, _)| x.saturating_sub(wide / 2));
        if let Some(x) = start.filter(|x| *x >= free_from && x + wide < name_from) {
            put(x, area.bottom() - 1, &text, &mut places);
            free_from = x + wide + 1;
        }
    }
    places
}

/// A scene in letters alone, for output without colours.
pub fn plain(scene: &Scene, columns: u16, rows: u16) -> String {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    draw(scene, area, &Theme::dark(), &mut buffer);
    let line = |row: u16| {
        let mut line = String::new();
        let mut column = 0;
        while column < columns {
            let symbol = buffer[(column, row)].symbol();
            line.push_str(symbol);
            column += (width(symbol) as u16).max(1);
        }
        format!("{}\n", line.trim_end())
    };
    (0..rows).map(line).collect()
}

/// Values as grounds: from the theme's own ground to a tint of its accent.
fn shade(scene: &Scene, frame: &Frame, theme: &Theme, buffer: &mut Buffer) {
    let Some(shade) = scene.shade.as_ref().filter(|shade| shade.columns > 0 && !shade.values.is_empty()) else {
        return;
    };
    let rows = shade.values.len() / shade.columns;
    for row in 0..frame.area.height {
        for column in 0..frame.area.width {
            let at = |place: u16, length: u16, count: usize| usize::from(place) * count / usize::from(length);
            let place = at(row, frame.area.height, rows) * shade.columns + at(column, frame.area.width, shade.columns);
            let color = theme.tint(shade.values.get(place).copied().unwrap_or(0.0));
            buffer[(frame.area.x + column, frame.area.y + row)].set_bg(color);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::scene::Cloud;

    fn drawn(scene: &Scene) -> (Buffer, Frame) {
        let area = Rect::new(0, 0, 20, 10);
        let mut buffer = Buffer::empty(area);
        let frame = draw(scene, area, &Theme::dark(), &mut buffer);
        (buffer, frame)
    }

    #[test]
    fn a_point_is_found_where_it_was_drawn() {
        let mut scene = Scene::square(1.0);
        scene.clouds.push(Cloud { kind: CloudKind::Data, points: vec![[0.5, 0.5], [-0.9, -0.9], [9.0, 0.0]] });
        let (buffer, frame) = drawn(&scene);
        let inked: Vec<(u16, u16)> =
            (0..10).flat_map(|y| (0..20).map(move |x| (x, y))).filter(|place| buffer[*place].symbol() != " ").collect();
        assert_eq!(inked, [frame.cell([0.5, 0.5]).unwrap(), frame.cell([-0.9, -0.9]).unwrap()]);
        let [x, y] = frame.point(inked[0].0, inked[0].1).unwrap();
        assert!((x - 0.5).abs() < 0.1 && (y - 0.5).abs() < 0.2);
        assert_eq!(frame.cell([9.0, 0.0]), None);
    }

    /// Words stand beside their points and never on each other.
    #[test]
    fn words_are_written_where_there_is_room() {
        use crate::experiment::scene::Label;
        let mut scene = Scene::square(1.0);
        scene.axes = Some(["right".to_owned(), "up".to_owned()]);
        let word = |at: [f32; 2], text: &str| Label { at, text: text.to_owned(), group: 0 };
        scene.labels = vec![
            word([-0.5, 0.0], "king"),
            word([0.9, 0.0], "queen"),
            word([-0.5, 0.05], "女王"),
            word([3.0, 0.0], "out"),
        ];
        scene.clouds.push(Cloud { kind: CloudKind::Data, points: scene.labels.iter().map(|label| label.at).collect() });
        let text = plain(&scene, 30, 9);
        for part in ["king", "queen", "女王", "↑ up", "right"] {
            assert_eq!(text.matches(part).count(), 1, "{part} in\n{text}");
        }
        assert!(!text.contains("out"));
    }

    #[test]
    fn numbers_stand_along_axes_that_measure_something() {
        let mut scene = Scene { low: [6.0, 5.0], high: [13.0, 12.0], ..Scene::default() };
        scene.axes = Some(["log D".to_owned(), "log N".to_owned()]);
        assert!(!plain(&scene, 40, 12).contains('┤'));
        scene.has_ticks = true;
        let text = plain(&scene, 40, 12);
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].starts_with("↑ log N"), "{text}");
        assert!(rows.iter().any(|row| row.starts_with("8┤")), "{text}");
        assert!(rows[11].contains("8 ") && rows[11].ends_with("log D"), "{text}");
    }

    /// The left of two neighbours has no room on the right of its point; its letters are known where they stand.
    #[test]
    fn the_cells_of_each_word_are_known() {
        use crate::experiment::scene::Label;
        let mut scene = Scene::square(1.0);
        let word = |at: [f32; 2], text: &str| Label { at, text: text.to_owned(), group: 0 };
        scene.labels = vec![word([0.1, 0.0], "woman"), word([-0.1, 0.0], "man"), word([0.0, 0.1], "女王")];
        let area = Rect::new(0, 0, 40, 20);
        let mut buffer = Buffer::empty(area);
        let (_, words) = draw_words(&scene, area, &Theme::dark(), &mut buffer);
        assert_eq!(words.len(), 3);
        for (word, at) in words {
            let letters: String = (word.left()..word.right()).map(|x| buffer[(x, word.y)].symbol()).collect();
            let label = scene.labels.iter().find(|label| label.at == at).unwrap();
            assert_eq!(letters.replace(' ', ""), label.text);
        }
    }

    #[test]
    fn odd_scenes_and_areas_do_no_harm() {
        let mut scene = Scene::square(1.0);
        scene.arrows.push([f32::NAN, 0.0, f32::INFINITY, 1.0]);
        scene.shade = Some(crate::experiment::scene::Shade { columns: 3, values: vec![f32::NAN; 7] });
        drawn(&scene);
        for (width, height) in [(0, 0), (1, 1), (3, 40), (40, 1)] {
            let area = Rect::new(0, 0, width, height);
            draw(&scene, area, &Theme::light(), &mut Buffer::empty(Rect::new(0, 0, 40, 40)));
        }
    }
}
