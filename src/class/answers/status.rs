//! How far a student is with an exercise.

use crate::lab::{Check, Record};
use jiff::Timestamp;
use std::fmt;

/// How far a student is with an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Solved in time.
    Met,
    /// Solved, or a text handed in, after the deadline.
    Late,
    /// Tried and not solved.
    NotMet,
    NotTried,
    /// A text was handed in, which the instructor reads.
    NotDecided,
}

impl Status {
    /// Judges what is kept of an exercise.
    pub fn of(check: &Check, record: Option<&Record>, deadline: Option<Timestamp>) -> Self {
        let Some(record) = record else { return Status::NotTried };
        let Some(solved_at) = &record.solved_at else {
            return if record.attempts > 0 { Status::NotMet } else { Status::NotTried };
        };
        let is_late = deadline.is_some_and(|deadline| solved_at.parse().is_ok_and(|at: Timestamp| at > deadline));
        match (is_late, check) {
            (true, _) => Status::Late,
            (false, Check::FreeText { .. }) => Status::NotDecided,
            (false, _) => Status::Met,
        }
    }

    /// Points of an exercise that the program decides.
    pub fn score(self) -> u32 {
        u32::from(matches!(self, Status::Met | Status::Late))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Met => "met",
            Status::Late => "late",
            Status::NotMet => "not met",
            Status::NotTried => "not tried",
            Status::NotDecided => "not decided",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Origin;

    #[test]
    fn an_exercise_is_met_late_or_open() {
        let number = Check::Number { answer: 1.0, tolerance: 0.0, unit: Default::default() };
        let text = Check::FreeText { minimum_characters: 1 };
        let record = |attempts, solved_at: Option<&str>| Record {
            lab: "vae".into(),
            exercise: "kl".into(),
            solved_at: solved_at.map(str::to_owned),
            attempts,
            hints: 1,
            answer: None,
            origin: Origin::Here,
        };
        let at = |time: &str| Some(time.parse::<Timestamp>().unwrap());
        let judged = |check: &Check, record: Record, deadline| Status::of(check, Some(&record), deadline);
        assert_eq!(Status::of(&number, None, None), Status::NotTried);
        assert_eq!(judged(&number, record(0, None), None), Status::NotTried, "a hint is no try");
        assert_eq!(judged(&number, record(2, None), at("2026-01-01T00:00:00Z")), Status::NotMet);
        let noon = || record(1, Some("2026-01-01T12:00:00.5Z"));
        assert_eq!(judged(&number, noon(), None), Status::Met);
        assert_eq!(judged(&number, noon(), at("2026-01-01T12:00:00.5Z")), Status::Met);
        assert_eq!(judged(&number, noon(), at("2026-01-01T21:00:00+09:00")), Status::Late);
        assert_eq!(judged(&text, noon(), None), Status::NotDecided);
        assert_eq!(judged(&text, noon(), at("2026-01-01T12:00:00Z")), Status::Late);
    }
}
