//! Drawing a chart into cells.

use super::axes::{axes, even};
use super::scale::{Scale, number};
use super::series::Series;
use super::view::View;
use crate::tui::theme::Theme;
use crate::tui::widgets::braille::{self, Canvas};
use crate::tui::widgets::frame::write;
use crate::width::{cut, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use std::borrow::Cow;

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    Solid,
    Dashed,
    /// An earlier run, behind the others, and what is dashed of it.
    Ghost,
    DashedGhost,
}

/// A line of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub label: &'a str,
    pub color: Color,
    pub stroke: Stroke,
    pub series: &'a Series,
}

/// What a chart says of itself, in the language of the screen.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Where there is nothing yet.
    pub placeholder: &'a str,
    /// The name of the line behind a smoothed one.
    pub measured: &'a str,
    /// What is counted along the chart.
    pub steps: &'a str,
}

/// The parts of a chart's area.
struct Layout {
    plot: Rect,
    /// Columns left of the plot, with the tick marks.
    gutter: u16,
    /// Rows of the legend.
    legend: u16,
}

const GUTTER: u16 = 8;
/// A chart of so many rows has one for its legend; one of less rows if the names have no room beside its title.
const LEGEND_FROM: u16 = 8;
const CROWDED_LEGEND_FROM: u16 = 6;
/// Rows of a legend at the most, and what else a chart needs: a plot, and two rows for the axis.
const MOST_LEGEND: u16 = 2;
const LEAST_ROWS: u16 = 5;

/// Whether a chart shows its legend itself; else its names stand beside the title above it.
pub fn has_legend(area: Rect, lines: &[Line], view: &View) -> bool {
    // A corner and spaces about the title and about the names.
    let beside = usize::from(area.width.saturating_sub(view.title + 6));
    let is_crowded = row_width(&named(lines)) > beside;
    area.height >= LEGEND_FROM || area.height >= CROWDED_LEGEND_FROM && is_crowded
}

fn layout(area: Rect, lines: &[Line], view: &View) -> Layout {
    let gutter = GUTTER.min(area.width / 3);
    // The legend above the plot, and two rows below it for the axis.
    let legend = legend_rows(area, lines, view);
    let plot = Rect {
        x: area.x + gutter,
        y: area.y + legend,
        width: area.width.saturating_sub(gutter),
        height: area.height.saturating_sub(2 + legend),
    };
    Layout { plot, gutter, legend }
}

/// The steps that the lines of a chart have data for.
pub fn extent(lines: &[Line]) -> (f64, f64) {
    let ranges = lines.iter().filter_map(|line| line.series.steps());
    let whole = ranges.fold(None, |whole: Option<(u64, u64)>, (from, to)| {
        Some(whole.map_or((from, to), |(a, b)| (a.min(from), b.max(to))))
    });
    whole.map_or((0.0, 1.0), |(from, to)| (from as f64, to as f64))
}

/// The step under a column of the terminal.
pub fn step_at(area: Rect, view: &View, lines: &[Line], column: u16) -> Option<f64> {
    let plot = layout(area, lines, view).plot;
    if plot.width == 0 || !(plot.x..plot.right()).contains(&column) {
        return None;
    }
    let (from, to) = view.range(extent(lines));
    Some(from + (f64::from(column - plot.x) + 0.5) / f64::from(plot.width) * (to - from))
}

