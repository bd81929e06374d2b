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

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn a_formula_that_cannot_be_set_is_a_problem() {
        assert_eq!(problems("good $x^2$, bad $\\nosuch$").len(), 1);
    }
}
