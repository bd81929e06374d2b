//! Values as panels write them.

use crate::experiment::Language;
use crate::experiment::panel::Format;
use crate::tui::text;
use crate::tui::widgets::chart::number;

/// A value with its unit.
pub fn written(value: f64, format: Format, language: Language) -> String {
    match format {
        _ if !value.is_finite() => number(value),
        Format::Plain => number(value),
        Format::Percent => percent(value),
        Format::Nats => text::filled(text::PANEL_NATS.in_language(language), &[&number(value)]),
    }
}

/// Values of one list, with as many decimals each as the others.
pub fn alike(values: impl Iterator<Item = f64> + Clone, format: Format, language: Language) -> Vec<String> {
    let largest = values.clone().filter(|value| value.is_finite()).fold(0.0_f64, |most, value| most.max(value.abs()));
    let whole = values.clone().all(|value| !value.is_finite() || value.fract() == 0.0);
    let decimals = match largest {
        _ if whole => 0,
        largest if largest < 10.0 => 4,
        largest if largest < 1000.0 => 2,
        _ => 1,
    };
    let one = |value: f64| match format {
        _ if !value.is_finite() => number(value),
        _ if format == Format::Percent => percent(value),
        // Too long to be read digit by digit.
        _ if largest >= 1e9 => written(value, format, language),
        Format::Nats => text::filled(text::PANEL_NATS.in_language(language), &[&with_decimals(value, decimals)]),
        _ => with_decimals(value, decimals),
    };
    values.map(one).collect()
}

/// A value with so many decimals.
pub fn with_decimals(value: f64, decimals: usize) -> String {
    if value.is_finite() { minus(format!("{value:.decimals$}")) } else { number(value) }
}

/// A value in at most so many columns, with as many decimals as there is room for.
pub fn within(value: f64, columns: usize) -> String {
    if !value.is_finite() {
        return number(value).chars().take(columns).collect();
    }
    let texts = [2, 1, 0].map(|decimals| with_decimals(value, decimals));
    let fits = texts.iter().find(|text| text.chars().count() <= columns);
    fits.cloned().unwrap_or_else(|| if columns > 0 { "…".to_owned() } else { String::new() })
}

fn percent(value: f64) -> String {
    if value.abs() >= 1e6 { format!("{} %", number(100.0 * value)) } else { minus(format!("{:.1} %", 100.0 * value)) }
}

fn minus(text: String) -> String {
    // −0.00 is nothing that a reader should wonder at.
    let is_zero = text.starts_with('-') && text.chars().all(|letter| "-0. %".contains(letter));
    if is_zero { text[1..].to_owned() } else { text.replace('-', "−") }
}

/// Where a value lies in a range, as a share of it; what is no number lies nowhere.
pub fn share(value: f32, [low, high]: [f32; 2]) -> Option<f32> {
    if value.is_nan() {
        return None;
    }
    let share = (value - low) / (high - low);
    Some(if share.is_finite() { share.clamp(0.0, 1.0) } else { f32::from(u8::from(value >= high)) })
}

/// A shade for a share, where there are no colours.
pub fn shade(share: f32) -> &'static str {
    const SHADES: [&str; 5] = [" ", "░", "▒", "▓", "█"];
    SHADES[((share * 5.0) as usize).min(4)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_units_and_a_true_minus() {
        assert_eq!(written(0.6123, Format::Percent, Language::En), "61.2 %");
        assert_eq!(written(-1.5, Format::Nats, Language::Ja), "−1.5 ナット");
        assert_eq!(written(f64::NAN, Format::Percent, Language::En), "NaN");
        assert_eq!(alike([0.5, -1.0].into_iter(), Format::Plain, Language::En), ["0.5000", "−1.0000"]);
        assert_eq!(alike([12.0, f64::INFINITY].into_iter(), Format::Plain, Language::En), ["12", "∞"]);
    }

    #[test]
    fn values_are_shortened_to_the_room() {
        assert_eq!([5, 4, 3, 1].map(|room| within(-7.314, room)), ["−7.31", "−7.3", "−7", "…"]);
        assert_eq!(within(-0.001, 5), "0.00");
    }

    #[test]
    fn a_range_of_nothing_has_two_ends() {
        assert_eq!([0.5, 1.5].map(|value| share(value, [1.0, 1.0])), [Some(0.0), Some(1.0)]);
        assert_eq!(share(f32::NAN, [0.0, 1.0]), None);
        assert_eq!([0.0, 0.5, 1.0].map(shade), [" ", "▒", "█"]);
    }
}
