//! How the program ends.

use std::fmt::Display;

/// How the program ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Something went wrong: one line on stderr.
    Failed(String),
    /// The command line asks for something that is not there: one line on stderr.
    Usage(String),
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    pub fn failed(error: impl Display) -> Self {
        Exit::Failed(error.to_string())
    }

    pub fn usage(error: impl Display) -> Self {
        Exit::Usage(error.to_string())
    }

    /// The number that the shell sees.
    pub fn code(&self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed(_) => 1,
            Exit::Usage(_) => 2,
            Exit::Interrupted => 130,
        }
    }
}
