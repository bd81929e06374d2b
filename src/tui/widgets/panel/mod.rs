//! Every kind of [`Panel`] as a drawing, from the smallest area up: what has no room is left out or scrolled to the
//! cursor.

mod bars;
mod board;
mod curves;
mod flow;
mod grid;
mod heat_map;
mod pictures;
mod plane;
mod pose;
mod room;
mod step;
mod tokens;
pub mod values;
mod words;

#[cfg(test)]
mod tests;

use room::shared_out;
pub use room::{Room, room};
pub use step::moved;

use super::frame::write;
use super::picture::Pictures;
use super::scene;
use crate::experiment::panel::{Panel, Place};
use crate::experiment::{Bilingual, ImageGrid, Language, Wording};
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::width::{width, wrapped};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use std::ops::Range;

/// What drawing needs beside the panel.
pub struct Look<'a> {
    pub theme: &'a Theme,
    pub language: Language,
    pub pictures: &'a mut Pictures,
}

impl Look<'_> {
    fn say(&self, wording: Wording) -> &'static str {
        wording.in_language(self.language)
    }

    /// Whether background colours can be distinguished.
    fn has_colors(&self) -> bool {
        self.pictures.look.color
    }
}

/// Where a panel was drawn; finds the place under the mouse.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    area: Rect,
    places: Places,
}

#[derive(Debug, Clone, PartialEq)]
enum Places {
    /// Each with its cells.
    Areas(Vec<(Rect, Place)>),
    /// The plane, and the cells of the words in it.
    Plane { frame: scene::Frame, words: Vec<(Rect, [f32; 2])> },
}

impl Drawn {
    /// The place under a cell of the screen.
    pub fn place_at(&self, column: u16, row: u16) -> Option<Place> {
        let at = (column, row).into();
        match &self.places {
            Places::Areas(areas) => areas.iter().find(|(area, _)| area.contains(at)).map(|(_, place)| place.clone()),
            Places::Plane { frame, words } => {
                let word = words.iter().find(|(area, _)| area.contains(at)).map(|(_, point)| *point);
                word.or_else(|| frame.point(column, row)).map(Place::Point)
            }
        }
    }

    pub fn area(&self) -> Rect {
        self.area
    }

    /// How many different places are in sight; of a plane none, as it has no number of them.
    pub fn count(&self) -> usize {
        match &self.places {
            Places::Areas(areas) => {
                let mut places: Vec<&Place> = areas.iter().map(|(_, place)| place).collect();
                places.dedup();
                places.len()
            }
            Places::Plane { .. } => 0,
        }
    }
}

/// Whether two panels show pictures that belong to each other column by column: the same ones of both are in sight.
pub fn go_together(one: &Panel, other: &Panel) -> bool {
    match (one, other) {
        (Panel::Pictures { images: one, .. }, Panel::Pictures { images: other, .. }) => {
            (one.columns, one.pictures.len()) == (other.columns, other.pictures.len())
        }
        _ => false,
    }
}

/// Draws a panel; `cursor` is the picked place, shown when `focused`. `key` names the place on screen for pictures (see
/// [`Pictures::draw`]). A panel whose sizes do not fit each other says so instead.
pub fn draw(
    panel: &Panel,
    cursor: Option<&Place>,
    focused: bool,
    key: &str,
    area: Rect,
    look: &mut Look,
    buffer: &mut Buffer,
) -> Drawn {
    draw_among(panel, &[panel], cursor, focused, key, area, look, buffer)
}

