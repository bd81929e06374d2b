//! Figures in the texts of labs against the reports of the bundled models that they are of: a model that is made again cannot leave an old
//! figure behind. `tests/figures.tsv` names each: the lab file, the model, the key of its report, the factor and the decimals that it is
//! written with, and a part of the one line that says it.

use serde_yaml::Value;
use std::fs;
use std::path::Path;

/// A figure as it is written, with a plain minus and without spaces or commas between thousands.
fn plain(text: &str) -> String {
    let letters: Vec<char> = text.replace('−', "-").chars().collect();
    let is_digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let between = |at: usize| at > 0 && is_digit(at - 1) && (at + 1..=at + 3).all(is_digit) && !is_digit(at + 4);
    let kept =
        letters.iter().enumerate().filter(|(at, letter)| !(matches!(letter, ',' | ' ' | '\u{a0}') && between(*at)));
    kept.map(|(_, letter)| *letter).collect()
}

/// Whether a number stands in a text, not as a part of a longer one.
fn has_number(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + number.len()..].chars();
        let goes_on = match after.next() {
            Some('.') => after.next().is_some_and(|letter| letter.is_ascii_digit()),
            Some(letter) => letter.is_ascii_digit(),
            None => false,
        };
        !goes_on && !before.is_some_and(|letter| letter.is_ascii_digit() || letter == '.')
    })
}

#[test]
fn a_number_is_found_however_it_is_written() {
    assert_eq!(plain("−45.5 of 1,082,680 and 12 000, 3 of 4"), "-45.5 of 1082680 and 12000, 3 of 4");
    assert!(has_number("is 0.12°", "0.12") && has_number("ends at 14.", "14"));
    assert!(!has_number("0.123", "0.12") && !has_number("10.12", "0.12") && !has_number("14.2", "14"));
}

#[test]
fn figures_in_texts_are_those_of_the_bundled_models() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let table = read("tests/figures.tsv");
    let mut wrong = Vec::new();
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [lab, model, key, factor, decimals, part] = columns[..] else { panic!("six columns: {row}") };
        let text = read(&format!("labs/{lab}"));
        let report: Value = serde_yaml::from_str(&read(&format!("assets/models/{model}/run.yaml"))).expect("YAML");
        let value = key.split('.').try_fold(&report["report"], |value, key| value.get(key)).and_then(Value::as_f64);
        let Some(value) = value else {
            wrong.push(format!("{model}: no figure `{key}` in run.yaml"));
            continue;
        };
        let [factor, decimals]: [f64; 2] = [factor, decimals].map(|number| number.parse().expect("a number"));
        let written = format!("{:.*}", decimals as usize, value * factor);
        match text.matches(part).count() {
            1 if has_number(&plain(part), &written) => {}
            1 => wrong.push(format!("{lab}: `{part}`, but {key} of {model} is {written}")),
            count => wrong.push(format!("{lab}: `{part}` stands there {count} times, expected once")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
