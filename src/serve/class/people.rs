//! Who the students behind the accounts are, and how far each of them is: what lies in the folder of the server.

use crate::class::accounts::{self, Answers};
use crate::class::answers::summary::{Summary, summary};
use crate::class::ids::{claim_id, claimed_id};
use crate::class::message::{Answered, ToSession};
use crate::class::name::Name;
use crate::class::roster::{Entry, Roster};
use crate::experiment::Bilingual;
use crate::lab::Catalogue;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

/// The people of a class.
pub struct People {
    /// The folder of the server.
    folder: PathBuf,
    file: Option<PathBuf>,
    roster: RwLock<Roster>,
    /// The folder of labs beside the embedded ones, and all of them once somebody asks how far the class is.
    labs: Option<PathBuf>,
    catalogue: OnceLock<Catalogue>,
    /// How often each account has asked who has an ID.
    tries: Mutex<BTreeMap<Name, u32>>,
}

/// How often an account may ask who has an ID, or names could be found out by trying all.
const TRIES: u32 = 20;

impl People {
    /// Reads the roster, if there is one.
    ///
    /// # Errors
    /// As [`Roster::read`].
    pub fn open(folder: PathBuf, file: Option<PathBuf>, labs: Option<PathBuf>) -> Result<Self, String> {
        let roster = RwLock::new(read(file.as_ref())?);
        Ok(People { folder, file, roster, labs, catalogue: OnceLock::new(), tries: Mutex::default() })
    }

    /// Reads the roster again; how many students it has.
    ///
    /// # Errors
    /// As [`open`](Self::open); then the one of before stays.
    pub fn read_again(&self) -> Result<usize, String> {
        let roster = read(self.file.as_ref())?;
        let count = roster.entries().len();
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = roster;
        Ok(count)
    }

    fn roster(&self) -> RwLockReadGuard<'_, Roster> {
        self.roster.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the student of an account is called; empty where that is not known.
    pub fn student(&self, account: &str) -> String {
        self.entry_of(&self.roster(), account).map(called).unwrap_or_default()
    }

    /// The student whose account this is.
    fn entry_of<'a>(&self, roster: &'a Roster, account: &str) -> Option<&'a Entry> {
        let claimed = || roster.of_id(&claimed_id(&self.folder, &account.parse().ok()?)?);
        roster.of_account(account).or_else(claimed)
    }

    /// Whether nobody has said yet who of the roster an account is.
    pub fn asks_id(&self, account: &Name) -> bool {
        let roster = self.roster();
        let is_known = || roster.of_account(account.as_str()).is_some() || claimed_id(&self.folder, account).is_some();
        !roster.entries().is_empty() && !is_known()
    }

    /// Lets an account have an ID of the roster once its student has confirmed the name that belongs to it.
    pub fn claim(&self, account: &Name, id: &str, confirmed: bool) -> ToSession {
        let refused = |why: Bilingual| ToSession::ClaimRefused { en: why.en, ja: why.ja };
        if !confirmed && !self.may_try(account) {
            return refused(Bilingual::new(
                "too many IDs were tried; tell your instructor yours",
                "入力回数の上限を超えました。学籍番号を担当の教員に伝えてください",
            ));
        }
        let Some(entry) = self.roster().of_id(id).cloned() else {
            return refused(Bilingual::new(
                "this ID is not in the roster; check it, or tell your instructor",
                "この学籍番号は名簿にありません。番号を確かめるか、担当の教員に知らせてください",
            ));
        };
        if let Some(other) = entry.account.as_ref().filter(|other| *other != account) {
            return refused(Bilingual::new(
                format!("the roster gives this ID to the account {other}; log in under that name"),
                format!("この学籍番号はアカウント {other} のものです。その名前でログインしてください"),
            ));
        }
        if confirmed && let Err(error) = claim_id(&self.folder, account, &entry.id) {
            return refused(error.wording());
        }
        let student = called(&entry);
        ToSession::Claimed { id: entry.id, student, confirmed }
    }

    /// Counts that an account asks who has an ID; whether it may.
    fn may_try(&self, account: &Name) -> bool {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = tries.entry(account.clone()).or_default();
        *of_it += 1;
        *of_it <= TRIES
    }

    /// How far every account is. What cannot be read is left out: the export names it.
    pub fn answers(&self) -> Vec<Answered> {
        // Not those of the person who started the server.
        let catalogue = self.catalogue.get_or_init(|| Catalogue::load(Path::new(""), self.labs.as_deref()));
        let accounts = accounts::names(&self.folder).unwrap_or_default();
        let Ok(mut answers) = Answers::read(&self.folder, &accounts) else { return Vec::new() };
        let summaries =
            accounts.iter().filter_map(|account| Some(summary(account, &answers.take(account).ok()?, catalogue)));
        let roster = self.roster();
        let mut absent: Vec<&Entry> = roster.entries().iter().collect();
        let mut rows = Vec::new();
        for summary in summaries {
            let entry = self.entry_of(&roster, &summary.account);
            absent.retain(|absent| entry.is_none_or(|entry| absent.id != entry.id));
            rows.push(Answered { student: entry.map(called).unwrap_or_default(), summary });
        }
        // Who of the roster has not come yet.
        let absent = absent.into_iter().map(|entry| Answered { student: called(entry), summary: Summary::default() });
        rows.extend(absent);
        rows
    }
}