/// The same of a panel among those that it goes together with, itself one of them: their pictures begin in the same column.
#[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
fn draw_among(
    panel: &Panel,
    among: &[&Panel],
    cursor: Option<&Place>,
    focused: bool,
    key: &str,
    area: Rect,
    look: &mut Look,
    buffer: &mut Buffer,
) -> Drawn {
    let area = area.intersection(buffer.area);
    let widest = among.iter().filter_map(|panel| panel.heading());
    let widest = widest.map(|heading| width(heading.in_language(look.language))).max().unwrap_or(0);
    let mut drawn = Drawn { area, places: Places::Areas(Vec::new()) };
    if area.is_empty() {
        return drawn;
    }
    if let Some(problem) = problem(panel) {
        let said = text::filled(look.say(text::PANEL_PROBLEM), &[&problem]);
        write_wrapped(&said, Style::new().fg(look.theme.bad), area, buffer);
        return drawn;
    }
    let inner = match panel {
        // Its name stands beside its value.
        Panel::Number { .. } => area,
        Panel::Pictures { heading, images, .. } if heading_beside(images, widest, area).is_some() => {
            beside_heading(heading, heading_beside(images, widest, area).unwrap_or(0), area, look, buffer)
        }
        panel => panel.heading().map_or(area, |heading| under_heading(heading, area, look, buffer)),
    };
    let inner = match panel {
        // What says how many are in sight has a row of its own where neither a heading nor a foot has room for it.
        Panel::Pictures { images, captions, .. }
            if inner == area
                && cursor.is_none()
                && captions.is_empty()
                && area.height > LEAST_PART
                && look.pictures.seen(images, inner) < images.pictures.len() =>
        {
            Rect { height: inner.height - 1, ..inner }
        }
        _ => inner,
    };
    let shown = cursor.filter(|_| focused);
    drawn.places = match panel {
        Panel::Note { text } => words::note(text, inner, look, buffer),
        Panel::Fault { line, from, to, text } => words::fault(line, [*from, *to], text, inner, look, buffer),
        Panel::Number { name, value, format } => {
            let point = words::point_of(std::slice::from_ref(panel), inner.width, look.language);
            words::number((name, *value, *format), point, inner, look, buffer)
        }
        Panel::Table { names, rows } => words::table(names, rows, shown, inner, look, buffer),
        Panel::Bars { bars, format, .. } => bars::draw(bars, *format, shown, inner, look, buffer),
        Panel::Pictures { images, captions, .. } => {
            pictures::draw(images, captions, cursor, focused, key, inner, look, buffer)
        }
        Panel::Plane { scene, .. } => plane::draw(scene, shown, inner, look, buffer),
        Panel::HeatMap(map) => heat_map::draw(map, shown, inner, look, buffer),
        Panel::Curves(curves) => curves::draw(curves, shown, inner, look, buffer),
        Panel::Tokens { tokens, .. } => tokens::draw(tokens, shown, inner, look, buffer),
        Panel::Board { board, .. } => board::draw(board, shown, inner, look, buffer),
        Panel::Grid(grid) => grid::draw(grid, shown, inner, look, buffer),
        // The cursor chooses the pose, focused or not.
        Panel::Poses(poses) => pose::draw(poses, cursor, inner, look, buffer),
    };
    if let Panel::Pictures { images, .. } = panel {
        say_part(drawn.count(), images.pictures.len(), area, inner, look, buffer);
    }
    drawn
}

/// Rows of pictures that lose none to what says how many are in sight.
const LEAST_PART: u16 = 3;

/// Says how many of some pictures are in sight where not all are: at the end of the heading above them or below the one at their left,
/// else in their last row.
fn say_part(seen: usize, all: usize, area: Rect, inner: Rect, look: &Look, buffer: &mut Buffer) {
    if seen >= all {
        return;
    }
    let said = text::filled(look.say(text::PANEL_PART), &[&seen, &all]);
    let columns = (width(&said) as u16 + 1).min(area.width);
    let (x, y) = match (inner.y > area.y, inner.x > area.x) {
        (true, _) => (area.right() - columns, inner.y - 1),
        (_, true) => (area.x, area.bottom() - 1),
        _ => (area.right() - columns, area.bottom() - 1),
    };
    let place = Rect { x, y, width: columns, height: 1 };
    write(buffer, place, 0, 0, &format!(" {said}"), look.theme.quiet());
}

