//! Who may come in: accounts and the keys that own them.

use super::name::Name;
use super::private;
use crate::experiment::{TaskContext, Wording};
use crate::intake::{self, Purpose};
use russh::keys::PublicKey;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

const LIST: Purpose =
    Purpose::new(Wording::new("a list of accounts and their keys", "アカウントと公開鍵の一覧"), 16 << 20);
const ONE: Purpose = Purpose::new(Wording::new("a public key", "公開鍵"), 1 << 16);

/// What a key is for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It owns the account.
    Owns,
    /// Nobody owns the account, and this key may.
    MayEnrol,
    Unknown,
}

/// The accounts of a server.
pub struct Accounts {
    file: PathBuf,
    /// Keys by account, as the file lists them.
    listed: RwLock<BTreeMap<Name, Vec<PublicKey>>>,
    /// The folder of enrolled keys, where people may enrol.
    enrolled: Option<PathBuf>,
    /// Names that nobody can enrol, whatever the file lists: those of instructors.
    reserved: BTreeSet<Name>,
    /// Held while a key is enrolled: of two that come at once the first owns the name.
    enrolling: Mutex<()>,
}

impl Accounts {
    /// Reads the file of keys, which may be missing.
    ///
    /// # Errors
    /// When it cannot be read, or a line is no account and its key.
    pub fn open(file: PathBuf, enrolled: Option<PathBuf>, reserved: BTreeSet<Name>) -> Result<Self, String> {
        let listed = RwLock::new(read(&file)?);
        Ok(Accounts { file, listed, enrolled, reserved, enrolling: Mutex::default() })
    }

    /// Reads the file again; how many accounts it lists.
    ///
    /// # Errors
    /// As [`open`](Self::open); then those known before stay.
    pub fn read_again(&self) -> Result<usize, String> {
        let listed = read(&self.file)?;
        let count = listed.len();
        *self.listed.write().unwrap_or_else(PoisonError::into_inner) = listed;
        Ok(count)
    }

    /// How many accounts the file lists.
    pub fn listed(&self) -> usize {
        self.listed.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether the file lists keys of an account.
    pub fn lists(&self, name: &Name) -> bool {
        self.listed.read().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// What a key is for a name. Whoever offers a key has not shown yet that it is theirs.
    pub fn judge(&self, name: &Name, key: &PublicKey) -> Verdict {
        if name.is_guest() {
            return Verdict::Unknown;
        }
        let is_same = |other: &PublicKey| other.key_data() == key.key_data();
        if let Some(keys) = self.listed.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return if keys.iter().any(is_same) { Verdict::Owns } else { Verdict::Unknown };
        }
        let folder = self.enrolled.as_ref().filter(|_| !self.reserved.contains(name));
        let Some(folder) = folder else { return Verdict::Unknown };
        let path = folder.join(name.as_str());
        if path.symlink_metadata().is_err() {
            return Verdict::MayEnrol;
        }
        // One that cannot be read is owned by nobody, and is not given away.
        let text = intake::text(&path, &ONE, &TaskContext::default()).unwrap_or_default();
        match PublicKey::from_openssh(text.trim()) {
            Ok(owner) if is_same(&owner) => Verdict::Owns,
            _ => Verdict::Unknown,
        }
    }

    /// Lets a key that was proved own a name, if it may. Whether it owns it now.
    ///
    /// # Errors
    /// When that cannot be recorded.
    pub fn claim(&self, name: &Name, key: &PublicKey) -> Result<Claim, String> {
        let _one_at_a_time = self.enrolling.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.judge(name, key), &self.enrolled) {
            (Verdict::Owns, _) => Ok(Claim::Owner),
            (Verdict::MayEnrol, Some(folder)) => {
                let path = folder.join(name.as_str());
                let text = key.to_openssh().map_err(|error| error.to_string())?;
                let is_first = private::write_new(&path, format!("{text}\n").as_bytes())
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                Ok(if is_first { Claim::Enrolled } else { Claim::Refused })
            }
            _ => Ok(Claim::Refused),
        }
    }
}

/// What came of a proved key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    Owner,
    /// It owns the account from now on.
    Enrolled,
    Refused,
}