/// Draws a chart: lines, axes, legend, and the read-out of the cursor in the last row.
pub fn draw(area: Rect, lines: &[Line], view: &View, words: Words, theme: &Theme, buffer: &mut Buffer) {
    let Layout { plot, gutter, legend } = layout(area, lines, view);
    if plot.width < 4 || plot.height < 2 {
        return;
    }
    let data = extent(lines);
    let (from, to) = view.range(data);
    let Some((low, high)) = heights(lines, view, (from, to)) else {
        let row = plot.height / 2;
        write(
            buffer,
            plot,
            (plot.width.saturating_sub(width(words.placeholder) as u16)) / 2,
            row,
            words.placeholder,
            theme.quiet(),
        );
        return;
    };
    let scale = Scale::of(view.logarithmic, low, high);
    let ((low, high), ticks) = even((low, high), plot.height, scale);
    let (bottom, top) = (scale.apply(low), scale.apply(high));
    let to_dot = |value: f64| {
        let share = (scale.apply(value) - bottom) / (top - bottom);
        (1.0 - share) * f64::from(plot.height * 4 - 1)
    };
    axes(area, plot, gutter, (from, to), words.steps, &ticks, &to_dot, theme, buffer);

    let mut canvas = Canvas::new(plot);
    let to_column = |step: f64| (step - from) / (to - from) * f64::from(plot.width * 2 - 1);
    let order = |line: &&Line| match line.stroke {
        Stroke::Ghost | Stroke::DashedGhost => 0,
        Stroke::Solid => 1,
        // Between its dashes the line beneath stays in sight.
        Stroke::Dashed => 2,
    };
    let mut ordered: Vec<&Line> = lines.iter().collect();
    ordered.sort_by_key(order);
    // The raw line lies behind everything.
    for line in ordered.iter().filter(|line| is_smooth(line, view)) {
        let buckets = &line.series.buckets()[line.series.between(from, to)];
        let raw = buckets.iter().map(|bucket| (to_column(bucket.middle()), bucket.mean().map(&to_dot)));
        canvas.path(raw, braille::Stroke::Solid, theme.line);
    }
    canvas.cover();
    for line in ordered {
        let range = line.series.between(from, to);
        let buckets = &line.series.buckets()[range.clone()];
        let color = line.color;
        if is_smooth(line, view) {
            let smoothed = line.series.smoothed(view.smoothing, view.logarithmic);
            let points = buckets.iter().zip(&smoothed[range]);
            let points = points.map(|(bucket, mean)| (to_column(bucket.middle()), mean.map(&to_dot)));
            canvas.path(points, braille::Stroke::Solid, color);
        } else {
            for bucket in buckets.iter().filter(|bucket| bucket.count > 1) {
                canvas.upright(to_column(bucket.middle()), to_dot(bucket.min), to_dot(bucket.max), color);
            }
            let points = buckets.iter().map(|bucket| (to_column(bucket.middle()), bucket.mean().map(&to_dot)));
            let dashed = is_dashed(line.stroke);
            canvas.path(points, if dashed { braille::Stroke::Dashed } else { braille::Stroke::Solid }, color);
        }
    }
    canvas.paint(buffer);
    names(Rect { height: legend, ..area }, lines, view, words, theme, buffer);
    if let Some(cursor) = view.cursor.filter(|cursor| (from..=to).contains(cursor)) {
        let column = (to_column(cursor) / 2.0).round() as u16;
        for row in 0..plot.height {
            let cell = &mut buffer[(plot.x + column.min(plot.width - 1), plot.y + row)];
            if cell.symbol() == " " {
                cell.set_symbol("│").set_style(theme.quiet());
            }
        }
    }
}

fn is_dashed(stroke: Stroke) -> bool {
    matches!(stroke, Stroke::Dashed | Stroke::DashedGhost)
}

/// Whether a line is smoothed: many values of a measure. A few, such as one an epoch, and counts are shown as they are.
fn is_smooth(line: &Line, view: &View) -> bool {
    let series = line.series;
    view.smoothing > 0.0 && line.stroke == Stroke::Solid && series.buckets().len() > 20 && !series.is_whole()
}

/// Marks steps on the axis of a chart that was drawn.
pub fn mark_steps(
    area: Rect,
    lines: &[Line],
    view: &View,
    steps: impl IntoIterator<Item = u64>,
    theme: &Theme,
    buffer: &mut Buffer,
) {
    let Layout { plot, gutter, .. } = layout(area, lines, view);
    if plot.width < 4 || plot.height < 2 {
        return;
    }
    let (from, to) = view.range(extent(lines));
    for step in steps.into_iter().map(|step| step as f64).filter(|step| (from..=to).contains(step)) {
        let column = ((step - from) / (to - from) * f64::from(plot.width - 1)).round() as u16;
        write(buffer, area, gutter + column, plot.bottom() - area.y, "▲", theme.accented());
    }
}

/// The last of some steps that lies under the cursor, give or take a column.
pub fn step_at_cursor(area: Rect, lines: &[Line], view: &View, steps: impl IntoIterator<Item = u64>) -> Option<u64> {
    let (from, to) = view.range(extent(lines));
    let column = (to - from) / f64::from(layout(area, lines, view).plot.width.max(1));
    let cursor = view.cursor?;
    steps.into_iter().filter(|step| (*step as f64 - cursor).abs() <= column).last()
}

