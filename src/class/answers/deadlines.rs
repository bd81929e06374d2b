//! Until when exercises are to be solved.

use crate::class::table::Table;
use crate::experiment::{Bilingual, Wording};
use crate::intake::Purpose;
use crate::lab::Catalogue;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::Path;

const DEADLINES: Purpose = Purpose::new(
    Wording::new(
        "rows of lab, perhaps exercise, and deadline below the names of these columns, a deadline as 2026-12-01 23:59 or 2026-12-01T23:59:00+09:00, `*` for all labs or exercises",
        "列名 lab, exercise(省略可), deadline の下の行。締め切りは 2026-12-01 23:59 または 2026-12-01T23:59:00+09:00、`*` はすべてのラボ・演習",
    ),
    1 << 20,
);
/// Stands for all.
const ALL: &str = "*";

/// Deadlines of labs and exercises.
#[derive(Debug, Default)]
pub struct Deadlines {
    /// By lab and exercise; none for all.
    of: BTreeMap<(Option<String>, Option<String>), Timestamp>,
    /// What was odd about the file.
    pub notes: Vec<Bilingual>,
}

impl Deadlines {
    /// Reads a file; times without an offset are those of this machine's zone.
    ///
    /// # Errors
    /// When it names no lab or exercise that there is, holds no time, or something twice: one line with the file, the line and what is
    /// expected.
    pub fn read(path: &Path, catalogue: &Catalogue) -> Result<Self, String> {
        Self::read_in(path, catalogue, &TimeZone::system())
    }

    fn read_in(path: &Path, catalogue: &Catalogue, zone: &TimeZone) -> Result<Self, String> {
        let table = Table::read(path, &DEADLINES)?;
        let [lab, exercise, deadline] = ["lab", "exercise", "deadline"].map(|column| table.column(column));
        if lab.is_none() || deadline.is_none() {
            return Err(table.fault(1, "no column lab or none deadline"));
        }
        let mut deadlines = Deadlines { notes: table.notes.clone(), ..Deadlines::default() };
        for row in table.rows() {
            let fault = |why: &str| table.fault(row.line, why);
            let of = |text: &str| (!text.is_empty() && text != ALL).then(|| text.to_owned());
            let (lab, exercise) = (of(row.cell(lab)), of(row.cell(exercise)));
            if let Some(lab) = &lab {
                let lab = catalogue.find(lab).map_err(|error| fault(&error))?;
                if let Some(exercise) =
                    exercise.as_ref().filter(|id| !lab.exercises.iter().any(|known| known.id == **id))
                {
                    return Err(fault(&format!("the lab {} has no exercise `{exercise}`", lab.id)));
                }
            } else if let Some(exercise) = &exercise {
                return Err(fault(&format!("the exercise `{exercise}` without its lab")));
            }
            let text = row.cell(deadline);
            let at = time(text, zone).ok_or_else(|| fault(&format!("`{text}` is no time")))?;
            if deadlines.of.insert((lab, exercise), at).is_some() {
                return Err(fault("a second deadline for the same"));
            }
        }
        Ok(deadlines)
    }

    /// The deadline of an exercise: its own, else that of its lab, else that of all.
    pub fn of(&self, lab: &str, exercise: &str) -> Option<Timestamp> {
        let (lab, exercise) = (Some(lab.to_owned()), Some(exercise.to_owned()));
        let keys = [(lab.clone(), exercise), (lab, None), (None, None)];
        keys.iter().find_map(|key| self.of.get(key)).copied()
    }
}

/// A time as people and programs write it.
fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    // Spreadsheets write slashes.
    let text = text.replace('/', "-").replace('T', " ");
    let local = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"].iter().find_map(|form| DateTime::strptime(form, &text).ok())?;
    zone.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Deadlines, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deadlines.csv");
        std::fs::write(&path, text).unwrap();
        let catalogue = Catalogue::load(Path::new("/nowhere"), None);
        Deadlines::read_in(&path, &catalogue, &TimeZone::fixed(jiff::tz::offset(9)))
    }

    fn exercise(lab: &str) -> String {
        Catalogue::load(Path::new("/nowhere"), None).find(lab).unwrap().exercises[0].id.clone()
    }

    #[test]
    fn the_deadline_of_an_exercise_is_the_nearest_that_is_named() {
        let own = exercise("vae");
        let text = format!(
            "lab,exercise,deadline\n*,*,2026-12-01 23:59\nvae,,2026/12/2 0:30\nvae,{own},2026-12-03T10:00:00Z\ngan,*,2026-12-04 10:00:30\n"
        );
        let deadlines = read(&text).unwrap();
        let of = |lab: &str, exercise: &str| deadlines.of(lab, exercise).unwrap().to_string();
        assert_eq!(of("vae", &own), "2026-12-03T10:00:00Z");
        assert_eq!(of("vae", "other"), "2026-12-01T15:30:00Z");
        assert_eq!(of("gan", "any"), "2026-12-04T01:00:30Z");
        assert_eq!(of("kl", "any"), "2026-12-01T14:59:00Z");
        assert_eq!(read("lab,deadline\nvae,2026-12-01T00:00+09:00\n").unwrap().of("gan", "any"), None);
    }

    #[test]
    fn a_wrong_file_is_told_with_its_line() {
        for (text, told) in [
            ("vae,2026-12-01 23:59\n", ":1: no column lab or none deadline"),
            ("lab,deadline\nvea,2026-12-01 23:59\n", ":2: unknown lab `vea`: did you mean `vae`?"),
            ("lab,exercise,deadline\nvae,none,2026-12-01 23:59\n", ":2: the lab vae has no exercise `none`"),
            ("lab,exercise,deadline\n*,kl,2026-12-01 23:59\n", ":2: the exercise `kl` without its lab"),
            ("lab,deadline\nvae,tomorrow\n", ":2: `tomorrow` is no time"),
            ("lab,deadline\nvae,2026-12-01\n", ":2: `2026-12-01` is no time"),
            ("lab,deadline\nvae,2026-13-01 10:00\n", "is no time"),
            ("lab,deadline\nvae,2026-12-01 23:59\nvae,2026-12-02 23:59\n", ":3: a second deadline for the same"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told) && error.contains("expected rows of lab"), "{text:?}: {error}");
        }
    }
}
