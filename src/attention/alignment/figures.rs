//! What the preset `long` gave: exact match on `reverse` by the length of the source, with attention and without. The
//! analogue of figure 2 of Bahdanau et al. 2014.

use crate::attention::sequences::show;
use crate::experiment::{Bilingual, ExperimentError, Panel};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The run that gave it, kept by `assets/models/make`.
const RUN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/attention/long.yaml"));

#[derive(Deserialize)]
struct Run {
    report: Reported,
}

#[derive(Deserialize)]
struct Reported {
    alignments: BTreeMap<String, Figures>,
}

#[derive(Deserialize)]
struct Figures {
    exact_match_by_length: BTreeMap<String, f64>,
}

/// Exact match by the length of the source, for each alignment of the run.
fn measured() -> Result<BTreeMap<String, BTreeMap<usize, f64>>, ExperimentError> {
    let broken = |error: String| ExperimentError::new(format!("long.yaml of the bundled model: {error}"));
    let run: Run = serde_yaml::from_str(RUN).map_err(|error| broken(error.to_string()))?;
    let curve = |(name, figures): (String, Figures)| {
        let by_length = figures.exact_match_by_length.into_iter();
        let by_length = by_length.map(|(length, share)| Ok((length.parse().map_err(|_| broken(length))?, share)));
        Ok((name, by_length.collect::<Result<_, ExperimentError>>()?))
    };
    run.report.alignments.into_iter().map(curve).collect()
}

/// The curves of all alignments.
pub(super) fn panels() -> Result<Vec<Panel>, ExperimentError> {
    let curves: Vec<_> = measured()?.into_iter().map(|(name, curve)| (Bilingual::same(name), curve)).collect();
    let preset = Bilingual::new(
        "Measured after the preset `long` (strings of 5 to 60 letters to be reversed, seed 1), not by the model at hand.",
        "プリセット `long`(5〜60 文字の文字列を逆順にする課題、シード 1)の学習後に計測した値です。いま選ばれているモデルの値ではありません。",
    );
    Ok(vec![show::length_panel(&curves), Panel::Note { text: preset }])
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::attention::alignment::EXPERIMENT;

    /// A row of a table of the theory.
    fn row(begins: &str) -> &'static str {
        let mut rows = EXPERIMENT.lab.unwrap().1.lines().map(str::trim);
        rows.find(|row| row.starts_with(begins) && row.contains('%')).expect("a row of the theory")
    }

    /// A share as the theory writes it.
    fn written(share: f64) -> String {
        let percent = format!("{:.1}", 100.0 * share);
        format!("| {} % |", percent.strip_suffix(".0").unwrap_or(&percent))
    }

    #[test]
    fn the_theory_quotes_the_figure() {
        let measured = measured().unwrap();
        assert!(measured["additive"][&60] >= 0.98 && measured["plain"][&60] <= 0.5, "{measured:?}");
        for (name, begins) in [("additive", "| additive"), ("plain", "| plain")] {
            for length in [5, 10, 20, 40, 60] {
                assert!(row(begins).contains(&written(measured[name][&length])), "{name} at {length}: {}", row(begins));
            }
        }
        assert!(panels().unwrap().iter().all(|panel| panel.problem().is_none()));
    }

    #[test]
    fn the_theory_quotes_the_bundled_model() {
        #[derive(Deserialize)]
        struct Run {
            report: Reported,
        }
        #[derive(Deserialize)]
        struct Reported {
            alignments: BTreeMap<String, Exact>,
        }
        #[derive(Deserialize)]
        struct Exact {
            exact_match: f64,
        }
        let run: Run = serde_yaml::from_str(EXPERIMENT.bundled.run).unwrap();
        for (name, Exact { exact_match }) in run.report.alignments {
            let row = row(&format!("| `{name}`"));
            assert!(row.contains(&written(exact_match)), "{name} {exact_match}: {row}");
        }
    }
}