/// The read-out of every line at the cursor, such as `2 314: train −109.7  val −111.2`; of a smoothed line the value, and the height of
/// the line after the word `smooth`; of a value that was measured at another step than the nearest, that step after `@`.
pub fn read_out(lines: &[Line], view: &View, smooth: &str) -> Option<String> {
    let cursor = view.cursor?;
    let own = || lines.iter().filter(|line| !matches!(line.stroke, Stroke::Ghost | Stroke::DashedGhost));
    let far = |step: u64| (step as f64 - cursor).abs();
    let nearest =
        own().filter_map(|line| Some(line.series.nearest(cursor)?.0)).min_by(|a, b| far(*a).total_cmp(&far(*b)));
    // Nearer than this they stand in one column of the chart.
    let apart = extent(lines).1 * SAME_COLUMN;
    let values = own().filter_map(|line| {
        let series = line.series;
        let (step, value) = series.nearest(cursor)?;
        let elsewhere = nearest.is_some_and(|nearest| step.abs_diff(nearest) as f64 > apart);
        let at = if elsewhere { format!(" @{}", number(step as f64)) } else { String::new() };
        let mean = if is_smooth(line, view) {
            series.smoothed(view.smoothing, view.logarithmic)[series.nearest_bucket(cursor)?]
        } else {
            None
        };
        let mean = mean.map(|mean| format!(" ({smooth} {})", number(mean))).unwrap_or_default();
        Some(format!("{} {}{mean}{at}", line.label, number(value)))
    });
    let values: Vec<String> = values.collect();
    Some(format!("{}: {}", number(cursor.round()), values.join("  ")))
}

/// The share of a run that is less than a column of its chart.
const SAME_COLUMN: f64 = 0.01;

/// Smaller than any figure that a run reports.
const NOTHING: f64 = 1e-20;

/// The lowest and highest value in sight, with a little air.
fn heights(lines: &[Line], view: &View, (from, to): (f64, f64)) -> Option<(f64, f64)> {
    let from = if view.later_half { (from + to) / 2.0 } else { from };
    let seen = lines.iter().flat_map(|line| {
        let buckets = line.series.buckets();
        let smoothed = is_smooth(line, view);
        buckets[line.series.between(from, to)].iter().filter(|bucket| bucket.count > 0).map(move |bucket| {
            let mean = bucket.mean().unwrap_or(bucket.min);
            if smoothed { (mean, mean) } else { (bucket.min, bucket.max) }
        })
    });
    let whole = seen.fold(None, |whole: Option<(f64, f64)>, (low, high)| {
        Some(whole.map_or((low, high), |(a, b)| (a.min(low), b.max(high))))
    });
    let (low, high) = whole?;
    // Nothing has come yet but zero, or what is left of it in single precision: a share of nothing, a count; or a share of all.
    if !view.logarithmic && (low.abs().max(high.abs()) < NOTHING || low == 1.0 && high == 1.0) {
        return Some((0.0, 1.0));
    }
    // A line that does not move has room about it in which numbers can be read.
    let is_still = high - low <= 1e-9 * high.abs();
    let air = if is_still { 0.1 * high.abs() } else { ((high - low) * 0.04).max(high.abs() * 1e-6) };
    // Air must not bring a logarithmic axis to zero.
    let keep_sign = |value: f64, edge: f64| if view.logarithmic && value * edge <= 0.0 { value } else { edge };
    let (low, high) = (keep_sign(low, low - air), keep_sign(high, high + air));
    (high > low && (high - low).is_finite()).then_some((low, high))
}

/// A name in the legend: its mark, itself, and the colour of the mark.
type Name<'a> = (&'a str, Cow<'a, str>, Color);

/// The names of the lines of a chart that have data.
fn named<'a>(lines: &[Line<'a>]) -> Vec<Name<'a>> {
    let named = lines.iter().filter(|line| !line.label.is_empty() && !line.series.is_empty());
    let mark = |stroke| if is_dashed(stroke) { "┅ " } else { "━ " };
    named.map(|line| (mark(line.stroke), Cow::Borrowed(line.label), line.color)).collect()
}

/// Columns of a shortened name at the least.
pub const LEAST_NAME: usize = 6;

