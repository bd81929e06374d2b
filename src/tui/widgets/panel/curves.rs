//! Curves over an axis, with bands about them. A value that is no number leaves a gap.

use super::{Look, Places};
use crate::experiment::panel::{Curve, Curves, Place};
use crate::tui::text;
use crate::tui::widgets::braille::{Canvas, Stroke};
use crate::tui::widgets::chart::{LEAST_NAME, Scale, even_ticks, linear_ticks, number};
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

const GUTTER: u16 = 8;
/// The smallest plot; below it the last values are written.
const LEAST: (u16, u16) = (6, 2);
/// Rows from which one is given to the names of the curves.
const LEGEND_FROM: u16 = 6;
/// The same of several curves, which nobody could tell apart.
const LEGEND_OF_SEVERAL_FROM: u16 = 5;
const TWO_ROWS_FROM: u16 = 8;
const THREE_ROWS_FROM: u16 = 14;

/// From values to dots.
struct Scales {
    x: [f64; 2],
    y: [f64; 2],
    dots: [f64; 2],
}

impl Scales {
    fn across(&self, place: f64) -> f64 {
        (place - self.x[0]) / (self.x[1] - self.x[0]) * (self.dots[0] - 1.0)
    }

    fn down(&self, value: f64) -> f64 {
        (self.y[1] - value) / (self.y[1] - self.y[0]) * (self.dots[1] - 1.0)
    }
}

pub fn draw(curves: &Curves, cursor: Option<&Place>, area: Rect, look: &Look, buffer: &mut Buffer) -> Places {
    let at =
        if let Some(Place::Item(index)) = cursor { Some((*index).min(curves.places.len().max(1) - 1)) } else { None };
    // A second row where one has no room for all names.
    let is_one = curves.curves.len() <= 1;
    let legend = match legend_rows(curves, area, look) {
        _ if area.height < if is_one { LEGEND_FROM } else { LEGEND_OF_SEVERAL_FROM } => 0,
        rows => rows.min(1 + u16::from(area.height >= TWO_ROWS_FROM) + u16::from(area.height >= THREE_ROWS_FROM)),
    };
    let gutter = GUTTER.min(area.width / 3);
    let plot = Rect {
        x: area.x + gutter,
        y: area.y + legend,
        width: area.width - gutter,
        // Two rows for the axis.
        height: area.height.saturating_sub(2 + legend),
    };
    let ranges = (|| {
        let x = range(curves.places.iter().copied())?;
        let edges = curves.curves.iter().flat_map(|curve| curve.band.iter().flatten().flatten().copied());
        let y = range(curves.curves.iter().flat_map(|curve| curve.values.iter().copied()).chain(edges))?;
        Some((x, y))
    })();
    let Some((x, y)) = ranges else {
        write(buffer, area, 0, 0, look.say(text::NO_DATA_YET), look.theme.quiet());
        return Places::Areas(Vec::new());
    };
    if plot.width < LEAST.0 || plot.height < LEAST.1 {
        last_values(curves, at, area, look, buffer);
        return Places::Areas(Vec::new());
    }
    let mut canvas = Canvas::new(plot);
    let ((low, high), ticks) = even_ticks((y[0], y[1]), plot.height, Scale::Linear);
    let scales = Scales { x, y: [low, high], dots: canvas.size().map(|side| side as f64) };
    axes(curves, &scales, &ticks, area, plot, look, buffer);
    for curve in &curves.curves {
        band(curve, &curves.places, &scales, look.theme.line, &mut canvas);
    }
    canvas.cover();
    for (index, curve) in curves.curves.iter().enumerate() {
        let points = curves.places.iter().zip(&curve.values).filter(|(place, _)| place.is_finite());
        let points = points.map(|(place, value)| (scales.across(*place), Some(scales.down(*value))));
        canvas.path(points, stroke(index, look), color(index, look));
    }
    canvas.paint(buffer);
    let at = at.filter(|at| curves.places.get(*at).is_some_and(|place| place.is_finite()));
    match at {
        // Names with their values are the legend then, and the axis keeps its numbers.
        Some(at) if legend > 0 => read_out(curves, at, Rect { height: legend, ..area }, look, buffer),
        Some(at) => read_out(curves, at, Rect { y: area.bottom() - 1, height: 1, ..area }, look, buffer),
        None if legend > 0 => names(curves, Rect { height: legend, ..area }, look, buffer),
        None => {}
    }
    let column_of = |place: f64| plot.x + ((scales.across(place) / 2.0).round() as u16).min(plot.width - 1);
    if let Some(at) = at {
        let column = column_of(curves.places[at]);
        for row in plot.y..plot.bottom() {
            if buffer[(column, row)].symbol() == " " {
                buffer[(column, row)].set_symbol("│").set_style(look.theme.quiet());
            }
        }
    }
    let nearest = |column: u16| {
        let far = |place: &f64| (f64::from(column_of(*place)) - f64::from(column)).abs();
        let places = curves.places.iter().enumerate().filter(|(_, place)| place.is_finite());
        places.min_by(|a, b| far(a.1).total_cmp(&far(b.1))).map(|(index, _)| Place::Item(index))
    };
    let columns = (plot.x..plot.right()).filter_map(|x| Some((Rect { x, width: 1, ..plot }, nearest(x)?)));
    Places::Areas(columns.collect())
}

