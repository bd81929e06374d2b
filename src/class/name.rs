//! Names of accounts, which are also names of folders.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The account that needs no key.
pub const GUEST: &str = "guest";
const LONGEST: usize = 32;

/// The name of an account: ASCII letters in lower case, digits, and `-`, `_`, `.` after the first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text names no account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected 1 to {LONGEST} letters (a to z), digits, `-`, `_` or `.`, a letter or digit first")]
pub struct NameError;

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_guest(&self) -> bool {
        self.0 == GUEST
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Large letters count as small ones, so that nobody takes the name of somebody else in other letters.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let begins = text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        let whole = begins && text.len() <= LONGEST && text.chars().all(is_fit);
        whole.then(|| Name(text.to_ascii_lowercase())).ok_or(NameError)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_a_folder() {
        for name in ["", ".", "..", ".ssh", "-x", "a/b", "../a", "a\0", "a b", "a\u{1b}[2J", "ä", &"a".repeat(33)] {
            assert_eq!(name.parse::<Name>(), Err(NameError), "{name:?}");
        }
        for name in ["a", "anna.k", "s12-34_5", "0"] {
            assert_eq!(name.parse::<Name>().unwrap().as_str(), name);
        }
        assert_eq!("Anna".parse::<Name>(), "anna".parse());
    }
}
