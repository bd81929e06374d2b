//! Which student of the roster an account says it is: a line in a file of the server for each account.
//!
//! The first claim stays until the instructor removes the file, and one ID belongs to one account.

use super::name::Name;
use crate::experiment::{Bilingual, TaskContext, Wording};
use crate::intake::{self, Purpose, private};
use crate::printer::is_unseen;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Letters of an ID at most.
const LONGEST: usize = 64;
const ID: Purpose = Purpose::new(Wording::new("the ID of a student", "学籍番号"), 1 << 10);

/// Why an ID is not an account's.
#[derive(Debug, Error)]
pub enum ClaimError {
    #[error("expected an ID of 1 to {LONGEST} letters and digits")]
    NoId,
    /// The ID that it has.
    #[error("this account has the ID {0} already; your instructor can change it")]
    HasAnother(String),
    #[error("the ID {0} belongs to another account; check it, or tell your instructor")]
    Taken(String),
    #[error("the ID could not be kept ({0}); tell your instructor")]
    Failed(String),
}

impl ClaimError {
    /// For the person who claims it.
    pub fn wording(&self) -> Bilingual {
        let ja = match self {
            ClaimError::NoId => format!("学籍番号を 1〜{LONGEST} 文字の英数字で入力してください"),
            ClaimError::HasAnother(id) => {
                format!("このアカウントの学籍番号はすでに {id} です。変更は担当の教員に頼んでください")
            }
            ClaimError::Taken(id) => {
                format!(
                    "学籍番号 {id} は別のアカウントで使われています。番号を確かめるか、担当の教員に知らせてください"
                )
            }
            ClaimError::Failed(why) => format!("学籍番号を保存できませんでした({why})。担当の教員に知らせてください"),
        };
        Bilingual::new(self.to_string(), ja)
    }
}

/// An ID by which two ways of writing it are compared: full width as half, capitals as small letters, without white space.
pub fn folded(id: &str) -> String {
    id.nfkc().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn folder(server: &Path) -> PathBuf {
    server.join("ids")
}

/// The ID that an account has claimed.
pub fn claimed_id(server: &Path, account: &Name) -> Option<String> {
    let text = intake::text(&folder(server).join(account.as_str()), &ID, &TaskContext::default()).ok()?;
    fit(&text)
}

/// An ID without white space around it, if it is one.
fn fit(text: &str) -> Option<String> {
    let id = text.trim();
    let is_fit = |letter: char| !letter.is_control() && !is_unseen(letter);
    let is_id = !folded(id).is_empty() && id.chars().count() <= LONGEST && id.chars().all(is_fit);
    is_id.then(|| id.to_owned())
}

/// Lets an account have an ID, from now on; once more the same changes nothing.
///
/// # Errors
/// When it is none, the account has another, another account has it, or it cannot be kept.
pub fn claim_id(server: &Path, account: &Name, id: &str) -> Result<(), ClaimError> {
    let id = fit(id).ok_or(ClaimError::NoId)?;
    let failed = |error: io::Error| ClaimError::Failed(error.to_string());
    let folder = folder(server);
    private::make_folder(&folder).map_err(failed)?;
    // Of two accounts that claim one ID at once the first has it.
    let _one_at_a_time = lock(&folder).map_err(failed)?;
    if let Some(own) = claimed_id(server, account) {
        return if folded(&own) == folded(&id) { Ok(()) } else { Err(ClaimError::HasAnother(own)) };
    }
    let others = std::fs::read_dir(&folder).map_err(failed)?.flatten();
    let others = others.filter_map(|entry| entry.file_name().to_str()?.parse::<Name>().ok());
    let mut claimed = others.filter_map(|other| claimed_id(server, &other));
    if claimed.any(|claimed| folded(&claimed) == folded(&id)) {
        return Err(ClaimError::Taken(id));
    }
    match private::write_new(&folder.join(account.as_str()), format!("{id}\n").as_bytes()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(ClaimError::Failed("its file holds no ID".to_owned())),
        Err(error) => Err(failed(error)),
    }
}

/// Waits until nobody else claims; until the file is dropped nobody does.
fn lock(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = intake::only_a_file(&mut options).open(folder.join(".lock"))?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_claim_of_an_id_stays() {
        let server = tempfile::tempdir().unwrap();
        let server = server.path();
        let claim = |account: &str, id: &str| claim_id(server, &name(account), id);
        assert_eq!(claimed_id(server, &name("anna")), None);
        claim("anna", " S001 ").unwrap();
        assert_eq!(claimed_id(server, &name("anna")).as_deref(), Some("S001"));
        let file = server.join("ids/anna");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "S001\n");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        claim("anna", "ｓ００１").unwrap();
        assert!(matches!(claim("anna", "S002"), Err(ClaimError::HasAnother(id)) if id == "S001"));
        assert!(matches!(claim("ben", "s001"), Err(ClaimError::Taken(_))));
        for wrong in ["", "  ", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &"a".repeat(65)] {
            let error = claim("ben", wrong).unwrap_err();
            assert!(matches!(error, ClaimError::NoId) && error.wording().ja.contains("学籍番号"), "{wrong:?}");
        }
        assert_eq!(claimed_id(server, &name("ben")), None);
        std::fs::remove_file(&file).unwrap();
        claim("ben", "S001").unwrap();
    }

    #[test]
    fn of_accounts_that_claim_one_id_at_once_one_has_it() {
        let server = tempfile::tempdir().unwrap();
        let together = std::sync::Barrier::new(8);
        let claim = |number: usize| {
            together.wait();
            claim_id(server.path(), &name(&format!("s{number}")), "S001").is_ok()
        };
        let won = std::thread::scope(|scope| {
            let claims: Vec<_> = (0..8).map(|number| scope.spawn(move || claim(number))).collect();
            claims.into_iter().map(|claim| claim.join().unwrap()).filter(|won| *won).count()
        });
        assert_eq!(won, 1);
    }
}
