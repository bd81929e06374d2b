//! From the text of a lab file to a lab, or to all that is wrong with it.

use super::check::check;
use super::definition::Lab;
use super::spans::{self, Place, Spans};
use crate::experiment::knob::nearest;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is wrong with a lab file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}:{line}:{column}: {message}", file.display())]
pub struct LabError {
    pub file: PathBuf,
    /// From 1; so is the column.
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// Parses and checks a lab file.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn parse(file: &Path, text: &str) -> Result<Lab, Vec<LabError>> {
    let located = |place: Place, message: String| LabError {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        // One line, though what is quoted of a broken file may have several.
        message: message.replace(['\n', '\r'], " "),
    };
    let (spans, faults) = spans::read(text);
    let mut errors: Vec<LabError> = faults.into_iter().map(|(place, message)| located(place, message)).collect();
    if errors.is_empty() {
        match deserialise(text, &spans) {
            Ok(lab) => {
                let found = check(&lab, file);
                errors.extend(found.into_iter().map(|(path, message)| located(spans.place(&path), message)));
                if errors.is_empty() {
                    return Ok(lab);
                }
            }
            Err((place, message)) => errors.push(located(place, message)),
        }
    }
    errors.sort_by_key(|error| (error.line, error.column));
    Err(errors)
}

fn deserialise(text: &str, spans: &Spans) -> Result<Lab, (Place, String)> {
    let deserializer = serde_yaml::Deserializer::from_str(text);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let message = error.into_inner().to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        // The deserialiser repeats the path in front of its message, or that of a part of it.
        let own = message.split_once(": ").filter(|(own, _)| !own.is_empty() && path.starts_with(own));
        let message = own.map_or(message, |(_, message)| message);
        explain(&path, message, spans)
    })
}