/// The lowest and the highest of values, a little apart if they are one.
fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    // Beyond this a difference would be infinite.
    let finite = values.filter(|value| value.abs() < f64::MAX / 4.0);
    let [low, high] =
        finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)]);
    let air = (low.abs() * 0.1).max(1e-6);
    if low > high {
        None
    } else if low == high && (low == 0.0 || low == 1.0) {
        // A share of nothing, or of all.
        Some([0.0, 1.0])
    } else if high - low < 1e-9 * air {
        Some([low - air, high + air])
    } else {
        Some([low, high])
    }
}

fn color(index: usize, look: &Look) -> Color {
    look.theme.series[index % look.theme.series.len()]
}

/// Where there are no colours every other curve is dashed.
fn stroke(index: usize, look: &Look) -> Stroke {
    if index % 2 == 1 && !look.has_colors() { Stroke::Dashed } else { Stroke::Solid }
}

/// Every other dot between the edges of a band.
fn band(curve: &Curve, places: &[f64], scales: &Scales, color: Color, canvas: &mut Canvas) {
    let Some([low, high]) = &curve.band else { return };
    for index in 1..places.len() {
        let ends = [index - 1, index];
        let values = ends.map(|end| [places[end], low[end], high[end]]);
        if values.iter().flatten().any(|value| !value.is_finite()) {
            continue;
        }
        let [from, to] = ends.map(|end| scales.across(places[end]));
        let [first, last] = [from.max(0.0).ceil() as i64, to.min(scales.dots[0]).floor() as i64];
        for x in first..=last {
            let share = if to > from { (x as f64 - from) / (to - from) } else { 0.0 };
            let edge = |edge: &[f64]| scales.down(edge[index - 1] + share * (edge[index] - edge[index - 1]));
            let clip = |y: f64| (y.round() as i64).clamp(0, scales.dots[1] as i64 - 1);
            let (a, b) = (clip(edge(high)), clip(edge(low)));
            (a.min(b)..=a.max(b)).filter(|y| (x + y) % 2 == 0).for_each(|y| canvas.dot(x, y, color));
        }
    }
}

fn axes(curves: &Curves, scales: &Scales, ticks: &[f64], area: Rect, plot: Rect, look: &Look, buffer: &mut Buffer) {
    let (quiet, rule) = (look.theme.quiet(), look.theme.rule());
    let (left, first) = (plot.x - area.x, plot.y - area.y);
    for row in 0..plot.height {
        write(buffer, area, left.saturating_sub(1), first + row, "│", rule);
    }
    for tick in ticks {
        let row = ((scales.down(*tick) + 1e-6).round() / 4.0).floor().max(0.0) as u16;
        if row < plot.height {
            let text = cut(&number(*tick), usize::from(left.saturating_sub(1)));
            write(buffer, area, left.saturating_sub(1 + width(&text) as u16), first + row, &text, quiet);
            write(buffer, area, left.saturating_sub(1), first + row, "┤", rule);
        }
    }
    let axis = first + plot.height;
    write(buffer, area, left.saturating_sub(1), axis, "└", rule);
    write(buffer, area, left, axis, &"─".repeat(usize::from(plot.width)), rule);
    let name = curves.axis.in_language(look.language);
    // The name of the axis stands at its end where half of it is left for numbers.
    let named = (width(name) as u16 + 2).min(plot.width);
    let numbers_to = if named <= plot.width / 2 { area.width - named } else { area.width };
    if numbers_to < area.width {
        write(buffer, area, numbers_to + 2, axis + 1, name, quiet);
    }
    let mut free_from = 0;
    for tick in linear_ticks(scales.x[0], scales.x[1], usize::from(plot.width / 9).max(1)) {
        let text = number(tick);
        let middle = left + (scales.across(tick) / 2.0).round().max(0.0) as u16;
        let column = middle.saturating_sub(width(&text) as u16 / 2);
        if column >= free_from && column + (width(&text) as u16) <= numbers_to && middle < area.width {
            write(buffer, area, middle, axis, "┴", rule);
            free_from = write(buffer, area, column, axis + 1, &text, quiet) + 1;
        }
    }
}

