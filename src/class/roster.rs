//! The roster of a class: who its students are, and which account is whose.

use super::ids::folded;
use super::name::Name;
use super::table::Table;
use crate::experiment::{Bilingual, Wording};
use crate::intake::Purpose;
use std::collections::BTreeMap;
use std::path::Path;

const ROSTER: Purpose = Purpose::new(
    Wording::new(
        "a roster in CSV whose first row names the columns: id, name (or first_name and last_name), and perhaps account",
        "1 行目に列名(id, name または first_name と last_name、必要なら account)がある CSV の名簿",
    ),
    4 << 20,
);

/// A student as the roster has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    /// In one piece; empty if the roster has it in two.
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    pub account: Option<Name>,
}

/// The students of a class, in the order of the file.
#[derive(Debug, Default)]
pub struct Roster {
    entries: Vec<Entry>,
    by_id: BTreeMap<String, usize>,
    by_account: BTreeMap<Name, usize>,
    /// What was odd about the file.
    pub notes: Vec<Bilingual>,
}

impl Roster {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no roster, or a student or an account is in it twice: one line with the file, the line and what is expected.
    pub fn read(path: &Path) -> Result<Self, String> {
        let table = Table::read(path, &ROSTER)?;
        let [id, name, first_name, last_name, account] =
            ["id", "name", "first_name", "last_name", "account"].map(|column| table.column(column));
        if id.is_none() || name.is_none() && first_name.is_none() && last_name.is_none() {
            return Err(table.fault(1, "no column for the ID or none for the name"));
        }
        let mut roster = Roster { notes: table.notes.clone(), ..Roster::default() };
        for row in table.rows() {
            let fault = |why: String| table.fault(row.line, &why);
            let text = |column| row.cell(column).to_owned();
            let account = match row.cell(account) {
                "" => None,
                named => Some(
                    named.parse::<Name>().map_err(|error| fault(format!("`{named}` names no account ({error})")))?,
                ),
            };
            let entry = Entry {
                id: text(id),
                name: text(name),
                first_name: text(first_name),
                last_name: text(last_name),
                account,
            };
            let index = roster.entries.len();
            let id = folded(&entry.id);
            if id.is_empty() {
                return Err(fault("a student without an ID".to_owned()));
            }
            if roster.by_id.insert(id, index).is_some() {
                return Err(fault(format!("the ID `{}` a second time", entry.id)));
            }
            if let Some(account) = &entry.account
                && roster.by_account.insert(account.clone(), index).is_some()
            {
                return Err(fault(format!("the account `{account}` a second time")));
            }
            roster.entries.push(entry);
        }
        if roster.entries.is_empty() {
            return Err(table.fault(1, "no students below the names of the columns"));
        }
        Ok(roster)
    }

    /// The students, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The student whom the roster gives an account.
    pub fn of_account(&self, account: &str) -> Option<&Entry> {
        let account = account.parse::<Name>().ok()?;
        self.by_account.get(&account).map(|index| &self.entries[*index])
    }

    /// The student of an ID, however it is written: in full width, with spaces, in capitals or not.
    pub fn of_id(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(&folded(id)).map(|index| &self.entries[*index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Roster, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roster.csv");
        std::fs::write(&path, bytes).unwrap();
        Roster::read(&path).map_err(|error| error.replace(&folder.path().display().to_string(), ""))
    }

    const JAPANESE: &str = "ID,氏名,name,account\r\nS001,,\"山田, 太郎\",Anna\r\n\r\nＳ００２,,佐藤 花子,\r\n,,,\r\n";

    #[test]
    fn a_roster_is_read_as_spreadsheets_save_it() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(JAPANESE);
        for (kind, bytes) in [
            ("UTF-8", JAPANESE.as_bytes().to_vec()),
            ("UTF-8 with a mark", format!("\u{feff}{JAPANESE}").into_bytes()),
            (
                "UTF-16",
                wide(&format!("\u{feff}{}", "ID\tname\taccount\r\nS001\t山田, 太郎\tanna\r\nS002\t佐藤 花子\t\r\n")),
            ),
            ("semicolons", "ID;name;account\nS001;山田, 太郎;anna\nS002;佐藤 花子\n".into()),
            ("Shift_JIS", shift_jis.into_owned()),
        ] {
            let roster = read(&bytes).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!(roster.entries().len(), 2, "{kind}");
            let anna = roster.of_account("anna").unwrap();
            assert_eq!((anna.id.as_str(), anna.name.as_str()), ("S001", "山田, 太郎"), "{kind}");
            let other = roster.of_id(" s 002").unwrap();
            assert_eq!((other.name.as_str(), &other.account), ("佐藤 花子", &None), "{kind}");
            assert_eq!(roster.of_id("S003"), None);
            assert_eq!(roster.notes.is_empty(), kind.starts_with("UTF-8") || kind == "semicolons", "{kind}");
        }
        let two = read(b"last_name,first_name,id\nYamada,Taro,7\n").unwrap();
        assert_eq!(two.entries()[0].last_name, "Yamada");
    }

    #[test]
    fn a_wrong_file_is_told_with_its_line() {
        for (text, told) in [
            ("", ":1: no column for the ID"),
            ("name,account\nAnna,anna\n", ":1: no column for the ID or none for the name"),
            ("id\n1\n", "or none for the name"),
            ("id,name\n", "no students below"),
            ("id,name\n1,a\n\n１,b\n", ":4: the ID `１` a second time"),
            ("id,name\n1,\"a\nb\"\n", ":2: a control character"),
            ("id,name\n,b\n", ":2: a student without an ID"),
            ("id,name\n1,b,c\n", ":2: 3 cells below 2 columns"),
            ("id,name,account\n1,b,../x\n", ":2: `../x` names no account"),
            ("id,name,account\n1,b,x\n2,c,X\n", ":3: the account `x` a second time"),
            ("PK\u{3}\u{4}\0\0", "a zip archive"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(told) && error.contains("expected a roster in CSV"), "{text:?}: {error}");
            assert_eq!(error.lines().count(), 1, "{error:?}");
        }
    }
}