/// Columns for the heading of a row of pictures at its left, where that leaves the pictures as large as the rows allow: a heading
/// above would take a row from them. `widest`: the columns of the widest heading that stands above or below it.
fn heading_beside(images: &ImageGrid, widest: usize, area: Rect) -> Option<u16> {
    let columns = (area.width / 4).clamp(12, 28);
    let columns = columns.min(u16::try_from(widest).unwrap_or(columns).saturating_add(2));
    let pictures = images.pictures.len().min(usize::from(u16::MAX)) as u16;
    // A picture is about twice as many columns wide as rows high, and one is free between two.
    let needed = pictures.saturating_mul(2 * area.height + 1);
    (images.rows() == 1 && columns.saturating_add(needed) <= area.width).then_some(columns)
}

/// Writes a heading at the left of an area; what is right of it.
fn beside_heading(heading: &Bilingual, columns: u16, area: Rect, look: &Look, buffer: &mut Buffer) -> Rect {
    let heading = heading.in_language(look.language);
    if heading.is_empty() {
        return area;
    }
    write_wrapped(heading, look.theme.quiet(), Rect { width: columns - 1, ..area }, buffer);
    Rect { x: area.x + columns, width: area.width - columns, ..area }
}

/// Draws panels below each other, heat maps and grids side by side where they have room, as many as have room, with the picked place
/// of one of them; a last row says how many are out of sight above and below. The first is drawn unless the picked one has no room beside it, or `from`
/// names a later one: the keys that scroll are named then.
/// Gives the index of each drawn panel.
pub fn draw_all(
    panels: &[Panel],
    picked: Option<(usize, &Place)>,
    from: Option<usize>,
    key: &str,
    area: Rect,
    look: &mut Look,
    buffer: &mut Buffer,
) -> Vec<(usize, Drawn)> {
    let bands = bands(panels, area.width);
    let rooms = rooms(panels, &bands, area.width, look);
    // Of a figure that moves a moment is picked, not a place that is to be kept in sight.
    let held = picked.filter(|(index, _)| !matches!(panels[*index], Panel::Poses(_)));
    let picked_band = held.and_then(|(index, _)| bands.iter().position(|band| band.contains(&index)));
    let shown = in_view(&rooms, picked_band.unwrap_or(0), area.height);
    let first = from.and_then(|from| bands.iter().position(|band| band.contains(&from))).unwrap_or(0);
    // What is picked is in sight; where nothing is, what a person has scrolled to.
    // The last one in sight may be cut, and is scrolled to then.
    let wanted: u32 = rooms.iter().map(|room| u32::from(room.good())).sum();
    let scrolled = with_room(&rooms, first, area.height.saturating_sub(1));
    let shown = match picked_band {
        // What was picked where one has scrolled to stays where it is.
        Some(band) if first > 0 && scrolled.contains(&band) => scrolled,
        None if shown.len() < bands.len() || wanted > u32::from(area.height) => scrolled,
        _ => shown,
    };
    let count = |bands: &[Range<usize>]| bands.iter().map(Range::len).sum::<usize>();
    let [above, mut below] = [count(&bands[..shown.start]), count(&bands[shown.end..])];
    // One that is cut can be scrolled to, unless it stands alone.
    let needed = rooms[shown.clone()].iter().map(|room| u32::from(room.good())).sum::<u32>();
    if shown.len() > 1 && needed > u32::from(area.height) {
        below += bands[shown.end - 1].len();
    }
    let foot = u16::from(above + below > 0 && area.height >= 4);
    let body = Rect { height: area.height - foot, ..area };
    if foot > 0 {
        let by_keys = from.is_some() && picked_band.is_none();
        let mut said = Vec::new();
        for (count, more, key) in [(above, text::PANEL_ABOVE, "PgUp"), (below, text::PANEL_MORE, "PgDn")] {
            if count > 0 {
                let more = text::filled(look.say(more), &[&count]);
                said.push(if by_keys { format!("{more}: {key}") } else { more });
            }
        }
        write(buffer, Rect { y: body.bottom(), height: 1, ..area }, 0, 0, &said.join("   "), look.theme.quiet());
    }
    let mut y = body.y;
    let in_rows = shared_out(&rooms[shown.clone()], body.height).into_iter().map(|height| {
        let place = Rect { y, height, ..body };
        y += height;
        place
    });
    let mut places: Vec<Rect> = in_rows.collect();
    level_rows(panels, &bands[shown.clone()], &mut places);
    let mut drawn = Vec::new();
    for (band, place) in bands[shown].iter().zip(places.iter()) {
        let columns = band.clone().map(|index| Constraint::Fill(map_columns(&panels[index]).unwrap_or(1)));
        let places = Layout::horizontal(columns).spacing(BETWEEN_MAPS).split(*place);
        for (index, place) in band.clone().zip(places.iter()) {
            let is_picked = picked.is_some_and(|(at, _)| at == index);
            let goes_along = |at: usize| go_together(&panels[at], &panels[index]);
            let cursor = picked.filter(|(at, _)| is_picked || goes_along(*at)).map(|(_, cursor)| cursor);
            let goes_with = |other: &&Panel, index: usize| {
                std::ptr::eq(*other, &panels[index]) || go_together(other, &panels[index])
            };
            let key = format!("{key}/{index}");
            drawn.push(match numbers_about(panels, index) {
                Some(numbers) => (index, draw_number(&panels[index], numbers, *place, look, buffer)),
                None => {
                    let among: Vec<&Panel> = panels.iter().filter(|other| goes_with(other, index)).collect();
                    (index, draw_among(&panels[index], &among, cursor, is_picked, &key, *place, look, buffer))
                }
            });
        }
    }
    drawn
}