/// A name in the legend: where it stands, which curve it is of, and itself in so many columns at the most.
struct NamePlace {
    row: u16,
    column: u16,
    index: usize,
    name: String,
}

fn name_places(curves: &Curves, columns: u16, most: usize, look: &Look) -> Vec<NamePlace> {
    let (mut row, mut column) = (0, 0);
    let mut places = Vec::new();
    for (index, curve) in curves.curves.iter().enumerate() {
        let name = cut(curve.name.in_language(look.language), most);
        let wide = width(&name) as u16 + 2;
        if wide == 2 || wide > columns {
            continue;
        }
        if column + wide > columns {
            (row, column) = (row + 1, 0);
        }
        places.push(NamePlace { row, column, index, name });
        column += wide + 2;
    }
    places
}

/// Columns of a name at the most: its mark stands before it.
fn longest(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(2))
}

fn legend_rows(curves: &Curves, area: Rect, look: &Look) -> u16 {
    name_places(curves, area.width, longest(area), look).last().map_or(1, |place| place.row + 1)
}

fn names(curves: &Curves, area: Rect, look: &Look, buffer: &mut Buffer) {
    // Names are shortened before one is left out: without it nobody knows a curve by its colour.
    let mut shorter = (LEAST_NAME..=longest(area)).rev().map(|most| name_places(curves, area.width, most, look));
    let fitting = shorter.find(|places| places.last().is_none_or(|place| place.row < area.height));
    let places = fitting.unwrap_or_else(|| name_places(curves, area.width, LEAST_NAME, look));
    let (seen, left_out): (Vec<_>, Vec<_>) = places.into_iter().partition(|place| place.row < area.height);
    let mut end = 0;
    for NamePlace { row, column, index, name } in seen {
        let mark = if stroke(index, look) == Stroke::Dashed { "┅ " } else { "━ " };
        let column = write(buffer, area, column, row, mark, Style::new().fg(color(index, look)));
        end = write(buffer, area, column, row, &name, look.theme.quiet());
    }
    if !left_out.is_empty() {
        let said = format!(" +{}", left_out.len());
        let column = end.min(area.width.saturating_sub(width(&said) as u16));
        write(buffer, area, column, area.height - 1, &said, look.theme.quiet());
    }
}

/// The values at the cursor, in as many rows as there are.
fn read_out(curves: &Curves, at: usize, area: Rect, look: &Look, buffer: &mut Buffer) {
    let mut row = 0;
    write(buffer, area, 0, row, &" ".repeat(usize::from(area.width)), look.theme.body());
    let axis = curves.axis.in_language(look.language);
    let mut column = write(buffer, area, 0, row, &format!("{axis} {}:", number(curves.places[at])), look.theme.quiet());
    for (index, curve) in curves.curves.iter().enumerate() {
        let (name, value) = (curve.name.in_language(look.language), number(curve.values[at]));
        let wide = (width(name) + 1 + width(&value)) as u16;
        if column > 0 && column + 1 + wide > area.width && row + 1 < area.height {
            (row, column) = (row + 1, 0);
        }
        let start = if column > 0 { column + 1 } else { 0 };
        column = write(buffer, area, start, row, name, Style::new().fg(color(index, look)));
        column = write(buffer, area, column + 1, row, &value, look.theme.strong()) + 1;
    }
}

/// Where there is no room for a plot: each curve's value at the cursor, or its last.
fn last_values(curves: &Curves, at: Option<usize>, area: Rect, look: &Look, buffer: &mut Buffer) {
    for (row, curve) in curves.curves.iter().enumerate().take(usize::from(area.height)) {
        let name = curve.name.in_language(look.language);
        let value = at.map_or(curve.values.last(), |at| curve.values.get(at)).copied().unwrap_or(f64::NAN);
        let value = number(value);
        let column = area.width.saturating_sub(width(&value) as u16);
        let room = Rect { width: column.saturating_sub(1), ..area };
        write(buffer, room, 0, row as u16, name, Style::new().fg(color(row, look)));
        write(buffer, area, column, row as u16, &value, look.theme.strong());
    }
}
