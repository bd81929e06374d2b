//! `shinso compare-generators`: the three generators of digits measured alike.

use crate::data::Mnist;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::Language;
use crate::generative::classifier::Judge;
use crate::generative::compare::{self, Line};
use crate::printer::{json_line, print};
use crate::registry;

pub fn run(environment: &Environment, json: bool) -> Exit {
    let lines = registry::generators(&environment.source).and_then(|generators| {
        let (mnist, judge) = (Mnist::of(&environment.source)?, Judge::bundled()?);
        compare::measure(&generators, &mnist, &judge)
    });
    let lines = match lines {
        Ok(lines) => lines,
        Err(failure) => return Exit::failed(failure),
    };
    let text = if json { lines.iter().map(json_line).collect() } else { table(&lines, environment.language) };
    print(&text)
}

/// A table in plain text.
fn table(lines: &[Line], language: Language) -> String {
    let heads = match language {
        Language::En => ["", "FD", "Parzen (nats)", "classes ≥ 4 %", "training (s)", "1,000 samples (s)"],
        Language::Ja => ["", "FD", "Parzen (nats)", "4 % 以上の字種", "学習 (秒)", "1,000 枚の生成 (秒)"],
    };
    let rows = lines.iter().map(|line| {
        let number =
            |value: Option<f64>, digits: usize| value.map_or("–".to_owned(), |value| format!("{value:.digits$}"));
        [
            line.name.clone(),
            format!("{:.1}", line.feature_distance),
            format!("{:.1} ± {:.1}", line.parzen_mean, line.parzen_standard_error),
            format!("{}/10", line.classes_covered),
            number(line.train_seconds, 0),
            number(line.sampling_seconds_1000, 2),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(heads.map(str::to_owned)).chain(rows).collect();
    let width = |text: &str| crate::width::width(text);
    let widths: Vec<usize> =
        (0..6).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0)).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths).map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide - width(cell))));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