/// The numbers that follow each other about one of some panels, where it is one.
fn numbers_about(panels: &[Panel], index: usize) -> Option<&[Panel]> {
    let is_number = |panel: &Panel| matches!(panel, Panel::Number { .. });
    let before = panels[..index].iter().rev().take_while(|panel| is_number(panel)).count();
    let after = panels[index..].iter().take_while(|panel| is_number(panel)).count();
    (after > 0).then(|| &panels[index - before..index + after])
}

/// Draws a number among others, their decimal points below each other.
fn draw_number(panel: &Panel, among: &[Panel], area: Rect, look: &Look, buffer: &mut Buffer) -> Drawn {
    let area = area.intersection(buffer.area);
    if let (Panel::Number { name, value, format }, false) = (panel, area.is_empty()) {
        let point = words::point_of(among, area.width, look.language);
        words::number((name, *value, *format), point, area, look, buffer);
    }
    Drawn { area, places: Places::Areas(Vec::new()) }
}

/// The rows that bands of panels need.
fn rooms(panels: &[Panel], bands: &[Range<usize>], columns: u16, look: &Look) -> Vec<Room> {
    let room_of = |band: &Range<usize>| {
        let rooms = band.clone().map(|index| {
            let room = room(&panels[index], columns, look.language);
            good_rows(panels, index, columns, look).map_or(room, |rows| room.with_good(rows))
        });
        rooms.reduce(Room::or).expect("no empty band")
    };
    bands.iter().map(room_of).collect()
}

/// The panel from which on all to the last one have room in an area, below the row that says what is above.
pub fn last_page(panels: &[Panel], area: Rect, look: &Look) -> usize {
    let bands = bands(panels, area.width);
    let mut left = area.height.saturating_sub(1);
    let has_room = |room: &Room| {
        let fits = room.good() <= left;
        left = left.saturating_sub(room.good());
        fits
    };
    let count = rooms(panels, &bands, area.width, look).iter().rev().map(has_room).take_while(|fits| *fits).count();
    bands.get(bands.len().saturating_sub(count.max(1))).map_or(0, |band| band.start)
}

