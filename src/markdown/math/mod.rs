//! Formulas: LaTeX parsed by `pulldown-latex`, set in two dimensions with Unicode.
//!
//! ```
//! let rows = shinso::markdown::math::display(r"\frac{a+b}{2}", 40).unwrap();
//! assert_eq!(rows, ["a + b", "─────", "  2  "]);
//! ```

mod block;
mod scripts;
mod set;
mod tree;

pub(super) use scripts::raised;

use block::Block;

/// A displayed formula as rows, broken before relations and sums where it is wider than `width`.
///
/// # Errors
/// What cannot be parsed.
pub fn display(latex: &str, width: usize) -> Result<Vec<String>, String> {
    let row = tree::parse(latex)?;
    Ok(set::display(&row, width).into_rows())
}

/// A formula in one row, for the middle of a line: fractions with a stroke, scripts as Unicode has them or after ^ and _.
///
/// # Errors
/// What cannot be parsed.
pub fn inline(latex: &str) -> Result<String, String> {
    let row = tree::parse(latex)?;
    let block: Block = set::inline(&row);
    Ok(block.into_rows().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width::width;
    use proptest::prelude::*;

    fn shown(latex: &str) -> String {
        let rows = display(latex, 100).unwrap_or_else(|error| panic!("{latex}: {error}"));
        format!("\n{}\n", rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn the_divergence_of_two_normals_is_set_in_two_dimensions() {
        insta::assert_snapshot!(
            "kl",
            shown(r"D_{KL} = \frac{1}{2} \sum_{j=1}^{M} \left( \mu_j^2 + \sigma_j^2 - \ln \sigma_j^2 - 1 \right)")
        );
    }

    #[test]
    fn the_formulas_of_the_lecture_can_be_read() {
        insta::assert_snapshot!(
            "vae",
            shown(r"\mathcal{L} = \mathbb{E}_{q_\phi(z|x)}[-\ln p_\theta(x|z)] + D_{KL}(q_\phi(z|x) \,\|\, p(z))")
        );
        insta::assert_snapshot!(
            "braces",
            shown(
                r"\underbrace{\mathbb{E}_q[-\ln p]}_{\text{reconstruction}} + \underbrace{D_{KL}}_{\text{KL}} = -\mathrm{ELBO}(x)"
            )
        );
        insta::assert_snapshot!(
            "bellman",
            shown(r"V^\pi(s) = \sum_a \pi(a|s) \sum_{s'} P(s'|s,a) \left[ r + \gamma V^\pi(s') \right]")
        );
        insta::assert_snapshot!("gan", shown(r"\min_G \max_D \mathbb{E}_x[\ln D(x)] + \mathbb{E}_z[\ln(1 - D(G(z)))]"));
        insta::assert_snapshot!(
            "diffusion",
            shown(r"x_t = \sqrt{\bar{\alpha}_t}\, x_0 + \sqrt{1 - \bar{\alpha}_t}\, \varepsilon")
        );
        insta::assert_snapshot!(
            "attention",
            shown(r"\hat{Q} = V \,\mathrm{softmax}\left( \frac{K^\top Q}{\sqrt{D}} \right)")
        );
        insta::assert_snapshot!("ucb", shown(r"\frac{w}{n} + c \sqrt{\frac{\ln N}{n}}"));
        insta::assert_snapshot!("matrix", shown(r"A = \begin{pmatrix} 1 & 0 \\ -x^2 & \frac{1}{2} \end{pmatrix}"));
        insta::assert_snapshot!("cases", shown(r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{else} \end{cases}"));
        insta::assert_snapshot!("integral", shown(r"p(x) = \int p_\theta(x|z)\, p(z)\, dz"));
    }

    #[test]
    fn in_a_line_a_formula_has_one_row() {
        let shown: Vec<String> = [
            r"\hat{x} = g(c)",
            r"z \sim \mathcal{N}(0, I)",
            r"x \in \mathbb{R}^L",
            r"\frac{1}{2}(\mu^2 + \sigma^2 - \ln \sigma^2 - 1)",
            r"\|x - \hat{x}\|^2",
            r"p_\theta(x|z)",
            r"\frac{a+b}{c}",
            r"W_D A",
            r"D_{KL}(q \| p)",
            r"W_E x + W_D W_E",
        ]
        .iter()
        .map(|latex| inline(latex).unwrap())
        .collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn a_space_that_is_asked_for_is_a_space() {
        for (latex, shown) in [
            (r"a\ b", "a b"),
            (r"a~b", "a b"),
            (r"a\nobreakspace b", "a b"),
            (r"x = 5\ \text{nats}", "x = 5 nats"),
            (r"a =\ b", "a = b"),
            (r"p(x)\ p(z)", "p(x) p(z)"),
            (r"\text{a~b\ c}", "a b c"),
            (r"\text{50\ \% of R\_t}", "50 % of R_t"),
            (r"\max\ x", "max x"),
        ] {
            assert_eq!(inline(latex).as_deref(), Ok(shown), "{latex}");
            assert_eq!(display(latex, 40).unwrap(), [shown], "{latex}");
        }
    }

    #[test]
    fn what_cannot_be_parsed_is_reported() {
        assert!(display(r"\frac{1}", 40).is_err());
        assert!(inline(r"\nosuchcommand x").is_err());
    }

    #[test]
    fn a_wide_formula_is_broken() {
        let latex = r"a = b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q";
        let rows = display(latex, 30).unwrap();
        assert!(rows.len() > 1 && rows.iter().all(|row| width(row) <= 30), "{rows:?}");
    }

    /// Letters, signs, and every way to write a space.
    const SPACED: [&str; 14] = [
        "a",
        "+",
        "=",
        "{",
        "}",
        "^2",
        r"\ ",
        "~",
        r"\,",
        r"\;",
        r"\quad ",
        r"\nobreakspace ",
        r"\text{b~c}",
        r"\frac{a\ b}{~}",
    ];

    #[test]
    fn formulas_without_room_go_below_each_other_and_are_not_broken_in_parentheses() {
        let latex = r"\pi(y \mid x) = \pi_0(y \mid x)\, e^{r}, \qquad Z(x) = \sum_y \pi_0(y \mid x)\, e^{r}";
        let rows = display(latex, 44).unwrap();
        let text = rows.join("\n");
        assert!(rows.iter().all(|row| width(row) <= 44), "{text}");
        assert!(rows.iter().any(|row| row.trim_end().starts_with("Z(x) = ")), "{text}");
        assert_eq!(text.matches("(y ∣ x)").count(), 3, "{text}");
        assert_eq!(display(latex, 80).unwrap().len(), display(r"\sum_y a", 80).unwrap().len(), "all in one line");
        // One that has no room otherwise is broken anywhere.
        let rows = display("f(a + b + c + d + e + f + g + h + i + j)", 20).unwrap();
        assert!(rows.len() > 1 && rows.iter().all(|row| width(row) <= 20 && !row.contains('…')), "{rows:?}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_rows_have_one_width(latex in r"[a-c0-9 +=\-^_{}()\\|&]{0,30}", room in 1_usize..60) {
            if let Ok(rows) = display(&latex, room) {
                let widths: Vec<usize> = rows.iter().map(|row| width(row)).collect();
                prop_assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{rows:?}");
            }
            let _ = inline(&latex);
        }

        #[test]
        fn no_space_is_written_as_html_has_it(parts in prop::collection::vec(prop::sample::select(SPACED.to_vec()), 1..12)) {
            let latex = parts.concat();
            if let Ok(rows) = display(&latex, 80) {
                prop_assert!(rows.iter().all(|row| !row.contains(['&', ';', '~'])), "{latex}: {rows:?}");
            }
            if let Ok(row) = inline(&latex) {
                prop_assert!(!row.contains(['&', ';', '~']), "{latex}: {row}");
            }
        }

        #[test]
        fn every_known_command_can_be_nested(parts in prop::collection::vec(0..8_usize, 1..6)) {
            let mut latex = "x".to_owned();
            for part in parts {
                latex = match part {
                    0 => format!(r"\frac{{{latex}}}{{2}}"),
                    1 => format!(r"\sqrt{{{latex}}}"),
                    2 => format!(r"y_{{{latex}}}"),
                    3 => format!(r"\sum_{{i=1}}^{{n}} {latex}"),
                    4 => format!(r"\left( {latex} \right]"),
                    5 => format!(r"\hat{{{latex}}}"),
                    6 => format!(r"e^{{{latex}}}_k"),
                    _ => format!(r"\begin{{pmatrix}} {latex} & 1 \\ 0 & {latex} \end{{pmatrix}}"),
                };
            }
            let rows = display(&latex, 200).unwrap();
            prop_assert!(rows.iter().all(|row| width(row) == width(&rows[0])));
        }
    }
}