/// Names in so many columns each at the most.
fn shortened<'a>(names: &[Name<'a>], most: usize) -> Vec<Name<'a>> {
    names.iter().map(|(mark, name, color)| (*mark, Cow::Owned(cut(name, most)), *color)).collect()
}

/// Names in rows of so many columns, two columns between them.
fn in_rows<'a>(names: &[Name<'a>], columns: u16) -> Vec<Vec<Name<'a>>> {
    let mut rows: Vec<Vec<Name>> = vec![Vec::new()];
    for name in names {
        let row = rows.last_mut().expect("one row at least");
        if !row.is_empty() && row_width(row) + 2 + row_width(std::slice::from_ref(name)) > usize::from(columns) {
            rows.push(vec![name.clone()]);
        } else {
            row.push(name.clone());
        }
    }
    rows
}

fn row_width(names: &[Name]) -> usize {
    (names.iter().map(|(mark, name, _)| width(mark) + width(name) + 2).sum::<usize>()).saturating_sub(2)
}

/// The rows that a chart gives to its legend.
fn legend_rows(area: Rect, lines: &[Line], view: &View) -> u16 {
    if !has_legend(area, lines, view) {
        return 0;
    }
    let needed = in_rows(&named(lines), area.width.saturating_sub(2)).len();
    (needed.min(usize::from(MOST_LEGEND)) as u16).min(area.height - LEAST_ROWS)
}