/// The rows in which all of a single row of pictures can be recognised, with its heading and captions; where it goes through them together
/// with the panel above or below, or all have no room, and of a few rows, those in which each picture in sight can be.
fn good_rows(panels: &[Panel], index: usize, columns: u16, look: &Look) -> Option<u16> {
    let Panel::Pictures { heading, images, captions } = &panels[index] else { return None };
    let goes_with = |other: Option<usize>| {
        other.and_then(|other| panels.get(other)).is_some_and(|other| go_together(other, &panels[index]))
    };
    let is_alone = !goes_with(index.checked_sub(1)) && !goes_with(Some(index + 1));
    let all = is_alone.then(|| look.pictures.rows_of_all(images, columns)).flatten();
    let rows = all.or_else(|| look.pictures.rows_of_few(images))?;
    let heading_above = !heading.in_language(look.language).is_empty()
        && (all.is_some()
            || heading_beside(images, width(heading.in_language(look.language)), Rect::new(0, 0, columns, rows))
                .is_none());
    Some(rows + u16::from(heading_above) + u16::from(!captions.is_empty()))
}

/// Makes rows of as many pictures that follow each other equally high, so that their pictures stand below each other.
fn level_rows(panels: &[Panel], bands: &[Range<usize>], places: &mut [Rect]) {
    let mut first = 0;
    for group in bands.chunk_by(|a, b| go_together(&panels[a.start], &panels[b.start])) {
        let own = &mut places[first..first + group.len()];
        let least = own.iter().map(|place| place.height).min().unwrap_or(0);
        if group.len() > 1 {
            own.iter_mut().for_each(|place| place.height = least);
        }
        first += group.len();
    }
}

/// Columns between two heat maps.
const BETWEEN_MAPS: u16 = 2;

/// What stands side by side: heat maps or grids that follow each other, shared out evenly over as few rows as it takes for all of
/// each to be seen; every other panel is alone.
pub fn bands(panels: &[Panel], width: u16) -> Vec<Range<usize>> {
    let mut bands = Vec::new();
    let mut first = 0;
    while first < panels.len() {
        let widths: Vec<u16> = panels[first..].iter().map_while(map_columns).collect();
        let count = widths.len().max(1);
        let fits = |maps: &[u16]| {
            maps.iter().fold(0_u16, |sum, columns| sum.saturating_add(columns + BETWEEN_MAPS)) <= width + BETWEEN_MAPS
        };
        let beside = (1..=count).rev().find(|&beside| widths.chunks(beside).all(fits)).unwrap_or(1);
        let even = count.div_ceil(count.div_ceil(beside));
        bands.extend((first..first + count).step_by(even).map(|from| from..(from + even).min(first + count)));
        first += count;
    }
    bands
}

/// The columns in which all of a heat map or a grid can be seen.
pub fn map_columns(panel: &Panel) -> Option<u16> {
    let columns = match panel {
        Panel::HeatMap(map) => {
            let names = map.rows.iter().map(|name| width(name)).max().unwrap_or(0);
            names + 1 + heat_map::NARROWEST * map.columns.len()
        }
        Panel::Grid(grid) => grid::NARROWEST * grid.columns + 1,
        _ => return None,
    };
    Some(columns.min(usize::from(u16::MAX)) as u16)
}

/// Which panels have room in so many rows: one at least, from the first on, or from as late as it takes to have the
/// picked one among them.
fn in_view(rooms: &[Room], picked: usize, height: u16) -> Range<usize> {
    if with_room(rooms, 0, height) == (0..rooms.len()) {
        return 0..rooms.len();
    }
    // A row says how many are left out.
    let height = height.saturating_sub(1);
    let last = rooms.len().saturating_sub(1);
    (0..last)
        .map(|first| with_room(rooms, first, height))
        .find(|range| range.contains(&picked.min(last)))
        .unwrap_or(last..rooms.len())
}

