//! The axes of a chart: where the ticks of its heights stand, and what is written at them.

use super::scale::{Scale, number, step_ticks};
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::write;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows from one tick to the next, about.
const APART: u16 = 3;

/// The heights of a linear chart made so much larger that its ticks are as many rows from each other, and the ticks; as they are where
/// the ticks are that already, and of other scales.
pub fn even((low, high): (f64, f64), rows: u16, scale: Scale) -> ((f64, f64), Vec<f64>) {
    let ticks = scale.ticks(low, high, usize::from(rows / APART).max(2));
    let as_it_is = |ticks| ((low, high), ticks);
    let (true, [first, second, _, ..]) = (scale == Scale::Linear, ticks.as_slice()) else { return as_it_is(ticks) };
    let (size, first) = (second - first, *first);
    // From the middle of the first row of dots to that of the last.
    let rows = f64::from(rows) - 0.25;
    let row = |tick: &f64| ((high - tick) / (high - low) * rows + 1e-6).floor();
    let places: Vec<f64> = ticks.iter().map(row).collect();
    if places.windows(3).all(|three| three[0] - three[1] == three[1] - three[2]) {
        return as_it_is(ticks);
    }
    let apart = (size / (high - low) * rows).floor();
    if apart < 1.0 {
        return as_it_is(ticks);
    }
    let more = (size / apart * rows - (high - low)).max(0.0) / 2.0;
    let wide = (low - more, high + more);
    let (from, to) = (((wide.0 - first) / size).ceil(), ((wide.1 - first) / size).floor());
    // Not where numbers end.
    if !(wide.1 - wide.0).is_finite() || (to - from).is_nan() || to - from > rows {
        return as_it_is(ticks);
    }
    let ticks = (from as i64..=to as i64).map(|place| first + place as f64 * size);
    // What is left of a sum in place of zero is zero.
    (wide, ticks.map(|tick| if tick.abs() < 1e-9 * size { 0.0 } else { tick }).collect())
}

/// Ticks in letters, with as many digits as it takes to tell them apart, where there is room for that.
fn told_apart(ticks: &[f64], columns: usize) -> Vec<String> {
    let short: Vec<String> = ticks.iter().map(|tick| number(*tick)).collect();
    let are_alike = |texts: &[String]| texts.windows(2).any(|pair| pair[0] == pair[1]);
    if !are_alike(&short) {
        return short;
    }
    let longer = (3..8).map(|decimals| {
        let text = |tick: &f64| format!("{tick:.decimals$}").replace('-', "−");
        ticks.iter().map(text).collect::<Vec<String>>()
    });
    let fits = |texts: &Vec<String>| !are_alike(texts) && texts.iter().all(|text| width(text) <= columns);
    longer.into_iter().find(fits).unwrap_or(short)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one drawing")]
pub fn axes(
    area: Rect,
    plot: Rect,
    gutter: u16,
    (from, to): (f64, f64),
    ticks: &[f64],
    to_dot: &impl Fn(f64) -> f64,
    theme: &Theme,
    buffer: &mut Buffer,
) {
    let style = theme.quiet();
    let first = plot.y - area.y;
    for row in 0..plot.height {
        write(buffer, area, gutter.saturating_sub(1), first + row, "│", theme.rule());
    }
    let mut last = None;
    for (tick, text) in ticks.iter().zip(told_apart(ticks, usize::from(gutter.saturating_sub(2)))) {
        // A tick on the edge between two rows is in the lower one, however it is rounded.
        let row = (to_dot(*tick) / 4.0 + 1e-6).floor() as u16;
        if row < plot.height && last != Some(row) {
            last = Some(row);
            let column = gutter.saturating_sub(2 + width(&text) as u16);
            write(buffer, area, column, first + row, &text, style);
            write(buffer, area, gutter.saturating_sub(1), first + row, "┤", theme.rule());
        }
    }
    let axis = first + plot.height;
    write(buffer, area, gutter.saturating_sub(1), axis, "└", theme.rule());
    write(buffer, area, gutter, axis, &"─".repeat(usize::from(plot.width)), theme.rule());
    let mut free_from = 0;
    for (tick, text) in step_ticks(from.max(0.0), to, usize::from(plot.width / 9).max(1)) {
        let share = (tick - from) / (to - from);
        let center = gutter + (share * f64::from(plot.width - 1)).round() as u16;
        let column = center.saturating_sub(width(&text) as u16 / 2);
        if column >= free_from && column + width(&text) as u16 <= area.width {
            write(buffer, area, center, axis, "┴", theme.rule());
            free_from = write(buffer, area, column, axis + 1, &text, style) + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rows of ticks, as a chart of so many rows draws them.
    fn rows_of(ticks: &[f64], (low, high): (f64, f64), rows: u16) -> Vec<i64> {
        let dot = |tick: &f64| (1.0 - (tick - low) / (high - low)) * f64::from(rows * 4 - 1);
        ticks.iter().map(|tick| (dot(tick) / 4.0 + 1e-6).floor() as i64).collect()
    }

    #[test]
    fn ticks_are_as_many_rows_from_each_other() {
        let (range, ticks) = even((0.33, 1.71), 9, Scale::Linear);
        assert_eq!(ticks, [0.5, 1.0, 1.5]);
        let rows = rows_of(&ticks, range, 9);
        assert_eq!(rows[0] - rows[1], rows[1] - rows[2], "{rows:?}");
        assert!(range.0 <= 0.33 && range.1 >= 1.71);
        assert_eq!(even((0.9, 120.0), 12, Scale::Logarithmic).0, (0.9, 120.0), "as they are");
    }

    #[test]
    fn ticks_that_lie_close_have_the_digits_in_which_they_differ() {
        assert_eq!(told_apart(&[2.305, 2.31, 2.315], 6), ["2.305", "2.310", "2.315"]);
        assert_eq!(told_apart(&[0.5, 1.0], 6), ["0.5", "1"]);
        assert_eq!(told_apart(&[-123.001, -123.002], 6), ["−123", "−123"], "there is no room for more");
    }

    proptest! {
        #[test]
        fn a_larger_range_holds_the_smaller_one_and_wastes_no_half(
            low in -1e3..1e3_f64, length in 1e-3..1e3_f64, rows in 6..60_u16
        ) {
            let high = low + length;
            let ((from, to), ticks) = even((low, high), rows, Scale::Linear);
            prop_assert!(from <= low && to >= high);
            prop_assert!(to - from <= 2.0 * (high - low) + 1e-9);
            if ticks.len() > 2 {
                let places = rows_of(&ticks, (from, to), rows);
                let apart: Vec<i64> = places.windows(2).map(|pair| pair[0] - pair[1]).collect();
                prop_assert!(apart.iter().all(|rows| *rows == apart[0]), "{places:?}");
            }
        }
    }
}