fn read(file: Option<&PathBuf>) -> Result<Roster, String> {
    file.map_or_else(|| Ok(Roster::default()), |file| Roster::read(file))
}

/// A name as it is read aloud.
fn called(entry: &Entry) -> String {
    let whole = format!("{} {}", entry.last_name, entry.first_name);
    let name = if entry.name.is_empty() { whole.trim() } else { entry.name.as_str() };
    crate::printer::in_one_line(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_confirmed_by_its_name_and_belongs_to_one_account() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roster.csv");
        std::fs::write(&file, "id,name,account\nS1,Anna A,anna\nS2,Ben B,\nS3,Chie C,\n").unwrap();
        let people = People::open(folder.path().to_owned(), Some(file.clone()), None).unwrap();
        let [anna, ben, chie]: [Name; 3] = ["anna", "ben", "chie"].map(|name| name.parse().unwrap());
        assert!(!people.asks_id(&anna) && people.asks_id(&ben));
        assert_eq!((people.student("anna"), people.student("ben")), ("Anna A".into(), String::new()));
        let claimed = |confirmed| ToSession::Claimed { id: "S2".into(), student: "Ben B".into(), confirmed };
        assert_eq!(people.claim(&ben, " s2 ", false), claimed(false));
        assert!(people.asks_id(&ben), "it was not confirmed");
        assert_eq!(people.claim(&ben, "s2", true), claimed(true));
        assert_eq!((people.asks_id(&ben), people.student("ben")), (false, "Ben B".into()));
        for (id, why) in [("S9", "not in the roster"), ("S1", "account anna"), ("S2", "belongs to another account")] {
            let ToSession::ClaimRefused { en, .. } = people.claim(&chie, id, true) else { panic!("{id}") };
            assert!(en.contains(why), "{en}");
        }
        let dora: Name = "dora".parse().unwrap();
        let last = (0..=TRIES).map(|_| people.claim(&dora, "S3", false)).last();
        assert!(matches!(last, Some(ToSession::ClaimRefused { en, .. }) if en.contains("too many")));
        // The accounts that there are, then who has not come.
        for account in ["anna", "zoe"] {
            std::fs::create_dir_all(accounts::folder(folder.path()).join(account)).unwrap();
        }
        let table: Vec<_> = people.answers().into_iter().map(|row| (row.summary.account, row.student)).collect();
        let row = |account: &str, student: &str| (account.to_owned(), student.to_owned());
        assert_eq!(table, [row("anna", "Anna A"), row("zoe", ""), row("", "Ben B"), row("", "Chie C")]);
        std::fs::write(&file, "id,name\nS1,Anna A\n").unwrap();
        assert_eq!(people.read_again(), Ok(1));
        std::fs::write(&file, "nothing").unwrap();
        assert!(people.read_again().is_err());
        assert_eq!(people.student("ben"), "", "no longer in the roster");
    }
}