/// The panels from one on that have room in so many rows: that one at least. The last of them may be cut.
fn with_room(rooms: &[Room], first: usize, height: u16) -> Range<usize> {
    let (mut end, mut left) = (first, height);
    for room in &rooms[first..] {
        let is_whole = room.good() <= left;
        end += usize::from(is_whole || room.least() < room.good() && room.least() <= left);
        if !is_whole {
            break;
        }
        left -= room.good();
    }
    first..end.max(first + 1).min(rooms.len())
}

/// The row and column of a picked cell, in bounds.
fn picked_cell(cursor: Option<&Place>, rows: usize, columns: usize) -> Option<[usize; 2]> {
    match cursor {
        Some(Place::Cell([row, column])) => Some([(*row).min(rows - 1), (*column).min(columns - 1)]),
        _ => None,
    }
}

/// Why a panel cannot be drawn.
fn problem(panel: &Panel) -> Option<String> {
    let own = panel.problem();
    if own.is_some() {
        return own;
    }
    match panel {
        Panel::Pictures { images, .. } => {
            let first = images.pictures.first()?;
            let odd =
                images.pictures.iter().find(|picture| (picture.width, picture.height) != (first.width, first.height));
            odd.map(|odd| format!("pictures of {}×{} and {}×{}", first.width, first.height, odd.width, odd.height))
                .or_else(|| first.pixels.is_empty().then(|| "pictures without pixels".to_owned()))
                .or_else(|| (images.columns == 0).then(|| "pictures in 0 columns".to_owned()))
        }
        Panel::Board { board, .. } => board
            .cells
            .iter()
            .flatten()
            .find(|man| man.side > 1)
            .map(|man| format!("side {} of a board game of 0 and 1", man.side)),
        _ => None,
    }
}

/// Writes a heading into the first row, if there is one and more than one row; what is below it.
fn under_heading(heading: &Bilingual, area: Rect, look: &Look, buffer: &mut Buffer) -> Rect {
    let heading = heading.in_language(look.language);
    if heading.is_empty() || area.height < 2 {
        return area;
    }
    let rows = heading_rows(heading, area.width).min(area.height / 3).max(1);
    let rows = write_wrapped(heading, look.theme.quiet(), Rect { height: rows, ..area }, buffer);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// Rows of a heading at the most, of which a third of the panel's may be its heading.
const MOST_HEADING: usize = 3;

/// Rows that a heading takes.
fn heading_rows(heading: &str, columns: u16) -> u16 {
    lines_of(heading, columns).len().clamp(1, MOST_HEADING) as u16
}

/// Writes a text in as many rows as it needs; the rows written. A row of more text than there is room for ends in ….
fn write_wrapped(text: &str, style: Style, area: Rect, buffer: &mut Buffer) -> u16 {
    let lines = lines_of(text, area.width);
    let shown = lines.len().min(usize::from(area.height));
    for (row, line) in lines.iter().take(shown).enumerate() {
        let cut = row + 1 == shown && shown < lines.len();
        let line = if cut { format!("{line}…") } else { line.clone() };
        write(buffer, area, 0, row as u16, &line, style);
    }
    shown as u16
}

/// A text of several lines, each wrapped; one that has room stays as it is, with the gaps between its parts.
fn lines_of(text: &str, columns: u16) -> Vec<String> {
    let columns = usize::from(columns);
    let lines = |line: &str| if width(line) <= columns { vec![line.to_owned()] } else { wrapped(line, columns) };
    text.split('\n').flat_map(lines).collect()
}

/// Which of `count` things are shown where there is room for `room`: from the start, or moved so far that one of them is
/// about in the middle.
fn window(count: usize, room: usize, around: Option<usize>) -> std::ops::Range<usize> {
    let room = room.min(count);
    let start = around.map_or(0, |around| around.saturating_sub(room / 2)).min(count - room);
    start..start + room
}
