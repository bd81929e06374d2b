//! The axes of a chart: where the ticks of its heights stand, and what is written at them.

use super::scale::{Scale, number, step_ticks, steps};
use crate::tui::theme::Theme;
use crate::tui::widgets::frame::write;
use crate::width::width;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows from one tick to the next, about.
const APART: u16 = 3;
/// How much longer the heights may become for the sake of ticks.
const MOST: f64 = 1.6;

/// Dots from the upper edge of a row to the middle of its tick.
const MIDDLE: f64 = 1.5;

/// The range of a chart made so much larger that each tick is in the middle of a row, as far from the next as that from the one after it,
/// and the ticks; as it is where that would take too much room, or the ticks of its scale do not stand evenly.
pub fn even((low, high): (f64, f64), rows: u16, scale: Scale) -> ((f64, f64), Vec<f64>) {
    let ticks = scale.ticks(low, high, usize::from(rows / APART).max(2));
    if scale == Scale::Linear {
        return evenly((low, high), rows, ticks);
    }
    even_heights((low, high), ticks, rows, scale)
}

/// The same of heights with ticks that are as far from each other.
fn evenly((low, high): (f64, f64), rows: u16, ticks: Vec<f64>) -> ((f64, f64), Vec<f64>) {
    let [first, second, ..] = ticks.as_slice() else { return ((low, high), ticks) };
    let (size, first) = (second - first, *first);
    let dots = f64::from(rows * 4 - 1);
    // So many rows from one tick to the next, the most at first.
    let most = (size / (high - low) * dots / 4.0).floor();
    let wider = [most, most - 1.0].into_iter().filter(|apart| *apart >= 1.0).find_map(|apart| {
        let dot = size / (4.0 * apart);
        let above = ((high - first) / dot - MIDDLE).div_euclid(4.0) + f64::from((high - first) / dot > MIDDLE);
        let to = first + dot * (4.0 * above.max(0.0) + MIDDLE);
        // Rows to spare are above: many curves stand on zero.
        let spare = ((low - (to - dot * dots)) / (4.0 * dot)).floor().max(0.0);
        let to = to + 4.0 * dot * spare;
        let from = to - dot * dots;
        (from <= low && to >= high && to - from <= MOST * (high - low)).then_some((from, to))
    });
    // Not where numbers end.
    let Some((from, to)) = wider.filter(|(from, to)| (to - from).is_finite()) else { return ((low, high), ticks) };
    let (below, above) = (((from - first) / size).ceil(), ((to - first) / size).floor());
    if (above - below).is_nan() || above - below > dots {
        return ((low, high), ticks);
    }
    let ticks = (below as i64..=above as i64).map(|place| first + place as f64 * size);
    // What is left of a sum in place of zero is zero.
    ((from, to), ticks.map(|tick| if tick.abs() < 1e-9 * size { 0.0 } else { tick }).collect())
}

/// The same of a scale that is not linear, whose ticks are as far from each other: as heights they are those of a linear one.
fn even_heights((low, high): (f64, f64), ticks: Vec<f64>, rows: u16, scale: Scale) -> ((f64, f64), Vec<f64>) {
    let heights: Vec<f64> = ticks.iter().map(|tick| scale.apply(*tick)).collect();
    let apart: Vec<f64> = heights.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let [size, ..] = apart[..] else { return ((low, high), ticks) };
    if scale == Scale::Symmetric || apart.iter().any(|other| (other - size).abs() > 1e-6 * size) {
        return ((low, high), ticks);
    }
    let ((from, to), heights) = evenly((scale.apply(low), scale.apply(high)), rows, heights);
    // A power of ten without what is left over in the last binary places.
    let round = |height: f64| format!("{:.6e}", scale.invert(height)).parse().expect("a decimal number");
    ((scale.invert(from), scale.invert(to)), heights.into_iter().map(round).collect())
}

