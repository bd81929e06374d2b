//! What a student earned on their own machine, as a file to hand in.
//!
//! A line of JSON: `{"hand_in": {…}, "sha256": "…"}`. The sum is over what stands under `hand_in`, written as compact JSON in this
//! order of its keys, so that a file that was cut or changed by accident is noticed. It protects from nobody who means to: whoever can
//! run the program can make any such file. What comes in by one is marked as handed in.

use crate::experiment::{Bilingual, ExperimentError};
use crate::intake::digest;
use crate::lab::{Catalogue, Origin, Progress, Record};
use crate::printer::sign_of;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Bytes of a file at most.
pub const MOST: u64 = 4 << 20;
const FORMAT: &str = "shinso hand-in";
const VERSION: u32 = 1;
/// Exercises of a file at most; what may stand in each, [`Record::check`] says.
const EXERCISES: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    hand_in: HandIn,
    sha256: String,
}

/// What is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandIn {
    format: String,
    version: u32,
    /// The version of the program that wrote it.
    program: String,
    /// RFC 3339.
    written_at: String,
    exercises: Vec<Earned>,
}

/// An exercise that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Earned {
    lab: String,
    exercise: String,
    attempts: u32,
    hints: u32,
    solved_at: Option<String>,
    answer: Option<String>,
}

/// As much of a file as every version has.
#[derive(Deserialize)]
struct Beginning {
    hand_in: Kind,
}

#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u32,
}

impl HandIn {
    /// What some records come to; a text that was begun and not handed in is left out.
    pub fn of(records: &[Record], now: Timestamp) -> Self {
        let is_tried = |record: &&Record| record.attempts > 0 || record.hints > 0 || record.solved_at.is_some();
        let earned = |record: &Record| Earned {
            lab: record.lab.clone(),
            exercise: record.exercise.clone(),
            attempts: record.attempts,
            hints: record.hints,
            solved_at: record.solved_at.clone(),
            answer: record.answer.as_deref().filter(|_| record.attempts > 0).map(seen),
        };
        HandIn {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            written_at: now.to_string(),
            exercises: records.iter().filter(is_tried).map(earned).collect(),
        }
    }

    /// How many exercises were tried, and how many of them solved.
    pub fn counts(&self) -> (usize, usize) {
        (self.exercises.len(), self.exercises.iter().filter(|earned| earned.solved_at.is_some()).count())
    }

    fn sum(&self) -> String {
        digest::whole(Sha256::digest(serde_json::to_vec(self).expect("plain data")))
    }

    /// With its sum, as it is written.
    pub fn sealed(self) -> impl Serialize {
        Sealed { sha256: self.sum(), hand_in: self }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is no such file, is of a later version, was cut or changed, or holds what no program of ours writes.
    pub fn read(bytes: &[u8]) -> Result<Self, ExperimentError> {
        if bytes.len() as u64 > MOST {
            let most = MOST >> 20;
            return Err(ExperimentError::both(
                format!("more than {most} MB; expected a file that `shinso hand-in FILE` wrote"),
                format!("{most} MB を超えています。`shinso hand-in FILE` で作ったファイルを指定してください"),
            ));
        }
        let beginning: Beginning = serde_json::from_slice(bytes).map_err(|error| no_hand_in(&error.to_string()))?;
        let Kind { format, version } = beginning.hand_in;
        if format != FORMAT {
            return Err(no_hand_in("another format"));
        }
        if version != VERSION {
            return Err(ExperimentError::both(
                format!("version {version}, this shinso reads {VERSION}; use the same version of shinso on both sides"),
                format!(
                    "バージョン {version} です。この shinso が読めるのは {VERSION} です。両方で同じ版の shinso を使ってください"
                ),
            ));
        }
        let sealed: Sealed = serde_json::from_slice(bytes).map_err(|error| no_hand_in(&error.to_string()))?;
        if sealed.hand_in.sum() != sealed.sha256 {
            return Err(ExperimentError::both(
                "was cut or changed after it was written; write it anew with `shinso hand-in FILE`",
                "作成後に内容が欠けたか変わっています。`shinso hand-in FILE` で作り直してください",
            ));
        }
        sealed.hand_in.check()?;
        Ok(sealed.hand_in)
    }

    /// Whether what it holds is within what a program of ours writes.
    fn check(&self) -> Result<(), ExperimentError> {
        if self.exercises.len() > EXERCISES {
            return Err(no_hand_in("too many exercises"));
        }
        if self.written_at.parse::<Timestamp>().is_err() {
            return Err(no_hand_in("written_at is no time"));
        }
        let mut seen = BTreeSet::new();
        for (number, earned) in (1..).zip(&self.exercises) {
            let fault = |why: &str| Err(no_hand_in(&format!("exercise {number}: {why}")));
            if let Err(why) = earned.record().check() {
                return fault(why);
            }
            if !seen.insert((&earned.lab, &earned.exercise)) {
                return fault("a second time");
            }
            let answer = earned.answer.as_deref().unwrap_or_default();
            if answer.chars().any(acts) {
                return fault("a control character in its answer");
            }
        }
        Ok(())
    }

    /// Takes what is handed in into somebody's progress, beside what they have earned there; exercises of no lab of the catalogue are left
    /// out.
    ///
    /// # Errors
    /// When it cannot be kept; nothing is then.
    pub fn take(&self, progress: &Progress, catalogue: &Catalogue) -> Result<Taken, String> {
        let is_known = |earned: &&Earned| {
            let lab = catalogue.labs().into_iter().find(|lab| lab.id == earned.lab);
            lab.is_some_and(|lab| lab.exercises.iter().any(|exercise| exercise.id == earned.exercise))
        };
        let (known, unknown): (Vec<_>, Vec<_>) = self.exercises.iter().partition(is_known);
        let records: Vec<Record> = known.into_iter().map(Earned::record).collect();
        let solved = progress.take_in(&records)?;
        let unknown = unknown.into_iter().map(|earned| format!("{}/{}", earned.lab, earned.exercise)).collect();
        Ok(Taken { exercises: records.len(), solved, unknown })
    }
}

impl Earned {
    fn record(&self) -> Record {
        Record {
            lab: self.lab.clone(),
            exercise: self.exercise.clone(),
            solved_at: self.solved_at.clone(),
            attempts: self.attempts,
            hints: self.hints,
            answer: self.answer.clone(),
            origin: Origin::HandedIn,
        }
    }
}

/// What came of handing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Exercises that were taken in.
    pub exercises: usize,
    /// Those of them that are solved by it, and were not before.
    pub solved: u32,
    /// Exercises that no lab here has.
    pub unknown: Vec<String>,
}