/// The place that a message is about, and the message in words that name the way out.
fn explain(path: &str, message: &str, spans: &Spans) -> (Place, String) {
    let mut names = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let kind = if message.starts_with("unknown field") { "key" } else { "name" };
        let unknown = names.next().unwrap_or_default();
        let known: Vec<&str> = names.collect();
        let own = if path.is_empty() { unknown.to_owned() } else { format!("{path}.{unknown}") };
        let place = if spans.contains(&own) { spans.place(&own) } else { spans.place(path) };
        let hint = match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of {}", known.join(", ")),
        };
        return (place, format!("unknown {kind} `{unknown}`: {hint}"));
    }
    if message.starts_with("missing field") {
        let missing = names.next().unwrap_or_default();
        let message = match missing {
            "en" | "ja" => format!("missing translation `{missing}`: every text has en and ja"),
            _ => format!("missing key `{missing}`"),
        };
        return (spans.place(path), message);
    }
    (spans.place(path), message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = include_str!("../../labs/07-vae.yaml");

    fn errors(text: &str) -> Vec<String> {
        let errors = parse(Path::new("07-vae.yaml"), text).err().unwrap_or_default();
        errors.iter().map(ToString::to_string).collect()
    }

    /// The line of the first occurrence of some text.
    fn line_of(text: &str, part: &str) -> usize {
        text[..text.find(part).expect("a part of the file")].lines().count() + usize::from(!part.starts_with('\n'))
    }

    #[track_caller]
    fn one_change(from: &str, to: &str, message: &str) {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let found = errors(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(message), "{}", found[0]);
        let line: usize = found[0].split(':').nth(1).unwrap().parse().unwrap();
        let around = line_of(GOOD, from.trim_start());
        assert!(line.abs_diff(around) <= 1, "line {line}, expected about {around}: {}", found[0]);
    }

    #[test]
    fn the_lab_that_ships_is_good() {
        assert_eq!(errors(GOOD), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_at_its_place() {
        one_change("\npresets:", "\npreset:", "unknown key `preset`: did you mean `presets`?");
        one_change("\nchapter: 2", "\nchapter: two", "invalid type: string \"two\", expected u8");
        one_change("\nchapter: 2", "\nchapter: 2\nchapter: 2", "duplicate key `chapter`");
        one_change("\nexperiment: vae", "\nexperiment: vea", "unknown experiment `vea`: did you mean `vae`?");
        one_change(
            "name: learning_rate",
            "name: lerning_rate",
            "unknown knob `lerning_rate`: did you mean `learning_rate`?",
        );
        one_change("name: train/elbo", "name: train/elob", "unknown series `train/elob`: did you mean `train/elbo`?");
        one_change("name: samples", "name: sample", "unknown view `sample`: did you mean `samples`?");
        one_change(
            "after: collapse",
            "after: colapse",
            "unknown exercise before it `colapse`: did you mean `collapse`?",
        );
        // Of itself, and of one behind it, it could never be earned.
        one_change("after: collapse", "after: cure", "unknown exercise before it `cure`");
        one_change("state: digits_morphed", "state: morph_done", "unknown state `morph_done`");
        one_change(
            "instrument: latent_plane",
            "instrument: latent_plan",
            "unknown name `latent_plan`: did you mean `latent_plane`?",
        );
        one_change("condition: val/elbo >=", "condition: val/elbo =>", "`=>` is no comparison");
    }

    #[test]
    fn a_script_that_cannot_work_is_told_at_its_place() {
        one_change(
            "{pane: latent_plane}",
            "{pane: latent_plan}",
            "unknown pane `latent_plan`: did you mean `latent_plane`?",
        );
        one_change("{start: quick}", "{start: quik}", "unknown preset `quik`: did you mean `quick`?");
        one_change("{pane: latent_plane}", "{tab: trian}", "unknown tab `trian`: did you mean `train`?");
        one_change("{start: quick}", "{wait: 2}", "unknown name `wait`");
        one_change("{start: quick}", "{start: quick}, {act: kick}", "unknown action `kick`");
        one_change("{start: quick}", "{start: quick}, {key: rite}", "unknown key `rite`");
        one_change("{start: quick}", "{start: quick}, {type: ''}", "expected letters to type");
        one_change("{kl_weight: 4}", "{kl_wait: 4}", "unknown knob `kl_wait`: did you mean `kl_weight`?");
        one_change("{kl_weight: 4}", "{latent: 4}", "knob `latent` cannot be turned while a run goes on");
        one_change("{kl_weight: 4}", "{kl_weight: -4}", "kl_weight");
        one_change("point: ELBO", "point: ELBOW", "unknown pane `ELBOW`: did you mean `ELBO`?");
        one_change("until: finished", "until: finishd", "until `finishd`: expected key, finished, answer");
        one_change("until: finished", "until: 5", "expected");
        one_change("until: finished", "until: val/elob >= 1", "unknown series `val/elob`: did you mean `val/elbo`?");
        one_change("{pane: latent_plane}", "{set: {kl_weight: 4}}", "no step before has a `start`");
    }

    #[test]
    fn a_missing_translation_is_reported() {
        let title = GOOD.lines().find(|line| line.trim_start().starts_with("ja:")).unwrap();
        let found = errors(&GOOD.replacen(&format!("{title}\n"), "", 1));
        assert!(found[0].contains("missing translation `ja`"), "{found:?}");
    }

    #[test]
    fn a_lab_belongs_in_a_file_of_its_name() {
        let errors = parse(Path::new("labs/09-gan.yaml"), GOOD).unwrap_err();
        assert!(errors[0].to_string().starts_with("labs/09-gan.yaml:1:"), "{}", errors[0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_damaged_file_never_panics_and_its_errors_lie_in_it(
            at in 0.0..1.0_f64, length in 0_usize..200, with in "[ a-z:\\-\\[\\]{}&*\n\t]{0,12}"
        ) {
            let boundary = |place: usize| (0..=place).rev().find(|&p| GOOD.is_char_boundary(p)).unwrap_or(0);
            let start = boundary((at * GOOD.len() as f64) as usize);
            let end = boundary((start + length).min(GOOD.len()));
            let text = format!("{}{with}{}", &GOOD[..start], &GOOD[end..]);
            if let Err(errors) = parse(Path::new("07-vae.yaml"), &text) {
                for error in errors {
                    prop_assert!((1..=text.lines().count() + 1).contains(&error.line), "{}", error);
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
        }
    }
}
