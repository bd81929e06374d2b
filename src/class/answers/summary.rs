//! How far an account is, in few words: for a table that is shown anew every few seconds.

use crate::class::name::Name;
use crate::lab::{Catalogue, Lab, Record};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far an account is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Empty for a student of the roster who has none yet.
    pub account: String,
    /// The labs of which something was tried or solved, in the order of the catalogue.
    pub labs: Vec<LabSummary>,
    /// What was solved last.
    pub last: Option<Solved>,
}

/// How far an account is with a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabSummary {
    pub lab: String,
    pub solved: usize,
    pub total: usize,
    /// Exercises that were tried and are not solved.
    pub tried: Vec<String>,
}

/// An exercise that was solved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solved {
    pub lab: String,
    pub exercise: String,
    /// RFC 3339.
    pub at: String,
}

/// How far an account is that has these records.
pub fn summary(account: &Name, records: &[Record], catalogue: &Catalogue) -> Summary {
    let labs = catalogue.labs();
    let of = |lab: &&Lab| of_lab(lab, records.iter().filter(|record| record.lab == lab.id));
    let is_known = |record: &&Record| {
        labs.iter().any(|lab| lab.id == record.lab && lab.exercises.iter().any(|known| known.id == record.exercise))
    };
    let solved = records.iter().filter(is_known).filter_map(|record| {
        let at = record.solved_at.clone()?;
        Some(Solved { lab: record.lab.clone(), exercise: record.exercise.clone(), at })
    });
    let last = solved.max_by_key(|solved| solved.at.parse::<Timestamp>().ok());
    Summary { account: account.to_string(), labs: labs.iter().filter_map(of).collect(), last }
}

/// None for a lab of which nothing was tried.
fn of_lab<'a>(lab: &Lab, records: impl Iterator<Item = &'a Record>) -> Option<LabSummary> {
    let known = |record: &&Record| lab.exercises.iter().any(|exercise| exercise.id == record.exercise);
    let (solved, open): (Vec<_>, Vec<_>) = records.filter(known).partition(|record| record.solved_at.is_some());
    let tried: Vec<String> =
        open.iter().filter(|record| record.attempts > 0).map(|record| record.exercise.clone()).collect();
    let is_begun = !solved.is_empty() || !tried.is_empty();
    is_begun.then(|| LabSummary { lab: lab.id.clone(), solved: solved.len(), total: lab.exercises.len(), tried })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::accounts::{self, Answers};
    use crate::lab::Progress;
    use std::path::Path;

    #[test]
    fn a_summary_names_what_was_tried_and_what_was_solved_last() {
        let server = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::load(Path::new("/nowhere"), None);
        let anna: Name = "anna".parse().unwrap();
        let summary = || {
            summary(
                &anna,
                &Answers::read(server.path(), std::slice::from_ref(&anna)).unwrap().take(&anna).unwrap(),
                &catalogue,
            )
        };
        assert_eq!(summary().labs, []);
        let progress = Progress::of(accounts::open_progress(server.path()).unwrap(), "anna");
        let [vae, gan] = ["vae", "gan"].map(|lab| catalogue.find(lab).unwrap());
        let [first, second, third] = [0, 1, 2].map(|index| vae.exercises[index].id.as_str());
        progress.attempt("vae", first, "", Some("2026-01-01T09:00:00Z")).unwrap();
        progress.attempt("gan", &gan.exercises[0].id, "", Some("2026-01-01T10:00:00Z")).unwrap();
        progress.attempt("vae", second, "", None).unwrap();
        progress.set_hints("vae", third, 1).unwrap();
        progress.attempt("gone", "x", "", Some("2027-01-01T10:00:00Z")).unwrap();
        let found = summary();
        let expected = serde_json::json!({
            "account": "anna",
            "labs": [
                {"lab": "vae", "solved": 1, "total": vae.exercises.len(), "tried": [second]},
                {"lab": "gan", "solved": 1, "total": gan.exercises.len(), "tried": []},
            ],
            "last": {"lab": "gan", "exercise": gan.exercises[0].id, "at": "2026-01-01T10:00:00Z"},
        });
        assert_eq!(serde_json::to_value(&found).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Summary>(expected).unwrap(), found);
    }
}