impl Taken {
    /// In words, a line each.
    pub fn wording(&self) -> Bilingual {
        let Taken { exercises, solved, unknown } = self;
        let mut said = Bilingual::new(
            format!("{exercises} exercises taken in, {solved} of them newly solved\n"),
            format!("{exercises} 問を受け取りました。新たに解けたものは {solved} 問です\n"),
        );
        if !unknown.is_empty() {
            let names = unknown.join(", ");
            said.en.push_str(&format!("left out, as no lab here has them: {names}\n"));
            said.ja.push_str(&format!("ここのラボにないため除いたもの: {names}\n"));
        }
        said
    }
}

fn no_hand_in(why: &str) -> ExperimentError {
    ExperimentError::both(
        format!("no file to hand in ({why}); expected one that `shinso hand-in FILE` wrote"),
        format!("提出用のファイルではありません({why})。`shinso hand-in FILE` で作ったファイルを指定してください"),
    )
}

fn acts(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t')
}

/// An answer in which everything can be seen, whatever was pasted into it.
fn seen(answer: &str) -> String {
    let lines = answer.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().map(|letter| if acts(letter) { sign_of(letter) } else { letter.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::progress::ANSWER;
    use crate::printer::json_line;
    use proptest::prelude::*;
    use std::path::Path;

    fn record(exercise: &str, solved_at: Option<&str>, attempts: u32, answer: &str) -> Record {
        Record {
            lab: "vae".into(),
            exercise: exercise.into(),
            solved_at: solved_at.map(str::to_owned),
            attempts,
            hints: 0,
            answer: Some(answer.into()),
            origin: Origin::Here,
        }
    }

    fn written(records: &[Record]) -> String {
        json_line(&HandIn::of(records, Timestamp::UNIX_EPOCH).sealed())
    }

    const SOLVED: Option<&str> = Some("2026-01-01T00:00:00Z");

    #[test]
    fn what_was_written_is_read_and_a_change_is_noticed() {
        let text = written(&[
            record("a", SOLVED, 2, "1\r\nescape \u{1b}[2J \u{85} 日本語 \u{202e} \"\\"),
            record("b", None, 0, "a draft"),
            record("c", None, 3, "wrong"),
        ]);
        let read = HandIn::read(text.as_bytes()).unwrap();
        assert_eq!(read.counts(), (2, 1));
        assert_eq!(read.exercises[0].answer.as_deref(), Some("1\nescape ␛[2J ‹85› 日本語 \u{202e} \"\\"));
        for cut in 1..text.len() - 1 {
            assert!(HandIn::read(&text.as_bytes()[..cut]).is_err(), "{cut}");
        }
        let changed = HandIn::read(text.replace("\"attempts\":2", "\"attempts\":1").as_bytes()).unwrap_err();
        assert!(changed.to_string().contains("was cut or changed"), "{changed}");
        // Another layout is no change.
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(HandIn::read(serde_json::to_string_pretty(&value).unwrap().as_bytes()).is_ok());
        let later = HandIn::read(text.replace("\"version\":1", "\"version\":2,\"more\":1").as_bytes()).unwrap_err();
        assert!(later.to_string().contains("version 2, this shinso reads 1"), "{later}");
    }

    #[test]
    fn what_no_program_of_ours_writes_is_refused() {
        let good = |exercise: &str, answer: &str| record(exercise, SOLVED, 1, answer);
        for (records, told) in [
            (vec![good("../x", "")], "exercise 1: its name is none"),
            (vec![good("a\u{1b}[2J", "")], "its name is none"),
            (vec![good(&"a".repeat(65), "")], "its name is none"),
            (vec![good("a", ""), good("a", "")], "exercise 2: a second time"),
            (vec![record("a", Some("yesterday"), 1, "")], "solved_at is no time"),
            (vec![record("a", None, u32::MAX, "")], "a count too large"),
            (vec![good("a", &"x".repeat(ANSWER + 1))], "its answer is too long"),
        ] {
            let error = HandIn::read(written(&records).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
        }
        let mut raw = HandIn::of(&[good("a", "")], Timestamp::UNIX_EPOCH);
        raw.exercises[0].answer = Some("\u{1b}[2J".to_owned());
        let error = HandIn::read(json_line(&raw.sealed()).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("a control character"), "{error}");
        for text in
            ["", "{}", "[1]", "SQLite format 3\0", "{\"hand_in\":{\"format\":\"x\",\"version\":1},\"sha256\":\"\"}"]
        {
            let error = HandIn::read(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("no file to hand in"), "{text}: {error}");
        }
        assert!(HandIn::read(&vec![b' '; MOST as usize + 1]).unwrap_err().to_string().contains("more than 4 MB"));
    }

    #[test]
    fn what_was_earned_here_stays_and_the_rest_is_marked() {
        let catalogue = Catalogue::load(Path::new("/nowhere"), None);
        let ids: Vec<&str> = catalogue.find("vae").unwrap().exercises.iter().map(|known| known.id.as_str()).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shinso.sqlite");
        let progress = Progress::open(&path);
        progress.attempt("vae", ids[0], "mine", Some("2026-02-02T00:00:00Z")).unwrap();
        progress.set_hints("vae", ids[0], 3).unwrap();
        progress.attempt("vae", ids[1], "wrong", None).unwrap();
        let handed = [
            record(ids[0], SOLVED, 5, "theirs"),
            record(ids[1], SOLVED, 1, "right"),
            record(ids[2], None, 2, "no"),
            record("gone", SOLVED, 1, ""),
        ];
        let taken = HandIn::of(&handed, Timestamp::UNIX_EPOCH).take(&progress, &catalogue).unwrap();
        assert_eq!(taken, Taken { exercises: 3, solved: 1, unknown: vec!["vae/gone".to_owned()] });
        assert!(taken.wording().en.ends_with("no lab here has them: vae/gone\n"));
        let kept = |exercise: &str| {
            let records = crate::lab::progress::records(&path).unwrap();
            let record = records.into_iter().find(|record| record.exercise == exercise).unwrap();
            (record.solved_at.unwrap_or_default(), record.attempts, record.hints, record.answer.unwrap(), record.origin)
        };
        let here = ("2026-02-02T00:00:00Z".to_owned(), 5, 3, "mine".to_owned(), Origin::Here);
        assert_eq!(kept(ids[0]), here);
        let solved = (SOLVED.unwrap().to_owned(), 1, 0, "right".to_owned(), Origin::HandedIn);
        assert_eq!(kept(ids[1]), solved);
        assert_eq!(kept(ids[2]), (String::new(), 2, 0, "no".to_owned(), Origin::HandedIn));
        // Once more it changes nothing; solved here afterwards it is earned here.
        HandIn::of(&handed, Timestamp::UNIX_EPOCH).take(&progress, &catalogue).unwrap();
        assert_eq!([kept(ids[0]), kept(ids[1])], [here, solved]);
        progress.attempt("vae", ids[2], "yes", SOLVED).unwrap();
        assert_eq!(kept(ids[2]), (SOLVED.unwrap().to_owned(), 3, 0, "yes".to_owned(), Origin::Here));
        progress.attempt("vae", ids[1], "again", SOLVED).unwrap();
        assert_eq!(kept(ids[1]).4, Origin::HandedIn);
    }

    proptest! {
        /// Whatever was answered comes back, and nothing in it acts.
        #[test]
        fn answers_come_back(answers in prop::collection::vec(".{0,30}", 0..5)) {
            let records: Vec<Record> =
                answers.iter().enumerate().map(|(index, answer)| record(&format!("e{index}"), SOLVED, 1, answer)).collect();
            let read = HandIn::read(written(&records).as_bytes()).unwrap();
            for (earned, answer) in read.exercises.iter().zip(&answers) {
                prop_assert_eq!(earned.answer.clone().unwrap(), seen(answer));
            }
        }

        /// No bytes make it panic, and none pass that were not written so.
        #[test]
        fn no_bytes_pass(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..300, byte: u8) {
            prop_assert!(HandIn::read(&bytes).is_err());
            let mut text = written(&[record("a", SOLVED, 1, "an answer")]).into_bytes();
            let at = at % text.len();
            let is_same = text[at] == byte || text[at].is_ascii_whitespace() && byte.is_ascii_whitespace();
            text[at] = byte;
            if let Ok(read) = HandIn::read(&text) {
                prop_assert!(is_same, "{}", String::from_utf8_lossy(&text));
                prop_assert_eq!(read.counts(), (1, 1));
            }
        }
    }
}