/// Ticks in letters, with as many digits as it takes to tell them apart, where there is room for that.
fn told_apart(ticks: &[f64], columns: usize) -> Vec<String> {
    let short: Vec<String> = ticks.iter().map(|tick| number(*tick)).collect();
    // Without room for all digits.
    if short.iter().any(|text| width(text) > columns) && ticks.iter().any(|tick| tick.abs() >= 1000.0) {
        return ticks.iter().map(|tick| steps(*tick)).collect();
    }
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
    counted: &str,
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
        // Where a curve with this value has its dot.
        let row = ((to_dot(*tick) + 1e-6).round() / 4.0).floor() as u16;
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
    let (mut free_from, mut first_tick) = (0, None);
    for (tick, text) in step_ticks(from.max(0.0), to, usize::from(plot.width / 9).max(1)) {
        let share = (tick - from) / (to - from);
        let center = gutter + (share * f64::from(plot.width - 1)).round() as u16;
        let column = center.saturating_sub(width(&text) as u16 / 2);
        if column >= free_from && column + width(&text) as u16 <= area.width {
            write(buffer, area, center, axis, "┴", theme.rule());
            first_tick.get_or_insert(column);
            free_from = write(buffer, area, column, axis + 1, &text, style) + 1;
        }
    }
    // Behind the last tick what is counted is named, else before the first.
    let name = width(counted) as u16;
    if free_from + 1 + name <= area.width {
        write(buffer, area, area.width - name, axis + 1, counted, style);
    } else if first_tick.is_none_or(|first| name < first) {
        write(buffer, area, 0, axis + 1, counted, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The dots of ticks, counted from above, as a chart of so many rows draws them.
    fn dots_of(ticks: &[f64], (low, high): (f64, f64), rows: u16) -> Vec<f64> {
        ticks.iter().map(|tick| (1.0 - (tick - low) / (high - low)) * f64::from(rows * 4 - 1)).collect()
    }

    #[test]
    fn ticks_are_in_the_middle_of_rows_as_far_from_each_other() {
        let (range, ticks) = even((0.33, 1.71), 9, Scale::Linear);
        assert_eq!(ticks, [0.5, 1.0, 1.5]);
        let dots = dots_of(&ticks, range, 9);
        assert!(dots.iter().all(|dot| (dot.rem_euclid(4.0) - MIDDLE).abs() < 1e-9), "{dots:?}");
        assert!(range.0 <= 0.33 && range.1 >= 1.71);
        // Powers of ten too: their logarithms are as far from each other.
        for (scale, low, high, ticks) in [
            (Scale::Logarithmic, 0.9, 120.0, [1.0, 10.0, 100.0]),
            (Scale::NegativeLogarithmic, -120.0, -0.9, [-100.0, -10.0, -1.0]),
        ] {
            let ((from, to), found) = even((low, high), 12, scale);
            assert!(from <= low && to >= high);
            assert_eq!(found, ticks);
            let heights = ticks.map(|tick| scale.apply(tick));
            let dots = dots_of(&heights, (scale.apply(from), scale.apply(to)), 12);
            assert!(dots.iter().all(|dot| (dot.rem_euclid(4.0) - MIDDLE).abs() < 1e-4), "{dots:?}");
        }
    }

    /// What lies above a tick is drawn above it or in its row.
    #[test]
    fn a_value_above_zero_is_not_below_its_tick() {
        for rows in 5..40 {
            for high in [90.0, 233.0, 541.3, 610.0, 799.0] {
                let ((from, to), _) = even((0.0, high), rows, Scale::Linear);
                let row = |value: f64| (dots_of(&[value], (from, to), rows)[0].round() / 4.0).floor();
                assert!(row(0.01 * high) <= row(0.0), "{rows} rows to {high}");
            }
        }
    }

    #[test]
    fn ticks_that_lie_close_have_the_digits_in_which_they_differ() {
        assert_eq!(told_apart(&[2.305, 2.31, 2.315], 6), ["2.305", "2.310", "2.315"]);
        assert_eq!(told_apart(&[0.5, 1.0], 6), ["0.5", "1"]);
        assert_eq!(told_apart(&[0.0, -2_000_000.0, 14e6], 6), ["0", "−2 M", "14 M"]);
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
            prop_assert!(to - from <= MOST * (high - low) + 1e-9);
            if (from, to) != (low, high) {
                let dots = dots_of(&ticks, (from, to), rows);
                let off = |dot: &f64| (dot.rem_euclid(4.0) - MIDDLE).abs();
                prop_assert!(dots.iter().all(|dot| off(dot) < 1e-4), "{dots:?}");
            }
        }
    }
}