/// Lines `NAME KEYTYPE BASE64 [comment]`, as OpenSSH's files of allowed signers have them; `#` begins a comment.
fn read(path: &Path) -> Result<BTreeMap<Name, Vec<PublicKey>>, String> {
    if path.symlink_metadata().is_err() {
        return Ok(BTreeMap::new());
    }
    let text = intake::text(path, &LIST, &TaskContext::default()).map_err(|error| error.to_string())?;
    let mut accounts: BTreeMap<Name, Vec<PublicKey>> = BTreeMap::new();
    for (number, line) in
        (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    {
        let fault = |reason: String| {
            let expected = "expected `NAME ssh-ed25519 AAAA…`: the account, then the line of its .pub file";
            format!("{}:{number}: {reason}; {expected}", path.display())
        };
        let (name, key) = line.trim().split_once(char::is_whitespace).unwrap_or((line, ""));
        let name: Name = name.parse().map_err(|error| fault(format!("`{name}` names no account ({error})")))?;
        if name.is_guest() {
            return Err(fault("`guest` is the account without a key (--guest)".to_owned()));
        }
        let key = PublicKey::from_openssh(key.trim()).map_err(|error| fault(format!("no public key ({error})")))?;
        accounts.entry(name).or_default().push(key);
    }
    Ok(accounts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ a@b";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA6rWI3G1sz07DnfFlrouTcysQlj2P+jpNSOEWD9OJ3X";

    fn key(text: &str) -> PublicKey {
        PublicKey::from_openssh(text).unwrap()
    }

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn a_listed_key_owns_its_account_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, format!("# class\n\nanna {ONE}\n  Ben\t{OTHER}\n")).unwrap();
        let accounts = Accounts::open(file.clone(), None, BTreeSet::new()).unwrap();
        assert_eq!(accounts.listed(), 2);
        assert_eq!(accounts.judge(&name("anna"), &key(ONE)), Verdict::Owns);
        assert_eq!(accounts.judge(&name("anna"), &key(OTHER)), Verdict::Unknown);
        assert_eq!(accounts.judge(&name("ben"), &key(OTHER)), Verdict::Owns);
        assert_eq!(accounts.judge(&name("carl"), &key(ONE)), Verdict::Unknown);
        for (line, said) in [
            ("anna", ":1: no public key"),
            ("../a ssh-ed25519 AAAA", ":1: `../a` names no account"),
            (ONE, ":1: no public key"),
            (&format!("guest {ONE}"), ":1: `guest` is the account without a key"),
            // As PuTTY saves a key, with the options of an `authorized_keys`, and cut in the middle.
            ("---- BEGIN SSH2 PUBLIC KEY ----\nComment: x", ":1: `----` names no account"),
            (&format!("anna from=\"10.*\" {ONE}"), ":1: no public key"),
            (&format!("anna {}", &ONE[..50]), ":1: no public key"),
        ] {
            fs::write(&file, line).unwrap();
            let error = accounts.read_again().unwrap_err();
            assert!(error.contains(said), "{error}");
            assert_eq!(accounts.listed(), 2, "those known before stay");
        }
        // As editors on Windows save it: with a byte order mark, and lines that end in two letters; or in an encoding that is named.
        fs::write(&file, format!("\u{feff}# class\r\nanna {ONE}\r\n  # later\r\n")).unwrap();
        assert_eq!(accounts.read_again(), Ok(1));
        assert_eq!(accounts.judge(&name("anna"), &key(ONE)), Verdict::Owns);
        let wide = format!("\u{feff}anna {ONE}\r\n");
        fs::write(&file, wide.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).unwrap();
        let error = accounts.read_again().unwrap_err();
        assert!(error.contains("UTF-16") && error.lines().count() == 1, "{error}");
        fs::write(&file, "").unwrap();
        assert_eq!(accounts.read_again(), Ok(0));
        assert_eq!(accounts.judge(&name("anna"), &key(ONE)), Verdict::Unknown);
    }

    #[test]
    fn the_first_key_that_is_proved_for_a_name_owns_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, enrolled) = (folder.path().join("keys"), folder.path().join("enrolled"));
        fs::create_dir(&enrolled).unwrap();
        fs::write(&file, format!("anna {ONE}")).unwrap();
        let accounts = Accounts::open(file, Some(enrolled.clone()), BTreeSet::from(["kei".parse().unwrap()])).unwrap();
        assert_eq!(accounts.claim(&name("anna"), &key(OTHER)), Ok(Claim::Refused), "a listed name is not given away");
        assert_eq!(accounts.judge(&name("ben"), &key(ONE)), Verdict::MayEnrol);
        assert_eq!(fs::read_dir(&enrolled).unwrap().count(), 0, "an offer enrols nobody");
        assert_eq!(accounts.claim(&name("ben"), &key(ONE)), Ok(Claim::Enrolled));
        assert_eq!(accounts.claim(&name("ben"), &key(ONE)), Ok(Claim::Owner));
        assert_eq!(accounts.claim(&name("ben"), &key(OTHER)), Ok(Claim::Refused));
        assert_eq!(accounts.claim(&name("guest"), &key(OTHER)), Ok(Claim::Refused));
        let about = fs::metadata(enrolled.join("ben")).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
        fs::write(enrolled.join("ben"), "").unwrap();
        assert_eq!(accounts.judge(&name("ben"), &key(ONE)), Verdict::Unknown, "a torn file is not given away");
        fs::remove_file(enrolled.join("ben")).unwrap();
        assert_eq!(accounts.claim(&name("ben"), &key(OTHER)), Ok(Claim::Enrolled), "unlinked by the instructor");
    }
}
