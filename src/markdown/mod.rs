//! Markdown with LaTeX formulas, as the pages of labs are written: read and checked here, drawn in [`crate::tui`].

pub mod math;

use pulldown_cmark::{Event, Options, Parser};

/// A text taken apart, with the extensions that pages of labs may use.
pub fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_MATH | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// The formulas of a text that cannot be set.
pub fn problems(markdown: &str) -> Vec<String> {
    let formulas = parser(markdown).filter_map(|event| match event {
        Event::InlineMath(latex) => math::inline(&latex).err(),
        Event::DisplayMath(latex) => math::display(&latex, 100).err(),
        _ => None,
    });
    formulas.collect()
}

/// A text in which powers of numbers that are written `10^16` are raised.
pub fn with_powers(text: &str) -> String {
    let mut parts = text.split('^');
    let mut set = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        let (power, rest) = part.split_at(digits);
        let is_of_a_number = set.ends_with(|letter: char| letter.is_ascii_digit());
        match math::raised(power).filter(|power| is_of_a_number && !power.is_empty()) {
            Some(power) => set.push_str(&power),
            None => set.extend(["^", power]),
        }
        set.push_str(rest);
    }
    set
}

#[cfg(test)]
mod tests {
    use super::{problems, with_powers};

    #[test]
    fn powers_of_numbers_are_raised_and_nothing_else() {
        let text = "beyond 10^16 and at about 10^12, 2^x, x^2, a ^ b, 10^";
        assert_eq!(with_powers(text), "beyond 10¹⁶ and at about 10¹², 2^x, x^2, a ^ b, 10^");
    }

    #[test]
    fn a_formula_that_cannot_be_set_is_a_problem() {
        assert_eq!(problems("good $x^2$, bad $\\nosuch$").len(), 1);
    }
}