/// Writes a legend at the right end of the rows of an area, with a free cell before and after it. The last row says how many names have
/// no room; what was measured behind smoothed lines is named where it has.
pub fn names(area: Rect, lines: &[Line], view: &View, words: Words, theme: &Theme, buffer: &mut Buffer) {
    let own = named(lines);
    let room = area.width.saturating_sub(2);
    let (most, smooth) = (usize::from(area.height), lines.iter().any(|line| is_smooth(line, view)));
    if most == 0 || own.is_empty() && !smooth {
        return;
    }
    let counts: Vec<String> = (0..=own.len()).map(|left_out| format!("+{left_out}")).collect();
    let measured: Name = ("━ ", Cow::Borrowed(words.measured), theme.line);
    let with_measured: Vec<Name> = own.iter().cloned().chain([measured]).collect();
    let fits = |rows: &[Vec<Name>]| rows.len() <= most && rows.iter().all(|row| row_width(row) <= usize::from(room));
    let mut rows = in_rows(if smooth { &with_measured } else { &own }, room);
    if smooth && !fits(&rows) {
        rows = in_rows(&own, room);
    }
    // Names are shortened before one is left out: without it nobody knows a line by its colour.
    for most in (LEAST_NAME..usize::from(room)).rev() {
        if fits(&rows) {
            break;
        }
        rows = in_rows(&shortened(&own, most), room);
    }
    let shortest = shortened(&own, LEAST_NAME);
    for left_out in 1..=own.len() {
        if fits(&rows) {
            break;
        }
        let kept = &shortest[..own.len() - left_out];
        rows = in_rows(&[kept, &[(counts[left_out].as_str(), Cow::Borrowed(""), theme.dim)]].concat(), room);
    }
    if !fits(&rows) {
        return;
    }
    for (line, row) in rows.iter().enumerate() {
        let end = area.width.saturating_sub(1);
        let mut column = end - (row_width(row) as u16).min(end);
        write(buffer, area, column.saturating_sub(1), line as u16, " ", theme.quiet());
        write(buffer, area, end, line as u16, " ", theme.quiet());
        for (index, (mark, label, color)) in row.iter().enumerate() {
            if index > 0 {
                column = write(buffer, area, column, line as u16, "  ", theme.quiet());
            }
            column = write(buffer, area, column, line as u16, mark, Style::new().fg(*color));
            column = write(buffer, area, column, line as u16, label, theme.quiet());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WORDS: Words = Words { placeholder: "no values yet", measured: "measured", steps: "step" };

    fn shown(area: Rect, lines: &[Line], view: &View) -> String {
        let mut buffer = Buffer::empty(area);
        draw(area, lines, view, WORDS, &Theme::dark(), &mut buffer);
        let rows = buffer.content.chunks(usize::from(area.width.max(1)));
        let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned());
        rows.collect::<Vec<_>>().join("\n")
    }

    fn series(values: &[f64]) -> Series {
        let mut series = Series::default();
        values.iter().enumerate().for_each(|(i, value)| series.push(20 * (i as u64 + 1), *value));
        series
    }

    fn line<'a>(label: &'a str, stroke: Stroke, series: &'a Series) -> Line<'a> {
        Line { label, color: Color::Blue, stroke, series }
    }

    #[test]
    fn a_rising_line_rises() {
        let values: Vec<f64> = (0..20).map(|i| -200.0 + 100.0 * (1.0 - (-f64::from(i) / 5.0).exp())).collect();
        let series = series(&values);
        insta::assert_snapshot!(shown(
            Rect::new(0, 0, 44, 9),
            &[line("train", Stroke::Solid, &series)],
            &View::default()
        ));
    }

    #[test]
    fn a_gap_stays_open_and_an_empty_chart_says_so() {
        let nan = f64::NAN;
        let gaps = series(&[1.0, 2.0, 3.0, nan, nan, nan, nan, 3.0, 2.0, 1.0]);
        insta::assert_snapshot!(shown(Rect::new(0, 0, 36, 7), &[line("", Stroke::Solid, &gaps)], &View::default()));
        let empty = Series::default();
        assert!(
            shown(Rect::new(0, 0, 36, 7), &[line("", Stroke::Solid, &empty)], &View::default())
                .contains("no values yet")
        );
    }

    #[test]
    fn a_legend_stands_free_at_the_right_end_of_a_row() {
        let (first, second) = (series(&[1.0, 2.0]), series(&[2.0, 1.0]));
        let lines = [line("train", Stroke::Solid, &first), line("val", Stroke::Dashed, &second)];
        let legend_in = |lines: &[Line], columns: u16| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
            buffer.set_string(0, 0, "─".repeat(usize::from(columns)), Style::new());
            names(buffer.area, lines, &View::default(), WORDS, &Theme::dark(), &mut buffer);
            buffer.content.iter().map(|cell| cell.symbol()).collect::<String>()
        };
        assert_eq!(legend_in(&lines, 20), "──── ━ train  ┅ val ");
        assert_eq!(legend_in(&lines, 14), "─ ━ train  +1 ", "what has no room is counted");
        assert_eq!(legend_in(&lines, 12), "──────── +2 ");
        assert_eq!(legend_in(&lines, 3), "───");
        // Behind a smoothed line stands what was measured.
        let many = series(&(0..30).map(|i| 0.5 + f64::from(i)).collect::<Vec<_>>());
        let lines = [line("train", Stroke::Solid, &many)];
        assert_eq!(legend_in(&lines, 24), "─── ━ train  ━ measured ");
        assert_eq!(legend_in(&lines, 16), "─────── ━ train ");
    }

    #[test]
    fn a_legend_takes_a_second_row_where_a_chart_has_room_for_it() {
        let series = series(&[1.0, 2.0]);
        let lines = ["right", "different", "abstained"].map(|label| line(label, Stroke::Solid, &series));
        let rows = |columns, height| legend_rows(Rect::new(0, 0, columns, height), &lines, &View::default());
        assert_eq!([rows(60, 20), rows(30, 20), rows(30, 8), rows(30, 6), rows(30, 5)], [1, 2, 2, 1, 0]);
        let screen = shown(Rect::new(0, 0, 30, 14), &lines, &View::default());
        assert!(["━ right", "━ different", "━ abstained"].iter().all(|name| screen.contains(name)), "{screen}");
        let screen = shown(Rect::new(0, 0, 30, 6), &lines, &View::default());
        assert!(
            screen.contains("━ right  ━ diffe…  ━ absta…"),
            "names become shorter before one is left out: {screen}"
        );
        // Names that have room beside a short title stand there, and those that have none beside a long one do not.
        let beside = |title| legend_rows(Rect::new(0, 0, 60, 7), &lines, &View { title, ..View::default() });
        assert_eq!([beside(8), beside(30)], [0, 1]);
    }

    #[test]
    fn turned_knobs_are_marked_on_the_axis_and_found_under_the_cursor() {
        let series = series(&[1.0; 50]);
        let lines = [line("a", Stroke::Solid, &series)];
        let area = Rect::new(0, 0, 68, 10);
        let mut buffer = Buffer::empty(area);
        let view = View::default();
        draw(area, &lines, &view, WORDS, &Theme::dark(), &mut buffer);
        mark_steps(area, &lines, &view, [20, 510, 1000, 4000], &Theme::dark(), &mut buffer);
        let marks: Vec<u16> = (0..68).filter(|x| buffer[(*x, 8)].symbol() == "▲").collect();
        assert_eq!(marks, [8, 38, 67], "the first step, the middle and the last; what is out of sight has none");
        let under = |cursor| step_at_cursor(area, &lines, &View { cursor, ..view.clone() }, [20, 510, 515, 1000]);
        assert_eq!(under(Some(512.0)), Some(515), "the later of two");
        assert_eq!(under(Some(100.0)), None);
        assert_eq!(under(None), None);
    }

    #[test]
    fn the_column_of_a_step_is_found_again() {
        let series = series(&[1.0; 50]);
        let lines = [line("a", Stroke::Solid, &series)];
        let area = Rect::new(3, 0, 60, 10);
        let step = step_at(area, &View::default(), &lines, 40).unwrap();
        assert!((20.0..=1000.0).contains(&step));
        assert_eq!(step_at(area, &View::default(), &lines, 4), None, "the gutter has no step");
        let view = View { cursor: Some(510.0), ..View::default() };
        assert_eq!(read_out(&lines, &view, "smooth").unwrap(), "510: a 1");
    }

    #[test]
    fn a_count_is_not_smoothed_and_a_smoothed_line_says_both_heights() {
        let counts: Vec<f64> = (0..40).map(|i| f64::from(i / 5)).collect();
        let measures: Vec<f64> = counts.iter().map(|count| count + 0.5).collect();
        let (counts, measures) = (series(&counts), series(&measures));
        let lines = [line("modes", Stroke::Solid, &counts), line("loss", Stroke::Solid, &measures)];
        let view = View { cursor: Some(800.0), ..View::default() };
        assert_eq!(read_out(&lines, &view, "smooth").unwrap(), "800: modes 7  loss 7.5 (smooth 7.42)");
    }

    #[test]
    fn a_value_that_was_measured_elsewhere_says_where() {
        let train = series(&[5.0; 40]);
        let mut measured = Series::default();
        [(20, 7.0), (700, 6.0)].iter().for_each(|&(step, value)| measured.push(step, value));
        let lines = [line("train", Stroke::Solid, &train), line("val", Stroke::Dashed, &measured)];
        let at = |cursor| read_out(&lines, &View { cursor: Some(cursor), smoothing: 0.0, ..View::default() }, "smooth");
        assert_eq!(at(300.0).unwrap(), "300: train 5  val 7 @20");
        assert_eq!(at(700.0).unwrap(), "700: train 5  val 6");
    }

    #[test]
    fn the_heights_can_be_those_of_the_later_half() {
        let values: Vec<f64> = (0..40).map(|i| if i < 10 { 1000.0 } else { 1.0 + f64::from(i % 2) }).collect();
        let series = series(&values);
        let lines = [line("", Stroke::Solid, &series)];
        let all = heights(&lines, &View { smoothing: 0.0, ..View::default() }, (20.0, 800.0)).unwrap();
        let later =
            heights(&lines, &View { smoothing: 0.0, later_half: true, ..View::default() }, (20.0, 800.0)).unwrap();
        assert!(all.1 > 1000.0 && later.1 < 2.5 && later.0 > 0.9, "{all:?} {later:?}");
    }

    #[test]
    fn a_share_of_nothing_or_of_all_has_the_axis_of_a_share() {
        for values in [[0.0; 3], [2e-38; 3], [1.0; 3]] {
            let series = series(&values);
            let found = heights(&[line("", Stroke::Solid, &series)], &View::default(), (20.0, 60.0));
            assert_eq!(found, Some((0.0, 1.0)));
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(
            values in prop::collection::vec(prop::num::f64::ANY, 0..60),
            width in 0_u16..120, height in 0_u16..40, log in any::<bool>(), from in 0.0..900.0_f64, length in 0.1..2000.0_f64,
            smoothing in 0.0..0.99_f64, dashed in any::<bool>()
        ) {
            let series = series(&values);
            let stroke = if dashed { Stroke::Dashed } else { Stroke::Solid };
            let mut view = View { logarithmic: log, smoothing, cursor: Some(from), ..View::default() };
            view.zoom(length / 1000.0, Some(from), (0.0, 1000.0));
            shown(Rect::new(0, 0, width, height), &[line("x", stroke, &series)], &view);
        }
    }
}
